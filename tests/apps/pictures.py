"""Pictures and weight files for tests of the program, made and read with nothing but Python's own library."""

import json
import math
import random
import struct
import zlib


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write_png(path, width, height, pixel):
    """pixel(x, y) -> (r, g, b)"""
    rows = b"".join(
        b"\0" + bytes(value for x in range(width) for value in pixel(x, y)) for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 1)) + _chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)


def _paeth(a, b, c):
    distances = (abs(b - c), abs(a - c), abs(a + b - 2 * c))
    return (a, b, c)[distances.index(min(distances))]


def read_png(path):
    """(width, height, rows of bytes, chunks by kind); asserts that the file is whole."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", path
    chunks, at = [], 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + body), path
        chunks.append((kind, body))
        at += 12 + length
    assert chunks[-1][0] == b"IEND", path
    width, height, depth, colour = struct.unpack(">IIBB", chunks[0][1][:10])
    assert (depth, colour) == (8, 2), path
    packed = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    rows, above = [], bytes(3 * width)
    for y in range(height):
        filter_type, row = packed[y * (3 * width + 1)], bytearray(packed[y * (3 * width + 1) + 1 :][: 3 * width])
        for i in range(3 * width):
            a = row[i - 3] if i >= 3 else 0
            b, c = above[i], above[i - 3] if i >= 3 else 0
            row[i] = (row[i] + (0, a, b, (a + b) // 2, _paeth(a, b, c))[filter_type]) & 255
        above = bytes(row)
        rows.append(above)
    return width, height, rows, chunks


def wavy(x, y):
    """A smooth picture in which a mosaic takes away much."""
    return tuple(
        int(128 + 50 * math.sin(0.21 * x + c) * math.cos(0.17 * y - c) + 40 * math.sin(0.03 * (x + 2 * y) + c))
        for c in range(3)
    )


def write_generator(path, metadata, last_is_zero):
    """A generator of ngf 4 with one residual block, as bauta names and shapes its tensors; untrained, with its
    last convolutions at zero, a bounded one is its bare formula and a skip one changes nothing."""
    ngf = 4
    convolutions = {  # name: (shape, bias)
        "model.1": ((ngf, 3, 7, 7), ngf),
        "model.4": ((2 * ngf, ngf, 3, 3), 2 * ngf),
        "model.7": ((4 * ngf, 2 * ngf, 3, 3), 4 * ngf),
        "model.10.conv_block.1": ((4 * ngf, 4 * ngf, 3, 3), 4 * ngf),
        "model.10.conv_block.5": ((4 * ngf, 4 * ngf, 3, 3), 4 * ngf),
        "model.11": ((4 * ngf, 2 * ngf, 3, 3), 2 * ngf),
        "model.14": ((2 * ngf, ngf, 3, 3), ngf),
        "model.18": ((3, ngf, 7, 7), 3),
    }
    if metadata.get("generator") == "bounded" and metadata["role"] == "reid":
        channels = (3, 32, 32, 32, 32, 3)
        for i, (before, after) in enumerate(zip(channels, channels[1:])):
            convolutions[f"refine.{2 * i}"] = ((after, before, 3, 3), after)
    numbers = random.Random(1)
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata

    def add(name, shape, values):
        nonlocal data
        begin = len(data)
        data += struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [begin, len(data)]}

    for name, (shape, bias) in convolutions.items():
        zero = last_is_zero and name in ("model.18", "refine.8")
        count = math.prod(shape)
        add(name + ".weight", shape, [0.0 if zero else numbers.gauss(0, 0.02) for _ in range(count)])
        add(name + ".bias", (bias,), [0.0] * bias)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write_model(folder, size=64):
    """A bounded pair as it is before training: it hides and restores by its closed form."""
    folder.mkdir(parents=True)
    for role in ("deid", "reid"):
        metadata = {
            "generator": "bounded",
            "role": role,
            "residual_levels": "7",
            "companding_levels": "12",
            "size": str(size),
            "mosaic_blocks": "8",
        }
        write_generator(folder / f"{role}.safetensors", metadata, last_is_zero=True)
