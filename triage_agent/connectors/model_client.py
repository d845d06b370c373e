"""OpenAI's own client, with its errors as ours. Apart, because it takes long to import."""

from httpx2 import HTTPTransport, Limits
from httpx2 import Request as HttpRequest
from httpx2 import Response as HttpResponse
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
from triage_agent.connectors.completion import Completion
from triage_agent.connectors.guard import Pass, outgoing
from triage_agent.connectors.patience import retry_after
from triage_agent.decision.prompts import Question
from triage_agent.errors import NotLetIn, Rejected, TriageError, Unavailable, WrongUsage

UNREACHABLE = "can't be reached, or was cut off"
CONNECTIONS = 256
"""As many as a page may ask questions at once."""
_PASSING = frozenset({408, 409, 429})
_SERVER_ERROR = 500


class ModelClient:
    """Asks once; whoever calls decides about further tries."""

    def __init__(self, api_key: str, base_url: str | None, guard: Pass, calls: CallLog) -> None:
        self._client = OpenAI(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            http_client=DefaultHttpxClient(
                follow_redirects=False, transport=_Transport(guard, calls)
            ),
        )

    def close(self) -> None:
        """Ends the connections that are kept open."""
        self._client.close()

    def complete(self, model: str, question: Question) -> Completion:
        """The server's answer. `Unavailable` where another try may bring one."""
        try:
            return Completion.model_validate_json(self._create(model, question))
        except NotFoundError as exc:
            raise WrongUsage(
                f"the model's server knows no {model!r} or no chat completions; "
                "check OPENAI_BASE_URL and the model in the prompt's front matter",
            ) from exc
        except APIError as exc:
            raise _translated(exc) from exc
        except ValidationError as exc:
            raise Unavailable("model", "TORN", "the answer can't be read") from exc

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


class _Transport(HTTPTransport):
    """Every request passes the guard, at the last moment before it leaves."""

    def __init__(self, guard: Pass, calls: CallLog) -> None:
        super().__init__(limits=Limits(max_connections=CONNECTIONS))
        self._guard, self._calls = guard, calls

    def handle_request(self, request: HttpRequest) -> HttpResponse:
        self._guard(outgoing("model", request.method, str(request.url)))
        response = super().handle_request(request)
        self._calls.tell_time("model", response.headers.get("date"))
        return response


def _translated(exc: APIError) -> TriageError:
    """Our error, without the body, which may repeat the request."""
    match exc:
        case APIError(__cause__=TriageError() as ours):  # the guard's, which the client wraps
            return ours
        case AuthenticationError() | PermissionDeniedError():
            return NotLetIn("model", str(exc.code), "refuses the credentials")
        case APITimeoutError():
            return Unavailable("model", "TIMEOUT", "did not answer in time")
        case APIStatusError():
            code, said = str(exc.status_code), f"answered {exc.status_code}"
            if exc.status_code in _PASSING or exc.status_code >= _SERVER_ERROR:
                return Unavailable("model", code, said, retry_after(exc.response.headers))
            return Rejected("model", code, said)
        case _:
            lost = isinstance(exc, APIConnectionError)
            code, said = ("CONNECT", UNREACHABLE) if lost else ("TORN", "the answer can't be read")
            return Unavailable("model", code, said)
