"""The guide as clients take it: what Plex, Jellyfin, Kodi and tvheadend insist on, parts of it,
JSON, and pictures; by curl, gzip and xmllint where they are installed."""

import gzip
import json
import os
import re
import shutil
import subprocess
import time
from datetime import datetime, timezone
from xml.etree import ElementTree

import pytest

from conftest import config_for
from gateway import ROOT, wait_for
from provider import body, live, status

PNG = b"\x89PNG\r\n\x1a\n" + b"a picture" * 100
DTD = os.path.join(ROOT, "tests", "data", "xmltv.dtd")


def xmltv_time(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y%m%d%H%M%S +0000")


def programme(channel, start, hours, inside, stop=True):
    end = f' stop="{xmltv_time(start + hours * 3600)}"' if stop else ""
    return f'<programme start="{xmltv_time(start)}"{end} channel="{channel}">{inside}</programme>'


def source(hour, url):
    """A guide as the wild has it: on one line, its elements in disorder, from an hour ago on."""
    rich = ("<desc>Caf&eacute; &amp; bar, AT&T</desc><title lang='en'>News &lt;live&gt;</title>"
            "<category>News</category><sub-title>Late</sub-title><language>en</language>"
            "<orig-language>en</orig-language><url>http://one.example/</url>"
            f"<image type='still'>{url}/still.png</image><icon src='{url}/p.png?a=1&amp;b=2'/>"
            "<episode-num system='xmltv_ns'>0.11.</episode-num><date>2024</date>"
            "<credits><actor role='R'>A</actor><director>D</director></credits>"
            "<rating system='VCHIP'><value>TV-G</value></rating><previously-shown/><new/>")
    return ("<?xml version='1.0'?><!DOCTYPE tv SYSTEM 'xmltv.dtd'><tv>"
            + programme("c2", hour, 3, "<title>Two</title>")
            + programme("c1", hour + 3600, 1, "<title>Newsreel</title>", stop=False)
            + programme("C1 ", hour, 1, rich)
            + programme("c1", hour + 7200, 1, "<title>Film &nbsp; club</title>")
            + programme("c1", hour + 5400, 2, "<title>Overlap</title>")
            + programme("c1", hour + 2 * 86400, 1, "<title>In two days</title>")
            + programme("nobody", hour, 1, "<title>Unwanted</title>")
            + f"<channel id='c1'><display-name>Source One</display-name><icon src='{url}/1.png'/>"
              "</channel><channel id='c2'><display-name>Source Two</display-name></channel></tv>")


@pytest.fixture
def hour():
    """The present hour's begin, with enough of it left for a test."""
    if time.time() % 3600 > 3540:
        time.sleep(3600 - time.time() % 3600)
    return int(time.time()) // 3600 * 3600


@pytest.fixture
def make_guided(make_gateway, provider, hour):
    """A gateway with channels 1, 2 and 3.1 (which has no guide), and the guide of a source."""
    def make(**more):
        for path in ("/1.png", "/p.png", "/still.png", "/logo.png"):
            provider.on(path, body(PNG, "image/png"))
        provider.on("/p.png?a=1&b=2", body(PNG, "image/png"))
        text = "#EXTM3U\n"
        for number, extra in (("1", 'tvg-id="c1"'), ("2", 'tvg-id="c2"'),
                              ("3.1", f'tvg-id="c3" tvg-logo="{provider.url}/logo.png"')):
            url = provider.on(f"/live/{number}.ts", live)
            text += f'#EXTINF:-1 {extra} tvg-chno="{number}",Channel {number}\n{url}\n'
        config = config_for(provider.playlist("/list.m3u", text))
        config["guides"] = [{"name": "wild", "url": provider.playlist(
            "/g.xml", source(hour, provider.url), "text/xml")}]
        gateway = make_gateway({**config, **more}).start_with_lineup()
        wait_for("the guide", lambda: b"News" in gateway.get("/guide.xml").data)
        return gateway
    return make


@pytest.fixture
def guided(make_guided):
    return make_guided()


@pytest.fixture
def root(guided):
    """Its guide, parsed."""
    return ElementTree.fromstring(guided.get("/guide.xml").data)


def path_of(url):
    return re.sub("^http://[^/]*", "", url)


def valid(data, tmp_path):
    """xmllint's word, by the DTD of XMLTV."""
    if shutil.which("xmllint") is None:
        pytest.skip("xmllint is not installed")
    path = tmp_path / "guide.xml"
    path.write_bytes(data)
    done = subprocess.run(["xmllint", "--nonet", "--noout", "--dtdvalid", DTD, str(path)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return data


def titles(data):
    return [p.findtext("title") for p in ElementTree.fromstring(data).iter("programme")]


# -- one file that all accept (XMLTV's DTD, and what is known of its readers) ------------


def test_the_guide_is_valid_by_the_dtd(guided, tmp_path):
    data = valid(guided.get("/guide.xml").data, tmp_path)
    assert data.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n')
    assert "Café & bar, AT&T" in ElementTree.fromstring(data).find(".//desc").text


def test_channels_stand_before_programmes_which_are_grouped_sorted_and_apart(root):
    tags = [child.tag for child in root]
    assert tags == sorted(tags)  # channel, programme
    order = [c.get("id") for c in root.iter("channel")]
    rows = [(order.index(p.get("channel")), p.get("start"), p.get("stop"))
            for p in root.iter("programme")]
    assert rows == sorted(rows)
    for before, after in zip(rows, rows[1:]):
        assert before[0] != after[0] or before[2] <= after[1]


def test_jellyfin_times_match_its_expression_and_there_is_always_a_stop(root):
    for p in root.iter("programme"):
        for name in ("start", "stop"):
            assert re.fullmatch(r"[0-9]{4,14}(\s[+-]*[0-9]{1,4})?", p.get(name))
            assert re.fullmatch(r"[0-9]{14} \+0000", p.get(name))


def test_jellyfin_skips_whatever_follows_language_url_and_image_so_a_newline_does(guided):
    data = guided.get("/guide.xml").text
    for element in ("language", "orig-language", "url", "image"):
        assert re.search(f"</{element}>\n", data), element
    # And between all others: nothing that begins or ends an element stands behind another.
    assert not re.search(r">[ \t]*<(?!/(title|desc|sub-title|category)>)", data.replace(">\n<", ""))


def test_jellyfin_takes_an_id_of_digits_alone_for_a_number_so_ours_is_none(root):
    ids = [c.get("id") for c in root.iter("channel")]
    assert len(set(ids)) == 3
    for i in ids:
        assert re.fullmatch(r"[A-Za-z0-9.-]+", i) and not i.isdigit()


def test_jellyfin_tells_gzip_by_the_suffix_so_that_is_never_coded_twice(guided):
    plain = guided.get("/guide.xml").data
    for path in ("/guide.xml.gz", "/guide.xml.gz?days=60", "/xmltv/threadfin.xml.gz"):
        reply = guided.get(path, Accept_Encoding="gzip, deflate, br")
        assert reply.headers["Content-Type"] == "application/gzip"
        assert reply.headers.get("Content-Encoding") is None
        assert gzip.decompress(reply.data).startswith(plain[:60])


def test_jellyfin_reads_the_first_display_name_and_drops_channels_without(root):
    for c in root.iter("channel"):
        names = [n.text for n in c.iter("display-name")]
        number = names[1]
        assert names[:3] == [f"{number} Channel {number}", number, f"Channel {number}"]


def test_plex_takes_names_numbers_and_ids_and_each_is_there_once(root):
    assert [c.findall("display-name")[1].text for c in root.iter("channel")] == ["1", "2", "3.1"]
    assert len({c.get("id") for c in root.iter("channel")}) == 3


def test_plex_hides_channels_without_programmes_so_all_have_some(root):
    filled = {p.get("channel") for p in root.iter("programme")}
    assert filled == {c.get("id") for c in root.iter("channel")}


def test_plex_types_programmes_by_flags_categories_and_episodes_which_come_through(root):
    news = next(p for p in root.iter("programme") if p.findtext("title") == "News <live>")
    assert news.find("previously-shown") is not None and news.find("new") is not None
    assert "News" in [c.text for c in news.iter("category")]
    assert news.find("episode-num[@system='xmltv_ns']").text == "0.11."
    assert (news.findtext("date"), news.findtext("rating/value")) == ("2024", "TV-G")


def test_plex_gives_up_on_slow_guides_so_the_reply_begins_at_once(guided, stopwatch):
    stopwatch()
    assert guided.get("/guide.xml").status == 200
    assert stopwatch() < 2


def test_kodi_wants_the_declaration_first_and_matches_by_tvg_id(guided):
    data = guided.get("/guide.xml").data
    assert data[:5] == b"<?xml" and data.rstrip().endswith(b">")
    ids = {c.get("id") for c in ElementTree.fromstring(data).iter("channel")}
    playlist = guided.get("/playlist.m3u").text
    assert set(re.findall(r'tvg-id="([^"]*)"', playlist)) == ids


def test_kodi_tells_gzip_by_its_first_bytes(guided):
    for path in ("/guide.xml.gz", "/guide.xml.gz?channels=1"):
        assert guided.get(path).data[:2] == b"\x1f\x8b"


def test_tvheadend_fails_on_html_entities_and_ignores_named_zones_so_there_are_none(guided):
    data = guided.get("/guide.xml").text
    assert set(re.findall(r"&([^;]*);", data)) <= {"amp", "lt", "gt", "quot", "apos"}
    assert not re.search(r'(start|stop)="[^"]*[A-Z]', data)


def test_curl_gets_it_plain_coded_and_by_head(guided, tmp_path):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")

    def curl(*arguments):
        return subprocess.run(["curl", "-s", "-S", "-f", *arguments], capture_output=True,
                              check=True, timeout=30).stdout
    plain = curl(guided.url + "guide.xml")
    assert valid(plain, tmp_path)
    assert curl("--compressed", guided.url + "guide.xml") == plain
    head = curl("-I", guided.url + "guide.xml").decode().lower()
    assert "content-type: application/xml; charset=utf-8\r\n" in head
    assert f"content-length: {len(plain)}\r\n" in head
    assert re.search(r'\netag: "[^"]+"\r\n', head) and "\nlast-modified: " in head
    path = tmp_path / "guide.xml.gz"
    path.write_bytes(curl(guided.url + "guide.xml.gz"))
    unpacked = subprocess.run(["gzip", "-dc", str(path)], capture_output=True, check=True)
    assert unpacked.stdout == plain


# -- parts -------------------------------------------------------------------------------


@pytest.mark.parametrize("query, has, has_not", [
    ("channels=1", ["News <live>", "In two days"], ["Two"]),
    ("channels=2-3", ["Two"], ["News <live>"]),
    ("days=1", ["News <live>", "Two"], ["In two days"]),
    ("days=3&channels=1", ["In two days"], ["Two"]),
    ("hours=1", ["News <live>"], ["Film club"]),
])
def test_a_part_of_the_guide_is_a_valid_guide(guided, tmp_path, query, has, has_not):
    data = valid(guided.get("/guide.xml?" + query).data, tmp_path)
    there = titles(data)
    assert all(title in there for title in has) and not any(title in there for title in has_not)
    assert gzip.decompress(guided.get("/guide.xml.gz?" + query).data) == data


def test_a_part_that_has_not_changed_is_not_sent_again(guided):
    for path in ("/guide.xml?days=2", "/guide.xml.gz?days=2", "/guide.xml?channels=1-2"):
        first = guided.get(path)
        again = guided.get(path, If_None_Match=first.headers["ETag"])
        assert (again.status, again.data) == (304, b"")
        assert guided.request("HEAD", path).headers["ETag"] == first.headers["ETag"]


def test_a_wrong_part_is_400_with_what_is_allowed(guided):
    for query in ("days=0", "days=x", "channels=", "channels=5-1", "channels=a,b", "hours=9999"):
        reply = guided.get("/guide.xml?" + query)
        assert reply.status == 400
        assert "must be" in reply.text


def test_each_device_has_a_guide(guided):
    device = guided.facts()["devices"][0]["id"]
    whole = guided.get("/guide.xml").data
    assert guided.get(f"/device/{device}/guide.xml").data == whole
    assert gzip.decompress(guided.get(f"/device/{device}/guide.xml.gz").data) == whole
    assert guided.get("/device/00000000/guide.xml").status == 404


# -- JSON ---------------------------------------------------------------------------------


def test_now_is_what_the_guide_says(guided, hour):
    reply = guided.get("/api/v1/guide/now")
    assert reply.headers["Content-Type"].startswith("application/json")
    by_number = {c["number"]: c for c in reply.json["channels"]}
    assert list(by_number) == ["1", "2", "3.1"]
    now = by_number["1"]["now"]
    assert (now["title"], now["sub_title"]) == ("News <live>", "Late")
    assert now["desc"] == "Café & bar, AT&T"
    assert now["start_epoch"] == hour
    assert datetime.fromisoformat(now["start"].replace("Z", "+00:00")).timestamp() == hour
    assert now["episode"]["xmltv_ns"] == "0.11."
    assert now["new"] and now["previously_shown"]
    assert by_number["1"]["next"]["title"] == "Newsreel"
    assert by_number["3.1"]["now"]["title"]  # it is made up


def test_a_window_and_a_search_lead_from_one_answer_to_the_next(guided, hour):
    seen = []
    path = f"/api/v1/guide?limit=1&from={hour}&to={hour + 7200}"
    while path:
        answer = guided.get(path).json
        seen += [c["number"] for c in answer["channels"]]
        path = answer["next"]
    assert seen == ["1", "2", "3.1"]
    found = guided.get("/api/v1/guide/search?q=NEWS").json
    assert [f["programme"]["title"] for f in found["found"]] == ["News <live>", "Newsreel"]
    assert {f["channel"]["number"] for f in found["found"]} == {"1"}
    first = guided.get("/api/v1/guide/search?q=news&limit=1").json
    second = guided.get(first["next"]).json
    assert second["found"][0]["programme"]["title"] == "Newsreel" and second["next"] is None


def test_what_nobody_knows_is_404_and_what_is_wrong_400(guided):
    assert guided.get("/api/v1/guide/now?channel=77").status == 404
    assert guided.get("/api/v1/guide?from=never").status == 400
    assert guided.get("/api/v1/guide/search").status == 400


# -- pictures --------------------------------------------------------------------------------


def pictures_of(gateway):
    """Every address of a picture that is handed out."""
    found = re.findall(r'<icon src="([^"]*)"', gateway.get("/guide.xml").text)
    found += re.findall(r"<image[^>]*>([^<]*)<", gateway.get("/guide.xml").text)
    found += re.findall(r'tvg-logo="([^"]*)"', gateway.get("/playlist.m3u").text)
    answer = json.dumps(gateway.get("/api/v1/guide/now").json)
    return found + re.findall(r'"(?:icon|logo)": "([^"]*)"', answer)


def test_by_default_pictures_stay_where_they_are(guided, provider):
    found = pictures_of(guided)
    assert len(found) >= 5
    assert all(url.startswith(provider.url) for url in found)


def test_with_the_proxy_the_guide_works_without_the_internet(make_guided, provider, tmp_path):
    gateway = make_guided(images={"proxy": True})
    valid(gateway.get("/guide.xml").data, tmp_path)
    found = {url.replace("&amp;", "&") for url in pictures_of(gateway)}
    assert len(found) == 4, found
    assert all(url.startswith(gateway.url + "images/") for url in found)
    assert gzip.decompress(gateway.get("/guide.xml.gz").data) == gateway.get("/guide.xml").data
    for _ in range(2):
        for url in found:
            reply = gateway.get(path_of(url))
            assert (reply.status, reply.data) == (200, PNG), (url, reply.data)
            assert reply.headers["Content-Type"] == "image/png"
            assert "sandbox" in reply.headers["Content-Security-Policy"]
    for path in ("/1.png", "/still.png", "/logo.png"):
        assert provider.count(path) == 1, (found, provider.requests)
    # The provider is gone, and so is the gateway for a while.
    gateway.stop()
    for path in ("/1.png", "/still.png", "/logo.png", "/p.png?a=1&b=2"):
        provider.on(path, status(404))
    gateway.start_with_lineup()
    wait_for("the guide", lambda: gateway.get("/guide.xml").status == 200)
    for url in found:
        assert gateway.get(path_of(url)).data == PNG


def test_a_picture_that_cannot_be_had_is_502_and_not_asked_for_again(make_guided, provider):
    gateway = make_guided(images={"proxy": True})
    provider.on("/logo.png", body("<svg onload='alert(1)'/>", "image/svg+xml"))
    url = next(u for u in re.findall(r'tvg-logo="([^"]*)"', gateway.get("/playlist.m3u").text))
    for _ in range(3):
        reply = gateway.get(path_of(url))
        assert reply.status == 502
        assert "no picture" in reply.text
    assert provider.count("/logo.png") == 1


def test_it_fetches_nothing_that_it_has_not_handed_out(make_guided, provider):
    gateway = make_guided(images={"proxy": True})
    target = provider.on("/secret.png", body(PNG, "image/png"))
    quoted = target.replace(":", "%3A").replace("/", "%2F")
    for path in (f"/images/0000000000000000?url={quoted}", f"/images/?url={quoted}",
                 f"/images/logo/{quoted}"):
        assert gateway.get(path).status == 404
    assert provider.count("/secret.png") == 0


def test_logos_in_the_data_folder_go_before_all_others(make_guided, provider):
    gateway = make_guided()
    folder = os.path.join(gateway.data, "logos")
    os.makedirs(folder)
    for name in ("2.png", "channel 3.1.PNG"):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(PNG + name.encode())
    wait_for("the logos to be seen",
             lambda: gateway.get("/guide.xml").text.count("/images/logo/") == 2)
    found = re.findall(r'"(http[^"]*/images/logo/[^"]*)"', gateway.get("/guide.xml").text)
    bodies = [gateway.get(path_of(url)).data for url in found]
    assert bodies == [PNG + b"2.png", PNG + b"channel 3.1.PNG"]
    assert provider.count("/logo.png") == 0
    # The other one's stays the source's.
    assert f'<icon src="{provider.url}/1.png"/>' in gateway.get("/guide.xml").text
