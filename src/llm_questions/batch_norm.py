"""Batch normalization: every feature is normalized by its mean and variance over all tokens of the batch.

Ioffe & Szegedy 2015, "Batch Normalization", arXiv:1502.03167, Algorithm 1 (training) and 2 (inference).
Features are the last axis; all other axes (sequences, positions) together are the batch. As in PyTorch,
training normalizes with the biased variance and stores the unbiased one for inference.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray


# --8<-- [start:BatchStatistics]
class BatchStatistics(NamedTuple):
    """What one training step measures: per feature over `count` tokens."""

    mean: Float[ndarray, " d"]
    variance: Float[ndarray, " d"]  # biased: divided by count
    count: int


# --8<-- [end:BatchStatistics]


# --8<-- [start:batch_statistics]
def batch_statistics(
    x: Float[ndarray, "*batch d"], mask: Bool[ndarray, "*batch"] | None = None
) -> BatchStatistics:
    """Mean and biased variance of every feature over all tokens, or over those where `mask` is True.

    Shapes: `x` (..., d); `mask` (...), True for a real token, False for padding. Without it padding counts.

    Raises:
        ValueError: fewer than two tokens count.

    Source: arXiv:1502.03167, Algorithm 1, the first two lines.
    """
    tokens = x.reshape(-1, x.shape[-1]) if mask is None else x[mask]  # (count, d)
    if len(tokens) < 2:
        raise ValueError(f"batch statistics need at least two tokens, got {len(tokens)}: use a larger batch")
    return BatchStatistics(tokens.mean(axis=0), tokens.var(axis=0), len(tokens))  # (d,), (d,)


# --8<-- [end:batch_statistics]


# --8<-- [start:batch_norm_training]
def batch_norm_training(
    x: Float[ndarray, "*batch d"],
    gain: Float[ndarray, " d"],
    bias: Float[ndarray, " d"],
    eps: float = 1e-5,
    mask: Bool[ndarray, "*batch"] | None = None,
) -> tuple[Float[ndarray, "*batch d"], BatchStatistics]:
    """gain · (x - mean) / √(variance + eps) + bias, and the batch's statistics in it.

    Shapes: `x` and the result (..., d); `gain` and `bias` (d,); `mask` (...), True for
    a real token. Every token counts for the statistics of every other, in its sequence
    and in the others. With a mask padding does not, and comes out as zero.

    Raises:
        ValueError: `eps` is negative, or fewer than two tokens count.

    Source: arXiv:1502.03167, Algorithm 1.
    """
    statistics = batch_statistics(x, mask)
    out = batch_norm_inference(x, gain, bias, statistics.mean, statistics.variance, eps)
    if mask is not None:
        out = np.where(mask[..., None], out, np.zeros_like(out))
    return out, statistics


# --8<-- [end:batch_norm_training]


# --8<-- [start:batch_norm_inference]
def batch_norm_inference(
    x: Float[ndarray, "*batch d"],
    gain: Float[ndarray, " d"],
    bias: Float[ndarray, " d"],
    mean: Float[ndarray, " d"],
    variance: Float[ndarray, " d"],
    eps: float = 1e-5,
) -> Float[ndarray, "*batch d"]:
    """gain · (x - mean) / √(variance + eps) + bias with stored statistics: a fixed affine map per feature.

    Shapes: `x` and the result (..., d); all else (d,).

    Raises:
        ValueError: `eps` or a variance is negative.

    Source: arXiv:1502.03167, Algorithm 2.
    """
    if eps < 0 or (variance < 0).any():
        raise ValueError(f"eps and variance must not be negative, got {eps} and at least {variance.min()}")
    return gain * ((x - mean) / np.sqrt(variance + eps)) + bias  # (..., d)


# --8<-- [end:batch_norm_inference]


# --8<-- [start:update_running_statistics]
def update_running_statistics(
    running_mean: Float[ndarray, " d"],
    running_variance: Float[ndarray, " d"],
    batch: BatchStatistics,
    momentum: float = 0.1,
) -> tuple[Float[ndarray, " d"], Float[ndarray, " d"]]:
    """The statistics for inference after one more training step: (1 - momentum) · running + momentum · batch.

    `momentum` is the weight of the new batch, as in PyTorch (elsewhere often of the old statistics). The
    stored variance is the unbiased one: the batch's, times count / (count - 1).

    Raises:
        ValueError: `momentum` lies outside of 0 to 1.

    Source: torch.nn.BatchNorm1d; the unbiased variance is arXiv:1502.03167, Algorithm 2.
    """
    if not 0 <= momentum <= 1:
        raise ValueError(f"momentum is the weight of the new batch, from 0 to 1, got {momentum}")
    unbiased = batch.variance * (batch.count / (batch.count - 1))
    return (
        (1 - momentum) * running_mean + momentum * batch.mean,
        (1 - momentum) * running_variance + momentum * unbiased,
    )


# --8<-- [end:update_running_statistics]


# --8<-- [start:fold_into_linear]
def fold_into_linear(
    weight: Float[ndarray, "d_in d"],
    linear_bias: Float[ndarray, " d"],
    gain: Float[ndarray, " d"],
    bias: Float[ndarray, " d"],
    mean: Float[ndarray, " d"],
    variance: Float[ndarray, " d"],
    eps: float = 1e-5,
) -> tuple[Float[ndarray, "d_in d"], Float[ndarray, " d"]]:
    """Weight and bias of the linear layer that equals x @ weight + linear_bias and then inference BatchNorm.

    The normalization then costs nothing. LayerNorm and RMSNorm cannot be folded so: their statistics are
    those of the token at hand.

    Raises:
        ValueError: `eps` or a variance is negative.

    Source: the affine map of arXiv:1502.03167, §3.1, composed with the layer before it.
    """
    if eps < 0 or (variance < 0).any():
        raise ValueError(f"eps and variance must not be negative, got {eps} and at least {variance.min()}")
    scale = gain / np.sqrt(variance + eps)
    return weight * scale, (linear_bias - mean) * scale + bias  # (d_in, d), (d,)


# --8<-- [end:fold_into_linear]


# --8<-- [start:batch_norm_backward]
def batch_norm_backward(
    grad_output: Float[ndarray, "*batch d"],
    x: Float[ndarray, "*batch d"],
    gain: Float[ndarray, " d"],
    eps: float = 1e-5,
    mask: Bool[ndarray, "*batch"] | None = None,
) -> tuple[Float[ndarray, "*batch d"], Float[ndarray, " d"], Float[ndarray, " d"]]:
    """Gradients of a loss with respect to `x`, `gain` and `bias` of `batch_norm_training`.

    With x̂ the normalized input, σ = √(variance + eps), g = gain · grad_output, means over the tokens that
    count:

        ∂loss/∂x = (g - mean(g) - x̂ · mean(g · x̂)) / σ

    The formula is LayerNorm's with the axes exchanged: here a token's gradient depends on all other tokens.

    Raises:
        ValueError: `eps` is negative, or fewer than two tokens count.

    Source: arXiv:1502.03167, §3, the chain rule below Algorithm 1, simplified.
    """
    normalized, statistics = batch_norm_training(x, np.ones_like(gain), np.zeros_like(gain), eps, mask)
    if mask is not None:
        grad_output = np.where(mask[..., None], grad_output, np.zeros_like(grad_output))
    tokens = tuple(range(x.ndim - 1))
    grad_bias = grad_output.sum(axis=tokens)  # (d,)
    grad_gain = (grad_output * normalized).sum(axis=tokens)  # (d,)
    centered = grad_output - (grad_bias + normalized * grad_gain) / statistics.count  # (..., d)
    grad_x = gain * centered / np.sqrt(statistics.variance + eps)
    if mask is not None:
        grad_x = np.where(mask[..., None], grad_x, np.zeros_like(grad_x))
    return grad_x, grad_gain, grad_bias


# --8<-- [end:batch_norm_backward]
