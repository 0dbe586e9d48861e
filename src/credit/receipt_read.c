/* Reading a receipt back, and checking it: the inputs are read, the limit is computed anew, the
 * receipt is written anew, and both documents are compared member by member. Pure. */
#include "receipt.h"
#include "scfd/base/clock.h"
#include "scfd/base/money.h"

enum { VERIFY_BYTES = 64 << 20, RECEIPT_BYTES = 16 << 20, MAX_LIST = 1000 };

/* Counts stay where sums over MAX_LIST of them fit 64 bits, whatever a receipt claims. */
#define MAX_COUNT INT64_C(9007199254740991)

/* Remembers the first member that is missing or wrong; reading goes on with zeros. */
struct reader {
    struct scf_arena *arena;
    const char *bad;
};

static void complain(struct reader *r, bool sound, const char *name) {
    if (!sound && r->bad == NULL)
        r->bad = name;
}

static const char *text(struct reader *r, const cJSON *o, const char *name) {
    const char *value = scf_json_string(o, name);
    complain(r, value != NULL, name);
    return value != NULL ? value : "";
}

static int64_t integer(struct reader *r, const cJSON *o, const char *name) {
    int64_t value = 0;
    bool sound = scf_json_i64(o, name, &value) && value >= 0 && value <= MAX_COUNT;
    complain(r, sound, name);
    return sound ? value : 0;
}

static int64_t ratio_of(struct reader *r, const cJSON *item, const char *name) {
    int64_t value = 0;
    bool sound = cJSON_IsString(item) && scf_decimal_parse(scf_str(item->valuestring), 6, &value) &&
                 value >= 0 && value <= SCF_PPM;
    complain(r, sound, name);
    return sound ? value : 0;
}

static int64_t ratio(struct reader *r, const cJSON *o, const char *name) {
    return ratio_of(r, scf_json_get(o, name), name);
}

static int64_t money(struct reader *r, const cJSON *o, const char *name, int scale) {
    int64_t value = 0;
    complain(r, scf_money_parse(scf_str(text(r, o, name)), scale, &value), name);
    return value;
}

static bool truth(struct reader *r, const cJSON *o, const char *name) {
    complain(r, cJSON_IsBool(scf_json_get(o, name)), name);
    return scf_json_bool(o, name, false);
}

static int32_t day(struct reader *r, const cJSON *o, const char *name) {
    int32_t value = 0;
    complain(r, scf_date_parse(scf_str(text(r, o, name)), &value), name);
    return value;
}

static int64_t moment(struct reader *r, const cJSON *o, const char *name) {
    int64_t value = 0;
    complain(r, scf_time_parse(scf_str(text(r, o, name)), &value), name);
    return value;
}

static struct scf_uuid id(struct reader *r, const cJSON *o, const char *name, const char *prefix) {
    struct scf_uuid value = {{0}};
    complain(r, scf_id_parse(prefix, scf_str(text(r, o, name)), &value), name);
    return value;
}

static struct scf_hash hex(struct reader *r, const cJSON *o, const char *name) {
    struct scf_hash value = {{0}};
    complain(r, scf_unhex(scf_str(text(r, o, name)), value.b, SCF_HASH_LEN), name);
    return value;
}

static void currency(struct reader *r, const cJSON *o, char out[4]) {
    const char *value = text(r, o, "currency");
    complain(r, strlen(value) <= 3, "currency");
    memcpy(out, value, strnlen(value, 3) + (strlen(value) <= 3));
    out[3] = '\0';
}

/* Zeroed room for the elements of an array member; *ret_n elements. */
static void *list(struct reader *r, const cJSON *o, const char *name, size_t size, size_t *ret_n,
                  const cJSON **ret_first) {
    const cJSON *array = scf_json_get(o, name);
    int n = cJSON_IsArray(array) ? cJSON_GetArraySize(array) : 0;
    complain(r, cJSON_IsArray(array) && n <= MAX_LIST, name);
    void *room = scf_alloc(r->arena, n <= MAX_LIST ? (size_t)n : 0, size);
    complain(r, room != NULL, name);
    *ret_n = room != NULL && n <= MAX_LIST ? (size_t)n : 0;
    *ret_first = *ret_n > 0 ? array->child : NULL;
    return room;
}

