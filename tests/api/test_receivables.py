"""Receivables: the order of the trade, who may take which step, the register, loans on them."""
import hashlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from harness import bodies, merkle
from harness.parties import Chain, make_enterprise, make_node
from harness.server import Server, wait_until
from test_credit import assess, story  # noqa: F401
from test_lending import decide, fresh, key, loan, repayment  # noqa: F401

HASH = hashlib.sha256(b"paper").hexdigest()
SECRET = "XG-7731-9042-SECRET"


def moment(seconds_ago):
    at = datetime.now(timezone.utc) - timedelta(seconds=seconds_ago)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def entry(seconds_ago=30, **members):
    return {
        "registration_no": bodies.unique("ZDW"),
        "registered_at": moment(seconds_ago),
        "term_from": bodies.days_ago(0),
        "term_to": bodies.days_ago(-365),
        "proof_sha256": HASH,
        **members,
    }


# The whole line, in its order: (who, step, members, the state it leads to).
LINE = [
    ("seller", "submit", {}, "submitted"),
    ("lender", "search", {"entries": [], "document_sha256": HASH, "ago": 90}, "submitted"),
    ("lender", "verify_invoice", {"result": "normal", "ago": 80}, "invoice_verified"),
    ("lender", "match", {"result": "matched", "ago": 70}, "matched"),
    ("seller", "request_confirmation", {}, "confirm_requested"),
    ("debtor", "confirm", {"ago": 50}, "confirmed"),
    ("lender", "search", {"entries": [], "document_sha256": HASH, "ago": 40}, "searched"),
    ("lender", "register", {"registration": ...}, "registered"),
    ("lender", "notify", {"names_lender": True, "document_sha256": HASH, "ago": 20}, "notified"),
    ("lender", "search", {"entries": [], "document_sha256": HASH, "ago": 10}, "notified"),
]


class Way:
    """A receivable on its way: takes steps as the party that may."""

    def __init__(self, chain, **members):
        self.chain = chain
        self.nodes = {
            "seller": chain.erp.client,
            "debtor": chain.procurement.client,
            "lender": chain.lender.client,
        }
        invoice = chain.invoice(
            due_on=members.pop("invoice_due_on", bodies.days_ago(-30)),
            **members.pop("invoice", {}),
        )
        answer = chain.erp.client.post("/v1/invoices", invoice)
        assert answer.status == 201, answer
        self.invoice, self.invoice_id = invoice, answer.json()["id"]
        self.body = {
            "invoice_id": self.invoice_id,
            "lender_id": chain.lender.id,
            "kind": "factoring_with_recourse",
            **members,
        }

    def offer(self, client=None):
        answer = (client or self.nodes["seller"]).post("/v1/receivables", self.body, key())
        if answer.status == 201:
            self.id = answer.json()["id"]
            self.path = f"/v1/receivables/{self.id}"
        return answer

    def step(self, who, step, ago=None, **members):
        if members.get("registration") is ...:
            members["registration"] = entry()
        if ago is not None:
            members["happened_at"] = moment(ago)
        client = self.nodes.get(who, who)
        return client.copy().post(f"{self.path}/steps", {"step": step, **members}, key())

    def get(self, who="lender"):
        return self.nodes[who].get(self.path).json()

    def until(self, state):
        """Takes the steps of the line until the state is reached, the last one of it included."""
        last = max(i for i, row in enumerate(LINE) if row[3] == state)
        for who, step, members, leads_to in LINE[: last + 1]:
            answer = self.step(who, step, **members)
            assert answer.status == 201, (step, answer)
            assert answer.json()["state"] == leads_to, answer
        return self


@pytest.fixture(scope="module")
def parties(server):
    return Chain(server.client())


@pytest.fixture
def way(parties):
    made = Way(parties)
    assert made.offer().status == 201
    return made


