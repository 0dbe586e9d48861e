"""openapi/openapi.yaml, `scfd openapi`, /openapi.json and the routes say the same, and the document
is sound. That answers are as described is checked all along the API tests (conftest.py)."""
import json
import re
import subprocess
import sys

import jsonschema
import pytest

from harness.described import load
from harness.server import BINARY, ROOT, scfd

METHODS = {"get", "post", "put", "patch", "delete"}
PROBLEM = {"$ref": "#/components/responses/Problem"}


@pytest.fixture(scope="module")
def document():
    return load()


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


def resolve(document, reference):
    assert reference.startswith("#/"), reference
    target = document
    for part in reference[2:].split("/"):
        target = target[part.replace("~1", "/").replace("~0", "~")]
    return target


def parameters(document, operation):
    return [resolve(document, p["$ref"]) if "$ref" in p else p for p in operation["parameters"]]


# ---- the four places that say it ---------------------------------------------------------------

def test_file_equals_what_the_binary_prints():
    done = scfd("openapi")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (ROOT / "openapi" / "openapi.yaml").read_text(encoding="utf-8"), \
        "run `make openapi`"


def test_json_and_yaml_say_the_same(document):
    assert json.loads(scfd("openapi", "--json").stdout) == document


def test_served_document_is_the_same(server, document):
    answer = server.anonymous().get("/openapi.json")
    assert answer.status == 200
    assert answer.json() == document


def test_every_operation_is_routed(document, erp):
    """Each documented operation exists: its OPTIONS answer allows the method."""
    for method, path in operations(document):
        concrete = re.sub(r"\{\w+\}", "x_01h455vb4pex5vsknk084sn02q", path)
        answer = erp.call("OPTIONS", concrete)
        allowed = [m.strip() for m in (answer.headers["Allow"] or "").split(",")]
        assert method in allowed, (method, path, answer)


def test_reference_pages_are_up_to_date():
    done = subprocess.run([sys.executable, ROOT / "tools" / "docs.py", BINARY, "--check"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# ---- the document by itself --------------------------------------------------------------------

def test_is_openapi_3_1(document):
    assert re.fullmatch(r"3\.1\.\d", document["openapi"])
    assert document["info"]["title"] and document["info"]["version"]
    assert document["components"]["securitySchemes"]


def test_every_reference_resolves(document):
    for reference in set(references(document)):
        resolve(document, reference)


def test_every_component_is_used(document):
    used = set(references(document))
    for section in ("schemas", "parameters", "responses"):
        for name in document["components"][section]:
            assert f"#/components/{section}/{name}" in used, f"{section}/{name} is not used"


def test_schemas_are_sound(document):
    for name, schema in document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert set(schema.get("required", [])) <= set(schema.get("properties", {})), name


def test_operations_are_complete(document):
    ids = [operation["operationId"] for operation in operations(document).values()]
    assert len(ids) == len(set(ids))
    for (method, path), operation in operations(document).items():
        where = f"{method} {path}"
        assert operation.get("summary"), where
        responses = operation["responses"]
        assert all(re.fullmatch(r"[1-5]\d\d|default", code) for code in responses), where
        assert any(code.startswith("2") for code in responses), where
        assert responses["default"] == PROBLEM, where
        if operation.get("security") != []:
            assert responses["401"] == PROBLEM, where


def test_parameters_are_declared_once(document):
    for (method, path), operation in operations(document).items():
        where = f"{method} {path}"
        given = [(p["in"], p["name"]) for p in parameters(document, operation)]
        assert len(given) == len(set(given)), where
        in_path = {name for place, name in given if place == "path"}
        assert in_path == set(re.findall(r"\{(\w+)\}", path)), where
        assert all(p.get("required") for p in parameters(document, operation)
                   if p["in"] == "path"), where


def test_every_tag_is_described(document):
    described = [tag["name"] for tag in document["tags"]]
    used = {tag for operation in operations(document).values() for tag in operation["tags"]}
    assert used == set(described) and len(described) == len(set(described))


def test_additions_by_hand_name_real_operations(document):
    """openapi/components.json adds prose to operations by their ids."""
    by_hand = json.loads((ROOT / "openapi" / "components.json").read_text(encoding="utf-8"))
    ids = {operation["operationId"] for operation in operations(document).values()}
    assert set(by_hand["operations"]) <= ids


def test_request_schemas_accept_what_the_server_accepts(document, chain):
    """The component schemas say `required` and `additionalProperties` as the validator does."""
    for path, body in (("/v1/invoices", chain.invoice()), ("/v1/contracts", chain.contract())):
        media = operations(document)[("POST", path)]["requestBody"]["content"]["application/json"]
        validator = jsonschema.Draft202012Validator(
            {**media["schema"], "components": document["components"]})
        validator.validate(body)
        with pytest.raises(jsonschema.ValidationError):
            validator.validate({**body, "no_such_member": 1})
