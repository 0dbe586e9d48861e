/* What a reader trusts: a text of lines, each of which begins with the kind that it is for. Other
 * kinds' lines and whatever else stands there (certificates in PEM) are passed over. Pure. */
#ifndef SCFD_ANCHOR_TRUST_H
#define SCFD_ANCHOR_TRUST_H

#include "scfd/base/text.h"

enum { TRUST_WORDS = 4 };

/* The next line of `*rest` whose first word is `kind`, cut at single blanks into at most
 * TRUST_WORDS words; *ret_n is how many it has, 0 when it has more. False: there are no more such
 * lines. */
bool trust_next(struct scf_str *rest, const char *kind, struct scf_str words[TRUST_WORDS],
                size_t *ret_n) SCF_MUST_CHECK;

#endif
