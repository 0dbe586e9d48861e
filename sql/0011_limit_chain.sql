-- The chain of limits: lenders' terms, and what is left for each lender of a limit.

CREATE TABLE scfd.lender_terms (
    id uuid PRIMARY KEY,
    lender_id uuid NOT NULL REFERENCES scfd.node,
    currency text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX lender_terms_newest ON scfd.lender_terms (lender_id, currency, created_at, id);
CREATE INDEX lender_terms_page ON scfd.lender_terms (created_at, id);
COMMENT ON TABLE scfd.lender_terms IS 'Terms that lenders sent: the record of this id in the lender''s chain holds them. The newest in a currency counts.';

ALTER TABLE scfd.credit_assessment_lender
    ADD COLUMN lender_limit bigint CHECK (lender_limit >= 0),
    ADD COLUMN lender_steps text,
    ADD COLUMN lender_part text,
    ADD CHECK ((lender_limit IS NULL) = (lender_part IS NULL)),
    ADD CHECK ((lender_limit IS NULL) = (lender_steps IS NULL));
COMMENT ON COLUMN scfd.credit_assessment_lender.lender_limit IS 'What is left of the limit for this lender by its own terms (CR-5, CR-10), minor units; NULL: nothing was computed, the recommended limit stands.';
COMMENT ON COLUMN scfd.credit_assessment_lender.lender_steps IS 'JSON array of the steps it passed through.';
COMMENT ON COLUMN scfd.credit_assessment_lender.lender_part IS 'The member "lender" of the lender''s receipt (scfd-lender-receipt/v1).';

-- What a lender has lent and not got back, for its room with a debtor.
-- squawk-ignore require-concurrent-index-creation: open loans are few
CREATE INDEX loan_lender_open ON scfd.loan (lender_id) WHERE status < 2;
COMMENT ON INDEX scfd.loan_lender_open IS 'What a lender has lent and not got back, for its room with a debtor.';

-- What contracts, events and invoices say of a contract is in its facts (0008_trade.sql).
DROP TABLE scfd.contract_total;
DROP TABLE scfd.contract_invoice;
