"""What people type after /triage: who may what, what comes of it, and who else learns of it."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from tests.conftest import passes
from tests.review.conftest import Desk, Listen, Open, soon
from tests.sandbox.slack_people import DANA, MAYA, PRIVATE, SALES, TESS, Person
from triage_agent import holding, wiring
from triage_agent.authority.wire import Wire
from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.salesforce.client import SalesforceClient
from triage_agent.connectors.slack import SlackConnector
from triage_agent.connectors.slack_socket import Click, Command, command_of
from triage_agent.connectors.slack_texts import escaped
from triage_agent.decision.run_events import Answer, Resumed
from triage_agent.errors import OutsidePage, Paused
from triage_agent.ledger.store import AGENT
from triage_agent.operating_model.loading import FILE
from triage_agent.review.commands import Commands
from triage_agent.review.listener import Listener
from triage_agent.sandbox.slack.timing import Timing
from triage_agent.settings import Settings
from triage_agent.targets import systems
from triage_agent.watching import Pages

pytestmark = pytest.mark.long

OMAR, JONAS, LENA = "U0OMAR00006", "U0JONAS0003", "U0LENA00005"
ELSEWHERE = "C0OPSSUMM01"
WHO_MAY = "Dana Reyes, Omar Haddad, Maya Lindqvist, Jonas Weber, Priya Nair"
ANSWERS = ("It tagged everything as spam.", "Yes, all four.", "A pattern was removed.")
HOSTILE = '<!channel> <https://evil.example|x> 100%_o\'Hara\\ "Ltd" *bold*'


def typed(desk: Desk, user: str, text: str, channel: str = SALES) -> list[dict[str, Any]]:
    """What somebody is told, in that channel or directly, once they typed something."""
    person, direct = Person(desk.url, user), f"D{user[1:]}"

    def told() -> list[dict[str, Any]]:
        state = requests.get(f"{desk.url}/sandbox/state", timeout=10).json()
        return [*person.notes(channel), *state["slack"].get(direct, ())]

    before = {one["ts"] for one in told()}

    def new() -> list[dict[str, Any]]:
        return [one for one in told() if one["ts"] not in before]

    assert person.type(text, channel) is None
    assert soon(lambda: new() or person.view())
    return new()


def words(desk: Desk, user: str, text: str, channel: str = SALES) -> str:
    """Likewise, as one text without blocks."""
    return "\n".join(one["text"] for one in typed(desk, user, text, channel))


def said(parts: Any) -> str:  # noqa: ANN401 - blocks
    """All texts and addresses in some blocks, one after the other."""
    if isinstance(parts, list):
        return "".join(map(said, parts))
    if isinstance(parts, dict):
        own = [str(parts[name]) for name in ("text", "url") if isinstance(parts.get(name), str)]
        return "".join([*own, *(said(one) for one in parts.values())])
    return ""


def new_lead(desk: Desk, **fields: str) -> str:
    """A record that the agent has not seen; its id."""
    answer = requests.post(
        f"{desk.url}/services/data/v62.0/sobjects/Lead",
        json={"LastName": "Ames", **fields},
        headers={"Authorization": "Bearer sandbox"},
        timeout=10,
    )
    return str(answer.json()["id"])


@pytest.fixture
def going_on(desk: Desk) -> Iterator[Desk]:
    """A desk whose agent goes on after the test, whatever is done to it there."""
    yield desk
    holding.resume(desk.target, "dana", lambda _: ANSWERS)


@pytest.mark.parametrize("text", ["", "help", "stop everything", "Pause it"])
def test_anything_else_is_told_what_there_is(desk: Desk, text: str) -> None:
    """What is no command of the agent's is answered with those that are."""
    told = words(desk, TESS, f"/triage {text}")

    assert "Write one of these: /triage status; /triage pause REASON; /triage resume" in told


@pytest.mark.parametrize("text", ["status", "find Acme", "pause odd tags", "resume"])
def test_others_learn_who_may(desk: Desk, text: str) -> None:
    """Whom the page doesn't name does nothing, and is told who could."""
    told = words(desk, TESS, f"/triage {text}")

    assert f"Only these can do that, by the operating model: {WHO_MAY}." == told
    assert holding.Agent(desk.target).why() is None
    assert Person(desk.url, TESS).view() is None


@pytest.mark.parametrize("text", ["pause", "pause  ", "find", f"find {'x' * 201}"])
def test_what_is_missing_is_asked_for(desk: Desk, text: str) -> None:
    """Without a reason or words, and with too many, the command says how it is written."""
    told = words(desk, MAYA, f"/triage {text}")

    assert told.startswith(("Write it like this: /triage", "That is too long"))
    assert holding.Agent(desk.target).why() is None


