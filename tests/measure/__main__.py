"""What a run makes of a folder of cases, in figures: `python -m tests.measure eval_cases`.

Cases in eval_cases are set aside: they are measured on, and nothing is tuned on them. Those in
tests/measure/dev_cases are for tuning; `--each` names every case that comes out wrong there.
"""

import argparse
import json
import logging
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import structlog
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from triage_agent import wiring
from triage_agent.evaluation.cases import Case
from triage_agent.jobs.report import ItemReport
from triage_agent.sandbox.server import running
from triage_agent.targets import Target, deployed

ROOT = Path(__file__).parents[2]
ID = re.compile(r"[A-Za-z0-9]{15}([A-Za-z0-9]{3})?")
_PAIR = re.compile(r"pair (\d+)")
_NUMBER = "Jigsaw"
"""A field of the lead that nobody reads, in which its case's number stands."""


@dataclass(frozen=True)
class Outcome:
    """A case of a stratum, and what a run made of it."""

    stratum: str
    case: Case
    item: ItemReport

    @property
    def should_stop(self) -> bool:
        return self.case.expect.escalates == "yes"

    @property
    def stopped(self) -> bool:
        return self.item.status == "escalated"

    @property
    def is_right(self) -> bool:
        wanted = self.case.expect.category
        return self.should_stop == self.stopped and (
            self.stopped or wanted in (None, self.item.category)
        )

    def fired(self, rule: str) -> bool:
        return any(stop.rule == rule for stop in self.item.stops)


def cases(folder: Path) -> Iterator[tuple[str, Case]]:
    """Every case with its stratum."""
    kind = TypeAdapter(list[Case])
    for file in sorted(folder.glob("*.yaml")):
        for case in kind.validate_python(YAML(typ="safe").load(file.read_text(encoding="utf-8"))):
            yield file.stem, case


def outcomes(found: Sequence[tuple[str, Case]]) -> list[Outcome]:
    """Runs the cases, each group in an org of its own, so that none sees another's records."""
    ended = []
    for group in _groups(found):
        for number, item in _run(group).items():
            ended.append(Outcome(*group[number], item))
    return ended


def _groups(found: Sequence[tuple[str, Case]]) -> list[list[tuple[str, Case]]]:
    groups: list[tuple[set[str], list[tuple[str, Case]]]] = []
    for stratum, case in found:
        names = _names(case)
        taken, group = next((g for g in groups if not g[0] & names), (set(), []))
        if not group:
            groups.append((taken, group))
        taken |= names
        group.append((stratum, case))
    return [group for _, group in groups]


def _names(case: Case) -> set[str]:
    """By what the records of a case could be found from another's."""
    texts = json.dumps([case.fields, case.around]).lower()
    return set(re.findall(r"[a-z0-9-]+\.example\b|[\w.+-]+@[\w.-]+|\b00[0-9a-z]{13,16}\b", texts))


def _run(group: Sequence[tuple[str, Case]]) -> dict[int, ItemReport]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(ROOT / "operating_model.yaml", folder)
        shutil.copytree(ROOT / "prompts", folder / "prompts")
        leads = folder / "leads.jsonl"
        leads.write_text("\n".join(map(_line, range(len(group)), (c for _, c in group))))
        grants = deployed(Target(folder, sandbox=True))
        with running(state=None, leads=leads, deployed=grants) as url:
            report = wiring.run(
                Target(folder, sandbox_url=url),
                shadow=False, limit=None, only=None, progress=lambda _ended, _of: None,
            )  # fmt: skip
            state: Any = requests.get(f"{url}/sandbox/state", timeout=30).json()
    numbers = {lead["Id"]: int(lead[_NUMBER]) for lead in state["salesforce"]["Lead"]
               if lead.get(_NUMBER)}  # fmt: skip
    return {numbers[item.record_id]: item for item in report.items}


def _line(number: int, case: Case) -> str:
    lead = {"Status": "Open - Not Contacted", "LeadSource": "Web", "LastName": "Unknown"}
    fields = {**lead, **case.fields, _NUMBER: str(number)}
    if not re.fullmatch(r"[^\s@,;]+@[^\s@]+\.[^\s@.]+", str(fields.get("Email"))):
        fields.pop("Email", None)  # no org keeps what is no address
    return json.dumps({"lead": fields, "context": case.around})


def figures(ended: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    """The figures of some outcomes, each with its name."""
    stop, go = [o for o in ended if o.should_stop], [o for o in ended if not o.should_stop]
    named = [o for o in ended if o.case.expect.category and not o.should_stop]
    yield "escalation recall", _share(o.stopped for o in stop)
    yield "false alarms", _share(o.stopped for o in go)
    yield "category, of what goes on", _share(o.item.category == o.case.expect.category
                                              for o in named)  # fmt: skip
    for rule in ("missing_data", "conflicting_information"):
        due = [o for o in stop if o.case.expect.by == (rule,)]
        free = [o for o in ended if rule not in o.case.expect.by]
        yield f"{rule} found", _share(o.fired(rule) for o in due)
        yield f"{rule} silent", _share(not o.fired(rule) for o in free)
    pairs = defaultdict(list)
    for outcome in ended:
        if found := _PAIR.match(outcome.case.name):
            pairs[found[1]].append(outcome.should_stop == outcome.stopped)
    yield "pairs right on both sides", _share(all(sides) for sides in pairs.values())


def _share(flags: Iterable[bool]) -> str:
    some = list(flags)
    return f"{sum(some) / len(some):.2f} ({sum(some)} of {len(some)})" if some else "none"


def main() -> None:
    """Prints the figures of a folder, by stratum and in all."""
    parser = argparse.ArgumentParser(prog="python -m tests.measure")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--each", action="store_true", help="name what comes out wrong")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    ended = outcomes(list(cases(given.folder)))
    for stratum in dict.fromkeys(o.stratum for o in ended):
        right = _share(o.is_right for o in ended if o.stratum == stratum)
        print(f"{stratum:32} {right}")
    for name, value in figures(ended):
        print(f"{name:32} {value}")
    for outcome in ended if given.each else ():
        if not outcome.is_right:
            rules = ", ".join(f"{s.rule}.{s.topic or ''}" for s in outcome.item.stops) or "goes on"
            print(f"  {outcome.stratum}: {outcome.case.name}: {outcome.item.category}, {rules}")


if __name__ == "__main__":
    main()
