/* What the steps of a case say together. Relies on bodies that the field tables accepted. */
#include "amendment.h"
#include "succession.h"

#include "scfd/base/clock.h"

enum {
    NON_ENFORCEMENT_DAYS = 15, /* 规定 13 */
    DECISION_DAYS = 60,        /* 规定 16 */
    EXTENSION_DAYS = 30,       /* 规定 16 */
    RECONSIDERATION_DAYS = 10, /* 规定 7 */
};

/* ---- reading ---- */

static const cJSON *parse(struct scf_arena *arena, const char *text, struct scf_error *err) {
    return scf_json_parse_large(arena, text, strlen(text), err);
}

enum scf_code scf_enf_story_parse(struct scf_arena *arena, struct scf_enf_story *story,
                                  struct scf_error *err) {
    const cJSON **details = scf_alloc(arena, story->n + SCF_ENF_SPARE, sizeof(const cJSON *));
    if (details == NULL)
        return scf_fail_memory(err);
    story->drafted = parse(arena, story->c.dossier, err);
    for (size_t i = 0; i < story->n && story->drafted; i++) {
        const cJSON *body = parse(arena, story->rows[i].body, err);
        if (body == NULL)
            return scf_fail(err, SCF_E_INTERNAL, "A step that was stored cannot be read.");
        details[i] = scf_json_get(body, "details");
    }
    story->details = details;
    story->ledger = story->owed;
    return story->drafted
               ? scf_enf_story_amend(arena, story, err)
               : scf_fail(err, SCF_E_INTERNAL, "A dossier that was stored cannot be read.");
}

static bool is_of_application(enum scf_enf_step step) {
    return step == SCF_ENF_STEP_APPLY_EC || step == SCF_ENF_STEP_SEND_VERIFICATION ||
           step == SCF_ENF_STEP_REPLY || step == SCF_ENF_STEP_CLOSE_VERIFICATION;
}

const struct scf_enf_step_row *scf_enf_last(const struct scf_enf_story *s, enum scf_enf_step step,
                                            const cJSON **ret_details) {
    for (size_t i = s->n; i > 0; i--) {
        if (s->rows[i - 1].step == SCF_ENF_STEP_WITHDRAW_EC && is_of_application(step))
            break;
        if (s->rows[i - 1].step != step)
            continue;
        if (ret_details)
            *ret_details = s->details[i - 1];
        return &s->rows[i - 1];
    }
    if (ret_details)
        *ret_details = NULL;
    return NULL;
}

static int64_t seq_of(const struct scf_enf_step_row *row) {
    return row ? row->seq : 0;
}

/* ---- parties and replies ---- */

static void add_parties(const cJSON *list, struct scf_uuid ret[SCF_ENF_PARTIES_MAX], size_t *n) {
    const cJSON *party;
    cJSON_ArrayForEach(party, list) {
        struct scf_uuid id = scf_enf_body_id(party, "enterprise_id");
        bool known = scf_uuid_is_nil(&id);
        for (size_t i = 0; i < *n; i++)
            known = known || scf_uuid_eq(&ret[i], &id);
        if (!known && *n < SCF_ENF_PARTIES_MAX)
            ret[(*n)++] = id;
    }
}

bool scf_enf_covers_debt(const struct scf_enf_story *s) {
    return !scf_body_is(s->dossier, "coverage", "guarantee_debt");
}

bool scf_enf_covers_guarantees(const struct scf_enf_story *s) {
    return !scf_body_is(s->dossier, "coverage", "principal_debt");
}

size_t scf_enf_bound(const struct scf_enf_story *s, struct scf_uuid ret[SCF_ENF_PARTIES_MAX]) {
    size_t n = 0;
    if (scf_enf_covers_debt(s))
        add_parties(scf_json_get(s->dossier, "debtors"), ret, &n);
    if (scf_enf_covers_guarantees(s))
        add_parties(scf_json_get(s->dossier, "guarantors"), ret, &n);
    return n;
}

