"""Bundles that were kept from earlier: whatever becomes of the server, scfd-bundle/v1 must verify
for ever, for they may be all that is left of an erased record. Those here are never made anew;
`PYTHONPATH=tests python3 tests/api/test_evidence_kept.py FOLDER` made them."""
import sys
from pathlib import Path

import pytest

from harness import asice
from harness.server import ROOT

KEPT = ROOT / "tests" / "kept"
SUITES = ["sha256-ed25519", "sm3-sm2"]


@pytest.mark.parametrize("suite", SUITES)
def test_a_kept_bundle_verifies(suite, tmp_path):
    path = KEPT / f"{suite}.asice"
    keys = dict(line.split(" ", 1) for line in (KEPT / f"{suite}.keys").read_text().splitlines())
    code, output = asice.verify(path, "--key", keys["chain"], "--witness", keys["witness"],
                                "--quorum", "1")
    assert code == 0 and "FAILED" not in output, output
    assert "anchors in the bundle: 1; a cosigned checkpoint: yes" in output, output
    leaf = asice.entries(path.read_bytes())["evidence/leaf.txt"].decode().splitlines()
    name = leaf[1].removeprefix("id ") + ".asice"
    code, output = asice.run_steps(tmp_path / "room", path.read_bytes(), name)
    assert code == 0 and "FAILED" not in output, output


def make(folder):
    from harness import tsa
    from harness.server import Server, wait_until
    from harness.witnesses import Peer, Sealed, add_witness

    def complete(client, record):
        answer = client.get(f"/v1/records/{record}/evidence")
        names = asice.entries(answer.body) if answer.status == 200 else {}
        wanted = {"proofs/anchors/tsa/proof.tst", "proofs/cosigned/01.sig",
                  "META-INF/timestamp002.tst"}
        return wanted <= set(names) and answer.body

    for suite in SUITES:
        peer = Peer(alg="sm3") if suite == "sm3-sm2" else Peer()
        with tsa.Authority() as authority, Server(flags=["--witness-interval-s", "1"]) as server:
            assert server.client().post("/v1/anchor-targets", {
                "name": "tsa", "kind": "rfc3161", "url": authority.url, "interval_s": 1,
                "settings": {"ca_pem": authority.ca_pem}}).status == 201
            add_witness(server, peer.url, peer.cosigner.vkey)
            chain = Sealed(server, chain_suite=suite)
            chain.want(1)
            chain.grow(5)
            client = chain.node.client
            record = client.get("/v1/invoices", limit=1).json()["data"][0]["id"]
            bundle = wait_until(lambda: complete(client, record), 60, "anchored and cosigned", 0.5)
            (folder / f"{suite}.asice").write_bytes(bundle)
            (folder / f"{suite}.keys").write_text(
                f"chain {chain.read()['vkey']}\nwitness {peer.cosigner.vkey}\n")
        peer.close()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(exist_ok=True)
    make(target)
