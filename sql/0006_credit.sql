-- Credit: what the records carry, folded into days and contracts; policies; assessments.

CREATE TABLE scfd.rollup_cursor (
    chain_id uuid PRIMARY KEY,
    folded_size bigint NOT NULL DEFAULT 0 CHECK (folded_size >= 0)
);
COMMENT ON TABLE scfd.rollup_cursor IS 'How far each chain is folded: leaves below folded_size are in the tables below, exactly once.';

CREATE TABLE scfd.rollup_day (
    chain_id uuid NOT NULL,
    enterprise_id uuid NOT NULL,
    day date NOT NULL,
    kind smallint NOT NULL,
    template_id integer NOT NULL,
    records bigint NOT NULL,
    weight_expected bigint NOT NULL,
    weight_present bigint NOT NULL,
    delay_count bigint NOT NULL,
    delay_s bigint NOT NULL,
    delay_us bigint NOT NULL,
    range_ok bigint NOT NULL,
    fluctuation_applicable bigint NOT NULL,
    fluctuation_ok bigint NOT NULL,
    checks_applicable bigint NOT NULL,
    checks_passed bigint NOT NULL,
    PRIMARY KEY (chain_id, enterprise_id, day, kind, template_id)
);
CREATE INDEX rollup_day_enterprise ON scfd.rollup_day (enterprise_id, day);
COMMENT ON TABLE scfd.rollup_day IS 'Totals per enterprise, UTC day of receipt, kind and template: what ratings read instead of records.';
COMMENT ON COLUMN scfd.rollup_day.template_id IS '0: the records were judged by no template.';
COMMENT ON COLUMN scfd.rollup_day.delay_count IS 'Records that say when they happened and revise none.';
COMMENT ON COLUMN scfd.rollup_day.delay_s IS 'Sum of the whole seconds of max(0, received - happened); delay_us sums the µs beyond them.';
COMMENT ON COLUMN scfd.rollup_day.fluctuation_applicable IS 'Records with a watched value that an earlier accounting period can be compared with.';

CREATE TABLE scfd.rollup_series (
    chain_id uuid NOT NULL,
    enterprise_id uuid NOT NULL,
    template_id integer NOT NULL,
    state bytea NOT NULL,
    PRIMARY KEY (chain_id, enterprise_id, template_id)
);
COMMENT ON TABLE scfd.rollup_series IS 'Where the comparison of watched values stands (src/credit/series.c).';

CREATE TABLE scfd.contract_total (
    chain_id uuid NOT NULL,
    contract_key uuid NOT NULL,
    seller_id uuid NOT NULL,
    buyer_id uuid NOT NULL,
    currency text NOT NULL,
    invoices bigint NOT NULL,
    invoiced numeric NOT NULL,
    events bigint NOT NULL,
    first_event_at timestamptz,
    PRIMARY KEY (chain_id, contract_key, seller_id, buyer_id, currency)
);
CREATE INDEX contract_total_contract ON scfd.contract_total (contract_key);
COMMENT ON TABLE scfd.contract_total IS 'What the invoices and events of a chain say about a contract, per parties they name.';
COMMENT ON COLUMN scfd.contract_total.seller_id IS 'Nil uuid where the record names none; so buyer_id. currency: empty where there is none.';
COMMENT ON COLUMN scfd.contract_total.invoiced IS 'Sum of the invoices, tax included, minor units; a revision replaces what it revises.';

CREATE TABLE scfd.contract_invoice (
    invoice_key uuid PRIMARY KEY,
    chain_id uuid NOT NULL,
    contract_key uuid NOT NULL,
    seller_id uuid NOT NULL,
    buyer_id uuid NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL
);
COMMENT ON TABLE scfd.contract_invoice IS 'Each invoice of a contract once, with what it counts for at present. The chain that was folded first owns it; the same invoice in another chain does not count again.';

CREATE TABLE scfd.contract_guarantee (
    chain_id uuid NOT NULL,
    leaf_index bigint NOT NULL,
    contract_key uuid NOT NULL,
    record_id uuid NOT NULL,
    revises_id uuid,
    PRIMARY KEY (chain_id, leaf_index)
);
CREATE INDEX contract_guarantee_contract ON scfd.contract_guarantee (contract_key);
COMMENT ON TABLE scfd.contract_guarantee IS 'Guarantee records by contract.';

