"""The lender's side: decision ≤ limit, loan ≤ decision, repayments, states, who sees what."""
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import pytest

from harness import bodies, merkle
from harness.client import encode
from harness.parties import Chain, make_node
from harness.server import wait_until
from test_credit import assess, request_for, story  # noqa: F401


def key():
    return {"Idempotency-Key": bodies.unique("key")}


def decision(chain, assessment, **members):
    return {
        "external_id": bodies.unique("dec"),
        "assessment_id": assessment["id"],
        "lender_id": chain.bank["id"],
        "outcome": "approved",
        "approved_limit": assessment["recommended_limit"],
        "currency": "CNY",
        "annual_rate": "0.0435",
        "tenor_days": 180,
        "valid_from": bodies.days_ago(0),
        "valid_until": bodies.days_ago(-180),
        "decided_by": "王敏",
        "decided_at": bodies.hours_ago(0),
        **members,
    }


def loan(chain, decision_id, principal, **members):
    return {
        "external_id": bodies.unique("loan"),
        "loan_no": bodies.unique("LN"),
        "decision_id": decision_id,
        "lender_id": chain.bank["id"],
        "borrower_id": chain.seller["id"],
        "contract_ids": [chain.contract_id],
        "principal": principal,
        "currency": "CNY",
        "disbursed_at": bodies.hours_ago(0),
        "value_date": bodies.days_ago(0),
        "maturity_date": bodies.days_ago(-150),
        "interest": {"type": "fixed", "annual_rate": "0.0435"},
        "repayment_method": "bullet",
        **members,
    }


def repayment(loan_id, amount, **members):
    return {
        "external_id": bodies.unique("rep"),
        "loan_id": loan_id,
        "amount": amount,
        "currency": "CNY",
        "paid_at": bodies.hours_ago(0),
        "value_date": bodies.days_ago(0),
        **members,
    }


@pytest.fixture
def fresh(server):
    """A chain of its own with an assessment that awaits a decision."""
    chain = Chain(server.client())
    erp = chain.erp.client
    contract = chain.contract()
    chain.contract_no = contract["contract_no"]
    chain.contract_id = erp.post("/v1/contracts", contract).json()["id"]
    for hours in (20, 12, 4):
        erp.post(
            "/v1/workflow-events",
            chain.event(chain.contract_id, occurred_at=bodies.hours_ago(hours)),
        )
    erp.post("/v1/invoices", chain.invoice(contract_ids=[chain.contract_id]))
    guarantee = chain.guarantee_by_number(chain.contract_no, seller_uscc=chain.seller["uscc"])
    assert chain.surety.client.post("/v1/guarantees", guarantee).status == 201
    chain.assessment = assess(server.client(), chain)
    return chain


def decide(chain, **members):
    answer = chain.lender.client.post(
        "/v1/credit-decisions", decision(chain, chain.assessment, **members), key()
    )
    assert answer.status == 201, answer
    return answer.json()


def lend(chain, decision_id, principal, **members):
    return chain.lender.client.post(
        "/v1/loans", loan(chain, decision_id, principal, **members), key()
    )


def half(amount):
    return str((Decimal(amount) / 2).quantize(Decimal("0.01")))


def test_the_whole_way(fresh):
    lender = fresh.lender.client
    decided = decide(fresh)
    assert decided["id"].startswith("dec_")
    waiting = lender.get("/v1/credit-assessments", status="awaiting_decision").json()["data"]
    assert fresh.assessment["id"] not in [a["id"] for a in waiting]
    principal = half(fresh.assessment["recommended_limit"])
    paid = lend(fresh, decided["id"], principal)
    assert paid.status == 201, paid
    loan_id = paid.json()["id"]
    assert loan_id.startswith("loan_")
    shown = lender.get(f"/v1/loans/{loan_id}").json()
    assert shown["status"] == "disbursed"
    assert shown["outstanding"]["principal"] == principal
    back = lender.post("/v1/repayments", repayment(loan_id, principal), key())
    assert back.status == 201, back
    shown = lender.get(f"/v1/loans/{loan_id}").json()
    assert shown["status"] in ("settled", "repaying")


def test_decision_and_loan_are_in_the_lenders_chain(fresh):
    decided = decide(fresh)
    paid = lend(fresh, decided["id"], "100.00").json()
    for record in (decided["id"], paid["id"]):

        def proof():
            answer = fresh.lender.client.get(f"/v1/records/{record}/proof")
            return answer.status == 200 and answer.json()

        found = wait_until(proof, 10, f"proof of {record}")
        merkle.verify_proof(found)
        assert found["record"]["node"] == fresh.lender.id


