"""Changes what Material does about the palette on every load, for the sake of slow phones.

It gives the body an attribute while it sets the palette, and one rule is about all elements inside that. It
makes a <meta> that tells the browser its color scheme, even where that is the system's. After each of the
four changes the browser matched every rule with every element anew, which was more than half of the time
that style takes on a page with formulas. Without the rule, colors may fade when a reader changes the palette.
The <meta> stands in the page, and is set only where the colors are not the system's. Of the rules about one
color each, most of the palette, those stay that are about a color of this site.
"""

import re
from pathlib import Path

from scripts.finish.built_pages import rewrite

RULE = re.compile(
    r"(?:\[data-md-color-switching\] (?:\*|:?:after|:?:before),?)+\{transition-duration:0s!important\}"
)
COLORS = ("custom", "indigo")  # of mkdocs.yml, and of pages without scripts: Material's own
OTHER_COLOR = rf"[^{{}},]*\[data-md-color-(?:primary|accent)=(?!(?:{'|'.join(COLORS)})\])[^{{}},]*"
ABOUT_OTHERS = re.compile(rf"(?<![^{{}}]){OTHER_COLOR}(?:,{OTHER_COLOR})*\{{[^{{}}]*\}}")
MAKES_META = re.compile(r'\w+\("meta",\{name:"color-scheme"\}\);document\.head\.appendChild\(\w+\)')
FINDS_META = 'document.querySelector("meta[name=color-scheme]")'
SETS_META = re.compile(r"\b(?P<meta>\w+)\.content=(?P<scheme>\w+\.colorScheme),")
SETS_META_IF_NEW = (
    r"(scheme=>{\g<meta>.content===scheme||(\g<meta>.content=scheme)})"
    r'(matchMedia(`(prefers-color-scheme: ${\g<scheme>})`).matches?"light dark":\g<scheme>),'
)


def run(site_dir: Path) -> None:
    rewrite(site_dir, _without_needless_rules, "assets/stylesheets/palette.*.css")
    rewrite(site_dir, set_meta_if_new, "assets/javascripts/bundle.*.js")


def _without_needless_rules(sheet: str) -> str:
    return ABOUT_OTHERS.sub("", RULE.sub("", sheet))


def set_meta_if_new(script: str) -> str:
    return SETS_META.sub(SETS_META_IF_NEW, MAKES_META.sub(FINDS_META, script))
