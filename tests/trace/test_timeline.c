/* The timeline, read back with jansson. */
#include "traced.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static json_t *timeline_of(const traced *run)
{
    json_error_t error;
    char *text = traced_text(run, zs_trace_json_emit);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(root != NULL, "line %d: %s", error.line, error.text);
    free(text);
    return root;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    ck_assert_msg(text != NULL, "no %s", key);
    return text;
}

static uint64_t count_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    ck_assert_msg(json_is_integer(value), "no %s", key);
    return (uint64_t)json_integer_value(value);
}

static bool is_phase(const json_t *event, const char *phase)
{
    return strcmp(text_of(event, "ph"), phase) == 0;
}

static bool is_op(const json_t *event)
{
    const char *category = json_string_value(json_object_get(event, "cat"));
    return category != NULL && strcmp(category, "op") == 0;
}

/* Microseconds of an event as picoseconds. */
static uint64_t ps_of(const json_t *event, const char *key)
{
    return (uint64_t)llround(json_number_value(json_object_get(event, key)) * 1e6);
}

/* The next line of a listing that is an op; false at its end. */
static bool next_line(const char **at, uint32_t *op, char *kind, char *unit, char *row)
{
    for (; **at != '\0'; *at = strchr(*at, '\n') + 1)
        if (sscanf(*at, "%u %15s %15s %63s", op, kind, unit, row) == 4) {
            *at = strchr(*at, '\n') + 1;
            return true;
        }
    return false;
}

static char *listing_of(const traced *run)
{
    zs_buffer buffer;
    zs_buffer_init(&buffer, test_heap());
    const zs_sink sink = zs_buffer_sink(&buffer);
    ck_assert_int_eq(zs_plan_listing_emit(&run->design, run->net, run->plan, &sink, NULL), ZS_OK);
    ck_assert_int_eq(zs_sink_write(&sink, "", 1), ZS_OK);
    char *text = strdup((const char *)buffer.data);
    zs_buffer_drop(&buffer);
    return text;
}

START_TEST(test_the_timeline_and_the_listing_agree_op_by_op)
{
    traced run;
    traced_run(&run, _i, NULL, TRACED_ALL, 10);
    json_t *root = timeline_of(&run), *event;
    char *listing = listing_of(&run), kind[16], unit[16], row[64];
    const char *line = listing;
    size_t i;
    uint32_t op, n = 0;
    json_array_foreach(json_object_get(root, "traceEvents"), i, event)
    {
        if (!is_op(event))
            continue;
        const json_t *args = json_object_get(event, "args");
        ck_assert(is_phase(event, strcmp(text_of(args, "kind"), "join") == 0 ? "i" : "B"));
        ck_assert(next_line(&line, &op, kind, unit, row));
        ck_assert_uint_eq(op, n++);
        ck_assert_uint_eq(count_of(args, "op"), op);
        ck_assert_str_eq(text_of(args, "kind"), kind);
        ck_assert_str_eq(text_of(event, "name"), kind);
        ck_assert_str_eq(text_of(args, "unit"), unit);
        ck_assert_int_eq(strncmp(text_of(args, "layer"), row, strlen(row) > 31 ? 31 : 63), 0);
    }
    ck_assert(!next_line(&line, &op, kind, unit, row));
    ck_assert_uint_eq(n, run.plan->op_n);
    free(listing);
    json_decref(root);
    traced_drop(&run);
}
END_TEST

/* The thread of a process that has such a name. */
static uint64_t thread_named(const json_t *events, const char *name)
{
    const json_t *event;
    size_t i;
    json_array_foreach(events, i,
                       event) if (strcmp(text_of(event, "name"), "thread_name") == 0 &&
                                  strncmp(text_of(json_object_get(event, "args"), "name"), name,
                                          strlen(name)) == 0) return count_of(event, "tid");
    ck_abort_msg("no thread %s", name);
}

