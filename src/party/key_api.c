/* /v1/nodes/{id}/keys and /v1/api-keys. A key's text is in the answer that creates it and nowhere
 * else. Revoking returns when this instance has forgotten the key; the others are told at once. */
#include "handlers.h"

#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "scfd/codec/jsonw.h"
#include "scfd/http/answer.h"
#include "scfd/party/node.h"
#include "scfd/party/services.h"

#include "key_store.h"

enum { BODY_MAX = 1 << 20 };

void scf_party_refresh_keys(struct scf_request *rq) {
    const struct scf_services *services = scf_rq_app(rq);
    struct scf_error err;
    if (scf_keys_refresh(services->keys, &err))
        scf_log_error("Refreshing the key directory failed", &err);
}

/* ---- rendering ---- */

static void optional_time(struct scf_jsonw *w, const char *name, int64_t us) {
    if (us)
        scf_jw_time(w, name, us);
    else
        scf_jw_null(w, name);
}

static void write_key(struct scf_jsonw *w, const struct scf_api_key *key) {
    scf_jw_id(w, "id", "key", &key->id);
    scf_jw_str(w, "object", "api_key");
    if (scf_uuid_is_nil(&key->node_id))
        scf_jw_null(w, "node_id");
    else
        scf_jw_id(w, "node_id", "node", &key->node_id);
    scf_jw_bool(w, "admin", scf_uuid_is_nil(&key->node_id));
    scf_jw_str(w, "hint", key->hint);
    scf_jw_str(w, "label", key->label);
    scf_jw_time(w, "created_at", key->created_us);
    optional_time(w, "expires_at", key->expires_us);
    optional_time(w, "revoked_at", key->revoked_us);
}

/* ---- creating ---- */

struct creation {
    struct scf_request *rq;
    struct scf_uuid node_id; /* nil: an administrator's key */
    const char *label;
    int64_t expires_us;
    struct scf_replay replay;
    struct scf_api_key key;
    char text[SCF_KEY_TEXT];
};

/* `text` NULL: as a replay shows it. */
static struct scf_buf render_created(const struct creation *c, const char *text) {
    struct scf_buf out;
    scf_buf_init(&out, BODY_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    write_key(&w, &c->key);
    scf_jw_str(&w, "api_key", text);
    scf_jw_end_object(&w);
    return out;
}

static enum scf_code insert(struct creation *c, struct scf_db *db, struct scf_error *err) {
    struct scf_arena *arena = scf_rq_arena(c->rq);
    const struct scf_services *services = scf_rq_app(c->rq);
    struct scf_uuid id;
    enum scf_code code = scf_key_create(db, arena, &services->installation, &c->node_id, c->label,
                                        c->expires_us, c->text, &id, err);
    if (code)
        return code;
    char *hint = scf_strdup(arena, c->text + strlen(c->text) - 4);
    c->key = (struct scf_api_key){.id = id,
                                  .node_id = c->node_id,
                                  .hint = hint,
                                  .label = c->label,
                                  .created_us = scf_now_us(),
                                  .expires_us = c->expires_us};
    return SCF_OK;
}

static enum scf_code create_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct creation *c = ctx;
    struct scf_node node;
    enum scf_code code = scf_idempotency_claim(c->rq, db, &c->replay, err);
    if (code || c->replay.found)
        return code;
    if (!scf_uuid_is_nil(&c->node_id))
        code = scf_node_get(db, scf_rq_arena(c->rq), &c->node_id, true, &node, err);
    if (code == SCF_OK && !scf_uuid_is_nil(&c->node_id) && node.status == SCF_NODE_RETIRED)
        code = scf_fail(err, SCF_E_WRONG_STATE, "The node is retired.");
    if (code == SCF_OK)
        code = insert(c, db, err);
    if (code)
        return code;
    struct scf_buf shown = render_created(c, NULL);
    code = scf_idempotency_store(c->rq, db, 201, (struct scf_str){shown.data, shown.len}, err);
    scf_buf_free(&shown);
    return code;
}

static enum scf_code read_body(struct creation *c, struct scf_error *err) {
    const cJSON *body;
    enum scf_code code = scf_rq_valid_body(c->rq, NULL, &body, NULL, err);
    if (code)
        return code;
    c->label = scf_json_string(body, "label");
    const char *expires = scf_json_string(body, "expires_at");
    if (expires == NULL)
        return SCF_OK;
    if (!scf_time_parse(scf_str(expires), &c->expires_us) || c->expires_us <= scf_now_us())
        return scf_fail_fault(scf_rq_arena(c->rq), "#/expires_at", "out-of-range",
                              "expires_at must be in the future.", err);
    return SCF_OK;
}

