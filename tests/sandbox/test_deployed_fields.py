"""Custom fields of a Salesforce project are there once it is deployed, as they are defined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandboxes import running
from triage_agent.errors import WrongUsage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.conftest import Connect

PERMISSIONS = """<?xml version="1.0" encoding="UTF-8"?>
<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata">
  <fieldPermissions>
    <editable>true</editable><field>Lead.Score__c</field><readable>true</readable>
  </fieldPermissions>
  <fieldPermissions>
    <editable>true</editable><field>Task.Mark__c</field><readable>true</readable>
  </fieldPermissions>
  <label>Agent</label>
  <objectPermissions>
    <allowCreate>true</allowCreate><allowEdit>true</allowEdit><allowRead>true</allowRead>
    <object>Lead</object>
  </objectPermissions>
  <userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>
  <userPermissions><enabled>true</enabled><name>ActivitiesAccess</name></userPermissions>
  <userPermissions><enabled>true</enabled><name>EditTask</name></userPermissions>
</PermissionSet>
"""
SCORE = "<label>Score</label><type>Number</type><precision>3</precision><scale>2</scale>"
MARK = "<label>Mark</label><type>Text</type><length>80</length><externalId>true</externalId>"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a field on Lead, one on Activity, and a permission set for both."""
    within = tmp_path / "force-app" / "main" / "default"
    (within / "permissionsets").mkdir(parents=True)
    (within / "permissionsets" / "Agent.permissionset-meta.xml").write_text(PERMISSIONS)
    define(tmp_path, "Lead", "Score__c", SCORE)
    define(tmp_path, "Activity", "Mark__c", MARK)
    return tmp_path


def define(project: Path, folder: str, name: str, said: str) -> Path:
    """Writes the definition of a field; its file."""
    fields = project / "force-app" / "main" / "default" / "objects" / folder / "fields"
    fields.mkdir(parents=True, exist_ok=True)
    file = fields / f"{name}.field-meta.xml"
    file.write_text(
        '<CustomField xmlns="http://soap.sforce.com/2006/04/metadata">'
        f"<fullName>{name}</fullName>{said}</CustomField>"
    )
    return file


def test_a_field_is_there_and_holds_what_it_is_for(project: Path, connect: Connect) -> None:
    """What was defined can be described, written and read; what doesn't fit is refused."""
    with running(state=None, leads=None, deployed=project) as url:
        org = connect(url)
        described = org.restful("sobjects/Lead/describe")["fields"]
        (score,) = (field for field in described if field["name"] == "Score__c")
        lead = {"LastName": "Lind", "Company": "Lind Heating", "Score__c": 0.5}
        made = org.restful("sobjects/Lead", method="POST", json=lead)
        found = org.query(f"SELECT Score__c FROM Lead WHERE Id = '{made['id']}'")["records"]  # noqa: S608 - our own id
        status, _ = org.refused("sobjects/Lead", method="POST", json={**lead, "Score__c": 12.0})

    assert ("double", 3, 2) == (score["type"], score["precision"], score["scale"])
    assert [0.5] == [row["Score__c"] for row in found]
    assert 400 == status


def test_what_is_made_on_activity_is_on_tasks(project: Path, connect: Connect) -> None:
    """Its field is a task's, and records can be upserted by it where it is an external id."""
    with running(state=None, leads=None, deployed=project) as url:
        described = connect(url).restful("sobjects/Task/describe")["fields"]
    (mark,) = (field for field in described if field["name"] == "Mark__c")

    assert mark["externalId"]
    assert 80 == mark["length"]


@pytest.mark.parametrize(
    ("folder", "name", "said", "says"),
    [
        ("Shoe", "Size__c", SCORE, "the org has no object Shoe"),
        ("Lead", "Size__c", "<type>Hologram</type>", "type 'Hologram': write one of"),
        ("Lead", "Size__c", "<type", "can't be read"),
    ],
)
def test_a_definition_that_cannot_be_deployed(
    project: Path, folder: str, name: str, said: str, says: str
) -> None:
    """The file is named, with what is wrong with it."""
    file = define(project, folder, name, said)
    with (
        pytest.raises(WrongUsage, match=says) as refused,
        running(state=None, leads=None, deployed=project),
    ):
        pass

    assert str(file) in str(refused.value)


def test_a_file_of_another_name(project: Path) -> None:
    """A definition lies in the file of its name, or is refused."""
    file = define(project, "Lead", "Size__c", SCORE)
    file.rename(file.with_name("Other__c.field-meta.xml"))
    with (
        pytest.raises(WrongUsage, match="rename the file"),
        running(state=None, leads=None, deployed=project),
    ):
        pass
