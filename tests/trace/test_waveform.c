/* The waveform, read with a small reader of value change dumps. */
#include "traced.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct wire {
    char id[8], name[72];
    uint32_t width;
    bool is_known;
    uint64_t value, since_ps, high_ps, changes;
} wire;

typedef struct dump {
    wire wires[160];
    uint32_t n;
    uint64_t now_ps;
    char *text;
} dump;

static wire *find_id(dump *d, const char *id)
{
    for (uint32_t i = 0; i < d->n; i++)
        if (strcmp(d->wires[i].id, id) == 0)
            return &d->wires[i];
    ck_abort_msg("wire %s is not declared", id);
}

static wire *find_name(dump *d, const char *name)
{
    for (uint32_t i = 0; i < d->n; i++)
        if (strcmp(d->wires[i].name, name) == 0)
            return &d->wires[i];
    return NULL;
}

/* Declarations up to $enddefinitions; what follows. */
static char *read_head(dump *d, char *at)
{
    char scope[48] = "", word[64];
    for (;;) {
        char *line = at;
        at = strchr(line, '\n') + 1;
        at[-1] = '\0';
        if (strcmp(line, "$comment") == 0) {
            at = strstr(at, "\n$end\n") + 6;
        } else if (sscanf(line, "$scope module %31s $end", word) == 1) {
            snprintf(scope, sizeof scope, "%.40s.", word);
        } else if (strncmp(line, "$var", 4) == 0) {
            wire *w = &d->wires[d->n++];
            ck_assert_int_eq(sscanf(line, "$var wire %u %7s %31s", &w->width, w->id, word), 3);
            snprintf(w->name, sizeof w->name, "%s%.20s", scope, word);
        } else if (strncmp(line, "$enddef", 7) == 0) {
            return at;
        } else {
            ck_assert_msg(strcmp(line, "$upscope $end") == 0 ||
                              strcmp(line, "$timescale 1 ps $end") == 0,
                          "%s", line);
        }
    }
}

static void set_wire(dump *d, wire *w, const char *bits)
{
    ck_assert_uint_le(strlen(bits), w->width);
    if (w->is_known && w->value != 0)
        w->high_ps += d->now_ps - w->since_ps;
    w->is_known = strcmp(bits, "x") != 0;
    w->value = w->is_known ? strtoull(bits, NULL, 2) : 0;
    w->since_ps = d->now_ps;
    w->changes++;
}

