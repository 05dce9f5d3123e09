#!/usr/bin/env python3
"""origin.py FILE...: a provider that sends captured MPEG-TS in real time.

Serves each file at /its-name, from its beginning and again when it is over, at
the speed that its own clock (PCR) says, until the client goes. At /count it says
how many such connections are open and how many there were. Prints the address
that it listens on, then serves until it is ended.
"""

import http.server
import os
import sys
import threading
import time

PACKET = 188
PCR_HZ = 27_000_000
PIECE = 7 * PACKET


class Capture:
    """The packets of a file, and when each is due."""

    def __init__(self, path):
        with open(path, "rb") as f:
            data = f.read()
        start = next(i for i in range(PACKET) if data[i::PACKET][:5] == b"G" * 5)
        self.data = data[start:start + (len(data) - start) // PACKET * PACKET]
        first, last, seconds = self._clock()
        self.rate = (last - first) / seconds  # bytes a second
        self.seconds = len(self.data) / self.rate

    def _clock(self):
        """Where the first and the last PCR of one PID are, and the time between them."""
        pid_of_clock, found = None, []
        for at in range(0, len(self.data), PACKET):
            p = self.data[at:at + 12]
            pid = (p[1] & 0x1F) << 8 | p[2]
            if p[3] & 0x20 and p[4] >= 7 and p[5] & 0x10 and pid_of_clock in (None, pid):
                pid_of_clock = pid
                base = int.from_bytes(p[6:10], "big") << 1 | p[10] >> 7
                found.append((at, base * 300 + ((p[10] & 1) << 8 | p[11])))
        (first, begin), (last, end) = found[0], found[-1]
        return first, last, (end - begin) / PCR_HZ

    def send(self, write):
        began = time.monotonic()
        sent = 0
        while True:
            due = int((time.monotonic() - began) * self.rate) // PIECE * PIECE
            while sent < due:
                at = sent % len(self.data)
                piece = self.data[at:at + PIECE]
                write(piece)
                sent += len(piece)
            time.sleep(0.02)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.lstrip("/")
        if name == "count":
            with self.server.lock:
                counts = [f"{n} {c}\n" for n, c in self.server.open.items()]
            self.reply("text/plain", "".join(counts).encode())
        elif name in self.server.captures:
            self.reply("video/mp2t", None)
            self.stream(name)
        else:
            self.send_error(404)

    def reply(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if body is not None:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body is not None:
            self.wfile.write(body)

    def stream(self, name):
        with self.server.lock:
            self.server.open[name] += 1
        try:
            self.server.captures[name].send(self.wfile.write)
        except OSError:
            pass
        finally:
            with self.server.lock:
                self.server.open[name] -= 1

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.captures = {os.path.basename(path): Capture(path) for path in sys.argv[1:]}
    server.lock = threading.Lock()
    server.open = dict.fromkeys(server.captures, 0)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
