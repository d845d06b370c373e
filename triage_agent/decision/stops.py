"""The stop rules: small pure functions that can only add a reason to stop.

The rules without a model are the floor; they look at the raw request and the records, and fire
before a model is asked. The rules with a model judge its form. Nothing here clears a stop.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from triage_agent.decision.assessment import Assessment, rule_names
from triage_agent.decision.conflicts import Contradiction, contradictions, contradictions_of
from triage_agent.decision.item import Item, text_shown
from triage_agent.decision.missing import lacking
from triage_agent.decision.patterns import NONE, PatternFile, Patterns
from triage_agent.decision.readings import asked, decoded, without_markup
from triage_agent.decision.replies import lacking as unsaid
from triage_agent.decision.text import contains, normalised
from triage_agent.decision.values import Value
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import UNCLEAR, Page

Source = Literal["floor", "model"]


class Stop(Value):
    """A rule that fired: which, on whose word, and the evidence for it.

    `quote` holds words that stand in the request; `fact` something that a record or the run
    shows. At least one of them is there. `order`: the words try to tell the agent what to do.
    """

    rule: str
    topic: str | None = None
    source: Source = "floor"
    quote: str | None = None
    fact: str | None = None
    order: bool = False

    @property
    def evidence(self) -> str:
        """Quote and fact in one line."""
        return "; ".join(part for part in (self.quote, self.fact) if part)


@dataclass(frozen=True)
class Subject:
    """What a rule looks at: the item, and what a sender has written into it.

    `text` is everything in every reading of it, `asked` what the sender says for themselves: mail
    that they quote, a signature or a disclaimer asks nothing of us.
    """

    item: Item
    patterns: PatternFile
    text: str
    asked: str

    @classmethod
    def of(cls, item: Item, patterns: PatternFile) -> "Subject":
        """The text is normalised field by field, and line by line: an order can hide in a name."""
        return cls._reading(item, patterns, item.written)

    @classmethod
    def as_shown(cls, item: Item, patterns: PatternFile) -> "Subject":
        """The same with the text as the model saw it, for the words that it quotes."""
        return cls._reading(item, patterns, item.shown)

    @classmethod
    def _reading(cls, item: Item, patterns: PatternFile, fields: Mapping[str, Scalar]) -> "Subject":
        written = text_shown(fields)
        codes = [plain for field in written for plain in decoded(field)]
        asked_for = [*map(asked, written), *codes]
        lines = {line: None for field in written for line in field.splitlines()}
        readings = [*written, *map(without_markup, written), *lines, *codes]
        everything = "\n".join(dict.fromkeys(map(normalised, readings)))
        return cls(item, patterns, everything, "\n".join(map(normalised, asked_for)))

    @property
    def page(self) -> Page:
        return self.item.page


Found = Iterator[Stop]


def stops_without_model(item: Item, patterns: PatternFile) -> tuple[Stop, ...]:
    """What the floor says of an item."""
    subject = Subject.of(item, patterns)
    return tuple(stop for rule in _FLOOR for stop in rule(subject))


def stops_with_model(
    item: Item,
    patterns: PatternFile,
    assessment: Assessment,
) -> tuple[Stop, ...]:
    """What the model's form adds to the floor."""
    subject = Subject.as_shown(item, patterns)
    found = tuple(stop for rule in _VOTE for stop in rule(subject, assessment))
    return found or tuple(_incomplete(item, assessment))


def declined(reason: str) -> Stop:
    """The model would not answer: nobody has understood the request yet."""
    return Stop(rule="low_confidence", source="model", fact=f"the model gave no answer: {reason}")


def failed_repeatedly(reason: str, times: int) -> Stop:
    """The item has failed too often to be tried again without a person."""
    return Stop(rule="failed_repeatedly", fact=f"failed {times} times, last: {reason}")


def _missing_data(subject: Subject) -> Found:
    for topic, fact in lacking(subject.item, subject.patterns):
        yield Stop(rule="missing_data", topic=topic, fact=fact)


def _restricted_topic(subject: Subject) -> Found:
    for topic in subject.page.stops_when.restricted_topic.topics:
        about = subject.patterns.topics.get(topic, NONE).first_hit(subject.asked)
        order = subject.patterns.orders.get(topic, NONE).first_hit(subject.text)
        if quote := about or order:
            yield Stop(rule="restricted_topic", topic=topic, quote=quote, order=bool(order))


def _outside_policy(subject: Subject) -> Found:
    policies = subject.page.stops_when.outside_policy.policies
    yield from _asked(subject, "outside_policy", policies, subject.patterns.policies)


