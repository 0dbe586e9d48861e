/* Writing the outcomes of a batch: accounts, then the platform's chain, the assessments, and who is
 * told of them, in the transaction that holds the accounts' locks.
 *
 * Chains are locked last and all at once: what takes time is done, so that nobody who writes
 * records waits longer than the rows take to be stored. Relies on increment_write_store.c
 * and increment_run_store.c, and on credit for marks, changes and who is told. */
#include "increment_batch.h"
#include "scfd/credit/publish.h"
#include "scfd/exchange/exchange.h"

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for a batch of increments");
}

/* ---- accounts ---- */

struct booking {
    struct scf_account **accounts;
    struct scf_account_change *changes;
    size_t n;
    bool *froze, *thawed; /* per run */
};

static enum scf_code book(struct scf_db *db, struct scf_batch *b, struct booking *k,
                          struct scf_error *err) {
    size_t max = b->n * SCF_INCREMENT_CHANGES;
    *k = (struct booking){.accounts = scf_alloc(b->arena, max, sizeof *k->accounts),
                          .changes = scf_alloc(b->arena, max, sizeof *k->changes),
                          .froze = scf_alloc(b->arena, b->n, sizeof *k->froze),
                          .thawed = scf_alloc(b->arena, b->n, sizeof *k->thawed)};
    if (!k->accounts || !k->changes || !k->froze || !k->thawed)
        return no_memory(err);
    for (size_t i = 0; i < b->n; i++) {
        if (b->fate[i] != SCF_BATCH_GO)
            continue;
        bool frozen = b->accounts[i].frozen;
        size_t n = scf_increment_changes(&b->inputs[i], &b->results[i].parts[0],
                                         b->results[i].ratings.credibility_ppm, &b->accounts[i],
                                         &b->marks[i], &k->changes[k->n]);
        for (size_t c = 0; c < n; c++) {
            k->froze[i] |= !frozen && k->changes[k->n].type == SCF_ENTRY_FREEZE;
            k->thawed[i] |= k->changes[k->n].type == SCF_ENTRY_UNFREEZE;
            k->accounts[k->n++] = &b->accounts[i];
        }
    }
    return scf_account_book_many(db, b->arena, k->accounts, k->changes, k->n, b->now_us, err);
}

/* ---- what goes with the assessments ---- */

struct outcome {
    size_t n;      /* runs that were made */
    size_t *which; /* their indexes in the batch */
    size_t *place; /* of each run of the batch: its index here */
    struct scf_record *records;
    struct scf_assess_done *rows;
    struct scf_concerned *concerned;
    size_t concerned_count;
};

static enum scf_code list_made(struct scf_batch *b, struct outcome *o, struct scf_error *err) {
    o->which = scf_alloc(b->arena, 2 * b->n, sizeof *o->which);
    o->records = scf_alloc(b->arena, b->n, sizeof *o->records);
    o->rows = scf_alloc(b->arena, b->n, sizeof *o->rows);
    if (o->which == NULL || o->records == NULL || o->rows == NULL)
        return no_memory(err);
    o->place = o->which + b->n;
    for (size_t i = 0; i < b->n; i++) {
        if (b->fate[i] != SCF_BATCH_GO)
            continue;
        o->place[i] = o->n;
        o->which[o->n++] = i;
    }
    return SCF_OK;
}

static struct scf_str buffer_text(const struct scf_buf *buf) {
    return (struct scf_str){buf->data, buf->len};
}

/* As somebody would have asked for it. */
static char *request_text(struct scf_batch *b, const struct scf_limit_inputs *in) {
    char borrower[SCF_ID_TEXT], contract[SCF_ID_TEXT];
    scf_id_format("ent", &in->borrower_id, borrower);
    scf_id_format("ctr", &in->contracts[0].record_id, contract);
    return scf_asprintf(b->arena,
                        "{\"borrower_id\":\"%s\",\"contract_ids\":[\"%s\"],\"kind\":\"periodic\","
                        "\"currency\":\"%s\"}",
                        borrower, contract, in->currency);
}

