/* The inputs of a limit, derived again for a replay. From the receipt come only the questions:
 * which assessment, which contracts, which chains up to which sizes, which window, what was asked
 * for. Relies on replay_chain.c having walked the chains, on credit/gather.h for what bodies say,
 * and on the stores of policies, templates and enterprises. */
#include "scfd/credit/gather.h"
#include "replay.h"
#include "scfd/base/clock.h"
#include "scfd/party/enterprise.h"

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for the replay");
}

/* ---- the policy ---- */

/* What the platform's chain holds of a policy: *ret_text is empty when there is no sound record of
 * it. */
static enum scf_code read_policy_record(struct scf_credit_replay *r, const struct scf_policy *p,
                                        struct scf_str *ret_text, struct scf_error *err) {
    struct scf_record record;
    bool there = false;
    const char *name = scf_asprintf(r->arena, "%s/%s", p->code, p->version);
    *ret_text = (struct scf_str){"", 0};
    if (name == NULL)
        return no_memory(err);
    enum scf_code code = scf_replay_policy(r->db, r->arena, &r->services->installation.platform_id,
                                           name, &there, &record, err);
    if (code != SCF_OK || !there)
        return code;
    const char *what = scf_replay_record_fault(&record);
    if (what != NULL && what[0] == '\0')
        scf_replay_gap(r, "/inputs/policy", &record, "the body of the policy is erased");
    else if (what != NULL)
        scf_replay_fault(r, &record, what);
    struct scf_error unreadable = {0};
    const char *body = what == NULL ? scf_strndup(r->arena, record.body.p, record.body.n) : NULL;
    const char *text =
        body != NULL
            ? scf_json_string(scf_json_parse(r->arena, body, record.body.n, &unreadable), "text")
            : NULL;
    if (text != NULL)
        *ret_text = scf_str(text);
    return SCF_OK;
}

/* The policy stands in its row, for use, and in the platform's chain, for ever. Whichever says
 * something else than the receipt is what came out. */
static enum scf_code derive_policy(struct scf_credit_replay *r, struct scf_error *err) {
    struct scf_policy *p = &r->derived.policy;
    struct scf_str text = {"", 0};
    enum scf_code code = scf_policy_in_force(r->db, r->arena, r->recorded.as_of_us, p, err);
    if (code == SCF_OK)
        code = read_policy_record(r, p, &text, err);
    if (code != SCF_OK || text.n == 0)
        return code;
    struct scf_hash chained = scf_sha256(text.p, text.n);
    if (scf_hash_eq(&chained, &r->recorded.policy.sha256))
        return SCF_OK;
    return scf_policy_parse(r->arena, p->code, p->version, text, p, err);
}

/* ---- chains and sums ---- */

static enum scf_code derive_chains(struct scf_credit_replay *r, struct scf_error *err) {
    struct scf_limit_chain *list = scf_alloc(r->arena, r->recorded.chain_count, sizeof *list);
    if (list == NULL)
        return no_memory(err);
    for (size_t i = 0; i < r->recorded.chain_count; i++) {
        list[i] = r->recorded.chains[i];
        for (size_t k = 0; k < r->chain_count; k++)
            if (scf_uuid_eq(&r->chains[k].chain_id, &list[i].chain_id))
                list[i].sealed_root = r->chains[k].root; /* zeros when the tree is not there */
    }
    r->derived.chains = list;
    return SCF_OK;
}

static enum scf_code derive_sums(struct scf_credit_replay *r, enum scf_period period,
                                 struct scf_error *err) {
    r->derived.sums = scf_replay_sums_list(&r->sums, &r->derived.sum_count);
    r->derived.history_periods = scf_replay_periods(&r->sums, period);
    return r->derived.sums != NULL ? SCF_OK : no_memory(err);
}

/* ---- the enterprise and its template ---- */

/* What the receipt says stands while the profile that it came from cannot be read. */
static void keep_profile(struct scf_credit_replay *r) {
    r->derived.operating = r->recorded.operating;
    r->derived.qualifications = r->recorded.qualifications;
    r->derived.qualification_count = r->recorded.qualification_count;
    r->derived.need = r->recorded.need;
    r->derived.debtors = r->recorded.debtors;
    r->derived.debtor_count = r->recorded.debtor_count;
}

