#include "cli_priv.h"
#include "zynqsim/train_case.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A case with what came out, in both types. */
typedef struct held_case {
    zs_train_case c;
    uint32_t scheme;
    zs_train_case_result results[2]; /* [ZS_TRAIN_*] */
    double *expected[2];
    const char *weights_path; /* NULL: nothing to hold it against */
} held_case;

static const char *const type_words[] = {
    [ZS_TRAIN_FLOAT32] = "float32", [ZS_TRAIN_FLOAT64] = "float64"};

/* "a/tiny.json" and "_setup.csv" to "a/tiny_setup.csv". */
static char *beside(zs_arena *arena, const char *path, const char *ending)
{
    const size_t n = strlen(path);
    const size_t stem = n > 5 && strcmp(path + n - 5, ".json") == 0 ? n - 5 : n;
    return zs_arena_printf(arena, "%.*s%s", (int)stem, path, ending);
}

static zs_status read_case(zs_arena *arena, const char *path, held_case *out, zs_err *err)
{
    zs_span json, setup, weights;
    const char *setup_path = beside(arena, path, "_setup.csv");
    const char *weights_path = beside(arena, path, "_weights.csv");
    zs_err ignored;
    if (setup_path == NULL || weights_path == NULL)
        return zs_nomem(err, path);
    ZS_TRY(cli_file_read(arena, path, ZS_DESIGN_BYTES_MAX, &json, err));
    ZS_TRY(cli_file_read(arena, setup_path, ZS_TABLE_BYTES_MAX, &setup, err));
    ZS_TRY(zs_train_case_parse(arena, json, path, setup, setup_path, &out->c, err));
    for (uint32_t type = 0; type < 2; type++)
        ZS_TRY(zs_train_case_run(arena, &out->c, type, out->scheme, &out->results[type], err));
    out->weights_path = NULL;
    if (cli_file_check(weights_path, &ignored) != ZS_OK)
        return ZS_OK;
    ZS_TRY(cli_file_read(arena, weights_path, ZS_TABLE_BYTES_MAX, &weights, err));
    out->weights_path = weights_path;
    return zs_train_case_expected(arena, weights, weights_path, &out->c, out->results[0].cycle_n,
                                  out->results[0].param_n, out->expected, err);
}

bool cli_train_case_is_whole(zs_arena *arena, const char *path)
{
    zs_err ignored;
    const char *setup = beside(arena, path, "_setup.csv");
    const char *weights = beside(arena, path, "_weights.csv");
    return cli_ends_in(path, ".json") && setup != NULL && weights != NULL &&
           cli_file_check(setup, &ignored) == ZS_OK && cli_file_check(weights, &ignored) == ZS_OK;
}

zs_status cli_train_case_reference(zs_arena *arena, const char *path, zs_reference *out,
                                   zs_err *err)
{
    held_case h = {.scheme = ZS_SCHEME_STALE};
    zs_training_measured *m = zs_new(arena, zs_training_measured, 1);
    if (m == NULL)
        return zs_nomem(err, path);
    ZS_TRY(read_case(arena, path, &h, err));
    if (h.weights_path == NULL)
        return zs_fail(err, ZS_EIO, beside(arena, path, "_weights.csv"),
                       "is not there: nothing to hold the case against");
    const char *slash = strrchr(path, '/');
    h.c.name = beside(arena, slash != NULL ? slash + 1 : path, "");
    if (h.c.name == NULL)
        return zs_nomem(err, path);
    *m = (zs_training_measured){.setup = h.c, .expected = {h.expected[0], h.expected[1]}};
    *out = (zs_reference){.path = path, .form = ZS_FORM_TRAININGS, .case_n = 1, .trainings = m};
    return ZS_OK;
}

/* ---- holding --------------------------------------------------------------------------------- */

/* The sign of zero counts. */
static bool is_equal(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Where a parameter belongs. */
typedef struct param_name {
    uint32_t layer, out, in;
    bool is_weight;
} param_name;

static param_name name_of(const zs_train_case *c, uint64_t at)
{
    param_name p = {0};
    for (;; p.layer++) {
        const uint64_t in_n = c->sizes[p.layer], out_n = c->sizes[p.layer + 1];
        if (at < in_n * out_n) {
            p.is_weight = true;
            p.out = (uint32_t)(at / in_n);
            p.in = (uint32_t)(at % in_n);
            return p;
        }
        at -= in_n * out_n;
        if (at < out_n) {
            p.out = (uint32_t)at;
            return p;
        }
        at -= out_n;
    }
}

static bool hold(const held_case *h, uint32_t type)
{
    const zs_train_case_result *r = &h->results[type];
    const zs_train_case_match m = h->weights_path != NULL
                                      ? zs_train_case_compare(r, h->expected[type])
                                      : (zs_train_case_match){0};
    printf("%-40s %s %6llu cycles %8llu of %llu values equal", h->c.name, type_words[type],
           (unsigned long long)r->cycle_n, (unsigned long long)m.equal_n,
           (unsigned long long)m.given_n);
    if (m.equal_n < m.given_n) {
        const param_name p = name_of(&h->c, m.first % r->param_n);
        printf("; first in cycle %llu: layer %u %s %u,%u is %a, not %a",
               (unsigned long long)(m.first / r->param_n), p.layer, p.is_weight ? "w" : "b", p.out,
               p.in, r->params[m.first], h->expected[type][m.first]);
    }
    putchar('\n');
    return m.equal_n == m.given_n;
}

/* ---- printing -------------------------------------------------------------------------------- */

/* The shortest decimal that reads back. */
static void print_shortest(double value)
{
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (is_equal(strtod(text, NULL), value))
            break;
    }
    const bool is_whole = strpbrk(text, ".en") == NULL;
    printf("%s%s", text, is_whole ? ".0" : "");
}

