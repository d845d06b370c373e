"""Made-up names, addresses, numbers and ids for real ones: the same for the same, in every text.

What is known - the names in fields, the ids of records - is learned first, then it is replaced
wherever it stands, however it is spelled. Names that were not learned stay as they are.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from triage_agent.decision.masking import found
from triage_agent.evaluation.made_up import SHORT, MadeUp, encoded, spellings, written_like
from triage_agent.evaluation.neutral_words import ORDINARY, STREET, WEAK

ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_WORD = re.compile(r"[^\W_]+")
_LETTERS, _LETTERS_OR_DIGITS = re.compile(r"[^\W\d_]+"), re.compile(r"[^\W\d_]+|\d+")
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"'()\[\]]*[^\s<>\"'()\[\].,;:!?]", re.IGNORECASE)
_LINK_PARTS = re.compile(r"(https?://)?(www\.)?([^/:?#\s]+)(:\d+)?(.*)", re.IGNORECASE | re.DOTALL)
_EMAIL = re.compile(r"[\w.+%'-]{1,64}@[\w-]+(?:\.[\w-]+)*")
_HOST = re.compile(r"(?<![\w@.-])(?:[\w-]+\.)+[A-Za-z]{2,}(?![\w@-])(?:/\S*[\w/])?")
_ID_IN_TEXT = re.compile(rf"(?<![A-Za-z0-9]){ID.pattern}(?![A-Za-z0-9])")
_STREET = re.compile(STREET)
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_BETWEEN_DIGITS = r"[ ()./\u2010-\u2015-]*"
_TOP = re.compile("com|net|org|io|biz|info|eu|de|uk|fr|nl|es|pl|se|ch|dk|fi|ie|app|dev|example")
_SECOND = re.compile("co|com|org|net|ac|gov|edu|ne|or")
_CARD, _TAIL, _FICTIONAL = "4111 1111 1111 1111", 7, "5550"
_Found = Callable[[str], Iterable[re.Match[str]]]
_By = Callable[[str], str]


@dataclass(frozen=True)
class Stays:
    """What is nobody's: mail domains, one's own hosts, forms of law, words that say nothing.

    `ids`: of people who are on the page.
    """

    free_mail: Collection[str] = ()
    hosts: Collection[str] = ()
    words: Collection[str] = ()
    ids: Collection[str] = ()
    says_nothing: Callable[[str], bool] = lambda _text: False


class Pseudonyms:
    """`whole`: all the text that there is; nothing that is made up stands in it."""

    def __init__(self, seed: str, whole: str, stays: Stays) -> None:
        self._made, self._stays = MadeUp(seed, whole), stays
        self._words: dict[str, str] = {}
        self._weak = set[str]()
        self._phrases: dict[str, str] = {}
        self._phones, self._unspaced = set[str](), set[str]()
        self._ids: dict[str, str] = {one[:SHORT]: one for one in stays.ids}
        self._hosts: dict[str, str] = {}

    def learn_person(self, first: str, last: str) -> None:
        """The names of somebody, of which one may be empty, and how addresses join them."""
        one, new_one = self._learned(first, "first")
        other, new_other = self._learned(last, "last")
        if one and other:
            self._join(one + other, new_one + new_other)
            self._join(other + one, new_other + new_one)
            self._join(one[0] + other, new_one[0] + new_other)
            self._join(one + other[0], new_one + new_other[0])
            self._join(other + one[0], new_other + new_one[0])
        for part in (part for name in (first, last) for part in re.split(r"[\s-]+", name)):
            self._join_words(part)

    def learn_firm(self, name: str) -> None:
        """The name of a firm; of its words those stay that only tell what it does."""
        self._join(*self._learned(name, "firm"))
        bare = [one for one in _WORD.findall(name) if one.casefold() not in self._stays.words]
        self._join_words(" ".join(bare))
        if len(bare) > 1:  # of which later words alone are names only in capitals
            self._learn_phrase(" ".join(bare), self.text(" ".join(bare), is_name=True))

    def learn_title(self, text: str) -> None:
        """What a record is called that is neither: in texts it counts where it is long."""
        if len(_WORD.findall(text)) > 2:  # noqa: PLR2004 - two words may be any
            self._learn_phrase(text, self.title(text))

    def title(self, text: str) -> str:
        """One word for all of it."""
        return self._made.word("firm", f"title {text}")

    def learn_street(self, text: str) -> None:
        self._learn_phrase(text, self.street(text))

    def learn_number(self, text: str) -> None:
        """A postal code, or whatever else of the kind is to be other digits."""
        self._learn_phrase(text, _LETTERS_OR_DIGITS.sub(self._other_digits, text))

    def learn_phone(self, text: str) -> None:
        digits = re.sub(r"\D", "", text)
        if len(digits) >= _TAIL:
            self._phones.add(_BETWEEN_DIGITS.join(digits))

    def learn_id(self, text: str) -> None:
        self._ids.setdefault(text[:SHORT], self._made.id(text[:SHORT].ljust(SHORT + 3, "A")))

    def learn_host(self, text: str) -> None:
        """A site or mail domain that is to be found in texts, too."""
        if parts := _LINK_PARTS.fullmatch(text.strip()):
            self.host(parts[3].rpartition("@")[2])

    def text(self, text: str, *, is_name: bool = False) -> str:
        """A text without what is known; where it is a name, words count however they begin."""
        phrases = sorted(self._phrases, key=len, reverse=True)
        phones = sorted(self._phones, key=len, reverse=True)
        unspaced = sorted(map(re.escape, self._unspaced), key=len, reverse=True)
        passes: list[tuple[_Found, _By]] = [
            (_LINK.finditer, self.link),
            (_EMAIL.finditer, self.email),
            (_HOST.finditer, self._host_in_text),
            (_any(phrases).finditer, self._phrase),
            (_STREET.finditer, self.street),
            (_ID_IN_TEXT.finditer, self._id_in_text),
            (partial(found, kind="card"), lambda _card: _CARD),
            (_any(phones).finditer, self.phone),
            (partial(found, kind="phone"), self.phone),
            (_any(unspaced).finditer, partial(self._word, is_name=True)),
            (_WORD.finditer, partial(self._word, is_name=is_name)),
        ]
        parts = [(unicodedata.normalize("NFC", text), True)]
        for finds, by in passes:
            parts = [new for part in parts for new in _replaced(part, finds, by)]
        return "".join(part for part, _ in parts)

    def id(self, text: str) -> str | None:
        """The id that stands for one; None for what isn't known."""
        new = self._ids.get(text[:SHORT])
        return new and (new if len(text) > SHORT else new[:SHORT])

    def phone(self, text: str) -> str:
        """A number that is nobody's, written alike."""
        digits = re.sub(r"\D", "", text)
        if len(digits) < _TAIL:
            return text
        new = iter(digits[:-_TAIL] + self._made.digits(digits[-_TAIL:], begins=_FICTIONAL))
        return re.sub(r"\d", lambda _digit: next(new), text)

    def street(self, text: str) -> str:
        key = " ".join(_WORD.findall(text.casefold()))
        return f"{len(key)} {self._made.word('street', key)} Street"

    def email(self, text: str) -> str:
        local, _, host = text.rpartition("@")
        if self._stays.says_nothing(local):
            return f"{local}@{self.host(host)}"
        part = written_like(
            _LETTERS_OR_DIGITS.sub(partial(self._part, pool="last"), local.casefold()), local
        )
        if part.casefold() == local.casefold():
            part = self._made.word("last", f"local {local.casefold()}").lower()
        return f"{part}@{self.host(host)}"

    def link(self, text: str) -> str:
        """Another host; and one made-up word for all that follows."""
        parts = _LINK_PARTS.fullmatch(text)
        if parts is None or parts[3].casefold() in self._own_hosts:
            return text
        scheme, www, host, port, rest = (parts[n] or "" for n in range(1, 6))
        user, _, host = host.rpartition("@")
        path = rest if rest in ("", "/") else f"/{self._made.word('firm', rest).lower()}"
        return f"{scheme}{www}{self.host(host)}{'' if user else port}{path}"

    def host(self, text: str) -> str:
        """`made-up.example` for a host; those of free mail stay, and our own."""
        host = text.casefold()
        www = "www." if host.startswith("www.") else ""
        bare = host.removeprefix("www.")
        if bare in self._stays.free_mail or bare in self._own_hosts:
            return text
        if bare not in self._hosts:
            self._hosts[bare] = self._new_host(bare)
        return written_like(www + self._hosts[bare], text)

    @property
    def _own_hosts(self) -> set[str]:
        bare = {one.casefold().removeprefix("www.") for one in self._stays.hosts}
        return bare | {f"www.{one}" for one in bare}

    def _new_host(self, bare: str) -> str:
        labels = bare.split(".")
        second = len(labels) > 2 and _SECOND.fullmatch(labels[-2]) and len(labels[-1]) == 2  # noqa: PLR2004 - `co.uk`
        place = max(0, len(labels) - (3 if second else 2))
        if self._stays.says_nothing(labels[place]):
            return bare
        name = self._label(labels[place])
        whole = f"{name}.example" if len(labels) > 1 else name
        if place:
            whole = f"{'-'.join(self._label(one) for one in labels[:place])}.{whole}"
        if whole in self._hosts.values():  # another end of the same name
            whole = f"{self._made.word('firm', f'host {bare}').lower()}.example"
        return whole

    def _label(self, label: str) -> str:
        """A name in a domain: its known words and joined ones, and others for all else."""
        new = _LETTERS.sub(partial(self._part, pool="firm"), label)
        if new == label:
            return self._made.word("firm", f"label {label}").lower()
        return new

    def _part(self, part: re.Match[str], pool: str) -> str:
        """Of an address, a run of letters or of digits."""
        word = part[0]
        if word.isdigit():
            return self._made.digits(word)
        keys = spellings(word)
        known = next((self._words[key] for key in sorted(keys) if key in self._words), None)
        if known is None and (len(word) == 1 or (pool == "firm" and self._is_ordinary(word))):
            return word
        new = known or self._made.word(pool, f"part {min(keys)}")
        return "".join(one for one in min(spellings(new)) if one.isalnum())

    def _learned(self, name: str, pool: str) -> tuple[str, str]:
        """A name's words joined, as they are and as they are made up; none where it says none."""
        words = _WORD.findall(unicodedata.normalize("NFC", name))
        if self._stays.says_nothing(name) or not any(map(self._can_be_name, words)):
            return "", ""
        small = set() if name.islower() else {word for word in words if word.islower()}
        core = [word for word in words if word not in small and not self._stays_in(word, pool)]
        bare = [word for word in words if word.casefold() not in self._stays.words] or words
        if not core and len(bare) > 1:
            self._learn_phrase(" ".join(bare), self._made.word(pool, f"all {name.casefold()}"))
        else:
            for n, word in enumerate(core or bare):
                self._learn_word(word, pool, is_weak=pool == "firm" and n > 0)
        return "".join(words), "".join(_WORD.findall(self.text(name, is_name=True)))

    @staticmethod
    def _can_be_name(word: str) -> bool:
        return len(word) > 1 or bool(_UNSPACED.match(word))

    def _stays_in(self, word: str, pool: str) -> bool:
        """Whether a word of a name belongs to no name in particular."""
        if _UNSPACED.match(word):
            return False
        formal = word.casefold() in self._stays.words
        return len(word) == 1 or formal or (pool == "firm" and self._is_ordinary(word))

    def _is_ordinary(self, word: str) -> bool:
        return word.casefold() in ORDINARY or word.casefold() in self._stays.words

    def _learn_word(self, word: str, pool: str, *, is_weak: bool) -> None:
        keys = spellings(word)
        known = next((self._words[key] for key in sorted(keys) if key in self._words), None)
        new = known or self._made.word(pool, min(keys))
        for key in keys:
            if is_weak or key in WEAK or self._is_ordinary(key) or len(word) == 1:
                self._weak |= {key} - {*self._words}
            else:
                self._weak.discard(key)
            self._words.setdefault(key, new)
        for form in encoded(word):
            self._phrases.setdefault(re.escape(form), new)
        self._keep_unspaced(word)

    def _keep_unspaced(self, word: str) -> None:
        """Where no space tells words apart, a name is looked for as it is written."""
        if len(word) > 1 and _UNSPACED.search(word):
            self._unspaced.add(word)

    def _learn_phrase(self, text: str, new: str) -> None:
        """What is replaced only as a whole."""
        if pattern := self._pattern(text):
            self._phrases.setdefault(pattern, new)

    @staticmethod
    def _pattern(text: str) -> str:
        words = _WORD.findall(unicodedata.normalize("NFC", text))
        between = r"[\W_]+".join(map(re.escape, words))
        return rf"\b{between}\b" if words else ""

    def _phrase(self, text: str) -> str:
        known = (
            new for one, new in self._phrases.items() if re.fullmatch(one, text, re.IGNORECASE)
        )
        return written_like(next(known, text), text)

    def _join_words(self, name: str) -> None:
        """Likewise, of a name that is learned already."""
        new = "".join(_WORD.findall(self.text(name, is_name=True)))
        self._join("".join(_WORD.findall(unicodedata.normalize("NFC", name))), new)

    def _join(self, one: str, new: str) -> None:
        """How an address, or somebody in a hurry, writes several words."""
        for key in spellings(one):
            if new and len(key) > 1 and key not in WEAK and not self._is_ordinary(key):
                self._words.setdefault(key, new)
        self._keep_unspaced(one)

    def _word(self, word: str, *, is_name: bool) -> str:
        for key in sorted(spellings(word)):
            if key in self._words:
                if key in self._weak and not (is_name or word[0].isupper()):
                    return word
                return written_like(self._words[key], word)
        if any(map(str.isdigit, word)) and not word.isdigit():
            return _LETTERS.sub(lambda part: self._word(part[0], is_name=is_name), word)
        return word

    def _other_digits(self, part: re.Match[str]) -> str:
        return self._made.digits(part[0]) if part[0].isdigit() else part[0]

    def _id_in_text(self, text: str) -> str:
        """A known one; or one that looks like none but an id."""
        looks = text[0] == "0" and sum(map(str.isdigit, text)) > 3 and not text.isdigit()  # noqa: PLR2004
        return self.id(text) or (self._made.id(text) if looks else text)

    def _host_in_text(self, text: str) -> str:
        """A known one; or one whose end isn't a word that follows a missing space."""
        host = text.partition("/")[0].casefold()
        known = host.removeprefix("www.") in self._hosts
        return self.link(text) if known or _TOP.fullmatch(host.rpartition(".")[2]) else text


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns) or "(?!)", re.IGNORECASE)


def _replaced(part: tuple[str, bool], finds: _Found, by: _By) -> Iterator[tuple[str, bool]]:
    """A part of a text in parts, of which those are done with that were found and replaced."""
    text, is_open = part
    end = 0
    for one in finds(text) if is_open else ():
        new = by(one[0])
        if new != one[0]:
            yield text[end : one.start()], True
            yield new, False
            end = one.end()
    yield text[end:], is_open
