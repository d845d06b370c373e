"""Settings: where they come from, what is missing of them, and that no secret shows."""

from pathlib import Path

import pytest

from triage_agent.errors import WrongUsage
from triage_agent.settings import Settings, secret

BASE = {
    "SALESFORCE_INSTANCE_URL": "https://acme.my.salesforce.com",
    "SLACK_BOT_TOKEN": "xoxb-hush",
    "OPENAI_API_KEY": "sk-hush",
}
WAYS_IN = [
    ("SALESFORCE_ACCESS_TOKEN",),
    ("SALESFORCE_CLIENT_ID", "SALESFORCE_USERNAME", "SALESFORCE_PRIVATE_KEY_FILE"),
    ("SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET"),
    ("SALESFORCE_USERNAME", "SALESFORCE_PASSWORD", "SALESFORCE_SECURITY_TOKEN"),
]


def _set(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("way", WAYS_IN, ids=lambda way: way[-1])
def test_each_way_in_is_enough(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    way: tuple[str, ...],
) -> None:
    """One complete way to log in to Salesforce, with the rest, lets a real run begin."""
    _set(monkeypatch, **BASE, **dict.fromkeys(way, "hush"))
    settings = Settings.of(tmp_path)
    settings.require_real()

    assert way == settings.way_in()


@pytest.mark.parametrize(
    ("way", "left_out"),
    [(way, name) for way in WAYS_IN for name in way if len(way) > 1],
)
def test_a_way_in_that_is_not_complete(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    way: tuple[str, ...],
    left_out: str,
) -> None:
    """A way that lacks a part is no way in, and what is named would complete one."""
    given = [name for name in way if name != left_out]
    _set(monkeypatch, **BASE, **dict.fromkeys(given, "hush"))
    settings = Settings.of(tmp_path)
    with pytest.raises(WrongUsage, match="missing: ") as wrong:
        settings.require_real()
    named = str(wrong.value).partition("missing: ")[2].partition(";")[0].split(", ")

    assert () == settings.way_in()
    assert {*given, *named} in [set(one) | set(given) for one in WAYS_IN]
    assert "hush" not in str(wrong.value)


def test_the_environment_wins_over_the_file(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """`.env` speaks where the environment is silent; an empty value says nothing."""
    (tmp_path / ".env").write_text("SLACK_BOT_TOKEN=of-the-file\nOPENAI_API_KEY=of-the-file\n")
    _set(monkeypatch, SLACK_BOT_TOKEN="of-the-environment", OPENAI_BASE_URL="")
    settings = Settings.of(tmp_path)

    assert "of-the-environment" == secret(settings.slack_bot_token)
    assert "of-the-file" == secret(settings.openai_api_key)
    assert settings.openai_base_url is None


def test_unknown_settings_are_ignored(tmp_path: Path) -> None:
    """What else stands in `.env` is none of our business."""
    (tmp_path / ".env").write_text("DATABASE_PASSWORD=hush\n")

    assert "hush" not in repr(Settings.of(tmp_path))


def test_no_secret_shows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a settings' text nor its dump as JSON holds a secret."""
    secrets = [
        "OPENAI_API_KEY",
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "SLACK_SIGNING_SECRET",
        "SALESFORCE_CLIENT_SECRET",
        "SALESFORCE_PASSWORD",
        "SALESFORCE_SECURITY_TOKEN",
        "SALESFORCE_ACCESS_TOKEN",
    ]
    _set(monkeypatch, **dict.fromkeys(secrets, "hush"))
    settings = Settings.of(tmp_path)

    assert "hush" == secret(settings.salesforce_password)
    assert "hush" not in repr(settings) + str(settings) + settings.model_dump_json()


@pytest.mark.parametrize(
    ("settings", "has_model"),
    [
        ({}, False),
        ({"OPENAI_API_KEY": "sk"}, True),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:8080/v1"}, True),
    ],
)
def test_a_model_is_named_by_key_or_address(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    settings: dict[str, str],
    *,
    has_model: bool,
) -> None:
    """A local server needs no key, and a key alone means the vendor's address."""
    _set(monkeypatch, **settings)

    assert has_model == Settings.of(tmp_path).has_model


@pytest.mark.parametrize(
    "address",
    [
        "https://acme.my.salesforce.com",
        "http://127.0.0.1:8787",
        "http://localhost:8787",
        "http://[::1]:8787",
    ],
)
def test_good_addresses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str) -> None:
    """Any https address will do, and http on this machine."""
    _set(monkeypatch, SALESFORCE_INSTANCE_URL=address)

    assert address == Settings.of(tmp_path).salesforce_instance_url


@pytest.mark.parametrize(
    "address",
    [
        "acme.my.salesforce.com",
        "http://acme.my.salesforce.com",
        "http://127.0.0.1.evil.example",
        "http://localhost@evil.example",
        "ftp://127.0.0.1",
        "https://",
        "/services",
    ],
)
def test_bad_addresses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str) -> None:
    """Whatever would travel in the clear, or isn't an address, is refused by its name."""
    _set(monkeypatch, SALESFORCE_INSTANCE_URL=address)

    with pytest.raises(WrongUsage, match="SALESFORCE_INSTANCE_URL"):
        Settings.of(tmp_path)
