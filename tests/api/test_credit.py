"""Assessments: asked for, waited for, explained, receipted; who sees them."""
import json
import time

import pytest

from harness import bodies
from harness.parties import Chain, make_enterprise, make_node
from harness.server import scfd, wait_until


def request_for(chain, contract_id, **members):
    return {
        "borrower_id": chain.seller["id"],
        "contract_ids": [contract_id],
        "kind": "initial",
        "lender_ids": [chain.lender.id],
        **members,
    }


@pytest.fixture(scope="module")
def story(server):
    """A chain with a contract, events over some days, invoices that match, and a guarantee."""
    chain = Chain(server.client())
    erp = chain.erp.client
    contract = chain.contract()
    chain.contract_id = erp.post("/v1/contracts", contract).json()["id"]
    for hours in (20, 16, 12, 8, 4):
        answer = erp.post(
            "/v1/workflow-events",
            chain.event(chain.contract_id, occurred_at=bodies.hours_ago(hours)),
        )
        assert answer.status == 201, answer
    for _ in range(3):
        answer = erp.post("/v1/invoices", chain.invoice(contract_ids=[chain.contract_id]))
        assert answer.status == 201, answer
    guarantee = chain.guarantee_by_number(
        contract["contract_no"], seller_uscc=chain.seller["uscc"]
    )
    answer = chain.surety.client.post("/v1/guarantees", guarantee)
    assert answer.status == 201, answer
    return chain


def assess(client, chain, wait=50, **members):
    answer = client.post(
        "/v1/credit-assessments",
        request_for(chain, chain.contract_id, **members),
        {"Prefer": f"wait={wait}"},
    )
    assert answer.status in (200, 201, 202), answer
    shown = answer.json()
    assert shown["status"] == "succeeded", shown
    return shown


def test_accepted_with_location_then_done(admin, story):
    answer = admin.post("/v1/credit-assessments", request_for(story, story.contract_id))
    assert answer.status == 202, answer
    location = answer.headers["Location"]
    assert location.startswith("/v1/credit-assessments/asm_")
    assert answer.json()["status"] in ("queued", "running", "succeeded")

    def done():
        shown = admin.get(location).json()
        assert shown["status"] != "failed", shown
        return shown["status"] == "succeeded" and shown

    shown = wait_until(done, 20, "the assessment is done")
    assert shown["awaiting_decision"] is True


def test_prefer_wait_holds_the_answer(admin, story):
    answer = admin.post(
        "/v1/credit-assessments", request_for(story, story.contract_id), {"Prefer": "wait=50"}
    )
    assert answer.headers["Preference-Applied"] == "wait=50"
    assert answer.json()["status"] == "succeeded"


def test_result_is_complete(admin, story):
    shown = assess(admin, story)
    assert shown["borrower_id"] == story.seller["id"]
    assert float(shown["recommended_limit"]) > 0
    assert shown["currency"] == "CNY"
    assert set(shown["ratings"]) >= {"normativity", "timeliness", "accuracy", "overall"}
    for name in ("normativity", "timeliness", "accuracy"):
        rating = shown["ratings"][name]
        assert rating["grade"] in "ABCD"
        assert 0 <= float(rating["score"]) <= 1
    assert {"name", "version", "sha256"} <= set(shown["model"])
    assert 1 <= len(shown["reasons"]) <= 10
    for reason in shown["reasons"]:
        assert reason["code"] and reason["text_zh"] and reason["text_en"]
        assert reason["direction"] in ("positive", "negative", "neutral")


def test_factors_carry_value_weight_and_reason(admin, story):
    factors = {f["name"]: f for f in assess(admin, story)["factors"]}
    assert {
        "normativity",
        "timeliness",
        "accuracy",
        "cross_checks",
        "qualification",
        "history",
        "contract_net",
        "guarantee",
    } <= set(factors)
    for factor in factors.values():
        assert {"value", "reason"} <= set(factor), factor
    weights = [
        factors[n]["weight"] for n in ("normativity", "timeliness", "accuracy", "cross_checks")
    ]
    assert sum(map(float, weights)) == 1


def test_same_inputs_same_limit(admin, story):
    moment = bodies.hours_ago(0)
    first, second = (assess(admin, story, as_of=moment) for _ in range(2))
    assert first["recommended_limit"] == second["recommended_limit"]
    assert first["factors"] == second["factors"]


