/* `show --plan`: the ops, one line each. */
#include "plan_cells_priv.h"
#include "zynqsim/kind.h"
#include "zynqsim/report.h"

#include <stdio.h>

enum { NAME_MIN = 8, NAME_MAX = 32 };

typedef struct listing {
    zs_out out;
    const zs_design *design;
    const zs_plan *plan;
    size_t name_width;
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
    } else if (op->code != ZS_OP_JOIN) {
        snprintf(cell.text, sizeof cell.text, "%.40s cy",
                 zs_cell_count(l->plan->costs[op->cost_key].pl_cycles).text);
    }
    return cell;
}

static void out_waits(zs_out *out, const zs_tile_op *op)
{
    const char *gap = "";
    for (size_t i = 0; i < ZS_LEN(op->wait); i++) {
        if (op->wait[i] == ZS_NO_OP)
            continue;
        zs_out_printf(out, "%s%u", gap, op->wait[i]);
        gap = " ";
    }
    zs_out_text(out, gap[0] == '\0' ? "-\n" : "\n");
}

static void out_box(listing *l, const zs_tile_op *op, const zs_tile_box *box)
{
    const char *step = op->code == ZS_OP_HOST ? zs_host_step_text(box->flags) : NULL;
    if (step != NULL || op->code == ZS_OP_JOIN) {
        zs_out_printf(&l->out, " %-50s", step != NULL ? step : "all earlier ops retire");
        return;
    }
    zs_out_printf(&l->out, " %3u %11s %11s %9s %9s %2s", box->image,
                  zs_range_cell(box->oc0, box->oc_n).text, zs_range_cell(box->ic0, box->ic_n).text,
                  zs_range_cell(box->oy0, box->oy_n).text, zs_range_cell(box->ox0, box->ox_n).text,
                  zs_flags_cell(op, box).text);
}

static void out_op(listing *l, uint32_t index)
{
    const zs_tile_op *op = &l->plan->ops[index];
    zs_out_printf(&l->out, "%7u %-8s %-6s ", index, zs_op_name(op->code),
                  op->code == ZS_OP_JOIN ? "-" : l->plan->units[op->unit].name);
    zs_out_fit(&l->out, l->plan->rows[op->row].name, l->name_width);
    out_box(l, op, &l->plan->boxes[index]);
    zs_out_printf(&l->out, "  %-12s %14s  ", zs_slots_cell(op).text, price_cell(l, index).text);
    out_waits(&l->out, op);
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

static size_t name_width(const zs_plan *plan)
{
    size_t longest = NAME_MIN;
    for (uint32_t i = 0; i < plan->row_n; i++) {
        const size_t width = zs_utf8_width(plan->rows[i].name);
        longest = width > longest ? width : longest;
    }
    return longest < NAME_MAX ? longest : NAME_MAX;
}

zs_status zs_plan_listing_emit(const zs_design *d, const zs_net *net, const zs_plan *plan,
                               const zs_sink *s, zs_err *err)
{
    listing l = {.out = {.sink = s}, .design = d, .plan = plan, .name_width = name_width(plan)};
    zs_out_text(&l.out, "# plan of ");
    zs_out_name(&l.out, net->name);
    zs_out_printf(&l.out, ": %s ops, %u rows, %u calls, batch %u\n", zs_cell_count(plan->op_n).text,
                  plan->row_n, plan->call_n, plan->batch);
    zs_out_text(&l.out, legend);
    if (plan->kind->listing_legend != NULL)
        zs_out_text(&l.out, plan->kind->listing_legend);
    zs_out_printf(&l.out, "%7s %-8s %-6s ", "op", "kind", "unit");
    zs_out_fit(&l.out, "row", l.name_width);
    zs_out_printf(&l.out, " %3s %11s %11s %9s %9s %2s  %-12s %14s  %s\n", "img", "oc", "ic", "oy",
                  "ox", "fl", "slots", "price", "waits for");
    for (uint32_t i = 0; i < plan->op_n && l.out.status == ZS_OK; i++)
        out_op(&l, i);
    return zs_out_end(&l.out, "plan listing", err);
}
