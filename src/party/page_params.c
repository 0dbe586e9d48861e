/* The position of a page as parameters of a list statement. */
#include "page_params.h"

#include "scfd/base/clock.h"

void scf_page_params(struct scf_params *p, const struct scf_page *page) {
    struct scf_uuid edge;
    memset(edge.b, page->descending ? 0xff : 0, sizeof edge.b);
    int64_t edge_us = page->descending ? SCF_TIME_LAST_US : 0;
    scf_p_time(p, page->has_after ? page->after_time_us : edge_us);
    scf_p_uuid(p, page->has_after ? &page->after_id : &edge);
    scf_p_i64(p, page->limit + 1);
}
