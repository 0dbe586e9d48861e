/* Deciding a batch: ask the database once, settle every item in memory, write once.
 *
 * Relies on the chain locks that scf_commit_ask takes: while they are held nobody else can add to
 * these chains, so what was looked up stays true until the commit. */
#include "batch.h"

#include "commit_store.h"
#include "decide.h"
#include "scfd/base/clock.h"
#include "scfd/base/log.h"

enum { BATCH_ARENA_MAX = 512 << 20, ROWS_MAX = 1 << 30, SOFT_RETRIES = 5, FIND_OUT_SECONDS = 20 };

static void refuse_all(struct scf_item **items, size_t count, const struct scf_error *why) {
    for (size_t i = 0; i < count; i++) {
        items[i]->outcome = SCF_REFUSED;
        items[i]->error = *why;
        items[i]->error.faults = NULL;
    }
}

/* An atomic group that one item spoiled: the others say so. */
static bool refuse_atomic(struct scf_item **items, size_t count) {
    bool spoiled = false;
    for (size_t i = 0; i < count && !spoiled; i++)
        spoiled = items[i]->outcome == SCF_REFUSED;
    for (size_t i = 0; spoiled && i < count; i++) {
        if (items[i]->outcome == SCF_REFUSED)
            continue;
        items[i]->outcome = SCF_REFUSED;
        scf_fail(&items[i]->error, SCF_E_ATOMIC_ROLLED_BACK,
                 "Another line of the atomic request was refused; nothing was written.");
    }
    return spoiled;
}

/* Gives the accepted items their leaf indexes and builds the rows. */
static size_t assign_leaves(struct scf_lookup *lookup, struct scf_advance *advances,
                            struct scf_buf *rows, size_t *ret_row_count) {
    *ret_row_count = 0;
    for (size_t c = 0; c < lookup->chain_count; c++)
        advances[c] = (struct scf_advance){.chain_id = *lookup->chains[c],
                                           .first_leaf = lookup->chain_sizes[c]};
    for (size_t i = 0; i < lookup->item_count; i++) {
        struct scf_item *item = lookup->items[i];
        if (item->outcome != SCF_ACCEPTED)
            continue;
        struct scf_advance *advance = &advances[scf_lookup_chain(lookup, &item->record.chain_id)];
        item->record.leaf_index = advance->first_leaf + advance->count++;
        scf_record_copy_row(rows, &item->record);
        ++*ret_row_count;
    }
    size_t used = 0;
    for (size_t c = 0; c < lookup->chain_count; c++)
        if (advances[c].count > 0)
            advances[used++] = advances[c];
    return used;
}

static enum scf_code write_batch(struct scf_batch_context *context, struct scf_arena *arena,
                                 struct scf_lookup *lookup, bool *ret_unknown,
                                 struct scf_error *err) {
    struct scf_advance *advances = scf_alloc(arena, lookup->chain_count, sizeof *advances);
    if (!advances)
        return scf_fail(err, SCF_E_INTERNAL, "The batch is too large.");
    struct scf_buf rows;
    scf_buf_init(&rows, ROWS_MAX);
    size_t row_count, used = assign_leaves(lookup, advances, &rows, &row_count);
    enum scf_code code = rows.overflow ? scf_fail(err, SCF_E_INTERNAL, "The batch is too large.")
                                       : scf_commit_write(context->db, arena, &rows, row_count,
                                                          advances, used, lookup, ret_unknown, err);
    scf_buf_free(&rows);
    for (size_t i = 0; i < used && code == SCF_OK; i++)
        scf_memory_put_head(context->memory, &advances[i].chain_id,
                            advances[i].first_leaf + advances[i].count);
    return code;
}

/* A commit whose answer was lost: ask until the database is back, then each item knows. What the
 * commit did not decide (re-sends, refusals) stays as it was decided before. */
static enum scf_code find_out(struct scf_batch_context *context, struct scf_arena *arena,
                              const struct scf_lookup *lookup, struct scf_error *err) {
    bool *there = scf_alloc(arena, lookup->item_count, sizeof *there);
    if (!there)
        return scf_fail(err, SCF_E_INTERNAL, "The batch is too large.");
    int64_t deadline = scf_mono_us() + FIND_OUT_SECONDS * SCF_US_PER_SECOND;
    bool known;
    while (!(known = scf_commit_find_out(context->db, arena, lookup, there, err) == SCF_OK) &&
           scf_mono_us() < deadline)
        usleep(100000);
    for (size_t i = 0; i < lookup->item_count; i++) {
        struct scf_item *item = lookup->items[i];
        if (item->outcome != SCF_ACCEPTED || (known && there[i]))
            continue;
        item->outcome = SCF_REFUSED;
        scf_fail(&item->error, SCF_E_DATABASE_UNAVAILABLE, "%s",
                 known ? "The database was lost before the record was stored; send it again."
                       : "The database was lost during the commit. The record may or may not be "
                         "stored: send it again, the answer will say.");
    }
    return SCF_OK;
}

