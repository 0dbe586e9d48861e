"""What would raise a limit: each suggestion, carried out, raises it by exactly its amount."""
import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from harness import bodies
from harness.parties import Chain, make_node
from harness.server import Server, wait_until
from test_credit import assess

# a value for every field of the templates that tests fill in; where it stands is its key
VALUES = {
    "delivery_note_no": "DN-1",
    "order_no": "PO-1",
    "due_on": bodies.days_ago(-30),
    "location.name": "杭州一号库",
    "completion_percent": "40",
    "items.0.item_code": "M-1",
    "items.0.unit": "件",
    "items.0.lot": "L-1",
    "inspection_report_no": "IR-1",
    "defect_rate": "0.01",
}


def rich_event(chain, hours=5, **fields):
    """An event that lacks a lot, an inspection report and an amount."""
    return chain.event(
        chain.contract_id,
        occurred_at=bodies.hours_ago(hours),
        completion_percent="30",
        items=[{"item_code": "M-1", "quantity": "100", "unit": "件"}],
        fields={"defect_rate": "0.01", "cycle_time_s": "20", "delivery_note_no": "D-1", **fields},
    )


@pytest.fixture(scope="module")
def server():
    """Its clock stands still: nothing changes a limit but what the tests send."""
    with Server() as running:
        running.now = datetime.now(timezone.utc)
        running.clock.freeze(running.now)
        yield running


@pytest.fixture
def admin(server):
    return server.client()


@pytest.fixture
def chain(admin):
    """A borrower with late, incomplete events, an invoice, and a guarantee by its own word."""
    chain = Chain(admin)
    erp = chain.erp.client
    contract = chain.contract()
    chain.contract_no = contract["contract_no"]
    chain.contract_id = erp.post("/v1/contracts", contract).json()["id"]
    for hours in (200, 150, 4, 3):
        event = chain.event(chain.contract_id, occurred_at=bodies.hours_ago(hours))
        assert erp.post("/v1/workflow-events", event).status == 201
    invoice = chain.invoice(contract_ids=[chain.contract_id])
    assert erp.post("/v1/invoices", invoice).status == 201
    chain.surety_body = chain.guarantee_by_number(
        chain.contract_no, seller_uscc=chain.seller["uscc"]
    )
    theirs = {**chain.surety_body, "external_id": bodies.unique("gua")}
    assert erp.post("/v1/guarantees", theirs).status == 201
    return chain


def cents(amount):
    return int(Decimal(amount) * 100)


def improvements(client, assessment):
    answer = client.get(f"/v1/credit-assessments/{assessment['id']}/improvements")
    assert answer.status == 200, answer
    return answer.json()


def of_kind(told, kind, **members):
    return [
        i
        for i in told["improvements"]
        if i["kind"] == kind and all(i[name] == value for name, value in members.items())
    ]


def put(body, key, value):
    """The value where a template looks for it: a member of `fields`, or a path in the body."""
    *way, last = key.split(".")
    if not way and last not in ("due_on", "completion_percent"):
        way = ["fields"]
    place = body
    for name in way:
        if name.isdigit():
            while len(place) <= int(name):
                place.append({})
            place = place[int(name)]
        else:
            place = place.setdefault(name, [] if name == "items" else {})
    place[last] = value


def correct(chain, record_id, keys):
    """Sends a correction of a record with these fields."""
    client = chain.erp.client
    plural = "invoices" if record_id.startswith("inv_") else "workflow-events"
    body = client.get(f"/v1/records/{record_id}/body").json()
    body |= {
        "external_id": bodies.unique("cor"),
        "revises_id": record_id,
        "revision_reason": "correction",
    }
    for key in keys:
        put(body, key, VALUES[key])
    answer = client.post(f"/v1/{plural}", body)
    assert answer.status == 201, answer
    return answer.json()


def expect(admin, chain, before, improvement):
    after = assess(admin, chain)
    assert cents(after["recommended_limit"]) == cents(before["recommended_limit"]) + cents(
        improvement["amount"]
    ), improvement
    assert improvement["new_limit"] == after["recommended_limit"]
    return after


