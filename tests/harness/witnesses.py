"""Chains that grow when they are told to, and witnesses of all sorts."""
import base64
import http.server
import threading
import time
import urllib.parse

from . import merkle
from .bodies import unique
from .parties import Chain, make_node
from .server import wait_until
from .tlog import Cosigner, text_of


class Sealed:
    """A node whose chain grows when it is told to."""

    made = []

    def __init__(self, server, **members):
        Sealed.made.append(self)
        self.server, self.admin = server, server.client()
        self.parties = Chain(self.admin)
        self.node = make_node(self.admin, "erp", self.parties.seller["id"], **members)
        self.id = self.read()["id"]

    def read(self):
        return self.admin.get(f"/v1/chains/{self.node.id}").json()

    def grow(self, count=1):
        for _ in range(count):
            record = self.node.client.post("/v1/invoices", self.parties.invoice()).json()
        answer = self.node.client.get(f"/v1/records/{record['id']}/proof",
                                      headers={"Prefer": "wait=50"})
        assert answer.status == 200
        return self.read()["sealed_size"]

    def want(self, quorum):
        answer = self.admin.call("PUT", f"/v1/chains/{self.id}/witness-quorum",
                                 {"quorum": quorum})
        assert answer.status == 200, answer
        return answer.json()

    def cosigned(self, size, timeout_s=40):
        wait_until(lambda: self.read()["witness"]["cosigned_size"] >= size, timeout_s,
                   f"{size} leaves are cosigned: {self.read()}")

    def witnessed(self):
        return self.admin.get(f"/v1/chains/{self.id}/checkpoint", witnessed="true")


def add_witness(server, url, vkey):
    answer = server.client().post("/v1/witnesses",
                                  {"name": unique("witness"), "url": url, "vkey": vkey})
    assert answer.status == 201, answer
    return answer.json()["id"]


def witness_of(server, witness_id):
    return server.client().get(f"/v1/witnesses/{witness_id}").json()


def remove_witness(server, witness_id):
    assert server.client().delete(f"/v1/witnesses/{witness_id}").status == 204


class Peer:
    """A witness on a port of its own that answers as it is told: `answer(old, note)` gives status
    and body, or None to hang up. What it was asked is kept. `alg` is the digest of the trees that
    it is shown."""

    def __init__(self, answer=None, name=None, alg="sha256"):
        self.alg = alg
        self.cosigner = Cosigner(name or unique("peer.test/"))
        self.answer = answer or self.honest
        self.sizes, self.asked, self.wanted = {}, [], []
        self.call = threading.local()  # of several at once, the one that is being answered
        self.checkpoint = lambda origin: None  # what it shows of a log
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                assert self.path == "/prefix/add-checkpoint"
                head, _, note = body.partition("\n\n")
                lines = head.split("\n")
                old = int(lines[0].removeprefix("old "))
                proof = [base64.b64decode(line, validate=True) for line in lines[1:]]
                peer.asked.append((old, proof, note))
                peer.call.proof = proof
                answer = peer.answer(old, note)
                if answer is None:
                    return
                status, reply = answer
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(reply)))
                    self.end_headers()
                    self.wfile.write(reply)
                except OSError:
                    pass  # the asker has hung up

            def do_GET(self):
                path = urllib.parse.urlsplit(self.path)
                assert path.path == "/prefix/checkpoint"
                origin = urllib.parse.parse_qs(path.query, strict_parsing=True)["origin"][0]
                note = peer.checkpoint(origin)
                self.send_response(200 if note else 404)
                body = (note or "").encode()
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                peer.wanted.append(origin)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/prefix"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def honest(self, old, note):
        origin, size = note.split("\n")[:2]
        known, root = self.sizes.get(origin, (0, None))
        if old != known:
            return 409, f"{known}\n".encode()
        new_root = base64.b64decode(note.split("\n")[2])
        if known:
            assert merkle.check_consistency(known, int(size), root, new_root, self.call.proof,
                                            self.alg)
        self.sizes[origin] = (int(size), new_root)
        return 200, self.cosigner.cosign(text_of(note), int(time.time())).encode()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
