/* What becomes of each item: accepted, a re-send of what is there, or refused with every reason.
 *
 * References to things that may still come (a contract by number) only warn; references by id must
 * exist, since only this server hands out ids. */
#include "decide.h"

#include "map.h"
#include "scfd/base/log.h"

struct deciding {
    struct scf_batch_context *context;
    struct scf_arena *arena;
    struct scf_lookup *lookup;
    struct scf_map taken; /* natural keys accepted earlier in this batch → item index */
};

static void fault(struct scf_item *item, const char *pointer, const char *code,
                  const char *detail) {
    scf_fault_add(&item->faults, pointer, code, "%s", detail);
}

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

/* A re-send is told the quality that the record was given, whatever is guessed by now. */
static void evaluate_by(struct scf_item *item, const struct scf_template *tmpl) {
    if (tmpl != item->tmpl)
        scf_item_evaluate(item, tmpl);
}

static bool settle_same(struct deciding *d, struct scf_item *item,
                        const struct scf_known_record *same) {
    if (!same)
        return false;
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

/* ---- references ---- */

static const struct scf_enterprise *enterprise_at(const struct deciding *d, int ask) {
    return ask < 0 ? NULL : d->lookup->enterprises[ask];
}

/* The first mention only: a mistyped code shows then, and a known stub is nobody's mistake. */
static void warn_if_new(const struct deciding *d, struct scf_item *item, int ask,
                        const char *pointer) {
    if (ask >= 0 && d->lookup->enterprise_new[ask])
        scf_fault_add(&item->warnings, pointer, "enterprise-unregistered",
                      "Nobody has registered this enterprise yet; the directory knows it by its "
                      "code from now on.");
}

static void check_enterprises(struct deciding *d, struct scf_item *item,
                              const struct scf_asks *asks) {
    const struct scf_enterprise *subject = enterprise_at(d, asks->subject);
    const struct scf_enterprise *counterparty = enterprise_at(d, asks->counterparty);
    if (asks->subject >= 0 && !subject)
        fault(item, item->extract.subject_pointer, "unknown-reference",
              "No enterprise has this id.");
    if (asks->counterparty >= 0 && !counterparty)
        fault(item, item->extract.counterparty_pointer, "unknown-reference",
              "No enterprise has this id.");
    if (asks->guarantor >= 0 && !enterprise_at(d, asks->guarantor))
        fault(item, "#/guarantor_id", "unknown-reference", "No enterprise has this id.");
    if (subject) {
        item->record.enterprise_id = subject->id;
        if (item->extract.needs_seller_uscc)
            scf_extract_complete_keys(&item->extract, item->record.kind, subject->uscc);
    }
    if (counterparty)
        item->record.counterparty_id = counterparty->id;
    warn_if_new(d, item, asks->subject, item->extract.subject_pointer);
    warn_if_new(d, item, asks->counterparty, item->extract.counterparty_pointer);
    if (subject && counterparty && scf_uuid_eq(&subject->id, &counterparty->id))
        fault(item, item->extract.counterparty_pointer, "same-party",
              "Both parties are the same enterprise.");
}

static bool visible_to(const struct scf_known_record *known, const struct scf_item *item) {
    return scf_uuid_eq(&known->chain_id, &item->record.chain_id) || known->addressed ||
           item->by_admin;
}

static void check_revision(struct deciding *d, struct scf_item *item, const struct scf_asks *asks) {
    if (asks->revises < 0)
        return;
    const struct scf_known_record *known = d->lookup->by_id[asks->revises];
    if (!known || known->kind != item->record.kind ||
        !scf_uuid_eq(&known->chain_id, &item->record.chain_id))
        fault(item, "#/revises_id", "unknown-reference",
              "No record of this kind and node has this id.");
    else
        item->record.revises_id = known->id;
}

/* The contract by id: must exist and be visible. It may also tell whose data an event is. */
static void check_contract_id(struct deciding *d, struct scf_item *item,
                              const struct scf_asks *asks) {
    if (asks->contract_id < 0)
        return;
    const struct scf_known_record *known = d->lookup->by_id[asks->contract_id];
    if (!known || known->kind != SCF_REC_CONTRACT || !visible_to(known, item)) {
        fault(item, item->extract.contract_pointer, "unknown-reference",
              "No contract has this id.");
        return;
    }
    item->record.contract_key = known->business_key;
    if (scf_uuid_is_nil(&item->record.enterprise_id))
        item->record.enterprise_id = known->enterprise_id;
    if (scf_uuid_is_nil(&item->record.counterparty_id))
        item->record.counterparty_id = known->counterparty_id;
}

static void check_contract_key(struct deciding *d, struct scf_item *item,
                               const struct scf_asks *asks) {
    if (asks->contract_key < 0 || asks->contract_id >= 0 || d->lookup->by_key[asks->contract_key])
        return;
    scf_fault_add(&item->warnings, item->extract.contract_pointer, "reference-unresolved",
                  "The contract is not known yet; the reference is resolved when it arrives.");
}

static void check_invoice_known(struct deciding *d, struct scf_item *item,
                                const struct scf_asks *asks) {
    if (asks->invoice_key < 0 || !d->lookup->by_key[asks->invoice_key])
        return;
    const struct scf_known_record *known = d->lookup->by_key[asks->invoice_key];
    bool own = scf_uuid_eq(&known->chain_id, &item->record.chain_id);
    if (own && asks->revises >= 0)
        return;
    if (own)
        scf_fault_add(&item->warnings, "#/invoice_no", "invoice-already-recorded",
                      "This node recorded this invoice before, under another external_id.");
    else
        scf_fault_add(&item->warnings, "#/invoice_no", "also-reported-by-other-node",
                      "Another node reported this invoice too.");
    if (known->has_amount && item->record.has_amount && known->amount != item->record.amount)
        scf_fault_add(&item->warnings, "#/total_amount", "amount-differs",
                      "The invoice was recorded with another amount.");
}

/* ---- the template, now that the industry is certain ---- */

static struct scf_str industry_of(struct deciding *d, const struct scf_item *item,
                                  const struct scf_asks *asks) {
    const struct scf_enterprise *subject = enterprise_at(d, asks->subject);
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
    if (!may_write(d, item, asks)) {
        item->outcome = SCF_REFUSED;
        return SCF_OK;
    }
    if (settle_same(d, item, d->lookup->same[index]))
        return SCF_OK;
    check_enterprises(d, item, asks);
    item->record.business_key = item->extract.business_key;
    item->record.contract_key = item->extract.contract_key;
    check_revision(d, item, asks);
    check_contract_id(d, item, asks);
    check_contract_key(d, item, asks);
    check_invoice_known(d, item, asks);
    if (item->faults.count > 0) {
        refuse_invalid(item);
        return SCF_OK;
    }
    if (settle_twin(d, item, index))
        return SCF_OK;
    settle_template(d, item, asks);
    item->outcome = SCF_ACCEPTED;
    return item->record.kind == SCF_REC_ENTERPRISE ? apply_profile(d, item, err) : SCF_OK;
}

enum scf_code scf_decide(struct scf_batch_context *context, struct scf_arena *arena,
                         struct scf_lookup *lookup, const struct scf_asks *asks,
                         struct scf_error *err) {
    struct deciding d = {.context = context, .arena = arena, .lookup = lookup};
    if (!scf_map_init(&d.taken, arena, lookup->item_count))
        return scf_fail(err, SCF_E_INTERNAL, "The batch is too large.");
    for (size_t i = 0; i < lookup->item_count; i++) {
        enum scf_code code = decide_item(&d, (int)i, &asks[i], err);
        if (code != SCF_OK)
            return code;
    }
    return SCF_OK;
}
