"""Who may read and write what, of one tenant: the table that every role is tried against. Roles are
those of World.clients(); whoever is not named for a line gets its refusal."""

ALL = {"admin", "regulator", "seller", "buyer", "guarantor", "lender"}
PARTIES = {"admin", "seller", "buyer", "lender"}
BOUND = {"admin", "seller", "guarantor", "lender"}  # by a notarized instrument
LENDING = {"admin", "seller", "buyer", "guarantor", "lender"}

# Name in World.paths → who reads it, and what the others of the tenant get.
READS = {
    "contract": ({"admin", "seller", "lender"}, 404),
    "findings": ({"admin", "seller", "lender"}, 404),
    "progress": ({"admin", "seller", "lender"}, 404),
    "invoice": ({"admin", "seller"}, 404),
    "evidence": ({"admin", "seller"}, 404),
    "certificate": ({"admin", "seller"}, 404),
    "assessment": ({"admin", "lender"}, 404),  # an administrator asked for it
    "receipt": ({"admin", "lender"}, 404),
    "report": ({"admin", "lender"}, 404),
    "shadow": ({"admin"}, 403),
    "improvements": ({"admin", "seller"}, 404),
    "receivable": (PARTIES, 404),
    "steps": (PARTIES, 404),
    "registration text": (PARTIES, 404),
    "account": ({"admin", "seller", "lender"}, 404),
    "entries": ({"admin", "seller", "lender"}, 404),
    "hold": ({"admin", "lender"}, 404),
    "terms": ({"admin", "lender"}, 403),
    "decision": (LENDING, 404),
    "loan": (LENDING, 404),
    "repayment": (LENDING, 404),
    "backtest": ({"admin"}, 403),
    "rows": ({"admin"}, 403),
    "policy": (ALL, 403),
    "comparison": ({"admin"}, 403),
    "notarization": (BOUND, 404),
    "notarization steps": (BOUND, 404),
    "papers": (BOUND, 404),
    "paper": (BOUND, 404),
}
PUBLIC = {"policy"}  # to every key
# A lender is told that it may not; that the assessment is there it knows.
EXCEPTIONS = {("improvements", "lender"): 403}

# Lists whose pages a stranger finds empty; 403 where its kind has none.
LISTS = (
    "limit-accounts", "limit-holds", "limit-runs", "receivables", "lender-terms", "backtests",
    "credit-assessments", "credit-decisions", "loans", "repayments", "contracts", "invoices",
    "enforcement-notarizations",
)


def writes(world):
    """(what, who may, path, body): each is sent by every role, and by every role of a stranger.
    Terms are a lender's own, whoever's borrowers they name."""
    w, hold = world, f"/v1/limit-holds/{world.hold_id}/release"
    steps = f"/v1/receivables/{world.receivable_id}/steps"
    return [
        ("policy", {"admin"}, "/v1/credit-policies", w.policy_body),
        ("backtest", {"admin"}, "/v1/backtests", w.backtest_body),
        ("run", {"admin"}, "/v1/limit-runs", {"period": "2020-01"}),
        ("assessment", {"admin", "seller"}, "/v1/credit-assessments", w.assessment_body()),
        ("decision", {"lender"}, "/v1/credit-decisions", w.decision_body),
        ("terms", {"lender", "other lender"}, "/v1/lender-terms", w.terms_body),
        ("hold", {"lender"}, "/v1/limit-holds", w.hold_body("0.01")),
        ("loan", {"lender"}, "/v1/loans", w.loan_body("0.01")),
        ("repayment", {"lender"}, "/v1/repayments", w.repayment_body(w.loan_id, "0.01")),
        ("receivable", {"seller"}, "/v1/receivables", {
            **w.receivable_body, "invoice_id": w.hold_invoice_id,
        }),
        ("confirm", {"buyer"}, steps, {"step": "confirm"}),
        ("search", {"admin", "lender"}, steps, {
            "step": "search", "entries": [], "document_sha256": "0" * 64,
        }),
        ("release", {"lender"}, hold, {}),
        ("notarization", {"lender"}, "/v1/enforcement-notarizations", w.case.body),
        ("notarization step", {"admin"}, w.case.path + "/steps", {
            "step": "accept", "acceptance_no": "1",
        }),
        ("calendar", {"admin"}, "/v1/working-calendars", {
            "year": 2091, "holidays": ["2091-01-01"], "workdays": [], "source": "x",
        }),
    ]
