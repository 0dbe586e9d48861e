/* The position of a page as parameters of a list statement. */
#include "scfd/base/clock.h"
#include "scfd/http/http.h"

void scf_p_page_flag(struct scf_params *p, const struct scf_page *page) {
    scf_p_bool(p, page->has_after);
    scf_p_time(p, page->after_time_us);
    scf_p_uuid(p, &page->after_id);
    scf_p_i64(p, page->limit + 1);
}

void scf_p_page_null(struct scf_params *p, const struct scf_page *page) {
    bool after = page != NULL && page->has_after;
    if (after)
        scf_p_time(p, page->after_time_us);
    else
        scf_p_null(p, SCF_PG_TIMESTAMPTZ);
    scf_p_uuid(p, after ? &page->after_id : NULL);
    scf_p_i64(p, page != NULL ? page->limit + 1 : 1);
}

void scf_p_page_edge(struct scf_params *p, const struct scf_page *page) {
    struct scf_uuid edge;
    memset(edge.b, page->descending ? 0xff : 0, sizeof edge.b);
    int64_t edge_us = page->descending ? SCF_TIME_LAST_US : 0;
    scf_p_time(p, page->has_after ? page->after_time_us : edge_us);
    scf_p_uuid(p, page->has_after ? &page->after_id : &edge);
    scf_p_i64(p, page->limit + 1);
}
