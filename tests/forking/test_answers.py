"""Answers: all that is missing or wrong is told at once; what is right stands on the page as is."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tests.conftest import HOME, TypeIn
from tests.forking.conftest import ANSWERS, Raw, raw
from triage_agent import beginning
from triage_agent.decision.patterns import PatternFile
from triage_agent.decision.text import normalised
from triage_agent.errors import BadPage, Unanswered, WrongUsage
from triage_agent.forking import page, wordlists
from triage_agent.forking.answers import Answers
from triage_agent.forking.given import NOT_YET, given
from triage_agent.operating_model.action_rules import WritesRecords
from triage_agent.operating_model.loading import load
from triage_agent.operating_model.schema import Page
from triage_agent.project import check, read_model, shipped

pytestmark = pytest.mark.long

TODAY = date(2026, 11, 30)
ODD = st.text(
    st.sampled_from("aé日ß :#'\"\\{}[]<>&*!|%@`-?,=~\n\t\U0001f600\u2019\u00a0\u3000"),
    min_size=3,
    max_size=20,
).filter(str.strip)


def page_of(answers: Raw) -> Page:
    return load(page.page_text(complete(answers), read_model(shipped()).page, TODAY)).page


def complete(answers: Raw) -> Answers:
    return given(answers, "answers.yaml").answers()


def test_what_is_missing_is_told_at_once(tmp_path: Path, type_in: TypeIn) -> None:
    """Each open answer stands under its question, with the article's word; nothing is written."""
    file, folder = tmp_path / "few.yaml", tmp_path / "new"
    few = "workflow: {name: Events, our_name: Halden}\nowner: {name: Signe Dahl, role:, login: s}\n"
    file.write_text(few)

    ran = type_in("new", folder, "--answers", file)

    assert (2, "", False) == (ran.code, ran.out, folder.exists())
    assert NOT_YET == "If the team cannot fill that out, do not build yet."
    assert NOT_YET in ran.err
    lines = ran.err.replace("triage-agent: ", "").splitlines()
    told = {line for line in lines if not line.startswith(" ")}
    assert {
        "What workflow does this agent own?",
        "Who is the business owner?",
        "What systems can it read?",
        "What are the stop rules?",
        "Who takes over when it stops?",
        "What may a draft say?",
    } <= told
    after_owner = lines[lines.index("Who is the business owner?") + 1 :]
    assert [line.split(":")[0] for line in after_owner[:2]] == ["  owner.role", "  owner.slack"]
    assert any(line.startswith("  owner.deputy.login: ") for line in lines)
    assert any(line.startswith("  workflow.categories: ") for line in lines)


def test_a_draft_can_not_run(tmp_path: Path, type_in: TypeIn, answers: Raw) -> None:
    """Its page has each open place empty and marked, and the usual check names the questions."""
    del answers["owner"]["role"]
    del answers["owner"]["deputy"]
    del answers["stop_rules"]
    del answers["workflow"]["categories"]["wedding"]["means"]
    answers["drafts"]["facts"] = []
    file, folder = tmp_path / "few.yaml", tmp_path / "new"
    YAML().dump(answers, file)

    ran = type_in("new", folder, "--answers", file, "--draft")

    assert 0 == ran.code
    assert ["answers.yaml", "operating_model.yaml"] == sorted(p.name for p in folder.iterdir())
    text = (folder / "operating_model.yaml").read_text()
    assert ["means:", "role:", "name:", "role:", "slack:", "login:", "policies:", "facts:"] == [
        line.split()[0] for line in text.splitlines() if line.endswith("# OPEN")
    ]
    with pytest.raises(BadPage) as refused:
        check(folder)
    told = {str(one).split(": ", 2)[1]: str(one) for one in refused.value.problems}
    assert "'Who is the business owner?' is not answered" in told["owner.role"]
    assert (
        "'What are the stop rules?' is not answered" in told["stops_when.outside_policy.policies"]
    )
    assert "workflow.categories.wedding.means" in told
    assert "drafts.facts" in told
    again = beginning.read(folder / "answers.yaml")
    assert set(again.open) == set(beginning.read(file).open)


def test_what_is_wrong_is_told_at_once(answers: Raw) -> None:
    """An unknown key, a wrong value and answers that don't fit, each with its place and cure."""
    answers["workflow"]["nmae"] = "Events"
    answers["owner"]["slack"] = "signe"
    answers["workflow"]["categories"]["wedding"]["task"] = "no"
    answers["stop_rules"]["policies"]["fireworks"]["example"] = "May we have a bonfire?"
    answers["drafts"]["sign_as"] = "The\u200b team"
    answers["without_approval"] = {"actions": ["tag"]}
    answers["logged"] = "everything"

    with pytest.raises(WrongUsage) as wrong:
        given(answers, "answers.yaml")
    told = dict(
        line.removeprefix("answers.yaml: ").split(": ", 1) for line in str(wrong.value).splitlines()
    )

    assert not isinstance(wrong.value, Unanswered)
    assert "isn't asked; remove it or correct its spelling" == told["workflow.nmae"]
    assert "write a Slack member's id, like U0MAYA00002" in told["owner.slack"]
    assert "write task: yes, or reply: no" in told["workflow.categories.wedding"]
    assert "write one in it" in told["stop_rules.policies.fireworks"]
    assert "that nobody sees, '\\u200b'; take that out" in told["drafts.sign_as"]
    assert "add draft_reply and escalate" in told["without_approval.actions"]
    assert {*told} == {
        "workflow.nmae", "owner.slack", "workflow.categories.wedding",
        "stop_rules.policies.fireworks", "without_approval.actions", "logged", "drafts.sign_as",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["just words", "a: [", "\x00"])
