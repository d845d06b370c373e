"""Every command, each a few lines; what it does stands in `wiring`.

Results go to stdout, logs to stderr. Exit codes: 0 done; 1 something failed and is on the ledger;
2 wrong usage, page or settings; 3 refused: paused, over a limit, or another run holds the lock.
"""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from triage_agent import (
    cli_evaluation,
    cli_ledger,
    cli_new,
    cli_review,
    cli_rollback,
    cli_summary,
    cli_working,
    demonstration,
    holding,
    listening,
    terminal,
    watching,
    wiring,
    working,
)
from triage_agent.cli_options import (
    As,
    AsJson,
    Format,
    Http,
    Metrics,
    Project,
    Served,
    Verbose,
    on_target,
)
from triage_agent.errors import TriageError
from triage_agent.targets import Target, target_of

app = typer.Typer(
    help="Triages inbound requests, within what operating_model.yaml allows.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help is there in half the time
    pretty_exceptions_enable=False,
)


class System(StrEnum):
    """Whose permissions are written."""

    salesforce = "salesforce"
    slack = "slack"


class Layout(StrEnum):
    """How the page is printed."""

    md = "md"
    html = "html"


@on_target
def run(  # noqa: PLR0913 - one parameter an option
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="At most so many new items.", show_default=False),
    ] = None,
    shadow: Annotated[
        bool,
        typer.Option("--shadow", help="Record what would be done; change nothing."),
    ] = False,
    item: Annotated[
        str | None,
        typer.Option(help="Only this item, or this record.", show_default=False),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with 3 where it isn't what passed evaluation.")
    ] = False,
    enqueue: Annotated[
        bool, typer.Option("--enqueue", help="Hand the items out to workers, on PostgreSQL.")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print one JSON object (deploy/run_report.schema.json)."),
    ] = False,
    *,
    target: Target,
    verbose: Verbose = False,
) -> None:
    """Take up all new records once, then exit: the scheduled job."""
    terminal.set_up_logs(verbose=verbose)
    put = working.handing_out(target) if enqueue else None
    with terminal.progress() as progress:
        report = wiring.run(
            target, shadow=shadow, limit=limit, only=item, strict=strict, progress=progress, put=put
        )
    if as_json:
        terminal.print_json(report)
    else:
        terminal.show_run(report, terminal.hints(report, target.arguments))
    if report.totals.failed or report.totals.refused:
        raise typer.Exit(1)


@on_target
def timeline(
    wanted: Annotated[str, typer.Argument(metavar="ID", help="An item, a run or a record.")],
    style: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.text,
    *,
    target: Target,
) -> None:
    """Tell what happened to an item, a run or a record, and why."""
    if style is Format.html:
        print(wiring.timeline_page(target, wanted), end="")
    elif style is Format.json:
        print(terminal.timelines_as_json(wiring.timeline(target, wanted)))
    else:
        terminal.show_timelines(wiring.timeline(target, wanted))


def check(project: Project = None) -> None:
    """Check that page, prompts, patterns and cases are in step."""
    for line in wiring.check(project):
        print(line)


def page(
    layout: Annotated[Layout, typer.Option("--format", help="How to print it.")] = Layout.md,
    project: Project = None,
) -> None:
    """Print the page in sentences, for its owner to sign.

    As HTML it is one sheet of paper.
    """
    print(wiring.page(project, as_html=layout is Layout.html), end="")


def grants(
    system: Annotated[System, typer.Argument(help="Whose permissions.")],
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if stale.")] = False,
    project: Project = None,
) -> None:
    """Write what Salesforce or Slack is to grant the agent.

    It goes into the project's deploy folder.
    """
    for line in wiring.grants(project, system.value, check=check):
        print(line)


@on_target
def pause(
    reason: Annotated[str, typer.Option(help="Why; everybody who is told reads it.")],
    as_whom: As = None,
    *,
    target: Target,
) -> None:
    """Hold the agent from its next write on, until it is resumed."""
    terminal.say(holding.pause(target, as_whom, reason))


@on_target
def resume(
    answer: Annotated[
        list[str] | None,
        typer.Option(help="An answer to the page's checklist; once for each.", show_default=False),
    ] = None,
    as_whom: As = None,
    *,
    target: Target,
) -> None:
    """Let the agent go on, once the checklist is answered.

    Without --answer each of the page's questions is asked.
    """
    asked = (lambda _questions: answer) if answer else terminal.ask
    terminal.say(holding.resume(target, as_whom, asked))