@pytest.mark.parametrize("user", [DANA, OMAR, JONAS])
def test_status_tells_six_lines(desk: Desk, user: str) -> None:
    """Anybody of the page learns what is going on, in the lines that a terminal shows."""
    told = words(desk, user, "/triage status")

    assert ["Page", "State", "Last run", "Items", "Limits", "Next"] == [
        line.partition(":")[0] for line in told.splitlines()
    ]
    assert "State: may work" in told


def test_a_pause_holds_at_once(going_on: Desk) -> None:
    """Who may pauses with a reason: nothing is written any more, and all who should know do."""
    one = going_on.another()
    told = words(going_on, MAYA, "/triage pause odd tags & <b>")
    state = requests.get(f"{going_on.url}/sandbox/state", timeout=10).json()

    assert "Paused by Maya Lindqvist. Told in Slack: owner, deputy, sales_development." == told
    with pytest.raises(Paused, match=r"by Maya Lindqvist at .*: odd tags & <b>"):
        wiring.run(going_on.target, shadow=False, limit=None, only=None, progress=lambda *_: None)
    for channel in ("D0DANA00001", "D0OMAR00006", SALES):
        news = state["slack"][channel][-1]
        assert "Maya Lindqvist has paused the agent: odd tags & <b>" == said(news["blocks"])
        assert escaped(said(news["blocks"])) == news["text"]
    assert "State: paused: by Maya Lindqvist" in words(going_on, JONAS, "/triage status")

    going_on.click(MAYA, one.ts)

    assert soon(lambda: any("the message will say so later" in n for n in going_on.notes(MAYA)))


def test_resuming_walks_the_checklist(going_on: Desk) -> None:
    """The form has a question a line of the page; all answered, the agent goes on, on record."""
    words(going_on, JONAS, "/triage pause odd tags")
    person = Person(going_on.url, OMAR)
    assert [] == typed(going_on, OMAR, "/triage resume")
    view = person.view()
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    questions = [block["label"]["text"] for block in inputs]
    fields = [(block["block_id"], block["element"]["action_id"]) for block in inputs]
    some = {block: {field: ANSWERS[0]} for block, field in fields[:1]}
    halfway = person.act("submit", view_id=view["id"], values=some)

    assert [block for block, _ in fields[1:]] == list(halfway["errors"])
    assert holding.Agent(going_on.target).why() is not None

    all_of_it = {b: {f: given} for (b, f), given in zip(fields, ANSWERS, strict=True)}
    person.act("submit", view_id=view["id"], values=all_of_it)

    assert soon(lambda: any("Resumed by Omar Haddad." in n for n in going_on.notes(OMAR)))
    assert holding.Agent(going_on.target).why() is None
    with closing(wiring.open_ledger(going_on.target)) as ledger:
        resumed = ledger.events(AGENT)[-1].event
    pairs = zip(questions, ANSWERS, strict=True)
    checklist = tuple(Answer(question=asked, answer=given) for asked, given in pairs)
    assert Resumed(by="Omar Haddad", login="omar", checklist=checklist) == resumed
    assert [] == going_on.faults()


def test_there_is_nothing_to_resume(desk: Desk) -> None:
    """Without a pause no form is opened."""
    assert "The agent isn't paused." == words(desk, MAYA, "/triage resume")
    assert Person(desk.url, MAYA).view() is None


def sent(desk: Desk, user: str) -> None:
    """Sends the checklist that somebody has before them, filled in."""
    person = Person(desk.url, user)
    view = person.view()
    names = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    values = {name: {name: "Yes."} for name in names}
    person.act("submit", view_id=view["id"], values=values)


def test_a_form_of_yesterday_resumes_nothing(open_desk: Open, start_listening: Listen) -> None:
    """Who was asked by another page, or may no longer, is told; the agent stays paused."""
    desk = open_desk()
    start_listening(desk)
    page = desk.target.project / FILE
    words(desk, MAYA, "/triage pause odd tags")
    typed(desk, MAYA, "/triage resume")
    typed(desk, JONAS, "/triage resume")
    lines = page.read_text().splitlines(keepends=True)
    page.write_text("".join(line for line in lines if "maya" not in line))
    sent(desk, MAYA)
    sent(desk, JONAS)

    assert soon(lambda: any("Only these can do that" in note for note in desk.notes(MAYA)))
    assert soon(lambda: any("is another one than when you" in n for n in desk.notes(JONAS)))
    assert holding.Agent(desk.target).why() is not None


