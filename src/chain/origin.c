/* Beginning another origin after a restore that lost blocks (docs/restore.md). The trees grow on
 * from where the database is; only the name under which they are signed is another, so that the
 * signed history under the old name stays the only one of that name. What was published under it is
 * quoted in records of the platform's chain. Relies on origin_store and on the chain. */
#include "origin_store.h"

#include "scfd/base/clock.h"
#include "scfd/chain/chain.h"
#include "scfd/chain/note.h"
#include "scfd/chain/published.h"
#include "scfd/codec/jsonw.h"

enum {
    CHAINS_PER_RECORD = 1000,
    RECORD_MAX = 4 << 20,
    ARENA_MAX = 1 << 30,
    ORIGIN_MAX = 200 /* of scf_installation */
};

/* What is known of one chain, from either side. */
struct entry {
    struct scf_uuid id;
    const struct scf_origin_chain *here;     /* NULL: the database has no block of it */
    const struct scf_publication *published; /* NULL: nothing is remembered */
};

struct change {
    struct scf_arena *arena;
    const struct scf_services *services;
    const char *reason;
    int64_t number; /* as asked for; 0: the next one */
    const char *first, *now, *next;
    int64_t generation;
    struct entry *entries;
    size_t n;
    int64_t at_us;
    struct scf_record *records;
    size_t record_count;
    struct scf_origin_change result;
};

/* ---- the chains ---- */

/* Both lists are in id order. */
static bool merge(struct change *c, const struct scf_origin_chain *here, size_t here_n,
                  const struct scf_publication *there, size_t there_n) {
    c->entries = scf_alloc(c->arena, here_n + there_n, sizeof *c->entries);
    if (c->entries == NULL)
        return false;
    for (size_t i = 0, k = 0; i < here_n || k < there_n;) {
        int order = i == here_n    ? 1
                    : k == there_n ? -1
                                   : scf_uuid_compare(&here[i].id, &there[k].chain_id);
        c->entries[c->n++] = (struct entry){
            .id = order <= 0 ? here[i].id : there[k].chain_id,
            .here = order <= 0 ? &here[i] : NULL,
            .published = order >= 0 ? &there[k] : NULL,
        };
        i += order <= 0;
        k += order >= 0;
    }
    return true;
}

static bool is_lost(const struct entry *e) {
    const struct scf_publication *p = e->published;
    if (p == NULL)
        return false;
    return e->here == NULL || p->height > e->here->height ||
           (p->height == e->here->height && !scf_hash_eq(&p->block_hash, &e->here->block_hash));
}

static enum scf_code read_chains(struct change *c, struct scf_db *db, struct scf_error *err) {
    struct scf_origin_chain *here;
    struct scf_publication *there = NULL;
    size_t here_n, there_n = 0;
    enum scf_code code = scf_origin_chains(db, c->arena, &here, &here_n, err);
    if (code != SCF_OK)
        return code;
    if (c->services->published != NULL &&
        !scf_published_list(c->services->published, c->arena, &there, &there_n))
        return scf_fail_memory(err);
    c->n = 0;
    if (!merge(c, here, here_n, there, there_n))
        return scf_fail_memory(err);
    c->result.chains = c->n;
    c->result.lost = 0;
    for (size_t i = 0; i < c->n; i++)
        c->result.lost += is_lost(&c->entries[i]);
    return SCF_OK;
}

/* ---- the records ---- */

static void write_here(struct scf_jsonw *w, const struct scf_origin_chain *here) {
    struct scf_checkpoint checkpoint;
    if (scf_checkpoint_parse(here->checkpoint_note, &checkpoint))
        scf_jw_strn(w, "origin", checkpoint.origin.p, checkpoint.origin.n);
    scf_jw_object(w, "kept");
    scf_jw_i64(w, "height", here->height);
    scf_jw_i64(w, "size", here->size);
    scf_jw_base64(w, "root", here->root.b, SCF_HASH_LEN);
    scf_jw_hex(w, "block_hash", here->block_hash.b, SCF_HASH_LEN);
    scf_jw_end_object(w);
}

static void write_entry(struct scf_jsonw *w, const struct entry *e) {
    scf_jw_object(w, NULL);
    scf_jw_id(w, "chain_id", "chain", &e->id);
    if (e->here != NULL)
        write_here(w, e->here);
    if (e->published != NULL) {
        scf_jw_object(w, "published");
        scf_jw_i64(w, "height", e->published->height);
        scf_jw_i64(w, "size", e->published->size);
        scf_jw_hex(w, "block_hash", e->published->block_hash.b, SCF_HASH_LEN);
        scf_jw_end_object(w);
    }
    scf_jw_bool(w, "lost", is_lost(e));
    scf_jw_end_object(w);
}

