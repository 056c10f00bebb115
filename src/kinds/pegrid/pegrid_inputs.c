#include "pegrid_priv.h"

#include "zynqsim/num.h"

/* Inputs that are 0 while the network works. A PE takes a weight of each lane to the pixels whose
 * input there is other than 0; outside the image it is 0. PEs meet where pegrid.sync says, at the
 * latest at the end of a part of a band of rows. */

typedef struct count {
    const zs_plan_draft *d;
    const zs_layer *layer;
    const zs_plan_row *row;
    pegrid_row *own;
    const pegrid_params *params;
    zs_mask looked_at; /* [filter] the weights whose products are performed: by the granularity */
    uint64_t *x;       /* of each pixel, and group of the convolution: as a row of weights */
    const bool *dropped_of_image;
    uint64_t pixel_words;  /* of a pixel, of all these groups */
    uint64_t *any;         /* a row */
    uint64_t *sums;        /* [PE][meeting of a part] */
    uint64_t meeting_bits; /* of a row, between two meetings */
    uint32_t meeting_n, lanes;
} count;

static const uint64_t *row_of(const zs_mask *m, uint32_t row)
{
    return m->words + (uint64_t)row * m->row_words;
}

/* Weights that a PE does not tell from 0 are looked at like others. */
static zs_status build_looked_at(count *c, zs_arena *scratch, zs_err *err)
{
    const zs_mask *w = &c->own->weights;
    const uint32_t taps = pegrid_taps(c->row);
    if (c->params->skip == ZS_SKIP_WEIGHT) {
        c->looked_at = *w;
        return ZS_OK;
    }
    ZS_TRY(zs_mask_build(scratch, w->rows, w->bits, &c->looked_at, err));
    for (uint32_t f = 0; f < w->rows; f++) {
        if (c->params->skip == ZS_SKIP_FILTER && !pegrid_has_weights(c->own, f))
            continue;
        for (uint32_t bit = 0; bit < w->bits; bit++) {
            const uint32_t ic = bit / taps;
            if (c->params->skip != ZS_SKIP_KERNEL ||
                (row_of(&c->own->kernels, f)[ic / 64] >> ic % 64 & 1))
                zs_mask_set(&c->looked_at, f, bit);
        }
    }
    return ZS_OK;
}

/* ---- an image -------------------------------------------------------------------------------- */

static bool is_set(const uint64_t *bits, uint64_t at)
{
    return bits[at / 64] >> at % 64 & 1;
}

/* The inputs that the window of a pixel reaches, in the order of weights. */
static void take_pixel(const count *c, const uint64_t *bits, uint32_t oy, uint32_t ox, uint64_t *to)
{
    const zs_window *w = &c->layer->window;
    const zs_shape s = c->layer->x;
    const uint32_t words = c->own->weights.row_words, taps = pegrid_taps(c->row);
    const bool *dropped = c->dropped_of_image;
    for (uint32_t ky = 0; ky < w->kh; ky++)
        for (uint32_t kx = 0; kx < w->kw; kx++) {
            const int64_t y = (int64_t)oy * w->sh + (int64_t)ky * w->dh - w->pad_top;
            const int64_t x = (int64_t)ox * w->sw + (int64_t)kx * w->dw - w->pad_left;
            const bool is_inside = y >= 0 && y < s.h && x >= 0 && x < s.w;
            if (!is_inside && c->params->skips_inputs)
                continue;
            for (uint32_t ic = 0; ic < s.c; ic++) {
                const uint32_t bit = ic % c->row->t_ic * taps + ky * w->kw + kx;
                if ((dropped == NULL || !dropped[ic]) &&
                    (!c->params->skips_inputs ||
                     is_set(bits, ((uint64_t)ic * s.h + (uint64_t)y) * s.w + (uint64_t)x)))
                    to[(uint64_t)(ic / c->row->t_ic) * words + bit / 64] |= UINT64_C(1) << bit % 64;
            }
        }
}

static void take_image(const count *c, const uint64_t *bits)
{
    for (uint64_t k = 0; k < c->pixel_words * c->row->oh * c->row->ow; k++)
        c->x[k] = 0;
    for (uint32_t oy = 0; oy < c->row->oh; oy++)
        for (uint32_t ox = 0; ox < c->row->ow; ox++)
            take_pixel(c, bits, oy, ox, c->x + ((uint64_t)oy * c->row->ow + ox) * c->pixel_words);
}

