"""What several commands can be told."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How something is printed."""

    text = "text"
    json = "json"
    html = "html"


Project = Annotated[
    Path | None,
    typer.Option(
        help="The project's folder (else $TRIAGE_PROJECT, else the current one).",
        show_default=False,
    ),
]
Embedded = Annotated[bool, typer.Option("--sandbox", help="Work on the embedded sandbox.")]
Served = Annotated[
    str | None,
    typer.Option("--sandbox-url", help="Work on a sandbox that is served.", show_default=False),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log each step.")]
As = Annotated[
    str | None,
    typer.Option("--as", help="Who you are on the page (else: your login).", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Http = Annotated[
    str | None,
    typer.Option(
        help="Have Slack post it there (HOST: 127.0.0.1); /health and /metrics tell how it is.",
        metavar="[HOST:]PORT",
        show_default=False,
    ),
]
Metrics = Annotated[
    str | None,
    typer.Option(
        help="Tell there at /health and /metrics how it is (HOST: 127.0.0.1).",
        metavar="[HOST:]PORT",
        show_default=False,
    ),
]
