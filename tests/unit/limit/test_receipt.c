/* Receipts: the same bytes again, recomputed from the JSON alone; whatever single value is altered,
 * added or left out is named by its pointer. */
#include <setjmp.h>
#include <cmocka.h>

#include "rich_inputs.h"
#include "scfd/limit/receipt.h"

static struct scf_arena *arena;

static char *take(struct scf_buf *out) {
    assert_false(out->overflow);
    char *text = scf_strndup(arena, out->data, out->len);
    scf_buf_free(out);
    assert_non_null(text);
    return text;
}

static char *receipt_of(enum scf_assessment_kind kind, enum scf_product product) {
    struct scf_limit_result result;
    struct scf_buf out;
    struct scf_limit_inputs in = rich_inputs(arena, kind, product);
    assert_true(scf_limit_compute(&in, arena, &result));
    scf_buf_init(&out, 1 << 20);
    scf_receipt_write(&in, &result, &out);
    return take(&out);
}

static char *receipt(void) {
    return receipt_of(SCF_KIND_INITIAL, SCF_PRODUCT_RECEIVABLE);
}

static char *lender_receipt(void) {
    struct scf_limit_result result;
    struct scf_lender_result own;
    struct scf_buf out;
    struct scf_limit_inputs in = rich_inputs(arena, SCF_KIND_INITIAL, SCF_PRODUCT_ORDER);
    struct scf_lender_inputs lender = rich_lender();
    char *shared = receipt_of(SCF_KIND_INITIAL, SCF_PRODUCT_ORDER);
    assert_true(scf_limit_compute(&in, arena, &result));
    scf_lender_limit_compute(&in, &result, &lender, &own);
    scf_buf_init(&out, 1 << 20);
    scf_lender_receipt_write(scf_str(shared), &in, &lender, &own, &out);
    return take(&out);
}

static struct scf_buf report;

static bool verify(const char *text) {
    scf_buf_clear(&report);
    bool ok = scf_receipt_verify(scf_str(text), &report);
    assert_non_null(report.data);
    assert_true((strstr(report.data, "FAIL") == NULL) == ok);
    return ok;
}

/* It fails, and names this pointer and no other. */
static void assert_names(const char *text, const char *pointer) {
    char wanted[600];
    if (verify(text))
        fail_msg("%s may be altered unseen", pointer);
    snprintf(wanted, sizeof wanted, "FAIL  %s ", pointer);
    const char *at = strstr(report.data, "FAIL");
    if (strncmp(at, wanted, strlen(wanted)) != 0 || strstr(at + 1, "FAIL") != NULL)
        fail_msg("altering %s is reported as: %s", pointer, at);
}

static int set_up(void **state) {
    (void)state;
    arena = scf_arena_new(256 << 20);
    scf_buf_init(&report, 1 << 16);
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    scf_buf_free(&report);
    scf_arena_free(arena);
    return 0;
}

static void holds_and_is_stable(void **state) {
    (void)state;
    static const enum scf_assessment_kind kinds[] = {SCF_KIND_INITIAL, SCF_KIND_INCREMENTAL,
                                                     SCF_KIND_PERIODIC};
    for (size_t i = 0; i < SCF_COUNT(kinds); i++) {
        for (int product = 0; product < 2; product++) {
            char *text = receipt_of(kinds[i], (enum scf_product)product);
            assert_true(verify(text));
            assert_string_equal(text, receipt_of(kinds[i], (enum scf_product)product));
            assert_non_null(strstr(text, "\"format\":\"scfd-receipt/v2\""));
        }
    }
    assert_true(verify(lender_receipt()));
}

/* White space does not matter to a verifier, nor a line feed at the end. */
static void survives_reformatting(void **state) {
    (void)state;
    const char *const texts[] = {receipt(), lender_receipt()};
    for (size_t i = 0; i < SCF_COUNT(texts); i++) {
        cJSON *json = cJSON_Parse(texts[i]);
        char *pretty = cJSON_Print(json);
        assert_true(verify(pretty));
        cJSON_free(pretty);
        cJSON_Delete(json);
        assert_true(verify(scf_asprintf(arena, "%s\n", texts[i])));
    }
}

/* ---- altering one value after another ---- */

struct flips {
    cJSON *root;
    size_t count;
};

/* Another value of the same type that may well stand there. */
static void flip(cJSON *item) {
    if (cJSON_IsBool(item)) {
        item->type = cJSON_IsTrue(item) ? cJSON_False : cJSON_True;
    } else if (cJSON_IsNumber(item)) {
        cJSON_SetNumberValue(item, item->valuedouble + 1);
    } else if (cJSON_IsString(item) && item->valuestring[0] != '\0') {
        size_t n = strlen(item->valuestring), at = n - 1;
        while (at > 0 && (item->valuestring[at] < '0' || item->valuestring[at] > '9'))
            at--; /* a digit, if there is one: it may well read as a value again */
        char c = item->valuestring[at];
        item->valuestring[at] = c == '9' || c == 'z' ? (char)(c - 1) : (char)(c + 1);
    } else if (cJSON_IsString(item)) {
        item->valuestring = strdup("x"); /* the empty string leaks with the document */
    } else {
        item->type = cJSON_True;
    }
}

