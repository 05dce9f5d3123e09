"""The HDHomeRun side, as protocols and clients want it (SiliconDust's HTTP API)."""

import re
import time
import xml.etree.ElementTree as ElementTree

import pytest

from conftest import config_for
from gateway import path_of, wait_for
from provider import live, mute, status

ALIASES = [("/m3u/threadfin.m3u", "/playlist.m3u"), ("/m3u/xteve.m3u", "/playlist.m3u"),
           ("/xmltv/threadfin.xml", "/guide.xml"), ("/xmltv/xteve.xml", "/guide.xml"),
           ("/xmltv/threadfin.xml.gz", "/guide.xml.gz"), ("/xmltv/xteve.xml.gz", "/guide.xml.gz"),
           ("/capability", "/device.xml")]
NOW = time.strftime("%Y%m%d%H", time.gmtime())
GUIDE = ('<?xml version="1.0" encoding="UTF-8"?>\n<tv>\n<channel id="c1"><display-name>One'
         f'</display-name></channel>\n<programme start="{NOW}0000 +0000" '
         f'stop="{NOW}5959 +0000" channel="c1"><title>News</title></programme>\n</tv>\n')


def checksum(device_id):
    """0 for a valid device id (libhdhomerun, hdhomerun_discover_validate_device_id)."""
    table = [0xA, 0x5, 0xF, 0x6, 0x7, 0xC, 0x1, 0xB, 0x9, 0x2, 0x8, 0xD, 0x4, 0x3, 0xE, 0x0]
    n = [device_id >> shift & 15 for shift in range(28, -4, -4)]
    return table[n[0]] ^ n[1] ^ table[n[2]] ^ n[3] ^ table[n[4]] ^ n[5] ^ table[n[6]] ^ n[7]


def test_discover_json_has_the_types_that_clients_insist_on(gateway):
    reply = gateway.get("/discover.json")
    device = reply.json
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("application/json")
    assert type(device["TunerCount"]) is int
    for key in ("FriendlyName", "ModelNumber", "FirmwareName", "FirmwareVersion", "DeviceID",
                "BaseURL", "LineupURL"):
        assert isinstance(device[key], str) and device[key], key
    assert "HDTC" not in device["ModelNumber"]  # Plex would offer to transcode
    assert device["LineupURL"] == device["BaseURL"] + "/lineup.json"


def test_links_are_made_of_the_host_that_the_client_used(gateway):
    for host in ("tv.example:34400", "192.168.1.9", "[fd00::1]:80"):
        device = gateway.get("/discover.json", Host=host).json
        assert device["BaseURL"] == f"http://{host}"
        channels = gateway.get("/lineup.json", Host=host).json
        assert all(channel["URL"].startswith(f"http://{host}/") for channel in channels)


def test_the_device_id_is_valid_and_outlives_restarts_and_new_configs(make_gateway, provider):
    url = provider.channels(2)
    gateway = make_gateway(config_for(url)).start_with_lineup()
    first = gateway.get("/discover.json").json["DeviceID"]
    assert re.fullmatch("[0-9A-F]{8}", first)
    assert checksum(int(first, 16)) == 0
    gateway.stop()
    config = config_for(url)
    config["devices"] = [{"name": "Another name", "tuners": 9}]
    gateway.write_config(config)
    gateway.start_with_lineup()
    device = gateway.get("/discover.json").json
    assert device["DeviceID"] == first
    assert (device["FriendlyName"], device["TunerCount"]) == ("Another name", 9)


def test_a_configured_device_id_is_used_as_it_is(make_gateway, provider):
    config = config_for(provider.channels(1))
    config["devices"] = [{"name": "Den", "tuners": 1, "id": "10AF6F4B"}]
    gateway = make_gateway(config).start_with_lineup()
    assert gateway.get("/discover.json").json["DeviceID"] == "10AF6F4B"


def test_lineup_json_lists_every_channel_in_the_order_of_numbers(gateway):
    channels = gateway.lineup()
    assert [c["GuideNumber"] for c in channels] == ["1", "2", "3", "4"]
    assert [c["GuideName"] for c in channels] == [f"Channel {i}" for i in range(1, 5)]
    assert all(path_of(c["URL"]) == f"/auto/v{c['GuideNumber']}" for c in channels)
    assert all("?" not in c["URL"] for c in channels)  # Plex appends its own
    for flag in ("HD", "Favorite", "DRM"):
        assert all(c.get(flag, 1) == 1 for c in channels)


def test_numbers_with_a_point_are_kept_as_text(make_gateway, provider):
    url = provider.on("/live/1.ts", live)
    text = f'#EXTM3U\n#EXTINF:-1 tvg-chno="5.10",Five\n{url}\n#EXTINF:-1,Next\n{url}?2\n'
    gateway = make_gateway(config_for(provider.playlist("/p.m3u", text))).start_with_lineup()
    by_name = {c["GuideName"]: c["GuideNumber"] for c in gateway.lineup()}
    assert by_name == {"Five": "5.10", "Next": "1"}
    with gateway.view("/auto/v5.10") as viewer:
        assert viewer.status == 200


