#!/bin/sh
# Real broadcasts, sent by another process over HTTP, through the gateway.
# shellcheck disable=SC1091,SC2016 # they are checked by themselves; ok runs the commands
. "$(dirname "$0")/../tap.sh"
. "$TREE/tests/gateway.sh"
needs curl ffprobe ffmpeg python3

captures=$TREE/../shared/data/ts
[ -d "$captures" ] || skip_all "there are no captures beside this checkout"

begin origin python3 "$TREE/tests/clients/origin.py" "$captures"/*.ts
within 30 grep -q '^http' origin.out || bail "the provider does not start"
origin=$(cat origin.out)

echo "#EXTM3U" >list.m3u
number=0
for path in "$captures"/*.ts; do
    name=${path##*/}
    number=$((number + 1))
    printf '#EXTINF:-1 tvg-id="%s" tvg-chno="%d",%s\n%s\n' \
        "$name" $number "$name" "$origin/$name" >>list.m3u
done
cat >masthead.yaml <<EOF
playlists:
  - name: broadcasts
    url: file:$FOLDER/list.m3u
EOF
number=0
serve --config masthead.yaml

# channel NAME: the address at which the tuner has it.
channel() {
    curl -s -f "$URL/lineup.json" | tr '{' '\n' |
        sed -n "s|.*\"GuideName\":\"$1\".*\"URL\":\"\([^\"]*\)\".*|\1|p"
}

for path in "$captures"/*.ts; do
    name=${path##*/}
    ok "$name: ffprobe finds through the gateway what is in the file" "
        want=\$(codecs '$path')
        [ -n \"\$want\" ]
        [ \"\$(codecs \"\$(channel $name)\")\" = \"\$want\" ]"
done

# A capture is short and then begins again, where its counters jump: what comes
# in between has to be as it was. So each packet must be one of the file's.
ok 'no packet is altered on the way' '
    address=$(channel mpeg2-mp2.ts)
    timeout 60 curl -s -f "$address?duration=4" >through.ts
    python3 - "$TREE/../shared/data/ts/mpeg2-mp2.ts" through.ts <<END
import sys
def packets(path):
    data = open(path, "rb").read()
    return [data[i:i + 188] for i in range(0, len(data), 188)]
known = set(packets(sys.argv[1]))
seen = packets(sys.argv[2])
strange = [p for p in seen if p not in known and (p[1] & 0x1F) << 8 | p[2] >= 0x20]
print(len(seen), "packets", len(strange), "not of the file")
sys.exit(len(seen) < 1000 or len(strange) > 0)
END'

all_have_bytes() {
    for viewer in 1 2 3 4 5 6 7 8; do
        [ -s "viewer.$viewer" ] || return 1
    done
}

# connections NAME: how many of this one are open at the provider.
connections() {
    curl -s -f "$origin/count" | sed -n "s/^$1 //p"
}

ok 'eight viewers share one connection to the provider' '
    address=$(channel h264-mp2.ts)
    for viewer in 1 2 3 4 5 6 7 8; do
        timeout 60 curl -s -f "$address?duration=5" >"viewer.$viewer" &
        viewers="${viewers:-} $!"
    done
    within 30 all_have_bytes
    during=$(connections h264-mp2.ts)
    for pid in $viewers; do
        wait "$pid"
    done
    echo "open while they watched: $during"
    [ "$during" -eq 1 ]'

done_testing