/* "-0x1.b274052400000p-1". */
static void print_hex(double value)
{
    if (value == 0)
        fputs(signbit(value) ? "-0x0.0p+0" : "0x0.0p+0", stdout);
    else
        printf("%.13a", value);
}

static void print_param(const held_case *h, uint32_t type, uint64_t cycle, uint32_t layer,
                        uint64_t at, uint32_t out, const uint32_t *in)
{
    const zs_train_case_result *r = &h->results[type];
    const double value = r->params[cycle * r->param_n + at];
    printf("%s,%llu,%u,%s,%u,", type_words[type], (unsigned long long)cycle, layer,
           in != NULL ? "w" : "b", out);
    if (in != NULL)
        printf("%u", *in);
    putchar(',');
    print_shortest(value);
    putchar(',');
    print_hex(value);
    printf(",%d\n", r->is_updated[cycle * h->c.layer_n + layer]);
}

static void print_weights(const held_case *h, uint32_t type)
{
    const zs_train_case *c = &h->c;
    for (uint64_t cycle = 0; cycle < h->results[type].cycle_n; cycle++)
        for (uint32_t layer = 0, from = 0; layer < c->layer_n; layer++) {
            const uint32_t in_n = c->sizes[layer], out_n = c->sizes[layer + 1];
            for (uint32_t out = 0; out < out_n; out++) {
                for (uint32_t in = 0; in < in_n; in++)
                    print_param(h, type, cycle, layer, from + out * in_n + in, out, &in);
                print_param(h, type, cycle, layer, from + in_n * out_n + out, out, NULL);
            }
            from += (in_n + 1) * out_n;
        }
}

/* ---- the option ------------------------------------------------------------------------------ */

static zs_status run_cases(const cli_options *o, zs_arena *arena, uint32_t scheme, int *exit_status,
                           zs_err *err)
{
    if (o->format == CLI_CSV)
        puts("dtype,cycle,layer,kind,out,in,value,hex,layer_updated_in_this_cycle");
    for (size_t i = 0; o->cases[i] != NULL; i++) {
        held_case h = {.scheme = scheme};
        zs_arena_reset(arena);
        ZS_TRY(read_case(arena, o->cases[i], &h, err));
        for (uint32_t type = ZS_TRAIN_FLOAT64 + 1; type-- > 0;) {
            if (o->format == CLI_CSV)
                print_weights(&h, type);
            else if (!hold(&h, type))
                *exit_status = CLI_NO;
        }
    }
    return ZS_OK;
}

/* A case has sizes, data and constants of its own; of a design only the scheme counts. */
static zs_status check_options(const cli_options *o, zs_err *err)
{
    const struct {
        const char *name;
        bool is_given;
    } others[] = {{"--data", o->data != NULL},      {"--test", o->test != NULL},
                  {"--epochs", o->epochs != 1},     {"--images", o->images != 0},
                  {"--seeds", o->seeds != NULL},    {"--checkpoint", o->checkpoint != NULL},
                  {"--onnx", o->onnx != NULL},      {"--output", o->output != NULL},
                  {"--trace", o->trace != NULL},    {"--best", o->best != NULL},
                  {"--model", o->model != NULL},    {"--weights", o->weights != NULL},
                  {"--folding", o->folding != NULL}};
    for (size_t i = 0; i < ZS_LEN(others); i++)
        if (others[i].is_given)
            return zs_fail(err, ZS_EUSAGE, others[i].name, "does not go with --case");
    return ZS_OK;
}

zs_status cli_train_cases(const cli_options *o, int *exit_status, zs_err *err)
{
    cli_point point = {0};
    zs_arena arena;
    zs_arena_init(&arena, cli_heap());
    ZS_TRY(check_options(o, err));
    if (o->design_path != NULL)
        return zs_fail(err, ZS_EUSAGE, o->design_path, "an exact case takes no design");
    if (o->format == CLI_JSON)
        return zs_fail(err, ZS_EUSAGE, "--format", "an exact case is printed as table or csv");
    zs_status status = cli_design_build(o, &point, err);
    /* cases are those of the stale scheme unless another one is set */
    const uint32_t scheme = point.design.pipeline.scheme;
    if (status == ZS_OK)
        status = run_cases(o, &arena, scheme == ZS_SCHEME_PLAIN ? ZS_SCHEME_STALE : scheme,
                           exit_status, err);
    zs_arena_drop(&arena);
    cli_point_drop(&point);
    return status;
}
