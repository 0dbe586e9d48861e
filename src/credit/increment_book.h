/* The increment of one assessment that somebody asked for: locking its accounts, and booking what
 * was computed. Both inside the transaction that publishes it, before chains are locked. */
#ifndef SCFD_CREDIT_INCREMENT_BOOK_H
#define SCFD_CREDIT_INCREMENT_BOOK_H

#include "scfd/account/account.h"

#include "assess.h"
#include "scfd/credit/mark.h"
#include "scfd/exchange/exchange.h"

/* One entry per contract of the request, in its order. */
struct scf_increment {
    size_t n;
    struct scf_uuid *keys;
    struct scf_account *accounts;
    struct scf_limit_mark *marks;
    /* who is told that accounts were frozen or thawed, once they are booked */
    struct scf_event_entry *events;
    size_t event_count;
};

/* Locks the accounts. *ret_as_of_us is `now_us`, or the time of a later assessment of one of them.
 * WRONG_STATE: a contract has no initial limit. */
enum scf_code scf_increment_lock(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_assess_request *request, int64_t now_us,
                                 struct scf_increment *ret, int64_t *ret_as_of_us,
                                 struct scf_error *err) SCF_MUST_CHECK;
/* Books the parts of the result, moves the marks on, and lets lenders draw under the assessment.
 * The caller then locks the chains of the nodes in increment->events, and appends those. */
enum scf_code scf_increment_book(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_limit_inputs *in,
                                 const struct scf_limit_result *result,
                                 struct scf_increment *increment, int64_t now_us,
                                 struct scf_error *err) SCF_MUST_CHECK;

/* ---- mark_store.c: beside scfd/credit/mark.h ---- */

/* What the accounts of contract records go by, in order: the business key (a contract without one
 * stands for itself), and the first one's currency. NOT_FOUND: one is no contract. */
enum scf_code scf_contract_keys(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *ids, size_t n, struct scf_uuid *ret,
                                char ret_currency[4], struct scf_error *err) SCF_MUST_CHECK;
/* Positions of contracts of which no account has an initial limit. */
enum scf_code scf_contracts_without_limit(struct scf_db *db, struct scf_arena *arena,
                                          const struct scf_uuid *ids, size_t n, size_t **ret,
                                          size_t *ret_n, struct scf_error *err) SCF_MUST_CHECK;

#endif
