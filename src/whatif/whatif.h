/* What would raise a limit: single changes to the data behind an assessment, each with the exact
 * amount that it adds, computed with the whole integer formula.
 *
 * Records are never changed: what a record lacks comes in a correction, a further record, and is
 * counted here as the rollup would count it. A change is exact while nothing else changes: the
 * correction repeats what the record said, what it adds is in range and fails no check, and it
 * comes on the day of the assessment. */
#ifndef SCFD_WHATIF_WHATIF_H
#define SCFD_WHATIF_WHATIF_H

#include "scfd/limit/limit.h"
#include "scfd/db/db.h"
#include "scfd/party/services.h"

enum {
    SCF_WHATIF_RECORDS = 1000,    /* looked at, the newest */
    SCF_WHATIF_LEAVES = 20000,    /* walked back in each chain for them */
    SCF_WHATIF_GROUP = 100,       /* records that one improvement corrects at most, the newest */
    SCF_WHATIF_RECEIVABLES = 100, /* whose confirmation is tried, the largest */
    SCF_WHATIF_SHOWN = 50,        /* improvements */
    SCF_WHATIF_STEPS = 3          /* of the best combination */
};

/* A field that a record lacks, by the template in force now. */
struct scf_whatif_gap {
    const struct scf_template_field *field;
    bool compared; /* a value of it would be compared with an earlier period */
};

/* An event or invoice of the window that could be better. */
struct scf_whatif_record {
    struct scf_uuid id, chain_id;
    enum scf_record_kind kind;
    bool visible; /* to who asks */
    /* As it counts now: the template it was judged by, and its delay when it counts in delays. */
    int32_t judged_by;
    bool timed;
    int64_t delay_us;
    /* As a correction with the same values would count. */
    int32_t template_id;
    int64_t weight_expected, weight_present;
    bool range_ok;
    bool comparable, within; /* its watched values with those of the earlier period */
    int64_t checks_applicable, checks_passed;
    const struct scf_whatif_gap *gaps;
    size_t gap_count;
};

struct scf_whatif {
    const struct scf_limit_inputs *in;
    const struct scf_whatif_record *records; /* newest first */
    size_t record_count;
    bool truncated;      /* there are older ones that were not looked at */
    bool period_counted; /* the accounting period of the assessment's day has records already */
};

enum scf_improvement_kind {
    SCF_IMPROVE_FILL_FIELD,         /* one field, where that lifts a record above the rest */
    SCF_IMPROVE_COMPLETE_RECORDS,   /* all fields, and values in range */
    SCF_IMPROVE_CORRECT_VALUES,     /* values in range and as in the earlier period */
    SCF_IMPROVE_PASS_RECORD_CHECKS, /* checks inside the records */
    SCF_IMPROVE_DELIVER_ON_TIME,    /* hindsight: within grade A's bound */
    SCF_IMPROVE_ADD_QUALIFICATION,
    SCF_IMPROVE_CONFIRM_GUARANTEE,
    SCF_IMPROVE_ADD_GUARANTEE, /* the smallest one that reaches the cap */
    SCF_IMPROVE_PROVE_MILESTONE,
    SCF_IMPROVE_RESOLVE_FINDING,
    SCF_IMPROVE_CONFIRM_RECEIVABLE,
    SCF_IMPROVE_OPEN_CONTRACT,
    SCF_IMPROVE_MORE_HISTORY, /* with time only */
    SCF_IMPROVEMENTS
};
enum scf_improvement_when { SCF_WHEN_NOW, SCF_WHEN_HINDSIGHT, SCF_WHEN_LATER };
struct scf_improvement_text {
    const char *slug, *en, *zh;
    enum scf_improvement_when when;
};
extern const struct scf_improvement_text scf_improvement_texts[SCF_IMPROVEMENTS];

struct scf_improvement {
    enum scf_improvement_kind kind;
    int64_t amount;  /* what it alone adds to the limit, minor units, > 0 */
    int64_t changes; /* how many things have to be done for it */
    /* What it is about, by kind. */
    enum scf_record_kind record_kind;
    const struct scf_template_field *field;
    const struct scf_whatif_record *const *records;
    size_t record_count;
    size_t contract, item; /* indexes: of the inputs; of its guarantees, milestones, … */
    int qualification;     /* enum scf_qualification_type */
    int64_t guarantee;     /* amount */
};

/* One after another, each the best that is left: most money per change first. */
struct scf_improvement_plan {
    size_t steps[SCF_WHATIF_STEPS]; /* indexes of the list */
    int64_t amounts[SCF_WHATIF_STEPS];
    size_t n;
};

/* The inputs with the improvement applied; shares what it does not change. False: `arena` is full.
 * Pure, as the next one. */
bool scf_improvement_apply(const struct scf_whatif *w, const struct scf_improvement *improvement,
                           const struct scf_limit_inputs *in, struct scf_arena *arena,
                           struct scf_limit_inputs *ret) SCF_MUST_CHECK;
/* Every improvement that adds something, most money per change first; at most SCF_WHATIF_SHOWN.
 * *ret_limit: the limit as it is. Lists in `arena`; false: it is full. */
bool scf_improvements_find(const struct scf_whatif *w, struct scf_arena *arena,
                           struct scf_improvement **ret, size_t *ret_n,
                           struct scf_improvement_plan *ret_plan,
                           int64_t *ret_limit) SCF_MUST_CHECK;

/* ---- whatif_gather.c: the records behind the inputs ---- */

/* `in` is of a receipt; `actor` says which records are visible. Any thread with its connection. */
enum scf_code scf_whatif_gather(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_services *services, const struct scf_actor *actor,
                                const struct scf_limit_inputs *in, struct scf_whatif *ret,
                                struct scf_error *err) SCF_MUST_CHECK;

/* ---- whatif_store.c ---- */

struct scf_whatif_row {
    struct scf_uuid id, chain_id, revises_id; /* nil: revises none */
    enum scf_record_kind kind;
    int64_t received_us, happened_us;
    bool has_happened, visible;
    int32_t template_id;
    int64_t checks_applicable, checks_passed;
    struct scf_str body; /* lives during the call */
};
/* Hands over the newest events and invoices of the borrower in the window, newest first, at most
 * SCF_WHATIF_RECORDS + 1; from the chains of the inputs as far as they were folded. */
enum scf_code scf_whatif_rows(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_limit_inputs *in, const struct scf_actor *actor,
                              bool (*each)(void *ctx, const struct scf_whatif_row *row), void *ctx,
                              struct scf_error *err) SCF_MUST_CHECK;
struct scf_whatif_series {
    struct scf_uuid chain_id;
    int32_t template_id;
    struct scf_str state;
};
enum scf_code scf_whatif_series(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_limit_inputs *in, struct scf_whatif_series **ret,
                                size_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;
/* Has the borrower events or invoices that count on any day from `from_day` to the window's last?
 */
enum scf_code scf_whatif_active(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_limit_inputs *in, int32_t from_day, bool *ret,
                                struct scf_error *err) SCF_MUST_CHECK;

#endif
