#include "cli_priv.h"

/* Ranges of tensors over the calibration pictures, and the scales made of them. */

/* By the untiled reference: slow, for networks that no flat plan shows whole. */
static zs_status measure_untiled(cli_point *p, const cli_inputs *samples, zs_ranges *ranges,
                                 zs_err *err)
{
    zs_quant *fp32;
    ZS_TRY(zs_quant_build(&p->keep, p->net, ZS_FP32, NULL, &fp32, err));
    zs_arena scratch;
    zs_arena_init(&scratch, cli_heap());
    zs_status status = ZS_OK;
    for (uint32_t i = 0; i < samples->n && status == ZS_OK; i++) {
        zs_ref_tensors tensors;
        zs_arena_reset(&scratch);
        status = zs_ref_run(&scratch, p->net, fp32, samples->list[i].x, ranges, &tensors, err);
    }
    zs_arena_drop(&scratch);
    return status;
}

static zs_status measure_once(cli_point *p, const cli_inputs *samples, zs_ranges *ranges,
                              zs_err *err)
{
    zs_arena scratch;
    zs_arena_init(&scratch, cli_heap());
    zs_status status = cli_flat_measure(&scratch, p, samples, ranges, err);
    zs_arena_drop(&scratch);
    if (status == ZS_EUNSUPPORTED)
        status = measure_untiled(p, samples, ranges, err);
    return status;
}

/* Where large magnitudes are to be cut off, what they are is counted in a second pass. */
static zs_status measure(cli_point *p, const cli_inputs *samples, zs_ranges *ranges, zs_err *err)
{
    const zs_design *d = &p->design;
    ZS_TRY(measure_once(p, samples, ranges, err));
    if (d->network.range == ZS_RANGE_MAX || d->accel.precision != ZS_INT8)
        return ZS_OK;
    ZS_TRY(zs_ranges_count(&p->keep, p->net, ranges, err));
    ZS_TRY(measure_once(p, samples, ranges, err));
    zs_ranges_clip(p->net, ranges, d->network.range, d->network.percentile);
    return ZS_OK;
}

static zs_status find_ranges(cli_point *p, const cli_inputs *samples, const char *kept_in,
                             zs_ranges *ranges, zs_err *err)
{
    ZS_TRY(zs_ranges_build(&p->keep, p->net, ranges, err));
    if (p->design.network.correct_biases)
        ZS_TRY(zs_ranges_add_up(&p->keep, ranges, err));
    ranges->weight_bits = p->design.accel.weight_bits;
    ranges->act_bits = p->design.accel.act_bits;
    if (p->design.network.is_unsigned)
        ZS_TRY(zs_ranges_unsign(&p->keep, ranges, err));
    return kept_in != NULL ? cli_ranges_keep(p, kept_in, samples, measure, ranges, err)
                           : measure(p, samples, ranges, err);
}

zs_status cli_quant_build(cli_point *p, const cli_inputs *inputs, const char *called,
                          const char *kept_in, zs_quant **out, zs_err *err)
{
    const zs_design *d = &p->design;
    if (kept_in != NULL && (zs_precision_is_float(d->accel.precision) || d->accel.model_scales))
        cli_note(p, "--ranges: there is nothing to calibrate here, %s is not used", kept_in);
    if (d->accel.precision == ZS_FP32) {
        double most;
        const zs_layer *layer = zs_quant_inexact(p->net, &most);
        if (layer != NULL)
            cli_note(p,
                     "sums of %s may reach %.0f, and fp32 holds integers up to 16777216 exactly; "
                     "precision model adds them in 32 bits",
                     layer->name, most);
    }
    if (zs_precision_is_float(d->accel.precision))
        return zs_quant_build(&p->keep, p->net, d->accel.precision, NULL, out, err);
    if (d->accel.model_scales)
        return zs_quant_of_model(&p->keep, p->net, out, err);
    cli_inputs samples = *inputs;
    if (d->network.calibration_n > 0)
        ZS_TRY(
            cli_inputs_build(p, d->network.calibrations, d->network.calibration_n, &samples, err));
    else
        cli_note(p, "the scales of %s come from %s; network.calibration names other pictures",
                 zs_precision_word(&d->accel), called);
    if (d->accel.weight_bits == 1 || d->accel.act_bits == 1)
        return zs_fail(
            err, ZS_EUNSUPPORTED, "accelerator.precision",
            "network %s has real numbers, of which -1 and 1 alone make nothing: one that "
            "was trained so brings its own (precision: model); --timing-only counts its "
            "cycles",
            p->net->name);
    const uint32_t bias_bits = zs_kind_bias_bits(d);
    if (bias_bits != 0 && d->network.is_unsigned)
        return zs_fail(err, ZS_EUNSUPPORTED, "network.unsigned",
                       "biases take in what unsigned inputs add to sums, and this engine's have %u "
                       "bits",
                       bias_bits);
    zs_ranges ranges;
    ZS_TRY(find_ranges(p, &samples, kept_in, &ranges, err));
    ZS_TRY(zs_quant_build(&p->keep, p->net, d->accel.precision, &ranges, out, err));
    if (d->network.correct_biases)
        ZS_TRY(zs_quant_correct_biases(&p->keep, p->net, &ranges, *out, err));
    return bias_bits ? zs_quant_narrow_biases(&p->keep, p->net, bias_bits, *out, err) : ZS_OK;
}
