/* Targets as rows. */
#ifndef SCFD_ANCHOR_TARGET_H
#define SCFD_ANCHOR_TARGET_H

#include "scfd/anchor/anchor.h"

struct anchor_target_row {
    struct scf_anchor_target target;
    int64_t last_tick;                     /* −1: none */
    int64_t last_good_us, silent_since_us; /* 0: never, not */
    int64_t version, created_us, updated_us;
};

/* The columns of a target (table alias t) as scf_anchor_target_read reads them. */
#define ANCHOR_TARGET_COLUMNS                                                                      \
    "t.id, t.uid, t.name, t.kind, t.url, t.settings, t.interval_s, t.give_up_after_s,"             \
    " t.renew_before_s, t.silent_after_s, t.active"
enum { ANCHOR_TARGET_COLUMN_COUNT = 11 };
/* From column `col` on. Its texts live as long as the rows. */
struct scf_anchor_target scf_anchor_target_read(const struct scf_rows *rows, int row, int col);

/* NOT_FOUND. `lock`: the row, in a transaction. */
enum scf_code scf_anchor_target_get(struct scf_db *db, struct scf_arena *arena,
                                    const struct scf_uuid *uid, bool lock,
                                    struct anchor_target_row *ret,
                                    struct scf_error *err) SCF_MUST_CHECK;
/* One more than the page holds, if there are. */
enum scf_code scf_anchor_target_list(struct scf_db *db, struct scf_arena *arena,
                                     const struct scf_page *page, struct anchor_target_row **ret,
                                     int *ret_n, struct scf_error *err) SCF_MUST_CHECK;
/* Active targets of a kind, oldest first. */
enum scf_code scf_anchor_target_active(struct scf_db *db, struct scf_arena *arena,
                                       enum scf_anchor_kind kind, struct scf_anchor_target **ret,
                                       int *ret_n, struct scf_error *err) SCF_MUST_CHECK;
/* CONFLICT: the name is taken. `target.id` is not read. */
enum scf_code scf_anchor_target_insert(struct scf_db *db, struct scf_arena *arena,
                                       const struct anchor_target_row *row,
                                       struct scf_error *err) SCF_MUST_CHECK;
/* Ends the alarm of one that is not active any more; makes what is pending of one that is due. */
enum scf_code scf_anchor_target_update(struct scf_db *db, struct scf_arena *arena,
                                       const struct anchor_target_row *row,
                                       struct scf_error *err) SCF_MUST_CHECK;

#endif
