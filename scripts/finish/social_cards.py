"""A picture for each page, which other sites show beside a link to it: title, section, the site's name.

The page says in <meta property="og:image"> where it is. A picture once drawn stays in .cache/cards/.
"""

import hashlib
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import PIL
from PIL import Image, ImageDraw, ImageFont

from scripts import look
from scripts.finish import logo
from scripts.finish.built_pages import Built, in_order
from scripts.look import ACCENT, FONTS, GROUND, MUTED, TEXT
from scripts.pages import ROOT

CACHE = ROOT / ".cache" / "cards"
SIZE = (1200, 630)
MARGIN = 80
TITLE_SIZES = range(76, 35, -4)
TITLE_HEIGHT = 300
COLORS = 32  # letters have smooth edges, and that is all
DRAWN_WITH = (Path(__file__), Path(logo.__file__), Path(look.__file__))


def run(site_dir: Path) -> None:
    pages = in_order(site_dir)
    if not pages:
        return
    home = pages[0]
    svg = site_dir / logo.LOGO
    versions = [PIL.__version__.encode(), svg.read_bytes(), *(path.read_bytes() for path in DRAWN_WITH)]
    CACHE.mkdir(parents=True, exist_ok=True)
    for page in pages:
        words = [page.title, page.section, home.title, home.url]
        key = hashlib.sha256(b"\0".join([*versions, *(word.encode() for word in words)])).hexdigest()
        kept = CACHE / f"{key}.png"
        if not kept.is_file():
            partial = kept.with_suffix(".partial")  # whoever else builds meanwhile finds whole files only
            draw(page, home, svg).save(partial, "PNG")
            partial.replace(kept)
        target = site_dir / page.head["og:image"].removeprefix(home.url)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(kept.read_bytes())


def draw(page: Built, home: Built, svg: Path) -> Image.Image:
    card = Image.new("RGB", SIZE, GROUND)
    pen = ImageDraw.Draw(card)
    width, height = SIZE
    pen.rectangle([0, 0, width, 14], fill=ACCENT)
    mark = logo.draw(svg, 64, ACCENT)
    card.paste(mark, (MARGIN - 6, 68), mark)
    pen.text((MARGIN + 78, 100), home.title, fill=TEXT, font=_font(30, bold=True), anchor="lm")
    if page is home:
        title, above = home.description, ""
    else:
        title, above = page.title, page.section
    if above:
        pen.text((MARGIN, 204), above, fill=ACCENT, font=_font(32, bold=True), anchor="lm")
    font, lines = fitted(title, width - 2 * MARGIN)
    top = 244
    for number, line in enumerate(lines):
        pen.text((MARGIN, top + number * line_height(font)), line, fill=TEXT, font=font)
    address = urlsplit(home.url)
    pen.text(
        (MARGIN, height - 56),
        f"{address.netloc}{address.path}".rstrip("/"),
        fill=MUTED,
        font=_font(26),
        anchor="lm",
    )
    return card.quantize(COLORS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)


def fitted(text: str, width: int) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """The largest letters in which the text has room, and its lines."""
    for size in TITLE_SIZES:
        font = _font(size, bold=True)
        lines = wrapped(text, font, width)
        fits = all(font.getlength(line) <= width for line in lines)
        if fits and len(lines) * line_height(font) <= TITLE_HEIGHT:
            return font, lines
    room = TITLE_HEIGHT // line_height(font)
    return font, lines if len(lines) <= room else [*lines[: room - 1], f"{lines[room - 1]} …"]


def wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def line_height(font: ImageFont.FreeTypeFont) -> int:
    return round(font.size * 1.25)


@cache
def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(FONTS / name, size, layout_engine=ImageFont.Layout.BASIC)
