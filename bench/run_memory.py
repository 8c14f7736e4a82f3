#!/usr/bin/env python3
"""How much memory bauta deid takes while a long run goes on.

    bench/run_memory.py PROGRAM FOLDER COUNT [--csv FILE] [deid's options...]

Makes a folder of COUNT photographs, links to those under FOLDER again and again, and lets deid work on them with --resume,
--report, --sheet and --json. FILE gets a line a second: seconds, photographs written so far, resident memory now and at
most, in MiB. Prints the resident memory's mean in each tenth of the run. Exit code 1 if the run fails."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def pictures_under(folder):
    return sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))


def memory_mb(process, name):
    try:
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("count", type=int)
    parser.add_argument("--csv", type=Path)
    options, of_deid = parser.parse_known_args()
    sources = pictures_under(options.folder)
    with tempfile.TemporaryDirectory(prefix="bauta-memory-") as name:
        folder = Path(name)
        (folder / "photos").mkdir()
        for i in range(options.count):
            source = sources[i % len(sources)].resolve()
            (folder / f"photos/{i:06}{source.suffix}").symlink_to(source)
        command = [options.program, "deid", folder / "photos", "--out", folder / "out", "--resume", "--json", "--quiet",
                   "--report", folder / "report.json", "--sheet", folder / "sheet.html", "--allow-no-face", *of_deid]
        rows, start = [], time.monotonic()
        with open(folder / "told.json", "w") as told:
            process = subprocess.Popen(list(map(str, command)), stdout=told)
            while process.poll() is None:
                time.sleep(1)
                now, most = memory_mb(process, "VmRSS"), memory_mb(process, "VmHWM")
                if now:
                    written = len(os.listdir(folder / "out")) if (folder / "out").exists() else 0
                    rows.append((round(time.monotonic() - start, 1), max(0, written - 1), round(now, 1), round(most, 1)))
        summary = json.loads((folder / "told.json").read_text())
        sizes = {path.name: path.stat().st_size >> 10 for path in folder.iterdir() if path.is_file()}
    if options.csv:
        options.csv.parent.mkdir(parents=True, exist_ok=True)
        options.csv.write_text("seconds,photographs,resident_mb,most_mb\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    tenths = [[row[2] for row in rows if row[1] * 10 // max(1, options.count) == tenth] for tenth in range(10)]
    print("resident MiB by tenth of the run:", [round(sum(part) / len(part)) if part else None for part in tenths])
    print(f"{len(summary['files'])} photographs, {summary['written']} written, {rows[-1][0]:.0f} s, {rows[-1][3]:.0f} MiB at most; KiB: {sizes}")
    sys.exit(process.returncode != 0 or len(summary["files"]) != options.count)


if __name__ == "__main__":
    main()
