/* What a step checks against its case, and what it changes beside the state. Relies on bodies that
 * the field table accepted, and on the case being open. */
#include "take.h"

#include "amendment.h"
#include "certificate.h"
#include "claim.h"
#include "deadline.h"
#include "fit.h"
#include "succession.h"
#include "terms.h"

#include "scfd/base/clock.h"
#include "scfd/codec/schema.h"
#include "scfd/http/answer.h"
#include "scfd/party/node.h"

enum {
    DETAILS_MAX = 2 << 20,
    CLOCK_TOLERANCE_S = 300,
    OLDEST_DAYS = 30 * 366, /* a case that was begun on paper may be entered later */
    PARTY_STEPS_MAX = 30,
    PARTIES_STEPS_MAX = 200
};

struct effect {
    struct scf_enf_taking *t;
    enum scf_enf_step step;
    const cJSON *body;
    struct scf_uuid party_id; /* of a reply that does not name it */
    int32_t until_day;        /* of what has a last day */
    const char *until_name;   /* under which it is kept; NULL: none */
    struct scf_owed then;     /* of a claim: the ledger as of its day */
};

static enum scf_code fault(const struct effect *e, const char *pointer, const char *code,
                           const char *detail, struct scf_error *err) {
    return scf_fail_fault(e->t->arena, pointer, code, detail, err);
}

/* Does the actor stand in the case as debtor or guarantor alone? */
static bool is_only_owing(const struct effect *e) {
    const unsigned owing = SCF_ENF_DEBTOR | SCF_ENF_GUARANTOR;
    return (scf_enf_roles(&e->t->s, e->t->actor) & ~owing) == 0;
}

/* ---- A ---- */

static enum scf_code submit(struct effect *e, struct scf_error *err) {
    return scf_enf_submit_fit(e->t, err);
}

static bool is_bound(const struct scf_enf_story *s, const struct scf_uuid *id) {
    struct scf_uuid bound[SCF_ENF_PARTIES_MAX];
    size_t n = scf_enf_bound(s, bound);
    for (size_t i = 0; i < n; i++)
        if (scf_uuid_eq(&bound[i], id))
            return true;
    return false;
}

/* Who owes nothing that is notarised applied for nothing. */
static enum scf_code withdraw(struct effect *e, struct scf_error *err) {
    const struct scf_actor *actor = e->t->actor;
    if (!is_only_owing(e) || is_bound(&e->t->s, &actor->operator_enterprise_id))
        return SCF_OK;
    return scf_enf_refuse(e->t, e->step, "规定 6",
                          "The application is withdrawn by those whose debts are to be notarised",
                          err);
}

/* Does the list name the enterprise, as an id or in `member`? */
static bool names(const cJSON *list, const char *member, const struct scf_uuid *id) {
    const cJSON *item;
    char text[SCF_ID_TEXT];
    scf_id_format("ent", id, text);
    cJSON_ArrayForEach(item, list) {
        const char *own = member ? scf_json_string(item, member) : cJSON_GetStringValue(item);
        if (own && strcmp(own, text) == 0)
            return true;
    }
    return false;
}

static bool names_all(const struct effect *e, const cJSON *list, const char *member) {
    struct scf_uuid bound[SCF_ENF_PARTIES_MAX];
    size_t n = scf_enf_bound(&e->t->s, bound);
    for (size_t i = 0; i < n; i++)
        if (!names(list, member, &bound[i]))
            return false;
    return true;
}

static enum scf_code identity(struct effect *e, struct scf_error *err) {
    if (names_all(e, scf_json_get(e->body, "identities"), "party_id"))
        return SCF_OK;
    return fault(e, "#/identities", "incomplete",
                 "Everybody who is bound by the instrument is identified: himself or his agent has "
                 "to be there (规定 12(1)).",
                 err);
}

