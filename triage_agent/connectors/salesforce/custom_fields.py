"""The custom fields that a page's actions set, as Salesforce is to make them."""

from collections.abc import Iterator, Sequence

from triage_agent.connectors.salesforce.metadata import Element, document
from triage_agent.operating_model.action_rules import is_fixed
from triage_agent.operating_model.grants import Grant
from triage_agent.operating_model.kinds import Scalar

ACTIVITIES = ("Task", "Event")
"""Their custom fields are made once for both, on Activity."""

Form = dict[str, str]
"""What a custom field says of itself beside its name: its type and what goes with that."""

_TEXT = {
    "type": "Text",
    "length": "255",
    "description": "Set by the triage agent, as its operating model says.",
}
_LONG_TEXT = {**_TEXT, "type": "LongTextArea", "length": "32000", "visibleLines": "10"}
_NUMBER = {
    "type": "Number",
    "precision": "18",
    "scale": "2",
    "description": _TEXT["description"],
}
_CHECKBOX = {
    "type": "Checkbox",
    "defaultValue": "false",
    "description": _TEXT["description"],
}
_KEY = {
    # Activities take all three, too: public orgs have such fields there.
    "type": "Text",
    "length": "80",
    "externalId": "true",
    "unique": "true",
    "caseSensitive": "true",
    "description": "Tells the triage agent that it has made this record, so that it makes it once.",
}
_RECORD_ID = {"type": "Text", "length": "18"}
_WRITTEN = {
    "<category>": {
        "type": "Text",
        "length": "80",
        "description": "The category that the triage agent found for the request.",
    },
    "<confidence>": {
        "type": "Number",
        "precision": "3",
        "scale": "2",
        "description": "How sure the triage agent's model was of the category, from 0 to 1.",
    },
    "<summary>": {
        **_TEXT,
        "description": "What the request asks for, in the words of the triage agent's model.",
    },
    "<draft>": {
        **_LONG_TEXT,
        "description": "The triage agent's draft of a reply; only a person sends it.",
    },
    "<due_date>": {
        "type": "Date",
        "description": "The day by which the triage agent asks for an answer.",
    },
    "<record_id>": {
        **_RECORD_ID,
        "description": "The id of the record that the triage agent acted on.",
    },
    "<assignee>": {
        **_RECORD_ID,
        "description": "The id of the user whom the triage agent asked to act.",
    },
    "<key>": _KEY,
}
"""By what stands on the page, where it is a single value of the decision."""

_MAY_BE_LONG = ("<draft>", "<summary>", "\n")
_LABEL = 40
"""Characters of a field's label."""


def custom_fields(granted: Grant) -> Iterator[tuple[str, Form]]:
    """The custom fields of an object that actions set, each with its form."""
    for column, values in granted.sets.items():
        if column.endswith("__c"):
            yield column, _KEY if column in granted.keys else _form_of(values)


def field_folder(object_name: str) -> str:
    """The object under whose name an object's custom fields are made."""
    return "Activity" if object_name in ACTIVITIES else object_name


def field_document(column: str, form: Form, *, history: bool) -> str:
    """The file that makes one custom field; `history`: whether its changes are kept."""
    label = column.removesuffix("__c").replace("_", " ")[:_LABEL]
    said = {**form, "label": label, "required": "false"}
    if history:
        said["trackHistory"] = "true"
    children: list[Element] = [("fullName", column), *sorted(said.items())]
    return document("CustomField", children)


def _form_of(values: Sequence[Scalar]) -> Form:
    """The form that holds all that the page writes into one field."""
    forms = [_form_of_one(value) for value in values]
    if all(form == forms[0] for form in forms):
        return forms[0]
    return _LONG_TEXT if any(form["type"] == "LongTextArea" for form in forms) else _TEXT


def _form_of_one(value: Scalar) -> Form:
    if isinstance(value, bool):
        return _CHECKBOX
    if isinstance(value, int | float):
        return _NUMBER
    text = value or ""
    if text in _WRITTEN:
        return _WRITTEN[text]
    long = any(part in text for part in _MAY_BE_LONG) or (
        is_fixed(text) and len(text) > int(_TEXT["length"])
    )
    return _LONG_TEXT if long else _TEXT
