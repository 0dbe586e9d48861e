"""Anchors at OpenTimestamps calendars: real servers of the real format with their own chain."""
import time

import pytest

from harness import bodies, ots
from harness.parties import make_node
from harness.server import Server, wait_until
from test_anchors import TARGETS, at, change, entry_of
from test_anchors_evm import new_record, problem_of


@pytest.fixture(scope="module")
def server():
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def erp(server):
    return make_node(server.client()).client


@pytest.fixture
def calendars():
    with ots.Calendar() as one, ots.Calendar() as two:
        yield one, two


@pytest.fixture(autouse=True)
def afterwards(server):
    yield
    admin = server.client()
    for target in admin.get(TARGETS, limit=500).json()["data"]:
        if target["active"]:
            change(admin, target, active=False)


def add_target(admin, one, two=None, **settings):
    if two:
        settings["calendars"] = two.url + "/"
    answer = admin.post(TARGETS, {
        "name": bodies.unique("o").lower().replace("_", "-"), "kind": "opentimestamps",
        "url": one.url, "interval_s": 3600, "settings": {"poll_s": 1, **settings}})
    assert answer.status == 201, answer
    return answer.json()


def read(admin, entry):
    """The attestations of the entry's file, read with the harness's own code."""
    answer = admin.get(entry["proof_href"])
    assert answer.status == 200 and entry["target"] in answer.headers["Content-Disposition"]
    statement = admin.get(f"/v1/anchors/{entry['tick']}/statement").body
    return ots.attestations(answer.body, ots.sha256(statement))


def test_from_promise_to_block(server, erp, calendars):
    admin = server.client()
    one, two = calendars
    target = add_target(admin, one, two, quorum=2, headers_url=one.url)
    assert target["account"] is None
    new_record(erp)
    entry = entry_of(admin, target["name"], "anchored")
    assert entry["reference"] == "2 calendars" and entry["proven_at"] is None
    promises = read(admin, entry)
    assert [tag for _, tag, _ in promises] == [ots.PENDING, ots.PENDING]
    assert [payload[1:].decode() for _, _, payload in promises] == [one.url, two.url]
    moment = int(time.time())
    header = one.mine(840000, moment)
    entry = entry_of(admin, target["name"], "confirmed")
    assert entry["reference"] == "Bitcoin block 840000"
    assert at(entry["proven_at"]).timestamp() == moment
    blocks = [(m, p) for m, tag, p in read(admin, entry) if tag == ots.BITCOIN]
    assert blocks == [(header[36:68], ots.number(840000))]
    assert entry["due_at"] is None


def test_without_headers_it_stays_anchored(server, erp, calendars):
    admin = server.client()
    one, _ = calendars
    target = add_target(admin, one)
    new_record(erp)
    entry_of(admin, target["name"], "anchored")
    header = one.mine(5, int(time.time()))
    entry = wait_until(
        lambda: (e := entry_of(admin, target["name"], "anchored")) and
        e["reference"] == "Bitcoin block 5" and e, 15, "the block is named")
    assert entry["proven_at"] is None
    assert header[36:68] in [m for m, tag, _ in read(admin, entry) if tag == ots.BITCOIN]


@pytest.mark.parametrize("fault, words", [("lie", "another Merkle root"),
                                          ("work", "not to be had")])
def test_a_block_that_is_none(server, erp, calendars, fault, words):
    admin = server.client()
    one, _ = calendars
    target = add_target(admin, one, headers_url=one.url)
    new_record(erp)
    entry_of(admin, target["name"], "anchored")
    one.fault = fault
    one.mine(7, int(time.time()))
    problem_of(admin, target["name"], words)
    assert entry_of(admin, target["name"], "anchored")["proven_at"] is None


@pytest.mark.parametrize("fault", ["down", "garbage", "large"])
def test_a_calendar_that_is_ill(server, erp, calendars, fault):
    """The other one does; where both must promise, nothing counts until they do."""
    admin = server.client()
    one, two = calendars
    two.fault = fault
    strict = add_target(admin, one, two, quorum=2)
    easy = add_target(admin, one, two)
    new_record(erp)
    problem_of(admin, strict["name"], "1 of 2 calendars took the digest, and 2 have to.")
    assert len(read(admin, entry_of(admin, easy["name"], "anchored"))) == 1
    two.fault = None
    change(admin, strict, interval_s=3601)  # what is pending is due at once
    assert len(read(admin, entry_of(admin, strict["name"], "anchored"))) == 2


def test_a_promise_cannot_send_the_server_elsewhere(server, erp, calendars):
    admin = server.client()
    one, two = calendars
    one.fault = "elsewhere"
    target = add_target(admin, one, two)
    new_record(erp)
    entry_of(admin, target["name"], "anchored")
    wait_until(lambda: two.asked, 15, "the honest one is asked")
    assert not one.asked


@pytest.mark.parametrize("settings, pointer", [
    ({"quorum": 2}, "#/settings/calendars"),
    ({"calendars": "ftp://a.example.com"}, "#/settings/calendars"),
    ({"calendars": " ".join(["https://a.example.com"] * 8)}, "#/settings/calendars"),
    ({"poll_s": 0}, "#/settings/poll_s"),
    ({"headers_url": "a"}, "#/settings/headers_url"),
])
def test_settings(server, settings, pointer):
    answer = server.client().post(TARGETS, {"name": "x", "kind": "opentimestamps",
                                            "url": "https://a.example.com", "settings": settings})
    assert answer.status == 422, answer
    assert [e["pointer"] for e in answer.json()["errors"]] == [pointer]
