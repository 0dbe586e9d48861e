"""Nodes, keys, enterprises: who may see what, and until when."""
from datetime import datetime, timedelta, timezone

import pytest

from harness import bodies
from harness.parties import make_enterprise, make_node
from harness.server import Server, keeps_within, seconds, wait_until

KINDS = [
    "procurement",
    "erp",
    "workflow",
    "logistics",
    "guarantor",
    "lender",
    "insurer",
    "regulator",
    "notary",
    "court",
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_node(admin, kind):
    node = make_node(admin, kind)
    assert node.id.startswith("node_")
    assert node.key.startswith("scfd_sk_live_")
    shown = admin.get(f"/v1/nodes/{node.id}")
    assert shown.json()["kind"] == kind
    assert "api_key" not in shown.json()
    assert node.key not in shown.body.decode()


def test_unknown_kind_is_refused(admin):
    answer = admin.post("/v1/nodes", {"name": "x", "kind": "bakery"})
    assert answer.status == 422
    assert answer.json()["errors"][0]["pointer"] == "#/kind"


def test_only_administrators_make_nodes(erp):
    assert erp.post("/v1/nodes", {"name": "x", "kind": "erp"}).status == 403


@pytest.mark.parametrize("key", ["", "x", "scfd_sk_live_", "scfd_sk_live_" + "0" * 60, "é"])
def test_bad_keys_are_401(server, key):
    client = server.client(key or "x")
    assert client.get("/v1/invoices", {"Authorization": f"Bearer {key}".encode()}).status == 401


def test_altered_key_is_401(server, chain):
    key = chain.erp.key
    changed = key[:20] + ("a" if key[20] != "a" else "b") + key[21:]
    assert server.client(changed).get("/v1/invoices").status == 401


def test_key_as_basic_user_name(server, chain):
    import base64

    token = base64.b64encode((chain.erp.key + ":").encode()).decode()
    assert server.anonymous().get("/v1/invoices", {"Authorization": "Basic " + token}).status == 200


def test_key_is_stored_as_digest_only(server, chain):
    dump = server.psql(
        "SELECT encode(digest,'hex') || coalesce(label,'') || hint FROM scfd.api_key"
    )
    assert chain.erp.key not in dump
    assert chain.erp.key[-40:] not in dump


def test_another_nodes_record_is_404(admin, chain):
    stranger = make_node(admin, "erp")
    record = chain.erp.client.post("/v1/contracts", chain.contract()).json()
    for path in (
        f"/v1/contracts/{record['id']}",
        f"/v1/records/{record['id']}",
        f"/v1/records/{record['id']}/body",
        f"/v1/records/{record['id']}/proof",
    ):
        answer = stranger.client.get(path)
        assert answer.status == 404, (path, answer)
        unknown = stranger.client.get(path.replace(record["id"], "ctr_01h455vb4pex5vsknk084sn02q"))
        assert unknown.json()["title"] == answer.json()["title"]
        assert record["external_id"] not in answer.body.decode()
    assert stranger.client.get("/v1/records", sha256=record["sha256"]).json()["data"] == []
    assert chain.erp.client.get(f"/v1/contracts/{record['id']}").status == 200
    assert admin.get(f"/v1/contracts/{record['id']}").status == 200


def test_lists_show_only_the_own_node(admin, chain):
    first, second = make_node(admin, "erp"), make_node(admin, "erp")
    mine = first.client.post("/v1/invoices", chain.invoice()).json()["id"]
    assert [r["id"] for r in first.client.get("/v1/invoices").json()["data"]] == [mine]
    assert second.client.get("/v1/invoices").json()["data"] == []


def test_allowed_resources_are_enforced(admin, chain):
    node = make_node(admin, "erp", allowed_resources=["invoice"])
    assert node.client.post("/v1/invoices", chain.invoice()).status == 201
    answer = node.client.post("/v1/contracts", chain.contract())
    assert answer.status == 403, answer


def new_key(admin, node, **members):
    answer = admin.post(f"/v1/nodes/{node.id}/keys", members)
    assert answer.status == 201, answer
    return answer.json()


def test_revocation_acts_at_once(server, admin):
    node = make_node(admin, "erp")

    def revoke():
        key = new_key(admin, node, label=bodies.unique("second"))
        client = server.client(key["api_key"])
        assert client.get("/v1/invoices").status == 200
        assert admin.delete(f"/v1/api-keys/{key['id']}").status in (200, 204)
        return seconds(lambda: wait_until(lambda: client.get("/v1/invoices").status == 401, 2,
                                          "it is refused"))
    assert keeps_within(1.0, 1, revoke)
    assert node.client.get("/v1/invoices").status == 200


def test_expiry(server, admin):
    node = make_node(admin, "erp")
    soon = datetime.now(timezone.utc) + timedelta(seconds=8)
    key = new_key(admin, node, expires_at=soon.isoformat(timespec="seconds").replace("+00:00", "Z"))
    client = server.client(key["api_key"])
    assert client.get("/v1/invoices").status == 200
    wait_until(lambda: client.get("/v1/invoices").status == 401, 5, "the key expires")


def test_two_instances_share_keys_and_records(server, admin, chain):
    """A second scfd on the same database: revoked there, refused here; written here, seen there."""
    node = make_node(admin, "erp")
    key = new_key(admin, node)
    same_key = ("--signing-key-file", server.data / "log.key")
    with Server(database_url=server.cluster_url(), flags=same_key) as other:
        here, there = server.client(key["api_key"]), other.client(key["api_key"])
        assert there.get("/v1/invoices").status == 200
        record = here.post("/v1/invoices", chain.invoice()).json()
        assert there.get(f"/v1/invoices/{record['id']}").status == 200
        assert other.client(server.admin_key).delete(f"/v1/api-keys/{key['id']}").status in (
            200,
            204,
        )
        wait_until(lambda: here.get("/v1/invoices").status == 401, 2, "refused by both instances")
        fresh = make_node(other.client(server.admin_key), "erp")
        wait_until(
            lambda: server.client(fresh.key).get("/v1/invoices").status == 200,
            2,
            "a key made there is good here",
        )


def test_suspended_node_is_401(server, admin):
    node = make_node(admin, "erp")
    shown = admin.get(f"/v1/nodes/{node.id}")
    answer = admin.patch(
        f"/v1/nodes/{node.id}", {"status": "suspended"}, {"If-Match": shown.headers["ETag"]}
    )
    assert answer.status == 200, answer
    wait_until(lambda: node.client.get("/v1/invoices").status == 401, 2, "the node is shut out")


def test_updates_need_if_match(admin):
    node = make_node(admin, "erp")
    assert admin.patch(f"/v1/nodes/{node.id}", {"name": "n"}).status == 428
    answer = admin.patch(f"/v1/nodes/{node.id}", {"name": "n"}, {"If-Match": '"0-00000000"'})
    assert answer.status == 412


def test_bad_check_digit_only_warns(admin):
    body = bodies.enterprise(uscc="91350211M0000XUF46")
    answer = admin.post("/v1/enterprises", body)
    assert answer.status in (200, 201), answer
    warned = {w["pointer"]: w["code"] for w in answer.json()["warnings"]}
    assert "#/uscc" in warned, warned


def test_profile_masks_accounts_and_identity_numbers(admin):
    body = bodies.enterprise(
        legal_representative={
            "name": "王芳",
            "id_type": "id_card",
            "id_number": "330102198001011234",
        },
        bank_accounts=[
            {"account_name": "a", "account_no": "6222021234567890123", "bank_name": "b"}
        ],
    )
    assert admin.post("/v1/enterprises", body).status == 201
    shown = admin.get("/v1/enterprises", uscc=body["uscc"])
    text = shown.body.decode()
    assert "6222021234567890123" not in text and "330102198001011234" not in text
    shown = admin.get("/v1/enterprises/" + shown.json()["data"][0]["id"]).body.decode()
    assert "6222021234567890123" not in shown and "0123" in shown


def test_qualifications_carry_a_computed_status(admin):
    quals = [
        {
            "type": "business_license",
            "certificate_no": str(i),
            "issuer": "市场监督管理局",
            "issued_on": "2020-01-01",
            "valid_until": bodies.days_ago(-days),
        }
        for i, days in enumerate((400, 10, -5))
    ]
    enterprise = make_enterprise(admin, qualifications=quals)
    shown = admin.get("/v1/enterprises/" + enterprise["id"]).json()
    profile = shown.get("profile", shown)
    assert [q["status"] for q in profile["qualifications"]] == ["valid", "expiring", "expired"]
