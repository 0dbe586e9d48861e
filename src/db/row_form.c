/* Statements whose rows are read as structs. */
#include "scfd/db/db.h"

enum scf_code scf_db_one(struct scf_db *db, const struct scf_stmt *stmt,
                         const struct scf_params *params, struct scf_arena *arena,
                         const struct scf_row_form *form, void *ret, struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = scf_db_run(db, stmt, params, arena, &rows, err);
    if (code != SCF_OK)
        return code;
    if (scf_rows_count(rows) == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "%s", form->missing);
    form->read(rows, 0, ret);
    return SCF_OK;
}

void *scf_db_list(struct scf_db *db, const struct scf_stmt *stmt, const struct scf_params *params,
                  struct scf_arena *arena, const struct scf_row_form *form, int *ret_n,
                  struct scf_error *err) {
    struct scf_rows *rows;
    if (scf_db_run(db, stmt, params, arena, &rows, err) != SCF_OK)
        return NULL;
    int n = scf_rows_count(rows);
    char *list = scf_alloc(arena, (size_t)n, form->size);
    if (list == NULL) {
        scf_fail_memory(err);
        return NULL;
    }
    for (int i = 0; i < n; i++)
        form->read(rows, i, list + (size_t)i * form->size);
    *ret_n = n;
    return list;
}
