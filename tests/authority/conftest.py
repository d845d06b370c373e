"""The shipped page, and an item as it is read under it."""

from pathlib import Path

import pytest

from triage_agent.decision.item import Item, Record, identity
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.loading import OperatingModel, load


@pytest.fixture(scope="session")
def shipped() -> str:
    """The text of the page."""
    return (Path(__file__).parents[2] / "operating_model.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def model(shipped: str) -> OperatingModel:
    return load(shipped)


@pytest.fixture(scope="session")
def item(model: OperatingModel) -> Item:
    """A plain lead that an active account executive owns, who is of no team."""
    read = model.page.item_read.fields
    fields: dict[str, Scalar] = {
        **dict.fromkeys(read),
        "Company": "Northwind",
        "OwnerId": "005000000000005AAA",
    }
    lead = Record(object="Lead", id="00Q000000000001AAA", fields=fields)
    owner = Record(object="User", id="005000000000005AAA", fields={"IsActive": True})
    return Item(identity("live", lead, model.page), "live", lead, model.page, (owner,))
