/* `show --plan`: the ops, one line each. */
#include "plan_cells_priv.h"
#include "text_table_priv.h"
#include "zynqsim/kind.h"

#include <stdio.h>

typedef struct listing {
    zs_text_table table;
    const zs_design *design;
    const zs_plan *plan;
} listing;

zs_cell zs_range_cell(uint32_t first, uint32_t n)
{
    zs_cell cell = {.text = "-"};
    if (n == 1)
        snprintf(cell.text, sizeof cell.text, "%u", first);
    else if (n > 1)
        snprintf(cell.text, sizeof cell.text, "%u..%u", first, first + (n - 1));
    return cell;
}

zs_cell zs_flags_cell(const zs_tile_op *op, const zs_tile_box *box)
{
    static const struct {
        uint32_t code, flag;
        char letter;
    } meanings[] = {{ZS_OP_MAC, ZS_BOX_FIRST, 'f'},
                    {ZS_OP_MAC, ZS_BOX_LAST, 'l'},
                    {ZS_OP_LOAD_W, ZS_BOX_BIAS, 'b'},
                    {ZS_OP_WALK, ZS_BOX_BIAS, 'b'},
                    {ZS_OP_LOAD_X, ZS_BOX_SECOND, '2'}};
    zs_cell cell = {.text = "-"};
    size_t n = 0;
    for (size_t i = 0; i < ZS_LEN(meanings); i++) {
        if (meanings[i].code == op->code && box->flags & meanings[i].flag)
            cell.text[n++] = meanings[i].letter;
    }
    return cell;
}

zs_cell zs_slots_cell(const zs_tile_op *op)
{
    static const char letters[] = {'x', 'w', 'a', 'y'};
    zs_cell cell = {.text = ""};
    int used = 0;
    for (size_t i = 0; i < ZS_LEN(letters); i++) {
        const char *gap = used > 0 ? " " : "";
        if (op->slot[i] == ZS_SLOT_NONE)
            continue;
        if (op->slot[i] == ZS_SLOT_RESIDENT)
            used += snprintf(cell.text + used, sizeof cell.text - (size_t)used, "%s%cr", gap,
                             letters[i]);
        else
            used += snprintf(cell.text + used, sizeof cell.text - (size_t)used, "%s%c%u", gap,
                             letters[i], op->slot[i]);
    }
    return used > 0 ? cell : (zs_cell){.text = "-"};
}

/* Bytes of a transfer, PL cycles of anything else. */
static zs_cell price_cell(const listing *l, uint32_t index)
{
    zs_cell cell = {.text = "-"};
    const zs_tile_op *op = &l->plan->ops[index];
    if (zs_op_is_transfer(op->code)) {
        const zs_xfer xfer = zs_plan_xfer(l->plan, l->design, index);
        const uint64_t bytes = (uint64_t)xfer.row_bytes * xfer.row_n * xfer.plane_n;
        snprintf(cell.text, sizeof cell.text, "%.40s B", zs_cell_count(bytes).text);
    } else if (op->code != ZS_OP_JOIN && op->code != ZS_OP_MEET) {
        snprintf(cell.text, sizeof cell.text, "%.40s cy",
                 zs_cell_count(l->plan->costs[op->cost_key].pl_cycles).text);
    }
    return cell;
}

static void put_waits(zs_text_table *t, const zs_plan *plan, const zs_tile_op *op)
{
    char number[16];
    const char *gap = "";
    const zs_plan_meet *meet = op->code == ZS_OP_MEET ? &plan->meets[op->cost_key] : NULL;
    const uint32_t *waits = meet != NULL ? plan->meet_waits + meet->first : op->wait;
    zs_text_cell(t, "");
    for (size_t i = 0; i < (meet != NULL ? meet->n : ZS_LEN(op->wait)); i++) {
        if (waits[i] == ZS_NO_OP)
            continue;
        snprintf(number, sizeof number, "%s%u", gap, waits[i]);
        zs_text_more(t, ZS_PAINT_NONE, number);
        gap = " ";
    }
    zs_text_more(t, ZS_PAINT_NONE, gap[0] == '\0' ? "-" : "");
}

