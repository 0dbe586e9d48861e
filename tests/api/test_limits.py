"""Limit accounts, holds and claims: balances, partial financing, who learns what, expiry, races."""
import hashlib
import json
import random
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from harness import bodies, merkle
from harness.client import encode
from harness.parties import make_enterprise, make_node
from harness.server import scfd, wait_until
from test_credit import assess, story  # noqa: F401
from test_lending import decide, fresh, key, lend, loan, repayment  # noqa: F401


def hold(chain, amount, invoices=(), **members):
    """`invoices`: pairs of id and amount."""
    return {
        "external_id": bodies.unique("hold"),
        "assessment_id": chain.assessment["id"],
        "contract_id": chain.contract_id,
        "amount": amount,
        "currency": "CNY",
        "invoices": [{"invoice_id": i, "amount": a} for i, a in invoices],
        **members,
    }


def reserve(chain, amount, invoices=(), client=None, **members):
    client = client or chain.lender.client
    return client.post("/v1/limit-holds", hold(chain, amount, invoices, **members), key())


def release(chain, hold_id, client=None):
    return (client or chain.lender.client).post(f"/v1/limit-holds/{hold_id}/release", {})


def invoice(chain, node=None, **members):
    body = chain.invoice(contract_no=chain.contract_no, **members)
    answer = (node or chain.erp).client.post("/v1/invoices", body)
    assert answer.status == 201, answer
    return answer.json()["id"], body


def account(chain, client=None):
    found = (client or chain.erp.client).get(
        "/v1/limit-accounts", contract_id=chain.contract_id
    ).json()["data"]
    assert len(found) == 1
    return found[0]


def rival_of(chain, admin):
    """Another lender that the same assessment's contract was offered to, with its own."""
    bank = make_enterprise(admin, roles=["lender"], enterprise_type="financial_institution")
    node = make_node(admin, "lender", bank["id"])
    other = assess(admin, chain, lender_ids=[node.id])
    return node, other["id"]


def assert_sums(chain):
    """Balances are the sums of the entries, as the borrower sees them all."""
    shown = account(chain)
    entries = chain.erp.client.get(
        f"/v1/limit-accounts/{shown['id']}/entries", limit=500
    ).json()["data"]
    for balance in ("granted", "held", "used"):
        assert sum(Decimal(e[balance]) for e in entries) == Decimal(shown[balance]), balance
    assert shown["version"] == len(entries)
    assert [e["seq"] for e in entries] == list(range(1, len(entries) + 1))
    return shown, entries


# ---- accounts ----


def test_an_assessment_grants_its_limit(fresh):
    shown = account(fresh)
    assert shown["granted"] == shown["initial"] == fresh.assessment["recommended_limit"]
    assert (shown["held"], shown["used"], shown["increments"]) == ("0.00", "0.00", "0.00")
    again = assess(fresh.erp.client, fresh)
    assert again["recommended_limit"] == fresh.assessment["recommended_limit"]
    shown, entries = assert_sums(fresh)
    assert [e["type"] for e in entries] == ["initial"], "two assessments share one limit"


def test_a_request_caps_the_assessment_not_the_account(fresh):
    before = account(fresh)["granted"]
    assess(fresh.erp.client, fresh, requested_amount="10.00", currency="CNY")
    assert account(fresh)["granted"] == before


def test_who_sees_an_account(admin, fresh):
    shown = account(fresh)
    path = f"/v1/limit-accounts/{shown['id']}"
    for client in (admin, fresh.erp.client, fresh.lender.client):
        assert client.get(path).status == 200
        assert client.get(path + "/entries").status == 200
        listed = client.get("/v1/limit-accounts", borrower_id=fresh.seller["id"]).json()["data"]
        assert [a["id"] for a in listed] == [shown["id"]]
    strangers = [make_node(admin, kind).client for kind in ("erp", "lender")]
    for client in (*strangers, fresh.procurement.client):
        assert client.get(path).status == 404
        assert client.get(path + "/entries").status == 404
        assert client.get("/v1/limit-accounts").json()["data"] == []


