"""The note beside the Salesforce project: who it is for, and what no deployment does."""

from collections.abc import Iterator

from triage_agent.connectors.salesforce.custom_fields import ACTIVITIES, custom_fields
from triage_agent.connectors.salesforce.field_security import secured_as
from triage_agent.connectors.salesforce.metadata import NOTICE
from triage_agent.operating_model.grants import Grant, tracked
from triage_agent.operating_model.schema import Page

_NOTE = """\
<!-- {notice} -->
# What the agent may do in Salesforce

A project to deploy: the custom fields that the agent writes, and the permission set `Triage_Agent`
with what the operating model grants, and nothing else.

| object | read | create | edit | fields that it sets |
|---|---|---|---|---|
{rows}

## In this order

1. **Keep field history.** What becomes of a record is read from it later. In Setup, under Object
   Manager → {item} → Fields & Relationships → Set History Tracking, switch it on{tracked}.
   As long as it is off, a deployment of fields that keep theirs is refused.
2. **Deploy**, from this folder: `sf project deploy start --source-dir force-app`
3. **Make a user for the agent alone**: user licence `Salesforce Integration`, profile `Minimum
   Access - API Only Integrations`; then the permission set licence `Salesforce API Integration`,
   without which the next step is refused.
4. **Assign the permission set**:
   `sf org assign permset --name Triage_Agent --on-behalf-of USERNAME`
5. **Make an External Client App** (or a connected app) with the OAuth scope `api` and the
   client-credentials flow, run as that user. Its key and secret are `SALESFORCE_CLIENT_ID` and
   `SALESFORCE_CLIENT_SECRET`.
6. **Run `triage-agent doctor`**: it compares what the user really has with the page.

## What sharing must do

- *View all records* stands at each object that is read: a record that sharing hides could
  contradict a sender, and nobody would know. It lets nothing be edited.
{edits}- No object's permission covers activities: by `Controlled by Parent` as their default the
  agent sees the tasks of the records that it sees.
- Users, groups and the organization need no permission, and none could be withheld. Where the
  default for users is `Private`, let the agent's user view all users.

## What the platform can't withhold

The wire guard holds these, on the agent's side:

- values: whoever may edit a field may write any value into it;
- fields that have no security of their own and come with their objects:
  {unsecured};
- tasks and events: whoever may create them may edit and delete them.
"""


def note(page: Page, granted: dict[str, Grant]) -> str:
    """The note for a page, in Markdown."""
    item = page.workflow.item.object
    edited = [name for name, one in granted.items() if one.edit and name not in ACTIVITIES]
    return _NOTE.format(
        notice=NOTICE,
        rows="\n".join(map(_row, granted.values())),
        item=item,
        tracked=_ticked(page, granted[item]),
        edits="".join(map(_sharing, edited)),
        unsecured=_listed(_unsecured(granted)),
    )


def _row(one: Grant) -> str:
    sets = ", ".join(f"`{column}`" for column in one.sets)
    create, edit = ("yes" if may else "" for may in (one.create, one.edit))
    return f"| {one.object} | yes | {create} | {edit} | {sets} |"


def _sharing(name: str) -> str:
    return (
        f"- To edit a {name} that belongs to somebody else, the user needs `Public Read/Write` as\n"
        "  the organization-wide default, or a sharing rule that gives it `Read/Write`.\n"
    )


def _ticked(page: Page, granted: Grant) -> str:
    """The fields whose history an administrator switches on: no file here does it for them."""
    made = {column for column, _ in custom_fields(granted)}
    left = [f"`{column}`" for column in tracked(page) if column not in made]
    return f" and tick\n   {' and '.join(left)}" if left else ""


def _unsecured(granted: dict[str, Grant]) -> Iterator[str]:
    for name, one in granted.items():
        for column in one.sets:
            if secured_as(name, column) is None:
                yield f"`{name}.{column}`"


def _listed(names: Iterator[str]) -> str:
    return ",\n  ".join(names) or "a record's name, its owner"
