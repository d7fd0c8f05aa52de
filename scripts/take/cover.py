"""The cover of the e-book, as the picture that shelves of readers show."""

import io
import textwrap

from PIL import Image, ImageDraw, ImageFont

from scripts.look import ACCENT, FONTS, GROUND, MUTED, TEXT

SIZE = (1200, 1800)
MARGIN = 120


def draw(title: str, below: str) -> bytes:
    """As PNG."""
    image = Image.new("RGB", SIZE, GROUND)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, 48, SIZE[1]), fill=ACCENT)
    lines = textwrap.fill(title, 12)
    pen.multiline_text((MARGIN, 320), lines, TEXT, _font("DejaVuSans-Bold.ttf", 120), spacing=36)
    pen.text((MARGIN, SIZE[1] - 320), below, MUTED, _font("DejaVuSans.ttf", 56))
    pen.text((MARGIN, SIZE[1] - 230), "Answered, derived, tested", ACCENT, _font("DejaVuSans.ttf", 56))
    output = io.BytesIO()
    image.save(output, "PNG", optimize=True)
    return output.getvalue()


def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / name, size)
