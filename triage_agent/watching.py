"""How a process that goes on for long is watched: at /health and /metrics, by whoever runs it."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

from triage_agent.targets import Target
from triage_agent.wiring import brake_of, mode_of, now, open_ledger

if TYPE_CHECKING:
    from triage_agent.connectors.serving import Watch
    from triage_agent.ledger.store import Ledger
    from triage_agent.operating_model.loading import OperatingModel


@contextmanager
def watched(target: Target, address: str | None) -> Iterator[None]:
    """Serves /health and /metrics of a target until it is left; without an address nothing.

    `address`: a port, or HOST:PORT, as --metrics says it. What is told is read from the target's
    ledger, through connections beside those that a run writes through.
    """
    if address is None:
        yield
        return
    from triage_agent.connectors.serving import Address, serving

    where = Address.of("--metrics", address)
    with ExitStack() as ends:
        ledger = ends.enter_context(closing(open_ledger(target)))
        ends.enter_context(serving(where, watch(target, ledger, Pages(target)).routes()))
        yield


def watch(target: Target, ledger: "Ledger", page: "Pages") -> "Watch":
    """What is told of a target; `ledger`: one through which no run writes."""
    from triage_agent.connectors.serving import Watch
    from triage_agent.ledger.store import WORKSPACE
    from triage_agent.settings import Settings
    from triage_agent.watch.exposition import CONTENT_TYPE, exposed
    from triage_agent.watch.figures import figures

    brake = brake_of(target, Settings.of(target.project), ledger)

    def readable() -> bool:
        ledger.identity(WORKSPACE)
        return True

    def metrics() -> bytes:
        told = page().page
        return exposed(figures(ledger, told, mode_of(target, told), brake, now()))

    return Watch(readable, lambda: page().page.version, metrics, CONTENT_TYPE)


class Pages:
    """The project's page as it is now: read again whenever its file has changed."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._read: tuple[int | None, OperatingModel] | None = None

    def __call__(self) -> "OperatingModel":
        from triage_agent.operating_model.loading import FILE
        from triage_agent.project import read_model

        try:
            changed = (self._target.project / FILE).stat().st_mtime_ns
        except OSError:  # it is being replaced, or gone: reading it says so
            changed = None
        if changed is None or self._read is None or self._read[0] != changed:
            self._read = changed, read_model(self._target.project)
        return self._read[1]