def test_pages_of_accounts(admin, fresh):
    """The same pages for borrower, lender and administrator, whatever leads to the accounts; a node
    that is both sees each account once."""
    for _ in range(2):
        fresh.contract_id = fresh.erp.client.post("/v1/contracts", fresh.contract()).json()["id"]
        assess(admin, fresh)
    both = make_node(admin, "lender", fresh.seller["id"])
    assess(admin, fresh, lender_ids=[both.id])
    everything = admin.get("/v1/limit-accounts", borrower_id=fresh.seller["id"]).json()["data"]
    ids = [a["id"] for a in everything]
    assert len(ids) == 3
    for client in (fresh.erp.client, fresh.lender.client, both.client):
        for order in ("asc", "desc"):
            found, after = [], {}
            for _ in ids:
                page = client.get("/v1/limit-accounts", limit=1, order=order, **after).json()
                found += [a["id"] for a in page["data"]]
                after = {"after": page["next_cursor"]} if page["has_more"] else {}
            assert found == (ids if order == "asc" else ids[::-1])
            assert after == {}


def test_a_borrower_gets_no_account_of_anothers_contract(admin, fresh):
    """An assessment may name a contract under which the borrower buys: a loan under the assessment
    makes no account of it, which would be the borrower's to see instead of the seller's."""
    erp = fresh.procurement.client
    sold = erp.post("/v1/contracts", fresh.contract()).json()["id"]
    resale = bodies.contract(fresh.buyer["ref"], make_enterprise(admin)["ref"])
    resold = erp.post("/v1/contracts", resale).json()["id"]
    for hours in (20, 12, 4):
        event = bodies.event(resold, fresh.buyer["id"], occurred_at=bodies.hours_ago(hours))
        assert erp.post("/v1/workflow-events", event).status == 201
    fresh.assessment = assess(
        admin, fresh, borrower_id=fresh.buyer["id"], contract_ids=[sold, resold]
    )
    decided = decide(fresh, annual_rate="0")["id"]
    paid = lend(
        fresh, decided, "1.00", borrower_id=fresh.buyer["id"], contract_ids=[sold, resold],
        interest={"type": "fixed", "annual_rate": "0"},
    )
    assert paid.status == 201, paid
    back = repayment(paid.json()["id"], "1.00")
    assert fresh.lender.client.post("/v1/repayments", back, key()).status == 201
    theirs = erp.get("/v1/limit-accounts", borrower_id=fresh.buyer["id"]).json()["data"]
    assert [a.get("contract_id") for a in theirs] == [resold]
    listed = admin.get("/v1/limit-accounts", contract_id=sold).json()["data"]
    assert listed == []


def test_pages_of_entries(fresh):
    for _ in range(3):
        assert reserve(fresh, "1.00").status == 201
    path = f"/v1/limit-accounts/{account(fresh)['id']}/entries"
    seen, after = [], {}
    while True:
        page = fresh.erp.client.get(path, limit=1, **after).json()
        seen += [e["type"] for e in page["data"]]
        if not page["has_more"]:
            break
        after = {"after": page["next_cursor"]}
    assert seen == ["initial", "hold", "hold", "hold"]
    down = fresh.erp.client.get(path, order="desc").json()["data"]
    assert [e["seq"] for e in down] == [4, 3, 2, 1]


# ---- holds ----


