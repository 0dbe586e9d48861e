/* The directory of enterprises. */
#ifndef SCFD_PARTY_ENTERPRISE_H
#define SCFD_PARTY_ENTERPRISE_H

#include <cjson/cJSON.h>

#include "scfd/db/db.h"

/* The code by which the directory knows an enterprise: the USCC, or for a foreign one (country
 * given and not "CN") "CC:NUMBER"; normalised. "" when `number` is NULL. At most 64 characters of
 * the number count. Pure. */
enum { SCF_ENTERPRISE_CODE = 4 + 64 * 4 };
void scf_enterprise_code(const char *country, const char *number, char out[SCF_ENTERPRISE_CODE]);

/* What other rooms need of an enterprise. Text lives in the arena it was read into. */
struct scf_enterprise {
    struct scf_uuid id;
    struct scf_str uscc;          /* USCC; of a foreign one "CC:NUMBER" */
    struct scf_str industry_code; /* empty: unknown */
    struct scf_str name;
    bool is_stub;
    struct scf_uuid registrar_chain_id; /* nil for a stub */
};

/* How a record names an enterprise: by id, or by uscc (then `name` serves a stub). A foreign one is
 * named by `uscc` = "CC:NUMBER" (country, ':', registration number, upper-case): its stub gets
 * country_code and foreign_registration_no instead of a uscc. */
struct scf_enterprise_ref {
    struct scf_uuid id; /* nil when named by uscc */
    struct scf_str uscc;
    struct scf_str name;
};

/* Statement for a pipeline: finds enterprises by id or uscc.
 * Parameters with scf_enterprise_find_params; rows with scf_enterprise_read. */
extern const struct scf_stmt scf_enterprise_find_stmt;
void scf_enterprise_find_params(struct scf_params *p, struct scf_arena *arena,
                                const struct scf_enterprise_ref *refs, size_t n);
/* Row i as an enterprise (text copied into `arena`). */
void scf_enterprise_read(const struct scf_rows *rows, int row, struct scf_arena *arena,
                         struct scf_enterprise *ret);

/* Inside a transaction: creates stubs for the refs (all by uscc) that do not exist yet; two
 * instances may race, the loser sees the winner's row. Inserts in uscc order. */
enum scf_code scf_enterprise_add_stubs(struct scf_db *db, struct scf_arena *arena,
                                       const struct scf_enterprise_ref *refs, size_t n,
                                       int64_t now_us, struct scf_error *err) SCF_MUST_CHECK;

/* Inside a transaction: makes `profile` (a valid EnterpriseCreate body) the one in force if the
 * directory has none, if `chain_id` is the registrar, or if `by_admin`; otherwise changes nothing
 * and sets *ret_kept (the caller warns "profile-kept"). Identity and account numbers are masked in
 * what is stored here; the record keeps the bytes. Returns the enterprise's id. */
enum scf_code scf_enterprise_apply_profile(struct scf_db *db, struct scf_arena *arena,
                                           const cJSON *profile, const struct scf_uuid *chain_id,
                                           const struct scf_uuid *record_id, bool by_admin,
                                           int64_t now_us, struct scf_uuid *ret_enterprise_id,
                                           bool *ret_kept, struct scf_error *err) SCF_MUST_CHECK;

/* One enterprise with its profile as JSON text (NULL for a stub); NOT_FOUND. */
enum scf_code scf_enterprise_get(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *id, struct scf_enterprise *ret,
                                 const char **ret_profile_json,
                                 struct scf_error *err) SCF_MUST_CHECK;

#endif
