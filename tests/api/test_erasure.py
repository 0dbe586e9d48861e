"""Erasing the body of a record: nothing of it is left, and everything else still holds."""
import json
import subprocess
import threading
from datetime import datetime, timedelta, timezone

import pytest

from harness import bodies, markers
from harness.parties import Chain, make_node
from harness.server import Server, scfd, wait_until
from harness.world import World

WORD = "Zq7Marke"


def order(**members):
    return {
        "reason": "the sender took it back",
        "legal_basis": "sender_request",
        "requested_by": "Compliance",
        "requested_at": bodies.hours_ago(1),
        **members,
    }


COURT = order(legal_basis="court_order", reference="(2026)浙01民初1号", requested_by="杭州中院")


def erase(admin, record_id, status=201, **members):
    answer = admin.post(f"/v1/records/{record_id}/erasure", order(**members))
    assert answer.status == status, answer
    return answer.json()


def proof(client, record_id):
    got = client.get(f"/v1/records/{record_id}/proof", headers={"Prefer": "wait=20"})
    assert got.status == 200, got
    return got.json()


def verifies(tmp_path, document, body=None):
    (tmp_path / "proof.json").write_text(json.dumps(document))
    command = ["verify", tmp_path / "proof.json", "--key", document["vkey"]]
    if body is not None:
        (tmp_path / "body").write_bytes(body)
        command += ["--body", tmp_path / "body"]
    return scfd(*command).returncode


def wait_swept(server):
    wait_until(
        lambda: server.psql("SELECT count(*) FROM scfd.erasure WHERE swept_at IS NULL") == "0",
        30,
        "the old row versions are vacuumed away",
    )


def audit(server):
    done = scfd("audit", "--deep", "--json", "--data", server.data)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module", name="own")
def fixture_own():
    with Server() as running:
        yield running


def everything(chain):
    """One body of each kind, as it goes without marks: who sends it, and what."""
    stub = {"uscc": bodies.uscc(), "name": "x"}
    seller = {"enterprise_id": chain.seller["id"]}
    number = WORD + bodies.unique("HT")
    contract = bodies.contract(seller, stub, contract_no=number)
    event = chain.event(None, contract_no=number, seller_uscc=chain.seller["uscc"])
    del event["contract_id"]
    return {
        "enterprises": (chain.erp.client, bodies.enterprise()),
        "contracts": (chain.erp.client, contract),
        "workflow-events": (chain.erp.client, event),
        "invoices": (chain.erp.client, chain.invoice()),
        "guarantees": (
            chain.surety.client,
            chain.guarantee_by_number(
                number,
                seller_uscc=chain.seller["uscc"],
                collateral=[{"description": "x", "owner_id": chain.seller["id"]}],
            ),
        ),
    }


LEAST = {
    "enterprises": 20, "contracts": 18, "workflow-events": 15, "invoices": 15, "guarantees": 16
}


def test_nothing_of_any_kind_is_left_in_the_database(own, tmp_path):
    chain = Chain(own.client())
    sent, kept, marks = {}, {}, set()
    for kind, (client, base) in everything(chain).items():
        record_id, body, found = markers.send(client, kind, base, WORD)
        assert len(found) >= LEAST[kind], (kind, len(found))
        marks |= set(found.values())
        kept[record_id] = proof(client, record_id)
        raw = client.get(f"/v1/records/{record_id}/body").body
        assert verifies(tmp_path, kept[record_id], raw) == 0
        sent[record_id] = (client, kind, body, raw)
    wait_until(
        lambda: own.psql(
            "SELECT count(*) FROM scfd.chain c LEFT JOIN scfd.rollup_cursor r ON r.chain_id = c.id"
            " WHERE c.size > coalesce(r.folded_size, 0)"
        ) == "0",
        20,
        "every chain is folded",
    )
    dump = dump_of(own)
    assert dump.count(WORD) > 20, "the marks are there before"
    digests = [kept[one]["record"]["body_sha256"] for one in sent]
    assert all(digest in dump for digest in digests)
    for record_id in sent:
        erase(own.client(), record_id)
    dump = dump_of(own)
    assert WORD not in dump
    for mark in marks:
        assert mark not in dump
    assert not any(digest in dump for digest in digests)
    assert not any(kept[one]["record"]["salt"] in dump for one in sent)
    for record_id, (client, kind, body, raw) in sent.items():
        # What somebody kept still verifies, and the record says what became of it.
        assert verifies(tmp_path, kept[record_id], raw) == 0
        told = client.get(f"/v1/records/{record_id}").json()
        assert told["erased"] is True and "sha256" not in told
        erasure = client.get(f"/v1/records/{told['erasure']['id']}/body").json()
        assert erasure["record"]["leaf_hash"] == kept[record_id]["leaf_hash"]
        assert client.get(f"/v1/records/{record_id}/body").status == 410
        now = proof(client, record_id)
        assert now["record"]["erased"] is True and now["leaf_text"] is None
        assert now["leaf_hash"] == kept[record_id]["leaf_hash"]
        again = client.post(f"/v1/{kind}", body)
        assert again.status == 409 and again.json()["code"] == "record-erased"
        assert again.json()["existing_id"] == record_id
        sha256 = kept[record_id]["record"]["body_sha256"]
        assert client.get("/v1/records", sha256=sha256).json()["data"] == []
    wait_swept(own)
    audit(own)


def dump_of(server):
    done = subprocess.run(
        ["pg_dump", "--dbname", server.cluster_url()], capture_output=True, text=True, check=True
    )
    hexed = done.stdout
    for line in set(part for part in done.stdout.split("\\\\x")[1:]):
        digits = line.split("\t", 1)[0].split("\n", 1)[0]
        try:
            hexed += bytes.fromhex(digits).decode("utf-8", "replace") + "\n"
        except ValueError:
            pass
    return hexed
