"""Many items at once: what spoils one leaves the others alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import pytest

from triage_agent.connectors.model import Answer, ModelConnector
from triage_agent.connectors.salesforce.writing import Creates, NotWritten, Row, Updates, Writer
from triage_agent.errors import AnswerLost
from triage_agent.jobs.sweep import sweep

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.jobs.conftest import Model, Site
    from triage_agent.decision.prompts import Question
    from triage_agent.operating_model.kinds import Scalar


class Stumbling(ModelConnector):
    """A connector with a bug that shows at one company's request."""

    def __init__(self, whole: ModelConnector, company: str) -> None:
        self._whole, self._company = whole, company

        self.key = whole.key  # type: ignore[method-assign]
        self.connect = whole.connect  # type: ignore[method-assign]

    def close(self) -> None:
        """Closes the connector that works."""
        self._whole.close()

    def ask(self, purpose: Literal["assess", "draft"], question: Question) -> Answer:
        """Asks, but for the one company."""
        if self._company in question.messages[-1]["content"]:
            raise ZeroDivisionError("nobody foresaw this: ada@lind-heating.example")
        return self._whole.ask(purpose, question)


def test_an_unforeseen_error_fails_its_item_alone(
    open_site: Callable[..., Site],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The item has failed, by the error's name and place, without its text; the others settle."""
    site = open_site([{"Company": name} for name in ("One", "Stumbles", "Three")])
    with site.parts() as parts:
        report = sweep(replace(parts, asker=Stumbling(parts.asker, "Stumbles")))
    (failed,) = (item for item in report.items if item.status == "failed")
    (reason,) = (h.event for h in site.events(failed.item_id) if h.event.kind == "Failed")
    mended = site.sweep()
    logged = "".join(capsys.readouterr())

    assert (2, 1) == (report.totals.settled, report.totals.failed)
    assert ("assess", "ZeroDivisionError") == (reason.action, reason.code)
    assert "ada@" not in reason.model_dump_json() + logged
    assert "test_pipeline.py" in logged
    assert [(failed.item_id, "settled")] == [(i.item_id, i.status) for i in mended.items]
    assert 3 == len(site.tasks())


class Forgetful(Writer):
    """A connector that loses the answer to the first writes."""

    def __init__(self, whole: Writer, *, after: bool) -> None:
        self._whole, self._after, self._lost = whole, after, False
        self.prepared = whole.prepared  # type: ignore[method-assign]
        self.check = whole.check  # type: ignore[method-assign]
        self.standing = whole.standing  # type: ignore[method-assign]
        self.find = whole.find  # type: ignore[method-assign]

    def write(self, collections: Sequence[Updates | Creates]) -> list[list[Row]]:
        """Writes; the first time nobody hears of it, or it never arrived."""
        lost, self._lost = not self._lost, True
        if lost and not self._after:
            raise AnswerLost("salesforce", "CUT", "the connection was cut")
        written = self._whole.write(collections)
        if lost:
            raise AnswerLost("salesforce", "CUT", "the connection was cut")
        return written


@pytest.mark.parametrize("after", [True, False])
def test_a_lost_answer_is_looked_up_in_the_same_run(
    open_site: Callable[..., Site],
    after: bool,  # noqa: FBT001
) -> None:
    """Whether a cut-off write was done or not, the run finds out, and the task is there once."""
    site = open_site([{"Company": "One"}])
    with site.parts() as parts:
        report = sweep(replace(parts, writer=Forgetful(parts.writer, after=after)))

    assert ["settled"] == [item.status for item in report.items]
    assert 1 == len(site.tasks())
    assert after is _found(site, report.items[0].item_id)


def _found(site: Site, item: str) -> bool:
    events = (happened.event for happened in site.events(item))
    return any(event.kind == "Done" and event.found for event in events)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_questions_at_once(
    open_site: Callable[..., Site],
    new_model: Callable[[], Model],
    concurrency: int,
) -> None:
    """At most as many questions are under way as the page says, and all are asked."""
    model = new_model()
    site = open_site([{"Company": f"No {n}"} for n in range(8)], model=model)
    limits = site.rules.page.limits.model_copy(update={"concurrency": concurrency})
    page = site.rules.page.model_copy(update={"limits": limits})
    site.rules = replace(site.rules, model=replace(site.rules.model, page=page))
    report = site.sweep()

    assert 8 == report.totals.settled
    assert model.most_at_once <= concurrency
    assert 16 == len(model.asked)


def test_a_row_that_is_refused_fails_its_item_alone(open_site: Callable[..., Site]) -> None:
    """Of a batch only the row that the org refuses fails; after three tries a person is told."""
    site = open_site([{"Company": "Stays"}, {"Company": "Refused"}])
    with site.parts() as parts:
        report = sweep(replace(parts, writer=Choosy(parts.writer)))
    companies = {key: lead["Company"] for key, lead in site.leads().items()}
    items = {companies[item.record_id]: item for item in report.items}
    failed = [h.event for h in site.events(items["Refused"].item_id) if h.event.kind == "Failed"]

    assert {"Stays": "settled", "Refused": "escalated"} == {c: i.status for c, i in items.items()}
    assert [("create_task", "FIELD_CUSTOM_VALIDATION_EXCEPTION")] * 3 == [
        (event.action, event.code) for event in failed
    ]
    assert ["failed_repeatedly"] == [stop.rule for stop in items["Refused"].stops]
    assert [f"{items['Stays'].item_id}.create_task"] == list(site.tasks())
    assert [f"{items['Refused'].item_id}.escalate"] == list(site.messages())
    assert [] == site.sweep().items


class Choosy(Writer):
    """An org with a rule that one company's tasks break."""

    def __init__(self, whole: Writer) -> None:
        self._whole = whole
        self.prepared = whole.prepared  # type: ignore[method-assign]
        self.check = whole.check  # type: ignore[method-assign]
        self.standing = whole.standing  # type: ignore[method-assign]
        self.find = whole.find  # type: ignore[method-assign]

    def write(self, collections: Sequence[Updates | Creates]) -> list[list[Row]]:
        """Writes row by row, all but the tasks that are refused."""
        return [[self._row(one, row) for row in one.rows] for one in collections]

    def _row(self, one: Updates | Creates, row: Any) -> Row:  # noqa: ANN401 - of either kind
        if isinstance(one, Creates) and "Refused" in row["Subject"]:
            return NotWritten("FIELD_CUSTOM_VALIDATION_EXCEPTION", ())
        alone = Updates(one.object, [row]) if isinstance(one, Updates) else _created(one, row)
        ((written,),) = self._whole.write([alone])
        return written


def _created(one: Creates, row: Mapping[str, Scalar]) -> Creates:
    return Creates(one.object, one.key, [row])
