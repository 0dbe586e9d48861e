"""Random walks over everything that moves a limit: work reported and taken back, assessments,
months that end and are run again, holds, loans, repayments, reversals, red letters. After each step
the balances are sums of entries, nothing was granted beyond what was ever proven, and no invoice is
claimed beyond its worth; at the end every decision on the way is replayed from the chains."""
import random
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from harness import bodies
from harness.parties import Chain, make_enterprise, make_node
from harness.server import Server, wait_until

AMOUNT = 1_000_000
BEST_RATE = Decimal("0.80")  # a(开票确权), the highest of CR-2.4
STEPS = 60


def iso(moment):
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def key():
    return {"Idempotency-Key": bodies.unique("key")}


@pytest.fixture(scope="module")
def server():
    made = Server(env={"SCFD_RATING_WINDOW_DAYS": "62"})
    made.now = datetime(2027, 1, 10, 8, tzinfo=timezone.utc)  # later than any date of bodies.py
    made.clock.freeze(made.now)
    with made:
        yield made


class Walk:
    """One contract, two lenders, and what was done."""

    def __init__(self, server, seed):
        self.server, self.random = server, random.Random(seed)
        self.admin = server.client()
        self.chain = Chain(self.admin)
        self.buyer = self.chain.procurement.client
        bank = make_enterprise(
            self.admin, roles=["lender"], enterprise_type="financial_institution"
        )
        self.lenders = [self.chain.lender, make_node(self.admin, "lender", bank["id"])]
        self.banks = [self.chain.bank["id"], bank["id"]]
        body = self.chain.contract(signed_on="2026-11-01", amount=f"{AMOUNT}.00")
        self.contract_no = body["contract_no"]
        self.contract_id = self.buyer.post("/v1/contracts", body).json()["id"]
        self.reported, self.accepted, self.proven = [], 0, Decimal(0)
        self.invoices, self.holds, self.loans, self.repayments = [], [], [], []
        self.assessments, self.best_initial = [], Decimal(0)
        self.done = []

    # ---- steps; each gives the answer's status, and refusals are fine ----

    def accept(self):
        amount = self.random.choice([20_000, 50_000, 120_000])
        body = self.chain.event(
            self.contract_id,
            event_id=bodies.unique("urn:e"),
            step="accepted",
            amount=f"{amount}.00",
            currency="CNY",
            items=[{"item_code": "SKU-1", "quantity": "100", "unit": "EA"}],
            counterparty_id=self.chain.buyer["id"],
            completion_percent="1",
            location={"name": "杭州仓"},
            business_refs=[{"type": "recadv", "value": bodies.unique("RA")}],
            occurred_at=iso(self.server.now - timedelta(hours=self.random.choice([1, 5, 30]))),
        )
        answer = self.buyer.post("/v1/workflow-events", body)
        if answer.status == 201:
            self.reported.append((body, amount))
            self.accepted += amount
        return answer

    def negate(self):
        if not self.reported:
            return None
        body, amount = self.reported.pop(self.random.randrange(len(self.reported)))
        self.accepted -= amount
        declared = {
            **body,
            "external_id": bodies.unique("evt"),
            "error_declaration": {
                "reason": "incorrect_data",
                "declared_at": iso(self.server.now),
            },
        }
        return self.buyer.post("/v1/workflow-events", declared)

    def report_badly(self):
        """Late, and with next to nothing in it."""
        body = self.chain.event(
            self.contract_id,
            occurred_at=iso(self.server.now - timedelta(days=20)),
            fields={},
        )
        return self.buyer.post("/v1/workflow-events", body)

    def bill(self):
        body = self.chain.invoice(
            contract_no=self.contract_no, net="50000.00", issued_on=f"{self.server.now:%Y-%m-%d}"
        )
        answer = self.chain.erp.client.post("/v1/invoices", body)
        if answer.status == 201:
            self.invoices.append((answer.json()["id"], body))
        return answer

    def redden(self):
        if not self.invoices:
            return None
        _, original = self.random.choice(self.invoices)
        body = self.chain.invoice(
            net="-10000.00",
            red_invoice=True,
            original_invoice_no=original["invoice_no"],
            red_confirmation_no=bodies.unique("RC"),
            contract_no=self.contract_no,
            issued_on=f"{self.server.now:%Y-%m-%d}",
        )
        body["lines"][0].update(quantity="-100", unit_price="100.00")
        return self.chain.erp.client.post("/v1/invoices", body)

    def assess(self, kind):
        answer = self.admin.post(
            "/v1/credit-assessments",
            {
                "borrower_id": self.chain.seller["id"],
                "contract_ids": [self.contract_id],
                "kind": kind,
                "lender_ids": [lender.id for lender in self.lenders],
            },
            {"Prefer": "wait=50"},
        )
        if answer.status == 201:
            shown = answer.json()
            assert shown["status"] == "succeeded", shown
            self.assessments.append(shown)
            if kind == "initial":
                limit = Decimal(shown["recommended_limit"])
                self.best_initial = max(self.best_initial, limit)
        return answer

    def begin_again(self):
        return self.assess("initial")

    def increase(self):
        return self.assess("incremental")

    def end_month(self):
        ended = f"{self.server.now:%Y-%m}"
        following = (self.server.now.replace(day=1) + timedelta(days=32)).replace(day=1)
        self.server.now = following.replace(hour=0, minute=30)
        self.server.clock.freeze(self.server.now)
        self.wait_for(ended, 0)
        self.server.now += timedelta(days=9, hours=8)
        self.server.clock.freeze(self.server.now)
        return None

    def run_again(self):
        runs = self.admin.get("/v1/limit-runs", contract_id=self.contract_id, limit=500).json()
        made = [r for r in runs["data"] if r["status"] in ("done", "frozen")]
        if not made:
            return None
        newest = max(made, key=lambda r: r["as_of"])
        answer = self.admin.post("/v1/limit-runs", {"period": newest["period"]})
        if answer.status == 202:
            self.wait_for(newest["period"], newest["version"])
        return answer

    def wait_for(self, period, version):
        """One that a later assessment stands in for is done without being made."""
        if not self.assessments:
            return

        def ready():
            runs = self.admin.get(
                "/v1/limit-runs", contract_id=self.contract_id, period=period
            ).json()["data"]
            return runs and "due_at" not in runs[0] and runs[0]["version"] > version

        wait_until(ready, 30, f"the run of {period}")

    def hold(self):
        if not self.assessments:
            return None
        which = self.random.randrange(2)
        claims = self.random.sample(self.invoices, min(len(self.invoices), 2))
        answer = self.lenders[which].client.post(
            "/v1/limit-holds",
            {
                "external_id": bodies.unique("hold"),
                "assessment_id": self.random.choice(self.assessments)["id"],
                "contract_id": self.contract_id,
                "amount": self.random.choice(["1000.00", "20000.00", "400000.00"]),
                "currency": "CNY",
                "invoices": [
                    {"invoice_id": i, "amount": self.random.choice(["1000.00", "30000.00"])}
                    for i, _ in claims
                ],
            },
            key(),
        )
        if answer.status == 201:
            self.holds.append((which, answer.json()))
        return answer

    def release(self):
        if not self.holds:
            return None
        which, hold = self.random.choice(self.holds)
        return self.lenders[which].client.post(f"/v1/limit-holds/{hold['id']}/release", {})

    def lend(self):
        """Under a fresh decision; from a hold, or with invoices of its own."""
        if not self.assessments:
            return None
        which = self.random.randrange(2)
        shown = self.random.choice(self.assessments)
        client, bank, today = self.lenders[which].client, self.banks[which], self.server.now.date()
        decided = client.post(
            "/v1/credit-decisions",
            {
                "external_id": bodies.unique("dec"),
                "assessment_id": shown["id"],
                "lender_id": bank,
                "outcome": "approved",
                "approved_limit": "30000.00",
                "currency": "CNY",
                "annual_rate": "0.0435",
                "tenor_days": 180,
                "valid_from": f"{today}",
                "valid_until": f"{today + timedelta(days=30)}",
                "decided_by": "王敏",
                "decided_at": iso(self.server.now),
            },
            key(),
        )
        if decided.status != 201:
            return decided
        body = {
            "external_id": bodies.unique("loan"),
            "loan_no": bodies.unique("LN"),
            "decision_id": decided.json()["id"],
            "lender_id": bank,
            "borrower_id": self.chain.seller["id"],
            "contract_ids": [self.contract_id],
            "principal": self.random.choice(["1000.00", "9000.00", "30000.00"]),
            "currency": "CNY",
            "disbursed_at": iso(self.server.now),
            "value_date": f"{today}",
            "maturity_date": f"{today + timedelta(days=90)}",
            "interest": {"type": "fixed", "annual_rate": "0.0435"},
            "repayment_method": "bullet",
        }
        own = [h for w, h in self.holds if w == which and h["assessment_id"] == shown["id"]]
        if own and self.random.random() < 0.6:
            body["hold_id"] = self.random.choice(own)["id"]
        elif self.invoices:
            body["invoice_ids"] = [self.random.choice(self.invoices)[0]]
        answer = client.post("/v1/loans", body, key())
        if answer.status == 201:
            self.loans.append((which, answer.json()["id"]))
        return answer

    def repay(self):
        if not self.loans:
            return None
        which, loan_id = self.random.choice(self.loans)
        client = self.lenders[which].client
        owed = client.get(f"/v1/loans/{loan_id}").json()["outstanding"]["principal"]
        amount = self.random.choice([owed, "500.00"])
        answer = client.post("/v1/repayments", self.payment(loan_id, amount), key())
        if answer.status == 201:
            self.repayments.append((which, loan_id, amount, answer.json()["id"]))
        return answer

    def reverse(self):
        if not self.repayments:
            return None
        which, loan_id, amount, paid = self.random.choice(self.repayments)
        body = self.payment(loan_id, amount, reversal_of=paid)
        return self.lenders[which].client.post("/v1/repayments", body, key())

    def payment(self, loan_id, amount, **members):
        return {
            "external_id": bodies.unique("rep"),
            "loan_id": loan_id,
            "amount": amount,
            "currency": "CNY",
            "paid_at": iso(self.server.now),
            "value_date": f"{self.server.now:%Y-%m-%d}",
            **members,
        }

    def wait_days(self):
        self.server.now += timedelta(days=self.random.choice([1, 4]))  # holds live for three
        self.server.clock.freeze(self.server.now)

    # ---- the walk ----

    def step(self):
        steps = [
            (self.accept, 4),
            (self.negate, 2),
            (self.report_badly, 1),
            (self.bill, 3),
            (self.redden, 1),
            (self.begin_again, 2),
            (self.increase, 3),
            (self.end_month, 1),
            (self.run_again, 1),
            (self.hold, 5),
            (self.release, 2),
            (self.lend, 4),
            (self.repay, 3),
            (self.reverse, 2),
            (self.wait_days, 1),
        ]
        step = self.random.choices([s for s, _ in steps], [w for _, w in steps])[0]
        answer = step()
        told = answer.json().get("code", answer.status) if answer is not None else "-"
        self.done.append(f"{step.__name__} {told}")
        assert answer is None or answer.status < 500, (self.done, answer)
        assert answer is None or answer.status != 404, (self.done, answer)
        self.proven = max(self.proven, Decimal(min(self.accepted, AMOUNT)) / AMOUNT)
        self.check()

    def check(self):
        for name, sql in INVARIANTS.items():
            found = self.server.psql(sql).strip()
            assert found == "", f"{name}: {found}\n{self.done}"
        rows = self.server.psql(
            "SELECT a.granted, a.initial, a.increments FROM scfd.limit_account a JOIN scfd.record r"
            " ON r.business_key = a.contract_key WHERE r.id = "
            + uuid_text(self.contract_id)
        ).split()
        for row in rows:
            granted, initial, increments = (Decimal(x) / 100 for x in row.split("|"))
            assert initial <= self.best_initial, self.done
            assert granted <= max(self.best_initial, AMOUNT * BEST_RATE * self.proven), self.done


