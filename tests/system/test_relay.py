"""One upstream, many viewers: what the relay promises, counted at the provider."""

import random
import socket
import threading
import time

import pytest

import ts
from conftest import config_for
from gateway import Viewer, wait_for
from provider import (body, close, drip, endless_head, garbage, html, junk_between_packets, live,
                      live_then, mute, redirect, reset, scrambled, silent_after_head, stall, status)

RELAY = {"connect_timeout": "3s", "stall_timeout": "1s", "linger": "1s"}


def relay_gateway(make_gateway, url, relay=None, devices=None, **playlist):
    config = config_for(url, **playlist)
    config["relay"] = {**RELAY, **(relay or {})}
    config["devices"] = devices or [{"name": "Test", "tuners": 16}]
    return make_gateway(config).start_with_lineup()


def test_eight_clients_share_one_upstream_connection(make_gateway, provider):
    gateway = relay_gateway(make_gateway, provider.channels(1))
    viewers = [gateway.view() for _ in range(8)]
    for viewer in viewers:
        assert viewer.status == 200
        seen = viewer.watch(1000)
        assert seen.begins_well()
        assert (seen.lost_sync, seen.breaks, seen.missing()) == (0, 0, 0)
    assert provider.count("/live/1.ts") == 1
    assert provider.peak["/live/1.ts"] == 1
    for viewer in viewers:
        viewer.close()


def test_a_second_viewer_starts_at_once_with_a_whole_picture(make_gateway, provider, stopwatch):
    gateway = relay_gateway(make_gateway, provider.channels(1))
    with gateway.view() as first:
        first.watch(3000)  # more than one random access point has passed
        stopwatch()
        with gateway.view() as second:
            second.watch(3)
            assert stopwatch() < 1
            assert second.seen.begins_well()


def test_zapping_back_within_the_linger_keeps_the_upstream_connection(make_gateway, provider):
    gateway = relay_gateway(make_gateway, provider.channels(2), {"linger": "30s"})
    for _ in range(5):  # as Plex does when it tunes
        with gateway.view() as viewer:
            assert viewer.status == 200
            viewer.watch(50)
    assert provider.count("/live/1.ts") == 1
    assert provider.open_now("/live/1.ts") == 1


def test_an_upstream_without_viewers_ends_after_the_linger(make_gateway, provider):
    gateway = relay_gateway(make_gateway, provider.channels(1), {"linger": "1s"})
    with gateway.view() as viewer:
        viewer.watch(50)
    assert provider.open_now("/live/1.ts") == 1
    wait_for("the upstream to end", lambda: provider.open_now("/live/1.ts") == 0)
    wait_for("the channel to end", lambda: not gateway.facts()["channels"])


def test_a_lingering_upstream_gives_way_when_its_account_is_full(make_gateway, provider):
    gateway = relay_gateway(make_gateway, provider.channels(2), {"linger": "60s"}, max_streams=1)
    with gateway.view("/auto/v1") as viewer:
        viewer.watch(50)
    with gateway.view("/auto/v2") as viewer:
        assert viewer.status == 200
        viewer.watch(50)
    assert provider.live_peak == 1


def test_a_lingering_upstream_does_not_count_as_a_tuner_in_use(make_gateway, provider):
    gateway = relay_gateway(make_gateway, provider.channels(2), {"linger": "60s"},
                            devices=[{"name": "One", "tuners": 1}])
    for path in ("/auto/v1", "/auto/v2", "/auto/v1"):
        with gateway.view(path) as viewer:
            assert viewer.status == 200
            viewer.watch(20)
        wait_for("the tuner", gateway.is_idle)


def test_the_connection_limit_is_never_passed_in_200_random_acts(make_gateway, provider):
    limit = 3
    gateway = relay_gateway(make_gateway, provider.channels(6), {"linger": "0"},
                            max_streams=limit)
    dice = random.Random(20261122)
    watching, opened, refused = [], 0, 0
    for _ in range(200):
        if watching and dice.random() < 0.45:
            watching.pop(dice.randrange(len(watching))).close()
            continue
        viewer = gateway.view(f"/auto/v{dice.randint(1, 6)}")
        if viewer.status == 200:
            opened += 1
            watching.append(viewer)
            if len(watching) > 8:
                watching.pop(0).close()
        else:
            assert viewer.status == 503
            assert viewer.headers["x-hdhomerun-error"].startswith("805")
            refused += 1
            viewer.close()
    assert provider.live_peak == limit
    assert opened > 20 and refused > 0
    for viewer in watching:
        viewer.close()
    # The ledger agrees with the sockets when all have gone, and gives all leases again.
    wait_for("all leases back", lambda: gateway.leases() == 0)
    wait_for("all sockets closed", lambda: provider.live_now() == 0)
    again = [gateway.view(f"/auto/v{i}") for i in range(1, limit + 1)]
    assert [viewer.status for viewer in again] == [200] * limit
    for viewer in again:
        viewer.close()


