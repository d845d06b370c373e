"""What the `cases` commands do: what people decided about real items becomes cases."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from triage_agent.errors import WrongUsage
from triage_agent.targets import Target
from triage_agent.wiring import open_ledger

if TYPE_CHECKING:
    from triage_agent.decision.item import Record
    from triage_agent.decision.story import Story
    from triage_agent.evaluation.cases import Answer, Expected, Placed
    from triage_agent.evaluation.from_people import Made, Word
    from triage_agent.jobs.parts import Rules

FILE = "from_people.yaml"
HEAD = """\
# Real items as people decided them, with made-up names: each was read before it was checked in.
# `triage-agent cases add ITEM` puts one here.
"""
SHORT = 8


@dataclass(frozen=True)
class Added:
    """A case that was added: where, as it stands there, and what whoever reads it has to know."""

    file: Path
    text: str
    notes: tuple[str, ...]


def listed(project: Path) -> "list[Placed]":
    """All cases of a project."""
    from triage_agent.project import read_cases

    return read_cases(project)


def add(target: Target, wanted: str, escalates: "Answer | None") -> Added:
    """Makes a case of an item; `escalates` is for where what people said leaves that open."""
    from triage_agent.evaluation.case_text import as_yaml
    from triage_agent.project import read_rules

    rules = read_rules(target.project)
    file = target.project / rules.page.evaluation.cases / FILE
    item, made = _made(target, wanted, rules, escalates)
    _check_is_new(target.project, file, item)
    _check_fits(made, rules)
    text = as_yaml(made.case)
    _append(file, text)
    return Added(file, text, made.notes)


def _made(
    target: Target, wanted: str, rules: "Rules", escalates: "Answer | None"
) -> "tuple[str, Made]":
    from triage_agent.decision.story import Story
    from triage_agent.evaluation.from_people import made, pseudonyms_for, word_of
    from triage_agent.review.waiting import item_of

    with closing(open_ledger(target)) as ledger:
        item = item_of(ledger, wanted)
        events = ledger.events(item)
    story, page = Story.of(events), rules.page
    records = _records(item, story)
    word = word_of((one.event for one in events), page)
    if word is None:
        raise WrongUsage(
            f"nobody has corrected or released {item}; only what a person decided becomes a case: "
            f"triage-agent review correct {item}, or review release"
        )
    expect = _expected(item, word, escalates)
    pseudonyms = pseudonyms_for(item, records, page, rules.patterns)
    name = _name(item, story, expect, rules)
    return item, made(name, records, expect, page, pseudonyms, rules.patterns)


def _records(item: str, story: "Story") -> "list[Record]":
    """What was read of an item and around it."""
    if story.erased or story.record is None:
        raise WrongUsage(f"the texts of {item} are gone, erased or expired: write the case by hand")
    return [story.record, *story.related]


def _expected(item: str, word: "Word", escalates: "Answer | None") -> "Expected":
    """What they said; `escalates` must not contradict it."""
    from triage_agent.evaluation.cases import Expected

    if word.escalates and escalates and word.escalates != escalates:
        raise WrongUsage(
            f"--escalates {escalates}: by what {word.by} said of {item} it is {word.escalates}; "
            "leave the option out"
        )
    answer = word.escalates or escalates
    if answer is None:
        raise WrongUsage(
            f"what {word.by} said of {item} doesn't say whether it has to stop; "
            "say so: --escalates yes, or --escalates no"
        )
    return Expected(category=word.category, escalates=answer)


def _name(item: str, story: "Story", expect: "Expected", rules: "Rules") -> str:
    assert story.received_at
    day = story.received_at.astimezone(rules.page.workflow.time.zone).date()
    about = expect.category or next((one.rule for one in story.rules), "settled")
    return f"from {day} {item[:SHORT]}: {about}"


def _check_is_new(project: Path, file: Path, item: str) -> None:
    if not any(file.parent.glob("*.yaml")):
        return
    for placed in listed(project):
        if placed.case.name.startswith("from ") and f" {item[:SHORT]}:" in placed.case.name:
            raise WrongUsage(
                f"{item} is a case already: {placed.key!r}; take it out there to add it anew"
            )


def _check_fits(made: "Made", rules: "Rules") -> None:
    """The page may have changed since."""
    from triage_agent.evaluation.cases import strangers

    if problems := [*strangers(made.case, rules.page)]:
        raise WrongUsage(f"the page is another one than it was: {'; '.join(problems)}")


def _append(file: Path, text: str) -> None:
    """All of it or nothing: what stands there stays as it is, byte for byte."""
    file.parent.mkdir(parents=True, exist_ok=True)
    before = file.read_text(encoding="utf-8") if file.exists() else HEAD
    draft = file.with_suffix(".new")
    draft.write_text(f"{before.rstrip()}\n\n{text}", encoding="utf-8")
    draft.replace(file)
