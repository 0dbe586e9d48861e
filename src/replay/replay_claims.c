/* What a limit rests on beside the records of its contracts, as it was: how receivables stood, out
 * of their steps; who the debtors were, out of profiles; what the borrower needed and was granted
 * elsewhere. Relies on credit/gather.h for what bodies say. */
#include "scfd/credit/gather.h"
#include "scfd/base/money.h"
#include "replay.h"
#include "scfd/party/enterprise.h"

static enum scf_code no_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_INTERNAL, "No memory for the replay");
}

/* ---- receivables ---- */

static bool same_standing(const struct scf_replay_step *s,
                          const struct scf_receivable_standing *recorded) {
    return recorded->exists && scf_uuid_eq(&s->receivable_id, &recorded->id) &&
           s->state == recorded->state;
}

struct scf_receivable_standing scf_replay_standing(const struct scf_replay_step *steps, size_t n,
                                                   const struct scf_uuid *invoice_key,
                                                   int64_t asked_us,
                                                   const struct scf_receivable_standing *recorded) {
    const struct scf_replay_step *before = NULL; /* the newest that was there when it was asked */
    for (size_t i = 0; i < n; i++) {
        const struct scf_replay_step *s = &steps[i];
        if (!scf_uuid_eq(&s->invoice_key, invoice_key))
            continue;
        bool last = i + 1 == n || !scf_uuid_eq(&steps[i + 1].receivable_id, &s->receivable_id) ||
                    steps[i + 1].filed_us >= asked_us;
        bool seen = s->filed_us >= asked_us || last; /* it stood at some moment of the while */
        if (seen && same_standing(s, recorded))
            return *recorded;
        if (s->filed_us < asked_us && last && (before == NULL || s->filed_us > before->filed_us))
            before = s;
    }
    if (before == NULL)
        return (struct scf_receivable_standing){.exists = false};
    return (struct scf_receivable_standing){
        .exists = true, .id = before->receivable_id, .state = before->state};
}

static const struct scf_receivable_standing *recorded_of(const struct scf_limit_contract *k,
                                                         const struct scf_uuid *invoice_key) {
    static const struct scf_receivable_standing none;
    for (size_t i = 0; k->standings != NULL && i < k->trade.invoice_count; i++)
        if (scf_uuid_eq(&k->trade.invoices[i].invoice_key, invoice_key))
            return &k->standings[i];
    return &none;
}

/* The states are in the steps; who confirmed, and what the register showed, is taken as it was. */
static enum scf_code derive_standings(struct scf_credit_replay *r, size_t i,
                                      struct scf_limit_contract *k, struct scf_error *err) {
    size_t n = k->trade.invoice_count, step_n = 0;
    const struct scf_uuid **keys = scf_alloc(r->arena, n, sizeof *keys);
    struct scf_receivable_standing *list = scf_alloc(r->arena, n, sizeof *list);
    struct scf_replay_step *steps;
    if (keys == NULL || list == NULL)
        return no_memory(err);
    for (size_t j = 0; j < n; j++)
        keys[j] = &k->trade.invoices[j].invoice_key;
    enum scf_code code =
        scf_replay_steps(r->db, r->arena, keys, n, r->decided_us, &steps, &step_n, err);
    bool any = false;
    for (size_t j = 0; code == SCF_OK && j < n; j++) {
        const struct scf_limit_contract *was = &r->recorded.contracts[i];
        list[j] =
            scf_replay_standing(steps, step_n, keys[j], r->asked_us, recorded_of(was, keys[j]));
        any |= list[j].exists;
    }
    if (any)
        scf_replay_gap(
            r, scf_asprintf(r->arena, "/inputs/contracts/%zu/trade/invoices", i), &r->asked[i],
            "of receivables only the states are derived, not confirmations and searches");
    k->standings = list;
    return code;
}

/* ---- debtors ---- */

