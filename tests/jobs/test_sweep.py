"""A sweep over the sample leads: what the report says is what the other systems show."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from triage_agent.decision.events import Done, Drafted
from triage_agent.decision.run_events import Finished
from triage_agent.sandbox.leads import SAMPLE

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Kind
    from tests.jobs.conftest import Json, Site
    from triage_agent.jobs.report import ItemReport, RunReport

TAGS = ("Triage_Category__c", "Triage_Confidence__c", "Triage_Summary__c")
STAMPS = ("LastModifiedDate", "LastModifiedById", "SystemModstamp")
SETTLED_CATEGORIES_WITHOUT_TASK = {"job_or_vendor_spam"}


def test_the_end_of_a_run_tells_what_it_used(swept: Swept) -> None:
    """Which of the page's actions it did and didn't, and what the org said of its allowance."""
    ended = swept.site.last_word(swept.report.run_id)
    done = Counter(dict.fromkeys(swept.site.rules.page.may, 0))
    for item in swept.report.items:
        happened = (one.event for one in swept.site.events(item.item_id))
        done.update(one.action for one in happened if isinstance(one, Done | Drafted))

    assert isinstance(ended, Finished)
    assert {name: done[name] for name in swept.site.rules.page.may} == ended.done
    assert 0 == ended.done["set_status"] < min(ended.done["tag"], ended.done["draft_reply"])
    assert ended.allowance == swept.report.allowance
    assert ended.allowance
    assert 100_000 == ended.allowance.of
    assert 0 < ended.allowance.used <= swept.report.requests.salesforce


MEMBERS = {
    "005000000000002AAA": "U0MAYA00002",
    "005000000000003AAA": "U0JONAS0003",
    "005000000000004AAA": "U0PRIYA0004",
}


@dataclass
class Swept:
    """A site after one live run over all sample leads."""

    site: Site
    before: dict[str, Json]
    report: RunReport
    state: Json

    def items(self, status: str) -> list[ItemReport]:
        return [item for item in self.report.items if item.status == status]


@pytest.fixture(scope="module")
def swept(open_site: Callable[..., Site], kind: Kind) -> Swept:
    site = open_site(SAMPLE, kind=kind)
    before = site.leads()
    return Swept(site, before, site.sweep(), site.state())


@pytest.fixture(scope="module")
def page() -> Json:
    """The page as anybody can read it, without the program."""
    text = (Path(__file__).parent.parent.parent / "operating_model.yaml").read_text()
    tree: Json = YAML(typ="safe").load(text)
    return tree


def test_every_item_ends(swept: Swept) -> None:
    """Each lead is settled or escalated, once, and the totals say so."""
    statuses = Counter(item.status for item in swept.report.items)

    assert set(swept.before) == {item.record_id for item in swept.report.items}
    assert len(swept.before) == len(swept.report.items) == swept.report.totals.received
    assert {"settled", "escalated"} == set(statuses)
    assert statuses == {
        "settled": swept.report.totals.settled,
        "escalated": swept.report.totals.escalated,
    }


def test_tags_are_as_reported(swept: Swept) -> None:
    """Each lead carries the category and confidence that the report gives it, and a summary."""
    leads = swept.site.leads()
    shown = {key: (lead[TAGS[0]], lead[TAGS[1]]) for key, lead in leads.items()}

    assert {i.record_id: (i.category, i.confidence) for i in swept.report.items} == shown
    assert all(lead["Triage_Summary__c"] for lead in leads.values())


def test_nothing_else_of_a_lead_changes(swept: Swept) -> None:
    """Apart from the tags, every lead is as it was: owner, status and all."""
    ours = {*TAGS, *STAMPS}

    def others(leads: dict[str, Json]) -> dict[str, Json]:
        return {
            key: {name: value for name, value in lead.items() if name not in ours}
            for key, lead in leads.items()
        }

    assert others(swept.before) == others(swept.site.leads())


def test_tasks_are_as_reported(swept: Swept) -> None:
    """There is one task for each one that the report calls done, about its lead and request."""
    tasks = swept.site.tasks()
    wanted = {
        f"{item.item_id}.create_task": item
        for item in swept.items("settled")
        if item.category not in SETTLED_CATEGORIES_WITHOUT_TASK
    }

    assert set(wanted) == set(tasks)
    assert len(tasks) == swept.report.totals.actions["create_task"]
    for key, item in wanted.items():
        lead, task = swept.before[item.record_id], tasks[key]
        assert f"Inbound request ({item.category}): {lead['Company']}"[:255] == task["Subject"]
        assert item.record_id == task["WhoId"]
        assert (item.draft or "(none: ") in task["Description"]
        assert ("Not Started", "Normal") == (task["Status"], task["Priority"])


def test_tasks_go_to_active_people(swept: Swept) -> None:
    """A task is the lead owner's where that is an active user, else a team member's."""
    users = {user["Id"]: user["IsActive"] for user in swept.state["salesforce"]["User"]}
    owned = 0
    for task in swept.site.tasks().values():
        owner = swept.before[task["WhoId"]]["OwnerId"]
        owned += users.get(owner, False)
        expected = {owner} if users.get(owner) else set(MEMBERS)

        assert task["OwnerId"] in expected
    assert owned > 0


def test_tasks_are_due_in_working_time(swept: Swept, page: Json) -> None:
    """A task is due four working hours after its lead was taken up."""
    for key, task in swept.site.tasks().items():
        received = swept.site.events(key.partition(".")[0])[0].at

        assert _due(received, page) == task["ActivityDate"]


def _due(received: datetime, page: Json) -> str:
    left, moment = timedelta(hours=4), received.astimezone(ZoneInfo("America/New_York"))
    while True:
        opens, closes = (moment.replace(hour=h, minute=0, second=0, microsecond=0) for h in (8, 18))
        works = moment.weekday() < 5 and moment.date() not in page["workflow"]["time"]["holidays"]
        start = max(moment, opens)
        if works and start + left <= closes:
            return moment.date().isoformat()
        if works:
            left -= max(timedelta(), closes - start)
        moment = opens.replace(hour=0) + timedelta(days=1)


def test_messages_are_as_reported(swept: Swept) -> None:
    """There is one hand-over for each escalated item, addressed to somebody of the team."""
    messages = swept.site.messages()
    keys = {key for key, message in messages.items() if _kind(message) == "triage_hand_over"}

    assert {f"{item.item_id}.escalate" for item in swept.items("escalated")} == keys
    for key in keys:
        text = json.dumps(messages[key])
        item = next(i for i in swept.report.items if key.startswith(i.item_id))
        assert item.record_id in text
        assert 1 == sum(user in text for user in MEMBERS.values())


def _kind(message: Json) -> str:
    return str(message["metadata"]["event_type"])


def test_no_draft_is_sent(swept: Swept) -> None:
    """Drafts lie in tasks; of Slack only those see them whose word is wanted, in their channel."""
    drafts = [item.draft for item in swept.report.items if item.draft]
    messages = [message for some in swept.state["slack"].values() for message in some]
    others = [one for one in messages if one["metadata"]["event_type"] != "triage_approval"]
    posted = list(_strings(others))
    slack = [r for r in swept.state["requests"] if r["system"] == "slack"]

    assert 20 <= len(drafts)
    assert not [draft for draft in drafts if any(draft[:60] in text for text in posted)]
    assert {"/api/auth.test", "/api/chat.postMessage"} == {r["path"] for r in slack}
    assert {"C0SALESDEV1"} == {r["body"]["channel"] for r in slack if "post" in r["path"]}


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def test_only_what_the_page_gives_is_written(swept: Swept, page: Json) -> None:
    """Every request touches objects, fields and channels that the page names, and no others."""
    tag, task = page["may"]["tag"], page["may"]["create_task"]
    channel = page["teams"][page["may"]["escalate"]["post_to"]]["channel"]
    written: Counter[str] = Counter()
    for request in _single(swept.state["requests"]):
        last, body = urlsplit(request["path"]).path.rpartition("/")[2], request["body"]
        match request["system"], request["method"], last:
            case "salesforce", "PATCH", "sobjects":
                written["tag"] += len(body["records"])

                assert [] == _beyond(body["records"], tag["update"], {*tag["set"], "id"})
            case "salesforce", "PATCH", "Triage_Key__c":
                written["create_task"] += len(body["records"])

                assert [] == _beyond(body["records"], task["create"], {*task["set"]})
            case "slack", "POST", "chat.postMessage":
                written["escalate"] += "hand_over" in body["metadata"]["event_type"]

                assert channel == body["channel"]
            case ("salesforce", "GET", _) | ("slack", _, "auth.test") | ("model", _, "completions"):
                pass
            case other:
                pytest.fail(f"{other} is nothing that the page gives")

    assert {n: c for n, c in swept.report.totals.actions.items() if n in page["may"]} == {
        **written,
        "draft_reply": len([item for item in swept.report.items if item.draft]),
    }


def _single(requests: list[Json]) -> Iterator[Json]:
    """The requests, those among them that travelled together each by itself."""
    for request in requests:
        if request["path"].rstrip("/").endswith("/composite"):
            for part in request["body"]["compositeRequest"]:
                yield {**request, "body": None, **part, "path": part["url"]}
        else:
            yield request


def _beyond(records: list[Json], name: str, fields: set[str]) -> list[str]:
    """What a write holds beyond one object and some fields."""
    strange = [field for r in records for field in r if field not in {*fields, "attributes"}]
    return strange + [r["attributes"]["type"] for r in records if r["attributes"]["type"] != name]


def test_the_model_sees_what_the_page_shows_it(swept: Swept, page: Json) -> None:
    """Each question holds the fields that the page shows, and no name, address or number."""
    asked = [r["body"] for r in swept.state["requests"] if r["system"] == "model"]
    shown = page["reads"]["Lead"]["shown_to_model"]
    people = [
        value
        for lead in swept.before.values()
        for value in (lead.get("Email"), lead.get("Phone"))
        if value and value not in str(lead.get("Description"))
    ]

    assert len(asked) == swept.report.model_calls.calls == swept.report.requests.model
    for question in asked:
        text = question["messages"][-1]["content"]
        record = json.loads(text[text.index("{") : text.rindex("}") + 1])
        without_ids = re.sub(r"\b[0-9a-f]{16,}\b", "", text)  # which hold any digits
        assert shown == list(record)
        assert [] == [value for value in people if value in without_ids]


def test_usage_is_reported(swept: Swept) -> None:
    """Tokens and requests of the report are those that the systems saw."""
    counted = Counter(request["system"] for request in swept.state["requests"])

    assert counted == swept.report.requests.model_dump()
    assert swept.report.model_calls.input_tokens > swept.report.model_calls.output_tokens > 0


def test_the_ledger_is_whole(swept: Swept) -> None:
    """Every stream's chain checks, and there is one stream for the run and each item."""
    streams = swept.site.streams()

    assert [] == swept.site.faults()
    assert {swept.report.run_id, *(i.item_id for i in swept.report.items)} <= set(streams)


