#!/usr/bin/env python3
"""Photographs of every kind through bauta deid and reid: depth, transparency, grey, formats, what files carry besides
pixels, and memory. Usage: photographs_test.py PROGRAM [unittest options]"""

import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import unittest
import zlib

sys.dont_write_bytecode = True
import command_case  # noqa: E402
from command_case import FACE, CommandTest  # noqa: E402
from pictures import read_samples, wavy, write_samples  # noqa: E402

WIDTH, HEIGHT = 120, 110
NAME = "Holiday-of-Somebody-Known"


def samples(depth, channels, alpha=None):
    """Rows of a wavy picture whose low bits are noise; alpha(x, y) from 0 to 1."""
    noise = random.Random(depth * 10 + channels)
    most = (1 << depth) - 1
    rows = []
    for y in range(HEIGHT):
        row = bytearray()
        for x in range(WIDTH):
            colours = wavy(x, y)[: 1 if channels <= 2 else 3]
            values = [colour * most // 255 ^ noise.randrange(4) for colour in colours]
            if channels % 2 == 0:
                values.append(round(most * (alpha(x, y) if alpha else noise.random())))
            row += b"".join(value.to_bytes(depth // 8, "big") for value in values)
        rows.append(bytes(row))
    return rows


def profile(colour_space):
    """An ICC profile that libpng takes: a header and noise, as libpng reads no short chunk."""
    bytes_ = bytearray(132) + random.Random(5).randbytes(400)
    bytes_[0:4] = struct.pack(">I", len(bytes_))
    bytes_[8:12] = struct.pack(">I", 0x02100000)
    bytes_[12:24] = b"mntr" + colour_space + b"XYZ "
    bytes_[24:36] = struct.pack(">6H", 2020, 1, 1, 0, 0, 0)
    bytes_[36:40] = b"acsp"
    bytes_[68:80] = struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)
    return bytes(bytes_)


def in_face(x, y, face=FACE):
    return face[0] <= x < face[0] + face[2] and face[1] <= y < face[1] + face[3]


class Photographs(CommandTest):
    def setUp(self):
        super().setUp()
        self.key = self.folder / "my.key"
        self.run_bauta("keygen", "--out", self.key)
        (self.folder / "photos").mkdir()

    def put(self, depth, channels, alpha=None, name="photos/one.png", chunks=()):
        rows = samples(depth, channels, alpha)
        write_samples(self.folder / name, WIDTH, HEIGHT, depth, channels, rows, chunks)
        with self.boxes.open("a") as table:
            table.write("\t".join([name, *map(str, FACE)]) + "\n")
        return rows

    def hide(self, *options, **more):
        return self.run_bauta("deid", "photos", "--boxes", self.boxes, "--out", "deid", *options, **more)

    def values(self, row, x, depth, channels):
        size = depth // 8
        return [
            int.from_bytes(row[(x * channels + c) * size : (x * channels + c + 1) * size], "big") for c in range(channels)
        ]

    def test_under_a_key_every_depth_and_transparency_comes_back(self):
        for depth in (8, 16):
            for channels in (1, 2, 3, 4):
                with self.subTest(depth=depth, channels=channels):
                    self.boxes.write_text("path\tbx\tby\tbw\tbh\n")
                    original = self.put(depth, channels)
                    _, lines = self.hide("--key-file", self.key, "--force")
                    outlined = [line for line in lines if "outline of face 1 stays visible" in line]
                    self.assertEqual(len(outlined), 1 if channels % 2 == 0 else 0, lines)
                    _, lines = self.run_bauta("reid", "deid", "--out", "reid", "--key-file", self.key, "--force")
                    self.assertEqual(any("8 bits a sample" in line for line in lines), depth == 16, lines)
                    hidden, shown = read_samples(self.folder / "deid/one.png"), read_samples(self.folder / "reid/one.png")
                    colours, alphas = (1 if channels <= 2 else 3), (1 if channels % 2 == 0 else 0)
                    # What hides a face under a key has colour.
                    self.assertEqual(hidden[2:4], (depth, 3 + alphas))
                    self.assertEqual(shown[2:4], (depth, 3 + alphas))
                    for y in range(HEIGHT):
                        for x in range(WIDTH):
                            was = self.values(original[y], x, depth, channels)
                            expected = was[:colours] * (1 if colours == 3 else 3) + was[colours:]
                            now = self.values(hidden[4][y], x, depth, 3 + alphas)
                            again = self.values(shown[4][y], x, depth, 3 + alphas)
                            self.assertEqual(now[3:], expected[3:])
                            if in_face(x, y):
                                if depth == 16:
                                    expected[:3] = [(value + 128) // 257 * 257 for value in expected[:3]]
                                    self.assertTrue(all(value % 257 == 0 for value in now[:3]))
                            else:
                                self.assertEqual(now, expected)
                            self.assertEqual(again, expected)

    def test_one_way_leaves_grey_grey_and_no_outline(self):
        edge = lambda x, y: 1 if (x - 55) ** 2 + (y - 50) ** 2 < 500 else 0  # a cut-out head
        for depth in (8, 16):
            for channels in (1, 2, 3, 4):
                for cover in ("blocks", "fill"):
                    with self.subTest(depth=depth, channels=channels, cover=cover):
                        self.boxes.write_text("path\tbx\tby\tbw\tbh\n")
                        original = self.put(depth, channels, edge)
                        _, lines = self.hide("--one-way", "--cover", cover, "--force")
                        self.assertFalse(any("outline" in line for line in lines), lines)
                        width, height, *kind, rows, _ = read_samples(self.folder / "deid/one.png")
                        self.assertEqual(kind, [depth, channels])
                        regions = json.loads(self.run_bauta("info", "deid/one.png", "--json")[0])["regions"]
                        block = regions[0]["block"]
                        for y in range(HEIGHT):
                            for x in range(WIDTH):
                                now = self.values(rows[y], x, depth, channels)
                                if not in_face(x, y):
                                    self.assertEqual(now, self.values(original[y], x, depth, channels))
                                    continue
                                # All samples of a block are one.
                                left = FACE[0] + (x - FACE[0]) // block * block
                                top = FACE[1] + (y - FACE[1]) // block * block
                                self.assertEqual(now, self.values(rows[top], left, depth, channels))

    def test_open_mode_leaves_the_rest_as_it_was(self):
        original = self.put(16, 4)
        self.deid("photos", "--out", "deid")
        self.run_bauta("reid", "deid", "--out", "reid", "--model", self.model())
        for folder in ("deid", "reid"):
            rows = read_samples(self.folder / folder / "one.png")[4]
            for y in range(HEIGHT):
                for x in range(WIDTH):
                    now, was = self.values(rows[y], x, 16, 4), self.values(original[y], x, 16, 4)
                    if in_face(x, y):
                        self.assertTrue(all(value % 257 == 0 for value in now[:3]))
                        self.assertEqual(now[3], was[3])
                    else:
                        self.assertEqual(now, was)

    # ---- formats

    def test_webp_there_and_back(self):
        original = self.put(8, 4)
        self.hide("--key-file", self.key, "--format", "webp")
        self.assertEqual(self.files_under("deid"), ["deid/one.webp"])
        self.assertEqual(json.loads(self.run_bauta("info", "deid/one.webp", "--json")[0])["mode"], "keyed")
        self.run_bauta("reid", "deid", "--out", "reid", "--key-file", self.key)
        self.assertEqual(read_samples(self.folder / "reid/one.png")[4], original)
        self.deid("photos", "--out", "open", "--format", "webp")
        self.run_bauta("reid", "open", "--out", "shown", "--model", self.model(), "--format", "webp")
        self.assertEqual(self.files_under("shown"), ["shown/one.webp"])
        # Its record can lie beside it, too.
        self.hide("--key-file", self.key, "--format", "webp", "--regions", "json", "--force")
        self.assertEqual(self.files_under("deid"), ["deid/one.json", "deid/one.webp"])
        self.run_bauta("reid", "deid", "--out", "reid", "--key-file", self.key, "--force")
        self.assertEqual(read_samples(self.folder / "reid/one.png")[4], original)

    def test_jpeg_is_one_way_alone(self):
        self.put(8, 3)
        for mode in (["--key-file", self.key], ["--model", self.model()]):
            _, lines = self.hide("--format", "jpeg", *mode, code=2)
            self.assertTrue(any("jpeg changes the pixels that restoring reads" in line for line in lines), lines)
            self.assertFalse((self.folder / "deid").exists())
        self.hide("--format", "jpeg", "--one-way")
        self.assertEqual(self.files_under("deid"), ["deid/one.jpg"])
        self.assertEqual(json.loads(self.run_bauta("info", "deid/one.jpg", "--json")[0])["mode"], "one-way")
        _, lines = self.run_bauta("reid", "deid", "--out", "reid", "--model", self.model(), code=1)
        self.assert_problems(lines, ["deid/one.jpg", "one-way"])

    def test_what_a_format_cannot_hold_is_a_problem_of_that_file(self):
        self.put(16, 3, name="photos/deep.png")
        self.put(8, 4, name="photos/glass.png")
        self.put(8, 3, name="photos/plain.png")
        _, lines = self.hide("--format", "webp", "--one-way", code=1)
        self.assert_problems(lines, ["deid/deep.webp", "16 bits", "--format png"])
        self.assertEqual(self.files_under("deid"), ["deid/glass.webp", "deid/plain.webp"])
        _, lines = self.run_bauta("deid", "photos", "--boxes", self.boxes, "--out", "jpegs", "--format", "jpeg",
                                  "--one-way", code=1)  # fmt: skip
        self.assert_problems(lines, ["jpegs/deep.jpg", "16 bits"], ["jpegs/glass.jpg", "transparent"])
        self.assertEqual(self.files_under("jpegs"), ["jpegs/plain.jpg"])

    def jpeg(self, name, photo="photos/one.png"):
        """A JPEG of the photograph, made by bauta, with nothing of bauta's in it."""
        self.run_bauta("deid", photo, "--boxes", self.boxes, "--out", "made", "--one-way", "--format", "jpeg", "--force",
                       "--regions", "json")  # fmt: skip
        return (self.folder / "made" / name).read_bytes()

    def test_that_jpegs_become_pngs_is_said_once(self):
        self.put(8, 3)
        jpeg = self.jpeg("one.jpg")
        (self.folder / "photos/one.png").unlink()
        for name in ("one", "two"):
            (self.folder / f"photos/{name}.jpg").write_bytes(jpeg)
            with self.boxes.open("a") as table:
                table.write("\t".join([f"photos/{name}.jpg", *map(str, FACE)]) + "\n")
        said = "JPEG photographs are written as PNG"
        _, lines = self.hide("--key-file", self.key)
        self.assertEqual(sum(said in line for line in lines), 1, lines)
        _, lines = self.hide("--one-way", "--force")
        self.assertEqual(sum(said in line for line in lines), 0, lines)

    # ---- faces

    def test_faces_beyond_the_edge_overlapping_and_tiny(self):
        original = self.put(8, 3)
        faces = [(-20, -10, 40, 40), (110, 100, 60, 60), (50, 40, 30, 30), (60, 50, 30, 30), (100, 20, 5, 3), (500, 500, 9, 9)]
        self.boxes.write_text("path\tbx\tby\tbw\tbh\n" + "".join(
            "\t".join(["photos/one.png", *map(str, face)]) + "\n" for face in faces))  # fmt: skip
        self.hide("--key-file", self.key)
        hidden = read_samples(self.folder / "deid/one.png")[4]
        for y in range(HEIGHT):
            for x in range(WIDTH):
                if any(in_face(x, y, (left - 16, top - 16, w + 32, h + 32)) for left, top, w, h in faces):
                    continue  # a tiny region grows by up to 16 pixels
                self.assertEqual(self.values(hidden[y], x, 8, 3), self.values(original[y], x, 8, 3))
        self.run_bauta("reid", "deid", "--out", "reid", "--key-file", self.key)
        self.assertEqual(read_samples(self.folder / "reid/one.png")[4], original)
        for mode in (["--one-way"], ["--model", self.model()]):
            self.hide(*mode, "--force")
            rows = read_samples(self.folder / "deid/one.png")[4]
            for face in faces[:5]:
                inside = [(x, y) for y in range(HEIGHT) for x in range(WIDTH) if in_face(x, y, face)]
                same = sum(self.values(rows[y], x, 8, 3) == self.values(original[y], x, 8, 3) for x, y in inside)
                self.assertLess(same, 0.35 * len(inside), (mode, face))

    # ---- what files carry besides pixels

    SECRETS = [b"SECRET-DESCRIPTION", b"SECRET-MAKERNOTE", b"SECRET-USER", b"SECRET-XMP", b"SECRET-COMMENT", b"SECRET-TEXT",
               b"SECRET-IPTC", NAME.encode()]  # fmt: skip

    def exif(self, thumbnail):
        """A TIFF structure with a description, a maker's note, a user's comment, the orientation, a thumbnail."""
        description, note, comment = b"SECRET-DESCRIPTION " + NAME.encode() + b"\0", b"SECRET-MAKERNOTE", b"ASCII\0\0\0SECRET-USER"
        entries0, entries1, entries2 = 3, 2, 3
        at = 8
        ifd0, at = at, at + 2 + 12 * entries0 + 4
        exif, at = at, at + 2 + 12 * entries1 + 4
        ifd1, at = at, at + 2 + 12 * entries2 + 4
        data, places = b"", []
        for blob in (description, note, comment, thumbnail):
            places.append(at + len(data))
            data += blob + b"\0" * (len(blob) % 2)
        entry = lambda tag, kind, count, value: struct.pack("<HHII", tag, kind, count, value)
        return (
            b"II*\0" + struct.pack("<I", ifd0)
            + struct.pack("<H", entries0) + entry(0x10E, 2, len(description), places[0]) + entry(0x112, 3, 1, 1)
            + entry(0x8769, 4, 1, exif) + struct.pack("<I", ifd1)
            + struct.pack("<H", entries1) + entry(0x927C, 7, len(note), places[1]) + entry(0x9286, 7, len(comment), places[2])
            + struct.pack("<I", 0)
            + struct.pack("<H", entries2) + entry(0x103, 3, 1, 6) + entry(0x201, 4, 1, places[3])
            + entry(0x202, 4, 1, len(thumbnail)) + struct.pack("<I", 0) + data
        )  # fmt: skip

    def jpeg_full_of_secrets(self, jpeg, icc):
        segment = lambda marker, body: bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body
        thumbnail = jpeg  # the clear face itself
        xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' \
              b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="SECRET-XMP"/></rdf:RDF></x:xmpmeta>'
        # Multi-picture format (CIPA DC-007): an index of two pictures, the second behind the first's end.
        entries = b"\0" * 16 + struct.pack("<IIIHH", 0x20000, len(jpeg), 0, 0, 0)
        index = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 3)
        index += struct.pack("<HHI4s", 0xB000, 7, 4, b"0100") + struct.pack("<HHII", 0xB001, 4, 1, 2)
        index += struct.pack("<HHII", 0xB002, 7, 32, 8 + 2 + 36 + 4) + struct.pack("<I", 0) + entries
        iptc = b"\x1c\x02\x78" + struct.pack(">H", 11) + b"SECRET-IPTC"
        parts = segment(0xE1, b"Exif\0\0" + self.exif(thumbnail)) + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)
        parts += segment(0xE2, b"ICC_PROFILE\0\1\1" + icc) + segment(0xE2, b"MPF\0" + index)
        parts += segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(iptc)) + iptc)
        parts += segment(0xFE, b"SECRET-COMMENT " + NAME.encode())
        return jpeg[:2] + parts + jpeg[2:] + jpeg

    def tags(self, path):
        """What exiftool says of a file, without what it says of the file system and of the pixels' format."""
        out = subprocess.run(["exiftool", "-json", "-G1", "-a", "-u", "-ee", str(path)], capture_output=True, check=True).stdout
        return {
            name: value for name, value in json.loads(out)[0].items()
            if name != "SourceFile" and name.split(":")[0] not in ("ExifTool", "System", "File", "Composite", "ICC_Profile", "ICC-header", "ICC_Profile2")
        }  # fmt: skip

    def require_clean(self, path, clear_pieces, icc):
        data = path.read_bytes()
        unpacked = data
        if path.suffix == ".png":
            chunks = read_samples(path)[5]
            self.assertLessEqual({kind for kind, _ in chunks}, {b"IHDR", b"iCCP", b"iTXt", b"IDAT", b"IEND"})
            for kind, body in chunks:
                if kind == b"iCCP":
                    self.assertEqual(zlib.decompress(body.split(b"\0", 1)[1][1:]), icc)
            unpacked += b"".join(zlib.decompress(body.split(b"\0", 1)[1][4:]) for kind, body in chunks if kind == b"iTXt")
            unpacked += b"".join(read_samples(path)[4])
        for secret in self.SECRETS + clear_pieces:
            self.assertNotIn(secret, unpacked, path)
        # A JPEG's beginning, with a first segment of less than 256 bytes: what enciphered faces hold by chance once in 10^5.
        begun = re.findall(rb"\xff\xd8\xff[\xc0-\xfe]\x00", data)
        self.assertEqual(len(begun), 1 if path.suffix == ".jpg" else 0)
        self.assertIn(icc[36:128] if path.suffix != ".png" else b"iCCP", data)
        if shutil.which("exiftool"):
            for name in self.tags(path):
                self.assertRegex(
                    name,
                    r"^PNG:(ImageWidth|ImageHeight|BitDepth|ColorType|Compression|Filter|Interlace|ProfileName|ICC_Profile|Bauta)$"
                    r"|^RIFF:(VP8|WebP|Image|Alpha|Unknown_baut)|^JFIF:",
                )

    def test_nothing_leaves_but_the_picture_and_its_profile(self):
        icc = profile(b"RGB ")
        self.put(8, 3, name=f"photos/{NAME}.png")
        self.boxes.write_text("path\tbx\tby\tbw\tbh\n")
        with self.boxes.open("a") as table:
            table.write("\t".join([f"photos/{NAME}.png", "0", "0", "2", "2"]) + "\n")
        clear = self.jpeg(f"{NAME}.jpg", f"photos/{NAME}.png")  # all but two pixels of it
        shutil.rmtree(self.folder / "photos")
        (self.folder / "photos").mkdir()
        full = self.jpeg_full_of_secrets(clear, icc)
        (self.folder / f"photos/{NAME}.jpg").write_bytes(full)
        text = b"Comment\0SECRET-TEXT " + NAME.encode()
        self.put(8, 3, name="photos/two.png", chunks=[
            (b"iCCP", b"SECRET-TEXT\0\0" + zlib.compress(icc)), (b"eXIf", self.exif(clear)), (b"tEXt", text),
            (b"zTXt", b"Comment\0\0" + zlib.compress(text)), (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0SECRET-XMP"),
            (b"tIME", b"\x07\xe4\1\1\1\1\1"), (b"prVt", clear)])  # fmt: skip
        if shutil.which("exiftool"):
            before = self.tags(self.folder / f"photos/{NAME}.jpg")
            for known in ("IFD1:ThumbnailImage", "XMP-dc:Source", "MPF0:NumberOfImages", "ExifIFD:UserComment"):
                self.assertIn(known, before)
        self.boxes.write_text("path\tbx\tby\tbw\tbh\n" + "".join(
            "\t".join([name, *map(str, FACE)]) + "\n" for name in (f"photos/{NAME}.jpg", "photos/two.png")))  # fmt: skip
        # Pieces of the clear face: of its JPEG, and of its rows.
        rows = samples(8, 3)
        pieces = [rows[y][3 * FACE[0] : 3 * (FACE[0] + FACE[2])] for y in range(FACE[1] + 2, FACE[1] + FACE[3] - 2, 7)]
        pieces += [clear[at : at + 64] for at in range(len(clear) // 2, len(clear) - 64, 512)]
        for mode, form in ((["--one-way"], "png"), (["--one-way"], "webp"), (["--one-way"], "jpeg"),
                           (["--key-file", self.key], "png"), (["--key-file", self.key], "webp")):  # fmt: skip
            with self.subTest(mode=mode, form=form):
                self.hide(*mode, "--format", form, "--force")
                written = sorted((self.folder / "deid").iterdir())
                try:
                    self.assertEqual(len(written), 2)
                    for path in written:
                        self.require_clean(path, pieces, icc)
                finally:
                    shutil.rmtree(self.folder / "deid")
        self.deid("photos", "--out", "deid")
        for path in (self.folder / "deid").iterdir():
            self.require_clean(path, pieces, icc)
        shutil.rmtree(self.folder / "deid")
        self.hide("--key-file", self.key, "--force")
        self.run_bauta("reid", "deid", "--out", "reid", "--key-file", self.key)
        for path in (self.folder / "reid").iterdir():  # the faces are back, and nothing else
            self.require_clean(path, [], icc)

    # ---- memory

    def peak_bytes(self, *arguments):
        """Of bauta with these arguments, the most that it held."""
        # By way of a small process: a child's figure begins with what its parent holds.
        measure = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stderr=subprocess.DEVNULL); " \
                  "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"  # fmt: skip
        done = subprocess.run([sys.executable, "-c", measure, command_case.program, *map(str, arguments)], cwd=self.folder,
                              capture_output=True, text=True)  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        return int(done.stdout) * 1024

    @unittest.skipIf(os.environ.get("BAUTA_SANITIZED"), "SKIP: a sanitizer has memory of its own")
    def test_a_large_photograph_takes_its_pixels_and_little_more(self):
        width, height = 6000, 4000
        pixels = width * height
        row = bytes(random.Random(1).randrange(256) for _ in range(3 * width))
        write_samples(self.folder / "photos/large.png", width, height, 8, 3, (row for _ in range(height)))
        self.boxes.write_text("path\tbx\tby\tbw\tbh\nphotos/large.png\t100\t100\t400\t400\nphotos/large.jpg\t100\t100\t400\t400\n")
        self.run_bauta("deid", "photos/large.png", "--boxes", self.boxes, "--out", "made", "--one-way", "--format", "jpeg")
        jpeg = self.folder / "photos/large.jpg"
        shutil.copy(self.folder / "made/large.jpg", jpeg)
        boxes = ["--boxes", self.boxes, "--force", "--threads", "2", "--out", "deid"]
        least = 40 << 20  # the program itself, a face, buffers
        for mode in (["--one-way"], ["--key-file", self.key], ["--model", self.model()]):
            for photo in ("photos/large.png", "photos/large.jpg"):
                peak = self.peak_bytes("deid", photo, *boxes, *mode, "--no-identity-check")
                # The picture as it was, and as it will be; the files that are not read or written in strips.
                files = (self.folder / "deid/large.png").stat().st_size + jpeg.stat().st_size * photo.endswith("jpg")
                self.assertLess(peak, 6 * pixels + files + least, (mode, photo))
        self.hide("--force", "--key-file", self.key, code=1)  # both would be large.png
        self.run_bauta("deid", "photos/large.png", *boxes, "--key-file", self.key)
        peak = self.peak_bytes("reid", "deid/large.png", "--out", "reid", "--key-file", self.key)
        self.assertLess(peak, 3 * pixels + (self.folder / "reid/large.png").stat().st_size + least)


if __name__ == "__main__":
    command_case.main()
