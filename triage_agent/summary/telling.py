"""A week in words: three sentences first, then what to do, then the figures; in Markdown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from triage_agent.decision.output import readable, spaced
from triage_agent.operating_model.rendering import plain
from triage_agent.summary.findings import Finding
from triage_agent.summary.metrics import Unit
from triage_agent.summary.people import People
from triage_agent.summary.reading import Figure, Summary


def sentences(told: Summary) -> tuple[str, str, str]:
    """What came, what became of it, what to do."""
    if not told.figure("runs").now and not told.figure("received").now:
        return (
            f"No run ended in {told.week}, and nothing was received.",
            "So there is nothing to tell of that week.",
            "See whether the schedule still runs the agent: triage-agent status.",
        )
    return _came(told), _became(told), _to_do(told.findings)


def _came(told: Summary) -> str:
    received = told.figure("received")
    requests = "request" if received.now == 1 else "requests"
    said = f"In {told.week} {amount(received.now, 'items')} {requests} came"
    if received.before is None:
        return f"{said}; it is the first week on record."
    before, mean = amount(received.before, "items"), amount(received.mean, "items")
    return f"{said}, {before} in the week before, {mean} in a usual one."


def _became(told: Summary) -> str:
    parts = {name: told.figure(name) for name in ("settled", "escalated", "failed", "stopped")}
    if parts["stopped"].now is None:
        return "So there is none that was settled, handed over or stopped."
    usual = parts["stopped"].mean
    compared = "" if usual is None else f", usually {amount(usual, 'share')}"
    return (
        f"{amount(parts['settled'].now, 'items')} are settled, "
        f"{amount(parts['escalated'].now, 'items')} with people, "
        f"{amount(parts['failed'].now, 'items')} failed; rules stopped "
        f"{amount(parts['stopped'].now, 'share')} of them{compared}."
    )


def _to_do(findings: Sequence[Finding]) -> str:
    if not findings:
        return "Nothing stands out, so there is nothing to do."
    first = findings[0]
    return f"To do first: {first.what} ({first.evidence}); {first.change}."


def amount(value: float | None, unit: Unit) -> str:
    """A number as people read it; a dash where it isn't known."""
    if value is None:
        return "-"
    match unit:
        case "share":
            return f"{100 * value:.1f} %"
        case "USD":
            return f"${value:,.2f}"
        case _:
            return f"{value:,.0f}"


def as_markdown(told: Summary) -> str:
    """Headings, a list and tables; no word of a request stands in it."""
    blocks = [
        f"# Week {told.week}",
        " ".join(map(_plain, sentences(told))),
        "## What to do next",
        _findings(told.findings),
        "## Figures",
        _table(told.figures),
    ]
    for heading, some in (("Categories", told.categories), ("Stopped by", told.rules)):
        if some:
            blocks += [f"## {heading}", _table(some)]
    if lines := [f"- {_plain(about)}: {_plain(said)}" for about, said in decided(told.people)]:
        blocks += ["## What people decided", "\n".join(lines)]
    return "\n\n".join(blocks) + "\n"


def decided(people: People) -> Iterator[tuple[str, str]]:
    """What people's decisions come to, each with what it is about; what is naught is left out."""
    for about, minutes in (
        ("taken on after", people.minutes_to_claim),
        (f"first touched after ({people.touched:,} items)", people.minutes_to_touch),
    ):
        if minutes is not None:
            yield about, f"{minutes:,.0f} minutes (median)"
    for about, differed in (
        ("sorted anew", people.sorted_anew),
        ("let go on, though stopped by", people.overruled),
        ("handed over to no use, stopped by", people.of_no_use),
    ):
        if differed:
            yield about, _counted({one.what: one.times for one in differed})
    for about, counts in (("put right", people.clean_up), ("decisions by", people.load)):
        if counts:
            yield about, _counted(counts)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{spaced(name)} {times:,}" for name, times in counts.items())


def _findings(findings: Sequence[Finding]) -> str:
    lines = (
        f"{number}. **{_plain(one.what)}** ({_plain(one.evidence)}). "
        f"For {_plain(one.concerns)}: {_plain(one.change)}.{_items(one.items)}"
        for number, one in enumerate(findings, 1)
    )
    return "\n".join(lines) or "Nothing."


def _items(items: Iterable[str]) -> str:
    some = ", ".join(f"`{item}`" for item in items)
    return f" See {some}." if some else ""


def _table(figures: Iterable[Figure]) -> str:
    rows = (f"| {' | '.join(map(_plain, row))} |" for row in rows_of(figures))
    head = "| what | this week | the week before | four-week mean |\n|---|---|---|---|"
    return "\n".join([head, *rows])


def rows_of(figures: Iterable[Figure]) -> Iterator[tuple[str, str, str, str]]:
    """Each figure's name, and its numbers as people read them."""
    for one in figures:
        numbers = (amount(value, one.unit) for value in (one.now, one.before, one.mean))
        yield spaced(one.name), *numbers  # type: ignore[misc]


def _plain(text: str) -> str:
    return plain(readable(text))
