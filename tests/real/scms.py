"""../shared/data/scms as resources: deliveries of health commodities, 2006 to 2015, as recorded.

| of the file                    | becomes                                                    |
|---|---|
| PO/SO number and vendor        | one contract; amount = all its line values                 |
| delivered date → recorded date | a workflow event: occurred → received (the server's clock) |
| line value, at delivery        | an invoice                                                 |
| id and line item quantity      | the goods of a line: ordered, delivered, invoiced          |

What cannot be parsed is not dropped and not guessed. Prices, weights and costs stay in `fields` as
they are written ("Weight Captured Separately"). A PO date that was not captured stays in `fields`
too; the contract is then signed on the latest day possible, that of its first recorded delivery.
Vendors are foreign and have no registration number: they get one, made of their rank by name.
"""
import csv
from collections import defaultdict
from datetime import date, datetime, time, timezone
from decimal import Decimal

BUYER = {
    "country_code": "US",
    "registration_no": "SCMS-PMO",
    "name": "Supply Chain Management System, project management office",
}
UNKNOWN_COUNTRY = "ZZ"  # ISO 3166-1: left to users
FIELD_NAMES = {  # template field: column
    "country": "country",
    "shipment_mode": "shipment mode",
    "product_group": "product group",
    "item_description": "item description",
    "dosage_form": "dosage form",
    "manufacturing_site": "manufacturing site",
    "units_per_pack": "unit of measure (per pack)",
    "quantity": "line item quantity",
    "line_value": "line item value",
    "pack_price": "pack price",
    "unit_price": "unit price",
    "weight_kg": "weight (kilograms)",
    "freight_cost": "freight cost (usd)",
    "insurance_cost": "line item insurance (usd)",
}
OTHER_COLUMNS = [
    "project code",
    "pq #",
    "asn/dn #",
    "managed by",
    "fulfill via",
    "vendor inco term",
    "pq first sent to client date",
    "po sent to vendor date",
    "sub classification",
    "molecule/test type",
    "brand",
    "dosage",
    "first line designation",
]


def parse_date(text):
    """Both forms of the file; None for "Date Not Captured" and the like."""
    for form in ("%d-%b-%y", "%m/%d/%Y"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            pass
    return None


def midnight(day):
    return datetime.combine(day, time(), timezone.utc)


def name_of(column):
    return "".join(c if c.isalnum() else "_" for c in column).strip("_").replace("__", "_")


class Line:
    """One delivery."""

    def __init__(self, row):
        self.row = row
        self.id, self.vendor, self.order = row["id"], row["vendor"], row["po / so #"]
        self.delivered = parse_date(row["delivered to client date"])
        self.recorded = parse_date(row["delivery recorded date"])
        self.value = Decimal(row["line item value"])
        self.item_code = f"SCMS-{self.id}"
        self.quantity = int(row["line item quantity"])

    def fields(self):
        """What the template looks at, and every other column: strings exactly as they are."""
        fields = {name: self.row[column] for name, column in FIELD_NAMES.items()}
        fields["scheduled_on"] = parse_date(self.row["scheduled delivery date"]).isoformat()
        fields.update({name_of(column): self.row[column] for column in OTHER_COLUMNS})
        return fields

    def event(self, contract, actor_id):
        return {
            "external_id": f"SCMS-EVT-{self.id}",
            **contract,
            "step": "received",
            "occurred_at": self.delivered.isoformat() + "T00:00:00Z",
            "actor_enterprise_id": actor_id,
            "items": [{"item_code": self.item_code, "quantity": self.row["line item quantity"]}],
            "amount": f"{self.value:.2f}",
            "currency": "USD",
            "fields": self.fields(),
        }

    def invoice(self, contract, seller, buyer):
        value = f"{self.value:.2f}"
        goods = {
            "line_no": 1,
            "item_code": self.item_code,
            "goods_name": self.row["item description"],
            "quantity": self.row["line item quantity"],
            "amount": value,
            "tax_rate": "0",
            "tax_amount": "0.00",
        }
        return {
            "external_id": f"SCMS-INV-{self.id}",
            "kind": "foreign_invoice",
            "invoice_no": f"{self.row['asn/dn #']}-{self.id}",
            "issued_on": self.delivered.isoformat(),
            "seller": seller,
            "buyer": buyer,
            "amount_excl_tax": value,
            "tax_amount": "0.00",
            "total_amount": value,
            "currency": "USD",
            "lines": [goods],
            **contract,
            "fields": {"order_no": self.order},
        }


class Contract:
    """All lines of one PO/SO with one vendor."""

    def __init__(self, order, vendor, lines):
        self.order, self.vendor, self.lines = order, vendor, lines
        self.sent = parse_date(lines[0].row["po sent to vendor date"])
        self.signed = self.sent or min(line.recorded for line in lines)
        self.amount = sum(line.value for line in lines)

    def body(self, seller, buyer):
        first = self.lines[0].row
        return {
            "external_id": f"SCMS-CTR-{self.order}",
            "contract_no": self.order,
            "title": f"{first['product group']} for {first['country']}",
            "contract_type": "purchase_order",
            "seller": seller,
            "buyer": buyer,
            "signed_on": self.signed.isoformat(),
            "amount": f"{self.amount:.2f}",
            "currency": "USD",
            "payment_terms": {"kind": "on_delivery", "days": 0},
            "lines": [
                {
                    "line_no": i,
                    "item_code": line.item_code,
                    "item_name": line.row["item description"],
                    "quantity": line.row["line item quantity"],
                    "amount": f"{line.value:.2f}",
                }
                for i, line in enumerate(self.lines, 1)
            ],
            "status": "active",
            "fields": {
                "product_group": first["product group"],
                "country": first["country"],
                "po_sent_to_vendor_date": first["po sent to vendor date"],
            },
        }


class Data:
    def __init__(self, path):
        with open(path, encoding="utf-8", newline="") as file:
            self.lines = [Line(row) for row in csv.DictReader(file)]
        grouped = defaultdict(list)
        for line in self.lines:
            grouped[line.order, line.vendor].append(line)
        self.contracts = [Contract(*key, lines) for key, lines in grouped.items()]
        self.vendors = sorted({line.vendor for line in self.lines})

    def days(self):
        """(day, contracts sent, lines recorded) in order of days."""
        contracts, lines = defaultdict(list), defaultdict(list)
        for contract in self.contracts:
            contracts[contract.signed].append(contract)
        for line in self.lines:
            lines[line.recorded].append(line)
        for day in sorted(set(contracts) | set(lines)):
            yield day, contracts[day], lines[day]

    def registration(self, vendor):
        return f"SCMS-V{self.vendors.index(vendor) + 1:03d}"


LAST_DAY = date(2015, 12, 31)
