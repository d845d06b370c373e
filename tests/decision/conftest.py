"""The shipped page, patterns and prompts, and items as they are read under them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from triage_agent.decision.assessment import Assessment
from triage_agent.decision.item import Item, Mode, Record, identity
from triage_agent.decision.patterns import PatternFile
from triage_agent.decision.prompts import Prompt, parse_prompt
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.loading import load
from triage_agent.operating_model.schema import Page

ROOT = Path(__file__).parents[2]
LEAD: dict[str, Scalar] = {
    "FirstName": "Ada",
    "LastName": "Okafor",
    "Email": "ada@northwind.example",
    "Phone": "+1 555 0100",
    "Company": "Northwind Heating",
    "Title": "Head of Service",
    "Industry": "Construction",
    "Country": "Canada",
    "Website": None,
    "LeadSource": "Web",
    "Description": "We dispatch 40 technicians and look for scheduling software.",
    "OwnerId": "005000000000002AAA",
    "CreatedDate": "2026-11-23T09:00:00.000+0000",
    "HasOptedOutOfEmail": False,
}

Make = Callable[..., Item]
Form = Callable[..., Assessment]
Edited = Callable[[str, str], Page]


@pytest.fixture(scope="session")
def shipped() -> str:
    return (ROOT / "operating_model.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def page(shipped: str) -> Page:
    return load(shipped).page


@pytest.fixture(scope="session")
def edited(shipped: str) -> Edited:
    """The shipped page with one of its texts replaced: `edited(old, new)`."""

    def page_with(old: str, new: str) -> Page:
        assert 1 == shipped.count(old), old
        return load(shipped.replace(old, new)).page

    return page_with


@pytest.fixture(scope="session")
def patterns() -> PatternFile:
    text = (ROOT / "prompts" / "patterns.yaml").read_text(encoding="utf-8")
    return PatternFile.model_validate(YAML(typ="safe").load(text))


@pytest.fixture(scope="session")
def prompt() -> Prompt:
    return parse_prompt((ROOT / "prompts" / "assess.md").read_text(encoding="utf-8"), "assess.md")


@pytest.fixture(scope="session")
def draft_prompt() -> Prompt:
    return parse_prompt((ROOT / "prompts" / "draft.md").read_text(encoding="utf-8"), "draft.md")


@pytest.fixture(scope="session")
def make(page: Page) -> Make:
    """Items of a plain lead: `make(Company="-", related=(…), page=…)` says what differs."""
    shipped_page = page

    def made(
        *,
        related: tuple[Record, ...] = (),
        mode: Mode = "live",
        record_id: str = "00Q000000000001AAA",
        page: Page | None = None,
        **fields: Scalar,
    ) -> Item:
        record = Record(object="Lead", id=record_id, fields={**LEAD, **fields})
        of = page or shipped_page
        return Item(identity(mode, record, of), mode, record, of, related)

    return made


@pytest.fixture(scope="session")
def form() -> Form:
    """Filled forms that stop nothing: `form(confidence=0.5)` says what differs."""

    def filled(**answers: object) -> Assessment:
        plain = {
            "category": "new_business",
            "confidence": 0.9,
            "summary": "They want scheduling software.",
            "language": "en",
            "flags": (),
            "claims": (),
        }
        return Assessment.model_validate({**plain, **answers})

    return filled
