/* /v1/anchor-algorithms: until when administrators trust the digests and kinds of keys that tokens
 * of RFC 3161 rest on. Proofs are renewed before that, as before their certificates end. */
#include "algorithm.h"

#include "scfd/base/clock.h"
#include "scfd/codec/field_table.h"
#include "scfd/http/answer.h"
#include "scfd/party/once.h"

enum { BODY_MAX = 1 << 20 };

const struct scf_schema scf_anchor_algorithm_schema = {
    .name = "AnchorAlgorithmPut",
    .doc_en = "Until when an algorithm is trusted.",
    .doc_zh = "算法的可信期限。",
    .fields = (const struct scf_field[]){SCF_F("trusted_until", TIME, "Absent: no end is known",
                                               "可信截止时间；缺省表示未定"),
                                         SCF_FIELD_END},
};

static void write_one(struct scf_jsonw *w, const struct anchor_algorithm *a) {
    scf_jw_object(w, NULL);
    scf_jw_str(w, "name", a->name);
    if (a->until_us)
        scf_jw_time(w, "trusted_until", a->until_us);
    else
        scf_jw_null(w, "trusted_until");
    scf_jw_i64(w, "proofs", a->proofs);
    scf_jw_time(w, "updated_at", a->updated_us);
    scf_jw_end_object(w);
}

static enum scf_code render(struct scf_db *db, struct scf_arena *arena, struct scf_buf *out,
                            struct scf_error *err) {
    struct anchor_algorithm *list;
    size_t n;
    enum scf_code code = scf_anchor_algorithms(db, arena, &list, &n, err);
    if (code)
        return code;
    scf_buf_init(out, BODY_MAX);
    struct scf_jsonw w = scf_jsonw(out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "object", "anchor_algorithms");
    scf_jw_array(&w, "algorithms");
    for (size_t i = 0; i < n; i++)
        write_one(&w, &list[i]);
    scf_jw_end_array(&w);
    scf_jw_end_object(&w);
    return SCF_OK;
}

void scf_anchor_algorithm_list(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_buf out;
    if (render(scf_rq_db(rq), scf_rq_arena(rq), &out, &err) != SCF_OK)
        scf_reply_error(rq, &err);
    else
        scf_reply_tagged(rq, 200, 0, &out);
}

/* ---- PUT ---- */

struct setting {
    struct scf_request *rq;
    struct scf_str name;
    int64_t until_us;
};

/* As codec/timestamp.h names them: "sha256", "rsa-3072". */
static bool is_name(struct scf_str text) {
    static const char *const fixed[] = {"sha256", "sha384", "sha512", "sm3", "sm2", "ed25519"};
    for (size_t i = 0; i < SCF_COUNT(fixed); i++)
        if (scf_str_is(text, fixed[i]))
            return true;
    size_t kind = scf_str_starts(text, "rsa-") ? 4 : scf_str_starts(text, "ec-") ? 3 : 0;
    for (size_t i = kind; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return kind > 0 && text.n >= kind + 3 && text.n <= kind + 5 && text.p[kind] != '0';
}

static enum scf_code read_setting(struct setting *s, struct scf_error *err) {
    const cJSON *body;
    s->name = scf_rq_param(s->rq, "name");
    if (!is_name(s->name))
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such algorithm.");
    enum scf_code code = scf_rq_valid_body(s->rq, NULL, &body, NULL, err);
    if (code)
        return code;
    const char *until = scf_json_string(body, "trusted_until");
    if (until && !scf_time_parse(scf_str(until), &s->until_us))
        return scf_fail_fault(scf_rq_arena(s->rq), "#/trusted_until", "invalid-format",
                              "must be a time", err);
    return SCF_OK;
}

static enum scf_code set_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct setting *s = ctx;
    return scf_anchor_algorithm_set(db, scf_rq_arena(s->rq), s->name, s->until_us, scf_now_us(),
                                    err);
}

void scf_anchor_algorithm_put(struct scf_request *rq) {
    struct scf_error err = {0};
    struct setting s = {.rq = rq};
    struct scf_buf out;
    enum scf_code code = read_setting(&s, &err);
    if (code == SCF_OK)
        code = scf_tx_run_held(rq, set_in_tx, &s, &err);
    if (code == SCF_OK)
        code = render(scf_rq_db(rq), scf_rq_arena(rq), &out, &err);
    if (code)
        scf_reply_error(rq, &err);
    else
        scf_reply_json(rq, 200, &out);
}
