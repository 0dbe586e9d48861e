"""The chain of limits: need, borrowing base, and what is left for each lender. Figures are computed
here, in exact integers, from what was sent."""
import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction

import pytest

from harness import bodies
from harness.client import encode
from harness.parties import Chain, make_enterprise, make_node
from harness.server import scfd
from test_lending import decision, fresh, key, loan  # noqa: F401


def fen(text):
    return int(Decimal(text) * 100)


def assess(client, chain, **members):
    answer = client.post(
        "/v1/credit-assessments",
        {
            "borrower_id": chain.seller["id"],
            "contract_ids": [chain.contract_id],
            "kind": "initial",
            "lender_ids": [chain.lender.id],
            **members,
        },
        {"Prefer": "wait=50"},
    )
    shown = answer.json()
    assert shown["status"] == "succeeded", answer
    return shown


def steps(shown, name="waterfall"):
    return {step["step"]: step for step in shown[name]}


def terms(**members):
    return {"external_id": bodies.unique("terms"), "kind": "bank", "currency": "CNY", **members}


def send_terms(node, **members):
    answer = node.client.post("/v1/lender-terms", terms(**members), key())
    assert answer.status == 201, answer
    return answer.json()


def profile(chain, **members):
    """The seller's profile once more, with these members."""
    body = bodies.enterprise(uscc=chain.seller["uscc"], name=chain.seller["name"], **members)
    return body


# ---- the waterfall ----


def test_every_step_is_kept(server, fresh):
    shown = assess(server.client(), fresh)
    kept = steps(shown)
    assert list(kept) == ["model", "borrowing_base", "need", "requested"]
    assert kept["model"]["applies"] and kept["model"]["binding"]
    assert kept["model"]["adjusted"] == shown["computed_limit"] == shown["recommended_limit"]
    for name in ("borrowing_base", "need", "requested"):
        assert not kept[name]["applies"] and kept[name]["adjusted"] is None
    asked = assess(server.client(), fresh, requested_amount="1234.56", currency="CNY")
    assert steps(asked)["requested"]["binding"]
    assert asked["recommended_limit"] == "1234.56"


def test_the_need_is_a_ceiling(server, fresh):
    """(1 − m)(1 + g)[(rec − adv) + (inv + pre − pay)·S/C] − funds, against exact fractions."""
    year = {
        "year": 2025,
        "revenue": "10000000.00",
        "cost_of_sales": "7000000.00",
        "profit_margin": "0.081234",
        "expected_growth": "-0.05",
        "average_inventory": "100000.01",
        "average_receivables": "200000.02",
        "average_payables": "50000.03",
        "average_prepayments": "10000.04",
        "average_advances_received": "20000.05",
        "own_funds": "150000.06",
        "working_capital_loans": "70000.07",
        "other_funds": "0.08",
    }
    admin = server.client()
    sent = admin.post("/v1/enterprises", profile(fresh, financials=year))
    assert sent.status == 201, sent
    value = {name: Fraction(text) * 100 for name, text in year.items() if name != "year"}
    ratio = value["revenue"] / value["cost_of_sales"]
    tied = (value["average_receivables"] - value["average_advances_received"]) + (
        value["average_inventory"] + value["average_prepayments"] - value["average_payables"]
    ) * ratio
    capital = (1 - Fraction("0.081234")) * (1 + Fraction("-0.05")) * tied
    need = int(capital - value["own_funds"] - value["working_capital_loans"] - value["other_funds"])
    shown = assess(admin, fresh)
    step = steps(shown)["need"]
    assert step["applies"] and fen(step["recomputed"]) == need > 0
    assert fen(shown["recommended_limit"]) == min(need, fen(shown["computed_limit"]))
    assert step["binding"] == (need <= fen(shown["computed_limit"]))
    faults = admin.post(
        "/v1/enterprises",
        profile(fresh, financials={**year, "revenue": "0.00", "profit_margin": "1.01"}),
    )
    assert faults.status == 422
    assert {e["pointer"] for e in faults.json()["errors"]} == {
        "#/financials/revenue",
        "#/financials/profit_margin",
    }


