"""Chains of both suites over a change of the origin, with records erased on either side of it: what
is read, proven, bundled and audited afterwards."""
import base64
import json

import pytest

from harness import asice, bodies, merkle
from harness.parties import Chain
from harness.server import Server, scfd, wait_until
from harness.witnesses import Peer, Sealed, add_witness

SUITES = {"erp": "sm3-sm2", "procurement": "sha256-ed25519"}


def proof_of(client, record_id, **headers):
    got = client.get(f"/v1/records/{record_id}/proof", headers={"Prefer": "wait=50", **headers})
    assert got.status == 200, got
    return got


class Story:
    """In each chain: records under the first origin and the second, of each the second erased."""

    def __init__(self, server):
        self.server = server
        server.start()
        self.chain = Chain(server.client(), SUITES)
        self.nodes = {kind: getattr(self.chain, kind) for kind in SUITES}
        self.ids, self.kept = {kind: [] for kind in SUITES}, {}
        self.publish()
        self.quiet = Sealed(server)  # all that it has is of the first origin
        self.quiet.grow(2)
        self.erase(1)
        self.cut = {kind: self.view(kind) for kind in SUITES}
        server.stop()
        done = scfd("new-origin", "--data", server.data, "--reason", "a test")
        assert done.returncode == 0, done.stderr
        server.start()
        self.publish()
        self.erase(4)

    def client(self, kind):
        return self.server.client(self.nodes[kind].key)

    def view(self, kind):
        return self.client(kind).get(f"/v1/chains/{self.nodes[kind].id}").json()

    def publish(self):
        for kind, ids in self.ids.items():
            client = self.client(kind)
            made = [client.post("/v1/invoices", self.chain.invoice()).json()["id"]
                    for _ in range(3)]
            for record_id in made:
                body = client.get(f"/v1/records/{record_id}/body").body
                self.kept[record_id] = (proof_of(client, record_id).json(), body)
            ids += made

    def erase(self, index):
        for ids in self.ids.values():
            answer = self.server.client().post(f"/v1/records/{ids[index]}/erasure", {
                "reason": "asked for", "legal_basis": "sender_request", "requested_by": "QA",
                "requested_at": bodies.hours_ago(1)})
            assert answer.status == 201, answer


@pytest.fixture(scope="module", name="story")
def fixture_story():
    server = Server(flags=["--witness-interval-s", "1"])
    yield Story(server)
    server.stop()
    server.remove()


def of_both(function):
    return pytest.mark.parametrize("kind", list(SUITES))(function)


@of_both
def test_proofs(story, kind):
    client, ids = story.client(kind), story.ids[kind]
    origins = [story.kept[one][0]["origin"] for one in ids]
    assert len(set(origins[:3])) == len(set(origins[3:])) == 1
    assert origins[3] == origins[0].replace("scfd.local/log/", "scfd.local/log/2/")
    for record_id in ids:
        kept, body = story.kept[record_id]
        merkle.verify_proof(kept, body=body)  # also that of an erased one, where somebody has it
        now = proof_of(client, record_id).json()
        if record_id not in (ids[1], ids[4]):
            assert now == kept
            continue
        assert now["leaf_text"] is None and now["record"]["erased"] is True
        assert not {"body_sha256", "body_sm3", "salt"} & set(now["record"])
        same = ("origin", "leaf_hash", "inclusion_proof", "checkpoint", "block", "vkey", "suite")
        assert [now.get(one) for one in same] == [kept.get(one) for one in same]
        assert client.get(f"/v1/records/{record_id}/digests").status == 410
        assert client.get(f"/v1/records/{record_id}").json()["erased"] is True


@of_both
def test_proofs_as_text(story, kind):
    client, ids = story.client(kind), story.ids[kind]
    for record_id in ids:
        kept = story.kept[record_id][0]
        text = proof_of(client, record_id, Accept="text/plain").body.decode()
        lines = text.split("\n")
        assert lines[0] == "c2sp.org/tlog-proof@v1"
        extra = [one for one in lines[1:2] if one.startswith("extra ")]
        if record_id in (ids[1], ids[4]):
            assert not extra
        else:
            said = base64.b64decode(extra[0].removeprefix("extra "))
            assert said.decode() == kept["leaf_text"]
        assert text.endswith(kept["checkpoint"])


