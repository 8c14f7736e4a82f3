#!/usr/bin/env python3
"""bauta evaluate as scripts and readers meet it. Usage: evaluate_test.py PROGRAM [unittest options]

With chromium a report is also opened in it; a picture of the page stays in the working directory."""

import html.parser
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True
import command_case  # noqa: E402
from command_case import FACE, CommandTest  # noqa: E402
from pictures import read_png, write_generator, write_png  # noqa: E402

FIGURES = ["fig6-deid", "fig7-accuracy", "fig8-reid", "worst-deviation", "worst-reid"]


class Parts(html.parser.HTMLParser):
    """What a page is made of, and what it would fetch."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.fetched = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        for name, value in attributes:
            if name in ("src", "href", "xlink:href") and not (value or "").startswith(("data:", "#")):
                self.fetched.append((tag, name, value))


class Evaluate(CommandTest):
    def photos(self, count=3, folder="photos"):
        for i in range(count):
            self.photo(f"{folder}/p{i}.png", width=120 + i)

    def evaluate(self, *arguments, **options):
        return self.run_bauta("evaluate", *arguments, "--model", self.model(), "--boxes", self.boxes, **options)

    def report(self, folder="report"):
        return json.loads((self.folder / folder / "report.json").read_text())

    def assert_figure(self, figure, n):
        self.assertEqual(figure["n"], n)
        self.assertLessEqual(figure["ci95"][0], figure["mean"])
        self.assertLessEqual(figure["mean"], figure["ci95"][1])

    def test_a_report_of_photographs(self):
        self.photos()
        out, lines = self.evaluate("photos", "--out", "report", "--keep", "--json")
        summary = json.loads(out)
        self.assertEqual((summary["sets"][0]["pictures"], summary["problems"]), (3, 0))
        report = self.report()
        for measure in ("psnr", "ssim"):
            for what in ("deid", "reid", "different"):
                self.assert_figure(report[measure][what], 3)
        self.assert_figure(report["anonymization_accuracy"], 3)
        self.assertGreater(report["psnr"]["reid"]["mean"], report["psnr"]["deid"]["mean"])
        self.assertEqual([row["name"] for row in report["per_image"]], ["p0", "p1", "p2"])
        self.assertEqual(report["face_hidden"]["mean"], 1)
        self.assertEqual(len(report["damages"]), 9)
        self.assertIn("evaluate photos --out report", report["command"])
        names = self.files_under("report")
        for name in FIGURES:
            self.assertIn(f"report/figures/{name}.png", names)
            read_png(self.folder / f"report/figures/{name}.png")
        kept = [read_png(self.folder / f"report/pictures/{kind}/p1.png") for kind in ("original", "deid", "reid")]
        for picture in kept:
            self.assertEqual(picture[:2], (64, 64))
        psnr = report["per_image"][1]["psnr"]
        for kind, picture in zip(("deid", "reid"), kept[1:]):
            self.assertAlmostEqual(psnr[kind], self.psnr(kept[0], picture), places=6)

    def psnr(self, first, second):
        import math

        squares = [(a - b) ** 2 for p, q in zip(first[2], second[2]) for a, b in zip(p, q)]
        return 10 * math.log10(255**2 / (sum(squares) / len(squares)))

    def test_the_page_needs_no_other_file_and_has_every_part(self):
        self.photos()
        self.evaluate("photos", "--out", "report", "--baseline", "mask,relocation")
        text = (self.folder / "report/report.html").read_text()
        parts = Parts(text)
        self.assertEqual(parts.fetched, [])
        self.assertNotIn("script", parts.tags)
        self.assertGreaterEqual(parts.tags.count("img"), len(FIGURES) + 2)
        self.assertGreaterEqual(parts.tags.count("svg"), 3)
        for part in ("Fig. 6", "Fig. 7", "Fig. 8", "Table 2", "Table 3", "targets reached on", "too few to rely on",
                     "in the clear", 'level-label">none<', "AUC", "bauta evaluate", "JPEG 75",
                     "relocation", "[31]", "0.9017", "65.27"):
            self.assertIn(part, text)

    def test_a_report_without_pictures_holds_no_face(self):
        self.photos()
        self.evaluate("photos", "--out", "report")
        self.evaluate("photos", "--out", "report", "--no-pictures", "--force")
        parts = Parts((self.folder / "report/report.html").read_text())
        self.assertEqual(parts.tags.count("img"), 0)
        self.assertGreaterEqual(parts.tags.count("svg"), 3)
        self.assertEqual(sorted(p.name for p in (self.folder / "report").iterdir()), ["report.html", "report.json"])

    def test_a_prepared_dataset_is_taken_as_it_is(self):
        self.photos()
        self.run_bauta("prepare", "photos", "--boxes", self.boxes, "--size", 64, "--blocks", 4, "--out", "data")
        self.run_bauta("evaluate", "data", "--model", self.model(), "--out", "report", "--keep")
        self.assertEqual([row["name"] for row in self.report()["per_image"]], ["p0", "p1", "p2"])
        for i in range(3):
            self.assertEqual(read_png(self.folder / f"report/pictures/original/p{i}.png")[2],
                             read_png(self.folder / f"data/clear/p{i}.png")[2])
        (self.folder / "data/dataset.json").unlink()
        _, lines = self.run_bauta("evaluate", "data", "--model", self.model(), "--detector", "haar", "--out", "none", code=1)
        self.assertIn("data: has no face", lines[-1])
        self.run_bauta("prepare", "photos", "--boxes", self.boxes, "--size", 48, "--out", "small")
        _, lines = self.run_bauta("evaluate", "small", "--model", self.model(), "--out", "other", code=1)
        self.assert_problems(lines, ["small", "48", "64"])

    def test_people_by_folders_and_by_a_table(self):
        for person in ("anna", "ben"):
            self.photos(2, f"people/{person}")
        self.evaluate("people", "--out", "report")
        report = self.report()
        self.assertTrue(report["people_known"])
        self.assertEqual([row["person"] for row in report["per_image"]], [0, 0, 1, 1])
        self.assertEqual(len({row["name"] for row in report["per_image"]}), 4)
        self.photos(3, "flat")
        (self.folder / "who.tsv").write_text("identity\tpath\nanna\tp0.png\nben\tp1.png\nanna\tp2.png\n")
        self.evaluate("flat", "--people", "who.tsv", "--out", "flat-report")
        self.assertEqual([row["person"] for row in self.report("flat-report")["per_image"]], [0, 1, 0])
        (self.folder / "who.tsv").write_text("identity\tpath\nanna\tp0.png\nben\tp1.png\n")
        _, lines = self.evaluate("flat", "--people", "who.tsv", "--out", "third", code=1)
        self.assert_problems(lines, ["flat/p2.png", "--people has no line"])

    def test_several_sets_have_a_chapter_each(self):
        self.photos(2, "first")
        self.photos(3, "second")
        self.evaluate("first", "second", "--out", "report", "--keep")
        report = self.report()
        self.assertEqual([one["set"] for one in report["sets"]], ["first", "second"])
        self.assertEqual([len(one["per_image"]) for one in report["sets"]], [2, 3])
        self.assertEqual(report["psnr"], report["sets"][0]["psnr"])
        names = self.files_under("report")
        self.assertIn("report/figures/second/fig6-deid.png", names)
        self.assertIn("report/pictures/second/deid/p2.png", names)

    def test_a_model_without_a_way_back(self):
        self.photos()
        (self.model() / "reid.safetensors").unlink()
        self.evaluate("photos", "--out", "report")
        report = self.report()
        self.assertFalse(report["reversible"])
        self.assertIsNone(report["psnr"]["reid"])
        self.assertTrue(any("no Re-ID network" in note for note in report["notes"]))

    def test_a_locked_way_back(self):
        self.photos()
        model = self.model()
        self.run_bauta("keygen", "--out", "a.key")
        self.run_bauta("lock", model / "reid.safetensors", "--key-file", "a.key", "--out", model / "reid.locked")
        (model / "reid.safetensors").unlink()
        self.evaluate("photos", "--out", "closed")
        closed = self.report("closed")
        self.assertFalse(closed["reversible"])
        self.assertTrue(any("locked and no key was given" in note for note in closed["notes"]))
        self.evaluate("photos", "--out", "open", "--key-file", "a.key")
        self.assertTrue(self.report("open")["reversible"])

    def test_what_is_wrong_is_said_and_the_rest_is_done(self):
        self.photos()
        (self.folder / "photos/broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        self.photo("photos/q.png", face=None)
        _, lines = self.evaluate("photos", "--out", "report", code=1)
        self.assert_problems(lines, ["broken.png"], ["q.png", "--boxes has no line"])
        self.assertEqual((self.report()["pictures"], self.report()["left_out"]), (3, 2))
        _, lines = self.evaluate("photos", "--out", "report", code=1)
        self.assert_problems(lines, ["report.html", "exists", "--force"])
        self.evaluate("photos", "--out", "report", "--force", code=1)

    def test_what_cannot_be_done_leaves_no_report(self):
        self.photos()
        cases = [
            (["nowhere"], ["nowhere"]),
            (["empty"], ["empty", "no photograph"]),
            (["photos", "--baseline", "password:none.safetensors"], ["none.safetensors"]),
            (["photos", "--people", "none.tsv"], ["none.tsv"]),
        ]
        (self.folder / "empty").mkdir()
        for arguments, parts in cases:
            _, lines = self.evaluate(*arguments, "--out", "report", code=1)
            self.assert_problems(lines, parts)
            self.assertEqual([name for name in self.files_under("report") if "report." in name], [], arguments)
        _, lines = self.evaluate("photos", "--baseline", "magic", "--out", "report", code=2)
        self.assertTrue("magic" in lines[-1] and "relocation" in lines[-1], lines)
        self.run_bauta("evaluate", "photos", "--model", "photos", "--out", "report", code=1)
        self.run_bauta("evaluate", "photos", "--damaged", "-1", "--out", "report", code=2)
        self.run_bauta("evaluate", "--out", "report", code=2)

    def test_what_would_be_in_the_way_is_said_before_any_work(self):
        self.photos()
        for folder in ("figures", "pictures"):
            (self.folder / "report" / folder).mkdir(parents=True)
            _, lines = self.evaluate("photos", "--out", "report", code=1)
            self.assert_problems(lines, ["report/" + folder, "exists", "--force"])
            (self.folder / "report" / folder).rmdir()

    def test_pictures_of_one_name_get_names_of_their_own(self):
        for name in ("ben/x.png", "ben/x.jpeg", "anna/x.png"):
            self.photo("people/" + name)
        self.evaluate("people", "--out", "report", "--keep", "--baseline", "mask,mask")
        names = [row["name"] for row in self.report()["per_image"]]
        self.assertEqual(len(set(names)), 3)
        self.assertEqual([one["name"] for one in self.report()["baselines"]], ["mask", "mask-2"])
        for name in names:
            self.assertTrue((self.folder / f"report/pictures/deid/{name}.png").exists())

    def test_pictures_without_any_detail(self):
        for i in range(3):
            write_png(self.photo(f"photos/p{i}.png"), 120, 110, lambda x, y: (90, 100, 110))
        self.evaluate("photos", "--out", "report")
        self.assertIsNone(self.report()["anonymization_accuracy"])
        self.assertIn("not measured", (self.folder / "report/report.html").read_text())

    def test_a_network_that_hides_nothing_gets_no_good_verdict(self):
        self.photos()
        self.model()
        write_generator(self.folder / "model/deid.safetensors",
                        {"generator": "skip", "role": "deid", "size": "64", "mosaic_blocks": "8"}, last_is_zero=True)
        self.evaluate("photos", "--out", "report")
        report = self.report()
        self.assertEqual(report["face_hidden"]["mean"], 0)
        self.assertEqual(report["psnr"]["deid"]["mean"], 100)
        text = (self.folder / "report/report.html").read_text()
        self.assertIn("missed", text)
        self.assertIn("bauta deid would refuse 100.0 %", text)

    def test_ended_half_way_there_is_no_report(self):
        self.photos(6)
        command = [command_case.program, "evaluate", "photos", "--model", self.model(), "--boxes", self.boxes, "--out",
                   "report", "--damaged", "1000"]
        process = subprocess.Popen(list(map(str, command)), cwd=self.folder, stderr=subprocess.DEVNULL)
        time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
        process.wait()
        names = self.files_under("report") if (self.folder / "report").exists() else []
        self.assertEqual([name for name in names if name.endswith(("report.html", "report.json"))], [])

    @unittest.skipUnless(shutil.which("chromium"), "SKIP: no chromium to open the report in")
    def test_a_browser_shows_all_of_it(self):
        faces = os.environ.get("BAUTA_FACES")
        if faces:
            arguments = [pathlib.Path(faces) / "test/celeba", "--limit", 10, "--people", pathlib.Path(faces) / "manifest.tsv"]
            self.run_bauta("evaluate", *arguments, "--out", "report", "--damaged", 2, "--baseline", "relocation")
        else:
            self.photos()
            self.evaluate("photos", "--out", "report")
        page = self.folder / "report/report.html"
        # The page itself has no script; this copy says what the browser made of it.
        asked = self.folder / "asked.html"
        question = """<script>addEventListener("load", () => {
          const empty = (e) => !e.getBoundingClientRect().width || !e.getBoundingClientRect().height;
          const said = {
            images: document.images.length,
            broken: [...document.images].filter((i) => !i.complete || !i.naturalWidth).length,
            charts: document.querySelectorAll("svg").length,
            invisible: [...document.querySelectorAll("svg, table, img, h1, h2, h3")].filter(empty)
              .filter((e) => !e.closest("details")).length,
            cut: [...document.querySelectorAll(".table")].filter((e) => e.scrollWidth > e.clientWidth).length,
            wider: document.documentElement.scrollWidth - document.documentElement.clientWidth,
            height: document.documentElement.scrollHeight,
          };
          document.body.innerHTML = "ANSWER" + JSON.stringify(said) + "END"; });</script></body>"""
        asked.write_text(page.read_text().replace("</body>", question))
        browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                   f"--user-data-dir={self.folder}/browser", "--window-size=1280,1024"]
        done = subprocess.run([*browser, "--dump-dom", asked.as_uri()], capture_output=True, text=True, timeout=120)
        found = re.search("ANSWER(.*)END", done.stdout)
        self.assertTrue(found, done.stderr)
        said = json.loads(found[1])
        self.assertGreaterEqual(said["images"], len(FIGURES))
        self.assertGreaterEqual(said["charts"], 2)
        self.assertEqual((said["broken"], said["invisible"], said["cut"]), (0, 0, 0), said)
        self.assertLessEqual(said["wider"], 0)
        picture = pathlib.Path("report.png").resolve()
        picture.unlink(missing_ok=True)
        browser[-1] = f"--window-size=1280,{said['height']}"
        subprocess.run([*browser, f"--screenshot={picture}", page.as_uri()], capture_output=True, timeout=120)
        width, height = int.from_bytes(picture.read_bytes()[16:20]), int.from_bytes(picture.read_bytes()[20:24])
        self.assertEqual((width, height), (1280, said["height"]))
        self.assertGreater(picture.stat().st_size, 100_000)


if __name__ == "__main__":
    command_case.main()
