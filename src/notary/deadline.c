/* Deadlines, one function for each part of the procedure. Relies on calendar.c for days. */
#include "deadline.h"

#include "scfd/base/clock.h"

enum {
    CERTIFICATE_WORKING_DAYS = 15, /* 公证法 30 */
    EC_WORKING_DAYS = 15,          /* 76号文 */
    REGISTER_DAYS = 7,             /* 执行工作规定 16 */
    NOTICE_DAYS = 10,              /* 民诉解释 480 */
    NON_ENFORCEMENT_DAYS = 15,     /* 规定 13 */
    RECONSIDERATION_DAYS = 10,     /* 规定 7 */
    UPPER_COURT_DAYS = 30,         /* 规定 21 */
    ENFORCEMENT_YEARS = 2,         /* 规定 9, 民诉法 250 */
    INACTION_MONTHS = 6,           /* 民诉法 237 */
    GUARANTEE_MONTHS = 6           /* 民法典 692 */
};

struct listing {
    const struct scf_enf_story *s;
    struct scf_enf_deadline *list;
    size_t n;
};

static void add(struct listing *l, const char *code, const char *article, const char *who,
                int32_t due_day, bool done, bool incomplete) {
    if (l->n < SCF_ENF_DEADLINES_MAX)
        l->list[l->n++] = (struct scf_enf_deadline){code, article, who, due_day, done, incomplete};
}

/* Calendar days after a day, rolled to a working day. */
static void add_days(struct listing *l, const char *code, const char *article, const char *who,
                     int32_t from, int days, bool done) {
    bool incomplete = false;
    int32_t due = scf_rolled(l->s->calendar, from + days, &incomplete);
    add(l, code, article, who, due, done, incomplete);
}

static int32_t day_of(const struct scf_enf_step_row *row) {
    return scf_china_day(row->happened_us);
}

static bool follows(const struct scf_enf_step_row *later, const struct scf_enf_step_row *row) {
    return later != NULL && later->seq > row->seq;
}

/* Working days for which the notary waited: from each `opens` to the `closes` that follows, or to
 * today. */
static int waited(const struct scf_enf_story *s, int64_t after_seq, enum scf_enf_step opens,
                  enum scf_enf_step closes, bool *incomplete) {
    int days = 0;
    int32_t since = 0;
    bool waiting = false;
    for (size_t i = 0; i < s->n; i++) {
        const struct scf_enf_step_row *row = &s->rows[i];
        if (row->seq <= after_seq)
            continue;
        if (row->step == opens && !waiting) {
            since = day_of(row);
            waiting = true;
        } else if (row->step == closes && waiting) {
            days += scf_working_days_between(s->calendar, since, day_of(row), incomplete);
            waiting = false;
        }
    }
    return waiting ? days + scf_working_days_between(s->calendar, since, s->today, incomplete)
                   : days;
}

static void at_notary(struct listing *l) {
    const struct scf_enf_story *s = l->s;
    const struct scf_enf_step_row *accepted = scf_enf_last(s, SCF_ENF_STEP_ACCEPT, NULL);
    bool incomplete = false;
    if (accepted == NULL)
        return;
    int days = CERTIFICATE_WORKING_DAYS + waited(s, accepted->seq, SCF_ENF_STEP_REQUIRE_SUPPLEMENT,
                                                 SCF_ENF_STEP_SUPPLEMENT, &incomplete);
    int32_t due = scf_working_day_after(s->calendar, day_of(accepted), days, &incomplete);
    bool done = scf_enf_last(s, SCF_ENF_STEP_ISSUE, NULL) != NULL ||
                s->c.state == SCF_ENF_REFUSED || s->c.state == SCF_ENF_TERMINATED;
    add(l, "issue_certificate", "公证法 30", "notary", due, done, incomplete);
}

static void execution_certificate(struct listing *l) {
    const struct scf_enf_story *s = l->s;
    const struct scf_enf_step_row *applied = scf_enf_last(s, SCF_ENF_STEP_APPLY_EC, NULL);
    bool incomplete = false;
    if (applied == NULL)
        return;
    bool done = scf_enf_last(s, SCF_ENF_STEP_ISSUE_EC, NULL) != NULL ||
                scf_enf_last(s, SCF_ENF_STEP_REFUSE_EC, NULL) != NULL;
    int days = EC_WORKING_DAYS + waited(s, applied->seq, SCF_ENF_STEP_SEND_VERIFICATION,
                                        SCF_ENF_STEP_CLOSE_VERIFICATION, &incomplete);
    int32_t due = scf_working_day_after(s->calendar, day_of(applied), days, &incomplete);
    add(l, "issue_execution_certificate", "司发通〔2017〕76号", "notary", due, done, incomplete);
    const struct scf_enf_step_row *sent = scf_enf_last(s, SCF_ENF_STEP_SEND_VERIFICATION, NULL);
    if (sent == NULL)
        return;
    incomplete = false;
    due = scf_enf_objection_end(s, scf_china_day(sent->filed_us), &incomplete);
    add(l, "reply_to_verification", "公证程序规则 39", "parties", due,
        s->c.state != SCF_ENF_VERIFYING, incomplete);
}

