"""Receivables under loans: what disbursement asks for, and what the ledger makes of them."""
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from decimal import Decimal

import pytest

from harness import bodies
from harness.parties import make_enterprise, make_node
from harness.server import wait_until
from test_credit import assess, story  # noqa: F401
from test_lending import decide, fresh, key, loan, repayment  # noqa: F401
from test_limits import reserve
from test_receivables import HASH, Way, entry, moment, refused


@pytest.fixture
def way(fresh):  # noqa: F811
    fresh.decision_id = decide(fresh)["id"]
    made = Way(fresh, invoice={"contract_ids": [fresh.contract_id]})
    assert made.offer().status == 201
    return made


def lend(made, seconds_ago=1, principal="1000.00", **members):
    body = loan(
        made.chain,
        made.chain.decision_id,
        principal,
        invoice_ids=[made.invoice_id],
        disbursed_at=moment(seconds_ago),
        **members,
    )
    return made.chain.lender.client.copy().post("/v1/loans", body, key())


def pay(made, loan_id, amount, **members):
    answer = made.chain.lender.client.post(
        "/v1/repayments", repayment(loan_id, amount, **members), key()
    )
    assert answer.status == 201, answer
    return answer.json()["id"]


def since(time):
    """Seconds."""
    then = datetime.fromisoformat(time.replace("Z", "+00:00"))
    return (datetime.now(timezone.utc) - then).total_seconds()


def recorded(made):
    """The steps, once each of them has its record."""

    def all_of_them():
        steps = made.nodes["debtor"].get(made.path + "/steps").json()["data"]
        return steps if all("record_id" in s for s in steps) else None

    return wait_until(all_of_them, 10, "every step is recorded")


def test_from_invoice_to_settled_and_back(way):
    way.until("notified")
    way.step("lender", "search", entries=[], document_sha256=HASH, ago=5)
    paid = lend(way)
    assert paid.status == 201, paid
    assert paid.json()["warnings"] == []
    loan_id = paid.json()["id"]
    shown = way.get()
    assert (shown["state"], shown["loan_id"]) == ("financed", loan_id)
    pay(way, loan_id, "400.00")
    assert way.get()["state"] == "part_repaid"
    last = pay(way, loan_id, "600.00")
    assert way.get()["state"] == "settled"
    assert way.get()["due_step"] == "cancel_registration"
    pay(way, loan_id, "600.00", reversal_of=last)
    assert way.get()["state"] == "part_repaid"
    pay(way, loan_id, "600.00")
    shown = way.step("lender", "cancel_registration").json()
    assert shown["registration"]["status"] == "CANCELLED" and "due_step" not in shown
    names = [s["step"] for s in recorded(way)][-6:]
    assert names == ["disburse", "repay", "settle", "reopen", "settle", "cancel_registration"]
    types = []
    cursor = {}
    while page := way.nodes["debtor"].get("/v1/events", limit=500, **cursor).json():
        types += [e["type"] for e in page["data"] if e["type"].startswith("receivable.")]
        if not page["data"]:
            break
        cursor = {"after": page["next_cursor"]}
    assert types[-6:] == ["receivable." + name for name in
                          ("financed", "repaid", "settled", "reopened", "settled",
                           "registration_cancelled")]


def test_a_reversal_of_everything_leaves_it_financed(way):
    way.until("notified")
    loan_id = lend(way).json()["id"]
    first = pay(way, loan_id, "400.00")
    pay(way, loan_id, "400.00", reversal_of=first)
    assert way.get()["state"] == "financed"


@pytest.mark.parametrize(
    "state, due",
    [
        ("submitted", "verify_invoice"),
        ("matched", "request_confirmation"),
        ("confirmed", "search"),
        ("searched", "register"),
        ("registered", "notify"),
    ],
)
def test_no_loan_before_its_turn(way, state, due):
    way.until(state)
    problem = refused(lend(way), "CR-7.3", due)
    assert problem["state"] == state and problem["step"] == "disburse"
    assert way.get()["state"] == state
    shown = way.chain.lender.client.get("/v1/loans", limit=500).json()["data"]
    assert not [item for item in shown if way.invoice_id in item.get("invoice_ids", [])]


