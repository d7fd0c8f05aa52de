"""What a device needs to put the site among its apps: a manifest, and the logo as pixels."""

import json
from pathlib import Path

from PIL import Image

from scripts.finish import logo
from scripts.finish.built_pages import in_order
from scripts.look import ACCENT, GROUND

MANIFEST = "site.webmanifest"
ICONS = "assets/icons"
SIZES = (192, 512)
TOUCH = 180  # Apple's
SAFE = 0.56  # of a side: within the circle to which a device may cut a maskable icon


def run(site_dir: Path) -> None:
    pages = in_order(site_dir)
    if not pages:
        return
    svg = site_dir / logo.LOGO
    (site_dir / ICONS).mkdir(parents=True, exist_ok=True)
    icons = [{"src": logo.LOGO, "sizes": "any", "type": "image/svg+xml"}]
    for size in SIZES:
        for purpose, picture in (("any", logo.draw(svg, size, ACCENT)), ("maskable", on_ground(svg, size))):
            name = f"{ICONS}/{purpose}-{size}.png"
            picture.save(site_dir / name)
            icons.append({"src": name, "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose})
    on_ground(svg, TOUCH).save(site_dir / ICONS / "touch.png")
    manifest = {
        "name": pages[0].title,
        "short_name": "LLM Questions",
        "description": pages[0].description,
        "lang": "en",
        "id": "./",
        "start_url": "./",
        "scope": "./",
        "display": "minimal-ui",
        "background_color": GROUND,
        "theme_color": GROUND,
        "icons": icons,
    }
    (site_dir / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def on_ground(svg: Path, size: int) -> Image.Image:
    icon = Image.new("RGB", (size, size), GROUND)
    mark = logo.draw(svg, round(size * SAFE), ACCENT)
    corner = (size - mark.width) // 2
    icon.paste(mark, (corner, corner), mark)
    return icon
