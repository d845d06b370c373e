"""The people of the org: the sessions that they act by, and what they do where no API reaches.

To merge and to convert leads is done in the user interface; the REST API has nothing for it. Both
take the org as it is for whoever does it, change the store or raise a `Refusal`; callers are within
`store.changing()`.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from triage_agent.sandbox.content import own_yaml
from triage_agent.sandbox.salesforce import history, ids, records
from triage_agent.sandbox.salesforce.org import Org, now
from triage_agent.sandbox.salesforce.permissions import administrator
from triage_agent.sandbox.salesforce.refusals import Refusal
from triage_agent.sandbox.store import Record

_AGENT_TOKEN = "sandbox"  # noqa: S105 - a sandbox's token is meant to be known


def sessions(org: Org) -> dict[str, Org]:
    """The org by each known token: `sandbox` for the running user, `sandbox-USER_ID` for all."""
    users = [user["Id"] for user in org.store.records("User") if user["IsActive"]]
    return {_AGENT_TOKEN: org, **{token(user): _seen_by(user, org) for user in users}}


def token(user: str) -> str:
    return f"{_AGENT_TOKEN}-{user}"


def from_web(org: Org, name: str, values: Mapping[str, Any]) -> str:
    """A record that a form on the web site brings, with its default creator's rights; its id."""
    creator = own_yaml(__package__, "org.yaml")["default_creator"]
    there = _seen_by(creator, org)
    nobodys = {"OwnerId": org.web_leads_queue, **values}
    return records.insert(there, there.visible[name], nobodys, auto_assign=False)


def merge(org: Org, winner: str, loser: str) -> None:
    """One lead goes into the recycle bin, and what belonged to it belongs to the other.

    Each field is as the winner has it, but that it was created when the older of the two was.
    """
    kept, gone = _lead(org, winner, "edit"), _lead(org, loser, "delete")
    if kept["Id"] == gone["Id"]:
        raise Refusal("INVALID_OPERATION", "a lead can't be merged with itself; name another loser")
    stamps = dict(org.stamps(now()))
    _move_tasks(org, gone, {"WhoId": kept["Id"], **stamps})
    oldest = min(kept, gone, key=lambda lead: lead["CreatedDate"])
    created = {name: oldest[name] for name in ("CreatedById", "CreatedDate")}
    after = {**kept, **created, **stamps}
    org.store.put("Lead", after)
    history.tell(org, org.objects["Lead"], after, history.LEAD_MERGED)
    records.delete(org, org.visible["Lead"], {**gone, "MasterRecordId": kept["Id"]})


def convert(org: Org, identifier: str) -> tuple[str, str]:
    """A lead becomes an account and a contact, but no opportunity; the ids of the two."""
    lead = _lead(org, identifier, "edit")
    if "ConvertLeads" not in org.permissions.of_user:
        raise records.no_access()
    account = _made(org, "Account", lead, {})
    contact = _made(org, "Contact", lead, {"AccountId": account})
    stamps = dict(org.stamps(now()))
    _move_tasks(org, lead, {"WhoId": contact, "WhatId": account, **stamps})
    after = {
        **lead,
        "Status": own_yaml(__package__, "org.yaml")["lead_conversion"]["Status"],
        "IsConverted": True,
        "ConvertedDate": datetime.now(UTC).date().isoformat(),
        "ConvertedAccountId": account,
        "ConvertedContactId": contact,
        **stamps,
    }
    org.store.put("Lead", after)
    history.tell_changes(org, org.objects["Lead"], lead, after)
    history.tell(org, org.objects["Lead"], after, history.LEAD_CONVERTED)
    return account, contact


def _seen_by(user: str, org: Org) -> Org:
    """The org for a person, who may do everything; for the running user it is as it is."""
    if user == org.running_user:
        return org
    return replace(org, running_user=user, granted=(administrator(org.objects),))


def _lead(org: Org, identifier: str, action: str) -> Record:
    """The live lead of that id, with which the user may do this; a converted one is read-only."""
    entity = org.entity("Lead")
    lead = org.seen("Lead", ids.canonical(identifier) or "") if entity else None
    if entity is None or lead is None or lead["IsDeleted"]:
        message = f"there is no lead {identifier!r} any more; name one that is there"
        raise Refusal("INVALID_CROSS_REFERENCE_KEY", message)
    records.check_access(org, entity, lead, action)
    if lead["IsConverted"]:
        raise records.converted()
    return lead


def _made(org: Org, name: str, lead: Record, more: Mapping[str, Any]) -> str:
    """A new record with what the lead has for it, and the lead's owner unless that is a queue."""
    entity = org.entity(name)
    if entity is None:
        raise records.no_access()
    owner = org.store.record("User", lead["OwnerId"])
    mapping = own_yaml(__package__, "org.yaml")["lead_conversion"][name]
    values = {
        target: lead[source]
        for source, target in mapping.items()
        if lead.get(source) is not None and entity.named(target)
    }
    values["OwnerId"] = owner["Id"] if owner and owner["IsActive"] else org.running_user
    return records.insert(org, entity, {**values, **more}, auto_assign=False)


def _move_tasks(org: Org, lead: Record, to: Mapping[str, str]) -> None:
    tasks = [task for task in org.store.records("Task") if task.get("WhoId") == lead["Id"]]
    for task in tasks:
        org.store.put("Task", {**task, **to})
