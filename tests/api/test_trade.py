"""Findings and progress of contracts: who proves what, who sees what, the ways to the proofs."""
import json
import time

import pytest

from harness import bodies
from harness.parties import Chain, make_enterprise, make_node
from harness.server import ROOT, wait_until

LINES = [
    {"item_code": "B-1", "item_name": "轮毂轴承", "quantity": "100", "unit": "套",
     "unit_price": "1130", "amount": "113000.00", "tax_rate": "0.13"},
]  # fmt: skip


def send(client, kind, body):
    answer = client.post(f"/v1/{kind}", body)
    assert answer.status == 201, answer
    return answer.json()["id"]


def about(client, contract_id, what, facts):
    """The view once so many records count."""

    def counted():
        answer = client.get(f"/v1/contracts/{contract_id}/{what}")
        assert answer.status == 200, answer
        shown = answer.json()
        return shown if shown["facts"] >= facts else None

    return wait_until(counted, 20, f"{facts} records count")


def outcome(findings, code):
    return next(f for f in findings["findings"] if f["code"] == code)


class Story:
    """A contract over 100 sets that the seller says it shipped."""

    def __init__(self, admin):
        self.chain = Chain(admin)
        self.seller, self.buyer = self.chain.erp.client, self.chain.procurement.client
        self.body = self.chain.contract(amount="113000.00", lines=LINES)
        self.id = send(self.seller, "contracts", self.body)
        self.shipped = self.event(
            self.seller, step="shipped", shipment={"waybill_no": "SF1001", "mode": "road"}
        )

    def event(self, client, **members):
        number = {"contract_no": self.body["contract_no"], "seller_uscc": self.chain.seller["uscc"]}
        body = self.chain.event(None, **members)
        del body["contract_id"]
        return send(client, "workflow-events", {**body, **number})

    def accepted(self, client, quantity, **members):
        items = [{"item_code": "B-1", "quantity": str(quantity), "unit": "套"}]
        actor = self.chain.buyer["id"]
        return self.event(
            client, step="accepted", items=items, actor_enterprise_id=actor, **members
        )

    def invoice(self, quantity, **members):
        body = self.chain.invoice(net=f"{quantity * 1000}.00", contract_ids=[self.id])
        body["lines"][0].update(item_code="B-1", quantity=str(quantity), unit_price="1000")
        return send(self.seller, "invoices", {**body, **members})


@pytest.fixture
def story(admin):
    return Story(admin)


def test_only_the_buyers_word_is_progress(story):
    story.accepted(story.seller, 100)
    shown = about(story.seller, story.id, "progress", 3)
    assert (shown["completion"], shown["stage"]) == ("0.000000", "shipped")
    evidence = story.accepted(story.buyer, 40)
    shown = about(story.seller, story.id, "progress", 4)
    assert (shown["completion"], shown["stage"]) == ("0.400000", "accepted")
    # the seller may not open the buyer's record: it is counted, not named
    assert shown["milestones"][0]["evidence"] == []
    assert shown["milestones"][0]["evidence_hidden"] == 1
    assert shown["basis"] == "all_records"
    assert evidence.startswith("evt_")


