-- Chains, records, blocks, tiles. chain_id is the distribution key of every large table.

CREATE TABLE scfd.chain (
    id uuid PRIMARY KEY,
    size bigint NOT NULL DEFAULT 0 CHECK (size >= 0),
    event_seq bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20);
COMMENT ON TABLE scfd.chain IS 'The head of each chain: the row that writers lock, in id order. id is the node''s, or the platform''s.';
COMMENT ON COLUMN scfd.chain.event_seq IS 'Last number given in this node''s event feed.';

CREATE TABLE scfd.record (
    chain_id uuid NOT NULL,
    leaf_index bigint NOT NULL,
    id uuid NOT NULL,
    kind smallint NOT NULL,
    external_id text NOT NULL,
    received_at timestamptz NOT NULL,
    leaf_hash bytea NOT NULL,
    body_sha256 bytea,
    salt bytea,
    body bytea,
    revises_id uuid,
    business_key uuid,
    contract_key uuid,
    enterprise_id uuid,
    counterparty_id uuid,
    happened_at timestamptz,
    amount bigint,
    currency text,
    template_id integer,
    weight_expected bigint,
    weight_present bigint,
    range_ok boolean,
    checks_applicable smallint NOT NULL DEFAULT 0,
    checks_passed smallint NOT NULL DEFAULT 0,
    measures bytea,
    PRIMARY KEY (chain_id, leaf_index),
    CHECK (length(leaf_hash) = 32)
);
CREATE UNIQUE INDEX record_id ON scfd.record (id);
CREATE UNIQUE INDEX record_natural_key ON scfd.record (chain_id, kind, external_id);
CREATE INDEX record_rare_kind ON scfd.record (chain_id, kind, leaf_index) WHERE kind NOT IN (2, 3);
CREATE INDEX record_body_sha256 ON scfd.record (body_sha256);
CREATE INDEX record_business_key ON scfd.record (business_key, chain_id) WHERE business_key IS NOT NULL;
COMMENT ON TABLE scfd.record IS 'Every record of every chain, in commit order per chain; never updated, but for erasure.';
COMMENT ON COLUMN scfd.record.kind IS 'enum scf_record_kind';
COMMENT ON INDEX scfd.record_rare_kind IS 'Lists of the kinds of which there are few; events and invoices are found by walking their chain.';
COMMENT ON COLUMN scfd.record.body IS 'The bytes as received. NULL with body_sha256 and salt once erased; leaf_hash stays.';
COMMENT ON COLUMN scfd.record.business_key IS 'What this record is in business: contract = H(seller, number), invoice = H(code, number); first 16 bytes.';
COMMENT ON COLUMN scfd.record.contract_key IS 'business_key of the contract this record belongs to, known or not yet known.';
COMMENT ON COLUMN scfd.record.enterprise_id IS 'Whose data this is: the seller, or the obligor of a guarantee.';
COMMENT ON COLUMN scfd.record.happened_at IS 'When it happened in business: signed, occurred, issued.';
COMMENT ON COLUMN scfd.record.amount IS 'Minor units of currency.';
COMMENT ON COLUMN scfd.record.template_id IS 'Industry template (revision) the next columns were computed against.';
COMMENT ON COLUMN scfd.record.weight_expected IS 'Sum of the weights of the template''s fields, millionths.';
COMMENT ON COLUMN scfd.record.weight_present IS 'The part of it that is present and of the right type.';
COMMENT ON COLUMN scfd.record.range_ok IS 'Every field within its valid range, and not sent before it happened.';
COMMENT ON COLUMN scfd.record.checks_applicable IS 'Cross-checks inside the record that apply, by weight.';
COMMENT ON COLUMN scfd.record.measures IS 'Values of the template''s fluctuating fields, in template order: 9 bytes each (1 if present, then big-endian int64 of millionths).';

CREATE TABLE scfd.record_addressee (
    node_id uuid NOT NULL,
    record_id uuid NOT NULL,
    chain_id uuid NOT NULL,
    leaf_index bigint NOT NULL,
    PRIMARY KEY (node_id, record_id)
);
CREATE INDEX record_addressee_record ON scfd.record_addressee (record_id);
COMMENT ON TABLE scfd.record_addressee IS 'Nodes besides the chain''s owner that may see a record.';

CREATE TABLE scfd.block (
    chain_id uuid NOT NULL,
    height bigint NOT NULL,
    size bigint NOT NULL,
    root bytea NOT NULL CHECK (length(root) = 32),
    prev_hash bytea NOT NULL CHECK (length(prev_hash) = 32),
    block_hash bytea NOT NULL CHECK (length(block_hash) = 32),
    sealed_at timestamptz NOT NULL,
    block_note text NOT NULL,
    checkpoint_note text NOT NULL,
    PRIMARY KEY (chain_id, height)
);
CREATE INDEX block_size ON scfd.block (chain_id, size);
COMMENT ON TABLE scfd.block IS 'Signed blocks: header scfd-block/v1 as a C2SP signed note, and the checkpoint of the same tree.';

CREATE TABLE scfd.chain_seal (
    chain_id uuid PRIMARY KEY,
    height bigint NOT NULL DEFAULT -1,
    size bigint NOT NULL DEFAULT 0,
    block_hash bytea NOT NULL
);
COMMENT ON TABLE scfd.chain_seal IS 'The newest block of each chain: the row that the sealer locks, apart from the writers'' head.';

CREATE TABLE scfd.tile (
    chain_id uuid NOT NULL,
    level smallint NOT NULL,
    n bigint NOT NULL,
    hashes bytea NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
    PRIMARY KEY (chain_id, level, n)
);
-- Hashes do not compress: do not let the server try.
ALTER TABLE scfd.tile ALTER COLUMN hashes SET STORAGE EXTERNAL;
COMMENT ON TABLE scfd.tile IS 'C2SP tlog-tiles: up to 256 hashes of one level; a partial tile grows until it is full.';

CREATE TABLE scfd.event (
    chain_id uuid NOT NULL,
    seq bigint NOT NULL,
    type text NOT NULL,
    object_id uuid,
    object_prefix text,
    first_leaf bigint,
    last_leaf bigint,
    source_chain_id uuid,
    at timestamptz NOT NULL,
    PRIMARY KEY (chain_id, seq)
);
COMMENT ON TABLE scfd.event IS 'Event feed of each node (chain_id = node). One row stands for all records of one commit.';
