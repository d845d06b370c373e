"""What happened, kept: append-only, chained, with people's data apart."""
