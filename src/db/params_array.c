/* One-dimensional array parameters in the binary format: five int32 (dimensions, has-null, element
 * type, length, lower bound), then each element as an int32 length (-1 is NULL) and its bytes. An
 * empty array has no dimension. */
#include "params_impl.h"

enum { ARRAY_HEAD = 20, EMPTY_ARRAY = 12, ELEMENT_HEAD = 4, NULL_ELEMENT = -1 };

/* Adds the parameter and writes its head; `bytes` is what the elements take without their lengths.
 * Returns where the elements go, NULL when there are none or no room. */
static char *array_begin(struct scf_params *p, unsigned array_oid, unsigned element_oid,
                         bool has_null, size_t n, size_t bytes) {
    size_t size = EMPTY_ARRAY;
    if (n > 0)
        size = n <= INT_MAX && bytes <= INT_MAX ? ARRAY_HEAD + ELEMENT_HEAD * n + bytes : SIZE_MAX;
    char *at = scf_param_space(p, array_oid, size);
    if (!at)
        return NULL;
    wire_put(at, 4, n > 0);
    wire_put(at + 4, 4, has_null);
    wire_put(at + 8, 4, element_oid);
    if (n == 0)
        return NULL;
    wire_put(at + 12, 4, (int64_t)n);
    wire_put(at + 16, 4, 1);
    return at + ARRAY_HEAD;
}

static char *put_element(char *at, const void *v, size_t n) {
    wire_put(at, 4, v ? (int64_t)n : NULL_ELEMENT);
    if (!v)
        return at + ELEMENT_HEAD;
    memcpy(at + ELEMENT_HEAD, v, n);
    return at + ELEMENT_HEAD + n;
}

/* ---- integers of a fixed width ---- */

struct int_array {
    unsigned array_oid, element_oid;
    size_t width;
    int64_t (*get)(const void *v, size_t i);
};

static int64_t get_i64(const void *v, size_t i) {
    return ((const int64_t *)v)[i];
}

static int64_t get_i32(const void *v, size_t i) {
    return ((const int32_t *)v)[i];
}

static int64_t get_i16(const void *v, size_t i) {
    return ((const int16_t *)v)[i];
}

static int64_t get_time(const void *v, size_t i) {
    return wire_from_us(((const int64_t *)v)[i]);
}

static void int_array(struct scf_params *p, const struct int_array *type, const void *v,
                      const bool *null_mask, size_t n) {
    size_t nulls = 0;
    for (size_t i = 0; null_mask && i < n; i++)
        nulls += null_mask[i];
    char *at = array_begin(p, type->array_oid, type->element_oid, nulls > 0, n,
                           n <= INT_MAX ? type->width * (n - nulls) : SIZE_MAX);
    for (size_t i = 0; at && i < n; i++) {
        char bytes[8];
        bool is_null = null_mask && null_mask[i];
        if (!is_null)
            wire_put(bytes, type->width, type->get(v, i));
        at = put_element(at, is_null ? NULL : bytes, type->width);
    }
}

void scf_p_i64_array(struct scf_params *p, const int64_t *v, const bool *null_mask, size_t n) {
    static const struct int_array type = {SCF_PG_INT8_ARRAY, SCF_PG_INT8, 8, get_i64};
    int_array(p, &type, v, null_mask, n);
}

void scf_p_i32_array(struct scf_params *p, const int32_t *v, const bool *null_mask, size_t n) {
    static const struct int_array type = {SCF_PG_INT4_ARRAY, SCF_PG_INT4, 4, get_i32};
    int_array(p, &type, v, null_mask, n);
}

void scf_p_i16_array(struct scf_params *p, const int16_t *v, size_t n) {
    static const struct int_array type = {SCF_PG_INT2_ARRAY, SCF_PG_INT2, 2, get_i16};
    int_array(p, &type, v, NULL, n);
}

void scf_p_time_array(struct scf_params *p, const int64_t *us, const bool *null_mask, size_t n) {
    static const struct int_array type = {SCF_PG_TIMESTAMPTZ_ARRAY, SCF_PG_TIMESTAMPTZ, 8,
                                          get_time};
    int_array(p, &type, us, null_mask, n);
}

/* ---- bytes ---- */

static void str_array(struct scf_params *p, unsigned array_oid, unsigned element_oid,
                      const struct scf_str *v, size_t n) {
    size_t bytes = 0;
    bool has_null = false;
    for (size_t i = 0; i < n; i++)
        if (!v[i].p)
            has_null = true;
        else if (__builtin_add_overflow(bytes, v[i].n, &bytes))
            bytes = SIZE_MAX;
    char *at = array_begin(p, array_oid, element_oid, has_null, n, bytes);
    for (size_t i = 0; at && i < n; i++)
        at = put_element(at, v[i].p, v[i].n);
}

void scf_p_text_array(struct scf_params *p, const struct scf_str *v, size_t n) {
    str_array(p, SCF_PG_TEXT_ARRAY, SCF_PG_TEXT, v, n);
}

void scf_p_bytes_array(struct scf_params *p, const struct scf_str *v, size_t n) {
    str_array(p, SCF_PG_BYTEA_ARRAY, SCF_PG_BYTEA, v, n);
}

void scf_p_uuid_list(struct scf_params *p, const struct scf_uuid *ids, size_t n) {
    size_t bytes = n <= INT_MAX ? sizeof *ids * n : SIZE_MAX;
    char *at = array_begin(p, SCF_PG_UUID_ARRAY, SCF_PG_UUID, false, n, bytes);
    for (size_t i = 0; at && i < n; i++)
        at = put_element(at, &ids[i], sizeof *ids);
}

void scf_p_uuid_array(struct scf_params *p, const struct scf_uuid *const *v, size_t n) {
    size_t present = 0;
    for (size_t i = 0; i < n; i++)
        present += v[i] != NULL;
    char *at = array_begin(p, SCF_PG_UUID_ARRAY, SCF_PG_UUID, present < n, n,
                           n <= INT_MAX ? sizeof(struct scf_uuid) * present : SIZE_MAX);
    for (size_t i = 0; at && i < n; i++)
        at = put_element(at, v[i], sizeof(struct scf_uuid));
}
