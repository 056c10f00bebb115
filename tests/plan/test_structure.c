#include "plan_cases.h"
#include "zynqsim/kind.h"

#include "random_design.h"
#include "small_nets.h"
#include "support.h"
#include "tiled.h"

#include <stdio.h>
#include <string.h>

/* What the ops of any plan must be like, checked on random designs. */

enum { DESIGNS_PER_NET = 20 };

typedef struct subject {
    const zs_design *d;
    const zs_net *net;
    const zs_plan *plan;
    zs_arena *arena;
} subject;

#define CHECK(s, condition, ...)                                                                   \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("%s, %s\n", (s)->net->name, test_design_line((s)->d));                          \
            ck_abort_msg(__VA_ARGS__);                                                             \
        }                                                                                          \
    } while (0)

/* ---- waits, rows, calls ---------------------------------------------------------------------- */

static void check_waits(const subject *s)
{
    for (uint32_t i = 0; i < s->plan->op_n; i++) {
        const zs_tile_op *op = &s->plan->ops[i];
        for (uint32_t k = 0; k < 3; k++)
            CHECK(s, op->wait[k] == ZS_NO_OP || op->wait[k] < i, "op %u waits for %u", i,
                  op->wait[k]);
        CHECK(s, op->unit < ZS_UNIT_N && op->cost_key < s->plan->cost_n, "op %u", i);
        if (op->code == ZS_OP_JOIN)
            continue;
        CHECK(s, s->plan->costs[op->cost_key].unit == op->unit, "op %u: price of another unit", i);
        CHECK(s, s->plan->costs[op->cost_key].code == op->code, "op %u: price of another kind", i);
    }
}

static void check_rows(const subject *s)
{
    uint32_t at = 0, call = 0, in_calls = 0;
    for (uint32_t r = 0; r < s->plan->row_n; r++) {
        const zs_plan_row *row = &s->plan->rows[r];
        CHECK(s, row->op0 == at && row->op_n > 0, "row %u begins at op %u", r, row->op0);
        for (uint32_t i = at; i < at + row->op_n; i++)
            CHECK(s, s->plan->ops[i].row == r, "op %u is of row %u", i, s->plan->ops[i].row);
        at += row->op_n;
        if (row->call == ZS_NO_INDEX)
            continue;
        CHECK(s, row->call == call || row->call == call + 1, "row %u is of call %u", r, row->call);
        call = row->call;
        const zs_plan_call *c = &s->plan->calls[call];
        CHECK(s, r >= c->row0 && r < c->row0 + c->row_n, "row %u outside its call", r);
        in_calls++;
    }
    CHECK(s, at == s->plan->op_n, "rows end at op %u", at);
    for (uint32_t c = 0; c < s->plan->call_n; c++)
        in_calls -= s->plan->calls[c].row_n;
    CHECK(s, in_calls == 0, "calls and rows disagree");
}

/* ---- slots ----------------------------------------------------------------------------------- */

static bool same_place(const zs_tile_box *a, const zs_tile_box *b)
{
    return a->image == b->image && a->oy0 == b->oy0 && a->ox0 == b->ox0 && a->oy_n == b->oy_n &&
           a->ox_n == b->ox_n;
}

/* What lies in the slots, in program order. */
typedef struct chip {
    uint32_t x[256], w[256], sums[256]; /* op that filled the slot in this row, or ZS_NO_OP */
} chip;

static void check_mac(const subject *s, const chip *c, uint32_t i)
{
    const zs_tile_op *op = &s->plan->ops[i];
    const zs_tile_box *box = &s->plan->boxes[i];
    if (op->slot[0] != ZS_SLOT_RESIDENT) {
        const uint32_t x = c->x[op->slot[0]];
        CHECK(s, x != ZS_NO_OP, "mac %u reads an empty input slot", i);
        CHECK(s, same_place(box, &s->plan->boxes[x]) && s->plan->boxes[x].ic0 == box->ic0,
              "mac %u reads the input of another tile", i);
    }
    const uint32_t w = c->w[op->slot[1]];
    CHECK(s, w != ZS_NO_OP, "mac %u reads an empty weight slot", i);
    CHECK(s, s->plan->boxes[w].oc0 == box->oc0 && s->plan->boxes[w].ic0 == box->ic0,
          "mac %u reads the weights of another tile", i);
    if (box->flags & ZS_BOX_FIRST)
        return;
    const uint32_t sums = c->sums[op->slot[2]];
    CHECK(s, sums != ZS_NO_OP, "mac %u adds to an empty slot", i);
    CHECK(s, same_place(box, &s->plan->boxes[sums]) && s->plan->boxes[sums].oc0 == box->oc0,
          "mac %u adds to the sums of another tile", i);
}

