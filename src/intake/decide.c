/* What becomes of each item: accepted, a re-send of what is there, or refused with every reason. */
#include "decide.h"

#include "map.h"
#include "scfd/base/log.h"

struct deciding {
    struct scf_batch_context *context;
    struct scf_arena *arena;
    struct scf_lookup *lookup;
    struct scf_map taken; /* natural keys accepted earlier in this batch → item index */
    struct scf_map used;  /* idempotency keys used earlier in this batch → item index */
};

static void refuse_invalid(struct scf_item *item) {
    item->outcome = SCF_REFUSED;
    scf_fail(&item->error, SCF_E_VALIDATION_FAILED, "%zu place%s in the body cannot be accepted.",
             item->faults.count, item->faults.count == 1 ? "" : "s");
    item->error.faults = &item->faults;
}

/* ---- the same natural key ---- */

static void replay(struct scf_item *item, const struct scf_stored *stored) {
    item->outcome = SCF_REPLAYED;
    item->stored = *stored;
}

static void refuse_other_content(struct scf_item *item, const struct scf_uuid *existing_id,
                                 const struct scf_hash *existing_sha256) {
    char id[SCF_ID_TEXT], theirs[65], ours[65];
    scf_id_format(scf_record_kind_prefix(item->record.kind), existing_id, id);
    scf_hex(existing_sha256->b, SCF_HASH_LEN, theirs);
    scf_hex(item->record.body_sha256.b, SCF_HASH_LEN, ours);
    item->outcome = SCF_REFUSED;
    scf_fail(&item->error, SCF_E_EXTERNAL_ID_CONFLICT,
             "This external_id already names other content. A correction is a new record with its "
             "own external_id and revises_id.");
    item->error.members_json = scf_asprintf(
        item->arena, "{\"existing_id\":\"%s\",\"existing_sha256\":\"%s\",\"sha256\":\"%s\"}", id,
        theirs, ours);
}

/* Whether it is the same content cannot be told any more, and the content is not to come back. */
static void refuse_erased(struct scf_item *item, const struct scf_known_record *same) {
    char id[SCF_ID_TEXT];
    scf_id_format(scf_record_kind_prefix(same->kind), &same->id, id);
    item->outcome = SCF_REFUSED;
    scf_fail(&item->error, SCF_E_RECORD_ERASED,
             "The record of this external_id was erased; it cannot be sent again.");
    item->error.members_json = scf_asprintf(item->arena, "{\"existing_id\":\"%s\"}", id);
}

/* A re-send is told the quality that the record was given, whatever is guessed by now. */
static void evaluate_by(struct scf_item *item, const struct scf_template *tmpl) {
    if (tmpl == item->tmpl || scf_item_evaluate(item, tmpl))
        return;
    item->outcome = SCF_REFUSED;
    scf_fail(&item->error, SCF_E_BODY_TOO_LARGE, "The body leaves no memory to evaluate it.");
}

static bool settle_same(struct deciding *d, struct scf_item *item,
                        const struct scf_known_record *same) {
    if (!same)
        return false;
    if (same->erased) {
        refuse_erased(item, same);
        return true;
    }
    if (!scf_hash_eq(&same->body_sha256, &item->record.body_sha256)) {
        refuse_other_content(item, &same->id, &same->body_sha256);
        return true;
    }
    replay(item,
           &(struct scf_stored){same->id, same->leaf_index, same->received_us, same->leaf_hash});
    item->enterprise_id = same->enterprise_id;
    evaluate_by(item, scf_templates_by_id(d->context->templates, same->template_id));
    return true;
}

static struct scf_str natural_key(struct deciding *d, const struct scf_item *item) {
    size_t n = sizeof(struct scf_uuid) + 1 + item->record.external_id.n;
    char *key = scf_alloc(d->arena, n, 1);
    SCF_ASSERT(key); /* the batch arena is sized for the largest batch */
    memcpy(key, item->record.chain_id.b, sizeof(struct scf_uuid));
    key[sizeof(struct scf_uuid)] = (char)item->record.kind;
    memcpy(key + sizeof(struct scf_uuid) + 1, item->record.external_id.p,
           item->record.external_id.n);
    return (struct scf_str){key, n};
}

/* Two items of one batch with one natural key: the first decides, like an earlier record would. Its
 * leaf index is not known yet, so the second is answered from it after the write. */
static bool settle_twin(struct deciding *d, struct scf_item *item, int index) {
    int first = scf_map_put(&d->taken, natural_key(d, item), index);
    if (first == index)
        return false;
    struct scf_item *twin = d->lookup->items[first];
    if (!scf_hash_eq(&twin->record.body_sha256, &item->record.body_sha256)) {
        refuse_other_content(item, &twin->record.id, &twin->record.body_sha256);
        return true;
    }
    item->twin = twin;
    item->outcome = SCF_REPLAYED;
    evaluate_by(item, twin->tmpl);
    return true;
}

/* ---- Idempotency-Key (api-rules R1) ---- */

/* Keys are good for one API key, whose posts all lock the same chain: the first use is committed,
 * or earlier in this batch. */
