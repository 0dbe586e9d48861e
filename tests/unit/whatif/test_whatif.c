/* Improvements: what each does to the inputs, by hand, and that the amounts are those of the whole
 * formula. */
#include <setjmp.h>
#include <cmocka.h>

#include "rich_inputs.h"
#include "whatif.h"

enum { EVENTS, INVOICES }; /* sums of rich_inputs */

static struct scf_arena *arena;

static const struct scf_template_field lot = {.key = "lot", .weight_ppm = 2000000};
static const struct scf_template_field order_no = {.key = "order_no", .weight_ppm = 1000000};
static const struct scf_whatif_gap both[] = {{&lot, false}, {&order_no, true}};

/* Two events of chain 1 in template 2: one lacks two fields, is late and out of range; one is
 * whole but for its checks. */
static struct scf_whatif_record records[2];

static int set_up(void **state) {
    (void)state;
    arena = scf_arena_new(64 << 20);
    records[0] = (struct scf_whatif_record){.id = rich_id(70),
                                            .chain_id = rich_id(1),
                                            .kind = SCF_REC_WORKFLOW_EVENT,
                                            .judged_by = 2,
                                            .timed = true,
                                            .delay_us = 100 * SCF_US_PER_HOUR + 5,
                                            .template_id = 2,
                                            .weight_expected = 50000000,
                                            .weight_present = 47000000,
                                            .checks_applicable = 3,
                                            .checks_passed = 3,
                                            .gaps = both,
                                            .gap_count = 2};
    records[1] = records[0];
    records[1].id = rich_id(71);
    records[1].delay_us = 24 * SCF_US_PER_HOUR; /* the bound itself is on time */
    records[1].range_ok = records[1].comparable = records[1].within = true;
    records[1].weight_present = records[1].weight_expected;
    records[1].checks_passed = 1;
    records[1].gap_count = 0;
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    scf_arena_free(arena);
    return 0;
}

static struct scf_limit_inputs inputs_of(enum scf_assessment_kind kind, enum scf_product product) {
    struct scf_limit_inputs in = rich_inputs(arena, kind, product);
    in.has_requested = false;
    in.need.known = false;
    return in;
}

static struct scf_limit_inputs applied(const struct scf_whatif *w,
                                       const struct scf_improvement *p) {
    struct scf_limit_inputs out;
    assert_true(scf_improvement_apply(w, p, w->in, arena, &out));
    return out;
}

static int64_t limit_of(const struct scf_limit_inputs *in) {
    struct scf_limit_result result;
    assert_true(scf_limit_compute(in, arena, &result));
    return result.limit;
}

/* ---- records ---- */

static struct scf_rating_sums corrected(enum scf_improvement_kind kind,
                                        const struct scf_template_field *field, size_t n) {
    static const struct scf_whatif_record *list[] = {&records[0], &records[1]};
    struct scf_limit_inputs in = inputs_of(SCF_KIND_INITIAL, SCF_PRODUCT_ORDER);
    struct scf_whatif w = {.in = &in, .period_counted = true};
    struct scf_improvement p = {
        .kind = kind, .field = field, .records = list, .record_count = n, .changes = (int64_t)n};
    struct scf_limit_inputs out = applied(&w, &p);
    struct scf_rating_sums d = out.sums[EVENTS];
    assert_int_equal(out.sum_count, 2);
    assert_int_equal(out.history_periods, in.history_periods);
    const struct scf_rating_sums *was = &in.sums[EVENTS];
    d.records -= was->records, d.weight_expected -= was->weight_expected;
    d.weight_present -= was->weight_present, d.range_ok -= was->range_ok;
    d.fluctuation_applicable -= was->fluctuation_applicable;
    d.fluctuation_ok -= was->fluctuation_ok;
    d.checks_applicable -= was->checks_applicable, d.checks_passed -= was->checks_passed;
    d.delay_count -= was->delay_count, d.delay_s -= was->delay_s, d.delay_us -= was->delay_us;
    return d;
}

static void one_field_is_one_more_record(void **state) {
    (void)state;
    struct scf_rating_sums d = corrected(SCF_IMPROVE_FILL_FIELD, &lot, 1);
    assert_int_equal(d.records, 1);
    assert_int_equal(d.weight_expected, 50000000);
    assert_int_equal(d.weight_present, 49000000); /* the other field is still missing */
    assert_int_equal(d.range_ok, 0);
    assert_int_equal(d.fluctuation_applicable, 0);
    assert_int_equal(d.checks_applicable, 3);
    assert_int_equal(d.checks_passed, 3);
    assert_int_equal(d.delay_count, 0); /* a correction has no delay */
    d = corrected(SCF_IMPROVE_FILL_FIELD, &order_no, 1);
    assert_int_equal(d.weight_present, 48000000);
    assert_int_equal(d.fluctuation_applicable, 1); /* its value is compared */
    assert_int_equal(d.fluctuation_ok, 1);
}

