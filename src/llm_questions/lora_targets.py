"""Which matrices of a Transformer LoRA adapts, and how many parameters the adapters have.

Each matrix has an adapter of its own, as where a library keeps query, key and value apart. Where it keeps
them in one matrix, the adapter is one too, of r (d_in + 3 d_out) numbers in place of 3 r (d_in + d_out).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from llm_questions.lora import lora_parameters
from llm_questions.parameters.architecture import Architecture

ATTENTION_TARGETS = ("query", "key", "value", "output")
TARGETS = (*ATTENTION_TARGETS, "up", "gate", "down")


# --8<-- [start:Matrix]
@dataclass(frozen=True)
class Matrix:
    """`copies` matrices of d_in × d_out over the whole model, without their biases."""

    target: str
    name: str
    d_in: int
    d_out: int
    copies: int

    @property
    def count(self) -> int:
        return self.d_in * self.d_out * self.copies


# --8<-- [end:Matrix]


# --8<-- [start:adapted_matrices]
def adapted_matrices(model: Architecture, targets: Collection[str] = TARGETS) -> list[Matrix]:
    """The matrices of attention and feed-forward networks that `targets` names, every expert's among them.

    A model without gate has none to adapt. Routers, tables and the output matrix are no targets here.

    Raises:
        ValueError: a target is unknown, or keys and values share matrices (latent attention).
    """
    if unknown := set(targets) - set(TARGETS):
        raise ValueError(f"{sorted(unknown)} are no targets: choose from {TARGETS}")
    if model.latent is not None:
        raise ValueError("in latent attention keys and values share matrices: these targets do not name them")
    d, d_k, d_v = model.d_model, model.head_dim, model.value_dim or model.head_dim
    shapes = {
        "query": (d, model.n_heads * d_k),
        "key": (d, model.n_kv_heads * d_k),
        "value": (d, model.n_kv_heads * d_v),
        "output": (model.n_heads * d_v, d),
    }
    n_attentions = model.n_encoder_layers + model.n_layers * (2 if model.n_encoder_layers else 1)
    matrices = [Matrix(target, target, *shape, n_attentions) for target, shape in shapes.items()]
    for prefix, width, copies in _networks(model):
        shapes = {"up": (d, width), "gate": (d, width), "down": (width, d)}
        matrices += [
            Matrix(target, prefix + target, *shape, copies)
            for target, shape in shapes.items()
            if model.gated or target != "gate"
        ]
    return [matrix for matrix in matrices if matrix.target in targets]


# --8<-- [end:adapted_matrices]


def _networks(model: Architecture) -> list[tuple[str, int, int]]:
    """(prefix of the name, d_ff, how many) of each kind of feed-forward network that the model has."""
    experts = model.experts
    n_sparse = model.n_layers - experts.n_dense_layers if experts else 0
    networks = [("", model.d_ff or 0, model.n_encoder_layers + model.n_layers - n_sparse)]
    if experts:
        networks += [
            ("routed experts: ", experts.width, n_sparse * experts.n_routed),
            ("shared experts: ", experts.shared_width, n_sparse),
        ]
    return [network for network in networks if network[1] and network[2]]


# --8<-- [start:adapter_parameters]
def adapter_parameters(matrices: Iterable[Matrix], rank: int) -> int:
    """Trained parameters: r (d_in + d_out) for each matrix.

    Raises:
        ValueError: the rank is less than 1 or exceeds the smaller width of a matrix.

    Source: arXiv:2106.09685, §4.2.
    """
    return sum(m.copies * lora_parameters([(m.d_in, m.d_out)], rank, n_layers=1) for m in matrices)


# --8<-- [end:adapter_parameters]
