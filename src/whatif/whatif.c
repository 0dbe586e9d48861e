/* Finding improvements: every change that could help is tried with the whole formula, and what adds
 * something is kept. Pure. Relies on whatif_apply.c. */
#include "whatif.h"

#include "scfd/base/money.h"

/* A try computes the whole limit, which takes longer the more receivables there are: those of the
 * search take about two seconds together. */
enum { SCRATCH_BYTES = 64 << 20, MOST_TRIES = 2000, MOST_LINES = 10000000 };

const struct scf_improvement_text scf_improvement_texts[SCF_IMPROVEMENTS] = {
    {"fill-field", "Send corrections of these records, which lack this field, with it",
     "更正这些缺少该字段的数据，补齐该字段", SCF_WHEN_NOW},
    {"complete-records", "Send corrections of these records with every field of the template",
     "更正这些数据，补齐模板的全部字段", SCF_WHEN_NOW},
    {"correct-values", "Send corrections of these records whose values are wrong",
     "更正这些超出有效范围或波动阈值的数据", SCF_WHEN_NOW},
    {"pass-record-checks", "Send corrections of these records, whose own figures do not agree",
     "更正这些内部勾稽不一致的数据", SCF_WHEN_NOW},
    {"deliver-on-time", "Had these records come within the bound of grade A",
     "若这些数据在A级时限内上传", SCF_WHEN_HINDSIGHT},
    {"add-qualification", "Report this qualification, if it is held", "补充该项有效资质",
     SCF_WHEN_NOW},
    {"confirm-guarantee", "Let the guarantor report this guarantee from its own node",
     "由担保人自己的节点提交该担保", SCF_WHEN_NOW},
    {"add-guarantee", "Add a guarantee of this amount: more does not count",
     "增加该金额的担保（超出部分不计）", SCF_WHEN_NOW},
    {"prove-milestone", "Let the buyer confirm that this milestone is accepted",
     "由买方确认该履约节点已验收", SCF_WHEN_NOW},
    {"resolve-finding", "Settle what this cross-check found", "解决该交叉核验发现的问题",
     SCF_WHEN_NOW},
    {"confirm-receivable", "Let the debtor confirm this receivable", "由付款人确认该应收账款",
     SCF_WHEN_NOW},
    {"open-contract", "Report the contract as active, if it is in force", "将该合同更新为履行中",
     SCF_WHEN_NOW},
    {"more-history", "Go on sending records until there are enough accounting periods",
     "持续上传数据直至历史周期充足", SCF_WHEN_LATER},
};

struct search {
    const struct scf_whatif *w;
    struct scf_arena *arena, *scratch;
    struct scf_improvement *list;
    size_t n, tries;
    size_t lines;                   /* receivables that a try goes through */
    int64_t limit, normativity_ppm; /* as they are */
    bool full;
};

/* The limit with an improvement on top of `in`; −1: no memory. */
static int64_t limit_with(struct search *s, const struct scf_limit_inputs *in,
                          const struct scf_improvement *p, struct scf_arena *arena,
                          struct scf_limit_inputs *ret) {
    struct scf_limit_result result;
    if (!scf_improvement_apply(s->w, p, in, arena, ret) ||
        !scf_limit_compute(ret, s->scratch, &result)) {
        s->full = true;
        return -1;
    }
    return result.limit;
}

/* Keeps it when it adds something. */
static void try_one(struct search *s, struct scf_improvement p) {
    struct scf_limit_inputs changed;
    if (s->tries >= MOST_TRIES || s->tries * s->lines >= MOST_LINES)
        return;
    s->tries++;
    scf_arena_reset(s->scratch);
    p.amount = limit_with(s, s->w->in, &p, s->scratch, &changed) - s->limit;
    if (p.amount > 0)
        s->list[s->n++] = p;
}

/* ---- records ---- */

static bool same_group(const struct scf_whatif_record *a, const struct scf_whatif_record *b) {
    return a->kind == b->kind && a->template_id == b->template_id;
}

static bool lacks(const struct scf_whatif_record *r, const struct scf_template_field *field) {
    for (size_t i = 0; i < r->gap_count; i++)
        if (r->gaps[i].field == field)
            return true;
    return false;
}