static bool prepare(struct scf_batch *b, struct outcome *o, size_t k) {
    size_t i = o->which[k];
    const struct scf_limit_inputs *in = &b->inputs[i];
    char *request = request_text(b, in), *external_id = scf_alloc(b->arena, 1, SCF_ID_TEXT);
    if (request == NULL || external_id == NULL)
        return false;
    scf_id_format("asm", &in->assessment_id, external_id);
    struct scf_record *r = &o->records[k];
    *r = (struct scf_record){.chain_id = b->services->installation.platform_id,
                             .id = in->assessment_id,
                             .kind = SCF_REC_CREDIT_ASSESSMENT,
                             .external_id = scf_str(external_id),
                             .received_us = b->now_us,
                             .body = buffer_text(&b->documents[i]),
                             .enterprise_id = in->borrower_id,
                             .has_amount = true,
                             .amount = b->results[i].limit};
    memcpy(r->currency, in->currency, 4);
    scf_record_prepare(r);
    o->rows[k] = (struct scf_assess_done){.id = in->assessment_id,
                                          .borrower_id = in->borrower_id,
                                          .as_of_us = in->as_of_us,
                                          .limit = b->results[i].limit,
                                          .currency = in->currency,
                                          .expires_day = b->results[i].expires_day,
                                          .request = scf_str(request),
                                          .receipt = buffer_text(&b->receipts[i])};
    return true;
}

static enum scf_code find_concerned(struct scf_db *db, struct scf_batch *b, struct outcome *o,
                                    struct scf_error *err) {
    const struct scf_uuid **ids = scf_alloc(b->arena, 2 * o->n, sizeof *ids);
    if (ids == NULL)
        return no_memory(err);
    for (size_t k = 0; k < o->n; k++) {
        ids[k] = &b->runs[o->which[k]].borrower_id;
        ids[o->n + k] = &b->runs[o->which[k]].contract_key;
    }
    return scf_concerned_read(db, b->arena, ids, ids + o->n, o->n, &o->concerned,
                              &o->concerned_count, err);
}

static enum scf_code lock_chains(struct scf_db *db, struct scf_batch *b, const struct outcome *o,
                                 struct scf_error *err) {
    struct scf_uuid *ids = scf_alloc(b->arena, o->concerned_count + 1, sizeof *ids);
    if (ids == NULL)
        return no_memory(err);
    for (size_t i = 0; i < o->concerned_count; i++)
        ids[i] = o->concerned[i].node_id;
    ids[o->concerned_count] = b->services->installation.platform_id;
    return scf_chain_lock_many(db, b->arena, ids, o->concerned_count + 1, err);
}

/* ---- telling ---- */

/* Everybody concerned may read the assessment. */
static enum scf_code address(struct scf_db *db, struct scf_batch *b, const struct outcome *o,
                             struct scf_error *err) {
    struct scf_uuid *nodes = scf_alloc(b->arena, o->concerned_count, sizeof *nodes);
    const struct scf_record **records = scf_alloc(b->arena, o->concerned_count, sizeof *records);
    if (nodes == NULL || records == NULL)
        return no_memory(err);
    for (size_t i = 0; i < o->concerned_count; i++) {
        nodes[i] = o->concerned[i].node_id;
        records[i] = &o->records[o->concerned[i].which];
    }
    return scf_record_address_many(db, b->arena, nodes, records, o->concerned_count, err);
}

/* A lender is asked to decide on an increment; of anything else it is only told. */
static enum scf_code tell_lenders(struct scf_db *db, struct scf_batch *b, const struct outcome *o,
                                  struct scf_error *err) {
    struct scf_assess_told *told = scf_alloc(b->arena, o->concerned_count, sizeof *told);
    size_t n = 0;
    if (told == NULL)
        return no_memory(err);
    for (size_t i = 0; i < o->concerned_count; i++) {
        const struct scf_concerned *c = &o->concerned[i];
        size_t run = o->which[c->which];
        if (c->lender)
            told[n++] = (struct scf_assess_told){b->inputs[run].assessment_id, c->node_id,
                                                 b->results[run].increment > 0};
    }
    return scf_assess_tell_lenders(db, b->arena, told, n, b->now_us, err);
}

/* Each lender's own ceilings are its own business, and are computed one by one. */
static enum scf_code limit_lenders(struct scf_db *db, struct scf_batch *b, const struct outcome *o,
                                   struct scf_error *err) {
    enum scf_code code = SCF_OK;
    for (size_t i = 0; code == SCF_OK && i < o->concerned_count; i++) {
        size_t run = o->which[o->concerned[i].which];
        if (o->concerned[i].lender)
            code = scf_lender_limits_publish(db, b->arena, &b->inputs[run], &b->results[run],
                                             buffer_text(&b->receipts[run]),
                                             &o->concerned[i].node_id, 1, err);
    }
    return code;
}