/* Of a pixel those that a filter reads. */
static const uint64_t *inputs_of(const count *c, uint64_t pixel, uint32_t filter)
{
    return c->x + pixel * c->pixel_words +
           (uint64_t)(filter / (c->layer->y.c / c->layer->groups)) * c->own->weights.row_words;
}

static uint64_t effectual(const count *c)
{
    const zs_mask *w = &c->own->weights;
    uint64_t n = 0;
    for (uint64_t pixel = 0; pixel < (uint64_t)c->row->oh * c->row->ow; pixel++)
        for (uint32_t f = 0; f < w->rows; f++) {
            const uint64_t *x = inputs_of(c, pixel, f), *row = row_of(w, f);
            for (uint32_t k = 0; k < w->row_words; k++)
                n += (uint64_t)__builtin_popcountll(row[k] & x[k]);
        }
    return n;
}

/* ---- a pixel of a group ---------------------------------------------------------------------- */

/* Words of a row that have bits of a part: first .. end - 1. */
typedef struct span {
    uint64_t from, end; /* bits */
    uint32_t first_word, end_word;
} span;

static span span_of(const count *c, const pegrid_part *part)
{
    span s = {.from = (uint64_t)part->ic0 * pegrid_taps(c->row)};
    s.end = s.from + (uint64_t)part->ic_n * pegrid_taps(c->row);
    s.first_word = (uint32_t)(s.from / 64);
    s.end_word = (uint32_t)zs_ceil_div(s.end, 64);
    return s;
}

/* Every PE leaves out its own zeros. */
static uint64_t lockstep_steps(count *c, const pegrid_group *g, const span *s, uint64_t pixel)
{
    for (uint32_t k = s->first_word; k < s->end_word; k++)
        c->any[k] = 0;
    for (uint32_t f = 0; f < g->n; f++) {
        const uint64_t *x = inputs_of(c, pixel, g->filters[f]);
        const uint64_t *row = row_of(&c->looked_at, g->filters[f]);
        for (uint32_t k = s->first_word; k < s->end_word; k++)
            c->any[k] |= row[k] & x[k];
    }
    const uint64_t n = pegrid_ones(c->any, s->from, s->end);
    c->own->products += n * g->n;
    return zs_ceil_div(n, c->lanes);
}

/* Adds the products of a pixel that each PE performs to its count since the last meeting. */
static void add_pixel(count *c, const pegrid_group *g, const span *s, uint64_t pixel)
{
    for (uint32_t f = 0; f < g->n; f++) {
        const uint64_t *x = inputs_of(c, pixel, g->filters[f]);
        const uint64_t *row = row_of(&c->looked_at, g->filters[f]);
        uint64_t *sum = c->sums + (uint64_t)f * c->meeting_n;
        for (uint32_t k = s->first_word; k < s->end_word; k++)
            c->any[k] = row[k] & x[k];
        for (uint64_t at = s->from; at < s->end; at += c->meeting_bits) {
            const uint64_t n = pegrid_ones(c->any, at, zs_min_u64(at + c->meeting_bits, s->end));
            c->own->products += n;
            *sum++ += zs_ceil_div(n, c->lanes);
        }
    }
}

/* The busiest PE between two meetings, over all of them. */
static uint64_t take_sums(const count *c, const pegrid_group *g)
{
    uint64_t steps = 0;
    for (uint32_t k = 0; k < c->meeting_n; k++) {
        uint64_t most = 0;
        for (uint32_t f = 0; f < g->n; f++) {
            uint64_t *sum = &c->sums[(uint64_t)f * c->meeting_n + k];
            most = zs_max_u64(most, *sum);
            *sum = 0;
        }
        steps += most;
    }
    return steps;
}

/* ---- a row of the plan ----------------------------------------------------------------------- */

static uint64_t band_steps(count *c, const pegrid_group *g, const span *s, uint32_t band)
{
    const uint64_t y0 = (uint64_t)band * c->own->band_rows;
    const uint64_t y1 = zs_min_u64(y0 + c->own->band_rows, c->row->oh);
    const bool in_step = c->params->sync == ZS_PE_SYNC_LOCKSTEP;
    uint64_t steps = 0;
    for (uint64_t pixel = y0 * c->row->ow; pixel < y1 * c->row->ow; pixel++)
        if (in_step)
            steps += lockstep_steps(c, g, s, pixel);
        else
            add_pixel(c, g, s, pixel);
    return in_step ? steps : take_sums(c, g);
}

