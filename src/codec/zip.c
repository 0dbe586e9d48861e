/* Canonical ZIP files. Relies on zlib for CRC-32 only.
 *
 * Why not libzip: its releases differ in what they write for versions, attributes and times, and
 * its reader takes what we must refuse (prefixes, gaps, trailing bytes, two answers in the two
 * headers). Stored entries need a page of code, and the test has libzip read the result
 * (tests/unit/codec/test_zip.c), which is the one place that is linked with it. */
#include "scfd/codec/zip.h"

#include <zlib.h>

enum {
    LOCAL_MAGIC = 0x04034b50,
    CENTRAL_MAGIC = 0x02014b50,
    END_MAGIC = 0x06054b50,
    LOCAL_LEN = 30,
    CENTRAL_LEN = 46,
    END_LEN = 22,
    VERSION_NEEDED = 10,   /* stored files */
    MADE_BY = 3 << 8 | 20, /* Unix, so that the mode below counts */
    UTF8_NAME = 1 << 11,
    DATE_1980 = 0x21,
    MODE = 0100644
};

bool scf_zip_name_valid(struct scf_str name) {
    if (name.n == 0 || name.n > SCF_ZIP_NAME_MAX || name.p[name.n - 1] == '/')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        bool first = i == 0 || name.p[i - 1] == '/';
        if (c >= 0x80 || (!isalnum(c) && (first || (c != '.' && c != '/')) && c != '_' && c != '-'))
            return false;
    }
    return true;
}

/* ---- writing ---- */

static void put16(struct scf_buf *out, unsigned v) {
    scf_buf_putc(out, (char)(v & 0xff));
    scf_buf_putc(out, (char)(v >> 8 & 0xff));
}

static void put32(struct scf_buf *out, uint32_t v) {
    put16(out, v & 0xffff);
    put16(out, v >> 16);
}

static uint32_t crc_of(struct scf_str bytes) {
    return (uint32_t)crc32_z(0, (const unsigned char *)bytes.p, bytes.n);
}

/* What local and central headers share. */
static void put_description(struct scf_buf *out, const struct scf_zip_entry *e, uint32_t crc) {
    put16(out, VERSION_NEEDED);
    put16(out, UTF8_NAME);
    put16(out, 0); /* stored */
    put16(out, 0); /* 00:00 */
    put16(out, DATE_1980);
    put32(out, crc);
    put32(out, (uint32_t)e->bytes.n);
    put32(out, (uint32_t)e->bytes.n);
    put16(out, (unsigned)e->name.n);
    put16(out, 0); /* extra field */
}

static void put_central(struct scf_buf *out, const struct scf_zip_entry *e, uint32_t crc,
                        uint32_t offset) {
    put32(out, CENTRAL_MAGIC);
    put16(out, MADE_BY);
    put_description(out, e, crc);
    put16(out, 0); /* comment */
    put16(out, 0); /* disk */
    put16(out, 0); /* internal attributes */
    put32(out, (uint32_t)MODE << 16);
    put32(out, offset);
    scf_buf_put(out, e->name.p, e->name.n);
}

size_t scf_zip_size(const struct scf_zip_entry *entries, size_t n) {
    size_t size = END_LEN;
    for (size_t i = 0; i < n; i++)
        size += LOCAL_LEN + CENTRAL_LEN + 2 * entries[i].name.n + entries[i].bytes.n;
    return size;
}

void scf_zip_write(const struct scf_zip_entry *entries, size_t n, struct scf_buf *out) {
    uint32_t crcs[SCF_ZIP_ENTRIES_MAX], offsets[SCF_ZIP_ENTRIES_MAX];
    size_t begin = out->len;
    SCF_ASSERT(n <= SCF_ZIP_ENTRIES_MAX);
    for (size_t i = 0; i < n; i++) {
        if (entries[i].bytes.n > SCF_ZIP_BYTES_MAX) {
            out->overflow = true;
            return;
        }
        crcs[i] = crc_of(entries[i].bytes);
        offsets[i] = (uint32_t)(out->len - begin);
        put32(out, LOCAL_MAGIC);
        put_description(out, &entries[i], crcs[i]);
        scf_buf_put(out, entries[i].name.p, entries[i].name.n);
        scf_buf_put(out, entries[i].bytes.p, entries[i].bytes.n);
    }
    uint32_t central = (uint32_t)(out->len - begin);
    for (size_t i = 0; i < n; i++)
        put_central(out, &entries[i], crcs[i], offsets[i]);
    uint32_t size = (uint32_t)(out->len - begin) - central;
    put32(out, END_MAGIC);
    put16(out, 0); /* this disk */
    put16(out, 0); /* the directory's disk */
    put16(out, (unsigned)n);
    put16(out, (unsigned)n);
    put32(out, size);
    put32(out, central);
    put16(out, 0); /* comment */
    out->overflow |= out->len - begin > SCF_ZIP_BYTES_MAX;
}

/* ---- reading ---- */

static uint32_t get32(const char *p) {
    const unsigned char *b = (const unsigned char *)p;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* Cuts the entry at the front off; only its lengths are believed, the rest is compared later. */
static bool take_entry(struct scf_str *rest, struct scf_zip_entry *ret) {
    if (rest->n < LOCAL_LEN || get32(rest->p) != LOCAL_MAGIC)
        return false;
    size_t name = get32(rest->p + 26) & 0xffff, bytes = get32(rest->p + 22);
    if (name > rest->n - LOCAL_LEN || bytes > rest->n - LOCAL_LEN - name)
        return false;
    ret->name = (struct scf_str){rest->p + LOCAL_LEN, name};
    ret->bytes = (struct scf_str){rest->p + LOCAL_LEN + name, bytes};
    rest->p += LOCAL_LEN + name + bytes;
    rest->n -= LOCAL_LEN + name + bytes;
    return true;
}

static bool is_there(const struct scf_zip_entry *entries, size_t n, struct scf_str name) {
    for (size_t i = 0; i < n; i++)
        if (scf_str_eq(entries[i].name, name))
            return true;
    return false;
}

static bool is_canonical(struct scf_str file, const struct scf_zip_entry *entries, size_t n) {
    struct scf_buf again;
    scf_buf_init(&again, file.n + 1);
    scf_zip_write(entries, n, &again);
    bool same = !again.overflow && again.len == file.n && memcmp(again.data, file.p, file.n) == 0;
    scf_buf_free(&again);
    return same;
}

static bool refuse(const char **ret_problem, const char *problem) {
    *ret_problem = problem;
    return false;
}

bool scf_zip_read(struct scf_str file, struct scf_zip_entry *ret, size_t max, size_t *ret_n,
                  const char **ret_problem) {
    size_t n = 0;
    struct scf_str rest = file;
    if (file.n > SCF_ZIP_BYTES_MAX)
        return refuse(ret_problem, "it is too large");
    while (rest.n >= 4 && get32(rest.p) == LOCAL_MAGIC) {
        struct scf_zip_entry entry;
        if (!take_entry(&rest, &entry))
            return refuse(ret_problem, "an entry is cut off");
        if (!scf_zip_name_valid(entry.name))
            return refuse(ret_problem, "an entry has a name that is not allowed");
        if (is_there(ret, n, entry.name))
            return refuse(ret_problem, "an entry is there twice");
        if (n == max || n == SCF_ZIP_ENTRIES_MAX)
            return refuse(ret_problem, "it has too many entries");
        ret[n++] = entry;
    }
    if (!is_canonical(file, ret, n))
        return refuse(ret_problem, "its bytes are not those of a canonical ZIP of its entries");
    *ret_n = n;
    return true;
}
