"""The guide's life: refreshes, reloads, restarts, and workers that are shot."""

import contextlib
import gzip
import os
import re
import signal
import threading
import time
import xml.etree.ElementTree as ET
from html import unescape

import pytest

from conftest import config_for
from gateway import wait_for
from provider import (body, close, cut_short, html, live, mute, redirect, status, with_etag,
                      zipped)

HOUR = 3600


def stamp(when):
    return time.strftime("%Y%m%d%H%M%S +0000", time.gmtime(when))


def xmltv(channels, hours=6, title="Show", first=None, length=HOUR, extra=""):
    """A guide of these channel ids, a programme an hour from the last full one on."""
    first = time.time() // HOUR * HOUR if first is None else first
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<tv>"]
    lines += [f'<channel id="{c}"><display-name>{c}</display-name></channel>' for c in channels]
    for c in channels:
        for h in range(hours):
            start = first + h * HOUR
            lines.append(f'<programme start="{stamp(start)}" stop="{stamp(start + length)}" '
                         f'channel="{c}"><title>{title} {h}</title>{extra}</programme>')
    return "\n".join(lines + ["</tv>", ""])


def ids(count, first=1):
    return [f"c{i}" for i in range(first, first + count)]


def settled(gateway):
    """What it knows of itself once no source and no guide is at work; else None."""
    facts = gateway.facts()
    busy = facts["lineup"]["building"] or facts["guide"]["state"] != "waiting" or \
        any(s["state"] != "waiting" for s in facts["sources"])
    return None if busy or facts["guide"]["made"] == 0 else facts


def await_guide(gateway, what="the guide", condition=lambda facts: True, seconds=60):
    """Until it is at rest and this is so; what it knows then."""
    def good():
        facts = settled(gateway)
        return facts if facts and condition(facts) else None
    return wait_for(what, good, seconds)


def source_of(facts, name="uk"):
    return next(s for s in facts["sources"] if s["name"] == name and s["kind"] == "guide")


def refresh(gateway, name="uk"):
    """Has everything refreshed; what it knows once this guide and the whole are at rest."""
    before = source_of(gateway.facts(), name)["refreshes"]
    assert gateway.run("reload", "--refresh", "--data", gateway.data).returncode == 0
    return await_guide(gateway, "the refresh", lambda facts:
                       source_of(facts, name)["refreshes"] > before)


def reload(gateway, config):
    gateway.write_config(config)
    done = gateway.reload()
    assert done.returncode == 0, done.stderr


def programmes(gateway):
    """(channel's name, start, title) of each, in order."""
    root = ET.fromstring(gateway.get("/guide.xml").data)
    names = {c.get("id"): c.findall("display-name")[2].text for c in root.iter("channel")}
    return [(names[p.get("channel")], p.get("start"), p.findtext("title"))
            for p in root.iter("programme")]


def titles(gateway, channel=None):
    return [title for name, _, title in programmes(gateway) if channel in (None, name)]


def files(gateway):
    """Which files its guide, listings and downloads are, and when they were written."""
    found = {}
    for folder in ("guide", "snapshots", "cache"):
        for entry in os.scandir(os.path.join(gateway.data, folder)):
            st = entry.stat()
            found[folder + "/" + entry.name] = (st.st_ino, st.st_size, st.st_mtime_ns)
    return found


@pytest.fixture
def make_guided(make_gateway, provider):
    """A gateway with a playlist of three channels and these guides: name -> handler."""
    def make(guides, start=True, **guide):
        config = config_for(provider.channels(3))
        config["guides"] = [{"name": name, "url": provider.on(f"/{name}.xml", handler)}
                            for name, handler in guides.items()]
        config["guide"] = {"made_up": "0", **guide}
        gateway = make_gateway(config)
        gateway.config = config
        if start:
            gateway.start_with_lineup()
            await_guide(gateway)
        return gateway
    return make


@pytest.fixture
def guided(make_guided):
    return make_guided({"uk": body(xmltv(ids(3)), "text/xml")})


def test_every_output_is_the_same_guide(guided):
    plain = guided.get("/guide.xml").data
    assert len(programmes(guided)) == 18
    assert gzip.decompress(guided.get("/guide.xml.gz").data) == plain
    ours = {line.split('tvg-id="')[1].split('"')[0]
            for line in guided.get("/playlist.m3u").text.splitlines() if "tvg-id" in line}
    assert ours == {c.get("id") for c in ET.fromstring(plain).iter("channel")}


