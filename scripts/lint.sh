#!/bin/sh
# lint.sh: every check of style that a machine can make. One line a check, the
# details of what failed below it; exit 1 if any failed.
#
# FAST=1 leaves clang-tidy out. BUILD is where its few files go.
# shellcheck disable=SC2317 # the checks below are called through check()
set -u
cd "$(dirname "$0")/.." || exit 1

out=${BUILD:-build/lint}
jobs=$(nproc)
failed=0
mkdir -p "$out"

files() { git ls-files -co --exclude-standard -- "$@" | while read -r f; do [ -f "$f" ] && echo "$f"; done; }
c_files=$(files '*.c' '*.h')
# What ships, and what measures it; tests lean on macros that analysers dislike.
product=$(echo "$c_files" | grep -v '^tests/' | grep '\.c$')
headers=$(echo "$c_files" | grep '\.h$')
# With a #! line of the shell, whatever they are called.
scripts=$(files '*.sh' .ci/run | sort -u)

# The flags of the Makefile are the only ones; version.h is made by it too.
make -s BUILD="$out" "$out/version.h" || exit 1
# shellcheck disable=SC2016 # make expands it
cflags="$(make -s --eval='print-cflags: ; @echo $(CFLAGS_ALL)' print-cflags) -I$out -Itests/unit"

check() {
    name=$1
    shift
    log="$out/$(echo "$name" | tr ' ' '-').log"
    if "$@" >"$log" 2>&1; then
        echo "ok    $name"
        # Warnings: worth a look, not worth a stop.
        grep '^warning:' "$log" | sed 's/^/      /'
    else
        echo "FAIL  $name"
        sed 's/^/      /' "$log" | head -n 200
        failed=1
    fi
}

# Runs a command once a file, as many at a time as there are cores.
each() {
    list=$1
    shift
    echo "$list" | xargs -r -P "$jobs" -n 1 "$@"
}

# shellcheck disable=SC2016 # for the inner shell
formatted() {
    each "$c_files" sh -c 'clang-format "$1" | diff -u --label "$1" --label "make fmt" "$1" -' sh
}

# shellcheck disable=SC2016,SC2086 # for the inner shell; flags are words
headers_alone() {
    each "$headers" sh -c 'cc '"$cflags"' -fsyntax-only -x c "$1"' sh
}

# clang-tidy counts what it suppressed on stderr: kept only when it found something.
# shellcheck disable=SC2016,SC2086
tidy() {
    each "$product" sh -c 'model="-include scripts/lint_model.h -Wno-unused-value"
        [ "$1" = base/err.c ] && model=
        clang-tidy --quiet "$1" -- '"$cflags"' $model 2>'"$out"'/tidy.err.$$ && rc=0 || rc=1
        [ "$rc" = 0 ] || grep -v "warnings generated\|^Suppressed\|^Use " '"$out"'/tidy.err.$$
        rm -f '"$out"'/tidy.err.$$; exit "$rc"' sh
}

# It reads no system headers; of those, the macros that look like statements matter. Leaks
# are clang-tidy's: this one takes a descriptor that is put into an array for a lost one.
# shellcheck disable=SC2086 # a list of files
static_checks() {
    queue=$(echo '#include <sys/queue.h>' | cc -E -x c - | sed -n 's/^# 1 "\(.*queue.h\)".*/\1/p')
    cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability \
        --suppress=missingInclude --suppress=readdirCalled --suppress=resourceLeak \
        --suppress=memleak --include="$queue" --std=c11 --library=posix,gnu -D_GNU_SOURCE \
        -D__linux__ -j "$jobs" -I. -I"$out" $product
}

shell_scripts() {
    echo "$scripts" | xargs -r shellcheck -x
}

python_files() {
    files '*.py' | xargs -r python3 -c '
import sys
for name in sys.argv[1:]:
    compile(open(name, encoding="utf-8").read(), name, "exec")'
}

check "format" formatted
check "text" scripts/lint_source.py text
check "includes" scripts/lint_source.py includes
check "banned functions" scripts/lint_source.py banned
check "left-over notes" scripts/lint_source.py notes
check "size budget" scripts/lint_size.py
check "headers compile alone" headers_alone
check "shell" shell_scripts
check "python" python_files
check "cppcheck" static_checks
if [ "${FAST:-}" = 1 ]; then
    echo "skip  clang-tidy (FAST=1)"
else
    check "clang-tidy" tidy
fi
exit $failed
