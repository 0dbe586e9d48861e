/* /v1/witnesses: administrators say who is asked to cosign our checkpoints, and how many of them a
 * chain wants (PUT /v1/chains/{id}/witness-quorum). Relies on the stores of the room. */
#include "api.h"

#include "ask_store.h"
#include "scfd/base/clock.h"
#include "scfd/chain/cosigned.h"
#include "scfd/witness/cosignature.h"

enum { URL_MAX = 500, QUORUM_MAX = 100 };

/* ---- the bodies ---- */

static bool is_url(struct scf_str text) {
    if (!scf_str_starts(text, "http://") && !scf_str_starts(text, "https://"))
        return false;
    for (size_t i = 0; i < text.n; i++)
        if ((uint8_t)text.p[i] <= ' ' || (uint8_t)text.p[i] >= 0x7f || text.p[i] == '?' ||
            text.p[i] == '#')
            return false;
    return text.p[text.n - 1] != '/';
}

static bool is_cosigner(struct scf_str text) {
    struct scf_cosigner key;
    return scf_cosigner_parse(text, &key);
}

static const struct scf_field witness_fields[] = {
    {.name = "name",
     .type = SCF_T_STRING,
     .presence = SCF_REQUIRED,
     .min = 1,
     .max = 100,
     .doc_en = "for people",
     .doc_zh = "名称"},
    {.name = "url",
     .type = SCF_T_STRING,
     .presence = SCF_REQUIRED,
     .min = 8,
     .max = URL_MAX,
     .pattern = is_url,
     .pattern_text = "an http or https address without query, fragment or final slash",
     .doc_en = "its submission prefix; /add-checkpoint is put after it",
     .doc_zh = "提交地址前缀"},
    {.name = "vkey",
     .type = SCF_T_STRING,
     .presence = SCF_REQUIRED,
     .min = 1,
     .max = SCF_COSIGNER_TEXT,
     .pattern = is_cosigner,
     .pattern_text = "a C2SP verifier key of type 0x04",
     .doc_en = "that its cosignatures are verified with",
     .doc_zh = "联署验签公钥"},
    SCF_FIELD_END};

const struct scf_schema scf_wit_witness_schema = {
    .name = "WitnessCreate",
    .doc_en = "Who is asked to cosign our checkpoints",
    .doc_zh = "为本机检查点联署的见证人",
    .fields = witness_fields,
};

static const struct scf_field quorum_fields[] = {
    {.name = "quorum",
     .type = SCF_T_INTEGER,
     .min = 0,
     .max = QUORUM_MAX,
     .doc_en = "witnesses that must have cosigned a checkpoint; 0: none is asked; absent: that of "
               "the configuration",
     .doc_zh = "所需见证人数；0 表示不请求；缺省按系统配置"},
    SCF_FIELD_END};

const struct scf_schema scf_wit_quorum_schema = {
    .name = "WitnessQuorum",
    .doc_en = "How many witnesses a chain wants",
    .doc_zh = "链的见证人数要求",
    .fields = quorum_fields,
};

/* ---- writing ---- */

static void write_witness(struct scf_jsonw *w, const struct scf_witness *it) {
    scf_jw_str(w, "object", "witness");
    scf_jw_id(w, "id", "wit", &it->id);
    scf_jw_str(w, "name", it->name);
    scf_jw_str(w, "url", it->url);
    scf_jw_str(w, "vkey", it->vkey);
    if (it->ever_good)
        scf_jw_time(w, "last_cosigned_at", it->good_us);
    scf_jw_i64(w, "failures", it->failures);
    if (it->problem != NULL)
        scf_jw_str(w, "problem", it->problem);
    scf_jw_time(w, "created_at", it->created_us);
}

static void reply_witness(struct scf_request *rq, int status, const struct scf_witness *it) {
    struct scf_buf out;
    scf_buf_init(&out, SCF_WIT_ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    write_witness(&w, it);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, status, it->version, &out);
}

/* ---- POST ---- */

struct adding {
    struct scf_request *rq;
    struct scf_witness witness;
};

static enum scf_code add(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct adding *a = ctx;
    return scf_witness_insert(db, scf_rq_arena(a->rq), &a->witness, err);
}

