"""The styles of a page's formulas, with fonts cut down to the characters that the site's formulas use.

They stand in the page and hold only what its formulas need: a style sheet for all pages would delay the first
paint with another request and twice the bytes, and so would small fonts as files. The main font is a file.
"""

import base64
import hashlib
import io
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from scripts.finish.css import compact
from scripts.finish.formulas import mathjax
from scripts.finish.formulas.formula import Formula, Library, Typeset

FOLDER = Path("assets/formulas")
OURS = Path(__file__).with_name("formulas.css")
ZERO = "NCM-ZERO"  # a font without height, the first in every list
INLINE_BELOW = 2048  # bytes of a font

# Rules for what these pages never have (MathJax's menu, error boxes) or what is written below.
UNUSED = re.compile(
    r"@font-face|\.NCM-|mjx-container\[display\]\{|.*(mjx-selected|mjx-merror|overflow=|justify=)"
)
EARLIER = re.compile(r'<style id="formulas">.*?</style>', re.S)


class Styles:
    """What the formulas `shown` on the pages of a site need."""

    def __init__(self, library: Library, shown: Iterable[Formula]) -> None:
        self.library = library
        glyphs = _glyphs(library.typeset[formula] for formula in shown)
        self.fonts = {name: _cut(name, characters) for name, characters in sorted(glyphs.items())}
        self.files = {
            name: FOLDER / f"{_file(name)}.{_hash(data)}.woff2"
            for name, data in self.fonts.items()
            if len(data) >= INLINE_BELOW
        }

    def write_fonts(self, site_dir: Path) -> None:
        """Those that are files, in place of those of an earlier run."""
        for path in (site_dir / FOLDER).glob("*.woff2"):
            if path.relative_to(site_dir) not in self.files.values():
                path.unlink()
        for name, path in self.files.items():
            (site_dir / FOLDER).mkdir(parents=True, exist_ok=True)
            (site_dir / path).write_bytes(self.fonts[name])

    def applied(self, page: str, formulas: Iterable[Formula], up: str) -> str:
        """The page with what its formulas need, and no more; `up` leads from it to the top of the site."""
        page = EARLIER.sub("", page)
        typeset = [self.library.typeset[formula] for formula in set(formulas)]
        if not typeset:
            return page
        fonts = sorted(_glyphs(typeset))
        rules = sorted({self.library.rules[i] for formula in typeset for i in formula.rules})
        css = "\n".join([*self._faces(fonts, up), *self._base, *rules, self._ours])
        # not preloaded: the font would come before the site's style sheets, and text would wait for both
        return page.replace("</head>", f'<style id="formulas">{css}</style></head>', 1)

    def _faces(self, fonts: list[str], up: str) -> Iterable[str]:
        for name in fonts:
            inline = "data:font/woff2;base64," + base64.b64encode(self.fonts[name]).decode()
            url = f"{up}{self.files[name].as_posix()}" if name in self.files else inline
            yield f'@font-face{{font-family:MJX-{name};font-display:block;src:url({url}) format("woff2")}}'
            if name != ZERO:
                yield f".{name}{{font-family:MJX-{ZERO},MJX-{name}}}"

    @cached_property
    def _base(self) -> list[str]:
        return [rule for rule in self.library.base if not UNUSED.match(rule)]

    @cached_property
    def _ours(self) -> str:
        return compact(OURS.read_text(encoding="utf-8"))


def _glyphs(formulas: Iterable[Typeset]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for formula in formulas:
        for font, characters in formula.glyphs.items():
            # a browser measures lines with the first font of a list that has a space
            found.setdefault(font, set(" ")).update(characters)
    return {ZERO: set(" "), **found} if found else {}


def _cut(name: str, characters: set[str]) -> bytes:
    """The font as WOFF2 with nothing but these characters; kept in the cache."""
    original = (mathjax.FONTS / f"{_file(name)}.woff2").read_bytes()
    content = _hash(original + "".join(sorted(characters)).encode())
    cached = mathjax.CACHE / "fonts" / f"{_file(name)}.{content}.woff2"
    if not cached.is_file():
        cached.parent.mkdir(parents=True, exist_ok=True)
        partial = cached.with_suffix(".partial")
        partial.write_bytes(_subset(original, characters))
        partial.replace(cached)
    return cached.read_bytes()


def _subset(font: bytes, characters: set[str]) -> bytes:
    # slow to import, and only needed when the cache has no answer
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(hinting=False, layout_features=[], name_IDs=[], notdef_outline=True)
    options.drop_tables += ["ltag"]
    file = TTFont(io.BytesIO(font), recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[ord(character) for character in characters])
    subsetter.subset(file)
    file.flavor = "woff2"
    output = io.BytesIO()
    file.save(output)
    return output.getvalue()


def _file(name: str) -> str:
    return f"mjx-{name.lower()}"


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:8]
