"""A ledger on both databases, the shipped page, and a clock."""

from tests.ledger.conftest import database, kind, ledger
from tests.recovery.conftest import open_site, rules

__all__ = ["database", "kind", "ledger", "open_site", "rules"]