def test_a_changed_guide_is_taken_and_an_unchanged_one_costs_nothing(make_guided, provider):
    gateway = make_guided({"uk": with_etag(xmltv(ids(3)), '"1"')})
    before, tag = files(gateway), gateway.get("/guide.xml").headers["ETag"]
    builds = gateway.facts()["guide"]["builds"]
    facts = refresh(gateway)
    assert facts["guide"]["builds"] == builds
    assert files(gateway) == before
    # The same text under another tag: that is all that is written.
    provider.on("/uk.xml", with_etag(xmltv(ids(3)), '"2"'))
    refresh(gateway)
    after = files(gateway)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"cache/guide-uk.download.meta"}
    assert gateway.get("/guide.xml").headers["ETag"] == tag
    provider.on("/uk.xml", with_etag(xmltv(ids(3), title="New"), '"3"'))
    refresh(gateway)
    assert titles(gateway, "Channel 1")[0] == "New 0"
    assert gateway.get("/guide.xml").headers["ETag"] != tag


def test_a_scan_refreshes_playlists_and_the_command_guides_too(guided, provider):
    paths = "/list.m3u", "/uk.xml"
    asked = [provider.count(path) for path in paths]
    assert guided.refresh()["error"] == ""
    assert [provider.count(path) for path in paths] == [asked[0] + 1, asked[1]]
    refresh(guided)
    assert [provider.count(path) for path in paths] == [asked[0] + 2, asked[1] + 1]