def test_no_loan_without_the_search_after_the_registration(way):
    way.until("registered")
    way.step("lender", "notify", names_lender=True, document_sha256=HASH, ago=20)
    refused(lend(way), "CR-7.3", "search")
    # A search from before the entry proves nothing about it.
    way.step("lender", "search", entries=[], document_sha256=HASH, ago=3600)
    refused(lend(way), "CR-7.3", "search")
    way.step("lender", "search", entries=[], document_sha256=HASH, ago=10)
    assert lend(way).status == 201


def test_what_must_have_come_before_the_money(way):
    way.until("notified")
    listed = way.nodes["lender"].get(way.path + "/steps").json()["data"]
    happened = {s["step"]: s["happened_at"] for s in listed}  # the last one of each
    happened["register"] = way.get()["registration"]["registered_at"]
    for due in ("register", "notify", "search"):
        refused(lend(way, since(happened[due]) + 1), "CR-7.3", due)
    assert lend(way, 5).status == 201


def test_an_old_verification_is_made_again(way):
    for who, step, members, _ in __import__("test_receivables").LINE:
        members = dict(members)
        if step == "verify_invoice":
            members["ago"] = 24 * 3600 + 60
        assert way.step(who, step, **members).status == 201
    refused(lend(way), "CR-6.3", "verify_invoice")
    way.step("lender", "verify_invoice", result="normal")
    assert lend(way, 0).status == 201


def test_an_objection_stops_the_money(way):
    way.until("notified")
    shown = way.step("debtor", "object_registration", document_sha256=HASH).json()
    assert shown["registration"]["status"] == "OBJECTED"
    refused(lend(way), "CR-3.1 OWN")
    way.step("lender", "amend_registration", registration_change={"reason": "objection_lifted"})
    assert lend(way).status == 201


def test_an_invoice_without_a_receivable_is_lent_on_with_a_warning(fresh):  # noqa: F811
    fresh.decision_id = decide(fresh)["id"]
    made = Way(fresh, invoice={"contract_ids": [fresh.contract_id]})
    answer = lend(made)
    assert answer.status == 201, answer
    warning = answer.json()["warnings"][0]
    assert warning["code"] == "unregistered-receivable"
    assert warning["pointer"] == "#/invoice_ids" and "CR-7.3" in warning["detail"]


def test_another_lenders_entry_stops_the_loan(admin, way):
    other = make_node(admin, "lender", make_enterprise(admin, roles=["lender"])["id"])
    theirs = Way.__new__(Way)
    theirs.__dict__.update(way.__dict__)
    theirs.nodes = {**way.nodes, "lender": other.client}
    theirs.body = {**way.body, "lender_id": other.id}
    assert theirs.offer().status == 201
    theirs.until("registered")
    way.step("seller", "release", reason="改由他行办理")
    problem = refused(lend(way), "民法典 768")
    assert theirs.id not in str(problem) and "state" not in problem


def test_a_red_letter_after_the_money(way):
    way.until("notified")
    lend(way)
    shown = way.step("lender", "verify_invoice", result="fully_red").json()
    assert (shown["state"], shown["verification"]) == ("red_lettered", "fully_red")
    assert shown["due_step"] == "repurchase"
    refused(way.step("lender", "verify_invoice", result="normal"), "CR-6.3")
    assert way.step("lender", "repurchase").json()["state"] == "repurchased"
    types = [
        e["type"]
        for e in way.nodes["seller"].get("/v1/events", limit=500).json()["data"]
    ]
    assert "receivable.red_lettered_after_financing" in types


