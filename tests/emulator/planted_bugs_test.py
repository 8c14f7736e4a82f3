"""planted_bugs_test.py PROGRAM: every planted bug that this build must find is found, and said in the right
words; and without the bug nothing is."""
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

program = sys.argv[1]
environment = dict(os.environ, TSAN_OPTIONS="halt_on_error=1")
environment.pop("BAUTA_EMULATOR_ORDER", None)


def run(*arguments):
    done = subprocess.run([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", timeout=300, env=environment)
    return done.returncode, done.stdout


def failure(case):
    name, words = case
    code, output = run(name, *([] if words else ["--fixed"]))
    if words and (code == 0 or words not in output):
        return f"{name}: '{words}' expected, got exit code {code} and:\n{output}"
    if not words and (code != 0 or not output.endswith("nothing found\n")):
        return f"{name} --fixed: a false alarm, exit code {code}:\n{output}"
    return None


planted = [tuple(line.split("\t")) for line in run("--list")[1].splitlines()]
twins = [(name, None) for name in run("--names")[1].splitlines()]
with ThreadPoolExecutor(2) as pool:
    failures = [f for f in pool.map(failure, planted + twins) if f]
for wrong in (["early_return", "--fxed"], ["early_return", "--fixed", "more"], ["--names", "--fxed"], ["nonsense"], []):
    if run(*wrong)[0] != 2:
        failures.append(f"planted_bugs {wrong} is not refused")
environment["BAUTA_EMULATOR_ORDER"] = "revresed"
if run("--names")[0] != 2:
    failures.append("BAUTA_EMULATOR_ORDER=revresed is not refused")
print(f"{len(planted)} planted bugs, {len(twins)} kernels without: {len(failures)} failures", *failures, sep="\n")
sys.exit(1 if failures or len(planted) < 20 else 0)
