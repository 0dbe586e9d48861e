-- Origins of the log, one after the other (docs/restore.md), and erased records (docs/erasure.md).

CREATE TABLE scfd.log_origin (
    generation bigint PRIMARY KEY CHECK (generation > 0),
    origin text NOT NULL UNIQUE,
    reason text,
    record_id uuid,
    began_at timestamptz NOT NULL,
    CHECK ((generation = 1) = (reason IS NULL))
);
COMMENT ON TABLE scfd.log_origin IS 'The origins under which blocks were signed. The newest one is installation.origin.';
COMMENT ON COLUMN scfd.log_origin.record_id IS 'The record in the platform''s chain that says why it was begun, and what was known of the one before (org_…); the first of several.';
INSERT INTO scfd.log_origin (generation, origin, began_at)
    SELECT 1, origin, created_at FROM scfd.installation;

CREATE TABLE scfd.erasure (
    record_id uuid PRIMARY KEY,
    erasure_id uuid NOT NULL UNIQUE,
    chain_id uuid NOT NULL,
    leaf_index bigint NOT NULL,
    basis smallint NOT NULL CHECK (basis BETWEEN 0 AND 3),
    erased_at timestamptz NOT NULL,
    xact xid8 NOT NULL,
    swept_at timestamptz
);
CREATE INDEX erasure_unswept ON scfd.erasure (erased_at) WHERE swept_at IS NULL;
COMMENT ON TABLE scfd.erasure IS 'Records whose body was erased. Who asked, and why, is in the record erasure_id (ers_…) of the platform''s chain.';
COMMENT ON COLUMN scfd.erasure.basis IS '0 court_order, 1 regulator_order, 2 data_subject_request, 3 sender_request';
COMMENT ON COLUMN scfd.erasure.xact IS 'The transaction that erased it: while an older one is open, its row versions cannot be removed.';
COMMENT ON COLUMN scfd.erasure.swept_at IS 'When the dead row versions were vacuumed away.';
