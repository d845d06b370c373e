"""Posting to Slack and finding it again; what is retried, what is lost, what is refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.client import IncompleteRead
from typing import Any
from urllib.error import URLError

import pytest
from slack_sdk import errors as vendor
from slack_sdk.web import SlackResponse

from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.patience import TRIES, TRIES_TO_GET_IN
from triage_agent.connectors.slack import Posted, SlackConnector
from triage_agent.decision.actions import HandOver, PostHandOver, Reason
from triage_agent.decision.reviews import UNDECIDED
from triage_agent.decision.run_events import Called
from triage_agent.errors import AnswerLost, ConnectorError, Rejected, Unavailable, WrongUsage

Serve = Callable[..., tuple[str, list[dict[str, Any]]]]
PostTo = Callable[..., SlackConnector]
State = Callable[[str], Any]

SALES, OPS = "C0SALESDEV1", "C0OPSSUMM01"
PRIVATE = "ada@example.org"
HAND_OVER = HandOver(
    headline="Acme <!channel>",
    assignee="U0MAYA00002",
    who=(("Email", PRIVATE),),
    reply="Email ada@northwind.example.",
    records=("Account 001: Acme",),
    reasons=(Reason(words="Legal.", quote="<http://evil.example|docs>", fact=None),),
    request="We will sue.",
    wants="Threatens.",
    done="Nothing.",
    next_step="Call.",
    item_id="abc",
    record_id="00Q000000000001AAA",
    page="version 1",
)
MESSAGE = PostHandOver(name="escalate", team="sales_development", hand_over=HAND_OVER)
OK = {"body": {"ok": True, "channel": SALES, "ts": "1700000000.000100"}}


@pytest.fixture
def slack(url: str, post_to: PostTo) -> SlackConnector:
    """A connector to a workspace; each test posts under keys of its own."""
    return post_to(url)


def recently() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=1)


def test_a_redirect_is_not_followed(serve: Serve, post_to: PostTo) -> None:
    """An answer that leads elsewhere is an error, and the token goes nowhere else."""
    elsewhere, stolen = serve(OK)
    here, _ = serve({"status": 302, "headers": {"Location": f"{elsewhere}/api/chat.postMessage"}})

    with pytest.raises(ConnectorError, match="302"):
        post_to(here).post(SALES, "key", MESSAGE, UNDECIDED, None)

    assert [] == stolen


def test_the_workspace_is_known_by_its_id(slack: SlackConnector) -> None:
    """The token leads to a workspace, and says which."""
    assert "T0BRIGHT001" == slack.workspace()


def test_a_wrong_token_is_named(url: str, post_to: PostTo) -> None:
    """A token that Slack refuses is wrong usage, told without the token."""
    with pytest.raises(WrongUsage, match="SLACK_BOT_TOKEN") as refused:
        post_to(url, "xoxb-wrong").workspace()

    assert "xoxb-wrong" not in str(refused.value)


def test_a_hand_over_is_posted_as_it_is(slack: SlackConnector, url: str, state: State) -> None:
    """The message has blocks, an escaped fallback, its key as metadata, and the record's link."""
    posted = slack.post(SALES, "abc.escalate", MESSAGE, UNDECIDED, None)
    (message,) = (m for m in state(url)["slack"][SALES] if m["ts"] == posted.ts)

    assert SALES == posted.channel
    assert f"{SALES}/{message['ts']}" == posted.reference
    assert "A person is needed: Acme &lt;!channel&gt;" == message["text"]
    assert {
        "event_type": "triage_hand_over",
        "event_payload": {"key": "abc.escalate"},
    } == message["metadata"]
    assert "https://org.example/00Q000000000001AAA" in str(message["blocks"])


def test_links_are_not_unfolded(serve: Serve, post_to: PostTo) -> None:
    """Slack is told to fetch nothing that a stranger names."""
    base, (request, *_) = _posted(serve, post_to)

    assert base
    assert '"unfurl_links": false' in request["body"]
    assert '"unfurl_media": false' in request["body"]


def _posted(serve: Serve, post_to: PostTo) -> tuple[str, list[dict[str, Any]]]:
    base, seen = serve(OK)
    post_to(base).post(SALES, "k", MESSAGE, UNDECIDED, None)
    return base, seen


