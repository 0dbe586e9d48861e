"""Stopping, reloading, and what the host gives the server: signals, systemd, open files."""
import os
import pty
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

import harness.server as module
from harness.parties import make_node
from harness.server import ROOT, Server, free_port, scfd, wait_until

pytestmark = pytest.mark.heavy


@pytest.fixture
def own():
    with Server() as running:
        yield running


def test_long_polls_are_answered_at_once_when_stopping(own):
    node = make_node(own.client(), "erp")
    answers = []

    def poll():
        answer = node.client.copy().get("/v1/events", {"Prefer": "wait=59"})
        answers.append((answer.status, time.monotonic()))

    pollers = [threading.Thread(target=poll) for _ in range(5)]
    for poller in pollers:
        poller.start()
    waiting = "scfd_longpoll_waiters 5"
    wait_until(lambda: waiting in own.anonymous().get("/metrics").body.decode(), 10, waiting)
    began = time.monotonic()
    own.stop()
    assert time.monotonic() - began < 5
    for poller in pollers:
        poller.join(60)
    assert [status for status, _ in answers] == [200] * 5
    assert max(ended for _, ended in answers) - began < 5


def test_a_slow_statement_does_not_hold_up_the_end(own):
    """A lock that nobody gives back: the request is answered, and the server ends cleanly."""
    own.stop()
    own.env["SCFD_DRAIN_TIMEOUT_S"] = "1"
    own.start()
    lock = subprocess.Popen(
        ["psql", "-X", "-q", own.cluster_url(), "-c",
         "BEGIN; LOCK TABLE scfd.node; SELECT pg_sleep(600)"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: own.psql("SELECT count(*) FROM pg_locks WHERE granted AND relation ="
                                    " 'scfd.node'::regclass AND mode = 'AccessExclusiveLock'")
                   == "1", 10, "the table is locked")
        answers = []
        client = own.client()
        asking = threading.Thread(target=lambda: answers.append(client.get("/v1/nodes").status))
        asking.start()
        wait_until(lambda: own.psql("SELECT count(*) FROM pg_locks WHERE NOT granted") != "0",
                   10, "a statement waits for it")
        began = time.monotonic()
        own.stop()
        assert time.monotonic() - began < 12
        asking.join(60)
        assert answers == [503]
    finally:
        lock.kill()
        lock.wait()


def test_hangup_reads_the_file_named_on_the_command_line(tmp_path):
    config = tmp_path / "scfd.conf"
    config.write_text("log_level = info\n")
    with Server(flags=["--config", str(config)]) as server:
        config.write_text("log_level = debug\n")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "log level is debug" in server.log_path.read_text(), 5, "it is read")


