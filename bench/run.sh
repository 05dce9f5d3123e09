#!/bin/sh
# run.sh [--quick] [CLAIM...]: run the benchmarks (all, or those of claims such as
# R1) and print one table: ours, the reference that ran in turn with it, the goal.
#
# --quick makes every run short. Only counts (bytes, calls, corruption, structure)
# decide the exit status, in either form; times are printed with ok or miss, since
# they say as much about the machine. The lines are also in build/bench.tsv:
# claim, what, ours, reference, ratio, goal, verdict.
#
# BUILD is where things are built (build/release). MASTHEAD is a binary to measure
# in place of the one that is built there.
set -u
cd "$(dirname "$0")/.." || exit 2

BUILD=${BUILD:-build/release}
TSV=build/bench.tsv
# The order of the table.
PROGRAMS="r1_paced r2_saturated r3_calls_out r4_calls_in r5_latency r7_client_memory r8_memory
r9_corruption r10_stalled z1_warm z2_joins z5_cold cat_playlist e1_skip e2_all e3_gzip e4_memory
e5_unchanged e6_share e7_serving e8_now e9_relay"

quick="" claims="" limit=300
for arg in "$@"; do
    case $arg in
    --quick) quick=--quick limit=60 ;;
    -*)
        echo "usage: bench/run.sh [--quick] [CLAIM...]" >&2
        exit 2
        ;;
    *) claims="$claims $arg" ;;
    esac
done

# "R1" is r1_paced.
wanted() {
    [ -n "$claims" ] || return 0
    for claim in $claims; do
        claim=$(echo "$claim" | tr '[:upper:]' '[:lower:]')
        case $1 in "$claim"_*) return 0 ;; esac
    done
    return 1
}

set -- bench-build
[ -n "${MASTHEAD:-}" ] || set -- build "$@"
make --no-print-directory -s -j"$(nproc)" BUILD="$BUILD" "$@" >&2 || exit 2
mkdir -p build
rows=$(mktemp) running=""
trap 'rm -f "$rows"' EXIT
trap '[ -z "$running" ] || kill "$running"; exit 2' INT TERM

failed=0 ran=0
for program in $PROGRAMS; do
    wanted "$program" || continue
    ran=1
    echo "running $program" >&2
    # shellcheck disable=SC2086 # no option is no argument
    timeout --kill-after=10 "$limit" "$BUILD/bench/$program" $quick >>"$rows" &
    running=$!
    wait "$running"
    status=$? running=""
    [ $status -eq 0 ] || failed=1
    if [ $status -gt 1 ]; then
        claim=$(echo "${program%%_*}" | tr '[:lower:]' '[:upper:]')
        [ $status -ne 124 ] || echo "$program: not done after $limit s" >&2
        printf '%s\t%s\t-\t-\t-\t-\tFAIL\n' "$claim" "did not run to its end" >>"$rows"
    fi
done
if [ $ran -eq 0 ]; then
    echo "no such claim:$claims" >&2
    exit 2
fi

cp "$rows" "$TSV"
awk -F '\t' '
BEGIN { n = split("claim\twhat\tours\treference\tratio\tgoal\tok", cell)
        for (i = 1; i <= n; i++) { text[0, i] = cell[i]; width[i] = length(cell[i]) } }
      { for (i = 1; i <= 7; i++) { text[NR, i] = $i
            if (length($i) > width[i]) width[i] = length($i) } }
END   { for (r = 0; r <= NR; r++) { line = ""
            for (i = 1; i <= 7; i++) line = line sprintf("%-" width[i] "s  ", text[r, i])
            sub(/ +$/, "", line); print line } }' "$rows"
exit $failed
