-- The keys that sign the log: two instances that come with different ones must not both sign.

CREATE TABLE scfd.log_key (
    suite smallint PRIMARY KEY,
    public_key bytea NOT NULL,
    since timestamptz NOT NULL
);
COMMENT ON TABLE scfd.log_key IS 'The public key under which blocks of a suite are signed, written with the first of them (with the next one, where there were blocks before this table); never changes.';
COMMENT ON COLUMN scfd.log_key.suite IS 'enum scf_suite';
COMMENT ON COLUMN scfd.log_key.public_key IS 'Ed25519: 32 bytes. SM2: the uncompressed point, 65 bytes.';
