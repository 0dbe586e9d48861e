/* A batch of increments: some hundred runs that are locked, gathered, computed and written in one
 * transaction, with a handful of statements for all of them. */
#ifndef SCFD_INCREMENT_INCREMENT_BATCH_H
#define SCFD_INCREMENT_INCREMENT_BATCH_H

#include "increment_store.h"
#include "scfd/account/account.h"
#include "scfd/credit/gather.h"
#include "scfd/credit/mark.h"
#include "scfd/party/services.h"

/* Everything is in `arena`, which is reset when the transaction is tried again. Arrays have one
 * entry per run. */
struct scf_batch {
    struct scf_arena *arena;
    const struct scf_services *services;
    int64_t as_of_us, now_us;
    size_t n;
    struct scf_limit_run *runs;
    struct scf_account *accounts;
    struct scf_limit_mark *marks;
    struct scf_limit_inputs *inputs; /* one contract each */
    struct scf_limit_contract *contracts;
    const cJSON **profiles;                /* the borrowers'; NULL: it has none */
    const struct scf_template **templates; /* by which they are rated */
    struct scf_record *records;            /* the contracts' */
    struct scf_limit_result *results;
    struct scf_buf *documents, *receipts;
    enum { SCF_BATCH_GO, SCF_BATCH_FAILED, SCF_BATCH_SUPERSEDED } * fate;
};

/* ---- increment_gather.c ---- */

/* Locks the accounts and reads what the runs rest on. Runs that cannot be made get their fate and
 * their problem; the others go on. Non-OK: the batch as a whole cannot. */
enum scf_code scf_batch_gather(struct scf_db *db, struct scf_batch *b,
                               struct scf_error *err) SCF_MUST_CHECK;

/* ---- increment_compute.c: pure ---- */

/* Results, documents and receipts of the runs that go. False: the arena is full. */
bool scf_batch_compute(struct scf_batch *b) SCF_MUST_CHECK;

/* ---- increment_write.c ---- */

/* Books, chains, stores and announces the outcomes. */
enum scf_code scf_batch_write(struct scf_db *db, struct scf_batch *b,
                              struct scf_error *err) SCF_MUST_CHECK;

/* ---- increment_gather_store.c ---- */

/* The contract records as of a time, by key; found[i] says whether there is one. */
enum scf_code scf_batch_contracts(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *keys, size_t n, int64_t as_of_us,
                                  struct scf_record *ret, bool *found,
                                  struct scf_error *err) SCF_MUST_CHECK;

struct scf_batch_guarantee {
    size_t which; /* index of the contract */
    struct scf_reported_guarantee reported;
};
/* As scf_contract_guarantees, of all contracts, those of one after another. */
enum scf_code scf_batch_guarantees(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *keys, size_t n,
                                   struct scf_batch_guarantee **ret, size_t *ret_n,
                                   struct scf_error *err) SCF_MUST_CHECK;

struct scf_batch_enterprise {
    struct scf_uuid id;
    struct scf_str industry_code;
    const char *profile; /* NULL: a stub */
};
enum scf_code scf_batch_enterprises(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *ids, size_t n,
                                    struct scf_batch_enterprise **ret, size_t *ret_n,
                                    struct scf_error *err) SCF_MUST_CHECK;

/* As scf_window_read, of many enterprises, but for the chains' seals. There are no partners beside
 * those that are known: a contract with a limit account has made its buyer one. */
struct scf_batch_window {
    enum scf_period period; /* accounting periods of the enterprise's template; set by the caller */
    struct scf_rating_sums *sums;
    size_t sum_count;
    struct scf_limit_chain *chains;
    size_t chain_count;
    int64_t chains_left_out;
    int64_t history_periods;
};
enum scf_code scf_batch_windows(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *enterprises, size_t n, int32_t from_day,
                                int32_t to_day, struct scf_batch_window *windows,
                                struct scf_error *err) SCF_MUST_CHECK;

/* The chains, ascending, with their newest block's size and root; before the first: 0 and the root
 * of the empty tree. */
enum scf_code scf_batch_seals(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *chain_ids, size_t n,
                              struct scf_limit_chain **ret, size_t *ret_n,
                              struct scf_error *err) SCF_MUST_CHECK;

/* ---- increment_write_store.c ---- */

/* Assessments that are done the moment they are written. */
struct scf_assess_done {
    struct scf_uuid id, borrower_id;
    int64_t as_of_us, limit;
    const char *currency;
    int32_t expires_day;
    struct scf_str request, receipt;
};
enum scf_code scf_assess_insert_done(struct scf_db *db, const struct scf_assess_done *rows,
                                     size_t n, int64_t now_us,
                                     struct scf_error *err) SCF_MUST_CHECK;

/* Lenders that are told of an assessment; `awaiting`: their decision is asked for. */
struct scf_assess_told {
    struct scf_uuid assessment_id, node_id;
    bool awaiting;
};
enum scf_code scf_assess_tell_lenders(struct scf_db *db, struct scf_arena *arena,
                                      const struct scf_assess_told *told, size_t n, int64_t now_us,
                                      struct scf_error *err) SCF_MUST_CHECK;

#endif
