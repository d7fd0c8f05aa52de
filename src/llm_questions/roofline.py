"""Whether a model fits a device, and the least time that a prompt and a token take, by the roofline.

A step of generation computes and reads from memory; the longer of the two bounds its time from below.
Counted are matrix products, weights and the KV cache. Time between kernels, communication between devices,
softmax and what a kernel leaves of the peak come on top.
"""

import math


def _check(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} must be positive, got {value}")


# --8<-- [start:bound_seconds]
def bound_seconds(flops: float, n_bytes: float, peak: float, bandwidth: float) -> float:
    """The least time for `flops` operations and `n_bytes` from memory: the longer of the two.

    `peak` is in operations per second, `bandwidth` in bytes per second. Above peak / bandwidth operations for
    each byte (the ridge) the operations decide, below it the bytes.

    Raises:
        ValueError: a value that is not positive.

    Source: Williams et al. 2009, "Roofline", doi:10.1145/1498765.1498785.
    """
    _check(flops=flops, n_bytes=n_bytes, peak=peak, bandwidth=bandwidth)
    return max(flops / peak, n_bytes / bandwidth)


# --8<-- [end:bound_seconds]


# --8<-- [start:prefill_flops]
def prefill_flops(
    n_parameters: float, n_layers: int, n_heads: int, head_dim: int, n: int, n_output: float = 0
) -> float:
    """Operations of the forward pass over a prompt of `n` tokens, with a causal mask that is made use of.

    2 N for each token, 4 L h d_k for each of the n (n + 1) / 2 pairs that the mask leaves. `n_output` of the
    N parameters, those of the output matrix, multiply the last token alone: a server needs its logits only.
    With 0 every token has logits.

    Raises:
        ValueError: a value that is not positive; `n_output` is negative or more than all parameters.

    Source: a third of arXiv:2204.02311, Appendix B, which counts all n² pairs.
    """
    _check(n_parameters=n_parameters, n_layers=n_layers, n_heads=n_heads, head_dim=head_dim, n=n)
    if not 0 <= n_output <= n_parameters:
        raise ValueError(f"n_output is a part of the {n_parameters} parameters, got {n_output}")
    products = 2 * (n_parameters - n_output) * n + 2 * n_output
    return products + 2 * n_layers * n_heads * head_dim * n * (n + 1)


# --8<-- [end:prefill_flops]


# --8<-- [start:decode_flops]
def decode_flops(n_parameters: float, n_layers: int, n_heads: int, head_dim: int, n: int) -> float:
    """Operations for one new token that attends to `n` tokens, itself among them: 2 N + 4 L h d_k n.

    Raises:
        ValueError: a value that is not positive.
    """
    _check(n_parameters=n_parameters, n_layers=n_layers, n_heads=n_heads, head_dim=head_dim, n=n)
    return 2 * n_parameters + 4 * n_layers * n_heads * head_dim * n


# --8<-- [end:decode_flops]


# --8<-- [start:decode_bytes]
def decode_bytes(weight_bytes: float, cache_bytes: float, batch: int = 1) -> float:
    """Bytes read for one token of each of `batch` sequences: the weights once, each sequence's cache."""
    _check(weight_bytes=weight_bytes, batch=batch)
    return weight_bytes + batch * cache_bytes


# --8<-- [end:decode_bytes]


# --8<-- [start:balance_batch]
def balance_batch(
    weight_bytes: float, cache_bytes: float, token_flops: float, peak: float, bandwidth: float
) -> float:
    """The number of sequences at which a decoding step computes as long as it reads.

    Below it memory decides. b · token_flops / peak = (weight_bytes + b · cache_bytes) / bandwidth; infinite
    where the cache of a sequence alone takes longer to read than its token to compute.

    Raises:
        ValueError: a value that is not positive, or a negative cache.

    Source: arXiv:2211.05102, §2, for the balance; the solution is arithmetic.
    """
    _check(weight_bytes=weight_bytes, token_flops=token_flops, peak=peak, bandwidth=bandwidth)
    if cache_bytes < 0:
        raise ValueError(f"cache_bytes must not be negative, got {cache_bytes}")
    gain = token_flops / peak - cache_bytes / bandwidth
    return weight_bytes / bandwidth / gain if gain > 0 else math.inf


# --8<-- [end:balance_batch]


# --8<-- [start:largest_batch]
def largest_batch(memory: float, weight_bytes: float, cache_bytes: float) -> int:
    """How many sequences with a cache of `cache_bytes` fit beside the weights; 0 where not even one does.

    Raises:
        ValueError: a value that is not positive.
    """
    _check(memory=memory, weight_bytes=weight_bytes, cache_bytes=cache_bytes)
    return max(0, int((memory - weight_bytes) // cache_bytes))


# --8<-- [end:largest_batch]
