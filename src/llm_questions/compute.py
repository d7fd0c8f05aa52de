"""Operations, time and money of training, and the model and data that a compute budget suits best.

Operations are those of matrix products, a multiply-add as two; softmax, norms, activations and the rotation
of positions are not counted. Recomputation is not counted either: these are model FLOPs, not hardware FLOPs.
"""

from dataclasses import dataclass

from llm_questions.parameters.architecture import Architecture
from llm_questions.parameters.count import block_terms

PETAFLOP_DAY = 1e15 * 24 * 3600
VECTORS = ("bias", "sinks")  # what a block adds and does not multiply


def _check(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} must be positive, got {value}")


# --8<-- [start:six_nd]
def six_nd(n_parameters: float, n_tokens: float) -> float:
    """Operations of training by the rule of thumb 6 N D.

    Each parameter of a matrix multiplies and adds once for a token in the forward pass (2 operations) and
    twice in the backward pass, for the gradient of its input and for its own (4 operations).

    Raises:
        ValueError: no parameters or no tokens.

    Source: arXiv:2001.08361, §2.1; used in arXiv:2005.14165, Table D.1.
    """
    _check(n_parameters=n_parameters, n_tokens=n_tokens)
    return 6 * n_parameters * n_tokens


# --8<-- [end:six_nd]


# --8<-- [start:token_flops]
def token_flops(
    n_parameters: float,
    n_layers: int,
    n_heads: int,
    head_dim: int,
    n: int,
) -> float:
    """Operations of training for one token of sequences of length `n`: 6 N + 12 L h d_k n.

    The second term is QKᵀ and AV in all layers: each token meets `n` others, in products of 2 d_k operations
    each, and the backward pass does twice as much. A causal mask halves it for a kernel that skips what the
    mask hides; the formula counts all pairs, as the paper does. Key/value heads do not enter.

    Raises:
        ValueError: a size that is not positive.

    Source: arXiv:2204.02311, Appendix B.
    """
    _check(n_parameters=n_parameters, n_layers=n_layers, n_heads=n_heads, head_dim=head_dim, n=n)
    return 6 * n_parameters + 12 * n_layers * n_heads * head_dim * n


# --8<-- [end:token_flops]


# --8<-- [start:matrix_parameters]
def matrix_parameters(model: Architecture) -> int:
    """Parameters that multiply a token: the N with which 6 N counts the matrix products exactly.

    All matrices of the blocks and the output matrix, tied or not. A table of embeddings is looked up, not
    multiplied; biases and gains are added or scale. Of a mixture of experts, those that a token uses.
    """
    n_dense = model.n_layers if model.experts is None else model.experts.n_dense_layers
    blocks = [(n_dense, True), (model.n_layers - n_dense, False)]
    in_blocks = sum(
        number * term.active_count
        for number, dense in blocks
        if number
        for term in block_terms(model, "decoder", dense)
        if term.part in ("attention", "feed-forward", "router")
        and not any(word in term.name for word in VECTORS)
    )
    return in_blocks + model.vocab_size * model.d_model


# --8<-- [end:matrix_parameters]


# --8<-- [start:training_time]
def training_seconds(flops: float, n_devices: int, peak: float, utilization: float) -> float:
    """Seconds for `flops` operations on `n_devices` of `peak` operations per second each.

    `utilization` is the share of the peak that training reaches, its MFU (model FLOPs utilization).

    Raises:
        ValueError: a value that is not positive, or a utilization above 1.
    """
    _check(flops=flops, n_devices=n_devices, peak=peak, utilization=utilization)
    if utilization > 1:
        raise ValueError(f"utilization is a share of the peak, at most 1, got {utilization}")
    return flops / (n_devices * peak * utilization)


def training_cost(seconds: float, n_devices: int, price_per_hour: float) -> float:
    """Money for `n_devices` at a price per device and hour."""
    return seconds / 3600 * n_devices * price_per_hour


