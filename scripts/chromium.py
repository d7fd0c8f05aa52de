"""The Chromium that prints the book and drives tests and measurements: see find_chromium.sh."""

import subprocess

from scripts.pages import ROOT

MISSING = "Chromium is missing: install the system package 'chromium', or name yours in $CHROMIUM"


def find() -> str | None:
    found = subprocess.run(["sh", ROOT / "scripts/find_chromium.sh"], capture_output=True, text=True)
    return found.stdout.strip() or None
