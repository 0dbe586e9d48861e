/* The inputs of a limit, derived again for a replay. From the receipt come only the questions:
 * which assessment, which chains up to which sizes, which window. Relies on replay_chain.c having
 * walked the chains, and on the stores of policies and templates. */
#include "replay.h"
#include "scfd/base/clock.h"

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for the replay");
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

/* ---- policy and template ---- */

static enum scf_code derive_template(struct scf_credit_replay *r, const struct scf_template **ret,
                                     struct scf_error *err) {
    struct scf_limit_inputs *in = &r->derived;
    const struct scf_template *t = scf_templates_by_code(
        r->services->templates, SCF_REC_WORKFLOW_EVENT, scf_str(in->template_code), in->as_of_us);
    if (t == NULL)
        return scf_fail(err, SCF_E_WRONG_STATE, "No workflow template is in force to rate by");
    in->template_id = t->uuid;
    in->template_code = t->code;
    in->template_revision = t->revision;
    in->grading = t->grading;
    *ret = t;
    return SCF_OK;
}

enum scf_code scf_replay_derive(struct scf_credit_replay *r, struct scf_error *err) {
    const struct scf_template *t = NULL;
    r->derived = r->recorded;
    enum scf_code code =
        scf_policy_in_force(r->db, r->arena, r->recorded.as_of_us, &r->derived.policy, err);
    code = code == SCF_OK ? derive_template(r, &t, err) : code;
    code = code == SCF_OK ? derive_sums(r, t->period, err) : code;
    return code == SCF_OK ? derive_chains(r, err) : code;
}
