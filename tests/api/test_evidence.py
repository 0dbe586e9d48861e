"""Evidence bundles: what is in them, that they stay the same, that strangers can check them with
common tools, and that nothing in them can be altered."""
import base64
import hashlib
import json
import random
import subprocess
import threading
import xml.etree.ElementTree as ET
import zipfile

import pytest

from harness import asice, bodies, merkle
from harness.parties import Chain, make_node
from harness.server import START_TIMEOUT_S, Server
from harness.tlog import Log

ASIC = "{http://uri.etsi.org/02918/v1.2.1#}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"


def fetch(client, record_id, **query):
    answer = client.call("GET", f"/v1/records/{record_id}/evidence",
                         headers={"Prefer": "wait=50"}, query=query or None)
    assert answer.status == 200, answer
    return answer


class Sample:
    """A record among others, and its bundle."""

    def __init__(self, chain, folder):
        erp = chain.erp.client
        made = [erp.post("/v1/invoices", chain.invoice()).json()["id"] for _ in range(6)]
        self.client, self.id = erp, made[3]
        self.answer = fetch(erp, self.id)
        self.bundle = self.answer.body
        self.files = asice.entries(self.bundle)
        self.path = folder / f"{self.id}.asice"
        self.path.write_bytes(self.bundle)


@pytest.fixture(scope="module")
def sample(chain, tmp_path_factory):
    return Sample(chain, tmp_path_factory.mktemp("bundle"))


# ---- what is in it ----


def test_headers(sample):
    headers = sample.answer.headers
    assert headers["Content-Type"] == "application/vnd.etsi.asic-e+zip"
    assert headers["Content-Disposition"] == f'attachment; filename="{sample.id}.asice"'
    again = sample.client.get(f"/v1/records/{sample.id}/evidence",
                              headers={"If-None-Match": headers["ETag"]})
    assert again.status == 304 and not again.body
    head = sample.client.call("HEAD", f"/v1/records/{sample.id}/evidence")
    assert head.status == 200 and head.headers["ETag"] == headers["ETag"] and not head.body


def test_it_is_an_asic_container(sample):
    assert sample.bundle[30:69] == b"mimetypeapplication/vnd.etsi.asic-e+zip"
    assert asice.canonical_zip(sample.files) == sample.bundle


def test_the_record_is_in_it_byte_for_byte(sample):
    body = sample.client.get(f"/v1/records/{sample.id}/body").body
    proof = sample.client.get(f"/v1/records/{sample.id}/proof")
    assert sample.files["evidence/body.json"] == body
    assert sample.files["proofs/proof.json"] == proof.body
    text = sample.client.get(f"/v1/records/{sample.id}/proof", headers={"Accept": "text/plain"})
    assert sample.files["proofs/record.tlog-proof"] == text.body
    merkle.verify_proof(proof.json())
    assert sample.files["evidence/leaf.txt"].decode() == proof.json()["leaf_text"]


def test_the_manifest_lists_every_file(sample):
    root = ET.fromstring(sample.files["META-INF/ASiCManifest001.xml"])
    assert root.tag == ASIC + "ASiCManifest"
    assert root.find(ASIC + "SigReference").get("URI") == "META-INF/signature001.p7s"
    listed = {}
    for reference in root.iter(ASIC + "DataObjectReference"):
        assert reference.find(DS + "DigestMethod").get("Algorithm").endswith("xmlenc#sha256")
        listed[reference.get("URI")] = base64.b64decode(reference.find(DS + "DigestValue").text)
    assert listed == {name: hashlib.sha256(content).digest()
                      for name, content in sample.files.items()
                      if name != "mimetype" and not name.startswith("META-INF/")}


