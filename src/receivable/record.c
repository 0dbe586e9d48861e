/* The records of steps. Relies on the chain's order of locks: ascending ids, all before the first
 * append. */
#include "step.h"

struct recording {
    struct scf_db *db;
    struct scf_arena *arena;
    const struct scf_receivable *r;
    const struct scf_uuid *platform_id;
    struct scf_uuid *nodes;
    size_t node_count;
};

static enum scf_code lock_chains(const struct recording *c, struct scf_error *err) {
    const struct scf_uuid *platform = c->platform_id;
    int64_t size;
    enum scf_code code = SCF_OK;
    for (size_t i = 0; code == SCF_OK && i < c->node_count; i++) {
        if (platform && scf_uuid_compare(platform, &c->nodes[i]) < 0) {
            code = scf_chain_lock(c->db, c->arena, platform, &size, err);
            platform = NULL;
        }
        if (code == SCF_OK)
            code = scf_chain_lock(c->db, c->arena, &c->nodes[i], &size, err);
    }
    return code == SCF_OK && platform ? scf_chain_lock(c->db, c->arena, platform, &size, err)
                                      : code;
}

/* The first record bears the receivable's own id. */
static enum scf_code make(const struct recording *c, const struct scf_rcv_step_row *step,
                          int64_t now_us, struct scf_record *ret, struct scf_error *err) {
    const struct scf_receivable *r = c->r;
    char id[SCF_ID_TEXT];
    scf_id_format("rcv", &r->id, id);
    const char *external_id = scf_asprintf(c->arena, "%s/%" PRId64, id, step->seq);
    if (external_id == NULL)
        return scf_fail_memory(err);
    *ret = (struct scf_record){.chain_id = *c->platform_id,
                               .id = step->seq == 1 ? r->id : scf_uuid_new(),
                               .kind = SCF_REC_RECEIVABLE,
                               .external_id = scf_str(external_id),
                               .received_us = now_us,
                               .body = scf_str(step->body),
                               .contract_key = r->contract_key,
                               .enterprise_id = r->seller_id,
                               .counterparty_id = r->debtor_id,
                               .has_happened = true,
                               .happened_us = step->happened_us,
                               .has_amount = true,
                               .amount = r->amount - r->diluted};
    memcpy(ret->currency, r->currency, sizeof ret->currency);
    scf_record_prepare(ret);
    return SCF_OK;
}

static enum scf_code address(const struct recording *c, const struct scf_record *record,
                             const char *event, struct scf_error *err) {
    enum scf_code code = SCF_OK;
    for (size_t i = 0; code == SCF_OK && i < c->node_count; i++)
        code = scf_record_address(c->db, c->arena, record, &c->nodes[i], event, err);
    return code;
}

/* Those who see it only now see how it began, too. */
static enum scf_code address_first(const struct recording *c, struct scf_error *err) {
    struct scf_record first;
    enum scf_code code = scf_record_get(c->db, c->arena, NULL, &c->r->id, &first, err);
    return code == SCF_OK ? address(c, &first, "receivable.created", err) : code;
}

static enum scf_code append(const struct recording *c, const struct scf_rcv_step_row *steps,
                            size_t n, int64_t now_us, struct scf_error *err) {
    struct scf_record *records = scf_alloc(c->arena, n, sizeof *records);
    enum scf_code code = records ? SCF_OK : scf_fail_memory(err);
    for (size_t i = 0; code == SCF_OK && i < n; i++)
        code = make(c, &steps[i], now_us, &records[i], err);
    if (code == SCF_OK)
        code = scf_chain_append(c->db, c->arena, records, n, err);
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        if (steps[i].step == SCF_STEP_SUBMIT)
            code = address_first(c, err);
        if (code == SCF_OK)
            code = address(c, &records[i], scf_rcv_event(steps[i].step, steps[i].from, steps[i].to),
                           err);
        if (code == SCF_OK)
            code = scf_rcv_step_recorded(c->db, c->arena, &c->r->id, steps[i].seq, &records[i].id,
                                         err);
    }
    return code;
}

/* A draft that was taken back never was anybody else's business. */
static bool was_submitted(const struct scf_receivable *r, const struct scf_rcv_step_row *last) {
    return r->state != SCF_RCV_DRAFT &&
           !(last->from == SCF_RCV_DRAFT && last->step == SCF_STEP_RELEASE);
}

enum scf_code scf_rcv_record(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_uuid *platform_id, const struct scf_receivable *r,
                             int64_t now_us, struct scf_error *err) {
    struct recording c = {.db = db, .arena = arena, .r = r, .platform_id = platform_id};
    struct scf_rcv_step_row *steps;
    size_t n;
    enum scf_code code = scf_rcv_steps_pending(db, arena, &r->id, &steps, &n, err);
    if (code != SCF_OK || n == 0)
        return code;
    code =
        scf_rcv_nodes(db, arena, r, was_submitted(r, &steps[n - 1]), &c.nodes, &c.node_count, err);
    if (code == SCF_OK)
        code = lock_chains(&c, err);
    if (code == SCF_OK)
        code = append(&c, steps, n, now_us, err);
    return code == SCF_OK ? scf_rcv_seen(db, arena, r, c.nodes, c.node_count, err) : code;
}
