"""How a reminder looks: one message however much waits, and no stranger's word is markup."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_agent.connectors.slack_reminders import LISTED, reminder
from triage_agent.decision.waiting import Waiting

ONE = Waiting("Northwind - Okafor", "yours since Tue 24 Nov, 10:00", "00Q1")
URL = "https://org.example/"


@pytest.mark.parametrize(("number", "others"), [(1, 0), (LISTED, 0), (LISTED + 1, 1), (5000, 4990)])
def test_the_first_are_listed_and_the_others_counted(number: int, others: int) -> None:
    """Ten with their links, and how many more there are."""
    title, blocks = reminder([ONE] * number, URL)

    listed = blocks[1]["elements"][0]["elements"]
    more = [part["elements"][0]["text"] for part in blocks[1]["elements"][1:]]
    assert min(number, LISTED) == len(listed)
    assert ([f"And {others:,} more."] if others else []) == more
    assert ("A request waits" if number == 1 else f"{number:,} requests wait") in title


def test_what_a_line_says() -> None:
    """What it is about, since when it waits and what follows, and where the record is."""
    headline, words, link = reminder([ONE], URL)[1][1]["elements"][0]["elements"][0]["elements"]

    assert ("text", "Northwind - Okafor") == (headline["type"], headline["text"])
    assert ("text", ": yours since Tue 24 Nov, 10:00. ") == (words["type"], words["text"])
    assert ("link", "https://org.example/00Q1") == (link["type"], link["url"])


@given(st.text())
def test_what_a_stranger_wrote_is_text(written: str) -> None:
    """Whatever a headline holds, it is one element of text, never empty, and in no fallback."""
    title, blocks = reminder([Waiting(f"<!channel>{written}", "w", "1"), ONE], URL)
    (first, *_), *_ = (line["elements"] for line in blocks[1]["elements"][0]["elements"])

    assert {"type", "text", "style"} == {*first}
    assert first["text"]
    assert len(first["text"]) <= 300
    assert "2 requests wait for a person" == title