def test_filling_fields_one_after_another(admin, chain):
    """Each field in every record that lacks it; the next suggestion starts from the new limit."""
    for hours in (6, 5):
        assert chain.erp.client.post("/v1/workflow-events", rich_event(chain, hours)).status == 201
    now = assess(admin, chain)
    done = set()
    for _ in range(8):
        told = improvements(admin, now)
        assert told["limit"] == now["recommended_limit"]
        known = [i for i in of_kind(told, "fill-field") if i["field"]["key"] in VALUES]
        if not known:
            break
        best = known[0]
        assert len(best["record_ids"]) == best["changes"]
        for record_id in best["record_ids"]:
            sent = correct(chain, record_id, [best["field"]["key"]])
            assert best["field"]["key"] not in sent["quality"]["missing_fields"]
        now = expect(admin, chain, now, best)
        done.add((best["record_kind"], best["field"]["key"]))
    assert len(done) >= 4 and {kind for kind, _ in done} == {"invoice", "workflow_event"}


def test_a_correction_is_not_corrected_again(admin, chain):
    told = improvements(admin, assess(admin, chain))
    (best, *_) = of_kind(told, "fill-field", record_kind="invoice")
    first = best["record_ids"][0]
    correction = correct(chain, first, [best["field"]["key"]])
    told = improvements(admin, assess(admin, chain))
    named = {id for i in told["improvements"] for id in i.get("record_ids", [])}
    assert first not in {
        id for i in of_kind(told, "fill-field") for id in i["record_ids"]
    } and correction["id"] in named


def test_a_licence(admin, chain):
    """Without the business licence none of the others counts; with it each adds its share."""
    now = assess(admin, chain)
    told = improvements(admin, now)
    assert of_kind(told, "add-qualification") == []  # one alone adds nothing
    held = []
    for kind in ("business_license", "quality_system", "high_tech"):
        suggested = of_kind(improvements(admin, now), "add-qualification", qualification=kind)
        held.append({
            "type": kind, "certificate_no": "1", "issuer": "局", "issued_on": "2020-01-01",
        })
        body = bodies.enterprise(uscc=chain.seller["uscc"], name=chain.seller["name"],
                                 qualifications=held)
        assert admin.post("/v1/enterprises", body).status in (200, 201)
        if kind == "business_license":
            assert suggested == []
            now = assess(admin, chain)
        else:
            now = expect(admin, chain, now, suggested[0])


def test_the_guarantors_own_word(admin, chain):
    now = assess(admin, chain)
    (suggested,) = of_kind(improvements(admin, now), "confirm-guarantee")
    assert chain.surety.client.post("/v1/guarantees", chain.surety_body).status == 201
    now = expect(admin, chain, now, suggested)
    assert of_kind(improvements(admin, now), "confirm-guarantee") == []


def test_a_guarantee_of_just_the_right_amount(admin, chain):
    now = assess(admin, chain)
    (suggested,) = of_kind(improvements(admin, now), "add-guarantee")
    amount = cents(suggested["guarantee_amount"])
    body = {**chain.surety_body, "amount": suggested["guarantee_amount"],
            "guarantee_no": bodies.unique("BH"), "external_id": bodies.unique("gua")}
    assert chain.surety.client.post("/v1/guarantees", body).status == 201
    now = expect(admin, chain, now, suggested)
    assert of_kind(improvements(admin, now), "add-guarantee") == []
    # a cent less would not have done: 80 % of it, rounded down, is below the cap
    cap = cents(now["contracts"][0]["base"]) // 2
    assert amount * 80 // 100 >= cap > (amount - 1) * 80 // 100


def test_a_contract_that_is_a_draft(admin, chain):
    erp = chain.erp.client
    body = chain.contract(status="draft", amount="500000.00")
    draft = erp.post("/v1/contracts", body).json()["id"]
    ask = {"contract_ids": [chain.contract_id, draft]}
    now = assess(admin, chain, **ask)
    (suggested,) = of_kind(improvements(admin, now), "open-contract")
    assert suggested["contract_id"] == draft
    body |= {"status": "active", "revises_id": draft, "revision_reason": "correction",
             "external_id": bodies.unique("ctr")}
    assert erp.post("/v1/contracts", body).status == 201
    after = assess(admin, chain, **ask)
    assert after["recommended_limit"] == suggested["new_limit"]


