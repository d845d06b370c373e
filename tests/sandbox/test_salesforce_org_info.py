"""What a caller learns about versions, limits and itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client


def test_versions_are_listed_to_everybody(url: str) -> None:
    """Without a login the versions are named, oldest first, each with its season."""
    listed = requests.get(f"{url}/services/data/", timeout=5).json()

    assert {"label": "Winter '21", "url": "/services/data/v50.0", "version": "50.0"} == listed[0]
    assert {"label": "Summer '25", "url": "/services/data/v64.0", "version": "64.0"} == listed[14]
    assert ("Winter '27", "68.0") == (listed[-1]["label"], listed[-1]["version"])


def test_limits_say_how_many_calls_are_left(salesforce: Client) -> None:
    """Each call leaves one less of the day's requests."""
    first, second = (salesforce.limits()["DailyApiRequests"] for _ in "12")

    assert 100_000 == first["Max"]
    assert first["Remaining"] - 1 == second["Remaining"]


def test_userinfo_names_the_running_user(url: str, salesforce: Client) -> None:
    """A token's owner learns its own id and the org's."""
    answer = requests.get(
        f"{url}/services/oauth2/userinfo", headers={"Authorization": "Bearer sandbox"}, timeout=5
    ).json()
    (organization,) = salesforce.query("SELECT Id FROM Organization")["records"]

    assert ("005000000000009AAA", organization["Id"]) == (
        answer["user_id"],
        answer["organization_id"],
    )
    assert ("Triage Agent", True) == (answer["name"], answer["active"])


@pytest.mark.parametrize(
    ("token", "expected"), [("other", "Bad_OAuth_Token"), ("", "Missing_OAuth_Token")]
)
def test_userinfo_is_for_the_logged_in(url: str, token: str, expected: str) -> None:
    """Without a good token the answer is 403 and says what is wrong with it."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = requests.get(f"{url}/services/oauth2/userinfo", headers=headers, timeout=5)

    assert (403, expected) == (answer.status_code, answer.text)