def test_the_index_is_canonical_and_complete(sample):
    text = sample.files["index.json"].decode()
    index = json.loads(text)
    assert text == json.dumps(index, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert index["format"] == "scfd-bundle/v1" and index["record"]["id"] == sample.id
    for file in index["files"]:
        content = sample.files[file["path"]]
        assert file["bytes"] == len(content)
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
        assert file["sm3"] == hashlib.new("sm3", content).hexdigest()
        assert file["title_en"] and file["title_zh"]
    rest = {"index.json", "SHA256SUMS", "SM3SUMS"}
    assert {file["path"] for file in index["files"]} == {
        name for name in sample.files if name not in rest and not name.startswith("META-INF/")}


# ---- that it stays the same ----


def test_it_stays_the_same_while_the_chain_grows(sample, chain):
    sample.client.post("/v1/invoices", chain.invoice())
    fetch(sample.client, sample.client.post("/v1/invoices", chain.invoice()).json()["id"])
    assert fetch(sample.client, sample.id).body == sample.bundle


@pytest.fixture(scope="module")
def own():
    """A server that tests may stop and start, with a record that is not sealed yet."""
    with Server(env={"SCFD_SEAL_INTERVAL_MS": "60000"}) as server:
        server.chain = Chain(server.client())
        server.record = server.chain.erp.client.post(
            "/v1/contracts", server.chain.contract()).json()["id"]
        yield server


def test_before_the_block_is_sealed(own):
    answer = own.chain.erp.client.get(f"/v1/records/{own.record}/evidence")
    assert answer.status == 503 and answer.json()["type"].endswith("/not-sealed-yet")
    assert answer.headers["Retry-After"]


def test_keys_that_are_named_must_be_there(own, tmp_path):
    own.stop()
    own.env.clear()
    own.flags = [f"--evidence-key-file={tmp_path}/absent.key"]
    own.start(ready=False)
    assert own.process.wait(START_TIMEOUT_S) != 0
    assert "absent.key" in own.log_tail()
    own.flags = []
    own.start()


def test_restart_and_a_second_instance(own):
    own.env.clear()
    own.stop()
    own.start()
    bundle = fetch(own.client(own.chain.erp.key), own.record).body
    own.stop()
    own.start()
    assert fetch(own.client(own.chain.erp.key), own.record).body == bundle
    keys = {"signing-key-file": "log.key", "evidence-key-file": "evidence.key",
            "evidence-certificate-file": "evidence.pem"}
    flags = [f"--{flag}={own.data / name}" for flag, name in keys.items()]
    with Server(database_url=own.cluster_url(), flags=flags) as second:
        assert fetch(second.client(own.chain.erp.key), own.record).body == bundle


def evidence_of(server):
    return server.client(server.key).get(f"/v1/records/{server.record}/evidence",
                                         timestamp="none")


def refused(answer):
    return answer.status == 503 and answer.json()["code"] == "evidence-signer-differs"


def test_an_instance_with_another_key_makes_none(own):
    """Until the installation's key is changed, which the instances that still have the old one
    notice at once."""
    own.env.clear()  # sealed at once, also when this test runs alone
    own.stop()
    own.start()
    own.key = own.chain.erp.key
    bundle = fetch(own.client(own.key), own.record).body
    log_key = f"--signing-key-file={own.data / 'log.key'}"
    with Server(database_url=own.cluster_url(), flags=[log_key]) as second:
        second.key, second.record = own.key, own.record
        assert "no evidence is signed here" in second.log_tail(100000)
        assert refused(evidence_of(second))
        paper = second.client(own.key).get(f"/v1/records/{own.record}/preservation-certificate")
        assert refused(paper)
        assert evidence_of(own).body == bundle

        own.psql("DELETE FROM scfd.evidence_signer")
        assert refused(evidence_of(own)) and refused(evidence_of(second))
        second.stop()
        second.start()
        answer = evidence_of(second)
        assert answer.status == 200 and answer.body != bundle
        assert refused(evidence_of(own))
    own.psql("DELETE FROM scfd.evidence_signer")
    own.stop()
    own.start()
    assert evidence_of(own).body == bundle


# ---- that strangers can check it ----


def test_every_step_of_verify_txt(sample, tmp_path):
    code, output = asice.run_steps(tmp_path, sample.bundle, sample.path.name)
    assert code == 0 and "FAILED" not in output, output
    for said in ("CAdES Verification successful", "ok      the leaf is in the tree", "sealed at 20",
                 "ok      key id", "ok      SM3 of evidence/body.json",
                 "ok      listed: SHA256SUMS", "ok      block: root"):
        assert said in output, output
    assert output.count("Signature Verified Successfully") == 2


@pytest.mark.parametrize("name", ["evidence/body.json", "evidence/leaf.txt", "proofs/path.txt",
                                  "proofs/checkpoint.txt", "proofs/block.sig", "keys/log.vkey",
                                  "META-INF/ASiCManifest001.xml", "META-INF/signature001.p7s"])
def test_verify_txt_finds_what_was_altered(sample, tmp_path, name):
    """Also when the sums were made to fit."""
    files = dict(sample.files)
    content = files[name]
    files[name] = asice.flipped(content, len(content) // 2, 1)
    code, output = asice.run_steps(tmp_path / "a", asice.canonical_zip(files), sample.path.name)
    assert code != 0, output
    for sums, algorithm in (("SHA256SUMS", "sha256"), ("SM3SUMS", "sm3")):
        files[sums] = "".join(
            f"{hashlib.new(algorithm, files[line[66:]]).hexdigest()}  {line[66:]}\n"
            for line in files[sums].decode().splitlines()).encode()
    code, output = asice.run_steps(tmp_path / "b", asice.canonical_zip(files), sample.path.name)
    assert code != 0, output


def test_scfd_verifies_it(sample, server, tmp_path):
    code, output = asice.verify(sample.path)
    assert code == 0 and "FAILED" not in output
    assert "the bundle's own" in output  # whose keys these are is said
    key = sample.files["keys/log.vkey"].decode().strip()
    roots = server.data / "evidence.pem"
    code, output = asice.verify(sample.path, "--key", key, "--trust", str(roots))
    assert code == 0 and "the bundle's own" not in output, output


def test_other_peoples_keys_do_not_verify_it(sample, tmp_path):
    """Keys and certificates that somebody else made under the same names."""
    other = tmp_path / "other.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                    "/CN=scfd.local%2Flog evidence", "-keyout", str(tmp_path / "k"), "-out",
                    str(other)], check=True, capture_output=True)
    code, output = asice.verify(sample.path, "--trust", str(other))
    assert code == 5 and "FAILED  the manifest is signed" in output
    key = sample.files["keys/log.vkey"].decode().strip()
    wrong = Log(key.split("+")[0]).vkey
    assert wrong != key
    code, output = asice.verify(sample.path, "--key", wrong)
    assert code == 5 and "FAILED  the bundle names the verifier key" in output


