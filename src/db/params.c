/* Scalar parameters in the binary format. Relies on wire.h for byte order and epoch; array
 * parameters are in params_array.c. */
#include "params_impl.h"

void scf_params_init(struct scf_params *p, struct scf_arena *arena) {
    p->arena = arena;
    p->n = 0;
    p->failed = false;
}

static void add(struct scf_params *p, unsigned type_oid, const char *value, size_t n) {
    SCF_ASSERT(p->n < SCF_MAX_PARAMS);
    if (n > INT_MAX) {
        p->failed = true;
        value = NULL;
        n = 0;
    }
    p->types[p->n] = type_oid;
    p->values[p->n] = value;
    p->lengths[p->n] = (int)n;
    p->n++;
}

void scf_p_null(struct scf_params *p, unsigned type_oid) {
    add(p, type_oid, NULL, 0);
}

char *scf_param_space(struct scf_params *p, unsigned type_oid, size_t n) {
    char *space = n <= INT_MAX ? scf_alloc(p->arena, 1, n) : NULL;
    if (!space)
        p->failed = true;
    add(p, type_oid, space, space ? n : 0);
    return space;
}

static void add_copy(struct scf_params *p, unsigned type_oid, const void *v, size_t n) {
    if (!v) {
        scf_p_null(p, type_oid);
        return;
    }
    char *space = scf_param_space(p, type_oid, n);
    if (space && n > 0)
        memcpy(space, v, n);
}

static void add_int(struct scf_params *p, unsigned type_oid, size_t width, int64_t v) {
    char *space = scf_param_space(p, type_oid, width);
    if (space)
        wire_put(space, width, v);
}

void scf_p_i64(struct scf_params *p, int64_t v) {
    add_int(p, SCF_PG_INT8, 8, v);
}

void scf_p_i32(struct scf_params *p, int32_t v) {
    add_int(p, SCF_PG_INT4, 4, v);
}

void scf_p_i16(struct scf_params *p, int16_t v) {
    add_int(p, SCF_PG_INT2, 2, v);
}

void scf_p_bool(struct scf_params *p, bool v) {
    add_int(p, SCF_PG_BOOL, 1, v);
}

void scf_p_text(struct scf_params *p, const char *v) {
    add_copy(p, SCF_PG_TEXT, v, v ? strlen(v) : 0);
}

void scf_p_str(struct scf_params *p, struct scf_str v) {
    add_copy(p, SCF_PG_TEXT, v.p, v.n);
}

void scf_p_bytes_ref(struct scf_params *p, const void *v, size_t n) {
    add(p, SCF_PG_BYTEA, v, v ? n : 0);
}

void scf_p_hash(struct scf_params *p, const struct scf_hash *v) {
    add_copy(p, SCF_PG_BYTEA, v, sizeof v->b);
}

void scf_p_uuid(struct scf_params *p, const struct scf_uuid *v) {
    add_copy(p, SCF_PG_UUID, v, sizeof v->b);
}

void scf_p_time(struct scf_params *p, int64_t us) {
    add_int(p, SCF_PG_TIMESTAMPTZ, 8, wire_from_us(us));
}

void scf_p_date(struct scf_params *p, int32_t day) {
    add_int(p, SCF_PG_DATE, 4, wire_from_day(day));
}