def test_receivables_are_lent_on_up_to_their_base(server):
    """Only what is delivered counts; the one core debtor up to 60 %, unconfirmed at 0.5."""
    admin = server.client()
    chain = Chain(admin)
    erp, buyers = chain.erp.client, chain.procurement.client
    contract = chain.contract()
    chain.contract_id = erp.post("/v1/contracts", contract).json()["id"]
    event = chain.event(chain.contract_id, occurred_at=bodies.hours_ago(4))
    assert erp.post("/v1/workflow-events", event).status == 201
    sent = erp.post("/v1/invoices", chain.invoice(contract_ids=[chain.contract_id])).json()
    before = assess(admin, chain, product="receivable")
    assert steps(before)["borrowing_base"]["applies"]
    base = before["borrowing_base"]
    assert [line["invoice_id"] for line in base["receivables"]] == [sent["id"]]
    assert base["receivables"][0]["reason"] == "FUT"
    assert base["base"] == before["recommended_limit"] == "0.00"
    accepted = bodies.event(
        None,
        chain.buyer["id"],
        step="accepted",
        completion_percent="100",
        occurred_at=bodies.hours_ago(3),
        contract_no=contract["contract_no"],
        seller_uscc=chain.seller["uscc"],
    )
    del accepted["contract_id"]
    answer = buyers.post("/v1/workflow-events", accepted)
    assert answer.status == 201, answer
    shown = assess(admin, chain, product="receivable")
    base = shown["borrowing_base"]
    gross = fen(base["gross_eligible"])
    assert gross == fen(base["receivables"][0]["balance"]) > 0
    assert base["debtors"][0]["core"] is True
    limited = gross * 60 // 100  # the core enterprise is the only debtor
    assert fen(base["net_eligible"]) == limited
    assert fen(base["base"]) == limited // 2
    assert fen(shown["recommended_limit"]) == min(fen(base["base"]), fen(shown["computed_limit"]))


# ---- lenders' terms ----


def test_terms_are_the_lenders_own(server, fresh):
    admin = server.client()
    body = terms(capital="1000.00")
    first = fresh.lender.client.post("/v1/lender-terms", body, key())
    assert first.status == 201, first
    shown = first.json()
    assert first.headers["Location"] == f"/v1/lender-terms/{shown['id']}"
    assert shown["terms"] == body
    again = fresh.lender.client.post("/v1/lender-terms", body, key())
    assert (again.status, again.json()["id"]) == (200, shown["id"])
    assert again.headers["Idempotent-Replayed"] == "true"
    other = fresh.lender.client.post("/v1/lender-terms", {**body, "capital": "2.00"}, key())
    assert (other.status, other.json()["code"]) == (409, "external-id-conflict")
    path = f"/v1/lender-terms/{shown['id']}"
    assert fresh.lender.client.get(path).json() == shown
    assert admin.get(path).status == 200
    stranger = make_node(admin, "lender", fresh.bank["id"])
    assert stranger.client.get(path).status == 404
    assert stranger.client.get("/v1/lender-terms").json()["data"] == []
    assert [t["id"] for t in fresh.lender.client.get("/v1/lender-terms").json()["data"]] == [
        shown["id"]
    ]
    assert fresh.erp.client.get("/v1/lender-terms").status == 403
    assert fresh.erp.client.post("/v1/lender-terms", terms(), key()).status == 403
    record = fresh.lender.client.get(f"/v1/records/{shown['id']}")
    assert record.status == 200 and record.json()["sha256"] == shown["sha256"]


