/* Rows of scfd.credit_policy. */
#ifndef SCFD_POLICY_STORE_H
#define SCFD_POLICY_STORE_H

#include "scfd/codec/jsonw.h"
#include "scfd/policy/policy.h"

/* Texts live in the arena of the call. */
struct scf_policy_row {
    struct scf_uuid id;
    struct scf_str code, version, params;
    enum scf_policy_role role;
    bool has_until;
    int64_t from_us, until_us, created_us;
};

/* What a new policy must not collide with. Inside a transaction, the platform's chain locked: all
 * that make policies take turns there. Times are INT64_MIN where there is nothing. */
struct scf_policy_neighbours {
    bool exists;            /* the same code and version */
    int64_t newest_live_us; /* latest effective_from of a live policy */
    int64_t newest_code_us; /* of a policy of the code */
    int64_t shadows;        /* of other codes, in force at the new one's time */
};
enum scf_code scf_policy_look_around(struct scf_db *db, struct scf_arena *arena,
                                     const struct scf_policy_row *row,
                                     struct scf_policy_neighbours *ret,
                                     struct scf_error *err) SCF_MUST_CHECK;
/* The row, and its record in the platform's chain. In the same transaction. */
enum scf_code scf_policy_insert(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_uuid *platform_id,
                                const struct scf_policy_row *row,
                                struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_policy_read(struct scf_db *db, struct scf_arena *arena, struct scf_str code,
                              struct scf_str version, struct scf_policy_row *ret,
                              struct scf_error *err) SCF_MUST_CHECK;
/* At most page->limit + 1 rows; `role` −1: any. */
enum scf_code scf_policy_page(struct scf_db *db, struct scf_arena *arena, int role,
                              const struct scf_page *page, struct scf_policy_row **ret, int *ret_n,
                              struct scf_error *err) SCF_MUST_CHECK;

/* The members of the resource, without braces: also the record's body. `with_text`: with the
 * parameters' text. */
void scf_policy_write(struct scf_jsonw *w, const struct scf_policy_row *row, bool with_text);

#endif
