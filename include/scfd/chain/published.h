/* What an instance remembers outside the database of what its log has published: of every chain the
 * newest block (docs/restore.md). A database that was restored to an earlier moment does not know
 * what was signed after it; this file does, so that nothing is signed twice for the same size.
 *
 * One file per instance, locked while it is open, bound to one installation. A chain's entry is
 * updated in place, in the older of two slots: a crash in the middle of it leaves the other one.
 *
 * Threads: any; a lock inside. */
#ifndef SCFD_CHAIN_PUBLISHED_H
#define SCFD_CHAIN_PUBLISHED_H

#include "scfd/base/arena.h"
#include "scfd/base/err.h"
#include "scfd/base/id.h"
#include "scfd/codec/digest.h"

struct scf_published;

struct scf_publication {
    struct scf_uuid chain_id;
    int64_t generation;   /* of the origin it was signed under: 1, 2, … (scfd.log_origin) */
    int64_t height, size; /* of the newest block */
    struct scf_hash block_hash;
};

/* Opens the file; without one, makes it when `create`, and *ret_made says so. INVALID_PARAMETER: it
 * is damaged, another installation's, in use by another process, or cannot be read or written.
 * NOT_FOUND: there is none and `create` is false. The caller closes it. */
enum scf_code scf_published_open(const char *path, const struct scf_uuid *installation, bool create,
                                 struct scf_published **ret, bool *ret_made,
                                 struct scf_error *err) SCF_MUST_CHECK;
void scf_published_close(struct scf_published *p); /* NULL is fine */

/* What is remembered of a chain; false: nothing. */
bool scf_published_find(struct scf_published *p, const struct scf_uuid *chain_id,
                        struct scf_publication *ret) SCF_MUST_CHECK;
/* Everything, by chain id, in `arena`. False: the arena is full. */
bool scf_published_list(struct scf_published *p, struct scf_arena *arena,
                        struct scf_publication **ret, size_t *ret_n) SCF_MUST_CHECK;
/* Remembers newer ones (a later generation, or the same and a greater height); older ones change
 * nothing. On disk when it returns OK. INTERNAL: it could not be written; every later call tries to
 * write all of it again. */
enum scf_code scf_published_put(struct scf_published *p, const struct scf_publication *items,
                                size_t n, struct scf_error *err) SCF_MUST_CHECK;
/* The last put failed: the file lacks what memory has. */
bool scf_published_behind(struct scf_published *p);

/* The newest generation of origins that anything was or will be signed under; 1 at first. */
int64_t scf_published_generation(struct scf_published *p);
/* Remembers a newer one. On disk when it returns OK. */
enum scf_code scf_published_begin(struct scf_published *p, int64_t generation,
                                  struct scf_error *err) SCF_MUST_CHECK;

/* ---- whether the log may go on; in memory only ---- */

enum { SCF_HALT_TEXT = 280 };
/* From now on nothing may be sealed and nothing written, because of `why`; NULL: it may again. True
 * when that changes whether it may. */
bool scf_published_halt(struct scf_published *p, const char *why);
/* Whether it is halted, and why. `p` NULL: never. */
bool scf_published_halted(struct scf_published *p, char ret_why[SCF_HALT_TEXT]);

#endif
