"""Single records in: the answer's exact shape, re-sends, refusals, revisions, references."""
import hashlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import pytest

from harness import bodies
from harness.client import encode
from harness.parties import make_node
from harness.server import scfd

ID = r"[0-7][0-9a-hjkmnp-tv-z]{25}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


def pointers(answer):
    assert answer.status == 422, answer
    problem = answer.json()
    assert problem["code"] == "validation-failed"
    return {error["pointer"]: error["code"] for error in problem["errors"]}


@pytest.fixture(scope="module")
def contract_id(chain):
    return chain.erp.client.post("/v1/contracts", chain.contract()).json()["id"]


def check_shape(answer, prefix, body, node_id):
    assert answer.status == 201, answer
    record = answer.json()
    assert set(record) >= {
        "id",
        "external_id",
        "received_at",
        "sha256",
        "chain",
        "quality",
        "warnings",
    }
    # An enterprise keeps its id over all its profiles; the profile's own record has another.
    assert re.fullmatch(f"{prefix}_{ID}", record["record_id" if prefix == "epr" else "id"])
    assert record["external_id"] == body["external_id"]
    assert re.fullmatch(TIME, record["received_at"])
    assert record["sha256"] == hashlib.sha256(encode(body)).hexdigest()
    assert set(record["chain"]) == {"id", "index", "leaf_hash"}
    assert record["chain"]["id"].split("_")[1] == node_id.split("_")[1]
    assert isinstance(record["chain"]["index"], int)
    assert re.fullmatch(r"[0-9a-f]{64}", record["chain"]["leaf_hash"])
    assert set(record["quality"]) >= {
        "completeness",
        "missing_fields",
        "delay_seconds",
        "out_of_range",
    }
    assert isinstance(record["warnings"], list)
    return record


def test_every_kind_answers_alike(chain):
    client, node = chain.erp.client, chain.erp.id
    body = bodies.enterprise()
    check_shape(client.post("/v1/enterprises", body), "epr", body, node)
    body = chain.contract()
    contract = check_shape(client.post("/v1/contracts", body), "ctr", body, node)
    body = chain.event(contract["id"])
    check_shape(client.post("/v1/workflow-events", body), "evt", body, node)
    body = chain.invoice(contract_ids=[contract["id"]])
    check_shape(client.post("/v1/invoices", body), "inv", body, node)
    body = chain.guarantee(contract["id"])
    check_shape(client.post("/v1/guarantees", body), "gua", body, node)


def test_location_names_what_was_made(chain):
    client = chain.erp.client
    contract = client.post("/v1/contracts", chain.contract())
    sent = {
        "contracts": contract,
        "enterprises": client.post("/v1/enterprises", bodies.enterprise()),
        "workflow-events": client.post("/v1/workflow-events", chain.event(contract.json()["id"])),
        "invoices": client.post("/v1/invoices", chain.invoice()),
        "guarantees": client.post("/v1/guarantees", chain.guarantee(contract.json()["id"])),
    }
    for kind, answer in sent.items():
        assert answer.headers["Location"] == f"/v1/{kind}/{answer.json()['id']}"
        assert client.get(answer.headers["Location"]).status == 200


def test_quality_echo(chain):
    occurred = datetime.now(timezone.utc).timestamp() - 3 * 3600
    contract = chain.erp.client.post("/v1/contracts", chain.contract()).json()
    stamp = datetime.fromtimestamp(occurred, timezone.utc).isoformat().replace("+00:00", "Z")
    answer = chain.erp.client.post(
        "/v1/workflow-events", chain.event(contract["id"], occurred_at=stamp)
    )
    quality = answer.json()["quality"]
    assert abs(float(quality["delay_seconds"]) - 3 * 3600) < 30
    assert 0 <= float(quality["completeness"]) <= 1
    assert quality["out_of_range"] == []


def test_resend_is_200_with_the_same_record(chain):
    body = chain.invoice()
    first = chain.erp.client.post("/v1/invoices", body)
    assert (first.status, first.headers["Idempotent-Replayed"]) == (201, None)
    again = chain.erp.client.post("/v1/invoices", body)
    assert (again.status, again.headers["Idempotent-Replayed"]) == (200, "true")
    for member in ("id", "external_id", "received_at", "sha256", "chain"):
        assert again.json()[member] == first.json()[member]


