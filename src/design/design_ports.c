#include "design_priv.h"

#include <stdio.h>
#include <string.h>

/* Operands that go through one port, or are striped over several. */

static uint8_t mask_of(uint32_t port, uint32_t stripe)
{
    return (uint8_t)(1u << port | stripe);
}

zs_operand_ports zs_accel_ports(const zs_accel *a)
{
    return (zs_operand_ports){.input = mask_of(a->ports.input, a->stripe.input),
                              .weight = mask_of(a->ports.weight, a->stripe.weight),
                              .output = mask_of(a->ports.output, a->stripe.output)};
}

zs_operand_ports zs_design_ports(const zs_design *design)
{
    zs_operand_ports all = zs_accel_ports(&design->accel);
    for (uint32_t i = 0; i < design->layer_setting_n; i++) {
        zs_accel accel;
        zs_design_layer_accel(design, design->layer_settings[i].pattern, &accel);
        const zs_operand_ports own = zs_accel_ports(&accel);
        all.input |= own.input;
        all.weight |= own.weight;
        all.output |= own.output;
    }
    return all;
}

/* "[hp0, hp1]", "hp0+hp1": the set, or 0; only HP ports share an operand. */
static uint32_t read_set(const char *text, uint32_t *first)
{
    const char *at = text + strspn(text, " [");
    uint32_t set = 0;
    while (*at != '\0') {
        const size_t length = strcspn(at, ",+] ");
        uint32_t port = 0;
        while (port < ZS_PORT_COUNT && (strlen(zs_words_port[port].word) != length ||
                                        strncmp(at, zs_words_port[port].word, length) != 0))
            port++;
        if (port == ZS_PORT_COUNT || (set >> port & 1) != 0)
            return 0;
        *first = set == 0 ? port : *first;
        set |= 1u << port;
        at += length;
        at += strspn(at, " ,+]");
    }
    return set == 1u << *first || set <= ZS_STRIPE_0123 ? set : 0;
}

static const char *const keys[] = {"ports.input", "ports.weight", "ports.output"};
static const char accelerator[] = "accelerator.";

static bool is_whole(const char *path)
{
    return strncmp(path, accelerator, sizeof accelerator - 1) == 0;
}

static uint32_t find_key(const char *path)
{
    const char *key = is_whole(path) ? path + sizeof accelerator - 1 : path;
    uint32_t i = 0;
    while (i < ZS_LEN(keys) && strcmp(key, keys[i]) != 0)
        i++;
    return i;
}

zs_status zs_port_list_check(const char *path, const char *text, zs_err *err)
{
    uint32_t first = 0;
    const bool is_list = text[strcspn(text, "[,+")] != '\0' || text[strspn(text, " ")] == '\0';
    if (find_key(path) == ZS_LEN(keys) || !is_list || read_set(text, &first) != 0)
        return ZS_OK;
    return zs_fail(err, ZS_EPARSE, path,
                   "'%.64s' is no list of ports that share an operand: hp0 to hp3, each once",
                   text);
}

bool zs_port_list_of(const char *path, const char *text, zs_port_list *out)
{
    const uint32_t i = find_key(path);
    uint32_t first = 0;
    const uint32_t set = i < ZS_LEN(keys) ? read_set(text, &first) : 0;
    if (set == 0)
        return false;
    out->first = zs_words_port[first].word;
    snprintf(out->stripe, sizeof out->stripe, "%sstripe.%s", is_whole(path) ? accelerator : "",
             keys[i] + sizeof "ports." - 1);
    snprintf(out->others, sizeof out->others, "%s",
             zs_words_stripe[(set & ~(1u << first)) & ZS_STRIPE_0123].word);
    return true;
}
