"""Low-rank adaptation (LoRA): a frozen weight plus a trained product of two thin matrices.

Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", arXiv:2106.09685, §4. Tokens are rows
here, x W, so the matrices stand in the other order than in the paper, which multiplies columns:
W + (alpha/r) B A.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from llm_questions.zero import MIXED_PRECISION_ADAM, model_state_parts


# --8<-- [start:LoraWeights]
@dataclass(frozen=True)
class LoraWeights:
    """The trained matrices, for x W of shape (d_in, d_out): `down` (d_in, r) and `up` (r, d_out).

    In the paper's notation `down` is A transposed and `up` is B transposed. `alpha` scales the update by
    alpha / r.
    """

    down: Float[ndarray, "d_in r"]
    up: Float[ndarray, "r d_out"]
    alpha: float

    @property
    def scale(self) -> float:
        return self.alpha / self.down.shape[1]

    @property
    def update(self) -> Float[ndarray, "d_in d_out"]:
        """(alpha / r) down @ up, of rank at most r."""
        return self.scale * (self.down @ self.up)


# --8<-- [end:LoraWeights]


# --8<-- [start:init_lora]
def init_lora(d_in: int, d_out: int, rank: int, alpha: float, rng: np.random.Generator) -> LoraWeights:
    """Random `down`, zero `up`: the update starts at zero, and its gradient does not.

    `down` is N(0, 1/d_in), a variance that does not depend on the rank; the paper says "random Gaussian"
    without a scale, its code takes a uniform distribution of variance 1 / (3 d_in).

    Raises:
        ValueError: the rank is less than 1 or exceeds the smaller width.

    Source: arXiv:2106.09685, §4.1.
    """
    if not 1 <= rank <= min(d_in, d_out):
        raise ValueError(f"the rank must lie between 1 and min(d_in, d_out) = {min(d_in, d_out)}, got {rank}")
    return LoraWeights(rng.standard_normal((d_in, rank)) / d_in**0.5, np.zeros((rank, d_out)), alpha)


# --8<-- [end:init_lora]


# --8<-- [start:lora_linear]
def lora_linear(
    x: Float[ndarray, "*batch d_in"],
    weight: Float[ndarray, "d_in d_out"],
    lora: LoraWeights,
) -> Float[ndarray, "*batch d_out"]:
    """x W + (alpha / r) (x down) up; the update costs 2 r (d_in + d_out) a token."""
    return x @ weight + lora.scale * ((x @ lora.down) @ lora.up)  # (..., d_out)


# --8<-- [end:lora_linear]


# --8<-- [start:merge]
def merge(weight: Float[ndarray, "d_in d_out"], lora: LoraWeights) -> Float[ndarray, "d_in d_out"]:
    """W + (alpha / r) down @ up: the same function in one matrix, so inference costs nothing extra.

    Source: arXiv:2106.09685, §4.1.
    """
    return weight + lora.update


# --8<-- [end:merge]


# --8<-- [start:lora_gradients]
def lora_gradients(
    x: Float[ndarray, "n d_in"],
    grad_output: Float[ndarray, "n d_out"],
    lora: LoraWeights,
) -> tuple[Float[ndarray, "d_in r"], Float[ndarray, "r d_out"]]:
    """Gradients of a loss by `down` and `up`, from the one at the output.

    With G = xᵀ grad_output, the gradient that the full weight would get, these are
    (alpha/r) G upᵀ and (alpha/r) downᵀ G.
    """
    full = x.T @ grad_output  # (d_in, d_out)
    # (d_in, r), (r, d_out)
    return lora.scale * (full @ lora.up.T), lora.scale * (lora.down.T @ full)


# --8<-- [end:lora_gradients]


# --8<-- [start:lora_parameters]
def lora_parameters(shapes: list[tuple[int, int]], rank: int, n_layers: int) -> int:
    """Trained parameters: r (d_in + d_out) for each adapted matrix of each layer.

    `shapes` lists (d_in, d_out) of the adapted matrices of one layer.

    Raises:
        ValueError: the rank is less than 1 or exceeds the width of a matrix.

    Source: arXiv:2106.09685, §4.2.
    """
    if rank < 1 or any(rank > min(shape) for shape in shapes):
        raise ValueError(f"the rank {rank} must lie between 1 and the smaller width of each matrix {shapes}")
    return n_layers * sum(rank * (d_in + d_out) for d_in, d_out in shapes)


# --8<-- [end:lora_parameters]


# --8<-- [start:adapted_model_bytes]
def adapted_model_bytes(n_parameters: int, n_adapted: int | None = None) -> dict[str, float]:
    """Bytes of parameters, gradients and optimizer states in mixed-precision training with Adam.

    With `n_adapted` parameters of LoRA the `n_parameters` of the model are frozen: 2 bytes each, no gradient,
    no optimizer state. Without it all are trained: 16 bytes each. Activations come on top.

    Raises:
        ValueError: a count is less than 1.

    Source: the 16 bytes are those of arXiv:1910.02054, §3.1.
    """
    if n_parameters < 1 or (n_adapted is not None and n_adapted < 1):
        raise ValueError(f"counts of parameters must be positive, got {n_parameters} and {n_adapted}")
    trained, frozen = (n_parameters, 0) if n_adapted is None else (n_adapted, n_parameters)
    parts = model_state_parts(trained, n_ranks=1, stage=0)
    parts["parameters"] += MIXED_PRECISION_ADAM.parameter * frozen
    return parts


# --8<-- [end:adapted_model_bytes]
