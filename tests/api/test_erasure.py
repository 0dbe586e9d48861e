"""Erasing the body of a record: nothing of it is left, and everything else still holds."""
import json
import subprocess
import threading
from datetime import datetime, timedelta, timezone
from http.client import HTTPException

import pytest

from harness import bodies, markers
from harness.notary import Case
from harness.parties import Chain, make_node
from harness.server import Server, scfd, wait_until
from harness.world import World, key

WORD = "Zq7Marke"


def order(**members):
    return {
        "reason": "the sender took it back",
        "legal_basis": "sender_request",
        "requested_by": "Compliance",
        "requested_at": bodies.hours_ago(1),
        **members,
    }


COURT = order(legal_basis="court_order", reference="(2026)浙01民初1号", requested_by="杭州中院")


def erase(admin, record_id, status=201, **members):
    answer = admin.post(f"/v1/records/{record_id}/erasure", order(**members))
    assert answer.status == status, answer
    return answer.json()


def proof(client, record_id):
    got = client.get(f"/v1/records/{record_id}/proof", headers={"Prefer": "wait=50"})
    assert got.status == 200, got
    return got.json()


def verifies(tmp_path, document, body=None):
    (tmp_path / "proof.json").write_text(json.dumps(document))
    command = ["verify", tmp_path / "proof.json", "--key", document["vkey"]]
    if body is not None:
        (tmp_path / "body").write_bytes(body)
        command += ["--body", tmp_path / "body"]
    return scfd(*command).returncode


def wait_swept(server):
    wait_until(
        lambda: server.psql("SELECT count(*) FROM scfd.erasure WHERE swept_at IS NULL") == "0",
        90,
        "the old row versions are vacuumed away",
    )


def audit(server):
    done = scfd("audit", "--deep", "--json", "--data", server.data)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module", name="own")
def fixture_own():
    with Server() as running:
        yield running


def everything(chain):
    """One body of each kind, as it goes without marks: who sends it, and what."""
    stub = {"uscc": bodies.uscc(), "name": "x"}
    seller = {"enterprise_id": chain.seller["id"]}
    number = WORD + bodies.unique("HT")
    contract = bodies.contract(seller, stub, contract_no=number)
    event = chain.event(None, contract_no=number, seller_uscc=chain.seller["uscc"])
    del event["contract_id"]
    return {
        "enterprises": (chain.erp.client, bodies.enterprise()),
        "contracts": (chain.erp.client, contract),
        "workflow-events": (chain.erp.client, event),
        "invoices": (chain.erp.client, chain.invoice()),
        "guarantees": (
            chain.surety.client,
            chain.guarantee_by_number(
                number,
                seller_uscc=chain.seller["uscc"],
                collateral=[{"description": "x", "owner_id": chain.seller["id"]}],
            ),
        ),
    }


LEAST = {
    "enterprises": 20, "contracts": 18, "workflow-events": 15, "invoices": 15, "guarantees": 16
}


