/* Reading the members of a receipt that was parsed: each function notes the JSON pointer of the
 * first member that is missing or wrong, and reading goes on with zeros. Pure. */
#ifndef SCFD_LIMIT_READER_H
#define SCFD_LIMIT_READER_H

#include "scfd/base/id.h"
#include "scfd/codec/digest.h"
#include "scfd/codec/json.h"

enum { SCF_READER_DEPTH = 12, SCF_READER_LIST = 200000 };

struct scf_reader {
    struct scf_arena *arena;
    struct {
        const char *name; /* NULL: an element */
        size_t index;
    } at[SCF_READER_DEPTH];
    int depth;
    const cJSON *object, *last; /* the last member that was found, and where */
    bool failed;
    char bad[256]; /* the pointer, when failed */
};

void scf_rd_enter(struct scf_reader *r, const char *name, size_t index);
void scf_rd_leave(struct scf_reader *r);
/* Unless `sound`, the member `name` (NULL: the element) is noted as wrong. */
void scf_rd_complain(struct scf_reader *r, bool sound, const char *name);

const char *scf_rd_text(struct scf_reader *r, const cJSON *o, const char *name); /* never NULL */
/* 0 … 2^53 − 1, as a number or a string: sums over lists of them fit 64 bits. */
int64_t scf_rd_integer(struct scf_reader *r, const cJSON *o, const char *name);
int64_t scf_rd_ratio(struct scf_reader *r, const cJSON *o, const char *name); /* 0 … 1 */
/* A ratio between the bounds, in millionths. */
int64_t scf_rd_ratio_within(struct scf_reader *r, const cJSON *o, const char *name, int64_t from,
                            int64_t to);
void scf_rd_ratios(struct scf_reader *r, const cJSON *o, const char *name, int64_t *out, int n);
int64_t scf_rd_money(struct scf_reader *r, const cJSON *o, const char *name, int scale); /* ≥ 0 */
int64_t scf_rd_money_any(struct scf_reader *r, const cJSON *o, const char *name, int scale);
bool scf_rd_bool(struct scf_reader *r, const cJSON *o, const char *name);
int32_t scf_rd_day(struct scf_reader *r, const cJSON *o, const char *name);
int64_t scf_rd_time(struct scf_reader *r, const cJSON *o, const char *name);
struct scf_uuid scf_rd_id(struct scf_reader *r, const cJSON *o, const char *name,
                          const char *prefix);
struct scf_uuid scf_rd_id_item(struct scf_reader *r, const cJSON *item, const char *prefix);
struct scf_hash scf_rd_hex(struct scf_reader *r, const cJSON *o, const char *name);
struct scf_hash scf_rd_base64(struct scf_reader *r, const cJSON *o, const char *name);
void scf_rd_currency(struct scf_reader *r, const cJSON *o, char out[4]);
/* The index of a text among `names`; 0 when it is none of them. */
int scf_rd_choice(struct scf_reader *r, const cJSON *o, const char *name, const char *const *names);
/* Whether an optional member is there; it must be a member, which may be null. */
bool scf_rd_has(struct scf_reader *r, const cJSON *o, const char *name);
/* Zeroed room for the elements of an array member, *ret_n of them, the first in *ret_first. */
void *scf_rd_list(struct scf_reader *r, const cJSON *o, const char *name, size_t size,
                  size_t *ret_n, const cJSON **ret_first);

#endif
