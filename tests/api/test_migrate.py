"""`scfd migrate`: plan, apply, check; altered or unknown migrations are refused."""
import pytest

from harness.server import ROOT, Server, scfd

MIGRATIONS = sorted(p.stem for p in (ROOT / "sql").glob("[0-9]*.sql"))


@pytest.fixture(scope="module")
def host():
    """A cluster to make empty databases in."""
    with Server() as running:
        yield running


@pytest.fixture
def database(host):
    url = host.cluster_url()
    host.psql("DROP DATABASE IF EXISTS migrate_test", url)
    host.psql("CREATE DATABASE migrate_test", url)
    yield url.replace("dbname=scfd", "dbname=migrate_test")


def migrate(url, *flags):
    return scfd("migrate", *flags, "--database-url", url)


def test_plan_changes_nothing(host, database):
    done = migrate(database, "--plan")
    assert done.returncode == 0, done.stderr
    for name in MIGRATIONS:
        assert name.partition("_")[2] in done.stdout
    assert host.psql("SELECT to_regclass('scfd.record') IS NULL", database) == "t"


def test_apply_then_check_then_apply_again(host, database):
    assert migrate(database, "--check").returncode != 0
    done = migrate(database)
    assert done.returncode == 0, done.stderr
    assert host.psql("SELECT count(*) FROM scfd.schema_migration", database) == str(len(MIGRATIONS))
    assert migrate(database, "--check").returncode == 0
    assert migrate(database).returncode == 0


def test_altered_migration_is_refused(host, database):
    assert migrate(database).returncode == 0
    host.psql(
        "UPDATE scfd.schema_migration SET checksum = decode(repeat('00', 32), 'hex')"
        " WHERE number = 1",
        database,
    )
    for flags in ([], ["--check"]):
        done = migrate(database, *flags)
        assert done.returncode != 0
        assert "1" in done.stderr + done.stdout


def test_newer_schema_is_refused(host, database):
    assert migrate(database).returncode == 0
    host.psql(
        "INSERT INTO scfd.schema_migration SELECT (jsonb_populate_record(m, jsonb_build_object("
        "'number', 9999, 'name', 'future'))).* FROM scfd.schema_migration m WHERE number = 1",
        database,
    )
    assert migrate(database).returncode != 0


def test_unreachable_database_is_exit_4():
    assert migrate("host=/nonexistent dbname=x").returncode == 4


@pytest.mark.parametrize("command", [["audit"], ["migrate", "--plan"], ["migrate", "--check"]])
def test_what_only_looks_makes_no_database(tmp_path, command):
    missing = tmp_path / "mistyped"
    done = scfd(*command, "--data", missing)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"There is no database in {missing}." in done.stderr
    assert not missing.exists()


def test_every_table_explains_itself(host):
    bare = host.psql(
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE nspname = 'scfd' AND relkind = 'r'"
        " AND obj_description(c.oid, 'pg_class') IS NULL"
    )
    assert bare == ""
