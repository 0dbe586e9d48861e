/* The routes of parties, jobs and events through a real server and database: what is shown to whom,
 * conditional changes, replays that do not show a key again, and waiting. */
#include "../http/client.h"

#include "pg.h"
#include "scfd/codec/json.h"
#include "scfd/exchange/exchange.h"
#include "scfd/http/answer.h"
#include "scfd/party/enterprise.h"
#include "scfd/party/node.h"
#include "scfd/party/once.h"
#include "scfd/party/services.h"
#include "scfd/work/work.h"

struct world {
    const char *url;
    struct scf_services services;
    struct scf_db *db;
    struct scf_arena *arena;
    struct scf_listener *listener;
    struct scf_error err;
    struct scf_route routes[64];
    size_t route_count;
    char admin[SCF_KEY_TEXT];
    int port;
};
static struct world w;

static enum scf_code authenticate(void *app, struct scf_str key, struct scf_actor *ret,
                                  struct scf_error *err) {
    const struct scf_services *services = app;
    return scf_keys_authenticate(services->keys, key, ret, err);
}

static void on_notify(void *server, const char *topic, bool connected) {
    (void)connected;
    scf_server_notify(server, topic);
}

static void add_routes(const struct scf_route *routes, size_t n) {
    assert_true(w.route_count + n <= SCF_COUNT(w.routes));
    memcpy(w.routes + w.route_count, routes, n * sizeof *routes);
    w.route_count += n;
}

/* ---- a route whose work counts, loses races and is refused, as a test wants ---- */

static _Atomic int works, races, refusals;

static enum scf_code count_work(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct scf_once *once = ctx;
    (void)db;
    scf_buf_clear(once->answer);
    scf_buf_printf(once->answer, "{\"works\":%d}", ++works);
    if (races-- > 0)
        return scf_fail(err, SCF_E_SOFT, "A race was lost.");
    if (refusals-- > 0)
        return scf_fail(err, SCF_E_WRONG_STATE, "Not now.");
    once->status = 202;
    return SCF_OK;
}

static void post_once(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_buf answer;
    struct scf_once once = {.rq = rq, .answer = &answer};
    scf_buf_init(&answer, 100);
    enum scf_code code = scf_once_run(&once, count_work, &once, &err);
    if (scf_once_settled(&once, code, &err))
        return;
    scf_reply_location(rq, "/v1/once", "job", &scf_rq_actor(rq)->key_id);
    scf_reply_json(rq, once.status, &answer);
}

static void delete_once(struct scf_request *rq) {
    scf_reply_empty(rq);
}

#define ONCE(verb, handler, body)                                                                  \
    {                                                                                              \
        .method = verb, .pattern = "/v1/once", .access = SCF_KEYED, .admin = true,                 \
        .run = SCF_RUN_SERVICE, .handle = handler, .body_type = body                               \
    }
static const struct scf_route once_routes[] = {ONCE("POST", post_once, "application/json"),
                                               ONCE("DELETE", delete_once, NULL)};

static void start_server(void) {
    add_routes(once_routes, SCF_COUNT(once_routes));
    add_routes(scf_party_routes, scf_party_route_count);
    add_routes(scf_work_routes, scf_work_route_count);
    add_routes(scf_exchange_routes, scf_exchange_route_count);
    const struct scf_server_options options = {.listen = "127.0.0.1:0",
                                               .database_url = w.services.database_url,
                                               .spool_dir = "/tmp",
                                               .http_threads = 2,
                                               .service_threads = 2,
                                               .max_connections = 50,
                                               .client_timeout_s = 20,
                                               .max_body_bytes = 1 << 20,
                                               .routes = w.routes,
                                               .route_count = w.route_count,
                                               .app = &w.services,
                                               .authenticate = authenticate};
    ok(scf_server_start(&options, &w.services.server, &w.err));
    scf_server_set_ready(w.services.server, true);
    w.port = scf_server_port(w.services.server);
}

