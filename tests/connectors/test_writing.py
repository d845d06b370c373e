"""Writing into the sandbox: rows with results of their own, once, and only what fits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from tests.conftest import passes
from tests.sandboxes import running
from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.salesforce.client import Credentials, SalesforceClient
from triage_agent.connectors.salesforce.writing import (
    Creates,
    NotWritten,
    Row,
    Updates,
    Writer,
    Written,
)
from triage_agent.errors import WrongUsage
from triage_agent.operating_model.action_rules import CreateAction
from triage_agent.operating_model.schema import Page
from triage_agent.sandbox.salesforce import schema

State = Callable[[str], Any]
LogIn = Callable[..., SalesforceClient]

KEY = "Triage_Key__c"
LENA = "005000000000005AAA"


@pytest.fixture(scope="module", params=["an external id", "a plain field"])
def target(request: pytest.FixtureRequest) -> Iterator[tuple[str, Writer]]:
    """A sandbox whose tasks take an upsert by key, and one where they don't; and its writer."""
    objects = dict(schema.load_objects())
    if request.param == "a plain field":
        task = objects["Task"]
        plain = replace(task.fields[KEY], external_id=False, unique=False)
        objects["Task"] = replace(task, fields={**task.fields, KEY: plain})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(schema, "load_objects", lambda: objects)
        with running(state=None, leads=None) as url:
            client = SalesforceClient(Credentials(url, access_token="sandbox"), CallLog(), passes)
            with closing(client):
                yield url, Writer(client)


@pytest.fixture
def lead_in(log_in: LogIn) -> Callable[[str], str]:
    """Puts a lead into the sandbox at a URL; its id."""
    return lambda url: made_lead(log_in(url))


def made_lead(client: SalesforceClient, **values: object) -> str:
    body = {"LastName": "Lovelace", "Company": "Acme", **values}
    return str(client.write("POST", "sobjects/Lead", body)["id"])


