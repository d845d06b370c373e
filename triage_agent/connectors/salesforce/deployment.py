"""What the page grants of Salesforce, as a project to deploy: custom fields, a permission set."""

from collections.abc import Iterator

from triage_agent.connectors.salesforce.custom_fields import (
    ACTIVITIES,
    custom_fields,
    field_document,
    field_folder,
)
from triage_agent.connectors.salesforce.deployment_note import note
from triage_agent.connectors.salesforce.field_security import secured_as
from triage_agent.connectors.salesforce.metadata import API_VERSION, Element, document
from triage_agent.operating_model.grants import Grant, grants, tracked
from triage_agent.operating_model.schema import Page

PERMISSION_SET = "Triage_Agent"
WITHOUT_PERMISSIONS = ("User", "Group", "Organization")
"""No permission set gives or withholds these: whoever may use the API reads them."""

_SOURCE = "force-app/main/default"
_PROJECT = f"""\
{{
  "packageDirectories": [{{"path": "force-app", "default": true}}],
  "sourceApiVersion": "{API_VERSION}"
}}
"""
_LABEL = 80
_DESCRIPTION = 255


def files(page: Page) -> dict[str, str]:
    """The whole project: each file's text by its path."""
    granted = grants(page)
    made = {
        "sfdx-project.json": _PROJECT,
        "README.md": note(page, granted),
        f"{_SOURCE}/permissionsets/{PERMISSION_SET}.permissionset-meta.xml": document(
            "PermissionSet", _permission_set(page, granted)
        ),
    }
    for name, one in granted.items():
        folder = field_folder(name)
        kept = tracked(page) if name == page.workflow.item.object else []
        for column, form in custom_fields(one):
            path = f"{_SOURCE}/objects/{folder}/fields/{column}.field-meta.xml"
            made[path] = field_document(column, form, history=column in kept)
    return made


def _permission_set(page: Page, granted: dict[str, Grant]) -> list[Element]:
    name = page.workflow.name
    description = f"What the triage agent may read and write for this workflow: {name}."
    return [
        ("description", description[:_DESCRIPTION]),
        *_field_permissions(granted),
        ("hasActivationRequired", "false"),
        ("label", f"Triage agent: {name}"[:_LABEL]),
        *(_object_permission(granted[name]) for name in sorted(_with_permissions(granted))),
        *_user_permissions(granted),
    ]


def _with_permissions(granted: dict[str, Grant]) -> set[str]:
    return granted.keys() - {*ACTIVITIES, *WITHOUT_PERMISSIONS}


def _field_permissions(granted: dict[str, Grant]) -> Iterator[Element]:
    editable: dict[str, bool] = {}
    for name in granted.keys() - {*WITHOUT_PERMISSIONS}:
        for column in granted[name].sees:
            if secured := secured_as(name, column):
                field = f"{name}.{secured}"
                sets = column in granted[name].sets
                editable[field] = sets or editable.get(field, False)
    for field, may_edit in sorted(editable.items()):
        words = [("editable", _word(may_edit)), ("field", field), ("readable", "true")]
        yield "fieldPermissions", words


def _object_permission(granted: Grant) -> Element:
    return (
        "objectPermissions",
        [
            ("allowCreate", _word(granted.create)),
            ("allowDelete", "false"),
            ("allowEdit", _word(granted.edit)),
            ("allowRead", "true"),
            ("modifyAllRecords", "false"),
            ("object", granted.object),
            # A record that sharing hides could contradict a sender, and nobody would know.
            ("viewAllRecords", "true"),
        ],
    )


def _user_permissions(granted: dict[str, Grant]) -> Iterator[Element]:
    """What no object's permissions give: the use of the API, and all that is done to activities."""
    names = ["ApiEnabled"]
    for activity in ACTIVITIES:
        if activity in granted:
            names.append("ActivitiesAccess")
            if granted[activity].create or granted[activity].edit:
                names.append(f"Edit{activity}")
    for name in sorted(set(names)):
        yield "userPermissions", [("enabled", "true"), ("name", name)]


def _word(value: bool) -> str:  # noqa: FBT001 - the value itself
    return "true" if value else "false"
