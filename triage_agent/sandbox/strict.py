"""What both lists of a faults file are made of."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

System = Literal["salesforce", "slack", "model"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def listed(value: object) -> object:
    """A list, of which one entry may be written without brackets."""
    return value if isinstance(value, list) else [value]