def _consequential_request(subject: Subject) -> Found:
    about = subject.page.stops_when.consequential_request.about
    yield from _asked(subject, "consequential_request", about, subject.patterns.consequential)


def _asked(
    subject: Subject,
    rule: str,
    topics: dict[str, str],
    patterns: dict[str, Patterns],
) -> Found:
    for topic in topics:
        if quote := patterns.get(topic, NONE).first_hit(subject.asked):
            yield Stop(rule=rule, topic=topic, quote=quote)


def _conflicting_information(subject: Subject) -> Found:
    found = contradictions(subject.item, subject.patterns, subject.text)
    yield from (_conflict(one, "floor") for one in found)


def _conflict(found: Contradiction, source: Source) -> Stop:
    return Stop(
        rule="conflicting_information",
        topic=found.claim,
        source=source,
        quote=found.quote,
        fact=found.fact,
    )


_FLOOR: tuple[Callable[[Subject], Found], ...] = (
    _missing_data,
    _restricted_topic,
    _outside_policy,
    _consequential_request,
    _conflicting_information,
)


def _flagged(subject: Subject, assessment: Assessment) -> Found:
    known = set(rule_names(subject.page))
    for flag in assessment.flags:
        rule, _, topic = flag.rule.partition(".")
        if flag.rule not in known:
            yield _doubt(f"the form names a rule that isn't on the page: {flag.rule[:60]}")
        elif flag.quote and not contains(subject.text, flag.quote):
            yield _doubt(f"{flag.rule} rests on words that are not in the request")
        else:
            quote = flag.quote or None
            fact = None if quote else "the model quotes nothing for it"
            yield Stop(rule=rule, topic=topic or None, source="model", quote=quote, fact=fact)


def _claimed(subject: Subject, assessment: Assessment) -> Found:
    conflicts = subject.page.stops_when.conflicting_information.conflicts
    known = {conflict.claim: conflict for conflict in conflicts}
    for claim in assessment.claims:
        if claim.claim not in known:
            yield _doubt(f"the form names a claim that isn't on the page: {claim.claim[:60]}")
        elif contains(subject.text, claim.quote):
            conflict = known[claim.claim]
            against = contradictions_of(
                subject.item, subject.patterns, conflict, subject.text, claim.quote
            )
            yield from (_conflict(one, "model") for one in against)
        else:
            yield _doubt(f"{claim.claim} rests on words that are not in the request")


def _low_confidence(subject: Subject, assessment: Assessment) -> Found:
    limit = subject.page.stops_when.low_confidence.below
    if assessment.confidence < limit:
        yield _doubt(f"confidence {assessment.confidence:.2f} is below {limit:.2f}")


def _torn_between(subject: Subject, assessment: Assessment) -> Found:
    """The sender's words speak for one category, the model says another, and it matters which."""
    said, patterns = assessment.category, subject.patterns.categories
    for pair in subject.page.stops_when.low_confidence.costly_pairs:
        if said not in pair or patterns.get(said, NONE).first_hit(subject.asked):
            continue
        other = pair[1 - pair.index(said)]
        if quote := patterns.get(other, NONE).first_hit(subject.asked):
            fact = f"these words speak for {other}, the model says {said}"
            yield Stop(rule="low_confidence", source="floor", quote=quote, fact=fact)


def _unapproved_category(subject: Subject, assessment: Assessment) -> Found:
    if assessment.category == UNCLEAR:
        fact = "it fits none of the categories on the page"
        yield Stop(rule="unapproved_category", source="model", fact=fact)
    elif assessment.category not in subject.page.workflow.categories:
        fact = f"the model answered {assessment.category[:60]!r}, which the page doesn't list"
        yield Stop(rule="unapproved_category", source="model", fact=fact)


def _incomplete(item: Item, assessment: Assessment) -> Found:
    """Only of an item that would settle: another stop is reason enough."""
    if item.page.workflow.promising_but_incomplete == "escalate":
        for detail, means in unsaid(item, assessment).items():
            fact = f"the request doesn't say: {means}"
            yield Stop(rule="missing_data", topic=detail, source="model", fact=fact)


def _doubt(fact: str) -> Stop:
    return Stop(rule="low_confidence", source="model", fact=fact)


_VOTE: tuple[Callable[[Subject, Assessment], Found], ...] = (
    _flagged,
    _claimed,
    _unapproved_category,
    _low_confidence,
    _torn_between,
)
