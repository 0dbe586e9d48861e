/* Members of a parsed receipt, each with its bounds. Pure. */
#include "reader.h"

#include "scfd/base/clock.h"
#include "scfd/base/money.h"

#define MAX_COUNT INT64_C(9007199254740991)

void scf_rd_enter(struct scf_reader *r, const char *name, size_t index) {
    SCF_ASSERT(r->depth < SCF_READER_DEPTH);
    r->at[r->depth].name = name;
    r->at[r->depth++].index = index;
}

void scf_rd_leave(struct scf_reader *r) {
    r->depth--;
}

static size_t put(char *out, size_t n, size_t size, const char *name, size_t index) {
    int more = name != NULL ? snprintf(out + n, size - n, "/%s", name)
                            : snprintf(out + n, size - n, "/%zu", index);
    return n + (size_t)more < size ? n + (size_t)more : size - 1;
}

void scf_rd_complain(struct scf_reader *r, bool sound, const char *name) {
    if (sound || r->failed)
        return;
    size_t n = 0;
    for (int i = 0; i < r->depth; i++)
        n = put(r->bad, n, sizeof r->bad, r->at[i].name, r->at[i].index);
    if (name != NULL)
        put(r->bad, n, sizeof r->bad, name, 0);
    r->failed = true;
}

/* A member; NULL: there is none. Receipts are read in the order in which they are written, so that
 * it mostly stands behind the one before. */
static const cJSON *find(struct scf_reader *r, const cJSON *o, const char *name) {
    const cJSON *item = o != NULL && o == r->object ? r->last : NULL;
    if (item != NULL && strcmp(item->string, name) != 0) /* an optional one is asked for twice */
        item = item->next;
    if (item == NULL || strcmp(item->string, name) != 0) {
        item = cJSON_IsObject(o) ? o->child : NULL;
        while (item != NULL && strcmp(item->string, name) != 0)
            item = item->next;
    }
    r->object = o;
    r->last = item;
    return item;
}

const char *scf_rd_text(struct scf_reader *r, const cJSON *o, const char *name) {
    const char *value = cJSON_GetStringValue(find(r, o, name));
    scf_rd_complain(r, value != NULL, name);
    return value != NULL ? value : "";
}

int64_t scf_rd_integer(struct scf_reader *r, const cJSON *o, const char *name) {
    int64_t value = 0;
    bool sound = scf_json_item_i64(find(r, o, name), &value) && value >= 0 && value <= MAX_COUNT;
    scf_rd_complain(r, sound, name);
    return sound ? value : 0;
}

static int64_t ratio_of(struct scf_reader *r, const cJSON *item, const char *name, int64_t from,
                        int64_t to) {
    int64_t value = 0;
    bool sound = cJSON_IsString(item) && scf_decimal_parse(scf_str(item->valuestring), 6, &value) &&
                 value >= from && value <= to;
    scf_rd_complain(r, sound, name);
    return sound ? value : 0;
}

int64_t scf_rd_ratio(struct scf_reader *r, const cJSON *o, const char *name) {
    return ratio_of(r, find(r, o, name), name, 0, SCF_PPM);
}

int64_t scf_rd_ratio_within(struct scf_reader *r, const cJSON *o, const char *name, int64_t from,
                            int64_t to) {
    return ratio_of(r, find(r, o, name), name, from, to);
}

void scf_rd_ratios(struct scf_reader *r, const cJSON *o, const char *name, int64_t *out, int n) {
    const cJSON *array = find(r, o, name);
    scf_rd_complain(r, cJSON_IsArray(array) && cJSON_GetArraySize(array) == n, name);
    const cJSON *e = cJSON_IsArray(array) ? array->child : NULL;
    scf_rd_enter(r, name, 0);
    for (int i = 0; i < n && e != NULL; i++, e = e->next) {
        scf_rd_enter(r, NULL, (size_t)i);
        out[i] = ratio_of(r, e, NULL, 0, SCF_PPM);
        scf_rd_leave(r);
    }
    scf_rd_leave(r);
}

