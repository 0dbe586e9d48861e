"""A real timestamp authority: certificates and tokens made by openssl, behind a small HTTP server
of our own that can be told to misbehave."""
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from .peer import Handler, Hangs, Peer

POLICY = "1.2.3.4.1"

CONFIG = f"""
[req]
distinguished_name = dn
prompt = no
[dn]
CN = unused
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[plain]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
[ts]
serial = {{folder}}/serial
default_policy = {POLICY}
digests = {{digests}}
signer_digest = {{signer_digest}}
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def openssl(*arguments, data=None, check=True):
    done = subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True,
                          check=False, timeout=30)
    assert done.returncode == 0 or not check, done.stderr.decode()
    return done


class Authority(Peer):
    """Use as a context manager. `fault` is None or one of: down, slow, nonce, imprint, rejection,
    garbage, plain (a signer without the key usage), expired, media, status, large, other (a signer
    of another root)."""

    def __init__(self, days=3650):
        self.folder = Path(tempfile.mkdtemp(prefix="scfd-tsa-"))
        self.fault = None
        self.asked = 0
        self.slow_s = 4  # the server hangs up after 5 s
        self.hangs = Hangs()
        self.lock = threading.Lock()
        (self.folder / "serial").write_text("01\n")
        self.use("sha256", "sha256")
        self.make_root("root")
        self.make_signer("signer", "root", "tsa", days)
        self.signer = "signer"
        owner = self

        class Asked(Handler):
            def do_POST(self):  # noqa: N802
                owner.handle(self)

        super().__init__(Asked)
        self.url = self.base + "/tsr"

    def __exit__(self, *_):
        self.hangs.over.set()
        super().__exit__()
        subprocess.run(["rm", "-rf", str(self.folder)], check=False)

    def use(self, digests, signer_digest):
        """Which hashes it stamps ("sha256, sha512"), and with which one it signs."""
        text = CONFIG.replace("{folder}", str(self.folder)).replace("{digests}", digests)
        (self.folder / "new.cnf").write_text(text.replace("{signer_digest}", signer_digest))
        (self.folder / "new.cnf").rename(self.folder / "tsa.cnf")

    @property
    def ca_pem(self):
        return (self.folder / "root.pem").read_text()

    # ---- certificates ----

    def make_root(self, name):
        path = self.folder / name
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "36500", "-subj", f"/CN=Test {name}", "-config", self.folder / "tsa.cnf",
                "-extensions", "ca", "-keyout", f"{path}.key", "-out", f"{path}.pem")

    def make_signer(self, name, root, extensions, days):
        path, by = self.folder / name, self.folder / root
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                f"/CN=Test {name}", "-config", self.folder / "tsa.cnf", "-keyout", f"{path}.key",
                "-out", f"{path}.csr")
        openssl("x509", "-req", "-in", f"{path}.csr", "-CA", f"{by}.pem", "-CAkey", f"{by}.key",
                "-set_serial", str(abs(hash(name)) % 10**9 + 2), "-days", days, "-extfile",
                self.folder / "tsa.cnf", "-extensions", extensions, "-out", f"{path}.pem")

    # ---- answering ----

    def reply(self, query, signer):
        (self.folder / "query.tsq").write_bytes(query)
        done = openssl(
            "ts", "-reply", "-config", self.folder / "tsa.cnf", "-section", "ts", "-queryfile",
            self.folder / "query.tsq", "-signer", self.folder / f"{signer}.pem", "-inkey",
            self.folder / f"{signer}.key", check=False)
        return done.stdout

    def forged(self, query, signer):
        """What `openssl ts` itself would not sign: the true content of a token, signed by a
        certificate that is not fit for it."""
        true = self.folder / "true.tst"
        true.write_bytes(self.reply(query, "signer"))
        openssl("ts", "-reply", "-config", self.folder / "tsa.cnf", "-in", true, "-token_out",
                "-out", true)
        info = openssl("cms", "-verify", "-inform", "DER", "-in", true, "-noverify").stdout
        (self.folder / "info").write_bytes(info)
        path = self.folder / signer
        token = openssl(
            "cms", "-sign", "-binary", "-nodetach", "-cades", "-md", "sha256", "-outform", "DER",
            "-econtent_type", "1.2.840.113549.1.9.16.1.4", "-in", self.folder / "info", "-signer",
            f"{path}.pem", "-inkey", f"{path}.key").stdout
        granted = bytes.fromhex("3003020100") + token
        return b"\x30\x82" + len(granted).to_bytes(2, "big") + granted

    def altered(self, query):
        """The query that the fault makes of it: the answer then fits another question."""
        if self.fault == "nonce":
            return query[:-4] + bytes([query[-4] ^ 1]) + query[-3:]
        if self.fault == "imprint":
            at = query.index(bytes.fromhex("0500 0420".replace(" ", ""))) + 4
            return query[:at] + bytes([query[at] ^ 1]) + query[at + 1:]
        if self.fault == "rejection":  # a digest that the authority does not take
            return query.replace(bytes.fromhex("608648016503040201"),
                                 bytes.fromhex("608648016503040203"))
        return query

    def answer(self, query, fault):
        known = (self.folder / f"{fault}.pem").exists()
        if fault == "other":
            if not known:
                self.make_root("root2")
                self.make_signer("other", "root2", "tsa", 3650)
            return self.reply(query, "other")
        if fault == "resigned":  # no fault at all: shows that `forged` makes sound tokens
            return self.forged(query, "signer")
        if fault in ("plain", "expired"):
            if not known:
                extensions, days = ("plain", 3650) if fault == "plain" else ("tsa", -1)
                self.make_signer(fault, "root", extensions, days)
            return self.forged(query, fault)
        return self.reply(self.altered(query), self.signer)

    def handle(self, rq):
        query = rq.asked_with()
        with self.lock:
            self.asked += 1
            fault = self.fault
            if fault == "down":
                rq.connection.close()
                return
            if rq.headers.get("Content-Type") != "application/timestamp-query":
                rq.send_error(415)
                return
            body = b"<html>no authority</html>"
            if fault == "large":
                body = b"0" * (1 << 20)
            elif fault not in ("slow", "garbage", "status"):
                body = self.answer(query, fault)
        if fault == "slow":
            self.hangs.wait(self.slow_s)
            return
        media = "text/html" if fault == "media" else "application/timestamp-reply"
        rq.answer(500 if fault == "status" else 200, body, media)


def verify(token, data, ca_pem, at=None):
    """`openssl ts -verify` over a token in a file, as anybody can; `at` a datetime."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "x.tst").write_bytes(token)
        (folder / "data").write_bytes(data)
        (folder / "ca.pem").write_text(ca_pem)
        extra = ["-attime", str(int(at.timestamp()))] if at else []
        return openssl("ts", "-verify", "-in", folder / "x.tst", "-token_in", "-data",
                       folder / "data", "-CAfile", folder / "ca.pem", *extra, check=False)


