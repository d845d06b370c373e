"""A week as one HTML document that needs nothing else: no script, no address.

Names of the page and of rules are text here: see `ledger.documents`. No word of a request stands
in it.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from triage_agent.ledger import phrases
from triage_agent.ledger.documents import templates
from triage_agent.summary import plots
from triage_agent.summary.metrics import METRICS
from triage_agent.summary.reading import Figure, Summary
from triage_agent.summary.telling import (
    amount,
    decided,
    missing,
    restated,
    sentences,
    stands,
    tables,
)
from triage_agent.summary.weeks import parsed

_SIGNS = {"to do": "▲", "nothing to do": "✓"}
_OVER_TIME = {
    "received": "New items",
    "stopped": "Of these, stopped by a rule",
    "failed": "Of these, come to no end",
}
"""The figures that are drawn over the weeks."""

_TEMPLATES = templates(Path(__file__).parent / "pages")
_TEMPLATES.filters |= {"amount": amount}
_TEMPLATES.globals |= {
    "signs": _SIGNS,
    "bars": plots.Bars,
    "columns": plots.columns,
    "count": phrases.count,
    "means": {metric.name: metric.means for metric in METRICS},
}


def as_html(told: Summary) -> str:
    """Three sentences, what to do next, and the figures, drawn and as numbers."""
    week = parsed(told.week)
    happened, nothing = _happened(told.figures)
    return _TEMPLATES.get_template("summary.html").render(
        title=f"Week {told.week}",
        status="to do" if told.findings else "nothing to do",
        told=told,
        days=(week.monday, week.monday + timedelta(days=6)),
        sentences=sentences(told),
        restated=restated(told) if told.restated else None,
        over_time=[(told.figure(name), words) for name, words in _OVER_TIME.items()],
        weeks=[str(week.before(number)) for number in range(told.weeks + 1)],
        decided=[*missing(told), *decided(told), *stands(told)],
        tables=tables(told),
        happened=happened,
        nothing=nothing,
    )


def _happened(figures: Iterable[Figure]) -> tuple[Sequence[Figure], Sequence[str]]:
    """The figures to show, and the names of those that are 0 in each of the weeks."""
    shown, nothing = list[Figure](), list[str]()
    for one in figures:
        if any((one.now, *one.weeks)):
            shown.append(one)
        else:
            nothing.append(one.name)
    return shown, nothing
