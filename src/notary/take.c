/* Taking steps. Relies on the law in states.c, and on the order of locks: case, loan, chains. */
#include "take.h"

#include "amendment.h"

#include "scfd/base/clock.h"

enum { BODY_MAX = 2 << 20, MEMBERS_MAX = 4096 };

/* ---- opening ---- */

enum scf_code scf_enf_read_owed(struct scf_enf_taking *t, struct scf_error *err) {
    t->s.owed = t->s.ledger = &t->owed;
    return scf_lending_owed(t->db, t->arena, &t->s.c.loan_id, t->s.today, true, &t->owed, err);
}

enum scf_code scf_enf_open(struct scf_enf_taking *t, const struct scf_uuid *id, bool skip,
                           int64_t now_us, struct scf_error *err) {
    struct scf_calendar *calendar;
    enum scf_code code = scf_enf_lock(t->db, t->arena, id, skip, &t->s.c, err);
    if (code == SCF_OK)
        code = scf_enf_steps(t->db, t->arena, id, SCF_ENF_SPARE, &t->rows, &t->s.n, err);
    if (code == SCF_OK)
        code = scf_calendar_load(t->db, t->arena, &calendar, err);
    if (code != SCF_OK)
        return code;
    t->s.rows = t->rows;
    t->stored = t->s.n;
    t->s.calendar = calendar;
    t->s.now_us = now_us;
    t->s.today = scf_china_day(now_us);
    if (!scf_uuid_is_nil(&t->s.c.loan_id))
        code = scf_enf_read_owed(t, err);
    return code == SCF_OK ? scf_enf_story_parse(t->arena, &t->s, err) : code;
}

static bool is_party(const cJSON *list, const struct scf_uuid *enterprise_id) {
    const cJSON *party;
    cJSON_ArrayForEach(party, list) {
        struct scf_uuid id = scf_enf_body_id(party, "enterprise_id");
        if (scf_uuid_eq(&id, enterprise_id))
            return true;
    }
    return false;
}

unsigned scf_enf_roles(const struct scf_enf_story *s, const struct scf_actor *actor) {
    unsigned roles = 0;
    if (actor == NULL)
        return SCF_ENF_PLATFORM;
    if (actor->admin)
        return SCF_ENF_ADMIN;
    if (scf_uuid_eq(&actor->node_id, &s->c.lender_id))
        roles |= SCF_ENF_LENDER;
    if (scf_uuid_eq(&actor->node_id, &s->c.notary_id))
        roles |= SCF_ENF_NOTARY;
    if (scf_uuid_eq(&actor->node_id, &s->c.court_id))
        roles |= SCF_ENF_COURT;
    if (scf_uuid_is_nil(&actor->operator_enterprise_id))
        return roles;
    if (is_party(scf_json_get(s->dossier, "debtors"), &actor->operator_enterprise_id))
        roles |= SCF_ENF_DEBTOR;
    if (is_party(scf_json_get(s->dossier, "guarantors"), &actor->operator_enterprise_id))
        roles |= SCF_ENF_GUARANTOR;
    return roles;
}

/* ---- refusing ---- */

static const char *members(struct scf_enf_taking *t, enum scf_enf_step step,
                           const struct scf_enf_rule_text *rule, const char *missing) {
    struct scf_buf out;
    scf_buf_init(&out, MEMBERS_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "rule", rule->article);
    if (rule->en) {
        scf_jw_object(&w, "rule_text");
        scf_jw_str(&w, "en", rule->en);
        scf_jw_str(&w, "zh", rule->zh);
        scf_jw_end_object(&w);
    }
    scf_jw_id(&w, "notarization_id", "enf", &t->s.c.id);
    scf_jw_str(&w, "state", scf_enf_state_names[t->s.c.state]);
    scf_jw_str(&w, "step", scf_enf_step_names[step]);
    if (missing)
        scf_jw_str(&w, "missing", missing);
    scf_jw_end_object(&w);
    const char *text = out.overflow ? NULL : scf_strndup(t->arena, out.data, out.len);
    scf_buf_free(&out);
    return text;
}

enum scf_code scf_enf_refuse(struct scf_enf_taking *t, enum scf_enf_step step, const char *article,
                             const char *detail, struct scf_error *err) {
    struct scf_enf_rule_text rule = {.article = article};
    scf_fail(err, SCF_E_STEP_OUT_OF_ORDER, "%s (%s).", detail, article);
    err->members_json = members(t, step, &rule, NULL);
    return err->code;
}