static enum scf_code announce(struct scf_db *db, struct scf_batch *b, const struct outcome *o,
                              const struct booking *k, struct scf_error *err) {
    struct scf_event_entry *events = scf_alloc(b->arena, 2 * o->concerned_count, sizeof *events);
    size_t n = 0;
    if (events == NULL)
        return no_memory(err);
    for (size_t i = 0; i < o->concerned_count; i++) {
        const struct scf_concerned *c = &o->concerned[i];
        size_t run = o->which[c->which];
        struct scf_event_entry e = {.node_id = c->node_id,
                                    .object_id = b->inputs[run].assessment_id,
                                    .object_prefix = "asm",
                                    .type = "credit_assessment.ready"};
        events[n++] = e;
        if (!k->froze[run] && !k->thawed[run])
            continue;
        e.object_id = b->accounts[run].id;
        e.object_prefix = "lac";
        e.type = k->froze[run] ? "limit_account.frozen" : "limit_account.unfrozen";
        events[n++] = e;
    }
    return scf_event_append_many(db, b->arena, events, n, err);
}

/* ---- what stays ---- */

static enum scf_code cover(struct scf_db *db, struct scf_batch *b, const struct outcome *o,
                           struct scf_error *err) {
    struct scf_cover *list = scf_alloc(b->arena, o->n, sizeof *list);
    if (list == NULL)
        return no_memory(err);
    for (size_t k = 0; k < o->n; k++) {
        size_t i = o->which[k];
        list[k] = (struct scf_cover){.assessment_id = b->inputs[i].assessment_id,
                                     .account = &b->accounts[i],
                                     .amount = b->results[i].parts[0].limit,
                                     .expires_day = b->results[i].expires_day};
    }
    return scf_account_cover(db, b->arena, list, o->n, err);
}

static enum scf_code write_marks(struct scf_db *db, struct scf_batch *b, const struct outcome *o,
                                 struct scf_error *err) {
    const struct scf_uuid **keys = scf_alloc(b->arena, o->n, sizeof *keys);
    struct scf_str *currencies = scf_alloc(b->arena, o->n, sizeof *currencies);
    struct scf_limit_mark *marks = scf_alloc(b->arena, o->n, sizeof *marks);
    if (keys == NULL || currencies == NULL || marks == NULL)
        return no_memory(err);
    for (size_t k = 0; k < o->n; k++) {
        keys[k] = &b->runs[o->which[k]].contract_key;
        currencies[k] = scf_str(b->runs[o->which[k]].currency);
        marks[k] = b->marks[o->which[k]];
    }
    return scf_marks_write(db, b->arena, keys, currencies, marks, o->n, b->now_us, err);
}

static enum scf_code store(struct scf_db *db, struct scf_batch *b, struct outcome *o,
                           const struct booking *k, struct scf_error *err) {
    enum scf_code code = find_concerned(db, b, o, err);
    code = code == SCF_OK ? cover(db, b, o, err) : code;
    code = code == SCF_OK ? write_marks(db, b, o, err) : code;
    code = code == SCF_OK ? scf_assess_insert_done(db, o->rows, o->n, b->now_us, err) : code;
    code = code == SCF_OK ? tell_lenders(db, b, o, err) : code;
    code = code == SCF_OK ? limit_lenders(db, b, o, err) : code;
    code = code == SCF_OK ? scf_runs_finish(db, b->arena, b->runs, b->n, b->now_us, err) : code;
    code = code == SCF_OK ? lock_chains(db, b, o, err) : code;
    code = code == SCF_OK ? scf_chain_append(db, b->arena, o->records, o->n, err) : code;
    code = code == SCF_OK ? address(db, b, o, err) : code;
    return code == SCF_OK ? announce(db, b, o, k, err) : code;
}

enum scf_code scf_batch_write(struct scf_db *db, struct scf_batch *b, struct scf_error *err) {
    struct booking k;
    struct outcome o = {0};
    enum scf_code code = book(db, b, &k, err);
    code = code == SCF_OK ? list_made(b, &o, err) : code;
    for (size_t i = 0; code == SCF_OK && i < o.n; i++)
        if (!prepare(b, &o, i))
            code = no_memory(err);
    if (code != SCF_OK)
        return code;
    return o.n > 0 ? store(db, b, &o, &k, err)
                   : scf_runs_finish(db, b->arena, b->runs, b->n, b->now_us, err);
}
