"""What somebody names that isn't Salesforce's or the bundled company's own, and that is there then.

It stands in `FILE`, beside what is deployed: a JSON object of the shape `Newcomers`.
"""

from dataclasses import replace
from pathlib import Path

from pydantic import Field, ValidationError

from triage_agent.errors import WrongUsage
from triage_agent.sandbox.salesforce import ids
from triage_agent.sandbox.salesforce.assumed import Assumed, Value
from triage_agent.sandbox.salesforce.org import Org, settle
from triage_agent.sandbox.slack.workspace import Workspace
from triage_agent.sandbox.strict import Strict

FILE = "newcomers.json"


class Person(Strict):
    """Somebody of the workspace, who may be a user of the org, too."""

    name: str
    title: str
    slack: str
    salesforce: str | None = None


class Requests(Strict):
    """What comes in by the web site: an object, what a sender says of it, and what is added."""

    object: str
    asks: tuple[str, ...]
    adds: dict[str, Value] = Field(default_factory=dict)


BUNDLED = Requests(
    object="Lead",
    asks=("FirstName", "LastName", "Company", "Title", "Email", "Phone", "Description"),
    adds={"LeadSource": "Web"},
)


class Newcomers(Strict):
    """`channels`: their names by id; `objects`: what is assumed of these, by their names."""

    people: tuple[Person, ...] = ()
    channels: dict[str, str] = Field(default_factory=dict)
    objects: dict[str, Assumed] = Field(default_factory=dict)
    requests: Requests = BUNDLED

    def move_in(self, org: Org) -> None:
        """The org has them as users from now on; those whom it knows stay as they are."""
        for one in self.people:
            identifier = ids.canonical(one.salesforce or "")
            if identifier and not org.store.record("User", identifier):
                settle(org, identifier, one.name, one.title)

    def join(self, workspace: Workspace) -> Workspace:
        """The workspace with them, before all whom it knew."""
        new = {one.slack: one for one in self.people if one.slack not in workspace.users}
        names = {slack: one.name for slack, one in new.items()}
        titles = {slack: one.title for slack, one in new.items()}
        return replace(
            workspace,
            users={**names, **workspace.users},
            titles={**titles, **workspace.titles},
            channels={**self.channels, **workspace.channels},
        )


def read(deployed: Path | None) -> Newcomers:
    """Who is named there; nobody where there is no such file."""
    path = deployed / FILE if deployed else None
    if path is None or not path.exists():
        return Newcomers()
    try:
        return Newcomers.model_validate_json(path.read_bytes())
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise WrongUsage(f"{path}: {'; '.join(wrong)}") from error
