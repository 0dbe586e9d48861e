/* Filing a loan: under an approval in force, within what is left of it. */
#include "loan.h"

#include "scfd/base/clock.h"
#include "scfd/http/answer.h"

/* Lists that the body names, and what was found under them. */
struct named {
    struct scf_uuid *contract_ids, *invoice_ids, *guarantee_ids;
    size_t contract_id_n, invoice_id_n, guarantee_id_n;
    struct scf_loan_contract *contracts;
    size_t contract_n;
    bool has_hold;
    struct scf_hold hold; /* locked */
};

static enum scf_code read_named(const struct scf_filing *f, struct named *ret,
                                struct scf_error *err) {
    enum scf_code code =
        scf_filing_ids(f, "contract_ids", &ret->contract_ids, &ret->contract_id_n, err);
    if (code == SCF_OK)
        code = scf_filing_ids(f, "invoice_ids", &ret->invoice_ids, &ret->invoice_id_n, err);
    if (code == SCF_OK)
        code = scf_filing_ids(f, "guarantee_ids", &ret->guarantee_ids, &ret->guarantee_id_n, err);
    return code;
}

static struct scf_loan from_body(const struct scf_filing *f) {
    const cJSON *body = f->body, *interest = scf_json_get(body, "interest");
    struct scf_loan l = {
        .filed = {.id = f->id, .lender_id = f->lender->node_id, .created_us = f->ctx.now_us},
        .decision_id = scf_filing_id(body, "decision_id"),
        .borrower_id = scf_filing_id(body, "borrower_id"),
        .loan_no = scf_json_string(body, "loan_no"),
    };
    struct scf_terms *t = &l.terms;
    memcpy(l.currency, scf_json_string(body, "currency"), sizeof l.currency);
    bool complete = scf_body_money(body, "principal", scf_body_scale(body), &t->principal) &&
                    scf_body_decimal(interest, "annual_rate", SCF_RATE_PLACES, &t->rate_ppm) &&
                    scf_body_day(body, "value_date", &t->value_day) &&
                    scf_body_day(body, "maturity_date", &t->maturity_day);
    SCF_ASSERT(complete); /* the schema let it pass */
    t->day_count = (enum scf_day_count)scf_body_choice(interest, "day_count", scf_day_count_names,
                                                       SCF_ACT_360);
    t->method = (enum scf_repayment_method)scf_body_choice(body, "repayment_method",
                                                           scf_method_names, SCF_BULLET);
    l.paid_to_day = t->value_day;
    return l;
}

/* ---- schedule ---- */

static enum scf_code given_schedule(const struct scf_filing *f, const cJSON *list,
                                    struct scf_loan *l, struct scf_error *err) {
    int scale = scf_body_scale(f->body);
    const cJSON *item;
    l->schedule = scf_alloc(f->arena, (size_t)cJSON_GetArraySize(list), sizeof *l->schedule);
    if (l->schedule == NULL)
        return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The schedule is too long.");
    cJSON_ArrayForEach(item, list) {
        struct scf_instalment *i = &l->schedule[l->instalments++];
        bool complete = scf_body_day(item, "due_on", &i->due_day) &&
                        scf_body_money(item, "principal", scale, &i->principal) &&
                        scf_body_money(item, "interest", scale, &i->interest);
        SCF_ASSERT(complete);
    }
    return SCF_OK;
}

static enum scf_code make_schedule(const struct scf_filing *f, struct scf_loan *l,
                                   struct scf_error *err) {
    const cJSON *list = scf_json_get(f->body, "schedule");
    int64_t whole_term;
    const struct scf_terms *t = &l->terms;
    if (!scf_interest(t->principal, t->rate_ppm, t->day_count, t->value_day, t->maturity_day,
                      &whole_term))
        return scf_fail_fault(f->arena, "#/principal", "out-of-range",
                              "The interest of the term is not a number that can be kept.", err);
    if (list)
        return given_schedule(f, list, l, err);
    if (!scf_schedule_derive(t, f->arena, &l->schedule, &l->instalments))
        return scf_fail(err, SCF_E_INTERNAL, "No memory to derive the schedule.");
    return SCF_OK;
}

