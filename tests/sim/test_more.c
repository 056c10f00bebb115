#include "kind_rows.h"
#include "random_design.h"
#include "sim_cases.h"
#include "small_nets.h"
#include "support.h"
#include "zynqsim/bound.h"
#include "zynqsim/kind.h"
#include "zynqsim/sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More bandwidth, ports, bursts in flight, buffers, a faster clock or memory, shorter latencies: of
 * every key that the field table marks so, the better value is not slower than the worse one by
 * more than scheduling noise, whatever the kind and the rest of the design. MORE_SEED=n draws other
 * designs; MORE_DESIGNS=n draws n per key, kind and network instead of one, of MORE_KIND alone if
 * it is set, and counts instead of asserting. */

enum { TEXT_N = 64 };

/* ---- values ---------------------------------------------------------------------------------- */

static void set(zs_design *d, const zs_field *f, double value)
{
    char text[TEXT_N];
    zs_err err = {0};
    snprintf(text, sizeof text, "%.17g", value);
    const char *word = f->type == ZS_FIELD_BOOL   ? value != 0 ? "true" : "false"
                       : f->type == ZS_FIELD_ENUM ? f->words[(uint32_t)value].word
                                                  : text;
    ck_assert_msg(zs_design_set(d, NULL, f->path, word, &err) == ZS_OK, "%s: %s", f->path,
                  err.text);
}

static double get(const zs_design *d, const zs_field *f)
{
    const void *member = (const char *)d + f->offset;
    switch (f->type) {
    case ZS_FIELD_U64: {
        uint64_t v;
        memcpy(&v, member, sizeof v);
        return (double)v;
    }
    case ZS_FIELD_F64: {
        double v;
        memcpy(&v, member, sizeof v);
        return v;
    }
    case ZS_FIELD_BOOL: {
        bool v;
        memcpy(&v, member, sizeof v);
        return v;
    }
    default: {
        uint32_t v;
        memcpy(&v, member, sizeof v);
        return v;
    }
    }
}

static bool is_scalar(const zs_field *f)
{
    return f->type == ZS_FIELD_U32 || f->type == ZS_FIELD_U64 || f->type == ZS_FIELD_F64;
}

/* ---- designs --------------------------------------------------------------------------------- */

/* A key of the accelerator keeps its default half of the time. */
static void vary(zs_prng *prng, zs_design *d, const zs_field *f)
{
    static const double factors[] = {0.25, 0.5, 2, 4};
    if (zs_prng_below(prng, 2))
        return;
    if (f->type == ZS_FIELD_BOOL) {
        set(d, f, (double)zs_prng_below(prng, 2));
    } else if (f->type == ZS_FIELD_ENUM) {
        const uint32_t value = (uint32_t)zs_prng_below(prng, (uint32_t)f->max + 1);
        if (strcmp(f->words[value].word, "groups") != 0) /* that is a list */
            set(d, f, value);
    } else if (is_scalar(f)) {
        double v = get(d, f) * factors[zs_prng_below(prng, ZS_LEN(factors))];
        v = f->type == ZS_FIELD_F64 ? v : floor(v);
        set(d, f, fmin(fmax(v, f->min), f->max));
    }
}

static bool is_of_accelerator(const zs_field *f)
{
    return strncmp(f->path, "accelerator.", 12) == 0 && strcmp(f->path, "accelerator.kind") != 0;
}

/* Every key that means something to the kind, drawn at random, and what test_random_design draws of
 * the keys that the kind has too. */
static zs_design draw(zs_prng *prng, uint32_t kind)
{
    zs_design d;
    const zs_field *f;
    zs_design_defaults(&d);
    zs_design_set_kind(&d, kind);
    const zs_design typical = test_random_design(prng, ZS_FIXED16);
    const bool is_default = kind == typical.accel.kind;
    if (is_default)
        d = typical;
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++)
        if (is_of_accelerator(f) && zs_field_is_of(f, kind) && !is_default)
            vary(prng, &d, f);
    d.accel.clock_hz = 100000000;
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++) /* block RAM alone may be short */
        if (strcmp(f->path, "board.dsp") == 0 || strcmp(f->path, "board.lut") == 0 ||
            strcmp(f->path, "board.ff") == 0)
            set(&d, f, f->max);
    d.batch = 1 + (uint32_t)zs_prng_below(prng, 2);
    d.board.memory.kind = zs_prng_below(prng, 4) ? ZS_MEMORY_DDR3 : ZS_MEMORY_FIXED;
    return d;
}

static bool has_plan(const zs_design *d, const zs_net *net)
{
    zs_arena arena;
    zs_err err = {0};
    zs_plan *plan;
    zs_arena_init(&arena, test_heap());
    const bool is_one =
        zs_design_check(d, &err) == ZS_OK && zs_plan_build(&arena, d, net, &plan, &err) == ZS_OK;
    zs_arena_drop(&arena);
    return is_one;
}

/* What came out of the keys of one kind with one network. */
typedef struct score {
    uint32_t keys, pairs, slower;
} score;

