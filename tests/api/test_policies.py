"""Credit policies: made with notice, never changed, each a record; refusals name every fault."""
import copy
import hashlib
import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from harness import bodies
from harness.parties import make_node
from harness.server import Server, wait_until

POLICIES = "/v1/credit-policies"


@pytest.fixture(scope="module")
def server():
    """A server of its own: a policy that takes effect changes every limit."""
    with Server() as running:
        yield running


@pytest.fixture
def admin(server):
    return server.client()


@pytest.fixture
def params(admin):
    return json.loads(admin.get(f"{POLICIES}/default/1").json()["text"])


def ahead(seconds):
    moment = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


slots = itertools.count(1000, 10)


def body(params, **members):
    """A shadow policy of a code of its own; by default in force for a second that is its alone."""
    code, slot = bodies.unique("p").lower(), next(slots)
    ours = {"code": code, "version": "1", "role": "shadow", "params": params}
    if not {"role", "effective_from"} & set(members):
        ours |= {"effective_from": ahead(slot), "effective_until": ahead(slot + 1)}
    return ours | members


def faults(answer):
    assert answer.status == 422, answer
    return {fault["pointer"]: fault["code"] for fault in answer.json()["errors"]}


def test_the_first_policy_came_with_the_schema_and_is_a_record(admin):
    shown = admin.get(f"{POLICIES}/default/1").json()
    assert shown["role"] == "live" and shown["effective_from"] == "1970-01-01T00:00:00.000000Z"
    assert shown["sha256"] == hashlib.sha256(shown["text"].encode()).hexdigest()
    record = admin.get(f"/v1/records/{shown['id']}/body")
    assert record.status == 200 and record.json()["text"] == shown["text"]


