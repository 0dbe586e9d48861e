/* Claims on invoices: who may finance how much of an invoice, so that all lenders together never
 * finance more than its net amount (CR-7.1). Private to account; what lending needs of it is in
 * account/account.h.
 *
 * An invoice is known by its keys: the business key of the record named, and those of the records
 * that it revises or that report the same number, whichever node they came from, as far as their
 * word on it counts. A claim counts at each of its keys, so that no corrected number or amount
 * opens a second financing. */
#ifndef SCFD_ACCOUNT_CLAIM_H
#define SCFD_ACCOUNT_CLAIM_H

#include "scfd/account/account.h"

/* One invoice that somebody wants to claim. */
struct scf_claim_want {
    struct scf_uuid receivable_id; /* named instead of its invoice; nil: the invoice is named */
    struct scf_uuid invoice_id;    /* the record named */
    int64_t amount;                /* minor units; 0: all of it, which nobody else may claim then */
    char currency[4];
    struct scf_uuid contract_key; /* it must be about this contract, or be visible; nil: visible is
                                     somebody else's business */
    struct scf_uuid node_id, enterprise_id; /* the lender's node, and who operates it */
};

/* The lender's own open receivable on an invoice, which is claimed with it (CR-7.1, fp_ar). */
struct scf_claim_receivable {
    bool found;
    struct scf_uuid id, key; /* key: of its head, the first bytes of the fingerprint */
    struct scf_hash fingerprint;
    int64_t net;  /* what is left of the claim */
    int64_t part; /* decided: how much of it is claimed */
};

/* What the records say of it. */
struct scf_claim_invoice {
    bool found; /* an invoice that the lender may refer to */
    struct scf_uuid seller_id, buyer_id;
    char currency[4];
    struct scf_hash fingerprint;
    const char *number;          /* normalised; "" when there is none */
    size_t first_key, key_count; /* in scf_claim_book.keys */
    int64_t net;                 /* after red letters; 0 when it is void */
    bool elsewhere;              /* a record says that it is financed by somebody else */
    bool cancelled;              /* a record says that it is void, red as a whole, or not found */
    int64_t red;                 /* red letters, ≤ 0 */
    struct scf_claim_receivable receivable;
};

/* What is claimed of one key; locked. */
struct scf_claim_head {
    struct scf_uuid key;
    int64_t claimed, net;
    int64_t claimed_before; /* as read: what is written is the difference */
    const char *number;     /* of an invoice; NULL: of a receivable */
    bool touched;
};

struct scf_claim_live { /* a claim that counts */
    struct scf_uuid key, holder_id, node_id;
    bool by_loan;
    int64_t since_us, until_us; /* INT64_MAX: no end */
};

struct scf_claim_row { /* to be written */
    struct scf_uuid holder_id, key, node_id, invoice_id;
    struct scf_uuid receivable_id; /* nil: of an invoice */
    bool by_loan;
    struct scf_hash fingerprint;
    int64_t amount, until_us;
};

/* Everything that a batch of claimants wants, and what is decided. */
struct scf_claim_book {
    struct scf_arena *arena;
    int64_t now_us;
    struct scf_claim_want *wants;       /* with the invoices of the receivables named */
    struct scf_claim_invoice *invoices; /* one per want */
    size_t n;
    struct scf_uuid *keys;        /* those of one want stand together, ascending */
    struct scf_claim_head *heads; /* each key once, ascending */
    size_t head_count;
    struct scf_claim_live *live;
    size_t live_count, live_max;
    struct scf_claim_row *rows;
    size_t row_count, row_max;
};

/* ---- claim.c: deciding; pure ---- */

/* One claimant: wants [first, first + count). */
struct scf_claimant {
    struct scf_uuid holder_id;
    bool by_loan;
    int64_t until_us; /* a hold's expires_at; INT64_MAX of a loan */
    size_t first, count;
    size_t receivables; /* the last so many of them name receivables */
    const char *member; /* of the body: "invoices" of objects, or "invoice_ids" of ids */
};
/* Claims all that the claimant wants, or nothing. ALREADY_CLAIMED says of which invoices, since
 * when and until when at most; INVOICE_FINANCED: for a loan, when another loan has it, and for
 * anybody when a record says that it is financed elsewhere. VALIDATION_FAILED: not an invoice that
 * may be named, of another currency, or worth less than is claimed. What the error carries is in
 * `arena`. */
enum scf_code scf_claims_decide(struct scf_claim_book *book, const struct scf_claimant *claimant,
                                struct scf_arena *arena, struct scf_error *err) SCF_MUST_CHECK;
/* Was the invoice of a locked want cancelled: void, red as a whole, not found, or by red letters
 * worth less than is claimed of it (CR-6.3)? */
bool scf_claims_cancelled(const struct scf_claim_book *book, size_t want);
struct scf_claim_head *scf_claims_head(const struct scf_claim_book *book,
                                       const struct scf_uuid *key);

/* ---- claim_read_store.c ---- */

/* What the records say of the wants, the lenders' receivables, and the keys of both. */
enum scf_code scf_claims_look(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_claim_want *wants, size_t n, int64_t now_us,
                              struct scf_claim_book *ret, struct scf_error *err) SCF_MUST_CHECK;
/* Locks the heads of all keys, in order, lets claims go whose hold is over, and reads what is
 * claimed and what the invoices are worth. */
enum scf_code scf_claims_lock(struct scf_db *db, struct scf_claim_book *book,
                              struct scf_error *err) SCF_MUST_CHECK;

/* Lets go what is over of locked heads. $1 keys, $2 now. */
extern const struct scf_stmt *const scf_claims_let_go_stmt;

/* ---- claim_receivable_store.c ---- */

/* Finds the invoices of the receivables that are named: of the lender's own open ones that it may
 * see. What is not found keeps a nil invoice_id. */
enum scf_code scf_claims_named_receivables(struct scf_db *db, struct scf_claim_book *book,
                                           struct scf_error *err) SCF_MUST_CHECK;
/* The lenders' receivables on the invoices wanted, as a statement of a pipeline, and its answer. */
extern const struct scf_stmt *const scf_claims_receivables_stmt;
enum scf_code scf_claims_bind_receivables(struct scf_params *ret, const struct scf_claim_book *book,
                                          struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_claims_read_receivables(struct scf_claim_book *book, const struct scf_rows *rows,
                                          struct scf_error *err) SCF_MUST_CHECK;
/* Locks them, after the heads, and reads what is left of them. */
enum scf_code scf_claims_lock_receivables(struct scf_db *db, struct scf_claim_book *book,
                                          struct scf_error *err) SCF_MUST_CHECK;

/* ---- claim_store.c ---- */

/* The same statements, added to a pipeline of the caller's. */
enum scf_code scf_claims_add(struct scf_db *db, struct scf_claim_book *book,
                             struct scf_error *err) SCF_MUST_CHECK;
/* Writes the rows decided, and the sums of their heads. */
enum scf_code scf_claims_write(struct scf_db *db, struct scf_claim_book *book,
                               struct scf_error *err) SCF_MUST_CHECK;
/* Lets go the claims of holds that are over, a few thousand at once, in a transaction of its own.
 */
enum scf_code scf_claims_reap(struct scf_db *db, struct scf_arena *arena, int64_t now_us,
                              struct scf_error *err) SCF_MUST_CHECK;

#endif
