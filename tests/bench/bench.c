/* Speed of the simulator: what `make bench` prints.
 * usage: bench ZYNQSIM     (from the top of the checkout) */
#include "zynqsim/design.h"
#include "zynqsim/import.h"
#include "zynqsim/net.h"
#include "zynqsim/kind.h"
#include "zynqsim/plan.h"
#include "zynqsim/sim.h"
#include "zynqsim/train.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { REPEATS = 7 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void *heap_alloc(void *ctx, size_t bytes)
{
    (void)ctx;
    return malloc(bytes);
}

static void heap_release(void *ctx, void *block, size_t bytes)
{
    (void)ctx;
    (void)bytes;
    free(block);
}

static void stop(const char *what, const zs_err *err)
{
    fprintf(stderr, "bench: %s: %s: %s\n", what, err->place, err->text);
    exit(EXIT_FAILURE);
}

/* ---- samples --------------------------------------------------------------------------------- */

typedef struct spread {
    double median, min, max;
} spread;

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static spread spread_of(double *samples, size_t n)
{
    qsort(samples, n, sizeof *samples, by_value);
    return (spread){samples[n / 2], samples[0], samples[n - 1]};
}

static void print_row(const char *what, spread s, const char *unit)
{
    printf("%-46s %10.1f %10.1f %10.1f  %s\n", what, s.median, s.min, s.max, unit);
}

/* ---- the library: plans and simulated points per second -------------------------------------- */

typedef struct subject {
    zs_arena keep, point;
    zs_design design;
    zs_net *net;
} subject;

static uint8_t *read_file(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    fseek(file, 0, SEEK_END);
    *bytes = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(*bytes);
    if (data == NULL || fread(data, 1, *bytes, file) != *bytes)
        exit(EXIT_FAILURE);
    fclose(file);
    return data;
}

static void load_subject(subject *s, const char *model)
{
    const zs_alloc heap = {.alloc = heap_alloc, .release = heap_release};
    zs_err err = {0};
    zs_net_spec spec = {0};
    size_t bytes;
    zs_arena_init(&s->keep, heap);
    zs_arena_init(&s->point, heap);
    zs_design_defaults(&s->design);
    uint8_t *yaml = read_file(model, &bytes);
    if (zs_net_parse(&s->keep, (zs_span){yaml, bytes}, model, &spec, &err) != ZS_OK ||
        zs_net_build(&s->keep, &spec, &s->net, &err) != ZS_OK)
        stop(model, &err);
    free(yaml);
}

static zs_plan *build_plan(subject *s)
{
    zs_err err = {0};
    zs_plan *plan;
    zs_arena_reset(&s->point);
    if (zs_plan_build(&s->point, &s->design, s->net, &plan, &err) != ZS_OK)
        stop("plan", &err);
    return plan;
}

static zs_result *simulate(subject *s, const zs_plan *plan, zs_fidelity fidelity)
{
    zs_err err = {0};
    zs_result *result;
    if (zs_sim_run(&s->point, &s->design, s->net, plan, fidelity, NULL, &result, &err) != ZS_OK)
        stop("simulation", &err);
    return result;
}

static void bench_plan(subject *s)
{
    double ns[REPEATS];
    uint32_t ops = 0;
    for (int r = 0; r < REPEATS; r++) {
        const double begin = now_s();
        int n = 0;
        while (now_s() - begin < 0.1) {
            ops = build_plan(s)->op_n;
            n++;
        }
        ns[r] = (now_s() - begin) / n * 1e9 / ops;
    }
    char what[64];
    snprintf(what, sizeof what, "plan of %u ops", ops);
    print_row(what, spread_of(ns, REPEATS), "ns/op");
}

/* A point is a plan and its timing, as a sweep would do it. */
static void bench_points(subject *s, zs_fidelity fidelity, const char *name)
{
    double rate[REPEATS];
    unsigned long long events = 0, bursts = 0;
    for (int r = 0; r < REPEATS; r++) {
        const double begin = now_s();
        int n = 0;
        while (now_s() - begin < 0.3) {
            const zs_plan *plan = build_plan(s);
            const zs_result *result = simulate(s, plan, fidelity);
            events = result->events;
            bursts = result->read_bursts + result->write_bursts;
            n++;
        }
        rate[r] = n / (now_s() - begin);
    }
    char what[64];
    snprintf(what, sizeof what, "%s, timing (%llu events, %llu bursts)", name, events, bursts);
    print_row(what, spread_of(rate, REPEATS), "points/s");
}

/* ---- a streaming pipeline, exact to the clock and to the bit --------------------------------- */

