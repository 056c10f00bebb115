#include "reference_priv.h"

#include <stdio.h>
#include <string.h>

/* To add a form: a row here, its reader, and its checks in study/validate.c. The columns are those
 * that tell the form from the others. */
typedef struct layout {
    const char *name, *columns;
    zs_form form;
    zs_status (*read)(zs_arena *arena, const zs_table *table, zs_reference *out, zs_err *err);
} layout;

static const layout layouts[] = {
    {"runs", "case design metric measured tolerance", ZS_FORM_RUNS, zs_reference_runs},
    {"tile",
     "case M N R C K S TM TN TR TC words_per_beat rd_latency b_latency rd_outst wr_outst "
     "pipe_depth block_rows weight_port row_gap total_cycles",
     ZS_FORM_TILE, zs_reference_tile},
    {"memory", "case set spec metric measured tolerance", ZS_FORM_MEMORY, zs_reference_memory},
    {"dram band", "case spec frac_peak_lo frac_peak_hi", ZS_FORM_DRAM, zs_reference_dram_band},
    {"dram rows", "case spec valid_bw valid_lat frac_peak", ZS_FORM_DRAM, zs_reference_dram_rows},
    {"axi",
     "case masters fabric max_burst_beats slave slave_read_outst slave_write_outst rd_bytes "
     "rd_addr wr_bytes wr_addr ar_count r_beats aw_count w_beats",
     ZS_FORM_AXI, zs_reference_axi},
    {"flow", "case images input_gap words_in words_out deadlock chain", ZS_FORM_FLOW,
     zs_reference_flow},
    {"builds", "case kind precision_w_a_acc macs_per_clock unroll buffers ports dsp bram18 lut ff",
     ZS_FORM_BUILDS, zs_reference_builds},
    {"operators", "kind operator configuration part dsp bram18 lut ff", ZS_FORM_OPERATORS,
     zs_reference_operators},
    {"kernel",
     "net variant fmax_MHz kernel op cin cout k hout wout stride loop_nest accumulator input_from "
     "exec_ms source_matches",
     ZS_FORM_KERNELS, zs_reference_kernels},
    {"systolic",
     "rows cols K tiles mul_latency acc_latency last_input_cycle first_output_cycle "
     "first_tile_last_output_cycle last_output_cycle",
     ZS_FORM_SYSTOLIC, zs_reference_systolic},
    {"convolver", "n k stride first_valid_cycle last_valid_cycle outputs end_cycle",
     ZS_FORM_CONVOLVER, zs_reference_convolver},
    {"training memory",
     "network ppv activation_MiB_per_sample batch weights_MiB increase_pipedream_pct "
     "increase_stale_pct",
     ZS_FORM_TRAINING_MEMORY, zs_reference_training_memory},
    {"rates",
     "board device_name aocl_version interleaved_banks kernel_MHz copy_MBps scale_MBps add_MBps "
     "triad_MBps",
     ZS_FORM_STREAM, zs_reference_stream},
};

typedef struct word {
    char text[32];
} word;

/* The n-th word of a list. False beyond the last. */
static bool nth_word(const char *list, uint32_t n, word *out)
{
    for (; n > 0 && *list != '\0'; n--) {
        list += strcspn(list, " ");
        list += *list == ' ';
    }
    snprintf(out->text, sizeof out->text, "%.*s", (int)strcspn(list, " "), list);
    return *list != '\0';
}

/* How many columns of a form the table lacks, and of how many. */
static uint32_t count_missing(const zs_table *t, const layout *l, uint32_t *of)
{
    uint32_t missing = 0;
    word w = {0};
    for (*of = 0; nth_word(l->columns, *of, &w); ++*of)
        missing += zs_table_column(t, w.text) == ZS_NO_COLUMN;
    return missing;
}

static const layout *find_layout(const zs_table *t)
{
    uint32_t of;
    for (size_t i = 0; i < ZS_LEN(layouts); i++)
        if (count_missing(t, &layouts[i], &of) == 0)
            return &layouts[i];
    return NULL;
}

bool zs_reference_known(const zs_table *header)
{
    return find_layout(header) != NULL;
}

/* ---- saying what is wrong -------------------------------------------------------------------- */

typedef struct list_text {
    char text[160];
} list_text;

/* Appends one more name; a list that grows too long ends in dots. */
static void list_add(list_text *list, const char *name)
{
    const size_t at = strlen(list->text);
    if (at + strlen(name) + 8 < sizeof list->text)
        snprintf(list->text + at, sizeof list->text - at, "%s%s", at > 0 ? ", " : "", name);
    else if (strstr(list->text, ", ...") == NULL)
        snprintf(list->text + at, sizeof list->text - at, ", ...");
}

static const layout *nearest_layout(const zs_table *t)
{
    const layout *best = NULL;
    double best_share = 0.4; /* of its columns must be there to call it near */
    for (size_t i = 0; i < ZS_LEN(layouts); i++) {
        uint32_t of;
        const uint32_t missing = count_missing(t, &layouts[i], &of);
        const double share = (double)(of - missing) / of;
        if (share > best_share) {
            best = &layouts[i];
            best_share = share;
        }
    }
    return best;
}

zs_status zs_reference_unknown(const zs_table *t, zs_err *err)
{
    list_text columns = {""}, forms = {""}, lacks = {""};
    for (uint32_t i = 0; i < t->column_n; i++) {
        word w;
        snprintf(w.text, sizeof w.text, "%.24s", t->columns[i]);
        list_add(&columns, w.text);
    }
    for (size_t i = 0; i < ZS_LEN(layouts); i++)
        list_add(&forms, layouts[i].name);
    const layout *near = nearest_layout(t);
    word w;
    for (uint32_t i = 0; near != NULL && nth_word(near->columns, i, &w); i++)
        if (zs_table_column(t, w.text) == ZS_NO_COLUMN)
            list_add(&lacks, w.text);
    if (near == NULL)
        return zs_fail(err, ZS_EPARSE, t->path,
                       "the columns %s are those of none of the forms known: %s", columns.text,
                       forms.text);
    return zs_fail(err, ZS_EPARSE, t->path,
                   "the columns %s are those of none of the forms %s; %s lacks %s", columns.text,
                   forms.text, near->name, lacks.text);
}

zs_status zs_reference_parse(zs_arena *arena, const zs_table *t, zs_reference *out, zs_err *err)
{
    const layout *l = find_layout(t);
    if (l == NULL)
        return zs_reference_unknown(t, err);
    if (t->row_n == 0)
        return zs_fail(err, ZS_EPARSE, t->path, "has no rows below the column names");
    zs_reference ref = {.path = t->path, .form = l->form};
    ZS_TRY(l->read(arena, t, &ref, err));
    *out = ref;
    return ZS_OK;
}
