"""Bundles of chains of SM3 and SM2, with anchors, a time stamp and cosignatures: what they say is
digested with SM3 and signed with SM2, openssl checks every step, and nothing can be altered.
Statements of anchors and cosignatures are of SHA-256 and Ed25519 as ever."""
import base64
import hashlib
import json
import random

import pytest

from harness import asice, merkle, tsa
from harness.server import Server, wait_until
from harness.tlog import text_of, verify_cosignature
from harness.witnesses import Peer, Sealed, add_witness

SM3, SHA = "sm3-sm2", "sha256-ed25519"


def fetch(client, record_id, **query):
    client = asice.Insistent(client)
    answer = client.call("GET", f"/v1/records/{record_id}/evidence",
                         headers={"Prefer": "wait=50"}, query=query or None)
    assert answer.status == 200, answer
    return answer.body


class Sample:
    """The oldest record of a chain, in a bundle with everything that there can be in one."""

    def __init__(self, chain, folder):
        self.client = chain.node.client
        self.id = self.client.get("/v1/invoices", limit=500).json()["data"][-1]["id"]
        wait_until(self.complete, 20, "two anchors and two cosignatures", 0.2)
        self.bundle = fetch(self.client, self.id)
        self.files = asice.entries(self.bundle)
        self.name = f"{self.id}.asice"
        self.path = folder / self.name
        self.path.write_bytes(self.bundle)
        self.vkey = chain.read()["vkey"]

    def complete(self):
        names = asice.entries(fetch(self.client, self.id, timestamp="none"))
        return all(f"proofs/{name}" in names for name in (
            "anchors/one/proof.tst", "anchors/two/proof.tst", "cosigned/02.sig"))


class World:
    def __init__(self, server, authority, peers, folder):
        self.server, self.authority, self.peers = server, authority, peers
        admin = server.client()
        for name in ("one", "two"):
            answer = admin.post("/v1/anchor-targets", {
                "name": name, "kind": "rfc3161", "url": authority.url, "interval_s": 1,
                "settings": {"ca_pem": authority.ca_pem}})
            assert answer.status == 201, answer
        for peer in peers:
            add_witness(server, peer.url, peer.cosigner.vkey)
        self.chain = Sealed(server, chain_suite=SM3)
        self.chain.grow(5)
        self.chain.want(2)
        self.chain.cosigned(self.chain.grow(6))
        self.other = Sealed(server)
        self.other.grow(2)
        self.sample = Sample(self.chain, folder)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    peers = [Peer(alg="sm3"), Peer(alg="sm3")]
    with tsa.Authority() as authority, Server(flags=["--witness-interval-s", "1"]) as server:
        yield World(server, authority, peers, tmp_path_factory.mktemp("suites"))
    for peer in peers:
        peer.close()


@pytest.fixture(scope="module")
def sample(world):
    return world.sample


def folded(leaf, lines, alg):
    """Where a path.txt leads."""
    for line in lines.decode().splitlines():
        side, other = line.split(" ")
        pair = (bytes.fromhex(other), leaf) if side == "left" else (leaf, bytes.fromhex(other))
        leaf = merkle.node_hash(*pair, alg)
    return base64.b64encode(leaf).decode()


def root_in(text):
    return next(line[5:] for line in text.decode().splitlines() if line.startswith("root "))


# ---- what is in it ----


def test_the_record_is_proven_with_sm3_and_sm2(sample):
    proof, body = json.loads(sample.files["proofs/proof.json"]), sample.files["evidence/body.json"]
    assert proof["suite"] == SM3
    merkle.verify_proof(proof, sample.vkey, body)
    assert sample.files["keys/log.vkey"].decode() == sample.vkey + "\n"
    leaf = sample.files["evidence/leaf.txt"]
    assert f"\nbody_sm3 {hashlib.new('sm3', body).hexdigest()}\n".encode() in leaf
    leaf = merkle.leaf_hash(leaf, "sm3")
    block = sample.files["proofs/block.txt"]
    assert folded(leaf, sample.files["proofs/path.txt"], "sm3") == root_in(block)
    note = sample.files["proofs/cosigned/checkpoint.note"].decode()
    own = merkle.verify_note(note, sample.vkey)
    assert folded(leaf, sample.files["proofs/cosigned/path.txt"], "sm3") == own.lines()[2]


