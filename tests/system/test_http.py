"""Hostile clients: what breaks HTTP's rules gets 400, what is slow or too much gets cut, and
nobody else notices."""

import contextlib
import resource
import socket
import time

import pytest

from conftest import config_for
from gateway import SOON, wait_for

GOOD = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
# Nobody may ever get an answer to this one: it is smuggled in behind what breaks a rule.
SMUGGLED = b"GET /discover.json HTTP/1.1\r\nHost: smuggled\r\n\r\n"

REFUSALS = (400, 413, 501, 505)
REFUSED = {
    "two lengths": b"POST /lineup.post HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"
                   b"Content-Length: 44\r\n\r\n",
    "two lengths that agree": b"POST /lineup.post HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"
                              b"Content-Length: 0\r\n\r\n",
    "a list of lengths": b"POST /lineup.post HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 44\r\n\r\n",
    "a length with a sign": b"POST /lineup.post HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n",
    "a negative length": b"POST /lineup.post HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "a length in hex": b"POST /lineup.post HTTP/1.1\r\nHost: a\r\nContent-Length: 0x0\r\n\r\n",
    "an empty length": b"POST /lineup.post HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n",
    "a length past 64 bits": b"POST /lineup.post HTTP/1.1\r\nHost: a\r\n"
                             b"Content-Length: 18446744073709551616\r\n\r\n",
    "a blank before the colon": b"POST /lineup.post HTTP/1.1\r\nHost: a\r\n"
                                b"Content-Length : 0\r\n\r\n",
    "length and chunked": b"POST /lineup.post HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                          b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": b"POST /lineup.post HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "xchunked": b"POST /lineup.post HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"
                b"0\r\n\r\n",
    "chunked, identity": b"POST /lineup.post HTTP/1.1\r\nHost: a\r\n"
                         b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": b"POST /lineup.post HTTP/1.0\r\nHost: a\r\n"
                           b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk size of 0x0": b"POST /lineup.post HTTP/1.1\r\nHost: a\r\n"
                           b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
    "a chunk size with a sign": b"POST /lineup.post HTTP/1.1\r\nHost: a\r\n"
                                b"Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n",
    "a chunk that ends without CRLF": b"POST /lineup.post HTTP/1.1\r\nHost: a\r\n"
                                      b"Transfer-Encoding: chunked\r\n\r\n1\r\naXX0\r\n\r\n",
    "a chunk size past 64 bits": b"POST /lineup.post HTTP/1.1\r\nHost: a\r\n"
                                 b"Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n",
    "a bare LF after the request line": b"GET /healthz HTTP/1.1\nHost: a\r\n\r\n",
    "a bare LF after a header": b"GET /healthz HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
    "a bare CR in a header": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n",
    "a folded header": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
    "a header that begins with a blank": b"GET /healthz HTTP/1.1\r\n Host: a\r\n\r\n",
    "a NUL in a value": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n",
    "a control byte in a value": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: b\x01c\r\n\r\n",
    "a control byte in a name": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX\x01: b\r\n\r\n",
    "a header without a name": b"GET /healthz HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
    "a header without a colon": b"GET /healthz HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n",
    "no Host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a Host that is none": b"GET /healthz HTTP/1.1\r\nHost: a/b@c\r\n\r\n",
    "%00 in the path": b"GET /health%00z HTTP/1.1\r\nHost: a\r\n\r\n",
    "a broken %": b"GET /health%zz HTTP/1.1\r\nHost: a\r\n\r\n",
    "a blank in the path": b"GET /health z HTTP/1.1\r\nHost: a\r\n\r\n",
    "two blanks": b"GET  /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
    "a path without a slash": b"GET healthz HTTP/1.1\r\nHost: a\r\n\r\n",
    "no version": b"GET /healthz\r\nHost: a\r\n\r\n",
    "HTTP/0.9": b"GET /healthz HTTP/0.9\r\nHost: a\r\n\r\n",
    "HTTP/2.0": b"GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n",
    "http/1.1 in small letters": b"GET /healthz http/1.1\r\nHost: a\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 64 + b"\r\n\r\n",
    "HTTP/2 by prior knowledge": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "nothing but CRLFs": b"\r\n" * 5000,
}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """One gateway for all that must not hurt it: the demo needs no provider."""
    from gateway import Gateway
    gateway = Gateway(tmp_path_factory.mktemp("http")).start_with_lineup()
    yield gateway
    try:
        gateway.stop()
    finally:
        gateway.kill()
        print(gateway.log()[-20000:])