def test_a_hold_is_a_record_with_fingerprints(fresh):
    """The fingerprint is CR-7.1's, over the invoice's own data."""
    invoice_id, body = invoice(fresh)
    sent = hold(fresh, "500.00", [(invoice_id, "600.00")])
    answer = fresh.lender.client.post("/v1/limit-holds", sent, key())
    assert answer.status == 201, answer
    made = answer.json()
    total = int(Decimal(body["total_amount"]) * 100)
    text = "|".join(
        ("", body["invoice_no"], body["issued_on"], str(total), fresh.seller["uscc"],
         fresh.buyer["uscc"])
    )
    assert made["claims"] == [
        {
            "invoice_id": invoice_id,
            "fingerprint": hashlib.sha256(text.encode()).hexdigest(),
            "amount": "600.00",
        }
    ]
    assert made["account"]["held"] == "500.00"
    assert fresh.lender.client.get(answer.headers["Location"]).json()["status"] == "held"
    record = fresh.lender.client.get(f"/v1/records/{made['id']}").json()
    assert record["sha256"] == made["sha256"]
    client = fresh.lender.client
    proof = wait_until(
        lambda: client.get(f"/v1/records/{made['id']}/proof").status == 200
        and client.get(f"/v1/records/{made['id']}/proof").json(),
        10,
        "proof of the hold",
    )
    merkle.verify_proof(proof)
    listed = client.get("/v1/limit-holds", status="held").json()["data"]
    assert [h["id"] for h in listed] == [made["id"]]
    for other in (fresh.erp.client, fresh.procurement.client):
        assert other.get(f"/v1/limit-holds/{made['id']}").status == 404
    assert_sums(fresh)


def test_the_same_fingerprint_from_every_node(fresh):
    """Two nodes report the invoice, the one with blanks in the number: one invoice, one claim."""
    invoice_id, body = invoice(fresh)
    spaced = {**body, "external_id": bodies.unique("inv")}
    theirs = fresh.procurement.client.post("/v1/invoices", spaced).json()["id"]
    total = body["total_amount"]
    first = reserve(fresh, "1.00", [(invoice_id, "1.00")]).json()
    second = reserve(fresh, "1.00", [(theirs, "1.00")]).json()
    assert first["claims"][0]["fingerprint"] == second["claims"][0]["fingerprint"]
    over = reserve(fresh, "1.00", [(theirs, str(Decimal(total) - Decimal("1.99")))])
    assert (over.status, over.json()["code"]) == (409, "already-claimed")
    assert over.json()["claimed"][0]["remaining"] == str(Decimal(total) - 2)


def test_a_hold_stays_within_what_is_available(fresh):
    limit = Decimal(fresh.assessment["recommended_limit"])
    over = reserve(fresh, str(limit + Decimal("0.01")))
    assert (over.status, over.json()["code"]) == (409, "limit-exceeded"), over
    assert over.json()["available"] == str(limit)
    assert reserve(fresh, str(limit)).status == 201
    assert reserve(fresh, "0.01").status == 409
    decided = decide(fresh)
    assert lend(fresh, decided["id"], "0.01").json()["code"] == "limit-exceeded"
    assert_sums(fresh)


@pytest.mark.parametrize(
    "members, pointer",
    [
        ({"amount": "0.00"}, "#/amount"),
        ({"assessment_id": None}, "#/assessment_id"),
        ({"expires_at": bodies.hours_ago(1)}, "#/expires_at"),
        ({"expires_at": bodies.hours_ago(-1000)}, "#/expires_at"),
        ({"contract_id": "ctr_00000000000000000000000001"}, "#/contract_id"),
        ({"assessment_id": "asm_00000000000000000000000001"}, "#/assessment_id"),
        ({"decision_id": "dec_00000000000000000000000001"}, "#/decision_id"),
        ({"invoices": [{"invoice_id": "inv_00000000000000000000000001", "amount": "1.00"}]},
         "#/invoices/0/invoice_id"),
        ({"invoices": [{"invoice_id": "inv_00000000000000000000000001", "amount": "1.00"}] * 2},
         "#/invoices/1/invoice_id"),
    ],
)
def test_rules_of_holds(fresh, members, pointer):
    answer = reserve(fresh, members.pop("amount", "1.00"), **members)
    assert answer.status == 422, answer
    assert pointer in {e["pointer"] for e in answer.json()["errors"]}, answer
    assert account(fresh)["held"] == "0.00"


