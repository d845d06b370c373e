"""A new project's first cases, one file a stratum, and the records that its sandbox begins with."""

from collections.abc import Iterator, Mapping
from itertools import count
from textwrap import shorten
from typing import Any

from triage_agent.evaluation.case_text import as_yaml
from triage_agent.evaluation.cases import Case, Expected, Placed
from triage_agent.evaluation.worlds import content
from triage_agent.forking import material
from triage_agent.forking.answers import Answers
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Page

_SUBJECT = 80
"""Characters of what stands in the fields before the request's last."""

STRATA = ("normal", "messy", "incomplete", "bad_data", "policy", "must_escalate", "hostile")


def placed(answers: Answers, page: Page) -> list[Placed]:
    """The cases, by the page that they are about."""
    return [*_Writer(answers, page).cases()]


def files(cases: list[Placed]) -> dict[str, str]:
    """Each stratum's file by its name."""
    return {
        f"{stratum}.yaml": "\n".join(as_yaml(one.case) for one in cases if one.stratum == stratum)
        for stratum in STRATA
    }


def samples(cases: list[Placed], page: Page) -> str:
    """The same requests as records, JSON lines."""
    return content(cases, page)


class _Writer:
    """Each case has a sender of its own, by whom no other's records are found."""

    def __init__(self, answers: Answers, page: Page) -> None:
        self._answers, self._page = answers, page
        self._data: Mapping[str, Any] = material.data("first_cases.yaml")
        self._numbers = count()

    def cases(self) -> Iterator[Placed]:
        kinds = self._answers.workflow.categories
        for name, kind in kinds.items():
            yield self._goes_on("normal", f"a plain {_words(name)}", name, kind.example)
        first, kind = next(iter(kinds.items()))
        messy = self._data["messy"].format(kind.example)
        yield self._goes_on("messy", f"a {_words(first)}, typed in a hurry", first, messy)
        yield self._nobody_to_answer(kind.example)
        yield self._another_name(kind.example)
        for name, known in self._answers.stop_rules.policies.items():
            yield self._stops("policy", f"against {_words(name)}", "outside_policy", known.example)
        yield from self._topics()
        for name, text in self._data["hostile"].items():
            yield self._stops("hostile", name, "restricted_topic", text.format(kind.example))

    def _topics(self) -> Iterator[Placed]:
        own = {name: known.example for name, known in self._answers.stop_rules.topics.items()}
        texts = {**self._data["topics"], **own}
        for name in self._page.stops_when.restricted_topic.topics:
            if name in texts:
                yield self._stops(
                    "must_escalate", f"about {_words(name)}", "restricted_topic", texts[name]
                )

    def _goes_on(self, stratum: str, name: str, category: str, text: str) -> Placed:
        fields, _ = self._request(text)
        return _place(stratum, name, fields, Expected(category=category, escalates="no"))

    def _stops(self, stratum: str, name: str, rule: str, text: str) -> Placed:
        fields, last = self._request(text)
        expected = Expected(escalates="yes", by=(rule,), hand_over=(last,))
        return _place(stratum, name, fields, expected)

    def _nobody_to_answer(self, text: str) -> Placed:
        fields, last = self._request(text)
        del fields[self._answers.reads.sender_email]
        expected = Expected(escalates="yes", by=("missing_data",), hand_over=(last,))
        return _place("incomplete", "nobody to answer", fields, expected)

    def _another_name(self, text: str) -> Placed:
        fields, last = self._request(text)
        of, name = self._data["on_record"]["object"], self._data["on_record"]["name"]
        known = {"Name": name, "Email": fields[self._answers.reads.sender_email]}
        expected = Expected(
            escalates="yes",
            by=("conflicting_information",),
            sees={of: 1},
            hand_over=(last, name),
        )
        called = "the records know them by another name"
        return _place("bad_data", called, fields, expected, **{of: (known,)})

    def _request(self, text: str) -> tuple[dict[str, Scalar], str]:
        """The item's fields, from a new sender, and that one's last name."""
        number, senders = next(self._numbers), self._data["senders"]
        first, last = senders[number % len(senders)].split()
        last += "" if number < len(senders) else chr(ord("a") + number // len(senders))
        reads = self._answers.reads
        names = [f"{first} {last}"] if len(reads.sender_name) == 1 else [first, last]
        fields: dict[str, Scalar] = dict(zip(reads.sender_name, names, strict=False))
        fields[reads.sender_email] = self._data["mails"].format(first, last, last).lower()
        if reads.sender_organisation:
            fields[reads.sender_organisation] = self._data["organisation"].format(last)
        fields |= {name: ways[0] for name, ways in reads.came_by.items()}
        fields |= dict.fromkeys(reads.request_text, shorten(text, _SUBJECT, placeholder=""))
        return {**fields, reads.request_text[-1]: text}, last


def _place(
    stratum: str,
    name: str,
    fields: dict[str, Scalar],
    expect: Expected,
    **around: tuple[dict[str, Scalar], ...],
) -> Placed:
    return Placed(
        stratum=stratum, case=Case(name=name, fields=fields, around=around, expect=expect)
    )


def _words(name: str) -> str:
    return name.replace("_", " ")
