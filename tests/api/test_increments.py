"""Increments: months go by on a frozen clock; figures from exact fractions, not from the server."""
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest

from harness import bodies
from harness.parties import Chain, make_node
from harness.server import Server, wait_until
from test_lending import decision, key, loan

AMOUNT = Decimal("1000000.00")
ACCEPTED_RATE = Fraction(70, 100)  # a(签收/验收), CR-2.4


def iso(moment):
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


class Calendar:
    """The server's clock: frozen, and only ever moved on. It starts before the server does, for a
    server schedules from the period on that had ended when it first looked."""

    def __init__(self, server):
        self.server, self.now = server, datetime(2026, 1, 10, 8, tzinfo=timezone.utc)
        server.clock.freeze(self.now)

    def pass_by(self, **amount):
        self.now += timedelta(**amount)
        self.server.clock.freeze(self.now)

    def next_month(self):
        """Half past midnight on the first; returns the name of the month that has just ended."""
        ended = f"{self.now:%Y-%m}"
        self.now = (self.now.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=30)
        self.server.clock.freeze(self.now)
        return ended


@pytest.fixture(scope="module")
def world():
    """A server whose ratings look at the last 31 days, so that a bad month is soon forgotten."""
    server = Server(env={"SCFD_RATING_WINDOW_DAYS": "31"})
    server.calendar = Calendar(server)
    with server:
        yield server


class Story:
    """A contract of its own whose buyer reports what it accepted."""

    def __init__(self, world, chain=None):
        self.world, self.calendar, self.admin = world, world.calendar, world.client()
        self.chain = chain or Chain(self.admin)
        self.buyer = self.chain.procurement.client
        day = f"{self.calendar.now - timedelta(days=5):%Y-%m-%d}"
        self.milestones = iter(f"M{n}" for n in range(10))
        body = self.chain.contract(
            signed_on=day,
            amount=str(AMOUNT),
            milestones=[{"code": f"M{n}", "percentage": "10"} for n in range(10)],
        )
        answer = self.buyer.post("/v1/contracts", body)
        assert answer.status == 201, answer
        self.contract_id = self.chain.contract_id = answer.json()["id"]
        self.record = self.contract_id

    def report(self, work=0, hours=3, **members):
        """`work` tenths of the contract are accepted, an event for each; 0: goods were shipped.
        Every event carries all that the template of the industry asks for."""
        codes = [{"milestone_code": next(self.milestones)} for _ in range(work)]
        for code in codes or [{"step": "shipped"}]:
            body = self.chain.event(
                self.contract_id,
                occurred_at=iso(self.calendar.now - timedelta(hours=hours)),
                **{
                    "step": "accepted",
                    "items": [{"item_code": "S", "lot": "L", "quantity": "100", "unit": "EA"}],
                    "amount": "1000.00",
                    "currency": "CNY",
                    "completion_percent": "10",
                    "fields": {
                        "defect_rate": "0.01",
                        "cycle_time_s": "30",
                        "delivery_note_no": "D",
                        "inspection_report_no": "R",
                    },
                    **code,
                    **members,
                },
            )
            answer = self.buyer.post("/v1/workflow-events", body)
            assert answer.status == 201, answer
        return body

    def ask(self, client=None, **members):
        body = {
            "borrower_id": self.chain.seller["id"],
            "contract_ids": [self.contract_id],
            "kind": "incremental",
            **members,
        }
        return (client or self.admin).post(
            "/v1/credit-assessments", body, {"Prefer": "wait=50"}
        )

    def assess(self, **members):
        answer = self.ask(**members)
        assert answer.status == 201, answer
        shown = answer.json()
        assert shown["status"] == "succeeded", shown
        return shown

    def begin(self, **members):
        """The initial limit, on work that is shipped and not yet accepted."""
        for hours in (20, 12, 4):
            self.report(hours=hours)
        shown = self.assess(kind="initial", lender_ids=[self.chain.lender.id], **members)
        self.initial = Decimal(shown["recommended_limit"])
        assert self.initial > 0
        return self.initial

    def runs(self, **filters):
        query = "".join(f"&{name}={value}" for name, value in filters.items())
        answer = self.admin.get(f"/v1/limit-runs?contract_id={self.contract_id}{query}")
        assert answer.status == 200, answer
        return answer.json()["data"]

    def run(self, period, version=0):
        """The run of a period, once it was made (again, after `version`)."""

        def made():
            found = [r for r in self.runs(period=period) if "due_at" not in r]
            return found and found[0]["version"] > version and found[0]

        return wait_until(made, 20, f"the run of {period} is made")

    def end_month(self):
        return self.run(self.calendar.next_month())

    def account(self):
        names = ["granted", "initial", "increments", "held", "used", "frozen"]
        row = self.world.psql(
            f"SELECT {', '.join(names)} FROM scfd.limit_account WHERE contract_key ="
            f" (SELECT business_key FROM scfd.record WHERE id = {self.uuid()})"
        )
        values = row.split("|")
        return {
            name: value == "t" if name == "frozen" else Decimal(value) / 100
            for name, value in zip(names, values)
        }

    def entries(self):
        """(type, granted) of every entry of the account, in order."""
        rows = self.world.psql(
            "SELECT e.type, e.granted FROM scfd.limit_entry e JOIN scfd.limit_account a"
            " ON a.id = e.account_id WHERE a.contract_key = (SELECT business_key FROM scfd.record"
            f" WHERE id = {self.uuid()}) ORDER BY e.seq"
        )
        return [(int(t), Decimal(g) / 100) for t, g in (r.split("|") for r in rows.split())]

    def uuid(self):
        hex32 = crockford(self.contract_id.partition("_")[2])
        return f"'{hex32}'"

    def events(self, client):
        return [e["type"] for e in client.get("/v1/events?limit=500").json()["data"]]