def test_a_finding_that_is_settled(admin, chain):
    """The contract was dated after its first event; its correction has the right day."""
    erp = chain.erp.client
    body = chain.contract(signed_on=bodies.days_ago(0), amount="400000.00")
    chain.contract_id = erp.post("/v1/contracts", body).json()["id"]
    event = rich_event(chain, hours=50) | {"step": "received"}
    assert erp.post("/v1/workflow-events", event).status == 201
    now = assess(admin, chain)
    (suggested,) = of_kind(improvements(admin, now), "resolve-finding", check="signed-first")
    body |= {"signed_on": bodies.days_ago(9), "revises_id": chain.contract_id,
             "revision_reason": "correction", "external_id": bodies.unique("ctr")}
    assert erp.post("/v1/contracts", body).status == 201
    now = expect(admin, chain, now, suggested)
    assert of_kind(improvements(admin, now), "resolve-finding", check="signed-first") == []


def full_event(chain, **members):
    """With every field of the template."""
    event = rich_event(chain, inspection_report_no="IR-1")
    event["items"][0]["lot"] = "L-1"
    return event | {"amount": "100.00", "currency": "CNY"} | members


def test_milestones_that_the_buyer_confirms(admin):
    """Of an increment: each is worth its share of what the work may earn."""
    chain = Chain(admin)
    erp = chain.erp.client
    parts = {"M1": "40", "M2": "35", "M3": "25"}
    milestones = [{"code": code, "percentage": part} for code, part in parts.items()]
    contract = chain.contract(milestones=milestones)
    chain.contract_id = erp.post("/v1/contracts", contract).json()["id"]
    for _ in range(4):
        event = full_event(chain, step="production_completed")
        assert erp.post("/v1/workflow-events", event).status == 201
    assess(admin, chain)

    def confirm(code):
        event = full_event(chain, step="accepted", milestone_code=code,
                           contract_no=contract["contract_no"], seller_uscc=chain.seller["uscc"],
                           actor_enterprise_id=chain.buyer["id"], completion_percent="0")
        del event["contract_id"]
        answer = chain.procurement.client.post("/v1/workflow-events", event)
        assert answer.status == 201, answer

    confirm("M1")
    now = assess(admin, chain, kind="incremental")
    for _ in range(2):
        suggested = of_kind(improvements(admin, now), "prove-milestone")
        assert [i["changes"] for i in suggested] == [1] * len(suggested) and suggested
        confirm(suggested[0]["milestone"])
        after = assess(admin, chain, kind="incremental")
        assert after["recommended_limit"] == suggested[0]["new_limit"]
        now = after
    assert of_kind(improvements(admin, now), "prove-milestone") == []


def test_the_best_three_together(admin, chain):
    """Carried out in their order, each adds what the plan says that it adds then."""
    now = assess(admin, chain)
    told = improvements(admin, now)
    plan, limit = told["best_next"], cents(told["limit"])
    assert 1 <= len(plan["steps"]) <= 3
    for step in plan["steps"]:
        limit += cents(step["amount"])
        assert cents(step["new_limit"]) == limit
        improvement = told["improvements"][step["improvement"]]
        assert improvement["when"] == "now"
    assert cents(plan["new_limit"]) == limit == cents(told["limit"]) + cents(plan["amount"])
    kinds = [told["improvements"][s["improvement"]]["kind"] for s in plan["steps"]]
    assert kinds[0] == "confirm-guarantee"
    assert chain.surety.client.post("/v1/guarantees", chain.surety_body).status == 201
    after = assess(admin, chain)
    assert after["recommended_limit"] == plan["steps"][0]["new_limit"]
    again = improvements(admin, after)["best_next"]["steps"]
    assert [s["amount"] for s in again][: len(kinds) - 1] == [
        s["amount"] for s in plan["steps"][1:]
    ]


def test_in_order_of_what_a_change_brings(admin, chain):
    told = improvements(admin, assess(admin, chain))["improvements"]
    rates = [Decimal(cents(i["amount"])) / i["changes"] for i in told]
    assert rates == sorted(rates, reverse=True) and len(rates) > 5
    for i in told:
        assert cents(i["amount"]) > 0 and i["changes"] >= 1
        assert cents(i["amount_per_change"]) == cents(i["amount"]) // i["changes"]
        assert i["text_en"] and i["text_zh"]
    (late, *_) = of_kind({"improvements": told}, "deliver-on-time", record_kind="workflow_event")
    assert late["when"] == "hindsight" and late["changes"] == 2  # 200 h and 150 h, over 24 h


