#!/usr/bin/env python3
"""The program as scripts meet it: files, exit codes, messages. Usage: cli_test.py PROGRAM [unittest options]"""

import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from pictures import read_png, wavy, write_generator, write_model, write_png  # noqa: E402

PROGRAM = ""
FACE = (30, 24, 50, 52)  # x, y, width, height


class CommandTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="bauta-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.boxes = self.folder / "boxes.tsv"
        self.boxes.write_text("path\tbx\tby\tbw\tbh\n")

    def run_bauta(self, *arguments, code=0, **options):
        """Standard output and the lines on standard error."""
        done = subprocess.run(
            [PROGRAM, *map(str, arguments)], capture_output=True, text=True, cwd=self.folder, timeout=300, **options
        )
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for line in done.stderr.splitlines():
            self.assertTrue(line.startswith("bauta: "), line)
        return done.stdout, done.stderr.splitlines()

    def photo(self, name="photos/one.png", width=120, height=110, face=FACE):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_png(path, width, height, wavy)
        if face:
            with self.boxes.open("a") as table:
                table.write("\t".join([name, *map(str, face)]) + "\n")
        return path

    def model(self, **options):
        folder = self.folder / "model"
        if not folder.exists():
            write_model(folder, **options)
        return folder

    def deid(self, *arguments, **options):
        return self.run_bauta("deid", *arguments, "--model", self.model(), "--boxes", self.boxes, **options)

    def files_under(self, folder):
        return sorted(
            str(path.relative_to(self.folder)) for path in (self.folder / folder).rglob("*") if path.is_file()
        )

    def assert_problems(self, lines, *expected):
        problems = [line for line in lines if line.count(": ") >= 2 and "; " in line and "open mode" not in line]
        self.assertEqual(len(problems), len(expected), lines)
        for line, parts in zip(problems, expected):
            for part in parts:
                self.assertIn(str(part), line)

    def assert_outside_equal(self, first, second, face):
        x, y, width, height = face
        for row, (a, b) in enumerate(zip(first[2], second[2])):
            if y <= row < y + height:
                a, b = a[: 3 * x] + a[3 * (x + width) :], b[: 3 * x] + b[3 * (x + width) :]
            self.assertEqual(a, b)

    def difference(self, first, second, face):
        """Mean absolute difference in the face, levels."""
        x, y, width, height = face
        total = sum(
            abs(a - b)
            for row in range(y, y + height)
            for a, b in zip(first[2][row][3 * x : 3 * (x + width)], second[2][row][3 * x : 3 * (x + width)])
        )
        return total / (3 * width * height)


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

    def test_a_network_that_hides_nothing_is_replaced_by_the_mosaic(self):
        self.photo()
        self.model()
        write_generator(
            self.folder / "model/deid.safetensors", {"generator": "skip", "role": "deid", "size": "64"}, True
        )
        _, lines = self.deid("photos", "--out", "deid", code=1)
        self.assert_problems(lines, ["photos/one.png", "face 1 recognizable", "plain mosaic", "--one-way"])
        out, _ = self.run_bauta("info", "deid/one.png", "--json")
        self.assertEqual(json.loads(out)["regions"][0]["restorable"], False)
        _, lines = self.run_bauta("reid", "deid", "--out", "reid", "--model", self.model(), code=1)
        self.assert_problems(lines, ["deid/one.png", "plain mosaics"])

    def test_a_network_without_metadata_needs_its_size(self):
        self.photo()
        self.model()
        write_generator(self.folder / "model/deid.safetensors", {}, False)
        _, lines = self.deid("photos", "--out", "deid", code=1)
        self.assert_problems(lines, ["deid.safetensors", "--size"])
        self.deid("photos", "--out", "deid", "--size", "64", code=1)  # untrained: the mosaic is written
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
        empty, one = summary["files"]
        self.assertEqual((empty["output"], empty["faces"]), (None, 0))
        self.assertIn("no face", empty["problems"][0])
        self.assertEqual((one["input"], one["output"], one["faces"]), ("photos/one.png", "deid/one.png", 1))
        self.assertGreaterEqual(one["seconds"], 0)
        out, _ = self.run_bauta("reid", "deid", "--out", "reid", "--model", self.model(), "--json", "--quiet")
        self.assertEqual(json.loads(out)["faces"], 1)

    def test_quiet_is_quiet(self):
        self.photo()
        out, lines = self.deid("photos", "--out", "deid", "--quiet")
        self.assertEqual((out, lines), ("", []))


