"""What a run costs, measured: `make bench`."""
