/* What a backtest does with one assessment, and its request. Pure.
 * Relies on receipt_read.c for the inputs and on limit.c for the arithmetic. */
#include "backtest.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"
#include "trial_api.h"

/* ---- the request ---- */

static const char *const enterprise_ids[] = {"ent", NULL};
static const struct scf_field borrower_element[] = {{.type = SCF_T_ID, .choices = enterprise_ids}};
static const struct scf_field policy_members[] = {{.name = "code",
                                                   .type = SCF_T_STRING,
                                                   .presence = SCF_REQUIRED,
                                                   .min = 1,
                                                   .max = 64,
                                                   .doc_en = "its code",
                                                   .doc_zh = "代码"},
                                                  {.name = "version",
                                                   .type = SCF_T_STRING,
                                                   .presence = SCF_REQUIRED,
                                                   .min = 1,
                                                   .max = 32,
                                                   .doc_en = "its version",
                                                   .doc_zh = "版本"},
                                                  SCF_FIELD_END};
static const struct scf_field request_fields[] = {
    {.name = "from",
     .type = SCF_T_TIME,
     .presence = SCF_REQUIRED,
     .doc_en = "assessments made for this time or later",
     .doc_zh = "起始时点"},
    {.name = "to",
     .type = SCF_T_TIME,
     .presence = SCF_REQUIRED,
     .doc_en = "and for this time or earlier",
     .doc_zh = "截止时点"},
    {.name = "policy",
     .type = SCF_T_OBJECT,
     .members = policy_members,
     .doc_en = "a policy to compute them under, of either role; default: for each the policy that "
               "was live at its time",
     .doc_zh = "用于重算的政策，默认为当时生效的政策"},
    {.name = "params",
     .type = SCF_T_OBJECT,
     .members = scf_policy_fields,
     .doc_en = "parameters that are no policy yet",
     .doc_zh = "尚未成为政策的参数"},
    {.name = "grading",
     .type = SCF_T_OBJECT,
     .members = scf_grading_fields,
     .doc_en = "cut points and weights instead of the template's",
     .doc_zh = "替换模板的评级区间与权重"},
    {.name = "template_code",
     .type = SCF_T_STRING,
     .min = 2,
     .max = 64,
     .doc_en = "the grading is for assessments rated by this template only",
     .doc_zh = "仅对该模板的评估替换评级区间"},
    {.name = "borrower_ids",
     .type = SCF_T_ARRAY,
     .min = 1,
     .max = SCF_BACKTEST_BORROWERS,
     .members = borrower_element,
     .doc_en = "only assessments of these borrowers",
     .doc_zh = "限定借款企业"},
    {.name = "limit",
     .type = SCF_T_INTEGER,
     .min = 1,
     .max = SCF_BACKTEST_MAX,
     .doc_en = "at most so many assessments, the oldest first; default 1000000",
     .doc_zh = "最多评估数"},
    SCF_FIELD_END};

static int64_t time_of(const cJSON *body, const char *name) {
    int64_t us = 0;
    bool sound = scf_time_parse(scf_str(scf_json_string(body, name)), &us);
    return sound ? us : 0;
}

static void request_rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                          const void *ctx) {
    (void)warnings;
    (void)ctx;
    const cJSON *params = scf_json_get(body, "params"), *grading = scf_json_get(body, "grading");
    if (time_of(body, "from") > time_of(body, "to"))
        scf_fault_add(faults, "#/to", "inconsistent", "must not be earlier than from");
    if (params != NULL && scf_json_get(body, "policy") != NULL)
        scf_fault_add(faults, "#/params", "inconsistent", "goes without policy");
    if (params != NULL)
        scf_policy_rules(params, "#/params", faults);
    if (grading != NULL)
        scf_grading_rules(grading, "#/grading", faults);
    else if (scf_json_get(body, "template_code") != NULL)
        scf_fault_add(faults, "#/template_code", "inconsistent", "goes with grading");
}

const struct scf_schema scf_backtest_schema = {
    .name = "BacktestCreate",
    .doc_en = "Which assessments to compute again, and under what",
    .doc_zh = "回测：用其他政策或评级区间重算历史评估",
    .fields = request_fields,
    .rules = request_rules,
};

