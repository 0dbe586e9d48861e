"""Fixtures of all Python tests: one real server per session, clients and parties on it."""
import sys
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