@on_target
def status(
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print one JSON object (deploy/status.schema.json)."),
    ] = False,
    *,
    target: Target,
) -> None:
    """Say in six lines what is going on."""
    agent = holding.Agent(target)
    if as_json:
        terminal.print_json(agent.standing())
    else:
        terminal.show_status(agent.status())


@on_target
def doctor(
    allow_excess: Annotated[
        bool,
        typer.Option("--allow-excess", help="Let pass what is too much; the ledger keeps it."),
    ] = False,
    as_json: AsJson = False,
    *,
    target: Target,
) -> None:
    """Compare the live credentials with the page. It looks, and changes nothing."""
    report = wiring.doctor(target, allow_excess=allow_excess)
    if as_json:
        terminal.print_json(report)
    else:
        terminal.show_findings(report)
    if not report.passes:
        raise typer.Exit(1)


def sandbox(
    records: Annotated[
        Path | None,
        typer.Option(
            "--leads",
            help="Serve these records (JSON lines), in memory only.",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    port: Annotated[int | None, typer.Option(help="The port on 127.0.0.1 (8787).")] = None,
    reset: Annotated[
        bool,
        typer.Option("--reset", help="Forget the embedded sandbox and its ledger first."),
    ] = False,
    faults: Annotated[
        Path | None,
        typer.Option(
            help="Let requests go wrong as this file says (YAML).",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    request_url: Annotated[
        str | None,
        typer.Option(
            help="Tell an app that listens there what people do in Slack.",
            metavar="URL",
            show_default=False,
        ),
    ] = None,
    project: Project = None,
) -> None:
    """Serve a local Salesforce, Slack and model, until Ctrl-C.

    Without --leads it serves what `run --sandbox` works on.

    With --reset alone it forgets that, and exits.
    """
    target = target_of(project, sandbox=True, sandbox_url=None)
    if reset:
        wiring.reset_sandbox(target)
        terminal.say("The embedded sandbox and its ledger are empty again.")
    if not reset or records or faults or request_url or port is not None:
        address = f"http://127.0.0.1:{port if port is not None else 8787}"
        terminal.say(f"Serving a sandbox until Ctrl-C; open {address} in a browser.")
        wiring.serve_sandbox(target, records, 8787 if port is None else port, faults, request_url)


def listen(
    http: Http = None,
    metrics: Metrics = None,
    project: Project = None,
    sandbox_url: Served = None,
    verbose: Verbose = False,
) -> None:
    """Hear what people decide in Slack, until Ctrl-C.

    Over Socket Mode, or with --http where Slack posts it.
    """
    terminal.set_up_logs(verbose=verbose)
    target = target_of(project, sandbox=False, sandbox_url=sandbox_url)
    until = listening.told_to_end()
    with watching.watched(target, metrics):
        listening.listen(target, until, terminal.say, http)


def demo(
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1.")] = 8787,
    project: Project = None,
) -> None:
    """Show the sandbox in a browser, with the agent at work on it.

    In a folder without a project, an example is unpacked and shown.
    """
    terminal.set_up_logs(verbose=False)
    demonstration.demonstrate(demonstration.target_of(project, terminal.say), port, terminal.say)


# In the order in which somebody meets them.
for _command in (
    demo,
    cli_new.new,
    run,
    timeline,
    status,
    cli_summary.summary,
    pause,
    resume,
    cli_rollback.rollback,
    cli_rollback.incident,
    check,
    page,
    grants,
    doctor,
    cli_evaluation.evaluate,
    listen,
    cli_working.worker,
    sandbox,
):
    app.command()(_command)
app.add_typer(cli_review.app, name="review", no_args_is_help=True)
app.add_typer(cli_evaluation.app, name="cases", no_args_is_help=True)
app.add_typer(cli_ledger.app, name="ledger", no_args_is_help=True)


def main() -> None:
    """The program: errors become one message on stderr and an exit code."""
    try:
        app()
    except TriageError as exc:
        terminal.complain(str(exc))
        sys.exit(exc.exit_code)
    except KeyboardInterrupt:
        terminal.complain("interrupted; the next run goes on where this one stopped")
        sys.exit(130)
