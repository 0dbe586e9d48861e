"""Bundles of every kind of record, for every role, in chains of both suites, with anchors of every
kind that this machine can run: openssl and `scfd verify` check them all."""
import json
import struct
import time

import pytest

from harness import anvil, asice, bodies, ots, tsa
from harness.server import Server, wait_until
from harness.world import World

SM3 = "sm3-sm2"


def fetch(client, record_id):
    answer = client.call("GET", f"/v1/records/{record_id}/evidence",
                         headers={"Prefer": "wait=50"}, query={"timestamp": "none"})
    assert answer.status == 200, answer
    return answer.body


def add_target(admin, kind, name, url, **settings):
    answer = admin.post("/v1/anchor-targets", {
        "name": name, "kind": kind, "url": url, "interval_s": 1, "settings": settings})
    assert answer.status == 201, answer


def names_in(bundle):
    return {name.split("/")[2] for name in asice.entries(bundle)
            if name.startswith("proofs/anchors/")}


class Anchored:
    """A seller with a chain of SM3, a guarantor with one of SHA-256, and targets of all kinds."""

    def __init__(self, server, authority, calendar, node):
        self.world = World(server, {"erp": SM3, "lender": SM3})
        self.admin, self.calendar = server.client(), calendar
        self.names = {"tsa", "btc"}
        add_target(self.admin, "rfc3161", "tsa", authority.url, ca_pem=authority.ca_pem)
        add_target(self.admin, "opentimestamps", "btc", calendar.url, poll_s=1)
        if node:
            add_target(self.admin, "evm", "evm", node.url, chain_id=31337, confirmations=1,
                       poll_s=1)
            self.names.add("evm")
        self.bundles = {}
        self.height = 840000

    def bundle(self, client, record_id):
        def complete():
            calendar = self.calendar
            if calendar.promised:
                self.height += 1
                calendar.mine(self.height, int(time.time()))
            bundle = fetch(client, record_id)
            return names_in(bundle) == self.names and bundle
        if record_id not in self.bundles:
            self.bundles[record_id] = wait_until(complete, 40, "all anchors", 0.3)
        return self.bundles[record_id]


@pytest.fixture(scope="module")
def anchored():
    program, _ = anvil.program()
    node = anvil.Anvil(program).__enter__() if program else None
    try:
        with tsa.Authority() as authority, ots.Calendar() as calendar, Server() as server:
            key = server.data / "evm.key"
            key.write_text(anvil.KEY + "\n")
            key.chmod(0o600)
            yield Anchored(server, authority, calendar, node)
    finally:
        if node:
            node.__exit__(None, None, None)


def later(header):
    """The same block, with its work done anew, hours later."""
    root, time_s = header[36:68], int.from_bytes(header[68:72], "little") + 7200
    for nonce in range(1 << 16):
        made = struct.pack("<4s32s32sI4sI", header[:4], header[4:36], root, time_s, header[72:76],
                           nonce)
        if ots.sha256(ots.sha256(made))[31] < 0x7F:
            return made
    raise AssertionError("no nonce will do")


@pytest.fixture(params=["sm3", "sha256"])
def sample(request, anchored, tmp_path):
    world = anchored.world
    client, path = {"sm3": (world.erp, "/v1/contracts"),
                    "sha256": (world.surety, "/v1/guarantees")}[request.param]
    record = client.get(path, limit=1).json()["data"][0]["id"]
    bundle = anchored.bundle(client, record)
    path = tmp_path / f"{record}.asice"
    path.write_bytes(bundle)
    return request.param, bundle, path


def test_every_step_of_verify_txt(anchored, sample, tmp_path):
    suite, bundle, path = sample
    files = asice.entries(bundle)
    assert (b"body_sm3" in files["evidence/leaf.txt"]) == (suite == "sm3")
    code, output = asice.run_steps(tmp_path / "room", bundle, path.name)
    assert code == 0 and "FAILED" not in output, output
    for said in ("ok      body", "ok      key", "ok      the leaf is in the tree",
                 "btc: the leaf is in the block", "tsa: the block is in the statement",
                 "btc: to be looked up: Bitcoin block "):
        assert said in output, output
    assert "Verification: OK" in output
    # The way that the shell went is the one that the file of OpenTimestamps says.
    statement = files["proofs/anchors/btc/statement.txt"]
    roots = {message[::-1].hex() for message, tag, _ in ots.attestations(
        files["proofs/anchors/btc/proof.ots"], ots.sha256(statement)) if tag == ots.BITCOIN}
    assert output.split("has the Merkle root ")[1].split()[0] in roots
    if "evm" in anchored.names:
        assert "evm: the transaction carries the root" in output
        assert 'evm: to be looked up: block ' in output, output


def test_scfd_verifies_it(anchored, sample, tmp_path):
    suite, bundle, path = sample
    code, output = asice.verify(path)
    assert code == 0 and "FAILED" not in output, output
    assert "anchor tsa: rfc3161 proves the statement at 20" in output
    assert "when it was is to be looked up" in output
    assert ("keys/anchors.vkey is the bundle's own" in output) == (suite == "sm3"), output
    files = asice.entries(bundle)
    key = files["keys/log.vkey"].decode().strip()
    height = int(files["proofs/anchors/btc/steps.txt"].decode().split("bitcoin ")[1])
    trust = tmp_path / "trust"
    # Bitcoin's blocks come hours later than what is signed, whose signer cannot know their time.
    anchored.calendar.headers[height] = later(anchored.calendar.headers[height])
    header = anchored.calendar.headers[height]
    roots = (files["keys/signer-chain.pem"] + files["proofs/anchors/tsa/tsa-chain.pem"]).decode()
    trust.write_text(f"bitcoin {height} {header.hex()}\n" + roots)
    code, output = asice.verify(path, "--key", key, "--trust", str(trust))
    assert code == 0 and "anchor btc: opentimestamps proves the statement at 20" in output, output
    trust.write_text(f"bitcoin {height} {asice.flipped(header, 40, 1).hex()}\n" + roots)
    code, output = asice.verify(path, "--key", key, "--trust", str(trust))
    assert code == 5 and "FAILED  anchor btc: the opentimestamps proof" in output, output