class Files(CommandTest):
    def test_nothing_is_overwritten_without_force(self):
        self.photo()
        self.photo("photos/two.png")
        (self.folder / "deid").mkdir()
        (self.folder / "deid/one.png").write_text("mine")
        _, lines = self.deid("photos", "--out", "deid", code=1)
        self.assert_problems(lines, ["deid/one.png", "exists", "--force"])
        self.assertEqual((self.folder / "deid/one.png").read_text(), "mine")
        self.assertTrue((self.folder / "deid/two.png").exists())
        self.deid("photos", "--out", "deid", "--force")
        read_png(self.folder / "deid/one.png")

    def test_an_input_is_never_overwritten(self):
        photo = self.photo()
        before = photo.read_bytes()
        _, lines = self.deid("photos", "--out", "photos", "--force", code=1)
        self.assert_problems(lines, ["photos/one.png", "its own input"])
        self.assertEqual(photo.read_bytes(), before)

    def test_two_inputs_of_one_name(self):
        self.photo("a/one.png")
        self.photo("b/one.png")
        for command in ("deid", "prepare"):
            arguments = ["--boxes", self.boxes] + (["--model", self.model()] if command == "deid" else [])
            _, lines = self.run_bauta(command, "a", "b", "--out", "out", *arguments, code=1)
            self.assert_problems(lines, ["a/one.png", "b/one.png"])
            self.assertFalse((self.folder / "out").exists())

    def test_bad_inputs_are_named_and_the_rest_is_done(self):
        whole = self.photo().read_bytes()
        bad = self.folder / "photos"
        (bad / "cut.png").write_bytes(whole[: len(whole) // 2])
        (bad / "empty.jpg").write_bytes(b"")
        (bad / "text.png").write_text("no picture\n")
        (bad / "giant.png").write_bytes(whole[:16] + b"\0\0\xea\x60\0\0\xea\x60" + whole[24:])
        _, lines = self.deid("photos", "missing.png", "--out", "deid", code=1)
        self.assert_problems(
            lines, ["missing.png"], ["photos/cut.png"], ["photos/empty.jpg"], ["photos/giant.png"], ["photos/text.png"]
        )
        self.assertEqual(self.files_under("deid"), ["deid/one.png"])

    def test_a_folder_without_pictures(self):
        (self.folder / "nothing").mkdir()
        for command in (["deid", "--model", self.model()], ["prepare"], ["reid", "--model", self.model()]):
            _, lines = self.run_bauta(command[0], "nothing", "--out", "out", *command[1:], code=1)
            self.assert_problems(lines, ["nothing", "no PNG or JPEG picture"])

    def test_outputs_that_cannot_be_written(self):
        self.photo()
        (self.folder / "file").write_text("")
        for out in ("file", "file/below", "/dev/full", "/proc/nowhere"):
            _, lines = self.deid("photos", "--out", out, code=1)
            self.assert_problems(lines, [out])

    def test_a_full_disk_leaves_nothing(self):
        self.photo(width=300, height=300)
        self.model()

        def small_files_only():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

        _, lines = self.deid("photos", "--out", "deid", code=1, preexec_fn=small_files_only, restore_signals=False)
        self.assert_problems(lines, ["deid/one.png"])
        self.assertEqual(self.files_under("deid"), [])

    def test_killed_half_way_no_partial_file_has_a_final_name(self):
        for i in range(12):
            self.photo(f"photos/{i:02}.png", width=400, height=300)
        process = subprocess.Popen(
            [PROGRAM, "deid", "photos", "--out", "deid", "--model", self.model(), "--boxes", self.boxes, "--quiet"],
            cwd=self.folder,
        )
        deadline = time.monotonic() + 60
        while not list(self.folder.glob("deid/[0-9]*.png")) and time.monotonic() < deadline:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()
        written = list(self.folder.glob("deid/[0-9]*.png"))
        self.assertTrue(written)
        for path in written:
            self.assertEqual(read_png(path)[:2], (400, 300))

    def test_hostile_chunks(self):
        self.photo()
        self.deid("photos", "--out", "deid", "--regions", "json")
        record = self.folder / "deid/one.json"
        good = record.read_text()
        for bad in ("", "{", good[:80], good.replace('"k":1', '"k":-1'), good.replace('"x":30', '"x":99999999999'),
                    good.replace('"side":64', '"side":1000000')):
            record.write_text(bad)
            _, lines = self.run_bauta("reid", "deid", "--out", "reid", "--model", self.model(), code=1)
            self.assert_problems(lines, ["deid/one.json", "cannot be used"])
        self.assertEqual(self.files_under("reid"), [])


class Prepare(CommandTest):
    def test_the_two_sets(self):
        self.photo("photos/a.png")
        self.photo("photos/b.png", face=(0, 0, 60, 70))
        self.photo("photos/c.png", face=None)
        _, lines = self.run_bauta(
            "prepare", "photos", "--out", "data", "--boxes", self.boxes, "--size", "64", "--blocks", "8", code=1
        )
        self.assert_problems(lines, ["photos/c.png", "no face"])
        self.assertEqual(
            self.files_under("data"),
            ["data/clear/a.png", "data/clear/b.png", "data/dataset.json", "data/mosaic/a.png", "data/mosaic/b.png"],
        )
        dataset = json.loads((self.folder / "data/dataset.json").read_text())
        self.assertEqual([picture["name"] for picture in dataset["pictures"]], ["a", "b"])
        self.assertEqual([photo["source"] for photo in dataset["skipped"]], ["photos/c.png"])
        self.assertEqual((dataset["size"], dataset["detector"], dataset["margin"]), (64, "boxes", [1.6, 1.6]))
        for picture in dataset["pictures"]:
            clear, mosaic = (read_png(self.folder / f"data/{kind}/{picture['name']}.png") for kind in ("clear", "mosaic"))
            self.assertEqual(clear[:2], (64, 64))
            face = tuple(picture["face"][key] for key in ("x", "y", "width", "height"))
            self.assertEqual(picture["block"], int(min(face[2:]) / 8 + 0.5))
            self.assert_outside_equal(clear, mosaic, face)
            self.assertGreater(self.difference(clear, mosaic, face), 1)

    def test_a_dataset_is_not_replaced_without_force(self):
        self.photo("photos/a.png")
        arguments = ["prepare", "photos", "--out", "data", "--boxes", self.boxes, "--size", "32"]
        self.run_bauta(*arguments)
        _, lines = self.run_bauta(*arguments, code=1)
        self.assert_problems(lines, ["data/dataset.json", "exists", "--force"])
        (self.folder / "data/dataset.json").unlink()
        _, lines = self.run_bauta(*arguments, code=1)
        self.assert_problems(lines, ["data/clear", "--force"])
        self.run_bauta(*arguments, "--force")

    def test_margins_are_drawn_from_the_seed(self):
        for i in range(6):
            self.photo(f"photos/{i}.png")
        sides = []
        for out, seed, threads in (("a", 1, 1), ("b", 1, 2), ("c", 2, 1)):
            self.run_bauta("prepare", "photos", "--out", out, "--boxes", self.boxes, "--size", "32", "--margin", "1.2:2.4",
                           "--seed", seed, "--threads", threads)
            pictures = json.loads((self.folder / out / "dataset.json").read_text())["pictures"]
            sides.append([picture["source_crop"]["width"] for picture in pictures])
        self.assertEqual(sides[0], sides[1])
        self.assertNotEqual(sides[0], sides[2])
        self.assertTrue(all(62 <= side <= 125 for side in sides[0]))
        self.assertGreater(len(set(sides[0])), 3)

    def test_limit(self):
        for i in range(3):
            self.photo(f"photos/{i}.png")
        out, _ = self.run_bauta("prepare", "photos", "--out", "data", "--boxes", self.boxes, "--limit", "2", "--json")
        self.assertEqual(json.loads(out)["prepared"], 2)
        self.assertEqual(self.files_under("data/clear"), ["data/clear/0.png", "data/clear/1.png"])

    def test_no_face_at_all_makes_no_dataset(self):
        self.photo("photos/a.png", face=None)
        self.run_bauta("prepare", "photos", "--out", "data", "--boxes", self.boxes, code=1)
        self.run_bauta("prepare", "photos", "--out", "data", "--boxes", self.boxes, "--allow-no-face")
        self.assertEqual(self.files_under("data"), [])


class TranslateAndInfo(CommandTest):
    def test_sizes_that_are_no_multiple_of_four(self):
        self.photo("images/odd.png", width=37, height=30, face=None)
        self.photo("images/tiny.png", width=7, height=30, face=None)
        write_generator(self.folder / "skip.safetensors", {"generator": "skip", "role": "deid"}, True)
        _, lines = self.run_bauta("translate", "--network", "skip.safetensors", "images", "--out", "out", code=1)
        self.assert_problems(lines, ["images/tiny.png", "7 x 30", "8"])
        same = read_png(self.folder / "out/odd.png")
        self.assertEqual(same[:3], read_png(self.folder / "images/odd.png")[:3])

    def test_a_network_that_is_none(self):
        self.photo("images/a.png", face=None)
        for name, content in (("missing", None), ("empty", b""), ("text", b"no weights"), ("huge", b"\xff" * 64)):
            if content is not None:
                (self.folder / name).write_bytes(content)
            _, lines = self.run_bauta("translate", "--network", name, "images", "--out", "out", code=1)
            self.assert_problems(lines, [name])

    def test_info(self):
        self.photo("a.png", face=None)
        write_generator(self.folder / "b.safetensors", {"generator": "skip", "role": "reid", "size": "64"}, True)
        (self.folder / "c.bin").write_text("neither")
        out, _ = self.run_bauta("info", "a.png", "--json")
        facts = json.loads(out)
        self.assertEqual((facts["mode"], facts["regions"], facts["width"]), ("none", [], 120))
        out, lines = self.run_bauta("info", "a.png", "b.safetensors", "c.bin", "d.png", "--json", code=1)
        self.assert_problems(lines, ["c.bin", "neither a picture nor a weight file"], ["d.png"])
        picture, weights = json.loads(out)
        self.assertEqual(
            [weights[key] for key in ("kind", "architecture", "role", "ngf", "residual_blocks", "size", "tensors")],
            ["generator", "skip", "reid", 4, 1, 64, 16],
        )
        self.assertEqual(weights["metadata"]["size"], "64")
        out, _ = self.run_bauta("info", "a.png", "b.safetensors")
        self.assertIn("architecture: skip", out)


class CommandLine(CommandTest):
    def test_wrong_command_lines(self):
        photo = self.photo()
        for arguments in (
            [],
            ["undo"],
            ["deid"],
            ["deid", photo],
            ["deid", photo, "--out", "out", "--detector", "yunet"],
            ["deid", photo, "--out", "out", "--one-way", "--model", "model"],
            ["deid", photo, "--out", "out", "--blocks", "0"],
            ["deid", photo, "--out", "out", "--regions", "nowhere"],
            ["prepare", photo, "--out", "out", "--margin", "0.5"],
            ["prepare", photo, "--out", "out", "--margin", "2:1"],
            ["prepare", photo, "--out", "out", "--size", "x"],
            ["translate", photo, "--out", "out"],
            ["info"],
        ):
            with self.subTest(arguments=arguments):
                self.run_bauta(*arguments, code=2)
                self.assertFalse((self.folder / "out").exists())

    def test_the_missing_detector_is_named(self):
        _, lines = self.run_bauta("prepare", "a.png", "--out", "out", "--detector", "yunet", code=2)
        self.assertIn("only haar", lines[0])

    def test_help_has_an_example(self):
        for command in ("prepare", "deid", "reid", "translate", "info"):
            out, _ = self.run_bauta(command, "--help")
            self.assertIn(f"Example:\n  bauta {command} ", out)

    def test_a_cascade_that_is_not_there(self):
        self.photo()
        _, lines = self.run_bauta("prepare", "photos", "--out", "out", "--cascade", "nowhere.xml", code=1)
        self.assert_problems(lines, ["nowhere.xml", "opencv-data", "--cascade"])

    def test_standard_output_that_is_full(self):
        self.photo("a.png", face=None)
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [PROGRAM, "info", "a.png", "--json"], cwd=self.folder, stdout=full, stderr=subprocess.PIPE, text=True
            )
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output", done.stderr)


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
