"""How the model behaves: as it is asked, or not."""

from dataclasses import dataclass, replace
from typing import Literal

from triage_agent.sandbox.strict import Strict


@dataclass(frozen=True)
class Manner:
    """`name`: what its answers say that they are from, where that isn't the model asked for."""

    name: str | None = None
    obeys_schema: bool = True
    obeys_token_limit: bool = True


class ModelFault(Strict):
    """The model doesn't do as it is asked, or is another one."""

    fault: Literal["ignores_schema", "ignores_token_limit", "other_model"]

    def on(self, manner: Manner) -> Manner:
        match self.fault:
            case "ignores_schema":
                return replace(manner, obeys_schema=False)
            case "ignores_token_limit":
                return replace(manner, obeys_token_limit=False)
            case "other_model":
                return replace(manner, name="another-model-2026-11")