static void check_slot_limits(const subject *s, uint32_t i)
{
    const zs_tile_op *op = &s->plan->ops[i];
    const zs_plan_row *row = &s->plan->rows[op->row];
    const zs_plan_buffer *buffers = s->plan->buffers;
    CHECK(s, op->slot[0] >= ZS_SLOT_RESIDENT || op->slot[0] < buffers[ZS_BUF_INPUT].slots,
          "op %u: input slot %u", i, op->slot[0]);
    CHECK(s, op->slot[1] == ZS_SLOT_NONE || op->slot[1] < row->weight_slots,
          "op %u: weight slot %u", i, op->slot[1]);
    CHECK(s, op->slot[2] == ZS_SLOT_NONE || op->slot[2] < buffers[ZS_BUF_OUTPUT].slots,
          "op %u: output slot %u", i, op->slot[2]);
}

static void step_slots(const subject *s, chip *c, uint32_t i)
{
    const zs_tile_op *op = &s->plan->ops[i];
    check_slot_limits(s, i);
    switch (op->code) {
    case ZS_OP_LOAD_X:
        *(op->slot[0] == ZS_SLOT_NONE ? &c->sums[op->slot[2]] : &c->x[op->slot[0]]) = i;
        break;
    case ZS_OP_LOAD_W:
        c->w[op->slot[1]] = i;
        break;
    case ZS_OP_MAC:
        check_mac(s, c, i);
        c->sums[op->slot[2]] = i;
        break;
    case ZS_OP_LOAD_P:
        c->sums[op->slot[2]] = i;
        break;
    case ZS_OP_POST:
        if (op->slot[0] != ZS_SLOT_NONE) {
            CHECK(s, c->x[op->slot[0]] != ZS_NO_OP, "post %u reads an empty slot", i);
            c->sums[op->slot[2]] = i;
        }
        CHECK(s, c->sums[op->slot[2]] != ZS_NO_OP, "post %u works on an empty slot", i);
        break;
    case ZS_OP_STORE:
    case ZS_OP_STORE_P:
        CHECK(s, same_place(&s->plan->boxes[i], &s->plan->boxes[c->sums[op->slot[2]]]),
              "store %u finds another tile", i);
        break;
    default:
        break;
    }
}

static void check_slots(const subject *s)
{
    chip *c = zs_new(s->arena, chip, 1);
    for (uint32_t r = 0; r < s->plan->row_n; r++) {
        memset(c, 0xff, sizeof *c);
        for (uint32_t k = 0; k < s->plan->rows[r].op_n; k++)
            step_slots(s, c, s->plan->rows[r].op0 + k);
    }
}

/* ---- products -------------------------------------------------------------------------------- */

/* Input channels taken in so far by every sum of a row or of one of its fronts: they must come in
 * order and be complete. Sums of a front may be made again for another tile. */
static uint64_t check_sums(const subject *s, uint32_t r, uint32_t member)
{
    const zs_plan_row *result = &s->plan->rows[r];
    const zs_plan_row *row = zs_plan_member(result, member * ZS_BOX_FRONT);
    const size_t pixels = (size_t)row->oh * row->ow;
    const uint32_t images = row->images_are_columns ? 1 : s->plan->batch;
    uint32_t *taken = zs_new(s->arena, uint32_t, images * row->y_c * pixels);
    uint64_t macs = 0;
    for (uint32_t i = result->op0; i < result->op0 + result->op_n; i++) {
        const zs_tile_box *b = &s->plan->boxes[i];
        if (s->plan->ops[i].code != ZS_OP_MAC || b->flags / ZS_BOX_FRONT % 4 != member)
            continue;
        const uint32_t ic_n = row->is_depthwise ? 1 : b->ic_n;
        const uint32_t ic0 =
            row->is_depthwise ? 0 : b->ic0 - b->oc0 / row->group_oc * row->group_ic;
        for (uint32_t oc = b->oc0; oc < b->oc0 + b->oc_n; oc++)
            for (uint32_t y = b->oy0; y < b->oy0 + b->oy_n; y++)
                for (uint32_t x = b->ox0; x < b->ox0 + b->ox_n; x++) {
                    uint32_t *t = &taken[((size_t)b->image * row->y_c + oc) * pixels +
                                         (size_t)y * row->ow + x];
                    if (member > 0 && (b->flags & ZS_BOX_FIRST) != 0)
                        *t = 0;
                    CHECK(s, *t == ic0, "row %s, mac %u: channel %u after %u", row->name, i, ic0,
                          *t);
                    CHECK(s, (*t == 0) == ((b->flags & ZS_BOX_FIRST) != 0), "mac %u: first", i);
                    *t += ic_n;
                }
        macs += (uint64_t)b->oc_n * b->oy_n * b->ox_n * ic_n * row->window.kh * row->window.kw;
    }
    const uint32_t all = row->is_depthwise ? 1 : row->group_ic;
    for (size_t k = 0; macs > 0 && k < images * row->y_c * pixels; k++)
        CHECK(s, taken[k] == all || (member > 0 && taken[k] == 0),
              "row %s: sum %zu has %u of %u channels", row->name, k, taken[k], all);
    return macs;
}

