/* A small map from byte strings to non-negative integers, in an arena: made for a known number of
 * entries, never deleted from. Keys are not copied. One thread at a time. */
#ifndef SCFD_INTAKE_MAP_H
#define SCFD_INTAKE_MAP_H

#include "scfd/base/arena.h"
#include "scfd/base/text.h"

struct scf_map_slot {
    uint64_t hash;
    struct scf_str key;
    int value; /* −1: free */
};

struct scf_map {
    struct scf_map_slot *slots;
    size_t mask;
};

/* A hash that clients cannot choose collisions for: another one in every process. Any thread. */
uint64_t scf_map_hash(struct scf_str key);

/* Room for `n` entries; false when the arena is full. */
bool scf_map_init(struct scf_map *map, struct scf_arena *arena, size_t n) SCF_MUST_CHECK;
/* The value of `key`, or −1. */
int scf_map_get(const struct scf_map *map, struct scf_str key);
/* The value that was there, or else puts `value` and returns it. */
int scf_map_put(struct scf_map *map, struct scf_str key, int value);

#endif
