"""Runs a command, and says what memory it took: `python -m tests.prove.telling summary …`."""

import json
import sys
from contextlib import redirect_stdout
from io import StringIO

from tests.prove.verifying import memory
from triage_agent.cli import main


def told() -> str:
    """What the command prints; it ends well, or this does as it did."""
    with redirect_stdout(StringIO()) as printed:
        try:
            main()
        except SystemExit as ended:
            if ended.code:
                raise
    return printed.getvalue()


if __name__ == "__main__":
    words = len(told().split())
    sys.stdout.write(json.dumps({"words": words, "memory": memory()}))
