#include "support.h"
#include "zynqsim/mask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TCase *tcase_mask(void);

static zs_mask mask_of(zs_arena *arena, const char *const *rows, uint64_t n)
{
    zs_mask m;
    zs_err err;
    ck_assert_int_eq(zs_mask_build(arena, n, (uint32_t)strlen(rows[0]), &m, &err), ZS_OK);
    for (uint64_t r = 0; r < n; r++)
        for (uint32_t i = 0; rows[r][i] != '\0'; i++)
            if (rows[r][i] == '1')
                zs_mask_set(&m, r, i);
    return m;
}

/* Three rows on two PEs, two pixels, counted by hand. */
START_TEST(test_barriers_wait_for_the_busiest_and_lockstep_for_all)
{
    static const char *const w[] = {"1100", "0110", "0001"}, *const x[] = {"1110", "0111"};
    zs_arena arena;
    zs_mask_count c;
    zs_err err;
    zs_arena_init(&arena, test_heap());
    const zs_mask weights = mask_of(&arena, w, 3), inputs = mask_of(&arena, x, 2);
    ck_assert_int_eq(zs_mask_grid(&arena, &weights, NULL, 1, 2, 2, 9, &c, &err), ZS_OK);
    ck_assert_uint_eq(c.dense, 2 * 4 * 2 * 9);
    ck_assert_uint_eq(c.left, 5 * 2 * 9);
    ck_assert_uint_eq(c.per_pixel, (2 + 1) * 2 * 9);
    ck_assert_uint_eq(c.per_map, (2 + 1) * 2 * 9);
    ck_assert_uint_eq(c.lockstep, (3 + 1) * 2 * 9);
    /* pixel 0: 2 2 0; pixel 1: 1 2 1 */
    ck_assert_int_eq(zs_mask_grid(&arena, &weights, &inputs, 3, 2, 2, 1, &c, &err), ZS_OK);
    ck_assert_uint_eq(c.left, 8);
    ck_assert_uint_eq(c.per_pixel, 2 + 2 + 0 + 1);
    ck_assert_uint_eq(c.per_map, 4 + 1);
    ck_assert_uint_eq(c.lockstep, 3 + 2 + 0 + 1);
    zs_arena_drop(&arena);
}
END_TEST

START_TEST(test_rows_of_groups_see_inputs_of_their_own)
{
    static const char *const w[] = {"11", "11"}, *const a[] = {"10"}, *const b[] = {"11"};
    zs_arena arena;
    zs_mask_count c;
    zs_err err;
    zs_arena_init(&arena, test_heap());
    const zs_mask weights = mask_of(&arena, w, 2);
    const zs_mask inputs[] = {mask_of(&arena, a, 1), mask_of(&arena, b, 1)};
    ck_assert_int_eq(zs_mask_grid(&arena, &weights, inputs, 1, 1, 1, 1, &c, &err), ZS_OK);
    ck_assert_uint_eq(c.left, 3);
    ck_assert_uint_eq(c.lockstep, 3);
    zs_arena_drop(&arena);
}
END_TEST

/* ---- measured: four layers on an Eyeriss-v2 PE ----------------------------------------------- */

/* Rows of bits of an .npy, eight to a byte, the first in the highest. */
static zs_mask mask_of_file(zs_arena *arena, const char *layer, const char *what, uint64_t rows,
                            uint32_t bits)
{
    char name[96];
    zs_mask m;
    zs_err err;
    snprintf(name, sizeof name, "reference/sparse/%s_%s_bits.npy", layer, what);
    const char *path = test_shared(name);
    ck_assert_ptr_nonnull(path);
    const zs_span file = test_read_file(path);
    const uint8_t *data = file.data + 10 + file.data[8] + 256u * file.data[9];
    ck_assert_uint_eq((uint64_t)(file.data + file.bytes - data), rows * (bits / 8));
    ck_assert_int_eq(zs_mask_build(arena, rows, bits, &m, &err), ZS_OK);
    for (uint64_t r = 0; r < rows; r++)
        for (uint32_t i = 0; i < bits; i++)
            if (data[r * (bits / 8) + i / 8] >> (7 - i % 8) & 1)
                zs_mask_set(&m, r, i);
    free((void *)file.data);
    return m;
}

