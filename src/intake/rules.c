/* Rules across fields that several resources share. */
#include "rules.h"

#include "scfd/base/money.h"

struct scf_rules scf_rules_begin(const cJSON *body, struct scf_faults *faults,
                                 struct scf_faults *warnings, const void *ctx) {
    const struct scf_rules_ctx *c = ctx;
    return (struct scf_rules){
        .body = body,
        .faults = faults,
        .warnings = warnings,
        .ctx = c,
        .scale = scf_body_scale(body),
        .today = scf_local_day(c->received_us, c->offset_minutes),
    };
}

void scf_rule_days(struct scf_rules *r, const cJSON *object, const char *at, const char *earlier,
                   const char *later) {
    int32_t first, second;
    char pointer[96];
    if (!scf_body_day(object, earlier, &first) || !scf_body_day(object, later, &second) ||
        first <= second)
        return;
    snprintf(pointer, sizeof pointer, "%s/%s", at, later);
    scf_fault_add(r->faults, pointer, "date-order", "The day must not be before %s.", earlier);
}

void scf_rule_not_future(struct scf_rules *r, const char *day) {
    int32_t value;
    char pointer[64];
    if (!scf_body_day(r->body, day, &value) || value <= r->today)
        return;
    snprintf(pointer, sizeof pointer, "#/%s", day);
    scf_fault_add(r->faults, pointer, "in-future", "The day must not be after today.");
}

void scf_rule_needs(struct scf_rules *r, const char *name, const char *because) {
    char pointer[64];
    if (scf_json_get(r->body, name))
        return;
    snprintf(pointer, sizeof pointer, "#/%s", name);
    scf_fault_add(r->faults, pointer, "required", "The member \"%s\" is required %s.", name,
                  because);
}

/* ---- parties ---- */

static void needs_beside(struct scf_rules *r, const cJSON *party, const char *at, const char *name,
                         const char *beside) {
    char pointer[64];
    if (scf_json_get(party, name))
        return;
    snprintf(pointer, sizeof pointer, "#/%s/%s", at, name);
    scf_fault_add(r->faults, pointer, "required", "The member \"%s\" is required beside \"%s\".",
                  name, beside);
}

static void check_foreign(struct scf_rules *r, const cJSON *party, const char *at) {
    char pointer[64];
    needs_beside(r, party, at, "country_code", "registration_no");
    needs_beside(r, party, at, "name", "registration_no");
    if (!scf_body_is(party, "country_code", "CN"))
        return;
    snprintf(pointer, sizeof pointer, "#/%s/registration_no", at);
    scf_fault_add(r->faults, pointer, "not-applicable",
                  "A Chinese enterprise is named by its unified social credit code.");
}

static void check_chinese(struct scf_rules *r, const cJSON *party, const char *at) {
    char pointer[64];
    needs_beside(r, party, at, "name", "uscc");
    if (!scf_json_get(party, "country_code") || scf_body_is(party, "country_code", "CN"))
        return;
    snprintf(pointer, sizeof pointer, "#/%s/country_code", at);
    scf_fault_add(r->faults, pointer, "not-applicable",
                  "Only a Chinese enterprise has a unified social credit code.");
}

void scf_rule_party(struct scf_rules *r, const char *name) {
    const cJSON *party = scf_json_get(r->body, name);
    if (!party)
        return;
    bool by_id = scf_json_get(party, "enterprise_id"), by_uscc = scf_json_get(party, "uscc");
    bool by_number = scf_json_get(party, "registration_no");
    char pointer[64];
    snprintf(pointer, sizeof pointer, "#/%s", name);
    int forms = by_id + by_uscc + by_number;
    if (forms != 1)
        scf_fault_add(r->faults, pointer, forms ? "ambiguous" : "required",
                      "Name the party by one of: enterprise_id; uscc and name; country_code, "
                      "registration_no and name.");
    else if (by_uscc)
        check_chinese(r, party, name);
    else if (by_number)
        check_foreign(r, party, name);
}

void scf_rule_contract(struct scf_rules *r, const char *instead) {
    const cJSON *body = r->body;
    bool has_seller = scf_json_get(body, "seller_uscc") || scf_json_get(body, "seller");
    bool has_number = scf_json_get(body, "contract_no");
    scf_rule_party(r, "seller");
    if (scf_json_get(body, "seller_uscc") && scf_json_get(body, "seller"))
        scf_fault_add(r->faults, "#/seller", "ambiguous",
                      "Give either seller_uscc or seller, not both.");
    if (scf_json_get(body, "contract_id"))
        return;
    if (has_number && !has_seller)
        scf_fault_add(r->faults, "#/seller_uscc", "required",
                      "contract_no needs the seller beside it: seller_uscc or seller.");
    else if (!has_number && !(instead && scf_json_get(body, instead)))
        scf_fault_add(r->faults, "#/contract_id", "required",
                      "Name the contract by contract_id, or by contract_no and its seller%s%s.",
                      instead ? ", or give " : "", instead ? instead : "");
}

static bool same_party(const cJSON *a, const cJSON *b) {
    const char *id = scf_json_string(a, "enterprise_id");
    if (id && scf_body_is(b, "enterprise_id", id))
        return true;
    char code_a[SCF_PARTY_CODE], code_b[SCF_PARTY_CODE];
    scf_party_code(a, code_a);
    scf_party_code(b, code_b);
    return code_a[0] && strcmp(code_a, code_b) == 0;
}

void scf_rule_distinct(struct scf_rules *r, const char *one, const char *other) {
    const cJSON *a = scf_json_get(r->body, one), *b = scf_json_get(r->body, other);
    if (!a || !b)
        return;
    bool same = cJSON_IsString(a) ? scf_body_is(r->body, other, a->valuestring) : same_party(a, b);
    if (!same)
        return;
    char pointer[64];
    snprintf(pointer, sizeof pointer, "#/%s", other);
    scf_fault_add(r->faults, pointer, "same-party", "This is the same enterprise as %s.", one);
}

/* ---- numbers ---- */

void scf_rule_vat_rate(struct scf_rules *r, int index, int64_t rate_ppm) {
    static const int64_t rates[] = {0, 10000, 30000, 50000, 60000, 90000, 130000, 160000, 170000};
    for (size_t i = 0; i < SCF_COUNT(rates); i++)
        if (rates[i] == rate_ppm)
            return;
    char pointer[64], text[SCF_MONEY_TEXT];
    snprintf(pointer, sizeof pointer, "#/lines/%d/tax_rate", index);
    scf_decimal_format(rate_ppm, SCF_RATE_PLACES, text);
    scf_fault_add(r->warnings, pointer, "unusual-vat-rate", "%s is none of the VAT rates.", text);
}

bool scf_sum(const cJSON *list, const char *member, int scale, int64_t *ret) {
    int64_t sum = 0, value;
    const cJSON *item;
    cJSON_ArrayForEach(item, list) {
        if (scf_body_money(item, member, scale, &value) && __builtin_add_overflow(sum, value, &sum))
            return false;
    }
    *ret = sum;
    return true;
}
