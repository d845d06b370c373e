"""Slack: posts hand-overs, each with its key in the message's metadata, and finds them again.

What surely did not happen is tried again by itself. After a cut or a 5xx a message may be there,
so it is looked up before it is posted again.
"""

import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPException
from socket import gaierror
from typing import Any
from urllib.error import URLError
from urllib.parse import parse_qsl, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.models.views import View
from slack_sdk.web import SlackResponse

from triage_agent.connectors import (
    slack_approvals,
    slack_incident,
    slack_messages,
    slack_reminders,
    slack_week,
)
from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.guard import Pass, outgoing
from triage_agent.connectors.patience import patiently, retry_after
from triage_agent.connectors.slack_answers import Answer
from triage_agent.connectors.slack_texts import escaped
from triage_agent.decision.actions import Message, PostHandOver
from triage_agent.decision.incident import Incident
from triage_agent.decision.reviews import Standing
from triage_agent.decision.run_events import Called
from triage_agent.decision.waiting import Waiting
from triage_agent.decision.weekly import WeeklyNote
from triage_agent.errors import (
    AnswerLost,
    ConnectorError,
    NotLetIn,
    Rejected,
    Unavailable,
    WrongUsage,
)

HAND_OVER, APPROVAL, OVERFLOW = "triage_hand_over", "triage_approval", "triage_overflow"
INCIDENT, WEEK = "triage_incident", "triage_week"
TIMEOUT = 30
PAGE = 200
UNREACHABLE = "can't be reached; check its address (SLACK_API_URL) and the network"
UNREADABLE = "the answer can't be read"
_CODE = re.compile("[a-z0-9_]+")  # anything else is a body that the vendor's client quotes
_CREDENTIALS = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
_BUSY = {"ratelimited", "rate_limited", "service_unavailable"}
_UNSURE = {"internal_error", "fatal_error", "request_timeout"}


@dataclass(frozen=True)
class Posted:
    """A message that is there."""

    channel: str
    ts: str

    @property
    def reference(self) -> str:
        """`CHANNEL/ts`."""
        return f"{self.channel}/{self.ts}"


