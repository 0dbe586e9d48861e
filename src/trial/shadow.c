/* An assessment's inputs under other policies, and how that is told. Relies on limit.c. */
#include "shadow_impl.h"

#include "scfd/base/log.h"

/* Does the finding of a check under the rule `was` answer it under `now`? Weights are applied to
 * findings; tolerances and days make them, and what is hard decides which invoices count. */
static bool answers(const struct scf_check_rule *was, const struct scf_check_rule *now) {
    return was->tolerance_ppm == now->tolerance_ppm && was->days == now->days &&
           (was->severity == SCF_HARD) == (now->severity == SCF_HARD);
}

/* The findings of a view under the other policy's rules. A check that it does not have is dropped.
 */
static bool judge(struct scf_trade_view *view, const struct scf_policy *policy,
                  struct scf_arena *arena, bool *exact) {
    struct scf_finding *findings = scf_alloc(arena, view->finding_count, sizeof *findings);
    if (findings == NULL)
        return false;
    size_t n = 0;
    view->applicable_ppm = view->passed_ppm = 0;
    view->hard_failed = false;
    for (size_t i = 0; i < view->finding_count; i++) {
        const struct scf_finding *was = &view->findings[i];
        const struct scf_check_rule *rule = scf_policy_check(policy, was->rule->check);
        if (rule == NULL) {
            *exact &= was->outcome == SCF_CHECK_NOT_APPLICABLE || was->rule->severity != SCF_HARD;
            continue;
        }
        *exact &= was->outcome == SCF_CHECK_NOT_APPLICABLE || answers(was->rule, rule);
        findings[n] = *was;
        findings[n++].rule = rule;
        if (was->outcome == SCF_CHECK_NOT_APPLICABLE || rule->severity == SCF_ALERT)
            continue;
        view->applicable_ppm += rule->weight_ppm;
        if (was->outcome == SCF_CHECK_PASSED)
            view->passed_ppm += rule->weight_ppm;
        else
            view->hard_failed |= rule->severity == SCF_HARD;
    }
    view->findings = findings;
    view->finding_count = n;
    return true;
}

/* Has the other policy a check that was not looked for? */
static bool has_more_checks(const struct scf_policy *now, const struct scf_policy *was) {
    for (size_t i = 0; i < now->check_count; i++)
        if (scf_policy_check(was, now->checks[i].check) == NULL)
            return true;
    return false;
}

bool scf_inputs_under(const struct scf_limit_inputs *in, const struct scf_policy *policy,
                      const struct scf_grading *grading, struct scf_arena *arena,
                      struct scf_limit_inputs *ret, bool *ret_exact) {
    struct scf_limit_inputs under = *in;
    struct scf_limit_contract *contracts = scf_alloc(arena, in->contract_count, sizeof *contracts);
    bool exact = true, full = contracts == NULL;
    under.policy = *policy;
    if (grading != NULL)
        under.grading = *grading;
    for (size_t i = 0; !full && i < in->contract_count; i++) {
        contracts[i] = in->contracts[i];
        if (contracts[i].trade.finding_count == 0)
            continue;
        exact &= !has_more_checks(policy, &in->policy);
        full = !judge(&contracts[i].trade, policy, arena, &exact);
    }
    if (full)
        return false;
    under.contracts = contracts;
    *ret = under;
    *ret_exact = exact;
    return true;
}

enum scf_code scf_shadow_policies(struct scf_db *db, struct scf_arena *arena, int64_t at_us,
                                  struct scf_policy **ret, size_t *ret_n, struct scf_error *err) {
    enum scf_code code = scf_policy_shadows_in_force(db, arena, at_us, ret, ret_n, err);
    if (code != SCF_E_INTERNAL)
        return code;
    scf_log_error("reading the shadow policies", err);
    *ret_n = 0;
    return SCF_OK;
}

struct scf_shadow *scf_shadows_under(const struct scf_policy *policies, size_t n,
                                     const struct scf_limit_inputs *in, struct scf_arena *arena,
                                     size_t *ret_n) {
    struct scf_shadow *list = scf_alloc(arena, n, sizeof *list);
    size_t done = 0;
    for (size_t i = 0; list != NULL && i < n; i++) {
        struct scf_shadow *s = &list[done];
        s->policy = policies[i];
        if (scf_inputs_under(in, &s->policy, NULL, arena, &s->inputs, &s->exact) &&
            scf_limit_compute(&s->inputs, arena, &s->result))
            done++;
    }
    if (done < n) {
        struct scf_error full = {0};
        (void)scf_fail(&full, SCF_E_INTERNAL, "No memory for %zu of %zu shadows", n - done, n);
        scf_log_error("computing the shadow policies", &full);
    }
    *ret_n = done;
    return list;
}

enum scf_code scf_shadows_compute(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_limit_inputs *in, struct scf_shadow **ret,
                                  size_t *ret_n, struct scf_error *err) {
    struct scf_policy *policies;
    size_t n;
    enum scf_code code = scf_shadow_policies(db, arena, in->as_of_us, &policies, &n, err);
    if (code == SCF_OK)
        *ret = scf_shadows_under(policies, n, in, arena, ret_n);
    return code;
}

/* ---- grades ---- */

static const char *const rating_names[SCF_GRADES] = {"normativity", "timeliness", "accuracy",
                                                     "overall"};
void scf_grades_of(const struct scf_ratings *r, char out[SCF_GRADES + 1]) {
    const enum scf_grade grades[SCF_GRADES] = {r->normativity, r->timeliness, r->accuracy,
                                               r->overall};
    for (int i = 0; i < SCF_GRADES; i++)
        out[i] = "ABCD"[grades[i]];
    out[SCF_GRADES] = '\0';
}

void scf_grades_write(struct scf_jsonw *w, const char *key, const char *grades) {
    scf_jw_object(w, key);
    for (int i = 0; i < SCF_GRADES; i++)
        scf_jw_strn(w, rating_names[i], grades + i, 1);
    scf_jw_end_object(w);
}

/* ---- comparisons ---- */

static void write_total(struct scf_jsonw *w, const struct scf_shadow_total *t) {
    int scale = scf_scale_of(t->currency);
    scf_jw_object(w, NULL);
    scf_jw_str(w, "currency", t->currency);
    scf_jw_i64(w, "assessments", t->assessments);
    scf_jw_money(w, "recorded", t->recorded, scale);
    scf_jw_money(w, "new", t->shadow, scale);
    scf_jw_i64(w, "raised", t->raised);
    scf_jw_money(w, "raised_by", t->raised_by, scale);
    scf_jw_i64(w, "lowered", t->lowered);
    scf_jw_money(w, "lowered_by", t->lowered_by, scale);
    scf_jw_end_object(w);
}

void scf_comparison_write(struct scf_jsonw *w, const struct scf_comparison *c) {
    scf_jw_array(w, "currencies");
    for (size_t i = 0; i < c->total_count; i++)
        write_total(w, &c->totals[i]);
    scf_jw_end_array(w);
    scf_jw_array(w, "grade_moves");
    for (size_t i = 0; i < c->move_count; i++) {
        const struct scf_grade_move *m = &c->moves[i];
        scf_jw_object(w, NULL);
        scf_jw_str(w, "rating", rating_names[m->rating]);
        scf_jw_str(w, "from", m->from);
        scf_jw_str(w, "to", m->to);
        scf_jw_i64(w, "count", m->count);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}
