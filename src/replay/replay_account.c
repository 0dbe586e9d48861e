/* The limit account of a contract as an assessment met it, out of the account's entries. An
 * assessment reads the account at some moment between its request and its record; entries that
 * others made in that while may or may not have been there yet. */
#include "replay.h"

void scf_replay_book(struct scf_replay_balance *b, const struct scf_replay_entry *e) {
    if (e->type == SCF_ENTRY_INITIAL)
        b->initial += e->granted;
    else
        b->increments += e->granted;
    b->held += e->held;
    b->used += e->used;
    if (e->type == SCF_ENTRY_FREEZE || e->type == SCF_ENTRY_UNFREEZE)
        b->frozen = e->type == SCF_ENTRY_FREEZE;
}

static bool equal(const struct scf_replay_balance *a, const struct scf_replay_balance *b) {
    return a->initial == b->initial && a->increments == b->increments && a->held == b->held &&
           a->used == b->used && a->frozen == b->frozen;
}

void scf_replay_settle(struct scf_replay_balance *b, const struct scf_replay_entry *entries,
                       size_t n, const struct scf_uuid *assessment_id,
                       const struct scf_replay_balance *recorded) {
    for (size_t i = 0; i < n && !equal(b, recorded); i++) {
        if (scf_uuid_eq(&entries[i].source_id, assessment_id))
            return;
        scf_replay_book(b, &entries[i]);
    }
}

enum scf_code scf_replay_account(struct scf_credit_replay *r, size_t i,
                                 struct scf_limit_contract *k, struct scf_error *err) {
    const struct scf_limit_contract *was = &r->recorded.contracts[i];
    const struct scf_replay_balance recorded = {.initial = was->initial_limit,
                                                .increments = was->increments,
                                                .held = was->held,
                                                .used = was->used,
                                                .frozen = was->frozen};
    const struct scf_uuid *key = &r->asked[i].business_key;
    struct scf_replay_balance b;
    struct scf_replay_entry *entries;
    size_t n = 0;
    int64_t seq = 0;
    enum scf_code code =
        scf_replay_balance(r->db, r->arena, key, k->currency, r->asked_us, &b, &seq, err);
    if (code == SCF_OK)
        code = scf_replay_entries(r->db, r->arena, key, k->currency, seq, r->decided_us, &entries,
                                  &n, err);
    if (code != SCF_OK)
        return code;
    scf_replay_settle(&b, entries, n, &r->id, &recorded);
    k->initial_limit = b.initial;
    k->increments = b.increments;
    k->held = b.held;
    k->used = b.used;
    k->frozen = b.frozen;
    return SCF_OK;
}
