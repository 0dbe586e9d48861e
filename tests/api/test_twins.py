"""The same request at two instances of one database at the same moment: however they meet, it is
done once, and nobody is refused what his own request took."""
import random
import threading
from decimal import Decimal

import pytest

from harness import bodies, invariants
from harness.server import Server
from harness.world import World, key

ROUNDS = 12


def second_of(first):
    """All instances of a database sign with the same key."""
    log_key = first.data / "log.key"
    return Server(database_url=first.cluster_url(), flags=["--signing-key-file", log_key])


@pytest.fixture(scope="module")
def pair():
    """A world, and clients of its lender by turns at either instance."""
    with Server() as first, second_of(first) as second:
        world = World(first)
        world.twins = [world.lender.copy() for _ in range(4)]
        for i, client in enumerate(world.twins):
            client.port = (first.port, second.port)[i % 2]
        yield world
        invariants.check(first)


def at_once(clients, path, body, one_key):
    """The answers that are not "still running"."""
    shared, answers, start = key(), [], threading.Barrier(len(clients))

    def send(client):
        start.wait()
        answers.append(client.post(path, body, shared if one_key else key()))

    threads = [threading.Thread(target=send, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [a for a in answers if a.json().get("code") != "idempotency-in-flight"]


def the_one(answers):
    assert answers and all(a.status in (200, 201) for a in answers), answers
    (made,) = {a.json()["id"] for a in answers}
    return made


def room(world):
    return world.erp.get(world.paths["account"]).json()["available"]


@pytest.mark.parametrize("one_key", [True, False])
def test_a_hold_of_all_there_is(pair, one_key):
    """One of them waits for the other's locks, and finds nothing left: it took it itself."""
    for _ in range(ROUNDS):
        body = pair.hold_body(room(pair))
        made = the_one(at_once(pair.twins, "/v1/limit-holds", body, one_key))
        assert Decimal(room(pair)) == 0
        assert pair.lender.post(f"/v1/limit-holds/{made}/release", {}).status == 200


@pytest.mark.parametrize("one_key", [True, False])
def test_a_hold_of_a_whole_invoice(pair, one_key):
    for _ in range(ROUNDS):
        claims = [{"invoice_id": pair.new_invoice(), "amount": "113000.00"}]
        body = pair.hold_body("1.00", invoices=claims)
        made = the_one(at_once(pair.twins, "/v1/limit-holds", body, one_key))
        assert pair.lender.post(f"/v1/limit-holds/{made}/release", {}).status == 200


def test_two_holds_of_all_there_is_are_two(pair):
    """Another hold is still refused, and says so."""
    bodies_ = [pair.hold_body(room(pair)) for _ in pair.twins]
    answers, start = [], threading.Barrier(len(bodies_))

    def send(client, body):
        start.wait()
        answers.append(client.post("/v1/limit-holds", body, key()))

    threads = [threading.Thread(target=send, args=both) for both in zip(pair.twins, bodies_)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(a.status for a in answers) == [201, 409, 409, 409]
    assert {a.json().get("code") for a in answers} == {None, "limit-exceeded"}
    (made,) = [a.json()["id"] for a in answers if a.status == 201]
    assert pair.lender.post(f"/v1/limit-holds/{made}/release", {}).status == 200


@pytest.mark.parametrize("one_key", [True, False])
def test_a_loan_from_a_hold_and_its_repayment(pair, one_key):
    for _ in range(ROUNDS // 3):
        amount = f"{random.randint(1, 9)}.00"
        made = pair.lender.post("/v1/limit-holds", pair.hold_body(amount), key()).json()["id"]
        day = bodies.days_ago(0)  # also if midnight comes in between
        body = pair.loan_body(amount, hold_id=made, value_date=day)
        loan = the_one(at_once(pair.twins, "/v1/loans", body, one_key))
        body = pair.repayment_body(loan, amount, value_date=day)
        the_one(at_once(pair.twins, "/v1/repayments", body, one_key))
        assert pair.lender.get(f"/v1/loans/{loan}").json()["status"] == "settled"


def test_terms(pair):
    body = {**pair.terms_body, "external_id": bodies.unique("terms")}
    the_one(at_once(pair.twins, "/v1/lender-terms", body, True))
