"""NDJSON: a result per line, a summary last, partial success or all-or-nothing, constant memory."""
import hashlib
import re
import socket
import threading
import time

import pytest

from harness import bodies
from harness.client import encode, ndjson
from harness.parties import Chain, make_node
from harness.server import Server, wait_until


def results(answer):
    assert answer.status == 200, answer
    assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    lines = answer.lines()
    assert "summary" in lines[-1] and not any("summary" in line for line in lines[:-1])
    return lines[:-1], lines[-1]["summary"]


def test_results_per_line_and_summary(chain):
    batch = [chain.invoice() for _ in range(5)]
    raw = ndjson(batch)
    lines, summary = results(chain.erp.client.bulk("invoices", raw))
    assert [line["line"] for line in lines] == [1, 2, 3, 4, 5]
    assert {line["status"] for line in lines} == {201}
    for line, body in zip(lines, batch):
        assert line["id"].startswith("inv_")
        assert line["external_id"] == body["external_id"]
        assert line["sha256"] == hashlib.sha256(encode(body)).hexdigest()
    assert summary["batch_status"] == "accepted"
    counts = {k: summary[k] for k in ("total", "accepted", "duplicate", "rejected")}
    assert counts == {"total": 5, "accepted": 5, "duplicate": 0, "rejected": 0}
    assert summary["batch_sha256"] == hashlib.sha256(raw).hexdigest()


def test_partial_success(chain):
    good, repeated = chain.invoice(), chain.invoice()
    assert chain.erp.client.post("/v1/invoices", repeated).status == 201
    conflicting = {**repeated, "remarks": "other"}
    bad = chain.invoice(kind="nonsense")
    raw = ndjson([good, repeated, conflicting, bad]) + b'{"broken":\n' + ndjson([chain.invoice()])
    lines, summary = results(chain.erp.client.bulk("invoices", raw))
    assert [line["status"] for line in lines] == [201, 200, 409, 422, 400, 201]
    assert lines[2]["problem"]["code"] == "external-id-conflict"
    assert lines[3]["problem"]["errors"][0]["pointer"] == "#/kind"
    assert lines[4]["problem"]["code"] == "malformed-json"
    assert summary["batch_status"] == "partially_accepted"
    assert (summary["total"], summary["accepted"], summary["duplicate"], summary["rejected"]) == (
        6,
        2,
        1,
        3,
    )


def test_all_refused(chain):
    _, summary = results(chain.erp.client.bulk("invoices", b"{}\n{}\n"))
    assert (summary["batch_status"], summary["rejected"]) == ("rejected", 2)


def test_same_external_id_twice_in_one_batch(chain):
    body = chain.invoice()
    lines, summary = results(
        chain.erp.client.bulk("invoices", [body, body, {**body, "remarks": "2"}])
    )
    assert [line["status"] for line in lines] == [201, 200, 409]
    assert lines[0]["id"] == lines[1]["id"]
    assert (summary["accepted"], summary["duplicate"], summary["rejected"]) == (1, 1, 1)


def test_atomic_takes_all_or_nothing(chain):
    batch = [chain.invoice(), chain.invoice(kind="nonsense"), chain.invoice()]
    lines, summary = results(chain.erp.client.bulk("invoices", batch, atomic="true"))
    assert summary["accepted"] == 0
    assert summary["batch_status"] == "rejected"
    assert all(line["status"] >= 400 for line in lines)
    for body in batch:
        digest = hashlib.sha256(encode(body)).hexdigest()
        assert chain.erp.client.get("/v1/records", sha256=digest).json()["data"] == []
    del batch[1]
    lines, summary = results(chain.erp.client.bulk("invoices", batch, atomic="true"))
    assert [line["status"] for line in lines] == [201, 201]
    assert summary["batch_status"] == "accepted"


def test_blank_lines_crlf_and_missing_last_newline(chain):
    a, b, c = (encode(chain.invoice()) for _ in range(3))
    raw = b"\r\n" + a + b"\r\n\n  \n" + b + b"\r\n" + c
    lines, summary = results(chain.erp.client.bulk("invoices", raw))
    assert [line["status"] for line in lines] == [201, 201, 201]
    assert [line["line"] for line in lines] == [2, 5, 6]
    assert summary["total"] == 3
    assert lines[0]["sha256"] == hashlib.sha256(a).hexdigest()


