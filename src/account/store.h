/* What the stores of this room share. Private. */
#ifndef SCFD_ACCOUNT_STORE_H
#define SCFD_ACCOUNT_STORE_H

#include "scfd/account/account.h"

/* Of `scfd.limit_account a`, in the order that scf_account_read takes. */
#define SCF_ACCOUNT_COLUMNS                                                                        \
    "a.id, a.contract_key, a.currency, a.borrower_id, a.granted, a.held, a.used, a.initial,"       \
    " a.increments, a.frozen, a.entries, a.assessed_at, a.stopped"
enum { SCF_ACCOUNT_COLUMN_COUNT = 13 };
void scf_account_read(const struct scf_rows *rows, int row, int col, struct scf_account *ret);

/* The statement that books, and its parameters: for those who send it in a pipeline. The accounts
 * in memory are changed at once. LIMIT_EXCEEDED as scf_account_book_many. */
extern const struct scf_stmt *const scf_account_book_stmt;
enum scf_code scf_account_book_params(struct scf_params *ret, struct scf_arena *arena,
                                      struct scf_account *const *accounts,
                                      const struct scf_account_change *changes, size_t n,
                                      int64_t now_us, struct scf_error *err) SCF_MUST_CHECK;

/* Tells the borrowers' nodes that something of their accounts was held, released or expired, since
 * they were told last; never by whom. One event of a kind per account and run. */
enum scf_code scf_account_news(struct scf_db *db, struct scf_arena *arena,
                               struct scf_error *err) SCF_MUST_CHECK;

/* Lets the holds of locked accounts expire whose time is over. Their claims on invoices are let go
 * by whoever locks these (claim_store.c). */
enum scf_code scf_hold_expire(struct scf_db *db, struct scf_account *const *accounts, size_t n,
                              int64_t now_us, struct scf_error *err) SCF_MUST_CHECK;

#endif