def test_a_form_is_for_one_pause(going_on: Desk) -> None:
    """It says which; answered after another pause, or after a colleague, it ends nothing."""
    words(going_on, MAYA, "/triage pause odd tags")
    typed(going_on, OMAR, "/triage resume")
    typed(going_on, JONAS, "/triage resume")
    says = said(Person(going_on.url, OMAR).view()["blocks"])
    words(going_on, MAYA, "/triage pause odd tasks")
    sent(going_on, OMAR)

    assert "The agent is paused: by Maya Lindqvist at" in says
    assert "odd tags" in says
    assert soon(lambda: any("is another one than when you" in n for n in going_on.notes(OMAR)))
    assert "odd tasks" in str(holding.Agent(going_on.target).why())

    holding.resume(going_on.target, "dana", lambda _: ANSWERS)
    sent(going_on, JONAS)

    assert soon(lambda: "The agent isn't paused." in going_on.notes(JONAS))


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def commands(desk: Desk) -> Iterator[Commands]:
    """What a listener of the desk's workspace answers."""
    with (
        systems(desk.target, Settings.of(desk.target.project)) as found,
        closing(wiring.open_ledger(desk.target)) as ledger,
    ):
        pages, calls = Pages(desk.target), CallLog()
        wire = Wire(pages().page, found.hosts, live=True)
        slack = SlackConnector(found.slack_token, found.slack_url, "", calls, passes)
        listener = Listener(ledger, pages, lambda: None, slack, calls, now, "run-x", lambda _: None)
        yield holding.commands_of(desk.target, found, wire, listener, pages)


def test_another_workspace_is_not_heard(desk: Desk, commands: Commands) -> None:
    """Neither a command nor a form of a workspace that the ledger isn't about does anything."""
    command = Command("T0OTHER0001", "A0TRIAGE001", MAYA, SALES, "pause odd tags", "1.2.x")
    form = Click("T0OTHER0001", "A0TRIAGE001", MAYA, SALES, None, "resume", "x", given={})
    before = desk.notes(MAYA)
    taken = commands.taken(command)
    taken.then()
    commands.heard(form)

    assert taken.acknowledgement is None
    assert holding.Agent(desk.target).why() is None
    assert before == desk.notes(MAYA)


def test_only_its_own_command_is_one() -> None:
    """Whatever else an app is told is no command of the agent's."""
    assert command_of({"type": "view_submission"}) is None
    assert command_of({"command": "/deploy"}) is None


def test_a_form_that_is_late_is_told(open_desk: Open, start_listening: Listen) -> None:
    """Slack opens one only for a moment; who waited in vain learns to ask again."""
    desk = open_desk(timing=Timing(answer=30, trigger=0))
    start_listening(desk)
    words(desk, MAYA, "/triage pause odd tags")

    assert "couldn't be opened in time" in words(desk, MAYA, "/triage resume")


def test_finding_says_what_became_of_it(desk: Desk) -> None:
    """The rule that stopped it, who has it, where it is seen, and how its story is read."""
    one = desk.another()
    desk.click(MAYA, one.ts)
    assert soon(lambda: one.told("Shown"))
    (company,) = set(re.findall(r"Acme \d", one.text))
    (record,) = set(re.findall(rf"{desk.url}/00Q\w+", one.text))
    (item,) = set(re.findall(r"timeline (\w+) ", one.text))
    (answer,) = typed(desk, OMAR, f"/triage find {company.lower()}")
    (block,) = answer["blocks"]
    text = said(block)

    assert "One found" == answer["text"]
    assert company in text
    assert "Handed to people: restricted topic (legal); low confidence, claimed by Maya" in text
    assert record in text
    assert f"triage-agent timeline {item}" in text


def test_finding_by_id(desk: Desk) -> None:
    """A record's id finds it; one that the agent never saw is told as that."""
    found = new_lead(desk, Company="Fresh Start")
    (answer,) = typed(desk, DANA, f"/triage find {found}")

    assert "Fresh Start - AmesNot taken up by the agent" in said(answer["blocks"]).replace("\n", "")
    assert "timeline" not in said(answer["blocks"])


def test_what_strangers_wrote_stays_text(desk: Desk) -> None:
    """A hostile name is found by its very characters, and is rich text and nothing else."""
    new_lead(desk, Company=HOSTILE)
    (answer,) = typed(desk, MAYA, '/triage find 100%_o\'hara\\ "ltd"')
    (block,) = answer["blocks"]
    texts = block["elements"][0]["elements"]

    assert "rich_text" == block["type"]
    assert {"type": "text", "text": f"{HOSTILE} - Ames", "style": {"bold": True}} == texts[0]
    assert "evil" not in answer["text"]