def test_anchors_are_of_sha256_and_ed25519(world, sample):
    """The tick's tree holds the SM3 of the block; one key signs the statements of all chains."""
    vkey = sample.files["keys/anchors.vkey"].decode().strip()
    name, _, public = merkle.parse_vkey(vkey)
    assert name == "scfd.local/log/anchors"
    assert public == merkle.parse_vkey(world.other.read()["vkey"])[2] and len(public) == 32
    leaf = merkle.leaf_hash(sample.files["evidence/leaf.txt"], "sm3")
    for target in ("one", "two"):
        files = {name.rsplit("/", 1)[1]: content for name, content in sample.files.items()
                 if name.startswith(f"proofs/anchors/{target}/")}
        merkle.verify_note(files["statement.note"].decode(), vkey)
        merkle.verify_note(files["block.note"].decode(), sample.vkey)
        assert folded(leaf, files["leaf-path.txt"], "sm3") == root_in(files["block.txt"])
        block = merkle.leaf_hash(hashlib.new("sm3", files["block.txt"]).digest())
        assert folded(block, files["path.txt"], "sha256") == root_in(files["statement.txt"])


def test_witnesses_cosigned_the_tree(world, sample):
    note = sample.files["proofs/cosigned/checkpoint.note"].decode()
    for peer in world.peers:
        assert verify_cosignature(note.split("\n\n")[1], text_of(note), peer.cosigner.vkey)


# ---- that it stays the same ----


def test_it_stays_the_same(world, sample):
    """SM2 draws random numbers: what was signed with it is kept, not signed again."""
    world.chain.grow()
    assert fetch(sample.client, sample.id) == sample.bundle


# ---- that strangers can check it ----


def test_every_step_of_verify_txt(sample, tmp_path):
    code, output = asice.run_steps(tmp_path, sample.bundle, sample.name)
    assert code == 0 and "FAILED" not in output, output
    # Checkpoint, block, cosigned checkpoint, two witnesses; statement and block of two anchors.
    assert output.count("Signature Verified Successfully") == 2 + 1 + 2 + 4
    assert output.count("Verification: OK") == 3
    for said in ("CAdES Verification successful", "ok      key of log", "ok      key id of anchors",
                 "ok      body", "ok      the leaf is in the tree", "sealed at 20",
                 "ok      the leaf is in the cosigned tree", "one: the leaf is in the block",
                 "two: the block is in the statement", "ok      block: root"):
        assert said in output, output


def refitted(files):
    """With sums that fit what was altered."""
    for sums, alg in (("SHA256SUMS", "sha256"), ("SM3SUMS", "sm3")):
        files[sums] = "".join(f"{hashlib.new(alg, files[line[66:]]).hexdigest()}  {line[66:]}\n"
                              for line in files[sums].decode().splitlines()).encode()
    return files


def without_manifest(text):
    """The steps but those that compare all files with the signed manifest: what is altered must be
    found by the step that is about it."""
    kept, skip = [], False
    for line in text.decode().splitlines():
        if line[:1].isdigit():
            skip = "manifest lists" in line or "manifest is signed" in line
        kept += [] if skip else [line]
    return "\n".join(kept).encode() + b"\n"


