"""gpu_check_test.py: what scripts/gpu_check says of its stages, of the time they have and of a card that is missing, without a card: in a folder where cmake, the programs and
nvidia-smi are stand-ins."""
import os
import shutil
import subprocess
import sys
import tempfile
import time
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

    def expect(code, summary, *arguments, seconds="60", path=None):
        """What it said, on standard output."""
        path = path or f"{root}/stand-ins:{os.environ['PATH']}"
        start = time.monotonic()
        done = subprocess.run([root / "scripts/gpu_check", *arguments], capture_output=True, text=True, timeout=120,
                              env=dict(os.environ, PATH=path, BAUTA_GPU_CHECK_SECONDS=seconds))
        took = time.monotonic() - start
        if seconds.isdigit() and took > int(seconds) + 12:  # a busy machine, and what ignores SIGTERM
            failures.append(f"{arguments}: took {took:.0f} s where it had {seconds}")
        written = (out / "summary.txt").read_text() if out.exists() else ""
        said = [line.split(" in ")[0] for line in written.splitlines()]
        if done.returncode != code or said != summary:
            failures.append(f"{arguments}: {code} and {summary} expected, got {done.returncode} and {said}:\n"
                            f"{done.stdout}{done.stderr}")
        return done.stdout

    (root / "scripts").mkdir()
    shutil.copy(SCRIPT, root / "scripts")
    for name in ("nvidia-smi", "cmake", "compute-sanitizer"):
        stand_in(f"stand-ins/{name}", "echo 9.0")
    stand_in("stand-ins/python3", "exit 1")  # that cannot import torch
    for name in ("cuda_tests", "cuda_step_tests", "cudnn_tests", "roofline"):
        stand_in(f"build/gpu/bin/{name}", "true")
    stand_in("build/gpu/bin/bauta", "echo times")

    for arguments in ([], [""], ["--pakc"], [str(out), "nonsense"]):
        expect(2, [], *arguments)
    for _ in range(2):  # the summary begins anew
        expect(0, ["build: passed", "test: passed", "step: passed", "bench: passed", "peers: passed", "sanitize: passed"], str(out))
    stand_in("build/gpu/bin/bauta", "exit 1")
    expect(1, ["bench: FAILED"], str(out), "bench")
    stand_in("stand-ins/cmake", "exit 1")
    expect(1, ["build: FAILED", "the rest: not run"], str(out))
    expect(1, ["build: FAILED"], str(out), "build")
    expect(2, ["build: FAILED"], str(out), "build", seconds="soon")

    # One deadline for all: what hangs leaves the later stages their least, and what has no time left says so.
    stand_in("stand-ins/cmake", "true")
    stand_in("build/gpu/bin/bauta", "case $* in *--csv*) ;; *) trap '' TERM; sleep 3 ;; esac; echo {}")
    stand_in("build/gpu/bin/cuda_tests", "exec sleep 100")
    said = expect(1, ["build: passed", "test: FAILED", "step: passed", "bench: FAILED"], str(out), "build", "test", "step",
                  "bench", seconds="20")
    limits = [line for line in said.splitlines() if ": at most " in line]
    if "within 20 s in all" not in said or len(limits) != 4 or "no time left" not in (out / "all.log").read_text():
        failures.append(f"the deadline is not said:\n{said}")

    # Without a card a sentence says what is missing.
    def expect_no_card(words, path=None):
        said = expect(1, [words], str(out), "build", path=path)
        if "nvidia-smi" not in said or "command not found" in said:
            failures.append(f"no clear sentence:\n{said}")

    stand_in("stand-ins/nvidia-smi", "echo No devices were found; exit 6")
    expect_no_card('no card: nvidia-smi says "No devices were found"; the driver does not run or sees no card: see nvidia-smi')
    stand_in("stand-ins/nvidia-smi", "echo No devices were found")
    expect_no_card('no card: nvidia-smi says "No devices were found"; the driver does not run or sees no card: see nvidia-smi')
    tools = root / "tools"
    tools.mkdir()
    for tool in ("bash", "sh", "dirname", "realpath", "mkdir", "mktemp", "rm", "tee"):
        (tools / tool).symlink_to(shutil.which(tool))
    expect_no_card("no card: nvidia-smi is not there, so no NVIDIA driver is installed; install one, or run this where there "
                   "is a card", path=str(tools))

print(f"{len(failures)} failures", *failures, sep="\n")
sys.exit(1 if failures else 0)
