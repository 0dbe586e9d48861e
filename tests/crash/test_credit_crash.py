"""Kills two instances and PostgreSQL by turns while holds, loans, repayments, steps, assessments
and increments race on one contract; afterwards every balance, claim and ledger adds up, nothing is
half written, and what was acknowledged is there."""
import os
import random
import signal
import threading
import time
from http.client import HTTPException

from harness import bodies, invariants
from harness.server import Server, wait_until
from harness.world import HASH, World, key, moment

ROUNDS = int(os.environ.get("SCFD_CRASH_CREDIT_ROUNDS", "8"))
SEED = int(os.environ.get("SCFD_CRASH_SEED", "1"))
THREADS = 8


class Lending(threading.Thread):
    """Does at random what a lender, a seller and an administrator do, at either instance."""

    def __init__(self, world, ports, seed, stop):
        super().__init__(daemon=True)
        self.world, self.ports, self.stopping = world, ports, stop
        self.source = random.Random(seed)
        self.clients, self.made, self.wrong = {}, [], []
        self.holds, self.loans, self.paid = [], [], []

    def client(self, role):
        port = self.source.choice(self.ports)
        if (role, port) not in self.clients:
            client = self.world.clients()[role].copy()
            client.port, client.timeout = port, 20
            self.clients[role, port] = client
        return self.clients[role, port]

    def run(self):
        deeds = (self.hold, self.hold, self.release, self.lend, self.use, self.repay,
                 self.reverse, self.assess, self.order, self.step, self.report)
        while not self.stopping.is_set():
            try:
                self.source.choice(deeds)()
            except (OSError, HTTPException, ValueError):
                time.sleep(0.05)  # killed meanwhile: unanswered, so nothing was promised

    def send(self, role, path, body, kept=None):
        answer = self.client(role).post(path, body, key())
        if answer.status >= 500 and answer.status != 503:
            self.wrong.append((path, answer))
        if answer.status == 201 and kept is not None:
            made = answer.json()["id"]
            kept.append((made, body))
            self.made.append(f"{path}/{made}")

    def amount(self):
        return f"{self.source.randrange(0, 3000)}.{self.source.randrange(1, 100):02}"

    def hold(self):
        amount, members = self.amount(), {}
        if self.source.random() < 0.5:
            one = self.source.choice(self.world.shared)
            members["invoices"] = [{"invoice_id": one, "amount": amount}]
        if self.source.random() < 0.3:
            members["expires_at"] = moment(-2)
        self.send("lender", "/v1/limit-holds", self.world.hold_body(amount, **members), self.holds)

    def release(self):
        if self.holds:
            made, _ = self.source.choice(self.holds)
            self.send("lender", f"/v1/limit-holds/{made}/release", {})

    def lend(self):
        self.send("lender", "/v1/loans", self.world.loan_body(self.amount()), self.loans)

    def use(self):
        if self.holds:
            made, body = self.source.choice(self.holds)
            loan = self.world.loan_body(body["amount"], hold_id=made)
            self.send("lender", "/v1/loans", loan, self.loans)

    def repay(self):
        if self.loans:
            made, body = self.source.choice(self.loans)
            amount = self.source.choice(["0.01", "50.00", body["principal"]])
            paid = self.world.repayment_body(made, amount)
            self.send("lender", "/v1/repayments", paid, self.paid)

    def reverse(self):
        if self.paid:
            made, body = self.source.choice(self.paid)
            back = self.world.repayment_body(body["loan_id"], body["amount"], reversal_of=made)
            self.send("lender", "/v1/repayments", back)

    def assess(self):
        self.send("admin", "/v1/credit-assessments", self.world.assessment_body())

    def order(self):
        """An increment too, but seldom: the first one rated D freezes what is to be raced for."""
        if self.source.random() < 0.02:
            self.send("admin", "/v1/limit-runs", {"period": bodies.days_ago(30)[:7]})

    def step(self):
        path = f"/v1/receivables/{self.world.receivable_id}/steps"
        paper = {"entries": [], "document_sha256": HASH}
        body = self.source.choice([
            {"step": "search", **paper}, {"step": "verify_invoice", "result": "normal"},
            {"step": "match", "result": "matched"},
            {"step": "dilute", "amount": "0.01", "cause": "return", "reason": "x"},
        ])
        self.send("lender", path, body)

    def report(self):
        world = self.world
        self.send("seller", "/v1/workflow-events", world.chain.event(world.contract_id))


def postmaster(server):
    try:
        return server.postmaster_pid()
    except (OSError, ValueError):
        return None  # it is just being started


def strike(victim, first, second):
    if victim == "second":
        second.kill()
        second.start()
    elif victim == "postgres":
        old = first.postmaster_pid()
        os.kill(old, signal.SIGKILL)
        wait_until(lambda: postmaster(first) not in (None, old), 30, "the cluster is started again")
    else:
        first.kill()
        wait_until(lambda: not first.cluster_pids(), 30, "the cluster follows its scfd")
        first.start()
    first.wait_ready()
    second.wait_ready()


def test_nothing_is_half_done():
    source, stop = random.Random(SEED), threading.Event()
    with Server() as first:
        signing = ["--signing-key-file", first.data / "log.key"]
        with Server(database_url=first.cluster_url(), flags=signing) as second:
            world = World(first)
            world.shared = [world.new_invoice() for _ in range(3)]
            ports = (first.port, second.port)
            threads = [Lending(world, ports, SEED * 100 + i, stop) for i in range(THREADS)]
            for thread in threads:
                thread.start()
            for _ in range(ROUNDS):
                time.sleep(source.uniform(0.8, 2))
                victim = source.choice(["second", "postgres", "first"])
                strike(victim, first, second)
                assert invariants.broken(first) == {}, victim  # also while they race
            time.sleep(1)
            stop.set()
            for thread in threads:
                thread.join(60)
                assert not thread.is_alive()
            assert [w for thread in threads for w in thread.wrong] == []
            made = [path for thread in threads for path in thread.made]
            assert len(made) > 5 * ROUNDS
            lost = [path for path in made if world.lender.get(path).status != 200]
            assert lost == []
            invariants.check(first)
