"""Chains, blocks, tiles, proofs: everything recomputed here with hashlib and an independent
implementation of RFC 6962 and C2SP; and what `scfd verify` and `scfd audit` say."""
import base64
import copy
import hashlib
import json
import time
from contextlib import contextmanager

import pytest

from harness import merkle
from harness.parties import Chain, make_node
from harness.server import Server, scfd, wait_until


@pytest.fixture(scope="module")
def filled(server, chain):
    """A node with 600 records in sealed blocks; `ids` are theirs, in order."""
    node = make_node(server.client(), "erp")
    ids = []
    for count in (1, 2, 255, 342):
        lines = node.client.bulk("invoices", [chain.invoice() for _ in range(count)]).lines()
        ids += [line["id"] for line in lines[:-1]]
        proof_of(node.client, ids[-1])
    node.ids = ids
    return node


def proof_of(client, record_id, timeout_s=10):
    def sealed():
        answer = client.get(f"/v1/records/{record_id}/proof")
        assert answer.status in (200, 503), answer
        if answer.status == 503:
            assert answer.json()["code"] == "not-sealed-yet"
            assert answer.headers["Retry-After"]
        return answer.status == 200 and answer.json()

    return wait_until(sealed, timeout_s, f"proof of {record_id}")


def chain_path(node):
    return "/v1/chains/chain_" + node.id.split("_")[1]


def verify(tmp_path, proof, key=None, body=None):
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(proof, ensure_ascii=False), encoding="utf-8")
    arguments = ["verify", file, "--key", key or proof["vkey"]]
    if body is not None:
        (tmp_path / "body.json").write_bytes(body)
        arguments += ["--body", tmp_path / "body.json"]
    return scfd(*arguments)


def test_proof_within_a_second_and_a_half(chain):
    for _ in range(3):
        record = chain.erp.client.post("/v1/invoices", chain.invoice()).json()
        began = time.monotonic()
        proof = proof_of(chain.erp.client, record["id"])
        assert time.monotonic() - began < 2.0
        body = chain.erp.client.get(f"/v1/records/{record['id']}/body").body
        merkle.verify_proof(proof, body=body)
        assert proof["leaf_hash"] == record["chain"]["leaf_hash"]
        assert proof["index"] == record["chain"]["index"]


def test_proofs_of_every_kind_of_position(filled):
    for index in (0, 1, 2, 3, 254, 255, 256, 257, 511, 512, 599):
        proof = proof_of(filled.client, filled.ids[index])
        assert proof["index"] == index
        merkle.verify_proof(proof)


def test_scfd_verify(filled, tmp_path):
    record = filled.ids[42]
    proof = proof_of(filled.client, record)
    body = filled.client.get(f"/v1/records/{record}/body").body
    done = verify(tmp_path, proof, body=body)
    assert done.returncode == 0, done.stdout + done.stderr
    assert verify(tmp_path, proof, body=body + b" ").returncode == 5


TAMPER = {
    "external id": lambda p: p["record"].update(external_id="other"),
    "time": lambda p: p["record"].update(received_at="2020-01-01T00:00:00.000000Z"),
    "digest": lambda p: p["record"].update(body_sha256="0" * 64),
    "salt": lambda p: p["record"].update(salt="0" * 32),
    "leaf text": lambda p: p.update(leaf_text=p["leaf_text"].replace("invoice", "invoicf")),
    "leaf hash": lambda p: p.update(leaf_hash="0" * 64),
    "index": lambda p: p.update(index=p["index"] + 1),
    "tree size": lambda p: p.update(tree_size=p["tree_size"] + 1),
    "path": lambda p: p["inclusion_proof"].__setitem__(0, base64.b64encode(b"\0" * 32).decode()),
    "short path": lambda p: p["inclusion_proof"].pop(),
    "long path": lambda p: p["inclusion_proof"].append(base64.b64encode(b"\0" * 32).decode()),
    "checkpoint": lambda p: p.update(checkpoint=p["checkpoint"].replace("\n", "\nx", 1)),
    "block": lambda p: p["block"].update(note=p["block"]["note"].replace("height ", "height 1")),
    "block hash": lambda p: p["block"].update(hash="0" * 64),
    "no block": lambda p: p.pop("block"),
    "no checkpoint": lambda p: p.pop("checkpoint"),
}