def test_viewers_that_leave_before_the_first_byte_leave_nothing_behind(make_gateway, provider):
    gateway = relay_gateway(make_gateway, provider.channels(2, silent_after_head), max_streams=1)
    for _ in range(20):
        sock = gateway.connect()
        sock.sendall(f"GET /auto/v1 HTTP/1.1\r\nHost: {gateway.host}\r\n\r\n".encode())
        sock.close()
    wait_for("the lease", lambda: gateway.leases() == 0)
    provider.on("/live/2.ts", live)
    with gateway.view("/auto/v2") as viewer:
        assert viewer.status == 200
    assert provider.live_peak == 1


@pytest.mark.parametrize("fault", [close, reset, stall, silent_after_head, garbage],
                         ids=["closes", "resets", "stalls", "goes silent", "sends garbage"])
def test_an_upstream_that_breaks_is_opened_again_and_viewers_stay(make_gateway, provider, fault):
    first = threading.Event()

    def once(conn):
        if first.is_set():
            live(conn)
        else:
            first.set()
            live_then(garbage_or(fault), 1.5)(conn)

    gateway = relay_gateway(make_gateway, provider.channels(1, once))
    with gateway.view() as one, gateway.view() as two:
        for viewer in (one, two):
            viewer.watch(300)
        broke_at = wait_for("the second connection",
                            lambda: watch_both(one, two) and provider.count("/live/1.ts") > 1
                            and one.seen.numbers[-1])
        for viewer in (one, two):
            viewer.watch_until("fresh pictures",
                               lambda seen: seen.numbers and seen.numbers[-1] > broke_at + 500)
            assert viewer.seen.lost_sync == 0
    assert provider.peak["/live/1.ts"] == 1  # the broken one was closed before the next was opened


def garbage_or(fault):
    """The fault without a second response head."""
    def inside(conn):
        if fault is garbage:
            while True:
                conn.send(bytes(range(0x48, 0xC8)) * 64)
                conn.wait(0.05)
        elif fault is silent_after_head:
            conn.wait()
        else:
            fault(conn)
    return inside


def watch_both(*viewers):
    for viewer in viewers:
        viewer.sock.settimeout(0.05)
        try:
            assert viewer.read(), "a viewer was cut"
        except socket.timeout:
            pass
        finally:
            viewer.sock.settimeout(30)
    return True


def test_an_upstream_that_always_breaks_is_not_hammered(make_gateway, provider):
    gateway = relay_gateway(make_gateway, provider.channels(1, live_then(close, 0.2)))
    with gateway.view() as viewer:
        viewer.watch(20)
        until = time.monotonic() + 5
        while time.monotonic() < until:
            watch_both(viewer)
    assert 2 <= provider.count("/live/1.ts") <= 12  # back-off, with 250 ms at first


@pytest.mark.parametrize("code", [401, 403, 404, 410, 429, 456, 500, 503])
def test_an_upstream_that_answers_an_error_is_a_clean_503(make_gateway, provider, stopwatch, code):
    gateway = relay_gateway(make_gateway, provider.channels(2, status(code)))
    stopwatch()
    reply = gateway.get("/auto/v1")
    assert stopwatch() < 10
    assert reply.status == 503
    assert reply.headers["X-HDHomeRun-Error"][:3] in ("805", "806")
    assert reply.data == b""
    # Who says no, or too many, is not hammered; a server in trouble may be asked again.
    assert provider.count("/live/1.ts") <= (3 if code < 500 else 8)
    provider.on("/live/2.ts", live)
    with gateway.view("/auto/v2") as viewer:
        assert viewer.status == 200
    gateway.logged(str(code))


NOT_TS = {
    "garbage": garbage,
    "a web page": html,
    "an empty body": body(b"", "video/mp2t"),
    "a playlist": body("#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\na.ts\n"),
    "nothing at all": mute,
    "nothing after the head": silent_after_head,
    "a head without end": endless_head,
    "a byte now and then": drip(b"\x47" * 10000),
    "a redirect to itself": lambda conn: redirect(conn.provider.url + conn.path)(conn),
    "a redirect to a file": redirect("file:///etc/passwd"),
    "a redirect to rtmp": redirect("rtmp://127.0.0.1/live"),
    "an end": close,
    "a reset": reset,
}


@pytest.mark.parametrize("kind", NOT_TS)
def test_what_is_not_mpeg_ts_never_becomes_200(make_gateway, provider, kind, stopwatch):
    gateway = relay_gateway(make_gateway, provider.channels(1, NOT_TS[kind]), max_streams=1)
    stopwatch()
    reply = gateway.get("/auto/v1")
    assert stopwatch() < 15
    assert reply.status == 503
    assert reply.headers["X-HDHomeRun-Error"][:3] in ("806", "807")
    assert reply.data == b""
    assert provider.count("/live/1.ts") < 50
    wait_for("the lease back", lambda: gateway.leases() == 0)
    wait_for("the tuner back", gateway.is_idle)