/* Whether an office may let parties sign online is its own to have (规定 12(1)). */
static enum scf_code sign(struct effect *e, struct scf_error *err) {
    const cJSON *office = scf_json_get(e->t->s.dossier, "notary_office");
    if (!scf_body_is(e->body, "signing_mode", "online") ||
        scf_json_bool(office, "online_signing", false))
        return SCF_OK;
    return scf_enf_refuse(e->t, e->step, "规定 12(1)", "The office does not offer signing online",
                          err);
}

static enum scf_code certificate(struct effect *e, struct scf_error *err) {
    const cJSON *paper = scf_json_get(e->body, "certificate");
    if (!names_all(e, scf_json_get(paper, "party_ids"), NULL))
        return fault(e, "#/certificate/party_ids", "incomplete",
                     "The certificate names everybody whose debt is in its scope (规定 4, 规定 "
                     "5(3), 规定 6).",
                     err);
    return SCF_OK;
}

/* ---- B and C ---- */

static enum scf_code link_loan(struct effect *e, struct scf_error *err) {
    struct scf_enf_story *s = &e->t->s;
    s->c.loan_id = scf_enf_body_id(e->body, "loan_id");
    enum scf_code code = scf_enf_read_owed(e->t, err);
    if (code == SCF_E_NOT_FOUND ||
        (code == SCF_OK && !scf_uuid_eq(&s->owed->lender_id, &s->c.lender_id)))
        return fault(e, "#/loan_id", "unknown-reference", "The lender has no such loan.", err);
    if (code != SCF_OK)
        return code;
    struct scf_enf_mismatch wrong = scf_enf_loan_mismatch(s->dossier, s->owed);
    return wrong.detail ? fault(e, "#/loan_id", "mismatch", wrong.detail, err) : SCF_OK;
}

static enum scf_code request_amendment(struct effect *e, struct scf_error *err) {
    return scf_enf_amendment_fit(e->t, scf_json_get(e->body, "amendment"), err);
}

/* The new creditor is as clear as the parties of the instrument (规定 5(3)). */
static enum scf_code assign(struct effect *e, struct scf_error *err) {
    const cJSON *assignee = scf_json_get(e->body, "assignee");
    const char *uscc = scf_json_string(assignee, "uscc");
    const cJSON *before;
    int32_t day = 0, day_before = 0;
    if (uscc == NULL)
        return fault(e, "#/assignee/uscc", "required",
                     "The new creditor's unified social credit code is needed (规定 5(3)).", err);
    if (scf_uscc_check(scf_str(uscc)) != SCF_USCC_OK)
        return fault(e, "#/assignee/uscc", "uscc-check-digit",
                     "The new creditor's unified social credit code is wrong (规定 5(3)).", err);
    if (!scf_json_get(assignee, "legal_representative"))
        return fault(e, "#/assignee/legal_representative", "required",
                     "The new creditor's legal representative is needed (规定 5(3)).", err);
    if (scf_enf_is_in_case(e->t->s.dossier, uscc))
        return fault(e, "#/assignee/uscc", "mismatch",
                     "The new creditor is a party of the case already (规定 5(3)).", err);
    scf_enf_last(&e->t->s, SCF_ENF_STEP_ASSIGN, &before);
    if (scf_body_day(e->body, "assigned_on", &day) &&
        scf_body_day(before, "assigned_on", &day_before) && day < day_before)
        return fault(e, "#/assigned_on", "date-order",
                     "Who assigns was not creditor before the claim was assigned to him.", err);
    return SCF_OK;
}

/* Of whom is claimed what was assigned, has to know: debtors 民法典 546, guarantors 民法典 696. */
static enum scf_code notify_assignment(struct effect *e, struct scf_error *err) {
    const cJSON *said, *notice = scf_json_get(e->body, "notice");
    int32_t assigned = 0, notified = 0;
    scf_enf_last(&e->t->s, SCF_ENF_STEP_ASSIGN, &said);
    if (!names_all(e, scf_json_get(notice, "party_ids"), NULL))
        return fault(e, "#/notice/party_ids", "incomplete",
                     "Everybody who is bound by the instrument is notified (民法典 546、696).",
                     err);
    if (scf_body_day(said, "assigned_on", &assigned) &&
        scf_body_day(notice, "notified_on", &notified) && notified < assigned)
        return fault(e, "#/notice/notified_on", "date-order",
                     "The notice does not come before the assignment.", err);
    return SCF_OK;
}

