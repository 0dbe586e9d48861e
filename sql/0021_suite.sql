-- Suites: a chain is made of SHA-256 and Ed25519, or of SM3 and SM2, from its first leaf to its last.

ALTER TABLE scfd.chain ADD COLUMN suite smallint NOT NULL DEFAULT 0;
COMMENT ON COLUMN scfd.chain.suite IS 'enum scf_suite: 0 sha256-ed25519, 1 sm3-sm2; never changes.';

ALTER TABLE scfd.record ADD COLUMN body_sm3 bytea;
COMMENT ON COLUMN scfd.record.body_sm3 IS 'SM3 of the body in a chain of suite sm3-sm2, where it stands in the leaf; NULL in others, and once erased.';

-- Few chains, if any, are of the rarer suite: whether one was ever sealed is asked twice a second.
-- squawk-ignore require-concurrent-index-creation: one row per chain, thousands at most
CREATE INDEX chain_rare_suite ON scfd.chain (id) WHERE suite <> 0;
