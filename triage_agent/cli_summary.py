"""The command that tells of a week; what it does: `summarising`."""

from enum import StrEnum
from typing import Annotated

import typer

from triage_agent import summarising, terminal_summary
from triage_agent.cli_options import Embedded, Project, Served
from triage_agent.targets import target_of


class Form(StrEnum):
    """How a week is printed."""

    text = "text"
    md = "md"
    html = "html"
    json = "json"


def summary(
    week: Annotated[
        str | None,
        typer.Option(help="Like 2026-W47; else the last full one.", show_default=False),
    ] = None,
    style: Annotated[Form, typer.Option("--format", help="How to print it.")] = Form.text,
    project: Project = None,
    sandbox: Embedded = False,
    sandbox_url: Served = None,
) -> None:
    """Tell what a week came to, beside the weeks before, and what to do next."""
    target = target_of(project, sandbox=sandbox, sandbox_url=sandbox_url)
    terminal_summary.show(summarising.summary(target, week), style)
