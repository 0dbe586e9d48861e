"""Chains of SM3 and SM2 beside those of SHA-256 and Ed25519: digests by Python's hashlib,
signatures by the openssl command, trees by the harness's own arithmetic."""
import base64
import hashlib
import json
import re
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import bodies, merkle
from harness.parties import Chain, make_node
from harness.server import ROOT, START_TIMEOUT_S, Server, scfd, wait_until
from harness.world import World
from test_chains import chain_path, proof_of, verify

SM3, SHA = "sm3-sm2", "sha256-ed25519"


def sm3(data):
    return hashlib.new("sm3", data).hexdigest()


@pytest.fixture(scope="module")
def mixed():
    """A supply chain in which the seller's system and the lender have chains of SM3, all others of
    SHA-256; the lender's terms, decision, holds, loan and repayment are in its chain."""
    with Server() as server:
        yield World(server, {"erp": SM3, "lender": SM3})


def newest(node):
    """The newest block once it covers the whole chain."""

    def sealed():
        shown = node.client.get(chain_path(node)).json()
        return shown["sealed_size"] == shown["size"] and shown

    return wait_until(sealed, 10, "the chain is sealed")


# ---- choosing ----


def test_the_suite_is_chosen_when_a_node_is_made(server, admin):
    for asked, want in ((None, SHA), (SHA, SHA), (SM3, SM3)):
        members = {"chain_suite": asked} if asked else {}
        node = make_node(admin, "erp", **members)
        assert admin.get(f"/v1/nodes/{node.id}").json()["chain_suite"] == want
        assert node.client.get("/v1/nodes").json()["data"][0]["chain_suite"] == want
        shown = node.client.get(chain_path(node)).json()
        assert shown["suite"] == want
        assert len(merkle.parse_vkey(shown["vkey"])[2]) == (65 if want == SM3 else 32)


def test_a_suite_that_is_none_is_refused(admin):
    for wrong in ("sm2", "SM3-SM2", "", 1):
        answer = admin.post("/v1/nodes", {"name": "n", "kind": "erp", "chain_suite": wrong})
        assert answer.status == 422, answer
        assert answer.json()["errors"][0]["pointer"] == "#/chain_suite"


def test_a_suite_never_changes(admin):
    node = make_node(admin, "erp", chain_suite=SM3)
    tag = admin.get(f"/v1/nodes/{node.id}").headers["ETag"]
    answer = admin.patch(f"/v1/nodes/{node.id}", {"chain_suite": SHA}, {"If-Match": tag})
    assert answer.status == 422 and answer.json()["errors"][0]["pointer"] == "#/chain_suite"
    answer = admin.patch(f"/v1/nodes/{node.id}", {"name": "other"}, {"If-Match": tag})
    assert answer.status == 200 and answer.json()["chain_suite"] == SM3


def test_a_repeated_creation_shows_the_same_suite(admin):
    key, body = {"Idempotency-Key": bodies.unique("key")}, {"name": "n", "kind": "erp"}
    first = admin.post("/v1/nodes", {**body, "chain_suite": SM3}, key)
    again = admin.post("/v1/nodes", {**body, "chain_suite": SM3}, key)
    assert first.json()["id"] == again.json()["id"] and again.json()["chain_suite"] == SM3
    assert admin.post("/v1/nodes", body, key).json()["code"] == "idempotency-key-reused"


# ---- digests ----


def test_what_is_taken_in_is_told_its_sm3(mixed):
    body = json.dumps(mixed.chain.invoice(), ensure_ascii=False).encode() + b" \n"
    answer = mixed.erp.post("/v1/invoices", body)
    assert answer.status == 201, answer
    told = answer.json()
    assert told["sm3"] == sm3(body) and told["sha256"] == hashlib.sha256(body).hexdigest()
    again = mixed.erp.post("/v1/invoices", body)
    assert again.status == 200 and again.json()["sm3"] == told["sm3"]
    assert again.json()["chain"] == told["chain"]
    shown = mixed.erp.get(f"/v1/records/{told['id']}").json()
    assert (shown["sm3"], shown["sha256"]) == (told["sm3"], told["sha256"])
    found = mixed.erp.get("/v1/records", sha256=told["sha256"]).json()["data"]
    assert [r["id"] for r in found] == [told["id"]] and found[0]["sm3"] == told["sm3"]
    assert mixed.erp.get(f"/v1/invoices/{told['id']}").json()["sm3"] == told["sm3"]


