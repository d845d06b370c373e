"""Which faults are on: what the sandbox was started with, ready-made ones, a visitor's own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from pydantic import field_validator

from triage_agent.sandbox.content import own_yaml
from triage_agent.sandbox.fault_file import FaultFile, read_text
from triage_agent.sandbox.faults import Faults

STARTED, OWN = "started", "own"


class Trouble(FaultFile):
    """A ready-made fault, told to a visitor."""

    title: str
    goes_wrong: str
    agent_does: str


class OwnFaults(FaultFile):
    """A faults file as it may be while the sandbox runs."""

    @field_validator("org", mode="before")
    @classmethod
    def _from_the_start(cls, _value: object) -> object:
        raise ValueError(
            "how a system is set up can't change while it runs; "
            "remove this, or start the sandbox with --faults FILE"
        )


@cache
def troubles() -> Mapping[str, Trouble]:
    """The ready-made ones, by their keys."""
    content = own_yaml(__package__, "faults.yaml")
    return {key: Trouble.model_validate(trouble) for key, trouble in content.items()}


@dataclass
class Switches:
    """What is switched happens, or not, from the next request on; all faults count anew then.

    `text`: the visitor's own, as they wrote it; it is kept while it is off.
    """

    started: FaultFile
    faults: Faults
    on: set[str] = field(default_factory=lambda: {STARTED})
    text: str = ""
    own: FaultFile = field(default_factory=OwnFaults)

    def names(self) -> tuple[str, ...]:
        return (STARTED, OWN, *troubles())

    def switch(self, name: str, *, on: bool) -> None:
        self.on = self.on | {name} if on else self.on - {name}
        self.faults.start(*self._files())

    def all_off(self) -> None:
        self.on = set()
        self.faults.start()

    def write(self, text: str) -> None:
        """Takes the visitor's own and switches them on; `WrongUsage` where they are unclear."""
        self.own = read_text(text, "your faults", OwnFaults) if text.strip() else OwnFaults()
        self.text = text
        self.switch(OWN, on=bool(self.own.faults))

    def _files(self) -> Iterator[FaultFile]:
        """The ready-made ones are one file, so that chance draws for each of them anew."""
        if STARTED in self.on:
            yield self.started
        if OWN in self.on:
            yield self.own
        ready = [trouble for key, trouble in troubles().items() if key in self.on]
        yield FaultFile(faults=[fault for trouble in ready for fault in trouble.faults])
