/* tile_rules.h - the written timing rules of a tile engine in RTL, as an event calculation that
 * shares no code with the simulator. */
#ifndef TEST_TILE_RULES_H
#define TEST_TILE_RULES_H

#include "zynqsim/tile_case.h"

zs_tile_case_result test_tile_rules(const zs_tile_case *c);

#endif
