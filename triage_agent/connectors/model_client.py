"""OpenAI's own client, with its errors as ours. Apart, because it takes long to import."""

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

from triage_agent.connectors.completion import Completion
from triage_agent.connectors.patience import retry_after
from triage_agent.decision.prompts import Question
from triage_agent.errors import ConnectorError, NotLetIn, Rejected, Unavailable, WrongUsage

_PASSING = frozenset({408, 409, 429})
_SERVER_ERROR = 500


class ModelClient:
    """Asks once; whoever calls decides about further tries."""

    def __init__(self, api_key: str, base_url: str | None) -> None:
        self._client = OpenAI(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            http_client=DefaultHttpxClient(follow_redirects=False),
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


def _translated(exc: APIError) -> ConnectorError:
    """Our error, without the body, which may repeat the request."""
    match exc:
        case AuthenticationError() | PermissionDeniedError():
            return NotLetIn("model", str(exc.code), "refuses the credentials")
        case APITimeoutError():
            return Unavailable("model", "TIMEOUT", "did not answer in time")
        case APIStatusError():
            code, said = str(exc.status_code), f"answered {exc.status_code}"
            if exc.status_code in _PASSING or exc.status_code >= _SERVER_ERROR:
                return Unavailable("model", code, said, retry_after(exc.response.headers))
            return Rejected("model", code, said)
        case APIConnectionError():
            return Unavailable("model", "CONNECT", "can't be reached, or was cut off")
        case _:
            return Unavailable("model", "TORN", "the answer can't be read")
