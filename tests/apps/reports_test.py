#!/usr/bin/env python3
"""What runs over folders tell of themselves: reports, sheets, summaries, notes.
Usage: reports_test.py PROGRAM [unittest options]. With chromium a sheet is opened in it."""

import base64
import csv
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import zlib

sys.dont_write_bytecode = True
import command_case  # noqa: E402
from command_case import FACE, RunsTest  # noqa: E402

SMALL = (4, 4, 30, 30)


class Reports(RunsTest):
    def test_json_and_csv_tell_of_each_file(self):
        self.photos(2)
        (self.folder / "photos/a,b.png").write_text("no picture")
        self.one_way("--report", "report.json", code=1)
        report = self.report()
        self.assertEqual((report["command"], report["mode"], report["written"], report["problems"], report["stopped"]),
                         ("deid", "one-way", 2, 1, None))
        self.assertEqual((self.folder / "report.json").read_text().count('"mode"'), 1)
        good, other, bad = sorted(report["files"], key=lambda file: "problems" in file)
        self.assertEqual(good["boxes"], [dict(zip(("x", "y", "width", "height"), FACE), score=None)])
        (check,) = good["checks"]
        self.assertEqual((check["deviation"], check["kept_detail"], check["fallback"]), (0, 0, "none"))
        self.assertGreater(good["seconds"], 0)
        self.assertEqual((good["output"], bad["output"]), ("out/000.png", None))
        self.assertIn("a,b.png", bad["problems"][0])
        self.one_way("--report", "report.csv", out="again", code=1)
        with open(self.folder / "report.csv", newline="") as table:
            rows = {pathlib.Path(row["input"]).name: row for row in csv.DictReader(table)}
        self.assertEqual(rows["000.png"]["boxes"], " ".join(map(str, FACE)))
        self.assertEqual((rows["000.png"]["mode"], rows["000.png"]["faces"]), ("one-way", "1"))
        self.assertIn("a,b.png", rows["a,b.png"]["problems"])

    def test_a_report_is_not_overwritten_and_has_an_ending(self):
        self.photos(1)
        (self.folder / "report.json").write_text("mine")
        _, lines = self.one_way("--report", "report.json", code=1)
        self.assert_problems(lines, ["report.json", "exists", "--force"])
        _, lines = self.one_way("--report", "report.txt", code=1)
        self.assert_problems(lines, ["report.txt", "FILE.json or FILE.csv"])
        self.assertEqual(self.written(), [])

    def test_a_run_that_is_refused_says_why_in_its_report(self):
        self.photos(1)
        self.one_way("--report", "report.json")
        self.assertIsNone(self.report()["stopped"])
        (self.folder / "photos/000.jpg").write_text("the same stem")
        _, lines = self.one_way("--report", "report.json", "--force", code=1)
        report = self.report()
        self.assertEqual((report["command"], report["files"], report["problems"]), ("deid", [], 1))
        self.assertIn(report["stopped"], lines[-1])
        self.assertIn("would both become", report["stopped"])
        (self.folder / "photos/000.jpg").unlink()
        boxes = self.boxes
        self.boxes = "missing.tsv"
        self.one_way("--report", "report.csv", "--force", code=1)
        self.assertIn("missing.tsv", (self.folder / "report.csv").read_text())
        self.boxes = boxes
        self.run_bauta("deid", "nowhere", "--out", "out", "--report", "none.json", code=1)
        report = self.report("none.json")
        self.assertEqual((report["stopped"], report["problems"]), (None, 1))
        (lost,) = report["files"]
        self.assertEqual((lost["input"], lost["output"]), ("nowhere", None))
        self.assertIn("nowhere", lost["problems"][0])

    def test_an_interrupted_run_reports_as_far_as_it_got(self):
        self.photos(60, width=500, height=400)
        for sent in (signal.SIGINT, signal.SIGTERM):
            out = sent.name
            process = subprocess.Popen(
                [command_case.program, "deid", "photos", "--out", out, "--boxes", self.boxes, "--one-way", "--json",
                 "--report", f"{out}.json", "--sheet", f"{out}.html"],
                cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            deadline = time.monotonic() + 60
            while not list(self.folder.glob(f"{out}/*.png")) and time.monotonic() < deadline:
                time.sleep(0.001)
            process.send_signal(sent)
            told, lines = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 1, lines)
            self.assertIn("interrupted after", lines)
            report = self.report(f"{out}.json")
            self.assertIn("interrupted after", report["stopped"])
            self.assertLess(len(report["files"]), 60)
            self.assertEqual(json.loads(told)["files"], report["files"])
            listed = sorted(pathlib.Path(file["output"]).name for file in report["files"] if file["output"])
            self.assertEqual(listed, self.written(out))
            self.assertIn("interrupted after", (self.folder / f"{out}.html").read_text())

    def test_a_killed_run_leaves_no_report(self):
        self.photos(30, width=500, height=400)
        process = subprocess.Popen(
            [command_case.program, "deid", "photos", "--out", "out", "--boxes", self.boxes, "--one-way", "--quiet",
             "--report", "report.json", "--sheet", "sheet.html"], cwd=self.folder)
        while not list(self.folder.glob("out/*.png")):
            time.sleep(0.001)
        process.kill()
        process.wait()
        self.assertEqual([name for name in ("report.json", "sheet.html") if (self.folder / name).exists()], [])

    def test_a_sheet_shows_what_was_written(self):
        self.photos(3, width=600, height=400)
        self.photo("photos/<i>&.png")
        (self.folder / "photos/zz.jpg").write_text("no picture")
        self.one_way("gone.png", "--sheet", "sheet.html", code=1)
        page = (self.folder / "sheet.html").read_text()
        pictures = re.findall('src="data:image/jpeg;base64,([^"]*)"', page)
        self.assertEqual((len(pictures), page.count("nothing written")), (4, 2))
        self.assertRegex(page, "nothing written</div><figcaption>zz.jpg<small>[^/<]*is no [^<]*</small>")
        self.assertRegex(page, "nothing written</div><figcaption>gone.png<small>[^/<]+</small>")
        for picture in pictures:
            self.assertEqual(base64.b64decode(picture)[:2], b"\xff\xd8")
            self.assertLess(len(picture), 20_000)
        self.assertIn("&lt;i&gt;&amp;.png", page)
        self.assertNotIn("<i>", page)
        _, lines = self.one_way("--sheet", "sheet.html", out="again", code=1)
        self.assert_problems(lines, ["sheet.html", "exists"])
        if shutil.which("chromium"):
            done = subprocess.run(
                ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={self.folder}/browser",
                 "--dump-dom", self.ask_of_page(page).as_uri()], capture_output=True, text=True, timeout=120)
            found = re.search("ANSWER(.*)END", done.stdout)
            self.assertTrue(found, done.stderr)
            self.assertEqual(json.loads(found[1]), {"images": 4, "broken": 0, "wider": 0})

    def ask_of_page(self, page):
        asked = self.folder / "asked.html"
        asked.write_text(page.replace('loading="lazy" ', "").replace("</body>", """<script>addEventListener("load", () => {
          const said = { images: document.images.length,
            broken: [...document.images].filter((i) => !i.naturalWidth).length,
            wider: Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth) };
          document.body.innerHTML = "ANSWER" + JSON.stringify(said) + "END"; });</script></body>"""))
        return asked

    def test_a_sheet_of_many_has_pages(self):
        one = self.photo("one/a.png", width=40, height=40, face=None)
        (self.folder / "photos").mkdir()
        for i in range(502):
            os.link(one, self.folder / f"photos/{i:03}.png")
            with self.boxes.open("a") as table:
                table.write("\t".join([f"photos/{i:03}.png", *map(str, SMALL)]) + "\n")
        self.one_way("--sheet", "sheet.html", "--no-identity-check")
        first, second = ((self.folder / name).read_text() for name in ("sheet.html", "sheet-2.html"))
        self.assertEqual((first.count("<figure>"), second.count("<figure>")), (500, 2))
        self.assertIn('<a href="sheet-2.html">later', first)
        self.assertIn('<a href="sheet.html">earlier', second)
        self.assertIn("501 to 502 of 502", second)