def refused(answer, rule, due=None):
    assert answer.status == 409, answer
    problem = answer.json()
    assert problem["code"] == "step-out-of-order"
    assert problem["rule"] == rule, problem
    assert problem["rule"] in problem["detail"]
    assert problem["rule_text"]["en"] and re.search("[一-鿿]", problem["rule_text"]["zh"])
    if due:
        assert problem["due_step"] == due, problem
    return problem


# ---- the line ----


def test_the_whole_line_to_notified(way):
    way.until("notified")
    shown = way.get()
    assert shown["confirmed"] is True
    assert shown["due_step"] == "disburse"
    assert shown["label"]["zh"] == "应收款项融资（非票据）"
    assert shown["registration"]["status"] == "ACTIVE"
    steps = way.nodes["debtor"].get(way.path + "/steps").json()["data"]
    assert [s["step"] for s in steps] == ["create"] + [row[1] for row in LINE]
    assert [s["seq"] for s in steps] == list(range(1, len(LINE) + 2))


def test_every_step_is_a_record_that_is_proven(admin, way):
    way.until("confirmed")
    for step in way.nodes["seller"].get(way.path + "/steps").json()["data"]:
        record = step["record_id"]

        def proof():
            answer = way.nodes["debtor"].get(f"/v1/records/{record}/proof")
            return answer.status == 200 and answer.json()

        merkle.verify_proof(wait_until(proof, 10, f"proof of {record}"))
        text = way.nodes["debtor"].get(f"/v1/records/{record}/body").body
        assert json.loads(text) == step["body"]
        assert step["body"]["receivable_id"] == way.id
    sender = {"create": way.chain.erp, "confirm": way.chain.procurement, "match": way.chain.lender}
    for step in way.nodes["seller"].get(way.path + "/steps").json()["data"]:
        if step["step"] in sender:
            assert step["body"]["node_id"] == sender[step["step"]].id


def test_a_step_before_its_turn_names_the_rule(way):
    """Each step of CR-7.3 too early, from every state before its own."""
    tries = [  # (step, members, who)
        ("verify_invoice", {"result": "normal"}, "lender"),
        ("confirm", {}, "debtor"),
        ("register", {"registration": ...}, "lender"),
        ("notify", {"names_lender": True, "document_sha256": HASH}, "lender"),
    ]
    # How many steps of the line must have been taken before each is let through.
    first_allowed = {"verify_invoice": 2, "confirm": 4, "register": 7, "notify": 8}
    due = ["submit", "search", "verify_invoice", "match", "request_confirmation", "confirm",
           "search", "register", "notify"]
    assert way.step("seller", "submit").status == 201
    for done in range(1, 9):
        for step, members, who in tries:
            if done < first_allowed[step]:
                problem = refused(way.step(who, step, **members), "CR-7.3", due[done])
                assert problem["step"] == step
        if done < 8:
            who, step, members, _ = LINE[done]
            assert way.step(who, step, **members).status == 201


def test_only_the_party_concerned_takes_a_step(admin, way):
    way.until("confirm_requested")
    for who in ("seller", "lender", admin):
        answer = way.step(who, "confirm")
        assert answer.status == 403, answer
    assert way.step("debtor", "confirm").status == 201
    assert way.step("seller", "search", entries=[], document_sha256=HASH).status == 403
    stranger = make_node(admin, "lender")
    assert way.step(stranger.client, "confirm").status == 404
    assert stranger.client.get(way.path).status == 404
    assert way.id not in json.dumps(stranger.client.get("/v1/receivables").json())


def test_a_draft_is_its_senders_alone(way):
    assert way.nodes["seller"].get(way.path).status == 200
    assert way.nodes["lender"].get(way.path).status == 404
    assert way.step("seller", "submit").status == 201
    for who in ("seller", "debtor", "lender"):
        assert way.nodes[who].get(way.path).status == 200
        listed = way.nodes[who].get("/v1/receivables", order="desc", limit=5).json()["data"]
        assert way.id in [item["id"] for item in listed]
        assert way.nodes[who].get(f"/v1/records/{way.id}/body").status == 200


