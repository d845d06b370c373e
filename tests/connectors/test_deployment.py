"""The Salesforce project: it has the documented shape, and grants what the page needs, no more."""

import json
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
import xmlschema
from ruamel.yaml import YAML

from tests.connectors.conftest import ROOT
from triage_agent.connectors.salesforce.custom_fields import custom_fields, field_document
from triage_agent.connectors.salesforce.deployment import WITHOUT_PERMISSIONS, files
from triage_agent.connectors.salesforce.field_security import secured_as
from triage_agent.connectors.salesforce.metadata import API_VERSION, NAMESPACE, NOTICE
from triage_agent.operating_model.grants import Grant, grants
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.loading import FILE, load
from triage_agent.operating_model.schema import Page

FORK = ROOT / "tests" / "forks" / "support_cases"
ORG = ROOT / "triage_agent" / "sandbox" / "salesforce" / "objects.yaml"
SHAPE = xmlschema.XMLSchema(Path(__file__).parent / "salesforce_metadata.xsd")
SOURCE = "force-app/main/default"
PERMISSION_SET = f"{SOURCE}/permissionsets/Triage_Agent.permissionset-meta.xml"
NEEDS: dict[str, set[str]] = {
    "Text": {"length"},
    "LongTextArea": {"length", "visibleLines"},
    "Number": {"precision", "scale"},
    "Checkbox": {"defaultValue"},
    "Date": set(),
}
"""What a field of a type can't be made without."""

Tree = dict[str, str]
Permission = dict[str, str]


@pytest.fixture(scope="module", params=[ROOT, FORK], ids=["shipped", "fork"])
def any_page(request: pytest.FixtureRequest) -> Page:
    """The shipped page, and the fork's."""
    folder: Path = request.param
    return load((folder / FILE).read_text(encoding="utf-8")).page


@pytest.fixture
def tree(any_page: Page) -> Tree:
    return files(any_page)


def _permissions(tree: Tree, kind: str) -> list[Permission]:
    root = fromstring(tree[PERMISSION_SET])  # noqa: S314 - our own file
    found = root.findall(f"{{{NAMESPACE}}}{kind}")
    return [{part.tag.rpartition("}")[2]: part.text or "" for part in one} for one in found]


def _field(text: str) -> dict[str, Any]:
    root = fromstring(text)  # noqa: S314 - our own file
    return {part.tag.rpartition("}")[2]: part.text for part in root if isinstance(part.tag, str)}


def _fields(tree: Tree) -> dict[tuple[str, str], dict[str, Any]]:
    """The custom fields that are made, by folder and name."""
    return {
        (path.split("/")[-3], Path(path).name.removesuffix(".field-meta.xml")): _field(text)
        for path, text in tree.items()
        if "/fields/" in path
    }


def _faults(tree: Tree) -> list[str]:
    """All for which Salesforce would refuse a project, as far as files can tell."""
    faults = [
        f"{path}: {error.reason}"
        for path, text in tree.items()
        if path.endswith("-meta.xml")
        for error in SHAPE.iter_errors(text)
    ]
    made = _fields(tree)
    for (folder, name), field in made.items():
        missing = NEEDS.get(field["type"], set()) - field.keys()
        faults += [f"{folder}.{name}: lacks {element}" for element in missing]
        faults += [f"{folder}.{name}: is called otherwise"] * (field["fullName"] != name)
    granted = {
        tuple(one["field"].split("."))
        for one in _permissions(tree, "fieldPermissions")
        if one["editable"] == "true" and one["field"].endswith("__c")
    }
    at_home = {("Activity" if at in ("Task", "Event") else at, name) for at, name in granted}
    return faults + [f"{at}.{name}: made or granted alone" for at, name in at_home ^ made.keys()]


def test_the_project_has_salesforces_shape(tree: Tree) -> None:
    """Every file is what the Metadata API documents, and each field is made where it is granted."""
    assert [] == _faults(tree)


def test_each_file_says_that_it_is_generated(tree: Tree) -> None:
    """All but the project's own settings, which are JSON and take no comment.

    Inside the root: Salesforce's own tool doesn't find the component behind a comment.
    """
    told = {path for path, text in tree.items() if NOTICE in text}

    assert {"sfdx-project.json"} == tree.keys() - told
    assert all(
        text.index(NOTICE) > text.index(NAMESPACE)
        for path, text in tree.items()
        if path.endswith(".xml")
    )


