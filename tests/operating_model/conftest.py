"""The page that the project ships, as it was written."""

from pathlib import Path

import pytest

SHIPPED = Path(__file__).parents[2] / "operating_model.yaml"


@pytest.fixture(scope="session")
def shipped() -> str:
    return SHIPPED.read_text(encoding="utf-8")
