#!/usr/bin/env python3
"""bauta attack as scripts and readers meet it. Usage: attack_test.py PROGRAM [unittest options]"""

import json
import sys
import unittest

sys.dont_write_bytecode = True
import command_case  # noqa: E402
from command_case import FACE, CommandTest  # noqa: E402
from pictures import read_png, wavy, write_png  # noqa: E402

FIGURES = ["fig10-attacks", "fig11-twins", "fig12-differences"]


class Attack(CommandTest):
    def photos(self, count, folder, first):
        """Photographs that differ: the same waves from place `first` on."""
        for i in range(count):
            name = f"{folder}/{folder[0]}{i}.png"
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shift = first + 17 * i
            write_png(self.folder / name, 120, 110, lambda x, y: wavy(x + shift, y + 2 * shift))
            with self.boxes.open("a") as table:
                table.write("\t".join([name, *map(str, FACE)]) + "\n")

    def attack(self, *arguments, **options):
        return self.run_bauta("attack", *arguments, "--model", self.model(), "--boxes", self.boxes, **options)

    def report(self, folder="report"):
        return json.loads((self.folder / folder / "report.json").read_text())

    def test_every_attacker_against_the_same_pictures(self):
        self.photos(3, "judged", 0)
        self.photos(4, "own", 500)
        out, lines = self.attack("judged", "--own", "own", "--steps", 3, "--queries", "2,9", "--by-blocks", 2, "--out",
                                 "report", "--json")
        summary = json.loads(out)
        report = self.report()
        self.assertEqual((summary["pictures"], summary["own_photographs"], summary["problems"]), (3, 4, 0))
        self.assertEqual(summary["broken_by"], report["verdict"]["broken_by"])
        attackers = {one["name"]: one for one in report["attackers"]}
        families = {one["family"] for one in report["attackers"]}
        self.assertEqual(families, {"nothing", "visible", "forged", "unpaired", "query", "stolen"})
        self.assertIn("query-4", attackers)  # nine photographs were asked for, there are four
        for name, one in attackers.items():
            self.assertEqual(set(one["cost"]), {"queries", "steps"}, name)
            self.assertTrue(one["knowledge"], name)
            self.assertIn("tar_at_far_1pct", one, name)
            if one["psnr"]:
                self.assertEqual(one["psnr"]["n"], 3, name)
                self.assertLessEqual(one["ssim"]["ci95"][0], one["ssim"]["ci95"][1], name)
        self.assertEqual(attackers["query-2"]["cost"], {"queries": 2, "steps": 3})
        self.assertEqual(attackers["forged-shorter"]["cost"], {"queries": 0, "steps": 1})
        # The open mode of a bounded pair is a formula: whoever forges it, or has it, restores.
        self.assertGreater(attackers["stolen"]["psnr_face"]["mean"], attackers["mosaic"]["psnr_face"]["mean"] + 3)
        for name in ("stolen", "forged-identical"):
            self.assertIn(name, report["verdict"]["broken_by"])
        self.assertTrue(any("wrong-key" in note for note in report["notes"]))
        self.assertEqual([one["blocks"] for one in report["by_blocks"]], [8, 2])
        self.assertGreater(report["hidden_channel"]["entropy_bits_per_pixel"]["mean"], 1)
        self.assertEqual(len(report["twins"]["restored"]), 9)
        for name in FIGURES:
            read_png(self.folder / f"report/figures/{name}.png")
        page = (self.folder / "report/report.html").read_text()
        for part in ("Fig. 10", "Fig. 11", "Fig. 12", "broken by", "bauta attack", "query-4", "hidden channel"):
            self.assertIn(part, page)
        self.assertNotIn("<script", page)

    def test_a_mosaic_has_no_hidden_channel_and_nobody_breaks_it(self):
        self.photos(3, "judged", 0)
        self.photos(3, "own", 500)
        self.run_bauta("attack", "judged", "--own", "own", "--baseline", "mosaic-8", "--blocks", 8, "--size", 64, "--steps", 2,
                       "--queries", 3, "--by-blocks", 0, "--attackers", "nothing,visible,query,stolen", "--boxes", self.boxes,
                       "--out", "report")
        report = self.report()
        self.assertEqual(report["hidden_channel"]["entropy_bits_per_pixel"]["mean"], 0)
        self.assertEqual(report["verdict"]["broken_by"], [])
        self.assertIsNone(report["restored"])
        self.assertEqual(report["by_blocks"], [])

    def test_a_wrong_key_is_tried_where_there_is_one(self):
        self.photos(2, "judged", 0)
        self.photos(2, "own", 500)
        self.run_bauta("attack", "judged", "--own", "own", "--baseline", "relocation", "--blocks", 8, "--size", 64, "--attackers",
                       "nothing,stolen,wrong-key", "--boxes", self.boxes, "--out", "report")
        report = self.report()
        attackers = {one["name"]: one for one in report["attackers"]}
        self.assertEqual(set(attackers), {"deid", "mosaic", "wrong-key"})
        self.assertEqual(report["restored"]["psnr"]["mean"], 100)
        self.assertLess(attackers["wrong-key"]["psnr"]["mean"], 60)
        self.assertTrue(any(note.startswith("stolen:") for note in report["notes"]))

    def test_keyed_pictures_give_nobody_more_than_their_blocks(self):
        self.photos(3, "judged", 0)
        self.photos(4, "own", 500)
        self.run_bauta("attack", "judged", "--own", "own", "--baseline", "keyed-companded-4", "--size", 64, "--steps", 2,
                       "--queries", 4, "--by-blocks", 0, "--trained-as", self.model(), "--boxes", self.boxes, "--out", "report")
        report = self.report()
        self.assertEqual(report["facts"]["blocks across a face"], "4")
        attackers = {one["name"]: one for one in report["attackers"]}
        self.assertLess(attackers["wrong-key"]["psnr_face"]["mean"], report["restored"]["psnr_face"]["mean"] - 5)
        # Who forges as the open model was trained reads a keyed picture's grain for a face.
        self.assertIn("forged-identical", attackers)
        self.assertIn("stolen", attackers)
        self.assertEqual(report["verdict"]["broken_by"], [])
        self.run_bauta("attack", "judged", "--baseline", "keyed-4", "--blocks", 8, "--out", "other", code=2)
        self.run_bauta("attack", "judged", "--trained-as", self.model(), "--out", "other", code=2)

    def test_without_own_photographs_half_of_the_people_are_held_out(self):
        for person in ("anna", "ben", "cleo", "dora"):
            self.photos(2, f"people/{person}", 100 * "abcd".index(person[0]))
        self.attack("people", "--attackers", "nothing,query", "--queries", 4, "--steps", 1, "--out", "report")
        report = self.report()
        self.assertEqual((report["pictures"], report["own_photographs"]), (4, 4))
        self.assertTrue(report["people_known"])

    def test_mistakes(self):
        self.photos(2, "judged", 0)
        _, lines = self.attack("judged", "--own", "judged", "--out", "report", code=1)
        self.assert_problems(lines, ["judged: holds j0", "is judged", "other people"])
        self.photo("alone/one.png")
        _, lines = self.attack("alone", "--out", "report", code=1)
        self.assert_problems(lines, ["alone", "one person only", "--own"])
        self.assertFalse((self.folder / "report/report.json").exists())
        for arguments in (["--attackers", "magic"], ["--steps", 0], ["--queries", 0], ["--baseline", "magic"]):
            extra = [] if "--baseline" in arguments else ["--model", self.model()]
            self.run_bauta("attack", "judged", *extra, *arguments, "--out", "report", code=2)
        self.attack("judged", "--attackers", "nothing", "--out", "report")
        _, lines = self.attack("judged", "--attackers", "nothing", "--out", "report", code=1)
        self.assert_problems(lines, ["report.html", "exists", "--force"])
        (self.folder / "report/report.html").unlink()
        (self.folder / "report/report.json").unlink()
        _, lines = self.attack("judged", "--attackers", "nothing", "--out", "report", code=1)
        self.assert_problems(lines, ["fig10-attacks.png", "exists", "--force"])
        (self.folder / "full").mkdir()
        (self.folder / "full/figures").write_text("in the way")
        _, lines = self.attack("judged", "--attackers", "nothing", "--out", "full", code=1)
        self.assert_problems(lines, ["full/figures", "cannot be written to", "--out"])
        self.assertFalse(any("photographs" in line for line in lines))  # before the work


if __name__ == "__main__":
    command_case.main()
