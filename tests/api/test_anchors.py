"""Anchors: ticks over all chains, put under real RFC 3161 timestamps of a local authority; what
happens while an authority misbehaves, is away, or its certificates end. The checks of trees, notes
and tokens are not the server's code: merkle.py and openssl."""
import base64
import hashlib
import os
import re
import signal
import subprocess
import time
from datetime import datetime, timedelta, timezone

import pytest

from harness import bodies, merkle, tsa
from harness.parties import make_node
from harness.peer import Hangs
from harness.server import ROOT, Server, keeps_within, seconds, wait_until
from harness.witnesses import Peer, Sealed, add_witness, remove_witness

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
    with Server(flags=["--seal-interval-ms", "100"]) as running:
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
    proof = erp.get(f"/v1/records/{record}/proof", {"Prefer": "wait=50"})
    assert proof.status == 200, proof
    return record, proof.json()["block"]


def anchors_of(client, record, name=None):
    shown = client.get(f"/v1/records/{record}/anchors").json()["anchors"]
    return [a for a in shown if name in (None, a["target"])]


def anchored(client, record, name, timeout=60):
    return wait_until(lambda: anchors_of(client, record, name), timeout, f"{name} has {record}")[0]


def newest_entry(admin, name, state):
    """The newest entry of a target, if it is in this state."""
    for tick in admin.get("/v1/anchors", order="desc", limit=20).json()["data"]:
        for entry in tick["entries"]:
            if entry["target"] == name:
                return entry["state"] == state and {"tick": tick["tick"], **entry}
    return None


def entry_of(admin, name, state, timeout=60):
    """The newest entry of a target, once it is in this state."""
    return wait_until(lambda: newest_entry(admin, name, state), timeout, f"{name} is {state}")


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
    sealed = [c for c in admin.get("/v1/chains", limit=500).json()["data"] if c["sealed_size"]]
    assert 1 <= shown["size"] <= len(sealed)
    # The note is signed by the installation's key under the name of the anchors.
    public = base64.b64decode(chain["vkey"].split("+", 2)[2])
    key_id = hashlib.sha256(origin.encode() + b"\n" + public).digest()[:4]
    vkey = f"{origin}+{key_id.hex()}+{base64.b64encode(public).decode()}"
    note = erp.get(f"/v1/anchors/{anchor['tick']}/note").body.decode()
    assert note == anchor["note"]
    merkle.verify_note(note, vkey)


def test_how_far_a_chain_is_anchored(server, erp, authority):
    admin = server.client()
    target = add_target(admin, authority)
    record, block = new_record(erp)
    anchor = anchored(erp, record, target["name"])
    node = erp.get(f"/v1/records/{record}/proof").json()["record"]["node"]
    chain = node.replace("node_", "chain_")
    answer = erp.get(f"/v1/chains/{chain}/anchors")
    assert answer.status == 200 and answer.json()["chain_id"] == chain
    reach = {a["target"]: a for a in answer.json()["anchors"]}[target["name"]]
    assert reach["tick"] >= anchor["tick"] and reach["state"] == "confirmed"
    assert reach["block_height"] >= anchor["block_height"] >= block["height"]
    there = erp.get(f"/v1/chains/{chain}/blocks/{reach['block_height']}").json()
    assert there["hash"] == reach["block_hash"]
    assert erp.get(reach["proof_href"]).status == 200
    young = make_node(admin)
    anchors = erp.get(f"/v1/chains/{young.id}/anchors").json()["anchors"]
    assert not [a for a in anchors if a["target"] == target["name"]]
    nobody = chain[:-4] + ("0000" if chain[-4:] != "0000" else "1111")
    for path, status in ((nobody, 404), ("x", 404)):
        assert erp.get(f"/v1/chains/{path}/anchors").status == status


