/* Routes of anchors. Whoever has a key may read ticks, statements and proofs: they hold hashes
 * only. What an authority's refusal said is for administrators. */
#include "algorithm.h"
#include "target_api.h"
#include "target_schema.h"
#include "view.h"

#include "scfd/chain/record.h"
#include "scfd/http/answer.h"

enum { BODY_MAX = 8 << 20 };

static void not_found(struct scf_request *rq, const char *detail) {
    struct scf_error err = {0};
    scf_fail(&err, SCF_E_NOT_FOUND, "%s", detail);
    scf_reply_error(rq, &err);
}

/* The tick of the path, or a reply that there is none. */
static bool read_tick(struct scf_request *rq, struct anchor_tick_view *ret) {
    struct scf_error err = {0};
    int64_t tick;
    if (!scf_parse_i64(scf_rq_param(rq, "tick"), 0, INT64_MAX, &tick)) {
        not_found(rq, "There is no such tick.");
        return false;
    }
    if (scf_anchor_tick_get(scf_rq_db(rq), scf_rq_arena(rq), tick, ret, &err) == SCF_OK)
        return true;
    scf_reply_error(rq, &err);
    return false;
}

/* ---- JSON ---- */

static void optional_time(struct scf_jsonw *w, const char *key, int64_t us) {
    if (us)
        scf_jw_time(w, key, us);
    else
        scf_jw_null(w, key);
}

static const char *suffix_of(enum scf_anchor_kind kind) {
    const struct scf_anchor_adapter *adapter = scf_anchor_adapter_of(kind);
    return adapter ? adapter->file_suffix : "bin";
}

static void write_href(struct scf_jsonw *w, const struct scf_anchor_entry *e) {
    char href[128];
    if (e->proof.n == 0) {
        scf_jw_null(w, "proof_href");
        return;
    }
    snprintf(href, sizeof href, "/v1/anchors/%" PRId64 "/proofs/%s", e->tick, e->target->name);
    scf_jw_str(w, "proof_href", href);
}

/* What an entry is; `with_problem`: also what went wrong, for the operator. */
static void write_entry_members(struct scf_jsonw *w, const struct scf_anchor_entry *e,
                                bool with_problem) {
    scf_jw_str(w, "target", e->target->name);
    scf_jw_str(w, "kind", scf_anchor_kind_names[e->target->kind]);
    scf_jw_str(w, "state", scf_anchor_state_names[e->state]);
    optional_time(w, "proven_at", e->proven_us);
    optional_time(w, "expires_at", e->expires_us);
    scf_jw_str(w, "reference", e->reference);
    write_href(w, e);
    if (!with_problem)
        return;
    scf_jw_i64(w, "attempts", e->attempt);
    optional_time(w, "due_at", e->due_us);
    scf_jw_str(w, "problem", e->problem);
}

