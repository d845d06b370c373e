"""The ways in: OAuth by client credentials, signed assertion or password; and SOAP's login."""

import base64
import binascii
import json
import secrets
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from triage_agent.sandbox.salesforce.call import Sessions
from triage_agent.sandbox.salesforce.org import Org

CLIENT_ID = CLIENT_SECRET = PASSWORD = SECURITY_TOKEN = "sandbox"  # noqa: S105 - known on purpose
USERNAME = "triage@brightfield.example"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"

_LONGEST_ASSERTION = 300  # seconds that an assertion may be valid from now
_SESSION_SECONDS = 7200
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_NO_API = "API is not enabled for this Organization or Partner"
_INVALID_LOGIN = "Invalid username, password, security token; or user locked out."

Form = Mapping[str, str]


class _Denied(Exception):
    """An OAuth error and its description."""


async def token(request: Request) -> Response:
    """POST /services/oauth2/token."""
    form = dict(parse_qsl((await request.body()).decode()))
    try:
        check = _GRANTS.get(form.get("grant_type", ""), _unknown_grant)
        check({**_basic(request.headers.get("authorization", "")), **form}, _sessions(request).url)
    except _Denied as denied:
        error, description = denied.args
        body = {"error": error, "error_description": description}
        return JSONResponse(body, HTTPStatus.BAD_REQUEST)
    return JSONResponse(_granted(request))


async def soap(request: Request) -> Response:
    """POST /services/Soap/u/{version}: the login call."""
    try:
        envelope = ET.fromstring(await request.body())  # noqa: S314 - a test peer on loopback
    except ET.ParseError as error:
        return _fault("INVALID_REQUEST", str(error))
    given = {element.tag.rpartition("}")[2]: element.text for element in envelope.iter()}
    if (given.get("username"), given.get("password")) != (USERNAME, PASSWORD + SECURITY_TOKEN):
        return _fault("INVALID_LOGIN", _INVALID_LOGIN)
    org: Org = request.app.state.org
    if "ApiEnabled" not in org.permissions.of_user:
        return _fault("API_DISABLED_FOR_ORG", _NO_API)
    return _logged_in(request)


def _sessions(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.sessions
    return sessions


def _new_token(request: Request) -> str:
    org: Org = request.app.state.org
    issued = f"{org.id[:15]}!{secrets.token_urlsafe(48)}"
    _sessions(request).tokens[issued] = org
    return issued


def _granted(request: Request) -> dict[str, str]:
    org: Org = request.app.state.org
    url = _sessions(request).url
    return {
        "access_token": _new_token(request),
        "instance_url": url,
        "id": f"{url}/id/{org.id}/{org.running_user}",
        "token_type": "Bearer",
        "scope": "api",
        "issued_at": str(time.time_ns() // 1_000_000),
    }


def _basic(header: str) -> Form:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        client, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _Denied("invalid_client", "invalid client credentials") from error
    return {"client_id": client, "client_secret": secret}


def _unknown_grant(_form: Form, _url: str) -> None:
    raise _Denied("unsupported_grant_type", "grant type not supported")


def _client(form: Form, _url: str) -> None:
    if form.get("client_id") != CLIENT_ID:
        raise _Denied("invalid_client_id", "client identifier invalid")
    if form.get("client_secret") != CLIENT_SECRET:
        raise _Denied("invalid_client", "invalid client credentials")


def _password(form: Form, url: str) -> None:
    _client(form, url)
    passwords = (PASSWORD, PASSWORD + SECURITY_TOKEN)
    if form.get("username") != USERNAME or form.get("password") not in passwords:
        raise _Denied("invalid_grant", "authentication failure")


def _assertion(form: Form, url: str) -> None:
    """Who issued it for whom, for which audience, until when; its signature can't be checked."""
    claims = _claims(form.get("assertion", ""))
    if claims.get("iss") != CLIENT_ID:
        raise _Denied("invalid_client_id", "client identifier invalid")
    if claims.get("sub") != USERNAME:
        raise _Denied("invalid_grant", "user hasn't approved this consumer")
    audience = str(claims.get("aud"))
    if audience != url and not str(urlsplit(audience).hostname).endswith(".salesforce.com"):
        raise _Denied("invalid_grant", "audience is invalid")
    expires = str(claims.get("exp"))
    if not expires.isdigit() or not 0 < int(expires) - time.time() <= _LONGEST_ASSERTION:
        raise _Denied("invalid_grant", "expired authorization code")


def _claims(assertion: str) -> dict[str, object]:
    try:
        _header, payload, _signature = assertion.split(".")
        claims: dict[str, object] = dict(
            json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        )
    except (ValueError, TypeError) as error:
        raise _Denied("invalid_grant", "invalid assertion") from error
    return claims


def _logged_in(request: Request) -> Response:
    org: Org = request.app.state.org
    server = f"{_sessions(request).url}{request.url.path}/{org.id[:15]}"
    return _envelope(
        '<loginResponse xmlns="urn:partner.soap.sforce.com"><result>'
        "<passwordExpired>false</passwordExpired>"
        f"<serverUrl>{escape(server)}</serverUrl>"
        f"<sessionId>{_new_token(request)}</sessionId>"
        f"<userId>{org.running_user}</userId>"
        f"<userInfo><organizationId>{org.id}</organizationId>"
        f"<sessionSecondsValid>{_SESSION_SECONDS}</sessionSecondsValid>"
        f"<userId>{org.running_user}</userId><userName>{USERNAME}</userName></userInfo>"
        "</result></loginResponse>",
        HTTPStatus.OK,
    )


def _fault(code: str, message: str) -> Response:
    text = escape(message)
    return _envelope(
        '<soapenv:Fault xmlns:sf="urn:fault.partner.soap.sforce.com">'
        f"<faultcode>sf:{code}</faultcode><faultstring>{code}: {text}</faultstring>"
        f"<detail><sf:LoginFault><sf:exceptionCode>{code}</sf:exceptionCode>"
        f"<sf:exceptionMessage>{text}</sf:exceptionMessage></sf:LoginFault></detail>"
        "</soapenv:Fault>",
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )


def _envelope(content: str, status: HTTPStatus) -> Response:
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{_SOAP}">'
        f"<soapenv:Body>{content}</soapenv:Body></soapenv:Envelope>"
    )
    return Response(xml, status, media_type="text/xml")


_GRANTS: Mapping[str, Callable[[Form, str], None]] = {
    "client_credentials": _client,
    "password": _password,
    JWT_GRANT: _assertion,
}
