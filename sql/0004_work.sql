-- Work: jobs and the records of their runs.

CREATE TABLE scfd.job (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    dedupe_key text,
    payload text NOT NULL,
    status smallint NOT NULL DEFAULT 0 CHECK (status BETWEEN 0 AND 3),
    attempt integer NOT NULL DEFAULT 0,
    due_at timestamptz,
    requested_by uuid,
    progress_done bigint,
    progress_total bigint,
    progress_unit text,
    result_href text,
    problem_code text,
    problem_detail text,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    CHECK ((due_at IS NULL) = (status >= 2)),
    CHECK ((finished_at IS NULL) = (status < 2))
);
CREATE UNIQUE INDEX job_dedupe ON scfd.job (kind, dedupe_key)
    WHERE dedupe_key IS NOT NULL AND status = 0 AND attempt = 0;
CREATE INDEX job_due ON scfd.job (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX job_finished ON scfd.job (finished_at) WHERE finished_at IS NOT NULL;
COMMENT ON TABLE scfd.job IS 'Long or outside work: run at least once by whichever instance takes it.';
COMMENT ON COLUMN scfd.job.payload IS 'JSON text for the handler of the kind.';
COMMENT ON COLUMN scfd.job.dedupe_key IS 'While a job that never ran waits under this key, the same is not queued again.';
COMMENT ON COLUMN scfd.job.status IS '0 queued, 1 running, 2 succeeded, 3 failed';
COMMENT ON COLUMN scfd.job.attempt IS 'Runs begun so far; also the fence: only the newest run may write its outcome.';
COMMENT ON COLUMN scfd.job.due_at IS 'Queued: when to run. Running: when the lease ends and another may take it. Finished: NULL.';
COMMENT ON COLUMN scfd.job.requested_by IS 'Node that may see the job; the nil uuid: administrators only; NULL: nobody asked, it is internal.';

CREATE TABLE scfd.job_run (
    job_id uuid NOT NULL,
    attempt integer NOT NULL,
    kind text NOT NULL,
    instance text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    result text,
    detail text,
    PRIMARY KEY (job_id, attempt)
);
CREATE INDEX job_run_started ON scfd.job_run (started_at);
COMMENT ON TABLE scfd.job_run IS 'One row per run of a job. Without a finish the instance died, or lost its lease.';
COMMENT ON COLUMN scfd.job_run.instance IS 'Host and process that ran it.';
COMMENT ON COLUMN scfd.job_run.result IS 'ok, retry, failed, released (the server stopped), or lost (another run took over).';
