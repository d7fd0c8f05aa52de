"""Whatever calls the package while checks or tests run is held to the shapes and types in its signatures."""

from functools import cache

from jaxtyping import install_import_hook


@cache  # once, and before the package is imported
def enforce() -> None:
    # the numeric tower lets an int stand for a float, as Python itself does
    checker = "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))"
    install_import_hook("llm_questions", checker)
