/* Reading a witness's answer (C2SP tlog-witness v1.0.0). Relies on cosignature.c. */
#include "answer.h"

#include "lines.h"
#include "scfd/base/clock.h"

#define AHEAD_US (15 * 60 * SCF_US_PER_SECOND)
#define FIRST_PAUSE_US (2 * SCF_US_PER_SECOND)
#define LONGEST_PAUSE_US (600 * SCF_US_PER_SECOND)

static struct scf_wit_answer refused(const char *problem) {
    return (struct scf_wit_answer){.kind = SCF_WIT_REFUSED, .problem = problem};
}

static struct scf_wit_answer read_cosignature(struct scf_str body, struct scf_str text,
                                              const struct scf_cosigner *key, int64_t now_us) {
    struct scf_wit_answer a = {.kind = SCF_WIT_COSIGNED};
    if (!scf_cosignature_find(body, text, key, &a.line, &a.time_s))
        return refused("its answer holds no valid cosignature by its key");
    if (a.time_s > (now_us + AHEAD_US) / SCF_US_PER_SECOND)
        return refused("its cosignature is from the future");
    return a;
}

/* One decimal number in one line. */
static struct scf_wit_answer read_size(struct scf_str body) {
    struct scf_wit_answer a = {.kind = SCF_WIT_OTHER_SIZE};
    struct scf_str line;
    if (!scf_wit_line(&body, &line) || body.n != 0 || !scf_parse_i64(line, 0, INT64_MAX, &a.size))
        return refused("it answered 409 without the size of a tree");
    return a;
}

struct scf_wit_answer scf_wit_answer_read(int status, struct scf_str body, struct scf_str text,
                                          const struct scf_cosigner *key, int64_t now_us) {
    switch (status) {
    case 200:
        return read_cosignature(body, text, key, now_us);
    case 409:
        return read_size(body);
    case 404:
        return refused("it does not know this chain (404)");
    case 403:
        return refused("it does not take our signature, or has halted the chain (403)");
    case 422:
        return refused("it does not take our consistency proof (422)");
    case 400:
        return refused("it finds our request malformed (400)");
    default:
        return refused("it answered neither a cosignature nor why not");
    }
}

int64_t scf_wit_pause_us(int failures) {
    int64_t pause_us = FIRST_PAUSE_US;
    for (int i = 1; i < failures && pause_us < LONGEST_PAUSE_US; i++)
        pause_us *= 2;
    return pause_us < LONGEST_PAUSE_US ? pause_us : LONGEST_PAUSE_US;
}
