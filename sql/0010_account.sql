-- Limit accounts: what is granted, held and used under a contract; holds; and the claims on invoices
-- that make sure that nothing is financed twice.

CREATE TABLE scfd.limit_account (
    id uuid PRIMARY KEY,
    contract_key uuid NOT NULL,
    currency text NOT NULL,
    borrower_id uuid NOT NULL,
    granted bigint NOT NULL DEFAULT 0 CHECK (granted >= 0),
    held bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    used bigint NOT NULL DEFAULT 0 CHECK (used >= 0),
    initial bigint NOT NULL DEFAULT 0 CHECK (initial >= 0),
    increments bigint NOT NULL DEFAULT 0 CHECK (increments >= 0),
    frozen boolean NOT NULL DEFAULT false,
    entries bigint NOT NULL DEFAULT 0,
    assessed_at timestamptz NOT NULL DEFAULT '-infinity',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (contract_key, currency),
    CHECK (granted = initial + increments)
) WITH (fillfactor = 50);
CREATE INDEX limit_account_page ON scfd.limit_account (created_at, id);
CREATE INDEX limit_account_borrower ON scfd.limit_account (borrower_id, created_at, id);
COMMENT ON TABLE scfd.limit_account IS 'One account per contract (its business key) and currency. The balances are the sums of limit_entry, kept beside it.';
COMMENT ON COLUMN scfd.limit_account.granted IS 'initial + increments, minor units. used may be above it only after a repayment was reversed.';
COMMENT ON COLUMN scfd.limit_account.increments IS 'Sum of the increments less what was taken back.';
COMMENT ON COLUMN scfd.limit_account.entries IS 'Entries so far: the version.';
COMMENT ON COLUMN scfd.limit_account.assessed_at IS 'as_of of the assessment that granted last; one as of an earlier time grants nothing.';

-- No foreign keys on what every hold writes: entries and claims are written under the lock of the row
-- that they belong to, and scf_account_check compares them with it.
CREATE TABLE scfd.limit_entry (
    account_id uuid NOT NULL,
    seq bigint NOT NULL,
    type smallint NOT NULL CHECK (type BETWEEN 0 AND 9),
    granted bigint NOT NULL,
    held bigint NOT NULL,
    used bigint NOT NULL,
    source_id uuid NOT NULL,
    source_prefix text NOT NULL,
    period text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, seq)
);
COMMENT ON TABLE scfd.limit_entry IS 'Changes of the balances, never altered: granted, held and used are differences.';
COMMENT ON COLUMN scfd.limit_entry.type IS 'enum scf_entry_type: 0 initial, 1 increment, 2 take-back, 3 hold, 4 release, 5 expire, 6 use, 7 repay, 8 freeze, 9 unfreeze';
COMMENT ON COLUMN scfd.limit_entry.source_id IS 'The assessment, hold, loan or repayment that caused it; source_prefix says which.';

CREATE TABLE scfd.limit_grant (
    assessment_id uuid NOT NULL,
    contract_key uuid NOT NULL,
    currency text NOT NULL,
    account_id uuid NOT NULL REFERENCES scfd.limit_account,
    amount bigint NOT NULL CHECK (amount >= 0),
    expires_on date NOT NULL,
    PRIMARY KEY (assessment_id, contract_key, currency)
);
CREATE INDEX limit_grant_account ON scfd.limit_grant (account_id);
COMMENT ON TABLE scfd.limit_grant IS 'What an assessment found for each of its contracts: the accounts that its lenders may hold and draw under.';
COMMENT ON COLUMN scfd.limit_grant.amount IS 'The initial limit of the contract by this assessment; the account has that of the newest one.';

CREATE TABLE scfd.limit_lender (
    node_id uuid NOT NULL,
    account_id uuid NOT NULL REFERENCES scfd.limit_account,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (node_id, account_id)
);
CREATE INDEX limit_lender_account ON scfd.limit_lender (account_id);
CREATE INDEX limit_lender_page ON scfd.limit_lender (node_id, created_at, account_id);
COMMENT ON TABLE scfd.limit_lender IS 'Lenders that see an account: those that an assessment of its contract was addressed to.';
COMMENT ON COLUMN scfd.limit_lender.created_at IS 'Of the account: the order of the list of accounts.';

