/* zlib behind a small window: at most WINDOW plain bytes are in memory, whatever the body inflates
 * to. A body that only an attack would send (a ratio beyond RATIO_MAX) is refused early. */
#define ZLIB_CONST /* next_in points to const */
#include <zlib.h>

#include "gunzip.h"

enum { WINDOW = 32 * 1024, RATIO_MAX = 200, RATIO_FREE = 1024 * 1024, GZIP_ONLY = 15 + 16 };

struct scf_gunzip {
    z_stream z;
    size_t limit, total;
    size_t ahead; /* bytes of the next offer that were inflated already */
    size_t have, given;
    bool ended;
    char window[WINDOW];
};

struct scf_gunzip *scf_gunzip_new(size_t limit) {
    struct scf_gunzip *g = calloc(1, sizeof *g);
    SCF_ASSERT(g != NULL && inflateInit2(&g->z, GZIP_ONLY) == Z_OK);
    g->limit = limit;
    return g;
}

void scf_gunzip_free(struct scf_gunzip *g) {
    if (g == NULL)
        return;
    inflateEnd(&g->z);
    free(g);
}

bool scf_gunzip_complete(const struct scf_gunzip *g) {
    return g->ended && g->given == g->have;
}

/* Fills the window; *ret_idle when nothing more comes out of this input. */
static enum scf_code refill(struct scf_gunzip *g, bool *ret_idle, struct scf_error *err) {
    *ret_idle = g->z.avail_in == 0 && g->ended;
    if (*ret_idle)
        return SCF_OK;
    g->z.next_out = (unsigned char *)g->window;
    g->z.avail_out = WINDOW;
    int state = g->ended ? Z_DATA_ERROR : inflate(&g->z, Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR)
        return scf_fail(err, SCF_E_MALFORMED_REQUEST, "The body is not one valid gzip member.");
    g->ended = state == Z_STREAM_END;
    g->given = 0;
    g->have = WINDOW - g->z.avail_out;
    g->total += g->have;
    *ret_idle = g->have == 0 && g->z.avail_in == 0;
    if (g->total > g->limit)
        return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The inflated body may have at most %zu bytes.",
                        g->limit);
    if (g->total > RATIO_FREE && g->total / RATIO_MAX > g->z.total_in)
        return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The body inflates more than %d times.",
                        RATIO_MAX);
    return SCF_OK;
}

enum scf_code scf_gunzip_feed(struct scf_gunzip *g, const char *bytes, size_t n,
                              scf_gunzip_sink sink, struct scf_request *rq, size_t *ret_taken,
                              struct scf_error *err) {
    SCF_ASSERT(n >= g->ahead && n <= UINT_MAX);
    g->z.next_in = (const unsigned char *)bytes + g->ahead;
    g->z.avail_in = (unsigned)(n - g->ahead);
    for (bool idle = false; !idle;) {
        size_t offered = g->have - g->given, taken = 0;
        bool go_on = offered == 0 || sink(rq, g->window + g->given, offered, &taken);
        g->given += taken;
        if (!go_on) {
            g->ahead = n - g->z.avail_in;
            *ret_taken = 0;
            return SCF_OK;
        }
        enum scf_code code = refill(g, &idle, err);
        if (code != SCF_OK)
            return code;
    }
    g->ahead = 0;
    *ret_taken = n;
    return SCF_OK;
}
