"""Last good stays: bad refreshes of playlists, and every way of their being bad."""

import gzip
import os

import pytest

from conftest import config_for
from gateway import wait_for
from provider import (body, close, cut_short, drip, endless_head, generated, html, mute, redirect,
                      status, with_etag, zipped)

CHANNELS = 40
# What a channel list is read by.
OUTPUTS = ("/lineup.json", "/lineup.xml", "/lineup.m3u", "/playlist.m3u")


def good_list(provider, count=CHANNELS):
    return "#EXTM3U\n" + "".join(
        f'#EXTINF:-1 tvg-id="c{i}" group-title="G",Channel {i}\n{provider.url}/live/{i}.ts\n'
        for i in range(1, count + 1))


def snapshot(gateway):
    return [gateway.get(path).data for path in OUTPUTS]


def million_entries():
    yield b"#EXTM3U\n"
    for i in range(100):
        yield b"".join(b'#EXTINF:-1 tvg-id="%d",Name %d\nhttp://127.0.0.1:9/%d\n' % (n, n, n)
                       for n in range(i * 10000, i * 10000 + 10000))


def gigabyte_line():
    yield b"#EXTM3U\n#EXTINF:-1,Long\nhttp://127.0.0.1/"
    piece = b"a" * 65536
    for _ in range(16384):
        yield piece


