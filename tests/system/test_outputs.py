"""Playlists, guides, health, metrics, and the page that a person sees."""

import gzip
import json
import re

import pytest

from conftest import config_for
from gateway import wait_for
from provider import body, live, mute, status
from test_tuner import GUIDE


@pytest.fixture
def with_guide(make_gateway, provider):
    config = config_for(provider.channels(3))
    config["guides"] = [{"name": "uk", "url": provider.playlist("/g.xml", GUIDE, "text/xml")}]
    gateway = make_gateway(config).start_with_lineup()
    wait_for("the guide", lambda: gateway.get("/guide.xml").status == 200)
    return gateway


def test_the_playlist_hands_out_our_addresses_and_keeps_every_attribute(make_gateway, provider):
    url = provider.on("/live/1.ts", live)
    text = ('#EXTM3U\n#EXTINF:-1 tvg-id="one.uk" tvg-logo="http://logo/1.png" group-title="UK" '
            f'catchup="shift" catchup-days="7",One, and "only"\n{url}?token=secret\n')
    gateway = make_gateway(config_for(provider.playlist("/p.m3u", text))).start_with_lineup()
    reply = gateway.get("/playlist.m3u")
    assert reply.headers["Content-Type"].startswith(("audio/x-mpegurl", "application/x-mpegurl"))
    assert reply.text.startswith("#EXTM3U")
    assert 'tvg-logo="http://logo/1.png"' in reply.text
    assert 'group-title="UK"' in reply.text
    assert 'catchup="shift"' in reply.text and 'catchup-days="7"' in reply.text
    assert provider.url not in reply.text and "token" not in reply.text
    assert reply.text.splitlines()[-1].startswith(gateway.url)


def test_the_playlist_names_our_guide(with_guide):
    first = with_guide.get("/playlist.m3u").text.splitlines()[0]
    assert f'url-tvg="{with_guide.url}guide.xml"' in first
    assert f'x-tvg-url="{with_guide.url}guide.xml"' in first


def test_groups_of_the_playlist_can_be_chosen(make_gateway, provider):
    url = provider.on("/live/1.ts", live)
    text = "#EXTM3U\n" + "".join(f'#EXTINF:-1 group-title="{group}",{group} 1\n{url}?{group}\n'
                                 for group in ("News", "Sport, live", "Film"))
    gateway = make_gateway(config_for(provider.playlist("/p.m3u", text))).start_with_lineup()
    shown = gateway.get("/playlist.m3u?group-title=News,Film").text
    assert "News 1" in shown and "Film 1" in shown and "Sport" not in shown
    assert gateway.get("/playlist.m3u?group-title=Nobody").text.count("#EXTINF") == 0


def test_names_cannot_forge_lines_or_attributes_of_the_playlist(make_gateway, provider):
    url = provider.on("/live/1.ts", live)
    text = ('#EXTM3U\n#EXTINF:-1 tvg-name="a\' tvg-id=\'x" group-title="g\x01\x0b\x7f",'
            f'Say "hi" now\r\n{url}\n')
    gateway = make_gateway(config_for(provider.playlist("/p.m3u", text))).start_with_lineup()
    lines = gateway.get("/playlist.m3u").text.splitlines()
    assert len(lines) == 3
    assert not re.search(r"[\x00-\x1f]", "".join(lines))
    assert lines[1].endswith(",Say 'hi' now")
    assert len(re.findall(r' [a-z-]+="[^"]*"', lines[1])) == lines[1].count('"') // 2


def test_the_guide_is_valid_and_gzip_is_the_same(with_guide):
    plain = with_guide.get("/guide.xml")
    assert plain.headers["Content-Type"].startswith(("application/xml", "text/xml"))
    assert b"<title>News</title>" in plain.data
    packed = with_guide.get("/guide.xml.gz")
    assert packed.headers.get("Content-Encoding") is None
    assert gzip.decompress(packed.data) == plain.data
    coded = with_guide.get("/guide.xml", Accept_Encoding="gzip")
    assert coded.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(coded.data) == plain.data