def crockford(text):
    number = 0
    for c in text:
        number = number * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(c)
    return f"{number:032x}"


def target(accepted, credibility=Fraction(1)):
    """Z = C_net·a·P·E, every factor in millionths, rounded down once, to the cent."""
    completion = Fraction(int(Fraction(accepted) / Fraction(AMOUNT) * 10**6), 10**6)
    cents = int(Fraction(AMOUNT) * 100 * ACCEPTED_RATE * completion * credibility)
    return Decimal(cents).scaleb(-2)


def money(run, name):
    return Decimal(run[name])


@pytest.fixture
def story(world):
    if world.calendar.now.day != 10:  # everybody begins in the middle of a month
        world.calendar.next_month()
        world.calendar.pass_by(days=9, hours=8)
    return Story(world)


def test_three_increments_of_proven_work(story):
    initial = story.begin()
    granted, accepted = initial, 0
    for work in (4, 1, 2):
        accepted += 100000 * work
        story.report(work)
        run = story.end_month()
        assert run["status"] == "done", run
        assert money(run, "completion_percent") == Decimal(accepted) / AMOUNT * 100
        assert money(run, "target") == target(accepted)
        assert money(run, "incremental_limit") == target(accepted) - granted
        assert run["reason"] == "increment-granted"
        granted = target(accepted)
        assert money(run, "granted") == granted
        assert story.account()["granted"] == granted
        shown = story.admin.get(f"/v1/credit-assessments/{run['assessment_id']}").json()
        assert (shown["kind"], shown["increment_period"]) == ("periodic", run["period"])
        assert Decimal(shown["recommended_limit"]) == granted
        assert Decimal(shown["incremental_limit"]) == money(run, "incremental_limit")
        story.calendar.pass_by(days=9)
    assert story.entries() == [
        (0, initial),
        (1, target(400000) - initial),
        (1, target(500000) - target(400000)),
        (1, target(700000) - target(500000)),
    ]
    assert [r["period"] for r in story.runs()] == sorted(r["period"] for r in story.runs())
    assert len(story.runs()) == 3


