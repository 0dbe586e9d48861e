"""Kills scfd, PostgreSQL or both at random moments under load; afterwards every acknowledged record
is there exactly once, in its chain, at the index it was promised, and provable."""
import os
import random
import signal
import threading
import time
from http.client import HTTPException

import pytest

from harness import merkle
from harness.client import Client
from harness.parties import Chain, make_node
from harness.server import Server, scfd, wait_until

ROUNDS = int(os.environ.get("SCFD_CRASH_ROUNDS", "20"))
SEED = int(os.environ.get("SCFD_CRASH_SEED", "1"))
SINGLE_CLIENTS, BULK_CLIENTS, BULK_LINES = 4, 2, 50
SUITES = ["sha256-ed25519", "sm3-sm2", "sha256-ed25519"]  # of the chains written to


class Load(threading.Thread):
    """Sends until told to stop; keeps what was acknowledged. An unanswered request is sent again,
    byte for byte: that is what the natural key is for."""

    def __init__(self, host, port, node, chain, bulk):
        super().__init__(daemon=True)
        self.client = Client(host, port, node.key, timeout=20)
        self.node, self.chain, self.bulk = node, chain, bulk
        self.acknowledged, self.unexpected, self.resent = {}, [], 0
        self.stopping = threading.Event()

    def run(self):
        while not self.stopping.is_set():
            batch = [self.chain.invoice() for _ in range(BULK_LINES if self.bulk else 1)]
            while not self.send(batch) and not self.stopping.is_set():
                self.resent += 1
                time.sleep(0.05)

    def send(self, batch):
        """True when every body of the batch has its answer."""
        try:
            if not self.bulk:
                answer = self.client.post("/v1/invoices", batch[0])
                items = [{**answer.json(), "status": answer.status}]
            else:
                answer = self.client.bulk("invoices", batch)
                if answer.status != 200:
                    items = [{**answer.json(), "status": answer.status}]
                else:
                    items = [line for line in answer.lines() if "summary" not in line]
                    if len(items) != len(batch):
                        return False
        except (OSError, HTTPException, ValueError):
            self.client.close()
            return False
        for item in items:
            if item["status"] in (200, 201):
                known = self.acknowledged.setdefault(item["external_id"], item["id"])
                if known != item["id"]:
                    self.unexpected.append(f"{item['external_id']}: {known} became {item['id']}")
            elif item["status"] != 503:
                self.unexpected.append(str(item)[:300])
        return all(item["status"] in (200, 201) for item in items)


def strike(server, victim):
    if victim in ("postgres", "both"):
        try:
            os.kill(server.postmaster_pid(), signal.SIGKILL)
        except (OSError, ValueError):
            pass  # it is just being restarted
    if victim in ("scfd", "both"):
        server.kill()
        wait_until(lambda: not server.cluster_pids(), 30, "the cluster follows its scfd")
        server.start()


def all_records(client):
    """external_id → ids of every invoice the node has."""
    found, query = {}, {}
    while True:
        page = client.get("/v1/invoices", limit=500, **query)
        assert page.status == 200, page
        data = page.json()
        for record in data["data"]:
            found.setdefault(record["external_id"], []).append(record["id"])
        if not data["has_more"]:
            return found
        query = {"after": data["next_cursor"]}


@pytest.fixture(scope="module")
def aftermath():
    """The server after all rounds, and the loads with what they were promised."""
    source = random.Random(SEED)
    with Server() as server:
        admin = server.client()
        chain = Chain(admin)
        nodes = [make_node(admin, "erp", chain_suite=s) for s in SUITES]
        loads = [
            Load("127.0.0.1", server.port, nodes[i % len(nodes)], chain, i >= SINGLE_CLIENTS)
            for i in range(SINGLE_CLIENTS + BULK_CLIENTS)
        ]
        for load in loads:
            load.start()
        for number in range(1, ROUNDS + 1):
            time.sleep(source.uniform(0.3, 1.5))
            victim = source.choice(["scfd", "postgres", "both"])
            strike(server, victim)
            server.wait_ready()
            print(
                f"round {number}: killed {victim}, "
                f"{sum(len(load.acknowledged) for load in loads)} acknowledged so far",
                flush=True,
            )
        time.sleep(1)
        for load in loads:
            load.stopping.set()
        for load in loads:
            load.join(60)
            assert not load.is_alive()
        yield server, nodes, loads


def test_load_was_real(aftermath):
    _, _, loads = aftermath
    assert sum(len(load.acknowledged) for load in loads) > 50 * ROUNDS
    assert sum(load.resent for load in loads) > 0
    assert [f for load in loads for f in load.unexpected] == []


def test_every_acknowledged_record_exactly_once(aftermath):
    server, nodes, loads = aftermath
    for node in nodes:
        found = all_records(server.client(node.key))
        assert {k: v for k, v in found.items() if len(v) > 1} == {}
        for load in (load for load in loads if load.node is node):
            lost = {k: v for k, v in load.acknowledged.items() if found.get(k) != [v]}
            assert lost == {}, f"{len(lost)} of {len(load.acknowledged)}"


def test_audit_finds_nothing(aftermath):
    server, _, _ = aftermath
    done = scfd("audit", "--database-url", server.cluster_url())
    assert done.returncode == 0, done.stdout + done.stderr


def test_indexes_are_gapless(aftermath):
    server, nodes, _ = aftermath
    rows = server.psql(
        "SELECT count(*) = max(leaf_index) + 1 AND min(leaf_index) = 0"
        " FROM scfd.record GROUP BY chain_id"
    )
    assert set(rows.split()) == {"t"}


def test_a_sample_is_provable(aftermath):
    server, nodes, loads = aftermath
    source = random.Random(SEED)
    for load in loads:
        client = server.client(load.node.key)
        for record_id in source.sample(sorted(load.acknowledged.values()), 10):

            def proof():
                answer = client.get(f"/v1/records/{record_id}/proof")
                return answer.status == 200 and answer.json()

            merkle.verify_proof(wait_until(proof, 10, f"proof of {record_id}"))
