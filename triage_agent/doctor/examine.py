"""Looks at the three systems and the ledger, one after the other; what fails is a row as well."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.model import ModelConnector
from triage_agent.connectors.salesforce.client import SalesforceClient
from triage_agent.connectors.salesforce.inspecting import inspect
from triage_agent.connectors.slack import SlackConnector
from triage_agent.decision.prompts import Prompt
from triage_agent.decision.run_events import ExcessAllowed
from triage_agent.doctor import model, org, workspace
from triage_agent.doctor.finding import Finding, Kind, Report, System
from triage_agent.errors import OutsidePage, Rejected, TriageError
from triage_agent.ledger.store import AGENT, ORG, WORKSPACE, Ledger
from triage_agent.operating_model.grants import grants
from triage_agent.operating_model.schema import Page

CLOCK = 60
"""Seconds that a clock may be off: a signed login is good for three minutes."""


@dataclass(frozen=True)
class Patient:
    """What is looked at. `pinned`: the prompt's model is the one that has to answer."""

    page: Page
    prompt: Prompt
    salesforce: SalesforceClient
    slack: SlackConnector
    asker: ModelConnector
    ledger: Ledger
    calls: CallLog
    pinned: bool


def examine(patient: Patient, *, allow_excess: bool) -> Report:
    """Every finding, by kind and in the order in which it was found."""
    found = [
        *_safely("salesforce", partial(_org, patient)),
        *_safely("slack", partial(_workspace, patient)),
        *_safely("model", partial(_model, patient)),
        *_clocks(patient.calls),
    ]
    found.sort(key=lambda finding: [*Kind].index(finding.kind))
    allowed = {Kind.question, Kind.held, *([Kind.too_much] if allow_excess else [])}
    return Report(passes={one.kind for one in found} <= allowed, findings=tuple(found))


def allow(ledger: Ledger, report: Report, login: str, now: datetime) -> None:
    """Keeps on the ledger what is too much, and who let it pass."""
    excess = tuple(one.what for one in report.findings if one.kind is Kind.too_much)
    if excess:
        ledger.forget(AGENT)  # another process may have told of something since
        ledger.append(AGENT, now, [(AGENT, ExcessAllowed(login=login, excess=excess))])


def _safely(system: System, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except OutsidePage:
        raise  # a mistake of ours
    except TriageError as exc:
        yield Finding(
            kind=Kind.too_little,
            check="way_in",
            system=system,
            what=str(exc),
            cure="mend that, and look again",
        )


def _org(patient: Patient) -> Iterator[Finding]:
    page = patient.page
    users = [member.salesforce for team in page.teams.values() for member in team.members]
    seen = inspect(patient.salesforce, [*grants(page)], page.workflow.item.object, users)
    yield from _same(patient.ledger, ORG, seen.id)
    yield from org.findings(page, seen)


def _workspace(patient: Patient) -> Iterator[Finding]:
    identity, scopes = patient.slack.granted()
    refusals = {}
    for channel in workspace.read_channels(patient.page).values():
        try:
            patient.slack.may_read(channel)
        except Rejected as exc:
            refusals[channel] = exc.code
    yield from _same(patient.ledger, WORKSPACE, identity)
    seen = workspace.WorkspaceSeen(identity, scopes, refusals)
    yield from workspace.findings(patient.page, seen)


def _model(patient: Patient) -> Iterator[Finding]:
    return model.findings(patient.asker, patient.page, patient.prompt, pinned=patient.pinned)


def _same(ledger: Ledger, what: str, identity: str) -> Iterator[Finding]:
    """Whether the ledger is about this org or workspace, if it is about any yet."""
    known = ledger.identity(what)
    if known not in (None, identity):
        yield Finding(
            kind=Kind.different,
            check="ledger",
            system="ledger",
            what=f"it is about the {what} {known}, the credentials lead to {identity}",
            cure="correct them, or name another ledger with TRIAGE_LEDGER_URL",
        )


def _clocks(calls: CallLog) -> Iterator[Finding]:
    for system, seconds in calls.seconds_off.items():
        if abs(seconds) > CLOCK:
            way = "ahead of" if seconds > 0 else "behind"
            yield Finding(
                kind=Kind.different,
                check="clock",
                system=system,
                what=f"its clock is {abs(seconds):.0f} s {way} this machine's",
                cure="set this machine's clock by NTP; logins and signatures go by it",
            )
