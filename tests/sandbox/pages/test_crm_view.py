"""The CRM's pages: lists, search, records, what changed, and what a visitor does there."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk import WebClient

from tests.sandbox.conftest import Client, Connect, Start
from tests.sandbox.pages.crm import LEAD, MAYA, TAG, Json, change, new, press, see

TURNING = "\u202e\u2066\u2069"
"""Characters that turn round what follows them; pages leave them out."""
AWKWARD = [
    "<script>alert(1)</script>",
    "</textarea></select><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "{{ 7 * 7 }} {% raw %}",
    "<!-- <!DOCTYPE html><html><body><h1>Bonjour</h1>",
    "&lt;b&gt; &amp; &#0; &nbsp",
    "javascript:alert(1) https://evil.example/?a=1&b=2",
    "a\u202eb\u2066c\u2069 \u200b\u200d \u0007\u001b[31m \ufeff",
    "Z\u0351\u036b" * 50,
    "x" * 255,
]


@pytest.fixture
def maya(url: str, connect: Connect) -> Client:
    return connect(url, session_id=f"sandbox-{MAYA}", instance_url=url)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of four thousand leads, one of them with accents."""
    path = tmp_path_factory.mktemp("many") / "leads.jsonl"
    leads = [{"LastName": f"N{n}", "Company": f"Company {n}"} for n in range(4000)]
    leads[7]["Company"] = "Wärmetechnik GROẞ"
    path.write_text("\n".join(json.dumps({"lead": lead}) for lead in leads))
    return path


def test_the_crm_begins_with_what_the_org_is_about(start: Start, tmp_path: Path) -> None:
    """Its first page lists leads, or in an org without leads what is there instead."""
    cases = tmp_path / "cases.jsonl"
    cases.write_text(json.dumps({"case": {"Subject": "It broke", "Description": "Help"}}))
    page = see(start(leads=cases), "/crm")

    assert "It broke" in page.text
    assert "Cases, newest first" in page.text


@pytest.mark.long
def test_four_thousand_leads_are_on_eighty_pages(start: Start, many: Path) -> None:
    """Each lead is on one page, newest first, and a page too far is the last one."""
    url = start(leads=many)
    first, last, beyond = (see(url, f"/crm/Lead?page={n}") for n in (1, 80, 81))
    every = [i for n in range(1, 81) for i in see(url, f"/crm/Lead?page={n}").records("Lead")]

    assert 50 == len(first.records("Lead"))
    assert "Company 3999" in first.text
    assert "Company 0" in last.text
    assert last.records("Lead") == beyond.records("Lead")
    assert 4000 == len(every) == len(set(every))
    assert {"/crm/Lead?page=2", "/crm/Lead?page=80"} <= set(first.links)


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "9" * 5000, ""])
def test_what_is_no_page_number_is_the_first_page(url: str, page: str) -> None:
    """A number that somebody typed into the address breaks nothing."""
    assert 200 == see(url, f"/crm/Lead?page={page}").status


@pytest.mark.long
@pytest.mark.parametrize("query", ["warmetechnik", "GROSS wärme", "groß", "  Wa\u0308rme "])
def test_a_search_knows_neither_case_nor_accents(start: Start, many: Path, query: str) -> None:
    """All words count, in any order, in any field of text."""
    page = see(start(leads=many), f"/crm/Lead?q={query}")

    assert 1 == len(page.records("Lead"))
    assert "1 found for" in page.text


def test_pages_of_a_search_stay_with_it(start: Start, many: Path) -> None:
    """Their links carry what was searched for."""
    page = see(start(leads=many), "/crm/Lead?q=company+39")

    assert "/crm/Lead?q=company%2039&page=2" in page.links


def test_a_search_that_finds_nothing_says_so(url: str, salesforce: Client) -> None:
    """And shows what was searched for, as text."""
    new(salesforce, "Lead", LEAD)
    page = see(url, "/crm/Lead?q=<b>nowhere")

    assert [] == page.records("Lead")
    assert "0 found for “ <b>nowhere ”" in page.text


def test_what_is_deleted_is_on_no_list(url: str, salesforce: Client) -> None:
    """The recycle bin has no list, and a record in it has a page that says who put it there."""
    lead = new(salesforce, "Lead", LEAD)
    salesforce.restful(f"sobjects/Lead/{lead}", method="DELETE")
    page = see(url, f"/crm/Lead/{lead}")

    assert lead not in see(url, "/crm/Lead").records("Lead")
    assert 410 == page.status
    assert "is in the recycle bin" in page.text
    assert "by the agent" in page.text


@pytest.mark.parametrize(
    "path",
    ["/crm/Lead/00Q000000000001AAA", "/crm/Lead/x", "/crm/User", "/crm/No", "/00Q000000000001AAA"],
)
def test_what_was_never_there_has_a_page_that_says_so(url: str, path: str) -> None:
    """Unknown records and objects are told of within the frame."""
    page = see(url, path)

    assert 404 == page.status
    assert "Not here" in page.text


