-- Witnesses: the logs that we cosign, what was seen of them, and who cosigns our chains.

CREATE TABLE scfd.witness_log (
    id uuid PRIMARY KEY,
    origin text NOT NULL UNIQUE CHECK (length(origin) BETWEEN 1 AND 300),
    vkeys text NOT NULL,
    active boolean NOT NULL DEFAULT true,
    size bigint NOT NULL DEFAULT 0 CHECK (size >= 0),
    root bytea CHECK (length(root) = 32),
    cosigned_time bigint NOT NULL DEFAULT 0,
    seen bigint NOT NULL DEFAULT 0,
    conflict_id uuid,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
COMMENT ON TABLE scfd.witness_log IS 'Logs of others that we cosign. A row is never deleted: what was seen of a log must not be forgotten.';
COMMENT ON COLUMN scfd.witness_log.vkeys IS 'C2SP verifier keys that may sign for it, each a line.';
COMMENT ON COLUMN scfd.witness_log.size IS 'Of the newest tree that we cosigned; 0 with root NULL: none yet.';
COMMENT ON COLUMN scfd.witness_log.cosigned_time IS 'Of the newest cosignature, POSIX seconds: it never goes back.';
COMMENT ON COLUMN scfd.witness_log.seen IS 'Checkpoints that were remembered so far; numbers witness_seen.seq.';
COMMENT ON COLUMN scfd.witness_log.conflict_id IS 'While it stands the log is not cosigned.';

CREATE TABLE scfd.witness_seen (
    log_id uuid NOT NULL,
    size bigint NOT NULL,
    root bytea NOT NULL CHECK (length(root) = 32),
    note text NOT NULL,
    seq bigint NOT NULL,
    cosigned boolean NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (log_id, size)
);
CREATE INDEX witness_seen_seq ON scfd.witness_seen (log_id, seq) WHERE NOT cosigned;
COMMENT ON TABLE scfd.witness_seen IS 'Checkpoints that a log signed, the first of each size: all that we cosigned, and the latest of the others.';

CREATE TABLE scfd.witness_conflict (
    id uuid PRIMARY KEY,
    log_id uuid,
    chain_id uuid,
    origin text NOT NULL,
    size bigint NOT NULL,
    root bytea NOT NULL CHECK (length(root) = 32),
    first_note text,
    second_note text NOT NULL,
    found_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by uuid,
    reason text,
    CHECK ((log_id IS NULL) <> (chain_id IS NULL)),
    CHECK ((acknowledged_at IS NULL) = (reason IS NULL))
);
CREATE UNIQUE INDEX witness_conflict_view ON scfd.witness_conflict (origin, size, root);
CREATE INDEX witness_conflict_found ON scfd.witness_conflict (found_at, id);
COMMENT ON TABLE scfd.witness_conflict IS 'Two checkpoints that one log signed and that contradict each other.';
COMMENT ON COLUMN scfd.witness_conflict.log_id IS 'The log; NULL: it is our own chain, chain_id.';
COMMENT ON COLUMN scfd.witness_conflict.size IS 'Of the tree in second_note, whose root is `root`.';
COMMENT ON COLUMN scfd.witness_conflict.first_note IS 'NULL: the second contradicts itself, for an empty tree has one root only.';
COMMENT ON COLUMN scfd.witness_conflict.acknowledged_by IS 'The API key.';

CREATE TABLE scfd.seal_refusal (
    chain_id uuid PRIMARY KEY,
    reason text NOT NULL,
    published_size bigint NOT NULL,
    seen_at timestamptz NOT NULL,
    note text
);
COMMENT ON TABLE scfd.seal_refusal IS 'Chains that must not be sealed, because somebody saw more of them, or other, than this database has. The nil uuid: all chains.';
COMMENT ON COLUMN scfd.seal_refusal.reason IS 'ahead: a larger tree is known outside; contradicted: another tree of this size is.';
COMMENT ON COLUMN scfd.seal_refusal.note IS 'The signed checkpoint that shows it; NULL: several witnesses said so.';

CREATE TABLE scfd.witness (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    url text NOT NULL,
    vkey text NOT NULL UNIQUE,
    active boolean NOT NULL DEFAULT true,
    due_at timestamptz NOT NULL,
    failures integer NOT NULL DEFAULT 0,
    problem text,
    last_good_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
COMMENT ON TABLE scfd.witness IS 'Who is asked to cosign our checkpoints.';
COMMENT ON COLUMN scfd.witness.due_at IS 'Not asked before; moves on while it does not answer.';
COMMENT ON COLUMN scfd.witness.failures IS 'Since it last answered.';

CREATE TABLE scfd.witness_chain (
    chain_id uuid PRIMARY KEY,
    quorum integer CHECK (quorum BETWEEN 0 AND 100),
    shown_size bigint NOT NULL DEFAULT 0,
    shown_at timestamptz,
    cosigned_size bigint NOT NULL DEFAULT 0,
    missing_since timestamptz,
    updated_at timestamptz NOT NULL
);
COMMENT ON TABLE scfd.witness_chain IS 'What each chain wants of witnesses. The nil uuid: what chains want that have no quorum of their own.';
COMMENT ON COLUMN scfd.witness_chain.quorum IS 'NULL: that of the nil uuid.';
COMMENT ON COLUMN scfd.witness_chain.shown_size IS 'The checkpoint that is being shown to all witnesses, so that their cosignatures are of the same one.';
COMMENT ON COLUMN scfd.witness_chain.missing_since IS 'Of the nil uuid: set while the alarm stands that some chain has waited long for its quorum.';
COMMENT ON COLUMN scfd.witness_chain.cosigned_size IS 'The largest tree that has its quorum of cosignatures.';

CREATE TABLE scfd.witness_shown (
    witness_id uuid NOT NULL,
    chain_id uuid NOT NULL,
    size bigint NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    failures integer NOT NULL DEFAULT 0,
    problem text,
    claimed_size bigint CHECK (claimed_size > 0),
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (witness_id, chain_id)
);
COMMENT ON TABLE scfd.witness_shown IS 'What each witness has seen of each chain.';
COMMENT ON COLUMN scfd.witness_shown.size IS 'The tree that it cosigned last, as far as we know.';
COMMENT ON COLUMN scfd.witness_shown.claimed_size IS 'A larger tree than we have, which it says it has cosigned and does not show; NULL: none.';

CREATE TABLE scfd.cosignature (
    chain_id uuid NOT NULL,
    size bigint NOT NULL,
    witness_id uuid NOT NULL,
    line text NOT NULL,
    time bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (chain_id, size, witness_id)
);
COMMENT ON TABLE scfd.cosignature IS 'Cosignatures of our checkpoints, verified before they were stored.';
COMMENT ON COLUMN scfd.cosignature.line IS 'The signature line with its LF.';
COMMENT ON COLUMN scfd.cosignature.time IS 'That the witness vouches for, POSIX seconds.';
