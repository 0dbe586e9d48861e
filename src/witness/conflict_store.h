/* Conflicts: two checkpoints that one log signed and that contradict each other. Each is kept with
 * both notes, is a record of the platform's chain, and an event of its feed. */
#ifndef SCFD_WITNESS_CONFLICT_STORE_H
#define SCFD_WITNESS_CONFLICT_STORE_H

#include "scfd/chain/note.h"
#include "scfd/codec/jsonw.h"
#include "scfd/http/http.h"
#include "scfd/party/services.h"

struct scf_wit_conflict {
    struct scf_uuid id;
    struct scf_uuid log_id;   /* nil: a chain of our own */
    struct scf_uuid chain_id; /* nil: a log of somebody else */
    struct scf_str origin;
    int64_t size; /* of the tree in the second note */
    struct scf_hash root;
    struct scf_str first_note; /* .p NULL: the second contradicts itself */
    struct scf_str second_note;
    int64_t found_us;
    bool acknowledged;
    int64_t acknowledged_us;
    struct scf_uuid acknowledged_by; /* the API key */
    struct scf_str reason;
};

/* The members of the resource, without braces. In a list without the notes: they may be long. */
void scf_wit_conflict_write(struct scf_jsonw *w, const struct scf_wit_conflict *c, bool with_notes);

/* Inside a transaction that holds the log's row (or, for a chain of our own, whatever orders those
 * that see it): keeps a conflict whose id and time it gives, unless the same view is kept already.
 * *ret_new says which; c->id is then that of the one kept. */
enum scf_code scf_wit_conflict_keep(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_services *services, struct scf_wit_conflict *c,
                                    bool *ret_new, struct scf_error *err) SCF_MUST_CHECK;
/* `lock`: its row, inside a transaction. NOT_FOUND. Text in `arena`. */
enum scf_code scf_wit_conflict_get(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *id, bool lock,
                                   struct scf_wit_conflict *ret,
                                   struct scf_error *err) SCF_MUST_CHECK;
/* At most page->limit + 1. */
enum scf_code scf_wit_conflict_page(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_page *page, struct scf_wit_conflict **ret,
                                    int *ret_n, struct scf_error *err) SCF_MUST_CHECK;
/* Stores the acknowledgement and appends a record of it. The conflict is locked. */
enum scf_code scf_wit_conflict_close(struct scf_db *db, struct scf_arena *arena,
                                     const struct scf_services *services,
                                     const struct scf_wit_conflict *c,
                                     struct scf_error *err) SCF_MUST_CHECK;

#endif
