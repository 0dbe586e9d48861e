/* What an item refers to, given the database's answers. Pure.
 *
 * References to things that may still come (a contract by number) only warn; references by id must
 * exist and be visible to the sender, since only this server hands out ids. A reference by number
 * tells no more than whether anybody reported that contract. */
#include "decide.h"

struct referring {
    const struct scf_lookup *lookup;
    const struct scf_asks *asks;
    struct scf_item *item;
};

static void fault(const struct referring *r, const char *pointer, const char *code,
                  const char *detail) {
    scf_fault_add(&r->item->faults, pointer, code, "%s", detail);
}

static void warn(const struct referring *r, const char *pointer, const char *code,
                 const char *detail) {
    scf_fault_add(&r->item->warnings, pointer, code, "%s", detail);
}

/* ---- enterprises ---- */

static const struct scf_enterprise *enterprise_at(const struct referring *r, int ask) {
    return ask < 0 ? NULL : r->lookup->enterprises[ask];
}

/* Faults a name that leads nowhere. The first mention of an enterprise warns: a mistyped code shows
 * then, and a known stub is nobody's mistake. */
static const struct scf_enterprise *check_enterprise(const struct referring *r, int ask,
                                                     const char *pointer) {
    const struct scf_enterprise *found = enterprise_at(r, ask);
    if (ask >= 0 && !found)
        fault(r, pointer, "unknown-reference", "No enterprise has this id.");
    if (ask >= 0 && r->lookup->enterprise_new[ask])
        warn(r, pointer, "enterprise-unregistered",
             "Nobody has registered this enterprise yet; the directory knows it by its code from "
             "now on.");
    return found;
}

/* The tax number beside an enterprise_id. A unified social credit code must be the enterprise's;
 * foreign and older tax numbers are of another kind than the number that the directory knows. */
static void check_code(const struct referring *r, const struct scf_enterprise *enterprise,
                       struct scf_str code, const char *party) {
    char pointer[64];
    if (!enterprise || code.n == 0 || scf_str_eq(enterprise->uscc, code))
        return;
    snprintf(pointer, sizeof pointer, "%s/tax_no", party);
    if (scf_uscc_check(code) == SCF_USCC_BAD_SHAPE)
        warn(r, pointer, "party-unconfirmed",
             "The directory knows the enterprise of enterprise_id by another kind of number.");
    else
        fault(r, pointer, "party-mismatch", "The enterprise of enterprise_id has another code.");
}

static void check_parties(const struct referring *r) {
    const struct scf_extract *x = &r->item->extract;
    struct scf_record *record = &r->item->record;
    const struct scf_enterprise *subject =
        check_enterprise(r, r->asks->subject, x->subject_pointer);
    const struct scf_enterprise *counterparty =
        check_enterprise(r, r->asks->counterparty, x->counterparty_pointer);
    check_enterprise(r, r->asks->seller, x->seller_pointer);
    if (subject)
        record->enterprise_id = subject->id;
    if (counterparty)
        record->counterparty_id = counterparty->id;
    if (subject && counterparty && scf_uuid_eq(&subject->id, &counterparty->id))
        fault(r, x->counterparty_pointer, "same-party", "Both parties are the same enterprise.");
    check_code(r, subject, x->subject_code, x->subject_pointer);
    check_code(r, counterparty, x->counterparty_code, x->counterparty_pointer);
    for (size_t i = 0; i < x->enterprises.count; i++)
        check_enterprise(r, r->asks->enterprises[i], x->enterprises.items[i].pointer);
}

/* ---- records by id ---- */

/* The record at `ask` if it exists, is of the kind, and the sender may see it; else NULL. */
static const struct scf_known_record *record_at(const struct referring *r, int ask,
                                                enum scf_record_kind kind) {
    const struct scf_known_record *known = r->lookup->by_id[ask];
    if (!known || known->kind != kind)
        return NULL;
    bool own = scf_uuid_eq(&known->chain_id, &r->item->record.chain_id);
    return own || known->addressed || r->item->by_admin ? known : NULL;
}

/* What is lent against a contract is kept under its seller and number, so these cannot be revised.
 */
static void check_revision(const struct referring *r) {
    struct scf_record *record = &r->item->record;
    if (r->asks->revises < 0)
        return;
    const struct scf_known_record *known = r->lookup->by_id[r->asks->revises];
    if (!known || known->kind != record->kind ||
        !scf_uuid_eq(&known->chain_id, &record->chain_id)) {
        fault(r, "#/revises_id", "unknown-reference",
              "No record of this kind and node has this id.");
        return;
    }
    record->revises_id = known->id;
    if (record->kind == SCF_REC_CONTRACT &&
        !scf_uuid_eq(&known->business_key, &record->business_key))
        fault(r, "#/revises_id", "other-contract",
              "A revision keeps contract_no and seller; another number or seller is another "
              "contract.");
}