def test_only_lenders_it_was_addressed_to_hold(admin, fresh):
    stranger = make_node(admin, "lender", make_enterprise(admin, roles=["lender"])["id"])
    answer = reserve(fresh, "1.00", client=stranger.client)
    assert answer.status == 422
    assert answer.json()["errors"][0]["code"] == "unknown-reference"
    assert reserve(fresh, "1.00", client=fresh.erp.client).status == 403


def test_sending_it_again(fresh):
    client, headers, body = fresh.lender.client, key(), hold(fresh, "5.00")
    first = client.post("/v1/limit-holds", body, headers)
    again = client.post("/v1/limit-holds", body, headers)
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    other_key = client.post("/v1/limit-holds", body, key())
    assert other_key.status == 200 and other_key.json()["id"] == first.json()["id"]
    reused = client.post("/v1/limit-holds", {**body, "amount": "6.00"}, headers)
    assert (reused.status, reused.json()["code"]) == (422, "idempotency-key-reused")
    changed = client.post("/v1/limit-holds", {**body, "amount": "6.00"}, key())
    assert (changed.status, changed.json()["code"]) == (409, "external-id-conflict")
    assert account(fresh)["held"] == "5.00"


def test_releasing(fresh):
    invoice_id, _ = invoice(fresh)
    made = reserve(fresh, "5.00", [(invoice_id, "113000.00")]).json()
    assert reserve(fresh, "0.01", [(invoice_id, "0.01")]).status == 409
    back = release(fresh, made["id"])
    assert (back.status, back.json()["status"]) == (200, "released"), back
    assert release(fresh, made["id"]).status == 200  # again is fine
    assert account(fresh)["held"] == "0.00"
    assert reserve(fresh, "1.00", [(invoice_id, "113000.00")]).status == 201
    assert release(fresh, "hold_00000000000000000000000001").status == 404
    assert_sums(fresh)


def test_an_expired_hold_blocks_nobody(admin, fresh, server):
    """At once, by whoever comes next; and the task books and journals what nobody asks for."""
    invoice_id, body = invoice(fresh, net="1000000.00")
    soon = {"expires_at": bodies.hours_ago(-10 / 3600)}
    limit, all_of_it = fresh.assessment["recommended_limit"], [(invoice_id, body["total_amount"])]
    made = reserve(fresh, limit, all_of_it, **soon)
    assert made.status == 201, made
    wait_until(
        lambda: reserve(fresh, limit, all_of_it).status == 201, 10, "expiry"
    )
    path = f"/v1/limit-holds/{made.json()['id']}"
    assert fresh.lender.client.get(path).json()["status"] == "expired"
    late = release(fresh, made.json()["id"])
    assert (late.status, late.json()["code"]) == (409, "wrong-state")
    step = "SELECT count(*) FROM scfd.record WHERE kind = 13 AND external_id LIKE '%/expired'" \
        " AND contract_key = (SELECT contract_key FROM scfd.limit_account WHERE borrower_id ="  \
        " (SELECT id FROM scfd.enterprise WHERE uscc = '" + fresh.seller["uscc"] + "'))"
    wait_until(lambda: server.psql(step).strip() == "1", 10, "the journal of the expiry")
    _, entries = assert_sums(fresh)
    assert [e["type"] for e in entries] == ["initial", "hold", "expire", "hold"]


def test_the_borrower_is_told_not_by_whom(admin, fresh):
    def told():
        listed = fresh.erp.client.get("/v1/events", limit=500).json()["data"]
        return [e for e in listed if e["type"].startswith("limit_account.")]

    def until(*types):
        want = [f"limit_account.{t}" for t in types]
        wait_until(lambda: [e["type"] for e in told()] == want, 10, f"events {types}")

    made = reserve(fresh, "5.00").json()
    until("held")
    assert release(fresh, made["id"]).status == 200
    until("held", "released")
    soon = reserve(fresh, "5.00", expires_at=bodies.hours_ago(-10 / 3600))
    assert soon.status == 201, soon
    until("held", "released", "held", "expired")
    assert {e["id"] for e in told()} == {account(fresh)["id"]}
    seen = json.dumps(told())
    for secret in (fresh.lender.id, made["id"], soon.json()["id"]):
        assert secret not in seen
    listed = fresh.lender.client.get("/v1/events", limit=500).json()["data"]
    assert not [e for e in listed if e["type"] == "limit_account.held"]


