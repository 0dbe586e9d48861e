/* GET /v1/limit-accounts, /v1/limit-accounts/{id}, …/{id}/entries. */
#include "api.h"
#include "hold.h"
#include "stop.h"

#include "scfd/codec/body.h"
#include "scfd/http/answer.h"

enum { ANSWER_MAX = 64 << 10, FILTER_TEXT = 200 };

static void write_account(struct scf_jsonw *w, const struct scf_account_item *item) {
    const struct scf_account *a = &item->account;
    int scale = scf_hold_scale(a->currency);
    scf_jw_id(w, "id", "lac", &a->id);
    scf_jw_str(w, "object", "limit_account");
    scf_jw_id(w, "borrower_id", "ent", &a->borrower_id);
    if (!scf_uuid_is_nil(&item->contract_id))
        scf_jw_id(w, "contract_id", "ctr", &item->contract_id);
    scf_jw_str(w, "currency", a->currency);
    scf_jw_money(w, "granted", a->granted, scale);
    scf_jw_money(w, "initial", a->initial, scale);
    scf_jw_money(w, "increments", a->increments, scale);
    scf_jw_money(w, "held", a->held, scale);
    scf_jw_money(w, "used", a->used, scale);
    scf_jw_money(w, "available", scf_account_available(a), scale);
    scf_jw_bool(w, "frozen", a->frozen);
    scf_jw_time(w, "created_at", item->created_us);
    scf_jw_i64(w, "version", a->entries);
}

/* ---- lists ---- */

static enum scf_code read_id(struct scf_request *rq, const char *name, const char *prefix,
                             struct scf_uuid *ret, struct scf_error *err) {
    const char *text = scf_rq_query(rq, name);
    if (text == NULL || scf_id_parse(prefix, scf_str(text), ret))
        return SCF_OK;
    return scf_fail(err, SCF_E_INVALID_PARAMETER, "%s is an identifier that begins with %s_.", name,
                    prefix);
}

static struct scf_position write_listed(struct scf_jsonw *w, const void *ctx, int i) {
    const struct scf_account_item *item = (const struct scf_account_item *)ctx + i;
    write_account(w, item);
    return (struct scf_position){item->created_us, item->account.id};
}

void scf_list_accounts(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_page page;
    struct scf_account_filter filter = {.actor = scf_rq_actor(rq), .page = &page};
    struct scf_account_item *items;
    char text[FILTER_TEXT];
    int n;
    const char *borrower = scf_rq_query(rq, "borrower_id"),
               *contract = scf_rq_query(rq, "contract_id");
    snprintf(text, sizeof text, "limit-accounts %.60s %.60s", borrower ? borrower : "",
             contract ? contract : "");
    enum scf_code code = read_id(rq, "borrower_id", "ent", &filter.borrower_id, &err);
    if (code == SCF_OK)
        code = read_id(rq, "contract_id", "ctr", &filter.contract_id, &err);
    if (code == SCF_OK)
        code = scf_page_read(rq, text, &page, &err);
    if (code == SCF_OK)
        code = scf_account_select(scf_rq_db(rq), scf_rq_arena(rq), &filter, &items, &n, &err);
    if (code != SCF_OK)
        scf_reply_error(rq, &err);
    else
        scf_reply_page(rq, &page, text, items, n, write_listed);
}

/* ---- one ---- */

static enum scf_code find(struct scf_request *rq, struct scf_account_item **ret,
                          struct scf_error *err) {
    struct scf_account_filter filter = {.actor = scf_rq_actor(rq)};
    int n;
    enum scf_code code = scf_rq_path_id(rq, "id", "lac", &filter.id, err);
    return code == SCF_OK
               ? scf_account_select(scf_rq_db(rq), scf_rq_arena(rq), &filter, ret, &n, err)
               : code;
}

void scf_get_account(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_account_item *item;
    if (find(rq, &item, &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf out;
    scf_buf_init(&out, ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    write_account(&w, item);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, 200, item->account.entries, &out);
}

/* ---- entries ---- */

struct entries {
    const struct scf_entry_item *items;
    int scale;
};

static struct scf_position write_entry(struct scf_jsonw *w, const void *ctx, int i) {
    const struct entries *list = ctx;
    const struct scf_entry_item *e = &list->items[i];
    scf_jw_i64(w, "seq", e->seq);
    scf_jw_str(w, "type", scf_entry_type_names[e->type]);
    scf_jw_money(w, "granted", e->granted, list->scale);
    scf_jw_money(w, "held", e->held, list->scale);
    scf_jw_money(w, "used", e->used, list->scale);
    scf_jw_id(w, "source_id", e->source_prefix, &e->source_id);
    if (e->period != NULL)
        scf_jw_str(w, "period", e->period);
    scf_jw_time(w, "created_at", e->created_us);
    return (struct scf_position){e->created_us, e->position};
}

/* ---- lifting a stop ---- */

void scf_unfreeze_account(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_account_item *item;
    const cJSON *body = NULL;
    const struct scf_services *services = scf_rq_app(rq);
    struct scf_unfreezing u = {.arena = scf_rq_arena(rq),
                               .admin = scf_rq_actor(rq),
                               .platform_id = services->installation.platform_id};
    enum scf_code code = find(rq, &item, &err);
    if (code == SCF_OK)
        code = scf_rq_valid_body(rq, NULL, &body, NULL, &err);
    if (code == SCF_OK) {
        u.account = &item->account;
        u.reason = scf_json_string(body, "reason");
        code = scf_tx_run(scf_rq_db(rq), scf_account_unfreeze, &u, &err);
    }
    if (code != SCF_OK)
        scf_reply_error(rq, &err);
    else
        scf_get_account(rq);
}

void scf_list_entries(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_account_item *account;
    struct scf_entry_item *items;
    struct scf_page page;
    char text[FILTER_TEXT];
    int n;
    enum scf_code code = find(rq, &account, &err);
    snprintf(text, sizeof text, "limit-entries %.*s", (int)scf_rq_param(rq, "id").n,
             scf_rq_param(rq, "id").p);
    if (code == SCF_OK)
        code = scf_page_read(rq, text, &page, &err);
    if (code == SCF_OK)
        code = scf_entry_select(scf_rq_db(rq), scf_rq_arena(rq), scf_rq_actor(rq),
                                &account->account.id, &page, &items, &n, &err);
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    const struct entries list = {items, scf_hold_scale(account->account.currency)};
    scf_reply_page(rq, &page, text, &list, n, write_entry);
}
