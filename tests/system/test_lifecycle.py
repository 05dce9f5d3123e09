"""Starting, reloading, draining, and being killed at any moment."""

import os
import random
import signal
import socket
import sqlite3
import subprocess
import threading
import time

import pytest

from conftest import config_for
from gateway import MASTHEAD, SOON, wait_for
from provider import body, live


def test_without_a_config_it_serves_the_demo(make_gateway):
    gateway = make_gateway().start_with_lineup()
    channels = gateway.lineup()
    assert [c["GuideNumber"] for c in channels] == ["1", "2", "3", "4", "5", "6"]
    wait_for("the guide", lambda: gateway.get("/guide.xml").status == 200)
    assert gateway.get("/guide.xml").text.count("<programme ") > 6
    with gateway.view("/auto/v1") as viewer:
        assert viewer.status == 200
        seen = viewer.watch(2000)
        assert (seen.lost_sync, seen.breaks) == (0, 0)
        assert seen.first[0][0] == 0  # PAT


def test_systemd_is_told(make_gateway, tmp_path):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        listener.settimeout(SOON)
        gateway = make_gateway(env={"NOTIFY_SOCKET": path}).start()
        said = listener.recv(4096).decode()
        assert "READY=1" in said.splitlines()
        gateway.process.send_signal(signal.SIGTERM)
        while "STOPPING=1" not in said.splitlines():
            said = listener.recv(4096).decode()
    assert gateway.process.wait(SOON) == 0


def test_ready_is_said_once_and_results_go_to_stdout(make_gateway):
    gateway = make_gateway().start()
    gateway.stop()
    assert gateway.process.stdout.closed
    assert "ready http" not in gateway.log()


@pytest.mark.parametrize("how", ["SIGHUP", "the reload command"])
def test_a_reload_changes_the_lineup_and_cuts_no_viewer(make_gateway, provider, how):
    url = provider.channels(2)
    gateway = make_gateway(config_for(url)).start_with_lineup()
    with gateway.view("/auto/v1") as viewer:
        viewer.watch(100)
        config = config_for(url)
        more = f"#EXTM3U\n#EXTINF:-1,Third\n{provider.on('/live/9.ts', live)}\n"
        config["playlists"].append({"name": "more", "url": provider.playlist("/more.m3u", more)})
        config["devices"] = [{"name": "Renamed", "tuners": 5}]
        gateway.write_config(config)
        if how == "SIGHUP":
            gateway.process.send_signal(signal.SIGHUP)
        else:
            done = gateway.reload()
            assert done.returncode == 0, done.stderr
        wait_for("the third channel", lambda: len(gateway.lineup()) == 3)
        device = gateway.get("/discover.json").json
        assert (device["FriendlyName"], device["TunerCount"]) == ("Renamed", 5)
        seen = viewer.watch(1000)
        assert (seen.lost_sync, seen.breaks, seen.missing()) == (0, 0, 0)
    assert provider.count("/live/1.ts") == 1


@pytest.mark.parametrize("how", ["SIGHUP", "the reload command"])
def test_a_bad_config_is_refused_and_the_old_one_stays(make_gateway, provider, how):
    gateway = make_gateway(config_for(provider.channels(2))).start_with_lineup()
    before = [gateway.get(path).data for path in ("/lineup.json", "/discover.json")]
    with gateway.view("/auto/v1") as viewer:
        viewer.watch(100)
        gateway.write_config("playlists:\n  - {name: acme, urll: 'http://h/'}\n")
        if how == "SIGHUP":
            gateway.process.send_signal(signal.SIGHUP)
            gateway.logged("masthead.yaml:2")
        else:
            done = gateway.reload()
            assert done.returncode == 1
            assert "masthead.yaml:2:" in done.stderr
            assert "urll" in done.stderr
        assert [gateway.get(path).data for path in ("/lineup.json", "/discover.json")] == before
        assert viewer.watch(500).missing() == 0


def test_many_reloads_in_a_row_do_not_leak(make_gateway, provider):
    gateway = make_gateway(config_for(provider.channels(2))).start_with_lineup()
    with gateway.view("/auto/v1") as viewer:
        viewer.watch(10)
        assert gateway.reload().returncode == 0
        before = gateway.descriptors()
        for _ in range(20):
            assert gateway.reload().returncode == 0
        for _ in range(20):
            gateway.process.send_signal(signal.SIGHUP)
        wait_for("no more descriptors than before", lambda: gateway.descriptors() <= before + 1)
        viewer.watch(10)


