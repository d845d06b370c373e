"""What the page says of outcomes, in sentences that its owner signs: beginnings and their rest."""

from collections.abc import Iterator

from triage_agent.operating_model.outcome_rules import Seen
from triage_agent.operating_model.schema import Page
from triage_agent.operating_model.wording import (
    any_of,
    in_words,
    time_in_words,
    value_in_words,
)


def followed(page: Page) -> tuple[str, str]:
    """What is looked for afterwards."""
    rules = page.outcomes
    own = page.workflow.item.object
    seen = (f"{in_words(name)} ({_seen(one, own)})" for name, one in rules.seen_as.items())
    return f"For {time_in_words(rules.within)}, what people do:", f"{', '.join(seen)}."


def counted(page: Page) -> Iterator[tuple[str, str]]:
    """What counts as what, and what it is compared with."""
    rules = page.outcomes
    touches = any_of(map(in_words, rules.first_touch))
    before = time_in_words(rules.compared_with)
    yield "A first touch", f"is {touches}; how soon, beside the {before} before the agent."
    if rules.clean_up:
        yield "Clean-up", f"is {any_of(map(in_words, rules.clean_up))}."


def _seen(seen: Seen, own: str) -> str:
    """What shows it; a field without its object is the item's."""
    place = f"{seen.field}" if seen.object == own else f"{seen.object}.{seen.field}"
    match seen.way:
        case "changed":
            return place
        case "created":
            compared = f", its {seen.said_in} beside the draft" if seen.said_in else ""
            return f"new {seen.object} by {seen.field}{compared}"
        case "now":
            return f"{place} {value_in_words(seen.value)}"
        case "deleted" | "merged":
            return f"{seen.object} {seen.way}"