def statuses(back):
    """The status codes of the replies in these bytes."""
    return [int(part[:3]) for part in back.split(b"HTTP/1.1 ")[1:] if part[:3].isdigit()]


@pytest.mark.parametrize("form", REFUSED)
def test_what_breaks_a_rule_is_refused_and_what_follows_is_never_run(served, form):
    got = statuses(served.raw(REFUSED[form] + SMUGGLED))
    assert len(got) <= 1, got
    assert all(code in REFUSALS for code in got), got
    assert served.get("/healthz").status == 200


@pytest.mark.parametrize("form", REFUSED)
def test_it_is_refused_behind_a_good_request_too(served, form):
    got = statuses(served.raw(GOOD + REFUSED[form] + SMUGGLED))
    assert got[0] == 200
    assert len(got) <= 2, got
    assert all(code in REFUSALS for code in got[1:]), got


def test_a_request_cut_at_any_byte_is_one_request(served):
    for at in range(1, len(GOOD)):
        with served.connect() as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.sendall(GOOD[:at])
            sock.sendall(GOOD[at:])
            assert sock.recv(4096).startswith(b"HTTP/1.1 200")


def test_pipelined_requests_are_answered_in_order(served):
    ask = b"".join(b"GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n" % (path, last) for path, last in
                   [(b"/healthz", b""), (b"/nothing", b""), (b"/discover.json", b""),
                    (b"/healthz", b"Connection: close\r\n")])
    assert statuses(served.raw(ask)) == [200, 404, 200, 200]


@pytest.mark.parametrize("kind, status", [("a long target", 414), ("a large header", 431),
                                          ("many headers", 431), ("a large body", 413)])
def test_what_is_too_large_has_its_own_status(served, kind, status):
    request = {
        "a long target": b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        "a large header": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 20000 + b"\r\n\r\n",
        "many headers": b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        "a large body": b"POST /lineup.post HTTP/1.1\r\nHost: a\r\n"
                        b"Content-Length: 100000000\r\n\r\n",
    }[kind]
    assert statuses(served.raw(request)) == [status]


def test_endless_headers_do_not_fill_the_memory(served):
    before = served.metrics()["process_resident_memory_bytes"]
    with served.connect() as sock, contextlib.suppress(OSError):
        sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        for _ in range(2000):
            sock.sendall(b"X: " + b"a" * 8000 + b"\r\n")
    assert served.metrics()["process_resident_memory_bytes"] - before < 4 << 20


def test_bodies_that_nobody_reads_do_not_fill_the_memory(served):
    before = served.metrics()["process_resident_memory_bytes"]
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            sock = stack.enter_context(served.connect())
            with contextlib.suppress(OSError):
                sock.sendall(b"POST /lineup.post HTTP/1.1\r\nHost: a\r\n"
                             b"Content-Length: 1000000\r\n\r\n" + b"x" * 999999)
        assert served.metrics()["process_resident_memory_bytes"] - before < 8 << 20