static void all_that_a_record_lacks(void **state) {
    (void)state;
    struct scf_rating_sums d = corrected(SCF_IMPROVE_COMPLETE_RECORDS, NULL, 1);
    assert_int_equal(d.weight_present, 50000000);
    assert_int_equal(d.range_ok, 1);
    assert_int_equal(d.fluctuation_ok, 1);
    d = corrected(SCF_IMPROVE_CORRECT_VALUES, NULL, 1);
    assert_int_equal(d.weight_present, 47000000);
    assert_int_equal(d.range_ok, 1);
    d = corrected(SCF_IMPROVE_PASS_RECORD_CHECKS, NULL, 2);
    assert_int_equal(d.records, 2);
    assert_int_equal(d.checks_applicable, 6);
    assert_int_equal(d.checks_passed, 6);
    assert_int_equal(d.range_ok, 1);
}

static void hindsight_takes_the_excess_off(void **state) {
    (void)state;
    struct scf_rating_sums d = corrected(SCF_IMPROVE_DELIVER_ON_TIME, NULL, 1);
    assert_int_equal(d.records, 0);
    assert_int_equal(d.delay_count, 0);
    assert_int_equal(d.delay_s, -76 * 3600);
    assert_int_equal(d.delay_us, -5);
}

static void the_first_record_of_a_period_is_history(void **state) {
    (void)state;
    static const struct scf_whatif_record *list[] = {&records[0]};
    struct scf_limit_inputs in = inputs_of(SCF_KIND_INITIAL, SCF_PRODUCT_ORDER);
    struct scf_whatif w = {.in = &in};
    struct scf_improvement p = {
        .kind = SCF_IMPROVE_FILL_FIELD, .field = &lot, .records = list, .record_count = 1};
    struct scf_limit_inputs once = applied(&w, &p), twice;
    assert_int_equal(once.history_periods, in.history_periods + 1);
    assert_true(scf_improvement_apply(&w, &p, &once, arena, &twice));
    assert_int_equal(twice.history_periods, in.history_periods + 1); /* the same period */
    p.kind = SCF_IMPROVE_DELIVER_ON_TIME;                            /* sends nothing */
    assert_int_equal(applied(&w, &p).history_periods, in.history_periods);
}

static void a_template_that_judged_nothing_yet(void **state) {
    (void)state;
    struct scf_whatif_record newer = records[0];
    newer.template_id = 9; /* a newer revision judges the correction */
    const struct scf_whatif_record *list[] = {&newer};
    struct scf_limit_inputs in = inputs_of(SCF_KIND_INITIAL, SCF_PRODUCT_ORDER);
    struct scf_whatif w = {.in = &in, .period_counted = true};
    struct scf_improvement p = {
        .kind = SCF_IMPROVE_FILL_FIELD, .field = &lot, .records = list, .record_count = 1};
    struct scf_limit_inputs out = applied(&w, &p);
    assert_int_equal(out.sum_count, 3);
    assert_int_equal(out.sums[2].template_id, 9);
    assert_int_equal(out.sums[2].records, 1);
}

/* ---- contracts ---- */

static void a_guarantee_that_is_confirmed(void **state) {
    (void)state;
    struct scf_limit_inputs in = inputs_of(SCF_KIND_INITIAL, SCF_PRODUCT_ORDER);
    struct scf_whatif w = {.in = &in};
    struct scf_improvement p = {.kind = SCF_IMPROVE_CONFIRM_GUARANTEE, .item = 1};
    struct scf_limit_inputs out = applied(&w, &p);
    assert_true(in.contracts[0].guarantees[1].unconfirmed); /* as it was */
    assert_false(out.contracts[0].guarantees[1].unconfirmed);
    assert_int_equal(limit_of(&out) - limit_of(&in), 2400000); /* 3 000 000 less 20 % */
}

