/* The table behind enum scf_code, and lists of faults. Everything is generated from errors.def, so
 * that a code cannot exist without its class, status, slug and titles. */
#include "scfd/base/err.h"
#include "scfd/base/arena.h"

struct code_info {
    enum scf_class class;
    int status;
    const char *slug;
    const char *title_en;
    const char *title_zh;
};

static const struct code_info codes[SCF_CODE_COUNT] = {
    [SCF_OK] = {SCF_CLASS_OK, 200, "ok", "OK", "成功"},
#define SCF_ERROR(NAME, CLASS, STATUS, SLUG, TITLE_EN, TITLE_ZH)                                   \
    [SCF_E_##NAME] = {SCF_CLASS_##CLASS, STATUS, SLUG, TITLE_EN, TITLE_ZH},
#include "scfd/base/errors.def"
#undef SCF_ERROR
};

static const struct code_info *info(enum scf_code code) {
    SCF_ASSERT((unsigned)code < SCF_CODE_COUNT);
    return &codes[code];
}

enum scf_code scf_fail(struct scf_error *err, enum scf_code code, const char *format, ...) {
    if (!err)
        return code;
    err->code = code;
    err->note[0] = '\0';
    err->faults = NULL;
    err->members_json = NULL;
    va_list args;
    va_start(args, format);
    vsnprintf(err->detail, sizeof err->detail, format, args);
    va_end(args);
    return code;
}

enum scf_code scf_fail_memory(struct scf_error *err) {
    return scf_fail(err, SCF_E_OVERLOADED, "The server is out of memory for this request.");
}

enum scf_code scf_note(struct scf_error *err, const char *format, ...) {
    SCF_ASSERT(err);
    va_list args;
    va_start(args, format);
    vsnprintf(err->note, sizeof err->note, format, args);
    va_end(args);
    return err->code;
}

enum scf_class scf_code_class(enum scf_code code) {
    return info(code)->class;
}

int scf_code_status(enum scf_code code) {
    return info(code)->status;
}

const char *scf_code_slug(enum scf_code code) {
    return info(code)->slug;
}

const char *scf_code_title(enum scf_code code, bool chinese) {
    return chinese ? info(code)->title_zh : info(code)->title_en;
}

/* False when the arena is full; the fault is then only counted. */
static bool make_room(struct scf_faults *faults) {
    if (faults->count < faults->capacity)
        return true;
    size_t capacity = faults->capacity ? faults->capacity * 2 : 8;
    struct scf_fault *items = scf_alloc(faults->arena, capacity, sizeof *items);
    if (!items)
        return false;
    if (faults->count)
        memcpy(items, faults->items, faults->count * sizeof *items);
    faults->items = items;
    faults->capacity = capacity;
    return true;
}

void scf_fault_add(struct scf_faults *faults, const char *pointer, const char *code,
                   const char *format, ...) {
    if (faults->count >= SCF_MAX_FAULTS || !make_room(faults)) {
        faults->dropped++;
        return;
    }
    char detail[256];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    const char *own_pointer = scf_strdup(faults->arena, pointer);
    const char *own_detail = scf_strdup(faults->arena, detail);
    if (!own_pointer || !own_detail) {
        faults->dropped++;
        return;
    }
    faults->items[faults->count++] = (struct scf_fault){own_pointer, code, own_detail};
}
