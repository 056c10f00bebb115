#include "engines_priv.h"

#include "zynqsim/capacity.h"

#include <fnmatch.h>
#include <string.h>

/* A design of several engines. Each engine's kind makes a plan of the whole network in which all
 * layers but its own are the PS's. The rows of each layer are taken from the plan of the engine
 * that the layer is mapped to, and put into one plan in the order of the layers.
 *
 * The engines take turns: the ops of a call stand between joins, and in the plan that is put
 * together a join waits for all that came before, whoever did it. So waits for ops of rows that
 * were left out can be dropped. What one engine leaves in DRAM another reads as it lies there;
 * where their layouts differ, the PS puts the elements in order before the call. */

enum { BASE_ALIGN = 1 << 20 };

/* ---- the map --------------------------------------------------------------------------------- */

/* A name with brackets is called by itself, though as a pattern it would be another one. */
static bool is_called(const char *pattern, const char *name)
{
    return strcmp(pattern, name) == 0 || fnmatch(pattern, name, 0) == 0;
}

static bool matches_any(const char *const *patterns, uint32_t n, const char *name)
{
    for (uint32_t i = 0; i < n; i++)
        if (is_called(patterns[i], name))
            return true;
    return false;
}

/* Who takes which layer where some are left to the PS by name. */
zs_status zs_engines_leave(zs_arena *arena, const zs_design *design, const zs_net *net,
                           const uint8_t **out, zs_err *err)
{
    uint8_t *engine_of = zs_new(arena, uint8_t, net->layer_n + 1);
    if (engine_of == NULL)
        return zs_nomem(err, "layers");
    for (uint32_t i = 0; i < net->layer_n; i++) {
        const bool is_left = matches_any(design->on_cpu, design->on_cpu_n, net->layers[i].name);
        engine_of[i] = is_left ? ZS_ENGINE_NONE : 0;
    }
    for (uint32_t p = 0; p < design->on_cpu_n; p++) {
        bool is_used = false;
        for (uint32_t i = 0; i < net->layer_n; i++)
            is_used = is_used || is_called(design->on_cpu[p], net->layers[i].name);
        if (!is_used)
            return zs_fail(err, ZS_EPARSE, "layers", "no layer of network %s is called \"%.64s\"",
                           net->name, design->on_cpu[p]);
    }
    *out = engine_of;
    return ZS_OK;
}

static zs_status check_pattern(zs_arena *scratch, const zs_engine *engine, const char *pattern,
                               const zs_net *net, zs_err *err)
{
    const char **names = zs_new(scratch, const char *, net->layer_n + 1);
    if (names == NULL)
        return zs_nomem(err, "accelerators");
    for (uint32_t i = 0; i < net->layer_n; i++) {
        names[i] = net->layers[i].name;
        if (is_called(pattern, names[i]))
            return ZS_OK;
    }
    const char *near = zs_nearest(pattern, names, net->layer_n);
    return zs_fail(err, ZS_EPARSE, "accelerators",
                   "engine %s maps \"%.64s\", but no layer of network %s is called so%s%s%s",
                   engine->name, pattern, net->name, near ? "; did you mean \"" : "",
                   near ? near : "", near ? "\"?" : "");
}

/* Each engine up to the layer that is named for it, the last the rest; layers that are left to the
 * PS stay its own. */
