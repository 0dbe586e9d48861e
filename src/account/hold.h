/* Holds: an amount of a limit account reserved for one lender, with claims on the invoices that it
 * is to finance. Private to account; what lending needs of it is in account/account.h.
 *
 * Many are filed in one transaction, each with its own answer: waiting for the disk and for round
 * trips is shared by all that came meanwhile, and that is what makes thousands a second possible.
 * Locks: keys of those who ask, accounts by (currency, contract key), claims by key, chains by id.
 */
#ifndef SCFD_ACCOUNT_HOLD_H
#define SCFD_ACCOUNT_HOLD_H

#include "claim.h"
#include "scfd/chain/record.h"
#include "scfd/codec/jsonw.h"

enum {
    SCF_HOLD_INVOICES_MAX = 100,
    SCF_HOLD_BATCH_INVOICES = 1000, /* of all holds filed at once */
    SCF_HOLD_ANSWER_MAX = 256 << 10
};

extern const struct scf_schema scf_hold_schema; /* LimitHoldCreate; rules with scf_hold_ctx */
extern const struct scf_schema scf_hold_release_schema;
extern const struct scf_schema scf_unfreeze_schema;
struct scf_hold_ctx {
    int64_t now_us;
    int offset_minutes;
};

/* One that is to be filed. */
struct scf_hold_order {
    struct scf_arena *arena;
    const struct scf_actor *lender;
    const struct scf_idempotency *idempotency; /* NULL: none */
    struct scf_str text;                       /* the body as received */
    const cJSON *body;                         /* passed the schema */
    const struct scf_faults *warnings;

    /* Result: `code` and `err`, or what to answer. */
    bool done;  /* decided; false: file it again, alone */
    bool tried; /* whoever files for all is through with it; guarded by the lock of hold_group.c */
    enum scf_code code;
    struct scf_error err;
    struct scf_replay replay; /* found: that is the answer */
    int status;               /* 201, or 200 when it was filed before */
    struct scf_buf answer;

    /* Between the steps. */
    struct scf_hold hold;
    struct scf_str external_id;
    struct scf_account *account;   /* where it is to be booked */
    size_t first_want, want_count; /* invoices, then receivables */
    size_t receivable_count;
    struct scf_record record;
    bool existed;
    bool has_own_limit; /* the lender's terms gave a limit of its own (CR-5, CR-10) */
    int64_t own_limit;  /* of all that it holds and has out under the assessment */
    int64_t own_taken;  /* of that, before this batch */
    bool refused;       /* under the locks: what it asks for is not there (any more) */
};
/* Reads the body into hold, wants and times. What is asked of the policy comes later. */
void scf_hold_read(struct scf_hold_order *order, int64_t now_us);
/* The wants of the order into `wants` (order->want_count of them). */
void scf_hold_wants(const struct scf_hold_order *order, struct scf_claim_want *wants);

/* Files the orders; inside scf_tx_run, which calls again after SOFT. OK: every order has its
 * result. Else nothing is decided. */
struct scf_hold_batch {
    struct scf_arena *arena;
    struct scf_hold_order *const *orders;
    size_t n;
    int64_t now_us;
};
enum scf_code scf_holds_file(struct scf_db *db, void *batch, struct scf_error *err) SCF_MUST_CHECK;

/* ---- hold_group.c ---- */

/* Files orders together with those of other threads that come at the same time: one thread files
 * for all. Afterwards those that are not `done` are to be filed alone. */
void scf_holds_file_together(struct scf_db *db, struct scf_hold_order *const *orders, size_t n);
/* A transaction of its own. Non-OK: nothing is decided. */
enum scf_code scf_hold_file_alone(struct scf_db *db, struct scf_hold_order *order,
                                  struct scf_error *err) SCF_MUST_CHECK;

/* ---- hold_json.c ---- */

/* A claim as the API shows it. */
struct scf_hold_claim {
    struct scf_uuid invoice_id;
    struct scf_hash fingerprint;
    int64_t amount;
    struct scf_uuid receivable_id; /* the lender's, claimed with it; nil: there is none */
    struct scf_hash receivable_fingerprint;
};
/* What the record's columns say. */
struct scf_hold_filed {
    struct scf_str external_id;
    int64_t received_us, leaf_index;
    struct scf_hash body_sha256, leaf_hash;
};
/* Members without braces, as of now_us. `account` NULL: its balances are not shown. */
void scf_hold_write(struct scf_jsonw *w, const struct scf_hold *hold,
                    const struct scf_hold_filed *filed, const struct scf_hold_claim *claims,
                    size_t n, const struct scf_account *account, int64_t now_us);
