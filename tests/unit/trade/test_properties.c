/* Whatever is said: strangers change nothing, a seller raises no completion of its own, figures
 * stay within their bounds. A thousand made-up contracts, the same in every run. */
#include "cases.h"

static struct story s, other;

static uint64_t rnd(uint64_t *x) {
    *x = *x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *x >> 33;
}

static const cJSON *order(struct story *t) {
    return json_of(t, "{'amount':'10000.00','currency':'CNY','signed_on':'2025-10-01','lines':["
                      "{'item_code':'A','item_name':'a','quantity':'60','amount':'6000.00'},"
                      "{'item_code':'B','item_name':'b','quantity':'40','amount':'4000.00'}],"
                      "'milestones':[{'code':'M','percentage':'40'}]}");
}

static void random_event(struct story *t, int who, uint64_t *x) {
    static const char *const steps[] = {
        "shipped",  "received",         "accepted", "returned",
        "disputed", "dispute_resolved", "paid",     "production_completed"};
    const char *step = steps[rnd(x) % SCF_COUNT(steps)];
    uint64_t id = rnd(x) % 30, quantity = rnd(x) % 50, number = rnd(x) % 5, day = 1 + rnd(x) % 28;
    const char *error = rnd(x) % 12 == 0 ? ",'error_declaration':{'reason':'did_not_occur'}" : "";
    const char *milestone = rnd(x) % 9 == 0 ? ",'milestone_code':'M'" : "";
    struct scf_fact *f =
        EVENT(t, who,
              "{'event_id':'e%d','step':'%s','occurred_at':'2025-10-%02dT00:00:00Z','amount':"
              "'%d.00','currency':'CNY','items':[{'item_code':'%s','quantity':'%d'}],"
              "'business_refs':[{'type':'inv','value':'%d'}]%s%s}",
              (int)id, step, (int)day, (int)(100 * quantity), number % 2 ? "A" : "B", (int)quantity,
              (int)number, error, milestone);
    bool revises = rnd(x) % 10 == 0;
    uint64_t which = rnd(x);
    if (t->n > 3 && revises)
        f->revises_id = t->facts[which % (t->n - 1)].record_id;
}

static void random_invoice(struct story *t, int who, uint64_t *x) {
    static const char *const states[] = {"normal", "voided", "partially_red", "fully_red"};
    uint64_t number = rnd(x) % 5, day = 1 + rnd(x) % 28, total = rnd(x) % 4000;
    bool red = rnd(x) % 4 == 0;
    INVOICE(t, who,
            "{'invoice_no':'%s%d','issued_on':'2025-10-%02d','total_amount':'%s%d.00','currency':"
            "'CNY','tax_status':'%s','red_invoice':%s,'original_invoice_no':'%d'}",
            red ? "R" : "", (int)number, (int)day, red ? "-" : "", (int)total,
            states[rnd(x) % 12 < 8 ? 0 : rnd(x) % 4], red ? "true" : "false", (int)number);
}

/* The story of a seed, without what `without` says (0: all of it). */
static void tell(struct story *t, uint64_t seed, int without) {
    static const int sayers[] = {SELLER, BUYER, NOBODY};
    uint64_t x = seed;
    begin(t, order);
    for (int i = 0; i < 25; i++) {
        int who = sayers[rnd(&x) % SCF_COUNT(sayers)];
        size_t before = t->n;
        if (rnd(&x) % 3 == 0)
            random_invoice(t, who, &x);
        else
            random_event(t, who, &x);
        if (who == without)
            t->n = before;
    }
    look(t);
}

/* All figures; record ids go by position, which differs. */
static void same(const struct scf_trade_view *a, const struct scf_trade_view *b) {
    assert_int_equal(a->completion_ppm, b->completion_ppm);
    assert_int_equal(a->stage, b->stage);
    assert_int_equal(a->passed_ppm, b->passed_ppm);
    assert_int_equal(a->applicable_ppm, b->applicable_ppm);
    assert_int_equal(a->hard_failed, b->hard_failed);
    assert_int_equal(a->invoiced, b->invoiced);
    assert_int_equal(a->sales_12m, b->sales_12m);
    assert_int_equal(a->dilution_12m, b->dilution_12m);
    assert_int_equal(a->facts, b->facts);
    assert_int_equal(a->invoice_count, b->invoice_count);
    for (size_t i = 0; i < a->invoice_count; i++) {
        const struct scf_trade_invoice *p = &a->invoices[i], *q = &b->invoices[i];
        assert_int_equal(p->amount, q->amount);
        assert_int_equal(p->reduced, q->reduced);
        assert_int_equal(p->disputed, q->disputed);
        assert_int_equal(p->paid, q->paid);
        assert_int_equal(p->cancelled, q->cancelled);
        assert_int_equal(p->delivered, q->delivered);
        assert_int_equal(p->hard_failed, q->hard_failed);
    }
}

