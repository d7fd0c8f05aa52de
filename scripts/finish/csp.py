"""Tells the browser to run no script but the site's own, and to ask no other host for anything.

The site is static files, so the policy (Content-Security-Policy) stands in each page. It lets files of the
site run, and the few inline scripts of the theme by their hash in inline_scripts.yml: a script that gets into
a page in another way does not run. Styles may be inline: the markup of MathJax and Material has style
attributes.
"""

import base64
import hashlib
import re
from pathlib import Path

from scripts import yaml_files
from scripts.finish import FinishError

ALLOWED = Path(__file__).with_name("inline_scripts.yml")
DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self'",  # and the hashes
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",  # Material's icons are data: addresses
    "font-src": "'self' data:",  # a page holds the letters that only its own formulas use
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
}
START = '<meta charset="utf-8">'  # above it nothing can be loaded
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
INLINE = re.compile(r"<script(?![^>]*\bsrc=)(?P<attributes>[^>]*)>(?P<source>.*?)</script>", re.S)
DATA = re.compile(r'\btype="application/(?:ld\+)?json"')  # is not run


def run(site_dir: Path) -> None:
    allowed = [entry["sha256"] for entry in yaml_files.load(ALLOWED)]
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(allowed)}">'
    unknown: dict[str, str] = {}
    for path in sorted(site_dir.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        place = path.relative_to(site_dir).as_posix()
        if START not in text:
            raise FinishError(f"{place}: no {START} for the Content-Security-Policy to stand behind")
        unknown = {
            source: place for source in inline_scripts(text) if digest(source) not in allowed
        } | unknown
        finished = POLICY.sub("", text).replace(START, START + meta, 1)
        if finished != text:
            path.write_text(finished, encoding="utf-8")
    if unknown:
        raise FinishError("\n".join(_problem(place, source) for source, place in unknown.items()))


def policy(hashes: list[str]) -> str:
    scripts = "".join(f" 'sha256-{value}'" for value in hashes)
    return "; ".join(
        f"{name} {value}{scripts if name == 'script-src' else ''}" for name, value in DIRECTIVES.items()
    )


def inline_scripts(text: str) -> list[str]:
    return [found["source"] for found in INLINE.finditer(text) if not DATA.search(found["attributes"])]


def digest(source: str) -> str:
    return base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _problem(place: str, source: str) -> str:
    return (
        f"{place}: the browser is told not to run the inline script {' '.join(source.split())[:60]!r}: "
        "make it a file in docs/assets/javascripts/, or, if the theme brings it and you have read it, "
        f"add to scripts/finish/inline_scripts.yml the hash {digest(source)}"
    )
