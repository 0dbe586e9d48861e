/* Folding leaves of one chain into totals. Pure: what is stored already is put into the entries
 * between scf_fold_collect and scf_fold_run, and the entries are written back afterwards.
 *
 * The outcome depends on the order of the chain only (and for an invoice that several chains have,
 * on which of them was folded first): folding leaves in one go or in pieces gives the same totals.
 * Nothing reads a record's body. */
#ifndef SCFD_CREDIT_FOLD_H
#define SCFD_CREDIT_FOLD_H

#include "series.h"
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

struct scf_fold_total_key {
    struct scf_uuid contract_key, seller_id, buyer_id;
    char currency[4]; /* "" where there is none */
};
struct scf_fold_total { /* adds to contract_total */
    struct scf_fold_total_key key;
    int64_t invoices, invoiced, events;
    int64_t first_event_us; /* counts when has_first */
    bool has_first;
};

struct scf_fold_invoice { /* replaces contract_invoice */
    struct scf_uuid invoice_key;
    bool own;                         /* set by the store: it is there, and this chain's */
    struct scf_fold_total_key before; /* when own: what it counted for */
    int64_t amount_before;
    bool claimed; /* set by the store: it was new, and is this chain's now */
    struct scf_fold_total_key now;
    int64_t amount_now;
};

struct scf_fold {
    struct scf_table days, series, totals, invoices;
    const struct scf_record **guarantees;
    size_t guarantee_count;
};

typedef const struct scf_template *scf_template_of(void *ctx, int32_t template_id);

/* Makes room for `n` leaves and registers every series and invoice they touch. Non-OK: the arena is
 * full, or a template is unknown (INTERNAL). */
enum scf_code scf_fold_collect(struct scf_fold *f, struct scf_arena *arena,
                               const struct scf_record *leaves, size_t n,
                               scf_template_of *template_of, void *ctx,
                               struct scf_error *err) SCF_MUST_CHECK;
/* Days, series, guarantees, events of contracts; and what each invoice counts for now. */
void scf_fold_run(struct scf_fold *f, const struct scf_record *leaves, size_t n);
/* After the store has claimed new invoices: what the invoices change in the contracts' totals. */
void scf_fold_settle(struct scf_fold *f);

#endif
