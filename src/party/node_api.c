/* /v1/nodes: administrators make and change nodes; a node reads itself. Relies on the key directory
 * being told ("keys") whenever what a key's node may do has changed. */
#include "handlers.h"

#include "scfd/base/clock.h"
#include "scfd/http/answer.h"
#include "scfd/party/enterprise.h"
#include "scfd/party/services.h"

#include "node_schema.h"
#include "node_store.h"

enum { BODY_MAX = 1 << 20 };

/* ---- the operator ---- */

static enum scf_code find_operator(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_enterprise_ref *ref, bool *ret_found,
                                   struct scf_uuid *ret, struct scf_error *err) {
    struct scf_params p;
    scf_enterprise_find_params(&p, arena, ref, 1);
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, &scf_enterprise_find_stmt, &p, arena, &rows, err);
    if (code)
        return code;
    *ret_found = scf_rows_count(rows) == 1;
    if (*ret_found)
        *ret = scf_rows_uuid(rows, 0, 0);
    return SCF_OK;
}

/* Leaves *ret alone when the body names no operator. */
static enum scf_code read_operator(struct scf_request *rq, struct scf_db *db, const cJSON *body,
                                   struct scf_uuid *ret, struct scf_error *err) {
    struct scf_arena *arena = scf_rq_arena(rq);
    const cJSON *by_code = scf_json_get(body, "operator");
    const char *id = scf_json_string(body, "operator_enterprise_id");
    if (by_code == NULL && id == NULL)
        return SCF_OK;
    struct scf_enterprise_ref ref = {.uscc = scf_str(scf_json_string(by_code, "uscc")),
                                     .name = scf_str(scf_json_string(by_code, "name"))};
    enum scf_code code = SCF_OK;
    bool found = false;
    if (by_code)
        code = scf_enterprise_add_stubs(db, arena, &ref, 1, scf_now_us(), err);
    if (code == SCF_OK && (by_code || scf_id_parse("ent", scf_str(id), &ref.id)))
        code = find_operator(db, arena, &ref, &found, ret, err);
    if (code == SCF_OK && !found)
        code = scf_fail_fault(scf_rq_arena(rq), "#/operator_enterprise_id", "unknown-enterprise",
                              "There is no such enterprise.", err);
    return code;
}

/* ---- POST /v1/nodes ---- */

struct creation {
    struct scf_request *rq;
    const cJSON *body;
    struct scf_replay replay;
    struct scf_node node;
    struct scf_uuid key_id;
    char key[SCF_KEY_TEXT];
};

/* `key` NULL: as a replay shows it, for the key itself is never stored. */
static struct scf_buf render_created(const struct creation *c, const char *key) {
    struct scf_buf out;
    scf_buf_init(&out, BODY_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_node_write(&w, &c->node);
    scf_jw_id(&w, "api_key_id", "key", &c->key_id);
    scf_jw_str(&w, "api_key", key);
    scf_jw_end_object(&w);
    return out;
}

static enum scf_code insert_with_key(struct creation *c, struct scf_db *db, struct scf_error *err) {
    struct scf_arena *arena = scf_rq_arena(c->rq);
    const struct scf_services *services = scf_rq_app(c->rq);
    enum scf_code code = read_operator(c->rq, db, c->body, &c->node.operator_enterprise_id, err);
    if (code == SCF_OK)
        code = scf_node_insert(db, arena, &c->node, err);
    if (code == SCF_OK)
        code = scf_key_create(db, arena, &services->installation, &c->node.id, "first key", 0,
                              c->key, &c->key_id, err);
    return code;
}

static enum scf_code create_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct creation *c = ctx;
    enum scf_code code = scf_idempotency_claim(c->rq, db, &c->replay, err);
    if (code || c->replay.found)
        return code;
    code = insert_with_key(c, db, err);
    if (code)
        return code;
    struct scf_buf shown = render_created(c, NULL);
    code = scf_idempotency_store(c->rq, db, 201, (struct scf_str){shown.data, shown.len}, err);
    scf_buf_free(&shown);
    return code;
}

static struct scf_node new_node(const cJSON *body) {
    int64_t now_us = scf_now_us();
    struct scf_node node = {.id = scf_uuid_new(),
                            .offset_minutes = SCF_NODE_OFFSET_MINUTES,
                            .allowed_kinds = SCF_NODE_ALLOWED_KINDS,
                            .version = 1,
                            .created_us = now_us,
                            .updated_us = now_us};
    bool known = scf_node_kind_parse(scf_json_string(body, "kind"), &node.kind);
    const char *suite = scf_json_string(body, "chain_suite");
    known = known && (suite == NULL || scf_suite_parse(suite, &node.chain_suite));
    SCF_ASSERT(known); /* the field table let it pass */
    scf_node_apply(body, &node);
    return node;
}

void scf_node_create_handler(struct scf_request *rq) {
    struct scf_error err;
    struct creation c = {.rq = rq};
    enum scf_code code = scf_rq_valid_body(rq, NULL, &c.body, NULL, &err);
    if (code == SCF_OK) {
        c.node = new_node(c.body);
        code = scf_tx_run(scf_rq_db(rq), create_in_tx, &c, &err);
    }
    if (code) {
        scf_reply_error(rq, &err);
        return;
    }
    if (c.replay.found) {
        scf_reply_replay(rq, &c.replay);
        return;
    }
    scf_party_refresh_keys(rq);
    scf_reply_location(rq, "/v1/nodes", "node", &c.node.id);
    struct scf_buf out = render_created(&c, c.key);
    explicit_bzero(c.key, sizeof c.key);
    scf_reply_json(rq, 201, &out);
}