static void check_products(const subject *s, uint32_t r)
{
    const zs_plan_row *row = &s->plan->rows[r];
    uint64_t macs = 0, wanted = 0, own = check_sums(s, r, 0);
    uint32_t member = 0;
    CHECK(s, own == zs_layer_macs(&s->net->layers[row->layer]) * s->plan->batch,
          "row %s has %llu MACs of its own", row->name, (unsigned long long)own);
    macs = own;
    for (const zs_plan_row *m = row; m != NULL; m = m->front)
        wanted += zs_layer_macs(&s->net->layers[m->layer]) * s->plan->batch;
    for (const zs_plan_row *m = row->front; m != NULL; m = m->front)
        macs += check_sums(s, r, ++member);
    CHECK(s, wanted == row->macs && macs == wanted + row->again_macs - row->skipped_macs,
          "row %s has %llu MACs", row->name, (unsigned long long)macs);
}

/* ---- DRAM ------------------------------------------------------------------------------------ */

/* Last row that wrote a byte, plus one; 0: nobody. WEIGHTS: the host, before the start. */
enum { NOBODY = 0, HOST_BEFORE = UINT16_MAX };

static void mark(uint16_t *owner, uint64_t from, uint64_t bytes, uint16_t who)
{
    for (uint64_t a = from; a < from + bytes; a++)
        owner[a] = who;
}

typedef void visit(const subject *s, uint16_t *owner, uint64_t from, uint64_t bytes, uint32_t op);

static void each_run(const subject *s, uint16_t *owner, uint32_t op, visit *f)
{
    const zs_xfer x = zs_plan_xfer(s->plan, s->d, op);
    for (uint32_t p = 0; p < x.plane_n; p++)
        for (uint32_t r = 0; r < x.row_n; r++)
            f(s, owner, x.addr + p * x.plane_pitch_bytes + r * x.row_pitch_bytes, x.row_bytes, op);
}

static void write_run(const subject *s, uint16_t *owner, uint64_t from, uint64_t bytes, uint32_t op)
{
    const uint16_t who = (uint16_t)(s->plan->ops[op].row + 1);
    const bool is_result = s->plan->ops[op].code == ZS_OP_STORE;
    CHECK(s, from + bytes <= s->plan->dram_bytes, "op %u writes behind the memory", op);
    for (uint64_t a = from; a < from + bytes; a++) {
        CHECK(s, owner[a] != HOST_BEFORE || !is_result || a >= s->plan->tensors[s->net->input].addr,
              "op %u overwrites weights", op);
        CHECK(s, !is_result || owner[a] != who, "op %u writes byte %llu again", op,
              (unsigned long long)a);
        owner[a] = who;
    }
}

static void read_run(const subject *s, uint16_t *owner, uint64_t from, uint64_t bytes, uint32_t op)
{
    CHECK(s, from + bytes <= s->plan->dram_bytes, "op %u reads behind the memory", op);
    for (uint64_t a = from; a < from + bytes; a++)
        CHECK(s, owner[a] != NOBODY, "op %u (%s of row %s) reads byte %llu that nobody wrote", op,
              zs_op_name(s->plan->ops[op].code), s->plan->rows[s->plan->ops[op].row].name,
              (unsigned long long)a);
}