static bool is_core(const cJSON *profile) {
    const cJSON *role;
    cJSON_ArrayForEach(role, scf_json_get(profile, "roles")) {
        if (cJSON_IsString(role) && strcmp(role->valuestring, "core_enterprise") == 0)
            return true;
    }
    return false;
}

static enum scf_code derive_core(struct scf_credit_replay *r, struct scf_limit_debtor *debtor,
                                 struct scf_error *err) {
    struct scf_enterprise e;
    struct scf_record record;
    const char *now;
    bool there = false;
    enum scf_code code = scf_enterprise_get(r->db, r->arena, &debtor->enterprise_id, &e, &now, err);
    if (code == SCF_OK)
        code = scf_replay_profile(r->db, r->arena, &debtor->enterprise_id, &e.registrar_chain_id,
                                  &r->services->installation.platform_id, r->decided_us, &there,
                                  &record, err);
    if (code != SCF_OK || (there && record.body.p == NULL)) /* erased: as the directory says */
        return code;
    struct scf_error unreadable = {0};
    const char *text = there ? scf_strndup(r->arena, record.body.p, record.body.n) : NULL;
    debtor->core =
        text != NULL && is_core(scf_json_parse(r->arena, text, record.body.n, &unreadable));
    const char *what = there ? scf_replay_record_fault(&record) : NULL;
    if (what != NULL && what[0] != '\0')
        scf_replay_fault(r, &record, what);
    return SCF_OK;
}

static enum scf_code derive_debtors(struct scf_credit_replay *r, struct scf_error *err) {
    enum scf_code code = scf_gather_debtors(r->db, r->arena, &r->profile, &r->derived, 1, err);
    struct scf_limit_debtor *list =
        code == SCF_OK ? scf_alloc(r->arena, r->derived.debtor_count, sizeof *list) : NULL;
    if (code == SCF_OK && list == NULL)
        return no_memory(err);
    for (size_t i = 0; code == SCF_OK && i < r->derived.debtor_count; i++) {
        list[i] = r->derived.debtors[i];
        code = derive_core(r, &list[i], err);
    }
    if (code == SCF_OK)
        r->derived.debtors = list;
    return code;
}

/* ---- the need ---- */

static enum scf_code derive_need(struct scf_credit_replay *r, struct scf_error *err) {
    struct scf_limit_need *need = &r->derived.need;
    struct scf_replay_entry *entries;
    size_t n = 0;
    if (!need->known)
        return SCF_OK;
    need->record_id = r->profile_id;
    need->body_sha256 = r->profile_sha256;
    enum scf_code code =
        scf_replay_granted(r->db, r->arena, &r->derived.borrower_id, r->derived.currency,
                           r->asked_us, r->decided_us, &entries, &n, err);
    int64_t here = scf_granted_here(&r->derived), sum = 0;
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        if (scf_uuid_eq(&entries[i].source_id, &r->id))
            break;
        sum += entries[i].granted;
        need->granted_elsewhere = scf_at_least(sum - here, 0);
        if (need->granted_elsewhere == r->recorded.need.granted_elsewhere)
            break;
    }
    return code;
}

enum scf_code scf_replay_claims(struct scf_credit_replay *r, struct scf_error *err) {
    struct scf_limit_contract *list = scf_alloc(r->arena, r->derived.contract_count, sizeof *list);
    enum scf_code code = list != NULL ? SCF_OK : no_memory(err);
    for (size_t i = 0; code == SCF_OK && i < r->derived.contract_count; i++) {
        list[i] = r->derived.contracts[i];
        if (list[i].trade.invoice_count == 0)
            continue;
        code = derive_standings(r, i, &list[i], err);
        list[i].financed = scf_gather_financed(&list[i]);
    }
    if (code != SCF_OK)
        return code;
    r->derived.contracts = list;
    if (!r->profile_read)
        return SCF_OK;
    code = derive_debtors(r, err);
    return code == SCF_OK ? derive_need(r, err) : code;
}