@pytest.mark.parametrize("path", ["/lineup.json", "/playlist.m3u", "/guide.xml", "/guide.xml.gz"])
def test_what_has_not_changed_is_not_sent_again(with_guide, path):
    tag = with_guide.get(path).headers["ETag"]
    again = with_guide.get(path, If_None_Match=tag)
    assert (again.status, again.data) == (304, b"")
    other = with_guide.get(path, If_None_Match='"something else"')
    assert other.status == 200


def test_replies_made_for_one_host_never_reach_another(gateway):
    for path in ("/lineup.json", "/lineup.m3u", "/playlist.m3u", "/discover.json", "/device.xml"):
        one, two = (gateway.get(path, Host=host) for host in ("one.lan:1", "two.lan:2"))
        assert "one.lan:1" in one.text and "two.lan" not in one.text
        assert "two.lan:2" in two.text and "one.lan" not in two.text
        if "ETag" in one.headers:
            assert one.headers["ETag"] != two.headers["ETag"]


def test_public_url_is_what_links_begin_with(make_gateway, provider):
    config = config_for(provider.channels(1))
    config["public_url"] = "http://tv.example/masthead"
    gateway = make_gateway(config).start_with_lineup()
    assert gateway.lineup()[0]["URL"] == "http://tv.example/masthead/auto/v1"
    assert gateway.get("/discover.json").json["BaseURL"] == "http://tv.example/masthead"
    assert "http://tv.example/masthead/stream/" in gateway.get("/playlist.m3u").text


def test_healthz_and_readyz_tell_alive_from_ready(make_gateway, provider):
    gateway = make_gateway(config_for(provider.on("/list.m3u", mute))).start()
    assert gateway.get("/healthz").status == 200
    waiting = gateway.get("/readyz")
    assert waiting.status == 503
    assert len(waiting.text) > 10
    # An empty lineup makes Plex refuse the device for good: say "later" while there is none.
    for path in ("/lineup.json", "/playlist.m3u"):
        reply = gateway.get(path)
        assert reply.status == 503 and "Retry-After" in reply.headers


def test_the_healthcheck_command_tells_by_its_exit_status(gateway):
    assert gateway.run("healthcheck", "--data", gateway.data).returncode == 0
    gateway.stop()
    down = gateway.run("healthcheck", "--data", gateway.data)
    assert down.returncode == 1
    assert gateway.data in down.stderr


def test_the_status_command_shows_channels_viewers_and_leases(make_gateway, provider):
    gateway = make_gateway(config_for(provider.channels(2), max_streams=3)).start_with_lineup()
    with gateway.view("/auto/v2") as viewer:
        viewer.watch(100)
        shown = gateway.run("status", "--data", gateway.data)
        assert shown.returncode == 0, shown.stderr
        assert "Channel 2" in shown.stdout
        assert "acme" in shown.stdout
        assert re.search(r"1\s*(/|of)\s*3", shown.stdout)  # leases
        facts = json.loads(gateway.run("status", "--json", "--data", gateway.data).stdout)
        assert facts


def test_status_and_page_say_when_a_failed_source_was_good_and_is_tried_again(gateway, provider):
    provider.on("/list.m3u", status(403))
    gateway.refresh()
    shown = gateway.run("status", "--data", gateway.data).stdout
    assert re.search(r"the server answered 403, last good \d+ s ago, next try in \d+ s\n", shown)
    page = gateway.get("/").text
    assert re.search(r"the server answered 403</span><br>next try in \d+ s<br>last good", page)


