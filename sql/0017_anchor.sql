-- Anchors: trees over the newest blocks of all chains, and where their roots were put.

CREATE TABLE scfd.anchor_target (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uid uuid NOT NULL UNIQUE,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9-]{1,40}$'),
    kind smallint NOT NULL CHECK (kind BETWEEN 0 AND 2),
    url text NOT NULL,
    settings json NOT NULL,
    interval_s bigint NOT NULL CHECK (interval_s > 0),
    give_up_after_s bigint NOT NULL CHECK (give_up_after_s > 0),
    renew_before_s bigint NOT NULL CHECK (renew_before_s >= 0),
    silent_after_s bigint NOT NULL CHECK (silent_after_s > 0),
    active boolean NOT NULL DEFAULT true,
    last_tick bigint NOT NULL DEFAULT -1,
    last_good_at timestamptz,
    silent_since timestamptz,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
COMMENT ON TABLE scfd.anchor_target IS 'Timestamp authorities, chains and calendars that ticks are anchored at.';
COMMENT ON COLUMN scfd.anchor_target.uid IS 'Its id on the wire, anct_…';
COMMENT ON COLUMN scfd.anchor_target.kind IS 'enum scf_anchor_kind';
COMMENT ON COLUMN scfd.anchor_target.last_tick IS 'The newest tick that it was given.';
COMMENT ON COLUMN scfd.anchor_target.last_good_at IS 'When it last gave a proof.';
COMMENT ON COLUMN scfd.anchor_target.silent_since IS 'Set while the alarm stands.';

CREATE TABLE scfd.anchor_tick (
    tick bigint PRIMARY KEY CHECK (tick >= 0),
    size bigint NOT NULL CHECK (size > 0),
    blocks bigint NOT NULL CHECK (blocks >= size),
    root bytea NOT NULL CHECK (length(root) = 32),
    statement text NOT NULL,
    statement_sha256 bytea NOT NULL CHECK (length(statement_sha256) = 32),
    note text NOT NULL,
    page_roots bytea NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX anchor_tick_at ON scfd.anchor_tick (at);
ALTER TABLE scfd.anchor_tick ALTER COLUMN page_roots SET STORAGE EXTERNAL;
COMMENT ON TABLE scfd.anchor_tick IS 'One tree over the newest blocks of all chains.';
COMMENT ON COLUMN scfd.anchor_tick.blocks IS 'How many blocks all chains had together: grows with every new block.';
COMMENT ON COLUMN scfd.anchor_tick.page_roots IS 'Roots of the subtrees of 256 leaves, the last one perhaps of fewer: 32 bytes each.';

CREATE TABLE scfd.anchor_page (
    tick bigint NOT NULL,
    page integer NOT NULL,
    first_chain uuid NOT NULL,
    leaves bytea NOT NULL CHECK (length(leaves) BETWEEN 56 AND 14336 AND length(leaves) % 56 = 0),
    PRIMARY KEY (tick, page)
);
CREATE UNIQUE INDEX anchor_page_chain ON scfd.anchor_page (tick, first_chain);
ALTER TABLE scfd.anchor_page ALTER COLUMN leaves SET STORAGE EXTERNAL;
COMMENT ON TABLE scfd.anchor_page IS 'The leaves of a tick, 256 a page, by ascending chain id.';
COMMENT ON COLUMN scfd.anchor_page.leaves IS '56 bytes each: chain id (16), height of the block (8, big-endian), block hash (32).';

CREATE TABLE scfd.anchor_entry (
    tick bigint NOT NULL,
    target_id integer NOT NULL REFERENCES scfd.anchor_target,
    state smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
    attempt integer NOT NULL DEFAULT 0,
    due_at timestamptz,
    expires_at timestamptz,
    certificates_end_at timestamptz,
    algorithms text,
    proven_at timestamptz,
    proof bytea,
    reference text,
    problem text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tick, target_id)
);
CREATE INDEX anchor_entry_target ON scfd.anchor_entry (target_id, tick);
CREATE INDEX anchor_entry_due ON scfd.anchor_entry (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE scfd.anchor_entry IS 'A tick at a target.';
COMMENT ON COLUMN scfd.anchor_entry.state IS 'enum scf_anchor_state';
COMMENT ON COLUMN scfd.anchor_entry.due_at IS 'When it is looked at again; a lease while it is.';
COMMENT ON COLUMN scfd.anchor_entry.expires_at IS 'When the proof loses its worth, unless it is renewed: the earlier of certificates_end_at and the ends of its algorithms.';
COMMENT ON COLUMN scfd.anchor_entry.algorithms IS 'What its newest token rests on: names in anchor_algorithm, with blanks between.';

CREATE TABLE scfd.anchor_algorithm (
    name text PRIMARY KEY CHECK (name ~ '^[a-z0-9]{1,10}(-[0-9]{1,5})?$'),
    trusted_until timestamptz,
    updated_at timestamptz NOT NULL
);
COMMENT ON TABLE scfd.anchor_algorithm IS 'Digests and kinds of keys that tokens of RFC 3161 rest on, and until when each is trusted.';
COMMENT ON COLUMN scfd.anchor_algorithm.trusted_until IS 'NULL: no end is known.';
INSERT INTO scfd.anchor_algorithm (name, updated_at)
    SELECT name, '2026-01-01T00:00:00Z' FROM unnest(ARRAY['sha256', 'sha384', 'sha512', 'sm3', 'rsa-2048', 'rsa-3072',
        'rsa-4096', 'ec-256', 'ec-384', 'ec-521', 'ed25519', 'sm2']) AS a (name);
