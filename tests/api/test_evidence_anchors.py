"""Bundles with anchors and time stamps of a real authority: openssl verifies them, they stay the
same once they are there, and a silent authority costs a 503 and no more."""
import threading
import time

import pytest

from harness import asice, bodies, tsa
from harness.parties import Chain
from harness.server import Server, wait_until


def target(admin, authority, **members):
    answer = admin.post("/v1/anchor-targets", {
        "name": bodies.unique("t").lower().replace("_", "-"), "kind": "rfc3161",
        "url": authority.url, "interval_s": 1, "settings": {"ca_pem": authority.ca_pem},
        **members})
    assert answer.status == 201, answer
    return answer.json()


def fetch(client, record_id, expected=200, **query):
    client = asice.Insistent(client) if expected == 200 else client
    answer = client.call("GET", f"/v1/records/{record_id}/evidence",
                         headers={"Prefer": "wait=50"}, query=query or None)
    assert answer.status == expected, answer
    return answer


def anchored(client, record_id, count):
    """The bundle once so many targets have anchored the record."""
    def ready():
        bundle = fetch(client, record_id, timestamp="none").body
        names = {name.split("/")[2] for name in asice.entries(bundle)
                 if name.startswith("proofs/anchors/")}
        return len(names) == count
    wait_until(ready, 20, f"{count} anchors", 0.2)
    return fetch(client, record_id).body


class World:
    def __init__(self, server, authority):
        self.server, self.authority, self.admin = server, authority, server.client()
        self.chain = Chain(self.admin)
        self.erp = self.chain.erp.client
        self.names = [target(self.admin, authority, name=name)["name"] for name in ("one", "two")]

    def record(self):
        answer = self.erp.post("/v1/invoices", self.chain.invoice())
        assert answer.status == 201, answer
        return answer.json()["id"]


@pytest.fixture(scope="module")
def world():
    with tsa.Authority() as authority, Server() as server:
        yield World(server, authority)


@pytest.fixture(autouse=True)
def authority_is_well(world):
    yield
    world.authority.fault = None


@pytest.fixture(scope="module")
def sample(world, tmp_path_factory):
    for _ in range(3):
        record = world.record()
    bundle = anchored(world.erp, record, 2)
    path = tmp_path_factory.mktemp("anchored") / f"{record}.asice"
    path.write_bytes(bundle)
    return record, bundle, path


def test_anchors_and_time_stamp_are_in_it(world, sample):
    _, bundle, _ = sample
    files = asice.entries(bundle)
    for name in world.names:
        at = f"proofs/anchors/{name}/"
        done = tsa.verify(files[at + "proof.tst"], files[at + "statement.txt"],
                          files[at + "tsa-chain.pem"].decode())
        assert done.returncode == 0, done
        statement = files[at + "statement.txt"].decode().splitlines()
        assert statement[0] == "scfd-anchor/v1" and statement[1].endswith("/anchors")
    done = tsa.verify(files["META-INF/timestamp002.tst"], files["META-INF/ASiCManifest002.xml"],
                      files["META-INF/timestamp002.pem"].decode())
    assert done.returncode == 0, done
    manifest = files["META-INF/ASiCManifest002.xml"].decode()
    assert 'URI="META-INF/ASiCManifest001.xml"' in manifest
    assert 'URI="META-INF/signature001.p7s"' in manifest


def test_every_step_of_verify_txt(sample, tmp_path):
    _, bundle, path = sample
    code, output = asice.run_steps(tmp_path, bundle, path.name)
    assert code == 0 and "FAILED" not in output, output
    assert output.count("Verification: OK") == 3, output
    for said in ("one: the leaf is in the block", "two: the block is in the statement",
                 "ok      listed: META-INF/signature001.p7s", "Time stamp:"):
        assert said in output, output


@pytest.mark.parametrize("name", ["proofs/anchors/one/proof.tst", "META-INF/timestamp002.tst",
                                  "proofs/anchors/two/path.txt",
                                  "proofs/anchors/one/statement.txt",
                                  "proofs/anchors/one/block.sig"])