static const char *const cnv_keys[][2] = {
    {"accelerator.kind", "stream"},
    {"accelerator.stream.folding",
     "MVAU_0=16x3;MVAU_1=32x32;StreamingMaxPool_0=32;MVAU_2=16x32;MVAU_3=16x32;StreamingMaxPool_1="
     "32;MVAU_4=4x32;MVAU_5=1x32;MVAU_6=1x4;MVAU_7=1x8;MVAU_8=5x1"},
    {"accelerator.stream.fifos", "MVAU_2=95;MVAU_3=298;MVAU_6=60;MVAU_7=62"},
};

static void load_cnv(subject *s, const char *model)
{
    zs_err err = {0};
    zs_net_spec spec = {0};
    size_t bytes;
    load_subject(s, "models/finn_cnv.yaml"); /* for its arenas and defaults */
    uint8_t *file = read_file(model, &bytes);
    if (zs_net_parse(&s->keep, (zs_span){file, bytes}, model, &spec, &err) != ZS_OK ||
        zs_net_streamline(&s->keep, &spec, &s->net, &err) != ZS_OK)
        stop(model, &err);
    for (size_t i = 0; i < ZS_LEN(cnv_keys); i++)
        if (zs_design_set(&s->design, &s->keep, cnv_keys[i][0], cnv_keys[i][1], &err) != ZS_OK)
            stop("design", &err);
}

static void bench_clocks(subject *s)
{
    enum { IMAGES = 10 };
    double ms[REPEATS];
    zs_err err = {0};
    zs_flow_result result = {0};
    const zs_plan *plan = build_plan(s);
    for (int r = 0; r < REPEATS; r++) {
        const double begin = now_s();
        if (zs_flow_run(&s->point, &plan->flow->flow, IMAGES, false, &result, &err) != ZS_OK)
            stop("clocks", &err);
        ms[r] = (now_s() - begin) * 1e3 / IMAGES;
    }
    char what[64];
    snprintf(what, sizeof what, "clocks of an image (%llu moves of words)",
             (unsigned long long)result.moves / IMAGES);
    print_row(what, spread_of(ms, REPEATS), "ms");
}

static void bench_bits(subject *s)
{
    enum { IMAGES = 10 };
    double ms[REPEATS];
    zs_err err = {0};
    zs_quant *quant;
    zs_exec *exec;
    s->design.batch = IMAGES;
    const zs_plan *plan = build_plan(s);
    const size_t elems = zs_shape_elems(s->net->tensors[s->net->input].shape);
    float *x = zs_new(&s->point, float, elems);
    if (x == NULL || zs_quant_build(&s->point, s->net, ZS_FP32, NULL, &quant, &err) != ZS_OK ||
        zs_exec_build(&s->point, &s->design, s->net, plan, quant, &exec, &err) != ZS_OK)
        stop("execution", &err);
    for (size_t i = 0; i < elems; i++)
        x[i] = (float)(i * 37 % 256);
    for (uint32_t i = 0; i < IMAGES; i++)
        zs_exec_set_input(exec, i, x);
    for (int r = 0; r < REPEATS; r++) {
        const double begin = now_s();
        zs_exec_run(exec);
        ms[r] = (now_s() - begin) * 1e3 / IMAGES;
    }
    print_row("bits of an image, executed", spread_of(ms, REPEATS), "ms");
}

static void bench_stream(void)
{
    static const char model[] = "../shared/data/qnn/cnv_w1a1.onnx";
    if (access(model, R_OK) != 0) {
        printf("skipped: a streaming pipeline needs %s\n", model);
        return;
    }
    subject s = {0};
    load_cnv(&s, model);
    puts("CNV-W1A1 as a streaming pipeline, one core");
    bench_points(&s, ZS_BOUND, "bound");
    bench_clocks(&s);
    bench_bits(&s);
    zs_arena_drop(&s.point);
    zs_arena_drop(&s.keep);
}

/* ---- the program: one image, against OpenCV -------------------------------------------------- */

/* Runs a program; its standard output goes to `text`. Returns wall seconds, negative on failure. */
static double run_program(char *const argv[], char *text, size_t bytes, long *peak_kib)
{
    int ends[2];
    if (pipe(ends) != 0)
        return -1;
    const double begin = now_s();
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execv(argv[0], argv);
        _exit(127);
    }
    close(ends[1]);
    size_t used = 0;
    char rest[4096];
    for (ssize_t n = 1; n > 0;) {
        n = used < bytes - 1 ? read(ends[0], text + used, bytes - 1 - used)
                             : read(ends[0], rest, sizeof rest);
        if (n > 0 && used < bytes - 1)
            used += (size_t)n;
    }
    text[used] = '\0';
    close(ends[0]);
    int status = 0;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) < 0)
        return -1;
    *peak_kib = usage.ru_maxrss;
    return WIFEXITED(status) && WEXITSTATUS(status) <= 1 ? now_s() - begin : -1;
}

