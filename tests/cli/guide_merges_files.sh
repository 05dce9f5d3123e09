#!/bin/sh
# masthead guide: sources in every form, one clean guide out, and what it says when it cannot.
# shellcheck disable=SC1091,SC2016,SC2034 # tap.sh is checked by itself; ok runs the commands
. "$(dirname "$0")/../tap.sh"

DTD=$TREE/tests/data/xmltv.dtd

cat >one.xml <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<tv>
<channel id="a"><display-name>A</display-name></channel>
<channel id="b"><display-name>B</display-name></channel>
<programme start="20260102030000 +0100" stop="20260102040000 +0100" channel="a"><title>One</title></programme>
<programme start="20260102030000 +0000" stop="20260102040000 +0000" channel="b"><title>AT&T x</title></programme>
</tv>
XML
cat >two.xml <<'XML'
<tv>
<channel id="A"><display-name>Another A</display-name></channel>
<channel id="c"><display-name>C</display-name></channel>
<programme start="20260102030000 +0000" stop="20260102040000 +0000" channel="A"><title>Behind it</title></programme>
<programme start="20260102030000" channel="c"><title>F&uuml;nf</title></programme>
<programme start="nonsense" channel="c"><title>Timeless</title></programme>
</tv>
XML

ok 'one file becomes a valid guide on stdout' '
    exits 0 "$MASTHEAD" guide one.xml
    xmllint --noout --dtdvalid "$DTD" out
    has out "start=\"20260102020000 +0000\" stop=\"20260102030000 +0000\" channel=\"a\""
    has out "AT&amp;T x"
    has err "one.xml: 2 channels, 2 programmes, 2 kept"'

ok 'the first source that has a channel has it, and fill takes what lies in its gaps' '
    exits 0 "$MASTHEAD" guide one.xml two.xml
    lacks out "Behind it"
    exits 0 "$MASTHEAD" guide --fill one.xml two.xml
    has out "Behind it"
    xmllint --noout --dtdvalid "$DTD" out'

ok 'a programme without a time is told with its line' '
    exits 0 "$MASTHEAD" guide two.xml
    has err "two.xml:6: "
    has out "Fünf"'

ok 'wanted keeps those channels and no other' '
    printf "c\r\n\n" >wanted
    exits 0 "$MASTHEAD" guide --wanted wanted one.xml two.xml
    [ "$(grep -c "<channel " out)" -eq 1 ]
    has out "<channel id=\"c\">"
    exits 1 "$MASTHEAD" guide --wanted /nonexistent one.xml
    has err "--wanted: "
    : >wanted
    exits 1 "$MASTHEAD" guide --wanted wanted one.xml
    has err "one a line"'

gzip -k one.xml
xz -k one.xml
zstd -q -k one.xml
zip -q one.zip one.xml
ok 'every form of compression gives the same guide' '
    "$MASTHEAD" guide one.xml >plain
    for form in one.xml.gz one.xml.xz one.xml.zst one.zip; do
        exits 0 "$MASTHEAD" guide "$form"
        cmp out plain
    done
    exits 0 sh -c "\"\$MASTHEAD\" guide - <one.xml.xz"
    cmp out plain'

python3 - <<'PY'
import zipfile

with zipfile.ZipFile("folder.zip", "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("guides/", "")
    z.writestr("guides/README.txt", "Read me first.")
    z.write("one.xml", "guides/one.xml")
PY
ok 'the guide of a zip is found behind a folder and a text' '
    exits 0 "$MASTHEAD" guide folder.zip
    "$MASTHEAD" guide one.xml | cmp - out'

ok 'an output called - is stdout' '
    "$MASTHEAD" guide one.xml >plain
    exits 0 "$MASTHEAD" guide -o - one.xml
    cmp out plain
    [ ! -e ./- ]'

ok 'an output that ends in .gz is compressed' '
    exits 0 "$MASTHEAD" guide -o new.xml.gz one.xml
    is out ""
    "$MASTHEAD" guide one.xml >plain
    gzip -dc new.xml.gz | cmp - plain'

ok 'an output file is replaced only when all is good' '
    echo old >kept.xml
    printf "<html><body>Log in</body></html>" >login.xml
    exits 1 "$MASTHEAD" guide -o kept.xml login.xml
    has err "masthead guide: login.xml: "
    has err "not XMLTV"
    [ "$(cat kept.xml)" = old ]
    exits 1 "$MASTHEAD" guide -o /nonexistent/x.xml one.xml
    has err "/nonexistent/x.xml"'

ok 'a source that cannot be read leaves the others, and fails' '
    exits 1 "$MASTHEAD" guide -o some.xml nowhere.xml one.xml
    has err "masthead guide: nowhere.xml: open: No such file or directory"
    has some.xml "<title>One</title>"'

ok 'facts are one JSON object' '
    exits 0 "$MASTHEAD" guide --json -o new.xml one.xml two.xml
    has out "\"channels\":3"
    has out "\"source\":\"two.xml\""
    exits 2 "$MASTHEAD" guide --json one.xml
    has err "--json needs -o FILE"'

ok 'days is a number of days' '
    exits 2 "$MASTHEAD" guide --days x one.xml
    has err "1 to 365"
    exits 2 "$MASTHEAD" guide --days 0 one.xml
    exits 2 "$MASTHEAD" guide --days 144115188075855873 one.xml
    now=$(date -u +%Y%m%d%H)
    sed "s/20260102030000/${now}0000/; /stop=/s/stop=\"[^\"]*\"//" one.xml >current.xml
    exits 0 "$MASTHEAD" guide --days 365 current.xml
    has out "<title>One</title>"'

ok 'a guide without programmes replaces no file, and says where to look' '
    none="masthead guide: kept.xml: not written: there is no programme in it: "
    echo old >kept.xml
    printf "<tv></tv>" >empty.xml
    exits 1 "$MASTHEAD" guide -o kept.xml empty.xml
    has err "empty.xml: 0 channels, 0 programmes"
    has err "${none}no source has any"
    echo nobody >wanted
    exits 1 "$MASTHEAD" guide -o kept.xml --wanted wanted one.xml two.xml
    has err "${none}none of the ids that are wanted has programmes; compare ${q}wanted${q}"
    sed "s/\"2026/\"2006/g" one.xml >past.xml
    exits 1 "$MASTHEAD" guide -o kept.xml --days 3 past.xml
    has err "${none}all are outside of --days 3"
    exits 1 "$MASTHEAD" guide -o kept.xml past.xml
    has err "${none}all are more than 1000 days from now"
    sed "s/start=\"[0-9]*/start=\"x/" one.xml >timeless.xml
    exits 1 "$MASTHEAD" guide -o kept.xml timeless.xml
    has err "timeless.xml:5: "
    has err "${none}none that the sources have could be read"
    [ "$(cat kept.xml)" = old ]'

ok 'its facts come all the same, and on stdout so does the guide' '
    printf "<tv></tv>" >empty.xml
    exits 1 "$MASTHEAD" guide --json -o new-empty.xml empty.xml
    has out "\"programmes\":0"
    [ ! -e new-empty.xml ]
    exits 1 "$MASTHEAD" guide empty.xml
    has out "</tv>"
    has err "masthead guide: the guide: there is no programme in it: "
    exits 0 "$MASTHEAD" guide -o new.xml empty.xml one.xml'

ok 'a zone is where times without an offset are' '
    exits 0 "$MASTHEAD" guide --zone America/New_York two.xml
    has out "start=\"20260102080000 +0000\""
    exits 1 "$MASTHEAD" guide --zone Mars/Olympus two.xml
    has err "Mars/Olympus"'

done_testing
