"""make check: prints every problem as `path:line: what: how to mend it`, and fails if there is one."""

import argparse
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from scripts.check import rounds
from scripts.pages import ROOT

SITE = ROOT / ".cache" / "check" / "site"


def look(site: Path = SITE) -> list[str]:
    """What sources and the built site show."""
    found = [*rounds.source_problems(), *rounds.tool_problems()]
    shutil.rmtree(site, ignore_errors=True)
    return [*found, *rounds.site_problems(site), *rounds.validator_problems(site)]


def everything() -> list[str]:
    """Both at once: a process looks, another executes, and takes part when it has looked."""
    with ProcessPoolExecutor(max_workers=None) as pool:
        running = [pool.submit(look), *(pool.submit(task, *values) for task, values in rounds.truth_tasks())]
        return [problem for result in running for problem in result.result()]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.check", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="execute no code of pages, notebooks and figures"
    )
    found = list(dict.fromkeys(look() if parser.parse_args().quick else everything()))
    for problem in found:
        print(problem)
    if found:
        print(f"\n{len(found)} problem{'s' * (len(found) > 1)}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
