"""A sandbox and a project of a trial's own."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests.harness import ROOT, varied
from triage_agent.sandbox.server import running
from triage_agent.targets import Target

MIXED = 30
LIMITS = {"messages_per_run": 4, "concurrency": 8, "failures_per_run": 1000}
"""Few messages, so that most hand-overs of a run go into a thread, and kills hit that, too; few
questions at once, so that few answers can be in flight; and no breaker, whatever is lost."""
FEW_PATTERNS = """\
free_mail: [mail.example]
fillers: [n/a]
topics:
  billing:
    - {match: 'dispute', hits: [I dispute it.], misses: [I ask.]}
orders: {}
policies: {}
consequential: {}
claims: {}
never_state: {prices: [], discounts: [], dates: [], legal_terms: [], internal_rules: []}
"""
"""Read in a moment, where the shipped ones take longer than a short run."""
_NEED = "We have 40 technicians and look for scheduling software."
_TEXTS = (
    f"{_NEED} Could your sales team contact us about buying it?",
    f"{_NEED} We dispute your last invoice.",  # the floor stops this one, the model the next
    f"{_NEED} Could your sales team contact us about buying it?",
    f"{_NEED} Send us a written comparison with your competitors FieldPilot and Dispatchwise.",
    f"{_NEED} Could your sales team contact us about buying it?",
)


@dataclass(frozen=True)
class Site:
    """A project in a folder, and the sandbox that it works on."""

    folder: Path
    url: str
    sandbox: str

    @property
    def words(self) -> list[str]:
        """The command that runs on it."""
        return ["run", *self.where]

    @property
    def where(self) -> list[str]:
        """The words of any command that say on what it works."""
        return ["--sandbox-url", self.url, "--project", str(self.folder)]

    @property
    def target(self) -> Target:
        return Target(self.folder, sandbox_url=self.url)

    def state(self) -> Any:  # noqa: ANN401 - JSON
        """All that the sandbox holds and has been asked."""
        with urlopen(f"{self.sandbox}/sandbox/state") as answer:  # noqa: S310 - loopback
            return json.load(answer)


@contextmanager
def site(folder: Path, leads: int, state: Path | None = None) -> Iterator[Site]:
    """A fresh sandbox in this process, and a project; `state`: where the sandbox is kept, if so."""
    shutil.copytree(ROOT / "prompts", folder / "prompts")
    (folder / "prompts" / "patterns.yaml").write_text(FEW_PATTERNS, encoding="utf-8")
    page = (ROOT / "operating_model.yaml").read_text(encoding="utf-8")
    for name, limit in LIMITS.items():
        page, lowered = re.subn(rf"\b{name}: \d+", f"{name}: {limit}", page)
        assert lowered == 1
    (folder / "operating_model.yaml").write_text(page, encoding="utf-8")
    file = folder / "leads.jsonl"
    chosen = mixed()[:leads] if leads <= MIXED else list(varied(leads))
    file.write_text("\n".join(json.dumps(lead) for lead in chosen), encoding="utf-8")
    with running(state=state, leads=file) as url:
        yield Site(folder, url, url)


def mixed() -> list[dict[str, Any]]:
    """Thirty leads: settled with a draft and a task, stopped by the floor, stopped by the model."""
    return [
        {
            "lead": {
                "FirstName": "Ada",
                "LastName": f"Lind {number}",
                "Company": f"Lind Heating {number}",
                "Email": f"ada@lind-{number}.example",
                "LeadSource": "Web",
                "Status": "Open - Not Contacted",
                "CreatedDate": f"2026-11-19T09:{number:02}:00.000+0000",
                "Description": _TEXTS[number % len(_TEXTS)],
            },
        }
        for number in range(MIXED)
    ]
