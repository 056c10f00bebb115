/* docs/reference/results.md: every field of a result, from the metric tables. */
#include "out_priv.h"
#include "zynqsim/report.h"

static const char *type_name(zs_metric_type type)
{
    static const char *const names[] = {"integer", "real", "boolean", "text"};
    return names[type];
}

/* A bar in a meaning would end the cell. */
static void cell_text(zs_out *out, const char *text)
{
    for (uint32_t c = zs_utf8_next(&text); c != 0; c = zs_utf8_next(&text)) {
        char bytes[5] = "";
        zs_utf8_put(c, bytes);
        zs_out_text(out, c == '|' ? "\\|" : bytes);
    }
}

static void emit_table(zs_out *out, const zs_metric *metrics, uint32_t n)
{
    zs_out_text(out, "| name | type | unit | compared | meaning |\n|---|---|---|---|---|\n");
    for (uint32_t i = 0; i < n; i++) {
        zs_out_printf(out, "| `%s` | %s | %s | %s | ", metrics[i].name, type_name(metrics[i].type),
                      metrics[i].unit, metrics[i].tolerance);
        cell_text(out, metrics[i].meaning);
        zs_out_text(out, " |\n");
    }
}

static const char introduction[] =
    "# Fields of a result\n\n"
    "`run --format json` prints one object with these members; a dot in a name stands for a "
    "nested\n"
    "object (`dram.read_bytes` is `read_bytes` in `dram`). `run --format csv` and `layers.csv` "
    "have\n"
    "one line per layer with the names of the second table as columns, dots included, and behind "
    "them\n"
    "what each layer has in the JSON besides.\n\n"
    "Counts are integers. Reals are ratios of counts, printed with as few digits as read back\n"
    "exactly. A ratio with nothing to divide by is undefined: `null` in JSON, an empty field in "
    "CSV, a\n"
    "dash in the table. A text that has nothing to say is `null` or empty likewise.\n\n"
    "*Compared* says how a baseline is checked: `exact`, within a relative difference, or not at "
    "all\n"
    "(`none`).\n\n";

static const char lists[] =
    "\n## Other lists of the JSON object\n\n"
    "| name | members of each entry |\n|---|---|\n"
    "| `ports` | AXI channels in use: `name` (`hp0.rd`), useful `bytes`, `bursts`, `beats`, "
    "`busy_frac` (share of all cycles in which a transfer was in progress), "
    "`peak_bytes_per_second` (one beat per PL clock), `share_of_peak` (bytes over seconds over "
    "that peak) |\n"
    "| `fit_bands` | between `lo` and `hi` of a `resource` lie nine in ten built designs |\n"
    "| `fit_items` | the account behind `resources`: `name`, `detail` (how it is counted)"
#define RESOURCE(id, key, ...) ", `" #key "`"
#include "zynqsim/resources.def"
#undef RESOURCE
    " |\n"
    "| `outputs` | one per input when the network was executed: `input`, `top5` (list of `class`, "
    "`label` or null, `probability`, best first), `sha256` of the raw float32 output tensor |\n"
    "| `notes` | sentences about the whole run |\n"
    "| `engines` | where there are several: `name`, `kind`, `layers` (rows), `loads` (times that "
    "it is brought onto the "
    "part), `cycles`, `macs`, `dram_read_bytes` and `dram_write_bytes` of its rows, `fits` (null: "
    "close) and "
    "`resources` of it alone (of "
    "its region, where they take turns), and what a pipeline has: `pipeline`, `fifos`, "
    "`interval_cycles`, ... |\n"
    "\n## Beside the figures\n\n"
    "Further members of the JSON object; those of each layer are the last columns of the CSV.\n\n"
    "| name | is |\n|---|---|\n"
    "| `verdict` | `fits` in one word: `fits`, `close` (too close to call) or `no` |\n"
    "| `resources.dsp.low`, `resources.dsp.high`, ... | of each resource the band of `fit_bands` "
    "|\n"
    "| `macs_executed` | `macs` less those that the engine leaves out, and more where tiles of "
    "fused "
    "layers overlap; also of each layer |\n"
    "| `gops_credited` | `gops`, in which MACs that are left out count as done |\n"
    "| `runs_on` | of each layer: `engine` or `cpu` |\n"
    "| `in_pipeline` | true of layers in a pipeline that is one of several engines: they work at "
    "the "
    "same time, and each has the cycles by which it ends later than those before it |\n"
    "\nA streaming pipeline also has:\n\n"
    "| name | is |\n|---|---|\n"
    "| `first_output_cycles` | cycle of the first word of the first image's result |\n"
    "| `interval_cycles` | from the end of one image to the end of the next, when the pipeline is "
    "full; of so few images that a pipeline that stalls just drains, between the last two |\n"
    "| `interval_proven` | whether all words of the last image that was simulated move as those of "
    "the one before, so that the interval holds for any batch |\n"
    "| `last_output_cycles` | cycle of the last word of the last image's result |\n"
    "| `deadlock`, `deadlock_at` | false and null; of a pipeline that is stuck the object has "
    "`design`, `deadlock` (true), `deadlock_at` (the cycle), `fifo` (the place) and `reason`, no "
    "more |\n"
    "| `fifos` | `name`, `depth`, `max_fill` and `full_cycles` of each FIFO |\n"
    "| `span_cycles`, `busy_cycles`, `starved_cycles`, `blocked_cycles` | of each layer: from its "
    "first word to its last; cycles in which it worked, lacked words, had no room for results |\n"
    "| `pipeline` | `limit` (who sets the pace, a sentence), `interval_cycles`, "
    "`first_image_cycle` (end of the first image), `nodes` (`name`, `type`, `first_cycle` and the "
    "four cycles above) and `fifos` (`name`, the nodes `from` and `to`, `bits` of a word, `words` "
    "of an image, `depth`, `largest_fill`, `full_cycles`, `blocked_cycles`) |\n"
    "\n## Who made it\n\n"
    "`version` and `models_digest` are the program's, `schema_version` rises when a name changes "
    "its meaning; `compare` and\n`report` refuse a file with a higher one than they know. "
    "`provenance` has `design` (every key, as YAML) and\n`design_sha256`, `model_sha256`, "
    "`weights_sha256` (null where none were read), `inputs` and `data` (files that were read:\n"
    "`name`, `sha256`, null for an input that is made up), `settings` (of `--set`) and "
    "`command`.\n";

zs_status zs_metrics_markdown_emit(const zs_sink *s, zs_err *err)
{
    zs_out out = {.sink = s};
    zs_out_text(&out, introduction);
    zs_out_text(&out, "## Summary\n\n");
    emit_table(&out, zs_metrics, zs_metric_n);
    zs_out_text(
        &out,
        "\n## Layers\n\nMembers of each entry of `layers`, in the order of the plan. "
        "`cycles` of all layers sum to\n`cycles` of the summary, save where a pipeline has "
        "all layers: they work at the same time, each from its first\nword (`start_cycle`) to "
        "its last. Their bytes sum to those of `dram` less what loads engines that take\n"
        "turns: it belongs to no layer, but to the port that reads it (`pcap`, `swap.port`, "
        "`registers`).\n\n");
    emit_table(&out, zs_layer_metrics, zs_layer_metric_n);
    zs_out_text(&out, lists);
    return zs_out_end(&out, "results.md", err);
}
