#include "out_priv.h"

#include "zynqsim/kind.h"
#include "zynqsim/report.h"

/* `show --schedule`: what every layer is cut into, as lines of `layers:`; behind it, where the
 * program chose, what was chosen from. */

static const zs_plan_mapping *mapping_of(const zs_plan *plan, uint32_t row)
{
    const zs_plan *part = zs_plan_of_row(plan, row);
    for (uint32_t i = 0; i < part->mapping_n; i++)
        if (part->mappings[i].layer == plan->rows[row].layer)
            return &part->mappings[i];
    return NULL;
}

static double gap_of(double goal, double bound)
{
    return goal > 0 ? 100 * (goal - bound) / goal : 0;
}

static zs_status put_why(const zs_plan_mapping *m, const zs_sink *s)
{
    ZS_TRY(zs_sink_printf(
        s,
        "    # %s cycles, %.0f %% of them compute, %s bytes; of %s mappings %u "
        "made into ops, ",
        zs_cell_count(m->pl_cycles).text,
        100.0 * (double)m->compute_pl_cycles / (double)zs_max_u64(1, m->pl_cycles),
        zs_cell_count(m->bytes).text, zs_cell_count(m->considered_n).text, m->tried_n));
    if (m->bound >= m->goal)
        return zs_sink_puts(s, "none is better\n");
    return zs_sink_printf(s, "gap at most %.1f %%\n", gap_of(m->goal, m->bound));
}

static zs_status put_sums(const zs_plan *plan, const zs_sink *s)
{
    double goal = 0, bound = 0;
    uint64_t cycles = 0, bytes = 0, considered = 0;
    uint32_t layer_n = 0;
    for (uint32_t p = 0; p < zs_max_u64(1, plan->part_n); p++) {
        const zs_plan *part = plan->part_n > 0 ? plan->parts[p].plan : plan;
        for (uint32_t i = 0; i < part->mapping_n; i++) {
            const zs_plan_mapping *m = &part->mappings[i];
            goal += m->goal;
            bound += m->bound;
            cycles += m->pl_cycles;
            bytes += m->bytes;
            considered += m->considered_n;
            layer_n++;
        }
    }
    if (layer_n == 0)
        return ZS_OK;
    return zs_sink_printf(s,
                          "# %u layers, %s mappings: %s cycles and %s bytes by estimate of their "
                          "ops; all mappings considered\n# have at least %.2f %% of what the goal "
                          "counts: gap at most %.1f %%\n",
                          layer_n, zs_cell_count(considered).text, zs_cell_count(cycles).text,
                          zs_cell_count(bytes).text, goal > 0 ? 100 * bound / goal : 100.0,
                          gap_of(goal, bound));
}

static zs_layer_setting fusion_of(bool is_by_tile)
{
    return (zs_layer_setting){.key = ZS_LAYER_FIELD,
                              .value = is_by_tile ? ZS_FUSION_SEPARABLE : ZS_FUSION_FIRE,
                              .field = zs_field_find("accelerator.fusion")};
}

zs_status zs_schedule_emit(const zs_design *design, const zs_net *net, const zs_plan *plan,
                           const zs_sink *s, zs_err *err)
{
    bool has_any = false;
    for (uint32_t i = 0; i < plan->row_n; i++)
        has_any = has_any || (plan->rows[i].call != ZS_NO_INDEX &&
                              zs_plan_of_row(plan, i)->kind->schedule != NULL);
    if (!has_any)
        return zs_fail(err, ZS_EUNSUPPORTED, "--schedule",
                       "no layer of this design has a schedule: kind %s has none to choose",
                       zs_kind_of(design)->word);
    bool is_by_tile = plan->front_n > 0;
    for (uint32_t i = 0; i < plan->row_n; i++)
        is_by_tile = is_by_tile || plan->rows[i].add != ZS_NO_INDEX;
    zs_status status = zs_sink_printf(s, "# schedule of %s, design %s\n", net->name, design->name);
    if (status == ZS_OK)
        status = put_sums(plan, s);
    if (status == ZS_OK)
        status = zs_sink_puts(s, "layers:\n");
    for (uint32_t i = 0; i < plan->row_n && status == ZS_OK; i++) {
        const zs_kind *kind = zs_plan_of_row(plan, i)->kind;
        if (plan->rows[i].call == ZS_NO_INDEX || kind->schedule == NULL)
            continue;
        for (const zs_plan_row *row = &plan->rows[i]; row != NULL; row = row->front) {
            zs_layer_setting settings[ZS_SCHEDULE_KEYS + 1];
            uint32_t n = kind->schedule(row, settings);
            if (is_by_tile) /* with other buffers others might go by tile */
                settings[n++] = fusion_of(plan->rows[i].front != NULL);
            for (uint32_t k = 0; k < n; k++)
                settings[k].pattern = net->layers[row->layer].name;
            if (status == ZS_OK)
                status = zs_layer_settings_emit(settings, n, s);
        }
        if (status == ZS_OK && plan->rows[i].add != ZS_NO_INDEX) {
            zs_layer_setting add = fusion_of(true);
            add.pattern = net->layers[plan->rows[i].add].name;
            status = zs_layer_settings_emit(&add, 1, s);
        }
        const zs_plan_mapping *m = mapping_of(plan, i);
        if (status == ZS_OK && m != NULL)
            status = put_why(m, s);
    }
    return status == ZS_OK ? ZS_OK : zs_fail(err, status, "schedule", "it could not be written");
}
