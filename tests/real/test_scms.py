"""Real deliveries through the HTTP API, day by day on the server's clock; then every figure that
scfd gives is compared with one computed here (figures.py, merkle.py) from the file alone."""
import json
import os
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

import figures
import scms
from harness import merkle
from harness.client import encode
from harness.parties import Node
from harness.server import ROOT, Server, scfd, wait_until

FILE = (
    Path(os.environ.get("SCFD_SHARED_DATA", ROOT / ".." / "shared" / "data"))
    / "scms"
    / "delivery-history.csv"
)
pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"the data is not here: {FILE}")

NOON_US = 12 * figures.HOUR_US
DAY_US = 24 * figures.HOUR_US
CONTRACTS_PER_ASSESSMENT = 20


class Story:
    """Everything sent and everything answered."""

    def __init__(self, server, data):
        self.server, self.data = server, data
        self.answers = {}  # external_id → line of the bulk answer
        self.sent = {}  # external_id → bytes
        self.refused = []  # (external_id, why)
        self.contract_ids, self.vendor_ids = {}, {}
        self.singled = {line.id for line in data.lines[::40]}  # not in bulk, but one by one
        admin = server.client()
        self.at(min(day for day, _, _ in data.days()) - timedelta(days=1))
        answer = admin.post(
            "/v1/nodes", {"name": "SCMS", "kind": "procurement", "timezone": "+00:00"}
        )
        assert answer.status == 201, answer
        self.node = Node(admin, answer.json())

    def at(self, day):
        self.server.clock.freeze(scms.midnight(day) + timedelta(hours=12))

    def send(self, kind, batch):
        """One bulk request; remembers each line's answer."""
        if not batch:
            return
        answer = self.node.client.bulk(kind, batch)
        assert answer.status == 200, answer
        *lines, last = answer.lines()
        assert last["summary"]["total"] == len(lines) == len(batch)
        for body, line in zip(batch, lines):
            self.remember(body, line)

    def send_one(self, kind, body):
        """The same for one record alone, whose answer tells its quality."""
        answer = self.node.client.post("/v1/" + kind, body)
        told = answer.json()
        self.remember(
            body,
            {**told, "status": 201}
            if answer.status == 201
            else {"status": answer.status, "problem": told},
        )

    def remember(self, body, answer):
        name = body["external_id"]
        self.sent[name], self.answers[name] = encode(body), answer
        if answer["status"] != 201:
            problem = answer["problem"]
            why = problem["errors"][0] if problem.get("errors") else problem
            self.refused.append((name, f"{why.get('pointer', '')} {why['code']}: {why['detail']}"))

    def register(self):
        """The vendors enter the directory as distributors of medicine (GB/T 4754 F515)."""
        parties = [("ZZ", self.data.registration(v), v) for v in self.data.vendors]
        parties.append(("US", scms.BUYER["registration_no"], scms.BUYER["name"]))
        self.send(
            "enterprises",
            [
                {
                    "external_id": f"SCMS-EPR-{number}",
                    "name": name,
                    "country_code": country,
                    "foreign_registration_no": number,
                    "industry_code": "F515",
                    "enterprise_type": "other",
                    "roles": ["supplier"],
                    "legal_representative": {"name": "not stated"},
                    "registered_address": {"text": "not stated"},
                }
                for country, number, name in parties
            ],
        )
        found, query = {}, {}
        while True:
            page = self.server.client().get("/v1/enterprises", limit=500, **query).json()
            found.update({e["foreign_registration_no"]: e["id"] for e in page["data"]})
            if not page["has_more"]:
                break
            query = {"after": page["next_cursor"]}
        self.vendor_ids = {v: found[self.data.registration(v)] for v in self.data.vendors}

    def seller(self, vendor):
        return {
            "country_code": scms.UNKNOWN_COUNTRY,
            "name": vendor,
            "registration_no": self.data.registration(vendor),
        }

    @staticmethod
    def billed(party):
        return {
            "name": party["name"],
            "tax_no": party["registration_no"],
            "country_code": party["country_code"],
        }

    def tell(self):
        self.register()
        for day, contracts, lines in self.data.days():
            self.at(day)
            self.send("contracts", [c.body(self.seller(c.vendor), scms.BUYER) for c in contracts])
            for contract in contracts:
                answer = self.answers[f"SCMS-CTR-{contract.order}"]
                if answer["status"] == 201:
                    self.contract_ids[contract.order] = answer["id"]
            events = {
                line.id: line.event(self.named(line), self.vendor_ids[line.vendor])
                for line in lines
            }
            for line_id in self.singled & set(events):
                self.send_one("workflow-events", events.pop(line_id))
            self.send("workflow-events", list(events.values()))
            self.send(
                "invoices",
                [
                    line.invoice(
                        self.billed_for(line),
                        self.billed(self.seller(line.vendor)),
                        self.billed(scms.BUYER),
                    )
                    for line in lines
                ],
            )
        self.at(scms.LAST_DAY)
        return self

    def named(self, line):
        """By id; where the contract came later than the delivery, by number and seller."""
        if line.order in self.contract_ids:
            return {"contract_id": self.contract_ids[line.order]}
        return {"contract_no": line.order, "seller": self.seller(line.vendor)}

    def billed_for(self, line):
        if line.order in self.contract_ids:
            return {"contract_ids": [self.contract_ids[line.order]]}
        return {"contract_no": line.order}

    def accepted(self, external_id):
        return self.answers[external_id]["status"] == 201


