"""The one form that the model fills about an item, and how its answer is read."""

import re
from typing import Any

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from triage_agent.decision.values import Value
from triage_agent.operating_model.schema import UNCLEAR, Page

_CODE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z]{2,4})?")
SUMMARY_LENGTH = 255
"""Characters of a summary that are kept: what a text field of Salesforce holds."""


class Flag(Value):
    """A stop rule that the model sees reason for, with the sender's words for it."""

    rule: str
    quote: str
    reason: str


class Claim(Value):
    """Something that the sender says of themselves and that the records may contradict."""

    claim: str
    quote: str


class Detail(Value):
    """Something that a colleague needs to know to answer, and where the sender says it."""

    detail: str
    quote: str


class Assessment(Value):
    """What the model said about a request: one vote, to be checked."""

    category: str
    confidence: float = Field(ge=0, le=1)
    summary: str
    language: str
    flags: tuple[Flag, ...]
    claims: tuple[Claim, ...]
    details: tuple[Detail, ...] = ()

    @property
    def language_code(self) -> str:
        """The language where it is a code as was asked for; else empty: it could be anything."""
        return self.language if _CODE.fullmatch(self.language) else ""


def rule_names(page: Page) -> list[str]:
    """The stop rules that a model can see reason for, as `rule.topic`."""
    rules = page.stops_when
    return [
        "missing_data.request",
        *(f"restricted_topic.{name}" for name in rules.restricted_topic.topics),
        *(f"outside_policy.{name}" for name in rules.outside_policy.policies),
        *(f"consequential_request.{name}" for name in rules.consequential_request.about),
        "unapproved_category",
    ]


def assessment_schema(page: Page) -> dict[str, Any]:
    """The form as a JSON schema in the strict dialect: every key required, no others."""
    claims = [one.claim for one in page.stops_when.conflicting_information.told]
    among = {"enum": claims} if claims else {}  # a choice of nothing is no schema
    return _object(
        category={"type": "string", "enum": [*page.workflow.categories, UNCLEAR]},
        confidence={"type": "number", "minimum": 0, "maximum": 1},
        summary={"type": "string"},
        language={"type": "string"},
        flags=_list(
            rule={"type": "string", "enum": rule_names(page)},
            quote={"type": "string"},
            reason={"type": "string"},
        ),
        claims=_list(claim={"type": "string", **among}, quote={"type": "string"}),
        details=_list(
            detail={"type": "string", "enum": list(page.drafts.asks_for)},
            quote={"type": "string"},
        ),
    )


def read_assessment(answer: str) -> Assessment:
    """The filled form, or a `ValueError` that says what is wrong with it.

    Categories and rules that the page doesn't list are kept as they are: the stop rules, not
    the reader, say what becomes of them.
    """
    try:
        assessment = Assessment.model_validate_json(answer, strict=True)
    except ValidationError as exc:
        raise ValueError(faults(exc)) from exc
    return assessment.model_copy(
        update={"summary": " ".join(assessment.summary.split())[:SUMMARY_LENGTH]},
    )


class Draft(Value):
    """A reply that a person may send, as the model wrote it."""

    language: str
    text: str


def draft_schema() -> dict[str, Any]:
    """The second form as a JSON schema."""
    return _object(language={"type": "string"}, text={"type": "string"})


def read_draft(answer: str) -> Draft:
    """The filled second form, or a `ValueError` that says what is wrong with it."""
    try:
        return Draft.model_validate_json(answer)
    except ValidationError as exc:
        raise ValueError(faults(exc)) from exc


def faults(exc: ValidationError) -> str:
    """Where a form is wrong, without repeating what it says: a key of its own is such a thing."""
    return "; ".join(
        f"{'.'.join(map(str, _known(error))) or 'answer'}: {error['type']}"
        for error in exc.errors(include_input=False, include_url=False, include_context=False)[:5]
    )


def _known(error: ErrorDetails) -> tuple[int | str, ...]:
    return error["loc"][:-1] if error["type"] == "extra_forbidden" else error["loc"]


def _object(**properties: object) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(**properties: object) -> dict[str, Any]:
    return {"type": "array", "items": _object(**properties)}