def test_steps_of_the_industry_are_milestones(admin):
    """A template whose steps have weights measures the work, in views, limits and replays alike."""
    industry = "B0610"
    template = json.loads((ROOT / "templates" / "general_workflow_event.json").read_text("utf-8"))
    template |= {"code": bodies.unique("t").lower().replace("-", "_"), "industry_code": industry}
    for step, weight in zip(template["steps"], ("0.10", "0.30", None, "0.40")):
        step |= {"weight": weight} if weight else {}
    draft = admin.post("/v1/industry-templates", template)
    assert draft.status == 201, draft
    assert admin.call("POST", draft.headers["Location"] + "/publish").status == 200
    chain = Chain(admin, industry_code=industry)
    body = chain.contract(amount="1000.00")
    contract = send(chain.erp.client, "contracts", body)
    number = {"contract_no": body["contract_no"], "seller_uscc": chain.seller["uscc"]}
    for step, members in (
        ("order_confirmed", {}), ("shipped", {"amount": "500.00", "currency": "CNY"})
    ):
        event = chain.event(None, step=step, actor_enterprise_id=chain.buyer["id"], **number)
        event = {k: v for k, v in event.items() if k not in ("contract_id", "amount", "currency")}
        event |= members
        send(chain.procurement.client, "workflow-events", event)
    shown = about(chain.erp.client, contract, "progress", 3)
    assert [(m["code"], m["weight"], m["share"]) for m in shown["milestones"]] == [
        ("order_confirmed", "0.100000", "1.000000"),
        ("shipped", "0.300000", "0.500000"),
        ("accepted", "0.400000", "0.000000"),
    ]
    assert shown["completion"] == "0.250000"
    wish = {"borrower_id": chain.seller["id"], "contract_ids": [contract], "kind": "initial"}
    made = admin.post("/v1/credit-assessments", wish, {"Prefer": "wait=50"}).json()
    path = f"/v1/credit-assessments/{made['id']}"
    receipt = admin.get(path + "/receipt").json()
    assert receipt["inputs"]["contracts"][0]["trade"]["completion"] == "0.250000"
    replay = admin.post(path + "/replay", None, {"Prefer": "wait=50"})
    assert replay.json()["matches"] is True, replay


def test_a_finding_leads_to_its_proofs(admin, story):
    story.accepted(story.buyer, 40)
    invoice = story.invoice(60)
    shown = about(admin, story.id, "findings", 4)
    finding = outcome(shown, "quantity-match")
    assert finding["outcome"] == "failed" and finding["severity"] == "hard"
    assert finding["detail"] == "轮毂轴承: invoiced 60, accepted 40, ordered 100."
    assert finding["detail_zh"] == "轮毂轴承：开票数量60，验收数量40，订购数量100。"
    assert invoice in [r["id"] for r in finding["records"]] and len(finding["records"]) == 2
    assert shown["hard_failed"] is True
    for record in finding["records"]:
        wait_until(lambda r=record: admin.get(r["proof"]).status == 200, 20, "its block is sealed")
    assert outcome(shown, "price-match")["outcome"] == "passed"  # 1,000 without tax is 1,130 with
    assert outcome(shown, "logistics")["outcome"] == "passed"
    assert outcome(shown, "fund-flow")["outcome"] == "not_applicable"
    # to the seller's node the buyer's record is only counted
    own = outcome(about(story.seller, story.id, "findings", 4), "quantity-match")
    assert [r["id"] for r in own["records"]] == [invoice] and own["records_hidden"] == 1


def test_pass_ratio_is_of_the_checks_that_apply(admin, story):
    story.accepted(story.buyer, 40)
    story.invoice(40)
    shown = about(admin, story.id, "findings", 4)
    applied = [f for f in shown["findings"] if f["outcome"] != "not_applicable"]
    assert {f["code"] for f in applied if f["severity"] != "alert"} == {
        "parties", "signed-first", "step-order", "quantity-match", "quantity-ordered",
        "price-match", "invoice-sum", "line-tax", "logistics",
    }  # fmt: skip
    assert shown["pass_ratio"] == "1.000000" and shown["hard_failed"] is False


def test_a_reader_sees_at_once_what_was_sent(story):
    for n in range(8):  # more often than the task that folds could be in time for each
        story.accepted(story.buyer, 1, event_id=f"urn:uuid:at-once-{n}")
        began = time.monotonic()
        answer = story.seller.get(f"/v1/contracts/{story.id}/progress")
        if time.monotonic() - began < 0.25:  # it folds for 300 ms, and then says what it has
            assert (answer.status, answer.json()["facts"]) == (200, 3 + n), answer
        else:
            about(story.seller, story.id, "progress", 3 + n)


