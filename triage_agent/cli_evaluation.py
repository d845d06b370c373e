"""The commands that try the agent before it is trusted; what they do: `evaluating`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from triage_agent import casebook, evaluating, terminal, terminal_evaluation
from triage_agent.cli_options import AsJson, Format, Project, Verbose, on_target
from triage_agent.errors import WrongUsage
from triage_agent.targets import Target, target_of

READ_IT = "Read it before you check it in: names that stand in no field are still there."


def evaluate(  # noqa: PLR0913, PLR0917 - one parameter an option
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
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Ask the model also what it has answered before.")
    ] = False,
    style: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.text,
    project: Project = None,
    verbose: Verbose = False,
) -> None:
    """Try the agent on the cases, and score what it did.

    In sandboxes of their own: nothing real is touched but the model.
    """
    folder = _folder(project)
    if record and cases:
        raise WrongUsage("--record is about the page's own cases; leave --cases out")
    terminal.set_up_logs(verbose=verbose)
    with terminal.progress() as progress:
        told = evaluating.evaluate(
            folder, trials=trials, cases=cases, recording=record, fresh=fresh, progress=progress
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


app = typer.Typer(help="See what the agent is tried on; make cases of decisions.")


class Escalates(StrEnum):
    """Whether a case has to stop, as `Expected.escalates` has it."""

    yes = "yes"
    no = "no"


@app.command(name="list")
def listed(as_json: AsJson = False, project: Project = None) -> None:
    """List the page's cases, each with the end that it must come to."""
    terminal_evaluation.show_cases(casebook.listed(_folder(project)), as_json=as_json)


@app.command()
@on_target
def add(
    wanted: Annotated[
        str, typer.Argument(metavar="ID", help="An item, the beginning of its id, or its record.")
    ],
    escalates: Annotated[
        Escalates | None,
        typer.Option(help="Whether it has to stop, where nobody said so.", show_default=False),
    ] = None,
    *,
    target: Target,
) -> None:
    """Make a case of an item that a person corrected.

    In other names; it is printed, to be read.
    """
    added = casebook.add(target, wanted, escalates.value if escalates else None)
    print(added.text, end="")
    for line in (*added.notes, f"It stands in {added.file}.", READ_IT):
        terminal.say(line)


def _folder(project: Path | None) -> Path:
    return target_of(project, sandbox=False, sandbox_url=None).project
