"""`rollback --to-page` tells what another version of the page would have decided."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.jobs.conftest import HOME, USUAL
from triage_agent import custody, rolling_back
from triage_agent.decision.run_events import PageTried
from triage_agent.errors import WrongUsage
from triage_agent.jobs import rejudging
from triage_agent.project import read_rules
from triage_agent.recovery.rollback import Selection

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from tests.conftest import TypeIn
    from tests.jobs.conftest import Site
    from triage_agent.decision.rejudging import Comparison

GOOD = (HOME / "operating_model.yaml").read_text(encoding="utf-8")
LAWYER = {"Description": f"{USUAL['Description']} Else we will take legal action."}
LEGAL = "      legal: A legal claim, threat or dispute, or a question about the law.\n"
BAD = GOOD.replace("version: 9\n", "version: 10\n").replace(LEGAL, "")


@pytest.fixture
def site(open_site: Any) -> Site:  # noqa: ANN401 - as the fixture
    """A usual lead and one with a lawyer's threat, seen by a page that forgot about the law."""
    found: Site = open_site([{}, LAWYER])
    shutil.copytree(HOME / "prompts", found.project / "prompts")
    write(found, BAD)
    return found


def write(site: Site, page: str) -> None:
    """Gives the project another page."""
    (site.project / "operating_model.yaml").write_text(page, encoding="utf-8")
    site.rules = read_rules(site.project)


def tried(site: Site, run: str, version: int) -> list[Comparison]:
    """What that version would have decided, the items that it decides alike first."""
    found = rolling_back.try_page(site.target, Selection(run=run), version).found
    return sorted(found, key=lambda one: len(one.differs))


def asked(site: Site, run: str) -> list[str]:
    """Of each time that the model was asked about an item of a run, as of which stream."""
    with site.ledger() as ledger:
        told = [one for item in ledger.items_of(run) for one in ledger.events(item)]
    return [one.run for one in told if one.event.kind == "ModelCalled"]


def test_the_blast_radius_is_told(site: Site) -> None:
    """Just the item that the other page stops is told, with all that it does otherwise."""
    run = site.sweep().run_id
    write(site, GOOD)
    before = site.state()
    usual, stopped = tried(site, run, 9)

    assert usual.was
    assert (usual.was, ()) == (usual.would, usual.differs)
    assert stopped.was
    assert stopped.would
    assert ((), ("restricted_topic",)) == (stopped.was.rules, stopped.would.rules)
    assert {"rules", "create_task", "escalate"} <= {*stopped.differs}
    after = site.state()
    assert all(before[system] == after[system] for system in ("salesforce", "slack"))


def test_a_page_that_a_run_went_by_is_kept(site: Site) -> None:
    """An older version is taken from the ledger; one that nobody knows is refused with those."""
    run = site.sweep().run_id
    write(site, GOOD)

    assert [(), ()] == [one.differs for one in tried(site, run, 10)]
    with pytest.raises(WrongUsage, match="no page of version 11 is known, only of 9, 10"):
        tried(site, run, 11)


def test_the_same_is_not_asked_twice(site: Site) -> None:
    """The model is asked only what it wasn't before, and that is on record with the item."""
    run = site.sweep().run_id
    first = asked(site, run)
    tried(site, run, 10)
    same = asked(site, run)
    write(site, GOOD)
    found = tried(site, run, 9)
    more = asked(site, run)

    assert found == tried(site, run, 9)
    assert first == same
    assert len(more) > len(first)
    assert more == asked(site, run)
    with site.ledger() as ledger:
        (stream,) = {*more} - {run}
        told = [one.event for one in ledger.told(stream, "PageTried")]
        items = ledger.items_of(stream)
        judged = [ledger.told(item, "Rejudged")[0].run for item in items]
    assert items
    assert {stream} == {*judged}
    counts = [(one.items, one.differ, one.untold) for one in told if isinstance(one, PageTried)]
    assert [(2, 1, 0)] == counts


def test_what_was_not_read_is_not_guessed(site: Site) -> None:
    """Where the other page reads what nobody read then, it says so instead of a verdict."""
    run = site.sweep().run_id
    write(site, GOOD.replace("Email, Phone, Company,", "Email, Fax, Phone, Company,"))
    found = tried(site, run, 9)

    assert ["that page reads Lead.Fax, which wasn't read"] * 2 == [one.untold for one in found]


def test_what_is_gone_is_not_guessed(site: Site) -> None:
    """An item whose texts were erased can't be judged anew, and says so."""
    run = site.sweep().run_id
    custody.erase(site.target, "ada@lind-heating.example", "dana")

    assert ["its texts have been erased"] * 2 == [one.untold for one in tried(site, run, 10)]


def test_the_limits_hold(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond what the project's own page lets a run use up no item is judged any more."""
    monkeypatch.setattr(rejudging, "AT_ONCE", 1)
    run = site.sweep().run_id
    write(site, GOOD.replace("tokens_per_run: 5000000", "tokens_per_run: 10"))
    found = rolling_back.try_page(site.target, Selection(run=run), 9).found

    assert found[0].would
    assert str(found[1].untold).startswith("limits.tokens_per_run: ")


def test_the_command_tells(site: Site, type_in: TypeIn, capsys: pytest.CaptureFixture[str]) -> None:
    """At 80 columns each item says what is otherwise; with --json it is one object."""
    run = site.sweep().run_id
    capsys.readouterr()
    write(site, GOOD)
    where = ("--project", site.project, "--sandbox-url", site.url)
    words = ("rollback", "--run", run, "--to-page", "9")
    shown, told = type_in(*words, *where), type_in(*words, "--json", *where)
    refused = type_in(*words, "--apply", *where)

    assert (0, 0, 2) == (shown.code, told.code, refused.code)
    assert "went on → stopped by restricted_topic" in shown.out
    assert "escalate: no → yes" in shown.out
    assert "decides 1 otherwise: 1 that went on would stop" in " ".join(shown.out.split())
    assert all(len(line) <= 80 for line in shown.out.splitlines())
    assert [9, 2] == [json.loads(told.out)["version"], len(json.loads(told.out)["found"])]
    assert "--to-page only tells; leave --apply out" in refused.err
