"""Configs with something wrong in them: each is told where and what, and nothing starts."""

import contextlib
import os
import socket
import subprocess
import tempfile

import pytest

from conftest import config_for
from gateway import MASTHEAD

WRONG = {
    "an unknown key": ("playlistz: []\n", 1, "playlists"),
    "an unknown key below": ("playlists:\n  - name: a\n    urll: http://h/\n", 3, "url"),
    "text for a number": ("devices:\n  - tuners: many\n", 2, "tuners"),
    "a list for text": ("data: [a]\n", 1, "data"),
    "text for a list": ("playlists: hello\n", 1, "playlists"),
    "a number out of range": ("devices:\n  - tuners: 65\n", 2, "64"),
    "a number below the range": ("devices:\n  - tuners: 0\n", 2, "1"),
    "a time without a unit": ("relay:\n  linger: 20\n", 2, "linger"),
    "a time that is none": ("relay:\n  linger: soon\n", 2, "linger"),
    "a share above 100": ("playlists:\n  - {name: a, url: 'http://h/', shrink_percent: 101}\n", 2,
                          "100"),
    "a key twice": ("data: a\ndata: b\n", 2, "data"),
    "a playlist without a URL": ("playlists:\n  - name: a\n", 2, "url"),
    "a playlist without a name": ("playlists:\n  - url: http://h/\n", 2, "name"),
    "two playlists of one name": (
        "playlists:\n  - {name: a, url: 'http://h/'}\n  - {name: a, url: 'http://i/'}\n", 3, "a"),
    "a URL that is none": ("playlists:\n  - {name: a, url: 'not a url'}\n", 2, "url"),
    "a scheme that nobody serves": ("playlists:\n  - {name: a, url: 'gopher://h/'}\n", 2, "gopher"),
    "a header with a line break": (
        "playlists:\n  - {name: a, url: 'http://h/', headers: [\"X: a\\r\\nY: b\"]}\n", 2,
        "headers"),
    "an address that is none": ("listen: ['nowhere']\n", 1, "listen"),
    "a port that is none": ("listen: ['127.0.0.1:99999']\n", 1, "99999"),
    "a network that is none": ("allow: ['10.0.0.0/40']\n", 1, "10.0.0.0/40"),
    "a device id with a bad checksum": ("devices:\n  - id: '12345678'\n", 2, "12345674"),
    "a level that is none": ("log:\n  level: loud\n", 2, "debug"),
    "a missing secret": ("playlists:\n  - {name: a, url: 'http://h/${env:NOT_SET_ANYWHERE}'}\n", 2,
                         "NOT_SET_ANYWHERE"),
    "a missing secret file": ("playlists:\n  - {name: a, url: 'http://h/${file:absent.pw}'}\n", 2,
                              "absent.pw"),
    "YAML that is none": ("playlists: [\n", 2, ""),
    "a tab for a blank": ("playlists:\n\t- name: a\n", 2, ""),
}


def check(folder, text, command="check"):
    path = os.path.join(str(folder), "masthead.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path, subprocess.run([MASTHEAD, command, "--config", path], capture_output=True,
                                text=True, timeout=30, check=False, cwd=str(folder))


@pytest.mark.parametrize("kind", WRONG)
def test_check_names_file_line_key_and_remedy(tmp_path, kind):
    text, line, word = WRONG[kind]
    path, done = check(tmp_path, text)
    assert done.returncode == 1
    assert f"{path}:{line}:" in done.stderr, done.stderr
    assert word in done.stderr


@pytest.mark.parametrize("kind", ["an unknown key", "a number out of range", "YAML that is none"])
def test_serve_refuses_what_check_refuses(tmp_path, kind):
    text, line, word = WRONG[kind]
    path, done = check(tmp_path, text, "serve")
    assert done.returncode == 1
    assert f"{path}:{line}:" in done.stderr
    assert "ready" not in done.stdout


def test_every_problem_is_told_at_once(tmp_path):
    _, done = check(tmp_path, "one: 1\ntwo: 2\ndevices:\n  - tuners: 99\n")
    assert done.stderr.count("masthead.yaml:") >= 3


def test_a_good_config_passes(tmp_path):
    _, done = check(tmp_path, "playlists:\n  - {name: a, url: 'http://h/list.m3u'}\n")
    assert done.returncode == 0, done.stderr


def test_a_config_that_is_missing_or_a_folder_is_named(tmp_path):
    for path in (tmp_path / "absent.yaml", tmp_path):
        done = subprocess.run([MASTHEAD, "check", "--config", str(path)], capture_output=True,
                              text=True, timeout=30, check=False)
        assert done.returncode == 1
        assert str(path) in done.stderr


