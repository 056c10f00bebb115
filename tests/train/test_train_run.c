#include "nets.h"
#include "train_cases.h"
#include "zynqsim/training.h"

#include <math.h>
#include <string.h>

/* Runs on data sets: which images a trainer sees and how they are changed, at which rate it learns,
 * which mini-batches are pipelined; and the statistics over runs.
 *
 * One neuron y = w x + b with the loss (y - 1)^2 / 2 shows what it was given: after one update from
 * one image the change of w is x times that of b. */

enum { C = 3, H = 2, W = 2, PIXELS = C * H * W, IMAGES = 8 };

static zs_arena arena;
static zs_design design;
static zs_train_plan plan;
static zs_dataset data;
static uint8_t pixels[IMAGES * PIXELS];
static const uint32_t labels[IMAGES]; /* the only class */

static void set_up(void)
{
    zs_arena_init(&arena, test_heap());
    test_spec *spec = test_spec_new(C, H, W);
    test_layer(spec, ZS_LAYER_FC, "neuron", "")->oc = 1;
    zs_design_defaults(&design);
    design.train.type = ZS_TRAIN_FLOAT64;
    design.train.loss = ZS_LOSS_SQUARES;
    design.train.batch = 1;
    design.train.lr = 1e-3;
    design.train.momentum = design.train.weight_decay = 0;
    design.network.preprocess = (zs_preprocess){.order = ZS_COLOUR_RGB, .scale = {1, 1, 1}};
    for (int i = 0; i < IMAGES * PIXELS; i++)
        pixels[i] = (uint8_t)(1 + i);
    data = (zs_dataset){.shape = {C, H, W}, .n = IMAGES, .pixels = pixels, .labels = labels};
    plan = (zs_train_plan){.design = &design,
                           .net = test_net(&arena, spec),
                           .scheme = ZS_SCHEME_PLAIN,
                           .seed = 1,
                           .epoch_n = 1,
                           .image_n = 1,
                           .data = &data};
    test_spec_free(spec);
}

static void tear_down(void)
{
    zs_arena_drop(&arena);
}

static zs_train_run *start_run(void)
{
    zs_train_run *run = NULL;
    zs_err err = {0};
    ck_assert_msg(zs_train_run_build(&arena, &plan, &run, &err) == ZS_OK, "%s: %s", err.place,
                  err.text);
    return run;
}

static void run_epoch(zs_train_run *run)
{
    uint64_t diverged = 1;
    zs_train_run_epoch(run, &diverged);
    ck_assert_uint_eq(diverged, 0);
}

/* Weights, then the bias. */
static void copy_params(zs_train_run *run, double out[PIXELS + 1])
{
    uint64_t n;
    const double *params = zs_trainer_params(zs_train_run_trainer(run), &n);
    ck_assert_uint_eq(n, PIXELS + 1);
    memcpy(out, params, (PIXELS + 1) * sizeof *out);
}

/* The input of the neuron in an epoch of one image. */
static void see_input(double x[PIXELS])
{
    double before[PIXELS + 1], after[PIXELS + 1];
    zs_train_run *run = start_run();
    copy_params(run, before);
    run_epoch(run);
    copy_params(run, after);
    for (int i = 0; i < PIXELS; i++)
        x[i] = (after[i] - before[i]) / (after[PIXELS] - before[PIXELS]);
}

/* ---- images ---------------------------------------------------------------------------------- */

START_TEST(test_an_image_is_preprocessed_plane_by_plane)
{
    static const double mean[] = {1, 2, 3}, scale[] = {1, 0.5, 0.25};
    double x[PIXELS];
    memcpy(design.network.preprocess.mean, mean, sizeof mean);
    memcpy(design.network.preprocess.scale, scale, sizeof scale);
    design.network.preprocess.order = _i ? ZS_COLOUR_BGR : ZS_COLOUR_RGB;
    see_input(x);
    for (int c = 0; c < C; c++)
        for (int i = 0; i < H * W; i++) {
            const double pixel = pixels[(_i ? C - 1 - c : c) * H * W + i];
            ck_assert_double_eq_tol(x[c * H * W + i], (pixel - mean[c]) * scale[c], 1e-9);
        }
}
END_TEST

