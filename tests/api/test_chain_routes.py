"""Chains over HTTP: waiting for a seal, caching, who sees what, pages."""
import base64
import time

import pytest

from harness import merkle
from harness.parties import make_node
from harness.server import keeps_within, wait_until


@pytest.fixture(scope="module")
def two(server, chain):
    """A node with three sealed records, and a stranger."""
    owner, stranger = make_node(server.client(), "erp"), make_node(server.client(), "lender")
    owner.records = []
    for _ in range(3):
        record = owner.client.post("/v1/invoices", chain.invoice()).json()
        wait_for_proof(owner.client, record["id"])
        owner.records.append(record)
    owner.path = owner.records[0]["chain"]["id"]
    return owner, stranger


def wait_for_proof(client, record_id):
    answer = client.get(f"/v1/records/{record_id}/proof", headers={"Prefer": "wait=50"})
    assert answer.status == 200, answer
    return answer


def test_prefer_wait_holds_until_the_block_is_sealed(two, chain):
    owner, _ = two

    def prove():
        record = owner.client.post("/v1/invoices", chain.invoice()).json()
        began = time.monotonic()
        proof = wait_for_proof(owner.client, record["id"]).json()
        took = time.monotonic() - began
        merkle.verify_proof(proof)
        return took
    assert keeps_within(3, 3, prove)


def test_a_proof_never_changes(two, chain):
    owner, _ = two
    path = f"/v1/records/{owner.records[0]['id']}/proof"
    first = owner.client.get(path)
    record = owner.client.post("/v1/invoices", chain.invoice()).json()
    wait_for_proof(owner.client, record["id"])
    assert owner.client.get(path).body == first.body
    again = owner.client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 304 and not again.body


def test_the_checkpoint_has_an_entity_tag(two):
    owner, _ = two
    first = owner.client.get(f"/v1/chains/{owner.path}/checkpoint")
    assert first.headers["Content-Type"].startswith("text/plain")
    again = owner.client.get(f"/v1/chains/{owner.path}/checkpoint",
                             headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 304


def test_strangers_see_trees_but_no_records(two):
    owner, stranger = two
    record = owner.records[0]["id"]
    assert stranger.client.get(f"/v1/records/{record}/proof").status == 404
    for path in ("", "/checkpoint", "/blocks", "/blocks/0", "/tile/0/000.p/1",
                 "/consistency?from=1&to=2"):
        assert stranger.client.get(f"/v1/chains/{owner.path}{path}").status == 200, path
    assert "size" not in stranger.client.get(f"/v1/chains/{owner.path}").json()
    own = owner.client.get(f"/v1/chains/{owner.path}").json()
    assert own["size"] >= own["sealed_size"] >= 3
    assert own["vkey"].startswith(own["origin"] + "+") and own["origin"].endswith(own["node_id"])


def test_tiles_say_that_they_never_change(two):
    owner, _ = two
    answer = owner.client.get(f"/v1/chains/{owner.path}/tile/0/000.p/2")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert "immutable" in answer.headers["Cache-Control"]
    assert merkle.tile_hashes(answer.body) == [bytes.fromhex(r["chain"]["leaf_hash"])
                                               for r in owner.records[:2]]


@pytest.mark.parametrize("path", [
    "/tile/0/000", "/tile/0/000.p/255", "/tile/0/000.p/0", "/tile/9/000.p/1", "/tile/0/1",
    "/tile/entries/000", "/blocks/999999", "/blocks/-1", "/blocks/x", "/blocks/01"])
def test_what_is_not_there_is_404(two, path):
    owner, _ = two
    assert owner.client.get(f"/v1/chains/{owner.path}{path}").status == 404


@pytest.mark.parametrize("name", ["chain_", "x", "node_00000000000000000000000000",
                                  "inv_00000000000000000000000000"])
def test_unknown_chains_are_404(two, name):
    owner, _ = two
    for path in ("", "/checkpoint", "/blocks", "/blocks/0", "/tile/0/000",
                 "/consistency?from=1&to=1"):
        assert owner.client.get(f"/v1/chains/{name}{path}").status == 404, path


def test_a_chain_without_blocks_has_no_checkpoint(server):
    node = make_node(server.client(), "erp")
    path = "/v1/chains/" + node.id
    shown = node.client.get(path).json()
    assert shown["size"] == shown["sealed_size"] == 0 and "root" not in shown
    assert node.client.get(path + "/checkpoint").status == 404
    assert node.client.get(path + "/blocks").json()["data"] == []
    assert node.client.get(path + "/consistency?from=1&to=1").status == 404


def test_blocks_in_both_orders_page_by_page(two):
    owner, _ = two

    def heights(**query):
        found, after = [], {}
        while True:
            page = owner.client.get(f"/v1/chains/{owner.path}/blocks", limit=2, **query,
                                    **after).json()
            found += [b["height"] for b in page["data"]]
            if not page["has_more"]:
                return found
            after = {"after": page["next_cursor"]}

    up, down = heights(), heights(order="desc")
    assert up == list(range(len(up))) and len(up) >= 3
    assert down[-len(up):] == up[::-1]


def test_all_chains_are_listed_once(two, server):
    owner, stranger = two
    found, after = [], {}
    while True:
        page = stranger.client.get("/v1/chains", limit=1, **after).json()
        found += [c["id"] for c in page["data"]]
        if not page["has_more"]:
            break
        after = {"after": page["next_cursor"]}
    assert len(found) == len(set(found)) and found == sorted(found)
    assert owner.path in found


def test_consistency_quotes_the_roots(two):
    owner, _ = two
    answer = owner.client.get(f"/v1/chains/{owner.path}/consistency?from=2&to=3").json()
    leaves = [bytes.fromhex(r["chain"]["leaf_hash"]) for r in owner.records]
    assert base64.b64decode(answer["from_root"]) == merkle.root_of(leaves[:2])
    assert base64.b64decode(answer["to_root"]) == merkle.root_of(leaves)


def test_sealing_is_measured(server, two):
    def measured():
        text = server.client().get("/metrics").body.decode()
        return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    wait_until(lambda: int(measured()["scfd_seal_lag_seconds"]) < 10, 60, "sealing keeps up")
    values = measured()
    assert int(values["scfd_log_entries_total"]) >= 3
    assert abs(int(values["scfd_log_checkpoint_timestamp_seconds"]) - time.time()) < 600
    assert int(values["scfd_seal_refused_chains"]) == 0
