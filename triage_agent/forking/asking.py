"""The questions, asked one after the other: what is answered, as a file of answers would have it.

The shapes of the answers say what is asked. Where nothing is typed, an answer stays open, or what
is supposed holds.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from textwrap import fill, indent
from typing import Annotated, Any, TypeGuard, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from triage_agent.forking import material, typed
from triage_agent.forking.answers import OPEN, Answers, Part, Words
from triage_agent.forking.given import what
from triage_agent.operating_model.kinds import Name

Raw = dict[str, Any]
Place = tuple[str, ...]
"""A section and the way to one of its answers."""

_WIDTH = 79
_NO_MORE = "Enter: no more"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ONE = FieldInfo.from_annotation(Words)
_ONE_NAMED = FieldInfo.from_annotation(dict[Name, Words])


@dataclass(frozen=True)
class Interview:
    """`say` shows a text; `ask` a question, with what holds where nothing is typed."""

    say: Callable[[str], None]
    ask: Callable[[str, str], str]

    def everything(self) -> Raw:
        """Each section's answers."""
        raw: Raw = {}
        for number, (name, info) in enumerate(Answers.model_fields.items(), 1):
            self.say(f"\n{number}. {material.question(name)}")
            self.say(indent(fill(material.meaning(name), _WIDTH - 3), "   "))
            of = raw.get("workflow", {}).get("object")
            raw[name] = self._section(name, _part_of(info), of)
        return raw

    def _section(self, name: str, part: type[Part], of: str | None) -> Raw:
        """First what has to be answered, then all that is supposed at once."""
        fields, answers = part.model_fields, Raw()
        told = {field: value for field, value in material.supposed(name, of).items() if value != {}}
        for field, info in fields.items():
            if field not in told and info.is_required():
                answers[field] = self._field((name, field), info)
        if told and not self._kept(name, told):
            for field, value in told.items():
                answers[field] = self._field((name, field), fields[field], typed.shown(value))
        return {field: value for field, value in answers.items() if value}

    def _kept(self, name: str, told: Mapping[str, Any]) -> bool:
        self.say("   Unless you say otherwise:")
        for field, value in told.items():
            line = f"{material.wording(name, field)}: {typed.shown(value) or 'none'}"
            self.say(fill(line, _WIDTH, initial_indent="   - ", subsequent_indent="     "))
        return self.ask("Keep that? yes or no", "yes").lower() not in ("no", "n")

    def _field(self, place: Place, info: FieldInfo, supposed: str = "") -> object:
        kind = info.annotation
        inner = get_args(kind)[-1] if get_origin(kind) in (dict, list) else None
        if _is_part(kind):
            return self._part(place, kind)
        if _is_part(inner):
            some = list(self._parts(place, inner, named=get_origin(kind) is dict))
            return dict(some) if get_origin(kind) is dict else [one for _, one in some]
        if inner == Words:
            return self._lines(place, info)
        return self._line(material.wording(*place), info, supposed)

    def _parts(self, place: Place, part: type[Part], *, named: bool) -> Iterator[tuple[str, Raw]]:
        """Until nothing is typed for a name."""
        words = material.wording(*place) if named else material.wording(*place, "", "name")
        words = f"{words} ({_NO_MORE})"
        while name := self._name(words) if named else self._line(words, part.model_fields["name"]):
            known = {} if named else {"name": name}
            yield str(name), self._part((*place, str(name)), part, **known)

    def _name(self, words: str) -> str | None:
        """As it stands on the page, of words as people type them."""
        while text := self.ask(words, ""):
            name = "_".join(re.findall(r"[a-z0-9]+", text.lower()))
            if _NAME.fullmatch(name):
                return name
            self.say("   begin it with a letter from a to z")
        return None

    def _part(self, place: Place, part: type[Part], **known: object) -> Raw:
        """The last of it is asked again as long as that doesn't fit the others."""
        while True:
            answers = {**known, **dict(self._answers(place, part, known))}
            try:
                part.model_validate({**dict.fromkeys(part.model_fields), **answers}, context=OPEN)
            except ValidationError as exc:
                self._complain(exc)
                known = dict(list(answers.items())[:-1])
            else:
                return answers

    def _answers(self, place: Place, part: type[Part], known: Raw) -> Iterator[tuple[str, object]]:
        drafted = False
        for field, info in part.model_fields.items():
            if field in known or (field == "task" and drafted):  # a draft is kept with its task
                continue
            supposed = "" if info.is_required() else str(info.default)
            answer = self._field((*place, field), info, supposed)
            drafted = drafted or (field == "reply" and answer == "yes")
            if answer is not None:
                yield field, answer

    def _lines(self, place: Place, info: FieldInfo) -> object:
        """One on each line; those with a name of their own as name=words."""
        words, kind = f"{material.wording(*place)} ({_NO_MORE})", info.annotation
        one = _ONE_NAMED if get_origin(kind) is dict else _ONE
        some = list(iter(lambda: self._line(words, one), None))
        return some if one is _ONE else {k: v for each in some for k, v in each.items()}

    def _line(self, words: str, info: FieldInfo, supposed: str = "") -> Any:  # noqa: ANN401 - what is asked for
        """Asked again until it can be what it is for; None where nothing is typed."""
        while text := self.ask(words, supposed).strip():
            try:
                kind: Any = Annotated[info.annotation, info]
                answer = typed.read(info.annotation, text)
                return TypeAdapter(kind).validate_python(answer, strict=True)
            except ValidationError as exc:
                self._complain(exc)
            except ValueError as exc:
                self.say(f"   {exc}")
        return None

    def _complain(self, exc: ValidationError) -> None:
        for error in exc.errors(include_url=False):
            self.say(f"   {what(error)}")


def _part_of(info: FieldInfo) -> type[Part]:
    assert _is_part(info.annotation), "every section is one"
    return info.annotation


def _is_part(kind: object) -> TypeGuard[type[Part]]:
    return isinstance(kind, type) and issubclass(kind, Part)
