"""Training at scale: what each rank holds, and where."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from llm_questions.lora import adapted_model_bytes
from llm_questions.offload import placement
from llm_questions.zero import MIXED_PRECISION_ADAM, STAGES, model_state_parts
from scripts.figures import colors, style

N_PARAMETERS, N_RANKS = 7.5e9, 64
LLAMA_2_7B, LORA_RANK_16 = 6_738_415_616, 39_976_960

# Lightness tells the parts apart, so that the bars can be read without color.
_FILLS = [colors.SEQUENTIAL[29], colors.SEQUENTIAL[4], colors.SEQUENTIAL[16]]
_BYTES = [MIXED_PRECISION_ADAM.parameter, MIXED_PRECISION_ADAM.gradient, MIXED_PRECISION_ADAM.optimizer]


def _bar(axes: Axes, row: int, parts: dict[str, float], digits: int = 1) -> None:
    """The parts of the model states in GB, one after the other, and their sum; row 0 fills the legend."""
    left = 0.0
    for (kind, size), fill, n_bytes in zip(parts.items(), _FILLS, _BYTES, strict=True):
        named = f"{kind}: {n_bytes} bytes" if row == 0 else None
        look = {"color": fill, "edgecolor": colors.MUTED, "linewidth": 1}
        axes.barh(-row, size / 1e9, 0.62, left, label=named, **look)
        left += size / 1e9
    style.label(axes, left + 1.5, -row, f"{left:.{digits}f} GB")


def draw_zero_memory() -> Figure:
    """Model states on each of 64 ranks for 7.5 billion parameters, by ZeRO stage: the paper's Figure 1."""
    figure, ((axes,),) = style.figure(360)
    for stage in STAGES:
        parts = model_state_parts(N_PARAMETERS, N_RANKS, stage)
        _bar(axes, stage, parts, digits=1 if stage < 3 else 2)
    axes.set_yticks([-s for s in STAGES], ["no sharding", "ZeRO-1", "ZeRO-2", "ZeRO-3"])
    axes.set(xlabel="GB on each of 64 ranks", xlim=(0, 150))
    axes.grid(False, axis="y")
    axes.legend(loc="lower right")
    return figure


def draw_lora_memory() -> Figure:
    """Model states of Llama 2 7B trained in full and with LoRA of rank 16 on its blocks' linear layers."""
    figure, ((axes,),) = style.figure(270)
    _bar(axes, 0, adapted_model_bytes(LLAMA_2_7B))
    _bar(axes, 1, adapted_model_bytes(LLAMA_2_7B, LORA_RANK_16))
    axes.set_yticks([0, -1], ["full", "LoRA"])
    axes.set(xlabel="GB of model states", xlim=(0, 132), ylim=(-1.9, 0.5))
    axes.grid(False, axis="y")
    axes.legend(loc="lower right")
    return figure


def draw_offload_placement() -> Figure:
    """Model states of 7.5 billion parameters on one of 8 GPUs and in its share of the host's memory."""
    figure, ((axes,),) = style.figure(390)
    configurations = [
        ("stage 2", 2, False, False),
        ("stage 2,\noptimizer offloaded", 2, True, False),
        ("stage 3", 3, False, False),
        ("stage 3,\noptimizer offloaded", 3, True, False),
        ("stage 3, optimizer\nand parameters", 3, True, True),
    ]
    kinds = [("GPU", colors.SEQUENTIAL[22]), ("host", colors.SEQUENTIAL[6])]
    for row, (_, stage, optimizer, parameters) in enumerate(configurations):
        found = placement(N_PARAMETERS, 8, stage, optimizer, parameters)
        for offset, (kind, fill), size in zip((0.19, -0.19), kinds, (found.device, found.host), strict=True):
            look = {"color": fill, "edgecolor": colors.MUTED, "linewidth": 1}
            axes.barh(-row + offset, size / 1e9, 0.36, label=kind if row == 0 else None, **look)
            style.label(axes, size / 1e9 + 0.4, -row + offset, f"{size / 1e9:.1f}" if size else "0")
    axes.set_yticks([-row for row in range(5)], [name for name, *_ in configurations])
    axes.set(xlabel="GB for each of 8 ranks", xlim=(0, 34))
    axes.grid(False, axis="y")
    axes.legend(loc="lower right")
    return figure


FIGURES = {
    "zero-memory": draw_zero_memory,
    "lora-memory": draw_lora_memory,
    "offload-placement": draw_offload_placement,
}
