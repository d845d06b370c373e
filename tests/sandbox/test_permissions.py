"""A running user with no more than the deployed permission sets, through simple-salesforce."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from tests.sandbox.conftest import Client
from tests.sandbox.permission_sets import of_user, on_fields, on_object
from triage_agent.errors import WrongUsage
from triage_agent.sandbox.server import running

Json = dict[str, Any]
Start = Callable[..., str]
Deploy = Callable[..., Path]
Connect = Callable[..., Client]
LogIn = Callable[..., Client]

LEAD = {"LastName": "Ames", "Company": "Alpha"}
LEADS = on_object("Lead", "allowRead", "allowCreate", "allowEdit")
TASKS = of_user("ActivitiesAccess", "EditTask")
API = of_user("ApiEnabled")


@pytest.fixture
def log_in(start: Start, deploy: Deploy, connect: Connect) -> LogIn:
    """A client whose user has the API and these elements of a permission set."""

    def logged_in(*elements: str) -> Client:
        return connect(start(deployed=deploy(API, *elements)))

    return logged_in


def described(client: Client, name: str) -> dict[str, Json]:
    """An object's fields by their names."""
    fields: list[Json] = client.restful(f"sobjects/{name}/describe")["fields"]
    return {field["name"]: field for field in fields}


def refusal(client: Client, path: str, **more: Any) -> tuple[int, str]:  # noqa: ANN401 - the client's own keywords
    """The status and the code that a request is refused with."""
    status, body = client.refused(path, **more)
    return status, body[0]["errorCode"]


def query_refused(client: Client, query: str) -> tuple[str, str]:
    """The code and the message that a query is refused with."""
    _, (error,) = client.refused("query", params={"q": query})
    return error["errorCode"], error["message"]


def test_an_object_that_may_not_be_read_does_not_exist(log_in: LogIn) -> None:
    """Without read permission an object is neither listed nor described, queried or written."""
    client = log_in(LEADS)
    listed = {entity["name"] for entity in client.restful("sobjects")["sobjects"]}

    assert {"Lead", "LeadHistory", "User", "Group", "Organization"} == listed
    assert (404, "NOT_FOUND") == refusal(client, "sobjects/Account/describe")
    assert (404, "NOT_FOUND") == refusal(
        client, "sobjects/Account", method="POST", json={"Name": "A"}
    )
    assert ("INVALID_TYPE", "sObject type 'Account' is not supported.") == query_refused(
        client, "SELECT Id FROM Account"
    )


def test_subrequests_know_no_more(log_in: LogIn) -> None:
    """What may not be read doesn't exist for the parts of a composite or a collection either."""
    client = log_in(LEADS)
    part = {"method": "GET", "url": "/services/data/v64.0/query?q=SELECT+Id+FROM+Account"}
    body = {"compositeRequest": [{**part, "referenceId": "a"}]}
    rows = {"records": [{"attributes": {"type": "Account"}, "Name": "A"}]}
    (answer,) = client.restful("composite", method="POST", json=body)["compositeResponse"]
    (row,) = client.restful("composite/sobjects", method="POST", json=rows)

    assert "INVALID_TYPE" == answer["body"][0]["errorCode"]
    assert "INVALID_TYPE" == row["errors"][0]["statusCode"]


def test_a_hidden_field_does_not_exist(log_in: LogIn) -> None:
    """It is absent from describe and record; queries and writes find no such column."""
    client = log_in(LEADS, on_fields("Lead.Email"))
    identifier = client.restful("sobjects/Lead", method="POST", json=LEAD)["id"]
    record = client.restful(f"sobjects/Lead/{identifier}")

    assert "Industry" not in described(client, "Lead")
    assert {"Email", "LastName", "OwnerId", "CreatedDate"} < record.keys()
    assert "Industry" not in record
    assert ("INVALID_FIELD", "No such column 'Industry' on entity 'Lead'.") == query_refused(
        client, "SELECT Industry FROM Lead"
    )
    assert (400, "INVALID_FIELD") == refusal(
        client, "sobjects/Lead", method="POST", json={**LEAD, "Industry": "Energy"}
    )


def test_a_field_may_be_readable_only(log_in: LogIn) -> None:
    """Describe says that it can't be written, and a write is refused with its name."""
    client = log_in(LEADS, on_fields("Lead.Email"), on_fields("Lead.Phone", editable=True))
    fields = described(client, "Lead")
    status, (error,) = client.refused(
        "sobjects/Lead", method="POST", json={**LEAD, "Email": "a@b.example"}
    )

    assert (False, False) == (fields["Email"]["createable"], fields["Email"]["updateable"])
    assert (True, True) == (fields["Phone"]["createable"], fields["Phone"]["updateable"])
    assert (400, "INVALID_FIELD_FOR_INSERT_UPDATE") == (status, error["errorCode"])
    assert ["Email"] == error["fields"]


