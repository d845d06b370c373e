"""The commands that try the agent before it is trusted; what they do: `evaluating`."""

from pathlib import Path
from typing import Annotated

import typer

from triage_agent import evaluating, terminal, terminal_evaluation
from triage_agent.cli_options import Format, Project, Verbose
from triage_agent.errors import WrongUsage
from triage_agent.project import project_folder


def evaluate(
    cases: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Other cases than the page's.", show_default=False),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(min=1, max=100, help="How often each; else once, to record as the page says."),
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Write down what passed, to let it act.")
    ] = False,
    style: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.text,
    project: Project = None,
    verbose: Verbose = False,
) -> None:
    """Try the agent on the cases, on a sandbox of their own, and score what it did."""
    folder = project_folder(project)
    if record and cases:
        raise WrongUsage("--record is about the page's own cases; leave --cases out")
    terminal.set_up_logs(verbose=verbose)
    with terminal.progress() as progress:
        told = evaluating.evaluate(
            folder, trials=trials, cases=cases, recording=record, progress=progress
        )
    match style:
        case Format.text:
            terminal_evaluation.show(told)
        case Format.json:
            print(terminal_evaluation.as_json(told))
        case Format.html:
            print(terminal_evaluation.as_html(told))
    if record:
        path = evaluating.record(folder, told)
        if style is Format.text:  # nothing follows a document
            terminal_evaluation.say_recorded(path)
    if told.falls_short:
        raise typer.Exit(1)
