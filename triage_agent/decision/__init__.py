"""What the agent makes of an item, as plain values. Pure: no input, no output, no clock."""
