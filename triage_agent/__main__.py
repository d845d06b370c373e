"""`python -m triage_agent` is the same as `triage-agent`."""

from triage_agent.cli import main

main()
