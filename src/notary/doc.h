/* The papers of a case as PDF, in Chinese, with the terms of the law. Private to notary.
 *
 * A paper is drawn from top to bottom while the PDF is open; everything it shows was read before.
 * The same case gives the same bytes: the only time in a paper is that of the step it rests on. */
#ifndef SCFD_NOTARY_DOC_H
#define SCFD_NOTARY_DOC_H

#include "case.h"

#include "scfd/base/buf.h"
#include "scfd/codec/pdf.h"

/* ---- doc.c: setting text ---- */

struct scf_doc {
    struct scf_pdf *pdf;
    const struct scf_enf_story *s;
    int scale;
    int y, page;
};
void scf_doc_title(struct scf_doc *d, const char *text);
void scf_doc_heading(struct scf_doc *d, const char *text);
void scf_doc_para(struct scf_doc *d, const char *text);
/* One line "label：value"; nothing when the value is NULL or empty. */
void scf_doc_fact(struct scf_doc *d, const char *label, const char *value);
void scf_doc_money(struct scf_doc *d, const char *label, int64_t minor);
void scf_doc_date(struct scf_doc *d, const char *label, int32_t day);
/* A row of a table of `n` ≤ 8 columns of equal width; `head`: its titles. */
void scf_doc_row(struct scf_doc *d, const char *const *cells, size_t n, bool head);

/* ---- documents.c: what each says ---- */

enum scf_enf_document {
    SCF_DOC_APPLICATION,
    SCF_DOC_NOTICE,
    SCF_DOC_CLAUSE,
    SCF_DOC_VERIFICATION_LETTER,
    SCF_DOC_EC_APPLICATION,
    SCF_DOC_SETTLEMENT,
    SCF_DOC_EC_DRAFT,
    SCF_DOC_EC_REFUSAL,
    SCF_DOC_SUCCESSION,
    SCF_ENF_DOCUMENTS
};
extern const char *const scf_enf_document_names[]; /* "application" …, NULL-terminated */
const char *scf_enf_document_title(enum scf_enf_document document); /* Chinese */
/* Why it is not there yet, an English phrase; NULL: it is. */
const char *scf_enf_document_missing(const struct scf_enf_story *s, enum scf_enf_document document);
/* The day as of which the ledger is shown in it: that of the claim, else today. */
int32_t scf_enf_document_day(const struct scf_enf_story *s);
/* `s->owed` is the ledger as of scf_enf_document_day. Only of one that is there. Errors: those of
 * codec/pdf. Any thread. */
enum scf_code scf_enf_document_draw(const struct scf_enf_story *s, enum scf_enf_document document,
                                    struct scf_buf *out, struct scf_error *err) SCF_MUST_CHECK;

#endif