def test_verify_txt_finds_altered_anchors(sample, tmp_path, name):
    _, bundle, path = sample
    files = asice.entries(bundle)
    files[name] = asice.flipped(files[name] or b"left \n", len(files[name]) // 2, 1)
    code, output = asice.run_steps(tmp_path, asice.canonical_zip(files), path.name)
    assert code != 0, output


def test_scfd_verifies_it(world, sample, tmp_path):
    _, _, path = sample
    code, output = asice.verify(path)
    assert code == 0 and "FAILED" not in output, output
    assert f"anchors in the bundle: {len(world.names)}; a cosigned checkpoint: no" in output
    for name in world.names:
        assert f"anchor {name}: rfc3161 proves the statement at 20" in output
    assert "manifest and signature are time-stamped (RFC 3161): 20" in output
    trust = tmp_path / "trust.pem"
    trust.write_text(world.authority.ca_pem + (world.server.data / "evidence.pem").read_text())
    code, output = asice.verify(path, "--trust", str(trust))
    assert code == 0, output
    # Roots that are not the authority's.
    trust.write_text((world.server.data / "evidence.pem").read_text())
    code, output = asice.verify(path, "--trust", str(trust))
    assert code == 5 and "FAILED  anchor one" in output


def test_each_file_counts_even_when_the_zip_is_sound(sample, tmp_path):
    _, bundle, _ = sample
    files, path = asice.entries(bundle), tmp_path / "altered.asice"
    for name, content in files.items():
        if not name.startswith(("proofs/anchors/one", "META-INF/")) or name.endswith(".pem"):
            continue
        for altered in (content + b"\n", asice.flipped(content or b" ", len(content) // 2, 2)):
            path.write_bytes(asice.canonical_zip({**files, name: altered}))
            code, output = asice.verify(path)
            assert code == 5 and "FAILED" in output, (name, output)
    missing = [(n, c) for n, c in files.items() if not n.startswith("proofs/anchors/two/")]
    path.write_bytes(asice.canonical_zip(missing))
    assert asice.verify(path)[0] == 5


def test_it_stays_the_same(world, sample):
    """While time goes by, other records are anchored, and the authority is away."""
    record, bundle, _ = sample
    anchored(world.erp, world.record(), 2)
    world.authority.fault = "down"
    assert fetch(world.erp, record).body == bundle


def test_makers_at_once_agree(world):
    record = world.record()
    anchored_without = None

    def steady():
        nonlocal anchored_without
        before, anchored_without = anchored_without, fetch(
            world.erp, record, timestamp="none").body
        return before == anchored_without and b"anchors/two/proof.tst" in before
    wait_until(steady, 20, "both anchors", 0.3)
    made, barrier = [], threading.Barrier(6)

    def make(client):
        barrier.wait()
        deadline = time.monotonic() + 60  # only two may ask the authority at a time
        while time.monotonic() < deadline:
            answer = client.get(f"/v1/records/{record}/evidence")
            if answer.status == 200:
                made.append(answer.body)
                return
            assert answer.json()["type"].endswith("/timestamp-unavailable"), answer
            time.sleep(0.2)
    threads = [threading.Thread(target=make, args=(world.erp.copy(),)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 6 and len(set(made)) == 1


def test_another_authority_is_asked(world):
    """The first in the list is silent, the second stamps."""
    with tsa.Authority() as second:
        added = target(world.admin, second, name="three", interval_s=86400)
        world.authority.fault = "garbage"
        record = world.record()
        fetch(world.erp, record, timestamp="none")
        files = asice.entries(fetch(world.erp, record).body)
        assert tsa.verify(files["META-INF/timestamp002.tst"],
                          files["META-INF/ASiCManifest002.xml"], second.ca_pem).returncode == 0
        path = f"/v1/anchor-targets/{added['id']}"
        tag = world.admin.get(path).headers["ETag"]
        assert world.admin.patch(path, {"active": False}, {"If-Match": tag}).status == 200


def test_certificates_that_were_replaced_since(world, tmp_path):
    """The old proof is still in the bundle, and the bundle verifies."""
    record = world.record()
    anchored(world.erp, record, 2)
    targets = world.admin.get("/v1/anchor-targets", limit=500).json()["data"]
    one = next(t for t in targets if t["name"] == "one")
    path = f"/v1/anchor-targets/{one['id']}"

    def settings(ca_pem):
        tag = world.admin.get(path).headers["ETag"]
        answer = world.admin.patch(path, {"settings": {"ca_pem": ca_pem}}, {"If-Match": tag})
        assert answer.status == 200, answer
    with tsa.Authority() as other:
        settings(other.ca_pem)
        bundle = fetch(world.erp, record, timestamp="none").body
        settings(world.authority.ca_pem)
    files = asice.entries(bundle)
    assert "proofs/anchors/one/proof.tst" in files
    assert "proofs/anchors/one/tsa-chain.pem" not in files
    file = tmp_path / f"{record}.asice"
    file.write_bytes(bundle)
    code, output = asice.verify(file)
    assert code == 0 and "no certificates were given" in output, output
    roots = tmp_path / "roots.pem"
    roots.write_text(world.authority.ca_pem + (world.server.data / "evidence.pem").read_text())
    code, output = asice.verify(file, "--trust", str(roots))
    assert code == 0 and "no certificates were given" not in output, output
    code, output = asice.run_steps(tmp_path / "room", bundle, file.name)
    assert code == 0, output


def test_no_authority_answers(world):
    world.authority.fault = "down"
    record = world.record()
    fetch(world.erp, record, timestamp="none")  # sealed: that is not what it waits for
    answer = fetch(world.erp, record, 503)
    assert answer.json()["type"].endswith("/timestamp-unavailable")
    assert answer.headers["Retry-After"]
    files = asice.entries(fetch(world.erp, record, timestamp="none").body)
    assert "META-INF/timestamp002.tst" not in files and "META-INF/signature001.p7s" in files
    fetch(world.erp, record, 400, timestamp="all")


def test_a_slow_authority_does_not_hold_the_service_threads(world):
    world.authority.fault, world.authority.slow_s = "slow", 60

    def others_are_served():
        records = [world.record() for _ in range(5)]
        fetch(world.erp, records[-1], timestamp="none")
        began, answers = time.monotonic(), []

        def make(client, record):
            answers.append(client.get(f"/v1/records/{record}/evidence"))
        threads = [threading.Thread(target=make, args=(world.erp.copy(), r)) for r in records]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        asked = time.monotonic()
        assert world.erp.get(f"/v1/records/{records[0]}").status == 200
        took = time.monotonic() - asked
        for thread in threads:
            thread.join()
        assert [answer.status for answer in answers] == [503] * 5
        return took < 1 and time.monotonic() - began < 15
    assert any(others_are_served() for _ in range(3))  # a machine may be busy


def test_the_certificate_names_the_anchors(world, sample, tmp_path):
    record, _, _ = sample
    answer = world.erp.get(f"/v1/records/{record}/preservation-certificate")
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/pdf"
    again = world.erp.get(f"/v1/records/{record}/preservation-certificate")
    assert again.body == answer.body
    text = asice.text_of_pdf(answer.body, tmp_path)
    for said in ("one", "two", "rfc3161", "confirmed"):
        assert said in text