START_TEST(test_values_are_taken_as_they_are)
{
    float values[PIXELS];
    double x[PIXELS];
    for (int i = 0; i < PIXELS; i++)
        values[i] = 0.5f * (float)i - 2;
    data.pixels = NULL;
    data.values = values;
    data.n = 1;
    design.network.preprocess = (zs_preprocess){.order = ZS_COLOUR_BGR, .mean = {9}, .scale = {9}};
    see_input(x);
    for (int i = 0; i < PIXELS; i++)
        ck_assert_double_eq_tol(x[i], (double)values[i], 1e-9);
}
END_TEST

/* Moved by up to a pixel in each direction, zeros from outside; then mirrored. */
static bool is_moved(const double *x, int dy, int dx, bool flips)
{
    for (int i = 0; i < PIXELS; i++) {
        const int c = i / (H * W), y = i / W % H + dy, to = i % W;
        const int from = (flips ? W - 1 - to : to) + dx;
        const bool is_inside = y >= 0 && y < H && from >= 0 && from < W;
        const double pixel = is_inside ? pixels[(c * H + y) * W + from] : 0;
        if (fabs(x[i] - pixel) > 1e-9)
            return false;
    }
    return true;
}

START_TEST(test_images_are_moved_and_mirrored_in_every_way_and_no_other)
{
    enum { WAYS = 18, SEEDS = 400 };
    uint32_t seen[WAYS] = {0};
    design.train.crop = 1;
    design.train.flip = true;
    for (plan.seed = 1; plan.seed <= SEEDS; plan.seed++) {
        double x[PIXELS];
        uint32_t found = 0;
        see_input(x);
        for (int way = 0; way < WAYS; way++)
            if (is_moved(x, way / 2 / 3 - 1, way / 2 % 3 - 1, way % 2)) {
                seen[way]++;
                found++;
            }
        ck_assert_msg(found == 1, "seed %llu: the image is changed in %u of the ways",
                      (unsigned long long)plan.seed, found);
    }
    for (int way = 0; way < WAYS; way++) /* 22 are expected */
        ck_assert_msg(seen[way] >= 5, "way %d was drawn %u times", way, seen[way]);
}
END_TEST

/* Image i has its only pixel at i, so that weight i moves in the one mini-batch with this image. */
START_TEST(test_every_image_takes_part_in_every_epoch)
{
    memset(pixels, 0, sizeof pixels);
    for (int i = 0; i < IMAGES; i++)
        pixels[i * PIXELS + i] = 100;
    design.train.batch = 3; /* 3, 3 and the 2 that are left */
    plan.image_n = IMAGES;
    plan.epoch_n = 4;
    zs_train_run *run = start_run();
    for (uint32_t k = 0; k < plan.epoch_n; k++) {
        double before[PIXELS + 1], after[PIXELS + 1];
        copy_params(run, before);
        run_epoch(run);
        copy_params(run, after);
        for (int i = 0; i < PIXELS; i++)
            ck_assert_msg((fabs(after[i] - before[i]) > 1e-9) == (i < IMAGES),
                          "epoch %u: weight %d", k, i);
    }
    ck_assert_uint_eq(zs_train_run_done(run), plan.epoch_n);
}
END_TEST

/* The number, from 1, of the mini-batch with an image: its values overflow float32. */
static uint64_t place_of(uint32_t image)
{
    static float values[IMAGES * PIXELS];
    uint64_t n, place = 0;
    for (int i = 0; i < IMAGES * PIXELS; i++)
        values[i] = (uint32_t)i / PIXELS == image ? 3e38f : 0;
    data.pixels = NULL;
    data.values = values;
    zs_train_run *run = start_run();
    float *params = zs_trainer_params(zs_train_run_trainer(run), &n);
    for (uint64_t i = 0; i < n; i++)
        params[i] = 1;
    zs_train_run_epoch(run, &place);
    return place;
}

START_TEST(test_images_come_in_an_order_that_depends_on_the_seed)
{
    uint64_t other_seed = 0, moved = 0;
    uint32_t seen = 0;
    design.train.type = ZS_TRAIN_FLOAT32;
    plan.image_n = IMAGES;
    for (uint32_t i = 0; i < IMAGES; i++) {
        plan.seed = 1;
        const uint64_t place = place_of(i);
        ck_assert(place >= 1 && place <= IMAGES);
        seen |= 1u << (place - 1);
        moved += place != i + 1;
        plan.seed = 2;
        other_seed += place_of(i) != place;
    }
    ck_assert_uint_eq(seen, (1u << IMAGES) - 1);
    ck_assert_uint_gt(moved, IMAGES / 2);
    ck_assert_uint_gt(other_seed, IMAGES / 2);
}
END_TEST

