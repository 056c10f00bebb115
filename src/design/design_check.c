#include "zynqsim/design.h"

#include <inttypes.h>
#include <string.h>

static bool is_power_of_two(uint64_t x)
{
    return x != 0 && (x & (x - 1)) == 0;
}

/* ---- memory ---------------------------------------------------------------------------------- */

enum { BANKS_MAX = 16, QUEUE_MAX = 256, BURST_LENGTH = 8, INTERLEAVE_LEAST = 4096 };

static zs_status check_powers(const zs_memory_params *m, zs_err *err)
{
    const struct {
        const char *path;
        uint64_t value;
    } powers[] = {
        {"board.memory.bus", m->bus_bytes},
        {"board.memory.banks", m->banks},
        {"board.memory.row_bytes", m->row_bytes},
    };
    for (size_t i = 0; i < ZS_LEN(powers); i++)
        if (!is_power_of_two(powers[i].value))
            return zs_fail(err, ZS_ERANGE, powers[i].path, "%" PRIu64 " is not a power of two",
                           powers[i].value);
    return ZS_OK;
}

/* No burst crosses 4 KiB, so none is in two channels. */
static zs_status check_channels(const zs_memory_params *m, zs_err *err)
{
    if ((m->channels & (m->channels - 1)) != 0 || m->channels > ZS_MEMORY_CHANNELS_MAX)
        return zs_fail(err, ZS_ERANGE, "board.memory.channels", "%u is not a power of two up to %d",
                       (unsigned)m->channels, ZS_MEMORY_CHANNELS_MAX);
    if (m->interleave_bytes != 0 &&
        (!is_power_of_two(m->interleave_bytes) || m->interleave_bytes < INTERLEAVE_LEAST))
        return zs_fail(err, ZS_ERANGE, "board.memory.interleave",
                       "%u is neither 0 nor a power of two from %d on",
                       (unsigned)m->interleave_bytes, INTERLEAVE_LEAST);
    return ZS_OK;
}

zs_status zs_design_memory_check(const zs_memory_params *m, zs_err *err)
{
    ZS_TRY(check_powers(m, err));
    ZS_TRY(check_channels(m, err));
    if (m->banks > BANKS_MAX)
        return zs_fail(err, ZS_ERANGE, "board.memory.banks", "%u is above the maximum %d",
                       (unsigned)m->banks, BANKS_MAX);
    if (m->queue == 0 || m->queue > QUEUE_MAX)
        return zs_fail(err, ZS_ERANGE, "board.memory.queue", "%u is outside 1 to %d",
                       (unsigned)m->queue, QUEUE_MAX);
    if (m->row_bytes < BURST_LENGTH * m->bus_bytes)
        return zs_fail(err, ZS_ERANGE, "board.memory.row_bytes",
                       "%u is less than one transaction of %u bytes", (unsigned)m->row_bytes,
                       (unsigned)(BURST_LENGTH * m->bus_bytes));
    /* Twice a refresh of a busy bus, and then two banks use their rows, or close each other's for
     * ever; activates are further apart where t_rrd or t_faw say so. */
    const uint64_t refresh = (uint64_t)m->t_rp + m->t_rfc + m->t_rcd;
    const uint64_t two_rows = 2 * ((uint64_t)m->t_ras + m->t_wr);
    const uint64_t needed = 2 * refresh + zs_max_u64(two_rows, zs_max_u64(m->t_rrd, m->t_faw));
    if (m->t_refi != 0 && m->t_refi < needed)
        return zs_fail(err, ZS_ERANGE, "board.memory.t_refi",
                       "%u leaves no time between refreshes, these timings need at least %" PRIu64,
                       (unsigned)m->t_refi, needed);
    return ZS_OK;
}

static zs_status check_geometry(const zs_memory_params *m, zs_err *err)
{
    ZS_TRY(check_powers(m, err));
    const uint64_t stripe = (uint64_t)m->row_bytes * m->banks;
    if (m->bytes % stripe != 0)
        return zs_fail(err, ZS_ERANGE, "board.memory.bytes",
                       "%" PRIu64 " is not a multiple of %" PRIu64 ", one row of every bank",
                       m->bytes, stripe);
    return ZS_OK;
}

