/* What loans and repayments do to receivables. Runs inside lending's transaction, which holds its
 * loan and its invoices; takes no lock on a chain, so that lending can lock its own in their order:
 * the records follow by the task. */
#include "step.h"

#include "scfd/base/clock.h"

struct disbursement {
    struct scf_db *db;
    struct scf_arena *arena;
    const struct scf_policy *policy;
    const struct scf_uuid *lender_id, *loan_id;
    int64_t disbursed_us, now_us;
    struct scf_receivable *all;
    size_t n;
};

/* ---- may it be financed? ---- */

static bool is_before(int64_t at_us, const struct disbursement *d) {
    return at_us != 0 && at_us < d->disbursed_us;
}

/* The register's entry, as it must be when money goes out. */
static enum scf_code check_entry(const struct disbursement *d, const struct scf_receivable *r,
                                 struct scf_error *err) {
    if (r->conflict)
        return scf_rcv_refuse(d->arena, r, SCF_STEP_DISBURSE, SCF_RULE_DUP, "search",
                              "The register shows an entry of another party that goes before", err);
    if (r->registration_status == SCF_REG_OBJECTED)
        return scf_rcv_refuse(d->arena, r, SCF_STEP_DISBURSE, SCF_RULE_OWN, "amend_registration",
                              "There is an objection to the entry in the register", err);
    if (!is_before(r->registered_us, d) || r->registration_to < scf_day_of(d->disbursed_us))
        return scf_rcv_refuse(d->arena, r, SCF_STEP_DISBURSE, SCF_RULE_ORDER, "register",
                              "The loan was paid out while no entry stood in the register", err);
    if (!is_before(r->notified_us, d))
        return scf_rcv_refuse(d->arena, r, SCF_STEP_DISBURSE, SCF_RULE_ORDER, "notify",
                              "The loan was paid out before the debtor was notified", err);
    if (!is_before(r->proven_clear_us, d))
        return scf_rcv_refuse(d->arena, r, SCF_STEP_DISBURSE, SCF_RULE_ORDER, "search",
                              "The loan was paid out before the search that follows the "
                              "registration",
                              err);
    return SCF_OK;
}

static enum scf_code check_invoice(const struct disbursement *d, const struct scf_receivable *r,
                                   struct scf_error *err) {
    int64_t age = d->disbursed_us - r->verified_us;
    bool in_order =
        r->verification == SCF_VERIFIED_NORMAL || r->verification == SCF_VERIFIED_PARTIALLY_RED;
    if (in_order && age <= d->policy->reverify_hours * SCF_US_PER_HOUR)
        return SCF_OK;
    return scf_rcv_refuse(d->arena, r, SCF_STEP_DISBURSE, SCF_RULE_INV, "verify_invoice",
                          "The invoice was last verified too long before the loan was paid out",
                          err);
}

static enum scf_code finance(const struct disbursement *d, struct scf_receivable *r,
                             struct scf_error *err) {
    char id[SCF_ID_TEXT];
    scf_id_format("loan", d->loan_id, id);
    struct scf_rcv_move move = {.step = SCF_STEP_DISBURSE,
                                .good = true,
                                .roles = SCF_ROLE_PLATFORM,
                                .node_id = *d->lender_id,
                                .at_us = d->disbursed_us,
                                .now_us = d->now_us,
                                .details = scf_asprintf(d->arena, "{\"loan_id\":\"%s\"}", id)};
    struct scf_verdict verdict;
    enum scf_code code = scf_rcv_check(d->arena, r, &move, &verdict, err);
    if (code == SCF_OK)
        code = check_entry(d, r, err);
    if (code == SCF_OK)
        code = check_invoice(d, r, err);
    if (code != SCF_OK)
        return code;
    r->loan_id = *d->loan_id;
    r->financed_us = d->disbursed_us;
    return scf_rcv_take(d->db, d->arena, r, &move, err);
}

/* What another lender has is nobody's business: the refusal names the rule alone. */
static enum scf_code refuse_unnamed(struct scf_arena *arena, enum scf_rcv_rule rule,
                                    const char *detail, struct scf_error *err) {
    const struct scf_rcv_rule_text *text = &scf_rcv_rules[rule];
    scf_fail(err, SCF_E_STEP_OUT_OF_ORDER, "%s (%s).", detail, text->id);
    err->members_json = scf_asprintf(
        arena,
        "{\"rule\":\"%s\",\"rule_text\":{\"en\":\"%s\",\"zh\":\"%s\"},\"step\":\"disburse\"}",
        text->id, text->en, text->zh);
    return err->code;
}

static enum scf_code disburse_one(const struct disbursement *d, const struct scf_uuid *key,
                                  bool *ret_found, struct scf_error *err) {
    bool entry_of_other = false;
    for (size_t i = 0; i < d->n; i++) {
        struct scf_receivable *r = &d->all[i];
        if (!scf_uuid_eq(&r->invoice_key, key))
            continue;
        *ret_found |= scf_uuid_eq(&r->lender_id, d->lender_id);
        if (*ret_found)
            return finance(d, r, err);
        entry_of_other |= scf_receivable_is_registered(r);
    }
    if (entry_of_other)
        return refuse_unnamed(d->arena, SCF_RULE_PRIORITY,
                              "An entry of another lender on an invoice of the loan goes before",
                              err);
    return SCF_OK;
}

