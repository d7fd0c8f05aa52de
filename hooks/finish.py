"""Finishes what MkDocs has built, also under `mkdocs serve`: the same as `python -m scripts.finish SITE`."""

import sys
from pathlib import Path

from mkdocs.exceptions import PluginError

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # `mkdocs` does not look into the checkout

from scripts.finish import FinishError, csp, offline, plain_text, social_cards
from scripts.finish.__main__ import STEPS, finish

_steps = list(STEPS)


def on_startup(command, **_) -> None:
    if command == "serve":
        _steps.remove(csp)  # live reload is an inline script, another for each answer of the server
        # for those who read elsewhere, or another time; authors wait for every step
        for step in (plain_text, social_cards, offline):
            _steps.remove(step)


def on_post_build(config) -> None:
    try:
        finish(Path(config.site_dir), _steps)
    except FinishError as error:
        raise PluginError(str(error)) from error
