/* Folding leaves of one chain into totals. Pure: what is stored already is put into the entries
 * between scf_fold_collect and scf_fold_run, and the entries are written back afterwards.
 *
 * The outcome depends on the order of the chain only: folding leaves in one go or in pieces gives
 * the same totals. Nothing reads a record's body. */
#ifndef SCFD_RATING_FOLD_H
#define SCFD_RATING_FOLD_H

#include "scfd/rating/series.h"
#include "scfd/base/table.h"

/* ---- entries; each begins with its key ---- */

struct scf_fold_day { /* adds to rollup_day */
    struct scf_uuid enterprise_id;
    int32_t day, kind, template_id;
    int32_t key_end; /* zero; the key reaches up to here */
    int64_t records, weight_expected, weight_present, delay_count, delay_s, delay_us, range_ok,
        fluctuation_applicable, fluctuation_ok, checks_applicable, checks_passed;
};

struct scf_fold_series { /* replaces rollup_series */
    struct scf_uuid enterprise_id;
    int32_t template_id;
    int32_t key_end;
    const struct scf_template *tmpl;
    struct scf_series series; /* initialised by collect; the store decodes what is kept into it */
};

struct scf_fold {
    struct scf_table days, series;
    const struct scf_record **guarantees;
    size_t guarantee_count;
};

typedef const struct scf_template *scf_template_of(void *ctx, int32_t template_id);

/* Makes room for `n` leaves and registers every series they touch. Non-OK: the arena is
 * full, or a template is unknown (INTERNAL). */
enum scf_code scf_fold_collect(struct scf_fold *f, struct scf_arena *arena,
                               const struct scf_record *leaves, size_t n,
                               scf_template_of *template_of, void *ctx,
                               struct scf_error *err) SCF_MUST_CHECK;
/* Days, series and guarantees. What contracts, events and invoices say of a contract is the room
 * trade's. */
void scf_fold_run(struct scf_fold *f, const struct scf_record *leaves, size_t n);
#endif
