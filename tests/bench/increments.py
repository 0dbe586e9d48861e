"""The periodic run of increments: thousands of enterprises with one contract each, all due at once,
on a server of their own whose clock is frozen."""
import os
import time
from datetime import datetime, timedelta, timezone

from harness import bodies
from harness.client import encode
from harness.parties import make_enterprise, make_node
from harness.server import Server, wait_until

ENTERPRISES = int(os.environ.get("BENCH_ENTERPRISES", "10000"))
EVENTS = 3
BEGIN = datetime(2026, 1, 10, 8, tzinfo=timezone.utc)
END = datetime(2026, 2, 1, 0, 30, tzinfo=timezone.utc)


def ids(client, kind, items):
    """Loads records in bulk; their ids in order."""
    client.timeout = 900
    answer = client.bulk(kind, b"".join(encode(item) + b"\n" for item in items))
    lines = answer.lines()
    assert lines[-1]["summary"]["rejected"] == 0, lines[-1]
    return [line["id"] for line in lines[:-1]]


def event(contract_id, seller, milestone):
    return {
        **bodies.event(contract_id, seller),
        "step": "accepted",
        "occurred_at": (BEGIN - timedelta(hours=3)).isoformat(),
        "items": [{"item_code": "S", "lot": "L", "quantity": "100", "unit": "EA"}],
        "amount": "1000.00",
        "currency": "CNY",
        "completion_percent": "10",
        "milestone_code": milestone,
        "fields": {
            "defect_rate": "0.01",
            "cycle_time_s": "30",
            "delivery_note_no": "D",
            "inspection_report_no": "R",
        },
    }


def load(server):
    """Enterprises, contracts, events and invoices; the ids of the contracts."""
    admin = server.client()
    house = make_node(admin, "procurement").client  # everybody's, as a procurement platform is
    buyer = make_enterprise(admin)
    firms = [bodies.enterprise() for _ in range(ENTERPRISES)]
    sellers = ids(house, "enterprises", firms)
    day = f"{BEGIN - timedelta(days=5):%Y-%m-%d}"
    milestones = [{"code": f"M{n}", "percentage": "10"} for n in range(10)]
    contracts = ids(
        house,
        "contracts",
        (
            bodies.contract(
                {"enterprise_id": seller}, buyer["ref"], signed_on=day, milestones=milestones
            )
            for seller in sellers
        ),
    )
    pairs = list(zip(contracts, sellers))
    ids(house, "workflow-events", (event(c, s, f"M{n}") for n in range(EVENTS) for c, s in pairs))
    ids(
        house,
        "invoices",
        (
            bodies.invoice(
                {"name": firm["name"], "tax_no": firm["uscc"]},
                buyer["tax"],
                contract_ids=[contract],
                issued_on=day,
            )
            for contract, firm in zip(contracts, firms)
        ),
    )
    return contracts


def grant(server):
    """Every contract has an initial limit of 1,000.00, as an assessment would have granted it."""
    server.psql(
        "INSERT INTO scfd.limit_account (id, contract_key, currency, borrower_id, granted, initial,"
        " entries, created_at, updated_at) SELECT gen_random_uuid(), business_key, 'CNY',"
        " enterprise_id, 100000, 100000, 1, received_at, received_at FROM scfd.record"
        " WHERE kind = 1"
    )
    server.psql(
        "INSERT INTO scfd.limit_entry (account_id, seq, type, granted, held, used, source_id,"
        " source_prefix, created_at) SELECT id, 1, 0, granted, 0, 0, id, 'acc', created_at"
        " FROM scfd.limit_account"
    )


def unfolded(server):
    return server.psql(
        "SELECT count(*) FROM scfd.chain c LEFT JOIN scfd.rollup_cursor r ON r.chain_id = c.id"
        " WHERE c.size > coalesce(r.folded_size, 0)"
    )


def made(server):
    lines = server.anonymous().get("/metrics").body.decode().splitlines()
    return sum(
        int(line.split()[-1]) for line in lines if line.startswith("scfd_increment_runs_total ")
    )


def measure():
    """Runs made in a second, from the moment the period ends until the last one is committed."""
    server = Server()
    server.clock.freeze(BEGIN)
    with server:
        load(server)
        grant(server)
        wait_until(lambda: unfolded(server) == "0", 300, "everything is folded", 0.5)
        server.psql("ANALYZE")
        began = time.monotonic()
        server.clock.freeze(END)
        while made(server) < ENTERPRISES:
            time.sleep(0.02)
            assert time.monotonic() - began < 120, f"{made(server)} runs after two minutes"
        took = time.monotonic() - began
        outcome = server.psql(
            "SELECT status, reason, count(*), sum(increment) FROM scfd.limit_run GROUP BY 1, 2"
        )
        print(f"  {ENTERPRISES:,} runs in {took:.2f} s: {outcome}")
        return ENTERPRISES / took


if __name__ == "__main__":
    print(f"{measure():,.0f} assessments/s")