def test_slow_requests_are_cut_by_an_absolute_deadline(served):
    """A header line a second keeps nothing alive (slowloris)."""
    began = time.monotonic()
    socks = [served.connect() for _ in range(200)]
    for sock in socks:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        sock.setblocking(False)
    pending = set(socks)
    healthy = []
    next_line = 0.0
    while pending:
        assert time.monotonic() - began < 20, f"{len(pending)} are still open"
        if time.monotonic() >= next_line:
            next_line = time.monotonic() + 1
            for sock in list(pending):
                with contextlib.suppress(OSError):
                    sock.send(b"X: y\r\n")
        for sock in list(pending):
            try:
                if not sock.recv(4096):
                    pending.discard(sock)
            except BlockingIOError:
                pass
            except OSError:
                pending.discard(sock)
        asked = time.monotonic()
        assert served.get("/healthz").status == 200
        healthy.append(time.monotonic() - asked)
    assert time.monotonic() - began >= 9  # ten seconds are for the head
    assert sorted(healthy)[len(healthy) // 2] < 0.2
    for sock in socks:
        sock.close()


def test_2000_idle_connections_hurt_nobody(served):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 4000:
        pytest.skip(f"this system allows only {hard} descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4000), hard))
    before = served.metrics()["process_resident_memory_bytes"]
    idle = [served.connect() for _ in range(2000)]
    try:
        asked = time.monotonic()
        assert served.get("/discover.json").status == 200
        assert time.monotonic() - asked < 1
        with served.view("/auto/v1") as viewer:
            assert viewer.status == 200
            viewer.watch(500)
        # Under AddressSanitizer too: its red zones and quarantine come on top.
        assert served.metrics()["process_resident_memory_bytes"] - before < 64 << 20
    finally:
        for sock in idle:
            sock.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    wait_for("them to be gone", lambda: served.descriptors() < 200)


def test_when_descriptors_run_out_viewers_stay_and_it_recovers(make_gateway, provider):
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))

    gateway = make_gateway(config_for(provider.channels(1)), prepare=few).start_with_lineup()
    with gateway.view() as viewer:
        viewer.watch(100)
        crowd = []
        for _ in range(200):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(gateway.address)
            crowd.append(sock)
        ticks = cpu_seconds(gateway)
        viewer.watch(3000)
        seen = viewer.seen
        assert (seen.lost_sync, seen.breaks, seen.missing()) == (0, 0, 0)
        assert cpu_seconds(gateway) - ticks < 3  # it does not spin
        for sock in crowd:
            sock.close()
        wait_for("service again", lambda: answers(gateway))
    assert gateway.get("/healthz").status == 200


def answers(gateway):
    with contextlib.suppress(OSError):
        return gateway.request("GET", "/healthz", seconds=5).status == 200
    return False


def cpu_seconds(gateway):
    with open(f"/proc/{gateway.process.pid}/stat", encoding="ascii") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_who_neither_sends_nor_takes_is_dropped(served):
    """Bodies that never come, and replies that nobody reads."""
    before = served.descriptors()
    socks = []
    for i in range(20):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        sock.connect(served.address)
        sock.settimeout(1)
        with contextlib.suppress(OSError):
            sock.sendall(b"POST /lineup.post HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab"
                         if i % 2 else b"GET /guide.xml HTTP/1.1\r\nHost: a\r\n\r\n" * 200)
        socks.append(sock)
    wait_for("them to be connected", lambda: served.descriptors() >= before + 20)
    assert served.get("/healthz").status == 200
    wait_for("them to be dropped", lambda: served.descriptors() <= before, SOON + 15)
    for sock in socks:
        sock.close()


def test_ranges_of_a_guide_are_served_and_bad_ones_refused(served):
    wait_for("the guide", lambda: served.get("/guide.xml").status == 200)
    whole = served.get("/guide.xml").data
    part = served.get("/guide.xml", Range="bytes=10-19")
    assert (part.status, part.data) == (206, whole[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole)}"
    tail = served.get("/guide.xml", Range="bytes=-5")
    assert (tail.status, tail.data) == (206, whole[-5:])
    beyond = served.get("/guide.xml", Range=f"bytes={len(whole)}-")
    assert beyond.status == 416
    odd = served.get("/guide.xml", Range="lines=1-2")
    assert (odd.status, odd.data) == (200, whole)