/* An invoice bills contracts between its own seller and buyer. */
static void check_pair(const struct referring *r, const struct scf_known_record *contract,
                       const char *pointer) {
    const struct scf_record *record = &r->item->record;
    if (record->kind != SCF_REC_INVOICE || contract->kind != SCF_REC_CONTRACT)
        return;
    if (!scf_uuid_eq(&contract->enterprise_id, &record->enterprise_id) ||
        !scf_uuid_eq(&contract->counterparty_id, &record->counterparty_id))
        warn(r, pointer, "other-parties",
             "This contract is between other parties than the invoice.");
}

/* It may also tell whose data an event is. */
static void check_contract_id(const struct referring *r) {
    struct scf_record *record = &r->item->record;
    if (r->asks->contract_id < 0)
        return;
    const struct scf_known_record *known = record_at(r, r->asks->contract_id, SCF_REC_CONTRACT);
    if (!known) {
        fault(r, r->item->extract.contract_pointer, "unknown-reference",
              "No contract has this id.");
        return;
    }
    if (!scf_uuid_is_nil(&record->contract_key) &&
        !scf_uuid_eq(&record->contract_key, &known->business_key))
        warn(r, "#/contract_no", "contract-mismatch",
             "This number and seller name another contract than the id, which counts.");
    check_pair(r, known, r->item->extract.contract_pointer);
    record->contract_key = known->business_key;
    if (scf_uuid_is_nil(&record->enterprise_id))
        record->enterprise_id = known->enterprise_id;
    if (scf_uuid_is_nil(&record->counterparty_id))
        record->counterparty_id = known->counterparty_id;
}

static void check_named_records(const struct referring *r) {
    const struct scf_named_list *list = &r->item->extract.records;
    for (size_t i = 0; i < list->count; i++) {
        const struct scf_named *named = &list->items[i];
        const struct scf_known_record *known = record_at(r, r->asks->records[i], named->kind);
        if (known)
            check_pair(r, known, named->pointer);
        else
            scf_fault_add(&r->item->faults, named->pointer, "unknown-reference",
                          "No %s has this id.", scf_record_kind_name(named->kind));
    }
}

/* ---- by number ---- */

static void check_contract_key(const struct referring *r) {
    const struct scf_asks *asks = r->asks;
    if (asks->contract_key < 0 || asks->contract_id >= 0 || r->lookup->by_key[asks->contract_key])
        return;
    warn(r, r->item->extract.contract_pointer, "reference-unresolved",
         "The contract is not known yet; the reference is resolved when it arrives.");
}

/* Contracts and invoices are told apart by their numbers, whoever reports them. */
static void check_known_before(const struct referring *r) {
    const struct scf_record *record = &r->item->record;
    bool invoice = record->kind == SCF_REC_INVOICE;
    const char *number = invoice ? "#/invoice_no" : "#/contract_no";
    if (r->asks->own_key < 0 || !r->lookup->by_key[r->asks->own_key])
        return;
    const struct scf_known_record *known = r->lookup->by_key[r->asks->own_key];
    bool own = scf_uuid_eq(&known->chain_id, &record->chain_id);
    if (own && r->asks->revises >= 0)
        return;
    if (!own)
        warn(r, number, "also-reported-by-other-node", "Another node reported this number too.");
    else if (invoice)
        warn(r, number, "invoice-already-recorded",
             "This node recorded this invoice before, under another external_id.");
    else
        warn(r, number, "contract-already-recorded",
             "This node recorded this contract before, under another external_id.");
    if (known->has_amount && record->has_amount && known->amount != record->amount)
        warn(r, invoice ? "#/total_amount" : "#/amount", "amount-differs",
             "It was recorded with another amount.");
}

void scf_check_references(const struct scf_lookup *lookup, struct scf_item *item,
                          const struct scf_asks *asks) {
    const struct referring r = {lookup, asks, item};
    check_parties(&r);
    item->record.business_key = item->extract.business_key;
    item->record.contract_key = item->extract.contract_key;
    check_revision(&r);
    check_contract_id(&r);
    check_named_records(&r);
    check_contract_key(&r);
    check_known_before(&r);
}
