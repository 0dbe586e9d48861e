-- Credit policies as records, shadow policies, what they would have said, and backtests.

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
