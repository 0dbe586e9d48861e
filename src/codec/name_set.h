/* The member names seen in a JSON text so far, to find a name that an object has twice.
 *
 * One open-addressing table serves all objects of the text: an entry is (object number, name). The
 * hash is SipHash-1-3 under a key of this process, so that nobody outside can aim names at one
 * slot. The first entries live in the struct itself: a usual body allocates nothing.
 * One thread at a time. Private to codec. */
#ifndef SCFD_SRC_CODEC_NAME_SET_H
#define SCFD_SRC_CODEC_NAME_SET_H

#include "scfd/base/prelude.h"

struct name_entry {
    uint64_t tag;              /* object number << 32 | hash; 0 = free (objects count from 1) */
    const unsigned char *name; /* first byte after the opening quote; not unescaped */
};

enum { NAME_SET_INLINE = 128 };

struct name_set {
    struct name_entry *slots;
    size_t mask, used;
    struct name_entry inline_slots[NAME_SET_INLINE];
};

enum name_verdict { NAME_NEW, NAME_TWICE, NAME_NO_MEMORY };

void name_set_init(struct name_set *set);
void name_set_free(struct name_set *set);

/* `name` is a well-formed JSON string body of `n` raw bytes (≤ SCF_JSON_MAX_KEY) followed by its
 * closing quote; it must stay in place as long as the set. */
enum name_verdict name_set_add(struct name_set *set, uint32_t object, const unsigned char *name,
                               size_t n, bool has_escapes);

#endif
