/* Offering a receivable: who may, on what papers, and on what terms. */
#include "api.h"

#include "scfd/base/clock.h"
#include "scfd/party/node.h"

struct offer {
    struct scf_rcv_post *p;
    struct scf_db *db;
    struct scf_rcv_papers papers;
    struct scf_policy policy;
    struct scf_receivable r;
    struct scf_faults *warnings;
};

static struct scf_uuid id_of(const cJSON *body, const char *name) {
    char prefix[16];
    struct scf_uuid id = {{0}};
    const char *text = scf_json_string(body, name);
    if (text && !scf_id_parse_any(scf_str(text), prefix, &id))
        return (struct scf_uuid){{0}};
    return id;
}

static enum scf_code mismatch(const struct offer *o, const char *pointer, const char *detail,
                              struct scf_error *err) {
    return scf_fail_fault(o->p->arena, pointer, "mismatch", detail, err);
}

/* ---- papers and parties ---- */

static enum scf_code check_papers(const struct offer *o, struct scf_error *err) {
    const struct scf_record *invoice = &o->papers.invoice, *contract = &o->papers.contract;
    const char *currency = scf_json_string(o->p->body, "currency");
    if (!invoice->has_amount || invoice->amount <= 0)
        return mismatch(o, "#/invoice_id", "A red invoice is no claim on its buyer.", err);
    if (scf_uuid_is_nil(&invoice->enterprise_id) || scf_uuid_is_nil(&invoice->counterparty_id))
        return mismatch(o, "#/invoice_id", "The invoice names no seller or no buyer.", err);
    if (strcmp(currency ? currency : "CNY", invoice->currency) != 0)
        return mismatch(o, "#/currency", "The invoice is in another currency.", err);
    if (scf_uuid_is_nil(&contract->id))
        return SCF_OK;
    if (!scf_uuid_eq(&contract->enterprise_id, &invoice->enterprise_id) ||
        !scf_uuid_eq(&contract->counterparty_id, &invoice->counterparty_id))
        return mismatch(o, "#/contract_id", "The contract is between other parties.", err);
    if (!scf_uuid_is_nil(&invoice->contract_key) &&
        !scf_uuid_eq(&contract->business_key, &invoice->contract_key))
        return mismatch(o, "#/contract_id", "The invoice bills another contract.", err);
    return SCF_OK;
}

static enum scf_code check_lender(const struct offer *o, const struct scf_uuid *lender_id,
                                  struct scf_error *err) {
    const struct scf_actor *actor = o->p->actor;
    struct scf_node node;
    enum scf_code code = scf_node_get(o->db, o->p->arena, lender_id, false, &node, err);
    if (code == SCF_E_NOT_FOUND ||
        (code == SCF_OK && (node.kind != SCF_NODE_LENDER || node.status != SCF_NODE_ACTIVE)))
        return scf_fail_fault(o->p->arena, "#/lender_id", "unknown-reference",
                              "There is no such lender.", err);
    if (code == SCF_OK && actor->kind == SCF_NODE_LENDER &&
        !scf_uuid_eq(lender_id, &actor->node_id))
        return mismatch(o, "#/lender_id", "A lender takes receivables for itself only.", err);
    return code;
}

/* The seller, the debtor, the lender itself, or the platform in whose chain the invoice is. */
static enum scf_code check_sender(const struct offer *o, struct scf_error *err) {
    const struct scf_actor *actor = o->p->actor;
    const struct scf_record *invoice = &o->papers.invoice;
    if (actor->kind == SCF_NODE_LENDER || scf_uuid_eq(&invoice->chain_id, &actor->node_id) ||
        scf_uuid_eq(&actor->operator_enterprise_id, &invoice->enterprise_id) ||
        scf_uuid_eq(&actor->operator_enterprise_id, &invoice->counterparty_id))
        return SCF_OK;
    return scf_fail(err, SCF_E_FORBIDDEN,
                    "A receivable is offered by a node of its seller or debtor, by the one that "
                    "sent the invoice, or by the lender.");
}

/* ---- terms ---- */

