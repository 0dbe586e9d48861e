"""A database restored to an earlier moment is not signed under the same origin."""
import json
import shutil
import subprocess

import pytest

from harness.parties import Chain
from harness.server import Server, scfd, wait_until


@pytest.fixture(name="server")
def fixture_server():
    running = Server()
    yield running
    running.stop()
    running.remove()


class Story:
    """A log with sealed records, an older copy of its cluster, and what was published since."""

    def __init__(self, server):
        self.server = server
        server.start()
        self.chain = Chain(server.client())
        self.key = self.chain.erp.client.key
        self.node = self.chain.erp.id
        self.before = self.publish()
        self.copy("older")
        server.start()
        self.after = self.publish()

    def client(self):
        return self.server.client(self.key)

    def publish(self, count=3):
        client = self.client()
        sent = [client.post("/v1/invoices", self.chain.invoice()).json() for _ in range(count)]
        return [self.proof(one["id"]) for one in sent]

    def proof(self, record_id):
        got = self.client().get(f"/v1/records/{record_id}/proof", headers={"Prefer": "wait=20"})
        assert got.status == 200, got
        return got.json()

    def copy(self, name):
        """Stops the server and copies its cluster."""
        self.server.stop()
        subprocess.run(
            ["cp", "-a", self.server.data / "pg", self.server.data / name], check=True
        )

    def put_back(self, name):
        self.server.stop()
        shutil.rmtree(self.server.data / "pg")
        subprocess.run(
            ["cp", "-a", self.server.data / name, self.server.data / "pg"], check=True
        )

    def view(self):
        return self.client().get(f"/v1/chains/{self.node}").json()


def metric(server, name):
    for line in server.anonymous().get("/metrics").body.decode().splitlines():
        if line.startswith(name + " "):
            return int(line.split()[1])
    return None


def verify(tmp_path, proof, vkey=None):
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(proof))
    return scfd("verify", path, "--key", vkey or proof["vkey"])


def assert_refuses(story):
    server = story.server
    refused = story.client().post("/v1/invoices", story.chain.invoice())
    assert refused.status == 503 and refused.json()["code"] == "log-restored", refused
    assert "docs/restore.md" in refused.json()["detail"]
    assert refused.headers["Retry-After"] == "60"
    ready = server.anonymous().get("/readyz", verbose="1")
    assert ready.status == 200 and "[!]log The database was restored" in ready.body.decode()
    assert metric(server, "scfd_log_restored") == 1
    view = story.view()
    assert view["halted"] is True
    assert view["published_size"] == story.after[-1]["tree_size"] > view["sealed_size"]
    assert "Nothing is sealed and nothing written" in server.log_path.read_text()
    # What was there is read and proven as ever.
    old = story.before[0]
    assert story.proof(old["record"]["id"]) == old
    assert story.client().get(f"/v1/records/{old['record']['id']}").status == 200


def test_an_older_database_is_not_signed_and_the_newer_one_is_again(server, tmp_path):
    story = Story(server)
    story.copy("newer")
    story.put_back("older")
    server.start()
    assert_refuses(story)
    blocks = server.psql("SELECT count(*) FROM scfd.block")
    # A leaked key can be revoked all the same.
    made = story.chain.surety
    keys = server.client().get("/v1/api-keys").json()["data"]
    key_id = next(one["id"] for one in keys if one.get("node_id") == made.id)
    assert server.client().delete(f"/v1/api-keys/{key_id}").status == 204
    assert server.psql("SELECT count(*) FROM scfd.block") == blocks
    # The missing changes come back: here as the newer files, else from the archive.
    story.put_back("newer")
    server.start()
    assert metric(server, "scfd_log_restored") == 0 and "halted" not in story.view()
    more = story.publish(1)[0]
    assert more["tree_size"] > story.after[-1]["tree_size"]
    assert verify(tmp_path, more, story.before[0]["vkey"]).returncode == 0
