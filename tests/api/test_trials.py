"""Trying out policies: shadows beside the live one, and backtests over what was recorded."""
import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest

from harness import bodies
from harness.parties import Chain, make_node
from harness.server import Server, wait_until
from test_credit import assess
from test_lending import decision, key, loan

POLICIES, BACKTESTS = "/v1/credit-policies", "/v1/backtests"
ALL = {"from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}
GRADING = {
    "normativity": ["0.95", "0.85", "0.70"],
    "timeliness_hours": ["24", "72", "168"],
    "accuracy": ["0.97", "0.90", "0.80"],
    "scores": ["1", "0.85", "0.60", "0"],
    "delay_weights": {"workflow": "0.5", "invoice": "0.5"},
    "accuracy_weights": {"range": "0.6", "fluctuation": "0.4"},
    "rating_weights": {"normativity": "0.3", "timeliness": "0.3", "accuracy": "0.4"},
}


def at(seconds):
    moment = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


class History:
    """Assessments of three borrowers under policies that follow each other."""

    def __init__(self, server):
        self.server, self.admin = server, server.client()
        self.params = json.loads(self.admin.get(f"{POLICIES}/default/1").json()["text"])
        self.chains = [self.chain(hours) for hours in ((20, 4), (60, 30, 9), (200, 190))]
        self.now, self.made = 0, []
        self.assess_all()
        self.before = at(30)  # after these; the next are made a minute later
        self.lower = self.params | {
            "order_advance_rate": "0.20",
            "truth_weights": {"normativity": "0.40", "timeliness": "0.20", "accuracy": "0.20",
                              "checks": "0.20"},
        }
        self.policy("lower", "1", "live", self.lower)
        self.assess_all()
        self.higher = self.params | {"order_advance_rate": "0.40"}
        self.policy("higher", "1", "shadow", self.higher)
        self.shadowed = self.assess_all()
        self.policy("lower", "2", "live", self.lower | {"lateness_horizon_hours": 100})
        self.assess_all()
        self.assess_all(as_of=self.before)  # made today for a day under the first policy

    def chain(self, hours):
        chain = Chain(self.admin)
        erp = chain.erp.client
        contract = chain.contract()
        chain.contract_id = erp.post("/v1/contracts", contract).json()["id"]
        for h in hours:
            event = chain.event(chain.contract_id, occurred_at=bodies.hours_ago(h))
            assert erp.post("/v1/workflow-events", event).status == 201
        invoice = chain.invoice(contract_ids=[chain.contract_id])
        assert erp.post("/v1/invoices", invoice).status == 201
        if len(hours) == 2:
            named = chain.guarantee_by_number(
                contract["contract_no"], seller_uscc=chain.seller["uscc"]
            )
            assert chain.surety.client.post("/v1/guarantees", named).status == 201
        return chain

    def policy(self, code, version, role, params):
        sent = {"code": code, "version": version, "role": role, "params": params}
        answer = self.admin.post(POLICIES, sent)
        assert answer.status == 201, answer
        self.now += 63
        self.server.clock.shift(self.now)

    def assess_all(self, **members):
        made = [assess(self.admin, chain, **members) for chain in self.chains]
        self.made += made
        return made

    def receipt(self, assessment):
        return self.admin.get(f"/v1/credit-assessments/{assessment['id']}/receipt").json()


@pytest.fixture(scope="module")
def history():
    with Server() as server:
        yield History(server)


@pytest.fixture
def admin(history):
    return history.admin


def backtest(admin, **members):
    """Runs one to its end; its totals and rows."""
    answer = admin.post(BACKTESTS, {**ALL, **members})
    assert answer.status == 202, answer
    where, job = answer.headers["Location"], answer.json()["job_id"]

    def done():
        shown = admin.get(f"/v1/jobs/{job}").json()
        assert shown["status"] != "failed", shown
        return shown["status"] == "succeeded" and shown

    shown = wait_until(done, 30, "the backtest is done")
    assert shown["result"]["href"] == where
    found = admin.get(where).json()
    assert found["status"] == "succeeded" and found["done"] == found["total"]
    assert shown["progress"] == {
        "done": found["done"], "total": found["total"], "unit": "assessments",
    }
    rows = admin.get(where + "/rows", limit=500).json()["data"]
    return found["result"], rows


def cents(amount):
    return int(Decimal(amount) * 100)


def ppm(ratio):
    return int(Decimal(ratio) * 1_000_000)


def limit_at(receipt, rate):
    """CR-2.3 with another r0, from the parts of the result, in exact fractions."""
    result, total = receipt["result"], 0
    for part in result["contracts"]:
        product = Fraction(cents(part["net_amount"])) * rate
        for name in ("truth_coefficient", "qualification_score", "history_factor"):
            product *= Fraction(ppm(result[name]), 1_000_000)
        base = int(product)
        total += base + min(cents(part["guarantees_valid"]) * 80 // 100, base // 2)
    return total


# ---- reproduction ----


def test_the_live_policies_give_every_recorded_limit(history, admin):
    result, rows = backtest(admin)
    n = len(history.made)
    assert n == 15 and result["assessments"] == result["computed"] == n
    assert result["reproduced"] == {"count": n, "of": n}
    assert result["inexact"] == 0 and result["grade_moves"] == []
    assert result["distribution"] == [{"from": "0.000000", "to": "0.000000", "count": n}]
    (total,) = result["currencies"]
    assert (total["raised"], total["lowered"]) == (0, 0)
    recorded = {a["id"]: a["recommended_limit"] for a in history.made}
    assert {r["assessment_id"]: r["live"] for r in rows} == recorded
    assert cents(total["recorded"]) == sum(map(cents, recorded.values()))
    assert len({r["recorded"] for r in rows}) > 5  # the policies do make a difference
    models = {a["model"]["version"] for a in history.made}
    assert models == {"default/1", "lower/1", "lower/2"}


def test_a_changed_history_is_noticed(history, admin):
    """A recorded limit that the receipt does not give: counted, and named."""
    change = (
        "UPDATE scfd.credit_assessment SET recommended_limit = recommended_limit {} 1 WHERE id ="
        " (SELECT id FROM scfd.credit_assessment ORDER BY created_at, id OFFSET 4 LIMIT 1)"
    )
    history.server.psql(change.format("+"))
    try:
        result, _ = backtest(admin)
    finally:
        history.server.psql(change.format("-"))
    victim = history.made[4]["id"]
    n = len(history.made)
    assert result["reproduced"] == {"count": n - 1, "of": n, "first_that_differs": victim}


# ---- other policies ----


def test_another_policy_by_name(history, admin):
    result, rows = backtest(admin, policy={"code": "higher", "version": "1"}, to=history.before)
    rows = {r["assessment_id"]: r for r in rows}
    assert len(rows) == 6  # three then, and three that were made for then later on
    for made in history.made[:3] + history.made[-3:]:
        row, receipt = rows[made["id"]], history.receipt(made)
        assert cents(row["new"]) == limit_at(receipt, Fraction(40, 100))
        assert cents(row["recorded"]) == limit_at(receipt, Fraction(30, 100))
        assert cents(row["difference"]) == cents(row["new"]) - cents(row["recorded"])
    (total,) = result["currencies"]
    assert (total["raised"], total["lowered"]) == (6, 0)
    assert cents(total["raised_by"]) == sum(cents(r["difference"]) for r in rows.values())
    assert result["reproduced"] == {"count": 6, "of": 6}
    assert sum(bucket["count"] for bucket in result["distribution"]) == 6


def test_parameters_that_are_no_policy(history, admin):
    params = history.params | {"order_advance_rate": "0.15", "limit_unit": 100_000}
    chain = history.chains[0]
    result, rows = backtest(admin, params=params, borrower_ids=[chain.seller["id"]],
                            to=history.before)
    assert len(rows) == 2 and result["currencies"][0]["lowered"] == 2
    receipt = history.receipt(history.made[0])
    expected = limit_at(receipt, Fraction(15, 100))
    assert {cents(r["new"]) for r in rows} == {expected // 100_000 * 100_000}


def test_other_cut_points(history, admin):
    """Grades by other bounds, from the scores that are recorded."""
    grading = GRADING | {"timeliness_hours": ["0.001", "0.002", "0.003"]}
    result, rows = backtest(admin, grading=grading)
    assert all(r["new_grades"]["timeliness"] == "D" for r in rows)
    moved = {}
    for row in rows:
        for name, was in row["recorded_grades"].items():
            if was != row["new_grades"][name]:
                step = (name, was, row["new_grades"][name])
                moved[step] = moved.get(step, 0) + 1
    told = {(m["rating"], m["from"], m["to"]): m["count"] for m in result["grade_moves"]}
    assert told == moved and any(name == "timeliness" for name, _, _ in moved)
    # the delay itself is as it was, so initial limits are too
    assert result["currencies"][0]["raised"] == result["currencies"][0]["lowered"] == 0
    code = history.receipt(history.made[0])["inputs"]["template"]["code"]
    assert backtest(admin, grading=grading, template_code=code)[0]["grade_moves"]
    assert backtest(admin, grading=grading, template_code="another")[0]["grade_moves"] == []


def test_the_oldest_first_up_to_a_limit(history, admin):
    _, rows = backtest(admin, limit=4)
    assert [r["assessment_id"] for r in rows] == [a["id"] for a in history.made[:4]]


def test_nothing_later_counts(history, admin):
    """The inputs are the receipt's: records that came since change nothing."""
    before = backtest(admin, policy={"code": "higher", "version": "1"})
    chain = history.chains[0]
    late = chain.event(chain.contract_id, occurred_at=bodies.hours_ago(2000))
    assert chain.erp.client.post("/v1/workflow-events", late).status == 201
    after = backtest(admin, policy={"code": "higher", "version": "1"})
    assert after == before


def test_what_was_lent(history, admin):
    """Loans are kept up to the new limit, in their order; the others are above it."""
    chain = history.chains[1]
    assessment = assess(admin, chain)
    history.made.append(assessment)
    decided = chain.lender.client.post("/v1/credit-decisions", decision(chain, assessment), key())
    assert decided.status == 201, decided
    receipt = history.receipt(assessment)
    low = limit_at(receipt, Fraction(10, 100))
    assert cents(assessment["recommended_limit"]) > low + 20_000
    principals = [low - 10_000, 20_000, 10_000]
    for amount in principals:
        sent = loan(chain, decided.json()["id"], f"{amount / 100:.2f}",
                    value_date=bodies.days_ago(0), maturity_date=bodies.days_ago(-30))
        answer = chain.lender.client.post("/v1/loans", sent, key())
        assert answer.status == 201, answer
    params = history.lower | {"lateness_horizon_hours": 100, "order_advance_rate": "0.10"}
    result, rows = backtest(admin, params=params, borrower_ids=[chain.seller["id"]])
    (row,) = [r for r in rows if r["assessment_id"] == assessment["id"]]
    assert cents(row["new"]) == low
    assert (row["loans"], row["loans_above"]) == (3, 1)
    assert (cents(row["drawn"]), cents(row["drawn_above"])) == (low + 20_000, 20_000)
    assert (row["overdue_kept"], row["overdue_avoided"]) == (0, 0)
    history.server.clock.shift(history.now + 40 * 86400)
    try:
        result, rows = backtest(admin, params=params, borrower_ids=[chain.seller["id"]])
    finally:
        history.server.clock.shift(history.now)
    (outcome,) = result["outcomes"]
    assert (outcome["overdue_kept"], outcome["overdue_avoided"]) == (2, 1)
    assert cents(outcome["drawn_above"]) == 20_000


# ---- the resource ----


@pytest.mark.parametrize(
    "members, pointer",
    [
        ({"from": None}, "#/from"),
        ({"from": "2200-01-01T00:00:00Z"}, "#/to"),
        ({"policy": {"code": "none", "version": "1"}}, "#/policy"),
        ({"policy": {"code": "default"}}, "#/policy/version"),
        ({"template_code": "general_workflow_event"}, "#/template_code"),
        ({"params": {"order_advance_rate": "2"}}, "#/params/order_advance_rate"),
        ({"grading": GRADING | {"accuracy": ["0.9", "0.95", "0.8"]}}, "#/grading/accuracy"),
        ({"grading": GRADING | {"delay_weights": {"workflow": "1", "invoice": "1"}}},
         "#/grading/delay_weights"),
        ({"limit": 0}, "#/limit"),
        ({"borrower_ids": []}, "#/borrower_ids"),
        ({"surprise": 1}, "#/surprise"),
    ],
)
def test_refused(admin, members, pointer):
    answer = admin.post(BACKTESTS, {**ALL, **members})
    assert answer.status == 422, answer
    assert pointer in [fault["pointer"] for fault in answer.json()["errors"]], answer


def test_policy_and_params_exclude_each_other(history, admin):
    answer = admin.post(
        BACKTESTS,
        {**ALL, "policy": {"code": "default", "version": "1"}, "params": history.params},
    )
    assert [f["pointer"] for f in answer.json()["errors"]] == ["#/params"]


def test_for_administrators_only(history, admin):
    made = admin.post(BACKTESTS, ALL).json()
    for client in (history.chains[0].erp.client, history.chains[0].lender.client):
        assert client.post(BACKTESTS, ALL).status == 403
        for path in ("", f"/{made['id']}", f"/{made['id']}/rows"):
            assert client.get(BACKTESTS + path).status == 403
        assert client.get(f"/v1/jobs/{made['job_id']}").status == 404
        shadow = f"/v1/credit-assessments/{history.made[0]['id']}/shadow"
        assert client.get(shadow).status == 403
        assert client.get(f"{POLICIES}/higher/1/comparison").status == 403


def test_pages_and_repeats(admin):
    sent = {"Idempotency-Key": bodies.unique("key")}
    first, again = (admin.post(BACKTESTS, ALL, sent) for _ in range(2))
    assert first.json()["id"] == again.json()["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    where = first.headers["Location"]
    wait_until(lambda: admin.get(where).json()["status"] == "succeeded", 20, "done")
    seen, query = [], {"limit": 4}
    while True:
        page = admin.get(where + "/rows", **query).json()
        seen += [r["assessment_id"] for r in page["data"]]
        if not page["has_more"]:
            break
        query["after"] = page["next_cursor"]
    assert len(seen) == len(set(seen)) == admin.get(where).json()["done"]
    listed = admin.get(BACKTESTS, limit=500).json()["data"]
    assert [b["id"] for b in listed].count(first.json()["id"]) == 1
    assert admin.get(f"{BACKTESTS}/bkt_01h455vb4pex5vsknk084sn02q").status == 404


# ---- shadows ----


def test_a_shadow_says_what_it_would_have_said(history, admin):
    for made in history.shadowed:
        told = admin.get(f"/v1/credit-assessments/{made['id']}/shadow").json()
        (shadow,) = told["shadows"]
        assert (shadow["code"], shadow["version"]) == ("higher", "1")
        assert shadow["recorded"] == made["recommended_limit"] and shadow["exact"] is True
        assert cents(shadow["difference"]) == cents(shadow["new"]) - cents(shadow["recorded"])
        # r0 0.40 and the truth weights of the first policy: computed from the shadow's own T
        assert cents(shadow["new"]) == limit_at(shadow, Fraction(40, 100))
        assert shadow["result"]["recommended_limit"] == shadow["new"]
        assert shadow["recorded_grades"]["overall"] == made["ratings"]["overall"]
    assert admin.get("/v1/credit-assessments/asm_01h455vb4pex5vsknk084sn02q/shadow").status == 404


def test_without_a_shadow_in_force_nothing_is_kept(history, admin):
    for made in history.made[:6]:
        told = admin.get(f"/v1/credit-assessments/{made['id']}/shadow").json()
        assert told == {"assessment_id": made["id"], "shadows": []}


def test_a_shadow_changes_nothing_else(history, admin):
    """The assessment, its model and what its lender sees are those of the live policy."""
    for chain, made in zip(history.chains, history.shadowed):
        assert made["model"]["version"] == "lower/1"
        seen = chain.lender.client.get(f"/v1/credit-assessments/{made['id']}").json()
        assert seen["recommended_limit"] == made["recommended_limit"]
        assert "higher" not in json.dumps(seen) + json.dumps(history.receipt(made))


def assessments(admin):
    """All of them, also those that nobody asked for: increments of periods."""
    found, query = [], {"limit": 500, "status": "succeeded"}
    while True:
        page = admin.get("/v1/credit-assessments", **query).json()
        found += page["data"]
        if not page["has_more"]:
            return found
        query["after"] = page["next_cursor"]


def test_increments_are_reproduced_and_shadowed_too(history, admin):
    asked = assess(admin, history.chains[0], kind="incremental")
    history.server.clock.shift(history.now + 40 * 86400)

    def made():
        found = assessments(admin)
        periodic = [a for a in found if a["kind"] == "periodic"]
        return len(periodic) >= 3 and found  # every contract with a limit account

    try:
        found = wait_until(made, 60, "the increments of a period are made")
        result, rows = backtest(admin)
    finally:
        history.server.clock.shift(history.now)
    assert result["reproduced"] == {"count": len(rows), "of": len(rows)}
    done = {r["assessment_id"] for r in rows}
    assert {asked["id"]} | {a["id"] for a in found} <= done
    for made in [asked] + [a for a in found if a["kind"] == "periodic"]:
        told = admin.get(f"/v1/credit-assessments/{made['id']}/shadow").json()["shadows"]
        assert [s["code"] for s in told] == ["higher"], made


def test_comparison_adds_up(history, admin):
    told = admin.get(f"{POLICIES}/higher/1/comparison").json()
    shadows = [
        shadow
        for made in assessments(admin)
        for shadow in admin.get(f"/v1/credit-assessments/{made['id']}/shadow").json()["shadows"]
    ]
    (total,) = told["currencies"]
    assert total["assessments"] == len(shadows) > 3
    assert total["raised"] == sum(cents(s["difference"]) > 0 for s in shadows)
    assert total["lowered"] == sum(cents(s["difference"]) < 0 for s in shadows)
    assert cents(total["new"]) - cents(total["recorded"]) == sum(
        cents(s["difference"]) for s in shadows
    )
    nothing = admin.get(f"{POLICIES}/default/1/comparison").json()
    assert nothing["currencies"] == nothing["grade_moves"] == []
    assert admin.get(f"{POLICIES}/default/9/comparison").status == 404


def test_a_node_that_is_no_party_cannot_tell(history, admin):
    stranger = make_node(admin, "regulator").client
    assert stranger.get(f"{POLICIES}/higher/1/comparison").status == 403
