/* A receivable's row, its steps, and who sees it. Private to receivable.
 *
 * Rows are locked before chains, in ascending ids, in lending after its invoices. A row is changed
 * under its lock only, by scf_rcv_take or by what stands beside a call of it. */
#ifndef SCFD_RECEIVABLE_ROW_H
#define SCFD_RECEIVABLE_ROW_H

#include "registration.h"

#include "scfd/chain/record.h"

/* Bits of `told`: reminders given. */
enum { SCF_TOLD_REVERIFY = 1, SCF_TOLD_CANCEL = 2, SCF_TOLD_ENDING = 4 };

/* A time of 0 and a nil id: none. Text lives in the arena it was read into. */
struct scf_receivable {
    struct scf_uuid id, invoice_key, invoice_id, contract_id, contract_key;
    struct scf_uuid seller_id, debtor_id; /* enterprises */
    struct scf_uuid lender_id, sender_id; /* nodes */
    enum scf_rcv_kind kind;
    enum scf_receivable_state state, resume;
    enum scf_rcv_bar bar;
    bool open;
    char currency[4];
    int64_t amount, diluted;
    int32_t issued_day, delivered_day, due_day;
    bool has_delivered, has_due;
    const char *voucher; /* JSON; NULL: none */
    bool debtor_upload, confirmed, statutory, tenor_reasoned, tenor_examined, conflict;
    enum scf_rcv_verification verification;
    int64_t verified_us, searched_us, confirm_due_us, registered_us, proven_clear_us, notified_us,
        financed_us, ended_us;
    struct scf_uuid loan_id;
    const char *registration_no; /* NULL: none */
    enum scf_registration_status registration_status;
    int32_t registration_from, registration_to; /* with a status */
    const char *registration;                   /* the record CR-7.5, JSON; NULL: none */
    int told;
    int64_t steps, version, created_us, updated_us;
};

struct scf_rcv_facts scf_receivable_facts(const struct scf_receivable *r);
bool scf_receivable_is_registered(const struct scf_receivable *r);
/* Members without braces. */
void scf_receivable_write(struct scf_jsonw *w, const struct scf_receivable *r);

/* One step as it is stored. */
struct scf_rcv_step_row {
    int64_t seq;
    enum scf_rcv_step step;
    struct scf_uuid node_id; /* nil: the platform */
    enum scf_receivable_state from, to;
    int64_t happened_us, filed_us;
    const char *body;
    struct scf_uuid record_id; /* nil: the record follows */
};

/* ---- receivable_store.c: inside a transaction unless it only reads ---- */

/* DB_CONFLICT: the lender has an open receivable on the invoice. */
enum scf_code scf_receivable_insert(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_receivable *r,
                                    struct scf_error *err) SCF_MUST_CHECK;
/* Everything that a step may change. */
enum scf_code scf_receivable_save(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_receivable *r,
                                  struct scf_error *err) SCF_MUST_CHECK;
/* Locks it together with the open receivables on the same invoice, in ascending ids; `ret` is a
 * list of all, *ret_own the one asked for. NOT_FOUND. */
enum scf_code scf_receivable_lock(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *id, struct scf_receivable **ret,
                                  size_t *ret_n, struct scf_receivable **ret_own,
                                  struct scf_error *err) SCF_MUST_CHECK;
/* Locks the open ones on these invoices; those that a loan finances. */
enum scf_code scf_receivable_lock_invoices(struct scf_db *db, struct scf_arena *arena,
                                           const struct scf_uuid *invoice_keys, size_t n,
                                           struct scf_receivable **ret, size_t *ret_n,
                                           struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_receivable_lock_loan(struct scf_db *db, struct scf_arena *arena,
                                       const struct scf_uuid *loan_id, struct scf_receivable **ret,
                                       size_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;
/* Locks it unless somebody else has it: then *ret_found is false. */
enum scf_code scf_receivable_try_lock(struct scf_db *db, struct scf_arena *arena,
                                      const struct scf_uuid *id, bool *ret_found,
                                      struct scf_receivable *ret,
                                      struct scf_error *err) SCF_MUST_CHECK;
/* Has the lender another open one on the invoice? */
enum scf_code scf_receivable_has_other(struct scf_db *db, struct scf_arena *arena,
                                       const struct scf_receivable *r, bool *ret,
                                       struct scf_error *err) SCF_MUST_CHECK;

struct scf_receivable_filter {
    const struct scf_actor *actor;
    struct scf_uuid id; /* nil: any; so the others */
    struct scf_uuid invoice_id, seller_id, debtor_id;
    int state;                   /* −1: any */
    const struct scf_page *page; /* NULL: one row; NOT_FOUND when there is none */
};
/* What the actor may see, in page order, at most limit + 1. */
enum scf_code scf_receivable_select(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_receivable_filter *filter,
                                    struct scf_receivable **ret, int *ret_n,
                                    struct scf_error *err) SCF_MUST_CHECK;

/* ---- standing_store.c ---- */

/* What the task has to do now: ids, at most `max` of each, oldest first. */
struct scf_rcv_due {
    int64_t now_us;
    int32_t today;
    int64_t verified_before_us; /* older verifications are due again */
    int64_t ended_before_us;    /* debts ended before: the entry should be cancelled */
    int32_t ending_day;         /* entries that end before it are about to end */
};
enum scf_code scf_receivable_due(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_rcv_due *due, int max, struct scf_uuid **ret,
                                 size_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;

/* ---- step_store.c ---- */

enum scf_code scf_rcv_step_insert(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *receivable_id,
                                  const struct scf_rcv_step_row *row,
                                  struct scf_error *err) SCF_MUST_CHECK;
/* Steps of one receivable whose record is missing, by seq; at most 100. */
enum scf_code scf_rcv_steps_pending(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *receivable_id,
                                    struct scf_rcv_step_row **ret, size_t *ret_n,
                                    struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_rcv_step_recorded(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *receivable_id, int64_t seq,
                                    const struct scf_uuid *record_id,
                                    struct scf_error *err) SCF_MUST_CHECK;
/* Receivables with such steps, oldest first. */
enum scf_code scf_rcv_pending(struct scf_db *db, struct scf_arena *arena, int max,
                              struct scf_uuid **ret, size_t *ret_n,
                              struct scf_error *err) SCF_MUST_CHECK;
/* In the order of their numbers, at most limit + 1. */
enum scf_code scf_rcv_steps_list(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *receivable_id, const struct scf_page *page,
                                 struct scf_rcv_step_row **ret, int *ret_n,
                                 struct scf_error *err) SCF_MUST_CHECK;
/* Nodes that see the receivable, ascending: its sender's; once it was submitted also the lender's,
 * and all that the seller and the debtor operate. */
enum scf_code scf_rcv_nodes(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_receivable *r, bool submitted, struct scf_uuid **ret,
                            size_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_rcv_seen(struct scf_db *db, struct scf_arena *arena,
                           const struct scf_receivable *r, const struct scf_uuid *nodes, size_t n,
                           struct scf_error *err) SCF_MUST_CHECK;

#endif
