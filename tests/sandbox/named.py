"""A Salesforce project that grants next to nothing, and names what an org has beside it."""

import json
from collections.abc import Mapping
from pathlib import Path

from triage_agent.sandbox.newcomers import FILE

_SET = "force-app/main/default/permissionsets/All.permissionset-meta.xml"
_ALL = """<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata"><label>All</label>
<userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions></PermissionSet>"""


def project(folder: Path, named: Mapping[str, object]) -> Path:
    """In that folder."""
    (folder / _SET).parent.mkdir(parents=True)
    (folder / _SET).write_text(_ALL)
    (folder / FILE).write_text(json.dumps(named))
    return folder
