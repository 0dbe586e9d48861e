"""Runs of increments that were not made in time, and instances that share them."""
from harness.server import Server, wait_until
from test_increments import Calendar, Story, money, target


def metric(server, name):
    lines = server.anonymous().get("/metrics").body.decode().splitlines()
    return sum(int(line.split()[-1]) for line in lines if line.split(" ")[0] == name)


def test_a_run_that_did_not_happen_is_reported_once():
    server = Server(env={"SCFD_RATING_WINDOW_DAYS": "31"})
    server.calendar = Calendar(server)
    with server:
        story = Story(server)
        story.begin()
        story.report(4)
        server.stop()
        ended = [server.calendar.next_month() for _ in range(3)]
        server.calendar.pass_by(days=3)
        server.start()
        runs = {}

        def all_there():
            runs.update({r["period"]: r for r in story.runs()})
            return set(runs) == set(ended) and "due_at" not in runs[ended[2]]

        wait_until(all_there, 20, "the runs are there")
        assert [runs[p]["status"] for p in ended[:2]] == ["missed", "missed"]
        assert runs[ended[2]]["status"] in ("done", "frozen")  # late, and made up for
        assert all("missed_at" in runs[p] for p in ended)
        assert metric(server, "scfd_increment_runs_missed_total") == 3
        # counted at the end of a round, which may still go on
        wait_until(lambda: metric(server, "scfd_increment_runs_overdue") == 0, 20, "none late")
        for client in (story.chain.erp.client, story.chain.lender.client):
            assert story.events(client).count("limit_run.missed") == 3
        missed = story.admin.get("/v1/limit-runs?status=missed").json()["data"]
        assert {r["period"] for r in missed} == set(ended[:2])
        server.stop()
        server.start()  # and never again for the same run
        story.report()
        assert metric(server, "scfd_increment_runs_missed_total") == 0
        assert story.events(story.chain.erp.client).count("limit_run.missed") == 3


def test_two_instances_share_the_work():
    """Four hundred contracts are due at once, and two servers on one database make the runs."""
    first = Server(env={"SCFD_RATING_WINDOW_DAYS": "31"})
    first.calendar = Calendar(first)
    with first:
        story = Story(first)
        story.begin()
        story.report(4)
        many = 400
        first.psql(
            "INSERT INTO scfd.limit_account (id, contract_key, currency, borrower_id, granted,"
            " initial, entries, created_at, updated_at) SELECT gen_random_uuid(),"
            " gen_random_uuid(), 'CNY', borrower_id, 100, 100, 0, created_at, created_at"
            f" FROM scfd.limit_account, generate_series(1, {many})"
        )
        log_key = first.data / "log.key"
        second = Server(
            database_url=first.cluster_url(), env=first.env, flags=["--signing-key-file", log_key]
        )
        second.clock.freeze(first.calendar.now)  # before it starts
        with second:
            period = first.calendar.next_month()
            second.clock.freeze(first.calendar.now)
            run = story.run(period)
            assert money(run, "granted") == target(400000)

            def all_tried():
                return first.psql(
                    "SELECT count(*) FROM scfd.limit_run WHERE status = 0 OR made + attempt = 0"
                ) == "0"

            wait_until(all_tried, 30, "every run was tried")

            def counted():  # after the transaction
                each = [metric(s, "scfd_increment_runs_total") for s in (first, second)]
                return sum(each) == many + 1

            wait_until(counted, 60, "every run was counted")
            # no record of these contracts ever came: they fail, and do not hold up the others
            tried = first.psql(
                "SELECT status, attempt, problem_code, count(*) FROM scfd.limit_run"
                " GROUP BY 1, 2, 3 ORDER BY 1"
            )
            assert tried.split() == ["1|0||1", f"3|1|not-found|{many}"]
            assert [e for e in story.entries() if e[0] == 1] == [
                (1, target(400000) - story.initial)
            ]




def test_a_contract_with_too_many_records_holds_up_no_other():
    server = Server(env={"SCFD_RATING_WINDOW_DAYS": "31"})
    server.calendar = Calendar(server)
    with server:
        large, other = Story(server), Story(server)
        for story in (large, other):
            story.begin()
            story.report(4)
        server.psql(
            "INSERT INTO scfd.trade_fact (contract_key, chain_id, leaf_index, record_id, kind,"
            " received_at, object_key) SELECT business_key, gen_random_uuid(), 1,"
            " gen_random_uuid(), 2, received_at, gen_random_uuid()"
            f" FROM scfd.record, generate_series(1, 100000) WHERE id = {large.uuid()}"
        )
        period = server.calendar.next_month()
        assert money(other.run(period), "granted") == target(400000)

        def given_up():
            run = large.runs()[0]
            return run["status"] == "failed" and run

        run = wait_until(given_up, 30, "the run has failed")
        assert run["problem"]["code"] == "body-too-large", run
        assert other.runs()[0]["status"] == "done"