def test_a_loan_settles_what_stands_aside(way):
    way.until("notified")
    loan_id = lend(way).json()["id"]
    assert way.step("debtor", "dispute", reason="质量异议").json()["state"] == "disputed"
    refused(way.step("lender", "release", reason="x"), "CR-3.1 OWN")
    pay(way, loan_id, "100.00")
    assert way.get()["state"] == "disputed"
    assert way.step("debtor", "resolve_dispute").json()["state"] == "part_repaid"
    way.step("debtor", "dispute", reason="质量异议")
    pay(way, loan_id, "900.00")
    assert way.get()["state"] == "settled"


def test_a_hold_leads_to_its_receivables(way):
    """The loan names its hold and no invoice: the rules hold for the invoices of the hold."""
    held = reserve(way.chain, "500.00", [(way.invoice_id, "500.00")])
    assert held.status == 201, held

    def use():
        body = loan(way.chain, way.chain.decision_id, "400.00", hold_id=held.json()["id"],
                    disbursed_at=moment(1))
        return way.chain.lender.client.post("/v1/loans", body, key())

    way.until("registered")
    refused(use(), "CR-7.3", "notify")
    way.step("lender", "notify", names_lender=True, document_sha256=HASH, ago=20)
    way.step("lender", "search", entries=[], document_sha256=HASH, ago=10)
    paid = use()
    assert paid.status == 201, paid
    assert paid.json()["warnings"] == []
    assert way.get()["loan_id"] == paid.json()["id"]


def test_a_loan_claims_its_receivable_with_the_invoice(server, way):
    """By itself, or by its hold; and a loan that is settled gives it back."""
    live = "SELECT by_loan, amount FROM scfd.claim WHERE status = 0 AND receivable_id IN" \
        " (SELECT id FROM scfd.receivable WHERE invoice_id = (SELECT id FROM scfd.record WHERE" \
        f" external_id = '{way.invoice['external_id']}'))"
    way.until("notified")
    held = way.chain.lender.client.post(
        "/v1/limit-holds",
        {"assessment_id": way.chain.assessment["id"], "contract_id": way.chain.contract_id,
         "amount": "500.00", "currency": "CNY",
         "receivables": [{"receivable_id": way.id, "amount": "500.00"}]},
        key(),
    )
    assert held.status == 201, held
    assert server.psql(live).split() == ["f|50000"]
    body = loan(way.chain, way.chain.decision_id, "500.00", hold_id=held.json()["id"],
                disbursed_at=moment(1))
    paid = way.chain.lender.client.post("/v1/loans", body, key())
    assert paid.status == 201, paid
    assert paid.json()["warnings"] == []
    assert way.get()["loan_id"] == paid.json()["id"]
    assert server.psql(live).split() == ["t|50000"]
    pay(way, paid.json()["id"], "500.00")
    assert way.get()["state"] == "settled"
    assert server.psql(live).split() == []


def test_one_receivable_and_many_loans_at_once(way):
    way.until("notified")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: lend(way, principal="100.00"), range(4)))
    assert sorted(a.status for a in answers) == [201, 409, 409, 409]
    assert [s["step"] for s in recorded(way)].count("disburse") == 1


def test_a_dispute_and_a_loan_at_once(fresh):  # noqa: F811
    """Either the dispute came first, and there is no loan; or the loan did, and is disputed."""
    fresh.decision_id = decide(fresh)["id"]
    for _ in range(4):
        made = Way(fresh, invoice={"contract_ids": [fresh.contract_id]})
        assert made.offer().status == 201
        made.until("notified")
        with ThreadPoolExecutor(2) as pool:
            lent = pool.submit(lend, made, 1, "100.00")
            disputed = pool.submit(made.step, "debtor", "dispute", reason="质量异议")
        assert disputed.result().status == 201
        shown = made.get()
        assert shown["state"] == "disputed"
        if lent.result().status == 201:
            assert "loan_id" in shown
        else:
            refused(lent.result(), "CR-7.3", "resolve_dispute")
            assert "loan_id" not in shown