/* Invoices none of whose keys is a receivable's. */
static size_t count_unregistered(const struct scf_rcv_invoice *invoices, const bool *found,
                                 size_t n) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        bool registered = false, counted = false;
        for (size_t k = 0; k < n; k++) {
            bool same = scf_uuid_eq(&invoices[i].invoice_id, &invoices[k].invoice_id);
            registered |= same && found[k];
            counted |= same && k < i;
        }
        count += !registered && !counted;
    }
    return count;
}

static enum scf_code lock_all(struct disbursement *d, const struct scf_rcv_invoice *invoices,
                              size_t n, struct scf_error *err) {
    struct scf_uuid *keys = scf_alloc(d->arena, n, sizeof *keys);
    if (keys == NULL)
        return scf_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        keys[i] = invoices[i].invoice_key;
    return scf_receivable_lock_invoices(d->db, d->arena, keys, n, &d->all, &d->n, err);
}

enum scf_code scf_receivable_disburse(struct scf_db *db, struct scf_arena *arena,
                                      const struct scf_rcv_loan *loan, size_t *ret_unregistered,
                                      struct scf_error *err) {
    struct disbursement d = {.db = db,
                             .arena = arena,
                             .policy = loan->policy,
                             .lender_id = loan->lender_id,
                             .loan_id = loan->loan_id,
                             .disbursed_us = loan->disbursed_us,
                             .now_us = loan->now_us};
    size_t n = loan->invoice_count;
    bool *found = scf_alloc(arena, n, sizeof *found);
    enum scf_code code = found ? lock_all(&d, loan->invoices, n, err) : scf_fail_memory(err);
    for (size_t i = 0; code == SCF_OK && i < n; i++)
        code = disburse_one(&d, &loan->invoices[i].invoice_key, &found[i], err);
    if (code != SCF_OK)
        return code;
    *ret_unregistered = count_unregistered(loan->invoices, found, n);
    if (*ret_unregistered > 0 && d.policy->registered_only)
        return refuse_unnamed(arena, SCF_RULE_ORDER,
                              "An invoice of the loan is no receivable that was registered", err);
    return SCF_OK;
}

/* ---- repaid ---- */

struct ledger_word {
    struct scf_db *db;
    struct scf_arena *arena;
    bool settled, anything_paid;
    int64_t now_us;
};

static enum scf_code move_on(const struct ledger_word *l, struct scf_receivable *r,
                             enum scf_rcv_step step, bool good, struct scf_error *err) {
    struct scf_rcv_move move = {.step = step,
                                .good = good,
                                .roles = SCF_ROLE_PLATFORM,
                                .node_id = r->lender_id,
                                .at_us = l->now_us,
                                .now_us = l->now_us};
    return scf_rcv_take(l->db, l->arena, r, &move, err);
}

/* The lender may have taken another receivable on the invoice since: one of them is open. */
static enum scf_code reopen(const struct ledger_word *l, struct scf_receivable *r,
                            struct scf_error *err) {
    bool other = false;
    enum scf_code code = scf_receivable_has_other(l->db, l->arena, r, &other, err);
    r->open = !other;
    return code == SCF_OK ? move_on(l, r, SCF_STEP_REOPEN, l->anything_paid, err) : code;
}

/* While it stands aside, what it goes back to moves instead. */
static enum scf_code stand_aside(const struct ledger_word *l, struct scf_receivable *r,
                                 struct scf_error *err) {
    enum scf_receivable_state to = l->anything_paid ? SCF_RCV_PART_REPAID : SCF_RCV_FINANCED;
    if ((r->resume != SCF_RCV_FINANCED && r->resume != SCF_RCV_PART_REPAID) || r->resume == to)
        return SCF_OK;
    r->resume = to;
    return scf_receivable_save(l->db, l->arena, r, err);
}

static enum scf_code follow(const struct ledger_word *l, struct scf_receivable *r,
                            struct scf_error *err) {
    switch (r->state) {
    case SCF_RCV_REPURCHASED:
    case SCF_RCV_RELEASED:
        return SCF_OK;
    case SCF_RCV_SETTLED:
        return l->settled ? SCF_OK : reopen(l, r, err);
    default:
        break;
    }
    if (l->settled)
        return move_on(l, r, SCF_STEP_SETTLE, true, err);
    if (r->state == SCF_RCV_FINANCED)
        return l->anything_paid ? move_on(l, r, SCF_STEP_REPAY, true, err) : SCF_OK;
    if (r->state == SCF_RCV_PART_REPAID)
        return l->anything_paid ? SCF_OK : move_on(l, r, SCF_STEP_REOPEN, false, err);
    return stand_aside(l, r, err);
}

enum scf_code scf_receivable_repaid(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *loan_id, bool settled,
                                    bool anything_paid, int64_t now_us, struct scf_error *err) {
    const struct ledger_word l = {db, arena, settled, anything_paid, now_us};
    struct scf_receivable *all;
    size_t n;
    enum scf_code code = scf_receivable_lock_loan(db, arena, loan_id, &all, &n, err);
    for (size_t i = 0; code == SCF_OK && i < n; i++)
        code = follow(&l, &all[i], err);
    return code;
}
