"""Bodies with a distinctive text in every member that takes free text, from the description."""
import copy
import json

from . import bodies

KINDS = {
    "enterprises": "EnterpriseCreate",
    "contracts": "ContractCreate",
    "workflow-events": "WorkflowEventCreate",
    "invoices": "InvoiceCreate",
    "guarantees": "GuaranteeCreate",
}
KEPT = {"external_id", "contract_no", "event_id", "tax_no", "original_invoice_no"}
PLAIN = {"boolean": True, "integer": 1, "number": 1}


class Marked:
    """`marks` are the texts that were put in, by path."""

    def __init__(self, schemas, word):
        self.schemas, self.word, self.marks = schemas, word, {}

    def resolve(self, schema):
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rpartition("/")[2]]
        return schema

    def mark(self, path, schema):
        text = f"{self.word}{len(self.marks):03d}"
        assert len(text) <= schema.get("maxLength", 4000), path
        self.marks[path] = text
        return text

    def string(self, schema, path):
        if "enum" in schema or "const" in schema:
            return schema.get("const") or schema["enum"][0]
        if schema.get("format") == "date":
            return bodies.days_ago(3)
        if schema.get("format") == "date-time":
            return bodies.hours_ago(3)
        if "pattern" in schema or "format" in schema:
            return None
        return self.mark(path, schema)

    def value(self, schema, path, base=None):
        """None: nothing can be made up that fits."""
        schema = self.resolve(schema)
        kind = schema.get("type")
        if isinstance(kind, list):  # a decimal, as text or as a number
            return base
        if kind == "object" or "properties" in schema:
            return self.object(schema, path, base if isinstance(base, dict) else {})
        if kind == "array":
            first = base[0] if isinstance(base, list) and base else None
            item = self.value(schema["items"], f"{path}/0", first)
            return None if item in (None, {}) else [item]
        if kind == "string":
            made = self.string(schema, path) if path.split("/")[-1] not in KEPT else None
            return made if base is None or path in self.marks else base
        return base if base is not None else PLAIN.get(kind)

    def object(self, schema, path, base):
        made = {}
        for name, member in schema.get("properties", {}).items():
            value = self.value(member, f"{path}/{name}", base.get(name))
            if value is None and name in schema.get("required", []):
                value = "1"  # a decimal
            if value is not None:
                made[name] = value
        return made


def drop(body, pointer):
    """Takes the member at a fault's pointer away; the whole list when it is in one."""
    steps = pointer.removeprefix("#/").split("/")
    holder = body
    for step in steps[:-1]:
        holder = holder[int(step)] if isinstance(holder, list) else holder.get(step, {})
    if isinstance(holder, dict):
        holder.pop(steps[-1], None)


def without_none(marks, body):
    text = json.dumps(body, ensure_ascii=False)
    return {path: mark for path, mark in marks.items() if mark in text}


def send(client, kind, base, word):
    """Posts a body of the kind with as many marks as its rules allow. The id, the body as sent, and
    the marks by path."""
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    marked = Marked(schemas, word)
    body = marked.object(marked.resolve(schemas[KINDS[kind]]), "", base)
    for _ in range(40):
        answer = client.post(f"/v1/{kind}", body)
        if answer.status == 201:
            record_id = answer.json().get("record_id", answer.json()["id"])
            return record_id, body, without_none(marked.marks, body)
        assert answer.status == 422, answer
        for error in answer.json()["errors"]:
            before = copy.deepcopy(body)
            drop(body, error["pointer"])
            if body == before:
                name = error["pointer"].removeprefix("#/").split("/")[0]
                if name in base:
                    body[name] = base[name]
                else:
                    body.pop(name, None)
            top = error["pointer"].removeprefix("#/").split("/")[0]
            if top in base and top not in body:
                body[top] = base[top]
    raise AssertionError(f"no body of {kind} is accepted: {answer}")