def test_bytes_are_kept_as_sent(admin, params):
    text = json.dumps(params, indent=3).replace('"limit_unit": 1,', '"limit_unit" :\t1 ,')
    sent = '{"code":"kept","role":"shadow","params" : %s , "version":"2024.b",' % text
    sent += '"effective_until":"%s"}' % ahead(100)
    answer = admin.call("POST", POLICIES, sent.encode())
    assert answer.status == 201, answer
    assert answer.headers["Location"] == f"{POLICIES}/kept/2024.b"
    shown = admin.get(answer.headers["Location"])
    assert shown.json()["text"] == text
    assert shown.json()["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    tag = {"If-None-Match": shown.headers["ETag"]}
    assert admin.get(answer.headers["Location"], headers=tag).status == 304
    record = admin.get(f"/v1/records/{answer.json()['id']}/body")
    assert record.json() == answer.json()


def test_without_a_time_it_takes_effect_a_minute_from_now(admin, params):
    before = datetime.now(timezone.utc)
    sent = body(params, role="live")
    shown = admin.post(POLICIES, sent).json()
    after = datetime.now(timezone.utc)
    effective = datetime.fromisoformat(shown["effective_from"].replace("Z", "+00:00"))
    assert before + timedelta(seconds=60) < effective < after + timedelta(seconds=62)


def test_never_changed(admin, params):
    first = body(params)
    assert admin.post(POLICIES, first).status == 201
    answer = admin.post(POLICIES, {**first, "effective_until": ahead(3600)})
    assert (answer.status, answer.json()["code"]) == (409, "conflict")
    for method in ("PUT", "DELETE", "PATCH"):
        assert admin.call(method, f"{POLICIES}/{first['code']}/1", first).status == 405


def test_the_same_key_makes_one_policy(admin, params):
    sent = body(params)
    key = {"Idempotency-Key": bodies.unique("key")}
    first, again = (admin.post(POLICIES, sent, key) for _ in range(2))
    assert first.status == again.status == 201 and first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"


LATER = ahead(7200)


@pytest.mark.parametrize(
    "members, pointer, code",
    [
        ({"effective_from": "2020-01-01T00:00:00Z"}, "#/effective_from", "out-of-range"),
        ({"effective_from": ahead(30)}, "#/effective_from", "out-of-range"),
        ({"role": "live", "effective_until": ahead(9000)}, "#/effective_until", "inconsistent"),
        ({"effective_from": LATER, "effective_until": LATER}, "#/effective_until",
         "inconsistent"),
        ({"role": "both"}, "#/role", "invalid-choice"),
        ({"code": "Default"}, "#/code", "invalid-format"),
        ({"version": "-1"}, "#/version", "invalid-format"),
        ({"surprise": 1}, "#/surprise", "unknown-field"),
        ({"params": None}, "#/params", "required"),
    ],
)
def test_refused(admin, params, members, pointer, code):
    assert faults(admin.post(POLICIES, {**body(params), **members}))[pointer] == code


def test_every_fault_of_the_parameters_is_told(admin, params):
    bad = copy.deepcopy(params)
    bad["order_advance_rate"] = "1.1"
    bad["stages"]["shipped"] = "0.1234567"
    bad["checks"][2]["severity"] = "fatal"
    bad["vouchers"][0]["surprise"] = 1
    del bad["holds"]["max_hours"]
    assert faults(admin.post(POLICIES, body(bad))) == {
        "#/params/order_advance_rate": "out-of-range",
        "#/params/stages/shipped": "invalid-format",
        "#/params/checks/2/severity": "invalid-choice",
        "#/params/vouchers/0/surprise": "unknown-field",
        "#/params/holds/max_hours": "required",
    }


def test_rules_across_the_parameters(admin, params):
    bad = copy.deepcopy(params)
    bad["truth_weights"]["checks"] = "0.36"
    bad["checks"][3]["code"] = "parties"
    bad["vouchers"].append({"from": "2025-06-15", "normal_days": 9, "max_days": 8})
    bad["holds"] = {"default_hours": 73, "max_hours": 72}
    bad["borrowing_base"]["advance_rate"] = "0.81"
    assert set(faults(admin.post(POLICIES, body(bad)))) == {
        "#/params/truth_weights",
        "#/params/checks/3/code",
        "#/params/vouchers/1/from",
        "#/params/vouchers/1/normal_days",
        "#/params/holds/default_hours",
        "#/params/borrowing_base/advance_rate",
    }


def test_only_administrators_make_them_and_every_key_reads_them(admin, params):
    node = make_node(admin, "erp").client
    assert node.post(POLICIES, body(params)).status == 403
    assert node.get(f"{POLICIES}/default/1").status == 200
    assert node.get(f"{POLICIES}/default/0").status == 404
    listed = node.get(POLICIES, limit=500, role="live").json()["data"]
    assert [(p["code"], p["role"]) for p in listed[:1]] == [("default", "live")]
    assert all("text" not in p for p in listed)
    assert node.get(POLICIES, role="dark").status == 400


def test_live_policies_follow_each_other(admin, params):
    """Also those that are made at the same moment: exactly one of them gets its time."""
    start = ahead(5000)
    rivals = [body(params, role="live", effective_from=start) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda b: admin.copy(admin.key).post(POLICIES, b), rivals))
    assert sorted(a.status for a in answers) == [201] + [422] * 7
    earlier = admin.post(POLICIES, body(params, role="live", effective_from=ahead(4000)))
    assert faults(earlier) == {"#/effective_from": "out-of-range"}
    later = body(params, role="live", effective_from=ahead(5001))
    assert admin.post(POLICIES, later).status == 201
    shadow = body(
        params, code=later["code"], version="2", effective_from=later["effective_from"]
    )
    assert faults(admin.post(POLICIES, shadow)) == {"#/effective_from": "out-of-range"}


def test_three_shadows_at_a_time(admin, params):
    start, end = ahead(90000), ahead(90100)
    shadows = [body(params, effective_from=start, effective_until=end) for _ in range(4)]
    answers = [admin.post(POLICIES, sent) for sent in shadows]
    assert [a.status for a in answers] == [201, 201, 201, 409]
    assert answers[3].json()["code"] == "wrong-state"
    # a new version of one of the three replaces it; after the end there is room again
    for sent in ({**shadows[0], "version": "2", "effective_from": ahead(90050)},
                 body(params, effective_from=end, effective_until=ahead(90110))):
        assert admin.post(POLICIES, sent).status == 201


def test_pages(admin, params):
    for _ in range(3):
        assert admin.post(POLICIES, body(params)).status == 201
    seen, after = [], None
    while True:
        page = admin.get(POLICIES, limit=2, **({"after": after} if after else {})).json()
        seen += [p["id"] for p in page["data"]]
        after = page.get("next_cursor")
        if not page["has_more"]:
            break
    assert len(seen) == len(set(seen)) >= 4
    assert seen == [p["id"] for p in admin.get(POLICIES, limit=500).json()["data"]]


def test_sealed_and_proven(admin, params):
    from harness import merkle

    made = admin.post(POLICIES, body(params, role="live", effective_from=ahead(99999))).json()

    def proof():
        answer = admin.get(f"/v1/records/{made['id']}/proof")
        return answer.status == 200 and answer.json()

    merkle.verify_proof(wait_until(proof, 10, "the policy's proof"))
