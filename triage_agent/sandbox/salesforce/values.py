"""One field's value as it arrives in JSON: refused as the platform refuses it, or as it is kept.

Kept are: text, true and false, numbers, dates as `2026-11-20`, times in UTC as
`2026-11-20T10:00:00.000+0000`, ids with eighteen characters; an empty text is null.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from triage_agent.sandbox.salesforce import ids
from triage_agent.sandbox.salesforce.refusals import Refusal, bad_json
from triage_agent.sandbox.salesforce.schema import Field

_EMAIL = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\".]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})")

_TOKENS: Mapping[type, str] = {
    str: "VALUE_STRING",
    bool: "VALUE_BOOLEAN",
    int: "VALUE_NUMBER_INT",
    float: "VALUE_NUMBER_FLOAT",
    dict: "START_OBJECT",
    list: "START_ARRAY",
}


def timestamp(moment: datetime) -> str:
    """A moment as the REST API writes it, in UTC; the texts sort as the moments do."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "+0000")


def parsed_time(text: str) -> datetime | None:
    """A moment that names its zone; None for anything else."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def parsed_date(text: str) -> date | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def kept(field: Field, value: Any) -> Any:  # noqa: ANN401 - whatever stood in the JSON
    """The value as the record keeps it; a `Refusal` where its type, length or range is wrong."""
    if value is None or value == "":
        return _no_value(field)
    return _CHECKS[field.type](field, value)


def _no_value(field: Field) -> None:
    if field.type == "boolean":
        raise Refusal(
            "INVALID_TYPE_ON_FIELD_IN_RECORD",
            f"{field.label}: value not of required type: ",
            fields=[field.name],
        )


def _text(field: Field, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong_type(field, "string", value)
    if len(value) > field.length:
        raise Refusal(
            "STRING_TOO_LONG",
            f"{field.label}: data value too large: {value[:255]} (max length={field.length})",
            fields=[field.name],
        )
    return value


def _email(field: Field, value: object) -> str:
    text = _text(field, value)
    if not _EMAIL.fullmatch(text):
        raise Refusal(
            "INVALID_EMAIL_ADDRESS",
            f"{field.label}: invalid email address: {text}",
            fields=[field.name],
        )
    return text


def _boolean(field: Field, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong_type(field, "boolean", value)
    return value


def _integer(field: Field, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong_type(field, "int", value)
    return int(_in_range(field, Decimal(value)))


def _number(field: Field, value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong_type(field, "double", value)
    rounded = _in_range(field, Decimal(str(value)))
    return float(rounded) if isinstance(value, float) or field.scale else int(rounded)


def _in_range(field: Field, value: Decimal) -> Decimal:
    whole_digits = field.precision - field.scale
    if not value.is_finite() or abs(value) >= 10**whole_digits:
        raise Refusal(
            "NUMBER_OUTSIDE_VALID_RANGE",
            f"{field.label}: value outside of valid range on numeric field: {value}",
            fields=[field.name],
        )
    return value.quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_UP)


def _date(field: Field, value: object) -> str:
    day = parsed_date(value) if isinstance(value, str) else None
    if day is None:
        raise _wrong_type(field, "date", value)
    return day.isoformat()


def _datetime(field: Field, value: object) -> str:
    moment = parsed_time(value) if isinstance(value, str) else None
    if moment is None:
        raise _wrong_type(field, "datetime", value)
    return timestamp(moment.replace(microsecond=0))


def _identifier(field: Field, value: object) -> str:
    identifier = ids.canonical(value) if isinstance(value, str) else None
    if identifier is None:
        raise Refusal(
            "MALFORMED_ID",
            f"{field.label}: id value of incorrect type: {value}",
            fields=[field.name],
        )
    return identifier


def _wrong_type(field: Field, wanted: str, value: object) -> Refusal:
    token = _TOKENS.get(type(value), "VALUE_NULL")
    return bad_json(
        f"Cannot deserialize instance of {wanted} from {token} value {value} "
        f"or request may be missing a required field at {field.name}"
    )


_CHECKS: Mapping[str, Callable[[Field, object], object]] = {
    "string": _text,
    "textarea": _text,
    "picklist": _text,
    "url": _text,
    "phone": _text,
    "email": _email,
    "boolean": _boolean,
    "int": _integer,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "date": _date,
    "datetime": _datetime,
    "id": _identifier,
    "reference": _identifier,
}
