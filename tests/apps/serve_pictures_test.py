#!/usr/bin/env python3
"""What bauta serve makes of pictures. Usage: serve_pictures_test.py PROGRAM [unittest options]"""

import json
import math
import os
import random
import sys
import time
import unittest

sys.dont_write_bytecode = True
import command_case  # noqa: E402
from pictures import _chunk, read_png, read_samples, wavy, write_png, write_samples  # noqa: E402
from serve_case import DEMO, MODELS, Served, has_recognizer  # noqa: E402


class Pictures(Served):
    def picture(self, answer):
        self.assertEqual(answer[0], 200, answer[2][:300])
        self.assertEqual(answer[1]["Content-Type"], "image/png")
        self.assertEqual(answer[1]["Cache-Control"], "no-store")
        path = self.folder / f"answer-{time.monotonic_ns()}.png"
        path.write_bytes(answer[2])
        return path, json.loads(answer[1]["Bauta-Report"])

    def test_keyed_and_back(self):
        with self.server() as port:
            key = self.new_key(port)
            self.assertNotEqual(key, self.new_key(port))
            hidden, report = self.picture(self.ask(port, "POST", "/deid?mode=keyed&blocks=4", DEMO.read_bytes(),
                                                   {"Bauta-Key": key}))
            self.assertEqual(report["mode"], "keyed")
            self.assertEqual(report["picture"], {"width": 960, "height": 320})
            self.assertGreaterEqual(len(report["faces"]), 1)
            self.assertIn("4 blocks", report["visible"])
            self.assertNotEqual(read_png(hidden)[2], read_png(DEMO)[2])
            back, restored = self.picture(self.ask(port, "POST", "/reid", hidden.read_bytes(), {"Bauta-Key": key}))
            self.assertTrue(restored["exact"])
            self.assertEqual(read_png(back)[2], read_png(DEMO)[2])
            self.assert_refused(self.ask(port, "POST", "/reid", hidden.read_bytes()), 422, "key")
            self.assert_refused(self.ask(port, "POST", "/reid", hidden.read_bytes(), {"Bauta-Key": self.new_key(port)}), 422,
                                "its face 1 was hidden under another key", "; paste the key that it was hidden under")
        # And what the page saves is what the program takes.
        key_file = self.folder / "page.key"
        key_file.write_text(key + "\n")
        key_file.chmod(0o600)
        self.run_bauta("reid", hidden, "--key-file", key_file, "--out", "restored")
        self.assertEqual(read_png(self.folder / "restored" / hidden.name)[2], read_png(DEMO)[2])

    def test_open_one_way_and_one_grey(self):
        with self.server() as port:
            hidden, report = self.picture(self.ask(port, "POST", "/deid?mode=open", DEMO.read_bytes()))
            self.assertIn("10 blocks", report["visible"])
            back, restored = self.picture(self.ask(port, "POST", "/reid", hidden.read_bytes()))
            self.assertFalse(restored["exact"])
            clear = [face for face in report["faces"] if face["x"] < 320]
            self.assertEqual(len(clear), 1)
            for face in clear:
                box = tuple(face[name] for name in ("x", "y", "width", "height"))
                self.assertLess(self.difference(read_png(back), read_png(DEMO), box),
                                self.difference(read_png(hidden), read_png(DEMO), box) / 2)
            hidden, report = self.picture(self.ask(port, "POST", "/deid?mode=one-way&cover=fill", self.portrait().read_bytes()))
            self.assertIn("nothing of it stays visible", report["visible"])
            self.assert_refused(self.ask(port, "POST", "/reid", hidden.read_bytes()), 422, "one-way")

    def deep_portrait(self):
        """16 bits a sample, noise in the lower eight, and transparent but for a disc."""
        _, height, rows, _ = read_png(DEMO)
        noise = random.Random(1)

        def row(y):
            values = []
            for x in range(height):
                values += [sample * 257 ^ noise.randrange(256) for sample in rows[y][3 * x : 3 * x + 3]]
                values.append(65535 if math.hypot(x - 160, y - 130) < 90 else noise.randrange(65536))
            return b"".join(value.to_bytes(2, "big") for value in values)

        path = self.folder / "deep.png"
        write_samples(path, height, height, 16, 4, map(row, range(height)))
        return path

    def test_the_program_does_the_same(self):
        """Byte for byte, whatever the picture holds, where no key draws nonces."""
        plain, deep = self.portrait(), self.deep_portrait()
        asked = {"mode=one-way": ["--one-way"], "mode=one-way&blocks=6": ["--one-way", "--blocks", 6],
                 "mode=one-way&cover=fill": ["--one-way", "--cover", "fill"], "mode=open": []}
        answers = {}
        with self.server() as port:
            for query in asked:
                for photo in (plain, deep):
                    hidden, _ = self.picture(self.ask(port, "POST", f"/deid?{query}", photo.read_bytes()))
                    answers[query, photo] = hidden.read_bytes()
            restored = [self.picture(self.ask(port, "POST", "/reid", answers["mode=open", photo])) for photo in (plain, deep)]
            key = self.new_key(port)
            closed, _ = self.picture(self.ask(port, "POST", "/deid?mode=keyed", deep.read_bytes(), {"Bauta-Key": key}))
            opened, report = self.picture(self.ask(port, "POST", "/reid", closed.read_bytes(), {"Bauta-Key": key}))
        for number, (query, options) in enumerate(asked.items()):
            self.run_bauta("deid", plain, deep, *options, "--detector", "haar", "--out", f"masked{number}")
            for photo in (plain, deep):
                self.assertEqual((self.folder / f"masked{number}" / photo.name).read_bytes(), answers[query, photo], (query, photo))
        self.run_bauta("reid", f"masked{len(asked) - 1}", "--out", "restored")
        for (back, told), name in zip(restored, ("portrait.png", "deep.png")):
            self.assertEqual((self.folder / "restored" / name).read_bytes(), back.read_bytes())
            self.assertEqual("16" in " ".join(told["notes"]), name == "deep.png", told["notes"])
        # A keyed 16-bit picture comes back with 8 bits in the face, and all else as it was.
        self.assertTrue(report["exact"])
        before, after = read_samples(deep), read_samples(opened)
        self.assertEqual(before[:4], after[:4])
        self.assertEqual(len(report["faces"]), 1)
        x, y, width, height = (report["faces"][0][name] for name in ("x", "y", "width", "height"))
        for line, (first, second) in enumerate(zip(before[4], after[4])):
            for column in range(before[0]):
                pixels = [row[8 * column : 8 * column + 8] for row in (first, second)]
                if x <= column < x + width and y <= line < y + height:
                    # Libpng's 8 bits of 16, as a 16-bit sample again; the transparency is whole.
                    self.assertEqual(pixels[0][6:], pixels[1][6:])
                    self.assertEqual(pixels[1][0:6:2], pixels[1][1:6:2])
                else:
                    self.assertEqual(*pixels)

    def fine_models(self):
        """The default models, their De-ID network as if it had been taught 40 blocks, through which everybody is recognized."""
        folder = self.folder / "models"
        (folder / "face-128").mkdir(parents=True)
        (folder / "fetched").symlink_to(MODELS / "fetched")
        (folder / "face-128/reid.safetensors").symlink_to(MODELS / "face-128/reid.safetensors")
        network = (MODELS / "face-128/deid.safetensors").read_bytes()
        self.assertEqual(network.count(b'"mosaic_blocks":"10"'), 1)
        (folder / "face-128/deid.safetensors").write_bytes(network.replace(b'"mosaic_blocks":"10"', b'"mosaic_blocks":"40"'))
        return folder

    def facts(self, port):
        return json.loads(self.ask(port, "GET", "/facts")[2])

    @unittest.skipUnless(has_recognizer, "SKIP: no recognizer in models/fetched; run scripts/setup")
    def test_whether_faces_are_recognized_is_told(self):
        models, photo = self.fine_models(), self.portrait()
        open_mode, body = "/deid?mode=open", photo.read_bytes()
        with self.server(models=models) as port:
            self.assertIs(self.facts(port)["identity_check"], True)
            # Usual blocks: fewer, until nobody is recognized.
            hidden, report = self.picture(self.ask(port, "POST", open_mode, body))
            coarser = [face for face in report["faces"] if face["fallback"] == "coarser mosaic"]
            self.assertGreaterEqual(len(coarser), 1)
            self.assertEqual(sum("fewer blocks" in note for note in report["notes"]), len(coarser), report)
            for face in report["faces"]:
                self.assertFalse(face["recognized"])
                self.assertLessEqual(face["likeness"], 0.45)
            # Blocks that were asked for are written.
            for query in (open_mode + "&blocks=40", "/deid?mode=one-way&blocks=30"):
                _, report = self.picture(self.ask(port, "POST", query, body))
                recognized = [face for face in report["faces"] if face["recognized"]]
                self.assertGreaterEqual(len(recognized), 1)
                self.assertEqual(sum("through the blocks asked for" in note for note in report["notes"]), len(recognized))
                self.assertEqual({face["fallback"] for face in recognized}, {"none"})
            # Under a key all of a picture's faces get fewer, and come back.
            _, report = self.picture(self.ask(port, "POST", "/deid?mode=keyed&blocks=4", body,
                                              {"Bauta-Key": self.new_key(port)}))
            self.assertEqual({face["fallback"] for face in report["faces"]}, {"none"})
        environment = {**os.environ, "BAUTA_MODELS": str(models)}
        self.run_bauta("deid", photo, "--detector", "haar", "--out", "masked", code=1, env=environment)
        self.assertEqual((self.folder / "masked/portrait.png").read_bytes(), hidden.read_bytes())
        # Whoever names the model asks for its blocks.
        with self.server("--model", models / "face-128") as port:
            _, report = self.picture(self.ask(port, "POST", open_mode, body))
            self.assertTrue(any(face["recognized"] for face in report["faces"]))
        with self.server("--no-identity-check", models=models) as port:
            self.assertIs(self.facts(port)["identity_check"], False)
            _, report = self.picture(self.ask(port, "POST", open_mode, body))
            self.assertEqual({(face["likeness"], face["recognized"], face["fallback"]) for face in report["faces"]},
                             {(None, False, "none")})

    def test_without_a_recognizer_it_is_said(self):
        models = self.fine_models()
        (models / "fetched").unlink()
        lines = []
        with self.server(models=models, lines=lines) as port:
            self.assertIs(self.facts(port)["identity_check"], False)
            self.picture(self.ask(port, "POST", "/deid?mode=one-way", DEMO.read_bytes()))
        self.assertEqual(sum("no face recognizer looks" in line for line in lines), 1, lines)

    def test_what_is_wrong_with_a_picture_is_told(self):
        faceless = self.folder / "faceless.png"
        write_png(faceless, 90, 80, wavy)
        large = self.folder / "large.png"
        header = _chunk(b"IHDR", (1001).to_bytes(4) + (1000).to_bytes(4) + bytes([8, 2, 0, 0, 0]))
        large.write_bytes(b"\x89PNG\r\n\x1a\n" + header + _chunk(b"IDAT", b"") + _chunk(b"IEND", b""))
        with self.server() as port:
            deid = "/deid?mode=one-way"
            self.assert_refused(self.ask(port, "POST", deid, b""), 400, "no picture")
            self.assert_refused(self.ask(port, "POST", deid, b"hello" * 100), 422, "no PNG, JPEG or WebP")
            self.assert_refused(self.ask(port, "POST", deid, DEMO.read_bytes()[:5000]), 422)
            self.assert_refused(self.ask(port, "POST", deid, faceless.read_bytes()), 422, "no face")
            self.assert_refused(self.ask(port, "POST", deid, large.read_bytes()), 413, "1001 x 1000")
            self.assert_refused(self.ask(port, "POST", deid, b"x" * 4_100_000), 413, "MiB")
            self.assert_refused(self.ask(port, "POST", "/reid", faceless.read_bytes()), 422, "it has no regions", "use bauta reid")
            self.assert_refused(self.ask(port, "POST", "/key", b"x"), 413)
            self.assertEqual(self.ask(port, "POST", deid, DEMO.read_bytes())[0], 200)  # and it goes on

    def test_wrong_settings_and_keys(self):
        with self.server() as port:
            for query, word in (("", "mode"), ("?mode=secret", "mode"), ("?mode=one-way&blocks=0", "blocks"),
                                ("?mode=one-way&blocks=4x", "blocks"), ("?mode=one-way&cover=hat", "cover"),
                                ("?mode=keyed", "key")):
                self.assert_refused(self.ask(port, "POST", "/deid" + query, DEMO.read_bytes()), 400, word)
            key = self.new_key(port)
            for wrong in ("x", key[:-1] + ("0" if key[-1] != "0" else "1"), "k" * 1000):
                answer = self.ask(port, "POST", "/deid?mode=keyed", DEMO.read_bytes(), {"Bauta-Key": wrong})
                self.assert_refused(answer, 400, "key")
                self.assertNotIn(key[20:40], answer[2].decode())


if __name__ == "__main__":
    command_case.main()
