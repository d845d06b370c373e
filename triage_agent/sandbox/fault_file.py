"""What a faults file may say: which requests go wrong, how, how often, and which systems."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self, TypeVar, get_args

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeFloat,
    PositiveInt,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from triage_agent.errors import WrongUsage
from triage_agent.sandbox.org_faults import OrgFault
from triage_agent.sandbox.salesforce.collections import is_write
from triage_agent.sandbox.salesforce.composite import collection_writes
from triage_agent.sandbox.strict import Strict, System, listed

Method = Literal["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"]

_LOGINS = ("/services/oauth2/token", "/services/Soap/")


@dataclass(frozen=True)
class Arrival:
    """A request as `/sandbox/state` shows it; `path` has its query, `body` is parsed."""

    system: System
    method: str
    path: str
    body: object

    @property
    def is_login(self) -> bool:
        return self.path.startswith(_LOGINS)

    @property
    def writes_a_collection(self) -> bool:
        """Also as a part of a composite request."""
        path = self.path.partition("?")[0]
        return is_write(self.method, path) or bool(collection_writes(self.body))


def _range(value: object) -> object:
    return value if isinstance(value, list) else [value, value]


class _Common(Strict):
    """`at`: counted from 1 among the requests that fit; neither `at` nor `rate`: all of them."""

    happens_to: ClassVar[tuple[str, ...]] = get_args(System)

    system: System | None = None
    method: Method | None = None
    path: str | None = Field(default=None, min_length=1)
    at: Annotated[list[PositiveInt], BeforeValidator(listed), Field(min_length=1)] | None = None
    rate: float | None = Field(default=None, ge=0, le=1)

    def fits(self, arrival: Arrival) -> bool:
        return (
            arrival.system in self.happens_to
            and self.system in (None, arrival.system)
            and self.method in (None, arrival.method)
            and (self.path is None or self.path in arrival.path)
        )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.system and self.system not in self.happens_to:
            others = " or ".join(self.happens_to)
            raise ValueError(f"can't happen to {self.system}; write {others}, or no system")
        if len(self.model_fields_set & {"at", "rate", "per_second"}) > 1:
            raise ValueError("says how often in two ways; keep one of at, rate, per_second")
        return self


class _NotAtLogin(_Common):
    def fits(self, arrival: Arrival) -> bool:
        return super().fits(arrival) and not arrival.is_login


class Latency(_Common):
    """The request waits before anything else comes of it; `seconds` is a number or a range."""

    fault: Literal["latency"]
    seconds: Annotated[
        list[NonNegativeFloat], BeforeValidator(_range), Field(min_length=2, max_length=2)
    ]

    @field_validator("seconds")
    @classmethod
    def _rising(cls, seconds: list[float]) -> list[float]:
        if seconds[0] > seconds[1]:
            raise ValueError("the range falls; write the lower number first")
        return seconds


class Cut(_Common):
    """The connection ends without a byte of answer."""

    fault: Literal["cut"]
    carried_out: bool = False


class Torn(_Common):
    """The request is carried out, and half of its answer's body sent as if it were whole."""

    fault: Literal["torn"]


class ServerError(_Common):
    fault: Literal["server_error"]
    status: int = Field(default=500, ge=500, le=599)
    carried_out: bool = False


class RateLimit(_Common):
    """`per_second`: refused is what exceeds so many within the last second."""

    happens_to = ("slack", "model")

    fault: Literal["rate_limit"]
    retry_after: PositiveInt = 1
    per_second: PositiveInt | None = None


class RequestLimit(_NotAtLogin):
    """The day's API calls are used up."""

    happens_to = ("salesforce",)

    fault: Literal["request_limit"]


class Unauthorized(_NotAtLogin):
    fault: Literal["unauthorized"]


class BadRow(_Common):
    """One row of a collection is refused with `code`, the others are written."""

    happens_to = ("salesforce",)

    fault: Literal["bad_row"]
    code: str = Field(pattern=r"^[A-Z][A-Z_]*$")

    def fits(self, arrival: Arrival) -> bool:
        return super().fits(arrival) and arrival.writes_a_collection


Fault = Latency | Cut | Torn | ServerError | RateLimit | RequestLimit | Unauthorized | BadRow


class FaultFile(Strict):
    """The same seed makes the same choices for the same requests in the same order.

    `faults` befall requests; those of `org` are there from the start, and stay.
    """

    seed: int = 0
    faults: list[Annotated[Fault, Field(discriminator="fault")]] = Field(default_factory=list)
    org: list[Annotated[OrgFault, Field(discriminator="fault")]] = Field(default_factory=list)


Wanted = TypeVar("Wanted", bound=FaultFile)


def read(path: Path) -> FaultFile:
    """A faults file, or all that is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise _unreadable(str(path), error, "name a YAML file in UTF-8") from error
    return read_text(text, str(path), FaultFile)


def read_text(text: str, name: str, kind: type[Wanted]) -> Wanted:
    """What a faults file of that name says, or all that is wrong with it."""
    try:
        root = YAML(typ="safe", pure=True).compose(text)
        content = YAML(typ="safe", pure=True).load(text)
    except (ValueError, RecursionError, YAMLError) as error:
        raise _unreadable(name, error, "it must be YAML") from error
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise WrongUsage("\n".join(dict.fromkeys(_problems(name, root, error)))) from error


def _unreadable(name: str, error: Exception, cure: str) -> WrongUsage:
    what = " ".join(str(error).split())
    return WrongUsage(f"{name}: can't be read ({what}); {cure}")


def _problems(name: str, root: Node | None, error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        place, line = "", 1
        for step, node in _walked(root, problem["loc"]):
            place += f"[{step}]" if isinstance(step, int) else f".{step}"
            line = node.start_mark.line + 1
        if problem["type"] == "missing":
            place += f".{problem['loc'][-1]}"
        yield f"{name}:{line}: {place.lstrip('.') or 'the file'}: {_cure(problem)}"


def _walked(node: Node | None, steps: tuple[str | int, ...]) -> Iterator[tuple[str | int, Node]]:
    """The steps that the file has, with what stands there; a fault's kind is no such step."""
    for step in steps:
        if isinstance(node, SequenceNode) and isinstance(step, int):
            node = node.value[step]
        elif isinstance(node, MappingNode):
            below = next((value for key, value in node.value if key.value == step), None)
            if below is None:
                continue
            node = below
        else:
            continue
        yield step, node


def _cure(problem: ErrorDetails) -> str:
    context = problem.get("ctx", {})
    match problem["type"]:
        case "value_error":
            return str(context["error"])
        case "union_tag_invalid":
            return f"there is no fault {context['tag']!r}; write one of {context['expected_tags']}"
        case kind if kind in _CURES:
            return _CURES[kind]
        case _:
            return f"{problem['msg']}, got {problem['input']!r:.60}"


_CURES = {
    "missing": "is missing; write it",
    "extra_forbidden": "is no key here; remove it or correct its spelling",
    "union_tag_not_found": "names no fault; write {fault: cut, ...} or another kind",
    "model_type": "write a mapping: seed: 0, and faults: a list",
}
