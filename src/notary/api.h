/* What the handlers of the room share. Private to notary. */
#ifndef SCFD_NOTARY_API_H
#define SCFD_NOTARY_API_H

#include "take.h"

#include "scfd/http/answer.h"
#include "scfd/party/services.h"

enum { SCF_ENF_ANSWER_MAX = 8 << 20 };

/* A POST on its way: what was sent, and the answer that is sent after the commit. */
struct scf_enf_post {
    struct scf_request *rq;
    struct scf_arena *arena;
    const struct scf_actor *actor;
    const struct scf_services *services;
    struct scf_enf_ctx ctx;
    const cJSON *body;
    const struct scf_faults *warnings; /* of the body */
    char location[128];                /* set by the work */
    struct scf_uuid id;                /* of the case */
    struct scf_buf answer;
};
/* Validates the body, runs `work` in a transaction that holds the key and the Idempotency-Key, and
 * answers 201. `work` fills the answer; it may run several times. */
void scf_enf_post_run(struct scf_enf_post *p, scf_tx_body work);
/* Writes the case as it now stands into the answer. */
enum scf_code scf_enf_answer(struct scf_enf_post *p, const struct scf_enf_story *s,
                             struct scf_error *err) SCF_MUST_CHECK;
/* A case that the caller may see, with all that shows it; the path's {id}. */
enum scf_code scf_enf_read(struct scf_request *rq, struct scf_enf_story *ret,
                           struct scf_error *err) SCF_MUST_CHECK;
/* Steps, calendar, ledger of a case that was read; one calendar may serve many. */
enum scf_code scf_enf_fill(struct scf_db *db, struct scf_arena *arena,
                           const struct scf_calendar *calendar, int64_t now_us,
                           struct scf_enf_story *s, struct scf_owed *owed,
                           struct scf_error *err) SCF_MUST_CHECK;

/* create.c: the work of POST /v1/enforcement-notarizations; `ctx` is a struct scf_enf_post. */
enum scf_code scf_enf_draft(struct scf_db *db, void *ctx, struct scf_error *err) SCF_MUST_CHECK;
/* documents_api.c */
void scf_enf_list_documents(struct scf_request *rq);
void scf_enf_get_document(struct scf_request *rq);
/* calendar_api.c */
void scf_calendars_list(struct scf_request *rq);
void scf_calendar_post(struct scf_request *rq);

#endif
