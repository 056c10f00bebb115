#include "label_place_priv.h"

#include <math.h>

bool zs_rects_meet(zs_rect a, zs_rect b)
{
    return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;
}

/* Clips the segment to one pair of sides (Liang-Barsky); false when nothing is left. */
static bool clip(double start, double delta, double low, double high, double *from, double *to)
{
    if (delta == 0)
        return start > low && start < high;
    const double a = (low - start) / delta, b = (high - start) / delta;
    *from = fmax(*from, fmin(a, b));
    *to = fmin(*to, fmax(a, b));
    return *from < *to;
}

bool zs_segment_meets(double x0, double y0, double x1, double y1, zs_rect r)
{
    double from = 0, to = 1;
    return clip(x0, x1 - x0, r.x0, r.x1, &from, &to) && clip(y0, y1 - y0, r.y0, r.y1, &from, &to);
}

void zs_label_leader(const zs_label *label, double *x, double *y)
{
    *x = fmin(fmax(label->x, label->box.x0), label->box.x1);
    *y = fmin(fmax(label->y, label->box.y0), label->box.y1);
}

/* The text beside a spot: to its right when the spot is right of the point, and so on. */
static zs_rect box_at(const zs_label *label, double radius, double angle)
{
    const double dx = cos(angle), dy = sin(angle);
    const double x = label->x + radius * dx - label->width * (1 - dx) / 2;
    const double y = label->y + radius * dy - label->height * (1 - dy) / 2;
    return (zs_rect){x, y, x + label->width, y + label->height};
}

static bool inside(zs_rect r, zs_rect area)
{
    return r.x0 >= area.x0 && r.x1 <= area.x1 && r.y0 >= area.y0 && r.y1 <= area.y1;
}

static bool is_free(const zs_label *label, const zs_label *placed, size_t placed_n,
                    const zs_rect *obstacles, size_t obstacle_n)
{
    for (size_t i = 0; i < obstacle_n; i++) {
        if (zs_rects_meet(label->box, obstacles[i]))
            return false;
    }
    for (size_t i = 0; i < placed_n; i++) {
        if (zs_rects_meet(label->box, placed[i].box))
            return false;
    }
    return true;
}

/* Leaders under labels: its own under others, others under it. */
static unsigned crossings(const zs_label *label, const zs_label *placed, size_t placed_n)
{
    unsigned n = 0;
    double x, y, other_x, other_y;
    zs_label_leader(label, &x, &y);
    for (size_t i = 0; i < placed_n; i++) {
        zs_label_leader(&placed[i], &other_x, &other_y);
        n += zs_segment_meets(label->x, label->y, x, y, placed[i].box);
        n += zs_segment_meets(placed[i].x, placed[i].y, other_x, other_y, label->box);
    }
    return n;
}

/* The spot with the shortest leader, where a crossing counts like CROSSING_PX of length. */
static bool place_one(zs_label *label, const zs_label *placed, size_t placed_n,
                      const zs_rect *obstacles, size_t obstacle_n, zs_rect area)
{
    enum { DIRECTIONS = 32, RINGS = 25, CROSSING_PX = 60, MAX_RADIUS = 600 };
    const double turn = 2 * acos(-1.0) / DIRECTIONS;
    zs_rect best = {0};
    double cost = MAX_RADIUS;
    for (int ring = 0; ring < RINGS; ring++) {
        const double radius = 7 * pow(1.2, ring);
        if (radius >= cost)
            break;
        for (int i = 0; i < DIRECTIONS; i++) {
            const int step = i % 2 ? (i + 1) / 2 : -i / 2; /* right first, then away from it */
            label->box = box_at(label, radius, step * turn);
            if (!inside(label->box, area) ||
                !is_free(label, placed, placed_n, obstacles, obstacle_n))
                continue;
            const double price = radius + CROSSING_PX * crossings(label, placed, placed_n);
            best = price < cost ? label->box : best;
            cost = fmin(cost, price);
        }
    }
    label->box = cost < MAX_RADIUS ? best : box_at(label, 0, 0);
    return cost < MAX_RADIUS;
}

size_t zs_labels_place(zs_label *labels, size_t n, const zs_rect *obstacles, size_t obstacle_n,
                       zs_rect area)
{
    size_t without_n = 0;
    for (size_t i = 0; i < n; i++)
        without_n += !place_one(&labels[i], labels, i, obstacles, obstacle_n, area);
    return without_n;
}
