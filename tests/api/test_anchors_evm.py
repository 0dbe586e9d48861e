"""Anchors on an EVM chain, through the whole server and on a real node; what the server shows as a
proof is taken apart here with the formats of Ethereum and the node's Keccak."""
import base64
import json

import pytest

from harness import anvil, bodies
from harness.parties import make_node
from harness.server import Server, wait_until
from test_anchors import TARGETS, change, entry_of

SETTINGS = {"chain_id": 31337, "confirmations": 3, "finality": 6, "poll_s": 1,
            "stuck_after_s": 60, "max_fee_gwei": "50.5", "max_priority_fee_gwei": "2"}


@pytest.fixture(scope="module")
def program():
    path, why = anvil.program()
    if not path:
        pytest.skip(why or "anvil is not there")
    return path


@pytest.fixture
def node(program):
    with anvil.Anvil(program) as running:
        yield running


@pytest.fixture(scope="module")
def server():
    with Server() as running:
        key = running.data / "evm.key"
        key.write_text(anvil.KEY + "\n")
        key.chmod(0o600)
        yield running


@pytest.fixture(scope="module")
def erp(server):
    return make_node(server.client()).client


@pytest.fixture(autouse=True)
def afterwards(server):
    yield
    server.clock.real()
    admin = server.client()
    for target in admin.get(TARGETS, limit=500).json()["data"]:
        if target["active"]:
            change(admin, target, active=False)


def target_body(url, **members):
    return {"name": bodies.unique("e").lower().replace("_", "-"), "kind": "evm", "url": url,
            "interval_s": 3600, "settings": SETTINGS, **members}


def add_target(admin, node, **members):
    answer = admin.post(TARGETS, target_body(node.url, **members))
    assert answer.status == 201, answer
    return answer.json()


def new_record(erp):
    answer = erp.post("/v1/enterprises", bodies.enterprise())
    assert answer.status == 201, answer


def problem_of(admin, name, words):
    def found():
        for tick in admin.get("/v1/anchors", order="desc", limit=20).json()["data"]:
            for entry in tick["entries"]:
                if entry["target"] == name and words in (entry["problem"] or ""):
                    return {"tick": tick["tick"], **entry}
        return None
    return wait_until(found, 15, words)


def check_proof(node, admin, entry):
    """From the statement to the hash of a block that the node has."""
    statement = admin.get(f"/v1/anchors/{entry['tick']}/statement").body.decode()
    root = base64.b64decode(statement.split("\nroot ")[1].split("\n")[0])
    answer = admin.get(entry["proof_href"])
    assert answer.status == 200, answer
    proof = json.loads(answer.body)
    raw, header = (bytes.fromhex(proof[m][2:]) for m in ("transaction", "header"))
    assert raw[0] == 2
    chain_id, *_, data, _access, _parity, _r, _s = anvil.rlp(raw[1:])
    assert int.from_bytes(chain_id, "big") == 31337 and data == b"scfd" + root
    assert "0x" + node.keccak(raw).hex() == proof["transaction_hash"] == entry["reference"]
    members = anvil.rlp(header)
    block = node.call("eth_getBlockByNumber", hex(proof["block_number"]), False)
    assert "0x" + node.keccak(header).hex() == proof["block_hash"] == block["hash"]
    path = [bytes.fromhex(p[2:]) for p in proof["path"]]
    value = anvil.trie_value(node.keccak, members[4], proof["transaction_index"], path)
    assert value == raw
    shown = node.call("eth_getTransactionByHash", proof["transaction_hash"])
    assert shown["from"] == proof["from"] == anvil.ADDRESS.lower()
    return proof


def test_a_tick_on_the_chain(server, erp, node):
    admin = server.client()
    target = add_target(admin, node)
    assert target["account"] == anvil.ADDRESS
    assert admin.get(f"{TARGETS}/{target['id']}").json()["account"] == anvil.ADDRESS
    new_record(erp)
    entry = entry_of(admin, target["name"], "anchored")
    check_proof(node, admin, entry)
    node.mine(2)
    entry = entry_of(admin, target["name"], "confirmed")
    assert entry["due_at"]  # it is still looked at
    proof = check_proof(node, admin, entry)
    # The chain takes the block back; the entry is proven again, in another block.
    node.call("anvil_reorg", 3, [])
    server.clock.shift(30)
    node.mine(1)

    def again():
        found = entry_of(admin, target["name"], "anchored")
        return found if json.loads(admin.get(found["proof_href"]).body) != proof else None

    check_proof(node, admin, wait_until(again, 15, "another proof"))
    node.mine(6)
    server.clock.shift(90)
    wait_until(lambda: entry_of(admin, target["name"], "confirmed")["due_at"] is None, 15, "final")


def test_what_stands_in_the_way_is_told(server, erp, node):
    admin = server.client()
    wrong = add_target(admin, node, settings={**SETTINGS, "chain_id": 1})
    new_record(erp)
    problem_of(admin, wrong["name"], "The node is on chain 31337, the target on 1.")
    change(admin, wrong, active=False)
    node.call("anvil_setBalance", anvil.ADDRESS, "0x1")
    poor = add_target(admin, node)
    new_record(erp)
    problem_of(admin, poor["name"], f"The account {anvil.ADDRESS} holds 1 wei")
    node.call("anvil_setBalance", anvil.ADDRESS, hex(10**18))
    change(admin, poor, interval_s=3601)  # what is pending is due at once
    entry = entry_of(admin, poor["name"], "anchored")
    assert entry["problem"] is None
    check_proof(node, admin, entry)