static void flip_each(struct flips *f, cJSON *item, char *path, size_t at) {
    int i = 0;
    if (cJSON_IsObject(item) || cJSON_IsArray(item)) {
        for (cJSON *x = item->child; x != NULL; x = x->next, i++) {
            int n = cJSON_IsObject(item) ? snprintf(path + at, 500 - at, "/%s", x->string)
                                         : snprintf(path + at, 500 - at, "/%d", i);
            flip_each(f, x, path, at + (size_t)n);
            path[at] = '\0';
        }
        return;
    }
    cJSON kept = *item;
    char *text = cJSON_IsString(item) ? strdup(item->valuestring) : NULL;
    if (text != NULL)
        item->valuestring = text[0] != '\0' ? strdup(text) : kept.valuestring;
    flip(item);
    char *document = cJSON_PrintUnformatted(f->root);
    if (strcmp(path, "/format") == 0)
        assert_false(verify(document));
    else
        assert_names(document, path);
    cJSON_free(document);
    if (cJSON_IsString(item) && item->valuestring != kept.valuestring)
        free(item->valuestring);
    free(text);
    *item = kept;
    f->count++;
}

static void every_flipped_value_is_named(void **state) {
    (void)state;
    const char *const texts[] = {receipt(), receipt_of(SCF_KIND_PERIODIC, SCF_PRODUCT_ORDER),
                                 lender_receipt()};
    for (size_t i = 0; i < SCF_COUNT(texts); i++) {
        char path[512] = "";
        struct flips f = {.root = cJSON_Parse(texts[i])};
        flip_each(&f, f.root, path, 0);
        assert_true(f.count > 250);
        cJSON_Delete(f.root);
    }
}

/* ---- members and elements ---- */

static cJSON *at_pointer(cJSON *root, const char *pointer) {
    char *copy = strdup(pointer), *save = NULL;
    for (char *s = strtok_r(copy, "/", &save); s != NULL; s = strtok_r(NULL, "/", &save))
        root = cJSON_IsArray(root) ? cJSON_GetArrayItem(root, (int)strtol(s, NULL, 10))
                                   : cJSON_GetObjectItemCaseSensitive(root, s);
    free(copy);
    assert_non_null(root);
    return root;
}

/* Leaves out the members of every object below `item`, one after another. */
static void leave_out_each(struct flips *f, const char *text, const cJSON *item, char *path,
                           size_t at) {
    int i = 0;
    for (const cJSON *x = item->child; x != NULL; x = x->next, i++) {
        int n = cJSON_IsObject(item) ? snprintf(path + at, 500 - at, "/%s", x->string)
                                     : snprintf(path + at, 500 - at, "/%d", i);
        if (cJSON_IsObject(x) || cJSON_IsArray(x))
            leave_out_each(f, text, x, path, at + (size_t)n);
        if (cJSON_IsObject(item)) {
            cJSON *root = cJSON_Parse(text);
            path[at] = '\0';
            cJSON_DeleteItemFromObjectCaseSensitive(at_pointer(root, path), x->string);
            path[at] = '/';
            char *document = cJSON_PrintUnformatted(root);
            assert_names(document, path);
            cJSON_free(document);
            cJSON_Delete(root);
            f->count++;
        }
        path[at] = '\0';
    }
}

static void every_missing_member_is_named(void **state) {
    (void)state;
    char path[512] = "/inputs", *text = receipt();
    struct flips f = {.root = cJSON_Parse(text)};
    leave_out_each(&f, text, at_pointer(f.root, "/inputs"), path, strlen(path));
    assert_true(f.count > 200);
    cJSON_Delete(f.root);
}

static void additions_are_named(void **state) {
    (void)state;
    static const char *const objects[] = {"/inputs", "/inputs/contracts/0",
                                          "/inputs/contracts/0/trade/invoices/1", "/inputs/need"};
    for (size_t i = 0; i < SCF_COUNT(objects); i++) {
        cJSON *root = cJSON_Parse(receipt());
        char pointer[200];
        cJSON_AddStringToObject(at_pointer(root, objects[i]), "extra", "1");
        char *document = cJSON_PrintUnformatted(root);
        snprintf(pointer, sizeof pointer, "%s/extra", objects[i]);
        assert_names(document, pointer);
        cJSON_free(document);
        cJSON_Delete(root);
    }
}

