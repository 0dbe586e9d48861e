"""Bundles with the cosignatures of witnesses, which openssl and `scfd verify` check."""
import pytest

from harness import asice
from harness.tlog import Cosigner, text_of, verify_cosignature
from harness.witnesses import Peer, Sealed, add_witness, remove_witness


class World:
    def __init__(self, server, peers, folder):
        self.peers, self.added, chain = peers, [], Sealed(server)
        chain.grow(3)
        for peer in peers:
            self.added.append(add_witness(server, peer.url, peer.cosigner.vkey))
        chain.want(2)
        self.size = chain.grow(2)
        chain.cosigned(self.size)
        client = chain.node.client
        self.id = client.get("/v1/invoices", limit=1).json()["data"][0]["id"]
        answer = client.get(f"/v1/records/{self.id}/evidence")
        assert answer.status == 200, answer
        again = client.get(f"/v1/records/{self.id}/evidence")
        assert again.body == answer.body
        self.bundle, self.files = answer.body, asice.entries(answer.body)
        self.path = folder / f"{self.id}.asice"
        self.path.write_bytes(self.bundle)
        self.keys = [peer.cosigner.vkey for peer in peers]


@pytest.fixture(scope="module")
def world(server, tmp_path_factory):
    peers = [Peer(), Peer()]
    made = World(server, peers, tmp_path_factory.mktemp("witnessed"))
    yield made
    for witness in made.added:
        remove_witness(server, witness)
    for peer in peers:
        peer.close()


def test_the_cosigned_checkpoint_is_in_it(world):
    note = world.files["proofs/cosigned/checkpoint.note"].decode()
    assert 3 <= int(note.split("\n")[1]) <= world.size  # the witnesses may have been quick
    assert sorted(world.files["proofs/witness-keys.txt"].decode().split()) == sorted(world.keys)
    assert world.files["proofs/record.tlog-proof"].decode().endswith(note)
    for key in world.keys:
        assert verify_cosignature(note.split("\n\n")[1], text_of(note), key)


def test_every_step_of_verify_txt(world, tmp_path):
    code, output = asice.run_steps(tmp_path, world.bundle, world.path.name)
    assert code == 0 and "FAILED" not in output, output
    assert output.count("Signature Verified Successfully") == 2 + 1 + 2
    assert "ok      the leaf is in the cosigned tree" in output
    assert "ok      proofs/cosigned/02: time " in output


@pytest.mark.parametrize("name", ["proofs/cosigned/01.txt", "proofs/cosigned/02.sig",
                                  "proofs/cosigned/path.txt", "proofs/cosigned/01.pub.pem"])
def test_verify_txt_finds_altered_cosignatures(world, tmp_path, name):
    content = world.files[name]
    files = {**world.files, name: asice.flipped(content, len(content) // 2, 1)}
    code, output = asice.run_steps(tmp_path, asice.canonical_zip(files), world.path.name)
    assert code != 0, output


def test_scfd_counts_the_witnesses_it_is_given(world):
    def verify(*keys, quorum=None):
        options = [part for key in keys for part in ("--witness", key)]
        return asice.verify(world.path, *options, *(["--quorum", quorum] if quorum else []))
    stranger = Cosigner("stranger.test/w").vkey
    code, output = asice.verify(world.path)
    assert code == 0 and "anchors in the bundle: 0; a cosigned checkpoint: yes" in output, output
    assert verify(*world.keys)[0] == 0
    assert verify(world.keys[0], quorum="1")[0] == 0
    code, output = verify(world.keys[0], stranger)
    assert code == 5 and "FAILED  1 of the witnesses that were given cosigned, 2 must" in output
    assert verify(world.keys[0], stranger, quorum="1")[0] == 0
    assert verify(world.keys[0], world.keys[0], quorum="2")[0] == 5
    assert asice.verify(world.path, "--quorum", "1")[0] == 2


def test_each_file_counts_even_when_the_zip_is_sound(world, tmp_path):
    path = tmp_path / "altered.asice"
    for name, content in world.files.items():
        if name.startswith(("proofs/cosigned/", "proofs/witness", "proofs/record")):
            path.write_bytes(asice.canonical_zip(
                {**world.files, name: asice.flipped(content, len(content) // 2, 2)}))
            code, output = asice.verify(path)
            assert code == 5 and "FAILED" in output, (name, output)
    path.write_bytes(asice.canonical_zip(
        {n: c for n, c in world.files.items() if n != "proofs/witness-keys.txt"}))
    assert asice.verify(path)[0] == 5


def test_text_of_a_note_is_what_was_cosigned(world):
    text = text_of(world.files["proofs/cosigned/checkpoint.note"].decode())
    for number in ("01", "02"):
        assert world.files[f"proofs/cosigned/{number}.txt"].decode().endswith(text)
