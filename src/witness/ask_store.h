/* Rows of those whom we ask to cosign, of what each chain wants, and of what came of it. Text in
 * the arena of the call. */
#ifndef SCFD_WITNESS_ASK_STORE_H
#define SCFD_WITNESS_ASK_STORE_H

#include "scfd/http/http.h"

struct scf_witness {
    struct scf_uuid id;
    const char *name, *url, *vkey;
    bool active;
    int64_t due_us;
    int failures;        /* since it last answered */
    const char *problem; /* NULL: none */
    bool ever_good;
    int64_t good_us; /* when it last cosigned */
    int64_t version, created_us, updated_us;
};

/* NOT_FOUND, also when it is not active any more. */
enum scf_code scf_witness_get(struct scf_db *db, struct scf_arena *arena, const struct scf_uuid *id,
                              struct scf_witness *ret, struct scf_error *err) SCF_MUST_CHECK;
/* At most page->limit + 1 active ones. */
enum scf_code scf_witness_page(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_page *page, struct scf_witness **ret, int *ret_n,
                               struct scf_error *err) SCF_MUST_CHECK;
/* One that was removed comes back with its id, which *w then has; DB_CONFLICT: it is there. */
enum scf_code scf_witness_insert(struct scf_db *db, struct scf_arena *arena, struct scf_witness *w,
                                 struct scf_error *err) SCF_MUST_CHECK;
enum scf_code scf_witness_remove(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *id, int64_t now_us,
                                 struct scf_error *err) SCF_MUST_CHECK;

/* ---- what chains want ---- */

/* Of the chains without a quorum of their own. Writes only when it has changed. */
enum scf_code scf_witness_default(struct scf_db *db, struct scf_arena *arena, int64_t quorum,
                                  int64_t now_us, struct scf_error *err) SCF_MUST_CHECK;
/* `quorum` −1: that of the installation. NOT_FOUND: no such chain. */
enum scf_code scf_witness_want(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *chain_id, int quorum, int64_t now_us,
                               struct scf_error *err) SCF_MUST_CHECK;
/* Chooses what is shown next: a chain that wants a quorum shows its newest checkpoint when the one
 * before was shown before `tick_us`, and has its quorum or was shown before `stale_us`. */
struct scf_witness_pace {
    int64_t tick_us, stale_us, now_us;
};
enum scf_code scf_witness_advance(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_witness_pace *pace,
                                  struct scf_error *err) SCF_MUST_CHECK;

/* ---- asking ---- */

/* The active witnesses that are due and to which something is to be shown. */
enum scf_code scf_witness_due(struct scf_db *db, struct scf_arena *arena, int64_t now_us,
                              struct scf_uuid **ret, size_t *ret_n,
                              struct scf_error *err) SCF_MUST_CHECK;
/* Takes the turn of asking a witness until `until_us`: of several runs one gets it. */
enum scf_code scf_witness_take(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *id, int64_t now_us, int64_t until_us,
                               bool *ret_taken, struct scf_error *err) SCF_MUST_CHECK;
/* Gives the turn back: stores failures, problem and due_us. */
enum scf_code scf_witness_release(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_witness *w, int64_t now_us,
                                  struct scf_error *err) SCF_MUST_CHECK;

/* A checkpoint to be shown; those that failed come last. */
struct scf_witness_showing {
    struct scf_uuid chain_id;
    int64_t size;          /* of the tree */
    struct scf_str note;   /* the checkpoint */
    int64_t cosigned_size; /* what the witness cosigned last, as far as we know */
    int64_t claimed_size;  /* what it said last that it has cosigned, beyond what we had; 0: none */
    int failures;
};
enum scf_code scf_witness_showings(struct scf_db *db, struct scf_arena *arena,
                                   const struct scf_uuid *witness_id, int64_t now_us, int limit,
                                   struct scf_witness_showing **ret, size_t *ret_n,
                                   struct scf_error *err) SCF_MUST_CHECK;

/* A cosignature that was verified: one transaction, in which the chain's row is locked, so that the
 * one that completes the quorum sees the others. */
struct scf_witness_gain {
    struct scf_uuid witness_id, chain_id;
    int64_t size;
    struct scf_str line;
    int64_t time_s, now_us;
};
enum scf_code scf_witness_gained(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_witness_gain *gain,
                                 struct scf_error *err) SCF_MUST_CHECK;
/* What a witness has cosigned of a chain, and what stands in the way; `problem` NULL: nothing. */
struct scf_witness_state {
    struct scf_uuid witness_id, chain_id;
    int64_t size;
    int64_t claimed_size; /* a tree larger than ours, which it says it has cosigned; 0: none */
    int failures;
    const char *problem;
    int64_t due_us, now_us;
};
enum scf_code scf_witness_note(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_witness_state *state,
                               struct scf_error *err) SCF_MUST_CHECK;

/* ---- what was lost ---- */

/* The size of the chain's newest block and its checkpoint (`ret_note` may be NULL); 0 and empty:
 * none. NOT_FOUND: no such chain. */
enum scf_code scf_witness_sealed(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_uuid *chain_id, int64_t *ret_size,
                                 struct scf_str *ret_note, struct scf_error *err) SCF_MUST_CHECK;
/* Somebody knows more of a chain than this database has, or another tree: it must not be sealed any
 * more. `note` empty: several witnesses said so. *ret_new: it was not known yet. */
struct scf_witness_loss {
    struct scf_uuid chain_id;
    const char *reason; /* "ahead", "contradicted" */
    int64_t size, now_us;
    struct scf_str note;
};
enum scf_code scf_witness_lost(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_witness_loss *loss, bool *ret_new,
                               struct scf_error *err) SCF_MUST_CHECK;

/* In a transaction: locks the chain's row, so that of several claims the last one sees the others.
 */
enum scf_code scf_witness_lock(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_uuid *chain_id,
                               struct scf_error *err) SCF_MUST_CHECK;
/* Whether as many active witnesses as the chain's quorum, two at least, claim a larger tree of it
 * than this database has. */
enum scf_code scf_witness_claimed(struct scf_db *db, struct scf_arena *arena,
                                  const struct scf_uuid *chain_id, bool *ret_enough,
                                  struct scf_error *err) SCF_MUST_CHECK;

/* ---- alarms ---- */

struct scf_witness_alarms {
    int64_t silent;  /* witnesses to which something is shown, and that gave nothing since then */
    int64_t missing; /* chains whose oldest block without its quorum is older */
    int64_t claimed; /* chains of which some active witness claims a larger tree */
};
enum scf_code scf_witness_alarms(struct scf_db *db, struct scf_arena *arena, int64_t since_us,
                                 struct scf_witness_alarms *ret,
                                 struct scf_error *err) SCF_MUST_CHECK;

/* Raises or ends the alarm that chains miss their quorum. *ret_changed false: it stands so already.
 */
enum scf_code scf_witness_alarm_set(struct scf_db *db, struct scf_arena *arena, bool missing,
                                    int64_t now_us, bool *ret_changed,
                                    struct scf_error *err) SCF_MUST_CHECK;

#endif