@of_both
def test_trees(story, kind):
    client, old = story.client(kind), story.cut[kind]
    path, now = f"/v1/chains/{story.nodes[kind].id}", story.view(kind)
    alg = merkle.alg_of(now["vkey"])
    grown = client.get(f"{path}/consistency",
                       **{"from": old["sealed_size"], "to": now["sealed_size"]}).json()
    assert grown["from_root"] == old["root"] and grown["to_root"] == now["root"]
    decoded = [base64.b64decode(one) for one in grown["proof"]]
    merkle.check_consistency(old["sealed_size"], now["sealed_size"],
                             base64.b64decode(old["root"]), base64.b64decode(now["root"]),
                             decoded, alg)
    size = now["sealed_size"]
    leaves = merkle.tile_hashes(client.get(f"{path}/{merkle.tile_path(0, 0, size)}").body)
    assert merkle.root_of(leaves, alg) == base64.b64decode(now["root"])
    note = merkle.verify_note(client.get(f"{path}/checkpoint").body.decode(), now["vkey"])
    assert note.lines()[0] == now["origin"] != old["origin"]
    first = client.get(f"{path}/blocks/{old['height'] + 1}").json()
    assert first["prev"] == old["block_hash"]


@of_both
def test_entries(story, kind):
    """Which are gone is said; the bundles before the first of them are whole."""
    client, ids = story.client(kind), story.ids[kind]
    path = f"/v1/chains/{story.nodes[kind].id}/tile/entries/000.p"
    places = [story.kept[one][0]["index"] for one in ids]
    gone = client.get(f"{path}/{places[5] + 1}")
    assert gone.status == 410
    assert gone.json()["erased_indexes"] == [places[1], places[4]]
    whole = client.get(f"{path}/{places[1]}")
    assert whole.status == 200
    assert whole.body.endswith(story.kept[ids[0]][0]["leaf_text"].encode())


@of_both
def test_bundles(story, kind, tmp_path):
    client, ids = story.client(kind), story.ids[kind]
    for record_id in (ids[0], ids[5]):
        answer = client.call("GET", f"/v1/records/{record_id}/evidence",
                             headers={"Prefer": "wait=50"})
        assert answer.status == 200, answer
        path = tmp_path / f"{record_id}.asice"
        path.write_bytes(answer.body)
        done = scfd("verify", path)
        assert done.returncode == 0, done.stdout + done.stderr
        origin = story.kept[record_id][0]["origin"]
        assert any(origin.encode() in content for content in asice.entries(answer.body).values())
    assert client.get(f"/v1/records/{ids[1]}/evidence").status == 410


def test_what_a_witness_saw_under_the_first_origin(story):
    """It cosigned a larger tree there, which was lost: that is settled. Under the second it is
    asked from the beginning."""
    server, quiet = story.server, story.quiet
    first = quiet.read()["origin"]

    def answer(old, note):
        return (409, b"1000\n") if note.startswith(first + "\n") else peer.honest(old, note)

    peer = Peer(answer)
    try:
        add_witness(server, peer.url, peer.cosigner.vkey)
        quiet.want(1)
        wait_until(lambda: peer.asked, 15, "the old checkpoint is shown")
        size = quiet.grow(2)
        quiet.cosigned(size)
        assert quiet.read()["origin"] == first.replace("/log/", "/log/2/")
        asked = [old for old, _, note in peer.asked if not note.startswith(first + "\n")]
        assert 0 in asked
    finally:
        peer.close()
    assert server.psql("SELECT count(*) FROM scfd.seal_refusal") == "0"


def test_the_audit(story):
    server = story.server
    done = scfd("audit", "--deep", "--json", "--data", server.data)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["faults"] == 0, told
    # The keys under either name are those of the installation.
    for kept in (story.cut, {kind: story.view(kind) for kind in SUITES}):
        keys = [part for kind in SUITES for part in ("--key", kept[kind]["vkey"])]
        assert scfd("audit", "--data", server.data, *keys).returncode == 0
    # An erased record of SM3 that keeps a digest is erased in part only.
    erased = ("FROM scfd.erasure e, scfd.chain c"
              " WHERE e.record_id = r.id AND c.id = r.chain_id AND c.suite = 1")
    server.psql(f"UPDATE scfd.record r SET body_sm3 = leaf_hash {erased}")
    done = scfd("audit", "--data", server.data)
    server.psql(f"UPDATE scfd.record r SET body_sm3 = NULL {erased}")
    assert done.returncode == 5 and "erased in part only" in done.stderr, done.stderr
    assert scfd("audit", "--data", server.data).returncode == 0


def test_the_keys_are_written_down(story):
    server = story.server
    assert server.psql("SELECT string_agg(suite::text, ',' ORDER BY suite) FROM scfd.log_key") == (
        "0,1"
    )
    key = story.view("procurement")["vkey"].split("+", 2)[2]
    raw = base64.b64decode(key)[1:]
    assert server.psql("SELECT encode(public_key, 'hex') FROM scfd.log_key WHERE suite = 0") == (
        raw.hex()
    )
