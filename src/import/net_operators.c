/* The operators of all formats and who runs them: docs/reference/operators.md. */
#include "import_caffe_priv.h"
#include "import_darknet_priv.h"
#include "import_onnx_priv.h"
#include "import_tflite_priv.h"

#include "zynqsim/import.h"

#include <string.h>

enum { FORMATS = 4 };

#define ENGINE       "engine"
#define SPREAD       "engine, its input spread by the PS"
#define ENGINE_OR_PS "engine; PS what does not suit it"
#define WRITE_BACK   "engine as it writes a convolution (kind `tiled`); else PS"
#define BY_NAME      "as the one that is named"
#define FOLDED       "in the layer before where constants and shapes allow; else PS"
#define IN_PLACE     "nobody where channels are written in place; else PS"
#define NOBODY_OR_PS "nobody until elements are needed in order; then PS"
#define MERGED       "the convolution behind, of zeros; else PS"
#define AS_REAL      "as those of real numbers, with quantisers around"
#define WORKED_OUT   "worked out when the file is read"
#define NOBODY       "nobody"
#define PS           "PS"

static const struct operator_row {
    const char *what, *who, *names[FORMATS];
} rows[] = {
#define ROW(what, who, onnx, tflite, caffe, darknet) {what, who, {onnx, tflite, caffe, darknet}},
#include "net_operators.def"
#undef ROW
};

static const struct {
    const char *name;
    const char *(*op)(size_t i);
} formats[FORMATS] = {{"ONNX", zs_onnx_op_at},
                      {"TensorFlow Lite", zs_tfl_op_at},
                      {"Caffe", zs_caffe_type_at},
                      {"Darknet", zs_darknet_section_at}};

/* How often a word stands in a list. */
static size_t count_word(const char *words, const char *word, size_t n)
{
    size_t found = 0;
    for (const char *at = words; *at != '\0';) {
        const size_t own = strcspn(at, " ");
        found += own == n && memcmp(at, word, n) == 0;
        at += own + (at[own] == ' ');
    }
    return found;
}

/* Each operator that a format reads stands in one row, and rows have no others. */
static zs_status check_format(size_t f, zs_err *err)
{
    size_t have = 0, listed = 0;
    for (; formats[f].op(have) != NULL; have++) {
        const char *name = formats[f].op(have);
        size_t found = 0;
        for (size_t i = 0; i < ZS_LEN(rows); i++)
            found += count_word(rows[i].names[f], name, strlen(name));
        if (found != 1)
            return zs_fail(err, ZS_EPARSE, formats[f].name,
                           "operator %s is read, and stands in %zu rows of net_operators.def", name,
                           found);
    }
    for (size_t i = 0; i < ZS_LEN(rows); i++)
        for (const char *at = rows[i].names[f]; *at != '\0'; listed++) {
            at += strcspn(at, " ");
            at += *at == ' ';
        }
    if (listed != have)
        return zs_fail(err, ZS_EPARSE, formats[f].name,
                       "net_operators.def has %zu operators, %zu are read", listed, have);
    return ZS_OK;
}

zs_status zs_operators_emit(const zs_sink *sink, zs_err *err)
{
    for (size_t f = 0; f < FORMATS; f++)
        ZS_TRY(check_format(f, err));
    zs_status status = zs_sink_puts(
        sink,
        "# Operators\n\nPrinted by `zynqsim show --operators` from the tables of the importers. "
        "What each takes, and its limits: [networks.md](../networks.md).\n\n"
        "| operation | run by | ONNX | TensorFlow Lite | Caffe | Darknet |\n"
        "|---|---|---|---|---|---|\n");
    for (size_t i = 0; status == ZS_OK && i < ZS_LEN(rows); i++) {
        status = zs_sink_printf(sink, "| %s | %s |", rows[i].what, rows[i].who);
        for (size_t f = 0; status == ZS_OK && f < FORMATS; f++) {
            for (const char *at = rows[i].names[f]; status == ZS_OK && *at != '\0';) {
                const size_t n = strcspn(at, " ");
                status = zs_sink_printf(sink, " `%.*s`", (int)n, at);
                at += n + (at[n] == ' ');
            }
            if (status == ZS_OK)
                status = zs_sink_puts(sink, " |");
        }
        if (status == ZS_OK)
            status = zs_sink_puts(sink, "\n");
    }
    return status == ZS_OK ? ZS_OK : zs_fail(err, status, "operators.md", "could not be written");
}
