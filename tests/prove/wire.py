"""Between agent and sandbox: carries requests out, but swallows answers, or dawdles."""

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

LATE = 4.5
"""Seconds on the way of a request whose sender is dead: less than posts are given to show."""
POST = "chat.postMessage"
PACES = {POST: 0.7, "chat/completions": 0.5}
"""Seconds that requests take: a post about as long as Slack makes it, an answer less than most."""


class Wire(ThreadingHTTPServer):
    """Passes all on as it is until one of its faults is set.

    `paced`: answers and posts take their time, so that not all messages go in one batch.
    `share`: of so many requests the answer is lost. `late`: what is found in a path, the how
    manieth time, and what ends its sender; the request is carried out a while after that.
    """

    daemon_threads = True

    def __init__(self, url: str, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.sandbox, self.share, self.cuts = url, 0.0, 0
        self.paced = False
        self.late: tuple[str, int, Callable[[], None]] | None = None
        self.arrived = threading.Event()
        self._met, self._seed = 0, seed
        self._seen: Counter[str] = Counter()
        self._counting = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def cuts_this(self, path: str) -> bool:
        """Whether the answer to one more request is lost: the same ones of each path each time."""
        name, _, _ = path.partition("?")
        with self._counting:
            self._seen[name] += 1
            chance = random.Random(f"{self._seed} {name} {self._seen[name]}")  # noqa: S311 - see above
            cut = chance.random() < self.share
            self.cuts += cut
            return cut

    def dawdle(self, path: str) -> bool:
        """Waits for as long as this request is on its way; whether it is the late one."""
        if self.paced:
            time.sleep(next((pace for end, pace in PACES.items() if path.endswith(end)), 0.0))
        if (late := self.late) is None:
            return False
        wanted, place, end = late
        with self._counting:
            self._met += bool(re.search(wanted, path))
            fatal = self._met == place and bool(re.search(wanted, path))
        if fatal:
            end()
            time.sleep(LATE)
        return fatal


@contextmanager
def wire(url: str, seed: int) -> Iterator[Wire]:
    """A wire that runs in threads of this process."""
    with Wire(url, seed) as between:
        thread = threading.Thread(target=between.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield between
        finally:
            between.shutdown()
            thread.join()


class _Passing(BaseHTTPRequestHandler):
    server: Wire

    def _pass(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # its sender was killed while it wrote
            return
        hop = ("host", "connection")
        headers = {name: v for name, v in self.headers.items() if name.lower() not in hop}
        url = self.server.sandbox + self.path
        late = self.server.dawdle(self.path)
        answer = requests.request(self.command, url, headers=headers, data=body, timeout=30)
        if late:
            self.server.arrived.set()
        if self.server.cuts_this(self.path):
            return
        with suppress(ConnectionError):  # who was killed doesn't hear it
            self.send_response(answer.status_code)
            for name in ("Content-Type", "Retry-After"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

    do_GET = do_POST = do_PATCH = do_DELETE = _pass  # noqa: N815 - the names of the methods

    def log_message(self, *_args: object) -> None:
        """Says nothing."""
