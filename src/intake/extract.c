/* What the record row needs of a valid body, one short function per kind. */
#include "extract.h"

#include "body.h"

struct extraction {
    const cJSON *body;
    const struct scf_rules_ctx *ctx;
    struct scf_arena *arena;
    struct scf_extract *x;
    int scale;
    bool out_of_memory;
};

/* ---- single members ---- */

static struct scf_str text_of(const cJSON *object, const char *name) {
    return scf_str(scf_json_string(object, name));
}

/* Nil when there is none. The id of zeros, which nothing has but which may be written, becomes
 * another one that nothing has. */
static struct scf_uuid parse_id(struct scf_str text) {
    char prefix[16];
    struct scf_uuid id;
    if (!scf_id_parse_any(text, prefix, &id))
        memset(&id, 0, sizeof id);
    else if (scf_uuid_is_nil(&id))
        memset(&id, 0xff, sizeof id);
    return id;
}

static struct scf_uuid id_of(const cJSON *object, const char *name) {
    return parse_id(text_of(object, name));
}

/* A copy in the arena of a party's code. */
static struct scf_str keep(struct extraction *e, const char *code) {
    const char *copy = scf_strdup(e->arena, code);
    e->out_of_memory |= !copy;
    return scf_str(copy);
}

/* By id if the body gives one, else by code and name. */
static struct scf_enterprise_ref party_of(struct extraction *e, const char *name) {
    const cJSON *party = scf_json_get(e->body, name);
    struct scf_enterprise_ref ref = {.id = id_of(party, "enterprise_id")};
    char code[SCF_PARTY_CODE];
    if (!scf_uuid_is_nil(&ref.id))
        return ref;
    scf_party_code(party, code);
    ref.uscc = keep(e, code);
    ref.name = text_of(party, "name");
    return ref;
}

/* The code of a party that gives a number beside its enterprise_id; else empty. */
static struct scf_str code_beside_id(struct extraction *e, const char *name) {
    const cJSON *party = scf_json_get(e->body, name);
    char code[SCF_PARTY_CODE];
    if (!scf_json_get(party, "enterprise_id"))
        return (struct scf_str){NULL, 0};
    scf_party_code(party, code);
    return keep(e, code);
}

/* ---- what is named by id ---- */

static bool grow(struct scf_named_list *list, struct scf_arena *arena) {
    if (list->count < list->capacity)
        return true;
    size_t capacity = list->capacity ? 2 * list->capacity : 4;
    struct scf_named *items = scf_alloc(arena, capacity, sizeof *items);
    if (!items)
        return false;
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof *items);
    list->items = items;
    list->capacity = capacity;
    return true;
}

static void add_named(struct extraction *e, struct scf_named_list *list, enum scf_record_kind kind,
                      const cJSON *id, const char *pointer) {
    if (!cJSON_IsString(id))
        return;
    if (!pointer || !grow(list, e->arena)) {
        e->out_of_memory = true;
        return;
    }
    list->items[list->count++] =
        (struct scf_named){parse_id(scf_str(id->valuestring)), pointer, kind};
}

static void name_enterprise(struct extraction *e, const char *member, const char *pointer) {
    add_named(e, &e->x->enterprises, SCF_REC_ENTERPRISE, scf_json_get(e->body, member), pointer);
}

static void name_record(struct extraction *e, enum scf_record_kind kind, const char *member,
                        const char *pointer) {
    add_named(e, &e->x->records, kind, scf_json_get(e->body, member), pointer);
}

/* `member` of every object in a list. */
static void name_enterprises(struct extraction *e, const char *list, const char *member) {
    const cJSON *item;
    int i = 0;
    cJSON_ArrayForEach(item, scf_json_get(e->body, list)) {
        add_named(e, &e->x->enterprises, SCF_REC_ENTERPRISE, scf_json_get(item, member),
                  scf_asprintf(e->arena, "#/%s/%d/%s", list, i, member));
        i++;
    }
}

/* A list of ids from its element `first` on. */
static void name_records(struct extraction *e, enum scf_record_kind kind, const char *list,
                         int first) {
    const cJSON *id;
    int i = 0;
    cJSON_ArrayForEach(id, scf_json_get(e->body, list)) {
        if (i >= first)
            add_named(e, &e->x->records, kind, id, scf_asprintf(e->arena, "#/%s/%d", list, i));
        i++;
    }
}

/* ---- members with a meaning of their own ---- */

static void set_happened(struct extraction *e, const char *time, const char *day) {
    int32_t date;
    int offset = e->ctx->offset_minutes;
    if (time && scf_body_time(e->body, time, offset, &e->x->happened_us)) {
        e->x->has_happened = true;
    } else if (day && scf_body_day(e->body, day, &date)) {
        e->x->happened_us = scf_midnight_us(date, offset);
        e->x->has_happened = true;
    }
}

static void set_amount(struct extraction *e, const char *name) {
    if (!scf_body_money(e->body, name, e->scale, &e->x->amount))
        return;
    e->x->has_amount = true;
    memcpy(e->x->currency, scf_json_string(e->body, "currency"), sizeof e->x->currency);
}

