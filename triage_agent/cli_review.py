"""The commands by which people decide what the agent handed over; what they do: `reviewing`."""

from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from triage_agent import reviewing, terminal, terminal_reviews
from triage_agent.cli_options import As, AsJson, on_target
from triage_agent.targets import Target

app = typer.Typer(help="See what waits for people, and decide it; Slack tells the same.")

Wanted = Annotated[
    str, typer.Argument(metavar="ID", help="An item, the beginning of its id, or its record.")
]
Action = Annotated[
    str | None,
    typer.Option(help="Which action it is about, where several wait.", show_default=False),
]
Digest = Annotated[
    str | None,
    typer.Option(
        help="Of what you have seen: as `show` prints it, or its beginning.", show_default=False
    ),
]


class Wrong(StrEnum):
    """What the agent got wrong, as `Corrected.wrong` has it."""

    category = "category"
    rule = "rule"
    not_an_item = "not_an_item"


@app.command(name="list")
@on_target
def waiting(
    as_json: AsJson = False,
    *,
    target: Target,
) -> None:
    """List what waits for people, oldest first."""
    found = reviewing.waiting(target)
    if as_json:
        terminal_reviews.print_json({"waiting": found})
    else:
        terminal_reviews.show_waiting(found, target.arguments)


@app.command()
@on_target
def show(
    wanted: Wanted,
    as_json: AsJson = False,
    *,
    target: Target,
) -> None:
    """Tell all about an item, and what to type to decide it."""
    case = reviewing.look(target, wanted)
    commands = terminal_reviews.commands(case, target.arguments)
    if as_json:
        terminal_reviews.print_json({**case.model_dump(mode="json"), "commands": commands})
    else:
        terminal_reviews.show_case(case, commands)


@app.command()
@on_target
def claim(
    wanted: Wanted,
    as_whom: As = None,
    as_json: AsJson = False,
    *,
    target: Target,
) -> None:
    """Take an item on yourself."""
    _tell(reviewing.claim(target, wanted, as_whom), as_json=as_json)


@app.command()
@on_target
def release(
    wanted: Wanted,
    category: Annotated[str, typer.Option(help="What it is, by a category of the page.")],
    as_whom: As = None,
    as_json: AsJson = False,
    *,
    target: Target,
) -> None:
    """Have the agent go on with an item at once, in your name."""
    terminal.set_up_logs(verbose=False)
    _tell(reviewing.release(target, wanted, as_whom, category), as_json=as_json)


@app.command()
@on_target
def correct(  # noqa: PLR0913 - one parameter an option
    wanted: Wanted,
    wrong: Annotated[Wrong, typer.Option(help="What the agent got wrong.")],
    category: Annotated[
        str | None, typer.Option(help="What it is, by a category of the page.", show_default=False)
    ] = None,
    note: Annotated[
        str | None, typer.Option(help="What it should have known.", show_default=False)
    ] = None,
    as_whom: As = None,
    as_json: AsJson = False,
    *,
    target: Target,
) -> None:
    """Say what the agent got wrong. It is kept to learn from; nothing changes by itself."""
    came = reviewing.correct(target, wanted, as_whom, wrong.value, category, note)
    _tell(came, as_json=as_json)


@app.command()
@on_target
def reject(
    wanted: Wanted,
    reason: Annotated[str, typer.Option(help="Why not, or why it was of no use.")],
    action: Action = None,
    as_whom: As = None,
    as_json: AsJson = False,
    *,
    target: Target,
) -> None:
    """Set a hand-over aside, or say no to an action that asks."""
    _tell(reviewing.reject(target, wanted, as_whom, reason, action), as_json=as_json)


@app.command()
@on_target
def approve(
    wanted: Wanted,
    digest: Digest = None,
    action: Action = None,
    as_whom: As = None,
    as_json: AsJson = False,
    *,
    target: Target,
) -> None:
    """Say yes to an action that asks, as you have seen it.

    The agent does it at once.
    """
    terminal.set_up_logs(verbose=False)
    word = reviewing.Word(wanted, as_whom, action, partial(terminal_reviews.seen, digest))
    _tell(reviewing.approve(target, word), as_json=as_json)


@app.command()
@on_target
def edit(  # noqa: PLR0913 - one parameter an option
    wanted: Wanted,
    settings: Annotated[
        list[str],
        typer.Option("--set", metavar="FIELD=VALUE", help="What it is to write instead."),
    ],
    digest: Digest = None,
    action: Action = None,
    as_whom: As = None,
    as_json: AsJson = False,
    *,
    target: Target,
) -> None:
    """Say yes with other values, as far as the page foresees some.

    The agent does it at once.
    """
    terminal.set_up_logs(verbose=False)
    word = reviewing.Word(wanted, as_whom, action, partial(terminal_reviews.seen, digest))
    _tell(reviewing.edit(target, word, settings), as_json=as_json)


def _tell(came: reviewing.Came, *, as_json: bool) -> None:
    if as_json:
        terminal_reviews.print_json(came)
    else:
        terminal_reviews.show_came(came)
    if came.went_on and came.went_on.status == "failed":
        raise typer.Exit(1)
