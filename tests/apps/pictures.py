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
    write_samples(path, width, height, 8, 3, (bytes(value for x in range(width) for value in pixel(x, y)) for y in range(height)))


COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by channels


def write_samples(path, width, height, depth, channels, rows, chunks=()):
    """rows: bytes for each; chunks: (kind, body) before the pixels"""
    header = struct.pack(">IIBBBBB", width, height, depth, COLOUR_TYPES[channels], 0, 0, 0)
    data = _chunk(b"IHDR", header) + b"".join(_chunk(kind, body) for kind, body in chunks)
    data += _chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 1)) + _chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)


def _paeth(a, b, c):
    distances = (abs(b - c), abs(a - c), abs(a + b - 2 * c))
    return (a, b, c)[distances.index(min(distances))]


def read_png(path):
    """(width, height, rows of bytes, chunks by kind) of an RGB picture; asserts that the file is whole."""
    width, height, depth, channels, rows, chunks = read_samples(path)
    assert (depth, channels) == (8, 3), path
    return width, height, rows, chunks


def read_samples(path):
    """(width, height, bits a sample, channels, rows of bytes, chunks by kind)"""
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
    channels = {colour: channels for channels, colour in COLOUR_TYPES.items()}[colour]
    pixel = channels * depth // 8
    length = pixel * width
    packed = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    rows, above = [], bytes(length)
    for y in range(height):
        filter_type, row = packed[y * (length + 1)], bytearray(packed[y * (length + 1) + 1 :][:length])
        for i in range(length):
            a = row[i - pixel] if i >= pixel else 0
            b, c = above[i], above[i - pixel] if i >= pixel else 0
            row[i] = (row[i] + (0, a, b, (a + b) // 2, _paeth(a, b, c))[filter_type]) & 255
        above = bytes(row)
        rows.append(above)
    return width, height, depth, channels, rows, chunks


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