static void write_tick(struct scf_jsonw *w, const struct anchor_tick_view *k, bool with_problem) {
    scf_jw_str(w, "object", "anchor");
    scf_jw_i64(w, "tick", k->tick);
    scf_jw_i64(w, "size", k->size);
    scf_jw_base64(w, "root", k->root.b, SCF_HASH_LEN);
    scf_jw_hex(w, "statement_sha256", k->statement_sha256.b, SCF_HASH_LEN);
    scf_jw_time(w, "at", k->at_us);
    scf_jw_array(w, "entries");
    for (int i = 0; i < k->entry_count; i++) {
        scf_jw_object(w, NULL);
        write_entry_members(w, &k->entries[i], with_problem);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

/* ---- GET /v1/anchors, /v1/anchors/{tick} ---- */

struct tick_page {
    bool admin;
    const struct anchor_tick_view *ticks;
};

/* The time in a cursor is the tick here. */
static struct scf_position write_listed(struct scf_jsonw *w, const void *items, int i) {
    const struct tick_page *page = items;
    write_tick(w, &page->ticks[i], page->admin);
    return (struct scf_position){.time_us = page->ticks[i].tick};
}

static void anchors_list(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_page page;
    struct anchor_tick_view *ticks;
    int n;
    enum scf_code code = scf_page_read(rq, "anchors", &page, &err);
    if (code == SCF_OK) {
        int64_t after = page.has_after ? page.after_time_us : page.descending ? INT64_MAX : -1;
        code = scf_anchor_tick_list(scf_rq_db(rq), scf_rq_arena(rq), after, page.descending,
                                    page.limit + 1, &ticks, &n, &err);
    }
    if (code) {
        scf_reply_error(rq, &err);
        return;
    }
    struct tick_page list = {scf_rq_actor(rq)->admin, ticks};
    scf_reply_page(rq, &page, "anchors", &list, n, write_listed);
}

static void anchor_get(struct scf_request *rq) {
    struct anchor_tick_view tick;
    if (!read_tick(rq, &tick))
        return;
    struct scf_buf out;
    scf_buf_init(&out, BODY_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    write_tick(&w, &tick, scf_rq_actor(rq)->admin);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, 200, tick.tick, &out);
}

/* ---- …/statement, …/note, …/proofs/{target} ---- */

/* Bytes with a tag of their own. */
static void reply_bytes(struct scf_request *rq, const char *media_type, struct scf_str bytes) {
    char tag[17];
    struct scf_hash hash = scf_sha256(bytes.p, bytes.n);
    scf_hex(hash.b, 8, tag);
    if (scf_reply_not_modified(rq, tag))
        return;
    struct scf_buf out;
    scf_buf_init(&out, BODY_MAX);
    scf_buf_put(&out, bytes.p, bytes.n);
    scf_reply(rq, 200, media_type, &out);
}

static void statement_get(struct scf_request *rq) {
    struct anchor_tick_view tick;
    if (read_tick(rq, &tick))
        reply_bytes(rq, "text/plain; charset=utf-8", tick.statement);
}

static void note_get(struct scf_request *rq) {
    struct anchor_tick_view tick;
    if (read_tick(rq, &tick))
        reply_bytes(rq, "text/plain; charset=utf-8", tick.note);
}

static void attach(struct scf_request *rq, const struct scf_anchor_entry *e) {
    char disposition[128];
    snprintf(disposition, sizeof disposition, "attachment; filename=\"%" PRId64 "-%s.%s\"", e->tick,
             e->target->name, suffix_of(e->target->kind));
    scf_reply_header(rq, "Content-Disposition", disposition);
}

static void proof_get(struct scf_request *rq) {
    struct anchor_tick_view tick;
    struct scf_str name = scf_rq_param(rq, "target");
    if (!read_tick(rq, &tick))
        return;
    for (int i = 0; i < tick.entry_count; i++) {
        const struct scf_anchor_entry *e = &tick.entries[i];
        if (!scf_str_is(name, e->target->name) || e->proof.n == 0)
            continue;
        attach(rq, e);
        reply_bytes(rq, "application/octet-stream", e->proof);
        return;
    }
    not_found(rq, "There is no proof of this target.");
}

/* ---- GET /v1/records/{id}/anchors ---- */

static enum scf_code read_record(struct scf_request *rq, struct scf_record *ret,
                                 struct scf_error *err) {
    char prefix[16];
    struct scf_uuid id;
    enum scf_record_kind kind;
    struct scf_record r;
    if (!scf_id_parse_any(scf_rq_param(rq, "id"), prefix, &id) ||
        !scf_record_kind_of_prefix(prefix, &kind))
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such record.");
    enum scf_code code =
        scf_record_get(scf_rq_db(rq), scf_rq_arena(rq), scf_rq_actor(rq), &id, &r, err);
    if (code == SCF_OK && r.kind != kind)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such record.");
    if (code == SCF_OK)
        *ret = r;
    return code;
}

static void write_anchoring(struct scf_jsonw *w, const struct scf_anchoring *a) {
    scf_jw_object(w, NULL);
    scf_jw_i64(w, "tick", a->entry.tick);
    write_entry_members(w, &a->entry, false);
    scf_jw_i64(w, "block_height", a->block_height);
    scf_jw_hex(w, "block_hash", a->block_hash.b, SCF_HASH_LEN);
    scf_jw_i64(w, "index", a->index);
    scf_jw_array(w, "path");
    for (int i = 0; i < a->path_count; i++)
        scf_jw_base64(w, NULL, a->path[i].b, SCF_HASH_LEN);
    scf_jw_end_array(w);
    scf_jw_strn(w, "note", a->note.p, a->note.n);
    scf_jw_end_object(w);
}

static void reply_anchorings(struct scf_request *rq, int64_t height,
                             const struct scf_anchoring *list, size_t n) {
    struct scf_buf out;
    scf_buf_init(&out, BODY_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "object", "record_anchors");
    scf_jw_i64(&w, "block_height", height);
    scf_jw_array(&w, "anchors");
    for (size_t i = 0; i < n; i++)
        write_anchoring(&w, &list[i]);
    scf_jw_end_array(&w);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, 200, height, &out);
}

static void record_anchors_get(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_record record;
    struct scf_anchoring *list = NULL;
    size_t n = 0;
    int64_t height;
    struct scf_db *db = scf_rq_db(rq);
    struct scf_arena *arena = scf_rq_arena(rq);
    enum scf_code code = read_record(rq, &record, &err);
    if (code == SCF_OK)
        code = scf_anchor_block_of(db, arena, &record.chain_id, record.leaf_index, &height, &err);
    if (code == SCF_E_NOT_SEALED && scf_rq_may_wait(rq)) {
        scf_rq_wait(rq, "sealed");
        return;
    }
    if (code == SCF_OK)
        code = scf_anchor_find(db, arena, &record.chain_id, height, &list, &n, &err);
    if (code)
        scf_reply_error(rq, &err);
    else
        reply_anchorings(rq, height, list, n);
}

/* ---- GET /v1/chains/{id}/anchors ---- */

static void write_reach(struct scf_jsonw *w, const struct anchor_reach *r) {
    scf_jw_object(w, NULL);
    scf_jw_i64(w, "tick", r->entry.tick);
    write_entry_members(w, &r->entry, false);
    scf_jw_i64(w, "block_height", r->leaf.height);
    scf_jw_hex(w, "block_hash", r->leaf.block_hash.b, SCF_HASH_LEN);
    scf_jw_end_object(w);
}

static void chain_anchors_get(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_uuid id;
    struct anchor_reach *list;
    size_t n = 0;
    struct scf_str text = scf_rq_param(rq, "id");
    if (!scf_id_parse("chain", text, &id) && !scf_id_parse("node", text, &id)) {
        not_found(rq, "There is no such chain.");
        return;
    }
    if (scf_anchor_chain_find(scf_rq_db(rq), scf_rq_arena(rq), &id, &list, &n, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf out;
    scf_buf_init(&out, BODY_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "object", "chain_anchors");
    scf_jw_id(&w, "chain_id", "chain", &id);
    scf_jw_array(&w, "anchors");
    for (size_t i = 0; i < n; i++)
        write_reach(&w, &list[i]);
    scf_jw_end_array(&w);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, 200, n > 0 ? list[0].entry.tick : 0, &out);
}

/* ---- the table ---- */

#define ADMINISTRATORS .tag = "Anchors", .access = SCF_KEYED, .admin = true, .run = SCF_RUN_SERVICE
#define EVERYBODY ADMINISTRATORS, .kinds = SCF_ANY_NODE

const struct scf_route scf_anchor_routes[] = {
    {.method = "POST",
     .pattern = "/v1/anchor-targets",
     .operation_id = "createAnchorTarget",
     .summary = "Add a place where ticks are anchored",
     .handle = scf_anchor_target_create_handler,
     .body_type = "application/json",
     .request = &scf_anchor_target_create_schema,
     .answers = "201 AnchorTarget,409,422",
     ADMINISTRATORS},
    {.method = "GET",
     .pattern = "/v1/anchor-targets",
     .operation_id = "listAnchorTargets",
     .summary = "The places where ticks are anchored",
     .handle = scf_anchor_target_list_handler,
     .answers = "200 AnchorTargetPage",
     .query = (const char *const[]){"limit", "after", "order", NULL},
     ADMINISTRATORS},
    {.method = "GET",
     .pattern = "/v1/anchor-targets/{id}",
     .operation_id = "getAnchorTarget",
     .summary = "One place where ticks are anchored",
     .handle = scf_anchor_target_get_handler,
     .answers = "200 AnchorTarget,304,404",
     ADMINISTRATORS},
    {.method = "PATCH",
     .pattern = "/v1/anchor-targets/{id}",
     .operation_id = "updateAnchorTarget",
     .summary = "Change a place where ticks are anchored, or retire it",
     .handle = scf_anchor_target_update_handler,
     .body_type = "application/json",
     .request = &scf_anchor_target_update_schema,
     .answers = "200 AnchorTarget,404,412,422,428",
     ADMINISTRATORS},
    {.method = "GET",
     .pattern = "/v1/anchor-algorithms",
     .operation_id = "listAnchorAlgorithms",
     .summary = "Until when the algorithms are trusted that timestamps rest on",
     .handle = scf_anchor_algorithm_list,
     .answers = "200 AnchorAlgorithms,304",
     ADMINISTRATORS},
    {.method = "PUT",
     .pattern = "/v1/anchor-algorithms/{name}",
     .operation_id = "setAnchorAlgorithm",
     .summary = "Say until when an algorithm is trusted",
     .handle = scf_anchor_algorithm_put,
     .body_type = "application/json",
     .request = &scf_anchor_algorithm_schema,
     .answers = "200 AnchorAlgorithms,404,422",
     ADMINISTRATORS},
    {.method = "GET",
     .pattern = "/v1/anchors",
     .operation_id = "listAnchors",
     .summary = "Ticks: trees over the newest blocks of all chains, and where they are anchored",
     .handle = anchors_list,
     .answers = "200 AnchorPage",
     .query = (const char *const[]){"limit", "after", "order", NULL},
     EVERYBODY},
    {.method = "GET",
     .pattern = "/v1/anchors/{tick}",
     .operation_id = "getAnchor",
     .summary = "One tick",
     .handle = anchor_get,
     .answers = "200 Anchor,304,404",
     EVERYBODY},
    {.method = "GET",
     .pattern = "/v1/anchors/{tick}/statement",
     .operation_id = "getAnchorStatement",
     .summary = "The text that is stamped",
     .handle = statement_get,
     .answers = "200 text,304,404",
     EVERYBODY},
    {.method = "GET",
     .pattern = "/v1/anchors/{tick}/note",
     .operation_id = "getAnchorNote",
     .summary = "The same text as a signed note",
     .handle = note_get,
     .answers = "200 text,304,404",
     EVERYBODY},
    {.method = "GET",
     .pattern = "/v1/anchors/{tick}/proofs/{target}",
     .operation_id = "getAnchorProof",
     .summary = "What a target proves the text with: a timestamp token, a transaction, …",
     .handle = proof_get,
     .answers = "200 bytes,304,404",
     EVERYBODY},
    {.method = "GET",
     .pattern = "/v1/records/{id}/anchors",
     .operation_id = "getRecordAnchors",
     .summary = "What a record is anchored by, with the path from its block to each anchor",
     .handle = record_anchors_get,
     .answers = "200 RecordAnchors,304,404,503",
     EVERYBODY},
    {.method = "GET",
     .pattern = "/v1/chains/{id}/anchors",
     .operation_id = "getChainAnchors",
     .summary = "Up to which block a chain is anchored, at each target",
     .handle = chain_anchors_get,
     .answers = "200 ChainAnchors,304,404",
     EVERYBODY},
};
const size_t scf_anchor_route_count = SCF_COUNT(scf_anchor_routes);
