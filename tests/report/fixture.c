#include "fixture.h"

#include <stdlib.h>
#include <string.h>

/* ---- the difficult one ----------------------------------------------------------------------- */

const char *const fixture_hostile_names[5] = {
    "conv, \"first\" + pool",
    "<b>&amp;'expand'</b>",
    "tab\xef\xbf\xbdline\xef\xbf\xbd$`\\{x}_^@",
    "bytes \xef\xbf\xbd\xef\xbf\xbd \xc3\xa9\xe2\x82\xac",
    "softmax",
};

static const zs_layer_result hostile_layers[] = {
    {.name = "conv, \"first\" + pool",
     .op = "conv+pool",
     .group = "conv1",
     .on_engine = true,
     .macs = 1000000,
     .ops = 2100000,
     .start_cycle = 0,
     .cycles = 60000,
     .read_bytes = 200000,
     .write_bytes = 50000,
     .operand_bytes = {40000, 160000, 50000, 0},
     .compulsory_bytes = 180000,
     .bound_cycles = 40000,
     .busy_cycles = {31250, 45000, 5000, 500},
     .waited_cycles = {31250, 26250, 2000, 500},
     .limited_by = ZS_BY_COMPUTE,
     .memory_roof = true},
    {.name = "<b>&amp;'expand'</b>",
     .op = "conv",
     .group = "fire<2>",
     .on_engine = true,
     .macs = 3000000,
     .ops = 6000000,
     .start_cycle = 60000,
     .cycles = 100000,
     .read_bytes = 150000,
     .write_bytes = 150000,
     .operand_bytes = {100000, 40000, 100000, 60000},
     .compulsory_bytes = 240000,
     .bound_cycles = 93750,
     .busy_cycles = {93750, 20000, 10000, 0},
     .waited_cycles = {93750, 5000, 1000, 250},
     .limited_by = ZS_BY_COMPUTE,
     .memory_roof = false,
     .note = "a note with <markup>, \"quotes\" and a, comma"},
    {.name = "tab\tline\n$`\\{x}_^@",
     .op = "act",
     .group = "fire<2>",
     .on_engine = true,
     .start_cycle = 160000,
     .cycles = 1000,
     .ops = 5000,
     .busy_cycles = {200, 0, 0, 0},
     .waited_cycles = {200, 800, 0, 0},
     .limited_by = ZS_BY_READ,
     .memory_roof = false,
     .note = "a note with <markup>, \"quotes\" and a, comma"},
    {.name = "bytes \xff\xc0 \xc3\xa9\xe2\x82\xac",
     .op = "conv",
     .group = "fire<2>",
     .on_engine = true,
     .start_cycle = 161000,
     .limited_by = ZS_BY_COMPUTE,
     .memory_roof = true},
    {.name = "softmax",
     .op = "softmax",
     .group = "cpu",
     .on_engine = false,
     .ops = 3000,
     .start_cycle = 161000,
     .cycles = 39000,
     .busy_cycles = {0, 0, 0, 39000},
     .waited_cycles = {0, 0, 0, 39000},
     .limited_by = ZS_BY_HOST,
     .memory_roof = true},
};

static const zs_fit_item hostile_items[] = {
    {"MAC array", "32 x (fmul 3 + fadd 2 DSP)", {{160, 0, 12000, 17000}}, ZS_FIT_PRODUCTS},
    {"input \"buffer\"",
     "2 slots, 4 banks of <2,048> x 32 b",
     {{0, 226, 300, 200}},
     ZS_FIT_MEMORIES},
};

static const zs_port_result hostile_ports[] = {
    {"hp0.rd", 350000, 2800, 43750, 60000, 800000000},
    {"hp2.wr", 200000, 1600, 25000, 25000, 800000000},
};