# ---- claims ----


def test_the_loser_learns_which_and_when_but_not_who(admin, fresh):
    rival, assessment = rival_of(fresh, admin)
    invoice_id, _ = invoice(fresh)
    won = reserve(fresh, "1.00", [(invoice_id, "113000.00")]).json()
    lost = reserve(
        fresh, "1.00", [(invoice_id, "1.00")], client=rival.client, assessment_id=assessment
    )
    assert (lost.status, lost.json()["code"]) == (409, "already-claimed"), lost
    told = lost.json()["claimed"]
    assert [t["invoice_id"] for t in told] == [invoice_id]
    assert told[0]["since"] == won["received_at"]
    assert told[0]["until"] == won["expires_at"]
    assert told[0]["remaining"] == "0.00"
    assert fresh.lender.id not in lost.body.decode() and won["id"] not in lost.body.decode()
    shown = rival.client.get("/v1/limit-accounts", contract_id=fresh.contract_id).json()["data"]
    entries = rival.client.get(f"/v1/limit-accounts/{account(fresh)['id']}/entries").json()["data"]
    assert {e["type"] for e in entries} == {"initial"}, "what others hold is not told"
    assert shown == [] or shown[0]["held"] == "1.00"
    decided = decide(fresh)
    assert lend(fresh, decided["id"], "1.00", contract_ids=[fresh.contract_id],
                invoice_ids=[invoice_id]).json()["code"] == "already-claimed"
    paid = lend(fresh, decided["id"], "1.00", hold_id=won["id"])
    assert paid.status == 201, paid
    lost = reserve(
        fresh, "1.00", [(invoice_id, "1.00")], client=rival.client, assessment_id=assessment
    )
    assert "until" not in lost.json()["claimed"][0], "a loan has no end that is known"


def test_partial_financing_never_exceeds_the_net_invoice(fresh):
    invoice_id, body = invoice(fresh)  # 113 000.00
    assert reserve(fresh, "1.00", [(invoice_id, "113000.01")]).status == 422
    for amount in ("60000.00", "53000.00"):
        assert reserve(fresh, "1.00", [(invoice_id, amount)]).status == 201
    assert reserve(fresh, "0.01", [(invoice_id, "0.01")]).status == 409


def red_letter(chain, original, node=None, net="-40000.00"):
    body = chain.invoice(
        net=net, red_invoice=True, original_invoice_no=original["invoice_no"],
        red_confirmation_no=bodies.unique("RC"), contract_no=chain.contract_no,
    )
    body["lines"][0]["quantity"] = "-100"
    body["lines"][0]["unit_price"] = str(abs(Decimal(net)) / 100)
    answer = (node or chain.erp).client.post("/v1/invoices", body)
    assert answer.status == 201, answer


def test_red_letters_lower_what_can_be_claimed(admin, fresh):
    invoice_id, body = invoice(fresh)
    red_letter(fresh, body)  # 45 200.00 less
    stranger = make_node(admin, "erp", make_enterprise(admin)["id"])
    red_letter(fresh, body, stranger)  # whose word does not count
    over = reserve(fresh, "1.00", [(invoice_id, "67800.01")])
    assert over.status == 422 and "67800.00" in over.json()["errors"][0]["detail"], over
    assert reserve(fresh, "1.00", [(invoice_id, "67800.00")]).status == 201