/* M1 counts 0.7 and is half proven, M2 0.3 and a third: with M1 proven 0.7 + 0.099999. */
static void a_milestone_that_is_proven(void **state) {
    (void)state;
    struct scf_limit_inputs in = inputs_of(SCF_KIND_INCREMENTAL, SCF_PRODUCT_ORDER);
    struct scf_whatif w = {.in = &in};
    struct scf_improvement p = {.kind = SCF_IMPROVE_PROVE_MILESTONE};
    struct scf_limit_inputs out = applied(&w, &p);
    const struct scf_trade_view *v = &out.contracts[0].trade;
    assert_int_equal(v->completion_ppm, 799999);
    assert_int_equal(v->stage, SCF_STAGE_ACCEPTED);
    assert_int_equal(v->milestones[0].share_ppm, 1000000);
    /* E of the grades A/B/B or the like stays; Z = C_net·0.70·P·E */
    struct scf_limit_result r;
    assert_true(scf_limit_compute(&out, arena, &r));
    __int128 z = (__int128)(100000000 - 10000000 - 5000000 - 1234) * 700000 * 799999;
    int64_t expected = (int64_t)(z * r.ratings.credibility_ppm / 1000000 / 1000000 / 1000000);
    assert_int_equal(r.parts[0].target, expected);
    assert_int_equal(r.limit, expected);
}

static void a_finding_that_is_settled(void **state) {
    (void)state;
    struct scf_limit_inputs in = inputs_of(SCF_KIND_INITIAL, SCF_PRODUCT_ORDER);
    struct scf_whatif w = {.in = &in};
    struct scf_improvement p = {.kind = SCF_IMPROVE_RESOLVE_FINDING};
    struct scf_limit_inputs out = applied(&w, &p);
    struct scf_limit_result r;
    assert_true(scf_limit_compute(&out, arena, &r));
    assert_int_equal(r.checks_ppm, 995833); /* 11.95 / 12 */
}

/* Invoices that failed a hard check are eligible again once no hard check fails. */
static void the_last_hard_finding_frees_invoices(void **state) {
    (void)state;
    struct scf_limit_inputs in = inputs_of(SCF_KIND_INITIAL, SCF_PRODUCT_RECEIVABLE);
    struct scf_limit_contract k = in.contracts[0];
    struct scf_trade_invoice *invoices = scf_alloc(arena, k.trade.invoice_count, sizeof *invoices);
    struct scf_finding *findings = scf_alloc(arena, k.trade.finding_count, sizeof *findings);
    assert_true(invoices != NULL && findings != NULL);
    for (size_t i = 0; i < k.trade.invoice_count; i++) {
        invoices[i] = k.trade.invoices[i];
        invoices[i].hard_failed = true;
    }
    memcpy(findings, k.trade.findings, k.trade.finding_count * sizeof *findings);
    assert_true(findings[0].outcome == SCF_CHECK_FAILED && findings[0].rule->severity == SCF_HARD);
    assert_int_equal(findings[1].rule->severity, SCF_HARD);
    k.trade.invoices = invoices, k.trade.findings = findings;
    in.contracts = &k, in.contract_count = 1;
    struct scf_whatif w = {.in = &in};
    struct scf_improvement p = {.kind = SCF_IMPROVE_RESOLVE_FINDING};
    for (int others = 0; others < 2; others++) {
        findings[1].outcome = others ? SCF_CHECK_FAILED : SCF_CHECK_PASSED;
        struct scf_limit_inputs out = applied(&w, &p);
        const struct scf_trade_view *v = &out.contracts[0].trade;
        assert_int_equal(v->hard_failed, others);
        for (size_t i = 0; i < v->invoice_count; i++)
            assert_int_equal(v->invoices[i].hard_failed, others);
        assert_true(invoices[0].hard_failed); /* as it was */
    }
}

static void a_receivable_that_is_confirmed(void **state) {
    (void)state;
    struct scf_limit_inputs in = inputs_of(SCF_KIND_INITIAL, SCF_PRODUCT_RECEIVABLE);
    struct scf_whatif w = {.in = &in};
    struct scf_improvement p = {.kind = SCF_IMPROVE_CONFIRM_RECEIVABLE, .item = 2};
    struct scf_limit_inputs out = applied(&w, &p);
    assert_false(in.contracts[0].standings[2].exists);
    assert_true(out.contracts[0].standings[2].confirmed);
    assert_int_equal(out.contracts[0].standings[2].state, SCF_RCV_CONFIRMED);
}

/* ---- finding them ---- */

struct found {
    struct scf_improvement *list;
    size_t n;
    struct scf_improvement_plan plan;
    int64_t limit;
};