static enum scf_code check_claim(struct effect *e, const cJSON *claim,
                                 const struct scf_owed_amounts *disputed, struct scf_error *err) {
    const struct scf_enf_story *s = &e->t->s;
    int32_t as_of = s->today;
    scf_body_day(claim, "as_of", &as_of);
    struct scf_owed ledger;
    enum scf_code code =
        scf_lending_owed(e->t->db, e->t->arena, &s->c.loan_id, as_of, true, &ledger, err);
    if (code == SCF_OK)
        code = scf_enf_owed_amended(e->t->arena, s->dossier, &ledger, as_of, &e->then, err);
    return code == SCF_OK
               ? scf_enf_claim_check(e->t->arena, &e->then, scf_json_get(s->dossier, "rate"), claim,
                                     s->today, disputed, err)
               : code;
}

static enum scf_code apply_ec(struct effect *e, struct scf_error *err) {
    static const struct scf_owed_amounts nothing = {0};
    const char *no = scf_enf_unnotarised(&e->t->s);
    if (no && !scf_json_get(e->body, "reason")) {
        const char *detail =
            scf_asprintf(e->t->arena,
                         "The amendment \"%s\" was signed and not notarised: notarise it, or say "
                         "in `reason` why it does not change what is claimed",
                         no);
        return detail ? scf_enf_refuse(e->t, e->step, "司发通〔2017〕76号", detail, err)
                      : scf_fail_memory(err);
    }
    return check_claim(e, scf_json_get(e->body, "claim"), &nothing, err);
}

/* The agreed way, and no other. Days to object run from when the letter can be read here. */
static enum scf_code send_verification(struct effect *e, struct scf_error *err) {
    struct scf_enf_story *s = &e->t->s;
    const cJSON *agreed = scf_json_get(s->dossier, "verification");
    const cJSON *letter = scf_json_get(e->body, "letter");
    static const char *const members[] = {"mode", "address"};
    bool incomplete = false;
    for (size_t i = 0; i < SCF_COUNT(members); i++)
        if (!scf_body_is(letter, members[i], scf_json_string(agreed, members[i])))
            return scf_enf_refuse(e->t, e->step, "公证程序规则 39(5)",
                                  "The letter is sent in the mode and to the address that were "
                                  "agreed",
                                  err);
    e->until_day = scf_enf_objection_end(s, s->today, &incomplete);
    e->until_name = "reply_until";
    s->c.verification_due_us = scf_json_bool(agreed, "no_reply_is_no_objection", false)
                                   ? scf_china_midnight(e->until_day + 1)
                                   : 0;
    return SCF_OK;
}

/* The application is as if it had not been made: the letter's days are nobody's any more. */
static enum scf_code withdraw_ec(struct effect *e, struct scf_error *err) {
    (void)err;
    e->t->s.c.verification_due_us = 0;
    return SCF_OK;
}

/* Whose word it is: a party's own node speaks for its operator, notary and court for the one they
 * name. */
static enum scf_code whose(struct effect *e, struct scf_error *err) {
    const struct scf_actor *actor = e->t->actor;
    unsigned roles = scf_enf_roles(&e->t->s, actor);
    struct scf_uuid named = scf_enf_body_id(e->body, "party_id");
    bool own = (roles & (SCF_ENF_DEBTOR | SCF_ENF_GUARANTOR)) != 0;
    if (!own && scf_uuid_is_nil(&named))
        return fault(e, "#/party_id", "required", "Whose it is has to be said.", err);
    e->party_id = own ? actor->operator_enterprise_id : named;
    if (own && !scf_uuid_is_nil(&named) && !scf_uuid_eq(&named, &e->party_id))
        return fault(e, "#/party_id", "mismatch", "A party speaks for itself only.", err);
    if (!is_bound(&e->t->s, &e->party_id))
        return fault(e, "#/party_id", "unknown-reference",
                     "The party is not bound by the notarised instrument (规定 6).", err);
    return SCF_OK;
}

