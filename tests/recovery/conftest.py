"""Sites to pause: as those that jobs run on."""

from tests.jobs.conftest import open_site, rules

__all__ = ["open_site", "rules"]
