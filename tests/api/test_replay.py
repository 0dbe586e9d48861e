"""Replays: a past limit computed again from the chains; whatever it rests on that was tampered with
is found and named."""
import json

import pytest

from harness import bodies
from harness.parties import Chain, make_node
from harness.server import Server, wait_until


class Story:
    """An own server, for its database is tampered with."""

    def __init__(self, server):
        self.server = server
        self.admin = server.client()
        self.chain = Chain(self.admin)
        erp = self.chain.erp.client
        contract = self.chain.contract()
        self.contract_id = erp.post("/v1/contracts", contract).json()["id"]
        self.events = [
            erp.post(
                "/v1/workflow-events",
                self.chain.event(self.contract_id, occurred_at=bodies.hours_ago(hours)),
            ).json()["id"]
            for hours in (20, 16, 12, 8, 4)
        ]
        self.invoices = [
            erp.post(
                "/v1/invoices", self.chain.invoice(contract_ids=[self.contract_id])
            ).json()["id"]
            for _ in range(3)
        ]
        guarantee = self.chain.guarantee_by_number(
            contract["contract_no"], seller_uscc=self.chain.seller["uscc"]
        )
        answer = self.chain.surety.client.post("/v1/guarantees", guarantee)
        assert answer.status == 201, answer

    def assess(self, **members):
        answer = self.admin.post(
            "/v1/credit-assessments",
            {
                "borrower_id": self.chain.seller["id"],
                "contract_ids": [self.contract_id],
                "kind": "initial",
                "lender_ids": [self.chain.lender.id],
                **members,
            },
            {"Prefer": "wait=50"},
        )
        shown = answer.json()
        assert shown["status"] == "succeeded", shown
        return shown

    def replay(self, assessment, client=None):
        answer = (client or self.admin).post(
            f"/v1/credit-assessments/{assessment['id']}/replay", None, {"Prefer": "wait=50"}
        )
        assert answer.status == 200, answer
        return answer.json()

    def sql(self, text):
        self.server.psql(text)

    def sealed(self, record_id):
        """Waits until the record's block is closed."""
        wait_until(
            lambda: self.admin.get(f"/v1/records/{record_id}/proof").status == 200, 10, "a block"
        )


@pytest.fixture(scope="module")
def story():
    with Server() as server:
        yield Story(server)


@pytest.fixture
def tampered(story):
    """Runs SQL now, and SQL that undoes it afterwards."""
    undo = []

    def tamper(sql, back):
        undo.append(back)
        story.sql(sql)

    yield tamper
    for back in reversed(undo):
        story.sql(back)


def uuid_of(record_id):
    """The uuid of a prefixed id as PostgreSQL writes it."""
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    number = 0
    for c in record_id.split("_")[1]:
        number = number * 32 + alphabet.index(c)
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def pointers(replayed):
    return [d["pointer"] for d in replayed["differences"]]


def gaps_of(replayed):
    """Round trips rest on sales of whomever else: their finding is always taken as it was."""
    return [g for g in replayed["not_recomputable"] if not g["detail"].startswith("round trips")]


def test_a_sound_decision_is_found_again(story):
    shown = story.assess()
    replayed = story.replay(shown)
    assert replayed["matches"] is True, replayed
    assert replayed["recommended_limit"]["recomputed"] == shown["recommended_limit"]
    assert replayed["recommended_limit"]["recorded"] == shown["recommended_limit"]
    assert replayed["differences"] == replayed["faults"] == gaps_of(replayed) == []
    assert len(replayed["chains"]) >= 2  # the seller's and the guarantor's
    assert all(chain["root_ok"] for chain in replayed["chains"])
    assert sum(chain["records"] for chain in replayed["chains"]) >= 10
    again = story.admin.get(f"/v1/credit-assessments/{shown['id']}/replay")
    assert again.status == 200 and again.json() == replayed


