#!/usr/bin/env python3
"""A build with cuDNN where there is none: every libcudnn that the loader could find is hidden. Needs leave to mount, root's
or a user namespace's; without it says SKIP. Usage: without_cudnn_test.py PROGRAM LIBRARY, the one that the build found"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
from pictures import wavy, write_generator, write_png  # noqa: E402

SKIP = 77
library, program = pathlib.Path(sys.argv.pop()).resolve(), pathlib.Path(sys.argv.pop()).resolve()
unshare = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
environment = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}


def known_libraries():
    listed = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, env=dict(environment, PATH="/sbin:/usr/sbin"))
    return {pathlib.Path(line.split("=> ")[1]).resolve() for line in listed.stdout.splitlines() if "libcudnn." in line}


HIDE = "for file in $HIDDEN; do mount --bind /dev/null $file || exit 77; done; exec \"$@\""
environment["HIDDEN"] = " ".join(map(str, known_libraries() | {library}))


def run_hidden(*command):
    return subprocess.run([*unshare, "sh", "-c", HIDE, "sh", *map(str, command)], capture_output=True, text=True,
                          env=environment, timeout=120)


class WithoutCudnn(unittest.TestCase):
    def test_it_starts(self):
        done = run_hidden(program, "--version")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("cuDNN: 9", done.stdout)

    def test_auto_runs_on_the_cpu_and_says_what_is_missing(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            write_png(folder / "one.png", 32, 32, wavy)
            write_generator(folder / "deid.safetensors", {"generator": "skip", "role": "deid"}, True)
            translate = (program, "translate", "--network", folder / "deid.safetensors", folder / "one.png", "--out")
            done = run_hidden(*translate, folder / "made")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue((folder / "made" / "one.png").exists())
            device = next(line for line in done.stderr.splitlines() if "device: cpu" in line)
            self.assertRegex(device, "cuDNN cannot be loaded .*; install cuDNN 9")

            refused = run_hidden(*translate, folder / "more", "--device", "cuda")
            self.assertEqual(refused.returncode, 1, refused.stderr)
            self.assertRegex(refused.stderr, "--device cuda: .*cuDNN cannot be loaded .*; use --device cpu or auto")
            self.assertEqual(len(refused.stderr.splitlines()), 1, refused.stderr)


if run_hidden("true").returncode != 0:
    print("SKIP: no leave to mount over files here")
    sys.exit(SKIP)
unittest.main()