def text(token):
    with tempfile.NamedTemporaryFile() as file:
        file.write(token)
        file.flush()
        return openssl("ts", "-reply", "-in", file.name, "-token_in", "-text").stdout.decode()


def serve(folder):
    """For tests that are not in Python: an authority that tells its address in FOLDER/url and its
    root in FOLDER/ca.pem, obeys FOLDER/fault, FOLDER/signer and FOLDER/use (the digest that it
    signs with; it stamps this one and SHA-256), and lives as long as its parent."""
    folder, parent = Path(folder), os.getppid()
    with Authority() as authority:
        authority.make_signer("long", "root", "tsa", 9000)
        (folder / "ca.pem").write_text(authority.ca_pem)
        (folder / "url.tmp").write_text(authority.url)
        (folder / "url.tmp").rename(folder / "url")
        while os.getppid() == parent and not (folder / "stop").exists():
            for name in ("fault", "signer"):
                told = folder / name
                if told.exists():
                    setattr(authority, name, told.read_text().strip() or None)
                    told.unlink()
            told = folder / "use"
            if told.exists():
                digest = told.read_text().strip()
                authority.use(f"sha256, {digest}", digest)
                told.unlink()
            time.sleep(0.02)


if __name__ == "__main__":
    serve(sys.argv[1])
