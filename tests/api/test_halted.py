"""While nothing may be written because a witness has seen more than the database has: what shows or
ends that is let through (docs/restore.md)."""
from harness.server import Server, wait_until
from harness.tlog import Cosigner
from harness.witnesses import Sealed, add_witness


def test_what_is_let_through():
    with Server(flags=["--seal-interval-ms", "100"]) as server:
        chain, admin = Sealed(server), server.client()
        chain.grow(2)
        note = admin.get(f"/v1/chains/{chain.id}/checkpoint").body.decode()
        witness = add_witness(server, "http://127.0.0.1:1/w", Cosigner("w.test").vkey)
        server.psql("INSERT INTO scfd.seal_refusal (chain_id, reason, published_size, seen_at)"
                    " SELECT id, 'ahead', 1000, now() FROM scfd.chain LIMIT 1")

        def write():
            return chain.node.client.post("/v1/invoices", chain.parties.invoice())

        wait_until(lambda: write().status == 503, 30, "nothing is written")
        assert write().json()["code"] == "log-restored"
        for _ in range(2):
            shown = chain.node.client.post("/v1/witness/observations", {"checkpoint": note})
            assert shown.status == 200 and shown.json()["verdict"] == "consistent", shown
        answer = admin.call("PUT", f"/v1/chains/{chain.id}/witness-quorum", {"quorum": 0})
        assert answer.status == 200, answer
        assert admin.delete(f"/v1/witnesses/{witness}").status == 204
        assert admin.post("/v1/witness/logs", {}).json()["code"] == "log-restored"
        server.psql("DELETE FROM scfd.seal_refusal")
        wait_until(lambda: write().status == 201, 30, "it goes on")
