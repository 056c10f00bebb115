#include "cli_priv.h"

#include <string.h>

/* As many cuts as the design has, where they are best, and a line that keeps them. */
static zs_status find_best(const cli_options *o, cli_point *p, zs_train_plan *plan, uint32_t k,
                           const zs_layer_time *times, zs_err *err)
{
    static const char *const words[] = {"training", "inference"};
    const bool infers = strcmp(o->best, words[1]) == 0;
    if (!infers && strcmp(o->best, words[0]) != 0)
        return zs_fail(err, ZS_EUSAGE, "--best", "'%.40s' is not one of training or inference",
                       o->best);
    const zs_train_setup setup = zs_train_setup_of(plan);
    zs_pipeline_cuts best;
    ZS_TRY(zs_pipeline_best(&p->keep, &p->design, &setup, times, k, infers, &best, err));
    plan->cuts = best.cuts;
    plan->cut_n = best.cut_n;
    if (o->quiet)
        return ZS_OK;
    const char *names = "";
    for (uint32_t i = 0; i < k && names != NULL; i++)
        names = zs_arena_printf(&p->keep, "%s%s%s", names, i > 0 ? ", " : "",
                                p->net->layers[best.cuts[i]].name);
    const char *text = zs_arena_printf(
        &p->keep, "best %sfor %s of %.0f ways to cut, %llu simulated: pipeline.cut: [%s]",
        best.is_proven ? "" : "found, which is not proven, ", words[infers], best.all_n,
        (unsigned long long)best.simulated_n, names != NULL ? names : "");
    if (names == NULL || text == NULL)
        return zs_nomem(err, "a message");
    cli_say("train", text);
    return ZS_OK;
}

/* "auto" and "auto:K" are balanced, names are looked up. */
static zs_status find_cuts(const cli_options *o, cli_point *p, zs_train_plan *plan,
                           zs_layer_time **times, zs_err *err)
{
    const char *text = p->design.pipeline.cut;
    const bool is_auto = strcmp(text, "auto") == 0 || strncmp(text, "auto:", 5) == 0;
    uint32_t *cuts = NULL;
    long long k = 1;
    if (!is_auto) {
        ZS_TRY(zs_train_cuts(&p->keep, p->net, text, &cuts, &plan->cut_n, err));
        plan->cuts = cuts;
    } else if (text[4] == ':') {
        ZS_TRY(cli_whole_number(text + 5, "pipeline.cut", &k, err));
        if (k < 0 || k > 64)
            return zs_fail(err, ZS_EUSAGE, "pipeline.cut", "%lld cuts are not within 0..64", k);
    }
    const zs_train_setup setup = zs_train_setup_of(plan);
    zs_train_memory checked;
    ZS_TRY(zs_train_memory_of(&setup, 0, &checked, err)); /* that it can be trained at all */
    ZS_TRY(zs_pipeline_times(&p->keep, &p->design, &setup, o->fidelity, times, err));
    if (o->best != NULL)
        return find_best(o, p, plan, is_auto ? (uint32_t)k : plan->cut_n, *times, err);
    if (!is_auto)
        return ZS_OK;
    ZS_TRY(zs_pipeline_balance(&p->keep, &setup, *times, zs_pipeline_device_n(&p->design),
                               (uint32_t)k, &cuts, err));
    plan->cuts = cuts;
    plan->cut_n = (uint32_t)k;
    return ZS_OK;
}

/* A stage that keeps more than the DRAM of its board: it would not run. Engines of one board share
 * it; devices of roofs have no memory that is known. */
static zs_status say_what_is_too_large(cli_point *p, const zs_pipeline *pipeline, zs_err *err)
{
    const zs_design *d = &p->design;
    uint64_t all = 0;
    for (uint32_t i = 0; i < pipeline->stage_n; i++) {
        const zs_pipeline_stage *s = &pipeline->stages[i];
        const zs_design *own =
            d->system.device_n > 0 ? &d->system.devices[d->system.device_n > 1 ? i : 0] : d;
        const bool is_shared = d->pipeline.stages == ZS_STAGES_ENGINES;
        const uint64_t bytes = zs_train_memory_total(&s->memory), room = own->board.memory.bytes;
        all += bytes;
        if (own->system.device_macs_per_s > 0 || (is_shared && i + 1 < pipeline->stage_n) ||
            (is_shared ? all : bytes) <= room)
            continue;
        const char *whose = is_shared ? "all stages together keep"
                                      : zs_arena_printf(&p->keep, "stage %u, %s to %s, keeps", i,
                                                        p->net->layers[s->first].name,
                                                        p->net->layers[s->last].name);
        const char *text =
            zs_arena_printf(&p->keep, "%s %.1f MiB, more than the %.0f MiB of DRAM of the board",
                            whose != NULL ? whose : "",
                            (double)(is_shared ? all : bytes) / 0x100000, (double)room / 0x100000);
        if (whose == NULL || text == NULL)
            return zs_nomem(err, "a message");
        cli_say("train", text);
    }
    return ZS_OK;
}

zs_status cli_train_pipeline_build(const cli_options *o, cli_point *p, cli_train_boards *boards,
                                   zs_train_plan *plan, zs_pipeline *out, zs_err *err)
{
    zs_layer_time *times;
    ZS_TRY(cli_base_build(o, p, err));
    p->keep_batchnorm = true;
    ZS_TRY(cli_net_load(p, o, err));
    ZS_TRY(zs_design_check(&p->design, err));
    ZS_TRY(cli_train_boards_load(o, p, boards, err));
    *plan =
        (zs_train_plan){.design = &p->design, .net = p->net, .scheme = p->design.pipeline.scheme};
    ZS_TRY(find_cuts(o, p, plan, &times, err));
    const zs_train_setup setup = zs_train_setup_of(plan);
    ZS_TRY(zs_pipeline_build(&p->keep, &p->design, &setup, times, out, err));
    return o->quiet ? ZS_OK : say_what_is_too_large(p, out, err);
}
