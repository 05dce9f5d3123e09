"""Worker processes: killed at any time, they cost their own job and nothing else."""

import os
import re
import signal

from conftest import config_for
from gateway import command_line, wait_for
from provider import body
from test_refresh import good_list

DEMO = "testcard:?n=%d&size=160x120&rate=300k&gop=12"


def cards(count):
    """A playlist file's text of so many test cards."""
    return "#EXTM3U\n" + "".join(f"#EXTINF:-1,Card {i}\n{DEMO % i}\n" for i in range(1, count + 1))


def with_cards(make_gateway, tmp_path, count):
    path = tmp_path / "cards.m3u"
    path.write_text(cards(count))
    config = config_for(f"file:{path}")
    config["relay"] = {"stall_timeout": "2s", "linger": "0"}
    return make_gateway(config).start_with_lineup()


def card_worker(gateway, number):
    """The process that makes this card."""
    return next(pid for pid in gateway.workers("testcard")
                if any(f"n={number}&" in word for word in command_line(pid)))


def test_a_killed_test_card_comes_back_and_its_viewer_stays(make_gateway, tmp_path):
    gateway = with_cards(make_gateway, tmp_path, 2)
    with gateway.view("/auto/v1") as viewer, gateway.view("/auto/v2") as other:
        for v in (viewer, other):
            assert v.status == 200
            v.watch(200)
        for _ in range(3):
            victim = card_worker(gateway, 1)
            os.kill(victim, signal.SIGKILL)
            wait_for("a new worker", lambda gone=victim: gone not in gateway.workers("testcard")
                     and len(gateway.workers("testcard")) == 2)
            viewer.watch(500)
        seen = other.watch(300)
        assert (seen.lost_sync, seen.breaks) == (0, 0)
        assert viewer.seen.lost_sync == 0


def test_a_stopped_test_card_is_replaced(make_gateway, tmp_path):
    """SIGSTOP: it lives, but says nothing any more."""
    gateway = with_cards(make_gateway, tmp_path, 1)
    with gateway.view("/auto/v1") as viewer:
        viewer.watch(100)
        stopped = gateway.workers("testcard")[0]
        os.kill(stopped, signal.SIGSTOP)
        wait_for("it to be replaced", lambda: gateway.workers("testcard")
                 and stopped not in gateway.workers("testcard"))
        viewer.watch(500)


def test_a_worker_ends_with_its_channel(make_gateway, tmp_path):
    gateway = with_cards(make_gateway, tmp_path, 1)
    with gateway.view("/auto/v1") as viewer:
        viewer.watch(10)
        assert len(gateway.workers("testcard")) == 1
    wait_for("no worker", lambda: not gateway.workers("testcard"))


def test_a_killed_catalogue_worker_leaves_the_last_good_lineup(make_gateway, provider):
    provider.on("/list.m3u", body(good_list(provider)))
    gateway = make_gateway(config_for(provider.url + "/list.m3u")).start_with_lineup()
    before = gateway.get("/lineup.json").data

    big = ("#EXTM3U\n" + "".join(f"#EXTINF:-1 tvg-id=\"x{i}\",Name {i}\nhttp://127.0.0.1:9/{i}\n"
                                 for i in range(200000))).encode()
    provider.on("/list.m3u", body(big))
    for i in range(1, 4):
        gateway.request("POST", "/lineup.post?scan=start")
        victim = wait_for("a catalogue worker", lambda: gateway.workers("catalogue"), 60)[0]
        os.kill(victim, signal.SIGKILL)
        wait_for("the failure", lambda n=i: gateway.source()["failed"] >= n)
        assert gateway.get("/lineup.json").data == before
    assert gateway.refresh(seconds=90)["error"] == ""
    assert len(gateway.lineup()) == 200000


def test_a_killed_lineup_worker_leaves_the_lineup_and_is_tried_again(make_gateway, provider):
    provider.on("/list.m3u", body(good_list(provider)))
    gateway = make_gateway(config_for(provider.url + "/list.m3u")).start_with_lineup()
    before = gateway.get("/lineup.json").data
    big = ("#EXTM3U\n" + "".join(f"#EXTINF:-1 tvg-id=\"x{i}\",Name {i}\nhttp://127.0.0.1:9/{i}\n"
                                 for i in range(200000))).encode()
    provider.on("/list.m3u", body(big))
    gateway.request("POST", "/lineup.post?scan=start")
    victim = wait_for("a lineup worker", lambda: gateway.workers("lineup"), 60)[0]
    os.kill(victim, signal.SIGKILL)
    wait_for("the failure", lambda: gateway.facts()["lineup"]["failed"] == 1)
    assert gateway.get("/lineup.json").data == before
    wait_for("the new lineup", lambda: gateway.facts()["lineup"]["channels"] == 200000, 60)


def test_a_worker_has_only_the_descriptors_that_it_was_given(make_gateway, tmp_path):
    gateway = with_cards(make_gateway, tmp_path, 1)
    with gateway.view("/auto/v1") as viewer:
        viewer.watch(10)
        pid = gateway.workers("testcard")[0]
        held = sorted(map(int, os.listdir(f"/proc/{pid}/fd")))
        assert held[-1] <= 6, held
        for fd in held:
            assert ".db" not in os.readlink(f"/proc/{pid}/fd/{fd}")
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            facts = f.read()
        assert re.search(r"NoNewPrivs:\t1", facts)
        assert re.search(r"Seccomp:\t2", facts)


def test_the_status_says_how_strong_the_jail_is(make_gateway, tmp_path):
    gateway = with_cards(make_gateway, tmp_path, 1)
    with gateway.view("/auto/v1") as viewer:
        viewer.watch(10)
        assert gateway.facts()["jail"] in ("full", "no landlock", "no seccomp", "basic")
