"""The commands about the record itself; what they do: `custody`."""

from typing import Annotated

import typer

from triage_agent import custody, terminal
from triage_agent.cli_options import As, AsJson, on_target
from triage_agent.targets import Target

app = typer.Typer(help="Check the record, hand it over, anchor it, erase from it.")


@app.command()
@on_target
def verify(
    as_json: AsJson = False,
    *,
    target: Target,
) -> None:
    """Name what was changed, removed, moved or put in."""
    verdict = custody.verify(target)
    terminal.show_verdict(verdict, as_json=as_json)
    if verdict.faults:
        raise typer.Exit(1)


@app.command()
@on_target
def export(
    texts: Annotated[
        bool, typer.Option("--with-texts", help="Also what people wrote, with its salts.")
    ] = False,
    *,
    target: Target,
) -> None:
    """Print the ledger as JSON lines, to be checked elsewhere.

    deploy/ledger/verify_export.py does that without this program.
    """
    for line in custody.export(target, texts=texts):
        print(line)


@app.command()
@on_target
def erase(
    person: Annotated[str, typer.Option(help="The e-mail address of the person.")],
    as_whom: As = None,
    as_json: AsJson = False,
    *,
    target: Target,
) -> None:
    """Take a person's texts out for good; list where else they are."""
    erased = custody.erase(target, person, as_whom)
    terminal.show_left(erased, as_json=as_json)
    if not erased.scrubbed:
        raise typer.Exit(1)


@app.command()
@on_target
def anchor(
    reason: Annotated[
        str | None,
        typer.Option(help="Why a ledger with faults may stand as it is.", show_default=False),
    ] = None,
    as_whom: As = None,
    *,
    target: Target,
) -> None:
    """Tell outside of the ledger what it holds now.

    What goes missing later shows by that.
    """
    terminal.show_anchor(custody.anchor(target, as_whom, reason))
