/* The field tables of targets, and targets to and from JSON. */
#include "target_schema.h"

#include "scfd/codec/field_table.h"

enum { URL_MAX = 500, DAY_S = 86400, YEAR_S = 366 * DAY_S, DEFAULT_INTERVAL_S = 3600 };
enum { DEFAULT_PATIENCE_S = 7 * DAY_S, DEFAULT_RENEWAL_S = 90 * DAY_S, LEAST_SILENCE_S = 600 };

static bool is_name(struct scf_str text) {
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return text.n >= 1 && text.n <= 40;
}

/* Visible ASCII; no user and password, which would stand in messages and logs. */
static bool is_url(struct scf_str text) {
    size_t scheme = scf_str_starts(text, "https://") ? 8 : scf_str_starts(text, "http://") ? 7 : 0;
    if (scheme == 0 || text.n == scheme || text.p[scheme] == '/')
        return false;
    bool in_host = true;
    for (size_t i = scheme; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c <= 0x20 || c >= 0x7f || c == '"' || c == '#' || (in_host && c == '@'))
            return false;
        in_host = in_host && c != '/' && c != '?';
    }
    return true;
}

/* In the order of enum scf_anchor_kind. */
static const char *const kinds[] = {"rfc3161", "evm", "opentimestamps", NULL};

#define URL_FIELD(...)                                                                             \
    SCF_F("url", STRING, "Where it is asked", "服务地址", SCF_SIZE(8, URL_MAX),                    \
          SCF_LIKE(is_url, "an http or https URL without user, password and fragment"),            \
          __VA_ARGS__)
#define SHARED_FIELDS                                                                              \
    SCF_F("interval_s", INTEGER, "It takes a tick at most so often, in seconds (3600)",            \
          "锚定间隔秒数（默认 3600）", SCF_SIZE(1, 31 * DAY_S)),                                   \
        SCF_F("give_up_after_s", INTEGER,                                                          \
              "An entry that has no proof by then has failed (7 days)",                            \
              "超过该秒数仍无证明即失败（默认 7 天）", SCF_SIZE(60, YEAR_S)),                      \
        SCF_F("renew_before_s", INTEGER,                                                           \
              "Proofs are renewed so long before they expire (90 days)",                           \
              "到期前多少秒续期（默认 90 天）", SCF_SIZE(60, 5 * (int64_t)YEAR_S)),                \
        SCF_F("silent_after_s", INTEGER,                                                           \
              "The alarm is raised when it owes a proof for so long (3 intervals, at least 600)",  \
              "超过该秒数无证明即告警（默认 3 个间隔，至少 600）", SCF_SIZE(1, YEAR_S)),           \
        SCF_F("settings", SCALARS, "Settings of its kind (docs/anchors.md)",                       \
              "该类型的设置（见 docs/anchors.md）", SCF_SIZE(0, 20)),                              \
        SCF_F("active", BOOL, "Whether it takes ticks (true)", "是否启用（默认是）")

const struct scf_schema scf_anchor_target_create_schema = {
    .name = "AnchorTargetCreate",
    .doc_en = "Where ticks are anchored: a timestamp authority, a chain, a calendar.",
    .doc_zh = "锚定目标：时间戳服务机构、区块链或日历服务器。",
    .fields =
        (const struct scf_field[]){
            SCF_F("name", STRING, "Unique; names files, and never changes",
                  "唯一名称，用于文件名，不可更改", SCF_MUST, SCF_SIZE(1, 40),
                  SCF_LIKE(is_name, "^[a-z0-9-]{1,40}$")),
            SCF_F("kind", ENUM, "What it is", "类型", SCF_MUST, SCF_AMONG(kinds)),
            URL_FIELD(SCF_MUST), SHARED_FIELDS, SCF_FIELD_END},
};

const struct scf_schema scf_anchor_target_update_schema = {
    .name = "AnchorTargetUpdate",
    .doc_en = "The members of an anchor target to change.",
    .doc_zh = "要修改的锚定目标成员。",
    .fields = (const struct scf_field[]){URL_FIELD(.presence = SCF_OPTIONAL), SHARED_FIELDS,
                                         SCF_FIELD_END},
};

/* ---- from JSON ---- */

struct scf_anchor_target scf_anchor_target_defaults(const cJSON *body) {
    struct scf_anchor_target t = {.uid = scf_uuid_new(),
                                  .name = scf_json_string(body, "name"),
                                  .settings_json = "{}",
                                  .interval_s = DEFAULT_INTERVAL_S,
                                  .give_up_after_s = DEFAULT_PATIENCE_S,
                                  .renew_before_s = DEFAULT_RENEWAL_S,
                                  .active = true};
    const char *kind = scf_json_string(body, "kind");
    while (strcmp(scf_anchor_kind_names[t.kind], kind) != 0)
        t.kind++;
    scf_json_i64(body, "interval_s", &t.interval_s);
    t.silent_after_s = 3 * t.interval_s > LEAST_SILENCE_S ? 3 * t.interval_s : LEAST_SILENCE_S;
    return t;
}

bool scf_anchor_target_apply(struct scf_arena *arena, struct scf_str text, const cJSON *body,
                             struct scf_anchor_target *target) {
    const char *url = scf_json_string(body, "url");
    struct scf_str settings;
    if (url)
        target->url = url;
    scf_json_i64(body, "interval_s", &target->interval_s);
    scf_json_i64(body, "give_up_after_s", &target->give_up_after_s);
    scf_json_i64(body, "renew_before_s", &target->renew_before_s);
    scf_json_i64(body, "silent_after_s", &target->silent_after_s);
    target->active = scf_json_bool(body, "active", target->active);
    if (scf_json_get(body, "settings") && scf_json_member_text(text, body, "settings", &settings))
        target->settings_json = scf_strndup(arena, settings.p, settings.n);
    return target->settings_json != NULL;
}

void scf_anchor_target_check(const struct scf_services *services, struct scf_arena *arena,
                             const struct scf_anchor_target *target, struct scf_faults *faults) {
    const struct scf_anchor_adapter *adapter = scf_anchor_adapter_of(target->kind);
    const char *text = target->settings_json;
    if (adapter == NULL) {
        scf_fault_add(faults, "#/kind", "invalid-choice",
                      "This server has no anchors of the kind %s.",
                      scf_anchor_kind_names[target->kind]);
        return;
    }
    const cJSON *settings = scf_json_parse(arena, text, strlen(text), NULL);
    if (settings)
        adapter->check_settings(services, settings, faults);
}

/* ---- to JSON ---- */

void scf_anchor_target_write(struct scf_jsonw *w, const struct anchor_target_row *row) {
    const struct scf_anchor_target *t = &row->target;
    scf_jw_id(w, "id", "anct", &t->uid);
    scf_jw_str(w, "object", "anchor_target");
    scf_jw_str(w, "name", t->name);
    scf_jw_str(w, "kind", scf_anchor_kind_names[t->kind]);
    scf_jw_str(w, "url", t->url);
    scf_jw_raw(w, "settings", t->settings_json, strlen(t->settings_json));
    scf_jw_i64(w, "interval_s", t->interval_s);
    scf_jw_i64(w, "give_up_after_s", t->give_up_after_s);
    scf_jw_i64(w, "renew_before_s", t->renew_before_s);
    scf_jw_i64(w, "silent_after_s", t->silent_after_s);
    scf_jw_bool(w, "active", t->active);
    scf_jw_i64(w, "version", row->version);
    scf_jw_time(w, "created_at", row->created_us);
    scf_jw_time(w, "updated_at", row->updated_us);
}
