#!/usr/bin/env python3
"""lint_size.py: the size budget of the C files, counted by ctags.

Prints a warning for what is large and an error for what is too large; exits 1
if there was an error.
"""

import json
import os
import subprocess
import sys

FUNCTION_WARN, FUNCTION_MAX = 60, 100  # lines, from the signature to the closing brace
FILE_WARN, FILE_MAX = 400, 800  # lines
PARAMETERS_MAX = 7
# What a library calls has the parameters that the library gives it: startElementNs.
CALLED_BY_LIBRARY = {("epg/reader_sax.c", "on_start")}


def parameters(signature):
    """How many parameters "(int a, void (*cb)(int, int))" has."""
    inner = signature.strip()[1:-1].strip()
    if inner in ("", "void"):
        return 0
    depth, count = 0, 1
    for c in inner:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(c, 0)
        count += c == "," and depth == 0
    return count


def functions(paths):
    """(path, name, first line, lines, parameters) of every function definition."""
    tags = subprocess.run(
        ["ctags", "--output-format=json", "--languages=C", "--kinds-C=f", "--langmap=C:.c.h",
         "--fields=+neS", "-o", "-", "-L", "-"],
        input="\n".join(paths), check=True, capture_output=True, text=True).stdout
    for line in tags.splitlines():
        tag = json.loads(line)
        if "end" in tag:
            yield (tag["path"], tag["name"], tag["line"], tag["end"] - tag["line"] + 1,
                   parameters(tag.get("signature", "()")))


def main():
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", "*.c", "*.h"],
                            check=True, capture_output=True, text=True).stdout.splitlines()
    paths = [path for path in listed if os.path.isfile(path)]
    failed = False

    def judge(where, what, value, warn, limit):
        nonlocal failed
        if value > limit:
            failed = True
            print(f"{where}: {what} of {value}; at most {limit}")
        elif value > warn:
            print(f"warning: {where}: {what} of {value}; aim at {warn}")

    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as f:
            judge(path, "lines in the file", sum(1 for _ in f), FILE_WARN, FILE_MAX)
    for path, name, line, lines, count in functions(paths):
        judge(f"{path}:{line}: {name}", "lines", lines, FUNCTION_WARN, FUNCTION_MAX)
        if (path, name) not in CALLED_BY_LIBRARY:
            judge(f"{path}:{line}: {name}", "parameters", count, PARAMETERS_MAX, PARAMETERS_MAX)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
