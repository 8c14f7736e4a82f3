#!/usr/bin/env python3
"""The first inputs of each harness, which the corpus grew from. Usage: seeds.py PROGRAM FOLDER; needs python3-pil."""

import hashlib
import io
import itertools
import json
import math
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

from PIL import Image


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def exif(orientation, order=">"):
    header = b"MM\0*" if order == ">" else b"II*\0"
    return header + struct.pack(order + "IHHHIHH", 8, 1, 0x0112, 3, 1, orientation, 0) + struct.pack(order + "I", 0)


RECORDS = {
    "open": {"version": 1, "mode": "open", "picture": {"width": 48, "height": 48}, "network_size": 16,
             "regions": [{"x": 8, "y": 8, "width": 24, "height": 24, "block": 4, "k": 2,
                          "crop": {"x": 4, "y": 4, "side": 32}, "restorable": True}]},
    "one-way": {"version": 1, "mode": "one-way", "picture": {"width": 48, "height": 48},
                "regions": [{"x": 8, "y": 8, "width": 24, "height": 24, "block": 6, "k": 1, "restorable": False}]},
    "keyed": {"version": 1, "mode": "keyed", "picture": {"width": 48, "height": 48},
              "regions": [{"x": 8, "y": 8, "width": 24, "height": 24, "block": 6, "k": 7, "wrapped_keys": ["00" * 80]}]},
}
RECORD_TEXTS = {name: json.dumps(record).encode() for name, record in RECORDS.items()}