def test_nothing_of_any_kind_is_left_in_the_database(own, tmp_path):
    chain = Chain(own.client())
    sent, kept, marks = {}, {}, set()
    for kind, (client, base) in everything(chain).items():
        record_id, body, found = markers.send(client, kind, base, WORD)
        assert len(found) >= LEAST[kind], (kind, len(found))
        marks |= set(found.values())
        kept[record_id] = proof(client, record_id)
        raw = client.get(f"/v1/records/{record_id}/body").body
        assert verifies(tmp_path, kept[record_id], raw) == 0
        sent[record_id] = (client, kind, body, raw)
    wait_until(
        lambda: own.psql(
            "SELECT count(*) FROM scfd.chain c LEFT JOIN scfd.rollup_cursor r ON r.chain_id = c.id"
            " WHERE c.size > coalesce(r.folded_size, 0)"
        ) == "0",
        20,
        "every chain is folded",
    )
    dump = dump_of(own)
    assert dump.count(WORD) > 20, "the marks are there before"
    digests = [kept[one]["record"]["body_sha256"] for one in sent]
    assert all(digest in dump for digest in digests)
    for record_id in sent:
        erase(own.client(), record_id)
    dump = dump_of(own)
    assert WORD not in dump
    for mark in marks:
        assert mark not in dump
    assert not any(digest in dump for digest in digests)
    assert not any(kept[one]["record"]["salt"] in dump for one in sent)
    for record_id, (client, kind, body, raw) in sent.items():
        # What somebody kept still verifies, and the record says what became of it.
        assert verifies(tmp_path, kept[record_id], raw) == 0
        told = client.get(f"/v1/records/{record_id}").json()
        assert told["erased"] is True and "sha256" not in told
        erasure = client.get(f"/v1/records/{told['erasure']['id']}/body").json()
        assert erasure["record"]["leaf_hash"] == kept[record_id]["leaf_hash"]
        assert client.get(f"/v1/records/{record_id}/body").status == 410
        now = proof(client, record_id)
        assert now["record"]["erased"] is True and now["leaf_text"] is None
        assert now["leaf_hash"] == kept[record_id]["leaf_hash"]
        again = client.post(f"/v1/{kind}", body)
        assert again.status == 409 and again.json()["code"] == "record-erased"
        assert again.json()["existing_id"] == record_id
        sha256 = kept[record_id]["record"]["body_sha256"]
        assert client.get("/v1/records", sha256=sha256).json()["data"] == []
    wait_swept(own)
    audit(own)


def dump_of(server):
    done = subprocess.run(
        ["pg_dump", "--dbname", server.cluster_url()], capture_output=True, text=True, check=True
    )
    hexed = done.stdout
    for line in set(part for part in done.stdout.split("\\\\x")[1:]):
        digits = line.split("\t", 1)[0].split("\n", 1)[0]
        try:
            hexed += bytes.fromhex(digits).decode("utf-8", "replace") + "\n"
        except ValueError:
            pass
    return hexed


# ---- who may, and what for ----


@pytest.fixture(scope="module", name="world")
def fixture_world(own):
    return World(own)


def test_a_request_is_checked(own):
    admin, chain = own.client(), Chain(own.client())
    record_id = chain.erp.client.post("/v1/invoices", chain.invoice()).json()["id"]
    path = f"/v1/records/{record_id}/erasure"
    for client in (chain.erp.client, chain.lender.client, make_node(admin, "regulator").client):
        assert client.post(path, order()).status == 403
    later = (datetime.now(timezone.utc) + timedelta(hours=1)).isoformat()
    for wrong, pointer in (
        ({"legal_basis": "curiosity"}, "#/legal_basis"),
        ({"legal_basis": "court_order"}, "#/reference"),
        ({"requested_at": later}, "#/requested_at"),
        ({"reason": "  "}, "#/reason"),
        ({"who": "x"}, "#/who"),
    ):
        refused = admin.post(path, order(**wrong))
        assert refused.status == 422, refused
        assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]
    other = record_id.replace("inv_", "ctr_")
    assert admin.post(f"/v1/records/{other}/erasure", order()).status == 404
    policy = admin.get("/v1/credit-policies/default/1").json()["id"]
    refused = admin.post(f"/v1/records/{policy}/erasure", COURT)
    assert refused.status == 409 and refused.json()["code"] == "wrong-state"
    assert chain.erp.client.get(f"/v1/records/{record_id}/body").status == 200

    # Once with a key, again with the key, and again without: one erasure.
    key = {"Idempotency-Key": bodies.unique("key")}
    body = order()
    first = admin.post(path, body, key)
    assert first.status == 201
    again = admin.post(path, body, key)
    assert again.json() == first.json() and again.headers["Idempotent-Replayed"] == "true"
    third = admin.post(path, order(reason="another one"))
    assert third.status == 200 and third.json() == first.json()
    events = chain.erp.client.get("/v1/events", limit="500").json()["data"]
    told = [one for one in events if one["type"] == "record.erased"]
    assert [one["id"] for one in told] == [first.json()["id"]]
    assert told[0]["href"] == f"/v1/records/{told[0]['id']}"
    assert chain.erp.client.get(told[0]["href"] + "/body").json() == first.json()


