"""What every test of the whole program gets: gateways and a provider."""

import os
import time

import pytest

from gateway import MASTHEAD, Gateway
from provider import Provider


def pytest_sessionstart(session):
    if not os.access(MASTHEAD, os.X_OK):
        pytest.exit(f"{MASTHEAD} is missing: make build VARIANT=asan, or set MASTHEAD", 2)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    setattr(item, "report_" + call.when, outcome.get_result())


@pytest.fixture
def provider():
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture
def make_gateway(request, tmp_path):
    """Gateway(...) with a folder of its own. At the end each must stop well; a failure shows
    their logs."""
    made = []

    def make(config=None, **more):
        made.append(Gateway(tmp_path / f"gateway{len(made)}", config, **more))
        return made[-1]

    yield make
    failed = getattr(request.node, "report_call", None) is None or request.node.report_call.failed
    trouble = []
    for gateway in made:
        try:
            if gateway.process is not None:
                if gateway.process.returncode is None:
                    gateway.stop()
                gateway.check_log()
        except AssertionError as e:
            trouble.append(str(e).splitlines()[0])
        finally:
            gateway.kill()
    if failed or trouble:
        for gateway in made:
            print(f"--- log of {gateway.folder}\n{gateway.log()[-20000:]}")
    assert not trouble, trouble


@pytest.fixture
def gateway(make_gateway, provider):
    """A gateway with a lineup of four live channels of the provider."""
    url = provider.channels(4)
    return make_gateway(config_for(url)).start_with_lineup()


def config_for(url, **more):
    """A config with this one playlist; `more` are further keys of it."""
    return {"playlists": [{"name": "acme", "url": url, **more}]}


@pytest.fixture
def stopwatch():
    """Seconds since it was made, or since the last time it was asked."""
    last = time.monotonic()

    def lap():
        nonlocal last
        now = time.monotonic()
        last, passed = now, now - last
        return passed
    return lap
