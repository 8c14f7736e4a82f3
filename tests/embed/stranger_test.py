#!/usr/bin/env python3
"""bauta as a stranger has it: installed into a folder, which is then moved, and used from there. The examples are built with CMake and
by hand with pkg-config, and do to a photograph what the program does, bit for bit. Nothing of the library is built again.
Usage: stranger_test.py BUILD [unittest options]"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "tests" / "apps"))
from pictures import read_png, write_png  # noqa: E402

build = pathlib.Path(sys.argv.pop(1))
# What would lead to anything but the installed files.
environment = {name: value for name, value in os.environ.items()
               if name not in ("BAUTA_MODELS", "LD_LIBRARY_PATH", "PYTHONPATH", "CMAKE_PREFIX_PATH")}


def run(*arguments, code=0, silent=False, **variables):
    done = subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True, timeout=500,
                          env={**environment, **{name: str(value) for name, value in variables.items()}})
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert not silent or not done.stderr, f"{arguments}: {done.stderr}"
    return done.stdout


def rows(path):
    return read_png(path)[2]


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="bauta-stranger-"))
        run("cmake", "--install", build, "--prefix", cls.folder / "installed")
        cls.prefix = cls.folder / "moved"
        (cls.folder / "installed").rename(cls.prefix)
        cls.lib = next(cls.prefix.glob("lib*/**/libbauta.so")).parent
        # The portrait in the public domain, out of the default model's demonstration.
        width, height, demo, _ = read_png(root / "models/face-128/demo.png")
        cls.photo = cls.folder / "photo.png"
        write_png(cls.photo, height, height, lambda x, y: demo[y][3 * x : 3 * x + 3])
        cls.key = cls.folder / "my.key"
        cls.bauta("keygen", "--out", cls.key)
        cls.bauta("deid", cls.photo, "--out", cls.folder / "open", "--regions", "json")
        cls.bauta("reid", cls.folder / "open/photo.png", "--out", cls.folder / "open-back")
        cls.bauta("deid", cls.photo, "--out", cls.folder / "one-way", "--one-way")
        cls.bauta("deid", cls.photo, "--out", cls.folder / "keyed", "--key-file", cls.key)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def bauta(cls, *arguments, **options):
        return run(cls.prefix / "bin/bauta", *arguments, **options)

    def there_and_back(self, program, name, **variables):
        """What the program `anonymize` makes, beside what bauta makes."""
        out = self.folder / name
        out.mkdir()
        self.assertIn("face at", run(program, "hide", self.photo, out / "photo.png", silent=True, **variables))
        self.assertEqual(rows(out / "photo.png"), rows(self.folder / "open/photo.png"))
        self.assertEqual(json.loads((out / "photo.json").read_text()), json.loads((self.folder / "open/photo.json").read_text()))
        run(program, "restore", out / "photo.png", out / "back.png", silent=True, **variables)
        self.assertEqual(rows(out / "back.png"), rows(self.folder / "open-back/photo.png"))
        # Under the key each restores what the other has hidden.
        run(program, "hide", self.photo, out / "keyed.png", self.key, **variables)
        self.assertNotEqual(rows(out / "keyed.png"), rows(self.photo))
        self.bauta("reid", out / "keyed.png", "--out", out / "clear", "--key-file", self.key)
        self.assertEqual(rows(out / "clear/keyed.png"), rows(self.photo))
        run(program, "restore", self.folder / "keyed/photo.png", out / "theirs.png", self.key, **variables)
        self.assertEqual(rows(out / "theirs.png"), rows(self.photo))

    def test_examples_by_cmake(self):
        made = self.folder / "examples"
        run("cmake", "-S", root / "examples", "-B", made, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.prefix}",
            "-DCMAKE_C_FLAGS=-Wall -Wextra -Wpedantic -Werror", "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror")
        run("cmake", "--build", made)
        self.there_and_back(made / "anonymize", "by-cmake")
        models = self.prefix / "share/bauta/models"
        self.there_and_back(made / "anonymize_static", "by-cmake-static", BAUTA_MODELS=models)
        self.assertNotIn("libbauta", run("ldd", made / "anonymize_static"))
        again = self.folder / "second.png"
        shutil.copy(self.photo, again)
        out = self.folder / "many"
        lines = run(made / "anonymize_many", out, self.photo, again).splitlines()
        self.assertEqual(sorted(lines), sorted([f"{self.photo}: 1 face", f"{again}: 1 face"]))
        for name in ("photo.png", "second.png"):
            self.assertEqual(rows(out / name), rows(self.folder / "one-way/photo.png"))
        run(made / "anonymize_many", out, self.folder / "nowhere.png", code=1)

    def test_examples_by_hand_with_pkg_config(self):
        def flags(*asked):
            return run("pkg-config", *asked, "bauta", "libpng", PKG_CONFIG_PATH=self.lib / "pkgconfig").split()

        self.assertEqual(run("pkg-config", "--modversion", "bauta", PKG_CONFIG_PATH=self.lib / "pkgconfig").strip(),
                         self.bauta("--version").split()[1])
        shared, static = self.folder / "by-hand", self.folder / "by-hand-static"
        source = root / "examples/anonymize.c"
        run("cc", "-std=c99", "-O1", source, "-o", shared, *flags("--cflags", "--libs"))
        self.there_and_back(shared, "hand", LD_LIBRARY_PATH=self.lib)
        libraries = [flag for flag in flags("--static", "--libs") if flag != "-lbauta"]
        run("cc", "-std=c99", "-O1", source, "-o", static, *flags("--cflags"), self.lib / "libbauta.a", *libraries)
        # A program that is linked with the archive brings the models along, or is told where they are, or says so.
        done = subprocess.run([static, "hide", self.photo, self.folder / "x.png"], capture_output=True, text=True, env=environment)
        self.assertEqual(done.returncode, 1)
        self.assertIn("BAUTA_MODELS", done.stderr)
        mine = self.folder / "mine/bin"
        mine.mkdir(parents=True)
        shutil.copy(static, mine)
        shutil.copytree(self.prefix / "share/bauta/models", self.folder / "mine/share/bauta/models")
        self.there_and_back(mine / static.name, "hand-static")

    def test_the_library_shows_what_the_header_declares(self):
        header = (self.prefix / "include/bauta.h").read_text()
        declared = set(re.findall(r"^BAUTA_API [\w\s*]*?(bauta_\w+)\(", header, re.M))
        self.assertGreater(len(declared), 25)
        listed = [line.split()[-2:] for line in run("nm", "-D", "--defined-only", self.lib / "libbauta.so").splitlines()]
        self.assertEqual({name.split("@")[0] for kind, name in listed if kind != "A"}, declared)
        self.assertEqual([name for kind, name in listed if kind == "A"], ["BAUTA_0"])
        used = {line.split()[-1].split("@")[0] for line in run("nm", "-D", "--undefined-only", self.lib / "libbauta.so").splitlines()}
        self.assertIn("snprintf", used)
        self.assertEqual(used & {"exit", "_exit", "abort", "printf", "puts", "fputs", "fprintf", "perror", "stdout", "stderr",
                                 "_ZSt4cout", "_ZSt4cerr", "signal", "sigaction", "setenv", "omp_set_dynamic"}, set())
        facts = run("readelf", "-d", self.lib / "libbauta.so")
        self.assertIn("[libbauta.so.0]", facts)
        self.assertNotIn("RUNPATH", facts)
        # The archive: the same, and what C++ shares between all that use its library.
        listed = [line.split()[-2:] for line in run("nm", "--defined-only", "-g", self.lib / "libbauta.a").splitlines() if " " in line]
        self.assertEqual({name for kind, name in listed if kind in "TDBR"}, declared)

    def test_python(self):
        pythons = [sys.executable, "/usr/bin/python3"]
        wanted = "import numpy, PIL"
        python = next((each for each in pythons if subprocess.run([each, "-c", wanted], capture_output=True).returncode == 0), None)
        if not python:
            self.skipTest("no Python here has numpy and PIL; run scripts/setup --tests")
        made, site = self.folder / "python", self.folder / "site"
        run("cmake", "-S", root / "apps/python", "-B", made, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.prefix}",
            f"-DPython_EXECUTABLE={python}", "-DCMAKE_CXX_FLAGS=-Werror")
        run("cmake", "--build", made)
        run("cmake", "--install", made, "--prefix", site, "--component", "python")
        variables = {"PYTHONPATH": site, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run([python, root / "tests/embed/python_cases.py", self.photo, self.key, self.folder],
                              env={**environment, **{key: str(value) for key, value in variables.items()}},
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        example, out = root / "examples/anonymize.py", self.folder / "by-python"
        out.mkdir()
        run(python, example, "hide", self.photo, out / "photo.png", **variables)
        self.assertEqual(rows(out / "photo.png"), rows(self.folder / "open/photo.png"))
        self.bauta("reid", out / "photo.png", "--out", out / "back")
        self.assertEqual(rows(out / "back/photo.png"), rows(self.folder / "open-back/photo.png"))
        run(python, example, "restore", out / "photo.png", out / "back.png", **variables)
        self.assertEqual(rows(out / "back.png"), rows(self.folder / "open-back/photo.png"))
        run(python, example, "restore", self.folder / "keyed/photo.png", out / "clear.png", "--key", self.key, **variables)
        self.assertEqual(rows(out / "clear.png"), rows(self.photo))

    def test_the_manual_and_the_completions_are_where_they_are_looked_for(self):
        for path in ("man/man1/bauta.1", "bash-completion/completions/bauta", "zsh/site-functions/_bauta",
                     "fish/vendor_completions.d/bauta.fish"):
            self.assertTrue((self.prefix / "share" / path).is_file(), path)


if __name__ == "__main__":
    unittest.main()
