"""Every POST of the credit rooms with one thing wrong at a time: an answer as described, never a
fault of the server's own, and afterwards everything still adds up."""
import random

import pytest

from harness import bodies, invariants, mutate
from harness.world import HASH, World, key, moment

COUNT = 90  # of each route; the seed is fixed, so that a failure comes again


@pytest.fixture(scope="module")
def world(server):
    world = World(server)
    world.other = World(server)
    yield world
    invariants.check(server)


def registration():
    return {
        "registration_no": "Z1", "registered_at": moment(30), "term_from": bodies.days_ago(0),
        "term_to": bodies.days_ago(-365), "proof_sha256": HASH, "modify_code": "X",
        "main_contract_no": "m", "max_claim": "5.00", "description": "d", "attachments": [HASH],
    }


def voucher(w):
    return {
        "system_name": "s", "certificate_no": "c", "sub_no": "1",
        "issuer_id": w.chain.buyer["id"], "issued_on": bodies.days_ago(1),
        "due_on": bodies.days_ago(-90), "amount": "5.00", "reasons_text": "r",
    }


STEP = "/v1/receivables/{receivable}/steps"
GRADING = {
    "normativity": ["0.95", "0.85", "0.70"], "timeliness_hours": ["24", "72", "168"],
    "accuracy": ["0.97", "0.90", "0.80"], "scores": ["1", "0.85", "0.60", "0"],
    "delay_weights": {"workflow": "0.5", "invoice": "0.5"},
    "accuracy_weights": {"range": "0.6", "fluctuation": "0.4"},
    "rating_weights": {"normativity": "0.3", "timeliness": "0.3", "accuracy": "0.4"},
}
CASES = {
    "policy": ("admin", "/v1/credit-policies", lambda w: {
        **w.policy_body, "code": bodies.unique("m").lower(),
    }),
    "backtest": ("admin", "/v1/backtests", lambda w: {**w.backtest_body, "grading": GRADING}),
    "hold": ("lender", "/v1/limit-holds", lambda w: w.hold_body(
        "0.01", invoices=[{"invoice_id": w.hold_invoice_id, "amount": "0.01"}],
        expires_at=moment(-3600),
    )),
    "release": ("lender", "/v1/limit-holds/{hold}/release", lambda w: {"reason": "x"}),
    "run": ("admin", "/v1/limit-runs", lambda w: {
        "period": "2026-10", "contract_id": w.contract_id, "borrower_id": w.chain.seller["id"],
    }),
    "terms": ("lender", "/v1/lender-terms", lambda w: {
        **w.terms_body, "external_id": bodies.unique("m"),
    }),
    "receivable": ("seller", "/v1/receivables", lambda w: {
        **w.receivable_body, "kind": "voucher", "voucher": voucher(w),
        "delivered_on": bodies.days_ago(1),
    }),
    "register": ("lender", STEP, lambda w: {
        "step": "register", "happened_at": moment(1), "registration": registration(),
    }),
    "search": ("lender", STEP, lambda w: {
        "step": "search", "happened_at": moment(1), "document_sha256": HASH,
        "entries": [{"registration_no": "a", "registered_at": moment(50)}],
    }),
    "verify": ("lender", STEP, lambda w: {
        "step": "verify_invoice", "result": "partially_red", "remaining_amount": "1.00",
        "method": "m", "currency": "CNY", "document_sha256": HASH,
    }),
    "dilute": ("lender", STEP, lambda w: {
        "step": "dilute", "amount": "0.01", "cause": "return", "reason": "x", "currency": "CNY",
    }),
    "amend": ("lender", STEP, lambda w: {
        "step": "amend_registration", "registration_change": {
            "term_to": bodies.days_ago(-500), "reason": "name_change",
            "changed_on": bodies.days_ago(3), "description": "x",
        },
    }),
    "assessment": ("admin", "/v1/credit-assessments", lambda w: w.assessment_body(
        product="receivable", as_of=moment(1), requested_amount="5.00", currency="CNY",
    )),
    "decision": ("lender", "/v1/credit-decisions", lambda w: {
        **w.decision_body, "external_id": bodies.unique("m"),
    }),
    "loan": ("lender", "/v1/loans", lambda w: w.loan_body(
        "0.01", invoice_ids=[w.hold_invoice_id],
    )),
    "repayment": ("lender", "/v1/repayments", lambda w: w.repayment_body(w.loan_id, "0.01")),
}


@pytest.mark.parametrize("name", CASES)
def test_one_thing_wrong(world, name):
    role, path, make = CASES[name]
    client = world.clients()[role].copy()
    path = path.format(receivable=world.receivable_id, hold=world.hold_id)
    source = random.Random(name)
    ids = [p.split("/")[3] for w in (world, world.other) for p in w.paths.values()]
    body = make(world)
    for sent in [*mutate.mutants(body, source, COUNT, ids), *mutate.broken_texts(body)]:
        answer = client.post(path, sent, key())
        assert answer.status < 500, (sent[:2000], answer)


@pytest.mark.parametrize("query", [
    "limit=0", "limit=501", "limit=x", "limit=99999999999999999999", "after=x", "after=", "order=x",
    "lang=xx", "format=exe", "limit=1&limit=2", "%00=1", "a=b", "after=" + "A" * 500,
])
def test_odd_queries(world, query):
    for path in world.paths.values():
        answer = world.admin.get(f"{path}?{query}")
        assert answer.status in (200, 400), (path, answer)
