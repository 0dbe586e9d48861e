-- Receivables: where each stands on its way to the money, and the steps that brought it there.

CREATE TABLE scfd.receivable (
    id uuid PRIMARY KEY,
    invoice_key uuid NOT NULL,
    invoice_id uuid NOT NULL,
    contract_id uuid,
    contract_key uuid,
    seller_id uuid NOT NULL REFERENCES scfd.enterprise,
    debtor_id uuid NOT NULL REFERENCES scfd.enterprise,
    lender_id uuid NOT NULL REFERENCES scfd.node,
    sender_id uuid NOT NULL REFERENCES scfd.node,
    kind smallint NOT NULL CHECK (kind BETWEEN 0 AND 3),
    state smallint NOT NULL CHECK (state BETWEEN 0 AND 20),
    resume_state smallint NOT NULL CHECK (resume_state BETWEEN 0 AND 20),
    bar smallint NOT NULL DEFAULT 0 CHECK (bar BETWEEN 0 AND 4),
    open boolean NOT NULL DEFAULT true,
    currency text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    diluted bigint NOT NULL DEFAULT 0 CHECK (diluted BETWEEN 0 AND amount),
    issued_on date NOT NULL,
    delivered_on date,
    due_on date,
    voucher text,
    debtor_upload boolean NOT NULL,
    confirmed boolean NOT NULL DEFAULT false,
    statutory boolean NOT NULL DEFAULT false,
    tenor_reasoned boolean NOT NULL DEFAULT false,
    tenor_examined boolean NOT NULL DEFAULT false,
    conflict boolean NOT NULL DEFAULT false,
    verification smallint NOT NULL DEFAULT 0 CHECK (verification BETWEEN 0 AND 5),
    verified_at timestamptz,
    searched_at timestamptz,
    confirm_due_at timestamptz,
    registered_at timestamptz,
    proven_clear_at timestamptz,
    notified_at timestamptz,
    financed_at timestamptz,
    ended_at timestamptz,
    loan_id uuid,
    registration_no text,
    registration_status smallint NOT NULL DEFAULT 0 CHECK (registration_status BETWEEN 0 AND 6),
    registration_from date,
    registration_to date,
    registration text,
    told smallint NOT NULL DEFAULT 0,
    steps integer NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state <> 4) OR confirm_due_at IS NOT NULL),
    CHECK ((registered_at IS NULL) = (registration_status = 0)),
    CHECK ((loan_id IS NULL) = (financed_at IS NULL))
);
CREATE UNIQUE INDEX receivable_open ON scfd.receivable (invoice_key, lender_id) WHERE open;
CREATE INDEX receivable_invoice ON scfd.receivable (invoice_key, id);
CREATE INDEX receivable_loan ON scfd.receivable (loan_id) WHERE loan_id IS NOT NULL;
CREATE INDEX receivable_page ON scfd.receivable (created_at, id);
CREATE INDEX receivable_confirm_due ON scfd.receivable (confirm_due_at) WHERE state = 4;
CREATE INDEX receivable_reverify ON scfd.receivable (verified_at)
    WHERE state IN (11, 12, 17) AND (told & 1) = 0;
CREATE INDEX receivable_due ON scfd.receivable (due_on) WHERE state IN (11, 12);
CREATE INDEX receivable_registration_to ON scfd.receivable (registration_to)
    WHERE registration_status BETWEEN 1 AND 4;
CREATE INDEX receivable_ended ON scfd.receivable (ended_at)
    WHERE registration_status BETWEEN 1 AND 4 AND (told & 2) = 0;