@pytest.mark.parametrize(
    "text",
    ["Acme%7", "A_me", "nobody at all", "' OR Company LIKE '%", "\\\\", "00Q000000000999AAA"],
)
def test_nothing_is_found(desk: Desk, text: str) -> None:
    """Signs that mean more to the org mean themselves; that there is nothing is said."""
    assert "No Lead has that in its name, or as its id." == words(
        desk, MAYA, f"/triage find {text}"
    )


def test_only_the_newest_few_are_told(desk: Desk) -> None:
    """Of many five are told, the newest first."""
    ids = [new_lead(desk, Company=f"Multitude {number}") for number in range(6)]
    (answer,) = typed(desk, MAYA, "/triage find multitude")

    assert "5 found" == answer["text"]
    assert 5 == len(answer["blocks"])
    assert ids[0] not in said(answer["blocks"])


@pytest.mark.parametrize("channel", [ELSEWHERE, PRIVATE])
def test_elsewhere_the_answer_comes_directly(desk: Desk, channel: str) -> None:
    """Outside of the page's channels the agent says nothing; who asked is told directly."""
    before = Person(desk.url, DANA).notes(channel)
    (answer,) = typed(desk, DANA, "/triage status", channel)

    assert "State: may work" in answer["text"]
    assert "is_ephemeral" not in answer
    assert before == Person(desk.url, DANA).notes(channel)


def test_whom_the_page_does_not_name_learns_it_there(desk: Desk) -> None:
    """A refusal is in the acknowledgement: it needs no channel of the page's."""
    person = Person(desk.url, LENA)
    person.type("/triage status", PRIVATE)
    (note,) = person.notes(PRIVATE)

    assert "Only these can do that" in note["text"]


def test_what_can_not_be_done_is_told(open_desk: Open, start_listening: Listen) -> None:
    """While the page can't be read nothing is done, and the person learns what else they can."""
    desk = open_desk()
    start_listening(desk)
    (desk.target.project / FILE).write_text("version: soon")

    assert "triage-agent pause --reason REASON" in words(desk, MAYA, "/triage pause odd tags")


@pytest.mark.parametrize("broken", [OutsidePage("salesforce", "CODE", "no template"), KeyError()])
def test_a_search_that_fails_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, broken: Exception
) -> None:
    """Who looks for a record that can't be looked for learns that; the next command works."""

    def fails(*_: object) -> None:
        raise broken

    with monkeypatch.context() as patch:
        patch.setattr(SalesforceClient, "query", fails)

        assert "This couldn't be done now" in words(desk, MAYA, "/triage find Acme")

    assert "found" in words(desk, MAYA, "/triage find Acme")


def test_a_command_that_breaks_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw is acknowledged all the same."""

    def fails(*_: object) -> None:
        raise KeyError

    monkeypatch.setattr("triage_agent.review.commands.known_in_slack", fails)

    assert "This couldn't be done now" in words(desk, MAYA, "/triage pause odd tags")
    assert holding.Agent(desk.target).why() is None


def test_in_shadow_nobody_is_told_but_the_owner(
    open_desk: Open, start_listening: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The acknowledgement alone answers; pausing works, and the owner hears of it."""
    monkeypatch.setattr("triage_agent.holding.mode_of", lambda *_: "shadow")
    monkeypatch.setattr("triage_agent.listening.mode_of", lambda *_: "shadow")
    desk = open_desk()
    start_listening(desk)
    state = words(desk, OMAR, "/triage status", ELSEWHERE)
    paused = words(desk, OMAR, "/triage pause odd tags", ELSEWHERE)
    resumed, found = (words(desk, OMAR, f"/triage {text}") for text in ("resume", "find Acme"))

    def told(channel: str) -> list[str]:
        found = requests.get(f"{desk.url}/sandbox/state", timeout=10).json()["slack"]
        return [message["text"] for message in found.get(channel, ())]

    assert "State: may work" in state
    assert "Paused by Omar Haddad." == paused
    assert "by Omar Haddad" in str(holding.Agent(desk.target).why())
    assert "triage-agent resume" in resumed
    assert "triage-agent timeline RECORD" in found
    assert soon(lambda: told("D0DANA00001"))
    assert ["Omar Haddad has paused the agent: odd tags"] == told("D0DANA00001")
    assert [] == told("D0OMAR00006")
    assert Person(desk.url, OMAR).view() is None
