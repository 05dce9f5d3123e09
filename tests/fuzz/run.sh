#!/bin/sh
# run.sh [--seconds N] [NAME...]   fuzz targets (all) for N seconds each (60)
# run.sh --replay [NAME...]        only run their corpora once; TAP
#
# A target is tests/fuzz/fuzz_NAME.c; its first line names the rooms that it links:
#     /* rooms: playlist base */
# Seeds are in tests/fuzz/corpus/NAME, words in tests/fuzz/NAME.dict. What fuzzing
# finds interesting goes to build/fuzz/corpus/NAME, what it breaks something with to
# build/fuzz/broken/NAME-*.
set -u
cd "$(dirname "$0")/../.." || exit 2

seconds=60 mode=fuzz
while [ $# -gt 0 ]; do
    case $1 in
    --seconds)
        seconds=${2:-}
        case $seconds in '' | *[!0-9]*)
            echo "run.sh: --seconds needs a number" >&2
            exit 2
            ;;
        esac
        shift 2
        ;;
    --replay)
        mode=replay
        shift
        ;;
    -*)
        echo "usage: tests/fuzz/run.sh [--seconds N | --replay] [NAME...]" >&2
        exit 2
        ;;
    *) break ;;
    esac
done
if [ $# -eq 0 ]; then
    for source in tests/fuzz/fuzz_*.c; do
        name=${source#tests/fuzz/fuzz_}
        set -- "$@" "${name%.c}"
    done
fi
for name; do
    if [ ! -f "tests/fuzz/fuzz_$name.c" ]; then
        echo "run.sh: no target '$name' (tests/fuzz/fuzz_$name.c)" >&2
        exit 2
    fi
done

export ASAN_OPTIONS="detect_stack_use_after_return=1:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}"

# The arguments behind the first one, and the seeds where there are any.
with_seeds() {
    seeds=tests/fuzz/corpus/$1
    shift
    [ ! -d "$seeds" ] || set -- "$@" "$seeds"
    "$@"
}

replay_one() {
    make --no-print-directory -s -j"$(nproc)" VARIANT=asan BUILD=build/asan "build/asan/fuzz/$1" &&
        with_seeds "$1" timeout -k 5 120 "build/asan/fuzz/$1"
}

replay() {
    number=0 failed=0
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    echo "1..$#"
    for name; do
        number=$((number + 1))
        if replay_one "$name" >"$log" 2>&1; then
            echo "ok $number - fuzz $name: $(tail -n 1 "$log")"
        else
            failed=1
            echo "not ok $number - fuzz $name"
            tail -n 60 "$log" | sed 's/^/# /'
        fi
    done
    return $failed
}

# One line: name, executions, inputs found, verdict.
fuzz_one() {
    name=$1 verdict=ok
    log=build/fuzz/$name.log found=build/fuzz/corpus/$name dict=tests/fuzz/$name.dict
    mkdir -p "$found" build/fuzz/broken
    set -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/broken/$name-"
    [ ! -f "$dict" ] || set -- "$@" -dict="$dict"
    with_seeds "$name" timeout -k 5 $((seconds + 120)) "build/fuzz/fuzz/$name" "$@" "$found" \
        >"$log" 2>&1 || verdict=BROKEN
    stat() { sed -n "s/^stat::$1: *//p" "$log" | tail -n 1; }
    executions=$(stat number_of_executed_units)
    printf '%-20s %12s executions %8s a second %6s new  %s\n' "$name" "${executions:-0}" \
        "$(stat average_exec_per_sec)" "$(stat new_units_added)" "$verdict"
    total=$((total + ${executions:-0}))
    [ $verdict = ok ] && return
    broken=$((broken + 1))
    grep -E 'ERROR:|runtime error|Test unit written|^SUMMARY' "$log" | sed 's/^/    /'
    echo "    all of it is in $log"
    echo "    again: build/fuzz/fuzz/$name build/fuzz/broken/$name-..."
}

fuzz() {
    total=0 broken=0
    targets=$(printf 'build/fuzz/fuzz/%s ' "$@")
    # shellcheck disable=SC2086 # a list
    make --no-print-directory -s -j"$(nproc)" VARIANT=fuzz BUILD=build/fuzz CC=clang $targets || exit 1
    for name; do
        fuzz_one "$name"
    done
    echo "$# targets, $total executions, $broken broken"
    [ "$broken" -eq 0 ]
}

"$mode" "$@"
