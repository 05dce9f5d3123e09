"""The real binary, run for one test, and the ways in which tests talk to it."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.parse

import ts

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
MASTHEAD = os.environ.get("MASTHEAD", os.path.join(ROOT, "build", "asan", "masthead"))
SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|UndefinedBehavior")
# Seconds for what takes a blink on an idle machine, with room for a sanitizer on a busy one.
SOON = 30


def wait_for(what, condition, seconds=SOON):
    """Calls condition() until it is true and returns that; fails after so many seconds."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < until, f"not within {seconds} s: {what}"
        time.sleep(0.02)


class Reply:
    def __init__(self, status, headers, data):
        self.status, self.headers, self.data = status, headers, data

    @property
    def text(self):
        return self.data.decode("utf-8")

    @property
    def json(self):
        return json.loads(self.data)


class Viewer:
    """A player: one GET of a stream, its head read, its body to be read."""

    def __init__(self, gateway, path, method="GET", headers="", seconds=SOON):
        self.seen = ts.Seen()
        self.sock = gateway.connect(seconds)
        self.sock.sendall(f"{method} {path} HTTP/1.1\r\nHost: {gateway.host}\r\n{headers}\r\n"
                          .encode())
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self.sock.recv(4096)
            assert piece, f"{path}: closed before the head was whole: {data!r}"
            data += piece
        head, _, rest = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in
                        (line.partition(":") for line in lines[1:])}
        self.rest = rest
        if self.status == 200:
            self.seen.feed(rest)

    def read(self, size=65536):
        """Some more bytes, b"" at the end."""
        data = self.sock.recv(size)
        self.seen.feed(data)
        return data

    def watch(self, packets, seconds=SOON):
        """Reads until so many packets more have come."""
        want = self.seen.packets + packets
        until = time.monotonic() + seconds
        while self.seen.packets < want:
            assert time.monotonic() < until, f"{self.seen.packets} packets of {want} came"
            assert self.read(), f"the stream ended after {self.seen.packets} packets"
        return self.seen

    def watch_until(self, what, condition, seconds=SOON):
        """Reads until condition(seen)."""
        until = time.monotonic() + seconds
        while not condition(self.seen):
            assert time.monotonic() < until, f"not within {seconds} s: {what}"
            assert self.read(), f"the stream ended before: {what}"
        return self.seen

    def read_to_end(self, seconds=SOON):
        until = time.monotonic() + seconds
        with contextlib.suppress(ConnectionResetError):
            while self.read():
                assert time.monotonic() < until, "the stream goes on"
        return self.seen

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Gateway:
    """`masthead serve` in a folder of its own, with a config that is a Python dict."""

    def __init__(self, folder, config=None, options=(), env=None, prepare=None):
        self.folder = str(folder)
        self.data = os.path.join(self.folder, "data")
        self.config_path = os.path.join(self.folder, "masthead.yaml")
        self.log_path = os.path.join(self.folder, "log")
        self.options = list(options)
        self.env = {**os.environ, **(env or {})}
        self.prepare = prepare  # runs in the child before exec
        self.process = None
        self.address = self.url = self.host = None
        os.makedirs(self.folder, exist_ok=True)
        self.has_config = config is not None
        if self.has_config:
            self.write_config(config)

    def write_config(self, config):
        """A dict is written as JSON, which is YAML; text as it stands."""
        with open(self.config_path, "w", encoding="utf-8") as f:
            f.write(config if isinstance(config, str) else json.dumps(config, indent=1))

    def command(self):
        command = [MASTHEAD, "serve", "--data", self.data, "--listen", "127.0.0.1:0"]
        if self.has_config:
            command += ["--config", self.config_path]
        return command + self.options

    def start(self):
        """Returns when it has said that it is ready."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL,
                env=self.env, preexec_fn=self.prepare, cwd=self.folder)
        line = self.process.stdout.readline().decode()
        m = re.fullmatch(r"ready (http://([\d.]+):(\d+)/)\n", line)
        assert m, f"instead of its ready line it said {line!r}\n{self.log()}"
        self.url = m.group(1)
        self.address = (m.group(2), int(m.group(3)))
        self.host = f"{m.group(2)}:{m.group(3)}"
        return self

    def start_with_lineup(self):
        """Returns when there is a lineup to serve."""
        self.start()
        wait_for("ready for viewers", lambda: self.get("/readyz").status == 200)
        return self

    def stop(self):
        """SIGTERM; it must end well, and no sanitizer may have spoken."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(SOON)
        finally:
            self.kill()
        assert code == 0, f"it exited with {code}"
        self.check_log()

    def kill(self):
        """SIGKILL to it, and only to it."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()
            self.process.stdout.close()

    def check_log(self):
        found = SANITIZER.search(self.log())
        assert not found, f"the log has {found.group()}"

    def log(self):
        with contextlib.suppress(FileNotFoundError):
            with open(self.log_path, encoding="utf-8", errors="replace") as f:
                return f.read()
        return ""

    def logged(self, text, after=0):
        """Waits until the log has the text, from character `after` on."""
        wait_for(f"{text!r} in the log", lambda: text in self.log()[after:])

    # -- talking to it --

    def connect(self, seconds=SOON):
        return socket.create_connection(self.address, seconds)

    def request(self, method, path, body=None, headers=None, seconds=SOON):
        connection = http.client.HTTPConnection(*self.address, timeout=seconds)
        try:
            connection.request(method, path, body, headers or {})
            reply = connection.getresponse()
            return Reply(reply.status, reply.headers, reply.read())
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.request("GET", path,
                            headers={k.replace("_", "-"): v for k, v in headers.items()})

    def raw(self, data, seconds=SOON):
        """Sends bytes, returns all that comes back until the gateway closes."""
        with self.connect(seconds) as sock:
            sock.sendall(data)
            back = b""
            with contextlib.suppress(ConnectionResetError):
                while piece := sock.recv(65536):
                    back += piece
            return back

    def view(self, path="/auto/v1", **more):
        return Viewer(self, path, **more)

    def lineup(self):
        return self.get("/lineup.json").json

    def tuners(self):
        """The rows of /status.json by tuner; a busy one has VctNumber."""
        return {row["Resource"]: row for row in self.get("/status.json").json}

    def is_idle(self):
        return all("VctNumber" not in row for row in self.tuners().values())

    def facts(self):
        """All that it knows of itself, over its control socket."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(SOON)
            sock.connect(os.path.join(self.data, "masthead.sock"))
            sock.sendall(b"GET /api/v1/status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            reply = http.client.HTTPResponse(sock)
            reply.begin()
            assert reply.status == 200, reply.status
            return json.loads(reply.read())

    def source(self, name="acme"):
        """What it knows of this playlist or guide."""
        return next(s for s in self.facts()["sources"] if s["name"] == name)

    def leases(self, name="acme"):
        return self.source(name)["account"]["taken"]

    def refresh(self, name="acme", seconds=SOON):
        """Has all playlists read again; returns what is known of this one after that."""
        before = wait_for("the playlist to be at rest", lambda: at_rest(self.source(name)), seconds)
        assert self.request("POST", "/lineup.post?scan=start").status == 200

        def settled():
            now = self.source(name)
            lineup = self.facts()["lineup"]
            return now["refreshes"] > before["refreshes"] and not lineup["building"] \
                and at_rest(now)
        return wait_for("the playlist to have been read again", settled, seconds)

    def metrics(self):
        """Every sample of /metrics by its name with labels."""
        samples = {}
        for line in self.get("/metrics").text.splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                samples[name] = float(value)
        return samples

    def run(self, *arguments, seconds=SOON):
        """Another masthead command; its streams as text."""
        return subprocess.run([MASTHEAD, *arguments], capture_output=True, text=True,
                              timeout=seconds, env=self.env, cwd=self.folder, check=False)

    def reload(self):
        return self.run("reload", "--data", self.data)

    # -- looking at it --

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def workers(self, name):
        """The process ids of its workers of this name."""
        found = []
        with contextlib.suppress(FileNotFoundError):
            with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as f:
                for pid in map(int, f.read().split()):
                    if name in command_line(pid):
                        found.append(pid)
        return found


def at_rest(source):
    return source if source["state"] == "waiting" else None


def command_line(pid):
    """The words of a process's command line."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            return f.read().decode("utf-8", "replace").split("\0")
    return []


def path_of(url):
    return urllib.parse.urlsplit(url).path
