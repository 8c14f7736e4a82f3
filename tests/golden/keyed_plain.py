"""The cipher layer of keyed pictures (cyclegan/keyed/region_codec.h) in plain Python and hashlib: nothing of bauta's
or libsodium's. generate_keyed.py holds it against PyNaCl; tests/apps/keyed_cipher_test.py against the program."""

import hashlib
import struct

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


def pad16(data):
    return data + bytes(-len(data) % 16)


def tag_of(key, nonce, covered):
    """XChaCha20-Poly1305's tag for no message and `covered` as associated data (RFC 8439, 2.5 and 2.8)."""
    one_time = keystream(key, nonce, 0)
    r = int.from_bytes(one_time[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total, data = 0, pad16(covered) + struct.pack("<2Q", len(covered), 0)
    for at in range(0, len(data), 16):
        total = (total + int.from_bytes(data[at : at + 16] + b"\1", "little")) * r % (2**130 - 5)
    return ((total + int.from_bytes(one_time[16:32], "little")) % 2**128).to_bytes(16, "little")


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


def from_digits(digits, size, base):
    data, group = b"", group_of(base)
    for at in range(0, size, group):
        count = needed(min(group, size - at), base)
        number = 0
        for digit in reversed(digits[:count]):
            number = number * base + digit
        if number >= 256 ** min(group, size - at):
            raise ValueError("no bytes have these digits")
        data += number.to_bytes(min(group, size - at), "big")
        digits = digits[count:]
    return data


# ---------------------------------------------------------------------------------------- a region


def derive(key, context, salt):
    return hashlib.blake2b(struct.pack("<Q", len(context)) + context + salt, key=key, digest_size=32).digest()


def region_key(key, nonce):
    return derive(key, b"bauta keyed region 1", nonce)


def places(base):
    """Where tag, head and body begin, in samples."""
    starts = [0]
    for size in (24, 16, 17):
        starts.append(starts[-1] + len(to_digits(bytes(size), base)))
    return starts[1:]


def covered_by_tag(k, width, height, levels):
    base = 2 * k + 1
    tag_at, head_at, _ = places(base)
    return struct.pack("<3L", k, width, height) + bytes(
        level - level % base if tag_at <= i < head_at else level for i, level in enumerate(levels)
    )


def seal(key, k, width, height, cells, code, block, body_size, body_digits, nonce_digits):
    """Levels of a region, and its digits, keystream, nonce and key."""
    base = 2 * k + 1
    tag_at, head_at, _ = places(base)
    nonce = hashlib.blake2b(bytes(nonce_digits), digest_size=24).digest()
    own = region_key(key, nonce)
    stream = digits_of_keystream(own, nonce, base, len(cells))
    head = to_digits(code + struct.pack("<4L", width, height, block, body_size), base)
    digits = list(nonce_digits) + [0] * (head_at - tag_at) + head + list(body_digits)
    digits += [0] * (len(cells) - len(digits))

    def level(i):
        return base * cells[i] + (digits[i] + (stream[i - tag_at] if i >= tag_at else 0)) % base

    levels = [level(i) for i in range(len(cells))]
    digits[tag_at:head_at] = to_digits(tag_of(own, nonce, covered_by_tag(k, width, height, levels)), base)
    levels[tag_at:head_at] = [level(i) for i in range(tag_at, head_at)]
    return {"levels": levels, "digits": digits, "stream": stream, "nonce": nonce, "key": own}


def unseal(key, k, width, height, levels):
    """Code, block, size of the body and its digits. Raises ValueError if the tag does not hold."""
    base = 2 * k + 1
    tag_at, head_at, body_at = places(base)
    nonce = hashlib.blake2b(bytes(level % base for level in levels[:tag_at]), digest_size=24).digest()
    own = region_key(key, nonce)
    stream = digits_of_keystream(own, nonce, base, len(levels) - tag_at)
    digits = [(level - s) % base for level, s in zip(levels[tag_at:], stream)]
    if from_digits(digits, 16, base) != tag_of(own, nonce, covered_by_tag(k, width, height, levels)):
        raise ValueError("the tag does not hold")
    head = from_digits(digits[head_at - tag_at :], 17, base)
    said_width, said_height, block, body_size = struct.unpack("<4L", head[1:])
    if (said_width, said_height) != (width, height):
        raise ValueError("the head is another region's")
    return head[:1], block, body_size, digits[body_at - tag_at :]
