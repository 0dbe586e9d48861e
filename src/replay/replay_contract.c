/* Contracts of a replay, and their guarantees, out of the records that the walks kept: those below
 * the sizes of the receipt. What a body says is read by credit/gather.h, so that one text
 * holds each rule. */
#include "scfd/credit/gather.h"
#include "replay.h"
#include "scfd/party/node.h"

/* ---- the contract ---- */

const struct scf_record *scf_replay_newest(const struct scf_credit_replay *r, size_t i) {
    const struct scf_record *asked = &r->asked[i], *newest = NULL;
    for (size_t j = 0; j < r->kept_n; j++) {
        const struct scf_record *k = &r->kept[j];
        bool same = scf_uuid_is_nil(&asked->business_key)
                        ? scf_uuid_eq(&k->id, &asked->id)
                        : scf_uuid_eq(&k->business_key, &asked->business_key);
        /* increments are made as of the end of a period, initial limits of what is there */
        bool late = r->recorded.kind != SCF_KIND_INITIAL && k->received_us > r->recorded.as_of_us;
        if (k->kind == SCF_REC_CONTRACT && same && !late &&
            scf_uuid_eq(&k->chain_id, &asked->chain_id) &&
            (newest == NULL || k->leaf_index > newest->leaf_index))
            newest = k;
    }
    return newest;
}

static bool is_duplicate(const struct scf_credit_replay *r, size_t i) {
    const struct scf_record *a = &r->asked[i];
    for (size_t j = 0; j < i; j++) {
        const struct scf_record *b = &r->asked[j];
        if (scf_uuid_eq(&a->id, &b->id) ||
            (!scf_uuid_is_nil(&a->business_key) && scf_uuid_eq(&a->business_key, &b->business_key)))
            return true;
    }
    return false;
}

/* ---- guarantees ---- */

struct turn {
    const struct scf_record *record;
    int turn; /* from 1, within its chain */
};

static int leaf_order(const void *pa, const void *pb) {
    const struct scf_record *a = ((const struct turn *)pa)->record;
    const struct scf_record *b = ((const struct turn *)pb)->record;
    int chain = scf_uuid_compare(&a->chain_id, &b->chain_id);
    return chain != 0 ? chain : (a->leaf_index > b->leaf_index) - (a->leaf_index < b->leaf_index);
}

static int turn_order(const void *pa, const void *pb) {
    const struct turn *a = pa, *b = pb;
    if (a->turn != b->turn)
        return a->turn < b->turn ? -1 : 1;
    return scf_uuid_compare(&a->record->chain_id, &b->record->chain_id);
}

static bool is_revised(const struct scf_credit_replay *r, const struct scf_record *g) {
    for (size_t i = 0; i < r->kept_n; i++) {
        const struct scf_record *later = &r->kept[i];
        if (later->kind == SCF_REC_GUARANTEE && scf_uuid_eq(&later->chain_id, &g->chain_id) &&
            scf_uuid_eq(&later->revises_id, &g->id) &&
            scf_uuid_eq(&later->contract_key, &g->contract_key))
            return true;
    }
    return false;
}

/* In the order in which they get their turn: every node's first one, then every node's second. */
static struct turn *turns_of(struct scf_credit_replay *r, const struct scf_uuid *contract_key,
                             size_t *ret_n) {
    struct turn *list = scf_alloc(r->arena, r->kept_n, sizeof *list);
    size_t n = 0;
    for (size_t i = 0; list != NULL && i < r->kept_n; i++) {
        const struct scf_record *k = &r->kept[i];
        if (k->kind == SCF_REC_GUARANTEE && scf_uuid_eq(&k->contract_key, contract_key) &&
            !is_revised(r, k))
            list[n++].record = k;
    }
    if (list == NULL)
        return NULL;
    qsort(list, n, sizeof *list, leaf_order);
    for (size_t i = 0; i < n; i++)
        list[i].turn =
            i > 0 && scf_uuid_eq(&list[i - 1].record->chain_id, &list[i].record->chain_id)
                ? list[i - 1].turn + 1
                : 1;
    qsort(list, n, sizeof *list, turn_order);
    *ret_n = n < SCF_GATHER_MAX_GUARANTEES ? n : SCF_GATHER_MAX_GUARANTEES;
    return list;
}

/* Who may speak for whom is what the directory of nodes says now. */
static enum scf_code read_node(struct scf_credit_replay *r, const struct scf_uuid *chain_id,
                               struct scf_reported_guarantee *g, struct scf_error *err) {
    struct scf_node node;
    enum scf_code code = scf_node_get(r->db, r->arena, chain_id, false, &node, err);
    if (code == SCF_E_NOT_FOUND) /* the platform's own chain */
        return SCF_OK;
    if (code == SCF_OK) {
        g->operator_id = node.operator_enterprise_id;
        g->from_guarantors = node.kind == SCF_NODE_GUARANTOR;
    }
    return code;
}

