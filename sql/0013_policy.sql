-- Credit policies as records, shadow policies, what they would have said, and backtests.

-- The first policy has a section for each matter of the model from here on.
UPDATE scfd.credit_policy SET params =
    '{"order_advance_rate":"0.30","truth_weights":{"normativity":"0.25","timeliness":"0.15","accuracy":"0.25","checks":"0.35"},"lateness_horizon_hours":168,"qualification":{"base":"0.50","bonus":{"industry_permit":"0.10","safety_license":"0.10","quality_system":"0.10","high_tech":"0.10","credit_rating":"0.10"}},"history":{"full_periods":3,"full":"1.00","short":"0.90","none":"0.80"},"guarantee":{"haircut":"0.20","cap":"0.50"},"limit_valid_days":90,"limit_unit":1,"credibility":"sum","stages":{"preparation":"0.30","production":"0.40","shipped":"0.60","accepted":"0.70","invoiced":"0.80"},"increment":{"period":"month","grace_hours":24},"checks":[{"code":"parties","severity":"hard","weight":"1"},{"code":"signed-first","severity":"hard","weight":"1"},{"code":"step-order","severity":"soft","weight":"1"},{"code":"due-after-acceptance","severity":"soft","weight":"1"},{"code":"quantity-match","severity":"hard","weight":"1","tolerance":"0.02"},{"code":"quantity-ordered","severity":"hard","weight":"1","tolerance":"0.05"},{"code":"price-match","severity":"soft","weight":"1","tolerance":"0.01"},{"code":"invoice-sum","severity":"hard","weight":"1"},{"code":"line-tax","severity":"hard","weight":"1","tolerance":"0.06"},{"code":"fund-flow","severity":"hard","weight":"1"},{"code":"logistics","severity":"soft","weight":"1"},{"code":"round-trip","severity":"alert","weight":"0","tolerance":"0.10","days":30},{"code":"declared-revenue","severity":"soft","weight":"1","tolerance":"0.20"},{"code":"invoice-cancelled","severity":"hard","weight":"1"}],"borrowing_base":{"advance_rate":"0.80","max_advance_rate":"0.80","dilution_allowance":"0.05","concentration":"0.10","core_concentration":"0.60","invoice_age_days":90,"past_due_days":60,"cross_age":"0.50","unconfirmed_advance_rate":"0.50","affiliates_allowed":false},"regulatory":{"single_borrower":"0.10","single_exposure":"0.15","group_exposure":"0.20","factor_same_debtor":"0.50","factor_affiliates":"0.40","factor_leverage":10,"guarantee_single":"0.10","guarantee_group":"0.15","guarantee_leverage":10},"vouchers":[{"from":"2025-06-15","normal_days":183,"max_days":365}],"receivables":{"confirmation_days":30,"registered_only":false,"reverify_hours":24},"holds":{"default_hours":72,"max_hours":720}}'
    WHERE code = 'default' AND version = '1';

ALTER TABLE scfd.credit_policy
    ADD COLUMN id uuid UNIQUE,
    ADD COLUMN role smallint NOT NULL DEFAULT 0 CHECK (role IN (0, 1)),
    ADD COLUMN effective_until timestamptz CHECK (effective_until > effective_from),
    ADD COLUMN created_at timestamptz,
    ADD CHECK (role = 1 OR effective_until IS NULL),
    ADD CHECK ((id IS NULL) = (created_at IS NULL));
COMMENT ON COLUMN scfd.credit_policy.id IS 'Of the record in the platform''s chain (pol_…); NULL until the first start has put it there.';
COMMENT ON COLUMN scfd.credit_policy.role IS '0 live: makes the limits; 1 shadow: runs beside the live one without effect.';
COMMENT ON COLUMN scfd.credit_policy.effective_until IS 'Of a shadow that ends by itself.';