/* ---- rate and scheme ------------------------------------------------------------------------- */

START_TEST(test_the_rate_falls_after_every_lr_step_epochs)
{
    design.train.lr_step = 2;
    design.train.lr_factor = 0.5;
    plan.epoch_n = 6;
    zs_train_run *run = start_run();
    for (uint32_t k = 0; k < plan.epoch_n; k++) {
        double before[PIXELS + 1], after[PIXELS + 1];
        copy_params(run, before);
        run_epoch(run);
        copy_params(run, after);
        double y = before[PIXELS];
        for (int i = 0; i < PIXELS; i++)
            y += before[i] * pixels[i];
        const double rate = (before[PIXELS] - after[PIXELS]) / (y - 1);
        ck_assert_double_eq_tol(rate, 1e-3 * pow(0.5, k / 2), 1e-12);
    }
}
END_TEST

static const struct {
    uint32_t scheme;
    double hybrid_after;
    uint64_t pipelined;
} schemes[] = {
    {ZS_SCHEME_PLAIN, 0.5, 0},    {ZS_SCHEME_GPIPE, 0.5, 0}, {ZS_SCHEME_STALE, 0.5, 15},
    {ZS_SCHEME_PIPEDREAM, 0, 15}, {ZS_SCHEME_HYBRID, 0, 0},  {ZS_SCHEME_HYBRID, 0.4, 6},
    {ZS_SCHEME_HYBRID, 0.99, 14}, {ZS_SCHEME_HYBRID, 1, 15},
};

START_TEST(test_hybrid_pipelines_the_first_share_of_all_mini_batches)
{
    design.train.batch = 3;
    plan.image_n = IMAGES;
    plan.epoch_n = 5;
    plan.scheme = schemes[_i].scheme;
    design.pipeline.hybrid_after = schemes[_i].hybrid_after;
    ck_assert_uint_eq(zs_train_batches(&plan), 3);
    ck_assert_uint_eq(zs_train_pipelined(&plan), schemes[_i].pipelined);
}
END_TEST

enum { TWO_STAGES = 2 * PIXELS + 2 + 2 + 1 }; /* parameters of two neurons, then one */

static zs_train_run *start_two_stages(uint32_t scheme, double hybrid_after)
{
    static const uint32_t cuts[] = {0};
    test_spec *spec = test_spec_new(C, H, W);
    test_layer(spec, ZS_LAYER_FC, "first", "")->oc = 2;
    test_layer(spec, ZS_LAYER_FC, "second", "")->oc = 1;
    plan.net = test_net(&arena, spec);
    test_spec_free(spec);
    plan.cuts = cuts;
    plan.cut_n = 1;
    plan.scheme = scheme;
    plan.image_n = IMAGES;
    plan.epoch_n = 2;
    zs_design *own = zs_new(&arena, zs_design, 1); /* runs keep the pointer */
    *own = design;
    own->train.lr = 1e-6;
    own->pipeline.hybrid_after = hybrid_after;
    plan.design = own;
    return start_run();
}

static double *params_of(zs_train_run *run)
{
    uint64_t n;
    double *params = zs_trainer_params(zs_train_run_trainer(run), &n);
    ck_assert_uint_eq(n, TWO_STAGES);
    return params;
}

START_TEST(test_hybrid_is_stale_in_its_first_share_and_plain_in_the_rest)
{
    const size_t bytes = TWO_STAGES * sizeof(double);
    zs_train_run *plain = start_two_stages(ZS_SCHEME_PLAIN, 0);
    zs_train_run *stale = start_two_stages(ZS_SCHEME_STALE, 0);
    zs_train_run *never = start_two_stages(ZS_SCHEME_HYBRID, 0);
    zs_train_run *always = start_two_stages(ZS_SCHEME_HYBRID, 1);
    zs_train_run *half = start_two_stages(ZS_SCHEME_HYBRID, 0.5);
    zs_train_run *const runs[] = {plain, stale, never, always, half};
    for (size_t i = 0; i < ZS_LEN(runs); i++)
        run_epoch(runs[i]);
    ck_assert_mem_ne(params_of(plain), params_of(stale), bytes);
    ck_assert_mem_eq(params_of(never), params_of(plain), bytes);
    ck_assert_mem_eq(params_of(always), params_of(stale), bytes);
    ck_assert_mem_eq(params_of(half), params_of(stale), bytes);
    memcpy(params_of(plain), params_of(half), bytes);
    for (size_t i = 0; i < ZS_LEN(runs); i++)
        run_epoch(runs[i]);
    ck_assert_mem_eq(params_of(always), params_of(stale), bytes);
    ck_assert_mem_eq(params_of(half), params_of(plain), bytes);
    ck_assert_mem_ne(params_of(half), params_of(stale), bytes);
}
END_TEST

