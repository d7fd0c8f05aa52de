"""Where the model states lie, and what crosses the bus, when a part of them is kept in the host's memory.

Ren et al. 2021, "ZeRO-Offload", arXiv:2101.06840 (stage 2, optimizer in the host's memory); Rajbhandari et
al. 2021, "ZeRO-Infinity", arXiv:2104.07857 (stage 3, parameters too). Activations, buffers and the layers
that stage 3 gathers at the moment come on top.
"""

from dataclasses import dataclass

from llm_questions.zero import MIXED_PRECISION_ADAM, BytesPerParameter, model_state_parts


@dataclass(frozen=True)
class Placement:
    """Bytes of one rank: in the memory of its device, in the host's, and over the bus in a step."""

    device: float
    host: float
    to_host: float
    to_device: float


# --8<-- [start:placement]
def placement(
    n_parameters: float,
    n_ranks: int,
    stage: int,
    offload_optimizer: bool = False,
    offload_parameters: bool = False,
    size: BytesPerParameter = MIXED_PRECISION_ADAM,
) -> Placement:
    """Model states of one rank, with one backward pass in a step.

    With `offload_optimizer` the host keeps the rank's gradients and optimizer
    states and computes the update: gradients go down, new parameters come up. With
    `offload_parameters` it keeps the rank's parameters as well: they come up for
    the forward and again for the backward pass.

    Raises:
        ValueError: the optimizer offloaded below stage 2, which this account does
            not cover; parameters offloaded below stage 3 or without the optimizer.

    Source: arXiv:2101.06840, abstract; arXiv:2104.07857, abstract.
    """
    if offload_optimizer and stage < 2:
        raise ValueError(f"this account covers stages 2 and 3, got {stage}")
    if offload_parameters and not (stage == 3 and offload_optimizer):
        raise ValueError("offload parameters at stage 3, and after the optimizer")
    parts = model_state_parts(n_parameters, n_ranks, stage, size)
    if not offload_optimizer:
        return Placement(sum(parts.values()), 0, 0, 0)
    down = parts["gradients"]
    updated = n_parameters * size.parameter / n_ranks  # the shard, in 16 bits
    host = parts["gradients"] + parts["optimizer states"]
    if offload_parameters:
        return Placement(0, host + parts["parameters"], down, 2 * updated)
    return Placement(parts["parameters"], host, down, updated)


# --8<-- [end:placement]