def test_later_records_do_not_change_the_past(story):
    shown = story.assess()
    erp = story.chain.erp.client
    for _ in range(3):
        story.events.append(
            erp.post("/v1/workflow-events", story.chain.event(story.contract_id)).json()["id"]
        )
    erp.post("/v1/invoices", story.chain.invoice(contract_ids=[story.contract_id]))
    later = story.assess()
    assert later["inputs"]["counts"] != shown["inputs"]["counts"]
    for assessment in (shown, later):
        replayed = story.replay(assessment)
        assert replayed["matches"] is True, replayed


def test_without_waiting_there_is_a_job(story):
    shown = story.assess()
    path = f"/v1/credit-assessments/{shown['id']}/replay"
    assert story.admin.get(path).status == 404
    answer = story.admin.post(path, None)
    assert answer.status in (200, 202), answer
    if answer.status == 202:
        location = answer.headers["Location"]
        assert location == f"/v1/jobs/{answer.json()['id']}"

        def done():
            job = story.admin.get(location).json()
            assert job["status"] != "failed", job
            return job["status"] == "succeeded" and job

        assert wait_until(done, 20, "the replay")["result"]["href"] == path
    assert story.admin.get(path).json()["matches"] is True


def test_who_sees_the_receipt_may_replay(story):
    shown = story.assess()
    assert story.replay(shown, story.chain.lender.client)["matches"] is True
    stranger = make_node(story.admin, "lender").client
    for answer in (
        stranger.post(f"/v1/credit-assessments/{shown['id']}/replay", None),
        stranger.get(f"/v1/credit-assessments/{shown['id']}/replay"),
    ):
        assert answer.status == 404, answer


def test_nothing_else_is_written(story):
    shown = story.assess()
    behind = (
        "SELECT count(*) FROM scfd.chain c LEFT JOIN scfd.chain_seal s ON s.chain_id = c.id"
        " LEFT JOIN scfd.rollup_cursor r ON r.chain_id = c.id"
        " WHERE c.size > coalesce(s.size, 0) OR c.size > coalesce(r.folded_size, 0)"
    )
    wait_until(lambda: story.server.psql(behind).strip() == "0", 10, "all sealed and folded")
    tables = (
        "SELECT string_agg(relname || ' ' || (xpath('//count/text()', query_to_xml("
        "'SELECT count(*) FROM scfd.' || quote_ident(relname), true, true, '')))[1]::text, ' '"
        " ORDER BY relname) FROM pg_class WHERE relnamespace = 'scfd'::regnamespace"
        " AND relkind = 'r' AND relname NOT IN ('job', 'job_run', 'credit_replay')"
    )
    before = story.server.psql(tables)
    assert story.replay(shown)["matches"] is True
    assert story.server.psql(tables) == before


def test_a_tampered_rollup_is_named(story, tampered):
    """The limit was computed from totals that somebody had changed."""
    story.assess()  # everything is folded
    where = "kind = 2 AND records > 0"
    tampered(
        f"UPDATE scfd.rollup_day SET weight_present = weight_present - 1 WHERE {where}",
        f"UPDATE scfd.rollup_day SET weight_present = weight_present + 1 WHERE {where}",
    )
    shown = story.assess()
    replayed = story.replay(shown)
    assert replayed["matches"] is False
    named = [d for d in replayed["differences"] if d["pointer"].endswith("/weight_present")]
    assert named and all(d["pointer"].startswith("/inputs/sums/") for d in named), replayed
    assert all(int(d["recomputed"]) > int(d["recorded"]) for d in named)


def test_a_tampered_body_is_named(story, tampered):
    shown = story.assess()
    victim = uuid_of(story.events[1])
    tampered(
        "CREATE TABLE public.kept AS SELECT id, body FROM scfd.record WHERE id ="
        f" '{victim}'; UPDATE scfd.record SET body = body || ' '::bytea WHERE id = '{victim}'",
        "UPDATE scfd.record r SET body = k.body FROM public.kept k WHERE k.id = r.id;"
        " DROP TABLE public.kept",
    )
    replayed = story.replay(shown)
    assert replayed["matches"] is False
    assert [f["record_id"] for f in replayed["faults"]] == [story.events[1]]
    assert "SHA-256" in replayed["faults"][0]["detail"]