/* ---- checkpoints ----------------------------------------------------------------------------- */

/* One setting that the weights depend on is another: 0 leaves all as they are. */
static void change_setting(int which)
{
    switch (which) {
    case 1:
        plan.seed = 2;
        break;
    case 2:
        plan.image_n = IMAGES - 1;
        break;
    case 3:
        design.train.batch = 2;
        break;
    case 4:
        design.train.lr = 2e-6;
        break;
    case 5:
        design.train.momentum = 0.5;
        break;
    case 6:
        design.train.weight_decay = 0.5;
        break;
    case 7:
        design.train.lr_step = 1;
        break;
    case 8:
        design.train.crop = 1;
        break;
    case 9:
        design.train.flip = true;
        break;
    case 10:
        design.train.start = 0.5;
        break;
    case 11:
        design.network.preprocess.scale[1] = 2;
        break;
    case 12:
        pixels[PIXELS] = 7;
        break;
    case 13:
        plan.scheme = ZS_SCHEME_STALE;
        break;
    case 14:
        design.train.type = ZS_TRAIN_FLOAT32;
        break;
    default:
        break;
    }
}

START_TEST(test_a_checkpoint_goes_on_in_its_own_run_alone)
{
    zs_buffer kept;
    zs_err err = {0};
    design.train.batch = 3;
    design.train.lr = 1e-6;
    plan.image_n = IMAGES;
    plan.epoch_n = 2;
    zs_train_run *whole = start_run();
    run_epoch(whole);
    zs_buffer_init(&kept, test_heap());
    const zs_sink sink = zs_buffer_sink(&kept);
    ck_assert_int_eq(zs_train_run_save(whole, &sink), ZS_OK);
    run_epoch(whole);
    change_setting(_i);
    zs_train_run *other = start_run();
    const zs_span bytes = {.data = kept.data, .bytes = kept.bytes};
    ck_assert_int_eq(zs_train_run_load(other, bytes, "kept", &err), _i == 0 ? ZS_OK : ZS_EUSAGE);
    ck_assert_uint_eq(zs_train_run_done(other), _i == 0);
    if (_i == 0) {
        double a[PIXELS + 1], b[PIXELS + 1];
        run_epoch(other);
        copy_params(whole, a);
        copy_params(other, b);
        ck_assert_mem_eq(a, b, sizeof a);
    }
    zs_buffer_drop(&kept);
}
END_TEST

/* ---- statistics of runs ---------------------------------------------------------------------- */

/* Three seeds in a scheme, then in plain; the accuracy counts where there are no test images. */
static const zs_train_epoch own[] = {{0, 0.5, 0.80}, {0, 0.5, 0.90}, {0, 0.70, (double)NAN}};
static const zs_train_epoch plain[] = {{0, 0.5, 0.90}, {0, 0.5, 0.92}, {0, 0.85, (double)NAN}};

static zs_training training(zs_training_run runs[6])
{
    for (uint32_t i = 0; i < 3; i++) {
        runs[i] = (zs_training_run){
            .scheme = ZS_SCHEME_STALE, .seed = i, .epochs = &own[i], .epoch_n = 1};
        runs[3 + i] = (zs_training_run){
            .scheme = ZS_SCHEME_PLAIN, .seed = i, .epochs = &plain[i], .epoch_n = 1};
    }
    return (zs_training){.plan = &plan, .runs = runs, .run_n = 6, .seed_n = 3};
}

START_TEST(test_accuracies_have_a_mean_and_a_sample_deviation)
{
    zs_training_run runs[6];
    const zs_training t = training(runs);
    const zs_spread a = zs_training_accuracy(&t, false), b = zs_training_accuracy(&t, true);
    ck_assert_uint_eq(a.n, 3);
    ck_assert_double_eq_tol(a.mean, 80, 1e-9);
    ck_assert_double_eq_tol(a.deviation, 10, 1e-9); /* sqrt((0 + 100 + 100) / 2) */
    ck_assert_double_eq_tol(b.mean, 89, 1e-9);
}
END_TEST