/* The profile that was in force; its body as text, NULL: there was none. Gives the industry. */
static enum scf_code read_profile(struct scf_credit_replay *r, struct scf_str *ret_industry,
                                  struct scf_error *err) {
    struct scf_enterprise enterprise;
    struct scf_record record = {0};
    const char *now;
    bool there = false;
    enum scf_code code =
        scf_enterprise_get(r->db, r->arena, &r->recorded.borrower_id, &enterprise, &now, err);
    if (code == SCF_OK)
        code = scf_replay_profile(
            r->db, r->arena, &r->recorded.borrower_id, &enterprise.registrar_chain_id,
            &r->services->installation.platform_id, r->decided_us, &there, &record, err);
    if (code != SCF_OK)
        return code;
    *ret_industry = enterprise.industry_code;
    const char *what = there ? scf_replay_record_fault(&record) : NULL;
    if (what != NULL && what[0] == '\0') {
        keep_profile(r);
        scf_replay_gap(r, "/inputs/qualifications", &record, "the body of the profile is erased");
        return SCF_OK;
    }
    if (what != NULL)
        scf_replay_fault(r, &record, what);
    const char *text = there ? scf_strndup(r->arena, record.body.p, record.body.n) : NULL;
    struct scf_error unreadable = {0}; /* told of as a fault */
    const cJSON *json =
        text != NULL ? scf_json_parse(r->arena, text, record.body.n, &unreadable) : NULL;
    if (there && json == NULL) {
        keep_profile(r);
        return SCF_OK;
    }
    const char *industry = scf_json_string(json, "industry_code");
    *ret_industry = scf_str(industry != NULL ? industry : "");
    r->profile_id = record.id;
    r->profile_sha256 = record.body_sha256;
    r->derived.qualifications = NULL;
    r->derived.qualification_count = 0;
    r->derived.need = (struct scf_limit_need){0};
    r->profile_read = true;
    return scf_gather_profile(r->arena, text, &r->derived, &r->profile, err);
}

static enum scf_code derive_template(struct scf_credit_replay *r, struct scf_str industry,
                                     const struct scf_template **ret, struct scf_error *err) {
    struct scf_templates *catalogue = r->services->templates;
    const char *wanted = scf_json_string(r->request, "template_code");
    const struct scf_template *t =
        wanted != NULL
            ? scf_templates_by_code(catalogue, SCF_REC_WORKFLOW_EVENT, scf_str(wanted),
                                    r->recorded.as_of_us)
            : scf_templates_for(catalogue, SCF_REC_WORKFLOW_EVENT, industry, r->recorded.as_of_us);
    if (t == NULL)
        return scf_fail(err, SCF_E_WRONG_STATE, "No workflow template is in force to rate by");
    scf_gather_template(&r->derived, t);
    *ret = t;
    return SCF_OK;
}

/* ---- trade ---- */

static bool has_view(const struct scf_limit_contract *k) {
    return !k->duplicate && k->trade.finding_count + k->trade.chain_count > 0;
}

/* Findings whose evidence may be invoices of other contracts, in chains that the receipt does not
 * name, and what a profile declared then: they are taken as they were. NULL: any other. */
static const char *why_kept(enum scf_check check) {
    return check == SCF_CHECK_ROUND_TRIP ? "round trips rest on sales of other enterprises"
           : check == SCF_CHECK_DECLARED_REVENUE
               ? "declared revenue is compared with invoices of other contracts"
               : NULL;
}