def declares(client, enterprise, *declarations):
    """(month, revenue) each; the answer."""
    listed = [
        {"period": month, "revenue": revenue, "source": "tax_authority"}
        for month, revenue in declarations
    ]
    return client.post(
        "/v1/enterprises",
        bodies.enterprise(
            uscc=enterprise["uscc"], name=enterprise["name"], tax_declarations=listed
        ),
    )


def test_invoices_beyond_what_was_declared(admin, story):
    """67,800.00 invoiced: a fifth more than 56,500.00 exactly, and less than a cent below that."""
    first = story.chain.invoice(net="60000.00", contract_ids=[story.id])
    month = first["issued_on"][:7]
    send(story.seller, "invoices", first)
    again = {**first, "contract_no": story.body["contract_no"]}
    del again["contract_ids"]
    send(story.buyer, "invoices", again)  # counts once
    send(story.seller, "invoices", {
        **story.chain.invoice(net="9000.00", contract_ids=[story.id]), "tax_status": "voided",
    })  # fmt: skip
    elsewhere = story.chain.invoice(net="5000.00", contract_ids=[story.id])
    send(story.seller, "invoices", {**elsewhere, "issued_on": "2020-02-03"})
    shown = outcome(about(admin, story.id, "findings", 6), "declared-revenue")
    assert shown["outcome"] == "not_applicable"
    for revenue, expected in (("56500.00", "passed"), ("56499.99", "failed")):
        other = ("2021-01", "0.00")  # declared, and nothing invoiced
        assert declares(admin, story.chain.seller, (month, revenue), other).status == 201
        shown = outcome(about(admin, story.id, "findings", 6), "declared-revenue")
        assert (shown["outcome"], shown["severity"]) == (expected, "soft"), revenue
    assert shown["detail"] == (
        "The seller's invoices are 120.00 % of the sales that it declared for 2 months."
    )
    assert shown["detail_zh"] == "卖方在已申报的2个月内的开票金额为申报销售额的120.00%。"
    assert shown["records"][0]["id"].startswith("epr_")


def test_the_sellers_own_declaration_never_passes(admin):
    seller = {"uscc": bodies.uscc(), "name": bodies.unique("卖方")}
    buyer = make_enterprise(admin)
    house = make_node(admin, "erp").client
    body = bodies.contract(seller, buyer["ref"])
    contract = send(house, "contracts", body)
    known = house.get(f"/v1/contracts/{contract}").json()["subject_enterprise_id"]
    own = make_node(admin, "erp", known).client
    invoice = bodies.invoice(
        {"name": seller["name"], "tax_no": seller["uscc"]}, buyer["tax"], contract_ids=[contract]
    )  # 113,000.00
    send(house, "invoices", invoice)
    month = invoice["issued_on"][:7]
    for revenue, expected in (("500000.00", "not_applicable"), ("50000.00", "failed")):
        assert declares(own, seller, (month, revenue)).status == 201
        shown = outcome(about(admin, contract, "findings", 2), "declared-revenue")
        assert shown["outcome"] == expected, revenue


def test_a_profile_without_declarations_is_none(admin, story):
    members = {name: story.chain.seller[name] for name in ("uscc", "name")}
    answer = admin.post("/v1/enterprises", bodies.enterprise(**members, tax_declarations=None))
    assert answer.status == 201, answer
    shown = outcome(about(admin, story.id, "findings", 2), "declared-revenue")
    assert shown["outcome"] == "not_applicable"


def test_declarations_are_months_each_once(admin):
    seller = make_enterprise(admin)
    twice = declares(admin, seller, ("2025-01", "1.00"), ("2025-02", "1.00"), ("2025-01", "2.00"))
    assert twice.status == 422
    assert [e["pointer"] for e in twice.json()["errors"]] == ["#/tax_declarations/2/period"]
    for month in ("2025-13", "2025-1", "2025-01-01", "", "2O25-01"):
        assert declares(admin, seller, (month, "1.00")).status == 422, month
    assert declares(admin, seller, ("2025-01", "-0.01")).status == 422
    holes = bodies.enterprise(uscc=seller["uscc"], name=seller["name"], tax_declarations=[None])
    assert admin.post("/v1/enterprises", holes).status == 422


