"""Chains, blocks, tiles, proofs: everything recomputed here with hashlib and an independent
implementation of RFC 6962 and C2SP; and what `scfd verify` and `scfd audit` say."""
import base64
import copy
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import bodies, merkle
from harness.parties import Chain, make_node
from harness.server import ROOT, START_TIMEOUT_S, Server, keeps_within, scfd, wait_until


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
    def prove():
        record = chain.erp.client.post("/v1/invoices", chain.invoice()).json()
        began = time.monotonic()
        proof = proof_of(chain.erp.client, record["id"])
        took = time.monotonic() - began
        body = chain.erp.client.get(f"/v1/records/{record['id']}/body").body
        merkle.verify_proof(proof, body=body)
        assert proof["leaf_hash"] == record["chain"]["leaf_hash"]
        assert proof["index"] == record["chain"]["index"]
        return took
    assert keeps_within(2.0, 3, prove)


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


def forge_erased(proof):
    """Keeps the leaf hash and tells another story about it."""
    for member in ("body_sha256", "salt"):
        proof["record"].pop(member)
    proof["record"].update(erased=True, external_id="WHATEVER-1")
    proof["leaf_text"] = None
    return json.dumps(proof)


HOSTILE = {
    "erased": forge_erased,
    "another format": lambda p: json.dumps({**p, "format": "scfd-proof/v2"}),
    "a receipt": lambda p: '{"format":"scfd-receipt/v2"}',
    "a receipt inside": lambda p: json.dumps({**p, "x": "scfd-receipt/v2", "index": 0}),
    "index beyond int64": lambda p: re.sub(
        r'"index": \d+', '"index": 9223372036854775808', json.dumps(p)
    ),
    "size beyond int64": lambda p: re.sub(
        r'"tree_size": \d+', '"tree_size": 18446744073709551617', json.dumps(p)
    ),
    "a negative index": lambda p: json.dumps({**p, "index": -1}),
    "a fraction": lambda p: json.dumps({**p, "index": 42.5}),
    "an index in words": lambda p: json.dumps({**p, "index": "forty-two"}),
    "a member twice": lambda p: json.dumps(p)[:-1] + ',"index":' + str(p["index"]) + "}",
    "text behind": lambda p: json.dumps(p) + "x",
    "cut in the middle": lambda p: json.dumps(p)[: len(json.dumps(p)) // 2],
    "cut at the end": lambda p: json.dumps(p)[:-1],
    "empty": lambda p: "",
    "a NUL": lambda p: json.dumps(p) + "\0",
    "deep": lambda p: "[" * 100000 + "]" * 100000,
    "a long path": lambda p: json.dumps({**p, "inclusion_proof": p["inclusion_proof"] * 20}),
    "an endless path": lambda p: json.dumps({**p, "inclusion_proof": [p["leaf_hash"]] * 15000}),
    "a path of numbers": lambda p: json.dumps({**p, "inclusion_proof": [1, 2, 3]}),
    "no path": lambda p: json.dumps({**p, "inclusion_proof": None}),
    "a large document": lambda p: json.dumps({**p, "x": "x" * (2 << 20)}),
    "objects for texts": lambda p: json.dumps({**p, "checkpoint": {}, "record": []}),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_proof_exits_5(filled, tmp_path, what):
    proof = copy.deepcopy(proof_of(filled.client, filled.ids[42]))
    key = proof["vkey"]
    file = tmp_path / "proof.json"
    file.write_text(HOSTILE[what](proof), encoding="utf-8")
    done = scfd("verify", file, "--key", key)
    assert done.returncode == 5, done.stdout + done.stderr
    assert "FAILED" in done.stdout


def test_keys_that_are_none(filled, tmp_path):
    proof = proof_of(filled.client, filled.ids[1])
    name, key_id, key = proof["vkey"].split("+", 2)
    for bad in (f"{name}+{key_id}", f"{name}+00000000+{key}", f"x{name}+{key_id}+{key}", "+", "++"):
        assert verify(tmp_path, proof, bad).returncode == 5, bad


def test_what_scfd_verify_cannot_read_is_no_verdict(filled, tmp_path):
    proof = proof_of(filled.client, filled.ids[1])
    missing = tmp_path / "missing"
    assert verify(tmp_path, proof).returncode == 0
    for arguments, code in (
        (["verify", missing, "--key", proof["vkey"]], 1),
        (["verify", tmp_path / "proof.json", "--key", missing], 1),
        (["verify", tmp_path / "proof.json", "--key", proof["vkey"], "--body", missing], 1),
        (["verify", tmp_path, "--key", proof["vkey"]], 1),
        (["verify", tmp_path / "proof.json"], 2),
        (["verify", tmp_path / "proof.json", "--body", missing], 2),
        (["verify"], 2),
    ):
        done = scfd(*arguments)
        assert done.returncode == code, (arguments, done.stdout + done.stderr)
        assert done.stderr
    (tmp_path / "key").write_text(proof["vkey"] + "\n")
    assert verify(tmp_path, proof, tmp_path / "key").returncode == 0


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


def test_consistency_between_all_sizes(filled):
    """Every size with the whole, and all pairs of the first forty, against hashlib alone."""
    leaves = all_leaves(filled)
    roots = {size: merkle.root_of(leaves[:size]) for size in range(1, 601)}
    pairs = [(size, 600) for size in range(1, 601)]
    pairs += [(old, new) for new in range(1, 41) for old in range(1, new + 1)]
    for old, new in pairs:
        answer = filled.client.get(chain_path(filled) + "/consistency", **{"from": old, "to": new})
        told = answer.json()
        assert base64.b64decode(told["from_root"]) == roots[old], (old, new)
        assert base64.b64decode(told["to_root"]) == roots[new], (old, new)
        path = [base64.b64decode(h) for h in told["proof"]]
        assert merkle.check_consistency(old, new, roots[old], roots[new], path), (old, new)


def test_every_record_is_provable(filled):
    for index, record in enumerate(filled.ids[:600]):
        proof = proof_of(filled.client, record)
        assert proof["index"] == index
        merkle.verify_proof(proof)


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


# ---- the key ----


def test_no_start_with_another_key_than_the_blocks():
    """Blocks of two keys would be two logs. With the right key everything goes on."""
    with Server() as own:
        node, chain = make_node(own.client(), "erp"), Chain(own.client())
        sent = node.client.post("/v1/invoices", chain.invoice()).json()
        before = proof_of(node.client, sent["id"])
        own.stop()
        key = own.data / "log.key"
        right = key.read_bytes()
        key.unlink()  # a start without one makes another
        for _ in range(2):
            own.start(ready=False)
            assert own.process.wait(START_TIMEOUT_S) == 3, own.log_tail()
            assert "The signing key is not the one that signed this database's blocks" in (
                own.log_tail()
            )
            wait_until(lambda: not own.cluster_pids(), 60, "no process of the cluster is left")
        assert key.read_bytes() != right
        key.write_bytes(right)
        own.start()
        assert proof_of(own.client(node.key), sent["id"])["leaf_hash"] == before["leaf_hash"]


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


def audit(server, *more):
    return scfd("audit", "--data", server.data, "--database-url", server.cluster_url(), *more)


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


def test_audit_as_json_names_the_first_fault(audited):
    assert json.loads(audit(audited, "--json").stdout)["first_fault"] is None
    with altered(audited, "record", ALTERATIONS["a salt"], f"leaf_index = 137 AND {BIGGEST}"):
        done = audit(audited, "--json")
    result = json.loads(done.stdout)
    assert done.returncode == 5
    assert result["faults"] == 1
    assert audited.ids[137] in result["first_fault"]
    assert "leaf 137" in result["first_fault"]


def test_commands_work_beside_the_server_that_runs_the_cluster(audited):
    for command in (("audit",), ("migrate", "--check"), ("migrate", "--plan")):
        done = scfd(*command, "--data", audited.data)
        assert done.returncode == 0, done.stdout + done.stderr
    assert audited.client().get("/readyz").status == 200


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


def test_audit_takes_the_origin_from_the_database(audited):
    """What the configuration says now changes nothing of what was signed."""
    assert audit(audited, "--origin", "elsewhere.example/log").returncode == 0


def test_audit_with_a_key_from_elsewhere(audited, tmp_path):
    vkey = proof_of(audited.chain.erp.client, audited.ids[0])["vkey"]
    bare = ("audit", "--data", tmp_path, "--database-url", audited.cluster_url())
    done = scfd(*bare)
    assert done.returncode == 0 and "signatures are not checked" in done.stderr
    done = scfd(*bare, "--key", vkey)
    assert done.returncode == 0 and "not checked" not in done.stderr, done.stderr
    name, _, key = vkey.split("+", 2)
    raw = bytearray(base64.b64decode(key))
    raw[9] ^= 1
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex()
    other = f"{name}+{key_id}+{base64.b64encode(raw).decode()}"
    done = scfd(*bare, "--key", other)
    assert done.returncode == 5 and "not signed by this key" in done.stderr
    assert scfd(*bare, "--key", "nonsense+").returncode == 2


@pytest.fixture
def elsewhere():
    """A directory with the .scfd of another installation in it."""
    path = Path(tempfile.mkdtemp(prefix="scfd-test-"))
    path.chmod(0o755)  # the cluster's account must be able to pass through
    (path / ".scfd").mkdir()
    with Server(data_dir=path / ".scfd"):
        pass
    yield path
    shutil.rmtree(path)


def test_audit_takes_no_key_from_a_directory_that_nobody_named(audited, elsewhere):
    assert (elsewhere / ".scfd" / "log.key").exists()
    bare = ("audit", "--database-url", audited.cluster_url())
    done = scfd(*bare, cwd=elsewhere)
    assert done.returncode == 0 and "nothing was altered" in done.stdout, done.stdout + done.stderr
    assert "signatures are not checked" in done.stderr and "--key" in done.stderr
    done = scfd(*bare, "--data", ".scfd", cwd=elsewhere)
    assert done.returncode == 5 and "not signed by this key" in done.stderr
    done = scfd(*bare, cwd=elsewhere, env={"SCFD_SIGNING_KEY_FILE": str(audited.data / "log.key")})
    assert done.returncode == 0 and "not checked" not in done.stderr
    done = scfd("audit", cwd=elsewhere)
    assert done.returncode == 0 and "not checked" not in done.stderr, done.stderr


def test_audit_against_a_kept_checkpoint(audited, tmp_path):
    file = tmp_path / "kept.txt"
    client = audited.chain.erp.client
    file.write_bytes(client.get(chain_path(audited.chain.erp) + "/checkpoint").body)
    done = audit(audited, "--checkpoint", file)
    assert done.returncode == 0 and "1 kept checkpoints" in done.stdout, done.stdout + done.stderr
    (tmp_path / "none.txt").write_text("nonsense")
    done = audit(audited, "--checkpoint", file, "--checkpoint", tmp_path / "none.txt")
    assert done.returncode not in (0, 5) and "none.txt" in done.stderr
    assert audit(audited, "--checkpoint", tmp_path / "missing").returncode == 2


def test_audit_says_plain_lines_off_a_terminal(audited):
    lines = audit(audited).stderr.splitlines()
    assert lines and all(line.startswith("audit: ") and "\r" not in line for line in lines)
    assert "(100.0%)" in lines[-1]


@pytest.fixture(scope="module")
def every_kind(audited):
    """A node that sent one record of each kind, naming things by id and by number, from a time zone
    that it has left since."""
    chain, admin = audited.chain, audited.client()
    node = make_node(admin, "erp", timezone="-05:00")
    send = node.client.post
    by_code = [{"uscc": p["uscc"], "name": p["name"]} for p in (chain.seller, chain.buyer)]
    contract = bodies.contract(*by_code)
    answers = [
        send("/v1/contracts", chain.contract()),
        send("/v1/contracts", contract),
        send("/v1/enterprises", bodies.enterprise()),
        send("/v1/invoices", chain.invoice(contract_no=contract["contract_no"])),
    ]
    by_id = answers[0].json()["id"]
    by_number = chain.event(by_id, contract_no="HT-1", seller_uscc=chain.seller["uscc"])
    by_number.pop("contract_id")
    answers += [
        send("/v1/workflow-events", chain.event(by_id)),
        send("/v1/workflow-events", by_number),
        send("/v1/invoices", chain.invoice(contract_ids=[by_id])),
        send("/v1/guarantees", chain.guarantee(by_id)),
    ]
    for answer in answers:
        assert answer.status == 201, answer
    tag = admin.get(f"/v1/nodes/{node.id}").headers["ETag"]
    moved = admin.patch(f"/v1/nodes/{node.id}", {"timezone": "+09:00"}, {"If-Match": tag})
    assert moved.status == 200, moved
    proof_of(node.client, answers[-1].json()["id"])
    return [answer.json()["external_id"] for answer in answers]


def test_deep_audit_of_every_kind(audited, every_kind):
    done = audit(audited, "--deep")
    assert done.returncode == 0, done.stdout + done.stderr
    for record in every_kind:
        where = f"external_id = '{record}'"
        for change in ("checks_passed = 99", "enterprise_id = gen_random_uuid()"):
            with altered(audited, "record", change, where):
                done = audit(audited, "--deep")
            column = change.split()[0]
            assert done.returncode == 5, (record, change, done.stdout + done.stderr)
            assert f"its column {column} does not" in done.stderr, (record, done.stderr)


DERIVED = {
    "amount": "amount = amount + 1",
    "currency": "currency = 'USD'",
    "happened_at": "happened_at = happened_at - interval '90 days'",
    "enterprise_id": "enterprise_id = counterparty_id",
    "counterparty_id": "counterparty_id = enterprise_id",
    "business_key": "business_key = gen_random_uuid()",
    "contract_key": "contract_key = gen_random_uuid()",
    "revises_id": "revises_id = id",
    "template_id": "template_id = NULL",
    "weight_expected": "weight_expected = weight_expected + 1",
    "weight_present": "weight_present = weight_present + 1",
    "range_ok": "range_ok = NOT range_ok",
    "checks_applicable": "checks_applicable = checks_applicable + 1",
    "checks_passed": "checks_passed = checks_passed + 1",
    "measures": "measures = measures || '\\x00'",
}


@pytest.mark.parametrize("column", DERIVED)
def test_deep_audit_names_the_column(audited, column):
    with altered(audited, "record", DERIVED[column], f"leaf_index = 137 AND {BIGGEST}"):
        assert audit(audited).returncode == 0
        done = audit(audited, "--deep")
    assert done.returncode == 5, done.stdout + done.stderr
    assert f"record {audited.ids[137]}: its column {column} does not" in done.stderr


# ---- the yardstick ----


def merkle_vectors():
    root = Path(os.environ.get("SCFD_SHARED_DATA", ROOT.parent / "shared/data"))
    return sorted((root / "vectors/merkle").rglob("*.json"))


@pytest.mark.skipif(not merkle_vectors(), reason="the published vectors are not there")
@pytest.mark.parametrize("file", merkle_vectors(), ids=lambda f: "/".join(f.parts[-3:]))
def test_yardstick_against_published_vectors(file):
    """What judges the server here is judged by the vectors of transparency-dev/merkle."""
    v = json.loads(file.read_text())
    proof = [base64.b64decode(h) for h in v["proof"] or []]
    if "leafIdx" in v:
        leaf, root = base64.b64decode(v["leafHash"]), base64.b64decode(v["root"])
        try:
            good = merkle.root_from_inclusion(leaf, v["leafIdx"], v["treeSize"], proof) == root
        except AssertionError:
            good = False
    else:
        roots = base64.b64decode(v["root1"]), base64.b64decode(v["root2"])
        good = merkle.check_consistency(v["size1"], v["size2"], *roots, proof)
    assert good == (not v["wantErr"])