def test_resend_tells_the_same_quality(chain, contract_id):
    body = chain.event(contract_id, fields={"defect_rate": "0.001"})
    first = chain.erp.client.post("/v1/workflow-events", body).json()
    again = chain.erp.client.post("/v1/workflow-events", body).json()
    assert again["quality"] == first["quality"]


def test_other_content_is_409_with_both_hashes(chain):
    body = chain.invoice()
    first = chain.erp.client.post("/v1/invoices", body).json()
    changed = {**body, "remarks": "changed"}
    answer = chain.erp.client.post("/v1/invoices", changed)
    assert answer.status == 409
    problem = answer.json()
    assert problem["code"] == "external-id-conflict"
    assert problem["existing_id"] == first["id"]
    text = json.dumps(problem)
    assert first["sha256"] in text
    assert hashlib.sha256(encode(changed)).hexdigest() in text


def test_same_external_id_in_other_kind_or_node_is_another_record(admin, chain):
    shared = bodies.unique()
    other = make_node(admin, "erp")
    answers = [
        chain.erp.client.post("/v1/contracts", chain.contract(external_id=shared)),
        chain.erp.client.post("/v1/invoices", chain.invoice(external_id=shared)),
        other.client.post("/v1/invoices", chain.invoice(external_id=shared)),
    ]
    assert [a.status for a in answers] == [201, 201, 201]
    assert len({a.json()["id"] for a in answers}) == 3


def test_concurrent_resends_make_one_record(chain):
    body = chain.invoice()

    def send(_):
        return chain.erp.client.copy().post("/v1/invoices", body)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(32)))
    assert sorted(a.status for a in answers) == [200] * 31 + [201]
    assert len({a.json()["id"] for a in answers}) == 1


def test_a_crowd_gets_distinct_consecutive_indexes(admin, chain):
    node = make_node(admin, "erp")

    def send(_):
        return node.client.copy().post("/v1/invoices", chain.invoice())

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(100)))
    assert {a.status for a in answers} == {201}
    assert sorted(a.json()["chain"]["index"] for a in answers) == list(range(100))


def test_all_errors_at_once(chain):
    body = chain.invoice(
        kind="nonsense", total_amount="12,3", issued_on="2026-02-30", currency="RMB", surprise=1
    )
    del body["seller"]
    body["lines"][0]["tax_rate"] = "7"
    found = pointers(chain.erp.client.post("/v1/invoices", body))
    assert {
        "#/kind",
        "#/total_amount",
        "#/issued_on",
        "#/currency",
        "#/surprise",
        "#/seller",
        "#/lines/0/tax_rate",
    } <= set(found), found
    assert found["#/surprise"] == "unknown-field"
    assert found["#/seller"] == "required"


def test_error_list_is_capped(chain):
    body = chain.invoice(**{f"extra{i}": i for i in range(150)})
    answer = chain.erp.client.post("/v1/invoices", body)
    assert answer.status == 422
    assert len(answer.json()["errors"]) == 100


def test_free_members_live_in_fields(chain):
    body = chain.invoice(fields={"无线": "ok", "n": 3, "flag": True}, metadata={"a": "b"})
    assert chain.erp.client.post("/v1/invoices", body).status == 201
    body = chain.invoice(fields={"nested": {"a": 1}})
    assert "#/fields/nested" in pointers(chain.erp.client.post("/v1/invoices", body))


@pytest.mark.parametrize(
    "members, pointer",
    [
        ({"total_amount": "112999.99"}, "#/total_amount"),
        ({"total_amount": "-113000.00"}, "#/total_amount"),
        ({"total_amount": 1e20}, "#/total_amount"),
        ({"lines": []}, "#/lines"),
        ({"due_on": "2001-01-01"}, "#/due_on"),
        ({"red_invoice": True}, "#/original_invoice_no"),
        ({"external_id": ""}, "#/external_id"),
        ({"external_id": "x" * 129}, "#/external_id"),
        ({"external_id": "tab\there"}, "#/external_id"),
    ],
)
def test_invoice_rules(chain, members, pointer):
    body = {**chain.invoice(), **members}
    found = pointers(chain.erp.client.post("/v1/invoices", body))
    assert any(p == pointer or p.startswith(pointer + "/") for p in found), found


