"""What an item lacks of what the page needs: a way to answer, somebody to answer, a request.

What people type to get past a field counts as missing, in any language.
"""

import re
from collections.abc import Iterator
from functools import cache

from triage_agent.decision.item import ELSEWHERE, Item, mail_domain
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
_SHORTEST_RUN, _SHORTEST_PHONE = 3, 7
_REPEATED = re.compile(r"(.{1,3}?)\1{2,}", re.DOTALL)
_ADDRESS = re.compile(r"[^@\s<>]+@(?:[^@\s.<>]+\.)+[^\W\d_]{2,}")
_MARKUP = re.compile(r"<[^<>]{0,200}>|&#?\w{2,8};")
_REFERENCE = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|\b(?:[\w-]+\.)+[a-z]{2,}\b(?:/\S*)?")
_SEPARATOR = re.compile(r"\n\s*(?:--+|__+)\s*\n.*", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019\-][^\W\d_]+)*")
_WITHOUT_SPACES = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_NO_WORD = re.compile(r"(?=[a-z]{4})(?:[b-df-hj-np-tv-xz]+|\w*[b-df-hj-np-tv-xz]{5}\w*)")
_ASKED = {False: 4, True: 2}
"""How many characters of a script without spaces ask something; fewer where there is a `?`."""


def lacking(item: Item, patterns: PatternFile) -> Iterator[tuple[str, str]]:
    """Each need of the page that isn't met: the first field that would meet it, and what lacks."""
    for need in item.page.stops_when.missing_data.needs:
        some = need if isinstance(need, list) else [need]
        if not any(_is_met(item, one, patterns) for one in some):
            names = [_name(one) for one in some]
            yield names[0], f"no {' or '.join(names)}"


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
    if patterns.is_filler(text) or patterns.is_filler(" ".join(words)) or not words:
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
        lengths = range(len(word), _SHORTEST_RUN - 1, -1)
        step = next((n for n in lengths if any(word[:n] in run for run in _RUNS)), 0)
        if not step:
            return False
        word = word[step:]
    return True


def asks_something(item: Item, patterns: PatternFile) -> bool:
    """Whether the request says more than a greeting, a signature, an address or a name.

    A few words are enough; a single one where it asks by itself, or is a question.
    """
    text = normalised(_MARKUP.sub(" ", _SEPARATOR.sub("", item.request))).casefold()
    if is_filler(text, patterns):
        return False
    text = _unsigned(text, patterns)
    text = _phrases(patterns.small_talk).sub(" ", _REFERENCE.sub(" ", text))
    asked = "?" in text
    if len(_WITHOUT_SPACES.findall(text)) >= _ASKED[asked]:
        return True
    own = set(_own_words(item)) - patterns.asks
    words = [
        word for word in _WORD.findall(text) if word not in own and not _NO_WORD.fullmatch(word)
    ]
    if len(words) == 1:
        return not is_filler(words[0], patterns) and (asked or words[0] in patterns.asks)
    return not all(is_filler(word, patterns) for word in words)


def _unsigned(text: str, patterns: PatternFile) -> str:
    """A text without what follows its closing words, where that is no more than a signature."""
    for found in _phrases(patterns.sign_offs).finditer(text):
        after = text[found.end() :]
        if len(after) <= _LONGEST_SIGNATURE and "?" not in after:
            return text[: found.start()]
    return text


_LONGEST_SIGNATURE = 200


def _own_words(item: Item) -> Iterator[str]:
    """Words of the item's other fields: a request that repeats them asks nothing by that."""
    asked = item.page.workflow.item.request_text
    for name, value in item.record.fields.items():
        if name not in asked and isinstance(value, str):
            yield from _WORD.findall(normalised(value).casefold())


@cache
def _phrases(phrases: frozenset[str]) -> re.Pattern[str]:
    """What finds any of some phrases, as whole words where they are written in such."""
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    each = (
        re.escape(phrase) if _WITHOUT_SPACES.search(phrase) else rf"\b{re.escape(phrase)}\b"
        for phrase in longest_first
    )
    return re.compile("|".join(each) or "(?!)")
