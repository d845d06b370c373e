"""Asking a model: every answer is a result with its usage, and only hopeless settings raise."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from openai import _exceptions as exceptions

from tests.conftest import passes
from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.model import Answer, Endpoint, ModelConnector, Price
from triage_agent.connectors.patience import TRIES, TRIES_TO_GET_IN
from triage_agent.decision.prompts import FrontMatter, Question
from triage_agent.errors import WrongUsage

Serve = Callable[..., tuple[str, list[dict[str, Any]]]]
Asker = Callable[..., ModelConnector]

KEY, PRIVATE = "sk-hidden", "ada@example.org"
PRICE = {"model-1": Price(input=2.0, cached_input=0.5, output=8.0)}
SCHEMA = {
    "type": "object",
    "properties": {"category": {"type": "string"}},
    "required": ["category"],
    "additionalProperties": False,
}
USAGE = {
    "prompt_tokens": 1_000,
    "completion_tokens": 50,
    "total_tokens": 1_050,
    "prompt_tokens_details": {"cached_tokens": 400},
}
COST = (600 * 2.0 + 400 * 0.5 + 50 * 8.0) / 1e6
FORM = '{"category": "demo_request"}'


@pytest.fixture
def asker(calls: CallLog, naps: list[float]) -> Iterator[Asker]:
    """Connects to a model's server."""
    with ExitStack() as stack:

        def connected(base: str, model: str | None = None) -> ModelConnector:
            endpoint = Endpoint(KEY, f"{base}/v1", model)
            model_connector = ModelConnector(endpoint, PRICE, calls, passes, naps.append)
            return stack.enter_context(closing(model_connector))

        yield connected


def question(model: str = "model-1", seconds: float = 30.0) -> Question:
    """What is asked: two messages, the second of them a stranger's."""
    return Question(
        front=FrontMatter(model=model, max_output_tokens=800, timeout_seconds=seconds),
        messages=(
            {"role": "system", "content": "Fill the form."},
            {"role": "user", "content": f"From {PRIVATE}: a demo, please. ü€😀"},
        ),
        schema_name="assessment",
        schema=SCHEMA,
    )


def completion(finish: str | None = "stop", **message: object) -> dict[str, Any]:
    """An answer as chat completions give it."""
    said = {"role": "assistant", "content": None, **message}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "model-1-2026-11-01",
        "choices": [{"index": 0, "finish_reason": finish, "message": said}],
        "usage": USAGE,
    }


RESULTS: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "a filled form": (completion(content=FORM), "answered", FORM),
    "a form that is none": (completion(content="Sure! {"), "answered", "Sure! {"),
    "a refusal": (completion(refusal="I can't help with that."), "refused", None),
    "a content filter": (completion("content_filter", content="{"), "filtered", None),
    "too long an answer": (completion("length", content='{"category": "de'), "truncated", None),
    "an empty answer": (completion(content=""), "torn", None),
    "no content": (completion(), "torn", None),
    "no choices": ({**completion(), "choices": []}, "torn", None),
    "choices that are null": ({**completion(), "choices": None}, "torn", None),
    "a choice without a message": (
        {**completion(), "choices": [{"index": 0, "finish_reason": "stop"}]},
        "torn",
        None,
    ),
}


@pytest.mark.parametrize("name", RESULTS)
def test_what_comes_back_is_a_result(serve: Serve, asker: Asker, name: str) -> None:
    """Each way in which a model can answer has its outcome, and what it cost is kept."""
    body, outcome, text = RESULTS[name]
    base, seen = serve({"body": body})
    answer = asker(base).ask("assess", question())

    assert (outcome, text) == (answer.call.outcome, answer.text)
    assert (text is None) == bool(answer.reason)
    assert (1_000, 400, 50, COST) == usage(answer)
    assert ("model-1", "model-1-2026-11-01") == (answer.call.asked, answer.call.answered_by)
    assert 1 == len(seen)


def usage(answer: Answer) -> tuple[int, int, int, float | None]:
    call = answer.call
    return call.input_tokens, call.cached_tokens, call.output_tokens, call.cost_usd


