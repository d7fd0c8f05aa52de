"""No address vanishes: data/urls.txt records every page and every heading that was ever published.

`make urls` adds new ones. One that is gone must be redirected by data/redirects.yml, old address to new.
Addresses are relative to the home page; a page that is redirected takes its headings along.
"""

import sys
from collections.abc import Iterable

from scripts import yaml_files
from scripts.check.places import find_line
from scripts.check.site import ADDRESS, Site, build
from scripts.pages import ROOT

RECORD = ROOT / "data" / "urls.txt"
REDIRECTS = ROOT / "data" / "redirects.yml"


def problems(site: Site) -> list[str]:
    now = published(site)
    return [*_gone(now), *_new(now)]


def published(site: Site) -> dict[str, str]:
    """Every address, and the file that it comes from."""
    found = {}
    for page, document in site.documents.items():
        if document.is_draft:
            continue
        source = document.source
        if page:
            found[page] = source
        for heading in document.article.iter("h2", "h3", "h4"):
            if identity := heading.get("id"):
                found[f"{page}#{identity}"] = source
    return found


def recorded() -> list[str]:
    return RECORD.read_text("utf-8").split() if RECORD.is_file() else []


def redirects() -> dict[str, str]:
    return (yaml_files.load(REDIRECTS) or {}) if REDIRECTS.is_file() else {}


def _gone(now: dict[str, str]) -> Iterable[str]:
    moved = redirects()
    for address in recorded():
        page, _, anchor = address.partition("#")
        if address in now or address in moved or page in moved:
            continue
        if anchor and page and page not in now:
            continue  # a page that is gone is said once, not again for each of its headings
        place = (
            f"{now[page]}:1"
            if anchor and page in now
            else f"data/urls.txt:{find_line('data/urls.txt', address)}"
        )
        yield f"{place}: the published address {address} is gone: redirect it in data/redirects.yml"


def _new(now: dict[str, str]) -> Iterable[str]:
    known = set(recorded())
    fresh: dict[str, list[str]] = {}
    for address, source in now.items():
        if address not in known:
            fresh.setdefault(source, []).append(address)
    for source, addresses in fresh.items():
        more = f" and {len(addresses) - 1} more" if len(addresses) > 1 else ""
        yield f"{source}:1: the address {addresses[0]}{more} is not recorded yet: run `make urls`"


def main() -> int:
    folder = ROOT / ".cache" / "check" / "site"
    if found := build(folder):
        print("\n".join(found), file=sys.stderr)
        return 1
    now = published(Site(folder, ADDRESS))
    RECORD.write_text("".join(f"{address}\n" for address in sorted({*recorded(), *now})), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
