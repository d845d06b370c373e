"""What Salesforce says of its daily requests is heard from whatever it answers."""

from contextlib import suppress

import pytest

from tests.connectors.conftest import LogIn, Serve
from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.salesforce.client import SalesforceClient
from triage_agent.decision.run_events import Allowance
from triage_agent.errors import Rejected

TOLD = {
    "api-usage=25/5000": (25, 5000),
    "api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)": (25, 5000),
    "per-app-api-usage=17/250(appName=sample-connected-app);api-usage=25/5000": (25, 5000),
    "api-usage=10018/100000; api-bursts=1/750": (10018, 100_000),
    "api-usage=5100/5000": (5100, 5000),
    "per-app-api-usage=17/250(appName=sample-connected-app)": None,
    "api-usage=25/0": None,
    "api-usage=-1/5000": None,
    "api-usage=a few/5000": None,
    "api-usage=25": None,
    f"api-usage=25/{'9' * 12}": None,
    "": None,
}


@pytest.mark.parametrize("header", TOLD)
def test_each_documented_form_is_read(
    serve: Serve, log_in: LogIn, calls: CallLog, header: str
) -> None:
    """The whole org's numbers, not an app's; what can't be read is as if nothing were said."""
    base, _ = serve({"headers": {"Sforce-Limit-Info": header}})
    log_in(base).get("limits")
    wanted = TOLD[header]

    assert calls.allowance == (Allowance(used=wanted[0], of=wanted[1]) if wanted else None)


def test_what_was_told_last_stands(serve: Serve, log_in: LogIn, calls: CallLog) -> None:
    """Until an answer tells anew: one that says nothing of it takes nothing back."""
    told = [{"headers": {"Sforce-Limit-Info": f"api-usage={used}/5000"}} for used in (7, 9)]
    base, _ = serve(*told, {})
    client = log_in(base)
    for _ in range(3):
        client.get("limits")

    assert Allowance(used=9, of=5000) == calls.allowance


def test_the_sandbox_tells_it(salesforce: SalesforceClient, calls: CallLog) -> None:
    """With every answer, a refusal as well; each request is one more."""
    used = []
    for ask in (lambda: salesforce.query("SELECT Id FROM Lead"), lambda: salesforce.get("nothing")):
        with suppress(Rejected):
            ask()
        assert calls.allowance
        assert 100_000 == calls.allowance.of
        used.append(calls.allowance.used)

    assert used[0] + 1 == used[1]