static int open_world(void **state) {
    (void)state;
    w.url = scf_test_database();
    if (w.url == NULL)
        return 0;
    struct scf_uuid id;
    w.services.database_url = w.url;
    w.db = scf_db_new(w.url, "test", 0);
    w.arena = scf_arena_new(64 << 20);
    ok(scf_installation_load(w.db, "scfd.example", &w.services.installation, &w.err));
    ok(scf_key_create(w.db, w.arena, &w.services.installation, NULL, "root", 0, w.admin, &id,
                      &w.err));
    ok(scf_keys_open(w.url, &w.services.installation, &w.services.keys, &w.err));
    start_server();
    w.listener = scf_listener_new(w.url);
    scf_listener_subscribe(w.listener, scf_keys_on_notify, w.services.keys);
    scf_listener_subscribe(w.listener, on_notify, w.services.server);
    ok(scf_listener_start(w.listener, &w.err));
    return 0;
}

static int close_world(void **state) {
    (void)state;
    if (w.url == NULL)
        return 0;
    scf_listener_stop(w.listener);
    scf_server_stop(w.services.server, 2);
    scf_keys_free(w.services.keys);
    scf_db_free(w.db);
    scf_arena_free(w.arena);
    return 0;
}

/* ---- asking ---- */

/* Sends without waiting for the answer. `extra`: further header lines, each with CR LF. */
static int begin(const char *key, const char *method, const char *path, const char *extra,
                 const char *body) {
    char text[4096];
    int n = snprintf(
        text, sizeof text,
        "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\n"
        "%s%sContent-Length: %zu\r\n\r\n%s",
        method, path, key, extra ? extra : "", body ? "Content-Type: application/json\r\n" : "",
        body ? strlen(body) : 0, body ? body : "");
    assert_in_range(n, 1, (int)sizeof text - 1);
    int fd = dial(w.port);
    assert_true(say(fd, text));
    return fd;
}

struct said {
    const cJSON *json;          /* NULL: no body */
    const char *tag, *location; /* "": none */
    bool replayed;
};

static struct said end(int fd, int status) {
    struct answer a = hear(fd);
    close(fd);
    if (a.status != status)
        fail_msg("wanted %d, got %s%s", status, a.head, a.body ? a.body : "");
    struct said s = {.replayed = field(&a, "Idempotent-Replayed") != NULL};
    const char *tag = field(&a, "ETag");
    s.tag = scf_strdup(w.arena, tag ? tag : "");
    const char *location = field(&a, "Location");
    s.location = scf_strdup(w.arena, location ? location : "");
    if (a.body_n > 0)
        s.json = scf_json_parse(w.arena, a.body, a.body_n, &w.err);
    assert_true(a.body_n == 0 || s.json != NULL);
    forget(&a);
    return s;
}

static struct said say_to(const char *key, const char *method, const char *path, const char *extra,
                          const char *body, int status) {
    return end(begin(key, method, path, extra, body), status);
}

static const char *text(const cJSON *json, const char *name) {
    const char *value = scf_json_string(json, name);
    if (value == NULL)
        fail_msg("no %s in the answer", name);
    return value;
}

struct made {
    const char *id, *key, *path;
};

static struct made make_node(const char *kind, const char *operator_id) {
    char body[256];
    snprintf(body, sizeof body, "{\"name\":\"节点\",\"kind\":\"%s\"%s%s%s}", kind,
             operator_id ? ",\"operator_enterprise_id\":\"" : "", operator_id ? operator_id : "",
             operator_id ? "\"" : "");
    struct said s = say_to(w.admin, "POST", "/v1/nodes", NULL, body, 201);
    const char *id = text(s.json, "id");
    return (struct made){id, text(s.json, "api_key"), scf_asprintf(w.arena, "/v1/nodes/%s", id)};
}

static const char *if_match(const char *tag) {
    return scf_asprintf(w.arena, "If-Match: %s\r\n", tag);
}

/* ---- nodes ---- */

static void a_new_nodes_key_works_at_once(void **state) {
    (void)state;
    NEEDS_DATABASE();
    for (int i = 0; i < 10; i++) {
        struct made node = make_node("business_system", NULL);
        struct said s = say_to(node.key, "GET", node.path, NULL, NULL, 200);
        assert_string_equal(text(s.json, "kind"), "erp");
        assert_null(scf_json_get(s.json, "api_key"));
        assert_true(s.tag[0] == '"');
        say_to(node.key, "GET", node.path, scf_asprintf(w.arena, "If-None-Match: %s\r\n", s.tag),
               NULL, 304);
    }
}

