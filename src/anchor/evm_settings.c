/* The settings of an EVM target: a flat object. Fees are decimal gwei in texts, wei in here. */
#include "evm_settings.h"

#include "scfd/codec/field_table.h"

/* 10^5 gwei: far above any fee that was ever paid, and its products stay below 2^63. */
#define GWEI_PLACES 9
#define FEE_MAX INT64_C(100000000000000)
#define DEFAULT_MAX_FEE UINT64_C(100000000000)        /* 100 gwei */
#define DEFAULT_MAX_PRIORITY_FEE UINT64_C(3000000000) /* 3 gwei */
#define CHAIN_ID_MAX INT64_C(9007199254740991)        /* what JSON can say */

static bool is_address(struct scf_str text) {
    struct scf_eth_address unused;
    return scf_eth_address_parse(text, &unused);
}

static const struct scf_field fields[] = {
    SCF_F("chain_id", INTEGER, "Chain id (EIP-155); a node of another chain is refused",
          "链 ID（EIP-155），节点不符即拒绝", SCF_MUST, SCF_SIZE(1, CHAIN_ID_MAX)),
    SCF_F("to", STRING, "Receiver of the transactions; without it they go to the sender itself",
          "交易接收地址，缺省为发送账户自身", SCF_LIKE(is_address, "an address of EIP-55")),
    SCF_F("confirmations", INTEGER, "Blocks after which an anchor is confirmed; 12 if absent",
          "确认所需区块数，默认 12", SCF_SIZE(1, EVM_DEPTH_MAX)),
    SCF_F("finality", INTEGER, "Blocks until which a confirmed anchor is looked at; 64 if absent",
          "确认后继续复查的区块深度，默认 64", SCF_SIZE(1, EVM_DEPTH_MAX)),
    SCF_F("stuck_after_s", INTEGER, "Seconds after which an unmined transaction is replaced; 180",
          "交易未上链多少秒后加价替换，默认 180", SCF_SIZE(1, 86400)),
    SCF_F("poll_s", INTEGER, "Seconds between two looks at the chain; 15 if absent",
          "查询链上状态的间隔秒数，默认 15", SCF_SIZE(1, 3600)),
    SCF_F("max_fee_gwei", DECIMAL, "Most that a unit of gas may cost; 100 if absent",
          "单位 gas 费用上限（gwei），默认 100", .places = GWEI_PLACES, .min = 1, .max = FEE_MAX),
    SCF_F("max_priority_fee_gwei", DECIMAL, "Most that goes to the block's maker; 3 if absent",
          "单位 gas 小费上限（gwei），默认 3", .places = GWEI_PLACES, .min = 0, .max = FEE_MAX),
    SCF_FIELD_END,
};

const struct scf_schema evm_settings_schema = {
    .name = "AnchorSettingsEvm",
    .doc_en = "Settings of an anchor target of kind evm",
    .doc_zh = "EVM 链锚定目标的设置",
    .fields = fields,
};

static int64_t integer_of(const cJSON *settings, const char *name, int64_t fallback) {
    int64_t value;
    return scf_json_i64(settings, name, &value) ? value : fallback;
}

static uint64_t fee_of(const cJSON *settings, const char *name, uint64_t fallback) {
    char text[SCF_JSON_MAX_NUMBER + 1];
    int64_t wei;
    if (!scf_json_decimal_text(scf_json_get(settings, name), text, sizeof text) ||
        !scf_decimal_parse(scf_str(text), GWEI_PLACES, &wei))
        return fallback;
    return (uint64_t)wei;
}

void evm_settings_read(const cJSON *settings, struct evm_settings *ret) {
    const char *to = scf_json_string(settings, "to");
    *ret = (struct evm_settings){
        .chain_id = integer_of(settings, "chain_id", 0),
        .confirmations = integer_of(settings, "confirmations", EVM_CONFIRMATIONS),
        .finality = integer_of(settings, "finality", EVM_FINALITY),
        .stuck_after_s = integer_of(settings, "stuck_after_s", EVM_STUCK_AFTER_S),
        .poll_s = integer_of(settings, "poll_s", EVM_POLL_S),
        .max_fee = fee_of(settings, "max_fee_gwei", DEFAULT_MAX_FEE),
        .max_priority_fee = fee_of(settings, "max_priority_fee_gwei", DEFAULT_MAX_PRIORITY_FEE),
    };
    ret->has_to = to && scf_eth_address_parse(scf_str(to), &ret->to);
    if (ret->finality < ret->confirmations)
        ret->finality = ret->confirmations;
}
