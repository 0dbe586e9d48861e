/* What shadow policies said: of one assessment, and of all of a policy's. For administrators: a
 * shadow is a policy that may never come. Relies on shadow_store.c. */
#include "shadow_impl.h"
#include "trial_api.h"

enum { BODY_MAX = 32 << 20 };

static void write_shadow(struct scf_jsonw *w, const struct scf_shadow_row *s) {
    int scale = scf_scale_of(s->currency);
    scf_jw_object(w, NULL);
    scf_jw_str(w, "code", s->code);
    scf_jw_str(w, "version", s->version);
    scf_jw_str(w, "currency", s->currency);
    scf_jw_money(w, "recorded", s->recorded, scale);
    scf_jw_money(w, "new", s->shadow, scale);
    scf_jw_money(w, "difference", s->shadow - s->recorded, scale);
    scf_grades_write(w, "recorded_grades", s->recorded_grades);
    scf_grades_write(w, "new_grades", s->shadow_grades);
    scf_jw_bool(w, "exact", s->exact);
    scf_jw_raw(w, "result", s->result.p, s->result.n);
    scf_jw_end_object(w);
}

void scf_shadow_get(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_uuid id;
    struct scf_shadow_row *rows;
    size_t n;
    if (scf_rq_path_id(rq, "id", "asm", &id, &err) != SCF_OK ||
        scf_shadows_read(scf_rq_db(rq), scf_rq_arena(rq), &id, &rows, &n, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf body;
    scf_buf_init(&body, BODY_MAX);
    struct scf_jsonw w = scf_jsonw(&body);
    scf_jw_object(&w, NULL);
    scf_jw_id(&w, "assessment_id", "asm", &id);
    scf_jw_array(&w, "shadows");
    for (size_t i = 0; i < n; i++)
        write_shadow(&w, &rows[i]);
    scf_jw_end_array(&w);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, 200, (int64_t)n, &body);
}

void scf_shadow_compared(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_arena *arena = scf_rq_arena(rq);
    struct scf_str code = scf_rq_param(rq, "code"), version = scf_rq_param(rq, "version");
    const char *names[2] = {scf_strndup(arena, code.p, code.n),
                            scf_strndup(arena, version.p, version.n)};
    struct scf_policy policy;
    struct scf_comparison comparison;
    if (names[0] == NULL || names[1] == NULL) {
        scf_fail_memory(&err);
    } else if (scf_policy_get(scf_rq_db(rq), arena, names[0], names[1], &policy, &err) == SCF_OK &&
               scf_shadow_compare(scf_rq_db(rq), arena, names[0], names[1], &comparison, &err) ==
                   SCF_OK) {
        struct scf_buf body;
        scf_buf_init(&body, BODY_MAX);
        struct scf_jsonw w = scf_jsonw(&body);
        scf_jw_object(&w, NULL);
        scf_jw_str(&w, "code", policy.code);
        scf_jw_str(&w, "version", policy.version);
        scf_jw_hex(&w, "sha256", policy.sha256.b, SCF_HASH_LEN);
        scf_comparison_write(&w, &comparison);
        scf_jw_end_object(&w);
        scf_reply_tagged(rq, 200, 1, &body);
        return;
    }
    scf_reply_error(rq, &err);
}