static void nodes_see_only_themselves(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct made one = make_node("erp", NULL), two = make_node("lender", NULL);
    say_to(one.key, "GET", two.path, NULL, NULL, 404);
    say_to(w.admin, "GET", two.path, NULL, NULL, 200);
    struct said s = say_to(one.key, "GET", "/v1/nodes", NULL, NULL, 200);
    assert_int_equal(cJSON_GetArraySize(scf_json_get(s.json, "data")), 1);
    say_to(one.key, "POST", "/v1/nodes", NULL, "{\"name\":\"x\",\"kind\":\"erp\"}", 403);
    s = say_to(w.admin, "GET", "/v1/nodes?kind=lender&limit=1", NULL, NULL, 200);
    assert_int_equal(cJSON_GetArraySize(scf_json_get(s.json, "data")), 1);
    say_to(w.admin, "GET", "/v1/nodes?kind=bakery", NULL, NULL, 400);
    say_to(w.admin, "GET", "/v1/nodes/node_nonsense", NULL, NULL, 404);
}

static void a_replay_does_not_show_the_key(void **state) {
    (void)state;
    NEEDS_DATABASE();
    static const char key[] = "Idempotency-Key: make-node-1\r\n";
    static const char body[] = "{\"name\":\"once\",\"kind\":\"erp\"}";
    struct said first = say_to(w.admin, "POST", "/v1/nodes", key, body, 201);
    struct said again = say_to(w.admin, "POST", "/v1/nodes", key, body, 201);
    assert_false(first.replayed);
    assert_true(again.replayed);
    assert_string_equal(text(first.json, "id"), text(again.json, "id"));
    assert_non_null(scf_json_string(first.json, "api_key"));
    assert_null(scf_json_string(again.json, "api_key"));
    say_to(w.admin, "POST", "/v1/nodes", key, "{\"name\":\"twice\",\"kind\":\"erp\"}", 422);
}

static struct said once(const char *key, int status) {
    const char *header = scf_asprintf(w.arena, "Idempotency-Key: %s\r\n", key);
    return say_to(w.admin, "POST", "/v1/once", header, "{}", status);
}

static int64_t works_of(struct said s) {
    int64_t n = -1;
    assert_true(scf_json_i64(s.json, "works", &n));
    return n;
}

static void a_post_takes_effect_once(void **state) {
    (void)state;
    NEEDS_DATABASE();
    works = races = refusals = 0;
    struct said s = once("take-effect-1", 202);
    assert_int_equal(works_of(s), 1);
    assert_false(s.replayed);
    assert_int_equal(strncmp(s.location, "/v1/once/job_", 13), 0);
    s = once("take-effect-1", 202);
    assert_true(s.replayed);
    assert_int_equal(works_of(s), 1);
    assert_int_equal(works, 1);
    assert_int_equal(works_of(once("take-effect-2", 202)), 2);
    say_to(w.admin, "POST", "/v1/once", NULL, "{}", 202); /* without a key, once more each time */
    assert_int_equal(works, 3);
}

/* Work that was rolled back leaves its key free, and nothing of its answer. */
static void what_failed_may_be_tried_again(void **state) {
    (void)state;
    NEEDS_DATABASE();
    works = races = 0;
    refusals = 1;
    struct said s = once("try-again-1", 409);
    assert_null(scf_json_get(s.json, "works"));
    assert_string_equal(s.location, "");
    assert_int_equal(works_of(once("try-again-1", 202)), 2);
    races = 2;
    assert_int_equal(works_of(once("try-again-2", 202)), 5);
    s = once("try-again-2", 202);
    assert_true(s.replayed);
    assert_int_equal(works_of(s), 5);
}

/* Nobody is told of it, as when another instance has just revoked the key. */
static const struct scf_stmt revoke_quietly = {
    "revoke_quietly", "UPDATE scfd.api_key SET revoked_at = created_at WHERE id = $1"};

