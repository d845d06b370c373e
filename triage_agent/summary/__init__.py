"""The weekly run summary: what changed, what to do next, and the figures behind both."""
