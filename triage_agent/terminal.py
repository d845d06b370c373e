"""What people see in a terminal: progress, tables, timelines, logs. No decision is made here."""

import json
import logging
import shlex
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from triage_agent.doctor.finding import Report
    from triage_agent.jobs.report import RunReport
    from triage_agent.ledger.anchors import Anchor
    from triage_agent.ledger.erasure import Erasure
    from triage_agent.ledger.timeline import Line, Timeline
    from triage_agent.ledger.verify import Verdict
    from triage_agent.watch.status import Status


WORTH_TYPING = 3
"""How many commands a run's end suggests at most."""


def screen() -> "Console":
    """Where results go; nothing in them is markup."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, soft_wrap=False)


def set_up_logs(*, verbose: bool) -> None:
    """Logs to stderr: readable on a terminal, else JSON lines; without control characters."""
    import structlog

    on_terminal = sys.stderr.isatty()
    renderers: list[Any] = (
        [_on_one_line, structlog.dev.ConsoleRenderer()]
        if on_terminal
        else [structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.DEBUG if verbose else logging.WARNING if on_terminal else logging.INFO
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _on_one_line(_logger: object, _method: str, entry: dict[str, Any]) -> dict[str, Any]:
    """An entry whose text can't take hold of the terminal, or look like another entry."""
    return {
        key: " ".join(printable(value).splitlines()) if isinstance(value, str) else value
        for key, value in entry.items()
    }


def say(words: str) -> None:
    """A sentence for the person at the terminal, beside the results."""
    print(words, file=sys.stderr)


def print_json(report: "RunReport | Report | Status") -> None:
    """The report as bytes in UTF-8: as text, an emoji makes each character take four of them."""
    from pydantic_core import to_json

    sys.stdout.flush()
    sys.stdout.buffer.write(to_json(report, indent=2))
    sys.stdout.buffer.write(b"\n")


def ask(questions: Sequence[str]) -> list[str]:
    """Puts questions to the person at the terminal; without one, none is answered."""
    if not sys.stdin.isatty():
        return []
    say("Before the agent goes on:")
    return [input(f"{question}\n> ") for question in questions]


def show_status(lines: dict[str, str]) -> None:
    """What is going on, a line each."""
    width = max(map(len, lines))
    for name, told in lines.items():
        print(f"{name:<{width}}  {printable(told)}")


def complain(words: str) -> None:
    """An error, on stderr."""
    print(f"triage-agent: {printable(words)}", file=sys.stderr)


@contextmanager
def progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, nothing elsewhere; told how many items have ended, of how many."""
    if not sys.stderr.isatty():
        yield lambda _ended, _of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (TextColumn("Triage"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("triage", total=None)
        yield lambda ended, of: bar.update(task, completed=ended, total=of)


def show_run(report: "RunReport", next_commands: list[tuple[str, str]]) -> None:
    """A run on one screen, and what to type next."""
    from rich.table import Table
    from rich.text import Text

    out, totals = screen(), report.totals
    if report.uncleared:
        out.print(f"In shadow, nothing is changed: {'; '.join(report.uncleared)}.", style="yellow")
    if report.handed_out:
        out.print(f"{totals.received} received: {report.handed_out} handed out to workers")
    elif not report.items:
        out.print("Nothing new: every record in the window has been taken up before.")
    else:
        out.print(
            f"{totals.received} received: {totals.settled} settled, {totals.escalated} escalated, "
            f"{totals.failed} failed, {totals.deferred} deferred\n"
        )
        table = Table(box=None, pad_edge=False, show_header=False)
        for title, counts in _rows(report):
            table.add_row(Text(title, style="bold"), printable(counts))
        out.print(table)
    out.print(f"\n{_footer(report)}")
    if next_commands:
        out.print("\nWorth typing next:")
        for command, why in next_commands:
            out.print(f"  {command}", soft_wrap=True)
            out.print(f"    {why}", style="dim")


def _rows(report: "RunReport") -> list[tuple[str, str]]:
    totals, calls, requests = report.totals, report.model_calls, report.requests
    tokens = f"{calls.input_tokens:,} + {calls.output_tokens:,} tokens"
    drafts = sum(item.draft is not None for item in report.items)
    actions = (action for item in report.items for action in item.actions)
    asked = Counter(action.action for action in actions if action.state == "asked")
    cost = "unknown cost" if calls.cost_usd is None else f"${calls.cost_usd:.4f}"
    return [
        ("Categories", _counted(totals.by_category)),
        ("Stopped by", _counted(totals.by_stop)),
        ("Done", _counted(totals.actions)),
        ("Asked", _counted(asked)),
        ("Drafts", f"{drafts} kept with their tasks, none sent"),
        ("Refused", f"{totals.refused} actions"),
        *(("Failed", reason) for reason in _failures(report)),
        ("Model", f"{calls.calls} calls of {report.model}, {tokens}, {cost}"),
        ("Requests", f"{requests.salesforce} to Salesforce, {requests.slack} to Slack"),
    ]


def _failures(report: "RunReport") -> list[str]:
    reasons = Counter(item.failure for item in report.items if item.failure)
    return [f"{count}: {reason}" for reason, count in reasons.most_common(3)]


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"


def _footer(report: "RunReport") -> str:
    return (
        f"{report.run_id}, {report.mode}, page version {report.page.version} "
        f"({report.page.sha256[:12]}), {report.seconds:.1f} s"
    )


def hints(report: "RunReport", target: list[str]) -> list[tuple[str, str]]:
    """Up to three commands that show more of this run."""
    found = []
    for status, why in (("escalated", "why one was stopped"), ("settled", "what one led to")):
        items = [item for item in report.items if item.status == status]
        if items:
            telling = max(items, key=lambda item: (item.draft is not None, len(item.stops)))
            found.append((["timeline", telling.record_id, *target], why))
    if len(found) < WORTH_TYPING - 1:
        found.append((["timeline", report.run_id, *target], "the run itself"))
    if target == ["--sandbox"]:
        found.append((["demo"], "all of it in a browser, where you play the people"))
    return [(typed(command), why) for command, why in found]


def typed(words: Sequence[str]) -> str:
    """A command of this program, as it is to be typed from here."""
    return shlex.join([_program(), *words])


def _program() -> str:
    """The program as it was called, as far as that can be typed again from here."""
    called = Path(sys.argv[0])
    try:
        return str(called.absolute().relative_to(Path.cwd()))
    except ValueError:
        return called.name


def timelines_as_json(found: "list[Timeline]") -> str:
    """All of it, as a list with one object a stream."""
    return json.dumps([one.model_dump(mode="json") for one in found], indent=2, ensure_ascii=False)


def show_timelines(found: "list[Timeline]") -> None:
    """The article's questions as headings, with what answers them beneath."""
    from rich.text import Text

    from triage_agent.ledger.words import cycle_in_words

    out = screen()
    for one in found:
        status = f", {one.status}" if one.status else ""
        out.print(Text(f"{one.stream} ({one.about}{status})", style="bold"))
        for question, lines in one.questions.items():
            out.print(Text(f"\n{question}", style="bold cyan"))
            out.print(_grid(lines) if lines else Text("  nothing yet", style="dim"))
        if one.cycle and (came := cycle_in_words(one.cycle)):
            out.print(f"  {came}")
        if one.items:
            out.print(Text(f"\nIts items: {len(one.items)}", style="bold"))
            for item in one.items:
                out.print(f"  {item}")
        out.print()


