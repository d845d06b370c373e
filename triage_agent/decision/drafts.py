"""What the agent checks of a draft before it is kept. A draft is never sent by it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from triage_agent.decision.assessment import Draft
from triage_agent.decision.echoes import codes, phrases, script, words_in
from triage_agent.decision.item import Item, text_shown
from triage_agent.decision.masking import addresses
from triage_agent.decision.patterns import PatternFile
from triage_agent.decision.stops import Stop
from triage_agent.decision.text import normalised
from triage_agent.operating_model.schema import Page

LETTERS_A_WORD = 12
"""So many letters count as a word where there are no spaces between words."""
ECHO = 8
"""So many words of the request in a row are an echo of it."""
SHORTEST_ECHO = 3
"""A shorter request may turn up in a reply by chance."""

_LINK = re.compile(
    r"(?i:(?:[a-z]{2,12}://|\bwww\.|\b(?:mailto|tel|sms|javascript|data):)[^\s<>()\"']+)"
    r"|(?i:(?<![\w@.-])(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}/[^\s<>()\"']*)"  # a host with a path
    r"|(?i:(?<![\w@.-])(?:[a-z0-9-]{1,63}\.){1,8}"
    r"(?:com|net|org|io|co|ai|app|dev|info|biz|example)(?![\w@-]|\.\w))"
    r"|(?<![\w@.-])(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![\w@-]|\.\w)"  # in small letters, any
    r"|(?<![\w@.-])(?:\d{1,3}\.){3}\d{1,3}(?!\w)",
)
_PLACEHOLDER = re.compile(r"\[[^\]\n]{0,40}\]|\{[^}\n]{0,40}\}|<[^>\n]{1,40}>|_{3,}|\bX{3,}\b")
_SENTENCE_ENDS = (".", "!", "?", "\u2026", ":", "\u3002", "\uff01", "\uff1f", ")")
_TRAILING = re.compile(r"[^\w.!?\u2026:\u3002\uff01\uff1f)]{1,20}$")
_LINES_OF_A_SIGNATURE = 4
_WORDS_OF_A_NAME = 7


def signed(draft: Draft, page: Page) -> str:
    """The draft as a person sees it, once under the name that the page signs with."""
    return f"{unsigned(draft.text, page)}\n\n{page.drafts.sign_as}"


def unsigned(text: str, page: Page) -> str:
    """A draft without the page's name beneath it, which a model may have written itself."""
    name, lines = page.drafts.sign_as.casefold(), text.strip().splitlines()
    while lines and lines[-1].strip(" .,!-\u2013\u2014").casefold() in ("", name):
        lines.pop()
    if lines and lines[-1].rstrip(" .!").casefold().endswith(f", {name}"):
        lines[-1] = lines[-1].rstrip(" .!")[: -len(name)].rstrip()
    return "\n".join(lines).strip()


def stops_of_draft(draft: Draft, item: Item, patterns: PatternFile) -> tuple[Stop, ...]:
    """Why a draft may not be kept; empty where it may."""
    written = _Written(unsigned(draft.text, item.page), item, patterns)
    return tuple(
        Stop(rule="outside_policy", topic="draft", fact=f"the draft was withheld: {fault}")
        for fault in _faults(written)
    )


@dataclass(frozen=True)
class _Written:
    """A draft without its signature, and what it is held against."""

    text: str
    item: Item
    patterns: PatternFile

    @property
    def page(self) -> Page:
        return self.item.page

    @property
    def plain(self) -> str:
        return normalised(self.text)

    @property
    def given(self) -> str:
        """What the page itself gives a draft to say."""
        drafts = self.page.drafts
        return "\n".join([*drafts.facts, *drafts.asks_for.values(), drafts.sign_as])


Faults = Iterator[str]


def _faults(written: _Written) -> Faults:
    """The others aren't looked for in a text that is nothing, or too long to be read."""
    yield from (sizes := list(_size(written)))
    if not sizes:
        for check in _CHECKS:
            yield from check(written)


def _size(written: _Written) -> Faults:
    if not written.text:
        yield "it is empty"
    count, most = len(written.text.split()), written.page.drafts.max_words
    if count > most:
        yield f"it has {count} words, the page allows {most}"
    elif len(written.text) > most * LETTERS_A_WORD:
        yield f"it has {len(written.text)} letters, the page allows {most} words"


def _links(written: _Written) -> Faults:
    allowed = written.page.drafts.allowed_links
    links = {found.rstrip(".,;:!?") for found in _LINK.findall(written.plain)}
    if any(link not in allowed and f"https://{link}" not in allowed for link in links):
        yield "it holds a link that the page doesn't allow"


def _addresses(written: _Written) -> Faults:
    rest = _LINK.sub(" ", written.plain)
    if addresses(rest) - addresses(written.given):
        yield "it holds an e-mail address or telephone number that the page's facts don't have"


def _placeholders(written: _Written) -> Faults:
    for found in _PLACEHOLDER.findall(written.plain):
        if found not in written.given:
            yield f"it holds a placeholder: {found}"
            return


def _statements(written: _Written) -> Faults:
    for name in written.page.drafts.never_state:
        if written.patterns.never_state[name].first_hit(written.plain):
            yield f"it states {name.replace('_', ' ')}"


def _signature(written: _Written) -> Faults:
    own = written.page.drafts.sign_as
    if list(_names(written)):
        yield f"it is signed by somebody else than {own}"
    elif written.patterns.introductions.first_hit(written.plain):
        yield f"it speaks as somebody else than {own}"


def _names(written: _Written) -> Iterator[str]:
    """What stands at the end behind a closing formula, or short and without an end of sentence."""
    closings = written.patterns.closings
    lines = [_bare(line) for raw in written.text.splitlines() if (line := normalised(raw))]
    for number, line in reversed([*enumerate(lines)][-_LINES_OF_A_SIGNATURE:]):
        closing, _, name = line.partition(",")
        if closing.lower() in closings and (not name or name.strip()[:1].isupper()):
            yield from (one for one in (name.strip(), *lines[number + 1 :]) if _is_short(one))
            return
    if lines and _is_short(lines[-1]) and not lines[-1].endswith(_SENTENCE_ENDS):
        yield lines[-1]


def _bare(line: str) -> str:
    """A line without the dashes before a name, and without a smile behind a sentence."""
    return _TRAILING.sub("", line.lstrip("-\u2013\u2014 "))


def _is_short(text: str) -> bool:
    """Whether this may be a name with its title: no link, and but a few words."""
    return 0 < len(text.split()) <= _WORDS_OF_A_NAME and not _LINK.search(text)


def _echoes(written: _Written) -> Faults:
    """A reply says it in other words; only what the page itself says may stand in both."""
    texts = "\n".join(text_shown(written.item.written))
    own = words_in(written.item.request)
    lengths = {texts: ECHO, written.item.request: max(SHORTEST_ECHO, min(ECHO, own))}
    for text, length in lengths.items():
        said = phrases(text, length) - phrases(written.given, length)
        if said & phrases(written.text, length):
            yield "it repeats the request word for word"
            return
    if codes(texts) & codes(written.text) - codes(written.given):
        yield "it repeats a number or code of the request"


def _language(written: _Written) -> Faults:
    """Other letters are surely another language; among the same letters that isn't sure."""
    asked, answered = script(written.item.request), script(written.text)
    if asked and answered and asked != answered:
        yield "it is in another language than the request"


_CHECKS: tuple[Callable[[_Written], Faults], ...] = (
    _links,
    _addresses,
    _placeholders,
    _statements,
    _signature,
    _echoes,
    _language,
)