def test_a_chain_of_sha256_tells_no_sm3(mixed):
    told = mixed.debtor.post("/v1/invoices", mixed.chain.invoice()).json()
    assert "sm3" not in told
    assert "sm3" not in mixed.debtor.get(f"/v1/records/{told['id']}").json()


def test_digests_of_any_record_on_demand(mixed):
    told = mixed.debtor.post("/v1/invoices", mixed.chain.invoice()).json()
    for client, record_id in (
        (mixed.erp, mixed.invoice_id), (mixed.lender, mixed.loan_id),
        (mixed.lender, mixed.assessment["id"]), (mixed.debtor, told["id"]),
    ):
        body = client.get(f"/v1/records/{record_id}/body").body
        answer = client.get(f"/v1/records/{record_id}/digests")
        assert answer.json() == {
            "id": record_id, "sha256": hashlib.sha256(body).hexdigest(), "sm3": sm3(body),
            "bytes": len(body),
        }
    stranger = make_node(mixed.admin, "erp").client
    for path in (f"/v1/records/{told['id']}/digests", "/v1/records/nonsense/digests"):
        assert stranger.get(path).status == 404


# ---- proofs ----


def ids_by_chain(mixed):
    seller = [mixed.contract_id, mixed.invoice_id, mixed.hold_invoice_id]
    lender = [mixed.decision_id, mixed.hold_id, mixed.spare_hold_id, mixed.loan_id]
    return {mixed.erp: seller, mixed.lender: lender + [mixed.terms_id, mixed.repayment_id]}


def test_every_record_of_both_chains_is_proven(mixed):
    for client, ids in ids_by_chain(mixed).items():
        for record_id in ids:
            proof = proof_of(client, record_id)
            assert proof["suite"] == SM3 and "body_sha256" not in proof["record"]
            merkle.verify_proof(proof, body=client.get(f"/v1/records/{record_id}/body").body)


def test_the_others_are_proven_as_ever(mixed):
    sent = mixed.debtor.post("/v1/invoices", mixed.chain.invoice()).json()
    for client, record_id in ((mixed.debtor, sent["id"]), (mixed.admin, mixed.assessment["id"])):
        proof = proof_of(client, record_id)
        assert "suite" not in proof
        merkle.verify_proof(proof, body=client.get(f"/v1/records/{record_id}/body").body)


def manual(heading):
    """The commands of docs/evidence.md below a heading."""
    text = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
    part = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", part, re.M | re.S)
    return "set -eu\n" + "".join(re.sub(r"^ {1,3}", "", b, flags=re.M) for b in blocks)


def test_the_commands_of_the_manual_take_real_proofs(mixed, tmp_path):
    for client, record_id, heading in (
        (mixed.erp, mixed.contract_id, "Without scfd: SM3 and SM2"),
        (mixed.lender, mixed.loan_id, "Without scfd: SM3 and SM2"),
        (mixed.admin, mixed.assessment["id"], "Without scfd"),
    ):
        proof_of(client, record_id)  # sealed, also when this test runs alone
        proof = client.get(f"/v1/records/{record_id}/proof")
        (tmp_path / "proof.json").write_bytes(proof.body)
        body = client.get(f"/v1/records/{record_id}/body").body
        (tmp_path / "body.json").write_bytes(body)
        (tmp_path / "check.sh").write_text(manual(heading), encoding="utf-8")

        def run():
            return subprocess.run(
                ["sh", "check.sh"], cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "VKEY": vkey},
                capture_output=True, text=True, check=False, timeout=60,
            )

        vkey = proof.json()["vkey"]
        done = run()
        assert done.returncode == 0, done.stdout + done.stderr
        (tmp_path / "body.json").write_bytes(body + b" ")
        assert run().returncode != 0


def test_scfd_verify(mixed, tmp_path):
    proof = proof_of(mixed.erp, mixed.contract_id)
    body = mixed.erp.get(f"/v1/records/{mixed.contract_id}/body").body
    done = verify(tmp_path, proof, body=body)
    assert done.returncode == 0, done.stdout
    assert "an SM2 key" in done.stdout and "has the SM3 in the leaf" in done.stdout
    assert verify(tmp_path, proof, body=body + b" ").returncode == 5


