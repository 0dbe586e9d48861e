-- Trade: what every record that belongs to a contract says, in short; views of contracts rest on it.

CREATE TABLE scfd.trade_fact (
    contract_key uuid NOT NULL,
    chain_id uuid NOT NULL,
    leaf_index bigint NOT NULL,
    record_id uuid NOT NULL,
    kind smallint NOT NULL,
    received_at timestamptz NOT NULL,
    happened_at timestamptz,
    revises_id uuid,
    object_key uuid NOT NULL,
    seller_id uuid,
    buyer_id uuid,
    amount bigint,
    currency text,
    body_sha256 bytea,
    operator_id uuid,
    node_kind smallint,
    detail text,
    PRIMARY KEY (contract_key, chain_id, leaf_index)
);
CREATE INDEX trade_fact_sale ON scfd.trade_fact (seller_id, amount, record_id) WHERE kind = 3 AND amount > 0;
CREATE INDEX trade_fact_purchase ON scfd.trade_fact (buyer_id, amount, record_id) WHERE kind = 3 AND amount > 0;
COMMENT ON TABLE scfd.trade_fact IS 'One row for each contract, event and invoice of a contract, written once when its leaf is folded (scfd.rollup_cursor says how far) and never changed.';
COMMENT ON COLUMN scfd.trade_fact.object_key IS 'What it is in business: of an invoice or contract its business_key, of an event the first 16 bytes of SHA-256 of its event_id; else the record''s id.';
COMMENT ON COLUMN scfd.trade_fact.operator_id IS 'Enterprise that operated the node when the leaf was folded; NULL: nobody did.';
COMMENT ON COLUMN scfd.trade_fact.node_kind IS 'enum scf_node_kind; NULL: the platform''s chain.';
COMMENT ON COLUMN scfd.trade_fact.detail IS 'The members of the body that views read, JSON (src/trade/digest.c). NULL: the body was erased, or this is a correction that moved the record to another contract.';
COMMENT ON INDEX scfd.trade_fact_sale IS 'Sales of an enterprise by amount, for round trips; trade_fact_purchase: its purchases. In the whole order that is asked for: else, where one buyer buys everything, the planner sorts all facts for every contract.';

-- Leaves that were folded before there were facts left none: everything is folded again.
TRUNCATE scfd.rollup_cursor, scfd.rollup_day, scfd.rollup_series, scfd.contract_total,
    scfd.contract_invoice, scfd.contract_guarantee;
