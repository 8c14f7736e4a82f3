#!/usr/bin/env python3
"""Keyed pictures between bauta and plain Python, both ways. Usage: keyed_cipher_test.py PROGRAM [unittest options]"""

import json
import math
import pathlib
import random
import sys

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "golden"))
import command_case  # noqa: E402
import keyed_plain  # noqa: E402
from command_case import FACE, CommandTest  # noqa: E402
from pictures import read_png, write_png  # noqa: E402

X, Y, WIDTH, HEIGHT = FACE


def levels_of(rows):
    return [value for row in rows[Y : Y + HEIGHT] for value in row[3 * X : 3 * (X + WIDTH)]]


def cells_of(levels, block, base):
    """The cell of each sample's block: of its mean, rounded half up."""
    cells = [0] * len(levels)
    for top in range(0, HEIGHT, block):
        for left in range(0, WIDTH, block):
            for c in range(3):
                inside = [
                    3 * (y * WIDTH + x) + c
                    for y in range(top, min(top + block, HEIGHT))
                    for x in range(left, min(left + block, WIDTH))
                ]
                mean = (2 * sum(levels[i] for i in inside) + len(inside)) // (2 * len(inside))
                for i in inside:
                    cells[i] = min(mean // base, 256 // base - 1)
    return cells


def expand(code, k):
    level = 20 * math.sinh(code * math.asinh(160 / 20) / k)
    return int(math.copysign(math.floor(abs(level) + 0.5), level))


class KeyedCipher(CommandTest):
    def setUp(self):
        super().setUp()
        self.photo()
        self.keys = [self.key("a.key"), self.key("b.key")]
        self.original = levels_of(read_png(self.folder / "photos/one.png")[2])

    def key(self, name):
        self.run_bauta("keygen", "--out", name)
        return bytes.fromhex((self.folder / name).read_text().split()[1])

    def hide(self, *arguments):
        """What plain Python reads of the picture that bauta writes: k, the cells, code, size and digits of the body."""
        self.run_bauta("deid", "photos", "--out", "deid", "--boxes", self.boxes, "--force", "--key-file", "a.key", *arguments)
        facts = json.loads(self.run_bauta("info", "deid/one.png", "--json")[0])["regions"][0]
        levels = levels_of(read_png(self.folder / "deid/one.png")[2])
        base = 2 * facts["k"] + 1
        cells = [level // base for level in levels]
        self.assertEqual(cells, cells_of(self.original, facts["block"], base))
        code, block, size, body = keyed_plain.unseal(self.keys[0], facts["k"], WIDTH, HEIGHT, levels)
        self.assertEqual(block, facts["block"])
        for changed in (0, 60, len(levels) - 1):
            wrong = levels[:changed] + [levels[changed] ^ 1] + levels[changed + 1 :]
            with self.assertRaises(ValueError):
                keyed_plain.unseal(self.keys[0], facts["k"], WIDTH, HEIGHT, wrong)
        return facts["k"], block, cells, code, size, body

    def show(self, key):
        self.run_bauta("reid", "deid", "--out", "reid", "--force", "--key-file", key)
        return levels_of(read_png(self.folder / "reid/one.png")[2])

    def write(self, levels):
        """deid/one.png with these levels in the face, and nothing said of them."""
        width, height, rows, _ = read_png(self.folder / "photos/one.png")
        rows = [bytearray(row) for row in rows]
        for y in range(HEIGHT):
            rows[Y + y][3 * X : 3 * (X + WIDTH)] = bytes(levels[3 * y * WIDTH : 3 * (y + 1) * WIDTH])
        write_png(self.folder / "deid/one.png", width, height, lambda x, y: tuple(rows[y][3 * x : 3 * x + 3]))

    def test_the_companded_code_is_read_by_python_as_by_bauta(self):
        for k in (2, 7, 15):
            _, _, cells, code, size, body = self.hide("--code", "companded", "--residual-levels", k)
            self.assertEqual((code, size), (b"C", 0))
            start = len(cells) - len(body)
            base = 2 * k + 1
            shown = self.show("a.key")
            expected = [max(0, min(255, base * cells[start + i] + k + expand(digit - k, k))) for i, digit in enumerate(body)]
            self.assertEqual(shown[start:], expected)

    def test_the_exact_code_is_a_webp_and_zeros(self):
        _, _, _, code, size, body = self.hide()
        self.assertEqual(code, b"E")
        webp = keyed_plain.from_digits(body, size, 15)
        self.assertEqual((webp[:4], webp[8:16]), (b"RIFF", b"WEBPVP8L"))
        self.assertEqual(int.from_bytes(webp[4:8], "little"), size - 8)
        used = len(keyed_plain.to_digits(webp, 15))
        self.assertEqual(set(body[used:]), {0})

    def test_what_python_writes_bauta_restores_bit_for_bit(self):
        k, block, cells, _, size, body = self.hide()
        webp = keyed_plain.from_digits(body, size, 2 * k + 1)
        draw = random.Random(3)
        for other in (7, 12):
            base = 2 * other + 1
            cells = cells_of(self.original, block, base)
            nonce = [draw.randrange(base) for _ in range(keyed_plain.places(base)[0])]
            sealed = keyed_plain.seal(
                self.keys[1], other, WIDTH, HEIGHT, cells, b"E", block, size, keyed_plain.to_digits(webp, base), nonce
            )
            self.write(sealed["levels"])
            self.assertEqual(self.show("b.key"), self.original)
            sealed["levels"][100] ^= 1
            self.write(sealed["levels"])
            self.run_bauta("reid", "deid", "--out", "reid", "--force", "--key-file", "b.key", code=1)


if __name__ == "__main__":
    command_case.main()
