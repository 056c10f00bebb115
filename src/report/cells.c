#include "out_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double zs_share(uint64_t a, uint64_t b)
{
    return b == 0 ? (double)NAN : (double)a / (double)b;
}

zs_cell zs_cell_count(uint64_t n)
{
    char digits[24];
    const size_t digit_n = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    zs_cell cell;
    size_t at = 0;
    for (size_t i = 0; i < digit_n; i++) {
        if (i > 0 && (digit_n - i) % 3 == 0)
            cell.text[at++] = ',';
        cell.text[at++] = digits[i];
    }
    cell.text[at] = '\0';
    return cell;
}

zs_cell zs_cell_real(double value, int decimals)
{
    zs_cell cell = {.text = "-"};
    if (isfinite(value))
        snprintf(cell.text, sizeof cell.text, "%.*f", decimals, value);
    if (strlen(cell.text) == sizeof cell.text - 1)
        snprintf(cell.text, sizeof cell.text, "%.3e", value);
    return cell;
}

zs_cell zs_cell_digits(double value, int decimals)
{
    zs_cell cell = zs_cell_real(value, decimals);
    if (value > 0 && value < 0.0995) /* two decimals would leave a digit or none */
        snprintf(cell.text, sizeof cell.text, "%.3g", value);
    return cell;
}

zs_cell zs_cell_rate(double value)
{
    return zs_cell_digits(value, 2);
}

zs_cell zs_cell_percent(double frac)
{
    zs_cell cell = {.text = "-"};
    if (isfinite(frac))
        snprintf(cell.text, sizeof cell.text, "%.1f %%", frac * 100);
    return cell;
}

/* Decimals that leave three significant digits of a value below 1000. */
static int three_digits(double value)
{
    return value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
}

/* `home` is the index of the empty prefix. */
static zs_cell scaled(double value, double step, const char *const *prefixes, size_t n, size_t home,
                      const char *unit)
{
    zs_cell cell = {.text = "-"};
    if (!isfinite(value))
        return cell;
    size_t i = home;
    for (; i + 1 < n && value >= 999.5; i++)
        value /= step;
    for (; i <= home && i > 0 && value > 0 && value < 0.9995; i--)
        value *= step;
    const bool is_whole = i == home && value == floor(value);
    const char *gap = prefixes[i][0] == '\0' && unit[0] == '\0' ? "" : " ";
    snprintf(cell.text, sizeof cell.text, "%.*f%s%s%s", is_whole ? 0 : three_digits(value), value,
             gap, prefixes[i], unit);
    return cell;
}

zs_cell zs_cell_bytes(uint64_t bytes)
{
    static const char *const prefixes[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    return scaled((double)bytes, 1024, prefixes, ZS_LEN(prefixes), 0, "B");
}

zs_cell zs_cell_si(double value, const char *unit)
{
    static const char *const prefixes[] = {"n", "u", "m", "", "k", "M", "G", "T", "P", "E"};
    return scaled(value, 1000, prefixes, ZS_LEN(prefixes), 3, unit);
}

zs_cell zs_cell_time(double seconds)
{
    static const struct {
        double least, factor;
        const char *unit;
    } scales[] = {{1, 1, "s"}, {1e-3, 1e3, "ms"}, {1e-6, 1e6, "us"}, {0, 1e9, "ns"}};
    zs_cell cell = {.text = "-"};
    for (size_t i = 0; i < ZS_LEN(scales) && isfinite(seconds); i++) {
        if (seconds >= scales[i].least) {
            const double value = seconds * scales[i].factor;
            snprintf(cell.text, sizeof cell.text, "%.*f %s", three_digits(value) + 1, value,
                     scales[i].unit);
            break;
        }
    }
    return cell;
}