START_TEST(test_differences_are_those_of_each_seed_to_plain)
{
    zs_training_run runs[6];
    const zs_training t = training(runs);
    const zs_spread d = zs_training_difference(&t);
    ck_assert_uint_eq(d.n, 3); /* -10, -2, -15 */
    ck_assert_double_eq_tol(d.mean, -9, 1e-9);
    ck_assert_double_eq_tol(d.deviation, sqrt(43), 1e-9);
}
END_TEST

START_TEST(test_a_run_that_diverged_is_left_out_with_its_pair)
{
    zs_training_run runs[6];
    const zs_training t = training(runs);
    runs[4].diverged = 7;
    ck_assert_uint_eq(zs_training_accuracy(&t, false).n, 3);
    ck_assert_uint_eq(zs_training_accuracy(&t, true).n, 2);
    const zs_spread d = zs_training_difference(&t);
    ck_assert_uint_eq(d.n, 2);
    ck_assert_double_eq_tol(d.mean, -12.5, 1e-9);
}
END_TEST

/* Three stages: of 12 images a mini-batch, 20 an epoch. */
static const zs_pipeline three_stages = {.stage_n = 3,
                                         .alone_s = 0.6,
                                         .plain_s = 0.9,
                                         .gpipe_s = 0.5,
                                         .cycle_s = 0.3,
                                         .hybrid_s = 0.45,
                                         .fill_s = 0.1,
                                         .joules = 2};
static const struct {
    uint32_t scheme;
    double seconds; /* of a mini-batch */
    uint32_t staleness;
    double two_epochs_s;
} figures[] = {
    {ZS_SCHEME_PLAIN, 0.9, 0, 3.6},   {ZS_SCHEME_GPIPE, 0.5, 0, 2.0},
    {ZS_SCHEME_STALE, 0.3, 4, 1.4},   {ZS_SCHEME_PIPEDREAM, 0.3, 0, 1.4},
    {ZS_SCHEME_HYBRID, 0.45, 4, 2.5}, /* an epoch of stale, one of plain */
};

START_TEST(test_a_scheme_has_its_time_speed_and_staleness)
{
    const zs_training t = {.plan = &plan, .pipeline = &three_stages};
    design.train.batch = 12;
    design.pipeline.hybrid_after = 0.5;
    plan.image_n = 20;
    plan.epoch_n = 2;
    const zs_training_scheme s = zs_training_scheme_of(&t, figures[_i].scheme);
    ck_assert_double_eq_tol(s.seconds, figures[_i].seconds, 1e-12);
    ck_assert_double_eq_tol(s.speedup, 0.6 / figures[_i].seconds, 1e-12);
    ck_assert_double_eq_tol(s.images_per_s, 12 / figures[_i].seconds, 1e-9);
    ck_assert_uint_eq(s.staleness, figures[_i].staleness);
    ck_assert_double_eq_tol(zs_training_seconds(&t, figures[_i].scheme, 2),
                            figures[_i].two_epochs_s, 1e-12);
    ck_assert_double_eq_tol(zs_training_joules(&t, 2), 8, 1e-12);
}
END_TEST

TCase *tcase_train_run(void)
{
    TCase *tc = tcase_create("runs on data sets");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, test_an_image_is_preprocessed_plane_by_plane, 0, 2);
    tcase_add_test(tc, test_values_are_taken_as_they_are);
    tcase_add_test(tc, test_images_are_moved_and_mirrored_in_every_way_and_no_other);
    tcase_add_test(tc, test_every_image_takes_part_in_every_epoch);
    tcase_add_test(tc, test_images_come_in_an_order_that_depends_on_the_seed);
    tcase_add_test(tc, test_the_rate_falls_after_every_lr_step_epochs);
    tcase_add_loop_test(tc, test_hybrid_pipelines_the_first_share_of_all_mini_batches, 0,
                        ZS_LEN(schemes));
    tcase_add_test(tc, test_hybrid_is_stale_in_its_first_share_and_plain_in_the_rest);
    tcase_add_loop_test(tc, test_a_checkpoint_goes_on_in_its_own_run_alone, 0, 15);
    tcase_add_loop_test(tc, test_a_scheme_has_its_time_speed_and_staleness, 0, ZS_LEN(figures));
    tcase_add_test(tc, test_accuracies_have_a_mean_and_a_sample_deviation);
    tcase_add_test(tc, test_differences_are_those_of_each_seed_to_plain);
    tcase_add_test(tc, test_a_run_that_diverged_is_left_out_with_its_pair);
    return tc;
}
