"""Takes one rule out of Material's palette, for the sake of slow phones.

On every load Material gives the body an attribute while it sets the palette. One rule is about all elements
inside that, so the browser matched every rule with every element anew when the attribute came and when it
went: nearly half of the time that style takes on a page with formulas. Without the rule, colors may fade when
a reader changes the palette.
"""

import re
from pathlib import Path

from scripts.finish.built_pages import rewrite

RULE = re.compile(
    r"(?:\[data-md-color-switching\] (?:\*|:?:after|:?:before),?)+\{transition-duration:0s!important\}"
)


def run(site_dir: Path) -> None:
    rewrite(site_dir, lambda sheet: RULE.sub("", sheet), "palette.*.css")
