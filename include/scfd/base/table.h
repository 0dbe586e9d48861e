/* A set of fixed-size entries found by the bytes they begin with. Room for `max` entries is taken
 * at once, so that pointers to entries stay good. Keys are compared as bytes: no padding inside. */
#ifndef SCFD_BASE_TABLE_H
#define SCFD_BASE_TABLE_H

#include "scfd/base/arena.h"

struct scf_table {
    size_t key_size, entry_size, max, n;
    uint8_t *entries; /* in order of insertion */
    uint32_t *slots;  /* 1 + index of an entry; 0 is free */
    size_t mask;
};

/* False when the arena is full. */
bool scf_table_init(struct scf_table *t, struct scf_arena *arena, size_t key_size,
                    size_t entry_size, size_t max) SCF_MUST_CHECK;
/* The entry with this key, zeroed but for the key when it is new. Never more than `max` keys. */
void *scf_table_put(struct scf_table *t, const void *key);
void *scf_table_find(const struct scf_table *t, const void *key); /* NULL when absent */
void *scf_table_at(const struct scf_table *t, size_t i);

#endif