def test_an_error_declaration_takes_an_acceptance_back(story):
    story.accepted(story.buyer, 40, event_id="urn:uuid:1")
    about(story.seller, story.id, "progress", 3)
    story.accepted(
        story.buyer,
        40,
        event_id="urn:uuid:1",
        error_declaration={"declared_at": bodies.hours_ago(0), "reason": "did_not_occur"},
    )

    def taken_back():
        shown = story.seller.get(f"/v1/contracts/{story.id}/progress").json()
        return shown["completion"] == "0.000000" and shown["stage"] == "shipped"

    wait_until(taken_back, 20, "the acceptance is taken back")


def test_strangers_change_nothing_and_learn_nothing(admin, story):
    stranger = make_enterprise(admin)
    node = make_node(admin, "procurement", stranger["id"]).client
    story.accepted(node, 100)
    story.accepted(story.buyer, 40)
    shown = about(story.seller, story.id, "progress", 3)
    assert shown["completion"] == "0.400000" and shown["events"] == 2
    assert len(shown["chains"]) == 2  # the seller's and the buyer's
    assert node.get(f"/v1/contracts/{story.id}/progress").status == 404
    # a contract made up with the seller's number, in which the stranger is the buyer
    made_up = bodies.contract(
        story.chain.seller["ref"], stranger["ref"], contract_no=story.body["contract_no"]
    )
    made_up_id = send(node, "contracts", made_up)
    shown = about(node, made_up_id, "progress", 2)  # its own contract and event
    assert (shown["basis"], shown["facts"]) == ("own_records", 2)
    assert len(shown["chains"]) == 1
    findings = about(node, made_up_id, "findings", 2)
    assert outcome(findings, "invoice-sum")["outcome"] == "not_applicable"


def test_the_buyer_sees_all_once_the_seller_names_it(story):
    body = {**story.body, "external_id": bodies.unique("ctr")}
    own_id = send(story.buyer, "contracts", body)
    shown = about(story.buyer, own_id, "progress", 3)  # both contracts and the shipment
    assert shown["basis"] == "all_records" and shown["stage"] == "shipped"


def test_a_lender_sees_what_it_is_asked_about(admin, story):
    """The contract is addressed to the lender with the assessment; its events are not."""
    story.accepted(story.buyer, 40)
    story.invoice(60)
    about(admin, story.id, "findings", 4)
    lender = story.chain.lender
    assert lender.client.get(f"/v1/contracts/{story.id}/findings").status == 404
    request = {
        "borrower_id": story.chain.seller["id"],
        "contract_ids": [story.id],
        "kind": "initial",
        "lender_ids": [lender.id],
    }
    admin.post("/v1/credit-assessments", request, {"Prefer": "wait=50"})
    shown = about(lender.client, story.id, "findings", 4)
    finding = outcome(shown, "quantity-match")
    assert finding["outcome"] == "failed" and shown["basis"] == "all_records"
    assert finding["records"] == [] and finding["records_hidden"] == 2


def test_a_moved_invoice_leaves_its_contract(admin, story):
    invoice = story.invoice(40)
    shown = about(admin, story.id, "progress", 3)
    assert (shown["invoices"], shown["invoiced"]) == (1, "45200.00")
    other = send(story.seller, "contracts", story.chain.contract())
    body = story.seller.get(f"/v1/invoices/{invoice}").json()["content"]
    body.update(external_id=bodies.unique("inv"), revises_id=invoice, contract_ids=[other])
    send(story.seller, "invoices", body)
    assert about(admin, other, "progress", 2)["invoiced"] == "45200.00"
    assert admin.get(f"/v1/contracts/{story.id}/progress").json()["invoices"] == 0