def test_those_concerned_get_events(way):
    feed = way.nodes["debtor"]
    before = feed.get("/v1/events", limit=500)
    cursor = None
    while True:
        page = feed.get("/v1/events", limit=500, **({"after": cursor} if cursor else {})).json()
        cursor = page.get("next_cursor", cursor)
        if not page["data"]:
            break
    assert before.status == 200
    way.until("confirmed")
    types = [e["type"] for e in feed.get("/v1/events", limit=500, after=cursor).json()["data"]]
    assert [t for t in types if t.startswith("receivable.")] == [
        "receivable.created",
        "receivable.submitted",
        "receivable.searched",
        "receivable.invoice_verified",
        "receivable.matched",
        "receivable.confirmation_requested",
        "receivable.confirmed",
    ]


def test_the_same_key_takes_a_step_once(way):
    same = key()
    body = {"step": "submit"}
    first = way.nodes["seller"].post(way.path + "/steps", body, same)
    again = way.nodes["seller"].post(way.path + "/steps", body, same)
    assert first.status == again.status == 201
    assert again.headers["Idempotent-Replayed"] == "true"
    assert way.get()["steps"] == 2


def test_lists_filter_and_page(way):
    way.until("submitted")
    client, chain = way.nodes["lender"], way.chain

    def listed(**query):
        return [item["id"] for item in client.get("/v1/receivables", **query).json()["data"]]

    assert listed(invoice_id=way.invoice_id) == [way.id]
    assert way.id in listed(seller_id=chain.seller["id"], state="submitted", limit=500)
    assert listed(seller_id=chain.buyer["id"]) == []
    assert way.id in listed(debtor_id=chain.buyer["id"], order="desc", limit=1)
    assert listed(invoice_id=way.invoice_id, state="matched") == []
    for bad in ({"state": "gone"}, {"seller_id": "x"}, {"invoice_id": chain.seller["id"]}):
        assert client.get("/v1/receivables", **bad).status == 400
    first = client.get(way.path + "/steps", limit=2).json()
    rest = client.get(way.path + "/steps", limit=2, after=first["next_cursor"]).json()
    seqs = [s["seq"] for s in first["data"] + rest["data"]]
    assert seqs == [1, 2, 3] and not rest["has_more"]


def test_debtors_own_upload_confirms(parties):
    made = Way(parties)
    invoice = parties.invoice()
    answer = parties.procurement.client.post("/v1/invoices", invoice)
    made.body["invoice_id"] = answer.json()["id"]
    assert made.offer(parties.procurement.client).status == 201
    made.nodes["seller"] = parties.procurement.client
    for who, step, members, _ in LINE[:4]:
        answer = made.step(who, step, **members)
        assert answer.status == 201, answer
    assert answer.json()["state"] == "confirmed"
    assert answer.json()["confirmed"] is True
    made.nodes["seller"] = parties.erp.client
    last = made.nodes["seller"].get(made.path + "/steps", order="desc", limit=1).json()["data"][0]
    assert last["step"] == "confirm" and last["node_id"] == parties.procurement.id
    assert last["body"]["details"] == {"by": "debtor_upload"}


# ---- offering ----


def test_who_may_offer_what(admin, parties):
    made = Way(parties)
    stranger = make_node(admin, "erp", make_enterprise(admin)["id"])
    assert made.offer(stranger.client).json()["errors"][0]["code"] == "unknown-reference"
    rival = make_node(admin, "lender")
    parties.erp.client.post("/v1/invoices", made.invoice)
    assert made.offer(rival.client).status == 422  # sees no such invoice
    made.body["lender_id"] = parties.erp.id
    assert made.offer().json()["errors"][0]["pointer"] == "#/lender_id"
    made.body["lender_id"] = parties.lender.id
    assert made.offer().status == 201
    assert made.offer().status == 409  # one open receivable of an invoice and lender


