#!/usr/bin/env python3
"""How far bauta's gradients are from exact ones: float32's, and those of 16-bit factors (--precision bf16, on a CPU or a card).

    python bench/peers/gradients.py [--bauta build/cpu/bin/bauta] [--size 256] [--ngf 64] [--blocks 9] [--after 10]

Trains both generators some steps in float32 on one picture, takes the next step in each precision from the same checkpoint,
and lets PyTorch do the same in float64, in float32 and with autocast. Adam's first moment is the mean of the gradient and
the moment before, so two checkpoints hold a gradient. Prints |g - exact| / |exact| and the cosine between both, of all
weights of both generators, and the tensor that fares worst. Needs torch, safetensors, numpy, pillow (bench/peers/requirements.txt)."""

import argparse
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy
import torch
from export import write_picture
from networks import Training
from PIL import Image
from safetensors.numpy import load_file

BETA1 = 0.5
NETWORKS = {"G.": "g", "F.": "f", "D_X.model.": "d_x", "D_Y.model.": "d_y"}


def bauta(options, *arguments):
    subprocess.run([options.bauta, *map(str, arguments), "--quiet"], check=True)


def make_data(options, work):
    size = options.size
    write_picture(work / "photo.png", 2 * size)
    (work / "boxes.tsv").write_text(f"path\tbx\tby\tbw\tbh\nphoto.png\t{size // 2}\t{size // 2}\t{size}\t{size}\n")
    common = ["--boxes", work / "boxes.tsv", "--size", size, "--out", work / "data"]
    subprocess.run([options.bauta, "prepare", "photo.png", *map(str, common), "--quiet"], check=True, cwd=work)
    return work / "data"


def checkpoint(run, step):
    return load_file(run / f"checkpoint/step-{step:08}.safetensors")


def gradients_of(run, after):
    """By name: of all that the generators learn."""
    before, then = checkpoint(run, after), checkpoint(run, after + 1)
    moments = [name for name in then if name.startswith(("m.G.", "m.F."))]
    exact = lambda tensor: tensor.astype(numpy.float64)
    return {name[2:]: (exact(then[name]) - BETA1 * exact(before[name])) / (1 - BETA1) for name in moments}


def gradients_of_torch(options, data, weights, dtype, rounded=False):
    torch.set_default_dtype(dtype)
    training = Training(options.size, options.ngf, options.blocks)
    for prefix, network in NETWORKS.items():
        names = [name for name in weights if name.startswith(prefix)]
        state = {name[len(prefix) :]: torch.from_numpy(weights[name]).to(dtype) for name in names}
        getattr(training, network).load_state_dict(state)
    picture = lambda folder: next((data / folder).iterdir())
    levels = lambda path: torch.from_numpy(numpy.asarray(Image.open(path), numpy.float64).transpose(2, 0, 1)[None])
    training.x, training.y = ((levels(picture(folder)) / 127.5 - 1).to(dtype) for folder in ("clear", "mosaic"))
    with torch.autocast("cpu", torch.bfloat16, enabled=rounded):
        training.step()
    return {
        prefix + name: parameter.grad.double().numpy()
        for prefix, network in list(NETWORKS.items())[:2]
        for name, parameter in getattr(training, network).named_parameters()
    }


def report(who, found, exact, learned):
    """Biases before a norm cancel: they are not learned, and their gradients are rounding."""
    norm = lambda values: numpy.sqrt(sum(float((value**2).sum()) for value in values))
    apart = lambda names: norm(found[name] - exact[name] for name in names) / norm(exact[name] for name in names)
    both = norm(found[name] for name in learned) * norm(exact[name] for name in learned)
    cosine = sum(float((found[name] * exact[name]).sum()) for name in learned) / both
    worst = max(learned, key=lambda name: apart([name]))
    print(f"{who:14} {apart(learned):.1e}  cosine {cosine:.6f}  worst {apart([worst]):.1e} of {worst}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bauta", type=Path, default=Path(__file__).resolve().parents[2] / "build/cpu/bin/bauta")
    for name, value in {"size": 256, "ngf": 64, "blocks": 9, "after": 10}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    options = parser.parse_args()
    options.bauta = options.bauta.resolve()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        data, run, rounded = make_data(options, work), work / "f32", work / "bf16"
        shape = ["--ngf", options.ngf, "--ndf", options.ngf, "--blocks", options.blocks]
        common = ["--no-mirror", "--steps", options.after + 1, "--checkpoint-every", 1, "--device", options.device]
        bauta(options, "train", data, "--out", run, *shape, *common)
        shutil.copytree(run, rounded)
        (rounded / f"checkpoint/step-{options.after + 1:08}.safetensors").unlink()
        config = json.loads((rounded / "config.json").read_text())
        (rounded / "config.json").write_text(json.dumps({**config, "precision": "bf16"}))
        bauta(options, "train", data, "--out", rounded, "--resume", "--device", options.device, "--checkpoint-every", 1)
        weights = checkpoint(run, options.after)
        exact = gradients_of_torch(options, data, weights, torch.float64)
        ours = {f"bauta {path.name}": gradients_of(path, options.after) for path in (run, rounded)}
        learned = [name for name, gradient in ours["bauta f32"].items() if numpy.any(gradient)]
        for who, found in ours.items():
            report(who, found, exact, learned)
        report("PyTorch f32", gradients_of_torch(options, data, weights, torch.float32), exact, learned)
        report("PyTorch bf16", gradients_of_torch(options, data, weights, torch.float32, True), exact, learned)


if __name__ == "__main__":
    main()
