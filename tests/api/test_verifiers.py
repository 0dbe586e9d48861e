"""Chains as strangers check them: Go's sumdb packages, a Python re-implementation from the docs,
and openssl. None of them is our code. What they are served is altered too: they must refuse it."""
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness.client import Client
from harness.parties import Chain, make_node
from harness.server import ROOT, Server, scfd
from test_erasure import order

sys.path.insert(0, str(ROOT / "tests" / "verify"))
import scfd_formats as formats  # noqa: E402

GO_SOURCES = "/usr/share/gocode"  # where Debian puts golang.org/x/mod


@pytest.fixture(scope="module")
def public():
    """A server whose log is public, with three chains; `node` has 600 records in four blocks, `sm`
    has 300 in three, of SM3 and SM2."""
    with Server(env={"SCFD_PUBLIC_LOG": "true"}) as server:
        chain = Chain(server.client())
        server.node, server.other = chain.erp, make_node(server.client(), "erp")
        server.ids = []
        for count in (1, 2, 255, 342):
            server.ids += fill(server.node, chain, count)
        fill(server.other, chain, 5)
        server.sm = make_node(server.client(), "erp", chain_suite="sm3-sm2")
        server.sm_ids = [i for count in (1, 256, 43) for i in fill(server.sm, chain, count)]
        yield server


def fill(node, chain, count):
    """Sends records and waits for their block; their ids."""
    lines = node.client.bulk("invoices", [chain.invoice() for _ in range(count)]).lines()
    ids = [line["id"] for line in lines[:-1]]
    proof = node.client.get(f"/v1/records/{ids[-1]}/proof", headers={"Prefer": "wait=50"})
    assert proof.status == 200, proof
    return ids


def chain_path(node):
    return "/v1/chains/" + node.id


def pages(client, path):
    found, after = [], {}
    while True:
        page = client.get(path, limit=200, **after).json()
        found += page["data"]
        if not page["has_more"]:
            return found
        after = {"after": page["next_cursor"]}


def read_blocks(client, path):
    return [client.get(f"{path}/blocks/{b['height']}").json()
            for b in pages(client, path + "/blocks")]


def text_proof(client, record_id, **headers):
    return client.get(f"/v1/records/{record_id}/proof", headers={"Accept": "text/plain", **headers})


# ---- Go: golang.org/x/mod/sumdb ----


@pytest.fixture(scope="module")
def verifier(tmp_path_factory):
    """The verifier of tests/verify/go, built offline from what Debian ships."""
    if not shutil.which("go") or not Path(GO_SOURCES, "src/golang.org/x/mod/sumdb").exists():
        pytest.skip("golang-go or golang-golang-x-mod-dev is not installed")
    binary = tmp_path_factory.mktemp("go") / "verify"
    env = {**os.environ, "GO111MODULE": "off", "GOPATH": GO_SOURCES, "GOFLAGS": "",
           "GOPROXY": "off", "GOCACHE": str(ROOT / "build" / "go-cache")}
    subprocess.run(["go", "build", "-o", binary, "."], cwd=ROOT / "tests/verify/go", env=env,
                   check=True, timeout=300)
    return binary


@pytest.fixture(scope="module")
def kept(public, tmp_path_factory):
    """What somebody kept of the chain: older checkpoints, blocks, proofs and their leaves."""
    folder = tmp_path_factory.mktemp("kept")
    client = public.node.client
    for block in read_blocks(client, chain_path(public.node)):
        (folder / f"{block['height']}.checkpoint").write_text(block["checkpoint"])
        (folder / f"{block['height']}.note").write_text(block["note"])
    for i in (0, 1, 2, 200, 255, 256, 257, 599):
        proof = client.get(f"/v1/records/{public.ids[i]}/proof").json()
        (folder / f"{i}.leaf").write_text(proof["leaf_text"])
        (folder / f"{i}.tlog-proof").write_bytes(text_proof(client, public.ids[i]).body)
    return folder


def vkey_of(server, node):
    return server.client().get(chain_path(node)).json()["vkey"]


def go(verifier, url, public, kept):
    path = url + chain_path(public.node)
    return subprocess.run([verifier, path, public.node.key, vkey_of(public, public.node), kept],
                          capture_output=True, text=True, timeout=60, check=False)


def test_go_reads_the_whole_chain(verifier, public, kept):
    done = go(verifier, public.url, public, kept)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("600 entries, 24 kept files")