def test_the_security_of_some_fields_can_not_be_set(log_in: LogIn) -> None:
    """Names, owners and required fields are always there; describe tells them from the others."""
    client = log_in(LEADS, on_fields("Lead.Triage_Summary__c"))
    fields = described(client, "Lead")
    fixed = {name for name, field in fields.items() if not field["permissionable"]}

    assert fields.keys() - fixed == {"Triage_Summary__c"}
    assert {"Id", "OwnerId", "Name", "FirstName", "LastName", "Company", "Status"} < fixed
    assert fields["Status"]["updateable"] is True


def test_an_address_is_secured_as_a_whole(log_in: LogIn) -> None:
    """The compound field's permission is that of all its parts."""
    client = log_in(LEADS, on_fields("Lead.Address"))

    assert {"Street", "City", "Country"} < described(client, "Lead").keys()


@pytest.mark.parametrize(
    ("granted", "may"),
    [
        (("allowRead",), (False, False, False)),
        (("allowRead", "allowCreate"), (True, False, False)),
        (("allowRead", "allowEdit"), (False, True, False)),
        (("allowRead", "allowEdit", "allowDelete"), (False, True, True)),
    ],
)
def test_describe_says_what_may_be_done(
    log_in: LogIn, granted: tuple[str, ...], may: tuple[bool, ...]
) -> None:
    """Createable, updateable and deletable follow the object permissions."""
    shown = log_in(on_object("Lead", *granted)).restful("sobjects/Lead/describe")
    last_name = next(field for field in shown["fields"] if field["name"] == "LastName")

    assert may == (shown["createable"], shown["updateable"], shown["deletable"])
    assert may[:2] == (last_name["createable"], last_name["updateable"])


def test_writing_takes_the_object_permission(
    start: Start, deploy: Deploy, connect: Connect, tmp_path: Path
) -> None:
    """Who may only read can neither create, change nor delete a record."""
    leads = tmp_path / "leads.jsonl"
    leads.write_text('{"lead": {"Id": "00Q000000000001AAA", "LastName": "Ames", "Company": "A"}}')
    readers = deploy(API, on_object("Lead", "allowRead"))
    client = connect(start(deployed=readers, leads=leads))
    denied = (400, "INSUFFICIENT_ACCESS_OR_READONLY")
    path = "sobjects/Lead/00Q000000000001AAA"
    row = {"attributes": {"type": "Lead"}, "Id": "00Q000000000001AAA", "Company": "B"}
    (written,) = client.restful("composite/sobjects", method="PATCH", json={"records": [row]})

    assert denied == refusal(client, "sobjects/Lead", method="POST", json=LEAD)
    assert denied == refusal(client, path, method="PATCH", json={"Company": "B"})
    assert denied == refusal(client, path, method="DELETE")
    assert "INSUFFICIENT_ACCESS_OR_READONLY" == written["errors"][0]["statusCode"]
    assert "A" == client.restful(path)["Company"]


def test_tasks_follow_user_permissions(log_in: LogIn) -> None:
    """Activities are seen with one permission and written with another, which lets delete, too."""
    client = log_in(LEADS, TASKS, on_fields("Task.Triage_Key__c", editable=True))
    shown = client.restful("sobjects/Task/describe")
    written = {"Subject": "Call", "Triage_Key__c": "k-1"}
    identifier = client.restful("sobjects/Task", method="POST", json=written)["id"]

    assert all(shown[may] for may in ("createable", "updateable", "deletable"))
    assert "Call" == client.restful(f"sobjects/Task/{identifier}")["Subject"]


def test_activities_may_be_read_only(log_in: LogIn) -> None:
    """Without Edit Tasks a task can be described, but not written."""
    client = log_in(of_user("ActivitiesAccess"))

    assert client.restful("sobjects/Task/describe")["createable"] is False
    assert (400, "INSUFFICIENT_ACCESS_OR_READONLY") == refusal(
        client, "sobjects/Task", method="POST", json={"Subject": "Call"}
    )
    assert (404, "NOT_FOUND") == refusal(log_in(LEADS), "sobjects/Task/describe")


@pytest.mark.parametrize(("name", "creates"), [("ViewAllData", False), ("ModifyAllData", True)])
def test_all_data_means_all_objects(log_in: LogIn, name: str, *, creates: bool) -> None:
    """The two permissions over all data open every object, and no field."""
    client = log_in(of_user(name))
    listed = {entity["name"]: entity for entity in client.restful("sobjects")["sobjects"]}

    assert {"Account", "Case", "Known_Issue__c", "Task"} < listed.keys()
    assert {creates} == {listed["Account"]["createable"], listed["Task"]["deletable"]}
    assert "Industry" not in described(client, "Account")


