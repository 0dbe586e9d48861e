-- Notarizations for enforcement (赋强公证): cases, their steps, who sees them, and working-day calendars.

CREATE TABLE scfd.enforcement_notarization (
    id uuid PRIMARY KEY,
    lender_id uuid NOT NULL REFERENCES scfd.node,
    notary_id uuid NOT NULL REFERENCES scfd.node,
    court_id uuid REFERENCES scfd.node,
    loan_id uuid REFERENCES scfd.loan,
    contract_id uuid,
    state smallint NOT NULL CHECK (state BETWEEN 0 AND 36),
    resume_state smallint NOT NULL CHECK (resume_state BETWEEN 0 AND 36),
    currency text NOT NULL,
    dossier text NOT NULL,
    verification_due_at timestamptz,
    steps integer NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX enforcement_notarization_loan ON scfd.enforcement_notarization (loan_id)
    WHERE state NOT IN (9, 10);
CREATE INDEX enforcement_notarization_page ON scfd.enforcement_notarization (created_at, id);
CREATE INDEX enforcement_notarization_moving ON scfd.enforcement_notarization (updated_at)
    WHERE state BETWEEN 11 AND 24;
CREATE INDEX enforcement_notarization_verifying
    ON scfd.enforcement_notarization (verification_due_at) WHERE state = 20;
COMMENT ON TABLE scfd.enforcement_notarization IS 'Cases of a lender at a notary office. Changed only under the row''s lock, by a step.';
COMMENT ON COLUMN scfd.enforcement_notarization.state IS 'enum scf_enf_state';
COMMENT ON COLUMN scfd.enforcement_notarization.resume_state IS 'Where it goes on after a state aside.';
COMMENT ON COLUMN scfd.enforcement_notarization.dossier IS 'The draft, JSON: parties, instrument, clauses, securities, how performance is verified.';
COMMENT ON COLUMN scfd.enforcement_notarization.verification_due_at IS 'When silence means no objection; NULL where that was not agreed, or no letter is out.';

CREATE TABLE scfd.enforcement_party (
    notarization_id uuid NOT NULL REFERENCES scfd.enforcement_notarization,
    enterprise_id uuid NOT NULL REFERENCES scfd.enterprise,
    role smallint NOT NULL CHECK (role IN (4, 8)),
    PRIMARY KEY (notarization_id, enterprise_id, role)
);
COMMENT ON TABLE scfd.enforcement_party IS 'Debtors (4) and guarantors (8) of cases.';

CREATE TABLE scfd.enforcement_step (
    notarization_id uuid NOT NULL REFERENCES scfd.enforcement_notarization,
    seq integer NOT NULL CHECK (seq > 0),
    step smallint NOT NULL,
    node_id uuid,
    from_state smallint NOT NULL,
    to_state smallint NOT NULL,
    happened_at timestamptz NOT NULL,
    filed_at timestamptz NOT NULL,
    body text NOT NULL,
    record_id uuid NOT NULL,
    PRIMARY KEY (notarization_id, seq)
);
COMMENT ON TABLE scfd.enforcement_step IS 'Every step of every case, numbered from 1; never changed.';
COMMENT ON COLUMN scfd.enforcement_step.step IS 'enum scf_enf_step';
COMMENT ON COLUMN scfd.enforcement_step.node_id IS 'Who made it; NULL: an administrator, or the platform.';
COMMENT ON COLUMN scfd.enforcement_step.body IS 'Body of its record in the platform''s chain, byte for byte.';

CREATE TABLE scfd.enforcement_seen (
    node_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    notarization_id uuid NOT NULL REFERENCES scfd.enforcement_notarization,
    PRIMARY KEY (node_id, created_at, notarization_id)
);
CREATE INDEX enforcement_seen_case ON scfd.enforcement_seen (notarization_id, node_id);
COMMENT ON TABLE scfd.enforcement_seen IS 'Cases by the nodes that see them, in the order of the list: the lender''s; from its submission on the notary''s and those of debtors and guarantors; the court''s from the filing on.';

CREATE TABLE scfd.working_calendar (
    year integer NOT NULL CHECK (year BETWEEN 2000 AND 2100),
    version integer NOT NULL CHECK (version > 0),
    holidays date[] NOT NULL,
    workdays date[] NOT NULL,
    source text NOT NULL,
    created_at timestamptz,
    PRIMARY KEY (year, version)
);
COMMENT ON TABLE scfd.working_calendar IS 'Working days of a year in China; the newest version counts. A year that is not here has weekends only.';
COMMENT ON COLUMN scfd.working_calendar.holidays IS 'Days off as the notice lists them, weekends among them.';
COMMENT ON COLUMN scfd.working_calendar.workdays IS 'Saturdays and Sundays that are worked (调休).';
COMMENT ON COLUMN scfd.working_calendar.created_at IS 'NULL: came with this release.';

INSERT INTO scfd.working_calendar (year, version, holidays, workdays, source) VALUES
    (2024, 1, '{2024-01-01,2024-02-10,2024-02-11,2024-02-12,2024-02-13,2024-02-14,2024-02-15,2024-02-16,2024-02-17,2024-04-04,2024-04-05,2024-04-06,2024-05-01,2024-05-02,2024-05-03,2024-05-04,2024-05-05,2024-06-10,2024-09-15,2024-09-16,2024-09-17,2024-10-01,2024-10-02,2024-10-03,2024-10-04,2024-10-05,2024-10-06,2024-10-07}',
        '{2024-02-04,2024-02-18,2024-04-07,2024-04-28,2024-05-11,2024-09-14,2024-09-29,2024-10-12}',
        '国办发明电〔2023〕7号'),
    (2025, 1, '{2025-01-01,2025-01-28,2025-01-29,2025-01-30,2025-01-31,2025-02-01,2025-02-02,2025-02-03,2025-02-04,2025-04-04,2025-04-05,2025-04-06,2025-05-01,2025-05-02,2025-05-03,2025-05-04,2025-05-05,2025-05-31,2025-06-01,2025-06-02,2025-10-01,2025-10-02,2025-10-03,2025-10-04,2025-10-05,2025-10-06,2025-10-07,2025-10-08}',
        '{2025-01-26,2025-02-08,2025-04-27,2025-09-28,2025-10-11}',
        '国办发明电〔2024〕12号'),
    (2026, 1, '{2026-01-01,2026-01-02,2026-01-03,2026-02-15,2026-02-16,2026-02-17,2026-02-18,2026-02-19,2026-02-20,2026-02-21,2026-02-22,2026-02-23,2026-04-04,2026-04-05,2026-04-06,2026-05-01,2026-05-02,2026-05-03,2026-05-04,2026-05-05,2026-06-19,2026-06-20,2026-06-21,2026-09-25,2026-09-26,2026-09-27,2026-10-01,2026-10-02,2026-10-03,2026-10-04,2026-10-05,2026-10-06,2026-10-07}',
        '{2026-01-04,2026-02-14,2026-02-28,2026-05-09,2026-09-20,2026-10-10}',
        '国办发明电〔2025〕7号');
