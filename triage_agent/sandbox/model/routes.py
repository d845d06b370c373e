"""Chat completions, as OpenAI documents them, answered by the baseline.

Narrower than the vendor's in three things, and never silently: it fills only strict JSON schemas,
takes no parameter that it can't honour, and no schema keyword that the baseline can't obey.
"""

import json
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from triage_agent.sandbox.model.baseline import answer
from triage_agent.sandbox.model.manner import Manner
from triage_agent.sandbox.model.request import NAME, Asked, Json, Rejected, read, unknown_model

DATED_NAME = "baseline-2026-11"
"""The name that answers, as a vendor's alias resolves to a dated model."""
KEY = "sandbox"

_PLAIN_ANSWER = "I am the sandbox's baseline. I fill forms: send a response_format with a schema."
_PROSE = "Thank you for this request. It reads like one that deserves a careful answer."
_MODEL = {"id": NAME, "object": "model", "created": 1793491200, "owned_by": "sandbox"}
_CHARACTERS_OF_A_TOKEN = 4
_AS_ASKED = Manner()
_METHODS = ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE")

Work = Callable[[Request, bytes], Json]


def routes(manner: Manner = _AS_ASKED) -> list[Route]:
    """What the client calls below its base URL, `/v1` included."""

    def chat_completions(_request: Request, body: bytes) -> Json:
        return _completion(read(body), manner)

    return [
        Route("/v1/chat/completions", _endpoint(chat_completions), methods=["POST"]),
        Route("/v1/models", _endpoint(_models), methods=["GET"]),
        Route("/v1/models/{name:path}", _endpoint(_model), methods=["GET"]),
        Route("/v1/{rest:path}", _endpoint(_nothing_here), methods=_METHODS),
    ]


def _endpoint(work: Work) -> Callable[[Request], Awaitable[Response]]:
    """Answers whoever has the key with what `work` makes of the request and its body."""

    async def respond(request: Request) -> Response:
        body = await request.body()
        try:
            _authorise(request)
            return JSONResponse(work(request, body))
        except Rejected as rejected:
            return rejected.as_response()

    return respond


def _authorise(request: Request) -> None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if (scheme.lower(), key) == ("bearer", KEY):
        return
    message = f"Incorrect API key provided. The sandbox's key is {KEY!r}."
    raise Rejected(message, code="invalid_api_key", status=HTTPStatus.UNAUTHORIZED)


def _models(_request: Request, _body: bytes) -> Json:
    return {"object": "list", "data": [_MODEL]}


def _model(request: Request, _body: bytes) -> Json:
    name = request.path_params["name"]
    if name != NAME:
        raise unknown_model(name)
    return _MODEL


def _nothing_here(request: Request, _body: bytes) -> Json:
    message = f"Invalid URL ({request.method} {request.url.path})"
    raise Rejected(message, status=HTTPStatus.NOT_FOUND)


def _completion(asked: Asked, manner: Manner) -> Json:
    messages = [message.model_dump() for message in asked.messages]
    content = _content(messages, asked.schema_asked, manner)
    most = asked.max_completion_tokens if manner.obeys_token_limit else None
    fits = most is None or _tokens(content) <= most
    content = content if most is None or fits else content[: most * _CHARACTERS_OF_A_TOKEN - 1]
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": manner.name or DATED_NAME,
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


def _content(messages: Sequence[Json], schema: Json | None, manner: Manner) -> str:
    if schema is None:
        return _PLAIN_ANSWER
    return json.dumps(answer(messages, schema)) if manner.obeys_schema else _PROSE


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