def test_a_borrower_does_not_choose_the_day(admin, story):
    """One that did could leave out the bad days of late."""
    acting = make_node(admin, "erp").client  # a system of the installation's own
    theirs = acting.post("/v1/contracts", story.contract()).json()["id"]

    def asked(client, contract_id, hours):
        body = request_for(story, contract_id, as_of=bodies.hours_ago(hours), lender_ids=[])
        return client.post("/v1/credit-assessments", body)

    answer = asked(story.erp.client, story.contract_id, 24.1)
    assert (answer.status, answer.json()["code"]) == (403, "forbidden"), answer
    assert "24 hours" in answer.json()["detail"]
    assert asked(story.erp.client, story.contract_id, 23.9).status == 202
    assert asked(acting, theirs, 24 * 60).status == 202
    assert asked(admin, story.contract_id, 24 * 60).status == 202


def test_requested_amount_caps(admin, story):
    shown = assess(admin, story, requested_amount="1000.00", currency="CNY")
    assert shown["recommended_limit"] == "1000.00"


def test_receipt_recomputes_offline_and_a_flipped_input_fails(admin, story, tmp_path):
    shown = assess(admin, story)
    answer = admin.get(f"/v1/credit-assessments/{shown['id']}/receipt")
    assert answer.status == 200
    file = tmp_path / "receipt.json"
    file.write_bytes(answer.body)
    done = scfd("verify", file)
    assert done.returncode == 0, done.stdout + done.stderr
    receipt = answer.json()
    flipped = 0
    for path, value in leaves(receipt):
        if not isinstance(value, (int, bool)) and not (isinstance(value, str) and value.isdigit()):
            continue
        changed = json.loads(answer.body)
        target = changed
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = (not value) if isinstance(value, bool) else type(value)(int(value) + 1)
        file.write_text(json.dumps(changed, ensure_ascii=False))
        done = scfd("verify", file)
        assert done.returncode == 5, (path, done.stdout + done.stderr)
        pointer = "".join(f"/{step}" for step in path)
        assert f"FAIL  {pointer} " in done.stdout, (path, done.stdout)
        flipped += 1
    assert flipped > 10


def leaves(value, path=()):
    if isinstance(value, dict):
        for key, member in value.items():
            yield from leaves(member, path + (key,))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from leaves(member, path + (index,))
    else:
        yield path, value


def test_assessment_is_a_record_in_the_platforms_chain(admin, story):
    from harness import merkle

    shown = assess(admin, story)

    def proof():
        answer = story.lender.client.get(f"/v1/records/{shown['id']}/proof")
        return answer.status == 200 and answer.json()

    merkle.verify_proof(wait_until(proof, 10, "the assessment's proof, for the lender"))


def test_strangers_see_nothing(admin, story):
    shown = assess(admin, story)
    stranger = make_node(admin, "lender")
    assert stranger.client.get(f"/v1/credit-assessments/{shown['id']}").status == 404
    assert stranger.client.get(f"/v1/credit-assessments/{shown['id']}/receipt").status == 404
    listed = stranger.client.get("/v1/credit-assessments", status="awaiting_decision").json()[
        "data"
    ]
    assert listed == []


@pytest.mark.parametrize(
    "members, pointer",
    [
        ({"borrower_id": "ent_01h455vb4pex5vsknk084sn02q"}, "#/borrower_id"),
        ({"contract_ids": []}, "#/contract_ids"),
        ({"contract_ids": ["ctr_01h455vb4pex5vsknk084sn02q"]}, "#/contract_ids/0"),
        ({"kind": "guess"}, "#/kind"),
        ({"requested_amount": "-1.00", "currency": "CNY"}, "#/requested_amount"),
        ({"requested_amount": "1.555", "currency": "CNY"}, "#/requested_amount"),
        ({"requested_amount": "1.5", "currency": "JPY"}, "#/requested_amount"),
        ({"requested_amount": "1.00"}, "#/currency"),
        ({"as_of": "2999-01-01T00:00:00Z"}, "#/as_of"),
        ({"lender_ids": ["node_01h455vb4pex5vsknk084sn02q"]}, "#/lender_ids/0"),
        ({"surprise": 1}, "#/surprise"),
    ],
)
def test_bad_requests(admin, story, members, pointer):
    answer = admin.post(
        "/v1/credit-assessments", {**request_for(story, story.contract_id), **members}
    )
    assert answer.status == 422, answer
    assert any(e["pointer"].startswith(pointer) for e in answer.json()["errors"]), answer


