/* An arena: memory that is freed all at once, with an upper bound and deferred clean-ups.
 * A request, a job and a batch each own one.
 *
 * Thread safety: one thread at a time; hand-over between threads needs the caller's barrier. */
#ifndef SCFD_BASE_ARENA_H
#define SCFD_BASE_ARENA_H

struct scf_arena;

/* A new arena that never holds more than `max_bytes`. Aborts only when the C library has no memory
 * for the arena itself. */
struct scf_arena *scf_arena_new(size_t max_bytes);

/* Runs the deferred clean-ups, last first, and frees everything. NULL is fine. */
void scf_arena_free(struct scf_arena *arena);

/* Of a new arena: makes its first block hold this much, if the bound and the memory allow it. Many
 * blocks that double and are freed together make malloc return the heap to the system and ask for
 * it again every time. */
void scf_arena_expect(struct scf_arena *arena, size_t bytes);

/* Like free + new with the same bound, but keeps the first block for reuse. */
void scf_arena_reset(struct scf_arena *arena);

/* n × size zeroed bytes, aligned for any type, checked multiply; for 0 bytes a pointer too.
 * Returns NULL when the bound would be passed: the caller answers body-too-large or internal. */
void *scf_alloc(struct scf_arena *arena, size_t n, size_t size) SCF_MUST_CHECK;

/* The same, not zeroed: for whoever fills them at once. */
void *scf_alloc_unset(struct scf_arena *arena, size_t bytes) SCF_MUST_CHECK;

char *scf_strdup(struct scf_arena *arena, const char *text) SCF_MUST_CHECK;
char *scf_strndup(struct scf_arena *arena, const char *text, size_t n) SCF_MUST_CHECK;
char *scf_asprintf(struct scf_arena *arena, const char *format, ...)
    SCF_PRINTF(2, 3) SCF_MUST_CHECK;

/* Calls fn(p) when the arena is freed or reset. */
void scf_defer(struct scf_arena *arena, void (*fn)(void *p), void *p);

#endif
