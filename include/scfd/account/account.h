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
 * back. Σ claimed of an invoice over all lenders never exceeds its net amount when it is claimed.
 *
 * Row locks: accounts by (currency, contract key), the hold, claims by invoice key ascending; after
 * those that lending takes before (src/lending/filing.h), before chains. */
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

extern const char *const scf_entry_type_names[]; /* "initial" …, in enum order, NULL-terminated */

struct scf_account {
    struct scf_uuid id;
    struct scf_uuid contract_key;
    char currency[4];
    struct scf_uuid borrower_id;
    int64_t granted, held, used; /* minor units, each ≥ 0 */
    int64_t initial, increments; /* granted = initial + increments (take-backs come off) */
    bool frozen;
    bool stopped;        /* frozen for an invoice cancelled after financing (CR-6.3): until an
                          * administrator lifts it, and not even what is held can be drawn */
    int64_t entries;     /* how many there are: the version */
    int64_t assessed_us; /* as_of of the assessment that granted last */
};
int64_t scf_account_available(const struct scf_account *a); /* pure */
/* What may still be taken back: granted − held − used, at least 0; frozen or not. Pure. */
int64_t scf_account_undrawn(const struct scf_account *a);

/* ---- all inside the caller's transaction ---- */

/* The accounts of these contracts in one currency, made when they are not there, locked, in the
 * order asked for (locked in order of keys). Holds whose time is over are let go first. INTERNAL
 * when the arena is full. */
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
/* What a change does to the balances, in memory. LIMIT_EXCEEDED with the figures (members_json in
 * `arena`), and `a` untouched: a balance would fall below zero, what is taken back is drawn or held
 * already, or a hold or use exceeds what is available. A freeze stops holds and uses, but not the
 * part of a use that comes out of a hold, unless the account is stopped. A reversed repayment
 * (REPAY, negative) always counts, for it happened. Pure. */
enum scf_code scf_account_apply(struct scf_account *a, const struct scf_account_change *change,
                                struct scf_arena *arena, struct scf_error *err) SCF_MUST_CHECK;
/* Applies a change and writes the entry and the balances. LIMIT_EXCEEDED as above, with nothing
 * written. */
enum scf_code scf_account_book(struct scf_db *db, struct scf_arena *arena, struct scf_account *a,
                               const struct scf_account_change *change, int64_t now_us,
                               struct scf_error *err) SCF_MUST_CHECK;

/* The same for many accounts at once, in one statement, for runs over thousands of contracts:
 * changes[i] applies to accounts[i] (several may name the same account by pointer). When one is
 * refused nothing is written, and the accounts in memory must not be used any more. */
enum scf_code scf_account_book_many(struct scf_db *db, struct scf_arena *arena,
                                    struct scf_account *const *accounts,
                                    const struct scf_account_change *changes, size_t n,
                                    int64_t now_us, struct scf_error *err) SCF_MUST_CHECK;

/* Recomputes every balance: of accounts from their entries and their open holds, of invoices from
 * the claims on them. How many differ; 0 always, or something is broken. For audits; reads
 * everything. */
enum scf_code scf_account_check(struct scf_db *db, struct scf_arena *arena, int64_t *ret_wrong,
                                struct scf_error *err) SCF_MUST_CHECK;

/* ---- grants: what an assessment found ---- */

struct scf_grant {
    struct scf_uuid contract_key;
    int64_t amount; /* the contract's initial limit, minor units */
};
/* Brings the initial limits of these contracts (each once) to what the assessment found: up, or
 * down as far as nothing is held or drawn. An assessment as of an earlier time than the one that
 * granted last changes no balance. Its lenders may hold under these accounts until `expires_day`.
 */
struct scf_granting {
    struct scf_uuid assessment_id, borrower_id;
    const char *currency;
    int64_t as_of_us;
    int32_t expires_day;
    const struct scf_grant *grants;
    size_t count;
};
enum scf_code scf_account_grant(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_granting *granting, int64_t now_us,
                                struct scf_error *err) SCF_MUST_CHECK;
/* Assessments of increments under accounts that are there: their lenders may hold under them until
 * `expires_day`, as under the initial one. Changes no balance. One statement. */