def test_who_sees_the_loan(admin, fresh):
    rival = make_node(admin, "erp", fresh.bank["id"])  # knows the number, and is no party
    same = fresh.contract(contract_no=fresh.contract_no)
    assert rival.client.post("/v1/contracts", same).status == 201
    paid = lend(fresh, decide(fresh)["id"], "100.00").json()
    path = f"/v1/loans/{paid['id']}"
    filters = (
        {},
        {"borrower_id": fresh.seller["id"]},
        {"decision_id": paid["decision_id"]},
        {"loan_no": paid["loan_no"]},
        {"loan_no": paid["loan_no"], "decision_id": paid["decision_id"]},
    )

    def listed(client, **query):
        return [item["id"] for item in client.get("/v1/loans", **query).json()["data"]]

    for node in (fresh.lender, fresh.erp, fresh.surety, fresh.procurement):
        assert node.client.get(path).status == 200, node.enterprise_id
        assert [listed(node.client, **query) for query in filters] == [[paid["id"]]] * 5
    for stranger in (rival.client, *(make_node(admin, kind).client for kind in ("erp", "lender"))):
        assert stranger.get(path).status == 404
        assert [listed(stranger, **query) for query in filters] == [[]] * 5
    assert admin.get(path).status == 200
    assert paid["id"] in listed(admin, order="desc", limit=500)
    assert [listed(admin, **query) for query in filters[1:]] == [[paid["id"]]] * 4
    elsewhere = {"loan_no": paid["loan_no"], "borrower_id": fresh.buyer["id"]}
    assert listed(fresh.lender.client, **elsewhere) == []


def test_decision_cannot_exceed_the_limit(fresh):
    limit = Decimal(fresh.assessment["recommended_limit"])
    answer = fresh.lender.client.post(
        "/v1/credit-decisions",
        decision(fresh, fresh.assessment, approved_limit=str(limit + Decimal("0.01"))),
        key(),
    )
    assert answer.status == 409, answer
    assert answer.json()["code"] == "limit-exceeded"


def test_loans_cannot_exceed_the_decision(fresh):
    decided = decide(fresh, approved_limit="1000.00")
    assert lend(fresh, decided["id"], "600.00").status == 201
    over = lend(fresh, decided["id"], "400.01")
    assert over.status == 409
    assert over.json()["code"] == "limit-exceeded"
    assert lend(fresh, decided["id"], "400.00").status == 201


def test_concurrent_loans_cannot_exceed_the_decision(fresh):
    decided = decide(fresh, approved_limit="1000.00")

    def send(_):
        client = fresh.lender.client.copy()
        return client.post("/v1/loans", loan(fresh, decided["id"], "300.00"), key()).status

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(send, range(8)))
    assert statuses.count(201) == 3
    assert statuses.count(409) == 5


TERMS = ("approved_limit", "currency", "annual_rate", "tenor_days", "valid_from", "valid_until")


def refuse(chain, outcome, **members):
    body = decision(chain, chain.assessment, outcome=outcome, **members)
    for member in TERMS:
        del body[member]
    return chain.lender.client.post("/v1/credit-decisions", body, key())


def test_no_loan_after_declining(fresh):
    declined = refuse(fresh, "declined", decline_reasons=["policy"])
    assert declined.status == 201, declined
    answer = lend(fresh, declined.json()["id"], "1.00")
    assert (answer.status, answer.json()["code"]) == (409, "wrong-state")
    assert "declined" in answer.json()["detail"]


def test_withdrawing_takes_an_approval_back(fresh):
    early = refuse(fresh, "withdrawn")
    assert (early.status, early.json()["code"]) == (409, "wrong-state")
    assert "awaiting_decision" in early.json()["detail"]
    approved = decide(fresh)
    assert refuse(fresh, "withdrawn").status == 201
    shown = fresh.lender.client.get(f"/v1/credit-decisions/{approved['id']}").json()
    assert shown["status"] == "withdrawn"
    answer = lend(fresh, approved["id"], "1.00")
    assert (answer.status, answer.json()["code"]) == (409, "wrong-state")
    again = refuse(fresh, "withdrawn")
    assert again.status == 409 and "withdrawn" in again.json()["detail"]


