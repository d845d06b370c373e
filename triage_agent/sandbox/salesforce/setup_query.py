"""What a query of the set-up may not ask: some of its objects are not kept as records are."""

from collections.abc import Iterator
from dataclasses import replace

from triage_agent.sandbox.salesforce.refusals import Refusal, malformed_query
from triage_agent.sandbox.salesforce.soql.grammar import (
    COUNT,
    Comparison,
    Condition,
    Junction,
    Membership,
    Not,
    Query,
)

_NARROW = frozenset({"entitydefinition", "fielddefinition"})
_NOT_YET = (
    "The requested operation is not yet supported by this SObject storage type, "
    "contact salesforce.com support for more information."
)


def within_limits(query: Query) -> Query:
    """The query as it is carried out, or the refusal of what the documentation rules out."""
    if query.entity.lower() not in _NARROW:
        return query
    parts = list(_parts(query.where)) if query.where else []
    if COUNT in query.fields:
        raise _unsupported(_NOT_YET)
    if any(isinstance(part, Junction) and part.operator == "OR" for part in parts):
        raise _unsupported("Disjunctions not supported")
    if any(_is_negative(part) for part in parts):
        raise _unsupported("Only equals comparisons permitted")
    if query.entity.lower() == "fielddefinition" and not any(map(_names_a_row, parts)):
        raise malformed_query(
            "FieldDefinition: a filter on a reified column is required "
            "[EntityDefinitionId,DurableId]"
        )
    return replace(query, limit=None, offset=0)


def _parts(where: Condition) -> Iterator[Condition]:
    yield where
    match where:
        case Junction(parts=parts):
            for part in parts:
                yield from _parts(part)
        case Not(part=part):
            yield from _parts(part)


def _is_negative(part: Condition) -> bool:
    return isinstance(part, Not) or (isinstance(part, Comparison) and part.operator == "!=")


def _names_a_row(part: Condition) -> bool:
    return isinstance(part, Comparison | Membership) and part.path.lower().startswith(
        ("entitydefinition", "durableid")
    )


def _unsupported(message: str) -> Refusal:
    return Refusal("EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION", message)
