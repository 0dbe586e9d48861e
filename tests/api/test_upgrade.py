"""A database of the schema before trade facts, with records, comes out like one that never was."""
import tempfile
from pathlib import Path

from harness.parties import Chain
from harness.server import ROOT, Server, scfd, wait_until

BEFORE_FACTS = 7
FOLDED = ["trade_fact", "rollup_day", "rollup_series", "contract_guarantee", "rollup_cursor"]


def report_trade(admin):
    chain = Chain(admin)
    body = chain.contract()
    contract = chain.erp.client.post("/v1/contracts", body).json()["id"]
    number = {"contract_no": body["contract_no"], "seller_uscc": chain.seller["uscc"]}
    sent = [
        chain.erp.client.post("/v1/workflow-events", chain.event(contract, step="shipped")),
        chain.procurement.client.post(
            "/v1/workflow-events", {**chain.event(None, step="accepted"), **number}
        ),
        chain.erp.client.post("/v1/invoices", chain.invoice(contract_ids=[contract])),
        chain.surety.client.post(
            "/v1/guarantees",
            chain.guarantee_by_number(body["contract_no"], seller_uscc=chain.seller["uscc"]),
        ),
    ]
    return [answer.status for answer in sent]


def wait_folded(server):
    wait_until(
        lambda: server.psql(
            "SELECT count(*) FROM scfd.chain c LEFT JOIN scfd.rollup_cursor r ON r.chain_id = c.id"
            " WHERE c.size > coalesce(r.folded_size, 0)"
        )
        == "0",
        20,
        "every chain is folded",
    )


def rows_of(server, url=None):
    return {
        name: server.psql(f"SELECT t FROM scfd.{name} t ORDER BY t::text", url).splitlines()
        for name in FOLDED
    }


def make_old(server, url):
    """The schema as it was, with the list of its migrations."""
    done = scfd("migrate", "--database-url", url)
    assert done.returncode == 0, done.stderr
    server.psql(
        "ALTER TABLE scfd.schema_migration SET SCHEMA public; DROP SCHEMA scfd CASCADE;"
        " CREATE SCHEMA scfd; ALTER TABLE public.schema_migration SET SCHEMA scfd;"
        f" DELETE FROM scfd.schema_migration WHERE number > {BEFORE_FACTS}",
        url,
    )
    for path in sorted((ROOT / "sql").glob("[0-9]*.sql")):
        if int(path.name[:4]) <= BEFORE_FACTS:
            server.psql(path.read_text(), url)


def columns_of(server, url=None):
    """The columns of every table by name."""
    rows = server.psql(
        "SELECT table_name, quote_ident(column_name) FROM information_schema.columns"
        " JOIN information_schema.tables USING (table_schema, table_name)"
        " WHERE table_schema = 'scfd' AND table_type = 'BASE TABLE' AND is_generated = 'NEVER'"
        " ORDER BY table_name, ordinal_position",
        url,
    )
    tables = {}
    for table, column in (line.split("|") for line in rows.splitlines()):
        tables.setdefault(table, []).append(column)
    return tables


def copy_rows(server, url):
    """Every row that the old tables have room for, folded totals and cursors among them."""
    newest = columns_of(server)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        for table, columns in columns_of(server, url).items():
            if table == "schema_migration" or table not in newest:
                continue
            names = ", ".join(c for c in columns if c in newest[table])
            file = f"{folder}/{table}"
            server.psql(f"COPY (SELECT {names} FROM scfd.{table}) TO '{file}'")
            server.psql(
                "SET session_replication_role = replica;"
                f" DELETE FROM scfd.{table}; COPY scfd.{table} ({names}) FROM '{file}'",
                url,
            )


def test_what_was_folded_before_there_were_facts_is_folded_again():
    with Server() as fresh:
        statuses = report_trade(fresh.client())
        assert statuses == [201] * 4, statuses
        wait_folded(fresh)
        expected = rows_of(fresh)
        assert len(expected["trade_fact"]) == 4  # contract, two events, invoice
        assert expected["contract_guarantee"] and expected["rollup_day"]
        fresh.psql("CREATE DATABASE upgraded")
        url = fresh.cluster_url().replace("dbname=scfd", "dbname=upgraded")
        make_old(fresh, url)
        copy_rows(fresh, url)
        assert int(fresh.psql("SELECT sum(folded_size) FROM scfd.rollup_cursor", url)) > 0
        done = scfd("migrate", "--database-url", url)
        assert done.returncode == 0, done.stderr
        # the copied chain has the policy's record already, which a first start would append
        policy, when = fresh.psql("SELECT id, created_at FROM scfd.credit_policy").split("|")
        upgraded_row = f"id = '{policy}', created_at = '{when}'"
        fresh.psql(f"UPDATE scfd.credit_policy SET {upgraded_row}", url)
        flags = ["--signing-key-file", fresh.data / "log.key"]
        with Server(database_url=url, flags=flags) as upgraded:
            wait_folded(upgraded)
            shown = rows_of(upgraded)
            for name in FOLDED:
                assert shown[name] == expected[name], name