enum scf_code scf_enf_check(struct scf_enf_taking *t, enum scf_enf_step step, const cJSON *body,
                            struct scf_enf_verdict *ret, struct scf_error *err) {
    struct scf_enf_facts facts = scf_enf_facts_of(&t->s, body);
    bool good = body == NULL || scf_enf_body_good(body);
    *ret = scf_enf_judge(&facts, step, good, scf_enf_roles(&t->s, t->actor));
    const struct scf_enf_rule_text *rule = &scf_enf_rules[ret->rule];
    if (ret->allowed)
        return SCF_OK;
    if (ret->forbidden)
        return scf_fail(err, SCF_E_FORBIDDEN, "The step \"%s\" is not this node's to take (%s).",
                        scf_enf_step_names[step], rule->article);
    if (ret->missing)
        scf_fail(err, SCF_E_STEP_OUT_OF_ORDER, "The step \"%s\" is possible only when %s (%s).",
                 scf_enf_step_names[step], ret->missing, rule->article);
    else
        scf_fail(err, SCF_E_STEP_OUT_OF_ORDER,
                 "The case is in state \"%s\": the step \"%s\" does not follow from there (%s).",
                 scf_enf_state_names[t->s.c.state], scf_enf_step_names[step], rule->article);
    err->members_json = members(t, step, rule, ret->missing);
    return err->code;
}

/* ---- adding ---- */

static const char *body_of(const struct scf_enf_taking *t, const struct scf_enf_step_row *row,
                           enum scf_enf_rule rule, const char *details, struct scf_error *err) {
    struct scf_buf out;
    scf_buf_init(&out, BODY_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "type", "scfd-enforcement-step/v1");
    scf_jw_id(&w, "notarization_id", "enf", &t->s.c.id);
    scf_jw_i64(&w, "seq", row->seq);
    scf_jw_str(&w, "step", scf_enf_step_names[row->step]);
    scf_jw_str(&w, "from", scf_enf_state_names[row->from]);
    scf_jw_str(&w, "to", scf_enf_state_names[row->to]);
    scf_jw_time(&w, "happened_at", row->happened_us);
    if (!scf_uuid_is_nil(&row->node_id))
        scf_jw_id(&w, "node_id", "node", &row->node_id);
    scf_jw_str(&w, "article", scf_enf_rules[rule].article);
    scf_jw_raw(&w, "details", details, strlen(details));
    scf_jw_end_object(&w);
    return scf_enf_text(t->arena, &out, err);
}

static bool changes_dossier(enum scf_enf_step step) {
    return step == SCF_ENF_STEP_AMEND || step == SCF_ENF_STEP_ASSIGN ||
           step == SCF_ENF_STEP_NOTIFY_ASSIGNMENT;
}

enum scf_code scf_enf_add(struct scf_enf_taking *t, enum scf_enf_step step,
                          const struct scf_enf_verdict *verdict, int64_t happened_us,
                          const char *details, struct scf_error *err) {
    struct scf_enf_case *c = &t->s.c;
    if (t->s.n >= t->stored + SCF_ENF_SPARE || c->steps >= SCF_ENF_STEPS_MAX)
        return scf_fail(err, SCF_E_CONFLICT, "The case has %d steps, and takes no more.",
                        SCF_ENF_STEPS_MAX);
    struct scf_enf_step_row *row = &t->rows[t->s.n];
    *row = (struct scf_enf_step_row){.seq = ++c->steps,
                                     .step = step,
                                     .from = c->state,
                                     .to = verdict->to,
                                     .happened_us = happened_us,
                                     .filed_us = t->s.now_us,
                                     .record_id = c->steps == 1 ? c->id : scf_uuid_new()};
    if (t->actor && (step == SCF_ENF_STEP_CREATE || scf_enf_is_asked(step)))
        row->node_id = t->actor->node_id;
    row->body = body_of(t, row, verdict->rule, details, err);
    if (row->body == NULL)
        return err->code;
    t->s.details[t->s.n] = scf_json_parse_large(t->arena, details, strlen(details), err);
    if (t->s.details[t->s.n] == NULL)
        return err->code;
    t->s.n++;
    if (scf_enf_is_aside(verdict->to) && !scf_enf_is_aside(c->state))
        c->resume = c->state;
    if (step == SCF_ENF_STEP_FULFIL) /* the certificate counts again when the payment does not */
        c->resume = c->state == SCF_ENF_EC_ISSUED ? SCF_ENF_EC_ISSUED : SCF_ENF_PERFORMING;
    c->state = verdict->to;
    c->updated_us = t->s.now_us;
    return changes_dossier(step) ? scf_enf_story_amend(t->arena, &t->s, err) : SCF_OK;
}

/* Whether the platform's step is due is the ledger's and the clock's business; whether it may
 * follow is the table's. */
static bool is_due(const struct scf_enf_taking *t, enum scf_enf_step step) {
    const struct scf_owed *owed = t->s.owed;
    switch (step) {
    case SCF_ENF_STEP_DISBURSE:
        return owed && owed->value_day <= t->s.today;
    case SCF_ENF_STEP_PERFORM:
        return owed && owed->repaying;
    default:
        return true;
    }
}

