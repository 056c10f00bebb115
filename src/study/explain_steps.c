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

/* As far as the key goes, and not below `least`; whole numbers are rounded up, so that a cost of 1
 * stays. */
static double scaled(const zs_field *f, double least, double value, zs_explain_way way,
                     zs_explain_step step)
{
    double to = step == ZS_UNLIMITED ? (way == ZS_SCALE_MORE ? f->max : least)
                : (step == ZS_TWICE) == (way == ZS_SCALE_MORE) ? 2 * value
                                                               : value / 2;
    if (f->type != ZS_FIELD_F64)
        to = ceil(to);
    return fmin(fmax(to, least), f->max);
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

/* `limits` has the least value of the key, or NULL: the key itself has. */
static zs_status scale_key(zs_arena *arena, const zs_explain_key *key, const char *path,
                           const zs_field *limits, zs_explain_step step, const zs_design *base,
                           zs_explain_candidate *c, zs_err *err)
{
    const zs_field *f = zs_field_find(path);
    const char *text = step == ZS_UNLIMITED ? key->unlimited : "";
    if (f == NULL)
        return zs_fail(err, ZS_EINTERNAL, path, "is scaled by explain but is no key of a design");
    if (strcmp(text, "-") == 0 || !zs_field_is_of(f, base->accel.kind) ||
        !zs_field_is_on(f, base->board.family))
        return ZS_OK;
    if (text[0] != '\0') {
        char was[128] = "", is[128] = "";
        (void)zs_design_print(base, f, was, sizeof was);
        ZS_TRY(zs_design_set(&c->design, arena, path, text, err));
        (void)zs_design_print(&c->design, f, is, sizeof is);
        return strcmp(was, is) != 0 ? note_change(arena, f, base, &c->design, &c->change, err)
                                    : ZS_OK;
    }
    const double value = number_of(base, f), least = limits != NULL ? limits->min : f->min;
    const double to = scaled(f, least, value, key->way, step);
    if (isnan(value) || to == value)
        return ZS_OK;
    set_number(&c->design, f, to);
    return note_change(arena, f, base, &c->design, &c->change, err);
}

/* ---- ports ----------------------------------------------------------------------------------- */

enum { PORT_INPUT, PORT_WEIGHT, PORT_OUTPUT, PORT_N };

static const char *const port_paths[PORT_N] = {
    "accelerator.ports.input", "accelerator.ports.weight", "accelerator.ports.output"};

/* Where each operand has its port; NULL where the kind has no key for it. */
static void find_ports(zs_design *d, uint32_t *ports[PORT_N])
{
    for (size_t i = 0; i < PORT_N; i++) {
        const zs_field *f = zs_field_find(port_paths[i]);
        void *at = (char *)d + f->offset;
        ports[i] = zs_field_is_of(f, d->accel.kind) ? at : NULL;
    }
}

/* "hp", "acp", "gp": bit 0, 1, 2; from bit 3 on the HP ports one by one. */
static uint32_t used_ports(const zs_design *design)
{
    zs_design d = *design;
    uint32_t *ports[PORT_N], used = 0;
    find_ports(&d, ports);
    for (size_t i = 0; i < PORT_N; i++) {
        if (ports[i] != NULL)
            used |= *ports[i] <= ZS_PORT_HP3   ? 1u | 8u << *ports[i]
                    : *ports[i] == ZS_PORT_ACP ? 2
                                               : 4;
    }
    return used;
}

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
            is_shared |= ports[j] != NULL && j != operand && *ports[j] == port;
            is_taken |= ports[j] != NULL && *ports[j] == hp[k];
        }
        if (is_shared && !is_taken)
            port = hp[k];
    }
    return port;
}

/* Twice, no limit: operands that share a port get their own. Half: all on that of the input. */
static zs_status move_ports(zs_arena *arena, zs_explain_step step, const zs_design *base,
                            zs_explain_candidate *c, zs_err *err)
{
    uint32_t *ports[PORT_N];
    find_ports(&c->design, ports);
    for (size_t i = PORT_WEIGHT; i < PORT_N; i++) {
        if (ports[i] == NULL || ports[PORT_INPUT] == NULL)
            continue;
        const uint32_t from = *ports[i];
        const uint32_t to = step == ZS_HALF ? *ports[PORT_INPUT] : own_port(ports, i);
        if (from == to || !may_move(i, from, to))
            continue;
        *ports[i] = to;
        ZS_TRY(note_change(arena, zs_field_find(port_paths[i]), base, &c->design, &c->change, err));
    }
    return ZS_OK;
}

/* ---- several keys ---------------------------------------------------------------------------- */

/* A key of each class of ports that is used, and what single ports have otherwise. */
static zs_status scale_ports(zs_arena *arena, const zs_explain_key *key, zs_explain_step step,
                             const zs_design *base, zs_explain_candidate *c, zs_err *err)
{
    static const char *const words[] = {"hp", "acp", "gp", "hp0", "hp1", "hp2", "hp3"};
    const int head = (int)(strchr(key->path, '*') - key->path);
    char path[96];
    snprintf(path, sizeof path, "%.*shp%s", head, key->path, key->path + head + 1);
    const zs_field *of_all = zs_field_find(path);
    for (size_t i = 0; i < ZS_LEN(words); i++) {
        const bool is_single = i > 2;
        snprintf(path, sizeof path, "%.*s%s%s", head, key->path, words[i], key->path + head + 1);
        const zs_field *f = zs_field_find(path);
        if ((used_ports(base) >> i & 1) == 0 ||
            (is_single && (f == NULL || !(number_of(base, f) > 0))))
            continue;
        ZS_TRY(scale_key(arena, key, path, is_single ? of_all : NULL, step, base, c, err));
    }
    return ZS_OK;
}

