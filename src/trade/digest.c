/* The digest of a body: the same JSON with fewer members. Account numbers become digests, so that
 * facts compare them without holding them, and so do long names, so that facts stay small. Relies
 * on bodies being valid (intake). */
#include "fact.h"

#include "scfd/codec/jsonw.h"

/* Which members stay. `members` NULL: a scalar, or a list of scalars. */
struct kept {
    const char *name;
    const struct kept *members;
    bool account, goods;
};

#define PLAIN(member)                                                                              \
    { .name = (member) }
#define OBJECT(member, list)                                                                       \
    { .name = (member), .members = (list) }
#define ACCOUNT(member)                                                                            \
    { .name = (member), .account = true }
#define GOODS(member)                                                                              \
    { .name = (member), .goods = true }
#define END                                                                                        \
    { .name = NULL }

static const struct kept event_line[] = {PLAIN("item_code"), PLAIN("gtin"), PLAIN("quantity"),
                                         PLAIN("unit"), END};
static const struct kept ref[] = {PLAIN("type"), PLAIN("value"), END};
static const struct kept error_declaration[] = {PLAIN("reason"), END};
static const struct kept shipment[] = {PLAIN("waybill_no"), PLAIN("mode"),     PLAIN("distance_km"),
                                       PLAIN("weight_kg"),  PLAIN("vehicles"), END};
static const struct kept event_payment[] = {PLAIN("payer_id"), ACCOUNT("payer_account_no"),
                                            ACCOUNT("payee_account_no"), END};
static const struct kept event[] = {PLAIN("step"),
                                    PLAIN("occurred_at"),
                                    PLAIN("actor_enterprise_id"),
                                    PLAIN("counterparty_id"),
                                    PLAIN("completion_percent"),
                                    PLAIN("milestone_code"),
                                    PLAIN("currency"),
                                    OBJECT("error_declaration", error_declaration),
                                    OBJECT("items", event_line),
                                    OBJECT("business_refs", ref),
                                    OBJECT("shipment", shipment),
                                    OBJECT("payment", event_payment),
                                    END};

static const struct kept invoice_line[] = {PLAIN("item_code"), GOODS("goods_name"), PLAIN("unit"),
                                           PLAIN("quantity"),  PLAIN("unit_price"), PLAIN("amount"),
                                           PLAIN("tax_rate"),  PLAIN("tax_amount"), END};
static const struct kept party[] = {ACCOUNT("bank_account"), END};
static const struct kept verification[] = {PLAIN("status"), END};
static const struct kept financing[] = {PLAIN("status"), END};
static const struct kept invoice_payment[] = {PLAIN("paid_amount"), END};
static const struct kept invoice[] = {PLAIN("kind"),
                                      PLAIN("invoice_no"),
                                      PLAIN("issued_on"),
                                      PLAIN("due_on"),
                                      OBJECT("seller", party),
                                      OBJECT("buyer", party),
                                      PLAIN("currency"),
                                      OBJECT("lines", invoice_line),
                                      PLAIN("red_invoice"),
                                      PLAIN("original_invoice_no"),
                                      PLAIN("workflow_event_ids"),
                                      OBJECT("verification", verification),
                                      PLAIN("tax_status"),
                                      PLAIN("booked"),
                                      OBJECT("payment", invoice_payment),
                                      OBJECT("financing", financing),
                                      END};
static const struct kept contract[] = {PLAIN("signed_on"), END};

static const struct kept *const kept_of[] = {
    [SCF_REC_CONTRACT] = contract, [SCF_REC_WORKFLOW_EVENT] = event, [SCF_REC_INVOICE] = invoice};

static void write_object(struct scf_jsonw *w, const char *key, const cJSON *object,
                         const struct kept *members);

enum { LONG_NAME = 60 }; /* bytes from which a digest is shorter */

static void write_text(struct scf_jsonw *w, const char *key, const char *text,
                       const struct kept *k) {
    char digest[SCF_KEY_AS_TEXT];
    if (!k->account && !(k->goods && strlen(text) > LONG_NAME)) {
        scf_jw_str(w, key, text);
        return;
    }
    struct scf_uuid of = k->account ? scf_fact_account_key(text) : scf_fact_goods_key(text);
    scf_fact_key_text(&of, digest);
    scf_jw_str(w, key, digest);
}

static void write_value(struct scf_jsonw *w, const char *key, const cJSON *item,
                        const struct kept *k) {
    char number[SCF_JSON_MAX_NUMBER + 1];
    const cJSON *element;
    if (cJSON_IsArray(item)) {
        scf_jw_array(w, key);
        cJSON_ArrayForEach(element, item) write_value(w, NULL, element, k);
        scf_jw_end_array(w);
    } else if (cJSON_IsObject(item)) {
        if (k->members != NULL)
            write_object(w, key, item, k->members);
    } else if (cJSON_IsString(item)) {
        write_text(w, key, item->valuestring, k);
    } else if (cJSON_IsBool(item)) {
        scf_jw_bool(w, key, cJSON_IsTrue(item));
    } else if (scf_json_decimal_text(item, number, sizeof number)) {
        scf_jw_raw(w, key, number, strlen(number));
    }
}

static void write_object(struct scf_jsonw *w, const char *key, const cJSON *object,
                         const struct kept *members) {
    scf_jw_object(w, key);
    for (const struct kept *k = members; k->name != NULL; k++) {
        const cJSON *item = scf_json_get(object, k->name);
        if (item != NULL)
            write_value(w, k->name, item, k);
    }
    scf_jw_end_object(w);
}

void scf_fact_digest(enum scf_record_kind kind, const cJSON *body, struct scf_buf *out) {
    struct scf_jsonw w = scf_jsonw(out);
    SCF_ASSERT((size_t)kind < SCF_COUNT(kept_of) && kept_of[kind] != NULL);
    write_object(&w, NULL, body, kept_of[kind]);
}