def test_lineup_xml_and_m3u_say_the_same_as_lineup_json(gateway):
    channels = gateway.lineup()
    programs = ElementTree.fromstring(gateway.get("/lineup.xml").data)
    assert programs.tag == "Lineup"
    assert [[p.findtext(key) for key in ("GuideNumber", "GuideName", "URL")] for p in programs] \
        == [[c[key] for key in ("GuideNumber", "GuideName", "URL")] for c in channels]
    lines = gateway.get("/lineup.m3u").text.splitlines()
    assert lines[0].startswith("#EXTM3U")
    assert [path_of(line) for line in lines if line.startswith("http")] == \
        [path_of(c["URL"]) for c in channels]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("query", ["scan=start", "scan=start&source=Cable", "scan=abort",
                                   "favorite=%2B1"])
def test_lineup_post_always_succeeds(gateway, method, query):
    # 405 here is what makes Plex say "device not found".
    assert gateway.request(method, "/lineup.post?" + query).status == 200


def test_a_scan_is_over_at_once(gateway):
    gateway.request("POST", "/lineup.post?scan=start")
    state = gateway.get("/lineup_status.json").json
    assert type(state["ScanInProgress"]) is int and state["ScanInProgress"] == 0
    assert type(state["ScanPossible"]) is int
    assert isinstance(state["SourceList"], list) and state["Source"] in state["SourceList"]


def test_device_xml_describes_the_same_device(gateway):
    root = ElementTree.fromstring(gateway.get("/device.xml").data)
    space = {"u": "urn:schemas-upnp-org:device-1-0"}
    device = gateway.get("/discover.json").json
    assert root.findtext("u:URLBase", namespaces=space) == device["BaseURL"]
    assert root.findtext("u:device/u:serialNumber", namespaces=space) == device["DeviceID"]
    assert root.findtext("u:device/u:friendlyName", namespaces=space) == device["FriendlyName"]
    assert re.fullmatch(r"uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
                        root.findtext("u:device/u:UDN", namespaces=space))


def test_every_device_has_its_own_id_tuners_and_addresses(make_gateway, provider):
    config = config_for(provider.channels(2))
    config["devices"] = [{"name": "One", "tuners": 1}, {"name": "Two", "tuners": 1}]
    gateway = make_gateway(config).start_with_lineup()
    one = gateway.get("/discover.json").json
    ids = {device["name"]: device["id"] for device in gateway.facts()["devices"]}
    two = gateway.get(f"/device/{ids['Two']}/discover.json").json
    assert (one["FriendlyName"], two["FriendlyName"]) == ("One", "Two")
    assert one["DeviceID"] != two["DeviceID"]
    channels = gateway.get(path_of(two["LineupURL"])).json
    assert all(channel["URL"].startswith(two["BaseURL"] + "/auto/v") for channel in channels)
    with gateway.view("/auto/v1") as first, \
            gateway.view(path_of(two["BaseURL"]) + "/auto/v2") as second:
        assert (first.status, second.status) == (200, 200)
    assert gateway.get("/device/00000000/discover.json").status == 404


def test_unknown_query_parameters_are_ignored(gateway):
    for path in ("/discover.json?x=1", "/lineup.json?show=found&tuning&plex=a%20b"):
        assert gateway.get(path).status == 200
    with gateway.view("/auto/v1?transcode=none&session=9") as viewer:
        assert viewer.status == 200


def test_head_is_answered_everywhere_without_a_body(gateway):
    for path in ("/", "/discover.json", "/lineup.json", "/lineup.xml", "/lineup.m3u",
                 "/lineup_status.json", "/device.xml", "/playlist.m3u", "/status.json", "/healthz",
                 "/readyz", "/metrics"):
        reply = gateway.request("HEAD", path)
        assert (reply.status, reply.data) == (200, b""), path


@pytest.mark.parametrize("path", ["/auto/v1", "/tuner0/v1"])
def test_head_of_a_stream_tunes_nothing(gateway, provider, path):
    reply = gateway.request("HEAD", path)
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "video/mp2t"
    assert gateway.request("HEAD", "/auto/v99").status == 404
    assert provider.count("/live/1.ts") == 0


def test_a_stream_is_mpeg_ts_until_it_is_closed(gateway):
    with gateway.view("/auto/v1", headers="Range: bytes=0-\r\nIcy-MetaData: 1\r\n") as viewer:
        assert viewer.status == 200
        assert viewer.headers["content-type"] == "video/mp2t"
        assert "content-length" not in viewer.headers
        assert "content-range" not in viewer.headers
        seen = viewer.watch(1500)
    assert seen.begins_well()
    assert (seen.lost_sync, seen.breaks, seen.missing()) == (0, 0, 0)


def test_a_viewer_is_on_the_tuner_that_it_asked_for(gateway):
    with gateway.view("/tuner2/v3") as viewer:
        assert viewer.status == 200
        rows = gateway.tuners()
        assert rows["tuner2"]["VctNumber"] == "3"
        assert rows["tuner2"]["VctName"] == "Channel 3"
        assert rows["tuner2"]["TargetIP"] == "127.0.0.1"
        assert "VctNumber" not in rows["tuner0"]


