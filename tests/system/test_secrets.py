"""Canaries: what is secret is put in everywhere, and looked for in all that comes out."""

import contextlib
import os

from gateway import command_line, wait_for
from provider import body, html, live, reset, status
from test_tuner import GUIDE

USER, PASSWORD, TOKEN, HEADER = "canary-user-7", "canary-pass-8", "canary-token-9", "canary-head-0"
CARD = "testcard:?n=50&size=160x120&rate=300k"
CANARIES = (USER, PASSWORD, TOKEN, HEADER)
PATHS = ("/", "/discover.json", "/lineup.json", "/lineup.xml", "/lineup.m3u", "/lineup_status.json",
         "/device.xml", "/playlist.m3u", "/guide.xml", "/status.json", "/healthz", "/readyz",
         "/metrics", "/nothing")


def assert_clean(where, data):
    data = data if isinstance(data, str) else data.decode("utf-8", "replace")
    for canary in CANARIES:
        assert canary not in data, f"{canary} in {where}"


def test_no_secret_ever_comes_out(make_gateway, provider, tmp_path):
    account = f"http://{USER}:{PASSWORD}@127.0.0.1:{provider.port}"

    def listing():
        entries = []
        for i, handler in enumerate((live, status(403), reset, html), 1):
            path = f"/live/{USER}/{PASSWORD}/{i}.ts"
            provider.on(path, handler)
            entries.append(f"#EXTINF:-1 tvg-logo=\"{provider.url}/logo/{i}.png\",Channel {i}\n"
                           f"{provider.url}{path}?token={TOKEN}\n")
        return "#EXTM3U\n" + "".join(entries)

    provider.on("/get.php", body(listing()))
    provider.on("/g.xml", body(GUIDE, "text/xml"))
    config = {
        "log": {"level": "debug"},
        "playlists": [{
            "name": "acme", "max_streams": 2,
            "url": f"{account}/get.php?username={USER}&password=${{env:CANARY}}&token={TOKEN}",
            "headers": [f"X-Api-Key: {HEADER}", f"Authorization: Bearer {TOKEN}"],
        }],
        "guides": [{"name": "uk", "url": f"{account}/g.xml?password={PASSWORD}"}],
        "relay": {"connect_timeout": "2s", "stall_timeout": "1s"},
    }
    cards = tmp_path / "cards.m3u"
    cards.write_text("#EXTM3U\n#EXTINF:-1 tvg-chno=\"50\",Card\n" + CARD + "\n")
    config["playlists"].append({"name": "cards", "url": f"file:{cards}"})
    gateway = make_gateway(config, env={"CANARY": PASSWORD}).start_with_lineup()
    wait_for("both playlists", lambda: len(gateway.lineup()) == 5)

    def look():
        for path in PATHS:
            reply = gateway.get(path)
            assert_clean(path, reply.data)
            assert_clean(path, str(reply.headers))
        for arguments in (("status",), ("status", "--json"), ("reload",), ("healthcheck",)):
            done = gateway.run(*arguments, "--data", gateway.data)
            assert_clean(arguments, done.stdout + done.stderr)
        workers = [pid for pid in os.listdir("/proc")
                   if pid.isdigit() and parent_of(pid) == gateway.process.pid]
        assert workers
        for pid in workers:
            assert_clean(f"the arguments of {command_line(pid)[:3]}", " ".join(command_line(pid)))
            with contextlib.suppress(FileNotFoundError, ProcessLookupError), \
                    open(f"/proc/{pid}/environ", encoding="utf-8", errors="replace") as f:
                assert_clean(f"the environment of {command_line(pid)[:3]}", f.read())

    with gateway.view("/auto/v1") as viewer, gateway.view("/auto/v50") as card:
        for v in (viewer, card):
            assert v.status == 200
            v.watch(50)
        for number in (2, 3, 4):  # errors tell addresses, if anything does
            refused = gateway.get(f"/auto/v{number}")
            assert refused.status == 503
            assert_clean("an error", str(refused.headers))
        look()
        for fault in (html, status(500), body(b""), body(f"{PASSWORD} {TOKEN}")):
            provider.on("/get.php", fault)
            assert gateway.refresh()["error"]
            look()
    # The provider did get them, or this test would prove nothing.
    told = "".join(head for _, _, head in provider.requests)
    for canary in CANARIES:
        assert canary in told, canary
    gateway.stop()
    assert_clean("the log", gateway.log())


def parent_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
            return int(f.read().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def test_what_holds_secrets_on_disk_is_for_its_owner_only(make_gateway, provider):
    config = {"playlists": [{"name": "acme", "url": provider.channels(1)}]}
    gateway = make_gateway(config).start_with_lineup()
    for folder, folders, names in os.walk(gateway.data):
        for name in folders + names:
            mode = os.lstat(os.path.join(folder, name)).st_mode
            assert mode & 0o077 == 0, f"{folder}/{name} is {mode & 0o777:o}"
    assert os.stat(gateway.data).st_mode & 0o077 == 0
