"""What is claimed is held against the records that a run finds, and against no others."""
# ruff: noqa: E501 - a case stands on one line, as in a table

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.jobs.conftest import Site

ASKS = "We have 40 technicians and would like to buy your scheduling software. Please call us."
THEIRS = {"Id": "acc-1", "Name": "Lind Heating", "Website": "https://www.lind-heating.example"}
OTHERS = {"Id": "acc-1", "Name": "Lindt Heating", "Website": "lindt-heating.example"}
JONAS, LENA = "005000000000003AAA", "005000000000005AAA"
MANAGER = f"Our account manager is Jonas Weber. {ASKS}"
KNOWN = {"Id": "con-1", "LastName": "Miles", "FirstName": "Bo", "Email": "ada@lind-heating.example"}
TOOK_OVER = {"Subject": "Bo Miles has left, Ada Lind took over", "WhoId": "con-1"}


def lead(text: str, context: dict[str, Any], **fields: object) -> dict[str, Any]:
    return {"Description": text, "context": context, **fields}


LEADS: list[tuple[dict[str, Any], str | None]] = [
    (lead(f"As a customer of yours: {ASKS}", {"Account": [{**THEIRS, "Type": "Prospect"}]}), "is_customer"),
    (lead(f"As a customer of yours: {ASKS}", {"Account": [{**OTHERS, "Type": "Prospect"}]}), None),
    (lead(ASKS, {"Account": [{**THEIRS, "NumberOfEmployees": 4000}]}, NumberOfEmployees=9), "company_size"),
    (lead(ASKS, {"Account": [{**THEIRS, "BillingCountry": "Canada"}]}, Country="Chile"), "company_country"),
    (lead(ASKS, {"Account": [{**THEIRS, "BillingCountry": "USA"}]}, Country="United States"), None),
    (lead(MANAGER, {"Account": [{**THEIRS, "OwnerId": LENA}]}, OwnerId=JONAS), "account_manager"),
    (lead(MANAGER, {"Account": [{**THEIRS, "OwnerId": JONAS}]}, OwnerId=LENA), None),
    (lead(ASKS, {"Contact": [KNOWN]}), "sender_name"),
    (lead(ASKS, {"Contact": [KNOWN], "Task": [TOOK_OVER]}), None),
]  # fmt: skip


@pytest.mark.parametrize(("given", "claim"), LEADS)
def test_claims_in_a_run(open_site: Callable[..., Site], given: dict[str, Any], claim: str | None) -> None:  # fmt: skip
    """An account is found by the domain of the address, its owner by it, a contact by the address."""
    (item,) = open_site([given]).sweep().items
    conflicts = [stop.topic for stop in item.stops if stop.rule == "conflicting_information"]

    assert [claim] * bool(claim) == conflicts


def test_the_owner_of_an_account_gets_no_task(open_site: Callable[..., Site]) -> None:
    """Whoever owns the account is read, and the record's own owner gets the task."""
    context = {"Account": [{**THEIRS, "OwnerId": LENA}]}
    site = open_site([lead(ASKS, context, OwnerId=JONAS)])
    site.sweep()
    (task,) = site.tasks().values()

    assert JONAS == task["OwnerId"]
