/* Reading records in pages and by digest. */
#ifndef SCFD_INTAKE_RECORD_STORE_H
#define SCFD_INTAKE_RECORD_STORE_H

#include "scfd/chain/record.h"

/* Where a list takes its records from. The order is the order of acceptance. */
enum scf_record_source {
    SCF_FROM_CHAIN,     /* `owner`'s chain; the position is the leaf index */
    SCF_FROM_ADDRESSED, /* what was addressed to `owner`; the position is the id (time-ordered) */
    SCF_FROM_ALL        /* every chain, for administrators; the position is the id */
};

struct scf_record_filter {
    enum scf_record_source source;
    enum scf_record_kind kind;
    struct scf_uuid owner;
    struct scf_str external_id; /* exact; empty: any */
    int64_t since_us, until_us; /* received_at within [since, until) */
};

/* The bodies of a page stop at the one that passes this, so that a page of large ones fits into
 * memory; the next page goes on behind it. */
enum { SCF_RECORD_PAGE_BYTES = 16 << 20 };

/* At most page->limit records; *ret_more: others follow. The page's position is after_time_us as a
 * leaf index, or after_id, by source. */
enum scf_code scf_records_list(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_record_filter *filter, const struct scf_page *page,
                               struct scf_record **ret, size_t *ret_count, bool *ret_more,
                               struct scf_error *err) SCF_MUST_CHECK;

/* The contract that each record belongs to, as far as it has arrived and the actor may see it; nil
 * otherwise. `ret_ids` has room for n. */
enum scf_code scf_records_contracts(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_actor *actor, const struct scf_record *records,
                                    size_t n, struct scf_uuid *ret_ids,
                                    struct scf_error *err) SCF_MUST_CHECK;

/* When the body of a record was erased, and the record that says why. */
struct scf_erased {
    struct scf_uuid erasure_id;
    int64_t at_us;
};
/* Of those of the records that have no body; in `ret`, which has room for n. Nil ids for others. */
enum scf_code scf_records_erased(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_record *records, size_t n, struct scf_erased *ret,
                                 struct scf_error *err) SCF_MUST_CHECK;

enum { SCF_SAME_BYTES_MAX = 100 };
/* Records with these bytes that the actor may see, oldest first; at most SCF_SAME_BYTES_MAX. */
enum scf_code scf_records_by_sha256(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_actor *actor, const struct scf_hash *sha256,
                                    struct scf_record **ret, size_t *ret_count,
                                    struct scf_error *err) SCF_MUST_CHECK;

#endif
