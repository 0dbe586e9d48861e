/* /v1/enterprises, reading: any key may read who is in the directory; a whole profile only an
 * administrator, the node that registered it, a node it was addressed to, and the enterprise's own
 * nodes. Sending profiles is intake's. */
#include "handlers.h"

#include "scfd/base/clock.h"
#include "scfd/codec/json.h"
#include "scfd/codec/jsonw.h"
#include "scfd/http/answer.h"

#include "enterprise_store.h"
#include "mask.h"

enum { BODY_MAX = 4 << 20 };

static bool may_read_profile(const struct scf_actor *actor, const struct scf_enterprise_entry *e) {
    return actor->admin || e->addressed || scf_uuid_eq(&actor->node_id, &e->e.registrar_chain_id) ||
           scf_uuid_eq(&actor->operator_enterprise_id, &e->e.id);
}

static void optional_str(struct scf_jsonw *w, const char *name, struct scf_str text) {
    if (text.n)
        scf_jw_strn(w, name, text.p, text.n);
    else
        scf_jw_null(w, name);
}

static void write_entry(struct scf_jsonw *w, const struct scf_enterprise_entry *e) {
    scf_jw_id(w, "id", "ent", &e->e.id);
    scf_jw_str(w, "object", "enterprise");
    scf_jw_strn(w, "name", e->e.name.p, e->e.name.n);
    scf_jw_str(w, "country_code", e->country_code);
    optional_str(w, "uscc", e->foreign_registration_no ? (struct scf_str){NULL, 0} : e->e.uscc);
    scf_jw_str(w, "foreign_registration_no", e->foreign_registration_no);
    optional_str(w, "industry_code", e->e.industry_code);
    scf_jw_bool(w, "is_stub", e->e.is_stub);
    scf_jw_i64(w, "version", e->version);
    scf_jw_time(w, "created_at", e->created_us);
    scf_jw_time(w, "updated_at", e->updated_us);
}

/* The stored profile with the state of its qualifications today; NULL: no memory. */
static char *profile_today(struct scf_arena *arena, const char *stored) {
    cJSON *profile = cJSON_Parse(stored); /* our own text, once checked by the scanner */
    bool ok = profile && scf_profile_add_status(profile, scf_day_of(scf_now_us()));
    char *printed = ok ? cJSON_PrintUnformatted(profile) : NULL;
    char *text = printed ? scf_strdup(arena, printed) : NULL;
    cJSON_free(printed);
    cJSON_Delete(profile);
    return text;
}

static void write_profile(struct scf_request *rq, struct scf_jsonw *w,
                          const struct scf_enterprise_entry *e) {
    if (!may_read_profile(scf_rq_actor(rq), e))
        return;
    scf_jw_str(w, "size_class", e->size_class);
    char *text = e->profile ? profile_today(scf_rq_arena(rq), e->profile) : NULL;
    if (text)
        scf_jw_raw(w, "profile", text, strlen(text));
    else
        scf_jw_null(w, "profile");
    if (scf_uuid_is_nil(&e->profile_record_id))
        scf_jw_null(w, "profile_record_id");
    else
        scf_jw_id(w, "profile_record_id", "epr", &e->profile_record_id);
}

void scf_enterprise_get_handler(struct scf_request *rq) {
    struct scf_error err;
    struct scf_uuid id;
    struct scf_enterprise_entry entry;
    const struct scf_actor *actor = scf_rq_actor(rq);
    enum scf_code code = scf_rq_path_id(rq, "id", "ent", &id, &err);
    if (code == SCF_OK)
        code = scf_enterprise_entry_get(scf_rq_db(rq), scf_rq_arena(rq), &id,
                                        actor->admin ? NULL : &actor->node_id, &entry, &err);
    if (code) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf out;
    scf_buf_init(&out, BODY_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    write_entry(&w, &entry);
    write_profile(rq, &w, &entry);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, 200, entry.version, &out);
}

static struct scf_position write_item(struct scf_jsonw *w, const void *items, int i) {
    const struct scf_enterprise_entry *entry = (const struct scf_enterprise_entry *)items + i;
    write_entry(w, entry);
    return (struct scf_position){entry->created_us, entry->e.id};
}

void scf_enterprise_list_handler(struct scf_request *rq) {
    struct scf_error err;
    struct scf_page page;
    struct scf_enterprise_entry *entries;
    int n;
    struct scf_arena *arena = scf_rq_arena(rq);
    const char *uscc = scf_rq_query(rq, "uscc"), *industry = scf_rq_query(rq, "industry_code");
    const char *filter = scf_asprintf(arena, "enterprises uscc=%s industry=%s", uscc ? uscc : "",
                                      industry ? industry : "");
    enum scf_code code = filter
                             ? scf_page_read(rq, filter, &page, &err)
                             : scf_fail(&err, SCF_E_INVALID_PARAMETER, "The filter is too long.");
    if (code == SCF_OK)
        code = scf_enterprise_list(scf_rq_db(rq), arena, uscc, industry, &page, &entries, &n, &err);
    if (code)
        scf_reply_error(rq, &err);
    else
        scf_reply_page(rq, &page, filter, entries, n, write_item);
}
