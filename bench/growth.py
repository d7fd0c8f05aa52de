"""Cold build and rebuild time over 40, 160 and 640 pages, with and without navigation.prune.

The growth is judged by CPU time, which other work on the machine disturbs least.
"""

import resource
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from bench.sample_site import build, make_site

SIZES = (40, 160, 640)
ALLOWED_GROWTH = 5.0


class Seconds(NamedTuple):
    wall: float
    cpu: float


def seconds(config: Path, site: Path) -> Seconds:
    start, start_cpu = time.perf_counter(), _cpu()
    build(config, site)
    return Seconds(time.perf_counter() - start, _cpu() - start_cpu)


def _cpu() -> float:
    """Of all child processes so far, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    cold: dict[tuple[str, int], Seconds] = {}
    print(
        f"{'navigation':<14}{'pages':>6}{'cold s':>9}{'CPU s':>8}{'rebuild s':>11}{'CPU s':>8}{'page KB':>9}"
    )
    for name in ("full", "prune"):
        for n_pages in SIZES:
            with tempfile.TemporaryDirectory() as folder:
                config = make_site(Path(folder) / "project", n_pages, prune=name == "prune")
                site = Path(folder) / "site"
                cold[name, n_pages] = first = seconds(config, site)
                again = seconds(config, site)
                page = max(site.glob("section-0/*/index.html"), key=lambda path: path.stat().st_size)
                kilobytes = page.stat().st_size / 1e3
                times = f"{first.wall:>9.1f}{first.cpu:>8.1f}{again.wall:>11.1f}{again.cpu:>8.1f}"
                print(f"{name:<14}{n_pages:>6}{times}{kilobytes:>9.0f}", flush=True)
    for name in ("full", "prune"):
        ratio = cold[name, 640].cpu / cold[name, 160].cpu
        verdict = f"{'within' if ratio <= ALLOWED_GROWTH else 'OVER'} the allowed {ALLOWED_GROWTH:g}"
        print(f"{name}: 640 pages take {ratio:.1f} times the CPU time of 160, {verdict}")