@pytest.mark.parametrize(
    "members, pointer",
    [
        ({"amount": "0.00"}, "#/amount"),
        ({"signed_on": bodies.days_ago(-3)}, "#/signed_on"),
        ({"effective_from": "2026-03-01", "effective_to": "2026-02-01"}, "#/effective_to"),
        ({"payment_terms": {"kind": "net_days", "days": 367}}, "#/payment_terms/days"),
        ({"buyer": {}}, "#/buyer"),
        ({"amount_excl_tax": "1.00", "tax_amount": "1.00"}, "#/amount"),
    ],
)
def test_contract_rules(chain, members, pointer):
    found = pointers(chain.erp.client.post("/v1/contracts", {**chain.contract(), **members}))
    assert any(p.startswith(pointer) or pointer.startswith(p) for p in found), found


def test_long_ar_voucher_warns(chain):
    answer = chain.erp.client.post(
        "/v1/contracts", chain.contract(payment_terms={"kind": "ar_voucher", "days": 200})
    )
    assert answer.status == 201, answer
    assert any(w["pointer"].startswith("#/payment_terms") for w in answer.json()["warnings"])


def test_unknown_uscc_makes_a_stub_with_warning(admin, chain):
    code = bodies.uscc()
    answer = chain.erp.client.post(
        "/v1/contracts", bodies.contract(chain.seller["ref"], {"uscc": code, "name": "新买方"})
    )
    assert answer.status == 201, answer
    assert any(w["pointer"].startswith("#/buyer") for w in answer.json()["warnings"])
    found = admin.get("/v1/enterprises", uscc=code).json()["data"]
    assert [e["name"] for e in found] == ["新买方"]


def test_body_is_kept_byte_for_byte(chain):
    body = chain.invoice(remarks="空格  and é \\u0041")
    raw = (
        json.dumps(body, indent=3, ensure_ascii=True).replace("100000.00", "100000.00").encode()
        + b" \r\n"
    )
    record = chain.erp.client.post("/v1/invoices", raw).json()
    assert record["sha256"] == hashlib.sha256(raw).hexdigest()
    back = chain.erp.client.get(f"/v1/records/{record['id']}/body")
    assert back.status == 200
    assert back.body == raw


def test_find_by_sha256(chain):
    record = chain.erp.client.post("/v1/invoices", chain.invoice()).json()
    found = chain.erp.client.get("/v1/records", sha256=record["sha256"])
    assert found.status == 200
    assert [r["id"] for r in found.json()["data"]] == [record["id"]]
    assert chain.erp.client.get("/v1/records", sha256="0" * 64).json()["data"] == []
    assert chain.erp.client.get("/v1/records", sha256="xyz").status == 400


