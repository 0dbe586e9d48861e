/* Amendments of the instrument: what was asked for, what became of it, and what dossier and ledger
 * say under those that were notarised; the others change nothing that is enforceable
 * (司发通〔2017〕76号). Private to notary. Pure; any thread; memory in `arena`. */
#ifndef SCFD_NOTARY_AMENDMENT_H
#define SCFD_NOTARY_AMENDMENT_H

#include "case.h"

enum { SCF_ENF_AMENDMENTS_MAX = 20 };

struct scf_enf_amendment {
    const cJSON *terms;       /* NULL: one of the time before requests carried terms */
    const cJSON *certificate; /* NULL: not notarised */
    bool pending;             /* the notary has still to decide */
};
/* The first that was asked for in row *i or later; *i is then behind its request. False: none. */
bool scf_enf_next_amendment(const struct scf_enf_story *s, size_t *i,
                            struct scf_enf_amendment *ret);
/* Number of an amendment that the parties signed and that was not notarised; NULL: none. */
const char *scf_enf_unnotarised(const struct scf_enf_story *s);

/* The dossier with the terms of the amendment in place of its own, and the amendment among its
 * "amendments". Without a certificate: as it will be. NULL with `err`: it does not fit. */
const cJSON *scf_enf_amend(struct scf_arena *arena, const cJSON *dossier,
                           const struct scf_enf_amendment *a, struct scf_error *err) SCF_MUST_CHECK;
/* Sets dossier and owed of the story from drafted and ledger, by all that was notarised, and by
 * assignments of the claim. */
enum scf_code scf_enf_story_amend(struct scf_arena *arena, struct scf_enf_story *s,
                                  struct scf_error *err) SCF_MUST_CHECK;

/* ---- reschedule.c ---- */

/* The ledger under the amended dossier, as of `as_of` or of the ledger's booked_day where that is
 * later. A dossier without such amendments gives the ledger as it is.
 *
 * Rate. Where a fixed rate is below that of the loan (or interest given up), what is owed is what
 * the ledger would say had it known that rate from the day on which it applies: interest by the
 * loan's day count, rounded half up for each repayment and rate, and never more than the ledger
 * has. What a repayment settled of interest that was not owed under that rate settles principal on
 * its day, so that no interest runs on that from then on; what is beyond the principal too settles
 * whatever else is owed. Repayments that were taken back count as if they had not been. A loan of
 * which nothing is left is settled, and not in arrears.
 *
 * Schedule. Instalments, last day and arrears are those of the amended schedule, for whose earliest
 * instalments what was repaid counts first, as settled under the amended rate.
 *
 * CONFLICT: the interest does not fit. */
enum scf_code scf_enf_owed_amended(struct scf_arena *arena, const cJSON *dossier,
                                   const struct scf_owed *ledger, int32_t as_of,
                                   struct scf_owed *ret, struct scf_error *err) SCF_MUST_CHECK;
/* Do the terms of an amendment lower the rate of the loan without an amended schedule? The
 * instalments would stay at the old rate. */
bool scf_enf_lacks_schedule(const cJSON *terms, const struct scf_owed *ledger);

#endif