# ---- that nothing can be altered ----


def test_flipped_bytes(sample, tmp_path):
    """Of each file and of what is between files; all positions are for the unit test."""
    random.seed(4)
    path = tmp_path / "altered.asice"
    for position in random.sample(range(len(sample.bundle)), 60):
        path.write_bytes(asice.flipped(sample.bundle, position, 1 << random.randrange(8)))
        code, output = asice.verify(path)
        assert code == 5 and "FAILED" in output, (position, code, output)


def test_entries_that_do_not_belong(sample, tmp_path):
    path = tmp_path / "altered.asice"
    pairs = list(sample.files.items())
    altered = [
        pairs[:-1],
        pairs[1:],
        pairs + [("extra.txt", b"hello")],
        pairs + [pairs[2]],
        [pairs[1], pairs[0], *pairs[2:]],
        [(name.replace("evidence/body", "evidence/Body"), content) for name, content in pairs],
        [*pairs, ("../../etc/passwd", b"x")],
        [*pairs, ("/absolute", b"x")],
        [*pairs, ("META-INF/signature002.p7s", b"x")],
        [*pairs, *((f"f{i}", b"") for i in range(2000))],
        [("evidence/body.json", b"{}") if name == "evidence/body.json" else (name, content)
         for name, content in pairs],
        [],
    ]
    for changed in altered:
        path.write_bytes(asice.canonical_zip(changed))
        code, output = asice.verify(path)
        assert code == 5 and "FAILED" in output, output
    for content in (sample.bundle[:-1], sample.bundle + b"\0", b"PK\3\4", b"PK\3\4" + b"\0" * 60):
        path.write_bytes(content)
        code, output = asice.verify(path)
        assert code == 5 and "FAILED" in output, output


