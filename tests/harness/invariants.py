"""What must hold of the credit rooms' tables at every moment, whatever was sent, raced or killed:
each rule is a query that finds the rows that break it."""
from .server import scfd

RULES = {
    "balances are the sums of their entries": """
        SELECT a.id FROM scfd.limit_account a LEFT JOIN LATERAL
            (SELECT sum(granted) AS granted, sum(held) AS held, sum(used) AS used, count(*) AS n,
                max(seq) AS last FROM scfd.limit_entry WHERE account_id = a.id) e ON true
        WHERE (a.granted, a.held, a.used, a.entries) IS DISTINCT FROM
            (coalesce(e.granted, 0), coalesce(e.held, 0), coalesce(e.used, 0), e.n)
            OR coalesce(e.last, 0) <> e.n""",
    "an account holds what its open holds hold": """
        SELECT a.id FROM scfd.limit_account a WHERE a.held <> (SELECT coalesce(sum(amount), 0)
            FROM scfd.limit_hold h WHERE h.account_id = a.id AND h.status = 0)""",
    "an account uses what loans finance under its contract": """
        SELECT a.id FROM scfd.limit_account a WHERE a.used <> (SELECT coalesce(sum(k.financed), 0)
            FROM scfd.loan_contract k JOIN scfd.loan l ON l.id = k.loan_id
            WHERE k.contract_key = a.contract_key AND l.currency = a.currency)""",
    "a loan finances at most what is owed of its principal": """
        SELECT l.id FROM scfd.loan l JOIN scfd.loan_contract k ON k.loan_id = l.id
        GROUP BY l.id HAVING sum(k.financed) > l.owed_principal""",
    "only reversals draw an account beyond its grant": """
        SELECT account_id FROM (SELECT account_id, type, held + used - granted AS step,
            sum(held + used - granted) OVER (PARTITION BY account_id ORDER BY seq) AS excess
            FROM scfd.limit_entry) e WHERE excess > 0 AND step > 0 AND type <> 7""",
    "claims are what their heads say": """
        SELECT h.invoice_key FROM scfd.claim_head h WHERE h.claimed <> (SELECT
            coalesce(sum(amount), 0) FROM scfd.claim c
            WHERE c.invoice_key = h.invoice_key AND c.status = 0)""",
    # money is out on what a reversal takes back, whatever was claimed meanwhile
    "no invoice is claimed beyond its net": """
        SELECT invoice_key FROM scfd.claim_head h WHERE claimed > net AND NOT EXISTS
            (SELECT FROM scfd.claim c JOIN scfd.repayment r ON r.loan_id = c.holder_id
            WHERE c.invoice_key = h.invoice_key AND c.status = 0 AND r.reversal_of IS NOT NULL)""",
    "every claim has its holder": """
        SELECT c.holder_id FROM scfd.claim c
            LEFT JOIN scfd.loan l ON c.by_loan AND l.id = c.holder_id
            LEFT JOIN scfd.limit_hold h ON NOT c.by_loan AND h.id = c.holder_id
        WHERE coalesce(l.id, h.id) IS NULL""",
    # those of an expired hold count for nothing from then on, and are let go by whoever comes next
    "claims live as long as their holders": """
        SELECT c.holder_id FROM scfd.claim c LEFT JOIN scfd.limit_hold h ON h.id = c.holder_id
            LEFT JOIN scfd.loan l ON l.id = c.holder_id
        WHERE c.status = 0 AND CASE WHEN c.by_loan THEN l.status = 2
            ELSE h.status > 0 AND NOT (h.status = 3 AND c.expires_at <= h.closed_at) END""",
    "a used hold has its loan": """
        SELECT h.id FROM scfd.limit_hold h LEFT JOIN scfd.loan l ON l.id = h.loan_id
        WHERE h.status = 1 AND l.id IS NULL""",
    "a loan's ledger adds up": """
        SELECT l.id FROM scfd.loan l LEFT JOIN LATERAL (SELECT count(*) AS n, sum(principal) AS owed
            FROM scfd.loan_entry WHERE loan_id = l.id) e ON true
        WHERE l.entries <> e.n OR l.owed_principal <> coalesce(e.owed, 0)""",
    "loans, decisions, repayments and holds are records": """
        SELECT x.id FROM (SELECT id FROM scfd.loan UNION ALL SELECT id FROM scfd.repayment
            UNION ALL SELECT id FROM scfd.credit_decision
            UNION ALL SELECT id FROM scfd.limit_hold) x
            LEFT JOIN scfd.record r ON r.id = x.id WHERE r.id IS NULL""",
    "a receivable's steps are gapless and lead to its state": """
        SELECT v.id FROM scfd.receivable v LEFT JOIN LATERAL (SELECT count(*) AS n,
            max(seq) AS last, (array_agg(to_state ORDER BY seq DESC))[1] AS state
            FROM scfd.receivable_step WHERE receivable_id = v.id) s ON true
        WHERE v.steps <> s.n OR s.n <> s.last OR v.state <> s.state""",
    "each step starts where the one before it ended": """
        SELECT receivable_id FROM (SELECT receivable_id, seq, from_state,
            lag(to_state) OVER (PARTITION BY receivable_id ORDER BY seq) AS was
            FROM scfd.receivable_step) s WHERE seq > 1 AND from_state <> was""",
    "a receivable is financed by a loan that is there": """
        SELECT v.id FROM scfd.receivable v LEFT JOIN scfd.loan l ON l.id = v.loan_id
        WHERE v.loan_id IS NOT NULL AND l.id IS NULL""",
    "one run for each contract and period": """
        SELECT contract_key FROM scfd.limit_run GROUP BY contract_key, currency, period
        HAVING count(*) > 1""",
    "increments are what is granted beyond the initial limit": """
        SELECT a.id FROM scfd.limit_account a WHERE a.increments <> (SELECT
            coalesce(sum(granted) FILTER (WHERE type <> 0), 0)
            FROM scfd.limit_entry WHERE account_id = a.id)""",
}


def broken(server, url=None):
    """Rule → the first rows that break it; empty when all is well. One statement, one snapshot."""
    parts = [
        f"(SELECT {number} AS rule, broken::text AS row FROM ({query}) AS broken LIMIT 5)"
        for number, query in enumerate(RULES.values())
    ]
    names, found = list(RULES), {}
    for line in server.psql(" UNION ALL ".join(parts), url).splitlines():
        number, row = line.split("|", 1)
        found.setdefault(names[int(number)], []).append(row)
    return found


def check(server, url=None):
    """Asserts that every rule holds and that the chains and columns audit clean."""
    assert broken(server, url) == {}
    target = url or server.database_url or server.cluster_url()
    audit = scfd("audit", "--deep", "--database-url", target)
    assert audit.returncode == 0, audit.stdout + audit.stderr
