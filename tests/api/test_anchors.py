"""Anchors: ticks over all chains, put under real RFC 3161 timestamps of a local authority; what
happens while an authority misbehaves, is away, or its certificates end. The checks of trees, notes
and tokens are not the server's code: merkle.py and openssl."""
import base64
import hashlib
import re
import signal
from datetime import datetime, timedelta, timezone

import pytest

from harness import bodies, merkle, tsa
from harness.parties import make_node
from harness.server import Server, wait_until

DAY = 86400
TARGETS = "/v1/anchor-targets"


def at(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def target_body(authority, **members):
    settings = {"ca_pem": authority.ca_pem, "policy_oid": tsa.POLICY}
    return {"name": bodies.unique("t").lower().replace("_", "-"), "kind": "rfc3161",
            "url": authority.url, "interval_s": 1, "settings": settings, **members}


def add_target(admin, authority, **members):
    answer = admin.post(TARGETS, target_body(authority, **members))
    assert answer.status == 201, answer
    return answer.json()


def change(admin, target, **members):
    path = f"{TARGETS}/{target['id']}"
    tag = admin.get(path).headers["ETag"]
    answer = admin.patch(path, members, {"If-Match": tag})
    assert answer.status == 200, answer
    return answer.json()


@pytest.fixture(scope="module")
def authority():
    with tsa.Authority() as running:
        yield running


@pytest.fixture(scope="module")
def server():
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def erp(server):
    return make_node(server.client()).client


@pytest.fixture(autouse=True)
def afterwards(server, authority):
    """No target of one test works on during the next."""
    yield
    authority.fault = None
    server.clock.real()
    admin = server.client()
    for target in admin.get(TARGETS, limit=500).json()["data"]:
        if target["active"]:
            change(admin, target, active=False)


def new_record(erp):
    """A record in a sealed block: its id and its block's height."""
    answer = erp.post("/v1/enterprises", bodies.enterprise())
    assert answer.status == 201, answer
    record = answer.json()["record_id"]
    proof = erp.get(f"/v1/records/{record}/proof", {"Prefer": "wait=10"})
    assert proof.status == 200, proof
    return record, proof.json()["block"]


def anchors_of(client, record, name=None):
    shown = client.get(f"/v1/records/{record}/anchors").json()["anchors"]
    return [a for a in shown if name in (None, a["target"])]


def anchored(client, record, name, timeout=15):
    return wait_until(lambda: anchors_of(client, record, name), timeout, f"{name} has {record}")[0]


def entry_of(admin, name, state, timeout=15):
    """The newest entry of a target, once it is in this state."""
    def found():
        for tick in admin.get("/v1/anchors", order="desc", limit=20).json()["data"]:
            for entry in tick["entries"]:
                if entry["target"] == name:
                    return entry["state"] == state and {"tick": tick["tick"], **entry}
        return None
    return wait_until(found, timeout, f"{name} is {state}")


def check_anchor(client, anchor, vkey_name, ca_pem, moment=None):
    """From the block's hash to the statement's root, and from the statement to the token."""
    statement = client.get(f"/v1/anchors/{anchor['tick']}/statement").body
    lines = dict(line.split(" ", 1) for line in statement.decode().splitlines()[1:])
    assert statement.startswith(b"scfd-anchor/v1\n") and lines["origin"] == vkey_name
    path = [base64.b64decode(h) for h in anchor["path"]]
    leaf = merkle.leaf_hash(bytes.fromhex(anchor["block_hash"]))
    root = merkle.root_from_inclusion(leaf, anchor["index"], int(lines["size"]), path)
    assert base64.b64encode(root).decode() == lines["root"]
    assert anchor["note"].startswith(statement.decode() + "\n")
    token = client.get(anchor["proof_href"]).body
    done = tsa.verify(token, statement, ca_pem, moment)
    assert b"Verification: OK" in done.stdout, done
    assert b"Verification: OK" not in tsa.verify(token, statement + b"x", ca_pem, moment).stdout
    return statement, token


def test_a_record_is_anchored(server, erp, authority):
    admin = server.client()
    target = add_target(admin, authority)
    record, block = new_record(erp)
    anchor = anchored(erp, record, target["name"])
    assert anchor["kind"] == "rfc3161" and anchor["state"] == "confirmed"
    assert anchor["block_height"] >= block["height"]
    assert abs(at(anchor["proven_at"]) - datetime.now(timezone.utc)) < timedelta(minutes=2)
    chain = erp.get("/v1/chains", limit=1).json()["data"][0]
    origin = chain["origin"].rsplit("/", 1)[0] + "/anchors"
    statement, _ = check_anchor(erp, anchor, origin, authority.ca_pem)
    # The leaves are the newest blocks of all chains, in order of their ids.
    shown = admin.get(f"/v1/anchors/{anchor['tick']}").json()
    assert hashlib.sha256(statement).hexdigest() == shown["statement_sha256"]
    assert shown["size"] == len([c for c in admin.get("/v1/chains", limit=500).json()["data"]
                                 if c["sealed_size"]])
    # The note is signed by the installation's key under the name of the anchors.
    public = base64.b64decode(chain["vkey"].rsplit("+", 1)[1])
    key_id = hashlib.sha256(origin.encode() + b"\n" + public).digest()[:4]
    vkey = f"{origin}+{key_id.hex()}+{base64.b64encode(public).decode()}"
    note = erp.get(f"/v1/anchors/{anchor['tick']}/note").body.decode()
    assert note == anchor["note"]
    merkle.verify_note(note, vkey)


def test_ticks_follow_each_other(server, erp, authority):
    admin = server.client()
    target = add_target(admin, authority)
    for _ in range(2):
        record, _ = new_record(erp)
        anchored(erp, record, target["name"])
    ticks = admin.get("/v1/anchors", limit=500).json()["data"]
    assert [t["tick"] for t in ticks] == list(range(len(ticks)))
    before = base64.b64encode(bytes(32)).decode()
    for tick in ticks:
        text = admin.get(f"/v1/anchors/{tick['tick']}/statement").body
        assert f"\nprev {before}\n".encode() in text
        before = base64.b64encode(hashlib.sha256(text).digest()).decode()
    page = admin.get("/v1/anchors", limit=1).json()
    rest = admin.get("/v1/anchors", limit=500, after=page["next_cursor"]).json()["data"]
    assert [t["tick"] for t in rest] == [t["tick"] for t in ticks[1:]]


def test_without_news_there_is_no_tick(server, erp, authority):
    admin = server.client()
    target = add_target(admin, authority)
    record, _ = new_record(erp)
    anchored(erp, record, target["name"])
    newest = entry_of(admin, target["name"], "confirmed")
    server.clock.shift(DAY)  # many intervals later, and the tasks have come round
    changed = new_record(erp)[0]
    anchored(erp, changed, target["name"])
    later = entry_of(admin, target["name"], "confirmed")
    assert later["tick"] == newest["tick"] + 1


FAULTS = {
    "down": "No answer", "nonce": "nonce", "imprint": "another hash", "rejection": "refuses",
    "garbage": "no timestamp response", "plain": "does not verify", "expired": "does not verify",
    "other": "does not verify", "media": "media type", "status": "HTTP status 500",
    "large": "No answer",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_and_overcome(server, erp, authority, fault):
    admin = server.client()
    authority.fault = fault
    target = add_target(admin, authority)
    new_record(erp)

    def failing():
        entry = entry_of(admin, target["name"], "pending")
        return entry["problem"] and entry
    entry = wait_until(failing, 15, "it says what is wrong")
    assert re.search(FAULTS[fault], entry["problem"]), entry
    assert entry["attempts"] >= 1 and entry["proof_href"] is None
    assert "problem" not in erp.get(f"/v1/anchors/{entry['tick']}").json()["entries"][0]
    authority.fault = None
    change(admin, target, interval_s=2)  # what is pending is due at once
    entry = entry_of(admin, target["name"], "confirmed")
    assert entry["problem"] is None and entry["attempts"] == 0

