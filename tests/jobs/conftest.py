"""A sandbox with a project and runs on both, and a model that answers as a test says."""

from __future__ import annotations

import json
import re
import threading
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest
import requests

from tests.conftest import KINDS, Kind, NewLedger
from tests.sandboxes import running
from triage_agent import wiring
from triage_agent.jobs.sweep import sweep
from triage_agent.ledger import chain
from triage_agent.project import read_prices, read_rules
from triage_agent.sandbox import server
from triage_agent.sandbox.salesforce.org import Org, now, org_on
from triage_agent.settings import Settings
from triage_agent.targets import Target, systems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from triage_agent.decision.events import Event, Happened
    from triage_agent.decision.item import Mode
    from triage_agent.jobs.parts import Parts, Rules
    from triage_agent.jobs.report import RunReport
    from triage_agent.ledger.store import Ledger

HOME = Path(__file__).parent.parent.parent
USUAL = {
    "FirstName": "Ada",
    "LastName": "Lind",
    "Company": "Lind Heating",
    "Email": "ada@lind-heating.example",
    "LeadSource": "Web",
    "Status": "Open - Not Contacted",
    "CreatedDate": "2026-11-19T09:00:00.000+0000",
    "Description": "We have 40 technicians and look for scheduling software. "
    "Could your sales team contact us about buying it?",
}
"""A lead that the baseline settles: anything else is what a test changes of it."""

Json = dict[str, Any]


@dataclass
class Site:
    """One sandbox, one project whose ledger is about it, and the runs on both."""

    url: str
    project: Path
    rules: Rules
    settings: Settings = field(default_factory=Settings)
    sleep: Callable[[float], None] = lambda _seconds: None
    org: Org | None = None

    @property
    def target(self) -> Target:
        return Target(self.project, sandbox_url=self.url)

    def sweep(
        self,
        mode: Mode = "live",
        *,
        limit: int | None = None,
        only: str | None = None,
    ) -> RunReport:
        """One run."""
        with self.parts(mode) as parts:
            return sweep(parts, limit=limit, only=only)

    @contextmanager
    def parts(self, mode: Mode = "live") -> Iterator[Parts]:
        """What `run` joins, with nobody who waits."""
        with systems(self.target, self.settings) as found, self.ledger() as ledger:
            terms = wiring.Terms(self.rules, read_prices(HOME), mode)
            brake = wiring.brake_of(self.target, self.settings, ledger)
            joined = wiring.join(found, terms, ledger, brake, self.sleep)
            with closing(joined) as parts:
                yield parts

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        with closing(wiring.open_ledger(self.target)) as ledger:
            yield ledger

    def events(self, stream: str) -> list[Happened]:
        """All that the ledger holds of an item or a run."""
        with self.ledger() as ledger:
            return ledger.events(stream)

    def last_word(self, stream: str) -> Event:
        """What happened last in a run, but for its anchor."""
        told = [happened.event for happened in self.events(stream)]
        return next(event for event in reversed(told) if event.kind != "Anchored")

    def streams(self) -> list[str]:
        """Every stream of the ledger, oldest first."""
        with self.ledger() as ledger:
            return ledger.streams()

    def faults(self) -> list[str]:
        """What is wrong with the chain of any stream."""
        with self.ledger() as ledger:
            return [f for s in self.streams() for f in chain.check(ledger.sealed(s))]

    def state(self) -> Json:
        """All that the sandbox shows."""
        state: Json = requests.get(f"{self.url}/sandbox/state", timeout=10).json()
        return state

    def leads(self) -> dict[str, Json]:
        """The leads by id."""
        return {lead["Id"]: lead for lead in self.state()["salesforce"]["Lead"]}

    def tasks(self) -> dict[str, Json]:
        """The tasks that carry a key, by it; a key that is there twice fails the test."""
        return _by_key(
            (task.get("Triage_Key__c"), task) for task in self.state()["salesforce"]["Task"]
        )

    def messages(self) -> dict[str, Json]:
        """The messages that hand over, and those above them, by their keys, likewise."""
        return {**self.posted("triage_hand_over"), **self.posted("triage_overflow")}

    def posted(self, kind: str) -> dict[str, Json]:
        """The messages of a kind, as their metadata call it, by their keys, likewise."""
        every = [one for messages in self.state()["slack"].values() for one in messages]
        return _by_key(
            (one["metadata"]["event_payload"]["key"], one)
            for one in every
            if one.get("metadata", {}).get("event_type") == kind
        )

    def edit(self, record_id: str, **fields: object) -> None:
        """Changes a lead as a person would in the CRM."""
        requests.patch(
            f"{self.url}/services/data/v62.0/sobjects/Lead/{record_id}",
            json=fields,
            headers={"Authorization": "Bearer sandbox", "Sforce-Auto-Assign": "FALSE"},
            timeout=10,
        ).raise_for_status()

    def delete(self, record_id: str) -> None:
        """Deletes a lead as a person would."""
        requests.delete(
            f"{self.url}/services/data/v62.0/sobjects/Lead/{record_id}",
            headers={"Authorization": "Bearer sandbox"},
            timeout=10,
        ).raise_for_status()

    def convert(self, record_id: str) -> None:
        """Converts a lead as a person would; there is no REST call for it."""
        self._put(record_id, IsConverted=True, Status="Closed - Converted")

    def merge(self, record_id: str, into: str) -> None:
        """Merges a lead into another as a person would, likewise."""
        self._put(record_id, IsDeleted=True, MasterRecordId=into)

    def _put(self, record_id: str, **fields: object) -> None:
        assert self.org
        lead = self.org.store.record("Lead", record_id)
        assert lead
        with self.org.store.changing():
            self.org.store.put("Lead", {**lead, **fields, **dict(self.org.stamps(now()))})


