/* What the last commits left behind: the heads of chains and the enterprises that records name.
 * With it a lone record can be decided before the database is asked, and the database checks in the
 * statement that writes it whether all of it still holds. A stale or forgotten entry costs a round
 * trip, never a wrong result. The committer's thread only. */
#ifndef SCFD_INTAKE_MEMORY_H
#define SCFD_INTAKE_MEMORY_H

#include "commit_store.h"

struct scf_memory;
struct scf_memory *scf_memory_new(void);
void scf_memory_free(struct scf_memory *memory);

/* The chain ends at `size` now. */
void scf_memory_put_head(struct scf_memory *memory, const struct scf_uuid *chain_id, int64_t size);

/* The enterprises that the database found for the lookup's references. */
void scf_memory_put_enterprises(struct scf_memory *memory, const struct scf_lookup *lookup);

/* Answers the lookup of one item from memory, as if nothing that it brings were known yet. False
 * when an answer is not remembered. What is filled in lives in `arena`. */
bool scf_memory_answer(const struct scf_memory *memory, struct scf_arena *arena,
                       struct scf_lookup *lookup) SCF_MUST_CHECK;

#endif