def test_each_file_counts_even_when_the_zip_is_sound(sample, tmp_path):
    path = tmp_path / "altered.asice"
    for name, content in sample.files.items():
        for altered in (content + b"\n", content[:-1] or b"x",
                        asice.flipped(content, len(content) // 2, 2) if content else b"y"):
            path.write_bytes(asice.canonical_zip({**sample.files, name: altered}))
            code, output = asice.verify(path)
            assert code == 5 and "FAILED" in output, (name, output)


def test_other_forms_of_zip(sample, tmp_path):
    """The same entries as other programs write them: ZIP64, deflated, with a comment."""
    def written(**how):
        path = tmp_path / "other.asice"
        with zipfile.ZipFile(path, "w", how.get("method", zipfile.ZIP_STORED)) as archive:
            archive.comment = how.get("comment", b"")
            for name, content in sample.files.items():
                with archive.open(name, "w", force_zip64=how.get("zip64", False)) as file:
                    file.write(content)
        return path
    for path in (written(), written(zip64=True), written(method=zipfile.ZIP_DEFLATED),
                 written(comment=b"x")):
        code, output = asice.verify(path)
        assert code == 5 and output.startswith("FAILED  the file is a canonical ZIP"), output


def test_exit_codes(sample, tmp_path):
    empty = tmp_path / "empty"
    empty.touch()
    assert asice.verify(empty)[0] == 5
    assert asice.verify(tmp_path / "absent")[0] == 1
    assert asice.verify(sample.path, "--trust", str(tmp_path / "absent"))[0] == 1
    assert asice.verify(sample.path, "--key", "nonsense")[0] in (1, 5)
    # A body beside a bundle would be looked at by nobody.
    key = sample.files["keys/log.vkey"].decode().strip()
    code, output = asice.verify(sample.path, "--key", key, "--body", str(empty))
    assert code == 2 and "--body and --leaf are for proofs" in output
    assert asice.verify(sample.path, "--colour", "red")[0] == 2


# ---- who gets it ----


def test_a_crowd_gets_it(sample):
    """No authority is configured, so that nobody has to wait for one."""
    statuses = []

    def get(client):
        statuses.extend(client.get(f"/v1/records/{sample.id}/evidence").status for _ in range(10))
    threads = [threading.Thread(target=get, args=(sample.client.copy(),)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 120


def test_only_who_may_see_the_record(sample, server, admin):
    path = f"/v1/records/{sample.id}/evidence"
    stranger = make_node(admin, "lender")
    assert stranger.client.get(path).status == 404
    assert server.anonymous().get(path).status == 401
    assert admin.get(path).body == sample.bundle
    for bad in ("inv_00000000000000000000000000", sample.id.replace("inv_", "ctr_"), "x",
                "node_00000000000000000000000000"):
        assert admin.get(f"/v1/records/{bad}/evidence").status == 404
    assert admin.get(path + "?colour=red").status == 400


def test_names_with_everything_in_them(chain, tmp_path):
    """External ids are the senders'; they stand in the leaf, the index and the certificate."""
    for external_id in ('a"b\\c', "合同 2026/①", "x" * 128, "</ds:DigestValue>&'", "$(id) `id` %s"):
        record = chain.erp.client.post(
            "/v1/contracts", chain.contract(external_id=external_id + bodies.unique("")[-1:]))
        if record.status != 201:
            assert record.status == 422
            continue
        bundle = fetch(chain.erp.client, record.json()["id"]).body
        text = asice.entries(bundle)["index.json"].decode()
        assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"),
                                  ensure_ascii=False)
        path = tmp_path / "named.asice"
        path.write_bytes(bundle)
        assert asice.verify(path)[0] == 0
        name = f"{record.json()['id']}.asice"
        code, output = asice.run_steps(tmp_path / record.json()["id"], bundle, name)
        assert code == 0, output