/* granted, held, used, available, frozen, currency, version. */
void scf_account_write(struct scf_jsonw *w, const char *key, const struct scf_account *a);
int scf_hold_scale(const char *currency);

/* ---- hold_file_store.c, hold_own_store.c ---- */

/* Which holds were filed before: sets replay, or the code, of those. Of the others, what they refer
 * to: sets the members of `hold`, or the code. */
enum scf_code scf_holds_find(struct scf_db *db, struct scf_hold_batch *batch,
                             struct scf_error *err) SCF_MUST_CHECK;
/* Of orders whose lenders have limits of their own, what these hold and have out under the
 * assessment already: sets own_taken. Locks the lenders' rows of the assessments, in their order,
 * so that two holds of a lender under different contracts take turns; before the accounts. */
enum scf_code scf_holds_own(struct scf_db *db, struct scf_hold_batch *batch,
                            struct scf_error *err) SCF_MUST_CHECK;
/* LIMIT_EXCEEDED: with `more`, which others of the batch take, the order is above it. Pure. */
enum scf_code scf_hold_check_own(struct scf_hold_order *order, int64_t more) SCF_MUST_CHECK;
/* Whether a hold that was refused is one that another process filed while this one waited for the
 * locks: then what it lacks is what it took itself. SOFT: so it is, look again. */
enum scf_code scf_holds_refused_twice(struct scf_db *db, const struct scf_hold_batch *batch,
                                      struct scf_error *err) SCF_MUST_CHECK;
/* The rows of the holds, to a pipeline. */
enum scf_code scf_holds_add(struct scf_db *db, struct scf_hold_batch *batch,
                            struct scf_error *err) SCF_MUST_CHECK;
/* The answers under the idempotency keys. SOFT: somebody took one meanwhile. */
enum scf_code scf_holds_keep_answers(struct scf_db *db, struct scf_hold_batch *batch,
                                     struct scf_error *err) SCF_MUST_CHECK;
static inline bool scf_hold_open(const struct scf_hold_order *o) { /* nothing decided yet */
    return o->code == SCF_OK && !o->replay.found && !o->existed;
}

/* ---- hold_store.c ---- */

/* Columns of `scfd.limit_hold h`, in the order that scf_hold_row takes. */
#define SCF_HOLD_COLUMNS                                                                           \
    "h.id, h.node_id, h.account_id, h.assessment_id, h.decision_id, h.contract_id,"                \
    " h.contract_key, h.borrower_id, h.loan_id, h.currency, h.amount, h.used, h.expires_at,"       \
    " h.created_at, h.closed_at, h.version, h.status"
enum { SCF_HOLD_COLUMN_COUNT = 17 };
void scf_hold_row(const struct scf_rows *rows, int row, int col, struct scf_hold *ret);

/* A lender gives its hold back, in a transaction of its own. NOT_FOUND; WRONG_STATE when it was
 * used or is over. Released before: OK. */
enum scf_code scf_hold_release(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_actor *lender, const struct scf_uuid *id,
                               int64_t now_us, struct scf_error *err) SCF_MUST_CHECK;

/* ---- select_store.c ---- */

struct scf_hold_item {
    struct scf_hold hold;
    struct scf_hold_filed filed;
    struct scf_hold_claim *claims;
    size_t claim_count;
};
struct scf_hold_filter {
    const struct scf_actor *actor;
    struct scf_uuid id, contract_key; /* nil: any */
    int status;                       /* −1: any */
    int64_t now_us;
    const struct scf_page *page; /* NULL: the one of this id, or NOT_FOUND */
};
enum scf_code scf_hold_select(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_hold_filter *filter, struct scf_hold_item **ret,
                              int *ret_n, struct scf_error *err) SCF_MUST_CHECK;

struct scf_account_item {
    struct scf_account account;
    struct scf_uuid contract_id; /* a contract record that the actor may see; nil: none */
    int64_t created_us;
};
struct scf_account_filter {
    const struct scf_actor *actor;
    struct scf_uuid id, borrower_id, contract_id; /* nil: any */
    const struct scf_page *page;
};
enum scf_code scf_account_select(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_account_filter *filter,
                                 struct scf_account_item **ret, int *ret_n,
                                 struct scf_error *err) SCF_MUST_CHECK;

struct scf_entry_item {
    enum scf_entry_type type;
    int64_t seq, granted, held, used, created_us;
    struct scf_uuid source_id, position;
    const char *source_prefix, *period;
};
/* Entries of a visible account; a lender sees what concerns everybody, and its own. */
enum scf_code scf_entry_select(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_actor *actor, const struct scf_uuid *account_id,
                               const struct scf_page *page, struct scf_entry_item **ret, int *ret_n,
                               struct scf_error *err) SCF_MUST_CHECK;

#endif