def test_messages_are_found_by_key(slack: SlackConnector) -> None:
    """What was posted in a channel is found there, and nowhere else."""
    posted = {key: slack.post(SALES, key, MESSAGE, UNDECIDED, None) for key in ("one", "two")}
    slack.post(OPS, "elsewhere", MESSAGE, UNDECIDED, None)
    found = slack.find(SALES, recently())

    assert posted == {key: found[key] for key in posted}
    assert "elsewhere" not in found


def test_replies_are_found_by_key(slack: SlackConnector) -> None:
    """Hand-overs under the common message are found with it."""
    head = slack.post_overflow(SALES, "run.thread", "sales_development")
    posted = {
        key: slack.post(SALES, key, MESSAGE, UNDECIDED, head.ts) for key in ("first", "second")
    }
    posted |= {"run.thread": head, "own": slack.post(SALES, "own", MESSAGE, UNDECIDED, None)}
    found = slack.find(SALES, recently())

    assert posted == {key: found[key] for key in posted}


def test_replies_stand_in_the_thread(slack: SlackConnector, url: str, state: State) -> None:
    """A reply belongs to the common message, so that it pings nobody in the channel."""
    head = slack.post_overflow(SALES, "run.thread", "sales_development")
    reply = slack.post(SALES, "a", MESSAGE, UNDECIDED, head.ts)
    threads = {m["ts"]: m.get("thread_ts") for m in state(url)["slack"][SALES]}

    assert (None, head.ts) == (threads[head.ts], threads[reply.ts])


