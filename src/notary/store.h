/* SQL of the room. Private to notary. Memory in `arena`; any thread with its connection. */
#ifndef SCFD_NOTARY_STORE_H
#define SCFD_NOTARY_STORE_H

#include "case.h"

/* ---- case_store.c ---- */

/* DB_CONFLICT: there is a case on the loan already. */
enum scf_code scf_enf_insert(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_enf_case *c, struct scf_error *err) SCF_MUST_CHECK;
/* `role`: SCF_ENF_DEBTOR or SCF_ENF_GUARANTOR. */
enum scf_code scf_enf_insert_party(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *id, const struct scf_uuid *enterprise_id,
                                   int role, struct scf_error *err) SCF_MUST_CHECK;
/* Everything that a step may change. */
enum scf_code scf_enf_save(struct scf_db *db, struct scf_arena *arena, const struct scf_enf_case *c,
                           struct scf_error *err) SCF_MUST_CHECK;
/* Inside a transaction. NOT_FOUND. `skip`: one that somebody else has is not found either. */
enum scf_code scf_enf_lock(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                           bool skip, struct scf_enf_case *ret,
                           struct scf_error *err) SCF_MUST_CHECK;

struct scf_enf_filter {
    const struct scf_actor *actor;
    struct scf_uuid id, loan_id; /* nil: any */
    int state;                   /* −1: any */
    const struct scf_page *page; /* NULL: one row; NOT_FOUND when there is none */
};
/* What the actor may see, in page order, at most limit + 1. */
enum scf_code scf_enf_select(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_enf_filter *filter, struct scf_enf_case **ret,
                             int *ret_n, struct scf_error *err) SCF_MUST_CHECK;
/* Cases in which time or the ledger may bring something about, oldest first. */
enum scf_code scf_enf_due(struct scf_db *db, struct scf_arena *arena, int64_t now_us, int32_t today,
                          int max, struct scf_uuid **ret, size_t *ret_n,
                          struct scf_error *err) SCF_MUST_CHECK;

/* ---- step_store.c ---- */

enum scf_code scf_enf_step_insert(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *id, const struct scf_enf_step_row *row,
                                  struct scf_error *err) SCF_MUST_CHECK;
/* All of a case, with room for `spare` more behind them. */
enum scf_code scf_enf_steps(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                            size_t spare, struct scf_enf_step_row **ret, size_t *ret_n,
                            struct scf_error *err) SCF_MUST_CHECK;
/* A page of them, at most limit + 1, by their numbers. */
enum scf_code scf_enf_steps_page(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *id, const struct scf_page *page,
                                 struct scf_enf_step_row **ret, int *ret_n,
                                 struct scf_error *err) SCF_MUST_CHECK;
/* Nodes that see the case, ascending: the lender's; once `shared` the notary's and all that debtors
 * and guarantors operate, and the court's when one is named. */
enum scf_code scf_enf_nodes(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_enf_case *c, bool shared, struct scf_uuid **ret,
                            size_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;
/* Lets them see the case and the records of all its steps so far. */
enum scf_code scf_enf_show(struct scf_db *db, struct scf_arena *arena, const struct scf_enf_case *c,
                           const struct scf_uuid *nodes, size_t n,
                           struct scf_error *err) SCF_MUST_CHECK;

/* ---- calendar_store.c ---- */

/* The newest version of every year. */
enum scf_code scf_calendar_load(struct scf_db *db, struct scf_arena *arena,
                                struct scf_calendar **ret, struct scf_error *err) SCF_MUST_CHECK;
struct scf_calendar_row {
    int64_t year, version;
    struct scf_str holidays, workdays; /* days, with commas */
    struct scf_str source;
    bool shipped;
    int64_t created_us;
};
/* All versions, by year and version; of one year unless that is 0. */
enum scf_code scf_calendar_list(struct scf_db *db, struct scf_arena *arena, int64_t year,
                                struct scf_calendar_row **ret, size_t *ret_n,
                                struct scf_error *err) SCF_MUST_CHECK;
/* A new version; lists as PostgreSQL writes arrays: "{2027-01-01,…}". *ret_version is its number.
 */
enum scf_code scf_calendar_insert(struct scf_db *db, struct scf_arena *arena, int64_t year,
                                  const char *holidays, const char *workdays, const char *source,
                                  int64_t now_us, int64_t *ret_version,
                                  struct scf_error *err) SCF_MUST_CHECK;

#endif
