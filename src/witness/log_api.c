/* GET /v1/witness, and /v1/witness/logs: administrators say which logs are cosigned here. Relies on
 * log_store.c. */
#include "api.h"

#include "lines.h"
#include "log_store.h"
#include "scfd/base/clock.h"
#include "scfd/chain/block.h"
#include "self.h"

/* ---- GET /v1/witness ---- */

void scf_wit_self_get(struct scf_request *rq) {
    struct scf_cosigner self;
    struct scf_buf vkey, out;
    struct scf_error err;
    if (!scf_wit_self(scf_rq_arena(rq), scf_rq_app(rq), &self)) {
        scf_fail_memory(&err);
        scf_reply_error(rq, &err);
        return;
    }
    scf_buf_init(&vkey, SCF_WIT_ANSWER_MAX);
    scf_buf_init(&out, SCF_WIT_ANSWER_MAX);
    scf_cosigner_write(&self, &vkey);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "object", "witness_self");
    scf_jw_strn(&w, "name", self.name.p, self.name.n);
    scf_jw_strn(&w, "vkey", vkey.data, vkey.len);
    scf_jw_end_object(&w);
    scf_buf_free(&vkey);
    scf_reply_json(rq, 200, &out);
}

/* ---- the body ---- */

static bool is_vkey(struct scf_str text) {
    struct scf_vkey key;
    return scf_vkey_parse(text, &key);
}

static bool is_origin(struct scf_str text) {
    for (size_t i = 0; i < text.n; i++)
        if ((uint8_t)text.p[i] < 0x20)
            return false;
    return text.n > 0 && text.n <= SCF_WIT_ORIGIN_MAX;
}

static const struct scf_field vkey_element[] = {{.type = SCF_T_STRING,
                                                 .min = 1,
                                                 .max = 400,
                                                 .pattern = is_vkey,
                                                 .pattern_text = "a C2SP verifier key",
                                                 .doc_en = "name+id+key",
                                                 .doc_zh = "验签公钥"},
                                                SCF_FIELD_END};

static const struct scf_field log_fields[] = {
    {.name = "origin",
     .type = SCF_T_STRING,
     .presence = SCF_REQUIRED,
     .min = 1,
     .max = SCF_WIT_ORIGIN_MAX,
     .pattern = is_origin,
     .pattern_text = "one line, at most 300 bytes",
     .doc_en = "first line of its checkpoints",
     .doc_zh = "日志来源标识"},
    {.name = "vkeys",
     .type = SCF_T_ARRAY,
     .presence = SCF_REQUIRED,
     .min = 1,
     .max = SCF_WIT_KEYS_MAX,
     .members = vkey_element,
     .doc_en = "keys of which one at least must have signed",
     .doc_zh = "该日志的验签公钥"},
    SCF_FIELD_END};

static enum scf_sign_alg algorithm(const cJSON *vkey) {
    struct scf_vkey key;
    return scf_vkey_parse(scf_str(vkey->valuestring), &key) ? key.pub.alg : SCF_ED25519;
}

/* The same key twice would make every note ambiguous; keys of two algorithms mean two digests. */
static void log_rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                      const void *ctx) {
    (void)warnings;
    (void)ctx;
    const cJSON *keys = scf_json_get(body, "vkeys"), *a, *b;
    cJSON_ArrayForEach(a, keys) {
        for (b = a->next; b != NULL; b = b->next)
            if (strcmp(a->valuestring, b->valuestring) == 0)
                scf_fault_add(faults, "#/vkeys", "inconsistent", "names a key twice");
            else if (algorithm(a) != algorithm(b))
                scf_fault_add(faults, "#/vkeys", "inconsistent", "mixes Ed25519 and SM2");
    }
}

const struct scf_schema scf_wit_log_schema = {
    .name = "WitnessLogCreate",
    .doc_en = "A log whose checkpoints are cosigned here",
    .doc_zh = "由本机联署的日志",
    .fields = log_fields,
    .rules = log_rules,
};

/* ---- writing ---- */

static void write_log(struct scf_jsonw *w, const struct scf_wit_log *log) {
    struct scf_str rest = log->vkeys, line;
    scf_jw_str(w, "object", "witness_log");
    scf_jw_id(w, "id", "wlg", &log->id);
    scf_jw_strn(w, "origin", log->origin.p, log->origin.n);
    scf_jw_array(w, "vkeys");
    while (scf_wit_line(&rest, &line))
        scf_jw_strn(w, NULL, line.p, line.n);
    scf_jw_end_array(w);
    scf_jw_i64(w, "size", log->size);
    if (log->cosigned) {
        scf_jw_base64(w, "root", log->root.b, SCF_HASH_LEN);
        scf_jw_time(w, "cosigned_at", log->cosigned_s * SCF_US_PER_SECOND);
    }
    if (!scf_uuid_is_nil(&log->conflict_id))
        scf_jw_id(w, "conflict_id", "wcf", &log->conflict_id);
    scf_jw_time(w, "created_at", log->created_us);
    scf_jw_time(w, "updated_at", log->updated_us);
}

static void reply_log(struct scf_request *rq, int status, const struct scf_wit_log *log) {
    struct scf_buf out;
    scf_buf_init(&out, SCF_WIT_ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    write_log(&w, log);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, status, log->version, &out);
}

/* ---- POST ---- */

struct adding {
    struct scf_request *rq;
    struct scf_wit_log log;
};

