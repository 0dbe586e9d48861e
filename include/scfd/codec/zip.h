/* ZIP files in one canonical form: what is written for the same entries is the same bytes, on every
 * machine and with every version of every library, and whatever is not exactly that is refused when
 * it is read. (That is why no library writes them: what libraries put into versions, attributes and
 * times differs from one release to the next, and an evidence bundle is compared byte by byte in
 * ten years.) PKWARE APPNOTE 6.3: entries are stored, not compressed, so that nothing swells when
 * it is read; time 1980-01-01 00:00; names are ASCII, marked as UTF-8; no extra fields, no
 * comments, no data descriptors, no ZIP64. A first entry "mimetype" therefore begins at offset 38,
 * as ASiC (EN 319 162-1, A.1) wants it. Pure; any thread. */
#ifndef SCFD_CODEC_ZIP_H
#define SCFD_CODEC_ZIP_H

#include "scfd/base/buf.h"
#include "scfd/base/text.h"

enum {
    SCF_ZIP_ENTRIES_MAX = 1000,
    SCF_ZIP_NAME_MAX = 120,      /* bytes */
    SCF_ZIP_BYTES_MAX = 64 << 20 /* of the file */
};

struct scf_zip_entry {
    struct scf_str name, bytes;
};

/* 1 to SCF_ZIP_NAME_MAX of [A-Za-z0-9._-] in parts with one '/' between them; no part begins with
 * a dot. */
bool scf_zip_name_valid(struct scf_str name);

/* Appends the file; n ≤ SCF_ZIP_ENTRIES_MAX, names are valid and distinct (the caller's duty). Too
 * large a file sets out->overflow. */
void scf_zip_write(const struct scf_zip_entry *entries, size_t n, struct scf_buf *out);

/* Bytes of the file that scf_zip_write would make of them, however large. */
size_t scf_zip_size(const struct scf_zip_entry *entries, size_t n);

/* The exact inverse. Names and bytes are views into `file`; *ret_n ≤ max. False with *ret_problem
 * (static, one clause) for any other file, also when a name is there twice. */
bool scf_zip_read(struct scf_str file, struct scf_zip_entry *ret, size_t max, size_t *ret_n,
                  const char **ret_problem) SCF_MUST_CHECK;

#endif
