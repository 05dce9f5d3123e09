#!/bin/sh
# masthead guide and playlist on a terminal: one line says how far a slow source is, and goes.
# shellcheck disable=SC1091,SC2016 # tap.sh is checked by itself; ok runs the commands
. "$(dirname "$0")/../tap.sh"

day=$(date -u +%Y%m%d)
cat >guide.xml <<XML
<tv>
<channel id="a"><display-name>A</display-name></channel>
<programme start="${day}030000 +0000" channel="a"><title>One</title></programme>
<programme start="nonsense" channel="a"><title>Timeless</title></programme>
</tv>
XML
printf '#EXTM3U\n#EXTINF:-1,One\nhttp://h/1\n' >list.m3u

# Serves these files, each with half a megabyte of blanks behind its first line; its end
# comes once there is a file called go. What is called /broken breaks off there.
cat >origin.py <<'PY'
import http.server, os, time

BLANKS = b" " * 99 + b"\n"

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.lstrip("/")
        with open("guide.xml" if name == "broken" else name, "rb") as f:
            first, rest = f.readline(), f.read()
        self.send_response(200)
        self.send_header("Content-Length", str(500000 + len(first + rest)))
        self.end_headers()
        self.wfile.write(first + BLANKS * 4990)
        while not os.path.exists("go"):
            time.sleep(0.02)
        if name != "broken":
            self.wfile.write(BLANKS * 10 + rest)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open("port.new", "w") as f:
    f.write(str(server.server_port))
os.rename("port.new", "port")
server.serve_forever()
PY
python3 origin.py &
origin=$!
trap 'kill $origin; cd / && rm -rf "$FOLDER"' EXIT
for _ in $(seq 500); do
    [ -e port ] && break
    sleep 0.02
done
AT=http://127.0.0.1:$(cat port)
export AT

# on_terminal COLUMNS TEXT COMMAND: what it draws, a line each, is in drawn; the source goes on
# once this text was. Its status is that of the command.
on_terminal() {
    rm -f go
    : >seen
    script -qefc "stty cols $1; $3" /dev/null </dev/null >>seen &
    shell=$!
    for _ in $(seq 1000); do
        grep -q -e "$2" seen && break
        kill -0 $shell 2>/dev/null || break
        sleep 0.02
    done
    : >go
    status=0
    wait $shell || status=$?
    tr "\r" "\n" <seen >drawn
    return $status
}

ok 'a guide that comes slowly is told' '
    on_terminal 80 "49. kB" "\"\$MASTHEAD\" guide -o o.xml \$AT/guide.xml"
    grep -E "^http://127.0.0.1:[0-9]+/guide.xml: 49[0-9] kB of 500 kB, [0-9]+ kB/s, 1 s left" drawn
    has o.xml "<title>One</title>"'

ok 'and so is a playlist' '
    on_terminal 80 "49. kB" "\"\$MASTHEAD\" playlist \$AT/list.m3u"
    grep -E "^http://127.0.0.1:[0-9]+/list.m3u: 49[0-9] kB of 500 kB" drawn
    has drawn "http://h/1"'

ok 'and stdin, of which nobody knows how much comes' '
    on_terminal 80 B/s "(while [ ! -e go ]; do echo; sleep 0.02; done; cat guide.xml) |
        \"\$MASTHEAD\" guide -o o.xml -"
    grep -E "^-: 0 kB, 0 kB/s" drawn
    has o.xml "<title>One</title>"'

ok 'a line stays within its terminal' '
    on_terminal 40 "49. kB" "\"\$MASTHEAD\" guide -o o.xml \$AT/guide.xml"
    grep -E "^h.*: 49[0-9] kB of 500 kB, [0-9]+ kB/s, 1 s left" drawn
    [ "$(grep "B/s" drawn | wc -L)" -le 39 ]'

ok 'it is gone before a complaint' '
    on_terminal 80 "49. kB" "\"\$MASTHEAD\" guide -o o.xml \$AT/guide.xml"
    grep -E "^http://127.0.0.1:[0-9]+/guide.xml:[0-9]+: " drawn
    status=0
    on_terminal 80 "49. kB" "\"\$MASTHEAD\" guide -o o.xml \$AT/broken" || status=$?
    [ $status -eq 1 ]
    has drawn "B/s"
    grep "^masthead guide: http://127.0.0.1:[0-9]*/broken: " drawn'

ok 'no other stderr has it' '
    on_terminal 80 "49. kB" "\"\$MASTHEAD\" guide -o o.xml \$AT/guide.xml 2>err &
        \"\$MASTHEAD\" guide -o other.xml \$AT/guide.xml; wait"
    has drawn "B/s"
    lacks err "B/s"
    has err "1 programmes"'

done_testing
