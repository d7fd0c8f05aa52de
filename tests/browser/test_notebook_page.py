"""A notebook is a page like every other: as light, typeset, and usable with a keyboard."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from scripts.run_notebooks import NOTEBOOKS
from tests.browser.conftest import DESKTOP, LAY_OUT_ALL, new_context, watched
from tests.built_site import Site

PAGES = [f"notebooks/{path.stem}/" for path in sorted(NOTEBOOKS.glob("*.ipynb"))]
MOST = 150_000  # bytes sent for a page and all that it requests


@pytest.fixture(scope="module", params=PAGES)
def notebook(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Iterator[Page]:
    """Open, with all of its figures loaded. Fails on any request to another host, as every page does."""
    responses: list[Response] = []
    with new_context(browser, site) as context, watched(context.new_page(), site) as page:
        page.on("response", lambda response: responses.append(response))
        page.goto(request.param)
        for image in page.locator("article img").all():
            image.scroll_into_view_if_needed()
        page.wait_for_load_state("networkidle")
        page.sent = {r.url: max(r.request.sizes()["responseBodySize"], 0) for r in responses}
        yield page


def stored_images(notebook: Page) -> int:
    """How many outputs of the notebook's file are images."""
    (name,) = [page for page in PAGES if page in notebook.url]
    cells = json.loads((NOTEBOOKS / f"{Path(name).name}.ipynb").read_text("utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return sum(any(kind.startswith("image/") for kind in output.get("data", {})) for output in outputs)


def test_it_is_light(notebook: Page):
    largest = sorted(notebook.sent.items(), key=lambda item: -item[1])[:5]
    assert sum(notebook.sent.values()) < MOST, largest


def test_its_formulas_are_typeset(notebook: Page):
    assert notebook.locator("article mjx-container").count() > 0
    article = notebook.locator("article").evaluate(
        """article => {
          const copy = article.cloneNode(true)
          copy.querySelectorAll("pre, code, mjx-container").forEach((element) => element.remove())
          return copy.textContent
        }"""
    )
    assert not re.search(r"\$|\\\(|\\\[|\\[a-z]{3}", article)


def test_code_can_be_copied_and_is_highlighted(notebook: Page):
    cells = notebook.locator("article .language-python.highlight")
    assert cells.count() > 5
    expect(notebook.locator("article .highlight .md-code__button")).to_have_count(cells.count())
    assert cells.first.locator(".kn").count(), "keywords carry the classes that the theme colors"


def test_outputs_are_reached_and_scrolled_with_the_keyboard(notebook: Page):
    notebook.set_viewport_size({"width": 360, "height": 800})
    notebook.add_style_tag(content=LAY_OUT_ALL)
    outputs = notebook.locator(".notebook-output")
    scrolled = [o for o in outputs.all() if o.evaluate("o => o.scrollWidth > o.clientWidth")]
    assert scrolled
    scrolled[0].focus()
    notebook.keyboard.press("ArrowRight")
    notebook.wait_for_function("o => o.scrollLeft > 0", arg=scrolled[0].element_handle())
    notebook.set_viewport_size(DESKTOP)


def test_its_figures_say_what_they_show(notebook: Page):
    figures = notebook.locator("article img")
    assert figures.count() == stored_images(notebook)
    for figure in figures.all():
        assert len(figure.get_attribute("alt")) > 40
        assert figure.evaluate("image => image.naturalWidth") > 0


def test_its_contents_lead_to_its_sections(notebook: Page):
    links = notebook.locator(".md-sidebar--secondary a.md-nav__link")
    anchors = links.evaluate_all("links => links.map((link) => decodeURIComponent(link.hash.slice(1)))")
    assert len(anchors) > 5
    missing = notebook.evaluate("ids => ids.filter((id) => !document.getElementById(id))", anchors)
    assert missing == []


def test_solutions_open_and_close(notebook: Page):
    solution = notebook.locator("article details").first
    text = solution.locator("p:not(summary)").first
    expect(text).to_be_hidden()
    solution.locator("summary").press("Enter")
    expect(text).to_be_visible()
