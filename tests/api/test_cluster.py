"""The embedded cluster recovers from any kill by itself and never leaves a postmaster behind."""
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from harness.parties import Chain, make_node
from harness.server import Server, scfd, wait_until

pytestmark = pytest.mark.heavy


@pytest.fixture
def own():
    with Server() as running:
        yield running


def some_records(server, count=20):
    node = make_node(server.client(), "erp")
    chain = Chain(server.client())
    return (
        node,
        chain,
        [node.client.post("/v1/invoices", chain.invoice()).json() for _ in range(count)],
    )


def all_there(server, node, records):
    client = server.client(node.key)
    for record in records:
        shown = client.get(f"/v1/records/{record['id']}")
        assert shown.status == 200, shown
    assert len(client.get("/v1/invoices", limit=500).json()["data"]) == len(records)


def test_admin_key_is_private(own):
    assert os.stat(own.data / "admin.key").st_mode & 0o777 == 0o600
    assert own.client().get("/v1/nodes").status == 200


def test_no_tcp_and_fsync_on(own):
    assert own.psql("SHOW listen_addresses") == ""
    assert own.psql("SHOW fsync") == "on"
    assert own.psql("SHOW data_checksums") == "on"


def test_postgres_does_not_run_as_root(own):
    if os.geteuid() != 0:
        pytest.skip("not root")
    assert os.stat(f"/proc/{own.postmaster_pid()}").st_uid != 0


def test_clean_restart_keeps_everything(own):
    node, _, records = some_records(own)
    key = own.admin_key
    own.stop()
    own.start()
    assert own.admin_key == key
    all_there(own, node, records)


def test_kill_9_of_scfd_takes_postgres_along(own):
    node, _, records = some_records(own)
    own.kill()
    wait_until(lambda: not own.cluster_pids(), 15, "the postmaster follows")
    own.start()
    all_there(own, node, records)


def test_kill_9_of_postgres_is_repaired_while_serving(own):
    node, chain, records = some_records(own)
    killed = own.postmaster_pid()
    os.kill(killed, signal.SIGKILL)

    def replaced():
        """Its backends outlive it by some milliseconds, in which they still answer."""
        try:
            return own.postmaster_pid() != killed
        except (OSError, ValueError):  # no file at the moment, or half of one
            return False

    def served():
        answer = own.client(node.key).post("/v1/invoices", chain.invoice())
        assert answer.status in (201, 503), answer
        return answer.status == 201 and answer.json()

    wait_until(replaced, 30, "scfd restarts its cluster")
    records.append(wait_until(served, 30, "records are taken again", step_s=0.2))
    assert own.process.poll() is None
    own.wait_ready()
    all_there(own, node, records)


def test_kill_9_of_a_backend(own):
    node, chain, records = some_records(own, 5)
    backend = int(
        own.psql("SELECT min(pid) FROM pg_stat_activity WHERE application_name LIKE 'scfd%'")
    )
    os.kill(backend, signal.SIGKILL)
    wait_until(
        lambda: own.client(node.key).post("/v1/invoices", chain.invoice()).status == 201,
        30,
        "the server goes on",
        step_s=0.2,
    )


def test_kill_9_of_both(own):
    node, _, records = some_records(own)
    postmaster = own.postmaster_pid()
    os.kill(postmaster, signal.SIGKILL)
    own.kill()
    own.start()  # at once: backends of the dead postmaster may still hold its shared memory
    all_there(own, node, records)


def test_second_server_on_the_same_directory_is_refused(own):
    done = scfd("serve", "--data", own.data, "--listen", "127.0.0.1:0", timeout=30)
    assert done.returncode not in (0, -signal.SIGKILL), done
    assert done.stderr.strip()
    assert own.client().get("/v1/nodes").status == 200


def test_sigterm_while_clients_are_sending(own):
    node, chain, _ = some_records(own, 1)
    script = ["/usr/bin/wrk", "-t1", "-c8", "-d3s", "--latency", own.url + "/livez"]
    load = subprocess.Popen(script, stdout=subprocess.DEVNULL) if Path(script[0]).exists() else None
    own.stop()
    if load:
        load.wait(30)


def test_as_an_ordinary_user(tmp_path_factory):
    if os.geteuid() != 0:
        pytest.skip("already an ordinary user")
    folder = Path(tmp_path_factory.mktemp("user"))
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)
    data = folder / "data"
    data.mkdir()
    shutil.chown(data, "nobody", "nogroup")
    server = Server(data_dir=data)
    server.clock.real()
    os.chmod(server.clock.path, 0o644)
    import harness.server as module

    wrapped = module.BINARY
    runner = data / "run-as-nobody"
    runner.write_text(
        f'#!/bin/sh\nexec setpriv --reuid=nobody --regid=nogroup --clear-groups {wrapped} "$@"\n'
    )
    runner.chmod(0o755)
    module.BINARY = str(runner)
    try:
        server.start()
        assert os.stat(f"/proc/{server.postmaster_pid()}").st_uid == os.stat(data).st_uid
        server.stop()
    finally:
        module.BINARY = wrapped
        if server.process:
            server.process.kill()