CREATE TABLE scfd.contract_exposure (
    contract_key uuid NOT NULL,
    currency text NOT NULL,
    financed bigint NOT NULL CHECK (financed >= 0),
    PRIMARY KEY (contract_key, currency)
);
COMMENT ON TABLE scfd.contract_exposure IS 'What is lent and not repaid against a contract; written by lending.';

CREATE TABLE scfd.credit_policy (
    code text NOT NULL,
    version text NOT NULL,
    params text NOT NULL,
    effective_from timestamptz NOT NULL,
    PRIMARY KEY (code, version)
);
COMMENT ON TABLE scfd.credit_policy IS 'Parameters of the credit model. The SHA-256 of params names the model; a row is never changed.';
INSERT INTO scfd.credit_policy (code, version, params, effective_from) VALUES ('default', '1',
    '{"order_advance_rate":"0.30","truth_weights":{"normativity":"0.25","timeliness":"0.15","accuracy":"0.25","checks":"0.35"},"lateness_horizon_hours":168,"qualification":{"base":"0.50","bonus":{"industry_permit":"0.10","safety_license":"0.10","quality_system":"0.10","high_tech":"0.10","credit_rating":"0.10"}},"history":{"full_periods":3,"full":"1.00","short":"0.90","none":"0.80"},"guarantee":{"haircut":"0.20","cap":"0.50"},"limit_valid_days":90}',
    '1970-01-01 00:00:00+00');

CREATE TABLE scfd.credit_assessment (
    id uuid PRIMARY KEY,
    node_id uuid,
    borrower_id uuid NOT NULL,
    request text NOT NULL,
    as_of timestamptz NOT NULL,
    status smallint NOT NULL DEFAULT 0 CHECK (status BETWEEN 0 AND 3),
    version bigint NOT NULL DEFAULT 1,
    currency text,
    recommended_limit bigint,
    limit_expires_on date,
    document text,
    receipt text,
    problem_code text,
    problem_detail text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((status = 2) = (document IS NOT NULL AND receipt IS NOT NULL AND currency IS NOT NULL
                           AND recommended_limit IS NOT NULL)),
    CHECK ((status = 3) = (problem_code IS NOT NULL))
);
CREATE INDEX credit_assessment_page ON scfd.credit_assessment (created_at, id);
CREATE INDEX credit_assessment_node ON scfd.credit_assessment (node_id, created_at, id);
CREATE INDEX credit_assessment_borrower ON scfd.credit_assessment (borrower_id, created_at, id);
COMMENT ON TABLE scfd.credit_assessment IS 'Requests for a limit and what became of them. The id is also that of the record in the platform''s chain.';
COMMENT ON COLUMN scfd.credit_assessment.node_id IS 'Who asked; NULL: an administrator.';
COMMENT ON COLUMN scfd.credit_assessment.request IS 'The body as received.';
COMMENT ON COLUMN scfd.credit_assessment.status IS '0 queued, 1 running, 2 succeeded, 3 failed';
COMMENT ON COLUMN scfd.credit_assessment.version IS 'Grows with every change that GET shows, a lender''s decision included; the ETag.';
COMMENT ON COLUMN scfd.credit_assessment.document IS 'The record''s body, byte for byte.';
COMMENT ON COLUMN scfd.credit_assessment.receipt IS 'scfd-receipt/v1: every input and the result; its SHA-256 stands in the document.';

CREATE TABLE scfd.credit_assessment_lender (
    assessment_id uuid NOT NULL REFERENCES scfd.credit_assessment,
    node_id uuid NOT NULL,
    awaiting boolean NOT NULL DEFAULT true,
    addressed_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (assessment_id, node_id)
);
CREATE INDEX credit_assessment_lender_seen
    ON scfd.credit_assessment_lender (node_id, created_at, assessment_id);
CREATE INDEX credit_assessment_lender_awaiting
    ON scfd.credit_assessment_lender (node_id, addressed_at, assessment_id) WHERE awaiting;
COMMENT ON TABLE scfd.credit_assessment_lender IS 'Lenders an assessment was addressed to, and whether their decision is still awaited.';
COMMENT ON COLUMN scfd.credit_assessment_lender.created_at IS 'Of the assessment: the order of the list of assessments.';
