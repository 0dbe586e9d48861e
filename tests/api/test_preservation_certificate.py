"""The preservation certificate: what it says is what the API says; read with poppler, its QR code
with zbar. And the records of which there is none any more."""
import base64
import hashlib
import subprocess

import pytest

from harness import asice
from test_erasure import order


@pytest.fixture(scope="module")
def record(chain):
    answer = chain.erp.client.post("/v1/contracts", chain.contract()).json()
    proof = chain.erp.client.get(f"/v1/records/{answer['id']}/proof",
                                 headers={"Prefer": "wait=50"})
    assert proof.status == 200
    return answer["id"], proof.json()


def signature_of(note):
    line = note.split("\n\n")[1].splitlines()[0]
    return base64.b64encode(base64.b64decode(line.split(" ")[2])[4:]).decode()


def fetch(client, record_id):
    return client.get(f"/v1/records/{record_id}/preservation-certificate")


def test_it_says_what_the_proof_says(server, chain, record, tmp_path):
    record_id, proof = record
    answer = fetch(chain.erp.client, record_id)
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/pdf"
    assert record_id in answer.headers["Content-Disposition"]
    assert fetch(chain.erp.client, record_id).body == answer.body
    text = "".join(asice.text_of_pdf(answer.body, tmp_path).split())
    body = chain.erp.client.get(f"/v1/records/{record_id}/body").body
    serial = subprocess.run(
        ["openssl", "x509", "-in", server.data / "evidence.pem", "-noout", "-serial"],
        capture_output=True, text=True, check=True).stdout.strip().removeprefix("serial=")
    for said in (record_id, hashlib.sha256(body).hexdigest(), hashlib.new("sm3", body).hexdigest(),
                 proof["leaf_hash"], proof["block"]["hash"], proof["origin"], serial,
                 proof["record"]["received_at"], chain.seller["name"], chain.seller["uscc"],
                 f"{len(body)}bytes", "电子数据保全证书", "Merklepath", "Trustedtimestamp",
                 "Judicialandnotarynodes", proof["record"]["node"], "Issuerandseal",
                 signature_of(proof["block"]["note"])):
        assert "".join(said.split()) in text, said


def test_the_qr_code_leads_to_the_bundle(server, chain, record, tmp_path):
    record_id, _ = record
    pdf = tmp_path / "certificate.pdf"
    pdf.write_bytes(fetch(chain.erp.client, record_id).body)
    subprocess.run(["pdftoppm", "-r", "300", "-png", pdf, tmp_path / "page"], check=True)
    page = sorted(tmp_path.glob("page*.png"))[0]
    read = subprocess.run(["zbarimg", "--quiet", "--raw", page], capture_output=True, text=True,
                          check=False).stdout.strip()
    assert read.endswith(f"/v1/records/{record_id}/evidence")
    assert chain.erp.client.get("/" + read.split("/", 3)[3]).status == 200


def test_an_erased_record_has_none(server, chain, record, tmp_path):
    """The bundle that somebody kept still verifies."""
    erased = chain.erp.client.post("/v1/contracts", chain.contract()).json()["id"]
    path = f"/v1/records/{erased}/evidence"
    kept = chain.erp.client.get(path, headers={"Prefer": "wait=50"})
    assert kept.status == 200
    assert server.client().post(f"/v1/records/{erased}/erasure", order()).status == 201
    for answer in (chain.erp.client.get(path), fetch(chain.erp.client, erased)):
        assert answer.status == 410 and answer.json()["type"].endswith("/erased")
    bundle = tmp_path / "kept.asice"
    bundle.write_bytes(kept.body)
    assert asice.verify(bundle)[0] == 0