@pytest.mark.parametrize("change", ["amount", "number"])
def test_a_correction_opens_no_second_financing(fresh, change):
    invoice_id, body = invoice(fresh)
    assert reserve(fresh, "1.00", [(invoice_id, "113000.00")]).status == 201
    if change == "amount":
        body = fresh.invoice(net="200000.00", invoice_no=body["invoice_no"])
    else:
        body = {**body, "invoice_no": body["invoice_no"][:-4] + "9999"}
    body = {**body, "external_id": bodies.unique("inv"), "revises_id": invoice_id,
            "contract_no": fresh.contract_no}
    corrected = fresh.erp.client.post("/v1/invoices", body)
    assert corrected.status == 201, corrected
    if change == "amount":  # 226 000.00 now; what was claimed before counts on
        rest = [(corrected.json()["id"], "100000.00")]
        assert reserve(fresh, "1.00", rest).status == 201
    over = "13000.01" if change == "amount" else "0.01"
    again = reserve(fresh, "0.01", [(corrected.json()["id"], over)])
    assert (again.status, again.json()["code"]) == (409, "already-claimed"), again
    if change == "number":  # as the buyer reports it, who knows nothing of a correction
        theirs = {**body, "external_id": bodies.unique("inv")}
        del theirs["revises_id"]
        theirs = fresh.procurement.client.post("/v1/invoices", theirs).json()["id"]
        again = reserve(fresh, "1.00", [(theirs, "1.00")])
        assert (again.status, again.json()["code"]) == (409, "already-claimed"), again


def test_all_or_nothing(fresh):
    free, _ = invoice(fresh)
    taken, _ = invoice(fresh)
    assert reserve(fresh, "1.00", [(taken, "113000.00")]).status == 201
    lost = reserve(fresh, "1.00", [(free, "1.00"), (taken, "1.00")])
    assert [c["invoice_id"] for c in lost.json()["claimed"]] == [taken]
    assert reserve(fresh, "1.00", [(free, "113000.00")]).status == 201


# ---- loans ----


def test_a_loan_uses_its_hold(fresh):
    invoice_id, _ = invoice(fresh)
    decided = decide(fresh, annual_rate="0")["id"]
    made = reserve(fresh, "500.00", [(invoice_id, "600.00")], decision_id=decided).json()
    free = {"interest": {"type": "fixed", "annual_rate": "0"}}
    over = lend(fresh, decided, "500.01", hold_id=made["id"], **free)
    assert (over.status, over.json()["code"]) == (409, "limit-exceeded"), over
    both = lend(fresh, decided, "1.00", hold_id=made["id"], invoice_ids=[invoice_id], **free)
    assert both.status == 422
    paid = lend(fresh, decided, "400.00", hold_id=made["id"], **free)
    assert paid.status == 201, paid
    shown, entries = assert_sums(fresh)
    assert (shown["held"], shown["used"]) == ("0.00", "400.00")
    assert [e["type"] for e in entries] == ["initial", "hold", "release", "use"]
    used = fresh.lender.client.get(f"/v1/limit-holds/{made['id']}").json()
    assert (used["status"], used["loan_id"]) == ("used", paid.json()["id"])
    assert used["claims"][0]["amount"] == "600.00"
    twice = lend(fresh, decided, "1.00", hold_id=made["id"], **free)
    assert (twice.status, twice.json()["code"]) == (409, "wrong-state")
    assert reserve(fresh, "1.00", [(invoice_id, "112400.01")]).status == 409
    client = fresh.lender.client
    back = client.post("/v1/repayments", repayment(paid.json()["id"], "400.00"), key()).json()
    shown, _ = assert_sums(fresh)
    assert shown["used"] == "0.00"
    other = reserve(fresh, "1.00", [(invoice_id, "113000.00")]).json()["id"]
    reversal = repayment(paid.json()["id"], "400.00", reversal_of=back["id"])
    assert client.post("/v1/repayments", reversal, key()).status == 201
    shown, _ = assert_sums(fresh)
    assert shown["used"] == "400.00"  # it happened; the invoice is claimed above its worth
    assert release(fresh, other).status == 200  # claimed beyond its net by both