static void host_before(const subject *s, uint16_t *owner)
{
    const uint64_t elem = zs_elem_bytes(s->d->accel.precision);
    for (uint32_t r = 0; r < s->plan->row_n + s->plan->front_n; r++) {
        const zs_layer *layer = &s->net->layers[s->plan->rows[r].layer];
        if (layer->op != ZS_LAYER_CONV && layer->op != ZS_LAYER_FC)
            continue;
        const bool apart = TILED(*s->d)->weight_layout == ZS_LAYOUT_OIHW;
        const uint32_t bias = zs_bias_bytes(s->d->accel.precision);
        const uint64_t packed = apart ? 0 : (uint64_t)layer->y.c * bias;
        mark(owner, s->plan->rows[r].weight_base, zs_layer_weight_elems(layer) * elem + packed,
             HOST_BEFORE);
        if (apart)
            mark(owner, s->plan->rows[r].bias_base, zs_layer_bias_elems(layer) * bias, HOST_BEFORE);
    }
    const zs_plan_tensor *in = &s->plan->tensors[s->net->input];
    for (uint32_t i = 0; i < s->plan->batch; i++)
        mark(owner, in->addr + i * in->pitch_bytes, zs_shape_elems(in->shape) * elem, HOST_BEFORE);
}

/* Every element of a row's result is written, by this row, in every image. */
static void check_complete(const subject *s, const uint16_t *owner, uint32_t r)
{
    const zs_plan_row *row = &s->plan->rows[r];
    const uint64_t elem = zs_elem_bytes(s->d->accel.precision);
    if (row->y_resident != ZS_NOT_RESIDENT)
        return;
    const uint64_t bytes = (uint64_t)row->y_c * row->y.shape.h * row->y.shape.w * elem;
    for (uint32_t i = 0; i < s->plan->batch; i++)
        for (uint64_t a = 0; a < bytes; a++)
            CHECK(s, owner[row->y.addr + i * row->y.pitch_bytes + a] == r + 1,
                  "row %s leaves byte %llu of image %u", row->name, (unsigned long long)a, i);
}

static void check_memory(const subject *s)
{
    uint16_t *owner = zs_new(s->arena, uint16_t, (size_t)s->plan->dram_bytes);
    host_before(s, owner);
    for (uint32_t r = 0; r < s->plan->row_n; r++) {
        const zs_plan_row *row = &s->plan->rows[r];
        for (uint32_t i = row->op0; i < row->op0 + row->op_n; i++) {
            const uint32_t kind = s->plan->ops[i].code;
            if (kind == ZS_OP_STORE || kind == ZS_OP_STORE_P)
                each_run(s, owner, i, write_run);
            else if (kind == ZS_OP_LOAD_X || kind == ZS_OP_LOAD_W || kind == ZS_OP_LOAD_P)
                each_run(s, owner, i, read_run);
        }
        if (row->call == ZS_NO_INDEX) {
            const zs_layer *layer = &s->net->layers[row->layer];
            for (uint32_t i = 0; i < s->plan->batch; i++)
                mark(owner, row->y.addr + i * row->y.pitch_bytes,
                     zs_shape_elems(layer->y) * zs_elem_bytes(s->d->accel.precision),
                     (uint16_t)(r + 1));
        } else {
            check_complete(s, owner, r);
        }
    }
}

/* ---- tensors --------------------------------------------------------------------------------- */

/* Until a tensor's last reader is done nothing else may be written over it. Read as above this
 * shows only as a wrong owner, so owners are compared here: who wrote what a row reads is one of
 * the rows that write that tensor, or the host. */
static bool writes(const subject *s, uint32_t row, uint32_t root)
{
    uint64_t offset;
    const zs_plan_row *r = &s->plan->rows[row];
    const uint32_t layer = r->add != ZS_NO_INDEX    ? r->add
                           : r->pool != ZS_NO_INDEX ? r->pool
                                                    : r->layer;
    return zs_tensor_root(s->net, s->net->layers[layer].out, &offset) == root;
}

static void check_inputs(const subject *s, const uint16_t *owner, const zs_plan_row *row,
                         const zs_layer *layer)
{
    const uint64_t elem = zs_elem_bytes(s->d->accel.precision);
    for (uint32_t k = 0; k < layer->in_n; k++) {
        const zs_plan_tensor *t = &s->plan->tensors[layer->in[k]];
        uint64_t offset;
        const uint32_t root = zs_tensor_root(s->net, layer->in[k], &offset);
        if (t->addr == UINT64_MAX)
            continue;
        for (uint64_t a = t->addr; a < t->addr + zs_shape_elems(t->shape) * elem; a++)
            CHECK(s,
                  owner[a] == HOST_BEFORE ? root == s->net->input
                                          : owner[a] > 0 && writes(s, owner[a] - 1u, root),
                  "row %s: its input %u was overwritten by row %u", row->name, k, owner[a] - 1u);
    }
}

