"""Every POST, PUT and PATCH of the evidence rooms with one thing wrong at a time, their paths and
queries with nonsense: an answer as described, never a fault of the server's own. The steps of a
notarization have their own (test_notarization.py)."""
import random

import pytest

from harness import bodies, mutate, tsa
from harness.parties import make_node
from harness.server import Server, scfd
from harness.tlog import Cosigner, Log
from harness.world import World, key, moment, must

COUNT = 90  # of each route; the seed is fixed, so that a failure comes again
EVM = {
    "chain_id": 11155111, "to": "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "confirmations": 3,
    "finality": 5, "stuck_after_s": 60, "poll_s": 15, "max_fee_gwei": "1.5",
    "max_priority_fee_gwei": "0.000000001",
}
OTS = {
    "calendars": "http://127.0.0.1:1/a http://127.0.0.1:1/b", "quorum": 2, "poll_s": 60,
    "headers_url": "http://127.0.0.1:1",
}


@pytest.fixture(scope="module")
def server():
    """Its own: what is named here must not be asked by other tests' servers."""
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def world(server):
    made = World(server)
    made.ca_pem = must(made.admin.post("/v1/witness/logs", log_body())) and roots()
    proof = f"/v1/records/{made.invoice_id}/proof"
    must(made.erp.get(proof, {"Prefer": "wait=50"}))  # sealed, whichever test comes first
    yield made
    done = scfd("audit", "--data", server.data)
    assert done.returncode == 0, done.stdout + done.stderr


def roots():
    with tsa.Authority() as authority:
        return authority.ca_pem


def log_body():
    log = Log(bodies.unique("log.test/"))
    return {"origin": log.origin, "vkeys": [log.vkey]}


def target(kind, settings):
    return lambda w: {
        "name": bodies.unique("m").lower(), "kind": kind, "url": "http://127.0.0.1:1/x",
        "interval_s": 600, "give_up_after_s": 3600, "renew_before_s": 3600,
        "silent_after_s": 3600, "active": False,
        "settings": settings or {"ca_pem": w.ca_pem, "policy_oid": tsa.POLICY},
    }


def change(world):
    made = must(world.admin.post("/v1/anchor-targets", target("evm", EVM)(world)))
    body = {k: v for k, v in target("evm", EVM)(world).items() if k not in ("name", "kind")}
    return f"/v1/anchor-targets/{made['id']}", body


def erasure(world):
    record = must(world.erp.post("/v1/contracts", world.chain.contract()))["id"]
    return f"/v1/records/{record}/erasure", {
        "reason": "x", "legal_basis": "court_order", "requested_by": "a court",
        "requested_at": moment(60), "reference": "1",
    }


def observation(world):
    chain = must(world.erp.get(f"/v1/chains/{world.chain.erp.id}"))
    note = world.erp.get(f"/v1/chains/{chain['id']}/checkpoint").body.decode()
    return "/v1/witness/observations", {"checkpoint": note}


def conflict(world):
    """Of a log that signed two trees of one size."""
    log = Log(bodies.unique("log.test/"))
    must(world.admin.post("/v1/witness/logs", {"origin": log.origin, "vkeys": [log.vkey]}))
    for note in (log.checkpoint(4), log.fork(2).checkpoint(4)):
        shown = must(world.admin.post("/v1/witness/observations", {"checkpoint": note}))
    return f"/v1/witness/conflicts/{shown['conflict_id']}/acknowledgement", {"reason": "x"}


CASES = {
    "timestamp authority": ("POST", lambda w: (
        "/v1/anchor-targets", target("rfc3161", None)(w))),
    "evm chain": ("POST", lambda w: ("/v1/anchor-targets", target("evm", EVM)(w))),
    "calendar": ("POST", lambda w: ("/v1/anchor-targets", target("opentimestamps", OTS)(w))),
    "target": ("PATCH", change),
    "witness": ("POST", lambda w: ("/v1/witnesses", {
        "name": "m", "url": "http://127.0.0.1:1/w", "vkey": Cosigner("w.test").vkey,
    })),
    "quorum": ("PUT", lambda w: (
        f"/v1/chains/{w.chain.erp.id}/witness-quorum", {"quorum": 0})),
    "log": ("POST", lambda w: ("/v1/witness/logs", log_body())),
    "observation": ("POST", observation),
    "acknowledgement": ("POST", conflict),
    "erasure": ("POST", erasure),
    "calendar days": ("POST", lambda w: ("/v1/working-calendars", {
        "year": 2091, "holidays": ["2091-01-01"], "workdays": ["2091-01-07"], "source": "x",
    })),
    "node": ("POST", lambda w: ("/v1/nodes", {
        "name": bodies.unique("m"), "kind": "court", "chain_suite": "sm3-sm2",
    })),
}


