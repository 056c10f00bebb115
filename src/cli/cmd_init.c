#include "optimise_priv.h"
#include "zynqsim/kind.h"

#include <string.h>

/* A design to start from: a short search for the fastest that fits for sure. */

#define WORK "30" /* millions of events, unless an option says how long: half a second or so */

/* So that what is wrong with it is said of the option. */
static zs_status try_option(zs_design *d, zs_arena *arena, const char *option, const char *key,
                            const char *value, zs_err *err)
{
    const zs_status status = value != NULL ? zs_design_set(d, arena, key, value, err) : ZS_OK;
    if (status != ZS_OK)
        zs_err_prefix(err, option);
    return status;
}

/* What the options say as --set would, behind the keys they stand for. */
static zs_status settings(const cli_options *o, zs_arena *arena, char ***out, zs_err *err)
{
    size_t n = 0;
    while (o->set != NULL && o->set[n] != NULL)
        n++;
    char **list = zs_new(arena, char *, n + 3);
    const char *precision = o->precision != NULL ? o->precision : "int8";
    zs_design d;
    if (list == NULL)
        return zs_nomem(err, "options");
    size_t at = 0;
    zs_design_defaults(&d);
    if (o->board != NULL)
        ZS_TRY(cli_key_check(o, "--board", "board", o->board, err));
    if (o->precision != NULL)
        ZS_TRY(cli_key_check(o, "--precision", "accelerator.precision", o->precision, err));
    ZS_TRY(try_option(&d, arena, "--board", "board", o->board, err));
    ZS_TRY(try_option(&d, arena, "--precision", "accelerator.precision", precision, err));
    if (o->board != NULL)
        list[at++] = zs_arena_printf(arena, "board=%s", o->board);
    list[at++] = zs_arena_printf(arena, "accelerator.precision=%s", precision);
    for (size_t i = 0; i < at; i++)
        if (list[i] == NULL)
            return zs_nomem(err, "options");
    for (size_t i = 0; i < n; i++)
        list[at++] = o->set[i];
    *out = list;
    return ZS_OK;
}

static zs_status write_design(const optimise_job *job, const cli_options *given, zs_arena *arena,
                              zs_err *err)
{
    const zs_search_state *s = &job->state;
    zs_design d;
    ZS_TRY(optimise_design(job, s->best.point, arena, &d, err));
    const zs_net *net;
    ZS_TRY(job->sweep.sweep.net_of(job->sweep.sweep.ctx, &d, &net, err));
    d.name = zs_arena_printf(arena, "%s-%s", net->name, d.board_name);
    const char *head[] = {
        zs_arena_printf(arena,
                        "Written by zynqsim init: %.4g images/s by fidelity %s, and it fits.",
                        -s->best.value, zs_fidelity_words[job->sweep.sweep.fidelity]),
        "zynqsim run FILE --timing-only says what takes the time, zynqsim explain FILE why,",
        "zynqsim optimise FILE -o BEST.yaml searches for a better one.", NULL};
    if (d.name == NULL || head[0] == NULL)
        return zs_nomem(err, "the design");
    return optimise_write(job, &d, given->output, head, err);
}

/* Where nothing was found: what no design can have, such as numbers of four bits in a kind without
 * them. */
static zs_status check_base(optimise_job *job, zs_arena *arena, zs_err *err)
{
    const zs_sweep *s = &job->sweep.sweep;
    const zs_net *net;
    zs_plan *plan;
    zs_err why = {0};
    ZS_TRY(s->net_of(s->ctx, &s->base, &net, err));
    const zs_status status = zs_plan_build(arena, &s->base, net, &plan, &why);
    if (status != ZS_EUNSUPPORTED && status != ZS_ENOMEM)
        return ZS_OK;
    *err = why;
    return status;
}

static zs_status init(const cli_options *given, optimise_job *job, zs_arena *arena,
                      int *exit_status, zs_err *err)
{
    cli_options o = *given;
    ZS_TRY(settings(given, arena, &o.set, err));
    o.design_path = NULL;
    o.timing_only = true;
    o.quiet = true;
    o.output = NULL;
    if (given->work == NULL && given->seconds == NULL && given->simulations <= 0)
        o.work = WORK;
    ZS_TRY(optimise_setup(&o, job, err));
    ZS_TRY(optimise_run(job, err));
    if (job->state.is_found)
        return write_design(job, given, arena, err);
    ZS_TRY(check_base(job, arena, err));
    *exit_status = CLI_NO;
    if (given->quiet)
        return ZS_OK;
    const char *text = "no design was found that fits; --work searches longer";
    if (job->state.is_proven) {
        text = zs_arena_printf(arena, "none of %llu designs of kind %s fits %s: proven",
                               (unsigned long long)job->sweep.sweep.grid.point_n,
                               zs_kind_of(&job->sweep.sweep.base)->word,
                               job->sweep.sweep.base.board_name);
        if (text == NULL)
            return zs_nomem(err, "the answer");
    }
    cli_say("init", text);
    return ZS_OK;
}

zs_status cmd_init(const cli_options *options, int *exit_status, zs_err *err)
{
    optimise_job job = {0};
    zs_arena arena;
    zs_arena_init(&arena, cli_heap());
    const zs_status status = init(options, &job, &arena, exit_status, err);
    optimise_drop(&job);
    zs_arena_drop(&arena);
    return status;
}