typedef struct run {
    double seconds;
    uint32_t bram18;
    bool fits;
} run;

/* False: no such design, or none for this network. */
static bool simulate(zs_arena *arena, const zs_design *d, const zs_net *net, zs_fidelity fidelity,
                     run *out)
{
    zs_err err = {0};
    zs_plan *plan = NULL;
    zs_result *r = NULL;
    if (zs_design_check(d, &err) != ZS_OK || zs_plan_build(arena, d, net, &plan, &err) != ZS_OK)
        return false;
    const zs_status status = zs_sim_run(arena, d, net, plan, fidelity, NULL, &r, &err);
    ck_assert_msg(status == ZS_OK, "%s: %s: %s", net->name, err.place, err.text);
    out->seconds = (double)r->cycles / (double)d->accel.clock_hz;
    out->fits = r->fit.fits;
    out->bram18 = (uint32_t)r->fit.used.n[ZS_RESOURCE_BRAM18];
    return true;
}

/* Half of all boards have about as much block RAM as the design wants. */
static void squeeze(zs_prng *prng, zs_arena *arena, zs_design *d, const zs_net *net)
{
    run ample;
    d->board.bram18 = 100000;
    if (zs_prng_below(prng, 2) || !simulate(arena, d, net, ZS_TILE, &ample))
        return;
    d->board.bram18 = ample.bram18 * 3 / 4 + (uint32_t)zs_prng_below(prng, ample.bram18 / 2 + 2);
}

/* What of a design is not as it is by default. */
static const char *settings(const zs_design *d)
{
    static char text[4096];
    zs_design plain;
    const zs_field *f;
    size_t n = 0;
    zs_design_defaults(&plain);
    text[0] = '\0';
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL && n < sizeof text - 160; i++) {
        char value[TEXT_N];
        if (f->type != ZS_FIELD_STR && get(d, f) != get(&plain, f) &&
            zs_design_print(d, f, value, sizeof value) == ZS_OK)
            n += (size_t)snprintf(text + n, sizeof text - n, " --set '%s=%s'", f->path, value);
    }
    return text;
}

/* ---- the better of two ----------------------------------------------------------------------- */

/* A design with a worse and one with a better value; false: they would be the same. */
static bool make_pair(zs_prng *prng, const zs_field *f, const zs_design *d, zs_design *worse,
                      zs_design *better)
{
    static const double starts[] = {4, 1024, 65536};
    const zs_better how = zs_field_better(f);
    *worse = *better = *d;
    if (f->type == ZS_FIELD_BOOL) {
        set(worse, f, how == ZS_BETTER_LESS);
        set(better, f, how == ZS_BETTER_MORE);
        return true;
    }
    if (how == ZS_BETTER_APART) {
        /* all others have the port, or one that is free */
        worse->accel.ports.input = worse->accel.ports.weight = worse->accel.ports.output =
            ZS_PORT_HP0;
        *better = *worse;
        set(better, f, ZS_PORT_HP3);
        return true;
    }
    double v = get(d, f);
    if (v == 0) /* 0 may mean that the program chooses */
        v = f->type == ZS_FIELD_F64 ? 1e-6
            : how == ZS_BETTER_LESS ? 4
                                    : starts[zs_prng_below(prng, ZS_LEN(starts))];
    double low = v, high = 2 * v;
    if (high > f->max) {
        high = v;
        low = f->type == ZS_FIELD_F64 ? v / 2 : floor(v / 2);
    }
    if (low < f->min || low == high)
        return false;
    set(worse, f, how == ZS_BETTER_LESS ? high : low);
    set(better, f, how == ZS_BETTER_LESS ? low : high);
    return true;
}

static bool is_slower(const run *worse, const run *better)
{
    return better->seconds > worse->seconds * 1.01;
}

static void check(zs_prng *prng, const zs_field *f, uint32_t kind, const zs_net *net, bool asserts,
                  score *s)
{
    zs_arena arena;
    zs_design worse, better;
    run slow, fast;
    zs_arena_init(&arena, test_heap());
    zs_design d = draw(prng, kind);
    for (int tries = 0; tries < 32 && !has_plan(&d, net); tries++)
        d = draw(prng, kind);
    squeeze(prng, &arena, &d, net);
    const zs_fidelity fidelity = zs_prng_below(prng, 2) ? ZS_BURST : ZS_TILE;
    const bool is_pair = make_pair(prng, f, &d, &worse, &better) &&
                         simulate(&arena, &worse, net, fidelity, &slow) &&
                         simulate(&arena, &better, net, fidelity, &fast) && slow.fits && fast.fits;
    s->pairs += is_pair;
    if (is_pair && is_slower(&slow, &fast)) {
        s->slower++;
        if (!asserts)
            printf("%s %s, %s, fidelity %d: %.0f instead of %.0f ns (%.1f %%): %s\n", f->path,
                   zs_kinds[kind]->word, net->name, (int)fidelity, fast.seconds * 1e9,
                   slow.seconds * 1e9, 100 * (fast.seconds / slow.seconds - 1), settings(&worse));
        else
            ck_abort_msg("%s of kind %s, %s, fidelity %d: the better value takes %.0f ns instead "
                         "of %.0f: %s",
                         f->path, zs_kinds[kind]->word, net->name, (int)fidelity,
                         fast.seconds * 1e9, slow.seconds * 1e9, settings(&worse));
    }
    zs_arena_drop(&arena);
}