static struct found find(const struct scf_whatif *w) {
    struct found f;
    assert_true(scf_improvements_find(w, arena, &f.list, &f.n, &f.plan, &f.limit));
    return f;
}

static const struct scf_improvement *of(const struct found *f, enum scf_improvement_kind kind) {
    for (size_t i = 0; i < f->n; i++)
        if (f->list[i].kind == kind)
            return &f->list[i];
    return NULL;
}

static void check_all(enum scf_assessment_kind kind, enum scf_product product) {
    struct scf_limit_inputs in = inputs_of(kind, product);
    struct scf_whatif w = {.in = &in, .records = records, .record_count = 2};
    struct found f = find(&w);
    assert_int_equal(f.limit, limit_of(&in));
    assert_true(f.n > 0);
    for (size_t i = 0; i < f.n; i++) {
        struct scf_limit_inputs out = applied(&w, &f.list[i]);
        assert_true(f.list[i].amount > 0);
        assert_int_equal(limit_of(&out), f.limit + f.list[i].amount);
        if (i > 0) { /* a/b ≥ c/d */
            const struct scf_improvement *a = &f.list[i - 1], *b = &f.list[i];
            assert_true(a->amount * b->changes >= b->amount * a->changes);
        }
    }
    struct scf_limit_inputs now = in, next;
    int64_t sum = f.limit;
    for (size_t i = 0; i < f.plan.n; i++) {
        const struct scf_improvement *p = &f.list[f.plan.steps[i]];
        assert_int_equal(scf_improvement_texts[p->kind].when, SCF_WHEN_NOW);
        assert_true(scf_improvement_apply(&w, p, &now, arena, &next));
        sum += f.plan.amounts[i];
        assert_int_equal(limit_of(&next), sum);
        now = next;
    }
}

static void amounts_are_those_of_the_formula(void **state) {
    (void)state;
    check_all(SCF_KIND_INITIAL, SCF_PRODUCT_ORDER);
    check_all(SCF_KIND_INITIAL, SCF_PRODUCT_RECEIVABLE);
    check_all(SCF_KIND_INCREMENTAL, SCF_PRODUCT_ORDER);
    check_all(SCF_KIND_PERIODIC, SCF_PRODUCT_ORDER);
}

static void what_is_suggested(void **state) {
    (void)state;
    struct scf_limit_inputs in = inputs_of(SCF_KIND_INITIAL, SCF_PRODUCT_ORDER);
    struct scf_whatif w = {
        .in = &in, .records = records, .record_count = 2, .period_counted = true};
    struct found f = find(&w);
    assert_int_equal(of(&f, SCF_IMPROVE_DELIVER_ON_TIME)->record_count, 1);
    assert_int_equal(of(&f, SCF_IMPROVE_PASS_RECORD_CHECKS)->record_count, 1);
    assert_ptr_equal(of(&f, SCF_IMPROVE_PASS_RECORD_CHECKS)->records[0], &records[1]);
    assert_int_equal(of(&f, SCF_IMPROVE_MORE_HISTORY)->changes, 1);
    assert_non_null(of(&f, SCF_IMPROVE_ADD_QUALIFICATION));
    assert_null(of(&f, SCF_IMPROVE_PROVE_MILESTONE)); /* an initial limit does not ask for work */
    assert_null(of(&f, SCF_IMPROVE_OPEN_CONTRACT));
    /* held already, or worth nothing in the policy */
    for (size_t i = 0; i < f.n; i++)
        if (f.list[i].kind == SCF_IMPROVE_ADD_QUALIFICATION)
            assert_true(f.list[i].qualification != SCF_QUAL_QUALITY_SYSTEM &&
                        f.list[i].qualification != SCF_QUAL_OTHER);
}

static void a_cap_leaves_nothing_to_improve(void **state) {
    (void)state;
    struct scf_limit_inputs in = inputs_of(SCF_KIND_INITIAL, SCF_PRODUCT_ORDER);
    in.has_requested = true, in.requested = 1000;
    struct scf_whatif w = {.in = &in, .records = records, .record_count = 2};
    struct found f = find(&w);
    assert_int_equal(f.limit, 1000);
    assert_int_equal(f.n, 0);
    assert_int_equal(f.plan.n, 0);
}

