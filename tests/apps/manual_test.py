#!/usr/bin/env python3
"""The manual page and the shells' completions, which are made of the command line: every option is in all of them, and each is
what its reader takes. Usage: manual_test.py PROGRAM FOLDER [unittest options]; FOLDER: where the build has written them."""

import pathlib
import re
import shutil
import subprocess
import sys
import unittest

program, folder = sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))


def run(*arguments, **options):
    return subprocess.run(arguments, capture_output=True, text=True, timeout=60, **options)


def help_of(*command):
    return run(program, *command, "--help").stdout


def options_in(text):
    lines = re.findall(r"^  (-\S+)", text, re.M)
    return {name for line in lines for name in re.findall(r"--[a-z0-9-]+", line)}


commands = re.findall(r"^  ([a-z-]+)  ", help_of().split("Subcommands:")[1], re.M)
options = {command: options_in(help_of(command)) for command in commands}


class Manual(unittest.TestCase):
    page = (folder / "bauta.1").read_text()

    def test_there_is_something_to_compare(self):
        self.assertIn("deid", commands)
        self.assertGreaterEqual(len(commands), 12)
        self.assertLessEqual({"--out", "--key-file", "--blocks"}, options["deid"])

    def test_every_option_of_every_command_is_on_the_page(self):
        sections = dict(re.findall(r"^\.SS (\S+)\n(.*?)(?=^\.S[SH] )", self.page, re.M | re.S))
        self.assertEqual([name.replace("\\-", "-") for name in sections], commands)
        for command in commands:
            section = sections[command.replace("-", "\\-")].replace("\\-", "-")
            entries = re.findall(r"^\.TP\n(\\fB-.*)", section, re.M)
            described = {name for entry in entries for name in re.findall(r"--[a-z0-9-]+", entry)}
            self.assertEqual(described, options[command], command)
            self.assertIn("Example:", section)

    def test_the_page_is_well_formed(self):
        if not shutil.which("mandoc") or not shutil.which("man"):
            self.skipTest("mandoc or man is not here")
        lint = run("mandoc", "-T", "lint", folder / "bauta.1")
        self.assertEqual(lint.stdout, "")
        shown = run("man", "--warnings", "-l", folder / "bauta.1", env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"})
        self.assertEqual(shown.stderr, "")
        self.assertIn("--key-file", shown.stdout)


class Completions(unittest.TestCase):
    def bash(self, *words):
        script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bauta; printf "%s\\n" "${COMPREPLY[@]}"'
        done = run("bash", "-c", script, "bash", folder / "bauta.bash", "bauta", *words)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_bash(self):
        self.assertEqual(run("bash", "-n", folder / "bauta.bash").stderr, "")
        self.assertEqual(self.bash("de"), ["deid"])
        self.assertEqual(sorted(self.bash("")), sorted(commands))
        for command in commands:
            self.assertLessEqual(options[command], set(self.bash(command, "-")), command)
        self.assertEqual(self.bash("deid", "--det"), ["--detector"])
        self.assertEqual(self.bash("deid", "photo.jpg", "--detector", ""), ["haar", "yunet"])
        self.assertEqual(self.bash("deid", "--detector", "=", "y"), ["yunet"])
        self.assertEqual(self.bash("deid", "--threads", ""), [])
        self.assertEqual(self.bash("info", str(folder / "bauta.f")), [str(folder / "bauta.fish")])
        self.assertEqual(self.bash("deid", "--key-file", str(folder / "bauta.f")), [str(folder / "bauta.fish")])

    def test_fish(self):
        if not shutil.which("fish"):
            self.skipTest("fish is not here")
        self.assertEqual(run("fish", "--no-execute", folder / "bauta.fish").stderr, "")

        def complete(line):
            done = run("fish", "--no-config", "-c", f"source {folder / 'bauta.fish'}; complete -C '{line}'")
            self.assertEqual(done.stderr, "")
            return {entry.split("\t")[0] for entry in done.stdout.splitlines()}

        self.assertEqual(complete("bauta dei"), {"deid"})
        self.assertEqual(complete("bauta deid --detector "), {"haar", "yunet"})
        for command in commands:
            self.assertLessEqual(options[command], complete(f"bauta {command} --"), command)

    def test_zsh(self):
        if not shutil.which("zsh"):
            self.skipTest("zsh is not here")
        self.assertEqual(run("zsh", "-n", folder / "_bauta").stderr, "")
        text = (folder / "_bauta").read_text()
        for command in commands:
            section = re.search(rf"^ +{command}\)\n +_arguments(.*?);;", text, re.M | re.S)[1]
            self.assertEqual(set(re.findall(r"'\*?(--[a-z0-9-]+)\[", section)), options[command], command)
        # As zsh itself reads it: a pseudo-terminal that a tab is typed on.
        script = (f"fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D; zmodload zsh/zpty; "
                  "zpty shell zsh -f -i; "
                  f"zpty -w shell 'PS1=; fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D; "
                  "bindkey \"^M\" accept-line; bindkey \"^I\" complete-word; print REA''DY'; "
                  "zpty -r -m shell out '*READY*'; zpty -w -n shell $'bauta deid --det\\t'; "
                  "zpty -r -m shell out '*--detector*' && print FOUND")
        done = subprocess.run(["timeout", "30", "zsh", "-f", "-c", script], capture_output=True, text=True)
        self.assertIn("FOUND", done.stdout, done.stderr)


if __name__ == "__main__":
    unittest.main()
