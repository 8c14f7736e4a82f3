"""What peers and measurements need: the peers' environment, an ncnn without AVX-512, networks and pictures. Python's own
library alone."""

import calendar
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent


def say(text):
    print(text, file=sys.stderr, flush=True)


def set_up_peers(folder, requirements="requirements.txt"):
    """The environment's python. What is installed is looked at each time: the versions are those of the file of requirements."""
    python, wanted = folder / "bin/python", HERE / requirements
    if not python.exists():
        if folder.exists() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").exists():
            sys.exit(f"{sys.argv[0]}: {folder} is no virtual environment, and not empty; name another folder with --venv")
        say(f"making {folder}")
        try:
            venv.create(folder, with_pip=True)
        except subprocess.CalledProcessError:
            shutil.rmtree(folder)
            sys.exit(f"{sys.argv[0]}: python cannot make environments (Debian's python3-venv); scripts/setup --peers")
    stamp = folder / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != wanted.read_text():
        many = requirements == "requirements.txt"
        say("installing the peers" + "; some gigabytes, for PyPI's PyTorch brings CUDA along" * many)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", wanted], check=True)
        stamp.write_text(wanted.read_text())
    return python


def build_capped_ncnn(python, folder):
    """ncnn without AVX-512, from its own source: at run time it cannot be held back. For AVX2 alone, in float32 alone, which
    takes a third of the time to compile that all its ways take. Its version is the day on which it is packed, so pip must
    believe that day is today (Debian's faketime) to accept the source."""
    lines = (HERE / "requirements.txt").read_text().splitlines()
    version = next(line for line in lines if line.startswith("ncnn=="))
    stamp = folder / "requirements.txt"
    if stamp.exists() and stamp.read_text() == version:
        return
    if not shutil.which("faketime"):
        sys.exit(
            "bench/peers/run: faketime is not there, and ncnn's source cannot be had without; scripts/setup --peers"
        )
    say("building ncnn without AVX-512; some minutes")
    day = f"{version[-8:-4]}-{version[-4:-2]}-{version[-2:]} 12:00:00"
    pip = [python, "-m", "pip", "--quiet"]
    with tempfile.TemporaryDirectory() as sources:
        download = ["download", "--no-deps", "--no-binary", "ncnn", "-d", sources, version]
        subprocess.run(["faketime", day, *pip, *download], check=True)
        install = ["install", "--no-deps", "--upgrade", "--target", folder, next(Path(sources).iterdir())]
        unwanted = "RUNTIME_CPU AVX512 AVXVNNI AVXVNNIINT8 AVXVNNIINT16 AVXNECONVERT XOP INT8 BF16 VULKAN"
        without = " ".join(f"-DNCNN_{name}=OFF" for name in unwanted.split())
        noon = str(calendar.timegm(time.strptime(day, "%Y-%m-%d %H:%M:%S")))  # CMake writes it into the library as its version
        environment = dict(os.environ, EXTRA_CMAKE_ARGS=without, SOURCE_DATE_EPOCH=noon)
        subprocess.run([*pip, *install], check=True, env=environment)
    stamp.write_text(version)


def make_network(place, shape):
    """By bauta: a training run of one step, on a picture of nothing."""
    folder = place.folder(shape)
    if not (folder / "network.safetensors").exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as work:
            data = make_data(place, Path(work), 64)
            subprocess.run(
                [
                    place.bauta,
                    "train",
                    data,
                    "--out",
                    f"{work}/run",
                    "--steps",
                    "1",
                    "--ngf",
                    str(shape.ngf),
                    "--blocks",
                    str(shape.blocks),
                    "--device",
                    "cpu",
                    "--quiet",
                ],
                check=True,
            )
            (folder / "part").write_bytes((Path(work) / "run/deid.safetensors").read_bytes())
        (folder / "part").rename(folder / "network.safetensors")
    subprocess.run([place.python, "-W", "ignore", HERE / "export.py", folder, *shape.options()], check=True)


def make_data(place, work, size):
    """A dataset of one picture."""
    script = f"import sys; sys.path.insert(0, {str(HERE)!r}); from export import write_picture; write_picture(sys.argv[1], {2 * size})"
    subprocess.run([place.python, "-B", "-c", script, work / "photo.png"], check=True)
    boxes = work / "boxes.tsv"
    boxes.write_text(
        "path\tbx\tby\tbw\tbh\n" + "\t".join(["photo.png", *map(str, (size // 2, size // 2, size, size))]) + "\n"
    )
    subprocess.run(
        [
            place.bauta,
            "prepare",
            work / "photo.png",
            "--boxes",
            boxes,
            "--size",
            str(size),
            "--out",
            work / "data",
            "--quiet",
        ],
        check=True,
        cwd=work,
    )
    return work / "data"