CREATE TABLE scfd.limit_hold (
    id uuid PRIMARY KEY,
    node_id uuid NOT NULL,
    account_id uuid NOT NULL,
    assessment_id uuid NOT NULL,
    decision_id uuid,
    contract_id uuid NOT NULL,
    contract_key uuid NOT NULL,
    borrower_id uuid NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    expires_at timestamptz NOT NULL,
    status smallint NOT NULL DEFAULT 0 CHECK (status BETWEEN 0 AND 3),
    loan_id uuid,
    used bigint NOT NULL DEFAULT 0 CHECK (used BETWEEN 0 AND amount),
    closed_at timestamptz,
    journaled boolean NOT NULL DEFAULT false,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    CHECK ((status = 0) = (closed_at IS NULL)),
    CHECK ((status = 1) = (loan_id IS NOT NULL))
);
CREATE INDEX limit_hold_due ON scfd.limit_hold (expires_at) WHERE status = 0;
CREATE INDEX limit_hold_account ON scfd.limit_hold (account_id, expires_at) WHERE status = 0;
CREATE INDEX limit_hold_unjournaled ON scfd.limit_hold (closed_at) WHERE status > 1 AND NOT journaled;
CREATE INDEX limit_hold_page ON scfd.limit_hold (created_at, id);
CREATE INDEX limit_hold_node ON scfd.limit_hold (node_id, created_at, id);
COMMENT ON TABLE scfd.limit_hold IS 'Amounts reserved by lenders. The id is also that of the record in the lender''s chain, which holds the body as received.';
COMMENT ON COLUMN scfd.limit_hold.node_id IS 'The lender''s node.';
COMMENT ON COLUMN scfd.limit_hold.status IS '0 held, 1 used by loan_id, 2 released, 3 expired. A held one past expires_at counts for nothing.';
COMMENT ON COLUMN scfd.limit_hold.journaled IS 'Whether its release or expiry stands in the platform''s chain (task "holds").';