def test_a_decision_with_loans_stands(fresh):
    approved = decide(fresh)
    assert lend(fresh, approved["id"], "1.00").status == 201
    again = fresh.lender.client.post(
        "/v1/credit-decisions", decision(fresh, fresh.assessment), key()
    )
    for answer in (refuse(fresh, "withdrawn"), again):
        assert (answer.status, answer.json()["code"]) == (409, "wrong-state")
        assert "drawn" in answer.json()["detail"]


def test_declined_needs_reasons(fresh):
    body = decision(fresh, fresh.assessment, outcome="declined")
    answer = fresh.lender.client.post("/v1/credit-decisions", body, key())
    assert answer.status == 422
    assert "#/decline_reasons" in {e["pointer"] for e in answer.json()["errors"]}


def test_expired_decision_carries_no_loan(fresh):
    decided = decide(fresh, valid_from=bodies.days_ago(10), valid_until=bodies.days_ago(1))
    assert lend(fresh, decided["id"], "1.00").status == 409


def test_no_loan_begins_after_the_limit_expired(fresh):
    """The decision says that it is valid for 180 days; the assessment's limit is not."""
    decided = decide(fresh)
    last = date.fromisoformat(fresh.assessment["limit_expires_on"])
    assert decided["valid_until"] > last.isoformat()
    term = {"maturity_date": (last + timedelta(days=60)).isoformat()}
    after = lend(fresh, decided["id"], "1.00", value_date=str(last + timedelta(days=1)), **term)
    assert (after.status, after.json()["code"]) == (409, "wrong-state"), after
    assert last.isoformat() in after.json()["detail"]
    answer = lend(fresh, decided["id"], "1.00", value_date=str(last), **term)
    assert answer.status == 201, answer


def test_a_later_decision_supersedes(fresh):
    first = decide(fresh, approved_limit="1000.00")
    second = decide(fresh, approved_limit="500.00")
    assert lend(fresh, first["id"], "1.00").status == 409
    assert lend(fresh, second["id"], "500.00").status == 201


@pytest.mark.parametrize(
    "members, pointer",
    [
        ({"maturity_date": bodies.days_ago(1)}, "#/maturity_date"),
        ({"interest": {"type": "fixed", "annual_rate": "0.37"}}, "#/interest/annual_rate"),
        ({"principal": "0.00"}, "#/principal"),
        ({"repayment_method": "whenever"}, "#/repayment_method"),
    ],
)
def test_loan_rules(fresh, members, pointer):
    answer = lend(fresh, decide(fresh)["id"], members.pop("principal", "1.00"), **members)
    assert answer.status == 422, answer
    assert pointer in {e["pointer"] for e in answer.json()["errors"]}, answer


def test_idempotency_key_is_required(fresh):
    answer = fresh.lender.client.post("/v1/credit-decisions", decision(fresh, fresh.assessment))
    assert answer.status == 400
    assert answer.json()["code"] == "idempotency-key-invalid"


def test_idempotency_key_replays(fresh):
    headers, body = key(), decision(fresh, fresh.assessment)
    client = fresh.lender.client
    first = client.post("/v1/credit-decisions", body, headers)
    assert first.status == 201, first
    again = client.post("/v1/credit-decisions", body, headers)
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    other = client.post("/v1/credit-decisions", {**body, "annual_rate": "0.05"}, headers)
    assert other.status == 422
    assert other.json()["code"] == "idempotency-key-reused"


@pytest.mark.parametrize("value", ["", "x" * 256, "a b", "é".encode()])
def test_bad_idempotency_key(fresh, value):
    answer = fresh.lender.client.post(
        "/v1/credit-decisions", decision(fresh, fresh.assessment), {"Idempotency-Key": value}
    )
    assert answer.status == 400, answer


def test_validation_failure_does_not_burn_the_key(fresh):
    headers, body = key(), decision(fresh, fresh.assessment)
    assert (
        fresh.lender.client.post(
            "/v1/credit-decisions", {**body, "outcome": "maybe"}, headers
        ).status
        == 422
    )
    assert fresh.lender.client.post("/v1/credit-decisions", body, headers).status == 201


def test_only_the_addressed_lender_decides(admin, fresh):
    body = decision(fresh, fresh.assessment)
    stranger = make_node(admin, "lender")
    assert stranger.client.post("/v1/credit-decisions", body, key()).status in (404, 422)
    assert fresh.erp.client.post("/v1/credit-decisions", body, key()).status == 403


def test_only_the_lender_of_the_decision_lends(admin, fresh):
    decided = decide(fresh)
    stranger = make_node(admin, "lender")
    answer = stranger.client.post("/v1/loans", loan(fresh, decided["id"], "1.00"), key())
    assert answer.status in (404, 422), answer


