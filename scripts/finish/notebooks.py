"""Turns each notebook page of a built site into plain Material markup. Runs before the formulas are typeset.

mkdocs-jupyter wraps a notebook in 600 KB of inline style sheets and scripts, some from other hosts, and
leaves formulas, links and images as the notebook has them. After this step a notebook page is made like every
other page: no style or script of its own, formulas in `.arithmatex` elements, links that lead to built pages,
figures as files with alt text, outputs that a keyboard reaches, a description, a search entry per section.
The notebook that lies beside it, to be downloaded, is told from where to fetch the repository.
"""

import base64
import hashlib
import html
import json
import os
import re
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup, NavigableString, Tag

from scripts.finish import FinishError

START = '<div class="jupyter-wrapper">'
END = "</div> <!-- jupyter-wrapper -->"
IMAGES = "assets/notebooks"
REPOSITORY = re.compile(r'<a href="([^"]+)"[^>]*class="md-source"')
UNKNOWN = r"REPOSITORY = \"\""  # in the first cell, as JSON
TO_FILES = re.compile(r'<p class="facts to-files">.*?</p>', re.S)  # of the template, not of the notebook
DISPLAY_MATH = re.compile(r"\$\$(.+?)\$\$", re.S)
INLINE_MATH = re.compile(r"\$(?!\s)([^$]+?)(?<!\s)\$")


