/* Reading a fact from a body or its digest. Relies on bodies being valid (intake); what is absent
 * is left out, never guessed. */
#include "fact.h"

#include "scfd/base/clock.h"

/* ---- keys ---- */

static struct scf_uuid key_of(const void *bytes, size_t n) {
    struct scf_hash h = scf_sha256(bytes, n);
    struct scf_uuid key;
    memcpy(key.b, h.b, sizeof key.b);
    return key;
}

struct scf_uuid scf_fact_text_key(const char *text) {
    static const struct scf_uuid nil;
    char plain[2048];
    struct scf_str view = scf_str(text);
    if (view.n == 0)
        return nil;
    if (view.n > sizeof plain) /* longer than any field of it may be */
        return key_of(view.p, view.n);
    return key_of(plain, scf_normalise(view, plain));
}

struct scf_uuid scf_fact_event_key(const cJSON *body) {
    const char *id = scf_json_string(body, "event_id");
    if (id == NULL)
        id = scf_json_string(body, "external_id");
    struct scf_str text = scf_str(id);
    static const struct scf_uuid nil;
    return text.n > 0 ? key_of(text.p, text.n) : nil;
}

#define KEY_PREFIX "sha256:"

static bool is_key(const char *text, struct scf_uuid *ret) {
    return text != NULL && scf_str_starts(scf_str(text), KEY_PREFIX) &&
           scf_unhex(scf_str(text + sizeof KEY_PREFIX - 1), ret->b, sizeof ret->b);
}

void scf_fact_key_text(const struct scf_uuid *key, char out[SCF_KEY_AS_TEXT]) {
    memcpy(out, KEY_PREFIX, sizeof KEY_PREFIX);
    scf_hex(key->b, sizeof key->b, out + sizeof KEY_PREFIX - 1);
}

struct scf_uuid scf_fact_account_key(const char *text) {
    struct scf_uuid key;
    return is_key(text, &key) ? key : scf_fact_text_key(text);
}

/* The name of goods without the category that Chinese invoices put before it (*轴承*轮毂轴承). */
struct scf_uuid scf_fact_goods_key(const char *name) {
    struct scf_uuid key;
    if (is_key(name, &key))
        return key;
    const char *end = name != NULL && name[0] == '*' ? strchr(name + 1, '*') : NULL;
    return scf_fact_text_key(end != NULL && end[1] != '\0' ? end + 1 : name);
}

static struct scf_uuid id_of(const cJSON *object, const char *name) {
    struct scf_uuid id = {{0}};
    char prefix[16];
    return scf_id_parse_any(scf_str(scf_json_string(object, name)), prefix, &id)
               ? id
               : (struct scf_uuid){{0}};
}

/* ---- steps ---- */

static const struct {
    const char *step;
    enum scf_phase phase;
    int taking;
} steps[] = {
    {"order_confirmed", SCF_PHASE_ORDER, 0},
    {"production_started", SCF_PHASE_PRODUCTION, 0},
    {"production_completed", SCF_PHASE_PRODUCTION, 0},
    {"cbv:commissioning", SCF_PHASE_PRODUCTION, 0},
    {"cbv:assembling", SCF_PHASE_PRODUCTION, 0},
    {"warehouse_out", SCF_PHASE_DISPATCH, 0},
    {"shipped", SCF_PHASE_DISPATCH, 0},
    {"in_transit", SCF_PHASE_DISPATCH, 0},
    {"arrived", SCF_PHASE_DISPATCH, 0},
    {"cbv:shipping", SCF_PHASE_DISPATCH, 0},
    {"cbv:departing", SCF_PHASE_DISPATCH, 0},
    {"cbv:transporting", SCF_PHASE_DISPATCH, 0},
    {"cbv:arriving", SCF_PHASE_DISPATCH, 0},
    {"warehouse_in", SCF_PHASE_RECEIPT, 1},
    {"cbv:storing", SCF_PHASE_RECEIPT, 1},
    {"received", SCF_PHASE_RECEIPT, 2},
    {"cbv:receiving", SCF_PHASE_RECEIPT, 2},
    {"inspected", SCF_PHASE_ACCEPTANCE, 3},
    {"cbv:inspecting", SCF_PHASE_ACCEPTANCE, 3},
    {"installed", SCF_PHASE_ACCEPTANCE, 4},
    {"cbv:installing", SCF_PHASE_ACCEPTANCE, 4},
    {"serviced", SCF_PHASE_ACCEPTANCE, 5},
    {"accepted", SCF_PHASE_ACCEPTANCE, 6},
    {"cbv:accepting", SCF_PHASE_ACCEPTANCE, 6},
    {"reconciled", SCF_PHASE_RECONCILED, 0},
    {"paid", SCF_PHASE_PAID, 0},
    {"returned", SCF_PHASE_RETURNED, 0},
    {"disputed", SCF_PHASE_DISPUTED, 0},
    {"dispute_resolved", SCF_PHASE_RESOLVED, 0},
};

