"""peers_test.py: what of bench/peers needs no peer: every script is Python, each --help works, mistakes are refused, tables are as
their numbers say. Peers themselves, some gigabytes, are not installed for it."""

import csv
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
PEERS = Path(__file__).resolve().parents[2] / "bench/peers"
sys.path.insert(0, str(PEERS))
import contestants  # noqa: E402
import plots  # noqa: E402
import results  # noqa: E402


def run(*command, code=0):
    done = subprocess.run([sys.executable, "-B", *map(str, command)], capture_output=True, text=True, timeout=60)
    assert done.returncode == code, (command, done.returncode, done.stdout + done.stderr)
    return done.stdout + done.stderr


class Scripts(unittest.TestCase):
    def test_all_are_python(self):
        for path in [*PEERS.glob("*.py"), PEERS / "run"]:
            compile(path.read_text(), str(path), "exec")

    def test_help(self):
        for name in ("run", "export.py", "worker.py", "agreement.py", "plots.py"):
            self.assertIn("usage", run(PEERS / name, "--help"))

    def test_mistakes(self):
        here = ["--bauta", sys.executable]
        for words, arguments in (
            ("no part is called nonsense", ["nonsense", *here]),
            ("no peer is called caffe", ["--peers", "ncnn,caffe", *here]),
            ("/nonexistent/bauta is no program; build it", ["--bauta", "/nonexistent/bauta"]),
            ("/tmp is no program; build it", ["--bauta", "/tmp"]),
            ("want as many cores", ["--threads", "2", "--cores", "0", *here]),
            ("there is no core 1048576", ["--threads", "1", "--cores", "1048576", *here]),
            ("held to AVX2 everything is float32", ["avx2", "--precisions", "bf16", *here]),
        ):
            self.assertIn(words, run(PEERS / "run", *arguments, code=2))

    def test_tables_and_folders_that_are_there_are_left_alone(self):
        with tempfile.TemporaryDirectory() as work:
            table = Path(work) / "forward.csv"
            table.write_text("mine")
            command = [PEERS / "run", "forward", "--bauta", sys.executable, "--out", work]
            self.assertIn("forward.csv exists; pass --force", run(*command, code=2))
            self.assertIn("is no virtual environment, and not empty", run(*command, "--force", "--venv", work, code=1))
            self.assertEqual([path.name for path in Path(work).iterdir()], ["forward.csv"])
            self.assertEqual(table.read_text(), "mine")

    def test_numbers_that_bauta_refuses_are_refused_before_anything_starts(self):
        for option, value, words in (
            ("--precisions", "f16", "no precision is called f16; there are f32, bf16"),
            ("--threads", "0", "'0' is no whole number from 1"),
            ("--threads", "1,x", "'x' is no whole number from 1"),
            ("--rounds", "0", "'0' is no whole number from 1"),
            ("--runs", "0", "'0' is no whole number from 1"),
            ("--cores", "-1", "'-1' is no whole number from 0"),
            ("--shapes", "128x32", "'128x32' is not SIZExNGFxBLOCKS"),
            ("--shapes", "256x64x9,130x32x6", "'130' is no whole number from 24 to 4096 that 4 divides"),
            ("--shapes", "128x0x6", "'0' is no whole number from 1 to 512"),
            ("--shapes", "128x32x65", "'65' is no whole number from 1 to 64"),
            ("--sizes", "64,20", "'20' is no whole number from 24 to 4096"),
            ("--batches", "1,", "'' is no whole number from 1 to 1024"),
        ):
            with self.subTest(option=option, value=value), tempfile.TemporaryDirectory() as work:
                command = [PEERS / "run", "--bauta", sys.executable, "--work", Path(work) / "new", option, value]
                lines = run(*command, code=2).splitlines()
                self.assertIn(f"argument {option}: {words}", lines[-1])
                self.assertFalse((Path(work) / "new").exists())

    def test_versions_are_pinned(self):
        for line in (PEERS / "requirements.txt").read_text().splitlines():
            if not line.startswith("#"):
                self.assertRegex(line, r"^[a-z]+==[0-9.]+$")


class Tables(unittest.TestCase):
    def row(self, peer, precision, ms, **more):
        return {
            "part": "forward",
            "peer": peer,
            "precision": precision,
            "size": 256,
            "ngf": 64,
            "blocks": 9,
            "batch": 1,
            "threads": 2,
            "median_ms": ms,
            "machine": "a processor, with a comma",
            **more,
        }

    def test_ratios(self):
        rows = [
            self.row("bauta", "f32", 100.0),
            self.row("ncnn", "f32", 150.0),
            self.row("bauta", "bf16", 50.0),
            self.row("ncnn", "bf16", 75.0),
        ]
        results.compare_with_bauta(rows)
        self.assertEqual([row["over_bauta"] for row in rows], [1, 1.5, 1, 1.5])

    def test_without_bfloat16_of_bauta_the_ratio_is_to_its_float32_alone(self):
        rows = [
            self.row("bauta", "f32", 100.0),
            self.row("bauta", "bf16", None, note="refused"),
            self.row("openvino", "bf16", 119.0),
        ]
        results.compare_with_bauta(rows)
        self.assertAlmostEqual(rows[2]["over_bauta_f32"], 1.19)
        self.assertNotIn("over_bauta", rows[2])
        self.assertNotIn("over_bauta_f32", rows[1])

    def test_what_is_written_can_be_read_and_plotted(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "scaling.csv"
            rows = [
                self.row("bauta", "f32", 100.0),
                self.row("bauta", "f32", 180.0, batch=2),
                self.row("ncnn", "f32", None, note="refused"),
                self.row("bauta", "f32", 190.0, threads=1),
                self.row("bauta", "f32", 30.0, size=128),
            ]
            results.write_csv(path, rows)
            self.assertEqual([file.name for file in Path(folder).iterdir()], ["scaling.csv"])
            with open(path, newline="") as file:
                self.assertEqual([row["machine"] for row in csv.DictReader(file)], ["a processor, with a comma"] * 5)
            read = plots.read(path)
            times = lambda name, same: [row["median_ms"] for row in plots.rows_of(read, name, same)]
            self.assertEqual(times("size", {"batch": 1}), [100, 30])
            self.assertEqual(times("threads", {"batch": 1}), [100, 190])
            self.assertEqual(times("batch", {}), [100, 180])


class Memory(unittest.TestCase):
    def test_it_is_the_programs_own(self):
        place = contestants.Place(Path(), Path(), Path(), Path(), Path(), tuple(contestants.os.sched_getaffinity(0)))
        ballast = bytearray(200 << 20)
        ballast[:: 1 << 12] = b"x" * len(ballast[:: 1 << 12])
        small = contestants.peak_memory_mb(place, 1, [sys.executable, "-c", ""])
        large = contestants.peak_memory_mb(place, 1, [sys.executable, "-c", "b'x' * (100 << 20)"])
        self.assertLess(small, 60)
        self.assertGreater(large, small + 90)
        with self.assertRaises(contestants.Refused):
            contestants.peak_memory_mb(place, 1, [sys.executable, "-c", "raise SystemExit('no')"])


if __name__ == "__main__":
    unittest.main()
