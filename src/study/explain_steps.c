/* Designs with twice, half or no limit of a resource. */
#include "explain_priv.h"

#include "zynqsim/kind.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const zs_explain_rule zs_explain_rules[] = {
#define K(path, way, unlimited) {path, ZS_SCALE_##way, unlimited},
#define EXPLAIN(name, twice, kind, how, remark, ...)                                               \
    {name, twice, ZS_EXPLAIN_##kind, ZS_SCALE_##how, remark, {__VA_ARGS__{0}}},
#include "explain.def"
#undef EXPLAIN
#undef K
};
const uint32_t zs_explain_rule_n = ZS_LEN(zs_explain_rules);

/* ---- numbers of a design, by key ------------------------------------------------------------- */

static double number_of(const zs_design *d, const zs_field *f)
{
    const void *at = (const char *)d + f->offset;
    switch (f->type) {
    case ZS_FIELD_U32:
        return *(const uint32_t *)at;
    case ZS_FIELD_U64:
        return (double)*(const uint64_t *)at;
    case ZS_FIELD_F64:
        return *(const double *)at;
    default:
        return (double)NAN;
    }
}

static void set_number(zs_design *d, const zs_field *f, double value)
{
    void *at = (char *)d + f->offset;
    if (f->type == ZS_FIELD_U32)
        *(uint32_t *)at = (uint32_t)value;
    else if (f->type == ZS_FIELD_U64)
        *(uint64_t *)at = (uint64_t)value;
    else
        *(double *)at = value;
}

/* As far as the key goes; whole numbers are rounded up, so that a cost of 1 stays. */
static double scaled(const zs_field *f, double value, zs_explain_way way, zs_explain_step step)
{
    double to = step == ZS_UNLIMITED ? (way == ZS_SCALE_MORE ? f->max : f->min)
                : (step == ZS_TWICE) == (way == ZS_SCALE_MORE) ? 2 * value
                                                               : value / 2;
    if (f->type != ZS_FIELD_F64)
        to = ceil(to);
    return fmin(fmax(to, f->min), f->max);
}

/* Adds "path old -> new" to what changed. */
static zs_status note_change(zs_arena *arena, const zs_field *f, const zs_design *from,
                             const zs_design *to, const char **change, zs_err *err)
{
    char was[128] = "?", is[128] = "?";
    (void)zs_design_print(from, f, was, sizeof was);
    (void)zs_design_print(to, f, is, sizeof is);
    *change = zs_arena_printf(arena, "%s%s%s %s -> %s", *change, (*change)[0] ? ", " : "", f->path,
                              was, is);
    return *change != NULL ? ZS_OK : zs_nomem(err, "explanation");
}

/* ---- keys ------------------------------------------------------------------------------------ */

static zs_status scale_key(zs_arena *arena, const zs_explain_key *key, const char *path,
                           zs_explain_step step, const zs_design *base, zs_explain_candidate *c,
                           zs_err *err)
{
    const zs_field *f = zs_field_find(path);
    const char *text = step == ZS_UNLIMITED ? key->unlimited : "";
    if (f == NULL)
        return zs_fail(err, ZS_EINTERNAL, path, "is scaled by explain but is no key of a design");
    if (strcmp(text, "-") == 0 || !zs_field_is_of(f, base->accel.kind))
        return ZS_OK;
    if (text[0] != '\0') {
        char was[128] = "", is[128] = "";
        (void)zs_design_print(base, f, was, sizeof was);
        ZS_TRY(zs_design_set(&c->design, arena, path, text, err));
        (void)zs_design_print(&c->design, f, is, sizeof is);
        return strcmp(was, is) != 0 ? note_change(arena, f, base, &c->design, &c->change, err)
                                    : ZS_OK;
    }
    const double value = number_of(base, f), to = scaled(f, value, key->way, step);
    if (isnan(value) || to == value)
        return ZS_OK;
    set_number(&c->design, f, to);
    return note_change(arena, f, base, &c->design, &c->change, err);
}

/* "hp", "acp", "gp": bit 0, 1, 2. */
static uint32_t used_ports(const zs_design *d)
{
    const uint32_t ports[] = {d->accel.ports.input, d->accel.ports.weight, d->accel.ports.output};
    uint32_t used = 0;
    for (size_t i = 0; i < ZS_LEN(ports); i++) {
        const zs_axi_params *p = zs_port_params(&d->board, ports[i]);
        used |= p == &d->board.axi.hp ? 1 : p == &d->board.axi.acp ? 2 : 4;
    }
    return used;
}

