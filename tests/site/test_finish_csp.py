"""The policy in the pages, and links out of the site. tests/browser/test_policy.py shows what it does."""

from pathlib import Path

import pytest
import yaml
from lxml import html

from scripts.finish import FinishError, csp, links
from tests.built_site import Site

HEAD = '<!doctype html><html><head><meta charset="utf-8">{}<title>A page</title></head></html>'


@pytest.fixture
def write(tmp_path: Path):
    def run(head: str) -> str:
        page = tmp_path / "page" / "index.html"
        page.parent.mkdir(exist_ok=True)
        page.write_text(HEAD.format(head), "utf-8")
        csp.run(tmp_path)
        return page.read_text("utf-8")

    return run


def everything(site: Site):
    return {path.relative_to(site.folder): html.parse(path).getroot() for path in site.folder.rglob("*.html")}


def test_a_second_run_changes_nothing(write, tmp_path: Path):
    once = write("")
    csp.run(tmp_path)
    assert (tmp_path / "page/index.html").read_text("utf-8") == once


def test_unknown_scripts_fail_the_build_and_data_does_not(write):
    write('<script type="application/json">{"a": 1}</script><script src="a.js"></script>')
    with pytest.raises(FinishError, match=r"^page/index\.html: .*'evil\(\)'.* hash [\w+/]{43}=$"):
        write("<script>evil()</script>")


def test_a_page_that_the_policy_cannot_stand_in_fails_the_build(tmp_path: Path):
    (tmp_path / "index.html").write_text("<!doctype html><title>A page</title>", "utf-8")
    with pytest.raises(FinishError, match=r"^index\.html: no <meta charset"):
        csp.run(tmp_path)


def test_every_page_begins_with_the_same_policy(site: Site):
    policies = set()
    for path, document in everything(site).items():
        policy = document.find("head")[1]
        assert policy.get("http-equiv") == "Content-Security-Policy", path
        policies.add(policy.get("content"))
    (policy,) = policies
    directives = dict(directive.split(" ", 1) for directive in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert "unsafe" not in directives["script-src"]
    assert not any(
        ":" in source and source != "data:" for value in directives.values() for source in value.split()
    )


def test_the_listed_scripts_are_those_of_the_pages(site: Site):
    listed = {entry["sha256"] for entry in yaml.safe_load(csp.ALLOWED.read_text("utf-8"))}
    pages = [path.read_text("utf-8") for path in site.folder.rglob("*.html")]
    assert {csp.digest(source) for page in pages for source in csp.inline_scripts(page)} == listed


def test_no_element_has_a_script_in_an_attribute(site: Site):
    for path, document in everything(site).items():
        assert document.xpath("//@*[starts-with(name(), 'on')]") == [], path
        scripts = {
            link for link in document.xpath("//@href | //@src | //@action") if link.startswith("javascript:")
        }
        assert scripts <= {"javascript:void(0)"}, (
            path
        )  # Material's link to share a search, whose click it handles


def test_links_out_of_the_site_have_no_opener(site: Site):
    found = 0
    for path, document in everything(site).items():
        for link in document.xpath("//a[starts-with(@href, 'http')]"):
            assert "noopener" in link.get("rel", "").split(), f"{path}: {link.get('href')}"
            found += 1
    assert found > 100


@pytest.mark.parametrize(
    ("link", "rel"),
    [
        ('<a href="https://example.org/">x</a>', "noopener"),
        ('<a class="b" rel="edit" href="http://example.org/">x</a>', "edit noopener"),
        ('<a href="https://example.org/" rel="license noopener">x</a>', "license noopener"),
        ('<a href="../page/">x</a>', None),
        ('<a id="https">x</a>', None),
    ],
)
def test_relation_is_added_where_it_is_missing(tmp_path: Path, link, rel):
    page = tmp_path / "index.html"
    page.write_text(f"<p>{link}</p>", "utf-8")
    links.run(tmp_path)
    once = page.read_text("utf-8")
    links.run(tmp_path)
    assert page.read_text("utf-8") == once
    assert html.fromstring(once).find(".//a").get("rel") == rel
