"""SOQL: read by `grammar`, judged by `conditions`, answered by `run`."""