static void a_revoked_key_does_no_work(void **state) {
    (void)state;
    NEEDS_DATABASE();
    works = races = refusals = 0;
    struct said s = say_to(w.admin, "DELETE", "/v1/once", NULL, NULL, 204);
    assert_null(s.json);
    struct said key = say_to(w.admin, "POST", "/v1/api-keys", NULL, "{\"label\":\"x\"}", 201);
    struct scf_uuid id;
    struct scf_params p;
    assert_true(scf_id_parse("key", scf_str(text(key.json, "id")), &id));
    scf_params_init(&p, w.arena);
    scf_p_uuid(&p, &id);
    ok(scf_db_run(w.db, &revoke_quietly, &p, w.arena, NULL, &w.err));
    say_to(text(key.json, "api_key"), "POST", "/v1/once", "Idempotency-Key: revoked-1\r\n", "{}",
           401);
    assert_int_equal(works, 0);
}

static void changes_need_the_present_tag(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct made node = make_node("erp", NULL);
    struct said before = say_to(w.admin, "GET", node.path, NULL, NULL, 200);
    say_to(w.admin, "PATCH", node.path, NULL, "{\"name\":\"n\"}", 428);
    say_to(w.admin, "PATCH", node.path, "If-Match: \"0-00000000\"\r\n", "{\"name\":\"n\"}", 412);
    struct said after = say_to(w.admin, "PATCH", node.path, if_match(before.tag),
                               "{\"name\":\"n\",\"timezone\":\"+09:00\"}", 200);
    assert_string_equal(text(after.json, "name"), "n");
    assert_string_equal(text(after.json, "timezone"), "+09:00");
    say_to(w.admin, "PATCH", node.path, if_match(before.tag), "{\"name\":\"m\"}", 412);
    struct said now = say_to(w.admin, "GET", node.path, NULL, NULL, 200);
    assert_string_equal(now.tag, after.tag);
    say_to(node.key, "PATCH", node.path, if_match(now.tag), "{\"name\":\"m\"}", 403);
}

static void suspended_comes_back_retired_does_not(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct made node = make_node("erp", NULL);
    say_to(w.admin, "PATCH", node.path, "If-Match: *\r\n", "{\"status\":\"suspended\"}", 200);
    say_to(node.key, "GET", node.path, NULL, NULL, 401);
    say_to(w.admin, "PATCH", node.path, "If-Match: *\r\n", "{\"status\":\"active\"}", 200);
    say_to(node.key, "GET", node.path, NULL, NULL, 200);
    say_to(w.admin, "PATCH", node.path, "If-Match: *\r\n", "{\"status\":\"retired\"}", 200);
    say_to(node.key, "GET", node.path, NULL, NULL, 401);
    say_to(w.admin, "PATCH", node.path, "If-Match: *\r\n", "{\"status\":\"active\"}", 409);
    say_to(w.admin, "POST", scf_asprintf(w.arena, "%s/keys", node.path), NULL, "{}", 409);
}

/* Nobody is told that a node is shut out while this instance would still let it in. */
static void suspending_is_done_when_the_keys_say_so(void **state) {
    (void)state;
    NEEDS_DATABASE();
    static const struct scf_stmt block = {"test_block_keys",
                                          "LOCK TABLE scfd.api_key IN ACCESS EXCLUSIVE MODE"};
    struct made node = make_node("erp", NULL);
    ok(scf_db_run(w.db, &SCF_BEGIN, NULL, NULL, NULL, &w.err));
    ok(scf_db_run(w.db, &block, NULL, NULL, NULL, &w.err));
    struct said s =
        say_to(w.admin, "PATCH", node.path, "If-Match: *\r\n", "{\"status\":\"suspended\"}", 503);
    ok(scf_db_run(w.db, &SCF_COMMIT, NULL, NULL, NULL, &w.err));
    assert_non_null(strstr(text(s.json, "detail"), "The change is stored"));
    ok(scf_keys_refresh(w.services.keys, &w.err));
    say_to(node.key, "GET", node.path, NULL, NULL, 401);
    s = say_to(w.admin, "GET", node.path, NULL, NULL, 200);
    assert_string_equal(text(s.json, "status"), "suspended");
}

