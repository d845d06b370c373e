"""A request for a chat completion: what it may hold, and how it is refused."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse, Response

from triage_agent.sandbox.model.strict_schema import fault_of

Json = dict[str, Any]

NAME = "baseline"

_WITHOUT_EFFECT = {
    "metadata", "prompt_cache_key", "safety_identifier", "seed", "store", "temperature", "top_p",
    "user",
}  # fmt: skip
_ONLY = {"n": 1, "stream": False}
_CODES = {
    "missing": "missing_required_parameter",
    "too_short": "empty_array",
    "string_too_long": "string_above_max_length",
    "string_pattern_mismatch": "invalid_value",
    "literal_error": "invalid_value",
    "value_error": "invalid_value",
    "greater_than_equal": "integer_below_min_value",
}


@dataclass(eq=False)
class Rejected(Exception):
    """A request that the API refuses, with the parameter at fault."""

    message: str
    param: str | None = None
    code: str | None = None
    status: HTTPStatus = HTTPStatus.BAD_REQUEST

    def as_response(self) -> Response:
        """OpenAI's error object."""
        error = {
            "message": self.message,
            "type": "invalid_request_error",
            "param": self.param,
            "code": self.code,
        }
        return JSONResponse({"error": error}, self.status)


def _joined(content: object) -> object:
    """A message's text where it comes in parts."""
    if not isinstance(content, list):
        return content
    if not all(isinstance(part, dict) and part.get("type") == "text" for part in content):
        raise ValueError("only text parts are supported with this model")
    return "\n".join(str(part.get("text", "")) for part in content)


class _Message(BaseModel):
    role: Literal["developer", "system", "user", "assistant"]
    content: Annotated[str, BeforeValidator(_joined)]


class _NamedSchema(BaseModel):
    name: str = Field(max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")
    json_schema: Json = Field(alias="schema")
    strict: Literal[True]


class _Format(BaseModel):
    type: Literal["text", "json_schema"]
    json_schema: _NamedSchema | None = None


class Asked(BaseModel):
    """A request that nothing is wrong with."""

    model_config = ConfigDict(extra="allow", strict=True)

    model: str
    messages: list[_Message] = Field(min_length=1)
    response_format: _Format | None = None
    max_completion_tokens: int | None = Field(default=None, ge=1)

    @property
    def schema_asked(self) -> Json | None:
        """The schema that the answer must obey, where there is one."""
        form = self.response_format
        return form.json_schema.json_schema if form and form.json_schema else None


def read(body: bytes) -> Asked:
    """The request, once nothing is wrong with it."""
    try:
        asked = Asked.model_validate_json(body)
    except ValidationError as exc:
        raise _rejected(exc) from exc
    if asked.model != NAME:
        raise unknown_model(asked.model)
    _check_extras(asked.model_extra or {})
    _check_format(asked.response_format)
    return asked


def unknown_model(name: str) -> Rejected:
    message = f"The model `{name}` does not exist or you do not have access to it."
    return Rejected(message, code="model_not_found", status=HTTPStatus.NOT_FOUND)


def _rejected(exc: ValidationError) -> Rejected:
    """The first fault, with the parameter's place as OpenAI writes it: `messages[0].role`."""
    fault = exc.errors(include_url=False, include_context=False)[0]
    if not fault["loc"]:
        return Rejected("The body of the request is not a JSON object.")
    param = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in fault["loc"])
    param = param.removeprefix(".")
    if fault["type"] == "missing":
        message = f"Missing required parameter: '{param}'."
    else:
        message = f"Invalid '{param}': {fault['msg']}."
    return Rejected(message, param, _CODES.get(fault["type"], "invalid_type"))


def _check_extras(extras: Mapping[str, object]) -> None:
    for name, value in extras.items():
        if name in _ONLY and value not in (None, _ONLY[name]):
            message = f"Unsupported value: '{name}' must be {json.dumps(_ONLY[name])} here."
            raise Rejected(message, name, "unsupported_value")
        if name not in _WITHOUT_EFFECT | _ONLY.keys():
            message = f"Unsupported parameter: '{name}' is not supported with this model."
            raise Rejected(message, name, "unsupported_parameter")


def _check_format(form: _Format | None) -> None:
    if form is None or form.type == "text":
        return
    if form.json_schema is None:
        param = "response_format.json_schema"
        message = f"Missing required parameter: '{param}'."
        raise Rejected(message, param, "missing_required_parameter")
    if fault := fault_of(form.json_schema.json_schema):
        message = f"Invalid schema for response_format '{form.json_schema.name}': {fault}"
        raise Rejected(message, "response_format")
