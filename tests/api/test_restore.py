"""A database restored to an earlier moment is not signed under the same origin."""
import json
import shutil
import subprocess

import pytest

from harness.parties import Chain
from harness.server import BINARY, Server, scfd


@pytest.fixture(scope="module", name="told")
def fixture_told():
    story = Story(Server())
    story.copy("newer")
    yield story
    story.server.stop()
    story.server.remove()


@pytest.fixture(name="story")
def fixture_story(told):
    """As it was after everything was published; the server is stopped."""
    told.put_back("newer")
    return told


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
        got = self.client().get(f"/v1/records/{record_id}/proof", headers={"Prefer": "wait=50"})
        assert got.status == 200, got
        return got.json()

    def copy(self, name):
        """Stops the server and copies its cluster."""
        self.server.stop()
        data = self.server.data
        subprocess.run(["cp", "-a", data / "pg", data / name], check=True)
        shutil.copy(data / "published", data / f"{name}.published")

    def put_back(self, name, with_file=True):
        """The cluster as it was then, and unless it is a restore the file beside it too."""
        self.server.stop()
        data = self.server.data
        shutil.rmtree(data / "pg")
        subprocess.run(["cp", "-a", data / name, data / "pg"], check=True)
        if with_file:
            shutil.copy(data / f"{name}.published", data / "published")

    def restore(self, name):
        self.put_back(name, with_file=False)
        self.server.start()

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


def test_an_older_database_is_not_signed_and_the_newer_one_is_again(story, tmp_path):
    server = story.server
    story.restore("older")
    assert_refuses(story)
    blocks = server.psql("SELECT count(*) FROM scfd.block")
    # A leaked key can be revoked all the same.
    made = story.chain.surety
    keys = server.client().get("/v1/api-keys").json()["data"]
    key_id = next(one["id"] for one in keys if one.get("node_id") == made.id)
    assert server.client().delete(f"/v1/api-keys/{key_id}").status == 204
    assert server.psql("SELECT count(*) FROM scfd.block") == blocks
    # The missing changes come back: here as the newer files, else from the archive.
    story.restore("newer")
    assert metric(server, "scfd_log_restored") == 0 and "halted" not in story.view()
    more = story.publish(1)[0]
    assert more["tree_size"] > story.after[-1]["tree_size"]
    assert verify(tmp_path, more, story.before[0]["vkey"]).returncode == 0


def audit(server, *more):
    return scfd("audit", "--json", "--data", server.data, *more)


def checkpoint(story):
    return story.client().get(f"/v1/chains/{story.node}/checkpoint").body


def new_origin(server, *more):
    return scfd("new-origin", "--data", server.data, "--reason", "disk of the database died", *more)


def test_a_log_that_lost_blocks_goes_on_under_another_origin(story, tmp_path):
    server = story.server
    server.start()
    lost, vkey = story.after[-1], story.before[0]["vkey"]
    (tmp_path / "lost.txt").write_bytes(checkpoint(story))
    (tmp_path / "kept.txt").write_text(story.before[-1]["checkpoint"])
    refused = new_origin(server)
    assert refused.returncode == 3 and "used by another process" in refused.stderr
    story.restore("older")
    assert_refuses(story)
    old = story.view()
    server.stop()
    done = new_origin(server)
    assert done.returncode == 0, done.stderr
    said = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert said["origin"] == "scfd.local/log/2" and int(said["chains with lost blocks"]) >= 1
    server.start()
    assert metric(server, "scfd_log_restored") == 0

    # The record quotes what is here and what was published.
    record = server.client().get(f"/v1/records/{said['record']}/body").json()
    entry = next(one for one in record["chains"] if one["chain_id"] == old["id"])
    assert entry["kept"]["size"] == old["sealed_size"] and entry["kept"]["root"] == old["root"]
    assert entry["published"]["size"] == lost["tree_size"]
    assert entry["published"]["block_hash"] == lost["block"]["hash"]
    assert entry["lost"] and entry["origin"] == story.before[0]["origin"]

    # The tree grows on under the new name; old blocks, proofs and keys stay what they were.
    new = story.publish(2)[-1]
    assert new["origin"] == f"scfd.local/log/2/{story.node}"
    assert new["block"]["height"] > old["height"]
    first = story.client().get(f"/v1/chains/{story.node}/blocks/{old['height'] + 1}").json()
    assert first["prev"] == old["block_hash"]
    assert f"chain {new['origin']}\n" in first["note"]
    assert verify(tmp_path, new).returncode == 0
    assert verify(tmp_path, new, vkey).returncode == 5, "another origin has another key"
    assert story.proof(story.before[0]["record"]["id"]) == story.before[0]
    assert verify(tmp_path, story.before[0], vkey).returncode == 0
    assert verify(tmp_path, lost, vkey).returncode == 0, "what was lost stays signed"
    view = story.view()
    assert view["vkey"] == new["vkey"] and view["origin"] == new["origin"]
    between = story.client().get(
        f"/v1/chains/{story.node}/consistency", **{"from": old["sealed_size"],
                                                   "to": view["sealed_size"]}
    ).json()
    assert between["from_root"] == old["root"] and between["to_root"] == view["root"]

    sound = audit(server, "--key", new["vkey"], "--checkpoint", tmp_path / "kept.txt")
    assert sound.returncode == 0, sound.stdout
    assert audit(server, "--key", vkey).returncode == 0
    cut = audit(server, "--checkpoint", tmp_path / "lost.txt")
    assert cut.returncode == 5 and "under another origin" in cut.stdout

    # Restored once more, to before the change: its number is not used again.
    story.restore("older")
    refused = story.client().post("/v1/invoices", story.chain.invoice())
    assert refused.status == 503 and "origin number 1, but number 2" in refused.json()["detail"]
    server.stop()
    assert "scfd.local/log/3" in new_origin(server).stdout


def test_nobody_remembers(story):
    server = story.server
    (server.data / "published").unlink()
    # Strict: an instance that should remember does not start without.
    strict = subprocess.run(
        [BINARY, "serve", "--data", server.data, "--listen", "127.0.0.1:0",
         "--published-required", "1"],
        capture_output=True, text=True, timeout=180, check=False,
    )
    assert strict.returncode == 3 and "published_required" in strict.stderr, strict.stderr
    refused = new_origin(server)
    assert refused.returncode == 1 and "--number" in refused.stderr
    # Else it is taken for a new one, which has to believe the database.
    server.start()
    assert "the database's word is taken" in server.log_path.read_text()
    assert story.publish(1)[0]["tree_size"] > story.after[-1]["tree_size"]
    server.stop()
    (server.data / "published").unlink()
    assert "scfd.local/log/5" in new_origin(server, "--number", "5").stdout


def test_the_file_is_damaged(story):
    server = story.server
    raw = bytearray((server.data / "published").read_bytes())
    raw[20] ^= 1
    (server.data / "published").write_bytes(raw)
    refused = subprocess.run(
        [BINARY, "serve", "--data", server.data, "--listen", "127.0.0.1:0"],
        capture_output=True, text=True, timeout=180, check=False,
    )
    assert refused.returncode == 3 and "is damaged" in refused.stderr
    (server.data / "published").unlink()
