#!/bin/sh
# masthead check: what it finds, where it says it is, and what it prints.
# shellcheck disable=SC1091,SC2016 # tap.sh is checked by itself; ok runs the commands
. "$(dirname "$0")/../tap.sh"

ok 'nothing to check is the demo, and fine' '
    exits 0 "$MASTHEAD" check
    is err ""
    is out "no problems; there is no playlist, so the built-in demo would run"'

cat >good.yaml <<'EOF'
playlists:
  - { name: acme, url: "https://acme.example/get.php?username=u&password=${file:acme.pw}" }
guides:
  - { name: uk, url: "https://guide.example/uk.xml.gz" }
EOF
echo S3cr3tW0rd >acme.pw

ok 'a good config is told in a line' '
    exits 0 "$MASTHEAD" check --config good.yaml
    is err ""
    is out "no problems; playlists: 1, guides: 1, devices: 1"'

ok 'JSON is YAML too' '
    echo "{\"devices\": [{\"name\": \"Living room\", \"tuners\": 2}]}" >json.yaml
    exits 0 "$MASTHEAD" check -c json.yaml'

ok 'a config may come by a pipe' '
    grep -v acme good.yaml | sed s/playlists:// >piped.yaml
    exits 0 sh -c "\"\$MASTHEAD\" check --config /dev/stdin <piped.yaml"'

cat >bad.yaml <<'EOF'
listn: [0.0.0.0:80]
playlists:
  - name: acme
    url: gopher://user:S3cr3tW0rd@h/
    max_streams: many
devices:
  - { name: A, tuners: 65 }
EOF

ok 'every problem is told with file, line, column and key' '
    exits 1 "$MASTHEAD" check --config bad.yaml
    is out ""
    has err "bad.yaml:1:1: listn: there is no such key; did you mean ${q}listen${q}?"
    has err "bad.yaml:4:10: playlists.0.url: gopher:// cannot be read"
    has err "bad.yaml:5:18: playlists.0.max_streams: ${q}many${q} is not a whole number from 0 to 1000"
    has err "bad.yaml:7:24: devices.0.tuners: ${q}65${q} is not a whole number from 1 to 64"
    [ "$(wc -l <err)" -eq 4 ]
    lacks err S3cr3tW0rd'

ok 'serve refuses it in the same words' '
    "$MASTHEAD" check --config bad.yaml 2>want || true
    exits 1 timeout 20 "$MASTHEAD" serve --config bad.yaml --listen 127.0.0.1:0 --data data
    while read -r line; do
        has err "$line"
    done <want
    is out ""'

ok 'YAML that is none is told with its line' '
    printf "playlists:\n\t- name: a\n" >tab.yaml
    exits 1 "$MASTHEAD" check --config tab.yaml
    is err "tab.yaml:2:1: a tab cannot indent; use blanks"'

ok 'a file that is missing, a folder, or too large is told by name' '
    exits 1 "$MASTHEAD" check --config none.yaml
    is err "config: ${q}none.yaml${q}: No such file or directory"
    exits 1 "$MASTHEAD" check --config .
    has err "config: ${q}.${q}: "
    head -c 4194305 /dev/zero | tr "\0" "#" >big.yaml
    exits 1 "$MASTHEAD" check --config big.yaml
    is err "config: ${q}big.yaml${q}: larger than 4194304 bytes"'

ok 'MASTHEAD_CONFIG names the file, and --config overrules it' '
    exits 1 env MASTHEAD_CONFIG=bad.yaml "$MASTHEAD" check
    exits 0 env MASTHEAD_CONFIG=bad.yaml "$MASTHEAD" check --config good.yaml'

ok 'the environment is checked like the file' '
    exits 1 env MASTHEAD_DEVICES__0__TUNERS=65 "$MASTHEAD" check --config good.yaml
    is err "MASTHEAD_DEVICES__0__TUNERS: devices.0.tuners: ${q}65${q} is not a whole number from 1 to 64"
    exits 1 env MASTHEAD_LOG_LEVEL=debug "$MASTHEAD" check
    is err "MASTHEAD_LOG_LEVEL: no setting has this name; did you mean MASTHEAD_LOG__LEVEL?"
    exits 1 env MASTHEAD_PLAYLISTS__0__URL_FILE=acme.pw "$MASTHEAD" check --config good.yaml
    lacks err S3cr3tW0rd'

ok 'the command line is checked like the file' '
    exits 1 "$MASTHEAD" check --listen nowhere
    has err "command line: listen.0: ${q}nowhere${q} is no address to answer on"
    exits 1 "$MASTHEAD" check --log-level loud
    has err "command line: log.level: ${q}loud${q} is not one of error, warn, info, debug"
    exits 1 "$MASTHEAD" check --set relay.windwo=1MiB
    has err "command line: there is no key ${q}relay.windwo${q}; did you mean ${q}relay.window${q}?"
    exits 0 "$MASTHEAD" check --listen 127.0.0.1:0 --listen unix:s --set relay.window=1MiB --set log.level=warn'

ok 'the command line overrules the environment' '
    exits 0 env MASTHEAD_LOG__LEVEL=loud "$MASTHEAD" check --log-level warn
    exits 1 "$MASTHEAD" check --log-level warn --set log.level=loud'

ok 'a number that looks octal is only warned of' '
    printf "devices: [{tuners: 010}]\n" >octal.yaml
    exits 0 "$MASTHEAD" check --config octal.yaml
    has err "octal.yaml:1:20: devices.0.tuners: warning: "'

ok 'a file that is not there is only warned of' '
    printf "playlists: [{name: a, url: \"file:/no/such/list.m3u\"}]\n" >away.yaml
    exits 0 "$MASTHEAD" check --config away.yaml
    is err "away.yaml:1:28: playlists.0.url: warning: ${q}/no/such/list.m3u${q} cannot be read now: No such file or directory"
    is out "no problems; playlists: 1, guides: 0, devices: 1"'

ok 'the example is a config as it is' '
    exits 0 "$MASTHEAD" check --example
    is err ""
    cp out example.yaml
    exits 0 "$MASTHEAD" check --config example.yaml'

ok 'the manual is up to date' '
    exits 0 "$MASTHEAD" check --markdown
    diff -u "$TREE/docs/configuration.md" out'

done_testing
