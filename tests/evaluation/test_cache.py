"""A model is asked once for the same; what is recorded, or wanted fresh, is asked anew."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import TypeIn
from tests.jobs.conftest import Model, Reply, new_model
from triage_agent.connectors.model import Answer
from triage_agent.decision.events import Call
from triage_agent.evaluation.cache import Answers

pytestmark = pytest.mark.long

__all__ = ["new_model"]
CASES = """
- name: they want to buy
  fields:
    LastName: Lind
    Email: ada@lind-heating.example
    Company: Lind Heating
    Description: We want to buy scheduling software.
  expect: {category: new_business, escalates: no}

- name: they want to buy, too
  fields:
    LastName: Roth
    Email: jo@roth-pumps.example
    Company: Roth Pumps
    Description: We want to buy scheduling software.
  expect: {category: new_business, escalates: no}
"""
ASKED_FOR = 4
"""Two cases with two forms each."""
Evaluate = Callable[..., dict[str, Any]]


@pytest.fixture
def model(new_model: Callable[[], Model], monkeypatch: pytest.MonkeyPatch) -> Model:
    """A real model, as the settings name it."""
    started = new_model()
    monkeypatch.setenv("OPENAI_BASE_URL", started.url)
    return started


@pytest.fixture
def cases(project: Path) -> Path:
    """The project's two cases."""
    path = project / "eval_cases" / "normal.yaml"
    path.parent.mkdir()
    path.write_text(CASES)
    return path


@pytest.fixture
def evaluate(type_in: TypeIn, project: Path, model: Model, cases: Path) -> Evaluate:
    """What it prints as JSON."""

    def typed(*words: str) -> dict[str, Any]:
        ran = type_in("evaluate", "--format", "json", *words, "--project", project)
        told: dict[str, Any] = json.loads(ran.out[: ran.out.rindex("}") + 1])
        return told

    return typed


def trials(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [trial for case in told["evaluation"]["cases"] for trial in case["trials"]]


def kept(project: Path) -> Path:
    return project / ".triage" / "answers.jsonl"


def test_what_was_answered_is_not_asked_again(
    evaluate: Evaluate, model: Model, type_in: TypeIn, project: Path
) -> None:
    """It costs what it cost then, and the report says how much of it is from the cache."""
    first = evaluate()
    assert ASKED_FOR == len(model.asked)
    second = evaluate()

    assert ASKED_FOR == len(model.asked)
    assert (0, ASKED_FOR) == (first["from_cache"], first["answers"])
    assert (ASKED_FOR, ASKED_FOR) == (second["from_cache"], second["answers"])
    for name in ("cost_usd", "tokens", "checks", "confidence"):
        assert [one[name] for one in trials(first)] == [one[name] for one in trials(second)]
    assert first["evaluation"]["digests"] == second["evaluation"]["digests"]
    assert kept(project).stat().st_mode & 0o777 == 0o600
    shown = " ".join(type_in("evaluate", "--project", project).out.split())
    assert "4 of 4 answers are from the cache" in shown


def test_time_is_that_of_the_answer(evaluate: Evaluate, project: Path) -> None:
    """As if the model had been asked: a cache makes no agent quick."""
    evaluate()
    lines = [json.loads(line) for line in kept(project).read_text().splitlines() if line]
    for line in lines:
        line["call"]["seconds"] = 100.0
    kept(project).write_text("".join(json.dumps(line) + "\n" for line in lines))

    assert all(200 <= one["seconds"] < 300 for one in trials(evaluate()))


@pytest.mark.parametrize("option", ["--fresh", "--record"])
def test_some_is_asked_anew(evaluate: Evaluate, model: Model, option: str) -> None:
    """What is to let the agent act is what the model says now, once for each trial."""
    evaluate("--trials", "3")
    assert 3 * ASKED_FOR == len(model.asked)
    told = evaluate(option, "--trials", "3")

    assert 6 * ASKED_FOR == len(model.asked)
    assert 0 == told["from_cache"]


def test_another_trial_asks(evaluate: Evaluate, model: Model) -> None:
    """Trials show how much answers differ, so each has its own."""
    evaluate()
    told = evaluate("--trials", "2")

    assert 2 * ASKED_FOR == len(model.asked)
    assert (ASKED_FOR, 2 * ASKED_FOR) == (told["from_cache"], told["answers"])


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("gpt-4.1-mini-2025-04-14", "gpt-4.1-mini-2027-01-01"), ("one inbound", "an inbound")],
)
def test_another_model_or_prompt_asks(
    evaluate: Evaluate, model: Model, project: Path, was: str, becomes: str
) -> None:
    """An answer is one to what was asked, by whom it was asked of."""
    evaluate()
    path = project / "prompts" / "assess.md"
    text = path.read_text()
    assert was in text
    path.write_text(text.replace(was, becomes))
    told = evaluate()

    assert ASKED_FOR + 2 == len(model.asked)
    assert ASKED_FOR - 2 == told["from_cache"]