static void read_changes(dump *d, char *at)
{
    char bits[72], id[8];
    for (char *line = strtok(at, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        uint64_t ps;
        if (sscanf(line, "#%" SCNu64, &ps) == 1) {
            ck_assert(ps > d->now_ps || ps == 0);
            d->now_ps = ps;
        } else if (sscanf(line, "b%71[01x] %7s", bits, id) == 2) {
            set_wire(d, find_id(d, id), bits);
        } else if (line[0] == '0' || line[0] == '1' || line[0] == 'x') {
            snprintf(bits, sizeof bits, "%c", line[0]);
            set_wire(d, find_id(d, line + 1), bits);
        } else {
            ck_assert_msg(strcmp(line, "$dumpvars") == 0 || strcmp(line, "$end") == 0, "%s", line);
        }
    }
}

static dump *read_dump(const traced *run)
{
    dump *d = calloc(1, sizeof *d);
    d->text = traced_text(run, zs_trace_vcd_emit);
    read_changes(d, read_head(d, d->text));
    return d;
}

static void drop_dump(dump *d)
{
    free(d->text);
    free(d);
}

static void expect_unit(dump *d, const traced *run, uint32_t unit)
{
    char name[48], plain[32];
    uint64_t ps = 0;
    uint32_t last = ZS_NO_OP;
    snprintf(plain, sizeof plain, "%s", run->plan->units[unit].name);
    for (char *c = plain; *c; c++)
        *c = *c == '.' ? '_' : *c;
    for (uint32_t i = 0; i < run->plan->op_n; i++) {
        const zs_trace_op *when = zs_trace_find(run->trace, i);
        if (run->plan->ops[i].unit != unit || run->plan->ops[i].code == ZS_OP_JOIN)
            continue;
        ps += traced_ps(run, when->end_pl_cycle) - traced_ps(run, when->start_pl_cycle);
        last = i;
    }
    snprintf(name, sizeof name, "%s.busy", plain);
    const wire *busy = find_name(d, name);
    ck_assert_int_eq(busy != NULL, last != ZS_NO_OP);
    if (busy == NULL)
        return;
    ck_assert_uint_eq(busy->high_ps, ps);
    ck_assert_uint_eq(busy->value, 0);
    snprintf(name, sizeof name, "%s.op", plain);
    ck_assert_uint_eq(find_name(d, name)->value, last);
    snprintf(name, sizeof name, "%s.layer", plain);
    ck_assert_uint_eq(find_name(d, name)->value, run->plan->ops[last].row);
}

START_TEST(test_wires_of_a_unit_follow_its_ops)
{
    traced run;
    traced_run(&run, _i, NULL, TRACED_ALL, TRACED_SOME);
    dump *d = read_dump(&run);
    for (uint32_t u = 0; u < ZS_UNIT_N; u++)
        expect_unit(d, &run, u);
    ck_assert_uint_ge(d->now_ps, traced_ps(&run, run.result->cycles));
    drop_dump(d);
    traced_drop(&run);
}
END_TEST

START_TEST(test_the_mac_wire_is_high_as_long_as_the_counter_says)
{
    traced run;
    traced_run(&run, _i, NULL, TRACED_ALL, 1);
    dump *d = read_dump(&run);
    const uint64_t cycles = traced_mac_cycles(&run), ps = find_name(d, "pe.busy")->high_ps;
    const uint64_t period = traced_ps(&run, 1);
    ck_assert_uint_gt(cycles, 0); /* edges lie on whole picoseconds */
    ck_assert_uint_eq((ps + period / 2) / period, cycles);
    drop_dump(d);
    traced_drop(&run);
}
END_TEST

START_TEST(test_wires_of_the_memory_follow_its_events)
{
    traced run;
    traced_run(&run, _i, NULL, TRACED_ALL, TRACED_SOME);
    dump *d = read_dump(&run);
    uint64_t data_ps[16] = {0};
    for (uint32_t i = 0; i < run.trace->dram_n; i++) {
        const zs_dram_event *e = &run.trace->dram[i];
        if (e->act == ZS_DRAM_COLUMNS)
            data_ps[e->bank] += (e->end - e->at) * run.design.board.memory.tck_ps;
    }
    for (uint32_t b = 0; b < 16; b++) {
        char name[48];
        snprintf(name, sizeof name, "bank%u.data", b);
        const wire *data = find_name(d, name);
        ck_assert_uint_eq(data == NULL ? 0 : data->high_ps, data_ps[b]);
        snprintf(name, sizeof name, "bank%u.open", b);
        const wire *open = find_name(d, name);
        if (open != NULL)
            ck_assert_uint_ge(open->high_ps + (open->value ? d->now_ps - open->since_ps : 0),
                              data_ps[b]);
    }
    drop_dump(d);
    traced_drop(&run);
}
END_TEST

static bool is_of_memory(const wire *w)
{
    static const char *const names[] = {".open",   ".row",     ".data",
                                        ".queued", ".refresh", ".bursts_"};
    for (size_t i = 0; i < ZS_LEN(names); i++)
        if (strstr(w->name, names[i]) != NULL)
            return true;
    return false;
}

START_TEST(test_wires_of_the_memory_are_unknown_where_the_record_ends)
{
    traced run;
    uint64_t end_ps = 0;
    uint32_t n = 0;
    traced_run(&run, _i, NULL, TRACED_ALL, 30);
    dump *d = read_dump(&run);
    const bool is_cut = run.trace->bursts_lost > 0;
    for (uint32_t i = 0; i < run.trace->dram_n; i++)
        end_ps = zs_max_u64(end_ps, run.trace->dram[i].end * run.design.board.memory.tck_ps);
    for (uint32_t i = 0; i < d->n; i++) {
        const wire *w = &d->wires[i];
        if (!is_of_memory(w))
            continue;
        n++;
        ck_assert_msg(w->is_known == !is_cut, "%s is %sknown", w->name, w->is_known ? "" : "un");
        if (is_cut && strstr(w->name, "bursts") == NULL)
            ck_assert_msg(w->since_ps <= end_ps, "%s until %" PRIu64, w->name, w->since_ps);
    }
    ck_assert(n > 0 || (run.trace->burst_n == 0 && run.trace->dram_n == 0));
    ck_assert(find_name(d, "pe.busy")->is_known);
    drop_dump(d);
    traced_drop(&run);
}
END_TEST

START_TEST(test_rows_of_banks_are_unknown_after_a_gap_until_the_next_event)
{
    traced run;
    traced_run(&run, 0, NULL, TRACED_ALL, TRACED_ALL);
    const uint64_t ps = run.design.board.memory.tck_ps;
    zs_dram_event events[] = {
        {.act = ZS_DRAM_ACTIVATE, .at = 10, .end = 10, .bank = 1, .row = 5},
        {.act = ZS_DRAM_COLUMNS, .at = 20, .end = 24, .bank = 1, .row = 5},
        {.act = ZS_TRACE_GAP},
        {.act = ZS_DRAM_ACTIVATE, .at = 100, .end = 100, .bank = 1, .row = 7},
        {.act = ZS_DRAM_PRECHARGE, .at = 130, .end = 130, .bank = 1},
    };
    run.trace->dram = events;
    run.trace->dram_n = ZS_LEN(events);
    dump *d = read_dump(&run);
    const wire *open = find_name(d, "bank1.open"), *row = find_name(d, "bank1.row");
    ck_assert(open->is_known && open->value == 0 && open->since_ps == 130 * ps);
    ck_assert_uint_eq(open->high_ps, (10 + 30) * ps); /* from 20 to 100 it is not known */
    ck_assert_uint_eq(open->changes, 5);
    ck_assert(row->is_known && row->value == 7);
    ck_assert_uint_eq(row->changes, 4);
    drop_dump(d);
    traced_drop(&run);
}
END_TEST

TCase *tcase_waveform(void)
{
    TCase *tc = tcase_create("waveform");
    tcase_add_loop_test(tc, test_wires_of_a_unit_follow_its_ops, 0, TRACED_N);
    tcase_add_loop_test(tc, test_the_mac_wire_is_high_as_long_as_the_counter_says, 0, TRACED_N);
    tcase_add_loop_test(tc, test_wires_of_the_memory_follow_its_events, 0, TRACED_N);
    tcase_add_loop_test(tc, test_wires_of_the_memory_are_unknown_where_the_record_ends, 0,
                        TRACED_N);
    tcase_add_test(tc, test_rows_of_banks_are_unknown_after_a_gap_until_the_next_event);
    return tc;
}