@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_reversal_takes_the_claims_back(admin, fresh, server, meanwhile):
    """Also where another has claimed a part meanwhile: what is lent twice is not lent a third time,
    not even when the other lets go."""
    decided = decide(fresh, annual_rate="0")["id"]
    free = {"interest": {"type": "fixed", "annual_rate": "0"}}
    client = fresh.lender.client
    rival, assessment = rival_of(fresh, admin)
    invoice_id, _ = invoice(fresh)
    paid = lend(fresh, decided, "10.00", invoice_ids=[invoice_id], **free).json()["id"]
    back = client.post("/v1/repayments", repayment(paid, "10.00"), key()).json()["id"]
    if meanwhile:
        other = reserve(fresh, "1.00", [(invoice_id, "1.00")]).json()
    reversal = repayment(paid, "10.00", reversal_of=back)
    assert client.post("/v1/repayments", reversal, key()).status == 201
    again = lend(fresh, decided, "1.00", invoice_ids=[invoice_id], **free)
    assert (again.status, again.json()["code"]) == (409, "invoice-already-financed"), again

    def third():
        answer = reserve(
            fresh, "0.01", [(invoice_id, "0.01")], rival.client, assessment_id=assessment
        )
        return answer.status, answer.json().get("code")

    assert third() == (409, "already-claimed")
    if meanwhile:
        counted = "scfd_claims_in_conflict_total"
        assert f"\n{counted} " in server.anonymous().get("/metrics").body.decode()
        assert release(fresh, other["id"]).status == 200
        assert third() == (409, "already-claimed")
    settling = repayment(paid, "10.00")
    assert client.post("/v1/repayments", settling, key()).status == 201
    assert third() == (201, None)
    assert_sums(fresh)


# ---- races ----

RACE_ROUNDS = 10_000