static zs_status cut_layers(zs_arena *arena, const zs_design *design, const zs_net *net,
                            uint8_t *engine_of, zs_err *err)
{
    const char *at = design->swap.cut;
    const char **names = zs_new(arena, const char *, net->layer_n + 1);
    uint32_t layer = 0;
    if (names == NULL)
        return zs_nomem(err, "accelerators");
    for (uint32_t i = 0; i < net->layer_n; i++)
        names[i] = net->layers[i].name;
    for (uint32_t k = 0; k < design->engine_n; k++) {
        const size_t n = strcspn(at, ";");
        uint32_t last = layer;
        const bool is_last = k + 1 == design->engine_n;
        if (is_last != (*at == '\0'))
            return zs_fail(err, ZS_EPARSE, "swap.cut",
                           "\"%.64s\" does not name a layer for each of %u engines but the last",
                           design->swap.cut, design->engine_n);
        while (!is_last && last < net->layer_n &&
               (strlen(names[last]) != n || strncmp(names[last], at, n) != 0))
            last++;
        if (!is_last && last + 1 >= net->layer_n) {
            const char *name = zs_arena_strndup(arena, at, n);
            const char *near =
                name ? zs_nearest(name, names + layer, net->layer_n - layer - 1) : NULL;
            return zs_fail(err, ZS_EPARSE, "swap.cut",
                           "no layer behind the cut before and before the last is called "
                           "\"%.64s\"%s%s%s",
                           name ? name : "", near ? "; did you mean \"" : "", near ? near : "",
                           near ? "\"?" : "");
        }
        for (uint32_t i = layer; i < net->layer_n && (is_last || i <= last); i++)
            if (!matches_any(design->on_cpu, design->on_cpu_n, names[i]))
                engine_of[i] = (uint8_t)k;
        layer = last + 1;
        at += n + (at[n] == ';');
    }
    return ZS_OK;
}

/* The first engine that maps a layer takes it; layers that none maps are the PS's. */
static zs_status map_layers(zs_arena *arena, const zs_design *design, const zs_net *net,
                            uint8_t **out, zs_err *err)
{
    uint8_t *engine_of = zs_new(arena, uint8_t, net->layer_n + 1);
    if (engine_of == NULL)
        return zs_nomem(err, "accelerators");
    for (uint32_t i = 0; i < net->layer_n; i++) {
        engine_of[i] = ZS_ENGINE_NONE;
        const char *name = net->layers[i].name;
        if (matches_any(design->on_cpu, design->on_cpu_n, name))
            continue;
        for (uint32_t k = design->engine_n; k-- > 0 && design->swap.cut[0] == '\0';)
            if (matches_any(design->engines[k].patterns, design->engines[k].pattern_n, name))
                engine_of[i] = (uint8_t)k;
    }
    if (design->swap.cut[0] != '\0')
        ZS_TRY(cut_layers(arena, design, net, engine_of, err));
    for (uint32_t k = 0; k < design->engine_n; k++) {
        const zs_engine *engine = &design->engines[k];
        for (uint32_t p = 0; p < engine->pattern_n; p++)
            ZS_TRY(check_pattern(arena, engine, engine->patterns[p], net, err));
        if (memchr(engine_of, (int)k, net->layer_n) == NULL)
            return zs_fail(err, ZS_EPARSE, "accelerators",
                           "engine %s takes no layer: engines before it map all of its own",
                           engine->name);
    }
    *out = engine_of;
    return ZS_OK;
}

/* ---- putting plans together ------------------------------------------------------------------ */

typedef struct merger {
    zs_arena *arena;
    const zs_design *design;
    const zs_net *net;
    const uint8_t *engine_of;
    zs_plan *plan;
    zs_plan_part *parts;
    uint32_t *cost0; /* [part] index of its first price */
    uint32_t *meet0; /* [part] of its first meeting point */
    uint32_t *meet_wait0;
    uint32_t *unit0; /* [part] index of its compute unit; of pipelines, those of layers follow */
    zs_loader loader;
    uint32_t **op_at; /* [part][op] in the plan put together, or ZS_NO_OP */
    zs_plan_row *rows;
    zs_tile_op *ops;
    zs_tile_box *boxes;
    zs_op_cost *costs;
    zs_plan_call *calls;
    zs_plan_unit *units;
    zs_plan_meet *meets;
    uint32_t *meet_waits;
} merger;

