"""The command of more than one machine; what it does: `working`."""

from typing import Annotated

import typer

from triage_agent import listening, terminal, watching, working
from triage_agent.cli_options import Metrics, Project, Served, Verbose
from triage_agent.targets import target_of


def worker(
    at_once: Annotated[
        int, typer.Option(min=1, help="Questions that it asks the model at once at most.")
    ] = working.AT_ONCE,
    schedule: Annotated[
        bool, typer.Option("--schedule", help="Begin the runs and tell of weeks, too; one does.")
    ] = False,
    metrics: Metrics = None,
    project: Project = None,
    sandbox_url: Served = None,
    verbose: Verbose = False,
) -> None:
    """Work off what runs hand out with --enqueue, until Ctrl-C.

    On as many machines as wanted, with one ledger on PostgreSQL.
    """
    terminal.set_up_logs(verbose=verbose)
    target = target_of(project, sandbox=False, sandbox_url=sandbox_url)
    until = listening.told_to_end()
    with watching.watched(target, metrics):
        working.work(target, until, terminal.say, at_once=at_once, schedule=schedule)
