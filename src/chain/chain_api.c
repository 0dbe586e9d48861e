/* Routes of chains: proofs, checkpoints, blocks, consistency, tiles. Relies on the stores of this
 * room and on http.
 *
 * Whoever has a key may read the trees of all chains: they hold hashes only, and a proof that only
 * its owner can check against the others' view of the log would prove little. How many records wait
 * to be sealed is told to the chain's own node and to administrators. */
#include "scfd/chain/block.h"
#include "chain_store.h"
#include "proof_store.h"

#include "scfd/chain/chain.h"
#include "scfd/chain/cosigned.h"
#include "scfd/http/answer.h"

enum { BODY_MAX = 8 << 20, TAG_TEXT = 40 };

/* ---- replies ---- */

static void not_found(struct scf_request *rq, const char *detail) {
    struct scf_error err = {0};
    scf_fail(&err, SCF_E_NOT_FOUND, "%s", detail);
    scf_reply_error(rq, &err);
}

/* The verifier key of a chain; its name is the chain's origin, in the request's arena. */
static struct scf_vkey key_of(struct scf_request *rq, const struct scf_uuid *chain_id) {
    const struct scf_services *services = scf_rq_app(rq);
    uint8_t pub[SCF_ED25519_PUBLIC_LEN];
    scf_signing_key_public(services->log_key, pub);
    struct scf_buf origin;
    scf_buf_init(&origin, 1024);
    scf_chain_origin(services->installation.origin, chain_id, &origin);
    struct scf_vkey key =
        scf_vkey(scf_str(scf_strndup(scf_rq_arena(rq), origin.data, origin.len)), pub);
    scf_buf_free(&origin);
    return key;
}

/* A chain goes by its own id or by its node's: the uuid is the same. */
static bool read_chain_id(struct scf_request *rq, struct scf_uuid *ret) {
    struct scf_str text = scf_rq_param(rq, "id");
    return scf_id_parse("chain", text, ret) || scf_id_parse("node", text, ret);
}

