"""Debian's Chromium without a window, for what only a browser can tell of a document."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
"""To be quiet, and to run as anybody."""


def installed() -> str:
    """Where it is; skips where it isn't installed, unless that must not be."""
    found = shutil.which("chromium")
    if found is None:
        told = "Chromium isn't installed (Debian's packages chromium and fonts-liberation)"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    return found


def chromium(folder: Path, *arguments: str) -> str:
    """What it prints. `folder` is for its profile, and nothing of it is kept."""
    options = ["--headless", *OPTIONS, f"--user-data-dir={folder}/profile"]
    ran = subprocess.run(  # noqa: S603 - found by us
        [installed(), *options, *arguments], check=True, capture_output=True, timeout=120
    )
    return ran.stdout.decode()
