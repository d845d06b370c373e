"""What can go wrong, as the rest of the program sees it.

Vendor exceptions are translated into these once, where they enter (`connectors`)::

    TriageError
    ├── WrongUsage         exit 2: the command line, settings, page or prompts are wrong
    │   ├── BadPage        exit 2: everything that is wrong with the page, all at once
    │   ├── AnotherOrg     exit 2: the ledger is of another org or workspace
    │   ├── NewerLedger    exit 2: a newer program has upgraded the ledger
    │   └── Unanswered     exit 2: what a new project can't be written without
    ├── RunRefused         exit 3: another run holds the lock, or a limit is reached
    │   ├── Paused         exit 3: the agent is paused, or has paused itself
    │   ├── NotWhole       exit 3: the ledger isn't what it was
    │   ├── NotAllowed     exit 3: the page doesn't let this person do this
    │   └── NotDecided     exit 3: there is nothing to decide any more, or somebody else is at it
    ├── Outdated           exit 1: what was generated from the page no longer says what it says
    ├── LedgerFailed       exit 1: the ledger can't be used; nothing further was done
    │   └── StreamMoved    exit 1: somebody else told of the same item at the same moment
    └── ConnectorError     another system: its name and a cause without personal data
        ├── Unavailable    it didn't take the request: nothing happened, another try may work
        ├── Rejected       it said no to this request, and would again
        │   ├── NotLetIn   it refused the credentials
        │   └── OutsidePage the wire guard refused it: the page doesn't give it; it never left
        └── AnswerLost     the request left and no answer came: it may have happened
"""

from collections.abc import Sequence
from dataclasses import dataclass


class TriageError(Exception):
    """The root: a sentence that names the value, the place and the cure."""

    exit_code = 1


class WrongUsage(TriageError):
    """Something that was typed or written down is wrong; nothing has been done."""

    exit_code = 2


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a file: where, what, and what to write instead."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class BadPage(WrongUsage):
    """The page can't be enforced as it stands; `problems` holds every reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = f"{len(problems)} problem" + ("s" if len(problems) != 1 else "")
        super().__init__("\n".join([f"the operating model has {count}:", *map(str, problems)]))


class Unanswered(WrongUsage):
    """Questions are open, so nothing that could run is written; the message lists all of them."""


class AnotherOrg(WrongUsage):
    """The credentials belong to another org or workspace than the ledger is about."""


class NewerLedger(WrongUsage):
    """A newer program has upgraded the ledger: this one leaves it alone."""


class RunRefused(TriageError):
    """A run may not start now; the message says why and what would change that."""

    exit_code = 3


class Paused(RunRefused):
    """The agent is paused, so nothing is written; what was not reached waits for a run."""


class NotWhole(RunRefused):
    """What the ledger holds was changed, or some of it is missing, so nothing is built on it."""


class NotCleared(RunRefused):
    """What would run isn't what passed its evaluation, so it may not act."""


class NotAllowed(RunRefused):
    """Whoever asked isn't somebody whom the page lets do this."""


class NotDecided(RunRefused):
    """What somebody wanted to decide is decided, or somebody else has it; nothing was done."""


class Outdated(TriageError):
    """What was generated from the page isn't what it gives now; the message names the files."""


class LedgerFailed(TriageError):
    """The ledger can't be written or read. What wasn't recorded wasn't done, and won't be."""


class StreamMoved(LedgerFailed):
    """Another process has added to the same stream in between: read it again, then decide."""


class ConnectorError(TriageError):
    """Another system stood in the way. `system` and `code` are safe to log.

    `retry_after`: the seconds that the system asks to be left alone, where it says so.
    """

    def __init__(
        self,
        system: str,
        code: str,
        message: str,
        retry_after: float | None = None,
    ) -> None:
        self.system = system
        self.code = code
        self.retry_after = retry_after
        super().__init__(f"{system}: {message} ({code})")


class Unavailable(ConnectorError):
    """The system did not take the request: nothing happened there."""


class Rejected(ConnectorError):
    """The system refused this request and would refuse it again."""


class NotLetIn(Rejected):
    """The system refused the credentials; a busy one sometimes does so in passing."""


class OutsidePage(Rejected):
    """The page doesn't give this request: the wire guard kept it back, and nothing left."""


class AnswerLost(ConnectorError):
    """The request left, its answer never came: look it up before doing it again."""