/* Keys that rest on the seller wait when only its id is known. */
static void set_seller_keys(struct extraction *e, enum scf_record_kind kind,
                            const struct scf_enterprise_ref *seller) {
    if (e->x->contract_no.n == 0)
        return;
    e->x->needs_seller_uscc = seller->uscc.n == 0;
    if (!e->x->needs_seller_uscc)
        scf_extract_complete_keys(e->x, kind, seller->uscc);
}

/* The contract by id, or by number and seller; NULL: the body names no seller. */
static const char *set_contract_and_seller(struct extraction *e,
                                           struct scf_enterprise_ref *seller) {
    const char *pointer = NULL;
    if (scf_json_get(e->body, "seller_uscc")) {
        seller->uscc = text_of(e->body, "seller_uscc");
        pointer = "#/seller_uscc";
    } else if (scf_json_get(e->body, "seller")) {
        *seller = party_of(e, "seller");
        pointer = "#/seller";
    }
    e->x->contract_id = id_of(e->body, "contract_id");
    e->x->contract_no = text_of(e->body, "contract_no");
    e->x->contract_pointer =
        scf_uuid_is_nil(&e->x->contract_id) ? "#/contract_no" : "#/contract_id";
    return pointer;
}

void scf_extract_complete_keys(struct scf_extract *x, enum scf_record_kind kind,
                               struct scf_str seller) {
    if (seller.n == 0 || x->contract_no.n == 0)
        return;
    x->contract_key = scf_contract_key(seller, x->contract_no);
    if (kind == SCF_REC_CONTRACT)
        x->business_key = x->contract_key;
    x->needs_seller_uscc = false;
}

/* ---- cross-checks inside the record (docs/credit-model.md) ---- */

static void add_check(struct extraction *e, bool passed) {
    e->x->checks_applicable++;
    e->x->checks_passed = (int16_t)(e->x->checks_passed + passed);
}

/* Both days are there: the later one must not be before the earlier one. */
static void check_days(struct extraction *e, const cJSON *earlier_in, const char *earlier,
                       const cJSON *later_in, const char *later) {
    int32_t first, second;
    if (scf_body_day(earlier_in, earlier, &first) && scf_body_day(later_in, later, &second))
        add_check(e, first <= second);
}

static void check_contract_lines(struct extraction *e) {
    const cJSON *line;
    int64_t quantity, price, amount;
    cJSON_ArrayForEach(line, scf_json_get(e->body, "lines")) {
        if (scf_body_decimal(line, "quantity", SCF_QUANTITY_PLACES, &quantity) &&
            scf_body_decimal(line, "unit_price", SCF_PRICE_PLACES, &price) &&
            scf_body_money(line, "amount", e->scale, &amount))
            add_check(e, scf_product_matches(quantity, price, amount, e->scale));
    }
}

static void check_invoice_lines(struct extraction *e) {
    const cJSON *line;
    int64_t amount, tax, rate;
    cJSON_ArrayForEach(line, scf_json_get(e->body, "lines")) {
        if (scf_body_money(line, "amount", e->scale, &amount) &&
            scf_body_money(line, "tax_amount", e->scale, &tax) &&
            scf_body_decimal(line, "tax_rate", SCF_RATE_PLACES, &rate))
            add_check(e, scf_tax_matches(amount, rate, tax, e->scale));
    }
}

/* total = net + tax, within `tolerance` minor units; no check when a member is absent. */
static void check_total(struct extraction *e, const char *total_name, int64_t tolerance) {
    int64_t net, tax, total;
    if (!scf_body_money(e->body, "amount_excl_tax", e->scale, &net) ||
        !scf_body_money(e->body, "tax_amount", e->scale, &tax) ||
        !scf_body_money(e->body, total_name, e->scale, &total))
        return;
    int64_t difference = net + tax - total;
    add_check(e, difference <= tolerance && difference >= -tolerance);
}

/* ---- one kind each ---- */

static void extract_contract(struct extraction *e) {
    const cJSON *body = e->body, *milestone;
    e->x->subject = party_of(e, "seller");
    e->x->counterparty = party_of(e, "buyer");
    e->x->subject_pointer = "#/seller";
    e->x->counterparty_pointer = "#/buyer";
    e->x->contract_no = text_of(body, "contract_no");
    e->x->contract_pointer = "#/contract_no";
    name_enterprises(e, "other_parties", "enterprise_id");
    name_record(e, SCF_REC_CONTRACT, "framework_contract_id", "#/framework_contract_id");
    set_seller_keys(e, SCF_REC_CONTRACT, &e->x->subject);
    set_happened(e, NULL, "signed_on");
    set_amount(e, "amount");
    check_contract_lines(e);
    check_total(e, "amount", scf_tolerance(1, e->scale));
    check_days(e, body, "effective_from", body, "effective_to");
    check_days(e, body, "signed_on", body, "effective_to");
    check_days(e, body, "signed_on", scf_json_get(body, "delivery"), "due_on");
    cJSON_ArrayForEach(milestone, scf_json_get(body, "milestones"))
        check_days(e, body, "signed_on", milestone, "due_on");
}

