"""What a value of the page may be, each kind with the words that say what to write."""

import re
from datetime import timedelta
from functools import cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from triage_agent.operating_model.working_time import WorkingHours

Scalar = str | int | float | bool | None
YesNo = Literal["yes", "no"]
Name = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9_]*$", description="a name in small letters, like first_line"),
]
FieldName = Annotated[
    str,
    Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", description="the API name of an object or field"),
]
Sentence = Annotated[str, Field(min_length=3, description="words that people understand")]
SlackChannel = Annotated[
    str, Field(pattern=r"^[CG][A-Z0-9]{6,}$", description="a channel's id, like C0SALESDEV1")
]
SlackUser = Annotated[
    str, Field(pattern=r"^[UW][A-Z0-9]{6,}$", description="a Slack member's id, like U0MAYA00002")
]
Login = Annotated[
    str,
    Field(
        pattern=r"^[a-z_][a-z0-9_.-]*$", description="the name under which they log in, like dana"
    ),
]
SalesforceId = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$",
        description="a Salesforce user's id, like 005000000000002AAA",
    ),
]


class Section(BaseModel):
    """A part of the page: strict, and the same for ever once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class DomainOf(Section):
    """Matches web addresses of the domain of an e-mail address, unless anybody can have one."""

    domain_of: FieldName
    except_: Literal["free_mail"] = Field(alias="except")


_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def _duration(written: object) -> object:
    match = re.fullmatch(r"([1-9][0-9]{0,3})([mhd])", str(written))
    if match is None:
        raise ValueError(f"{written!r} is no length of time; write a number and m, h or d: 30d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


_zones = cache(available_timezones)  # it looks through the system's files each time


def _zone(written: object) -> object:
    if str(written) not in _zones():
        raise ValueError(f"{written!r} is no time zone; write one like America/New_York")
    return ZoneInfo(str(written))


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^[1-9][0-9]{0,3}[mhd]$",
            "description": "a number and m, h or d, like 30d",
        },
    ),
]
Zone = Annotated[
    ZoneInfo,
    BeforeValidator(_zone),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "description": "a time zone, like America/New_York"}),
]


def _link(written: str) -> str:
    if not re.fullmatch(r"https://[a-z0-9.-]+(/[^\s<>]*)?", written):
        raise ValueError(f"{written!r} is no https address")
    return written


Link = Annotated[str, AfterValidator(_link), Field(description="an https address")]


def _limit(written: object) -> object:
    if written in (0, 0.0) and written is not False:
        raise ValueError(
            "a limit of zero lets nothing happen; write at least 1, or pause the agent"
        )
    return written


Limit = Annotated[int, Field(ge=1), BeforeValidator(_limit)]
Concurrency = Annotated[int, Field(ge=1, le=256), BeforeValidator(_limit)]
Dollars = Annotated[float, Field(gt=0, allow_inf_nan=False), BeforeValidator(_limit)]


Hours = Annotated[
    WorkingHours,
    BeforeValidator(WorkingHours.parse),
    WithJsonSchema({"type": "string", "description": "days and hours: Mon-Fri 08:00-18:00"}),
]