static void strangers_change_nothing(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        tell(&s, seed, 0);
        tell(&other, seed, 0);
        size_t n = other.n;
        uint64_t x = seed;
        for (int i = 0; i < 15;
             i++) { /* a later chain of words: each may name any event_id, number */
            random_event(&other, STRANGER, &x);
            random_invoice(&other, STRANGER, &x);
        }
        /* and as if they had come first */
        for (size_t i = n; i < other.n; i++)
            other.facts[i].received_us -= INT64_C(100000000000);
        struct scf_fact moved[MAX_FACTS];
        memcpy(moved, other.facts, sizeof moved);
        memcpy(other.facts, moved + n, (other.n - n) * sizeof *moved);
        memcpy(other.facts + (other.n - n), moved, n * sizeof *moved);
        look(&other);
        same(&s.view, &other.view);
        end(&s);
        end(&other);
    }
}

static void sellers_raise_nothing(void **state) {
    (void)state;
    int lower = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        tell(&s, seed, 0);
        tell(&other, seed, SELLER);
        /* a revision may name another record then: only stories without any compare */
        bool revised = false;
        for (size_t i = 0; i < s.n; i++)
            revised |= !scf_uuid_is_nil(&s.facts[i].revises_id);
        if (!revised)
            assert_true(s.view.completion_ppm <= other.view.completion_ppm);
        lower += !revised && s.view.completion_ppm < other.view.completion_ppm;
        end(&s);
        end(&other);
    }
    assert_true(lower > 0); /* what it took back itself does count */
}

static void figures_stay_in_bounds(void **state) {
    (void)state;
    int partial = 0, failed = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        tell(&s, seed, 0);
        const struct scf_trade_view *v = &s.view;
        int64_t sum = 0, weights = 0;
        for (size_t i = 0; i < v->milestone_count; i++) {
            assert_in_range(v->milestones[i].share_ppm, 0, SCF_PPM);
            weights += v->milestones[i].weight_ppm;
            sum += v->milestones[i].weight_ppm * v->milestones[i].share_ppm / SCF_PPM;
            assert_true((v->milestones[i].share_ppm == 0) ==
                            (v->milestones[i].evidence_count == 0) ||
                        v->milestone_count > 1);
        }
        assert_true(weights <= SCF_PPM && sum == v->completion_ppm);
        for (size_t i = 0; i < v->invoice_count; i++) {
            const struct scf_trade_invoice *b = &v->invoices[i];
            assert_in_range(b->reduced, 0, b->amount);
            assert_in_range(b->disputed, 0, b->amount - b->reduced);
            assert_true(b->paid >= 0 && b->paid <= b->amount);
        }
        for (size_t i = 0; i < v->finding_count; i++) {
            const struct scf_finding *f = &v->findings[i];
            assert_true(f->failures <= f->cases);
            assert_int_equal(f->failures > 0, f->outcome == SCF_CHECK_FAILED);
            assert_int_equal(f->failures > 0, f->detail != SCF_DETAIL_NONE);
            for (size_t k = 0; k < scf_detail_figures(f->detail); k++)
                assert_true(f->figures[k][0] != '\0');
            failed += f->failures > 0;
        }
        assert_true(v->passed_ppm <= v->applicable_ppm);
        partial += v->completion_ppm > 0 && v->completion_ppm < SCF_PPM;
        end(&s);
    }
    assert_true(partial > 100 && failed > 100); /* the stories are no trivial ones */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strangers_change_nothing),
        cmocka_unit_test(sellers_raise_nothing),
        cmocka_unit_test(figures_stay_in_bounds),
    };
    scf_digest_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