/* A correction that would still be less complete than all records are would lower completeness. */
static bool helps(const struct search *s, const struct scf_whatif_record *r,
                  const struct scf_template_field *field) {
    return lacks(r, field) && scf_ratio_ppm(r->weight_present + field->weight_ppm,
                                            r->weight_expected) > s->normativity_ppm;
}

static bool concerns(const struct search *s, const struct scf_whatif_record *r,
                     const struct scf_improvement *p) {
    switch (p->kind) {
    case SCF_IMPROVE_FILL_FIELD:
        return helps(s, r, p->field);
    case SCF_IMPROVE_COMPLETE_RECORDS:
        return r->gap_count > 0;
    case SCF_IMPROVE_CORRECT_VALUES:
        return !r->range_ok || (r->comparable && !r->within);
    case SCF_IMPROVE_PASS_RECORD_CHECKS:
        return r->checks_passed < r->checks_applicable;
    case SCF_IMPROVE_DELIVER_ON_TIME:
        return r->timed && r->delay_us > s->w->in->grading.timeliness_us[0];
    default:
        return false;
    }
}

/* The records of the group of `like` that the improvement concerns, the newest ones. */
static void try_records(struct search *s, const struct scf_whatif_record *like,
                        enum scf_improvement_kind kind, const struct scf_template_field *field) {
    const struct scf_whatif_record **list = scf_alloc(s->arena, SCF_WHATIF_GROUP, sizeof *list);
    struct scf_improvement p = {
        .kind = kind, .record_kind = like->kind, .field = field, .records = list};
    if (list == NULL) {
        s->full = true;
        return;
    }
    for (size_t i = 0; i < s->w->record_count && p.record_count < SCF_WHATIF_GROUP; i++) {
        const struct scf_whatif_record *r = &s->w->records[i];
        if (same_group(r, like) && concerns(s, r, &p))
            list[p.record_count++] = r;
    }
    p.changes = (int64_t)p.record_count;
    if (p.record_count > 0)
        try_one(s, p);
}

/* Is there an earlier record of the group (with the same gap)? Then it was tried with that one. */
static bool was_tried(const struct search *s, size_t i, const struct scf_template_field *field) {
    const struct scf_whatif_record *r = &s->w->records[i];
    for (size_t k = 0; k < i; k++)
        if (same_group(&s->w->records[k], r) && (field == NULL || lacks(&s->w->records[k], field)))
            return true;
    return false;
}

static void try_corrections(struct search *s) {
    for (size_t i = 0; i < s->w->record_count; i++) {
        const struct scf_whatif_record *r = &s->w->records[i];
        for (size_t k = 0; k < r->gap_count; k++)
            if (!was_tried(s, i, r->gaps[k].field))
                try_records(s, r, SCF_IMPROVE_FILL_FIELD, r->gaps[k].field);
        if (was_tried(s, i, NULL))
            continue;
        for (int kind = SCF_IMPROVE_COMPLETE_RECORDS; kind <= SCF_IMPROVE_DELIVER_ON_TIME; kind++)
            try_records(s, r, (enum scf_improvement_kind)kind, NULL);
    }
}

/* ---- contracts ---- */

static void try_findings(struct search *s, size_t contract) {
    const struct scf_trade_view *v = &s->w->in->contracts[contract].trade;
    for (size_t i = 0; i < v->finding_count; i++)
        if (v->findings[i].outcome == SCF_CHECK_FAILED &&
            v->findings[i].rule->severity != SCF_ALERT)
            try_one(s, (struct scf_improvement){
                           .kind = SCF_IMPROVE_RESOLVE_FINDING,
                           .changes = v->findings[i].failures > 0 ? v->findings[i].failures : 1,
                           .contract = contract,
                           .item = i});
}

/* The smallest amount that, on top of the valid guarantees, reaches their cap: the first one that
 * share(amount, 1 − haircut) lifts there. */
static int64_t missing_guarantee(const struct scf_limit_inputs *in,
                                 const struct scf_limit_part *p) {
    const struct scf_policy *policy = &in->policy;
    __int128 cap = (__int128)p->base * policy->guarantee_cap_ppm / SCF_PPM;
    int64_t rest = SCF_PPM - policy->haircut_ppm;
    if (rest <= 0)
        return 0;
    __int128 needed = (cap * SCF_PPM + rest - 1) / rest - p->guarantees_valid;
    return needed > 0 && needed <= SCF_MONEY_MAX ? (int64_t)needed : 0;
}

