#!/bin/sh
# VLC without a screen: it plays a channel into a file, which ffprobe understands.
# shellcheck disable=SC1091,SC2016,SC2119 # they are checked by themselves; ok runs the commands; the demo
. "$(dirname "$0")/../tap.sh"
. "$TREE/tests/gateway.sh"
needs curl cvlc ffprobe

# VLC does not run as root; as nobody it needs a folder that nobody may write to.
mkdir vlc
as_player=
if [ "$(id -u)" -eq 0 ]; then
    needs setpriv
    as_player='setpriv --reuid=65534 --regid=65534 --clear-groups'
    chmod 711 "$FOLDER"
    chown 65534:65534 vlc
fi
serve

# play ADDRESS FILE SECONDS: so much of it, or of each entry of a playlist.
play() {
    # shellcheck disable=SC2086 # words
    timeout 90 $as_player env HOME="$FOLDER/vlc" cvlc --intf dummy --run-time "$3" --sout \
        "#std{access=file,mux=ts,dst=$FOLDER/vlc/$2}" "$1" vlc://quit >vlc.log 2>&1
}

# The file was written by VLC: it may begin a little before or behind a picture.
ok 'a channel of the tuner plays' '
    play "$URL/auto/v1" tuner.ts 5
    [ "$(codecs vlc/tuner.ts)" = "mp2 mpeg2video" ]
    timeout 60 ffprobe -v quiet -of csv=p=0 -count_packets -select_streams v:0 \
        -show_entries stream=nb_read_packets vlc/tuner.ts >count
    [ "$(head -n 1 count | tr -d ,)" -ge 75 ]'

ok 'a channel of the playlist plays' '
    play "$(curl -s -f "$URL/playlist.m3u" | grep -m 1 "^http")" playlist.ts 5
    [ "$(codecs vlc/playlist.ts)" = "mp2 mpeg2video" ]'

ok 'VLC goes through the playlist, entry by entry' '
    play "$URL/playlist.m3u" last.ts 1
    for channel in 1 2 3 4 5 6; do
        grep -q "viewer .* of $channel .*: asks" gateway.log
    done'

done_testing
