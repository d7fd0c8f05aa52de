"""Pictures made of pixels: the colors of light pages, as in site.css, and where the fonts of figures are."""

import importlib.util
from pathlib import Path

GROUND, TEXT, MUTED, ACCENT = "#ffffff", "#1f2328", "#5c646d", "#0b6472"
# DejaVu, which has √, µ and × too. It comes with Matplotlib, whose import would take longer than to find it.
FONTS = Path(importlib.util.find_spec("matplotlib").origin).parent / "mpl-data" / "fonts" / "ttf"
