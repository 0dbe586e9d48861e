/* Events as JSON: thin, they name the object and where to read it. Pure. */
#include "event_json.h"

/* What a prefix is called, and where its objects are read; others are read as records. */
static const struct {
    const char *prefix, *object, *collection;
} OBJECTS[] = {
    {"epr", "enterprise_profile", "records"},
    {"ctr", "contract", "contracts"},
    {"evt", "workflow_event", "workflow-events"},
    {"inv", "invoice", "invoices"},
    {"gua", "guarantee", "guarantees"},
    {"asm", "credit_assessment", "credit-assessments"},
    {"dec", "credit_decision", "credit-decisions"},
    {"loan", "loan", "loans"},
    {"rep", "repayment", "repayments"},
    {"tpl", "industry_template", "industry-templates"},
    {"run", "limit_run", "limit-runs"},
    {"lac", "limit_account", "limit-accounts"},
    {"wcf", "witness_conflict", "witness/conflicts"},
    {"chain", "chain", "chains"},
};

static void write_object(struct scf_jsonw *w, const struct scf_event *e) {
    const char *object = "record", *collection = "records";
    for (size_t i = 0; i < SCF_COUNT(OBJECTS); i++)
        if (strcmp(OBJECTS[i].prefix, e->object_prefix) == 0) {
            object = OBJECTS[i].object;
            collection = OBJECTS[i].collection;
        }
    char id[SCF_ID_TEXT], href[SCF_ID_TEXT + 32];
    scf_id_format(e->object_prefix, &e->object_id, id);
    snprintf(href, sizeof href, "/v1/%s/%s", collection, id);
    scf_jw_str(w, "object", object);
    scf_jw_str(w, "id", id);
    scf_jw_str(w, "href", href);
}

void scf_event_write(struct scf_jsonw *w, const struct scf_event *e) {
    scf_jw_object(w, NULL);
    scf_jw_i64(w, "seq", e->seq);
    scf_jw_str(w, "type", e->type);
    if (e->has_object)
        write_object(w, e);
    if (e->has_leaves) {
        scf_jw_id(w, "chain", "chain", &e->source_chain_id);
        scf_jw_i64(w, "first_index", e->first_leaf);
        scf_jw_i64(w, "last_index", e->last_leaf);
    }
    scf_jw_time(w, "at", e->at_us);
    scf_jw_end_object(w);
}
