"""A provider for the gateway to talk to, honest or not.

It serves playlists and live MPEG-TS over HTTP, a thread a connection, and keeps
books: which connections are open now, how many there were at most and in all.
What a path does is a function that gets the connection; this file has one for
every way in which providers fail.
"""

import contextlib
import gzip
import socket
import struct
import threading
import time

import ts


class Gone(Exception):
    """The gateway closed the connection, or the test is over."""


class Connection:
    """One connection of the gateway to us, and the one request on it."""

    def __init__(self, provider, sock):
        self.provider = provider
        self.sock = sock
        self.method = self.path = self.query = ""
        self.headers = {}
        self.told = ""  # the request's head as it came

    def read_request(self):
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self.sock.recv(65536)
            if not piece:
                raise Gone
            data += piece
        self.told = data.decode("latin-1")
        lines = self.told.split("\r\n\r\n")[0].split("\r\n")
        self.method, target, _ = lines[0].split(" ", 2)
        self.path, _, self.query = target.partition("?")
        self.headers = {name.lower(): value.strip() for name, _, value in
                        (line.partition(":") for line in lines[1:])}

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError as e:
            raise Gone from e

    def head(self, status=200, kind="video/mp2t", **more):
        lines = [f"HTTP/1.1 {status} Whatever", "Connection: close"]
        if kind:
            lines.append(f"Content-Type: {kind}")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    def wait(self, seconds=None):
        """Does nothing until the gateway closes, time has passed, or the test is over."""
        until = None if seconds is None else time.monotonic() + seconds
        while not self.provider.over.is_set():
            left = 0.2 if until is None else min(0.2, until - time.monotonic())
            if left <= 0:
                return
            self.sock.settimeout(left)
            try:
                if not self.sock.recv(4096):
                    raise Gone
            except socket.timeout:
                continue
            except OSError as e:
                raise Gone from e
            finally:
                self.sock.settimeout(60)
        raise Gone

    def reset(self):
        """Ends the connection with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
        raise Gone

    def live(self, seconds=None, scrambled=False):
        """The live programme from its newest random access point on, paced, for so long."""
        began = self.provider.clock()
        n = int(began * ts.FPS) // ts.GOP * ts.GOP
        while not self.provider.over.is_set():
            now = self.provider.clock()
            if seconds is not None and now - began >= seconds:
                return
            while n <= now * ts.FPS:
                self.send(ts.frame(n, scrambled))
                n += 1
            self.wait(0.5 / ts.FPS)
        raise Gone


class Provider:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.over = threading.Event()
        self.began = time.monotonic() - 1000
        self.lock = threading.Lock()
        self.handlers = {}
        self.requests = []  # (method, path, head as it came)
        self.open = {}  # path: its sockets
        self.peak = {}  # most connections at a time, by path
        self.live_peak = 0  # of live streams, over all paths
        self.accepting = threading.Thread(target=self._accept, daemon=True)
        self.accepting.start()

    def clock(self):
        return time.monotonic() - self.began

    def on(self, path, handler):
        """`handler(connection)` answers this path from now on. Returns its URL."""
        self.handlers[path] = handler
        return self.url + path

    def playlist(self, path, text, kind="audio/x-mpegurl"):
        """Serves these bytes. Returns the URL."""
        return self.on(path, body(text, kind))

    def channels(self, count, handler=None, path="/list.m3u"):
        """A playlist of so many live channels /live/1.ts ...; returns its URL."""
        entries = []
        for i in range(1, count + 1):
            url = self.on(f"/live/{i}.ts", handler or live)
            entries.append(f'#EXTINF:-1 tvg-id="c{i}" tvg-chno="{i}",Channel {i}\n{url}\n')
        return self.playlist(path, "#EXTM3U\n" + "".join(entries))

    def count(self, path):
        """How often the path was asked for."""
        with self.lock:
            return sum(1 for _, asked, _ in self.requests if asked == path)

    def open_now(self, path):
        """How many connections for this path the gateway holds open."""
        with self.lock:
            return self._established(path)

    def live_now(self):
        with self.lock:
            return sum(self._established(path) for path in self.open if path.startswith("/live/"))

    def _established(self, path):
        # As the kernel has it (TCP_ESTABLISHED is 1): a connection that the gateway has
        # closed counts no longer, whether our thread has noticed or not.
        return sum(1 for sock in self.open.get(path, ())
                   if sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == 1)

    def close(self):
        self.over.set()
        # The thread has to be out of accept() before the descriptor is another listener's.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.accepting.join()
        self.listener.close()

    def _accept(self):
        while not self.over.is_set():
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        conn = Connection(self, sock)
        sock.settimeout(60)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            conn.read_request()
        except (Gone, OSError, ValueError):
            sock.close()
            return
        self._enter(conn)
        try:
            self.handlers.get(conn.path, status(404))(conn)
        except (Gone, OSError):
            pass
        finally:
            with self.lock:
                self.open[conn.path].discard(sock)
                sock.close()

    def _enter(self, conn):
        path = conn.path
        with self.lock:
            self.requests.append((conn.method, path, conn.told))
            self.open.setdefault(path, set()).add(conn.sock)
            self.peak[path] = max(self.peak.get(path, 0), self._established(path))
            if path.startswith("/live/"):
                now = sum(self._established(p) for p in self.open if p.startswith("/live/"))
                self.live_peak = max(self.live_peak, now)


# -- what a path may do: functions of the connection ---------------------------------


def body(data, kind="audio/x-mpegurl", **headers):
    data = data.encode() if isinstance(data, str) else data

    def handler(conn):
        conn.head(200, kind, Content_Length=len(data), **headers)
        if conn.method != "HEAD":
            conn.send(data)
    return handler


def with_etag(data, etag):
    """Answers 304 to who has it already."""
    def handler(conn):
        if conn.headers.get("if-none-match") == etag:
            conn.head(304, None, ETag=etag)
        else:
            body(data, ETag=etag)(conn)
    return handler


def status(code, **headers):
    def handler(conn):
        conn.head(code, "text/html", Content_Length=9, **headers)
        conn.send(b"<p>no</p>")
    return handler


def redirect(to, code=302):
    def handler(conn):
        conn.head(code, None, Location=to, Content_Length=0)
    return handler


def html(conn):
    body("<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in"
         "</body></html>\n" * 200, "text/html")(conn)


def mute(conn):
    """Takes the request and says nothing."""
    conn.wait()


def endless_head(conn):
    conn.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        conn.send(b"X-Filler: " + b"a" * 1000 + b"\r\n")
        conn.wait(0.001)


def silent_after_head(conn):
    conn.head()
    conn.wait()


def garbage(conn):
    conn.head()
    while True:
        conn.send(bytes(range(0x48, 0xC8)) * 64)  # not one 0x47 in it
        conn.wait(0.05)


def live(conn):
    conn.head()
    conn.live()


def scrambled(conn):
    conn.head()
    conn.live(scrambled=True)


def live_then(what, seconds):
    """Live for so long, then what is done to the connection."""
    def handler(conn):
        conn.head()
        conn.live(seconds)
        what(conn)
    return handler


def close(conn):
    pass


def reset(conn):
    conn.reset()


def stall(conn):
    conn.wait()


def junk_between_packets(conn):
    """Live, with 50 bytes that are none of a packet's after every tenth frame."""
    conn.head()
    n = int(conn.provider.clock() * ts.FPS) // ts.GOP * ts.GOP
    while True:
        while n <= conn.provider.clock() * ts.FPS:
            conn.send(ts.frame(n) + (b"\x01" * 50 if n % 10 == 9 else b""))
            n += 1
        conn.wait(0.02)


def drip(data, pause=0.05):
    """A byte at a time."""
    def handler(conn):
        conn.head(200, "audio/x-mpegurl")
        for i in range(len(data)):
            conn.send(data[i:i + 1])
            conn.wait(pause)
    return handler


def cut_short(data, at):
    """Promises all of it, sends `at` bytes."""
    def handler(conn):
        conn.head(200, "audio/x-mpegurl", Content_Length=len(data))
        conn.send(data[:at])
    return handler


def zipped(data, at=None):
    """As Content-Encoding: gzip, perhaps cut."""
    packed = gzip.compress(data)

    def handler(conn):
        conn.head(200, "audio/x-mpegurl", Content_Encoding="gzip",
                  Content_Length=len(packed[:at]))
        conn.send(packed[:at])
    return handler


def generated(pieces, **headers):
    """What the iterator of `pieces()` yields, as long as it is taken."""
    def handler(conn):
        conn.head(200, "audio/x-mpegurl", **headers)
        for piece in pieces():
            conn.send(piece)
    return handler