/* Fields of a line from `at`: weight_skip and both_skip with a barrier per pixel, both per map. */
static void check_grid(zs_arena *arena, const zs_mask *w, const zs_mask *x, uint32_t pes,
                       char *const *cell)
{
    zs_mask_count c;
    zs_err err;
    ck_assert_int_eq(zs_mask_grid(arena, w, NULL, w->rows, x->rows, pes, 1, &c, &err), ZS_OK);
    ck_assert_uint_eq(c.per_pixel, strtoull(cell[0], NULL, 10));
    ck_assert_int_eq(zs_mask_grid(arena, w, x, w->rows, x->rows, pes, 1, &c, &err), ZS_OK);
    ck_assert_uint_eq(c.per_pixel, strtoull(cell[1], NULL, 10));
    ck_assert_uint_eq(c.per_map, strtoull(cell[2], NULL, 10));
}

enum {
    CELLS = 21,
    IC = 1,
    OC,
    HW,
    DENSE,
    EFFECTUAL = 7,
    CYCLES,
    WEIGHT_SKIP = 11,
    P16,
    P32 = 15,
    P64 = 18
};

static void check_layer(char *line)
{
    char *cell[CELLS];
    zs_arena arena;
    zs_mask_count c;
    zs_err err;
    for (int i = 0; i < CELLS; i++)
        cell[i] = strsep(&line, ",\n");
    const uint64_t oc = strtoull(cell[OC], NULL, 10), hw = strtoull(cell[HW], NULL, 10);
    const uint32_t ic = (uint32_t)strtoul(cell[IC], NULL, 10);
    zs_arena_init(&arena, test_heap());
    const zs_mask w = mask_of_file(&arena, cell[0], "weight", oc, ic);
    const zs_mask x = mask_of_file(&arena, cell[0], "iact", hw * hw, ic);
    ck_assert_int_eq(zs_mask_grid(&arena, &w, &x, oc, hw * hw, 1, 1, &c, &err), ZS_OK);
    ck_assert_uint_eq(c.dense, strtoull(cell[DENSE], NULL, 10));
    ck_assert_uint_eq(c.left, strtoull(cell[EFFECTUAL], NULL, 10));
    ck_assert_uint_eq(c.per_pixel, strtoull(cell[CYCLES], NULL, 10));
    ck_assert_int_eq(zs_mask_grid(&arena, &w, NULL, oc, hw * hw, 1, 1, &c, &err), ZS_OK);
    ck_assert_uint_eq(c.left, strtoull(cell[WEIGHT_SKIP], NULL, 10));
    check_grid(&arena, &w, &x, 16, cell + P16);
    check_grid(&arena, &w, &x, 32, cell + P32);
    check_grid(&arena, &w, &x, 64, cell + P64);
    zs_arena_drop(&arena);
}

START_TEST(test_open_layers_are_exact)
{
    const char *path = test_shared("reference/sparse/eyeriss_v2_pe_open.csv");
    char line[1024];
    int layers = -1;
    if (path == NULL) {
        test_say_skipped("open layers of an Eyeriss-v2 PE");
        return;
    }
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (layers++ >= 0)
            check_layer(line);
    fclose(file);
    ck_assert_int_eq(layers, 4);
}
END_TEST

TCase *tcase_mask(void)
{
    TCase *tc = tcase_create("mask");
    tcase_add_test(tc, test_barriers_wait_for_the_busiest_and_lockstep_for_all);
    tcase_add_test(tc, test_rows_of_groups_see_inputs_of_their_own);
    tcase_add_test(tc, test_open_layers_are_exact);
    return tc;
}