@pytest.fixture(scope="module")
def story():
    with Server(env={"SCFD_RATING_WINDOW_DAYS": "3650"}) as server:
        yield Story(server, scms.Data(FILE)).tell()


@pytest.fixture(scope="module")
def borrowers(story):
    """Vendor → figures.Borrower, from the accepted records in the order they were sent."""
    templates = [
        figures.Template("medical_distribution_" + kind) for kind in ("workflow_event", "invoice")
    ]
    result = {vendor: figures.Borrower(*templates) for vendor in story.data.vendors}
    for day, _, lines in story.data.days():
        for kind, prefix in (("event", "EVT"), ("invoice", "INV")):
            for line in lines:
                name = f"SCMS-{prefix}-{line.id}"
                if not story.accepted(name):
                    continue
                delay = (day - line.delivered).days * DAY_US + NOON_US
                checks = (0, 0) if kind == "event" else (2, 2)  # tax of the line, total
                result[line.vendor].add(kind, json.loads(story.sent[name]), day, delay, *checks)
    return result


def test_nothing_is_dropped_silently(story):
    """Every line of the file is three records or is listed with the reason."""
    data = story.data
    expected = len(data.contracts) + 2 * len(data.lines) + len(data.vendors) + 1
    assert len(story.answers) == expected
    assert len(story.refused) + sum(a["status"] == 201 for a in story.answers.values()) == expected
    print(f"\n{expected} records sent, {len(story.refused)} refused:")
    for name, why in story.refused:
        print(f"  {name}: {why}")


def test_only_what_contradicts_itself_is_refused(story):
    """Deliveries recorded before they happened, and orders worth nothing."""
    early = {f"SCMS-EVT-{line.id}" for line in story.data.lines if line.delivered > line.recorded}
    worthless = {f"SCMS-CTR-{c.order}" for c in story.data.contracts if c.amount == 0}
    assert len(early) == 3
    assert {name for name, _ in story.refused} == early | worthless


def test_counts(story):
    sent = Counter(name.split("-")[1] for name in story.answers if story.accepted(name))
    rows = story.server.psql(
        "SELECT kind, count(*) FROM scfd.record WHERE kind < 5 GROUP BY kind ORDER BY kind"
    )
    stored = dict(map(int, row.split("|")) for row in rows.splitlines())
    assert stored == {0: sent["EPR"], 1: sent["CTR"], 2: sent["EVT"], 3: sent["INV"]}