/* ---- against the decision ---- */

static enum scf_code refuse_excess(const struct scf_filing *f, const struct scf_loan *l,
                                   const struct scf_decision *d, int64_t remaining,
                                   struct scf_error *err) {
    int scale = scf_currency_scale(scf_str(d->currency));
    char asked[SCF_MONEY_TEXT], left[SCF_MONEY_TEXT], limit[SCF_MONEY_TEXT];
    scf_money_format(l->terms.principal, scale, asked);
    scf_money_format(remaining, scale, left);
    scf_money_format(d->approved_limit, scale, limit);
    scf_fail(err, SCF_E_LIMIT_EXCEEDED, "principal %s is above the remaining limit %s.", asked,
             left);
    err->members_json = scf_asprintf(f->arena,
                                     "{\"principal\":\"%s\",\"remaining_limit\":\"%s\","
                                     "\"approved_limit\":\"%s\",\"currency\":\"%s\"}",
                                     asked, left, limit, d->currency);
    return err->code;
}

static enum scf_code check_terms(const struct scf_filing *f, const struct scf_loan *l,
                                 const struct scf_decision *d, struct scf_error *err) {
    if (!scf_uuid_eq(&l->borrower_id, &d->borrower_id))
        return scf_filing_mismatch(f, "#/borrower_id",
                                   "The decision is on another borrower's assessment.", err);
    if (strcmp(l->currency, d->currency) != 0)
        return scf_filing_mismatch(f, "#/currency", "The decision is in another currency.", err);
    if (l->terms.maturity_day - l->terms.value_day > d->tenor_days)
        return scf_fail_fault(f->arena, "#/maturity_date", "out-of-range",
                              "The term is longer than the decision's tenor_days.", err);
    if (l->terms.rate_ppm > d->rate_ppm)
        return scf_fail_fault(f->arena, "#/interest/annual_rate", "out-of-range",
                              "The rate is above the decision's annual_rate.", err);
    return SCF_OK;
}

/* The decision may say that it is valid for longer than what it rests on. */
static enum scf_code refuse_expired(int32_t expires_day, struct scf_error *err) {
    char day[SCF_TIME_TEXT];
    scf_date_format(expires_day, day);
    return scf_fail(err, SCF_E_WRONG_STATE,
                    "The limit of the assessment ends on %s, before the loan's value_date: ask "
                    "for a new assessment.",
                    day);
}

static enum scf_code check_decision(struct scf_db *db, const struct scf_filing *f,
                                    const struct scf_loan *l, const struct scf_decision *d,
                                    struct scf_common_limit *ret, struct scf_error *err) {
    const char *state = scf_decision_state(d->status, d->outcome, d->valid_from, d->valid_until,
                                           scf_lending_today(&f->ctx));
    if (strcmp(state, "approved") != 0)
        return scf_fail(err, SCF_E_WRONG_STATE,
                        "The decision is in state \"%s\"; it carries no loan.", state);
    enum scf_code code = check_terms(f, l, d, err);
    if (code == SCF_OK)
        code = scf_decision_common_limit(db, f->arena, d, f->ctx.now_us, ret, err);
    if (code != SCF_OK)
        return code;
    if (l->terms.value_day > ret->expires_day)
        return refuse_expired(ret->expires_day, err);
    int64_t own = scf_remaining_limit(d->approved_limit, d->revolving, &d->drawn);
    int64_t remaining = own < ret->available ? own : ret->available;
    return l->terms.principal > remaining ? refuse_excess(f, l, d, remaining, err) : SCF_OK;
}

static enum scf_code lock_decision(struct scf_db *db, const struct scf_filing *f,
                                   struct scf_decision *ret, struct scf_error *err) {
    struct scf_uuid id = scf_filing_id(f->body, "decision_id");
    enum scf_code code = scf_decision_lock(db, f->arena, &id, &f->lender->node_id, ret, err);
    return code == SCF_E_NOT_FOUND ? scf_filing_unknown(f, "#/decision_id", err) : code;
}

