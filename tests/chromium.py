"""Debian's Chromium without a window, for what only a browser can tell of a document."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def chromium(folder: Path, *arguments: str) -> str:
    """What it prints; skips where it isn't installed, unless that must not be.

    `folder` is for its profile, and nothing of it is kept.
    """
    found = shutil.which("chromium")
    if found is None:
        told = "Chromium isn't installed (Debian's packages chromium and fonts-liberation)"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    options += ["--no-first-run", f"--user-data-dir={folder}/profile"]
    ran = subprocess.run(  # noqa: S603 - found by us
        [found, *options, *arguments], check=True, capture_output=True, timeout=120
    )
    return ran.stdout.decode()