def test_a_body_rewritten_with_its_leaf_is_named(story, tampered):
    """Whoever rewrites body, digest and leaf hash alike still cannot rewrite the sealed tree."""
    shown = story.assess()
    story.sealed(shown["id"])
    story.sealed(story.events[2])
    victim = uuid_of(story.events[2])
    leaf = (
        "sha256('\\x00'::bytea || convert_to('scfd-record/v1' || chr(10) || 'id "
        + story.events[2]
        + "' || chr(10), 'UTF8'))"
    )
    tampered(
        "CREATE TABLE public.kept AS SELECT * FROM scfd.record WHERE id = "
        f"'{victim}'; UPDATE scfd.record SET leaf_hash = {leaf} WHERE id = '{victim}'",
        "UPDATE scfd.record r SET leaf_hash = k.leaf_hash FROM public.kept k WHERE k.id = r.id;"
        " DROP TABLE public.kept",
    )
    replayed = story.replay(shown)
    assert replayed["matches"] is False
    assert {f["record_id"] for f in replayed["faults"]} == {story.events[2]}


def test_a_tampered_column_is_named(story, tampered):
    """Columns are no part of the leaf, yet ratings rest on them."""
    victim = uuid_of(story.events[0])
    tampered(
        f"UPDATE scfd.record SET range_ok = NOT range_ok WHERE id = '{victim}'",
        f"UPDATE scfd.record SET range_ok = NOT range_ok WHERE id = '{victim}'",
    )
    replayed = story.replay(story.assess())
    assert replayed["matches"] is False
    assert [f["record_id"] for f in replayed["faults"]] == [story.events[0]]
    assert "range_ok" in replayed["faults"][0]["detail"]
    named = [p for p in pointers(replayed) if p.endswith("/range_ok")]
    assert named, replayed


def test_a_changed_policy_is_named(story, tampered):
    shown = story.assess()
    tampered(
        """UPDATE scfd.credit_policy SET params = replace(params, '"order_advance_rate":"0.30"',"""
        """ '"order_advance_rate":"0.31"')""",
        """UPDATE scfd.credit_policy SET params = replace(params, '"order_advance_rate":"0.31"',"""
        """ '"order_advance_rate":"0.30"')""",
    )
    replayed = story.replay(shown)
    assert replayed["matches"] is False
    assert {"/inputs/policy/params", "/inputs/policy/sha256"} <= set(pointers(replayed))
    limits = replayed["recommended_limit"]
    assert float(limits["recomputed"]) > float(limits["recorded"])


def test_a_policy_changed_before_is_named(story, tampered):
    """The limit was made by a row that is not the policy that the platform's chain holds."""
    row = "UPDATE scfd.credit_policy SET params = replace(params, '{}', '{}')"
    mild, strict = '"order_advance_rate":"0.30"', '"order_advance_rate":"0.60"'
    tampered(row.format(mild, strict), row.format(strict, mild))
    replayed = story.replay(story.assess())
    assert replayed["matches"] is False
    assert {"/inputs/policy/params", "/inputs/policy/sha256"} <= set(pointers(replayed))
    limits = replayed["recommended_limit"]
    assert float(limits["recomputed"]) < float(limits["recorded"])


def test_a_tampered_tree_is_named(story, tampered):
    shown = story.assess()
    story.sealed(story.events[-1])
    shown = story.assess()  # rests on sealed leaves
    chain = uuid_of(story.chain.erp.id)
    flip = (
        "UPDATE scfd.tile SET hashes = set_byte(hashes, 0, get_byte(hashes, 0) # 1)"
        f" WHERE chain_id = '{chain}' AND level = 0"
    )
    tampered(flip, flip)
    replayed = story.replay(shown)
    assert replayed["matches"] is False
    bad = [c for c in replayed["chains"] if not c["root_ok"]]
    assert [uuid_of(c["id"]) for c in bad] == [chain]
    assert any(p.endswith("/sealed_root") for p in pointers(replayed))