static bool read_keys(struct scf_arena *arena, const cJSON *body, struct scf_str *ret) {
    struct scf_buf lines;
    const cJSON *key;
    scf_buf_init(&lines, SCF_WIT_ANSWER_MAX);
    cJSON_ArrayForEach(key, scf_json_get(body, "vkeys")) {
        scf_buf_puts(&lines, key->valuestring);
        scf_buf_putc(&lines, '\n');
    }
    const char *text = scf_strndup(arena, lines.data, lines.len);
    *ret = scf_str(text);
    scf_buf_free(&lines);
    return text != NULL;
}

/* A log that was witnessed before comes back with all that was seen of it: forgetting that would
 * let it begin anew with another history. */
static enum scf_code add(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct adding *a = ctx;
    struct scf_arena *arena = scf_rq_arena(a->rq);
    struct scf_wit_log old, *log = &a->log;
    struct scf_error none;
    enum scf_code code = scf_wit_log_by_origin(db, arena, log->origin, &old, &none);
    if (code == SCF_E_NOT_FOUND)
        return scf_wit_log_insert(db, arena, log, err);
    if (code == SCF_OK)
        code = scf_wit_log_get(db, arena, &old.id, true, &old, &none);
    if (code != SCF_OK) {
        *err = none;
        return code;
    }
    if (old.active)
        return scf_fail(err, SCF_E_CONFLICT, "A log of this origin is witnessed already.");
    old.vkeys = log->vkeys;
    old.active = true;
    old.updated_us = log->updated_us;
    *log = old;
    return scf_wit_log_save(db, arena, log, err);
}

/* To cosign oneself proves nothing. */
static enum scf_code check_origin(struct scf_request *rq, const cJSON *body,
                                  struct scf_error *err) {
    const struct scf_services *services = scf_rq_app(rq);
    struct scf_uuid id;
    struct scf_str installation;
    if (scf_chain_origin_parse(scf_str(scf_json_string(body, "origin")), &id, &installation) &&
        scf_str_is(installation, services->installation.origin))
        return scf_fail_fault(scf_rq_arena(rq), "#/origin", "inconsistent",
                              "is a chain of this installation", err);
    return SCF_OK;
}

void scf_wit_log_post(struct scf_request *rq) {
    struct scf_error err;
    const cJSON *body;
    struct adding a = {.rq = rq};
    enum scf_code code = scf_rq_valid_body(rq, NULL, &body, NULL, &err);
    if (code == SCF_OK)
        code = check_origin(rq, body, &err);
    if (code == SCF_OK) {
        int64_t now_us = scf_now_us();
        a.log = (struct scf_wit_log){.id = scf_uuid_new(),
                                     .origin = scf_str(scf_json_string(body, "origin")),
                                     .active = true,
                                     .version = 1,
                                     .created_us = now_us,
                                     .updated_us = now_us};
        code = read_keys(scf_rq_arena(rq), body, &a.log.vkeys) ? scf_tx_run_held(rq, add, &a, &err)
                                                               : scf_fail_memory(&err);
    }
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    scf_reply_location(rq, "/v1/witness/logs", "wlg", &a.log.id);
    reply_log(rq, 201, &a.log);
}

/* ---- GET, DELETE ---- */

void scf_wit_log_read(struct scf_request *rq) {
    struct scf_error err;
    struct scf_uuid id;
    struct scf_wit_log log;
    enum scf_code code = scf_rq_path_id(rq, "id", "wlg", &id, &err);
    if (code == SCF_OK)
        code = scf_wit_log_get(scf_rq_db(rq), scf_rq_arena(rq), &id, false, &log, &err);
    if (code == SCF_OK && !log.active)
        code = scf_fail(&err, SCF_E_NOT_FOUND, "This log is not witnessed any more.");
    if (code != SCF_OK)
        scf_reply_error(rq, &err);
    else
        reply_log(rq, 200, &log);
}

static struct scf_position write_item(struct scf_jsonw *w, const void *items, int i) {
    const struct scf_wit_log *log = (const struct scf_wit_log *)items + i;
    write_log(w, log);
    return (struct scf_position){log->created_us, log->id};
}

void scf_wit_log_list(struct scf_request *rq) {
    struct scf_error err;
    struct scf_page page;
    struct scf_wit_log *logs;
    int n;
    enum scf_code code = scf_page_read(rq, "witness-logs", &page, &err);
    if (code == SCF_OK)
        code = scf_wit_log_page(scf_rq_db(rq), scf_rq_arena(rq), &page, &logs, &n, &err);
    if (code != SCF_OK)
        scf_reply_error(rq, &err);
    else
        scf_reply_page(rq, &page, "witness-logs", logs, n, write_item);
}

struct removing {
    struct scf_request *rq;
    struct scf_uuid id;
};

static enum scf_code remove_log(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct removing *r = ctx;
    struct scf_arena *arena = scf_rq_arena(r->rq);
    struct scf_wit_log log = {0};
    enum scf_code code = scf_wit_log_get(db, arena, &r->id, true, &log, err);
    if (code != SCF_OK || !log.active)
        return code;
    log.active = false;
    log.updated_us = scf_now_us();
    return scf_wit_log_save(db, arena, &log, err);
}

void scf_wit_log_delete(struct scf_request *rq) {
    struct scf_error err;
    struct removing r = {.rq = rq};
    enum scf_code code = scf_rq_path_id(rq, "id", "wlg", &r.id, &err);
    if (code == SCF_OK)
        code = scf_tx_run_held(rq, remove_log, &r, &err);
    if (code != SCF_OK)
        scf_reply_error(rq, &err);
    else
        scf_reply_empty(rq);
}