def test_a_second_run_finds_nothing_new(swept: Swept) -> None:
    """The same records are not taken up again, nothing is written, and the run is on record.

    What became of them is asked for in one composite request, which is a POST that reads.
    """
    before = swept.site.state()
    report = swept.site.sweep()
    after = swept.site.state()
    new = after["requests"][len(before["requests"]) :]
    story = [happened.event.kind for happened in swept.site.events(report.run_id)]

    assert (0, []) == (report.totals.received, report.items)
    assert before["salesforce"] == after["salesforce"]
    assert before["slack"] == after["slack"]
    assert {"GET /services", "POST /composite", "POST /api/auth.test"} >= {
        _short(request) for request in new
    }
    assert ["Started", "FollowedUp", "Finished", "Anchored"] == [
        kind for kind in story if kind != "Called"
    ]


def _short(request: Json) -> str:
    if request["path"].endswith("/composite"):
        return f"{request['method']} /composite"
    path = request["path"] if request["system"] == "slack" else "/services"
    return f"{request['method']} {path}"


def test_many_escalations_share_a_thread(open_site: Callable[..., Site]) -> None:
    """Of 60 escalations at most 20 are messages of their own, the rest replies; none is lost."""
    site = open_site([{"Company": f"Nobody {n}", "Email": None} for n in range(60)])
    report = site.sweep()
    messages = site.messages()
    replies = [m for m in messages.values() if m.get("thread_ts", m["ts"]) != m["ts"]]
    above = [m for m in messages.values() if m not in replies]
    heads = [m["ts"] for m in above if _kind(m) == "triage_overflow"]

    assert 60 == report.totals.escalated
    assert 20 == len(above)
    assert heads == list({reply["thread_ts"] for reply in replies})
    assert {f"{item.item_id}.escalate" for item in report.items} == {
        key for key, message in messages.items() if _kind(message) == "triage_hand_over"
    }
