/* The limit account: what is granted under a contract, what is held for a draw-down, what is drawn;
 * and the claims on invoices and receivables that make sure that nothing is financed twice (CR-7).
 *
 * One account per contract (its business key) and currency. Its balances are the sums of its
 * entries at every moment: both are written in one transaction, under the account's row lock.
 *
 *     granted = initial limit + increments − what was taken back
 *     available = max(0, granted − held − used), nothing while the account is frozen
 *
 * A hold reserves an amount for one lender until it expires; with it go claims on the fingerprints
 * of the invoices that it finances. A loan turns a hold into use; repayment, release or expiry give
 * back. Σ claimed of a fingerprint over all lenders never exceeds the net amount of the invoice.
 *
 * Row locks: accounts by contract key, then fingerprints ascending; after those that lending takes
 * before (src/lending/filing.h), before chains. */
#ifndef SCFD_ACCOUNT_ACCOUNT_H
#define SCFD_ACCOUNT_ACCOUNT_H

#include "scfd/policy/policy.h"
#include "scfd/work/work.h"

/* Numbers are stored. Which balance an entry changes is in brackets. */
enum scf_entry_type {
    SCF_ENTRY_INITIAL,   /* [granted] the initial limit of an assessment, as a difference */
    SCF_ENTRY_INCREMENT, /* [granted] ΔL of a period */
    SCF_ENTRY_TAKE_BACK, /* [granted] an increment whose evidence was negated; only undrawn */
    SCF_ENTRY_HOLD,      /* [held] */
    SCF_ENTRY_RELEASE,   /* [held] given back by its lender */
    SCF_ENTRY_EXPIRE,    /* [held] */
    SCF_ENTRY_USE,       /* [used, and held when it came from a hold] */
    SCF_ENTRY_REPAY,     /* [used] less; negative when a repayment is reversed */
    SCF_ENTRY_FREEZE,    /* changes no balance: a D rating, or a red letter after financing */
    SCF_ENTRY_UNFREEZE
};

struct scf_account {
    struct scf_uuid contract_key;
    char currency[4];
    struct scf_uuid borrower_id;
    int64_t granted, held, used; /* minor units, each ≥ 0 */
    int64_t initial, increments; /* granted = initial + increments (take-backs come off) */
    bool frozen;
    int64_t entries; /* how many there are: the version */
};
int64_t scf_account_available(const struct scf_account *a); /* pure */

/* ---- all inside the caller's transaction ---- */

/* The accounts of these contracts in one currency, made when they are not there, locked, in the
 * order asked for (locked in order of keys). */
enum scf_code scf_account_lock(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *contract_keys, size_t n, const char *currency,
                               const struct scf_uuid *borrower_id, int64_t now_us,
                               struct scf_account *ret, struct scf_error *err) SCF_MUST_CHECK;

/* One change of a locked account. */
struct scf_account_change {
    enum scf_entry_type type;
    int64_t amount;            /* minor units; see the types for what it changes */
    int64_t from_hold;         /* USE: the part that comes out of `held` */
    struct scf_uuid source_id; /* assessment, hold, loan, repayment */
    const char *source_prefix; /* "asm", "hold", "loan", "rep" */
    const char *period;        /* INCREMENT, TAKE_BACK: "2026-11"; else NULL */
};
/* Applies a change: writes the entry and the balances, and keeps `a` in step. LIMIT_EXCEEDED with
 * the figures: a balance would fall below zero, or a hold or use exceed what is available. */
enum scf_code scf_account_book(struct scf_db *db, struct scf_arena *arena, struct scf_account *a,
                               const struct scf_account_change *change, int64_t now_us,
                               struct scf_error *err) SCF_MUST_CHECK;

/* The same for many accounts at once, in two statements, for runs over thousands of contracts:
 * changes[i] applies to accounts[i] (several may name the same account by pointer). */
enum scf_code scf_account_book_many(struct scf_db *db, struct scf_arena *arena,
                                    struct scf_account *const *accounts,
                                    const struct scf_account_change *changes, size_t n,
                                    int64_t now_us, struct scf_error *err) SCF_MUST_CHECK;

/* ---- fingerprints and claims (CR-7.1) ---- */

/* SHA-256( norm(code)|number|issue_date|amount_incl_tax|USCC_seller|USCC_buyer ). Pure. */
struct scf_invoice_identity {
    struct scf_str invoice_code, invoice_no; /* code may be empty */
    int32_t issued_day;
    int64_t amount;               /* minor units, tax included */
    struct scf_str seller, buyer; /* USCC, or "CC:NUMBER" */
};
struct scf_hash scf_invoice_fingerprint(const struct scf_invoice_identity *invoice);

/* SHA-256( USCC_seller|USCC_buyer|contract_no_norm|invoice_no_sorted|amount|due_date ). Pure. */
struct scf_receivable_identity {
    struct scf_str seller, buyer, contract_no;
    const struct scf_str *invoice_nos; /* any order */
    size_t invoice_count;
    int64_t amount;
    bool has_due;
    int32_t due_day;
};
/* False when the arena is full. */
bool scf_receivable_fingerprint(const struct scf_receivable_identity *receivable,
                                struct scf_arena *arena, struct scf_hash *ret) SCF_MUST_CHECK;

/* Task "holds": lets holds expire whose time is over. */
enum scf_code scf_hold_task(struct scf_db *db, struct scf_arena *arena, void *app,
                            struct scf_error *err) SCF_MUST_CHECK;

/* /v1/limit-accounts…, /v1/limit-holds… */
extern const struct scf_route scf_account_routes[];
extern const size_t scf_account_route_count;

#endif