# ---- findings ----


def test_an_earlier_entry_makes_it_ineligible_until_it_is_gone(way):
    way.until("submitted")
    found = {"registration_no": "ZDW-1", "registered_at": moment(3600)}
    shown = way.step("lender", "search", entries=[found], document_sha256=HASH).json()
    assert (shown["state"], shown["ineligible_code"]) == ("ineligible", "DUP")
    assert shown["registered_by_other"] is True
    refused(way.step("lender", "verify_invoice", result="normal"), "CR-6.3", "search")
    shown = way.step("lender", "search", entries=[], document_sha256=HASH).json()
    assert (shown["state"], shown["registered_by_other"]) == ("submitted", False)


def test_a_later_entry_of_another_does_not_matter(way):
    way.until("registered")
    own = way.get()["registration"]
    entries = [
        {"registration_no": own["registration_no"], "registered_at": own["registered_at"]},
        {"registration_no": "ZDW-2", "registered_at": moment(1)},
    ]
    shown = way.step("lender", "search", entries=entries, document_sha256=HASH).json()
    assert shown["state"] == "registered" and "proven_clear_at" in shown
    entries[1]["registered_at"] = moment(3600)
    shown = way.step("lender", "search", entries=entries, document_sha256=HASH).json()
    assert (shown["state"], shown["ineligible_code"]) == ("ineligible", "DUP")
    assert "proven_clear_at" not in shown


@pytest.mark.parametrize("result", ["voided", "fully_red", "not_found"])
def test_an_invoice_that_is_not_in_order(way, result):
    way.until("confirmed")
    shown = way.step("lender", "verify_invoice", result=result).json()
    assert (shown["state"], shown["ineligible_code"]) == ("ineligible", "INV")
    shown = way.step("lender", "verify_invoice", result="normal").json()
    assert shown["state"] == "confirmed"


def test_a_partially_red_invoice_counts_for_the_rest(way):
    way.until("submitted")
    body = {"result": "partially_red", "remaining_amount": "13000.00"}
    shown = way.step("lender", "verify_invoice", **body).json()
    assert shown["state"] == "invoice_verified"
    assert (shown["amount"], shown["net_amount"]) == ("113000.00", "13000.00")
    assert way.step("lender", "verify_invoice", result="partially_red").status == 422


def test_dispute_and_dilution_stop_the_way_and_resume_it(way):
    way.until("confirmed")
    assert way.step("debtor", "dispute", reason="短少两套").json()["state"] == "disputed"
    refused(
        way.step("lender", "search", entries=[], document_sha256=HASH), "CR-7.3", "resolve_dispute"
    )
    shown = way.step("debtor", "dilute", amount="2260.00", cause="return").json()
    assert (shown["state"], shown["net_amount"]) == ("diluted", "110740.00")
    too_much = way.step("debtor", "dilute", amount="110740.01", cause="return")
    assert too_much.json()["errors"][0]["pointer"] == "#/amount"
    assert way.step("lender", "accept_dilution").json()["state"] == "confirmed"


def test_a_mismatch_is_matched_anew(way):
    way.until("invoice_verified")
    shown = way.step("lender", "match", result="mismatched").json()
    assert (shown["state"], shown["ineligible_code"]) == ("ineligible", "MATCH")
    assert way.step("lender", "match", result="matched").json()["state"] == "matched"


def test_release_before_money(parties, way):
    way.until("confirmed")
    assert way.step("seller", "release", reason="撤回").status == 403
    assert way.step("lender", "release", reason="不再受让").json()["state"] == "released"
    problem = refused(way.step("debtor", "confirm"), "CR-7.3")
    assert "due_step" not in problem
    assert way.offer().status == 201  # the invoice is free again


