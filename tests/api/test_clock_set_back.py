"""A clock that was ten years ahead for some seconds and was set back: what looks at the time to
know whether it is its turn must not rest until that time comes."""
import time
from contextlib import closing

import pytest

from harness import bodies, tsa
from harness.server import Server, wait_until
from harness.tlog import text_of
from harness.witnesses import Peer, Sealed, add_witness
from harness.world import moment, must

TEN_YEARS = 3660 * 86400  # beyond the certificate that the server made itself


@pytest.fixture(scope="module")
def server():
    flags = ["--seal-interval-ms", "100", "--witness-interval-s", "1"]
    with Server(flags=flags) as running:
        yield running


@pytest.fixture
def authority():
    with tsa.Authority() as running:
        yield running


def cosign(peer):
    return lambda old, note: (
        200, peer.cosigner.cosign(text_of(note), int(time.time())).encode())


def pending(server):
    return server.psql("SELECT count(*) FROM scfd.anchor_entry WHERE state = 0 AND attempt > 0"
                       " AND due_at > now() + interval '1 year'") != "0"


def confirmed(server):
    return int(server.psql("SELECT count(*) FROM scfd.anchor_entry WHERE state = 2"))


@pytest.mark.parametrize("restarted", [False, True])
def test_anchors_and_witnesses_go_on(server, authority, restarted):
    admin, chain = server.client(), Sealed(server)
    settings = {"ca_pem": authority.ca_pem}
    for name in ("a", "b"):  # one that gave a proof in that time, one that was away
        must(admin.post("/v1/anchor-targets", {
            "name": f"{name}-{restarted}".lower(), "kind": "rfc3161", "interval_s": 1,
            "url": authority.url, "settings": settings,
        }))
    with closing(Peer()) as good, closing(Peer()) as away:
        good.answer, away.answer = cosign(good), lambda old, note: (500, b"")
        for peer in (good, away):
            add_witness(server, peer.url, peer.cosigner.vkey)
        chain.want(2)
        chain.grow()
        server.clock.shift(TEN_YEARS)
        before = confirmed(server)
        chain.grow()
        wait_until(lambda: confirmed(server) > before, 20, "a proof in that time")
        authority.fault = "down"
        chain.grow()
        wait_until(lambda: pending(server), 20, "an entry is put off")
        wait_until(lambda: server.psql(
            "SELECT count(*) FROM scfd.witness_shown WHERE due_at > now() + interval '1 year'"
        ) != "0", 20, "a witness is left alone")
        if restarted:
            server.stop()
            server.clock.real()
            server.start()
        else:
            server.clock.real()
        authority.fault, away.answer = None, cosign(away)
        size = chain.grow()
        wait_until(lambda: not pending(server), 20, "nothing rests")
        before = confirmed(server)
        chain.cosigned(size, 20)
        chain.grow()
        wait_until(lambda: confirmed(server) >= before + 2, 20, "both targets take ticks")


def test_records_beyond_the_signer_s_certificate(server):
    """The operator has to renew it, and is told so: it is no fault of the server."""
    chain = Sealed(server)
    server.clock.shift(TEN_YEARS)
    try:
        record = must(chain.node.client.post("/v1/invoices", chain.parties.invoice()))["id"]
        answer = chain.node.client.get(f"/v1/records/{record}/evidence", {"Prefer": "wait=50"},
                                       timestamp="none")
    finally:
        server.clock.real()
    assert answer.status == 503 and answer.json()["code"] == "evidence-certificate-ended", answer
    path = f"/v1/records/{record}/preservation-certificate"
    assert chain.node.client.get(path).status in (200, 500)  # 500: no font here


def test_a_job_ordered_in_that_time_runs(server):
    """It also keeps others like it from being ordered."""
    server.psql("INSERT INTO scfd.job (id, kind, dedupe_key, payload, due_at, created_at) VALUES"
                " (gen_random_uuid(), 'erasure-sweep', 'sweep', '{}', now() + interval '10 years',"
                " now() + interval '10 years')")
    sealed = Sealed(server)
    record = must(sealed.node.client.post("/v1/invoices", sealed.parties.invoice()))["id"]
    must(server.client().post(f"/v1/records/{record}/erasure", {
        "reason": "x", "legal_basis": "court_order", "requested_by": "a court",
        "requested_at": moment(60), "reference": bodies.unique("order"),
    }))
    wait_until(lambda: server.psql("SELECT swept_at IS NOT NULL FROM scfd.erasure"
                                   " ORDER BY erased_at DESC LIMIT 1") == "t", 20, "it is swept")
