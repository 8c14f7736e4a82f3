#!/usr/bin/env python3
"""bauta deid and reid with keys, as scripts meet them. Usage: keyed_test.py PROGRAM [unittest options]"""

import json
import os
import struct
import sys
import zlib

sys.dont_write_bytecode = True
import command_case  # noqa: E402
from command_case import FACE, CommandTest  # noqa: E402
from pictures import read_png, wavy, write_png  # noqa: E402


def rewrite(path, change=None):
    """The picture saved again, its text chunks lost. change(rows) may alter its bytes."""
    width, height, rows, _ = read_png(path)
    rows = [bytearray(row) for row in rows]
    if change:
        change(rows)
    write_png(path, width, height, lambda x, y: tuple(rows[y][3 * x : 3 * x + 3]))


def change_keeping_chunks(path, x, y, by):
    """A pixel's first channel changed, and all chunks but the pixels' kept."""
    width, height, rows, chunks = read_png(path)
    rows = [bytearray(row) for row in rows]
    rows[y][3 * x] = (rows[y][3 * x] + by) % 256
    data, written = b"\x89PNG\r\n\x1a\n", False
    for kind, body in chunks:
        if kind == b"IDAT":
            if written:
                continue
            body, written = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows)), True
        data += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    path.write_bytes(data)