def test_recourse_is_asked_of_who_owes_it(parties):
    made = Way(parties, kind="pledge")
    assert made.offer().status == 201
    made.until("confirmed")
    refused(made.step("lender", "repurchase"), "民法典 766")


# ---- the register ----


def test_registration_text_names_everything(parties, way):
    way.until("submitted")
    shown = way.nodes["lender"].get(way.path + "/registration-text").json()
    again = way.nodes["debtor"].get(way.path + "/registration-text").json()
    assert shown == again
    chain = way.chain
    year, month, day = (int(part) for part in way.invoice["issued_on"].split("-"))
    due = [int(part) for part in bodies.days_ago(-30).split("-")]
    assert shown["text"] == (
        f"出让人{chain.seller['name']}（统一社会信用代码{chain.seller['uscc']}）将其对"
        f"债务人{chain.buyer['name']}（统一社会信用代码{chain.buyer['uscc']}）"
        f"享有的应收账款债权转让给受让人{chain.bank['name']}"
        f"（统一社会信用代码{chain.bank['uscc']}）。"
        f"对应发票：发票号码{way.invoice['invoice_no']}，开票日期{year}年{month}月{day}日，"
        f"价税合计人民币113000.00元。应收账款金额人民币113000.00元，"
        f"到期日{due[0]}年{due[1]}月{due[2]}日。业务类型：有追索权保理。"
    )
    assert shown["sha256"] == hashlib.sha256(shown["text"].encode()).hexdigest()
    assert shown["type"] == "保理"


def test_the_modify_code_is_kept_nowhere(server, way):
    way.until("searched")
    answer = way.step("lender", "register", registration=entry(modify_code=SECRET))
    assert answer.status == 201
    assert [w["pointer"] for w in answer.json()["warnings"]] == ["#/registration/modify_code"]
    seen = [answer.body, way.nodes["lender"].get(way.path).body]
    seen.append(way.nodes["lender"].get(way.path + "/steps").body)
    bad = way.step("lender", "register", registration=entry(modify_code=SECRET, term_to="x"))
    again = way.step("lender", "register", registration=entry(modify_code=SECRET))
    assert (bad.status, again.status) == (422, 409)
    seen += [bad.body, again.body]
    assert not any(SECRET.encode() in body for body in seen)
    assert SECRET not in server.log_path.read_text()
    tables = server.psql(
        "SELECT string_agg(format('SELECT count(*) FROM %s t WHERE t::text LIKE ''%%%s%%''"
        " OR t::text LIKE ''%%%s%%''', c.oid::regclass, '" + SECRET + "', '"
        + SECRET.encode().hex() + "'), ' UNION ALL ') FROM pg_class c"
        " WHERE c.relnamespace = 'scfd'::regnamespace AND c.relkind = 'r'"
    )
    counts = server.psql(f"SELECT sum(count) FROM ({tables}) AS t (count)")
    assert counts == "0"


def test_terms_of_the_entry(way):
    way.until("searched")

    def fault(**members):
        answer = way.step("lender", "register", registration=entry(**members))
        assert answer.status == 422, answer
        return answer.json()["errors"][0]["pointer"]

    today = datetime.now(timezone.utc).date()
    assert fault(term_to=(today + timedelta(27)).isoformat()) == "#/registration/term_to"
    too_long = today.replace(day=1, year=today.year + 31).isoformat()
    assert fault(term_to=too_long) == "#/registration/term_to"
    # not before the search it rests on
    assert fault(registered_at=moment(7200)) == "#/registration/registered_at"
    assert way.step("lender", "register", registration=entry()).status == 201
    shown = way.step(
        "lender", "extend_registration", registration_change={"term_to": bodies.days_ago(-800)}
    ).json()
    assert shown["registration"]["status"] == "EXTENDED"
    shorter = way.step(
        "lender", "extend_registration", registration_change={"term_to": bodies.days_ago(-500)}
    )
    assert shorter.status == 422
    late = way.step(
        "lender",
        "amend_registration",
        registration_change={"reason": "name_change", "changed_on": bodies.days_ago(150)},
    ).json()
    assert late["registration"]["status"] == "AMENDED"
    assert [w["code"] for w in late["warnings"]] == ["late"]
    refused(way.step("lender", "cancel_registration"), "CR-7.4")


