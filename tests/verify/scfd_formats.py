"""The formats of docs/evidence.md and docs/anchors.md once more, written from those pages alone:
leaf texts, entry bundles, blocks, notes, checkpoints, proof texts, anchor statements, of both
suites. Needs python3-cryptography, a hashlib that knows SM3, the openssl command for SM2, and
nothing of the project. Whatever does not hold raises."""
import base64
import hashlib
import subprocess
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha256(data):
    return hashlib.sha256(data).digest()


def sm3(data):
    return hashlib.new("sm3", data).digest()


def lines_of(text, *labels):
    """The values of lines "label value"; every line ends with LF, and there are no others."""
    lines = text.decode().split("\n")
    assert lines.pop() == "" and len(lines) == len(labels), text
    values = []
    for line, label in zip(lines, labels):
        assert line.startswith(label + " "), text
        values.append(line[len(label) + 1 :])
    return values


def after(text, first):
    assert text.startswith(first.encode() + b"\n"), text
    return text[len(first) + 1 :]


def leaf_hash(text, digest=sha256):
    return digest(b"\0" + text)


def root_of(hashes, digest=sha256):
    """The definition in section 2.1.1, level by level: whoever has no partner goes up alone."""
    level = list(hashes) or [digest(b"")]
    while len(level) > 1:
        pairs = [digest(b"\1" + a + b) for a, b in zip(level[::2], level[1::2])]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def root_by_path(leaf, index, size, path, digest=sha256):
    """Section 2.1.3.2."""
    assert 0 <= index < size
    last, result = size - 1, leaf
    for other in path:
        assert last > 0
        if index & 1 or index == last:
            result = digest(b"\1" + other + result)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            result = digest(b"\1" + result + other)
        index, last = index >> 1, last >> 1
    assert last == 0
    return result


def leaf_text(record):
    """From the member `record` of a proof document."""
    body = "body_sm3" if "body_sm3" in record else "body_sha256"
    names = ("id", "kind", "node", "external_id", "received_at", body, "salt")
    return "".join(["scfd-record/v1\n"] + [f"{n} {record[n]}\n" for n in names]).encode()


def bundle_entries(data):
    """The leaf texts of an entry bundle."""
    while data:
        length = int.from_bytes(data[:2], "big")
        assert len(data) >= 2 + length
        yield data[2 : 2 + length]
        data = data[2 + length :]


class Sm2PublicKey:
    """A point of the curve of SM2: GB/T 32918.2 with SM3, the identity of GB/T 35276."""

    # SubjectPublicKeyInfo (RFC 5480): id-ecPublicKey, 1.2.156.10197.1.301, and a bit string.
    HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")

    def __init__(self, point):
        assert len(point) == 65 and point[0] == 4
        self.der = self.HEAD + point

    def verify(self, signature, text):
        with tempfile.TemporaryDirectory() as folder:
            for name, data in (("key", self.der), ("signature", signature), ("text", text)):
                Path(folder, name).write_bytes(data)
            subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey",
                            "key", "-rawin", "-digest", "sm3", "-pkeyopt",
                            "distid:1234567812345678", "-in", "text", "-sigfile", "signature"],
                           cwd=folder, check=True, capture_output=True, timeout=20)


class Key:
    """A verifier key; it tells the digest of the chain."""

    SM2_TYPE = b"\xffsm2-sm3"

    def __init__(self, vkey):
        self.name, key_id, key = vkey.split("+", 2)
        self.raw = base64.b64decode(key, validate=True)
        self.id = sha256(self.name.encode() + b"\n" + self.raw)[:4]
        assert self.id.hex() == key_id
        if self.raw.startswith(self.SM2_TYPE):
            self.digest, self.public = sm3, Sm2PublicKey(self.raw[len(self.SM2_TYPE) :])
        else:
            assert self.raw[0] == 1
            self.digest, self.public = sha256, Ed25519PublicKey.from_public_bytes(self.raw[1:])

    def renamed(self, name):
        """The same key under another name: one key signs for all chains of an installation."""
        key_id = sha256(name.encode() + b"\n" + self.raw)[:4].hex()
        return Key(f"{name}+{key_id}+{base64.b64encode(self.raw).decode()}")

    def open(self, note):
        """The text of a note that this key has signed."""
        text, _, signatures = note.rpartition(b"\n\n")
        text += b"\n"
        for line in signatures.decode().splitlines():
            dash, name, blob = line.split(" ")
            raw = base64.b64decode(blob, validate=True)
            assert dash == "—"
            if name == self.name and raw[:4] == self.id:
                self.public.verify(raw[4:], text)
                return text
        raise AssertionError(f"{self.name} has not signed this")

    def checkpoint(self, note):
        """(size, root)"""
        origin, size, root = self.open(note).decode().splitlines()[:3]
        assert origin == self.name
        return int(size), base64.b64decode(root, validate=True)


def check_blocks(key, blocks, leaves):
    """A chain from its first block to the last: (block note, checkpoint) of each, and all leaf
    hashes. Returns the hash of the last block."""
    prev, before = bytes(32), 0
    for height, (note, checkpoint) in enumerate(blocks):
        header = key.open(note)
        labels = ("chain", "height", "size", "root", "prev", "time")
        chain, n, size, root, link, _ = lines_of(after(header, "scfd-block/v1"), *labels)
        assert (chain, int(n)) == (key.name, height)
        assert before < int(size) <= len(leaves)
        assert base64.b64decode(link, validate=True) == prev
        assert base64.b64decode(root, validate=True) == root_of(leaves[: int(size)], key.digest)
        assert key.checkpoint(checkpoint) == (int(size), base64.b64decode(root))
        prev, before = key.digest(header), int(size)
    return prev


def check_tlog_proof(key, text, leaf=None):
    """c2sp.org/tlog-proof@v1; without `leaf`, the leaf text is the extra data. Returns it."""
    head, _, checkpoint = after(text, "c2sp.org/tlog-proof@v1").partition(b"\n\n")
    lines = head.decode().split("\n")
    extra = base64.b64decode(lines.pop(0)[6:]) if lines[0].startswith("extra ") else None
    (index,) = lines_of(lines.pop(0).encode() + b"\n", "index")
    size, root = key.checkpoint(checkpoint)
    path = [base64.b64decode(line, validate=True) for line in lines]
    leaf = leaf or extra
    assert root_by_path(leaf_hash(leaf, key.digest), int(index), size, path, key.digest) == root
    return leaf


def check_anchors(key, notes):
    """The signed statements of all ticks, from the first on; `key` is of any chain of Ed25519."""
    origin = key.name.rpartition("/")[0] + "/anchors"
    key, prev = key.renamed(origin), bytes(32)
    for number, note in enumerate(notes):
        text = key.open(note)
        labels = ("origin", "tick", "size", "root", "prev", "time")
        name, tick, size, root, link, _ = lines_of(after(text, "scfd-anchor/v1"), *labels)
        assert (name, int(tick)) == (origin, number) and int(size) > 0
        assert len(base64.b64decode(root, validate=True)) == 32
        assert base64.b64decode(link, validate=True) == prev
        prev = sha256(text)
