#!/usr/bin/python3
"""`make bench`: scfd against what others do with the same work, in one table.

Both sides of a comparison run on the same machine and the same cluster, in turn (A B A B …), and
medians are compared. Commits are durable on both sides. `bench.py NAME …` runs single parts.
"""
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import anchors  # noqa: E402
import increments  # noqa: E402
from harness import bodies  # noqa: E402
from harness.client import encode  # noqa: E402
from harness.parties import Chain, make_enterprise, make_node  # noqa: E402
from harness.server import ROOT, Server, free_port, scfd, wait_until  # noqa: E402

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "8"))
BULK_LINES = int(os.environ.get("BENCH_BULK_LINES", "50000"))
CLAIMS = int(os.environ.get("BENCH_CLAIMS", "60000"))
BUNDLES = int(os.environ.get("BENCH_BUNDLES", "5000"))
PROOFS = int(os.environ.get("BENCH_PROOFS", "100000"))
PROBES = 8
MANY_RECORDS = int(os.environ.get("BENCH_MANY", "1000000"))
PGBIN = sorted(Path("/usr/lib/postgresql").glob("1[4-7]/bin"))[-1]
BODY = encode(
    bodies.invoice(
        {"name": "宁波海曙汽车轴承有限公司", "tax_no": bodies.uscc(1)},
        {"name": "杭州钱潮汽车有限公司", "tax_no": bodies.uscc(2)},
    )
)[:600]


def run(command, **env):
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **env},
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def interleaved(*sides):
    """Runs the sides in turn, ROUNDS times; returns the median of each."""
    results = [[] for _ in sides]
    for _ in range(ROUNDS):
        for side, result in zip(sides, results):
            result.append(side())
    return [statistics.median(result) for result in results]