static enum scf_code report(struct scf_credit_replay *r, const struct scf_record *record,
                            struct scf_reported_guarantee *ret, struct scf_error *err) {
    char *text = scf_strndup(r->arena, record->body.p, record->body.n);
    struct scf_error ignored = {0}; /* an unreadable body has been told of as a fault */
    const cJSON *body =
        text != NULL ? scf_json_parse(r->arena, text, record->body.n, &ignored) : NULL;
    *ret = (struct scf_reported_guarantee){
        .record_id = record->id,
        .obligor_id = record->enterprise_id,
        .body_sha256 = record->body_sha256,
        .amount = record->has_amount ? record->amount : 0,
        .guarantee_no = scf_json_string(body, "guarantee_no"),
        .guarantor_id = scf_json_string(body, "guarantor_id"),
        .status = scf_json_string(body, "status"),
        .effective_from = scf_json_string(body, "effective_from"),
        .expires_on = scf_json_string(body, "expires_on"),
    };
    memcpy(ret->currency, record->currency, 4);
    return read_node(r, &record->chain_id, ret, err);
}

static bool was_counted(const struct scf_limit_contract *recorded, const struct scf_uuid *id) {
    for (size_t i = 0; i < recorded->guarantee_count; i++)
        if (scf_uuid_eq(&recorded->guarantees[i].record_id, id))
            return true;
    return false;
}

static enum scf_code derive_guarantees(struct scf_credit_replay *r, size_t i,
                                       struct scf_limit_contract *k, struct scf_error *err) {
    const struct scf_limit_contract *recorded = &r->recorded.contracts[i];
    size_t n = 0, reported_n = 0;
    struct turn *turns = turns_of(r, &r->asked[i].business_key, &n);
    struct scf_reported_guarantee *reported = scf_alloc(r->arena, n, sizeof *reported);
    if (turns == NULL || reported == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the replay");
    bool erased = false;
    enum scf_code code = SCF_OK;
    for (size_t t = 0; code == SCF_OK && t < n; t++)
        if (turns[t].record->body.p != NULL)
            code = report(r, turns[t].record, &reported[reported_n++], err);
        else
            erased |= was_counted(recorded, &turns[t].record->id);
    if (code != SCF_OK || !erased)
        return code == SCF_OK ? scf_gather_guarantees(r->arena, &r->recorded.borrower_id, reported,
                                                      reported_n, k, err)
                              : code;
    k->guarantees = recorded->guarantees;
    k->guarantee_count = recorded->guarantee_count;
    scf_replay_gap(r, scf_asprintf(r->arena, "/inputs/contracts/%zu/guarantees", i), &r->asked[i],
                   "the body of a guarantee is erased");
    return SCF_OK;
}

/* ---- the whole ---- */

/* What no record of the contract says; most of it is derived afterwards. */
static void take_rest(const struct scf_limit_contract *recorded, struct scf_limit_contract *k) {
    k->financed = recorded->financed;
    k->best_credibility_ppm = recorded->best_credibility_ppm;
    k->trade = recorded->trade;
    k->standings = recorded->standings;
}

enum scf_code scf_replay_contract(struct scf_credit_replay *r, size_t i,
                                  struct scf_limit_contract *ret, struct scf_error *err) {
    const struct scf_limit_contract *recorded = &r->recorded.contracts[i];
    const struct scf_record *newest = scf_replay_newest(r, i);
    const char *pointer = scf_asprintf(r->arena, "/inputs/contracts/%zu", i);
    *ret = *recorded;
    if (newest == NULL) {
        scf_replay_differ(&r->diffs, pointer, "a contract", NULL);
        return SCF_OK;
    }
    if (newest->body.p == NULL) {
        scf_replay_gap(r, pointer, newest, "the body of the contract is erased");
        return SCF_OK;
    }
    scf_gather_contract(r->arena, &r->recorded.borrower_id, newest, ret);
    take_rest(recorded, ret);
    if (recorded->best_credibility_ppm != 0)
        scf_replay_gap(
            r, scf_asprintf(r->arena, "%s/account/best_credibility", pointer), newest,
            "of the credibilities of earlier increments only the best one so far is kept");
    ret->duplicate = is_duplicate(r, i);
    if (ret->duplicate || scf_uuid_is_nil(&newest->business_key))
        return SCF_OK;
    enum scf_code code = scf_replay_account(r, i, ret, err);
    return code == SCF_OK ? derive_guarantees(r, i, ret, err) : code;
}
