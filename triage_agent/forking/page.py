"""The page as text, in the style of the shipped one; where answers are missing, places are open."""

from collections.abc import Iterator
from datetime import date

from triage_agent.forking import material, scalars
from triage_agent.forking.answers import Answers, Reads
from triage_agent.operating_model.schema import Page

_TEMPLATE = "operating_model.yaml.jinja"


def page_text(answers: Answers, shipped: Page, today: date) -> str:
    """What the answers come to; the shipped page gives what nobody is asked."""
    reads, must_reach = answers.reads, shipped.evaluation.must_reach.model_dump()
    wanted = {
        "classified": answers.evaluated.classified,
        "must_escalate": answers.evaluated.must_escalate,
    }
    besides = material.supposed("besides", answers.workflow.object)
    text = material.rendered(
        _TEMPLATE,
        answers=answers,
        shipped=shipped,
        today=today.isoformat(),
        besides=besides,
        fields=_fields(reads, list(besides["not_to"])),
        shown=_shown(reads),
        needs=[one for one in (reads.sender_email, reads.sender_phone) if one],
        status=next(iter(reads.new_when or ["STATUS"])),
        subject=" ".join(["<category>:", *(f"<{name}>" for name in reads.headline or ())]),
        topics=topics(answers, shipped),
        limits=shipped.limits.model_dump(),
        must_reach={**must_reach, **wanted},
        open_if=scalars.open_if,
    )
    return scalars.marked(text)


def topics(answers: Answers, shipped: Page) -> dict[str, str]:
    """The topics that people look at, the shipped ones first, each with what it means."""
    own = {name: one.means for name, one in answers.stop_rules.topics.items()}
    return {**shipped.stops_when.restricted_topic.topics, **own}


def _fields(reads: Reads, more: list[str]) -> list[str] | None:
    """Each field of the item that anything on the page is about, once; None while some are open."""
    wanted = [*_wanted(reads), *([name] for name in (*more, "OwnerId", "CreatedDate"))]
    if any(some is None for some in wanted):
        return None
    return list(dict.fromkeys(name for some in wanted for name in some or ()))


def _wanted(reads: Reads) -> Iterator[list[str] | None]:
    yield from (reads.sender_name, _one(reads.sender_email), reads.shown, reads.request_text)
    yield from (reads.headline, list(reads.came_by) if reads.came_by else None)
    yield [one for one in (reads.sender_phone, reads.sender_organisation) if one]


def _one(name: str | None) -> list[str] | None:
    return [name] if name else None


def _shown(reads: Reads) -> list[str] | None:
    """What holds the request is shown in any case."""
    if not (reads.shown and reads.request_text):
        return None
    return list(dict.fromkeys([*reads.shown, *reads.request_text]))