START_TEST(test_the_mac_track_is_busy_as_long_as_the_counter_says)
{
    traced run;
    traced_run(&run, _i, NULL, TRACED_ALL, 10);
    json_t *root = timeline_of(&run), *event;
    const json_t *events = json_object_get(root, "traceEvents");
    const uint64_t tid = thread_named(events, "MAC");
    uint64_t cycles = 0;
    size_t i;
    json_array_foreach(events, i, event)
    {
        if (!is_op(event) || !is_phase(event, "B") || count_of(event, "tid") != tid)
            continue;
        const json_t *args = json_object_get(event, "args"), *end = json_array_get(events, i + 1);
        const uint64_t from = count_of(args, "cycle"), to = from + count_of(args, "cycles");
        ck_assert(is_phase(end, "E") && count_of(end, "tid") == tid);
        ck_assert_uint_eq(ps_of(event, "ts"), traced_ps(&run, from));
        ck_assert_uint_eq(ps_of(end, "ts"), traced_ps(&run, to));
        cycles += to - from;
    }
    ck_assert_uint_gt(cycles, 0);
    ck_assert_uint_eq(cycles, traced_mac_cycles(&run));
    json_decref(root);
    traced_drop(&run);
}
END_TEST

/* ---- nesting --------------------------------------------------------------------------------- */

/* What a viewer needs to pair begins with ends, whatever it does to the times but reorder them. */
START_TEST(test_begins_and_ends_of_a_track_come_in_their_order_and_in_pairs)
{
    enum { PIDS = 8, TIDS = 128, DEEP = 2 };
    static struct {
        double at;
        const char *open[DEEP];
        uint32_t depth;
    } tracks[PIDS][TIDS];
    traced run;
    traced_run(&run, _i, NULL, TRACED_ALL, TRACED_SOME);
    json_t *root = timeline_of(&run), *event;
    size_t i, ends = 0;
    memset(tracks, 0, sizeof tracks);
    json_array_foreach(json_object_get(root, "traceEvents"), i, event)
    {
        if (!is_phase(event, "B") && !is_phase(event, "E"))
            continue;
        const uint64_t pid = count_of(event, "pid"), tid = count_of(event, "tid");
        ck_assert(pid < PIDS && tid < TIDS);
        const double at = json_number_value(json_object_get(event, "ts"));
        ck_assert_msg(at >= tracks[pid][tid].at, "%f before %f", at, tracks[pid][tid].at);
        tracks[pid][tid].at = at;
        uint32_t *depth = &tracks[pid][tid].depth;
        if (is_phase(event, "B")) {
            ck_assert_uint_lt(*depth, DEEP);
            tracks[pid][tid].open[(*depth)++] = text_of(event, "name");
            continue;
        }
        ck_assert_uint_gt(*depth, 0);
        ck_assert_str_eq(tracks[pid][tid].open[--*depth], text_of(event, "name"));
        ends++;
    }
    ck_assert_uint_gt(ends, 0);
    for (size_t k = 0; k < (size_t)PIDS * TIDS; k++)
        ck_assert_uint_eq(tracks[k / TIDS][k % TIDS].depth, 0);
    json_decref(root);
    traced_drop(&run);
}
END_TEST

/* ---- counters -------------------------------------------------------------------------------- */

static uint64_t most_of(const traced *run, const char *counter)
{
    uint64_t bytes = 0;
    if (strncmp(counter, "BRAM", 4) == 0) {
        for (uint32_t b = 0; b < ZS_BUF_N; b++)
            bytes += run->plan->buffers[b].bytes;
        return bytes;
    }
    return strncmp(counter, "bursts", 6) == 0 ? ZS_AXI_OUTSTANDING
                                              : 2 * run->design.board.memory.queue;
}

START_TEST(test_counters_keep_within_what_there_is_and_go_back_to_nothing)
{
    enum { COUNTERS = 16 };
    struct {
        const char *name;
        uint64_t last, changes, ps;
    } seen[COUNTERS] = {{0}};
    traced run;
    traced_run(&run, _i, NULL, TRACED_ALL, TRACED_ALL);
    json_t *root = timeline_of(&run), *event;
    size_t i, k, n = 0;
    json_array_foreach(json_object_get(root, "traceEvents"), i, event)
    {
        if (!is_phase(event, "C"))
            continue;
        const char *name = text_of(event, "name");
        for (k = 0; k < n && strcmp(seen[k].name, name) != 0; k++)
            continue;
        ck_assert_uint_lt(k, COUNTERS);
        n = k == n ? n + 1 : n;
        seen[k].name = name;
        seen[k].last = count_of(json_object_get(event, "args"), "value");
        ck_assert_msg(seen[k].last <= most_of(&run, name), "%s: %" PRIu64, name, seen[k].last);
        ck_assert(seen[k].changes++ == 0 || seen[k].ps < ps_of(event, "ts"));
        seen[k].ps = ps_of(event, "ts");
    }
    ck_assert(n > 0 || traced_is_direct(&run));
    for (k = 0; k < n; k++)
        ck_assert_msg(seen[k].last == 0, "%s ends at %" PRIu64, seen[k].name, seen[k].last);
    json_decref(root);
    traced_drop(&run);
}
END_TEST

