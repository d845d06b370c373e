"""What people see of an evaluation: each score against its threshold, and what fails."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from triage_agent.terminal import printable, screen

if TYPE_CHECKING:
    from rich.console import Console

    from triage_agent.evaluating import Compared, Told
    from triage_agent.evaluation.cases import Expected, Placed
    from triage_agent.evaluation.results import CaseResult

_LISTED = 20
"""So many cases are named; JSON and HTML have all."""
_COLUMNS, _NAME = 80, 56
"""Of a line in a list of cases, and of what comes before that which is expected."""


def as_json(told: "Told") -> str:
    """The whole evaluation as one object in ASCII."""
    from pydantic_core import to_jsonable_python

    return json.dumps(to_jsonable_python(told), indent=2)


def as_html(told: "Told") -> str:
    """The whole evaluation as one document that needs nothing else."""
    from triage_agent.evaluation import page

    compared = {one.file: one.changes for one in told.compared}
    return page.as_html(told.evaluation, told.page, compared, is_baseline=told.is_baseline)


def show(told: "Told") -> None:
    """The six questions, reliability, the model alone, cost, and the cases that fail."""
    from triage_agent.evaluation import telling

    out, found, page = screen(), told.evaluation, told.page
    models = " and ".join(found.digests.answered_by)
    out.print(
        f"{len(found.cases):,} cases, {found.trials:,} {_trials(found.trials)} each, answered by "
        f"{printable(models)}, page version {found.page_version}, {found.seconds:.0f} s\n"
    )
    _scores(out, told)
    out.print()
    doubts = [*telling.doubts(found, page)]
    for doubt in doubts:
        out.print(f"{doubt[0].upper()}{doubt[1:]}")
    if doubts:
        out.print()
    _strata(out, told)
    _alone(out, told)
    out.print(telling.sureness(found, page))
    out.print(telling.spent(found))
    if told.from_cache:
        out.print(
            f"{told.from_cache:,} of {told.answers:,} answers are from the cache, with what they "
            "cost and took when they were given; --fresh asks for all anew."
        )
    for one in told.compared:
        _compared(out, one)
    _failures(out, [case for case in found.cases if case.passes < len(case.trials)])


def _trials(number: int) -> str:
    return "trial" if number == 1 else "trials"


def _scores(out: "Console", told: "Told") -> None:
    from rich.table import Table

    from triage_agent.evaluation import telling

    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("trials", "reached", "95 % interval", "the page wants"):
        table.add_column(title)
    for row in telling.scores(told.evaluation, told.page):
        table.add_row(*row, style="yellow" if row[-1].startswith("missed") else None)
    out.print(table)


def _strata(out: "Console", told: "Told") -> None:
    from rich.table import Table

    from triage_agent.evaluation import figures, telling

    table = Table(box=None, pad_edge=False, header_style="dim")
    trials = told.evaluation.trials
    for title in ("stratum", "cases", "passed", *(f"all of {k}" for k in range(2, trials + 1))):
        table.add_column(title)
    everything = {"in all": figures.passes(told.evaluation.cases)}
    for name, passes in (figures.by_stratum(told.evaluation.cases) | everything).items():
        chances = map(telling.percent, passes.pass_hat[1:])
        table.add_row(name, f"{passes.cases}", telling.percent(passes.passed.value), *chances)
    out.print(table)
    out.print()


def _alone(out: "Console", told: "Told") -> None:
    from rich.table import Table

    from triage_agent.evaluation import telling

    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("", "pipeline", "model alone"):
        table.add_column(title)
    for name, pipeline, alone in telling.alone(told.evaluation):
        table.add_row(name, telling.percent(pipeline.value), telling.percent(alone.value))
    out.print(table)
    out.print()


def _compared(out: "Console", one: "Compared") -> None:
    better = [change for change in one.changes if not change.fell]
    worse = [change for change in one.changes if change.fell]
    out.print(f"Beside {one.file}: {len(better):,} cases better, {len(worse):,} worse.")
    for change in worse[:_LISTED]:
        out.print(f"  worse: {printable(change.case)}", style="yellow")


def _failures(out: "Console", failed: "list[CaseResult]") -> None:
    from rich.padding import Padding
    from rich.text import Text

    if not failed:
        return
    out.print(f"\n{len(failed):,} cases fail at least once:")
    for case in failed[:_LISTED]:
        wrong = next(trial for trial in case.trials if not trial.passed)
        why = "; ".join(word for check in wrong.checks for word in check.wrong)
        out.print(f"  {printable(case.key)}")
        out.print(Padding(Text(printable(why)), (0, 0, 0, 4)), style="dim")
    if (more := len(failed) - _LISTED) > 0:
        out.print(f"  and {more:,} more; --format html shows each with its timeline")


def say_recorded(path: Path) -> None:
    """Where it is written down."""
    screen().print(f"Recorded in {path}; check it in with what it is about.", soft_wrap=True)


def show_cases(cases: "list[Placed]", *, as_json: bool) -> None:
    """Each case in a line: its stratum, its name, and what is expected; then how many there are."""
    if as_json:
        rows = [{"stratum": one.stratum, **one.case.model_dump(mode="json")} for one in cases]
        print(json.dumps({"cases": rows}, indent=2))
        return
    from triage_agent.decision.text import clipped

    name, wide, out = _NAME, max(len(one.stratum) for one in cases), screen()
    for one in cases:
        title = clipped(" ".join(printable(one.case.name).split()), name - wide)
        said = clipped(_expected(one.case.expect), _COLUMNS - name - 4)
        out.print(f"{one.stratum:{wide}}  {title:{name - wide}}  {said}")
    stops = sum(one.case.expect.stops for one in cases)
    strata = len({one.stratum for one in cases})
    kinds = "stratum" if strata == 1 else "strata"
    out.print(
        f"\n{len(cases):,} cases in {strata} {kinds}: {stops:,} stop, {len(cases) - stops:,} go on."
    )


def _expected(expect: "Expected") -> str:
    """The end in a few words."""
    if expect.stops:
        why = " or ".join(expect.by) or expect.category or ""
        return f"stops: {why}" if why else "stops"
    return " or ".join(expect.categories) or "goes on"