void scf_wit_witness_post(struct scf_request *rq) {
    struct scf_error err;
    const cJSON *body;
    struct adding a = {.rq = rq};
    enum scf_code code = scf_rq_valid_body(rq, NULL, &body, NULL, &err);
    if (code == SCF_OK) {
        a.witness = (struct scf_witness){.id = scf_uuid_new(),
                                         .name = scf_json_string(body, "name"),
                                         .url = scf_json_string(body, "url"),
                                         .vkey = scf_json_string(body, "vkey"),
                                         .active = true,
                                         .created_us = scf_now_us()};
        code = scf_tx_run_held(rq, add, &a, &err);
    }
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    scf_reply_location(rq, "/v1/witnesses", "wit", &a.witness.id);
    reply_witness(rq, 201, &a.witness);
}

/* ---- GET, DELETE ---- */

void scf_wit_witness_read(struct scf_request *rq) {
    struct scf_error err;
    struct scf_uuid id;
    struct scf_witness it;
    enum scf_code code = scf_rq_path_id(rq, "id", "wit", &id, &err);
    if (code == SCF_OK)
        code = scf_witness_get(scf_rq_db(rq), scf_rq_arena(rq), &id, &it, &err);
    if (code != SCF_OK)
        scf_reply_error(rq, &err);
    else
        reply_witness(rq, 200, &it);
}

static struct scf_position write_item(struct scf_jsonw *w, const void *items, int i) {
    const struct scf_witness *it = (const struct scf_witness *)items + i;
    write_witness(w, it);
    return (struct scf_position){it->created_us, it->id};
}

void scf_wit_witness_list(struct scf_request *rq) {
    struct scf_error err;
    struct scf_page page;
    struct scf_witness *list;
    int n;
    enum scf_code code = scf_page_read(rq, "witnesses", &page, &err);
    if (code == SCF_OK)
        code = scf_witness_page(scf_rq_db(rq), scf_rq_arena(rq), &page, &list, &n, &err);
    if (code != SCF_OK)
        scf_reply_error(rq, &err);
    else
        scf_reply_page(rq, &page, "witnesses", list, n, write_item);
}

struct changing {
    struct scf_request *rq;
    struct scf_uuid id;
    int quorum;
    struct scf_witness_standing standing;
};

static enum scf_code remove_witness(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct changing *c = ctx;
    return scf_witness_remove(db, scf_rq_arena(c->rq), &c->id, scf_now_us(), err);
}

void scf_wit_witness_delete(struct scf_request *rq) {
    struct scf_error err;
    struct changing c = {.rq = rq};
    enum scf_code code = scf_rq_path_id(rq, "id", "wit", &c.id, &err);
    if (code == SCF_OK)
        code = scf_tx_run_held(rq, remove_witness, &c, &err);
    if (code != SCF_OK)
        scf_reply_error(rq, &err);
    else
        scf_reply_empty(rq);
}

/* ---- PUT /v1/chains/{id}/witness-quorum ---- */

static enum scf_code set_quorum(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct changing *c = ctx;
    struct scf_arena *arena = scf_rq_arena(c->rq);
    enum scf_code code = scf_witness_want(db, arena, &c->id, c->quorum, scf_now_us(), err);
    return code == SCF_OK ? scf_witness_standing(db, arena, &c->id, &c->standing, err) : code;
}

static enum scf_code read_quorum(struct scf_request *rq, int *ret, struct scf_error *err) {
    const cJSON *body;
    enum scf_code code = scf_rq_valid_body(rq, NULL, &body, NULL, err);
    if (code != SCF_OK)
        return code;
    int64_t quorum;
    *ret = scf_json_i64(body, "quorum", &quorum) ? (int)quorum : -1;
    return SCF_OK;
}

void scf_wit_quorum_put(struct scf_request *rq) {
    struct scf_error err;
    struct changing c = {.rq = rq};
    struct scf_str id = scf_rq_param(rq, "id");
    enum scf_code code = scf_id_parse("chain", id, &c.id) || scf_id_parse("node", id, &c.id)
                             ? read_quorum(rq, &c.quorum, &err)
                             : scf_fail(&err, SCF_E_NOT_FOUND, "There is no such chain.");
    if (code == SCF_OK)
        code = scf_tx_run_held(rq, set_quorum, &c, &err);
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf out;
    scf_buf_init(&out, SCF_WIT_ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_i64(&w, "quorum", c.standing.quorum);
    scf_jw_i64(&w, "cosigned_size", c.standing.cosigned_size);
    scf_jw_end_object(&w);
    scf_reply_json(rq, 200, &out);
}