static zs_status make_room(merger *m, zs_err *err)
{
    uint64_t rows = 1, ops = 1, costs = 1, calls = 1, meets = 1, waits = 1;
    uint64_t units = ZS_UNIT_N + 2;
    const uint32_t n = m->plan->part_n;
    m->cost0 = zs_new(m->arena, uint32_t, n);
    m->meet0 = zs_new(m->arena, uint32_t, n);
    m->meet_wait0 = zs_new(m->arena, uint32_t, n);
    m->op_at = zs_new(m->arena, uint32_t *, n);
    if (m->cost0 == NULL || m->meet0 == NULL || m->meet_wait0 == NULL || m->op_at == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t p = 0; p < n; p++) {
        const zs_plan *part = m->parts[p].plan;
        m->cost0[p] = (uint32_t)costs;
        m->meet0[p] = (uint32_t)meets;
        m->meet_wait0[p] = (uint32_t)waits;
        units += 1 + part->unit_n - ZS_UNIT_N;
        rows += part->row_n;
        ops += part->op_n;
        costs += part->cost_n;
        calls += part->call_n;
        meets += part->meet_n;
        for (uint32_t i = 0; i < part->meet_n; i++)
            waits += part->meets[i].n;
        ops += (uint64_t)part->call_n * zs_loader_ops(m->design);
        m->op_at[p] = zs_arena_alloc_raw(m->arena, part->op_n + 1u, sizeof **m->op_at);
        if (m->op_at[p] == NULL)
            return zs_nomem(err, "plan");
        memset(m->op_at[p], 0xff, (part->op_n + (size_t)1) * sizeof **m->op_at);
    }
    m->loader.cost0 = (uint32_t)costs;
    costs += ZS_LOADER_COSTS;
    if (ops > UINT32_MAX || costs > UINT32_MAX || rows > UINT16_MAX)
        return zs_fail(err, ZS_ERANGE, "accelerators", "the plans of the engines are too long");
    m->rows = zs_new(m->arena, zs_plan_row, rows);
    m->ops = zs_new(m->arena, zs_tile_op, ops);
    m->boxes = zs_new(m->arena, zs_tile_box, ops);
    m->costs = zs_new(m->arena, zs_op_cost, costs);
    m->calls = zs_new(m->arena, zs_plan_call, calls);
    m->units = zs_new(m->arena, zs_plan_unit, units);
    m->unit0 = zs_new(m->arena, uint32_t, n);
    m->meets = zs_new(m->arena, zs_plan_meet, meets);
    m->meet_waits = zs_new(m->arena, uint32_t, waits);
    if (m->rows == NULL || m->ops == NULL || m->boxes == NULL || m->costs == NULL ||
        m->calls == NULL || m->units == NULL || m->unit0 == NULL || m->meets == NULL ||
        m->meet_waits == NULL)
        return zs_nomem(err, "plan");
    m->loader.ops = m->ops;
    m->loader.boxes = m->boxes;
    m->loader.costs = m->costs + m->loader.cost0;
    return ZS_OK;
}

/* Ports, PS and meeting points are the board's; each engine brings its compute unit, a pipeline one
 * for every layer. */
static zs_status add_units(merger *m, zs_err *err)
{
    uint32_t n = ZS_UNIT_N;
    memcpy(m->units, zs_tile_units, sizeof zs_tile_units);
    for (uint32_t p = 0; p < m->plan->part_n; p++) {
        const zs_plan_part *part = &m->parts[p];
        const uint32_t own_n = part->plan->unit_n - ZS_UNIT_N;
        if (part->plan->units[ZS_UNIT_PE].is_serial ||
            (part->plan->flow == NULL && part->plan->rows_overlap))
            return zs_fail(err, ZS_EUNSUPPORTED, "accelerators",
                           "engine %s is of kind %s, which cannot be one of several", part->name,
                           zs_kind_of(part->design)->word);
        if (n + own_n + 3 > ZS_UNITS_MAX) /* two more are the loader's */
            return zs_fail(err, ZS_EUNSUPPORTED, "accelerators",
                           "the engines up to %s have more than %d units", part->name,
                           ZS_UNITS_MAX);
        m->unit0[p] = p == 0 ? ZS_UNIT_PE : n++;
        for (uint32_t u = 0; u <= own_n; u++) {
            zs_plan_unit *unit = u == 0 ? &m->units[m->unit0[p]] : &m->units[n++];
            *unit = part->plan->units[u == 0 ? ZS_UNIT_PE : ZS_UNIT_N + u - 1];
            unit->engine = (uint8_t)p;
            if (p + u > 0)
                unit->name = zs_arena_printf(m->arena, "%s.%s", part->name, unit->name);
            if (unit->name == NULL)
                return zs_nomem(err, "plan");
        }
    }
    ZS_TRY(zs_loader_units(&m->loader, m->arena, m->units, &n, err));
    m->plan->units = m->units;
    m->plan->unit_n = n;
    return ZS_OK;
}

