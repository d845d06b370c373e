"""The command that tells of a week; what it does: `summarising`."""

from enum import StrEnum
from typing import Annotated

import typer

from triage_agent import summarising, terminal_summary
from triage_agent.cli_options import on_target
from triage_agent.errors import WrongUsage
from triage_agent.targets import Target
from triage_agent.terminal import set_up_logs


class Form(StrEnum):
    """How a week is printed."""

    text = "text"
    md = "md"
    html = "html"
    json = "json"


@on_target
def summary(
    week: Annotated[
        str | None,
        typer.Option(help="Like 2026-W47; else the last full one.", show_default=False),
    ] = None,
    style: Annotated[Form, typer.Option("--format", help="How to print it.")] = Form.text,
    post: Annotated[
        bool, typer.Option("--post", help="Tell those of it whom the page names, once.")
    ] = False,
    reviewed_by: Annotated[
        str | None,
        typer.Option(help="Who on the page has read it, for the record.", show_default=False),
    ] = None,
    *,
    target: Target,
) -> None:
    """Tell what a week came to, and what to do next."""
    if reviewed_by is not None:
        if post:
            raise WrongUsage(
                "--post tells of a week, --reviewed-by says that it was read: give one"
            )
        print(summarising.review(target, week, reviewed_by))
        return
    if not post:
        terminal_summary.show(summarising.summary(target, week), style)
        return
    set_up_logs(verbose=False)
    sent = summarising.post(target, week)
    terminal_summary.show_sent(sent)
    if any(one.reference is None for one in sent):
        raise typer.Exit(1)
