-- Evidence bundles: the time stamps over their manifests, kept so that a bundle stays the same.

CREATE TABLE scfd.evidence_stamp (
    manifest_sha256 bytea PRIMARY KEY CHECK (length(manifest_sha256) = 32),
    token bytea NOT NULL,
    ca_pem text NOT NULL,
    target text NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE scfd.evidence_stamp IS 'RFC 3161 tokens over the manifests of evidence bundles; the first one of a manifest stays.';
COMMENT ON COLUMN scfd.evidence_stamp.manifest_sha256 IS 'SHA-256 of ASiCManifest002.xml';
COMMENT ON COLUMN scfd.evidence_stamp.token IS 'TimeStampToken in DER';
COMMENT ON COLUMN scfd.evidence_stamp.ca_pem IS 'The certificates that it was verified with.';
COMMENT ON COLUMN scfd.evidence_stamp.target IS 'Name of the anchor target that gave it.';