static void ratios(struct reader *r, const cJSON *o, const char *name, int64_t *out, int n) {
    const cJSON *array = scf_json_get(o, name);
    complain(r, cJSON_IsArray(array) && cJSON_GetArraySize(array) == n, name);
    const cJSON *e = cJSON_IsArray(array) ? array->child : NULL;
    for (int i = 0; i < n && e != NULL; i++, e = e->next)
        out[i] = ratio_of(r, e, name);
}

/* ---- the parts of the inputs ---- */

static void read_template(struct reader *r, const cJSON *o, struct scf_limit_inputs *in) {
    struct scf_grading *g = &in->grading;
    in->template_id = id(r, o, "id", "tpl");
    in->template_code = text(r, o, "code");
    in->template_revision = integer(r, o, "revision");
    ratios(r, o, "normativity", g->normativity_ppm, 3);
    ratios(r, o, "accuracy", g->accuracy_ppm, 3);
    ratios(r, o, "rating_weights", g->rating_ppm, 3);
    ratios(r, o, "scores", g->score_ppm, 4);
    g->delay_workflow_ppm = ratio(r, o, "delay_workflow_weight");
    g->accuracy_range_ppm = ratio(r, o, "accuracy_range_weight");
    const cJSON *us = scf_json_get(o, "timeliness_us");
    complain(r, cJSON_IsArray(us) && cJSON_GetArraySize(us) == 3, "timeliness_us");
    const cJSON *e = cJSON_IsArray(us) ? us->child : NULL;
    for (int i = 0; i < 3 && e != NULL; i++, e = e->next) {
        bool sound =
            cJSON_IsNumber(e) && e->valuedouble >= 0 && e->valuedouble <= (double)MAX_COUNT;
        complain(r, sound, "timeliness_us");
        g->timeliness_us[i] = sound ? (int64_t)e->valuedouble : 0;
    }
}

static void read_chains(struct reader *r, const cJSON *o, struct scf_limit_inputs *in) {
    const cJSON *e;
    struct scf_limit_chain *c = list(r, o, "chains", sizeof *c, &in->chain_count, &e);
    in->chains = c;
    for (; e != NULL; e = e->next, c++) {
        size_t n = 0;
        c->chain_id = id(r, e, "id", "chain");
        c->folded_size = integer(r, e, "folded_size");
        c->sealed_size = integer(r, e, "sealed_size");
        bool sound =
            scf_unbase64(scf_str(text(r, e, "sealed_root")), c->sealed_root.b, SCF_HASH_LEN, &n);
        complain(r, sound && n == SCF_HASH_LEN, "sealed_root");
    }
}

static enum scf_record_kind record_kind(struct reader *r, const cJSON *o) {
    const char *name = text(r, o, "kind");
    for (int k = 0; k < SCF_REC_KINDS; k++)
        if (strcmp(scf_record_kind_name((enum scf_record_kind)k), name) == 0)
            return (enum scf_record_kind)k;
    complain(r, false, "kind");
    return SCF_REC_ENTERPRISE;
}

static void read_sums(struct reader *r, const cJSON *o, struct scf_limit_inputs *in) {
    const cJSON *e;
    struct scf_rating_sums *s = list(r, o, "sums", sizeof *s, &in->sum_count, &e);
    in->sums = s;
    for (; e != NULL; e = e->next, s++) {
        *s = (struct scf_rating_sums){
            .chain_id = id(r, e, "chain_id", "chain"),
            .template_id = (int32_t)integer(r, e, "template"),
            .kind = record_kind(r, e),
            .records = integer(r, e, "records"),
            .weight_expected = integer(r, e, "weight_expected"),
            .weight_present = integer(r, e, "weight_present"),
            .delay_count = integer(r, e, "delay_count"),
            .delay_s = integer(r, e, "delay_s"),
            .delay_us = integer(r, e, "delay_us"),
            .range_ok = integer(r, e, "range_ok"),
            .fluctuation_applicable = integer(r, e, "fluctuation_applicable"),
            .fluctuation_ok = integer(r, e, "fluctuation_ok"),
            .checks_applicable = integer(r, e, "checks_applicable"),
            .checks_passed = integer(r, e, "checks_passed"),
        };
    }
}

