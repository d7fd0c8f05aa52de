"""Draws the site's logo, an SVG of rectangles, with Pillow: for pictures that have to be pixels."""

from pathlib import Path
from xml.etree import ElementTree

from PIL import Image, ImageDraw

FINER = 4  # times as fine as asked for, then made smaller: smooth corners
LOGO = "assets/logo.svg"


def draw(svg: Path, size: int, color: str) -> Image.Image:
    """The logo, `size` pixels wide and high, on nothing."""
    root = ElementTree.fromstring(svg.read_bytes())
    scale = size * FINER / float(root.get("viewBox").split()[2])
    mask = Image.new("L", (size * FINER, size * FINER))
    pen = ImageDraw.Draw(mask)
    for shape in root.iter("{http://www.w3.org/2000/svg}rect"):
        x, y, width, height, radius = (float(shape.get(name)) for name in ("x", "y", "width", "height", "rx"))
        corners = [x * scale, y * scale, (x + width) * scale - 1, (y + height) * scale - 1]
        opacity = round(255 * float(shape.get("opacity", 1)))
        pen.rounded_rectangle(corners, radius * scale, fill=opacity)
    image = Image.new("RGBA", (size, size), color)
    image.putalpha(mask.reduce(FINER))
    return image