@pytest.mark.parametrize(
    "what",
    ["digest", "leaf", "path", "checkpoint", "block", "suite", "no suite", "key", "signature"],
)
def test_an_altered_proof_exits_5(mixed, tmp_path, what):
    proof = proof_of(mixed.erp, mixed.contract_id)
    key = proof["vkey"]
    flip = {"0": "1"}
    if what == "digest":
        digest = proof["record"]["body_sm3"]
        proof["record"]["body_sm3"] = flip.get(digest[0], "0") + digest[1:]
    elif what == "leaf":
        proof["leaf_hash"] = flip.get(proof["leaf_hash"][0], "0") + proof["leaf_hash"][1:]
    elif what == "path":
        proof["inclusion_proof"] = proof["inclusion_proof"][1:]
    elif what == "checkpoint":
        proof["checkpoint"] = proof["checkpoint"].replace("\n", "\n\n", 1)
    elif what == "block":
        proof["block"]["note"] = proof["block"]["note"].replace("height ", "height 1")
    elif what == "suite":
        proof["suite"] = SHA
    elif what == "no suite":
        del proof["suite"]
    elif what == "key":
        key = proof_of(mixed.admin, mixed.assessment["id"])["vkey"]
    else:
        lines = proof["checkpoint"].split("\n")
        dash, name, blob = lines[-2].split(" ")
        raw = bytearray(base64.b64decode(blob))
        raw[-1] ^= 1
        lines[-2] = f"{dash} {name} {base64.b64encode(raw).decode()}"
        proof["checkpoint"] = "\n".join(lines)
    done = verify(tmp_path, proof, key)
    assert done.returncode == 5 and "FAILED" in done.stdout


# ---- trees ----


def test_tiles_blocks_and_consistency_of_a_chain_of_sm3(mixed):
    node = mixed.chain.erp
    shown, path = newest(node), chain_path(node)
    size = shown["sealed_size"]
    assert 1 < size < 256
    answer = mixed.erp.get(f"{path}/{merkle.tile_path(0, 0, size)}")
    leaves = merkle.tile_hashes(answer.body)
    root = merkle.root_of(leaves, "sm3")
    assert base64.b64encode(root).decode() == shown["root"]
    note = mixed.erp.get(f"{path}/checkpoint").body.decode()
    assert merkle.verify_note(note, shown["vkey"]).lines()[1:] == [str(size), shown["root"]]

    previous, sizes = bytes(32), []
    for block in mixed.erp.get(f"{path}/blocks", order="asc").json()["data"]:
        full = mixed.erp.get(f"{path}/blocks/{block['height']}").json()
        header = merkle.verify_note(full["note"], shown["vkey"]).text
        names = ["chain", "height", "size", "root", "prev", "time"]
        values = merkle.parse_lines(header, "scfd-block/v1", names)
        assert base64.b64decode(values["prev"]) == previous
        previous = bytes.fromhex(sm3(header.encode()))
        assert block["hash"] == previous.hex()
        want = merkle.root_of(leaves[: block["size"]], "sm3")
        assert base64.b64decode(values["root"]) == want
        sizes.append(block["size"])
    assert sizes[-1] == size
    for old in range(1, size + 1):
        told = mixed.erp.get(f"{path}/consistency", **{"from": old, "to": size}).json()
        hashes = [base64.b64decode(h) for h in told["proof"]]
        before = merkle.root_of(leaves[:old], "sm3")
        assert base64.b64decode(told["from_root"]) == before
        assert merkle.check_consistency(old, size, before, root, hashes, "sm3")


# ---- intake ----


def test_bulk(mixed):
    lines = [mixed.chain.invoice() for _ in range(300)]  # more than a tile
    node = make_node(mixed.admin, "erp", chain_suite=SM3)
    told = node.client.bulk("invoices", lines).lines()
    assert told[-1]["summary"]["accepted"] == 300
    for item, body in zip(told, lines):
        assert item["sm3"] == sm3(node.client.get(f"/v1/records/{item['id']}/body").body)
    again = node.client.bulk("invoices", lines).lines()
    assert [(r["id"], r["status"], r["sm3"]) for r in again[:-1]] == [
        (r["id"], 200, r["sm3"]) for r in told[:-1]
    ]
    for index in (0, 255, 256, 299):
        proof = proof_of(node.client, told[index]["id"])
        assert proof["index"] == index
        merkle.verify_proof(proof)


