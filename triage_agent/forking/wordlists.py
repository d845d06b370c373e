"""`prompts/patterns.yaml` of a new project: what is general in the shipped one, and its own words.

The shipped file knows one name, of the business that it was written for; it becomes the owner's.
Everything else that is about that business alone is left out.
"""

import re
from collections.abc import Iterator, Mapping

from triage_agent.decision.text import normalised
from triage_agent.forking import scalars
from triage_agent.forking.answers import Answers, Known

_SECTIONS = re.compile(r"^(?=[a-z_]+:)", re.MULTILINE)
_ENTRIES = re.compile(r"^(?=  [a-z_]+:)", re.MULTILINE)
_FIRST_LETTERS = re.compile(r"\(\?=\[(\w+)\]\)")
_NO_SPACES_BETWEEN_WORDS = "\u2e80"
"""The first letter of the scripts of the Far East."""

_MISSES = ("We would like to hear from you.", "Thank you for your time.")


def patterns_text(shipped: str, their_name: str, answers: Answers) -> str:
    """The file's text. `their_name`: the shipped business's, in small letters."""
    head, *sections = _SECTIONS.split(shipped)
    made = [head, *(_section(text, their_name, answers) for text in sections)]
    return _renamed("".join(made), their_name, answers.workflow.our_name)


def _section(text: str, their_name: str, answers: Answers) -> str:
    name, rules = text.partition(":")[0], answers.stop_rules
    if name in ("claims", "categories"):
        return f"{name}: {{}}\n\n"
    if name == "policies":
        return "".join([*_ENTRIES.split(text)[:1], *_own(rules.policies), "\n"])
    if name == "topics":
        return "".join([text.rstrip("\n"), "\n\n", *_own(rules.topics)])
    if name == "small_talk":
        return re.sub(rf'"(?:the )?{their_name} (?!team")[^"]*",\s*', "", text)
    return text


def _own(known: Mapping[str, Known]) -> Iterator[str]:
    """A pattern for the words that each is known by."""
    for name, one in known.items():
        words = "|".join(_literal(words) for words in one.known_by)
        missed = next(text for text in _MISSES if not re.search(words, text, re.IGNORECASE))
        yield (
            f"  {name}:\n"
            f"    - match: '(?:{words})'\n"
            f"      hits: {scalars.flow([*one.known_by, one.example])}\n"
            f"      misses: {scalars.flow([missed])}\n"
        )


def _literal(words: str) -> str:
    """Just these words, whole; a dot stands for either apostrophe."""
    text = normalised(words)
    first, last = (r"\b" if at < _NO_SPACES_BETWEEN_WORDS else "" for at in (text[0], text[-1]))
    return first + _escaped(text) + last


def _escaped(text: str) -> str:
    return re.sub("['\u2019]", ".", re.escape(text))


def _renamed(text: str, their_name: str, our_name: str) -> str:
    """Line by line: in a regular expression the name is escaped, elsewhere it is quoted."""
    return "".join(_line(line, their_name, our_name) for line in text.splitlines(keepends=True))


def _line(line: str, their_name: str, our_name: str) -> str:
    if their_name not in line.lower():
        return line
    plain = normalised(our_name)
    if line.lstrip().startswith("- match:"):
        line = _FIRST_LETTERS.sub(rf"(?=[\g<1>{plain[0].lower()}])", line)
        small, whole = _escaped(plain.lower()), _escaped(plain)
    else:
        small, whole = (scalars.quoted(name)[1:-1] for name in (our_name.lower(), our_name))
    line = line.replace(their_name, small)
    return line.replace(their_name.capitalize(), whole)
