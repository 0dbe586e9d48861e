"""Whose records count for whose ratings: those of strangers never do, whatever they make up."""
from datetime import timedelta

import pytest

from harness import bodies
from harness.parties import Chain, make_enterprise, make_node
from harness.server import Server
from test_increments import Story, money, target, world  # noqa: F401 (a fixture)

LATE = 20_000  # hours: a timeliness of D, if it counts


@pytest.fixture(scope="module")
def admin():
    with Server() as server:
        yield server.client()


@pytest.fixture
def chain(admin):
    """A contract and events of the seller's own node, all in time."""
    chain = Chain(admin)
    chain.contract_body = chain.contract()
    chain.contract_id = send(chain.erp, "contracts", chain.contract_body)
    for hours in (3, 2, 1):
        event = chain.event(chain.contract_id, occurred_at=bodies.hours_ago(hours))
        send(chain.erp, "workflow-events", event)
    return chain


def send(node, kind, body):
    answer = node.client.post(f"/v1/{kind}", body)
    assert answer.status == 201, answer
    return answer.json()["id"]


def send_late(node, chain, contract_id, n=10):
    for _ in range(n):
        event = chain.event(contract_id, occurred_at=bodies.hours_ago(LATE))
        send(node, "workflow-events", event)


def make_stranger(admin):
    enterprise = make_enterprise(admin)
    return enterprise, make_node(admin, "procurement", enterprise["id"])


def assess(admin, chain, **members):
    body = {
        "borrower_id": chain.seller["id"],
        "contract_ids": [chain.contract_id],
        "kind": "initial",
        "lender_ids": [chain.lender.id],
        **members,
    }
    answer = admin.post("/v1/credit-assessments", body, {"Prefer": "wait=50"})
    shown = answer.json()
    assert shown["status"] == "succeeded", shown
    return shown


def timeliness(shown):
    return shown["ratings"]["timeliness"]["grade"]


def chain_ids(shown):
    return {c["id"].partition("_")[2] for c in shown["inputs"]["chains"]}


def counts(shown, node):
    return node.id.partition("_")[2] in chain_ids(shown)


def same_outcome(a, b):
    names = ("ratings", "recommended_limit", "truth_coefficient", "authenticity")
    assert {n: a[n] for n in names} == {n: b[n] for n in names}
    assert a["inputs"]["counts"] == b["inputs"]["counts"]
    assert chain_ids(a) == chain_ids(b)  # more of them may be sealed by now


def replay(admin, shown):
    answer = admin.post(
        f"/v1/credit-assessments/{shown['id']}/replay", None, {"Prefer": "wait=50"}
    )
    assert answer.status == 200, answer
    assert answer.json()["matches"] is True, answer.json()


def test_a_made_up_contract_changes_nothing(admin, chain):
    before = assess(admin, chain)
    assert timeliness(before) == "A"
    assert before["inputs"]["chains_left_out"] == 0
    enterprise, node = make_stranger(admin)
    made_up = send(node, "contracts", bodies.contract(chain.seller["ref"], enterprise["ref"]))
    send_late(node, chain, made_up)
    for _ in range(2):
        send(node, "invoices", bodies.invoice(chain.seller["tax"], enterprise["tax"], net="7.00"))
    after = assess(admin, chain)
    same_outcome(before, after)
    assert after["inputs"]["chains_left_out"] == 1
    assert not counts(after, node)
    replay(admin, after)


def test_the_same_events_of_the_buyer_do_count(admin, chain):
    """The counterpart of the test above: it is the node that decides, not the records."""
    own = {**chain.contract_body, "external_id": bodies.unique("ctr")}
    own_id = send(chain.procurement, "contracts", own)
    before = assess(admin, chain)
    send_late(chain.procurement, chain, own_id)
    after = assess(admin, chain)
    assert timeliness(before) == "A" and timeliness(after) == "D"
    assert counts(after, chain.procurement)
    assert after["inputs"]["chains_left_out"] == 0
    replay(admin, after)


@pytest.mark.parametrize("kind", ["regulator", "lender", "guarantor", None])
def test_nodes_that_count_without_a_contract(admin, chain, kind):
    """Those of nobody count; so do those whose kind vouches for them."""
    enterprise = make_enterprise(admin)
    node = make_node(admin, kind or "workflow", enterprise["id"] if kind else None)
    answer = node.client.post(
        "/v1/invoices", bodies.invoice(chain.seller["tax"], chain.buyer["tax"], net="9.00")
    )
    assert answer.status == 201, answer
    shown = assess(admin, chain)
    assert counts(shown, node) and shown["inputs"]["chains_left_out"] == 0


