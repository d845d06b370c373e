"""What the `ledger` commands do: check the record, export it, anchor it, erase from it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from triage_agent.errors import NotWhole
from triage_agent.targets import Target
from triage_agent.wiring import acting, open_ledger

if TYPE_CHECKING:
    from triage_agent.ledger.anchors import Anchor, AnchorFile
    from triage_agent.ledger.erasure import Erasure
    from triage_agent.ledger.store import Ledger
    from triage_agent.ledger.verify import Verdict
    from triage_agent.operating_model.schema import Page


def verify(target: Target) -> "Verdict":
    """All faults of a target's ledger, and how far its anchors reach."""
    from triage_agent.ledger.verify import verify as verified

    with _opened(target) as (ledger, _, file):
        return verified(ledger, file)


def export(target: Target, *, texts: bool) -> Iterator[str]:
    """The whole ledger, as lines."""
    from triage_agent.ledger.export import export as exported

    with _opened(target) as (ledger, _, _):
        yield from exported(ledger, texts=texts)


def erase(target: Target, person: str, named: str | None) -> "Erasure":
    """Takes out the texts of all items that hold a person's address, at somebody's word."""
    from triage_agent.ledger.erasure import erase as erased

    with _alone(target, "ledger erase") as (ledger, page, _):
        by = acting(target, page, page.logs.may_erase, named)
        return erased(ledger, person.strip(), by, _now())


def anchor(target: Target, named: str | None, reason: str | None) -> "Anchor":
    """Anchors what the ledger holds now. With faults it takes somebody's word, and their reason."""
    from triage_agent.ledger import anchors
    from triage_agent.ledger.store import AGENT
    from triage_agent.ledger.verify import verify as verified

    with _alone(target, "ledger anchor") as (ledger, page, file):
        by = acting(target, page, page.recovery.may_pause, named) if reason else None
        faults = verified(ledger, file).faults
        if by and reason:
            stands = anchors.Standing(by.name, reason, faults)
            return anchors.anchor(ledger, file, AGENT, _now(), stands)
        if faults:
            asked = "the ledger isn't what it was; say why it may stand, with --reason:"
            raise NotWhole("\n".join([asked, *faults]))
        return anchors.anchor(ledger, file, AGENT, _now())


@contextmanager
def _opened(target: Target) -> "Iterator[tuple[Ledger, Page, AnchorFile | None]]":
    from triage_agent.ledger.anchors import AnchorFile
    from triage_agent.project import read_model

    page = read_model(target.project).page
    with closing(open_ledger(target)) as ledger:
        yield ledger, page, AnchorFile.of(ledger, page)


@contextmanager
def _alone(target: Target, name: str) -> "Iterator[tuple[Ledger, Page, AnchorFile | None]]":
    """While no run is under way."""
    with _opened(target) as opened, opened[0].only_run(name, _now()):
        yield opened


def _now() -> datetime:
    return datetime.now(UTC)
