# shellcheck shell=sh
# gateway.sh: a running gateway for shell tests; sourced behind tap.sh.
#
#     serve --config FILE      starts one in the test's folder; $URL is its address
#     ok 'a sentence' 'curl -s "$URL/discover.json"'
#     done_testing
#
# It and what begin() started end with the test, by their process ids. When
# something failed, their logs follow the results.

STARTED=

# begin NAME COMMAND...: in the background; what it prints is in NAME.out and NAME.log.
begin() {
    begun=$1
    shift
    : >"$begun.out"
    "$@" >"$begun.out" 2>"$begun.log" &
    STARTED="$STARTED $!"
}

end_all() {
    for pid in $STARTED; do
        kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
    done
    # shellcheck disable=SC2154 # tap.sh sets it
    [ "$failed" -eq 0 ] || for log in *.log; do sed "s/^/# $log: /" "$log"; done
    cd / && rm -rf "$FOLDER"
}
trap end_all EXIT

# within SECONDS COMMAND...: it succeeds before so many seconds are over.
within() {
    deadline=$(($(date +%s) + $1))
    shift
    until "$@"; do
        [ "$(date +%s)" -lt $deadline ] || return 1
        sleep 0.05
    done
}

answers() {
    curl -s -f -o /dev/null "$1"
}

# bail REASON: there is nothing to test with.
bail() {
    echo "Bail out! $1"
    failed=1
    exit 1
}

serve() {
    begin gateway "$MASTHEAD" serve --data "$FOLDER/data" --listen 127.0.0.1:0 "$@"
    within 30 grep -q '^ready ' gateway.out || bail "the gateway does not start"
    URL=$(sed -n 's|^ready \(.*\)/$|\1|p' gateway.out)
    export URL
    within 30 answers "$URL/readyz" || bail "the gateway has no lineup"
}

# needs PROGRAM...: skips the whole test where one of them is missing.
needs() {
    for program in "$@"; do
        command -v "$program" >/dev/null || skip_all "$program is not installed"
    done
}

# skip SENTENCE REASON: in place of an ok.
skip() {
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

# lacks FILE PATTERN: no line of it matches.
lacks() {
    if grep -i -E -e "$2" "$1"; then
        echo "is in $1"
        return 1
    fi
}

# codecs URL: what ffprobe finds there, one stream a word, sorted.
codecs() {
    timeout 60 ffprobe -v error -of default=nw=1:nk=1 -show_entries stream=codec_name "$1" |
        sort -u | paste -s -d ' '
}
