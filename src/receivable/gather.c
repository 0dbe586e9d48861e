/* Reading papers and parties. Relies on records and directory; holds no lock and changes nothing.
 */
#include "gather.h"

#include "scfd/http/answer.h"
#include "scfd/party/enterprise.h"
#include "scfd/party/node.h"

enum { TEXT_MAX = 16 << 10 };

/* An erased body is no fault: its record still stands. */
static const cJSON *parse(struct scf_arena *arena, const struct scf_record *record) {
    struct scf_error ignored;
    char *text = record->body.p ? scf_strndup(arena, record->body.p, record->body.n) : NULL;
    return text ? scf_json_parse(arena, text, record->body.n, &ignored) : NULL;
}

static enum scf_code read_paper(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_actor *actor, const struct scf_uuid *id,
                                enum scf_record_kind kind, const char *pointer,
                                struct scf_record *ret, const cJSON **ret_body,
                                struct scf_error *err) {
    enum scf_code code = scf_record_get(db, arena, actor, id, ret, err);
    if (code == SCF_E_NOT_FOUND || (code == SCF_OK && ret->kind != kind))
        return scf_fail_fault(arena, pointer, "unknown-reference",
                              "There is no such thing that you may refer to.", err);
    if (code == SCF_OK)
        *ret_body = parse(arena, ret);
    return code;
}

enum scf_code scf_rcv_papers(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_actor *actor, const struct scf_uuid *invoice_id,
                             const struct scf_uuid *contract_id, struct scf_rcv_papers *ret,
                             struct scf_error *err) {
    *ret = (struct scf_rcv_papers){0};
    enum scf_code code = read_paper(db, arena, actor, invoice_id, SCF_REC_INVOICE, "#/invoice_id",
                                    &ret->invoice, &ret->invoice_body, err);
    if (code != SCF_OK || scf_uuid_is_nil(contract_id))
        return code;
    return read_paper(db, arena, actor, contract_id, SCF_REC_CONTRACT, "#/contract_id",
                      &ret->contract, &ret->contract_body, err);
}

enum scf_code scf_rcv_size(struct scf_db *db, struct scf_arena *arena,
                           const struct scf_uuid *enterprise_id, enum scf_size *ret,
                           struct scf_error *err) {
    struct scf_enterprise e;
    struct scf_error ignored;
    const char *text = NULL;
    enum scf_code code = scf_enterprise_get(db, arena, enterprise_id, &e, &text, err);
    if (code != SCF_OK)
        return code;
    const cJSON *profile = text ? scf_json_parse(arena, text, strlen(text), &ignored) : NULL;
    *ret = scf_size_of(scf_json_string(profile, "enterprise_type"),
                       scf_json_string(profile, "size_class"));
    return SCF_OK;
}

static enum scf_code party(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                           struct scf_rcv_party *ret, struct scf_error *err) {
    struct scf_enterprise e;
    const char *profile;
    enum scf_code code = scf_enterprise_get(db, arena, id, &e, &profile, err);
    if (code != SCF_OK)
        return code;
    ret->name = scf_strndup(arena, e.name.p ? e.name.p : "", e.name.n);
    ret->code = e.uscc.n > 0 ? scf_strndup(arena, e.uscc.p, e.uscc.n) : NULL;
    return ret->name ? SCF_OK : scf_fail_memory(err);
}

/* A lender that no enterprise operates is called by its node's name. */
static enum scf_code lender_party(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *node_id, struct scf_rcv_party *ret,
                                  struct scf_error *err) {
    struct scf_node node;
    enum scf_code code = scf_node_get(db, arena, node_id, false, &node, err);
    if (code != SCF_OK)
        return code;
    *ret = (struct scf_rcv_party){.name = node.name};
    return scf_uuid_is_nil(&node.operator_enterprise_id)
               ? SCF_OK
               : party(db, arena, &node.operator_enterprise_id, ret, err);
}

static void describe_papers(const struct scf_rcv_papers *papers, struct scf_rcv_description *d) {
    const cJSON *invoice = papers->invoice_body;
    d->invoice_code = scf_json_string(invoice, "invoice_code");
    d->invoice_no = scf_json_string(invoice, "invoice_no");
    d->invoice_total = papers->invoice.amount;
    d->contract_no = scf_json_string(papers->contract_body, "contract_no");
    if (d->contract_no == NULL)
        d->contract_no = scf_json_string(invoice, "contract_no");
}

static void describe_voucher(struct scf_arena *arena, const struct scf_receivable *r,
                             struct scf_rcv_description *d) {
    struct scf_error ignored;
    const cJSON *voucher =
        r->voucher ? scf_json_parse(arena, r->voucher, strlen(r->voucher), &ignored) : NULL;
    if (voucher == NULL)
        return;
    d->system_name = scf_json_string(voucher, "system_name");
    d->certificate_no = scf_json_string(voucher, "certificate_no");
    d->sub_no = scf_json_string(voucher, "sub_no");
    d->issuer = d->debtor;
    bool complete = scf_body_day(voucher, "issued_on", &d->voucher_issued_day) &&
                    scf_body_day(voucher, "due_on", &d->voucher_due_day);
    SCF_ASSERT(complete); /* the field table let it pass */
    d->voucher_amount = r->amount;
}

enum scf_code scf_rcv_describe(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_receivable *r, struct scf_rcv_description *ret,
                               struct scf_error *err) {
    struct scf_rcv_papers papers;
    struct scf_rcv_description d = {.kind = r->kind,
                                    .issued_day = r->issued_day,
                                    .has_due = r->has_due,
                                    .due_day = r->due_day,
                                    .claim = r->amount - r->diluted};
    memcpy(d.currency, r->currency, sizeof d.currency);
    enum scf_code code =
        scf_rcv_papers(db, arena, NULL, &r->invoice_id, &r->contract_id, &papers, err);
    if (code == SCF_OK)
        code = party(db, arena, &r->seller_id, &d.seller, err);
    if (code == SCF_OK)
        code = party(db, arena, &r->debtor_id, &d.debtor, err);
    if (code == SCF_OK)
        code = lender_party(db, arena, &r->lender_id, &d.lender, err);
    if (code != SCF_OK)
        return code;
    describe_papers(&papers, &d);
    describe_voucher(arena, r, &d);
    *ret = d;
    return SCF_OK;
}

enum scf_code scf_rcv_text(struct scf_arena *arena, const struct scf_rcv_description *d,
                           const char **ret, struct scf_error *err) {
    struct scf_buf out;
    scf_buf_init(&out, TEXT_MAX);
    scf_registration_text(d, &out);
    const char *text = out.overflow ? NULL : scf_strndup(arena, out.data, out.len);
    scf_buf_free(&out);
    if (text == NULL)
        return scf_fail_memory(err);
    *ret = text;
    return SCF_OK;
}
