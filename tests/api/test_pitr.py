"""Point-in-time recovery for real: a base backup and archived write-ahead log. Recovered to a
moment before the newest blocks nothing is signed; recovered to the end of the log it goes on."""
import shutil
import subprocess

import pytest

from harness import merkle
from harness.parties import Chain
from harness.server import Server, scfd, wait_until

pytestmark = pytest.mark.heavy


class Archived:
    """A server whose cluster archives its log, with a base backup."""

    def __init__(self, server):
        self.server, self.data = server, server.data
        self.archive = self.data / "archive"
        self.archive.mkdir()
        self.archive.chmod(0o777)
        server.psql("ALTER SYSTEM SET archive_mode = 'on'")
        server.psql(f"ALTER SYSTEM SET archive_command = 'cp %p {self.archive}/%f'")
        server.stop()
        server.start()
        self.chain = Chain(server.client())

    def publish(self, count=3):
        client = self.server.client(self.chain.erp.key)
        sent = [client.post("/v1/invoices", self.chain.invoice()).json()["id"]
                for _ in range(count)]
        return [self.proof(one) for one in sent]

    def proof(self, record_id):
        got = self.server.client(self.chain.erp.key).get(
            f"/v1/records/{record_id}/proof", headers={"Prefer": "wait=50"})
        assert got.status == 200, got
        return got.json()

    def backup(self):
        subprocess.run(
            ["pg_basebackup", "-d", self.server.cluster_url(), "-D", str(self.data / "base"),
             "-c", "fast", "-X", "none"], check=True, capture_output=True)

    def archive_all(self):
        """What was written so far is in the archive."""
        segment = self.server.psql("SELECT pg_walfile_name(pg_switch_wal())")
        wait_until((self.archive / segment).exists, 20, f"{segment} is archived")

    def recover(self, *settings):
        """The base backup, and of the archive what the settings say."""
        self.server.stop()
        shutil.rmtree(self.data / "pg")
        subprocess.run(["cp", "-a", self.data / "base", self.data / "pg"], check=True)
        (self.data / "pg" / "recovery.signal").touch()
        with open(self.data / "pg" / "postgresql.auto.conf", "a", encoding="utf-8") as conf:
            conf.write(f"restore_command = 'cp {self.archive}/%f %p'\nhot_standby = off\n")
            conf.writelines(f"{one}\n" for one in settings)
        subprocess.run(["chown", "-R", f"--reference={self.data / 'run'}", self.data / "pg"],
                       check=True)
        self.server.start()


def test_recovered_to_a_moment_and_to_the_end():
    with Server() as server:
        story = Archived(server)
        before = story.publish()
        story.backup()
        story.publish()
        server.psql("SELECT pg_create_restore_point('noon')")
        lost = story.publish()
        story.archive_all()

        story.recover("recovery_target_name = 'noon'", "recovery_target_action = 'promote'")
        client = server.client(story.chain.erp.key)
        view = client.get(f"/v1/chains/{story.chain.erp.id}").json()
        assert view["halted"] is True
        assert before[-1]["tree_size"] < view["sealed_size"] < view["published_size"]
        assert view["published_size"] == lost[-1]["tree_size"]
        refused = client.post("/v1/invoices", story.chain.invoice())
        assert refused.status == 503 and refused.json()["code"] == "log-restored"
        assert story.proof(before[0]["record"]["id"]) == before[0]
        assert client.get(f"/v1/records/{lost[0]['record']['id']}").status == 404

        # The base backup once more, and now its own log to the end: nothing is missing. The latest
        # timeline would be the one that began at noon.
        story.recover("recovery_target_timeline = 'current'")
        view = client.get(f"/v1/chains/{story.chain.erp.id}").json()
        assert "halted" not in view and view["sealed_size"] == lost[-1]["tree_size"]
        for one in (before[0], lost[-1]):
            assert story.proof(one["record"]["id"]) == one
        more = story.publish(1)[0]
        assert more["tree_size"] > lost[-1]["tree_size"] and more["origin"] == lost[-1]["origin"]
        merkle.verify_proof(more)
        server.stop()
        assert scfd("audit", "--data", server.data).returncode == 0
        server.start()
