#!/usr/bin/env python3
"""bauta train as its users meet it: killed and resumed, damaged, contradicted. Usage: train_test.py PROGRAM"""

import json
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import command_case  # noqa: E402
from command_case import CommandTest  # noqa: E402

TINY = ["--ngf", 2, "--ndf", 2, "--blocks", 1, "--pool", 3, "--log-every", 1, "--sample-every", 1000]


KEYED = ["--ngf", 2, "--blocks", 1, "--log-every", 1, "--sample-every", 1000]


class Train(CommandTest):
    def data(self):
        folder = self.folder / "data"
        if not folder.exists():
            for i in range(3):
                self.photo(f"photos/p{i}.png")
            self.run_bauta("prepare", "photos", "--boxes", self.boxes, "--size", 32, "--blocks", 4, "--out", "data")
        return folder

    def train(self, run, *arguments, **options):
        return self.run_bauta("train", self.data(), "--out", run, *TINY, *arguments, **options)

    def log(self, run):
        entries = [json.loads(line) for line in (self.folder / run / "log.jsonl").read_text().splitlines()]
        for entry in entries:
            self.assertGreater(entry.pop("images_per_s"), 0)
        return entries

    def test_a_run_leaves_what_it_should(self):
        out, _ = self.train("run", "--steps", 4, "--json")
        self.assertTrue(json.loads(out)["finished"])
        self.assertGreater(json.loads(out)["peak_memory_bytes"], 1 << 16)
        self.assertGreaterEqual(json.loads(out)["held_memory_bytes"], json.loads(out)["peak_memory_bytes"])
        names = self.files_under("run")
        for name in ("deid.safetensors", "reid.safetensors", "config.json", "log.jsonl", "samples/4.png",
                     "checkpoint/step-00000004.safetensors"):
            self.assertIn("run/" + name, names)
        keys = ["step", "epoch", "lr", "G_adv", "F_adv", "cycle_X", "cycle_Y", "D_X", "D_Y"]
        self.assertEqual([list(entry) for entry in self.log("run")], [keys] * 4)
        out, _ = self.run_bauta("info", "run/deid.safetensors", "--json")
        self.assertEqual(json.loads(out)["ngf"], 2)

    def test_killed_and_resumed_equals_uninterrupted(self):
        for kind in ("reference", "skip", "bounded", "keyed"):
            options = ["--channel", kind, *KEYED] if kind == "keyed" else ["--generator", kind, *TINY]
            options += ["--steps", 60, "--checkpoint-every", 5]
            whole, killed = kind + "-whole", kind + "-killed"
            self.run_bauta("train", self.data(), "--out", whole, *options)
            command = [command_case.program, "train", self.data(), "--out", killed, *options]
            process = subprocess.Popen(list(map(str, command)), cwd=self.folder, stderr=subprocess.DEVNULL)
            checkpoints = self.folder / killed / "checkpoint"
            deadline = time.monotonic() + 120
            while not list(checkpoints.glob("step-*")) and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            self.assertEqual(process.wait(), -signal.SIGKILL, "it was to be killed half-way")
            self.run_bauta("train", self.data(), "--out", killed, *options, "--resume", "--threads", 1)
            for name in ("deid.safetensors", "reid.safetensors", "checkpoint/step-00000060.safetensors"):
                self.assertEqual((self.folder / whole / name).read_bytes(), (self.folder / killed / name).read_bytes())
            self.assertEqual(self.log(whole), self.log(killed))

    def test_the_keyed_channel_has_no_discriminators_and_no_options_for_them(self):
        out, _ = self.run_bauta("train", self.data(), "--out", "run", "--channel", "keyed", *KEYED, "--steps", 3, "--json")
        self.assertTrue(json.loads(out)["finished"])
        self.assertEqual([list(entry) for entry in self.log("run")], [["step", "epoch", "lr", "cycle_X"]] * 3)
        facts = json.loads(self.run_bauta("info", "run/reid.safetensors", "--json")[0])
        self.assertEqual((facts["architecture"], facts["role"], facts["residual_levels"]), ("keyed", "reid", 7))
        for option in (["--generator", "bounded"], ["--ndf", 4], ["--loss", "log"], ["--pool", 2], ["--paired", 1],
                       ["--loop-noise", 1], ["--composite"], ["--adversarial-deid", 0.5], ["--identity", 1]):
            _, lines = self.run_bauta("train", self.data(), "--out", "other", "--channel", "keyed", *option, code=2)
            self.assertIn(option[0], lines[-1])
            self.assertIn("cycle alone", lines[-1])
        _, lines = self.run_bauta("train", self.data(), "--out", "other", "--channel", "keyed", "--residual-levels", 7.5,
                                  code=2)
        self.assertIn("--residual-levels", lines[-1])
        self.assertEqual(self.files_under("other"), [])
        _, lines = self.run_bauta("train", self.data(), "--out", "run", "--resume", "--generator", "skip", code=1)
        self.assertIn("--generator keyed", lines[-1])

    def test_a_stopped_run_says_how_to_go_on(self):
        command = [command_case.program, "train", self.data(), "--out", "run", *TINY, "--steps", 100000]
        process = subprocess.Popen(list(map(str, command)), cwd=self.folder, stderr=subprocess.PIPE, text=True)
        log = self.folder / "run" / "log.jsonl"
        while (not log.exists() or not log.read_text()) and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertIn("--resume", errors)
        self.assertEqual(len(list((self.folder / "run" / "checkpoint").glob("step-*"))), 1)

    def test_a_damaged_checkpoint_is_named_and_the_one_before_used(self):
        self.train("run", "--steps", 6, "--checkpoint-every", 3)
        newest = self.folder / "run/checkpoint/step-00000006.safetensors"
        whole = newest.read_bytes()
        newest.write_bytes(whole[: len(whole) // 2])
        _, lines = self.train("run", "--resume", code=0)
        self.assertTrue(any("step-00000006.safetensors" in line and "; " in line for line in lines), lines)
        self.assertEqual(newest.read_bytes(), whole)

    def test_a_run_is_not_started_over_by_mistake(self):
        self.train("run", "--steps", 1)
        _, lines = self.train("run", "--steps", 1, code=1)
        self.assert_problems(lines, ["run", "--resume", "--force"])
        self.train("run", "--steps", 2, "--force")
        self.assertEqual(len(self.log("run")), 2)
        _, lines = self.train("run", "--steps", 3, "--resume", code=1)
        self.assert_problems(lines, ["config.json", "--steps 2, not 3"])
        _, lines = self.train("run", "--tf32", "--resume", code=1)
        self.assert_problems(lines, ["run", "config.json", "--tf32 false, not true", "leave the option out"])
        # A run in bf16 does not go on in f32: not silently, not when asked to, and the advice is none that is refused.
        config = self.folder / "run/config.json"
        config.write_text(config.read_text().replace('"precision": "f32"', '"precision": "bf16"'))
        _, lines = self.train("run", "--precision", "f32", "--resume", code=1)
        self.assert_problems(lines, ["run", "config.json", "--precision bf16, not f32", "leave the option out"])
        _, lines = self.train("nowhere", "--resume", code=1)
        self.assert_problems(lines, ["nowhere"])

    def test_bf16_where_the_cpu_has_it(self):
        bf16 = ["--precision", "bf16", "--device", "cpu"]
        self.train("run", "--steps", 4, "--checkpoint-every", 2)
        version, _ = self.run_bauta("--version")
        (there,) = [line for line in version.splitlines() if line.startswith("bf16 on the CPU: ")]
        if "none, " in there:
            _, lines = self.train("fresh", "--steps", 4, *bf16, code=1)
            self.assert_problems(lines, ["--precision bf16", there.split("none, ")[1], "use --precision f32"])
            self.assertFalse((self.folder / "fresh").exists())
            config = self.folder / "run/config.json"
            config.write_text(config.read_text().replace('"precision": "f32"', '"precision": "bf16"'))
            _, lines = self.train("run", "--resume", "--device", "cpu", code=1)
            self.assertIn("--precision bf16", lines[-1])
            self.assertNotIn("use --precision f32", lines[-1])
            return
        # Of a picture's few channels, or of few more, nothing is rounded.
        wide = ["--ngf", 6, "--ndf", 2, "--blocks", 1, "--steps", 4, "--checkpoint-every", 2]
        self.run_bauta("train", self.data(), "--out", "exact", *wide, "--device", "cpu")
        for run in ("whole", "resumed"):
            self.run_bauta("train", self.data(), "--out", run, *wide, *bf16)
        last = "checkpoint/step-00000004.safetensors"
        (self.folder / "resumed" / last).unlink()
        self.run_bauta("train", self.data(), "--out", "resumed", "--resume", "--device", "cpu", "--threads", 1)
        whole, resumed, exact = [(self.folder / run / last).read_bytes() for run in ("whole", "resumed", "exact")]
        self.assertEqual(whole, resumed)
        self.assertNotEqual(whole, exact)

    def test_other_peoples_files_are_left_alone(self):
        precious = self.folder / "precious"
        (precious / "samples").mkdir(parents=True)
        (precious / "samples/holiday.txt").write_text("mine")
        (precious / "deid.safetensors").write_text("mine")
        _, lines = self.train("precious", "--steps", 2, code=1)
        self.assert_problems(lines, ["precious", "deid.safetensors", "--force"])
        self.assertEqual((precious / "deid.safetensors").read_text(), "mine")
        self.train("precious", "--steps", 2, "--force")
        self.assertEqual((precious / "samples/holiday.txt").read_text(), "mine")

    def test_resuming_mends_lost_weight_files_and_folders(self):
        self.train("run", "--steps", 4, "--checkpoint-every", 2)
        run = self.folder / "run"
        before = (run / "deid.safetensors").read_bytes()
        (run / "deid.safetensors").write_text("junk")
        (run / "reid.safetensors").unlink()
        self.train("run", "--resume")
        self.assertEqual((run / "deid.safetensors").read_bytes(), before)
        self.assertTrue((run / "reid.safetensors").exists())

    def test_a_damaged_configuration_is_named(self):
        self.train("run", "--steps", 2)
        path = self.folder / "run/config.json"
        whole = json.loads(path.read_text())
        for change in ({"batch": 0}, {"ngf": -4}, {"ngf": 40000}, {"steps": "many"}):
            path.write_text(json.dumps({**whole, **change}))
            _, lines = self.train("run", "--resume", code=1)
            self.assert_problems(lines, ["config.json", "damaged"])
        path.write_text(json.dumps({name: value for name, value in whole.items() if name != "precision"}))
        _, lines = self.train("run", "--resume", code=1)
        self.assert_problems(lines, ["config.json", "does not say the run's precision", 'add "precision"'])

    def test_a_checkpoint_of_another_step_is_refused(self):
        self.train("run", "--steps", 4, "--checkpoint-every", 2)
        path = self.folder / "run/checkpoint/step-00000004.safetensors"
        path.write_bytes(path.read_bytes().replace(b'"step":"4"', b'"step":"3"', 1))
        _, lines = self.train("run", "--resume")
        self.assertTrue(any("step-00000004.safetensors" in line and "checksum" in line for line in lines), lines)
        _, lines = self.train("run", "--resume", "--seed", 7, code=1)
        self.assert_problems(lines, ["config.json", "--seed 1, not 7"])

    def test_bad_data_and_options(self):
        _, lines = self.run_bauta("train", "missing", "--out", "run", code=1)
        self.assert_problems(lines, ["missing"])
        self.assertFalse((self.folder / "run").exists())
        self.run_bauta("train", self.data(), "--out", "run", "--generator", "best", code=2)
        self.run_bauta("train", self.data(), "--out", "run", "--batch", 0, code=2)
        self.run_bauta("train", self.data(), code=2)
        (self.folder / "file").write_text("")
        _, lines = self.train("file/run", "--steps", 1, code=1)
        self.assert_problems(lines, ["file/run"])
        (self.data() / "clear/p1.png").write_bytes(b"")
        _, lines = self.train("run", "--steps", 6, code=1)
        self.assert_problems(lines, ["p1.png"])

    def test_terms_are_logged_and_the_average_is_named(self):
        self.train("run", "--steps", 4, "--checkpoint-every", 2, "--ssim", 1, "--loop-noise", 0.5, "--average", 0.9)
        self.assertIn("ssim_X", self.log("run")[0])
        config = json.loads((self.folder / "run/config.json").read_text())
        self.assertEqual([config[name] for name in ("ssim", "loop_noise", "average")], [1, 0.5, 0.9])
        out, _ = self.run_bauta("info", "run/deid.safetensors", "--json")
        self.assertEqual(json.loads(out)["metadata"]["average"], "0.9")
        _, lines = self.train("run", "--resume", "--loop-noise", 1, code=1)
        self.assert_problems(lines, ["config.json", "--loop-noise 0.5, not 1"])
        for refused in (["--average", 1], ["--ssim", -1], ["--loop-noise", 61]):
            self.train("other", *refused, "--steps", 1, code=2)

    def test_likeness_needs_a_judge_and_a_judge_likeness(self):
        _, lines = self.train("run", "--steps", 1, "--likeness", 1, code=1)
        self.assert_problems(lines, ["--likeness", "--facenet"])
        _, lines = self.train("run", "--steps", 1, "--likeness", 1, "--facenet", "nothing", code=1)
        self.assert_problems(lines, ["nothing"])
        _, lines = self.train("run", "--steps", 1, "--facenet", "nothing", code=1)
        self.assert_problems(lines, ["--facenet", "--likeness"])
        self.assertFalse((self.folder / "run").exists())

    def test_wgan_gp_and_log_losses_train(self):
        for loss in ("wgan-gp", "log"):
            self.train(loss, "--loss", loss, "--steps", 3, "--batch", 2)
            self.assertEqual(len(self.log(loss)), 3)

    def test_a_baseline_is_trained_into_one_file(self):
        tiny = ["--ngf", 2, "--ndf", 2, "--steps", 3]
        for kind, losses in (("password", ["restored", "different", "wrong", "hidden", "adversarial", "discriminator"]),
                             ("uunet", ["restored", "hidden", "adversarial", "discriminator"])):
            out, _ = self.run_bauta("train-baseline", kind, self.data(), "--out", f"{kind}.st", *tiny, "--json")
            summary = json.loads(out)
            self.assertTrue(summary["finished"])
            self.assertEqual(summary["steps"], 3)
            self.assertEqual(sorted(summary["last"]), sorted(losses))
            self.assertIn(b"bauta-baseline-" + kind.encode(), (self.folder / f"{kind}.st").read_bytes())
        before = (self.folder / "uunet.st").read_bytes()
        _, problems = self.run_bauta("train-baseline", "uunet", self.data(), "--out", "uunet.st", *tiny, code=1)
        self.assert_problems(problems, "uunet.st: exists; pass --force to replace it")
        self.assertEqual((self.folder / "uunet.st").read_bytes(), before)
        self.run_bauta("train-baseline", "uunet", self.data(), "--out", "uunet.st", *tiny, "--force")
        self.assertEqual((self.folder / "uunet.st").read_bytes(), before, "the same seed, the same weights")
        self.run_bauta("train-baseline", "mask", self.data(), "--out", "mask.st", code=2)


if __name__ == "__main__":
    command_case.main()