def test_the_amount_of_hindsight(admin, chain):
    """Timeliness computed independently, with the two late events at 24 hours."""
    now = assess(admin, chain)
    (late,) = of_kind(improvements(admin, now), "deliver-on-time", record_kind="workflow_event")
    receipt = admin.get(f"/v1/credit-assessments/{now['id']}/receipt").json()
    horizon, hour = 168 * 3600 * 10**6, 3600 * 10**6
    sums = {s["kind"]: s for s in receipt["inputs"]["sums"]}
    delays = {k: int(s["delay_s"]) * 10**6 + int(s["delay_us"]) for k, s in sums.items()}
    delays["workflow_event"] -= sum(
        max(0, d - 24 * hour) for d in event_delays(chain, late["record_ids"])
    )
    mean = {k: delays[k] // sums[k]["delay_count"] for k in ("workflow_event", "invoice")}
    blended = (mean["workflow_event"] + mean["invoice"]) // 2
    timeliness = max(0, horizon - blended) * 10**6 // horizon
    values = {f["name"]: int(Decimal(f["value"]) * 10**6) for f in now["factors"][:4]}
    truth = (250000 * values["normativity"] + 150000 * timeliness + 250000 * values["accuracy"]
             + 350000 * values["cross_checks"]) // 10**6
    part = now["contracts"][0]
    q, h = (int(Decimal(now[n]) * 10**6) for n in ("qualification_score", "history_factor"))
    base = cents(part["net_amount"]) * 300000 * truth * q * h // 10**24
    guarantee = min(base // 2, cents(part["guarantees_valid"]) * 8 // 10)
    assert cents(late["new_limit"]) == base + guarantee


def event_delays(chain, record_ids):
    for record_id in record_ids:
        record = chain.erp.client.get(f"/v1/records/{record_id}").json()
        body = chain.erp.client.get(f"/v1/records/{record_id}/body").json()
        received, occurred = (
            datetime.fromisoformat(t.replace("Z", "+00:00"))
            for t in (record["received_at"], body["occurred_at"])
        )
        delta = received - occurred
        yield (delta.days * 86400 + delta.seconds) * 10**6 + delta.microseconds


def test_nothing_when_the_request_caps_the_limit(admin, chain):
    now = assess(admin, chain, requested_amount="1000.00", currency="CNY")
    told = improvements(admin, now)
    assert told["improvements"] == [] and told["best_next"]["steps"] == []


def test_values_out_of_range(admin, chain):
    wrong = chain.erp.client.post("/v1/workflow-events", rich_event(chain, defect_rate="0.09"))
    assert wrong.json()["quality"]["out_of_range"] == ["defect_rate"]
    now = assess(admin, chain)
    (suggested,) = of_kind(improvements(admin, now), "correct-values")
    assert suggested["record_ids"] == [wrong.json()["id"]]
    correct(chain, wrong.json()["id"], ["defect_rate"])
    expect(admin, chain, now, suggested)


def test_an_event_that_was_sent_before_it_happened(server, admin, chain):
    """It is no longer early once it is sent again, so nothing is wrong with its values."""
    soon = server.now + timedelta(minutes=3)
    early = chain.event(chain.contract_id, occurred_at=soon.isoformat())
    assert chain.erp.client.post("/v1/workflow-events", early).status == 201
    assert early["external_id"]
    told = improvements(admin, assess(admin, chain))
    assert len(of_kind(told, "correct-values")) == 1


@pytest.mark.parametrize(
    "quantity, rate, outside",
    [("100", "0.01", False), ("130", "0.01", False), ("131", "0.01", True), ("100", "0.02", True)],
)
def test_values_that_fluctuate(server, admin, quantity, rate, outside):
    """A correction is compared with the earlier period as any record is, and so counted."""
    now = datetime.now(timezone.utc)
    server.clock.freeze(now - timedelta(days=45))
    chain = Chain(admin)
    erp = chain.erp.client
    contract = chain.contract(signed_on=bodies.days_ago(60))
    chain.contract_id = erp.post("/v1/contracts", contract).json()["id"]
    for hours in (1, 2, 3):
        old = rich_event(chain, hours=45 * 24 + hours)
        assert erp.post("/v1/workflow-events", old).status == 201
    server.now = now
    server.clock.freeze(now)
    event = rich_event(chain, defect_rate=rate)
    event["occurred_at"] = (now - timedelta(seconds=36)).isoformat()
    event["items"][0]["quantity"] = quantity
    sent = erp.post("/v1/workflow-events", event).json()
    invoice = chain.invoice(contract_ids=[chain.contract_id])
    assert erp.post("/v1/invoices", invoice).status == 201
    before = assess(admin, chain)
    ratio = before["ratings"]["accuracy"]["within_fluctuation_ratio"]
    assert ratio == ("0.000000" if outside else "1.000000")
    told = improvements(admin, before)
    values = of_kind(told, "correct-values")
    assert [i["record_ids"] for i in values] == ([[sent["id"]]] if outside else [])
    # its correction has the same quantity, which is compared again
    (suggested,) = [
        i for i in of_kind(told, "fill-field") if i["field"]["key"] == "inspection_report_no"
    ]
    assert sent["id"] in suggested["record_ids"]
    for record_id in suggested["record_ids"]:
        correct(chain, record_id, ["inspection_report_no"])
    expect(admin, chain, before, suggested)


def test_who_may_know(admin, chain):
    now = assess(admin, chain)
    path = f"/v1/credit-assessments/{now['id']}/improvements"
    mine = chain.erp.client.get(path)  # operated by the borrower; an administrator asked
    assert mine.status == 200
    refused = chain.lender.client.get(path)
    assert (refused.status, refused.json()["code"]) == (403, "forbidden")
    for stranger in (chain.procurement, chain.surety, make_node(admin, "regulator")):
        assert stranger.client.get(path).status == 404
    assert admin.get("/v1/credit-assessments/asm_01h455vb4pex5vsknk084sn02q/improvements"
                     ).status == 404
    assert admin.get(path, headers={"If-None-Match": mine.headers["ETag"]}).status in (200, 304)


def test_records_of_other_nodes_are_counted_and_not_named(admin, chain):
    """The buyer's events about the borrower lack fields too; which they are is the buyer's."""
    buyer = chain.procurement.client
    body = bodies.event(None, chain.seller["id"], contract_no=chain.contract_no,
                        seller_uscc=chain.seller["uscc"])
    del body["contract_id"]
    sent = buyer.post("/v1/workflow-events", body)
    assert sent.status == 201, sent
    now = assess(admin, chain)
    theirs = improvements(chain.erp.client, now)
    everything = improvements(admin, now)
    assert sent.json()["id"] in json.dumps(everything)
    assert sent.json()["id"] not in json.dumps(theirs)
    strip = [{k: v for k, v in i.items() if k != "record_ids"} for i in theirs["improvements"]]
    assert strip == [
        {k: v for k, v in i.items() if k != "record_ids"} for i in everything["improvements"]
    ]


def test_without_a_result_there_is_nothing_to_improve(admin, chain):
    answer = admin.post(
        "/v1/credit-assessments",
        {"borrower_id": chain.seller["id"], "contract_ids": [chain.contract_id],
         "kind": "initial", "as_of": "1969-12-31T00:00:00Z"},
        {"Prefer": "wait=50"},
    )
    assert answer.json()["status"] == "failed", answer
    path = answer.headers["Location"] + "/improvements"
    assert admin.get(path).status == 409


def test_receipts_larger_than_any_request(admin):
    """A hundred contracts with guarantees: what a receipt holds may exceed what a body may."""
    chain = Chain(admin)
    erp = chain.erp.client
    ids = [erp.post("/v1/contracts", chain.contract()).json()["id"] for _ in range(100)]
    chain.contract_id = ids[0]
    assert erp.post("/v1/workflow-events", full_event(chain)).status == 201
    sent = erp.bulk("guarantees", (chain.guarantee(ids[i % 100]) for i in range(1500)))
    assert sent.status == 200
    now = assess(admin, chain, contract_ids=ids)
    receipt = admin.get(f"/v1/credit-assessments/{now['id']}/receipt")
    assert len(receipt.body) > 600_000
    told = improvements(admin, now)
    assert len(told["improvements"]) == 50
    assert {i["kind"] for i in told["improvements"]} >= {"more-history", "confirm-guarantee"}
    span = {"from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z",
            "borrower_ids": [chain.seller["id"]]}
    where = admin.post("/v1/backtests", span).headers["Location"]
    done = wait_until(lambda: admin.get(where).json().get("result"), 30, "the backtest")
    assert done["reproduced"] == {"count": 1, "of": 1}
