"""What time does to a notarization, on a server of its own whose clock the tests move: arrears and
penalty interest, silence, deadlines by the working-day calendar, settlement."""
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal

import pytest

from harness import bodies
from harness.notary import HASH, Case, amendment, certificate
from harness.server import Server, wait_until
from harness.world import World, key, must

DAY = 86400
CHINA = timezone(timedelta(hours=8))
PAPER = {"document_sha256": HASH}
LETTER = {"mode": "post", "address": "杭州市西湖区文三路1号"}


@pytest.fixture(scope="module")
def server():
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def world(server):
    return World(server)


@pytest.fixture(scope="module")
def cases(world):
    """Those with a loan, each certified before the clock moves."""
    agreed = Case(world).body["verification"]
    return {
        "penalty": Case(world, "1000.00", loan=short_loan(), rate={
            "type": "fixed", "annual_rate": "0.0435", "penalty_rate": "0.02175", "compound": True,
        }).until(None),
        "not agreed": Case(world, loan=short_loan(), verification={
            **agreed, "no_reply_is_no_objection": False, "day_kind": "working",
            "objection_days": 3,
        }).until(None),
        "fulfilled": Case(world, loan=short_loan()).until(None),
        "court": Case(world, loan=short_loan()).until(None),
        "rejected": Case(world, loan=short_loan()).until(None),
        "amended": Case(world, "1000.00", loan=short_loan(), rate={
            "type": "fixed", "annual_rate": "0.0435", "penalty_rate": "0.02",
        }).until(None),
        "extended": Case(world, loan=short_loan()).until(None),
    }


@pytest.fixture(autouse=True)
def real_clock(server):
    yield
    server.clock.real()


def china_today(server_days):
    return (datetime.now(CHINA) + timedelta(days=server_days)).date()


class Calendar:
    """Working days, counted here from the days that the API lists."""

    def __init__(self, client):
        self.off, self.on, self.years = set(), set(), set()
        for c in must(client.get("/v1/working-calendars"))["data"]:
            self.off |= set(c["holidays"])
            self.on |= set(c["workdays"])
            self.years.add(c["year"])

    def works(self, day):
        text = day.isoformat()
        return text in self.on or (day.weekday() < 5 and text not in self.off)

    def rolled(self, day):
        while not self.works(day):
            day += timedelta(1)
        return day

    def after(self, day, count):
        while count:
            day += timedelta(1)
            count -= self.works(day)
        return day

    def known(self, *days):
        return all(day.year in self.years for day in days)


def cents(value):
    return str(value.quantize(Decimal("0.01"), ROUND_HALF_UP))


def short_loan(**members):
    """Due in ten days."""
    return {"maturity_date": bodies.days_ago(-10), **members}


def deadline(shown, code):
    return next(d for d in shown["deadlines"] if d["code"] == code)


def dunned(case):
    case.take("lender", "default", "defaulted", default_kind="overdue")
    case.take("lender", "dun", "dunned", **PAPER,
              dunning={"mode": "post", "sent_on": bodies.days_ago(0)})


def test_arrears_penalty_silence_and_the_certificate(server, world, cases):
    """1,000.00 at 4.35 %, ten days, then 30 days late at 2.175 % more: the interest runs on."""
    case = cases["penalty"]
    refusal = case.step("lender", "default", default_kind="overdue")
    assert refusal.status == 409 and "规则 55" in refusal.json()["rule"]
    assert "arrears" in refusal.json()["missing"]
    server.clock.shift(40 * DAY)
    dunned(case)
    due = date.fromisoformat(bodies.days_ago(-10))
    value = date.fromisoformat(must(world.lender.get(f"/v1/loans/{case.loan_id}"))["value_date"])
    as_of = value + timedelta(40)
    interest = Decimal(1000) * Decimal("0.0435") * (as_of - value).days / 360
    scheduled = Decimal(cents(Decimal(1000) * Decimal("0.0435") * (due - value).days / 360))
    late = Decimal("0.02175") * (as_of - due).days / 360
    claim = {"as_of": as_of.isoformat(), "principal": "1000.00", "interest": cents(interest),
             "penalty": cents(1000 * late), "compound": cents(scheduled * late), "fees": "0.00"}
    wrong = {**claim, "penalty": "0.00"}
    assert case.step("lender", "apply_ec", **PAPER, claim=wrong,
                     accuracy_promise=True).json()["difference"]["penalty"] == \
        "-" + claim["penalty"]
    case.take("lender", "apply_ec", "ec_applied", **PAPER, claim=claim, accuracy_promise=True)
    sent = china_today(40)
    shown = case.take("notary", "send_verification", "verifying", letter=LETTER)
    calendar = Calendar(world.admin)
    until = calendar.rolled(sent + timedelta(7))
    assert shown["verification"]["reply_until"] == until.isoformat()
    entry = deadline(shown, "reply_to_verification")
    assert entry["calendar_incomplete"] == (not calendar.known(
        *(sent + timedelta(7 + i) for i in range((until - sent).days - 6))))
    assert deadline(shown, "apply_for_enforcement")["due_on"] == \
        sent.replace(year=sent.year + 2).isoformat()  # 规定 9: anew from the application
    # One party answers, the other is silent until the last moment of the last day in China.
    case.take("guarantor", "reply", "verifying", result="no_objection")
    end = datetime(until.year, until.month, until.day, tzinfo=CHINA) + timedelta(days=1)
    server.clock.freeze(end - timedelta(seconds=1))
    assert case.step("notary", "issue_ec", **PAPER, execution_certificate={
        "no": "1", "notary_name": "李明", "issued_on": as_of.isoformat(),
        "continuing_interest_rule": "x", **claim}).status == 409
    server.clock.freeze(end)
    shown = wait_until(lambda: (lambda c: c["state"] == "no_objection" and c)(case.get()), 20,
                       "the end of the verification")
    assert shown["verification"]["result"] == "no_objection"
    steps = must(world.lender.get(case.path + "/steps"))["data"]
    assert steps[-1]["step"] == "close_verification" and "node_id" not in steps[-1]
    case.take("notary", "issue_ec", "ec_issued", **PAPER, execution_certificate={
        "no": "1", "notary_name": "李明", "issued_on": as_of.isoformat(),
        "continuing_interest_rule": "至实际清偿之日", **claim})