def test_metrics_are_well_formed_and_count(gateway):
    with gateway.view("/auto/v1") as viewer:
        viewer.watch(200)
        text = gateway.get("/metrics").text
        samples = gateway.metrics()
    names = set()
    for line in text.splitlines():
        assert re.fullmatch(
            r'# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? \S+',
            line), line
        if not line.startswith("#"):
            names.add(re.match("[a-z_]+", line).group())
            assert names <= set(re.findall(r"# TYPE ([a-z_]+)", text))
    for name in ("masthead_build_info", "masthead_start_time_seconds", "masthead_upstreams",
                 "masthead_clients", "masthead_upstream_receive_bytes_total",
                 "masthead_client_send_bytes_total", "masthead_source_slots_used",
                 "masthead_source_streams", "masthead_lineup_channels",
                 "masthead_http_requests_total", "process_resident_memory_bytes",
                 "process_open_fds"):
        assert name in names, name
    assert sum(v for k, v in samples.items() if k.startswith("masthead_clients")) == 1
    assert sum(v for k, v in samples.items() if k.startswith("masthead_upstreams")) == 1


def test_the_front_page_needs_no_script_and_says_what_to_paste(gateway):
    reply = gateway.get("/")
    assert reply.headers["Content-Type"].startswith("text/html")
    assert "<script" not in reply.text
    for link in (gateway.url.rstrip("/"), "/playlist.m3u", "/guide.xml"):
        assert link in reply.text
    assert "acme" in reply.text
    assert 'name="viewport"' in reply.text
    style = re.search(r'<link rel="stylesheet" href="([^"]+)"', reply.text).group(1)
    assert "prefers-color-scheme: dark" in gateway.get(style).text
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src" in reply.headers["Content-Security-Policy"]


def test_names_from_a_playlist_are_text_on_the_front_page(make_gateway, provider):
    url = provider.on("/live/1.ts", live)
    text = f'#EXTM3U\n#EXTINF:-1,<script>alert(1)</script>\n{url}\n'
    gateway = make_gateway(config_for(provider.playlist("/p.m3u", text))).start_with_lineup()
    with gateway.view("/auto/v1") as viewer:
        assert viewer.status == 200
        assert "<script" not in gateway.get("/").text
        assert "<script" not in gateway.get("/lineup.xml").text


def test_an_unknown_path_is_404_and_a_wrong_method_405(gateway):
    assert gateway.get("/nothing/here").status == 404
    wrong = gateway.request("DELETE", "/lineup.json")
    assert wrong.status in (405, 501)
    posted = gateway.request("POST", "/lineup.json", b"x")
    assert posted.status == 405
    assert "GET" in posted.headers["Allow"]


def test_no_route_leads_out_of_the_house(gateway):
    for path in ("/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/stream/..%2f..%2fmasthead.db",
                 "/xmltv/../masthead.db", "/xmltv/..%2fmasthead.db", "/m3u/%2fetc%2fpasswd",
                 "//etc/passwd", "/auto/v1%00.ts"):
        reply = gateway.get(path)
        assert reply.status in (400, 404), path
        assert b"root:" not in reply.data and b"SQLite" not in reply.data


def test_viewers_outside_the_allowed_networks_are_refused(make_gateway, provider):
    config = config_for(provider.channels(1))
    config["allow"] = ["10.9.8.0/24"]
    gateway = make_gateway(config).start()
    wait_for("ready for viewers", lambda: gateway.get("/readyz").status == 200)
    for path in ("/discover.json", "/lineup.json", "/playlist.m3u", "/auto/v1", "/"):
        assert gateway.get(path).status == 403, path
    assert gateway.get("/healthz").status == 200
    assert provider.count("/live/1.ts") == 0


def test_a_guide_that_is_not_there_yet_is_no_empty_guide(make_gateway, provider):
    config = config_for(provider.channels(1))
    config["guides"] = [{"name": "uk", "url": provider.on("/g.xml", mute)}]
    gateway = make_gateway(config).start_with_lineup()
    assert gateway.get("/guide.xml").status in (404, 503)
    provider.on("/g.xml", body(GUIDE, "text/xml"))