def test_a_clock_that_was_ahead_stops_no_ticks(server, erp, authority):
    admin = server.client()
    target = add_target(admin, authority, interval_s=60)
    server.clock.shift(100 * DAY)
    record, _ = new_record(erp)
    server.clock.shift(100 * DAY + 120)  # past a tick that was made before the block
    ahead = anchored(erp, record, target["name"])
    server.clock.real()
    record, _ = new_record(erp)
    server.clock.shift(120)
    assert anchored(erp, record, target["name"])["tick"] > ahead["tick"]


def test_ticks_are_made_while_everything_hangs(server, erp, authority):
    """Authorities and witnesses that hang take all threads that call; a tick needs none of them."""
    admin = server.client()
    authority.fault = "slow"
    hangs = Hangs()
    peers = [Peer(lambda old, note: (hangs.wait(3.5), (500, b""))[1]) for _ in range(3)]
    chain, ids = Sealed(server), []

    def due(when):
        server.psql(f"UPDATE scfd.anchor_entry SET due_at = {when} WHERE state = 0;"
                    f" UPDATE scfd.witness_shown SET due_at = {when};"
                    f" UPDATE scfd.witness SET due_at = {when}")

    def tick_meanwhile():
        """Whether a target gets its entry before any call ends that hung when it was added."""
        due("now() + interval '30 minutes'")
        new_record(erp)
        wait_until(lambda: not authority.hangs.now and not hangs.now, 60, "all calls have ended")
        due("now()")
        wait_until(lambda: authority.hangs.now and hangs.now >= 2, 60, "all of them hang")

        def add():
            late = add_target(admin, authority)
            entry_of(admin, late["name"], "pending")
        others, began = [], time.monotonic()
        mine = authority.hangs.outlast(lambda: others.append(hangs.outlast(add)))
        return mine and others[0] and time.monotonic() - began < 2
    try:
        chain.grow()
        ids += [add_witness(server, peer.url, peer.cosigner.vkey) for peer in peers]
        for _ in range(3):
            add_target(admin, authority)
        chain.want(1)
        wait_until(lambda: authority.asked and sum(bool(p.asked) for p in peers) >= 2, 60,
                   "all of them are asked")
        assert any(tick_meanwhile() for _ in range(3))
    finally:
        hangs.over.set()
        chain.want(0)
        for one in ids:
            remove_witness(server, one)
        for peer in peers:
            peer.close()


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


def first_problem(entry):
    """The entry once it has a problem of its own: on a busy machine the authority may have needed
    too long for an answer before."""
    problem = entry and entry["problem"]
    return problem and not re.search("No answer.*[Tt]ime", problem) and entry


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
        return first_problem(entry_of(admin, target["name"], "pending"))
    entry = wait_until(failing, 60, "it says what is wrong")
    assert re.search(FAULTS[fault], entry["problem"]), entry
    assert entry["attempts"] >= 1 and entry["proof_href"] is None
    assert "problem" not in erp.get(f"/v1/anchors/{entry['tick']}").json()["entries"][0]
    authority.fault = None
    change(admin, target, interval_s=2)  # what is pending is due at once
    entry = entry_of(admin, target["name"], "confirmed")
    assert entry["problem"] is None and entry["attempts"] == 0



def test_a_token_of_another_maker_is_as_good(server, erp, authority):
    """What the faults `plain` and `expired` send is refused for its certificate alone."""
    admin = server.client()
    authority.fault = "resigned"
    target = add_target(admin, authority)
    record, _ = new_record(erp)
    assert anchored(erp, record, target["name"])["state"] == "confirmed"


def test_a_bare_server_hides_nothing(server, erp, authority):
    """Nodes see ticks and proofs of all; records as ever; targets are for administrators."""
    admin = server.client()
    target = add_target(admin, authority)
    record, _ = new_record(erp)
    anchor = anchored(erp, record, target["name"])
    stranger = make_node(admin).client
    assert stranger.get(f"/v1/records/{record}/anchors").status == 404
    assert stranger.get(anchor["proof_href"]).status == 200
    assert stranger.get(TARGETS).status == 403
    assert stranger.post(TARGETS, target_body(authority)).status == 403
    assert erp.get(f"/v1/anchors/{anchor['tick']}/proofs/none").status == 404
    assert erp.get("/v1/anchors/999999").status == 404
    assert erp.get("/v1/anchors/-1/note").status == 404
    tag = erp.get(anchor["proof_href"]).headers["ETag"]
    assert erp.get(anchor["proof_href"], {"If-None-Match": tag}).status == 304