static void larger(int64_t *most, const cJSON *disputed, const char *name, int scale) {
    int64_t amount = 0;
    if (scf_body_money(disputed, name, scale, &amount) && amount > *most)
        *most = amount;
}

/* Several parties dispute parts of one debt: of each component the largest part counts. */
static void add_disputed(struct scf_owed_amounts *sum, const cJSON *disputed, int scale) {
    larger(&sum->principal, disputed, "principal", scale);
    larger(&sum->interest, disputed, "interest", scale);
    larger(&sum->penalty, disputed, "penalty", scale);
    larger(&sum->compound, disputed, "compound", scale);
    larger(&sum->fees, disputed, "fees", scale);
}

static void add_reply(struct scf_enf_replies *r, const cJSON *reply, int scale) {
    r->replied++;
    if (scf_body_is(reply, "result", "objection"))
        r->finding = SCF_ENF_OBJECTION_WITH_EVIDENCE;
    if (!scf_body_is(reply, "result", "partial_objection"))
        return;
    add_disputed(&r->disputed, scf_json_get(reply, "disputed"), scale);
    if (r->finding == SCF_ENF_NO_OBJECTION)
        r->finding = SCF_ENF_PARTIAL_OBJECTION;
}

struct scf_enf_replies scf_enf_replies(const struct scf_enf_story *s) {
    struct scf_uuid bound[SCF_ENF_PARTIES_MAX];
    struct scf_enf_replies r = {.finding = SCF_ENF_NO_OBJECTION};
    const struct scf_enf_step_row *letter = scf_enf_last(s, SCF_ENF_STEP_SEND_VERIFICATION, NULL);
    int scale = scf_currency_scale(scf_str(s->c.currency));
    r.parties = scf_enf_bound(s, bound);
    if (letter == NULL) /* or one of an application that was withdrawn, whose replies went too */
        return r;
    for (size_t k = 0; k < r.parties; k++)
        for (size_t i = s->n; i > 0 && s->rows[i - 1].seq > letter->seq; i--) {
            struct scf_uuid of = scf_enf_body_id(s->details[i - 1], "party_id");
            if (s->rows[i - 1].step != SCF_ENF_STEP_REPLY || !scf_uuid_eq(&of, &bound[k]))
                continue;
            add_reply(&r, s->details[i - 1], scale);
            break;
        }
    return r;
}

/* ---- facts ---- */

int32_t scf_enf_objection_end(const struct scf_enf_story *s, int32_t from, bool *incomplete) {
    const cJSON *agreed = scf_json_get(s->dossier, "verification");
    int64_t days = 0;
    scf_json_i64(agreed, "objection_days", &days);
    if (scf_body_is(agreed, "day_kind", "working"))
        return scf_working_day_after(s->calendar, from, (int)days, incomplete);
    return scf_rolled(s->calendar, from + (int32_t)days, incomplete);
}

static bool within(const struct scf_enf_story *s, int32_t from, int days) {
    bool incomplete = false;
    int32_t day = s->applied_day != 0 ? s->applied_day : s->today;
    return day <= scf_rolled(s->calendar, from + days, &incomplete);
}

/* 规定 13: the days run from service of the notice; of a notary's conflict of interest or bribery
 * from when they are known. 规定 19: public order has no days. */
bool scf_enf_within_non_enforcement_days(const struct scf_enf_story *s, const cJSON *body) {
    const cJSON *notice;
    int32_t from;
    bool late = scf_body_is(body, "ground", "conflict_of_interest") ||
                scf_body_is(body, "ground", "bribery");
    bool notified = scf_enf_last(s, SCF_ENF_STEP_SEND_NOTICE, &notice) != NULL;
    if (!notified || scf_body_is(body, "ground", "public_order"))
        return true;
    if (late && scf_body_day(body, "known_on", &from) && within(s, from, NON_ENFORCEMENT_DAYS))
        return true;
    return scf_body_day(notice, "served_on", &from) && within(s, from, NON_ENFORCEMENT_DAYS);
}

