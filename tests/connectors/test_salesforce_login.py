"""Logging in to Salesforce: four ways, what each refusal says, and that none goes on for ever."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.salesforce import client as module
from triage_agent.connectors.salesforce.client import MAX_LOGINS, Credentials, SalesforceClient
from triage_agent.decision.run_events import Called
from triage_agent.errors import AnswerLost, Rejected, Unavailable, WrongUsage

Serve = Callable[..., tuple[str, list[dict[str, Any]]]]
LogIn = Callable[..., SalesforceClient]
State = Callable[[str], Any]

USER = "triage@brightfield.example"
TOKEN = {"access_token": "sandbox"}
CLIENT = {"client_id": "sandbox", "client_secret": "sandbox"}
PASSWORD = {"username": USER, "password": "sandbox", "security_token": "sandbox"}
SIGNED = {"username": USER, "client_id": "sandbox", "private_key_file": "{folder}/key.pem"}
WAYS = {"token": TOKEN, "client": CLIENT, "password": PASSWORD, "signed": SIGNED}
WRONG = "h1dden-and-wr0ng"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a private key lies, and a file that is none."""
    where = tmp_path_factory.mktemp("keys")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (where / "key.pem").write_bytes(pem)
    (where / "notes.txt").write_text(f"no key, but {WRONG}", encoding="utf-8")
    return where


def placed(credentials: dict[str, str], folder: Path) -> dict[str, str]:
    return {name: value.format(folder=folder) for name, value in credentials.items()}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_leads_in(log_in: LogIn, url: str, state: State, folder: Path, way: str) -> None:
    """Every kind of credentials opens the org that it is for, and can read in it."""
    client = log_in(url, **placed(WAYS[way], folder))
    (organization,) = state(url)["salesforce"]["Organization"]

    assert organization["Id"] == client.org()
    assert 1 == len(client.query("SELECT Id FROM User WHERE Name = 'Lena Ortiz'"))


@pytest.mark.parametrize(
    ("way", "wrong"),
    [
        ("token", {"access_token": WRONG}),
        ("client", {"client_id": WRONG}),
        ("client", {"client_secret": WRONG}),
        ("password", {"username": WRONG}),
        ("password", {"password": WRONG}),
        ("password", {"security_token": WRONG}),
        ("signed", {"client_id": WRONG}),
    ],
)
def test_wrong_credentials_are_named(
    log_in: LogIn, url: str, naps: list[float], folder: Path, way: str, wrong: dict[str, str]
) -> None:
    """A refusal is told soon and names the settings to check, but none of their values."""
    credentials = placed({**WAYS[way], **wrong}, folder)
    with pytest.raises(WrongUsage) as refused:
        log_in(url, **credentials).org()
    told = str(refused.value)

    assert [] == [name for name in credentials if f"SALESFORCE_{name.upper()}" not in told]
    assert WRONG not in told
    assert 2.0 > sum(naps)


@pytest.mark.filterwarnings("ignore:[^$]*self-authorize:UserWarning")
def test_a_user_who_has_not_approved_the_client_is_refused(
    log_in: LogIn, url: str, folder: Path
) -> None:
    """A signed login for another user ends in the same sentence."""
    with pytest.raises(WrongUsage, match="SALESFORCE_USERNAME"):
        log_in(url, **placed({**SIGNED, "username": WRONG}, folder)).org()


@pytest.mark.parametrize("name", ["none.pem", "notes.txt", ""])
def test_a_key_that_cannot_be_read_is_named(
    log_in: LogIn, url: str, naps: list[float], folder: Path, name: str
) -> None:
    """A key file that is missing, a folder or no key is named with its setting."""
    with pytest.raises(WrongUsage, match="SALESFORCE_PRIVATE_KEY_FILE") as refused:
        log_in(url, **{**SIGNED, "private_key_file": f"{folder}/{name}"}).org()

    assert WRONG not in str(refused.value)
    assert [] == naps


def test_credentials_do_not_show_themselves() -> None:
    """What a traceback or a log may print of credentials holds no secret."""
    secrets = ("access_token", "client_secret", "password", "security_token")
    shown = repr(Credentials("https://org.my.salesforce.com", **dict.fromkeys(secrets, WRONG)))

    assert WRONG not in shown


TOKEN_ANSWER = {"body": {"access_token": "t", "instance_url": "{url}"}}
EXPIRED = {
    "status": 401,
    "body": [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}],
}


def never_letting_in(request: dict[str, Any]) -> dict[str, Any]:
    """Gives out tokens and takes none of them."""
    return TOKEN_ANSWER if request["path"].endswith("/oauth2/token") else EXPIRED


