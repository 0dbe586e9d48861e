/* What decisions, loans and repayments have in common: identity, the record, those concerned. */
#include "filing.h"

#include "scfd/http/answer.h"

/* ---- the body ---- */

struct scf_uuid scf_filing_id(const cJSON *body, const char *name) {
    char prefix[16];
    struct scf_uuid id = {{0}};
    const char *text = scf_json_string(body, name);
    if (text && !scf_id_parse_any(scf_str(text), prefix, &id))
        return (struct scf_uuid){{0}};
    return id;
}

enum scf_code scf_filing_ids(const struct scf_filing *f, const char *name, struct scf_uuid **ret,
                             size_t *ret_n, struct scf_error *err) {
    const cJSON *list = scf_json_get(f->body, name), *item;
    size_t n = 0;
    struct scf_uuid *ids = scf_alloc(f->arena, (size_t)cJSON_GetArraySize(list), sizeof *ids);
    if (ids == NULL)
        return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The body names too much.");
    cJSON_ArrayForEach(item, list) {
        char prefix[16];
        bool sound = scf_id_parse_any(scf_str(item->valuestring), prefix, &ids[n++]);
        SCF_ASSERT(sound); /* the field table let it pass */
    }
    *ret = ids;
    *ret_n = n;
    return SCF_OK;
}

/* ---- refusing ---- */

enum scf_code scf_filing_unknown(const struct scf_filing *f, const char *pointer,
                                 struct scf_error *err) {
    return scf_fail_fault(f->arena, pointer, "unknown-reference",
                          "There is no such thing that you may refer to.", err);
}

enum scf_code scf_filing_mismatch(const struct scf_filing *f, const char *pointer,
                                  const char *detail, struct scf_error *err) {
    return scf_fail_fault(f->arena, pointer, "mismatch", detail, err);
}

enum scf_code scf_filing_retry(enum scf_code code) {
    return code == SCF_E_DB_CONFLICT ? SCF_E_SOFT : code;
}

enum scf_code scf_filing_check_lender(const struct scf_filing *f, struct scf_error *err) {
    struct scf_uuid id;
    const char *text = scf_json_string(f->body, "lender_id");
    if (text == NULL)
        return SCF_OK;
    if (scf_id_parse("node", scf_str(text), &id) && scf_uuid_eq(&id, &f->lender->node_id))
        return SCF_OK;
    if (scf_id_parse("ent", scf_str(text), &id) &&
        scf_uuid_eq(&id, &f->lender->operator_enterprise_id))
        return SCF_OK;
    return scf_filing_mismatch(
        f, "#/lender_id", "It is neither the key's node nor the enterprise that operates it.", err);
}

/* ---- filed before? ---- */

static enum scf_code refuse_other(const struct scf_filing *f, const struct scf_uuid *existing,
                                  const struct scf_hash *theirs, const struct scf_hash *ours,
                                  struct scf_error *err) {
    char id[SCF_ID_TEXT], their_hex[65], our_hex[65];
    scf_id_format(scf_record_kind_prefix(f->kind), existing, id);
    scf_hex(theirs->b, SCF_HASH_LEN, their_hex);
    scf_hex(ours->b, SCF_HASH_LEN, our_hex);
    scf_fail(err, SCF_E_EXTERNAL_ID_CONFLICT,
             "This external_id or number already names other content.");
    err->members_json = scf_asprintf(
        f->arena, "{\"existing_id\":\"%s\",\"existing_sha256\":\"%s\",\"sha256\":\"%s\"}", id,
        their_hex, our_hex);
    return err->code;
}

enum scf_code scf_filing_settle(struct scf_filing *f, const struct scf_uuid *existing,
                                const struct scf_hash *theirs, struct scf_error *err) {
    struct scf_hash ours = scf_sha256(f->text.p, f->text.n);
    if (!scf_hash_eq(theirs, &ours))
        return refuse_other(f, existing, theirs, &ours, err);
    f->existed = true;
    f->id = *existing;
    return SCF_OK;
}

