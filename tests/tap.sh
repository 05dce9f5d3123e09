# shellcheck shell=sh
# tap.sh: what the shell tests share; sourced, never run.
#
#     . "$(dirname "$0")/../tap.sh"
#     ok 'a sentence that is true' 'commands; any that fails makes it false'
#     done_testing
#
# The commands run in a folder of the test's own, which goes at the end, each
# `ok` in a shell of its own that stops at the first failure. $MASTHEAD is the
# binary (default: the release build). What a failed one printed follows it.

MASTHEAD=${MASTHEAD:-$PWD/build/release/masthead}
TREE=$(cd "$(dirname "$0")/../.." && pwd)
FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/masthead-test-XXXXXX") || exit 1
HOME=$FOLDER
export HOME MASTHEAD TREE
unset XDG_STATE_HOME STATE_DIRECTORY MASTHEAD_CONFIG MASTHEAD_DATA
cd "$FOLDER" || exit 1
trap 'cd / && rm -rf "$FOLDER"' EXIT
trap 'exit 130' INT TERM

number=0
failed=0
# A single quote, for texts inside of commands that stand between such.
# shellcheck disable=SC2034 # for the tests
q="'"

ok() {
    number=$((number + 1))
    (set -e; eval "$2") >log 2>&1
    status=$?
    if [ $status -eq 0 ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        sed 's/^/# /' log
        echo "# it ended with status $status: $2"
        failed=1
    fi
}

skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

done_testing() {
    echo "1..$number"
    exit $failed
}

# exits STATUS COMMAND...: it does, and no sanitizer complains. Its output is in out and err.
exits() {
    want=$1
    shift
    got=0
    "$@" >out 2>err || got=$?
    if grep -q 'Sanitizer\|runtime error:' err || [ $got -ne "$want" ]; then
        echo "$*: ended with $got, not with $want"
        cat out err
        return 1
    fi
}

# has FILE TEXT: there is a line with this text in it.
has() {
    grep -q -F -e "$2" "$1" && return
    echo "'$2' is not in $1:"
    cat "$1"
    return 1
}

# lacks FILE TEXT: no line has this text in it. (A command behind ! stops no shell.)
lacks() {
    grep -q -F -e "$2" "$1" || return 0
    echo "'$2' is in $1:"
    cat "$1"
    return 1
}

# is FILE TEXT: the file is this text and a line break, or empty.
is() {
    [ "$(cat "$1")" = "$2" ] && return
    echo "$1 should be: $2"
    echo "but is:"
    cat "$1"
    return 1
}
