"""What an item lacks of what the page needs: a way to answer, somebody to answer, a request.

What people type to get past a field counts as missing, in any language.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from triage_agent.decision.item import ELSEWHERE, Item, mail_domain
from triage_agent.decision.output import spaced
from triage_agent.decision.patterns import PatternFile
from triage_agent.decision.text import normalised
from triage_agent.operating_model.kinds import DomainOf, Scalar

REQUEST = "request"
"""Among the page's needs: that something is asked."""

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop", "qsdfghjklm", "yxcvbnm")
_RUNS = tuple(
    row[::step] for row in (*_ROWS, "abcdefghijklmnopqrstuvwxyz", "01234567890") for step in (1, -1)
)
"""What fingers run along: the rows of keyboards, the alphabet, the digits, either way."""
_SHORTEST_RUN, _LONGEST_RUN = 3, max(map(len, _RUNS))
_SHORTEST_PHONE = 7
_REPEATED = re.compile(r"(.{1,3}?)\1{2,}", re.DOTALL)
_ADDRESS = re.compile(r"[^@\s<>]+@(?:[^@\s.<>]+\.)+[^\W\d_]{2,}")
_MARKUP = re.compile(r"<[^<>]{0,200}>|&#?\w{2,8};")
_REFERENCE = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|\b(?:[\w-]+\.)+[a-z]{2,}\b(?:/\S*)?")
_SEPARATOR = re.compile(r"\n\s*(?:--+|__+)\s*\n.*", re.DOTALL)
_TOKEN = re.compile(r"[^\W\d_]+(?:['\u2019\-][^\W\d_]+)*|\d+|\?")
_WITHOUT_SPACES = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_NO_WORD = re.compile(r"(?=[a-z]{4})(?:[b-df-hj-np-tv-xz]+|\w*[b-df-hj-np-tv-xz]{5}\w*)")
_ASKED = {False: 4, True: 2}
"""How many characters of a script without spaces ask something; fewer where there is a `?`."""


_LOOKED_AT = 2000
"""Characters of a request that are looked at: whoever has written more has asked something."""

_LONGEST_SIGNATURE = 30
"""Words after closing ones that are taken for a signature."""


def lacking(item: Item, patterns: PatternFile) -> Iterator[tuple[str, str]]:
    """Each need of the page that isn't met: the first field that would meet it, and what lacks."""
    for need in item.page.stops_when.missing_data.needs:
        some = need if isinstance(need, list) else [need]
        if not any(_is_met(item, one, patterns) for one in some):
            names = [_name(one) for one in some]
            yield names[0], f"no {' or '.join(map(spaced, names))}"


def _name(need: str | DomainOf) -> str:
    return f"own domain in {need.domain_of}" if isinstance(need, DomainOf) else need


def _is_met(item: Item, need: str | DomainOf, patterns: PatternFile) -> bool:
    fields = item.record.fields
    if isinstance(need, DomainOf):
        address = fields.get(need.domain_of)
        own = mail_domain(address) not in patterns.free_mail
        return own and not says_nothing(need.domain_of, address, patterns)
    if need == REQUEST:
        return asks_something(item, patterns)
    return not says_nothing(need, fields.get(need), patterns)


def says_nothing(field: str, value: Scalar, patterns: PatternFile) -> bool:
    """Whether a field is as good as empty.

    One whose name says that it holds an e-mail address or a phone number must hold one.
    """
    if value is None or value == ELSEWHERE:
        return value is None
    name, text = field.casefold(), normalised(str(value)).casefold()
    if "email" in name:
        return not _can_be_mailed(text, patterns)
    if "phone" in name:
        return not _can_be_called(text)
    return is_filler(text, patterns)


def _can_be_mailed(address: str, patterns: PatternFile) -> bool:
    if not _ADDRESS.fullmatch(address):
        return False
    local, _, domain = address.partition("@")
    anybody = domain in patterns.free_mail or is_filler(domain.partition(".")[0], patterns)
    return not (anybody and is_filler(local, patterns))


def _can_be_called(number: str) -> bool:
    digits = re.sub(r"\D", "", number)
    if len(digits) < _SHORTEST_PHONE or len(set(digits[-_SHORTEST_PHONE:])) == 1:
        return False
    return not any(digits in run * 2 for run in _RUNS if run.isdigit())


