"""Compares answers of the server with what openapi/openapi.yaml says about them."""
import json
import re
from collections import Counter

import jsonschema
import yaml

from harness.server import ROOT

SAMPLES = 20  # of one operation and status are looked at closely: more would only cost time


def load():
    text = (ROOT / "openapi" / "openapi.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def closed(value):
    """A copy in which objects have no members but those that are described. Readers must let
    unknown members be; this test must not."""
    if isinstance(value, list):
        return [closed(item) for item in value]
    if not isinstance(value, dict):
        return value
    copy = {key: closed(member) for key, member in value.items()}
    if isinstance(copy.get("properties"), dict) and "additionalProperties" not in copy:
        copy["additionalProperties"] = False
    return copy


class Description:
    def __init__(self):
        self.document = load()
        self.components = closed(self.document["components"])
        self.seen = Counter()
        # Fewer parameters first: /v1/records/{id} is not /v1/records/bulk.
        paths = sorted(self.document["paths"], key=lambda path: path.count("{"))
        self.paths = [(self._pattern(path), self.document["paths"][path]) for path in paths]

    @staticmethod
    def _pattern(path):
        parts = re.split(r"(\{\w+\})", path)
        return re.compile("".join(".+" if part == "{rest}" else "[^/]+" if part.startswith("{")
                                  else re.escape(part) for part in parts))

    def operation(self, method, path):
        path = path.split("?")[0]
        for pattern, item in self.paths:
            if pattern.fullmatch(path) and method.lower() in item:
                return item[method.lower()]
        return None

    def check(self, method, path, answer):
        """Raises AssertionError when the answer is not as described."""
        operation = self.operation(method, path)
        if not operation:
            return
        key = (operation["operationId"], answer.status)
        self.seen[key] += 1
        if self.seen[key] > SAMPLES:
            return
        responses = operation["responses"]
        response = responses.get(str(answer.status), responses["default"])
        if "$ref" in response:
            response = self.document["components"]["responses"][response["$ref"].split("/")[-1]]
        self._check_body(f"{method} {path} {answer.status}", response.get("content", {}), answer)

    def _check_body(self, where, content, answer):
        if not content:
            assert not answer.body, f"{where}: a body where none is described"
            return
        media_type = (answer.headers["Content-Type"] or "").split(";")[0]
        assert media_type in content, f"{where}: {media_type} is not among {sorted(content)}"
        media = content[media_type]
        if "x-itemSchema" in media:
            *lines, last = answer.body.splitlines()
            for line in lines[:SAMPLES]:
                self._validate(where, media["x-itemSchema"], json.loads(line))
            self._validate(where, {"$ref": "#/components/schemas/BulkSummary"},
                           json.loads(last)["summary"])
        elif media_type.endswith("json"):
            self._validate(where, media["schema"], json.loads(answer.body))

    def _validate(self, where, schema, value):
        validator = jsonschema.Draft202012Validator({**schema, "components": self.components})
        for error in validator.iter_errors(value):
            raise AssertionError(f"{where} is not as described: {error.json_path}: {error.message}")