@pytest.mark.parametrize(
    "members, pointer",
    [
        ({"kind": "pawnshop"}, "#/kind"),
        ({"capital": "-1.00"}, "#/capital"),
        ({"currency": None}, "#/currency"),
        ({"debtor_lines": [{"amount": "1.00"}]}, "#/debtor_lines/0/debtor_id"),
        ({"single_borrower_cap": "1.234"}, "#/single_borrower_cap"),
        ({"surprise": 1}, "#/surprise"),
    ],
)
def test_bad_terms(fresh, members, pointer):
    body = {k: v for k, v in {**terms(), **members}.items() if v is not None}
    answer = fresh.lender.client.post("/v1/lender-terms", body, key())
    assert answer.status == 422, answer
    assert pointer in [e["pointer"] for e in answer.json()["errors"]], answer


def test_a_line_named_twice(fresh):
    line = {"debtor_id": fresh.buyer["id"], "amount": "1.00"}
    answer = fresh.lender.client.post("/v1/lender-terms", terms(debtor_lines=[line, line]), key())
    assert [e["pointer"] for e in answer.json()["errors"]] == ["#/debtor_lines/1/debtor_id"]


# ---- what is left for a lender ----


def test_each_lender_sees_its_own_limit_and_decides_within_it(server, fresh, tmp_path):
    admin = server.client()
    rival = make_node(admin, "lender", fresh.bank["id"])
    send_terms(fresh.lender, capital="200000.00", exposures=[])
    send_terms(rival, kind="other", single_borrower_cap="7000.00")
    shown = assess(admin, fresh, lender_ids=[fresh.lender.id, rival.id])
    assert "lender_limit" not in shown
    path = f"/v1/credit-assessments/{shown['id']}"
    ours, theirs = fresh.lender.client.get(path).json(), rival.client.get(path).json()
    assert fen(ours["lender_limit"]) == min(2000000, fen(shown["recommended_limit"]))
    assert steps(ours, "lender_steps")["regulatory"]["rule"] == "CR-10.4"
    assert theirs["lender_limit"] == "7000.00"
    assert steps(theirs, "lender_steps")["lender"]["binding"]
    assert steps(theirs, "lender_steps")["lender"]["reason"] == "lender-cap"
    assert ours["recommended_limit"] == theirs["recommended_limit"] == shown["recommended_limit"]
    for node, limit in ((fresh.lender, ours["lender_limit"]), (rival, "7000.00")):
        over = str(Decimal(limit) + Decimal("0.01"))
        refused = node.client.post(
            "/v1/credit-decisions", decision(fresh, shown, approved_limit=over), key()
        )
        assert (refused.status, refused.json()["code"]) == (409, "limit-exceeded"), refused
        taken = node.client.post(
            "/v1/credit-decisions", decision(fresh, shown, approved_limit=limit), key()
        )
        assert taken.status == 201, taken


def test_a_lender_holds_within_its_own_limit(server, fresh):
    """One by one and together, with a decision and without, and what it has lent counts."""
    send_terms(fresh.lender, kind="other", single_borrower_cap="7000.00")
    shown = assess(server.client(), fresh)
    client = fresh.lender.client

    def reserve(amount, by=client, **members):
        body = {"assessment_id": shown["id"], "contract_id": fresh.contract_id, "amount": amount,
                "currency": "CNY", **members}
        return by.post("/v1/limit-holds", body, key())

    def refused(amount, left, **members):
        answer = reserve(amount, **members)
        assert (answer.status, answer.json()["code"]) == (409, "limit-exceeded"), answer
        assert answer.json()["available"] == left
        assert answer.json()["lender_limit"] == "7000.00"

    assert fen(shown["recommended_limit"]) > 700000
    refused("7000.01", "7000.00")
    first = reserve("4000.00").json()
    refused("3000.01", "3000.00")
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda _: reserve("1500.00", client.copy()), range(4))
        at_once = sorted(a.status for a in answers)
    assert at_once == [201, 201, 409, 409]
    assert client.post(f"/v1/limit-holds/{first['id']}/release", {}).status == 200
    body = decision(fresh, shown, approved_limit="7000.00", annual_rate="0")
    decided = client.post("/v1/credit-decisions", body, key()).json()["id"]
    refused("4000.01", "4000.00", decision_id=decided)
    lent = loan(fresh, decided, "2500.00", interest={"type": "fixed", "annual_rate": "0"})
    assert client.post("/v1/loans", lent, key()).status == 201
    refused("1500.01", "1500.00", decision_id=decided)
    assert reserve("1500.00").status == 201