/* Units of layers lie behind the compute unit, of the first part behind those of the board. */
static uint8_t unit_of(const merger *m, uint32_t part, uint8_t unit)
{
    if (unit >= ZS_UNIT_N)
        return (uint8_t)(unit - ZS_UNIT_N + (part == 0 ? ZS_UNIT_N : m->unit0[part] + 1));
    return unit == ZS_UNIT_PE ? (uint8_t)m->unit0[part] : unit;
}

static void move(zs_plan_tensor *t, uint64_t base)
{
    if (t->addr != UINT64_MAX)
        t->addr += base;
}

static void add_row(merger *m, uint32_t p, uint32_t i)
{
    const zs_plan *from = m->parts[p].plan;
    const uint64_t base = m->parts[p].dram_base;
    zs_plan *plan = m->plan;
    zs_plan_row *row = &m->rows[plan->row_n];
    *row = from->rows[i];
    row->part = p;
    row->part_row = i;
    row->op0 = plan->op_n;
    move(&row->x, base);
    move(&row->x2, base);
    move(&row->y, base);
    row->weight_base += base;
    row->bias_base += base;
    row->partial_base += base;
    if (row->call != ZS_NO_INDEX) {
        const zs_plan_call *call = &from->calls[row->call];
        if (call->row0 == i) {
            const char *name = zs_arena_printf(m->arena, "%s:%s", m->parts[p].name, call->name);
            m->calls[plan->call_n++] = (zs_plan_call){
                .name = name ? name : call->name, .row0 = plan->row_n, .row_n = call->row_n};
        }
        row->call = plan->call_n - 1;
    }
    if (row->call != ZS_NO_INDEX)
        zs_loader_call(&m->loader, plan->row_n, p, &row->op_n);
    for (uint32_t k = from->rows[i].op0; k < from->rows[i].op0 + from->rows[i].op_n; k++) {
        zs_tile_op *op = &m->ops[plan->op_n];
        *op = from->ops[k];
        op->row = (uint16_t)plan->row_n;
        op->unit = unit_of(m, p, op->unit);
        op->cost_key += op->code == ZS_OP_MEET ? m->meet0[p] : m->cost0[p];
        m->boxes[plan->op_n] = from->boxes[k];
        m->op_at[p][k] = plan->op_n++;
    }
    if (row->call != ZS_NO_INDEX)
        zs_loader_called(&m->loader, p);
    plan->row_n++;
}

/* Each layer's rows from the plan of its engine. */
static void add_rows(merger *m)
{
    uint32_t next[ZS_DESIGN_ENGINES_MAX] = {0};
    for (;;) {
        uint32_t first = ZS_NO_INDEX;
        for (uint32_t p = 0; p < m->plan->part_n; p++) {
            const zs_plan *from = m->parts[p].plan;
            for (; next[p] < from->row_n; next[p]++) { /* the first part has those of the PS too */
                const uint8_t engine = m->engine_of[from->rows[next[p]].layer];
                if ((engine == ZS_ENGINE_NONE ? 0 : engine) == p)
                    break;
            }
            if (next[p] < from->row_n &&
                (first == ZS_NO_INDEX ||
                 from->rows[next[p]].layer < m->parts[first].plan->rows[next[first]].layer))
                first = p;
        }
        if (first == ZS_NO_INDEX)
            return;
        add_row(m, first, next[first]++);
    }
}

static uint32_t moved(const merger *m, uint32_t p, uint32_t op)
{
    return op == ZS_NO_OP ? ZS_NO_OP : m->op_at[p][op];
}

