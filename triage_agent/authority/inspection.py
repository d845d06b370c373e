"""What `doctor` may ask: how the systems are set up. A pure rule, which knows no write at all.

The wire guard of a run is compiled from the page; this one stands in its place while the page
and the credentials are compared, and lets look at more, but change nothing.
"""

import re

from triage_agent.authority import soql
from triage_agent.authority.wire import HISTORY, REST, Hosts, Request, is_login
from triage_agent.operating_model.grants import channels
from triage_agent.operating_model.schema import Page

RIGHTS = "SELECT {} FROM UserPermissionAccess"
USERS = "SELECT Id FROM User WHERE IsActive = true AND Id IN {}"
ASSIGNED = "SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = {}"
OBJECT_RIGHTS = (
    "SELECT SobjectType, PermissionsViewAllRecords, PermissionsModifyAllRecords "
    "FROM ObjectPermissions WHERE ParentId IN {}"
)
ENTITIES = (
    "SELECT QualifiedApiName, DurableId, InternalSharingModel "
    "FROM EntityDefinition WHERE QualifiedApiName IN {}"
)
HISTORIES = (
    "SELECT QualifiedApiName, IsFieldHistoryTracked FROM FieldDefinition "
    "WHERE EntityDefinition.QualifiedApiName = {}"
)
DUPLICATE_RULES = (
    "SELECT DeveloperName, SobjectType FROM DuplicateRule "
    "WHERE IsActive = true AND SobjectType IN {}"
)
TRIGGERS = (
    "SELECT Name, TableEnumOrId FROM ApexTrigger WHERE Status = 'Active' AND TableEnumOrId IN {}"
)
FLOWS = (
    "SELECT ApiName, TriggerObjectOrEventId FROM FlowDefinitionView "
    "WHERE IsActive = true AND TriggerObjectOrEventId IN {}"
)
VALIDATION_RULES = (
    "SELECT ValidationName, EntityDefinitionId FROM ValidationRule "
    "WHERE Active = true AND EntityDefinitionId IN {}"
)
WORKFLOW_RULES = "SELECT Name, TableEnumOrId FROM WorkflowRule WHERE TableEnumOrId IN {}"

_QUERIES = (
    soql.ORGANIZATION, USERS, ASSIGNED, OBJECT_RIGHTS, ENTITIES, HISTORIES, DUPLICATE_RULES,
    TRIGGERS, FLOWS,
)  # fmt: skip
_TOOLING = (VALIDATION_RULES, WORKFLOW_RULES)
_RIGHTS = re.compile(RIGHTS.format(r"Permissions\w+(?:, Permissions\w+)*"))
_PATHS = re.compile(r"sobjects(?:/\w+/describe)?|ui-api/object-info/\w+/picklist-values/\w+/\w+|")


class Inspection:
    """`Wire`'s stand-in: requests to the page's hosts that only look."""

    def __init__(self, page: Page, hosts: Hosts) -> None:
        self._hosts, self._channels = hosts, frozenset(channels(page).values())
        self._queries = (*map(soql.filled, _QUERIES), _RIGHTS)
        self._tooling = tuple(map(soql.filled, _TOOLING))

    def refuses(self, request: Request) -> str | None:
        """Why a request may not leave, in words without any value of its own; None: it may."""
        if request.host not in self._hosts[request.system]:
            return f"{request.host} is not the host of {request.system}"
        fits = {"salesforce": self._salesforce, "slack": self._slack, "model": self._model}
        looks = fits[request.system](request)
        return None if looks else f"{request.method} {request.path} does more than look"

    def writes(self, _request: Request) -> bool:
        """Never: so a pause holds none of it back."""
        return False

    def _salesforce(self, request: Request) -> bool:
        if is_login(request.path):
            return request.method == "POST"
        found = REST.fullmatch(request.path)
        if found is None or request.method != "GET" or set(request.query) - {"q"}:
            return False
        path, asked = found[1].rstrip("/"), request.query.get("q", [])
        known = {"query": self._queries, "tooling/query": self._tooling}.get(path)
        if known is None:
            return not asked and _PATHS.fullmatch(path) is not None
        return len(asked) == 1 and any(one.fullmatch(asked[0]) for one in known)

    def _slack(self, request: Request) -> bool:
        called, given = request.path.rpartition("/api/")[2], request.body or {}
        if request.query:
            return False
        reads = called == "conversations.history" and given.get("channel") in self._channels
        return called == "auth.test" or (reads and {*given} <= HISTORY)

    def _model(self, request: Request) -> bool:
        return request.method == "POST" and request.path.endswith("/chat/completions")