static void the_operator_must_exist(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct said s = say_to(w.admin, "POST", "/v1/nodes", NULL,
                           "{\"name\":\"x\",\"kind\":\"erp\",\"operator_enterprise_id\":"
                           "\"ent_01h455vb4pex5vsknk084sn02q\"}",
                           422);
    const cJSON *fault = cJSON_GetArrayItem(scf_json_get(s.json, "errors"), 0);
    assert_string_equal(text(fault, "pointer"), "#/operator_enterprise_id");
    s = say_to(w.admin, "POST", "/v1/nodes", NULL,
               "{\"name\":\"x\",\"kind\":\"erp\",\"operator\":{\"uscc\":\"91512081MA62K0260E\","
               "\"name\":\"乙\"}}",
               201);
    const char *id = text(s.json, "operator_enterprise_id");
    make_node("erp", id);
    s = say_to(text(s.json, "api_key"), "GET", scf_asprintf(w.arena, "/v1/enterprises/%s", id),
               NULL, NULL, 200);
    assert_string_equal(text(s.json, "name"), "乙");
    assert_true(scf_json_bool(s.json, "is_stub", false));
}

/* ---- keys ---- */

static void keys_are_listed_and_revoked(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct made node = make_node("erp", NULL), other = make_node("erp", NULL);
    const char *path = scf_asprintf(w.arena, "%s/keys", node.path);
    struct said s = say_to(w.admin, "POST", path, NULL, "{\"label\":\"night\"}", 201);
    const char *key = text(s.json, "api_key"), *id = text(s.json, "id");
    const char *one = scf_asprintf(w.arena, "/v1/api-keys/%s", id);
    s = say_to(key, "GET", path, NULL, NULL, 200);
    const cJSON *list = scf_json_get(s.json, "data");
    assert_int_equal(cJSON_GetArraySize(list), 2);
    const cJSON *second = cJSON_GetArrayItem(list, 1);
    assert_string_equal(text(second, "label"), "night");
    assert_string_equal(text(second, "hint"), key + strlen(key) - 4);
    assert_null(scf_json_get(second, "api_key"));
    say_to(other.key, "GET", path, NULL, NULL, 404);
    say_to(other.key, "DELETE", one, NULL, NULL, 404);
    say_to(node.key, "DELETE", one, NULL, NULL, 204);
    say_to(key, "GET", path, NULL, NULL, 401); /* at once, no waiting */
    say_to(node.key, "GET", path, NULL, NULL, 200);
    say_to(w.admin, "DELETE", one, NULL, NULL, 204);
    say_to(w.admin, "POST", path, NULL, "{\"expires_at\":\"2020-01-01T00:00:00Z\"}", 422);
}

static void administrators_make_administrators(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct made node = make_node("erp", NULL);
    say_to(node.key, "POST", "/v1/api-keys", NULL, "{}", 403);
    say_to(node.key, "GET", "/v1/api-keys", NULL, NULL, 403);
    struct said s = say_to(w.admin, "POST", "/v1/api-keys", NULL, "{\"label\":\"二\"}", 201);
    say_to(text(s.json, "api_key"), "GET", node.path, NULL, NULL, 200);
    s = say_to(w.admin, "GET", "/v1/api-keys?limit=2", NULL, NULL, 200);
    assert_true(scf_json_bool(s.json, "has_more", false));
    const char *next =
        scf_asprintf(w.arena, "/v1/api-keys?limit=2&after=%s", text(s.json, "next_cursor"));
    struct said page = say_to(w.admin, "GET", next, NULL, NULL, 200);
    const cJSON *first = cJSON_GetArrayItem(scf_json_get(s.json, "data"), 0);
    const cJSON *third = cJSON_GetArrayItem(scf_json_get(page.json, "data"), 0);
    assert_string_not_equal(text(first, "id"), text(third, "id"));
}

/* ---- enterprises ---- */

struct profile {
    struct scf_uuid chain_id, record_id, enterprise_id;
};