def test_other_media_types(chain):
    raw = ndjson([chain.invoice()])
    client = chain.erp.client
    ok = client.call("POST", "/v1/invoices/bulk", raw, {"Content-Type": "application/jsonl"})
    assert ok.status == 200
    assert client.call("POST", "/v1/invoices/bulk", raw).status == 415


def test_answer_as_one_json_object(chain):
    answer = chain.erp.client.call(
        "POST",
        "/v1/invoices/bulk",
        ndjson([chain.invoice()]),
        {"Content-Type": "application/x-ndjson", "Accept": "application/json"},
    )
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    both = answer.json()
    assert both["summary"]["accepted"] == 1 and len(both["items"]) == 1


def test_empty_batch(chain):
    lines, summary = results(chain.erp.client.bulk("invoices", b""))
    assert (lines, summary["total"]) == ([], 0)


@pytest.mark.parametrize("kind", ["enterprises", "contracts", "workflow-events", "guarantees"])
def test_every_kind_has_bulk(chain, kind):
    contract = chain.erp.client.post("/v1/contracts", chain.contract()).json()["id"]
    body = {
        "enterprises": bodies.enterprise,
        "contracts": chain.contract,
        "workflow-events": lambda: chain.event(contract),
        "guarantees": lambda: chain.guarantee(contract),
    }[kind]()
    lines, _ = results(chain.erp.client.bulk(kind, [body]))
    assert [line["status"] for line in lines] == [201]


def test_one_line_beyond_the_limit_is_refused_alone(chain):
    long = encode(chain.invoice(remarks="x" * (2 * 1024 * 1024)))
    raw = encode(chain.invoice()) + b"\n" + long + b"\n" + encode(chain.invoice()) + b"\n"
    lines, summary = results(chain.erp.client.bulk("invoices", raw))
    assert [line["status"] for line in lines] == [201, 413, 201]
    assert summary["rejected"] == 1


def test_the_configured_limit_of_a_body():
    """A declared length is refused at once, an undeclared one when it is passed."""
    with Server(flags=("--max-bulk-bytes", "65536")) as small:
        chain = Chain(small.client())
        client = chain.erp.client
        assert client.get("/v1/limits").json()["bulk_bytes"] == 65536
        batch = [chain.invoice(remarks="x" * 500) for _ in range(10)]
        assert results(client.bulk("invoices", batch))[1]["accepted"] == 10
        large = ndjson(chain.invoice(remarks="x" * 500) for _ in range(100))
        answer = client.bulk("invoices", large)
        assert (answer.status, answer.json()["code"]) == (413, "body-too-large")
        assert "65536" in answer.json()["detail"]
        sock = raw_post(small, chain.erp.key, [large, b""])
        reply = b""
        while data := sock.recv(1 << 16):
            reply += data
        sock.close()
        assert reply.startswith(b"HTTP/1.1 413 ") and b"65536" in reply
        assert client.post("/v1/invoices", chain.invoice()).status == 201


def test_bulk_is_in_order_in_the_chain(admin, chain):
    node = make_node(admin, "erp")
    batch = [chain.invoice() for _ in range(2500)]
    lines, _ = results(node.client.bulk("invoices", batch))
    assert {line["status"] for line in lines} == {201}
    listed, after = [], {}
    while True:
        page = node.client.get("/v1/invoices", limit=500, **after).json()
        listed += [r["external_id"] for r in page["data"]]
        if not page["has_more"]:
            break
        after = {"after": page["next_cursor"]}
    assert listed == [body["external_id"] for body in batch]


def raw_post(server, key, chunks, length=None):
    """A chunked (or sized) POST by hand; yields the socket after the body was sent."""
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=300)
    framing = f"Content-Length: {length}" if length is not None else "Transfer-Encoding: chunked"
    sock.sendall(
        (
            f"POST /v1/invoices/bulk HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/x-ndjson\r\n{framing}\r\nConnection: close\r\n\r\n"
        ).encode()
    )
    for chunk in chunks:
        sock.sendall(chunk if length is not None else b"%x\r\n%s\r\n" % (len(chunk), chunk))
    return sock


