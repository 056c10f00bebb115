#include "support.h"
#include "zynqsim/memsys.h"

#include <string.h>

TCase *tcase_port_shares(void);

/* Transfers that several ports share: by the widths of the ports, every byte once. */

enum { UNIT_BYTES = 64 };

/* Widths of hp0 to hp3, acp and gp in bytes, the ports that share, and the share of one of them. */
static const struct {
    uint32_t hp[4], acp, gp, ports, port;
    zs_port_share share;
} cases[] = {
    {{8, 8, 8, 8}, 8, 4, 0x3, ZS_PORT_HP0, {0, 1, 2}},
    {{8, 8, 8, 8}, 8, 4, 0xf, ZS_PORT_HP2, {2, 1, 4}},
    {{4, 8, 8, 8}, 8, 4, 0x3, ZS_PORT_HP0, {0, 1, 3}},
    {{4, 8, 8, 8}, 8, 4, 0x3, ZS_PORT_HP1, {1, 2, 3}},
    {{8, 8, 8, 4}, 8, 4, 0xf, ZS_PORT_HP3, {6, 1, 7}},
    {{16, 8, 8, 4}, 8, 4, 0xd, ZS_PORT_HP2, {4, 2, 7}},
    {{8, 8, 8, 8}, 8, 4, 1u << ZS_PORT_GP0 | 1, ZS_PORT_GP0, {2, 1, 3}},
    {{8, 8, 8, 8}, 4, 4, 1u << ZS_PORT_ACP | 2, ZS_PORT_ACP, {2, 1, 3}},
    {{8, 8, 8, 8}, 8, 4, 0x4, ZS_PORT_HP2, {0, 1, 1}},
};

static zs_board board_of(const uint32_t hp[4], uint32_t acp, uint32_t gp)
{
    zs_design d;
    zs_design_defaults(&d);
    for (uint32_t i = 0; i < 4; i++)
        d.board.axi.own[i].beat_bytes = hp[i];
    d.board.axi.acp.beat_bytes = acp;
    d.board.axi.gp.beat_bytes = gp;
    return d.board;
}

START_TEST(test_a_port_shares_as_much_as_it_is_wide)
{
    const zs_board board = board_of(cases[_i].hp, cases[_i].acp, cases[_i].gp);
    const zs_port_share s = zs_port_share_of(&board, cases[_i].ports, cases[_i].port);
    ck_assert_uint_eq(s.first, cases[_i].share.first);
    ck_assert_uint_eq(s.n, cases[_i].share.n);
    ck_assert_uint_eq(s.of, cases[_i].share.of);
}
END_TEST

/* Adds one to each byte that a transfer moves. */
static void mark(const zs_xfer *x, uint8_t *bytes)
{
    for (uint64_t p = 0; p < x->plane_n; p++)
        for (uint64_t r = 0; r < x->row_n; r++)
            for (uint64_t b = 0; b < x->row_bytes; b++)
                bytes[x->addr + p * x->plane_pitch_bytes + r * x->row_pitch_bytes + b]++;
}

START_TEST(test_shares_of_all_ports_are_the_transfer)
{
    static const uint32_t widths[] = {4, 8, 16};
    static uint8_t whole[1 << 17], parts[1 << 17];
    zs_prng prng = {.state = 500 + (uint64_t)_i};
    for (uint32_t k = 0; k < 50; k++) {
        uint32_t hp[4];
        for (uint32_t i = 0; i < 4; i++)
            hp[i] = widths[zs_prng_below(&prng, ZS_LEN(widths))];
        const zs_board board = board_of(hp, 8, 4);
        const uint32_t ports = 1 + (uint32_t)zs_prng_below(&prng, 0x3f);
        zs_xfer x = {.addr = zs_prng_below(&prng, 4096),
                     .row_bytes = 1 + (uint32_t)zs_prng_below(&prng, 600),
                     .row_n = 1 + (uint32_t)zs_prng_below(&prng, 9),
                     .plane_n = 1 + (uint32_t)zs_prng_below(&prng, 20)};
        x.row_pitch_bytes = x.row_bytes + zs_prng_below(&prng, 9);
        x.plane_pitch_bytes = x.row_pitch_bytes * x.row_n + zs_prng_below(&prng, 64);
        memset(whole, 0, sizeof whole);
        memset(parts, 0, sizeof parts);
        mark(&x, whole);
        for (uint32_t left = ports; left != 0; left &= left - 1) {
            const uint32_t port = (uint32_t)__builtin_ctz(left);
            const zs_port_share share = zs_port_share_of(&board, ports, port);
            const zs_xfer part = zs_xfer_share(&x, share, UNIT_BYTES);
            mark(&part, parts);
            if (left == ports) /* the closed form counts on it */
                ck_assert_uint_ge(zs_xfer_bytes(&part) * share.of, zs_xfer_bytes(&x) * share.n);
        }
        ck_assert_mem_eq(whole, parts, sizeof whole);
    }
}
END_TEST

TCase *tcase_port_shares(void)
{
    TCase *tc = tcase_create("port_shares");
    tcase_add_loop_test(tc, test_a_port_shares_as_much_as_it_is_wide, 0, ZS_LEN(cases));
    tcase_add_loop_test(tc, test_shares_of_all_ports_are_the_transfer, 0, 4);
    return tc;
}