def test_repayments(fresh):
    loan_id = lend(fresh, decide(fresh)["id"], "1000.00").json()["id"]
    lender = fresh.lender.client
    body = repayment(loan_id, "400.00", allocation={"principal": "400.00"})
    assert lender.post("/v1/repayments", body, key()).status == 201
    shown = lender.get(f"/v1/loans/{loan_id}").json()
    assert (shown["status"], shown["outstanding"]["principal"]) == ("repaying", "600.00")
    wrong = repayment(loan_id, "100.00", allocation={"principal": "99.00"})
    assert lender.post("/v1/repayments", wrong, key()).status == 422
    assert lender.post(
        "/v1/repayments", repayment("loan_01h455vb4pex5vsknk084sn02q", "1.00"), key()
    ).status in (404, 422)
    assert (
        fresh.erp.client.get(f"/v1/loans/{loan_id}").json()["outstanding"]["principal"] == "600.00"
    )


def test_events_tell_the_borrower(fresh):
    feed = fresh.erp.client
    start = feed.get("/v1/events", limit=500)
    assert start.status == 200, start
    loan_id = lend(fresh, decide(fresh)["id"], "100.00").json()["id"]
    assert loan_id in feed.get("/v1/events", limit=500).body.decode()


def send(chain, path, body):
    return chain.lender.client.post(path, body, key())


def test_the_same_loan_again_is_replayed(fresh):
    body = loan(fresh, decide(fresh)["id"], "100.00")
    first, again = (send(fresh, "/v1/loans", body) for _ in range(2))
    assert (first.status, again.status) == (201, 200), again
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["id"] == first.json()["id"]
    other = send(fresh, "/v1/loans", {**body, "principal": "200.00"})
    assert (other.status, other.json()["code"]) == (409, "external-id-conflict")
    assert other.json()["existing_id"] == first.json()["id"]


def test_a_figure_comes_with_each_refusal(fresh):
    decided = decide(fresh, approved_limit="1000.00")
    assert decided["remaining_limit"] == "1000.00"
    loan_id = lend(fresh, decided["id"], "600.00").json()["id"]
    over = lend(fresh, decided["id"], "400.01").json()
    assert (over["remaining_limit"], over["approved_limit"]) == ("400.00", "1000.00")
    more = send(fresh, "/v1/repayments", repayment(loan_id, "600.01"))
    assert (more.status, more.json()["code"]) == (409, "exceeds-outstanding")
    assert more.json()["outstanding"]["principal"] == "600.00"


def test_a_revolving_limit_comes_back(fresh):
    decided = decide(fresh, approved_limit="1000.00", limit_type="revolving")
    loan_id = lend(fresh, decided["id"], "1000.00").json()["id"]
    assert lend(fresh, decided["id"], "0.01").status == 409
    assert send(fresh, "/v1/repayments", repayment(loan_id, "250.00")).status == 201
    path = f"/v1/credit-decisions/{decided['id']}"
    assert fresh.lender.client.get(path).json()["remaining_limit"] == "250.00"
    assert lend(fresh, decided["id"], "250.00").status == 201


def test_a_reversal_takes_a_repayment_back(fresh):
    loan_id = lend(fresh, decide(fresh)["id"], "1000.00").json()["id"]
    paid = send(fresh, "/v1/repayments", repayment(loan_id, "1000.00")).json()
    assert paid["allocation"]["principal"] == "1000.00"
    path = f"/v1/loans/{loan_id}"
    assert fresh.erp.client.get(path).json()["status"] == "settled"
    taken = send(fresh, "/v1/repayments", repayment(loan_id, "1000.00", reversal_of=paid["id"]))
    assert taken.status == 201, taken
    shown = fresh.erp.client.get(path).json()
    assert (shown["status"], shown["outstanding"]["principal"]) == ("disbursed", "1000.00")
    seen = fresh.erp.client.get(f"/v1/repayments/{paid['id']}").json()
    assert (seen["status"], seen["reversed_by"]) == ("reversed", taken.json()["id"])
    twice = send(fresh, "/v1/repayments", repayment(loan_id, "1000.00", reversal_of=paid["id"]))
    assert (twice.status, twice.json()["code"]) == (409, "wrong-state")


