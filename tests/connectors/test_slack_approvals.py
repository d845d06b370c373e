"""How a request for somebody's word looks in Slack, whatever strangers wrote."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.conftest import passes
from tests.connectors.test_slack_messages import HOSTILE, parts, typed
from tests.sandbox.slack_people import MAYA
from tests.sandboxes import running
from triage_agent.connectors import slack_approvals, slack_forms
from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.slack import SlackConnector
from triage_agent.decision.actions import (
    Again,
    Approval,
    AskApproval,
    CreateRecord,
    UpdateRecord,
)
from triage_agent.decision.asking import Editable
from triage_agent.decision.reviews import Did, Standing

LINK = "https://org.example/00Q000000000001AAA"
OPEN = Standing(can=("approve", "edit", "reject"))
SALES = "C0SALESDEV1"


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackConnector]:
    """A connector to a workspace that validates what it is sent."""
    with running(state=None, leads=None) as url:
        yield SlackConnector(
            "xoxb-sandbox", f"{url}/api/", "https://org.example/", CallLog(), passes
        )


def approval(text: str, *, creates: bool = False) -> Approval:
    """A request in which that text stands wherever a stranger's or a model's may."""
    fields = {"Status": text, "Description": text, "NumberOfEmployees": 3, "Rating": None}
    update = UpdateRecord(name="set_status", object="Lead", record_id="1", fields=fields)
    create = CreateRecord(name="create_task", object="Task", fields=fields, key_field="Status")
    return Approval(
        action=create if creates else update,
        was={} if creates else dict.fromkeys(fields, text),
        headline=text,
        wants=text,
        draft=text,
        item_id="abc",
        record_id="00Q000000000001AAA",
        who="sales_development",
        names="Maya Lindqvist, Jonas Weber",
        team="sales_development",
        page="version 5",
        sections="s",
        expires_at=datetime(2026, 11, 27, 15, 30, tzinfo=UTC),
        again=Again(user=MAYA, reason="Status changed since it was asked"),
        nonce="n",
    )


@pytest.mark.parametrize("creates", [False, True])
@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_makes_a_message_that_slack_takes(
    slack: SlackConnector,
    text: str,
    creates: bool,  # noqa: FBT001 - a case of a table
) -> None:
    """Whatever stands in all of its fields, the request arrives, and nothing of it is markup."""
    asked = approval(text, creates=creates)
    message = AskApproval(name="set_status.ask1", approval=asked)
    posted = slack.post(SALES, "k", message, OPEN, None)
    slack.show(posted.reference, message, Standing(did=(Did(label=text, user=MAYA, more=text),)))
    shown = slack_approvals.blocks(asked, LINK, OPEN)

    assert SALES == posted.channel
    assert [] == typed(shown, "mrkdwn", "broadcast", "channel", "usergroup", "emoji", "markdown")
    assert [LINK] == [link["url"] for link in typed(shown, "link")]
    assert [MAYA] == [user["user_id"] for user in typed(shown, "user")]


def test_from_what_to_what() -> None:
    """Each field is told with what it holds and what it would; an empty one says so."""
    text = str(slack_approvals.blocks(approval("x"), LINK, OPEN))

    assert "What would change in Lead" in text
    assert "Status: x → x" in text
    assert "Rating: x → (empty)" in text
    assert "What would be a new Task" in str(
        slack_approvals.blocks(approval("x", creates=True), LINK, OPEN)
    )


def test_buttons_are_about_what_is_shown() -> None:
    """Each names the item, the action and the whole digest of what the message shows."""
    asked = approval("x")
    buttons = typed(slack_approvals.blocks(asked, LINK, OPEN), "button")

    assert ["approve", "edit", "reject"] == [button["action_id"] for button in buttons]
    assert {f"abc set_status {asked.digest}"} == {button["value"] for button in buttons}
    assert approval("y").digest != asked.digest


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.strip()])
def test_any_text_can_be_edited(text: str) -> None:
    """The form holds what the agent would write, as far as Slack's fields are long."""
    fields = (
        Editable("Description", text[: slack_forms.LONGEST_TEXT]),
        Editable("Status", "Working", ("Working", "Closed")),
    )
    view = slack_forms.edit({"item": "x", "channel": SALES, "thread": None}, fields).to_dict()

    assert ["Description", "Status"] == [b["block_id"] for b in view["blocks"] if "block_id" in b]
    assert [] == [part for part in parts(view) if part.get("type") == "mrkdwn"]