def pointers(answer):
    assert answer.status == 422, answer
    return {fault["pointer"] for fault in answer.json()["errors"]}


def test_targets_are_checked(server, authority):
    admin = server.client()
    good = target_body(authority)
    assert pointers(admin.post(TARGETS, {**good, "name": "A b", "kind": "fax", "url": "ftp://x",
                                         "interval_s": 0, "surplus": 1})) == {
        "#/name", "#/kind", "#/url", "#/interval_s", "#/surplus"}
    for url in ("http://", "https://user:secret@x.example/", "http:///x", "http://x/ y"):
        assert pointers(admin.post(TARGETS, {**good, "url": url})) == {"#/url"}
    assert pointers(admin.post(TARGETS, {**good, "settings": {"policy_oid": "x"}})) == {
        "#/settings/ca_pem", "#/settings/policy_oid"}
    assert pointers(admin.post(TARGETS, {**good, "settings": {
        **good["settings"], "ca_pem": "-----BEGIN CERTIFICATE-----\n", "more": 1}})) == {
        "#/settings/ca_pem", "#/settings"}
    made = admin.post(TARGETS, good, {"Idempotency-Key": bodies.unique("key")})
    assert made.status == 201
    shown = made.json()
    assert (shown["give_up_after_s"], shown["renew_before_s"], shown["silent_after_s"]) == (
        7 * DAY, 90 * DAY, 600)
    assert admin.post(TARGETS, good).status == 409  # the name is taken
    path = made.headers["Location"]
    assert admin.patch(path, {"interval_s": 5}).status == 428
    assert admin.patch(path, {"interval_s": 5}, {"If-Match": '"0-00000000"'}).status == 412
    tag = admin.get(path).headers["ETag"]
    assert tag == made.headers["ETag"]
    assert pointers(admin.patch(path, {"name": "other"}, {"If-Match": tag})) == {"#/name"}
    assert pointers(admin.patch(path, {"settings": {}}, {"If-Match": tag})) == {
        "#/settings/ca_pem"}
    assert admin.get(TARGETS, limit=500).json()["data"][-1]["id"] == shown["id"]
    assert admin.get(TARGETS + "/anct_00000000000000000000000000").status == 404


def metric(server, name, target):
    text = server.anonymous().get("/metrics").body.decode()
    found = re.search(rf'^{name}{{target="{target}"}} (\S+)$', text, re.M)
    return float(found[1]) if found else None


def type_id(prefix, uuid):
    number, digits = int(uuid.replace("-", ""), 16), ""
    for _ in range(26):
        digits = "0123456789abcdefghjkmnpqrstvwxyz"[number % 32] + digits
        number //= 32
    return f"{prefix}_{digits}"


def events_of(server, target):
    """What the platform's feed says of a target."""
    platform = type_id("node", server.psql("SELECT platform_id FROM scfd.installation"))
    feed = server.client().feed(node_id=platform)
    return [e["type"] for e in feed if e.get("id") == target["id"]]


