/* out_priv.h - how emitters write: a sink that remembers its first failure, and figures as text.
 *
 * An emitter makes a zs_out, writes without looking at statuses, and ends with zs_out_end. After
 * the first failure nothing more reaches the sink. Names come from files: they may hold any bytes,
 * so they are decoded as UTF-8 (what is not becomes U+FFFD) and control characters never reach a
 * terminal or a page. */
#ifndef ZYNQSIM_OUT_PRIV_H
#define ZYNQSIM_OUT_PRIV_H

#include "zynqsim/base.h"

typedef struct zs_out {
    const zs_sink *sink;
    zs_status status; /* of the first write that failed */
    bool colour;      /* a terminal that shows some */
} zs_out;

typedef enum zs_paint {
    ZS_PAINT_NONE,
    ZS_PAINT_STRONG,
    ZS_PAINT_FAINT,
    ZS_PAINT_GOOD,
    ZS_PAINT_BEST,
    ZS_PAINT_BAD,
    ZS_PAINT_WARN,
    ZS_PAINT_COMPUTE, /* the four causes, in the order of zs_cause */
    ZS_PAINT_READ,
    ZS_PAINT_WRITE,
    ZS_PAINT_HOST
} zs_paint;
/* Switches colour where there is any; ZS_PAINT_NONE ends it. */
void zs_out_paint(zs_out *out, zs_paint paint);

void zs_out_text(zs_out *out, const char *text);
/* At most a line; names of unknown length go through zs_out_text, _name or _fit. */
void zs_out_printf(zs_out *out, const char *fmt, ...) ZS_PRINTF(2, 3);
void zs_out_repeat(zs_out *out, const char *text, size_t n);
enum { ZS_LINE_BYTES = 1024 }; /* room for one formatted line */
/* A name in full, cleaned. */
void zs_out_name(zs_out *out, const char *name);
/* Text broken at spaces before `width` columns; lines after the first start with `indent` blanks.
 * `column` is where the text starts. Ends with a newline. */
void zs_out_wrap(zs_out *out, const char *text, size_t column, size_t indent, size_t width);
/* Text inside an XML element or attribute, cleaned. */
void zs_out_xml(zs_out *out, const char *text);
/* A cell of a CSV line, quoted where RFC 4180 asks for it; NULL is an empty one. */
void zs_out_csv(zs_out *out, const char *text);
/* A finite number in as few digits as read back as the same double. */
void zs_real_text(double value, char *text, size_t bytes);
void zs_out_real(zs_out *out, double value);
/* ZS_OK, or the failure of the sink as an error about `what` ("the table"). */
zs_status zs_out_end(const zs_out *out, const char *what, zs_err *err);

/* ---- UTF-8 ----------------------------------------------------------------------------------- */

#define ZS_UTF8_BAD 0xfffdu
/* Decodes one character and steps over it; 0 at the end. Malformed bytes, surrogates and control
 * characters each become ZS_UTF8_BAD. */
uint32_t zs_utf8_next(const char **text);
/* Bytes of a character, 1..4, written to `bytes`. */
size_t zs_utf8_put(uint32_t character, char *bytes);
/* Columns of a cleaned name, one per character. */
size_t zs_utf8_width(const char *text);
/* A cleaned name of at most `most` characters (and 64), by value; the last of a longer one is an
 * ellipsis. */
typedef struct zs_short_name {
    char text[4 * 64 + 1];
} zs_short_name;
zs_short_name zs_utf8_cut(const char *name, size_t most);
/* The same with the ellipsis after two thirds: beginnings say what it is, and names of layers and
 * files differ at their ends. */
zs_short_name zs_utf8_shorten(const char *name, size_t most);

/* ---- figures --------------------------------------------------------------------------------- */

/* Short text by value, so that a call can stand in an argument list: zs_cell_count(n).text. */
typedef struct zs_cell {
    char text[64];
} zs_cell;

zs_cell zs_cell_count(uint64_t n);                  /* 1,234,567 */
zs_cell zs_cell_bytes(uint64_t bytes);              /* 512 B, 4.71 MiB: three digits */
zs_cell zs_cell_si(double value, const char *unit); /* 412 MB/s, 349 MMAC: three digits */
zs_cell zs_cell_percent(double frac);               /* 43.1 %; "-" when undefined */
zs_cell zs_cell_real(double value, int decimals);   /* "-" when undefined */
zs_cell zs_cell_digits(double value, int decimals); /* three digits of what is below 0.1 */
zs_cell zs_cell_rate(double value);                 /* 7.43, 0.00785 */
zs_cell zs_cell_time(double seconds);               /* 131.7 ms, 14.30 us */
/* Quotient of counts; NAN when b is 0. */
double zs_share(uint64_t a, uint64_t b);

#endif