def test_record_has_an_etag(chain):
    record = chain.erp.client.post("/v1/invoices", chain.invoice()).json()
    first = chain.erp.client.get(f"/v1/invoices/{record['id']}")
    assert first.status == 200
    again = chain.erp.client.get(
        f"/v1/invoices/{record['id']}", {"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status, again.body) == (304, b"")


def test_wrong_prefix_is_404(chain):
    record = chain.erp.client.post("/v1/invoices", chain.invoice()).json()
    assert chain.erp.client.get(f"/v1/contracts/{record['id']}").status == 404
    assert chain.erp.client.get("/v1/invoices/" + record["id"].upper()).status == 404


def test_late_reference_warns_then_resolves(server, chain):
    """The event arrives before its contract; once the contract is there it belongs to it."""
    number = bodies.unique("HT")
    event = bodies.event(
        None, chain.seller["id"], contract_no=number, seller_uscc=chain.seller["uscc"]
    )
    del event["contract_id"]
    answer = chain.erp.client.post("/v1/workflow-events", event)
    assert answer.status == 201, answer
    assert answer.json()["warnings"], "an unknown contract must be warned of"
    contract = chain.erp.client.post("/v1/contracts", chain.contract(contract_no=number)).json()
    keys = server.psql(
        "SELECT coalesce(business_key, contract_key) FROM scfd.record r JOIN unnest(ARRAY["
        f"'{contract['external_id']}', '{event['external_id']}']) e ON e = external_id"
    )
    assert len(keys.split()) == 2 and len(set(keys.split())) == 1
    resolved = chain.erp.client.post(
        "/v1/workflow-events", {**event, "external_id": bodies.unique()}
    )
    assert resolved.status == 201
    assert not [w for w in resolved.json()["warnings"] if "contract" in w["pointer"]]


def test_unknown_contract_id_is_refused(chain):
    """The server gives ids: one that it never gave cannot come later."""
    found = pointers(
        chain.erp.client.post("/v1/workflow-events", chain.event("ctr_01h455vb4pex5vsknk084sn02q"))
    )
    assert found == {"#/contract_id": "unknown-reference"}


UNKNOWN = "01h455vb4pex5vsknk084sn02q"
ZEROS = "0" * 26


def unknown(chain, path, body):
    found = pointers(chain.erp.client.post("/v1/" + path, body))
    assert set(found.values()) == {"unknown-reference"}, found
    return set(found)


@pytest.mark.parametrize("number", [UNKNOWN, ZEROS])
def test_every_unknown_id_is_refused_at_its_place(chain, contract_id, number):
    """The server gives ids: one that it never gave cannot come later."""
    ent, ctr = "ent_" + number, "ctr_" + number
    event = chain.event(contract_id, actor_enterprise_id=ent, counterparty_id=ent)
    assert unknown(chain, "workflow-events", event) == {
        "#/actor_enterprise_id",
        "#/counterparty_id",
    }
    invoice = chain.invoice(
        contract_ids=[contract_id, ctr],
        workflow_event_ids=["evt_" + number],
        financing={"status": "pledged", "financier_id": ent},
    )
    assert unknown(chain, "invoices", invoice) == {
        "#/contract_ids/1",
        "#/workflow_event_ids/0",
        "#/financing/financier_id",
    }
    contract = chain.contract(
        framework_contract_id=ctr,
        other_parties=[
            {"role": "agent", "enterprise_id": chain.bank["id"]},
            {"role": "agent", "enterprise_id": ent},
        ],
    )
    assert unknown(chain, "contracts", contract) == {
        "#/framework_contract_id",
        "#/other_parties/1/enterprise_id",
    }
    collateral = [{"description": "厂房", "owner_id": ent}]
    guarantee = chain.guarantee(contract_id, loan_id="loan_" + number, collateral=collateral)
    assert unknown(chain, "guarantees", guarantee) == {"#/loan_id", "#/collateral/0/owner_id"}
    contract = {**chain.contract(), "buyer": {"enterprise_id": ent}}
    assert unknown(chain, "contracts", contract) == {"#/buyer"}


def test_ids_of_another_kind_or_node_are_unknown(admin, chain, contract_id):
    """A record that the sender may not see is none."""
    event = chain.erp.client.post("/v1/workflow-events", chain.event(contract_id)).json()["id"]
    invoice = chain.invoice(contract_ids=[contract_id] * 2, workflow_event_ids=[event])
    assert chain.erp.client.post("/v1/invoices", invoice).status == 201
    stranger = make_node(admin, "erp")
    found = pointers(stranger.client.post("/v1/invoices", {**invoice, "external_id": "s"}))
    assert set(found) == {"#/contract_ids/0", "#/contract_ids/1", "#/workflow_event_ids/0"}
    disguised = chain.invoice(workflow_event_ids=["evt_" + contract_id.split("_")[1]])
    assert unknown(chain, "invoices", disguised) == {"#/workflow_event_ids/0"}


def test_invoice_for_contracts_of_other_parties_warns(chain, contract_id):
    other = bodies.contract(chain.buyer["ref"], chain.seller["ref"])
    other_id = chain.erp.client.post("/v1/contracts", other).json()["id"]
    answer = chain.erp.client.post(
        "/v1/invoices", chain.invoice(contract_ids=[other_id, contract_id, other_id])
    )
    assert answer.status == 201, answer
    assert [(w["pointer"], w["code"]) for w in answer.json()["warnings"]] == [
        ("#/contract_ids/0", "other-parties"),
        ("#/contract_ids/2", "other-parties"),
    ]


def test_tax_number_beside_the_enterprise_must_be_its_own(chain):
    def send(tax_no):
        seller = {"name": "s", "tax_no": tax_no, "enterprise_id": chain.seller["id"]}
        return chain.erp.client.post("/v1/invoices", {**chain.invoice(), "seller": seller})

    answer = send(chain.seller["uscc"].lower())
    assert (answer.status, answer.json()["warnings"]) == (201, []), answer
    assert pointers(send(chain.bank["uscc"])) == {"#/seller/tax_no": "party-mismatch"}
    answer = send("330100799655058")
    assert answer.status == 201, answer
    assert {"#/seller/tax_no": "party-unconfirmed"} == {
        w["pointer"]: w["code"] for w in answer.json()["warnings"]
    }


def test_contract_number_that_contradicts_the_id_warns(chain, contract_id):
    event = chain.event(
        contract_id, contract_no=bodies.unique("HT"), seller_uscc=chain.seller["uscc"]
    )
    answer = chain.erp.client.post("/v1/workflow-events", event)
    assert answer.status == 201, answer
    assert [w["code"] for w in answer.json()["warnings"]] == ["contract-mismatch"]


# ---- guarantees, sent by who gives them ----


def test_guarantor_names_the_contract_by_number(admin, chain):
    """Its node cannot see the seller's contract, and still does not afterwards."""
    contract = chain.contract()
    contract_id = chain.erp.client.post("/v1/contracts", contract).json()["id"]
    assert chain.surety.client.get(f"/v1/contracts/{contract_id}").status == 404
    found = pointers(chain.surety.client.post("/v1/guarantees", chain.guarantee(contract_id)))
    assert found == {"#/contract_id": "unknown-reference"}
    number = contract["contract_no"]
    for seller in (
        {"seller_uscc": chain.seller["uscc"]},
        {"seller": chain.seller["ref"]},
        {"seller": {"uscc": chain.seller["uscc"], "name": chain.seller["name"]}},
    ):
        body = chain.guarantee_by_number(number, **seller)
        sent = chain.surety.client.post("/v1/guarantees", body)
        assert sent.status == 201, sent
        assert sent.json()["warnings"] == []
        path = sent.headers["Location"]
        assert "contract_id" not in chain.surety.client.get(path).json()
        assert admin.get(path).json()["contract_id"] == contract_id


def test_guarantee_before_its_contract_warns_and_resolves(admin, chain):
    number = bodies.unique("HT")
    body = chain.guarantee_by_number(number, seller={"enterprise_id": chain.seller["id"]})
    sent = chain.surety.client.post("/v1/guarantees", body)
    assert sent.status == 201, sent
    assert [(w["pointer"], w["code"]) for w in sent.json()["warnings"]] == [
        ("#/contract_no", "reference-unresolved")
    ]
    contract = chain.erp.client.post("/v1/contracts", chain.contract(contract_no=number)).json()
    shown = admin.get(sent.headers["Location"]).json()
    assert shown["contract_id"] == contract["id"]


def test_guarantee_by_number_needs_a_known_seller(chain):
    body = chain.guarantee_by_number("HT-1", seller={"enterprise_id": "ent_" + UNKNOWN})
    found = pointers(chain.surety.client.post("/v1/guarantees", body))
    assert found == {"#/seller": "unknown-reference"}
    body = chain.guarantee_by_number("HT-1")
    assert pointers(chain.surety.client.post("/v1/guarantees", body)) == {
        "#/seller_uscc": "required"
    }


def test_a_limit_counts_only_the_guarantors_own_guarantee(admin, chain, tmp_path):
    contract = chain.contract()
    contract_id = chain.erp.client.post("/v1/contracts", contract).json()["id"]
    event = chain.event(contract_id)
    assert chain.erp.client.post("/v1/workflow-events", event).status == 201
    request = {"borrower_id": chain.seller["id"], "contract_ids": [contract_id], "kind": "initial"}

    def by_number(guarantee_no):
        return chain.guarantee_by_number(
            contract["contract_no"], seller_uscc=chain.seller["uscc"], guarantee_no=guarantee_no
        )

    def guarantee_factor():
        answer = admin.post("/v1/credit-assessments", request, {"Prefer": "wait=50"}).json()
        assert answer["status"] == "succeeded", answer
        receipt = tmp_path / "receipt.json"
        receipt.write_bytes(admin.get(f"/v1/credit-assessments/{answer['id']}/receipt").body)
        done = scfd("verify", receipt)
        assert done.returncode == 0, done.stdout + done.stderr
        factor = {f["name"]: f for f in answer["factors"]}["guarantee"]
        unconfirmed = "guarantee-unconfirmed" in {r["code"] for r in answer["reasons"]}
        assert unconfirmed == ('"unconfirmed":true' in receipt.read_text())
        return float(factor["value"]), factor["reason"], unconfirmed

    assert guarantee_factor() == (0, "no-guarantee", False)
    one = chain.guarantee(contract_id)
    assert chain.erp.client.post("/v1/guarantees", one).status == 201
    assert guarantee_factor() == (0, "guarantee-unconfirmed", True)
    nobodys = make_node(admin, "erp")
    assert nobodys.client.post("/v1/guarantees", by_number(one["guarantee_no"])).status == 201
    assert guarantee_factor() == (0, "guarantee-unconfirmed", True)
    assert chain.surety.client.post("/v1/guarantees", by_number("BH-own")).status == 201
    value, reason, unconfirmed = guarantee_factor()
    assert value > 0 and unconfirmed  # the guarantor's own counts; the borrower's still does not
    assert reason in ("guarantee-counted", "guarantee-capped")
    same = by_number(one["guarantee_no"])
    assert chain.surety.client.post("/v1/guarantees", same).status == 201
    assert guarantee_factor()[2] is False  # both are confirmed now
    guarantors = make_node(admin, "guarantor")  # a system for guarantors that none of them operates
    assert guarantors.client.post("/v1/guarantees", by_number("BH-other")).status == 201
    assert guarantee_factor()[2] is False


# ---- Idempotency-Key: beside external_id, which already makes posts idempotent ----


def keyed(key):
    return {"Idempotency-Key": key}


@pytest.mark.parametrize("key", ['""', "a b", "schlüssel".encode(), "x" * 256, '"a"b"'])
def test_bad_idempotency_key_is_400(chain, key):
    answer = chain.erp.client.post("/v1/invoices", chain.invoice(), keyed(key))
    assert (answer.status, answer.json()["code"]) == (400, "idempotency-key-invalid")
    answer = chain.erp.client.call(
        "POST", "/v1/invoices/bulk", b"", {"Content-Type": "application/x-ndjson", **keyed(key)}
    )
    assert (answer.status, answer.json()["code"]) == (400, "idempotency-key-invalid")


def test_idempotency_key_replays_the_first_answer(chain):
    body, key = chain.invoice(), keyed(bodies.unique())
    first = chain.erp.client.post("/v1/invoices", body, key)
    assert (first.status, first.headers["Idempotent-Replayed"]) == (201, None)
    again = chain.erp.client.post("/v1/invoices", body, key)
    assert (again.status, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert again.headers["Location"] == first.headers["Location"]
    assert again.json() == first.json()
    assert chain.erp.client.post("/v1/invoices", body).status == 200


def test_idempotency_key_for_another_body_or_path_is_422(chain):
    client, key = chain.erp.client, keyed(bodies.unique())
    assert client.post("/v1/invoices", chain.invoice(), key).status == 201
    for path, body in (("invoices", chain.invoice()), ("contracts", chain.contract())):
        answer = client.post("/v1/" + path, body, key)
        assert (answer.status, answer.json()["code"]) == (422, "idempotency-key-reused")
        assert client.post("/v1/" + path, body).status == 201, "nothing was written"


def test_a_refused_body_does_not_use_the_key(chain):
    client, key = chain.erp.client, keyed(bodies.unique())
    assert client.post("/v1/invoices", chain.invoice(kind="nonsense"), key).status == 422
    assert client.post("/v1/workflow-events", chain.event("ctr_" + UNKNOWN), key).status == 422
    assert client.post("/v1/invoices", chain.invoice(), key).status == 201


def test_idempotency_keys_belong_to_their_api_key(admin, chain):
    other, key = make_node(admin, "erp"), keyed(bodies.unique())
    assert chain.erp.client.post("/v1/invoices", chain.invoice(), key).status == 201
    assert other.client.post("/v1/invoices", chain.invoice(), key).status == 201


def test_one_key_in_a_crowd_is_used_once(chain):
    key = keyed(bodies.unique())

    def send(_):
        return chain.erp.client.copy().post("/v1/invoices", chain.invoice(), key)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(32)))
    assert sorted(a.status for a in answers) == [201] + [422] * 31


def test_event_from_the_future_is_refused(chain, contract_id):
    found = pointers(
        chain.erp.client.post(
            "/v1/workflow-events", chain.event(contract_id, occurred_at=bodies.hours_ago(-1))
        )
    )
    assert "#/occurred_at" in found


def test_revision(chain):
    first = chain.erp.client.post("/v1/invoices", chain.invoice()).json()
    body = chain.invoice(revises_id=first["id"], revision_reason="correction")
    second = chain.erp.client.post("/v1/invoices", body)
    assert second.status == 201, second
    assert second.json()["id"] != first["id"]
    assert chain.erp.client.get(f"/v1/records/{first['id']}/body").status == 200
    shown = chain.erp.client.get(f"/v1/invoices/{second.json()['id']}").json()
    assert first["id"] in json.dumps(shown)


def test_revision_of_another_nodes_record_is_refused(admin, chain):
    stranger = make_node(admin, "erp")
    first = chain.erp.client.post("/v1/invoices", chain.invoice()).json()
    found = pointers(
        stranger.client.post(
            "/v1/invoices", chain.invoice(revises_id=first["id"], revision_reason="correction")
        )
    )
    assert "#/revises_id" in found


def test_lenient_datetime(admin, chain):
    number = bodies.unique("HT")
    body = bodies.event(
        None,
        chain.seller["id"],
        contract_no=number,
        seller_uscc=chain.seller["uscc"],
        occurred_at="2025-11-01 15:15:22",
    )
    del body["contract_id"]
    assert "#/occurred_at" in pointers(chain.erp.client.post("/v1/workflow-events", body))
    kingdee = make_node(admin, "erp", lenient_datetime=True, timezone="+08:00")
    answer = kingdee.client.post("/v1/workflow-events", body)
    assert answer.status == 201, answer
    assert [w for w in answer.json()["warnings"] if w["pointer"] == "#/occurred_at"]
    received = datetime.fromisoformat(answer.json()["received_at"].replace("Z", "+00:00"))
    occurred = datetime(2025, 11, 1, 7, 15, 22, tzinfo=timezone.utc)
    delay = float(answer.json()["quality"]["delay_seconds"])
    assert abs((received - occurred).total_seconds() - delay) <= 1


def test_same_invoice_from_two_nodes_warns(admin, chain):
    other = make_node(admin, "procurement", chain.buyer["id"])
    body = chain.invoice()
    assert chain.erp.client.post("/v1/invoices", body).status == 201
    answer = other.client.post("/v1/invoices", {**body, "external_id": bodies.unique()})
    assert answer.status in (200, 201), answer
    assert "also-reported-by-other-node" in {w["code"] for w in answer.json()["warnings"]}


def test_same_contract_again_warns(admin, chain):
    body = chain.contract()
    first = chain.erp.client.post("/v1/contracts", body)
    assert (first.status, first.json()["warnings"]) == (201, [])
    again = {**body, "external_id": bodies.unique(), "amount": "7.00"}
    answer = chain.erp.client.post("/v1/contracts", again)
    assert answer.status == 201, answer
    assert {(w["pointer"], w["code"]) for w in answer.json()["warnings"]} == {
        ("#/contract_no", "contract-already-recorded"),
        ("#/amount", "amount-differs"),
    }
    answer = chain.procurement.client.post("/v1/contracts", body)
    assert answer.status == 201, answer
    warned = {(w["pointer"], w["code"]) for w in answer.json()["warnings"]}
    assert ("#/contract_no", "also-reported-by-other-node") in warned
    by_uscc = {"uscc": chain.seller["uscc"], "name": chain.seller["name"]}
    again = {**body, "external_id": bodies.unique(), "seller": by_uscc}
    warned = chain.erp.client.post("/v1/contracts", again).json()["warnings"]
    assert "#/contract_no" in {w["pointer"] for w in warned}  # the seller named in another way


def test_a_contracts_revision_keeps_its_identity(chain):
    """Else what is lent against the old number would no longer be found."""
    body = chain.contract()
    first = chain.erp.client.post("/v1/contracts", body).json()
    revision = {**body, "revises_id": first["id"], "revision_reason": "amendment"}
    for change in ({"contract_no": "other"}, {"seller": chain.guarantor["ref"]}):
        sent = {**revision, **change, "external_id": bodies.unique()}
        assert pointers(chain.erp.client.post("/v1/contracts", sent)) == {
            "#/revises_id": "other-contract"
        }
    sent = {**revision, "amount": "5.00", "external_id": bodies.unique()}
    answer = chain.erp.client.post("/v1/contracts", sent)
    assert (answer.status, answer.json()["warnings"]) == (201, [])


# ---- what is no good at all: one problem each, never a 2xx ----


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[1,]",
        b'{"a":1,"a":2}',
        b'{"a":01}',
        b'{"a":"\xff"}',
        b'{"a":"\\u0000"}',
        b'{"a":"\\ud800"}',
        b'{"a":1e400}',
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b'{"a":"line\nbreak"}',
        b'{"a":NaN}',
        b"'a'",
    ],
)
def test_malformed_json(chain, raw):
    answer = chain.erp.client.post("/v1/invoices", raw)
    assert answer.status == 400, answer
    assert answer.json()["code"] == "malformed-json"