def test_another_address_asks(
    evaluate: Evaluate, new_model: Callable[[], Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the same name somebody else may answer there."""
    evaluate()
    other = new_model()
    monkeypatch.setenv("OPENAI_BASE_URL", other.url)
    evaluate()

    assert ASKED_FOR == len(other.asked)


def test_the_baseline_has_no_cache(type_in: TypeIn, project: Path, cases: Path) -> None:
    """It is as quick as a file."""
    type_in("evaluate", "--project", project)

    assert not kept(project).exists()


def test_only_what_fills_a_form_is_kept(evaluate: Evaluate, model: Model) -> None:
    """A refusal, or a server that has failed, may be over the next time."""
    model.replies["Lind Heating"] = {"assessment": Reply(refusal="I can't.")}
    evaluate()
    before = len(model.asked)
    del model.replies["Lind Heating"]
    told = evaluate()

    assert [True, True] == passed(told)
    assert before + 2 <= len(model.asked)


def passed(told: dict[str, Any]) -> list[bool]:
    return [all(check["ok"] for check in one["checks"]) for one in trials(told)]


def test_a_form_that_is_asked_for_again_is_answered_in_order(
    evaluate: Evaluate, model: Model
) -> None:
    """The first answer is not the second one's, too: the same becomes of it."""
    model.replies["Lind Heating"] = {"assessment": Reply('{"no": "form"}')}
    first = evaluate()
    asked = len(model.asked)
    second = evaluate()

    assert asked == len(model.asked)
    assert passed(first) == passed(second)


def answer(key: str, text: str) -> Answer:
    call = Call(
        purpose="assess",
        key=key,
        asked="m",
        answered_by="m",
        outcome="answered",
        input_tokens=1,
        cached_tokens=0,
        output_tokens=1,
        cost_usd=None,
        seconds=0.1,
    )
    return Answer(call, text, None)


def test_a_trial_has_its_own_answers(tmp_path: Path) -> None:
    """Another trial's is none of its own, in whatever order they are asked for."""
    file = tmp_path / "answers.jsonl"
    Answers(file, "here").keep(1, "one", answer("one", "1"))
    known = Answers(file, "here")

    assert [None, answer("one", "1")] == [known.take(trial, "one", "one") for trial in (0, 1)]


def test_a_broken_line_is_ignored(tmp_path: Path) -> None:
    """Whoever was cut off while they wrote has lost that answer, and no other."""
    file = tmp_path / "answers.jsonl"
    Answers(file, "here").keep(0, "one", answer("one", "1"))
    whole = file.read_text()
    file.write_text(f"{whole}[]\n\xff{{{whole[: len(whole) // 2].strip()}")
    Answers(file, "here").keep(0, "two", answer("two", "2"))
    known = Answers(file, "here")

    assert [answer("one", "1"), answer("two", "2"), None] == [
        known.take(0, key, key) for key in ("one", "two", "one")
    ]
