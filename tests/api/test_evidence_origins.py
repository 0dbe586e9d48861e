"""Bundles of records that a log signed under its first origin, and that were anchored and cosigned
when it went on under another."""
import pytest

from harness import asice, tsa
from harness.server import Server, scfd, wait_until
from harness.witnesses import Peer, Sealed, add_witness


def own_logs_only(peer):
    """Its answers: a witness sees both chains, and cannot follow one of another digest. Its own it
    follows to any size, for the server may have missed the first answer."""
    def answer(old, note):
        try:
            return peer.honest(old, note)
        except AssertionError:
            return 404, b""
    return answer


class World:
    """Two chains with blocks of the first origin; witnesses and anchors see the second."""

    def __init__(self, server, authority, peers):
        self.server, self.chains, self.ids = server, {}, {}
        for suite in peers:
            self.chains[suite] = Sealed(server, chain_suite=suite)
            self.chains[suite].grow(3)
            client = self.chains[suite].node.client
            self.ids[suite] = client.get("/v1/invoices", limit=1).json()["data"][0]["id"]
        self.vkeys = {suite: chain.read()["vkey"] for suite, chain in self.chains.items()}
        server.stop()
        (server.data / "published").unlink()
        done = scfd("new-origin", "--data", server.data, "--reason", "test", "--number", "2")
        assert done.returncode == 0, done.stderr
        server.start()
        for suite, peer in peers.items():
            add_witness(server, peer.url, peer.cosigner.vkey)
            chain = self.chains[suite]
            chain.admin, chain.node.client = server.client(), server.client(chain.node.key)
            chain.grow(2)
            chain.want(1)
        answer = server.client().post("/v1/anchor-targets", {
            "name": "one", "kind": "rfc3161", "url": authority.url, "interval_s": 1,
            "settings": {"ca_pem": authority.ca_pem}})
        assert answer.status == 201, answer

    def bundle(self, suite):
        client = self.chains[suite].node.client

        def complete():
            answer = client.get(f"/v1/records/{self.ids[suite]}/evidence", timestamp="none")
            assert answer.status == 200, answer
            names = asice.entries(answer.body)
            return {"proofs/anchors/one/proof.tst", "proofs/cosigned/01.sig"} <= set(names) \
                and answer.body
        return wait_until(complete, 25, "an anchor and a cosignature", 0.3)


@pytest.fixture(scope="module")
def world():
    peers = {"sha256-ed25519": Peer(), "sm3-sm2": Peer(alg="sm3")}
    for peer in peers.values():
        peer.answer = own_logs_only(peer)
    with tsa.Authority() as authority, Server(flags=["--witness-interval-s", "1"]) as server:
        yield World(server, authority, peers)
    for peer in peers.values():
        peer.close()


@pytest.mark.parametrize("suite", ["sha256-ed25519", "sm3-sm2"])
def test_the_key_of_the_first_origin_verifies_it(world, suite, tmp_path):
    bundle, vkey = world.bundle(suite), world.vkeys[suite]
    files = asice.entries(bundle)
    first, second = "scfd.local/log/", "scfd.local/log/2/"
    assert files["proofs/checkpoint.txt"].decode().startswith(first + "node_")
    assert files["proofs/cosigned/checkpoint.txt"].decode().startswith(second + "node_")
    assert f"\nchain {second}node_" in files["proofs/anchors/one/block.txt"].decode()
    assert f"\norigin {second}anchors\n" in files["proofs/anchors/one/statement.txt"].decode()
    path = tmp_path / f"{world.ids[suite]}.asice"
    path.write_bytes(bundle)
    code, output = asice.verify(path, "--key", vkey)
    assert code == 0 and "FAILED" not in output, output
    code, output = asice.run_steps(tmp_path / "room", bundle, path.name)
    assert code == 0 and "FAILED" not in output, output


def test_another_chains_key_does_not(world, tmp_path):
    path = tmp_path / "x.asice"
    path.write_bytes(world.bundle("sm3-sm2"))
    assert asice.verify(path, "--key", world.vkeys["sha256-ed25519"])[0] == 5
    name, key_id, key = world.chains["sm3-sm2"].read()["vkey"].split("+", 2)
    assert name.startswith("scfd.local/log/2/")
    code, output = asice.verify(path, "--key", f"{name}+{key_id}+{key}")
    assert code == 5 and "FAILED  the bundle names the verifier key" in output