int scf_enf_decision_days(const struct scf_enf_story *s, const struct scf_enf_step_row **ret) {
    *ret = scf_enf_last(s, SCF_ENF_STEP_APPLY_NON_ENFORCEMENT, NULL);
    const struct scf_enf_step_row *extended = scf_enf_last(s, SCF_ENF_STEP_EXTEND_DECISION, NULL);
    return DECISION_DAYS + (seq_of(extended) > seq_of(*ret) ? EXTENSION_DAYS : 0);
}

/* 规定 14: who was rejected may ask again, until enforcement ends, for what became known since. */
static bool is_known_since(const struct scf_enf_story *s, const cJSON *body) {
    struct scf_enf_ruling ruling = scf_enf_ruling_of(s);
    int32_t known;
    return ruling.for_creditor && scf_body_day(body, "known_on", &known) &&
           known >= scf_china_day(ruling.row->happened_us);
}

/* Of the court the newest ruling that can be reconsidered: that it does not enforce (规定 7), or
 * that it does not refrain from it (规定 21). */
struct scf_enf_ruling scf_enf_ruling_of(const struct scf_enf_story *s) {
    const cJSON *rejection, *decision;
    const struct scf_enf_step_row *rejected =
        scf_enf_last(s, SCF_ENF_STEP_REJECT_ENFORCEMENT, &rejection);
    const struct scf_enf_step_row *decided =
        scf_enf_last(s, SCF_ENF_STEP_DECIDE_NON_ENFORCEMENT, &decision);
    struct scf_enf_ruling r = {.row = rejected, .said = rejection};
    if (seq_of(decided) > seq_of(rejected) && scf_body_is(decision, "result", "rejected"))
        r = (struct scf_enf_ruling){.row = decided, .said = decision, .for_creditor = true};
    if (r.row && !scf_body_day(r.said, "served_on", &r.served_day))
        r.served_day = scf_china_day(r.row->happened_us);
    const struct scf_enf_step_row *asked =
        scf_enf_last(s, SCF_ENF_STEP_APPLY_RECONSIDERATION, NULL);
    r.asked = seq_of(asked) > seq_of(r.row) ? asked : NULL;
    const struct scf_enf_step_row *answered =
        scf_enf_last(s, SCF_ENF_STEP_DECIDE_RECONSIDERATION, NULL);
    r.answered = r.asked && seq_of(answered) > r.asked->seq ? answered : NULL;
    return r;
}

/* Is a suit of the plaintiff pending? NULL: of anybody. */
static bool has_suit(const struct scf_enf_story *s, const char *plaintiff) {
    static const char *const all[] = {"creditor", "debtor", "interested_party"};
    for (size_t k = 0; k < SCF_COUNT(all); k++) {
        bool pending = false;
        for (size_t i = 0; i < s->n; i++)
            if (scf_body_is(s->details[i], "plaintiff", all[k]))
                pending = s->rows[i].step == SCF_ENF_STEP_REPORT_SUIT;
        if (pending && (plaintiff == NULL || strcmp(plaintiff, all[k]) == 0))
            return true;
    }
    return false;
}

struct scf_enf_facts scf_enf_facts_of(const struct scf_enf_story *s, const cJSON *body) {
    struct scf_enf_replies replies = scf_enf_replies(s);
    struct scf_enf_ruling ruling = scf_enf_ruling_of(s);
    const struct scf_enf_step_row *objected;
    int decision_days = scf_enf_decision_days(s, &objected);
    const char *plaintiff = scf_json_string(body, "plaintiff");
    bool suit_known = has_suit(s, plaintiff);
    return (struct scf_enf_facts){
        .state = s->c.state,
        .resume = s->c.resume,
        .has_loan = s->owed != NULL,
        .overdue = s->owed && s->owed->overdue_days > 0,
        .settled = s->owed && s->owed->settled,
        .accelerated = scf_body_is(body, "default_kind", "acceleration"),
        .all_replied = replies.parties > 0 && replies.replied == replies.parties,
        .window_over = s->c.verification_due_us != 0 && s->now_us >= s->c.verification_due_us,
        .no_reply_agreed = scf_json_bool(scf_json_get(s->dossier, "verification"),
                                         "no_reply_is_no_objection", false),
        .finding = replies.finding,
        .within_non_enforcement_days =
            scf_enf_within_non_enforcement_days(s, body) || is_known_since(s, body),
        .within_reconsideration_days =
            ruling.row != NULL && within(s, ruling.served_day, RECONSIDERATION_DAYS),
        .suit = has_suit(s, "creditor"),
        .suit_known = suit_known,
        .suit_unknown = plaintiff == NULL || !suit_known,
        .notified = scf_enf_last(s, SCF_ENF_STEP_SEND_NOTICE, NULL) != NULL,
        .has_court = !scf_uuid_is_nil(&s->c.court_id),
        .application_rejected = ruling.for_creditor,
        .asked_reconsideration = ruling.asked != NULL,
        .reconsidering = ruling.asked != NULL && ruling.answered == NULL,
        .within_decision_days =
            objected != NULL && within(s, scf_china_day(objected->happened_us), DECISION_DAYS),
        .decision_extended = decision_days > DECISION_DAYS,
        .unnotified = scf_enf_unnotified(s),
    };
}

