"""Any server that speaks OpenAI's chat completions: one question, one filled form.

Whatever comes back is a result with its usage kept; only credentials and settings that can't
work at all are raised.
"""

import time
from dataclasses import dataclass, field
from typing import Any, Literal

from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    DefaultHttpxClient,
    NotFoundError,
    OpenAI,
    PermissionDeniedError,
)
from pydantic import ValidationError

from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.completion import Completion, Usage
from triage_agent.decision.events import Call
from triage_agent.decision.prompts import Question
from triage_agent.decision.values import Value
from triage_agent.errors import WrongUsage

RETRIES = 2
Outcome = Literal["answered", "refused", "filtered", "truncated", "torn", "no_answer"]
_Read = tuple[Outcome, str | None, str | None]  # the outcome, the form, and why there is none


class Price(Value):
    """US dollars for a million tokens."""

    input: float
    cached_input: float
    output: float


@dataclass(frozen=True)
class Answer:
    """What came of a question: `text` is the form where `call.outcome` is `answered`."""

    call: Call
    text: str | None
    reason: str | None


@dataclass(frozen=True)
class Endpoint:
    """Where the model answers. `model` replaces the prompts' pinned name, for the baseline."""

    api_key: str = field(repr=False)
    base_url: str | None = None
    model: str | None = None


class ModelConnector:
    """Asks the model; safe to use from several threads."""

    def __init__(self, endpoint: Endpoint, prices: dict[str, Price], calls: CallLog) -> None:
        self._client = OpenAI(
            api_key=endpoint.api_key,
            base_url=endpoint.base_url,
            max_retries=RETRIES,
            http_client=DefaultHttpxClient(follow_redirects=False),
        )
        self._model = endpoint.model
        self._prices = prices
        self._calls = calls

    def close(self) -> None:
        """Ends the connections to the model's server."""
        self._client.close()

    def ask(self, purpose: Literal["assess", "draft"], question: Question) -> Answer:
        """Has a form filled. `WrongUsage` where key, address or model can't work at all."""
        model = self._model or question.front.model
        begun = time.monotonic()
        self._calls.count_model_call()
        completion, (outcome, text, reason) = self._completed(model, question)
        call = Call(
            purpose=purpose,
            key=question.key(model),
            asked=model,
            answered_by=completion.model if completion else None,
            outcome=outcome,
            seconds=round(time.monotonic() - begun, 3),
            **self._usage(model, completion.usage if completion else None),
        )
        return Answer(call, text, reason)

    def _completed(self, model: str, question: Question) -> tuple[Completion | None, _Read]:
        """The answer and what it says, or why there is none."""
        try:
            completion = Completion.model_validate_json(self._create(model, question))
        except (AuthenticationError, PermissionDeniedError) as exc:
            raise WrongUsage(f"the model's server refuses OPENAI_API_KEY ({exc.code})") from exc
        except NotFoundError as exc:
            raise WrongUsage(
                f"the model's server knows no {model!r} or no chat completions; "
                "check OPENAI_BASE_URL and the model in the prompt's front matter",
            ) from exc
        except APIError as exc:
            return None, ("no_answer", None, _failure(exc))
        except ValidationError:
            return None, ("torn", None, "the answer can't be read")
        return completion, _read(completion)

    def _create(self, model: str, question: Question) -> bytes:
        """The client's own request, without building the schema anew for each."""
        form = {"name": question.schema_name, "strict": True, "schema": question.schema}
        return self._client.post(
            "/chat/completions",
            cast_to=bytes,
            body={
                "model": model,
                "messages": question.messages,
                "max_completion_tokens": question.front.max_output_tokens,
                "response_format": {"type": "json_schema", "json_schema": form},
            },
            options={"timeout": question.front.timeout_seconds},
        )

    def _usage(self, model: str, usage: Usage | None) -> dict[str, Any]:
        tokens = (usage or Usage()).tokens()
        return {**tokens, "cost_usd": self._cost(model, **tokens) if usage else None}

    def _cost(
        self,
        model: str,
        input_tokens: int,
        cached_tokens: int,
        output_tokens: int,
    ) -> float | None:
        price = self._prices.get(model)
        if price is None:
            return None
        fresh = input_tokens - cached_tokens
        millionths = (
            fresh * price.input + cached_tokens * price.cached_input + output_tokens * price.output
        )
        return round(millionths / 1e6, 8)


def _read(completion: Completion) -> _Read:
    if not completion.choices:
        return "torn", None, "the answer holds no choice"
    choice = completion.choices[0]
    if choice.message.refusal:
        return "refused", None, "the model declined"
    if choice.finish_reason == "content_filter":
        return "filtered", None, "a content filter stopped the answer"
    if choice.finish_reason == "length":
        return "truncated", None, "the answer was longer than max_output_tokens"
    if not choice.message.content:
        return "torn", None, "the answer is empty"
    return "answered", choice.message.content, None


def _failure(exc: APIError) -> str:
    """Why there is no answer, without the body, which may repeat the request."""
    match exc:
        case APITimeoutError():
            return "the model did not answer in time"
        case APIStatusError():
            return f"the model's server answered {exc.status_code}"
        case APIConnectionError():
            return "the model's server can't be reached"
        case _:
            return "the model's answer can't be read"