/* An element more or less: the array is named, not everything that has moved. */
static void elements_are_named_by_their_array(void **state) {
    (void)state;
    static const char *const arrays[] = {
        "/inputs/chains",
        "/inputs/sums",
        "/inputs/qualifications",
        "/inputs/debtors",
        "/inputs/contracts",
        "/inputs/contracts/0/guarantees",
        "/inputs/contracts/0/trade/findings",
        "/inputs/contracts/0/trade/findings/0/records",
        "/inputs/contracts/0/trade/milestones",
        "/inputs/contracts/0/trade/milestones/0/evidence",
        "/inputs/contracts/0/trade/invoices",
        "/inputs/contracts/0/trade/chains",
    };
    for (size_t i = 0; i < SCF_COUNT(arrays); i++) {
        cJSON *root = cJSON_Parse(receipt());
        cJSON *array = at_pointer(root, arrays[i]);
        cJSON *twice = cJSON_Duplicate(array->child, 1);
        cJSON_InsertItemInArray(array, 0, twice);
        char *more = cJSON_PrintUnformatted(root);
        assert_names(more, arrays[i]);
        cJSON_free(more);
        cJSON_DeleteItemFromArray(array, 0);
        cJSON_DeleteItemFromArray(array, 0);
        char *less = cJSON_PrintUnformatted(root);
        assert_names(less, arrays[i]);
        cJSON_free(less);
        cJSON_Delete(root);
    }
}

/* A lender's part of one receipt does not go with another receipt. */
static void parts_belong_together(void **state) {
    (void)state;
    cJSON *root = cJSON_Parse(lender_receipt());
    cJSON *other = cJSON_Parse(receipt());
    cJSON_ReplaceItemInObjectCaseSensitive(root, "receipt", other);
    char *document = cJSON_PrintUnformatted(root);
    assert_names(document, "/lender/inputs/receipt_sha256");
    cJSON_free(document);
    cJSON_Delete(root);
}

static void broken_documents(void **state) {
    (void)state;
    static const char *const texts[] = {
        "", "{}", "[]", "null", "{\"inputs\":{}}", "{\"inputs\":[],\"result\":{}}"};
    for (size_t i = 0; i < SCF_COUNT(texts); i++)
        assert_false(verify(texts[i]));
    char *text = receipt();
    for (size_t n = strlen(text) - 1; n > 0; n -= n < 97 ? n : 97) { /* cut short */
        char *cut = scf_strndup(arena, text, n);
        assert_false(verify(cut));
    }
    static const struct {
        const char *from, *to, *pointer;
    } swaps[] = {{"\"operating\":true", "\"operating\":null", "/inputs/operating"},
                 {"\"records\":100", "\"records\":-10", "/inputs/sums/0/records"},
                 {"\"folded_size\":200", "\"folded_size\":1e9", "/inputs/chains/0/folded_size"},
                 {"\"currency\":\"CNY\"", "\"currency\":\"JPY\"", "/inputs/currency"}};
    for (size_t i = 0; i < SCF_COUNT(swaps); i++) {
        char *copy = scf_strdup(arena, text), *at = strstr(copy, swaps[i].from);
        assert_non_null(at);
        memcpy(at, swaps[i].to, strlen(swaps[i].to));
        assert_names(copy, swaps[i].pointer);
    }
    static const char twice[] =
        "\"operating\":true,\"operating\":true"; /* good for a loose parser */
    const char *found = strstr(text, "\"operating\":true");
    char *doubled = scf_asprintf(arena, "%.*s%s%s", (int)(found - text), text, twice,
                                 found + strlen("\"operating\":true"));
    assert_false(verify(doubled));
    assert_false(verify(scf_asprintf(arena, "%s{}", text))); /* something behind its end */
    /* a member that is left out has no check to miss it by: reading names it, with its whole way */
    char *lenders = scf_strdup(arena, lender_receipt());
    char *at = strstr(lenders, "\"operating\":true,");
    assert_non_null(at);
    memset(at, ' ', strlen("\"operating\":true,"));
    assert_names(lenders, "/receipt/inputs/operating");
}

/* Whatever byte is altered, to whatever: it fails, or only white space has come or gone. */
static void random_bytes(void **state) {
    (void)state;
    const char *const texts[] = {receipt(), lender_receipt()};
    uint64_t seed = 20261126;
    for (int i = 0; i < 4000; i++) {
        const char *text = texts[i % 2];
        char *copy = strdup(text);
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t at = (size_t)(seed >> 20) % strlen(text);
        copy[at] = (char)(' ' + (seed >> 13) % 95);
        if (copy[at] != text[at] && copy[at] != ' ' && verify(copy))
            fail_msg("byte %zu may become %c", at, copy[at]);
        free(copy);
    }
}

int main(void) {
    scf_digest_init();
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(holds_and_is_stable),
        T(survives_reformatting),
        T(every_flipped_value_is_named),
        T(every_missing_member_is_named),
        T(additions_are_named),
        T(elements_are_named_by_their_array),
        T(parts_belong_together),
        T(broken_documents),
        T(random_bytes),
    };
    return cmocka_run_group_tests_name("receipt", tests, NULL, NULL);
}