def test_dirty_values_are_kept_as_they_are(story):
    """Bytes out are bytes in; texts in place of numbers are still there."""
    dirty = [
        line
        for line in story.data.lines
        if line.row["weight (kilograms)"].startswith(("See", "Weight"))
    ]
    for line in dirty[::200]:
        answer = story.answers[f"SCMS-EVT-{line.id}"]
        back = story.node.client.get(f"/v1/records/{answer['id']}/body")
        assert back.body == story.sent[f"SCMS-EVT-{line.id}"]
        assert back.json()["fields"]["weight_kg"] == line.row["weight (kilograms)"]


def test_quality_of_single_records(story):
    """The quality that the answer tells is what the template says here."""
    template = figures.Template("medical_distribution_workflow_event")
    for line in story.data.lines:
        answer = story.answers[f"SCMS-EVT-{line.id}"]
        if line.id not in story.singled or answer["status"] != 201:
            continue
        quality = answer["quality"]
        delay = (line.recorded - line.delivered).days * DAY_US + NOON_US
        judged = template.judge(json.loads(story.sent[f"SCMS-EVT-{line.id}"]), delay >= 0)
        assert figures.ppm(quality["completeness"]) == figures.ratio(
            judged["present"], judged["expected"]
        )
        assert sorted(quality["missing_fields"]) == sorted(judged["missing"])
        assert sorted(quality["out_of_range"]) == sorted(judged["out_of_range"])
        assert float(quality["delay_seconds"]) * 1_000_000 == delay


def trade_of(story, contract):
    """An accepted contract with what was accepted of its lines."""
    trade = figures.Trade(
        int(contract.amount * 100),
        contract.signed,
        {
            line.item_code: (line.quantity, int(line.value * 100))
            for line in contract.lines
        },
    )
    for line in contract.lines:
        if story.accepted(f"SCMS-EVT-{line.id}"):
            trade.deliver(
                line.item_code, line.quantity, int(line.value * 100), line.delivered
            )
        if story.accepted(f"SCMS-INV-{line.id}"):
            trade.invoice(line.item_code, line.quantity, int(line.value * 100), line.delivered)
    return trade


def contracts_of(story, vendor):
    """The vendor's accepted contracts as the model needs them."""
    for contract in story.data.contracts:
        if contract.vendor == vendor and story.accepted(f"SCMS-CTR-{contract.order}"):
            yield contract.order, trade_of(story, contract)


OUTCOMES = {"passed": True, "failed": False, "not_applicable": None}


def compare_trade(trade, told, where):
    """Findings, stage and completion of a contract as a receipt tells them."""
    expected = trade.findings()
    for finding in told["findings"]:
        outcome = OUTCOMES[finding["outcome"]]
        if finding["code"] == "round-trip":  # the buyer sells nothing; an alert weighs nothing
            assert outcome is not False, where
            continue
        assert outcome == expected.get(finding["code"]), f"{where}: {finding}"
    assert told["stage"] == trade.stage(), where
    assert figures.ppm(told["completion"]) == trade.completion(), where