enum scf_code scf_enf_advance(struct scf_enf_taking *t, struct scf_error *err) {
    static const enum scf_enf_step steps[] = {
        SCF_ENF_STEP_REOPEN,  SCF_ENF_STEP_TAKE_EFFECT, SCF_ENF_STEP_DISBURSE,
        SCF_ENF_STEP_PERFORM, SCF_ENF_STEP_FULFIL,      SCF_ENF_STEP_CLOSE_VERIFICATION};
    for (size_t i = 0; i < SCF_COUNT(steps); i++) {
        struct scf_enf_facts facts = scf_enf_facts_of(&t->s, NULL);
        struct scf_enf_verdict verdict = scf_enf_judge(&facts, steps[i], true, SCF_ENF_PLATFORM);
        if (!verdict.allowed || !is_due(t, steps[i]))
            continue;
        enum scf_code code = scf_enf_add(t, steps[i], &verdict, t->s.now_us, "{}", err);
        if (code != SCF_OK)
            return code;
        if (t->s.c.state != SCF_ENF_VERIFYING)
            t->s.c.verification_due_us = 0;
    }
    return SCF_OK;
}

/* ---- closing ---- */

static bool is_shared(const struct scf_enf_story *s) {
    return scf_enf_last(s, SCF_ENF_STEP_SUBMIT, NULL) != NULL;
}

static enum scf_code make(const struct scf_enf_taking *t, const struct scf_enf_step_row *row,
                          struct scf_record *ret, struct scf_error *err) {
    char id[SCF_ID_TEXT];
    const cJSON *debtors = scf_json_get(t->s.dossier, "debtors");
    scf_id_format("enf", &t->s.c.id, id);
    const char *external_id = scf_asprintf(t->arena, "%s/%" PRId64, id, row->seq);
    if (external_id == NULL)
        return scf_fail_memory(err);
    *ret = (struct scf_record){.chain_id = *t->platform_id,
                               .id = row->record_id,
                               .kind = SCF_REC_ENFORCEMENT_NOTARIZATION,
                               .external_id = scf_str(external_id),
                               .received_us = t->s.now_us,
                               .body = scf_str(row->body),
                               .enterprise_id = scf_enf_body_id(debtors->child, "enterprise_id"),
                               .has_happened = true,
                               .happened_us = row->happened_us};
    scf_record_prepare(ret);
    return SCF_OK;
}

static enum scf_code append(struct scf_enf_taking *t, const struct scf_uuid *nodes, size_t count,
                            struct scf_error *err) {
    struct scf_record records[SCF_ENF_SPARE];
    size_t n = t->s.n - t->stored;
    const struct scf_enf_step_row *added = t->rows + t->stored;
    enum scf_code code = SCF_OK;
    for (size_t i = 0; code == SCF_OK && i < n; i++)
        code = make(t, &added[i], &records[i], err);
    if (code == SCF_OK)
        code = scf_chain_append(t->db, t->arena, records, n, err);
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        code = scf_enf_step_insert(t->db, t->arena, &t->s.c.id, &added[i], err);
        for (size_t k = 0; code == SCF_OK && k < count; k++)
            code = scf_record_address(t->db, t->arena, &records[i], &nodes[k],
                                      scf_enf_event(added[i].step), err);
    }
    return code;
}

static enum scf_code lock_chains(struct scf_enf_taking *t, const struct scf_uuid *nodes,
                                 size_t count, struct scf_error *err) {
    struct scf_uuid *ids = scf_alloc(t->arena, count + 1, sizeof *ids);
    if (ids == NULL)
        return scf_fail_memory(err);
    memcpy(ids, nodes, count * sizeof *ids);
    ids[count] = *t->platform_id;
    return scf_chain_lock_many(t->db, t->arena, ids, count + 1, err);
}

enum scf_code scf_enf_close(struct scf_enf_taking *t, struct scf_error *err) {
    struct scf_uuid *nodes;
    size_t count;
    if (t->s.n == t->stored)
        return SCF_OK;
    enum scf_code code = scf_enf_save(t->db, t->arena, &t->s.c, err);
    if (code == SCF_OK)
        code = scf_enf_nodes(t->db, t->arena, &t->s.c, is_shared(&t->s), &nodes, &count, err);
    if (code == SCF_OK)
        code = lock_chains(t, nodes, count, err);
    if (code == SCF_OK)
        code = append(t, nodes, count, err);
    if (code != SCF_OK)
        return code;
    t->s.c.version++;
    t->stored = t->s.n;
    return scf_enf_show(t->db, t->arena, &t->s.c, nodes, count, err);
}
