"""openapi/openapi.yaml, `scfd openapi`, /openapi.json and the routes say the same."""
import json
import re

import pytest
import yaml

from harness.server import ROOT, scfd

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document():
    return yaml.safe_load((ROOT / "openapi" / "openapi.yaml").read_text(encoding="utf-8"))


def operations(document):
    return {(method.upper(), path): operation for path, item in document["paths"].items()
            for method, operation in item.items() if method in METHODS}


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for member in value.values():
            yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


def test_file_equals_what_the_binary_prints(document):
    done = scfd("openapi")
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout) == document


def test_served_document_is_the_same(server, document):
    answer = server.anonymous().get("/openapi.json")
    assert answer.status == 200
    assert answer.json() == document


def test_is_openapi_3_1(document):
    assert re.fullmatch(r"3\.1\.\d", document["openapi"])
    assert document["info"]["title"] and document["info"]["version"]
    assert document["components"]["securitySchemes"]


def test_every_reference_resolves(document):
    for reference in set(references(document)):
        assert reference.startswith("#/"), reference
        target = document
        for part in reference[2:].split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]


def test_operations_are_complete(document):
    ids = [operation["operationId"] for operation in operations(document).values()]
    assert len(ids) == len(set(ids))
    for (method, path), operation in operations(document).items():
        where = f"{method} {path}"
        assert operation.get("summary"), where
        assert operation.get("tags"), where
        assert operation.get("responses"), where
        assert all(re.fullmatch(r"[1-5]\d\d|default", code) for code in operation["responses"]), where
        declared = {p["name"] for p in operation.get("parameters", []) if p.get("in") == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path)), where


def test_every_operation_is_routed(server, document, erp):
    """Each documented operation exists: its OPTIONS answer allows the method."""
    for method, path in operations(document):
        concrete = re.sub(r"\{\w+\}", "x_01h455vb4pex5vsknk084sn02q", path)
        answer = erp.call("OPTIONS", concrete)
        allowed = [m.strip() for m in (answer.headers["Allow"] or "").split(",")]
        assert method in allowed, (method, path, answer)


def test_request_schemas_accept_what_the_server_accepts(document, chain):
    """The component schemas say `required` and `additionalProperties` as the validator does."""
    jsonschema = pytest.importorskip("jsonschema")
    for path, body in (("/v1/invoices", chain.invoice()), ("/v1/contracts", chain.contract())):
        media = operations(document)[("POST", path)]["requestBody"]["content"]["application/json"]
        schema = {**media["schema"], "components": document["components"]}
        jsonschema.Draft202012Validator(schema).validate(body)
        broken = {**body, "no_such_member": 1}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(schema).validate(broken)
    json.dumps(document)
