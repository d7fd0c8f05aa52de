"""Takes one rule out of Material's palette, for the sake of slow phones.

On every load Material gives the body an attribute while it sets the palette. One rule is about all elements
inside that, so the browser matched every rule with every element anew when the attribute came and when it
went: nearly half of the time that style takes on a page with formulas. Without the rule, colors may fade when
a reader changes the palette.
"""

import re
from pathlib import Path

RULE = re.compile(
    r"(?:\[data-md-color-switching\] (?:\*|:?:after|:?:before),?)+\{transition-duration:0s!important\}"
)


def run(site_dir: Path) -> None:
    for path in site_dir.glob("assets/stylesheets/palette.*.css"):
        text = path.read_text(encoding="utf-8")
        if (finished := RULE.sub("", text)) != text:
            path.write_text(finished, encoding="utf-8")