/* ---- cuts ------------------------------------------------------------------------------------ */

static uint64_t cut_ps(const traced *run, uint64_t pl_cycle)
{
    return pl_cycle == UINT64_MAX ? UINT64_MAX : traced_ps(run, pl_cycle);
}

/* From where on counters of a run are unknown. */
typedef struct cuts {
    uint64_t bram_ps, bursts_ps, queue_ps;
} cuts;

static cuts cuts_of(const traced *run)
{
    uint64_t last = 0;
    for (uint32_t i = 0; i < run->trace->dram_n; i++)
        last = zs_max_u64(last, run->trace->dram[i].at * run->design.board.memory.tck_ps);
    return (cuts){
        .bram_ps = cut_ps(run, zs_trace_ops_lost_at(run->trace)),
        .bursts_ps = cut_ps(run, zs_trace_bursts_lost_at(run->trace)),
        .queue_ps = run->trace->bursts_lost > 0 ? last : UINT64_MAX,
    };
}

static bool is_known(const json_t *event, const cuts *c)
{
    const char *name = text_of(event, "name");
    return ps_of(event, "ts") < (name[0] == 'B'                    ? c->bram_ps
                                 : strncmp(name, "bursts", 6) == 0 ? c->bursts_ps
                                                                   : c->queue_ps);
}

/* The next event of a counter, from place *i on, that is known; NULL: no more. */
static const json_t *next_counter(const json_t *events, const cuts *c, size_t *i)
{
    while (*i < json_array_size(events)) {
        const json_t *event = json_array_get(events, (*i)++);
        if (is_phase(event, "C") && is_known(event, c))
            return event;
    }
    return NULL;
}

static size_t count_phase(const json_t *events, const char *phase)
{
    const json_t *event;
    size_t i, n = 0;
    json_array_foreach(events, i, event)
    {
        n += is_phase(event, phase);
    }
    return n;
}

/* Marks through a process that are called so. */
static size_t marks_at(const json_t *events, const char *name, uint64_t ps)
{
    const json_t *event;
    size_t i, n = 0;
    json_array_foreach(events, i, event)
    {
        if (is_phase(event, "i") && strcmp(text_of(event, "name"), name) == 0 &&
            ps_of(event, "ts") == ps)
            n += strcmp(text_of(event, "s"), "p") == 0;
    }
    return n;
}

static const struct {
    uint32_t op_max, burst_max;
    const char *mark;
} limits[] = {{TRACED_ALL, 30, "cut here: limit of 30 bursts reached"},
              {40, TRACED_ALL, "cut here: limit of 40 ops reached"},
              {60, 20, "cut here: limit of 60 ops reached"}};

/* Against a run without limits: no 0 where nothing is known. */
START_TEST(test_counters_are_true_up_to_a_limit_and_silent_from_there)
{
    traced all, some;
    const size_t limit = (size_t)_i % ZS_LEN(limits);
    traced_run(&all, _i, NULL, TRACED_ALL, TRACED_ALL);
    traced_run(&some, _i, NULL, limits[limit].op_max, limits[limit].burst_max);
    json_t *whole = timeline_of(&all), *part = timeline_of(&some);
    const json_t *events = json_object_get(whole, "traceEvents");
    const json_t *kept = json_object_get(part, "traceEvents"), *event;
    const cuts known = cuts_of(&some);
    size_t i = 0, k = 0, n = 0;
    for (; (event = next_counter(events, &known, &i)) != NULL; n++) {
        ck_assert(json_equal(event, next_counter(kept, &known, &k)));
    }
    ck_assert_uint_eq(count_phase(kept, "C"), n);
    const uint64_t at = limits[limit].op_max == TRACED_ALL ? zs_trace_bursts_lost_at(some.trace)
                                                           : zs_trace_ops_lost_at(some.trace);
    ck_assert(at < UINT64_MAX || some.trace->bursts_lost == 0);
    ck_assert_uint_eq(marks_at(kept, limits[limit].mark, cut_ps(&some, at)) > 0, at < UINT64_MAX);
    json_decref(part);
    json_decref(whole);
    traced_drop(&some);
    traced_drop(&all);
}
END_TEST