static enum scf_code check_tenor(struct offer *o, int32_t issued, int32_t due, const char *reasons,
                                 struct scf_error *err) {
    const struct scf_voucher_rule *rule;
    char detail[240];
    enum scf_tenor tenor = scf_voucher_tenor(&o->policy, issued, due, &rule);
    o->r.tenor_reasoned = tenor == SCF_TENOR_REASONED;
    if (tenor == SCF_TENOR_TOO_LONG) {
        snprintf(detail, sizeof detail,
                 "The tenor of %d days is above the %" PRId64
                 " days that a voucher may have (CR-9.1, 77号文 Art.11).",
                 due - issued, rule->max_days);
        return scf_fail_fault(o->p->arena, "#/voucher/due_on", "tenor-too-long", detail, err);
    }
    if (tenor == SCF_TENOR_REASONED && reasons == NULL) {
        snprintf(detail, sizeof detail,
                 "The tenor of %d days is above the normal %" PRId64
                 " days: give the reasons, which the lender examines (CR-9.1, 77号文 Art.11).",
                 due - issued, rule->normal_days);
        return scf_fail_fault(o->p->arena, "#/voucher/reasons_text", "required", detail, err);
    }
    return SCF_OK;
}

static const char *voucher_text(struct scf_arena *arena, const cJSON *voucher) {
    const struct scf_field *f = scf_receivable_schema.fields;
    struct scf_buf out;
    while (strcmp(f->name, "voucher") != 0)
        f++;
    scf_buf_init(&out, SCF_RCV_ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_rcv_members_write(&w, f->members, voucher);
    scf_jw_end_object(&w);
    const char *text = out.overflow ? NULL : scf_strndup(arena, out.data, out.len);
    scf_buf_free(&out);
    return text;
}

static enum scf_code take_voucher(struct offer *o, struct scf_error *err) {
    const cJSON *voucher = scf_json_get(o->p->body, "voucher");
    struct scf_receivable *r = &o->r;
    struct scf_uuid issuer = id_of(voucher, "issuer_id");
    int32_t issued = 0, due = 0;
    int64_t amount = 0;
    if (voucher == NULL)
        return SCF_OK;
    bool complete =
        scf_body_day(voucher, "issued_on", &issued) && scf_body_day(voucher, "due_on", &due) &&
        scf_body_money(voucher, "amount", scf_currency_scale(scf_str(r->currency)), &amount);
    SCF_ASSERT(complete); /* the field table let it pass */
    if (!scf_uuid_eq(&issuer, &r->debtor_id))
        return mismatch(o, "#/voucher/issuer_id",
                        "A voucher is the debtor's promise to pay (77号文 Art.9).", err);
    if (amount > r->amount)
        return scf_fail_fault(o->p->arena, "#/voucher/amount", "out-of-range",
                              "The voucher is above the invoice's total.", err);
    r->amount = amount;
    r->has_due = true;
    r->due_day = due;
    r->voucher = voucher_text(o->p->arena, voucher);
    if (r->voucher == NULL)
        return scf_fail_memory(err);
    return check_tenor(o, issued, due, scf_json_string(voucher, "reasons_text"), err);
}

/* Late terms are the debtor's fault, so that the seller is warned and not refused (条例 Art.9). */
static void warn_terms(struct offer *o, enum scf_size debtor, enum scf_size seller) {
    const struct scf_receivable *r = &o->r;
    int days, agreed;
    int32_t from = r->has_delivered ? r->delivered_day : r->issued_day;
    if (!r->has_due || !scf_payment_days(debtor, seller, &days, &agreed))
        return;
    int term = r->due_day - from;
    if (term > agreed)
        scf_fault_add(o->warnings, "#/due_on", "payment-term",
                      "The debtor is due %d days after delivery; it owes a small or medium "
                      "enterprise payment within %d (CR-9.4, 条例 Art.9).",
                      term, agreed);
    else if (term > days)
        scf_fault_add(o->warnings, "#/due_on", "payment-term",
                      "The debtor is due %d days after delivery; more than %d have to be agreed "
                      "in the contract (CR-9.4, 条例 Art.9).",
                      term, days);
}

static enum scf_code take_terms(struct offer *o, struct scf_error *err) {
    struct scf_receivable *r = &o->r;
    enum scf_size debtor, seller;
    const cJSON *body = o->p->body;
    r->has_delivered = scf_body_day(body, "delivered_on", &r->delivered_day);
    r->has_due = scf_body_day(o->papers.invoice_body, "due_on", &r->due_day);
    r->has_due |= scf_body_day(body, "due_on", &r->due_day);
    enum scf_code code = take_voucher(o, err);
    if (code == SCF_OK && r->has_due && r->due_day < r->issued_day)
        code = scf_fail_fault(o->p->arena, "#/due_on", "date-order",
                              "The day must not be before the invoice's day of issue.", err);
    if (code == SCF_OK)
        code = scf_rcv_size(o->db, o->p->arena, &r->debtor_id, &debtor, err);
    if (code == SCF_OK)
        code = scf_rcv_size(o->db, o->p->arena, &r->seller_id, &seller, err);
    if (code != SCF_OK)
        return code;
    r->statutory = scf_must_confirm(debtor, seller);
    warn_terms(o, debtor, seller);
    return SCF_OK;
}

/* ---- all of it ---- */

static void take_papers(struct offer *o, const struct scf_uuid *lender_id) {
    const struct scf_record *invoice = &o->papers.invoice, *contract = &o->papers.contract;
    const struct scf_actor *actor = o->p->actor;
    struct scf_receivable *r = &o->r;
    *r = (struct scf_receivable){
        .id = scf_uuid_new(),
        .invoice_key =
            scf_uuid_is_nil(&invoice->business_key) ? invoice->id : invoice->business_key,
        .invoice_id = invoice->id,
        .contract_id = contract->id,
        .contract_key = scf_uuid_is_nil(&invoice->contract_key) ? contract->business_key
                                                                : invoice->contract_key,
        .seller_id = invoice->enterprise_id,
        .debtor_id = invoice->counterparty_id,
        .lender_id = *lender_id,
        .sender_id = actor->node_id,
        .state = SCF_RCV_DRAFT,
        .open = true,
        .amount = invoice->amount,
        .debtor_upload = scf_uuid_eq(&actor->operator_enterprise_id, &invoice->counterparty_id),
        .created_us = o->p->ctx.now_us,
        .updated_us = o->p->ctx.now_us};
    memcpy(r->currency, invoice->currency, sizeof r->currency);
    while (!scf_body_is(o->p->body, "kind", scf_rcv_kind_names[r->kind]))
        r->kind++;
    if (!scf_body_day(o->papers.invoice_body, "issued_on", &r->issued_day))
        r->issued_day = scf_day_of(invoice->happened_us);
}

static const char *details(const struct offer *o) {
    struct scf_buf out;
    scf_buf_init(&out, SCF_RCV_ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_rcv_members_write(&w, scf_receivable_schema.fields, o->p->body);
    scf_jw_end_object(&w);
    const char *text = out.overflow ? NULL : scf_strndup(o->p->arena, out.data, out.len);
    scf_buf_free(&out);
    return text;
}

static enum scf_code file(struct offer *o, struct scf_error *err) {
    struct scf_rcv_post *p = o->p;
    struct scf_rcv_move move = {.step = SCF_STEP_CREATE,
                                .good = true,
                                .node_id = p->actor->node_id,
                                .at_us = p->ctx.now_us,
                                .now_us = p->ctx.now_us,
                                .details = details(o)};
    enum scf_code code =
        move.details ? scf_rcv_create(o->db, p->arena, &o->r, &move, err) : scf_fail_memory(err);
    if (code == SCF_E_DB_CONFLICT && strcmp(scf_db_constraint(o->db), "receivable_open") == 0)
        return scf_fail(err, SCF_E_CONFLICT,
                        "The lender has an open receivable on this invoice already.");
    if (code == SCF_OK)
        code = scf_rcv_record(o->db, p->arena, &p->services->installation.platform_id, &o->r,
                              p->ctx.now_us, err);
    return code;
}

enum scf_code scf_rcv_offer(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct scf_rcv_post *p = ctx;
    struct scf_faults warnings = {.arena = p->arena};
    struct offer o = {.p = p, .db = db, .warnings = &warnings};
    struct scf_uuid invoice_id = id_of(p->body, "invoice_id");
    struct scf_uuid contract_id = id_of(p->body, "contract_id");
    struct scf_uuid lender_id = id_of(p->body, "lender_id");
    enum scf_code code =
        scf_rcv_papers(db, p->arena, p->actor, &invoice_id, &contract_id, &o.papers, err);
    if (code == SCF_OK)
        code = check_sender(&o, err);
    if (code == SCF_OK)
        code = check_papers(&o, err);
    if (code == SCF_OK)
        code = check_lender(&o, &lender_id, err);
    if (code == SCF_OK)
        code = scf_policy_in_force(db, p->arena, p->ctx.now_us, &o.policy, err);
    if (code != SCF_OK)
        return code;
    take_papers(&o, &lender_id);
    code = take_terms(&o, err);
    if (code == SCF_OK)
        code = file(&o, err);
    p->id = o.r.id;
    return code == SCF_OK ? scf_rcv_answer(p, db, &warnings, err) : code;
}