static const zs_image_result hostile_images[] = {
    {.input = "a <cat> & \"dog\".JPEG",
     .top_class = {281, 282, 285},
     .top_n = 3,
     .top_label = {"tabby, tabby cat", "<tiger> cat", NULL},
     .top_probability = {0.5F, 0.25F, 0.125F},
     .sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
};

static const char *const hostile_notes[] = {
    "BRAM18 is exceeded: a smaller tile.oc would help <most>",
};

const zs_result *fixture_hostile(void)
{
    static const zs_result result = {
        .design = "design \"A\", <first>",
        .network = "net & co",
        .board = "zybo-7020-256k",
        .fidelity = "burst",
        .precision = "fp32",
        .fusion = "lf2",
        .batch = 2,
        .clock_hz = 100000000,
        .cycles = 200000,
        .macs = 4000000,
        .calls = 2,
        .events = 12345,
        .sim_wall_seconds = 0.125,
        .dram = {.read_bytes = 350000,
                 .write_bytes = 200000,
                 .read_transactions = 10938,
                 .write_transactions = 6250,
                 .row_hits = 16000,
                 .row_misses = 188,
                 .row_conflicts = 1000,
                 .busy_ddr_cycles = 68752},
        .read_bursts = 2800,
        .write_bursts = 1600,
        .operand_bytes = {140000, 200000, 150000, 60000},
        .fit = {.fits = false,
                .family = &zs_families[ZS_FAMILY_7_SERIES],
                .used = {{160, 226, 12300, 17200}},
                .lo = {{144, 215, 9102, 13244}},
                .hi = {{184, 249, 22878, 34400}},
                .available = {{220, 128, 53200, 106400}},
                .binding = "bram18",
                .items = hostile_items,
                .item_n = ZS_LEN(hostile_items)},
        .roofline = {6.4, 8.8, 1.6e9, 4.0e9, 1.6e9, 4.0},
        .energy = {.joules = 0.0032,
                   .watts = 1.6,
                   .lo_joules = 0.0028,
                   .hi_joules = 0.0036,
                   .pl_j = 0.00032,
                   .part_j = {0.0028, 0.00008, 0.00026, 0.00001, 0.00001, 0.00004, 0.00002, 0},
                   .uncertainty_frac = 0.3},
        .memory_peak_bytes_per_s = 4266666666.7,
        .memory_tck_ps = 1875,
        .memory_channels = 1,
        .layers = hostile_layers,
        .layer_n = ZS_LEN(hostile_layers),
        .ports = hostile_ports,
        .port_n = ZS_LEN(hostile_ports),
        .images = hostile_images,
        .image_n = ZS_LEN(hostile_images),
        .fusion_note = "auto chose 2 groups & saved 12 % of the bytes",
        .notes = hostile_notes,
        .note_n = ZS_LEN(hostile_notes)};
    return &result;
}

/* ---- the ordinary one ------------------------------------------------------------------------ */

/* Thousands of MACs, DRAM kilobytes read and written, and how the cycles came about. */
static const struct {
    const char *name, *op, *group;
    uint32_t kmacs, read_kb, write_kb;
    double efficiency;
} squeezenet_rows[] = {
    {"conv1+pool1", "conv+pool", "conv1", 22079, 660, 802, 0.70},
    {"fire2/squeeze1x1", "conv", "fire2", 3211, 806, 200, 0.92},
    {"fire2/expand1x1", "conv", "fire2", 3211, 408, 802, 0.90},
    {"fire2/expand3x3", "conv", "fire2", 28901, 470, 802, 0.91},
    {"fire3/squeeze1x1", "conv", "fire3", 6422, 1613, 200, 0.92},
    {"fire3/expand1x1", "conv", "fire3", 3211, 408, 802, 0.90},
    {"fire3/expand3x3+pool3", "conv+pool", "fire3", 28901, 470, 400, 0.85},
    {"fire4/squeeze1x1", "conv", "fire4", 3211, 420, 100, 0.93},
    {"fire4/expand1x1", "conv", "fire4", 3211, 420, 401, 0.91},
    {"fire4/expand3x3", "conv", "fire4", 28901, 560, 401, 0.93},
    {"fire5/squeeze1x1", "conv", "fire5", 6422, 840, 100, 0.93},
    {"fire5/expand1x1", "conv", "fire5", 3211, 420, 401, 0.91},
    {"fire5/expand3x3+pool5", "conv+pool", "fire5", 28901, 560, 100, 0.93},
    {"fire6/squeeze1x1", "conv", "fire6", 2408, 260, 38, 0.94},
    {"fire6/expand1x1", "conv", "fire6", 1806, 270, 151, 0.93},
    {"fire6/expand3x3", "conv", "fire6", 16257, 560, 151, 0.95},
    {"fire7/squeeze1x1", "conv", "fire7", 3613, 390, 38, 0.94},
    {"fire7/expand1x1", "conv", "fire7", 1806, 270, 151, 0.93},
    {"fire7/expand3x3", "conv", "fire7", 16257, 560, 151, 0.95},
    {"fire8/squeeze1x1", "conv", "fire8", 4817, 400, 50, 0.94},
    {"fire8/expand1x1", "conv", "fire8", 3211, 460, 201, 0.93},
    {"fire8/expand3x3", "conv", "fire8", 28901, 1030, 201, 0.95},
    {"fire9/squeeze1x1", "conv", "fire9", 6422, 600, 50, 0.94},
    {"fire9/expand1x1", "conv", "fire9", 3211, 460, 201, 0.93},
    {"fire9/expand3x3", "conv", "fire9", 28901, 1030, 201, 0.95},
    {"conv10", "conv", "conv10", 100352, 8200, 784, 0.95},
    {"pool10", "global_avgpool", "cpu", 0, 0, 0, 1},
    {"prob", "softmax", "cpu", 0, 0, 0, 1},
};

static void fill_row(zs_layer_result *l, size_t i)
{
    const uint64_t macs = UINT64_C(1000) * squeezenet_rows[i].kmacs;
    const uint64_t read = UINT64_C(1000) * squeezenet_rows[i].read_kb;
    const uint64_t write = UINT64_C(1000) * squeezenet_rows[i].write_kb;
    const uint64_t busy[ZS_CAUSE_N] = {macs / 32, read / 8, write / 8, 1800};
    const uint64_t longest = zs_max_u64(busy[0], zs_max_u64(busy[1], busy[2]));
    *l = (zs_layer_result){.name = squeezenet_rows[i].name,
                           .op = squeezenet_rows[i].op,
                           .group = squeezenet_rows[i].group,
                           .on_engine = macs > 0,
                           .macs = macs,
                           .ops = 2 * macs + 1000,
                           .read_bytes = read,
                           .write_bytes = write,
                           .operand_bytes = {read / 3, read - read / 3, write}};
    l->cycles = macs == 0 ? 180000 : (uint64_t)((double)longest / squeezenet_rows[i].efficiency);
    memcpy(l->busy_cycles, busy, sizeof busy);
    if (macs == 0) {
        l->busy_cycles[ZS_BY_HOST] = l->waited_cycles[ZS_BY_HOST] = l->cycles;
    } else {
        const uint64_t idle = l->cycles - busy[0];
        l->waited_cycles[ZS_BY_COMPUTE] = busy[0];
        l->waited_cycles[ZS_BY_HOST] = zs_min_u64(1800, idle);
        l->waited_cycles[ZS_BY_WRITE] = (idle - l->waited_cycles[ZS_BY_HOST]) / 5;
        l->waited_cycles[ZS_BY_READ] =
            idle - l->waited_cycles[ZS_BY_HOST] - l->waited_cycles[ZS_BY_WRITE];
    }
    for (zs_cause c = ZS_BY_READ; c < ZS_CAUSE_N; c++)
        l->limited_by = l->waited_cycles[c] > l->waited_cycles[l->limited_by] ? c : l->limited_by;
    l->memory_roof = macs == 0 || (double)l->ops < 4.0 * (double)(read + write);
    l->bound_cycles = longest;
    l->compulsory_bytes = (read + write) / 2;
}

static const zs_fit_item squeezenet_items[] = {
    {"MAC array", "32 x (fmul 3 + fadd 2 DSP)", {{160, 0, 10900, 15000}}, ZS_FIT_PRODUCTS},
    {"input buffer", "2 slots, 4 banks of 2,048 x 32 b", {{0, 32, 300, 200}}, ZS_FIT_MEMORIES},
    {"weight buffer", "2 slots, 8 banks of 2,304 x 32 b", {{0, 64, 300, 200}}, ZS_FIT_REST},
    {"output buffer", "2 slots, 8 banks of 1,568 x 32 b", {{0, 16, 300, 200}}, ZS_FIT_REST},
    {"AXI masters", "hp0, hp1, hp2", {{0, 6, 2700, 3300}}, ZS_FIT_REST},
    {"control and address generation",
     "registers, loop counters",
     {{2, 0, 2100, 2600}},
     ZS_FIT_REST},
};
static const zs_port_result squeezenet_ports[] = {
    {"hp0.rd", 16000000, 131000, 2000000, 2600000, 800000000},
    {"hp1.rd", 9545000, 78000, 1193125, 1500000, 800000000},
    {"hp2.wr", 8879000, 72000, 1109875, 1300000, 800000000},
};
static const zs_image_result squeezenet_images[] = {
    {.input = "n02123045_tabby.JPEG",
     .top_class = {281, 282, 285, 287, 292},
     .top_n = 5,
     .top_label = {"tabby, tabby cat", "tiger cat", "Egyptian cat", "lynx, catamount",
                   "tiger, Panthera tigris"},
     .top_probability = {0.6123F, 0.2511F, 0.1032F, 0.0113F, 0.0042F},
     .sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
};

static void add_up(zs_result *r, zs_layer_result *layers)
{
    for (uint32_t i = 0; i < r->layer_n; i++) {
        fill_row(&layers[i], i);
        layers[i].start_cycle = r->cycles;
        r->cycles += layers[i].cycles;
        r->macs += layers[i].macs;
        r->dram.read_bytes += layers[i].read_bytes;
        r->dram.write_bytes += layers[i].write_bytes;
        for (uint32_t c = 0; c < ZS_OPERAND_N; c++)
            r->operand_bytes[c] += layers[i].operand_bytes[c];
    }
}

const zs_result *fixture_squeezenet(void)
{
    static zs_layer_result layers[ZS_LEN(squeezenet_rows)];
    static zs_result result;
    result =
        (zs_result){.design = "squeezenet-zybo",
                    .network = "squeezenet_v1.1",
                    .board = "zybo-7020-256k",
                    .fidelity = "burst",
                    .precision = "fp32",
                    .fusion = "lf2",
                    .batch = 1,
                    .clock_hz = 100000000,
                    .calls = 10,
                    .events = 812345,
                    .sim_wall_seconds = 0.31,
                    .dram = {.row_hits = 1046000,
                             .row_misses = 1900,
                             .row_conflicts = 28000,
                             .busy_ddr_cycles = 4303600},
                    .read_bursts = 209000,
                    .write_bursts = 72000,
                    .fit = {.fits = true,
                            .family = &zs_families[ZS_FAMILY_7_SERIES],
                            .used = {{162, 118, 16600, 21500}},
                            .lo = {{146, 112, 12284, 16555}},
                            .hi = {{186, 124, 30876, 43000}},
                            .available = {{220, 128, 53200, 106400}},
                            .items = squeezenet_items,
                            .item_n = ZS_LEN(squeezenet_items)},
                    .roofline = {6.4, 8.8, 2.4e9, 4.16e9, 2.4e9, 2.67},
                    .energy = {.joules = 0.27,
                               .watts = 1.79,
                               .lo_joules = 0.24,
                               .hi_joules = 0.33,
                               .pl_j = 0.05,
                               .part_j = {0.2, 0.0165, 0.018, 0.01, 0.003, 0.0157, 0.0062, 0.0006},
                               .uncertainty_frac = 0.3},
                    .memory_peak_bytes_per_s = 4266666666.7,
                    .memory_tck_ps = 1875,
                    .memory_channels = 1,
                    .layers = layers,
                    .layer_n = ZS_LEN(squeezenet_rows),
                    .ports = squeezenet_ports,
                    .port_n = ZS_LEN(squeezenet_ports),
                    .images = squeezenet_images,
                    .image_n = ZS_LEN(squeezenet_images)};
    add_up(&result, layers);
    return &result;
}

/* ---- emitters and sinks ---------------------------------------------------------------------- */

static zs_status emit_wide(const zs_result *r, const zs_sink *s, zs_err *err)
{
    return zs_table_emit(r, &(zs_table_style){.columns = 120}, s, err);
}

static zs_status emit_narrow_colour(const zs_result *r, const zs_sink *s, zs_err *err)
{
    return zs_table_emit(r, &(zs_table_style){.columns = 80, .colour = true}, s, err);
}

static zs_status emit_page(const zs_result *r, const zs_sink *s, zs_err *err)
{
    static const char svg[] = "<?xml version=\"1.0\"?>\n<!DOCTYPE svg>\n<svg><g/></svg>\n";
    const zs_span span = {(const uint8_t *)svg, sizeof svg - 1};
    return zs_html_emit(r, span, s, err);
}

const fixture_format fixture_formats[] = {
    {"table-120.txt", emit_wide},
    {"table-80-colour.txt", emit_narrow_colour},
    {"layers.csv", zs_layers_csv_emit},
    {"result.json", zs_json_emit},
    {"roofline.gp", zs_roofline_plot_emit},
    {"layers.gp", zs_layers_plot_emit},
    {"report.html", emit_page},
};
_Static_assert(ZS_LEN(fixture_formats) == FIXTURE_FORMAT_N, "FIXTURE_FORMAT_N");

char *fixture_text(fixture_emit emit, const zs_result *r)
{
    zs_buffer buffer;
    zs_buffer_init(&buffer, test_heap());
    zs_sink sink = zs_buffer_sink(&buffer);
    zs_err err = {0};
    ck_assert_msg(emit(r, &sink, &err) == ZS_OK, "%s: %s", err.place, err.text);
    ck_assert_int_eq(zs_sink_write(&sink, "", 1), ZS_OK);
    char *text = malloc(buffer.bytes);
    memcpy(text, buffer.data, buffer.bytes);
    zs_buffer_drop(&buffer);
    return text;
}

static zs_status full_disk_write(void *ctx, const void *data, size_t bytes)
{
    fixture_full_disk *disk = ctx;
    (void)data;
    (void)bytes;
    disk->after += disk->failed;
    if (disk->left == 0) {
        disk->failed = true;
        return ZS_EIO;
    }
    disk->left--;
    disk->taken++;
    return ZS_OK;
}

zs_sink fixture_full_disk_sink(fixture_full_disk *disk)
{
    return (zs_sink){.write = full_disk_write, .ctx = disk};
}
