#!/usr/bin/env python3
"""bauta bench: what it measures is plausible, its tables can be read, mistakes are refused. Usage: bench_test.py PROGRAM"""

import csv
import io
import json
import subprocess
import sys

sys.dont_write_bytecode = True
import command_case  # noqa: E402
from command_case import CommandTest  # noqa: E402
from pictures import write_generator  # noqa: E402

SMALL = ["--size", "32", "--ngf", "4", "--blocks", "1"]
WINOGRAD = 4  # the products that F(4x4, 3x3) saves: 144 become 36


class Bench(CommandTest):
    def bench(self, *arguments, code=0, threads=1):
        return self.run_bauta("bench", *arguments, "--device", "cpu", "--threads", threads, code=code)

    def measured(self, *arguments, **options):
        out, _ = self.bench(*arguments, "--json", **options)
        return json.loads(out)

    def test_a_filter_and_its_table(self):
        out, lines = self.bench("reduce_sum")
        head, columns, *rows = out.splitlines()
        self.assertIn("1 thread; float32 ", head)
        self.assertEqual(columns.split()[:4], ["kernel", "what", "storage", "runs"])
        self.assertGreaterEqual(len(rows), 3)
        for row in rows:
            self.assertTrue(row.startswith("reduce_sum "), row)
        self.assertEqual(lines, [])

    def test_a_filters_words_are_all_looked_for_in_any_order(self):
        names = lambda words: [(row["kernel"], row["what"]) for row in self.measured(words, "--runs", 1)["measurements"]]
        found = names("3-64 discriminator conv_fprop kept")
        self.assertEqual(found, [("conv_fprop", "discriminator 4x4 3-64 by 2 at 256x256, weights kept")])
        self.assertEqual(found, names(" kept  conv_fprop discriminator 3-64 "))
        self.bench("conv_fprop nonsense", code=2)

    def test_numbers_are_plausible(self):
        found = self.measured("conv_fprop residual 3x3 256-256")
        machine = found["devices"][0]
        self.assertIn("-O", machine["flags"])
        self.assertNotEqual(machine["machine"], "")
        self.assertGreater(machine["peak_float32_GFLOP_per_s"], 1)
        self.assertGreater(machine["copy_GB_per_s"], 0.1)
        self.assertGreaterEqual(len(found["measurements"]), 3)
        for row in found["measurements"]:
            products = 2 * (64 * 64 if "64x64" in row["what"] else 32 * 32) * 256 * 256 * 9
            self.assertAlmostEqual(row["GFLOP_per_s"], products / row["ms"] / 1e6, delta=1e-3 * row["GFLOP_per_s"])
            self.assertGreater(row["share_of_peak"], 0)
            self.assertLess(row["share_of_peak"], 1.1 * WINOGRAD)
        (product,) = self.measured("gemm")["measurements"]
        self.assertLess(product["share_of_peak"], 1.1)
        self.assertGreater(product["share_of_copy"], 0)

    def test_networks(self):
        found = self.measured("reference", *SMALL, "--batch", "2", "--seed", "7")
        forward, step = found["measurements"]
        self.assertEqual((forward["kernel"], step["kernel"]), ("forward", "step"))
        self.assertEqual(forward["what"], "reference 32x32, ngf 4, 1 blocks, batch 2")
        # By hand, in products a picture: 7x7 3-4, 3x3 4-8 and 8-16 by 2, two 3x3 16-16, their ways up, 7x7 4-3.
        products = 32 * 32 * 49 * 12 * 2 + 2 * (16 * 16 * 9 * 32 + 8 * 8 * 9 * 128) + 2 * 8 * 8 * 9 * 256
        self.assertAlmostEqual(forward["GFLOP_per_s"] * forward["ms"] * 1e6, 2 * 2 * products, delta=2e-3 * products)
        self.assertGreater(step["ms"], forward["ms"])
        self.assertGreater(step["memory_bytes"], forward["memory_bytes"])
        for row in (forward, step):
            self.assertLess(row["share_of_peak"], 1.1 * WINOGRAD)

    def test_the_default_models_shape_and_the_papers(self):
        for shape in ("bounded 128x128, ngf 32, 6 blocks, batch 1", "reference 256x256, ngf 64, 9 blocks, batch 1"):
            (row,) = self.measured("forward " + shape.split(",")[0], "--runs", "1", threads=0)["measurements"]
            self.assertEqual((row["kernel"], row["what"]), ("forward", shape))
            self.assertLess(row["share_of_peak"], 1.1 * WINOGRAD)

    def test_a_weight_file(self):
        write_generator(self.folder / "skip.safetensors", {"generator": "skip", "role": "deid", "size": "64"}, True)
        (row,) = self.measured("skip", "--network", "skip.safetensors", "--runs", "2")["measurements"]
        self.assertEqual((row["kernel"], row["what"], row["runs"]), ("forward", "skip 64x64, ngf 4, 1 blocks, batch 1", 2))
        (self.folder / "text").write_text("no weights")
        _, lines = self.bench("forward", "--network", "text", code=1)
        self.assert_problems(lines, ["text"])
        self.bench("forward", "--network", "skip.safetensors", "--ngf", "4", code=2)

    def test_the_csv(self):
        self.bench("lsgan_loss", "--csv", "table.csv")
        text = (self.folder / "table.csv").read_text()
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertGreaterEqual(len(rows), 1)
        for row in rows:
            self.assertEqual((row["kernel"], row["storage"], row["threads"]), ("lsgan_loss", "float32", "1"))
            self.assertGreater(float(row["ms"]), 0)
            for column in ("machine", "flags", "bauta", "commit", "compiler", "backend"):
                self.assertTrue(row[column], column)
        _, lines = self.bench("lsgan_loss", "--csv", "table.csv", code=1)
        self.assert_problems(lines, ["table.csv", "exists", "--force"])
        self.assertEqual((self.folder / "table.csv").read_text(), text)
        self.bench("lsgan_loss", "--csv", "table.csv", "--force")
        _, lines = self.bench("lsgan_loss", "--csv", "nowhere/table.csv", code=1)
        self.assert_problems(lines, ["nowhere/table.csv"])
        self.assertEqual(self.files_under("."), ["boxes.tsv", "table.csv"])

    def test_an_interrupted_run_keeps_what_was_measured(self):
        process = subprocess.Popen(
            [command_case.program, "bench", "--device", "cpu", "--threads", "1", "--runs", "20", "--csv", "table.csv", "--quiet"],
            cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)
        for _ in range(4):  # the machine, the names, two measurements
            process.stdout.readline()
        process.terminate()
        _, lines = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 1, lines)
        self.assertRegex(lines, "interrupted after [1-9][0-9]* of [0-9]+ measurements; ")
        self.assertGreaterEqual(len((self.folder / "table.csv").read_text().splitlines()), 3)

    def test_mistakes(self):
        _, lines = self.bench("nonsense", code=2)
        for word in ("nonsense", "conv_fprop", "forward", "step"):
            self.assertIn(word, lines[0])
        for arguments in (
            ["--runs", "-1"],
            ["--size", "30"],
            ["--threads", "-3"],
            ["--generator", "none"],
            ["--batch", "0"],
        ):
            with self.subTest(arguments=arguments):
                self.run_bauta("bench", "gemm", *arguments, code=2)


if __name__ == "__main__":
    command_case.main()