def test_every_page_is_looked_through(
    slack: SlackConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More messages and replies than one answer holds are all found."""
    monkeypatch.setattr("triage_agent.connectors.slack.PAGE", 3)
    head = slack.post_overflow(SALES, "many.thread", "sales_development")
    posted = {f"own {n}": slack.post(SALES, f"own {n}", MESSAGE, UNDECIDED, None) for n in range(7)}
    posted |= {
        f"reply {n}": slack.post(SALES, f"reply {n}", MESSAGE, UNDECIDED, head.ts) for n in range(7)
    }
    found = slack.find(SALES, recently())

    assert {"many.thread": head, **posted} == {k: found[k] for k in ("many.thread", *posted)}


def test_what_is_older_is_not_looked_through(slack: SlackConnector) -> None:
    """Only messages since the moment that is asked for come back."""
    slack.post(SALES, "a", MESSAGE, UNDECIDED, None)

    assert {} == slack.find(SALES, datetime.now(UTC) + timedelta(seconds=1))


def test_other_peoples_messages_are_passed_over(serve: Serve, post_to: PostTo) -> None:
    """Messages without metadata, or with somebody else's, are none of ours."""
    messages = [
        {"ts": "1.0", "text": "hello"},
        {"ts": "2.0", "metadata": None},
        {"ts": "3.0", "metadata": {"event_type": "other", "event_payload": {"x": 1}}},
        {"ts": "4.0", "metadata": {"event_type": "other"}},
    ]
    base, _ = serve({"body": {"ok": True, "messages": messages}})

    assert {} == post_to(base).find(SALES, recently())


def test_a_rate_limit_is_waited_for(serve: Serve, post_to: PostTo, naps: list[float]) -> None:
    """After a 429 the same request goes out again, no earlier than Slack asks for."""
    limited = {"status": 429, "headers": {"Retry-After": "7"}, "body": {"ok": False}}
    base, seen = serve(limited, limited, OK)
    posted = post_to(base).post(SALES, "k", MESSAGE, UNDECIDED, None)

    assert Posted(SALES, "1700000000.000100") == posted
    assert [7.0, 7.0] == naps
    assert 3 == len(seen)
    assert 1 == len({request["body"] for request in seen})


def test_a_rate_limit_that_does_not_end_is_unavailable(
    serve: Serve, post_to: PostTo, naps: list[float]
) -> None:
    """After a number of tries nothing was posted, and the run goes on."""
    limited = {"status": 429, "headers": {"Retry-After": "1"}, "body": {"error": "ratelimited"}}
    base, seen = serve(limited)
    with pytest.raises(Unavailable, match="ratelimited"):
        post_to(base).post(SALES, "k", MESSAGE, UNDECIDED, None)

    assert [1.0] * (TRIES - 1) == naps
    assert TRIES == len(seen)


def test_a_long_rate_limit_is_not_waited_for(
    serve: Serve, post_to: PostTo, naps: list[float]
) -> None:
    """Who asks for an hour of peace gets it: the message waits for another run."""
    base, seen = serve({"status": 429, "headers": {"Retry-After": "3600"}, "body": {}})
    with pytest.raises(Unavailable):
        post_to(base).post(SALES, "k", MESSAGE, UNDECIDED, None)

    assert ([], 1) == (naps, len(seen))


def test_a_refused_token_is_believed_in_the_end(
    serve: Serve, post_to: PostTo, naps: list[float]
) -> None:
    """A token that is refused in passing goes on; one that is refused on and on is wrong."""
    refused = {"body": {"ok": False, "error": "invalid_auth"}}
    base, _ = serve(refused, refused, OK)
    closed, seen = serve(refused)
    posted = post_to(base).post(SALES, "k", MESSAGE, UNDECIDED, None)
    with pytest.raises(WrongUsage):
        post_to(closed).workspace()

    assert Posted(SALES, "1700000000.000100") == posted
    assert ([0.5, 1.0] * 2, TRIES_TO_GET_IN) == (naps, len(seen))


HTML = f"<html>{PRIVATE} was not delivered</html>"


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        ({"cut": True}, AnswerLost, "CUT"),
        ({"status": 500, "body": HTML}, AnswerLost, "500"),
        ({"status": 502, "body": {"ok": False, "error": "bad_gateway"}}, AnswerLost, "bad_gateway"),
        ({"status": 200, "body": {"ok": False, "error": "internal_error"}}, AnswerLost, None),
        ({"status": 200, "body": {"ok": False, "error": "fatal_error"}}, AnswerLost, None),
        ({"status": 200, "body": '{"ok": true, "ts": '}, AnswerLost, "TORN"),
        ({"status": 200, "body": HTML}, AnswerLost, "TORN"),
        ({"status": 200, "body": ""}, AnswerLost, "TORN"),
        ({"status": 200, "body": "[]"}, AnswerLost, "TORN"),
        ({"status": 200, "body": "[1]"}, AnswerLost, "TORN"),
        ({"status": 200, "body": "{}"}, AnswerLost, "TORN"),
        ({"status": 200, "body": "null"}, AnswerLost, "TORN"),
        ({"status": 200, "body": {"ok": False, "error": "channel_not_found"}}, Rejected, None),
        ({"status": 404, "body": HTML}, Rejected, "404"),
    ],
)
def test_a_post_is_never_repeated_by_itself(
    serve: Serve,
    post_to: PostTo,
    naps: list[float],
    answer: dict[str, Any],
    error: type[ConnectorError],
    code: str | None,
) -> None:
    """Where a message may be there it is lost, not posted again; the error names no text."""
    base, seen = serve(answer)
    with pytest.raises(error) as raised:
        post_to(base).post(SALES, "k", MESSAGE, UNDECIDED, None)
    given = answer.get("body", {})

    assert (code or given["error"]) == raised.value.code
    assert ([], 1) == (naps, len(seen))
    assert PRIVATE not in str(raised.value)
    assert "<html" not in str(raised.value)