def test_a_playlist_taken_out_by_a_reload_goes_from_the_lineup(make_gateway, provider):
    config = config_for(provider.channels(2))
    more = f"#EXTM3U\n#EXTINF:-1,Third\n{provider.on('/live/9.ts', live)}\n"
    config["playlists"].append({"name": "more", "url": provider.playlist("/more.m3u", more)})
    gateway = make_gateway(config).start_with_lineup()
    wait_for("three channels", lambda: len(gateway.lineup()) == 3)
    del config["playlists"][1]
    gateway.write_config(config)
    assert gateway.reload().returncode == 0
    wait_for("two channels", lambda: len(gateway.lineup()) == 2)


def held(text, until):
    """A list that comes when the event is set."""
    def handler(conn):
        until.wait(SOON)
        body(text)(conn)
    return handler


def test_a_playlist_renamed_by_a_reload_never_shows_an_empty_lineup(make_gateway, provider):
    gateway = make_gateway(config_for(provider.channels(2))).start_with_lineup()
    before, come = gateway.get("/lineup.json").data, threading.Event()
    text = f"#EXTM3U\n#EXTINF:-1,New\n{provider.on('/live/9.ts', live)}\n"
    url = provider.on("/new.m3u", held(text, come))
    gateway.write_config({"playlists": [{"name": "renamed", "url": url}]})
    assert gateway.reload().returncode == 0
    wait_for("the new list to be asked for", lambda: provider.count("/new.m3u"))
    assert gateway.get("/lineup.json").data == before
    come.set()
    wait_for("the new lineup", lambda: [c["GuideName"] for c in gateway.lineup()] == ["New"])


def test_numbers_go_by_the_config_and_not_by_the_fastest_provider(make_gateway, provider):
    come = threading.Event()
    text = f"#EXTM3U\n#EXTINF:-1,Slow\n{provider.url}/live/{{}}.ts\n"
    slow = provider.on("/slow.m3u", held(text.format(1), come))
    fast = provider.playlist("/fast.m3u", text.format(2).replace("Slow", "Fast"))
    gateway = make_gateway({"playlists": [{"name": "slow", "url": slow},
                                          {"name": "fast", "url": fast}]}).start()
    wait_for("the fast list", lambda: gateway.source("fast")["entries"] == 1)
    assert gateway.get("/readyz").status == 503
    come.set()
    wait_for("both", lambda: gateway.get("/readyz").status == 200)
    assert [c["GuideName"] for c in gateway.lineup()] == ["Slow", "Fast"]


def test_reload_without_a_gateway_says_where_it_looked(tmp_path):
    done = subprocess.run([MASTHEAD, "reload", "--data", str(tmp_path)], capture_output=True,
                          text=True, timeout=SOON, check=False)
    assert done.returncode == 1
    assert str(tmp_path) in done.stderr


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_drains_and_ends_with_0(make_gateway, provider, stopwatch, how):
    gateway = make_gateway(config_for(provider.channels(1))).start_with_lineup()
    viewer = gateway.view()
    viewer.watch(100)
    idle = gateway.connect()
    stopwatch()
    gateway.process.send_signal(how)
    viewer.read_to_end()
    assert gateway.process.wait(SOON) == 0
    assert stopwatch() < 12
    assert viewer.seen.rest == b""  # the last packet is whole
    wait_for("the provider to be let go", lambda: provider.live_now() == 0)
    assert not os.path.exists(os.path.join(gateway.data, "masthead.sock"))
    viewer.close()
    idle.close()


def test_a_second_sigterm_ends_it_at_once(make_gateway, provider):
    gateway = make_gateway(config_for(provider.channels(1))).start_with_lineup()
    with gateway.view() as viewer:
        viewer.watch(10)
        gateway.process.send_signal(signal.SIGTERM)
        gateway.process.send_signal(signal.SIGTERM)
        assert gateway.process.wait(5) in (0, 1, -signal.SIGTERM)
    gateway.check_log()


