-- Partners: whose word counts for the ratings of whom.

CREATE TABLE scfd.trade_partner (
    seller_id uuid NOT NULL,
    buyer_id uuid NOT NULL,
    PRIMARY KEY (seller_id, buyer_id)
);
COMMENT ON TABLE scfd.trade_partner IS 'Buyers that a seller really has: named by a contract that the seller itself or a node of nobody reported (written when it is folded), or by one that has a limit account (written with its assessment). The records of their nodes count for the seller''s ratings. Nothing is taken away again.';

INSERT INTO scfd.trade_partner (seller_id, buyer_id)
SELECT DISTINCT seller_id, buyer_id
FROM scfd.trade_fact
WHERE kind = 1 AND seller_id IS NOT NULL AND buyer_id IS NOT NULL
    AND (operator_id IS NULL OR operator_id = seller_id);