@pytest.mark.parametrize("what", TAMPER)
def test_tampered_proof_exits_5(filled, tmp_path, what):
    proof = copy.deepcopy(proof_of(filled.client, filled.ids[42]))
    key = proof["vkey"]
    TAMPER[what](proof)
    done = verify(tmp_path, proof, key)
    assert done.returncode == 5, done.stdout + done.stderr
    with pytest.raises(Exception):
        merkle.verify_proof(proof, key)


def test_key_of_another_chain_exits_5(filled, chain, tmp_path):
    record = chain.erp.client.post("/v1/invoices", chain.invoice()).json()
    other = proof_of(chain.erp.client, record["id"])["vkey"]
    assert verify(tmp_path, proof_of(filled.client, filled.ids[0]), other).returncode == 5


def test_verify_needs_no_server(filled, tmp_path, monkeypatch):
    proof = proof_of(filled.client, filled.ids[1])
    monkeypatch.setenv("SCFD_DATABASE_URL", "host=/nonexistent")
    assert verify(tmp_path, proof).returncode == 0


def all_leaves(filled):
    """Leaf hashes as the records show them; the proofs above tie them to the leaf texts."""
    return [
        bytes.fromhex(filled.client.get(f"/v1/records/{record}").json()["chain"]["leaf_hash"])
        for record in filled.ids
    ]


def checkpoint_of(filled):
    answer = filled.client.get(chain_path(filled) + "/checkpoint")
    assert answer.status == 200, answer
    vkey = proof_of(filled.client, filled.ids[0])["vkey"]
    origin, size, root = merkle.verify_note(answer.body.decode(), vkey).lines()
    return origin, int(size), base64.b64decode(root)


def test_tiles_rebuild_the_tree(filled):
    leaves = all_leaves(filled)
    _, size, root = checkpoint_of(filled)
    assert size == len(leaves) == 600
    assert merkle.root_of(leaves) == root
    level0 = []
    for index, width in ((0, 256), (1, 256), (2, 88)):
        answer = filled.client.get(f"{chain_path(filled)}/{merkle.tile_path(0, index, width)}")
        assert answer.status == 200, answer
        level0 += merkle.tile_hashes(answer.body)
    assert level0 == leaves
    answer = filled.client.get(f"{chain_path(filled)}/{merkle.tile_path(1, 0, 2)}")
    assert merkle.tile_hashes(answer.body) == [
        merkle.root_of(leaves[:256]),
        merkle.root_of(leaves[256:512]),
    ]
    beyond = filled.client.get(f"{chain_path(filled)}/{merkle.tile_path(0, 3, 256)}")
    assert beyond.status == 404


def test_blocks_are_a_hash_chain(filled):
    blocks, query = [], {}
    while True:
        page = filled.client.get(chain_path(filled) + "/blocks", limit=100, **query).json()
        blocks += page["data"]
        if not page["has_more"]:
            break
        query = {"after": page["next_cursor"]}
    leaves = all_leaves(filled)
    vkey = proof_of(filled.client, filled.ids[0])["vkey"]
    previous, size = b"\0" * 32, 0
    assert len(blocks) >= 4
    for height, listed in enumerate(blocks):
        block = filled.client.get(f"{chain_path(filled)}/blocks/{height}").json()
        text = merkle.verify_note(block["note"], vkey).text
        header = merkle.parse_lines(
            text, "scfd-block/v1", ["chain", "height", "size", "root", "prev", "time"]
        )
        assert int(header["height"]) == height == listed["height"]
        assert base64.b64decode(header["prev"]) == previous
        assert int(header["size"]) > size
        size = int(header["size"])
        assert base64.b64decode(header["root"]) == merkle.root_of(leaves[:size])
        previous = hashlib.sha256(text.encode()).digest()
    assert size == len(leaves)


@pytest.mark.parametrize("first", [1, 2, 3, 255, 256, 257, 258, 599, 600])
def test_consistency(filled, first):
    leaves = all_leaves(filled)
    answer = filled.client.get(chain_path(filled) + "/consistency", **{"from": first, "to": 600})
    assert answer.status == 200, answer
    path = [base64.b64decode(h) for h in answer.json()["proof"]]
    assert merkle.check_consistency(
        first, 600, merkle.root_of(leaves[:first]), merkle.root_of(leaves), path
    )


@pytest.mark.parametrize(
    "query", ["from=0&to=601", "from=5&to=4", "from=x&to=1", "to=600", "from=-1&to=2"]
)
def test_impossible_consistency_is_refused(filled, query):
    assert filled.client.get(f"{chain_path(filled)}/consistency?{query}").status in (400, 404)


