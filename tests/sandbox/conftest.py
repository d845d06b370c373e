"""A sandbox for the tests, and the vendors' own clients on it."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError
from slack_sdk import WebClient

from tests.sandbox.slack_people import MAYA, App, Person, listening, no_answer
from tests.sandboxes import running
from triage_agent.sandbox.slack.timing import Timing

LEAD = {"LastName": "Ames", "Company": "Alpha"}
ACCOUNTS = [
    {"Name": "Hers", "OwnerId": "005000000000002AAA"},
    {"Name": "Its own", "OwnerId": "005000000000009AAA"},
]


class Client(Salesforce):
    """simple-salesforce as it is, with answers whose shape the tests know."""

    def restful(self, path: str, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - a JSON answer
        return super().restful(path, *args, **more)

    def refused(self, path: str, **more: Any) -> tuple[int, Any]:  # noqa: ANN401 - likewise
        """The status and the body that a request is refused with."""
        with pytest.raises(SalesforceError) as refusal:
            super().restful(path, **more)
        return refusal.value.status, refusal.value.content


Start = Callable[..., str]
Deploy = Callable[..., Path]
Faulty = Callable[..., str]
Connect = Callable[..., Client]


class Loopback(HTTPAdapter):
    """Sends what simple-salesforce addresses to a vendor's host to the sandbox instead."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:  # noqa: ANN401 - as its parent
        parts = urlsplit(str(request.url))
        request.url = str(request.url).replace(f"{parts.scheme}://{parts.netloc}", self._url, 1)
        return super().send(request, *args, **more)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A sandbox in memory, without leads, shared by a module's tests."""
    with running(state=None, leads=None) as base:
        yield base


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts sandboxes of a test's own: `start(state=…, leads=…)`, each given its base URL."""
    with ExitStack() as stack:

        def started(
            *,
            state: Path | None = None,
            leads: Path | None = None,
            faults: Path | None = None,
            deployed: Path | None = None,
            request_url: str | None = None,
            timing: Timing | None = None,
        ) -> str:
            return stack.enter_context(
                running(
                    state=state,
                    leads=leads,
                    faults=faults,
                    deployed=deployed,
                    request_url=request_url,
                    timing=timing or Timing(),
                )
            )

        yield started


@pytest.fixture
def faulty(start: Start, tmp_path: Path) -> Faulty:
    """Starts a sandbox with faults of whole systems: `faulty("{fault: …}", …)`; its base URL."""

    def started(*faults: str, deployed: Path | None = None) -> str:
        path = tmp_path / "faults.yaml"
        path.write_text("\n  - ".join(["org:", *faults]))
        leads = tmp_path / "leads.jsonl"
        leads.write_text(json.dumps({"lead": LEAD, "context": {"Account": ACCOUNTS}}))
        return start(faults=path, deployed=deployed, leads=leads)

    return started


@pytest.fixture
def deploy(tmp_path: Path) -> Deploy:
    """Writes a permission set, `deploy(on_object("Lead", "Read"), …)`; the project it is in."""

    def deployed(*elements: str, name: str = "Agent") -> Path:
        folder = tmp_path / "project/force-app/main/default/permissionsets"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.permissionset-meta.xml").write_text(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata">'
            f"<hasActivationRequired>false</hasActivationRequired><label>{name} Access</label>"
            f"{''.join(elements)}</PermissionSet>\n"
        )
        return tmp_path / "project"

    return deployed


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Logs in to a sandbox: by the known token, or as the keywords of the client say."""
    with ExitStack() as stack:

        def connected(url: str, **login: Any) -> Client:  # noqa: ANN401 - the client's own keywords
            session = stack.enter_context(requests.Session())
            session.mount("https://", Loopback(url))
            known: dict[str, Any] = {"session_id": "sandbox", "instance_url": url}
            return Client(session=session, version="64.0", **(login or known))

        yield connected


@pytest.fixture
def salesforce(url: str, connect: Connect) -> Client:
    return connect(url)


@pytest.fixture
def slack(url: str) -> WebClient:
    return WebClient("xoxb-sandbox", base_url=f"{url}/api/")


@pytest.fixture(scope="module")
def listener() -> Iterator[App]:
    with listening(App()) as found:
        yield found


@pytest.fixture(scope="module")
def told_url(listener: App) -> Iterator[str]:
    """A sandbox that tells the listener what people do in Slack, shared by a module's tests."""
    with running(state=None, leads=None, request_url=listener.url) as url:
        yield url


@pytest.fixture
def app(listener: App) -> App:
    """An app that was told nothing yet, and acknowledges all."""
    listener.told.clear()
    listener.answer = no_answer
    return listener


@pytest.fixture
def bot(told_url: str) -> WebClient:
    return WebClient("xoxb-sandbox", base_url=f"{told_url}/api/")


@pytest.fixture
def maya(told_url: str) -> Person:
    return Person(told_url, MAYA)
