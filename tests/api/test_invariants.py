"""The rules that other tests hold the tables to notice when something is wrong: each is broken by
hand, in a transaction that is rolled back."""
import pytest

from harness import invariants
from harness.world import World

ACCOUNT = "UPDATE scfd.limit_account SET "
DAMAGE = {
    "balances are the sums of their entries": "DELETE FROM scfd.limit_entry WHERE seq = 2",
    "an account holds what its open holds hold": ACCOUNT + "held = held + 1",
    "an account uses what loans finance under its contract": ACCOUNT + "used = used + 1",
    "a loan finances at most what is owed of its principal":
        "UPDATE scfd.loan_contract SET financed = financed + 1",
    "only reversals draw an account beyond its grant":
        "UPDATE scfd.limit_entry SET held = held + 10 ^ 15 WHERE type = 3",
    "claims are what their heads say": "UPDATE scfd.claim_head SET claimed = claimed + 1",
    "no invoice is claimed beyond its net": "UPDATE scfd.claim_head SET claimed = net + 1",
    "every claim has its holder": "UPDATE scfd.claim SET holder_id = gen_random_uuid()",
    "claims live as long as their holders":
        "UPDATE scfd.limit_hold SET status = 2, closed_at = created_at WHERE status = 0",
    "a used hold has its loan": "UPDATE scfd.limit_hold SET status = 1, loan_id = id,"
                                " closed_at = created_at WHERE status = 0",
    "a loan's ledger adds up": "UPDATE scfd.loan SET owed_principal = owed_principal + 1",
    "loans, decisions, repayments and holds are records":
        "UPDATE scfd.limit_hold SET id = gen_random_uuid()",
    "a receivable's steps are gapless and lead to its state":
        "DELETE FROM scfd.receivable_step WHERE seq = 1",
    "each step starts where the one before it ended":
        "UPDATE scfd.receivable_step SET from_state = 20 WHERE seq = 2",
    "a receivable is financed by a loan that is there":
        "UPDATE scfd.receivable SET loan_id = id, financed_at = created_at",
    "one run for each contract and period":
        "INSERT INTO scfd.limit_run (borrower_id, contract_key, currency, period, id, as_of,"
        " due_at, created_at, updated_at) SELECT gen_random_uuid(), id, 'CNY', '2020-01',"
        " gen_random_uuid(), created_at, created_at, created_at, created_at"
        " FROM scfd.limit_account, generate_series(1, 2)",
    "increments are what is granted beyond the initial limit":
        ACCOUNT + "increments = increments + 1, granted = granted + 1",
}


@pytest.fixture(scope="module")
def world(server):
    made = World(server)
    assert invariants.broken(server) == {}
    return made


def test_every_rule_is_tried():
    assert set(DAMAGE) == set(invariants.RULES)


@pytest.mark.parametrize("rule", DAMAGE)
def test_damage_is_noticed(world, rule):
    query = f"SELECT count(*) FROM ({invariants.RULES[rule]}) AS broken"
    found = world.server.psql(f"BEGIN; {DAMAGE[rule]}; {query}; ROLLBACK")
    assert int(found.splitlines()[-1]) > 0
    assert invariants.broken(world.server) == {}
