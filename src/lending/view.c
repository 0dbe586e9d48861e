/* What decisions, loans and repayments show alike. Relies on the schemas for the members that are
 * only kept. */
#include "view.h"

#include "scfd/base/clock.h"

int32_t scf_filed_day(const struct scf_filed *filed, int64_t at_us) {
    return scf_day_of(at_us + filed->offset_minutes * 60 * SCF_US_PER_SECOND);
}

void scf_filed_write(struct scf_jsonw *w, const struct scf_filed *filed,
                     enum scf_record_kind kind) {
    scf_jw_id(w, "id", scf_record_kind_prefix(kind), &filed->id);
    scf_jw_str(w, "object", scf_record_kind_name(kind));
    scf_jw_strn(w, "external_id", filed->external_id.p, filed->external_id.n);
    scf_jw_time(w, "received_at", filed->received_us);
    if (filed->body.p)
        scf_jw_hex(w, "sha256", filed->body_sha256.b, SCF_HASH_LEN);
    scf_jw_object(w, "chain");
    scf_jw_id(w, "id", "chain", &filed->lender_id);
    scf_jw_i64(w, "index", filed->leaf_index);
    scf_jw_hex(w, "leaf_hash", filed->leaf_hash.b, SCF_HASH_LEN);
    scf_jw_end_object(w);
    scf_jw_id(w, "lender_id", "node", &filed->lender_id);
    scf_jw_i64(w, "version", filed->version);
}

static bool is_among(const char *const *names, const char *name) {
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

const cJSON *scf_filed_body(const struct scf_filed *filed, struct scf_arena *arena) {
    struct scf_error err;
    char *text = filed->body.p ? scf_strndup(arena, filed->body.p, filed->body.n) : NULL;
    return text ? scf_json_parse(arena, text, filed->body.n, &err) : NULL;
}

void scf_kept_write(struct scf_jsonw *w, const struct scf_filed *filed,
                    const struct scf_schema *schema, const char *const *shown,
                    struct scf_arena *arena) {
    const cJSON *body = scf_filed_body(filed, arena);
    for (const struct scf_field *f = schema->fields; f->name; f++) {
        const cJSON *item = is_among(shown, f->name) ? NULL : scf_json_get(body, f->name);
        char *json = item ? cJSON_PrintUnformatted(item) : NULL;
        if (json == NULL)
            continue;
        scf_jw_raw(w, f->name, json, strlen(json));
        cJSON_free(json);
    }
}

void scf_amounts_write(struct scf_jsonw *w, const char *key, const struct scf_amounts *a,
                       int scale) {
    scf_jw_object(w, key);
    scf_jw_money(w, "fees", a->fees, scale);
    scf_jw_money(w, "penalty", a->penalty, scale);
    scf_jw_money(w, "compound", a->compound, scale);
    scf_jw_money(w, "interest", a->interest, scale);
    scf_jw_money(w, "principal", a->principal, scale);
    scf_jw_end_object(w);
}
