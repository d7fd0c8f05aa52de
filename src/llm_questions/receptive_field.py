"""Which input tokens can influence which outputs after several masked attention layers."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool
from numpy import ndarray


# --8<-- [start:receptive_field]
def receptive_field(masks: Iterable[Bool[ndarray, "n n"]]) -> Bool[ndarray, "n n"]:
    """True where input token j can influence output token i, through any path.

    `masks` holds one mask (True = may attend) of shape (n, n) for each layer, the
    first layer first; result (n, n). The residual connection keeps every token's
    own path open.

    Raises:
        ValueError: there are no masks.
    """
    masks = list(masks)
    if not masks:
        raise ValueError("give the mask of at least one layer")
    reached = np.eye(len(masks[0]), dtype=bool)
    for mask in masks:
        # @ of Booleans is "there is a token in between"
        reached = reached | (mask @ reached)  # (n, n)
    return reached


# --8<-- [end:receptive_field]


# --8<-- [start:window_reach]
def window_reach(window: int, n_layers: int, dilation: int = 1) -> int:
    """How many tokens back the input of a stack of causal (dilated) windows can lie: layers · (window - 1).

    The window counts the token itself, so one layer looks (window - 1) · dilation tokens back.

    Raises:
        ValueError: an argument is less than 1.
    """
    if min(window, n_layers, dilation) < 1:
        raise ValueError(f"all must be at least 1, got {window=}, {n_layers=}, {dilation=}")
    return n_layers * (window - 1) * dilation


# --8<-- [end:window_reach]
