"""What the tests of the program share: a folder of its own for each, and bauta run in it."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from pictures import wavy, write_model, write_png

program = ""
FACE = (30, 24, 50, 52)  # x, y, width, height


class CommandTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="bauta-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.boxes = self.folder / "boxes.tsv"
        self.boxes.write_text("path\tbx\tby\tbw\tbh\n")

    def run_bauta(self, *arguments, code=0, **options):
        """Standard output and the lines on standard error."""
        done = subprocess.run(
            [program, *map(str, arguments)], capture_output=True, text=True, cwd=self.folder, timeout=300, **options
        )
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for line in done.stderr.splitlines():
            self.assertTrue(line.startswith("bauta: "), line)
        return done.stdout, done.stderr.splitlines()

    def photo(self, name="photos/one.png", width=120, height=110, face=FACE):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_png(path, width, height, wavy)
        if face:
            with self.boxes.open("a") as table:
                table.write("\t".join([name, *map(str, face)]) + "\n")
        return path

    def model(self, **options):
        folder = self.folder / "model"
        if not folder.exists():
            write_model(folder, **options)
        return folder

    def deid(self, *arguments, **options):
        return self.run_bauta("deid", *arguments, "--model", self.model(), "--boxes", self.boxes, **options)

    def files_under(self, folder):
        return sorted(
            str(path.relative_to(self.folder)) for path in (self.folder / folder).rglob("*") if path.is_file()
        )

    def assert_problems(self, lines, *expected):
        problems = [line for line in lines if line.count(": ") >= 2 and "; " in line and "open mode" not in line
                    and "device: " not in line]
        self.assertEqual(len(problems), len(expected), lines)
        for line, parts in zip(problems, expected):
            for part in parts:
                self.assertIn(str(part), line)

    def assert_outside_equal(self, first, second, face):
        x, y, width, height = face
        for row, (a, b) in enumerate(zip(first[2], second[2])):
            if y <= row < y + height:
                a, b = a[: 3 * x] + a[3 * (x + width) :], b[: 3 * x] + b[3 * (x + width) :]
            self.assertEqual(a, b)

    def difference(self, first, second, face):
        """Mean absolute difference in the face, levels."""
        x, y, width, height = face
        total = sum(
            abs(a - b)
            for row in range(y, y + height)
            for a, b in zip(first[2][row][3 * x : 3 * (x + width)], second[2][row][3 * x : 3 * (x + width)])
        )
        return total / (3 * width * height)


class RunsTest(CommandTest):
    """Runs over a folder of photographs."""

    def photos(self, count, **size):
        return [self.photo(f"photos/{i:03}.png", **size) for i in range(count)]

    def one_way(self, *arguments, out="out", **options):
        return self.run_bauta("deid", "photos", "--out", out, "--boxes", self.boxes, "--one-way", *arguments, **options)

    def report(self, name="report.json"):
        return json.loads((self.folder / name).read_text())

    def written(self, out="out"):
        return sorted(path.name for path in (self.folder / out).iterdir() if not path.name.startswith("."))


def main():
    """For scripts called as SCRIPT PROGRAM [unittest options]."""
    global program
    program = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(module="__main__")