static void create_key(struct creation *c) {
    struct scf_error err;
    enum scf_code code = read_body(c, &err);
    if (code == SCF_OK)
        code = scf_tx_run(scf_rq_db(c->rq), create_in_tx, c, &err);
    if (code) {
        scf_reply_error(c->rq, &err);
        return;
    }
    if (c->replay.found) {
        scf_reply_replay(c->rq, &c->replay);
        return;
    }
    scf_party_refresh_keys(c->rq);
    struct scf_buf out = render_created(c, c->text);
    explicit_bzero(c->text, sizeof c->text);
    scf_reply_json(c->rq, 201, &out);
}

void scf_admin_key_create_handler(struct scf_request *rq) {
    struct creation c = {.rq = rq};
    create_key(&c);
}

void scf_node_key_create_handler(struct scf_request *rq) {
    struct scf_error err;
    struct creation c = {.rq = rq};
    if (scf_rq_path_id(rq, "id", "node", &c.node_id, &err))
        scf_reply_error(rq, &err);
    else
        create_key(&c);
}

/* ---- listing ---- */

static struct scf_position write_item(struct scf_jsonw *w, const void *items, int i) {
    const struct scf_api_key *key = (const struct scf_api_key *)items + i;
    write_key(w, key);
    return (struct scf_position){key->created_us, key->id};
}

static void list_keys(struct scf_request *rq, const struct scf_uuid *node_id) {
    struct scf_error err;
    struct scf_page page;
    struct scf_api_key *keys;
    int n;
    char filter[SCF_ID_TEXT + 8] = "api-keys";
    if (node_id)
        scf_id_format("node", node_id, filter);
    enum scf_code code = scf_page_read(rq, filter, &page, &err);
    if (code == SCF_OK)
        code = scf_key_list(scf_rq_db(rq), scf_rq_arena(rq), node_id, &page, &keys, &n, &err);
    if (code)
        scf_reply_error(rq, &err);
    else
        scf_reply_page(rq, &page, filter, keys, n, write_item);
}

void scf_key_list_handler(struct scf_request *rq) {
    list_keys(rq, NULL);
}

void scf_node_key_list_handler(struct scf_request *rq) {
    struct scf_error err;
    struct scf_uuid id;
    struct scf_node node;
    const struct scf_actor *actor = scf_rq_actor(rq);
    enum scf_code code = scf_rq_path_id(rq, "id", "node", &id, &err);
    if (code == SCF_OK && !actor->admin && !scf_uuid_eq(&actor->node_id, &id))
        code = scf_fail(&err, SCF_E_NOT_FOUND, "There is no such node.");
    if (code == SCF_OK)
        code = scf_node_get(scf_rq_db(rq), scf_rq_arena(rq), &id, false, &node, &err);
    if (code)
        scf_reply_error(rq, &err);
    else
        list_keys(rq, &id);
}

/* ---- revoking ---- */

struct revocation {
    struct scf_request *rq;
    struct scf_uuid id;
};

static enum scf_code revoke_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct revocation *r = ctx;
    const struct scf_actor *actor = scf_rq_actor(r->rq);
    return scf_key_revoke(db, scf_rq_arena(r->rq), &r->id, actor->admin ? NULL : &actor->node_id,
                          scf_now_us(), err);
}

void scf_key_revoke_handler(struct scf_request *rq) {
    struct scf_error err;
    struct revocation r = {.rq = rq};
    const struct scf_services *services = scf_rq_app(rq);
    enum scf_code code = scf_rq_path_id(rq, "id", "key", &r.id, &err);
    if (code == SCF_OK)
        code = scf_tx_run(scf_rq_db(rq), revoke_in_tx, &r, &err);
    /* Not "done" before it is so: the caller may be in a hurry for a reason. */
    if (code == SCF_OK)
        code = scf_key_wait_writers(scf_rq_db(rq), scf_rq_arena(rq), &r.id, &err);
    if (code == SCF_OK)
        code = scf_keys_refresh(services->keys, &err);
    if (code)
        scf_reply_error(rq, &err);
    else
        scf_reply_empty(rq);
}