bool scf_enf_enforcement_deadline(const struct scf_enf_story *s, int32_t *ret) {
    const struct scf_enf_step_row *applied = scf_enf_last(s, SCF_ENF_STEP_APPLY_EC, NULL);
    if (applied) {
        *ret = scf_years_after(day_of(applied), ENFORCEMENT_YEARS);
        return true;
    }
    for (size_t i = 0; s->owed && i < s->owed->instalment_count; i++) {
        const struct scf_owed_instalment *part = &s->owed->instalments[i];
        if (part->unpaid_principal + part->unpaid_interest == 0 || part->due_day >= s->today)
            continue;
        *ret = scf_years_after(part->due_day, ENFORCEMENT_YEARS);
        return true;
    }
    return false;
}

static void enforcement(struct listing *l) {
    int32_t due;
    if (scf_enf_enforcement_deadline(l->s, &due))
        add(l, "apply_for_enforcement", "规定 9、民诉法 250", "creditor", due,
            scf_enf_last(l->s, SCF_ENF_STEP_FILE_ENFORCEMENT, NULL) != NULL, false);
}

static int32_t months_after(int32_t day, int months) {
    int year, month, mday;
    scf_civil_from_day(day, &year, &month, &mday);
    int count = year * 12 + month - 1 + months;
    int32_t next = count % 12 == 11 ? scf_day_from_civil(count / 12 + 1, 1, 1)
                                    : scf_day_from_civil(count / 12, count % 12 + 2, 1);
    int32_t same = scf_day_from_civil(count / 12, count % 12 + 1, 1) + mday - 1;
    return same < next ? same : next - 1;
}

static void at_court(struct listing *l) {
    const struct scf_enf_story *s = l->s;
    const struct scf_enf_step_row *filed = scf_enf_last(s, SCF_ENF_STEP_FILE_ENFORCEMENT, NULL);
    if (filed == NULL)
        return;
    const struct scf_enf_step_row *accepted =
        scf_enf_last(s, SCF_ENF_STEP_ACCEPT_ENFORCEMENT, NULL);
    const struct scf_enf_step_row *rejected =
        scf_enf_last(s, SCF_ENF_STEP_REJECT_ENFORCEMENT, NULL);
    const struct scf_enf_step_row *measures = scf_enf_last(s, SCF_ENF_STEP_TAKE_MEASURES, NULL);
    bool notified = scf_enf_last(s, SCF_ENF_STEP_SEND_NOTICE, NULL) != NULL;
    add_days(l, "register_enforcement", "执行工作规定 16", "court", day_of(filed), REGISTER_DAYS,
             accepted != NULL || rejected != NULL);
    add_days(l, "send_enforcement_notice", "民诉解释 480", "court", day_of(filed), NOTICE_DAYS,
             notified || s->c.state == SCF_ENF_ENF_REJECTED);
    bool incomplete = false;
    int32_t due =
        scf_rolled(s->calendar, months_after(day_of(filed), INACTION_MONTHS), &incomplete);
    add(l, "go_to_upper_court", "民诉法 237", "creditor", due,
        measures != NULL || s->c.state >= SCF_ENF_SETTLED || s->c.state == SCF_ENF_ENF_REJECTED,
        incomplete);
}

/* 规定 7 of the creditor, whose application was rejected; 规定 21 of the respondent. */
static void reconsideration(struct listing *l) {
    struct scf_enf_ruling r = scf_enf_ruling_of(l->s);
    if (r.row == NULL)
        return;
    add_days(l, "apply_for_reconsideration", r.for_creditor ? "规定 21" : "规定 7",
             r.for_creditor ? "debtor" : "creditor", r.served_day, RECONSIDERATION_DAYS,
             r.asked != NULL);
    if (r.asked)
        add_days(l, "decide_reconsideration", "规定 21", "court", day_of(r.asked), UPPER_COURT_DAYS,
                 r.answered != NULL);
}