@pytest.mark.parametrize("name", CASES)
def test_one_thing_wrong(world, name):
    method, make = CASES[name]
    path, body = make(world)
    source = random.Random(name)
    others = [world.invoice_id, world.chain.erp.id, Log("x").vkey, Cosigner("y").vkey, world.ca_pem]
    client = world.admin.copy()
    for sent in [*mutate.mutants(body, source, COUNT, others), *mutate.broken_texts(body)]:
        headers = key()
        if method == "PATCH":
            headers["If-Match"] = client.get(path).headers["ETag"]
        answer = client.call(method, path, sent, headers)
        assert answer.status < 500, (sent[:2000], answer)


# ---- who may ----

EVERYBODY = {"observation"}  # shows what it saw


@pytest.mark.parametrize("name", CASES)
def test_who_may(world, name):
    """The body is good: the administrator, who comes last, is let through."""
    method, make = CASES[name]
    path, body = make(world)
    clients = {**world.clients(), **{k: make_node(world.admin, k).client for k in (
        "notary", "court", "insurer", "logistics", "workflow")}}
    del clients["admin"]
    assert world.server.anonymous().call(method, path, body, key()).status == 401
    for role, client in clients.items():
        answer = client.copy().call(method, path, body, {**key(), "If-Match": '"1"'})
        if name in EVERYBODY:
            assert answer.status == 200, (role, answer)
        else:
            assert answer.status in (403, 404), (role, answer)
    headers = {**key(), **({"If-Match": world.admin.get(path).headers["ETag"]}
                           if method == "PATCH" else {})}
    answer = world.admin.call(method, path, body, headers)
    assert answer.status in (200, 201), answer


@pytest.mark.parametrize("kind", ["anchor-targets", "witnesses", "witness/logs"])
def test_who_deletes_and_reads(world, kind):
    """One of each is there already: by test_who_may, or by the fixture."""
    method, make = CASES[{"anchor-targets": "evm chain", "witnesses": "witness"}.get(kind, "log")]
    path = f"/v1/{kind}/{must(world.admin.call(method, *make(world), key()))['id']}"
    for role, client in world.clients().items():
        if role != "admin":
            assert client.delete(path).status in (403, 404, 405), role
            if kind == "anchor-targets":
                assert client.get(path).status in (403, 404), role
    assert world.admin.get(path).status == 200
    assert world.server.anonymous().get(path).status == 401


def test_a_log_shows_anything(world):
    """What anybody may post, without a key: bytes cut, doubled, altered."""
    log, source = Log(bodies.unique("log.test/")), random.Random(7)
    must(world.admin.post("/v1/witness/logs", {"origin": log.origin, "vkeys": [log.vkey]}))
    good = log.body(3, 9)
    assert world.server.anonymous().post("/v1/witness/add-checkpoint", log.body(0, 3)).status == 200
    client = world.server.anonymous()
    for _ in range(300):
        body = bytearray(good)
        at, n = source.randrange(len(body)), source.choice((1, 1, 1, 7, 60))
        body[at:at + n] = source.choice((
            b"", bytes(body[at:at + n]) * 2, b"\n", b"\0", b"9" * 30, b"\xe2\x80\x94 ", b"-",
            source.randbytes(n), b"A" * 70_000,
        ))
        if bytes(body) == good:
            continue
        answer = client.post("/v1/witness/add-checkpoint", bytes(body))
        assert answer.status in (200, 400, 403, 404, 409, 413, 422), (bytes(body), answer)
        if answer.status == 200:  # only what stands behind the log's own signature was altered
            break


# ---- paths and queries ----

