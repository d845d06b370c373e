"""The sandbox's own requests: to where an app listens, on this machine."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlencode, urlsplit

import h11

from triage_agent.errors import WrongUsage

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"
_CHUNK = 65_536  # bytes


def checked_url(text: str | None) -> str | None:
    """A Request URL, if any, that the sandbox may send to; else `WrongUsage`."""
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise WrongUsage(f"--request-url {text}: {error}; write http://127.0.0.1:3000/") from error
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK or not port:
        raise WrongUsage(
            f"--request-url {text}: the sandbox sends to this machine alone; "
            "write a URL like http://127.0.0.1:3000/slack/events"
        )
    return text


def signed(fields: Mapping[str, str], secret: str) -> tuple[dict[str, str], bytes]:
    """Headers and body of a form as Slack posts it."""
    body = urlencode(fields)
    now = str(int(time.time()))
    base = f"v0:{now}:{body}".encode()
    signature = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json,*/*",
        "User-Agent": _AGENT,
        "X-Slack-Request-Timestamp": now,
        "X-Slack-Signature": f"v0={signature}",
    }
    return headers, body.encode()


async def post(url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """Status and body of the answer; an `OSError` or h11's when there is none."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        connection = h11.Connection(h11.CLIENT)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        about = {"Host": parts.netloc, "Connection": "close", "Content-Length": str(len(body))}
        request = h11.Request(
            method="POST", target=target, headers=list({**about, **headers}.items())
        )
        for event in (request, h11.Data(data=body), h11.EndOfMessage()):
            writer.write(connection.send(event) or b"")
        return await _answer(connection, reader)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _answer(connection: h11.Connection, reader: asyncio.StreamReader) -> tuple[int, bytes]:
    status, content = 0, b""
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_CHUNK))
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            content += event.data
        elif isinstance(event, h11.ConnectionClosed):
            raise ConnectionResetError
    return status, content
