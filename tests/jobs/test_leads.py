"""Leads as strangers write them: whatever they hold, each becomes one item and one outcome."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.jobs.conftest import Json, Site
    from triage_agent.jobs.report import ItemReport

TEXT = "We have 40 technicians and would like to buy your scheduling software. Please call us."
HOSTILE = '<!channel> <http://evil.example|our site> @here *b* `c` "q" \\n \\ {{ 7*7 }} &lt;'
EVERYWHERE: dict[str, str | None] = {
    "FirstName": HOSTILE[:40],
    "Description": f"{HOSTILE}\nI dispute your invoice.",
    **dict.fromkeys(("LastName", "Company", "Title", "Country", "Website"), HOSTILE),
}
LEADS: dict[str, dict[str, str | None]] = {
    "nulls": dict.fromkeys(
        ("FirstName", "Email", "Phone", "Title", "Industry", "Country", "Website", "Description"),
    ),
    "long": {"Description": (TEXT + " ") * 363 + "The end."},
    "emoji": {"Company": "🔧🚚 Repairs 👩🏽‍🔧", "Description": f"👋🏽 {TEXT} 🙏"},
    "right to left": {"Company": "\u202egnitaeH", "Description": f"\u202e{TEXT}\u202c شكرا"},
    "zero width": {"Company": "Li\u200bnd", "Description": TEXT.replace("buy", "b\u200bu\u200by")},
    "quotes": {"LastName": 'O\'Brien \\ "Bob"', "Description": f"{TEXT} It's \\' or \" OR ''='"},
    "markup": EVERYWHERE,
    "a control character": {"Description": f"{TEXT} \x07\x1b[31mred"},
}


@pytest.fixture(scope="module")
def items(open_site: Callable[..., Site]) -> tuple[Site, dict[str, ItemReport]]:
    """A site after one run, and what became of each of `LEADS`."""
    leads = [{"Email": f"{n}@lind.example", **lead} for n, lead in enumerate(LEADS.values())]
    site: Site = open_site(leads)
    order = list(site.leads())
    found = {item.record_id: item for item in site.sweep().items}
    return site, {name: found[order[n]] for n, name in enumerate(LEADS)}


@pytest.mark.long
@pytest.mark.parametrize("name", LEADS)
def test_every_lead_has_one_outcome(items: tuple[Site, dict[str, ItemReport]], name: str) -> None:
    """It ends with its tag and either a task or a hand-over, and never with both."""
    site, found = items
    item = found[name]
    task = f"{item.item_id}.create_task" in site.tasks()
    message = f"{item.item_id}.escalate" in site.messages()

    assert item.status in ("settled", "escalated")
    assert (item.status == "settled", item.status == "escalated") == (task, message)
    assert item.category == site.leads()[item.record_id]["Triage_Category__c"]


@pytest.mark.parametrize("name", ["long", "emoji", "right to left", "zero width", "quotes"])
def test_odd_letters_do_not_hide_a_request(
    items: tuple[Site, dict[str, ItemReport]],
    name: str,
) -> None:
    """A plain wish to buy is understood in any dress."""
    assert "new_business" == items[1][name].category


def test_nothing_is_missing_data(items: tuple[Site, dict[str, ItemReport]]) -> None:
    """A lead of nulls stops for what is missing, without a call of the model."""
    site, found = items
    stops = {(stop.rule, stop.topic) for stop in found["nulls"].stops}
    kinds = [happened.event.kind for happened in site.events(found["nulls"].item_id)]

    assert {("missing_data", "Email"), ("missing_data", "request")} == stops
    assert "ModelCalled" not in kinds


def test_markup_stays_text(items: tuple[Site, dict[str, ItemReport]]) -> None:
    """What a stranger wrote is nowhere in Slack where it would be read as markup or as a link."""
    messages = items[0].messages().values()
    texts = [message["text"] for message in messages]
    markup = [e for m in messages for e in _objects(m) if e.get("type") == "mrkdwn"]
    links = [e["url"] for m in messages for e in _objects(m) if e.get("type") == "link"]

    assert any("&lt;!channel&gt;" in text for text in texts)
    assert [] == [text for text in texts if "<" in text]
    assert [] == markup
    assert {items[0].url} == {link.rpartition("/")[0] for link in links}


def _objects(value: object) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _objects(inner)


def test_hostile_text_reaches_the_crm_as_it_is(
    items: tuple[Site, dict[str, ItemReport]],
) -> None:
    """Every string of the CRM and of Slack is one that JSON and UTF-8 can carry."""
    state = items[0].state()

    assert json.loads(json.dumps(state).encode()) == state


def test_two_requests_of_one_person_are_two_items(open_site: Callable[..., Site]) -> None:
    """The same words a second apart become two items with an outcome each."""
    pair = [{"CreatedDate": f"2026-11-19T09:00:0{second}.000+0000"} for second in (0, 1)]
    site = open_site(pair)
    report = site.sweep()

    assert 2 == len({item.item_id for item in report.items})
    assert {f"{item.item_id}.create_task" for item in report.items} == set(site.tasks())
    assert set(site.leads()) == {task["WhoId"] for task in site.tasks().values()}


@pytest.mark.long
def test_an_edited_request_is_a_new_item(open_site: Callable[..., Site]) -> None:
    """Another text becomes another item that names the one before it; another phone doesn't."""
    site = open_site([{}])
    (old,) = site.sweep().items
    site.edit(old.record_id, Phone="+49 711 5550 1420")
    unchanged = site.sweep()
    site.edit(old.record_id, Description="I dispute your invoice and will go to court.")
    (new,) = site.sweep().items
    received = site.events(new.item_id)[0].event

    assert [] == unchanged.items
    assert ("settled", "escalated") == (old.status, new.status)
    assert received.kind == "Received"
    assert old.item_id == received.replaces
    assert old.item_id != new.item_id
