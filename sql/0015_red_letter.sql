-- Claims on receivables beside those on their invoices. Invoices that turn out void, red or unknown
-- while they are claimed: what is to be looked at again, and the limit accounts stopped for it.

ALTER TABLE scfd.limit_account ADD COLUMN stopped boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN scfd.limit_account.stopped IS 'Frozen for an invoice cancelled after it was financed (an open row of limit_stop): only an administrator lifts it, and what is held cannot be drawn meanwhile.';

ALTER TABLE scfd.claim ADD COLUMN receivable_id uuid;
COMMENT ON COLUMN scfd.claim.receivable_id IS 'NULL: a claim on the invoice. Else it is on the lender''s receivable of the invoice, beside the one on the invoice itself: fingerprint is fp_ar (CR-7.1), and invoice_key its first 16 bytes, so that the receivable has a head of its own.';

ALTER TABLE scfd.claim_head ADD COLUMN number text NOT NULL DEFAULT '';
COMMENT ON COLUMN scfd.claim_head.number IS 'Number of the invoice that was claimed first under this key, as scfd.normal_number has it: red letters name it. Empty: of a receivable.';
UPDATE scfd.claim_head h SET number = coalesce(
        scfd.normal_number(convert_from(r.body, 'UTF8')::json ->> 'invoice_no'), '')
    FROM scfd.claim c JOIN scfd.record r ON r.id = c.invoice_id WHERE c.invoice_key = h.invoice_key;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX claim_head_number ON scfd.claim_head (number) WHERE number <> '';

CREATE TABLE scfd.claim_watch (
    invoice_key uuid PRIMARY KEY,
    seen_at timestamptz NOT NULL
);
COMMENT ON TABLE scfd.claim_watch IS 'Claimed invoices that a record was folded of since: the task "holds" looks whether they still stand, and deletes the row.';

CREATE TABLE scfd.limit_stop (
    account_id uuid NOT NULL REFERENCES scfd.limit_account,
    invoice_key uuid NOT NULL,
    invoice_id uuid NOT NULL,
    receivable_id uuid,
    created_at timestamptz NOT NULL,
    lifted_at timestamptz,
    PRIMARY KEY (account_id, invoice_key, created_at)
);
CREATE UNIQUE INDEX limit_stop_open ON scfd.limit_stop (account_id, invoice_key) WHERE lifted_at IS NULL;
CREATE INDEX limit_stop_receivable ON scfd.limit_stop (receivable_id) WHERE receivable_id IS NOT NULL;
COMMENT ON TABLE scfd.limit_stop IS 'Why accounts are stopped: an invoice was cancelled while a hold or loan under the account claimed it, or a receivable became red-lettered after it was financed.';
COMMENT ON COLUMN scfd.limit_stop.receivable_id IS 'The receivable that says so; a receivable stops an account once.';
COMMENT ON COLUMN scfd.limit_stop.lifted_at IS 'When an administrator lifted it.';

-- A row that is there is locked by every booking until its commit, so that no entry is missed.
CREATE TABLE scfd.limit_news (
    account_id uuid PRIMARY KEY,
    from_seq bigint NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE scfd.limit_news IS 'Accounts with holds made, released or expired that the borrower''s nodes have not been told of: the task "holds" tells them, and deletes the row.';
COMMENT ON COLUMN scfd.limit_news.from_seq IS 'The first entry that is news.';
