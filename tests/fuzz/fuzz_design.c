/* A design file from arbitrary bytes, which may name itself; what is read is shown and read again.
 */
#include "support.h"
#include "zynqsim/import.h"
#include "zynqsim/report.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

typedef struct whole_input {
    zs_span bytes;
} whole_input;

/* Any file that is named has the input's bytes again, under its own name. */
static zs_status get(void *ctx, const char *name, const char *from, zs_span *bytes,
                     const char **path, zs_err *err)
{
    const whole_input *input = ctx;
    (void)from;
    (void)err;
    *bytes = input->bytes;
    *path = name;
    return ZS_OK;
}

static void show_and_read_again(zs_arena *arena, const zs_design *design)
{
    zs_buffer buffer;
    zs_design again;
    zs_err err = {.text = ""};
    zs_buffer_init(&buffer, test_heap());
    const zs_sink sink = zs_buffer_sink(&buffer);
    if (zs_design_yaml_emit(design, &sink, &err) != ZS_OK)
        abort();
    const zs_span text = {.data = buffer.data, .bytes = buffer.bytes};
    /* Lists can make the shown design longer than a file may be. */
    if (zs_design_parse(arena, text, "shown.yaml", NULL, &again, &err) != ZS_OK &&
        err.status != ZS_ERANGE)
        abort();
    zs_buffer_drop(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    zs_arena arena;
    zs_design design;
    zs_err err = {.text = ""};
    whole_input input = {.bytes = {data, bytes}};
    const zs_fetch fetch = {.get = get, .ctx = &input};
    zs_arena_init(&arena, test_heap());
    if (zs_design_parse(&arena, input.bytes, "fuzz.yaml", &fetch, &design, &err) == ZS_OK) {
        show_and_read_again(&arena, &design);
        (void)zs_design_check(&design, &err);
    } else if (err.text[0] == '\0') {
        abort(); /* an error without a sentence */
    }
    zs_arena_drop(&arena);
    return 0;
}
