"""DeepNorm: post-norm with a weighted residual, LayerNorm(alpha · x + F(x)), and smaller initial weights.

Wang et al. 2022, "DeepNet: Scaling Transformers to 1,000 Layers", arXiv:2203.00555. The constants depend on
the number of layers and on the kind of model, never on its width.
"""

from dataclasses import dataclass

from jaxtyping import Float
from numpy import ndarray

from llm_questions.layer_norm import layer_norm


# --8<-- [start:constants]
@dataclass(frozen=True)
class DeepNormConstants:
    """`alpha` multiplies the residual, always; `beta` some weights, initially."""

    alpha: float
    beta: float

    def init_gains(self) -> dict[str, float]:
        """Factor on the initial weights of each matrix of a layer.

        Source: arXiv:2203.00555, §2 and Fig. 2a.
        """
        scaled = ("value", "output", "feed_forward_up", "feed_forward_down")
        return {"query": 1.0, "key": 1.0} | dict.fromkeys(scaled, self.beta)


def single_stack_constants(n_layers: int) -> DeepNormConstants:
    """For an encoder or a decoder alone (BERT, GPT): (2L)^(1/4) and (8L)^(-1/4).

    Raises:
        ValueError: `n_layers` is below 1.

    Source: arXiv:2203.00555, Fig. 2b and Appendix C.
    """
    _check(n_layers)
    return DeepNormConstants((2 * n_layers) ** 0.25, (8 * n_layers) ** -0.25)


def encoder_decoder_constants(
    n_encoder_layers: int, n_decoder_layers: int
) -> tuple[DeepNormConstants, DeepNormConstants]:
    """For the encoder and for the decoder of a model that has both.

    The encoder's 0.81 and 0.87 are rounded, as in the paper.

    Raises:
        ValueError: a number of layers is below 1.

    Source: arXiv:2203.00555, Fig. 2b and Appendix B.
    """
    _check(n_encoder_layers)
    _check(n_decoder_layers)
    size = (n_encoder_layers**4 * n_decoder_layers) ** (1 / 16)
    encoder = DeepNormConstants(0.81 * size, 0.87 / size)
    alpha, beta = (3 * n_decoder_layers) ** 0.25, (12 * n_decoder_layers) ** -0.25
    return encoder, DeepNormConstants(alpha, beta)


# --8<-- [end:constants]


def _check(n_layers: int) -> None:
    if n_layers < 1:
        raise ValueError(f"a model has at least one layer, got {n_layers}")


# --8<-- [start:deep_norm]
def deep_norm(
    x: Float[ndarray, "*batch n d_model"],
    branch: Float[ndarray, "*batch n d_model"],
    alpha: float,
    gain: Float[ndarray, " d_model"],
    bias: Float[ndarray, " d_model"],
    eps: float = 1e-5,
) -> Float[ndarray, "*batch n d_model"]:
    """LayerNorm(alpha · x + branch), where `branch` is what the sublayer made of `x`.

    Shapes: `x`, `branch` and the result (..., n, d_model); `gain` and `bias` (d_model,). With `alpha` = 1 it
    is post-norm.

    Raises:
        ValueError: `eps` is negative.

    Source: arXiv:2203.00555, §4.1.
    """
    return layer_norm(alpha * x + branch, gain, bias, eps)


# --8<-- [end:deep_norm]
