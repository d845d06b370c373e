"""Each way of logging in, by simple-salesforce, and each way of being turned away."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

if TYPE_CHECKING:
    from tests.sandbox.conftest import Connect


BY_CLIENT = {"consumer_key": "sandbox", "consumer_secret": "sandbox", "domain": "brightfield.my"}
BY_PASSWORD = {
    "username": "triage@brightfield.example",
    "password": "sandbox",
    "security_token": "sandbox",
}
BY_OAUTH_PASSWORD = {
    "username": "triage@brightfield.example",
    "password": "sandbox",
    "consumer_key": "sandbox",
    "consumer_secret": "sandbox",
}
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture(scope="module")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@pytest.mark.parametrize("login", [BY_CLIENT, BY_PASSWORD, BY_OAUTH_PASSWORD])
def test_good_credentials_open_a_session(url: str, connect: Connect, login: dict[str, str]) -> None:
    """Each flow gives a token of this org, on this server, that reads records."""
    salesforce = connect(url, **login)

    assert url == f"http://{salesforce.sf_instance}"
    assert salesforce.session_id.startswith("00D")
    assert 1 == salesforce.query("SELECT Id FROM Organization")["totalSize"]


def test_a_signed_assertion_opens_a_session(url: str, connect: Connect, private_key: str) -> None:
    """The JWT bearer flow works as simple-salesforce speaks it."""
    salesforce = connect(
        url,
        username="triage@brightfield.example",
        consumer_key="sandbox",
        privatekey=private_key,
    )

    assert 1 == salesforce.query("SELECT Id FROM Organization")["totalSize"]


@pytest.mark.parametrize(
    ("login", "code"),
    [
        (BY_CLIENT | {"consumer_key": "other"}, "invalid_client_id"),
        (BY_CLIENT | {"consumer_secret": "wrong"}, "invalid_client"),
        (BY_OAUTH_PASSWORD | {"password": "wrong"}, "invalid_grant"),
        (BY_PASSWORD | {"security_token": "wrong"}, "INVALID_LOGIN"),
    ],
)
def test_bad_credentials_are_refused(
    url: str, connect: Connect, login: dict[str, str], code: str
) -> None:
    """A wrong credential gets the documented error of its flow."""
    with pytest.raises(SalesforceAuthenticationFailed) as refused:
        connect(url, **login)

    assert code == refused.value.code


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"iss": "other"}, "invalid_client_id"),
        ({"sub": "nobody@brightfield.example"}, "invalid_grant"),
        ({"aud": "https://elsewhere.example"}, "invalid_grant"),
        ({"exp": "1000"}, "invalid_grant"),
    ],
)
def test_an_assertion_with_a_wrong_claim_is_refused(
    url: str, claims: dict[str, str], error: str
) -> None:
    """Issuer, subject, audience and expiry of an assertion are looked at."""
    good = {
        "iss": "sandbox",
        "sub": "triage@brightfield.example",
        "aud": "https://login.salesforce.com",
        "exp": str(int(time.time()) + 100),
    }
    assertion = jwt.encode(good | claims, "a secret of at least thirty-two bytes", "HS256")
    answer = requests.post(
        f"{url}/services/oauth2/token",
        {"grant_type": JWT_GRANT, "assertion": assertion},
        timeout=5,
    )

    assert 400 == answer.status_code
    assert error == answer.json()["error"]


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "magic"}, "unsupported_grant_type"),
        ({"grant_type": JWT_GRANT, "assertion": "a.b"}, "invalid_grant"),
    ],
)
def test_an_unreadable_request_for_a_token_is_refused(
    url: str, form: dict[str, str], error: str
) -> None:
    """A grant type that isn't spoken and an assertion that is none are refused."""
    answer = requests.post(f"{url}/services/oauth2/token", form, timeout=5)

    assert 400 == answer.status_code
    assert error == answer.json()["error"]


def test_a_session_that_was_never_opened_is_invalid(url: str, connect: Connect) -> None:
    """Any other token than an issued one gets INVALID_SESSION_ID."""
    stranger = connect(url, session_id="00D!stolen", instance_url=url)

    status, (error,) = stranger.refused("sobjects")

    assert (401, "INVALID_SESSION_ID") == (status, error["errorCode"])


def test_the_record_of_requests_holds_no_credentials(url: str, connect: Connect) -> None:
    """What the sandbox shows of a login leaves out passwords, secrets and assertions."""
    for login in (BY_PASSWORD, BY_OAUTH_PASSWORD):
        connect(url, **login)
    seen = requests.get(f"{url}/sandbox/state", timeout=5).json()["requests"]
    logins = [entry for entry in seen if not entry["path"].startswith("/services/data")]
    forms = [entry["body"] for entry in logins if isinstance(entry["body"], dict)]

    assert logins
    assert forms
    assert not {"password", "client_secret", "assertion"}.intersection(*map(set, forms))
    assert base64.b64encode(b"sandbox:sandbox").decode() not in json.dumps(logins)
