"""Typesetting 1,600 distinct formulas, made from those of the pages: cold, cached, over finished pages."""

import html
import tempfile
import time
from pathlib import Path

import markdown

from bench.sample_site import question_pages
from scripts.finish import formulas
from scripts.finish.formulas import mathjax
from scripts.finish.formulas.formula import Formula

N_FORMULAS = 1600
N_PAGES = 40
ALLOWED_COLD, ALLOWED_CACHED = 5.0, 0.5


def page_formulas() -> list[Formula]:
    """Those of the question pages, each once, in the order of the pages."""
    converter = markdown.Markdown(
        extensions=["pymdownx.arithmatex", "pymdownx.superfences", "admonition", "tables"],
        extension_configs={"pymdownx.arithmatex": {"generic": True}},
    )
    built = (converter.reset().convert(page.read_text("utf-8")) for page in question_pages())
    return list(dict.fromkeys(part.formula for page in built for part in formulas.find(page)))


def distinct_formulas(n: int) -> list[Formula]:
    """Every formula of the pages, then each with something behind it, as often as needed."""
    written = page_formulas()
    copies = (
        Formula(f"{tex}, z_{{{copy}}}" if copy else tex, display)
        for copy in range(n)
        for tex, display in written
    )
    return [next(copies) for _ in range(n)]


def make_site(folder: Path, wanted: list[Formula]) -> None:
    for i in range(N_PAGES):
        body = "".join(_element(formula) for formula in wanted[i::N_PAGES])
        page = folder / f"page-{i}" / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(
            f"<!doctype html><html><head><title>Page</title></head><body>{body}</body></html>", "utf-8"
        )


def _element(formula: Formula) -> str:
    tex = html.escape(formula.tex)
    if formula.display:
        return f'<div class="arithmatex">\\[{tex}\\]</div>'
    return f'<p>Text <span class="arithmatex">\\({tex}\\)</span>.</p>'


def seconds(site: Path) -> float:
    start = time.perf_counter()
    formulas.run(site)
    return time.perf_counter() - start


def main() -> None:
    wanted = distinct_formulas(N_FORMULAS)
    display = sum(formula.display for formula in wanted)
    length = sum(len(formula.tex) for formula in wanted) / len(wanted)
    print(
        f"{len(set(wanted))} formulas ({display} displayed, {length:.0f} characters each) on {N_PAGES} pages"
    )
    kept = mathjax.CACHE
    with tempfile.TemporaryDirectory() as folder:
        mathjax.CACHE = Path(folder) / "cache"
        try:
            site = Path(folder) / "site"
            make_site(site, wanted)
            cold = seconds(site)
            make_site(site, wanted)
            cached = seconds(site)
            print(f"cold        {cold:6.2f} s (allowed {ALLOWED_COLD:g})")
            print(f"from cache  {cached:6.2f} s (allowed {ALLOWED_CACHED:g})")
            print(f"a second run over finished pages  {seconds(site):.2f} s")
        finally:
            mathjax.CACHE = kept
        for path in sorted(site.rglob("*.woff2")):
            print(f"{path.name}  {path.stat().st_size / 1e3:.1f} KB")


if __name__ == "__main__":
    main()
