#include "image_priv.h"

/* A shape on the picture: a disc, or a bar across it that leans by dx per dy. */
typedef struct mark {
    int64_t x, y, size, dx, dy;
    uint8_t rgb[3];
    bool disc;
} mark;

enum { MARKS = 10 };

static void make_marks(zs_prng *prng, uint32_t w, uint32_t h, mark marks[MARKS])
{
    const uint32_t side = w < h ? w : h;
    for (int i = 0; i < MARKS; i++) {
        mark *m = &marks[i];
        m->disc = i % 2 == 0;
        m->x = (int64_t)zs_prng_below(prng, w);
        m->y = (int64_t)zs_prng_below(prng, h);
        m->size = side / (m->disc ? 12 : 40) + (int64_t)zs_prng_below(prng, side / 8 + 1) + 1;
        m->dx = (int64_t)zs_prng_below(prng, 9) - 4;
        m->dy = (int64_t)zs_prng_below(prng, 4) + 1;
        for (int c = 0; c < 3; c++)
            m->rgb[c] = (uint8_t)zs_prng_below(prng, 256);
    }
}

static bool covers(const mark *m, int64_t x, int64_t y)
{
    const int64_t u = x - m->x, v = y - m->y;
    if (m->disc)
        return u * u + v * v <= m->size * m->size;
    const int64_t across = u * m->dy - v * m->dx;
    return across >= -m->size * m->dy / 4 && across <= m->size * m->dy / 4;
}

/* Three gradients, so that no two regions look alike, then the marks from back to front. */
static void paint(const mark marks[MARKS], uint32_t w, uint32_t h, uint32_t x, uint32_t y,
                  uint8_t rgb[3])
{
    rgb[0] = (uint8_t)((uint64_t)x * 255 / w);
    rgb[1] = (uint8_t)((uint64_t)y * 255 / h);
    rgb[2] = (uint8_t)(255 - ((uint64_t)x * 127 / w + (uint64_t)y * 127 / h));
    for (int i = 0; i < MARKS; i++)
        if (covers(&marks[i], x, y))
            for (int c = 0; c < 3; c++)
                rgb[c] = marks[i].rgb[c];
}

zs_status zs_image_synthetic(zs_arena *arena, uint64_t seed, uint32_t w, uint32_t h, zs_image *out,
                             zs_err *err)
{
    zs_prng prng = {.state = seed};
    mark marks[MARKS];
    uint8_t *rgb;
    ZS_TRY(zs_image_alloc(arena, "synthetic", w, h, 3, &rgb, err));
    make_marks(&prng, w, h, marks);
    for (uint32_t y = 0; y < h; y++)
        for (uint32_t x = 0; x < w; x++)
            paint(marks, w, h, x, y, rgb + ((size_t)y * w + x) * 3);
    *out = (zs_image){.rgb = rgb, .w = w, .h = h};
    return ZS_OK;
}
