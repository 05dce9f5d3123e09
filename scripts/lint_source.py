#!/usr/bin/env python3
"""lint_source.py CHECK: what grep alone cannot say about the source files.

text      no trailing blanks, a newline at the end, no CR, C lines of 100 columns
includes  who may include whom (docs/architecture.md), and in which order
banned    C functions that are not used here, with what is used instead
notes     nothing is left for later in a comment

Prints file:line: what is wrong; exits 1 if anything is.
"""

import os
import re
import subprocess
import sys

# Room: the rooms whose headers it may include, besides its own.
MAY_INCLUDE = {
    "base": [],
    "playlist": ["base"],
    "epg": ["base"],
    "transcode": ["base"],
    "web": [],
    "gateway/http": ["base"],
    "gateway/relay": ["base"],
    "gateway/tuner": ["base", "playlist", "epg", "transcode", "gateway", "gateway/http",
                      "gateway/relay"],
    "gateway": ["base", "playlist", "epg", "transcode", "web", "gateway/http", "gateway/relay",
                "gateway/tuner"],
}
# The public headers of rooms that have others too. A room not named here shows all of its headers.
PUBLIC = {
    "playlist": ["catalogue.h", "lineup.h", "lineup_number.h", "m3u.h", "m3u_write.h",
                 "workers.h"],
    "epg": ["guide_index.h", "guide_text.h", "guide_write.h", "rules.h", "wanted.h", "workers.h",
            "xmltime.h"],
    "transcode": ["testcard.h"],
    "gateway/http": ["http.h"],
    "gateway/relay": ["ledger.h", "relay.h"],
}
# Included by its bare name: made by the build. So are the headers that tests share, which lie
# beside them or in tests/unit.
BARE = {"version.h"}

BANNED = {
    "alloca": "malloc, or an array of a fixed size",
    "asctime": "strftime",
    "atof": "strtod",
    "atoi": "strtoul",
    "atol": "strtol",
    "atoll": "strtoll",
    "ctime": "strftime",
    "gets": "getline",
    "gmtime": "gmtime_r",
    "localtime": "localtime_r",
    "mktemp": "mkostemp",
    "popen": "worker_start, or posix_spawn",
    "rand": "getrandom",
    "random": "getrandom",
    "readdir_r": "readdir",
    "setjmp": "a return value",
    "signal": "sigaction",
    "sleep": "an event on the loop, or waiting for what can be seen",
    "sprintf": "snprintf, or buf_printf",
    "srand": "getrandom",
    "strcat": "buf_str",
    "strcpy": "snprintf, or memcpy",
    "strncat": "buf_add",
    "strncpy": "snprintf, or memcpy",
    "strtok": "strtok_r, or strcspn",
    "system": "posix_spawn",
    "tempnam": "mkostemp",
    "tmpnam": "mkostemp",
    "usleep": "an event on the loop, or waiting for what can be seen",
    "vsprintf": "vsnprintf, or buf_vprintf",
}
# In pieces, so that this line does not find itself.
NOTES = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")

found = 0


def complain(path, line, text):
    global found
    found += 1
    print(f"{path}:{line}: {text}")


def tracked(*patterns):
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "--", *patterns],
        check=True, capture_output=True, text=True).stdout.splitlines()
    return [name for name in names if os.path.isfile(name)]


def read(path):
    with open(path, "rb") as f:
        return f.read()


