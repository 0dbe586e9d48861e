"""One of everything that the credit rooms keep, made through the API for one tenant: what tests of
visibility, of mutated requests and of storms start from."""
import hashlib
import json
from datetime import datetime, timedelta, timezone

from . import bodies
from .parties import Chain, make_node

HASH = hashlib.sha256(b"paper").hexdigest()


def key():
    return {"Idempotency-Key": bodies.unique("key")}


def moment(seconds_ago=0):
    at = datetime.now(timezone.utc) - timedelta(seconds=seconds_ago)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def must(answer, *statuses):
    assert answer.status in (statuses or (200, 201)), answer
    return answer.json()


class World:
    """A chain with a contract, events, an invoice on its way, and each kind of thing that follows
    from them. `paths` has one GET per kind of thing, by name; `posts` one body per POST."""

    def __init__(self, server, suites=None):
        self.server, self.admin = server, server.client()
        self.chain = chain = Chain(self.admin, suites)
        self.erp, self.lender = chain.erp.client, chain.lender.client
        self.debtor, self.surety = chain.procurement.client, chain.surety.client
        self.regulator = make_node(self.admin, "regulator").client
        self._trade()
        self._credit()
        self._receivable()
        self._lending()
        self._trials()
        self.paths = self._paths()

    def clients(self):
        """Every role that has to do with this tenant, by name."""
        return {
            "admin": self.admin, "regulator": self.regulator, "seller": self.erp,
            "buyer": self.debtor, "guarantor": self.surety, "lender": self.lender,
        }

    def _trade(self):
        contract = self.chain.contract()
        self.contract_no = contract["contract_no"]
        self.contract_id = must(self.erp.post("/v1/contracts", contract))["id"]
        for hours in (20, 12, 4):
            event = self.chain.event(self.contract_id, occurred_at=bodies.hours_ago(hours))
            must(self.erp.post("/v1/workflow-events", event))
        self.invoice_id = self.new_invoice()
        self.guarantee_body = self.chain.guarantee_by_number(
            self.contract_no, seller_uscc=self.chain.seller["uscc"]
        )
        must(self.surety.post("/v1/guarantees", self.guarantee_body))

    def new_invoice(self, **members):
        body = self.chain.invoice(
            contract_ids=[self.contract_id], due_on=bodies.days_ago(-30), **members
        )
        return must(self.erp.post("/v1/invoices", body))["id"]

    def assessment_body(self, **members):
        return {
            "borrower_id": self.chain.seller["id"], "contract_ids": [self.contract_id],
            "kind": "initial", "lender_ids": [self.chain.lender.id], **members,
        }

    def assess(self, **members):
        shown = must(self.admin.post(
            "/v1/credit-assessments", self.assessment_body(**members), {"Prefer": "wait=50"}
        ), 200, 201, 202)
        assert shown["status"] == "succeeded", shown
        return shown

    def _credit(self):
        self.assessment = self.assess()
        self.decision_body = {
            "external_id": bodies.unique("dec"), "assessment_id": self.assessment["id"],
            "lender_id": self.chain.bank["id"], "outcome": "approved",
            "approved_limit": self.assessment["recommended_limit"], "currency": "CNY",
            "annual_rate": "0.0435", "tenor_days": 180, "valid_from": bodies.days_ago(0),
            "valid_until": bodies.days_ago(-180), "decided_by": "王敏",
            "decided_at": bodies.hours_ago(0),
        }
        self.decision_id = must(
            self.lender.post("/v1/credit-decisions", self.decision_body, key())
        )["id"]
        self.terms_body = {
            "external_id": bodies.unique("terms"), "kind": "bank", "currency": "CNY",
            "capital": "900000000.00", "tier1_capital": "800000000.00",
            "net_assets": "700000000.00", "single_borrower_cap": "5000000.00",
            "debtor_lines": [{
                "debtor_id": self.chain.buyer["id"], "amount": "80000000.00",
                "confirmed_financed": "10.00", "direct_loans": "20.00",
            }],
            "exposures": [{
                "enterprise_id": self.chain.seller["id"], "loans": "1.00", "exposure": "2.00",
                "group_exposure": "3.00",
            }],
        }
        self.terms_id = must(self.lender.post("/v1/lender-terms", self.terms_body, key()))["id"]

    def _receivable(self):
        self.receivable_body = {
            "invoice_id": self.invoice_id, "lender_id": self.chain.lender.id,
            "contract_id": self.contract_id, "kind": "factoring_with_recourse",
            "currency": "CNY", "due_on": bodies.days_ago(-30),
        }
        made = must(self.erp.post("/v1/receivables", self.receivable_body, key()))
        self.receivable_id = made["id"]
        must(self.step(self.erp, "submit"))

    def step(self, client, step, receivable_id=None, **members):
        path = f"/v1/receivables/{receivable_id or self.receivable_id}/steps"
        return client.copy().post(path, {"step": step, **members}, key())

    def walk(self, receivable_id):
        """From submitted to ready for a loan."""
        paper, old = {"document_sha256": HASH}, moment
        registration = {
            "registration_no": bodies.unique("ZDW"), "registered_at": moment(30),
            "term_from": bodies.days_ago(0), "term_to": bodies.days_ago(-365),
            "proof_sha256": HASH,
        }
        for client, step, members in (
            (self.lender, "search", {"entries": [], **paper, "happened_at": old(90)}),
            (self.lender, "verify_invoice", {"result": "normal", "happened_at": old(80)}),
            (self.lender, "match", {"result": "matched", "happened_at": old(70)}),
            (self.erp, "request_confirmation", {}),
            (self.debtor, "confirm", {"happened_at": old(50)}),
            (self.lender, "search", {"entries": [], **paper, "happened_at": old(40)}),
            (self.lender, "register", {"registration": registration}),
            (self.lender, "notify", {"names_lender": True, **paper, "happened_at": old(20)}),
            (self.lender, "search", {"entries": [], **paper, "happened_at": old(10)}),
        ):
            must(self.step(client, step, receivable_id, **members))

    def hold_body(self, amount="10.00", **members):
        return {
            "external_id": bodies.unique("hold"), "assessment_id": self.assessment["id"],
            "decision_id": self.decision_id, "contract_id": self.contract_id, "amount": amount,
            "currency": "CNY", "invoices": [], **members,
        }

    def loan_body(self, principal="100.00", **members):
        return {
            "external_id": bodies.unique("loan"), "loan_no": bodies.unique("LN"),
            "decision_id": self.decision_id, "lender_id": self.chain.bank["id"],
            "borrower_id": self.chain.seller["id"], "contract_ids": [self.contract_id],
            "principal": principal, "currency": "CNY", "disbursed_at": bodies.hours_ago(0),
            "value_date": bodies.days_ago(0), "maturity_date": bodies.days_ago(-150),
            "interest": {"type": "fixed", "annual_rate": "0.0435"},
            "repayment_method": "bullet", **members,
        }

    def repayment_body(self, loan_id, amount="1.00", **members):
        return {
            "external_id": bodies.unique("rep"), "loan_id": loan_id, "amount": amount,
            "currency": "CNY", "paid_at": bodies.hours_ago(0), "value_date": bodies.days_ago(0),
            **members,
        }

    def _lending(self):
        invoice = self.new_invoice()
        self.hold_invoice_id = invoice
        claims = [{"invoice_id": invoice, "amount": "10.00"}]
        self.hold_id = must(
            self.lender.post("/v1/limit-holds", self.hold_body(invoices=claims), key())
        )["id"]
        spare = must(self.lender.post("/v1/limit-holds", self.hold_body(), key()))["id"]
        must(self.lender.post(f"/v1/limit-holds/{spare}/release", {"reason": "x"}))
        self.spare_hold_id = spare
        self.loan_id = must(self.lender.post("/v1/loans", self.loan_body(), key()))["id"]
        self.repayment_id = must(
            self.lender.post("/v1/repayments", self.repayment_body(self.loan_id), key())
        )["id"]
        accounts = self.erp.get("/v1/limit-accounts", contract_id=self.contract_id).json()
        self.account_id = accounts["data"][0]["id"]

    def _trials(self):
        self.params = json.loads(self.admin.get("/v1/credit-policies/default/1").json()["text"])
        self.backtest_body = {
            "from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z", "params": self.params,
            "borrower_ids": [self.chain.seller["id"]], "limit": 100,
        }
        made = must(self.admin.post("/v1/backtests", self.backtest_body), 202)
        self.backtest_id = made["id"]
        self.policy_body = {
            "code": bodies.unique("pol").lower(), "version": "1", "role": "shadow",
            "params": self.params, "effective_from": moment(-86400 * 300),
            "effective_until": moment(-86400 * 300 - 5),
        }

    def _paths(self):
        asm = f"/v1/credit-assessments/{self.assessment['id']}"
        receivable = f"/v1/receivables/{self.receivable_id}"
        return {
            "contract": f"/v1/contracts/{self.contract_id}",
            "findings": f"/v1/contracts/{self.contract_id}/findings",
            "progress": f"/v1/contracts/{self.contract_id}/progress",
            "invoice": f"/v1/invoices/{self.invoice_id}",
            "evidence": f"/v1/records/{self.invoice_id}/evidence",
            "certificate": f"/v1/records/{self.invoice_id}/preservation-certificate",
            "proof": f"/v1/records/{self.invoice_id}/proof",
            "digests": f"/v1/records/{self.invoice_id}/digests",
            "anchors": f"/v1/records/{self.invoice_id}/anchors",
            "assessment": asm,
            "receipt": asm + "/receipt",
            "report": asm + "/report",
            "shadow": asm + "/shadow",
            "improvements": asm + "/improvements",
            "receivable": receivable,
            "steps": receivable + "/steps",
            "registration text": receivable + "/registration-text",
            "account": f"/v1/limit-accounts/{self.account_id}",
            "entries": f"/v1/limit-accounts/{self.account_id}/entries",
            "hold": f"/v1/limit-holds/{self.hold_id}",
            "terms": f"/v1/lender-terms/{self.terms_id}",
            "decision": f"/v1/credit-decisions/{self.decision_id}",
            "loan": f"/v1/loans/{self.loan_id}",
            "repayment": f"/v1/repayments/{self.repayment_id}",
            "backtest": f"/v1/backtests/{self.backtest_id}",
            "rows": f"/v1/backtests/{self.backtest_id}/rows",
            "policy": "/v1/credit-policies/default/1",
            "comparison": "/v1/credit-policies/default/1/comparison",
        }