def test_increments_over_chains_of_sm3(world, story):
    """What the buyer reports, and the lender's decisions, stand in chains of the other suite."""
    suites = {"procurement": "sm3-sm2", "lender": "sm3-sm2"}
    story = Story(world, Chain(world.client(), suites))
    story.begin()
    story.report(5)
    run = story.end_month()
    assert money(run, "incremental_limit") > 0, run
    replayed = story.admin.post(
        f"/v1/credit-assessments/{run['assessment_id']}/replay", None, {"Prefer": "wait=50"}
    ).json()
    assert replayed["matches"] is True, replayed


def test_a_month_without_work_adds_nothing(story):
    story.begin()
    story.report(4)
    assert money(story.end_month(), "incremental_limit") > 0
    story.calendar.pass_by(days=9)
    story.report()  # the ratings go on; no more is accepted
    run = story.end_month()
    assert (run["status"], money(run, "incremental_limit")) == ("done", 0)
    assert run["reason"] == "no-increment"
    assert story.account()["granted"] == target(400000)


def test_running_a_period_again_grants_nothing_more(story):
    story.begin()
    story.report(5)
    run = story.end_month()
    before, entries = story.account(), story.entries()
    for _ in range(2):
        order = {"period": run["period"], "contract_id": story.contract_id}
        answer = story.admin.post("/v1/limit-runs", order)
        assert (answer.status, answer.json()["runs"]) == (202, 1)
        again = story.run(run["period"], run["version"] + 1)
        assert again["made"] == run["made"] + 1
        assert again["assessment_id"] != run["assessment_id"]
        shown = story.admin.get(f"/v1/credit-assessments/{again['assessment_id']}").json()
        assert Decimal(shown["incremental_limit"]) == 0
        for name in ("incremental_limit", "taken_back", "granted", "target"):
            assert again[name] == run[name], name
        run = again
    assert (story.account(), story.entries()) == (before, entries)


def test_on_demand_grants_what_the_period_then_does_not(story):
    initial = story.begin()
    story.report(3)
    shown = story.assess()
    assert shown["kind"] == "incremental"
    assert shown["as_of"] == iso(story.calendar.now).replace("Z", ".000000Z")
    assert Decimal(shown["previous_limit"]) == initial
    assert Decimal(shown["incremental_limit"]) == target(300000) - initial
    assert Decimal(shown["recommended_limit"]) == target(300000)
    assert Decimal(shown["completion_percent"]) == 30
    assert Decimal(story.assess()["incremental_limit"]) == 0
    story.report(1)
    run = story.end_month()
    assert money(run, "incremental_limit") == target(400000) - target(300000)
    assert story.account()["granted"] == target(400000)


def test_a_period_run_late_yields_to_a_later_assessment(story):
    """What the later one saw, the run of the month before could not know."""
    story.begin()
    story.report(4)
    wrong = story.report(1, event_id=bodies.unique("urn:e"))
    run = story.end_month()
    assert money(run, "granted") == target(500000)
    negate(story, wrong)
    shown = story.assess()
    assert Decimal(shown["taken_back"]) == target(500000) - target(400000)
    story.admin.post("/v1/limit-runs", {"period": run["period"]})
    again = story.run(run["period"], run["version"] + 1)
    assert (again["status"], again["reason"]) == ("done", "later-assessment")
    assert again["assessment_id"] == shown["id"]
    assert story.account()["granted"] == target(400000)


def negate(story, body):
    declared = {
        **body,
        "external_id": bodies.unique("evt"),
        "error_declaration": {"reason": "incorrect_data", "declared_at": iso(story.calendar.now)},
    }
    answer = story.buyer.post("/v1/workflow-events", declared)
    assert answer.status == 201, answer