# What the provider does, and a word that the complaint must have.
BAD = {
    "403": (lambda p: status(403), "403"),
    "404": (lambda p: status(404), "404"),
    "429": (lambda p: status(429), "429"),
    "500": (lambda p: status(500), "500"),
    "503": (lambda p: status(503), "503"),
    "a web page": (lambda p: html, "web page"),
    "an empty body": (lambda p: body(b""), "empty"),
    "a list of nothing": (lambda p: body("#EXTM3U\n"), "no entries"),
    "JSON": (lambda p: body('{"user_info":{"auth":0}}', "application/json"), "JSON"),
    "the word blocked": (lambda p: body("blocked", "text/plain"), "blocked"),
    "binary": (lambda p: body(bytes(range(256)) * 400), "binary"),
    "a third of the entries": (lambda p: body(good_list(p, CHANNELS // 3)), "13 entries"),
    "a stream's own playlist": (lambda p: body(
        "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\na.ts\n#EXTINF:6,\nb.ts\n"), "HLS"),
    "cut short": (lambda p: cut_short(good_list(p).encode(), 3000), "cut short"),
    "gzip cut in the middle": (lambda p: zipped(good_list(p).encode(), at=250), ""),
    "gzip without its end": (lambda p: zipped(good_list(p).encode(), at=-9), ""),
    "a gzip file without its end": (
        lambda p: body(gzip.compress(good_list(p).encode())[:-9], "application/gzip"), "gzip"),
    "a redirect to itself": (lambda p: redirect(p.url + "/list.m3u"), "redirects"),
    "a redirect to a file": (lambda p: redirect("file:///etc/passwd"), "protocol"),
    "a redirect to ftp": (lambda p: redirect("ftp://127.0.0.1/list.m3u"), "protocol"),
    "a closed connection": (lambda p: close, "nothing"),
    "one line of a gigabyte": (lambda p: generated(gigabyte_line), ""),
}


@pytest.fixture
def taken(make_gateway, provider):
    """A gateway that has read a good list of 40 channels."""
    provider.on("/list.m3u", body(good_list(provider)))
    gateway = make_gateway(config_for(provider.url + "/list.m3u")).start_with_lineup()
    assert gateway.source()["error"] == ""
    return gateway


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_refresh_changes_no_byte_and_says_so(taken, provider, kind):
    fault, word = BAD[kind]
    before = snapshot(taken)
    provider.on("/list.m3u", fault(provider))
    after = taken.refresh(seconds=90)
    assert after["error"] and word in after["error"]
    assert after["entries"] == CHANNELS
    assert "the last good one stays" in taken.log()
    assert snapshot(taken) == before
    # And when it is good again, the complaint goes away.
    provider.on("/list.m3u", body(good_list(provider)))
    assert taken.refresh()["error"] == ""
    assert snapshot(taken) == before


@pytest.mark.parametrize("kind", ["a web page", "an empty body", "500"])
def test_last_good_outlives_a_restart(taken, provider, kind):
    before = [channel["GuideNumber"] + channel["GuideName"] for channel in taken.lineup()]
    taken.stop()
    provider.on("/list.m3u", BAD[kind][0](provider))
    taken.start_with_lineup()
    wait_for("a complaint", lambda: taken.source()["error"])
    assert [c["GuideNumber"] + c["GuideName"] for c in taken.lineup()] == before


def test_last_good_is_served_at_once_while_the_provider_is_silent(taken, provider):
    taken.stop()
    for fault in (mute, endless_head, drip(b"#EXTM3U\n" * 10000)):
        provider.on("/list.m3u", fault)
        taken.start_with_lineup()
        assert len(taken.lineup()) == CHANNELS
        taken.stop()


def test_a_playlist_cut_at_any_byte_is_never_taken(taken, provider):
    whole = good_list(provider).encode()
    before = snapshot(taken)
    for at in range(1, len(whole), len(whole) // 20):
        provider.on("/list.m3u", cut_short(whole, at))
        assert taken.refresh()["error"], f"cut at {at}"
        assert snapshot(taken) == before, f"cut at {at}"


def test_a_list_that_stays_small_is_taken_when_its_owner_allows_it(make_gateway, provider):
    provider.on("/list.m3u", body(good_list(provider)))
    gateway = make_gateway(config_for(provider.url + "/list.m3u", shrink_percent=100))
    gateway.start_with_lineup()
    provider.on("/list.m3u", body(good_list(provider, 1)))
    assert gateway.refresh()["error"] == ""
    assert len(gateway.lineup()) == 1


def test_a_new_channel_appears_and_the_others_keep_their_numbers(taken, provider):
    before = {c["GuideName"]: c["GuideNumber"] for c in taken.lineup()}
    lines = good_list(provider).splitlines()
    shuffled = [lines[0], "#EXTINF:-1,New", provider.url + "/live/new.ts"]
    for i in range(len(lines) - 2, 0, -2):
        shuffled += [lines[i], lines[i + 1] + "?token=another"]
    provider.on("/list.m3u", body("\n".join(shuffled) + "\n"))
    assert taken.refresh()["error"] == ""
    after = {c["GuideName"]: c["GuideNumber"] for c in taken.lineup()}
    assert after.pop("New") not in before.values()
    assert after == before


def test_a_channel_that_comes_back_has_its_old_number_and_address(taken, provider):
    before = snapshot(taken)
    lines = good_list(provider).splitlines()
    provider.on("/list.m3u", body("\n".join(lines[:9] + lines[11:]) + "\n"))
    taken.refresh()
    assert len(taken.lineup()) == CHANNELS - 1
    provider.on("/list.m3u", body("\n".join(lines) + "\n"))
    taken.refresh()
    assert snapshot(taken) == before


def test_what_the_provider_has_not_changed_is_not_sent_again(make_gateway, provider):
    provider.on("/list.m3u", with_etag(good_list(provider), '"v1"'))
    gateway = make_gateway(config_for(provider.url + "/list.m3u")).start_with_lineup()
    before = snapshot(gateway)
    assert gateway.refresh()["error"] == ""
    told = [head for _, path, head in provider.requests if path == "/list.m3u"]
    assert len(told) == 2
    assert 'if-none-match: "v1"' in told[-1].lower()
    assert snapshot(gateway) == before


@pytest.mark.parametrize("kind", ["as it is", "as Content-Encoding", "as a .gz file"])
def test_a_compressed_playlist_is_read(make_gateway, provider, kind):
    text = good_list(provider).encode()
    handler = {"as it is": body(text), "as Content-Encoding": zipped(text),
               "as a .gz file": body(gzip.compress(text), "application/gzip")}[kind]
    gateway = make_gateway(config_for(provider.on("/list.m3u.gz", handler))).start_with_lineup()
    assert len(gateway.lineup()) == CHANNELS


def test_nul_bytes_and_long_lines_cost_their_entry_only(make_gateway, provider):
    live = provider.url + "/live/"
    text = (b"#EXTM3U\n#EXTINF:-1,Be\0fore\n" + live.encode() + b"1.ts\n"
            b'#EXTINF:-1 tvg-logo="' + b"x" * 70000 + b'",Too long\n' + live.encode() + b"2.ts\n"
            b"#EXTINF:-1,After\r\n" + live.encode() + b"3.ts\r\n"
            b"#EXTINF:-1,Last\n" + live.encode() + b"4.ts" + b"y" * 70000 + b"\n"
            b"#EXTINF:-1,End\n" + live.encode() + b"5.ts")
    gateway = make_gateway(config_for(provider.playlist("/p.m3u", text))).start_with_lineup()
    names = [c["GuideName"] for c in gateway.lineup()]
    assert "After" in names and "End" in names
    assert any("fore" in name for name in names)
    assert "Last" not in names
    assert all(c.isprintable() for name in names for c in name)


def test_a_million_entries_are_read_without_much_memory(make_gateway, provider):
    gateway = make_gateway(config_for(provider.on("/big.m3u", generated(million_entries))))
    gateway.start()
    resident = gateway.metrics()["process_resident_memory_bytes"]
    wait_for("the lineup", lambda: gateway.get("/readyz").status == 200, 150)
    grown = gateway.metrics()["process_resident_memory_bytes"] - resident
    assert grown < 400 << 20  # mapped pages of the snapshot count too, and AddressSanitizer's
    assert gateway.get("/auto/v1000000").status == 503  # found; nobody is at port 9
    assert gateway.get("/auto/v1000001").status == 404


def test_a_decompression_bomb_is_stopped(taken, provider):
    before = snapshot(taken)
    twice = gzip.compress(gzip.compress(b"\0" * (512 << 20), 9), 9)
    provider.on("/list.m3u", body(twice, Content_Encoding="gzip"))
    assert taken.refresh(seconds=120)["error"]
    assert snapshot(taken) == before
    lines = gzip.compress(b"#EXTM3U\n" + b"\n" * (512 << 20), 9)
    provider.on("/list.m3u", body(lines, "application/gzip"))
    assert taken.refresh(seconds=120)["error"]
    assert snapshot(taken) == before


def test_a_missing_file_is_named(make_gateway, tmp_path):
    gateway = make_gateway(config_for(f"file:{tmp_path}/absent.m3u")).start()
    said = wait_for("a complaint", lambda: gateway.source()["error"])
    assert "absent.m3u" in said
    assert "No such file" in said
    ready = gateway.get("/readyz")
    assert ready.status == 503 and ready.text


def test_a_local_playlist_is_read_again_when_it_changes(make_gateway, provider, tmp_path):
    path = tmp_path / "list.m3u"
    path.write_text(good_list(provider, 3))
    gateway = make_gateway(config_for(f"file:{path}")).start_with_lineup()
    assert len(gateway.lineup()) == 3
    path.write_text(good_list(provider, 4))
    assert gateway.refresh()["error"] == ""
    assert len(gateway.lineup()) == 4
    os.unlink(path)
    assert "No such file" in gateway.refresh()["error"]
    assert len(gateway.lineup()) == 4
