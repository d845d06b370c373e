"""The records around one: of the same people, the same company, the same mail domain."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from triage_agent.sandbox.pages.crm.lists import folded, live
from triage_agent.sandbox.pages.crm.remembered import Remembered
from triage_agent.sandbox.salesforce.org import Org
from triage_agent.sandbox.store import Record, Store

_OF_ACCOUNT = ("AccountId", "ConvertedAccountId")
_OF_CONTACT = ("ContactId", "ConvertedContactId", "WhoId")
_MAIL = ("Email", "SuppliedEmail")
_COMPANY = ("Company", "SuppliedCompany")

_FOLDED = Remembered[set[str]]()
"""Of each lead or case its addresses and companies."""

_Wanted = Callable[[Record], bool]


@dataclass(frozen=True)
class Circle:
    """What the records around one have in common with it."""

    itself: str
    accounts: frozenset[str]
    contacts: frozenset[str]
    mails: frozenset[str]
    companies: frozenset[str]
    domains: frozenset[str]


def around(org: Org, name: str, record: Record) -> Iterator[tuple[str, list[Record]]]:
    """By object, the newest first; not the record itself."""
    circle = _circle(org, name, record)
    for other, wanted in _wanted(org.store, circle).items():
        found = [one for one in live(org, other) if one["Id"] != record["Id"] and wanted(one)]
        if found:
            yield other, sorted(found, key=lambda one: one["CreatedDate"], reverse=True)


def domain(text: str | None) -> str:
    """Of an address or a web site as somebody typed it; empty where there is none."""
    text = folded(text or "").strip()
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.") if "." in host else ""


def _circle(org: Org, name: str, record: Record) -> Circle:
    mails = _texts(record, _MAIL)
    domains = _domains(record)
    known = _values(record, _OF_CONTACT)
    people = [
        one
        for one in live(org, "Contact")
        if one["Id"] in known or _texts(one, _MAIL) & mails or one.get("AccountId") == record["Id"]
    ]
    accounts = _values(record, _OF_ACCOUNT) | {record["Id"] if name == "Account" else ""}
    if name != "Account":
        accounts |= {one["AccountId"] for one in people if one.get("AccountId")}
        accounts |= {
            one["Id"] for one in live(org, "Account") if domain(one.get("Website")) in domains
        }
    return Circle(
        itself=record["Id"],
        accounts=frozenset(accounts - {""}),
        contacts=frozenset(one["Id"] for one in people),
        mails=frozenset(mails),
        companies=frozenset(_texts(record, _COMPANY)),
        domains=frozenset(domains if name == "Account" else ()),
    )


def _wanted(store: Store, circle: Circle) -> dict[str, _Wanted]:
    known = circle.mails | circle.companies

    def is_theirs(one: Record) -> bool:
        return bool(_values(one, _OF_ACCOUNT) & circle.accounts)

    def is_task(one: Record) -> bool:
        return bool(
            _values(one, ("WhoId", "WhatId")) & {circle.itself, *circle.contacts, *circle.accounts}
        )

    def is_item(one: Record) -> bool:
        folded_texts = partial(_texts, one, (*_MAIL, *_COMPANY))
        return bool(
            _FOLDED.of(store, one["Id"], one, folded_texts) & known
            or is_theirs(one)
            or (circle.domains and _domains(one) & circle.domains)
        )

    return {
        "Task": is_task,
        "Account": lambda one: one["Id"] in circle.accounts,
        "Contact": lambda one: one["Id"] in circle.contacts,
        "Opportunity": is_theirs,
        "Lead": is_item,
        "Case": is_item,
    }


def _domains(record: Record) -> set[str]:
    sites = [record.get("Website"), *_values(record, _MAIL)]
    return {*map(domain, sites)} - {""}


def _values(record: Record, names: tuple[str, ...]) -> set[str]:
    return {record[name] for name in names if record.get(name)}


def _texts(record: Record, names: tuple[str, ...]) -> set[str]:
    return {folded(text).strip() for text in _values(record, names)}
