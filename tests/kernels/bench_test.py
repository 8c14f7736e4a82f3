"""bench_test.py KERNEL_BENCH COUNT_BYTES: what the two programs of bench/kernels do with a command line, and that
kernel_bench's table can be read. Times are not looked at."""
import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

kernel_bench, count_bytes = sys.argv[1:3]
environment = dict(os.environ, OMP_NUM_THREADS="1")
failures = []


def run(program, *arguments):
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=300, env=environment)
    return done.returncode, done.stdout, done.stderr


def expect(code, words, program, *arguments):
    got, out, err = run(program, *arguments)
    if got != code or words not in out + err:
        failures.append(f"{Path(program).name} {arguments}: exit code {code} and '{words}' expected, got {got}:\n{out}{err}")
    return out


cpu = ("--backend", "cpu_baseline", "--threads", "1")
for program in (kernel_bench, count_bytes):
    expect(0, "FILTER", program, "--help")
    expect(2, "--nonsense", program, "--nonsense")
    expect(1, "no kernel", program, "nonsense")
expect(2, "--threads", kernel_bench, "--threads", "-3")
expect(1, "cannot be written", kernel_bench, "lsgan_loss", *cpu, "--csv", "/nonexistent/table.csv")
expect(1, "float32 alone", kernel_bench, "lsgan_loss 16x30x30x1 bfloat16", *cpu)
expect(1, "cannot be read", count_bytes, "lsgan_loss", "--document", "/nonexistent/README.md")
expect(1, "not in", count_bytes, "lsgan_loss", "--document", "/dev/null")

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "table.csv"
    expect(0, "reduce_sum", kernel_bench, "reduce_sum", *cpu, "--csv", str(path))
    with open(path, newline="") as file:
        header, *rows = csv.reader(file)
    if len(rows) < 3 or any(len(row) != len(header) for row in rows) or "1x64x64x256, a channel" not in {row[1] for row in rows}:
        failures.append(f"{path} is no table:\n{path.read_text()}")

# On the card; a machine that has one must not skip, unless the build has no CUDA.
code, out, err = run(kernel_bench, "lsgan_loss")
card = Path("/dev/nvidiactl").exists() and "built without CUDA" not in out
if code != 0 or not (out.startswith("SKIP: no CUDA device") and not card or "copy" in out.splitlines()[0] and "lsgan_loss" in out):
    failures.append(f"kernel_bench lsgan_loss: exit code {code}:\n{out}{err}")

print(f"{len(failures)} failures", *failures, sep="\n")
sys.exit(1 if failures else 0)
