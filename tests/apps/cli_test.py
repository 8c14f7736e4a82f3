#!/usr/bin/env python3
"""The program as scripts meet it: files, exit codes, messages. Usage: cli_test.py PROGRAM [unittest options]"""

import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import command_case  # noqa: E402
from command_case import CommandTest  # noqa: E402
from pictures import read_png, write_generator  # noqa: E402


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
            self.assert_problems(lines, ["nothing", "no PNG, JPEG or WebP picture", "it is empty"])
        (self.folder / "nothing/inside").mkdir()
        (self.folder / "nothing/film.heic").write_text("")
        _, lines = self.run_bauta("deid", "nothing", "--out", "out", "--one-way", code=1)
        self.assert_problems(lines, ["nothing", "only film.heic, inside/", "those inside it are not entered"])

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
            [command_case.program, "deid", "photos", "--out", "deid", "--model", self.model(), "--boxes", self.boxes, "--quiet"],
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

    def test_one_picture_needs_no_weights_in_a_second_form(self):
        write_generator(self.folder / "skip.safetensors", {"generator": "skip", "role": "deid"}, True)
        for name in ("one/a.png", "two/a.png", "two/b.png"):
            self.photo(name, width=32, height=32, face=None)
        held = {}
        for folder in ("one", "two"):
            command = ["translate", "--network", "skip.safetensors", folder, "--out", f"out-{folder}", "--device", "cpu"]
            held[folder] = json.loads(self.run_bauta(*command, "--json")[0])["held_memory_bytes"]
        self.assertLess(held["one"], held["two"])
        self.assertEqual(*((self.folder / f"out-{folder}/a.png").read_bytes() for folder in ("one", "two")))

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
        self.assert_problems(lines, ["c.bin", "no picture, video, weight file"], ["d.png"])
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
            ["deid", photo, "--out", "out", "--detector", "hog"],
            ["deid", photo, "--out", "out", "--detector", "yunet", "--cascade", "cascade.xml"],
            ["deid", photo, "--out", "out", "--score", "0"],
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

    def test_what_is_no_number_is_refused_by_the_options_name(self):
        for option, command in (("--lr", ["train", "d"]), ("--hidden", ["train-baseline", "uunet", "d"]),
                                ("--margin", ["evaluate", "d"]), ("--score", ["deid", "d"])):
            for value in ("nan", "inf", "-1"):
                _, lines = self.run_bauta(*command, "--out", "o", option, value, code=2)
                self.assertIn(option + ": ", lines[-1])

    def test_detectors_there_are(self):
        _, lines = self.run_bauta("prepare", "a.png", "--out", "out", "--detector", "hog", code=2)
        self.assertIn("haar,yunet", lines[0])

    def test_a_detector_whose_weights_are_not_there(self):
        self.photo(face=None)
        nowhere = dict(os.environ, BAUTA_MODELS=str(self.folder / "nowhere"))
        arguments = ["deid", "photos", "--out", "out", "--one-way"]
        _, lines = self.run_bauta(*arguments, code=1, env=nowhere)
        self.assert_problems(lines, ["nowhere: BAUTA_MODELS names it", "no folder"])
        (self.folder / "nowhere").mkdir()
        _, lines = self.run_bauta(*arguments, "--detector", "yunet", code=1, env=nowhere)
        self.assert_problems(lines, ["nowhere/fetched/yunet.safetensors", "scripts/setup"])
        out, lines = self.run_bauta(*arguments, "--allow-no-face", "--json", env=nowhere)
        self.assertEqual(json.loads(out)["detector"], "haar")
        self.assertEqual(sum("Haar cascade" in line and "scripts/setup" in line for line in lines), 1, lines)
        # Who asks for haar, or brings boxes, is told nothing.
        for asked in (["--detector", "haar"], ["--boxes", self.boxes]):
            _, lines = self.run_bauta(*arguments, "--allow-no-face", *asked, env=nowhere)
            self.assertFalse(any("Haar cascade" in line for line in lines), lines)
        damaged = self.folder / "nowhere/fetched/yunet.safetensors"
        damaged.parent.mkdir()
        damaged.write_bytes(b"no weights")
        _, lines = self.run_bauta(*arguments, code=1, env=nowhere)
        self.assert_problems(lines, [damaged.name])

    def test_yunet_finds_faces_on_any_number_of_threads(self):
        models = pathlib.Path(__file__).parents[2] / "models"
        if not (models / "fetched/yunet.safetensors").exists():
            self.skipTest("YuNet is not here; run scripts/fetch_networks")
        for name in ("one", "two", "three"):
            shutil.copy(models / "face-128/demo.png", self.folder / f"{name}.png")
        found = []
        for threads in (1, 3):
            out, _ = self.run_bauta("deid", "one.png", "two.png", "three.png", "--out", "out", "--one-way", "--force", "--json",
                                    "--threads", threads, env=dict(os.environ, BAUTA_MODELS=str(models)))
            summary = json.loads(out)
            self.assertEqual(summary["detector"], "yunet")
            found.append([photo["regions"] for photo in summary["files"]])
        self.assertEqual(found[0], found[1])
        self.assertEqual(found[0][0], found[0][2])
        self.assertGreaterEqual(len(found[0][0]), 2)  # the portrait, and what Re-ID made of it
        for region in found[0][0]:
            self.assertEqual(region["width"], region["height"])
        run = lambda score: json.loads(self.run_bauta(  # noqa: E731
            "deid", "one.png", "--out", "out", "--one-way", "--force", "--json", "--allow-no-face", "--score", score)[0])
        self.assertEqual(run("0.99")["faces"], 0)

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
                [command_case.program, "info", "a.png", "--json"], cwd=self.folder, stdout=full, stderr=subprocess.PIPE, text=True
            )
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output", done.stderr)


if __name__ == "__main__":
    command_case.main()