class Told(RunsTest):
    """What is said besides what was asked for."""

    def add_boxes(self, *lines):
        with self.boxes.open("a") as table:
            for name, box in lines:
                table.write("\t".join([name, *map(str, box)]) + "\n")

    def test_faces_and_regions_are_two_numbers(self):
        self.photo(width=200, height=160)
        self.add_boxes(("photos/one.png", (60, 50, 50, 52)), ("photos/one.png", (150, 100, 30, 30)))
        self.run_bauta("keygen", "--out", "my.key")
        ways = {"dry": (["--dry-run"], 0), "plain": (["--one-way"], 3), "keyed": (["--key-file", "my.key"], 2),
                "open": (["--model", self.model()], 3)}
        for out, (options, regions) in ways.items():
            told, lines = self.run_bauta("deid", "photos", "--out", out, "--boxes", self.boxes, "--json", "--report",
                                         f"{out}.json", "--no-identity-check", *options)
            for summary in (json.loads(told), self.report(f"{out}.json")):
                self.assertEqual((summary["faces"], summary["regions"]), (3, regions), out)
                (file,) = summary["files"]
                self.assertEqual((file["faces"], len(file["boxes"]), len(file["regions"])), (3, 3, regions), out)
            self.assertIn("3 faces", lines[-1])
            self.assertEqual("in 2 regions" in lines[-1], out == "keyed", lines[-1])
        self.run_bauta("deid", "photos", "--out", "csv", "--boxes", self.boxes, "--key-file", "my.key", "--report", "report.csv",
                       "--no-identity-check")
        with open(self.folder / "report.csv", newline="") as table:
            (row,) = csv.DictReader(table)
        self.assertEqual((row["faces"], row["regions"]), ("3", "2"))
        self.assertEqual([row[name].count(";") for name in ("boxes", "blocks", "deviation", "likeness")], [2, 1, 1, 1])

    def test_lines_of_boxes_without_a_photograph(self):
        self.photos(6, width=40, height=40, face=SMALL)
        self.add_boxes(("photos/gone.png", SMALL), ("gone/000.png", SMALL), ("photos/gone.png", SMALL))
        unmatched = {"lines": 3, "first_line": 8, "first_path": "photos/gone.png"}
        said = "boxes.tsv: line 8 (photos/gone.png) and 2 more are about no photograph of this run"
        for out, options in {"whole": [], "part": ["--shard", "1/2"], "dry": ["--dry-run"]}.items():
            told, lines = self.one_way("--json", "--report", f"{out}.json", *options, out=out)
            self.assertEqual(json.loads(told)["unmatched_boxes"], unmatched)
            self.assertEqual(self.report(f"{out}.json")["unmatched_boxes"], unmatched)
            self.assertEqual(sum(said in line for line in lines), 1, lines)
        told, _ = self.run_bauta("prepare", "photos", "--boxes", self.boxes, "--size", 16, "--blocks", 4, "--limit", 2,
                                 "--out", "data", "--json")
        self.assertEqual(json.loads(told)["unmatched_boxes"], unmatched)
        self.boxes.write_text("path\tbx\tby\tbw\tbh\n")
        self.add_boxes(*((f"photos/{i:03}.png", SMALL) for i in range(6)))
        told, lines = self.one_way("--json", out="all")
        self.assertIsNone(json.loads(told)["unmatched_boxes"])
        self.assertFalse(any("about no photograph" in line for line in lines))

    def test_a_run_that_wrote_nothing_says_so(self):
        (self.folder / "photos").mkdir()
        (self.folder / "photos/one.png").write_text("no picture")
        for arguments in (["deid", "--one-way"], ["deid", "--one-way", "--dry-run"], ["reid", "--model", self.model()]):
            _, lines = self.run_bauta(arguments[0], "photos", "--out", "out", *arguments[1:], code=1)
            self.assertTrue(any("nothing was written to out" in line for line in lines), lines)
            self.assertFalse(any("look at them" in line for line in lines), lines)

    def test_one_name_for_two_outputs(self):
        self.photos(2)
        self.photo("other/000.png")
        _, lines = self.run_bauta("deid", "photos", "other", "--out", "out", "--one-way", code=1)
        self.assertIn("other/000.png: and photos/000.png would both become out/000.png", lines[-1])
        self.assertIn("two runs", lines[-1])
        for twice in (["photos/000.png", "photos/000.png"], ["photos", "photos/000.png"], ["photos", "./photos"]):
            _, lines = self.run_bauta("deid", *twice, "--out", "out", "--one-way", code=1)
            self.assertIn("is named twice; name it once", lines[-1])
        _, lines = self.run_bauta("deid", "photos", "--out", "-", "--one-way", code=2)
        self.assertIn("--out: is a folder", lines[-1])
        _, lines = self.one_way("--shard", "x", code=2)
        self.assertEqual(lines[-1].count("--shard"), 1, lines)

    def test_a_jpeg_of_several_pictures(self):
        self.photo()
        self.one_way("--format", "jpeg", "--no-identity-check")
        (self.folder / "album").mkdir()
        jpeg = (self.folder / "out/one.jpg").read_bytes()
        index = (b"MPF\0II*\0" + (8).to_bytes(4, "little") + (1).to_bytes(2, "little") + b"\x02\xb0\x07\0"
                 + (48).to_bytes(4, "little") + (26).to_bytes(4, "little") + bytes(4)
                 + b"".join(kind.to_bytes(4, "little") + bytes(12) for kind in (0x030000, 0x020002, 0x010002)))
        (self.folder / "album/one.jpg").write_bytes(jpeg[:2] + b"\xff\xe2" + (len(index) + 2).to_bytes(2, "big") + index + jpeg[2:] + jpeg)
        told, lines = self.run_bauta("deid", "album", "--out", "again", "--boxes", self.boxes, "--one-way", "--json",
                                     "--allow-no-face", "--no-identity-check")
        self.assertEqual(json.loads(told)["files"][0]["pictures_left_out"], 1)
        self.assertTrue(any("album/one.jpg: holds 2 pictures (MPF), the first alone is written" in line for line in lines), lines)

    def test_animations_are_refused(self):
        self.photo()
        still = (self.folder / "photos/one.png").read_bytes()
        body = b"acTL" + (3).to_bytes(4, "big") + bytes(4)
        moving = still[:33] + (8).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big") + still[33:]
        (self.folder / "photos/one.png").write_bytes(moving)
        _, lines = self.one_way(code=1)
        self.assert_problems(lines, ["photos/one.png", "is an animation of 3 pictures", "bauta video"])
        self.assertEqual(self.written(), [])


if __name__ == "__main__":
    command_case.main()