static struct scf_str key_of_use(struct deciding *d, const struct scf_item *item) {
    struct scf_str key = item->idempotency->key;
    char *text = scf_alloc(d->arena, sizeof item->key_id + key.n, 1);
    SCF_ASSERT(text); /* the batch arena is sized for the largest batch */
    memcpy(text, item->key_id.b, sizeof item->key_id);
    memcpy(text + sizeof item->key_id, key.p, key.n);
    return (struct scf_str){text, sizeof item->key_id + key.n};
}

static bool reuses_key(struct deciding *d, struct scf_item *item, const struct scf_asks *asks) {
    if (!item->idempotency)
        return false;
    const struct scf_hash *print = NULL;
    const struct scf_first_use *use = d->lookup->first_uses[asks->idempotency];
    int first = scf_map_get(&d->used, key_of_use(d, item));
    if (use) {
        print = &use->fingerprint;
        item->first_status = use->status;
    } else if (first >= 0) {
        print = &d->lookup->items[first]->idempotency->fingerprint;
        item->first_status = scf_item_status(d->lookup->items[first]);
    }
    if (!print || scf_hash_eq(print, &item->idempotency->fingerprint))
        return false;
    scf_fail(&item->error, SCF_E_IDEMPOTENCY_KEY_REUSED,
             "This Idempotency-Key was used with another method, path or body.");
    return true;
}

static void use_key(struct deciding *d, const struct scf_item *item, int index) {
    if (item->idempotency && item->outcome != SCF_REFUSED)
        scf_map_put(&d->used, key_of_use(d, item), index);
}

/* ---- the template, now that the industry is certain ---- */

static struct scf_str industry_of(struct deciding *d, const struct scf_item *item,
                                  const struct scf_asks *asks) {
    const struct scf_enterprise *subject =
        asks->subject < 0 ? NULL : d->lookup->enterprises[asks->subject];
    if (subject)
        return subject->industry_code;
    const struct scf_known_record *contract =
        asks->contract_id < 0 ? NULL : d->lookup->by_id[asks->contract_id];
    if (contract && scf_uuid_eq(&contract->enterprise_id, &item->record.enterprise_id))
        return contract->industry;
    return (struct scf_str){"", 0};
}

static void settle_template(struct deciding *d, struct scf_item *item,
                            const struct scf_asks *asks) {
    struct scf_str industry = industry_of(d, item, asks);
    scf_industry_cache_put(d->context->industries, &item->extract.subject, industry);
    const struct scf_template *tmpl = scf_templates_for(d->context->templates, item->record.kind,
                                                        industry, item->record.received_us);
    evaluate_by(item, tmpl);
}

/* ---- one item ---- */

static bool may_write(struct deciding *d, struct scf_item *item, const struct scf_asks *asks) {
    if (!d->lookup->key_live[asks->key]) {
        scf_fail(&item->error, SCF_E_UNAUTHENTICATED, "The API key is not valid.");
        return false;
    }
    if (d->lookup->chain_sizes[scf_lookup_chain(d->lookup, &item->record.chain_id)] < 0) {
        scf_fail(&item->error, SCF_E_INTERNAL, "The node has no chain.");
        return false;
    }
    return true;
}

static enum scf_code apply_profile(struct deciding *d, struct scf_item *item,
                                   struct scf_error *err) {
    bool kept = false;
    enum scf_code code = scf_enterprise_apply_profile(
        d->context->db, d->arena, item->json, &item->record.chain_id, &item->record.id,
        item->by_admin, d->lookup->now_us, &item->enterprise_id, &kept, err);
    if (code != SCF_OK)
        return code;
    item->record.enterprise_id = item->enterprise_id;
    if (kept)
        scf_fault_add(&item->warnings, "#/uscc", "profile-kept",
                      "Another node registered this enterprise; its profile stays in force, this "
                      "one is only recorded.");
    return SCF_OK;
}

static enum scf_code decide_item(struct deciding *d, int index, const struct scf_asks *asks,
                                 struct scf_error *err) {
    struct scf_item *item = d->lookup->items[index];
    if (!may_write(d, item, asks) || reuses_key(d, item, asks)) {
        item->outcome = SCF_REFUSED;
        return SCF_OK;
    }
    if (settle_same(d, item, d->lookup->same[index]))
        return SCF_OK;
    scf_check_references(d->lookup, item, asks);
    if (item->faults.count > 0) {
        refuse_invalid(item);
        return SCF_OK;
    }
    if (settle_twin(d, item, index))
        return SCF_OK;
    item->outcome = SCF_ACCEPTED;
    settle_template(d, item, asks);
    bool profile = item->outcome == SCF_ACCEPTED && item->record.kind == SCF_REC_ENTERPRISE;
    return profile ? apply_profile(d, item, err) : SCF_OK;
}

enum scf_code scf_decide(struct scf_batch_context *context, struct scf_arena *arena,
                         struct scf_lookup *lookup, const struct scf_asks *asks,
                         struct scf_error *err) {
    struct deciding d = {.context = context, .arena = arena, .lookup = lookup};
    if (!scf_map_init(&d.taken, arena, lookup->item_count) ||
        !scf_map_init(&d.used, arena, lookup->keyed_count))
        return scf_fail(err, SCF_E_INTERNAL, "The batch is too large.");
    for (size_t i = 0; i < lookup->item_count; i++) {
        enum scf_code code = decide_item(&d, (int)i, &asks[i], err);
        if (code != SCF_OK)
            return code;
        use_key(&d, lookup->items[i], (int)i);
    }
    return SCF_OK;
}