/* What a party proves its objection with out of its own chain, the notary has to read. What it only
 * sees is not its to show. */
static enum scf_code show_evidence(const struct effect *e, const struct scf_record *record,
                                   struct scf_error *err) {
    const struct scf_uuid *notary = &e->t->s.c.notary_id;
    if (!scf_uuid_eq(&record->chain_id, &e->t->actor->node_id))
        return SCF_OK;
    return scf_record_address_many(e->t->db, e->t->arena, notary, &record, 1, err);
}

static enum scf_code check_evidence(const struct effect *e, struct scf_error *err) {
    const cJSON *item;
    int i = 0;
    cJSON_ArrayForEach(item, scf_json_get(e->body, "evidence_record_ids")) {
        struct scf_record record;
        char prefix[16], pointer[64];
        struct scf_uuid id;
        enum scf_code code = SCF_E_NOT_FOUND;
        if (scf_id_parse_any(scf_str(item->valuestring), prefix, &id))
            code = scf_record_get(e->t->db, e->t->arena, e->t->actor, &id, &record, err);
        snprintf(pointer, sizeof pointer, "#/evidence_record_ids/%d", i++);
        if (code == SCF_E_NOT_FOUND)
            return fault(e, pointer, "unknown-reference", "There is no such record.", err);
        if (code == SCF_OK)
            code = show_evidence(e, &record, err);
        if (code != SCF_OK)
            return code;
    }
    return SCF_OK;
}

static enum scf_code reply(struct effect *e, struct scf_error *err) {
    enum scf_code code = whose(e, err);
    return code == SCF_OK ? check_evidence(e, err) : code;
}

/* 规则 55: what was performed is deducted. What is disputed is left out (76号文), or the notary
 * says why it is not. */
static enum scf_code issue_ec(struct effect *e, struct scf_error *err) {
    const struct scf_enf_story *s = &e->t->s;
    const cJSON *paper = scf_json_get(e->body, "execution_certificate");
    struct scf_enf_replies replies = scf_enf_replies(s);
    if (s->c.state == SCF_ENF_OBJECTION_WITH_EVIDENCE && !scf_json_get(e->body, "reason"))
        return fault(e, "#/reason", "required",
                     "Why the objection and its evidence do not stand has to be said (公证程序规则 "
                     "55).",
                     err);
    if (scf_json_get(e->body, "reason"))
        replies.disputed = (struct scf_owed_amounts){0};
    return check_claim(e, paper, &replies.disputed, err);
}

/* ---- D ---- */

static enum scf_code file_enforcement(struct effect *e, struct scf_error *err) {
    struct scf_node node;
    struct scf_uuid id = scf_enf_body_id(scf_json_get(e->body, "court"), "court_id");
    if (!scf_json_get(scf_json_get(e->body, "court"), "court_id"))
        return SCF_OK;
    enum scf_code code = scf_node_get(e->t->db, e->t->arena, &id, false, &node, err);
    if (code == SCF_E_NOT_FOUND ||
        (code == SCF_OK && (node.kind != SCF_NODE_COURT || node.status != SCF_NODE_ACTIVE)))
        return fault(e, "#/court/court_id", "unknown-reference", "There is no such court.", err);
    e->t->s.c.court_id = id;
    return code;
}

/* The creditor's own suit bars enforcement (规定 24): no debtor says that there is one. */
static enum scf_code suit(struct effect *e, struct scf_error *err) {
    if (!is_only_owing(e) || !scf_body_is(e->body, "plaintiff", "creditor"))
        return SCF_OK;
    return fault(e, "#/plaintiff", "not-allowed",
                 "The creditor's suit is for the creditor and the court to report (规定 24).", err);
}