static void count_image(count *c, uint32_t image)
{
    const zs_activity *a = c->d->net->activity;
    const uint64_t *bits = a->bits[c->layer->in[0]];
    c->dropped_of_image =
        c->own->dropped != NULL ? c->own->dropped + (uint64_t)image * c->layer->x.c : NULL;
    take_image(c, bits + image % a->image_n * zs_activity_words(c->layer->x));
    if (c->params->skips_inputs)
        c->own->effectual += effectual(c);
    for (uint32_t k = 0; k < c->own->group_n; k++) {
        const pegrid_group *g = &c->own->groups[k];
        for (uint32_t m = 0; m < c->own->part_n && !g->is_zero; m++) {
            const span s = span_of(c, &g->parts[m]);
            uint64_t *steps = (uint64_t *)g->parts[m].band_steps;
            for (uint32_t band = 0; band < c->own->band_n; band++) {
                const uint64_t n = band_steps(c, g, &s, band);
                steps[(uint64_t)image * c->own->band_n + band] = n;
                c->own->steps += n;
            }
        }
    }
}

static zs_status make_room(count *c, zs_arena *scratch, zs_err *err)
{
    const uint32_t taps = pegrid_taps(c->row), batch = c->d->design->batch;
    const uint64_t bands = (uint64_t)batch * c->own->band_n;
    uint64_t words;
    c->lanes = c->d->design->accel.unroll.ic;
    c->pixel_words = (uint64_t)c->layer->groups * c->own->weights.row_words;
    c->meeting_bits =
        (c->params->sync == ZS_PE_SYNC_CHANNEL ? c->lanes : c->own->part_ic) * UINT64_C(1) * taps;
    c->meeting_n = (uint32_t)zs_ceil_div((uint64_t)c->own->part_ic * taps, c->meeting_bits);
    if (!zs_mul3_u64(c->pixel_words, c->row->oh, c->row->ow, &words))
        return zs_nomem(err, "plan");
    c->x = zs_arena_alloc(scratch, words, sizeof *c->x);
    c->any = zs_arena_alloc(scratch, c->own->weights.row_words + UINT64_C(1), sizeof *c->any);
    c->sums = zs_arena_alloc(scratch, (uint64_t)c->d->design->accel.unroll.oc * c->meeting_n,
                             sizeof *c->sums);
    if (c->x == NULL || c->any == NULL || c->sums == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t k = 0; k < c->own->group_n; k++)
        for (uint32_t m = 0; m < c->own->part_n; m++) {
            pegrid_part *part = &c->own->groups[k].parts[m];
            part->band_steps = zs_arena_alloc(c->d->arena, bands, sizeof *part->band_steps);
            if (part->band_steps == NULL)
                return zs_nomem(err, "plan");
        }
    return ZS_OK;
}

static zs_status drop_maps(count *c, zs_err *err)
{
    const zs_activity *a = c->d->net->activity;
    const uint32_t n = c->layer->x.c, batch = c->d->design->batch;
    if (c->params->drop_maps <= 0 || !zs_layer_drops_maps(c->d->net, c->layer))
        return ZS_OK;
    bool *dropped = zs_arena_alloc(c->d->arena, (uint64_t)n * batch, sizeof *dropped);
    if (dropped == NULL)
        return zs_nomem(err, "plan");
    for (uint32_t image = 0; image < batch; image++)
        c->own->dropped_n +=
            zs_drop_maps(a->means[c->layer->in[0]] + (size_t)(image % a->image_n) * n, n,
                         c->params->drop_maps, dropped + (size_t)image * n);
    c->own->dropped = dropped;
    return ZS_OK;
}

zs_status pegrid_count_inputs(zs_plan_draft *d, uint32_t i, zs_err *err)
{
    count c = {.d = d,
               .layer = zs_draft_layer(d, i),
               .row = &d->rows[i],
               .own = pegrid_row_of(&d->rows[i]),
               .params = pegrid_params_of(&d->design->accel)};
    zs_arena scratch;
    zs_arena_init(&scratch, d->arena->source);
    zs_status status = make_room(&c, &scratch, err);
    if (status == ZS_OK)
        status = build_looked_at(&c, &scratch, err);
    if (status == ZS_OK)
        status = drop_maps(&c, err);
    c.own->products = c.own->steps = 0;
    for (uint32_t image = 0; status == ZS_OK && image < d->design->batch; image++)
        count_image(&c, image);
    zs_arena_drop(&scratch);
    return status;
}