def _by_key(pairs: Iterator[tuple[str | None, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, value in pairs:
        if key is not None:
            assert key not in found
            found[key] = value
    return found


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    """What a site's ledger lies in, each in turn."""
    kind: Kind = request.param
    return kind


@pytest.fixture(scope="session")
def rules() -> Rules:
    """The shipped page, prompts and patterns, read once."""
    return read_rules(HOME)


@pytest.fixture(scope="module")
def open_site(
    tmp_path_factory: pytest.TempPathFactory, rules: Rules, new_ledger: NewLedger
) -> Iterator[Any]:
    """Opens a site: `open_site([{"Company": "Acme"}])`, or with the path of a lead file.

    Each lead is `USUAL` but for what is given; `context` stands beside it in the file. With
    `model` the site asks that one instead of the baseline; `faults` is the text of a fault file,
    with `kind="postgres"` its ledger lies there.
    """
    with ExitStack() as stack:

        def kept(*given: Any) -> Org:  # noqa: ANN401 - as `org_on`
            orgs.append(org_on(*given))
            return orgs[-1]

        orgs: list[Org] = []
        stack.enter_context(pytest.MonkeyPatch.context()).setattr(server, "org_on", kept)

        def opened(
            leads: Path | Sequence[Mapping[str, Any]],
            model: Model | None = None,
            faults: str | None = None,
            kind: Kind = "sqlite",
        ) -> Site:
            folder = tmp_path_factory.mktemp("site")
            if kind == "postgres":
                (folder / ".env").write_text(f"TRIAGE_LEDGER_URL={new_ledger(kind)}\n")
            path = leads if isinstance(leads, Path) else written(folder / "leads.jsonl", leads)
            file = folder / "faults.yaml" if faults else None
            if file:
                file.write_text(str(faults), encoding="utf-8")
            url = stack.enter_context(running(state=None, leads=path, faults=file))
            settings = Settings(openai_base_url=model.url) if model else Settings()
            return Site(url, folder, rules, settings, org=orgs[-1])

        yield opened


def written(path: Path, leads: Sequence[Mapping[str, Any]]) -> Path:
    """A lead file."""
    lines = []
    for lead in leads:
        fields = {**USUAL, **lead}
        context = fields.pop("context", {})
        lines.append(json.dumps({"lead": fields, "context": context}) + "\n")
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def write_leads(tmp_path: Path) -> Any:  # noqa: ANN401 - a function, typed above
    """Writes a lead file for a test: `write_leads({"Company": "Acme"}, …)`."""
    return lambda *leads: written(tmp_path / "leads.jsonl", leads)


@dataclass(frozen=True)
class Reply:
    """What a model's server answers; `hangs`: nothing, until the test is over."""

    content: str | None = None
    refusal: str | None = None
    finish: str = "stop"
    status: int = 200
    choices: int = 1
    hangs: bool = False

    def body(self) -> bytes:
        """The answer as chat completions are documented; it took 900 tokens in and 60 out."""
        message = {"role": "assistant", "content": self.content, "refusal": self.refusal}
        choice = {"index": 0, "message": message, "finish_reason": self.finish, "logprobs": None}
        usage = {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960}
        answer = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 0,
            "model": "gpt-4.1-mini-2025-04-14",
            "choices": [choice] * self.choices,
            "usage": usage,
        }
        error = {"error": {"message": "no", "type": "error", "code": "refused_here"}}
        return json.dumps(answer if self.status == requests.codes.ok else error).encode()


def assessment(**changes: object) -> Reply:
    """A filled first form."""
    form = {
        "category": "new_business",
        "confidence": 0.95,
        "summary": "They want to buy scheduling software.",
        "language": "en",
        "flags": [],
        "claims": [],
    }
    return Reply(json.dumps({**form, **changes}))


def draft(text: str = "Thank you. How many technicians do you have?") -> Reply:
    """A filled second form."""
    return Reply(json.dumps({"language": "en", "text": text}))


class Model:
    """A server of chat completions. `replies` by company and form; what isn't there is good."""

    def __init__(self) -> None:
        self.replies: dict[str, dict[str, Reply]] = {}
        self.asked: list[tuple[str, str]] = []
        self.most_at_once = 0
        self._at_once = 0
        self._counting = threading.Lock()
        self._over = threading.Event()
        self._server = _Listening(("127.0.0.1", 0), _Answering, self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def reply(self, request: Json) -> Reply:
        """What is answered, once the question has been noted."""
        form = request["response_format"]["json_schema"]["name"]
        found = re.search(r'"Company": "([^"]*)"', request["messages"][-1]["content"])
        company = found[1] if found else ""
        self.asked.append((company, form))
        reply = self.replies.get(company, {}).get(form)
        if reply and reply.hangs:
            self._over.wait()
        return reply or (assessment() if form == "assessment" else draft())

    @contextmanager
    def counted(self) -> Iterator[None]:
        """One more question that is being answered."""
        with self._counting:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        yield
        with self._counting:
            self._at_once -= 1

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Listening(ThreadingHTTPServer):
    def __init__(self, address: tuple[str, int], handler: Any, model: Model) -> None:  # noqa: ANN401 - a handler's class
        super().__init__(address, handler)
        self.model = model


class _Answering(BaseHTTPRequestHandler):
    server: _Listening

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        with self.server.model.counted():
            reply = self.server.model.reply(json.loads(self.rfile.read(length)))
        if reply.hangs:
            return
        body = reply.body()
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("retry-after-ms", "1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def new_model() -> Iterator[Any]:
    """Starts models of a module's own: `new_model()`."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(Model())