/* The day on which the court rejected an earlier application of the party; false: none. */
static bool rejected_before(const struct effect *e, int32_t *ret) {
    const struct scf_enf_story *s = &e->t->s;
    bool own = false, found = false;
    for (size_t i = 0; i < s->n; i++) {
        struct scf_uuid of = scf_enf_body_id(s->details[i], "party_id");
        if (s->rows[i].step == SCF_ENF_STEP_APPLY_NON_ENFORCEMENT)
            own = scf_uuid_eq(&of, &e->party_id);
        if (s->rows[i].step != SCF_ENF_STEP_DECIDE_NON_ENFORCEMENT || !own ||
            !scf_body_is(s->details[i], "result", "rejected"))
            continue;
        *ret = scf_china_day(s->rows[i].happened_us);
        found = true;
    }
    return found;
}

/* 规定 14: once rejected, a party asks again only for a ground that it came to know afterwards. */
static enum scf_code apply_non_enforcement(struct effect *e, struct scf_error *err) {
    int32_t rejected_day = 0, known_day = 0;
    if (scf_body_is(e->body, "ground", "public_order") && !scf_json_get(e->body, "party_id") &&
        (scf_enf_roles(&e->t->s, e->t->actor) & (SCF_ENF_COURT | SCF_ENF_ADMIN)) != 0)
        return SCF_OK; /* 规定 19: of the court's own accord */
    enum scf_code code = whose(e, err);
    if (code != SCF_OK)
        return code;
    bool known = scf_body_day(e->body, "known_on", &known_day);
    if (!rejected_before(e, &rejected_day))
        return scf_enf_within_non_enforcement_days(&e->t->s, e->body)
                   ? SCF_OK
                   : scf_enf_refuse(e->t, e->step, "规定 13",
                                    "The 15 days to apply for non-enforcement are over", err);
    return known && known_day >= rejected_day
               ? SCF_OK
               : scf_enf_refuse(e->t, e->step, "规定 14",
                                "An application of this party was rejected, and the ground was not "
                                "learned of afterwards",
                                err);
}

static enum scf_code take_measures(struct effect *e, struct scf_error *err) {
    const cJSON *item;
    int i = 0;
    cJSON_ArrayForEach(item, scf_json_get(e->body, "measures")) {
        char pointer[48];
        int32_t from = 0, until = 0;
        snprintf(pointer, sizeof pointer, "#/measures/%d/until", i++);
        if (!scf_body_day(item, "from", &from) || !scf_body_day(item, "until", &until) ||
            until < from ||
            until > scf_years_after(from, scf_enf_measure_years(scf_json_string(item, "kind"))))
            return fault(e, pointer, "out-of-range",
                         "Deposits are frozen for at most 1 year, movables for 2, immovables and "
                         "other rights for 3 (民诉解释 485).",
                         err);
    }
    if (scf_enf_measure_count(&e->t->s) + i > SCF_ENF_MEASURES_MAX)
        return fault(e, "#/measures", "too-many", "A case has at most 200 measures.", err);
    if (e->t->s.c.state == SCF_ENF_NON_ENFORCEMENT_APPLIED)
        e->t->s.c.resume = SCF_ENF_MEASURES;
    return SCF_OK;
}

/* ---- all ---- */

