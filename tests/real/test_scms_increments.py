"""Every SCMS vendor over months: an initial limit, three increments, and a freeze once its records
stop; each figure is compared with one computed here (figures.py) from the file alone, each receipt
is verified offline, and each decision is replayed from the chains.

The deliveries of a vendor are moved in time by whole days, all by the same number, so that the
contract that its limit is for sees its first delivery on START: all vendors then go through the
same months. Delays, order and amounts are those of the file."""
import json
from collections import Counter
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

import pytest

import figures
import scms
from harness.server import Server, scfd, wait_until
from test_scms import FILE, NOON_US, DAY_US, Story, compare_trade, pytestmark  # noqa: F401

START = date(2012, 1, 10)
HISTORY_DAYS, FUTURE_DAYS, WINDOW_DAYS = 200, 80, 90
BEGIN = START - timedelta(days=HISTORY_DAYS)
MONTHS = ["2012-01", "2012-02", "2012-03"]
FROZEN = "2012-08"  # by then nothing has come in for longer than the window


class Moved(scms.Line):
    """A delivery at another time."""

    def __init__(self, line, by):
        super().__init__(line.row)
        self.delivered = line.delivered + by
        self.recorded = line.recorded + by


def spread(lines):
    """How many of the months after the first delivery see deliveries, and how many there are."""
    first = min(line.recorded for line in lines)
    months = {(line.recorded - first).days // 30 for line in lines}
    return len([m for m in months if m < 3]), len(lines)


class Subject:
    """A vendor with the contract that its limit is for, and what is near it in time."""

    def __init__(self, data, vendor):
        self.vendor = vendor
        contracts = [
            c
            for c in data.contracts
            if c.vendor == vendor
            and c.amount > 0
            and min(c.lines, key=lambda line: line.recorded).delivered
            <= min(line.recorded for line in c.lines)
        ]
        self.contract = max(contracts, key=lambda c: (spread(c.lines), c.order))
        self.by = START - min(line.recorded for line in self.contract.lines)
        near = [
            c
            for c in contracts
            if any(self.is_near(line) for line in c.lines)
        ]
        self.contracts = [self.move(c) for c in near]
        self.lines = sorted(
            (line for c in self.contracts for line in c.lines if self.in_time(line)),
            key=lambda line: (line.recorded, int(line.id)),
        )
        self.contract = next(c for c in self.contracts if c.order == self.contract.order)

    @staticmethod
    def in_time(line):
        return -HISTORY_DAYS <= (line.recorded - START).days <= FUTURE_DAYS

    def is_near(self, line):
        return -HISTORY_DAYS <= (line.recorded + self.by - START).days <= FUTURE_DAYS

    def move(self, contract):
        moved = scms.Contract(
            contract.order, contract.vendor, [Moved(line, self.by) for line in contract.lines]
        )
        moved.signed = contract.signed + self.by
        return moved


class Trial(Story):
    """The months as they are told, and what the model makes of them."""

    def __init__(self, server, data):
        self.subjects = [Subject(data, vendor) for vendor in data.vendors]
        self.server, self.data = server, data
        self.answers, self.sent, self.refused = {}, {}, []
        self.contract_ids, self.vendor_ids, self.singled = {}, {}, set()
        self.admin = server.client()
        answer = self.admin.post(
            "/v1/nodes", {"name": "SCMS", "kind": "procurement", "timezone": "+00:00"}
        )
        self.node = self.node_of(answer)
        templates = [
            figures.Template("medical_distribution_" + k) for k in ("workflow_event", "invoice")
        ]
        self.borrowers = {s.vendor: figures.Borrower(*templates) for s in self.subjects}
        self.trades = {
            s.vendor: figures.Trade(
                int(s.contract.amount * 100),
                s.contract.signed,
                {x.item_code: (x.quantity, int(x.value * 100)) for x in s.contract.lines},
            )
            for s in self.subjects
        }
        self.accounts = {}

    def node_of(self, answer):
        from harness.parties import Node

        assert answer.status == 201, answer
        return Node(self.admin, answer.json())

    def begin(self):
        """The directory of vendors; what comes on which day."""
        self.register()
        self.contract_days, self.line_days = {}, {}
        for s in self.subjects:
            for c in s.contracts:
                self.contract_days.setdefault(max(c.signed, BEGIN), []).append(c)
            for line in s.lines:
                self.line_days.setdefault(line.recorded, []).append(line)

    def deliver_until(self, last):
        """Day by day, at noon."""
        days = sorted(set(self.contract_days) | set(self.line_days))
        for day in [d for d in days if d <= last]:
            self.at(day)
            self.sign(self.contract_days.pop(day, []))
            self.deliver(self.line_days.pop(day, []), day)

    def sign(self, contracts):
        self.send("contracts", [c.body(self.seller(c.vendor), scms.BUYER) for c in contracts])
        for c in contracts:
            answer = self.answers[f"SCMS-CTR-{c.order}"]
            assert answer["status"] == 201, answer
            self.contract_ids[c.order] = answer["id"]

    def deliver(self, lines, day):
        self.send(
            "workflow-events",
            [x.event(self.named(x), self.vendor_ids[x.vendor]) for x in lines],
        )
        self.send(
            "invoices",
            [
                x.invoice(
                    self.billed_for(x),
                    self.billed(self.seller(x.vendor)),
                    self.billed(scms.BUYER),
                )
                for x in lines
            ],
        )
        for line in lines:
            self.count(line, day)

    def count(self, line, day):
        """What the model takes of a delivery: what was accepted of it."""
        borrower, trade = self.borrowers[line.vendor], self.trades[line.vendor]
        own = any(s.contract.order == line.order for s in self.subjects)
        delay = (day - line.delivered).days * DAY_US + NOON_US
        for kind, prefix, checks in (("event", "EVT", (0, 0)), ("invoice", "INV", (2, 2))):
            name = f"SCMS-{prefix}-{line.id}"
            if not self.accepted(name):
                continue
            borrower.add(kind, json.loads(self.sent[name]), day, delay, *checks)
            if own and kind == "event":
                trade.deliver(
                    line.item_code, line.quantity, int(line.value * 100), line.delivered
                )
            elif own:
                trade.invoice(
                    line.item_code, line.quantity, int(line.value * 100), line.delivered
                )

    def month_ends(self, month):
        """Half an hour into the next month; waits until every account's run is made."""
        first = datetime.combine(date.fromisoformat(month + "-01"), time(), timezone.utc)
        following = (first + timedelta(days=32)).replace(day=1, minute=30)
        self.server.clock.freeze(following)

        def made():
            runs = self.runs(month)
            return len(runs) == len(self.accounts) and all(
                r["status"] in ("done", "frozen") for r in runs.values()
            )

        wait_until(made, 60, f"the increments of {month}")
        return following.date() - timedelta(days=1), self.runs(month)

    def runs(self, month):
        """Contract id → run."""
        found, after = {}, {}
        while True:
            page = self.admin.get("/v1/limit-runs", period=month, limit=500, **after).json()
            found.update({r.get("contract_id", r["id"]): r for r in page["data"]})
            if not page["has_more"]:
                return found
            after = {"after": page["next_cursor"]}

    def window(self, vendor, last):
        return self.borrowers[vendor].window(last - timedelta(days=WINDOW_DAYS - 1), last)


def money(minor):
    return f"{minor // 100}.{minor % 100:02d}"


def check_initial(trial, subject):
    """An initial limit as of now; opens the account that the months then add to."""
    contract_id = trial.contract_ids[subject.contract.order]
    answer = trial.admin.post(
        "/v1/credit-assessments",
        {
            "borrower_id": trial.vendor_ids[subject.vendor],
            "kind": "initial",
            "contract_ids": [contract_id],
        },
        {"Prefer": "wait=50"},
    )
    shown = answer.json()
    assert shown["status"] == "succeeded", answer
    window, trade = trial.window(subject.vendor, START), trial.trades[subject.vendor]
    limit = window.limit([trade])
    compare_ratings(shown["ratings"], window.ratings(), subject.vendor)
    assert shown["recommended_limit"] == money(limit), subject.vendor
    trial.accounts[subject.vendor] = figures.Account(limit)
    return shown["id"]


def compare_ratings(rated, expected, where):
    for index, name in enumerate(("normativity", "timeliness", "accuracy")):
        assert rated[name]["grade"] == expected["grades"][index], f"{where}: {rated} {expected}"
        assert figures.ppm(rated[name]["score"]) == expected[name], f"{where}: {rated} {expected}"
    assert rated["overall"] == expected["overall"], where


def check_run(trial, subject, run, last):
    """One vendor's increment of a month, to the cent."""
    trade, account = trial.trades[subject.vendor], trial.accounts[subject.vendor]
    rated = trial.window(subject.vendor, last).ratings()
    target, increment = account.run(trade, rated["credibility"])
    where = f"{subject.vendor}, {subject.contract.order}, {run} {rated}"
    assert run["status"] == ("frozen" if rated["credibility"] == 0 else "done"), where
    assert figures.ppm(run["completion_percent"]) == trade.completion() * 100, where
    assert run["target"] == money(target), where
    assert run["incremental_limit"] == money(increment), where
    assert run["taken_back"] == "0.00", where
    assert run["granted"] == money(account.granted()), where
    shown = trial.admin.get(f"/v1/credit-assessments/{run['assessment_id']}").json()
    compare_ratings(shown["ratings"], rated, where)
    return run["assessment_id"]


def check_receipt(trial, subject, assessment_id, folder):
    answer = trial.admin.get(f"/v1/credit-assessments/{assessment_id}/receipt")
    told = answer.json()["inputs"]["contracts"]
    compare_trade(trial.trades[subject.vendor], told[0]["trade"], subject.vendor)
    file = Path(folder) / f"{assessment_id}.json"
    file.write_bytes(answer.body)
    return file


def replay(trial, assessment_id):
    answer = trial.admin.post(
        f"/v1/credit-assessments/{assessment_id}/replay", None, {"Prefer": "wait=60"}
    )
    assert answer.status == 200, answer
    replayed = answer.json()
    assert replayed["matches"], json.dumps(
        {k: replayed[k] for k in ("differences", "faults", "not_recomputable")}
    )
    return replayed


@pytest.fixture(scope="module")
def trial():
    server = Server(env={"SCFD_RATING_WINDOW_DAYS": str(WINDOW_DAYS)})
    server.clock.freeze(scms.midnight(BEGIN - timedelta(days=1)))
    with server:
        yield Trial(server, scms.Data(FILE))


def test_every_vendor_over_months(trial, tmp_path):
    trial.begin()
    trial.deliver_until(START)
    trial.at(START)
    made = {s.vendor: [check_initial(trial, s)] for s in trial.subjects}
    receipts, told = [], Counter()
    for s in trial.subjects:
        receipts.append(check_receipt(trial, s, made[s.vendor][0], tmp_path))
    for month in MONTHS + [FROZEN]:
        first = date.fromisoformat(month + "-01")
        last_day = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        trial.deliver_until(last_day)
        last, runs = trial.month_ends(month)
        assert last == last_day
        for s in trial.subjects:
            run = runs[trial.contract_ids[s.contract.order]]
            made[s.vendor].append(check_run(trial, s, run, last))
            receipts.append(check_receipt(trial, s, run["assessment_id"], tmp_path))
            told[month, run["status"], run["incremental_limit"] != "0.00"] += 1
    print(f"\n{len(trial.subjects)} vendors (month, status, something granted): {dict(told)}")
    assert told[FROZEN, "frozen", False] == len(trial.subjects)
    assert sum(n for (_, _, granted), n in told.items() if granted) >= len(trial.subjects) // 3
    for file in receipts:
        done = scfd("verify", file)
        assert done.returncode == 0, done.stdout + done.stderr
    for assessments in made.values():  # later records and increments have not changed the past
        for assessment_id in assessments:
            replay(trial, assessment_id)


def test_accounts_are_the_sums_of_their_entries(trial):
    wrong = trial.server.psql(
        "SELECT count(*) FROM scfd.limit_account a WHERE (granted, held, used) IS DISTINCT FROM"
        " (SELECT (sum(e.granted)::bigint, sum(e.held)::bigint, sum(e.used)::bigint)"
        " FROM scfd.limit_entry e"
        " WHERE e.account_id = a.id)"
    )
    assert wrong.strip() == "0"
    granted = trial.server.psql("SELECT sum(granted) FROM scfd.limit_account").strip()
    assert int(granted) == sum(a.granted() for a in trial.accounts.values())


def test_a_month_that_nobody_ran_is_told(trial):
    """The clock leapt over months: their runs are recorded as missed, and the newest made up."""
    skipped = trial.runs("2012-05")
    assert len(skipped) == len(trial.subjects)
    assert {r["status"] for r in skipped.values()} == {"missed"}


def test_running_a_month_again_grants_nothing(trial):
    before = trial.server.psql("SELECT sum(granted) FROM scfd.limit_account")
    answer = trial.admin.post("/v1/limit-runs", {"period": FROZEN})
    assert answer.status == 202, answer

    def again():
        runs = trial.runs(FROZEN)
        return all(r["made"] == 2 and r["status"] == "frozen" for r in runs.values())

    wait_until(again, 60, "the runs made again")
    assert trial.server.psql("SELECT sum(granted) FROM scfd.limit_account") == before