def test_a_user_without_the_api_gets_nothing(
    start: Start, deploy: Deploy, connect: Connect
) -> None:
    """Every call is refused, and so is a login by SOAP."""
    url = start(deployed=deploy(LEADS))
    password = {"password": "sandbox", "security_token": "sandbox"}
    with pytest.raises(SalesforceAuthenticationFailed) as failed:
        connect(url, username="triage@brightfield.example", **password)

    assert (403, "API_DISABLED_FOR_ORG") == refusal(connect(url), "sobjects")
    assert "API_DISABLED_FOR_ORG" in str(failed.value)


def test_several_sets_add_up(start: Start, deploy: Deploy, connect: Connect) -> None:
    """A user has what any of the project's permission sets grants."""
    deploy(API, LEADS, name="First")
    client = connect(start(deployed=deploy(on_fields("Lead.Email"), name="Second")))

    assert "Email" in described(client, "Lead")


def test_a_relation_to_what_may_not_be_read_is_none(log_in: LogIn) -> None:
    """A query gets nothing of a parent whose object is not readable, nor can a write name it."""
    client = log_in(
        on_object("Contact", "allowRead", "allowCreate"), on_fields("Contact.AccountId")
    )
    code, message = query_refused(client, "SELECT Account.Name FROM Contact")

    assert "INVALID_FIELD" == code
    assert "relationship 'Account'" in message


def test_people_are_readable_for_everybody(log_in: LogIn) -> None:
    """User, Group and Organization need no permission, and can't be written with any."""
    client = log_in()
    (user,) = client.query("SELECT Email, Title FROM User WHERE Alias = 'Triage'")["records"]

    assert ("triage@brightfield.example", "Integration User") == (user["Email"], user["Title"])
    assert (400, "INSUFFICIENT_ACCESS_OR_READONLY") == refusal(
        client, "sobjects/User/005000000000009AAA", method="PATCH", json={"Title": "T"}
    )


def test_what_the_platform_does_needs_no_permission(log_in: LogIn) -> None:
    """Defaults and worked-out fields are written where the user may not even read them."""
    client = log_in(on_object("Case", "allowRead", "allowCreate"))
    identifier = client.restful("sobjects/Case", method="POST", json={"Status": "Closed"})["id"]

    assert client.restful(f"sobjects/Case/{identifier}")["IsClosed"] is True


@pytest.mark.parametrize(
    ("element", "complaint"),
    [
        (on_object("Leed", "allowRead"), "objectPermissions Leed: the org has no such object"),
        (on_object("Task", "allowRead"), "objectPermissions Task: its access is not set"),
        (on_object("Lead", "allowEdit"), "objectPermissions Lead: edit depends on read"),
        (on_fields("Lead.Sector"), "fieldPermissions Lead.Sector: the org has no such field"),
        (on_fields("Lead.Company"), "fieldPermissions Lead.Company: is required"),
        (on_fields("Lead.OwnerId"), "fieldPermissions Lead.OwnerId: its security can't be set"),
        (on_fields("Lead.Country"), "fieldPermissions Lead.Country: is secured as a part of"),
        (of_user("EditTasks"), "userPermissions EditTasks: there is no such user permission"),
        (
            (
                "<fieldPermissions><editable>true</editable><field>Lead.Email</field>"
                "<readable>false</readable></fieldPermissions>"
            ),
            "fieldPermissions Lead.Email: edit depends on read",
        ),
        ("<recordAccess/>", "recordAccess : the sandbox doesn't know this element"),
    ],
)
def test_a_set_that_would_not_deploy_is_refused(
    deploy: Deploy, element: str, complaint: str
) -> None:
    """The message names the file and the element, and says what to do."""
    project = deploy(element)
    with pytest.raises(WrongUsage) as refused, running(state=None, leads=None, deployed=project):
        pass

    assert "Agent.permissionset-meta.xml: " + complaint in str(refused.value)


def test_a_project_without_sets_is_refused(tmp_path: Path) -> None:
    """Where there is no permission set, the message says where one is looked for."""
    with (
        pytest.raises(WrongUsage, match="no permission set is there"),
        running(state=None, leads=None, deployed=tmp_path),
    ):
        pass


@pytest.mark.parametrize("text", ["<", "<Profile/>", '<PermissionSet xmlns="urn:x"/>'])
def test_a_file_that_is_no_permission_set_is_refused(deploy: Deploy, text: str) -> None:
    """What isn't XML, or another kind of metadata, is refused with the file's name."""
    project = deploy()
    (file,) = project.rglob("*.xml")
    file.write_text(text)
    with (
        pytest.raises(WrongUsage, match=file.name),
        running(state=None, leads=None, deployed=project),
    ):
        pass
