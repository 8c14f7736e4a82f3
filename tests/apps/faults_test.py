#!/usr/bin/env python3
"""bauta on a disk that is full or fails, with inputs that vanish or change, and under a clock that jumps: each time a message and
exit code 1, nothing half-written, nothing lost. Usage: faults_test.py PROGRAM FAULTS [unittest options]; FAULTS: the library
that faults.cpp makes."""

import errno
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
import command_case  # noqa: E402
from command_case import CommandTest  # noqa: E402

faults = ""
# What a disk does to the calls that write.
DISK = [(calls, how) for calls, hows in (
    ("write", (errno.ENOSPC, errno.EIO, errno.EDQUOT)), ("fsync", (errno.EIO, errno.ENOSPC)), ("close", (errno.EIO,)),
    ("rename,link", (errno.EIO, errno.ENOSPC)), ("create", (errno.EROFS, errno.ENOSPC)), ("mkdir", (errno.EROFS,)))
    for how in hows]


class Faults(CommandTest):
    def attempt(self, command, *, calls="", how="", nth="1", under="", clock=False):
        """(exit code, lines on standard error, faults met)"""
        log = self.folder / "faults.log"
        log.unlink(missing_ok=True)
        environment = {**os.environ, "LD_PRELOAD": faults, "OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0",
                       "ASAN_OPTIONS": "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")}
        if calls:
            environment |= {"BAUTA_FAULT": f"{calls}:{how}:{nth}", "BAUTA_FAULT_LOG": str(log), "BAUTA_FAULT_UNDER": str(under)}
        if clock:
            environment["BAUTA_FAULT_CLOCK"] = "1"
        done = subprocess.run([command_case.program, *map(str, command)], capture_output=True, text=True, cwd=self.folder,
                              timeout=120, env=environment)
        return done.returncode, done.stderr.splitlines(), log.read_text().splitlines() if log.exists() else []

    def tree(self, folder):
        folder = self.folder / folder
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def assert_told(self, code, lines, about):
        """A failure as CLI.md has it: exit code 1, and a line that names the file, what is wrong, what to do."""
        self.assertEqual(code, 1, (about, lines))
        problems = [line for line in lines if "; " in line and line.startswith("bauta: ") and str(self.folder.name) in line]
        self.assertTrue(problems, (about, lines))
        for line in lines:
            self.assertTrue(line.startswith("bauta: "), (about, lines))
            self.assertNotIn("filesystem error", line, about)
            self.assertNotIn("terminate", line, about)

    def sweep(self, make, kinds=DISK, before=None, folder="out", leftovers=()):
        """make(out): a command that writes into the folder `out`. It meets each fault at each of the calls, and leaves of what it
        would have written all, or nothing; where something is there before, it stays or is replaced whole."""
        reference = self.reference(make, before)
        met_some = 0
        for calls, how in kinds:
            nth = 1
            while True:
                out = self.folder / folder
                shutil.rmtree(out, ignore_errors=True)
                if before:
                    before(out)
                old = self.tree(folder) if out.exists() else {}
                code, lines, met = self.attempt(make(out), calls=calls, how=how, nth=nth, under=out)
                about = (calls, how, nth, met)
                if not met:
                    self.assertEqual(code, 0, (about, lines))
                    break
                met_some += 1
                # A disk that knows no files without a name is no fault: they get a hidden one.
                if calls == "create" and code == 0:
                    self.assertEqual(self.tree(folder), reference, about)
                else:
                    self.assert_told(code, lines, about)
                for name, content in (self.tree(folder) if out.exists() else {}).items():
                    self.assertIn(name, reference.keys() | old.keys(), about)
                    if name == "dataset.json":  # of the others, where one could not be written
                        for picture in json.loads(content)["pictures"]:
                            for part in ("clear", "mosaic"):
                                self.assertTrue((out / part / f"{picture['name']}.png").exists(), about)
                        continue
                    self.assertIn(content, (reference.get(name), old.get(name)), (about, name, "half-written"))
                self.assertLessEqual(set(old), set(self.tree(folder)) if out.exists() else set(), (about, "lost"))
                nth += max(1, nth // 3)
        self.assertGreater(met_some, len(kinds) // 2)

    def reference(self, make, before):
        out = self.folder / "reference"
        shutil.rmtree(out, ignore_errors=True)
        if before:
            before(out)
        code, lines, _ = self.attempt(make(out))
        self.assertEqual(code, 0, lines)
        return self.tree("reference")

    def deid_command(self, out, *more):
        return ["deid", self.folder / "photos", "--boxes", self.boxes, "--one-way", "--threads", 1, "--out", out, *more]


class Disk(Faults):
    def test_deid(self):
        self.photo("photos/one.png")
        self.photo("photos/two.png", width=90)
        self.sweep(self.deid_command)

    def test_deid_over_what_is_there_with_regions_beside(self):
        self.photo("photos/one.png")

        def before(out):
            out.mkdir()
            (out / "one.png").write_bytes(b"an older picture")
            (out / "one.json").write_bytes(b"and its regions")

        self.sweep(lambda out: self.deid_command(out, "--force", "--regions", "json"),
                   [kind for kind in DISK if kind[0] != "mkdir"], before)

    def test_reid(self):
        self.photo("photos/one.png")
        self.run_bauta("keygen", "--out", self.folder / "key")
        self.run_bauta("deid", self.folder / "photos", "--boxes", self.boxes, "--key-file", self.folder / "key", "--out", "hidden")
        self.sweep(lambda out: ["reid", self.folder / "hidden", "--key-file", self.folder / "key", "--out", out])

    def test_prepare(self):
        self.photo("photos/one.png")
        self.photo("photos/two.png", width=90)
        self.sweep(lambda out: ["prepare", self.folder / "photos", "--boxes", self.boxes, "--size", 32, "--threads", 1, "--out", out])

    def test_keys_and_locks(self):
        key, secret = self.folder / "key", self.folder / "secret"
        self.run_bauta("keygen", "--out", key)
        secret.write_bytes(os.urandom(200_000))

        def before(out):
            out.mkdir()

        # New keys and locked files differ each time: what is there must open, or be nothing.
        for make, check in (
            (lambda out: ["keygen", "--out", out / "new"],
             lambda out: self.run_bauta("info", out / "new")),
            (lambda out: ["lock", secret, "--key-file", key, "--out", out / "new"],
             lambda out: self.run_bauta("unlock", out / "new", "--key-file", key, "--out", out / "clear", "--force"))):
            for calls, how in DISK[:-1]:
                nth = 1
                while True:
                    out = self.folder / "out"
                    shutil.rmtree(out, ignore_errors=True)
                    before(out)
                    code, lines, met = self.attempt(make(out), calls=calls, how=how, nth=nth, under=out)
                    if not met:
                        break
                    if calls != "create" or code != 0:
                        self.assert_told(code, lines, (calls, how, nth))
                    self.assertLessEqual(set(self.tree("out")), {"new"})
                    if (out / "new").exists():
                        check(out)
                    nth += 1
        locked = self.folder / "locked"
        self.run_bauta("lock", secret, "--key-file", key, "--out", locked)
        self.sweep(lambda out: ["unlock", locked, "--key-file", key, "--out", out / "clear"],
                   [kind for kind in DISK if kind[0] != "mkdir"], before)

    def test_a_key_that_is_replaced_is_not_lost(self):
        def before(out):
            out.mkdir()
            (out / "key").write_text("the old key\n")

        for calls, how in DISK[:-1]:
            for nth in range(1, 6):
                out = self.folder / "out"
                shutil.rmtree(out, ignore_errors=True)
                before(out)
                code, lines, met = self.attempt(["keygen", "--out", out / "key", "--force"], calls=calls, how=how, nth=nth, under=out)
                if not met:
                    break
                self.assertEqual(sorted(self.tree("out")), ["key"], (calls, how, nth))
                if (out / "key").read_text() != "the old key\n":
                    self.run_bauta("info", out / "key")

    def test_a_checkpoint(self):
        data = self.folder / "data"
        self.photo("photos/one.png")
        self.photo("photos/two.png", width=90)
        self.run_bauta("prepare", self.folder / "photos", "--boxes", self.boxes, "--size", 32, "--out", data)
        tiny = ["--ngf", 4, "--ndf", 4, "--blocks", 1, "--steps", 3, "--checkpoint-every", 1, "--sample-every", 2,
                "--log-every", 1, "--threads", 1, "--device", "cpu"]

        def weights(run):
            return {name: content for name, content in self.tree(run).items() if name.endswith(("id.safetensors", "-00000003.safetensors"))}

        self.run_bauta("train", data, "--out", "whole", *tiny)
        self.assertEqual(len(weights("whole")), 3)
        for calls, how, all_nth in (("write", errno.ENOSPC, (1, 2, 9, 40, 120, 240)), ("fsync", errno.EIO, (1, 2, 4, 7, 11)), ("close", errno.EIO, (2, 5, 8)),
                                    ("rename,link", errno.EIO, (1, 3, 4, 6, 8)), ("unlink", errno.EIO, (1,))):
            for nth in all_nth:
                run = self.folder / "run"
                shutil.rmtree(run, ignore_errors=True)
                code, lines, met = self.attempt(["train", data, "--out", run, *tiny], calls=calls, how=how, nth=nth, under=run)
                about = (calls, how, nth, met)
                self.assertTrue(met, about)
                self.assert_told(code, lines, about)
                left = self.tree("run") if run.exists() else {}
                self.assertEqual([name for name in left if pathlib.Path(name).name.startswith(".")], [], about)
                for name, content in left.items():
                    if name.endswith(".safetensors"):
                        self.run_bauta("info", run / name)
                again = ["--resume", *tiny[-6:]] if "config.json" in left else tiny  # before it there is no run
                code, lines, _ = self.attempt(["train", data, "--out", run, *again])
                self.assertEqual(code, 0, (about, lines))
                self.assertEqual(weights("run"), weights("whole"), about)
                log = [line for line in (run / "log.jsonl").read_text().splitlines()]
                self.assertEqual(len(log), 3, about)

    def test_less_than_asked_for_and_interruptions_are_no_faults(self):
        self.photo("photos/one.png")
        reference = self.reference(self.deid_command, None)
        for calls, how, nth in (("write", "short", "1+"), ("read", "short", "1+"), ("write", errno.EINTR, "1"),
                                ("read", errno.EINTR, "1"), ("fsync", errno.EINVAL, "2")):
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            under = self.folder / ("photos" if calls == "read" else "out")
            code, lines, met = self.attempt(self.deid_command(self.folder / "out"), calls=calls, how=how, nth=nth, under=under)
            self.assertTrue(met)
            self.assertEqual((code, self.tree("out")), (0, reference), (calls, how, nth, lines))

    @unittest.skipIf(os.geteuid() == 0, "SKIP: root may write anywhere")
    def test_a_folder_that_may_not_be_written_to(self):
        self.photo("photos/one.png")
        out = self.folder / "out"
        out.mkdir(mode=0o500)
        self.addCleanup(out.chmod, 0o700)
        code, lines, _ = self.attempt(self.deid_command(out))
        self.assert_told(code, lines, "read-only")


class Inputs(Faults):
    def several(self):
        for name in ("a", "b", "c"):
            self.photo(f"photos/{name}.png")
        reference = self.reference(self.deid_command, None)
        self.assertEqual(sorted(reference), ["a.png", "b.png", "c.png"])
        return reference

    def test_an_input_that_vanishes_or_is_cut_or_changed_or_cannot_be_read(self):
        reference = self.several()
        kept = self.folder / "kept"
        shutil.copytree(self.folder / "photos", kept)
        for calls, how in (("open", "vanish"), ("read", "truncate"), ("read", "change"), ("read", errno.EIO), ("open", errno.EIO),
                           ("open", errno.EACCES)):
            for folder in (self.folder / "out", self.folder / "photos"):
                shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(kept, self.folder / "photos")
            code, lines, met = self.attempt(self.deid_command(self.folder / "out"), calls=calls, how=how, nth=1,
                                            under=self.folder / "photos/b.png")
            self.assertEqual(len(met), 1, (calls, how))
            self.assert_told(code, lines, (calls, how))
            self.assertTrue([line for line in lines if "photos/b.png: " in line], lines)
            # The others are done, and only they.
            self.assertEqual(self.tree("out"), {name: reference[name] for name in ("a.png", "c.png")}, (calls, how))

    def test_prepare_and_train_and_lock(self):
        self.several()
        data = self.folder / "data"
        make = ["prepare", self.folder / "photos", "--boxes", self.boxes, "--size", 32, "--threads", 1, "--out", data]
        code, lines, met = self.attempt(make, calls="open", how="vanish", nth=1, under=self.folder / "photos/b.png")
        self.assertTrue(met)
        self.assert_told(code, lines, "prepare")
        self.assertEqual(sorted(name for name in self.tree("data") if "clear" in name), ["clear/a.png", "clear/c.png"])
        tiny = ["--ngf", 4, "--ndf", 4, "--blocks", 1, "--steps", 2, "--threads", 1, "--device", "cpu"]
        whole = self.folder / "whole"
        shutil.copytree(data, whole)
        for how, calls in (("vanish", "open"), ("truncate", "read")):
            run = self.folder / f"run-{how}"
            shutil.rmtree(data)
            shutil.copytree(whole, data)
            code, lines, met = self.attempt(["train", data, "--out", run, *tiny], calls=calls, how=how, nth=1, under=data / "clear/a.png")
            self.assertTrue(met)
            self.assert_told(code, lines, how)
            self.assertEqual([name for name in self.tree(run.name) if name.endswith("id.safetensors")], [])
        secret = self.folder / "secret"
        secret.write_bytes(bytes(300_000))
        self.run_bauta("keygen", "--out", self.folder / "key")
        code, lines, met = self.attempt(["lock", secret, "--key-file", self.folder / "key", "--out", self.folder / "locked"],
                                        calls="read", how="truncate", nth=2, under=secret)
        self.assertTrue(met)
        self.assert_told(code, lines, "lock")
        self.assertFalse((self.folder / "locked").exists())

    def test_a_picture_that_another_takes_the_place_of(self):
        """Whatever moment it happens at: one or the other is restored, or neither; never one by the other's regions."""
        for name, face in (("one", (30, 24, 50, 52)), ("two", (10, 40, 60, 60))):
            self.photo(f"{name}/picture.png", face=face)
            self.deid(f"{name}", "--out", f"hidden-{name}")
            self.run_bauta("reid", f"hidden-{name}", "--model", self.model(), "--out", f"back-{name}")
        possible = [self.tree(f"back-{name}")["picture.png"] for name in ("one", "two")]
        self.assertNotEqual(*possible)
        for nth in range(1, 20):
            for folder in ("place", "out"):
                shutil.rmtree(self.folder / folder, ignore_errors=True)
            (self.folder / "place").mkdir()
            shutil.copy(self.folder / "hidden-one/picture.png", self.folder / "place/picture.png")
            shutil.copy(self.folder / "hidden-two/picture.png", self.folder / "place/picture.png.other")
            code, lines, met = self.attempt(["reid", self.folder / "place/picture.png", "--model", self.model(), "--out", self.folder / "out"],
                                            calls="open,read", how="swap", nth=nth, under=self.folder / "place/picture.png")
            if not met:
                break
            if code == 0:
                self.assertIn(self.tree("out")["picture.png"], possible, (nth, met))
            else:
                self.assert_told(code, lines, nth)
        self.assertGreater(nth, 1)


class Clock(Faults):
    def test_a_clock_that_jumps_changes_nothing(self):
        self.photo("photos/one.png")
        self.photo("photos/two.png", width=90)
        reference = self.reference(self.deid_command, None)
        code, lines, _ = self.attempt(self.deid_command(self.folder / "out"), clock=True)
        self.assertEqual((code, self.tree("out")), (0, reference), lines)
        data = self.folder / "data"
        self.run_bauta("prepare", self.folder / "photos", "--boxes", self.boxes, "--size", 32, "--out", data)
        tiny = ["--ngf", 4, "--ndf", 4, "--blocks", 1, "--steps", 2, "--checkpoint-every", 1, "--threads", 1, "--device", "cpu"]
        for run, clock in (("steady", False), ("jumping", True)):
            code, lines, _ = self.attempt(["train", data, "--out", self.folder / run, *tiny], clock=clock)
            self.assertEqual(code, 0, lines)
        self.assertEqual(self.tree("steady")["deid.safetensors"], self.tree("jumping")["deid.safetensors"])


if __name__ == "__main__":
    faults = str(pathlib.Path(sys.argv.pop(2)).resolve())
    command_case.main()