def test_every_vendor(story, borrowers):
    """Ratings and limit of every vendor, to the last millionth and cent."""
    admin = story.server.client()
    grades = Counter()
    for vendor, borrower in borrowers.items():
        contracts = dict(list(contracts_of(story, vendor))[:CONTRACTS_PER_ASSESSMENT])
        assert contracts, f"{vendor} has no contract to assess"
        answer = admin.post(
            "/v1/credit-assessments",
            {
                "borrower_id": story.vendor_ids[vendor],
                "kind": "initial",
                "contract_ids": [story.contract_ids[order] for order in contracts],
            },
            {"Prefer": "wait=50"},
        )
        shown = answer.json()
        assert shown["status"] == "succeeded", answer
        everything = borrower.window()
        expected = everything.ratings()
        rated, where = shown["ratings"], f"{vendor}: {json.dumps(shown['ratings'])} {expected}"
        for index, name in enumerate(("normativity", "timeliness", "accuracy")):
            assert rated[name]["grade"] == expected["grades"][index], where
            assert figures.ppm(rated[name]["score"]) == expected[name], where
        assert figures.ppm(rated["accuracy"]["in_range_ratio"]) == expected["in_range"], where
        within = rated["accuracy"]["within_fluctuation_ratio"]
        assert (within and figures.ppm(within)) == expected["within"], where
        assert rated["overall"] == expected["overall"], where
        receipt = admin.get(f"/v1/credit-assessments/{shown['id']}/receipt").json()
        for order, told in zip(contracts, receipt["inputs"]["contracts"]):
            compare_trade(contracts[order], told["trade"], f"{vendor}, {order}")
        limit = everything.limit(list(contracts.values()))
        assert shown["recommended_limit"] == f"{limit // 100}.{limit % 100:02d}", where
        assert shown["currency"] == "USD"
        grades[rated["overall"]] += 1
    print(f"\n{len(borrowers)} vendors assessed: {dict(sorted(grades.items()))}")


def test_progress_of_contracts(story):
    """Every 20th contract: the share delivered, and the checks that real data can pass or fail."""
    admin = story.server.client()
    outcomes = Counter()
    for contract in story.data.contracts[::20]:
        if not story.accepted(f"SCMS-CTR-{contract.order}"):
            continue
        where = f"/v1/contracts/{story.contract_ids[contract.order]}"
        shown = admin.get(where + "/progress").json()
        events = [line for line in contract.lines if story.accepted(f"SCMS-EVT-{line.id}")]
        bills = [line for line in contract.lines if story.accepted(f"SCMS-INV-{line.id}")]
        delivered = int(sum(line.value for line in events) * 100)
        completion = min(1_000_000, delivered * 1_000_000 // int(contract.amount * 100))
        assert figures.ppm(shown["completion"]) == completion, shown
        assert shown["stage"] == ("accepted" if events else "preparation"), shown
        assert shown["events"] == len(events) and shown["invoices"] == len(bills)
        assert shown["invoiced"] == f"{sum(line.value for line in bills):.2f}"
        findings = {
            f["code"]: f["outcome"] for f in admin.get(where + "/findings").json()["findings"]
        }
        assert findings["parties"] == findings["invoice-sum"] == findings["line-tax"] == "passed"
        early = any(line.delivered < contract.signed for line in events)
        if events:
            assert findings["signed-first"] == ("failed" if early else "passed"), contract.order
        outcomes.update(f"{code} {outcome}" for code, outcome in findings.items())
    print("\n" + ", ".join(f"{name}: {n}" for name, n in sorted(outcomes.items())))


def test_every_proof(story):
    """Each accepted record is proven against its chain's key, with the bytes that were sent."""
    client = story.node.client
    accepted = {
        name: a.get("record_id", a["id"]) for name, a in story.answers.items() if a["status"] == 201
    }
    last = list(accepted.values())[-1]
    wait_until(lambda: client.get(f"/v1/records/{last}/proof").status == 200, 20, "the last block")
    vkey = client.get(f"/v1/records/{last}/proof").json()["vkey"]
    indexes = set()
    for name, record in accepted.items():
        proof = client.get(f"/v1/records/{record}/proof")
        assert proof.status == 200, proof
        document = proof.json()
        merkle.verify_proof(document, vkey, story.sent[name])
        assert document["record"]["external_id"] == name
        indexes.add(document["index"])
    assert indexes == set(range(len(accepted)))


def test_every_column_follows_from_its_body(story):
    """What ratings read besides the bodies: derived again by the audit, nothing differs."""
    server = story.server
    done = scfd(
        "audit", "--deep", "--data", server.data, "--database-url", server.cluster_url()
    )
    assert done.returncode == 0, done.stdout + done.stderr