enum { COLUMN_ROW = 3, BOX_CELLS = 6 };
static const zs_text_column columns[] = {
    {.head = "op", .least = 7, .is_right = true},
    {.head = "kind", .least = 8, .gap = 1},
    {.head = "unit", .least = 6, .gap = 1},
    {.head = "row", .least = 8, .most = 32, .gap = 1},
    {.head = "img", .gap = 1, .is_right = true},
    {.head = "oc", .least = 11, .gap = 1, .is_right = true},
    {.head = "ic", .least = 11, .gap = 1, .is_right = true},
    {.head = "oy", .least = 9, .gap = 1, .is_right = true},
    {.head = "ox", .least = 9, .gap = 1, .is_right = true},
    {.head = "fl", .gap = 1, .is_right = true},
    {.head = "slots", .least = 12, .gap = 2},
    {.head = "price", .least = 14, .gap = 1, .is_right = true},
    {.head = "waits for", .gap = 2},
};

static void put_box(zs_text_table *t, const zs_tile_op *op, const zs_tile_box *box)
{
    const char *step = op->code == ZS_OP_HOST ? zs_host_step_text(box->flags) : NULL;
    if (step != NULL || op->code == ZS_OP_JOIN) {
        zs_text_span(t, BOX_CELLS, step != NULL ? step : "all earlier ops retire");
        return;
    }
    zs_text_cell(t, zs_cell_real(box->image, 0).text);
    zs_text_cell(t, zs_range_cell(box->oc0, box->oc_n).text);
    zs_text_cell(t, zs_range_cell(box->ic0, box->ic_n).text);
    zs_text_cell(t, zs_range_cell(box->oy0, box->oy_n).text);
    zs_text_cell(t, zs_range_cell(box->ox0, box->ox_n).text);
    zs_text_cell(t, zs_flags_cell(op, box).text);
}

static void put_op(listing *l, uint32_t index)
{
    const zs_tile_op *op = &l->plan->ops[index];
    zs_text_table *t = &l->table;
    zs_text_cell(t, zs_cell_real(index, 0).text);
    zs_text_cell(t, zs_op_name(op->code));
    zs_text_cell(t, op->code == ZS_OP_JOIN ? "-" : l->plan->units[op->unit].name);
    zs_text_cell(t, l->plan->rows[op->row].name);
    put_box(t, op, &l->plan->boxes[index]);
    zs_text_cell(t, zs_slots_cell(op).text);
    zs_text_cell(t, price_cell(l, index).text);
    put_waits(t, l->plan, op);
    zs_text_end_row(t);
}

static const char legend[] =
    "# Ops of a unit run in this order; an op starts when its unit is free and the ops it waits "
    "for\n"
    "# have retired. Ranges are inclusive: oc and ic are channels, oy and ox the output pixels "
    "that\n"
    "# the tile computes (of a load: that need the data).\n"
    "# fl     f: sums start from the bias; l: sums are complete; b: biases precede the weights;\n"
    "#        2: second input of an add\n"
    "# slots  x input, w weight, a accumulator, y second input; xr: the resident buffer\n"
    "# price  B: bytes of a transfer; cy: PL clock cycles\n";

zs_status zs_plan_listing_emit(const zs_design *d, const zs_net *net, const zs_plan *plan,
                               const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    listing l = {.table = {.out = &out, .columns = columns, .n = ZS_LEN(columns)},
                 .design = d,
                 .plan = plan};
    zs_out_text(&out, "# plan of ");
    zs_out_name(&out, net->name);
    zs_out_printf(&out, ": %s ops, %u rows, %u calls, batch %u\n", zs_cell_count(plan->op_n).text,
                  plan->row_n, plan->call_n, plan->batch);
    zs_out_text(&out, legend);
    for (uint32_t i = 0; i < plan->part_n; i++)
        if (plan->parts[i].plan->kind->listing_legend != NULL)
            zs_out_text(&out, plan->parts[i].plan->kind->listing_legend);
    if (plan->part_n == 0 && plan->kind->listing_legend != NULL)
        zs_out_text(&out, plan->kind->listing_legend);
    /* only names are measured: ops are too many to go through them twice */
    for (uint32_t i = 0; i < plan->row_n; i++)
        zs_text_measure(&l.table, COLUMN_ROW, plan->rows[i].name);
    zs_text_heads(&l.table, ZS_PAINT_NONE);
    for (uint32_t i = 0; i < plan->op_n && out.status == ZS_OK; i++)
        put_op(&l, i);
    return zs_out_end(&out, "plan listing", err);
}