def test_lookup_by_digest_leads_to_the_proof(filled):
    body = filled.client.get(f"/v1/records/{filled.ids[7]}/body").body
    found = filled.client.get("/v1/records", sha256=hashlib.sha256(body).hexdigest()).json()["data"]
    assert [r["id"] for r in found] == [filled.ids[7]]


def test_checkpoints_only_grow(filled, chain):
    before = checkpoint_of(filled)
    extra = filled.client.post("/v1/invoices", chain.invoice()).json()["id"]
    proof_of(filled.client, extra)
    after = checkpoint_of(filled)
    assert after[0] == before[0] and after[1] == before[1] + 1 == 601
    filled.ids.append(extra)


# ---- audit ----


@pytest.fixture(scope="module")
def audited():
    with Server() as own:
        chain = Chain(own.client())
        lines = chain.erp.client.bulk("invoices", [chain.invoice() for _ in range(300)]).lines()
        own.ids = [line["id"] for line in lines[:-1]]
        own.chain = chain
        proof_of(chain.erp.client, own.ids[-1])
        yield own


def audit(server):
    return scfd("audit", "--data", server.data, "--database-url", server.cluster_url())


def test_audit_of_an_untouched_database(audited):
    done = audit(audited)
    assert done.returncode == 0, done.stdout + done.stderr


ALTERATIONS = {
    "a byte of a body": "body = set_byte(body, 20, get_byte(body, 20) # 1)",
    "a leaf hash": "leaf_hash = set_byte(leaf_hash, 0, get_byte(leaf_hash, 0) # 1)",
    "a salt": "salt = set_byte(salt, 0, get_byte(salt, 0) # 1)",
    "a digest": "body_sha256 = set_byte(body_sha256, 5, get_byte(body_sha256, 5) # 1)",
    "an external id": "external_id = external_id || 'x'",
    "a time": "received_at = received_at + interval '1 microsecond'",
}


BIGGEST = (
    "chain_id = (SELECT chain_id FROM scfd.record GROUP BY chain_id"
    " ORDER BY count(*) DESC LIMIT 1)"
)


@contextmanager
def altered(server, table, change, where):
    """Changes rows of scfd.<table> behind the server's back (`change` None: deletes them) and puts
    them back afterwards."""
    server.psql(f"CREATE TABLE public.kept AS SELECT * FROM scfd.{table} WHERE {where}")
    try:
        server.psql(
            f"UPDATE scfd.{table} SET {change} WHERE {where}"
            if change
            else f"DELETE FROM scfd.{table} WHERE {where}"
        )
        yield
    finally:
        key = {
            "record": "(chain_id, leaf_index)",
            "tile": "(chain_id, level, n)",
            "block": "(chain_id, height)",
        }[table]
        server.psql(
            f"DELETE FROM scfd.{table} WHERE {key} IN (SELECT {key[1:-1]} FROM public.kept)"
        )
        server.psql(f"INSERT INTO scfd.{table} SELECT * FROM public.kept")
        server.psql("DROP TABLE public.kept")


@pytest.mark.parametrize("what", ALTERATIONS)
def test_audit_names_the_altered_record(audited, what):
    with altered(audited, "record", ALTERATIONS[what], f"leaf_index = 137 AND {BIGGEST}"):
        done = audit(audited)
    assert done.returncode == 5, done.stdout + done.stderr
    assert audited.ids[137] in done.stdout + done.stderr
    assert audit(audited).returncode == 0


@pytest.mark.parametrize(
    "table, change",
    [
        ("tile", "hashes = set_byte(hashes, 20, get_byte(hashes, 20) # 1)"),
        ("block", "root = set_byte(root, 0, get_byte(root, 0) # 1)"),
        ("block", "prev_hash = set_byte(prev_hash, 0, get_byte(prev_hash, 0) # 1)"),
        ("block", "block_note = replace(block_note, 'height', 'hieght')"),
        ("block", "checkpoint_note = replace(checkpoint_note, '— ', '— x')"),
    ],
)
def test_audit_finds_altered_tiles_and_blocks(audited, table, change):
    with altered(audited, table, change, BIGGEST):
        done = audit(audited)
    assert done.returncode == 5, done.stdout + done.stderr
    assert audit(audited).returncode == 0


def test_audit_finds_a_removed_record(audited):
    with altered(audited, "record", None, f"leaf_index = 299 AND {BIGGEST}"):
        assert audit(audited).returncode == 5
    assert audit(audited).returncode == 0
