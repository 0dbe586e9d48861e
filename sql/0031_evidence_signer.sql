-- Who signs evidence: instances with different certificates would make different bundles of a record.

CREATE TABLE scfd.evidence_signer (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    chain_sha256 bytea NOT NULL CHECK (octet_length(chain_sha256) = 32),
    since timestamptz NOT NULL
);
COMMENT ON TABLE scfd.evidence_signer IS 'The certificates with which all instances sign evidence, written by the first that starts. Whoever changes them deletes the row (docs/operations.md).';
COMMENT ON COLUMN scfd.evidence_signer.chain_sha256 IS 'SHA-256 of the signer''s certificates in PEM, as they stand in bundles.';
