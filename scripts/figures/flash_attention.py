"""FlashAttention: which tiles are computed, and what moves to and from slow memory."""

from matplotlib.figure import Figure

from llm_questions.attention_traffic import flash_traffic, largest_query_tile, standard_traffic
from llm_questions.flash_attention import is_hidden, tiles
from llm_questions.masks import causal_mask
from scripts.figures import colors, style

N, QUERY_TILE, KEY_TILE = 12, 4, 3
NOW = (1, 1)  # which tile of queries, which tile of keys
CELL, LEFT, TOP = 26, 92, 372
DONE, CURRENT = colors.SEQUENTIAL[5], colors.SEQUENTIAL[26]


def draw_flash_tiles() -> Figure:
    """The causal logits of 12 queries and 12 keys in tiles of 4 by 3: done, present, to come and skipped."""
    figure, axes = style.canvas(450)
    visible = causal_mask(N)
    for i, rows in enumerate(tiles(N, QUERY_TILE)):
        for j, columns in enumerate(tiles(N, KEY_TILE)):
            hidden = is_hidden(rows, columns, N, N)
            state = "skipped" if hidden else "done" if (i, j) < NOW else "now" if (i, j) == NOW else "later"
            x, y = LEFT + columns.start * CELL, TOP - rows.stop * CELL
            for row in range(rows.start, rows.stop):
                for column in range(columns.start, columns.stop):
                    if visible[row, column] and state in ("done", "now"):
                        fill = DONE if state == "done" else CURRENT
                        style.box(
                            axes,
                            LEFT + column * CELL,
                            TOP - (row + 1) * CELL,
                            CELL,
                            CELL,
                            fill=fill,
                            edge=fill,
                            line_width=0.5,
                        )
            color = colors.BACKGROUND if state == "now" else colors.MUTED if hidden else colors.TEXT
            style.box(
                axes,
                x,
                y,
                KEY_TILE * CELL,
                QUERY_TILE * CELL,
                state,
                edge=colors.MUTED if hidden else colors.TEXT,
                line_width=1 if hidden else 2,
                text_color=color,
            )
    bold = {"weight": "bold", "fontsize": style.TEXT_SIZE}
    for i, rows in enumerate(tiles(N, QUERY_TILE)):
        fill, color = (CURRENT, colors.BACKGROUND) if i == NOW[0] else ("none", colors.TEXT)
        y = TOP - rows.stop * CELL
        style.box(axes, 44, y, 36, QUERY_TILE * CELL, f"$Q_{i + 1}$", fill=fill, text_color=color)
    for j, columns in enumerate(tiles(N, KEY_TILE)):
        fill, color = (CURRENT, colors.BACKGROUND) if j == NOW[1] else ("none", colors.TEXT)
        x = LEFT + columns.start * CELL
        label = f"$K_{j + 1}, V_{j + 1}$"
        style.box(axes, x, TOP + 12, KEY_TILE * CELL, 36, label, fill=fill, text_color=color)
    style.label(axes, LEFT + 6 * CELL, TOP + 64, "inner loop over keys", ha="center")
    style.arrow(axes, (LEFT + 6 * CELL + 84, TOP + 64), (LEFT + 12 * CELL, TOP + 64))
    style.label(axes, 22, TOP - 6 * CELL, "outer loop over queries", ha="center", rotation=90)
    style.arrow(axes, (22, TOP - 6 * CELL - 96), (22, TOP - 12 * CELL))

    x = LEFT + 12 * CELL + 22
    style.label(axes, x, TOP + 30, "In fast memory", **bold)
    contents = [
        f"$Q_{NOW[0] + 1}$",
        f"$K_{NOW[1] + 1}, V_{NOW[1] + 1}$",
        "12 logits",
        "$m, \\ell, u$ of\n4 queries",
    ]
    top = TOP + 8
    for text in contents:
        height = 52 if "\n" in text else 32
        style.box(axes, x, top - height, 140, height, text, edge=colors.TEXT)
        top -= height + 7
    style.label(axes, x, top - 22, "In slow memory", **bold)
    top -= 44
    for text in ("$Q, K, V$", "$O_1$", "log-sum-exp\nof 4 queries"):
        height = 52 if "\n" in text else 32
        style.box(axes, x, top - height, 140, height, text)
        top -= height + 7
    return figure


def draw_flash_traffic() -> Figure:
    """Megabytes that one head moves in a forward pass, by sequence length: stored matrices against tiles."""
    lengths, d, sram, key_tile = [2**k for k in range(8, 17)], 64, 50_000, 64
    megabytes = [
        [2 * standard_traffic(n, d).forward / 1e6 for n in lengths],
        [
            2 * flash_traffic(n, d, min(largest_query_tile(sram, d, key_tile), n), key_tile).forward / 1e6
            for n in lengths
        ],
        [2 * flash_traffic(n, d, n, key_tile).forward / 1e6 for n in lengths],
    ]
    figure, ((axes,),) = style.figure(430)
    for i, values in enumerate(megabytes):
        axes.plot(lengths, values, **style.series(i))
    axes.set(xscale="log", yscale="log", xlabel="sequence length (tokens)", ylabel="MB moved by one head")
    axes.set_xticks(lengths[::2], [f"{n:,}" for n in lengths[::2]])
    axes.set_yticks([0.1, 1, 10, 100, 1e3, 1e4], ["0.1", "1", "10", "100", "1,000", "10,000"])
    axes.set(ylim=(0.08, 9e4))
    axes.minorticks_off()
    style.label(axes, 5200, 1000, "matrices stored", colors.SERIES[0], ha="right")
    style.label(axes, 13500, 90, "tiles, M = 100 KB", colors.SERIES[1])
    style.label(axes, 7000, 1.1, "inputs and output once", colors.SERIES[2], va="top")
    return figure


FIGURES = {"flash-tiles": draw_flash_tiles, "flash-traffic": draw_flash_traffic}
