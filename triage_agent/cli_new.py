"""The command that begins another workflow's project; what it does: `beginning`."""

from pathlib import Path
from typing import Annotated

import typer

from triage_agent import beginning, terminal
from triage_agent.errors import BadPage, WrongUsage

_BEFORE = """\
Ten questions, then two more. Nothing is written before the last one.
Enter takes what stands in brackets. Where nothing does, the question stays
open. Ctrl-C ends the questions, and what you said can be kept as a draft."""

_NEXT = (
    (["page"], "what you said, in sentences for its owner to sign"),
    (["run", "--sandbox"], "the agent at work on your examples"),
    (["demo"], "all of it in a browser, where you play the people"),
    (["evaluate"], "how it does on its first cases"),
)


def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Empty, or not there yet.")],
    answers: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Take the answers from here (YAML).", show_default=False),
    ] = None,
    draft: Annotated[
        bool, typer.Option("--draft", help="With questions open, write a page that can't run.")
    ] = False,
) -> None:
    """Begin another workflow's project, from ten answers.

    It asks the questions, and writes page, patterns, cases and all that a project takes.
    """
    beginning.must_be_free(folder)
    if answers is None:
        talk = _Talk()
        talk.say(_BEFORE)
        given = beginning.asked(talk.say, talk.ask)
    else:
        given = beginning.read(answers)
    if given.open and (draft or (answers is None and _wants_draft(given.refusal()))):
        beginning.write_draft(folder, given)
        print(f"{given.refusal()}\n\n{_kept(folder)}")
        return
    try:
        held = beginning.write(folder, given)
    except BadPage as exc:  # nobody should have to say all of it again
        if answers is not None:
            raise
        beginning.write_draft(folder, given)
        raise WrongUsage(f"{exc}\n{_kept(folder)}") from exc
    _show_project(folder, held)


class _Talk:
    """Questions at a terminal. Once somebody breaks off, nothing more is asked or answered."""

    def __init__(self) -> None:
        self._over = False

    def say(self, text: str) -> None:
        if not self._over:
            terminal.say(text)

    def ask(self, question: str, supposed: str) -> str:
        if self._over:
            return ""
        try:
            answer: str = typer.prompt(
                f"   {question}", default=supposed, show_default=bool(supposed), err=True
            )
        except typer.Abort:
            self._over = True
            return ""
        return answer


def _wants_draft(refusal: str) -> bool:
    terminal.say(f"\n{refusal}\n")
    return typer.confirm("Keep it as a draft, which can't run?", default=True, err=True)


def _show_project(folder: Path, held: list[str]) -> None:
    for line in (*held, f"\nAll of it is in {folder.absolute().name}. Worth typing next:"):
        print(line)
    for words, why in _NEXT:
        print(f"  {terminal.typed([*words, '--project', str(folder)])}\n    {why}")


def _kept(folder: Path) -> str:
    filled = str(folder / beginning.ANSWERS)
    return (
        f"The draft is in {folder}, and can't run. Complete its {beginning.ANSWERS}, then type:\n"
        f"  {terminal.typed(['new', 'DIR', '--answers', filled])}"
    )