static void set_step(const cJSON *body, struct scf_fact *f) {
    const char *step = scf_json_string(body, "step");
    f->step = step != NULL ? step : "";
    for (size_t i = 0; i < SCF_COUNT(steps); i++) {
        if (strcmp(steps[i].step, f->step) == 0) {
            f->phase = steps[i].phase;
            f->taking = steps[i].taking;
        }
    }
}

/* ---- members that several kinds share ---- */

/* The day as written: the first ten characters of a date or a time. */
static void set_day(const cJSON *body, const char *name, struct scf_fact *f) {
    struct scf_str text = scf_str(scf_json_string(body, name));
    text.n = text.n > 10 ? 10 : text.n;
    f->has_day = scf_date_parse(text, &f->day);
}

bool scf_fact_lines(struct scf_arena *arena, const cJSON *list, int scale, struct scf_fact *f) {
    size_t n = cJSON_IsArray(list) ? (size_t)cJSON_GetArraySize(list) : 0, i = 0;
    struct scf_fact_line *lines = scf_alloc(arena, n, sizeof *lines);
    const cJSON *json;
    if (lines == NULL)
        return false;
    cJSON_ArrayForEach(json, list) {
        const char *code = scf_json_string(json, "item_code"), *name;
        struct scf_fact_line *l = &lines[i++];
        if (code == NULL || *code == '\0')
            code = scf_json_string(json, "gtin");
        name = scf_json_string(json, "goods_name");
        l->code_key = scf_fact_text_key(code);
        l->name_key = scf_fact_goods_key(name != NULL ? name : scf_json_string(json, "item_name"));
        l->unit = scf_str(scf_json_string(json, "unit"));
        l->has_quantity =
            scf_body_decimal(json, "quantity", SCF_FACT_QUANTITY_PLACES, &l->quantity);
        l->has_price = scf_body_decimal(json, "unit_price", SCF_FACT_PRICE_PLACES, &l->price);
        l->has_amount = scf_body_money(json, "amount", scale, &l->amount);
        l->has_tax = scf_body_decimal(json, "tax_rate", 6, &l->rate_ppm) &&
                     scf_body_money(json, "tax_amount", scale, &l->tax);
    }
    f->lines = lines;
    f->line_count = n;
    return true;
}

/* ---- events ---- */

static bool set_refs(struct scf_arena *arena, const cJSON *body, struct scf_fact *f) {
    static const char *const papers[] = {"bol", "desadv", "pod"};
    const cJSON *list = scf_json_get(body, "business_refs"), *ref;
    struct scf_uuid *invoices =
        scf_alloc(arena, (size_t)(list != NULL ? cJSON_GetArraySize(list) : 0), sizeof *invoices);
    if (invoices == NULL)
        return false;
    cJSON_ArrayForEach(ref, list) {
        const char *value = scf_json_string(ref, "value");
        if (scf_body_is(ref, "type", "inv"))
            invoices[f->invoice_ref_count++] = scf_fact_text_key(value);
        for (size_t i = 0; i < SCF_COUNT(papers); i++) {
            if (scf_body_is(ref, "type", papers[i])) {
                f->shipment.present = true;
                if (scf_uuid_is_nil(&f->shipment.waybill))
                    f->shipment.waybill = scf_fact_text_key(value);
            }
        }
    }
    f->invoice_refs = invoices;
    return true;
}

static void set_shipment(const cJSON *body, struct scf_fact *f) {
    const cJSON *shipment = scf_json_get(body, "shipment");
    struct scf_fact_shipment *s = &f->shipment;
    s->mode = "";
    if (shipment == NULL)
        return;
    const char *waybill = scf_json_string(shipment, "waybill_no");
    const char *mode = scf_json_string(shipment, "mode");
    s->present = true;
    if (waybill != NULL && *waybill != '\0')
        s->waybill = scf_fact_text_key(waybill);
    s->mode = mode != NULL ? mode : "";
    if (!scf_body_decimal(shipment, "distance_km", 3, &s->distance_m))
        s->distance_m = 0;
    if (!scf_body_decimal(shipment, "weight_kg", 3, &s->weight_g))
        s->weight_g = 0;
    if (!scf_json_i64(shipment, "vehicles", &s->vehicles))
        s->vehicles = 0;
}

