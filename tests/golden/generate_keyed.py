"""Writes keyed.safetensors: regions of keyed pictures made in plain Python (keyed_plain.py) and held against PyNaCl,
for bauta to open, and to be compared with its cipher digit by digit. Layout: README.md.

    python tests/golden/generate_keyed.py
"""

import json
import pathlib
import random
import struct

import keyed_plain
from nacl import bindings

HERE = pathlib.Path(__file__).resolve().parent
WIDTH, HEIGHT, BLOCK = 23, 19, 6


def hide(draw, key, k):
    """A region of the companded code with a random body."""
    base = 2 * k + 1
    cells = [draw.randrange(256 // base) for _ in range(WIDTH * HEIGHT * 3)]
    tag_at, _, body_at = keyed_plain.places(base)
    nonce = [draw.randrange(base) for _ in range(tag_at)]
    body = [draw.randrange(base) for _ in range(len(cells) - body_at)]
    region = keyed_plain.seal(key, k, WIDTH, HEIGHT, cells, b"C", BLOCK, 0, body, nonce)

    # The second opinion: what PyNaCl's AEAD adds to zeros is the same stream, and its tag the same tag.
    def sealed(message, covered):
        return bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(message, covered, region["nonce"], region["key"])

    for block in (1, 2):
        stream = keyed_plain.keystream(region["key"], region["nonce"], block)
        assert sealed(bytes(128), None)[64 * block - 64 : 64 * block] == stream
    covered = keyed_plain.covered_by_tag(k, WIDTH, HEIGHT, region["levels"])
    assert sealed(b"", covered) == keyed_plain.tag_of(region["key"], region["nonce"], covered)
    assert keyed_plain.unseal(key, k, WIDTH, HEIGHT, region["levels"]) == (b"C", BLOCK, 0, body)
    return {
        "cells": cells,
        "levels": region["levels"],
        "digits": region["digits"],
        "stream": region["stream"],
        "nonce": list(region["nonce"]),
    }


def save(path, tensors, case):
    header, data = {"__metadata__": {"case": json.dumps(case)}}, b""
    for name, values in tensors.items():
        packed = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": [len(values)], "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    draw = random.Random(7)
    key = bytes(range(1, 33))
    tensors = {"key": list(key)}
    residuals = [1, 7, 10, 31]
    for k in residuals:
        region = hide(draw, key, k)
        tensors.update({f"{name}.{k}": values for name, values in region.items()})
    save(HERE / "keyed.safetensors", tensors, {"width": WIDTH, "height": HEIGHT, "block": BLOCK, "k": residuals})


if __name__ == "__main__":
    main()
