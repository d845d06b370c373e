import pytest

from triage_agent.sandbox.salesforce import ids


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("005000000000001", "005000000000001AAA"),
        ("00Q000000000001", "00Q000000000001EAA"),
        ("0018000000abcDE", "0018000000abcDEAAY"),
    ],
)
def test_fifteen_characters_become_eighteen(short: str, whole: str) -> None:
    """The suffix of an id says which of its letters are upper case."""
    found = ids.canonical(short)

    assert whole == found


@pytest.mark.parametrize("text", ["", "acc-1", "00Q00000000000", "00Q0000000000011"])
def test_other_texts_are_no_ids(text: str) -> None:
    """What has neither fifteen nor eighteen letters and digits is no id."""
    found = ids.canonical(text)

    assert found is None


def test_minted_ids_are_all_different() -> None:
    """Each number gives another id with the object's prefix and the org's own part."""
    minted = {ids.mint("00Q", "Ab1", number) for number in range(1, 5000)}

    assert 4999 == len(minted)
    assert all(identifier.startswith("00QAb1") for identifier in minted)
    assert all(identifier == ids.canonical(identifier) for identifier in minted)
