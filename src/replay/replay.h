/* Replaying an assessment: every input of its receipt is derived again, from the records of the
 * chains as they were, and compared with the receipt. What was folded, stored beside the records or
 * written into the receipt is never taken for an input.
 *
 *     replay_job.c     the job, and its result as JSON
 *     replay_chain.c   one chain: its records against their leaves, bodies and columns; the folding
 *     replay_fold.c    sums over records (pure)
 *     replay_contract.c  contracts and their guarantees
 *     replay_account.c   their limit accounts
 *     replay_claims.c    receivables, the borrower's need, debtors
 *     replay_derive.c  the other inputs of the limit
 *     replay_diff.c    two documents, member by member (pure)
 *     replay_store.c   SQL
 *     replay_api.c     routes */
#ifndef SCFD_REPLAY_REPLAY_H
#define SCFD_REPLAY_REPLAY_H

#include "scfd/rating/fold.h"
#include "scfd/limit/receipt.h"
#include "scfd/account/account.h"
#include "scfd/chain/chain.h"
#include "scfd/party/services.h"

/* ---- differences (replay_diff.c) ---- */

enum { SCF_REPLAY_DIFFS = 100 }; /* kept; all are counted */

struct scf_replay_diff {
    const char *pointer;               /* RFC 6901, into the receipt */
    const char *recorded, *recomputed; /* NULL: absent */
};
struct scf_replay_diffs {
    struct scf_arena *arena;
    struct scf_replay_diff items[SCF_REPLAY_DIFFS];
    size_t n, count;
};

/* Adds one difference; the values must live as long as `out`. */
void scf_replay_differ(struct scf_replay_diffs *out, const char *pointer, const char *recorded,
                       const char *recomputed);
/* Adds every difference between two documents that stand at `pointer` (NULL: absent). */
void scf_replay_compare(struct scf_replay_diffs *out, const char *pointer, const cJSON *recorded,
                        const cJSON *recomputed);

/* ---- sums (replay_fold.c) ---- */

/* What the ratings rest on, of one borrower, gathered batch by batch in chain order. Its memory
 * grows with the templates and the days of the window, not with the records. */
enum { SCF_REPLAY_SUMS = 1000 }; /* as many as a receipt lists */
struct scf_replay_sums {
    struct scf_arena *arena;
    struct scf_uuid borrower_id;
    int32_t from_day, to_day;
    struct scf_table sums;   /* struct scf_rating_sums, see replay_fold.c */
    struct scf_table series; /* of the chain in hand */
    bool *days;              /* [to_day − from_day + 1]: events or invoices were received */
};

/* False when the arena is full. */
bool scf_replay_sums_init(struct scf_replay_sums *s, struct scf_arena *arena,
                          const struct scf_uuid *borrower_id, int32_t from_day,
                          int32_t to_day) SCF_MUST_CHECK;
/* A chain begins: its series are fresh. False when the arena is full. */
bool scf_replay_sums_chain(struct scf_replay_sums *s) SCF_MUST_CHECK;
/* Folds records of the chain in hand, of whomever they are; `scratch` is for the call. */
enum scf_code scf_replay_sums_add(struct scf_replay_sums *s, struct scf_arena *scratch,
                                  const struct scf_record *records, size_t n,
                                  scf_template_of *template_of, void *ctx,
                                  struct scf_error *err) SCF_MUST_CHECK;
/* The sums in the order of a receipt, and in how many periods there are events or invoices. NULL:
 * the arena is full. */
struct scf_rating_sums *scf_replay_sums_list(const struct scf_replay_sums *s,
                                             size_t *ret_n) SCF_MUST_CHECK;
int64_t scf_replay_periods(const struct scf_replay_sums *s, enum scf_period period);

/* ---- one replay ---- */

/* A record that is not what its chain says. */
struct scf_replay_fault {
    struct scf_uuid record_id, chain_id;
    enum scf_record_kind kind;
    int64_t leaf_index;
    const char *what; /* "its body does not have the recorded SHA-256" */
};
/* What cannot be derived again for an honest reason. */
struct scf_replay_gap {
    const char *pointer; /* into the receipt; NULL: it is a record */
    struct scf_uuid record_id;
    enum scf_record_kind kind;
    const char *why;
};
struct scf_replay_chain {
    struct scf_uuid chain_id;
    int64_t size;         /* leaves below it are looked at */
    int64_t rated_size;   /* the sums end here */
    int64_t traded_size;  /* the facts of contracts end here */
    int64_t sealed_size;  /* of the receipt */
    int64_t records;      /* looked at */
    bool known;           /* the tiles reach that far */
    struct scf_hash root; /* of the tree of sealed_size leaves, computed */
    bool root_ok;         /* it is the receipt's, and the later block's too */
};