_TASK_KEY = f"{SOURCE}/objects/Activity/fields/Triage_Key__c.field-meta.xml"


@pytest.mark.parametrize(
    ("path", "right", "wrong"),
    [
        pytest.param(PERMISSION_SET, ">Lead.Title<", ">Lead.Company<", id="a required field"),
        pytest.param(PERMISSION_SET, ">Lead.Title<", ">Lead.Country<", id="a part of an address"),
        pytest.param(PERMISSION_SET, ">Lead.Title<", ">Lead.CreatedDate<", id="a system field"),
        pytest.param(PERMISSION_SET, ">Lead.Title<", ">Lead.Phone<", id="a field twice"),
        pytest.param(PERMISSION_SET, "viewAllRecords>", "viewAllFields>", id="an unknown element"),
        pytest.param(PERMISSION_SET, "<editable>true<", "<editable>yes<", id="a wrong boolean"),
        pytest.param(PERMISSION_SET, "<object>Lead<", "<object>Task<", id="an activity as object"),
        pytest.param(PERMISSION_SET, ">Task.Triage_", ">Activity.Triage_", id="on Activity"),
        pytest.param(PERMISSION_SET, ">Task.Triage_", ">Lead.Triage_", id="on the wrong object"),
        pytest.param(_TASK_KEY, ">Triage_Key__c<", ">Other__c<", id="another name"),
        pytest.param(_TASK_KEY, "<type>Text<", "<type>String<", id="an unknown type"),
        pytest.param(_TASK_KEY, "<type>Text<", "<type>Number<", id="a number without digits"),
        pytest.param(_TASK_KEY, "<length>80<", "<length>long<", id="a wrong number"),
    ],
)
def test_a_wrong_project_is_found(page: Page, path: str, right: str, wrong: str) -> None:
    """The shape that it is held against refuses what Salesforce would."""
    tree = files(page)
    assert right in tree[path]
    tree[path] = tree[path].replace(right, wrong)

    assert [] != _faults(tree)


def test_each_field_of_the_page_is_granted(any_page: Page, tree: Tree) -> None:
    """What the page sees is readable, or has no security of its own; nothing else is readable."""
    wanted = {
        f"{name}.{secured}"
        for name, one in grants(any_page).items()
        if name not in WITHOUT_PERMISSIONS
        for column in one.sees
        if (secured := secured_as(name, column))
    }
    readable = [
        one["field"] for one in _permissions(tree, "fieldPermissions") if one["readable"] == "true"
    ]

    assert sorted(wanted) == readable


def test_only_what_an_action_sets_is_editable(any_page: Page, tree: Tree) -> None:
    """No field can be edited, and no object created or edited, that no action needs."""
    granted = grants(any_page)
    editable = {
        tuple(one["field"].split("."))
        for one in _permissions(tree, "fieldPermissions")
        if one["editable"] == "true"
    }

    assert all(column in granted[name].sets for name, column in editable)
    for one in _permissions(tree, "objectPermissions"):
        grant = granted[one["object"]]
        assert (grant.create, grant.edit) == (
            one["allowCreate"] == "true",
            one["allowEdit"] == "true",
        )


def test_nothing_is_ever_deleted_or_modified_at_large(any_page: Page, tree: Tree) -> None:
    """Each object that is read is read whole, and none can be deleted or modified past sharing."""
    objects = _permissions(tree, "objectPermissions")
    users = {one["name"] for one in _permissions(tree, "userPermissions")}

    assert grants(any_page).keys() - {"Task", "User"} == {one["object"] for one in objects}
    assert {("false", "false", "true", "true")} == {
        (one["allowDelete"], one["modifyAllRecords"], one["allowRead"], one["viewAllRecords"])
        for one in objects
    }
    assert {"ActivitiesAccess", "ApiEnabled", "EditTask"} == users


def test_each_custom_field_is_made_as_the_sandboxs_org_has_it(any_page: Page, tree: Tree) -> None:
    """The sandbox plays an org into which the project was deployed."""
    org = YAML(typ="safe").load(ORG)["objects"]
    made = _fields(tree)
    custom = [
        (name, column)
        for name, one in grants(any_page).items()
        for column in one.sets
        if column.endswith("__c")
    ]

    assert len(custom) == len(made) == 4
    for name, column in custom:
        field = made["Activity" if name == "Task" else name, column]
        assert org[name]["fields"][column] == _in_the_orgs_words(field)