def test_a_lenders_receipt_verifies_and_names_what_was_altered(server, fresh, tmp_path):
    admin = server.client()
    send_terms(
        fresh.lender,
        tier1_capital="900000.00",
        debtor_lines=[
            {
                "debtor_id": fresh.buyer["id"],
                "amount": "50000.00",
                "confirmed_financed": "10000.00",
                "direct_loans": "5000.00",
            }
        ],
    )
    shown = assess(admin, fresh)
    path = f"/v1/credit-assessments/{shown['id']}"
    own = fresh.lender.client.get(path).json()
    assert own["lender_limit"] == "35000.00"
    answer = fresh.lender.client.get(path + "/receipt")
    receipt = answer.json()
    assert receipt["format"] == "scfd-lender-receipt/v1"
    assert admin.get(path + "/receipt").json() == receipt["receipt"]
    file = tmp_path / "receipt.json"
    file.write_bytes(answer.body)
    done = scfd("verify", file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "limit of the lender: 35000.00 CNY" in done.stdout
    for pointer, value in (
        ("/lender/inputs/terms/debtors/0/direct_loans", "5000.01"),
        ("/lender/result/lender_limit", "35000.01"),
        ("/receipt/inputs/contracts/0/amount", "1.00"),
    ):
        changed = json.loads(answer.body)
        *way, last = pointer[1:].split("/")
        target = changed
        for step in way:
            target = target[int(step)] if isinstance(target, list) else target[step]
        target[last] = value
        file.write_bytes(encode(changed))
        done = scfd("verify", file)
        assert done.returncode == 5 and f"FAIL  {pointer} " in done.stdout, done.stdout


def test_a_core_enterprise_is_counted_over_all_its_suppliers(server, fresh):
    """What the lender lent one supplier on the buyer is missing for the next one."""
    admin = server.client()
    lender = fresh.lender
    line = [{"debtor_id": fresh.buyer["id"], "amount": "50000.00"}]
    send_terms(lender, kind="other", debtor_lines=line)
    shown = assess(admin, fresh)
    approved = lender.client.post(
        "/v1/credit-decisions", decision(fresh, shown, approved_limit="20000.00"), key()
    )
    assert approved.status == 201, approved
    lent = lender.client.post("/v1/loans", loan(fresh, approved.json()["id"], "12000.00"), key())
    assert lent.status == 201, lent
    other = make_enterprise(admin)
    node = make_node(admin, "erp", other["id"])
    contract = bodies.contract(other["ref"], fresh.buyer["ref"])
    contract_id = node.client.post("/v1/contracts", contract).json()["id"]
    for hours in (9, 5):
        event = bodies.event(contract_id, other["id"], occurred_at=bodies.hours_ago(hours))
        assert node.client.post("/v1/workflow-events", event).status == 201
    second = assess(
        admin, fresh, borrower_id=other["id"], contract_ids=[contract_id], lender_ids=[lender.id]
    )
    own = lender.client.get(f"/v1/credit-assessments/{second['id']}").json()
    room = steps(own, "lender_steps")["debtor"]
    assert room["recomputed"] == "38000.00"
    assert fen(own["lender_limit"]) == min(3800000, fen(second["recommended_limit"]))
    again = assess(admin, fresh)  # the first one's own loan is its account's matter
    own = lender.client.get(f"/v1/credit-assessments/{again['id']}").json()
    assert steps(own, "lender_steps")["debtor"]["recomputed"] == "50000.00"
    assert fen(again["available_limit"]) == fen(again["recommended_limit"]) - 1200000