/* A first value that has to be no larger than a second one. */
typedef struct order_rule {
    const char *path;
    uint64_t value;
    const char *limit_path;
    uint64_t limit;
} order_rule;

static zs_status check_orders(const order_rule *rules, size_t n, zs_err *err)
{
    for (size_t i = 0; i < n; i++)
        if (rules[i].value > rules[i].limit)
            return zs_fail(err, ZS_ERANGE, rules[i].path,
                           "%" PRIu64 " is above %s, which is %" PRIu64, rules[i].value,
                           rules[i].limit_path, rules[i].limit);
    return ZS_OK;
}

static zs_status check_timing(const zs_memory_params *m, zs_err *err)
{
    const order_rule rules[] = {
        {"board.memory.t_rcd", m->t_rcd, "board.memory.t_ras", m->t_ras},
        {"board.memory.t_rrd", m->t_rrd, "board.memory.t_faw", m->t_faw},
        {"board.memory.write_batch", m->write_batch, "board.memory.queue", m->queue},
    };
    ZS_TRY(check_orders(rules, ZS_LEN(rules), err));
    if (m->t_refi != 0 && (uint64_t)m->t_rfc + m->t_rp >= m->t_refi)
        return zs_fail(err, ZS_ERANGE, "board.memory.t_rfc",
                       "%u and t_rp of %u leave nothing of the refresh interval of %u DDR cycles",
                       (unsigned)m->t_rfc, (unsigned)m->t_rp, (unsigned)m->t_refi);
    return ZS_OK;
}

/* ---- ports ----------------------------------------------------------------------------------- */

static zs_status check_port(const zs_axi_params *p, const char *path, zs_err *err)
{
    if (!is_power_of_two(p->beat_bytes))
        return zs_fail(err, ZS_ERANGE, path, "%u is not a power of two", (unsigned)p->beat_bytes);
    return ZS_OK;
}

/* The keys of one HP port, of which 0 means those of all. */
static zs_status check_own(const zs_axi_own *own, uint32_t port, zs_err *err)
{
    static const char *const paths[] = {"board.axi.hp0.width", "board.axi.hp1.width",
                                        "board.axi.hp2.width", "board.axi.hp3.width"};
    if (own->beat_bytes == 0)
        return ZS_OK;
    if (own->beat_bytes < 4)
        return zs_fail(err, ZS_ERANGE, paths[port], "%u is below the minimum 4 B of a port",
                       (unsigned)own->beat_bytes);
    return check_port(&(zs_axi_params){.beat_bytes = own->beat_bytes}, paths[port], err);
}

/* ---- network --------------------------------------------------------------------------------- */

static zs_status check_seed(const char *path, const char *text, zs_err *err)
{
    uint64_t seed;
    if (strncmp(text, "synthetic:", 10) == 0 && !zs_is_synthetic(text, &seed))
        return zs_fail(err, ZS_EPARSE, path,
                       "'%.64s' needs a seed of digits below 2^64 after the colon", text);
    return ZS_OK;
}

static zs_status check_names(const zs_design *d, zs_err *err)
{
    const struct {
        const char *path, *text;
    } needed[] = {
        {"name", d->name},
        {"network.model", d->network.model},
        {"network.weights", d->network.weights},
        {"network.input", d->network.input},
    };
    for (size_t i = 0; i < ZS_LEN(needed); i++)
        if (needed[i].text == NULL || needed[i].text[0] == '\0')
            return zs_fail(err, ZS_EPARSE, needed[i].path, "empty, but a value is needed");
    ZS_TRY(check_seed("network.weights", d->network.weights, err));
    for (uint32_t i = 0; i < d->network.input_n; i++)
        ZS_TRY(check_seed("network.input", d->network.inputs[i], err));
    for (uint32_t i = 0; i < d->network.calibration_n; i++)
        ZS_TRY(check_seed("network.calibration", d->network.calibrations[i], err));
    return ZS_OK;
}