def test_amended_terms_decide_on_arrears_interest_and_days(server, world, cases):
    """1,000.00 at 4.35 %, due on the tenth day, becomes 3 % with halves on the 30th and 90th; on
    the 40th only the first is late, ten days, and its two years run from the 30th."""
    case = cases["amended"]
    value = date.fromisoformat(must(world.lender.get(f"/v1/loans/{case.loan_id}"))["value_date"])
    day = [(value + timedelta(n)).isoformat() for n in range(91)]
    server.clock.shift(5 * DAY)
    case.take("lender", "request_amendment", "amendment_pending", **PAPER, reason="展期",
              amendment=amendment("1000.00", day[30], day[90], effective_on=day[5], rate={
                  "type": "fixed", "annual_rate": "0.03", "penalty_rate": "0.015"}))
    case.take("notary", "amend", "amended_notarised", **PAPER,
              certificate=certificate(*case.parties, issued_on=day[5]))
    server.clock.shift(20 * DAY)  # the ledger is in arrears, the amended instrument is not
    refusal = case.step("lender", "default", default_kind="overdue")
    assert (refusal.status, refusal.json()["rule"]) == (409, "公证程序规则 55")
    assert "apply_for_enforcement" not in {d["code"] for d in case.get()["deadlines"]}
    server.clock.shift(40 * DAY)
    dunned(case)
    due = date.fromisoformat(day[30])
    until = deadline(case.get(), "apply_for_enforcement")["due_on"]
    assert until[:7] == f"{due.year + 2}-{due.month:02d}"  # 29 February has no such day
    assert due.day == 29 and due.month == 2 or until[8:] == day[30][8:]
    full = Decimal(cents(Decimal(1000) * Decimal("0.0435") * 40 / 360))
    less = Decimal(cents(Decimal(1000) * Decimal("0.0135") * 35 / 360))
    late = cents(Decimal(500) * Decimal("0.015") * 10 / 360)
    right = {"as_of": day[40], "principal": "1000.00", "interest": str(full - less),
             "penalty": late, "compound": "0.00", "fees": "0.00"}
    for member, wrong in (("interest", str(full)), ("penalty", "0.00")):
        problem = case.step("lender", "apply_ec", **PAPER, accuracy_promise=True,
                            claim={**right, member: wrong}).json()
        assert problem["expected_amounts"] == {k: v for k, v in right.items() if k != "as_of"}
        assert (problem["rule"], problem["claimed_amounts"][member]) == ("公证程序规则 55", wrong)
    case.take("lender", "apply_ec", "ec_applied", **PAPER, claim=right, accuracy_promise=True)


