"""Invoices that turn out void, red or unknown after they were financed: the limit stops at once,
the lender is told, and only an administrator lifts it."""
import pytest

from harness import bodies
from harness.parties import make_enterprise, make_node
from harness.server import wait_until
from test_credit import assess, story  # noqa: F401
from test_lending import decide, fresh, key, lend  # noqa: F401
from test_limits import account, assert_sums, invoice, red_letter, release, reserve
from test_receivable_loans import lend as lend_on
from test_receivable_loans import way  # noqa: F401

FREE = {"interest": {"type": "fixed", "annual_rate": "0"}}
CANCELLED = {
    "voided": {"tax_status": "voided"},
    "fully_red": {"tax_status": "fully_red"},
    "not_found": {"verification": {"status": "not_found"}},
}


def say(chain, invoice_id, body, node=None, **members):
    """A correction of the record, or another node's own record of the invoice."""
    body = {**body, **members, "external_id": bodies.unique("inv")}
    if node is None:
        body["revises_id"] = invoice_id
    answer = (node or chain.erp).client.post("/v1/invoices", body)
    assert answer.status == 201, answer
    return answer.json()["id"]


def frozen(chain):
    return wait_until(lambda: account(chain)["frozen"], 15, "the account is frozen")


def frozen_and_looked_at(server, chain):
    """The look that froze it may have read a record before its folding is noted; that note would
    stop the account once more after a thaw."""
    folded = (
        "SELECT count(*) FROM scfd.chain c LEFT JOIN scfd.rollup_cursor r ON r.chain_id = c.id"
        " WHERE c.size > coalesce(r.folded_size, 0)"
    )
    frozen(chain)
    wait_until(lambda: server.psql(folded) == "0", 60, "all is folded")
    looked_at = "SELECT count(*) FROM scfd.claim_watch"
    wait_until(lambda: server.psql(looked_at) == "0", 60, "all notes are looked at")


def events(client, type_):
    return [e["id"] for e in client.feed() if e["type"] == type_]


def unfreeze(chain, client, reason="核实为误报"):
    body = {} if reason is None else {"reason": reason}
    return client.post(f"/v1/limit-accounts/{account(chain)['id']}/unfreeze", body)


@pytest.mark.parametrize("how", CANCELLED)
def test_an_invoice_cancelled_under_a_loan_stops_the_limit(admin, fresh, how):
    invoice_id, body = invoice(fresh)
    decided = decide(fresh, annual_rate="0")["id"]
    assert lend(fresh, decided, "10.00", invoice_ids=[invoice_id], **FREE).status == 201
    say(fresh, invoice_id, body, **CANCELLED[how])
    frozen(fresh)
    shown, entries = assert_sums(fresh)
    assert (entries[-1]["type"], entries[-1]["source_id"]) == ("freeze", invoice_id)
    assert (shown["available"], shown["used"]) == ("0.00", "10.00")
    told = events(fresh.lender.client, "invoice.cancelled_after_financing")
    assert told == [invoice_id]
    assert events(fresh.erp.client, "limit_account.frozen") == [shown["id"]]
    assert events(fresh.erp.client, "invoice.cancelled_after_financing") == []
    for refused in (reserve(fresh, "1.00"), lend(fresh, decided, "1.00", **FREE)):
        assert (refused.status, refused.json()["code"]) == (409, "limit-exceeded"), refused


def test_what_is_held_cannot_be_drawn(admin, fresh):
    invoice_id, body = invoice(fresh)
    decided = decide(fresh, annual_rate="0")["id"]
    good_id, _ = invoice(fresh)
    held, good = (
        reserve(fresh, "10.00", [(i, "10.00")], decision_id=decided).json()["id"]
        for i in (invoice_id, good_id)
    )
    say(fresh, None, body, node=fresh.procurement, tax_status="voided")  # the buyer says so
    frozen(fresh)
    for hold_id, code in ((held, "wrong-state"), (good, "limit-exceeded")):
        refused = lend(fresh, decided, "10.00", hold_id=hold_id, **FREE)
        assert (refused.status, refused.json()["code"]) == (409, code), refused
        assert release(fresh, hold_id).status == 200
    assert_sums(fresh)


def test_nothing_is_drawn_on_a_cancelled_invoice_even_after_a_thaw(server, admin, fresh):
    """The administrator has lifted the stop of the account; the invoice is void all the same."""
    invoice_id, body = invoice(fresh)
    decided = decide(fresh, annual_rate="0")["id"]
    held = reserve(fresh, "10.00", [(invoice_id, "10.00")], decision_id=decided).json()
    say(fresh, invoice_id, body, tax_status="voided")
    frozen_and_looked_at(server, fresh)
    assert unfreeze(fresh, admin).status == 200
    refused = lend(fresh, decided, "10.00", hold_id=held["id"], **FREE)
    assert (refused.status, refused.json()["code"]) == (409, "wrong-state"), refused
    assert lend(fresh, decided, "5.00", **FREE).status == 201
    assert release(fresh, held["id"]).status == 200
    assert_sums(fresh)


