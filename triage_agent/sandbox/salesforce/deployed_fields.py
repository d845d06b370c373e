"""Custom fields as a Salesforce project holds them: the org has them once that is deployed."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

from triage_agent.errors import WrongUsage
from triage_agent.sandbox.salesforce.schema import Field, Objects

_OBJECTS = Path("force-app", "main", "default", "objects")
_ENDING = ".field-meta.xml"
_NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
_ACTIVITIES = ("Task", "Event")
"""What is made on Activity is there on both."""

_TYPES = {
    "Checkbox": "boolean",
    "Date": "date",
    "LongTextArea": "textarea",
    "Number": "double",
    "Text": "string",
}
"""By what a definition calls it, what describe calls it."""


def with_custom_fields(objects: Objects, project: Path) -> Objects:
    """The objects with the project's fields, which replace what had their names."""
    made = dict(objects)
    for file in sorted((project / _OBJECTS).glob(f"*/fields/*{_ENDING}")):
        folder, field = file.parents[1].name, _field(file)
        names = _ACTIVITIES if folder == "Activity" else (folder,)
        known = [name for name in names if name in made]
        if not known:
            raise WrongUsage(f"{file}: the org has no object {folder}; correct the folder's name")
        for name in known:
            fields = {**made[name].fields, field.name: field}
            made[name] = replace(made[name], fields=fields)
    return made


def _field(file: Path) -> Field:
    try:
        root = ET.parse(file).getroot()  # noqa: S314 - a file of whoever starts the sandbox
    except (OSError, ET.ParseError) as error:
        raise WrongUsage(f"{file}: can't be read ({error}); write a custom field") from error
    said = {part.tag.removeprefix(_NAMESPACE): part.text or "" for part in root}
    name, kind = said.get("fullName", ""), said.get("type", "")
    if root.tag != f"{_NAMESPACE}CustomField" or f"{name}{_ENDING}" != file.name:
        raise WrongUsage(f"{file}: is no custom field of that name; write one, or rename the file")
    if kind not in _TYPES:
        raise WrongUsage(f"{file}: type {kind!r}: write one of {', '.join(_TYPES)}")
    return Field(
        name=name,
        type=_TYPES[kind],
        label=said.get("label", name),
        required=_is(said, "required"),
        permissionable=not _is(said, "required"),
        tracked=_is(said, "trackHistory"),
        unique=_is(said, "unique"),
        external_id=_is(said, "externalId"),
        default=_is(said, "defaultValue") if kind == "Checkbox" else None,
        length=int(said.get("length", "0")),
        precision=int(said.get("precision", "0")),
        scale=int(said.get("scale", "0")),
    )


def _is(said: Mapping[str, str], what: str) -> bool:
    return said.get(what) == "true"