CREATE INDEX receivable_red_lettered ON scfd.receivable (seller_id) WHERE state = 16;
COMMENT ON TABLE scfd.receivable IS 'Claims of sellers on debtors, each offered to one lender. Changed only under the row''s lock, by a step.';
COMMENT ON COLUMN scfd.receivable.invoice_key IS 'What the invoice is in business: business_key of its record, else the record''s id.';
COMMENT ON COLUMN scfd.receivable.lender_id IS 'The lender''s node.';
COMMENT ON COLUMN scfd.receivable.sender_id IS 'The node that offered it.';
COMMENT ON COLUMN scfd.receivable.kind IS '0 factoring with recourse, 1 factoring without recourse, 2 pledge, 3 voucher';
COMMENT ON COLUMN scfd.receivable.state IS 'enum scf_receivable_state';
COMMENT ON COLUMN scfd.receivable.resume_state IS 'Where it goes on after a side state.';
COMMENT ON COLUMN scfd.receivable.bar IS 'Why it is ineligible: 0 it is not, 1 DUP, 2 INV, 3 MATCH, 4 TERM';
COMMENT ON COLUMN scfd.receivable.open IS 'False once settled, repurchased or released. Of an invoice a lender has one open receivable.';
COMMENT ON COLUMN scfd.receivable.amount IS 'Face value, minor units; diluted is what came off it since.';
COMMENT ON COLUMN scfd.receivable.voucher IS 'The voucher as offered, JSON; NULL unless the kind is voucher.';
COMMENT ON COLUMN scfd.receivable.debtor_upload IS 'The debtor''s own node offered it, which counts as its confirmation.';
COMMENT ON COLUMN scfd.receivable.statutory IS 'The debtor owes the seller a confirmation by law, within the policy''s days.';
COMMENT ON COLUMN scfd.receivable.tenor_reasoned IS 'A voucher with a tenor beyond the normal one: the lender must examine the reasons before it registers.';
COMMENT ON COLUMN scfd.receivable.conflict IS 'The register shows an entry of another party that goes before.';
COMMENT ON COLUMN scfd.receivable.verification IS '0 none, 1 normal, 2 voided, 3 partially red, 4 fully red, 5 not found';
COMMENT ON COLUMN scfd.receivable.searched_at IS 'Last search of the register that showed nothing in the way.';
COMMENT ON COLUMN scfd.receivable.confirm_due_at IS 'Until when the debtor has to confirm; kept after it did.';
COMMENT ON COLUMN scfd.receivable.proven_clear_at IS 'Last search after the registration that showed no earlier entry of another party.';
COMMENT ON COLUMN scfd.receivable.ended_at IS 'When the debt ended: from then on the registration has to be cancelled.';
COMMENT ON COLUMN scfd.receivable.registration_status IS '0 none, 1 active, 2 amended, 3 extended, 4 objected, 5 cancelled, 6 expired';
COMMENT ON COLUMN scfd.receivable.registration IS 'The registration record, JSON. The register''s modify code is not in it, nor anywhere else.';
COMMENT ON COLUMN scfd.receivable.told IS 'Bits of reminders that were given: 1 verification due, 2 cancellation overdue, 4 registration about to end';

CREATE TABLE scfd.receivable_step (
    receivable_id uuid NOT NULL REFERENCES scfd.receivable,
    seq integer NOT NULL CHECK (seq > 0),
    step smallint NOT NULL,
    node_id uuid,
    from_state smallint NOT NULL,
    to_state smallint NOT NULL,
    happened_at timestamptz NOT NULL,
    filed_at timestamptz NOT NULL,
    body text NOT NULL,
    record_id uuid,
    PRIMARY KEY (receivable_id, seq)
);
CREATE INDEX receivable_step_pending ON scfd.receivable_step (filed_at, receivable_id)
    WHERE record_id IS NULL;
COMMENT ON TABLE scfd.receivable_step IS 'Every step of every receivable, numbered from 1; never changed.';
COMMENT ON COLUMN scfd.receivable_step.step IS 'enum scf_rcv_step';
COMMENT ON COLUMN scfd.receivable_step.node_id IS 'Who made it; NULL: the platform.';
COMMENT ON COLUMN scfd.receivable_step.body IS 'Body of its record in the platform''s chain, byte for byte.';
COMMENT ON COLUMN scfd.receivable_step.record_id IS 'The record. NULL for a moment after a step that a loan or a repayment brought: the record follows in a transaction of its own, which locks chains in their order.';

CREATE TABLE scfd.receivable_seen (
    node_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    receivable_id uuid NOT NULL REFERENCES scfd.receivable,
    PRIMARY KEY (node_id, created_at, receivable_id)
);
CREATE INDEX receivable_seen_receivable ON scfd.receivable_seen (receivable_id, node_id);
COMMENT ON TABLE scfd.receivable_seen IS 'Receivables by the nodes that see them, in the order of the list: who offered it, and from its submission on the seller''s, the debtor''s and the lender''s.';
