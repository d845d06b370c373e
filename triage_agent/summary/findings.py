"""What to do next: few things, each with its evidence, whom it concerns, and a change to make.

Nothing is said on few data: a share has to differ from what is usual by more than chance. Usual is
what the weeks before hold together, but for one of them that is itself unusual beside the others:
an odd week is told once, and the next one isn't told as its opposite.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, get_args

from triage_agent.chance import differ
from triage_agent.decision.output import spaced
from triage_agent.decision.values import Value
from triage_agent.operating_model.schema import UNCLEAR
from triage_agent.summary.metrics import Counts, by_category, by_rule, received

MOST = 5
"""So many things somebody does in a week."""
FEWEST = 20
"""Items without which no share is compared."""
CHANCE = 0.01 / 40
"""Beyond this nothing is chance: of twenty names, in two directions, one week in a hundred."""
Rank = Literal["unread", "risk", "work"]
"""What comes before what: that nobody reads this, what puts the agent at risk, all other work."""
_RANKS = get_args(Rank)
_CHANGES = {
    "missing_data": "have the form require what is missing, or ask for less under "
    "stops_when.missing_data.needs",
    "low_confidence": "have people's corrections become cases (triage-agent cases add ITEM), then "
    "evaluate a change of the prompt or of stops_when.low_confidence.below",
    "unapproved_category": "add the kind of request to workflow.categories, or say whose it is",
    "conflicting_information": "see who is right, the senders or the records, and correct these",
    "restricted_topic": "see whether one sender or one form is behind it, and tell its owner",
    "outside_policy": "see whether what they ask for should be offered, or said on the website",
    "consequential_request": "see that those who decide on these have the time for it",
    "failed_repeatedly": "read the timelines of these: something is broken",
}


class Finding(Value):
    """One thing that somebody had better do. `rank` orders these, and within one `weight`.

    `weight`: items a week beyond what is usual; 0 where none are counted. `evidence`: in
    figures; `concerns`: whom; `change`: what to do; `items`: some to look at; `rule`: the one that
    stopped them.
    """

    what: str
    evidence: str
    concerns: str
    change: str
    rank: Rank = "work"
    weight: float = 0.0
    items: tuple[str, ...] = ()
    rule: str | None = None


def findings(
    now: Counts,
    earlier: Sequence[Counts],
    items: Mapping[str, Sequence[str]],
    more: Iterable[Finding] = (),
) -> list[Finding]:
    """At most five of these and `more`, by rank, then the weightiest first.

    `items`: some by the rule that stopped them. Of a rule that is told there is no more.
    """
    always, rules = [*_broken(now)], [*_rules(now, earlier, items)]
    told = {one.rule for one in rules}
    others = _ranked(
        [*rules, *_categories(now, earlier), *(one for one in more if one.rule not in told)]
    )
    return _ranked([*always, *others[: MOST - len(always)]])


def _ranked(found: Sequence[Finding]) -> list[Finding]:
    return sorted(found, key=lambda one: (_RANKS.index(one.rank), -one.weight))


def _broken(now: Counts) -> Iterator[Finding]:
    """Whatever fails, and whatever nobody decided in time, is told however little it is."""
    failed = sum(group.items for group in now.groups if group.status == "failed")
    if failed:
        yield Finding(
            what=f"{_number(failed, 'item')} came to no end",
            evidence=f"of {received(now):,} received",
            concerns="whoever runs the agent",
            change="triage-agent run takes them up once more; their timelines say what failed",
            weight=float(failed),
        )
    if expired := now.happened.get("Expired", 0):
        yield Finding(
            what=f"{_number(expired, 'request')} for somebody's word expired",
            evidence=f"{now.happened.get('Asked', 0):,} were asked",
            concerns="the teams who are asked",
            change="have somebody else asked too, or allow more time, under may.….ask",
            weight=float(expired),
        )


def _number(number: int, of: str) -> str:
    return f"{number:,} {of}{'' if number == 1 else 's'}"


def _rules(
    now: Counts, earlier: Sequence[Counts], items: Mapping[str, Sequence[str]]
) -> Iterator[Finding]:
    for rule, part in _unusual(by_rule(now), [by_rule(one) for one in earlier], now, earlier):
        yield Finding(
            what=f"{spaced(rule)} stops {part.direction} than usual",
            evidence=part.evidence,
            concerns="the page's owner",
            change=_CHANGES.get(rule, "read the timelines of some of these"),
            weight=abs(part.more),
            items=tuple(items.get(rule, ())),
            rule=rule,
        )


def _categories(now: Counts, earlier: Sequence[Counts]) -> Iterator[Finding]:
    counted = [by_category(one) for one in earlier]
    for name, part in _unusual(by_category(now), counted, now, earlier):
        if name == UNCLEAR:  # a rule has stopped these, and is told
            continue
        yield Finding(
            what=f"{spaced(name)} comes {part.direction} than usual",
            evidence=part.evidence,
            concerns="the page's owner",
            change="see where these come from: a campaign, a form, or one sender",
            weight=abs(part.more),
        )


class _Part(Value):
    """How a part of a week's items differs from the usual one; `more`: by how many items."""

    hits: int
    of: int
    usual: float

    @property
    def more(self) -> float:
        return self.hits - self.usual * self.of

    @property
    def direction(self) -> str:
        return "more" if self.more > 0 else "less"

    @property
    def evidence(self) -> str:
        return f"{self.hits:,} of {self.of:,} ({self.hits / self.of:.1%}), usually {self.usual:.1%}"


def _unusual(
    this: Mapping[str, int],
    before: Sequence[Mapping[str, int]],
    now: Counts,
    earlier: Sequence[Counts],
) -> Iterator[tuple[str, _Part]]:
    """The names whose part of the items differs from what is usual by more than chance."""
    of, before_of = received(now), [received(one) for one in earlier]
    if of < FEWEST or sum(before_of) < FEWEST:
        return
    for name in dict.fromkeys([*this, *(name for one in before for name in one)]):
        hits, weeks = this.get(name, 0), [one.get(name, 0) for one in before]
        usual, usual_of = _usual([*zip(weeks, before_of, strict=True)])
        if differ(hits, of, usual, usual_of, CHANCE):
            yield name, _Part(hits=hits, of=of, usual=usual / usual_of)


def _usual(weeks: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The hits of the weeks before, and of how many: together, but for an odd one.

    That is the one with the most items above or below the others' part, where that is more than
    chance, and two of them have enough items.
    """
    hits, of = sum(one for one, _ in weeks), sum(one for _, one in weeks)
    enough = [
        _Part(hits=one, of=one_of, usual=(hits - one) / (of - one_of))
        for one, one_of in weeks
        if FEWEST <= one_of < of
    ]
    if len(enough) > 2:  # noqa: PLR2004 - itself, and two others
        odd = max(enough, key=lambda one: abs(one.more))
        if differ(odd.hits, odd.of, hits - odd.hits, of - odd.of, CHANCE):
            return hits - odd.hits, of - odd.of
    return hits, of