class Forger:
    """Stands between a client and the server, and alters the bodies of one path."""

    def __init__(self, server, part, alter):
        upstream = Client("127.0.0.1", server.port)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                headers = {"Authorization": self.headers["Authorization"]}
                answer = upstream.copy().get(self.path, headers)
                body = alter(answer.body) if part in self.path else answer.body
                self.send_response(answer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def flip(data, at):
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def flip_base64(data, line):
    """Another first letter in a line of text."""
    lines = data.split(b"\n")
    lines[line] = (b"B" if lines[line][:1] == b"A" else b"A") + lines[line][1:]
    return b"\n".join(lines)


def swap_entries(data):
    """The first two entries of a bundle in the other order."""
    one, two, *rest = formats.bundle_entries(data)
    return b"".join(len(e).to_bytes(2, "big") + e for e in (two, one, *rest))


FORGERIES = {
    "checkpoint, root": ("/checkpoint", lambda b: flip_base64(b, 2)),
    "checkpoint, size": ("/checkpoint", lambda b: b.replace(b"\n600\n", b"\n599\n")),
    "checkpoint, signature": ("/checkpoint", lambda b: flip(b, -9)),
    "checkpoint, origin": ("/checkpoint", lambda b: flip(b, 0)),
    "leaf tile": ("/tile/0/000", lambda b: flip(b, 40)),
    "last leaf tile": ("/tile/0/002", lambda b: flip(b, -1)),
    "upper tile": ("/tile/1/000", lambda b: flip(b, 0)),
    "short tile": ("/tile/0/001", lambda b: b[:-32]),
    "entry": ("/tile/entries/000", lambda b: flip(b, 300)),
    "last entry missing": ("/tile/entries/002", lambda b: b[:-100]),
    "entries swapped": ("/tile/entries/001", swap_entries),
    "entries surplus": ("/tile/entries/001", lambda b: b + b"\0\0"),
    "consistency": ("/consistency?from=258", lambda b: b.replace(b'"proof":["', b'"proof":["A', 1)),
    "consistency, reversed": ("/consistency?from=3&", lambda b: json.dumps(
        {"proof": json.loads(b)["proof"][::-1]}).encode()),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_go_refuses_what_was_altered_on_the_way(verifier, public, kept, name):
    part, alter = FORGERIES[name]
    with Forger(public, part, alter) as forger:
        done = go(verifier, forger.url, public, kept)
    assert done.returncode == 1 and "FAILED" in done.stderr, done.stdout + done.stderr


@pytest.mark.parametrize("name, alter", [
    ("1.checkpoint", lambda b: flip_base64(b, 2)),
    ("1.note", lambda b: b.replace(b"\nheight 1\n", b"\nheight 2\n")),
    ("200.tlog-proof", lambda b: b.replace(b"\nindex 200\n", b"\nindex 201\n")),
    ("200.tlog-proof", lambda b: flip_base64(b, 3)),
    ("200.leaf", lambda b: b.replace(b"kind invoice", b"kind contract")),
])
def test_go_refuses_altered_files(verifier, public, kept, tmp_path, name, alter):
    shutil.copytree(kept, tmp_path / "kept")
    file = tmp_path / "kept" / name
    assert alter(file.read_bytes()) != file.read_bytes()
    file.write_bytes(alter(file.read_bytes()))
    done = go(verifier, public.url, public, tmp_path / "kept")
    assert done.returncode == 1 and ("FAILED " + name.split(".")[0]) in done.stderr, done


# ---- Python, from the docs ----


def leaves_of(client, path, size, digest):
    """Leaf hashes, computed from the entries."""
    hashes = []
    for n in range(0, size, 256):
        width = f".p/{size - n}" if size - n < 256 else ""
        answer = client.get(f"{path}/tile/entries/{n // 256:03d}{width}")
        assert answer.status == 200, answer
        hashes += [formats.leaf_hash(e, digest) for e in formats.bundle_entries(answer.body)]
    assert len(hashes) == size
    return hashes


def test_python_follows_every_chain_from_its_first_block(public):
    """Bodies are compared with the leaves too: what is chained is what was sent."""
    admin = public.client()
    chains = pages(admin, "/v1/chains")
    assert {c["node_id"] for c in chains} >= {public.node.id, public.other.id, public.sm.id}
    for chain in chains:
        path = "/v1/chains/" + chain["id"]
        key = formats.Key(chain["vkey"])
        assert key.digest == {"sha256-ed25519": formats.sha256,
                              "sm3-sm2": formats.sm3}[chain["suite"]]
        leaves = leaves_of(admin, path, chain["sealed_size"], key.digest)
        blocks = [(b["note"].encode(), b["checkpoint"].encode()) for b in read_blocks(admin, path)]
        last = formats.check_blocks(key, blocks, leaves)
        if chain["sealed_size"]:
            assert last.hex() == chain["block_hash"]
            assert key.checkpoint(admin.get(path + "/checkpoint").body)[0] == len(leaves)


def test_python_reads_records_and_proofs(public):
    for node, ids, member in ((public.node, public.ids, "body_sha256"),
                              (public.sm, public.sm_ids, "body_sm3")):
        key = formats.Key(vkey_of(public, node))
        for i in (0, 2, 3, 256, len(ids) - 1):
            record = node.client.get(f"/v1/records/{ids[i]}/proof").json()["record"]
            body = node.client.get(f"/v1/records/{ids[i]}/body").body
            assert key.digest(body).hex() == record[member]
            leaf = formats.check_tlog_proof(key, text_proof(node.client, ids[i]).body)
            assert leaf == formats.leaf_text(record)


ALTERED_SM3 = {
    "root": lambda note: flip_base64(note, 2),
    "size": lambda note: note.replace(b"\n300\n", b"\n299\n"),
    "signature": lambda note: flip(note, -20),
    "key id": lambda note: flip(note, note.rindex(b" ") + 1),
}


@pytest.mark.parametrize("what", ALTERED_SM3)
def test_python_refuses_altered_checkpoints_of_sm2(public, what):
    key = formats.Key(vkey_of(public, public.sm))
    note = public.sm.client.get(chain_path(public.sm) + "/checkpoint").body
    assert key.checkpoint(note)[0] == 300
    altered = ALTERED_SM3[what](note)
    assert altered != note
    with pytest.raises((AssertionError, ValueError, subprocess.CalledProcessError)):
        key.checkpoint(altered)


def test_python_refuses_altered_blocks_and_proofs_of_sm3(public):
    admin, path = public.client(), chain_path(public.sm)
    key = formats.Key(vkey_of(public, public.sm))
    leaves = leaves_of(admin, path, 300, key.digest)
    blocks = [(b["note"].encode(), b["checkpoint"].encode()) for b in read_blocks(admin, path)]
    formats.check_blocks(key, blocks, leaves)
    for wrong in (blocks[1:], blocks[::-1], blocks[:1] + blocks[2:]):
        with pytest.raises(AssertionError):
            formats.check_blocks(key, wrong, leaves)
    with pytest.raises(AssertionError):
        formats.check_blocks(key, blocks, [leaves[1], leaves[0], *leaves[2:]])
    proof = text_proof(public.sm.client, public.sm_ids[256]).body
    for altered in (proof.replace(b"\nindex 256\n", b"\nindex 255\n"), flip_base64(proof, 3)):
        assert altered != proof
        with pytest.raises((AssertionError, ValueError)):
            formats.check_tlog_proof(key, altered)


def test_python_follows_the_anchors(public):
    admin = public.client()
    if admin.get("/v1/anchors").status == 404:
        pytest.skip("this server makes no anchors")
    notes = [admin.get(f"/v1/anchors/{t['tick']}/note").body for t in pages(admin, "/v1/anchors")]
    formats.check_anchors(formats.Key(vkey_of(public, public.node)), notes)


# ---- openssl ----


def test_openssl_verifies_every_newest_note(public, tmp_path):
    admin = public.client()
    how = {"sha256-ed25519": [],
           "sm3-sm2": ["-digest", "sm3", "-pkeyopt", "distid:1234567812345678"]}
    for node, record_id in ((public.node, public.ids[0]), (public.sm, public.sm_ids[0])):
        proof = node.client.get(f"/v1/records/{record_id}/proof").json()
        suite = proof.get("suite", "sha256-ed25519")
        (tmp_path / f"{suite}.pem").write_text(proof["public_key_pem"])
    notes = dict.fromkeys(how, 0)
    for chain in pages(admin, "/v1/chains"):
        suite = chain["suite"]
        for block in read_blocks(admin, "/v1/chains/" + chain["id"])[-1:]:
            for note in (block["note"], block["checkpoint"]):
                text, _, signature = note.rpartition("\n\n")
                blob = base64.b64decode(signature.split(" ")[2])
                (tmp_path / "text").write_text(text + "\n")
                (tmp_path / "signature").write_bytes(blob[4:])
                subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", f"{suite}.pem",
                                "-rawin", *how[suite], "-in", "text", "-sigfile", "signature"],
                               cwd=tmp_path, check=True, capture_output=True)
                notes[suite] += 1
    assert notes["sha256-ed25519"] >= 4 and notes["sm3-sm2"] >= 2


