"""A triage agent that may do what its one page says, and nothing else."""

__version__ = "0.1.0"