def test_a_copied_contract_makes_no_partner(admin, chain):
    """The stranger sends the contract's number as its own, before and after it is assessed."""
    enterprise, node = make_stranger(admin)
    copied = {
        **chain.contract_body,
        "external_id": bodies.unique("ctr"),
        "buyer": enterprise["ref"],
    }
    before = assess(admin, chain)
    copy_id = send(node, "contracts", copied)
    send_late(node, chain, copy_id)
    again = {**copied, "external_id": bodies.unique("ctr"), "revises_id": copy_id}
    send(node, "contracts", again)
    after = assess(admin, chain)
    same_outcome(before, after)
    assert after["inputs"]["chains_left_out"] == 1
    same_outcome(before, assess(admin, chain))  # the account has made nobody else a partner
    replay(admin, after)


def test_a_buyer_that_alone_reports_counts_once_its_contract_is_named(admin, chain):
    buyer, node = make_stranger(admin)
    other = send(node, "contracts", bodies.contract(chain.seller["ref"], buyer["ref"]))
    send_late(node, chain, other)
    unnamed = assess(admin, chain)
    assert (counts(unnamed, node), unnamed["inputs"]["chains_left_out"]) == (False, 1)
    assert timeliness(unnamed) == "A"
    named = assess(admin, chain, contract_ids=[other])
    assert (counts(named, node), named["inputs"]["chains_left_out"]) == (True, 0)
    assert timeliness(named) == "D"
    replay(admin, named)
    assert counts(assess(admin, chain), node)  # it has a limit account now


def test_a_buyer_that_the_seller_reports_counts(admin, chain):
    buyer, node = make_stranger(admin)
    send(chain.erp, "contracts", bodies.contract(chain.seller["ref"], buyer["ref"]))
    own = send(node, "contracts", bodies.contract(chain.seller["ref"], buyer["ref"]))
    send_late(node, chain, own)
    shown = assess(admin, chain)
    assert counts(shown, node) and timeliness(shown) == "D"


def test_a_replay_finds_what_stands_in_a_chain_that_does_not_count(admin):
    """A contract that another than its buyer reports, and a guarantee from the guarantor's ERP."""
    chain = Chain(admin)
    _, node = make_stranger(admin)
    body = chain.contract()
    chain.contract_id = send(node, "contracts", body)
    send(chain.erp, "invoices", chain.invoice())
    surety = make_node(admin, "erp", chain.guarantor["id"])
    guarantee = chain.guarantee_by_number(
        body["contract_no"], seller_uscc=chain.seller["uscc"]
    )
    send(surety, "guarantees", guarantee)
    shown = assess(admin, chain)
    assert not counts(shown, node) and not counts(shown, surety)
    assert shown["inputs"]["counts"]["guarantees"] == 1
    assert shown["inputs"]["chains_left_out"] == 2
    replay(admin, shown)


# ---- increments ----


def test_a_stranger_freezes_no_increments(world):  # noqa: F811
    """It was there first, with the number of the contract, and sends what would be rated D."""
    admin, number = world.client(), bodies.unique("HT")
    chain = Chain(admin)
    enterprise, node = make_stranger(admin)
    copied = bodies.contract(
        chain.seller["ref"],
        enterprise["ref"],
        contract_no=number,
        amount="1.00",
        signed_on=f"{world.calendar.now - timedelta(days=5):%Y-%m-%d}",
    )
    copy_id = send(node, "contracts", copied)
    world.calendar.pass_by(hours=1)
    contract = chain.contract
    chain.contract = lambda **members: contract(contract_no=number, **members)
    story = Story(world, chain)
    story.begin()
    story.report(4)
    send_late(node, chain, copy_id)
    run = story.end_month()
    assert (run["status"], run["reason"]) == ("done", "increment-granted"), run
    assert run["contract_id"] == story.contract_id
    assert money(run, "granted") == target(400000)
    assert story.account()["frozen"] is False
    shown = story.admin.get(f"/v1/credit-assessments/{run['assessment_id']}").json()
    assert timeliness(shown) == "A"
    assert shown["inputs"]["chains_left_out"] == 1
    story.calendar.pass_by(days=9)
    story.report(1)
    send_late(node, chain, copy_id)  # the earlier ones are out of the window by now
    shown = story.assess()  # on demand
    assert timeliness(shown) == "A" and shown["inputs"]["chains_left_out"] == 1
    assert shown["recommended_limit"] == str(target(500000))