static zs_status scale_keys(zs_arena *arena, const zs_explain_rule *rule, zs_explain_step step,
                            const zs_design *base, zs_explain_candidate *c, zs_err *err)
{
    static const char *const kinds[] = {"hp", "acp", "gp"};
    for (const zs_explain_key *key = rule->keys; key->path != NULL; key++) {
        const char *star = strchr(key->path, '*');
        if (star == NULL) {
            ZS_TRY(scale_key(arena, key, key->path, step, base, c, err));
            continue;
        }
        for (size_t i = 0; i < ZS_LEN(kinds); i++) {
            char path[96];
            if ((used_ports(base) >> i & 1) == 0)
                continue;
            snprintf(path, sizeof path, "%.*s%s%s", (int)(star - key->path), key->path, kinds[i],
                     star + 1);
            ZS_TRY(scale_key(arena, key, path, step, base, c, err));
        }
    }
    return ZS_OK;
}

/* ---- MAC lanes ------------------------------------------------------------------------------- */

/* The loops that are unrolled, with the tile that bounds them and the banks that follow. */
static const struct {
    const char *unroll, *tile, *partition;
} loops[ZS_EXPLAIN_CANDIDATES] = {
    {"accelerator.unroll.oc", "accelerator.tile.oc", "accelerator.partition.oc"},
    {"accelerator.unroll.ic", "accelerator.tile.ic", "accelerator.partition.ic"},
    {"accelerator.unroll.oy", "accelerator.tile.oy", NULL},
    {"accelerator.unroll.ox", "accelerator.tile.ox", NULL},
};

/* Banks that the design states follow the lanes; those that are automatic do by themselves. */
static void scale_banks(zs_design *d, const char *path, double factor)
{
    const zs_field *f = path != NULL ? zs_field_find(path) : NULL;
    if (f == NULL)
        return;
    const double banks = number_of(d, f);
    if (banks > 0)
        set_number(d, f, fmin(fmax(ceil(banks * factor), 1), f->max));
}

/* One loop unrolled twice or half as far. Lanes beyond a tile would idle: no candidate. */
static zs_status unroll_loop(zs_arena *arena, size_t loop, zs_explain_step step,
                             const zs_design *base, zs_explain_candidate *c, zs_err *err)
{
    const zs_field *unroll = zs_field_find(loops[loop].unroll);
    const double lanes = number_of(base, unroll);
    const double room = number_of(base, zs_field_find(loops[loop].tile));
    const double to = step == ZS_TWICE ? 2 * lanes : floor(lanes / 2);
    const bool is_wide = zs_kind_of(base)->tile_bounds_unroll && to > room;
    if (!zs_field_is_of(unroll, base->accel.kind) || to < 1 || to > unroll->max ||
        (step == ZS_TWICE && is_wide))
        return ZS_OK;
    set_number(&c->design, unroll, to);
    scale_banks(&c->design, loops[loop].partition, to / lanes);
    return note_change(arena, unroll, base, &c->design, &c->change, err);
}

/* A tile in one pass: its first `loop_n` loops unrolled whole, and nothing to wait for. */
static zs_status unroll_all(zs_arena *arena, size_t loop_n, const zs_design *base,
                            zs_explain_candidate *c, zs_err *err)
{
    zs_design *d = &c->design;
    (void)err;
    for (size_t i = 0; i < loop_n; i++) {
        const zs_field *unroll = zs_field_find(loops[i].unroll);
        const double lanes = number_of(base, unroll);
        const double tile = number_of(base, zs_field_find(loops[i].tile));
        const double room = zs_kind_of(base)->tile_bounds_unroll ? tile : 16 * lanes;
        set_number(d, unroll, fmin(fmax(room, lanes), unroll->max));
    }
    d->accel.partition.ic = d->accel.partition.oc = 0;
    d->accel.pipeline = true;
    d->accel.ii = 1;
    d->accel.pipeline_depth_pl_cycles = 1;
    d->accel.start_pl_cycles = 0;
    c->change = zs_arena_strdup(arena, "tiles in one pass, without pipeline depth");
    return c->change != NULL ? ZS_OK : zs_nomem(err, "explanation");
}

/* ---- ports ----------------------------------------------------------------------------------- */

enum { PORT_INPUT, PORT_WEIGHT, PORT_OUTPUT, PORT_N };

/* An input or output that leaves the coherent port, or comes to it, has cache upkeep added or taken
 * away: that is a resource of its own. Weights have none. */
static bool may_move(size_t operand, uint32_t from, uint32_t to)
{
    return operand == PORT_WEIGHT || (from == ZS_PORT_ACP) == (to == ZS_PORT_ACP);
}

