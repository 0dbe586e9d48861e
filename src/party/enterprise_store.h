/* Listing the directory, and who may read a whole profile; the rest is in
 * scfd/party/enterprise.h. */
#ifndef SCFD_PARTY_ENTERPRISE_STORE_H
#define SCFD_PARTY_ENTERPRISE_STORE_H

#include "scfd/http/http.h"
#include "scfd/party/enterprise.h"

/* A directory entry as the API shows it. Text lives in the arena. */
struct scf_enterprise_entry {
    struct scf_enterprise e;
    const char *country_code;
    const char *foreign_registration_no; /* NULL: none */
    const char *size_class;              /* NULL: unknown */
    struct scf_uuid profile_record_id;   /* nil for a stub */
    const char *profile;                 /* JSON text; NULL for a stub, and in lists */
    bool addressed;                      /* the profile's record was addressed to the asking node */
    int64_t version, created_us, updated_us;
};

/* One entry; `asking_node` NULL: nobody in particular. NOT_FOUND. */
enum scf_code scf_enterprise_entry_get(struct scf_db *db, struct scf_arena *arena,
                                       const struct scf_uuid *id,
                                       const struct scf_uuid *asking_node,
                                       struct scf_enterprise_entry *ret,
                                       struct scf_error *err) SCF_MUST_CHECK;

/* One page; each filter NULL: any. At most page->limit + 1 rows. */
enum scf_code scf_enterprise_list(struct scf_db *db, struct scf_arena *arena, const char *uscc,
                                  const char *industry_code, const struct scf_page *page,
                                  struct scf_enterprise_entry **ret, int *ret_n,
                                  struct scf_error *err) SCF_MUST_CHECK;

#endif