static bool read_event(struct scf_arena *arena, const cJSON *body, struct scf_fact *f) {
    const cJSON *payment = scf_json_get(body, "payment");
    int64_t percent; /* 10^-4 per cent: millionths of the whole */
    set_step(body, f);
    set_day(body, "occurred_at", f);
    f->actor_id = id_of(body, "actor_enterprise_id");
    f->counterparty_id = id_of(body, "counterparty_id");
    f->milestone = scf_json_string(body, "milestone_code");
    f->has_completion = scf_body_decimal(body, "completion_percent", 4, &percent);
    f->completion_ppm = f->has_completion ? percent : 0;
    f->declares_error = scf_json_get(body, "error_declaration") != NULL;
    f->has_payment = payment != NULL;
    f->payer_id = id_of(payment, "payer_id");
    f->payer_account = scf_fact_account_key(scf_json_string(payment, "payer_account_no"));
    f->payee_account = scf_fact_account_key(scf_json_string(payment, "payee_account_no"));
    set_shipment(body, f);
    return set_refs(arena, body, f) && scf_fact_lines(arena, scf_json_get(body, "items"), 2, f);
}

/* ---- invoices ---- */

static bool set_events(struct scf_arena *arena, const cJSON *list, struct scf_fact *f) {
    size_t n = cJSON_IsArray(list) ? (size_t)cJSON_GetArraySize(list) : 0;
    struct scf_uuid *ids = scf_alloc(arena, n, sizeof *ids);
    const cJSON *item;
    char prefix[16];
    if (ids == NULL)
        return false;
    cJSON_ArrayForEach(item, list) {
        if (scf_id_parse_any(scf_str(cJSON_GetStringValue(item)), prefix, &ids[f->event_count]))
            f->event_count++;
    }
    f->event_ids = ids;
    return true;
}

static void set_tax_state(const cJSON *body, struct scf_fact *f) {
    const cJSON *verification = scf_json_get(body, "verification");
    bool verified = scf_body_is(verification, "status", "verified");
    f->voided = scf_body_is(body, "tax_status", "voided");
    f->fully_red = scf_body_is(body, "tax_status", "fully_red");
    f->not_found = scf_body_is(verification, "status", "not_found");
    f->tax_state_known = verified || f->not_found || scf_json_get(body, "tax_status") != NULL;
}

static bool read_invoice(struct scf_arena *arena, const cJSON *body, struct scf_fact *f) {
    int scale = scf_body_scale(body);
    const cJSON *financing = scf_json_get(body, "financing");
    set_day(body, "issued_on", f);
    f->step = "";
    f->shipment.mode = "";
    f->reduces = scf_json_bool(body, "red_invoice", false) ||
                 scf_body_is(body, "kind", "credit_note") || (f->has_amount && f->amount < 0);
    f->number_key = scf_fact_text_key(scf_json_string(body, "invoice_no"));
    f->original_key = scf_fact_text_key(scf_json_string(body, "original_invoice_no"));
    f->has_due = scf_body_day(body, "due_on", &f->due_day);
    f->financed =
        scf_json_string(financing, "status") != NULL && !scf_body_is(financing, "status", "none");
    f->booked = scf_json_bool(body, "booked", false);
    if (!scf_body_money(scf_json_get(body, "payment"), "paid_amount", scale, &f->paid))
        f->paid = 0;
    f->buyer_account =
        scf_fact_account_key(scf_json_string(scf_json_get(body, "buyer"), "bank_account"));
    f->seller_account =
        scf_fact_account_key(scf_json_string(scf_json_get(body, "seller"), "bank_account"));
    set_tax_state(body, f);
    return scf_fact_lines(arena, scf_json_get(body, "lines"), scale, f) &&
           set_events(arena, scf_json_get(body, "workflow_event_ids"), f);
}

bool scf_fact_read(struct scf_arena *arena, const cJSON *body, struct scf_fact *fact) {
    fact->step = fact->shipment.mode = "";
    fact->readable = body != NULL;
    if (body == NULL)
        return true;
    switch (fact->kind) {
    case SCF_REC_WORKFLOW_EVENT:
        return read_event(arena, body, fact);
    case SCF_REC_INVOICE:
        return read_invoice(arena, body, fact);
    default:
        set_day(body, "signed_on", fact);
        return true;
    }
}

static bool own_text(struct scf_arena *arena, const char **text) {
    if (*text != NULL && **text != '\0')
        *text = scf_strdup(arena, *text);
    return *text != NULL;
}

/* Units repeat from line to line: equal neighbours share their text. */
static bool own_units(struct scf_arena *arena, struct scf_fact *f) {
    struct scf_fact_line *lines = (struct scf_fact_line *)(uintptr_t)f->lines; /* made by us */
    struct scf_str last = {"", 0};
    for (size_t i = 0; i < f->line_count; i++) {
        if (!scf_str_eq(lines[i].unit, last)) {
            last.n = lines[i].unit.n;
            last.p = scf_strndup(arena, lines[i].unit.p, last.n);
        }
        if (last.p == NULL)
            return false;
        lines[i].unit = last;
    }
    return true;
}

bool scf_fact_own(struct scf_arena *arena, struct scf_fact *f) {
    return own_text(arena, &f->step) && own_text(arena, &f->shipment.mode) &&
           (f->milestone == NULL || own_text(arena, &f->milestone)) && own_units(arena, f);
}
