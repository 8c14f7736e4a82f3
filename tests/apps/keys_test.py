#!/usr/bin/env python3
"""Keys and locked files as scripts meet them. Usage: keys_test.py PROGRAM [unittest options]"""

import json
import os
import pty
import resource
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import command_case  # noqa: E402
from command_case import CommandTest  # noqa: E402

CHEAP = ["--passphrase-memory", "19", "--passphrase-passes", "2"]
DOES_NOT_OPEN = "does not open: it was locked with another key or passphrase"


class Keys(CommandTest):
    def key(self, name="a.key"):
        self.run_bauta("keygen", "--out", name)
        return name

    def locked_model(self, key):
        model = self.model()
        self.run_bauta("lock", model / "reid.safetensors", "--key-file", key, "--out", model / "reid.locked")
        (model / "reid.safetensors").unlink()
        return model

    def with_passphrase(self, text, *arguments, code=0, **options):
        read, write = os.pipe()
        os.write(write, text)
        os.close(write)
        try:
            return self.run_bauta(*arguments, "--passphrase-fd", read, code=code, pass_fds=[read], **options)
        finally:
            os.close(read)

    def test_keygen_prints_the_fingerprint_and_nothing_of_the_key(self):
        os.umask(0o022)
        out, lines = self.run_bauta("keygen", "--out", "a.key")
        self.assertRegex(out, r"^([0-9a-f]{4}-){3}[0-9a-f]{4}\n$")
        path = self.folder / "a.key"
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        digits = path.read_text().split()[1]
        self.assertEqual(len(digits), 64)
        facts, _ = self.run_bauta("info", "a.key", "--json")
        self.assertEqual(json.loads(facts), {"file": "a.key", "kind": "key", "fingerprint": out.strip()})
        for text in [out, *lines, facts]:
            self.assertFalse(any(digits[i : i + 6] in text for i in range(58)))
        before = path.read_bytes()
        _, lines = self.run_bauta("keygen", "--out", "a.key", code=1)
        self.assert_problems(lines, ["a.key", "exists", "--force"])
        self.assertEqual(path.read_bytes(), before)
        out, _ = self.run_bauta("keygen", "--out", "a.key", "--force", "--json")
        self.assertEqual(json.loads(out)["command"], "keygen")
        self.assertNotEqual(path.read_bytes(), before)

    def test_a_recipients_pair(self):
        out, _ = self.run_bauta("keygen", "--recipient", "--out", "anna", "--json")
        facts = json.loads(out)
        self.assertEqual(facts["public_file"], "anna.pub")
        self.assertEqual((self.folder / "anna").stat().st_mode & 0o777, 0o600)
        known = [json.loads(self.run_bauta("info", name, "--json")[0]) for name in ("anna", "anna.pub")]
        self.assertEqual({one["fingerprint"] for one in known}, {facts["fingerprint"]})
        self.assertEqual({one["public_key"] + "\n" for one in known}, {(self.folder / "anna.pub").read_text()})
        (self.folder / "text").write_text("the text")
        self.run_bauta("lock", "text", "--recipient", "anna.pub", "--key-file", self.key(), "--out", "text.locked")
        for name in ("anna", "a.key"):
            self.run_bauta("unlock", "text.locked", "--key-file", name, "--out", name + ".text")
            self.assertEqual((self.folder / (name + ".text")).read_text(), "the text")
        _, lines = self.run_bauta("unlock", "text.locked", "--key-file", "anna.pub", "--out", "x", code=1)
        self.assert_problems(lines, ["anna.pub", "public key, which opens nothing"])
        _, lines = self.run_bauta("lock", "text", "--recipient", "anna", "--out", "x", code=1)
        self.assert_problems(lines, ["anna", "private key, not a recipient's public key"])

    def test_there_and_back_with_a_key_file(self):
        key = self.key()
        model = self.model()
        weights = (model / "reid.safetensors").read_bytes()
        self.locked_model(key)
        self.assertNotIn(b"reid", (model / "reid.locked").read_bytes())
        out, _ = self.run_bauta("info", model / "reid.locked", "--json")
        facts = json.loads(out)
        self.assertEqual(
            (facts["locked"], facts["content_bytes"], facts["opens_with"]),
            (True, len(weights), {"keys": 1, "recipients": 0, "passphrase": False}),
        )
        self.assertFalse(json.loads(self.run_bauta("info", model / "deid.safetensors", "--json")[0])["locked"])
        self.run_bauta("unlock", model / "reid.locked", "--key-file", key, "--out", "back")
        self.assertEqual((self.folder / "back").read_bytes(), weights)
        self.assertEqual((self.folder / "back").stat().st_mode & 0o777, 0o600)

    def test_reid_reads_a_locked_network(self):
        self.photo()
        self.deid("photos", "--out", "deid")
        self.run_bauta("reid", "deid", "--out", "open", "--model", self.model())
        key = self.key()
        model = self.locked_model(key)
        before = self.files_under(".")
        self.run_bauta("reid", "deid", "--out", "locked", "--model", model, "--key-file", key)
        self.assertEqual((self.folder / "locked/one.png").read_bytes(), (self.folder / "open/one.png").read_bytes())
        self.assertEqual(self.files_under("."), sorted([*before, "locked/one.png"]))  # and no weights
        self.run_bauta("translate", "deid", "--out", "translated", "--network", model / "reid.locked", "--key-file", key)
        _, lines = self.run_bauta("reid", "deid", "--out", "none", "--model", model, code=1)
        self.assert_problems(lines, ["reid.locked", "is locked", "--key-file, --passphrase or --passphrase-fd"])
        other = self.key("other.key")
        _, lines = self.run_bauta("reid", "deid", "--out", "none", "--model", model, "--key-file", other, code=1)
        self.assert_problems(lines, ["reid.locked", DOES_NOT_OPEN])
        self.assertFalse((self.folder / "none").exists())

    def test_a_passphrase_from_a_descriptor(self):
        model = self.model()
        weights = model / "reid.safetensors"
        self.with_passphrase(b"correct horse\nmore", "lock", weights, "--out", "x.locked", *CHEAP)
        facts = json.loads(self.run_bauta("info", "x.locked", "--json")[0])
        self.assertEqual(facts["passphrase_cost"], {"mebibytes": 19, "passes": 2})
        self.with_passphrase(b"correct horse", "unlock", "x.locked", "--out", "back")
        self.assertEqual((self.folder / "back").read_bytes(), weights.read_bytes())
        for wrong in (b"correct horse \n", b"Correct horse"):
            _, lines = self.with_passphrase(wrong, "unlock", "x.locked", "--out", "none", code=1)
            self.assert_problems(lines, ["x.locked", DOES_NOT_OPEN])
        for bad, why in ((b"", "is empty"), (b"short\n", "shorter than 8"), (b"x" * 2000, "longer than 1024")):
            _, lines = self.with_passphrase(bad, "lock", weights, "--out", "none", *CHEAP, code=1)
            self.assert_problems(lines, ["passphrase", why])
        _, lines = self.run_bauta("unlock", "x.locked", "--passphrase-fd", 77, "--out", "none", code=1)
        self.assert_problems(lines, ["passphrase: cannot be read"])
        self.assertFalse((self.folder / "none").exists())

    def test_a_passphrase_that_takes_more_memory_than_there_is(self):
        (self.folder / "text").write_text("the text")
        costly = ["--passphrase-memory", "1024", "--passphrase-passes", "2"]
        self.with_passphrase(b"correct horse", "lock", "text", "--out", "text.locked", *costly)

        def limited():
            resource.setrlimit(resource.RLIMIT_AS, (1000 << 20, 1000 << 20))

        for arguments in (["lock", "text", *costly], ["unlock", "text.locked"]):
            _, lines = self.with_passphrase(b"correct horse", *arguments, "--out", "x", code=1, preexec_fn=limited)
            self.assert_problems(lines, ["more memory", "than is free"])
        self.assertFalse((self.folder / "x").exists())

    def on_terminal(self, answers, *arguments):
        """What stands on the terminal at the end, and the exit code."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execv(command_case.program, [command_case.program, *map(str, arguments)])
        shown = b""

        def read():
            try:
                return os.read(terminal, 4096)
            except OSError:  # how a closed terminal ends on Linux
                return b""

        for prompt, answer in answers:
            while prompt not in shown:
                more = read()
                self.assertTrue(more, shown)
                shown += more
            time.sleep(0.1)  # whoever answers before the echo is off, is seen, or not heard
            os.write(terminal, answer)
            shown = shown.split(prompt)[-1]
            self.assertNotIn(answer.strip(), shown)
        rest = b""
        while more := read():
            rest += more
        os.close(terminal)
        _, status = os.waitpid(child, 0)
        return shown + rest, status

    def test_a_passphrase_on_the_terminal(self):
        (self.folder / "text").write_text("the text")
        asked = (b"Passphrase for text.locked: ", b"correct horse\n")
        again = (b"The same again: ", b"correct horse\n")
        lock = ["lock", "text", "--passphrase", "--out", "text.locked", *CHEAP]
        shown, status = self.on_terminal([asked, (again[0], b"correct house\n")], *lock)
        self.assertEqual((os.waitstatus_to_exitcode(status), b"the two are not the same" in shown), (1, True))
        self.assertEqual(self.files_under("."), ["boxes.tsv", "text"])
        shown, status = self.on_terminal([asked, again], *lock)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, shown)
        self.assertNotIn(b"horse", shown)
        unlock = ["unlock", "text.locked", "--passphrase", "--out", "back"]
        shown, status = self.on_terminal([(asked[0], b"\x03")], *unlock)
        self.assertEqual(os.waitstatus_to_exitcode(status), -signal.SIGINT, shown)
        shown, status = self.on_terminal([asked], *unlock)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, shown)
        self.assertEqual((self.folder / "back").read_text(), "the text")
        _, lines = self.run_bauta(*unlock[:-1], "none", code=1, start_new_session=True)
        self.assert_problems(lines, ["no terminal to ask for it on", "--passphrase-fd"])

    def test_wrong_command_lines(self):
        (self.folder / "text").write_text("the text")
        key = self.key()
        for arguments in (
            ["lock", "text", "--out", "x"],
            ["unlock", "text", "--out", "x"],
            ["lock", "text", "--passphrase", "--passphrase-fd", "3", "--out", "x"],
            ["unlock", "text", "--passphrase", "--key-file", key, "--out", "x"],
            ["lock", "text", "--passphrase-fd", "3", "--passphrase-memory", "18", "--out", "x"],
            ["lock", "text", "--passphrase-fd", "3", "--passphrase-memory", "1025", "--out", "x"],
            ["lock", "text", "--passphrase-fd", "3", "--passphrase-passes", "9", "--out", "x"],
            ["lock", "text", "--passphrase-fd", "3", "--passphrase-passes", "1", "--out", "x"],
            ["lock", "text", "--passphrase", "a secret", "--out", "x"],
        ):
            self.run_bauta(*arguments, code=2)
        self.assertFalse((self.folder / "x").exists())

    def test_mistakes_have_a_line_and_no_output(self):
        text = self.folder / "text"
        text.write_text("the text")
        key = self.key()
        self.run_bauta("lock", "text", "--key-file", key, "--out", "text.locked")
        locked = (self.folder / "text.locked").read_bytes()
        for arguments, parts in (
            (["lock", "text.locked", "--key-file", key, "--out", "x"], ["text.locked", "is locked already"]),
            (["lock", "text", "--key-file", key, "--out", "text", "--force"], ["text", "its own input"]),
            (["lock", "text", "--key-file", key, "--out", "text.locked"], ["text.locked", "exists", "--force"]),
            (["lock", "text", "--key-file", "text", "--out", "x"], ["text", "is no key"]),
            (["lock", "none", "--key-file", key, "--out", "x"], ["none", "cannot be read"]),
            (["unlock", "text", "--key-file", key, "--out", "x"], ["text", "is no locked file"]),
        ):
            _, lines = self.run_bauta(*arguments, code=1)
            self.assert_problems(lines, parts)
        (self.folder / "a.key").chmod(0o644)
        _, lines = self.run_bauta("unlock", "text.locked", "--key-file", key, "--out", "x", code=1)
        self.assert_problems(lines, ["a.key", "open to others than its owner", "chmod 600"])
        (self.folder / "a.key").chmod(0o600)
        for changed in (locked[:-1], locked + b"x", locked[:-1] + bytes([locked[-1] ^ 1])):
            (self.folder / "text.locked").write_bytes(changed)
            _, lines = self.run_bauta("unlock", "text.locked", "--key-file", key, "--out", "x", code=1)
            self.assert_problems(lines, ["text.locked", DOES_NOT_OPEN])
        self.assertEqual(self.files_under("."), ["a.key", "boxes.tsv", "text", "text.locked"])

    def test_killed_half_way_nothing_is_left(self):
        key = self.key()
        with (self.folder / "large").open("wb") as large:
            large.truncate(600 << 20)
        before = self.files_under(".")
        for wait in (0.05, 0.3):
            running = subprocess.Popen(
                [command_case.program, "lock", "large", "--key-file", key, "--out", "large.locked"], cwd=self.folder
            )
            time.sleep(wait)
            running.kill()
            self.assertEqual(running.wait(), -signal.SIGKILL)
            self.assertEqual(self.files_under("."), before)


if __name__ == "__main__":
    command_case.main()
