"""gpu_check_test.py: what scripts/gpu_check says of its stages, without a card: in a folder where cmake, the programs and
nvidia-smi are stand-ins."""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "gpu_check"
failures = []

with tempfile.TemporaryDirectory() as folder:
    root = Path(folder)
    out = root / "out"

    def stand_in(path, text):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"#!/bin/sh\n{text}\n")
        (root / path).chmod(0o755)

    def expect(code, summary, *arguments):
        done = subprocess.run([root / "scripts/gpu_check", *arguments], capture_output=True, text=True, timeout=60,
                              env=dict(os.environ, PATH=f"{root}/stand-ins:{os.environ['PATH']}"))
        written = (out / "summary.txt").read_text() if out.exists() else ""
        said = [line.split(" in ")[0] for line in written.splitlines()]
        if done.returncode != code or said != summary:
            failures.append(f"{arguments}: {code} and {summary} expected, got {done.returncode} and {said}:\n"
                            f"{done.stdout}{done.stderr}")

    (root / "scripts").mkdir()
    shutil.copy(SCRIPT, root / "scripts")
    for name in ("nvidia-smi", "cmake", "compute-sanitizer"):
        stand_in(f"stand-ins/{name}", "echo 9.0")
    stand_in("stand-ins/python3", "exit 1")  # that cannot import torch
    for name in ("cuda_tests", "cuda_step_tests", "cudnn_tests", "cyclegan_bench", "roofline"):
        stand_in(f"build/gpu/bin/{name}", "true")
    stand_in("build/gpu/bin/kernel_bench", "echo times")

    for arguments in ([], [""], ["--pakc"], [str(out), "nonsense"]):
        expect(2, [], *arguments)
    for _ in range(2):  # the summary begins anew
        expect(0, ["build: passed", "test: passed", "step: passed", "bench: passed", "peers: passed", "sanitize: passed"], str(out))
    stand_in("build/gpu/bin/kernel_bench", "echo SKIP: no CUDA device")
    expect(1, ["bench: FAILED"], str(out), "bench")
    stand_in("stand-ins/cmake", "exit 1")
    expect(1, ["build: FAILED", "the rest: not run"], str(out))
    expect(1, ["build: FAILED"], str(out), "build")

print(f"{len(failures)} failures", *failures, sep="\n")
sys.exit(1 if failures else 0)
