"""Nodes, enterprises and a whole supply chain, made through the API."""
from . import bodies


class Node:
    """A data-exchange node: id, key, a client with that key, the enterprise that runs it."""

    def __init__(self, client, answer, enterprise_id=None):
        self.id, self.key, self.enterprise_id = answer["id"], answer["api_key"], enterprise_id
        self.client = client.copy(self.key)


def make_node(admin, kind="erp", operator=None, **members):
    body = {"name": bodies.unique(kind), "kind": kind, **members}
    if operator:
        body["operator_enterprise_id"] = operator
    answer = admin.post("/v1/nodes", body)
    assert answer.status == 201, answer
    return Node(admin, answer.json(), operator)


def make_enterprise(admin, **members):
    """A registered enterprise as a dict: id, uscc, name and both ways to name it."""
    body = bodies.enterprise(**members)
    answer = admin.post("/v1/enterprises", body)
    assert answer.status == 201, answer
    enterprise_id = answer.json()["id"]
    return {
        "id": enterprise_id,
        "uscc": body["uscc"],
        "name": body["name"],
        "ref": {"enterprise_id": enterprise_id},
        "tax": {"name": body["name"], "tax_no": body["uscc"]},
    }


class Chain:
    """A supply chain ready to use: seller, buyer, guarantor, lender, each with a node. `suites`
    names the suite of a node's chain by its kind."""

    def __init__(self, admin, suites=None, **seller):
        def node(kind, operator):
            suite = (suites or {}).get(kind)
            members = {"chain_suite": suite} if suite else {}
            return make_node(admin, kind, operator["id"], **members)

        self.seller = make_enterprise(admin, **seller)
        self.buyer = make_enterprise(admin, roles=["core_enterprise", "buyer"], size_class="large")
        self.guarantor = make_enterprise(admin, roles=["guarantor"])
        self.bank = make_enterprise(
            admin, roles=["lender"], enterprise_type="financial_institution"
        )
        self.erp = node("erp", self.seller)
        self.procurement = node("procurement", self.buyer)
        self.surety = node("guarantor", self.guarantor)
        self.lender = node("lender", self.bank)

    def contract(self, **members):
        return bodies.contract(self.seller["ref"], self.buyer["ref"], **members)

    def event(self, contract_id, **members):
        return bodies.event(contract_id, self.seller["id"], **members)

    def invoice(self, **members):
        return bodies.invoice(self.seller["tax"], self.buyer["tax"], **members)

    def guarantee(self, contract_id, **members):
        return bodies.guarantee(
            contract_id, self.guarantor["id"], self.seller["id"], self.bank["id"], **members
        )

    def guarantee_by_number(self, number, **members):
        """As the guarantor sends it, who cannot see the contract."""
        body = self.guarantee(None, contract_no=number, **members)
        del body["contract_id"]
        return body