def test_silence_means_nothing_where_it_was_not_agreed(server, world, cases):
    case = cases["not agreed"]
    server.clock.shift(40 * DAY)
    dunned(case)
    owed = must(world.lender.get(f"/v1/loans/{case.loan_id}"))
    as_of = date.fromisoformat(owed["value_date"]) + timedelta(40)
    interest = Decimal(100) * Decimal("0.0435") * 40 / 360
    case.take("lender", "apply_ec", **PAPER, accuracy_promise=True, claim={
        "as_of": as_of.isoformat(), "principal": "100.00", "interest": cents(interest),
        "penalty": "0.00", "compound": "0.00", "fees": "0.00"})
    shown = case.take("notary", "send_verification", letter=LETTER)
    calendar = Calendar(world.admin)
    assert shown["verification"]["reply_until"] == \
        calendar.after(china_today(40), 3).isoformat()
    server.clock.shift(80 * DAY)
    assert case.get()["state"] == "verifying"
    assert deadline(case.get(), "reply_to_verification")["overdue"] is True
    case.take("debtor", "reply", "verifying", result="no_objection")
    case.take("guarantor", "reply", "no_objection", result="no_objection")


def test_a_default_is_cured_and_a_loan_is_fulfilled(server, world, cases):
    case = cases["fulfilled"]
    server.clock.shift(20 * DAY)
    dunned(case)
    shown = case.get()
    due = date.fromisoformat(bodies.days_ago(-10))
    assert deadline(shown, "apply_for_enforcement")["due_on"] == \
        due.replace(year=due.year + 2).isoformat()  # 规定 9: from the instalment
    refusal = case.step("lender", "cure")
    assert refusal.status == 409 and "规则 55" in refusal.json()["rule"]
    value = date.fromisoformat(must(world.lender.get(f"/v1/loans/{case.loan_id}"))["value_date"])
    paid_on = value + timedelta(20)
    interest = cents(Decimal(100) * Decimal("0.0435") * 20 / 360)
    must(world.lender.post("/v1/repayments", world.repayment_body(
        case.loan_id, cents(Decimal(100) + Decimal(interest)), value_date=paid_on.isoformat(),
        paid_at=(datetime.now(timezone.utc) + timedelta(days=20, seconds=-60)).isoformat(
            timespec="seconds").replace("+00:00", "Z")), key()))
    shown = wait_until(lambda: (lambda c: c["state"] == "fulfilled" and c)(case.get()), 20,
                       "the end of the case")
    assert shown["status"] == "closed" and shown["next_steps"] == []
    paid = must(world.lender.get("/v1/repayments", loan_id=case.loan_id))["data"][0]
    must(world.lender.post("/v1/repayments", world.repayment_body(
        case.loan_id, paid["amount"], value_date=paid["value_date"], paid_at=paid["paid_at"],
        reversal_of=paid["id"]), key()))
    wait_until(lambda: case.get()["state"] == "performing", 20, "the case is open again")


def test_fifteen_working_days_are_counted_by_the_calendar(server, world):
    """A year without a calendar says so; once an administrator adds it, its holidays count."""
    case = Case(world).until("submitted")
    target = datetime(2031, 4, 29, 2, tzinfo=timezone.utc)
    server.clock.freeze(target)
    must(case.step("admin", "accept", acceptance_no="1", happened_at="2031-04-29T01:00:00Z"))
    plain = Calendar(world.admin).after(date(2031, 4, 29), 15)
    entry = deadline(case.get(), "issue_certificate")
    assert (entry["due_on"], entry["calendar_incomplete"]) == (plain.isoformat(), True)
    assert plain == date(2031, 5, 20)
    must(world.admin.post("/v1/working-calendars", {
        "year": 2031, "source": "国办发明电（试验）", "workdays": ["2031-05-10"],
        "holidays": [f"2031-05-0{d}" for d in range(1, 6)]}), 201)
    entry = deadline(case.get(), "issue_certificate")
    # 1, 2 and 5 May are off, Saturday 10 May is worked: two days later
    assert (entry["due_on"], entry["calendar_incomplete"]) == ("2031-05-22", False)


def filed(world, case):
    """With an execution certificate, before the court, on the 20th day."""
    dunned(case)
    value = date.fromisoformat(must(world.lender.get(f"/v1/loans/{case.loan_id}"))["value_date"])
    claim = {"as_of": (value + timedelta(20)).isoformat(), "principal": "100.00", "penalty": "0.00",
             "interest": cents(Decimal(100) * Decimal("0.0435") * 20 / 360), "compound": "0.00",
             "fees": "0.00"}
    case.take("lender", "apply_ec", **PAPER, claim=claim, accuracy_promise=True)
    case.take("notary", "send_verification", letter=LETTER)
    for who in ("debtor", "guarantor"):
        case.take(who, "reply", result="no_objection")
    case.take("notary", "issue_ec", **PAPER, execution_certificate={
        "no": "1", "notary_name": "李明", "issued_on": claim["as_of"],
        "continuing_interest_rule": "至实际清偿之日", **claim})
    case.take("lender", "file_enforcement", court={"name": "法院", "basis": "property_location"})
    return china_today(20).isoformat()


