"""Bars of memory in parts, beside a limit: notebooks draw what they computed, in the style of the site."""

from matplotlib.figure import Figure

from scripts.figures import colors, style

# Lightness tells the parts apart, so that the bars can be read without color.
_FILLS = [colors.SEQUENTIAL[level] for level in (31, 2, 12, 21)]


def memory_bars(title: str, rows: dict[str, dict[str, float]], limit: float) -> str:
    """An SVG with one bar for each row, its parts side by side and their sum behind it.

    Args:
        title: what the figure shows; it is read out where the picture cannot be seen.
        rows: name of each bar, and bytes of its parts; at most four parts, the same in all rows.
        limit: bytes of one device, drawn as a vertical line.
    """
    from scripts.gen_figures import Entry, render  # there, because it imports all modules of this folder

    drawn = render("memory-bars", Entry(__name__, title, lambda: _draw(rows, limit)))
    return drawn.partition("\n")[2]  # without the comment that says how to generate it again


def _draw(rows: dict[str, dict[str, float]], limit: float) -> Figure:
    figure, ((axes,),) = style.figure(140 + 44 * len(rows))
    for row, parts in enumerate(rows.values()):
        left = 0.0
        for (kind, size), fill in zip(parts.items(), _FILLS, strict=False):
            named = kind if row == 0 else None
            look = {"color": fill, "edgecolor": colors.MUTED, "linewidth": 1}
            axes.barh(-row, size / 1e9, 0.62, left, label=named, **look)
            left += size / 1e9
        style.label(axes, left + 1.5, -row, f"{left:.1f}")
    axes.axvline(limit / 1e9, color=colors.TEXT, linewidth=1.8, linestyle=(0, (6, 2.5)))
    longest = max(sum(parts.values()) for parts in rows.values())
    axes.set_yticks([-row for row in range(len(rows))], list(rows))
    axes.set(xlabel=f"GB on each GPU; dashed: {limit / 1e9:g} GB", xlim=(0, 1.15 * max(longest, limit) / 1e9))
    axes.grid(False, axis="y")
    figure.legend(loc="outside upper right", ncols=2)
    return figure
