-- Replays of assessments: every input derived again from the chains, and compared with the receipt.

CREATE TABLE scfd.credit_replay (
    assessment_id uuid PRIMARY KEY REFERENCES scfd.credit_assessment,
    job_id uuid NOT NULL,
    matches boolean NOT NULL,
    document text NOT NULL,
    replayed_at timestamptz NOT NULL
);
COMMENT ON TABLE scfd.credit_replay IS 'The newest replay of each assessment that was replayed. Nothing rests on it: it can be made again at any time.';
COMMENT ON COLUMN scfd.credit_replay.job_id IS 'The run that this is the result of.';
COMMENT ON COLUMN scfd.credit_replay.matches IS 'Every input and the result were found again, and every record and root was sound.';
COMMENT ON COLUMN scfd.credit_replay.document IS 'What GET /v1/credit-assessments/{id}/replay answers.';