static bool has_marks(uint32_t kind)
{
    const zs_kind_keys *keys = zs_kind_designs[kind].keys;
    for (uint32_t i = 0; i < keys->field_n; i++)
        if (zs_field_better(&keys->fields[i]) != ZS_BETTER_NONE)
            return true;
    return false;
}

START_TEST(test_more_of_anything_is_not_slower)
{
    const char *wish = getenv("MORE_DESIGNS"), *seed = getenv("MORE_SEED");
    const char *only = getenv("MORE_KIND");
    const uint32_t kind = (uint32_t)_i / TEST_NET_N;
    if (wish == NULL && _i % TEST_NET_N > 1)
        return;
    if (only != NULL && strcmp(only, zs_kinds[kind]->word) != 0)
        return;
    if (!has_marks(kind)) /* the kind makes no promise for its own keys */
        return;
    const uint64_t seed_n = seed != NULL ? strtoull(seed, NULL, 10) : 1;
    zs_prng prng = {.state = seed_n * 1000 + (uint64_t)_i};
    zs_arena arena;
    zs_arena_init(&arena, test_heap());
    const zs_net *net = test_net_build(&arena, _i % TEST_NET_N);
    const zs_field *f;
    score s = {0};
    for (uint32_t i = 0; (f = zs_field_at(i)) != NULL; i++) {
        if (zs_field_better(f) == ZS_BETTER_NONE || !zs_field_is_of(f, kind))
            continue;
        s.keys++;
        /* whose room other memories want, in many designs */
        const bool is_slot = strncmp(f->path, "accelerator.double_buffer.", 26) == 0;
        const int designs = wish ? atoi(wish) : is_slot ? 40 : 1;
        for (int k = 0; k < designs; k++)
            check(&prng, f, kind, net, wish == NULL, &s);
    }
    if (wish != NULL)
        printf("%s, %s: %u of %u pairs of %u keys\n", zs_kinds[kind]->word, net->name, s.slower,
               s.pairs, s.keys);
    ck_assert_uint_gt(s.keys, 40);
    ck_assert(s.pairs == 0 || s.pairs > s.keys / 4); /* 0: a network that the kind does not take */
    zs_arena_drop(&arena);
}
END_TEST

/* lenet in a line buffer engine whose board has block RAM for what takes much of it, but then not
 * for the weights of whole layers too. */
static const struct {
    const char *path, *little, *much;
} takers[] = {
    {"accelerator.linebuffer.stream_fifo", "8192", "16384"},
    {"accelerator.linebuffer.stream_fifo", "8192", "65536"},
    {"accelerator.linebuffer.pool_fifo", "48", "2048"},
    {"accelerator.linebuffer.line", "1024", "4096"},
    {"board.axi.hp.width", "8", "16"},
};
START_TEST(test_more_room_elsewhere_does_not_cost_calls)
{
    zs_arena arena;
    zs_err err = {0};
    run little, much;
    zs_arena_init(&arena, test_heap());
    const zs_net *net = test_net_build(&arena, 1);
    zs_design d;
    zs_design_defaults(&d);
    zs_design_set_kind(&d, KIND_linebuffer);
    d.accel.precision = ZS_FIXED16;
    d.accel.unroll.oc = 2;
    d.board.bram18 = 1; /* the least that it asks for */
    ck_assert(zs_design_set(&d, NULL, "accelerator.linebuffer.stream_fifo", "2048", &err) == ZS_OK);
    ck_assert(zs_design_set(&d, NULL, takers[_i].path, takers[_i].much, &err) == ZS_OK);
    ck_assert(simulate(&arena, &d, net, ZS_TILE, &much) && !much.fits);
    d.board.bram18 = much.bram18;
    ck_assert(simulate(&arena, &d, net, ZS_TILE, &much) && much.fits);
    ck_assert(zs_design_set(&d, NULL, takers[_i].path, takers[_i].little, &err) == ZS_OK);
    ck_assert(simulate(&arena, &d, net, ZS_TILE, &little) && little.fits);
    ck_assert_msg(much.seconds <= little.seconds * 1.005, "%s: %.0f instead of %.0f ns, %u BRAM18",
                  takers[_i].path, much.seconds * 1e9, little.seconds * 1e9, much.bram18);
    zs_arena_drop(&arena);
}
END_TEST

TCase *tcase_more(void)
{
    TCase *tc = tcase_create("more");
    tcase_set_timeout(tc, getenv("MORE_DESIGNS") ? 3600 : 60);
    tcase_add_loop_test(tc, test_more_room_elsewhere_does_not_cost_calls, 0, (int)ZS_LEN(takers));
    test_add_many(tc, test_more_of_anything_is_not_slower, (int)zs_kind_n * TEST_NET_N);
    return tc;
}
