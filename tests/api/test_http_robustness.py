"""Raw sockets: malformed and smuggled requests, slow clients. Never a 2xx, never a dead server."""
import json
import random
import socket
import threading
import time

import pytest

from harness.client import encode
from harness.server import Server, wait_until


def exchange(server, raw, timeout=60, half_close=False):
    """Sends bytes; returns everything the server answers until it closes or goes quiet."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=timeout) as sock:
        answer = b""
        try:
            sock.sendall(raw)
            if half_close:
                sock.shutdown(socket.SHUT_WR)
            while data := sock.recv(65536):
                answer += data
        except (socket.timeout, ConnectionError):
            pass
        return answer


def statuses(answer):
    """Status codes of all answers on the wire."""
    codes = []
    for part in answer.split(b"HTTP/1.")[1:]:
        codes.append(int(part.split(b" ")[1]))
    return codes


def head(chain, *lines, method="POST", path="/v1/invoices", version="HTTP/1.1"):
    fixed = [f"{method} {path} {version}", "Host: x", f"Authorization: Bearer {chain.erp.key}"]
    return ("\r\n".join([*fixed, *lines]) + "\r\n\r\n").encode()


@pytest.fixture(autouse=True)
def still_alive(server, chain):
    yield
    assert server.process.poll() is None, server.log_tail()
    assert chain.erp.client.copy().get("/v1/limits").status == 200


JSON = "Content-Type: application/json"
SMUGGLED = b"GET /v1/limits HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: 10", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Content-Length: 0"],
        ["Content-Length: 5", "Content-Length: 6"],
        ["Content-Length: 5, 6"],
        ["Content-Length: +5"],
        ["Content-Length: -5"],
        ["Content-Length: 0x5"],
        ["Content-Length: 5 5"],
        ["Content-Length: 99999999999999999999"],
        ["Content-Length:"],
        ["Transfer-Encoding: gzip, chunked"],
        ["Transfer-Encoding: chunked, chunked"],
        ["Transfer-Encoding: xchunked"],
        ["Transfer-Encoding : chunked"],
        ["Transfer-Encoding: identity"],
        ["Content-Length : 5"],
        [" Content-Length: 5"],
        ["X: a\r\n folded", "Content-Length: 5"],
        ["X\x00Y: 1", "Content-Length: 5"],
        ["No colon here", "Content-Length: 5"],
    ],
)
def test_ambiguous_framing_is_never_accepted(server, chain, lines):
    """Each body is a valid invoice: only the framing is at fault."""
    body = encode(chain.invoice())
    raw = head(
        chain,
        JSON,
        *(
            line.replace("5", str(len(body)), 1) if line == "Content-Length: 5" else line
            for line in lines
        ),
    )
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    for payload in (body, chunked):
        answer = exchange(server, raw + payload + SMUGGLED, timeout=2)
        assert not [c for c in statuses(answer)[:1] if c < 300], (lines, answer[:300])
        assert 200 not in statuses(answer), (lines, answer[:600])


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x01\x02\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /livez\r\n\r\n",
        b"GET /livez HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET  /livez HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /livez\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1/records/%2e%2e/x HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"BREW /livez HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70000 + b"\r\n\r\n",
        b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 20000 + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500,
    ],
)
def test_malformed_requests(server, raw):
    codes = statuses(exchange(server, raw, timeout=2))
    assert all(code >= 400 for code in codes), codes


@pytest.mark.parametrize(
    "chunked",
    [
        b"5\r\nhello\r\n0\r\n\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"ffffffffffffffff1\r\nhello\r\n",
        b"5;ext=\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhelloXX0\r\n\r\n",
        b"5\nhello\n0\n\n",
        b"g\r\n",
        b"\r\n\r\n",
    ],
)
def test_chunks_that_are_no_record(server, chain, chunked):
    raw = head(chain, JSON, "Transfer-Encoding: chunked") + chunked
    assert all(code >= 400 for code in statuses(exchange(server, raw, timeout=2)))


def test_valid_chunked_body_is_accepted(server, chain):
    body = encode(chain.invoice())
    pieces = b"".join(
        b"%x\r\n%s\r\n" % (len(body[i : i + 7]), body[i : i + 7]) for i in range(0, len(body), 7)
    )
    raw = head(chain, JSON, "Transfer-Encoding: chunked", "Connection: close")
    assert statuses(exchange(server, raw + pieces + b"0\r\n\r\n")) == [201]


def test_pipelined_requests_are_answered_in_order(server, chain):
    bodies = [encode(chain.invoice()) for _ in range(3)]
    raw = b"".join(head(chain, JSON, f"Content-Length: {len(b)}") + b for b in bodies)
    raw += head(chain, "Connection: close", method="GET", path="/v1/limits")
    answer = exchange(server, raw)
    assert statuses(answer) == [201, 201, 201, 200]
    order = [answer.index(json.loads(b)["external_id"].encode()) for b in bodies]
    assert order == sorted(order)


def test_expect_continue(server, chain):
    body = encode(chain.invoice())
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as sock:
        sock.sendall(
            head(
                chain,
                JSON,
                f"Content-Length: {len(body)}",
                "Expect: 100-continue",
                "Connection: close",
            )
        )
        assert sock.recv(4096).startswith(b"HTTP/1.1 100")
        sock.sendall(body)
        answer = b""
        while data := sock.recv(65536):
            answer += data
        assert statuses(answer) == [201]


def test_no_continue_for_strangers_and_giants(server, chain):
    for raw in (
        head(chain, JSON, "Content-Length: 99999999", "Expect: 100-continue"),
        head(chain, JSON, "Content-Length: 10", "Expect: 100-continue").replace(
            chain.erp.key.encode(), b"nobody"
        ),
    ):
        codes = statuses(exchange(server, raw, timeout=20))
        assert codes and codes[0] in (401, 413), codes


def test_short_body_is_never_accepted(server, chain):
    body = encode(chain.invoice())
    raw = head(chain, JSON, f"Content-Length: {len(body) + 1}") + body
    assert 201 not in statuses(exchange(server, raw, timeout=3, half_close=True))


def test_random_bytes(server):
    source = random.Random(7)
    for _ in range(50):
        raw = bytes(source.randrange(256) for _ in range(source.randrange(1, 400)))
        assert all(code >= 400 for code in statuses(exchange(server, raw, 0.3, half_close=True)))


def test_mutated_requests(server, chain):
    """One byte changed in a valid request: the server lives, and frames stay apart."""
    source = random.Random(11)
    for _ in range(150):
        body = encode(chain.invoice())
        raw = bytearray(head(chain, JSON, f"Content-Length: {len(body)}", "Connection: close"))
        raw[source.randrange(len(raw))] = source.randrange(256)
        codes = statuses(exchange(server, bytes(raw) + body, 1, half_close=True))
        assert not [code for code in codes[1:] if code < 400], (bytes(raw), codes)


def test_slow_clients_are_cut_off_and_others_served(chain):
    """Header and body dribblers fill many connections; a normal client is still answered."""
    with Server(env={"SCFD_CLIENT_TIMEOUT_S": "8", "SCFD_MAX_CONNECTIONS": "200"}) as server:
        key = server.admin_key
        slow = []
        for i in range(100):
            sock = socket.create_connection(("127.0.0.1", server.port), timeout=20)
            sock.sendall(b"POST /v1/invoices HTTP/1.1\r\nHost: x\r\n")
            if i % 2:
                sock.sendall(
                    f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
                    "Content-Length: 1000\r\n\r\n{".encode()
                )
            slow.append(sock)
        stop = threading.Event()

        def dribble():
            while not stop.wait(0.5):
                for sock in slow:
                    try:
                        sock.send(b"X")
                    except OSError:
                        pass

        dribbler = threading.Thread(target=dribble)
        dribbler.start()
        try:
            began = time.monotonic()
            assert server.client().get("/v1/limits").status == 200
            assert time.monotonic() - began < 7
            for sock in slow:
                sock.settimeout(60)
                answer = b""
                try:
                    while data := sock.recv(4096):
                        answer += data
                except ConnectionError:
                    pass
                assert all(code >= 400 for code in statuses(answer)), answer
            assert time.monotonic() - began < 60, "slow clients must be cut off"
        finally:
            stop.set()
            dribbler.join()
            for sock in slow:
                sock.close()


def test_connection_cap(chain):
    """Beyond the cap new connections wait or are refused; closing some makes room again."""
    with Server(env={"SCFD_MAX_CONNECTIONS": "20", "SCFD_CLIENT_TIMEOUT_S": "5"}) as server:
        held = [socket.create_connection(("127.0.0.1", server.port), timeout=5) for _ in range(60)]
        for sock in held:
            sock.close()

        def served():
            try:
                return server.client().get("/v1/limits").status == 200
            except OSError:
                return False

        wait_until(served, 5, "there is room again")


def test_thousands_of_query_parameters_are_answered(server, chain):
    """libmicrohttpd cannot hold them: it must not be left waiting for a request it has dropped."""
    for count in (10, 400, 3000):
        query = "&".join(f"a{n}=1" for n in range(count))[:15000]
        raw = head(chain, "Connection: close", method="GET", path=f"/v1/invoices?{query}")
        assert statuses(exchange(server, raw)) == [400], count
