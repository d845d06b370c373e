"""Whether a request may be answered, and what the answer would have to ask first."""

from triage_agent.decision.assessment import Assessment
from triage_agent.decision.item import Item, text_shown
from triage_agent.decision.output import spaced, worded
from triage_agent.decision.text import clipped, contains, normalised
from triage_agent.operating_model.schema import ANY

_VALUE_LENGTH = 80


def lacking(item: Item, assessment: Assessment) -> dict[str, str]:
    """Of what the page's drafts ask for, by name, what the sender doesn't say; with its meaning.

    Said is what the form quotes, if the words are there. What gets no reply lacks nothing.
    """
    category = item.page.workflow.categories.get(assessment.category)
    if category is None or category.reply == "none":
        return {}
    text = "\n".join(map(normalised, text_shown(item.shown)))
    said = {one.detail for one in assessment.details if contains(text, one.quote)}
    return {name: means for name, means in item.page.drafts.asks_for.items() if name not in said}


def not_to(item: Item) -> list[str]:
    """What on the record says, by the page, that its sender is not to be written to."""
    found = {name: item.record.fields.get(name) for name in item.page.drafts.not_to}
    return [
        f"{spaced(name)}: {clipped(normalised(worded(found[name])), _VALUE_LENGTH) or 'empty'}"
        for name, value in item.page.drafts.not_to.items()
        if (found[name] not in (None, "", False) if value == ANY else found[name] == value)
    ]