# ---- our own: proof texts ----


def test_a_proof_comes_in_two_forms(public):
    client = public.node.client
    path = f"/v1/records/{public.ids[7]}/proof"
    document, text = client.get(path), text_proof(client, public.ids[7])
    assert document.headers["Content-Type"] == "application/json"
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert text.headers["Vary"] == document.headers["Vary"] == "Accept"
    assert text.headers["ETag"] != document.headers["ETag"]
    for accept in ("*/*", "text/*;q=0.9, */*", "text/plain;q=0.4, application/json;q=0.5"):
        assert client.get(path, {"Accept": accept}).body == document.body, accept
    for accept in ("text/plain", "application/json;q=0.1, text/plain;q=0.2"):
        assert client.get(path, {"Accept": accept}).body == text.body, accept
    same = text_proof(client, public.ids[7], **{"If-None-Match": text.headers["ETag"]})
    other = text_proof(client, public.ids[7], **{"If-None-Match": document.headers["ETag"]})
    assert (same.status, same.body) == (304, b"") and other.status == 200
    head = client.call("HEAD", path, headers={"Accept": "text/plain"})
    assert head.headers["Content-Length"] == str(len(text.body)) and not head.body


def test_scfd_verifies_proof_texts(public, tmp_path):
    client = public.node.client
    key = vkey_of(public, public.node)
    proof, leaf, body = tmp_path / "p.tlog-proof", tmp_path / "leaf.txt", tmp_path / "body.json"
    text = text_proof(client, public.ids[300]).body
    proof.write_bytes(text)
    leaf.write_text(client.get(f"/v1/records/{public.ids[300]}/proof").json()["leaf_text"])
    body.write_bytes(client.get(f"/v1/records/{public.ids[300]}/body").body)

    def verify(*more):
        return scfd("verify", proof, "--key", key, *more).returncode

    done = scfd("verify", proof, "--key", key, "--leaf", leaf, "--body", body)
    assert done.returncode == 0 and done.stdout.count("ok  ") == 9, done
    assert verify() == 0 and verify("--body", body) == 0 and verify("--leaf", leaf) == 0
    assert verify("--leaf", body) == 5 and verify("--body", leaf) == 5
    assert verify("--leaf", tmp_path / "none") == 1
    assert scfd("verify", proof, "--key", vkey_of(public, public.other)).returncode == 5
    assert scfd("verify", proof).returncode == 2
    proof.write_bytes(text.replace(b"\nindex 300\n", b"\nindex 301\n"))
    assert verify() == 5
    without = b"\n".join(line for line in text.split(b"\n") if not line.startswith(b"extra "))
    proof.write_bytes(without)
    assert verify() == 5 and verify("--leaf", leaf) == 0


