/* Truth and completeness of the data (T of CR-2.3): cross-checks X, and the factors q of the
 * borrower's qualifications and h of its history. Integer arithmetic that rounds down; pure. */
#include "limit_impl.h"
#include "scfd/base/clock.h"
#include "scfd/base/money.h"

/* ---- qualification ---- */

static bool qualification_counts(const struct scf_limit_qualification *q, int type, int32_t day) {
    if (strcmp(q->type, scf_qualification_names[type]) != 0 || q->issued_day > day ||
        (q->has_until && q->until_day < day))
        return false;
    /* "A", "A+", "AA…": the letter grades from A upwards; "A-" is below. */
    return type != SCF_QUAL_CREDIT_RATING || (q->grade[0] == 'A' && q->grade[1] != '-');
}

static bool has_qualification(const struct scf_limit_inputs *in, int type) {
    int32_t day = scf_day_of(in->as_of_us);
    for (size_t i = 0; i < in->qualification_count; i++)
        if (qualification_counts(&in->qualifications[i], type, day))
            return true;
    return false;
}

enum scf_reason scf_qualify(const struct scf_limit_inputs *in, int64_t *ret_ppm) {
    const struct scf_policy *p = &in->policy;
    int64_t q = p->qualification_base_ppm;
    if (!has_qualification(in, SCF_QUAL_BUSINESS_LICENSE)) {
        *ret_ppm = q;
        return SCF_REASON_NO_BUSINESS_LICENSE;
    }
    for (int type = 0; type < SCF_QUAL_TYPES; type++)
        if (p->qualification_bonus_ppm[type] > 0 && has_qualification(in, type))
            q += p->qualification_bonus_ppm[type];
    *ret_ppm = q < SCF_PPM ? q : SCF_PPM;
    return q > p->qualification_base_ppm ? SCF_REASON_QUALIFICATION_STRONG
                                         : SCF_REASON_QUALIFICATION_BASIC;
}

enum scf_reason scf_judge_history(const struct scf_limit_inputs *in, int64_t *ret_ppm) {
    const struct scf_policy *p = &in->policy;
    int level = in->history_periods >= p->history_periods ? 0 : in->history_periods > 0 ? 1 : 2;
    static const enum scf_reason reasons[] = {SCF_REASON_HISTORY_FULL, SCF_REASON_HISTORY_SHORT,
                                              SCF_REASON_NO_HISTORY};
    *ret_ppm = p->history_ppm[level];
    return reasons[level];
}

/* ---- cross-checks ---- */

static void note_failure(struct scf_checks_sum *c, enum scf_check check) {
    switch (check) {
    case SCF_CHECK_INVOICE_SUM:
        c->exceed = true;
        break;
    case SCF_CHECK_PARTIES:
        c->parties = true;
        break;
    case SCF_CHECK_SIGNED_FIRST:
        c->early = true;
        break;
    default:
        c->failed = true;
        break;
    }
}

/* What a contract's findings weigh; an alert tells and weighs nothing. */
static void add_findings(struct scf_checks_sum *c, const struct scf_limit_contract *k) {
    for (size_t i = 0; i < k->trade.finding_count; i++) {
        const struct scf_finding *f = &k->trade.findings[i];
        if (f->outcome == SCF_CHECK_NOT_APPLICABLE || f->rule->severity == SCF_ALERT)
            continue;
        c->applicable++;
        c->applicable_ppm += f->rule->weight_ppm;
        if (f->outcome == SCF_CHECK_PASSED) {
            c->passed++;
            c->passed_ppm += f->rule->weight_ppm;
        } else {
            note_failure(c, f->rule->check);
        }
    }
}

/* The checks inside the single records weigh together as much as one check of the whole contract,
 * and pass in the share in which they pass: by their number alone a failed match of quantities
 * would vanish among thousands of sums that add up. */
static void add_records(struct scf_checks_sum *c, const struct scf_limit_inputs *in) {
    int64_t applicable = 0, passed = 0;
    for (size_t i = 0; i < in->sum_count; i++) {
        applicable += in->sums[i].checks_applicable;
        passed += in->sums[i].checks_passed;
    }
    if (applicable == 0)
        return;
    c->applicable += applicable;
    c->passed += passed;
    c->applicable_ppm += SCF_PPM;
    c->passed_ppm += scf_ratio_ppm(scf_at_most(passed, applicable), applicable);
    c->failed |= passed < applicable;
}

void scf_limit_checks(const struct scf_limit_inputs *in, struct scf_checks_sum *ret) {
    struct scf_checks_sum c = {0};
    add_records(&c, in);
    for (size_t i = 0; i < in->contract_count; i++)
        if (scf_contract_is_own(in, &in->contracts[i])) /* good papers of others prove nothing */
            add_findings(&c, &in->contracts[i]);
    *ret = c;
}

enum scf_reason scf_checks_reason(const struct scf_checks_sum *c) {
    return c->exceed            ? SCF_REASON_INVOICES_EXCEED_CONTRACT
           : c->parties         ? SCF_REASON_PARTIES_DIFFER
           : c->early           ? SCF_REASON_EVENT_BEFORE_SIGNING
           : c->failed          ? SCF_REASON_CHECKS_FAILED
           : c->applicable == 0 ? SCF_REASON_NO_CHECKS
                                : SCF_REASON_CHECKS_PASSED;
}

/* ---- T ---- */

/* Without an event or invoice in the window nothing backs a limit: 0. */
int64_t scf_truth(const struct scf_limit_inputs *in, const struct scf_limit_result *r) {
    const int64_t *w = in->policy.truth_ppm;
    const struct scf_ratings *g = &r->ratings;
    if (!g->has_records)
        return 0;
    return (w[0] * g->normativity_ppm + w[1] * g->timeliness_ppm + w[2] * g->accuracy_ppm +
            w[3] * r->checks_ppm) /
           SCF_PPM;
}
