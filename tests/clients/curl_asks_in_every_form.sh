#!/bin/sh
# What players and media servers ask over HTTP besides a plain GET.
# shellcheck disable=SC1091,SC2016,SC2119 # they are checked by themselves; ok runs the commands; the demo
. "$(dirname "$0")/../tap.sh"
. "$TREE/tests/gateway.sh"
needs curl
serve

# ask OPTION... URL: the head in heads, without carriage returns, the body in body.
ask() {
    status=0
    timeout 60 curl -s -S -D head.raw -o body "$@" || status=$?
    tr -d "\r" <head.raw >heads
    return $status
}

packets() {
    [ "$(wc -c <"$1")" -gt 0 ]
    [ $(($(wc -c <"$1") % 188)) -eq 0 ]
    [ "$(head -c 1 "$1")" = G ]
}

ok 'HEAD of a stream is answered at once and tunes nothing' '
    ask --head "$URL/auto/v3"
    has heads "HTTP/1.1 200 OK"
    has heads "Content-Type: video/mp2t"
    lacks gateway.log asks'

ok 'a duration ends the stream, with whole packets' '
    began=$(date +%s)
    ask "$URL/auto/v1?duration=3"
    [ $(($(date +%s) - began)) -ge 2 ]
    has heads "HTTP/1.1 200 OK"
    has heads "Content-Type: video/mp2t"
    packets body'

ok 'a range of a stream is the stream' '
    ask -H "Range: bytes=0-" "$URL/auto/v1?duration=1"
    has heads "HTTP/1.1 200 OK"
    lacks heads "^content-range"
    packets body'

ok 'what a client adds to an address does no harm' '
    ask "$URL/auto/v1?transcode=heavy&X-Plex-Token=abc&duration=1"
    has heads "HTTP/1.1 200 OK"
    packets body'

ok 'a tuner by its number' '
    ask "$URL/tuner2/v2?duration=1"
    has heads "HTTP/1.1 200 OK"
    packets body'

ok 'an unknown channel is 404 and says why in a header' '
    ask "$URL/auto/v99"
    has heads "HTTP/1.1 404 Not Found"
    has heads "X-HDHomeRun-Error: 801 Unknown Channel"
    [ "$(wc -c <body)" -eq 0 ]'

for path in discover.json lineup.json lineup_status.json status.json; do
    ok "$path is JSON, as its HEAD says" "
        ask --head \"\$URL/$path\"
        cp heads want
        ask \"\$URL/$path\"
        has heads 'Content-Type: application/json'
        grep -q '^[[{]' body
        [ \"\$(grep -i '^Content-Type' want)\" = \"\$(grep -i '^Content-Type' heads)\" ]"
done

ok 'the guide is asked for again only when it has changed' '
    ask "$URL/guide.xml"
    etag=$(sed -n "s/^[Ee][Tt]ag: //p" heads)
    [ -n "$etag" ]
    ask -H "If-None-Match: $etag" "$URL/guide.xml"
    has heads "HTTP/1.1 304"
    ask -H "If-None-Match: \"other\"" "$URL/guide.xml"
    has heads "HTTP/1.1 200 OK"'

ok 'the guide comes compressed to who can take it' '
    curl -s -f "$URL/guide.xml" >plain
    curl -s -f --compressed "$URL/guide.xml" >unpacked
    cmp plain unpacked
    curl -s -f -H "Accept-Encoding: gzip" "$URL/guide.xml" | gzip -dc >gunzipped
    cmp plain gunzipped
    [ "$(curl -s -H "Accept-Encoding: gzip" "$URL/guide.xml" | wc -c)" -lt "$(wc -c <plain)" ]'

ok 'ranges of the guide put together are the guide' '
    curl -s -f "$URL/guide.xml" >plain
    ask -r 0-999 "$URL/guide.xml"
    has heads "HTTP/1.1 206"
    cp body parts
    ask -r 1000- "$URL/guide.xml"
    cat body >>parts
    cmp plain parts
    ask -r -100 "$URL/guide.xml"
    tail -c 100 plain | cmp - body
    ask -r 99999999- "$URL/guide.xml"
    has heads "HTTP/1.1 416"'

ok 'several requests go over one connection' '
    curl -s -f -o a "$URL/discover.json" -o b "$URL/lineup.json" -o c "$URL/discover.json" \
        -w "%{num_connects}\n" >connects
    [ "$(paste -s -d " " connects)" = "1 0 0" ]
    cmp a c'

done_testing
