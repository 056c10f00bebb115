#include "cell_words_priv.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_digit(char c)
{
    return isdigit((unsigned char)c) != 0;
}

/* A comma within a number stands before just three digits. */
static bool is_thousands(const char *text)
{
    return text[0] == ',' && is_digit(text[1]) && is_digit(text[2]) && is_digit(text[3]) &&
           !is_digit(text[4]);
}

zs_cell_number zs_cell_first(const char *text)
{
    while (*text != '\0' && !is_digit(*text))
        text++;
    if (*text == '\0')
        return (zs_cell_number){0};
    zs_cell_number n = {.text = text};
    double place = 0.1;
    for (; is_digit(*text) || is_thousands(text); text++)
        if (*text != ',')
            n.value = 10 * n.value + (*text - '0');
    if (text[0] == '.' && is_digit(text[1]))
        for (text++; is_digit(*text); text++) {
            n.value += place * (*text - '0');
            place /= 10;
        }
    if (text[0] == 'K') {
        n.value *= 1024;
        text++;
    }
    n.end = text;
    return n;
}

zs_cell_number zs_cell_next(zs_cell_number before)
{
    return zs_cell_first(before.end);
}

bool zs_cell_has(const char *text, const char *word)
{
    const size_t n = strlen(word);
    for (; *text != '\0'; text++)
        if (strncasecmp(text, word, n) == 0)
            return true;
    return false;
}

static const char *past_blanks(const char *text)
{
    while (*text == ' ')
        text++;
    return text;
}

bool zs_cell_is_unit(const char *end, const char *word)
{
    const size_t n = strlen(word);
    end = past_blanks(end);
    return strncmp(end, word, n) == 0 && !isalnum((unsigned char)end[n]);
}

bool zs_cell_is_by(const char *end)
{
    end = past_blanks(end);
    if (*end != 'x') { /* "3 arrays x 16" */
        while (isalpha((unsigned char)*end))
            end++;
        end = past_blanks(end);
    }
    return *end == 'x' && (is_digit(end[1]) || (end[1] == ' ' && is_digit(*past_blanks(end + 1))));
}

double zs_cell_count_before(const char *text, const char *word)
{
    const char *at = strstr(text, word);
    double count = 0;
    for (zs_cell_number x = zs_cell_first(text); at != NULL && x.text != NULL && x.text < at;
         x = zs_cell_next(x)) {
        count = x.value;
        for (const char *c = x.end; c < at; c++)
            if (*c == ',' || *c == ';' || *c == ':')
                count = 0;
    }
    return count;
}

uint32_t zs_cell_factors(const char *text, uint64_t *factors, uint32_t room)
{
    uint32_t n = 0;
    for (zs_cell_number x = zs_cell_first(text); x.text != NULL; x = zs_cell_next(x)) {
        const bool by = zs_cell_is_by(x.end);
        if (n == 0 && !by)
            continue;
        if (n < room && x.value < 1e9)
            factors[n++] = (uint64_t)zs_max_u64(1, (uint64_t)x.value);
        if (!by)
            break;
    }
    return n;
}

uint32_t zs_cell_pairs(const char *text, uint64_t *firsts)
{
    uint32_t n = 0;
    *firsts = 0;
    for (zs_cell_number x = zs_cell_first(text); x.text != NULL; x = zs_cell_next(x))
        if (zs_cell_is_by(x.end) && x.value < 1e6) {
            *firsts += (uint64_t)x.value;
            n++;
        }
    return n;
}

uint32_t zs_cell_layers(const char *text)
{
    uint32_t n = 0;
    for (const char *c = text; *c != '\0'; c++)
        n += strncmp(c, "conv", 4) == 0 || strncmp(c, "pool", 4) == 0 ||
             (c > text && *c == '-' && is_digit(c[-1]) && is_digit(c[1]));
    return n;
}

bool zs_cell_clause(const char **at, char *clause, size_t bytes)
{
    const char *c = past_blanks(*at);
    size_t n = 0;
    uint32_t depth = 0;
    if (*c == '\0')
        return false;
    for (; *c != '\0' && (depth > 0 || *c != ';'); c++) {
        const bool is_within_number = c > *at && is_digit(c[-1]) && is_thousands(c);
        if (*c == ',' && depth == 0 && !is_within_number)
            break;
        depth += *c == '(';
        depth -= *c == ')' && depth > 0;
        if (n + 1 < bytes)
            clause[n++] = *c;
    }
    clause[n] = '\0';
    *at = *c == '\0' ? c : c + 1;
    return true;
}
