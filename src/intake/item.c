/* Preparing one item: every step of the write path that needs only the processor. */
#include "item.h"

#include "commit.h"
#include "scfd/base/clock.h"
#include "scfd/base/money.h"
#include "scfd/codec/json.h"
#include "scfd/codec/schema.h"
#include "scfd/http/answer.h"

static enum scf_code refuse(struct scf_item *item, enum scf_code code) {
    item->outcome = SCF_REFUSED;
    return code;
}

static enum scf_code validate(struct scf_item *item, const struct scf_actor *actor) {
    struct scf_rules_ctx ctx = {.received_us = item->record.received_us,
                                .offset_minutes = actor->offset_minutes};
    struct scf_schema_options options = {.lenient_datetime = actor->lenient_datetime,
                                         .offset_minutes = actor->offset_minutes,
                                         .rules_ctx = &ctx};
    if (!scf_schema_check(scf_intake_schema(item->record.kind), item->json, &options, &item->faults,
                          &item->warnings)) {
        size_t all = item->faults.count + item->faults.dropped;
        scf_fail(&item->error, SCF_E_VALIDATION_FAILED,
                 "%zu place%s in the body cannot be accepted.", all, all == 1 ? "" : "s");
        item->error.faults = &item->faults;
        return refuse(item, SCF_E_VALIDATION_FAILED);
    }
    item->own_warnings = item->warnings.count;
    item->own_dropped = item->warnings.dropped;
    enum scf_code code =
        scf_record_extract(item->record.kind, item->json, &ctx, item->arena, &item->extract);
    if (code != SCF_OK)
        return refuse(item, scf_fail(&item->error, code, "The body cannot be read."));
    return SCF_OK;
}

static void fill_record(struct scf_item *item) {
    struct scf_record *r = &item->record;
    const struct scf_extract *x = &item->extract;
    r->external_id = x->external_id;
    r->has_happened = x->has_happened;
    r->happened_us = x->happened_us;
    r->has_amount = x->has_amount;
    r->amount = x->amount;
    memcpy(r->currency, x->currency, sizeof r->currency);
    r->checks_applicable = x->checks_applicable;
    r->checks_passed = x->checks_passed;
}

bool scf_item_evaluate(struct scf_item *item, const struct scf_template *tmpl) {
    struct scf_record *r = &item->record;
    struct scf_quality quality = {.range_ok = true};
    if (tmpl && !scf_template_evaluate(tmpl, item->json, r->received_us, r->has_happened,
                                       r->happened_us, item->arena, &quality))
        return false;
    item->tmpl = tmpl;
    item->quality = quality;
    r->template_id = tmpl ? tmpl->id : 0;
    r->weight_expected = item->quality.weight_expected;
    r->weight_present = item->quality.weight_present;
    r->range_ok = item->quality.range_ok;
    r->measures =
        (struct scf_str){(const char *)item->quality.measures, item->quality.measures_len};
    return true;
}

static enum scf_code guess_template(struct scf_services *services, struct scf_item *item) {
    char industry[8];
    scf_industry_cache_get(scf_intake_industries(services->intake), &item->extract.subject,
                           industry);
    if (scf_item_evaluate(item, scf_templates_for(services->templates, item->record.kind,
                                                  scf_str(industry), item->record.received_us)))
        return SCF_OK;
    return refuse(item, scf_fail(&item->error, SCF_E_BODY_TOO_LARGE,
                                 "The body leaves no memory to evaluate it."));
}

enum scf_code scf_item_prepare(struct scf_services *services, const struct scf_actor *actor,
                               enum scf_record_kind kind, struct scf_str text, int64_t received_us,
                               struct scf_arena *arena, struct scf_item *item) {
    *item = (struct scf_item){
        .arena = arena,
        .key_id = actor->key_id,
        .by_admin = actor->admin,
        .faults = {.arena = arena},
        .warnings = {.arena = arena},
        .record = {.chain_id = actor->admin ? services->installation.platform_id : actor->node_id,
                   .kind = kind,
                   .suite = actor->suite,
                   .received_us = received_us,
                   .body = text},
    };
    item->json = scf_json_parse(arena, text.p, text.n, &item->error);
    if (!item->json)
        return refuse(item, item->error.code);
    enum scf_code code = validate(item, actor);
    if (code != SCF_OK)
        return code;
    fill_record(item);
    item->record.id = scf_uuid_new();
    scf_record_prepare(&item->record);
    return guess_template(services, item);
}

/* ---- the answer ---- */

int scf_item_status(const struct scf_item *item) {
    if (item->outcome == SCF_REFUSED)
        return scf_code_status(item->error.code);
    if (item->first_status != 0)
        return item->first_status;
    return item->outcome == SCF_REPLAYED ? 200 : 201;
}

static void write_names(struct scf_jsonw *w, const char *key, const char *const *names, size_t n) {
    scf_jw_array(w, key);
    for (size_t i = 0; i < n; i++)
        scf_jw_str(w, NULL, names[i]);
    scf_jw_end_array(w);
}

/* Seconds with six decimals, as JSON number text. */
static void write_seconds(struct scf_jsonw *w, const char *key, int64_t us) {
    char text[48];
    int64_t magnitude = us < 0 ? -us : us;
    int n = snprintf(text, sizeof text, "%s%" PRId64 ".%06" PRId64, us < 0 ? "-" : "",
                     magnitude / SCF_US_PER_SECOND, magnitude % SCF_US_PER_SECOND);
    scf_jw_raw(w, key, text, (size_t)n);
}

static void write_quality(const struct scf_item *item, struct scf_jsonw *w) {
    const struct scf_quality *q = &item->quality;
    scf_jw_object(w, "quality");
    if (item->tmpl)
        scf_jw_str(w, "template", item->tmpl->code);
    scf_jw_ppm(w, "completeness", scf_ratio_ppm(q->weight_present, q->weight_expected));
    write_names(w, "missing_fields", q->missing, q->missing_count);
    if (item->record.has_happened)
        write_seconds(w, "delay_seconds", item->stored.received_us - item->record.happened_us);
    else
        scf_jw_null(w, "delay_seconds");
    write_names(w, "out_of_range", q->out_of_range, q->out_of_range_count);
    scf_jw_end_object(w);
}

void scf_item_write(const struct scf_item *item, struct scf_jsonw *w) {
    const struct scf_record *r = &item->record;
    const char *prefix = scf_record_kind_prefix(r->kind);
    if (r->kind == SCF_REC_ENTERPRISE) {
        scf_jw_id(w, "id", "ent", &item->enterprise_id);
        scf_jw_id(w, "record_id", prefix, &item->stored.id);
    } else {
        scf_jw_id(w, "id", prefix, &item->stored.id);
    }
    scf_jw_str(w, "object", scf_record_kind_name(r->kind));
    scf_jw_strn(w, "external_id", r->external_id.p, r->external_id.n);
    scf_jw_time(w, "received_at", item->stored.received_us);
    scf_jw_hex(w, "sha256", r->body_sha256.b, SCF_HASH_LEN);
    if (r->suite == SCF_SUITE_SM3_SM2)
        scf_jw_hex(w, "sm3", r->body_sm3.b, SCF_HASH_LEN);
    scf_jw_object(w, "chain");
    scf_jw_id(w, "id", "chain", &r->chain_id);
    scf_jw_i64(w, "index", item->stored.leaf_index);
    scf_jw_hex(w, "leaf_hash", item->stored.leaf_hash.b, SCF_HASH_LEN);
    scf_jw_end_object(w);
    write_quality(item, w);
    scf_jw_warnings(w, &item->warnings);
}