def test_a_negated_event_takes_its_increment_back(story):
    story.begin()
    story.report(4)
    wrong = story.report(1, event_id=bodies.unique("urn:e"))
    assert money(story.end_month(), "granted") == target(500000)
    story.calendar.pass_by(days=9)
    negate(story, wrong)
    for _ in range(9):  # a declaration comes late by its nature: it must not make the rating D
        story.report()
    run = story.end_month()
    assert money(run, "taken_back") == target(500000) - target(400000)
    assert (run["reason"], story.account()["granted"]) == ("increment-taken-back", target(400000))
    answer = story.admin.post("/v1/limit-runs", {"period": run["period"]})
    assert answer.status == 202
    again = story.run(run["period"], run["version"] + 1)
    assert again["taken_back"] == run["taken_back"]  # once, however often it is run
    assert story.account()["granted"] == target(400000)


def test_what_is_drawn_is_not_taken_back(story):
    story.begin()
    story.report(4)
    wrong = story.report(1, event_id=bodies.unique("urn:e"))
    shown = story.assess(lender_ids=[story.chain.lender.id])
    assert Decimal(shown["recommended_limit"]) == target(500000)
    now = story.calendar.now
    draw(story, shown, target(500000) - 30000, now)
    assert story.account()["used"] == target(500000) - 30000
    negate(story, wrong)
    shown = story.assess()
    assert Decimal(shown["taken_back"]) == 30000
    account = story.account()
    assert account["granted"] == account["used"] == target(500000) - 30000


def draw(story, assessment, principal, now):
    lender = story.chain.lender.client
    day = f"{now:%Y-%m-%d}"
    decided = lender.post(
        "/v1/credit-decisions",
        decision(
            story.chain,
            assessment,
            valid_from=day,
            valid_until=f"{now + timedelta(days=60):%Y-%m-%d}",
            decided_at=iso(now),
        ),
        key(),
    )
    assert decided.status == 201, decided
    lent = lender.post(
        "/v1/loans",
        loan(
            story.chain,
            decided.json()["id"],
            str(principal),
            disbursed_at=iso(now),
            value_date=day,
            maturity_date=f"{now + timedelta(days=90):%Y-%m-%d}",
        ),
        key(),
    )
    assert lent.status == 201, lent


def test_a_rating_of_d_freezes_until_it_recovers(story):
    story.begin()
    story.report(4)
    granted = money(story.end_month(), "granted")
    story.calendar.pass_by(days=9)
    story.report(5, hours=500)  # three weeks late: timeliness is D
    run = story.end_month()
    assert (run["status"], run["reason"]) == ("frozen", "increments-frozen")
    assert money(run, "incremental_limit") == money(run, "taken_back") == 0
    assert story.account() == {**story.account(), "frozen": True, "granted": granted}
    story.admin.post("/v1/limit-runs", {"period": run["period"]})
    story.run(run["period"], run["version"] + 1)
    assert [t for t, _ in story.entries()].count(8) == 1  # frozen once
    lender, seller = story.chain.lender.client, story.chain.erp.client
    assert story.events(seller).count("limit_account.frozen") == 1
    assert story.events(lender).count("limit_account.frozen") == 1
    story.calendar.pass_by(days=5)
    for _ in range(5):  # nearly all that the next month's window sees is on time
        story.report(hours=1)
    story.calendar.next_month()
    story.calendar.pass_by(days=9)
    story.report(hours=1)
    run = story.end_month()
    assert run["status"] == "done", run
    assert story.account()["frozen"] is False
    assert [t for t, _ in story.entries()].count(9) == 1
    assert story.events(seller).count("limit_account.unfrozen") == 1
    assert money(run, "granted") >= target(900000) - 1  # the work that came late counts in the end