static enum scf_code apply(struct effect *e, struct scf_error *err) {
    static const struct {
        enum scf_enf_step step;
        enum scf_code (*apply)(struct effect *, struct scf_error *);
    } all[] = {
        {SCF_ENF_STEP_SUBMIT, submit},
        {SCF_ENF_STEP_WITHDRAW, withdraw},
        {SCF_ENF_STEP_IDENTITY, identity},
        {SCF_ENF_STEP_SIGN, sign},
        {SCF_ENF_STEP_ISSUE, certificate},
        {SCF_ENF_STEP_AMEND, certificate},
        {SCF_ENF_STEP_REQUEST_AMENDMENT, request_amendment},
        {SCF_ENF_STEP_LINK_LOAN, link_loan},
        {SCF_ENF_STEP_ASSIGN, assign},
        {SCF_ENF_STEP_NOTIFY_ASSIGNMENT, notify_assignment},
        {SCF_ENF_STEP_APPLY_EC, apply_ec},
        {SCF_ENF_STEP_SEND_VERIFICATION, send_verification},
        {SCF_ENF_STEP_REPLY, reply},
        {SCF_ENF_STEP_WITHDRAW_EC, withdraw_ec},
        {SCF_ENF_STEP_ISSUE_EC, issue_ec},
        {SCF_ENF_STEP_FILE_ENFORCEMENT, file_enforcement},
        {SCF_ENF_STEP_TAKE_MEASURES, take_measures},
        {SCF_ENF_STEP_APPLY_NON_ENFORCEMENT, apply_non_enforcement},
        {SCF_ENF_STEP_REPORT_SUIT, suit},
        {SCF_ENF_STEP_END_SUIT, suit},
    };
    for (size_t i = 0; i < SCF_COUNT(all); i++)
        if (all[i].step == e->step)
            return all[i].apply(e, err);
    return SCF_OK;
}

/* What has happened has happened by today. */
static enum scf_code check_days(const struct effect *e, struct scf_error *err) {
    static const struct {
        const char *object, *member, *pointer;
    } days[] = {{NULL, "served_on", "#/served_on"},
                {NULL, "known_on", "#/known_on"},
                {NULL, "assigned_on", "#/assigned_on"},
                {"notice", "notified_on", "#/notice/notified_on"},
                {"dunning", "sent_on", "#/dunning/sent_on"},
                {"certificate", "issued_on", "#/certificate/issued_on"},
                {"amendment", "signed_on", "#/amendment/signed_on"},
                {"amendment", "effective_on", "#/amendment/effective_on"},
                {"execution_certificate", "issued_on", "#/execution_certificate/issued_on"}};
    for (size_t i = 0; i < SCF_COUNT(days); i++) {
        const cJSON *object = days[i].object ? scf_json_get(e->body, days[i].object) : e->body;
        int32_t day;
        if (scf_body_day(object, days[i].member, &day) && day > e->t->s.today)
            return fault(e, days[i].pointer, "out-of-range", "The day is in the future.", err);
    }
    return SCF_OK;
}

/* When that happened which the step follows from; INT64_MIN: nothing did. What the court grants
 * itself it does while others go on: an extension follows from the application alone. */
static int64_t happened_before(const struct effect *e) {
    const struct scf_enf_story *s = &e->t->s;
    const struct scf_enf_step_row *applied;
    int64_t before = INT64_MIN;
    if (e->step == SCF_ENF_STEP_EXTEND_DECISION) {
        applied = scf_enf_last(s, SCF_ENF_STEP_APPLY_NON_ENFORCEMENT, NULL);
        return applied ? applied->happened_us : before;
    }
    for (size_t i = 0; i < s->n; i++)
        if (scf_enf_is_asked(s->rows[i].step) && s->rows[i].happened_us > before)
            before = s->rows[i].happened_us;
    return before;
}

/* Steps happen one after the other; only of suits one hears later. Service of a paper starts days
 * that the other side has, so that it does not lie before what it follows from. */
static enum scf_code check_order(const struct effect *e, int64_t happened_us,
                                 struct scf_error *err) {
    const struct scf_enf_story *s = &e->t->s;
    int64_t before = happened_before(e);
    int32_t served;
    if (happened_us < s->c.created_us - OLDEST_DAYS * SCF_US_PER_DAY)
        return fault(e, "#/happened_at", "out-of-range",
                     "The time is more than thirty years before the case was drafted here.", err);
    if (e->step == SCF_ENF_STEP_REPORT_SUIT || e->step == SCF_ENF_STEP_END_SUIT ||
        before == INT64_MIN)
        return SCF_OK;
    if (before > s->now_us) /* the clock was ahead, and was set right */
        before = s->now_us;
    if (happened_us < before - CLOCK_TOLERANCE_S * SCF_US_PER_SECOND)
        return fault(e, "#/happened_at", "out-of-range",
                     "The step before it happened later than that.", err);
    if (scf_body_day(e->body, "served_on", &served) && served < scf_china_day(before))
        return fault(e, "#/served_on", "out-of-range",
                     "The step before it happened later than that.", err);
    return SCF_OK;
}

