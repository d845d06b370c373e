"""Templates of HTML documents in which whatever strangers wrote stays text.

They escape all of it, and take out what would turn the writing round.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from triage_agent.decision.output import readable, spaced, worded
from triage_agent.ledger import phrases

_SHARED = Path(__file__).parent / "pages"
"""The frame of every document, its look, and the parts that several have."""


def templates(*folders: Path) -> Environment:
    """The shared ones, and those of more folders."""
    made = Environment(
        loader=FileSystemLoader([_SHARED, *folders]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_text,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"spaced": spaced, "worded": worded, "length_of": phrases.length}
    return made


def _text(value: object) -> object:
    """What is put into the document, without signs that do something to the writing."""
    return readable(value) if type(value) is str else value  # else markup of the template's own