/* A free port for an operand that shares one; else the one it has. */
static uint32_t own_port(uint32_t *const ports[PORT_N], size_t operand)
{
    static const uint32_t hp[] = {ZS_PORT_HP0, ZS_PORT_HP1, ZS_PORT_HP2, ZS_PORT_HP3};
    uint32_t port = *ports[operand];
    for (size_t k = 0; k < ZS_LEN(hp); k++) {
        bool is_shared = false, is_taken = false;
        for (size_t j = 0; j < PORT_N; j++) {
            is_shared |= j != operand && *ports[j] == port;
            is_taken |= *ports[j] == hp[k];
        }
        if (is_shared && !is_taken)
            port = hp[k];
    }
    return port;
}

/* Twice, no limit: operands that share a port get their own. Half: all on one. */
static zs_status move_ports(zs_arena *arena, zs_explain_step step, const zs_design *base,
                            zs_explain_candidate *c, zs_err *err)
{
    uint32_t *const ports[] = {&c->design.accel.ports.input, &c->design.accel.ports.weight,
                               &c->design.accel.ports.output};
    static const char *const paths[] = {"accelerator.ports.input", "accelerator.ports.weight",
                                        "accelerator.ports.output"};
    for (size_t i = PORT_WEIGHT; i < PORT_N; i++) {
        const uint32_t to = step == ZS_HALF ? *ports[PORT_INPUT] : own_port(ports, i);
        if (may_move(i, *ports[i], to))
            *ports[i] = to;
    }
    for (size_t i = 0; i < PORT_N; i++) {
        const zs_field *f = zs_field_find(paths[i]);
        if (*(const uint32_t *)((const char *)base + f->offset) != *ports[i])
            ZS_TRY(note_change(arena, f, base, &c->design, &c->change, err));
    }
    return ZS_OK;
}

/* ---- all ------------------------------------------------------------------------------------- */

static zs_status make_candidate(zs_arena *arena, const zs_explain_rule *rule, zs_explain_step step,
                                size_t which, const zs_design *base, zs_explain_candidate *c,
                                zs_err *err)
{
    if (rule->how == ZS_SCALE_LANES && step == ZS_UNLIMITED)
        return unroll_all(arena, which + 1, base, c, err);
    if (rule->how == ZS_SCALE_LANES)
        return unroll_loop(arena, which, step, base, c, err);
    if (rule->how == ZS_SCALE_PORTS)
        return move_ports(arena, step, base, c, err);
    return scale_keys(arena, rule, step, base, c, err);
}

/* The same step for each of several engines; what is the board's changes with each of them alike.
 */
static zs_status change_engines(zs_arena *arena, const zs_explain_rule *rule, zs_explain_step step,
                                size_t which, const zs_design *base, zs_explain_candidate *c,
                                zs_err *err)
{
    zs_engine *engines = zs_new(arena, zs_engine, base->engine_n);
    const char *last = "";
    if (engines == NULL)
        return zs_nomem(err, "explanation");
    for (uint32_t i = 0; i < base->engine_n; i++) {
        const zs_design alone = zs_design_of_engine(base, i);
        zs_explain_candidate own = {.design = alone, .change = ""};
        ZS_TRY(make_candidate(arena, rule, step, which, &alone, &own, err));
        engines[i] = base->engines[i];
        engines[i].accel = own.design.accel;
        c->design.board = own.design.board;
        if (strcmp(own.change, last) != 0 && own.change[0] != '\0')
            c->change = zs_arena_printf(arena, "%s%s%s: %s", c->change, c->change[0] ? ", " : "",
                                        base->engines[i].name, own.change);
        if (c->change == NULL)
            return zs_nomem(err, "explanation");
        last = own.change;
    }
    c->design.engines = engines;
    c->design.accel = engines[0].accel;
    return ZS_OK;
}

zs_status zs_explain_candidates(zs_arena *arena, const zs_explain_rule *rule, zs_explain_step step,
                                const zs_design *base,
                                zs_explain_candidate out[ZS_EXPLAIN_CANDIDATES], uint32_t *n,
                                zs_err *err)
{
    const size_t most = rule->how == ZS_SCALE_LANES ? ZS_EXPLAIN_CANDIDATES : 1;
    *n = 0;
    for (size_t which = 0; which < most; which++) {
        zs_explain_candidate *c = &out[*n];
        *c = (zs_explain_candidate){.design = *base, .change = ""};
        ZS_TRY(base->engine_n == 0 ? make_candidate(arena, rule, step, which, base, c, err)
                                   : change_engines(arena, rule, step, which, base, c, err));
        *n += c->change[0] != '\0';
    }
    return ZS_OK;
}
