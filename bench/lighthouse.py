"""Lighthouse (mobile) on formula-heavy pages and the notebook, beside the same pages without formulas."""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.sample_site import ROOT, build
from scripts import chromium
from scripts.static_server import serve

PAGES = (
    "transformers/why-divide-by-sqrt-dk/",
    "positional-encoding/rope/",
    "positional-encoding/sinusoidal/",
    "notebooks/attention-step-by-step/",
)
RUNS = 5
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
CHROME_FLAGS = " ".join(("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", *chromium.QUIET))


def without_formulas(site: Path, copy: Path) -> None:
    """The same pages with a word for every formula, and without the styles and fonts of formulas."""
    shutil.copytree(site, copy)
    for page in copy.rglob("*.html"):
        html = page.read_text("utf-8")
        html = re.sub(r"<mjx-container.*?</mjx-container>", "formula", html, flags=re.DOTALL)
        html = re.sub(
            r'<style id="formulas">.*?</style>|<link[^>]*/formulas/[^>]*>', "", html, flags=re.DOTALL
        )
        page.write_text(html, "utf-8")


def audit(url: str, executable: str) -> dict:
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        command = [
            ROOT / ".venv/bin/node",
            ROOT / "bench/node_modules/lighthouse/cli/index.js",
            url,
            "--quiet",
            "--output=json",
            f"--output-path={report.name}",
            f"--only-categories={','.join(CATEGORIES)}",
            f"--chrome-flags={CHROME_FLAGS}",
        ]
        environment = os.environ | {"CHROME_PATH": executable}
        result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180)
        if result.returncode:
            raise SystemExit(f"Lighthouse failed on {url}:\n{result.stderr[-2000:]}")
        data = json.loads(Path(report.name).read_text("utf-8"))
    requests = data["audits"]["network-requests"]["details"]["items"]
    figures = {name: 100 * (data["categories"][name]["score"] or 0) for name in CATEGORIES}
    figures["lcp"] = data["audits"]["largest-contentful-paint"]["numericValue"]
    figures["cls"] = data["audits"]["cumulative-layout-shift"]["numericValue"]
    figures["tbt"] = data["audits"]["total-blocking-time"]["numericValue"]
    figures["kilobytes"] = sum(request.get("transferSize") or 0 for request in requests) / 1e3
    foreign = [r for r in requests if r["url"].startswith("http") and "//127.0.0.1" not in r["url"]]
    figures["foreign"] = len(foreign)
    return figures


def medians(urls: list[str], executable: str) -> list[dict]:
    """One for each address; they take turns, because a machine's speed changes within minutes."""
    runs = [[audit(url, executable) for url in urls] for _ in range(RUNS)]
    return [
        {name: statistics.median(run[name] for run in of_one) for name in of_one[0]}
        for of_one in zip(*runs, strict=True)
    ]


def main() -> None:
    executable = chromium.find() or sys.exit(chromium.MISSING)
    with tempfile.TemporaryDirectory() as folder:
        site, plain = Path(folder) / "site", Path(folder) / "plain"
        build(ROOT / "mkdocs.yml", site)
        without_formulas(site, plain)
        print(f"{'page':<40} perf a11y   bp  seo  LCP ms  TBT ms    CLS    KB  foreign")
        with serve(site) as address, serve(plain) as plain_address:
            for page in PAGES:
                full, bare = medians([f"{address}{page}", f"{plain_address}{page}"], executable)
                for name, row in ((page, full), ("  without formulas", bare)):
                    scores = "".join(f"{row[category]:>5.0f}" for category in CATEGORIES)
                    print(
                        f"{name:<40}{scores}{row['lcp']:>8.0f}{row['tbt']:>8.0f}"
                        f"{row['cls']:>7.3f}{row['kilobytes']:>6.0f}{row['foreign']:>9.0f}",
                        flush=True,
                    )
                difference, ratio = full["performance"] - bare["performance"], full["lcp"] / bare["lcp"]
                print(
                    f"  performance {difference:+.0f} points (allowed -3), LCP x {ratio:.2f} (allowed 1.10)"
                )
