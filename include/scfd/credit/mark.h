/* Increments in the limit accounts of contracts, whether somebody asks for one or a period's runs
 * are made: locking the accounts, the marks of what was assessed of them last, what a computed
 * increment changes, and who is told.
 *
 * Accounts go by the contract's business key and a currency; money in minor units. Functions that
 * take a scf_db run inside the caller's transaction, on its thread; lists are in `arena`. Their
 * codes are those of the database, and INTERNAL when the arena is full. The rules are CR-2.3 and
 * CR-4 (docs/credit-model.md, "Increments"). */
#ifndef SCFD_CREDIT_MARK_H
#define SCFD_CREDIT_MARK_H

#include "scfd/account/account.h"
#include "scfd/limit/limit.h"

/* Locks, in order, the accounts of these contracts (those that are there), and with them all
 * accounts of those of their borrowers whose need is known (CR-4): it is one ceiling for all their
 * contracts, so that increments under several take turns. Arrays of n. */
enum scf_code scf_borrowers_lock(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *const *borrowers,
                                 const struct scf_uuid *const *contract_keys,
                                 const struct scf_str *currencies, size_t n,
                                 struct scf_error *err) SCF_MUST_CHECK;

/* The newest assessment of increments of contracts in a currency. Read under the accounts' locks.
 * as_of_us INT64_MIN: none. */
struct scf_limit_mark {
    int64_t as_of_us;
    struct scf_uuid assessment_id;
    int64_t best_credibility_ppm; /* highest E at which an increment was granted; 0: none was */
    bool frozen;                  /* by this engine: a rating of D, or an invoice cancelled */
};
/* One per account, in order: arrays of n. */
enum scf_code scf_marks_read(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_uuid *const *contract_keys,
                             const struct scf_str *currencies, size_t n, struct scf_limit_mark *ret,
                             struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_marks_write(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *const *contract_keys,
                              const struct scf_str *currencies, const struct scf_limit_mark *marks,
                              size_t n, int64_t now_us, struct scf_error *err) SCF_MUST_CHECK;

/* What a computed increment changes in an account: at most SCF_INCREMENT_CHANGES entries. `mark` is
 * moved on. Pure. */
enum { SCF_INCREMENT_CHANGES = 3 };
size_t scf_increment_changes(const struct scf_limit_inputs *in, const struct scf_limit_part *part,
                             int64_t credibility_ppm, const struct scf_account *account,
                             struct scf_limit_mark *mark,
                             struct scf_account_change changes[SCF_INCREMENT_CHANGES]);

/* Nodes that are to know of a contract's limit, for several contracts in one statement: those that
 * its borrower operates, and lenders its records were addressed to. */
struct scf_concerned {
    size_t which; /* index of the contract asked for */
    struct scf_uuid node_id;
    bool lender;
};
/* Arrays of n: a contract's borrower, and its key. By contract, each node once per role. */
enum scf_code scf_concerned_read(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *const *borrowers,
                                 const struct scf_uuid *const *contract_keys, size_t n,
                                 struct scf_concerned **ret, size_t *ret_n,
                                 struct scf_error *err) SCF_MUST_CHECK;

#endif
