"""A dossier that is fit, and a case that walks: what tests of notarization start from."""
import hashlib

from . import bodies
from .parties import make_enterprise, make_node
from .world import key, must

HASH = hashlib.sha256(b"paper").hexdigest()
PROMISE = (
    "债务人与保证人承诺：不履行或者不适当履行本合同约定的还款义务时，自愿接受强制执行，"
    "债权人可以凭公证书与执行证书直接向人民法院申请执行。本承诺及于《最高额保证合同》BZ-1。"
)
CONSENT = "各方同意公证机构按约定方式核实债务履行情况，异议期限7日，逾期未回复视为无异议。"


def party(enterprise, **members):
    return {
        "enterprise_id": enterprise["id"], "name": enterprise["name"],
        "uscc": enterprise["uscc"], "legal_representative": "王芳", "region_code": "330106",
        "service_address": {"text": "杭州市西湖区文三路1号", "phone": "0571-88880000"}, **members,
    }


def dossier(creditor, debtor, guarantor, principal, due_on, **members):
    """Parties are enterprises as make_enterprise gives them."""
    return {
        "notary_office": {
            "name": "浙江省杭州市国立公证处", "region_code": "330102", "notary_name": "李明",
        },
        "creditor": party(creditor), "debtors": [party(debtor)],
        "guarantors": [party(guarantor, resolution={
            "kind": "shareholders", "decided_on": "2026-01-05", "document_sha256": HASH,
        })],
        "coverage": "both",
        "instrument": {
            "kind": "loan", "no": "JK-2026-001", "title": "流动资金借款合同",
            "text": f"第一条 借款。\n第九条 {PROMISE}\n第十条 {CONSENT}\n",
            "jurisdiction_clause": "由被执行人住所地或者财产所在地人民法院执行。",
        },
        "performance": {
            "kind": "money", "amount": principal, "deadline": due_on,
            "schedule": [{"due_on": due_on, "principal": principal}],
        },
        "rate": {"type": "fixed", "annual_rate": "0.0435"},
        "enforcement_clause": PROMISE,
        "securities": [{
            "kind": "guarantee", "name": "《最高额保证合同》BZ-1", "scope": "本金、利息、罚息、费用",
            "provider_name": guarantor["name"], "cap": principal,
        }],
        "verification": {
            "mode": "post", "address": "杭州市西湖区文三路1号", "objection_days": 7,
            "no_reply_is_no_objection": True, "clause": CONSENT,
        },
        "debt_undisputed": True,
        "signing": {"mode": "on_site"},
        **members,
    }


def certificate(*enterprises, **members):
    return {
        "no": bodies.unique("证字"), "issued_on": members.pop("issued_on", bodies.days_ago(1)),
        "payment_text": "债务人应当偿还借款本金及利息。",
        "party_ids": [e["id"] for e in enterprises], **members,
    }


def amendment(principal, *due_on, **members):
    """Equal instalments of the whole principal; `members`: None takes one out."""
    part = f"{float(principal) / len(due_on):.2f}"
    terms = {
        "no": bodies.unique("补"), "text": "第一条 展期。", "effective_on": bodies.days_ago(0),
        "performance": {
            "kind": "money", "amount": principal,
            "schedule": [{"due_on": day, "principal": part} for day in due_on],
            "deadline": due_on[-1],
        }, **members,
    }
    return {name: value for name, value in terms.items() if value is not None}


class Case:
    """A case of a World's loan, moved by the nodes that may."""

    def __init__(self, world, principal="100.00", loan=None, **members):
        """`loan`: members of the loan; None: the case is on the contract alone."""
        self.world, chain = world, world.chain
        self.notary = make_node(world.admin, "notary")
        self.court = make_node(world.admin, "court")
        self.clients = {
            "lender": world.lender, "notary": self.notary.client, "debtor": world.erp,
            "guarantor": world.surety, "court": self.court.client, "admin": world.admin,
        }
        self.parties = (chain.seller, chain.guarantor)
        due_on = (loan or {}).get("maturity_date", bodies.days_ago(-150))
        self.loan_id = None
        if loan is not None:
            self.loan_id = must(
                world.lender.post("/v1/loans", world.loan_body(principal, **loan), key())
            )["id"]
        self.body = {
            "notary_id": self.notary.id, "contract_id": world.contract_id,
            **({"loan_id": self.loan_id} if self.loan_id else {}),
            **dossier(chain.bank, chain.seller, chain.guarantor, principal, due_on), **members,
        }

    def draft(self, status=201):
        answer = self.world.lender.post("/v1/enforcement-notarizations", self.body, key())
        assert answer.status == status, answer
        if status == 201:
            self.id = answer.json()["id"]
            self.path = f"/v1/enforcement-notarizations/{self.id}"
        return self

    def step(self, who, step, headers=None, **members):
        return self.clients[who].copy().post(
            self.path + "/steps", {"step": step, **members}, headers or key()
        )

    def take(self, who, step, leads_to=None, **members):
        shown = must(self.step(who, step, **members), 201)
        assert leads_to in (None, shown["state"]), (step, shown["state"])
        return shown

    def get(self, who="lender"):
        return must(self.clients[who].get(self.path), 200)

    def identities(self):
        return [{"party_id": e["id"], "method": "in_person", "evidence_sha256": HASH}
                for e in self.parties]

    def line(self):
        """(who, step, state it leads to, members) up to the certificate."""
        paper = {"document_sha256": HASH}
        return [
            ("lender", "submit", "submitted", {}),
            ("notary", "accept", "accepted", {"acceptance_no": "S-1"}),
            ("notary", "identity", "identity_verified", {"identities": self.identities()}),
            ("notary", "inform", "informed", {**paper, "video_sha256": HASH}),
            ("notary", "sign", "signed", {**paper, "signing_mode": "on_site"}),
            ("notary", "review", "under_review", {}),
            ("notary", "issue", None, {**paper, "certificate": certificate(*self.parties)}),
        ]

    def until(self, state):
        if not hasattr(self, "id"):
            self.draft()
        for who, step, leads_to, members in self.line():
            self.take(who, step, leads_to, **members)
            if leads_to == state:
                break
        return self

    def claim(self, **members):
        """What the loan owes today by its own page."""
        owed = must(self.world.lender.get(f"/v1/loans/{self.loan_id}"), 200)
        return owed, members
