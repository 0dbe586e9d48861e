"""What time does to receivables, on a server of its own whose clock the tests move; and the policy
that lends on registered receivables only."""
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from harness import bodies
from harness.parties import Chain
from harness.server import Server, wait_until
from test_credit import assess, story  # noqa: F401
from test_lending import decide, fresh, key, loan  # noqa: F401
from test_receivable_loans import lend, pay, recorded
from test_receivables import HASH, Way, refused

DAY = 86400


@pytest.fixture(scope="module")
def server():
    with Server() as running:
        yield running


@pytest.fixture(autouse=True)
def real_clock(server):
    yield
    server.clock.real()


@pytest.fixture
def parties(server):
    return Chain(server.client())


def offered(chain, state, **members):
    made = Way(chain, **members)
    assert made.offer().status == 201
    return made.until(state) if state else made


def at(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def steps_of(made):
    return [s["step"] for s in made.nodes["seller"].get(made.path + "/steps").json()["data"]]


def until_step(made, step):
    wait_until(lambda: step in steps_of(made), 10, f"{step} of {made.id}")


def test_the_debtors_time_to_confirm(server, parties):
    first = offered(parties, "confirm_requested")
    server.clock.shift(3600)
    second = offered(parties, "matched")
    answer = second.step("seller", "request_confirmation").json()
    shown = first.get()
    assert shown["confirmation"]["statutory"] is True
    requested = next(
        s for s in second.nodes["seller"].get(second.path + "/steps").json()["data"]
        if s["step"] == "request_confirmation"
    )
    # 条例 Art.16: thirty days from the request.
    due = at(answer["confirmation"]["due_at"])
    assert due - at(requested["filed_at"]) == timedelta(days=30)
    assert requested["body"]["details"]["confirm_due_at"] == answer["confirmation"]["due_at"]
    server.clock.freeze(due - timedelta(microseconds=1))
    until_step(first, "confirmation_timeout")
    assert first.get()["state"] == "confirm_timeout"
    assert second.get()["state"] == "confirm_requested"
    server.clock.freeze(due)
    until_step(second, "confirmation_timeout")
    types = [e["type"] for e in
             second.nodes["debtor"].get("/v1/events", limit=500).json()["data"]]
    assert types.count("receivable.confirmation_timed_out") == 2
    refused(first.step("lender", "search", entries=[], document_sha256=HASH), "CR-7.3", "confirm")
    assert first.step("debtor", "confirm").json()["state"] == "confirmed"  # late, but confirmed
    shown = second.step("seller", "request_confirmation").json()
    assert shown["state"] == "confirm_requested"
    assert at(shown["confirmation"]["due_at"]) - due == timedelta(days=30)


def test_a_confirmation_races_its_timer(server, parties):
    """Whoever comes first: a confirmation is never undone by the timer."""
    made = [offered(parties, "confirm_requested") for _ in range(6)]
    server.clock.shift(30 * DAY + 60)  # the task and the debtor go for them at the same time
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda way: way.step("debtor", "confirm"), made))
    assert [a.status for a in answers] == [201] * 6
    later = offered(parties, "confirm_requested")
    server.clock.shift(61 * DAY)
    until_step(later, "confirmation_timeout")  # a later run of the task came through
    for way in made:
        assert way.get()["state"] == "confirmed"
        assert steps_of(way)[-1] == "confirm"


def test_a_financed_receivable_is_verified_again(server, fresh):  # noqa: F811
    fresh.decision_id = decide(fresh)["id"]
    made = offered(fresh, "notified", invoice={"contract_ids": [fresh.contract_id]})
    assert lend(made).status == 201
    server.clock.shift(25 * 3600)
    until_step(made, "reverification_due")
    assert made.step("lender", "verify_invoice", result="normal").status == 201
    server.clock.shift(48 * 3600)
    until_step(made, "verify_invoice")
    server.clock.shift(50 * 3600 + 60)
    wait_until(lambda: steps_of(made).count("reverification_due") == 2, 10, "due again")
    assert steps_of(made)[-3:] == ["reverification_due", "verify_invoice", "reverification_due"]
    assert made.get()["state"] == "financed"


def test_overdue_settled_and_cancelled_late(server, fresh):  # noqa: F811
    fresh.decision_id = decide(fresh)["id"]
    made = offered(fresh, "notified", invoice={"contract_ids": [fresh.contract_id]},
                   invoice_due_on=bodies.days_ago(-3))
    loan_id = lend(made).json()["id"]
    server.clock.shift(3 * DAY)
    until_step(made, "reverification_due")
    assert made.get()["state"] == "financed"  # the day it is due is not a day late
    server.clock.shift(4 * DAY)
    until_step(made, "overdue")
    assert made.get()["state"] == "overdue"
    pay(made, loan_id, "100.00")
    assert made.get()["state"] == "overdue"
    pay(made, loan_id, "900.00", value_date=bodies.days_ago(0))
    settled = made.get()
    if settled["state"] != "settled":  # interest of the days since
        rest = made.chain.lender.client.get(f"/v1/loans/{loan_id}").json()["outstanding"]
        pay(made, loan_id, rest["total"])
        settled = made.get()
    assert settled["state"] == "settled"
    ended = at(settled["ended_at"]).date()
    working, day = 0, ended
    while working < 10:
        day += timedelta(1)
        working += day.weekday() < 5
    other = offered(fresh, None)
    server.clock.freeze(datetime.fromisoformat(f"{day}T23:59:59+00:00"))
    other.step("seller", "submit")
    assert "cancellation_overdue" not in steps_of(made)
    server.clock.freeze(datetime.fromisoformat(f"{day + timedelta(1)}T00:00:01+00:00"))
    until_step(made, "cancellation_overdue")
    shown = made.step("lender", "cancel_registration").json()
    assert shown["registration"]["status"] == "CANCELLED"


def test_an_entry_that_ends(server, parties):
    made = offered(parties, "searched")
    short = {
        "registration_no": bodies.unique("ZDW"),
        "registered_at": bodies.hours_ago(0),
        "term_from": bodies.days_ago(0),
        "term_to": bodies.days_ago(-40),
        "proof_sha256": HASH,
    }
    server.clock.shift(120)
    short["registered_at"] = (datetime.fromisoformat(bodies.hours_ago(0).replace("Z", "+00:00"))
                              + timedelta(seconds=60)).isoformat()
    assert made.step("lender", "register", registration=short).status == 201
    server.clock.shift(12 * DAY)
    until_step(made, "registration_ending")
    server.clock.shift(42 * DAY)
    until_step(made, "registration_expired")
    shown = made.get()
    assert shown["registration"]["status"] == "EXPIRED"
    assert steps_of(made).count("registration_ending") == 1


def test_registered_receivables_only(server, fresh):  # noqa: F811
    fresh.decision_id = decide(fresh)["id"]
    bare = Way(fresh, invoice={"contract_ids": [fresh.contract_id]})
    made = offered(fresh, "notified", invoice={"contract_ids": [fresh.contract_id]})
    server.psql(
        "INSERT INTO scfd.credit_policy (code, version, params, effective_from)"
        " SELECT code, 'strict', replace(params, '\"registered_only\":false',"
        " '\"registered_only\":true'), '2001-01-01' FROM scfd.credit_policy WHERE version = '1'"
    )
    try:
        refused(lend(bare), "CR-7.3")
        assert lend(made).status == 201
    finally:
        server.psql("DELETE FROM scfd.credit_policy WHERE version = 'strict'")
    assert lend(bare).status == 201
    assert recorded(made)
