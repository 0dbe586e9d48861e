/* The position of a page as parameters of a list statement. Pure. */
#ifndef SCFD_PARTY_PAGE_PARAMS_H
#define SCFD_PARTY_PAGE_PARAMS_H

#include "scfd/http/http.h"

/* Adds three parameters: time and id after (or, descending, before) which to go on, and one more
 * than the limit. The first page goes on from an end of time, so that one statement whose condition
 * an index can always answer serves every page. */
void scf_page_params(struct scf_params *p, const struct scf_page *page);

#endif