def show_verdict(verdict: "Verdict", *, as_json: bool) -> None:
    """Whether the ledger is whole, and how far that can be told."""
    anchor = verdict.anchor
    if as_json:
        told = {**asdict(verdict), "anchor": anchor and anchor.model_dump(exclude={"heads"})}
        print(json.dumps(told, indent=2, ensure_ascii=False, default=str))
        return
    found = f"{len(verdict.faults):,} faults" if verdict.faults else "whole"
    print(f"{verdict.events:,} events in {verdict.streams:,} streams: {found}.")
    for fault in verdict.faults:
        print(f"  {printable(fault)}")
    if anchor is None:
        print("There is no anchor to hold it against: a cut-off end would not show.")
        return
    print(f"Held against its anchors up to that of {anchor.run}:")
    print(f"  {anchor.at:%Y-%m-%d %H:%M} UTC, {anchor.anchored.events:,} events, digest")
    print(f"  {anchor.anchored.digest}")
    print(f"Events younger than that, of which a missing one would not show: {verdict.since:,}.")


def show_anchor(anchor: "Anchor") -> None:
    """What is to be written down elsewhere."""
    said = anchor.anchored
    print(f"Anchored {said.events:,} events in {said.streams:,} streams.")
    print(f"Digest {said.digest}")
    for fault in said.accepted:
        print(f"  stands as it is: {printable(fault)}")


def show_left(erased: "Erasure", *, as_json: bool) -> None:
    """What was erased, and what people have to see to in other systems."""
    from rich.table import Table

    if as_json:
        print(json.dumps(asdict(erased), indent=2, ensure_ascii=False))
        return
    print(f"Erased {erased.texts:,} texts of {erased.items:,} items. The chain is what it was.")
    if not erased.scrubbed:
        print("But the ledger's log keeps them for as long as another process reads in it;")
        print("erase again when that has ended.")
    if not erased.left:
        return
    print("Their words are also here, where only people can take them out:\n")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("record", "by the action", "to be found as"):
        table.add_column(column, overflow="fold")
    for left in erased.left:
        sure = left.place if left.certain else f"{left.place} (perhaps)"
        table.add_row(left.record, left.action, sure)
    screen().print(table)


_KINDS = {
    "too much": "Too much: what the credentials could do and the page never does",
    "too little": "Too little: what the page needs and the credentials lack",
    "different": "Different from what the page says",
    "question": "To be asked before going live",
    "held": "What no permission can withhold",
}


def show_findings(report: "Report") -> None:
    """What `doctor` found: a table a kind, each row with its cure."""
    from rich.table import Table
    from rich.text import Text

    out = screen()
    for kind, title in _KINDS.items():
        found = [finding for finding in report.findings if finding.kind == kind]
        out.print(Text(title, style="bold"))
        if not found:
            out.print("  nothing\n")
            continue
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for column, ratio in (("  where", None), ("found", 1), ("cure", 1)):
            table.add_column(column, ratio=ratio, overflow="fold")
        for finding in found:
            table.add_row(f"  {finding.system}", printable(finding.what), printable(finding.cure))
        out.print(table, "")
    verdict = (
        "nothing stands" if report.passes else "mend what is too much, too little or different"
    )
    out.print(f"Before going live: {verdict}{' in the way' if report.passes else ''}.")


def _grid(lines: "list[Line]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2, 0, 0), pad_edge=True)
    for line in lines:
        moment = Text(f"  {line.at:%Y-%m-%d %H:%M:%S}", style="dim")
        grid.add_row(moment, Text(printable(line.words), overflow="fold"))
    return grid


def printable(text: str) -> str:
    """Text that can't move the cursor, colour the screen or turn the writing round."""
    return "".join(
        char
        if char == "\n" or (char.isprintable() and not _invisible(char))
        else "\N{REPLACEMENT CHARACTER}"
        for char in text.replace("\r\n", "\n").replace("\t", "  ")
    )


def _invisible(char: str) -> bool:
    return unicodedata.category(char) in ("Cf", "Cc", "Cs")