def test_the_alarm_of_a_silent_target(server, erp, authority):
    admin = server.client()
    authority.fault = "down"
    target = add_target(admin, authority, silent_after_s=600)
    new_record(erp)
    wait_until(lambda: entry_of(admin, target["name"], "pending")["attempts"], 10, "it tried")
    assert metric(server, "scfd_anchor_silent", target["name"]) == 0
    server.clock.shift(900)
    wait_until(lambda: events_of(server, target) == ["anchor.silent"], 10, "the alarm")
    assert metric(server, "scfd_anchor_silent", target["name"]) == 1
    assert metric(server, "scfd_anchor_lag_seconds", target["name"]) >= 890
    assert server.anonymous().get("/readyz").status == 200
    authority.fault = None
    server.clock.shift(2 * 900)
    change(admin, target, interval_s=2)  # what is pending is due at once
    wait_until(lambda: events_of(server, target) == ["anchor.silent", "anchor.recovered"], 10,
               "it recovers")
    for name in ("scfd_anchor_lag_seconds", "scfd_anchor_silent"):
        wait_until(lambda n=name: metric(server, n, target["name"]) == 0, 60, f"{name} is 0")


def test_a_retired_target_raises_nothing(server, erp, authority):
    admin = server.client()
    authority.fault = "down"
    target = add_target(admin, authority, silent_after_s=600)
    new_record(erp)
    entry_of(admin, target["name"], "pending")
    change(admin, target, active=False)
    tried = entry_of(admin, target["name"], "pending")["attempts"]
    asked = authority.asked
    server.clock.shift(DAY)
    witness = add_target(admin, authority, silent_after_s=60)  # shows that the task came round
    new_record(erp)
    entry_of(admin, witness["name"], "pending")
    server.clock.shift(DAY + 120)
    wait_until(lambda: "anchor.silent" in events_of(server, witness), 10, "the other's alarm")
    assert events_of(server, target) == []
    assert metric(server, "scfd_anchor_silent", target["name"]) == 0
    wait_until(lambda: authority.asked > asked, 60, "the other one's authority is asked")
    # One call may have been under way when it was retired.
    assert entry_of(admin, target["name"], "pending")["attempts"] <= tried + 1


def test_given_up_and_covered_again(server, erp, authority):
    admin = server.client()
    authority.fault = "down"
    target = add_target(admin, authority, interval_s=3600)
    record, _ = new_record(erp)
    first = entry_of(admin, target["name"], "pending")
    server.clock.shift(7 * DAY + 3600)
    failed = wait_until(
        lambda: [t for t in admin.get("/v1/anchors", order="desc").json()["data"]
                 for e in t["entries"] if e["target"] == target["name"] and e["state"] == "failed"],
        10, "it is given up")
    assert failed[0]["tick"] == first["tick"]
    entry_of(admin, target["name"], "pending")  # the next tick, though nothing has changed
    authority.fault = None
    server.clock.shift(7 * DAY + 7200)
    change(admin, target, interval_s=3601)  # what is pending is due at once
    anchor = anchored(erp, record, target["name"])
    assert anchor["tick"] == first["tick"] + 1


def as_days_pass(server, day, condition, what):
    """One call of an authority may end after the clock was set, and has its next turn only hours
    later: so the clock goes on, a day every four seconds."""
    for passed in range(day, day + 15):
        server.clock.shift(passed * DAY)
        next_day = time.monotonic() + 4
        while time.monotonic() < next_day:
            if result := condition():
                return result
            time.sleep(0.05)
    raise AssertionError(f"not within 15 days: {what}")