def uuid_text(identifier):
    number = 0
    for c in identifier.split("_")[1]:
        number = number * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(c)
    return f"'{number:032x}'"


INVARIANTS = {  # name → SQL that gives what breaks it
    "balances are sums of entries": "SELECT a.id FROM scfd.limit_account a JOIN LATERAL (SELECT"
    " sum(granted) AS granted, sum(held) AS held, sum(used) AS used, count(*) AS entries,"
    " coalesce(sum(granted) FILTER (WHERE type = 0), 0) AS initial,"
    " coalesce(sum(granted) FILTER (WHERE type IN (1, 2)), 0) AS increments"
    " FROM scfd.limit_entry WHERE account_id = a.id) e ON true WHERE a.granted <> e.granted"
    " OR a.held <> e.held OR a.used <> e.used OR a.entries <> e.entries"
    " OR a.initial <> e.initial OR a.increments <> e.increments",
    "held is the open holds": "SELECT a.id FROM scfd.limit_account a WHERE a.held <> (SELECT"
    " coalesce(sum(h.amount), 0) FROM scfd.limit_hold h WHERE h.account_id = a.id AND status = 0)",
    "claims are within the net": "SELECT h.invoice_key FROM scfd.claim_head h WHERE h.claimed <>"
    " (SELECT coalesce(sum(amount), 0) FROM scfd.claim c WHERE c.invoice_key = h.invoice_key"
    " AND c.status = 0) OR h.claimed > h.net AND NOT EXISTS (SELECT FROM scfd.claim c"
    " JOIN scfd.repayment r ON r.loan_id = c.holder_id WHERE c.invoice_key = h.invoice_key"
    " AND c.status = 0 AND r.reversal_of IS NOT NULL)",  # money is out on what it took back
    "one increment per assessment": "SELECT e.source_id FROM scfd.limit_entry e WHERE e.type = 1"
    " GROUP BY e.account_id, e.source_id HAVING count(*) > 1",
}


@pytest.mark.heavy
@pytest.mark.parametrize("seed", [1, 2])
def test_no_walk_breaks_a_balance(server, seed):
    walk = Walk(server, seed)
    for _ in range(5):
        walk.accept()
        walk.bill()
    walk.begin_again()
    for _ in range(STEPS):
        walk.step()
    print(f"\n{seed}: {walk.done}")
    ids = server.psql(
        "SELECT id FROM scfd.record WHERE kind = 5 AND enterprise_id = "
        + uuid_text(walk.chain.seller["id"])
    ).split()
    assert len(ids) >= len(walk.assessments)
    for shown in walk.assessments:
        answer = walk.admin.post(
            f"/v1/credit-assessments/{shown['id']}/replay", None, {"Prefer": "wait=50"}
        )
        assert answer.status == 200, answer
        assert answer.json()["matches"] is True, (answer.json(), walk.done)
