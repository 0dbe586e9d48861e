/* What a batch asks the database, and what becomes of each item given the answers. No SQL but for
 * enterprise profiles, which are applied inside the open transaction. */
#ifndef SCFD_INTAKE_DECIDE_H
#define SCFD_INTAKE_DECIDE_H

#include "batch.h"
#include "commit_store.h"

/* Indexes into the lookup's arrays, per item; −1: not asked. */
struct scf_asks {
    int key, subject, counterparty, seller, revises, contract_id;
    int contract_key; /* the contract that it names by number */
    int own_key;      /* the contract or invoice that it is itself */
    int idempotency;
    int *enterprises; /* as many as extract.enterprises, likewise the records */
    int *records;
};

/* Collects the distinct questions of the items. Everything in `arena`. */
enum scf_code scf_lookup_ask(struct scf_arena *arena, struct scf_item **items, size_t count,
                             int64_t now_us, struct scf_lookup *ret, struct scf_asks **ret_asks,
                             struct scf_error *err) SCF_MUST_CHECK;

/* Completes the keys that waited for the code of a seller named by id, and asks for the contracts
 * that they name. Returns how many business keys were asked for before. */
size_t scf_lookup_complete(struct scf_lookup *lookup, struct scf_asks *asks);

/* Index of a chain in lookup->chains (it is there). */
size_t scf_lookup_chain(const struct scf_lookup *lookup, const struct scf_uuid *chain_id);

/* Adds the faults and warnings of what the item refers to, and completes its record with what it
 * refers to. */
void scf_check_references(const struct scf_lookup *lookup, struct scf_item *item,
                          const struct scf_asks *asks);

/* Sets every item's outcome to ACCEPTED, REPLAYED or REFUSED; completes the accepted ones' records.
 * Non-OK only when the database failed. */
enum scf_code scf_decide(struct scf_batch_context *context, struct scf_arena *arena,
                         struct scf_lookup *lookup, const struct scf_asks *asks,
                         struct scf_error *err) SCF_MUST_CHECK;

#endif
