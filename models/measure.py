#!/usr/bin/env python3
"""Measures a model on a dataset of `bauta prepare`, through files: De-ID is saved as PNG, read back and restored.

    python models/measure.py DATA MODEL [--bauta build/cpu/bin/bauta] [--sheet FILE.png] [--limit N] [--damage LEVELS]
        [--unchecked]

Prints means over the pictures, De-ID first. "box" is inside the face box; deviation is the mean absolute difference of
De-ID from its own block means in grey levels (a mosaic has 0, 2 look like one). SSIM is scikit-image's, Gaussian 11x11,
sigma 1.5, over RGB. With --damage, Gaussian noise of so many grey levels falls on De-ID's files before they are restored;
De-ID is then measured with it. --unchecked measures a reference or skip model whose De-ID the program refuses, as it shows the
face: `bauta translate` on the whole picture, of which the face box is taken. Needs numpy, pillow and scikit-image (PyPI); development only.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy as np
from PIL import Image, PngImagePlugin
from skimage.metrics import structural_similarity


def load(path):
    return np.asarray(Image.open(path).convert("RGB"), dtype=np.float64)


def psnr(a, b):
    return 10 * np.log10(255**2 / max(np.mean((a - b) ** 2), 1e-12))


def ssim(a, b):
    return structural_similarity(a, b, channel_axis=2, data_range=255, gaussian_weights=True, sigma=1.5,
                                 use_sample_covariance=False)


def block_means(picture, block):
    means = np.empty_like(picture)
    for y in range(0, picture.shape[0], block):
        for x in range(0, picture.shape[1], block):
            cell = (slice(y, y + block), slice(x, x + block))
            means[cell] = picture[cell].mean(axis=(0, 1))
    return means


def translate_faces(bauta, network, sources, boxes, out):
    """The network's picture inside the face box, the source's own outside, as a composite generator does."""
    subprocess.run([bauta, "translate", *map(str, sources), "--network", str(network), "--out", str(out), "--quiet"],
                   check=True)
    for source, face in zip(sources, boxes):
        pixels, written = load(source), load(out / source.name)
        pixels[box_of(face)] = written[box_of(face)]
        Image.fromarray(pixels.astype(np.uint8)).save(out / source.name)


def damage(path, levels, generator):
    """Noise on a PNG's pixels; its text, which says where the faces are, is kept."""
    with Image.open(path) as picture:
        picture.load()
        text = PngImagePlugin.PngInfo()
        for keyword, value in picture.text.items():
            text.add_itxt(keyword, value)
    pixels = load(path)
    noisy = np.clip(np.round(pixels + generator.normal(0, levels, pixels.shape)), 0, 255)
    Image.fromarray(noisy.astype(np.uint8)).save(path, pnginfo=text)


def box_of(face):
    return slice(face["y"], face["y"] + face["height"]), slice(face["x"], face["x"] + face["width"])


def measure(clear, deid, reid, face, block):
    box = box_of(face)
    return {"De-ID, dB from the plain mosaic (box)": psnr(deid[box], np.round(block_means(clear[box], block))),
            "De-ID, deviation (levels)": np.mean(np.abs(deid[box] - block_means(deid[box], block))),
            "De-ID PSNR": psnr(deid, clear), "De-ID SSIM": ssim(deid, clear),
            "De-ID PSNR (box)": psnr(deid[box], clear[box]),
            "Re-ID PSNR": psnr(reid, clear), "Re-ID SSIM": ssim(reid, clear),
            "Re-ID PSNR (box)": psnr(reid[box], clear[box])}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("model")
    parser.add_argument("--bauta", default="build/cpu/bin/bauta")
    parser.add_argument("--limit", type=int, default=10**9)
    parser.add_argument("--damage", type=float, default=0, help="deviation of noise on De-ID, grey levels")
    parser.add_argument("--unchecked", action="store_true", help="De-ID need not hide the face; not for bounded models")
    parser.add_argument("--sheet", help="rows: clear, De-ID, Re-ID of the first eight pictures, enlarged")
    arguments = parser.parse_args()
    pictures = json.loads((arguments.data / "dataset.json").read_text())["pictures"][: arguments.limit]

    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        rows = ["path\tbx\tby\tbw\tbh"]
        for picture in pictures:
            face = picture["face"]
            rows.append(f"{picture['name']}.png\t{face['x']}\t{face['y']}\t{face['width']}\t{face['height']}")
        (work / "boxes.tsv").write_text("\n".join(rows) + "\n")
        clear = [arguments.data / "clear" / f"{picture['name']}.png" for picture in pictures]
        faces = [picture["face"] for picture in pictures]
        model, common = pathlib.Path(arguments.model), ["--model", arguments.model, "--quiet"]
        if arguments.unchecked:
            translate_faces(arguments.bauta, model / "deid.safetensors", clear, faces, work / "deid")
        else:
            subprocess.run([arguments.bauta, "deid", *map(str, clear), "--out", str(work / "deid"), "--boxes",
                            str(work / "boxes.tsv"), *common], check=True)
        if arguments.damage > 0:
            generator = np.random.default_rng(1)
            for path in sorted((work / "deid").glob("*.png")):
                damage(path, arguments.damage, generator)
        if arguments.unchecked:
            hidden = [work / "deid" / path.name for path in clear]
            translate_faces(arguments.bauta, model / "reid.safetensors", hidden, faces, work / "reid")
        else:
            subprocess.run([arguments.bauta, "reid", str(work / "deid"), "--out", str(work / "reid"), *common], check=True)

        results, columns = [], []
        for picture, source in zip(pictures, clear):
            name = f"{picture['name']}.png"
            images = [load(source), load(work / "deid" / name), load(work / "reid" / name)]
            results.append(measure(*images, picture["face"], picture["block"]))
            if len(columns) < 8:
                columns.append(np.concatenate(images))
    for key in results[0]:
        values = np.array([result[key] for result in results])
        print(f"{key:40s} {values.mean():8.3f}   worst {values.max() if 'deviation' in key else values.min():8.3f}")
    print(f"{len(results)} pictures")
    if arguments.sheet:
        sheet = Image.fromarray(np.concatenate(columns, axis=1).astype(np.uint8))
        sheet.resize((sheet.width * 2, sheet.height * 2), Image.NEAREST).save(arguments.sheet)


if __name__ == "__main__":
    main()