def _in_the_orgs_words(field: dict[str, Any]) -> dict[str, Any]:
    kind = {"Text": "string", "Number": "double"}[field["type"]]
    said: dict[str, Any] = {"type": kind}
    said |= {name: int(field[name]) for name in ("length", "precision", "scale") if name in field}
    if said.get("length") == 255:  # what a text has where the org's file says nothing
        del said["length"]
    flags = {"unique": "unique", "external_id": "externalId"}
    return said | {name: True for name, element in flags.items() if field.get(element) == "true"}


def test_history_is_kept_of_the_item_alone(any_page: Page, tree: Tree) -> None:
    """Outcomes are read from it; activities can't keep any."""
    kept = {at for (at, _), field in _fields(tree).items() if field.get("trackHistory") == "true"}

    assert {any_page.workflow.item.object} == kept


@pytest.mark.parametrize(
    ("values", "kind", "size"),
    [
        (["<category>"], "Text", "80"),
        (["<record_id>"], "Text", "18"),
        (["<assignee>"], "Text", "18"),
        (["<summary>"], "Text", "255"),
        (["<draft>"], "LongTextArea", "32000"),
        (["<due_date>"], "Date", None),
        ([True], "Checkbox", None),
        ([3, 4.5], "Number", None),
        (["by the agent"], "Text", "255"),
        (["x" * 300], "LongTextArea", "32000"),
        (["<category> of <Company>"], "Text", "255"),
        (["They want:\n<Company>"], "LongTextArea", "32000"),
        (["They want: <summary>"], "LongTextArea", "32000"),
        (["<category>", "by hand"], "Text", "255"),
        (["<draft>", None], "LongTextArea", "32000"),
    ],
    ids=str,
)
def test_a_field_holds_all_that_is_written(
    values: list[Scalar], kind: str, size: str | None
) -> None:
    """A custom field's type follows from what the page's actions write into it."""
    ((column, form),) = custom_fields(Grant("Lead", sets={"Any__c": values, "Title": ["x"]}))
    text = field_document(column, form, history=True)

    assert (kind, size) == (_field(text)["type"], _field(text).get("length"))
    assert [] == [error.reason for error in SHAPE.iter_errors(text)]
    assert NEEDS[kind] <= _field(text).keys()


def test_a_part_of_an_address_is_granted_by_the_address() -> None:
    """An address has one security; what has none at all is left out, on custom objects too."""
    assert "Address" == secured_as("Lead", "Country")
    assert "MailingAddress" == secured_as("Contact", "MailingCity")
    assert "Title" == secured_as("Lead", "Title")
    assert [None] * 4 == [
        secured_as(*one)
        for one in (
            ("Lead", "Company"),
            ("Task", "Subject"),
            ("Known_Issue__c", "Name"),
            ("Opportunity", "StageName"),
        )
    ]


def test_no_field_of_the_sandboxs_org_would_be_refused() -> None:
    """Whatever a page reads there is granted under a name that public orgs grant, or left out."""
    org = YAML(typ="safe").load(ORG)
    refused = [
        f"{name}.{column}"
        for name, described in org["objects"].items()
        if name not in WITHOUT_PERMISSIONS
        for column in (*org["every"], *described["fields"])
        if (secured := secured_as(name, column))
        and not SHAPE.types["SecuredField"].is_valid(f"{name}.{secured}")
    ]

    assert [] == refused


def test_the_project_speaks_the_clients_version(page: Page) -> None:
    """Fields are deployed for the version of the API by which they are then written."""
    assert API_VERSION == json.loads(files(page)["sfdx-project.json"])["sourceApiVersion"]


def test_the_note_says_what_no_deployment_does(any_page: Page, tree: Tree) -> None:
    """Who deploys learns of history, sharing, the user, and what only the wire guard holds."""
    note = tree["README.md"]

    for words in (
        f"{any_page.workflow.item.object} → Fields & Relationships → Set History Tracking",
        f"To edit a {any_page.workflow.item.object} that belongs to somebody else",
        "Minimum\n   Access - API Only Integrations",
        "`Task.Subject`",
        "triage-agent doctor",
    ):
        assert words in note
