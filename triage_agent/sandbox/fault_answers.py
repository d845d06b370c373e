"""The answers of requests that went wrong, as each system words them."""

from starlette.responses import JSONResponse, Response

from triage_agent.sandbox.fault_file import (
    Fault,
    RateLimit,
    RequestLimit,
    ServerError,
    Unauthorized,
)
from triage_agent.sandbox.salesforce.call import refused
from triage_agent.sandbox.salesforce.refusals import Refusal
from triage_agent.sandbox.strict import System

_OK, _UNAUTHORIZED = 200, 401
_SALESFORCE = {
    401: ("INVALID_SESSION_ID", "Session expired or invalid"),
    403: ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    503: ("SERVER_UNAVAILABLE", "The server is temporarily unavailable."),
}
_SLACK = {401: "invalid_auth", 429: "ratelimited", 503: "service_unavailable"}
_MODEL: dict[int, tuple[str, str, str | None]] = {
    401: ("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
    429: ("Rate limit reached for requests.", "requests", "rate_limit_exceeded"),
}
_BROKEN = ("The server had an error while processing your request.", "server_error", None)


def answer(system: System, fault: Fault) -> Response:
    """What a system answers instead of its work."""
    status = _status_of(fault)
    if system == "salesforce":
        code, message = _SALESFORCE.get(status, ("UNKNOWN_EXCEPTION", "An error occurred."))
        return refused(Refusal(code, message, status=status))
    headers = {"Retry-After": str(fault.retry_after)} if isinstance(fault, RateLimit) else None
    if system == "slack":
        body = {"ok": False, "error": _SLACK.get(status, "internal_error")}
        return JSONResponse(body, _OK if status == _UNAUTHORIZED else status, headers)
    message, kind, model_code = _MODEL.get(status, _BROKEN)
    error = {"message": message, "type": kind, "param": None, "code": model_code}
    return JSONResponse({"error": error}, status, headers)


def _status_of(fault: Fault) -> int:
    match fault:
        case RateLimit():
            return 429
        case RequestLimit():
            return 403
        case Unauthorized():
            return _UNAUTHORIZED
        case ServerError(status=status):
            return status
    raise AssertionError(f"{fault.fault} is no answer")