static enum scf_code write_record(struct change *c, size_t number, struct scf_error *err) {
    struct scf_record *r = &c->records[number];
    size_t from = number * CHAINS_PER_RECORD, past = from + CHAINS_PER_RECORD;
    struct scf_buf out;
    scf_buf_init(&out, RECORD_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "object", "origin_change");
    scf_jw_id(&w, "id", scf_record_kind_prefix(SCF_REC_ORIGIN_CHANGE), &r->id);
    scf_jw_i64(&w, "generation", c->generation);
    scf_jw_str(&w, "from", c->now);
    scf_jw_str(&w, "to", c->next);
    scf_jw_str(&w, "reason", c->reason);
    scf_jw_time(&w, "began_at", c->at_us);
    scf_jw_bool(&w, "remembered", c->services->published != NULL);
    scf_jw_i64(&w, "part", (int64_t)number + 1);
    scf_jw_i64(&w, "parts", (int64_t)c->record_count);
    scf_jw_array(&w, "chains");
    for (size_t i = from; i < past && i < c->n; i++)
        write_entry(&w, &c->entries[i]);
    scf_jw_end_array(&w);
    scf_jw_end_object(&w);
    r->body =
        (struct scf_str){out.overflow ? NULL : scf_strndup(c->arena, out.data, out.len), out.len};
    scf_buf_free(&out);
    return r->body.p == NULL ? scf_fail_memory(err) : SCF_OK;
}

static enum scf_code write_records(struct change *c, struct scf_error *err) {
    c->record_count = c->n == 0 ? 1 : (c->n + CHAINS_PER_RECORD - 1) / CHAINS_PER_RECORD;
    c->records = scf_alloc(c->arena, c->record_count, sizeof *c->records);
    if (c->records == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < c->record_count; i++) {
        struct scf_record *r = &c->records[i];
        *r = (struct scf_record){
            .chain_id = c->services->installation.platform_id,
            .id = scf_uuid_new(),
            .kind = SCF_REC_ORIGIN_CHANGE,
            .external_id = scf_str(scf_asprintf(c->arena, "%" PRId64 "/%zu", c->generation, i + 1)),
            .received_us = c->at_us,
        };
        enum scf_code code = write_record(c, i, err);
        if (code != SCF_OK)
            return code;
        scf_record_prepare(r);
    }
    return SCF_OK;
}

/* ---- */

/* Later than any number that the database or the file of publications knows of. */
static enum scf_code choose(struct change *c, int64_t generation, struct scf_error *err) {
    if (c->services->published != NULL &&
        scf_published_generation(c->services->published) > generation)
        generation = scf_published_generation(c->services->published);
    if (c->number != 0 && c->number <= generation)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "Origin number %" PRId64 " was begun before.",
                        c->number);
    c->generation = c->number != 0 ? c->number : generation + 1;
    c->next = scf_asprintf(c->arena, "%s/%" PRId64, c->first, c->generation);
    if (c->next == NULL || strlen(c->next) >= ORIGIN_MAX)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "The origin becomes too long.");
    return SCF_OK;
}

static enum scf_code begin_body(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct change *c = ctx;
    int64_t generation;
    scf_arena_reset(c->arena);
    enum scf_code code = scf_origin_lock(db, c->arena, &c->first, &c->now, &generation, err);
    if (code == SCF_OK)
        code = choose(c, generation, err);
    if (code == SCF_OK)
        code = read_chains(c, db, err);
    if (code == SCF_OK)
        code = write_records(c, err);
    if (code == SCF_OK)
        code = scf_chain_append(db, c->arena, c->records, c->record_count, err);
    if (code == SCF_OK)
        code = scf_origin_insert(db, c->arena, c->generation, c->next, c->reason, &c->records[0].id,
                                 c->at_us, err);
    /* Before the commit: a number that may have been used is not used again. */
    if (code == SCF_OK && c->services->published != NULL)
        code = scf_published_begin(c->services->published, c->generation, err);
    if (code != SCF_OK)
        return code;
    c->result.generation = c->generation;
    c->result.record_id = c->records[0].id;
    snprintf(c->result.origin, sizeof c->result.origin, "%s", c->next);
    return SCF_OK;
}

static enum scf_code expect_nobody(struct scf_db *db, struct scf_arena *arena,
                                   struct scf_error *err) {
    int64_t users;
    enum scf_code code = scf_origin_users(db, arena, &users, err);
    if (code != SCF_OK || users == 0)
        return code;
    return scf_fail(err, SCF_E_WRONG_STATE,
                    "Stop every scfd on this database first: %" PRId64 " connections are open.",
                    users);
}

enum scf_code scf_origin_begin(struct scf_db *db, const struct scf_services *services,
                               const char *reason, int64_t number, struct scf_origin_change *ret,
                               struct scf_error *err) {
    struct change c = {.arena = scf_arena_new(ARENA_MAX),
                       .services = services,
                       .reason = reason,
                       .number = number,
                       .at_us = scf_now_us()};
    enum scf_code code = expect_nobody(db, c.arena, err);
    if (code == SCF_OK)
        code = scf_tx_run(db, begin_body, &c, err);
    if (code == SCF_OK)
        *ret = c.result;
    scf_arena_free(c.arena);
    return code;
}
