"""A transparency log and a witness's signatures, from the C2SP specifications (tlog-checkpoint,
tlog-witness, tlog-cosignature): what a peer of the server is, without any of its code."""
import base64
import hashlib
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from . import merkle

LOG_KEY, COSIGNER_KEY = b"\x01", b"\x04"


def public_bytes(key):
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_id(name, kind, public):
    return hashlib.sha256(name.encode() + b"\n" + kind + public).digest()[:4]


def vkey_of(name, kind, public):
    encoded = base64.b64encode(kind + public).decode()
    return f"{name}+{key_id(name, kind, public).hex()}+{encoded}"


def signature_line(name, kind, public, signature):
    blob = base64.b64encode(key_id(name, kind, public) + signature).decode()
    return f"— {name} {blob}\n"


def consistency(leaves, old, new):
    """PROOF(old, D[new]) of RFC 6962 2.1.2, by its own recursion."""
    def subproof(m, part, complete):
        if m == len(part):
            return [] if complete else [merkle.root_of(part)]
        k = 1
        while 2 * k < len(part):
            k *= 2
        if m <= k:
            return subproof(m, part[:k], complete) + [merkle.root_of(part[k:])]
        return subproof(m - k, part[k:], False) + [merkle.root_of(part[:k])]
    return subproof(old, leaves[:new], True) if 0 < old < new else []


class Log:
    """A log with leaves `0`, `1`, …; a fork differs from leaf `at` on."""

    def __init__(self, origin, key=None):
        self.origin, self.key = origin, key or Ed25519PrivateKey.generate()
        self.public = public_bytes(self.key)
        self.vkey = vkey_of(origin, LOG_KEY, self.public)
        self.forked_at = None

    def fork(self, at):
        other = Log(self.origin, self.key)
        other.forked_at = at
        return other

    def leaves(self, size):
        at = size if self.forked_at is None else self.forked_at
        return [merkle.leaf_hash(f"{i}{'' if i < at else ' forked'}".encode()) for i in range(size)]

    def root(self, size):
        return merkle.root_of(self.leaves(size))

    def sign(self, text):
        line = signature_line(self.origin, LOG_KEY, self.public, self.key.sign(text.encode()))
        return f"{text}\n{line}"

    def checkpoint(self, size, root=None, extension=""):
        root = base64.b64encode(self.root(size) if root is None else root).decode()
        return self.sign(f"{self.origin}\n{size}\n{root}\n{extension}")

    def body(self, old, size, checkpoint=None, proof=None):
        """What is posted to add-checkpoint."""
        proof = consistency(self.leaves(size), old, size) if proof is None else proof
        lines = [f"old {old}"] + [base64.b64encode(h).decode() for h in proof]
        return ("\n".join(lines) + "\n\n" + (checkpoint or self.checkpoint(size))).encode()


class Cosigner:
    """A witness's key."""

    def __init__(self, name):
        self.name, self.key = name, Ed25519PrivateKey.generate()
        self.public = public_bytes(self.key)
        self.vkey = vkey_of(name, COSIGNER_KEY, self.public)

    def cosign(self, text, time):
        message = f"cosignature/v1\ntime {time}\n{text}".encode()
        signature = struct.pack(">Q", time) + self.key.sign(message)
        return signature_line(self.name, COSIGNER_KEY, self.public, signature)


def verify_cosignature(lines, text, vkey):
    """The time of the cosignature that `vkey` made over a note text; raises when there is none."""
    name, id_hex, key = vkey.split("+", 2)
    raw = base64.b64decode(key, validate=True)
    assert raw[:1] == COSIGNER_KEY and len(raw) == 33, "not the key of a cosigner"
    assert key_id(name, COSIGNER_KEY, raw[1:]).hex() == id_hex
    for line in lines.splitlines():
        dash, signer, blob = line.split(" ")
        blob = base64.b64decode(blob, validate=True)
        if dash != "—" or signer != name or blob[:4].hex() != id_hex:
            continue
        (time,) = struct.unpack(">Q", blob[4:12])
        message = f"cosignature/v1\ntime {time}\n{text}".encode()
        Ed25519PublicKey.from_public_bytes(raw[1:]).verify(blob[12:], message)
        return time
    raise AssertionError(f"no cosignature of {name}")


def text_of(note):
    """The signed part of a note."""
    return note.rpartition("\n\n")[0] + "\n"
