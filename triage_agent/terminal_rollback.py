"""What people see of a rollback: what is undone, with what it was and becomes, and what is left."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from triage_agent.terminal import printable, screen, typed
from triage_agent.terminal_reviews import print_json

if TYPE_CHECKING:
    from rich.text import Text

    from triage_agent.decision.rejudging import Comparison, Decision
    from triage_agent.decision.undoing import Reversal
    from triage_agent.rolling_back import Tried, Undone

_LONGEST = 60
_VERDICTS = {None: "no", "allowed": "yes", "needs_approval": "asks first", "refused": "refused"}


def show_preview(found: "Sequence[Reversal]", *, as_json: bool) -> None:
    """Each thing that was done, the last first: what its undoing sets, and what is left."""
    from rich.table import Table

    if as_json:
        return print_json({"would": list(map(_row, found))})
    out = screen()
    if not found:
        return out.print("There is nothing to undo.")
    table = Table(box=None, padding=(0, 2, 1, 0), header_style="dim")
    table.add_column("record, action", no_wrap=True)
    table.add_column("what becomes of it", overflow="fold")
    for one in found:
        deed = one.deed
        table.add_row(f"{deed.record_id or 'message'}\n{deed.name}", _in_words(one))
    out.print(table)
    undone = sum(one.event is not None for one in found)
    left = sum(bool(one.left) for one in found)
    out.print(f"{undone:,} to be undone, of {left:,} something is left for people.")
    return out.print("Nothing was changed; --apply with --reason and --found does it.")


def _row(one: "Reversal") -> dict[str, object]:
    deed = one.deed
    return {
        "item": deed.item,
        "action": deed.name,
        "record_id": deed.record_id,
        "message": deed.reference if deed.system == "slack" else None,
        "sets": dict(one.sets),
        "now": dict(one.now),
        "marks_withdrawn": one.shows,
        "left": [{"fields": left.fields, "reason": left.reason} for left in one.left],
    }


def _in_words(one: "Reversal") -> "Text":
    from rich.text import Text

    lines = [
        f"{name}: {_short(one.now.get(name))} → {_short(value)}" for name, value in one.sets.items()
    ]
    lines += ["marked withdrawn"] if one.shows else []
    text = Text("\n".join(lines or ([] if one.left else ["it is so already"])))
    for left in one.left:
        fields = f"{', '.join(left.fields)}: " if left.fields else ""
        text.append(f"{chr(10) if text.plain else ''}left: {fields}{left.reason}", style="yellow")
    return text


def _short(value: object) -> str:
    if value is None:
        return "(empty)"
    words = printable(" ".join(str(value).split()))
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def show_tried(tried: "Tried", *, as_json: bool) -> None:
    """Each item of which another page decides otherwise, or can't be told; then how many."""
    from rich.table import Table

    if as_json:
        return print_json(tried)
    out, found = screen(), tried.found
    table = Table(box=None, padding=(0, 2, 1, 0), header_style="dim")
    table.add_column("record", no_wrap=True)
    table.add_column(f"what version {tried.version} decides otherwise", overflow="fold")
    for one in found:
        if one.differs or one.untold:
            table.add_row(one.record_id or one.item, "\n".join(_otherwise(one)))
    if table.rows:
        out.print(table)
    pairs = [(one.was, one.would) for one in found if one.was and one.would and one.differs]
    stops = sum(would.is_stopped and not was.is_stopped for was, would in pairs)
    goes_on = sum(was.is_stopped and not would.is_stopped for was, would in pairs)
    page = f"version {tried.version} of the page ({tried.sha256[:12]})"
    out.print(
        f"Of {len(found):,} items {page} decides {len(pairs):,} otherwise: "
        f"{stops:,} that went on would stop, {goes_on:,} that stopped would go on."
    )
    if untold := sum(bool(one.untold) for one in found):
        out.print(f"Of {untold:,} it can't be told.")
    return out.print("Nothing was changed.")


def _otherwise(one: "Comparison") -> "Iterator[str]":
    if one.untold or not (one.was and one.would):
        yield f"can't be told: {printable(str(one.untold))}"
        return
    was, would = one.was, one.would
    yield f"{_came(was)} → {_came(would)}" if "rules" in one.differs else _came(was)
    for name in one.differs:
        if name == "category":
            yield f"category: {was.category} → {would.category}"
        elif name in was.actions or name in would.actions:
            then, now = (_VERDICTS[each.actions.get(name)] for each in (was, would))
            yield f"{name}: {then} → {now}"
        elif name != "rules":
            yield f"{name}: otherwise"


def _came(decided: "Decision") -> str:
    return f"stopped by {', '.join(decided.rules)}" if decided.rules else "went on"


def show_undone(undone: "Undone", target: list[str], *, as_json: bool) -> None:
    """What came of a rollback, and what to do next."""
    if as_json:
        return print_json(vars(undone))
    out = screen()
    out.print(
        f"{undone.undone:,} undone; of {undone.left:,} something is left for people; "
        f"{undone.failed:,} failed."
    )
    if undone.untold:
        out.print(f"Not surely told in Slack, so tell them: {', '.join(undone.untold)}.")
    out.print("The agent is paused, and stays so until somebody resumes it.")
    out.print("What happened, for whoever asks:")
    return out.print(f"  {typed(['incident', undone.run, *target])}", soft_wrap=True)
