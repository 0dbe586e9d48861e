/* What the three selects share: parameters, the columns of the record, and the list of items. */
#include "view.h"

static void read_filed(const struct scf_rows *rows, int row, struct scf_filed *ret) {
    *ret = (struct scf_filed){
        .id = scf_rows_uuid(rows, row, 0),
        .lender_id = scf_rows_uuid(rows, row, 1),
        .leaf_index = scf_rows_i64(rows, row, 2),
        .leaf_hash = scf_rows_hash(rows, row, 3),
        .body_sha256 = scf_rows_hash(rows, row, 4),
        .external_id = scf_rows_str(rows, row, 5),
        .received_us = scf_rows_time(rows, row, 7),
        .offset_minutes = (int)scf_rows_i64(rows, row, 8),
        .version = scf_rows_i64(rows, row, 9),
        .created_us = scf_rows_time(rows, row, 10),
    };
    if (!scf_rows_null(rows, row, 6))
        ret->body = scf_rows_str(rows, row, 6);
}

static const struct scf_uuid *or_any(const struct scf_uuid *id) {
    return scf_uuid_is_nil(id) ? NULL : id;
}

/* The narrowest question first: a list is found by the first filter that it has. */
static const struct scf_stmt *choose(const struct scf_lending_stmts *stmts,
                                     const struct scf_lending_filter *filter) {
    if (filter->page == NULL)
        return &stmts->one;
    bool down = filter->page->descending;
    if (filter->loan_no != NULL)
        return &stmts->number[down];
    if (!scf_uuid_is_nil(&filter->of))
        return &stmts->of[down];
    if (!scf_uuid_is_nil(&filter->borrower_id))
        return &stmts->borrower[down];
    return filter->actor->admin ? &stmts->all[down] : &stmts->seen[down];
}

static enum scf_code run(struct scf_db *db, struct scf_arena *arena,
                         const struct scf_lending_stmts *stmts,
                         const struct scf_lending_filter *filter, struct scf_rows **ret,
                         struct scf_error *err) {
    const struct scf_page *page = filter->page;
    struct scf_params p;
    scf_params_init(&p, arena);
    scf_p_uuid(&p, filter->actor->admin ? NULL : &filter->actor->node_id);
    scf_p_uuid(&p, or_any(&filter->id));
    scf_p_uuid(&p, or_any(&filter->of));
    scf_p_uuid(&p, or_any(&filter->borrower_id));
    scf_p_text(&p, filter->loan_no);
    scf_p_page_null(&p, page);
    enum scf_code code = scf_db_run(db, choose(stmts, filter), &p, arena, ret, err);
    if (code == SCF_OK && page == NULL && scf_rows_count(*ret) == 0)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such resource.");
    return code;
}

enum scf_code scf_lending_select(struct scf_db *db, struct scf_arena *arena,
                                 const struct scf_lending_stmts *stmts,
                                 const struct scf_lending_filter *filter, void **ret, int *ret_n,
                                 struct scf_error *err) {
    struct scf_rows *rows;
    enum scf_code code = run(db, arena, stmts, filter, &rows, err);
    if (code != SCF_OK)
        return code;
    int n = scf_rows_count(rows);
    char *list = scf_alloc(arena, (size_t)n, stmts->size);
    if (list == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "The page is too large.");
    for (int i = 0; code == SCF_OK && i < n; i++) {
        void *item = list + (size_t)i * stmts->size;
        read_filed(rows, i, item);
        code = stmts->read(rows, i, arena, item, err);
    }
    if (code != SCF_OK)
        return code;
    *ret = list;
    *ret_n = n;
    return SCF_OK;
}