def test_an_assessment_on_demand_freezes_and_tells(story):
    story.begin()
    story.report(2, hours=700)
    story.report(2, hours=700)
    shown = story.assess()
    assert Decimal(shown["incremental_limit"]) == 0
    assert shown["contracts"][0]["frozen"] is True
    assert story.account()["frozen"] is True
    story.assess()
    assert [t for t, _ in story.entries()] == [0, 8]
    for client in (story.chain.erp.client, story.chain.lender.client):
        assert story.events(client).count("limit_account.frozen") == 1


def test_the_need_is_one_ceiling_for_all_contracts(story):
    """CR-4: 1,200,000 · (1 − 0.10) / 3 turns a year = 360,000, for two contracts of 280,000."""
    profile = bodies.enterprise(
        uscc=story.chain.seller["uscc"],
        name=story.chain.seller["name"],
        financials={
            "year": 2025,
            "revenue": "1200000.00",
            "cost_of_sales": "900000.00",
            "profit_margin": "0.10",
            "average_receivables": "400000.00",
        },
    )
    answer = story.admin.post("/v1/enterprises", profile)
    assert answer.status == 201, answer
    both = [story, Story(story.world, story.chain)]
    for one in both:
        one.begin()
        one.report(4)
    period = story.calendar.next_month()
    runs = [one.run(period) for one in both]
    assert [r["status"] for r in runs] == ["done", "done"]
    assert sum(money(r, "granted") for r in runs) == Decimal("360000.00")
    # one takes all the room that the other's initial limit leaves
    assert sum(money(r, "incremental_limit") == 0 for r in runs) == 1
    assert sum(one.account()["granted"] for one in both) == Decimal("360000.00")


def test_affiliates_are_known_to_a_period_too(story):
    """CR-10.3: a factor's 40 % of risk assets for an affiliated debtor, not the 50 % of any."""
    buyer = story.chain.buyer["id"]
    profile = bodies.enterprise(
        uscc=story.chain.seller["uscc"],
        name=story.chain.seller["name"],
        affiliates=[{"enterprise_id": buyer, "relation": "holding"}],
    )
    answer = story.admin.post("/v1/enterprises", profile)
    assert answer.status == 201, answer
    lender = story.chain.lender.client
    terms = {
        "external_id": bodies.unique("terms"),
        "kind": "factor",
        "currency": "CNY",
        "risk_assets": "100000.00",
    }
    key = {"Idempotency-Key": bodies.unique("key")}
    assert lender.post("/v1/lender-terms", terms, key).status == 201
    story.begin()
    story.report(4)
    run = story.end_month()
    path = f"/v1/credit-assessments/{run['assessment_id']}"
    debtors = story.admin.get(path + "/receipt").json()["inputs"]["debtors"]
    assert [(d["enterprise_id"], d["affiliated"]) for d in debtors] == [(buyer, True)]
    shown = lender.get(path).json()
    assert shown["lender_limit"] == "40000.00"


def test_one_bad_contract_does_not_hold_up_the_others(story):
    """The database refuses one account's entries: its batch is halved until it is alone."""
    others = [story, Story(story.world), Story(story.world), Story(story.world)]
    for one in others:
        one.begin()
        one.report(4)
    bad = others.pop(1)
    story.world.psql(
        "CREATE FUNCTION scfd.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF"
        " NEW.account_id = (SELECT id FROM scfd.limit_account WHERE contract_key ="
        f" (SELECT business_key FROM scfd.record WHERE id = {bad.uuid()})) THEN"
        " RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$;"
        "CREATE TRIGGER refuse BEFORE INSERT ON scfd.limit_entry"
        " FOR EACH ROW EXECUTE FUNCTION scfd.refuse()"
    )
    period = story.calendar.next_month()
    for one in others:
        assert money(one.run(period), "granted") == target(400000)

    def failed():
        run = bad.runs(period=period)[0]
        return run["status"] == "failed" and run

    run = wait_until(failed, 20, "the bad one failed")
    assert (run["failures"], run["problem"]["code"]) == (1, "internal")
    assert "no" not in run["problem"]["detail"].split()
    again = story.calendar.now + timedelta(minutes=1)
    assert run["due_at"] == iso(again).replace("Z", ".000000Z")
    story.world.psql("DROP FUNCTION scfd.refuse CASCADE")
    story.calendar.pass_by(minutes=2)
    run = bad.run(period)
    assert (run["status"], run["failures"]) == ("done", 0)
    assert bad.account()["granted"] == target(400000)


