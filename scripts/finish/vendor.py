"""Puts the one library that readers are sent, ts-fsrs for the practice page, and its license into the site.

It comes from npm by the lock file and is not committed. Where npm did not run, the practice page says so, and
shows its cards without a schedule.
"""

import os
import re
import sys
from pathlib import Path

from scripts.finish import FinishError

PACKAGE = Path(__file__).resolve().parents[2] / "node_modules" / "ts-fsrs"
FOLDER = Path("assets") / "javascripts" / "vendor"
# a quarter of what is sent: blocks that begin a line, and the address of a source map
UNSENT = re.compile(r"^[ \t]*/\*\*.*?\*/[ \t]*\n|^//# sourceMappingURL=.*\n?", re.S | re.M)
NOTICE = "/*! ts-fsrs without its comments; MIT license, see ts-fsrs.license.txt */\n"


def run(site_dir: Path) -> None:
    if not (PACKAGE / "package.json").is_file():
        missing = "ts-fsrs is not installed: run `npm ci`, or `make build`, which does it"
        if os.environ.get("LLMQ_REQUIRE_MATHJAX") == "1":  # then npm's packages have to be there, all of them
            raise FinishError(f"practice: {missing}")
        print(f"practice: {missing}. Until then cards are shown without a schedule.", file=sys.stderr)
        return
    folder = site_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    # named .js: not every server knows what .mjs is, and the browser runs no module of an unknown type
    source = (PACKAGE / "dist" / "index.mjs").read_text(encoding="utf-8")
    (folder / "ts-fsrs.js").write_text(NOTICE + UNSENT.sub("", source), encoding="utf-8")
    (folder / "ts-fsrs.license.txt").write_bytes((PACKAGE / "LICENSE").read_bytes())
