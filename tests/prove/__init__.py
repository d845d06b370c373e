"""The long proofs: of runs that are killed and cut off, and of a record that has grown large."""