static void read_qualifications(struct reader *r, const cJSON *o, struct scf_limit_inputs *in) {
    const cJSON *e;
    struct scf_limit_qualification *q =
        list(r, o, "qualifications", sizeof *q, &in->qualification_count, &e);
    in->qualifications = q;
    for (; e != NULL; e = e->next, q++) {
        q->type = text(r, e, "type");
        q->grade = text(r, e, "grade");
        q->issued_day = day(r, e, "issued_on");
        q->has_until = scf_json_get(e, "valid_until") != NULL;
        q->until_day = q->has_until ? day(r, e, "valid_until") : 0;
    }
}

static void read_guarantees(struct reader *r, const cJSON *o, struct scf_limit_contract *k) {
    const cJSON *e;
    struct scf_limit_guarantee *g = list(r, o, "guarantees", sizeof *g, &k->guarantee_count, &e);
    k->guarantees = g;
    for (; e != NULL; e = e->next, g++) {
        g->record_id = id(r, e, "id", "gua");
        g->body_sha256 = hex(r, e, "sha256");
        g->status = text(r, e, "status");
        currency(r, e, g->currency);
        g->amount = money(r, e, "amount", scf_scale_of(g->currency));
        g->obligor_is_borrower = truth(r, e, "obligor_is_borrower");
        g->unconfirmed = scf_json_get(e, "unconfirmed") != NULL && truth(r, e, "unconfirmed");
        g->has_from = scf_json_get(e, "effective_from") != NULL;
        g->from_day = g->has_from ? day(r, e, "effective_from") : 0;
        g->expires_day = day(r, e, "expires_on");
    }
}

static void read_contracts(struct reader *r, const cJSON *o, struct scf_limit_inputs *in) {
    const cJSON *e;
    struct scf_limit_contract *k = list(r, o, "contracts", sizeof *k, &in->contract_count, &e);
    in->contracts = k;
    for (; e != NULL; e = e->next, k++) {
        k->record_id = id(r, e, "id", "ctr");
        k->body_sha256 = hex(r, e, "sha256");
        k->status = text(r, e, "status");
        currency(r, e, k->currency);
        int scale = scf_scale_of(k->currency);
        k->amount = money(r, e, "amount", scale);
        k->prepaid = money(r, e, "prepaid", scale);
        k->retention = money(r, e, "retention", scale);
        k->financed = money(r, e, "financed", scale);
        k->seller_is_borrower = truth(r, e, "seller_is_borrower");
        k->duplicate = truth(r, e, "duplicate");
        k->has_signed = scf_json_get(e, "signed_at") != NULL;
        k->signed_us = k->has_signed ? moment(r, e, "signed_at") : 0;
        read_guarantees(r, e, k);
    }
}