/* ---- GET ---- */

static struct scf_buf render(const struct scf_node *node) {
    struct scf_buf out;
    scf_buf_init(&out, BODY_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_node_write(&w, node);
    scf_jw_end_object(&w);
    return out;
}

static bool may_see(const struct scf_actor *actor, const struct scf_uuid *node_id) {
    return actor->admin || scf_uuid_eq(&actor->node_id, node_id);
}

void scf_node_get_handler(struct scf_request *rq) {
    struct scf_error err;
    struct scf_uuid id;
    struct scf_node node;
    enum scf_code code = scf_rq_path_id(rq, "id", "node", &id, &err);
    if (code == SCF_OK && !may_see(scf_rq_actor(rq), &id))
        code = scf_fail(&err, SCF_E_NOT_FOUND, "There is no such node.");
    if (code == SCF_OK)
        code = scf_node_get(scf_rq_db(rq), scf_rq_arena(rq), &id, false, &node, &err);
    if (code) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf out = render(&node);
    scf_reply_tagged(rq, 200, node.version, &out);
}

static enum scf_code read_filter(struct scf_request *rq, struct scf_node_filter *ret,
                                 struct scf_error *err) {
    const char *kind_text = scf_rq_query(rq, "kind"), *status_text = scf_rq_query(rq, "status");
    const struct scf_actor *actor = scf_rq_actor(rq);
    enum scf_node_kind kind;
    enum scf_node_status status;
    *ret = (struct scf_node_filter){-1, -1, actor->admin ? NULL : &actor->node_id};
    if (kind_text && !scf_node_kind_parse(kind_text, &kind))
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "kind is no kind of node.");
    if (status_text && !scf_node_status_parse(status_text, &status))
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "status is active, suspended or retired.");
    if (kind_text)
        ret->kind = (int)kind;
    if (status_text)
        ret->status = (int)status;
    return SCF_OK;
}

static struct scf_position write_item(struct scf_jsonw *w, const void *items, int i) {
    const struct scf_node *node = (const struct scf_node *)items + i;
    scf_node_write(w, node);
    return (struct scf_position){node->created_us, node->id};
}

void scf_node_list_handler(struct scf_request *rq) {
    struct scf_error err;
    struct scf_node_filter filter;
    struct scf_page page;
    struct scf_node *nodes;
    int n;
    char filter_text[64];
    enum scf_code code = read_filter(rq, &filter, &err);
    if (code == SCF_OK) {
        snprintf(filter_text, sizeof filter_text, "nodes kind=%d status=%d", filter.kind,
                 filter.status);
        code = scf_page_read(rq, filter_text, &page, &err);
    }
    if (code == SCF_OK)
        code = scf_node_list(scf_rq_db(rq), scf_rq_arena(rq), &filter, &page, &nodes, &n, &err);
    if (code)
        scf_reply_error(rq, &err);
    else
        scf_reply_page(rq, &page, filter_text, nodes, n, write_item);
}

/* ---- PATCH /v1/nodes/{id} ---- */

struct change {
    struct scf_request *rq;
    const cJSON *body;
    struct scf_uuid id;
    struct scf_node node;
};

static enum scf_code check_precondition(struct change *c, struct scf_error *err) {
    struct scf_buf present = render(&c->node);
    return scf_rq_if_same(c->rq, c->node.version, &present, err);
}

static enum scf_code apply_status(struct change *c, struct scf_error *err) {
    enum scf_node_status status;
    if (c->node.status == SCF_NODE_RETIRED)
        return scf_fail(err, SCF_E_WRONG_STATE, "The node is retired; that is final.");
    if (scf_node_status_parse(scf_json_string(c->body, "status"), &status))
        c->node.status = status;
    return SCF_OK;
}

static enum scf_code change_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct change *c = ctx;
    struct scf_arena *arena = scf_rq_arena(c->rq);
    enum scf_code code = scf_node_get(db, arena, &c->id, true, &c->node, err);
    if (code == SCF_OK)
        code = check_precondition(c, err);
    if (code == SCF_OK)
        code = apply_status(c, err);
    if (code == SCF_OK)
        code = read_operator(c->rq, db, c->body, &c->node.operator_enterprise_id, err);
    if (code)
        return code;
    scf_node_apply(c->body, &c->node);
    c->node.version++;
    c->node.updated_us = scf_now_us();
    return scf_node_update(db, arena, &c->node, err);
}

void scf_node_update_handler(struct scf_request *rq) {
    struct scf_error err;
    struct change c = {.rq = rq};
    const struct scf_services *services = scf_rq_app(rq);
    enum scf_code code = scf_rq_path_id(rq, "id", "node", &c.id, &err);
    if (code == SCF_OK)
        code = scf_rq_valid_body(rq, NULL, &c.body, NULL, &err);
    if (code == SCF_OK)
        code = scf_tx_run(scf_rq_db(rq), change_in_tx, &c, &err);
    if (code == SCF_OK && c.node.status != SCF_NODE_ACTIVE)
        code = scf_node_wait_writers(scf_rq_db(rq), scf_rq_arena(rq), &c.id, &err);
    /* As with a revoked key: not "done" while this instance still lets the node in. */
    if (code == SCF_OK)
        code = scf_keys_refresh(services->keys, &err);
    if (code) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf out = render(&c.node);
    scf_reply_tagged(rq, 200, c.node.version, &out);
}