class Keyed(CommandTest):
    def setUp(self):
        super().setUp()
        self.run_bauta("keygen", "--out", "my.key")

    def hide(self, *arguments, **options):
        return self.run_bauta("deid", "photos", "--out", "deid", "--boxes", self.boxes, "--force", *arguments, **options)

    def show(self, *arguments, key="my.key", **options):
        key = [] if "--passphrase-fd" in arguments else ["--key-file", key]
        return self.run_bauta("reid", "deid", "--out", "reid", "--force", *key, *arguments, **options)

    def with_passphrase(self, text, run, **options):
        read, write = os.pipe()
        os.write(write, text)
        os.close(write)
        try:
            return run("--passphrase-fd", read, pass_fds=[read], **options)
        finally:
            os.close(read)

    def assert_restored(self, name="one"):
        original, shown = (read_png(self.folder / path) for path in (f"photos/{name}.png", f"reid/{name}.png"))
        self.assertEqual(shown[:3], original[:3])
        self.assertEqual({kind for kind, _ in shown[3]}, {b"IHDR", b"IDAT", b"IEND"})

    def facts(self):
        return json.loads(self.run_bauta("info", "deid/one.png", "--json")[0])

    def test_there_and_back_bit_for_bit(self):
        photo = self.photo()
        _, lines = self.hide("--key-file", "my.key")
        self.assertFalse(any("open mode" in line for line in lines))
        hidden = read_png(self.folder / "deid/one.png")
        self.assert_outside_equal(hidden, read_png(photo), FACE)
        self.assertGreater(self.difference(hidden, read_png(photo), FACE), 5)
        self.show()
        self.assert_restored()
        facts = self.facts()
        x, y, width, height = FACE
        self.assertEqual(facts["mode"], "keyed")
        self.assertEqual(facts["regions"], [{"x": x, "y": y, "width": width, "height": height, "block": 13, "k": 7}])

    def test_nothing_of_the_key_gets_out(self):
        self.photo()
        key = (self.folder / "my.key").read_text().split()[1]
        out, lines = self.hide("--key-file", "my.key", "--json")
        texts = [out, *lines, *map(str, read_png(self.folder / "deid/one.png")[3])]
        for text in texts:
            self.assertNotIn(key, text)
            self.assertNotIn(key[:16], text)

    def test_several_faces_at_the_border_and_overlapping(self):
        self.photo(width=200, height=160, face=(-10, -10, 60, 70))
        with self.boxes.open("a") as table:
            for box in ((100, 40, 50, 50), (140, 80, 45, 45), (150, 5, 20, 20)):
                table.write("\t".join(["photos/one.png", *map(str, box)]) + "\n")
        self.hide("--key-file", "my.key")
        self.assertEqual(len(self.facts()["regions"]), 3)
        self.show()
        self.assert_restored()

    def test_a_picture_that_lost_its_chunks(self):
        self.photo()
        self.hide("--key-file", "my.key")
        rewrite(self.folder / "deid/one.png")
        self.assertEqual(self.facts()["mode"], "none")
        self.show()
        self.assert_restored()

    def test_regions_beside_the_picture(self):
        self.photo()
        self.hide("--key-file", "my.key", "--regions", "json")
        self.assertEqual(json.loads((self.folder / "deid/one.json").read_text())["mode"], "keyed")
        self.show()
        self.assert_restored()

    def test_wrong_keys_and_changed_pictures_are_one_line_and_no_picture(self):
        self.photo()
        self.run_bauta("keygen", "--out", "other.key")
        self.hide("--key-file", "my.key")
        _, lines = self.show(key="other.key", code=1)
        self.assert_problems(lines, ["deid/one.png", "face 1", "another key"])
        x, y, width, height = FACE
        for px, py in ((x, y), (x + 9, y), (x + width - 1, y + height - 1), (x + 20, y + 30)):
            self.hide("--key-file", "my.key")
            change_keeping_chunks(self.folder / "deid/one.png", px, py, 1)
            _, lines = self.show(code=1)
            self.assert_problems(lines, ["deid/one.png", "face 1", "changed"])
        self.assertEqual(self.files_under("reid"), [])
        _, lines = self.run_bauta("reid", "deid", "--out", "reid", "--model", self.model(), code=1)
        self.assert_problems(lines, ["deid/one.png", "under a key", "--key-file"])

    def code_model(self, run, k=7):
        """A pair of the keyed channel after a few steps on one picture."""
        self.photo("faces/p.png", width=64, height=64, face=(8, 8, 48, 48))
        self.run_bauta("prepare", "faces", "--boxes", self.boxes, "--size", 32, "--blocks", 4, "--out", "data", "--force")
        self.run_bauta("train", "data", "--out", run, "--channel", "keyed", "--ngf", 4, "--blocks", 1, "--steps", 40,
                       "--lr", 2e-3, "--residual-levels", k)
        self.boxes.write_text(self.boxes.read_text().replace("faces/p.png", "unused"))

    def test_the_network_code_needs_its_networks_and_the_key(self):
        self.code_model("pair")
        self.code_model("pair10", k=10)
        self.photo()
        out, _ = self.hide("--key-file", "my.key", "--code", "network", "--model", "pair", "--json")
        codes = json.loads(out)["files"][0]["codes"]
        self.assertIn(codes, (["network"], ["companded"]))
        if codes == ["companded"]:
            self.skipTest("forty steps taught these networks nothing")
        self.assertEqual(self.facts()["mode"], "keyed")
        original = read_png(self.folder / "photos/one.png")
        self.assertGreater(self.difference(read_png(self.folder / "deid/one.png"), original, FACE), 5)
        _, lines = self.show("--model", "pair")
        self.assertTrue(any("nearly as it was (the network code)" in line for line in lines))
        shown = read_png(self.folder / "reid/one.png")
        self.assert_outside_equal(shown, original, FACE)
        self.assertLess(self.difference(shown, original, FACE), 5)

        _, lines = self.show("--model", "pair10", code=1)
        self.assert_problems(lines, ["deid/one.png", "face 1", "other networks", "--model"])
        self.run_bauta("keygen", "--out", "other.key")
        _, lines = self.show("--model", "pair", key="other.key", code=1)
        self.assert_problems(lines, ["deid/one.png", "face 1", "another key"])
        change_keeping_chunks(self.folder / "deid/one.png", FACE[0] + 20, FACE[1] + 30, 1)
        _, lines = self.show("--model", "pair", code=1)
        self.assert_problems(lines, ["deid/one.png", "face 1", "changed", "--force-damaged"])
        _, lines = self.show("--model", "pair", "--force-damaged")
        self.assertTrue(any("what it still tells" in line for line in lines))

    def test_the_networks_that_come_along_bring_a_face_back_nearer_than_companding(self):
        self.photo()
        original, differences = read_png(self.folder / "photos/one.png"), {}
        for code in ("companded", "network"):
            out, _ = self.hide("--key-file", "my.key", "--code", code, "--json")
            self.assertEqual(json.loads(out)["files"][0]["codes"], [code])
            self.show()
            differences[code] = self.difference(read_png(self.folder / "reid/one.png"), original, FACE)
        self.assertLess(differences["network"], differences["companded"])

    def test_networks_of_the_keyed_channel_are_for_keys_and_others_are_not(self):
        self.code_model("pair")
        self.photo()
        for model, arguments, words in (
            ("pair", [], ["pair/deid.safetensors", "keyed channel", "--key-file"]),
            (self.model(), ["--key-file", "my.key", "--code", "network"], ["safetensors", "none of the keyed channel"]),
        ):
            _, lines = self.hide("--model", model, *arguments, code=1)
            self.assert_problems(lines, words)
        _, lines = self.hide("--model", "pair", "--key-file", "my.key", code=2)
        self.assertIn("--code network", lines[-1])
        _, lines = self.hide("--model", "pair", "--key-file", "my.key", "--code", "network", "--residual-levels", 9, code=1)
        self.assertIn("--residual-levels", lines[-1])

    def assert_refused_or_right(self, files, original):
        """Each of these files gives one line and no picture, or the original. The names of those that do."""
        (self.folder / "deid/one.png").unlink()
        for name, data in files.items():
            (self.folder / f"deid/{name}.png").write_bytes(data)
        _, lines = self.show(code=1)
        written = self.files_under("reid")
        for path in written:
            self.assertEqual(read_png(self.folder / path)[:3], original[:3], path)
        for name in files:
            refusals = [line for line in lines if f"deid/{name}.png" in line
                        and "has lost its record" not in line]
            self.assertEqual(len(refusals), 0 if f"reid/{name}.png" in written else 1, refusals)
        return [path.split("/")[1].removesuffix(".png") for path in written]

    def test_every_truncation_is_refused(self):
        original = read_png(self.photo(width=40, height=36, face=(10, 10, 20, 18)))
        self.hide("--key-file", "my.key")
        whole = (self.folder / "deid/one.png").read_bytes()
        cut = {str(size): whole[:size] for size in range(len(whole))}
        self.assertEqual(self.assert_refused_or_right(cut, original), [])

    def test_a_change_of_any_byte_is_refused_or_does_no_harm(self):
        original = read_png(self.photo(width=40, height=36, face=(10, 10, 20, 18)))
        self.hide("--key-file", "my.key")
        whole = (self.folder / "deid/one.png").read_bytes()
        changed = {}
        for i, byte in enumerate(whole):
            for by in (1, 128):
                changed[f"{i}-{by}"] = whole[:i] + bytes([byte ^ by]) + whole[i + 1 :]
        written = self.assert_refused_or_right(changed, original)
        # What the record says is found in the pixels where it is lost. Nothing else may be another.
        record = range(whole.index(b"iTXt"), whole.index(b"IDAT") - 4)
        self.assertEqual({int(name.split("-")[0]) for name in written}, set(record))

    def test_under_a_passphrase(self):
        self.photo()
        for _ in range(2):  # once with its record, once without
            self.with_passphrase(b"correct horse\n", self.hide)
            self.with_passphrase(b"correct horse", self.show)
            self.assert_restored()
            rewrite(self.folder / "deid/one.png")
            self.with_passphrase(b"correct horse", self.show)
            self.assert_restored()
        self.with_passphrase(b"correct horse\n", self.hide)
        (self.folder / "reid/one.png").unlink()
        _, lines = self.with_passphrase(b"correct house", self.show, code=1)
        self.assert_problems(lines, ["deid/one.png", "another key", "passphrase"])
        _, lines = self.show(key="my.key", code=1)
        self.assert_problems(lines, ["deid/one.png", "another key", "passphrase"])
        _, lines = self.with_passphrase(b"short", self.hide, code=1)
        self.assert_problems(lines, ["passphrase", "shorter than 8"])
        self.assertEqual(self.files_under("reid"), [])

    def test_a_damaged_picture_of_the_companded_code(self):
        self.photo()
        self.hide("--key-file", "my.key", "--code", "companded")
        self.show()
        original, shown = read_png(self.folder / "photos/one.png"), read_png(self.folder / "reid/one.png")
        self.assertLess(self.difference(shown, original, FACE), 3)
        change_keeping_chunks(self.folder / "deid/one.png", FACE[0] + 30, FACE[1] + 40, 1)
        _, lines = self.show("--force", code=1)
        self.assert_problems(lines, ["deid/one.png", "changed", "--force-damaged"])
        _, lines = self.show("--force-damaged")
        self.assertTrue(any("face 1 was changed" in line for line in lines))
        self.assertLess(self.difference(read_png(self.folder / "reid/one.png"), original, FACE), 3)

    def test_a_damaged_face_of_a_picture_that_lost_its_record_is_told(self):
        self.photo(width=240, height=160)
        second = (130, 60, 50, 52)
        with self.boxes.open("a") as table:
            table.write("\t".join(["photos/one.png", *map(str, second)]) + "\n")
        self.hide("--key-file", "my.key")

        def change(rows):
            rows[FACE[1] + 40][3 * (FACE[0] + 30)] ^= 1

        rewrite(self.folder / "deid/one.png", change)
        hidden = read_png(self.folder / "deid/one.png")
        out, lines = self.show("--json", code=1)
        self.assert_problems(lines, ["deid/one.png", "face 1 has been changed", "only companded and network can"])
        self.assertTrue(any("its pixels hold 2 faces of this key" in line for line in lines), lines)
        self.assertEqual(json.loads(out)["faces"], 1)
        shown, original = read_png(self.folder / "reid/one.png"), read_png(self.folder / "photos/one.png")
        self.assertEqual(self.difference(shown, original, second), 0)
        self.assertEqual(self.difference(shown, hidden, FACE), 0)

    def test_the_exact_code_and_a_changed_face(self):
        self.photo(width=240, height=160)
        second = (130, 60, 50, 52)
        with self.boxes.open("a") as table:
            table.write("\t".join(["photos/one.png", *map(str, second)]) + "\n")
        self.hide("--key-file", "my.key")
        change_keeping_chunks(self.folder / "deid/one.png", FACE[0] + 30, FACE[1] + 40, 1)
        _, lines = self.show(code=1)
        self.assert_problems(lines, ["face 1 has been changed", "the exact code cannot restore a changed face"])
        self.assertEqual(self.files_under("reid"), [])
        _, lines = self.show("--force-damaged", code=1)
        self.assert_problems(lines, ["face 1 has been changed", "only companded and network can"])
        shown, original = read_png(self.folder / "reid/one.png"), read_png(self.folder / "photos/one.png")
        self.assertEqual(self.difference(shown, original, second), 0)
        change_keeping_chunks(self.folder / "deid/one.png", second[0] + 30, second[1] + 40, 1)
        _, lines = self.show("--force-damaged", code=1)
        self.assert_problems(lines, ["face 1 has been changed", "only companded and network can"])

    def test_recipients(self):
        self.photo()
        for name in ("alice", "bob", "eve"):
            self.run_bauta("keygen", "--recipient", "--out", name)
        self.hide("--key-file", "my.key", "--recipient", "alice.pub", "--recipient", "bob.pub")
        for key in ("my.key", "alice", "bob"):
            self.show(key=key)
            self.assert_restored()
        self.show(key="eve", code=1)
        _, lines = self.show(key="alice.pub", code=1)
        self.assert_problems(lines, ["alice.pub", "public key"])
        self.hide("--recipient", "alice.pub")
        self.show(key="alice")
        self.assert_restored()
        self.show(key="my.key", code=1)

    def test_what_stays_visible(self):
        self.photo()
        for arguments, block in ((["--blocks", 2], 25), ([], 13), (["--cover", "fill"], 52)):
            for mode in (["--key-file", "my.key"], ["--one-way"]):
                self.hide(*mode, *arguments)
                self.assertEqual(self.facts()["regions"][0]["block"], block)
        x, y, width, height = FACE
        rows = read_png(self.folder / "deid/one.png")[2]
        self.assertEqual({rows[y + i][3 * (x + j)] for i in range(height) for j in range(width)}, {127})

    def test_what_does_not_fit_is_said(self):
        self.photo()
        noise = 1

        def noisy(x, y):
            nonlocal noise
            noise = noise * 1103515245 + 12345 & 0x7FFFFFFF
            return tuple(value + (noise >> 16) % 32 for value in wavy(x, y))

        write_png(self.folder / "photos/one.png", 120, 110, noisy)
        _, lines = self.hide("--key-file", "my.key", "--residual-levels", 1)
        self.assertTrue(any("face 1 does not fit bit for bit" in line for line in lines))
        self.hide("--key-file", "my.key")
        self.assertGreater(self.facts()["regions"][0]["k"], 1)
        self.show()
        self.assert_restored()

    def test_options_that_do_not_go_together(self):
        self.photo()
        for arguments in (
            ["--key-file", "my.key", "--one-way"],
            ["--passphrase", "--one-way"],
            ["--passphrase", "--key-file", "my.key"],
            ["--passphrase-fd", 0, "--model", "model"],
            ["--key-file", "my.key", "--model", "model"],
            ["--key-file", "my.key", "--residual-levels", 32],
            ["--key-file", "my.key", "--code", "other"],
            ["--cover", "fill"],
            ["--residual-levels", 7],
            ["--one-way", "--code", "exact"],
        ):
            self.hide(*arguments, code=2)
        self.run_bauta("reid", "photos", "--out", "reid", "--force-damaged", code=2)
        _, lines = self.hide("--key-file", "missing.key", code=1)
        self.assert_problems(lines, ["missing.key"])
        self.assertEqual(self.files_under("deid"), [])


if __name__ == "__main__":
    command_case.main()
