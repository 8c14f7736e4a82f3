#!/usr/bin/env python3
"""Kills deid of a folder, in each mode, and train, at random moments, and looks at what is left.

    kill_runs.py PROGRAM [--kills 20] [--train-kills 3] [--seed 1]

Every kill (SIGKILL) hits a run with --resume that goes on with what the killed ones before it left. After each, every file
there is whole and the one that an undisturbed run writes (keyed ones, which are random, are whole, and in the end restored bit for
bit); no other file is there, and no report or sheet unless it is whole. When a run gets to its end, all is there, and it
begins anew. Exit code 1 at the first thing wrong; the last line says how many kills there were."""

import argparse
import json
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from pictures import read_png, write_model, write_png  # noqa: E402

PHOTOGRAPHS, WIDTH, HEIGHT = 16, 160, 120
FACE = (40, 30, 64, 60)
TINY = ["--ngf", "2", "--ndf", "2", "--blocks", "1", "--steps", "40", "--checkpoint-every", "3"]


def pixel_of(number):
    return lambda x, y: ((7 * x + 3 * y + 11 * number) & 255, (x * y // 16 + number) & 255, (5 * y + 29 * number) & 255)


def check(right, text):
    if not right:
        raise SystemExit(f"kill_runs: {text}")


class Killing:
    def __init__(self, program, folder, seed):
        self.program, self.folder, self.random = str(pathlib.Path(program).resolve()), folder, random.Random(seed)
        self.kills = self.finished = 0

    def call(self, *arguments):
        done = subprocess.run([self.program, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True)
        check(done.returncode == 0, f"{arguments}: exit code {done.returncode}: {done.stderr}")

    def killed(self, arguments, longest):
        """Starts it and kills it within so many seconds; whether it was quicker."""
        process = subprocess.Popen(
            [self.program, *map(str, arguments)], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        deadline = time.monotonic() + self.random.uniform(0, longest)
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.0005)
        process.send_signal(signal.SIGKILL)
        _, lines = process.communicate()
        check(process.returncode in (0, -signal.SIGKILL), f"{arguments}: exit code {process.returncode}: {lines}")
        self.kills += process.returncode != 0
        return process.returncode == 0


class Deid(Killing):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        (self.folder / "photos").mkdir()
        self.names = [f"{number:02}" for number in range(PHOTOGRAPHS)]
        for number, name in enumerate(self.names):
            write_png(self.folder / "photos" / f"{name}.png", WIDTH, HEIGHT, pixel_of(number))
        line = "\t".join(map(str, FACE))
        (self.folder / "boxes.tsv").write_text(
            "path\tbx\tby\tbw\tbh\n" + "".join(f"photos/{name}.png\t{line}\n" for name in self.names)
        )
        write_model(self.folder / "model")
        self.call("keygen", "--out", "k.key")

    def mode(self, name, options, kills):
        self.out, self.keyed = self.folder / name, "--key-file" in options
        arguments = ["deid", "photos", "--boxes", "boxes.tsv", "--quiet", *options]
        start = time.monotonic()
        self.call(*arguments, "--out", name + "-whole")
        longest = 1.3 * (time.monotonic() - start)
        self.whole = {path.name: path.read_bytes() for path in (self.folder / (name + "-whole")).iterdir()}
        resumed = [*arguments, "--out", name, "--resume", "--report", name + ".report.json", "--sheet", name + ".html"]
        until = self.kills + kills
        while self.kills < until:
            if self.killed(resumed, longest):
                self.complete(name)
            else:
                self.look(name)
        self.call(*resumed)
        self.complete(name)

    def files(self):
        if not self.out.exists():
            return {}
        return {path.name: path for path in self.out.iterdir() if path.name != ".bauta"}

    def look(self, name):
        for file, path in self.files().items():
            check(file in self.whole, f"{path}: nobody asked for it")
            if self.keyed:
                check(read_png(path)[:2] == (WIDTH, HEIGHT), f"{path}: has another size")
            else:
                check(path.read_bytes() == self.whole[file], f"{path}: is not what an undisturbed run writes")
        report, sheet = self.folder / f"{name}.report.json", self.folder / f"{name}.html"
        if report.exists():
            check(len(json.loads(report.read_text())["files"]) == PHOTOGRAPHS, f"{report}: is not whole")
        if sheet.exists():
            check(sheet.read_text().endswith("</html>\n"), f"{sheet}: is not whole")
        for path in (report, sheet):
            path.unlink(missing_ok=True)

    def complete(self, name):
        check(set(self.files()) == set(self.whole), f"{self.out}: the run ended, but not all is there")
        self.look(name)
        self.call("deid", "photos", "--boxes", "boxes.tsv", "--quiet", *self.options_of(name), "--out", name, "--resume",
                  "--report", "last.json")
        check(json.loads((self.folder / "last.json").read_text())["unchanged"] == PHOTOGRAPHS, f"{self.out}: done twice")
        if self.keyed:
            self.call("reid", name, "--out", "back", "--key-file", "k.key", "--quiet", "--force")
            for picture in self.names:
                original, back = read_png(self.folder / f"photos/{picture}.png"), read_png(self.folder / f"back/{picture}.png")
                check(original[2] == back[2], f"{name}/{picture}.png: does not come back bit for bit")
        subprocess.run(["rm", "-r", self.out], check=True)
        self.finished += 1

    MODES = {
        "one-way": ["--one-way"],
        "beside": ["--one-way", "--regions", "json", "--threads", "1"],
        "keyed": ["--key-file", "k.key"],
        "open": ["--model", "model"],
    }

    def options_of(self, name):
        return self.MODES[name]


class Train(Killing):
    def run(self, kills):
        self.call("prepare", "photos", "--out", "data", "--boxes", "boxes.tsv", "--size", "64", "--quiet")
        start = time.monotonic()
        self.call("train", "data", "--out", "whole", *TINY, "--quiet")
        longest = 1.3 * (time.monotonic() - start)
        until = self.kills + kills
        while self.kills < until:
            self.killed(["train", "data", "--out", "run", *TINY, "--quiet"], longest / 4)
            if not (self.folder / "run/config.json").exists():
                continue  # it had not begun
            while self.kills < until and not self.killed(self.resumed(), longest):
                pass
            self.call(*self.resumed())
            for name in ("deid.safetensors", "reid.safetensors", "checkpoint/step-00000040.safetensors"):
                same = (self.folder / "run" / name).read_bytes() == (self.folder / "whole" / name).read_bytes()
                check(same, f"run/{name}: differs from that of an undisturbed run")
            subprocess.run(["rm", "-r", self.folder / "run"], check=True)
            self.finished += 1

    def resumed(self):
        return ["train", "data", "--out", "run", *TINY, "--quiet", "--resume"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--kills", type=int, default=20, help="of deid, in all modes together")
    parser.add_argument("--train-kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bauta-kills-") as folder:
        deid = Deid(options.program, pathlib.Path(folder), options.seed)
        for number, (name, arguments) in enumerate(deid.MODES.items()):
            deid.mode(name, arguments, options.kills * (number + 1) // 4 - options.kills * number // 4)
        train = Train(options.program, pathlib.Path(folder), options.seed)
        train.run(options.train_kills)
    print(f"kill_runs: {deid.kills} kills of deid, {deid.finished} runs finished; "
          f"{train.kills} kills of train, {train.finished} runs finished; nothing half-written, nothing lost")


if __name__ == "__main__":
    main()