enum scf_code scf_receipt_read(struct scf_arena *arena, const cJSON *receipt,
                               struct scf_limit_inputs *ret, struct scf_error *err) {
    struct reader r = {.arena = arena};
    struct scf_limit_inputs in = {0};
    const cJSON *o = scf_json_get(receipt, "inputs"), *policy = scf_json_get(o, "policy");
    in.assessment_id = id(&r, o, "assessment_id", "asm");
    in.borrower_id = id(&r, o, "borrower_id", "ent");
    in.as_of_us = moment(&r, o, "as_of");
    in.from_day = day(&r, o, "window_from");
    in.to_day = day(&r, o, "window_to");
    currency(&r, o, in.currency);
    in.has_requested = scf_json_get(o, "requested_amount") != NULL;
    in.requested =
        in.has_requested ? money(&r, o, "requested_amount", scf_scale_of(in.currency)) : 0;
    in.operating = truth(&r, o, "operating");
    in.history_periods = integer(&r, o, "history_periods");
    read_template(&r, scf_json_get(o, "template"), &in);
    read_chains(&r, o, &in);
    read_sums(&r, o, &in);
    read_qualifications(&r, o, &in);
    read_contracts(&r, o, &in);
    const char *params = text(&r, policy, "params");
    if (r.bad != NULL) {
        return scf_fail(err, SCF_E_VALIDATION_FAILED, "The receipt's %s is missing or wrong",
                        r.bad);
    }
    enum scf_code code =
        scf_policy_parse(arena, text(&r, policy, "code"), text(&r, policy, "version"),
                         scf_str(params), &in.policy, err);
    if (code == SCF_OK)
        *ret = in;
    return code;
}

/* ---- checking ---- */

/* The first place where two documents differ, as a dotted path; false when there is none. */
static bool differs(const cJSON *a, const cJSON *b, char *path, size_t size, size_t at) {
    if (a->type != b->type)
        return true;
    if (!cJSON_IsObject(a) && !cJSON_IsArray(a))
        return !cJSON_Compare(a, b, 1);
    if (cJSON_GetArraySize(a) != cJSON_GetArraySize(b))
        return true;
    int i = 0;
    for (const cJSON *x = a->child; x != NULL; x = x->next, i++) {
        const cJSON *y = cJSON_IsObject(a) ? cJSON_GetObjectItemCaseSensitive(b, x->string)
                                           : cJSON_GetArrayItem(b, i);
        int n = cJSON_IsObject(a) ? snprintf(path + at, size - at, ".%s", x->string)
                                  : snprintf(path + at, size - at, ".%d", i);
        size_t next = at + (size_t)n < size ? at + (size_t)n : size - 1;
        if (y == NULL || differs(x, y, path, size, next))
            return true;
    }
    path[at] = '\0';
    return false;
}

static bool compare(struct scf_arena *arena, const cJSON *given, const struct scf_limit_inputs *in,
                    const struct scf_limit_result *result, struct scf_buf *report) {
    struct scf_buf again;
    struct scf_error err = {0};
    char path[256] = "";
    scf_buf_init(&again, RECEIPT_BYTES);
    scf_receipt_write(in, result, &again);
    const cJSON *own = again.overflow ? NULL : scf_json_parse(arena, again.data, again.len, &err);
    bool same = own != NULL && !differs(own, given, path, sizeof path, 0);
    scf_buf_free(&again);
    char limit[SCF_MONEY_TEXT];
    scf_money_format(result->limit, scf_scale_of(in->currency), limit);
    scf_buf_printf(report, "ok    recomputed limit: %s %s\n", limit, in->currency);
    if (same) {
        scf_buf_puts(report, "ok    every input and number of the receipt agrees\n");
    } else {
        scf_buf_printf(report, "FAIL  the receipt differs from the recomputation at %s\n",
                       path[0] == '.' ? path + 1 : "its top");
    }
    return same;
}

bool scf_receipt_verify(struct scf_str receipt_json, struct scf_buf *report) {
    struct scf_arena *arena = scf_arena_new(VERIFY_BYTES);
    struct scf_error err = {0};
    struct scf_limit_inputs in;
    struct scf_limit_result result;
    bool sound = false;
    char *copy = scf_strndup(arena, receipt_json.p, receipt_json.n);
    const cJSON *json = copy != NULL ? scf_json_parse(arena, copy, receipt_json.n, &err) : NULL;
    if (json == NULL || scf_receipt_read(arena, json, &in, &err) != SCF_OK)
        scf_buf_printf(report, "FAIL  %s\n", err.detail);
    else if (!scf_limit_compute(&in, arena, &result))
        scf_buf_puts(report, "FAIL  the receipt is too large\n");
    else
        sound = compare(arena, json, &in, &result, report);
    scf_arena_free(arena);
    return sound;
}
