-- Parties: enterprises, nodes, API keys, and the platform itself.

CREATE TABLE scfd.enterprise (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE,
    uscc text CHECK (length(uscc) = 18),
    foreign_registration_no text,
    country_code text NOT NULL DEFAULT 'CN' CHECK (length(country_code) = 2),
    name text NOT NULL,
    industry_code text,
    size_class text,
    is_stub boolean NOT NULL,
    registrar_chain_id uuid,
    profile_record_id uuid,
    profile json,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX enterprise_page ON scfd.enterprise (created_at, id);
COMMENT ON TABLE scfd.enterprise IS 'Directory of enterprises. A stub was named by a record before anybody registered it.';
COMMENT ON COLUMN scfd.enterprise.code IS 'What records name it by: the USCC, or "CC:NUMBER" of a foreign enterprise, normalised.';
COMMENT ON COLUMN scfd.enterprise.registrar_chain_id IS 'Chain of the node whose profile counts; later profiles of other nodes are only recorded.';
COMMENT ON COLUMN scfd.enterprise.profile_record_id IS 'The record that holds the profile in force.';
COMMENT ON COLUMN scfd.enterprise.profile IS 'The profile in force as the API shows it (account and identity numbers masked).';

CREATE TABLE scfd.node (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    kind smallint NOT NULL CHECK (kind BETWEEN 0 AND 9),
    operator_enterprise_id uuid REFERENCES scfd.enterprise,
    offset_minutes smallint NOT NULL DEFAULT 480,
    lenient_datetime boolean NOT NULL DEFAULT false,
    allowed_kinds integer NOT NULL DEFAULT 31,
    status smallint NOT NULL DEFAULT 0 CHECK (status BETWEEN 0 AND 2),
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX node_operator ON scfd.node (operator_enterprise_id);
CREATE INDEX node_page ON scfd.node (created_at, id);
COMMENT ON TABLE scfd.node IS 'Data-exchange nodes. A node''s chain has the node''s uuid.';
COMMENT ON COLUMN scfd.node.kind IS 'enum scf_node_kind';
COMMENT ON COLUMN scfd.node.allowed_kinds IS 'Record kinds the node may send, as bits of enum scf_record_kind.';
COMMENT ON COLUMN scfd.node.status IS '0 active, 1 suspended, 2 retired';

CREATE TABLE scfd.api_key (
    id uuid PRIMARY KEY,
    node_id uuid REFERENCES scfd.node,
    digest bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
    hint text NOT NULL,
    label text,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_key_page ON scfd.api_key (created_at, id);
CREATE INDEX api_key_node ON scfd.api_key (node_id);
COMMENT ON TABLE scfd.api_key IS 'API keys; the key itself is never stored. node_id NULL is an administrator.';
COMMENT ON COLUMN scfd.api_key.digest IS 'HMAC-SHA256 of the key under the installation secret.';
COMMENT ON COLUMN scfd.api_key.hint IS 'The last four characters, to recognise a key by.';

CREATE TABLE scfd.installation (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    platform_id uuid NOT NULL,
    key_secret bytea NOT NULL CHECK (length(key_secret) = 32),
    origin text NOT NULL,
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE scfd.installation IS 'What every instance on this database shares. platform_id is also the id of the platform''s chain.';
COMMENT ON COLUMN scfd.installation.key_secret IS 'HMAC key of api_key.digest and of page cursors.';
COMMENT ON COLUMN scfd.installation.origin IS 'Prefix of the origin of every chain.';
