/* Bump allocation in a chain of blocks. Blocks double from 8 KiB to 256 KiB; an allocation that
 * does not fit gets a block of its own size. The bound counts the room of the blocks, not what is
 * used. */
#include "scfd/base/arena.h"

enum { FIRST_BLOCK = 8 * 1024, LARGEST_STEP = 256 * 1024, ALIGNMENT = _Alignof(max_align_t) };

struct block {
    struct block *next; /* older */
    size_t size;
    size_t used;
    _Alignas(max_align_t) unsigned char bytes[];
};

struct deferred {
    struct deferred *next; /* registered earlier */
    void (*fn)(void *p);
    void *p;
};

struct scf_arena {
    size_t max;
    size_t held; /* sum of the sizes of all blocks, ≤ max */
    size_t step; /* size of the next block */
    struct block *blocks;
    struct deferred *deferred;
};

struct scf_arena *scf_arena_new(size_t max_bytes) {
    struct scf_arena *arena = calloc(1, sizeof *arena);
    SCF_ASSERT(arena);
    arena->max = max_bytes;
    arena->step = FIRST_BLOCK;
    return arena;
}

static void run_deferred(struct scf_arena *arena) {
    while (arena->deferred) { /* a clean-up may defer again */
        struct deferred *d = arena->deferred;
        arena->deferred = d->next;
        d->fn(d->p);
        free(d);
    }
}

/* Frees every block but the oldest. */
static void keep_first_block(struct scf_arena *arena) {
    while (arena->blocks && arena->blocks->next) {
        struct block *b = arena->blocks;
        arena->blocks = b->next;
        arena->held -= b->size;
        free(b);
    }
}

void scf_arena_reset(struct scf_arena *arena) {
    run_deferred(arena);
    keep_first_block(arena);
    if (arena->blocks)
        arena->blocks->used = 0;
    arena->step = FIRST_BLOCK;
}

void scf_arena_free(struct scf_arena *arena) {
    if (!arena)
        return;
    run_deferred(arena);
    keep_first_block(arena);
    free(arena->blocks);
    free(arena);
}

static struct block *add_block(struct scf_arena *arena, size_t need) {
    size_t room = arena->max - arena->held;
    if (need > room)
        return NULL;
    size_t size = need > arena->step ? need : arena->step;
    if (size > room)
        size = room;
    struct block *b = malloc(sizeof *b + size);
    if (!b)
        return NULL;
    *b = (struct block){arena->blocks, size, 0};
    arena->blocks = b;
    arena->held += size;
    if (arena->step < LARGEST_STEP)
        arena->step *= 2;
    return b;
}

void scf_arena_expect(struct scf_arena *arena, size_t bytes) {
    if (!arena->blocks)
        (void)add_block(arena, bytes);
}

/* Bytes that are not zeroed; `bytes` > 0. */
static void *take(struct scf_arena *arena, size_t bytes) {
    if (bytes > SIZE_MAX - ALIGNMENT)
        return NULL;
    size_t need = (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    struct block *b = arena->blocks;
    if (!b || b->size - b->used < need)
        b = add_block(arena, need);
    if (!b)
        return NULL;
    void *p = b->bytes + b->used;
    b->used += need;
    return p;
}

void *scf_alloc(struct scf_arena *arena, size_t n, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes))
        return NULL;
    void *p = take(arena, bytes ? bytes : 1);
    return p ? memset(p, 0, bytes) : NULL;
}

void *scf_alloc_unset(struct scf_arena *arena, size_t bytes) {
    return take(arena, bytes ? bytes : 1);
}

char *scf_strndup(struct scf_arena *arena, const char *text, size_t n) {
    char *copy = n < SIZE_MAX ? take(arena, n + 1) : NULL;
    if (!copy)
        return NULL;
    if (n)
        memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

char *scf_strdup(struct scf_arena *arena, const char *text) {
    return scf_strndup(arena, text, strlen(text));
}

char *scf_asprintf(struct scf_arena *arena, const char *format, ...) {
    char small[256];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    SCF_ASSERT(n >= 0);
    if ((size_t)n < sizeof small)
        return scf_strndup(arena, small, (size_t)n);

    char *text = take(arena, (size_t)n + 1);
    if (!text)
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)n + 1, format, args);
    va_end(args);
    return text;
}

/* The node is outside the bound: a clean-up must never be lost because the arena is full. */
void scf_defer(struct scf_arena *arena, void (*fn)(void *p), void *p) {
    struct deferred *d = malloc(sizeof *d);
    SCF_ASSERT(d);
    *d = (struct deferred){arena->deferred, fn, p};
    arena->deferred = d;
}
