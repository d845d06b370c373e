"""Asks as a run over some leads asks, and does nothing else: the measure of a machine.

`python -m tests.bench.bare URL LEADS`
"""

import sys
from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI
from pydantic import BaseModel

AT_ONCE = 32
DRAFTED = 7  # of ten leads, as in `leads.MIX`
INSTRUCTIONS, LEAD = "Fill the form. " * 200, "We want a demo. " * 50  # as long as the agent's own


class Form(BaseModel):
    """What the model fills."""

    category: str
    confidence: float
    summary: str


def main(url: str, leads: int) -> None:
    """A form for every lead, and a second one for those that would get a draft."""
    client = OpenAI(api_key="sandbox", base_url=f"{url}/v1")

    def ask(number: int) -> None:
        messages = [("system", INSTRUCTIONS), ("user", f"Lead {number}. {LEAD}")]
        for _ in range(2 if number % 10 < DRAFTED else 1):
            client.chat.completions.parse(
                model="baseline",
                messages=[{"role": role, "content": text} for role, text in messages],  # type: ignore[misc]
                response_format=Form,
            )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(ask, range(leads)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