def test_renewal_before_the_certificate_ends(server, erp, authority):
    admin = server.client()
    authority.make_signer("short", "root", "tsa", 400)
    authority.make_signer("long", "root", "tsa", 4000)
    authority.signer = "short"
    try:
        target = add_target(admin, authority)
        record, _ = new_record(erp)
        anchor = anchored(erp, record, target["name"])
        end = datetime.now(timezone.utc) + timedelta(days=400)
        assert abs(at(anchor["expires_at"]) - end) < timedelta(hours=1)
        assert abs(at(entry_of(admin, target["name"], "confirmed")["due_at"]) -
                   (end - timedelta(days=90))) < timedelta(hours=1)
        first = erp.get(anchor["proof_href"]).body

        def same_signer():
            return first_problem(newest_entry(admin, target["name"], "confirmed"))
        entry = as_days_pass(server, 311, same_signer, "nothing is won by it")
        assert "ends no later" in entry["problem"]
        assert erp.get(anchor["proof_href"]).body == first
        authority.signer = "long"

        def renewed():
            entry = newest_entry(admin, target["name"], "confirmed")
            return entry and entry["expires_at"] > anchor["expires_at"] and entry
        entry = as_days_pass(server, 330, renewed, "it is renewed")
        assert entry["proven_at"] == anchor["proven_at"]
        both = erp.get(anchor["proof_href"]).body
        assert both.startswith(first) and len(both) > len(first)
        statement = erp.get(f"/v1/anchors/{anchor['tick']}/statement").body
        # The first token as before, also by a reader that takes the first of the file only; the
        # second is over statement and first token, and holds when the first one's end has come.
        late = end + timedelta(days=30)
        assert b": OK" in tsa.verify(both, statement, authority.ca_pem).stdout
        assert b": OK" not in tsa.verify(first, statement, authority.ca_pem, late).stdout
        second = both[len(first):]
        assert b": OK" in tsa.verify(second, statement + first, authority.ca_pem, late).stdout
    finally:
        authority.signer = "signer"


def algorithm(admin, name, **members):
    answer = admin.call("PUT", f"/v1/anchor-algorithms/{name}", members)
    assert answer.status == 200, answer
    return {a["name"]: a for a in answer.json()["algorithms"]}[name]


def test_renewal_before_an_algorithm_ends(server, erp, authority):
    """SHA-256 is given up: what rests on it is renewed over SHA-512, once the authority can."""
    admin = server.client()
    target = add_target(admin, authority)
    record, _ = new_record(erp)
    anchor = anchored(erp, record, target["name"])
    first = erp.get(anchor["proof_href"]).body
    statement = erp.get(f"/v1/anchors/{anchor['tick']}/statement").body
    end = datetime.now(timezone.utc) + timedelta(days=400)
    try:
        shown = algorithm(admin, "sha256", trusted_until=end.isoformat())
        assert abs(at(shown["trusted_until"]) - end) < timedelta(seconds=1)
        assert shown["proofs"] >= 1
        entry = entry_of(admin, target["name"], "confirmed")
        assert abs(at(entry["expires_at"]) - end) < timedelta(seconds=1)
        assert abs(at(entry["due_at"]) - (end - timedelta(days=90))) < timedelta(seconds=1)

        def problem(words):
            entry = newest_entry(admin, target["name"], "confirmed")
            return entry and words in (entry["problem"] or "")
        as_days_pass(server, 311, lambda: problem("refuses"), "the authority knows SHA-256 only")
        # While SHA-256 is still trusted such a one is good enough for what is new.
        other = add_target(admin, authority)
        record, _ = new_record(erp)
        fresh = anchored(erp, record, other["name"])
        change(admin, other, active=False)
        assert abs(at(fresh["expires_at"]) - end) < timedelta(seconds=1)
        # Over SHA-512, but signed with SHA-256: nothing is won.
        authority.use("sha256, sha512", "sha256")
        as_days_pass(server, 330, lambda: problem("ends no later"),
                     "the signature rests on SHA-256 too")
        assert erp.get(anchor["proof_href"]).body == first
        authority.use("sha256, sha512", "sha512")
        as_days_pass(server, 350, lambda: erp.get(anchor["proof_href"]).body != first,
                     "it is renewed")
        second = erp.get(anchor["proof_href"]).body.removeprefix(first)
        assert b": OK" in tsa.verify(second, statement + first, authority.ca_pem).stdout
        assert b": OK" not in tsa.verify(second, statement, authority.ca_pem).stdout
        assert "Hash Algorithm: sha512" in tsa.text(second)
        shown = next(e for e in admin.get(f"/v1/anchors/{anchor['tick']}").json()["entries"]
                     if e["target"] == target["name"])
        assert at(shown["expires_at"]) > end + timedelta(days=2000)
        assert shown["proven_at"] == anchor["proven_at"]
        assert algorithm(admin, "sha256")["trusted_until"] is None
    finally:
        authority.use("sha256", "sha256")
        algorithm(admin, "sha256")