static zs_status check_preprocess(const zs_design *d, zs_err *err)
{
    const zs_preprocess *p = &d->network.preprocess;
    if ((d->network.input_h == 0) != (d->network.input_w == 0))
        return zs_fail(err, ZS_ERANGE, "network.input_shape",
                       "height %u and width %u: give both or neither", (unsigned)d->network.input_h,
                       (unsigned)d->network.input_w);
    if (p->fit != ZS_FIT_NONE && p->resize != 0 && p->crop > p->resize)
        return zs_fail(err, ZS_ERANGE, "network.preprocess.crop",
                       "%u is larger than the resized image of %u pixels", (unsigned)p->crop,
                       (unsigned)p->resize);
    for (int i = 0; i < 3; i++)
        if (p->scale[i] == 0.0)
            return zs_fail(err, ZS_ERANGE, "network.preprocess.scale", "0 would erase plane %d", i);
    return ZS_OK;
}

static zs_status check_sparsify(const zs_sparsify_rule *r, zs_err *err)
{
    const bool is_share =
        r->method == ZS_SPARSIFY_LAMP || r->method == ZS_SPARSIFY_RELATIVE_PERCENTILE;
    if (is_share && r->parameter > 1)
        return zs_fail(err, ZS_ERANGE, "network.sparsify.parameter",
                       "%g is above 1, but for %s it is a share of the weights", r->parameter,
                       zs_words_sparsify[r->method].word);
    if (r->parameter > 0 && r->target_zeros > 0)
        return zs_fail(err, ZS_ERANGE, "network.sparsify.target_zeros",
                       "%g is given as well as the parameter %g: one of them would do nothing",
                       r->target_zeros, r->parameter);
    return ZS_OK;
}

/* ---- accelerator ----------------------------------------------------------------------------- */

static bool named_before(const zs_accel *a, uint32_t group, uint32_t entry)
{
    const char *name = a->groups[group].names[entry];
    for (uint32_t g = 0; g <= group; g++)
        for (uint32_t i = 0; i < (g == group ? entry : a->groups[g].n); i++)
            if (strcmp(a->groups[g].names[i], name) == 0)
                return true;
    return false;
}

static zs_status check_group(const zs_accel *a, uint32_t g, zs_err *err)
{
    const char *path = "accelerator.fusion";
    if (a->groups[g].n == 0)
        return zs_fail(err, ZS_EPARSE, path, "group %u is empty", (unsigned)g + 1);
    for (uint32_t i = 0; i < a->groups[g].n; i++)
        if (named_before(a, g, i))
            return zs_fail(err, ZS_EPARSE, path, "layer '%.64s' is listed twice",
                           a->groups[g].names[i]);
    return ZS_OK;
}

static zs_status check_groups(const zs_accel *a, zs_err *err)
{
    if (a->fusion != ZS_FUSION_GROUPS)
        return ZS_OK;
    if (a->group_n == 0)
        return zs_fail(err, ZS_EPARSE, "accelerator.fusion", "the list of groups is empty");
    for (uint32_t g = 0; g < a->group_n; g++) {
        const zs_status status = check_group(a, g, err);
        if (status != ZS_OK)
            zs_err_prefix(err, a->groups[g].place);
        ZS_TRY(status);
    }
    return ZS_OK;
}

static zs_status check_precision(const zs_accel *accel, zs_err *err)
{
    const uint32_t precision = accel->precision;
    if (accel->weight_bits + accel->act_bits != 0 && precision != ZS_INT8)
        return zs_fail(
            err, ZS_EUNSUPPORTED, "accelerator.precision",
            "numbers of fewer than 8 bits go with integers of at most 8 bits, not with %s",
            zs_words_type[accel->weight_bits ? zs_elem_type(precision) : zs_weight_type(precision)]
                .word);
    if (precision < ZS_PRECISION_COUNT)
        return ZS_OK;
    return zs_fail(err, ZS_EUNSUPPORTED, "accelerator.precision",
                   "no engine multiplies %s weights by %s activations: both the same, or int8 "
                   "weights with fixed16 activations",
                   zs_words_type[zs_weight_type(precision)].word,
                   zs_words_type[zs_elem_type(precision)].word);
}

