"""Any server that speaks OpenAI's chat completions: one question, one filled form.

Whatever comes back is a result with its usage kept; only credentials and settings that can't
work at all are raised.
"""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.completion import Completion, Usage
from triage_agent.connectors.guard import Pass
from triage_agent.connectors.patience import patiently
from triage_agent.decision.events import Call
from triage_agent.decision.prompts import Question
from triage_agent.decision.values import Value
from triage_agent.errors import ConnectorError, NotLetIn, WrongUsage

if TYPE_CHECKING:
    from triage_agent.connectors.model_client import ModelClient

OPENAI = "https://api.openai.com/v1"
"""Where the vendor's client goes when it isn't told."""
Outcome = Literal[
    "answered", "refused", "filtered", "truncated", "torn", "no_answer", "other_model"
]
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

    def __init__(
        self,
        endpoint: Endpoint,
        prices: dict[str, Price],
        calls: CallLog,
        guard: Pass,
        sleep: Callable[[float], None] = time.sleep,
        trusted: Collection[str] | None = None,
    ) -> None:
        """Nothing is connected before the first question.

        `trusted`: the models whose answers count, by the names with which they answer; None: any.
        """
        self._endpoint, self._prices, self._calls = endpoint, prices, calls
        self._guard, self._sleep, self._trusted = guard, sleep, trusted
        self._client: ModelClient | None = None
        self._connecting = Lock()

    def connect(self) -> "ModelClient":
        """The client, made when it is first needed."""
        with self._connecting:
            if self._client is None:
                from triage_agent.connectors.model_client import (  # noqa: PLC0415 - 0.6 s
                    ModelClient,
                )

                self._client = ModelClient(
                    self._endpoint.api_key, self._endpoint.base_url, self._guard, self._calls
                )
            return self._client

    def close(self) -> None:
        """Ends the connections to the model's server."""
        if self._client:
            self._client.close()

    def key(self, question: Question) -> str:
        """What a paid answer to this question is known by."""
        return question.key(self.model(question))

    def ask(self, purpose: Literal["assess", "draft"], question: Question) -> Answer:
        """Has a form filled. `WrongUsage` where key, address or model can't work at all."""
        model = self.model(question)
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

    def model(self, question: Question) -> str:
        """Which one is asked."""
        return self._endpoint.model or question.front.model

    def _completed(self, model: str, question: Question) -> tuple[Completion | None, _Read]:
        """The answer and what it says, or why there is none."""
        client = self.connect()
        try:
            completion = patiently(lambda: client.complete(model, question), self._sleep)
        except NotLetIn as exc:
            raise WrongUsage(f"the model's server refuses OPENAI_API_KEY ({exc.code})") from exc
        except ConnectorError as exc:
            outcome: Outcome = "torn" if exc.code == "TORN" else "no_answer"
            return None, (outcome, None, str(exc))
        if self._trusted is not None and completion.model not in self._trusted:
            known = " or ".join(sorted(self._trusted))
            return completion, ("other_model", None, f"{completion.model} answered, not {known}")
        return completion, _read(completion)

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