static void the_smallest_guarantee(void **state) {
    (void)state;
    struct scf_limit_inputs in = inputs_of(SCF_KIND_INITIAL, SCF_PRODUCT_ORDER);
    struct scf_whatif w = {.in = &in};
    struct found f = find(&w);
    struct scf_improvement p = *of(&f, SCF_IMPROVE_ADD_GUARANTEE);
    p.guarantee++;
    struct scf_limit_inputs more = applied(&w, &p);
    assert_int_equal(limit_of(&more), f.limit + p.amount); /* capped */
    p.guarantee -= 3;
    struct scf_limit_inputs less = applied(&w, &p);
    assert_true(limit_of(&less) < f.limit + p.amount);
}

static void many_records_are_a_bounded_group(void **state) {
    (void)state;
    enum { N = SCF_WHATIF_RECORDS };
    struct scf_whatif_record *many = scf_alloc(arena, N, sizeof *many);
    for (size_t i = 0; i < N; i++)
        many[i] = records[0];
    struct scf_limit_inputs in = inputs_of(SCF_KIND_INITIAL, SCF_PRODUCT_ORDER);
    struct scf_whatif w = {.in = &in, .records = many, .record_count = N, .period_counted = true};
    struct found f = find(&w);
    for (size_t i = 0; i < f.n; i++)
        assert_true(f.list[i].record_count <= SCF_WHATIF_GROUP);
    assert_int_equal(of(&f, SCF_IMPROVE_COMPLETE_RECORDS)->record_count, SCF_WHATIF_GROUP);
    /* the newest: the first ones */
    assert_ptr_equal(of(&f, SCF_IMPROVE_COMPLETE_RECORDS)->records[0], &many[0]);
}

/* Each try goes through all receivables: of 3,000 the hundred largest are tried. */
static void of_many_receivables_the_largest(void **state) {
    (void)state;
    enum { N = 3000 };
    struct scf_limit_inputs in = inputs_of(SCF_KIND_INITIAL, SCF_PRODUCT_RECEIVABLE);
    struct scf_limit_contract k = in.contracts[0];
    struct scf_trade_invoice *invoices = scf_alloc(arena, N, sizeof *invoices);
    assert_non_null(invoices);
    for (size_t i = 0; i < N; i++) {
        invoices[i] = (struct scf_trade_invoice){.currency = "CNY",
                                                 .amount = 1000 + (int64_t)(i * 7919 % N),
                                                 .issued_day = in.to_day,
                                                 .delivered = true};
        memcpy(invoices[i].debtor_id.b, &i, sizeof i);
    }
    k.trade.invoices = invoices, k.trade.invoice_count = N, k.standings = NULL;
    in.contracts = &k, in.contract_count = 1;
    struct scf_whatif w = {.in = &in};
    struct found f = find(&w);
    size_t n = 0;
    for (size_t i = 0; i < f.n; i++) {
        if (f.list[i].kind != SCF_IMPROVE_CONFIRM_RECEIVABLE)
            continue;
        n++;
        assert_true(invoices[f.list[i].item].amount >= 1000 + N - SCF_WHATIF_RECEIVABLES);
        struct scf_limit_inputs out = applied(&w, &f.list[i]);
        assert_int_equal(limit_of(&out), f.limit + f.list[i].amount);
    }
    assert_true(n > 0);
}

static void every_text_is_there(void **state) {
    (void)state;
    for (int i = 0; i < SCF_IMPROVEMENTS; i++) {
        assert_non_null(scf_improvement_texts[i].slug);
        assert_non_null(scf_improvement_texts[i].en);
        assert_non_null(scf_improvement_texts[i].zh);
    }
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_field_is_one_more_record),
        cmocka_unit_test(all_that_a_record_lacks),
        cmocka_unit_test(hindsight_takes_the_excess_off),
        cmocka_unit_test(the_first_record_of_a_period_is_history),
        cmocka_unit_test(a_template_that_judged_nothing_yet),
        cmocka_unit_test(a_guarantee_that_is_confirmed),
        cmocka_unit_test(a_milestone_that_is_proven),
        cmocka_unit_test(a_finding_that_is_settled),
        cmocka_unit_test(the_last_hard_finding_frees_invoices),
        cmocka_unit_test(a_receivable_that_is_confirmed),
        cmocka_unit_test(amounts_are_those_of_the_formula),
        cmocka_unit_test(what_is_suggested),
        cmocka_unit_test(a_cap_leaves_nothing_to_improve),
        cmocka_unit_test(the_smallest_guarantee),
        cmocka_unit_test(many_records_are_a_bounded_group),
        cmocka_unit_test(of_many_receivables_the_largest),
        cmocka_unit_test(every_text_is_there),
    };
    return cmocka_run_group_tests_name("whatif", tests, set_up, tear_down);
}