@pytest.mark.parametrize("path, code", [("/auto/v99", "801"), ("/tuner0/v99", "801"),
                                        ("/auto/vabc", "801"), ("/auto/v1.", "801"),
                                        ("/auto/ch509000000", "801"),
                                        ("/tuner0/ch509000000-3", "801")])
def test_an_unknown_channel_is_404_and_801_without_a_body(gateway, path, code):
    reply = gateway.get(path)
    assert reply.status == 404
    assert reply.headers["X-HDHomeRun-Error"].startswith(code)
    assert reply.data == b""


def test_a_tuner_that_does_not_exist_is_not_found(gateway):
    assert gateway.get("/tuner64/v1").status == 404
    assert gateway.get("/tuner-1/v1").status == 404


def test_one_viewer_more_than_tuners_gets_805(make_gateway, provider):
    config = config_for(provider.channels(4))
    config["devices"] = [{"name": "Small", "tuners": 2}]
    gateway = make_gateway(config).start_with_lineup()
    with gateway.view("/auto/v1") as one, gateway.view("/auto/v2") as two:
        assert (one.status, two.status) == (200, 200)
        refused = gateway.get("/auto/v3")
        assert refused.status == 503
        assert refused.headers["X-HDHomeRun-Error"].startswith("805")
        assert refused.data == b""
        assert provider.count("/live/3.ts") == 0
    # The tuners are free again as soon as the viewers have gone.
    wait_for("a free tuner", gateway.is_idle)
    with gateway.view("/auto/v3") as viewer:
        assert viewer.status == 200


def test_a_busy_tuner_asked_for_by_number_gives_804(gateway):
    with gateway.view("/tuner0/v1") as viewer:
        assert viewer.status == 200
        refused = gateway.get("/tuner0/v2")
        assert refused.status == 503
        assert refused.headers["X-HDHomeRun-Error"].startswith("804")
        assert refused.data == b""


def test_a_channel_that_cannot_be_opened_gives_806(make_gateway, provider):
    config = config_for(provider.channels(1, status(404)))
    gateway = make_gateway(config).start_with_lineup()
    reply = gateway.get("/auto/v1")
    assert reply.status == 503
    assert reply.headers["X-HDHomeRun-Error"].startswith("806")
    assert reply.data == b""


def test_a_channel_without_a_picture_gives_807_within_its_deadline(make_gateway, provider,
                                                                   stopwatch):
    config = config_for(provider.channels(1, mute))
    config["relay"] = {"connect_timeout": "2s"}
    gateway = make_gateway(config).start_with_lineup()
    stopwatch()
    reply = gateway.get("/auto/v1")
    assert 1.5 <= stopwatch() < 8
    assert reply.status == 503
    assert reply.headers["X-HDHomeRun-Error"].startswith("807")
    assert reply.data == b""


def test_an_account_with_all_its_connections_in_use_gives_805(make_gateway, provider):
    gateway = make_gateway(config_for(provider.channels(2), max_streams=1)).start_with_lineup()
    with gateway.view("/auto/v1") as viewer:
        assert viewer.status == 200
        refused = gateway.get("/auto/v2")
        assert refused.status == 503
        assert refused.headers["X-HDHomeRun-Error"].startswith("805")
    assert provider.live_peak == 1


def test_duration_ends_the_stream(gateway, stopwatch):
    stopwatch()
    with gateway.view("/auto/v1?duration=2") as viewer:
        seen = viewer.read_to_end()
    assert 1.8 <= stopwatch() < 8
    assert seen.packets > 500


@pytest.mark.parametrize("alias, path", ALIASES)
def test_paths_of_threadfin_and_xteve_lead_to_ours(make_gateway, provider, alias, path):
    config = config_for(provider.channels(2))
    config["guides"] = [{"name": "uk", "url": provider.playlist("/g.xml", GUIDE, "text/xml")}]
    gateway = make_gateway(config).start_with_lineup()
    wait_for("the guide", lambda: gateway.get("/guide.xml").status == 200)
    there, here = gateway.get(alias), gateway.get(path)
    assert (there.status, there.data) == (200, here.data)
    assert there.headers["Content-Type"] == here.headers["Content-Type"]


def test_stream_addresses_by_id_work_like_those_by_number(gateway):
    lines = gateway.get("/playlist.m3u").text.splitlines()
    paths = [path_of(line) for line in lines if line.startswith("http")]
    assert len(paths) == 4
    for i, path in enumerate(paths, 1):
        assert re.fullmatch(r"/stream/[0-9a-f]{16}(\.ts)?", path)
        with gateway.view(path) as viewer:
            assert viewer.status == 200
        with gateway.view(path + "?x=1") as viewer:
            assert viewer.status == 200
            viewer.watch(10)
    assert gateway.get("/stream/0000000000000000").status == 404
    assert gateway.get("/stream/nonsense").status == 404