def test_a_slow_answer_is_lost(
    serve: Serve, post_to: PostTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever, and a message that may be there counts as lost."""
    monkeypatch.setattr("triage_agent.connectors.slack.TIMEOUT", 0.05)
    base, _ = serve({"hang": True})
    with pytest.raises(AnswerLost):
        post_to(base).post(SALES, "k", MESSAGE, UNDECIDED, None)


def test_a_workspace_that_is_not_there_is_unavailable(post_to: PostTo) -> None:
    """A refused connection means that nothing left, and says what to check."""
    with pytest.raises(Unavailable, match="SLACK_API_URL"):
        post_to("http://127.0.0.1:1").post(SALES, "k", MESSAGE, UNDECIDED, None)


def test_a_look_up_without_an_answer_is_unavailable(serve: Serve, post_to: PostTo) -> None:
    """Reading changes nothing, so a missing answer loses nothing."""
    base, _ = serve({"cut": True})
    with pytest.raises(Unavailable):
        post_to(base).find(SALES, recently())


def response(status: int, data: Any) -> SlackResponse:  # noqa: ANN401 - any JSON
    """An answer as the vendor's exception carries it."""
    return SlackResponse(
        client=None,
        http_verb="POST",
        api_url=f"https://slack.com/api/chat.postMessage?text={PRIVATE}",
        req_args={"text": PRIVATE},
        data=data,
        headers={},
        status_code=status,
    )


REFUSED = vendor.SlackApiError(  # type: ignore[no-untyped-call] # the vendor's
    PRIVATE, response(200, {"ok": False, "error": "is_archived"})
)
VENDOR: dict[str, tuple[Exception, type[ConnectorError]]] = {
    "SlackClientError": (vendor.SlackClientError(PRIVATE), AnswerLost),
    "BotUserAccessError": (vendor.BotUserAccessError(PRIVATE), AnswerLost),
    "SlackRequestError": (vendor.SlackRequestError(PRIVATE), AnswerLost),
    "SlackApiError": (REFUSED, Rejected),
    "SlackTokenRotationError": (vendor.SlackTokenRotationError(REFUSED), AnswerLost),
    "SlackClientNotConnectedError": (vendor.SlackClientNotConnectedError(PRIVATE), AnswerLost),
    "SlackObjectFormationError": (vendor.SlackObjectFormationError(PRIVATE), AnswerLost),
    "SlackClientConfigurationError": (vendor.SlackClientConfigurationError(PRIVATE), AnswerLost),
}
NETWORK: dict[str, tuple[Exception, type[ConnectorError]]] = {
    "refused": (URLError(ConnectionRefusedError(PRIVATE)), Unavailable),
    "reset": (URLError(ConnectionResetError(PRIVATE)), AnswerLost),
    "cut": (ConnectionResetError(PRIVATE), AnswerLost),
    "slow": (TimeoutError(PRIVATE), AnswerLost),
    "half": (IncompleteRead(PRIVATE.encode()), AnswerLost),
    "odd": (ValueError(PRIVATE), AnswerLost),
}


def test_the_table_holds_every_error_of_the_vendor() -> None:
    """A release of the vendor's client with another kind of error is noticed here."""
    own = {name for name, kind in vars(vendor).items() if isinstance(kind, type)}

    assert own == VENDOR.keys()


@pytest.mark.parametrize("name", [*VENDOR, *NETWORK])
def test_each_error_becomes_ours(post_to: PostTo, name: str) -> None:
    """Whatever the vendor's client or the network raises is one of ours, without its text."""
    exc, kind = (VENDOR | NETWORK)[name]

    def method(**_arguments: object) -> SlackResponse:
        raise exc

    with pytest.raises(ConnectorError) as raised:
        post_to("http://127.0.0.1:1")._call(method, AnswerLost)  # noqa: SLF001 - where all calls pass

    assert kind is type(raised.value)
    assert PRIVATE not in str(raised.value)


def test_requests_are_on_the_record(slack: SlackConnector, calls: CallLog) -> None:
    """Each request is kept with its path and status, without what was said."""
    slack.post(SALES, "a", MESSAGE, UNDECIDED, None)
    slack.find(SALES, datetime.now(UTC) + timedelta(seconds=1))

    assert [
        ("slack", "POST", "/api/chat.postMessage", 200),
        ("slack", "POST", "/api/conversations.history", 200),
    ] == [(c.system, c.method, c.path, c.status) for c in calls.drain() if isinstance(c, Called)]


@pytest.mark.parametrize(("answer", "status"), [({"status": 503}, 503), ({"cut": True}, None)])
def test_failed_requests_are_on_the_record(
    serve: Serve, post_to: PostTo, calls: CallLog, answer: dict[str, Any], status: int | None
) -> None:
    """A request without a good answer was made all the same."""
    base, _ = serve(answer)
    with pytest.raises(AnswerLost):
        post_to(base).post(SALES, "k", MESSAGE, UNDECIDED, None)

    assert [status] == [c.status for c in calls.drain() if isinstance(c, Called)]
