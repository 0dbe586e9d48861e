-- Lending and assessments: lists of what a node may see, in their order, and lists by what they
-- belong to.

CREATE TABLE scfd.lending_seen (
    node_id uuid NOT NULL,
    kind smallint NOT NULL,
    created_at timestamptz NOT NULL,
    id uuid NOT NULL,
    PRIMARY KEY (node_id, kind, created_at, id)
);
COMMENT ON TABLE scfd.lending_seen IS 'Decisions, loans and repayments by the nodes that see them: the lender, and those they were addressed to. What scfd.record_addressee says, in the order of the lists, so that the other records addressed to a node do not slow them down.';
COMMENT ON COLUMN scfd.lending_seen.kind IS 'enum scf_record_kind';

WITH filed AS (
    SELECT id, lender_id, created_at FROM scfd.credit_decision
    UNION ALL SELECT id, lender_id, created_at FROM scfd.loan
    UNION ALL SELECT id, lender_id, created_at FROM scfd.repayment
), seen AS (
    SELECT id, created_at, lender_id AS node_id FROM filed
    UNION SELECT f.id, f.created_at, a.node_id FROM filed f
    JOIN scfd.record_addressee a ON a.record_id = f.id
)
INSERT INTO scfd.lending_seen (node_id, kind, created_at, id)
SELECT s.node_id, r.kind, s.created_at, s.id FROM seen s JOIN scfd.record r ON r.id = s.id;

DROP INDEX scfd.loan_borrower;
CREATE INDEX loan_borrower ON scfd.loan (borrower_id, created_at, id);
CREATE INDEX loan_number ON scfd.loan (loan_no);
CREATE INDEX credit_decision_borrower ON scfd.credit_decision (borrower_id, created_at, id);

ALTER TABLE scfd.credit_assessment_lender ADD COLUMN created_at timestamptz;
UPDATE scfd.credit_assessment_lender l SET created_at = a.created_at
    FROM scfd.credit_assessment a WHERE a.id = l.assessment_id;
ALTER TABLE scfd.credit_assessment_lender ALTER COLUMN created_at SET NOT NULL;
CREATE INDEX credit_assessment_lender_seen
    ON scfd.credit_assessment_lender (node_id, created_at, assessment_id);
COMMENT ON COLUMN scfd.credit_assessment_lender.created_at IS 'Of the assessment: the order of its list.';