/* A number of blocks that the device does not have would be without effect; 0 is the truth. */
static zs_status check_blocks(const zs_design *design, zs_err *err)
{
    const zs_family *family = &zs_families[design->board.family];
    for (const zs_given *g = design->given; g != NULL; g = g->next)
        if (!zs_field_is_on(g->field, design->board.family) &&
            *(const uint32_t *)(const void *)((const char *)design + g->field->offset) != 0)
            return zs_fail(err, ZS_EPARSE, g->place != NULL ? g->place : g->field->path,
                           "%s has no effect: devices of family %s have no such block",
                           g->field->path, family->name);
    return ZS_OK;
}

static zs_status check_accel(const zs_design *design, zs_err *err)
{
    ZS_TRY(check_precision(&design->accel, err));
    ZS_TRY(check_groups(&design->accel, err));
    if (zs_kind_designs[design->accel.kind].keys->check != NULL)
        ZS_TRY(zs_kind_designs[design->accel.kind].keys->check(design, err));
    return ZS_OK;
}

/* What takes turns on one part has one clock and one type of numbers in DRAM; a port belongs to one
 * DMA, whoever uses it. */
static zs_status check_engines(const zs_design *design, zs_err *err)
{
    for (uint32_t i = 0; i < design->engine_n; i++) {
        const zs_engine *e = &design->engines[i], *first = &design->engines[0];
        const zs_design alone = zs_design_of_engine(design, i);
        const zs_status status = check_accel(&alone, err);
        if (status != ZS_OK)
            zs_err_prefix(err, e->name);
        ZS_TRY(status);
        if (e->accel.clock_hz != first->accel.clock_hz)
            return zs_fail(err, ZS_EUNSUPPORTED, "accelerators",
                           "%s has a clock of %" PRIu64 " Hz and %s one of %" PRIu64
                           " Hz: engines that take turns have one clock",
                           first->name, first->accel.clock_hz, e->name, e->accel.clock_hz);
        if (e->accel.precision != first->accel.precision)
            return zs_fail(err, ZS_EUNSUPPORTED, "accelerators",
                           "%s computes in %s and %s in %s: engines that pass tensors to each "
                           "other have one precision",
                           first->name, zs_words_precision[first->accel.precision].word, e->name,
                           zs_words_precision[e->accel.precision].word);
        const uint32_t ports[] = {e->accel.ports.input, e->accel.ports.weight,
                                  e->accel.ports.output};
        for (size_t k = 0; k < ZS_LEN(ports); k++)
            if (memcmp(zs_design_dma(design, ports[k]), &e->accel.dma, sizeof e->accel.dma) != 0)
                return zs_fail(err, ZS_EUNSUPPORTED, "accelerators",
                               "%s uses port %s as an engine before it does, with another dma: a "
                               "port has one DMA",
                               e->name, zs_words_port[ports[k]].word);
    }
    return ZS_OK;
}

zs_status zs_design_check(const zs_design *design, zs_err *err)
{
    if (design->engine_n == 0)
        ZS_TRY(check_accel(design, err));
    ZS_TRY(check_engines(design, err));
    ZS_TRY(check_blocks(design, err));
    ZS_TRY(check_names(design, err));
    ZS_TRY(check_preprocess(design, err));
    ZS_TRY(check_sparsify(&design->network.sparsify, err));
    ZS_TRY(check_geometry(&design->board.memory, err));
    ZS_TRY(check_timing(&design->board.memory, err));
    if (design->board.memory.kind != ZS_MEMORY_FIXED)
        ZS_TRY(zs_design_memory_check(&design->board.memory, err));
    ZS_TRY(check_port(&design->board.axi.hp, "board.axi.hp.width", err));
    for (uint32_t i = 0; i < ZS_LEN(design->board.axi.own); i++)
        ZS_TRY(check_own(&design->board.axi.own[i], i, err));
    ZS_TRY(check_port(&design->board.axi.acp, "board.axi.acp.width", err));
    ZS_TRY(check_port(&design->board.axi.gp, "board.axi.gp.width", err));
    return ZS_OK;
}