static enum scf_code keep_outside(struct scf_credit_replay *r, size_t i, struct scf_trade_view *v,
                                  struct scf_error *err) {
    const struct scf_trade_view *recorded = &r->recorded.contracts[i].trade;
    struct scf_finding *list = scf_alloc(r->arena, v->finding_count, sizeof *list);
    if (list == NULL)
        return no_memory(err);
    for (size_t k = 0; k < v->finding_count; k++) {
        list[k] = v->findings[k];
        const char *why = why_kept(list[k].rule->check);
        if (why == NULL)
            continue;
        for (size_t j = 0; j < recorded->finding_count; j++) {
            const struct scf_finding *was = &recorded->findings[j];
            if (was->rule->check != list[k].rule->check || was->outcome == list[k].outcome)
                continue;
            const struct scf_check_rule *rule = list[k].rule;
            list[k] = *was;
            list[k].rule = rule;
            scf_replay_gap(r,
                           scf_asprintf(r->arena, "/inputs/contracts/%zu/trade/findings/%zu", i, j),
                           &r->asked[i], why);
        }
    }
    v->findings = list;
    return SCF_OK;
}

static struct scf_trade_contract contract_of(struct scf_credit_replay *r, size_t i) {
    const struct scf_record *k = scf_replay_newest(r, i);
    struct scf_error ignored = {0}; /* unreadable is as good as erased */
    const cJSON *body =
        k->body.p != NULL ? scf_json_parse(r->facts_arena, k->body.p, k->body.n, &ignored) : NULL;
    return scf_gather_trade(k, body, r->tmpl);
}

static const struct scf_record *erased_of(const struct scf_credit_replay *r, size_t i) {
    for (size_t k = 0; k < r->key_count; k++)
        if (scf_uuid_eq(r->keys[k], &r->asked[i].business_key))
            return r->erased[k];
    return NULL;
}

static enum scf_code derive_view(struct scf_credit_replay *r, size_t i,
                                 struct scf_limit_contract *k, struct scf_error *err) {
    struct scf_trade_chain *limits = scf_alloc(r->arena, r->chain_count, sizeof *limits);
    if (limits == NULL)
        return no_memory(err);
    const struct scf_record *erased = erased_of(r, i);
    if (erased != NULL) {
        k->trade = r->recorded.contracts[i].trade;
        scf_replay_gap(r, scf_asprintf(r->arena, "/inputs/contracts/%zu/trade", i), erased,
                       "the body of a record of the contract is erased");
        return SCF_OK;
    }
    for (size_t c = 0; c < r->chain_count; c++)
        limits[c] = (struct scf_trade_chain){r->chains[c].chain_id, r->chains[c].traded_size};
    struct scf_trade_contract contract = contract_of(r, i);
    enum scf_code code =
        scf_trade_again_views(r->facts, &r->derived.policy, &contract, 1, r->recorded.as_of_us,
                              limits, r->chain_count, &k->trade, err);
    return code == SCF_OK ? keep_outside(r, i, &k->trade, err) : code;
}

/* ---- the whole ---- */

static enum scf_code derive_contracts(struct scf_credit_replay *r, struct scf_error *err) {
    size_t n = r->recorded.contract_count;
    struct scf_limit_contract *list = scf_alloc(r->arena, n, sizeof *list);
    if (list == NULL)
        return no_memory(err);
    enum scf_code code = SCF_OK;
    for (size_t i = 0; code == SCF_OK && i < n; i++)
        code = scf_replay_contract(r, i, &list[i], err);
    for (size_t i = 0; code == SCF_OK && i < n; i++)
        if (has_view(&r->recorded.contracts[i]) && scf_replay_newest(r, i) != NULL)
            code = derive_view(r, i, &list[i], err);
    r->derived.contracts = list;
    return code;
}

enum scf_code scf_replay_derive(struct scf_credit_replay *r, struct scf_error *err) {
    const struct scf_template *t = NULL;
    struct scf_str industry;
    r->derived = r->recorded;
    enum scf_code code = derive_policy(r, err);
    code = code == SCF_OK ? read_profile(r, &industry, err) : code;
    code = code == SCF_OK ? derive_template(r, industry, &t, err) : code;
    r->tmpl = t;
    code = code == SCF_OK ? derive_sums(r, t->period, err) : code;
    code = code == SCF_OK ? derive_chains(r, err) : code;
    code = code == SCF_OK ? derive_contracts(r, err) : code;
    return code == SCF_OK ? scf_replay_claims(r, err) : code;
}