def test_a_chain_of_sm3_and_sm2_has_the_same_forms(public, tmp_path):
    chain = Chain(public.client())
    node = make_node(public.client(), "erp", chain_suite="sm3-sm2")
    ids = fill(node, chain, 3)
    proof, body = tmp_path / "p.tlog-proof", tmp_path / "body.json"
    proof.write_bytes(text_proof(node.client, ids[1]).body)
    body.write_bytes(node.client.get(f"/v1/records/{ids[1]}/body").body)
    key = vkey_of(public, node)
    done = scfd("verify", proof, "--key", key, "--body", body)
    assert done.returncode == 0 and "has the SM3 in the leaf" in done.stdout, done
    body.write_bytes(b"{}")
    assert scfd("verify", proof, "--key", key, "--body", body).returncode == 5
    bundle = node.client.get(chain_path(node) + "/tile/entries/000.p/3").body
    tile = node.client.get(chain_path(node) + "/tile/0/000.p/3").body
    hashes = [hashlib.new("sm3", b"\0" + leaf).digest() for leaf in formats.bundle_entries(bundle)]
    assert b"".join(hashes) == tile


# ---- our own: what tlog-tiles asks of a server ----


def test_tiles_as_they_are_to_be_served(public):
    client, path = public.node.client, chain_path(public.node)
    full = client.get(path + "/tile/0/000")
    assert full.status == 200 and len(full.body) == 8192
    assert full.headers["Content-Type"] == "application/octet-stream"
    assert full.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    again = client.get(path + "/tile/0/000", {"If-None-Match": full.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    head = client.call("HEAD", path + "/tile/0/000")
    assert head.headers["Content-Length"] == "8192" and not head.body
    # What a checkpoint of another day needed of tiles that are full, or wider, today.
    for width in (1, 3, 255):
        partial = client.get(f"{path}/tile/0/000.p/{width}")
        assert partial.body == full.body[: 32 * width]
    upper = client.get(path + "/tile/1/000.p/2").body
    assert client.get(path + "/tile/1/000.p/1").body == upper[:32]
    for beyond in ("0/002", "0/002.p/89", "0/003", "0/003.p/1", "1/000", "1/000.p/3", "2/000.p/1",
                   "8/000", "63/000", "64/000", "0/00", "0/0000", "0/000.p/256", "entries", "-1/0"):
        assert client.get(f"{path}/tile/{beyond}").status == 404, beyond
    checkpoint = client.get(path + "/checkpoint")
    assert checkpoint.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert checkpoint.headers["Cache-Control"] == "private, no-cache"


def test_entries_are_for_the_chains_own_node(public):
    path = chain_path(public.node) + "/tile/entries/"
    own = public.node.client.get(path + "000")
    assert own.status == 200 and own.headers["Content-Type"] == "application/octet-stream"
    assert own.headers["Cache-Control"] == "private, no-cache"
    assert public.client().get(path + "000").body == own.body
    assert public.other.client.get(path + "000").status == 403
    assert public.anonymous().get(path + "000").status == 401
    again = public.node.client.get(path + "000", {"If-None-Match": own.headers["ETag"]})
    assert again.status == 304
    some = public.node.client.get(path + "000.p/2").body
    assert own.body.startswith(some) and len(list(formats.bundle_entries(some))) == 2
    for beyond in ("002", "002.p/89", "003.p/1", "1", "000.p/0", "x001/000.p/1",
                   "x036/x028/x797/x018/x963/966", "x999/x999/x999/x999/x999/x999/x999/999"):
        assert public.node.client.get(path + beyond).status == 404, beyond


def test_a_public_log_shows_hashes_and_nothing_else(public, server):
    path = chain_path(public.node)
    shown = ("/checkpoint", "/tile/0/000", "/consistency?from=1&to=600")
    hidden = ("", "/blocks", "/blocks/0", "/tile/entries/000")
    for part in shown:
        assert public.anonymous().get(path + part).status == 200, part
    for part in hidden:
        assert public.anonymous().get(path + part).status == 401, part
    for url in ("/v1/chains", f"/v1/records/{public.ids[0]}/proof"):
        assert public.anonymous().get(url).status == 401
    for part in shown + hidden:  # where the log is not public
        assert server.anonymous().get(path + part).status == 401, part


def test_an_erased_entry_is_gone_and_the_rest_holds(public):
    chain = Chain(public.client())
    node, key = chain.erp, formats.Key(vkey_of(public, chain.erp))
    ids = fill(node, chain, 8)
    kept = node.client.get(f"/v1/records/{ids[2]}/proof").json()["leaf_text"].encode()
    before = text_proof(node.client, ids[2])
    hashes = node.client.get(chain_path(node) + "/tile/0/000.p/8").body
    for leaf in (2, 5):
        erased = public.client().post(f"/v1/records/{ids[leaf]}/erasure", order())
        assert erased.status == 201, erased
    bundle = node.client.get(chain_path(node) + "/tile/entries/000.p/8")
    assert bundle.status == 410 and bundle.json()["code"] == "gone"
    assert bundle.json()["erased_indexes"] == [2, 5]
    assert node.client.get(chain_path(node) + "/tile/entries/000.p/2").status == 200
    assert node.client.get(chain_path(node) + "/tile/0/000.p/8").body == hashes
    # At once, whoever asked for the proof before; and what was kept still proves.
    after = text_proof(node.client, ids[2], **{"If-None-Match": before.headers["ETag"]})
    assert after.status == 200 and b"extra" not in after.body
    assert formats.check_tlog_proof(key, after.body, leaf=kept) == kept
    document = node.client.get(f"/v1/records/{ids[2]}/proof").json()
    assert document["record"]["erased"] is True and document["leaf_text"] is None
    assert formats.check_tlog_proof(key, text_proof(node.client, ids[3]).body)
