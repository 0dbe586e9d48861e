-- Increments: which periods ended, one run per enterprise, contract and period, and how far each
-- contract has been assessed.

CREATE TABLE scfd.limit_period (
    period text PRIMARY KEY,
    as_of timestamptz NOT NULL,
    complete boolean NOT NULL DEFAULT false,
    after_key uuid,
    after_currency text,
    created_at timestamptz NOT NULL
);
CREATE INDEX limit_period_as_of ON scfd.limit_period (as_of);
COMMENT ON TABLE scfd.limit_period IS 'Periods for which increments are due, from their end on; the row that instances lock while they schedule runs.';
COMMENT ON COLUMN scfd.limit_period.as_of IS 'Its last moment, for which its runs are made.';
COMMENT ON COLUMN scfd.limit_period.complete IS 'All its runs are scheduled. Until then they are up to the account after_key, after_currency.';

CREATE TABLE scfd.limit_run (
    borrower_id uuid NOT NULL,
    contract_key uuid NOT NULL,
    currency text NOT NULL,
    period text NOT NULL,
    id uuid NOT NULL,
    as_of timestamptz NOT NULL,
    status smallint NOT NULL DEFAULT 0 CHECK (status BETWEEN 0 AND 4),
    due_at timestamptz,
    attempt integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    made integer NOT NULL DEFAULT 0 CHECK (made >= 0),
    contract_id uuid,
    assessment_id uuid,
    completion bigint,
    target bigint,
    increment bigint,
    take_back bigint,
    granted bigint,
    reason text,
    problem_code text,
    problem_detail text,
    missed_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (borrower_id, contract_key, currency, period),
    CHECK (status NOT IN (1, 2) OR due_at IS NULL),
    CHECK (status NOT IN (0, 3) OR due_at IS NOT NULL),
    CHECK (status <> 4 OR missed_at IS NOT NULL)
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX limit_run_id ON scfd.limit_run (id);
CREATE INDEX limit_run_page ON scfd.limit_run (created_at, id);
CREATE INDEX limit_run_borrower ON scfd.limit_run (borrower_id, created_at, id);
CREATE INDEX limit_run_contract ON scfd.limit_run (contract_key, created_at, id);
CREATE INDEX limit_run_due ON scfd.limit_run (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX limit_run_open ON scfd.limit_run (as_of, id) WHERE due_at IS NOT NULL;
COMMENT ON TABLE scfd.limit_run IS 'The increment of one contract in one period: due, made, or not made in time.';
COMMENT ON COLUMN scfd.limit_run.contract_key IS 'business_key of the contract.';
COMMENT ON COLUMN scfd.limit_run.status IS '0 due, 1 done, 2 frozen, 3 failed, 4 missed';
COMMENT ON COLUMN scfd.limit_run.due_at IS 'When it is to be made, or made again; NULL: no more.';
COMMENT ON COLUMN scfd.limit_run.attempt IS 'How often it failed in a row.';
COMMENT ON COLUMN scfd.limit_run.made IS 'How often it was made: once, and again whenever an administrator asks.';
COMMENT ON COLUMN scfd.limit_run.contract_id IS 'The contract''s record it was made with.';
COMMENT ON COLUMN scfd.limit_run.assessment_id IS 'The assessment that it made, or that stands in its place.';
COMMENT ON COLUMN scfd.limit_run.completion IS 'P of CR-2.3, millionths.';
COMMENT ON COLUMN scfd.limit_run.target IS 'Z of CR-2.3, minor units.';
COMMENT ON COLUMN scfd.limit_run.increment IS 'Granted by all makings of the run together, minor units; take_back: taken back by them.';
COMMENT ON COLUMN scfd.limit_run.granted IS 'Initial limit and increments after the run, minor units.';
COMMENT ON COLUMN scfd.limit_run.missed_at IS 'When it was reported as not made in time: once, whatever becomes of it.';

CREATE TABLE scfd.limit_mark (
    contract_key uuid NOT NULL,
    currency text NOT NULL,
    as_of timestamptz NOT NULL,
    assessment_id uuid NOT NULL,
    best_credibility bigint NOT NULL,
    frozen_at timestamptz,
    PRIMARY KEY (contract_key, currency)
) WITH (fillfactor = 70);
COMMENT ON TABLE scfd.limit_mark IS 'The newest assessment of increments of a contract; written under the account''s lock. One for an earlier time changes nothing any more.';
COMMENT ON COLUMN scfd.limit_mark.best_credibility IS 'The highest E at which an increment was granted, millionths: what decides how much withdrawn evidence takes back.';
COMMENT ON COLUMN scfd.limit_mark.frozen_at IS 'Since when an assessment freezes the account (a rating of D, an invoice cancelled after financing); NULL: none does.';

-- An assessment's document is the body of its record, and was here once more.
-- squawk-ignore incompatible-rename-or-drop: no release has this column
ALTER TABLE scfd.credit_assessment DROP COLUMN document,
    ADD CHECK ((status = 2) = (receipt IS NOT NULL AND currency IS NOT NULL AND recommended_limit IS NOT NULL));

-- Documents and receipts are some twenty kilobytes for every contract and period: pglz would take
-- longer to compress them than everything else takes together. Servers built without lz4 go on as
-- they are.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        ALTER TABLE scfd.credit_assessment ALTER COLUMN receipt SET COMPRESSION lz4;
        ALTER TABLE scfd.record ALTER COLUMN body SET COMPRESSION lz4;
    END IF;
END $$;
