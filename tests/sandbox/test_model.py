"""The sandbox's model speaks to the real client as the vendor documents it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openai
import pytest
import uvicorn
from openai import OpenAI
from openai.types.chat import ChatCompletion
from starlette.applications import Starlette

from triage_agent.sandbox.model.request import NAME
from triage_agent.sandbox.model.routes import DATED_NAME, routes
from triage_agent.sandbox.model.strict_schema import MOST_LEVELS

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
ASKED = [{"role": "user", "content": "How much does it cost for 30 technicians?"}]


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """The app on a free loopback port, as its base URL, for as long as the context lasts."""
    ready = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:  # noqa: ANN401 - uvicorn's signature
            await super().startup(sockets)
            ready.set()

    server = Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    assert ready.wait(timeout=10)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with served(Starlette(routes=routes())) as url:
        yield url


@pytest.fixture
def client(base_url: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=base_url, api_key="sandbox", max_retries=0) as client:
        yield client


def form(**properties: object) -> Json:
    """A JSON schema in the strict dialect."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def as_format(schema: Json, **changes: object) -> Json:
    named = {"name": "form", "strict": True, "schema": schema, **changes}
    return {"type": "json_schema", "json_schema": named}


def completed(client: OpenAI, **changes: object) -> ChatCompletion:
    """The answer to a request that is in order but for `changes`; None leaves a parameter out."""
    body = {"model": NAME, "messages": ASKED, **changes}
    given = {name: value for name, value in body.items() if value is not None}
    return client.post("/chat/completions", body=given, cast_to=ChatCompletion)


def refused(client: OpenAI, **changes: object) -> tuple[int, str | None, str | None]:
    """Status, code and parameter of the error that a request meets."""
    with pytest.raises(openai.APIStatusError) as caught:
        completed(client, **changes)
    assert caught.value.type == "invalid_request_error"
    return caught.value.status_code, caught.value.code, caught.value.param


def test_form_is_filled(client: OpenAI) -> None:
    """A strict schema is answered with JSON that fills it, and with the documented envelope."""
    categories = {"type": "string", "enum": ["pricing_question", "demo_request"]}
    answered = client.chat.completions.create(
        model=NAME,
        messages=[{"role": "user", "content": "How much does it cost for 30 technicians?"}],
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "form", "strict": True, "schema": form(category=categories)},
        },
        temperature=0,
        max_completion_tokens=100,
    )

    (choice,) = answered.choices
    assert {"category": "pricing_question"} == json.loads(choice.message.content or "")
    assert ("stop", "assistant", None) == (
        choice.finish_reason,
        choice.message.role,
        choice.message.refusal,
    )
    assert (DATED_NAME, "chat.completion") == (answered.model, answered.object)
    assert answered.id.startswith("chatcmpl-")
    assert answered.created > 1_700_000_000


def test_usage_adds_up(client: OpenAI) -> None:
    """Usage counts a token for every four characters and gives every documented sum."""
    answered = completed(client)
    usage = answered.usage

    assert usage is not None
    assert len(ASKED[0]["content"]) // 4 + 1 == usage.prompt_tokens
    assert len(answered.choices[0].message.content or "") // 4 + 1 == usage.completion_tokens
    assert usage.prompt_tokens + usage.completion_tokens == usage.total_tokens
    assert usage.prompt_tokens_details is not None
    assert 0 == usage.prompt_tokens_details.cached_tokens
    assert usage.completion_tokens_details is not None
    assert 0 == usage.completion_tokens_details.reasoning_tokens


def test_content_is_the_same_again(client: OpenAI) -> None:
    """The same request gets the same content, under another id."""
    first, second = (completed(client, response_format=as_format(form(x=TEXT))) for _ in range(2))

    assert first.choices == second.choices
    assert first.id != second.id


def test_long_answer_is_cut(client: OpenAI) -> None:
    """An answer beyond `max_completion_tokens` is cut there, and says so."""
    whole = completed(client)
    cut = completed(client, max_completion_tokens=5)

    assert "length" == cut.choices[0].finish_reason
    assert (whole.choices[0].message.content or "").startswith(
        cut.choices[0].message.content or "-"
    )
    assert cut.usage is not None
    assert 5 == cut.usage.completion_tokens


def test_answer_that_just_fits_is_whole(client: OpenAI) -> None:
    """An answer of exactly `max_completion_tokens` is not cut."""
    whole = completed(client)
    assert whole.usage is not None
    again = completed(client, max_completion_tokens=whole.usage.completion_tokens)

    assert whole.choices == again.choices


def test_without_a_form_it_says_what_it_is(client: OpenAI) -> None:
    """Without a schema the answer is a plain sentence that names the baseline."""
    plain = completed(client, response_format={"type": "text"})

    assert "baseline" in (plain.choices[0].message.content or "")
    assert plain.choices == completed(client).choices


def test_text_may_come_in_parts(client: OpenAI) -> None:
    """A message's text parts are read as one text."""
    parts = [{"type": "text", "text": "Was kostet das"}, {"type": "text", "text": "für uns?"}]
    answered = completed(
        client,
        messages=[{"role": "user", "content": parts}],
        response_format=as_format(form(language=TEXT)),
    )

    assert {"language": "de"} == json.loads(answered.choices[0].message.content or "")


def test_models_lists_the_baseline(client: OpenAI) -> None:
    """The list of models holds the baseline and no other."""
    assert [NAME] == [model.id for model in client.models.list()]


def test_a_model_is_found_by_its_name(client: OpenAI) -> None:
    """The baseline is described; any other model isn't there."""
    assert client.models.retrieve(NAME) == client.models.list().data[0]
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("gpt-5")
    assert "model_not_found" == caught.value.code