typedef struct image_times {
    spread simulation, process;
    long peak_kib;
} image_times;

static bool bench_image(const char *program, const char *model, const char *setting,
                        image_times *out)
{
    static char text[1 << 20];
    double simulation[REPEATS], process[REPEATS];
    char *const argv[] = {(char *)(uintptr_t)program,
                          "run",
                          "configs/default.yaml",
                          "--model",
                          (char *)(uintptr_t)model,
                          "--set",
                          (char *)(uintptr_t)setting,
                          "--format",
                          "json",
                          "--quiet",
                          NULL};
    for (int r = -1; r < REPEATS; r++) { /* the first fills the page cache */
        const double seconds = run_program(argv, text, sizeof text, &out->peak_kib);
        const char *figure = strstr(text, "\"sim_wall_seconds\":");
        if (seconds < 0 || figure == NULL)
            return false;
        if (r < 0)
            continue;
        process[r] = seconds;
        simulation[r] = strtod(figure + strlen("\"sim_wall_seconds\":"), NULL);
    }
    out->simulation = spread_of(simulation, REPEATS);
    out->process = spread_of(process, REPEATS);
    return true;
}

/* A script that prints median, least and most seconds; false when it cannot run. */
static bool run_script(const char *const *words, spread *out)
{
    char text[256];
    long peak_kib;
    if (run_program((char *const *)(uintptr_t)words, text, sizeof text, &peak_kib) < 0)
        return false;
    char *at = text;
    out->median = strtod(at, &at);
    out->min = strtod(at, &at);
    out->max = strtod(at, &at);
    return out->median > 0;
}

static bool bench_opencv(const char *model, spread *out)
{
    const char *const words[] = {
        "/usr/bin/python3", "tests/bench/opencv_forward.py", model, "3", "227", "227", "15", NULL};
    return run_script(words, out);
}

static spread in_ms(spread s)
{
    return (spread){s.median * 1e3, s.min * 1e3, s.max * 1e3};
}

static void compare_with_opencv(const char *program)
{
    const char *real = "../shared/data/models/squeezenet_v1.1.caffemodel";
    const bool has_weights = access(real, R_OK) == 0;
    image_times own = {0};
    spread opencv;
    if (!bench_image(program, has_weights ? real : "squeezenet_v1.1", "accelerator.precision=fp32",
                     &own)) {
        printf("the program did not run\n");
        exit(EXIT_FAILURE);
    }
    print_row("one image, fp32, burst: simulation", in_ms(own.simulation), "ms");
    print_row("one image, fp32, burst: whole program", in_ms(own.process), "ms");
    printf("%-46s %10.1f %21s  MB\n", "peak memory of that", (double)own.peak_kib / 1024, "");
    static const char *const integers[] = {"fixed16", "int8"};
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
        char setting[64], what[64];
        image_times other = {0};
        snprintf(setting, sizeof setting, "accelerator.precision=%s", integers[i]);
        if (!bench_image(program, has_weights ? real : "squeezenet_v1.1", setting, &other))
            continue;
        snprintf(what, sizeof what, "one image, %s, burst: simulation", integers[i]);
        print_row(what, in_ms(other.simulation), "ms");
        printf("%-46s %10.2f %21s  x\n", "that / fp32",
               other.simulation.median / own.simulation.median, "");
    }
    if (!has_weights) {
        printf("skipped: OpenCV needs real weights in %s\n", real);
    } else if (!bench_opencv(real, &opencv)) {
        printf("skipped: /usr/bin/python3 has no cv2 (apt-get install python3-opencv)\n");
    } else {
        print_row("one forward pass of OpenCV, one thread", in_ms(opencv), "ms");
        printf("%-46s %10.2f %21s  x\n", "simulation / OpenCV",
               own.simulation.median / opencv.median, "");
        printf("%-46s %10.2f %21s  x\n", "whole program / OpenCV",
               own.process.median / opencv.median, "");
    }
}

/* ---- training, against PyTorch --------------------------------------------------------------- */

