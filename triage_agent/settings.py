"""Settings from the environment or the project's `.env`, checked before anything is done."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from triage_agent.errors import WrongUsage

SLACK_API = "https://slack.com/api/"
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_WAYS_IN = (
    ("SALESFORCE_ACCESS_TOKEN",),
    ("SALESFORCE_CLIENT_ID", "SALESFORCE_USERNAME", "SALESFORCE_PRIVATE_KEY_FILE"),
    ("SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET"),
    ("SALESFORCE_USERNAME", "SALESFORCE_PASSWORD", "SALESFORCE_SECURITY_TOKEN"),
)


class Settings(BaseSettings):
    """Everything that the environment may say. Secrets show nowhere, also not in tracebacks."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None  # opens the connection over which people are heard
    slack_signing_secret: SecretStr | None = None  # tells Slack's own requests from others
    slack_api_url: str | None = None
    salesforce_instance_url: str | None = None
    salesforce_client_id: str | None = None
    salesforce_client_secret: SecretStr | None = None
    salesforce_username: str | None = None
    salesforce_password: SecretStr | None = None
    salesforce_security_token: SecretStr | None = None
    salesforce_private_key_file: Path | None = None
    salesforce_access_token: SecretStr | None = None
    triage_ledger_url: SecretStr | None = None  # a URL may hold a password
    triage_paused: str | None = None  # why; while it says anything, nothing is written

    @classmethod
    def of(cls, project: Path) -> "Settings":
        """The environment's settings, and the project's `.env` where the environment is silent."""
        settings = cls(_env_file=project / ".env")
        for name in ("openai_base_url", "slack_api_url", "salesforce_instance_url"):
            _checked_address(name.upper(), getattr(settings, name))
        return settings

    def has(self, name: str) -> bool:
        """Whether a setting, by its name in the environment, says anything."""
        return getattr(self, name.lower()) is not None

    @property
    def has_model(self) -> bool:
        """Whether a real model is named; otherwise a sandbox answers with its baseline."""
        return self.has("OPENAI_API_KEY") or self.has("OPENAI_BASE_URL")

    def require_real(self) -> None:
        """Refuses to work on real systems with none or only some of their credentials."""
        if not (missing := self._missing()):
            return
        given = any(
            self.has(name)
            for name in (
                "SLACK_BOT_TOKEN",
                "SALESFORCE_INSTANCE_URL",
                *{n for w in _WAYS_IN for n in w},
            )
        )
        if given:
            raise WrongUsage(
                f"some credentials are missing: {', '.join(missing)}; "
                "set them in the environment or in .env (see .env.example)",
            )
        raise WrongUsage(
            "there are no credentials: set those of Salesforce, Slack and the model in the "
            "environment or in .env (see .env.example), or work on the sandbox with --sandbox",
        )

    def way_in(self) -> tuple[str, ...]:
        """The settings of the first complete way to log in to Salesforce; empty without one."""
        complete = (way for way in _WAYS_IN if all(self.has(name) for name in way))
        return next(complete, ())

    def _missing(self) -> list[str]:
        needed = ["SALESFORCE_INSTANCE_URL", "SLACK_BOT_TOKEN"]
        missing = [name for name in needed if not self.has(name)]
        if not self.has_model:
            missing.append("OPENAI_API_KEY")
        if not self.way_in():
            missing += self._closest_way()
        return missing

    def _closest_way(self) -> list[str]:
        """What is missing of the way in that has been begun."""
        lacking = [[name for name in way if not self.has(name)] for way in _WAYS_IN]
        begun = [
            names for names, way in zip(lacking, _WAYS_IN, strict=True) if len(names) < len(way)
        ]
        return min(begun or lacking, key=len)


def secret(value: SecretStr | str | Path | None) -> str | None:
    """A setting's text, for the client that needs it."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value) if value is not None else None


def _checked_address(name: str, address: str | None) -> None:
    if address is None:
        return
    parts = urlsplit(address)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not secure or not parts.hostname:
        raise WrongUsage(f"{name}: {address!r} is no https address (http only to loopback)")