def test_two_erase_at_once(own):
    chain = Chain(own.client())
    for _ in range(4):
        record_id = chain.erp.client.post("/v1/invoices", chain.invoice()).json()["id"]
        answers = []

        def run(target=record_id, into=answers):
            into.append(own.client().post(f"/v1/records/{target}/erasure", order()))

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(one.status for one in answers) == [200, 200, 200, 201]
        assert len({one.json()["id"] for one in answers}) == 1
    # A key that was used for the record is forgotten with it: the answer quoted its digest.
    key = {"Idempotency-Key": bodies.unique("key")}
    body = chain.invoice()
    record_id = chain.erp.client.post("/v1/invoices", body, key).json()["id"]
    erase(own.client(), record_id)
    assert chain.erp.client.post("/v1/invoices", body, key).json()["code"] == "record-erased"
    lines = chain.erp.client.bulk("invoices", [body, chain.invoice()]).lines()
    assert [one["status"] for one in lines if "status" in one] == [409, 201]


def test_evidence_is_kept_while_it_is_needed(own, world):
    admin = own.client()
    contract = world.contract_id
    guarantee = world.surety.get("/v1/guarantees").json()["data"][0]["id"]
    event = world.erp.get("/v1/workflow-events").json()["data"][0]["id"]
    for record_id in (contract, guarantee, event, world.invoice_id):
        refused = admin.post(f"/v1/records/{record_id}/erasure", order())
        assert refused.status == 409 and refused.json()["code"] == "retention-duty"
        assert refused.json()["rule"] == "open-loan"
        assert refused.json()["holder_id"] == world.loan_id
    # An invoice that nobody has financed, of no contract, is free; one that is offered is not.
    alone = must_post(world.erp, world.chain.invoice())
    lone = {**world.receivable_body, "invoice_id": alone}
    lone.pop("contract_id")
    made = world.erp.post("/v1/receivables", lone, {"Idempotency-Key": bodies.unique("key")})
    assert made.status == 201, made
    refused = admin.post(f"/v1/records/{alone}/erasure", order())
    assert refused.json()["rule"] == "open-receivable"
    assert refused.json()["holder_id"] == made.json()["id"]
    erase(admin, must_post(world.erp, world.chain.invoice()))


def test_a_notarization_keeps_the_contract_while_it_goes_on(own):
    admin, world = own.client(), World(own)
    case = Case(world)
    other = world.erp.post("/v1/contracts", world.chain.contract()).json()["id"]
    world.assess(contract_ids=[other])  # the lender sees the contract
    event = world.erp.post("/v1/workflow-events", world.chain.event(other)).json()["id"]
    case.body["contract_id"] = other
    case.draft()
    for record_id in (other, event):
        refused = admin.post(f"/v1/records/{record_id}/erasure", order())
        assert refused.status == 409 and refused.json()["code"] == "retention-duty", refused
        assert refused.json()["rule"] == "open-notarization"
        assert refused.json()["holder_id"] == case.id
    case.until("accepted")
    case.take("notary", "terminate", "terminated", reason="撤回")
    erase(admin, event)
    erase(admin, other)
    assert case.get()["state"] == "terminated"
    # Nothing rests on what is gone.
    case.draft(422)
    audit(own)


