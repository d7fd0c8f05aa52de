"""How much memory the keys and values of past tokens take.

Two steps: what a layer keeps for one token depends on the kind of attention (`head_elements`,
`latent_elements`); what a model keeps for a sequence depends on its layers and their windows
(`cache_elements`, `cache_bytes`). Weights, activations and a server's padding are not counted.
"""

from collections.abc import Sequence


def _check(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1, got {size}")


# --8<-- [start:head_elements]
def head_elements(n_kv_heads: int, head_dim: int, value_dim: int | None = None) -> int:
    """Numbers that a layer keeps for one token: a key and a value for each key/value head.

    `n_kv_heads` is the number of query heads in multi-head attention (MHA), 1 in multi-query attention (MQA)
    and anything between in grouped-query attention (GQA). `value_dim` is the width of a value, by default
    that of a key. The number of query heads does not enter.

    Raises:
        ValueError: a size below 1.

    Source: arXiv:2405.04434, Table 1 (2 n_h d_h, 2 n_g d_h and 2 d_h); arXiv:2305.13245 (groups).
    """
    value_dim = head_dim if value_dim is None else value_dim
    _check(n_kv_heads=n_kv_heads, head_dim=head_dim, value_dim=value_dim)
    return n_kv_heads * (head_dim + value_dim)


# --8<-- [end:head_elements]


# --8<-- [start:latent_elements]
def latent_elements(latent_dim: int, rotary_dim: int) -> int:
    """Numbers that a layer with multi-head latent attention keeps for one token: d_c + d_r.

    `latent_dim` is `kv_lora_rank` in configurations, `rotary_dim` is `qk_rope_head_dim`; it may be 0. The
    number of heads does not enter.

    Raises:
        ValueError: `latent_dim` is below 1; `rotary_dim` is negative.

    Source: arXiv:2405.04434, §2.1.3 and Table 1.
    """
    _check(latent_dim=latent_dim)
    if rotary_dim < 0:
        raise ValueError(f"rotary_dim counts features and must not be negative, got {rotary_dim}")
    return latent_dim + rotary_dim


# --8<-- [end:latent_elements]


# --8<-- [start:cache_elements]
def cache_elements(
    n_tokens: int,
    n_layers: int,
    elements_per_layer: int,
    window_pattern: Sequence[int | None] = (None,),
) -> int:
    """Numbers kept for one sequence: elements_per_layer · Σ over layers of min(n_tokens, window).

    `window_pattern` repeats over the layers from the first on; None is a layer without window.
    Gemma 2 has (4096, None), Gemma 3 has five times 1024 and None. A layer with a window keeps its
    last `window` tokens, the newest among them. Between two steps window - 1 are enough, which is
    what the transformers library stores.

    Raises:
        ValueError: a size or a window below 1, or an empty pattern.
    """
    _check(n_tokens=n_tokens, n_layers=n_layers, elements_per_layer=elements_per_layer)
    if not window_pattern:
        raise ValueError("window_pattern needs an entry: (None,) is full attention in every layer")
    windows = [window_pattern[layer % len(window_pattern)] for layer in range(n_layers)]
    if any(window is not None and window < 1 for window in windows):
        raise ValueError(f"a window holds at least the token itself, got {list(window_pattern)}")
    kept = sum(n_tokens if window is None else min(n_tokens, window) for window in windows)
    return elements_per_layer * kept


# --8<-- [end:cache_elements]


# --8<-- [start:cache_bytes]
def cache_bytes(elements: int, bytes_per_element: float | int = 2, batch: int = 1) -> float:
    """Bytes of `elements` numbers for each of `batch` sequences.

    `bytes_per_element` is 2 in bf16 and fp16, 1 in fp8, 0.75 for 6 bits; the scales of a quantized cache come
    on top.

    Raises:
        ValueError: `elements` or `batch` below 1; `bytes_per_element` not positive.
    """
    _check(elements=elements, batch=batch)
    if not bytes_per_element > 0:
        raise ValueError(f"bytes_per_element must be positive, got {bytes_per_element}; bf16 has 2")
    return elements * bytes_per_element * batch


# --8<-- [end:cache_bytes]
