"""ALiBi: no position vectors at all, a penalty on the logit that grows linearly with the distance.

Press, Smith & Lewis 2021, "Train Short, Test Long", arXiv:2108.12409, §3.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


# --8<-- [start:alibi_slopes]
def alibi_slopes(n_heads: int) -> Float[ndarray, " n_heads"]:
    """One slope m per head, in logits per position.

    Shape (n_heads,). For a power of two: the geometric sequence that starts at
    2^(-8 / n_heads) and has that ratio, so 8 heads get 1/2, 1/4, …, 1/256. For any
    other count the paper's formula is not what runs: the authors' code takes all slopes
    of the next lower power of two, then every other slope of the next higher one. BLOOM
    (112 heads) and MPT follow the code.

    Raises:
        ValueError: `n_heads` is less than 1.

    Source: arXiv:2108.12409, §3; other counts: get_slopes in
    fairseq/models/transformer.py of ofirpress/attention_with_linear_biases.
    """
    if n_heads < 1:
        raise ValueError(f"need at least one head, got {n_heads}")
    power = 2 ** (n_heads.bit_length() - 1)  # the largest power of two ≤ n_heads
    slopes = 2.0 ** (-8 * np.arange(1, power + 1) / power)  # (power,)
    # (power,), halfway in the exponent
    between = 2.0 ** (-8 * np.arange(1, 2 * power, 2) / (2 * power))
    return np.concatenate([slopes, between[: n_heads - power]])  # (n_heads,)


# --8<-- [end:alibi_slopes]


# --8<-- [start:alibi_bias]
def alibi_bias(
    n_heads: int, n_queries: int, n_keys: int | None = None
) -> Float[ndarray, "n_heads n_queries n_keys"]:
    """-m_h |i - j|, to be added to the scaled logits of head h for the query at i and the key at j.

    Shape (n_heads, n_queries, n_keys), `n_keys` = `n_queries` by default. The queries are the LAST
    `n_queries` of the `n_keys` positions, as in `masks.causal_mask`. The paper is causal and defines the
    bias for j ≤ i only; add the mask as well, it hides the rest. Without a mask (encoders) this is the
    symmetric variant.

    Softmax ignores a constant added to a row, so libraries may store m_h · j instead, one row for all
    queries (BLOOM does): with a causal mask the weights are the same.

    Raises:
        ValueError: there are no queries, no keys, or more queries than keys; as `alibi_slopes`.

    Source: arXiv:2108.12409, §3. The bias is not divided by √d_k.
    """
    n_keys = n_queries if n_keys is None else n_keys
    if not 1 <= n_queries <= n_keys:
        raise ValueError(
            f"need at least one query and a key for each, got {n_queries} queries and {n_keys} keys; "
            "give the keys of all tokens so far"
        )
    query_positions = np.arange(n_keys - n_queries, n_keys)  # (n_queries,)
    distance = np.abs(query_positions[:, None] - np.arange(n_keys))  # (n_queries, n_keys)
    return -alibi_slopes(n_heads)[:, None, None] * distance  # (n_heads, n_queries, n_keys)


# --8<-- [end:alibi_bias]
