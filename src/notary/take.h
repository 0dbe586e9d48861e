/* Taking steps: the case is opened under its row's lock, steps are judged and added in memory, and
 * closing writes row, steps and their records in the platform's chain. Private to notary. One
 * thread, inside one transaction. */
#ifndef SCFD_NOTARY_TAKE_H
#define SCFD_NOTARY_TAKE_H

#include "store.h"

struct scf_enf_taking {
    struct scf_db *db;
    struct scf_arena *arena;
    const struct scf_uuid *platform_id;
    const struct scf_actor *actor; /* NULL: the platform itself */
    struct scf_enf_story s;
    struct scf_enf_step_row *rows; /* s.rows, with room for SCF_ENF_SPARE more */
    size_t stored;                 /* how many of them are in the database */
    struct scf_owed owed;          /* where s.owed points, with a loan */
};

/* Locks the case, then the ledger of its loan, and reads what it rests on. NOT_FOUND; `skip`: also
 * when somebody else has it. db, arena, platform_id and actor are set. */
enum scf_code scf_enf_open(struct scf_enf_taking *t, const struct scf_uuid *id, bool skip,
                           int64_t now_us, struct scf_error *err) SCF_MUST_CHECK;
/* Reads the ledger of the loan that the case names. NOT_FOUND. */
enum scf_code scf_enf_read_owed(struct scf_enf_taking *t, struct scf_error *err) SCF_MUST_CHECK;
/* The bits of enum scf_enf_role that the actor has with this case. */
unsigned scf_enf_roles(const struct scf_enf_story *s, const struct scf_actor *actor);

/* FORBIDDEN, or STEP_OUT_OF_ORDER naming the article, the state and what is missing. `body` is the
 * step's, NULL for the platform's. */
enum scf_code scf_enf_check(struct scf_enf_taking *t, enum scf_enf_step step, const cJSON *body,
                            struct scf_enf_verdict *ret, struct scf_error *err) SCF_MUST_CHECK;
/* CONFLICT, STEP_OUT_OF_ORDER: a refusal for a reason of its own, naming an article. */
enum scf_code scf_enf_refuse(struct scf_enf_taking *t, enum scf_enf_step step, const char *article,
                             const char *detail, struct scf_error *err);

/* Adds a step that was judged; `details` is a JSON object. */
enum scf_code scf_enf_add(struct scf_enf_taking *t, enum scf_enf_step step,
                          const struct scf_enf_verdict *verdict, int64_t happened_us,
                          const char *details, struct scf_error *err) SCF_MUST_CHECK;
/* What follows by itself: the certificate takes effect, the ledger shows disbursement, performance
 * and settlement, a verification ends. */
enum scf_code scf_enf_advance(struct scf_enf_taking *t, struct scf_error *err) SCF_MUST_CHECK;
/* Writes everything that was added. Locks chains in their order. */
enum scf_code scf_enf_close(struct scf_enf_taking *t, struct scf_error *err) SCF_MUST_CHECK;

/* What the step checks and changes beside the state (effect.c); its details are in *ret_details. */
enum scf_code scf_enf_effect(struct scf_enf_taking *t, enum scf_enf_step step, const cJSON *body,
                             int64_t happened_us, const char **ret_details,
                             struct scf_error *err) SCF_MUST_CHECK;

#endif
