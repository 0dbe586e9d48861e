-- Lending: which invoices a loan finances, and an index for the sums over all decisions on an
-- assessment.

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

CREATE INDEX credit_decision_assessment ON scfd.credit_decision (assessment_id);