def test_fifteen_days_to_apply_for_non_enforcement(server, world, cases):
    case = cases["court"]
    server.clock.shift(20 * DAY)
    today = filed(world, case)
    case.take("lender", "accept_enforcement", case_no="1")
    case.take("lender", "send_notice", "notice_sent", served_on=today)
    server.clock.shift(60 * DAY)
    known = china_today(59).isoformat()
    for members in ({}, {"known_on": known}):  # 规定 13: of this ground only service counts
        refusal = case.step("debtor", "apply_non_enforcement", ground="incapacity", **members)
        assert refusal.status == 409 and refusal.json()["rule"] == "规定 13"
    assert case.step("debtor", "apply_non_enforcement", ground="bribery",
                     known_on=china_today(63).isoformat()).status == 422
    case.take("debtor", "apply_non_enforcement", "non_enforcement_applied", ground="bribery",
              known_on=known)
    shown = case.take("lender", "decide_non_enforcement", "non_enforced", result="granted")
    assert shown["route"]["reasons"][0]["article"] == "规定 20"


def test_the_court_extends_its_sixty_days_once(server, world, cases):
    """规定 16: until the last of them is over; what it did in time may be told later, also after a
    step that came in between."""
    case = cases["extended"]
    server.clock.shift(20 * DAY)
    today = filed(world, case)
    case.take("lender", "accept_enforcement", case_no="1")
    case.take("lender", "send_notice", "notice_sent", served_on=today)
    asked = china_today(20)
    case.take("debtor", "apply_non_enforcement", "non_enforcement_applied", ground="incapacity")
    calendar = Calendar(world.admin)
    sixty, ninety = (calendar.rolled(asked + timedelta(n)).isoformat() for n in (60, 90))
    assert deadline(case.get(), "decide_non_enforcement")["due_on"] == sixty
    server.clock.shift(65 * DAY)
    measure = {"kind": "deposit", "description": "账户", "from": china_today(65).isoformat(),
               "until": china_today(95).isoformat()}
    case.take("lender", "take_measures", "non_enforcement_applied", measures=[measure])
    server.clock.shift(105 * DAY)
    refusal = case.step("lender", "extend_decision", reason="案情复杂")
    assert (refusal.status, refusal.json()["rule"]) == (409, "规定 16")
    assert "60 days" in refusal.json()["missing"]
    assert deadline(case.get(), "decide_non_enforcement")["overdue"] is True
    early, in_time = ((datetime.now(timezone.utc) + timedelta(days=n)).isoformat(
        timespec="seconds") for n in (19, 50))
    refusal = case.step("lender", "extend_decision", reason="x", happened_at=early)
    assert (refusal.status, refusal.json()["errors"][0]["pointer"]) == (422, "#/happened_at")
    assert case.step("debtor", "extend_decision", reason="x").status == 403
    shown = case.take("lender", "extend_decision", "non_enforcement_applied", reason="案情复杂",
                      happened_at=in_time)
    entry = deadline(shown, "decide_non_enforcement")
    assert (entry["due_on"], entry["article"]) == (ninety, "规定 16")
    refusal = case.step("lender", "extend_decision", reason="x", happened_at=in_time)
    assert (refusal.status, refusal.json()["rule"]) == (409, "规定 16")
    shown = case.take("lender", "decide_non_enforcement", "measures", result="rejected")
    assert deadline(shown, "decide_non_enforcement")["done"] is True


def test_ten_days_to_have_a_rejection_reconsidered(server, world, cases):
    case = cases["rejected"]
    server.clock.shift(20 * DAY)
    today = filed(world, case)
    shown = case.take("lender", "reject_enforcement", reason_code="other_condition",
                      served_on=today)
    assert shown["route"]["path"] == "enforcement_pack"
    server.clock.shift(50 * DAY)
    assert case.step("lender", "apply_reconsideration").json()["rule"] == "规定 7"
    shown = case.get()
    assert (shown["route"]["path"], shown["route"]["reasons"][0]["article"]) == ("civil_pack",
                                                                                 "规定 7")
    # It had gone to the upper court on paper, in time.
    on_paper = datetime.now(timezone.utc) + timedelta(days=21)
    must(case.step("admin", "apply_reconsideration",
                   happened_at=on_paper.isoformat(timespec="seconds")), 201)
    assert case.get()["route"]["path"] == "enforcement_pack"


def test_a_clock_that_was_ahead_holds_nobody_up(server, world):
    """The step that it dated too late does not keep the next ones out until then."""
    case = Case(world).until("submitted")
    server.clock.shift(2 * DAY)
    case.take("notary", "accept", "accepted", acceptance_no="1")
    server.clock.real()
    case.take("notary", "identity", "identity_verified", identities=case.identities())
