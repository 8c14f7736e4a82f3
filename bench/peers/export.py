#!/usr/bin/env python3
"""export.py FOLDER --size S --batch N --ngf C --blocks B: what each peer reads, made of FOLDER/network.safetensors,
which bauta wrote.

    SxS.png            a picture
    SxS-bN.onnx        for ONNX Runtime
    SxS-bN.xml, .bin   for OpenVINO
    SxS.ncnn.param, .bin for ncnn (a picture at a time), by TorchScript and pnnx

What is there stays. Needs the peers."""

import argparse
import os
import subprocess
import sys
from pathlib import Path


def write_picture(path, size):
    """Smooth shapes with noise on them."""
    import numpy
    from PIL import Image

    y, x = numpy.mgrid[0:size, 0:size] / size
    waves = [numpy.sin((9 + 4 * c) * x + c) * numpy.cos((7 + 3 * c) * y - c) for c in range(3)]
    noise = numpy.random.RandomState(1).standard_normal((size, size, 3))
    levels = 128 + 80 * numpy.stack(waves, axis=-1) + 12 * noise
    Image.fromarray(levels.clip(0, 255).astype(numpy.uint8)).save(path)


def when_complete(path, write):
    """write(path) unless it is there; what is cut off must not be taken for whole."""
    if path.exists():
        return
    part = path.with_name("part-" + path.name)
    write(part)
    part.rename(path)


def write_onnx(network, shape, path):
    import torch

    torch.onnx.export(network, (torch.zeros(shape),), str(path), dynamo=False, input_names=["x"], output_names=["y"])


def write_openvino(onnx, path):
    """The .bin first: who finds the .xml finds all."""
    import openvino

    part = path.with_name("part-" + path.name)
    openvino.save_model(openvino.convert_model(str(onnx)), str(part), compress_to_fp16=False)
    part.with_suffix(".bin").rename(path.with_suffix(".bin"))
    part.rename(path)


def write_ncnn(network, size, param):
    """pnnx writes a dozen files beside its input; two of them count."""
    import torch

    folder = param.parent / f"pnnx-{size}"
    folder.mkdir(exist_ok=True)
    traced = folder / "network.pt"
    with torch.inference_mode(False):
        torch.jit.trace(network, torch.zeros(1, 3, size, size)).save(str(traced))
    pnnx = Path(sys.executable).parent / "pnnx"
    done = subprocess.run(
        [pnnx, traced.name, f"inputshape=[1,3,{size},{size}]", "fp16=0"], cwd=folder, capture_output=True, text=True
    )
    if done.returncode != 0 or not (folder / "network.ncnn.param").exists():
        sys.exit(f"export.py: pnnx failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    (folder / "network.ncnn.bin").rename(param.with_suffix(".bin"))
    (folder / "network.ncnn.param").rename(param)
    for left in folder.iterdir():
        left.unlink()
    folder.rmdir()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    for name in ("size", "batch", "ngf", "blocks"):
        parser.add_argument(f"--{name}", type=int, required=True)
    arguments = parser.parse_args()
    folder, size, batch = arguments.folder, arguments.size, arguments.batch

    import torch

    sys.path.insert(0, str(Path(__file__).parent))
    from networks import load_generator

    network = load_generator(folder / "network.safetensors", arguments.ngf, arguments.blocks)
    stem = f"{size}x{size}"
    when_complete(folder / f"{stem}.png", lambda path: write_picture(path, size))
    onnx, xml, param = folder / f"{stem}-b{batch}.onnx", folder / f"{stem}-b{batch}.xml", folder / f"{stem}.ncnn.param"
    when_complete(onnx, lambda path: write_onnx(network, (batch, 3, size, size), path))
    if not xml.exists():
        write_openvino(onnx, xml)
    if not param.exists():
        write_ncnn(network, size, param)


if __name__ == "__main__":
    main()
