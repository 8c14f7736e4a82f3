#!/usr/bin/env python3
"""Takes every barrier and fence out of the card's kernels, one at a time, and asks the tests whether they notice.

    tests/emulator/remove_each_barrier.py [PART OF A FILE'S NAME ...]

Works on a copy of the sources in build/mutants, under the thread sanitizer. A removal that no test notices is either a
barrier that is not needed or a test that is missing; it is listed, and the exit code is then 1. So is one that does not
compile: it shows nothing. Takes minutes.
"""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / "build" / "mutants"
ORDERING = re.compile(r"\b__(syncthreads|syncwarp|threadfence)\s*\([^()]*\)\s*;")
# Which cases show what a header's barriers are for; of a kernel file its stem says it.
TESTED_BY = {
    "parallel_gpu.h": "losses*,reductions*",
    "columns_gpu.h": "bias*,reductions*",
    "picture_sums_gpu.h": "instance_norm*,fused_norm*",
    "contraction_gpu.h": "gemm*",
    "window_tiles_gpu.h": "pooling*,depthwise*",
    "depthwise_convolution.cu": "depthwise*",
    "mosaic.cu": "mosaic*,box_select*",
    "convolution_from_three.cu": "convolution of three channels*",
    "convolution_to_three.cu": "convolution of three channels*",
    "convolution_wgrad_of_three.cu": "convolution of three channels*",
}


def build():
    environment = dict(os.environ, CCACHE_BASEDIR=str(COPY / "source"), CCACHE_NOHASHDIR="1")
    return subprocess.run(["ninja", "-C", COPY / "build", "emulator_tests"], env=environment, capture_output=True, text=True)


def notices(stem):
    """What a failing test said, or nothing."""
    cases = TESTED_BY.get(stem, Path(stem).stem + "*")
    for order in ("in_order", "reversed", "7"):
        environment = dict(os.environ, BAUTA_EMULATOR_ORDER=order, TSAN_OPTIONS="halt_on_error=1 exitcode=66")
        run = subprocess.run([COPY / "build/bin/emulator_tests", f"-tc={cases}"], env=environment, capture_output=True, text=True,
                             errors="replace", timeout=600)
        if run.returncode:
            said = re.search(r"data race|CUDA emulator: [^\n]*|ERROR: [^\n]*", run.stdout + run.stderr)
            return said.group(0) if said else f"exit code {run.returncode}"
    return None


def main(wanted):
    source = COPY / "source"
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns("build", ".git", "models", "golden"))
    configured = subprocess.run(["cmake", "-S", source, "-B", COPY / "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
                                 "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 -g1", "-DBAUTA_SANITIZE=thread", "-DBAUTA_CUDA=OFF",
                                 "-DBAUTA_ONLY_KERNELS=ON"], capture_output=True, text=True)
    first = build()
    if configured.returncode or first.returncode:
        sys.exit(configured.stderr + first.stdout)
    removed, unnoticed = 0, []
    for path in sorted([*(source / "kernels").glob("*.cu"), *(source / "kernels").glob("*_gpu.h")]):
        if wanted and not any(part in path.name for part in wanted):
            continue
        text = path.read_text()
        for found in ORDERING.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            path.write_text(text[:found.start()] + ";" + text[found.end():])
            broken = build()
            said = None if broken.returncode else notices(path.name)
            path.write_text(text)
            removed += 1
            if broken.returncode:
                print(broken.stdout[-2000:])
            print(f"{path.name}:{line}: {found.group(0)} {'noticed: ' + said if said else 'DOES NOT COMPILE' if broken.returncode else 'NOT NOTICED'}", flush=True)
            if not said:
                unnoticed.append(f"{path.name}:{line}")
    print(f"{removed} removed, {len(unnoticed)} not noticed{': ' if unnoticed else ''}{', '.join(unnoticed)}")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
