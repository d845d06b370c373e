"""What several commands can be told."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any

import typer

from triage_agent.targets import Target, target_of


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


def on_target(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command its `target`, from three options that name one."""
    named = signature(_target).parameters

    @wraps(command)
    def told(**options: Any) -> None:  # noqa: ANN401 - the command's own
        target = _target(**{name: options.pop(name) for name in named})
        command(**options, target=target)

    own = [one for one in signature(command).parameters.values() if one.name != "target"]
    shown = [one.replace(kind=Parameter.KEYWORD_ONLY) for one in own] + [*named.values()]
    told.__signature__ = Signature(shown)  # type: ignore[attr-defined]
    told.__annotations__ = {one.name: one.annotation for one in shown}
    return told


def _target(
    *, project: Project = None, sandbox: Embedded = False, sandbox_url: Served = None
) -> Target:
    return target_of(project, sandbox=sandbox, sandbox_url=sandbox_url)
