/* Reading what a limit rests on, so that a single assessment, a batch of increments and a replay
 * read it by the same text: what the bodies of records say, and where receivables, need and debtors
 * stand.
 *
 * Bodies are read as intake validated them; money in minor units of the record's currency, ratios
 * in millionths. What is returned points into `arena` and into the texts that were given. Functions
 * that take a scf_db run on any thread with its connection, also inside a transaction; their codes
 * are those of the database, and INTERNAL when the arena is full. The others are pure. The rules
 * are those of docs/credit-model.md (CR-2 to CR-4). */
#ifndef SCFD_CREDIT_GATHER_H
#define SCFD_CREDIT_GATHER_H

#include "scfd/chain/record.h"
#include "scfd/db/db.h"
#include "scfd/limit/limit.h"
#include "scfd/template/template.h"

/* ---- what records say: pure ---- */

/* Of a contract's reported guarantees so many are looked at, the first of every chain first. */
enum { SCF_GATHER_MAX_GUARANTEES = 100 };

/* A guarantee as a node reported it. Texts are NULL where they are absent. */
struct scf_reported_guarantee {
    struct scf_uuid record_id, obligor_id;
    struct scf_hash body_sha256;
    int64_t amount; /* minor units of currency */
    char currency[4];
    struct scf_uuid operator_id; /* of the node that sent it; nil: nobody */
    bool from_guarantors;        /* the node's kind is guarantor */
    const char *guarantee_no, *guarantor_id, *status, *effective_from, *expires_on;
};
/* From row `i`, whose first columns are the record's id, enterprise, body_sha256, amount and
 * currency, its node's operator and kind, and of its body guarantee_no, guarantor_id, status,
 * effective_from, expires_on. Texts point into `rows`. */
struct scf_reported_guarantee scf_guarantee_read(const struct scf_rows *rows, int i);

/* What a contract's record says by itself; returns its body, NULL when it is erased. */
const cJSON *scf_gather_contract(struct scf_arena *arena, const struct scf_uuid *borrower_id,
                                 const struct scf_record *record, struct scf_limit_contract *ret);
/* Of the guarantees reported for a contract, in the order of their turn, those that stand, each
 * once, into `k`. INTERNAL: the arena is full. */
enum scf_code scf_gather_guarantees(struct scf_arena *arena, const struct scf_uuid *borrower_id,
                                    const struct scf_reported_guarantee *reported, size_t n,
                                    struct scf_limit_contract *k,
                                    struct scf_error *err) SCF_MUST_CHECK;
/* What the borrower's profile says (NULL: it has none) into `in`; it is *ret. INTERNAL: it
 * cannot be read, or the arena is full. */
enum scf_code scf_gather_profile(struct scf_arena *arena, const char *profile,
                                 struct scf_limit_inputs *in, const cJSON **ret,
                                 struct scf_error *err) SCF_MUST_CHECK;
/* What a trade view is asked with. `tmpl`: by whose steps the work is measured where the contract
 * has no milestones; NULL: none. */
struct scf_trade_contract scf_gather_trade(const struct scf_record *r, const cJSON *body,
                                           const struct scf_template *tmpl);
/* The template by which the borrower is rated. */
void scf_gather_template(struct scf_limit_inputs *in, const struct scf_template *t);
/* The part of a contract already invoiced and financed by others (CR-2.4), by its trade view. */
int64_t scf_gather_financed(const struct scf_limit_contract *k);
/* What the accounts of the assessment's own contracts grant: it is not granted elsewhere. */
int64_t scf_granted_here(const struct scf_limit_inputs *in);

/* ---- what stands beside the records: each is one statement for all that is given ---- */

/* Standings of all invoices of the contracts, and what others finance of them. The contracts' trade
 * views are there. */
enum scf_code scf_gather_standings(struct scf_db *db, struct scf_arena *arena,
                                   struct scf_limit_contract *contracts, size_t n,
                                   struct scf_error *err) SCF_MUST_CHECK;
/* Where the need of each of the inputs stands, and what is granted to the borrower elsewhere; those
 * whose need is unknown are left as they are. The contracts' accounts are there. */
enum scf_code scf_gather_need_sources(struct scf_db *db, struct scf_arena *arena,
                                      struct scf_limit_inputs *inputs, size_t n,
                                      struct scf_error *err) SCF_MUST_CHECK;
/* The debtors of the contracts and their invoices, at most SCF_GATHER_MAX_DEBTORS: core enterprises
 * by their own profile; affiliates and what can be set off by the borrower's, `profiles[i]` of
 * inputs[i] (NULL: it has none). The trade views are there. */
enum { SCF_GATHER_MAX_DEBTORS = 1000 };
enum scf_code scf_gather_debtors(struct scf_db *db, struct scf_arena *arena,
                                 const cJSON *const *profiles, struct scf_limit_inputs *inputs,
                                 size_t n, struct scf_error *err) SCF_MUST_CHECK;

#endif
