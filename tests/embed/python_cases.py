#!/usr/bin/env python3
"""The Python package. Usage: python_cases.py PHOTO KEY_FILE FOLDER [unittest options]; FOLDER holds what the program made of the
photograph: open/, open-back/, one-way/, keyed/."""

import ast
import inspect
import os
import pathlib
import subprocess
import sys
import threading
import unittest

import bauta
import numpy as np
from PIL import Image

photo_path, key_path, folder = map(pathlib.Path, (sys.argv.pop(1), sys.argv.pop(1), sys.argv.pop(1)))


def load(path):
    with Image.open(path) as image:
        return np.array(image.convert("RGB"))


photo = load(photo_path)
BOX = (90, 60, 120, 120)


class Pictures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model, cls.detector, cls.key = bauta.Model(), bauta.Detector(), bauta.Key.from_file(key_path)

    def test_the_same_as_the_program(self):
        hidden = bauta.deidentify(photo, "open", model=self.model, detector=self.detector)
        self.assertTrue(np.array_equal(hidden.picture, load(folder / "open/photo.png")))
        self.assertEqual(hidden.record, (folder / "open/photo.json").read_text().rstrip("\n"))
        restored = bauta.restore(hidden.picture, hidden.record, model=self.model)
        self.assertTrue(np.array_equal(restored.picture, load(folder / "open-back/photo.png")))
        self.assertEqual([region.fidelity for region in restored.regions], ["nearly"])
        gone = bauta.deidentify(photo, "one-way", detector=self.detector)
        self.assertTrue(np.array_equal(gone.picture, load(folder / "one-way/photo.png")))
        with Image.open(folder / "keyed/photo.png") as masked:
            record = masked.info["bauta"]
        for text in (record, None):
            back = bauta.restore(load(folder / "keyed/photo.png"), text, key=self.key)
            self.assertTrue(np.array_equal(back.picture, photo))

    def test_faces(self):
        faces = self.detector.find(photo)
        self.assertEqual(len(faces), 1)
        x, y, width, height = faces[0].box
        self.assertEqual(width, height)
        if self.detector.kind == "yunet":
            self.assertGreater(faces[0].score, 0.6)
        self.assertEqual(self.detector.find(np.zeros((100, 100, 3), np.uint8)), [])
        with self.assertRaisesRegex(bauta.NoFace, "no face"):
            bauta.deidentify(np.zeros((100, 100, 3), np.uint8), "one-way", detector=self.detector)

    def test_models_that_are_named_are_meant(self):
        empty = folder / "no-models"
        empty.mkdir()
        with self.assertRaisesRegex(bauta.FileProblem, "/nowhere: is no folder"):
            bauta.Detector(models="/nowhere")
        with self.assertRaisesRegex(bauta.FileProblem, "no-models: has no YuNet"):
            bauta.Detector(models=empty)
        self.assertEqual(bauta.Detector("haar", models=empty).kind, "haar")
        with self.assertRaisesRegex(bauta.FileProblem, "/nowhere: is no folder"):
            bauta.Model(models="/nowhere")
        # Those that came along are named by nobody.
        along = pathlib.Path(bauta.__file__).parent / "models/fetched/yunet.safetensors"
        self.assertEqual(bauta.Detector().kind, "yunet" if along.exists() else "haar")

    def test_views_with_strides(self):
        wide = np.zeros((320, 700, 3), np.uint8)
        wide[:, 50:370] = photo
        views = {
            "rows apart": wide[:, 50:370],
            "upside down": photo[::-1][::-1],
            "every other": np.repeat(np.repeat(photo, 2, 0), 2, 1)[::2, ::2],
            "BGR": photo[:, :, ::-1].copy()[:, :, ::-1],
            "columns first": np.asfortranarray(photo),
            "read-only": np.frombuffer(photo.tobytes(), np.uint8).reshape(photo.shape),
        }
        expected = bauta.deidentify(photo, "one-way", boxes=[BOX]).picture
        for name, view in views.items():
            before = view.copy()
            self.assertTrue(np.array_equal(bauta.deidentify(view, "one-way", boxes=[BOX]).picture, expected), name)
            self.assertTrue(np.array_equal(view, before), name)
        into = views["rows apart"]
        made = bauta.deidentify(into, "one-way", boxes=[BOX], out=into)
        self.assertIs(made.picture, into)
        self.assertTrue(np.array_equal(wide[:, 50:370], expected))
        self.assertEqual(wide[:, :50].sum() + wide[:, 370:].sum(), 0)

    def test_what_is_no_picture(self):
        for wrong in (photo.astype(np.float32), photo.astype(np.int8), photo[:, :, :2], photo[0], np.zeros((0, 5, 3), np.uint8)):
            with self.assertRaises(ValueError):
                bauta.deidentify(wrong, "one-way", boxes=[BOX])
        frozen = photo.copy()
        frozen.setflags(write=False)
        for out in (frozen, photo[:-1].copy(), photo.astype(np.int16), np.asfortranarray(photo), "out"):
            with self.assertRaises(ValueError):
                bauta.deidentify(photo, "one-way", boxes=[BOX], out=out)
        shifted = np.zeros((321, 320, 3), np.uint8)
        with self.assertRaisesRegex(bauta.InvalidArgument, "overlaps"):
            bauta.deidentify(shifted[:-1], "one-way", boxes=[BOX], out=shifted[1:])

    def test_errors_are_classes(self):
        self.assertTrue(issubclass(bauta.CannotOpen, bauta.Error))
        hidden = bauta.deidentify(photo, "keyed", key=self.key, boxes=[BOX])
        self.assertEqual([region.fidelity for region in hidden.regions], ["exactly"])
        out = np.zeros_like(photo)
        with self.assertRaisesRegex(bauta.CannotOpen, "another key"):
            bauta.restore(hidden.picture, hidden.record, key=bauta.Key.generate(), out=out)
        self.assertEqual(out.sum(), 0)
        with self.assertRaisesRegex(bauta.NotRestorable, "one-way"):
            gone = bauta.deidentify(photo, "one-way", boxes=[BOX])
            bauta.restore(gone.picture, gone.record)
        with self.assertRaisesRegex(bauta.FileProblem, "/nowhere"):
            bauta.Model("/nowhere")
        with self.assertRaisesRegex(OSError, "/nowhere/k"):
            bauta.Key.from_file("/nowhere/k")
        for mistake in (dict(mode="secret"), dict(mode="open"), dict(mode="keyed"), dict(mode="one-way", blocks=-1),
                        dict(mode="one-way", key=self.key), dict(mode="one-way", cover="grey")):
            with self.assertRaises(bauta.InvalidArgument):
                bauta.deidentify(photo, boxes=[BOX], **mistake)
        with self.assertRaises(bauta.InvalidArgument):
            bauta.deidentify(photo, "one-way")
        with self.assertRaisesRegex(bauta.NoFace, "list of boxes is empty"):
            bauta.deidentify(photo, "one-way", boxes=[])
        with self.assertRaises(TypeError):
            bauta.Key.from_passphrase(17)

    def test_progress_and_cancelling_by_an_exception(self):
        boxes = [BOX, (220, 220, 80, 80)]
        for checked in (False, *[True] * bauta.Checker.is_available()):
            seen = []
            bauta.deidentify(photo, "keyed", key=self.key, boxes=boxes, identity_check=checked,
                             progress=lambda *pair: seen.append(pair))
            self.assertEqual(seen, [(0, 2), (1, 2), (2, 2), *[(2, 2)] * 2 * checked])

        class Enough(Exception):
            pass

        def stop(done, of):
            if done == 1:
                raise Enough("that will do")

        for options in (dict(mode="keyed", key=self.key), dict(mode="open", model=self.model)):
            out = np.zeros_like(photo)
            with self.assertRaisesRegex(Enough, "that will do"):
                bauta.deidentify(photo, boxes=boxes, progress=stop, out=out, **options)
            self.assertEqual(out.sum(), 0)
        with self.assertRaises(TypeError):
            bauta.deidentify(photo, "one-way", boxes=boxes, progress=lambda: None)

    def test_whether_faces_are_recognized(self):
        unchecked = bauta.deidentify(photo, "one-way", detector=self.detector, identity_check=False).regions[0]
        self.assertEqual((unchecked.written, unchecked.identity, unchecked.likeness), ("as asked", "unchecked", None))
        for wrong in (1, "yes", self.detector):
            with self.assertRaises(TypeError):
                bauta.deidentify(photo, "one-way", boxes=[BOX], identity_check=wrong)
        self.assertFalse(bauta.Checker.is_available("/nowhere"))
        with self.assertRaisesRegex(bauta.FileProblem, "/nowhere"):
            bauta.Checker(models="/nowhere")
        with self.assertRaises(bauta.InvalidArgument):
            bauta.Checker(threads=-1)
        if not bauta.Checker.is_available():
            usual = bauta.deidentify(photo, "one-way", boxes=[BOX]).regions[0]
            self.assertEqual(usual.identity, "unchecked")
            with self.assertRaisesRegex(bauta.FileProblem, "yunet|sface"):
                bauta.deidentify(photo, "one-way", boxes=[BOX], identity_check=True)
            self.skipTest("YuNet or SFace is not here; run scripts/fetch_networks")
        for checker in (None, True, bauta.Checker(threads=1)):
            usual = bauta.deidentify(photo, "one-way", detector=self.detector, identity_check=checker).regions[0]
            self.assertEqual((usual.written, usual.identity), ("as asked", "not recognized"))
            self.assertLess(usual.likeness, 0.45)
            fine = bauta.deidentify(photo, "one-way", detector=self.detector, blocks=30, identity_check=checker).regions[0]
            self.assertEqual((fine.written, fine.identity), ("as asked", "recognized"))
            self.assertGreater(fine.likeness, 0.45)
        with self.assertRaisesRegex(bauta.NotHidden, "larger"):
            bauta.deidentify(photo, "one-way", boxes=[(105, 75, 71, 35)], cover="fill")  # half of a face
        bare = bauta.deidentify(photo, "one-way", boxes=[(260, 10, 40, 40)]).regions[0]
        self.assertEqual((bare.identity, bare.likeness), ("not compared", None))

    def test_keys(self):
        anna = bauta.Key.generate_private()
        self.assertEqual((anna.kind, anna.public().kind, self.key.kind), ("private", "public", "secret"))
        self.assertEqual(bauta.Key.from_text(anna.text()).fingerprint, anna.public().fingerprint)
        hidden = bauta.deidentify(photo, "keyed", recipients=[anna.public()], boxes=[BOX])
        self.assertTrue(np.array_equal(bauta.restore(hidden.picture, hidden.record, key=anna).picture, photo))
        path = folder / "anna"
        anna.write(path)
        with self.assertRaisesRegex(bauta.FileProblem, "set overwrite to replace it"):
            anna.write(path)
        anna.write(path, overwrite=True)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertEqual(bauta.Key.from_file(str(path) + ".pub").kind, "public")
        self.assertNotIn(anna.text().split()[1], repr(anna))
        with self.assertRaises(bauta.InvalidArgument):
            bauta.Key.from_passphrase("ein Wort").text()

    def test_threads_run_while_others_wait(self):
        """The GIL is released: while a network works in one thread, others go on in Python."""
        expected = load(folder / "open/photo.png")
        right, counted, done = [], 0, threading.Event()

        def work():
            made = bauta.deidentify(photo, "open", model=self.model, detector=self.detector)
            right.append(np.array_equal(made.picture, expected))

        threads = [threading.Thread(target=work) for _ in range(4)]
        switching = sys.getswitchinterval()
        sys.setswitchinterval(1000)  # nobody is made to give way: only what is released can be taken
        try:
            waiter = threading.Thread(target=lambda: [thread.join() for thread in threads] and done.set())
            for thread in threads:
                thread.start()
            waiter.start()
            while not done.wait(0.001):
                counted += 1
        finally:
            sys.setswitchinterval(switching)
        self.assertEqual(right, [True] * 4)
        self.assertGreater(counted, 3)

    def test_waiting_threads_do_not_spin_for_long(self):
        """libgomp tells what it was loaded with; who has asked for something else gets that."""
        usual = {name: value for name, value in os.environ.items() if name not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
        code = "import os; before = dict(os.environ); import bauta; assert dict(os.environ) == before"
        for asked, spins in (({}, "4000"), ({"GOMP_SPINCOUNT": "17"}, "17"), ({"OMP_WAIT_POLICY": "passive"}, "0")):
            done = subprocess.run([sys.executable, "-c", code], env={**usual, "OMP_DISPLAY_ENV": "verbose", **asked},
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"GOMP_SPINCOUNT = '{spins}'", done.stderr)

    def test_the_stub_has_what_the_module_has(self):
        tree = ast.parse((pathlib.Path(bauta.__file__).parent / "__init__.pyi").read_text())
        classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        self.assertEqual({*classes, *functions, "__version__"}, set(bauta.__all__))
        for name in ("Key", "Model", "Detector", "Checker", "Region"):
            stubbed = {node.name for node in classes[name].body} - {"__init__"}
            actual = {member for member in vars(getattr(bauta, name)) if not member.startswith("_")}
            self.assertEqual(stubbed, actual, name)
        for name, node in functions.items():
            arguments = [argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)]
            signature = inspect.getdoc(getattr(bauta, name)).splitlines()[0]
            for argument in arguments:
                self.assertIn(f"{argument}:", signature)
            self.assertEqual(signature.count(": "), len(arguments) + signature.count("]: "), signature)
        self.assertTrue((pathlib.Path(bauta.__file__).parent / "py.typed").exists())


if __name__ == "__main__":
    unittest.main()
