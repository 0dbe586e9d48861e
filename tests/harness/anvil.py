"""anvil, a real Ethereum node, which tools/anvil.sh brings; and the formats of Ethereum once more,
in a few lines, to check proofs without the server's code. Keccak-256, which Python lacks, is the
node's (web3_sha3)."""
import json
import subprocess
import urllib.request

from .peer import Handler, Peer
from .server import ROOT, free_port, wait_until

# The first account of every development chain: its key and its address.
KEY = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def program():
    """Its path, or None and why."""
    done = subprocess.run([ROOT / "tools/anvil.sh", ROOT / "build"], capture_output=True, text=True,
                          check=False, timeout=180)
    return (done.stdout.strip() or None), done.stderr.strip()


class Anvil:
    """Use as a context manager; `stop` and `start` in between keep the port, not the chain."""

    def __init__(self, path, *flags):
        self.path, self.flags, self.port = path, flags, free_port()
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self.process = subprocess.Popen(
            [self.path, "--silent", "--port", str(self.port), *self.flags],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

        def answers():
            assert self.process.poll() is None, "anvil ended"
            try:
                return self.call("eth_chainId")
            except OSError:
                return None

        wait_until(answers, 60, "anvil answers")
        return self

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def call(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            shown = json.load(answer)
        assert "error" not in shown, shown
        return shown["result"]

    def mine(self, blocks=1):
        self.call("anvil_mine", hex(blocks))

    def keccak(self, data):
        return bytes.fromhex(self.call("web3_sha3", "0x" + data.hex())[2:])


class Fence(Peer):
    """A node that lacks some methods: passes everything else on. Use as a context manager."""

    def __init__(self, node, *methods):
        class Asked(Handler):
            def do_POST(self):  # noqa: N802
                body = self.asked_with()
                asked = json.loads(body)
                first = asked[0] if isinstance(asked, list) else asked
                if first["method"] in methods:
                    error = {"code": -32601, "message": "Method not found"}
                    answer = json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode()
                else:
                    request = urllib.request.Request(node.url, body,
                                                     {"Content-Type": "application/json"})
                    with urllib.request.urlopen(request, timeout=10) as reply:
                        answer = reply.read()
                self.answer(200, answer)

        super().__init__(Asked)
        self.url = self.base


# ---- RLP and the trie, read only ----


def rlp(data):
    """The one item in `data`: bytes, or a list."""
    item, rest = _item(data)
    assert not rest
    return item


def _item(data):
    first = data[0]
    if first < 0x80:
        return data[:1], data[1:]
    base = 0xC0 if first >= 0xC0 else 0x80
    at, size = 1, first - base
    if size > 55:
        at = 1 + size - 55
        size = int.from_bytes(data[1:at], "big")
    payload, rest = data[at:at + size], data[at + size:]
    assert len(payload) == size
    if base == 0x80:
        return payload, rest
    items = []
    while payload:
        item, payload = _item(payload)
        items.append(item)
    return items, rest


def trie_value(keccak, root, index, nodes):
    """What the trie under `root` has at rlp(index), shown by `nodes` from the root down."""
    assert index < 0x80
    key = [int(d, 16) for d in (b"\x80" if index == 0 else bytes([index])).hex()]
    reference, nodes = root, list(nodes)
    while True:
        if isinstance(reference, bytes):
            node = nodes.pop(0)
            assert keccak(node) == reference
            reference = rlp(node)
        if len(reference) == 17:
            reference = reference[key.pop(0)]
            continue
        partial = [int(d, 16) for d in reference[0].hex()]
        shared = partial[1:] if partial[0] & 1 else partial[2:]
        assert key[:len(shared)] == shared
        key = key[len(shared):]
        if partial[0] & 2:
            assert not key and not nodes
            return reference[1]
        reference = reference[1]
