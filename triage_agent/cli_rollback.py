"""The commands that undo what the agent did, and tell of it; what they do: `rolling_back`."""

from datetime import datetime
from typing import Annotated

import typer

from triage_agent import rolling_back, terminal, terminal_rollback
from triage_agent.cli_options import As, AsJson, on_target
from triage_agent.errors import WrongUsage
from triage_agent.targets import Target


@on_target
def rollback(  # noqa: PLR0913, PLR0917 - one parameter an option
    run: Annotated[str | None, typer.Option(help="What this run did.", show_default=False)] = None,
    item: Annotated[
        str | None,
        typer.Option(help="What was done for this item, or record.", show_default=False),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="What was done since, like 2026-11-23T09:30+01:00.", show_default=False),
    ] = None,
    to_page: Annotated[
        int | None,
        typer.Option(
            metavar="VERSION",
            help="Only tell what this version of the page would have decided.",
            show_default=False,
        ),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Do it; without this it only shows what it would.")
    ] = False,
    again: Annotated[
        bool,
        typer.Option("--again", help="The next run takes up afresh what is wholly undone."),
    ] = False,
    reason: Annotated[
        str | None,
        typer.Option(help="What happened; all who are told read it.", show_default=False),
    ] = None,
    found: Annotated[
        str | None, typer.Option(help="How that was found, likewise.", show_default=False)
    ] = None,
    as_whom: As = None,
    as_json: AsJson = False,
    *,
    target: Target,
) -> None:
    """Undo what the agent did, where nobody has changed it since.

    Without --apply it only shows what it would undo, and what is left for people.
    """
    if sum(one is not None for one in (run, item, since)) != 1:
        raise WrongUsage("say what is to be undone, by one of --run, --item and --since")
    selection = rolling_back.selection(run, item, _moment(since) if since else None)
    if to_page is not None:
        if apply:
            raise WrongUsage("--to-page only tells; leave --apply out, or --to-page")
        terminal.set_up_logs(verbose=False)
        tried = rolling_back.try_page(target, selection, to_page)
        terminal_rollback.show_tried(tried, as_json=as_json)
        return
    if not apply:
        terminal_rollback.show_preview(rolling_back.preview(target, selection), as_json=as_json)
        return
    if not (reason and found):
        raise WrongUsage("--apply needs --reason (what happened) and --found (how that was found)")
    terminal.set_up_logs(verbose=False)
    undone = rolling_back.roll_back(
        target, selection, as_whom, reason=reason, found=found, again=again
    )
    terminal_rollback.show_undone(undone, target.arguments, as_json=as_json)
    if undone.failed:
        raise typer.Exit(1)


@on_target
def incident(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="Which rollback's; else the last one's."),
    ] = None,
    as_json: AsJson = False,
    *,
    target: Target,
) -> None:
    """Print the note of a rollback: what happened, and what is left."""
    print(rolling_back.incident(target, name, as_json=as_json))


def _moment(written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as exc:
        raise WrongUsage(f"--since {written!r} is no moment; write 2026-11-23T09:30+01:00") from exc
    if moment.tzinfo is None:
        raise WrongUsage(f"--since {written!r} has no zone; write {written}Z or {written}+01:00")
    return moment
