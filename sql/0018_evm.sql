-- Transactions that anchor on EVM chains, from the reservation of a nonce until they are final.

CREATE TABLE scfd.evm_account (
    chain_id bigint NOT NULL CHECK (chain_id > 0),
    address bytea NOT NULL CHECK (length(address) = 20),
    PRIMARY KEY (chain_id, address)
);
COMMENT ON TABLE scfd.evm_account IS 'Accounts that pay: who gives a nonce away holds the row''s lock.';

CREATE TABLE scfd.evm_slot (
    tick bigint NOT NULL,
    target_id integer NOT NULL,
    chain_id bigint NOT NULL,
    address bytea NOT NULL,
    nonce bigint NOT NULL CHECK (nonce >= 0),
    PRIMARY KEY (tick, target_id),
    UNIQUE (chain_id, address, nonce)
);
COMMENT ON TABLE scfd.evm_slot IS 'The nonce that a tick at a target has, until its transaction is final.';

CREATE TABLE scfd.evm_tx (
    tick bigint NOT NULL,
    target_id integer NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    chain_id bigint NOT NULL,
    address bytea NOT NULL,
    nonce bigint NOT NULL,
    max_fee bigint NOT NULL CHECK (max_fee >= 0),
    max_priority_fee bigint NOT NULL CHECK (max_priority_fee >= 0),
    raw bytea NOT NULL,
    sent_at timestamptz NOT NULL,
    PRIMARY KEY (tick, target_id, hash)
);
CREATE INDEX evm_tx_nonce ON scfd.evm_tx (chain_id, address, nonce);
COMMENT ON TABLE scfd.evm_tx IS 'What was signed for a slot: any of them may be mined. Written before it is sent.';
COMMENT ON COLUMN scfd.evm_tx.max_fee IS 'Wei per gas.';
COMMENT ON COLUMN scfd.evm_tx.sent_at IS 'When it was first sent.';