static void non_enforcement(struct listing *l) {
    const cJSON *said;
    const struct scf_enf_step_row *notice = scf_enf_last(l->s, SCF_ENF_STEP_SEND_NOTICE, &said);
    const struct scf_enf_step_row *asked;
    int days = scf_enf_decision_days(l->s, &asked);
    int32_t served;
    if (notice && scf_body_day(said, "served_on", &served))
        add_days(l, "apply_for_non_enforcement", "规定 13", "debtor", served, NON_ENFORCEMENT_DAYS,
                 asked != NULL);
    if (asked)
        add_days(l, "decide_non_enforcement", "规定 16", "court", day_of(asked), days,
                 follows(scf_enf_last(l->s, SCF_ENF_STEP_DECIDE_NON_ENFORCEMENT, NULL), asked));
}

int scf_enf_measure_years(const char *kind) {
    static const struct {
        const char *kind;
        int years;
    } all[] = {{"deposit", 1}, {"movable", 2}, {"immovable", 3}, {"other_right", 3}};
    for (size_t i = 0; kind && i < SCF_COUNT(all); i++)
        if (strcmp(all[i].kind, kind) == 0)
            return all[i].years;
    return 0;
}

int scf_enf_measure_count(const struct scf_enf_story *s) {
    int n = 0;
    for (size_t i = 0; i < s->n; i++)
        n += cJSON_GetArraySize(scf_json_get(s->details[i], "measures"));
    return n;
}

/* Taken again on the same thing later, it was renewed. */
static bool is_renewed(const struct scf_enf_story *s, size_t row, const cJSON *measure) {
    const char *kind = scf_json_string(measure, "kind");
    const char *what = scf_json_string(measure, "description");
    const cJSON *item;
    for (size_t i = row + 1; i < s->n; i++)
        cJSON_ArrayForEach(item, scf_json_get(s->details[i], "measures")) {
            if (kind && what && scf_body_is(item, "kind", kind) &&
                scf_body_is(item, "description", what))
                return true;
        }
    return false;
}

/* Each is renewed before it ends. */
static void measures(struct listing *l) {
    const struct scf_enf_story *s = l->s;
    bool over = s->c.state == SCF_ENF_COMPLETED || s->c.state == SCF_ENF_NON_ENFORCED;
    const cJSON *item;
    int32_t until;
    for (size_t i = 0; i < s->n; i++)
        cJSON_ArrayForEach(item, scf_json_get(s->details[i], "measures")) {
            if (scf_body_day(item, "until", &until) && !is_renewed(s, i, item))
                add(l, "renew_measure", "民诉解释 485", "creditor", until, over, false);
        }
}

/* Six months on, where none, or none later than the debt, was agreed: 民法典 692. Of an amendment
 * only guarantors that the notary's papers bind are sure to have known. */
static int32_t guarantee_end(const struct scf_enf_story *s, const cJSON *security) {
    const struct scf_owed *owed = scf_enf_covers_guarantees(s) ? s->owed : s->ledger;
    int32_t agreed, due = owed->maturity_day;
    if (scf_body_day(security, "guarantee_until", &agreed) && agreed > due)
        return agreed;
    return months_after(due, GUARANTEE_MONTHS);
}

/* A general guarantor is held by enforcement against the debtor within the period (担保解释 27),
 * one jointly liable by a demand (民法典 693). The period is not rolled, suspended or extended. */
static void guarantees(struct listing *l) {
    const struct scf_enf_story *s = l->s;
    const cJSON *item;
    bool filed = scf_enf_last(s, SCF_ENF_STEP_FILE_ENFORCEMENT, NULL) != NULL;
    if (s->owed == NULL)
        return;
    cJSON_ArrayForEach(item, scf_json_get(s->dossier, "securities")) {
        bool joint = scf_body_is(item, "guarantee_mode", "joint");
        if (scf_body_is(item, "kind", "guarantee"))
            add(l, "preserve_guarantee", joint ? "民法典 692、693" : "担保解释 27、民法典 692",
                "creditor", guarantee_end(s, item), filed, false);
    }
}

size_t scf_enf_deadlines(const struct scf_enf_story *s,
                         struct scf_enf_deadline ret[SCF_ENF_DEADLINES_MAX]) {
    static void (*const parts[])(struct listing *) = {
        at_notary, execution_certificate, enforcement,     guarantees,
        at_court,  reconsideration,       non_enforcement, measures};
    struct listing l = {.s = s, .list = ret};
    for (size_t i = 0; i < SCF_COUNT(parts); i++)
        parts[i](&l);
    return l.n;
}