def test_an_administrator_lifts_it_for_a_reason(server, admin, fresh):
    invoice_id, body = invoice(fresh)
    assert reserve(fresh, "10.00", [(invoice_id, "10.00")]).status == 201
    early = unfreeze(fresh, admin)
    assert (early.status, early.json()["code"]) == (409, "wrong-state")
    voided = say(fresh, invoice_id, body, tax_status="voided")
    frozen_and_looked_at(server, fresh)
    assert unfreeze(fresh, fresh.lender.client).status == 403
    assert unfreeze(fresh, fresh.erp.client).status == 403
    assert unfreeze(fresh, admin, None).status == 422
    lifted = unfreeze(fresh, admin)
    assert (lifted.status, lifted.json()["frozen"]) == (200, False), lifted
    shown, entries = assert_sums(fresh)
    assert [e["type"] for e in entries][-2:] == ["freeze", "unfreeze"]
    assert events(fresh.erp.client, "limit_account.unfrozen") == [shown["id"]]
    assert reserve(fresh, "1.00").status == 201
    say(fresh, voided, body, tax_status="voided")  # said once more: that is news
    frozen(fresh)


def test_the_reason_is_recorded(server, admin, fresh):
    invoice_id, body = invoice(fresh)
    assert reserve(fresh, "10.00", [(invoice_id, "10.00")]).status == 201
    say(fresh, invoice_id, body, tax_status="voided")
    frozen_and_looked_at(server, fresh)
    assert unfreeze(fresh, admin, "核实为误报").status == 200
    said = server.psql(
        "SELECT convert_from(body, 'UTF8')::json ->> 'step', convert_from(body, 'UTF8')::json ->>"
        " 'reason' FROM scfd.record WHERE kind = 13 AND external_id LIKE"
        f" '{account(fresh)['id']}/%' ORDER BY leaf_index"
    )
    assert said.split() == ["frozen|invoice_cancelled", "unfrozen|核实为误报"]


def test_whose_word_does_not_count_stops_nothing(admin, fresh):
    """Nor does a correction that cancels nothing, nor an invoice that nobody claims."""
    invoice_id, body = invoice(fresh)
    free_id, free = invoice(fresh)
    assert reserve(fresh, "10.00", [(invoice_id, "10.00")]).status == 201
    stranger = make_node(admin, "erp", make_enterprise(admin)["id"])
    say(fresh, None, body, node=stranger, tax_status="voided")
    say(fresh, invoice_id, body, tax_status="normal")
    say(fresh, free_id, free, tax_status="voided")
    other_id, other = invoice(fresh)
    assert reserve(fresh, "10.00", [(other_id, "10.00")]).status == 201
    assert not account(fresh)["frozen"]
    say(fresh, other_id, other, tax_status="voided")  # folded after all of these
    frozen(fresh)
    _, entries = assert_sums(fresh)
    assert [e["source_id"] for e in entries if e["type"] == "freeze"] == [other_id]


def test_red_letters_stop_it_once_they_leave_less_than_is_claimed(fresh):
    invoice_id, body = invoice(fresh)  # 113 000.00
    assert reserve(fresh, "10.00", [(invoice_id, "60000.00")]).status == 201
    red_letter(fresh, body)  # 45 200.00 less
    probe, probed = invoice(fresh)
    assert reserve(fresh, "10.00", [(probe, "10.00")]).status == 201
    assert not account(fresh)["frozen"]
    red_letter(fresh, body, net="-10000.00")  # 56 500.00 are left
    frozen(fresh)
    _, entries = assert_sums(fresh)
    assert [e["source_id"] for e in entries if e["type"] == "freeze"] == [invoice_id]


def test_a_receivable_red_lettered_after_the_money(admin, way):  # noqa: F811
    way.until("notified")
    assert lend_on(way).status == 201
    verified = way.step("lender", "verify_invoice", result="fully_red")
    assert verified.json()["state"] == "red_lettered"
    frozen(way.chain)
    _, entries = assert_sums(way.chain)
    assert (entries[-1]["type"], entries[-1]["source_id"]) == ("freeze", way.id)
    told = events(way.nodes["lender"], "invoice.cancelled_after_financing")
    assert told == [way.invoice_id]
    assert unfreeze(way.chain, admin).status == 200
    probe, body = invoice(way.chain)  # one more stop, after which the task has looked at all
    assert reserve(way.chain, "10.00", [(probe, "10.00")]).status == 201
    say(way.chain, probe, body, tax_status="voided")
    frozen(way.chain)
    _, entries = assert_sums(way.chain)
    freezes = [e["source_id"] for e in entries if e["type"] == "freeze"]
    assert freezes == [way.id, probe], "a receivable stops an account once"


def test_a_good_rating_does_not_lift_it(admin, fresh):
    invoice_id, body = invoice(fresh)
    assert reserve(fresh, "10.00", [(invoice_id, "10.00")]).status == 201
    say(fresh, invoice_id, body, tax_status="voided")
    frozen(fresh)
    assess(fresh.erp.client, fresh, kind="incremental")
    assert account(fresh)["frozen"]
