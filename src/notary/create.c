/* Drafting a case: who may, on which loan or contract, between whom. */
#include "api.h"
#include "terms.h"

#include "scfd/base/clock.h"
#include "scfd/party/enterprise.h"
#include "scfd/party/node.h"

struct draft {
    struct scf_enf_post *p;
    struct scf_enf_taking t;
};

static enum scf_code fault(const struct draft *d, const char *pointer, const char *code,
                           const char *detail, struct scf_error *err) {
    return scf_fail_fault(d->p->arena, pointer, code, detail, err);
}

static enum scf_code check_notary(struct draft *d, struct scf_error *err) {
    struct scf_node node;
    struct scf_enf_case *c = &d->t.s.c;
    c->notary_id = scf_enf_body_id(d->p->body, "notary_id");
    enum scf_code code = scf_node_get(d->t.db, d->p->arena, &c->notary_id, false, &node, err);
    if (code == SCF_E_NOT_FOUND ||
        (code == SCF_OK && (node.kind != SCF_NODE_NOTARY || node.status != SCF_NODE_ACTIVE)))
        return fault(d, "#/notary_id", "unknown-reference", "There is no such notary office.", err);
    return code;
}

static enum scf_code check_contract(struct draft *d, struct scf_error *err) {
    struct scf_record record;
    struct scf_enf_case *c = &d->t.s.c;
    c->contract_id = scf_enf_body_id(d->p->body, "contract_id");
    if (!scf_json_get(d->p->body, "contract_id"))
        return SCF_OK;
    enum scf_code code = scf_record_hold(d->t.db, d->p->arena, &c->contract_id, err);
    if (code == SCF_OK)
        code = scf_record_get(d->t.db, d->p->arena, d->p->actor, &c->contract_id, &record, err);
    if (code == SCF_OK && record.body.p == NULL)
        return fault(d, "#/contract_id", "erased", "The contract was erased.", err);
    if (code == SCF_E_NOT_FOUND || (code == SCF_OK && record.kind != SCF_REC_CONTRACT))
        return fault(d, "#/contract_id", "unknown-reference", "There is no such contract.", err);
    return code;
}

static enum scf_code check_loan(struct draft *d, struct scf_error *err) {
    struct scf_enf_case *c = &d->t.s.c;
    c->loan_id = scf_enf_body_id(d->p->body, "loan_id");
    if (!scf_json_get(d->p->body, "loan_id"))
        return SCF_OK;
    enum scf_code code = scf_enf_read_owed(&d->t, err);
    if (code == SCF_E_NOT_FOUND ||
        (code == SCF_OK && !scf_uuid_eq(&d->t.owed.lender_id, &c->lender_id)))
        return fault(d, "#/loan_id", "unknown-reference", "The lender has no such loan.", err);
    if (code != SCF_OK)
        return code;
    struct scf_enf_mismatch wrong = scf_enf_loan_mismatch(d->t.s.dossier, &d->t.owed);
    return wrong.detail ? fault(d, wrong.pointer, "mismatch", wrong.detail, err) : SCF_OK;
}

static enum scf_code add_parties(struct draft *d, const char *list, int role,
                                 struct scf_error *err) {
    const cJSON *party;
    int i = 0;
    cJSON_ArrayForEach(party, scf_json_get(d->p->body, list)) {
        struct scf_enterprise enterprise;
        const char *profile;
        char pointer[64];
        struct scf_uuid id = scf_enf_body_id(party, "enterprise_id");
        snprintf(pointer, sizeof pointer, "#/%s/%d/enterprise_id", list, i++);
        enum scf_code code =
            scf_enterprise_get(d->t.db, d->p->arena, &id, &enterprise, &profile, err);
        if (code == SCF_E_NOT_FOUND)
            return fault(d, pointer, "unknown-reference", "There is no such enterprise.", err);
        const char *uscc = scf_json_string(party, "uscc");
        if (code == SCF_OK && uscc && enterprise.uscc.n > 0 &&
            !scf_str_eq(enterprise.uscc, scf_str(uscc)))
            return fault(d, pointer, "mismatch", "The enterprise has another code.", err);
        if (code == SCF_OK)
            code = scf_enf_insert_party(d->t.db, d->p->arena, &d->t.s.c.id, &id, role, err);
        if (code != SCF_OK)
            return code;
    }
    return SCF_OK;
}

static enum scf_code begin(struct draft *d, struct scf_error *err) {
    struct scf_enf_story *s = &d->t.s;
    struct scf_calendar *calendar;
    const char *currency = scf_json_string(d->p->body, "currency");
    s->c = (struct scf_enf_case){.id = scf_uuid_new(),
                                 .lender_id = d->p->actor->node_id,
                                 .created_us = d->p->ctx.now_us,
                                 .updated_us = d->p->ctx.now_us,
                                 .dossier = scf_enf_dossier_text(d->p->arena, d->p->body, err)};
    if (s->c.dossier == NULL)
        return err->code;
    memcpy(s->c.currency, currency ? currency : "CNY", 3);
    s->now_us = d->p->ctx.now_us;
    s->today = scf_china_day(s->now_us);
    d->t.rows = scf_alloc(d->p->arena, SCF_ENF_SPARE, sizeof *d->t.rows);
    s->rows = d->t.rows;
    if (s->rows == NULL)
        return scf_fail_memory(err);
    enum scf_code code = scf_calendar_load(d->t.db, d->p->arena, &calendar, err);
    if (code != SCF_OK)
        return code;
    s->calendar = calendar;
    return scf_enf_story_parse(d->p->arena, s, err);
}

static enum scf_code insert(struct draft *d, struct scf_error *err) {
    enum scf_code code = scf_enf_insert(d->t.db, d->p->arena, &d->t.s.c, err);
    if (code == SCF_E_DB_CONFLICT)
        return scf_fail(err, SCF_E_CONFLICT,
                        "The loan has a notarization for enforcement already.");
    if (code == SCF_OK)
        code = add_parties(d, "debtors", SCF_ENF_DEBTOR, err);
    return code == SCF_OK ? add_parties(d, "guarantors", SCF_ENF_GUARANTOR, err) : code;
}

enum scf_code scf_enf_draft(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct scf_enf_post *p = ctx;
    struct draft d = {.p = p,
                      .t = {.db = db,
                            .arena = p->arena,
                            .platform_id = &p->services->installation.platform_id,
                            .actor = p->actor}};
    const struct scf_enf_verdict drafted = {.to = SCF_ENF_DRAFT, .rule = SCF_ENF_RULE_APPLICATION};
    enum scf_code code = begin(&d, err);
    if (code == SCF_OK)
        code = check_notary(&d, err);
    if (code == SCF_OK)
        code = check_contract(&d, err);
    if (code == SCF_OK)
        code = check_loan(&d, err);
    if (code == SCF_OK)
        code = insert(&d, err);
    if (code == SCF_OK)
        code =
            scf_enf_add(&d.t, SCF_ENF_STEP_CREATE, &drafted, p->ctx.now_us, d.t.s.c.dossier, err);
    if (code == SCF_OK)
        code = scf_enf_close(&d.t, err);
    p->id = d.t.s.c.id;
    return code == SCF_OK ? scf_enf_answer(p, &d.t.s, err) : code;
}