def test_two_instances_and_a_node_without_memory(server, erp, node):
    admin = server.client()
    node.call("evm_setAutomine", False)
    # None of them is replaced by a dearer one while this test goes on.
    settings = {**SETTINGS, "stuck_after_s": 600}
    first, second = [add_target(admin, node, settings=settings) for _ in range(2)]
    keys = {"SCFD_SIGNING_KEY_FILE": str(server.data / "log.key"),
            "SCFD_EVM_KEY_FILE": str(server.data / "evm.key")}
    with Server(database_url=server.cluster_url(), env=keys):
        new_record(erp)
        names = [first["name"], second["name"]]
        entries = [wait_until(lambda n=n: entry_of(admin, n, "pending")["reference"] and
                              entry_of(admin, n, "pending"), 15, "sent") for n in names]
        nonces = {node.call("eth_getTransactionByHash", e["reference"])["nonce"] for e in entries}
        assert nonces == {"0x0", "0x1"}
        node.call("anvil_dropAllTransactions")

        def both():
            node.mine(1)
            return all(node.call("eth_getTransactionReceipt", e["reference"]) for e in entries)

        wait_until(both, 20, "both are sent again", step_s=0.5)
        for name in names:
            check_proof(node, admin, entry_of(admin, name, "anchored"))


@pytest.mark.parametrize("lost", ["evm_tx", "evm_slot"])
def test_rows_of_before_the_transaction(server, erp, node, lost):
    """A restored database knows nothing of what was sent after its backup; with the slot lost, not
    even the nonce. The chain does: its nonces are not used again, and the entry comes through."""
    admin = server.client()
    name = add_target(admin, node)["name"]
    new_record(erp)
    first = entry_of(admin, name, "anchored")
    assert node.call("eth_getTransactionByHash", first["reference"])["nonce"] == "0x0"
    of = f"target_id = (SELECT id FROM scfd.anchor_target WHERE name = '{name}')"
    server.psql(f"""
        BEGIN;
        DELETE FROM scfd.evm_tx WHERE {of};
        DELETE FROM scfd.{lost} WHERE {of};
        UPDATE scfd.anchor_entry SET state = 0, proof = NULL, proven_at = NULL, reference = NULL,
            due_at = now() WHERE {of};
        COMMIT""")

    def other():
        found = entry_of(admin, name, "anchored")
        return found if found["reference"] != first["reference"] else None

    second = wait_until(other, 20, "the entry is anchored again")
    assert second["tick"] == first["tick"] and second["problem"] is None
    assert node.call("eth_getTransactionByHash", second["reference"])["nonce"] == "0x1"
    check_proof(node, admin, second)
    node.mine(6)
    server.clock.shift(90)
    wait_until(lambda: entry_of(admin, name, "confirmed")["due_at"] is None, 15, "final")
    assert node.call("eth_getTransactionCount", anvil.ADDRESS, "pending") == "0x2"


def test_nodes_that_lack_methods(server, erp, node):
    """The bytes of transactions, and advice on fees, can be had otherwise; what a block has cannot:
    then the proof stays incomplete and the entry unconfirmed."""
    admin = server.client()
    with anvil.Fence(node, "eth_getRawTransactionByHash", "eth_maxPriorityFeePerGas") as fence:
        target = add_target(admin, fence)
        new_record(erp)
        check_proof(node, admin, entry_of(admin, target["name"], "anchored"))
        change(admin, target, active=False)
    with anvil.Fence(node, "eth_getRawTransactionByHash", "eth_getBlockByHash") as fence:
        target = add_target(admin, fence)
        new_record(erp)
        entry = problem_of(admin, target["name"], "does not give all transactions")
        assert entry["state"] == "anchored" and entry["proven_at"] is None
        node.mine(4)  # confirmed, not final: what is final and unproven rests for a day
        assert json.loads(admin.get(entry["proof_href"]).body)["path"] is None
        change(admin, target, url=node.url)
        check_proof(node, admin, entry_of(admin, target["name"], "confirmed"))


@pytest.mark.parametrize("settings, pointer", [
    ({}, "#/settings/chain_id"),
    ({"chain_id": 0}, "#/settings/chain_id"),
    ({"chain_id": 1, "to": "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed"}, "#/settings/to"),
    ({"chain_id": 1, "max_fee_gwei": "0.0000000001"}, "#/settings/max_fee_gwei"),
    ({"chain_id": 1, "max_fee_gwei": "100001"}, "#/settings/max_fee_gwei"),
    ({"chain_id": 1, "confirmations": 0}, "#/settings/confirmations"),
    ({"chain_id": 1, "gas": 1}, "#/settings/gas"),
])
def test_settings(server, settings, pointer):
    body = target_body("https://node.example.com/v3/0123", settings=settings)
    answer = server.client().post(TARGETS, body)
    assert answer.status == 422, answer
    assert [e["pointer"] for e in answer.json()["errors"]] == [pointer]
