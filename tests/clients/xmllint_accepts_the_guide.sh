#!/bin/sh
# The guide is XML, has the shape of XMLTV, and fits to the lineup.
# shellcheck disable=SC1091,SC2016,SC2119 # they are checked by themselves; ok runs the commands; the demo
. "$(dirname "$0")/../tap.sh"
. "$TREE/tests/gateway.sh"
needs curl xmllint
serve
curl -s "$URL/guide.xml" >guide.xml
curl -s "$URL/playlist.m3u" >list.m3u

# count XPATH: how many there are in the guide.
count() {
    xmllint --nonet --xpath "count($1)" guide.xml
}

ok 'it is well-formed' '
    xmllint --nonet --noout guide.xml 2>err
    is err ""'

ok 'it is valid by the DTD of XMLTV' '
    xmllint --nonet --noout --dtdvalid "$TREE/tests/data/xmltv.dtd" guide.xml 2>err
    is err ""'

ok 'every channel of the playlist is in it, by its tvg-id' '
    sed -n "s/.* tvg-id=\"\([^\"]*\)\".*/\1/p" list.m3u >ids
    [ "$(wc -l <ids)" -eq 6 ]
    while read -r id; do
        [ "$(count "/tv/channel[@id=\"$id\"]")" -eq 1 ]
        [ "$(count "/tv/programme[@channel=\"$id\"]")" -ge 1 ]
    done <ids'

ok 'no programme is for a channel that is not in it' '
    [ "$(count "/tv/programme[not(@channel = /tv/channel/@id)]")" -eq 0 ]'

ok 'times are whole: fourteen digits and a zone' '
    xmllint --nonet --xpath "/tv/programme/@start | /tv/programme/@stop" guide.xml |
        sed "s/^ *//" | grep -v "^$" >times
    [ "$(wc -l <times)" -ge 12 ]
    ! grep -v -E "^(start|stop)=\"[0-9]{14} [+-][0-9]{4}\"$" times'

ok 'something is on now, on each channel' '
    now=$(date -u +%Y%m%d%H%M%S)
    while read -r id; do
        on="substring(@start, 1, 14) <= $now"
        off="substring(@stop, 1, 14) > $now"
        [ "$(count "/tv/programme[@channel=\"$id\"][$on and $off]")" -eq 1 ]
    done <ids'

for path in xmltv/threadfin.xml xmltv/xteve.xml; do
    ok "$path is the same guide" "
        curl -s -f \"\$URL/$path\" | cmp - guide.xml"
done

ok 'guide.xml.gz is the same guide' '
    curl -s -f "$URL/guide.xml.gz" | gzip -dc | cmp - guide.xml'

done_testing
