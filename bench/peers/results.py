"""What was measured: rows, printed as a table and written as CSV. Python's own library alone."""

import csv

COLUMNS = [
    "part",
    "peer",
    "version",
    "setting",
    "precision",
    "instruction_set",
    "size",
    "ngf",
    "blocks",
    "batch",
    "threads",
    "rounds",
    "runs",
    "median_ms",
    "least_ms",
    "most_ms",
    "over_bauta",
    "over_bauta_f32",
    "psnr_dB",
    "max_difference",
    "memory_MB",
    "floor_MB",
    "note",
    "machine",
    "bauta_flags",
]
SHOWN = [
    ("peer", "peer", "{}"),
    ("precision", "precision", "{}"),
    ("setting", "setting", "{}"),
    ("median_ms", "median ms", "{:.1f}"),
    ("least_ms", "least", "{:.1f}"),
    ("most_ms", "most", "{:.1f}"),
    ("over_bauta", "/ bauta", "{:.2f}"),
    ("over_bauta_f32", "/ bauta f32", "{:.2f}"),
    ("max_difference", "max diff", "{:.2f}"),
    ("psnr_dB", "PSNR dB", "{:.1f}"),
    ("memory_MB", "peak MB", "{:.0f}"),
    ("floor_MB", "of it imports", "{:.0f}"),
    ("note", "", "{}"),
]


def print_table(title, rows):
    """Columns in which something stands."""
    shown = [(key, head, form) for key, head, form in SHOWN if any(row.get(key) not in (None, "") for row in rows)]
    cells = [[head for _, head, _ in shown]]
    for row in rows:
        cells.append([form.format(row[key]) if row.get(key) not in (None, "") else "" for key, _, form in shown])
    numbers = ["f}" in form for _, _, form in shown]
    widths = [max(len(line[i]) for line in cells) for i in range(len(shown))]
    print(f"\n{title}")
    for line in cells:
        print(
            "  ".join(
                cell.rjust(width) if number else cell.ljust(width) for cell, width, number in zip(line, widths, numbers)
            ).rstrip()
        )
    print(flush=True)


def write_csv(path, rows):
    part = path.with_name("." + path.name + ".part")
    with open(part, "w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        for row in rows:
            table.writerow({key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()})
    part.rename(path)


def compare_with_bauta(rows):
    """over_bauta: of the same precision; over_bauta_f32 whatever its own."""
    ours = {row["precision"]: row["median_ms"] for row in rows if row["peer"] == "bauta" and row.get("median_ms")}
    for row in rows:
        for key, precision in (("over_bauta", row["precision"]), ("over_bauta_f32", "f32")):
            if row.get("median_ms") and precision in ours:
                row[key] = row["median_ms"] / ours[precision]
