"""From the first key in a calculator or moving figure to the painted result, on a processor 4 times slower.

Slower than a desktop's: how much this machine is slowed down follows from Lighthouse's measure of it, taken
before each run; the median of the last ones counts, since machines are faster for moments. LLMQ_SITE=path
measures a site that is already built. Times are those of the page only while little else runs, so the load of
the machine is printed with them.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, CDPSession, Locator, Page, sync_playwright

from bench.sample_site import ROOT, build
from scripts import chromium
from scripts.static_server import serve

ALLOWED = 100.0  # milliseconds
SLOWER = 4
DESKTOP = 1500  # Lighthouse's BenchmarkIndex
RUNS = 5
REMEMBERED = 15  # measures of the machine
INDEX = """
import { pageFunctions } from "./bench/node_modules/lighthouse/core/lib/page-functions.js";
console.log(pageFunctions.computeBenchmarkIndex.toString());
"""
PARTS = ':is([data-part="calculator"], [data-part="figure"])'


class Input(NamedTuple):
    control: str  # a selector
    key: str


# What a reader may touch first, and the key that does it; the first of each kind in an element is measured.
FIRST_INPUTS = {
    "text": Input('input:not([type="range"], [type="checkbox"]), textarea', "1"),
    "slider": Input('input[type="range"]', "ArrowRight"),
    "choice": Input("select", "ArrowDown"),
    "box": Input('input[type="checkbox"]', "Space"),
    "step": Input('button:text-is("Step")', "Enter"),
}
# The second frame begins after the first, which shows the result, was handed on: a reader waits no longer.
WATCH = """() => {
  globalThis.painted = new Promise((done) => addEventListener("keydown", ({ timeStamp }) =>
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - timeStamp))),
    { capture: true, once: true }));
}"""


class Case(NamedTuple):
    address: str
    element: str
    kind: str


class Time(NamedTuple):
    index: float  # of the machine
    waited: float  # milliseconds until the result was seen
    work: float  # of the page's main thread in them, whatever else the machine does


@cache
def index_function() -> str:
    command = [ROOT / ".venv/bin/node", "--input-type=module", "--eval", INDEX]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def benchmark_index(browser: Browser) -> float:
    page = browser.new_page()
    index = page.evaluate(index_function())
    page.close()
    return index


def open_part(browser: Browser, home: str, address: str, element: str) -> tuple[Page, Locator, CDPSession]:
    page = browser.new_page(base_url=home, viewport={"width": 1280, "height": 800})
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(address)
    part = page.locator(element).first
    part.scroll_into_view_if_needed()
    part.locator("form").first.wait_for()
    return page, part, tools


def main_thread(tools: CDPSession) -> float:
    metrics = tools.send("Performance.getMetrics")["metrics"]
    return 1000 * next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")


def first_input(part: Locator, kind: str) -> Locator:
    return part.locator(FIRST_INPUTS[kind].control).locator("visible=true").first


def find_cases(browser: Browser, home: str, site: Path) -> Iterator[Case]:
    for path in sorted(site.rglob("index.html")):
        if 'data-part="' not in path.read_text("utf-8"):
            continue
        address = f"{path.parent.relative_to(site).as_posix()}/"
        page = browser.new_page(base_url=home)
        page.goto(address)
        elements = page.locator(PARTS).evaluate_all("(parts) => parts.map((part) => part.localName)")
        page.close()
        for element in dict.fromkeys(elements):
            page, part, _ = open_part(browser, home, address, element)
            kinds = [kind for kind in FIRST_INPUTS if first_input(part, kind).count()]
            page.close()
            yield from (Case(address, element, kind) for kind in kinds)


def measure(browser: Browser, home: str, case: Case, indexes: deque[float]) -> Time:
    """Of one page that has just been opened."""
    indexes.append(benchmark_index(browser))
    index = statistics.median(indexes)
    page, part, tools = open_part(browser, home, case.address, case.element)
    first_input(part, case.kind).focus()
    tools.send("Emulation.setCPUThrottlingRate", {"rate": max(1, SLOWER * index / DESKTOP)})
    page.evaluate("() => new Promise((done) => requestIdleCallback(done, { timeout: 5000 }))")
    state = "(part) => part.innerText + part.innerHTML"
    before = part.evaluate(state)
    page.evaluate(WATCH)
    earlier = main_thread(tools)
    page.keyboard.press(FIRST_INPUTS[case.kind].key)
    waited = page.evaluate("() => painted")
    work = main_thread(tools) - earlier
    if part.evaluate(state) == before:
        raise SystemExit(f"{case.address}: the key in the {case.kind} of <{case.element}> changes nothing")
    page.close()
    return Time(index, waited, work)


def main() -> None:
    executable = chromium.find() or sys.exit(chromium.MISSING)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Path(os.environ.get("LLMQ_SITE") or folder)
        if site == Path(folder):
            build(ROOT / "mkdocs.yml", site)
        browser = playwright.chromium.launch(executable_path=executable, args=[*chromium.QUIET])
        slow = []
        load = "{:.1f} {:.1f} {:.1f}".format(*os.getloadavg())
        print(f"load {load} on {os.cpu_count()} processors; median of {RUNS} runs, in ms")
        print(f"{'page':<40}{'element':<24}{'input':<8}painted      range   work of the page   index")
        indexes = deque((benchmark_index(browser) for _ in range(REMEMBERED)), maxlen=REMEMBERED)
        with serve(site) as home:
            for case in find_cases(browser, home, site):
                times = [measure(browser, home, case, indexes) for _ in range(RUNS)]
                waits = [time.waited for time in times]
                index, median, work = (statistics.median(column) for column in zip(*times, strict=True))
                row = f"{case.address:<40}{case.element:<24}{case.kind:<8}{median:>7.0f}"
                print(f"{row}{min(waits):>6.0f} to{max(waits):>4.0f}{work:>12.0f}{index:>14.0f}", flush=True)
                if median > ALLOWED:
                    slow.append(f"<{case.element}>, {case.kind}: {median:.0f} ms")
        browser.close()
    if slow:
        raise SystemExit(f"slower than {ALLOWED:.0f} ms: {'; '.join(slow)}")
    print(f"all within {ALLOWED:.0f} ms")
