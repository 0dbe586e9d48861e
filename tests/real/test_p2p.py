"""../shared/data/purchase-to-pay/p2p-normal.jsonocel: 80 orders with their materials, receipts and
invoices. The log gives for every material what was ordered, by how much the quantity differs
and at which price it was billed in the end; so every order is a three-way match, whose outcome is
computed here in whole numbers from the file alone.

| of the log                        | becomes                                                  |
|---|---|
| purchase order, its materials     | a contract; a line each: quantity at net_price           |
| Receive Goods                     | the buyer's acceptance of quantity − diff_quantity, as   |
|                                   | the diff comes to light in the warehouse                 |
| Receive Invoice                   | invoices over quantity at effective_price; of several    |
|                                   | ones each bills the materials in turn                    |
"""
import json
import os
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from harness import bodies
from harness.parties import make_enterprise, make_node
from harness.server import ROOT, Server, wait_until

FILE = (
    Path(os.environ.get("SCFD_SHARED_DATA", ROOT / ".." / "shared" / "data"))
    / "purchase-to-pay"
    / "p2p-normal.jsonocel"
)
pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"the data is not here: {FILE}")

MILLION = 1_000_000


class Order:
    def __init__(self, name):
        self.name, self.materials, self.invoices = name, [], []
        self.ordered_on = self.received_at = self.billed_on = None


def read_orders():
    log = json.loads(FILE.read_text())
    kinds = {name: o["ocel:type"] for name, o in log["ocel:objects"].items()}
    figures = {name: o["ocel:ovmap"] for name, o in log["ocel:objects"].items()}
    orders = defaultdict(lambda: None)
    for event in log["ocel:events"].values():
        objects = defaultdict(list)
        for name in event["ocel:omap"]:
            objects[kinds[name]].append(name)
        activity, time = event["ocel:activity"], event["ocel:timestamp"]
        for name in objects["PURCHORD"]:
            order = orders[name] = orders[name] or Order(name)
            if activity == "Create Purchase Order":
                order.ordered_on = time[:10]
                order.materials = [(m, figures[m]) for m in objects["MATERIAL"]]
            elif activity == "Receive Goods":
                order.received_at = time
            elif activity == "Receive Invoice":
                order.billed_on, order.invoices = time[:10], objects["INVOICE"]
    return list(orders.values())


class Story:
    def __init__(self, admin):
        self.orders = read_orders()
        self.seller = make_enterprise(admin)
        self.buyer = make_enterprise(admin, roles=["buyer"])
        self.erp = make_node(admin, "erp", self.seller["id"]).client
        self.procurement = make_node(admin, "procurement", self.buyer["id"]).client
        self.ids = {}
        self.send(self.erp, "contracts", [self.contract(o) for o in self.orders])
        self.send(self.procurement, "workflow-events", [self.receipt(o) for o in self.orders])
        self.send(self.erp, "invoices", [b for o in self.orders for b in self.bills(o)])

    def send(self, client, kind, batch):
        answer = client.bulk(kind, batch)
        *lines, _ = answer.lines()
        assert [x for x in lines if x["status"] != 201] == [] and len(lines) == len(batch)
        for body, line in zip(batch, lines):
            self.ids[body["external_id"]] = line["id"]

    def contract(self, order):
        lines = [
            {
                "item_code": name,
                "item_name": name.lower(),
                "quantity": str(m["quantity"]),
                "unit_price": str(m["net_price"]),
                "amount": f"{m['quantity'] * m['net_price']}.00",
            }
            for name, m in order.materials
        ]
        total = sum(m["quantity"] * m["net_price"] for _, m in order.materials)
        return bodies.contract(
            self.seller["ref"],
            self.buyer["ref"],
            external_id=order.name,
            contract_no=order.name,
            signed_on=order.ordered_on,
            amount=f"{total}.00",
            currency="EUR",
            lines=lines,
        )

    def receipt(self, order):
        return {
            "external_id": f"{order.name}-receipt",
            "contract_no": order.name,
            "seller_uscc": self.seller["uscc"],
            "step": "received",
            "occurred_at": order.received_at,
            "actor_enterprise_id": self.buyer["id"],
            "items": [
                {"item_code": name, "quantity": str(m["quantity"] - m["diff_quantity"])}
                for name, m in order.materials
            ],
        }

    def bills(self, order):
        for i, name in enumerate(order.invoices):
            part = order.materials[i :: len(order.invoices)]
            total = sum(m["quantity"] * m["effective_price"] for _, m in part)
            yield {
                "external_id": name,
                "kind": "foreign_invoice",
                "invoice_no": name,
                "issued_on": order.billed_on,
                "seller": self.seller["tax"],
                "buyer": self.buyer["tax"],
                "amount_excl_tax": f"{total}.00",
                "tax_amount": "0.00",
                "total_amount": f"{total}.00",
                "currency": "EUR",
                "contract_no": order.name,
                "lines": [
                    {
                        "item_code": item,
                        "goods_name": item,
                        "quantity": str(m["quantity"]),
                        "unit_price": str(m["effective_price"]),
                        "amount": f"{m['quantity'] * m['effective_price']}.00",
                        "tax_rate": "0",
                        "tax_amount": "0.00",
                    }
                    for item, m in part
                ],
            }