def test_interest_and_arrears_of_an_old_loan(fresh):
    decided = decide(fresh, annual_rate="0.10")
    answer = lend(
        fresh,
        decided["id"],
        "36000.00",
        value_date=bodies.days_ago(130),
        maturity_date=bodies.days_ago(100),
        interest={"type": "fixed", "annual_rate": "0.10"},
        disbursed_at=bodies.hours_ago(24 * 130),
    )
    assert answer.status == 201, answer
    shown = answer.json()
    assert shown["schedule"][0]["interest"] == "300.00"  # 30 days of 360 at 10 %: 10.00 a day
    # The lender's day may already be the next one.
    assert shown["overdue_days"] in (100, 101)
    assert (shown["status"], shown["risk_class"]) == ("overdue", "substandard")
    assert Decimal(shown["accrued_interest"]) == 10 * (shown["overdue_days"] + 30)


def test_a_given_schedule_must_add_up(fresh):
    decided = decide(fresh)["id"]
    halves = [
        {"seq": 1, "due_on": bodies.days_ago(-60), "principal": "50.00", "interest": "0.73"},
        {"seq": 2, "due_on": bodies.days_ago(-150), "principal": "50.00", "interest": "0.54"},
    ]
    given = lend(fresh, decided, "100.00", schedule=halves, repayment_method="equal_principal")
    assert given.status == 201, given
    assert given.json()["schedule"] == halves
    for change in ({"principal": "49.00"}, {"due_on": bodies.days_ago(-61)}, {"seq": 3}):
        broken = [halves[0], {**halves[1], **change}]
        answer = lend(fresh, decided, "100.00", schedule=broken)
        assert answer.status == 422, answer
        assert all(e["pointer"].startswith("#/schedule") for e in answer.json()["errors"])


def test_terms_must_be_those_of_the_decision(fresh):
    decided = decide(fresh, tenor_days=90)["id"]
    for members, pointer in (
        ({"maturity_date": bodies.days_ago(-91)}, "#/maturity_date"),
        ({"interest": {"type": "fixed", "annual_rate": "0.0436"}}, "#/interest/annual_rate"),
        ({"borrower_id": fresh.buyer["id"]}, "#/borrower_id"),
        ({"currency": "USD"}, "#/currency"),
        ({"lender_id": fresh.buyer["id"]}, "#/lender_id"),
        ({"contract_ids": ["ctr_01h455vb4pex5vsknk084sn02q"]}, "#/contract_ids/0"),
        ({"invoice_ids": ["inv_01h455vb4pex5vsknk084sn02q"]}, "#/invoice_ids/0"),
        ({"guarantee_ids": ["gua_01h455vb4pex5vsknk084sn02q"]}, "#/guarantee_ids/0"),
    ):
        terms = {"maturity_date": bodies.days_ago(-90), **members}
        answer = lend(fresh, decided, "1.00", **terms)
        assert answer.status == 422, (members, answer)
        assert [e["pointer"] for e in answer.json()["errors"]] == [pointer]
    assert lend(fresh, decided, "1.00", maturity_date=bodies.days_ago(-90)).status == 201


def test_unchanged_is_304_and_lists_have_pages(fresh):
    decided = decide(fresh)["id"]
    ids = [lend(fresh, decided, "1.00").json()["id"] for _ in range(3)]
    client = fresh.erp.client
    first = client.get(f"/v1/loans/{ids[0]}")
    tag = {"If-None-Match": first.headers["ETag"]}
    assert client.get(f"/v1/loans/{ids[0]}", tag).status == 304
    assert send(fresh, "/v1/repayments", repayment(ids[0], "0.50")).status == 201
    assert client.get(f"/v1/loans/{ids[0]}", tag).status == 200
    seen, after = [], {}
    while True:
        page = client.get("/v1/loans", decision_id=decided, limit=2, **after).json()
        seen += [item["id"] for item in page["data"]]
        if not page["has_more"]:
            break
        after = {"after": page["next_cursor"]}
    assert seen == ids
    newest = client.get("/v1/loans", order="desc", limit=1).json()["data"]
    assert newest[0]["id"] == ids[2]
    assert client.get("/v1/repayments", loan_id=ids[0]).json()["data"][0]["amount"] == "0.50"


def test_what_is_lent_comes_off_what_is_available_once(admin, fresh):
    before = Decimal(fresh.assessment["recommended_limit"])
    loan_id = lend(fresh, decide(fresh)["id"], half(before)).json()["id"]
    shown = assess(admin, fresh)
    assert Decimal(shown["recommended_limit"]) == before
    assert Decimal(shown["available_limit"]) == before - Decimal(half(before))
    owed = fresh.lender.client.get(f"/v1/loans/{loan_id}").json()["outstanding"]["principal"]
    assert send(fresh, "/v1/repayments", repayment(loan_id, owed)).status == 201
    assert Decimal(assess(admin, fresh)["available_limit"]) == before


