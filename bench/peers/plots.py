#!/usr/bin/env python3
"""plots.py SCALING.csv FOLDER: how forward passes scale, as FOLDER/scaling-size.svg, scaling-threads.svg and
scaling-batch.svg, one panel a precision. Needs matplotlib."""

import argparse
import csv
from pathlib import Path

COLOURS = {"bauta": "#b3001b", "ncnn": "#1f6f8b", "openvino": "#7a4fa3", "onnxruntime": "#4f7a28", "pytorch": "#c77700"}
PLOTS = [  # name, x, what is the same for all, label, how a time becomes y, label of y
    ("size", "size", {"batch": 1}, "pixels a side", lambda row: row["median_ms"], "ms a picture"),
    ("threads", "threads", {"batch": 1}, "threads", lambda row: 1e3 / row["median_ms"], "pictures/s"),
    ("batch", "batch", {}, "pictures in a batch", lambda row: 1e3 * row["batch"] / row["median_ms"], "pictures/s"),
]


def read(path):
    with open(path, newline="") as file:
        rows = [dict(row) for row in csv.DictReader(file) if row["median_ms"]]
    for row in rows:
        row["median_ms"] = float(row["median_ms"])
        for key in ("size", "ngf", "blocks", "batch", "threads"):
            row[key] = int(row[key])
    return rows


def rows_of(rows, name, same):
    """The size that batches were tried at, and the most threads unless they are the x."""
    most = max(row["threads"] for row in rows)
    sizes = {row["size"] for row in rows if row["batch"] > 1} or {256}
    chosen = [row for row in rows if all(row[key] == value for key, value in same.items())]
    if name != "threads":
        chosen = [row for row in chosen if row["threads"] == most]
    return chosen if name == "size" else [row for row in chosen if row["size"] in sizes]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    rows = read(arguments.table)

    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "bauta"  # the same file from the same numbers
    from matplotlib import pyplot

    for name, x, same, label, value, unit in PLOTS:
        chosen = rows_of(rows, name, same)
        precisions = [precision for precision in ("f32", "bf16") if any(row["precision"] == precision for row in chosen)]
        if not precisions:
            continue
        figure, panels = pyplot.subplots(1, len(precisions), figsize=(5 * len(precisions), 4), sharey=True, squeeze=False)
        for panel, precision in zip(panels[0], precisions):
            for peer, colour in COLOURS.items():
                points = sorted(
                    (row[x], value(row)) for row in chosen if (row["peer"], row["precision"]) == (peer, precision)
                )
                if points:
                    panel.plot(
                        *zip(*points), marker="o", color=colour, label=peer, linewidth=2.2 if peer == "bauta" else 1.4
                    )
            ticks = sorted({row[x] for row in chosen})
            panel.set(title=precision, xlabel=label, ylabel=unit, xscale="log")
            if name == "size":
                panel.set_yscale("log")
            panel.set_xticks(ticks, [str(tick) for tick in ticks])
            panel.minorticks_off()
            panel.grid(alpha=0.3)
        one = chosen[0]
        sizes = {row["size"] for row in chosen}
        side = "" if len(sizes) > 1 else "{0}x{0}, ".format(sizes.pop())
        threads = "" if name == "threads" else f", {one['threads']} threads"
        figure.suptitle(f"{side}ngf {one['ngf']}, {one['blocks']} blocks{threads}: {one['machine']}", fontsize=10)
        if name != "size":
            panels[0][0].set_ylim(bottom=0)  # of all panels
        handles, names = panels[0][0].get_legend_handles_labels()  # all peers have float32
        figure.legend(handles, names, loc="lower center", ncols=len(names), frameon=False)
        figure.tight_layout(rect=(0, 0.07, 1, 1))
        figure.savefig(arguments.folder / f"scaling-{name}.svg", metadata={"Date": None})
        pyplot.close(figure)


if __name__ == "__main__":
    main()
