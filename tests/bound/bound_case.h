/* bound_case.h - the design of an empty file, as far as bound reads it. Stated here in numbers, so
 * that the expected figures beside it do not move when a default does. */
#ifndef ZYNQSIM_TEST_BOUND_CASE_H
#define ZYNQSIM_TEST_BOUND_CASE_H

#include "tiled.h"
#include "zynqsim/design.h"

static inline zs_design bound_case_design(void)
{
    zs_design d = {.batch = 1};
    d.accel.precision = ZS_FP32;
    d.accel.clock_hz = 100000000;
    d.accel.unroll.oc = 8;
    d.accel.unroll.ic = 4;
    d.accel.unroll.oy = d.accel.unroll.ox = d.accel.unroll.ky = d.accel.unroll.kx = 1;
    TILED(d)->tile.oc = 32;
    TILED(d)->tile.ic = 16;
    TILED(d)->tile.oy = TILED(d)->tile.ox = 14;
    d.accel.style = ZS_STYLE_HLS;
    d.accel.dsp_frac = 1;
    d.accel.products_per_dsp = 1;
    d.accel.rounds_depths = true;
    d.accel.pipeline = true;
    d.accel.ii = 1;
    TILED(d)->loop_order = ZS_OUTPUT_STATIONARY;
    d.accel.ports.input = ZS_PORT_HP0;
    d.accel.ports.weight = ZS_PORT_HP1;
    d.accel.ports.output = ZS_PORT_HP2;
    d.accel.registers = 28;
    d.board.dsp = 220;
    d.board.bram18 = 128;
    d.board.lut = 53200;
    d.board.ff = 106400;
    d.board.memory.tck_ps = 1875;
    d.board.memory.bus_bytes = 4;
    d.board.memory.t_rfc = 160;
    d.board.memory.t_refi = 4128;
    d.board.axi.hp.beat_bytes = d.board.axi.acp.beat_bytes = 8;
    d.board.axi.gp.beat_bytes = 4;
    d.board.power = (zs_power_params){.lut_j_per_cycle = 0.15e-12,
                                      .ff_j_per_cycle = 0.09e-12,
                                      .axi_j_per_byte = 20e-12,
                                      .pl_static_w = 0.13,
                                      .ps_w = 1.4,
                                      .dram_j_per_byte = 480e-12,
                                      .mac_fp32_j = 40e-12,
                                      .mac_int16_j = 10e-12,
                                      .mac_int8_j = 7e-12,
                                      .bram_j_per_byte = 2.5e-12};
    return d;
}

#endif