def test_algorithms_are_administrators_business(server, erp):
    admin = server.client()
    path = "/v1/anchor-algorithms"
    names = [a["name"] for a in admin.get(path).json()["algorithms"]]
    assert {"sha256", "sha512", "rsa-2048", "ec-256"} <= set(names) and names == sorted(names)
    assert erp.get(path).status == erp.call("PUT", f"{path}/sha256", {}).status == 403
    for name in ("SHA256", "a", "rsa-", "rsa-123456", "rsa-02048", "ec-25x", "rsa-2048-1", "%20"):
        assert admin.call("PUT", f"{path}/{name}", {}).status == 404, name
    assert admin.call("PUT", f"{path}/rsa-8192", {}).status == 200
    for body in ({"trusted_until": "soon"}, {"trusted_until": 5}, {"until": None}):
        assert admin.call("PUT", f"{path}/sha256", body).status == 422, body


def test_what_has_expired_is_not_spoilt(server, erp, authority):
    """A token over one that was no longer good would prove nothing and make the whole file fail."""
    admin = server.client()
    target = add_target(admin, authority)
    record, _ = new_record(erp)
    anchor = anchored(erp, record, target["name"])
    first = erp.get(anchor["proof_href"]).body
    asked = authority.asked
    server.psql("UPDATE scfd.anchor_entry e SET expires_at = now() - interval '1 day',"
                " due_at = now() FROM scfd.anchor_target t WHERE t.id = e.target_id"
                f" AND t.name = '{target['name']}' AND e.tick = {anchor['tick']}")

    def told():
        entry = entry_of(admin, target["name"], "confirmed")
        return entry["problem"]
    assert "had expired" in wait_until(told, 10, "it says that it is too late")
    assert erp.get(anchor["proof_href"]).body == first and authority.asked == asked


def test_a_week_with_one_authority_dead(server, erp, authority):
    """Every record of the week is proven by the living one at once, and by the dead one when it is
    back; its next tick covers all of them."""
    admin = server.client()
    with tsa.Authority() as dead:
        dead.fault = "down"
        # Hours pass between a block and its tick as soon as the clock is set.
        living = add_target(admin, authority, interval_s=3600, silent_after_s=30 * DAY)
        gone = add_target(admin, dead, interval_s=3600)
        records, ticks = [], []
        for day in range(8):
            server.clock.shift(day * DAY)
            record, _ = new_record(erp)
            # A tick may have been made just before the block was closed: then the next is due.
            server.clock.shift(day * DAY + 7200)
            anchor = anchored(erp, record, living["name"])
            records.append(record)
            ticks.append(anchor["tick"])
            assert not anchors_of(erp, record, gone["name"])
        assert ticks == sorted(set(ticks))
        assert events_of(server, gone)[0] == "anchor.silent" and not events_of(server, living)
        # While it is away it has one tick to catch up with, not all.
        def owed():
            n = sum(e["target"] == gone["name"] and e["state"] == "pending"
                    for t in admin.get("/v1/anchors", order="desc", limit=50).json()["data"]
                    for e in t["entries"])
            assert n <= 1
            return n == 1
        wait_until(owed, 60, "one is owed")
        server.clock.shift(8 * DAY)
        last, _ = new_record(erp)
        records.append(last)
        dead.fault = None
        server.clock.shift(8 * DAY + 7200)
        change(admin, gone, interval_s=3601)  # what is pending is due at once
        anchored(erp, last, gone["name"])
        origin = erp.get(f"/v1/anchors/{ticks[0]}/statement").body.decode().splitlines()[1][7:]
        for record in records:
            check_anchor(erp, anchored(erp, record, living["name"]), origin, authority.ca_pem)
            check_anchor(erp, anchors_of(erp, record, gone["name"])[0], origin, dead.ca_pem)
        wait_until(lambda: events_of(server, gone)[-1] == "anchor.recovered", 60, "it is told")


