"""Memory and communication of data-parallel training with sharded model states (ZeRO).

Rajbhandari et al. 2020, "ZeRO: Memory Optimizations Toward Training Trillion Parameter Models",
arXiv:1910.02054. Model states are parameters, gradients and optimizer states; activations, buffers and
fragmentation are not in these numbers.
"""

from dataclasses import dataclass

STAGES = (0, 1, 2, 3)


# --8<-- [start:BytesPerParameter]
@dataclass(frozen=True)
class BytesPerParameter:
    """Bytes that one parameter costs in each kind of model state.

    The defaults are mixed-precision Adam: parameters and gradients in 16 bits; a copy of the parameters,
    momentum and variance in 32 bits (the paper's K = 12). Source: arXiv:1910.02054, §3.1.
    """

    parameter: float = 2
    gradient: float = 2
    optimizer: float = 12


# --8<-- [end:BytesPerParameter]

MIXED_PRECISION_ADAM = BytesPerParameter()


def _check(stage: int, n_parameters: float, n_ranks: int) -> None:
    if stage not in STAGES:
        raise ValueError(f"stage must be 0 (plain data parallelism), 1, 2 or 3, got {stage}")
    if n_parameters <= 0 or n_ranks < 1:
        raise ValueError(f"need parameters and at least one rank, got {n_parameters} and {n_ranks}")


# --8<-- [start:model_state_bytes]
def model_state_parts(
    n_parameters: float,
    n_ranks: int,
    stage: int,
    size: BytesPerParameter = MIXED_PRECISION_ADAM,
) -> dict[str, float]:
    """Bytes of parameters, gradients and optimizer states on each rank.

    Stage 1 divides the optimizer states among the ranks, stage 2 the gradients as
    well, stage 3 the parameters as well; stage 0, plain data parallelism, divides
    nothing.

    Raises:
        ValueError: unknown stage, no parameters, or no rank.

    Source: arXiv:1910.02054, Figure 1 and §5.
    """
    _check(stage, n_parameters, n_ranks)
    whole, shard = n_parameters, n_parameters / n_ranks
    return {
        "parameters": size.parameter * (shard if stage >= 3 else whole),
        "gradients": size.gradient * (shard if stage >= 2 else whole),
        "optimizer states": size.optimizer * (shard if stage >= 1 else whole),
    }


def model_state_bytes(
    n_parameters: float,
    n_ranks: int,
    stage: int,
    size: BytesPerParameter = MIXED_PRECISION_ADAM,
) -> float:
    """The sum of `model_state_parts`, in bytes; the paper's GB are 10^9 bytes."""
    return sum(model_state_parts(n_parameters, n_ranks, stage, size).values())


# --8<-- [end:model_state_bytes]


# --8<-- [start:elements_sent]
def elements_sent(n_parameters: float, n_ranks: int, stage: int) -> float:
    """Elements that each rank sends, and receives, in one training step with ring collectives.

    A ring reduce-scatter or all-gather of P elements over N ranks sends P (N - 1) / N from each; an
    all-reduce is one of each. Stages 0, 1 and 2 need the equivalent of one all-reduce. Stage 3 gathers the
    parameters twice (forward, backward) and reduce-scatters the gradients: 1.5 times as much. The paper
    writes 2 P and 3 P, the limit for many ranks.

    Raises:
        ValueError: unknown stage, no parameters, or no rank.

    Source: arXiv:1910.02054, §7.
    """
    _check(stage, n_parameters, n_ranks)
    one_collective = n_parameters * (n_ranks - 1) / n_ranks
    return one_collective * (3 if stage == 3 else 2)


# --8<-- [end:elements_sent]