def test_a_record_is_found_by_its_id(url: str, salesforce: Client) -> None:
    """Of fifteen or eighteen characters, and alone as well: so Slack's messages link to it."""
    lead = new(salesforce, "Lead", {**LEAD, "Company": "By its id"})

    for path in (f"/crm/Lead/{lead}", f"/crm/Lead/{lead[:15]}", f"/{lead}", f"/{lead[:15]}"):
        assert "By its id" in see(url, path).within("title")


def test_what_the_agent_wrote_is_marked(url: str, salesforce: Client) -> None:
    """Its tag and its task, with the draft as it stands, on the lead's page and in the lists."""
    lead = new(salesforce, "Lead", {**LEAD, "Description": "Show us\n  a demo."})
    change(salesforce, "Lead", lead, TAG)
    draft = "Draft:\n\n  Hello,\n<b>yes</b>"
    about = {"Subject": "Call", "WhoId": lead, "Description": draft, "Triage_Key__c": "one"}
    task = new(salesforce, "Task", about)
    page = see(url, f"/crm/Lead/{lead}")

    assert "Show us\n  a demo." in page.within("came")
    assert draft in page.within("letter")
    assert "Not sent" in page.within("stamp")
    assert "demo_request 86% by the agent task made" in page.told("tags")
    assert f"/crm/Task/{task}" in page.links
    assert "task made" in see(url, "/crm/Lead").text
    assert "made by the agent" in see(url, f"/crm/Task/{task}").within("title")


def test_what_the_agent_stopped_leads_to_its_message(
    url: str, salesforce: Client, slack: WebClient
) -> None:
    """The message that names the lead's id, wherever in it that stands."""
    lead = new(salesforce, "Lead", LEAD)
    change(salesforce, "Lead", lead, TAG)
    before = see(url, f"/crm/Lead/{lead}")
    text = {"type": "mrkdwn", "text": f"<{url}/{lead}|open>"}
    posted = slack.chat_postMessage(
        channel="C0SALESDEV1", text="Alpha &amp; Co", blocks=[{"type": "section", "text": text}]
    )
    page = see(url, f"/crm/Lead/{lead}")

    assert "It made no task of it, and asked nobody." in before.text
    assert f"/slack/C0SALESDEV1/{posted['ts']}" in page.links
    assert "Alpha & Co" in page.text
    assert "stopped" in page.within("tags")


def test_changes_are_told_with_their_authors(url: str, salesforce: Client, maya: Client) -> None:
    """Which field, from what to what, and by whom; the value now bears its author's mark."""
    lead = new(salesforce, "Lead", LEAD)
    change(salesforce, "Lead", lead, TAG)
    change(maya, "Lead", lead, {"Triage_Category__c": "partnership", "OwnerId": MAYA})
    page = see(url, f"/crm/Lead/{lead}")
    told = page.told("changes")

    assert "Triage Category to demo_request by the agent" in told
    assert "Triage Category from demo_request to partnership by Maya Lindqvist" in told
    assert "Owner from Triage Agent to Maya Lindqvist by Maya Lindqvist" in told
    assert 1 == told.count("Owner ")
    assert "partnership 86% by Maya Lindqvist" in page.told("tags")
    assert "Maya Lindqvist by Maya Lindqvist" in page.told("strip")


def test_what_came_with_the_org_was_made_by_nobody(start: Start, tmp_path: Path) -> None:
    """Records from a file aren't the agent's, although it is the user who loaded them."""
    leads = tmp_path / "leads.jsonl"
    leads.write_text(json.dumps({"lead": LEAD, "context": {"Task": [{"Subject": "Old"}]}}))
    url = start(leads=leads)
    (lead,) = see(url, "/crm/Lead").records("Lead")
    page = see(url, f"/crm/Lead/{lead}")

    assert "Added to the CRM" in page.within("changes")
    assert "Old" in page.within("changes")
    assert "by the agent" not in page.text
    assert "made by the agent" not in see(url, "/crm/Task").text