struct scf_cover {
    struct scf_uuid assessment_id;
    const struct scf_account *account;
    int64_t amount; /* what the account grants after the increment */
    int32_t expires_day;
};
enum scf_code scf_account_cover(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_cover *covers, size_t n,
                                struct scf_error *err) SCF_MUST_CHECK;
/* Lets a lender see the accounts of an assessment, and hold under them. Idempotent. */
enum scf_code scf_account_open_to(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *assessment_id,
                                  const struct scf_uuid *lender_node_id,
                                  struct scf_error *err) SCF_MUST_CHECK;

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

/* ---- for lending; inside the transaction that files a loan or a repayment ---- */

/* A loan without a hold claims its invoices, each as a whole. ALREADY_CLAIMED: a hold is in the way
 * (which invoice, since when, until when at most; never whose); INVOICE_FINANCED: another loan is,
 * or a record says so; VALIDATION_FAILED: it is worth nothing. That the lender may name the
 * invoices was checked before. */
struct scf_loan_claiming {
    struct scf_uuid loan_id, node_id, enterprise_id; /* the lender's node, and who operates it */
    const char *currency;
    const struct scf_uuid *invoice_ids;
    size_t count;
    int64_t principal; /* at most what the invoices are worth together: else LIMIT_EXCEEDED */
};
enum scf_code scf_claims_take(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_loan_claiming *claiming, int64_t now_us,
                              struct scf_error *err) SCF_MUST_CHECK;
/* The claims of a hold become the loan's. WRONG_STATE: its time is over, or one of its invoices was
 * cancelled since. */
enum scf_code scf_claims_pass(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *hold_id, const struct scf_uuid *loan_id,
                              int64_t now_us, struct scf_error *err) SCF_MUST_CHECK;
/* A settled loan, or a hold, gives its claims back. */
enum scf_code scf_claims_release(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *holder_id, int64_t now_us,
                                 struct scf_error *err) SCF_MUST_CHECK;
/* A loan that a reversal opened again takes its claims back, also where another has claimed the
 * invoice by then, for money is out on it: nobody claims it again before it is below its net
 * amount. *ret_conflicts: keys of invoices that are claimed above it. */
enum scf_code scf_claims_retake(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *loan_id, int64_t now_us,
                                int64_t *ret_conflicts, struct scf_error *err) SCF_MUST_CHECK;

/* A lender's hold, locked after its account. NOT_FOUND; WRONG_STATE when it does not hold any
 * more. */
struct scf_hold {
    struct scf_uuid id, node_id, account_id, assessment_id, decision_id, contract_id, contract_key;
    struct scf_uuid borrower_id, loan_id;
    char currency[4];
    int64_t amount, used, expires_us, created_us, closed_us, version;
    int status; /* enum scf_hold_status */
};
enum scf_hold_status { SCF_HOLD_HELD, SCF_HOLD_USED, SCF_HOLD_RELEASED, SCF_HOLD_EXPIRED };
extern const char *const scf_hold_status_names[]; /* in enum order, NULL-terminated */
enum scf_code scf_hold_lock(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                            const struct scf_uuid *node_id, int64_t now_us, struct scf_hold *ret,
                            struct scf_error *err) SCF_MUST_CHECK;
/* The loan uses it: what is above `used` is released to the account, the claims become the loan's.
 * The loan itself books its use, of which `used` comes out of the hold. */
enum scf_code scf_hold_use(struct scf_db *db, struct scf_arena *arena, const struct scf_hold *hold,
                           struct scf_account *account, const struct scf_uuid *loan_id,
                           int64_t used, int64_t now_us, struct scf_error *err) SCF_MUST_CHECK;

/* Task "holds": lets holds expire whose time is over, and stops accounts under which an invoice was
 * financed that has been cancelled since (CR-6.3). */
enum scf_code scf_hold_task(struct scf_db *db, struct scf_arena *arena, void *app,
                            struct scf_error *err) SCF_MUST_CHECK;

/* /v1/limit-accounts…, /v1/limit-holds… */
extern const struct scf_route scf_account_routes[];
extern const size_t scf_account_route_count;

#endif
