-- Idempotency keys of the HTTP API.
CREATE TABLE scfd.idempotency (
    api_key_id uuid NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
    status smallint,
    body text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (api_key_id, key)
);
CREATE INDEX idempotency_created_at ON scfd.idempotency (created_at);
COMMENT ON TABLE scfd.idempotency IS 'First answer per (API key, Idempotency-Key), kept idempotency_ttl_h hours.';
COMMENT ON COLUMN scfd.idempotency.fingerprint IS 'SHA-256 of method, path and body.';