def test_each_file_counts_even_when_the_zip_is_sound(sample, tmp_path):
    _, bundle, _ = sample
    files, path = asice.entries(bundle), tmp_path / "altered.asice"
    for name, content in files.items():
        if name.startswith(("proofs/anchors/btc", "proofs/anchors/evm", "00-", "keys/log")):
            altered = asice.flipped(content or b" ", len(content) // 2, 2)
            path.write_bytes(asice.canonical_zip({**files, name: altered}))
            code, output = asice.verify(path)
            assert code == 5 and "FAILED" in output, (name, output)


@pytest.mark.parametrize("name", ["btc/steps.txt", "btc/statement.sig", "evm/proof.json",
                                  "tsa/leaf-path.txt", "btc/block.sig"])
def test_verify_txt_finds_altered_anchors(sample, tmp_path, name):
    _, bundle, path = sample
    files, name = asice.entries(bundle), "proofs/anchors/" + name
    if name not in files:
        pytest.skip("no EVM node is here")
    files[name] = asice.flipped(files[name] or b"left \n", len(files[name]) // 2, 1)
    code, output = asice.run_steps(tmp_path / "room", asice.canonical_zip(files), path.name)
    assert code != 0, output


# ---- every kind of record, every role ----

# As enum scf_record_kind numbers them.
PREFIXES = ["epr", "ctr", "evt", "inv", "gua", "asm", "dec", "loan", "rep", "tpl", "pol", "ltm",
            "rcv", "hold"]


def typed_id(prefix, uuid):
    """Crockford's base 32 of the 128 bits, as all ids are written."""
    number, digits = int(uuid.replace("-", ""), 16), ""
    for _ in range(26):
        digits = "0123456789abcdefghjkmnpqrstvwxyz"[number & 31] + digits
        number >>= 5
    return f"{prefix}_{digits}"


def one_of_each(server):
    rows = server.psql("SELECT DISTINCT ON (kind, suite) kind, r.id FROM scfd.record r JOIN"
                       " scfd.chain c ON c.id = r.chain_id ORDER BY kind, suite, r.leaf_index")
    return [(int(kind), uuid) for kind, uuid in (row.split("|") for row in rows.splitlines())]


def test_every_kind_for_every_role(anchored, tmp_path):
    """Who may see the record gets a bundle that verifies, nobody else learns that it is there."""
    world, kinds = anchored.world, set()
    clients = world.clients()
    for kind, uuid in one_of_each(world.server):
        record = typed_id(PREFIXES[kind], uuid)
        got = {}
        for role, client in clients.items():
            seen = client.get(f"/v1/records/{record}").status
            for path in ("evidence?timestamp=none", "preservation-certificate"):
                answer = client.get(f"/v1/records/{record}/{path}", headers={"Prefer": "wait=50"})
                assert answer.status == seen, (kind, role, answer)
            if seen == 200:
                got[role] = client.get(f"/v1/records/{record}/evidence?timestamp=none").body
        assert "admin" in got, kind
        path = tmp_path / f"{record}.asice"
        path.write_bytes(got["admin"])
        code, output = asice.verify(path)
        assert code == 0 and "FAILED" not in output, (kind, output)
        kinds.add(kind)
    assert len(kinds) >= 12, kinds


def test_what_does_not_fit_is_named(anchored):
    """No request can send so much: the row is made larger where it lies, and put back."""
    world = anchored.world
    made = world.erp.post("/v1/contracts", json.dumps(world.chain.contract()).encode()).json()["id"]
    fetch(world.erp, made)
    server = world.server
    (uuid,) = [u for u in server.psql("SELECT id FROM scfd.record").split()
               if typed_id("ctr", u) == made]
    row = f"id = '{uuid}'"
    body = server.psql(f"SELECT encode(body, 'hex') FROM scfd.record WHERE {row}").strip()
    large = "convert_to(repeat(' ', 65 << 20), 'UTF8')"
    server.psql(f"UPDATE scfd.record SET body = {large} WHERE {row}")
    try:
        answer = world.erp.get(f"/v1/records/{made}/evidence", timestamp="none")
        assert answer.status == 409 and answer.json()["code"] == "bundle-too-large", answer
        detail = answer.json()["detail"]
        assert str(64 << 20) in detail and "evidence/body.json" in detail, detail
        assert f"{65 << 20} bytes" in detail, detail
    finally:
        server.psql(f"UPDATE scfd.record SET body = decode('{body}', 'hex') WHERE {row}")
    fetch(world.erp, made)


def test_a_body_as_large_as_may_be(anchored, tmp_path):
    """2 MiB, most of it blanks; the bundle has every one of them."""
    world = anchored.world
    text = json.dumps(world.chain.contract(), ensure_ascii=False).encode()
    body = text + b" " * ((2 << 20) - len(text))
    made = world.erp.post("/v1/contracts", body)
    assert made.status == 201, made
    path = tmp_path / f"{made.json()['id']}.asice"
    path.write_bytes(fetch(world.erp, made.json()["id"]))
    assert asice.entries(path.read_bytes())["evidence/body.json"] == body
    code, output = asice.verify(path)
    assert code == 0, output
    code, output = asice.run_steps(tmp_path / "room", path.read_bytes(), path.name)
    assert code == 0, output
