/* One record on its way into a chain: prepared on an HTTP thread, decided by the committer,
 * answered on an HTTP thread again. One thread owns it at a time; the committer's queue is the
 * hand-over. */
#ifndef SCFD_INTAKE_ITEM_H
#define SCFD_INTAKE_ITEM_H

#include "scfd/intake/intake.h"
#include "scfd/template/template.h"
#include "extract.h"

enum scf_outcome {
    SCF_PENDING,
    SCF_ACCEPTED, /* committed at record.leaf_index */
    SCF_REPLAYED, /* was there already with the same bytes: `stored` describes that one */
    SCF_REFUSED   /* `error` says why; nothing was written */
};

/* Where the record stands in its chain, once it does. */
struct scf_stored {
    struct scf_uuid id;
    int64_t leaf_index, received_us;
    struct scf_hash leaf_hash;
};

struct scf_item {
    struct scf_record record;
    struct scf_stored stored;
    struct scf_item *twin; /* same natural key and bytes, earlier in the batch */
    struct scf_extract extract;
    const cJSON *json;
    struct scf_uuid key_id; /* the API key it came with: checked again in the transaction */
    const struct scf_idempotency *idempotency; /* NULL: the request named no Idempotency-Key */
    int first_status; /* the status that the first request with that key was given; 0: it is this */
    bool by_admin;
    const struct scf_template *tmpl; /* NULL: no template at all */
    struct scf_quality quality;
    struct scf_faults faults, warnings; /* the committer adds to both; error.faults is &faults */
    size_t own_warnings, own_dropped;   /* how many of the warnings came from preparing */
    struct scf_uuid enterprise_id;      /* of an enterprise profile: what it describes */
    struct scf_arena *arena;            /* owner of everything above */
    enum scf_outcome outcome;
    struct scf_error error;
};

/* Scans, parses, validates and evaluates one body: all CPU work of the write path. `text[n]` is NUL
 * and stays valid as long as `arena`. Non-OK: item->error is filled (faults in item->faults). */
enum scf_code scf_item_prepare(struct scf_services *services, const struct scf_actor *actor,
                               enum scf_record_kind kind, struct scf_str text, int64_t received_us,
                               struct scf_arena *arena, struct scf_item *item) SCF_MUST_CHECK;

/* Evaluates the template again, for another industry or another time of receipt, and puts its
 * numbers into the record. False, and nothing is changed, when the item's arena is full. */
bool scf_item_evaluate(struct scf_item *item, const struct scf_template *tmpl) SCF_MUST_CHECK;

/* HTTP status of a decided item. */
int scf_item_status(const struct scf_item *item);

/* Members of the 201/200 answer (docs: "Record"), inside an open object. */
struct scf_jsonw;
void scf_item_write(const struct scf_item *item, struct scf_jsonw *w);

/* ---- industry guesses ---- */

/* What the last commits saw, so that evaluation rarely has to be redone. */
struct scf_industry_cache;
struct scf_industry_cache *scf_industry_cache_new(void);
void scf_industry_cache_free(struct scf_industry_cache *cache);
/* The industry last seen for this enterprise ("" when unknown), copied to `out`. Any thread. */
void scf_industry_cache_get(struct scf_industry_cache *cache, const struct scf_enterprise_ref *ref,
                            char out[8]);
void scf_industry_cache_put(struct scf_industry_cache *cache, const struct scf_enterprise_ref *ref,
                            struct scf_str industry);

#endif
