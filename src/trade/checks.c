/* Running the policy's checks over a case. Relies on bills and takings being known. */
#include "checks.h"

enum { NAME_BYTES = 100 };

/* ---- texts: "?" where the arena is full, which the case then says ---- */

const char *scf_check_text(const struct scf_checking *k, const char *text) {
    const char *copy = scf_strdup(k->c->arena, text);
    k->c->full |= copy == NULL;
    return copy != NULL ? copy : "?";
}

const char *scf_check_day(const struct scf_checking *k, int32_t day) {
    char text[SCF_TIME_TEXT];
    scf_date_format(day, text);
    return scf_check_text(k, text);
}

const char *scf_check_money(const struct scf_checking *k, int64_t minor) {
    char text[SCF_MONEY_TEXT];
    scf_money_format(minor, k->c->scale, text);
    return scf_check_text(k, text);
}

const char *scf_check_quantity(const struct scf_checking *k, int64_t units) {
    char text[SCF_MONEY_TEXT];
    scf_decimal_format(units, SCF_FACT_QUANTITY_PLACES, text);
    return scf_check_text(k, text);
}

const char *scf_check_count(const struct scf_checking *k, int64_t n) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, n);
    return scf_check_text(k, text);
}

/* Ends between two characters. */
const char *scf_check_name_text(const struct scf_checking *k, const char *name) {
    char text[NAME_BYTES + 1];
    size_t n = strlen(name);
    if (n > NAME_BYTES)
        for (n = NAME_BYTES; n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80;)
            n--;
    memcpy(text, name, n);
    text[n] = '\0';
    return scf_check_text(k, text);
}

/* ---- cases ---- */

void scf_check_pass(struct scf_checking *k) {
    k->finding->cases++;
}

static void add_record(struct scf_finding *f, const struct scf_uuid *id) {
    if (id == NULL || scf_uuid_is_nil(id) || f->record_count == SCF_FINDING_RECORDS)
        return;
    for (size_t i = 0; i < f->record_count; i++)
        if (scf_uuid_eq(&f->records[i], id))
            return;
    f->records[f->record_count++] = *id;
}

void scf_check_name(struct scf_checking *k, const struct scf_uuid *record_id) {
    add_record(k->finding, record_id);
}

void scf_check_fail(struct scf_checking *k, struct scf_bill *bill, const struct scf_uuid *one,
                    const struct scf_uuid *other, enum scf_detail detail,
                    const char *const figures[SCF_DETAIL_FIGURES]) {
    struct scf_finding *f = k->finding;
    f->cases++;
    add_record(f, one);
    add_record(f, other);
    if (bill != NULL && k->rule->severity == SCF_HARD)
        bill->v.hard_failed = true;
    if (f->failures++ > 0)
        return;
    f->detail = detail;
    for (size_t i = 0; i < scf_detail_figures(detail); i++)
        f->figures[i] = figures[i];
}

static bool has_line(const struct scf_checking *k, const struct scf_fact *f, const bool *lines) {
    for (size_t i = 0; i < f->line_count; i++) {
        int line = scf_order_find(&k->c->order, &f->lines[i]);
        if (line >= 0 && lines[line])
            return true;
    }
    return false;
}

void scf_check_mark_lines(struct scf_checking *k, const bool *lines) {
    for (size_t i = 0; i < k->c->bill_count && k->finding->failures > 0; i++) {
        struct scf_bill *b = &k->c->bills[i];
        if (!scf_bill_stands(b) || !has_line(k, b->fact, lines))
            continue;
        add_record(k->finding, &b->v.invoice_id);
        b->v.hard_failed |= k->rule->severity == SCF_HARD;
    }
    for (size_t i = 0; i < k->c->word_count && k->finding->failures > 0; i++) {
        const struct scf_word *w = &k->c->words[i];
        if (k->finding->record_count == SCF_FINDING_RECORDS)
            return;
        if (scf_word_is(w, SCF_REC_WORKFLOW_EVENT) && w->fact->taking > 0 &&
            has_line(k, w->fact, lines))
            add_record(k->finding, &w->fact->record_id);
    }
}

/* ---- what the three-way match compares ---- */

