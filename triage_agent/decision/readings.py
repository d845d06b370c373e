"""How else a text can be read: without its markup, without what it only quotes, and decoded.

Each reading is given to search in, beside the text as it was written.
"""

import base64
import codecs
import html
import re
from collections.abc import Callable, Iterator
from itertools import islice

_COMMENT_MARK = re.compile(r"<!--|-->")
_LINE_TAG = re.compile(r"(?i)</?(?:br|p|div|li|ul|ol|tr|td|th|table|h[1-6]|hr)\b[^<>]{0,500}>")
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9:-]{0,20}(?:\s[^<>]{0,500})?/?>")

_QUOTED_LINE = re.compile(r"(?m)^[ \t]{0,3}>.*$")
_OTHERS_MAIL = re.compile(
    r"(?im)\b(?=(?:on|am|le|el|il|op|em)\b.{0,150}(?:\d[:.h]\d\d|<[^<>\s]{3,80}@))"
    r"(?:on .{5,200}wrote|am .{5,200}schrieb.{0,80}|le .{5,200}a écrit|el .{5,200}escribió"
    r"|il .{5,200}ha scritto|op .{5,200}schreef.{0,80}|em .{5,200}escreveu) ?:"
    r"|(?<!-)-{2,12} ?"
    r"(?:original message|urspr.ngliche nachricht|message d.origine|mensaje original"
    r"|messaggio originale|oorspronkelijk bericht|mensagem original) ?--"
    r"|^[ \t*]*(?:from|von|de|da|van|差出人) ?:.{1,200}\n"
    r"[ \t*]*(?:sent|date|gesendet|datum|envoyé|enviado|fecha|inviato|data|verzonden|送信日時) ?:"
)
_SIGNATURE = re.compile(r"(?m)^-- ?$(?=(?:\n.{0,100}){1,12}\s*\Z)")
_DISCLAIMER = re.compile(
    r"(?i)(?:confidentiality notice|(?:this|the information (?:in|contained in) this)"
    r" (?:e-?mail|message|communication)\b.{0,80}\b(?:may contain|contains|confidential and"
    r"|intended (?:solely|only|for the))"
    r"|diese (?:e-?mail|nachricht) (?:enthält|kann|ist) .{0,60}vertraulich"
    r"|ce (?:message|courriel|mail)\b.{0,80}\b(?:est confidentiel|confidentielles?|destinataires?)"
    r"|este (?:mensaje|correo)\b.{0,80}\bconfidencial|questo messaggio\b.{0,80}\briservat"
    r"|dit (?:bericht|e-?mailbericht)\b.{0,60}\bvertrouwelijk"
    r"|esta mensagem\b.{0,80}\bconfidencia)(?:.|\n(?!\s*\n))*"
)
_REFERS_TO_IT = re.compile(
    r"(?i)\b(?:below|forward(?:ed|ing)?|fwd?|unten|weitergeleitet\w{0,2}|ci-dessous|plus bas"
    r"|abajo|reenvi\w{1,3}|sotto|hieronder|abaixo)\b|下記|転送"
)
_FEWEST_WORDS = 3
_WORDS_OF_A_REQUEST = 12

_MOST_RUNS = 20
_WORD = re.compile(r"[^\W\d_]{2,}")
_Decode = Callable[[str], str]


def without_markup(text: str) -> str:
    """What a browser would show of a text, and what stands in its comments."""
    if "<" not in text and "&" not in text:
        return text
    text = _LINE_TAG.sub("\n", _COMMENT_MARK.sub(" ", text))
    return html.unescape(_TAG.sub("", text))


def asked(text: str) -> str:
    """What the sender says: not the mail that they answer to, nor their signature or disclaimer.

    Where hardly a word is left without these, or what is left points to them, they count.
    """
    whole = without_markup(text)
    own = _before_others_mail(whole)
    own = _QUOTED_LINE.sub("", own)
    own = _DISCLAIMER.sub("", _SIGNATURE.split(own)[0])
    fewest = _WORDS_OF_A_REQUEST if _REFERS_TO_IT.search(own) else _FEWEST_WORDS
    return own if len(own.split()) >= fewest else whole


