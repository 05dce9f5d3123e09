#!/bin/sh
# The built-in demo, as ffprobe and ffmpeg see it.
# shellcheck disable=SC1091,SC2016,SC2119 # they are checked by themselves; ok runs the commands; the demo
. "$(dirname "$0")/../tap.sh"
. "$TREE/tests/gateway.sh"
needs curl ffprobe ffmpeg
serve

has_encoder() {
    ffmpeg -v quiet -encoders | grep -q " $1 "
}

ok 'ffprobe finds MPEG-2 video of 720x576 at 25 fps, and MP2' '
    timeout 60 ffprobe -v error -of csv=p=0 -select_streams v:0 \
        -show_entries stream=codec_name,width,height,r_frame_rate "$URL/auto/v1" >out 2>err
    is err ""
    grep -q "^mpeg2video,720,576,25/1" out
    [ "$(codecs "$URL/auto/v1")" = "mp2 mpeg2video" ]'

ok 'the service has the name and the number of the channel' '
    timeout 60 ffprobe -v error -of default=nw=1 -show_programs "$URL/auto/v2" >out
    has out "program_num=2"
    has out "TAG:service_name=Test Card Two"'

for row in 5:libx264:h264 6:libx265:hevc; do
    channel=${row%%:*} encoder=${row#*:} codec=${row##*:}
    encoder=${encoder%:*}
    if has_encoder "$encoder"; then
        ok "ffprobe finds $codec video and AAC" "
            [ \"\$(codecs \"\$URL/auto/v$channel\")\" = 'aac $codec' ]"
    else
        skip "ffprobe finds $codec video and AAC" "libavcodec has no $encoder"
    fi
done

# -xerror ends at the first error; of a warning there may be none either. At the
# debug level ffmpeg also tells of each break of continuity.
for channel in 1 4; do
    ok "ffmpeg decodes five seconds of channel $channel without an error" "
        timeout 60 ffmpeg -nostdin -v warning -xerror -err_detect explode -t 5 \
            -i \"\$URL/auto/v$channel\" -f null - 2>err
        is err ''"
done

ok 'no packet is missing' '
    timeout 60 ffmpeg -nostdin -v debug -t 5 -i "$URL/auto/v1" -c copy -f null - >log.debug 2>&1
    grep -q "packets read" log.debug
    lacks log.debug "continuity|corrupt"'

# Seconds: what a player has to wait for the one or the other.
ok 'picture and sound belong together' '
    timeout 60 ffprobe -v error -of csv=p=0 -show_entries stream=start_time "$URL/auto/v1" |
        grep . | sort -u >times
    [ "$(wc -l <times)" -eq 2 ]
    awk "NR == 1 { first = \$1 } END { exit (\$1 - first > 0.5) }" times'

ok 'a player can go by the playlist alone' '
    curl -s -f "$URL/playlist.m3u" >list.m3u
    [ "$(grep -c "^#EXTINF:" list.m3u)" -eq 6 ]
    [ "$(codecs "$(grep -m 1 "^http" list.m3u)")" = "mp2 mpeg2video" ]'

ok 'twelve viewers of three channels come from three workers at most' '
    before=$(grep -c "streaming from" gateway.log)
    for viewer in 1 2 3 4 5 6 7 8 9 10 11 12; do
        channel=$((viewer % 3 + 1))
        timeout 60 ffmpeg -nostdin -v error -xerror -t 5 -i "$URL/auto/v$channel" \
            -map 0:v -c copy -f null - 2>"viewer.$viewer" &
        viewers="${viewers:-} $!"
    done
    for pid in $viewers; do
        wait "$pid"
    done
    cat viewer.*
    [ -z "$(cat viewer.*)" ]
    [ $(($(grep -c "streaming from" gateway.log) - before)) -le 3 ]'

done_testing
