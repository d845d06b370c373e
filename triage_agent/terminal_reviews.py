"""What people see of what waits for them. A stranger's words are printed, and do nothing more."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from triage_agent.errors import NotDecided, WrongUsage
from triage_agent.terminal import printable, say, screen, typed

if TYPE_CHECKING:
    from rich.padding import Padding
    from rich.text import Text

    from triage_agent.decision.actions import HandOver, Reason
    from triage_agent.decision.reviews import Button
    from triage_agent.jobs.report import ItemReport
    from triage_agent.review.waiting import Case, Change, Request, Waiting, What
    from triage_agent.reviewing import Came

_COMMANDS: "Mapping[Button, Sequence[str]]" = {
    "claim": ("claim",),
    "release": ("release", "--category", "CATEGORY"),
    "correct": ("correct", "--wrong", "WHAT"),
    "not_useful": ("reject", "--reason", "TEXT"),
    "approve": ("approve",),
    "edit": ("edit", "--set", "FIELD=VALUE"),
    "reject": ("reject", "--reason", "TEXT"),
}
"""What is typed in place of each button."""
SHORTEST = 12
"""So many characters of a digest tell which one somebody has seen."""

_STATES = {"held": "waits for somebody's word", "asked": "waits for somebody's word"}


def print_json(told: object) -> None:
    """As one object in ASCII, in which a stranger's words can't do anything either."""
    from pydantic_core import to_jsonable_python

    print(json.dumps(to_jsonable_python(told), indent=2))


def show_waiting(found: "Sequence[Waiting]", target: list[str]) -> None:
    """What waits, oldest first: which item since when, what about it is to be decided, by whom."""
    from rich.table import Table

    out = screen()
    if not found:
        out.print("Nothing waits for people.")
        return
    table = Table(box=None, padding=(0, 2, 1, 0), header_style="dim")
    table.add_column("item, since", no_wrap=True)
    table.add_column("what is to be decided, and by whom", overflow="fold")
    for one in found:
        table.add_row(f"{one.item_id}\n{_moment(one.since)}", _in_short(one))
    out.print(table)
    first = typed(["review", "show", found[0].item_id, *target])
    out.print(f"{len(found):,} in all. All about the oldest one, and how to decide it:")
    out.print(f"  {first}", soft_wrap=True)


def _in_short(one: "Waiting") -> "Text":
    from rich.text import Text

    who = f"for {one.who}" if one.who else "for nobody: the page has changed"
    if one.until:
        what, why = _words(one.action), ", ".join(one.why)
        until = f"good until {_moment(one.until)}"
    else:
        what, why = "decide", ", ".join(map(_words, one.why)) or "no rule"
        until = f"claimed by {one.claimed_by}" if one.claimed_by else "nobody has claimed it"
    lines = (_headline(one.headline), f"{what}; {why}", f"{who}; {until}")
    return Text("\n".join(printable(line) for line in lines))


def _words(name: str) -> str:
    """The name of an action, or of a rule and what it is about, as people write it."""
    from triage_agent.decision.output import spaced

    return ": ".join(map(spaced, name.split(".")))


def _headline(headline: str | None) -> str:
    return " ".join(headline.split()) if headline else "its texts have been erased"


def _moment(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b, %H:%M}"


def commands(case: "Case", target: list[str]) -> list[str]:
    """What is to be typed for each decision that can be taken still."""
    found = [_command(case, button, target) for button in case.can]
    for one in case.asked:
        found += [_command(case, button, target, one) for button in one.can]
    return found


def _command(
    case: "Case", button: "Button", target: list[str], about: "Request | None" = None
) -> str:
    """With the action and the digest that it is about, where it has to say them."""
    name, *rest = _COMMANDS[button]
    if about and button in ("approve", "edit"):
        rest += ["--digest", about.digest[:SHORTEST]]
    rivals = [one for one in case.waits if name == "reject" or one.until]
    if len(rivals) > 1 and name in ("approve", "edit", "reject"):
        handed = (one.action for one in case.waits if not one.until)
        rest += ["--action", about.action if about else next(handed)]
    return typed(["review", name, case.item_id, *rest, *target])


def show_case(case: "Case", to_type: Sequence[str]) -> None:
    """All that people were told of an item on one screen, how it stands, and what to type."""
    from rich.text import Text

    out = screen()
    out.print(Text(printable(_headline(case.headline)), style="bold"))
    out.print(f"item {case.item_id}, record {case.record_id}, {case.status}")
    for title, lines in _sections(case):
        out.print(Text(f"\n{title}", style="bold cyan"))
        for line in lines:
            out.print(_indented(line))
    if to_type:
        out.print(Text("\nWhat can be done", style="bold cyan"))
        for command in to_type:
            out.print(f"  {command}", soft_wrap=True)
        for line in _placeholders(case):
            out.print(_indented(line))


def _sections(case: "Case") -> Iterator[tuple[str, Iterable[str]]]:
    if case.hand_over:
        yield from _handed_over(case.hand_over)
    if case.hand_over or case.did or not case.asked:
        waits = next((one for one in case.waits if not one.until), None)
        since = f"It waits since {_moment(waits.since)}." if waits else ""
        yield "How it stands", _stands(case, since)
    for one in case.asked:
        yield f"May I {_words(one.action)}?", _request(one)


def _stands(said: "Case | Request", since: str) -> Iterator[str]:
    yield from said.did
    if not said.can:
        yield "There is nothing to decide about it."
        return
    if not said.did:
        yield since
    may = ", ".join(f"{name} ({login})" for login, name in said.deciders.items())
    yield f"It can be decided by {may}."


def _request(one: "Request") -> Iterator[str]:
    if one.what:
        yield from _what(one.what)
    yield f"Digest {one.digest}"
    since = f"It waits since {_moment(one.since)}, and is good until {_moment(one.until)}."
    yield from _stands(one, since)


def _what(what: "What") -> Iterator[str]:
    if what.again:
        yield f"It is asked again: {what.again}."
    yield from _changes(what)
    if what.wants:
        yield _deeper(f"In the model's words: {what.wants}")
    if what.draft:
        yield _deeper(f"The draft, not sent:\n{what.draft}")


def _changes(what: "What") -> Iterator[str]:
    """Exactly what would be written."""
    yield f"A new {what.object}:" if what.is_new else f"What would change in {what.object}:"
    yield from (_deeper(f"  {_change(one, what)}") for one in what.changes)


def _change(one: "Change", what: "What") -> str:
    from triage_agent.decision.output import worded

    was, to = (worded(value) or "(empty)" for value in (one.was, one.to))
    return f"{one.field}: {to}" if what.is_new else f"{one.field}: {was} → {to}"


def _deeper(text: str) -> str:
    """Nobody's further lines look like ours."""
    return printable(text).replace("\n", "\n    ")