def test_a_session_that_never_holds_ends_the_logins(serve: Serve, log_in: LogIn) -> None:
    """An org that gives out tokens and refuses them is asked a bounded number of times."""
    base, seen = serve(never_letting_in)
    client = log_in(base, **CLIENT)
    for _ in range(4):
        with pytest.raises(Rejected):
            client.query("SELECT Id FROM Lead")
    with pytest.raises(WrongUsage, match="SALESFORCE_CLIENT_SECRET"):
        client.org()
    logins = [request for request in seen if request["path"].endswith("/oauth2/token")]

    assert MAX_LOGINS == len(logins)


def test_an_org_that_may_not_be_read_is_known_by_its_host(serve: Serve, log_in: LogIn) -> None:
    """Where the user may not see the Organization its address stands for it."""
    refused = {"status": 400, "body": [{"errorCode": "INVALID_TYPE", "message": "no access"}]}
    base, _ = serve(refused)

    assert base.removeprefix("http://") == log_in(base).org()


@pytest.mark.parametrize("way", ["client", "password"])
def test_an_outage_at_login_is_no_wrong_password(
    serve: Serve, log_in: LogIn, naps: list[float], way: str
) -> None:
    """A login server that is down is tried again, then called unavailable."""
    base, seen = serve({"status": 503, "body": f"<html>down: {WRONG}"})
    with pytest.raises(Unavailable) as told:
        log_in(base, **WAYS[way]).query("SELECT Id FROM Lead")

    assert ("503", False) == (told.value.code, WRONG in str(told.value))
    assert ([0.5, 1.0, 2.0, 4.0], 5) == (naps, len(seen))


@pytest.mark.parametrize("body", ["[]", "{}", '"text"', "null", "<html>"])
def test_a_login_answer_of_another_shape_is_translated(
    serve: Serve, log_in: LogIn, body: str
) -> None:
    """Whatever a login server answers, what comes out is an error of ours."""
    base, _ = serve({"body": body})
    with pytest.raises((Unavailable, WrongUsage)):
        log_in(base, **CLIENT).query("SELECT Id FROM Lead")


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:9/elsewhere", "/here", "https://x.example/"]
)
def test_no_redirect_leads_away_from_the_loopback(
    serve: Serve, log_in: LogIn, location: str
) -> None:
    """A redirect from a loopback org is refused before anything leaves for it."""
    base, seen = serve({"status": 302, "headers": {"Location": location}})
    with pytest.raises(Rejected) as refused:
        log_in(base).query("SELECT Id FROM Lead")

    assert "REDIRECT" == refused.value.code
    assert 1 == len(seen)


def test_every_request_has_time_limits(
    log_in: LogIn, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Login, read and write: none leaves without limits for connecting and for the answer."""
    limits: list[object] = []
    send = requests.adapters.HTTPAdapter.send

    def noting(adapter: Any, request: Any, stream: Any, timeout: Any, *more: Any) -> Any:  # noqa: ANN401 - the vendor's
        limits.append(timeout)
        return send(adapter, request, stream, timeout, *more)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", noting)
    client = log_in(url, **CLIENT)
    client.query("SELECT Id FROM Lead")
    client.get("sobjects/Lead/describe")
    client.write("POST", "composite/sobjects", {"allOrNone": False, "records": []})

    assert [(5.0, 60.0)] * 4 == limits


@pytest.mark.parametrize(
    ("method", "error"), [("GET", Unavailable), ("POST", AnswerLost), ("PATCH", AnswerLost)]
)
def test_a_slow_org_is_not_waited_for(
    serve: Serve,
    log_in: LogIn,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    error: type[Exception],
) -> None:
    """Without an answer in time a read is called unavailable, and a write lost."""
    monkeypatch.setattr(module, "READ_TIMEOUT", 0.05)
    base, _ = serve({"hang": True})
    client = log_in(base)
    with pytest.raises(error, match="TIMEOUT"):
        client.get("limits") if method == "GET" else client.write(method, "x", {})


def test_requests_are_on_the_record_without_their_query(
    salesforce: SalesforceClient, calls: CallLog
) -> None:
    """Each request is kept with method, path and status; what was asked for is not."""
    salesforce.query("SELECT Id FROM Lead WHERE Email = 'ada@example.org'")
    (called,) = calls.drain()

    assert isinstance(called, Called)
    assert ("salesforce", "GET", "/services/data/v62.0/query/", 200) == (
        called.system,
        called.method,
        called.path,
        called.status,
    )
    assert 1 == calls.counts["salesforce"]
    assert [] == calls.drain()
