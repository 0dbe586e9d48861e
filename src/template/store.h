/* Rows of scfd.industry_template. */
#ifndef SCFD_TEMPLATE_STORE_H
#define SCFD_TEMPLATE_STORE_H

#include "scfd/template/template.h"

/* Texts live in the arena of the call. */
struct scf_template_row {
    int32_t id;
    struct scf_uuid uuid;
    struct scf_str code, industry_code, definition;
    int revision;
    enum scf_record_kind applies_to;
    bool published;
    int64_t published_us, version, created_us, updated_us;
};

/* NOT_FOUND. `lock`: inside a transaction, for update. */
enum scf_code scf_template_get(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *uuid, bool lock, struct scf_template_row *ret,
                               struct scf_error *err) SCF_MUST_CHECK;

/* Inside a transaction: the next revision of the code as a draft. CONFLICT: the code has a draft,
 * or belongs to another industry or kind of record. */
enum scf_code scf_template_insert(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_template *t, struct scf_str definition,
                                  int64_t now_us, struct scf_template_row *ret,
                                  struct scf_error *err) SCF_MUST_CHECK;

/* Inside a transaction, the row locked: replaces a draft's definition. */
enum scf_code scf_template_update(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *uuid, struct scf_str definition,
                                  int64_t now_us, struct scf_error *err) SCF_MUST_CHECK;

/* Inside a transaction, the row locked: publishes a draft, appends it to the platform's chain and
 * notifies "templates". WRONG_STATE when it is published already. */
enum scf_code scf_template_publish(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *platform_id, struct scf_template_row *row,
                                   int64_t now_us, struct scf_error *err) SCF_MUST_CHECK;

struct scf_template_filter {
    const char *code, *industry_code; /* NULL: any */
    int applies_to;                   /* −1: any */
    int published;                    /* −1: any; 0 drafts, 1 published */
};
/* At most page->limit + 1 rows. */
enum scf_code scf_template_page(struct scf_db *db, struct scf_arena *arena,
                                const struct scf_template_filter *filter,
                                const struct scf_page *page, struct scf_template_row **ret,
                                int *ret_n, struct scf_error *err) SCF_MUST_CHECK;

/* Every published row whose id is not among `known`. */
enum scf_code scf_template_published(struct scf_db *db, struct scf_arena *arena,
                                     const int32_t *known, size_t known_n,
                                     struct scf_template_row **ret, int *ret_n,
                                     struct scf_error *err) SCF_MUST_CHECK;

/* Is there any revision of the code? */
enum scf_code scf_template_code_known(struct scf_db *db, struct scf_arena *arena, const char *code,
                                      bool *ret, struct scf_error *err) SCF_MUST_CHECK;

/* The resource as the API shows it; `durable`: only what never changes again, for the chain. */
void scf_template_write(const struct scf_template_row *row, bool durable, struct scf_buf *out);

#endif