def code_only(text):
    """The C text with comments, strings and characters blanked, lines kept."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def check_text():
    for path in tracked():
        data = read(path)
        if b"\0" in data or path.startswith(("tests/data/", "tests/fuzz/corpus/")):
            continue
        if data and not data.endswith(b"\n"):
            complain(path, data.count(b"\n") + 1, "no newline at the end")
        for n, raw in enumerate(data.split(b"\n"), 1):
            line = raw.decode("utf-8", "replace")
            if line != line.rstrip() and not path.endswith(".md"):
                complain(path, n, "blank or CR at the end of the line")
            if path.endswith((".c", ".h")) and len(line.expandtabs(8)) > 100:
                complain(path, n, f"{len(line.expandtabs(8))} columns; at most 100")


def room_of(path):
    folder = os.path.dirname(path)
    return folder if folder in MAY_INCLUDE else None


def rooms_for(path):
    """The room whose code this is, its insides included: of itself, or of what it tests."""
    room = room_of(path)
    if room is None and path.startswith("tests/unit/"):
        room = path.split("/")[2].replace("-", "/")
    return room if room in MAY_INCLUDE else None


def check_include(path, n, name, room):
    if name.startswith("../") or "/../" in name or name.startswith("./"):
        complain(path, n, f'"{name}": by its path from the root, not a relative one')
        return
    if "/" not in name:
        shared = path.startswith("tests/") and any(
            os.path.isfile(os.path.join(folder, name))
            for folder in (os.path.dirname(path), "tests/unit"))
        if name not in BARE and not shared:
            complain(path, n, f'"{name}": by its path from the root')
        return
    target = room_of(name)
    if not os.path.isfile(name):
        complain(path, n, f'"{name}": there is no such header')
    elif target is None:
        if room_of(path) is not None:
            complain(path, n, f'"{name}": {room_of(path)} includes rooms only')
    elif room is not None and target != room:
        if target not in MAY_INCLUDE[room]:
            complain(path, n, f'"{name}": {room} may include {", ".join(MAY_INCLUDE[room])} only')
        elif os.path.basename(name) not in PUBLIC.get(target, [os.path.basename(name)]):
            complain(path, n, f'"{name}": not one of the public headers of {target}')


def check_order(path, includes):
    """Own header, then <...>, then "..."."""
    own = path[:-2] + ".h"
    names = [name for _, name, _ in includes]
    if path.endswith(".c") and os.path.isfile(own) and (not names or names[0] != own):
        complain(path, includes[0][0] if includes else 1, f'"{own}": a file includes its own header first')
    ours = False
    for n, name, quoted in includes[1:] if names and includes[0][2] else includes:
        if ours and not quoted:
            complain(path, n, f"<{name}>: the headers of the system and of libraries come before ours")
        ours = ours or quoted


def check_includes():
    pattern = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
    for path in tracked("*.c", "*.h"):
        includes = []
        for n, line in enumerate(read(path).decode("utf-8", "replace").split("\n"), 1):
            m = pattern.match(line)
            if m:
                includes.append((n, m.group(2), m.group(1) == '"'))
        for n, name, quoted in includes:
            if quoted:
                check_include(path, n, name, rooms_for(path))
        check_order(path, includes)
        guard = re.sub(r"[^A-Z0-9]", "_", path.upper())
        if path.endswith(".h") and room_of(path) and f"#ifndef {guard}\n#define {guard}\n" not in \
                read(path).decode("utf-8", "replace"):
            complain(path, 1, f"no include guard {guard}")


def check_banned():
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    for path in tracked("*.c", "*.h"):
        for n, line in enumerate(code_only(read(path).decode("utf-8", "replace")).split("\n"), 1):
            for m in pattern.finditer(line):
                if m.group(1) == "signal" and ("SIG_IGN" in line or "SIG_DFL" in line):
                    continue
                complain(path, n, f"{m.group(1)}(): use {BANNED[m.group(1)]}")


def check_notes():
    for path in tracked():
        data = read(path)
        if b"\0" in data or path.startswith(("tests/data/", "tests/fuzz/corpus/")):
            continue
        for n, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
            m = NOTES.search(line)
            if m and "mktemp" not in line and "mkstemp" not in line:
                complain(path, n, f"{m.group(1)}: do it, or make it an issue")


def main():
    checks = {"text": check_text, "includes": check_includes, "banned": check_banned,
              "notes": check_notes}
    if len(sys.argv) != 2 or sys.argv[1] not in checks:
        sys.exit(__doc__)
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    checks[sys.argv[1]]()
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
