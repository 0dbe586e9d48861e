"""Receivables under claims: what is held of one is held of its invoice too, whoever lends."""
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from harness import bodies
from test_credit import story  # noqa: F401
from test_lending import fresh, key  # noqa: F401
from test_limits import account, assert_sums, hold, invoice, release, reserve, rival_of
from test_receivables import HASH

ROUNDS = 60


def offer(chain, invoice_id, lender, submit=True):
    """A receivable of the seller on the invoice, offered to the lender."""
    client = chain.erp.client
    body = {"invoice_id": invoice_id, "lender_id": lender.id, "kind": "factoring_with_recourse"}
    made = client.post("/v1/receivables", body, key())
    assert made.status == 201, made
    if submit:
        step(chain, made.json()["id"], "submit")
    return made.json()["id"]


def step(chain, receivable_id, name, client=None, **members):
    path = f"/v1/receivables/{receivable_id}/steps"
    answer = (client or chain.erp.client).post(path, {"step": name, **members}, key())
    assert answer.status == 201, answer
    return answer.json()


def reserve_of(chain, amount, receivables, client=None, **members):
    named = [{"receivable_id": i, "amount": a} for i, a in receivables]
    return reserve(chain, amount, client=client, receivables=named, **members)


@pytest.fixture
def due(fresh):  # noqa: F811
    """An invoice with a due day."""
    fresh.invoice_id, fresh.body = invoice(fresh, due_on=bodies.days_ago(-60))
    return fresh


def test_both_fingerprints_are_claimed_and_shown(admin, due):
    receivable = offer(due, due.invoice_id, due.lender)
    answer = reserve_of(due, "500.00", [(receivable, "600.00")])
    assert answer.status == 201, answer
    fen = int(Decimal(due.body["total_amount"]) * 100)
    ar = "|".join(
        (due.seller["uscc"], due.buyer["uscc"], due.contract_no.upper(), due.body["invoice_no"],
         str(fen), due.body["due_on"])
    )
    inv = "|".join(
        ("", due.body["invoice_no"], due.body["issued_on"], str(fen), due.seller["uscc"],
         due.buyer["uscc"])
    )
    claims = [
        {
            "invoice_id": due.invoice_id,
            "fingerprint": hashlib.sha256(inv.encode()).hexdigest(),
            "amount": "600.00",
            "receivable_id": receivable,
            "receivable_fingerprint": hashlib.sha256(ar.encode()).hexdigest(),
        }
    ]
    assert answer.json()["claims"] == claims
    assert due.lender.client.get(answer.headers["Location"]).json()["claims"] == claims
    named = reserve(due, "1.00", [(due.invoice_id, "1.00")])  # and with the invoice, unnamed
    both = named.json()["claims"] + claims
    assert len({c["receivable_fingerprint"] for c in both}) == 1


def test_two_lenders_cannot_hold_receivables_of_one_invoice(admin, due):
    rival, assessment = rival_of(due, admin)
    ours, theirs = (offer(due, due.invoice_id, node) for node in (due.lender, rival))
    won = reserve_of(due, "1.00", [(ours, "113000.00")]).json()
    lost = reserve_of(
        due, "0.01", [(theirs, "0.01")], client=rival.client, assessment_id=assessment
    )
    assert (lost.status, lost.json()["code"]) == (409, "already-claimed"), lost
    assert lost.json()["claimed"] == [
        {
            "invoice_id": due.invoice_id,
            "fingerprint": won["claims"][0]["fingerprint"],
            "receivable_id": theirs,
            "receivable_fingerprint": won["claims"][0]["receivable_fingerprint"],
            "since": won["received_at"],
            "until": won["expires_at"],
            "remaining": "0.00",
        }
    ]
    for secret in (ours, won["id"], due.lender.id):
        assert secret.encode() not in lost.body
    by_invoice = reserve(
        due, "0.01", [(due.invoice_id, "0.01")], client=rival.client, assessment_id=assessment
    )
    assert by_invoice.json()["code"] == "already-claimed"
    assert release(due, won["id"]).status == 200
    assert reserve_of(
        due, "1.00", [(theirs, "113000.00")], client=rival.client, assessment_id=assessment
    ).status == 201


def test_what_may_be_named(admin, due):
    rival, _ = rival_of(due, admin)
    theirs = offer(due, due.invoice_id, rival)
    draft = offer(due, due.invoice_id, due.lender, submit=False)
    for unknown in (theirs, draft, "rcv_00000000000000000000000001"):
        answer = reserve_of(due, "1.00", [(unknown, "1.00")])
        assert answer.status == 422, answer
        fault = answer.json()["errors"][0]
        assert (fault["pointer"], fault["code"]) == (
            "#/receivables/0/receivable_id", "unknown-reference")
    step(due, draft, "submit")
    twice = reserve_of(due, "1.00", [(draft, "1.00"), (draft, "1.00")])
    assert twice.json()["errors"][0]["pointer"] == "#/receivables/1/receivable_id"
    step(due, draft, "release", reason="改由他行办理")
    assert reserve_of(due, "1.00", [(draft, "1.00")]).status == 422
    assert account(due)["held"] == "0.00"


def test_no_more_than_is_left_of_the_receivable(due):
    receivable = offer(due, due.invoice_id, due.lender)
    client = due.lender.client
    step(due, receivable, "search", client, entries=[], document_sha256=HASH)
    step(due, receivable, "verify_invoice", client, result="partially_red",
         remaining_amount="1000.00")
    over = reserve_of(due, "1.00", [(receivable, "1000.01")])
    assert over.status == 422
    assert over.json()["errors"][0]["pointer"] == "#/receivables/0/amount"
    assert reserve_of(due, "1.00", [(receivable, "600.00")]).status == 201
    rest = reserve_of(due, "1.00", [(receivable, "400.01")])
    assert (rest.status, rest.json()["code"]) == (409, "already-claimed")
    assert reserve_of(due, "1.00", [(receivable, "400.00")]).status == 201


def test_lenders_race_for_the_receivables_of_one_invoice(server, admin, fresh):  # noqa: F811
    """Just one wins each, and no head is claimed beyond what it is worth."""
    rival, assessment = rival_of(fresh, admin)
    pairs = []
    for _ in range(ROUNDS):
        invoice_id, _ = invoice(fresh, due_on=bodies.days_ago(-60))
        pairs.append([offer(fresh, invoice_id, node) for node in (fresh.lender, rival)])
    both = ((fresh.lender, fresh.assessment["id"]), (rival, assessment))
    barrier = threading.Barrier(2, timeout=60)

    def race(side):
        node, asm = both[side]
        client, statuses = node.client.copy(), []
        for pair in pairs:
            named = [{"receivable_id": pair[side], "amount": "113000.00"}]
            body = hold(fresh, "0.01", assessment_id=asm, receivables=named)
            barrier.wait()
            answer = client.post("/v1/limit-holds", body, key())
            assert answer.status == 201 or answer.json()["code"] == "already-claimed", answer
            statuses.append(answer.status)
        return statuses

    with ThreadPoolExecutor(2) as pool:
        ours, theirs = pool.map(race, range(2))
    assert all(sorted(s) == [201, 409] for s in zip(ours, theirs))
    sums = "SELECT count(*) FROM scfd.claim_head h WHERE claimed <> (SELECT coalesce(sum(amount)," \
        " 0) FROM scfd.claim c WHERE c.invoice_key = h.invoice_key AND status = 0)" \
        " OR claimed > net"
    assert server.psql(sums).strip() == "0"
    assert account(fresh)["held"] == f"{ROUNDS / 100:.2f}"
    assert_sums(fresh)
