/* Industry templates: which fields the records of an industry should carry, in which ranges, how
 * much they may fluctuate, and how ratings are graded. Versioned; published ones are immutable.
 *
 * Evaluation of one record is pure arithmetic on integers. Templates, once published, stay in
 * memory for the life of the process, so a pointer to one never dangles. */
#ifndef SCFD_TEMPLATE_TEMPLATE_H
#define SCFD_TEMPLATE_TEMPLATE_H

#include <cjson/cJSON.h>

#include "scfd/chain/record.h"

enum { SCF_MEASURE_LEN = 9, SCF_TEMPLATE_MAX_FIELDS = 200 };
/* Ratings run from A to D (docs/credit-model.md, Ratings). */
enum scf_grade { SCF_GRADE_A, SCF_GRADE_B, SCF_GRADE_C, SCF_GRADE_D };

enum scf_template_type {
    SCF_TT_STRING,
    SCF_TT_DECIMAL,
    SCF_TT_INTEGER,
    SCF_TT_DATE,
    SCF_TT_DATETIME,
    SCF_TT_BOOLEAN,
    SCF_TT_ENUM
};

struct scf_template_field {
    const char
        *key; /* member of `fields`, else a path in the body: "seller.tax_no", "lines.0.unit" */
    const char *label_zh, *label_en, *unit;
    enum scf_template_type type;
    int64_t weight_ppm;         /* default 1 000 000 */
    const char *const *choices; /* ENUM; NULL-terminated */
    bool has_min, has_max;
    int64_t min, max;        /* millionths */
    int64_t fluctuation_ppm; /* 0: not watched */
};

/* A step that completes a part of the work: a milestone where the contract has none of its own. */
struct scf_template_milestone {
    const char *step;
    int64_t weight_ppm; /* > 0; of one template they add up to at most 1 */
};

enum scf_period { SCF_PERIOD_DAY, SCF_PERIOD_WEEK, SCF_PERIOD_MONTH, SCF_PERIOD_QUARTER };

struct scf_grading {
    /* Thresholds of A, B, C: normativity (completeness) and accuracy ≥ (ppm), timeliness (delay) ≤
     * (µs). Else D. */
    int64_t normativity_ppm[3], timeliness_us[3], accuracy_ppm[3];
    int64_t delay_workflow_ppm; /* λ of CR-2.1; the invoice weight is 1 − λ */
    int64_t accuracy_range_ppm; /* μ of CR-2.1 */
    int64_t rating_ppm[3];      /* weights of normativity, timeliness, accuracy in E (CR-2.3) */
    int64_t score_ppm[4];       /* s(A) s(B) s(C) s(D) */
};

struct scf_template {
    int32_t id;           /* one per (code, revision) */
    struct scf_uuid uuid; /* "tpl_…" */
    const char *code, *industry_code;
    int revision;
    enum scf_record_kind applies_to;
    const struct scf_template_field *fields;
    size_t field_count;
    size_t watched_count; /* fields with fluctuation_ppm > 0, in field order: the measures */
    const struct scf_template_milestone *milestones; /* the steps that have a weight, in order */
    size_t milestone_count;
    enum scf_period period;
    struct scf_grading grading;
    int64_t effective_from_us;
    bool published;
};

/* What the template says about one record. Names live in the template. */
struct scf_quality {
    int64_t weight_expected, weight_present; /* sums of weight_ppm */
    const char **missing;
    size_t missing_count; /* absent or of the wrong type */
    const char **out_of_range;
    size_t out_of_range_count;
    bool range_ok; /* none out of range and not before it happened */
    bool has_delay;
    int64_t delay_us; /* received − happened; may be negative (CR-2.1) */
    uint8_t *measures;
    size_t measures_len; /* watched_count × SCF_MEASURE_LEN */
};

/* Pure. Arrays in `arena`; false (and *ret untouched) when the arena is full. `has_happened` false:
 * no delay. A field's value is the member `key` of body.fields, else the dotted path `key` in the
 * body. Null, "" and a wrong type count as missing; an enumeration's range is its list. */
bool scf_template_evaluate(const struct scf_template *t, const cJSON *body, int64_t received_us,
                           bool has_happened, int64_t happened_us, struct scf_arena *arena,
                           struct scf_quality *ret);

/* Days since epoch → number of the accounting period it lies in (ascending; pure). */
int32_t scf_period_of(enum scf_period period, int32_t day);

/* A grading as JSON: its field table (ended by SCF_FIELD_END) for schemas that have one as a
 * member, the rules across its fields, with `base` before their pointers, and reading one that kept
 * both; NULL reads as the grading of CR-2.2. Pure. */
extern const struct scf_field scf_grading_fields[];
void scf_grading_rules(const cJSON *json, const char *base, struct scf_faults *faults);
struct scf_grading scf_grading_read(const cJSON *json);

/* ---- the catalogue: every published template in memory ---- */

struct scf_templates;
enum scf_code scf_templates_open(const char *database_url, struct scf_templates **ret,
                                 struct scf_error *err) SCF_MUST_CHECK;
void scf_templates_free(struct scf_templates *t);
void scf_templates_on_notify(void *templates, const char *topic, bool connected); /* "templates" */
/* The template in force at `at_us` for a record kind and an industry: the longest industry code
 * that is a prefix of `industry_code`; the general template ("*") otherwise. NULL: none at all.
 * Any thread. */
const struct scf_template *scf_templates_for(struct scf_templates *t, enum scf_record_kind kind,
                                             struct scf_str industry_code, int64_t at_us);
const struct scf_template *scf_templates_by_id(struct scf_templates *t, int32_t id);
/* The newest published revision of a code for a record kind, in force at `at_us`; NULL: none. */
const struct scf_template *scf_templates_by_code(struct scf_templates *t, enum scf_record_kind kind,
                                                 struct scf_str code, int64_t at_us);
/* Reads what was published since; for a caller that met an id the catalogue does not know yet.
 * Any thread that may wait for the database. */
enum scf_code scf_templates_reload(struct scf_templates *t, struct scf_error *err) SCF_MUST_CHECK;
/* Inside scf_tx_run at start-up: inserts and publishes the templates that ship (the files of
 * templates/, embedded) when they are not there yet. */
enum scf_code scf_templates_ship(struct scf_db *db, const struct scf_uuid *platform_id,
                                 struct scf_error *err) SCF_MUST_CHECK;

extern const struct scf_route scf_template_routes[]; /* /v1/industry-templates… */
extern const size_t scf_template_route_count;

#endif
