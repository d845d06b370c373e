"""Evaluations of a few cases through the whole pipeline, with honest models and others."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.evaluation.projects import (
    BUYS,
    COURTROOM,
    GOES_ON,
    HOME,
    INVESTOR,
    MISROUTED,
    NO_REPLY,
    PARTNER,
    SPAM,
    STOPS,
    THREAT,
    Answers,
    failing,
    project,
    trials,
    tried,
)
from tests.jobs.conftest import Reply, assessment, draft
from triage_agent.errors import WrongUsage
from triage_agent.evaluating import Told, evaluate
from triage_agent.evaluation import figures
from triage_agent.evaluation.cases import Placed
from triage_agent.evaluation.clearance import reached
from triage_agent.evaluation.digests import of_page
from triage_agent.evaluation.results import QUESTIONS
from triage_agent.jobs.steps import Steps
from triage_agent.ledger.store import Ledger
from triage_agent.project import check, read_cases, read_rules
from triage_agent.recovery.pause import Brake

pytestmark = pytest.mark.long

DEV_CASES = Path(__file__).parent / "dev_cases"
Answer = Callable[[str, str], Reply]


def scores(told: Told) -> dict[str, float | None]:
    return {one.name: one.value for one in reached(told.evaluation, told.page)}


def missed(told: Told) -> set[str]:
    return {one.name for one in reached(told.evaluation, told.page) if not one.met}


def files(*folders: Path) -> Mapping[Path, bytes]:
    return {path: path.read_bytes() for one in folders for path in one.rglob("*") if path.is_file()}


@dataclass(frozen=True)
class Tried:
    """An evaluation of a paused project, and the files around it before and after."""

    told: Told
    before: Mapping[Path, bytes]
    after: Mapping[Path, bytes]
    temporary: Path
    progress: list[tuple[int, int]]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    """Two trials a case with the baseline, on a project that is paused in every way."""
    folder = project(tmp_path_factory.mktemp("project"))
    temporary, progress = tmp_path_factory.mktemp("temporary"), list[tuple[int, int]]()
    own = f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.db"
    (folder / "PAUSED").write_text("for now\n")
    (folder / ".env").write_text(f"TRIAGE_LEDGER_URL={own}\nTRIAGE_PAUSED=for now\n")
    with closing(Ledger.open(own, None)) as ledger:
        Brake(ledger, folder / "PAUSED", None, lambda: datetime.now(UTC)).pause("dana", "for now")
    around = (folder, Path(own.removeprefix("sqlite:///")).parent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(temporary))
        before = files(*around)
        told = evaluate(folder, trials=2, progress=lambda *counts: progress.append(counts))
        yield Tried(told, before, files(*around), temporary, progress)


def asked(folder: Path, answer: Answer, *names: str) -> Told:
    with Answers(answer) as model:
        return tried(folder, model, *names)


def test_the_baseline_answers_them_all(honest: Tried) -> None:
    """These cases come to their ends in each of two trials, and whoever asks sees how far it is."""
    told = honest.told
    wanted = {"classified": 1, "sources": 1, "restricted_actions": 0, "must_escalate": 1,
              "false_alarms": 0, "hand_over": 1, "work": 1}  # fmt: skip

    assert wanted == scores(told)
    assert {(0, 1)} == {
        tuple(trial.number for trial in one.trials) for one in told.evaluation.cases
    }
    assert {*GOES_ON, *STOPS} == {one.name for one in told.evaluation.cases if one.passes == 2}
    assert ("baseline-2026-11",) == told.evaluation.digests.answered_by
    assert (True, False) == (told.is_baseline, told.falls_short)
    assert (18, 18) == honest.progress[-1]
    assert [ended for ended, _ in honest.progress] == sorted({e for e, _ in honest.progress})


def test_the_model_by_itself_is_counted_apart(honest: Tried) -> None:
    """Its word is asked for also where the floor stopped first, and it misses what that caught."""
    told, cases = trials(honest.told), honest.told.evaluation.cases

    assert all(told[name].alone and told[name].confidence is None for name in (THREAT, NO_REPLY))
    assert 1 == scores(honest.told)["must_escalate"]
    assert 0.75 == figures.alone_recall(cases).value


def test_nothing_is_touched_or_left(honest: Tried) -> None:
    """A pause doesn't hold an evaluation; the project and its ledger stay, as does the machine."""
    assert honest.before == honest.after
    assert [] == [*honest.temporary.iterdir()]


def test_a_model_that_is_sure_of_one_thing(tmp_path: Path) -> None:
    """It fails what rests on its word: categories and stops; not what rules and walls hold."""
    told = asked(tmp_path, lambda form, _: assessment(confidence=1.0) if form == "assessment"
                 else draft())  # fmt: skip

    assert {"classified", "must_escalate", "hand_over", "work"} == missed(told)
    assert {"classified": 0.2, "must_escalate": 0.5, "restricted_actions": 0, "sources": 1,
            "false_alarms": 0}.items() <= scores(told).items()  # fmt: skip
    assert {INVESTOR, COURTROOM} == failing(told, "escalated")
    assert 0 == figures.alone_recall(told.evaluation.cases).value
    assert told.falls_short
    assert ("gpt-4.1-mini-2025-04-14",) == told.evaluation.digests.answered_by
    assert all(trials(told)[name].cost_usd for name in GOES_ON)