class Racer:
    """A lender with a keep-alive connection of its own, racing on its own thread. Plain sockets: a
    client library would take most of the time."""

    HEAD = (
        "POST /v1/limit-holds HTTP/1.1\r\nHost: race\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: application/json\r\nIdempotency-Key: {once}\r\nContent-Length: {n}\r\n\r\n"
    )

    def __init__(self, node, assessment, contract):
        self.node = node
        self.socket = socket.create_connection((node.client.host, node.client.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.body = {
            "assessment_id": assessment, "contract_id": contract, "amount": "0.01",
            "currency": "CNY",
        }
        self.answers = []

    def post(self, body):
        payload = encode(body)
        head = self.HEAD.format(key=self.node.key, once=bodies.unique("race"), n=len(payload))
        self.socket.sendall(head.encode() + payload)
        got = b""
        while b"\r\n\r\n" not in got:
            got += self.socket.recv(65536)
        head, _, rest = got.partition(b"\r\n\r\n")
        length = int(re.search(rb"content-length: *(\d+)", head, re.I).group(1))
        while len(rest) < length:
            rest += self.socket.recv(65536)
        return int(head.split()[1]), rest

    def run(self, invoices, rounds):
        for invoice_id in invoices:
            body = {**self.body, "invoices": [{"invoice_id": invoice_id, "amount": "113000.00"}]}
            rounds.wait()
            self.answers.append((invoice_id, *self.post(body)))


@pytest.mark.heavy
def test_two_nodes_race_for_one_invoice(admin, fresh, server):
    """10 000 times: just one wins, and the loser learns that and when, not who."""
    rival, assessment = rival_of(fresh, admin)
    lines = [fresh.invoice(contract_no=fresh.contract_no) for _ in range(RACE_ROUNDS)]
    sent = fresh.erp.client.bulk("invoices", lines).lines()[:-1]
    invoices = [line["id"] for line in sent]
    assert len(invoices) == RACE_ROUNDS
    pairs, size = 8, RACE_ROUNDS // 8  # each pair races for its share, all at the same time
    racers, threads = [], []
    for n in range(pairs):
        barrier = threading.Barrier(2)
        for node, asm in ((fresh.lender, fresh.assessment["id"]), (rival, assessment)):
            racer = Racer(node, asm, fresh.contract_id)
            racers.append((node, racer))
            share = invoices[n * size:(n + 1) * size]
            threads.append(threading.Thread(target=racer.run, args=(share, barrier)))
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{RACE_ROUNDS} races in {time.monotonic() - began:.1f} s")
    won, lost = {}, {}
    for node, racer in racers:
        assert len(racer.answers) == size
        for invoice_id, status, answer in racer.answers:
            if status == 201:
                assert invoice_id not in won, "two winners"
                won[invoice_id] = (node.id, json.loads(answer))
            else:
                assert status == 409, answer
                lost[invoice_id] = (node.id, answer)
    assert len(won) == len(lost) == RACE_ROUNDS
    for invoice_id, (loser, answer) in lost.items():
        winner, made = won[invoice_id]
        told = json.loads(answer)
        assert told["code"] == "already-claimed" and loser != winner
        assert told["claimed"] == [
            {
                "invoice_id": invoice_id,
                "fingerprint": made["claims"][0]["fingerprint"],
                "since": made["received_at"],
                "until": made["expires_at"],
                "remaining": "0.00",
            }
        ]
        assert winner.encode() not in answer and made["id"].encode() not in answer
    assert {node for node, _ in won.values()} == {fresh.lender.id, rival.id}, "both win some"
    assert account(fresh)["held"] == "100.00"
    sums = "SELECT count(*) FROM scfd.claim_head h WHERE claimed <> (SELECT coalesce(sum(amount)," \
        " 0) FROM scfd.claim c WHERE c.invoice_key = h.invoice_key AND status = 0)" \
        " OR claimed > net"
    assert server.psql(sums).strip() == "0"


def test_requests_of_one_batch_have_their_own_answers(fresh):
    """A crowd at once: good ones, bad ones, the same one twice. None spoils another."""
    good = [invoice(fresh)[0] for _ in range(12)]
    body, headers = hold(fresh, "0.01", [(good[0], "1.00")]), key()
    orders = [(hold(fresh, "0.01", [(i, "1.00")]), key()) for i in good[1:]]
    orders += [(body, headers)] * 6
    orders += [(hold(fresh, "999999999.00"), key()), (hold(fresh, "-1.00"), key())]
    random.Random(1).shuffle(orders)

    def send(order):
        return fresh.lender.client.copy().post("/v1/limit-holds", *order)

    with ThreadPoolExecutor(len(orders)) as pool:
        answers = list(pool.map(send, orders))
    statuses = sorted(a.status for a in answers)
    assert statuses == [201] * 17 + [409, 422], statuses
    same = {a.json()["id"] for a, o in zip(answers, orders) if o[0] is body}
    assert len(same) == 1
    assert account(fresh)["held"] == "0.12"
    assert_sums(fresh)


def test_deep_audit_recomputes_balances(fresh, server):
    invoice_id, _ = invoice(fresh)
    assert reserve(fresh, "5.00", [(invoice_id, "5.00")]).status == 201

    def audit():
        where = ("--data", server.data, "--database-url", server.cluster_url())
        return scfd("audit", *where, "--deep")

    assert audit().returncode == 0, audit().stderr
    altered = {"limit_account": ("held", "updated_at"), "claim_head": ("claimed", "created_at")}
    for table, (column, mark) in altered.items():
        one = f"ctid = (SELECT min(ctid) FROM scfd.{table} WHERE {column} > 0)"
        server.psql(
            f"UPDATE scfd.{table} SET {column} = {column} + 1, {mark} = '2020-01-01' WHERE {one}"
        )
        done = audit()
        server.psql(
            f"UPDATE scfd.{table} SET {column} = {column} - 1 WHERE {mark} = '2020-01-01'"
        )
        assert done.returncode == 5 and "balances of limit accounts" in done.stderr, done.stderr
    assert audit().returncode == 0