def run(site_dir: Path) -> None:
    for path in sorted(site_dir.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        if START in text:
            path.write_text(_Page(site_dir, path).lightened(text), encoding="utf-8")
            if repository := REPOSITORY.search(text):
                _tell(path, repository[1])


def _tell(path: Path, repository: str) -> None:
    for notebook in path.parent.glob("*.ipynb"):
        text = notebook.read_text(encoding="utf-8")
        notebook.write_text(text.replace(UNKNOWN, rf"REPOSITORY = \"{repository}\""), encoding="utf-8")


class _Page:
    def __init__(self, site_dir: Path, path: Path):
        self.site_dir, self.path = site_dir, path
        is_directory = path.name == "index.html"
        self.name = path.parent.name if is_directory else path.stem
        self.source_dir = path.parent.parent if is_directory else path.parent  # where docs/ has the notebook
        self.url = f"{path.parent.relative_to(site_dir).as_posix()}/" if is_directory else path.name
        self.images = 0

    def lightened(self, text: str) -> str:
        opening, closing = text.index("<article"), text.index("</article>")
        before, rest = text[opening:closing].split(START, 1)
        notebook, after = rest.split(END, 1)
        soup = BeautifulSoup(START + notebook, "html.parser")
        self.anchors = {f"#{tag['id']}" for tag in soup.select("[id]")}
        body = "\n".join(self._cells(soup))
        self._index(body)
        head = self._described(text[:opening], soup)
        return head + _bare(before) + body + _bare(after) + text[closing:]

    def error(self, message: str) -> FinishError:
        return FinishError(f"{self.source_dir.relative_to(self.site_dir)}/{self.name}.ipynb: {message}")

    def _described(self, head: str, soup: BeautifulSoup) -> str:
        """The page's head with the first paragraph as description: a notebook has no front matter for it."""
        first = soup.select_one(".jp-RenderedMarkdown p:not(.facts)")
        description = html.escape(" ".join(first.get_text().split())) if first else ""
        tag = re.compile(r'(<meta (?:name|property)="(?:og:)?description" content=")[^"]*')
        return tag.sub(lambda match: match[1] + description, head)

    def _cells(self, soup: BeautifulSoup):
        for cell in soup.select(".jp-MarkdownCell[id], .jp-CodeCell[id]"):
            if "jp-MarkdownCell" in cell["class"]:
                yield self._markdown(cell.select_one(".jp-RenderedMarkdown"))
                continue
            yield _code(cell.select_one(".highlight-ipynb > pre"))
            yield from map(self._output, cell.select(".jp-OutputArea-output"))

    def _markdown(self, cell: Tag) -> str:
        for heading in cell.select("h1, h2, h3, h4, h5, h6"):
            anchor = heading.select_one("a.anchor-link")
            anchor["class"], anchor["title"] = "headerlink", "Link to this section"
        for listing in cell.select("div.highlight > pre"):
            listing.parent.replace_with(BeautifulSoup(_code(listing), "html.parser"))
        for link in cell.select("a[href]:not(.headerlink, .facts a)"):
            link["href"] = self._target(link["href"])
        for image in cell.select("img"):
            image["src"] = self._target(image["src"])
        self._math(cell)
        return cell.decode_contents().strip()

    def _math(self, cell: Tag) -> None:
        for node in list(cell.find_all(string=lambda s: "$" in s)):
            if node.find_parent(["pre", "code"]):
                continue
            text = str(node.output_ready())
            text = DISPLAY_MATH.sub(lambda m: f'<div class="arithmatex">\\[{m[1]}\\]</div>', text)
            text = INLINE_MATH.sub(lambda m: f'<span class="arithmatex">\\({m[1]}\\)</span>', text)
            if "$" in text:
                raise self.error(f"a formula without its second dollar sign: {text.strip()[:80]}")
            node.replace_with(BeautifulSoup(text, "html.parser"))
        for paragraph in cell.select("p:has(> div.arithmatex)"):
            if any(isinstance(c, NavigableString) and c.strip() for c in paragraph.children):
                raise self.error("a display formula needs an empty line before and after it")
            paragraph.unwrap()

    def _target(self, link: str) -> str:
        """A link as the notebook has it, which is relative to its place in docs/, as the page needs it."""
        if re.match(r"[a-z][a-z0-9+.-]*:", link) or link in self.anchors:
            return link
        path, _, anchor = unquote(link).partition("#")
        wanted = Path(os.path.normpath(self.source_dir / path))
        if wanted.suffix in (".md", ".ipynb"):
            page = wanted.with_suffix("")
            places = [page.parent / "index.html"] if page.name == "index" else [page / "index.html"]
            places.append(page.with_suffix(".html"))
        else:
            places = [wanted]
        found = next((place for place in places if place.is_file()), None)
        if path.startswith("/") or (path and found is None):
            raise self.error(f"the link {link} leads to no page or file")
        if anchor and (not path or f'id="{anchor}"' not in found.read_text(encoding="utf-8")):
            raise self.error(f"the link {link} leads to a section that does not exist")
        relative = os.path.relpath(found, self.path.parent).replace(os.sep, "/")
        relative = relative.removesuffix("index.html") if found.name == "index.html" else relative
        return (relative or "./") + (f"#{anchor}" if anchor else "")

    def _output(self, output: Tag) -> str:
        kind = output["data-mime-type"]
        if kind == "text/plain":
            # The group makes a name possible, and the focus lets the arrow keys scroll a wide array.
            text = output.select_one("pre").decode_contents().rstrip("\n")
            attributes = 'class="notebook-output" role="group" aria-label="Output" tabindex="0"'
            return f"<div {attributes}><pre>{text}</pre></div>"
        if kind == "image/svg+xml":
            return self._figure(base64.b64decode(output.select_one("img")["src"].partition(",")[2]))
        raise self.error(f"an output of type {kind}: print text or show an SVG")

    def _figure(self, svg: bytes) -> str:
        drawing = BeautifulSoup(svg, "html.parser").svg
        title = drawing.find("title", recursive=False)
        if title is None or not title.get_text(strip=True):
            raise self.error("a figure without a <title> that says what it shows")
        self.images += 1
        name = f"{IMAGES}/{self.name}-{self.images}.{hashlib.sha256(svg).hexdigest()[:8]}.svg"
        (self.site_dir / IMAGES).mkdir(parents=True, exist_ok=True)
        (self.site_dir / name).write_bytes(svg)
        image = Tag(name="img", is_xml=False, can_be_empty_element=True)
        image["src"] = os.path.relpath(self.site_dir / name, self.path.parent).replace(os.sep, "/")
        image["alt"] = " ".join(title.get_text().split())
        image["width"], image["height"] = drawing["width"], drawing["height"]
        return f"<p>{image.decode()}</p>"

    def _index(self, body: str) -> None:
        """Replaces the page's search entries: those made before this step hold code twice and no formula."""
        path = self.site_dir / "search" / "search_index.json"
        if not path.is_file():
            return
        from material.plugins.search.plugin import Parser  # what makes the entries of all other pages

        index = json.loads(path.read_text(encoding="utf-8"))
        own = [e for e in index["docs"] if e["location"].partition("#")[0] == self.url]
        if not own:  # left out of the search on purpose
            return
        parser = Parser()
        parser.feed(TO_FILES.sub("", body))
        parser.close()
        entries = [
            own[0]
            | {
                "location": self.url + (f"#{section.id}" if section.id else ""),
                "title": "".join(section.title).strip(),
                "text": "".join(section.text).strip(),
            }
            for section in parser.data
        ]
        place = index["docs"].index(own[0])
        others = [e for e in index["docs"] if e not in own]
        index["docs"] = others[:place] + entries + others[place:]
        path.write_text(json.dumps(index, separators=(",", ":")), encoding="utf-8")


def _bare(text: str) -> str:
    """The markup around a notebook without the style sheets and scripts that came with it."""
    return re.sub(r"<(style|script)\b.*?</\1>|<!--.*?-->", "", text, flags=re.S)


def _code(listing: Tag) -> str:
    code = listing.decode_contents().replace("<span></span>", "", 1).rstrip("\n")
    return f'<div class="language-python highlight"><pre><span></span><code>{code}\n</code></pre></div>'
