/* Until when the algorithms are trusted that tokens rest on. */
#ifndef SCFD_ANCHOR_ALGORITHM_H
#define SCFD_ANCHOR_ALGORITHM_H

#include "scfd/http/http.h"

enum { ANCHOR_ALGORITHM_NAME = 16 };

/* The first end of those in `names` (with blanks between); INT64_MAX: none of them has one. */
enum scf_code scf_anchor_trusted_until(struct scf_db *db, struct scf_arena *arena,
                                       const char *names, int64_t *ret_us,
                                       struct scf_error *err) SCF_MUST_CHECK;

struct anchor_algorithm {
    const char *name;
    int64_t until_us; /* 0: no end is known */
    int64_t updated_us;
    int64_t proofs; /* confirmed ones whose newest token rests on it */
};
/* All, by name. */
enum scf_code scf_anchor_algorithms(struct scf_db *db, struct scf_arena *arena,
                                    struct anchor_algorithm **ret, size_t *ret_n,
                                    struct scf_error *err) SCF_MUST_CHECK;
/* In a transaction: sets the end of one, and of every proof that rests on it the moments when it
 * loses its worth and is renewed. until_us 0: no end is known. */
enum scf_code scf_anchor_algorithm_set(struct scf_db *db, struct scf_arena *arena,
                                       struct scf_str name, int64_t until_us, int64_t now_us,
                                       struct scf_error *err) SCF_MUST_CHECK;

/* GET /v1/anchor-algorithms, PUT /v1/anchor-algorithms/{name} */
extern const struct scf_schema scf_anchor_algorithm_schema;
void scf_anchor_algorithm_list(struct scf_request *rq);
void scf_anchor_algorithm_put(struct scf_request *rq);

#endif
