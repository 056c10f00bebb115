/* design.h - the design point: accelerator, board and network of one simulation, as a plain struct.
 *
 * The lists of keys are src/design/fields.def, accel_fields.def and board_fields.def, and for each
 * kind of accelerator src/kinds/<kind>/fields.def; enum words are in zynqsim/enums.def, types of
 * numbers in zynqsim/dtypes.def, built-in boards in src/design/boards.def. Units are those of the
 * field's row.
 * Memory: strings and lists point into the arena the design was made in. */
#ifndef ZYNQSIM_DESIGN_H
#define ZYNQSIM_DESIGN_H

#include "zynqsim/base.h"
#include "zynqsim/resources.h"

/* A word that an ENUM field takes; its position in the table is its C value. */
typedef struct zs_word {
    const char *word, *meaning;
} zs_word;

/* Per list: enum ZS_X_t with ZS_X_COUNT, which is ZS_WORD_N_x too, and its words in zs_words_x. */
#define W(id, word, meaning) id,
#define ENUM_LIST(type, table, words)                                                              \
    typedef enum type##_t{words type##_COUNT} type##_t;                                            \
    enum { ZS_WORD_N_##table = type##_COUNT };                                                     \
    extern const zs_word zs_words_##table[];
#include "zynqsim/enums.def"
#undef ENUM_LIST
#undef W

/* A type of stored numbers, and what an engine computes in: rows of dtypes.def. */
#define DTYPE(id, ...) id,
typedef enum ZS_TYPE_t {
#include "zynqsim/dtypes.def"
    ZS_TYPE_COUNT
} ZS_TYPE_t;
#undef DTYPE
#define PRECISION(id, ...) id,
typedef enum ZS_PRECISION_t {
#include "zynqsim/dtypes.def"
    ZS_PRECISION_COUNT
} ZS_PRECISION_t;
#undef PRECISION
enum { ZS_WORD_N_precision = ZS_PRECISION_COUNT };
extern const zs_word zs_words_precision[];

typedef struct zs_axi_params {
    uint32_t beat_bytes, max_beats;
    uint32_t read_outstanding, write_outstanding;
    uint32_t read_latency_pl_cycles, write_latency_pl_cycles;
} zs_axi_params;

/* Values of a single HP port; 0: the value of all HP ports. */
typedef struct zs_axi_own {
    uint32_t beat_bytes, max_beats, read_outstanding, write_outstanding;
} zs_axi_own;

enum { ZS_MEMORY_CHANNELS_MAX = 8 };
typedef struct zs_memory_params {
    uint64_t bytes;
    uint32_t kind;                       /* ZS_MEMORY_* */
    uint32_t channels, interleave_bytes; /* interleave 0: everything is in the first channel */
    uint32_t tck_ps, bus_bytes, banks, row_bytes;
    uint32_t t_cl, t_cwl, t_rcd, t_rp, t_ras, t_rrd, t_faw, t_wr, t_wtr, t_rtp, t_rtw, t_ccd,
        t_ccd_bank;
    uint32_t t_rfc, t_refi, queue, write_batch; /* all t_*: DDR cycles */
} zs_memory_params;

typedef struct zs_cpu_params {
    uint64_t clock_hz;
    double register_write_s, register_read_s, call_overhead_s, cache_bytes_per_s;
    double register_write_pl_cycles, register_read_pl_cycles; /* on top of the fixed part */
    double dma_start_s, cold_call_s;
    double cycles_per_mac, cycles_per_pool_op, cycles_per_element, cycles_per_exp;
    double cycles_per_copied_byte, cycles_per_gathered_element;
} zs_cpu_params;

typedef struct zs_power_params {
    double pl_static_w, ps_w, dram_j_per_byte, mac_fp32_j, mac_fp16_j, mac_int16_j, mac_int8_j,
        bram_j_per_byte;
    double lut_j_per_cycle, ff_j_per_cycle, axi_j_per_byte;
} zs_power_params;

typedef struct zs_board {
    const char *device;
    uint32_t family;      /* zs_family_id */
    uint32_t speed_grade; /* 1 to 3; 1 is the slowest */
#define RESOURCE(id, key, ...) uint32_t key;
#include "zynqsim/resources.def"
#undef RESOURCE
    zs_memory_params memory;
    struct {
        zs_axi_params hp, acp, gp;
        zs_axi_own own[4]; /* of hp0 ... hp3 */
    } axi;
    zs_cpu_params cpu;
    zs_power_params power;
} zs_board;

/* A list of layer names that form one call (fusion: an explicit list of groups). */
typedef struct zs_name_list {
    const char *const *names;
    uint32_t n;
    const char *place; /* file:line:column; NULL: not of a file */
} zs_name_list;

typedef struct zs_preprocess {
    uint32_t fit; /* ZS_FIT_* */
    uint32_t resize, crop;
    uint32_t order; /* ZS_COLOUR_* */
    double mean[3], scale[3];
} zs_preprocess;

/* accelerator.dma.*: rules of the channels of the memory system and of the engine. */
typedef struct zs_dma_params {
    bool merge_rows, block_rows, block_store_rows, chain;
    uint32_t start_pl_cycles, finish_pl_cycles, store_start_pl_cycles, store_finish_pl_cycles;
    uint32_t row_gap_pl_cycles, store_row_gap_pl_cycles, address_interval_pl_cycles;
    uint32_t write_data_pl_cycles, write_gap_pl_cycles;
    uint32_t read_outstanding, write_outstanding; /* bursts; 0: as many as the port takes */
} zs_dma_params;

/* Size of the struct with the keys that only one kind has: it is declared in src/kinds/<kind>, and
 * its members are the rows PARAM of the fields.def there. */
enum { ZS_KIND_PARAM_BYTES = 192 };

/* accelerator.account.*: figures of a report of the same engine relative to the account; 0: none.
 */
typedef struct zs_account_scale {
    double dsp, bram18, lut, ff;
    uint32_t report; /* ZS_ACCOUNT_* */
} zs_account_scale;

/* Keys that all or several kinds have; one that has no effect in the chosen kind (no row USES in
 * its fields.def) is refused. Keys of one kind alone are in `params`. */
typedef struct zs_accel {
    uint32_t kind; /* row of zs_kind_designs; zs_design_set_kind changes it */
    zs_account_scale account;
    uint32_t style;  /* ZS_STYLE_*: how the engine was made */
    double dsp_frac; /* share of the products in DSP slices */
    uint32_t products_per_dsp;
    bool says_clock;            /* a note where few comparable builds reached the clock */
    bool programs;              /* fetches instructions */
    bool packs_words;           /* banks that are read in step are one wide memory */
    bool rounds_depths;         /* depths of memories are rounded up to powers of two */
    uint32_t precision, fusion; /* ZS_FP32 ..., ZS_FUSION_* */
    bool model_scales; /* precision: model, which is int8 with the scales of the network's file */
    uint8_t weight_bits, act_bits; /* int8 with 1 to 7 bits; 0: 8 bits */
    uint64_t clock_hz;
    struct {
        uint32_t oc, ic, oy, ox, ky, kx;
    } unroll;
    bool pipeline;
    uint32_t ii;
    struct {
        uint64_t weight_bytes;
    } buffer;
    struct {
        uint32_t input, weight, output; /* ZS_PORT_* */
    } ports;
    struct {
        uint32_t input, weight, output; /* ZS_STRIPE_*: bits of ports that share the work */
    } stripe;
    zs_dma_params dma;
    uint64_t params[ZS_KIND_PARAM_BYTES / 8]; /* struct of the kind, then zeros */
    uint32_t registers;
    const zs_name_list *groups; /* with fusion == ZS_FUSION_GROUPS */
    uint32_t group_n;
} zs_accel;

/* A key of accelerator, board or network.preprocess that was set by hand, not by a board's row or
 * file. */
typedef struct zs_given {
    const struct zs_given *next;
    const struct zs_field *field;
    const char *place; /* "a.yaml:3:5", "--set"; NULL: unknown */
} zs_given;

/* One of several accelerators on the part, with the layers that it takes. */
typedef struct zs_engine {
    const char *name;
    const char *const *patterns; /* of layer names, as fnmatch(3) takes them: "fire2/" and a star */
    uint32_t pattern_n;
    zs_accel accel;
    const zs_given *given;
} zs_engine;
enum { ZS_DESIGN_ENGINES_MAX = 16, ZS_ENGINE_NONE = 0xff };

/* Settings of layers by name or pattern, besides the engine that runs them: numbers of PEs and
 * lanes for kinds in which layers have hardware of their own, and keys of accelerator that a kind
 * allows per layer (LAYER in its fields.def). */
typedef enum zs_layer_key {
    ZS_LAYER_PES,
    ZS_LAYER_LANES,
    ZS_LAYER_WINDOW_LANES,
    ZS_LAYER_FIELD
} zs_layer_key;
typedef struct zs_layer_setting {
    const char *pattern;
    zs_layer_key key;
    uint32_t value;
    bool is_model;                /* precision `model`, whose value is that of its integers */
    const struct zs_field *field; /* ZS_LAYER_FIELD: U32, BOOL or ENUM */
} zs_layer_setting;
/* "pe", "simd", "window"; for a field its path after "accelerator." */
const char *zs_layer_setting_word(const zs_layer_setting *setting);
/* The word that an ENUM was given as. */
const char *zs_layer_setting_value_word(const zs_layer_setting *setting);
/* Key i (0, 1, ...) of accelerator that can be set per layer; NULL after the last. And whether a
 * kind allows one. */
const struct zs_field *zs_layer_field_at(uint32_t i);
bool zs_layer_field_is_of(const struct zs_field *field, uint32_t kind);

/* How weights are pruned before a network is used: network.sparsify. */
typedef struct zs_sparsify_rule {
    uint32_t method, correction, structured; /* ZS_SPARSIFY_*, ZS_CORRECTION_*, ZS_STRUCTURE_* */
    double parameter, target_zeros;          /* target_zeros 0: the parameter counts */
    bool spare_depthwise, spare_first;
    double input_scale[3];
} zs_sparsify_rule;

typedef struct zs_design {
    const char *name;
    const char *board_name;    /* the built-in row or file that `board:` named */
    const char *const *on_cpu; /* patterns of layers that the PS runs, as those of an engine */
    uint32_t on_cpu_n;
    const zs_layer_setting *layer_settings; /* the last one that matches a layer applies */
    uint32_t layer_setting_n;
    uint32_t batch;
    struct {
        const char *model, *weights, *labels;
        const char *input;       /* the first of inputs */
        const char *calibration; /* the first of calibrations, or "" */
        const char *output;      /* the first of outputs, or "" */
        const char *const *inputs;
        const char *const *calibrations;
        const char *const *outputs;
        uint32_t input_n, calibration_n, output_n;
        uint32_t input_c, input_h, input_w;
        uint32_t rounding; /* ZS_INT_RULE_* */
        uint32_t range;    /* ZS_RANGE_* */
        double percentile;
        bool correct_biases, is_unsigned;
        zs_preprocess preprocess;
        zs_sparsify_rule sparsify;
    } network;
    struct {
        uint32_t by;     /* ZS_SWAP_* */
        const char *cut; /* last layers of engines, with semicolons; empty: `map` applies */
        uint64_t bytes;
        uint32_t lut, bram18, dsp; /* of the region; all 0: the whole part */
        uint32_t regions;          /* of that size, used by engines in turn */
        uint32_t port;             /* ZS_PORT_*: of the master that reads bitstreams */
        uint32_t words, writes, reads;
    } swap;
    struct {
        uint32_t scheme; /* ZS_SCHEME_* */
        const char *cut; /* names with commas, "auto" or "auto:K" */
        uint32_t micro_batches, buffers;
        uint32_t stages; /* ZS_STAGES_* */
        double hybrid_after;
    } pipeline;
    struct {
        uint32_t batch, lr_step, type, loss, crop; /* ZS_TRAIN_*, ZS_LOSS_* */
        double lr, momentum, weight_decay, lr_factor, start;
        bool flip;
    } train;
    struct {
        double link_bytes_per_s, link_latency_s;
        uint32_t packet_bytes, overhead_bytes;
        bool shares_link, has_duplex, overlaps;
        double device_macs_per_s, device_bytes_per_s, device_start_s;
        const char *boards; /* design files with commas, of one stage each; empty: this design */
        const struct zs_design *devices; /* contents of these files, set by the reader of files */
        uint32_t device_n;
    } system;
    zs_accel accel;           /* with several engines, that of the first */
    const zs_engine *engines; /* accelerators, which take turns; NULL: accel is the only one */
    uint32_t engine_n;
    zs_board board;
    const zs_given *given; /* newest first */
    const char *place;     /* of the keys that are set from now on; NULL: unknown */
} zs_design;

/* ---- the field table ------------------------------------------------------------------------- */

typedef enum zs_field_type {
    ZS_FIELD_U32,
    ZS_FIELD_U64,
    ZS_FIELD_F64,
    ZS_FIELD_BOOL,
    ZS_FIELD_STR,
    ZS_FIELD_ENUM
} zs_field_type;

typedef struct zs_field {
    const char *path;
    size_t offset; /* into zs_design */
    zs_field_type type;
    const zs_word *words; /* ENUM: word of value i; else NULL */
    uint32_t word_n;
    const char *unit;
    double min, max;
    const char *preset; /* default, as text */
    const char *meaning;
    bool is_owned; /* only some kinds of accelerator have it: zs_field_is_of */
} zs_field;

/* Field i (0, 1, ...) of all tables, those of every kind among them; NULL after the last. Fields of
 * one section need not be neighbours. */
const zs_field *zs_field_at(uint32_t i);
/* NULL when there is no such key. */
const zs_field *zs_field_find(const char *path);
/* The switch `auto` of a group of keys, when `text` is "auto": "tile: auto" is "tile: {auto:
 * true}". NULL: none. */
const zs_field *zs_field_of_auto(const char *path, const char *text);
/* Switch i (0, 1, ...) of a key that takes a list of switches; NULL after the last, and for other
 * keys. */
const zs_field *zs_switch_at(const char *path, uint32_t i);
/* Nearest known key to a wrong one, or NULL. */
const char *zs_field_suggest(const char *path);
/* "oc, ic, oy, ox": the names of keys and sections beside a path, as many as there is room for (at
 * least 16 bytes). False: none, as the path is of no section. */
bool zs_field_siblings(const char *path, char *text, size_t bytes);

/* Which change of a key never makes a design slower (docs/models/plan.md): a higher value (of a
 * switch: true), a lower one, or for a port one that no other operand uses. */
typedef enum zs_better {
    ZS_BETTER_NONE,
    ZS_BETTER_MORE,
    ZS_BETTER_LESS,
    ZS_BETTER_APART
} zs_better;
typedef struct zs_better_row {
    const char *path;
    zs_better better;
} zs_better_row;
typedef struct zs_preset_row {
    const char *path, *value;
} zs_preset_row;
/* That of the row BETTER of the field. */
zs_better zs_field_better(const zs_field *field);

/* ---- kinds of accelerator -------------------------------------------------------------------- */

/* The keys of a kind: its own, and those of accel_fields.def that have an effect in it. All other
 * owned keys of accelerator.* are refused. */
typedef struct zs_kind_keys {
    const zs_field *fields;
    uint32_t field_n;
    const char *const *uses; /* paths */
    uint32_t use_n;
    const zs_preset_row *presets; /* other defaults of shared keys */
    uint32_t preset_n;
    const zs_better_row *betters;
    uint32_t better_n;
    const char *const *layer_keys; /* paths of keys that can be set per layer */
    uint32_t layer_key_n;
    const char *switches; /* key that takes a list of the switches beside it: those named are on,
                           * all others off; NULL: there is none */
    zs_status (*check)(const zs_design *design, zs_err *err); /* rules that span fields, or NULL */
    /* What to use instead of a key that has no effect in the kind, as the end of a sentence, or
     * NULL. The function may be NULL. */
    const char *(*instead)(const char *path);
    /* The value that the program chose for a key, as it would be written; false: it is set by the
     * design, or unknown. The function may be NULL. */
    bool (*comes_to)(const zs_design *design, const char *path, char *text, size_t bytes);
} zs_kind_keys;

typedef struct zs_kind_design {
    const char *word, *meaning; /* of accelerator.kind */
    const zs_kind_keys *keys;
} zs_kind_design;

/* One row per row of src/kinds/kinds.def; accelerator.kind holds its index, the first is the
 * default. Declared here and defined in src/kinds, a level above: the tables of design have to hold
 * the keys of all kinds, but nothing in design may name one. The linker brings them together. */
extern const zs_kind_design zs_kind_designs[];
extern const uint32_t zs_kind_n;
/* The row of accelerator.kind itself, whose words are those rows. */
extern const zs_field zs_kind_field;

/* Whether a key has an effect in a kind; true for all keys that are not owned. */
bool zs_field_is_of(const zs_field *field, uint32_t kind);
/* The default of a key in a kind. */
const char *zs_field_preset(const zs_field *field, uint32_t kind);
/* Whether a key has an effect on devices of a family: false for the number of blocks that the
 * family does not have. */
bool zs_field_is_on(const zs_field *field, uint32_t family);
/* ZS_EPARSE, naming the kinds that have the key, where it has none in this one. */
zs_status zs_field_check_kind(const zs_field *field, uint32_t kind, zs_err *err);

/* Unit i (0, 1, ...) that a value of a field in `unit` may be given in: "Hz", "kHz", ...; NULL
 * after the last. Counts ("lanes", "PL cycles") have none but their own. */
const char *zs_unit_word(const char *unit, uint32_t i);

/* A number, plain in `unit` or with a unit of its own: "12.5 MHz" of "Hz". ZS_EPARSE, at `place`.
 */
zs_status zs_number_parse(const char *text, const char *unit, const char *place, double *out,
                          zs_err *err);

/* ZS_EPARSE for a value "16", or a list of `item_n` values "16, 8", of a group of keys such as
 * "accelerator.unroll"; the message shows how to write it. */
zs_status zs_design_fail_group(const zs_design *design, const char *path, const char *text,
                               uint32_t item_n, zs_err *err);
/* Refuses an unknown key, naming the nearest one (`near`), or those of the same section. */
zs_status zs_design_fail_unknown(const char *path, const char *near, zs_err *err);

/* A built-in board: its name, one sentence, and the keys in which it differs from the defaults. */
typedef struct zs_board_setting {
    const char *path, *value, *source;
} zs_board_setting;

typedef struct zs_board_row {
    const char *name, *meaning;
    const zs_board_setting *settings;
    uint32_t setting_n;
} zs_board_row;

extern const zs_board_row zs_boards[]; /* the first is the default */
extern const uint32_t zs_board_n;
/* NULL when there is no such board. */
const zs_board_row *zs_board_find(const char *name);

/* ---- making a design point ------------------------------------------------------------------- */

/* All defaults, board zybo-7020-256k. Strings are static. */
void zs_design_defaults(zs_design *design);
/* Changes the kind, with its defaults of its own keys, and of all others that were not set by hand.
 * Does not check these: zs_design_set does. */
void zs_design_set_kind(zs_design *design, uint32_t kind);
/* Resets a key below accelerator, or all keys of a section there, to the defaults of the kind.
 * ZS_EPARSE: unknown key; ZS_EUNSUPPORTED: the design has several accelerators. */
zs_status zs_design_unset(zs_design *design, zs_arena *arena, const char *path, zs_err *err);
/* All defaults, with the first kind that has a key. */
void zs_design_defaults_with(zs_design *design, const zs_field *field);
/* Sets one key from text ("100 MHz", "true", "hp0", "14.3 us"); units are converted to the field's,
 * plain numbers are in it. Also takes "board" (zs_design_set_board) and the lists below as
 * "104, 117, 123". `arena` keeps strings, and the record of keys set by hand; with NULL nothing is
 * recorded. ZS_ERANGE names value and limit; ZS_EPARSE names the nearest key, word or unit, or the
 * kinds that have a key which this design's has not. A new accelerator.kind is refused if a key
 * that was set by hand has no effect in it, so set the kind before other keys. With several engines
 * "accelerators.NAME.KEY" sets a key of one, "accelerator.KEY" that of all. */
zs_status zs_design_set(zs_design *design, zs_arena *arena, const char *path, const char *text,
                        zs_err *err);
/* Sets a key that takes a list: network.input, network.calibration, pipeline.cut, system.boards;
 * and the shorthands network.input_shape (c, h, w), network.preprocess.mean and .scale (one value
 * per plane, or one for all). ZS_EPARSE for a key that takes one value, or a wrong number of items.
 */
zs_status zs_design_set_list(zs_design *design, zs_arena *arena, const char *path,
                             const char *const *items, uint32_t item_n, zs_err *err);
/* Whether some network.preprocess.* was set by hand, even to its default. */
bool zs_design_says_preprocess(const zs_design *design);
/* An explicit list of layer groups as accelerator.fusion; the names are copied. */
zs_status zs_design_set_groups(zs_design *design, zs_arena *arena, const zs_name_list *groups,
                               uint32_t group_n, zs_err *err);
/* True for accelerator.precision.weights and .activations, which zs_design_set takes: together they
 * are accelerator.precision. */
bool zs_design_is_type(const char *path);
/* The list of such a key, except shorthands; 0 for other keys. */
uint32_t zs_design_list(const zs_design *design, const char *path, const char *const **items);
/* True for the keys that zs_design_set_list takes. */
bool zs_design_takes_list(const char *path);
/* Prints one key's value as it could be set again; physical quantities with their unit, counts as
 * plain numbers in field->unit. ZS_ERANGE when `bytes` are too few. */
zs_status zs_design_print(const zs_design *design, const zs_field *field, char *text, size_t bytes);
/* Resets board.* and applies a built-in board, but keeps keys set by hand to a value that the
 * previous board did not have. ZS_EPARSE suggests the nearest. */
zs_status zs_design_set_board(zs_design *design, zs_arena *arena, const char *name, zs_err *err);
/* Copies the keys of board.* that were set by hand in `from` into `design`. */
void zs_design_keep_given(zs_design *design, const zs_design *from);
/* Rules that span fields (ranges of single fields are checked when they are set). */
zs_status zs_design_check(const zs_design *design, zs_err *err);
/* Refuses parameters that a DDR controller cannot work with: sizes that are not powers of two, a
 * refresh interval without room for anything else. Part of zs_design_check at every fidelity, for
 * memory with such a controller. ZS_ERANGE. */
zs_status zs_design_memory_check(const zs_memory_params *memory, zs_err *err);

/* ---- several engines ------------------------------------------------------------------------- */

/* layers: PATTERN: {key: text}: `on: cpu`, keys of zs_layer_key, and keys of accelerator without
 * their first word ("tile.oc"). */
zs_status zs_design_set_layer(zs_design *design, zs_arena *arena, const char *pattern,
                              const char *key, const char *text, zs_err *err);
/* Whether a setting applies to a layer; and the accelerator with the settings of a layer. */
bool zs_layer_setting_fits(const zs_layer_setting *setting, const char *layer);
void zs_design_layer_accel(const zs_design *design, const char *layer, zs_accel *accel);
/* The design with engine i as its only one. */
zs_design zs_design_of_engine(const zs_design *design, uint32_t i);
/* Adds an engine with the accelerator of `from`, and what was given for it by hand. ZS_EPARSE: the
 * name is empty or taken, or there are no layers; ZS_ERANGE: there are ZS_DESIGN_ENGINES_MAX. */
zs_status zs_design_add_engine(zs_design *design, zs_arena *arena, const char *name,
                               const zs_name_list *patterns, const zs_design *from, zs_err *err);
/* The key "accelerator.unroll.oc" for "accelerators.front.unroll.oc"; false: the path has another
 * form. */
bool zs_engine_key(const char *path, char *key, size_t bytes);
/* The ports of each operand, a bit each: of an accelerator, and of a design including `layers`. */
typedef struct zs_operand_ports {
    uint8_t input, weight, output;
} zs_operand_ports;
zs_operand_ports zs_accel_ports(const zs_accel *accel);
zs_operand_ports zs_design_ports(const zs_design *design);
/* Splits "hp0+hp1" or a list of ports for accelerator.ports.* into two values: the first port, and
 * the others for the key accelerator.stripe.*, whose path is `stripe`. False: not of this form. */
typedef struct zs_port_list {
    const char *first;
    char stripe[32], others[32];
} zs_port_list;
bool zs_port_list_of(const char *path, const char *text, zs_port_list *out);
/* Refuses a malformed list of ports for such a key. */
zs_status zs_port_list_check(const char *path, const char *text, zs_err *err);
/* accelerator.dma of the first engine that uses a port. */
const zs_dma_params *zs_design_dma(const zs_design *design, uint32_t port);

/* ---- derived quantities ---------------------------------------------------------------------- */

/* What a precision stores: types of its weights and activations. */
extern const zs_word zs_words_type[]; /* [ZS_TYPE_COUNT] */
ZS_TYPE_t zs_weight_type(uint32_t precision);
ZS_TYPE_t zs_elem_type(uint32_t precision);
bool zs_precision_is_float(uint32_t precision);
/* The precision of such weights and activations; ZS_PRECISION_COUNT or more for an unsupported
 * pair, which zs_design_check refuses. */
uint32_t zs_precision_of(uint32_t weights, uint32_t activations);
/* Sets the bits of a word for fewer than eight bits; false for other words. */
bool zs_precision_take_narrow(zs_accel *accel, const char *word);
/* The word of accelerator.precision. */
const char *zs_precision_word(const zs_accel *accel);
extern const zs_word zs_model_precision;
/* Types of fewer than eight bits, [bits - 1], for kinds with takes_narrow_numbers. As a word of
 * accelerator.precision each stands for weights and activations; if these differ the word is wNaM,
 * N bits and M bits. */
enum { ZS_NARROW_N = 7 };
extern const zs_word zs_narrow_words[];
uint32_t zs_elem_bytes(uint32_t precision);   /* activations in DRAM and BRAM */
uint32_t zs_weight_bytes(uint32_t precision); /* weights there */
uint32_t zs_acc_bytes(uint32_t precision);    /* a partial sum as it is spilled to DRAM */
uint32_t zs_acc_bits(uint32_t precision);     /* of an accumulator in BRAM */
uint32_t zs_bias_bytes(uint32_t precision);
uint64_t zs_design_lanes(const zs_design *design); /* MACs per clock: product of the unrolls */
/* The blocks of a board, of the kinds that the family has; others are 0. */
zs_resources zs_board_resources(const zs_board *board, const zs_family *family);
/* How many blocks of a kind a design may use; UINT32_MAX for a kind that the family does not have
 * and that is not counted. */
uint32_t zs_board_limit(const zs_board *board, zs_resource_id id);
/* The parameters of a port: those of its class, with the values of the single HP port. */
zs_axi_params zs_port_params(const zs_board *board, uint32_t port);
double zs_memory_peak_bytes_per_s(const zs_memory_params *memory);
/* DRAM channels over which data are distributed. */
static inline uint32_t zs_memory_channels(const zs_memory_params *memory)
{
    return memory->interleave_bytes != 0 && memory->channels > 1 ? memory->channels : 1;
}
/* "?" for a value outside the table. */
const char *zs_word_of(const zs_word *words, uint32_t n, uint32_t value);
/* Whether network.weights or .input says "synthetic" (seed 1) or "synthetic:SEED". */
bool zs_is_synthetic(const char *text, uint64_t *seed);

#endif