def test_a_resend_and_an_idempotency_key(mixed):
    node = make_node(mixed.admin, "erp", chain_suite=SM3)
    body, key = mixed.chain.invoice(), {"Idempotency-Key": bodies.unique("key")}
    first = node.client.post("/v1/invoices", body, key)
    again = node.client.post("/v1/invoices", body, key)
    plain = node.client.post("/v1/invoices", body)
    assert (first.status, again.status, plain.status) == (201, 201, 200)
    assert first.json()["chain"] == again.json()["chain"] == plain.json()["chain"]
    other = node.client.post(
        "/v1/invoices", mixed.chain.invoice(external_id=body["external_id"])
    )
    assert other.status == 409 and other.json()["existing_id"] == first.json()["id"]
    proof = proof_of(node.client, first.json()["id"])
    assert proof["leaf_hash"] == first.json()["chain"]["leaf_hash"]
    merkle.verify_proof(proof)


def test_ten_writers_at_once(mixed):
    node = make_node(mixed.admin, "erp", chain_suite=SM3)

    def write(_):
        client = node.client.copy()
        return [client.post("/v1/invoices", mixed.chain.invoice()).json() for _ in range(12)]

    with ThreadPoolExecutor(10) as pool:
        told = [item for part in pool.map(write, range(10)) for item in part]
    chains = sorted((item["chain"]["index"], item["chain"]["leaf_hash"]) for item in told)
    assert [index for index, _ in chains] == list(range(120))
    shown = newest(node)
    leaves = [bytes.fromhex(leaf) for _, leaf in chains]
    assert base64.b64encode(merkle.root_of(leaves, "sm3")).decode() == shown["root"]
    for item in told[::17]:
        merkle.verify_proof(proof_of(node.client, item["id"]))


# ---- limits ----


def test_a_receipt_quotes_roots_of_both_suites_and_is_replayed(mixed, tmp_path):
    node = mixed.chain.erp
    newest(node)
    shown = mixed.assess()
    receipt = mixed.admin.get(f"/v1/credit-assessments/{shown['id']}/receipt")
    (tmp_path / "receipt.json").write_bytes(receipt.body)
    done = scfd("verify", tmp_path / "receipt.json")
    assert done.returncode == 0, done.stdout
    quoted = {c["id"]: c for c in receipt.json()["inputs"]["chains"]}
    own = quoted["chain_" + node.id.split("_")[1]]
    answer = mixed.erp.get(f"{chain_path(node)}/{merkle.tile_path(0, 0, own['sealed_size'])}")
    root = merkle.root_of(merkle.tile_hashes(answer.body), "sm3")
    assert base64.b64decode(own["sealed_root"]) == root
    replayed = mixed.admin.post(
        f"/v1/credit-assessments/{shown['id']}/replay", None, {"Prefer": "wait=50"}
    ).json()
    assert replayed["matches"] is True, replayed


def test_a_replay_names_a_record_of_sm3_that_was_tampered_with(mixed):
    shown = mixed.assess()
    newest(mixed.chain.erp)
    where = "external_id = '{}'".format(
        mixed.erp.get(f"/v1/records/{mixed.contract_id}").json()["external_id"]
    )

    def replay():
        return mixed.admin.post(
            f"/v1/credit-assessments/{shown['id']}/replay", None, {"Prefer": "wait=50"}
        ).json()

    flip = "UPDATE scfd.record SET body_sm3 = set_byte(body_sm3, 0, get_byte(body_sm3, 0) # 1)"
    mixed.server.psql(f"{flip} WHERE {where}")
    try:
        told = replay()
        assert told["matches"] is False
        assert mixed.contract_id in json.dumps(told["faults"])
    finally:
        mixed.server.psql(f"{flip} WHERE {where}")
    assert replay()["matches"] is True


# ---- audit ----


def audit(mixed, *more):
    return scfd("audit", "--data", mixed.server.data, *more)


def test_the_audit_of_both_suites(mixed):
    newest(mixed.chain.erp)
    done = audit(mixed, "--deep")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not checked" not in done.stderr


@pytest.mark.parametrize(
    "table, column, where",
    [
        ("record", "body", "leaf_index = 1"),
        ("record", "body_sm3", "leaf_index = 1"),
        ("record", "salt", "leaf_index = 1"),
        ("tile", "hashes", "level = 0"),
        ("block", "root", "height = 0"),
        ("block", "prev_hash", "height = 0"),
    ],
)
def test_the_audit_finds_what_was_altered_in_a_chain_of_sm3(mixed, table, column, where):
    newest(mixed.chain.erp)
    name = mixed.erp.get("/v1/nodes").json()["data"][0]["name"]
    of_erp = (
        f"UPDATE scfd.{table} SET {column} = set_byte({column}, 7, get_byte({column}, 7) # 1)"
        f" WHERE {where} AND chain_id = (SELECT id FROM scfd.node WHERE name = '{name}')"
    )
    mixed.server.psql(of_erp)
    try:
        done = audit(mixed)
        assert done.returncode == 5, done.stdout + done.stderr
        assert mixed.chain.erp.id in done.stderr
    finally:
        mixed.server.psql(of_erp)  # a flipped bit is flipped back
    assert audit(mixed).returncode == 0


