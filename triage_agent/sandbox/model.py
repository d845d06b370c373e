"""Chat completions, as OpenAI documents them, answered by the baseline.

Narrower than the vendor's in three things, and never silently: it fills only strict JSON schemas,
takes no parameter that it can't honour, and no schema keyword that the baseline can't obey.
"""

import json
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from triage_agent.sandbox.baseline import Json, answer

NAME = "baseline"
DATED_NAME = "baseline-2026-11"
"""The name that answers, as a vendor's alias resolves to a dated model."""
KEY = "sandbox"
MOST_LEVELS = 20
"""Steps from a schema's root into properties, entries and references; a recursive one has more."""

_PLAIN_ANSWER = "I am the sandbox's baseline. I fill forms: send a response_format with a schema."
_CREATED = 1793491200  # 1 November 2026
_WITHOUT_EFFECT = {
    "metadata", "prompt_cache_key", "safety_identifier", "seed", "store", "temperature", "top_p",
    "user",
}  # fmt: skip
_ONLY = {"n": 1, "stream": False}
_CHARACTERS_OF_A_TOKEN = 4
_Type = Literal["array", "boolean", "integer", "null", "number", "object", "string"]
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


def routes() -> list[Route]:
    """What the client calls below its base URL, `/v1` included."""
    return [
        Route("/v1/chat/completions", _endpoint(_chat_completions), methods=["POST"]),
        Route("/v1/models", _endpoint(_models), methods=["GET"]),
    ]


def _endpoint(work: Callable[[bytes], Json]) -> Callable[[Request], Awaitable[Response]]:
    """Answers whoever has the key with what `work` makes of the body."""

    async def respond(request: Request) -> Response:
        body = await request.body()
        try:
            _authorise(request)
            return JSONResponse(work(body))
        except Rejected as rejected:
            return rejected.as_response()

    return respond


def _chat_completions(body: bytes) -> Json:
    return _completion(_asked(body))


def _models(_body: bytes) -> Json:
    model = {"id": NAME, "object": "model", "created": _CREATED, "owned_by": "sandbox"}
    return {"object": "list", "data": [model]}


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


def _listed(kinds: object) -> object:
    return [kinds] if isinstance(kinds, str) else kinds


class _Schema(BaseModel):
    """The strict dialect of JSON Schema, as far as the baseline obeys it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    type: Annotated[list[_Type], BeforeValidator(_listed)] = Field([], min_length=1)
    properties: dict[str, "_Schema"] | None = None
    required: list[str] = []
    additional_properties: Literal[False] | None = Field(None, alias="additionalProperties")
    items: "_Schema | None" = None
    any_of: list["_Schema"] = Field([], alias="anyOf", min_length=1)
    enum: list[Any] | None = Field(None, min_length=1)
    const: Any = None
    reference: str | None = Field(None, alias="$ref", pattern=r"^#/\$defs/")
    definitions: dict[str, "_Schema"] = Field({}, alias="$defs")
    minimum: float | None = None
    maximum: float | None = None
    title: str | None = None
    description: str | None = None

    @property
    def inner(self) -> list["_Schema"]:
        """The schemas directly within this one."""
        return [*(self.properties or {}).values(), *filter(None, [self.items]), *self.any_of]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.model_fields_set & {"type", "any_of", "enum", "const", "reference"}:
            raise ValueError("'type' is required.")
        if self.type and (self.any_of or self.reference):
            raise ValueError("'type' can't stand beside 'anyOf' or '$ref'.")
        if "array" in self.type and self.items is None:
            raise ValueError("'items' is required.")
        if "object" in self.type:
            self._check_object()
        return self

    def _check_object(self) -> None:
        if self.properties is None:
            raise ValueError("'properties' is required.")
        if self.additional_properties is not False:
            raise ValueError("'additionalProperties' is required and must be false.")
        for name in sorted(self.properties.keys() ^ set(self.required)):
            raise ValueError(f"'required' must list every property and no other: see '{name}'.")


class _NamedSchema(BaseModel):
    name: str = Field(max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")
    json_schema: Json = Field(alias="schema")
    strict: Literal[True]


class _Format(BaseModel):
    type: Literal["text", "json_schema"]
    json_schema: _NamedSchema | None = None


class _Asked(BaseModel):
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


def _authorise(request: Request) -> None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if (scheme.lower(), key) == ("bearer", KEY):
        return
    message = f"Incorrect API key provided. The sandbox's key is {KEY!r}."
    raise Rejected(message, code="invalid_api_key", status=HTTPStatus.UNAUTHORIZED)


def _asked(body: bytes) -> _Asked:
    """The request, once nothing is wrong with it."""
    try:
        asked = _Asked.model_validate_json(body)
    except ValidationError as exc:
        raise _rejected(exc) from exc
    if asked.model != NAME:
        message = f"The model `{asked.model}` does not exist or you do not have access to it."
        raise Rejected(message, code="model_not_found", status=HTTPStatus.NOT_FOUND)
    _check_extras(asked.model_extra or {})
    _check_format(asked.response_format)
    return asked


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
    if fault := _fault_of(form.json_schema.json_schema):
        message = f"Invalid schema for response_format '{form.json_schema.name}': {fault}"
        raise Rejected(message, "response_format")


def _fault_of(schema: Json) -> str | None:
    """What keeps a schema out of the strict dialect, and where."""
    try:
        root = _Schema.model_validate(schema)
    except ValidationError as exc:
        fault = exc.errors(include_url=False, include_context=False)[0]
        return f"In context={fault['loc']}, {fault['msg'].removeprefix('Value error, ')}"
    if root.type != ["object"]:
        return "schema must be of type 'object' at its root."
    return next(_endless(root, root), None)


def _endless(node: _Schema, root: _Schema, levels: int = MOST_LEVELS) -> Iterator[str]:
    """Why references can't be followed to an end."""
    if levels == 0:
        yield f"it is nested deeper than {MOST_LEVELS} levels."
    elif node.reference is None:
        for inner in node.inner:
            yield from _endless(inner, root, levels - 1)
    elif target := root.definitions.get(node.reference.removeprefix("#/$defs/")):
        yield from _endless(target, root, levels - 1)
    else:
        yield f"reference '{node.reference}' names no definition."


def _completion(asked: _Asked) -> Json:
    schema = asked.schema_asked
    messages = [message.model_dump() for message in asked.messages]
    content = _PLAIN_ANSWER if schema is None else json.dumps(answer(messages, schema))
    most = asked.max_completion_tokens
    fits = most is None or _tokens(content) <= most
    content = content if most is None or fits else content[: most * _CHARACTERS_OF_A_TOKEN - 1]
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": DATED_NAME,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content, "refusal": None},
                "logprobs": None,
                "finish_reason": "stop" if fits else "length",
            },
        ],
        "usage": _usage(sum(_tokens(message["content"]) for message in messages), _tokens(content)),
    }


def _usage(prompt: int, completion: int) -> Json:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def _tokens(text: str) -> int:
    """An estimate: four characters each, and never none."""
    return len(text) // _CHARACTERS_OF_A_TOKEN + 1
