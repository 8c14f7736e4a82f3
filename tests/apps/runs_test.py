#!/usr/bin/env python3
"""Runs over folders: shards, what is done again and what is not, what ends a run early.
Usage: runs_test.py PROGRAM [unittest options]."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
import command_case  # noqa: E402
from command_case import FACE, RunsTest  # noqa: E402
from pictures import read_png, write_png  # noqa: E402

SMALL = (4, 4, 30, 30)


class Parts(RunsTest):
    def test_shards_do_every_picture_once(self):
        self.photos(23, width=40, height=40, face=SMALL)
        done = []
        running = [
            subprocess.Popen([command_case.program, "deid", "photos", "--out", "out", "--boxes", self.boxes, "--one-way",
                              "--quiet", "--resume", "--shard", f"{i}/4", "--report", f"report-{i}.json"], cwd=self.folder)
            for i in range(1, 5)
        ]
        for i, process in enumerate(running, 1):
            self.assertEqual(process.wait(), 0)
            done += [pathlib.Path(file["output"]).name for file in self.report(f"report-{i}.json")["files"]]
        self.assertEqual(sorted(done), [f"{i:03}.png" for i in range(23)])
        self.assertEqual(self.written(), sorted(done))
        out, _ = self.one_way("--resume", "--json")
        self.assertEqual(json.loads(out)["unchanged"], 23)

    def test_the_examples_do_every_picture_once(self):
        self.photos(11, width=40, height=40, face=SMALL)
        examples = pathlib.Path(__file__).parents[2] / "examples/many_machines"
        options = ["--boxes", str(self.boxes), "--one-way"]
        environment = {**os.environ, "BAUTA": command_case.program}
        slurm = {**environment, "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_CPUS_PER_TASK": "1"}
        ways = {
            "ray": [([examples / "ray_shards.py", "--here", "photos", "ray", "3"], environment)],
            "slurm": [(["bash", examples / "slurm.sbatch", "photos", "slurm"], {**slurm, "SLURM_ARRAY_TASK_ID": str(i)})
                      for i in (1, 2, 3)],
        }
        if shutil.which("parallel"):
            ways["parallel"] = [([examples / "parallel.sh", "photos", "parallel", "3"], environment)]
        for name, calls in ways.items():
            for call, variables in calls:
                (self.folder / name).mkdir(exist_ok=True)
                done = subprocess.run([*map(str, call), *options], cwd=self.folder, env=variables, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual([file for file in self.written(name) if file.endswith(".png")], [f"{i:03}.png" for i in range(11)])
            reports = [json.loads(path.read_text())["files"] for path in (self.folder / name).glob("report-*.json")]
            self.assertEqual((len(reports) <= 3, sum(map(len, reports))), (True, 11))

    def test_a_shard_is_a_part_of_a_whole(self):
        self.photos(1)
        for wrong in ("0/4", "5/4", "1", "a/b", "1/0", "1/4x", "-1/4"):
            _, lines = self.one_way("--shard", wrong, code=2)
            self.assertIn("--shard", lines[-1])
        empty = 0
        for i in range(1, 9):
            _, lines = self.one_way("--shard", f"{i}/8")
            empty += any("nothing falls to shard" in line for line in lines)
        self.assertEqual(empty, 7)


class Care(RunsTest):
    def test_photographs_with_too_few_faces(self):
        self.photos(2)
        self.photo("photos/001.png", face=(4, 4, 20, 20))
        _, lines = self.one_way("--require-faces", 2, code=1)
        self.assert_problems(lines, ["photos/000.png", "has 1 face", "--require-faces asks for 2"])
        self.assertEqual(self.written(), ["001.png"])
        self.one_way("--require-faces", 1, "--allow-no-face", code=2)

    def test_the_first_problem_ends_the_run(self):
        self.photos(40)
        (self.folder / "photos/000.png").write_text("no picture")
        _, lines = self.one_way("--fail-fast", "--threads", 1, "--report", "report.json", code=1)
        self.assert_problems(lines, ["photos/000.png"], ["out: stopped by --fail-fast after 1 of 40"])
        self.assertEqual(self.written(), [])
        self.assertIn("--fail-fast", self.report()["stopped"])
        _, lines = self.run_bauta("deid", "missing", "photos", "--out", "two", "--boxes", self.boxes, "--one-way",
                                  "--fail-fast", code=1)
        self.assertFalse((self.folder / "two").exists())

    def test_a_dry_run_shows_boxes_and_never_lies_among_the_hidden(self):
        self.photos(1, width=1500, height=300)
        before = self.files_under("photos")
        self.one_way("--dry-run", "--report", "report.json", out="dry")
        self.assertEqual(self.written("dry"), ["000.boxes.png"])
        width, _, rows, _ = read_png(self.folder / "dry/000.boxes.png")
        self.assertEqual((width, list(rows[0][:3])), (1280, [220, 30, 30]))
        x, y = (round(value * 1280 / 1500) for value in FACE[:2])
        self.assertEqual(list(rows[y][3 * x : 3 * x + 3]), [255, 220, 0])
        self.assertEqual((self.report()["mode"], self.report()["files"][0]["boxes"][0]["x"]), ("dry-run", FACE[0]))
        _, lines = self.one_way(out="dry", code=1)
        self.assert_problems(lines, ["dry/000.boxes.png", "shows clear faces"])
        self.one_way()
        _, lines = self.one_way("--dry-run", code=1)
        self.assert_problems(lines, ["out/000.png", "no picture of a dry run"])
        self.assertEqual(self.files_under("photos"), before)

    def test_without_a_recognizer_it_is_said_once(self):
        self.photos(3)
        environment = {**os.environ, "BAUTA_MODELS": str(self.folder)}
        _, lines = self.one_way(env=environment)
        self.assertEqual(sum("no face recognizer looks" in line for line in lines), 1, lines)
        _, lines = self.one_way("--no-identity-check", out="off", env=environment)
        self.assertFalse(any("recognizer" in line for line in lines), lines)


@unittest.skipUnless(
    os.environ.get("BAUTA_FACES") and (pathlib.Path(__file__).parents[2] / "models/fetched/sface.safetensors").exists(),
    "SKIP: no BAUTA_FACES, or no networks in models/fetched")
class Recognized(RunsTest):
    """With real faces, which the recognizer knows."""

    def setUp(self):
        super().setUp()
        (self.folder / "photos").mkdir()
        faces = pathlib.Path(os.environ["BAUTA_FACES"]) / "test/portraits300"
        self.names = []
        for path in sorted(faces.iterdir())[:12]:
            shutil.copy(path, self.folder / "photos")
            self.names.append(path.stem)

    def deid_report(self, *arguments, **options):
        self.run_bauta("deid", "photos", "--out", "out", "--force", "--report", "report.json", *arguments, **options)
        return [check for file in self.report()["files"] for check in file["checks"]]

    def test_who_is_recognized_through_the_blocks_asked_for_is_noted(self):
        few = self.deid_report("--one-way")
        self.assertTrue(all(check["likeness"] < 0.45 and check["fallback"] == "none" for check in few))
        _, lines = self.run_bauta("deid", "photos", "--out", "out", "--force", "--report", "report.json", "--one-way", "--blocks", 30)
        many = [check for file in self.report()["files"] for check in file["checks"]]
        recognized = sum(check["likeness"] > 0.45 for check in many)
        self.assertGreater(recognized, 8)
        self.assertTrue(all(check["fallback"] == "none" for check in many))
        self.assertEqual(sum("still recognized through the blocks asked for" in line for line in lines), recognized)
        unchecked = self.deid_report("--one-way", "--blocks", 30, "--no-identity-check")
        self.assertTrue(all(check["likeness"] is None and check["fallback"] == "none" for check in unchecked))
        self.assertEqual([check["block"] for check in unchecked], [check["block"] for check in many])

    def test_a_keyed_picture_has_the_blocks_asked_for_and_comes_back(self):
        self.run_bauta("keygen", "--out", "k.key")
        checks = self.deid_report("--key-file", "k.key", "--blocks", 30)
        self.assertTrue(all(check["fallback"] == "none" for check in checks))
        out, _ = self.run_bauta("reid", "out", "--out", "back", "--key-file", "k.key", "--json")
        self.assertEqual(json.loads(out)["faces"], len(checks))

    def test_a_box_that_leaves_the_face_recognizable_is_refused(self):
        out, _ = self.run_bauta("deid", "photos", "--out", "all", "--one-way", "--json")
        file = json.loads(out)["files"][0]
        box = file["boxes"][0]
        small = [box["x"] + box["width"] // 3, box["y"] + 9 * box["height"] // 10, box["width"] // 3, box["height"] // 10]
        name = pathlib.Path(file["input"]).name
        self.boxes.write_text("path\tbx\tby\tbw\tbh\n" + "\t".join([name, *map(str, small)]) + "\n")
        _, lines = self.run_bauta("deid", "photos/" + name, "--out", "one", "--one-way", "--boxes", self.boxes, code=1)
        self.assert_problems(lines, [name, "recognized even with its box in one grey", "--boxes"])
        self.assertEqual(self.written("one"), [])


class Resume(RunsTest):
    def setUp(self):
        super().setUp()
        self.photos(3)

    def counts(self, *arguments, code=0, **options):
        out, _ = self.one_way("--resume", "--json", *arguments, code=code, **options)
        summary = json.loads(out)
        return summary["written"], summary["unchanged"]

    def test_only_what_is_missing_or_changed_is_done(self):
        self.assertEqual(self.counts(), (3, 0))
        before = {name: (self.folder / "out" / name).stat().st_mtime_ns for name in self.written()}
        self.assertEqual(self.counts("--report", "report.json", "--sheet", "sheet.html"), (3, 3))
        self.assertEqual({name: (self.folder / "out" / name).stat().st_mtime_ns for name in self.written()}, before)
        kept = self.report()["files"][0]
        self.assertEqual((kept["faces"], kept["unchanged"], len(kept["checks"])), (1, True, 1))
        self.assertEqual((self.folder / "sheet.html").read_text().count("<img"), 3)
        (self.folder / "out/000.png").unlink()
        self.assertEqual(self.counts(), (3, 2))
        with (self.folder / "out/001.png").open("r+b") as file:
            file.seek(200)
            file.write(b"x")
        self.assertEqual(self.counts(), (3, 2))
        read_png(self.folder / "out/001.png")
        write_png(self.folder / "photos/002.png", 120, 110, lambda x, y: (x, y, 7))
        self.assertEqual(self.counts(), (3, 2))
        self.assertEqual(self.counts(), (3, 3))

    def test_other_options_do_it_again(self):
        self.assertEqual(self.counts(), (3, 0))
        self.assertEqual(self.counts("--blocks", 5), (3, 0))
        out, _ = self.run_bauta("info", "out/000.png", "--json")
        self.assertEqual(json.loads(out)["regions"][0]["block"], 10)
        self.assertEqual(self.counts("--blocks", 5, "--threads", 1, "--quiet"), (3, 3))
        self.boxes.write_text(self.boxes.read_text() + "photos/001.png\t1\t1\t20\t20\n")
        self.assertEqual(self.counts("--blocks", 5), (3, 2))
        self.assertEqual(self.counts("--blocks", 5, "--regions", "json"), (3, 0))
        self.assertEqual(self.counts("--blocks", 5, "--regions", "json"), (3, 3))
        (self.folder / "out/000.json").write_text("{}")
        self.assertEqual(self.counts("--blocks", 5, "--regions", "json"), (3, 2))

    def test_another_key_does_it_again(self):
        def run(key):
            self.run_bauta("deid", "photos", "--out", "out", "--boxes", self.boxes, "--key-file", key, "--resume",
                           "--report", "report.json")
            return self.report()["unchanged"]

        for key in ("a.key", "b.key"):
            self.run_bauta("keygen", "--out", key)
        self.assertEqual([run("a.key"), run("a.key"), run("b.key"), run("b.key")], [0, 3, 0, 3])
        self.run_bauta("reid", "out", "--out", "back", "--key-file", "b.key", "--resume")
        out, _ = self.run_bauta("reid", "out", "--out", "back", "--key-file", "b.key", "--resume", "--json")
        self.assertEqual((json.loads(out)["unchanged"], json.loads(out)["faces"]), (3, 3))
        _, lines = self.run_bauta("deid", "photos", "--out", "p", "--resume", "--passphrase-fd", 0, code=2)
        self.assertIn("--key-file", lines[-1])

    def test_what_is_not_ours_stays(self):
        (self.folder / "out").mkdir()
        (self.folder / "out/001.png").write_text("mine")
        _, lines = self.one_way("--resume", code=1)
        self.assert_problems(lines, ["out/001.png", "exists, and no run with --resume wrote it", "--force"])
        self.assertEqual((self.folder / "out/001.png").read_text(), "mine")
        self.assertEqual(self.counts("--force"), (3, 2))

    def test_nothing_old_stays_where_the_new_fails(self):
        self.counts()
        (self.folder / "photos/001.png").write_text("no picture any more")
        self.assertEqual(self.counts(code=1), (2, 2))
        self.assertEqual(self.written(), ["000.png", "002.png"])
        (self.folder / "photos/000.png").unlink()  # what vanished is not asked for
        self.assertEqual(self.counts(code=1), (1, 1))
        self.assertEqual(self.written(), ["000.png", "002.png"])

    def test_a_photograph_without_faces_is_looked_at_once(self):
        self.boxes.write_text("path\tbx\tby\tbw\tbh\n")
        self.assertEqual(self.counts("--allow-no-face"), (0, 0))
        self.assertEqual(self.counts("--allow-no-face"), (0, 3))
        self.assertEqual(self.counts(code=1), (0, 0))

    def test_a_damaged_journal_costs_work_and_no_more(self):
        self.counts()
        (journal,) = (self.folder / "out/.bauta").glob("*.journal")
        lines = journal.read_bytes().splitlines(keepends=True)
        self.assertEqual(len(lines), 3)
        journal.write_bytes(lines[0] + lines[1].replace(b'"faces":1', b'"faces":2') + lines[2][:-9])
        # Whose line is damaged is unknown, and so not overwritten.
        self.assertEqual(self.counts(code=1), (1, 1))
        self.assertEqual(self.counts("--force"), (3, 1))
        self.assertEqual(self.counts(), (3, 3))

    def test_the_journal_tells_no_names_and_is_its_owners(self):
        self.photo("photos/secret-name.png")
        self.counts()
        folder = self.folder / "out/.bauta"
        self.assertEqual(folder.stat().st_mode & 0o777, 0o700)
        for path in folder.iterdir():
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
            self.assertNotIn(b"secret-name", path.read_bytes())
            self.assertNotIn(b"photos", path.read_bytes())


if __name__ == "__main__":
    command_case.main()