static void try_guarantees(struct search *s, size_t i, const struct scf_limit_part *part) {
    const struct scf_limit_contract *k = &s->w->in->contracts[i];
    struct scf_improvement p = {.kind = SCF_IMPROVE_CONFIRM_GUARANTEE, .changes = 1, .contract = i};
    for (p.item = 0; p.item < k->guarantee_count; p.item++)
        if (k->guarantees[p.item].unconfirmed)
            try_one(s, p);
    p.item = 0;
    p.kind = SCF_IMPROVE_ADD_GUARANTEE;
    p.guarantee = missing_guarantee(s->w->in, part);
    if (p.guarantee > 0)
        try_one(s, p);
}

/* Proven work raises increments, and the rate of receivables. */
static void try_work(struct search *s, size_t i) {
    const struct scf_limit_inputs *in = s->w->in;
    const struct scf_limit_contract *k = &in->contracts[i];
    struct scf_improvement p = {.kind = SCF_IMPROVE_PROVE_MILESTONE, .changes = 1, .contract = i};
    if (in->product == SCF_PRODUCT_ORDER && in->kind == SCF_KIND_INITIAL)
        return;
    for (p.item = 0; p.item < k->trade.milestone_count; p.item++)
        if (k->trade.milestones[p.item].share_ppm < SCF_PPM)
            try_one(s, p);
}

static void try_contract(struct search *s, size_t i, const struct scf_limit_part *part) {
    try_guarantees(s, i, part);
    try_findings(s, i);
    try_work(s, i);
    if (strcmp(s->w->in->contracts[i].status, "draft") == 0)
        try_one(s, (struct scf_improvement){
                       .kind = SCF_IMPROVE_OPEN_CONTRACT, .changes = 1, .contract = i});
}

/* ---- receivables ---- */

static int larger(const void *x, const void *y) {
    const struct scf_base_line *a = *(const struct scf_base_line *const *)x;
    const struct scf_base_line *b = *(const struct scf_base_line *const *)y;
    if (a->balance != b->balance)
        return a->balance > b->balance ? -1 : 1;
    return a->contract != b->contract ? (a->contract < b->contract ? -1 : 1)
                                      : (a->invoice > b->invoice) - (a->invoice < b->invoice);
}

/* Of those that lack nothing but the debtor's word the largest ones. */
static void try_receivables(struct search *s, const struct scf_borrowing_base *base) {
    size_t n = 0;
    const struct scf_base_line **list = scf_alloc(s->arena, base->line_count, sizeof *list);
    if (list == NULL) {
        s->full = true;
        return;
    }
    for (size_t i = 0; i < base->line_count; i++) {
        const struct scf_base_line *l = &base->lines[i];
        if (!l->confirmed && (l->code == SCF_ELIGIBLE || l->code == SCF_OUT_NOCONF))
            list[n++] = l;
    }
    if (n > 0)
        qsort(list, n, sizeof *list, larger);
    for (size_t i = 0; i < n && i < SCF_WHATIF_RECEIVABLES; i++)
        try_one(s, (struct scf_improvement){.kind = SCF_IMPROVE_CONFIRM_RECEIVABLE,
                                            .changes = 1,
                                            .contract = list[i]->contract,
                                            .item = list[i]->invoice});
}

/* ---- the borrower ---- */

static void try_borrower(struct search *s) {
    const struct scf_limit_inputs *in = s->w->in;
    struct scf_improvement p = {.kind = SCF_IMPROVE_ADD_QUALIFICATION, .changes = 1};
    for (p.qualification = 0; p.qualification < SCF_QUAL_TYPES; p.qualification++)
        try_one(s, p);
    if (in->history_periods < in->policy.history_periods)
        try_one(s, (struct scf_improvement){.kind = SCF_IMPROVE_MORE_HISTORY,
                                            .changes =
                                                in->policy.history_periods - in->history_periods});
}

/* ---- together ---- */