static zs_status scale_keys(zs_arena *arena, const zs_explain_rule *rule, zs_explain_step step,
                            const zs_design *base, zs_explain_candidate *c, zs_err *err)
{
    for (const zs_explain_key *key = rule->keys; key->path != NULL; key++)
        if (strchr(key->path, '*') == NULL)
            ZS_TRY(scale_key(arena, key, key->path, NULL, step, base, c, err));
        else
            ZS_TRY(scale_ports(arena, key, step, base, c, err));
    return ZS_OK;
}

/* ---- MAC lanes ------------------------------------------------------------------------------- */

static const zs_kind_lanes unbounded[] = {
    {"accelerator.unroll.oc", NULL, NULL},
    {"accelerator.unroll.ic", NULL, NULL},
    {"accelerator.unroll.oy", NULL, NULL},
    {"accelerator.unroll.ox", NULL, NULL},
    {NULL, NULL, NULL},
};

/* Key `which` among those of the kind's lanes that it has; NULL: there are fewer. */
static const zs_kind_lanes *find_lanes(const zs_design *d, size_t which)
{
    const zs_kind_lanes *l = zs_kind_of(d)->lanes != NULL ? zs_kind_of(d)->lanes : unbounded;
    for (; l->unroll != NULL; l++)
        if (zs_field_is_of(zs_field_find(l->unroll), d->accel.kind) && which-- == 0)
            return l;
    return NULL;
}

/* Twice or half as many lanes of one loop. Lanes without work would idle: no candidate. Banks that
 * the design states follow; those that are automatic do by themselves. */
static zs_status scale_lanes(zs_arena *arena, const zs_kind_lanes *l, zs_explain_step step,
                             const zs_design *base, zs_explain_candidate *c, zs_err *err)
{
    const zs_field *unroll = zs_field_find(l->unroll);
    const zs_field *banks = l->banks != NULL ? zs_field_find(l->banks) : NULL;
    const double lanes = number_of(base, unroll);
    const double room = l->bound != NULL ? number_of(base, zs_field_find(l->bound)) : unroll->max;
    const double to = step == ZS_TWICE ? 2 * lanes : floor(lanes / 2);
    if (to < 1 || to > unroll->max || (step == ZS_TWICE && to > room))
        return ZS_OK;
    set_number(&c->design, unroll, to);
    if (banks != NULL && number_of(base, banks) > 0)
        set_number(&c->design, banks,
                   fmin(fmax(ceil(number_of(base, banks) * (to / lanes)), 1), banks->max));
    return note_change(arena, unroll, base, &c->design, &c->change, err);
}

/* The first `n` loops with lanes for all the work that a tile has, or with 16 times as many, and
 * nothing to wait for, as the keys of the rule say. */
static zs_status unroll_all(zs_arena *arena, const zs_explain_rule *rule, size_t n,
                            const zs_design *base, zs_explain_candidate *c, zs_err *err)
{
    bool has_tiles = false;
    ZS_TRY(scale_keys(arena, rule, ZS_UNLIMITED, base, c, err));
    for (size_t i = 0; i < n; i++) {
        const zs_kind_lanes *l = find_lanes(base, i);
        const zs_field *unroll = zs_field_find(l->unroll);
        const double lanes = number_of(base, unroll);
        const double room =
            l->bound != NULL ? number_of(base, zs_field_find(l->bound)) : 16 * lanes;
        const double to = fmin(fmax(room, lanes), unroll->max);
        set_number(&c->design, unroll, to);
        if (to != lanes)
            ZS_TRY(note_change(arena, unroll, base, &c->design, &c->change, err));
        has_tiles = has_tiles || l->bound != NULL;
    }
    for (const zs_kind_lanes *l = zs_kind_of(base)->lanes; l != NULL && l->unroll != NULL; l++)
        if (l->banks != NULL)
            set_number(&c->design, zs_field_find(l->banks), 0);
    if (has_tiles)
        c->change = zs_arena_strdup(arena, "tiles in one pass, without pipeline depth");
    return c->change != NULL ? ZS_OK : zs_nomem(err, "explanation");
}

/* ---- all ------------------------------------------------------------------------------------- */

static zs_status make_candidate(zs_arena *arena, const zs_explain_rule *rule, zs_explain_step step,
                                size_t which, const zs_design *base, zs_explain_candidate *c,
                                zs_err *err)
{
    const zs_kind_lanes *lanes = find_lanes(base, which);
    if (rule->how == ZS_SCALE_LANES && lanes == NULL)
        return ZS_OK;
    if (rule->how == ZS_SCALE_LANES && step == ZS_UNLIMITED)
        return unroll_all(arena, rule, which + 1, base, c, err);
    if (rule->how == ZS_SCALE_LANES)
        return scale_lanes(arena, lanes, step, base, c, err);
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