def failed_steps(server):
    text = server.anonymous().get("/metrics").body.decode()
    name = 'scfd_anchor_steps_total{kind="rfc3161",result="failed"}'
    return sum(int(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


def test_two_instances_make_one_tick(server, erp, authority):
    """On one database: no tick is made twice, no token asked for twice, and when one is killed the
    other goes on."""
    admin = server.client()
    other = Server(database_url=server.cluster_url(), flags=["--signing-key-file",
                                                            str(server.data / "log.key")])
    other.start()
    try:
        before, failed = authority.asked, failed_steps(server) + failed_steps(other)
        target = add_target(admin, authority)
        made = []
        for _ in range(4):
            record, _ = new_record(erp)
            made.append(anchored(erp, record, target["name"])["tick"])
        entry_of(admin, target["name"], "confirmed")
        used = {t["tick"]: [e for e in t["entries"] if e["target"] == target["name"]]
                for t in admin.get("/v1/anchors", order="desc", limit=50).json()["data"]}
        used = {tick: entries for tick, entries in used.items() if entries}
        assert all(len(entries) == 1 for entries in used.values()) and set(made) <= set(used)
        # Twice is asked only what failed, for example because the answer took too long.
        again = failed_steps(server) + failed_steps(other) - failed
        assert len(used) <= authority.asked - before <= len(used) + again
        authority.fault = "slow"
        record, _ = new_record(erp)
        wait_until(lambda: authority.hangs.now, 60, "a call hangs")
        other.kill(signal.SIGKILL)
        authority.fault = None
        server.clock.shift(180)  # beyond the lease, should the killed one have had it
        assert anchored(erp, record, target["name"])
    finally:
        if other.process.poll() is None:
            other.kill(signal.SIGKILL)
        other.process = None
        other.remove()


def test_a_hanging_authority_delays_no_block(server, erp, authority):
    """With every authority hanging, a record is proven before one of the calls has ended."""
    admin = server.client()
    authority.fault = "slow"
    targets = [add_target(admin, authority) for _ in range(3)]
    new_record(erp)

    def proven_meanwhile():
        for target in targets:
            change(admin, target, interval_s=1)  # what is pending is due at once
        wait_until(lambda: authority.hangs.now, 60, "a call hangs")
        return authority.hangs.outlast(lambda: new_record(erp))
    assert any(proven_meanwhile() for _ in range(12))
    before = authority.asked
    assert keeps_within(1.5, 12, lambda: seconds(lambda: new_record(erp)))
    assert authority.asked > before


def test_the_commands_of_the_manual(server, erp, authority, tmp_path):
    """docs/anchors.md, as it stands there, on a record with later blocks in its chain."""
    admin = server.client()
    record, block = new_record(erp)
    for _ in range(2):
        newest = new_record(erp)[1]
    target = add_target(admin, authority)
    anchor = anchored(erp, record, target["name"])
    assert block["height"] < newest["height"] <= anchor["block_height"]
    manual = (ROOT / "docs" / "anchors.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^   ```sh\n(.*?)^   ```$", manual, re.M | re.S)
    assert len(blocks) == 4
    script = "set -eu\n" + re.sub(r"(?m)^   ", "", "".join(blocks))
    (tmp_path / "ca.pem").write_text(authority.ca_pem)
    env = {**os.environ, "KEY": erp.key, "URL": server.url, "RECORD": record,
           "TARGET": target["name"]}
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=env, capture_output=True,
                          text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Verification: OK" in done.stdout and "Time stamp: " in done.stdout
    (tmp_path / "ca.pem").write_text((authority.folder / "signer.pem").read_text())
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=env, capture_output=True,
                          text=True, check=False, timeout=60)
    assert done.returncode != 0