/* ---- limit accounts ---- */

static const struct scf_account *account_of(const struct scf_common_limit *c,
                                            const struct scf_uuid *key) {
    for (size_t i = 0; i < c->account_count; i++)
        if (scf_uuid_eq(&c->accounts[i].contract_key, key))
            return &c->accounts[i];
    return NULL;
}

/* How the principal is spread over the limit accounts of the contracts: by their amounts, as far as
 * there is room. These shares are the weights by which repayments are spread later. */
static enum scf_code share_out(const struct scf_filing *f, const struct scf_loan *l,
                               const struct scf_decision *d, const struct scf_common_limit *common,
                               struct named *named, struct scf_error *err) {
    size_t n = named->contract_n;
    int64_t *weights = scf_alloc(f->arena, n, sizeof *weights);
    int64_t *rooms = scf_alloc(f->arena, n, sizeof *rooms);
    int64_t *parts = scf_alloc(f->arena, n, sizeof *parts), together = 0;
    if (weights == NULL || rooms == NULL || parts == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "Too many contracts.");
    for (size_t i = 0; i < n; i++) {
        const struct scf_account *a = account_of(common, &named->contracts[i].contract_key);
        weights[i] = named->contracts[i].weight;
        rooms[i] = a ? scf_account_available(a) : 0;
        if (named->has_hold) /* it is of this one contract, and covers the principal */
            rooms[i] = named->hold.amount;
        if (__builtin_add_overflow(together, rooms[i], &together))
            together = INT64_MAX;
    }
    if (!scf_split_within(l->terms.principal, weights, rooms, n, parts))
        return refuse_excess(f, l, d, together, err);
    for (size_t i = 0; i < n; i++)
        named->contracts[i].weight = parts[i];
    return SCF_OK;
}

/* ---- what it refers to ---- */

static enum scf_code look_up(struct scf_db *db, const struct scf_filing *f,
                             const struct scf_loan *l, struct named *named,
                             struct scf_faults *faults, struct scf_error *err) {
    enum scf_code code =
        scf_loan_contracts_of(db, f, &l->decision_id, named->contract_ids, named->contract_id_n,
                              faults, &named->contracts, &named->contract_n, err);
    if (code == SCF_OK)
        code = scf_loan_check_records(db, f, "invoice_ids", SCF_REC_INVOICE, named->invoice_ids,
                                      named->invoice_id_n, named->contracts, named->contract_n,
                                      faults, err);
    if (code == SCF_OK)
        code = scf_loan_check_records(db, f, "guarantee_ids", SCF_REC_GUARANTEE,
                                      named->guarantee_ids, named->guarantee_id_n, named->contracts,
                                      named->contract_n, faults, err);
    return code;
}