enum { SCF_REPLAY_FAULTS = 100, SCF_REPLAY_KEPT = 10000 };
struct scf_credit_replay {
    struct scf_job *job;
    struct scf_arena *arena;
    struct scf_db *db;
    const struct scf_services *services;
    struct scf_uuid id; /* of the assessment */
    int64_t asked_us;   /* when it was asked for */
    int64_t decided_us; /* when its record was written */
    struct scf_str receipt_text;
    const cJSON *receipt, *request; /* request NULL: none */
    struct scf_limit_inputs recorded, derived;
    bool profile_read;               /* false: its body is erased, and the receipt's word stands */
    const cJSON *profile;            /* of the borrower, as it was; NULL: none */
    const struct scf_template *tmpl; /* by which it is rated */
    struct scf_uuid profile_id;
    struct scf_hash profile_sha256;
    struct scf_record *asked;         /* the contracts as the receipt names them */
    const struct scf_uuid **keys;     /* their business keys, where they have one */
    const struct scf_record **erased; /* per key, a record of it without its body; NULL: none */
    size_t key_count;
    struct scf_record *kept; /* contracts and guarantees that were walked over, with bodies */
    size_t kept_n;
    struct scf_trade_again *facts; /* in an arena of their own */
    struct scf_arena *facts_arena;
    struct scf_replay_sums sums;
    struct scf_replay_chain *chains;
    size_t chain_count;
    int64_t leaves, leaves_total; /* progress */
    struct scf_replay_diffs diffs;
    struct scf_replay_fault faults[SCF_REPLAY_FAULTS];
    size_t fault_n, fault_count;
    struct scf_replay_gap gaps[SCF_REPLAY_FAULTS];
    size_t gap_n, gap_count;
};

void scf_replay_fault(struct scf_credit_replay *r, const struct scf_record *record,
                      const char *what);
/* `pointer` NULL: `record` cannot be looked at; else what the receipt says there. */
void scf_replay_gap(struct scf_credit_replay *r, const char *pointer,
                    const struct scf_record *record, const char *why);

/* Walks over one chain: checks every record of the borrower and of its contracts below the size,
 * and the tree; adds to the sums. */
enum scf_code scf_replay_walk(struct scf_credit_replay *r, struct scf_replay_chain *chain,
                              struct scf_error *err) SCF_MUST_CHECK;
/* Body, digest and leaf of a record. NULL: they agree; "" when it is erased. */
const char *scf_replay_record_fault(const struct scf_record *record);
/* The newest revision of contract `i`, in the chain that the receipt has it from; NULL: none. */
const struct scf_record *scf_replay_newest(const struct scf_credit_replay *r, size_t i);
/* replay_contract.c: contract `i` of the receipt, out of what was kept. */
enum scf_code scf_replay_contract(struct scf_credit_replay *r, size_t i,
                                  struct scf_limit_contract *ret,
                                  struct scf_error *err) SCF_MUST_CHECK;
/* Fills r->derived. */
enum scf_code scf_replay_derive(struct scf_credit_replay *r, struct scf_error *err) SCF_MUST_CHECK;

/* ---- replay_store.c ---- */

enum { SCF_REPLAY_WINDOW = 20000, SCF_REPLAY_ROWS = 500 };

/* Records of a range of leaves that are the enterprise's or belong to the contracts, or did before
 * they were corrected; at most SCF_REPLAY_ROWS, in chain order. */
struct scf_replay_batch {
    struct scf_record *records;
    struct scf_audit_columns *columns; /* with the codes of the enterprises that they name */
    struct scf_uuid *before;           /* contract_key of what they revise; nil: none */
    size_t n;
};
enum scf_code scf_replay_leaves(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *chain_id, int64_t from, int64_t until,
                                const struct scf_uuid *enterprise_id,
                                const struct scf_uuid *const *keys, size_t key_count,
                                struct scf_replay_batch *ret, struct scf_error *err) SCF_MUST_CHECK;
