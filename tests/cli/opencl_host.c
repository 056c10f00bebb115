/* Builds kernels that `show --kernels` wrote, runs them as their launches say, and compares what
 * comes out with an output that `run` wrote.
 * usage: opencl_host input MODEL X.npy           a made-up input of the network
 *        opencl_host KERNELS.cl MODEL X.npy Y.npy
 * Prints "N words, M differ, largest difference D". Exit status 1: something is wrong. */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zynqsim/import.h>
#include <zynqsim/net.h>
#include <zynqsim/report.h>

enum { TOKENS_MAX = 64, BUFFERS_MAX = 1024, LINE_MAX_BYTES = 4096 };

static void *heap_alloc(void *ctx, size_t bytes)
{
    (void)ctx;
    return malloc(bytes);
}

static void heap_release(void *ctx, void *block, size_t bytes)
{
    (void)ctx, (void)bytes;
    free(block);
}

static void die(const char *what, long code)
{
    fprintf(stderr, "opencl_host: %s (%ld)\n", what, code);
    exit(1);
}

static void check(cl_int status, const char *what)
{
    if (status != CL_SUCCESS)
        die(what, status);
}

static zs_span read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0)
        die(path, 0);
    const long n = ftell(f);
    uint8_t *bytes = malloc((size_t)n + 1);
    rewind(f);
    if (bytes == NULL || fread(bytes, 1, (size_t)n, f) != (size_t)n)
        die(path, n);
    bytes[n] = 0;
    fclose(f);
    return (zs_span){bytes, (size_t)n};
}

static zs_net *read_net(zs_arena *arena, const char *path)
{
    zs_err err = {0};
    zs_net_spec spec;
    zs_net *net;
    if (zs_net_parse(arena, read_file(path), path, &spec, &err) != ZS_OK)
        die(err.text, err.status);
    spec.seed = 1; /* as the design file leaves it */
    if (zs_net_build(arena, &spec, &net, &err) != ZS_OK)
        die(err.text, err.status);
    return net;
}

static zs_npy read_npy(zs_arena *arena, const char *path)
{
    zs_err err = {0};
    zs_npy npy;
    if (zs_npy_parse(arena, read_file(path), path, &npy, &err) != ZS_OK)
        die(err.text, err.status);
    return npy;
}

static int write_input(zs_arena *arena, const zs_net *net, const char *path)
{
    const zs_shape s = net->tensors[net->input].shape;
    const uint64_t dims[] = {1, s.c, s.h, s.w}, n = zs_shape_elems(s);
    float *x = zs_new(arena, float, n);
    uint32_t state = 1;
    zs_err err = {0};
    zs_buffer buffer;
    FILE *f = fopen(path, "wb");
    for (uint64_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = (float)(state >> 8) / 8388608.0f - 1.0f;
    }
    zs_buffer_init(&buffer, (zs_alloc){heap_alloc, heap_release, NULL});
    const zs_sink sink = zs_buffer_sink(&buffer);
    if (f == NULL || zs_npy_emit(x, dims, 4, &sink, &err) != ZS_OK ||
        fwrite(buffer.data, 1, buffer.bytes, f) != buffer.bytes)
        die(path, 0);
    fclose(f);
    zs_buffer_drop(&buffer);
    return 0;
}

/* ---- the device and its buffers -------------------------------------------------------------- */

static cl_context context;
static cl_command_queue queue;
static cl_program program;
static struct {
    char name[32];
    cl_mem mem;
} buffers[BUFFERS_MAX];
static size_t buffer_n;

static void open_device(const char *text)
{
    cl_platform_id platform;
    cl_device_id device;
    cl_int status;
    check(clGetPlatformIDs(1, &platform, NULL), "no platform");
    check(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL), "no device");
    context = clCreateContext(NULL, 1, &device, NULL, NULL, &status);
    check(status, "context");
    queue = clCreateCommandQueue(context, device, 0, &status);
    check(status, "queue");
    program = clCreateProgramWithSource(context, 1, &text, NULL, &status);
    check(status, "program");
    status =
        clBuildProgram(program, 1, &device, "-cl-fp32-correctly-rounded-divide-sqrt", NULL, NULL);
    if (status != CL_SUCCESS) {
        static char log[65536];
        clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, sizeof log - 1, log, NULL);
        fputs(log, stderr);
        die("the kernels do not compile", status);
    }
}

static void add_buffer(const char *name, size_t words, const float *data)
{
    cl_int status;
    if (buffer_n == BUFFERS_MAX)
        die("too many buffers", BUFFERS_MAX);
    snprintf(buffers[buffer_n].name, sizeof buffers[buffer_n].name, "%s", name);
    buffers[buffer_n].mem =
        clCreateBuffer(context, data == NULL ? CL_MEM_READ_WRITE : CL_MEM_COPY_HOST_PTR,
                       (words > 0 ? words : 1) * sizeof(float), (void *)(uintptr_t)data, &status);
    check(status, name);
    buffer_n++;
}

static cl_mem buffer_named(const char *name)
{
    for (size_t i = 0; i < buffer_n; i++)
        if (strcmp(buffers[i].name, name) == 0)
            return buffers[i].mem;
    fprintf(stderr, "opencl_host: no buffer %s\n", name);
    exit(1);
}

