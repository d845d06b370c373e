"""The people of the org, who act by sessions of their own: what they may do is not what we may."""

from dataclasses import replace

from triage_agent.sandbox.salesforce.org import Org
from triage_agent.sandbox.salesforce.permissions import administrator

_AGENT_TOKEN = "sandbox"  # noqa: S105 - a sandbox's token is meant to be known


def sessions(org: Org) -> dict[str, Org]:
    """The org by each known token: `sandbox` for the running user, `sandbox-USER_ID` for all."""
    users = [user["Id"] for user in org.store.records("User") if user["IsActive"]]
    return {_AGENT_TOKEN: org, **{token(user): _seen_by(user, org) for user in users}}


def token(user: str) -> str:
    return f"{_AGENT_TOKEN}-{user}"


def _seen_by(user: str, org: Org) -> Org:
    """The org for a person, who may do everything; for the running user it is as it is."""
    if user == org.running_user:
        return org
    return replace(org, running_user=user, granted=(administrator(org.objects),))