UNREADABLE = {
    "torn JSON": {"body": '{"choices": [{"mess'},
    "no JSON": {"body": "<html>hello"},
    "a page": {"body": "<html>hello", "headers": {"Content-Type": "text/html"}},
    "nothing": {"body": ""},
    "a list": {"body": "[]"},
    "null": {"body": "null"},
    "a number": {"body": "1"},
    "choices of another shape": {"body": {"choices": ["x"]}},
    "tokens that are words": {"body": {**completion(), "usage": {"prompt_tokens": "many"}}},
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_answer_that_cannot_be_read_is_a_result(serve: Serve, asker: Asker, name: str) -> None:
    """A body that is no completion is told as such, and nothing of it is repeated."""
    base, seen = serve(UNREADABLE[name])
    answer = asker(base).ask("assess", question())

    assert ("torn", None) == (answer.call.outcome, answer.text)
    assert "model: the answer can't be read (TORN)" == answer.reason
    assert TRIES == len(seen)
    assert (0, 0, 0, None) == usage(answer)


def test_an_empty_object_is_a_result(serve: Serve, asker: Asker) -> None:
    """A completion without anything in it holds no choice and no usage."""
    base, _ = serve({"body": {}})
    answer = asker(base).ask("assess", question())

    assert ("torn", None) == (answer.call.outcome, answer.text)
    assert (0, 0, 0, None) == usage(answer)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, (0, 0, 0, None)),
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}, (10, 0, 5, 6e-5)),
        ({**USAGE, "prompt_tokens_details": None}, (1_000, 0, 50, 0.0024)),
        ({**USAGE, "prompt_tokens_details": {"cached_tokens": None}}, (1_000, 0, 50, 0.0024)),
        ({"prompt_tokens": 10}, (10, 0, 0, 2e-5)),
        ({}, (0, 0, 0, 0.0)),
    ],
)
def test_usage_is_kept_as_far_as_it_is_told(
    serve: Serve,
    asker: Asker,
    given: dict[str, Any] | None,
    expected: tuple[int, int, int, float | None],
) -> None:
    """Servers tell more or less of what an answer took; what they don't tell counts as nothing."""
    base, _ = serve({"body": {**completion(content=FORM), "usage": given}})

    assert expected == usage(asker(base).ask("assess", question()))


def test_an_unknown_price_is_no_price(serve: Serve, asker: Asker) -> None:
    """The tokens of a model without a price are counted, its cost isn't made up."""
    base, _ = serve({"body": completion(content=FORM)})
    answer = asker(base).ask("assess", question("model-2"))

    assert (1_000, 400, 50, None) == usage(answer)


def test_the_endpoints_model_replaces_the_prompts(serve: Serve, asker: Asker) -> None:
    """A sandbox's baseline is asked by its own name, and the key says so."""
    base, seen = serve({"body": completion(content=FORM)})
    asked = question()
    answer = asker(base, "baseline").ask("draft", asked)

    assert ("baseline", "draft") == (answer.call.asked, answer.call.purpose)
    assert "baseline" == json.loads(seen[0]["body"])["model"]
    assert asked.key("baseline") == answer.call.key
    assert asked.key("model-1") != answer.call.key


def test_a_question_is_sent_as_documented(serve: Serve, asker: Asker) -> None:
    """Key, model, messages and schema go out once, in the form of chat completions."""
    base, seen = serve({"body": completion(content=FORM)})
    asked = question()
    asker(base).ask("assess", asked)
    (request,) = seen

    assert ("POST", "/v1/chat/completions") == (request["method"], request["path"])
    assert f"Bearer {KEY}" == {k.lower(): v for k, v in request["headers"].items()}["authorization"]
    assert {
        "model": "model-1",
        "messages": list(asked.messages),
        "max_completion_tokens": 800,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "assessment", "strict": True, "schema": SCHEMA},
        },
    } == json.loads(request["body"])


def status(code: int, **headers: str) -> dict[str, Any]:
    """A refusal whose body repeats the request, as some servers do."""
    body = {"error": {"message": f"{PRIVATE} {KEY}", "type": "x", "code": "some_code"}}
    return {"status": code, "body": body, "headers": headers}


STATUSES = {
    "BadRequestError": 400,
    "ConflictError": 409,
    "UnprocessableEntityError": 422,
    "RateLimitError": 429,
    "InternalServerError": 500,
    "APIStatusError": 418,
}
RAISED = {"AuthenticationError": 401, "PermissionDeniedError": 403, "NotFoundError": 404}
ELSEWHERE = {
    "APIError": "the root",
    "APIConnectionError": "a cut connection",
    "APITimeoutError": "a slow server",
    "APIResponseValidationError": "raised only where answers are validated strictly",
    "OAuthError": "raised by logins that we don't use",
}
RETRIED = {408, 409, 429, 500, 503}