def test_another_receipt_is_named(story, tampered):
    """A receipt that holds together is still not the one that the chain knows."""
    shown = story.assess()
    id = uuid_of(shown["id"])
    tampered(
        "CREATE TABLE public.kept AS SELECT id, receipt FROM scfd.credit_assessment WHERE id ="
        f" '{id}'; UPDATE scfd.credit_assessment SET receipt = replace(receipt,"
        """ '"history_periods":', '"history_periods":1') WHERE id = '""" + id + "'",
        "UPDATE scfd.credit_assessment a SET receipt = k.receipt FROM public.kept k"
        " WHERE k.id = a.id; DROP TABLE public.kept",
    )
    replayed = story.replay(shown)
    assert replayed["matches"] is False
    assert {"", "/inputs/history_periods"} <= set(pointers(replayed))


def test_an_erased_record_is_no_mismatch(story, tampered):
    shown = story.assess()
    victim = uuid_of(story.events[3])
    tampered(
        "CREATE TABLE public.kept AS SELECT id, body, body_sha256, salt FROM scfd.record WHERE id ="
        f" '{victim}'; UPDATE scfd.record SET body = NULL, body_sha256 = NULL, salt = NULL"
        f" WHERE id = '{victim}'",
        "UPDATE scfd.record r SET body = k.body, body_sha256 = k.body_sha256, salt = k.salt"
        " FROM public.kept k WHERE k.id = r.id; DROP TABLE public.kept",
    )
    replayed = story.replay(shown)
    assert replayed["matches"] is True, replayed
    gaps = gaps_of(replayed)
    assert {g["record_id"] for g in gaps} == {story.events[3]}
    assert {g.get("pointer") for g in gaps} == {None, "/inputs/contracts/0/trade"}


def revise(story, contract, **members):
    """A correction of the contract, as its seller's node sends it."""
    body = {**contract, "external_id": bodies.unique("CTR"), **members}
    answer = story.chain.erp.client.post("/v1/contracts", body)
    assert answer.status == 201, answer
    return answer.json()["id"]


def test_what_was_revised_later_counts_as_it_was(story):
    """Contract, guarantee and profile change after the decision; the replay is of before."""
    chain = story.chain
    contract = chain.contract()
    contract_id = chain.erp.client.post("/v1/contracts", contract).json()["id"]
    guarantee = chain.guarantee_by_number(
        contract["contract_no"], seller_uscc=chain.seller["uscc"]
    )
    guarantee_id = chain.surety.client.post("/v1/guarantees", guarantee).json()["id"]
    before = story.assess(contract_ids=[contract_id])
    amount = float(contract["amount"])
    revise(story, contract, revises_id=contract_id, amount=f"{amount / 2:.2f}")
    answer = chain.surety.client.post(
        "/v1/guarantees",
        {
            **guarantee,
            "external_id": bodies.unique("GUA"),
            "revises_id": guarantee_id,
            "status": "released",
        },
    )
    assert answer.status == 201, answer
    after = story.assess(contract_ids=[contract_id])
    assert float(after["recommended_limit"]) < float(before["recommended_limit"])
    for shown in (before, after):
        replayed = story.replay(shown)
        assert replayed["matches"] is True, replayed
        assert replayed["recommended_limit"]["recomputed"] == shown["recommended_limit"]


