/* A case as JSON: what was drafted, what its steps said, what can follow, what is due, which way is
 * open. Pure. */
#include "case.h"

#include "amendment.h"
#include "deadline.h"
#include "succession.h"

enum { NEEDS_MAX = 8, DOSSIER_MAX = 1 << 20 };

/* ---- any JSON without nulls ---- */

static void number_write(struct scf_jsonw *w, const char *key, const cJSON *item) {
    char text[SCF_JSON_MAX_NUMBER + 1];
    if (scf_json_decimal_text(item, text, sizeof text))
        scf_jw_raw(w, key, text, strlen(text));
}

void scf_enf_json_write(struct scf_jsonw *w, const char *key, const cJSON *item) {
    const cJSON *member;
    if (cJSON_IsString(item)) {
        scf_jw_str(w, key, item->valuestring);
    } else if (cJSON_IsBool(item)) {
        scf_jw_bool(w, key, cJSON_IsTrue(item));
    } else if (cJSON_IsNumber(item)) {
        number_write(w, key, item);
    } else if (cJSON_IsArray(item)) {
        scf_jw_array(w, key);
        cJSON_ArrayForEach(member, item) {
            scf_enf_json_write(w, NULL, member);
        }
        scf_jw_end_array(w);
    } else if (cJSON_IsObject(item)) {
        scf_jw_object(w, key);
        cJSON_ArrayForEach(member, item) {
            scf_enf_json_write(w, member->string, member);
        }
        scf_jw_end_object(w);
    }
}

const char *scf_enf_text(struct scf_arena *arena, struct scf_buf *out, struct scf_error *err) {
    const char *text = out->overflow ? NULL : scf_strndup(arena, out->data, out->len);
    if (out->overflow)
        scf_fail(err, SCF_E_BODY_TOO_LARGE, "What the case is to keep takes more than %zu bytes.",
                 out->max);
    else if (text == NULL)
        scf_fail_memory(err);
    scf_buf_free(out);
    return text;
}

