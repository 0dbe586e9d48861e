"""RFC 6962 trees, C2SP notes and tiles, written from the specifications with hashlib only; SM2 is
checked by the openssl command. `alg` is what hashlib calls the digest of the chain."""
import base64
import hashlib
import subprocess
import tempfile

SM2_TYPE = b"\xffsm2-sm3"


def digest(data, alg="sha256"):
    return hashlib.new(alg, data).digest()


def leaf_hash(data, alg="sha256"):
    return digest(b"\0" + data, alg)


def node_hash(left, right, alg="sha256"):
    return digest(b"\1" + left + right, alg)


def root_of(leaves, alg="sha256"):
    """Root of a list of leaf hashes, level by level (an odd last node is carried up)."""
    if not leaves:
        return digest(b"", alg)
    level = list(leaves)
    while len(level) > 1:
        paired = [node_hash(level[i], level[i + 1], alg) for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
    return level[0]


def root_from_inclusion(leaf, index, size, path, alg="sha256"):
    """RFC 9162 2.1.3.2; raises on a proof of the wrong length."""
    assert 0 <= index < size, "index outside the tree"
    fn, sn, result = index, size - 1, leaf
    for sibling in path:
        assert sn, "proof too long"
        if fn & 1 or fn == sn:
            result = node_hash(sibling, result, alg)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            result = node_hash(result, sibling, alg)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0, "proof too short"
    return result


def check_consistency(first_size, second_size, first_root, second_root, path, alg="sha256"):
    """RFC 9162 2.1.4.2."""
    if first_size == second_size:
        return not path and first_root == second_root
    if first_size == 0:
        return not path
    if first_size & (first_size - 1) == 0:
        path = [first_root] + list(path)
    fn, sn = first_size - 1, second_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old, new = node_hash(sibling, old, alg), node_hash(sibling, new, alg)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node_hash(new, sibling, alg)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and old == first_root and new == second_root


def digest_line(record):
    name = "body_sm3" if "body_sm3" in record else "body_sha256"
    return f"{name} {record[name]}"


def leaf_text(record):
    """ARCHITECTURE "Chains": the eight lines of a record, from what the API shows of it."""
    return "".join(
        line + "\n"
        for line in (
            "scfd-record/v1",
            "id " + record["id"],
            "kind " + record["kind"],
            "node " + record["node"],
            "external_id " + record["external_id"],
            "received_at " + record["received_at"],
            digest_line(record),
            "salt " + record["salt"],
        )
    ).encode()


class Note:
    """A C2SP signed note: text, and (name, key id, signature) of each signature line."""

    def __init__(self, note):
        self.text, _, tail = note.rpartition("\n\n")
        self.text += "\n"
        self.signatures = []
        for line in tail.rstrip("\n").split("\n"):
            dash, name, blob = line.split(" ")
            assert dash == "—"
            raw = base64.b64decode(blob, validate=True)
            self.signatures.append((name, raw[:4], raw[4:]))

    def lines(self):
        return self.text.rstrip("\n").split("\n")


def parse_vkey(vkey):
    """`name+hash+key` → (name, key id, public key: 32 bytes of Ed25519 or 65 of SM2); checks the
    key id."""
    name, key_id, key = vkey.split("+", 2)
    raw = base64.b64decode(key, validate=True)
    kind = SM2_TYPE if raw[0] == 0xFF else b"\1"
    assert raw.startswith(kind), "neither an Ed25519 nor an SM2 key"
    computed = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    assert computed.hex() == key_id, "the key id does not belong to the key"
    public = raw[len(kind) :]
    assert len(public) == (65 if kind == SM2_TYPE else 32)
    return name, computed, public


def alg_of(vkey):
    return "sm3" if len(parse_vkey(vkey)[2]) == 65 else "sha256"


def verify_sm2(public, signature, text):
    """By the openssl command; SubjectPublicKeyInfo is a fixed beginning and the point."""
    head = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("key", head + public), ("sig", signature), ("text", text)):
            with open(f"{folder}/{name}", "wb") as file:
                file.write(data)
        subprocess.run(
            "openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -digest sm3"
            " -pkeyopt distid:1234567812345678 -in text -sigfile sig",
            shell=True, cwd=folder, check=True, capture_output=True, timeout=20,
        )


def verify_note(note, vkey):
    """Returns the parsed note; raises unless `vkey` signed it."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    name, key_id, public = parse_vkey(vkey)
    parsed = Note(note)
    for signer, signer_id, signature in parsed.signatures:
        if (signer, signer_id) == (name, key_id):
            if len(public) == 65:
                verify_sm2(public, signature, parsed.text.encode())
            else:
                Ed25519PublicKey.from_public_bytes(public).verify(signature, parsed.text.encode())
            return parsed
    raise AssertionError(f"no signature of {name}")


def parse_lines(text, first, names):
    """The values of `name value` lines after a fixed first line, in the given order."""
    lines = text.rstrip("\n").split("\n")
    assert lines[0] == first and len(lines) == 1 + len(names), text
    values = {}
    for line, name in zip(lines[1:], names):
        key, _, value = line.partition(" ")
        assert key == name, text
        values[name] = value
    return values


def verify_proof(proof, vkey=None, body=None):
    """Checks a proof document step by step; raises where it fails. Returns the tree size."""
    vkey = vkey or proof["vkey"]
    alg, record = alg_of(vkey), proof["record"]
    assert proof.get("suite") == ("sm3-sm2" if alg == "sm3" else None)
    text = leaf_text(record)
    assert text.decode() == proof["leaf_text"]
    leaf = leaf_hash(text, alg)
    assert leaf.hex() == proof["leaf_hash"]
    if body is not None:
        assert digest(body, alg).hex() == record[f"body_{alg}"]

    origin, size, root = verify_note(proof["checkpoint"], vkey).lines()
    assert origin == parse_vkey(vkey)[0] == proof["origin"]
    assert origin.endswith("/" + record["node"])
    assert int(size) == proof["tree_size"]
    path = [base64.b64decode(h, validate=True) for h in proof["inclusion_proof"]]
    computed = root_from_inclusion(leaf, proof["index"], int(size), path, alg)
    assert base64.b64encode(computed).decode() == root

    block = verify_note(proof["block"]["note"], vkey)
    header = parse_lines(
        block.text, "scfd-block/v1", ["chain", "height", "size", "root", "prev", "time"]
    )
    assert (header["chain"], header["size"], header["root"]) == (origin, size, root)
    assert int(header["height"]) == proof["block"]["height"]
    assert digest(block.text.encode(), alg).hex() == proof["block"]["hash"]
    return int(size)


def tile_path(level, index, width=256):
    groups = [f"{index % 1000:03d}"]
    index //= 1000
    while index:
        groups.insert(0, f"x{index % 1000:03d}")
        index //= 1000
    return f"tile/{level}/" + "/".join(groups) + (f".p/{width}" if width < 256 else "")


def tile_hashes(data):
    return [data[i : i + 32] for i in range(0, len(data), 32)]