/* More per change first: a/b > c/d as a·d > c·b. */
static int better(const void *x, const void *y) {
    const struct scf_improvement *a = x, *b = y;
    __int128 left = (__int128)a->amount * b->changes, right = (__int128)b->amount * a->changes;
    if (left != right)
        return left > right ? -1 : 1;
    if (a->amount != b->amount)
        return a->amount > b->amount ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->contract != b->contract)
        return a->contract < b->contract ? -1 : 1;
    if (a->item != b->item)
        return a->item < b->item ? -1 : 1;
    return a->field != NULL && b->field != NULL ? strcmp(a->field->key, b->field->key)
                                                : a->qualification - b->qualification;
}

/* Two corrections of one record would have to be one. */
static bool share_records(const struct scf_improvement *a, const struct scf_improvement *b) {
    for (size_t i = 0; i < a->record_count; i++)
        for (size_t k = 0; k < b->record_count; k++)
            if (a->records[i] == b->records[k])
                return true;
    return false;
}

static bool may_follow(const struct search *s, const struct scf_improvement_plan *plan, size_t i) {
    if (scf_improvement_texts[s->list[i].kind].when != SCF_WHEN_NOW)
        return false;
    for (size_t k = 0; k < plan->n; k++)
        if (plan->steps[k] == i || share_records(&s->list[plan->steps[k]], &s->list[i]))
            return false;
    return true;
}

/* The next best step on top of `in`; list[n] stands for none. */
static size_t next_step(struct search *s, const struct scf_improvement_plan *plan,
                        const struct scf_limit_inputs *in, int64_t limit, int64_t *ret_amount) {
    struct scf_improvement best = {.changes = 1};
    size_t found = s->n;
    for (size_t i = 0; i < s->n; i++) {
        struct scf_limit_inputs changed;
        struct scf_improvement p = s->list[i];
        if (!may_follow(s, plan, i))
            continue;
        scf_arena_reset(s->scratch);
        p.amount = limit_with(s, in, &p, s->scratch, &changed) - limit;
        if (p.amount > 0 && (found == s->n || better(&p, &best) < 0)) {
            best = p;
            found = i;
        }
    }
    *ret_amount = best.amount;
    return found;
}

static struct scf_improvement_plan make_plan(struct search *s) {
    struct scf_improvement_plan plan = {0};
    struct scf_limit_inputs now = *s->w->in, next;
    int64_t limit = s->limit, amount;
    while (!s->full && plan.n < SCF_WHATIF_STEPS) {
        size_t step = next_step(s, &plan, &now, limit, &amount);
        if (step == s->n)
            break;
        plan.steps[plan.n] = step;
        plan.amounts[plan.n++] = amount;
        s->full |= !scf_improvement_apply(s->w, &s->list[step], &now, s->arena, &next);
        if (s->full)
            break;
        now = next;
        limit += amount;
    }
    return plan;
}

bool scf_improvements_find(const struct scf_whatif *w, struct scf_arena *arena,
                           struct scf_improvement **ret, size_t *ret_n,
                           struct scf_improvement_plan *ret_plan, int64_t *ret_limit) {
    struct scf_limit_result now;
    struct search s = {
        .w = w, .arena = arena, .list = scf_alloc(arena, MOST_TRIES, sizeof *s.list)};
    if (s.list == NULL || !scf_limit_compute(w->in, arena, &now))
        return false;
    s.scratch = scf_arena_new(SCRATCH_BYTES);
    s.limit = now.limit;
    s.normativity_ppm = now.ratings.normativity_ppm;
    s.lines = now.base.line_count;
    try_corrections(&s);
    try_borrower(&s);
    try_receivables(&s, &now.base);
    for (size_t i = 0; i < w->in->contract_count; i++)
        try_contract(&s, i, &now.parts[i]);
    qsort(s.list, s.n, sizeof *s.list, better);
    s.n = s.n < SCF_WHATIF_SHOWN ? s.n : SCF_WHATIF_SHOWN;
    struct scf_improvement_plan plan = make_plan(&s);
    scf_arena_free(s.scratch);
    if (s.full)
        return false;
    *ret = s.list;
    *ret_n = s.n;
    *ret_plan = plan;
    *ret_limit = s.limit;
    return true;
}