def test_systemd_hears_of_the_start_of_life_and_of_the_end(tmp_path):
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(path))
        systemd.settimeout(30)
        server = Server(env={"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "30000000"})
        try:
            server.start()
            assert systemd.recv(100) == b"READY=1"
            assert systemd.recv(100) == b"WATCHDOG=1"
            server.stop()
            heard = {systemd.recv(100)}
            while b"STOPPING=1" not in heard:
                heard.add(systemd.recv(100))
        finally:
            server.stop()
            server.remove()


def test_a_start_that_waits_can_be_broken_off(own, tmp_path):
    own.psql("CREATE DATABASE waiting")
    url = own.cluster_url().replace("dbname=scfd", "dbname=waiting")
    lock = subprocess.Popen(
        ["psql", "-X", "-q", url, "-c",
         "SELECT pg_advisory_lock(hashtext('scfd.migrate')); SELECT pg_sleep(600)"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: own.psql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
                   == "1", 10, "somebody else migrates")
        second = Server(data_dir=tmp_path, database_url=url).start(ready=False)
        wait_until(lambda: own.psql("SELECT count(*) FROM pg_locks WHERE NOT granted") == "1",
                   10, "the start waits")
        second.process.send_signal(signal.SIGTERM)
        assert second.process.wait(5) != 0
    finally:
        lock.kill()
        lock.wait()


def test_few_open_files_mean_fewer_connections_not_a_dead_server(tmp_path, monkeypatch):
    runner = tmp_path / "with-few-files"
    runner.write_text(f'#!/bin/bash\nulimit -n 500\nexec {module.BINARY} "$@"\n')
    runner.chmod(0o755)
    monkeypatch.setattr(module, "BINARY", str(runner))
    with Server(env={"SCFD_CLIENT_TIMEOUT_S": "5"}) as server:
        assert "the limit of open files is 500" in server.log_path.read_text()
        held = [socket.create_connection(("127.0.0.1", server.port), 5) for _ in range(450)]
        wait_until(lambda: "max_connections is" in server.log_path.read_text(), 5, "it says so")
        for sock in held:
            sock.close()

        def served():
            try:
                return server.client().get("/v1/limits").status == 200
            except OSError:
                return False

        wait_until(served, 5, "there is room again")
        metrics = server.anonymous().get("/metrics").body.decode()
        refused = int(metrics.split("\nscfd_http_connections_refused_total ")[1].split("\n")[0])
        assert refused > 100


def test_the_soft_limit_of_open_files_is_raised(tmp_path, monkeypatch):
    runner = tmp_path / "with-a-soft-limit"
    runner.write_text(f'#!/bin/bash\nulimit -Sn 256\nexec {module.BINARY} "$@"\n')
    runner.chmod(0o755)
    monkeypatch.setattr(module, "BINARY", str(runner))
    with Server() as server:
        metrics = server.anonymous().get("/metrics").body.decode()
        assert int(metrics.split("\nprocess_max_fds ")[1].split("\n")[0]) > 4096
        assert "max_connections is" not in server.log_path.read_text()


def test_readiness_looks_at_the_schema(own):
    ready = own.anonymous().copy()
    own.psql("INSERT INTO scfd.schema_migration VALUES"
             " (9999, 'of a newer program', decode(repeat('00', 32), 'hex'), now())")
    assert ready.get("/readyz").status == 200  # while instances are replaced one by one
    own.psql("DELETE FROM scfd.schema_migration WHERE number IN (2, 9999)")
    answer = ready.call("GET", "/readyz?verbose")
    assert answer.status == 503
    assert b"[-]schema 1 migration is missing" in answer.body
    assert scfd("healthcheck", "--url", own.url).returncode != 0


def read_terminal(terminal, until=None):
    """What the process at this terminal says, up to a text or to its end."""
    said = b""
    while until is None or until not in said:
        assert select.select([terminal], [], [], 60)[0], f"silence after {said}"
        try:
            data = os.read(terminal, 65536)
        except OSError:  # how Linux tells that nobody holds the other side any more
            data = b""
        if not data:
            break
        said += data
    return said


def test_ctrl_c_ends_make_run_cleanly():
    """The terminal sends SIGINT to its whole group: the server gets one signal, not two."""
    if not shutil.which("jq") or not shutil.which("curl"):
        pytest.skip("curl and jq are needed")
    data = Path(tempfile.mkdtemp(prefix="scfd-test-"))
    data.chmod(0o755)
    pid, terminal = pty.fork()
    if pid == 0:
        # Who runs the tests in the background may ignore SIGINT, and a shell cannot undo that.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.environ.update(SCFD_DATA=str(data), SCFD_LISTEN=f"127.0.0.1:{free_port()}")
        os.execv(ROOT / "tools" / "run.sh", ["run.sh", module.BINARY])
    try:
        said = read_terminal(terminal, b"Ctrl-C stops the server")
        assert said.count(b"curl -s ") == 7, said
        os.write(terminal, b"\x03")
        read_terminal(terminal)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert '"msg":"stopped"' in (data / "server.log").read_text().splitlines()[-1]
    finally:
        os.close(terminal)
        shutil.rmtree(data, ignore_errors=True)