def test_a_file_of_no_answers_is_refused(tmp_path: Path, text: str) -> None:
    """It is named, whatever it is."""
    file = tmp_path / "odd.yaml"
    file.write_text(text)
    with pytest.raises(WrongUsage, match=r"odd\.yaml"):
        beginning.read(file)


def test_nothing_is_overwritten(tmp_path: Path, type_in: TypeIn) -> None:
    """A folder that holds anything is refused, before a question is asked, and left as it is."""
    (tmp_path / "mine.txt").touch()

    ran = type_in("new", tmp_path, "--answers", ANSWERS)

    assert 2 == ran.code
    assert f"{tmp_path} isn't empty" in ran.err
    assert ["mine.txt"] == [path.name for path in tmp_path.iterdir()]


def test_it_can_be_the_current_folder(
    tmp_path: Path, type_in: TypeIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`new .` fills the empty folder that somebody stands in, and leaves nothing beside it."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)

    ran = type_in("new", ".", "--answers", ANSWERS)

    assert 0 == ran.code
    assert (here / "operating_model.yaml").is_file()
    assert [here] == [*tmp_path.iterdir()]


def test_where_nothing_can_be_written(tmp_path: Path, type_in: TypeIn) -> None:
    """What the system refuses is told with the place, as all that is wrong is."""
    (tmp_path / "file").touch()

    ran = type_in("new", tmp_path / "file" / "new", "--answers", ANSWERS)

    assert 2 == ran.code
    assert "can't be made" in ran.err


@settings(max_examples=8, deadline=None)
@drawn(ODD, ODD, ODD)
def test_words_stand_on_the_page_as_they_were_given(name: str, means: str, fact: str) -> None:
    """Whatever signs are in them, line ends too, the page holds that very text."""
    answers = raw()
    answers["workflow"]["name"] = answers["owner"]["role"] = name
    answers["workflow"]["categories"]["wedding"]["means"] = means
    answers["team"]["members"][0]["name"] = name
    answers["drafts"]["facts"] = [fact]
    answers["always_review"] = {"never": ["null", "yes"]}
    made = page_of(answers)

    assert (name, name) == (made.workflow.name, made.owner.role)
    assert means == made.workflow.categories["wedding"].means
    assert name == made.teams["events"].members[0].name
    assert [fact] == made.drafts.facts
    assert ["null", "yes"] == made.never


def test_what_is_not_alone_is_asked(answers: Raw) -> None:
    """An action that is taken off the list waits for the yes of whoever is named."""
    answers["without_approval"] = {"actions": ["draft_reply", "escalate"]}
    answers["always_review"] = {"who": "owner", "expires_after": "8h"}
    may = page_of(answers).may

    assert {"tag": "owner", "create_task": "owner", "set_status": "owner"} == {
        name: rule.ask.who
        for name, rule in may.items()
        if isinstance(rule, WritesRecords) and rule.ask
    }
    assert {"yes"} == {may[name].alone for name in ("draft_reply", "escalate")}


@pytest.mark.parametrize(
    "name", ["3M", "O'Neill & Sons", "Übermut-Werke GmbH (Süd", "株式会社青空"]
)
def test_patterns_know_the_owner_s_name(answers: Raw, name: str) -> None:
    """Under any name each pattern finds its examples, and the owner's own words are among them."""
    answers["workflow"]["our_name"] = name
    text = (HOME / "prompts" / "patterns.yaml").read_text(encoding="utf-8")
    file = PatternFile.model_validate(
        YAML(typ="safe").load(wordlists.patterns_text(text, "brightfield", complete(answers)))
    )

    assert [] == [
        (pattern.match, text)
        for pattern in file.everything()
        for texts, finds in ((pattern.hits, True), (pattern.misses, False))
        for text in texts
        if bool(pattern.expression.search(normalised(text))) is not finds
    ]
    assert file.topics["legal"].first_hit(normalised(f"Our brother will sue {name}."))
    assert file.policies.keys() == {"fireworks"}
    assert file.policies["fireworks"].first_hit("no Open Fire, please")
    assert not file.policies["fireworks"].first_hit("we open firearms shops")