-- Numbers that people write, as scf_normalise has them: without blanks, in upper case.
CREATE FUNCTION scfd.normal_number(number text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN upper(translate(number, E' \t\n\r\f\v\u00a0\u3000', ''));
-- The number of the invoice that a red letter cancels. Immutable, as the body of a record is.
CREATE FUNCTION scfd.red_letter_of(body bytea) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN scfd.normal_number(convert_from(body, 'UTF8')::json ->> 'original_invoice_no');
-- Red letters are few: the index is made at once, and nothing is written while a migration runs.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX record_red_letter ON scfd.record (scfd.red_letter_of(body)) WHERE kind = 3 AND amount < 0;

CREATE TABLE scfd.claim_head (
    invoice_key uuid PRIMARY KEY,
    net bigint NOT NULL,
    claimed bigint NOT NULL DEFAULT 0 CHECK (claimed >= 0),
    version bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE scfd.claim_head IS 'What is claimed of an invoice by all lenders together; the row is locked by whoever claims or releases.';
COMMENT ON COLUMN scfd.claim_head.invoice_key IS 'What the invoice is in business, whichever node reported it: the business_key of its record, else the record''s id. An invoice that was corrected has one head for each number that it had, and a claim counts at all of them.';
COMMENT ON COLUMN scfd.claim_head.net IS 'Amount after red letters as of the last claim, minor units.';
COMMENT ON COLUMN scfd.claim_head.claimed IS 'Sum of the live rows of claim (status 0).';

CREATE TABLE scfd.claim (
    holder_id uuid NOT NULL,
    invoice_key uuid NOT NULL,
    by_loan boolean NOT NULL,
    node_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
    amount bigint NOT NULL CHECK (amount > 0),
    status smallint NOT NULL DEFAULT 0 CHECK (status BETWEEN 0 AND 1),
    claimed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL DEFAULT 'infinity',
    released_at timestamptz,
    PRIMARY KEY (holder_id, invoice_key)
);
CREATE INDEX claim_live ON scfd.claim (invoice_key) WHERE status = 0;
CREATE INDEX claim_due ON scfd.claim (expires_at) WHERE status = 0 AND NOT by_loan;
COMMENT ON TABLE scfd.claim IS 'Claims on invoices by holds and loans. Live ones of an invoice never exceed its net amount when they are made; a reversal that opens a settled loan again may take them above it.';
COMMENT ON COLUMN scfd.claim.holder_id IS 'The hold, or (by_loan) the loan.';
COMMENT ON COLUMN scfd.claim.fingerprint IS 'fp_invoice of the record named (CR-7.1): all that may be told to others.';
COMMENT ON COLUMN scfd.claim.status IS '0 live, 1 released.';

-- What was financed before there were accounts: granted is just what is used, until the next
-- assessment of the contract. An account is its seller's, whoever borrowed.
INSERT INTO scfd.limit_account (id, contract_key, currency, borrower_id, granted, used, initial, entries,
        created_at, updated_at)
    SELECT gen_random_uuid(), k.contract_key, l.currency,
        (array_agg(coalesce(r.enterprise_id, l.borrower_id) ORDER BY l.id))[1],
        sum(k.financed), sum(k.financed), sum(k.financed), 2, min(l.created_at), max(l.updated_at)
    FROM scfd.loan_contract k JOIN scfd.loan l ON l.id = k.loan_id
        LEFT JOIN scfd.record r ON r.id = k.contract_id
    GROUP BY k.contract_key, l.currency;
INSERT INTO scfd.limit_entry (account_id, seq, type, granted, held, used, source_id, source_prefix, created_at)
    SELECT id, 1, 0, granted, 0, 0, id, 'lac', created_at FROM scfd.limit_account
    UNION ALL SELECT id, 2, 6, 0, 0, used, id, 'lac', created_at FROM scfd.limit_account;
DROP TABLE scfd.contract_exposure;

-- The same of the invoices that loans financed: each as a whole.
INSERT INTO scfd.claim_head (invoice_key, net, claimed, created_at)
    SELECT i.invoice_key, max(abs(r.amount)), coalesce(sum(abs(r.amount)) FILTER (WHERE l.status < 2), 0),
        min(l.created_at)
    FROM scfd.loan_invoice i JOIN scfd.loan l ON l.id = i.loan_id JOIN scfd.record r ON r.id = i.invoice_id
    WHERE r.amount <> 0 GROUP BY i.invoice_key;
INSERT INTO scfd.claim (holder_id, invoice_key, by_loan, node_id, invoice_id, fingerprint, amount, status,
        claimed_at, released_at)
    SELECT l.id, i.invoice_key, true, l.lender_id, i.invoice_id, sha256(convert_to(concat_ws('|',
            scfd.normal_number(coalesce(b.body ->> 'invoice_code', '')),
            scfd.normal_number(b.body ->> 'invoice_no'), b.body ->> 'issued_on', r.amount,
            scfd.normal_number(s.code), scfd.normal_number(u.code)), 'UTF8')),
        abs(r.amount), CASE WHEN l.status < 2 THEN 0 ELSE 1 END, l.created_at,
        CASE WHEN l.status < 2 THEN NULL ELSE l.updated_at END
    FROM scfd.loan_invoice i JOIN scfd.loan l ON l.id = i.loan_id JOIN scfd.record r ON r.id = i.invoice_id
        LEFT JOIN scfd.enterprise s ON s.id = r.enterprise_id
        LEFT JOIN scfd.enterprise u ON u.id = r.counterparty_id
        CROSS JOIN LATERAL (SELECT convert_from(coalesce(r.body, '{}'), 'UTF8')::json AS body) b
    WHERE r.amount <> 0;
DROP TABLE scfd.loan_invoice;

-- The weights by which a loan's principal counts against its contracts are now the shares that the
-- accounts gave; a contract without room may have none.
ALTER TABLE scfd.loan_contract DROP CONSTRAINT loan_contract_weight_check, ADD CHECK (weight >= 0);
COMMENT ON TABLE scfd.loan_contract IS 'The contracts a loan finances, and which part of its outstanding principal counts against each (limit_account.used).';