/* The chain of the path, or a reply that there is none. */
static bool read_chain(struct scf_request *rq, struct scf_chain_view *ret) {
    struct scf_uuid id;
    struct scf_error err;
    if (!read_chain_id(rq, &id)) {
        not_found(rq, "There is no such chain.");
        return false;
    }
    if (scf_chain_view_get(scf_rq_db(rq), scf_rq_arena(rq), &id, ret, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return false;
    }
    return true;
}

/* ---- GET /v1/records/{id}/proof ---- */

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

/* What the answer is made of, hashed: nothing else can change in it. An answer that the client has
 * already is then neither built nor hashed. */
static void proof_tag(const struct scf_record *record, const struct scf_proof_block *block,
                      enum scf_proof_form form, char out[SCF_TAG_TEXT]) {
    const struct scf_str parts[] = {
        {(const char *)record->leaf_hash.b, SCF_HASH_LEN},
        {(const char *)block->hash.b, SCF_HASH_LEN},
        form == SCF_PROOF_TEXT ? SCF_STR("text") : SCF_STR(SCF_PROOF_FORMAT),
        record->body.p == NULL ? SCF_STR("erased") : SCF_STR(""),
    };
    struct scf_hash hash = scf_digest_parts(SCF_SHA256, parts, SCF_COUNT(parts));
    char hex[9];
    scf_hex(hash.b, 4, hex);
    snprintf(out, SCF_TAG_TEXT, "%" PRId64 "-%s", block->height, hex);
}

static void reply_proof(struct scf_request *rq, const struct scf_record *record,
                        const struct scf_proof_block *block) {
    struct scf_error err;
    struct scf_buf out;
    char tag[SCF_TAG_TEXT];
    bool text = scf_rq_prefers(rq, "text/plain", "application/json");
    enum scf_proof_form form = text ? SCF_PROOF_TEXT : SCF_PROOF_DOCUMENT;
    proof_tag(record, block, form, tag);
    scf_reply_header(rq, "Vary", "Accept");
    if (scf_reply_not_modified(rq, tag))
        return;
    scf_buf_init(&out, BODY_MAX);
    if (scf_proof_build(scf_rq_db(rq), scf_rq_arena(rq), scf_rq_app(rq), record, block, form, &out,
                        &err) != SCF_OK) {
        scf_buf_free(&out);
        scf_reply_error(rq, &err);
        return;
    }
    scf_reply(rq, 200, text ? "text/plain; charset=utf-8" : "application/json", &out);
}

static void proof_get(struct scf_request *rq) {
    struct scf_error err;
    struct scf_record record;
    struct scf_proof_block block;
    struct scf_db *db = scf_rq_db(rq);
    struct scf_arena *arena = scf_rq_arena(rq);
    enum scf_code code = read_record(rq, &record, &err);
    if (code == SCF_OK)
        code = scf_proof_block(db, arena, &record.chain_id, record.leaf_index, &block, &err);
    if (code == SCF_E_NOT_SEALED && scf_rq_may_wait(rq)) {
        scf_rq_wait(rq, "sealed");
        return;
    }
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    reply_proof(rq, &record, &block);
}

/* ---- GET /v1/chains, /v1/chains/{id} ---- */

static void write_chain(struct scf_request *rq, struct scf_jsonw *w,
                        const struct scf_chain_view *c) {
    const struct scf_actor *actor = scf_rq_actor(rq);
    struct scf_vkey key = key_of(rq, &c->id);
    struct scf_buf vkey;
    scf_buf_init(&vkey, 1024);
    scf_vkey_write(&key, &vkey);
    scf_jw_id(w, "id", "chain", &c->id);
    scf_jw_id(w, "node_id", "node", &c->id);
    scf_jw_strn(w, "origin", key.name.p, key.name.n);
    scf_jw_strn(w, "vkey", vkey.data, vkey.len);
    if (actor->admin || scf_uuid_eq(&actor->node_id, &c->id))
        scf_jw_i64(w, "size", c->size);
    scf_jw_i64(w, "sealed_size", c->newest.size);
    if (c->sealed) {
        scf_jw_i64(w, "height", c->newest.height);
        scf_jw_base64(w, "root", c->newest.root.b, SCF_HASH_LEN);
        scf_jw_hex(w, "block_hash", c->newest.hash.b, SCF_HASH_LEN);
        scf_jw_time(w, "sealed_at", c->sealed_us);
    }
    scf_buf_free(&vkey);
}

static void write_witness(struct scf_jsonw *w, const struct scf_witness_standing *s) {
    scf_jw_object(w, "witness");
    scf_jw_i64(w, "quorum", s->quorum);
    scf_jw_i64(w, "cosigned_size", s->cosigned_size);
    scf_jw_end_object(w);
}

static void chain_get(struct scf_request *rq) {
    struct scf_chain_view chain;
    struct scf_witness_standing standing;
    struct scf_error err;
    if (!read_chain(rq, &chain))
        return;
    if (scf_witness_standing(scf_rq_db(rq), scf_rq_arena(rq), &chain.id, &standing, &err) !=
        SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf out;
    scf_buf_init(&out, BODY_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    write_chain(rq, &w, &chain);
    write_witness(&w, &standing);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, 200, chain.sealed ? chain.newest.height + 1 : 0, &out);
}

struct chain_page {
    struct scf_request *rq;
    struct scf_chain_view *chains;
};

static struct scf_position write_listed_chain(struct scf_jsonw *w, const void *items, int i) {
    const struct chain_page *page = items;
    write_chain(page->rq, w, &page->chains[i]);
    return (struct scf_position){0, page->chains[i].id};
}

static void chains_list(struct scf_request *rq) {
    struct scf_error err;
    struct scf_page page;
    struct chain_page list = {.rq = rq};
    int n;
    enum scf_code code = scf_page_read(rq, "", &page, &err);
    if (code == SCF_OK) {
        struct scf_uuid from = page.after_id;
        if (!page.has_after)
            memset(from.b, page.descending ? 0xff : 0, sizeof from.b);
        code = scf_chain_view_list(scf_rq_db(rq), scf_rq_arena(rq), &from, page.descending,
                                   page.limit + 1, &list.chains, &n, &err);
    }
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    scf_reply_page(rq, &page, "", &list, n, write_listed_chain);
}

/* ---- GET /v1/chains/{id}/checkpoint ---- */

/* The newest checkpoint that has its quorum, with the lines of the witnesses. Cosignatures come in
 * later too, so that the tag is that of the text. */
static void reply_witnessed(struct scf_request *rq, const struct scf_uuid *chain_id) {
    struct scf_error err;
    struct scf_cosigned cosigned;
    if (scf_witness_newest(scf_rq_db(rq), scf_rq_arena(rq), chain_id, &cosigned, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    if (cosigned.size == 0) {
        not_found(rq, "No checkpoint of the chain has its quorum of cosignatures yet.");
        return;
    }
    char tag[SCF_TAG_TEXT];
    struct scf_buf out;
    scf_buf_init(&out, BODY_MAX);
    scf_buf_put(&out, cosigned.note.p, cosigned.note.n);
    scf_entity_tag(cosigned.size, &out, tag);
    if (scf_reply_not_modified(rq, tag))
        scf_buf_free(&out);
    else
        scf_reply(rq, 200, "text/plain; charset=utf-8", &out);
}

static void checkpoint_get(struct scf_request *rq) {
    struct scf_chain_view chain;
    const char *witnessed = scf_rq_query(rq, "witnessed");
    if (witnessed != NULL && strcmp(witnessed, "true") != 0 && strcmp(witnessed, "false") != 0) {
        struct scf_error err;
        scf_fail(&err, SCF_E_INVALID_PARAMETER, "witnessed is true or false.");
        scf_reply_error(rq, &err);
        return;
    }
    if (!read_chain(rq, &chain))
        return;
    if (witnessed != NULL && strcmp(witnessed, "true") == 0) {
        reply_witnessed(rq, &chain.id);
        return;
    }
    if (!chain.sealed) {
        not_found(rq, "The chain has no block yet.");
        return;
    }
    char hex[9], tag[TAG_TEXT];
    scf_hex(chain.newest.hash.b, 4, hex);
    snprintf(tag, sizeof tag, "%" PRId64 "-%s", chain.newest.height, hex);
    if (scf_reply_not_modified(rq, tag))
        return;
    struct scf_buf out;
    scf_buf_init(&out, BODY_MAX);
    scf_buf_put(&out, chain.newest.checkpoint_note.p, chain.newest.checkpoint_note.n);
    scf_reply(rq, 200, "text/plain; charset=utf-8", &out);
}

/* ---- GET /v1/chains/{id}/blocks, …/blocks/{height} ---- */

static void write_block(struct scf_jsonw *w, const struct scf_block_view *b) {
    scf_jw_i64(w, "height", b->block.height);
    scf_jw_i64(w, "size", b->block.size);
    scf_jw_base64(w, "root", b->block.root.b, SCF_HASH_LEN);
    scf_jw_hex(w, "hash", b->block.hash.b, SCF_HASH_LEN);
    scf_jw_hex(w, "prev", b->prev.b, SCF_HASH_LEN);
    scf_jw_time(w, "sealed_at", b->sealed_us);
}

static void block_get(struct scf_request *rq) {
    struct scf_error err;
    struct scf_block_view block;
    struct scf_uuid id;
    int64_t height;
    if (!read_chain_id(rq, &id) ||
        !scf_parse_i64(scf_rq_param(rq, "height"), 0, INT64_MAX, &height)) {
        not_found(rq, "There is no such block.");
        return;
    }
    if (scf_block_view_get(scf_rq_db(rq), scf_rq_arena(rq), &id, height, &block, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf out;
    scf_buf_init(&out, BODY_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    write_block(&w, &block);
    scf_jw_strn(&w, "note", block.block.block_note.p, block.block.block_note.n);
    scf_jw_strn(&w, "checkpoint", block.block.checkpoint_note.p, block.block.checkpoint_note.n);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, 200, height, &out);
}

/* The time in a cursor is the height here. */
static struct scf_position write_listed_block(struct scf_jsonw *w, const void *items, int i) {
    const struct scf_block_view *blocks = items;
    write_block(w, &blocks[i]);
    return (struct scf_position){.time_us = blocks[i].block.height};
}

static void blocks_list(struct scf_request *rq) {
    struct scf_error err;
    struct scf_page page;
    struct scf_chain_view chain;
    struct scf_block_view *blocks;
    int n;
    if (!read_chain(rq, &chain))
        return;
    enum scf_code code = scf_page_read(rq, "", &page, &err);
    if (code == SCF_OK) {
        int64_t after = page.has_after ? page.after_time_us : page.descending ? INT64_MAX : -1;
        code = scf_block_view_list(scf_rq_db(rq), scf_rq_arena(rq), &chain.id, after,
                                   page.descending, page.limit + 1, &blocks, &n, &err);
    }
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    scf_reply_page(rq, &page, "", blocks, n, write_listed_block);
}

/* ---- GET /v1/chains/{id}/consistency?from=&to= ---- */

static enum scf_code read_sizes(struct scf_request *rq, int64_t sealed, int64_t *ret_from,
                                int64_t *ret_to, struct scf_error *err) {
    const char *from_text = scf_rq_query(rq, "from"), *to_text = scf_rq_query(rq, "to");
    int64_t from, to;
    if (!scf_parse_i64(scf_str(from_text), 1, INT64_MAX, &from) ||
        !scf_parse_i64(scf_str(to_text), 1, INT64_MAX, &to) || from > to) {
        return scf_fail(err, SCF_E_INVALID_PARAMETER,
                        "from and to are tree sizes with 1 ≤ from ≤ to.");
    }
    if (to > sealed) {
        return scf_fail(err, SCF_E_NOT_FOUND,
                        "The newest block of the chain has %" PRId64 " leaves only.", sealed);
    }
    *ret_from = from;
    *ret_to = to;
    return SCF_OK;
}

static void write_consistency(struct scf_buf *out, int64_t from, int64_t to,
                              const struct scf_chain_consistency *c) {
    struct scf_jsonw w = scf_jsonw(out);
    scf_jw_object(&w, NULL);
    scf_jw_i64(&w, "from", from);
    scf_jw_i64(&w, "to", to);
    scf_jw_base64(&w, "from_root", c->from_root.b, SCF_HASH_LEN);
    scf_jw_base64(&w, "to_root", c->to_root.b, SCF_HASH_LEN);
    scf_jw_array(&w, "proof");
    for (int i = 0; i < c->n; i++)
        scf_jw_base64(&w, NULL, c->proof[i].b, SCF_HASH_LEN);
    scf_jw_end_array(&w);
    scf_jw_end_object(&w);
}

static void consistency_get(struct scf_request *rq) {
    struct scf_error err;
    struct scf_chain_view chain;
    struct scf_chain_consistency consistency;
    int64_t from = 0, to = 0;
    if (!read_chain(rq, &chain))
        return;
    enum scf_code code = read_sizes(rq, chain.newest.size, &from, &to, &err);
    if (code == SCF_OK)
        code = scf_chain_consistency(scf_rq_db(rq), scf_rq_arena(rq), &chain.id, from, to,
                                     &consistency, &err);
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf out;
    scf_buf_init(&out, BODY_MAX);
    write_consistency(&out, from, to, &consistency);
    scf_reply_tagged(rq, 200, to, &out);
}

/* ---- GET /v1/chains/{id}/tile/{rest*} ---- */

/* What a tile path names never changes, a partial one neither: it says how many hashes it has. */
static void tile_get(struct scf_request *rq) {
    struct scf_error err;
    struct scf_tile_row row = {.tile.hashes = NULL};
    struct scf_tile_id id;
    if (!read_chain_id(rq, &row.chain_id) || !scf_tile_path_parse(scf_rq_param(rq, "rest"), &id)) {
        not_found(rq, "There is no such tile.");
        return;
    }
    row.tile.id = id;
    if (scf_tile_rows_read(scf_rq_db(rq), scf_rq_arena(rq), &row, 1, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    if (row.tile.id.width < id.width) {
        not_found(rq, "The tree does not have this tile, or not yet so many hashes in it.");
        return;
    }
    struct scf_buf out;
    scf_buf_init(&out, BODY_MAX);
    scf_buf_put(&out, row.tile.hashes, (size_t)id.width * SCF_HASH_LEN);
    scf_reply_header(rq, "Cache-Control", "private, max-age=31536000, immutable");
    scf_reply(rq, 200, "application/octet-stream", &out);
}

/* ---- the table ---- */

static const char *const page_query[] = {"limit", "after", "order", NULL};
static const char *const checkpoint_query[] = {"witnessed", NULL};
static const char *const consistency_query[] = {"from", "to", NULL};

#define CHAIN_ROUTE(pattern_, id_, summary_, handle_, answers_, query_)                            \
    {                                                                                              \
        .method = "GET", .pattern = pattern_, .operation_id = id_, .tag = "Chains",                \
        .summary = summary_, .access = SCF_KEYED, .admin = true, .kinds = SCF_ANY_NODE,            \
        .run = SCF_RUN_SERVICE, .handle = handle_, .answers = answers_, .query = query_            \
    }

const struct scf_route scf_chain_routes[] = {
    CHAIN_ROUTE("/v1/records/{id}/proof", "getRecordProof",
                "The proof that a record is in its chain; Prefer: wait holds until it is sealed",
                proof_get, "200 Proof|text,304,404,503", NULL),
    CHAIN_ROUTE("/v1/chains", "listChains", "List chains with their newest blocks", chains_list,
                "200 ChainPage,304", page_query),
    CHAIN_ROUTE("/v1/chains/{id}", "getChain", "Read a chain", chain_get, "200 Chain,304,404",
                NULL),
    CHAIN_ROUTE("/v1/chains/{id}/checkpoint", "getCheckpoint",
                "The newest C2SP checkpoint, a signed note", checkpoint_get, "200 text,304,404",
                checkpoint_query),
    CHAIN_ROUTE("/v1/chains/{id}/blocks", "listBlocks", "List the blocks of a chain", blocks_list,
                "200 BlockPage,304,404", page_query),
    CHAIN_ROUTE("/v1/chains/{id}/blocks/{height}", "getBlock", "Read a block with its signed notes",
                block_get, "200 Block,304,404", NULL),
    CHAIN_ROUTE("/v1/chains/{id}/consistency", "getConsistency",
                "Prove that the tree of one size contains that of another", consistency_get,
                "200 Consistency,304,404", consistency_query),
    CHAIN_ROUTE("/v1/chains/{id}/tile/{rest*}", "getTile",
                "A tile of the tree (C2SP tlog-tiles): 32-byte hashes one behind the other",
                tile_get, "200 bytes,404", NULL),
};
const size_t scf_chain_route_count = SCF_COUNT(scf_chain_routes);
