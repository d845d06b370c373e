"""A project, a sandbox that plays its org with or without faults, and what doctor says of them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import copied
from tests.sandboxes import running
from triage_agent import wiring
from triage_agent.targets import Target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage_agent.doctor.finding import Finding, Report


@dataclass(frozen=True)
class Practice:
    """A project whose permissions are deployed in each org that is opened here."""

    project: Path

    @contextmanager
    def org(self, faults: str | None = None, *, deployed: bool = True) -> Iterator[Target]:
        """A served sandbox; `faults` is the text of a faults file."""
        file = self.project / "faults.yaml"
        if faults is not None:
            file.write_text(faults, encoding="utf-8")
        with running(
            state=None,
            leads=None,
            faults=file if faults is not None else None,
            deployed=self.project / "deploy" / "salesforce" if deployed else None,
        ) as url:
            yield Target(self.project, sandbox_url=url)

    def examine(self, faults: str | None = None) -> Report:
        """What doctor says of an org."""
        with self.org(faults) as target:
            return wiring.doctor(target, allow_excess=False)


def checks(report: Report, kind: str) -> list[str]:
    """The names of the checks that found something of a kind."""
    return [one.check for one in report.findings if one.kind == kind]


def found(report: Report, kind: str, check: str) -> list[Finding]:
    """What a check found of a kind."""
    return [one for one in report.findings if (one.kind, one.check) == (kind, check)]


def practice_of(folder: Path) -> Practice:
    """A practice for the project in a folder, its grants written."""
    wiring.grants(folder, "salesforce", check=False)
    return Practice(folder)


@pytest.fixture(scope="session")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Practice:
    """The shipped project's."""
    return practice_of(copied(tmp_path_factory.mktemp("practice") / "project"))
