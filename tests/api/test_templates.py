"""Industry templates: drafted, published, immutable, in force for what comes in afterwards."""
import hashlib

import pytest

from harness import bodies
from harness.parties import make_enterprise, make_node
from harness.server import wait_until

TEMPLATES = "/v1/industry-templates"


def definition(code, **members):
    field = {"key": "vessel", "label_zh": "船名", "type": "string", "required": True}
    return {"code": code, "industry_code": "G55", "applies_to": "invoice", "fields": [field],
            "periods": {"accounting": "month"}, "effective_from": "2020-01-01T00:00:00Z", **members}


@pytest.fixture
def draft(admin):
    answer = admin.post(TEMPLATES, definition(bodies.unique("t").lower().replace("-", "_")))
    assert answer.status == 201, answer
    return answer


def put(client, path, body, etag=None):
    return client.call("PUT", path, body, {"If-Match": etag} if etag else None)


def test_three_industries_ship(admin):
    shipped = admin.get(TEMPLATES, limit=100, status="published").json()["data"]
    by_industry = {}
    for template in shipped:
        by_industry.setdefault(template["industry_code"], set()).add(template["applies_to"])
    kinds = {"contract", "workflow_event", "invoice", "guarantee"}
    assert by_industry["*"] == by_industry["F515"] == by_industry["C36"] == kinds


def test_draft_changes_only_with_its_tag(admin, draft):
    shown = draft.json()
    path, etag = draft.headers["Location"], draft.headers["ETag"]
    assert shown["status"] == "draft" and shown["revision"] == 1
    changed = definition(shown["code"], steps=[{"step": "shipped", "order": 1}])
    assert put(admin, path, changed).status == 428
    assert put(admin, path, changed, '"0-00000000"').status == 412
    assert put(admin, path, changed, "W/" + etag).status == 412  # weak tags never match
    answer = put(admin, path, changed, etag)
    assert answer.status == 200 and answer.json()["steps"][0]["step"] == "shipped"
    assert answer.headers["ETag"] != etag
    assert put(admin, path, changed, etag).status == 412
    fresh = answer.headers["ETag"]
    assert admin.get(path, headers={"If-None-Match": fresh}).status == 304
    moved = {**changed, "industry_code": "C36"}
    assert put(admin, path, moved, fresh).status == 409


def test_published_is_immutable_and_in_the_chain(admin, draft):
    path, code = draft.headers["Location"], draft.json()["code"]
    answer = admin.call("POST", path + "/publish")
    assert answer.status == 200 and answer.json()["status"] == "published"
    assert put(admin, path, definition(code), answer.headers["ETag"]).status == 409
    assert admin.call("POST", path + "/publish").status == 409
    record = admin.get(f"/v1/records/{answer.json()['id']}").json()
    body = admin.get(f"/v1/records/{answer.json()['id']}/body").body
    assert hashlib.sha256(body).hexdigest() == record["sha256"]
    again = admin.post(TEMPLATES, definition(code))
    assert again.status == 201 and again.json()["revision"] == 2
    assert admin.post(TEMPLATES, definition(code)).status == 409  # one draft at a time
    assert [t["revision"] for t in admin.get(TEMPLATES, code=code).json()["data"]] == [1, 2]


def test_published_one_judges_what_comes_in(admin, draft):
    seller = make_enterprise(admin, industry_code="G5521")
    buyer = make_enterprise(admin)
    erp = make_node(admin, "erp", seller["id"])
    assert admin.call("POST", draft.headers["Location"] + "/publish").status == 200

    def judged():
        answer = erp.client.post("/v1/invoices", bodies.invoice(seller["tax"], buyer["tax"]))
        assert answer.status == 201, answer
        return answer.json()["quality"]["missing_fields"] == ["vessel"]
    wait_until(judged, 5, "the published template is in force")
    answer = erp.client.post("/v1/invoices", bodies.invoice(seller["tax"], buyer["tax"],
                                                            fields={"vessel": "远洋"}))
    assert answer.json()["quality"]["missing_fields"] == []


def test_nodes_read_but_do_not_write(admin, draft):
    node = make_node(admin, "erp").client
    assert node.get(draft.headers["Location"]).status == 200
    assert node.post(TEMPLATES, definition("not_mine")).status == 403
    assert node.call("POST", draft.headers["Location"] + "/publish").status == 403


@pytest.mark.parametrize("members, pointer", [
    ({"code": "Not A Code"}, "#/code"),
    ({"industry_code": "Z1"}, "#/industry_code"),
    ({"applies_to": "loan"}, "#/applies_to"),
    ({"fields": []}, "#/fields"),
    ({"grading": {}}, "#/grading"),
    ({"surprise": 1}, "#/surprise"),
])
def test_unsound_definitions(admin, members, pointer):
    answer = admin.post(TEMPLATES, {**definition("unsound"), **members})
    assert answer.status == 422, answer
    assert any(e["pointer"].startswith(pointer) for e in answer.json()["errors"]), answer


def test_unknown_ids_and_filters(admin):
    assert admin.get(TEMPLATES + "/tpl_01h455vb4pex5vsknk084sn02q").status == 404
    assert admin.get(TEMPLATES + "/ctr_01h455vb4pex5vsknk084sn02q").status == 404
    assert admin.get(TEMPLATES, applies_to="loan").status == 400
    assert admin.get(TEMPLATES, status="gone").status == 400