def test_the_audit_with_keys_from_elsewhere(mixed, tmp_path):
    keys = {
        suite: node.client.get(chain_path(node)).json()["vkey"]
        for suite, node in ((SM3, mixed.chain.erp), (SHA, mixed.chain.procurement))
    }
    bare = ("audit", "--data", tmp_path, "--database-url", mixed.server.cluster_url())
    both = scfd(*bare, "--key", keys[SM3], "--key", keys[SHA])
    assert both.returncode == 0 and "not checked" not in both.stderr, both.stderr
    one = scfd(*bare, "--key", keys[SM3])
    assert one.returncode == 0 and "signatures are not checked in " in one.stderr
    elsewhere = Chain(mixed.admin)  # the same installation: another chain's key is as good
    key = elsewhere.erp.client.get(chain_path(elsewhere.erp)).json()["vkey"]
    assert scfd(*bare, "--key", keys[SM3], "--key", key).returncode == 0
    name, _, raw = keys[SHA].split("+", 2)
    name = "other.example/" + name.rsplit("/", 1)[1]
    raw = base64.b64decode(raw)
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex()
    foreign = f"{name}+{key_id}+{base64.b64encode(raw).decode()}"
    assert scfd(*bare, "--key", keys[SM3], "--key", foreign).returncode == 2
    kept = tmp_path / "kept.txt"
    kept.write_bytes(mixed.erp.get(f"{chain_path(mixed.chain.erp)}/checkpoint").body)
    done = scfd(*bare, "--key", keys[SM3], "--checkpoint", kept)
    assert done.returncode == 0, done.stderr


# ---- the key ----


def test_killed_and_started_again_and_not_with_another_key():
    with Server() as own:
        chain = Chain(own.client(), {"erp": SM3})
        client = chain.erp.client
        sent = client.post("/v1/invoices", chain.invoice()).json()
        key = own.data / "log-sm2.key"
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        before = proof_of(client, sent["id"])
        own.kill()
        wait_until(lambda: not own.cluster_pids(), 30, "the cluster follows its scfd")
        own.start()
        client = own.client(chain.erp.key)
        assert proof_of(client, sent["id"]) == before
        later = client.post("/v1/invoices", chain.invoice()).json()
        merkle.verify_proof(proof_of(client, later["id"]), before["vkey"])
        own.stop()
        right = key.read_bytes()
        key.unlink()  # a start without one makes another
        own.start(ready=False)
        assert own.process.wait(START_TIMEOUT_S) == 3, own.log_tail()
        assert "The SM2 signing key is not the one that signed" in own.log_tail()
        assert key.read_bytes() != right
        key.write_bytes(right)
        own.start()
        assert proof_of(own.client(chain.erp.key), sent["id"]) == before


def test_an_instance_with_another_key_gives_no_proofs():
    """Before the first chain of SM3 nothing shows that two instances have different keys for it."""
    with Server() as first:
        url, flags = first.cluster_url(), ["--signing-key-file", first.data / "log.key"]
        with Server(database_url=url, flags=flags) as second:
            chain = Chain(first.client(), {"erp": SM3})
            sent = chain.erp.client.post("/v1/invoices", chain.invoice()).json()
            answers = [
                s.client(chain.erp.key).get(
                    f"/v1/records/{sent['id']}/proof", {"Prefer": "wait=50"}
                ) for s in (first, second)
            ]
            assert sorted(a.status for a in answers) == [200, 500]
            good = next(a for a in answers if a.status == 200)
            merkle.verify_proof(good.json())
            assert b"signed" in next(a for a in answers if a.status == 500).body
        flags += ["--sm2-key-file", first.data / "log-sm2.key"]
        if good is answers[0]:
            with Server(database_url=url, flags=flags) as second:
                shown = second.client(chain.erp.key).get(f"/v1/records/{sent['id']}/proof")
                assert shown.body == good.body
