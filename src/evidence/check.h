/* The checking of one bundle: its state, and the parts that have files of their own. Pure. */
#ifndef SCFD_EVIDENCE_CHECK_H
#define SCFD_EVIDENCE_CHECK_H

#include "bundle.h"

#include "scfd/chain/note.h"

struct scf_bundle_check {
    struct scf_arena *arena;
    struct scf_buf *report;
    const struct scf_bundle_trust *trust;
    struct scf_zip_entry entries[SCF_BUNDLE_FILES_MAX];
    size_t n;
    struct scf_bundle_facts facts;
    struct scf_bundle again; /* the bundle as the facts ask for it */
    struct scf_str vkey;     /* of the chain: the one that was given, else the bundle's own */
    int64_t latest_us;       /* the latest time that the content speaks of */
    int64_t signed_us;       /* as the signature says */
    bool good;
};

/* A line of the report; returns `ok`. */
bool scf_check_step(struct scf_bundle_check *c, bool ok, const char *format, ...) SCF_PRINTF(3, 4);
/* The bytes of an entry; empty: there is none. */
struct scf_str scf_check_bytes(const struct scf_bundle_check *c, const char *name);

/* Whether the key signed the note, and its text is `text`. */
bool scf_check_note(struct scf_bundle_check *c, struct scf_str note, struct scf_str text,
                    const struct scf_vkey *key);
/* The same of the chain's key under the name `origin`, which must be one of this chain: after a
 * restore it goes on under another (docs/restore.md). */
bool scf_check_chain_note(struct scf_bundle_check *c, struct scf_str note, struct scf_str text,
                          struct scf_str origin);

/* Every anchor (check_anchors.c); after the proof was checked. */
void scf_check_anchors(struct scf_bundle_check *c);

/* The cosigned checkpoint, and the quorum that is asked for (check_cosigned.c). */
void scf_check_cosigned(struct scf_bundle_check *c);

#endif
