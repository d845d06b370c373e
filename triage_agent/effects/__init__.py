"""What leaves: writes that were intended on the record first, and found again by their keys."""