def test_round_trips_are_found(admin):
    """A sells to B, B to C, C back to A, within days and at about the same price."""
    nodes, firms = {}, {}
    for name in "ABC":
        firms[name] = make_enterprise(admin)
        nodes[name] = make_node(admin, "erp", firms[name]["id"]).client
    contracts = {}
    for seller, buyer, net in (("A", "B", "100000.00"), ("B", "C", "101000.00"),
                               ("C", "A", "99000.00")):  # fmt: skip
        body = bodies.contract(firms[seller]["ref"], firms[buyer]["ref"])
        contracts[seller] = send(nodes[seller], "contracts", body)
        invoice = bodies.invoice(
            firms[seller]["tax"], firms[buyer]["tax"], net=net, contract_ids=[contracts[seller]]
        )
        send(nodes[seller], "invoices", invoice)

    def found():
        shown = about(admin, contracts["A"], "findings", 2)
        finding = outcome(shown, "round-trip")
        return finding if finding["outcome"] == "failed" else None

    finding = wait_until(found, 20, "the round trip is found")
    assert finding["severity"] == "alert" and len(finding["records"]) == 3
    assert "over 2 further sales" in finding["detail"]
    assert about(admin, contracts["A"], "findings", 2)["hard_failed"] is False


def test_an_outsider_makes_up_no_round_trip(admin):
    """C says that B sold to it and that it sold to A: only once B says so too has it come back."""
    nodes, firms = {}, {}
    for name in "ABC":
        firms[name] = make_enterprise(admin)
        nodes[name] = make_node(admin, "erp", firms[name]["id"]).client

    def sell(teller, seller, buyer):
        body = bodies.contract(firms[seller]["ref"], firms[buyer]["ref"])
        contract = send(nodes[teller], "contracts", body)
        parties = firms[seller]["tax"], firms[buyer]["tax"]
        invoice = bodies.invoice(*parties, net="1000.00", contract_ids=[contract])
        send(nodes[teller], "invoices", invoice)
        return contract

    contract = sell("A", "A", "B")
    sell("C", "B", "C")
    about(nodes["C"], sell("C", "C", "A"), "findings", 2)  # the last that C says is known
    assert outcome(about(admin, contract, "findings", 2), "round-trip")["outcome"] == "passed"
    sell("B", "B", "C")

    def found():
        finding = outcome(about(admin, contract, "findings", 2), "round-trip")
        return finding if finding["outcome"] == "failed" else None

    assert wait_until(found, 20, "the round trip is found")["severity"] == "alert"


def test_accounts_and_milestones_travel(admin):
    chain = Chain(admin)
    seller, buyer = chain.erp.client, chain.procurement.client
    body = chain.contract(
        milestones=[{"code": "FAT", "percentage": "25"}, {"code": "SAT", "percentage": "75"}],
        collection_account={"account_no": "6222 0000 1111", "bank_name": "某银行"},
        change_orders=[{"number": "1", "approved_on": bodies.days_ago(3), "amount": "-5.00"}],
    )
    contract = send(seller, "contracts", body)
    named = {"contract_no": body["contract_no"], "seller_uscc": chain.seller["uscc"]}

    def tell(**members):
        event = bodies.event(None, chain.buyer["id"], **members)
        del event["contract_id"]
        send(buyer, "workflow-events", {**event, **named})

    tell(step="production_completed", milestone_code="FAT")
    tell(
        step="paid",
        amount="10.00",
        currency="CNY",
        payment={"payer_id": chain.buyer["id"], "payee_account_no": "622200001112"},
    )
    shown = about(admin, contract, "progress", 3)
    assert shown["completion"] == "0.250000" and len(shown["milestones"][0]["evidence"]) == 1
    finding = outcome(about(admin, contract, "findings", 3), "fund-flow")
    assert finding["outcome"] == "failed"
    assert finding["detail"] == "It was paid into another account than the designated one."


def test_other_ids_are_not_found(admin, story):
    for path in ("ctr_00000000000000000000000000", "evt_00000000000000000000000000", "x"):
        assert admin.get(f"/v1/contracts/{path}/findings").status == 404
    assert admin.get(f"/v1/contracts/{story.shipped}/progress").status == 404
