"""Roles × routes: what each party of a tenant may read and write, and that those of another tenant,
whatever their kind, neither read, change nor learn of it."""
import json

import pytest

from harness import invariants, roles
from harness.notary import Case
from harness.parties import make_node
from harness.world import World, key


@pytest.fixture(scope="module")
def worlds(server):
    ours, other = World(server), World(server)
    for world in (ours, other):
        world.case = Case(world).until("submitted")
        world.paths |= {
            "notarization": world.case.path, "notarization steps": world.case.path + "/steps",
            "papers": world.case.path + "/documents",
            "paper": world.case.path + "/documents/clause",
        }
    answer = server.client().get(ours.paths["proof"], {"Prefer": "wait=50"})
    assert answer.status == 200, answer  # evidence can be read from then on
    ours.strangers = {f"other {n}": c for n, c in other.clients().items() if n != "admin"}
    for kind in ("workflow", "logistics", "insurer", "court"):
        ours.strangers[kind] = make_node(server.client(), kind).client
    yield ours, other
    invariants.check(server)


@pytest.mark.parametrize("name", roles.READS)
def test_who_reads(worlds, name):
    ours, _ = worlds
    readers, refusal = roles.READS[name]
    for role, client in ours.clients().items():
        expected = 200 if role in readers else roles.EXCEPTIONS.get((name, role), refusal)
        answer = client.get(ours.paths[name])
        assert answer.status == expected, (role, answer)
    for role, client in ours.strangers.items():
        answer = client.get(ours.paths[name])
        if name in roles.PUBLIC:
            assert answer.status == 200, (role, answer)
        else:
            assert answer.status in (403, 404), (role, answer)
    assert ours.server.anonymous().get(ours.paths[name]).status == 401


def test_the_table_has_every_path(worlds):
    assert set(worlds[0].paths) == set(roles.READS)


@pytest.mark.parametrize("kind", roles.LISTS)
def test_lists_of_strangers(worlds, kind):
    """Nothing in a stranger's list names what is ours."""
    ours, _ = worlds
    secrets = {
        ours.contract_id, ours.invoice_id, ours.assessment["id"], ours.receivable_id,
        ours.account_id, ours.hold_id, ours.terms_id, ours.decision_id, ours.loan_id,
        ours.repayment_id, ours.backtest_id, ours.chain.seller["id"],
    }
    for role, client in ours.strangers.items():
        for query in ({}, {"order": "desc"}):
            answer = client.get(f"/v1/{kind}", limit=500, **query)
            assert answer.status in (200, 403), (role, answer)
            text = json.dumps(answer.json())
            assert not [s for s in secrets if s in text], role
    for filtered in ("borrower_id", "contract_id", "invoice_id", "loan_id", "decision_id"):
        wanted = {
            "borrower_id": ours.chain.seller["id"], "contract_id": ours.contract_id,
            "invoice_id": ours.invoice_id, "loan_id": ours.loan_id,
            "decision_id": ours.decision_id,
        }[filtered]
        answer = ours.strangers["other lender"].get(f"/v1/{kind}", **{filtered: wanted})
        assert answer.status in (400, 403, 404) or answer.json()["data"] == [], answer


def rows(server):
    """How much there is of everything, and the balances."""
    tables = ("credit_policy", "backtest", "credit_assessment", "credit_decision",
              "limit_hold", "loan", "repayment", "receivable", "receivable_step", "limit_entry",
              "limit_run", "enforcement_notarization", "enforcement_step", "working_calendar")
    counts = ", ".join(f"(SELECT count(*) FROM scfd.{table})" for table in tables)
    return server.psql(f"SELECT {counts}")


def test_who_writes(worlds, server):
    """Whoever may not is refused, and nothing is left of it."""
    ours, _ = worlds
    for _ in range(2):  # a job of another test's may write meanwhile, but not each time
        before = rows(server)
        for what, writers, path, body in roles.writes(ours):
            everybody = {**ours.clients(), **ours.strangers}
            for role, client in everybody.items():
                if role in writers:
                    continue
                answer = client.post(path, body, key())
                assert answer.status in (403, 404, 422), (what, role, answer)
            assert server.anonymous().post(path, body, key()).status == 401
        after = rows(server)
        if after == before:
            break
    assert after == before


def test_those_who_may_are_let_through(worlds):
    """So that the test above does not pass because the bodies are bad."""
    ours, _ = worlds
    state = {"run": 409, "confirm": 409, "decision": 200}  # by what it is, not by who asks
    for what, writers, path, body in roles.writes(ours):
        for role in writers & set(ours.clients()):
            answer = ours.clients()[role].post(path, body, key())
            assert answer.status in {state.get(what), 200, 201, 202}, (what, role, answer)


def test_ids_of_other_kinds(worlds):
    """Every path with every id of ours and of others: not found, or not an id of that kind."""
    ours, other = worlds
    ids = {p.split("/")[3] for w in worlds for p in w.paths.values()}
    ids |= {ours.chain.seller["id"], ours.chain.lender.id, other.chain.bank["id"]}
    for one in {p.split("/")[3] for p in other.paths.values()}:  # what can be proven is sealed
        answer = other.lender.get(f"/v1/records/{one}/proof", {"Prefer": "wait=50"})
        assert answer.status in (200, 403, 404), (one, answer)
    for name, path in ours.paths.items():
        parts = path.split("/")
        for one in ids - {parts[3]}:
            answer = other.lender.get("/".join([*parts[:3], one, *parts[4:]]))
            theirs = one in {p.split("/")[3] for p in other.paths.values()}
            assert answer.status in ((200, 403, 404) if theirs else (403, 404)), (name, one, answer)
