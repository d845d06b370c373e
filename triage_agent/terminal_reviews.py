"""What people see of what waits for them. A stranger's words are printed, and do nothing more."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from triage_agent.terminal import printable, screen, typed

if TYPE_CHECKING:
    from rich.padding import Padding
    from rich.text import Text

    from triage_agent.decision.actions import HandOver, Reason
    from triage_agent.decision.reviews import Button
    from triage_agent.jobs.report import ItemReport
    from triage_agent.review.waiting import Case, Waiting
    from triage_agent.reviewing import Came

_COMMANDS: "Mapping[Button, Sequence[str]]" = {
    "claim": ("claim",),
    "release": ("release", "--category", "CATEGORY"),
    "correct": ("correct", "--wrong", "WHAT"),
    "not_useful": ("reject", "--reason", "TEXT"),
}
"""What is typed in place of each button."""

_STATES = {"held": "waits for somebody's word"}


def print_json(told: object) -> None:
    """As one object in ASCII, in which a stranger's words can't do anything either."""
    from pydantic_core import to_jsonable_python

    print(json.dumps(to_jsonable_python(told), indent=2))


def show_waiting(found: "Sequence[Waiting]", target: list[str]) -> None:
    """What waits, oldest first: which item since when, and why it stopped."""
    from rich.table import Table

    out = screen()
    if not found:
        out.print("Nothing waits for people.")
        return
    table = Table(box=None, padding=(0, 2, 1, 0), header_style="dim")
    table.add_column("item, since", no_wrap=True)
    table.add_column("what waits, why it stopped, for whom", overflow="fold")
    for one in found:
        table.add_row(f"{one.item_id}\n{_moment(one.since)}", _in_short(one))
    out.print(table)
    first = typed(["review", "show", found[0].item_id, *target])
    out.print(f"{len(found):,} in all. All about the oldest one, and how to decide it:")
    out.print(f"  {first}", soft_wrap=True)


def _in_short(one: "Waiting") -> "Text":
    from rich.text import Text

    by = f"claimed by {one.claimed_by}" if one.claimed_by else "nobody has claimed it"
    why = ", ".join(rule.replace("_", " ").replace(".", ": ") for rule in one.rules)
    lines = (_headline(one), why or "no rule", f"for {_team(one)}; {by}")
    return Text("\n".join(printable(line) for line in lines))


def _headline(one: "Waiting") -> str:
    return " ".join(one.headline.split()) if one.headline else "its texts have been erased"


def _team(one: "Waiting") -> str:
    return one.team.replace("_", " ") if one.team else "nobody: the page has changed"


def _moment(at: datetime | None) -> str:
    return f"{at:%a} {at.day} {at:%b, %H:%M}" if at else ""


def commands(case: "Case", target: list[str]) -> list[str]:
    """What is to be typed for each decision that can be taken still."""
    item = case.waiting.item_id
    words = [_COMMANDS[button] for button in case.can]
    return [typed(["review", name, item, *rest, *target]) for name, *rest in words]


def show_case(case: "Case", to_type: Sequence[str]) -> None:
    """A hand-over on one screen, how it stands, and what to type."""
    from rich.text import Text

    from triage_agent.decision.reviews import WRONG

    out, one = screen(), case.waiting
    out.print(Text(printable(_headline(one)), style="bold"))
    out.print(f"item {one.item_id}, record {one.record_id}, {case.status}")
    said = [*_handed_over(case.hand_over)] if case.hand_over else []
    for title, lines in [*said, ("How it stands", _stands(case))]:
        out.print(Text(f"\n{title}", style="bold cyan"))
        for line in lines:
            out.print(_indented(line))
    if to_type:
        out.print(Text("\nWhat can be done", style="bold cyan"))
        for command in to_type:
            out.print(f"  {command}", soft_wrap=True)
        out.print(_indented(f"CATEGORY is one of {', '.join(case.categories)}."))
        out.print(_indented(f"WHAT is one of {', '.join(WRONG)}."))


def _stands(case: "Case") -> Iterator[str]:
    yield from case.did
    if not case.can:
        yield "There is nothing to decide about it."
        return
    if not case.did:
        yield f"It waits since {_moment(case.waiting.since)}."
    may = ", ".join(f"{name} ({login})" for login, name in case.deciders.items())
    yield f"It can be decided by {may}."


def _indented(text: str) -> "Padding":
    from rich.padding import Padding
    from rich.text import Text

    return Padding(Text(printable(text), overflow="fold"), (0, 0, 0, 2))


def _handed_over(said: "HandOver") -> Iterator[tuple[str, list[str]]]:
    wants = [f"In the model's words: {said.wants}"] if said.wants else []
    yield "What they wrote", [said.request or "(nothing)", *wants]
    yield "Why it stopped", [line for reason in said.reasons for line in _reason(reason)]
    yield "Who they are", [f"{name}: {value}" for name, value in said.who]
    yield "On record", [*said.records]
    yield "Reply by", [said.reply]
    yield "What the agent did", [said.done]
    yield "Next", [said.next_step]


def _reason(reason: "Reason") -> Iterator[str]:
    yield reason.words + (f" ({reason.fact})" if reason.fact else "")
    if reason.quote:
        yield f'They wrote: "{reason.quote}"'


def show_came(came: "Came") -> None:
    """That it is decided, whether Slack tells it, and what the agent has done since."""
    out = screen()
    out.print(f"{came.decision.capitalize()} by {came.by}: item {came.item_id}", soft_wrap=True)
    out.print(printable(came.not_shown or "Its message in Slack says so."))
    if came.left:
        out.print(printable(f"The agent goes on with it in its next run: {came.left}."))
    if came.went_on:
        out.print(printable(_went_on(came.went_on)))


def _went_on(item: "ItemReport") -> str:
    done = [
        f"{one.action.replace('_', ' ')} {_STATES.get(one.state, one.state)}"
        for one in item.actions
    ]
    why = f" ({item.failure})" if item.failure else ""
    return f"The agent went on with it: {item.status}{why}; {', '.join(done)}."
