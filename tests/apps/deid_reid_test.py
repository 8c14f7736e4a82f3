#!/usr/bin/env python3
"""bauta deid and reid as scripts meet them. Usage: deid_reid_test.py PROGRAM [unittest options]"""

import json
import os
import sys

sys.dont_write_bytecode = True
import command_case  # noqa: E402
from command_case import FACE, CommandTest  # noqa: E402
from pictures import read_png, write_generator, write_model  # noqa: E402


class DeidAndReid(CommandTest):
    def test_there_and_back(self):
        photo = self.photo()
        _, lines = self.deid("photos", "--out", "deid")
        self.assertTrue(any("open mode: whoever has the Re-ID network" in line for line in lines))
        self.run_bauta("reid", "deid", "--out", "reid", "--model", self.model())
        original, hidden, shown = map(read_png, [photo, self.folder / "deid/one.png", self.folder / "reid/one.png"])
        for picture in (hidden, shown):
            self.assertEqual(picture[:2], (120, 110))
            self.assert_outside_equal(picture, original, FACE)
        self.assertGreater(self.difference(hidden, original, FACE), 5)
        self.assertLess(self.difference(shown, original, FACE), self.difference(hidden, original, FACE) / 2)
        self.assertEqual({kind for kind, _ in shown[3]}, {b"IHDR", b"IDAT", b"IEND"})

    def test_bf16_where_the_cpu_has_it(self):
        photo = self.photo()
        version, _ = self.run_bauta("--version")
        (there,) = [line for line in version.splitlines() if line.startswith("bf16 on the CPU: ")]
        bf16 = ["--precision", "bf16", "--device", "cpu"]
        _, lines = self.deid("photos", "--out", "narrow", *bf16, "--instruction-set", "baseline", code=1)
        self.assert_problems(lines, ["--precision bf16", "not of baseline", "leave --instruction-set out"])
        if "none, " in there:
            _, lines = self.deid("photos", "--out", "deid", *bf16, code=1)
            self.assert_problems(lines, ["--precision bf16", there.split("none, ")[1], "use --precision f32"])
            self.assertFalse((self.folder / "deid").exists())
            return
        _, lines = self.deid("photos", "--out", "deid", "--precision", "bf16", "--instruction-set", "avx512")
        self.assertTrue(any("device: cpu_avx512_" in line for line in lines), lines)
        self.deid("photos", "--out", "exact", "--device", "cpu")
        self.run_bauta("reid", "deid", "--out", "reid", "--model", self.model(), *bf16)
        exact, hidden, shown, original = map(
            read_png, [self.folder / "exact/one.png", self.folder / "deid/one.png", self.folder / "reid/one.png", photo]
        )
        self.assertLess(self.difference(hidden, exact, FACE), 1)
        self.assertLess(self.difference(shown, original, FACE), self.difference(hidden, original, FACE) / 2)

    def test_info_tells_of_the_regions(self):
        self.photo()
        self.deid("photos", "--out", "deid")
        out, _ = self.run_bauta("info", "deid/one.png", "--json")
        facts = json.loads(out)
        x, y, width, height = FACE
        self.assertEqual(facts["mode"], "open")
        region = facts["regions"][0]
        self.assertEqual(
            {key: region[key] for key in ("x", "y", "width", "height", "block", "k")},
            {"x": x, "y": y, "width": width, "height": height, "block": 6, "k": 1},
        )

    def test_large_faces_work_on_whole_squares(self):
        self.photo(width=200, height=180, face=(20, 10, 150, 160))
        self.deid("photos", "--out", "deid")
        out, _ = self.run_bauta("info", "deid/one.png", "--json")
        region = json.loads(out)["regions"][0]
        self.assertEqual((region["k"], region["crop"]["side"]), (3, 192))
        _, _, rows, _ = read_png(self.folder / "deid/one.png")
        x, y = region["x"], region["y"]
        for i in range(3):
            for j in range(3):
                self.assertEqual(rows[y + j][3 * (x + i) : 3 * (x + i) + 3], rows[y][3 * x : 3 * x + 3])
        self.run_bauta("reid", "deid", "--out", "reid", "--model", self.model())

    def test_regions_beside_the_picture(self):
        self.photo()
        self.deid("photos", "--out", "deid", "--regions", "json")
        self.assertEqual(self.files_under("deid"), ["deid/one.json", "deid/one.png"])
        self.assertEqual(json.loads((self.folder / "deid/one.json").read_text())["mode"], "open")
        self.assertEqual({kind for kind, _ in read_png(self.folder / "deid/one.png")[3]}, {b"IHDR", b"IDAT", b"IEND"})
        out, _ = self.run_bauta("info", "deid/one.png", "--json")
        self.assertEqual(json.loads(out)["mode"], "open")
        self.run_bauta("reid", "deid/one.png", "--out", "reid", "--model", self.model())
        (self.folder / "deid/one.png").unlink()
        _, lines = self.deid("photos", "--out", "deid", "--regions", "json", code=1)
        self.assert_problems(lines, ["deid/one.json", "exists", "--force"])

    def test_one_way_needs_no_network_and_gives_nothing_back(self):
        self.photo()
        self.run_bauta("deid", "photos", "--out", "deid", "--boxes", self.boxes, "--one-way", "--blocks", "5")
        out, _ = self.run_bauta("info", "deid/one.png", "--json")
        facts = json.loads(out)
        self.assertEqual((facts["mode"], facts["regions"][0]["block"]), ("one-way", 10))
        _, lines = self.run_bauta("reid", "deid", "--out", "reid", "--model", self.model(), code=1)
        self.assert_problems(lines, ["deid/one.png", "one-way"])
        self.assertEqual(self.files_under("reid"), [])

    def test_how_much_the_chosen_blocks_show_is_said(self):
        self.photo()
        shares = {}
        for blocks, measured in ((20, 20), (9, 10), (4, 4)):
            out, lines = self.run_bauta("deid", "photos", "--out", f"blocks-{blocks}", "--boxes", self.boxes, "--one-way",
                                        "--blocks", blocks, "--json")
            risk = json.loads(out)["visible_risk"]
            self.assertEqual((risk["blocks"], risk["measured_at_blocks"]), (blocks, measured))
            low, high = risk["tar_at_far_1pct"]["ci95"]
            shares[blocks] = risk["tar_at_far_1pct"]["mean"]
            self.assertTrue(low <= shares[blocks] <= high)
            said = [line for line in lines if f"{blocks} blocks across a face stay visible" in line]
            self.assertEqual(len(said), 1, lines)
            self.assertIn(f"link {100 * shares[blocks]:.0f} %", said[0])
        self.assertGreater(shares[20], shares[9])
        self.assertGreater(shares[9], shares[4])
        out, lines = self.run_bauta("deid", "photos", "--out", "fill", "--boxes", self.boxes, "--one-way", "--cover", "fill", "--json")
        self.assertIsNone(json.loads(out)["visible_risk"])
        self.assertTrue(any("nothing of it stays visible" in line for line in lines))

    def test_a_network_that_hides_nothing_is_replaced_by_the_mosaic(self):
        self.photo()
        self.model()
        write_generator(
            self.folder / "model/deid.safetensors", {"generator": "skip", "role": "deid", "size": "64"}, True
        )
        _, lines = self.deid("photos", "--out", "deid", code=1)
        self.assert_problems(lines, ["photos/one.png", "face 1 (50 x 52 pixels at 30, 24) recognizable", "plain mosaic", "--one-way"])
        out, _ = self.run_bauta("info", "deid/one.png", "--json")
        self.assertEqual(json.loads(out)["regions"][0]["restorable"], False)
        _, lines = self.run_bauta("reid", "deid", "--out", "reid", "--model", self.model(), code=1)
        self.assert_problems(lines, ["deid/one.png", "plain mosaics"])

    def test_a_network_without_metadata_works_at_256_or_as_told(self):
        self.photo()
        self.model()
        write_generator(self.folder / "model/deid.safetensors", {}, False)
        _, lines = self.deid("photos", "--out", "deid", code=1)
        self.assert_problems(lines, ["photos/one.png", "plain mosaic"])  # untrained
        self.assertEqual(json.loads(self.run_bauta("info", "deid/one.png", "--json")[0])["network_size"], 256)
        self.deid("photos", "--out", "deid64", "--size", "64", code=1)
        self.assertEqual(json.loads(self.run_bauta("info", "deid64/one.png", "--json")[0])["network_size"], 64)
        self.assertEqual(self.files_under("deid"), ["deid/one.png"])

    def test_a_photograph_without_a_face(self):
        self.photo()
        self.photo("photos/empty.png", face=None)
        _, lines = self.deid("photos", "--out", "deid", code=1)
        self.assert_problems(lines, ["photos/empty.png", "no face"])
        self.assertEqual(self.files_under("deid"), ["deid/one.png"])
        _, lines = self.deid("photos", "--out", "again", "--allow-no-face")
        self.assertTrue(any("photos/empty.png: no face was found" in line for line in lines))
        self.assertEqual(self.files_under("again"), ["again/one.png"])

    def test_a_picture_without_regions(self):
        self.photo()
        _, lines = self.run_bauta("reid", "photos", "--out", "reid", "--model", self.model(), code=1)
        self.assert_problems(lines, ["photos/one.png", "no regions to restore"])

    def test_the_pair_must_fit(self):
        self.photo()
        self.deid("photos", "--out", "deid")
        write_model(self.folder / "other", size=32)
        _, lines = self.run_bauta("reid", "deid", "--out", "reid", "--model", "other", code=1)
        self.assert_problems(lines, ["deid/one.png", "size 64", "32"])
        (self.folder / "model/reid.safetensors").replace(self.folder / "model/deid.safetensors")
        _, lines = self.deid("photos", "--out", "again", code=1)
        self.assert_problems(lines, ["deid.safetensors", "Re-ID network"])
        _, lines = self.run_bauta("reid", "deid", "--out", "reid", "--model", "model", code=1)
        self.assert_problems(lines, ["model", "no model with a reid.safetensors"])

    def test_the_default_model_is_found_by_its_variable(self):
        self.photo()
        write_model(self.folder / "models/face-128")
        environment = dict(os.environ, BAUTA_MODELS=str(self.folder / "models"))
        arguments = ["deid", "photos", "--out", "deid", "--boxes", self.boxes]
        _, lines = self.run_bauta(*arguments, env=environment)
        self.assertTrue(any("is public, so anyone can restore" in line for line in lines))
        (self.folder / "nowhere").mkdir()
        environment["BAUTA_MODELS"] = str(self.folder / "nowhere")
        _, lines = self.run_bauta(*arguments, "--force", env=environment, code=1)
        self.assert_problems(lines, ["nowhere/face-128", "--model"])

    def test_the_summary(self):
        self.photo()
        self.photo("photos/empty.png", face=None)
        out, _ = self.deid("photos", "--out", "deid", "--json", code=1)
        summary = json.loads(out)
        self.assertEqual(
            [summary[key] for key in ("command", "mode", "photographs", "written", "faces", "problems")],
            ["deid", "open", 2, 1, 1, 1],
        )
        self.assertGreater(summary["peak_memory_bytes"], 0)
        self.assertGreaterEqual(summary["held_memory_bytes"], summary["peak_memory_bytes"])
        empty, one = summary["files"]
        self.assertEqual((empty["output"], empty["faces"]), (None, 0))
        self.assertIn("no face", empty["problems"][0])
        self.assertEqual((one["input"], one["output"], one["faces"]), ("photos/one.png", "deid/one.png", 1))
        self.assertGreaterEqual(one["seconds"], 0)
        out, _ = self.run_bauta("reid", "deid", "--out", "reid", "--model", self.model(), "--json", "--quiet")
        self.assertEqual(json.loads(out)["faces"], 1)

    def test_several_at_a_time_is_the_same_as_one_after_another(self):
        for i in range(9):
            self.photo(f"photos/{i}.png", width=90 + 40 * (i % 3), face=None if i % 4 == 1 else FACE)
        (self.folder / "photos/4.png").write_text("no picture\n")
        results = []
        for threads in (1, 4):
            out, lines = self.deid("photos", "--out", "deid", "--force", "--json", "--threads", threads, code=1)
            files = json.loads(out)["files"]
            for file in files:
                del file["seconds"]
            problems = [line for line in lines if line.startswith("bauta: photos/")]
            pictures = [(self.folder / name).read_bytes() for name in self.files_under("deid")]
            self.run_bauta("reid", "deid", "--out", "reid", "--force", "--threads", threads, "--model", self.model())
            pictures += [(self.folder / name).read_bytes() for name in self.files_under("reid")]
            one_way = ["--boxes", self.boxes, "--one-way", "--force", "--threads", threads]
            _, lines = self.run_bauta("deid", "photos", "--out", "one-way", *one_way, code=1)
            problems += [line for line in lines if line.startswith("bauta: photos/")]
            pictures += [(self.folder / name).read_bytes() for name in self.files_under("one-way")]
            results.append((files, problems, pictures))
        self.assertEqual(results[0], results[1])
        self.assertEqual([line.split(": ")[1] for line in results[0][1]], [f"photos/{i}.png" for i in (1, 4, 5)] * 2)
        self.assertEqual(len(results[0][2]), 3 * 6)

    def test_quiet_is_quiet(self):
        self.photo()
        out, lines = self.deid("photos", "--out", "deid", "--quiet")
        self.assertEqual((out, lines), ("", []))


if __name__ == "__main__":
    command_case.main()