def test_accounts_are_shown_masked(fresh):
    paid = lend(fresh, decide(fresh)["id"], "1.00", disbursement_account="6222020200112233445")
    assert paid.json()["disbursement_account"] == "****3445"


def test_bodies_are_kept_byte_for_byte(fresh):
    body = loan(fresh, decide(fresh)["id"], "1.00", purpose="原材料采购")
    paid = send(fresh, "/v1/loans", body).json()
    kept = fresh.lender.client.get(f"/v1/records/{paid['id']}/body")
    assert kept.body == encode(body)


def test_an_invoice_is_financed_once(fresh):
    """Whichever node reported it, until the loan is settled."""
    free = {"interest": {"type": "fixed", "annual_rate": "0"}}
    decided = decide(fresh, annual_rate="0")["id"]
    body = fresh.invoice(contract_no=fresh.contract_no)
    own, buyers = (
        node.client.post("/v1/invoices", body).json()["id"]
        for node in (fresh.erp, fresh.procurement)
    )
    first = lend(fresh, decided, "10.00", invoice_ids=[own], **free)
    assert first.status == 201, first
    for named in (own, buyers):
        again = lend(fresh, decided, "10.00", invoice_ids=[named], **free)
        assert (again.status, again.json()["code"]) == (409, "invoice-already-financed")
        assert again.json()["financed"] == [{"invoice_id": named, "loan_id": first.json()["id"]}]
    assert send(fresh, "/v1/repayments", repayment(first.json()["id"], "10.00")).status == 201
    assert lend(fresh, decided, "10.00", invoice_ids=[buyers], **free).status == 201


def test_lenders_share_the_recommended_limit(admin, server):
    """Each may approve all of it; what they lend together stays within it."""
    chain = Chain(server.client())
    chain.contract_id = chain.erp.client.post("/v1/contracts", chain.contract()).json()["id"]
    chain.erp.client.post("/v1/workflow-events", chain.event(chain.contract_id))
    rival = make_node(admin, "lender", chain.bank["id"])
    chain.assessment = assess(admin, chain, lender_ids=[chain.lender.id, rival.id])
    limit = chain.assessment["recommended_limit"]
    decided = decide(chain)["id"]
    rivals = rival.client.post(
        "/v1/credit-decisions", decision(chain, chain.assessment), key()
    ).json()["id"]
    assert lend(chain, decided, half(limit)).status == 201
    whole = rival.client.post("/v1/loans", loan(chain, rivals, limit), key())
    assert (whole.status, whole.json()["code"]) == (409, "limit-exceeded")
    rest = str(Decimal(limit) - Decimal(half(limit)))
    assert whole.json()["remaining_limit"] == rest
    assert rival.client.post("/v1/loans", loan(chain, rivals, rest), key()).status == 201


def as_uuid(identifier):
    """The UUID that an id stands for: base 32 after the prefix."""
    digits = identifier.rsplit("_", 1)[1].translate(
        str.maketrans("0123456789abcdefghjkmnpqrstvwxyz", "0123456789abcdefghijklmnopqrstuv")
    )
    return uuid.UUID(int=int(digits, 32))


def test_a_revoked_key_writes_nothing_even_where_it_is_still_known(server, fresh):
    """As on an instance that has not heard of it yet: revoked in the database, nobody notified."""
    decided = decide(fresh)["id"]
    revoke = "UPDATE scfd.api_key SET revoked_at = {} WHERE node_id IN ('{}', '{}')"
    lender, erp = fresh.lender, fresh.erp
    nodes = as_uuid(lender.id), as_uuid(erp.id)
    server.psql(revoke.format("now()", *nodes))
    assert lender.client.get("/v1/loans").status == 200  # the directory still knows it
    answers = [
        send(fresh, "/v1/credit-decisions", decision(fresh, fresh.assessment)),
        lend(fresh, decided, "1.00"),
        erp.client.post("/v1/credit-assessments", request_for(fresh, fresh.contract_id)),
    ]
    assert [(a.status, a.json()["code"]) for a in answers] == [(401, "unauthenticated")] * 3
    server.psql(revoke.format("NULL", *nodes))
    assert lend(fresh, decided, "1.00").status == 201
