"""Bundles while the log is halted after a restore, and after it went on under another origin: what
was sealed before is then anchored and cosigned under the new name, and still verifies."""
import pytest

from harness import asice, tsa
from harness.server import Server, scfd, wait_until
from harness.witnesses import Peer, add_witness
from test_restore import Story


def fetch(client, record_id):
    client = asice.Insistent(client)
    answer = client.call("GET", f"/v1/records/{record_id}/evidence",
                         headers={"Prefer": "wait=50"})
    assert answer.status == 200, answer
    return answer.body


class Continued:
    """The story of docs/restore.md, seen from one record that was sealed before."""

    def __init__(self, story, authority, peer):
        server, self.id = story.server, story.before[0]["record"]["id"]
        self.before = fetch(story.client(), self.id)
        story.restore("older")
        assert story.view()["halted"]
        self.halted = fetch(story.client(), self.id)
        server.stop()
        done = scfd("new-origin", "--data", server.data, "--reason", "disk died")
        assert done.returncode == 0, done.stderr
        self.change = dict(line.split(": ", 1) for line in done.stdout.splitlines())["record"]
        server.start()
        admin = server.client()
        self.new = story.publish(2)[-1]["record"]["id"]
        answer = admin.post("/v1/anchor-targets", {
            "name": "tsa", "kind": "rfc3161", "url": authority.url, "interval_s": 1,
            "settings": {"ca_pem": authority.ca_pem}})
        assert answer.status == 201, answer
        add_witness(server, peer.url, peer.cosigner.vkey)
        path = f"/v1/chains/{story.node}/witness-quorum"
        assert admin.call("PUT", path, {"quorum": 1}).status == 200
        self.old_key = story.before[0]["vkey"]

        def complete():
            bundle = fetch(story.client(), self.id)
            files = asice.entries(bundle)
            return ("proofs/anchors/tsa/proof.tst" in files
                    and "proofs/cosigned/01.txt" in files and bundle)
        self.after = wait_until(complete, 40, "anchored and cosigned", 0.3)
        self.bundles = {self.new: fetch(story.client(), self.new),
                        self.change: fetch(admin, self.change), self.id: self.after}


@pytest.fixture(scope="module")
def told():
    server, peer = Server(), Peer()
    try:
        with tsa.Authority() as authority:
            story = Story(server)
            yield Continued(story, authority, peer)
    finally:
        peer.close()
        server.stop()
        server.remove()


def test_a_halted_log_hands_out_what_it_had(told):
    assert told.halted == told.before


def test_what_was_sealed_before_is_anchored_under_the_new_name(told, tmp_path):
    files = asice.entries(told.after)
    assert "/2/node_" not in files["proofs/block.txt"].decode()
    assert "/2/node_" in files["proofs/anchors/tsa/block.txt"].decode()
    assert "/2/node_" in files["proofs/cosigned/checkpoint.txt"].decode()
    assert "/2/anchors\n" in files["proofs/anchors/tsa/statement.txt"].decode()
    path = tmp_path / "after.asice"
    path.write_bytes(told.after)
    code, output = asice.verify(path, "--key", told.old_key)
    assert code == 0 and "FAILED" not in output, output
    new_key = asice.entries(told.bundles[told.new])["keys/log.vkey"].decode().strip()
    code, output = asice.verify(path, "--key", new_key)
    assert code == 5, output


def test_each_verifies(told, tmp_path):
    for record, bundle in told.bundles.items():
        path = tmp_path / f"{record}.asice"
        path.write_bytes(bundle)
        code, output = asice.verify(path)
        assert code == 0 and "FAILED" not in output, output
        code, output = asice.run_steps(tmp_path / record, bundle, path.name)
        assert code == 0 and "FAILED" not in output, output