def png(depth, colour, interlaced, size=5):
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    rows = []
    starts = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    for x, y, dx, dy in starts if interlaced else [(0, 0, 1, 1)]:
        width, height = len(range(x, size, dx)), len(range(y, size, dy))
        for row in range(height if width else 0):
            rows.append(bytes([row % 5]) + bytes((row * 31 + i * 7) % (2 if colour == 3 else 251)
                                                 for i in range((width * channels * depth + 7) // 8)))
    data = chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, depth, colour, 0, 0, interlaced))
    if colour == 3:
        data += chunk(b"PLTE", bytes(i % 256 for i in range(3 * 2**depth))) + chunk(b"tRNS", b"\0\x80")
    return b"\x89PNG\r\n\x1a\n" + data + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")


def with_chunks(picture, *chunks):
    after_header = 8 + 25
    return picture[:after_header] + b"".join(chunks) + picture[after_header:]


def images():
    kinds = [(d, c) for c, depths in ((0, (1, 2, 4, 8, 16)), (2, (8, 16)), (3, (1, 2, 4, 8)), (4, (8, 16)), (6, (8, 16)))
             for d in depths]
    for (depth, colour), interlaced in itertools.product(kinds, (0, 1)):
        yield f"png-{colour}-{depth}-{interlaced}", png(depth, colour, interlaced)
    record, plain = RECORD_TEXTS["keyed"], png(8, 2, 0)
    yield "png-text", with_chunks(plain, chunk(b"tEXt", b"Author\0x"), chunk(b"tEXt", b"bauta\0" + record))
    yield "png-ztext", with_chunks(plain, chunk(b"zTXt", b"bauta\0\0" + zlib.compress(record)))
    yield "png-itext", with_chunks(plain, chunk(b"iTXt", b"bauta\0\1\0en\0\0" + zlib.compress(record)))
    yield "png-exif", with_chunks(plain, chunk(b"eXIf", exif(6)))
    for mode, options in itertools.product(("RGB", "L", "CMYK"), ({}, {"progressive": True}, {"subsampling": 0})):
        out = io.BytesIO()
        picture = Image.frombytes("RGB", (11, 9), bytes((i * 29) % 256 for i in range(297))).convert(mode)
        picture.save(out, "JPEG", quality=60, exif=b"Exif\0\0" + exif(3, "<"), **options)
        yield "jpeg-" + "-".join([mode, *options]), out.getvalue()


def webps():
    for name, size, options in (("fits", 16, {"lossless": True}), ("larger", 24, {"lossless": True}), ("lossy", 16, {}),
                                ("flat", 16, {"lossless": True, "quality": 0})):
        out = io.BytesIO()
        pixels = bytes(64 if name == "flat" else (i * 29 // 3) % 256 for i in range(3 * size * size))
        Image.frombytes("RGB", (size, size), pixels).save(out, "WEBP", **options)
        yield name, out.getvalue()


def safetensors(header, data):
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def weights():
    def tensor(kind, shape, begin, end):
        return {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}

    yield "empty", safetensors({}, b"")
    yield "one", safetensors({"__metadata__": {"role": "deid"}, "a": tensor("F32", [2, 1], 0, 8)}, bytes(8))
    yield "kinds", safetensors({"a": tensor("BF16", [2], 0, 4), "b": tensor("F16", [], 4, 6), "c": tensor("I8", [0], 6, 6)},
                               b"\x80\x3f\0\xc0\0\x3c")


def network_headers():
    keyed = (pathlib.Path(__file__).parents[2] / "models/keyed-7/deid.safetensors").read_bytes()
    yield "keyed", keyed[8 : 8 + struct.unpack("<Q", keyed[:8])[0]]
    reference = dict(zip(("model.1", "model.4", "model.7", "model.10.conv_block.1", "model.10.conv_block.5", "model.11",
                          "model.14", "model.18"),
                         ([1, 3, 7, 7], [2, 1, 3, 3], [4, 2, 3, 3], [4, 4, 3, 3], [4, 4, 3, 3], [4, 2, 3, 3], [2, 1, 3, 3], [3, 1, 7, 7])))
    tensors, end = {}, 0
    for name, shape in reference.items():
        begin, end = end, end + 4 * math.prod(shape)
        tensors[name + ".weight"] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    tensors["model.18.bias"] = {"dtype": "F32", "shape": [3], "data_offsets": [end, end + 12]}
    says = {"generator": "bounded", "role": "reid", "composite": "true", "residual_levels": "5", "companding_levels": "12",
            "size": "128", "mosaic_blocks": "10"}
    for name, header in (("reference", tensors), ("bounded", {"__metadata__": says, **tensors})):
        yield name, json.dumps(header, separators=(",", ":")).encode()


CASCADE = """<?xml version="1.0"?>
<opencv_storage><cascade type_id="opencv-cascade-classifier"><stageType>BOOST</stageType><featureType>HAAR</featureType>
<height>20</height><width>20</width><stageParams><maxWeakCount>1</maxWeakCount></stageParams>
<featureParams><maxCatCount>0</maxCatCount></featureParams><stageNum>1</stageNum>
<stages><_><maxWeakCount>1</maxWeakCount><stageThreshold>-1.5</stageThreshold><weakClassifiers><_>
<internalNodes>0 -1 0 0.1 -1 -2 1 0.2</internalNodes><leafValues>0.5 -0.5 0.25</leafValues></_></weakClassifiers></_></stages>
<features><_><rects><_>2 2 8 8 -1.</_><_>2 6 8 4 2.</_></rects></_><_><rects><_>8 2 4 4 -1.</_><_>8 2 2 4 2.</_></rects>
<tilted>1</tilted></_></features></cascade></opencv_storage>
"""


def datasets():
    def box(x, y, w, h):
        return {"x": x, "y": y, "width": w, "height": h}

    pictures = [{"name": name, "source": f"{name}.jpg", "source_crop": box(-1, 0, 16, 16), "source_face": box(2, 2, 9, 9),
                 "source_block": 2, "face": box(1, 1, 5, 5), "block": 1} for name in "ab"]
    whole = {"version": 1, "size": 8, "blocks": 20, "detector": "haar", "margin": [1.2, 2.4], "pictures": pictures,
             "skipped": [{"source": "c.jpg", "reason": "no face"}]}
    yield "whole", json.dumps(whole).encode()
    yield "bare", json.dumps({**whole, "pictures": pictures[:1], "skipped": []}).encode()


def tables():
    yield "boxes", b"path\tbx\tby\tbw\tbh\na.jpg\t1\t2\t30\t40.5\nphotos/a.jpg\t5\t5\t9\t9\nb.png\t\t\t\t\n"
    yield "people", b"person\tpath\r\nanna\ta.jpg\r\nbert\tb.png\r\n"


def videos():
    yield "420", (b"YUV4MPEG2 W4 H3 F30000:1001 Ip A1:1 C420jpeg XCOLORRANGE=FULL\n" + 2 * (b"FRAME\n" + bytes(range(20))))
    yield "mono", b"YUV4MPEG2 H2 W2 Cmono\nFRAME Ip\n\x01\x02\x03\x04"


def region_lines():
    picture = {"width": 640, "height": 480}
    opens = b"bauta locked v1\n\x01\x03" + bytes(80)  # for one recipient
    first = json.dumps({"bauta": "video", "mode": "keyed", "opens": opens.hex(), "own_key": False, "picture": picture, "version": 2},
                       separators=(",", ":"))
    yield "two", first.encode() + b'\n["0123456789abcdef",[10,20,64,70,16,7]]\n["0000000000000005"]\n{"frames":2}\n'
    yield "boxes", b"frame\tbx\tby\tbw\tbh\n3\t1\t2\t30\t40\n9\t\t\t\t\n"


def key_text(kind, secret):
    check = hashlib.blake2b(kind.encode() + secret, digest_size=32).hexdigest()[:8]
    return f"{kind} {secret.hex()} {check}\n".encode()


def keys():
    for kind in ("bauta-key-v1", "bauta-private-key-v1", "bauta-public-key-v1"):
        yield kind, key_text(kind, bytes(range(1, 33)))


def locked(program):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        key, content = folder / "key", folder / "content"
        key.write_bytes(key_text("bauta-key-v1", bytes(32)))
        key.chmod(0o600)
        for size in (0, 10, 70_000):
            content.write_bytes(bytes(i % 251 for i in range(size)))
            out = folder / f"locked-{size}"
            subprocess.run([program, "lock", content, "--key-file", key, "--out", out, "--quiet"], check=True)
            yield f"key-{size}", out.read_bytes()
        subprocess.run([program, "keygen", "--recipient", "--out", folder / "anna", "--quiet"], check=True, stdout=subprocess.DEVNULL)
        both = ["--key-file", key, "--recipient", folder / "anna.pub"]
        subprocess.run([program, "lock", key, *both, "--out", folder / "two", "--quiet"], check=True)
        yield "two-ways", (folder / "two").read_bytes()


def keyed():
    yield "forged", b"\0" + dict(webps())["fits"]
    for how in (b"\1", b"\2"):
        yield f"changed-{how[0]}", how + b"\x01\x02\x03\x80\x10\x00\0" + RECORD_TEXTS["keyed"]
        yield f"as-written-{how[0]}", how


def main(program, folder):
    corpora = {
        "image": [*images(), *webps()], "photograph": [*images(), *webps()], "exif": [(f"{o}{c}", exif(o, c)) for o in (1, 6, 9) for c in "<>"], "webp": webps(),
        "safetensors": weights(), "cascade": [("small", CASCADE.encode())], "dataset": datasets(), "boxes": tables(),
        "record": RECORD_TEXTS.items(), "key_text": keys(), "locked_file": locked(program), "keyed": keyed(),
        "weight_file": network_headers(),
        "c_api": [(f"{i}", bytes((i * 37 + j * j) % 256 for j in range(80))) for i in range(8)]
                 + [("keyed", bytes([1, 63, 63, 0, 9, 1, 19, 20, 16, 16, 16, 0, 0, 1, 24, 24, 40, 40, 1, 0, 0, 0]))],
    }
    # What nut begins with came from ffmpeg: -f lavfi -i testsrc=s=8x6:r=25:d=0.12 -pix_fmt yuv420p -fflags +bitexact -f nut
    corpora |= {"y4m": videos(), "region_lines": region_lines()}
    for harness, seeds in corpora.items():
        (folder / harness).mkdir(parents=True, exist_ok=True)
        for name, data in seeds:
            (folder / harness / name).write_bytes(data)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]))
