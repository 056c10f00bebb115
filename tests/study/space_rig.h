/* space_rig.h - a space over a small network, searched and simulated point by point.
 *
 * One rig for all tests of module study: what they say lies in its arenas, from setup to teardown.
 */
#ifndef TEST_SPACE_RIG_H
#define TEST_SPACE_RIG_H

#include "study_cases.h"
#include "zynqsim/search.h"

typedef struct space_rig {
    zs_arena keep, point; /* the test's; reset for each point */
    zs_sweep sweep;
    zs_space space;
    const zs_net *net;
} space_rig;
extern space_rig rig;

/* The design that nothing is said of, on the first small network. */
void space_setup(void);
void space_teardown(void);
void space_over(const char *axis);
void space_where(const char *const *conditions, uint32_t n);
/* Once axes and conditions are there. */
void space_find(const char *figure, bool is_larger);

/* Over after `left` tasks; 0: never. */
zs_search_state space_search(const zs_search_options *options, uint32_t left);
/* The best of all points, one after the other, and how many meet the conditions. INFINITY: none. */
double space_exhaust(uint64_t *met);

#endif
