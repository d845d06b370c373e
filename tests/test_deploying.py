"""`grants`: what it writes, what `--check` finds, and what it leaves alone."""

from pathlib import Path

import pytest

from tests.conftest import HOME, Ran, TypeIn
from triage_agent.connectors.salesforce.deployment import WITHOUT_PERMISSIONS
from triage_agent.connectors.salesforce.field_security import secured_as
from triage_agent.jobs.report import RunReport
from triage_agent.sandbox.salesforce.schema import load_objects

FIELD = Path("objects/Lead/fields/Triage_Category__c.field-meta.xml")
SOURCE = Path("deploy/salesforce/force-app/main/default")


@pytest.fixture
def grants(type_in: TypeIn, project: Path) -> TypeIn:
    """Types `grants` about the project."""

    def typed(*words: str) -> Ran:
        return type_in("grants", *words, "--project", project)

    return typed


@pytest.fixture
def field(grants: TypeIn, project: Path) -> Path:
    """A file that was generated in the project, among all the others."""
    grants("salesforce")
    return project / SOURCE / FIELD


def _without_summary(project: Path) -> None:
    page = project / "operating_model.yaml"
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("      Triage_Summary__c: <summary>\n", ""), encoding="utf-8")


@pytest.mark.parametrize("system", ["salesforce", "slack"])
def test_what_is_committed_is_fresh(type_in: TypeIn, system: str) -> None:
    """The trees in `deploy/` are the page's; `make generated` writes them."""
    ran = type_in("grants", system, "--check", "--project", HOME)

    assert (0, "") == (ran.code, ran.err)


@pytest.mark.parametrize("system", ["salesforce", "slack"])
def test_what_was_written_is_fresh(grants: TypeIn, project: Path, system: str) -> None:
    """Each file that is written is named; a second time there is nothing to write."""
    first, checked, again = grants(system), grants(system, "--check"), grants(system)

    written = [path for path in (project / "deploy").rglob("*") if path.is_file()]
    assert len(written) == first.out.count("wrote ")
    assert all(str(path) in first.out for path in written)
    assert (0, 0) == (checked.code, again.code)
    assert "wrote" not in again.out


def test_it_needs_nothing_but_the_page(grants: TypeIn, project: Path) -> None:
    """A page can be granted before anybody has written its prompts."""
    for other in (project / "prompts").iterdir():
        other.unlink()

    assert 0 == grants("salesforce").code


def test_a_stale_file_is_found(grants: TypeIn, field: Path) -> None:
    """A file that was edited by hand is named, with the command that mends it."""
    field.write_text(field.read_text().replace("<length>80<", "<length>70<"))

    checked = grants("salesforce", "--check")

    assert 1 == checked.code
    assert f"{field} is stale" in checked.err
    assert checked.err.endswith("write them anew: triage-agent grants salesforce\n")
    assert "<length>70<" in field.read_text()
    assert (0, 0) == (grants("salesforce").code, grants("salesforce", "--check").code)


def test_a_missing_file_is_found(grants: TypeIn, field: Path) -> None:
    """A file that was deleted is named, and comes back."""
    field.unlink()

    checked = grants("salesforce", "--check")
    grants("salesforce")

    assert 1 == checked.code
    assert f"{field} is missing" in checked.err
    assert field.is_file()


def test_a_superfluous_file_is_found_and_removed(
    grants: TypeIn, field: Path, project: Path
) -> None:
    """The file of a field that the page no longer sets is named, and goes with the next writing."""
    left_over = field.with_name("Triage_Summary__c.field-meta.xml")
    _without_summary(project)

    checked = grants("salesforce", "--check")
    written = grants("salesforce")

    assert 1 == checked.code
    assert f"{left_over} is superfluous" in checked.err
    assert f"removed {left_over}" in written.out
    assert not left_over.exists()
    assert field.is_file()


def test_what_is_somebodys_own_is_left_alone(grants: TypeIn, field: Path, project: Path) -> None:
    """A file without the notice is neither complained of nor removed, whatever it is."""
    own = [field.with_name("Region__c.field-meta.xml"), project / "deploy/salesforce/logo.bin"]
    for path in own:
        path.write_bytes(b"\xff<CustomField/>")

    checked = grants("salesforce", "--check")
    _without_summary(project)
    grants("salesforce")

    assert 0 == checked.code
    assert all(path.is_file() for path in own)


def test_a_page_that_sets_a_field_of_its_own(type_in: TypeIn, project: Path) -> None:
    """A sandbox deploys what the page grants, so that the field is there and is written."""
    page = project / "operating_model.yaml"
    text = page.read_text(encoding="utf-8")
    own = "      Triage_Summary__c: <summary>\n      Route__c: <category>\n"
    page.write_text(text.replace("      Triage_Summary__c: <summary>\n", own), encoding="utf-8")

    ran = type_in("run", "--sandbox", "--limit", "3", "--json", "--project", project)
    report = RunReport.model_validate_json(ran.out)

    assert 0 == ran.code
    assert ["done"] * 3 == [
        action.state for item in report.items for action in item.actions if action.action == "tag"
    ]


def test_what_has_security_is_the_same_in_the_sandbox() -> None:
    """What a permission set may name is what the sandbox's org says has security of its own."""
    for name, entity in load_objects().items():
        if name in WITHOUT_PERMISSIONS or entity.history_of:
            continue
        ours = {field: secured_as(name, field) for field in entity.fields}
        theirs = {
            field.name: (field.secured_by or field.name) if field.permissionable else None
            for field in entity.fields.values()
        }
        assert theirs == ours
