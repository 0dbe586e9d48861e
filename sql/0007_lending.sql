-- Lending: decisions of lenders, loans under them, repayments, and the ledger of each loan. The id
-- of each row is also that of the record in the lender's chain, which holds the body as received.

CREATE TABLE scfd.credit_decision (
    id uuid PRIMARY KEY,
    lender_id uuid NOT NULL REFERENCES scfd.node,
    assessment_id uuid NOT NULL REFERENCES scfd.credit_assessment,
    borrower_id uuid NOT NULL,
    outcome smallint NOT NULL CHECK (outcome BETWEEN 0 AND 3),
    status smallint NOT NULL DEFAULT 0 CHECK (status BETWEEN 0 AND 2),
    currency text,
    approved_limit bigint CHECK (approved_limit > 0),
    annual_rate bigint,
    tenor_days integer,
    revolving boolean NOT NULL,
    valid_from date,
    valid_until date,
    supersedes_id uuid,
    superseded_by uuid,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (outcome > 1 OR (currency IS NOT NULL AND approved_limit IS NOT NULL
        AND annual_rate IS NOT NULL AND tenor_days IS NOT NULL
        AND valid_from IS NOT NULL AND valid_until IS NOT NULL))
);
CREATE UNIQUE INDEX credit_decision_open ON scfd.credit_decision (assessment_id, lender_id)
    WHERE status = 0;
CREATE INDEX credit_decision_page ON scfd.credit_decision (created_at, id);
CREATE INDEX credit_decision_lender ON scfd.credit_decision (lender_id);
CREATE INDEX credit_decision_assessment ON scfd.credit_decision (assessment_id);
CREATE INDEX credit_decision_borrower ON scfd.credit_decision (borrower_id, created_at, id);
COMMENT ON TABLE scfd.credit_decision IS 'What a lender decided on an assessment. At most one per assessment and lender is open.';
COMMENT ON COLUMN scfd.credit_decision.lender_id IS 'The lender''s node.';
COMMENT ON COLUMN scfd.credit_decision.outcome IS '0 approved, 1 approved with conditions, 2 declined, 3 withdrawn';
COMMENT ON COLUMN scfd.credit_decision.status IS '0 open, 1 superseded by a later decision, 2 withdrawn by a later one';
COMMENT ON COLUMN scfd.credit_decision.annual_rate IS 'Millionths a year.';
COMMENT ON COLUMN scfd.credit_decision.revolving IS 'Repaid principal can be lent again.';

CREATE TABLE scfd.decision_contract (
    decision_id uuid NOT NULL REFERENCES scfd.credit_decision,
    contract_id uuid NOT NULL,
    contract_key uuid NOT NULL,
    weight bigint NOT NULL CHECK (weight > 0),
    PRIMARY KEY (decision_id, contract_id)
);
COMMENT ON TABLE scfd.decision_contract IS 'The contracts of the assessment that was decided on. weight: the contract''s amount, by which loans are split over contracts.';

CREATE TABLE scfd.loan (
    id uuid PRIMARY KEY,
    lender_id uuid NOT NULL REFERENCES scfd.node,
    loan_no text NOT NULL,
    decision_id uuid NOT NULL REFERENCES scfd.credit_decision,
    borrower_id uuid NOT NULL,
    currency text NOT NULL,
    principal bigint NOT NULL CHECK (principal > 0),
    annual_rate bigint NOT NULL CHECK (annual_rate BETWEEN 0 AND 360000),
    day_count smallint NOT NULL CHECK (day_count BETWEEN 0 AND 2),
    method smallint NOT NULL CHECK (method BETWEEN 0 AND 4),
    value_date date NOT NULL,
    maturity_date date NOT NULL CHECK (maturity_date > value_date),
    paid_to date NOT NULL,
    status smallint NOT NULL DEFAULT 0 CHECK (status BETWEEN 0 AND 2),
    owed_fees bigint NOT NULL DEFAULT 0 CHECK (owed_fees >= 0),
    owed_penalty bigint NOT NULL DEFAULT 0 CHECK (owed_penalty >= 0),
    owed_compound bigint NOT NULL DEFAULT 0 CHECK (owed_compound >= 0),
    owed_interest bigint NOT NULL DEFAULT 0 CHECK (owed_interest >= 0),
    owed_principal bigint NOT NULL CHECK (owed_principal >= 0),
    entries integer NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (lender_id, loan_no)
);
CREATE INDEX loan_decision ON scfd.loan (decision_id);
CREATE INDEX loan_borrower ON scfd.loan (borrower_id, created_at, id);
CREATE INDEX loan_number ON scfd.loan (loan_no);
CREATE INDEX loan_page ON scfd.loan (created_at, id);
COMMENT ON TABLE scfd.loan IS 'Loans. The owed_ columns are the sums of loan_entry, kept beside it.';
COMMENT ON COLUMN scfd.loan.annual_rate IS 'Millionths a year.';
COMMENT ON COLUMN scfd.loan.day_count IS '0 act_360, 1 act_365, 2 d30_360';
COMMENT ON COLUMN scfd.loan.method IS '0 bullet, 1 interest_then_principal, 2 equal_installment, 3 equal_principal, 4 self_liquidating';
COMMENT ON COLUMN scfd.loan.paid_to IS 'Interest up to this day is in the ledger.';
COMMENT ON COLUMN scfd.loan.status IS '0 disbursed, 1 repaying, 2 settled; whether it is overdue follows from schedule and clock.';
COMMENT ON COLUMN scfd.loan.entries IS 'Entries in the ledger so far.';