@pytest.mark.parametrize("name, step", [
    ("evidence/body.json", "body"), ("evidence/leaf.txt", None), ("proofs/path.txt", None),
    ("proofs/checkpoint.txt", None), ("proofs/checkpoint.sig", None), ("proofs/block.sig", None),
    ("keys/log.vkey", None), ("keys/log.pub.pem", None), ("keys/anchors.vkey", None),
    ("keys/anchors.pub.pem", None), ("proofs/cosigned/path.txt", None),
    ("proofs/cosigned/checkpoint.sig", None), ("proofs/cosigned/01.sig", None),
    ("proofs/anchors/one/leaf-path.txt", None), ("proofs/anchors/two/path.txt", None),
    ("proofs/anchors/one/block.sig", None), ("proofs/anchors/two/statement.sig", None),
    ("proofs/anchors/one/proof.tst", None), ("META-INF/timestamp002.tst", None),
])
def test_the_step_of_verify_txt_finds_what_was_altered(sample, tmp_path, name, step):
    files = dict(sample.files)
    files["VERIFY.txt"] = without_manifest(files["VERIFY.txt"])
    content = files[name]
    files[name] = asice.flipped(content, len(content) // 2, 1)
    bundle = asice.canonical_zip(refitted(files))
    code, output = asice.run_steps(tmp_path / "altered", bundle, sample.name)
    assert code != 0, output
    assert step is None or f"FAILED  {step}" in output


def test_these_steps_take_what_was_not_altered(sample, tmp_path):
    files = dict(sample.files)
    files["VERIFY.txt"] = without_manifest(files["VERIFY.txt"])
    code, output = asice.run_steps(tmp_path, asice.canonical_zip(refitted(files)), sample.name)
    assert code == 0 and "listed: SHA256SUMS" not in output, output


def test_scfd_verifies_it(world, sample, tmp_path):
    code, output = asice.verify(sample.path)
    assert code == 0 and "FAILED" not in output, output
    for said in ("anchor one: the statement is signed by keys/anchors.vkey",
                 "anchor two: rfc3161 proves the statement at 20",
                 "manifest and signature are time-stamped (RFC 3161): 20",
                 "has the SM3 in the leaf", "note    keys/anchors.vkey is the bundle's own"):
        assert said in output, output
    trust = tmp_path / "trust.pem"
    trust.write_text(world.authority.ca_pem + (world.server.data / "evidence.pem").read_text())
    options = ["--key", sample.vkey, "--trust", str(trust), "--quorum", "2"]
    for peer in world.peers:
        options += ["--witness", peer.cosigner.vkey]
    code, output = asice.verify(sample.path, *options)
    assert code == 0 and "FAILED" not in output, output
    for vkey in (world.other.read()["vkey"], Sealed(world.server, chain_suite=SM3).read()["vkey"]):
        code, output = asice.verify(sample.path, "--key", vkey)
        assert code == 5 and "FAILED  the bundle names the verifier key" in output


# ---- that nothing can be altered ----


def test_hundreds_of_flipped_bytes(sample, tmp_path):
    """All positions of a smaller bundle are for the unit test."""
    random.seed(5)
    path = tmp_path / "altered.asice"
    for position in random.sample(range(len(sample.bundle)), 80):
        path.write_bytes(asice.flipped(sample.bundle, position, 1 << random.randrange(8)))
        code, output = asice.verify(path)
        assert code == 5 and "FAILED" in output, (position, code, output)


def test_each_file_counts_even_when_the_zip_is_sound(sample, tmp_path):
    path = tmp_path / "altered.asice"
    for name, content in sample.files.items():
        if name == "META-INF/timestamp002.pem":
            continue  # the one file that nothing signs: readers bring roots of their own
        for altered in (content + b"\n", asice.flipped(content or b" ", len(content) // 2, 2)):
            path.write_bytes(asice.canonical_zip({**sample.files, name: altered}))
            code, output = asice.verify(path)
            assert code == 5 and "FAILED" in output, (name, output)
    for name in ("keys/anchors.vkey", "keys/anchors.pub.pem"):
        path.write_bytes(asice.canonical_zip(
            {n: c for n, c in sample.files.items() if n != name}))
        assert asice.verify(path)[0] == 5


# ---- beside it ----


def test_a_chain_of_sha256_in_the_same_ticks(world, tmp_path):
    node = world.other.node.client
    record_id = node.get("/v1/invoices", limit=1).json()["data"][0]["id"]

    def anchored():
        return "keys/anchors.vkey" in asice.entries(fetch(node, record_id, timestamp="none"))
    wait_until(anchored, 20, "an anchor", 0.2)
    path = tmp_path / f"{record_id}.asice"
    path.write_bytes(fetch(node, record_id))
    code, output = asice.verify(path, "--key", world.other.read()["vkey"])
    assert code == 0, output
    assert "ok      keys/anchors.vkey is the chain's key under another name" in output
    code, output = asice.run_steps(tmp_path / "room", path.read_bytes(), path.name)
    assert code == 0 and "FAILED" not in output, output


def test_the_certificate_names_suite_and_digests(world, sample, tmp_path):
    body = sample.files["evidence/body.json"]
    proof = json.loads(sample.files["proofs/proof.json"])
    text = {}
    for suite, client, record_id in (
            (SM3, sample.client, sample.id),
            (SHA, world.other.node.client,
             world.other.node.client.get("/v1/invoices").json()["data"][0]["id"])):
        answer = client.get(f"/v1/records/{record_id}/preservation-certificate")
        assert answer.status == 200
        text[suite] = "".join(asice.text_of_pdf(answer.body, tmp_path).split())
    for said in ("sm3-sm2:SM3(GB/T32905),SM2(GB/T32918)", hashlib.new("sm3", body).hexdigest(),
                 hashlib.sha256(body).hexdigest(), proof["leaf_hash"], proof["block"]["hash"]):
        assert said in text[SM3], said
    assert "sha256-ed25519:SHA-256,Ed25519" in text[SHA] and "sm3-sm2" not in text[SHA]
