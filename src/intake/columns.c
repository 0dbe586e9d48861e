/* Deriving the columns of a stored record again. Relies on extraction and on the templates. */
#include "scfd/intake/columns.h"

#include "extract.h"

#include "scfd/base/clock.h"
#include "scfd/party/enterprise.h"
#include "scfd/template/template.h"

enum { OFFSET_MAX_MINUTES = 14 * 60 };

struct derivation {
    const struct scf_audit_columns *stored;
    const struct scf_record *record;
    const cJSON *body;
    struct scf_arena *arena;
    struct scf_extract extract;
};

/* What a hostile hand could have put in place of the body must not reach the extraction. The node's
 * zone is not known: the one in which "today" comes first accepts whatever any other does. */
static bool is_valid(const struct derivation *d) {
    struct scf_faults faults = {.arena = d->arena}, warnings = {.arena = d->arena};
    struct scf_rules_ctx ctx = {d->record->received_us, OFFSET_MAX_MINUTES};
    struct scf_schema_options options = {
        .lenient_datetime = true, .offset_minutes = OFFSET_MAX_MINUTES, .rules_ctx = &ctx};
    return scf_schema_check(scf_intake_schema(d->record->kind), d->body, &options, &faults,
                            &warnings);
}

static bool extract(struct derivation *d, int offset_minutes) {
    struct scf_rules_ctx ctx = {d->record->received_us, offset_minutes};
    return scf_record_extract(d->record->kind, d->body, &ctx, d->arena, &d->extract) == SCF_OK;
}

/* A plain day begins at the node's midnight, and the node's zone may have been another one then:
 * the zone is what makes the times agree, if one does. */
static int zone_of(const struct derivation *d) {
    int64_t minute = 60 * SCF_US_PER_SECOND;
    int64_t ahead = d->extract.happened_us - d->record->happened_us; /* extracted at zone 0 */
    bool zone = ahead % minute == 0 && ahead / minute <= OFFSET_MAX_MINUTES &&
                ahead / minute >= -OFFSET_MAX_MINUTES;
    return zone ? (int)(ahead / minute) : 0;
}

/* ---- comparing ---- */

static const char *plain_difference(const struct derivation *d) {
    const struct scf_record *r = d->record;
    const struct scf_extract *x = &d->extract;
    if (x->has_happened != r->has_happened || (x->has_happened && x->happened_us != r->happened_us))
        return "happened_at";
    if (x->has_amount != r->has_amount || (x->has_amount && x->amount != r->amount))
        return "amount";
    if (x->has_amount && strcmp(x->currency, r->currency) != 0)
        return "currency";
    if (!scf_uuid_eq(&x->revises_id, &r->revises_id))
        return "revises_id";
    if (x->checks_applicable != r->checks_applicable)
        return "checks_applicable";
    return x->checks_passed != r->checks_passed ? "checks_passed" : NULL;
}

/* The enterprise of a profile is the one that it describes. */
static struct scf_str profile_code(const struct derivation *d) {
    char code[SCF_ENTERPRISE_CODE];
    const char *uscc = scf_json_string(d->body, "uscc");
    scf_enterprise_code(uscc ? NULL : scf_json_string(d->body, "country_code"),
                        uscc ? uscc : scf_json_string(d->body, "foreign_registration_no"), code);
    return scf_str(scf_strdup(d->arena, code));
}

/* `other`: what a party is that the body does not name. */
static bool same_party(const struct scf_enterprise_ref *ref, const struct scf_uuid *id,
                       struct scf_str code, const struct scf_uuid *other) {
    if (!scf_uuid_is_nil(&ref->id))
        return scf_uuid_eq(&ref->id, id);
    return ref->uscc.n > 0 ? scf_str_eq(ref->uscc, code) : scf_uuid_eq(id, other);
}

/* `contract`: the one that the body names by id, else nil everywhere. Such a one gives the record
 * its key, and the parties that the body leaves out. */
static const char *reference_difference(struct derivation *d, const struct scf_record *contract) {
    const struct scf_record *r = d->record;
    struct scf_extract *x = &d->extract;
    if (r->kind == SCF_REC_ENTERPRISE)
        x->subject.uscc = profile_code(d);
    if (!same_party(&x->subject, &r->enterprise_id, d->stored->enterprise_code,
                    &contract->enterprise_id))
        return "enterprise_id";
    if (!same_party(&x->counterparty, &r->counterparty_id, d->stored->counterparty_code,
                    &contract->counterparty_id))
        return "counterparty_id";
    if (!scf_uuid_eq(&x->business_key, &r->business_key))
        return "business_key";
    bool by_id = !scf_uuid_is_nil(&x->contract_id);
    const struct scf_uuid *key = by_id ? &contract->business_key : &x->contract_key;
    return scf_uuid_eq(key, &r->contract_key) ? NULL : "contract_key";
}