enum scf_code scf_filing_begin(struct scf_db *db, struct scf_filing *f, const char *number,
                               struct scf_error *err) {
    struct scf_str external_id = scf_str(scf_json_string(f->body, "external_id"));
    struct scf_uuid existing;
    struct scf_hash theirs;
    bool found = false;
    f->existed = false;
    f->id = scf_uuid_new();
    if (external_id.n == 0)
        external_id = scf_str(number);
    if (external_id.n == 0)
        return SCF_OK;
    enum scf_code code = scf_filing_find(db, f->arena, &f->lender->node_id, f->kind, external_id,
                                         &found, &existing, &theirs, err);
    return code == SCF_OK && found ? scf_filing_settle(f, &existing, &theirs, err) : code;
}

/* ---- the record ---- */

static struct scf_record make_record(const struct scf_filing *f,
                                     const struct scf_filing_facts *facts,
                                     char id_text[SCF_ID_TEXT]) {
    struct scf_str external_id = scf_str(scf_json_string(f->body, "external_id"));
    if (external_id.n == 0)
        external_id = scf_str(facts->number);
    if (external_id.n == 0) {
        scf_id_format(scf_record_kind_prefix(f->kind), &f->id, id_text);
        external_id = scf_str(id_text);
    }
    struct scf_record r = {.chain_id = f->lender->node_id,
                           .id = f->id,
                           .kind = f->kind,
                           .external_id = external_id,
                           .received_us = f->ctx.now_us,
                           .body = f->text,
                           .enterprise_id = facts->borrower_id,
                           .has_happened = true,
                           .happened_us = facts->happened_us,
                           .has_amount = facts->has_amount,
                           .amount = facts->amount};
    memcpy(r.currency, facts->currency, sizeof r.currency);
    scf_record_prepare(&r);
    return r;
}

/* The lender's chain among those of the nodes, which are in order. */
static enum scf_code lock_chains(struct scf_db *db, const struct scf_filing *f,
                                 const struct scf_uuid *nodes, size_t n, struct scf_error *err) {
    const struct scf_uuid *own = &f->lender->node_id;
    int64_t size;
    enum scf_code code = SCF_OK;
    for (size_t i = 0; code == SCF_OK && i < n; i++) {
        if (own && scf_uuid_compare(own, &nodes[i]) < 0) {
            code = scf_chain_lock(db, f->arena, own, &size, err);
            own = NULL;
        }
        if (code == SCF_OK)
            code = scf_chain_lock(db, f->arena, &nodes[i], &size, err);
    }
    return code == SCF_OK && own ? scf_chain_lock(db, f->arena, own, &size, err) : code;
}

/* Appending wrote to the lender's own feed; its followers are told here. */
static enum scf_code notify_lender(struct scf_db *db, const struct scf_filing *f,
                                   struct scf_error *err) {
    char topic[48] = "events:";
    scf_hex(f->lender->node_id.b, sizeof f->lender->node_id.b, topic + strlen(topic));
    return scf_db_notify(db, f->arena, topic, err);
}

enum scf_code scf_filing_record(struct scf_db *db, const struct scf_filing *f,
                                const struct scf_filing_facts *facts, struct scf_error *err) {
    char id_text[SCF_ID_TEXT];
    struct scf_record record = make_record(f, facts, id_text);
    struct scf_uuid *nodes;
    size_t n;
    enum scf_code code = scf_filing_nodes(db, f, facts, &nodes, &n, err);
    if (code == SCF_OK)
        code = lock_chains(db, f, nodes, n, err);
    if (code == SCF_OK)
        code = scf_filing_retry(scf_chain_append(db, f->arena, &record, 1, err));
    for (size_t i = 0; code == SCF_OK && i < n; i++)
        code = scf_record_address(db, f->arena, &record, &nodes[i], facts->event, err);
    if (code == SCF_OK)
        code = scf_filing_list(db, f, nodes, n, err);
    return code == SCF_OK ? notify_lender(db, f, err) : code;
}
