"""The Chromium that prints the book and drives tests and measurements: see find_chromium.sh."""

import subprocess

from scripts.pages import ROOT

MISSING = "Chromium is missing: install the system package 'chromium', or name yours in $CHROMIUM"

# The first two draw suggestions of the address bar, in a process for each window: half the time of a visit.
# The others are those that Playwright turns off: of two such lists Chromium takes the last.
UNWANTED = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
QUIET = (
    "--no-sandbox",  # containers have none, and the site is ours
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--disable-features={','.join(UNWANTED)}",
)


def find() -> str | None:
    found = subprocess.run(["sh", ROOT / "scripts/find_chromium.sh"], capture_output=True, text=True)
    return found.stdout.strip() or None