/* One that is gone leaves a gap in its own chain, which the audit reports there. */
static enum scf_code read_contract(const struct derivation *d, struct scf_db *db,
                                   struct scf_record *ret, struct scf_error *err) {
    *ret = (struct scf_record){.leaf_index = -1};
    if (scf_uuid_is_nil(&d->extract.contract_id))
        return SCF_OK;
    enum scf_code code = scf_record_get(db, d->arena, NULL, &d->extract.contract_id, ret, err);
    return code == SCF_E_NOT_FOUND ? SCF_OK : code;
}

/* Keys that rest on a seller named by id. A guarantee may name another seller than its debtor. */
static enum scf_code complete_keys(struct derivation *d, struct scf_db *db, struct scf_error *err) {
    struct scf_extract *x = &d->extract;
    struct scf_enterprise seller = {.uscc = d->stored->enterprise_code};
    const char *profile;
    enum scf_code code = SCF_OK;
    if (x->needs_seller_uscc && !scf_uuid_is_nil(&x->seller.id))
        code = scf_enterprise_get(db, d->arena, &x->seller.id, &seller, &profile, err);
    if (code == SCF_OK && x->needs_seller_uscc)
        scf_extract_complete_keys(x, d->record->kind, seller.uscc);
    return code == SCF_E_NOT_FOUND ? SCF_OK : code;
}

/* Every record is measured against a template as soon as there is one for all industries. */
static const char *measure_difference(const struct derivation *d, struct scf_templates *templates) {
    const struct scf_record *r = d->record;
    const struct scf_template *t = scf_templates_by_id(templates, r->template_id);
    struct scf_quality q = {.range_ok = false};
    if (r->template_id == 0)
        t = scf_templates_for(templates, r->kind, (struct scf_str){"", 0}, r->received_us);
    if (r->template_id == 0 && !t)
        return NULL;
    if (!t || t->id != r->template_id || t->applies_to != r->kind ||
        t->effective_from_us > r->received_us)
        return "template_id";
    if (!scf_template_evaluate(t, d->body, r->received_us, r->has_happened, r->happened_us,
                               d->arena, &q))
        return "measures";
    if (q.weight_expected != r->weight_expected)
        return "weight_expected";
    if (q.weight_present != r->weight_present)
        return "weight_present";
    if (q.range_ok != r->range_ok)
        return "range_ok";
    struct scf_str measures = {(const char *)q.measures, q.measures_len};
    return scf_str_eq(measures, r->measures) ? NULL : "measures";
}

static bool derive(struct derivation *d) {
    struct scf_error err;
    const struct scf_str *body = &d->record->body;
    char *text = scf_strndup(d->arena, body->p, body->n);
    d->body = text ? scf_json_parse(d->arena, text, body->n, &err) : NULL;
    if (!d->body || !is_valid(d) || !extract(d, 0))
        return false;
    int zone = d->extract.has_happened && d->record->has_happened ? zone_of(d) : 0;
    return zone == 0 || extract(d, zone);
}

enum scf_code scf_record_columns_check(void *templates, struct scf_db *db,
                                       const struct scf_audit_columns *columns,
                                       struct scf_arena *arena, const char **ret,
                                       struct scf_error *err) {
    struct derivation d = {.stored = columns, .record = columns->record, .arena = arena};
    struct scf_record contract;
    *ret = NULL;
    if (d.record->kind > SCF_REC_GUARANTEE)
        return SCF_OK;
    if (!derive(&d)) {
        *ret = "its body would not be accepted, so that its columns cannot be compared";
        return SCF_OK;
    }
    enum scf_code code = read_contract(&d, db, &contract, err);
    if (code == SCF_OK)
        code = complete_keys(&d, db, err);
    if (code != SCF_OK)
        return code;
    const char *column = plain_difference(&d);
    if (!column)
        column = reference_difference(&d, &contract);
    if (!column)
        column = measure_difference(&d, templates);
    if (column)
        *ret = scf_asprintf(arena, "its column %s does not follow from its body", column);
    return SCF_OK;
}
