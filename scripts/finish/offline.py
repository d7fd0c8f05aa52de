"""Lets readers keep the whole site for reading offline, if they ask for it. Runs last: no file changes after.

docs/study/take-along.md has the button, docs/assets/javascripts/offline/ what it does. Here the service
worker gets the list of what it keeps: each file that a page may ask for, with its hash, and a version of them
all. offline.json says how much that is. What only others read is not kept: pictures for links, Markdown,
downloads.
"""

import base64
import hashlib
import json
from pathlib import Path
from urllib.parse import quote

SOURCE = Path(__file__).with_name("offline_worker.js")
WORKER = "offline-worker.js"
ABOUT = "offline.json"
# sitemap.xml: by it Material's instant navigation knows which links lead to pages
KINDS = {".html", ".css", ".js", ".json", ".svg", ".png", ".woff2", ".webmanifest", ".xml"}
LEFT_OUT = ("404.html", WORKER, ABOUT, "assets/cards/", "assets/javascripts/lunr/", "downloads/")


def run(site_dir: Path) -> None:
    paths = [path for path in sorted(site_dir.rglob("*")) if path.is_file() and is_kept(site_dir, path)]
    files = [(address(site_dir, path), digest(path)) for path in paths]
    worker = SOURCE.read_text(encoding="utf-8")
    version = hashlib.sha256(json.dumps([worker, files]).encode()).hexdigest()[:12]
    size = sum(path.stat().st_size for path in paths)
    about = {"version": version, "bytes": size, "files": files}
    constant = f"const SITE = {json.dumps(about, separators=(',', ':'))};\n"
    (site_dir / WORKER).write_text(constant + worker, encoding="utf-8")
    summary = about | {"files": len(files)}
    (site_dir / ABOUT).write_text(json.dumps(summary) + "\n", encoding="utf-8")


def is_kept(site_dir: Path, path: Path) -> bool:
    return path.suffix in KINDS and not path.relative_to(site_dir).as_posix().startswith(LEFT_OUT)


def address(site_dir: Path, path: Path) -> str:
    """Relative to the home page, as pages ask for it."""
    name = path.relative_to(site_dir).as_posix()
    return quote(name.removesuffix("index.html") if path.name == "index.html" else name)


def digest(path: Path) -> str:
    return base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()
