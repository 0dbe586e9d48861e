/* Stops: a limit account is frozen at once when an invoice that is financed under it turns out
 * void, red or unknown (CR-6.3), and stays so whatever the ratings say, until an administrator
 * lifts it. Private to account.
 *
 * What says so: a record of the invoice by a node whose word on it counts (claim_read_store.c), red
 * letters that leave less than what is claimed, or a receivable that became red-lettered after it
 * was financed. The rollup notes claimed invoices that something new was said of; the task looks.
 *
 * Locks: accounts, then the heads of the claims, then chains. */
#ifndef SCFD_ACCOUNT_STOP_H
#define SCFD_ACCOUNT_STOP_H

#include "claim.h"

#include "scfd/party/services.h"

/* ---- stop_store.c ---- */

/* One invoice to look at. */
struct scf_suspect {
    struct scf_uuid invoice_key;
    int64_t seen_us; /* of the row of claim_watch; 0: none, a receivable says so */
    struct scf_uuid receivable_id, loan_id, invoice_id; /* nil with seen_us */
};
enum scf_code scf_suspects(struct scf_db *db, struct scf_arena *arena, struct scf_suspect **ret,
                           size_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_suspect_done(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_suspect *suspect,
                               struct scf_error *err) SCF_MUST_CHECK;

/* An account under which the invoice is claimed, or the receivable's loan was made. In order of
 * currency and contract key. */
struct scf_stop_account {
    struct scf_uuid account_id, contract_key, borrower_id;
    char currency[4];
};
enum scf_code scf_stop_accounts(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_suspect *suspect, struct scf_stop_account **ret,
                                size_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;
/* The record that a live claim on the invoice names; nil: there is none. */
enum scf_code scf_stop_invoice(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *invoice_key, struct scf_uuid *ret,
                               struct scf_error *err) SCF_MUST_CHECK;

/* Of a locked account: *ret_fresh false when it is stopped for this invoice already. */
enum scf_code scf_stop_insert(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_suspect *suspect, const struct scf_uuid *account_id,
                              const struct scf_uuid *invoice_id, int64_t now_us, bool *ret_fresh,
                              struct scf_error *err) SCF_MUST_CHECK;
/* The stops of a locked account are over. */
enum scf_code scf_stop_lift(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_uuid *account_id, int64_t now_us,
                            struct scf_error *err) SCF_MUST_CHECK;

/* Who is told of an account's freeze or thaw: the borrower's nodes, the lenders that see it, and,
 * with a suspect, those that have financed the invoice. A node may stand there more than once. */
struct scf_stop_told {
    struct scf_uuid node_id, invoice_id; /* nil invoice: it has not financed it */
    bool borrower;
};
enum scf_code scf_stop_told(struct scf_db *db, struct scf_arena *arena,
                            const struct scf_suspect *suspect, const struct scf_uuid *account_id,
                            struct scf_stop_told **ret, size_t *ret_n,
                            struct scf_error *err) SCF_MUST_CHECK;

/* ---- stop.c ---- */

/* All that wait, each in a transaction of its own. The first failure, when all were looked at. */
enum scf_code scf_stops_run(struct scf_db *db, const struct scf_services *services,
                            struct scf_error *err) SCF_MUST_CHECK;

/* An administrator lifts a freeze, whatever brought it about; inside scf_tx_run. WRONG_STATE: it is
 * not frozen. */
struct scf_unfreezing {
    struct scf_arena *arena;
    const struct scf_actor *admin;
    struct scf_uuid platform_id;
    const struct scf_account *account; /* which: its key and currency */
    const char *reason;
};
enum scf_code scf_account_unfreeze(struct scf_db *db, void *unfreezing,
                                   struct scf_error *err) SCF_MUST_CHECK;

#endif