def test_borrower_and_lender_see_their_runs_and_nobody_else(story):
    story.begin()
    story.report(4)
    run = story.end_month()
    stranger = make_node(story.admin, "erp", story.chain.buyer["id"]).client
    path = f"/v1/limit-runs/{run['id']}"
    for client, status in (
        (story.admin, 200),
        (story.chain.erp.client, 200),
        (stranger, 404),
        (story.chain.surety.client, 404),
    ):
        assert client.get(path).status == status
    assert story.chain.erp.client.get("/v1/limit-runs").json()["data"] == [run]
    assert stranger.get("/v1/limit-runs").json()["data"] == []
    asm = f"/v1/credit-assessments/{run['assessment_id']}"
    assert story.chain.erp.client.get(asm).status == 200
    assert story.chain.lender.client.get(asm).status == 200
    assert stranger.get(asm).status == 404
    assert "credit_assessment.ready" in story.events(story.chain.erp.client)
    waiting = story.chain.lender.client.get("/v1/credit-assessments?status=awaiting_decision")
    assert run["assessment_id"] in [a["id"] for a in waiting.json()["data"]]


def test_refusals(story):
    story.begin()

    def faults(**members):
        answer = story.ask(**members)
        assert answer.status == 422, answer
        return {(f["pointer"], f["code"]) for f in answer.json()["errors"]}

    assert faults(kind="periodic") == {("#/kind", "invalid-choice")}
    assert faults(as_of=iso(story.calendar.now)) == {("#/as_of", "not-applicable")}
    assert faults(template_code="general") == {("#/template_code", "not-applicable")}
    other = Story(story.world)
    answer = other.ask()
    assert answer.status == 422
    fault = answer.json()["errors"][0]
    assert (fault["pointer"], fault["code"]) == ("#/contract_ids/0", "no-initial-limit")
    order = {"period": "2025-01"}
    assert story.admin.post("/v1/limit-runs", order).json()["code"] == "wrong-state"
    assert story.admin.post("/v1/limit-runs", {"period": "2025-13"}).status == 422
    assert story.chain.erp.client.post("/v1/limit-runs", order).status == 403
    assert story.admin.get("/v1/limit-runs?status=made").status == 400
    assert story.admin.get("/v1/limit-runs?period=x").status == 400
    assert story.admin.get("/v1/limit-runs/run_x").status == 404


def test_on_demand_against_the_period_grants_once(story):
    """Threads ask while the run is due: whoever is first, the sum is the target."""
    initial = story.begin()
    story.report(6)
    start = threading.Barrier(9)
    period = story.calendar.next_month()

    def ask(_):
        client = story.world.client()
        start.wait()
        return [story.assess(client=client) for _ in range(3)]

    def order(_):
        client = story.world.client()
        start.wait()
        for _ in range(5):
            client.post("/v1/limit-runs", {"period": period})

    with ThreadPoolExecutor(9) as pool:
        answers = [pool.submit(ask, i) for i in range(8)] + [pool.submit(order, 0)]
        shown = [a for done in answers[:8] for a in done.result()]
        answers[8].result()
    run = story.run(period)
    granted = sum(Decimal(a["incremental_limit"]) for a in shown)
    granted += Decimal(run.get("incremental_limit", 0))  # none when an assessment was first
    assert granted == target(600000) - initial
    assert story.account()["granted"] == target(600000)
    assert [e for e in story.entries() if e[0] == 1] == [(1, target(600000) - initial)]
