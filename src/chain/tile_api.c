/* Tiles and entry bundles (C2SP tlog-tiles). Relies on the stores of this room and on http.
 *
 * Tiles are hashes, and whoever may read trees may read them. Entries are leaf texts: they show
 * external ids, and the digests and salts by which a body can be recognised, so that only the
 * chain's own node and administrators get them, whatever the configuration says. */
#include "tile_api.h"

#include "entry_store.h"
#include "tile_store.h"

#include "scfd/http/answer.h"
#include "scfd/party/services.h"

enum { TILE_BYTES = SCF_TILE_WIDTH * SCF_HASH_LEN, BUNDLE_MAX = SCF_TILE_WIDTH * (2 + UINT16_MAX) };

static void not_found(struct scf_request *rq, const char *detail) {
    struct scf_error err = {0};
    scf_fail(&err, SCF_E_NOT_FOUND, "%s", detail);
    scf_reply_error(rq, &err);
}

bool scf_rq_chain_id(struct scf_request *rq, struct scf_uuid *ret) {
    struct scf_str text = scf_rq_param(rq, "id");
    return scf_id_parse("chain", text, ret) || scf_id_parse("node", text, ret);
}

/* ---- GET /v1/chains/{id}/tile/{rest*} ---- */

/* What a tile path names never changes, a partial one neither: it says how many hashes it has. Once
 * anybody may read it, any cache on the way may keep it. */
static void reply_tile(struct scf_request *rq, const struct scf_hash *hashes, int width) {
    const struct scf_services *services = scf_rq_app(rq);
    struct scf_buf out;
    char tag[SCF_TAG_TEXT], quoted[SCF_TAG_TEXT + 2];
    scf_buf_init(&out, TILE_BYTES);
    scf_buf_put(&out, hashes, (size_t)width * SCF_HASH_LEN);
    scf_entity_tag(width, &out, tag);
    snprintf(quoted, sizeof quoted, "\"%s\"", tag);
    scf_reply_header(rq, "ETag", quoted);
    scf_reply_header(rq, "Cache-Control",
                     scf_config_public_log(services->config)
                         ? "public, max-age=31536000, immutable"
                         : "private, max-age=31536000, immutable");
    if (scf_rq_has_tag(rq, tag)) {
        scf_buf_clear(&out);
        scf_reply(rq, 304, NULL, &out);
        return;
    }
    scf_reply(rq, 200, "application/octet-stream", &out);
}

/* Stored tiles are those of the newest block, for both are written in one transaction; of a tile
 * that grew since, what an older checkpoint needs is its beginning. */
void scf_tile_get(struct scf_request *rq) {
    struct scf_error err;
    struct scf_tile_row row = {.tile.hashes = NULL};
    struct scf_tile_id id;
    if (!scf_rq_chain_id(rq, &row.chain_id) ||
        !scf_tile_path_parse(scf_rq_param(rq, "rest"), &id)) {
        not_found(rq, "There is no such tile.");
        return;
    }
    row.tile.id = id;
    if (scf_tile_rows_read(scf_rq_db(rq), scf_rq_arena(rq), &row, 1, &err) != SCF_OK)
        scf_reply_error(rq, &err);
    else if (row.tile.id.width < id.width)
        not_found(rq, "The tree does not have this tile, or not yet so many hashes in it.");
    else
        reply_tile(rq, row.tile.hashes, id.width);
}

/* ---- GET /v1/chains/{id}/tile/entries/{rest*} ---- */

/* The leaf texts one behind the other, each after its length in two bytes, the higher one first. */
static void write_bundle(const struct scf_entry *entries, int n, struct scf_buf *out) {
    struct scf_buf text;
    scf_buf_init(&text, UINT16_MAX);
    for (int i = 0; i < n; i++) {
        scf_buf_clear(&text);
        scf_leaf_text(&entries[i].record, &text);
        scf_buf_putc(out, (char)(text.len >> 8));
        scf_buf_putc(out, (char)(text.len & 0xff));
        scf_buf_put(out, text.data, text.len);
        out->overflow |= text.overflow;
    }
    scf_buf_free(&text);
}

/* A bundle with a hole would hash to another tree. Which entries are gone is said, so that the
 * others can be read in partial bundles before them, and proven one by one. */
static void refuse_erased(struct scf_request *rq, const struct scf_entry *entries, int n,
                          int erased) {
    struct scf_error err = {0};
    struct scf_buf members;
    scf_buf_init(&members, 16 << 10);
    struct scf_jsonw w = scf_jsonw(&members);
    scf_jw_object(&w, NULL);
    scf_jw_array(&w, "erased_indexes");
    for (int i = 0; i < n; i++)
        if (entries[i].erased)
            scf_jw_i64(&w, NULL, entries[i].record.leaf_index);
    scf_jw_end_array(&w);
    scf_jw_end_object(&w);
    scf_fail(&err, SCF_E_GONE,
             "%d of these entries were erased (erased_indexes); their leaf hashes are in the tile.",
             erased);
    err.members_json = members.data;
    scf_reply_error(rq, &err);
    scf_buf_free(&members);
}

static void reply_bundle(struct scf_request *rq, const struct scf_entry *entries, int n) {
    struct scf_buf out;
    char tag[SCF_TAG_TEXT];
    scf_buf_init(&out, BUNDLE_MAX);
    write_bundle(entries, n, &out);
    scf_entity_tag(n, &out, tag);
    /* Not for long-lived caches, as tlog-tiles would have it: an entry may have to be erased. */
    if (!scf_reply_not_modified(rq, tag)) {
        scf_reply(rq, 200, "application/octet-stream", &out);
        return;
    }
    scf_buf_free(&out);
}

static enum scf_code read_entries(struct scf_request *rq, const struct scf_uuid *chain_id,
                                  const struct scf_tile_id *id, struct scf_entry **ret, int *ret_n,
                                  struct scf_error *err) {
    const struct scf_actor *actor = scf_rq_actor(rq);
    if (!actor->admin && !scf_uuid_eq(&actor->node_id, chain_id))
        return scf_fail(err, SCF_E_FORBIDDEN, "Entries are for the chain's own node only.");
    enum scf_code code =
        scf_entries_read(scf_rq_db(rq), scf_rq_arena(rq), chain_id, (int64_t)id->n * SCF_TILE_WIDTH,
                         id->width, ret, ret_n, err);
    if (code == SCF_OK && *ret_n < id->width)
        return scf_fail(err, SCF_E_NOT_FOUND,
                        "The tree does not have this bundle, or not yet so many entries in it.");
    return code;
}

void scf_entries_get(struct scf_request *rq) {
    struct scf_error err;
    struct scf_uuid chain_id;
    struct scf_tile_id id;
    struct scf_entry *entries;
    int n = 0, erased = 0;
    if (!scf_rq_chain_id(rq, &chain_id) || !scf_entries_path_parse(scf_rq_param(rq, "rest"), &id)) {
        not_found(rq, "There is no such entry bundle.");
        return;
    }
    if (read_entries(rq, &chain_id, &id, &entries, &n, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    for (int i = 0; i < n; i++)
        erased += entries[i].erased;
    if (erased > 0)
        refuse_erased(rq, entries, n, erased);
    else
        reply_bundle(rq, entries, n);
}
