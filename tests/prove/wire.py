"""Between agent and sandbox: carries requests out, and now and then swallows the answer."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests


class Wire(ThreadingHTTPServer):
    """While `share` is above nothing, so many of the requests lose their answer."""

    daemon_threads = True

    def __init__(self, url: str, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.sandbox, self.share, self.cuts = url, 0.0, 0
        self._chance = random.Random(seed)  # noqa: S311 - to be the same again
        self._drawing = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def cuts_this(self) -> bool:
        """Whether the answer to one more request is lost."""
        with self._drawing:
            cut = self._chance.random() < self.share
            self.cuts += cut
            return cut


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
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        hop = ("host", "connection")
        headers = {name: v for name, v in self.headers.items() if name.lower() not in hop}
        url = self.server.sandbox + self.path
        answer = requests.request(self.command, url, headers=headers, data=body, timeout=30)
        if self.server.cuts_this():
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