def test_the_factors_notice_says_who_it_is(way):
    way.until("registered")
    answer = way.step("lender", "notify", document_sha256=HASH)
    assert answer.status == 422
    assert "民法典 764" in answer.json()["errors"][0]["detail"]


def rivals(admin, parties, state):
    """Two lenders with a receivable each on one invoice."""
    first = Way(parties)
    second = Way.__new__(Way)
    second.__dict__.update(first.__dict__)
    other = make_node(admin, "lender", make_enterprise(admin, roles=["lender"])["id"])
    second.nodes = {**first.nodes, "lender": other.client}
    second.body = {**first.body, "lender_id": other.id}
    for made in (first, second):
        assert made.offer().status == 201
        made.until(state)
    return first, second


def test_who_registered_first_goes_before(admin, parties):
    first, second = rivals(admin, parties, "searched")
    earlier, later = entry(30), entry(20)
    assert first.step("lender", "register", registration=later).status == 201
    problem = refused(
        second.step("lender", "register", registration=entry(10)), "民法典 768"
    )
    assert first.id not in json.dumps(problem)
    # The other one's entry turns out to be the earlier: the first is beaten.
    assert second.step("lender", "register", registration=earlier).status == 201
    beaten = first.get()
    assert (beaten["state"], beaten["ineligible_code"]) == ("ineligible", "DUP")
    assert beaten["registered_by_other"] is True


def test_two_lenders_register_at_once(admin, parties):
    for _ in range(5):
        pair = rivals(admin, parties, "searched")
        same = entry(15)

        def register(made):
            return made.step("lender", "register", registration=same)

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(register, pair))
        assert sorted(a.status for a in answers) == [201, 409]
        states = sorted(made.get()["state"] for made in pair)
        assert states == ["registered", "searched"]


# ---- vouchers and terms ----


def voucher(parties, days, **members):
    issued = datetime.now(timezone.utc).date()
    return {
        "system_name": "链信",
        "certificate_no": bodies.unique("PZ"),
        "issuer_id": parties.buyer["id"],
        "issued_on": issued.isoformat(),
        "due_on": (issued + timedelta(days)).isoformat(),
        "amount": "100000.00",
        **members,
    }


@pytest.mark.parametrize(
    "days, reasons, status, code",
    [
        (183, None, 201, None),
        (184, None, 422, "required"),
        (184, "行业惯例：工程验收周期九个月", 201, None),
        (365, "行业惯例", 201, None),
        (366, "行业惯例", 422, "tenor-too-long"),
    ],
)
def test_tenor_of_vouchers(parties, days, reasons, status, code):
    extra = {"reasons_text": reasons} if reasons else {}
    made = Way(parties, kind="voucher", voucher=voucher(parties, days, **extra))
    answer = made.offer()
    assert answer.status == status, answer
    if code:
        fault = answer.json()["errors"][0]
        assert fault["code"] == code and "CR-9.1" in fault["detail"]
    else:
        assert answer.json()["amount"] == "100000.00"
        assert ("tenor_examined" in answer.json()) == bool(reasons)


def test_reasons_are_examined_before_registration(parties):
    made = Way(parties, kind="voucher", voucher=voucher(parties, 200, reasons_text="行业惯例"))
    assert made.offer().status == 201
    made.until("searched")
    refused(made.step("lender", "register", registration=entry()), "CR-9.1", "examine_tenor")
    for who, status in (("seller", 403), ("lender", 201)):
        answer = made.step(who, "examine_tenor", result="reasonable", reason="合同约定")
        assert answer.status == status, answer
    assert made.step("lender", "register", registration=entry()).status == 201
    text = made.nodes["lender"].get(made.path + "/registration-text").json()["text"]
    for part in (made.body["voucher"]["certificate_no"], "系统名称链信", "凭证金额人民币100000.00元"):
        assert part in text