CREATE TABLE scfd.loan_instalment (
    loan_id uuid NOT NULL REFERENCES scfd.loan,
    seq integer NOT NULL,
    due_on date NOT NULL,
    principal bigint NOT NULL CHECK (principal >= 0),
    interest bigint NOT NULL CHECK (interest >= 0),
    PRIMARY KEY (loan_id, seq)
);
COMMENT ON TABLE scfd.loan_instalment IS 'The repayment schedule, as the lender gave it or derived from the terms.';

CREATE TABLE scfd.loan_contract (
    loan_id uuid NOT NULL REFERENCES scfd.loan,
    contract_id uuid NOT NULL,
    contract_key uuid NOT NULL,
    weight bigint NOT NULL CHECK (weight > 0),
    financed bigint NOT NULL CHECK (financed >= 0),
    PRIMARY KEY (loan_id, contract_id)
);
COMMENT ON TABLE scfd.loan_contract IS 'The contracts a loan finances, and which part of its outstanding principal counts against each (contract_exposure).';

CREATE TABLE scfd.loan_invoice (
    loan_id uuid NOT NULL REFERENCES scfd.loan,
    invoice_key uuid NOT NULL,
    invoice_id uuid NOT NULL,
    PRIMARY KEY (loan_id, invoice_key)
);
CREATE INDEX loan_invoice_key ON scfd.loan_invoice (invoice_key);
COMMENT ON TABLE scfd.loan_invoice IS 'Invoices that a loan finances. At most one loan that is not settled finances an invoice.';
COMMENT ON COLUMN scfd.loan_invoice.invoice_key IS 'What the invoice is in business, whichever node reported it: business_key of its record (else the record''s id), and the same of every record that it revises.';
COMMENT ON COLUMN scfd.loan_invoice.invoice_id IS 'The record that the loan names.';

CREATE TABLE scfd.loan_entry (
    loan_id uuid NOT NULL REFERENCES scfd.loan,
    seq integer NOT NULL,
    kind smallint NOT NULL CHECK (kind BETWEEN 0 AND 4),
    value_date date NOT NULL,
    fees bigint NOT NULL,
    penalty bigint NOT NULL,
    compound bigint NOT NULL,
    interest bigint NOT NULL,
    principal bigint NOT NULL,
    record_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (loan_id, seq)
);
COMMENT ON TABLE scfd.loan_entry IS 'The ledger of a loan: changes of what is owed, never altered.';
COMMENT ON COLUMN scfd.loan_entry.kind IS '0 disbursement, 1 accrual of interest, 2 charge, 3 repayment, 4 reversal of a repayment';
COMMENT ON COLUMN scfd.loan_entry.record_id IS 'The loan or repayment that caused it.';

CREATE TABLE scfd.repayment (
    id uuid PRIMARY KEY,
    lender_id uuid NOT NULL REFERENCES scfd.node,
    loan_id uuid NOT NULL REFERENCES scfd.loan,
    currency text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    value_date date NOT NULL,
    fees bigint NOT NULL,
    penalty bigint NOT NULL,
    compound bigint NOT NULL,
    interest bigint NOT NULL,
    principal bigint NOT NULL,
    bank_receipt_no text,
    reversal_of uuid UNIQUE REFERENCES scfd.repayment,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    CHECK (fees + penalty + compound + interest + principal = amount)
);
CREATE UNIQUE INDEX repayment_receipt ON scfd.repayment (lender_id, bank_receipt_no)
    WHERE reversal_of IS NULL;
CREATE INDEX repayment_loan ON scfd.repayment (loan_id);
CREATE INDEX repayment_page ON scfd.repayment (created_at, id);
COMMENT ON TABLE scfd.repayment IS 'Repayments and their reversals.';
COMMENT ON COLUMN scfd.repayment.reversal_of IS 'The repayment that did not come about after all; each at most once.';

CREATE TABLE scfd.lending_seen (
    node_id uuid NOT NULL,
    kind smallint NOT NULL,
    created_at timestamptz NOT NULL,
    id uuid NOT NULL,
    PRIMARY KEY (node_id, kind, created_at, id)
);
COMMENT ON TABLE scfd.lending_seen IS 'Decisions, loans and repayments by the nodes that see them: the lender, and those they were addressed to. What scfd.record_addressee says, in the order of the lists, so that the other records addressed to a node do not slow them down.';
COMMENT ON COLUMN scfd.lending_seen.kind IS 'enum scf_record_kind';
