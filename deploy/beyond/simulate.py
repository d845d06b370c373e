"""From 1,000 to 1,000,000 items a day: what breaks first, what happens then, what would do.

`python -m deploy.beyond.simulate`, in the repository, prints it; `--json` as one object, `--svg` as
the picture that lies in `docs/`. What it reckons with stands in `figures.py` and on the page.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.beyond.day import Day, simulated
from deploy.beyond.figures import MODEL, Item, World
from deploy.beyond.picture import drawn
from deploy.beyond.resources import Resource, resources
from triage_agent.project import read_model, read_prices

ROOT = Path(__file__).parents[2]
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
SEED = 1


def of_project(folder: Path) -> World:
    """The world as a project's page and prices have it, the rest as assumed."""
    page, price = read_model(folder).page, read_prices(folder)[MODEL]
    hours = page.workflow.time.working_hours
    return World(
        people=sum(len(team.members) for team in page.teams.values()),
        opens=hours.opens.hour * 60 + hours.opens.minute,
        closes=hours.closes.hour * 60 + hours.closes.minute,
        concurrency=page.limits.concurrency,
        items_per_run=page.limits.items_per_run,
        messages_per_run=page.limits.messages_per_run,
        tokens_per_run=page.limits.tokens_per_run,
        dollars_per_run=page.limits.cost_usd_per_run,
        dollars_in=price.input,
        dollars_out=price.output,
    )


def unasked(item: Item) -> Item:
    """As it is where no action asks: people get what is handed over, and nothing else."""
    return replace(item, asked=0.0, messages=item.handed_over)


def in_order(found: Iterable[Resource]) -> list[Resource]:
    """What breaks first stands first."""
    return sorted(found, key=lambda one: one.breaks_from() or float("inf"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints what the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m deploy.beyond.simulate")
    parser.add_argument("--seed", type=int, default=SEED, help="another day")
    parser.add_argument("--json", action="store_true", help="one object")
    parser.add_argument("--svg", action="store_true", help="the picture")
    asked = parser.parse_args(arguments)
    world, item = of_project(ROOT), Item()
    found = in_order(resources(world, item))
    if asked.svg:
        return print(drawn(found, SIZES), end="")
    spared, paid = unasked(item), replace(world, tier=2)
    days = [simulated(items, world, item, asked.seed) for items in SIZES]
    better = [simulated(items, paid, spared, asked.seed) for items in SIZES]
    if asked.json:
        return print(json.dumps(_told(found, days, better), indent=2))
    console = Console(width=80, highlight=False)
    for table in (
        _loads(found, resources(world, spared)),
        _midnight("a day, as it comes", days),
        _midnight("unasked, tier 2", better),
        _enough(found),
    ):
        console.print(table, "")
    return None


def _told(
    found: Sequence[Resource], days: Sequence[Day], better: Sequence[Day]
) -> dict[str, object]:
    return {
        "resources": [
            {
                "name": one.name,
                "breaks_from": one.breaks_from(),
                "load": {str(items): round(one.load(items), 4) for items in SIZES},
                "needs": one.needs,
                "enough": {str(items): one.enough(items) for items in SIZES},
                "then": one.then,
                "buy": one.buy,
            }
            for one in found
        ],
        "days": [asdict(day) for day in days],
        "days_unasked": [asdict(day) for day in better],
    }


def _loads(found: Sequence[Resource], alike: Sequence[Resource]) -> Table:
    table = _table("load, of what there is", *map(_short, SIZES), "breaks from", "unasked")
    spared = {one.name: one.breaks_from() for one in alike}
    for one in found:
        loads = [_load(one.load(items)) for items in SIZES]
        table.add_row(one.name, *loads, _from(one.breaks_from()), _from(spared[one.name]))
    return table


def _midnight(title: str, days: Sequence[Day]) -> Table:
    table = _table(title, *map(_short, SIZES))
    for name, values in _lines(days):
        if any(values):
            table.add_row(name, *values)
    return table


def _enough(found: Sequence[Resource]) -> Table:
    table = _table("what would do", *map(_short, SIZES[::2]))
    for one in found:
        table.add_row(one.needs, *map(one.enough, SIZES[::2]))
    return table


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for place, title in enumerate(titles):
        table.add_column(title, justify="right" if place else "left", style="" if place else "bold")
    return table


def _lines(days: Sequence[Day]) -> Iterable[tuple[str, list[str]]]:
    yield "items left for tomorrow", [_short(day.items - day.done) for day in days]
    yield "the oldest's age, hours", [f"{day.oldest / 60:.1f}" for day in days]
    yield "people's days of work left", [_load(day.days_of_people) for day in days]
    yield "posted under a message", [_short(day.replies) for day in days]
    yield "requests to Salesforce", [_short(day.requests) for day in days]
    yield "none of them left from", [_clock(day.no_requests_from) for day in days]
    yield "paused itself at", [_clock(day.paused_from) for day in days]


def _clock(minute: int | None) -> str:
    return "" if minute is None else f"{minute // 60:02}:{minute % 60:02}"


def _short(number: float) -> str:
    """1,234,567 as 1.2M."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:.{2 if number < 100 * size else 3}g}{letter}"
    return f"{number:.0f}"


def _load(load: float) -> str:
    """To two digits, more or less."""
    digits = next((digits for digits, least in enumerate((9.95, 0.95)) if load >= least), 2)
    return f"{load:.{digits}f}"


def _from(items: int | None) -> str:
    return "never" if items is None else _short(items)


if __name__ == "__main__":
    main()