def test_a_voucher_is_the_debtors(parties):
    made = Way(parties, kind="voucher", voucher=voucher(parties, 90))
    made.body["voucher"]["issuer_id"] = parties.seller["id"]
    assert made.offer().json()["errors"][0]["pointer"] == "#/voucher/issuer_id"
    made.body["voucher"]["issuer_id"] = parties.buyer["id"]
    made.body["voucher"]["amount"] = "113000.01"
    assert made.offer().json()["errors"][0]["pointer"] == "#/voucher/amount"
    del made.body["voucher"]
    assert made.offer().json()["errors"][0]["pointer"] == "#/voucher"


@pytest.mark.parametrize("days, warned", [(60, False), (61, True)])
def test_a_large_debtor_pays_a_small_seller_in_sixty_days(parties, days, warned):
    made = Way(parties, delivered_on=bodies.days_ago(1), due_on=bodies.days_ago(1 - days))
    answer = made.offer().json()
    assert ("payment-term" in [w["code"] for w in answer["warnings"]]) == warned
    assert answer["confirmation"]["statutory"] is True


def test_a_public_institution_pays_in_thirty_days(admin):
    chain = Chain(admin)
    chain.buyer = make_enterprise(
        admin, enterprise_type="public_institution", roles=["buyer"], size_class="medium"
    )
    chain.procurement = make_node(admin, "procurement", chain.buyer["id"])
    for days, word in ((30, None), (31, "agreed"), (61, "within 60")):
        made = Way(chain, delivered_on=bodies.days_ago(1), due_on=bodies.days_ago(1 - days))
        warnings = made.offer().json()["warnings"]
        assert len(warnings) == (1 if word else 0)
        assert all(word in w["detail"] for w in warnings)


# ---- corners ----


def test_a_refusal_is_asked_again(way):
    way.until("confirm_requested")
    assert way.step("debtor", "refuse").json()["errors"][0]["pointer"] == "#/reason"
    shown = way.step("debtor", "refuse", reason="货物未验收").json()
    assert (shown["state"], shown["confirmed"]) == ("confirm_refused", False)
    refused(way.step("lender", "search", entries=[], document_sha256=HASH), "CR-7.3", "confirm")
    assert way.step("lender", "request_confirmation").json()["state"] == "confirm_requested"
    assert way.step("debtor", "confirm").json()["state"] == "confirmed"
    refused(way.step("debtor", "refuse", reason="反悔"), "CR-7.7")  # it is held to its word


def test_an_administrator_searches_and_verifies(admin, way):
    way.until("submitted")
    assert way.step(admin, "search", entries=[], document_sha256=HASH).status == 201
    assert way.step(admin, "verify_invoice", result="normal").status == 201
    assert way.step(admin, "register", registration=...).status == 403
    last = way.nodes["lender"].get(way.path + "/steps", order="desc", limit=1).json()["data"][0]
    assert "node_id" not in last and last["body"]["node_id"] is None


def test_a_draft_that_is_taken_back_was_nobodys_business(way):
    assert way.step("seller", "release", reason="误提交").json()["state"] == "released"
    assert way.nodes["seller"].get(way.path).status == 200
    for who in ("debtor", "lender"):
        assert way.nodes[who].get(way.path).status == 404
    steps = way.nodes["seller"].get(way.path + "/steps").json()["data"]
    for step in steps:
        assert way.nodes["debtor"].get(f"/v1/records/{step['record_id']}").status == 404


