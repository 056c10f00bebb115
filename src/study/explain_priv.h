/* explain_priv.h - steps of explain: designs with more or less of one resource, and the advice. */
#ifndef ZYNQSIM_EXPLAIN_PRIV_H
#define ZYNQSIM_EXPLAIN_PRIV_H

#include "zynqsim/explain.h"

typedef enum zs_explain_way { ZS_SCALE_MORE, ZS_SCALE_LESS } zs_explain_way;
typedef enum zs_explain_how { ZS_SCALE_KEYS, ZS_SCALE_LANES, ZS_SCALE_PORTS } zs_explain_how;

typedef struct zs_explain_key {
    const char *path;
    zs_explain_way way;
    const char *unlimited;
} zs_explain_key;

enum { ZS_EXPLAIN_KEYS = 8, ZS_EXPLAIN_CANDIDATES = 4 };

typedef struct zs_explain_rule {
    const char *name, *twice;
    zs_explain_kind kind;
    zs_explain_how how;
    const char *remark;                       /* "" where there is none */
    zs_explain_key keys[ZS_EXPLAIN_KEYS + 1]; /* ends with a path of NULL */
} zs_explain_rule;

extern const zs_explain_rule zs_explain_rules[];
extern const uint32_t zs_explain_rule_n;

/* A design to try, and what it changes. */
typedef struct zs_explain_candidate {
    zs_design design;
    const char *change;
} zs_explain_candidate;

/* Designs of which the fastest stands for the step; none where nothing can change. ZS_ENOMEM;
 * ZS_EINTERNAL for a key that does not exist. */
zs_status zs_explain_candidates(zs_arena *arena, const zs_explain_rule *rule, zs_explain_step step,
                                const zs_design *base,
                                zs_explain_candidate out[ZS_EXPLAIN_CANDIDATES], uint32_t *n,
                                zs_err *err);
/* Tries the other values of the keys that a search would turn, each by itself, into out->turns. */
zs_status zs_explain_turn_keys(zs_arena *arena, const zs_design *design, const zs_net *net,
                               zs_fidelity fidelity, const zs_explain_hook *hook,
                               zs_explanation *out, zs_err *err);
/* Simulations that it makes at the most. */
uint32_t zs_explain_most_turns(void);
/* Sentences about rows that are in order. `beats_per_read` of the mean read burst, and bytes
 * of the mean load, NAN without reads. ZS_ENOMEM. */
zs_status zs_explain_advise(zs_arena *arena, const zs_design *design, double beats_per_read,
                            double bytes_per_load, zs_explanation *out, zs_err *err);

#endif