static void add_weights(const zs_net *net, const char *name)
{
    const zs_layer *layer = &net->layers[strtoul(name + 1, NULL, 10)];
    const size_t n = zs_layer_filter_elems(layer), oc_n = layer->y.c;
    float *w = calloc(n * oc_n + 1, sizeof *w), *b = calloc(oc_n, sizeof *b);
    float *scratch = calloc(n + 1, sizeof *scratch);
    char bias[32];
    if (w == NULL || b == NULL || scratch == NULL)
        die("out of memory", 0);
    for (uint32_t oc = 0; oc < oc_n; oc++) {
        memcpy(w + oc * n, zs_layer_filter(net, layer, oc, scratch), n * sizeof *w);
        b[oc] = zs_layer_bias(net, layer, oc);
    }
    snprintf(bias, sizeof bias, "b%s", name + 1);
    add_buffer(name, n * oc_n, w);
    add_buffer(bias, oc_n, b);
    free(w);
    free(b);
    free(scratch);
}

static void launch(char *const *word, size_t n)
{
    cl_int status;
    cl_kernel kernel = clCreateKernel(program, word[0], &status);
    check(status, word[0]);
    for (size_t i = 1; i < n; i++) {
        if (strcmp(word[i], "autorun") == 0)
            continue;
        if (strncmp(word[i], "i:", 2) == 0) {
            const cl_int value = (cl_int)strtol(word[i] + 2, NULL, 10);
            check(clSetKernelArg(kernel, (cl_uint)i - 1, sizeof value, &value), word[i]);
        } else if (strncmp(word[i], "f:", 2) == 0) {
            const cl_float value = strtof(word[i] + 2, NULL);
            check(clSetKernelArg(kernel, (cl_uint)i - 1, sizeof value, &value), word[i]);
        } else {
            const cl_mem mem = buffer_named(word[i]);
            check(clSetKernelArg(kernel, (cl_uint)i - 1, sizeof mem, &mem), word[i]);
        }
    }
    const size_t one = 1;
    check(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, &one, 0, NULL, NULL), word[0]);
    check(clFinish(queue), word[0]);
    check(clReleaseKernel(kernel), word[0]);
}

/* ---- the text's comment ---------------------------------------------------------------------- */

static size_t split(char *line, char **word)
{
    size_t n = 0;
    for (char *at = strtok(line, " *\n"); at != NULL && n < TOKENS_MAX; at = strtok(NULL, " *\n"))
        word[n++] = at;
    return n;
}

static int compare(const float *x, const zs_npy *y, size_t n)
{
    size_t differ = 0;
    double most = 0, largest = 0;
    for (size_t i = 0; i < n; i++) {
        const double d = fabs((double)x[i] - (double)y->data[i]);
        differ += memcmp(&x[i], &y->data[i], sizeof *x) != 0;
        most = d > most ? d : most;
        largest = fabs((double)y->data[i]) > largest ? fabs((double)y->data[i]) : largest;
    }
    printf("%zu words, %zu differ, largest difference %.3g of %.3g\n", n, differ, most, largest);
    return 0;
}

/* One word of the comment after the other; `do_launches`: kernels, else buffers. */
static void follow(const char *text, const zs_net *net, const zs_npy *x, const zs_npy *y,
                   bool do_launches)
{
    char line[LINE_MAX_BYTES], *word[TOKENS_MAX];
    for (const char *at = text; strncmp(at, " */", 3) != 0; at = strchr(at, '\n') + 1) {
        const size_t bytes = (size_t)(strchr(at, '\n') - at);
        if (bytes >= sizeof line)
            die("a line is too long", (long)bytes);
        memcpy(line, at, bytes);
        line[bytes] = '\0';
        const bool is_legend = strncmp(line, " *  ", 4) == 0;
        const size_t n = is_legend ? 0 : split(line, word);
        if (n < 2)
            continue;
        if (!do_launches && (strcmp(word[0], "tensor") == 0 || strcmp(word[0], "channel") == 0 ||
                             strcmp(word[0], "scratch") == 0))
            add_buffer(word[1], strtoul(word[2], NULL, 10), NULL);
        else if (!do_launches && strcmp(word[0], "weights") == 0)
            add_weights(net, word[1]);
        else if (!do_launches && strcmp(word[0], "input") == 0)
            check(clEnqueueWriteBuffer(queue, buffer_named(word[1]), CL_TRUE, 0,
                                       zs_net_input_elems(net) * sizeof(float), x->data, 0, NULL,
                                       NULL),
                  "input");
        else if (do_launches && strcmp(word[0], "launch") == 0)
            launch(word + 1, n - 1);
        else if (do_launches && strcmp(word[0], "host") == 0)
            die("a layer is left to the host", 0);
    }
    for (const char *at = strstr(text, "\n * output "); do_launches; at = NULL) {
        char name[32];
        size_t offset, words;
        if (at == NULL || sscanf(at, "\n * output %31s %zu %zu", name, &offset, &words) != 3)
            die("no output", 0);
        float *out = malloc(words * sizeof *out);
        check(clEnqueueReadBuffer(queue, buffer_named(name), CL_TRUE, offset * sizeof *out,
                                  words * sizeof *out, out, 0, NULL, NULL),
              "output");
        compare(out, y, words);
        free(out);
        return;
    }
}

int main(int argc, char **argv)
{
    zs_arena arena;
    zs_arena_init(&arena, (zs_alloc){heap_alloc, heap_release, NULL});
    if (argc == 4 && strcmp(argv[1], "input") == 0)
        return write_input(&arena, read_net(&arena, argv[2]), argv[3]);
    if (argc != 5)
        die("KERNELS.cl MODEL X.npy Y.npy", argc);
    const char *text = (const char *)read_file(argv[1]).data;
    const zs_net *net = read_net(&arena, argv[2]);
    const zs_npy x = read_npy(&arena, argv[3]), y = read_npy(&arena, argv[4]);
    open_device(text);
    follow(text, net, &x, &y, false);
    follow(text, net, &x, &y, true);
    zs_arena_drop(&arena);
    return 0;
}
