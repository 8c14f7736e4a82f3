"""count_bytes_test.py COUNT_BYTES: what it does with a command line."""
import subprocess
import sys

count_bytes = sys.argv[1]
failures = []


def expect(code, words, *arguments):
    done = subprocess.run([count_bytes, *arguments], capture_output=True, text=True, timeout=300)
    said = done.stdout + done.stderr
    if done.returncode != code or words not in said:
        failures.append(f"{arguments}: exit code {code} and '{words}' expected, got {done.returncode}:\n{said}")


expect(0, "FILTER", "--help")
expect(2, "--nonsense", "--nonsense")
expect(1, "no kernel", "nonsense")
expect(1, "cannot be read", "lsgan_loss", "--document", "/nonexistent/README.md")
expect(1, "not in", "lsgan_loss", "--document", "/dev/null")

print(f"{len(failures)} failures", *failures, sep="\n")
sys.exit(1 if failures else 0)