static enum scf_code try_batch(struct scf_batch_context *context, struct scf_item **items,
                               size_t count, bool atomic, struct scf_arena *arena,
                               struct scf_error *err) {
    struct scf_lookup lookup;
    struct scf_asks *asks;
    enum scf_code code = scf_lookup_ask(arena, items, count, scf_now_us(), &lookup, &asks, err);
    if (code == SCF_OK)
        code = scf_commit_ask(context->db, arena, &lookup, err);
    if (code != SCF_OK)
        return code;
    if (context->meanwhile != NULL)
        context->meanwhile(context->meanwhile_ctx);
    code = scf_commit_hear(context->db, arena, &lookup, err);
    if (code != SCF_OK)
        return code;
    code = scf_commit_add_stubs(context->db, arena, &lookup, err);
    if (code == SCF_OK)
        code = scf_commit_lookup_keys(context->db, arena, &lookup,
                                      scf_lookup_complete(&lookup, asks), err);
    if (code == SCF_OK)
        code = scf_decide(context, arena, &lookup, asks, err);
    if (code == SCF_OK && atomic && refuse_atomic(items, count)) {
        scf_db_rollback(context->db);
        return SCF_OK;
    }
    if (code != SCF_OK) {
        scf_db_rollback(context->db);
        return code;
    }
    bool unknown = false;
    code = write_batch(context, arena, &lookup, &unknown, err);
    if (code == SCF_OK && count == 1)
        scf_memory_put_enterprises(context->memory, &lookup);
    return unknown ? find_out(context, arena, &lookup, err) : code;
}

/* ---- a lone record ---- */

/* May it be decided before the database is asked? Not what names records, uses an Idempotency-Key
 * or describes an enterprise: the answers to that are not remembered. */
static bool is_plain(const struct scf_lookup *lookup, const struct scf_asks *asks) {
    return lookup->items[0]->record.kind != SCF_REC_ENTERPRISE && lookup->id_count == 0 &&
           lookup->keyed_count == 0 && asks->contract_key < 0;
}

/* Decides the item as it will be if nothing has changed since the last commits. */
static bool presume(struct scf_batch_context *context, struct scf_arena *arena,
                    struct scf_lookup *lookup, struct scf_asks *asks, struct scf_error *err) {
    if (!is_plain(lookup, asks) || !scf_memory_answer(context->memory, arena, lookup))
        return false;
    scf_lookup_complete(lookup, asks);
    return asks->contract_key < 0 && scf_decide(context, arena, lookup, asks, err) == SCF_OK &&
           lookup->items[0]->outcome == SCF_ACCEPTED;
}

/* A lonely client waits for nothing but round trips, so its record takes one instead of two. False
 * when the record is to be decided the usual way; nothing was written then. */
static bool commit_presumed(struct scf_batch_context *context, struct scf_item **item) {
    struct scf_arena *arena = scf_arena_new(BATCH_ARENA_MAX);
    struct scf_lookup lookup;
    struct scf_asks *asks;
    struct scf_error err = {0};
    struct scf_buf row;
    bool held = false, unknown = false;
    scf_buf_init(&row, ROWS_MAX);
    if (scf_lookup_ask(arena, item, 1, scf_now_us(), &lookup, &asks, &err) == SCF_OK &&
        presume(context, arena, &lookup, asks, &err)) {
        struct scf_record *record = &item[0]->record;
        record->leaf_index = lookup.chain_sizes[0];
        scf_record_copy_row(&row, record);
        enum scf_code code = row.overflow ? SCF_E_INTERNAL
                                          : scf_commit_presumed(context->db, arena, &row, &lookup,
                                                                &held, &unknown, &err);
        if (code == SCF_OK && held)
            scf_memory_put_head(context->memory, &record->chain_id, record->leaf_index + 1);
        if (unknown)
            find_out(context, arena, &lookup, &err);
    }
    scf_buf_free(&row);
    scf_arena_free(arena);
    return held || unknown;
}

/* What the answers show: the place in the chain. */
static void finish_items(struct scf_item **items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct scf_item *item = items[i];
        if (item->outcome == SCF_ACCEPTED)
            item->stored = (struct scf_stored){item->record.id, item->record.leaf_index,
                                               item->record.received_us, item->record.leaf_hash};
        if (!item->twin)
            continue;
        item->stored = item->twin->stored;
        item->enterprise_id = item->twin->enterprise_id;
        if (item->twin->outcome == SCF_REFUSED) {
            item->outcome = SCF_REFUSED;
            item->error = item->twin->error;
        }
    }
}

/* The outcome of a failed attempt must not leak into the next one. */
static void reset_items(struct scf_item **items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        items[i]->outcome = SCF_PENDING;
        items[i]->warnings.count = items[i]->own_warnings;
        items[i]->warnings.dropped = items[i]->own_dropped;
        items[i]->faults.count = items[i]->faults.dropped = 0;
        items[i]->twin = NULL;
        items[i]->first_status = 0;
    }
}

void scf_batch_commit(struct scf_batch_context *context, struct scf_item **items, size_t count,
                      bool atomic) {
    struct scf_error err = {0};
    enum scf_code code = SCF_OK;
    if (count == 1 && commit_presumed(context, items)) {
        finish_items(items, count);
        return;
    }
    for (int attempt = 0; attempt <= SOFT_RETRIES; attempt++) {
        reset_items(items, count);
        struct scf_arena *arena = scf_arena_new(BATCH_ARENA_MAX);
        err = (struct scf_error){0};
        code = try_batch(context, items, count, atomic, arena, &err);
        scf_arena_free(arena);
        if (scf_code_class(code) != SCF_CLASS_SOFT)
            break;
    }
    if (code == SCF_OK) {
        finish_items(items, count);
        return;
    }
    scf_log_error("intake: batch failed", &err);
    enum scf_class class = scf_code_class(code);
    if (count == 1 || atomic || class == SCF_CLASS_UNAVAILABLE || class == SCF_CLASS_SOFT) {
        refuse_all(items, count, &err);
        return;
    }
    /* One row that the database refuses must not fail its neighbours: halve until it is alone. */
    scf_batch_commit(context, items, count / 2, false);
    scf_batch_commit(context, items + count / 2, count - count / 2, false);
}