/* ---- the way that is open ---- */

static void because(struct scf_enf_route *r, const char *article, const char *en, const char *zh) {
    if (r->n < SCF_COUNT(r->reasons))
        r->reasons[r->n++] = (struct scf_enf_rule_text){article, en, zh};
}

/* 规定 7: the ten days went by unused, or the upper court upheld the ruling. */
static bool is_reconsideration_spent(const struct scf_enf_story *s) {
    struct scf_enf_ruling ruling = scf_enf_ruling_of(s);
    if (s->c.state != SCF_ENF_ENF_REJECTED || ruling.row == NULL)
        return false;
    return ruling.asked ? ruling.answered != NULL
                        : !within(s, ruling.served_day, RECONSIDERATION_DAYS);
}

static void civil_reasons(const struct scf_enf_story *s, struct scf_enf_route *r) {
    if (s->c.state == SCF_ENF_EC_REFUSED)
        because(r, "规定 8", "The execution certificate was refused.",
                "公证机构决定不予出具执行证书。");
    if (s->c.state == SCF_ENF_NON_ENFORCED)
        because(r, "规定 20", "The court ruled that the instrument is not enforced.",
                "人民法院裁定不予执行。");
    if (is_reconsideration_spent(s))
        because(r, "规定 7", "The application was rejected, and reconsideration is spent.",
                "裁定不予受理或者驳回执行申请，且复议申请期满未申请或者被驳回。");
    if (has_suit(s, "creditor"))
        because(r, "规定 24", "The creditor's suit on the instrument was accepted.",
                "债权人就公证债权文书涉及的争议提起的诉讼已被受理。");
    if (s->c.state == SCF_ENF_REFUSED || s->c.state == SCF_ENF_TERMINATED)
        because(r, "公证法 37", "There is no notarised instrument.", "债权文书未经公证。");
}

struct scf_enf_route scf_enf_route_of(const struct scf_enf_story *s) {
    struct scf_enf_route r = {.path = "civil_pack"};
    const cJSON *said;
    civil_reasons(s, &r);
    if (r.n > 0)
        return r;
    if (scf_enf_last(s, SCF_ENF_STEP_ISSUE_EC, NULL)) {
        r.path = "enforcement_pack";
        because(&r, "规定 3", "Certificate and execution certificate are there.",
                "已取得公证书与执行证书。");
        scf_enf_last(s, SCF_ENF_STEP_DECIDE_NON_ENFORCEMENT, &said);
        if (scf_body_is(said, "result", "partly_granted"))
            because(&r, "规定 20", "The part that is not enforced can be sued for.",
                    "裁定部分不予执行的，可就该部分提起诉讼。");
        return r;
    }
    r.path = "apply_for_ec";
    because(&r, "规定 5", "Enforcement needs the execution certificate first.",
            "申请执行须先取得执行证书。");
    if (!scf_enf_is_notarised(s->c.state))
        because(&r, "公证法 37", "The instrument is still to be notarised.", "债权文书尚待公证。");
    return r;
}
