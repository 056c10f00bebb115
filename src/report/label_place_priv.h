/* label_place_priv.h - where the labels of a scatter plot go so that they can be read.
 *
 * Greedy: labels in the order given, each at the first free spot on growing rings around its point.
 * Coordinates are those of the picture, y upwards. Deterministic; nothing allocates. */
#ifndef ZYNQSIM_LABEL_PLACE_PRIV_H
#define ZYNQSIM_LABEL_PLACE_PRIV_H

#include <stdbool.h>
#include <stddef.h>

typedef struct zs_rect {
    double x0, y0, x1, y1;
} zs_rect;

typedef struct zs_label {
    double x, y;          /* the point */
    double width, height; /* of the text */
    zs_rect box;          /* out: where the text goes */
} zs_label;

bool zs_rects_meet(zs_rect a, zs_rect b);
/* The segment (x0, y0)-(x1, y1) touches the rectangle. */
bool zs_segment_meets(double x0, double y0, double x1, double y1, zs_rect r);
/* Places all labels inside `area`, off the obstacles and off each other. Returns how many found no
 * free spot; these lie on their point. */
size_t zs_labels_place(zs_label *labels, size_t n, const zs_rect *obstacles, size_t obstacle_n,
                       zs_rect area);
/* End of the leader line at the label: the point of its box nearest to its point. */
void zs_label_leader(const zs_label *label, double *x, double *y);

#endif