static void add_invoice(struct scf_checking *k, const struct scf_fact *f, bool bill) {
    for (size_t i = 0; i < f->line_count; i++) {
        int line = scf_order_find(&k->c->order, &f->lines[i]);
        if (line < 0 || !f->lines[i].has_quantity)
            continue;
        int64_t q = f->lines[i].quantity;
        q = !bill && q > 0 ? -q : q; /* credit notes are written with either sign */
        k->invoiced[line] = scf_money_add(k->invoiced[line], q);
        if (bill) {
            k->invoice_cases[line]++;
            k->all_name_events[line] &= f->event_count > 0;
        }
    }
}

static bool prepare(struct scf_checking *k, const struct scf_taken *proven) {
    struct scf_case *c = k->c;
    size_t n = c->order.line_count;
    k->proven = *proven;
    k->invoiced = scf_alloc(c->arena, n, sizeof *k->invoiced);
    k->invoice_cases = scf_alloc(c->arena, n, sizeof *k->invoice_cases);
    k->all_name_events = scf_alloc(c->arena, n, sizeof *k->all_name_events);
    k->failed_lines = scf_alloc(c->arena, n, sizeof *k->failed_lines);
    if (k->invoiced == NULL || k->invoice_cases == NULL || k->all_name_events == NULL ||
        k->failed_lines == NULL || !scf_takings_sum(c, SCF_TAKEN_REPORTED, &k->reported) ||
        !scf_takings_sum(c, SCF_TAKEN_BILLED, &k->billed))
        return false;
    for (size_t i = 0; i < n; i++)
        k->all_name_events[i] = true;
    for (size_t i = 0; i < c->bill_count; i++)
        if (scf_bill_stands(&c->bills[i]))
            add_invoice(k, c->bills[i].fact, true);
    for (size_t i = 0; i < c->reducer_count; i++)
        add_invoice(k, c->reducers[i], false);
    return true;
}

/* ---- the table ---- */

static void (*const checks[])(struct scf_checking *) = {
    [SCF_CHECK_PARTIES] = scf_check_parties,
    [SCF_CHECK_SIGNED_FIRST] = scf_check_signed_first,
    [SCF_CHECK_STEP_ORDER] = scf_check_step_order,
    [SCF_CHECK_DUE_AFTER] = scf_check_due_after,
    [SCF_CHECK_QUANTITY_MATCH] = scf_check_quantity_match,
    [SCF_CHECK_QUANTITY_ORDERED] = scf_check_quantity_ordered,
    [SCF_CHECK_PRICE_MATCH] = scf_check_price_match,
    [SCF_CHECK_INVOICE_SUM] = scf_check_invoice_sum,
    [SCF_CHECK_LINE_TAX] = scf_check_line_tax,
    [SCF_CHECK_FUND_FLOW] = scf_check_fund_flow,
    [SCF_CHECK_LOGISTICS] = scf_check_logistics,
    [SCF_CHECK_ROUND_TRIP] = scf_check_round_trip,
    [SCF_CHECK_DECLARED_REVENUE] = scf_check_declared_revenue,
    [SCF_CHECK_INVOICE_CANCELLED] = scf_check_invoice_cancelled,
};
static_assert(SCF_COUNT(checks) == SCF_CHECKS, "every check has a function");

static void weigh(const struct scf_finding *f, struct scf_trade_view *view) {
    if (f->outcome == SCF_CHECK_NOT_APPLICABLE || f->rule->severity == SCF_ALERT)
        return;
    view->applicable_ppm += f->rule->weight_ppm;
    view->passed_ppm += f->outcome == SCF_CHECK_PASSED ? f->rule->weight_ppm : 0;
    view->hard_failed |= f->outcome == SCF_CHECK_FAILED && f->rule->severity == SCF_HARD;
}

bool scf_checks_run(struct scf_case *c, const struct scf_taken *proven,
                    struct scf_trade_view *view) {
    struct scf_checking k = {.c = c};
    size_t n = c->policy->check_count;
    struct scf_finding *findings = scf_alloc(c->arena, n, sizeof *findings);
    if (findings == NULL || !prepare(&k, proven))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct scf_finding *f = &findings[i];
        *f = (struct scf_finding){.rule = &c->policy->checks[i]};
        k.rule = f->rule;
        k.finding = f;
        checks[f->rule->check](&k);
        f->outcome = f->failures > 0 ? SCF_CHECK_FAILED
                     : f->cases > 0  ? SCF_CHECK_PASSED
                                     : SCF_CHECK_NOT_APPLICABLE;
        weigh(f, view);
    }
    view->findings = findings;
    view->finding_count = n;
    return !c->full;
}