@pytest.fixture(scope="module")
def server():
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def story(server):
    return Story(server.client())


def shown(server, story, order, what):
    client, path = server.client(), f"/v1/contracts/{story.ids[order.name]}/{what}"
    facts = 2 + len(order.invoices)

    def counted():
        answer = client.get(path).json()
        return answer if answer["facts"] == facts else None

    return wait_until(counted, 20, f"{facts} records of {order.name} count")


def expect(fine):
    return "passed" if fine else "failed"


def test_three_way_match(server, story):
    """2 % of the ordered quantity, 1 % of the ordered price, the contract's amount."""
    outcomes = Counter()
    for order in story.orders:
        figures = [m for _, m in order.materials]
        expected = {
            "quantity-match": expect(
                all(100 * abs(m["diff_quantity"]) <= 2 * m["quantity"] for m in figures)
            ),
            "quantity-ordered": expect(
                all(-100 * m["diff_quantity"] <= 5 * m["quantity"] for m in figures)
            ),
            "price-match": expect(
                all(
                    100 * abs(m["effective_price"] - m["net_price"]) <= m["net_price"]
                    for m in figures
                )
            ),
            "invoice-sum": expect(
                sum(m["quantity"] * m["effective_price"] for m in figures)
                <= sum(m["quantity"] * m["net_price"] for m in figures)
            ),
            "parties": "passed",
            "signed-first": expect(order.received_at[:10] >= order.ordered_on),
            "line-tax": "passed",
            "fund-flow": "not_applicable",
        }
        findings = shown(server, story, order, "findings")["findings"]
        got = {f["code"]: f["outcome"] for f in findings if f["code"] in expected}
        assert got == expected, order.name
        outcomes.update(f"{code} {outcome}" for code, outcome in got.items())
    print("\n" + ", ".join(f"{name}: {n}" for name, n in sorted(outcomes.items())))
    assert outcomes["price-match failed"] > 0 and outcomes["quantity-match failed"] > 0


def test_completion(server, story):
    """Σ weight · share, each rounded down to a millionth."""
    for order in story.orders:
        whole = sum(m["quantity"] * m["net_price"] for _, m in order.materials)
        completion = 0
        for _, m in order.materials:
            received = max(0, m["quantity"] - m["diff_quantity"])
            weight = m["quantity"] * m["net_price"] * MILLION // whole
            share = min(MILLION, received * MILLION // m["quantity"])
            completion += weight * share // MILLION
        progress = shown(server, story, order, "progress")
        whole, rest = divmod(completion, MILLION)
        assert progress["completion"] == f"{whole}.{rest:06d}", order.name
        assert progress["stage"] == "accepted"
