#!/bin/sh
# masthead playlist: lists in, one clean list out, and nothing at all when there is none.
# shellcheck disable=SC1091,SC2016 # tap.sh is checked by itself; ok runs the commands
. "$(dirname "$0")/../tap.sh"

printf '#EXTM3U\n#EXTINF:-1 tvg-id="one",One\nhttp://h/1\n' >one.m3u
printf '#EXTM3U\n#EXTINF:-1,Two\nhttp://h/2\n' >two.m3u

ok 'two lists become one' '
    exits 0 "$MASTHEAD" playlist one.m3u two.m3u
    [ "$(grep -c EXTM3U out)" -eq 1 ]
    [ "$(head -n 1 out)" = "#EXTM3U" ]
    has out "http://h/1"
    has out "http://h/2"'

ok 'a list that cannot be read leaves stdout empty' '
    exits 1 "$MASTHEAD" playlist none.m3u
    is out ""
    is err "masthead playlist: none.m3u: open: No such file or directory"'

ok 'those that can be read come all the same' '
    exits 1 "$MASTHEAD" playlist none.m3u two.m3u
    [ "$(head -n 1 out)" = "#EXTM3U" ]
    has out "http://h/2"'

ok 'as JSON there is an object a line and nothing else' '
    exits 0 "$MASTHEAD" playlist --json one.m3u
    [ "$(wc -l <out)" -eq 1 ]
    has out "\"tvg_id\":\"one\""'

done_testing
