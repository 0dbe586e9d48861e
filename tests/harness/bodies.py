"""Valid request bodies, each with its own external_id; keyword arguments replace members."""
import itertools
import os
from datetime import datetime, timedelta, timezone
from decimal import Decimal

_numbers = itertools.count(1)
_run = os.urandom(3).hex()

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = [pow(3, i, 31) for i in range(17)]
ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2]


def unique(prefix="x"):
    return f"{prefix}-{_run}-{next(_numbers)}"


def uscc(number=None, division="330100"):
    """A 统一社会信用代码 with both check characters right (GB 32100-2015, GB 11714)."""
    if number is None:
        number = next(_numbers) * 4099 + int(_run, 16) % 4099
    organisation = f"{number % 10**8:08d}"
    rest = 11 - sum(int(c) * w for c, w in zip(organisation, ORGANISATION_WEIGHTS)) % 11
    code = "91" + division + organisation + {10: "X", 11: "0"}.get(rest, str(rest))
    total = sum(USCC_ALPHABET.index(c) * w for c, w in zip(code, USCC_WEIGHTS))
    return code + USCC_ALPHABET[(31 - total % 31) % 31]


def days_ago(days):
    return (datetime.now(timezone.utc) - timedelta(days=days)).date().isoformat()


def hours_ago(hours):
    moment = datetime.now(timezone.utc) - timedelta(hours=hours)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def enterprise(**members):
    return {
        "external_id": unique("epr"),
        "name": unique("企业"),
        "uscc": uscc(),
        "enterprise_type": "limited_liability",
        "roles": ["supplier"],
        "industry_code": "C3670",
        "size_class": "small",
        "legal_representative": {"name": "王芳"},
        "registered_address": {"text": "浙江省杭州市西湖区文三路 1 号"},
        **members,
    }


def contract(seller, buyer, **members):
    """`seller`, `buyer`: {"enterprise_id": …} or {"uscc": …, "name": …}."""
    return {
        "external_id": unique("ctr"),
        "contract_no": unique("HT"),
        "title": "轮毂轴承采购合同",
        "contract_type": "purchase_order",
        "buyer": buyer,
        "seller": seller,
        "signed_on": days_ago(30),
        "amount": "1000000.00",
        "currency": "CNY",
        "payment_terms": {"kind": "net_days", "days": 60},
        "status": "active",
        **members,
    }


def event(contract_id, actor_id, **members):
    return {
        "external_id": unique("evt"),
        "contract_id": contract_id,
        "step": "shipped",
        "occurred_at": hours_ago(2),
        "actor_enterprise_id": actor_id,
        **members,
    }


def invoice(seller, buyer, **members):
    """`seller`, `buyer`: {"name": …, "tax_no": …}."""
    net = Decimal(members.pop("net", "100000.00"))
    tax = (net * Decimal("0.13")).quantize(Decimal("0.01"))
    line = {
        "line_no": 1,
        "goods_name": "*轴承*轮毂轴承",
        "unit": "套",
        "quantity": "100",
        "unit_price": str(net / 100),
        "amount": str(net),
        "tax_rate": "0.13",
        "tax_amount": str(tax),
    }
    return {
        "external_id": unique("inv"),
        "kind": "digital_vat_special",
        "invoice_no": f"2633{next(_numbers) + int(_run, 16) * 10**6:016d}",
        "issued_on": days_ago(1),
        "seller": seller,
        "buyer": buyer,
        "amount_excl_tax": str(net),
        "tax_amount": str(tax),
        "total_amount": str(net + tax),
        "currency": "CNY",
        "lines": [line],
        "red_invoice": False,
        **members,
    }


def guarantee(contract_id, guarantor_id, obligor_id, beneficiary_id, **members):
    return {
        "external_id": unique("gua"),
        "guarantee_no": unique("BH"),
        "kind": "surety_joint",
        "guarantor_id": guarantor_id,
        "obligor_id": obligor_id,
        "beneficiary_id": beneficiary_id,
        "contract_id": contract_id,
        "amount": "300000.00",
        "currency": "CNY",
        "issued_on": days_ago(10),
        "expires_on": days_ago(-365),
        "status": "active",
        **members,
    }