def test_the_tables_hold_every_error_of_the_vendor() -> None:
    """A release of the vendor's client with another kind of error is noticed here."""
    kinds = {name: kind for name, kind in vars(exceptions).items() if isinstance(kind, type)}
    own = {name for name, kind in kinds.items() if issubclass(kind, exceptions.APIError)}

    assert own == STATUSES.keys() | RAISED.keys() | ELSEWHERE.keys()


@pytest.mark.parametrize("code", [*STATUSES.values(), 408, 503])
def test_a_refusal_is_a_result(serve: Serve, asker: Asker, code: int) -> None:
    """Whatever status a server answers is told by its number, without the body."""
    base, seen = serve(status(code))
    answer = asker(base).ask("assess", question())

    assert ("no_answer", None) == (answer.call.outcome, answer.text)
    assert f"model: answered {code} ({code})" == answer.reason
    assert (0, 0, 0, None) == usage(answer)
    assert (TRIES if code in RETRIED else 1) == len(seen)


@pytest.mark.parametrize(
    ("code", "named", "tries"),
    [
        (401, "OPENAI_API_KEY", TRIES_TO_GET_IN),
        (403, "OPENAI_API_KEY", TRIES_TO_GET_IN),
        (404, "OPENAI_BASE_URL", 1),
    ],
)
def test_settings_that_cannot_work_are_raised(
    serve: Serve, asker: Asker, code: int, named: str, tries: int
) -> None:
    """A wrong key, address or model ends the run, and names the setting but no secret."""
    base, seen = serve(status(code))
    with pytest.raises(WrongUsage, match=named) as told:
        asker(base).ask("assess", question())

    assert tries == len(seen)
    assert KEY not in str(told.value)
    assert PRIVATE not in str(told.value)


def test_an_outage_that_ends_in_time_goes_unnoticed(
    serve: Serve, asker: Asker, naps: list[float]
) -> None:
    """A server that fails a few times has answered in the end, and was left alone as it asked."""
    limited = status(429, **{"Retry-After": "7"})
    answered = {"body": completion(content=FORM)}
    base, seen = serve(status(500), limited, status(401), UNREADABLE["torn JSON"], answered)

    assert FORM == asker(base).ask("assess", question()).text
    assert 5 == len(seen)
    assert [0.5, 7.0, 2.0, 4.0] == naps


@pytest.mark.parametrize(
    ("answer", "seconds", "reason"),
    [
        ({"hang": True}, 0.05, "model: did not answer in time (TIMEOUT)"),
        ({"cut": True}, 30.0, "model: can't be reached, or was cut off (CONNECT)"),
    ],
)
def test_a_missing_answer_is_a_result(
    serve: Serve,
    asker: Asker,
    naps: list[float],
    answer: dict[str, Any],
    seconds: float,
    reason: str,
) -> None:
    """The prompt says how long to wait; after a number of tries there is no answer."""
    base, _ = serve(answer)
    result = asker(base).ask("assess", question(seconds=seconds))

    assert ("no_answer", reason) == (result.call.outcome, result.reason)
    assert [0.5, 1.0, 2.0, 4.0] == naps


def test_a_server_that_is_not_there_is_a_result(asker: Asker, naps: list[float]) -> None:
    """A refused connection is told like any other."""
    answer = asker("http://127.0.0.1:1").ask("assess", question())

    assert "model: can't be reached, or was cut off (CONNECT)" == answer.reason


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_no_redirect_is_followed(serve: Serve, asker: Asker, code: int) -> None:
    """Neither key nor request goes where a server points to."""
    elsewhere, reached = serve({"body": completion(content=FORM)})
    base, _ = serve(status(code, Location=f"{elsewhere}/v1/chat/completions"))
    answer = asker(base).ask("assess", question())

    assert f"model: answered {code} ({code})" == answer.reason
    assert [] == reached


def test_each_question_is_counted_once(serve: Serve, asker: Asker, calls: CallLog) -> None:
    """A call of the model counts once, however often it had to be tried."""
    base, _ = serve(status(500), {"body": completion(content=FORM)})
    asker(base).ask("assess", question())

    assert {"model": 1} == dict(calls.counts)
    assert [] == calls.drain()


def test_the_time_is_kept(serve: Serve, asker: Asker) -> None:
    """How long an answer took is on the record."""
    base, _ = serve({"body": completion(content=FORM)})

    assert 0 <= asker(base).ask("assess", question()).call.seconds < 30


def test_an_endpoint_does_not_show_its_key() -> None:
    """What a traceback or a log may print of an endpoint holds no secret."""
    assert KEY not in repr(Endpoint(KEY))