/* Its waits are those of the plan put together. */
static bool is_of_swap(const merger *m, uint32_t op)
{
    return zs_op_is_loading(m->ops[op].code) ||
           (m->ops[op].code == ZS_OP_HOST && m->boxes[op].flags == ZS_HOST_SWAP);
}

static void rename_waits(merger *m)
{
    for (uint32_t i = 0; i < m->plan->op_n; i++)
        for (uint32_t k = 0; k < ZS_LEN(m->ops[i].wait) && !is_of_swap(m, i); k++)
            m->ops[i].wait[k] = moved(m, m->rows[m->ops[i].row].part, m->ops[i].wait[k]);
    for (uint32_t p = 0; p < m->plan->part_n; p++) {
        const zs_plan *from = m->parts[p].plan;
        uint32_t to = m->meet_wait0[p];
        for (uint32_t i = 0; i < from->meet_n; i++) {
            zs_plan_meet *meet = &m->meets[m->meet0[p] + i];
            *meet = (zs_plan_meet){.first = to};
            for (uint32_t k = 0; k < from->meets[i].n; k++) {
                const uint32_t op = moved(m, p, from->meet_waits[from->meets[i].first + k]);
                if (op != ZS_NO_OP)
                    m->meet_waits[to + meet->n++] = op;
            }
            to += from->meets[i].n;
        }
        m->plan->meet_n = m->meet0[p] + from->meet_n;
    }
}

static void add_costs(merger *m)
{
    for (uint32_t p = 0; p < m->plan->part_n; p++) {
        const zs_plan *from = m->parts[p].plan;
        for (uint32_t i = 0; i < from->cost_n; i++) {
            zs_op_cost *cost = &m->costs[m->cost0[p] + i];
            *cost = from->costs[i];
            cost->unit = unit_of(m, p, cost->unit);
            cost->xfer.addr += m->parts[p].dram_base;
        }
    }
    m->plan->cost_n = m->loader.cost0 + ZS_LOADER_COSTS;
    /* index 0 is that of joins; no part starts there */
    m->costs[0] = (zs_op_cost){.code = ZS_OP_JOIN, .unit = ZS_UNIT_CPU};
}

/* ---- tensors that pass from engine to engine ------------------------------------------------- */

static bool has_planes(const zs_kind *kind)
{
    return kind->exec_set == NULL && !kind->streams_pixels;
}

/* Elements that a call of `part` reads and an engine of another layout wrote. */
static uint64_t foreign_elems(const merger *m, const zs_plan_call *call)
{
    const zs_plan_part *part = &m->parts[m->rows[call->row0].part];
    const bool is_plain = has_planes(part->plan->kind);
    uint64_t elems = 0;
    for (uint32_t i = call->row0; i < call->row0 + call->row_n; i++) {
        const zs_layer *layer = &m->net->layers[m->rows[i].layer];
        for (uint32_t k = 0; k < layer->in_n; k++) {
            uint64_t offset;
            const uint32_t root = zs_tensor_root(m->net, layer->in[k], &offset);
            for (uint32_t w = 0; w < call->row0; w++) {
                const zs_plan_row *writer = &m->rows[w];
                const zs_layer *by = &m->net->layers[writer->add != ZS_NO_INDEX    ? writer->add
                                                     : writer->pool != ZS_NO_INDEX ? writer->pool
                                                     : writer->act != ZS_NO_INDEX  ? writer->act
                                                                                   : writer->layer];
                const zs_kind *kind = m->parts[writer->part].plan->kind;
                if (writer->call != ZS_NO_INDEX && has_planes(kind) != is_plain &&
                    zs_tensor_root(m->net, by->out, &offset) == root)
                    elems += zs_shape_elems(m->net->tensors[by->out].shape);
            }
        }
    }
    return elems * m->plan->batch;
}