def test_another_path_is_refused(client: OpenAI) -> None:
    """What isn't served gets a 404 with an error object, like everything that is refused."""
    with pytest.raises(openai.NotFoundError) as caught:
        client.embeddings.create(model=NAME, input="x")

    assert "invalid_request_error" == caught.value.type
    assert "Invalid URL (POST /v1/embeddings)" in caught.value.message


@pytest.mark.parametrize("key", ["", "other"])
def test_another_key_is_refused(base_url: str, key: str) -> None:
    """A key that isn't the sandbox's meets a 401 on every route."""
    with OpenAI(base_url=base_url, api_key=key or "x", max_retries=0) as stranger:
        headers = {} if key else {"Authorization": "Basic sandbox"}

        with pytest.raises(openai.AuthenticationError) as caught:
            stranger.models.list(extra_headers=headers)
        assert "invalid_api_key" == caught.value.code
        assert (401, "invalid_api_key", None) == refused(stranger)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"model": "gpt-5"}, (404, "model_not_found", None)),
        ({"model": DATED_NAME}, (404, "model_not_found", None)),
        ({"model": None}, (400, "missing_required_parameter", "model")),
        ({"messages": None}, (400, "missing_required_parameter", "messages")),
        ({"messages": []}, (400, "empty_array", "messages")),
        ({"messages": "hello"}, (400, "invalid_type", "messages")),
        (
            {"messages": [{"role": "boss", "content": "x"}]},
            (400, "invalid_value", "messages[0].role"),
        ),
        (
            {"messages": [*ASKED, {"role": "user"}]},
            (400, "missing_required_parameter", "messages[1].content"),
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            (400, "invalid_value", "messages[0].content"),
        ),
        ({"n": 2}, (400, "unsupported_value", "n")),
        ({"stream": True}, (400, "unsupported_value", "stream")),
        ({"max_tokens": 5}, (400, "unsupported_parameter", "max_tokens")),
        ({"tools": []}, (400, "unsupported_parameter", "tools")),
        (
            {"max_completion_tokens": 0},
            (400, "integer_below_min_value", "max_completion_tokens"),
        ),
        ({"max_completion_tokens": "5"}, (400, "invalid_type", "max_completion_tokens")),
        (
            {"response_format": {"type": "json_object"}},
            (400, "invalid_value", "response_format.type"),
        ),
        (
            {"response_format": {"type": "json_schema"}},
            (400, "missing_required_parameter", "response_format.json_schema"),
        ),
        (
            {"response_format": as_format(form(x=TEXT), strict=False)},
            (400, "invalid_value", "response_format.json_schema.strict"),
        ),
        (
            {"response_format": as_format(form(x=TEXT), name="no spaces")},
            (400, "invalid_value", "response_format.json_schema.name"),
        ),
        (
            {"response_format": as_format(form(x=TEXT), name="x" * 65)},
            (400, "string_above_max_length", "response_format.json_schema.name"),
        ),
    ],
)
def test_faulty_request_is_refused(
    client: OpenAI, changes: Json, expected: tuple[int, str | None, str | None]
) -> None:
    """Each fault meets its documented status and code, and the parameter is named."""
    assert expected == refused(client, **changes)


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_body_that_is_no_object_is_refused(client: OpenAI, body: bytes) -> None:
    """A body that isn't a JSON object meets a 400 with an error object."""
    with pytest.raises(openai.BadRequestError, match="not a JSON object"):
        client.post("/chat/completions", content=body, cast_to=ChatCompletion)


@pytest.mark.parametrize(
    ("schema", "named"),
    [
        ({"type": "string"}, "root"),
        ({"anyOf": [form(x=TEXT)]}, "root"),
        ({**form(x=TEXT), "required": []}, "required"),
        ({**form(x=TEXT), "required": ["x", "y"]}, "'y'"),
        ({**form(x=TEXT), "additionalProperties": True}, "additionalProperties"),
        (form(x={**form(y=TEXT), "additionalProperties": None}), "additionalProperties"),
        ({"type": "object", "additionalProperties": False}, "properties"),
        (form(x={}), "'type'"),
        (form(x={"type": "date"}), "type"),
        (form(x={"type": []}), "type"),
        (form(x={"type": "array"}), "items"),
        (form(x={"type": "string", "enum": []}), "enum"),
        (form(x={"type": "string", "pattern": "^a"}), "pattern"),
        (form(x={"allOf": [TEXT]}), "allOf"),
        (form(x={"$ref": "#/$defs/missing"}), "missing"),
        (form(x={"$ref": "#/definitions/x"}), "ref"),
        (form(x={"type": "string", "anyOf": [TEXT]}), "beside"),
        ({**form(x={"$ref": "#/$defs/a"}), "$defs": {"a": {"$ref": "#/$defs/a"}}}, "deeper"),
    ],
)
def test_schema_outside_the_dialect_is_refused(client: OpenAI, schema: Json, named: str) -> None:
    """A schema that strict mode doesn't take meets a 400 that names what is wrong."""
    with pytest.raises(openai.BadRequestError, match=r"Invalid schema for .* 'form'") as caught:
        completed(client, response_format=as_format(schema))

    assert "response_format" == caught.value.param
    assert named in caught.value.message


def test_schema_may_be_deep_but_not_endless(client: OpenAI) -> None:
    """A schema within the documented depth is filled, and one beyond it is refused."""
    schema = form(x=TEXT)
    for _ in range(MOST_LEVELS - 2):
        schema = form(x=schema)

    assert "stop" == completed(client, response_format=as_format(schema)).choices[0].finish_reason
    assert (400, None, "response_format") == refused(
        client, response_format=as_format(form(x=schema))
    )