def test_a_lender_takes_what_it_knows_of(admin, parties):
    invoice = parties.invoice()
    answer = parties.lender.client.post("/v1/invoices", invoice)
    assert answer.status == 201, answer
    made = Way(parties)
    made.body["invoice_id"] = answer.json()["id"]
    assert made.offer(parties.lender.client).status == 201
    assert made.step("lender", "submit").json()["state"] == "submitted"
    other = make_node(admin, "lender")
    made.body["lender_id"] = other.id
    fault = made.offer(parties.lender.client).json()["errors"][0]
    assert fault["pointer"] == "#/lender_id"


def test_amounts_are_in_the_invoices_currency(parties):
    made = Way(parties, invoice={"kind": "foreign_invoice", "currency": "USD"})
    assert made.offer().json()["errors"][0]["pointer"] == "#/currency"
    made.body["currency"] = "USD"
    assert made.offer().status == 201
    made.until("confirmed")
    text = made.nodes["lender"].get(made.path + "/registration-text").json()["text"]
    assert "价税合计USD 113000.00" in text
    bad = made.step("debtor", "dilute", amount="13000.00", cause="credit_note")
    assert bad.json()["errors"][0]["pointer"] == "#/currency"
    shown = made.step("debtor", "dilute", amount="13000.00", cause="credit_note", currency="USD")
    assert shown.json()["net_amount"] == "100000.00"


def test_bad_bodies_name_every_fault(way):
    answer = way.step("seller", "submit", result="normal", amount="1.00", unknown=1)
    assert answer.status == 422
    assert {e["pointer"] for e in answer.json()["errors"]} == {"#/unknown"}
    answer = way.step("seller", "submit", result="normal", amount="1.00")
    assert {e["pointer"] for e in answer.json()["errors"]} == {"#/result", "#/amount"}
    answer = way.step("lender", "match", result="normal", ago=-3600)
    assert {e["pointer"] for e in answer.json()["errors"]} == {"#/result", "#/happened_at"}
    answer = way.nodes["seller"].post(way.path + "/steps", {"step": "submit"})
    assert answer.json()["code"] == "idempotency-key-invalid"
    for step in ("disburse", "settle", "confirmation_timeout", "create"):
        assert way.step("seller", step).status == 422
    assert way.nodes["seller"].get(way.path).json()["state"] == "draft"


def test_many_parties_at_once_keep_the_numbers(parties):
    """Steps of all parties at once over a few receivables: whatever was let through is there, in
    order, from one state to the next, each with its record."""
    made = [Way(parties) for _ in range(3)]
    for one in made:
        assert one.offer().status == 201
        one.until("confirm_requested")
    tries = [("debtor", "confirm", {}), ("debtor", "refuse", {"reason": "x"}),
             ("debtor", "dispute", {"reason": "x"}), ("debtor", "resolve_dispute", {}),
             ("lender", "search", {"entries": [], "document_sha256": HASH}),
             ("lender", "verify_invoice", {"result": "normal"}),
             ("seller", "request_confirmation", {}), ("lender", "accept_dilution", {}),
             ("seller", "dilute", {"amount": "1.00", "cause": "rebate"})]

    def send(job):
        one, (who, step, members) = job
        return one.id, one.step(who, step, **members)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, [(one, t) for t in tries * 4 for one in made]))
    assert {a.status for _, a in answers} <= {201, 409}
    for one in made:
        steps = one.nodes["seller"].get(one.path + "/steps", limit=500).json()["data"]
        let_through = sum(a.status == 201 for i, a in answers if i == one.id)
        assert len(steps) == 6 + let_through
        assert [s["seq"] for s in steps] == list(range(1, len(steps) + 1))
        assert all(a["to"] == b["from"] for a, b in zip(steps, steps[1:]))
        assert all("record_id" in s for s in steps)
        assert one.get()["state"] == steps[-1]["to"]
        diluted = sum(s["step"] == "dilute" for s in steps)
        assert one.get()["net_amount"] == f"{113000 - diluted}.00"