def test_a_profile_counts_as_it_was(story):
    fresh = bodies.enterprise()
    registered = story.admin.post("/v1/enterprises", fresh).json()["id"]
    node = make_node(story.admin, "erp", registered)
    party = {"enterprise_id": registered}
    contract = bodies.contract(party, story.chain.buyer["ref"])
    contract_id = node.client.post("/v1/contracts", contract).json()["id"]
    event = bodies.event(contract_id, registered)
    assert node.client.post("/v1/workflow-events", event).status == 201
    members = {"borrower_id": registered, "contract_ids": [contract_id]}
    before = story.assess(**members)
    for changed in ({"operating_status": "revoked"}, {"operating_status": "active"}):
        answer = story.admin.post(
            "/v1/enterprises", {**fresh, "external_id": bodies.unique("EPR"), **changed}
        )
        assert answer.status == 201, answer
        after = story.assess(**members)
        assert (float(after["recommended_limit"]) == 0) == (changed["operating_status"] != "active")
        for shown in (before, after):
            replayed = story.replay(shown)
            assert replayed["matches"] is True, replayed


def test_an_altered_profile_is_named(story, tampered):
    """Whoever changes the directory behind the chain's back changes limits, but not the chain."""
    borrower = uuid_of(story.chain.seller["id"])
    tampered(
        "CREATE TABLE public.kept AS SELECT id, profile FROM scfd.enterprise WHERE id ="
        f" '{borrower}'; UPDATE scfd.enterprise SET profile = (profile::jsonb || '"""
        '{"operating_status": "bankrupt"}'
        f"""')::json WHERE id = '{borrower}'""",
        "UPDATE scfd.enterprise e SET profile = k.profile FROM public.kept k WHERE k.id = e.id;"
        " DROP TABLE public.kept",
    )
    shown = story.assess()
    assert float(shown["recommended_limit"]) == 0
    replayed = story.replay(shown)
    assert replayed["matches"] is False
    assert "/inputs/operating" in pointers(replayed)
    assert float(replayed["recommended_limit"]["recomputed"]) > 0


def test_a_hidden_guarantee_is_named(story, tampered):
    """A row that the rollup lost: the guarantee was not counted."""
    tampered(
        "CREATE TABLE public.kept AS SELECT * FROM scfd.contract_guarantee;"
        " DELETE FROM scfd.contract_guarantee",
        "INSERT INTO scfd.contract_guarantee SELECT * FROM public.kept; DROP TABLE public.kept",
    )
    replayed = story.replay(story.assess())
    assert replayed["matches"] is False
    named = [d for d in replayed["differences"] if "/guarantees/" in d["pointer"]]
    assert named and all(d["recorded"] is None for d in named), replayed


def test_tampered_facts_are_named(story, tampered):
    """Views rest on what folding stored; the replay goes by the bodies."""
    story.assess()  # everything is folded
    change = "UPDATE scfd.trade_fact SET amount = amount {} 100 WHERE kind = 3"
    tampered(change.format("+"), change.format("-"))
    replayed = story.replay(story.assess())
    assert replayed["matches"] is False
    named = [p for p in pointers(replayed) if "/trade/invoices/" in p and p.endswith("/amount")]
    assert named, replayed
    assert "/inputs/contracts/0/trade/invoiced" in pointers(replayed)


def test_a_hidden_fact_is_named(story, tampered):
    """An invoice that would exceed the contract, made to vanish from the facts."""
    story.assess()
    tampered(
        "CREATE TABLE public.kept AS SELECT * FROM scfd.trade_fact WHERE kind = 3;"
        " DELETE FROM scfd.trade_fact WHERE kind = 3",
        "INSERT INTO scfd.trade_fact SELECT * FROM public.kept; DROP TABLE public.kept",
    )
    replayed = story.replay(story.assess())
    assert replayed["matches"] is False
    hidden = [d for d in replayed["differences"] if "/trade/invoices/" in d["pointer"]]
    assert hidden and all(d["recorded"] is None for d in hidden), replayed


def test_a_tampered_account_is_named(story, tampered):
    """Balances that are not the sums of their entries."""
    shown = story.assess()
    assert story.replay(shown)["matches"] is True
    change = "UPDATE scfd.limit_account SET used = used {} 100"
    tampered(change.format("+"), change.format("-"))
    replayed = story.replay(story.assess())
    assert replayed["matches"] is False
    named = [d for d in replayed["differences"] if d["pointer"].endswith("/account/used")]
    assert [d["pointer"] for d in named] == ["/inputs/contracts/0/account/used"], replayed
    assert float(named[0]["recorded"]) == float(named[0]["recomputed"]) + 1