static enum scf_code check_references(struct scf_db *db, const struct scf_filing *f,
                                      const struct scf_loan *l, struct named *named,
                                      struct scf_error *err) {
    struct scf_faults *faults = scf_alloc(f->arena, 1, sizeof *faults);
    if (faults == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory to check the loan.");
    faults->arena = f->arena;
    enum scf_code code = look_up(db, f, l, named, faults, err);
    if (code != SCF_OK || faults->count + faults->dropped == 0)
        return code;
    scf_fail(err, SCF_E_VALIDATION_FAILED, "The content is invalid: see errors.");
    err->faults = faults;
    return err->code;
}

/* ---- the hold, or claims of its own ---- */

static enum scf_code refuse_hold(const struct scf_filing *f, const struct scf_loan *l,
                                 const struct scf_hold *hold, struct scf_error *err) {
    int scale = scf_currency_scale(scf_str(l->currency));
    char asked[SCF_MONEY_TEXT], held[SCF_MONEY_TEXT];
    scf_money_format(l->terms.principal, scale, asked);
    scf_money_format(hold->amount, scale, held);
    scf_fail(err, SCF_E_LIMIT_EXCEEDED, "principal %s is above the amount held %s.", asked, held);
    err->members_json =
        scf_asprintf(f->arena, "{\"principal\":\"%s\",\"held\":\"%s\",\"currency\":\"%s\"}", asked,
                     held, l->currency);
    return err->code;
}

static enum scf_code check_hold(const struct scf_filing *f, const struct scf_loan *l,
                                const struct scf_decision *d, const struct named *named,
                                struct scf_error *err) {
    const struct scf_hold *h = &named->hold;
    if (!scf_uuid_eq(&h->assessment_id, &d->assessment_id))
        return scf_filing_mismatch(f, "#/hold_id", "The hold is under another assessment.", err);
    if (!scf_uuid_is_nil(&h->decision_id) && !scf_uuid_eq(&h->decision_id, &d->filed.id))
        return scf_filing_mismatch(f, "#/hold_id", "The hold is under another decision.", err);
    if (strcmp(h->currency, l->currency) != 0)
        return scf_filing_mismatch(f, "#/hold_id", "The hold is in another currency.", err);
    if (named->contract_n != 1 || !scf_uuid_eq(&named->contracts[0].contract_key, &h->contract_key))
        return scf_filing_mismatch(f, "#/contract_ids",
                                   "A loan with a hold finances the hold's contract alone.", err);
    return l->terms.principal > h->amount ? refuse_hold(f, l, h, err) : SCF_OK;
}

/* After the accounts, before the claims. */
static enum scf_code lock_hold(struct scf_db *db, const struct scf_filing *f,
                               const struct scf_loan *l, const struct scf_decision *d,
                               struct named *named, struct scf_error *err) {
    struct scf_uuid id = scf_filing_id(f->body, "hold_id");
    if (scf_uuid_is_nil(&id))
        return SCF_OK;
    enum scf_code code =
        scf_hold_lock(db, f->arena, &id, &f->lender->node_id, f->ctx.now_us, &named->hold, err);
    if (code == SCF_E_NOT_FOUND)
        return scf_filing_unknown(f, "#/hold_id", err);
    named->has_hold = code == SCF_OK;
    return code == SCF_OK ? check_hold(f, l, d, named, err) : code;
}

static enum scf_code claim(struct scf_db *db, const struct scf_filing *f, const struct scf_loan *l,
                           const struct named *named, const struct scf_common_limit *common,
                           struct scf_error *err) {
    if (named->has_hold) {
        struct scf_account account = *account_of(common, &named->hold.contract_key);
        return scf_hold_use(db, f->arena, &named->hold, &account, &f->id, l->terms.principal,
                            f->ctx.now_us, err);
    }
    const struct scf_loan_claiming claiming = {.loan_id = f->id,
                                               .node_id = f->lender->node_id,
                                               .enterprise_id = f->lender->operator_enterprise_id,
                                               .currency = l->currency,
                                               .invoice_ids = named->invoice_ids,
                                               .count = named->invoice_id_n,
                                               .principal = l->terms.principal};
    return claiming.count > 0 ? scf_claims_take(db, f->arena, &claiming, f->ctx.now_us, err)
                              : SCF_OK;
}

/* The receivables among the invoices that the loan has claimed, by itself or through its hold, are
 * financed by it, if the rules of the trade allow. */
static enum scf_code finance_receivables(struct scf_db *db, struct scf_filing *f,
                                         struct scf_error *err) {
    struct scf_policy policy;
    struct scf_rcv_loan loan = {.policy = &policy,
                                .loan_id = &f->id,
                                .lender_id = &f->lender->node_id,
                                .now_us = f->ctx.now_us};
    bool timed = scf_body_time(f->body, "disbursed_at", f->ctx.offset_minutes, &loan.disbursed_us);
    SCF_ASSERT(timed);
    enum scf_code code =
        scf_loan_claimed_invoices(db, f->arena, &f->id, &loan.invoices, &loan.invoice_count, err);
    if (code != SCF_OK || loan.invoice_count == 0)
        return code;
    code = scf_policy_in_force(db, f->arena, f->ctx.now_us, &policy, err);
    return code == SCF_OK ? scf_receivable_disburse(db, f->arena, &loan, &f->unregistered, err)
                          : code;
}

/* ---- writing ---- */

static enum scf_code record(struct scf_db *db, const struct scf_filing *f, const struct scf_loan *l,
                            const struct named *named, struct scf_error *err) {
    struct scf_filing_facts facts = {.number = l->loan_no,
                                     .decision_id = l->decision_id,
                                     .guarantees = named->guarantee_ids,
                                     .guarantee_count = named->guarantee_id_n,
                                     .borrower_id = l->borrower_id,
                                     .has_amount = true,
                                     .amount = l->terms.principal,
                                     .event = "loan.disbursed"};
    memcpy(facts.currency, l->currency, sizeof facts.currency);
    bool timed = scf_body_time(f->body, "disbursed_at", f->ctx.offset_minutes, &facts.happened_us);
    SCF_ASSERT(timed);
    return scf_filing_record(db, f, &facts, err);
}

static enum scf_code write_rows(struct scf_db *db, const struct scf_filing *f, struct scf_loan *l,
                                const struct named *named, struct scf_error *err) {
    struct scf_amounts paid_out = {.principal = l->terms.principal};
    enum scf_code code = scf_loan_insert(db, f->arena, l, named->contracts, named->contract_n, err);
    if (code == SCF_OK)
        code = scf_loan_book(db, f->arena, l, SCF_ENTRY_DISBURSEMENT, l->terms.value_day, &paid_out,
                             &f->id, f->ctx.now_us, err);
    const struct scf_loan_cause cause = {.id = f->id,
                                         .prefix = "loan",
                                         .paid_out = true,
                                         .from_hold = named->has_hold ? l->terms.principal : 0};
    return code == SCF_OK ? scf_loan_save(db, f->arena, l, &cause, f->ctx.now_us, err) : code;
}

/* The number of a loan identifies it as its external id does. */
static enum scf_code begin(struct scf_db *db, struct scf_filing *f, struct scf_error *err) {
    const char *loan_no = scf_json_string(f->body, "loan_no");
    struct scf_uuid existing;
    struct scf_hash theirs;
    bool found = false;
    enum scf_code code = scf_filing_begin(db, f, loan_no, err);
    if (code != SCF_OK || f->existed)
        return code;
    code =
        scf_loan_find(db, f->arena, &f->lender->node_id, loan_no, &found, &existing, &theirs, err);
    return code == SCF_OK && found ? scf_filing_settle(f, &existing, &theirs, err) : code;
}

enum scf_code scf_loan_file(struct scf_db *db, struct scf_filing *f, struct scf_error *err) {
    struct named named = {0};
    struct scf_decision decision;
    struct scf_common_limit common;
    enum scf_code code = scf_filing_check_lender(f, err);
    if (code == SCF_OK)
        code = lock_decision(db, f, &decision, err);
    if (code == SCF_OK)
        code = begin(db, f, err);
    if (code != SCF_OK || f->existed)
        return code;
    struct scf_loan l = from_body(f);
    code = check_decision(db, f, &l, &decision, &common, err);
    if (code == SCF_OK)
        code = read_named(f, &named, err);
    if (code == SCF_OK)
        code = check_references(db, f, &l, &named, err);
    if (code == SCF_OK)
        code = make_schedule(f, &l, err);
    if (code == SCF_OK)
        code = lock_hold(db, f, &l, &decision, &named, err);
    if (code == SCF_OK)
        code = share_out(f, &l, &decision, &common, &named, err);
    if (code == SCF_OK)
        code = claim(db, f, &l, &named, &common, err);
    if (code == SCF_OK)
        code = finance_receivables(db, f, err);
    if (code == SCF_OK)
        code = write_rows(db, f, &l, &named, err);
    return code == SCF_OK ? record(db, f, &l, &named, err) : code;
}