@pytest.mark.parametrize(
    "raw, code",
    [
        (b"[" * 33 + b"]" * 33, "too-deep"),
        (b"[" + b"1," * 20000 + b"1]", "too-many-members"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/invoices", "/v1/credit-assessments", "/v1/nodes"])
def test_limits_of_the_text_have_their_own_problems(admin, chain, path, raw, code):
    client = chain.erp.client if path == "/v1/invoices" else admin
    answer = client.post(path, raw)
    assert answer.status == 413, answer
    assert answer.json()["code"] == code


@pytest.mark.parametrize("raw", [b"null", b"1", b'"x"', b"[]"])
def test_json_that_is_no_object(chain, raw):
    assert chain.erp.client.post("/v1/invoices", raw).status in (400, 422)


def test_body_limit(chain):
    body = chain.invoice(remarks="x" * (2 * 1024 * 1024))
    answer = chain.erp.client.post("/v1/invoices", body)
    assert answer.status == 413
    problem = answer.json()
    assert problem["code"] == "body-too-large"
    assert "2097152" in json.dumps(problem)


def test_media_type(chain):
    raw = encode(chain.invoice())
    for media_type in ("text/plain", "application/xml", "application/x-www-form-urlencoded"):
        answer = chain.erp.client.post("/v1/invoices", raw, {"Content-Type": media_type})
        assert answer.status == 415, answer
        assert answer.json()["code"] == "unsupported-media-type"
    for media_type in ("application/json", "application/json; charset=utf-8"):
        assert chain.erp.client.post("/v1/invoices", raw, {"Content-Type": media_type}).status in (
            200,
            201,
        )


def test_content_coding(chain):
    answer = chain.erp.client.post(
        "/v1/invoices", encode(chain.invoice()), {"Content-Encoding": "br"}
    )
    assert answer.status == 415
    assert "gzip" in answer.headers["Accept-Encoding"]


def test_limits_are_published(chain):
    limits = chain.erp.client.get("/v1/limits")
    assert limits.status == 200
    assert "2097152" in limits.body.decode()


@pytest.mark.parametrize("path", ["/v1/contracts", "/v1/enterprises", "/v1/industry-templates"])
def test_pages_have_an_etag(chain, path):
    client = chain.erp.client
    page = client.get(path, limit=1)
    assert page.headers["Cache-Control"] == "private, no-cache"
    tag = {"If-None-Match": page.headers["ETag"]}
    again = client.call("GET", path + "?limit=1", headers=tag)
    assert (again.status, again.body) == (304, b"")


def test_a_page_with_more_has_another_etag(admin, chain):
    client = make_node(admin, "erp").client
    client.post("/v1/invoices", chain.invoice())
    tag = {"If-None-Match": client.get("/v1/invoices").headers["ETag"]}
    assert client.call("GET", "/v1/invoices", headers=tag).status == 304
    client.post("/v1/invoices", chain.invoice())
    assert client.call("GET", "/v1/invoices", headers=tag).status == 200


def test_pages(admin, chain):
    node = make_node(admin, "erp")
    sent = [node.client.post("/v1/invoices", chain.invoice()).json()["id"] for _ in range(7)]
    seen, after = [], {}
    while True:
        page = node.client.get("/v1/invoices", limit=3, **after)
        data = page.json()
        seen += [r["id"] for r in data["data"]]
        if not data["has_more"]:
            break
        assert 'rel="next"' in page.headers["Link"]
        after = {"after": data["next_cursor"]}
    assert seen == sent
    backwards = [r["id"] for r in node.client.get("/v1/invoices", order="desc").json()["data"]]
    assert backwards == sent[::-1]
    assert chain.erp.client.get("/v1/contracts", limit=3, **after).status == 400