class SlackConnector:
    """The requests to Slack that the agent makes."""

    def __init__(
        self,
        token: str,
        url: str,
        record_url: str,
        calls: CallLog,
        guard: Pass,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`url` ends in `/api/`; `record_url` is put before a record's id to link to it."""
        self._client = silent_client(token, url, calls, guard)
        self._sleep = sleep
        self._record_url = record_url

    def workspace(self) -> str:
        """The workspace's id; `WrongUsage` where the token is refused."""
        return self.granted()[0]

    def granted(self) -> tuple[str, frozenset[str]]:
        """The workspace's id, and the scopes that the token was granted; likewise."""
        try:
            answer = self._call(self._client.auth_test, Unavailable)
        except NotLetIn as exc:
            raise WrongUsage(f"Slack refuses SLACK_BOT_TOKEN ({exc.code})") from exc
        return str(answer["team_id"]), self._client.scopes

    def may_read(self, channel: str) -> None:
        """Raises `Rejected` with Slack's own code where the bot can't read a channel."""
        self._call(self._client.conversations_history, Unavailable, channel=channel, limit=1)

    def post(
        self, channel: str, key: str, message: Message, standing: Standing, thread: str | None
    ) -> Posted:
        """Posts a message for people; `AnswerLost` means that it may be there all the same."""
        kind = HAND_OVER if message.kind == "post" else APPROVAL
        content = self._content(message, standing)
        return self._post(channel, kind, key, thread_ts=thread, **content)

    def show(self, reference: str, message: Message, standing: Standing) -> None:
        """Has a message, by its reference, say how it stands; twice is as once."""
        channel, ts = reference.split("/")
        content = self._content(message, standing)
        self._call(self._client.chat_update, Unavailable, channel=channel, ts=ts, **content)

    def _content(self, message: Message, standing: Standing) -> dict[str, object]:
        """Fallback and blocks."""
        if isinstance(message, PostHandOver):
            hand_over = message.hand_over
            link = self._record_url + hand_over.record_id
            text = slack_messages.fallback(hand_over, standing)
            return {"text": text, "blocks": slack_messages.blocks(hand_over, link, standing)}
        approval = message.approval
        link = self._record_url + approval.record_id
        text = slack_approvals.fallback(approval, standing)
        return {"text": text, "blocks": slack_approvals.blocks(approval, link, standing)}

    def whisper(self, channel: str, user: str, words: str, thread: str | None = None) -> None:
        """Tells one person in a channel something that nobody else sees."""
        self._call(
            self._client.chat_postEphemeral,
            Unavailable,
            channel=channel,
            user=user,
            text=escaped(words),
            thread_ts=thread,
        )

    def answer(self, user: str, channel: str | None, answer: Answer) -> None:
        """Answers one person alone: where they asked, else in their direct messages."""
        said: dict[str, object] = {"text": answer.text, "blocks": answer.blocks}
        if channel:
            self._call(
                self._client.chat_postEphemeral, Unavailable, channel=channel, user=user, **said
            )
        else:
            said |= {"unfurl_links": False, "unfurl_media": False}
            self._call(self._client.chat_postMessage, Unavailable, channel=user, **said)

    def record_url(self, record_id: str) -> str:
        """Where a record is seen."""
        return self._record_url + record_id

    def ask(self, trigger: str, view: View) -> None:
        """Opens a form for whoever clicked; `trigger` is good for three seconds."""
        self._call(self._client.views_open, Unavailable, trigger_id=trigger, view=view)

    def post_overflow(self, channel: str, key: str, team: str) -> Posted:
        """Posts the message under which further hand-overs go as replies."""
        text, blocks = slack_messages.overflow(team)
        return self._post(channel, OVERFLOW, key, text=text, blocks=blocks)

    def tell_incident(self, channel: str, key: str, incident: Incident) -> Posted:
        """Posts an incident note; `AnswerLost` means that it may be there all the same."""
        text, blocks = slack_incident.incident(incident, self._record_url)
        return self._post(channel, INCIDENT, key, text=text, blocks=blocks)

    def tell_week(self, channel: str, key: str, told: WeeklyNote) -> Posted:
        """Posts a week's summary; likewise."""
        text, blocks = slack_week.week(told)
        return self._post(channel, WEEK, key, text=text, blocks=blocks)

    def tell(self, channel: str, words: str) -> None:
        """Posts our own words; a message whose answer is lost counts as told."""
        text, blocks = slack_messages.notice(words)
        text = escaped(text)
        with suppress(AnswerLost):
            self._call(
                self._client.chat_postMessage, AnswerLost, channel=channel, text=text, blocks=blocks
            )

    def remind(self, channel: str, waiting: Sequence[Waiting]) -> None:
        """Tells those in a channel, or a person, what waits for them; likewise."""
        text, blocks = slack_reminders.reminder(waiting, self._record_url)
        with suppress(AnswerLost):
            self._call(
                self._client.chat_postMessage,
                AnswerLost,
                channel=channel,
                text=text,
                blocks=blocks,
                unfurl_links=False,
                unfurl_media=False,
            )

    def find(self, channel: str, since: datetime) -> dict[str, Posted]:
        """The messages of this agent in a channel and its threads since a moment, by key."""
        said = self.said(channel, since)
        return {key: Posted(channel, one["ts"]) for one in said if (key := key_of(one))}

    def said(self, channel: str, since: datetime) -> Iterator[dict[str, Any]]:
        """Every message in a channel since a moment, each as Slack has it; see `find`.

        Of threads those that gather this agent's messages.
        """
        history, replies = self._client.conversations_history, self._client.conversations_replies
        for message in self._pages(history, channel=channel, oldest=f"{since.timestamp():.6f}"):
            yield message
            if (message.get("metadata") or {}).get("event_type") == OVERFLOW:
                for reply in self._pages(replies, channel=channel, ts=message["ts"]):
                    if reply["ts"] != message["ts"]:
                        yield reply

    def _post(self, channel: str, kind: str, key: str, **content: object) -> Posted:
        answer = self._call(
            self._client.chat_postMessage,
            AnswerLost,
            channel=channel,
            metadata={"event_type": kind, "event_payload": {"key": key}},
            unfurl_links=False,
            unfurl_media=False,
            **content,
        )
        return Posted(str(answer["channel"]), str(answer["ts"]))

    def _pages(
        self,
        method: Callable[..., SlackResponse],
        **query: str,
    ) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            page = self._call(
                method,
                Unavailable,
                limit=PAGE,
                include_all_metadata=True,
                cursor=cursor,
                **query,
            )
            yield from page["messages"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return

    def _call(
        self,
        method: Callable[..., SlackResponse],
        lost: type[ConnectorError],
        **arguments: object,
    ) -> dict[str, Any]:
        """A call's answer; `lost` is what a missing one means for it."""
        return patiently(lambda: self._once(method, lost, arguments), self._sleep)

    def _once(
        self,
        method: Callable[..., SlackResponse],
        lost: type[ConnectorError],
        arguments: Mapping[str, object],
    ) -> dict[str, Any]:
        try:
            answer = method(**arguments).data
        except SlackApiError as exc:
            raise _refused(exc, lost) from exc
        except URLError as exc:
            never_left = isinstance(exc.reason, ConnectionRefusedError | gaierror)
            kind = Unavailable if never_left else lost
            raise kind("slack", "CONNECT", UNREACHABLE) from exc
        except (OSError, HTTPException) as exc:
            raise lost("slack", "CUT", "the connection was cut") from exc
        except (SlackClientError, ValueError, AttributeError) as exc:
            raise lost("slack", "TORN", UNREADABLE) from exc
        return answer if isinstance(answer, dict) else {}


class _NoRedirect(HTTPRedirectHandler):
    """A redirect is an error: the vendor's client would take the token along."""

    def redirect_request(self, *_: object) -> None:
        """Follows none."""


class _Client(WebClient):
    """The vendor's client, with every request put onto the record and none redirected."""

    def __init__(self, calls: CallLog, guard: Pass, **options: Any) -> None:  # noqa: ANN401 - the vendor's options
        super().__init__(**options)
        self._calls, self._guard = calls, guard
        self.scopes: frozenset[str] = frozenset()
        self._opener = build_opener(_NoRedirect, HTTPSHandler(context=self.ssl))

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        """The one place where the vendor's client opens a connection for what we call."""
        self._guard(outgoing("slack", req.get_method(), url, _given(req)))
        begun, status = time.monotonic(), None
        try:
            with self._opener.open(req, timeout=self.timeout) as response:
                status = response.status
                self._calls.tell_time("slack", response.headers.get("Date"))
                told = response.headers.get("x-oauth-scopes", "")
                self.scopes = frozenset(filter(None, map(str.strip, told.split(","))))
                body = response.read().decode("utf-8")
        except URLError as exc:
            status = getattr(exc, "code", None)
            raise
        finally:
            self._calls.add(
                Called(
                    system="slack",
                    method=req.get_method(),
                    path=urlsplit(url).path,
                    status=status,
                    seconds=round(time.monotonic() - begun, 3),
                ),
            )
        return {"status": status, "headers": response.headers, "body": body}


def silent_client(token: str, url: str, calls: CallLog, guard: Pass) -> _Client:
    """The vendor's client with our limits, which tries nothing again and logs nothing."""
    return _Client(
        calls,
        guard,
        token=token,
        base_url=url,
        timeout=TIMEOUT,
        logger=_silent(),
        retry_handlers=[],
    )


def _given(request: Request) -> dict[str, Any]:
    """A call's arguments, of JSON or of a form."""
    text = request.data.decode() if isinstance(request.data, bytes) else ""
    if "json" in str(request.get_header("Content-type")):
        found: dict[str, Any] = json.loads(text or "{}")
        return found
    return dict(parse_qsl(text))


def _silent() -> logging.Logger:
    """The vendor's client logs what it sends, which holds people's data."""
    logger = logging.getLogger("triage_agent.slack_sdk")
    logger.disabled = True
    return logger


def _refused(exc: SlackApiError, lost: type[ConnectorError]) -> ConnectorError:
    status, data = exc.response.status_code, exc.response.data
    given = str(data.get("error")) if isinstance(data, dict) else ""
    if status == HTTPStatus.OK and not _CODE.fullmatch(given):
        return lost("slack", "TORN", UNREADABLE)
    code = given if _CODE.fullmatch(given) else str(status)
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in _BUSY:
        wait = retry_after(exc.response.headers)
        return Unavailable("slack", code, "limits the rate of requests", wait)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or code in _UNSURE:
        return lost("slack", code, f"answered {status}")
    if code in _CREDENTIALS:
        return NotLetIn("slack", code, "refuses the token")
    return Rejected("slack", code, "refused the request")


def key_of(message: dict[str, Any]) -> str | None:
    """The key that a message of this agent carries; None of any other."""
    metadata = message.get("metadata") or {}
    return (metadata.get("event_payload") or {}).get("key")