def test_every_unknown_reference_is_told(admin, story):
    unknown = [f"ctr_01h455vb4pex5vsknk084sn02{last}" for last in "qr"]
    unknown.insert(1, story.contract_id)
    lenders = [story.lender.id, story.erp.id]
    answer = admin.post(
        "/v1/credit-assessments",
        {**request_for(story, story.contract_id), "contract_ids": unknown, "lender_ids": lenders},
    )
    assert answer.status == 422, answer
    assert [e["pointer"] for e in answer.json()["errors"]] == [
        "#/contract_ids/0",
        "#/contract_ids/2",
        "#/lender_ids/1",
    ]
    unaddressed = make_node(admin, "erp", story.seller["id"])
    answer = unaddressed.client.post(
        "/v1/credit-assessments", {**request_for(story, story.contract_id), "lender_ids": []}
    )
    assert [e["pointer"] for e in answer.json()["errors"]] == ["#/contract_ids/0"]


def test_nobody_has_another_enterprise_assessed(admin, story):
    """A contract that names the victim as seller is easily made up; it opens nobody's ratings."""
    buyer, outsider = story.procurement, make_node(admin, "erp", story.guarantor["id"])
    for node in (buyer, outsider, story.lender):
        if node is story.lender:
            contract_id = story.contract_id
        else:
            sent = node.client.post("/v1/contracts", story.contract())
            assert sent.status == 201, sent
            contract_id = sent.json()["id"]
        answer = node.client.post(
            "/v1/credit-assessments", request_for(story, contract_id, lender_ids=[])
        )
        assert (answer.status, answer.json()["code"]) == (403, "forbidden"), answer
        assert "that the borrower operates" in answer.json()["detail"]
    own = make_node(admin, "erp")  # a system of the installation's own: nobody operates it
    sent = own.client.post("/v1/contracts", story.contract())
    answer = own.client.post(
        "/v1/credit-assessments", request_for(story, sent.json()["id"], lender_ids=[])
    )
    assert answer.status == 202, answer
    curious = request_for(story, sent.json()["id"], lender_ids=[])  # of no party to the contract
    answer = own.client.post(
        "/v1/credit-assessments", {**curious, "borrower_id": story.guarantor["id"]}
    )
    assert answer.status == 422, answer
    assert [e["pointer"] for e in answer.json()["errors"]] == ["#/contract_ids/0"]
    answer = story.erp.client.post(
        "/v1/credit-assessments", request_for(story, story.contract_id, lender_ids=[])
    )
    assert answer.status in (201, 202), answer


def test_lists_have_pages(admin, story):
    lender = make_node(admin, "lender", story.bank["id"])
    ids = [assess(admin, story, lender_ids=[lender.id])["id"] for _ in range(3)]
    assert lender.client.get("/v1/credit-assessments", status="failed").json()["data"] == []
    borrower = {"borrower_id": story.seller["id"]}
    for query in ({}, borrower, {"status": "awaiting_decision"}, {"status": "succeeded"}):
        for order, expected in (("asc", ids), ("desc", ids[::-1])):
            seen, after = [], {}
            while True:
                page = lender.client.get(
                    "/v1/credit-assessments", limit=2, order=order, **query, **after
                ).json()
                assert len(page["data"]) <= 2
                assert all(a["awaiting_decision"] for a in page["data"])
                seen += [a["id"] for a in page["data"]]
                if not page["has_more"]:
                    break
                after = {"after": page["next_cursor"]}
            assert seen == expected
    other = {"borrower_id": story.buyer["id"]}
    assert lender.client.get("/v1/credit-assessments", **other).json()["data"] == []
    stranger = make_node(admin, "lender").client
    for query in ({}, borrower):
        assert stranger.get("/v1/credit-assessments", **query).json()["data"] == []
    own = request_for(story, story.contract_id, lender_ids=[])
    asked = story.erp.client.post("/v1/credit-assessments", own, {"Prefer": "wait=50"}).json()
    for query in ({"order": "desc"}, {"order": "desc", **borrower}):
        listed = story.erp.client.get("/v1/credit-assessments", **query).json()["data"]
        assert listed[0]["id"] == asked["id"]


