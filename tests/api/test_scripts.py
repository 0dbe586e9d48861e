"""The admin scripts do what they say, with nothing but sh, curl and jq."""
import gzip
import hashlib
import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from harness import bodies
from harness.client import ndjson
from harness.parties import Chain
from harness.server import BINARY, ROOT, wait_until
from harness.tlog import Log


@pytest.fixture(scope="module")
def own(server):
    return Chain(server.client())


def script(server, name, *arguments, key, cwd=None, **env):
    path = f"{Path(BINARY).resolve().parent}:{os.environ['PATH']}"
    env = {**os.environ, "SCFD_URL": server.url, "SCFD_KEY": key, "PATH": path, **env}
    command = [ROOT / "scripts" / name, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300,
                          env=env, cwd=cwd)


def test_load_day_then_again_then_a_bad_line(server, own, tmp_path):
    day, again, bad = (tmp_path / name for name in ("day.ndjson", "again.ndjson.gz", "bad.ndjson"))
    day.write_bytes(ndjson(own.invoice() for _ in range(5)))
    again.write_bytes(gzip.compress(day.read_bytes()))
    bad.write_bytes(ndjson([own.invoice(), own.invoice(kind="nonsense")]))
    done = script(server, "load-day.sh", "invoices", day, key=own.erp.key)
    assert done.returncode == 0 and '"accepted": 5' in done.stdout, done
    done = script(server, "load-day.sh", "invoices", again, key=own.erp.key)
    assert done.returncode == 0 and '"duplicate": 5' in done.stdout, done
    done = script(server, "load-day.sh", "invoices", bad, key=own.erp.key)
    assert done.returncode != 0 and "#/kind" in done.stderr, done


def test_load_day_notices_a_file_that_is_cut_short(server, own, tmp_path):
    day = tmp_path / "day.ndjson.gz"
    whole = gzip.compress(ndjson(own.invoice() for _ in range(50)))
    day.write_bytes(whole[: len(whole) // 2])
    done = script(server, "load-day.sh", "invoices", day, key=own.erp.key)
    assert done.returncode != 0 and "gzip" in done.stderr, done


def test_nightly_verify(server, own):
    record = own.erp.client.post("/v1/invoices", own.invoice()).json()["id"]
    proof = f"/v1/records/{record}/proof"
    wait_until(lambda: own.erp.client.get(proof).status == 200, 10, "the block is sealed")
    vkey = own.erp.client.get(proof).json()["vkey"]
    arguments = ("nightly-verify.sh", "invoices", bodies.hours_ago(1))
    done = script(server, *arguments, key=own.erp.key, SCFD_VKEY=vkey)
    assert done.returncode == 0 and "are proven" in done.stdout, done
    other = vkey[:-3] + ("A" if vkey[-3] != "A" else "B") + vkey[-2:]
    assert script(server, *arguments, key=own.erp.key, SCFD_VKEY=other).returncode == 5


def test_make_package(server, own, tmp_path):
    client = own.erp.client
    ids = [client.post("/v1/invoices", own.invoice()).json()["id"] for _ in range(2)]
    vkey = client.get(f"/v1/records/{ids[0]}/proof", headers={"Prefer": "wait=50"}).json()["vkey"]
    keys = {"key": own.erp.key, "SCFD_VKEY": vkey, "cwd": tmp_path}
    done = script(server, "make-package.sh", *ids, **keys)
    assert done.returncode == 0, done
    for line, record in zip(done.stdout.splitlines(), ids, strict=True):
        bundle = (tmp_path / f"{record}.asice").read_bytes()
        assert line == f"{record}.asice {hashlib.sha256(bundle).hexdigest()}"
    # Its signer's certificate is not under these roots; the key is not the chain's; no such record.
    (tmp_path / "roots.pem").write_bytes((server.data / "evidence.pem").read_bytes())
    done = script(server, "make-package.sh", ids[0], **keys, SCFD_TRUST="roots.pem")
    assert done.returncode == 0, done
    other = client.get("/v1/chains").json()["data"]
    strange = next(c["vkey"] for c in other if c["vkey"] != vkey)
    done = script(server, "make-package.sh", ids[0], **{**keys, "SCFD_VKEY": strange})
    assert done.returncode == 5 and "FAILED" in done.stderr, done
    done = script(server, "make-package.sh", "inv_00000000000000000000000000", **keys)
    assert done.returncode == 1 and "not-found" in done.stderr, done
    assert len(list(tmp_path.glob("*.asice*"))) == 2


def test_nightly_audit(server, own, tmp_path):
    """The kept checkpoints grow with the chains, and show a chain that was cut back."""
    def night(*arguments):
        return script(server, "nightly-audit.sh", tmp_path / "kept", "--data", server.data,
                      *arguments, key=server.admin_key)

    def kept():
        return {path.name: path.read_text() for path in (tmp_path / "kept").iterdir()}
    proof = own.erp.client.get(
        f"/v1/records/{own.erp.client.post('/v1/invoices', own.invoice()).json()['id']}/proof",
        headers={"Prefer": "wait=50"}).json()
    done = night()
    assert done.returncode == 0 and "nothing was altered" in done.stdout, done
    first, chain = kept(), f"{proof['record']['node'].replace('node_', 'chain_')}.txt"
    assert proof["origin"] == first[chain].splitlines()[0]
    record = own.erp.client.post("/v1/invoices", own.invoice()).json()["id"]
    sealed = own.erp.client.get(f"/v1/records/{record}/proof", headers={"Prefer": "wait=50"})
    assert sealed.status == 200, sealed
    done = night("--key", proof["vkey"])
    assert done.returncode == 0 and f"{len(first)} kept checkpoints" in done.stdout, done
    second = kept()
    assert int(second[chain].splitlines()[1]) > int(first[chain].splitlines()[1])
    # A larger tree that the log's own key signed, as if the database were an older copy.
    key = load_pem_private_key((server.data / "log.key").read_bytes(), None)
    (tmp_path / "kept" / chain).write_text(Log(proof["origin"], key).checkpoint(500))
    before = kept()
    done = night()
    assert done.returncode == 5 and chain in done.stderr and kept() == before, done


def test_rotate_key(server, own):
    admin, node = server.admin_key, own.surety
    done = script(server, "rotate-key.sh", node.id, key=admin)
    assert done.returncode == 0 and "scfd_sk_live_" in done.stdout, done
    keys = server.client().get(f"/v1/nodes/{node.id}/keys").json()["data"]
    assert len(keys) == 2
    done = script(server, "rotate-key.sh", node.id, "key_mistyped", key=admin)
    assert done.returncode != 0 and "nothing was revoked" in done.stderr, done
    assert node.client.get("/v1/invoices").status == 200
    done = script(server, "rotate-key.sh", node.id, keys[1]["id"], key="scfd_sk_live_wrong")
    assert done.returncode != 0, done
    done = script(server, "rotate-key.sh", node.id, keys[1]["id"], key=admin)
    assert done.returncode == 0 and keys[0]["id"] in done.stdout, done
    assert node.client.get("/v1/invoices").status == 401
