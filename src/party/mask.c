/* Masking of identity and account numbers, and the computed state of qualifications. */
#include "mask.h"

#include "scfd/base/clock.h"
#include "scfd/codec/json.h"

static const char *const SECRET_MEMBERS[] = {"id_number", "account_no", "bank_account"};
enum { SHOWN = 4, EXPIRING_DAYS = 30 };

static bool is_secret(const char *name) {
    for (size_t i = 0; name && i < SCF_COUNT(SECRET_MEMBERS); i++)
        if (strcmp(name, SECRET_MEMBERS[i]) == 0)
            return true;
    return false;
}

/* Byte offset at which the last SHOWN characters of valid UTF-8 begin; the end when there are no
 * more than these. */
static size_t shown_from(const char *text, size_t n) {
    size_t characters = scf_utf8_length(text, n);
    if (characters <= SHOWN)
        return n;
    size_t at = n;
    for (int left = SHOWN; left > 0; left--)
        do
            at--;
        while (((unsigned char)text[at] & 0xc0) == 0x80);
    return at;
}

static bool mask_text(cJSON *item) {
    const char *text = item->valuestring;
    size_t n = strlen(text), from = shown_from(text, n);
    size_t stars = scf_utf8_length(text, from);
    char *masked = malloc(stars + (n - from) + 1);
    if (masked == NULL)
        return false;
    memset(masked, '*', stars);
    memcpy(masked + stars, text + from, n - from + 1);
    bool ok = cJSON_SetValuestring(item, masked) != NULL;
    free(masked);
    return ok;
}

/* A number in place of text shows every digit it has: it is replaced as a whole. */
static bool mask_item(cJSON *item) {
    if (cJSON_IsString(item))
        return mask_text(item);
    if (cJSON_IsNumber(item))
        cJSON_SetNumberValue(item, 0);
    return true;
}

/* Recursion is bounded by the depth the scanner let in. */
bool scf_profile_mask(cJSON *profile) {
    cJSON *item;
    cJSON_ArrayForEach(item, profile) {
        bool ok = is_secret(item->string) ? mask_item(item) : true;
        if (!ok || !scf_profile_mask(item))
            return false;
    }
    return true;
}

static const char *status_on(const cJSON *qualification, int32_t today) {
    const char *text = scf_json_string(qualification, "valid_until");
    int32_t until;
    if (text == NULL || !scf_date_parse(scf_str(text), &until))
        return "valid";
    if (today > until)
        return "expired";
    return today >= until - EXPIRING_DAYS ? "expiring" : "valid";
}

bool scf_profile_add_status(cJSON *profile, int32_t today) {
    cJSON *list = cJSON_GetObjectItemCaseSensitive(profile, "qualifications");
    cJSON *one;
    cJSON_ArrayForEach(one, list) {
        if (!cJSON_IsObject(one))
            continue;
        cJSON_DeleteItemFromObjectCaseSensitive(one, "status");
        if (cJSON_AddStringToObject(one, "status", status_on(one, today)) == NULL)
            return false;
    }
    return true;
}