def test_no_data_no_limit(admin, story):
    """A borrower without events or invoices gets a limit of nothing, and is told why."""
    fresh = make_enterprise(admin)
    node = make_node(admin, "erp", fresh["id"])
    contract = node.client.post(
        "/v1/contracts", bodies.contract(fresh["ref"], story.buyer["ref"])
    ).json()
    answer = admin.post(
        "/v1/credit-assessments",
        {"borrower_id": fresh["id"], "contract_ids": [contract["id"]], "kind": "initial"},
        {"Prefer": "wait=50"},
    )
    shown = answer.json()
    assert shown["status"] == "succeeded", shown
    assert float(shown["recommended_limit"]) == 0
    assert "no-records" in {r["code"] for r in shown["reasons"]}


# ---- the lender's poll ----


def test_a_crowd_of_conditional_gets_is_told_apart(server, story):
    """They share a query: each must still get what it may see, and its own tag."""
    from concurrent.futures import ThreadPoolExecutor

    admin = server.client()
    lender, stranger = (make_node(admin, "lender", story.bank["id"]) for _ in range(2))
    shown = [assess(admin, story, lender_ids=[lender.id]) for _ in range(2)]
    paths = [f"/v1/credit-assessments/{a['id']}" for a in shown]
    tags = [lender.client.get(path).headers["ETag"] for path in paths]
    assert tags[0] != tags[1]
    nowhere = "/v1/credit-assessments/asm_" + "0" * 26
    cases = [
        (lender, paths[0], tags[0], 304),
        (lender, paths[1], tags[1], 304),
        (lender, paths[0], f'"other", W/{tags[0]}', 304),
        (lender, paths[1], '"other", *', 304),
        (lender, paths[1], f'"a{tags[1]}b"', 200),
        (lender, paths[1], tags[0], 200),
        (lender, paths[0], None, 200),
        (stranger, paths[0], tags[0], 404),
        (stranger, paths[1], "*", 404),
        (lender, nowhere, tags[0], 404),
        (lender, "/v1/credit-assessments/nonsense", "*", 404),
    ]

    def ask(case):
        node, path, tag, status = case
        client = node.client.copy()
        for _ in range(50):
            answer = client.call("GET", path, headers={"If-None-Match": tag} if tag else {})
            assert answer.status == status, (path, tag, answer)
            if status == 200:
                assert path.endswith(answer.json()["id"])
            if status == 304:
                assert answer.headers["ETag"] == tags[paths.index(path)]

    with ThreadPoolExecutor(2 * len(cases)) as pool:
        list(pool.map(ask, cases * 2))


def test_poll_304_until_something_comes(server, story):
    admin = server.client()
    lender = make_node(admin, "lender", story.bank["id"])
    poll = "/v1/credit-assessments?status=awaiting_decision"
    empty = lender.client.call("GET", poll)
    assert empty.status == 200 and empty.json()["data"] == []
    again = lender.client.call("GET", poll, headers={"If-None-Match": empty.headers["ETag"]})
    assert again.status == 304
    shown = assess(admin, story, lender_ids=[lender.id])
    news = lender.client.call("GET", poll, headers={"If-None-Match": empty.headers["ETag"]})
    assert news.status == 200
    assert [a["id"] for a in news.json()["data"]] == [shown["id"]]
    assert news.headers["ETag"] != empty.headers["ETag"]


def test_long_poll_wakes_up(server, story):
    """The poll is held until the assessment is addressed to the lender, and no longer."""
    import threading

    admin = server.client()
    lender = make_node(admin, "lender", story.bank["id"])
    poll = "/v1/credit-assessments?status=awaiting_decision"
    etag = lender.client.call("GET", poll).headers["ETag"]
    result = {}

    def wait():
        began = time.monotonic()
        answer = lender.client.copy().call(
            "GET", poll, headers={"If-None-Match": etag, "Prefer": "wait=50"}
        )
        result.update(status=answer.status, took=time.monotonic() - began)

    waiter = threading.Thread(target=wait)
    waiter.start()
    time.sleep(1)
    assert not result
    assess(admin, story, lender_ids=[lender.id])
    waiter.join(10)
    assert result["status"] == 200
    assert result["took"] < 45


def test_long_poll_ends_with_304(server, story):
    lender = make_node(server.client(), "lender", story.bank["id"])
    poll = "/v1/credit-assessments?status=awaiting_decision"
    etag = lender.client.call("GET", poll).headers["ETag"]
    began = time.monotonic()
    answer = lender.client.call("GET", poll, headers={"If-None-Match": etag, "Prefer": "wait=2"})
    assert answer.status == 304
    assert 1.5 < time.monotonic() - began < 6