BAD = {
    "403": status(403),
    "500": status(500),
    "nothing": body(b"", "text/xml"),
    "a page": html,
    "a closed connection": close,
    "a redirect to a file": redirect("file:///etc/passwd"),
    "a cut transfer": cut_short(xmltv(ids(3)).encode(), 900),
    "a cut text": body(xmltv(ids(3))[:-300], "text/xml"),
    "cut gzip": zipped(xmltv(ids(3)).encode(), at=-9),
    "one channel of three": body(xmltv(ids(1)), "text/xml"),
    "others' channels": body(xmltv(ids(3, 100)), "text/xml"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_refresh_changes_no_byte_and_says_so(guided, provider, kind):
    before = guided.get("/guide.xml").data
    provider.on("/uk.xml", BAD[kind])
    facts = refresh(guided)
    assert source_of(facts)["error"]
    assert "the last good one stays" in guided.log()
    assert guided.get("/guide.xml").data == before
    assert facts["guide"]["programmes"] == 18
    provider.on("/uk.xml", body(xmltv(ids(3), title="New"), "text/xml"))
    facts = refresh(guided)
    assert source_of(facts)["error"] == ""
    assert titles(guided)[0] == "New 0"


def test_the_first_source_that_has_a_channel_stands_and_the_next_fills_its_gaps(make_guided,
                                                                                provider):
    now = time.time() // HOUR * HOUR
    gateway = make_guided({
        "uk": body(xmltv(ids(1), 2, "Best"), "text/xml"),
        "world": body(xmltv(ids(2), 4, "Other"), "text/xml")})
    assert titles(gateway, "Channel 1") == ["Best 0", "Best 1", "Other 2", "Other 3"]
    assert titles(gateway, "Channel 2") == [f"Other {i}" for i in range(4)]
    assert titles(gateway, "Channel 3") == []
    asked = provider.count("/uk.xml"), provider.count("/world.xml")
    # Only what the order and the rule of merging say has changed: nothing is fetched or read.
    config = gateway.config
    config["guide"]["merge"] = "first"
    reload(gateway, config)
    await_guide(gateway, "one source a channel", lambda _: len(programmes(gateway)) == 6)
    config["guides"].reverse()
    reload(gateway, config)
    await_guide(gateway, "the other order", lambda _: len(programmes(gateway)) == 8)
    assert set(titles(gateway, "Channel 1")) == {f"Other {i}" for i in range(4)}
    config["guides"][1]["timeshift"] = "+24h"
    config["guide"]["merge"] = "fill"
    reload(gateway, config)
    await_guide(gateway, "the shift", lambda _: len(programmes(gateway)) == 10)
    assert ("Channel 1", stamp(now + 24 * HOUR), "Best 0") in programmes(gateway)
    facts = gateway.facts()
    assert source_of(facts)["rereads"] == source_of(facts, "world")["rereads"] == 0
    assert asked == (provider.count("/uk.xml"), provider.count("/world.xml"))
    # Without a source its programmes are gone.
    del config["guides"][0]
    reload(gateway, config)
    await_guide(gateway, "one source", lambda _: set(titles(gateway)) == {"Best 0", "Best 1"})


def test_how_a_guide_is_read_changes_with_a_reload_and_without_a_fetch(make_guided, provider):
    gateway = make_guided({"uk": body(xmltv(ids(3)), "text/xml"),
                           "de": body(xmltv(ids(1), 1, first=time.time() + 30 * HOUR)
                                      .replace(" +0000", ""), "text/xml")})
    config = gateway.config
    config["guide"]["rules"] = ["drop title /^Show 5$/", "replace title /^Show/ Programme"]
    reload(gateway, config)
    await_guide(gateway, "the rules", lambda _: "Programme 0" in titles(gateway))
    assert "Programme 5" not in titles(gateway)
    starts = [p for p in programmes(gateway) if p[0] == "Channel 1"]
    before = source_of(gateway.facts())["rereads"]
    config["guides"][1]["zone"] = "Asia/Tokyo"  # no summer time there
    reload(gateway, config)
    await_guide(gateway, "the zone", lambda _: [p for p in programmes(gateway)
                                                if p[0] == "Channel 1"] != starts)
    facts = gateway.facts()
    assert source_of(facts)["rereads"] == before
    assert source_of(facts, "de")["rereads"] >= 1
    assert provider.count("/uk.xml") == provider.count("/de.xml") == 1
    config["guide"]["made_up"] = "1h"
    config["guide"]["days"] = 2
    del config["guides"][0]
    reload(gateway, config)
    await_guide(gateway, "made-up programmes", lambda facts: facts["guide"]["made_up"] == 2)
    assert len(titles(gateway, "Channel 2")) > 48
    assert set(titles(gateway, "Channel 2")) == {"Channel 2"}
    refused = gateway.facts()["reloads"]
    config["guide"]["rules"] = ["drop title /(/"]
    gateway.write_config(config)
    said = gateway.reload()
    assert said.returncode != 0 and "guide.rules.0" in said.stderr
    assert gateway.facts()["reloads"] == refused


def test_what_the_lineup_wants_is_read_from_the_last_download(make_gateway, provider):
    url = provider.on("/live/1.ts", live)

    def playlist(entries):
        return body("#EXTM3U\n" + "".join(
            f'#EXTINF:-1 {attrs},{name}\n{url}?{name}\n' for name, attrs in entries))
    provider.on("/list.m3u", playlist([("A", 'tvg-id="c1"')]))
    config = config_for(provider.url + "/list.m3u")
    config["guides"] = [{"name": "uk", "url": provider.on("/uk.xml", with_etag(xmltv(ids(3)),
                                                                               '"1"'))}]
    config["guide"] = {"made_up": "0"}
    gateway = make_gateway(config).start_with_lineup()
    facts = await_guide(gateway)
    assert source_of(facts)["kept"] == 6 and source_of(facts)["programmes"] == 18
    provider.on("/list.m3u", playlist([("A", 'tvg-id="c1"'), ("B", 'tvg-id="C3 " tvg-shift="-1"'),
                                       ("C", "")]))
    gateway.refresh()
    facts = await_guide(gateway, "both", lambda facts: facts["guide"]["programmes"] == 12)
    assert source_of(facts)["kept"] == 12
    found = programmes(gateway)
    now = time.time() // HOUR * HOUR
    assert ("A", stamp(now), "Show 0") in found
    assert ("B", stamp(now - HOUR), "Show 0") in found
    heads = [head for _, path, head in provider.requests if path == "/uk.xml"]
    assert all('if-none-match: "1"' in head.lower() for head in heads[1:])
    # A name alone is the guide's business, not the sources'.
    rereads = source_of(facts)["rereads"]
    provider.on("/list.m3u", playlist([("Renamed", 'tvg-id="c1"')]))
    gateway.refresh()
    provider.on("/list.m3u", playlist([("A2", 'tvg-id="c1"'), ("B2", 'tvg-id="c3"'), ("C", "")]))
    gateway.refresh()
    await_guide(gateway, "the new names", lambda _: ("A2", stamp(now), "Show 0")
                in programmes(gateway))
    assert source_of(gateway.facts())["rereads"] <= rereads + 2


def test_a_restart_serves_the_last_guide_at_once_and_makes_none(guided, provider):
    before = guided.get("/guide.xml")
    written = files(guided)
    guided.stop()
    provider.on("/uk.xml", status(500))
    guided.start_with_lineup()
    reply = wait_for("the guide", lambda: guided.get("/guide.xml"))
    assert (reply.data, reply.headers["ETag"]) == (before.data, before.headers["ETag"])
    wait_for("a complaint", lambda: guided.source("uk")["error"])
    facts = await_guide(guided)
    assert facts["guide"]["builds"] == 0
    assert facts["guide"]["programmes"] == 18
    assert source_of(facts)["kept"] == 18
    after = files(guided)
    assert all(after[name] == written[name] for name in written if name.startswith("guide/"))


@pytest.mark.parametrize("victim", ["guide.xml", "guide.xml.gz", "guide.idx", "guide.meta"])
@pytest.mark.parametrize("harm", ["gone", "cut", "another's"])
def test_a_guide_that_was_damaged_between_two_lives_is_made_anew(guided, victim, harm):
    before = guided.get("/guide.xml").data
    guided.stop()
    path = os.path.join(guided.data, "guide", victim)
    if harm == "gone":
        os.unlink(path)
    elif harm == "cut":
        os.truncate(path, os.path.getsize(path) // 2)
    else:
        with open(path, "wb") as f:
            f.write(b"x" * 5000)
    guided.start_with_lineup()
    await_guide(guided)
    assert guided.get("/guide.xml").data == before
    assert gzip.decompress(guided.get("/guide.xml.gz").data) == before


def test_killing_workers_at_any_moment_leaves_the_last_good_one(make_guided, provider):
    big = ids(3) + [f"other{i}" for i in range(30)]
    desc = "<desc>" + "words " * 40 + "</desc>"
    gateway = make_guided({"uk": body(xmltv(big, 150, "Old", extra=desc), "text/xml")})
    shot = {"listings": 0, "guide": 0}
    for attempt in range(24):
        name = ("listings", "guide")[attempt % 2]
        provider.on("/uk.xml", body(xmltv(big, 150, f"New {attempt}", extra=desc), "text/xml"))
        assert gateway.run("reload", "--refresh", "--data", gateway.data).returncode == 0
        until = time.monotonic() + 20
        while time.monotonic() < until:
            found = gateway.workers(name)
            if found:
                time.sleep(attempt * 0.003)
                try:
                    os.kill(found[0], signal.SIGKILL)
                    shot[name] += 1
                except ProcessLookupError:
                    pass
                break
        # Whatever was hit: what is served is whole, and of one making.
        now = gateway.get("/guide.xml").data
        makings = {p.findtext("title").rsplit(" ", 1)[0]
                   for p in ET.fromstring(now).iter("programme")}
        assert len(makings) == 1
        packed = gateway.get("/guide.xml.gz").data
        if gateway.get("/guide.xml").data == now:
            assert gzip.decompress(packed) == now
        wait_for("rest", lambda: settled(gateway), 60)
        assert len(programmes(gateway)) == 450
    assert shot["listings"] + shot["guide"] > 4
    provider.on("/uk.xml", body(xmltv(big, 150, "Last", extra=desc), "text/xml"))
    refresh(gateway)
    await_guide(gateway, "the last one", lambda _: titles(gateway)[0] == "Last 0")


def test_killing_the_gateway_while_a_guide_is_made_costs_nothing(make_guided, provider):
    big = ids(3) + [f"other{i}" for i in range(30)]
    gateway = make_guided({"uk": body(xmltv(big, 100, "Old"), "text/xml")})
    for attempt in range(6):
        provider.on("/uk.xml", body(xmltv(big, 100, f"New {attempt}"), "text/xml"))
        assert gateway.run("reload", "--refresh", "--data", gateway.data).returncode == 0
        time.sleep(0.05 + attempt * 0.06)
        gateway.kill()
        gateway.start_with_lineup()
        data = wait_for("the guide", lambda: gateway.get("/guide.xml")).data
        ET.fromstring(data)
        await_guide(gateway)
        assert len(programmes(gateway)) == 300
        assert titles(gateway)[0] == f"New {attempt} 0"
        packed = gateway.get("/guide.xml.gz").data
        assert gzip.decompress(packed) == gateway.get("/guide.xml").data


def test_a_file_is_read_again_when_it_changes(make_gateway, provider, tmp_path):
    guide, channels = tmp_path / "guide.xml", tmp_path / "list.m3u"
    url = provider.on("/live/1.ts", live)
    guide.write_text(xmltv(ids(2)))
    channels.write_text(f'#EXTM3U\n#EXTINF:-1 tvg-id="c1",A\n{url}\n')
    config = config_for(f"file:{channels}", refresh="0")
    config["guides"] = [{"name": "webgrab", "url": f"file://{guide}", "refresh": "0"}]
    config["guide"] = {"made_up": "0"}
    gateway = make_gateway(config).start_with_lineup()
    await_guide(gateway)
    assert titles(gateway, "A")[0] == "Show 0"
    # Another in its place.
    fresh = tmp_path / "fresh.xml"
    fresh.write_text(xmltv(ids(2), title="Moved"))
    fresh.rename(guide)
    await_guide(gateway, "the file that was moved there", lambda _:
                titles(gateway, "A")[:1] == ["Moved 0"])
    # In place and slowly, as WebGrab+Plus does it.
    text = xmltv(ids(2), title="Slow")
    with open(guide, "w", encoding="utf-8") as f:
        for i in range(0, len(text), len(text) // 6 + 1):
            f.write(text[i:i + len(text) // 6 + 1])
            f.flush()
            time.sleep(0.5)
    await_guide(gateway, "the file that was written", lambda _:
                titles(gateway, "A")[:1] == ["Slow 0"])
    assert source_of(gateway.facts(), "webgrab")["failed"] == 0
    channels.write_text(f'#EXTM3U\n#EXTINF:-1 tvg-id="c1",A\n{url}\n'
                        f'#EXTINF:-1 tvg-id="c2",B\n{url}?2\n')
    await_guide(gateway, "the second channel", lambda _: len(titles(gateway, "B")) == 6)


def test_a_refresh_by_the_clock_is_within_a_day(make_guided):
    gateway = make_guided({"uk": body(xmltv(ids(3)), "text/xml")}, start=False)
    gateway.config["guides"][0]["refresh"] = "04:30"
    gateway.write_config(gateway.config)
    gateway.start_with_lineup()
    facts = await_guide(gateway)
    assert 0 < source_of(facts)["next_seconds"] <= 24 * HOUR + 600
    gateway.config["guides"][0]["refresh"] = "2h"
    reload(gateway, gateway.config)
    assert 1.7 * HOUR < source_of(gateway.facts())["next_seconds"] <= 2 * HOUR


def test_status_page_and_metrics_tell_of_the_guide(guided, provider):
    shown = guided.run("status", "--data", guided.data).stdout
    assert "the guide: 18 programmes for 3 channels" in shown
    assert "18 programmes for 3 channels" in guided.get("/").text
    metrics = guided.metrics()
    assert metrics["masthead_guide_programmes"] == 18
    assert metrics["masthead_guide_channels"] == 3
    assert metrics["masthead_guide_end_timestamp_seconds"] > time.time()
    assert metrics['masthead_guide_source_programmes{guide="uk"}'] == 18
    # Complaints come with their lines.
    provider.on("/uk.xml", body(xmltv(ids(3)).replace(
        "<title>Show 0</title>", "<title><b>Show 0</title>"), "text/xml"))
    source = source_of(refresh(guided))
    assert source["broken"] + source["mended"] > 0
    assert source["complaint_count"] > 0
    assert guided.metrics()['masthead_guide_source_complaints{guide="uk"}'] == \
        source["complaint_count"]
    told = next(complaint for complaint in source["complaints"] if complaint["line"] > 5)
    shown = guided.run("status", "--data", guided.data).stdout
    assert f"line {told['line']}: {told['text']}" in shown


def work_shown(what):
    """What this text says of a source at work: its state, bytes done and in all, percent."""
    found = re.search(r"(fetching|reading), (\d+) ([kM])B of (\d+) MB \((\d+) %\)", what)
    assert found, what
    unit = {"k": 10**3, "M": 10**6}[found[3]]
    return found[1], int(found[2]) * unit, int(found[4]) * 10**6, int(found[5])


def stopped_reader(gateway):
    """The worker that reads a guide, stopped when it has told how far it is; None: too late."""
    pids = gateway.workers("listings")
    if not pids:
        return None
    with contextlib.suppress(ProcessLookupError):
        while gateway.workers("listings") == pids:
            os.kill(pids[0], signal.SIGSTOP)
            if source_of(gateway.facts()).get("done_bytes", 0) > 0:
                return pids[0]
            os.kill(pids[0], signal.SIGCONT)
            time.sleep(0.001)
    return None


def test_progress_is_told_while_a_guide_is_fetched_and_read(make_guided, provider):
    channel = b'<channel id="other"><display-name>other</display-name></channel>\n'
    big = xmltv(ids(3)).encode().replace(b"<tv>", b"<tv>" + channel * (40 << 20 >> 6))
    go = threading.Event()

    def half_and_half(conn):
        conn.head(200, "text/xml", Content_Length=len(big))
        conn.send(big[:len(big) // 2])
        while not go.is_set():
            conn.wait(0.05)
        conn.send(big[len(big) // 2:])

    gateway = make_guided({"uk": body(xmltv(ids(3)), "text/xml")})
    provider.on("/uk.xml", half_and_half)
    assert gateway.run("reload", "--refresh", "--data", gateway.data).returncode == 0
    wait_for("half of it", lambda: source_of(gateway.facts()).get("done_bytes") == len(big) // 2)
    whole = len(big) // 10**6 * 10**6
    for text in (gateway.run("status", "--data", gateway.data).stdout, gateway.get("/").text):
        assert work_shown(text) == ("fetching", whole // 2, whole, 50)
    metrics = gateway.metrics()
    assert metrics['masthead_guide_source_progress_bytes{guide="uk"}'] == len(big) // 2
    assert metrics['masthead_guide_source_progress_size_bytes{guide="uk"}'] == len(big)
    go.set()
    pid = wait_for("the reader", lambda: stopped_reader(gateway))
    try:
        source = source_of(gateway.facts())
        assert source["state"] == "reading" and source["total_bytes"] == len(big)
        done = source["done_bytes"]
        unit = 10**3 if done < 10**7 else 10**6
        shown = "reading", done // unit * unit, whole, round(100 * done / len(big))
        for text in (gateway.run("status", "--data", gateway.data).stdout, gateway.get("/").text):
            assert work_shown(text) == shown
        metrics = gateway.metrics()
        assert metrics['masthead_guide_source_progress_bytes{guide="uk"}'] == done
        assert metrics['masthead_guide_source_progress_size_bytes{guide="uk"}'] == len(big)
    finally:
        os.kill(pid, signal.SIGCONT)
    await_guide(gateway)
    metrics = gateway.metrics()
    assert metrics['masthead_guide_source_progress_bytes{guide="uk"}'] == 0
    assert metrics['masthead_guide_source_progress_size_bytes{guide="uk"}'] == 0


def test_a_guide_that_is_not_made_yet_is_told_as_that(make_guided, make_gateway, provider):
    def expect(gateway, why):
        text = f"not made yet: {why}"
        wait_for(text, lambda: gateway.facts()["guide"]["why_not"] == text)
        assert gateway.facts()["guide"]["served"] is False
        assert f"the guide: {text}\n" in gateway.run("status", "--data", gateway.data).stdout
        assert text in unescape(gateway.get("/").text)
        assert gateway.get("/guide.xml").status == 503

    gateway = make_guided({"uk": body(xmltv(ids(3)), "text/xml"), "slow": mute, "slower": mute},
                          start=False).start_with_lineup()
    expect(gateway, "it waits for 'slow', 'slower' to be read")
    del gateway.config["guides"][1:]
    reload(gateway, gateway.config)
    facts = await_guide(gateway)
    assert facts["guide"]["served"] is True and facts["guide"]["why_not"] is None
    assert "the guide: 18 programmes for 3 channels" in \
        gateway.run("status", "--data", gateway.data).stdout
    without = make_gateway(config_for(provider.on("/mute.m3u", mute))).start()
    expect(without, "it waits for the first lineup")


def test_the_demo_has_a_guide(make_gateway):
    gateway = make_gateway().start_with_lineup()
    facts = await_guide(gateway)
    assert facts["guide"]["programmes"] > 100
    assert facts["guide"]["made_up"] == facts["guide"]["empty"] == 0