int64_t scf_rd_money_any(struct scf_reader *r, const cJSON *o, const char *name, int scale) {
    int64_t value = 0;
    scf_rd_complain(r, scf_money_parse(scf_str(scf_rd_text(r, o, name)), scale, &value), name);
    return value;
}

int64_t scf_rd_money(struct scf_reader *r, const cJSON *o, const char *name, int scale) {
    int64_t value = scf_rd_money_any(r, o, name, scale);
    scf_rd_complain(r, value >= 0, name);
    return value >= 0 ? value : 0;
}

bool scf_rd_bool(struct scf_reader *r, const cJSON *o, const char *name) {
    const cJSON *item = find(r, o, name);
    scf_rd_complain(r, cJSON_IsBool(item), name);
    return cJSON_IsTrue(item);
}

int32_t scf_rd_day(struct scf_reader *r, const cJSON *o, const char *name) {
    int32_t value = 0;
    scf_rd_complain(r, scf_date_parse(scf_str(scf_rd_text(r, o, name)), &value), name);
    return value;
}

int64_t scf_rd_time(struct scf_reader *r, const cJSON *o, const char *name) {
    int64_t value = 0;
    scf_rd_complain(r, scf_time_parse(scf_str(scf_rd_text(r, o, name)), &value), name);
    return value;
}

struct scf_uuid scf_rd_id(struct scf_reader *r, const cJSON *o, const char *name,
                          const char *prefix) {
    struct scf_uuid value = {{0}};
    scf_rd_complain(r, scf_id_parse(prefix, scf_str(scf_rd_text(r, o, name)), &value), name);
    return value;
}

struct scf_uuid scf_rd_id_item(struct scf_reader *r, const cJSON *item, const char *prefix) {
    struct scf_uuid value = {{0}};
    bool sound = cJSON_IsString(item) && scf_id_parse(prefix, scf_str(item->valuestring), &value);
    scf_rd_complain(r, sound, NULL);
    return value;
}

struct scf_hash scf_rd_hex(struct scf_reader *r, const cJSON *o, const char *name) {
    struct scf_hash value = {{0}};
    scf_rd_complain(r, scf_unhex(scf_str(scf_rd_text(r, o, name)), value.b, SCF_HASH_LEN), name);
    return value;
}

struct scf_hash scf_rd_base64(struct scf_reader *r, const cJSON *o, const char *name) {
    struct scf_hash value = {{0}};
    size_t n = 0;
    bool sound = scf_unbase64(scf_str(scf_rd_text(r, o, name)), value.b, SCF_HASH_LEN, &n);
    scf_rd_complain(r, sound && n == SCF_HASH_LEN, name);
    return value;
}

void scf_rd_currency(struct scf_reader *r, const cJSON *o, char out[4]) {
    const char *value = scf_rd_text(r, o, "currency");
    size_t n = strlen(value);
    scf_rd_complain(r, n <= 3, "currency");
    memset(out, 0, 4);
    memcpy(out, value, n <= 3 ? n : 3);
}

int scf_rd_choice(struct scf_reader *r, const cJSON *o, const char *name,
                  const char *const *names) {
    int i = scf_name_index(names, scf_rd_text(r, o, name));
    scf_rd_complain(r, i >= 0, name);
    return i < 0 ? 0 : i;
}

bool scf_rd_has(struct scf_reader *r, const cJSON *o, const char *name) {
    const cJSON *item = find(r, o, name);
    scf_rd_complain(r, item != NULL, name);
    return item != NULL && !cJSON_IsNull(item);
}

void *scf_rd_list(struct scf_reader *r, const cJSON *o, const char *name, size_t size,
                  size_t *ret_n, const cJSON **ret_first) {
    const cJSON *array = find(r, o, name);
    int n = cJSON_IsArray(array) ? cJSON_GetArraySize(array) : 0;
    bool sound = cJSON_IsArray(array) && n <= SCF_READER_LIST;
    void *room = scf_alloc(r->arena, sound ? (size_t)n : 0, size);
    scf_rd_complain(r, sound && room != NULL, name);
    *ret_n = room != NULL && sound ? (size_t)n : 0;
    *ret_first = *ret_n > 0 ? array->child : NULL;
    return room;
}