def test_lost_sync_is_found_again_and_no_viewer_sees_it(make_gateway, provider):
    gateway = relay_gateway(make_gateway, provider.channels(1, junk_between_packets))
    with gateway.view() as viewer:
        seen = viewer.watch(2000)
        assert seen.lost_sync == 0
        assert len(seen.numbers) > 1500
        # Resynchronising costs at most a few packets each time.
        assert seen.missing() < len(seen.numbers) / 10


def test_a_scrambled_channel_is_shown_as_scrambled(make_gateway, provider):
    gateway = relay_gateway(make_gateway, provider.channels(1, scrambled))
    reply = gateway.view()
    if reply.status == 200:
        reply.watch(200)
        assert gateway.facts()["channels"][0]["scrambled"] is True
    else:
        assert reply.headers["x-hdhomerun-error"][:3] in ("807", "811")
    reply.close()


def test_one_stalled_viewer_costs_the_others_nothing(make_gateway, provider):
    gateway = relay_gateway(make_gateway, provider.channels(1), {"late_timeout": "3s"})
    sock = gateway.connect()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.sendall(f"GET /auto/v1 HTTP/1.1\r\nHost: {gateway.host}\r\n\r\n".encode())
    with gateway.view() as healthy:
        seen = healthy.watch(6000)
        assert (seen.lost_sync, seen.breaks, seen.missing()) == (0, 0, 0)
        wait_for("it to be dropped",
                 lambda: gateway.facts()["totals"]["viewers_dropped"] == 1)
    sock.close()


def test_a_viewer_that_vanishes_is_noticed(make_gateway, provider):
    gateway = relay_gateway(make_gateway, provider.channels(1))
    for i in range(20):
        viewer = gateway.view()
        viewer.watch(10)
        if i % 2:
            viewer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        viewer.close()
    wait_for("no viewers", gateway.is_idle)
    wait_for("no upstream", lambda: provider.open_now("/live/1.ts") == 0)


def test_a_file_is_a_channel_too(make_gateway, provider, tmp_path):
    media = tmp_path / "film.ts"
    media.write_bytes(b"".join(ts.frame(n) for n in range(25 * 20)))
    text = f"#EXTM3U\n#EXTINF:-1,Film\nfile:{media}\n"
    listing = tmp_path / "list.m3u"
    listing.write_text(text)
    gateway = relay_gateway(make_gateway, f"file:{listing}")
    with gateway.view() as viewer:
        assert viewer.status == 200
        seen = viewer.watch(500)
    assert seen.begins_well()
    assert (seen.breaks, seen.missing()) == (0, 0)


def test_a_playlist_from_the_network_cannot_name_local_files(make_gateway, provider, tmp_path):
    secret = tmp_path / "secret.ts"
    secret.write_bytes(b"".join(ts.frame(n) for n in range(200)))
    text = f"#EXTM3U\n#EXTINF:-1,Film\nfile:{secret}\n#EXTINF:-1,Good\n"
    text += provider.on("/live/1.ts", live) + "\n"
    gateway = relay_gateway(make_gateway, provider.playlist("/p.m3u", text))
    for channel in gateway.lineup():
        if channel["GuideName"] == "Film":
            with gateway.view("/auto/v" + channel["GuideNumber"]) as viewer:
                assert viewer.status == 503


def test_channel_headers_of_the_playlist_reach_the_provider(make_gateway, provider):
    url = provider.on("/live/1.ts", live)
    text = ("#EXTM3U\n#EXTINF:-1,One\n#EXTVLCOPT:http-user-agent=Player/7\n"
            f"#EXTVLCOPT:http-referrer=http://ref.example/\n{url}|X-Extra=a%20b\n")
    gateway = relay_gateway(make_gateway, provider.playlist("/p.m3u", text))
    with gateway.view() as viewer:
        assert viewer.status == 200
    told = next(head for _, path, head in provider.requests if path == "/live/1.ts").lower()
    assert "user-agent: player/7\r\n" in told
    assert "referer: http://ref.example/\r\n" in told
    assert "x-extra: a b\r\n" in told


def test_a_hundred_channel_changes_leave_no_descriptor_behind(make_gateway, provider):
    gateway = relay_gateway(make_gateway, provider.channels(4), {"linger": "0"})
    with gateway.view("/auto/v1") as viewer:
        viewer.watch(10)
    wait_for("quiet", lambda: provider.live_now() == 0)
    before = gateway.descriptors()
    dice = random.Random(7)
    for _ in range(100):
        with Viewer(gateway, f"/auto/v{dice.randint(1, 4)}") as viewer:
            assert viewer.status == 200
    wait_for("all descriptors back", lambda: gateway.descriptors() <= before)
