-- Industry templates: one row per revision of a code; a published row is never changed again.

CREATE TABLE scfd.industry_template (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE,
    code text NOT NULL CHECK (length(code) BETWEEN 2 AND 64),
    revision integer NOT NULL CHECK (revision > 0),
    applies_to smallint NOT NULL CHECK (applies_to BETWEEN 1 AND 4),
    industry_code text NOT NULL,
    definition text NOT NULL,
    published_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (code, revision)
);
CREATE UNIQUE INDEX industry_template_draft ON scfd.industry_template (code)
    WHERE published_at IS NULL;
CREATE INDEX industry_template_page ON scfd.industry_template (created_at, uuid);
COMMENT ON TABLE scfd.industry_template IS 'Industry templates by code and revision. At most one draft per code.';
COMMENT ON COLUMN scfd.industry_template.id IS 'What record.template_id names.';
COMMENT ON COLUMN scfd.industry_template.uuid IS 'The id outside (tpl_…); also the id of the record in the platform''s chain once published.';
COMMENT ON COLUMN scfd.industry_template.applies_to IS 'enum scf_record_kind';
COMMENT ON COLUMN scfd.industry_template.definition IS 'The JSON text as sent (IndustryTemplateCreate).';
COMMENT ON COLUMN scfd.industry_template.published_at IS 'NULL: a draft.';
COMMENT ON COLUMN scfd.industry_template.version IS 'Grows with each change of the row; part of the ETag.';