CREATE TABLE scfd.credit_shadow (
    assessment_id uuid NOT NULL REFERENCES scfd.credit_assessment,
    code text NOT NULL,
    version text NOT NULL,
    currency text NOT NULL,
    recorded_limit bigint NOT NULL,
    shadow_limit bigint NOT NULL,
    recorded_grades text NOT NULL CHECK (recorded_grades ~ '^[A-D]{4}$'),
    shadow_grades text NOT NULL CHECK (shadow_grades ~ '^[A-D]{4}$'),
    exact boolean NOT NULL,
    result text NOT NULL,
    PRIMARY KEY (assessment_id, code, version),
    FOREIGN KEY (code, version) REFERENCES scfd.credit_policy
);
CREATE INDEX credit_shadow_policy ON scfd.credit_shadow (code, version);
COMMENT ON TABLE scfd.credit_shadow IS 'What a shadow policy would have said of an assessment. Nothing reads it but administrators.';
COMMENT ON COLUMN scfd.credit_shadow.recorded_grades IS 'Normativity, timeliness, accuracy, overall: a letter each.';
COMMENT ON COLUMN scfd.credit_shadow.exact IS 'False: the shadow has cross-checks that the recorded evaluation does not answer (other tolerances, or a check that was not made).';
COMMENT ON COLUMN scfd.credit_shadow.result IS 'The whole result under the shadow policy, JSON.';

CREATE TABLE scfd.backtest (
    id uuid PRIMARY KEY,
    job_id uuid NOT NULL,
    request text NOT NULL,
    status smallint NOT NULL DEFAULT 0 CHECK (status BETWEEN 0 AND 3),
    total bigint NOT NULL DEFAULT 0,
    done bigint NOT NULL DEFAULT 0,
    last_created_at timestamptz,
    last_id uuid,
    result text CHECK ((status = 2) = (result IS NOT NULL)),
    problem_code text CHECK ((status = 3) = (problem_code IS NOT NULL)),
    problem_detail text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((last_created_at IS NULL) = (last_id IS NULL))
);
CREATE INDEX backtest_page ON scfd.backtest (created_at, id);
COMMENT ON TABLE scfd.backtest IS 'Recorded assessments computed again under another policy or other cut points.';
COMMENT ON COLUMN scfd.backtest.request IS 'The body as received.';
COMMENT ON COLUMN scfd.backtest.status IS '0 queued, 1 running, 2 succeeded, 3 failed';
COMMENT ON COLUMN scfd.backtest.last_created_at IS 'With last_id: the last assessment that is done. Another run goes on behind it.';

CREATE TABLE scfd.backtest_row (
    backtest_id uuid NOT NULL REFERENCES scfd.backtest ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    assessment_id uuid NOT NULL,
    as_of timestamptz NOT NULL,
    currency text NOT NULL,
    recorded_limit bigint NOT NULL,
    live_limit bigint,
    new_limit bigint,
    recorded_grades text CHECK (recorded_grades ~ '^[A-D]{4}$'),
    new_grades text CHECK (new_grades ~ '^[A-D]{4}$'),
    exact boolean NOT NULL,
    reproduced boolean NOT NULL,
    drawn bigint NOT NULL,
    loans bigint NOT NULL,
    loans_above bigint NOT NULL,
    drawn_above bigint NOT NULL,
    overdue_kept bigint NOT NULL,
    overdue_avoided bigint NOT NULL,
    PRIMARY KEY (backtest_id, created_at, assessment_id)
);
COMMENT ON TABLE scfd.backtest_row IS 'One assessment of a backtest.';
COMMENT ON COLUMN scfd.backtest_row.created_at IS 'Of the assessment: the order of the list.';
COMMENT ON COLUMN scfd.backtest_row.live_limit IS 'Computed again under the live policy of its time. NULL: the receipt cannot be read.';
COMMENT ON COLUMN scfd.backtest_row.reproduced IS 'It is the recorded limit, with the recorded grades.';
COMMENT ON COLUMN scfd.backtest_row.loans_above IS 'Loans that the new limit would not have had room for.';
COMMENT ON COLUMN scfd.backtest_row.overdue_avoided IS 'Of those, loans that are or were overdue.';