static void check_owners(const subject *s)
{
    uint16_t *owner = zs_new(s->arena, uint16_t, (size_t)s->plan->dram_bytes);
    const uint64_t elem = zs_elem_bytes(s->d->accel.precision);
    host_before(s, owner);
    for (uint32_t r = 0; r < s->plan->row_n; r++) {
        const zs_plan_row *row = &s->plan->rows[r];
        const zs_layer *layer = &s->net->layers[row->layer];
        check_inputs(s, owner, row, layer);
        if (row->add != ZS_NO_INDEX)
            check_inputs(s, owner, row, &s->net->layers[row->add]);
        for (uint32_t i = row->op0; i < row->op0 + row->op_n; i++)
            if (s->plan->ops[i].code == ZS_OP_STORE)
                each_run(s, owner, i, write_run);
        if (row->call == ZS_NO_INDEX)
            mark(owner, row->y.addr, zs_shape_elems(layer->y) * elem, (uint16_t)(r + 1));
    }
}

/* ---- on-chip sizes --------------------------------------------------------------------------- */

/* Tiles fit the slots that were drawn up for them. */
static void check_capacity(const subject *s)
{
    const zs_plan_buffer *b = s->plan->buffers;
    for (uint32_t i = 0; i < s->plan->op_n; i++) {
        const zs_tile_op *op = &s->plan->ops[i];
        const zs_plan_row *row = &s->plan->rows[op->row];
        const zs_tile_box *box = &s->plan->boxes[i];
        if (op->code == ZS_OP_LOAD_X && op->slot[0] != ZS_SLOT_NONE) {
            const uint64_t elems = (uint64_t)box->ic_n * zs_extent_y(row, box->oy0, box->oy_n).n *
                                   zs_extent_x(row, box->ox0, box->ox_n).n;
            CHECK(s, elems <= b[ZS_BUF_INPUT].slot_elems, "load_x %u brings %llu elements", i,
                  (unsigned long long)elems);
        }
        if (op->code == ZS_OP_MAC || op->code == ZS_OP_POST)
            CHECK(s, (uint64_t)box->oc_n * box->oy_n * box->ox_n <= b[ZS_BUF_OUTPUT].slot_elems,
                  "op %u has more sums than a slot", i);
        if (op->code == ZS_OP_STORE) {
            const zs_xfer x = zs_plan_xfer(s->plan, s->d, i);
            CHECK(s,
                  zs_xfer_bytes(&x) / zs_elem_bytes(s->d->accel.precision) <=
                      b[ZS_BUF_OUTPUT].slot_elems,
                  "store %u has more results than a slot", i);
        }
    }
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void (*const checks[])(const subject *) = {check_waits,  check_rows,   check_slots,
                                                  check_memory, check_owners, check_capacity};

static void check_all(const subject *s)
{
    for (size_t k = 0; k < ZS_LEN(checks); k++)
        checks[k](s);
    for (uint32_t r = 0; r < s->plan->row_n; r++)
        if (s->plan->rows[r].call != ZS_NO_INDEX)
            check_products(s, r);
}

START_TEST(test_any_plan_is_whole)
{
    const int which = _i % TEST_NET_N;
    zs_arena arena, point;
    zs_arena_init(&arena, test_heap());
    zs_arena_init(&point, test_heap());
    const zs_net *net = test_net_build(&arena, which);
    zs_prng prng = {.state = 900 + (uint64_t)_i};
    for (int k = 0; k < DESIGNS_PER_NET; k++) {
        const zs_design d = test_random_design(&prng, (uint32_t)k % ZS_PRECISION_COUNT);
        const subject s = {
            .d = &d, .net = net, .arena = &point, .plan = test_plan(&point, &d, net)};
        check_all(&s);
        zs_arena_reset(&point);
    }
    zs_arena_drop(&point);
    zs_arena_drop(&arena);
}
END_TEST

TCase *tcase_structure(void)
{
    TCase *tc = tcase_create("structure");
    tcase_set_timeout(tc, 60);
    test_add_many(tc, test_any_plan_is_whole, 2 * TEST_NET_N);
    return tc;
}
