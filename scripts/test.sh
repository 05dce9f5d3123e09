#!/bin/sh
# test.sh [SUITE...]: builds and runs the tests. Without a name: all of them.
#
# Each suite writes build/test/SUITE.log and one line here; the end of the log
# follows when something failed. The last line is the sum:  N passed, N failed
# With CI=true lint is whole; else it leaves the slow clang-tidy out.
set -u
cd "$(dirname "$0")/.." || exit 1

out=build/test
asan=build/asan/masthead
release=build/release/masthead
suites=${*:-lint unit fuzz cli scenario system clients}
jobs=$(nproc)
all_passed=0 all_failed=0 all_skipped=0
mkdir -p "$out"

export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}"
export ASAN_OPTIONS="detect_stack_use_after_return=1:${ASAN_OPTIONS:-}"

# -- the suites: each writes its output to stdout and returns its status -------

suite_lint() {
    fast=1
    [ "${CI:-}" = true ] && fast=0
    FAST=$fast scripts/lint.sh
}

suite_unit() {
    status=0
    for source in tests/unit/*/test_*.c; do
        program=build/asan/${source#tests/}
        program=${program%.c}
        echo "unit: $program"
        timeout -k 5 300 "$program" && continue
        echo "unit: it ended with status $?"
        status=1
    done
    return $status
}

suite_fuzz() {
    tests/fuzz/run.sh --replay
}

suite_cli() {
    MASTHEAD=$PWD/$asan prove -v tests/cli/*.sh
}

suite_scenario() {
    varnishtest -k -j "$jobs" -t 60 -D gateway="$PWD/$asan" tests/scenario/*.vtc
}

# The distribution's Python has the distribution's pytest.
suite_system() {
    MASTHEAD=$PWD/$asan /usr/bin/python3 -m pytest -p no:cacheprovider -ra tests/system
}

suite_clients() {
    MASTHEAD=$PWD/$release prove -v tests/clients/*.sh
}

# -- counting: the numbers come from what each kind of test prints --------------

count() { grep -c "$@"; }

# "100%: Checks: 12, Failures: 0, Errors: 0". A program that ended badly with all
# checks passed, or before it could say, is one failure.
count_check() {
    awk '/^unit: build/ { bad_here = 0 }
        /^[0-9]+%: Checks: / {
            gsub(",", "")
            checks += $3; bad_here = $5 + $7; bad += bad_here }
        /^unit: it ended/ { if (bad_here == 0) { bad++; checks++ } }
        END { print checks - bad, bad + 0, 0 }' "$1"
}

count_tap() {
    failed=$(count '^not ok' "$1")
    skipped=$(grep '^ok' "$1" | count -i '# *skip')
    skipped=$((skipped + $(count -i '^1\.\.0 *# *skip' "$1")))
    passed=$(grep '^ok' "$1" | count -v -i '# *skip')
    echo "$passed $failed $skipped"
}

count_lint() {
    echo "$(count '^ok ' "$1") $(count '^FAIL ' "$1") $(count '^skip ' "$1")"
}

# "#    top  TEST tests/scenario/x.vtc passed (0.352)"
count_varnishtest() {
    echo "$(count -a '^#.*TEST .*\.vtc passed' "$1") $(count -a '^#.*TEST .*\.vtc FAILED' "$1")" \
        "$(count -a '^#.*TEST .*\.vtc skipped' "$1")"
}

# "==== 3 failed, 70 passed, 2 skipped, 1 error in 40.12s ===="
count_pytest() {
    tail -n 1 "$1" | awk '{
        for (i = 1; i < NF; i++) {
            if ($(i + 1) ~ /^passed/) passed += $i
            if ($(i + 1) ~ /^(failed|error)/) failed += $i
            if ($(i + 1) ~ /^skipped/) skipped += $i }
        print passed + 0, failed + 0, skipped + 0 }'
}

# What a person needs to see of a log with failures in it.
show_failures() {
    case $1 in
    unit) grep -v '^unit: build\|^Running suite\|^100%' "$2" | tail -n 80 ;;
    cli | clients | fuzz) grep -A 15 '^not ok' "$2" | tail -n 80; tail -n 20 "$2" ;;
    *) tail -n 80 "$2" ;;
    esac
}

count_suite() {
    case $1 in
    lint) count_lint "$2" ;;
    unit) count_check "$2" ;;
    scenario) count_varnishtest "$2" ;;
    system) count_pytest "$2" ;;
    *) count_tap "$2" ;;
    esac
}

# -- running ----------------------------------------------------------------------

build() {
    echo "building"
    if { make -s -j"$jobs" VARIANT=asan build unit-build &&
        make -s -j"$jobs" build; } >"$out/build.log" 2>&1; then
        return
    fi
    tail -n 40 "$out/build.log"
    echo "the build failed; all of it is in $out/build.log"
    echo "0 passed, 1 failed"
    exit 1
}

run() {
    log=$out/$1.log
    began=$(date +%s)
    "suite_$1" >"$log" 2>&1
    status=$?
    # shellcheck disable=SC2046 # three numbers
    set -- "$1" $(count_suite "$1" "$log")
    passed=$2 failed=$3 skipped=$4
    # Something went wrong that no count shows, or nothing ran at all.
    if [ "$failed" -eq 0 ] && { [ $status -ne 0 ] || [ $((passed + skipped)) -eq 0 ]; }; then
        failed=1
    fi
    printf '%-9s %d passed, %d failed, %d skipped (%d s)\n' \
        "$1" "$passed" "$failed" "$skipped" $(($(date +%s) - began))
    if [ "$failed" -ne 0 ]; then
        show_failures "$1" "$log" | sed 's/^/    /'
        echo "    all of it is in $log"
    fi
    all_passed=$((all_passed + passed))
    all_failed=$((all_failed + failed))
    all_skipped=$((all_skipped + skipped))
}

for suite in $suites; do
    case $suite in
    lint | unit | fuzz | cli | scenario | system | clients) ;;
    *)
        echo "test.sh: no suite '$suite': lint unit fuzz cli scenario system clients" >&2
        exit 2
        ;;
    esac
done
[ "$suites" = lint ] || build
for suite in $suites; do
    run "$suite"
done
summary="$all_passed passed, $all_failed failed"
[ "$all_skipped" -eq 0 ] || summary="$summary, $all_skipped skipped"
echo "$summary"
[ "$all_failed" -eq 0 ]