def wrk(url, script, connections, key="", etag="", **env):
    threads = 1 if connections == 1 else 2
    out = run(
        ["wrk", f"-t{threads}", f"-c{connections}", f"-d{SECONDS}s", "-s", HERE / script, url],
        **env,
        BENCH_THREADS=str(threads),
        BENCH_KEY=key,
        BENCH_ETAG=etag,
        BENCH_DAY=bodies.days_ago(1),
        BENCH_RUN=str(time.monotonic_ns() // 1000 % 10**6),
    )
    result = json.loads(out.split("RESULT ", 1)[1])
    if result["errors"]:
        raise RuntimeError(f"wrk saw {result['errors']} errors of {result['requests']}: {url}")
    result["rate"] = result["requests"] / (result["duration_us"] / 1e6)
    return result


class Bench:
    def __init__(self, server):
        self.server = server
        self.admin = server.client()
        self.chain = Chain(self.admin)
        self.rows = []
        self.url = server.cluster_url()
        parts = dict(part.split("=", 1) for part in self.url.split())
        self.pg_env = {"PGHOST": parts["host"], "PGPORT": parts["port"], "PGUSER": parts["user"]}
        server.psql("CREATE SCHEMA IF NOT EXISTS bench")
        for side in ("pgbench", "node", "copy"):
            server.psql(f"CREATE TABLE bench.record_{side} (LIKE scfd.record INCLUDING ALL)")

    def add(self, work, against, value, must, aim, at_most=False, unit="×"):
        ok = value <= must if at_most else value >= must
        reached = value <= aim if at_most else value >= aim
        self.rows.append(
            (
                work,
                against,
                f"{value:,.2f} {unit}" if unit == "×" else f"{value:,.0f} {unit}",
                f"{'≤' if at_most else '≥'} {must:,} {unit}",
                f"{aim:,} {unit}",
                "FAIL" if not ok else "pass, aim" if reached else "pass",
            )
        )
        print("  →", *self.rows[-1], flush=True)

    # ---- single requests ----

    def scfd_rate(self, connections):
        node = make_node(self.admin, "erp")
        return wrk(self.server.url + "/v1/invoices", "post.lua", connections, node.key)["rate"]

    def pgbench(self, clients):
        """(transactions a second, median latency in µs) of the prepared single-row insert."""
        with tempfile.TemporaryDirectory() as folder:
            log = ["-l", f"--log-prefix={folder}/log"] if clients == 1 else []
            out = run(
                [
                    PGBIN / "pgbench",
                    "-n",
                    "-M",
                    "prepared",
                    f"-c{clients}",
                    f"-j{min(clients, 2)}",
                    f"-T{SECONDS}",
                    *log,
                    "-D",
                    f"body=\\x{BODY.hex()}",
                    "-f",
                    HERE / "insert.pgbench",
                    "scfd",
                ],
                **self.pg_env,
            )
            latencies = [
                int(line.split()[2])
                for path in Path(folder).glob("log*")
                for line in path.read_text().splitlines()
            ]
        rate = float(next(line for line in out.splitlines() if line.startswith("tps")).split()[2])
        return rate, statistics.median(latencies or [0])

    def bench_single(self):
        for connections in (64, 256):
            ours, theirs = interleaved(
                lambda: self.scfd_rate(connections), lambda: self.pgbench(64)[0]
            )
            print(f"  scfd {ours:,.0f}/s, pgbench {theirs:,.0f}/s")
            self.add(
                f"single POST, {connections} connections",
                "pgbench insert, 64 clients",
                ours / theirs,
                2.0,
                3,
            )

    def bench_fastify(self):
        run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", HERE / "node"])
        port = free_port()
        env = {
            **os.environ,
            **{"BENCH_" + k: v for k, v in self.pg_env.items()},
            "PORT": str(port),
            "NODE_ENV": "production",
        }
        process = subprocess.Popen(["node", HERE / "node" / "server.js"], env=env)
        url = f"http://127.0.0.1:{port}/invoices"
        try:
            wait_until(
                lambda: subprocess.run(
                    ["curl", "-s", "-o", "/dev/null", url], check=False
                ).returncode
                == 0,
                20,
                "Fastify answers",
            )
            for connections in (64, 256):
                ours, theirs = interleaved(
                    lambda: self.scfd_rate(connections),
                    lambda: wrk(url, "post.lua", connections)["rate"],
                )
                print(f"  scfd {ours:,.0f}/s, Fastify {theirs:,.0f}/s")
                self.add(
                    f"single POST, {connections} connections", "Fastify + pg", ours / theirs, 3.0, 5
                )
        finally:
            process.terminate()
            process.wait()

    def bench_latency(self):
        node = make_node(self.admin, "erp")
        ours, theirs = interleaved(
            lambda: wrk(self.server.url + "/v1/invoices", "post.lua", 1, node.key)["p50_us"],
            lambda: self.pgbench(1)[1],
        )
        print(f"  scfd {ours:,.0f} µs, pgbench {theirs:,.0f} µs")
        self.add(
            "one request at a time, p50", "pgbench, 1 client", ours / theirs, 2.5, 1.5, at_most=True
        )

    # ---- bulk ----

    def invoices(self, count):
        return b"".join(encode(self.chain.invoice()) + b"\n" for _ in range(count))

    def load(self, node, payload):
        """Sends NDJSON; seconds it took."""
        client = self.server.client(node.key)
        client.timeout = 900
        began = time.monotonic()
        answer = client.bulk("invoices", payload)
        took = time.monotonic() - began
        summary = answer.lines()[-1]["summary"]
        assert summary["rejected"] == 0, summary
        return took

    def bench_bulk(self):
        payloads = [self.invoices(BULK_LINES) for _ in range(ROUNDS)]
        exported = self.server.data / "copy.tsv"
        node = make_node(self.admin, "erp")

        def ours():
            return BULK_LINES / self.load(node, payloads.pop())

        def theirs():
            newest = "SELECT * FROM scfd.record ORDER BY id DESC LIMIT " + str(BULK_LINES)
            self.server.psql("TRUNCATE bench.record_copy")
            self.server.psql(f"\\copy ({newest}) TO '{exported}'")
            began = time.monotonic()
            self.server.psql(f"\\copy bench.record_copy FROM '{exported}'")
            return BULK_LINES / (time.monotonic() - began)

        bulk, copy = interleaved(ours, theirs)
        print(f"  bulk {bulk:,.0f}/s, COPY {copy:,.0f}/s")
        self.add("NDJSON bulk", "COPY of the same rows by psql", bulk / copy, 0.4, 0.7)

    # ---- reading ----

    def assess(self, borrower, contract):
        """One assessment; its id and the seconds until it was done."""
        began = time.monotonic()
        answer = self.admin.post(
            "/v1/credit-assessments",
            {
                "borrower_id": borrower,
                "contract_ids": [contract],
                "kind": "initial",
                "lender_ids": [self.chain.lender.id],
            },
            {"Prefer": "wait=60"},
        )
        assert answer.status in (200, 201, 202), answer
        took = time.monotonic() - began
        shown = answer.json()
        assert shown["status"] == "succeeded", shown
        return shown["id"], took

    def bench_not_modified(self):
        contract = self.chain.erp.client.post("/v1/contracts", self.chain.contract()).json()["id"]
        assessment, _ = self.assess(self.chain.seller["id"], contract)
        lender = self.chain.lender
        path = f"/v1/credit-assessments/{assessment}"
        etag = lender.client.get(path).headers["ETag"]
        bare = ROOT / "build" / "bench" / "bare_mhd"
        bare.parent.mkdir(parents=True, exist_ok=True)
        flags = run(["pkg-config", "--cflags", "--libs", "libmicrohttpd"]).split()
        run(["gcc", "-O2", "-std=c11", "-o", bare, HERE / "bare_mhd.c", *flags])
        port = free_port()
        process = subprocess.Popen([bare, str(port), str(os.cpu_count())], stdin=subprocess.PIPE)
        try:
            wait_until(
                lambda: subprocess.run(
                    ["curl", "-s", "-o", "/dev/null", f"127.0.0.1:{port}"], check=False
                ).returncode
                == 0,
                10,
                "bare MHD answers",
            )
            ours, theirs = interleaved(
                lambda: wrk(self.server.url + path, "get.lua", 64, lender.key, etag)["rate"],
                lambda: wrk(f"http://127.0.0.1:{port}/", "get.lua", 64)["rate"],
            )
        finally:
            process.communicate()  # the end of its input is the end of bare_mhd
        print(f"  scfd {ours:,.0f}/s, libmicrohttpd {theirs:,.0f}/s")
        self.add("GET assessment → 304", "libmicrohttpd, a constant", ours / theirs, 0.2, 0.7)

    def borrower_with(self, count):
        """An enterprise with `count` invoices behind it, and its contract."""
        enterprise = make_enterprise(self.admin)
        node = make_node(self.admin, "erp", enterprise["id"])
        contract = node.client.post(
            "/v1/contracts", bodies.contract(enterprise["ref"], self.chain.buyer["ref"])
        ).json()["id"]
        left = count
        while left:
            now = min(left, 50000)
            self.load(
                node,
                b"".join(
                    encode(bodies.invoice(enterprise["tax"], self.chain.buyer["tax"])) + b"\n"
                    for _ in range(now)
                ),
            )
            left -= now
            print(f"  loading {count - left:,} of {count:,}", flush=True)
        return enterprise["id"], contract

    def bench_assess(self):
        few, many = self.borrower_with(1000), self.borrower_with(MANY_RECORDS)
        self.assess(*few), self.assess(*many)  # fold what is not folded yet
        times = [[], []]
        for _ in range(15):
            for borrower, result in zip((few, many), times):
                result.append(self.assess(*borrower)[1])
        small, large = map(statistics.median, times)
        print(f"  {small * 1000:.1f} ms, {large * 1000:.1f} ms")
        self.add(
            f"assess with {MANY_RECORDS:,} records",
            "with 1,000 records",
            large / small,
            1.5,
            1.1,
            at_most=True,
        )

    # ---- claims ----

    def new_invoices(self, count):
        """Invoices of the chain's contract; their ids."""
        payload = b"".join(
            encode(self.chain.invoice(contract_no=self.contract_no)) + b"\n" for _ in range(count)
        )
        client = self.server.client(self.chain.erp.key)
        client.timeout = 900
        lines = client.bulk("invoices", payload).lines()
        assert lines[-1]["summary"]["rejected"] == 0, lines[-1]
        return [line["id"] for line in lines[:-1]]

    def claim_rate(self, assessment, contract):
        """Holds a second, each claiming another invoice, all under one limit account."""
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("\n".join(self.new_invoices(CLAIMS)))
            file.flush()
            result = wrk(
                self.server.url + "/v1/limit-holds",
                "claim.lua",
                64,
                self.chain.lender.key,
                BENCH_ASSESSMENT=assessment,
                BENCH_CONTRACT=contract,
                BENCH_INVOICES=file.name,
            )
        print("  {rate:,.0f}/s, p50 {p50_us:,} µs, p99 {p99_us:,} µs".format(**result))
        return result["rate"]

    def hot_invoice(self, assessment, contract, rounds=200, clients=8):
        """Rounds in which everybody claims the same invoice: how many had just one winner."""
        invoices = self.new_invoices(rounds)
        callers = [self.chain.lender.client.copy() for _ in range(clients)]

        def claim(caller, invoice):
            body = {
                "assessment_id": assessment,
                "contract_id": contract,
                "amount": "0.01",
                "currency": "CNY",
                "invoices": [{"invoice_id": invoice, "amount": "113000.00"}],
            }
            headers = {"Idempotency-Key": bodies.unique("hot")}
            return caller.post("/v1/limit-holds", body, headers).status

        good = 0
        with ThreadPoolExecutor(clients) as pool:
            for invoice in invoices:
                statuses = sorted(pool.map(claim, callers, [invoice] * clients))
                good += statuses == [201] + [409] * (clients - 1)
        return good / rounds

    def bench_claims(self):
        body = self.chain.contract(amount="100000000.00")
        self.contract_no = body["contract_no"]
        contract = self.chain.erp.client.post("/v1/contracts", body).json()["id"]
        self.new_invoices(3)
        assessment, _ = self.assess(self.chain.seller["id"], contract)
        rate = statistics.median(self.claim_rate(assessment, contract) for _ in range(ROUNDS))
        self.add("hold with a claim, one account", "–", rate, 2000, 4000, unit="claims/s")
        right = self.hot_invoice(assessment, contract)
        self.add("one hot invoice, one winner", "rounds", 100 * right, 100, 100, unit="%")

    # ---- proofs ----

    def sealed_records(self, node, count):
        """Ids of fresh records that are sealed, in the order in which they were sent."""
        client = self.server.client(node.key)
        client.timeout = 900
        lines = client.bulk("invoices", self.invoices(count)).lines()
        assert lines[-1]["summary"]["rejected"] == 0, lines[-1]
        ids = [line["id"] for line in lines[:-1]]
        answer = client.get(f"/v1/records/{ids[-1]}/proof", headers={"Prefer": "wait=60"})
        assert answer.status == 200, answer
        return ids

    def bench_proofs(self):
        """Proofs of different records, none asked for twice before all were, in either form."""
        node = make_node(self.admin, "erp")
        ids = self.sealed_records(node, PROOFS)
        random.Random(1).shuffle(ids)
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("\n".join(ids))
            file.flush()
            for accept, form in (("application/json", "document"), ("text/plain", "tlog-proof")):
                result = [
                    wrk(
                        self.server.url,
                        "proof.lua",
                        64,
                        node.key,
                        BENCH_RECORDS=file.name,
                        BENCH_ACCEPT=accept,
                        BENCH_WHAT="proof",
                    )
                    for _ in range(ROUNDS)
                ]
                rate = statistics.median(r["rate"] for r in result)
                print("  p50 {p50_us:,} µs, p99 {p99_us:,} µs".format(**result[-1]))
                self.add(f"proof of a record, {form}", "–", rate, 5_000, 10_000, unit="proofs/s")

    def waits_for_proofs(self, node, load):
        """Milliseconds from the 201 to the proof, of records sent one by one beside a load."""
        waits, over = [], threading.Event()

        def probe(client):
            client.post("/v1/invoices", self.chain.invoice())  # connects
            while not over.is_set():
                record = client.post("/v1/invoices", self.chain.invoice())
                began = time.monotonic()
                assert record.status == 201, record
                path = f"/v1/records/{record.json()['id']}/proof"
                answer = client.get(path, headers={"Prefer": "wait=30"})
                assert answer.status == 200, answer
                waits.append(1000 * (time.monotonic() - began))

        with ThreadPoolExecutor(PROBES) as pool:
            probes = [pool.submit(probe, node.client.copy()) for _ in range(PROBES)]
            try:
                load()
            finally:
                over.set()
            for done in probes:
                done.result()
        return waits

    def bench_sealing(self):
        """The records whose proofs are waited for are in the chain that takes the load."""
        node = make_node(self.admin, "erp")
        payload = self.invoices(BULK_LINES)

        def single():
            result = wrk(self.server.url + "/v1/invoices", "post.lua", 64, node.key)
            print(f"  single: {result['rate']:,.0f} records/s")

        def bulk():
            took = self.load(node, payload)
            print(f"  bulk: {BULK_LINES / took:,.0f} records/s")

        for name, load in (("single POSTs", single), ("NDJSON bulk", bulk)):
            waits = []
            for _ in range(ROUNDS):
                waits += self.waits_for_proofs(node, load)
                payload = self.invoices(BULK_LINES)
            p50, p99 = statistics.median(waits), statistics.quantiles(waits, n=100)[98]
            print(f"  {len(waits)} waits, p50 {p50:,.0f} ms, p99 {p99:,.0f} ms")
            work = f"201 to signed proof under {name}, p99"
            self.add(work, "–", p99, 1500, 1000, at_most=True, unit="ms")

    def bench_bundles(self):
        """Bundles of different records, then the checking of one by a process of its own."""
        node = make_node(self.admin, "erp")
        ids = self.sealed_records(node, BUNDLES)
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("\n".join(ids))
            file.flush()
            result = wrk(self.server.url, "proof.lua", 16, node.key, BENCH_RECORDS=file.name,
                         BENCH_ACCEPT="*/*", BENCH_WHAT="evidence")
        print("  p50 {p50_us:,} µs, p99 {p99_us:,} µs".format(**result))
        self.add("evidence bundle of a record", "–", result["rate"], 50, 200, unit="bundles/s")
        bundle = self.server.client(node.key).get(f"/v1/records/{ids[0]}/evidence").body
        with tempfile.NamedTemporaryFile(suffix=".asice") as file:
            file.write(bundle)
            file.flush()
            took = []
            for _ in range(50):
                began = time.monotonic()
                assert scfd("verify", file.name).returncode == 0
                took.append(1000 * (time.monotonic() - began))
        self.add("verify a bundle, process and all", "–", statistics.median(took), 30, 10,
                 at_most=True, unit="ms")

    def bench_audit(self):
        leaves = int(self.server.psql("SELECT count(*) FROM scfd.record"))
        began = time.monotonic()
        done = scfd("audit", "--database-url", self.url, timeout=3600)
        took = time.monotonic() - began
        assert done.returncode == 0, done.stdout + done.stderr
        self.add(
            f"audit of {leaves:,} leaves", "–", leaves / took, 200_000, 500_000, unit="leaves/s"
        )

    def bench_receipt(self):
        run(["make", "-C", ROOT, "build/release/bench/bench_receipt"])
        out = run([ROOT / "build/release/bench/bench_receipt"])
        rate = float(out.rsplit(",", 1)[1].split()[0])
        self.add("verify a receipt, one core", "–", rate, 5_000, 10_000, unit="/s")

    def bench_increments(self):
        rate = increments.measure()
        work = f"increments, {increments.ENTERPRISES:,} enterprises"
        self.add(work, "–", rate, 1000, 5000, unit="assessments/s")

    def bench_anchors(self):
        milliseconds = anchors.measure() * 1000
        work = f"anchoring {anchors.CHAINS:,} chains in one tick"
        self.add(work, "–", milliseconds, 2_000, 1_000, at_most=True, unit="ms")

    @staticmethod
    def bench_memory_of(server):
        time.sleep(3)
        return server.rss_kb() / 1024

    def table(self):
        widths = [max(len(row[i]) for row in self.rows) for i in range(6)]
        head = ("work", "against", "measured", "must", "aim", "")
        widths = [max(w, len(h)) for w, h in zip(widths, head)]
        for row in (head, tuple("-" * w for w in widths), *self.rows):
            print("| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths)) + " |")


PARTS = ["single", "fastify", "latency", "bulk", "not_modified", "assess", "increments"]
PARTS += ["claims", "proofs", "sealing", "bundles", "receipt", "audit", "anchors"]


def main():
    chosen = sys.argv[1:] or PARTS
    with Server() as server:
        idle = Bench.bench_memory_of(server)
        bench = Bench(server)
        bench.add("resident memory, idle", "–", idle, 64, 24, at_most=True, unit="MB")
        for part in chosen:
            print(f"== {part}", flush=True)
            getattr(bench, "bench_" + part)()
        print()
        bench.table()
        return 1 if any(row[-1] == "FAIL" for row in bench.rows) else 0


if __name__ == "__main__":
    sys.exit(main())