def _before_others_mail(text: str) -> str:
    """Up to the mail that is answered; all, where its lines are marked one by one."""
    found = _OTHERS_MAIL.search(text)
    if not found:
        return text
    rest = text[found.end() :]
    return text[: found.start()] + (rest if rest.lstrip().startswith(">") else "")


def decoded(text: str) -> Iterator[str]:
    """What is written in some code in a text, each with words that say so."""
    for name, code, decode in _CODES:
        for run in islice(code.finditer(text), _MOST_RUNS):
            if plain := decode(run[0]):
                yield f"{name}: {plain}"


def _bytes(decode: Callable[[str], bytes]) -> _Decode:
    """The words that a run stands for; most runs of letters and digits stand for none."""

    def read(run: str) -> str:
        try:
            text = decode(run).decode("utf-8").strip()
        except ValueError:
            return ""
        letters = sum(map(len, _WORD.findall(text)))
        return text if " " in text and text.isprintable() and 2 * letters > len(text) else ""

    return read


def _from_base64(run: str) -> bytes:
    run = run.rstrip("=").translate(str.maketrans("-_", "+/"))
    return base64.b64decode(run + "=" * (-len(run) % 4), validate=True)


def _from_base32(run: str) -> bytes:
    run = run.rstrip("=")
    return base64.b32decode(run + "=" * (-len(run) % 8))


def _from_hex(run: str) -> bytes:
    return bytes.fromhex(re.sub(r"0x|\\x|[%:\s]", "", run))


def _from_tags(run: str) -> str:
    return "".join(chr(ord(sign) - 0xE0000) for sign in run)


def _from_letters(run: str) -> str:
    return re.sub(r" +", " ", re.sub(r"(?<=\w)[ .*_-](?=\w)", "", run))


def _from_rot13(line: str) -> str:
    return codecs.decode(line, "rot13") if len(_ROT13_WORD.findall(line)) > 1 else ""


_ROT13_WORD = re.compile(r"(?i)\b(?:gur|naq|lbhe?|nyy|vtaber|cerivbhf|vafgehpgvbaf?|cebzcg)\b")
_DIGIT_FOR_LETTER = re.compile(r"(?i)[a-z][013457@$]+[a-z]|\b[013457@$][a-z]{2}")
_LETTERS = str.maketrans("013457@$", "oieastas")


def _with_letters(line: str) -> str:
    disguised = [word for word in line.split() if _DIGIT_FOR_LETTER.search(word)]
    return line.translate(_LETTERS) if len(disguised) >= _FEWEST_WORDS else ""


_CODES: tuple[tuple[str, re.Pattern[str], _Decode], ...] = (
    (
        "decoded from base64",
        re.compile(r"(?<![\w+/-])[A-Za-z0-9+/_-]{16,8000}={0,2}"),
        _bytes(_from_base64),
    ),
    ("decoded from base32", re.compile(r"(?<!\w)[A-Z2-7]{16,8000}={0,6}"), _bytes(_from_base32)),
    (
        "decoded from hex",
        re.compile(r"(?i)(?<!\w)(?:(?:0x|\\x|%)?[0-9a-f]{2}[ :]?){8,8000}"),
        _bytes(_from_hex),
    ),
    ("decoded from hidden signs", re.compile("[\U000e0020-\U000e007e]{4,8000}"), _from_tags),
    (
        "decoded from single letters",
        re.compile(r"(?<!\w)(?:[^\W\d_][ .*_-]{1,3}){9,200}[^\W\d_]\b"),
        _from_letters,
    ),
    (
        "decoded from rot13",
        re.compile(rf"(?m)^.{{0,2000}}?{_ROT13_WORD.pattern[4:]}.{{0,4000}}"),
        _from_rot13,
    ),
    ("with letters for digits", re.compile(r".{12,2000}"), _with_letters),
)