static void charge_layouts(merger *m)
{
    for (uint32_t c = 0; c < m->plan->call_n; c++) {
        const zs_plan_row *row = &m->rows[m->calls[c].row0];
        const zs_design *design = m->parts[row->part].design;
        const zs_cpu_params *cpu = &design->board.cpu;
        const uint64_t elems = foreign_elems(m, &m->calls[c]);
        uint32_t op = row->op0;
        while (op < row->op0 + row->op_n &&
               (m->ops[op].code != ZS_OP_HOST || m->boxes[op].flags == ZS_HOST_SWAP))
            op++;
        if (elems == 0 || op == row->op0 + row->op_n)
            continue;
        const double seconds =
            (double)elems * cpu->cycles_per_gathered_element / (double)cpu->clock_hz;
        m->costs[m->ops[op].cost_key].pl_cycles +=
            zs_seconds_to_pl_cycles(seconds, design->accel.clock_hz);
        m->plan->rearranged_bytes += elems * zs_elem_bytes(design->accel.precision);
    }
}

/* ---- the plan -------------------------------------------------------------------------------- */

static zs_status place_parts(merger *m, const zs_design *design, zs_err *err)
{
    uint64_t top = 0;
    for (uint32_t p = 0; p < m->plan->part_n; p++) {
        m->parts[p].dram_base = zs_round_up(top, BASE_ALIGN);
        top = m->parts[p].dram_base + m->parts[p].plan->dram_bytes;
    }
    if (top > design->board.memory.bytes)
        return zs_fail(err, ZS_ERANGE, "board.memory.bytes",
                       "the engines need %llu bytes of DRAM, the board has %llu",
                       (unsigned long long)top, (unsigned long long)design->board.memory.bytes);
    ZS_TRY(zs_loader_place(&m->loader, &top, err));
    m->plan->dram_bytes = top;
    return ZS_OK;
}

static zs_status merge(merger *m, const zs_design *design, zs_err *err)
{
    zs_plan *plan = m->plan;
    ZS_TRY(place_parts(m, design, err));
    ZS_TRY(make_room(m, err));
    ZS_TRY(add_units(m, err));
    zs_loader_begin(&m->loader, m->engine_of, m->net->layer_n);
    add_rows(m);
    add_costs(m);
    rename_waits(m);
    charge_layouts(m);
    plan->rows = m->rows;
    plan->ops = m->ops;
    plan->boxes = m->boxes;
    plan->costs = m->costs;
    plan->calls = m->calls;
    plan->meets = m->meets;
    plan->meet_waits = m->meet_waits;
    plan->tensors = m->parts[0].plan->tensors;
    return ZS_OK;
}

zs_status zs_engines_plan(zs_arena *arena, const zs_design *design, const zs_net *net,
                          zs_plan **out, zs_err *err)
{
    uint8_t *engine_of = NULL;
    ZS_TRY(zs_swap_check(design, err));
    ZS_TRY(map_layers(arena, design, net, &engine_of, err));
    zs_plan *plan = zs_new(arena, zs_plan, 1);
    zs_plan_part *parts = zs_new(arena, zs_plan_part, design->engine_n);
    zs_design *designs = zs_new(arena, zs_design, design->engine_n);
    if (plan == NULL || parts == NULL || designs == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t p = 0; p < design->engine_n; p++) {
        zs_plan_draft *d;
        const zs_plan *alone;
        designs[p] = zs_design_of_engine(design, p);
        const zs_engine_share share = {.engine_of_layer = engine_of, .engine = (uint8_t)p};
        zs_status status = zs_engine_draft(arena, &designs[p], net, &share, &d, err);
        if (status == ZS_OK)
            status = zs_plan_finish(d, &alone, err);
        if (status != ZS_OK)
            zs_err_prefix(err, design->engines[p].name);
        ZS_TRY(status);
        parts[p] =
            (zs_plan_part){.name = design->engines[p].name, .design = &designs[p], .plan = alone};
    }
    *plan = (zs_plan){.kind = parts[0].plan->kind,
                      .engine_n = 1,
                      .batch = design->batch,
                      .parts = parts,
                      .part_n = design->engine_n};
    merger m = {.arena = arena,
                .design = design,
                .net = net,
                .engine_of = engine_of,
                .plan = plan,
                .parts = parts,
                .loader = {.design = design, .plan = plan}};
    ZS_TRY(merge(&m, design, err));
    *out = plan;
    return ZS_OK;
}