RECORD = ("proof", "digests", "anchors", "evidence", "preservation-certificate", "erasure")
ODD = (
    "x", "%00", "%ff%fe", "..", "%2e%2e%2f", "-1", "0", "9" * 30, "9223372036854775807",
    "9223372036854775808", "x" * 900, "%E4%B8%AD", "node_00000000000000000000000000", "1.p",
    "1.p/0", "1.p/256",
    "1.p/1/1", "x001", "x001/000", "x9223372036854775807/999", "0.p/" + "1" * 40,
)


def paths_of(world):
    """With one odd segment each."""
    chain = world.chain.erp.id
    for odd in ODD:
        for last in RECORD:
            yield f"/v1/records/{odd}/{last}"
        for kind in ("anchor-targets", "anchors", "witnesses", "witness/logs", "witness/conflicts",
                     "enforcement-notarizations", "working-calendars"):
            yield f"/v1/{kind}/{odd}"
        yield f"/v1/anchors/{odd}/statement"
        yield f"/v1/anchors/1/proofs/{odd}"
        yield f"/v1/chains/{odd}/tile/0/0"
        for rest in (f"tile/{odd}", f"tile/{odd}/0", f"tile/0/{odd}", f"tile/entries/{odd}",
                     f"tile/1/{odd}", f"tile/63/{odd}", f"blocks/{odd}"):
            yield f"/v1/chains/{chain}/{rest}"
        yield f"/v1/enforcement-notarizations/{odd}/documents/notice"


def test_odd_paths(world):
    client = world.admin.copy()
    for path in paths_of(world):
        answer = client.get(path)
        assert 400 <= answer.status < 500 or answer.status == 200, (path, answer)


@pytest.mark.parametrize("query", [
    "limit=0", "limit=501", "limit=x", "limit=99999999999999999999", "after=x", "after=", "order=x",
    "lang=xx", "limit=1&limit=2", "%00=1", "a=b", "after=" + "A" * 500, "year=-1", "year=99999",
    "year=0", "state=", "loan_id=x", "timestamp=", "timestamp=x", "timestamp=none&timestamp=none",
    "from=1&to=0", "from=-1&to=1", "from=0&to=9223372036854775807", "witnessed=x", "witnessed=true",
])
def test_odd_queries(world, query):
    client, record, chain = world.admin.copy(), world.invoice_id, world.chain.erp.id
    for path in (
        *(f"/v1/records/{record}/{last}" for last in RECORD if last != "erasure"),
        "/v1/anchor-targets", "/v1/anchors", "/v1/witnesses", "/v1/witness/logs", "/v1/witness",
        "/v1/witness/conflicts", "/v1/enforcement-notarizations", "/v1/working-calendars",
        f"/v1/chains/{chain}/tile/0/0.p/1", f"/v1/chains/{chain}/tile/entries/0.p/1",
        f"/v1/chains/{chain}/checkpoint", f"/v1/chains/{chain}/consistency",
    ):
        answer = client.get(f"{path}?{query}")
        assert answer.status in (200, 400, 404), (path, answer)


@pytest.mark.parametrize("headers", [
    {"Prefer": "wait=99999999999999999999"}, {"Prefer": "wait=-1"}, {"Prefer": "wait=x, wait=2"},
    {"If-None-Match": '"' + "x" * 5000 + '"'}, {"If-None-Match": "*"}, {"If-None-Match": '"'},
    {"Accept": "x/y;q=z"}, {"Accept-Encoding": "gzip, *;q=0"}, {"Range": "bytes=0-1"},
    {"Content-Type": "multipart/form-data; boundary=x"},
])
def test_odd_headers(world, headers):
    client = world.admin.copy()
    for last in RECORD[:-1]:
        answer = client.get(f"/v1/records/{world.invoice_id}/{last}", headers)
        assert answer.status in (200, 304, 400, 406, 431), (last, answer)


def test_other_media_types(world):
    client, stranger = world.admin.copy(), make_node(world.admin, "erp").client
    for path in ("/v1/anchor-targets", "/v1/witnesses", "/v1/witness/logs",
                 "/v1/witness/observations", "/v1/working-calendars",
                 "/v1/enforcement-notarizations/preflight"):
        for media in ("text/plain", "application/x-ndjson", "application/json; charset=gbk", "x",
                      ""):
            for who in (client, stranger):
                answer = who.post(path, b"{}", {"Content-Type": media})
                assert answer.status in (400, 403, 415, 422), (path, media, answer)
