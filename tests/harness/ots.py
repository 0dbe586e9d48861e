"""An OpenTimestamps calendar: it promises at once, and when it is told to, gathers all that it
promised in one transaction of a Bitcoin block. The chain is its own, and its proof of work easy
(regtest), the format is the real one. It answers for the chain too, as Esplora does."""
import hashlib
import os
import struct
import threading

from .peer import Handler, Peer

MAGIC = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94"
PENDING = bytes.fromhex("83dfe30d2ef90c8e")
BITCOIN = bytes.fromhex("0588960d73d71901")
REGTEST_BITS = 0x207FFFFF


def sha256(data):
    return hashlib.sha256(data).digest()


def number(value):
    out = b""
    while value >= 0x80:
        out += bytes([0x80 | value & 0x7F])
        value >>= 7
    return out + bytes([value])


def sized(data):
    return number(len(data)) + data


def joined(op, data):
    """The operation that appends ("f0") or prepends ("f1")."""
    return bytes.fromhex(op) + sized(data)


def attestation(tag, payload):
    return b"\x00" + tag + sized(payload)


class Calendar(Peer):
    """Use as a context manager. `fault` is None or one of: down, garbage, large, elsewhere (a
    promise at another address), lie (a block whose Merkle root is another), work (a header
    without)."""

    def __init__(self):
        self.fault = None
        self.lock = threading.Lock()
        self.promised, self.known, self.headers = [], {}, {}
        self.asked = []
        owner = self

        class Asked(Handler):
            def do_POST(self):  # noqa: N802
                self.answer_if(owner.submit(self.asked_with()))

            def do_GET(self):  # noqa: N802
                owner.asked.append(self.path)
                self.answer_if(owner.look_up(self.path))

            def answer_if(self, body):
                self.answer(404 if body is None else 200, body or b"")

        super().__init__(Asked)
        self.url = self.base

    def submit(self, digest):
        if self.fault == "down" or len(digest) > 64:
            return None
        if self.fault in ("garbage", "large"):
            return b"<html>" * (1 if self.fault == "garbage" else 100000)
        salt, time, mac = os.urandom(16), os.urandom(4), os.urandom(8)
        commitment = time + sha256(digest + salt) + mac
        with self.lock:
            self.promised.append(commitment)
        where = "http://127.0.0.1:1/elsewhere" if self.fault == "elsewhere" else self.url
        return (joined("f0", salt) + b"\x08" + joined("f1", time) + joined("f0", mac) +
                attestation(PENDING, sized(where.encode())))

    def look_up(self, path):
        parts = path.strip("/").split("/")
        with self.lock:
            if parts[0] == "timestamp":
                return self.known.get(bytes.fromhex(parts[1]))
            if parts[0] == "block-height" and int(parts[1]) in self.headers:
                return sha256(sha256(self.headers[int(parts[1])]))[::-1].hex().encode()
            for header in self.headers.values() if parts[0] == "block" else ():
                if sha256(sha256(header))[::-1].hex() == parts[1]:
                    return header.hex().encode() + b"\n"
        return None

    # ---- the chain ----

    def gather(self):
        """A Merkle tree over what was promised: its root, and the steps that lead there."""
        row = [(sha256(c), [c]) for c in self.promised]
        steps = {c: b"\x08" for c in self.promised}
        while len(row) > 1:
            above = []
            for i in range(0, len(row) - 1, 2):
                (left, ours), (right, theirs) = row[i], row[i + 1]
                for c in ours:
                    steps[c] += joined("f0", right) + b"\x08"
                for c in theirs:
                    steps[c] += joined("f1", left) + b"\x08"
                above.append((sha256(left + right), ours + theirs))
            row = above + (row[-1:] if len(row) % 2 else [])
        return row[0][0], steps

    def mine(self, height, time):
        """The block of that height, at that Unix time, has all that was promised so far."""
        with self.lock:
            tip, steps = self.gather()
            head, tail, sibling = os.urandom(40), os.urandom(20), os.urandom(32)
            transaction = sha256(sha256(head + tip + tail))
            root = sha256(sha256(sibling + transaction))
            above = (joined("f1", head) + joined("f0", tail) + b"\x08\x08" +
                     joined("f1", sibling) + b"\x08\x08")
            for c in self.promised:
                self.known[c] = steps[c] + above + attestation(BITCOIN, number(height))
            self.headers[height] = self.header(root, time)
            self.promised = []
            return self.headers[height]

    def header(self, root, time):
        root = os.urandom(32) if self.fault == "lie" else root
        for nonce in range(1 << 16):
            header = struct.pack("<I32s32sIII", 4, bytes(32), root, time, REGTEST_BITS, nonce)
            works = sha256(sha256(header))[::-1] <= bytes.fromhex("7fffff" + 29 * "00")
            if works != (self.fault == "work"):
                return header
        raise AssertionError("no nonce will do")


# ---- reading .ots files, written anew ----


def attestations(file, digest):
    """Yields (message, tag, payload) of every attestation of a file that stamps `digest`."""
    assert file.startswith(MAGIC + b"\x01\x08" + digest)
    found = []
    rest = _timestamp(file[len(MAGIC) + 34:], digest, found)
    assert rest == b""
    return found


def _take(data):
    value = shift = 0
    while True:
        byte, data = data[0], data[1:]
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return data[:value], data[value:]


def _timestamp(data, message, found):
    more = True
    while more:
        more = data[0] == 0xFF
        tag, data = data[more], data[more + 1:]
        if tag == 0:
            payload, rest = _take(data[8:])
            found.append((message, data[:8], payload))
            data = rest
            continue
        argument = b""
        if tag in (0xF0, 0xF1):
            argument, data = _take(data)
        result = {0x08: lambda: sha256(message), 0xF0: lambda: message + argument,
                  0xF1: lambda: argument + message}[tag]()
        data = _timestamp(data, result, found)
    return data