static void bench_training(void)
{
    enum { BATCH = 64, PIXELS = 28 * 28, CLASSES = 10, ITERATIONS = 60 };
    static float x[BATCH * PIXELS];
    static double ms[ITERATIONS];
    uint32_t labels[BATCH];
    subject s = {0};
    zs_err err = {0};
    zs_trainer *trainer;
    load_subject(&s, "models/lenet5_1998.yaml");
    const zs_train_setup setup = {.net = s.net,
                                  .type = ZS_TRAIN_FLOAT32,
                                  .loss = ZS_LOSS_ENTROPY,
                                  .scheme = ZS_SCHEME_PLAIN,
                                  .batch = BATCH,
                                  .micro_batches = 1,
                                  .momentum = 0.9};
    if (zs_trainer_build(&s.keep, &setup, &trainer, &err) != ZS_OK)
        stop("training", &err);
    zs_prng prng = {.state = 1};
    for (size_t i = 0; i < ZS_LEN(x); i++)
        x[i] = (float)(zs_prng_next(&prng) >> 8 & 0xffff) / 0x10000;
    for (size_t i = 0; i < BATCH; i++)
        labels[i] = (uint32_t)(zs_prng_next(&prng) >> 8) % CLASSES;
    const zs_train_batch batch = {.x = x, .labels = labels, .n = BATCH};
    for (int i = 0; i < ITERATIONS; i++) {
        const double begin = now_s();
        zs_trainer_cycle(trainer, &batch, 0.01);
        ms[i] = (now_s() - begin) * 1e3;
    }
    zs_arena_drop(&s.point);
    zs_arena_drop(&s.keep);
    const spread own = spread_of(ms, ITERATIONS);
    print_row("training LeNet-5, batch 64, one iteration", own, "ms");
    const char *const words[] = {"/usr/bin/python3", "tests/bench/pytorch_iteration.py", "60",
                                 NULL};
    spread torch;
    if (!run_script(words, &torch)) {
        printf("skipped: /usr/bin/python3 has no torch (apt-get install python3-torch)\n");
        return;
    }
    print_row("the same in PyTorch, one thread", in_ms(torch), "ms");
    printf("%-46s %10.2f %21s  x\n", "that iteration / PyTorch's",
           own.median / (torch.median * 1e3), "");
}

/* ---- the program: a grid of points on all processors ----------------------------------------- */

/* 2,025 points over tiles, lanes and fusion. */
static void bench_grid(const char *program, const char *fidelity)
{
    enum { RUNS = 3, POINTS = 5 * 3 * 3 * 3 * 3 * 5 };
    static char text[1 << 16];
    double rate[RUNS];
    long peak_kib = 0;
    char file[] = "/tmp/zynqsim-bench-XXXXXX";
    const int fd = mkstemp(file);
    if (fd < 0)
        return;
    close(fd);
    const char *const argv[] = {program,
                                "sweep",
                                "configs/default.yaml",
                                "--vary",
                                "accelerator.tile.oc=8,16,32,48,64",
                                "--vary",
                                "accelerator.tile.ic=8,16,32",
                                "--vary",
                                "accelerator.tile.oy=7,14,28",
                                "--vary",
                                "accelerator.tile.ox=7,14,28",
                                "--vary",
                                "accelerator.unroll.oc+accelerator.unroll.ic=8/4,16/2,4/8",
                                "--vary",
                                "accelerator.fusion=none,lf1,lf2,fire,auto",
                                "--fidelity",
                                fidelity,
                                "-o",
                                file,
                                "--quiet",
                                NULL};
    for (int r = 0; r < RUNS; r++) {
        unlink(file);
        const double seconds =
            run_program((char *const *)(uintptr_t)argv, text, sizeof text, &peak_kib);
        if (seconds < 0) {
            printf("the sweep did not run\n");
            exit(EXIT_FAILURE);
        }
        rate[r] = POINTS / seconds;
    }
    unlink(file);
    char what[64];
    snprintf(what, sizeof what, "sweep of %d points, %s, %ld processors", POINTS, fidelity,
             sysconf(_SC_NPROCESSORS_ONLN));
    print_row(what, spread_of(rate, RUNS), "points/s");
    printf("%-46s %10.1f %21s  MB\n", "peak memory of that", (double)peak_kib / 1024, "");
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: bench ZYNQSIM\n", stderr);
        return EXIT_FAILURE;
    }
    subject s = {0};
    load_subject(&s, "models/squeezenet_v1.1.yaml");
    printf("SqueezeNet v1.1, default design, one core%11s %10s %10s\n", "median", "min", "max");
    bench_plan(&s);
    bench_points(&s, ZS_BOUND, "bound");
    bench_points(&s, ZS_TILE, "tile");
    bench_points(&s, ZS_BURST, "burst");
    zs_arena_drop(&s.point);
    zs_arena_drop(&s.keep);
    bench_stream();
    bench_training();
    fflush(stdout);
    bench_grid(argv[1], "tile");
    bench_grid(argv[1], "burst");
    fflush(stdout);
    compare_with_opencv(argv[1]);
    return EXIT_SUCCESS;
}
