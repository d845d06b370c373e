"""The long proofs: runs are killed and cut off everywhere; nothing is lost, nothing doubled."""
