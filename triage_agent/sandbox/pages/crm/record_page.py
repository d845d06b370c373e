"""A record's page: what came in, what the agent wrote, what changed, what stands around it."""

from dataclasses import replace
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from triage_agent.sandbox.pages import site
from triage_agent.sandbox.pages.crm import acts, fields, lists, mentions, related, trail
from triage_agent.sandbox.pages.crm.mentions import Finder
from triage_agent.sandbox.salesforce.org import Org
from triage_agent.sandbox.salesforce.schema import Entity
from triage_agent.sandbox.store import Record

Tabs = dict[str, tuple[str, int]]

_FACTS = {
    "Lead": (
        *("Name", "Title", "Company", "Email", "Phone", "Website", "Industry", "NumberOfEmployees"),
        *("Country", "LeadSource", "CreatedDate"),
    ),
    "Case": (
        *("SuppliedName", "SuppliedCompany", "SuppliedEmail", "SuppliedPhone", "ContactId"),
        *("AccountId", "Product__c", "Priority", "Origin", "CreatedDate"),
    ),
    "Task": ("WhoId", "WhatId", "ActivityDate", "Priority", "CreatedDate", "CompletedDateTime"),
    "Account": (
        *("Type", "Website", "Industry", "Phone", "NumberOfEmployees", "BillingCountry"),
        *("Support_Plan__c", "OwnerId", "CreatedDate"),
    ),
    "Contact": ("AccountId", "Title", "Email", "Phone", "OwnerId", "CreatedDate"),
    "Opportunity": ("AccountId", "StageName", "Amount", "CloseDate", "OwnerId", "CreatedDate"),
    "Known_Issue__c": ("Product__c", "Status__c", "OwnerId", "CreatedDate"),
}
_STRIP = {
    "Lead": ("Status", "OwnerId"),
    "Case": ("Status", "OwnerId"),
    "Task": ("Status", "OwnerId"),
}
_SHOWN = 10
_CONVERTED = ("ConvertedAccountId", "ConvertedContactId")


def page(
    request: Request,
    entity: Entity,
    record: Record,
    *,
    tabs: Tabs,
    wrong: str | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    """`wrong`: what Salesforce has against what the visitor just did."""
    org = site.org_of(request)
    find = mentions.finder(site.workspace_of(request))
    return site.shown(
        request,
        "crm_record.html",
        status=status,
        tabs=tabs,
        wrong=wrong,
        record=record,
        **_said(org, entity, record),
        **_happened(org, entity, record),
        agent=_written(org, record, find) if fields.is_item(entity) else None,
        around=_around(org, entity, record, find),
        choices=acts.choices(org, entity, record),
        can_act=acts.user_org(request) is not None,
    )


def gone(request: Request, entity: Entity, record: Record, *, tabs: Tabs) -> Response:
    """A record that is in the recycle bin: who put it there, and where it went on."""
    org = site.org_of(request)
    master = record.get("MasterRecordId")
    return site.shown(
        request,
        "crm_gone.html",
        status=HTTPStatus.GONE,
        tabs=tabs,
        name=entity.name,
        kind=fields.singular(entity.name),
        title=fields.title(entity, record),
        at=record["LastModifiedDate"],
        by_whom=trail.who(org, record["LastModifiedById"]),
        master=f"/crm/{entity.name}/{master}" if master else None,
        about=fields.values(org, entity, record, ("WhoId", "WhatId")),
    )


def _said(org: Org, entity: Entity, record: Record) -> dict[str, object]:
    """What the record itself holds."""
    return {
        "name": entity.name,
        "kind": fields.singular(entity.name),
        "label": fields.label,
        "title": fields.title(entity, record),
        "subtitle": fields.subtitle(entity, record),
        "text": fields.texts(entity, record),
        "facts": fields.values(org, entity, record, _facts(entity)),
        "strip": fields.values(org, entity, record, _STRIP.get(entity.name, ())),
        "converted": fields.values(org, entity, record, _CONVERTED),
        "every": [
            (field, fields.value(org, field, record.get(name)))
            for name, field in entity.fields.items()
        ],
    }


def _facts(entity: Entity) -> tuple[str, ...]:
    """What stands beside its text, which has a place of its own."""
    if known := _FACTS.get(entity.name):
        return known
    short = [name for name in fields.own(entity) if not entity.fields[name].is_long]
    return (*short, "OwnerId", "CreatedDate")


def _happened(org: Org, entity: Entity, record: Record) -> dict[str, object]:
    changes = trail.changes(org, entity, record)
    return {
        "changes": changes,
        "marks": trail.last_by_field(changes),
        "maker": trail.maker(org, entity, record),
    }


def _written(org: Org, record: Record, find: Finder) -> dict[str, object]:
    """What the agent made of an item: its tag, its tasks with their drafts, its messages."""
    entity = org.objects["Task"]
    tasks = [
        task
        for task in lists.live(org, "Task")
        if record["Id"] in (task.get("WhoId"), task.get("WhatId"))
        and trail.is_made_by_agent(org, entity, task)
    ]
    told = find([record["Id"]]).get(record["Id"], [])
    return {
        "standing": lists.standing(record, has_task=bool(tasks), is_told=bool(told)),
        "tasks": [
            (t, fields.values(org, entity, t, ("OwnerId", "Status", "ActivityDate"))) for t in tasks
        ],
        "messages": told,
    }


def _around(
    org: Org, entity: Entity, record: Record, find: Finder
) -> list[tuple[str, str, lists.Listing]]:
    """Related records by object, each with its title; the first few of many."""
    return [
        (name, fields.plural(name), _short(org, org.objects[name], found, find))
        for name, found in related.around(org, entity.name, record)
    ]


def _short(org: Org, entity: Entity, found: list[Record], find: Finder) -> lists.Listing:
    return replace(lists.few(org, entity, found[:_SHOWN], find), total=len(found))
