"""Writes keyed.safetensors: regions of keyed pictures made in plain Python and PyNaCl, for bauta to open, and to
be compared with its cipher digit by digit. Layout: README.md.

    python tests/golden/generate_keyed.py
"""

import hashlib
import json
import pathlib
import random
import struct

from nacl import bindings

HERE = pathlib.Path(__file__).resolve().parent
WIDTH, HEIGHT, BLOCK = 23, 19, 6
MASK = 0xFFFFFFFF


# ------------------------------------------------------------------ XChaCha20 by its definition (RFC 8439, draft)


def chacha_rounds(state):
    def quarter(a, b, c, d):
        for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[x] = (state[x] + state[y]) & MASK
            mixed = state[z] ^ state[x]
            state[z] = (mixed << turn | mixed >> (32 - turn)) & MASK

    for _ in range(10):
        for column in range(4):
            quarter(column, 4 + column, 8 + column, 12 + column)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return state


def start(key, last_words):
    return [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *struct.unpack("<8L", key), *last_words]


def keystream(key, nonce, block):
    rounds = chacha_rounds(start(key, struct.unpack("<4L", nonce[:16])))
    sub_key = struct.pack("<8L", *rounds[:4], *rounds[12:])
    state = start(sub_key, (block, 0, *struct.unpack("<2L", nonce[16:])))
    return struct.pack("<16L", *((a + b) & MASK for a, b in zip(chacha_rounds(list(state)), state)))


def digits_of_keystream(key, nonce, base, count):
    digits, block = [], 1
    while len(digits) < count:
        digits += [b % base for b in keystream(key, nonce, block) if b < 256 // base * base]
        block += 1
    return digits[:count]


# ---------------------------------------------------------------------------------------- bytes as digits


def needed(size, base):
    count, number = 0, 256**size - 1
    while number:
        count, number = count + 1, number // base
    return count


def group_of(base):
    best = 1
    for size in range(2, 16):
        if size * needed(best, base) > best * needed(size, base):
            best = size
    return best


def to_digits(data, base):
    digits, size = [], group_of(base)
    for at in range(0, len(data), size):
        part = data[at : at + size]
        number = int.from_bytes(part, "big")
        for _ in range(needed(len(part), base)):
            digits.append(number % base)
            number //= base
    return digits


# ---------------------------------------------------------------------------------------- a region


def derive(key, context, salt):
    return hashlib.blake2b(struct.pack("<Q", len(context)) + context + salt, key=key, digest_size=32).digest()


def hide(draw, key, k, body):
    """Cells and levels of a region whose body is given as digits."""
    base = 2 * k + 1
    cells = [draw.randrange(256 // base) for _ in range(WIDTH * HEIGHT * 3)]
    nonce_digits = [draw.randrange(base) for _ in range(len(to_digits(bytes(24), base)))]
    nonce = hashlib.blake2b(bytes(nonce_digits), digest_size=24).digest()
    region_key = derive(key, b"bauta keyed region 1", nonce)
    stream = digits_of_keystream(region_key, nonce, base, len(cells))
    # The second opinion: what PyNaCl's AEAD adds to zeros is the same stream.
    sealed = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(bytes(128), None, nonce, region_key)
    assert sealed[:64] == keystream(region_key, nonce, 1) and sealed[64:128] == keystream(region_key, nonce, 2)

    head = b"C" + struct.pack("<4L", WIDTH, HEIGHT, BLOCK, 0)
    tag_at = len(nonce_digits)
    head_at = tag_at + len(to_digits(bytes(16), base))
    body_at = head_at + len(to_digits(head, base))
    digits = nonce_digits + [0] * (head_at - tag_at) + to_digits(head, base) + body(len(cells) - body_at, base)

    def level(i):
        return base * cells[i] + (digits[i] + (stream[i - tag_at] if i >= tag_at else 0)) % base

    levels = [level(i) for i in range(len(cells))]
    covered = struct.pack("<3L", k, WIDTH, HEIGHT) + bytes(
        base * cells[i] if tag_at <= i < head_at else value for i, value in enumerate(levels)
    )
    tag = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(b"", covered, nonce, region_key)
    digits[tag_at:head_at] = to_digits(tag, base)
    levels[tag_at:head_at] = [level(i) for i in range(tag_at, head_at)]
    return {"cells": cells, "levels": levels, "digits": digits, "stream": stream, "nonce": list(nonce)}


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
        region = hide(draw, key, k, lambda count, base: [draw.randrange(base) for _ in range(count)])
        tensors.update({f"{name}.{k}": values for name, values in region.items()})
    save(HERE / "keyed.safetensors", tensors, {"width": WIDTH, "height": HEIGHT, "block": BLOCK, "k": residuals})


if __name__ == "__main__":
    main()