@pytest.mark.heavy
def test_a_hundred_megabytes_in_constant_memory(server, admin, chain):
    node = make_node(admin, "erp")
    node.client.post("/v1/invoices", chain.invoice())
    filler = "备注" * 950
    total, line = 0, 0
    before = server.rss_kb()
    peak, done = [before], threading.Event()

    def watch():
        while not done.wait(0.05):
            peak[0] = max(peak[0], server.rss_kb())

    def stream():
        nonlocal total, line
        while total < 100 * 1024 * 1024:
            block = ndjson(chain.invoice(remarks=filler) for _ in range(100))
            total, line = total + len(block), line + 100
            yield block

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        sock = raw_post(server, node.key, stream())
        sock.sendall(b"0\r\n\r\n")
        tail = b""
        count = 0
        while data := sock.recv(1 << 16):
            count += data.count(b'"status":201')
            tail = (tail + data)[-2000:]
        sock.close()
    finally:
        done.set()
        watcher.join()
    assert b'"rejected":0' in tail, tail
    assert f'"accepted":{line}'.encode() in tail
    assert peak[0] - before < 48 * 1024, f"grew by {(peak[0] - before) // 1024} MiB"


def test_client_that_goes_away_leaves_a_working_server(server, admin, chain):
    node = make_node(admin, "erp")
    for _ in range(5):
        sock = raw_post(server, node.key, [ndjson([chain.invoice()]), b'{"half'])
        sock.close()
    sock = raw_post(server, node.key, [b'{"external_id":"a'], length=10_000_000)
    sock.close()
    wait_until(
        lambda: node.client.post("/v1/invoices", chain.invoice()).status == 201,
        10,
        "the server answers",
    )
    # Whole lines of a broken stream may have been taken; the half line never.
    time.sleep(0.2)
    listed = node.client.get("/v1/invoices").json()["data"]
    assert 1 <= len(listed) <= 6


def ingested(server, resource):
    """What scfd_ingested_records_total says of a resource, by result."""
    text = server.anonymous().get("/metrics").body.decode()
    pattern = rf'^scfd_ingested_records_total{{resource="{resource}",result="(\w+)"}} (\d+)$'
    return {result: int(n) for result, n in re.findall(pattern, text, re.M)}


def test_metrics_count_records_by_what_became_of_them():
    with Server() as own:
        chain = Chain(own.client())
        client = chain.erp.client
        for resource in ("enterprise", "contract", "workflow_event", "invoice", "guarantee"):
            assert set(ingested(own, resource)) == {"accepted", "duplicate", "rejected"}, resource
        before = ingested(own, "invoice")
        assert before == {"accepted": 0, "duplicate": 0, "rejected": 0}
        body = chain.invoice()
        assert [client.post("/v1/invoices", body).status for _ in range(2)] == [201, 200]
        assert client.post("/v1/invoices", {**body, "remarks": "other"}).status == 409
        assert client.post("/v1/invoices", {}).status == 422
        assert ingested(own, "invoice") == {"accepted": 1, "duplicate": 1, "rejected": 2}
        long = b'{"remarks":"' + b"x" * (2 << 20) + b'"}\n'
        raw = ndjson([chain.invoice(), chain.invoice(), body, {}]) + b"{broken\n" + long
        _, summary = results(client.bulk("invoices", raw))
        assert (summary["accepted"], summary["duplicate"], summary["rejected"]) == (2, 1, 3)
        assert ingested(own, "invoice") == {"accepted": 3, "duplicate": 2, "rejected": 5}
        batch = [chain.invoice(), {}, chain.invoice()]
        _, summary = results(client.bulk("invoices", batch, atomic="true"))
        assert summary["rejected"] == 3
        assert ingested(own, "invoice") == {"accepted": 3, "duplicate": 2, "rejected": 8}