static enum scf_code apply_profile(struct scf_db *db, void *ctx, struct scf_error *err) {
    static const char body[] =
        "{\"name\":\"甲\",\"uscc\":\"91330100799655058B\",\"qualifications\":[{\"type\":"
        "\"high_tech\",\"valid_until\":\"2020-01-01\"}],\"legal_representative\":{\"name\":\"王\","
        "\"id_number\":\"330102198001011234\"}}";
    struct profile *p = ctx;
    bool kept;
    const cJSON *json = scf_json_parse(w.arena, body, sizeof body - 1, err);
    return scf_enterprise_apply_profile(db, w.arena, json, &p->chain_id, &p->record_id, false,
                                        scf_now_us(), &p->enterprise_id, &kept, err);
}

static void profiles_are_for_those_concerned(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct made registrar = make_node("erp", NULL), stranger = make_node("lender", NULL);
    struct profile p = {.record_id = scf_uuid_new()};
    char id[SCF_ID_TEXT];
    assert_true(scf_id_parse("node", scf_str(registrar.id), &p.chain_id));
    ok(scf_tx_run(w.db, apply_profile, &p, &w.err));
    scf_id_format("ent", &p.enterprise_id, id);
    const char *path = scf_asprintf(w.arena, "/v1/enterprises/%s", id);
    struct made own = make_node("erp", id);
    const char *const insiders[] = {w.admin, registrar.key, own.key};
    for (size_t i = 0; i < SCF_COUNT(insiders); i++) {
        struct said s = say_to(insiders[i], "GET", path, NULL, NULL, 200);
        const cJSON *profile = scf_json_get(s.json, "profile");
        const cJSON *q = cJSON_GetArrayItem(scf_json_get(profile, "qualifications"), 0);
        assert_string_equal(text(q, "status"), "expired");
        const cJSON *who = scf_json_get(profile, "legal_representative");
        assert_string_equal(text(who, "id_number"), "**************1234");
    }
    struct said s = say_to(stranger.key, "GET", path, NULL, NULL, 200);
    assert_string_equal(text(s.json, "name"), "甲");
    assert_null(scf_json_get(s.json, "profile"));
    s = say_to(stranger.key, "GET", "/v1/enterprises?uscc=91330100799655058B", NULL, NULL, 200);
    assert_int_equal(cJSON_GetArraySize(scf_json_get(s.json, "data")), 1);
    assert_null(scf_json_get(cJSON_GetArrayItem(scf_json_get(s.json, "data"), 0), "profile"));
}

/* ---- events and jobs ---- */

static struct scf_uuid id_of(const char *prefix, const char *id_text) {
    struct scf_uuid id;
    assert_true(scf_id_parse(prefix, scf_str(id_text), &id));
    return id;
}

static enum scf_code append_event(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct scf_uuid object = scf_uuid_new();
    return scf_event_append(db, w.arena, ctx, "loan.created", "loan", &object, true, err);
}

static void events_are_polled_and_waited_for(void **state) {
    (void)state;
    NEEDS_DATABASE();
    struct made node = make_node("lender", NULL), other = make_node("erp", NULL);
    struct scf_uuid id = id_of("node", node.id);
    const char *named = scf_asprintf(w.arena, "/v1/events?node_id=%s", node.id);
    say_to(node.key, "GET", "/v1/events", NULL, NULL, 200);
    say_to(w.admin, "GET", "/v1/events", NULL, NULL, 400);
    say_to(other.key, "GET", named, NULL, NULL, 404);
    say_to(node.key, "GET", "/v1/events?after=x", NULL, NULL, 400);
    say_to(node.key, "GET", "/v1/events?limit=501", NULL, NULL, 400);

    int64_t start_us = scf_mono_us();
    int fd = begin(node.key, "GET", "/v1/events?after=0", "Prefer: wait=18\r\n", NULL);
    nanosleep(&(struct timespec){0, 300000000}, NULL);
    ok(scf_tx_run(w.db, append_event, &id, &w.err));
    struct said s = end(fd, 200);
    assert_in_range(scf_mono_us() - start_us, 300000, 9 * SCF_US_PER_SECOND);
    const cJSON *event = cJSON_GetArrayItem(scf_json_get(s.json, "data"), 0);
    assert_string_equal(text(event, "type"), "loan.created");
    assert_string_equal(text(s.json, "next_cursor"), "1");

    s = say_to(w.admin, "GET", named, NULL, NULL, 200);
    assert_int_equal(cJSON_GetArraySize(scf_json_get(s.json, "data")), 1);
    start_us = scf_mono_us();
    s = say_to(node.key, "GET", "/v1/events?after=1", "Prefer: wait=1\r\n", NULL, 200);
    assert_in_range(scf_mono_us() - start_us, 900000, 60 * SCF_US_PER_SECOND);
    assert_int_equal(cJSON_GetArraySize(scf_json_get(s.json, "data")), 0);
    assert_string_equal(text(s.json, "next_cursor"), "1");
}