bool scf_backtest_request_read(struct scf_arena *arena, struct scf_str text, const cJSON *body,
                               struct scf_backtest_request *ret) {
    const cJSON *policy = scf_json_get(body, "policy"), *e;
    const cJSON *borrowers = scf_json_get(body, "borrower_ids");
    struct scf_backtest_request r = {
        .code = policy != NULL ? scf_json_string(policy, "code") : NULL,
        .version = policy != NULL ? scf_json_string(policy, "version") : NULL,
        .has_grading = scf_json_get(body, "grading") != NULL,
        .grading = scf_grading_read(scf_json_get(body, "grading")),
        .template_code = scf_json_string(body, "template_code"),
        .from_us = time_of(body, "from"),
        .to_us = time_of(body, "to"),
        .borrowers = scf_alloc(arena, SCF_BACKTEST_BORROWERS, sizeof(struct scf_uuid)),
    };
    if (r.borrowers == NULL)
        return false;
    if (scf_json_get(body, "params") != NULL &&
        !scf_json_member_text(text, body, "params", &r.params))
        return false;
    if (!scf_json_i64(body, "limit", &r.limit))
        r.limit = SCF_BACKTEST_MAX;
    cJSON_ArrayForEach(e, borrowers) {
        if (scf_id_parse("ent", scf_str(e->valuestring), &r.borrowers[r.borrower_count]))
            r.borrower_count++;
    }
    *ret = r;
    return true;
}

/* ---- one assessment ---- */

static void read_grades(const cJSON *receipt, char out[SCF_GRADES + 1]) {
    static const char *const names[] = {"normativity", "timeliness", "accuracy"};
    const cJSON *ratings = scf_json_get(scf_json_get(receipt, "result"), "ratings");
    for (int i = 0; i < SCF_GRADES; i++) {
        const char *grade = i < 3 ? scf_json_string(scf_json_get(ratings, names[i]), "grade")
                                  : scf_json_string(ratings, "overall");
        out[i] = grade != NULL && grade[0] >= 'A' && grade[0] <= 'D' ? grade[0] : 'D';
    }
    out[SCF_GRADES] = '\0';
}

static bool compute(const struct scf_limit_inputs *in, const struct scf_policy *policy,
                    const struct scf_grading *grading, struct scf_arena *arena, int64_t *ret_limit,
                    char grades[SCF_GRADES + 1], bool *ret_exact) {
    struct scf_limit_inputs under;
    struct scf_limit_result result;
    if (!scf_inputs_under(in, policy, grading, arena, &under, ret_exact) ||
        !scf_limit_compute(&under, arena, &result))
        return false;
    *ret_limit = result.limit;
    scf_grades_of(&result.ratings, grades);
    return true;
}

void scf_backtest_compute(struct scf_backtest_row *row, struct scf_arena *arena,
                          struct scf_str receipt, const struct scf_backtest_policies *policies,
                          const struct scf_backtest_request *request) {
    struct scf_error ignored = {0}; /* a row that is not computed says so */
    struct scf_limit_inputs in;
    char again[SCF_GRADES + 1] = "";
    bool exact;
    char *copy = scf_strndup(arena, receipt.p, receipt.n);
    const cJSON *json =
        copy != NULL ? scf_json_parse_large(arena, copy, receipt.n, &ignored) : NULL;
    if (json == NULL || scf_receipt_read(arena, json, &in, &ignored) != SCF_OK)
        return;
    /* the receipt's own time: an increment is made for the moment at which it holds the accounts */
    const struct scf_policy *live = scf_policy_at(policies->eras, policies->era_count, in.as_of_us);
    if (live == NULL)
        return;
    const struct scf_policy *other = policies->candidate != NULL ? policies->candidate : live;
    bool regraded = request->has_grading && (request->template_code == NULL ||
                                             strcmp(request->template_code, in.template_code) == 0);
    read_grades(json, row->recorded_grades);
    row->computed = compute(&in, live, NULL, arena, &row->live, again, &exact) &&
                    compute(&in, other, regraded ? &request->grading : NULL, arena, &row->limit,
                            row->grades, &row->exact);
    row->reproduced =
        row->computed && row->live == row->recorded && strcmp(again, row->recorded_grades) == 0;
}

void scf_backtest_lend(struct scf_backtest_row *row, int64_t principal, bool overdue) {
    int64_t kept = row->drawn - row->drawn_above;
    bool above = row->computed && principal > row->limit - kept;
    row->loans++;
    row->drawn += principal;
    row->loans_above += above;
    row->drawn_above += above ? principal : 0;
    row->overdue_avoided += above && overdue;
    row->overdue_kept += !above && overdue;
}
