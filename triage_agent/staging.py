"""What a sandbox begins with: what a page grants and takes for granted, and a project's records."""

from collections.abc import Iterator
from pathlib import Path

from triage_agent.connectors.salesforce import deployment, metadata
from triage_agent.deploying import Tree
from triage_agent.operating_model.action_rules import is_fixed
from triage_agent.operating_model.grants import grants
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Page
from triage_agent.sandbox.leads import SAMPLE
from triage_agent.sandbox.newcomers import BUNDLED, FILE, Newcomers, Person, Requests
from triage_agent.sandbox.salesforce.assumed import Assumed

SAMPLES = "samples.jsonl"


def samples(project: Path) -> Path:
    """The records that a project's embedded sandbox begins with: its own, else the shipped ones."""
    own = project / SAMPLES
    return own if own.exists() else SAMPLE


def laid_out(page: Page, project: Path, folder: Path) -> Path:
    """What the page grants, which is all that a sandbox's agent may do, and whom it names.

    Where the project brings records of its own, so does its org the objects, fields and values that
    the page speaks of, and its web site takes such requests; else org and site are the bundled
    ones, and what the org lacks is a mistake.
    """
    is_other = (project / SAMPLES).exists()
    new = Newcomers(
        people=tuple({one.slack: one for one in _people(page)}.values()),
        channels={team.channel: name.replace("_", "-") for name, team in page.teams.items()},
        objects=_objects(page) if is_other else {},
        requests=_requests(page) if is_other else BUNDLED,
    )
    files = {**deployment.files(page), FILE: f"{new.model_dump_json(indent=2)}\n"}
    Tree(folder, files, metadata.NOTICE, "triage-agent run --sandbox").write()
    return folder


def _people(page: Page) -> Iterator[Person]:
    """The teams first: whoever looks at the sandbox is one of them."""
    for name, team in page.teams.items():
        title = name.replace("_", " ").capitalize()
        for one in team.members:
            yield Person(name=one.name, title=title, slack=one.slack, salesforce=one.salesforce)
    known = {one.slack for team in page.teams.values() for one in team.members}
    for person in (page.owner, page.owner.deputy):
        if person.slack not in known:
            yield Person(name=person.name, title=person.role, slack=person.slack)


def _objects(page: Page) -> dict[str, Assumed]:
    """Each object's fields, with the values that the page spells out."""
    item = page.workflow.item
    new: dict[str, list[Scalar]] = {name: [value] for name, value in item.new_when.items()}
    new |= {name: [*ways] for name, ways in item.came_by.items()}
    found = {}
    for name, grant in grants(page).items():
        fields: dict[str, list[Scalar]] = {column: [] for column in grant.sees}
        for column, values in grant.sets.items():
            fields[column] = [value for value in values if is_fixed(value)]
        for column, values in new.items() if name == item.object else ():
            fields[column] = [*fields.get(column, ()), *values]
        whole = {column: tuple(values) for column, values in fields.items()}
        found[name] = Assumed(fields=whole, long=tuple(item.request_text))
    return found


def _requests(page: Page) -> Requests:
    """All that the page reads of an item, but for what makes it new, or says how it came."""
    item = page.workflow.item
    adds = {**item.new_when, **{name: ways[0] for name, ways in item.came_by.items()}}
    kept = {*adds, *grants(page)[item.object].sets}
    asks = [name for name in page.item_read.fields if name not in kept]
    return Requests(object=item.object, asks=tuple(asks), adds=adds)
