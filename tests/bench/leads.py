"""Leads by the hundred or the thousand, of which most are worth a reply."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from tests.harness import Lead, bench, samples, varied

MIX = ("drafted",) * 7 + ("stopped by the floor", "stopped by the model", "settled")
"""What becomes of ten leads in a row: at least six in ten get a draft."""

Kinds = Mapping[str, list[Lead]]


def kinds_of_samples() -> Kinds:
    """The sample leads by what a run makes of them."""
    known = samples()
    with bench(known) as found:
        report, _ = found.run()
        leads = {lead["Id"]: lead for lead in found.state()["salesforce"]["Lead"]}
    kinds: defaultdict[str, list[Lead]] = defaultdict(list)
    for item in report["items"]:
        lead = leads[item["record_id"]]
        sample = next(one for one in known if _name(one["lead"]) == _name(lead))
        kinds[_kind(item)].append(sample)
    return kinds


def _name(lead: Lead) -> list[Any]:
    return [lead.get(name) for name in ("LastName", "Company", "Email", "Description")]


def _kind(item: dict[str, Any]) -> str:
    if any(stop["source"] == "floor" for stop in item["stops"]):
        return "stopped by the floor"
    if item["stops"]:
        return "stopped by the model"
    return "drafted" if item["draft"] else "settled"


def mixed(kinds: Kinds, leads: int) -> Iterator[Lead]:
    """So many leads in the proportions of `MIX`, each from other people."""
    order = [kinds[kind][number % len(kinds[kind])] for number, kind in enumerate(MIX * 30)]
    return varied(leads, order)
