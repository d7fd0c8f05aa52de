"""What training keeps in the memory of one device: model states, sharded or not, and activations.

The parts are those of `zero` and `activations`; here stand the optimizers and the precision recipes. Buffers
of communication, parameters gathered for use, temporary results and fragmentation come on top.
"""

from dataclasses import dataclass

from llm_questions.activations import layer_activation_bytes
from llm_questions.zero import BytesPerParameter, model_state_parts

OPTIMIZERS = ("adamw", "adam 8-bit", "adafactor", "muon", "sgd")
BLOCK = 2048  # numbers that share a scale in 8-bit Adam


# --8<-- [start:Recipe]
@dataclass(frozen=True)
class Recipe:
    """Bytes of a parameter, its gradient, its 32-bit copy, and one number that the optimizer keeps."""

    parameter: int
    gradient: int
    master: int
    moment: int


RECIPES = {
    "mixed": Recipe(2, 2, 4, 4),  # arXiv:1910.02054, §3.1
    "mixed, gradients in fp32": Recipe(2, 4, 4, 4),
    "fp32": Recipe(4, 4, 0, 4),
    "bf16": Recipe(2, 2, 0, 2),  # moments have the type of their parameter, as in torch.optim
}
# --8<-- [end:Recipe]


# --8<-- [start:optimizer_bytes]
def optimizer_bytes(optimizer: str, moment: int, d_model: int, adamw_share: float = 0) -> float:
    """Bytes that an optimizer keeps for one parameter, its copy in 32 bits not among them.

    AdamW keeps two numbers, SGD with momentum one, 8-bit Adam two bytes and a 32-bit scale for each 2,048 of
    either. Adafactor, without momentum, keeps a number for each row and column of a matrix; counted here as
    for matrices of d_model × d_model. Muon keeps one number for a matrix of a block; the share `adamw_share`
    of all parameters, embeddings, output matrix and vectors, is left to AdamW.

    Raises:
        ValueError: an unknown optimizer, a share outside 0 to 1, or no width.

    Source: arXiv:1412.6980; arXiv:2110.02861 (8-bit); arXiv:1804.04235, Algorithm 4 (Adafactor).
    """
    if not 0 <= adamw_share <= 1:
        raise ValueError(f"adamw_share is a share of the parameters, 0 to 1, got {adamw_share}")
    if d_model < 1:
        raise ValueError(f"d_model must be at least 1, got {d_model}")
    match optimizer:
        case "adamw":
            return 2 * moment
        case "adam 8-bit":
            return 2 * (1 + 4 / BLOCK)
        case "adafactor":
            return 2 * moment / d_model
        case "muon":
            return moment * (1 + adamw_share)
        case "sgd":
            return moment
    raise ValueError(f"optimizer must be one of {OPTIMIZERS}, got {optimizer!r}")


# --8<-- [end:optimizer_bytes]


# --8<-- [start:output_activation_bytes]
def output_activation_bytes(
    d_model: int,
    vocab_size: int,
    n: int,
    batch: int,
    tensor_parallel: int = 1,
    sequence_parallel: bool = False,
) -> float:
    """Bytes that the last norm, the output matrix and the loss keep: the logits in 32 bits, two inputs in 16.

    Raises:
        ValueError: a size below 1.

    Source: arXiv:2205.05198, §4.3.
    """
    sizes = {"d_model": d_model, "vocab_size": vocab_size, "n": n, "batch": batch}
    for name, size in (sizes | {"tensor_parallel": tensor_parallel}).items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1, got {size}")
    inputs = 4 * n * batch * d_model / (tensor_parallel if sequence_parallel else 1)
    return inputs + 4 * n * batch * vocab_size / tensor_parallel


# --8<-- [end:output_activation_bytes]


# --8<-- [start:training_memory]
def training_memory(
    n_parameters: float,
    n_layers: int,
    d_model: int,
    n_heads: int,
    vocab_size: int,
    n: int,
    batch: int,
    *,
    recipe: Recipe = RECIPES["mixed"],
    optimizer: str = "adamw",
    adamw_share: float = 0,
    stage: int = 0,
    n_devices: int = 1,
    tensor_parallel: int = 1,
    sequence_parallel: bool = False,
    recompute: str = "none",
) -> dict[str, float]:
    """Bytes on each device, by part, for `batch` sequences of `n` tokens at once on a group of devices.

    A group of `tensor_parallel` devices divides each layer; the n_devices / tensor_parallel groups are the
    ranks of data parallelism, among which a ZeRO stage divides what a group holds. Activations are those of
    layers of the GPT-2 kind, in 16 bits, whatever the recipe.

    Raises:
        ValueError: tensor_parallel does not divide n_devices, or what the parts refuse.
    """
    if tensor_parallel < 1 or n_devices % tensor_parallel:
        raise ValueError(f"groups of {tensor_parallel} devices do not divide {n_devices} devices")
    size = BytesPerParameter(
        recipe.parameter,
        recipe.gradient,
        recipe.master + optimizer_bytes(optimizer, recipe.moment, d_model, adamw_share),
    )
    states = model_state_parts(n_parameters / tensor_parallel, n_devices // tensor_parallel, stage, size)
    parallel = (tensor_parallel, sequence_parallel)
    layer = layer_activation_bytes(d_model, n_heads, n, batch, *parallel, recompute)
    return states | {
        "activations of the layers": n_layers * layer,
        "activations of the output": output_activation_bytes(d_model, vocab_size, n, batch, *parallel),
    }


# --8<-- [end:training_memory]