static void extract_event(struct extraction *e) {
    e->x->subject_pointer = set_contract_and_seller(e, &e->x->subject);
    name_enterprise(e, "actor_enterprise_id", "#/actor_enterprise_id");
    name_enterprise(e, "counterparty_id", "#/counterparty_id");
    add_named(e, &e->x->enterprises, SCF_REC_ENTERPRISE,
              scf_json_get(scf_json_get(e->body, "payment"), "payer_id"), "#/payment/payer_id");
    set_seller_keys(e, SCF_REC_WORKFLOW_EVENT, &e->x->subject);
    set_happened(e, "occurred_at", NULL);
    set_amount(e, "amount");
}

/* The number of a Chinese invoice is unique in the country; any other only with its seller. */
static struct scf_uuid invoice_key(const cJSON *body) {
    struct scf_str no = text_of(body, "invoice_no"), code = text_of(body, "invoice_code");
    const char *kind = scf_json_string(body, "kind");
    char seller[SCF_PARTY_CODE], scoped[SCF_PARTY_CODE + 160];
    if (strcmp(kind, "foreign_invoice") != 0 && strcmp(kind, "credit_note") != 0 &&
        strcmp(kind, "other") != 0)
        return scf_invoice_key(code, no);
    scf_party_code(scf_json_get(body, "seller"), seller);
    snprintf(scoped, sizeof scoped, "%s/%s", seller, code.n > 0 ? code.p : "");
    return scf_invoice_key(scf_str(scoped), no);
}

static void extract_invoice(struct extraction *e) {
    const cJSON *body = e->body;
    e->x->subject = party_of(e, "seller");
    e->x->counterparty = party_of(e, "buyer");
    e->x->subject_pointer = "#/seller";
    e->x->counterparty_pointer = "#/buyer";
    e->x->subject_code = code_beside_id(e, "seller");
    e->x->counterparty_code = code_beside_id(e, "buyer");
    e->x->business_key = invoice_key(body);
    e->x->contract_no = text_of(body, "contract_no");
    e->x->contract_pointer = "#/contract_no";
    const cJSON *first = cJSON_GetArrayItem(scf_json_get(body, "contract_ids"), 0);
    if (first) {
        e->x->contract_id = parse_id(scf_str(first->valuestring));
        e->x->contract_pointer = "#/contract_ids/0";
    }
    name_records(e, SCF_REC_CONTRACT, "contract_ids", 1);
    name_records(e, SCF_REC_WORKFLOW_EVENT, "workflow_event_ids", 0);
    add_named(e, &e->x->enterprises, SCF_REC_ENTERPRISE,
              scf_json_get(scf_json_get(body, "financing"), "financier_id"),
              "#/financing/financier_id");
    set_seller_keys(e, SCF_REC_INVOICE, &e->x->subject);
    set_happened(e, "issued_at", "issued_on");
    set_amount(e, "total_amount");
    check_invoice_lines(e);
    check_total(e, "total_amount", 0);
    check_days(e, body, "issued_on", body, "due_on");
}

static void extract_guarantee(struct extraction *e) {
    const cJSON *body = e->body;
    e->x->subject.id = id_of(body, "obligor_id");
    e->x->counterparty.id = id_of(body, "beneficiary_id");
    e->x->subject_pointer = "#/obligor_id";
    e->x->counterparty_pointer = "#/beneficiary_id";
    e->x->seller_pointer = set_contract_and_seller(e, &e->x->seller);
    name_enterprise(e, "guarantor_id", "#/guarantor_id");
    name_enterprises(e, "collateral", "owner_id");
    name_record(e, SCF_REC_LOAN, "loan_id", "#/loan_id");
    set_seller_keys(e, SCF_REC_GUARANTEE, &e->x->seller);
    set_happened(e, NULL, "issued_on");
    set_amount(e, "amount");
    check_days(e, body, "issued_on", body, "expires_on");
    check_days(e, body, "effective_from", body, "expires_on");
}

enum scf_code scf_record_extract(enum scf_record_kind kind, const cJSON *body,
                                 const struct scf_rules_ctx *ctx, struct scf_arena *arena,
                                 struct scf_extract *ret) {
    static void (*const extract[])(struct extraction * e) = {
        [SCF_REC_ENTERPRISE] = NULL, /* the common members are all */
        [SCF_REC_CONTRACT] = extract_contract, [SCF_REC_WORKFLOW_EVENT] = extract_event,
        [SCF_REC_INVOICE] = extract_invoice,   [SCF_REC_GUARANTEE] = extract_guarantee,
    };
    SCF_ASSERT((size_t)kind < SCF_COUNT(extract));
    struct scf_extract x = {
        .external_id = text_of(body, "external_id"),
        .revises_id = id_of(body, "revises_id"),
    };
    struct extraction e = {
        .body = body, .ctx = ctx, .arena = arena, .x = &x, .scale = scf_body_scale(body)};
    if (extract[kind])
        extract[kind](&e);
    if (e.out_of_memory)
        return SCF_E_BODY_TOO_LARGE;
    *ret = x;
    return SCF_OK;
}
