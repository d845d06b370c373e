"""What people see of a week in a terminal: three sentences, what to do, and the figures."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from triage_agent.terminal import printable, screen

if TYPE_CHECKING:
    from triage_agent.summary.posting import Sent
    from triage_agent.summary.reading import Figure, Summary


def show(told: "Summary", style: str) -> None:
    """As text, Markdown, one HTML document or one JSON object."""
    from triage_agent.summary import telling

    if style == "json":
        return print(telling.as_json(told))
    if style == "md":
        return print(telling.as_markdown(told), end="")
    if style == "html":
        from triage_agent.summary.page import as_html

        return print(as_html(told))
    return _as_text(told)


def _as_text(told: "Summary") -> None:
    from triage_agent.summary import telling

    out = screen()
    for sentence in telling.sentences(told):
        out.print(sentence)
    if told.findings:
        out.print("\nWhat to do next:")
    for number, one in enumerate(told.findings, 1):
        out.print(f"  {number}. {printable(one.what)}: {printable(one.evidence)}", style="bold")
        out.print(f"     {one.concerns}: {one.change}", soft_wrap=True)
        if one.items:
            out.print(f"     see {' '.join(one.items)}", style="dim", soft_wrap=True)
    for title, figures in (
        ("", told.figures),
        ("Categories", told.categories),
        ("Stopped by", told.rules),
    ):
        _table(title, figures)
    decided = [*telling.decided(told)]
    if decided:
        out.print("\nWhat people decided:")
    for about, said in decided:
        out.print(f"  {about}: {printable(said)}")
    for about, said in telling.stands(told):
        out.print(f"{about}: {printable(said)}")


def show_sent(sent: "Iterable[Sent]") -> None:
    """Who was told, this time or before, and who wasn't."""
    out = screen()
    for one in sent:
        if one.reference:
            before = ", before" if one.before else ""
            out.print(f"{one.to}: told{before}, as {printable(one.reference)}", soft_wrap=True)
        else:
            out.print(f"{one.to}: not surely told: {printable(str(one.why))}", soft_wrap=True)


def _table(title: str, figures: "Iterable[Figure]") -> None:
    from rich.table import Table

    from triage_agent.summary import telling

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(title)
    for heading in ("this week", "the week before", "four-week mean"):
        table.add_column(heading, justify="right")
    for row in telling.rows_of(figures):
        if any(cell not in ("0", "-", "0.0 %", "$0.00") for cell in row[1:]):
            table.add_row(*map(printable, row))
    if table.rows:
        screen().print("")
        screen().print(table)