def test_a_secret_in_a_problem_is_not_shown(tmp_path):
    text = "playlists:\n  - {name: a, url: 'gopher://user:hunter22@h/?password=hunter22'}\n"
    _, done = check(tmp_path, text)
    assert done.returncode == 1
    assert "hunter22" not in done.stderr + done.stdout


def test_the_environment_overrules_the_file(make_gateway, provider):
    other = provider.channels(2)
    gateway = make_gateway(config_for("http://127.0.0.1:9/absent.m3u"),
                           env={"MASTHEAD_PLAYLISTS__0__URL": other,
                                "MASTHEAD_DEVICES__0__TUNERS": "7"}).start_with_lineup()
    assert len(gateway.lineup()) == 2
    assert gateway.get("/discover.json").json["TunerCount"] == 7


def test_an_unknown_variable_of_ours_is_told(tmp_path):
    path = tmp_path / "masthead.yaml"
    path.write_text("playlists:\n  - {name: a, url: 'http://h/'}\n")
    done = subprocess.run([MASTHEAD, "check", "--config", str(path)], capture_output=True,
                          text=True, timeout=30, check=False,
                          env={**os.environ, "MASTHEAD_PLAYLISTZ__0__URL": "x"})
    assert "MASTHEAD_PLAYLISTZ__0__URL" in done.stderr


def refused(gateway):
    """Runs it; it must end by itself with 1. Returns what it said."""
    done = subprocess.run(gateway.command(), capture_output=True, text=True, timeout=30,
                          check=False, cwd=gateway.folder, preexec_fn=gateway.prepare)
    assert done.returncode == 1, (done.returncode, done.stderr)
    assert "ready" not in done.stdout
    assert "Sanitizer" not in done.stderr
    return done.stderr


def test_a_port_in_use_is_named_with_what_to_do(make_gateway):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        gateway = make_gateway(options=["--listen", f"127.0.0.1:{port}"])
        said = refused(gateway)
    assert f"127.0.0.1:{port}" in said
    assert "in use" in said
    assert "listen elsewhere" in said


def test_two_gateways_cannot_share_a_data_folder(make_gateway):
    one = make_gateway().start()
    two = make_gateway()
    two.data = one.data
    assert one.data in refused(two)
    assert one.get("/healthz").status == 200
    assert one.run("status", "--data", one.data).returncode == 0


def test_a_data_folder_that_is_a_file_is_named(make_gateway):
    gateway = make_gateway()
    with open(gateway.data, "w", encoding="ascii"):
        pass
    assert gateway.data in refused(gateway)


def test_a_data_folder_without_the_right_to_write_is_named(make_gateway):
    """As nobody, in a folder that is root's."""
    if os.getuid() != 0:
        pytest.skip("needs root to become someone else")

    def as_nobody():
        os.setgid(65534)
        os.setuid(65534)

    try:
        subprocess.run([MASTHEAD, "--help"], check=True, capture_output=True, cwd="/",
                       preexec_fn=as_nobody)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("nobody cannot run the program where it lies")
    with tempfile.TemporaryDirectory() as locked:
        os.chmod(locked, 0o755)
        gateway = make_gateway(prepare=as_nobody)
        gateway.data = locked
        said = refused(gateway)
    assert locked in said
    assert "ermission denied" in said


@pytest.fixture
def small_disk(tmp_path):
    """A file system of two megabytes."""
    path = tmp_path / "small"
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(path)],
                             capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount a small file system")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)


def fill(path):
    with open(path, "wb", buffering=0) as f, contextlib.suppress(OSError):
        while f.write(b"x" * 4096):
            pass


def test_a_full_data_folder_stops_no_viewer_and_recovers(small_disk, make_gateway, provider):
    gateway = make_gateway(config_for(provider.channels(2)))
    gateway.data = str(small_disk / "data")
    gateway.start_with_lineup()
    before = gateway.get("/lineup.json").data
    fill(small_disk / "filler")
    big = "#EXTM3U\n" + "".join(
        f"#EXTINF:-1,Channel {i}\n{provider.url}/live/{i}.ts\n" for i in range(1, 2000))
    provider.playlist("/list.m3u", big)
    assert "No space left" in gateway.refresh()["error"]
    assert gateway.get("/lineup.json").data == before
    with gateway.view() as viewer:
        assert viewer.status == 200
        viewer.watch(200)
    os.unlink(small_disk / "filler")
    assert gateway.refresh()["error"] == ""
    assert len(gateway.lineup()) == 1999


def test_a_data_folder_that_is_full_from_the_start_is_named(small_disk, make_gateway):
    fill(small_disk / "filler")
    gateway = make_gateway()
    gateway.data = str(small_disk)
    assert str(small_disk) in refused(gateway)
