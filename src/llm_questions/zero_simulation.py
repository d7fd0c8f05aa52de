"""N ranks in one process: a training step of Adam with ZeRO's sharding, and what each rank holds and sends.

Rajbhandari et al. 2020, arXiv:1910.02054, §5 and §7. Ranks are entries of a list, collectives functions
on such lists that count what a ring algorithm would send.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from llm_questions.adam import adam_step


# --8<-- [start:Cluster]
@dataclass
class Cluster:
    """N ranks and a count of the elements that each has sent."""

    n_ranks: int
    sent_per_rank: int = field(default=0)

    def reduce_scatter(self, contributions: list[ndarray]) -> list[ndarray]:
        """Rank r receives the r-th shard of the mean over all ranks."""
        mean = np.mean(contributions, axis=0)
        self._count(mean.size)
        return np.split(mean, self.n_ranks)

    def all_gather(self, shards: list[ndarray]) -> list[ndarray]:
        """Every rank receives all shards, joined."""
        joined = np.concatenate(shards)
        self._count(joined.size)
        return [joined.copy() for _ in range(self.n_ranks)]

    def all_reduce(self, contributions: list[ndarray]) -> list[ndarray]:
        """Every rank receives the mean: a reduce-scatter followed by an all-gather."""
        return self.all_gather(self.reduce_scatter(contributions))

    def _count(self, n_elements: int) -> None:
        self.sent_per_rank += n_elements * (self.n_ranks - 1) // self.n_ranks


# --8<-- [end:Cluster]


class ZeroAdam:
    """Adam on a cluster at one ZeRO stage; `gradient_of(rank, parameters)` gives a rank's own gradient."""

    def __init__(self, parameters: Float[ndarray, " p"], n_ranks: int, stage: int) -> None:
        if parameters.size % n_ranks:
            raise ValueError(
                f"{parameters.size} parameters do not divide among {n_ranks} ranks; pad them to a multiple"
            )
        if stage not in (0, 1, 2, 3):
            raise ValueError(f"stage must be 0, 1, 2 or 3, got {stage}")
        self.cluster = Cluster(n_ranks)
        self.stage = stage
        self.steps = 0
        shards = np.split(parameters.copy(), n_ranks)
        whole = [parameters.copy() for _ in range(n_ranks)]
        self.parameters = shards if stage == 3 else whole
        states = shards if stage >= 1 else whole
        self.momentum = [np.zeros_like(part) for part in states]
        self.variance = [np.zeros_like(part) for part in states]

    # --8<-- [start:step]
    def step(self, gradient_of) -> None:
        """One training step; the comments say what travels between the ranks."""
        self.steps += 1
        ranks = range(self.cluster.n_ranks)
        if self.stage == 3:
            # for the forward pass, then dropped; again for the backward pass
            self.cluster.all_gather(self.parameters)
            whole = self.cluster.all_gather(self.parameters)
        else:
            whole = self.parameters
        gradients = [gradient_of(rank, whole[rank]) for rank in ranks]
        if self.stage == 0:
            gradients = self.cluster.all_reduce(gradients)
            mine = self.parameters  # every rank updates everything
        else:
            gradients = self.cluster.reduce_scatter(gradients)
            mine = [np.split(whole[rank], len(ranks))[rank] for rank in ranks]
        for rank in ranks:
            mine[rank], self.momentum[rank], self.variance[rank] = adam_step(
                mine[rank],
                gradients[rank],
                self.momentum[rank],
                self.variance[rank],
                self.steps,
            )
        gathers = self.stage in (1, 2)
        self.parameters = self.cluster.all_gather(mine) if gathers else mine

    # --8<-- [end:step]

    def elements_held(self) -> dict[str, int]:
        """Elements of each persistent kind of state on one rank."""
        return {
            "parameters": self.parameters[0].size,
            "optimizer": self.momentum[0].size + self.variance[0].size,
        }

    def result(self) -> ndarray:
        """All parameters, wherever they lie."""
        return np.concatenate(self.parameters) if self.stage == 3 else self.parameters[0]