const char *scf_enf_dossier_text(struct scf_arena *arena, const cJSON *body,
                                 struct scf_error *err) {
    struct scf_buf out;
    scf_buf_init(&out, DOSSIER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_enf_json_write(&w, NULL, body);
    return scf_enf_text(arena, &out, err);
}

/* ---- parts ---- */

static void id_write(struct scf_jsonw *w, const char *key, const char *prefix,
                     const struct scf_uuid *id) {
    if (!scf_uuid_is_nil(id))
        scf_jw_id(w, key, prefix, id);
}

static void identity_write(struct scf_jsonw *w, const struct scf_enf_case *c) {
    const char phase[] = {scf_enf_phase(c->state), '\0'};
    scf_jw_id(w, "id", "enf", &c->id);
    scf_jw_str(w, "object", "enforcement_notarization");
    scf_jw_str(w, "phase", phase);
    scf_jw_str(w, "state", scf_enf_state_names[c->state]);
    scf_jw_str(w, "status", scf_enf_status(c->state));
    scf_jw_id(w, "lender_id", "node", &c->lender_id);
    scf_jw_id(w, "notary_id", "node", &c->notary_id);
    id_write(w, "court_id", "node", &c->court_id);
    id_write(w, "loan_id", "loan", &c->loan_id);
    id_write(w, "contract_id", "ctr", &c->contract_id);
    scf_jw_str(w, "currency", c->currency);
}

/* What the last step of a kind said. */
static void said_write(struct scf_jsonw *w, const struct scf_enf_story *s, const char *key,
                       enum scf_enf_step step, const char *member) {
    const cJSON *said;
    scf_enf_last(s, step, &said);
    scf_enf_json_write(w, key, member ? scf_json_get(said, member) : said);
}

static void verification_write(struct scf_jsonw *w, const struct scf_enf_story *s) {
    const cJSON *said;
    const struct scf_enf_step_row *sent = scf_enf_last(s, SCF_ENF_STEP_SEND_VERIFICATION, &said);
    if (sent == NULL)
        return;
    struct scf_enf_replies replies = scf_enf_replies(s);
    bool incomplete = false;
    scf_jw_object(w, "verification");
    scf_enf_json_write(w, "letter", scf_json_get(said, "letter"));
    scf_jw_time(w, "sent_at", sent->filed_us);
    scf_jw_date(w, "reply_until",
                scf_enf_objection_end(s, scf_china_day(sent->filed_us), &incomplete));
    scf_jw_i64(w, "parties", (int64_t)replies.parties);
    scf_jw_i64(w, "replied", (int64_t)replies.replied);
    if (s->c.state > SCF_ENF_VERIFYING)
        scf_jw_str(w, "result", scf_enf_state_names[replies.finding]);
    scf_jw_array(w, "replies");
    for (size_t i = 0; i < s->n; i++)
        if (s->rows[i].step == SCF_ENF_STEP_REPLY && s->rows[i].seq > sent->seq)
            scf_enf_json_write(w, NULL, s->details[i]);
    scf_jw_end_array(w);
    scf_jw_end_object(w);
}

static void words_write(struct scf_jsonw *w, unsigned roles) {
    static const char *const names[] = {"lender",    "notary", "debtor",
                                        "guarantor", "court",  "administrator"};
    scf_jw_array(w, "who");
    for (size_t i = 0; i < SCF_COUNT(names); i++)
        if ((roles >> i & 1) != 0)
            scf_jw_str(w, NULL, names[i]);
    scf_jw_end_array(w);
}

static void next_write(struct scf_jsonw *w, const struct scf_enf_facts *facts,
                       enum scf_enf_step step) {
    const unsigned everybody = SCF_ENF_PLATFORM - 1;
    struct scf_enf_verdict good = scf_enf_judge(facts, step, true, everybody);
    if (!good.allowed && good.missing == NULL)
        good = scf_enf_judge(facts, step, false, everybody);
    const char *needs[NEEDS_MAX];
    bool never = step == SCF_ENF_STEP_LINK_LOAN && facts->has_loan;
    if (never || (!good.allowed && good.missing == NULL))
        return;
    scf_jw_object(w, NULL);
    scf_jw_str(w, "step", scf_enf_step_names[step]);
    words_write(w, good.roles);
    scf_jw_str(w, "article", scf_enf_rules[good.rule].article);
    if (good.missing)
        scf_jw_str(w, "missing", good.missing);
    scf_jw_array(w, "needs");
    for (size_t i = 0, n = scf_enf_step_needs(step, needs, NEEDS_MAX); i < n; i++)
        scf_jw_str(w, NULL, needs[i]);
    scf_jw_end_array(w);
    scf_jw_end_object(w);
}

static void next_steps_write(struct scf_jsonw *w, const struct scf_enf_story *s) {
    struct scf_enf_facts facts = scf_enf_facts_of(s, NULL);
    scf_jw_array(w, "next_steps");
    for (int step = SCF_ENF_STEP_SUBMIT; step < SCF_ENF_STEPS; step++)
        if (scf_enf_is_asked((enum scf_enf_step)step))
            next_write(w, &facts, (enum scf_enf_step)step);
    scf_jw_end_array(w);
}

static void deadlines_write(struct scf_jsonw *w, const struct scf_enf_story *s) {
    struct scf_enf_deadline list[SCF_ENF_DEADLINES_MAX];
    size_t n = scf_enf_deadlines(s, list);
    scf_jw_array(w, "deadlines");
    for (size_t i = 0; i < n; i++) {
        scf_jw_object(w, NULL);
        scf_jw_str(w, "code", list[i].code);
        scf_jw_str(w, "article", list[i].article);
        scf_jw_str(w, "who", list[i].who);
        scf_jw_date(w, "due_on", list[i].due_day);
        scf_jw_bool(w, "done", list[i].done);
        scf_jw_bool(w, "overdue", !list[i].done && list[i].due_day < s->today);
        scf_jw_bool(w, "calendar_incomplete", list[i].incomplete);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

static void route_write(struct scf_jsonw *w, const struct scf_enf_story *s) {
    struct scf_enf_route route = scf_enf_route_of(s);
    scf_jw_object(w, "route");
    scf_jw_str(w, "path", route.path);
    scf_jw_array(w, "reasons");
    for (size_t i = 0; i < route.n; i++) {
        scf_jw_object(w, NULL);
        scf_jw_str(w, "article", route.reasons[i].article);
        scf_jw_object(w, "text");
        scf_jw_str(w, "en", route.reasons[i].en);
        scf_jw_str(w, "zh", route.reasons[i].zh);
        scf_jw_end_object(w);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
    scf_jw_end_object(w);
}

static void refusal_write(struct scf_jsonw *w, const struct scf_enf_story *s) {
    if (s->c.state == SCF_ENF_REFUSED)
        said_write(w, s, "refusal", SCF_ENF_STEP_REFUSE, NULL);
    else if (s->c.state == SCF_ENF_EC_REFUSED)
        said_write(w, s, "refusal", SCF_ENF_STEP_REFUSE_EC, NULL);
}

/* Without text and terms, which stand in the steps. */
static void amendments_write(struct scf_jsonw *w, const struct scf_enf_story *s) {
    static const char *const said[] = {"no", "title", "signed_on", "effective_on"};
    struct scf_enf_amendment a;
    scf_jw_array(w, "amendments");
    for (size_t i = 0; scf_enf_next_amendment(s, &i, &a);) {
        scf_jw_object(w, NULL);
        for (size_t k = 0; k < SCF_COUNT(said); k++)
            scf_enf_json_write(w, said[k], scf_json_get(a.terms, said[k]));
        scf_jw_str(w, "status",
                   a.certificate ? "notarised"
                   : a.pending   ? "pending"
                                 : "not_notarised");
        scf_enf_json_write(w, "certificate", a.certificate);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

/* What is in force since the instrument was amended. */
static void terms_write(struct scf_jsonw *w, const struct scf_enf_story *s) {
    static const char *const said[] = {"performance", "rate", "securities", "enforcement_clause",
                                       "acceleration_clause"};
    if (scf_enf_last(s, SCF_ENF_STEP_AMEND, NULL) == NULL)
        return;
    scf_jw_object(w, "terms");
    for (size_t k = 0; k < SCF_COUNT(said); k++)
        scf_enf_json_write(w, said[k], scf_json_get(s->dossier, said[k]));
    scf_jw_end_object(w);
}

void scf_enf_case_write(struct scf_jsonw *w, const struct scf_enf_story *s) {
    bool amended = scf_enf_last(s, SCF_ENF_STEP_AMEND, NULL) != NULL;
    identity_write(w, &s->c);
    scf_enf_json_write(w, "dossier", s->drafted);
    said_write(w, s, "certificate", SCF_ENF_STEP_ISSUE, "certificate");
    if (amended)
        said_write(w, s, "amendment", SCF_ENF_STEP_AMEND, "certificate");
    amendments_write(w, s);
    terms_write(w, s);
    scf_enf_succession_write(w, s);
    said_write(w, s, "claim", SCF_ENF_STEP_APPLY_EC, "claim");
    verification_write(w, s);
    said_write(w, s, "execution_certificate", SCF_ENF_STEP_ISSUE_EC, "issued");
    refusal_write(w, s);
    said_write(w, s, "court", SCF_ENF_STEP_FILE_ENFORCEMENT, "court");
    said_write(w, s, "court_case_no", SCF_ENF_STEP_ACCEPT_ENFORCEMENT, "case_no");
    next_steps_write(w, s);
    deadlines_write(w, s);
    route_write(w, s);
    scf_jw_i64(w, "steps", s->c.steps);
    scf_jw_i64(w, "version", s->c.version);
    scf_jw_time(w, "created_at", s->c.created_us);
    scf_jw_time(w, "updated_at", s->c.updated_us);
}