/* The record of a policy in the platform's chain, by "<code>/<version>". */
enum scf_code scf_replay_policy(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *platform_id, const char *external_id,
                                bool *ret_there, struct scf_record *ret,
                                struct scf_error *err) SCF_MUST_CHECK;

/* ---- limit accounts ---- */

/* A limit account at some moment: the sums of its entries so far. */
struct scf_replay_balance {
    int64_t initial, increments, held, used; /* minor units */
    bool frozen;
};
struct scf_replay_entry {
    enum scf_entry_type type;
    int64_t granted, held, used;
    struct scf_uuid source_id;
};
/* replay_account.c: the balance after one more entry; pure. */
void scf_replay_book(struct scf_replay_balance *b, const struct scf_replay_entry *e);
/* Which balance an assessment met, of those that there were while it was made: `b` is the first of
 * them, and becomes the one that equals `recorded`, or, when none does, the last one before the
 * assessment's own entries. Pure. */
void scf_replay_settle(struct scf_replay_balance *b, const struct scf_replay_entry *entries,
                       size_t n, const struct scf_uuid *assessment_id,
                       const struct scf_replay_balance *recorded);
/* The account of contract `i` into `k`. */
enum scf_code scf_replay_account(struct scf_credit_replay *r, size_t i,
                                 struct scf_limit_contract *k,
                                 struct scf_error *err) SCF_MUST_CHECK;
/* The sums of the entries made before a time, and the number of the last one (0: none). */
enum scf_code scf_replay_balance(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *contract_key, const char *currency,
                                 int64_t before_us, struct scf_replay_balance *ret,
                                 int64_t *ret_seq, struct scf_error *err) SCF_MUST_CHECK;
/* The entries after a number, made up to a time; at most 10,000. */
enum scf_code scf_replay_entries(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *contract_key, const char *currency,
                                 int64_t after_seq, int64_t until_us, struct scf_replay_entry **ret,
                                 size_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;

/* The first entry is the sum of what all accounts of the borrower granted before `from_us`, the
 * others what changed it up to `until_us`; at most 10,000. */
enum scf_code scf_replay_granted(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *borrower_id, const char *currency,
                                 int64_t from_us, int64_t until_us, struct scf_replay_entry **ret,
                                 size_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;

/* ---- receivables, the need and debtors: replay_claims.c ---- */

struct scf_replay_step {
    struct scf_uuid invoice_key, receivable_id;
    enum scf_receivable_state state; /* from then on */
    int64_t filed_us;
};
/* The steps of the receivables of invoices up to a time, by invoice, receivable and turn. */
enum scf_code scf_replay_steps(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *const *invoice_keys, size_t n,
                               int64_t until_us, struct scf_replay_step **ret, size_t *ret_n,
                               struct scf_error *err) SCF_MUST_CHECK;
/* What an invoice's receivable may have been seen as between two times: `recorded` where the steps
 * bear it out, else what they say. Pure. */
struct scf_receivable_standing scf_replay_standing(const struct scf_replay_step *steps, size_t n,
                                                   const struct scf_uuid *invoice_key,
                                                   int64_t asked_us,
                                                   const struct scf_receivable_standing *recorded);
/* Into r->derived, whose contracts and trade views are there. */
enum scf_code scf_replay_claims(struct scf_credit_replay *r, struct scf_error *err) SCF_MUST_CHECK;

/* Size and root of the first block of a chain that holds `size` leaves; false: none yet. */
enum scf_code scf_replay_block(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *chain_id, int64_t size, bool *ret_there,
                               int64_t *ret_size, struct scf_hash *ret_root,
                               struct scf_error *err) SCF_MUST_CHECK;
/* The newest profile of an enterprise that a chain of those two received by a time; *ret_there
 * false: none. Whoever registers an enterprise first, and administrators, say what it is. */
enum scf_code scf_replay_profile(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *enterprise_id,
                                 const struct scf_uuid *registrar_id,
                                 const struct scf_uuid *platform_id, int64_t until_us,
                                 bool *ret_there, struct scf_record *ret,
                                 struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_replay_save(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *assessment_id, const struct scf_uuid *job_id,
                              bool matches, struct scf_str document, int64_t now_us,
                              struct scf_error *err) SCF_MUST_CHECK;
/* The newest result; *ret_there false: none. */
enum scf_code scf_replay_result(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *assessment_id, bool *ret_there,
                                struct scf_uuid *ret_job, struct scf_str *ret_document,
                                struct scf_error *err) SCF_MUST_CHECK;

#endif