static enum scf_code run_nothing(struct scf_job *job, struct scf_error *err) {
    (void)err;
    job->result_href = "/v1/credit-assessments/asm_x";
    return SCF_OK;
}

struct ordering {
    struct scf_actor actor;
    struct scf_uuid id;
};

static enum scf_code order_job(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct ordering *o = ctx;
    const struct scf_job_order order = {
        .kind = "nothing", .payload_json = "{}", .requested_by = &o->actor};
    return scf_job_order(db, w.arena, &order, &o->id, err);
}

static void a_job_is_followed_to_its_end(void **state) {
    (void)state;
    NEEDS_DATABASE();
    static const struct scf_job_kind nothing = {"nothing", run_nothing, NULL, 60, 3};
    static const struct scf_job_kind *const kinds[] = {&nothing, NULL};
    struct made node = make_node("erp", NULL), other = make_node("erp", NULL);
    struct ordering o = {.actor = {.node_id = id_of("node", node.id)}};
    ok(scf_tx_run(w.db, order_job, &o, &w.err));
    char id[SCF_ID_TEXT];
    scf_id_format("job", &o.id, id);
    const char *path = scf_asprintf(w.arena, "/v1/jobs/%s", id);
    struct said s = say_to(node.key, "GET", path, NULL, NULL, 200);
    assert_string_equal(text(s.json, "status"), "queued");
    say_to(other.key, "GET", path, NULL, NULL, 404);
    say_to(w.admin, "GET", path, NULL, NULL, 200);
    say_to(node.key, "GET", "/v1/jobs/job_x", NULL, NULL, 404);

    const char *known = scf_asprintf(w.arena, "If-None-Match: %s\r\nPrefer: wait=18\r\n", s.tag);
    int fd = begin(node.key, "GET", path, known, NULL);
    nanosleep(&(struct timespec){0, 200000000}, NULL);
    const struct scf_workers_options options = {
        .database_url = w.services.database_url, .threads = 1, .kinds = kinds};
    ok(scf_workers_start(&options, &w.services.workers, &w.err));
    s = end(fd, 200);
    assert_string_equal(text(s.json, "status"), "succeeded");
    assert_string_equal(text(scf_json_get(s.json, "result"), "href"),
                        "/v1/credit-assessments/asm_x");
    scf_workers_stop(w.services.workers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_nodes_key_works_at_once),
        cmocka_unit_test(nodes_see_only_themselves),
        cmocka_unit_test(a_replay_does_not_show_the_key),
        cmocka_unit_test(a_post_takes_effect_once),
        cmocka_unit_test(what_failed_may_be_tried_again),
        cmocka_unit_test(a_revoked_key_does_no_work),
        cmocka_unit_test(changes_need_the_present_tag),
        cmocka_unit_test(suspended_comes_back_retired_does_not),
        cmocka_unit_test(suspending_is_done_when_the_keys_say_so),
        cmocka_unit_test(the_operator_must_exist),
        cmocka_unit_test(keys_are_listed_and_revoked),
        cmocka_unit_test(administrators_make_administrators),
        cmocka_unit_test(profiles_are_for_those_concerned),
        cmocka_unit_test(events_are_polled_and_waited_for),
        cmocka_unit_test(a_job_is_followed_to_its_end),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
