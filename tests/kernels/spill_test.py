"""No kernel for the card spills registers or keeps arrays in local memory: reads what ptxas said of each.

spill_test.py OBJECT.report ...     as scripts/keep_report leaves them; a line a kernel and architecture is expected
"""
import re
import sys

FRAME = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")


def kernels(report):
    """(architecture, mangled name, stack, stores, loads) of every kernel that ptxas compiled."""
    entry = None
    for line in open(report, encoding="utf-8"):
        if found := re.search(r"Compiling entry function '(\S+)' for '(\S+)'", line):
            entry = found.groups()
        elif (found := FRAME.search(line)) and entry:
            yield entry[1], entry[0], *map(int, found.groups())
            entry = None


def main(reports):
    seen, bad = 0, 0
    for report in reports:
        for architecture, name, stack, stores, loads in kernels(report):
            seen += 1
            if stack or stores or loads:
                bad += 1
                print(f"{report}: {name} for {architecture}: {stack} bytes of stack, {stores} spilled, {loads} loaded back")
    print(f"{seen} kernels and architectures in {len(reports)} reports, {bad} with local memory")
    return 1 if bad or seen == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