def test_no_process_outlives_the_gateway(make_gateway):
    gateway = make_gateway().start_with_lineup()
    with gateway.view("/auto/v1") as viewer:
        viewer.watch(50)
        children = gateway.workers("testcard")
        assert children
        gateway.kill()
    wait_for("the workers to end",
             lambda: not any(os.path.exists(f"/proc/{pid}/exe") and running(pid)
                             for pid in children))


def running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_killed_100_times_while_it_saves_it_always_starts_whole(make_gateway, provider):
    """kill -9 at random moments while lineups and catalogues are being written."""
    dice = random.Random(99)
    lists = [body("#EXTM3U\n" + "".join(
        f"#EXTINF:-1 tvg-id=\"c{i}\",Channel {i}\n{provider.url}/live/{i}.ts?v={version}\n"
        for i in range(1, 1500))) for version in range(2)]
    turn = [0]

    def alternating(conn):
        turn[0] += 1
        lists[turn[0] % 2](conn)

    url = provider.on("/list.m3u", alternating)
    gateway = make_gateway(config_for(url)).start_with_lineup()
    first = gateway.lineup()
    device_id = gateway.get("/discover.json").json["DeviceID"]
    gateway.stop()
    for i in range(100):
        gateway.start()
        time.sleep(dice.uniform(0, 0.35))  # the moment of death: what is tested, not waited for
        gateway.kill()
        if i % 10 == 9:
            gateway.start_with_lineup()
            assert gateway.lineup() == renamed(first, gateway)
            assert gateway.get("/discover.json").json["DeviceID"] == device_id
            gateway.stop()
    gateway.start_with_lineup()
    assert gateway.lineup() == renamed(first, gateway)
    gateway.stop()
    with sqlite3.connect(os.path.join(gateway.data, "masthead.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    left = [name for _, _, names in os.walk(gateway.data) for name in names
            if "tmp" in name or "temp" in name]
    assert not left, "temporary files of the dead are swept"


def renamed(channels, gateway):
    """The same lineup as it reads on this gateway's port."""
    return [{**c, "URL": f"{gateway.url.rstrip('/')}/auto/v{c['GuideNumber']}"} for c in channels]


def test_everything_but_the_database_can_be_deleted(make_gateway, provider):
    gateway = make_gateway(config_for(provider.channels(3))).start_with_lineup()
    device_id = gateway.get("/discover.json").json["DeviceID"]
    numbers = [c["GuideNumber"] for c in gateway.lineup()]
    gateway.stop()
    for folder, _, names in os.walk(gateway.data):
        for name in names:
            if not name.startswith("masthead.db"):
                os.unlink(os.path.join(folder, name))
    gateway.start_with_lineup()
    assert gateway.get("/discover.json").json["DeviceID"] == device_id
    assert [c["GuideNumber"] for c in gateway.lineup()] == numbers


@pytest.mark.parametrize("damage", ["emptied", "cut in half", "filled with noise"])
def test_damaged_snapshots_are_made_anew(make_gateway, provider, damage):
    gateway = make_gateway(config_for(provider.channels(3))).start_with_lineup()
    gateway.stop()
    found = 0
    for folder in ("snapshots", "cache", "guide"):
        for name in os.listdir(os.path.join(gateway.data, folder)):
            found += 1
            path = os.path.join(gateway.data, folder, name)
            with open(path, "rb") as f:
                data = f.read()
            with open(path, "wb") as f:
                f.write({"emptied": b"", "cut in half": data[:len(data) // 2],
                         "filled with noise": random.Random(1).randbytes(len(data))}[damage])
    assert found >= 2
    gateway.start_with_lineup()
    assert len(gateway.lineup()) == 3


def test_a_damaged_database_is_named_and_never_replaced(make_gateway):
    gateway = make_gateway().start()
    gateway.stop()
    path = os.path.join(gateway.data, "masthead.db")
    noise = b"this is no database" * 1000
    with open(path, "wb") as f:
        f.write(noise)
    done = subprocess.run(gateway.command(), capture_output=True, text=True, timeout=SOON,
                          check=False)
    assert done.returncode == 1
    assert path in done.stderr
    with open(path, "rb") as f:
        assert f.read() == noise
