"""Who runs side by side: each peer in a worker process that sleeps while others run, and bauta, the program, in a new
process each time. All are bound to the same cores. Python's own library alone."""

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

# What holds libraries to AVX2. ncnn knows no such switch and is another build; ONNX Runtime cannot be held.
AVX2 = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "OV_CPU_MAX_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}


class Refused(Exception):
    """A contestant that cannot do what is asked; says why."""


@dataclasses.dataclass(frozen=True)
class Shape:
    size: int
    ngf: int
    blocks: int
    batch: int = 1

    def __str__(self):
        return f"{self.size}x{self.size}, ngf {self.ngf}, {self.blocks} blocks, batch {self.batch}"

    def options(self):
        return [word for field in dataclasses.fields(self) for word in (f"--{field.name}", str(getattr(self, field.name)))]


@dataclasses.dataclass(frozen=True)
class Setting:
    """How all of a group run."""

    shape: Shape
    threads: int
    isa: str = "auto"
    step: bool = False


@dataclasses.dataclass(frozen=True)
class Place:
    """Programs and folders."""

    bauta: Path
    python: Path  # the peers'
    networks: Path  # a folder for each kind of network
    capped_ncnn: Path
    logs: Path
    cores: tuple

    def folder(self, shape):
        return self.networks / f"ngf{shape.ngf}-blocks{shape.blocks}"


def bound(place, threads):
    cores = place.cores[:threads]
    return lambda: os.sched_setaffinity(0, cores)


def last_line(text, otherwise):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else otherwise


class Peer:
    """name: as worker.py knows it."""

    def __init__(self, place, name, precision, setting, torch_setting=None):
        self.place, self.name, self.precision, self.setting = place, name, precision, setting
        self.torch_setting = torch_setting
        self.process = None

    def start(self):
        """What worker.py says first."""
        shape = self.setting.shape
        command = [
            self.place.python,
            HERE / "worker.py",
            self.name,
            "--folder",
            self.place.folder(shape),
            *shape.options(),
            "--threads",
            str(self.setting.threads),
            "--precision",
            self.precision,
            "--isa",
            self.setting.isa,
        ]
        if self.torch_setting and self.name.startswith("pytorch"):
            command += ["--setting", self.torch_setting]
        environment = dict(os.environ, OMP_NUM_THREADS=str(self.setting.threads))
        if self.setting.isa == "avx2":
            environment.update(AVX2)
            if self.name == "ncnn":
                environment["PYTHONPATH"] = str(self.place.capped_ncnn)
        self.place.logs.mkdir(parents=True, exist_ok=True)
        self.log = self.place.logs / f"{self.name}-{self.precision}.log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                list(map(str, command)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment,
                preexec_fn=bound(self.place, self.setting.threads),
            )
        self.facts = self.answer()
        return self.facts

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise self.ended()
        self.process.send_signal(signal.SIGSTOP)  # who waits must not spin beside others
        return json.loads(line)

    def ended(self):
        """What to raise of a peer that is there no more; the system kills who takes all memory."""
        word = "was killed, as for want of memory" if self.process.returncode == -signal.SIGKILL else "ended without a word"
        return Refused(last_line(self.log.read_text(errors="replace"), word) + f" ({self.log.parent.name}/{self.log.name})")

    def ask(self, line):
        try:
            self.process.send_signal(signal.SIGCONT)
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            self.process.wait()
            raise self.ended() from None
        return self.answer()

    def median_ms(self, runs):
        """The first run is for the caches, which others have filled meanwhile."""
        times = sorted(self.ask(f"run {runs + 1}")["ms"][1:])
        return times[len(times) // 2]

    def output(self, stem):
        path = stem.with_suffix(".npy")
        self.ask(f"output {path}")
        return path

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Bauta:
    name = "bauta"

    def __init__(self, place, precision, setting):
        self.place, self.precision, self.setting = place, precision, setting

    def run(self, *arguments):
        done = subprocess.run(
            [self.place.bauta, *map(str, arguments)],
            capture_output=True,
            text=True,
            preexec_fn=bound(self.place, self.setting.threads),
        )
        if done.returncode != 0:
            raise Refused(last_line(done.stderr, "failed without a word"))
        return done.stdout

    def options(self):
        isa = [] if self.setting.isa == "auto" else ["--instruction-set", self.setting.isa]
        return ["--device", "cpu", "--threads", self.setting.threads, "--precision", self.precision, "--quiet", *isa]

    def bench(self, runs):
        shape = self.setting.shape
        network = ["--ngf", shape.ngf, "--blocks", shape.blocks]
        if not self.setting.step:
            network = ["--network", self.place.folder(shape) / "network.safetensors"]
        return json.loads(
            self.run(
                "bench",
                "step reference" if self.setting.step else "forward reference",
                *network,
                "--size",
                shape.size,
                "--batch",
                shape.batch,
                "--runs",
                runs,
                "--json",
                *self.options(),
            )
        )

    def start(self):
        found = self.bench(1)
        versions, device = found["versions"], found["devices"][0]
        self.facts = {
            "version": f"{versions['bauta']} {versions['commit']}",
            "setting": device["backend"],
            "machine": device["machine"],
            "flags": f"{versions['compiler']} {device['flags']}",
        }
        return self.facts

    def median_ms(self, runs):
        return self.bench(runs)["measurements"][0]["ms"]

    def output(self, stem):
        shape = self.setting.shape
        folder = self.place.folder(shape)
        out = stem.with_suffix("")
        self.run(
            "translate",
            "--network",
            folder / "network.safetensors",
            folder / f"{shape.size}x{shape.size}.png",
            "--out",
            out,
            "--force",
            *self.options(),
        )
        return out / f"{shape.size}x{shape.size}.png"

    def close(self):
        pass


# An exec keeps the peak of what its process was before, so a program is measured from an interpreter that is small.
MEASURED = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peak_memory_mb(place, threads, command):
    """Of a program, from its start to its end."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", MEASURED, *map(str, command)],
        capture_output=True,
        text=True,
        preexec_fn=bound(place, threads),
    )
    if done.returncode != 0:
        raise Refused(last_line(done.stderr, "failed without a word"))
    return int(done.stdout) / 1024