/* What debtors and guarantors say leaves room for the steps of notary, creditor and court. */
static enum scf_code check_share(const struct effect *e, struct scf_error *err) {
    const struct scf_enf_story *s = &e->t->s;
    size_t own = 0, all = 0;
    if (!is_only_owing(e))
        return SCF_OK;
    for (size_t i = 0; i < s->n; i++) {
        const struct scf_uuid *node = &s->rows[i].node_id;
        if (scf_uuid_is_nil(node) || scf_uuid_eq(node, &s->c.lender_id) ||
            scf_uuid_eq(node, &s->c.notary_id) || scf_uuid_eq(node, &s->c.court_id))
            continue;
        own += scf_uuid_eq(node, &e->t->actor->node_id);
        all++;
    }
    return own < PARTY_STEPS_MAX && all < PARTIES_STEPS_MAX
               ? SCF_OK
               : scf_fail(err, SCF_E_CONFLICT,
                          "A party takes at most %d steps in a case, all together %d; tell the "
                          "notary or the court.",
                          PARTY_STEPS_MAX, PARTIES_STEPS_MAX);
}

static enum scf_code check_currency(const struct effect *e, struct scf_error *err) {
    static const char *const money[] = {"amendment", "claim", "execution_certificate", "disputed",
                                        "measures"};
    const char *currency = scf_json_string(e->body, "currency");
    bool amounts = currency != NULL;
    for (size_t i = 0; i < SCF_COUNT(money); i++)
        amounts = amounts || scf_json_get(e->body, money[i]) != NULL;
    if (amounts && strcmp(currency ? currency : "CNY", e->t->s.c.currency) != 0)
        return fault(e, "#/currency", "mismatch", "The case is in another currency.", err);
    return SCF_OK;
}

/* The body without what the record says already, and what was found out. */
static const char *details_of(const struct effect *e, struct scf_error *err) {
    struct scf_buf out;
    const cJSON *member;
    scf_buf_init(&out, DETAILS_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    cJSON_ArrayForEach(member, e->body) {
        if (strcmp(member->string, "step") != 0 && strcmp(member->string, "happened_at") != 0 &&
            (strcmp(member->string, "party_id") != 0 || scf_uuid_is_nil(&e->party_id)))
            scf_enf_json_write(&w, member->string, member);
    }
    if (!scf_uuid_is_nil(&e->party_id))
        scf_jw_id(&w, "party_id", "ent", &e->party_id);
    if (e->until_name)
        scf_jw_date(&w, e->until_name, e->until_day);
    if (e->step == SCF_ENF_STEP_ISSUE_EC)
        scf_enf_certificate_write(&w, "issued", &e->t->s,
                                  scf_json_get(e->body, "execution_certificate"),
                                  scf_json_string(e->body, "document_sha256"), &e->then);
    scf_jw_end_object(&w);
    return scf_enf_text(e->t->arena, &out, err);
}

enum scf_code scf_enf_effect(struct scf_enf_taking *t, enum scf_enf_step step, const cJSON *body,
                             int64_t happened_us, const char **ret_details, struct scf_error *err) {
    struct effect e = {.t = t, .step = step, .body = body};
    enum scf_code code = check_share(&e, err);
    if (code == SCF_OK)
        code = check_order(&e, happened_us, err);
    if (code == SCF_OK)
        code = check_currency(&e, err);
    if (code == SCF_OK)
        code = check_days(&e, err);
    if (code == SCF_OK)
        code = apply(&e, err);
    if (code != SCF_OK)
        return code;
    *ret_details = details_of(&e, err);
    return *ret_details ? SCF_OK : err->code;
}