def model_flops_utilization(
    tokens_per_second: float, flops_per_token: float, n_devices: int, peak: float
) -> float:
    """The share of the peak that a measured throughput is: MFU.

    Source: arXiv:2204.02311, Appendix B.
    """
    _check(n_devices=n_devices, peak=peak)
    return tokens_per_second * flops_per_token / (n_devices * peak)


# --8<-- [end:training_time]


# --8<-- [start:ParametricFit]
@dataclass(frozen=True)
class ParametricFit:
    """L(N, D) = irreducible + a / N^alpha + b / D^beta, the loss in nats per token after training."""

    irreducible: float
    a: float
    b: float
    alpha: float
    beta: float

    def loss(self, n_parameters: float, n_tokens: float) -> float:
        return self.irreducible + self.a / n_parameters**self.alpha + self.b / n_tokens**self.beta


# --8<-- [end:ParametricFit]


# --8<-- [start:PowerLawFit]
@dataclass(frozen=True)
class PowerLawFit:
    """N = n_parameters · (C / flops)^exponent: a line in logarithms through one point."""

    flops: float
    n_parameters: float
    exponent: float


# --8<-- [end:PowerLawFit]


# --8<-- [start:optimum]
def parametric_optimum(flops: float, a: float, b: float, alpha: float, beta: float) -> float:
    """The parameters N that minimize a / N^alpha + b / D^beta when 6 N D = `flops`.

    N = G (C / 6)^(beta / (alpha + beta)) with G = (alpha a / (beta b))^(1 / (alpha + beta)). The
    irreducible loss does not enter.

    Raises:
        ValueError: a value that is not positive.

    Source: arXiv:2203.15556, §3.3, Eq. 4.
    """
    _check(flops=flops, a=a, b=b, alpha=alpha, beta=beta)
    g = (alpha * a / (beta * b)) ** (1 / (alpha + beta))
    return g * (flops / 6) ** (beta / (alpha + beta))


def power_law_optimum(flops: float, at_flops: float, n_parameters: float, exponent: float) -> float:
    """The parameters N on the power law of slope `exponent` through (`at_flops`, `n_parameters`).

    Raises:
        ValueError: a value that is not positive.
    """
    _check(flops=flops, at_flops=at_flops, n_parameters=n_parameters, exponent=exponent)
    return n_parameters * (flops / at_flops) ** exponent


def optimal_parameters(flops: float, fit: ParametricFit | PowerLawFit) -> float:
    """The best number of parameters for a budget, by one of the published fits below."""
    if isinstance(fit, PowerLawFit):
        return power_law_optimum(flops, fit.flops, fit.n_parameters, fit.exponent)
    return parametric_optimum(flops, fit.a, fit.b, fit.alpha, fit.beta)


def optimal_tokens(flops: float, n_parameters: float) -> float:
    """The tokens D that the rest of the budget pays for: C / (6 N)."""
    _check(flops=flops, n_parameters=n_parameters)
    return flops / (6 * n_parameters)


# --8<-- [end:optimum]


# --8<-- [start:FITS]
# Approaches 1 and 2 publish a slope (Table 2) and a table of optima (Tables 3 and A3); the point is its row
# for 10 billion parameters. Approach 3: the constants of the paper's TeX source, by arXiv:2404.10102, and
# those rounded as printed. Kaplan et al. (arXiv:2001.08361, Table 6) count no embeddings.
FITS: dict[str, ParametricFit | PowerLawFit] = {
    "Hoffmann, approach 1": PowerLawFit(1.23e22, 10e9, 0.50),
    "Hoffmann, approach 2": PowerLawFit(1.32e22, 10e9, 0.49),
    "Hoffmann, approach 3": ParametricFit(1.6934, 406.4, 410.7, 0.3392, 0.2849),
    "Hoffmann, approach 3, as printed": ParametricFit(1.69, 406.4, 410.7, 0.34, 0.28),
    "Besiroglu": ParametricFit(1.8172, 482.01, 2085.43, 0.3478, 0.3658),
    "Kaplan": PowerLawFit(PETAFLOP_DAY, 1.3e9, 0.73),
}
# --8<-- [end:FITS]