static bool is_in_gap(const traced *run, uint64_t ps)
{
    for (uint32_t i = 0; i < run->trace->gap_n; i++)
        if (ps >= cut_ps(run, run->trace->gaps[i].start_pl_cycle) &&
            ps < cut_ps(run, run->trace->gaps[i].end_pl_cycle))
            return true;
    return false;
}

START_TEST(test_counters_are_silent_while_only_layers_not_asked_for_are_at_work)
{
    bool rows[256] = {false};
    traced run;
    rows[1] = rows[3] = true;
    traced_run(&run, _i, rows, TRACED_ALL, TRACED_ALL);
    json_t *root = timeline_of(&run), *event;
    const json_t *events = json_object_get(root, "traceEvents");
    size_t i;
    ck_assert_uint_gt(run.trace->gap_n, 0);
    for (i = 0; i < run.trace->gap_n; i++)
        ck_assert_uint_gt(marks_at(events, "layers not asked for begin",
                                   cut_ps(&run, run.trace->gaps[i].start_pl_cycle)),
                          0);
    json_array_foreach(events, i, event)
    {
        ck_assert(!is_phase(event, "C") || !is_in_gap(&run, ps_of(event, "ts")));
    }
    json_decref(root);
    traced_drop(&run);
}
END_TEST

/* ---- trouble --------------------------------------------------------------------------------- */

static zs_status limited_write(void *ctx, const void *data, size_t bytes)
{
    uint64_t *left = ctx;
    (void)data;
    (void)bytes;
    return (*left)-- == 0 ? ZS_EIO : ZS_OK;
}

START_TEST(test_a_full_disk_is_noticed_in_any_place)
{
    static const traced_emit emitters[] = {zs_trace_json_emit, zs_trace_vcd_emit};
    traced run;
    traced_run(&run, 2, NULL, TRACED_ALL, 20);
    for (uint64_t room = 0; room < 4000; room += 1 + room / 4) {
        uint64_t left = room;
        zs_arena scratch;
        zs_arena_init(&scratch, test_heap());
        const zs_sink sink = {.write = limited_write, .ctx = &left};
        const zs_status status =
            emitters[_i](&scratch, &run.design, run.trace, run.result, &sink, NULL);
        ck_assert_int_eq(status, left == UINT64_MAX ? ZS_EIO : ZS_OK);
        zs_arena_drop(&scratch);
    }
    traced_drop(&run);
}
END_TEST

TCase *tcase_timeline(void)
{
    TCase *tc = tcase_create("timeline");
    tcase_set_tags(tc, "long");
    tcase_add_loop_test(tc, test_the_timeline_and_the_listing_agree_op_by_op, 0, TRACED_N);
    tcase_add_loop_test(tc, test_the_mac_track_is_busy_as_long_as_the_counter_says, 0, TRACED_N);
    tcase_add_loop_test(tc, test_begins_and_ends_of_a_track_come_in_their_order_and_in_pairs, 0,
                        TRACED_N);
    tcase_add_loop_test(tc, test_counters_keep_within_what_there_is_and_go_back_to_nothing, 0,
                        TRACED_N);
    tcase_add_loop_test(tc, test_counters_are_true_up_to_a_limit_and_silent_from_there, 0,
                        TRACED_N);
    tcase_add_loop_test(tc, test_counters_are_silent_while_only_layers_not_asked_for_are_at_work, 0,
                        TRACED_N);
    tcase_add_loop_test(tc, test_a_full_disk_is_noticed_in_any_place, 0, 2);
    return tc;
}
