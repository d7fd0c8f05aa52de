"""Bytes of activations that a Transformer layer keeps for the backward pass.

Korthikanti et al. 2022, "Reducing Activation Recomputation in Large Transformer Models", arXiv:2205.05198, §4
and §5. A layer of the GPT-2 kind (LayerNorm, attention, MLP of width 4 d with GELU, dropout three times),
activations in 16 bits, dropout masks in one byte. Statistics of the norms are left out: 2 numbers a token.
"""

RECOMPUTE = ("none", "selective", "full")


# --8<-- [start:kept_tensors]
def kept_tensors(d_model: int, n_heads: int, n: int, batch: int) -> dict[str, int]:
    """What the backward pass of one layer needs, in bytes, without recomputation and on one device.

    `n` is the length of the sequences. Sum: n · batch · (34 d_model + 5 n_heads n).

    Source: arXiv:2205.05198, §4.1.
    """
    tokens = n * batch * d_model  # numbers of one array of hidden states
    scores = n_heads * n * n * batch  # numbers of one array of attention weights
    return {
        "inputs of the two norms": 2 * 2 * tokens,
        "input of the query, key and value projections": 2 * tokens,
        "queries and keys": 2 * 2 * tokens,
        "values": 2 * tokens,
        "input of the output projection": 2 * tokens,
        "input of the first MLP matrix": 2 * tokens,
        "input of GELU": 2 * 4 * tokens,
        "input of the second MLP matrix": 2 * 4 * tokens,
        "masks of the two dropouts on hidden states": 2 * tokens,
        "output of softmax": 2 * scores,
        "mask of the dropout on attention weights": scores,
        "attention weights after dropout": 2 * scores,
    }


# --8<-- [end:kept_tensors]


# --8<-- [start:layer_activation_bytes]
def layer_activation_bytes(
    d_model: int,
    n_heads: int,
    n: int,
    batch: int,
    tensor_parallel: int = 1,
    sequence_parallel: bool = False,
    recompute: str = "none",
) -> float:
    """Bytes of activations of one layer on one device.

    Tensor parallelism divides what lies inside attention and MLP and leaves 10 of the 34 bytes, around the
    norms and the dropouts on hidden states, on each device; sequence parallelism divides those as well.
    Selective recomputation drops everything of shape (n_heads, n, n); full recomputation keeps the layer's
    input only, on each device.

    Raises:
        ValueError: an unknown kind of recomputation, or no device.

    Source: arXiv:2205.05198, Eq. 1, 2, 4 and Table 2.
    """
    if recompute not in RECOMPUTE:
        raise ValueError(f"recompute must be one of {RECOMPUTE}, got {recompute!r}")
    if tensor_parallel < 1:
        raise ValueError(f"need at least one device, got {tensor_parallel}")
    hidden = n * batch * d_model
    if recompute == "full":
        return 2 * hidden
    scores = 0 if recompute == "selective" else 5 * n_heads * n * n * batch
    around = 10 * hidden / (tensor_parallel if sequence_parallel else 1)
    return around + (24 * hidden + scores) / tensor_parallel


# --8<-- [end:layer_activation_bytes]