def _placeholders(case: "Case") -> Iterator[str]:
    """What stands for what in the commands."""
    from triage_agent.decision.reviews import WRONG

    if case.can:
        yield f"CATEGORY is one of {', '.join(case.categories)}."
        yield f"WHAT is one of {', '.join(WRONG)}."
    for one in case.asked:
        if one.what and "edit" in one.can:
            for field, choices in one.what.editable.items():
                values = f"one of {', '.join(map(str, choices))}" if choices else "any text"
                yield f"FIELD may be {field}, and VALUE then {values}."


def seen(given: str | None, request: "Request") -> str:
    """The digest of what somebody has seen: as they give it, else of what they are shown here."""
    import typer

    if given is not None and len(given) < SHORTEST:
        raise WrongUsage(f"--digest {given}: give at least the first {SHORTEST} characters")
    if given is not None:
        return request.digest if request.digest.startswith(given) else given
    if not sys.stdin.isatty():
        raise WrongUsage(
            "--digest is missing: give that of what you have seen, or its first "
            f"{SHORTEST} characters; `triage-agent review show` prints it"
        )
    assert request.what
    say("\n".join([printable(_headline(request.what.headline)), *_changes(request.what)]))
    if not typer.confirm(f"May the agent {_words(request.action)}?", err=True):
        raise NotDecided("nothing was decided")
    return request.digest


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
    what = f"{_words(came.action)}, " if came.action else ""
    done = f"{came.decision.capitalize()} by {came.by}: {what}item {came.item_id}"
    out.print(printable(done), soft_wrap=True)
    out.print(printable(came.not_shown or "Its message in Slack says so."))
    if came.left:
        out.print(printable(f"The agent goes on with it in its next run: {came.left}."))
    if came.went_on:
        out.print(printable(_went_on(came.went_on)))
    for line in came.outcome:
        out.print(printable(line))


def _went_on(item: "ItemReport") -> str:
    done = [f"{_words(one.action)} {_STATES.get(one.state, one.state)}" for one in item.actions]
    why = f" ({item.failure})" if item.failure else ""
    return f"The agent went on with it: {item.status}{why}; {', '.join(done)}."
