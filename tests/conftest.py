"""Fixtures of all Python tests: one real server per session, clients and parties on it."""
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness.client import Client  # noqa: E402
from harness.described import Description  # noqa: E402
from harness.parties import Chain  # noqa: E402
from harness.server import BINARY, Server  # noqa: E402


def pytest_configure(config):
    if not Path(BINARY).exists():
        pytest.exit(f"{BINARY} is not there: run `make build`, or set SCFD_BIN", 2)
    config.addinivalue_line("markers", "heavy: takes long under sanitizers; left out there")


@pytest.fixture(scope="session", autouse=True)
def description():
    """Every answer that a test gets is compared with the description of the API."""
    Client.recorder = Description().check
    yield
    Client.recorder = None


@pytest.fixture(scope="session")
def server():
    with Server() as running:
        yield running


@pytest.fixture
def admin(server):
    return server.client()


@pytest.fixture(scope="session")
def chain(server):
    return Chain(server.client())


@pytest.fixture
def erp(chain):
    return chain.erp.client


@pytest.fixture(autouse=True)
def no_midnight():
    """A test says "today" more than once: it does not begin right before a day ends, here (UTC) or
    where the contracts are made (UTC+8)."""
    now = time.time()
    left = min(86400 - (now + offset) % 86400 for offset in (0, 8 * 3600))
    if left < 60:
        time.sleep(left + 1)
