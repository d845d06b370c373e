"""What may be done, decided from the page alone. Pure."""
