/* Who made a result, and of what: digests are taken of the bytes that the run itself read. */
#include "cli_priv.h"
#include "zynqsim/version.h"

#include <string.h>

static int argument_n;
static const char *const *arguments;

void cli_command_line_is(int argc, const char *const *argv)
{
    argument_n = argc;
    arguments = argv;
}

/* As a shell takes it. */
const char *cli_shell_word(zs_arena *arena, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+=./:,@%";
    if (text[0] != '\0' && text[strspn(text, plain)] == '\0')
        return text;
    const char *out = "'";
    while (*text != '\0' && out != NULL) {
        const size_t n = strcspn(text, "'");
        out = zs_arena_printf(arena, "%s%.*s%s", out, (int)n, text, text[n] ? "'\\''" : "");
        text += n + (text[n] != '\0');
    }
    return out != NULL ? zs_arena_printf(arena, "%s'", out) : NULL;
}

static const char *command_line(zs_arena *arena)
{
    const char *line = "zynqsim";
    for (int i = 1; i < argument_n && line != NULL; i++) {
        const char *word = cli_shell_word(arena, arguments[i]);
        line = word != NULL ? zs_arena_printf(arena, "%s %s", line, word) : NULL;
    }
    return line;
}

/* The keys without what is said of them: a text of its own length at the most, and a 0. */
static size_t without_comments(const char *from, size_t bytes, char *to)
{
    size_t n = 0;
    bool is_quoted = false, is_comment = false;
    for (size_t i = 0; i < bytes; i++) {
        if (from[i] == '\n') {
            while (n > 0 && to[n - 1] == ' ')
                n--;
            is_quoted = is_comment = false;
        }
        if (from[i] == '"' && (i == 0 || from[i - 1] != '\\'))
            is_quoted = !is_quoted;
        is_comment |= !is_quoted && from[i] == '#' && i > 0 && from[i - 1] == ' ';
        if (!is_comment)
            to[n++] = from[i];
    }
    while (n > 0 && to[n - 1] == ' ')
        n--;
    to[n] = '\0';
    return n;
}

zs_status cli_record_design(cli_point *p, const cli_options *o, zs_err *err)
{
    zs_buffer text;
    if (!o->records)
        return ZS_OK;
    zs_buffer_init(&text, cli_heap());
    const zs_sink sink = zs_buffer_sink(&text);
    zs_status status = zs_design_yaml_emit(&p->design, &sink, err);
    if (status == ZS_OK) {
        char *kept = zs_arena_alloc(&p->keep, text.bytes + 1, 1);
        status = kept != NULL ? ZS_OK : zs_nomem(err, "provenance");
        if (kept != NULL)
            without_comments((const char *)text.data, text.bytes, kept);
        p->record.design = kept;
    }
    zs_buffer_drop(&text);
    p->records = status == ZS_OK;
    return status;
}

static const char *digest_of(cli_point *p, zs_span bytes)
{
    char *hex = zs_arena_alloc_raw(&p->keep, 65, 1);
    if (hex != NULL)
        cli_sha256(bytes.data, bytes.bytes, hex);
    return hex;
}

zs_status cli_record_file(cli_point *p, cli_file_role role, const char *name, zs_span bytes,
                          zs_err *err)
{
    if (!p->records)
        return ZS_OK;
    const char *sha256 = bytes.data != NULL ? digest_of(p, bytes) : NULL;
    if (sha256 == NULL && bytes.data != NULL)
        return zs_nomem(err, "provenance");
    if (role == CLI_FILE_MODEL)
        p->record.model_sha256 = sha256;
    if (role == CLI_FILE_WEIGHTS)
        p->record.weights_sha256 = sha256;
    if (role != CLI_FILE_INPUT && role != CLI_FILE_DATA)
        return ZS_OK;
    const zs_file_digest **list = role == CLI_FILE_INPUT ? &p->record.inputs : &p->record.data;
    uint32_t *n = role == CLI_FILE_INPUT ? &p->record.input_n : &p->record.data_n;
    zs_file_digest *longer = zs_new(&p->keep, zs_file_digest, *n + (size_t)1);
    if (longer == NULL)
        return zs_nomem(err, "provenance");
    if (*n > 0)
        memcpy(longer, *list, *n * sizeof *longer);
    longer[(*n)++] = (zs_file_digest){.name = name, .sha256 = sha256};
    *list = longer;
    return ZS_OK;
}

const zs_provenance *cli_provenance_of_this(zs_arena *arena)
{
    zs_provenance *own = zs_new(arena, zs_provenance, 1);
    if (own != NULL)
        *own = (zs_provenance){.version = ZS_VERSION, .models_digest = cli_models};
    return own;
}

zs_status cli_record_end(cli_point *p, const cli_options *o, zs_result *result, zs_err *err)
{
    zs_provenance *r = &p->record;
    if (!p->records)
        return ZS_OK;
    r->version = ZS_VERSION;
    r->models_digest = cli_models;
    r->design_sha256 = digest_of(p, (zs_span){(const uint8_t *)r->design, strlen(r->design)});
    r->command = command_line(&p->keep);
    r->settings = (const char *const *)o->set;
    while (o->set != NULL && o->set[r->setting_n] != NULL)
        r->setting_n++;
    if (r->design_sha256 == NULL || r->command == NULL)
        return zs_nomem(err, "provenance");
    result->provenance = r;
    return ZS_OK;
}

/* ---- identities ------------------------------------------------------------------------------ */

zs_design cli_without_files(const zs_design *design)
{
    zs_design d = *design;
    d.network.model = d.network.weights = d.network.labels = d.network.input = "";
    d.network.calibration = "";
    d.network.input_n = d.network.calibration_n = 0;
    return d;
}

zs_status cli_digest_file(cli_point *p, const char *what, const char *path, const zs_sink *s,
                          zs_err *err)
{
    zs_span bytes;
    char hex[65];
    uint64_t seed;
    if (zs_is_synthetic(path, &seed))
        return zs_sink_printf(s, "%s synthetic:%llu\n", what, (unsigned long long)seed);
    ZS_TRY(cli_file_read(&p->keep, path, CLI_LARGE_BYTES, &bytes, err));
    cli_sha256(bytes.data, bytes.bytes, hex);
    return zs_sink_printf(s, "%s %s\n", what, hex);
}

zs_status cli_digest_lines(cli_put_fn *put, void *ctx, char hex[65], zs_err *err)
{
    zs_buffer text;
    zs_buffer_init(&text, cli_heap());
    const zs_sink sink = zs_buffer_sink(&text);
    const zs_status status = put(ctx, &sink, err);
    if (status == ZS_OK)
        cli_sha256(text.data, text.bytes, hex);
    zs_buffer_drop(&text);
    return status;
}