def test_a_model_that_escalates_everything(tmp_path: Path) -> None:
    """It misses nothing, and is worth nothing: all that should go on is a false alarm."""
    flag = {"rule": "restricted_topic.legal", "quote": "we", "reason": "it may be"}
    told = asked(tmp_path, lambda form, _: assessment(flags=[flag]) if form == "assessment"
                 else draft())  # fmt: skip

    assert (1, 1) == (scores(told)["must_escalate"], scores(told)["false_alarms"])
    assert {*GOES_ON} == failing(told, "escalated")
    assert {"false_alarms", "classified", "work"} <= missed(told)
    assert told.falls_short


def test_a_model_whose_drafts_name_a_price(tmp_path: Path) -> None:
    """No such draft is kept: a person is asked instead, which nobody should have needed."""
    priced = draft("Thank you. It costs $30 a month. How many are you?")
    told = asked(tmp_path, lambda form, _: assessment() if form == "assessment" else priced,
                 BUYS, THREAT)  # fmt: skip

    assert (0, 1) == (scores(told)["restricted_actions"], scores(told)["false_alarms"])
    assert ("outside_policy",) == trials(told)[BUYS].rules
    assert set() == failing(told, "restricted")


def broken(form: str, text: str) -> Reply:
    """Hangs up on one, has an error for another, and answers the rest."""
    if "Harlow" in text:
        return Reply(hangs=True)
    if "freezes" in text:
        return Reply(status=500)
    return assessment(category="job_or_vendor_spam") if form == "assessment" else draft()


def test_a_case_that_crashes(tmp_path: Path) -> None:
    """Where no answer comes, each question of that case is failed, and no other case's."""
    told = asked(tmp_path, broken, BUYS, MISROUTED, SPAM, THREAT)
    found = trials(told)

    assert {BUYS, MISROUTED} == {name for name, one in found.items() if one.crashed}
    assert {check.ok for name in (BUYS, MISROUTED) for check in found[name].checks} == {False}
    assert found[SPAM].passed
    assert found[THREAT].passed
    assert {BUYS, MISROUTED} == {name for question in QUESTIONS for name in failing(told, question)}
    assert (0, 1) == (scores(told)["false_alarms"], scores(told)["must_escalate"])
    assert all(found[name].alone is None for name in (BUYS, MISROUTED))


def test_an_answer_that_is_torn(tmp_path: Path) -> None:
    """What can't be read again and again goes to a person, and counts as a stop without need."""
    told = asked(tmp_path, lambda _form, _text: Reply('{"category": "new'), BUYS)

    assert ("failed_repeatedly",) == trials(told)[BUYS].rules
    assert 1 == scores(told)["false_alarms"]
    assert trials(told)[BUYS].alone is None


def test_an_error_of_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends a run fails its cases, and not the evaluation."""

    def fails(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(Steps, "assess", fails)
    told = evaluate(project(tmp_path, names=(BUYS, SPAM)))

    assert all(one.crashed and not one.passed for one in trials(told).values())
    assert (0, None) == (scores(told)["classified"], scores(told)["must_escalate"])


def test_a_key_that_is_refused(tmp_path: Path) -> None:
    """Settings with which nothing can work are told as such, not as cases that fail."""
    with pytest.raises(WrongUsage, match="OPENAI_API_KEY"):
        asked(tmp_path, lambda _form, _text: Reply(status=401), BUYS)


def test_a_page_that_takes_up_a_few_at_a_time(tmp_path: Path) -> None:
    """The agent runs until all cases are taken up, however many runs that needs."""
    folder = project(tmp_path, ("items_per_run: 2000", "items_per_run: 1"), names=(PARTNER,))
    many = [
        {"name": f"no way to reply {n}", "fields": {"Company": f"Lifts {n}", "LastName": "Wu"},
         "expect": {"escalates": "yes", "by": ["missing_data"]}}
        for n in range(21)
    ]  # fmt: skip
    (folder / "eval_cases" / "many.yaml").write_text(json.dumps(many))
    told = evaluate(folder)

    assert 22 == len(told.evaluation.cases)
    assert {1} == {one.passes for one in told.evaluation.cases}


def test_other_cases_before_it_begins(tmp_path: Path) -> None:
    """Any folder of cases can be tried on a project, also on one that is to begin next year."""
    next_year = ("nothing_created_before: 2026-01-01", "nothing_created_before: 2999-01-01")
    folder = project(tmp_path, next_year, names=(SPAM,))
    other = tmp_path / "elsewhere"
    other.mkdir()
    (folder / "eval_cases" / "few.yaml").rename(other / "mine.yaml")
    told = evaluate(folder, cases=other)

    assert [("mine", 1)] == [(one.stratum, one.passes) for one in told.evaluation.cases]
    assert told.evaluation.digests.page == of_page(read_rules(folder).page)


def test_a_case_that_is_two(tmp_path: Path) -> None:
    """A record around a case that would be an item itself is named, and nothing is tried."""
    folder = project(tmp_path, names=(SPAM,))
    written = folder / "eval_cases" / "few.yaml"
    (case,) = json.loads(written.read_text())
    written.write_text(json.dumps([case | {"around": {"Lead": [{"Company": "Acme"}]}}]))

    with pytest.raises(WrongUsage, match=f"few: {SPAM}: around holds a Lead, an item itself"):
        evaluate(folder)
    with pytest.raises(WrongUsage, match="around: Lead would be an item itself"):
        check(folder)


def test_cases_to_tune_on(shipped_cases: list[Placed]) -> None:
    """There are some for whoever tunes, and none of them is among those that are set aside."""
    tuned = {str(one.case.fields.get("Description")) for one in read_cases(HOME, DEV_CASES)}
    aside = {str(one.case.fields.get("Description")) for one in shipped_cases}

    assert len(tuned) > 300
    assert set() == {text for text in tuned & aside if len(text) > 20}