def test_need_and_debtors_count_as_they_were(story):
    """Figures of the last year, affiliates and core enterprises change after the decision."""
    buyer = bodies.enterprise(roles=["core_enterprise", "buyer"])
    buyer_id = story.admin.post("/v1/enterprises", buyer).json()["id"]
    figures = {
        "year": 2025,
        "currency": "CNY",
        "revenue": "50000000.00",
        "cost_of_sales": "40000000.00",
        "profit_margin": "0.08",
        "expected_growth": "0.10",
        "average_inventory": "6000000.00",
        "average_receivables": "8000000.00",
        "average_payables": "5000000.00",
        "own_funds": "2000000.00",
    }
    seller = bodies.enterprise(financials=figures)
    seller_id = story.admin.post("/v1/enterprises", seller).json()["id"]
    node = make_node(story.admin, "erp", seller_id)
    contract = bodies.contract({"enterprise_id": seller_id}, {"enterprise_id": buyer_id})
    contract_id = node.client.post("/v1/contracts", contract).json()["id"]
    event = bodies.event(contract_id, seller_id)
    assert node.client.post("/v1/workflow-events", event).status == 201
    members = {"borrower_id": seller_id, "contract_ids": [contract_id]}
    before = story.assess(**members)
    for body, changes in (
        (buyer, {"roles": ["buyer"]}),
        (seller, {"financials": {**figures, "own_funds": "9000000.00"}}),
        (
            seller,
            {"affiliates": [{"enterprise_id": buyer_id, "relation": "parent"}]},
        ),
    ):
        sent = {**body, "external_id": bodies.unique("EPR"), **changes}
        assert story.admin.post("/v1/enterprises", sent).status == 201
    after = story.assess(**members)
    receipts = [
        story.admin.get(f"/v1/credit-assessments/{shown['id']}/receipt").json()["inputs"]
        for shown in (before, after)
    ]
    assert receipts[0]["debtors"] != receipts[1]["debtors"]
    assert receipts[0]["need"] != receipts[1]["need"]
    for shown in (before, after):
        replayed = story.replay(shown)
        assert replayed["matches"] is True, replayed


def test_what_strangers_say_is_left_out_again(story):
    """Whoever has no part in a contract is no evidence of it, then as now."""
    stranger = make_node(story.admin, "erp", story.chain.guarantor["id"])
    contract = story.chain.contract()
    contract_id = story.chain.erp.client.post("/v1/contracts", contract).json()["id"]
    own = story.chain.event(contract_id)
    assert story.chain.erp.client.post("/v1/workflow-events", own).status == 201
    foreign = story.chain.event(None, contract_no=contract["contract_no"])
    del foreign["contract_id"]
    foreign["seller"] = story.chain.seller["ref"]
    answer = stranger.client.post("/v1/workflow-events", foreign)
    assert answer.status == 201, answer
    shown = story.assess(contract_ids=[contract_id])
    receipt = story.admin.get(f"/v1/credit-assessments/{shown['id']}/receipt").json()
    told = receipt["inputs"]["contracts"][0]["trade"]
    assert told["events"] == 1 and len(told["chains"]) == 1
    replayed = story.replay(shown)
    assert replayed["matches"] is True, replayed


def test_replays_are_independent(story):
    """Several at once, of several assessments: each gets its own result."""
    shown = [story.assess() for _ in range(3)]
    results = [story.replay(s) for s in shown for _ in range(2)]
    assert all(r["matches"] for r in results)
    assert [r["assessment_id"] for r in results] == [s["id"] for s in shown for _ in range(2)]
    assert len({r["job_id"] for r in results}) == len(results)
    assert json.dumps(results[0]["chains"]) == json.dumps(results[1]["chains"])