def is_filler(text: str, patterns: PatternFile) -> bool:
    """Whether a text that isn't empty says nothing all the same."""
    text = normalised(text).casefold()
    words = re.findall(r"[^\W_]+", text)
    whole = "".join(words)
    if not words or any(map(patterns.is_filler, (text, " ".join(words), whole))):
        return True
    if _is_typed_blindly(whole) or (len(whole) == 1 and not _WITHOUT_SPACES.search(whole)):
        return True
    said = any(word.isalpha() for word in words)
    return said and all(patterns.is_filler(word) or _is_typed_blindly(word) for word in words)


def _is_typed_blindly(word: str) -> bool:
    """Something over and over, or a walk along the keys: `xxxx`, `asdfasdf`, `12345`."""
    return bool(_REPEATED.fullmatch(word)) or (len(word) > _SHORTEST_RUN and _is_walk(word))


def _is_walk(word: str) -> bool:
    """Whether nothing but runs along the keys make up a word."""
    while word:
        lengths = range(min(len(word), _LONGEST_RUN), _SHORTEST_RUN - 1, -1)
        step = next((n for n in lengths if any(word[:n] in run for run in _RUNS)), 0)
        if not step:
            return False
        word = word[step:]
    return True


def asks_something(item: Item, patterns: PatternFile) -> bool:
    """Whether the request says more than a greeting, a signature, an address or a name.

    A few words are enough; a single one where it asks by itself, or is a question.
    """
    begun = _SEPARATOR.sub("", item.request)[:_LOOKED_AT]
    text = _REFERENCE.sub(" ", normalised(_MARKUP.sub(" ", begun)).casefold())
    if is_filler(text, patterns):
        return False
    tokens = list(_left(_TOKEN.findall(text), patterns))
    asked = "?" in tokens
    if _asks_without_spaces(text, patterns, asked=asked):
        return True
    own = set(_own_words(item)) - patterns.asks
    words = [word for word in tokens if word[0].isalpha() and word not in own]
    words = [word for word in words if not _NO_WORD.fullmatch(word)]
    if len(words) == 1:
        return not is_filler(words[0], patterns) and (asked or words[0] in patterns.asks)
    return not all(is_filler(word, patterns) for word in words)


def _asks_without_spaces(text: str, patterns: PatternFile, *, asked: bool) -> bool:
    """The same of a text in a script that puts no spaces between its words."""
    if not _WITHOUT_SPACES.search(text):
        return False
    said = sorted((one for one in patterns.small_talk if one in text), key=len, reverse=True)
    for phrase in said:
        text = text.replace(phrase, " ")
    return len(_WITHOUT_SPACES.findall(text)) >= _ASKED[asked]


def _left(words: Sequence[str], patterns: PatternFile) -> Iterator[str]:
    """The words of a text without small talk, and without a signature."""
    at = 0
    while at < len(words):
        closing = _phrase_at(words, at, patterns.sign_offs)
        after = words[at + closing :]
        if closing and len(after) <= _LONGEST_SIGNATURE and "?" not in after:
            return
        length = closing or _phrase_at(words, at, patterns.small_talk)
        if not length:
            yield words[at]
        at += length or 1


def _phrase_at(words: Sequence[str], at: int, phrases: frozenset[str]) -> int:
    """How many words the longest of some phrases takes that stands at a place; 0 where none."""
    for phrase in _by_first_word(phrases).get(words[at], ()):
        if tuple(words[at : at + len(phrase)]) == phrase:
            return len(phrase)
    return 0


@cache
def _by_first_word(phrases: frozenset[str]) -> dict[str, list[tuple[str, ...]]]:
    """Phrases by their first word, the longest first."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in map(tuple, sorted(map(_TOKEN.findall, phrases), key=len, reverse=True)):
        found.setdefault(phrase[0], []).append(phrase)
    return found


def _own_words(item: Item) -> Iterator[str]:
    """Words of the item's other fields: a request that repeats them asks nothing by that."""
    asked = item.page.workflow.item.request_text
    for name, value in item.record.fields.items():
        if name not in asked and isinstance(value, str):
            yield from _TOKEN.findall(normalised(value).casefold())