def task(key: str, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - a field's value
    return {"Subject": f"Call {key}", KEY: key, **values}


def updated(writer: Writer, rows: Sequence[tuple[str, dict[str, Any]]]) -> list[Row]:
    """What becomes of changes of leads."""
    (results,) = writer.write([Updates("Lead", rows)])
    return results


def created(writer: Writer, rows: Sequence[dict[str, Any]]) -> list[Row]:
    """What becomes of tasks that are created."""
    (results,) = writer.write([Creates("Task", KEY, rows)])
    return results


def records(state: Any, name: str) -> list[Mapping[str, Any]]:  # noqa: ANN401 - JSON
    found: list[Mapping[str, Any]] = state["salesforce"][name]
    return found


def test_updates_come_back_row_by_row(
    salesforce: SalesforceClient, writer: Writer, url: str, state: State
) -> None:
    """Good rows are written though others are refused; each has its own result, in order."""
    first, second, third = (made_lead(salesforce) for _ in range(3))
    gone = "00Q999999999999AAA"
    results = updated(
        writer,
        [
            (first, {"Triage_Category__c": "demo_request"}),
            (gone, {"Triage_Category__c": "demo_request"}),
            (second, {"Status": "Nonsense"}),
            (third, {"Triage_Category__c": "unclear"}),
        ],
    )
    kept = {row["Id"]: row.get("Triage_Category__c") for row in records(state(url), "Lead")}

    assert [Written(first), Written(third)] == [results[0], results[3]]
    assert NotWritten("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ("Status",)) == results[2]
    assert isinstance(results[1], NotWritten)
    assert ("demo_request", "unclear") == (kept[first], kept[third])


def test_an_update_leaves_the_owner(
    salesforce: SalesforceClient, writer: Writer, url: str, state: State
) -> None:
    """No write lets the assignment rules hand a lead to somebody else."""
    lead = made_lead(salesforce, OwnerId=LENA)
    updated(writer, [(lead, {"Triage_Category__c": "demo_request"})])
    owners = {row["Id"]: row["OwnerId"] for row in records(state(url), "Lead")}

    assert LENA == owners[lead]


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_every_write_switches_the_assignment_off(
    serve: Callable[..., Any], log_in: LogIn, method: str
) -> None:
    """Whatever is written, the header that keeps the owner goes with it."""
    base, seen = serve({"body": {"ok": True}})
    log_in(base).write(method, "anything", {})

    assert ["FALSE"] == [request["headers"].get("Sforce-Auto-Assign") for request in seen]


def test_creates_come_back_row_by_row(target: tuple[str, Writer], state: State) -> None:
    """Each record is there once, or its refusal names code and fields."""
    url, writer = target
    results = created(
        writer, [task("good"), task("bad", Status="Nonsense"), task("well", OwnerId=LENA)]
    )
    kept = {row[KEY]: row["Id"] for row in records(state(url), "Task")}

    assert [Written(kept["good"]), Written(kept["well"])] == [results[0], results[2]]
    assert NotWritten("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ("Status",)) == results[1]
    assert "bad" not in kept


def test_nothing_is_created_twice(target: tuple[str, Writer], state: State) -> None:
    """The same records again, with new ones among them, give the same ids and no second copy."""
    url, writer = target
    first = created(writer, [task("a"), task("b")])
    again = created(writer, [task("c"), task("b"), task("a")])
    once_more = created(writer, [task("a"), task("b")])
    keys = [row[KEY] for row in records(state(url), "Task")]

    assert [first[1], first[0]] == again[1:]
    assert first == once_more
    assert [1, 1, 1] == [keys.count(key) for key in ("a", "b", "c")]


def test_the_org_decides_how_records_are_created(
    target: tuple[str, Writer], state: State, request: pytest.FixtureRequest
) -> None:
    """By upsert where the key is an external id, otherwise by look-up and create."""
    url, writer = target
    created(writer, [task("either way")])
    last = state(url)["requests"][-1]
    by_key = f"composite/sobjects/Task/{KEY}"

    assert {"an external id": ("PATCH", by_key), "a plain field": ("POST", "composite/sobjects")}[
        request.node.callspec.params["target"]
    ] == (last["method"], last["path"].partition("/v62.0/")[2].rstrip("/"))


@pytest.mark.parametrize("target", ["an external id"], indirect=True)
def test_several_collections_travel_together(
    target: tuple[str, Writer], lead_in: Callable[[str], str], state: State
) -> None:
    """Changes and new records go in one request, each row with its own result, in order."""
    url, writer = target
    lead = lead_in(url)
    before = len(state(url)["requests"])
    rows = [(lead, {"Triage_Category__c": "unclear"}), ("00Q999999999999AAA", {"Title": "x"})]
    tasks = [task("together", WhoId=lead), task("wrong", Status="Nonsense")]
    updates, creates = writer.write([Updates("Lead", rows), Creates("Task", KEY, tasks)])
    sent = [request["path"].rpartition("/v62.0/")[2] for request in state(url)["requests"]]

    assert [Written, NotWritten] == [type(row) for row in updates]
    assert [Written, NotWritten] == [type(row) for row in creates]
    assert ["composite"] == [path.rstrip("/") for path in sent[before:] if "describe" not in path]


def test_a_strangers_text_is_no_reference(
    target: tuple[str, Writer], lead_in: Callable[[str], str], state: State
) -> None:
    """Text that a composite request would fill in travels as it is, and is written as it is."""
    url, writer = target
    lead, text = lead_in(url), "see @{part0[0].id} and @{secret}"
    rows, tasks = [(lead, {"Triage_Summary__c": text})], [task(f"of {lead}", Description=text)]
    results = writer.write([Updates("Lead", rows), Creates("Task", KEY, tasks)])
    (tagged,) = [row for row in records(state(url), "Lead") if row["Id"] == lead]
    (made,) = [row for row in records(state(url), "Task") if row[KEY] == f"of {lead}"]

    assert [[Written(lead)], [Written(made["Id"])]] == results
    assert (text, text) == (tagged["Triage_Summary__c"], made["Description"])


def test_records_are_found_by_key(target: tuple[str, Writer]) -> None:
    """Each key that is there with its record's id; what isn't there is left out."""
    _, writer = target
    keys = [f"{number:03d}.create_task" for number in range(150)]
    results = created(writer, [task(key) for key in keys])
    found = writer.find("Task", KEY, [*keys, "unheard.of"])

    assert {k: r.id for k, r in zip(keys, results, strict=True) if isinstance(r, Written)} == found
    assert {} == writer.find("Task", KEY, [])


def test_keys_are_quoted(salesforce: SalesforceClient, writer: Writer) -> None:
    """A key with quotes and backslashes finds its own record alone."""
    key = "it's \\ \"x\" OR Id != ''"
    (made,) = created(writer, [task(key)])
    created(writer, [task("another")])

    assert isinstance(made, Written)
    assert {key: made.id} == writer.find("Task", KEY, [key])


@pytest.mark.parametrize(
    ("name", "field", "length"),
    [("Lead", "Triage_Summary__c", 255), ("Lead", "Triage_Category__c", 80), ("Task", KEY, 80)],
)
def test_text_is_cut_to_the_fields_length(
    writer: Writer, name: str, field: str, length: int
) -> None:
    """What is too long ends in an ellipsis at the org's limit; what fits stays as it is."""
    for text in ("x" * length, ""):
        assert {field: text} == writer.prepared(name, {field: text})

    assert {field: "x" * (length - 1) + "…"} == writer.prepared(name, {field: "x" * (length + 1)})


def test_prepared_text_is_accepted(
    salesforce: SalesforceClient, writer: Writer, url: str, state: State
) -> None:
    """The longest texts that may be asked for are written, and stand there as sent."""
    long = "ß€😀 " * 20_000
    fields = writer.prepared("Task", task("long", Subject=long, Description=long))
    (result,) = created(writer, [fields])
    (kept,) = (row for row in records(state(url), "Task") if row[KEY] == "long")

    assert Written(kept["Id"]) == result
    assert (255, 32_000) == (len(str(fields["Subject"])), len(str(fields["Description"])))
    assert {name: kept[name] for name in fields} == fields


def test_other_values_are_left_alone(writer: Writer) -> None:
    """Numbers, flags, nothing, and fields that the org doesn't know pass as they are."""
    fields = {"Triage_Confidence__c": 0.85, "IsConverted": False, "Email": None, "Unknown__c": "x"}

    assert fields == writer.prepared("Lead", fields)


def test_the_shipped_page_fits_the_sandbox(writer: Writer, page: Page) -> None:
    """The org has every field and value that the page writes."""
    writer.check(page)


def changed(page: Page, **fields: object) -> Page:
    """The page, its task with some fields more or other ones."""
    rule = page.may["create_task"]
    assert isinstance(rule, CreateAction)
    other = rule.model_copy(update={"set": {**rule.set, **fields}})
    return page.model_copy(update={"may": {**page.may, "create_task": other}})


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"Nothing__c": "x"}, "may.create_task.set.Nothing__c: this org's Task has no such field"),
        ({"IsClosed": True}, "may.create_task.set.IsClosed: .* createable"),
        (
            {"Status": "Postponed"},
            "may.create_task.set.Status: this org has no value 'Postponed', but Not Started, In",
        ),
    ],
)
def test_what_the_org_lacks_is_named(
    writer: Writer, page: Page, fields: dict[str, Any], told: str
) -> None:
    """A field or picklist value that isn't there is an error of the page, with its place."""
    with pytest.raises(WrongUsage, match=told):
        writer.check(changed(page, **fields))


@pytest.mark.parametrize("fields", [{"Status": "Completed"}, {"Status": "<category>"}])
def test_only_fixed_values_are_compared(writer: Writer, page: Page, fields: dict[str, Any]) -> None:
    """A value that the picklist has passes, and so does one that is only filled in later."""
    writer.check(changed(page, **fields))


def test_an_object_is_described_once(log_in: LogIn, url: str, calls: CallLog, page: Page) -> None:
    """Checking and preparing many rows asks for each object's fields one time."""
    writer = Writer(log_in(url))
    writer.check(page)
    for _ in range(3):
        writer.prepared("Task", {"Subject": "x"})
    paths = [called.path for called in calls.drain()]

    assert 2 == len(paths)
    assert 2 == len(set(paths))
