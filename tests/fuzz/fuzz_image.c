/* A picture from arbitrary bytes, and through the recipe for a small network. */
#include "support.h"
#include "zynqsim/import.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Big pictures take long and show nothing new. */
static bool is_small(const zs_image *image)
{
    return (uint64_t)image->w * image->h < 1 << 16;
}

static void use(zs_arena *arena, const zs_image *image)
{
    zs_design d;
    float *x;
    volatile uint8_t last = image->rgb[(size_t)image->w * image->h * 3 - 1];
    (void)last;
    zs_design_defaults(&d);
    d.network.preprocess.resize = 0;
    if (is_small(image) && zs_preprocess_run(arena, image, &d.network.preprocess,
                                             (zs_shape){3, 12, 9}, &x, NULL) != ZS_OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    zs_arena arena;
    zs_image image;
    zs_err err = {.text = ""};
    zs_arena_init(&arena, test_heap());
    if (zs_image_parse(&arena, (zs_span){data, bytes}, "fuzz.img", &image, &err) == ZS_OK)
        use(&arena, &image);
    else if (err.text[0] == '\0')
        abort();
    zs_arena_drop(&arena);
    return 0;
}
