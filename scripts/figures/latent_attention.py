"""Multi-head latent attention: its two forms, and what each costs."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from llm_questions.latent_attention import LatentSizes, absorbed_flops, explicit_flops
from scripts.figures import colors, style

SIZES = LatentSizes()
_HEIGHT = 46
_CACHE, _ATTENTION, _OUTPUT = 62, 322, 468  # heights of the rows that both forms have
_PROJECTION = colors.SEQUENTIAL[6]


def _box(axes: Axes, x: float, y: float, width: float, text: str, fill: str = colors.BACKGROUND) -> None:
    """A box with (x, y) in its middle."""
    style.box(axes, x - width / 2, y - _HEIGHT / 2, width, _HEIGHT, text, fill=fill)


def _up(axes: Axes, x: float, start: float, end: float, text: str = "", right: bool = True) -> None:
    """An arrow from the top of the box at `start` to the foot of the box at `end`, with text beside it."""
    low, high = start + _HEIGHT / 2, end - _HEIGHT / 2
    style.arrow(axes, (x, low), (x, high))
    if text:
        style.label(axes, x + (8 if right else -8), (low + high) / 2, text, ha="left" if right else "right")


def draw_mla_forms() -> Figure:
    """The two forms of MLA: projections on every cached token, or on the new query and its result."""
    figure, axes = style.canvas(560)
    s = SIZES
    latent, rotary, content, value = s.latent_dim, s.rotary_dim, s.content_dim, s.value_dim
    keys, queries = (88, 388), (226, 526)
    for x_key, x_query, title in zip(keys, queries, ("explicit", "absorbed"), strict=True):
        middle = (x_key + x_query) / 2
        style.label(axes, middle, 540, title, ha="center", weight="bold", fontsize=18)
        _box(axes, x_key, _CACHE, 128, "cached token", colors.SEQUENTIAL[12])
        _box(axes, x_query, _CACHE, 128, "new query")
        _box(axes, middle, _ATTENTION, 266, f"attention, {s.n_heads} heads")
        _box(axes, middle, _OUTPUT + 30, 266, "output projection")
        style.label(axes, x_key, 22, f"{latent} + {rotary}", ha="center")
        style.label(axes, x_query, 22, f"{content} + {rotary} a head", ha="center")

    half = (_CACHE + _ATTENTION) / 2
    _up(axes, keys[0], _CACHE, half)
    _box(axes, keys[0], half, 128, r"$\times\;W_{UK},\;W_{UV}$", _PROJECTION)
    _up(axes, keys[0], half, _ATTENTION, f"each head:\nkey {content + rotary},\nvalue {value}")
    _up(axes, queries[0], _CACHE, _ATTENTION)
    _up(axes, sum((keys[0], queries[0])) / 2, _ATTENTION, _OUTPUT + 30, f"{value} a head")

    _up(axes, keys[1], _CACHE, _ATTENTION)
    style.label(axes, keys[1] + 8, 262, f"all heads:\nkey {latent + rotary},\nvalue {latent}", va="center")
    _up(axes, queries[1], _CACHE, half)
    _box(axes, queries[1], half, 128, r"$\times\;W_{UK}^{\top}$", _PROJECTION)
    _up(axes, queries[1], half, _ATTENTION)
    style.label(axes, queries[1] + 8, 240, f"{latent} +\n{rotary}", va="center")
    middle = sum((keys[1], queries[1])) / 2
    between = (_ATTENTION + _OUTPUT + 30) / 2
    _up(axes, middle, _ATTENTION, between, f"{latent} a head")
    _box(axes, middle, between, 128, r"$\times\;W_{UV}$", _PROJECTION)
    _up(axes, middle, between, _OUTPUT + 30, f"{value} a head")
    axes.plot([307, 307], [10, 548], color=colors.GRID, linewidth=1.5)
    return figure


def draw_mla_cost() -> Figure:
    """Operations of one MLA layer by the number of new tokens, explicit and absorbed, after 32,768 tokens."""
    figure, ((axes,),) = style.figure(400)
    past = 32_768
    new = [2**k for k in range(13)]
    for i, flops in enumerate((explicit_flops, absorbed_flops)):
        axes.plot(new, [flops(n, past + n, SIZES) / 1e12 for n in new], **style.series(i))
    style.label(axes, 1.1, 2.2, "explicit", colors.SERIES[0])
    style.label(axes, 3.2, 0.014, "absorbed", colors.SERIES[1])
    crossing = next(
        n for n in range(1, 4096) if explicit_flops(n, past + n, SIZES) <= absorbed_flops(n, past + n, SIZES)
    )
    axes.axvline(crossing, color=colors.MUTED, linewidth=1.5, linestyle=(0, (4, 3)))
    style.label(axes, crossing * 1.15, 0.014, f"{crossing} tokens")
    axes.set(xscale="log", yscale="log", xlabel="new tokens at once", ylabel=r"$10^{12}$ operations a layer")
    axes.set_xticks([1, 16, 256, 4096], ["1", "16", "256", "4,096"])
    axes.set_yticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
    axes.minorticks_off()
    return figure


FIGURES = {"mla-forms": draw_mla_forms, "mla-cost": draw_mla_cost}