def test_related_records_are_listed(url: str, salesforce: Client) -> None:
    """The account of the mail's domain with what belongs to it, and what the same people sent."""
    mail = {"Email": "kim@related.example"}
    account = new(salesforce, "Account", {"Name": "R", "Website": "https://WWW.related.example/x"})
    contact = new(salesforce, "Contact", {"LastName": "Kim", "AccountId": account, **mail})
    deal = {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-12-01"}
    opportunity = new(salesforce, "Opportunity", {**deal, "AccountId": account})
    task = new(salesforce, "Task", {"Subject": "Renew", "WhatId": account})
    lead = new(salesforce, "Lead", {"LastName": "Kim", "Company": "One", **mail})
    other = new(salesforce, "Lead", {"LastName": "Lee", "Company": " ONE "})
    page, reverse = see(url, f"/crm/Lead/{lead}"), see(url, f"/crm/Account/{account}")

    assert [account] == page.records("Account")
    assert [contact] == page.records("Contact")
    assert [opportunity] == page.records("Opportunity")
    assert [task] == page.records("Task")
    assert [other] == page.records("Lead")
    assert ([contact], [opportunity], [task], [lead]) == tuple(
        reverse.records(name) for name in ("Contact", "Opportunity", "Task", "Lead")
    )


def written(client: Client, text: str) -> tuple[str, str]:
    """A lead and its task in which a text stands wherever one can."""
    small = dict.fromkeys(("LastName", "Triage_Category__c"), text[:80])
    names = ("Company", "Description", "Website", "Triage_Summary__c")
    lead = new(client, "Lead", {**small, **dict.fromkeys(names, text), "Title": text[:128]})
    task = {"Subject": text, "Description": text, "WhoId": lead}
    return lead, new(client, "Task", {**task, "Triage_Key__c": f"of {lead}"})


@pytest.mark.parametrize(
    ("entity", "values"),
    [
        ("Lead", {"LastName": "Named", "Company": "Named"}),
        ("Case", {"Subject": "Named", "SuppliedEmail": "n@named.example", "Priority": "High"}),
        ("Task", {"Subject": "Named", "ActivityDate": "2026-12-01"}),
        ("Account", {"Name": "Named", "AnnualRevenue": 1234567}),
        ("Contact", {"LastName": "Named", "Title": "Engineer"}),
        (
            "Opportunity",
            {"Name": "Named", "StageName": "Prospecting", "CloseDate": "2026-12-01", "Amount": 5.5},
        ),
        ("Known_Issue__c", {"Name": "Named", "Workaround__c": "Switch it off and on"}),
    ],
)
def test_every_object_has_a_list_and_pages(
    url: str, salesforce: Client, entity: str, values: Json
) -> None:
    """Each record is on its object's list and has a page with all its fields."""
    record = new(salesforce, entity, values)
    page = see(url, f"/crm/{entity}/{record}")
    every = page.told("every")

    assert record in see(url, f"/crm/{entity}?q=named").records(entity)
    assert "Named" in page.within("title")
    assert all(str(value) in every.replace(",", "") for value in values.values())


def test_a_case_is_shown_as_a_lead_is(url: str, salesforce: Client) -> None:
    """A fork's items have their tag, their tasks and a person's form, too."""
    case = new(salesforce, "Case", {"Subject": "It broke", "Description": "Help"})
    change(salesforce, "Case", case, TAG)
    new(salesforce, "Task", {"Subject": "Look", "WhatId": case, "Triage_Key__c": "three"})
    page = press(url, f"/crm/Case/{case}", "U0NORA00007", act="save", Status="Working")

    assert "demo_request 86% by the agent task made" == page.told("tags")
    assert "Look" in page.within("letter")
    assert "Status from New to Working by Nora Klein" in page.told("changes")


@pytest.mark.parametrize("text", AWKWARD)
def test_what_strangers_write_is_text(url: str, salesforce: Client, text: str) -> None:
    """Wherever it stands, it makes no element, attribute or link of its own."""
    harmless, (lead, task) = written(salesforce, "harmless"), written(salesforce, text)
    seen = "".join(c for c in text if c not in TURNING)

    for path, like in (
        (f"/crm/Lead/{lead}", f"/crm/Lead/{harmless[0]}"),
        (f"/crm/Task/{task}", f"/crm/Task/{harmless[1]}"),
        (f"/crm/Lead?q={quote(text)}", "/crm/Lead?q=harmless"),
    ):
        page, plain = see(url, path), see(url, like)
        assert {tag for tag, _ in plain.elements} == {tag for tag, _ in page.elements}
        assert not [a for _, given in page.elements for a in given if a.startswith("on")]
        assert all(link.startswith(("/", "#")) for link in page.links)
    assert seen.strip() in see(url, f"/crm/Lead/{lead}").within("came")


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_search_has_an_answer(url: str, query: str) -> None:
    """Whatever is typed in, a page comes back that says how much was found."""
    answer = requests.get(f"{url}/crm/Lead", params={"q": query}, timeout=10)

    assert 200 == answer.status_code
    assert 1 == answer.text.count("<h1>Leads</h1>")


def test_long_texts_are_whole_on_the_page_and_short_in_lists(url: str, salesforce: Client) -> None:
    """Thirty-two thousand characters don't make a list long."""
    text = "A long letter. " * 2100
    lead = new(salesforce, "Lead", {**LEAD, "Description": text})

    assert text.strip() in see(url, f"/crm/Lead/{lead}").within("came")
    assert len(see(url, "/crm/Lead").within("words")) < 50 * 301