def test_a_contract_is_erased_or_notarized(own):
    """Of both at once one is refused."""
    admin, world = own.client(), World(own)
    for _ in range(6):
        case = Case(world)
        contract = world.erp.post("/v1/contracts", world.chain.contract()).json()["id"]
        world.assess(contract_ids=[contract])
        case.body["contract_id"] = contract
        answers = {}

        def draft(case=case, into=answers):
            into["draft"] = world.lender.copy().post(
                "/v1/enforcement-notarizations", case.body, key()
            ).status

        def go(contract=contract, into=answers):
            into["erase"] = admin.copy().post(f"/v1/records/{contract}/erasure", order()).status

        threads = [threading.Thread(target=one) for one in (draft, go)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers in ({"draft": 201, "erase": 409}, {"draft": 422, "erase": 201}), answers


def must_post(client, body):
    answer = client.post("/v1/invoices", body)
    assert answer.status == 201, answer
    return answer.json()["id"]


def test_a_court_order_erases_it_all_the_same_and_everything_still_works(own, world, tmp_path):
    admin = own.client()
    shown = admin.get(f"/v1/credit-assessments/{world.assessment['id']}").json()
    replayed = admin.post(
        f"/v1/credit-assessments/{shown['id']}/replay", None, {"Prefer": "wait=50"}
    )
    assert replayed.status == 200 and replayed.json()["matches"] is True
    sent = world.erp.get("/v1/invoices").json()["data"]
    others = [one["id"] for one in sent if not one["erased"]]
    before = {one: proof(world.erp, one) for one in others}
    events = [one["id"] for one in world.erp.get("/v1/workflow-events").json()["data"]]
    guarantees = [one["id"] for one in world.surety.get("/v1/guarantees").json()["data"]]
    for record_id in (world.contract_id, world.hold_invoice_id, events[0], guarantees[0]):
        erase(admin, record_id, **COURT)
    for name, path in world.paths.items():
        answer = admin.get(path)
        assert answer.status == 200, (name, answer)
    for client in (world.erp, world.surety, admin):
        for kind in ("contracts", "workflow-events", "invoices", "guarantees"):
            listed = client.get(f"/v1/{kind}", limit="100")
            assert listed.status == 200
            for one in listed.json()["data"]:
                assert ("content" in one) != one["erased"] == ("erasure" in one)
    for one in others:
        now = proof(world.erp, one)
        assert now == before[one] or one == world.hold_invoice_id
        assert verifies(tmp_path, before[one]) == 0
    # Computed again: the server says what it cannot find any more, and does not fail.
    again = admin.post(
        f"/v1/credit-assessments/{shown['id']}/replay", None, {"Prefer": "wait=50"}
    )
    assert again.status == 200 and again.json()["faults"] == [], again.json()["faults"]
    assert world.assess()["status"] == "succeeded"
    # What was erased cannot be financed again.
    hold = world.lender.post(
        "/v1/limit-holds",
        world.hold_body(invoices=[{"invoice_id": world.hold_invoice_id, "amount": "1.00"}]),
        {"Idempotency-Key": bodies.unique("key")},
    )
    assert hold.status in (409, 422), hold
    # The loan is paid back as ever.
    paid = world.lender.post(
        "/v1/repayments", world.repayment_body(world.loan_id),
        {"Idempotency-Key": bodies.unique("key")},
    )
    assert paid.status == 201, paid
    audit(own)


def test_a_profile_is_a_name_in_other_records_again(own):
    admin = own.client()
    body = bodies.enterprise(name=WORD + "Firma")
    enterprise = admin.post("/v1/enterprises", body).json()["id"]
    record = own.psql(
        "SELECT profile_record_id FROM scfd.enterprise WHERE code = '%s'" % body["uscc"]
    )
    found = [
        one for one in admin.get("/v1/records", sha256=sha256_of(body)).json()["data"]
    ]
    assert record and len(found) == 1
    erase(admin, found[0]["id"])
    shown = admin.get(f"/v1/enterprises/{enterprise}").json()
    assert shown["name"] == body["uscc"] and "legal_representative" not in json.dumps(shown)
    assert admin.post("/v1/enterprises", {**body, "external_id": bodies.unique()}).status == 201
    assert admin.get(f"/v1/enterprises/{enterprise}").json()["name"] == body["name"]


def sha256_of(body):
    import hashlib

    from harness.client import encode

    return hashlib.sha256(encode(body)).hexdigest()


def test_erased_while_it_is_read(own):
    """Assessments, lists and folding go on while records vanish under them."""
    chain, admin = Chain(own.client()), own.client()
    contract = chain.erp.client.post("/v1/contracts", chain.contract()).json()["id"]
    invoices = [
        must_post(chain.erp.client, chain.invoice(contract_ids=[contract])) for _ in range(12)
    ]
    wrong, over = [], threading.Event()

    def read():
        client = own.client()
        while not over.is_set():
            answer = client.post(
                "/v1/credit-assessments",
                {"borrower_id": chain.seller["id"], "contract_ids": [contract],
                 "kind": "initial", "lender_ids": [chain.lender.id]},
                {"Prefer": "wait=50"},
            )
            view = client.get(f"/v1/contracts/{contract}/findings")
            if answer.status not in (200, 201, 202) or view.status != 200:
                wrong.append((answer, view))

    thread = threading.Thread(target=read)
    thread.start()
    for record_id in invoices:
        erase(admin, record_id)
    over.set()
    thread.join()
    assert not wrong
    assert own.psql(
        "SELECT count(*) FROM scfd.trade_fact f JOIN scfd.erasure e USING (record_id)"
        " WHERE f.detail IS NOT NULL OR f.body_sha256 IS NOT NULL"
    ) == "0"


class Session:
    """A psql that goes on."""

    def __init__(self, server):
        self.process = subprocess.Popen(
            ["psql", "-XAtq", server.cluster_url()], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True,
        )

    def say(self, sql):
        """One row back."""
        self.process.stdin.write(sql + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


def test_the_sweep_waits_for_a_transaction_without_a_snapshot(own):
    """It has a number, and that alone keeps old row versions from being removed: of what was erased
    after it began, and of nothing else."""
    chain = Chain(own.client())
    older = must_post(chain.erp.client, chain.invoice(remarks="Vw6Alt" * 3))
    younger = must_post(chain.erp.client, chain.invoice(remarks="Vw6Neu" * 3))
    wait_until(lambda: count_folded(own), 20, "folded")
    begin = "BEGIN; SELECT pg_current_xact_id() IS NOT NULL;"
    held_back = (
        "SELECT count(*) FROM scfd.job_run WHERE kind = 'erasure-sweep' AND result = 'retry'"
        " AND started_at > (SELECT max(erased_at) FROM scfd.erasure)"
    )
    newest_swept = (
        "SELECT swept_at IS NOT NULL FROM scfd.erasure ORDER BY erased_at DESC LIMIT 1 OFFSET "
    )
    first, second = Session(own), Session(own)
    try:
        assert first.say(begin) == "t"
        erase(own.client(), older)
        wait_until(lambda: own.psql(held_back) != "0", 60, "the sweep has looked")
        assert own.psql(newest_swept + "0") == "f"
        assert second.say(begin) == "t"
        erase(own.client(), younger)
        assert first.say("COMMIT; SELECT 1;") == "1"
        wait_until(lambda: own.psql(newest_swept + "1") == "t", 60, "the older one is swept")
        assert own.psql(newest_swept + "0") == "f"
        assert second.say("COMMIT; SELECT 1;") == "1"
        wait_swept(own)
    finally:
        first.end()
        second.end()


def test_killed_in_the_middle(own):
    """All of an erasure or nothing: the body is gone, but not yet the word of it in the chain."""
    chain = Chain(own.client())
    record_id = must_post(chain.erp.client, chain.invoice(remarks="Yx4Mitte"))
    client = own.client(chain.erp.key)
    before = proof(client, record_id)
    wait_swept(own)  # or the sweep of what was erased before waits for the lock as well
    session = Session(own)

    def ask():
        try:
            erase(own.client(), record_id)
        except (OSError, HTTPException):
            pass  # killed while it was answering

    thread = threading.Thread(target=ask)
    try:
        assert session.say("BEGIN; LOCK scfd.erasure IN SHARE MODE; SELECT 1;") == "1"
        thread.start()
        waits = (
            "SELECT count(*) FROM pg_locks"
            " WHERE NOT granted AND relation = 'scfd.erasure'::regclass"
        )
        wait_until(lambda: own.psql(waits) == "1", 20, "the erasure waits")
        own.kill()
        thread.join()
    finally:
        session.end()
    wait_until(lambda: not own.cluster_pids(), 30, "the cluster follows its scfd")
    own.start()
    assert proof(client, record_id) == before
    assert b"Yx4Mitte" in client.get(f"/v1/records/{record_id}/body").body
    audit(own)
    erase(own.client(), record_id)
    assert client.get(f"/v1/records/{record_id}/body").status == 410
    wait_swept(own)
    audit(own)


def test_a_loaded_dump_has_nothing_to_wait_for(own):
    """The numbers of its erasures are those of the cluster where they were made."""
    chain = Chain(own.client())
    erase(own.client(), must_post(chain.erp.client, chain.invoice()))
    wait_swept(own)
    own.psql(
        "UPDATE scfd.erasure SET swept_at = NULL, xact = '4000000000000'"
        " WHERE erased_at = (SELECT max(erased_at) FROM scfd.erasure)"
    )
    erase(own.client(), must_post(chain.erp.client, chain.invoice()))
    wait_swept(own)


def test_what_the_files_hold(own):
    """A vacuum lets go of what was erased; where a page keeps it as slack, a rewrite does not."""
    chain = Chain(own.client())
    small = must_post(chain.erp.client, chain.invoice(remarks="Qk9Schlacke" * 3))
    large = must_post(chain.erp.client, chain.invoice(remarks=noise("Qk9Gross")))
    wait_until(lambda: count_folded(own), 20, "folded")
    own.psql("CHECKPOINT")
    assert files_with(own, b"Qk9"), "it is in the files before"
    erase(own.client(), small)
    erase(own.client(), large)
    wait_swept(own)
    own.psql("VACUUM FULL scfd.record")
    own.psql("VACUUM FULL scfd.trade_fact")
    own.psql("CHECKPOINT")
    assert files_with(own, b"Qk9") == []


def count_folded(server):
    return server.psql(
        "SELECT count(*) FROM scfd.chain c LEFT JOIN scfd.rollup_cursor r ON r.chain_id = c.id"
        " WHERE c.size > coalesce(r.folded_size, 0)"
    ) == "0"


def noise(word):
    """Text that does not compress, so that files hold it as it is."""
    import random

    source = random.Random(7)
    return "".join(word + source.choice("abcdefghijk") + str(source.random()) for _ in range(60))


def files_with(server, word):
    """Data files, but for the write-ahead log, in which a text stands."""
    done = subprocess.run(
        ["grep", "-rlaF", "--exclude-dir=pg_wal", word.decode(), str(server.data / "pg")],
        capture_output=True, text=True, check=False,
    )
    return done.stdout.splitlines()


def test_the_largest_body(own):
    chain = Chain(own.client())
    body = chain.invoice()
    first = body["lines"][0]
    # About two megabytes in lines that add up to what the one line says.
    zero = {**first, "quantity": "1", "unit_price": "0", "amount": "0", "tax_amount": "0",
            "goods_name": "Wq3Lang" + "x" * 280}
    body["lines"] = [first] + [{**zero, "line_no": n} for n in range(2, 2000)]
    answer = chain.erp.client.post("/v1/invoices", body)
    if answer.status != 201:
        pytest.fail(str(answer))
    erase(own.client(), answer.json()["id"])
    left = "SELECT count(*) FROM scfd.record WHERE encode(body, 'escape') LIKE '%Wq3Lang%'"
    assert own.psql(left) == "0"
