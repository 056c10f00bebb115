/* .npy 1.0: magic, version, header length, a Python dictionary padded to 64 bytes, then the data.
 */
#include "out_priv.h"
#include "zynqsim/report.h"

#include <stdio.h>
#include <string.h>

enum { NPY_ALIGN = 64, NPY_PREFIX = 10, NPY_MAX_DIMS = 8 };

/* "{'descr': '<f4', ..., 'shape': (2, 1000), }" padded with blanks and a newline. */
static size_t npy_header(char *header, size_t room, const char *descr, const uint64_t *dims,
                         uint32_t dim_n)
{
    size_t n =
        (size_t)snprintf(header, room, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
    for (uint32_t i = 0; i < dim_n; i++)
        n += (size_t)snprintf(header + n, room - n, i > 0 ? ", %llu" : "%llu",
                              (unsigned long long)dims[i]);
    n += (size_t)snprintf(header + n, room - n, dim_n == 1 ? ",), }" : "), }");
    const size_t full = (size_t)zs_round_up(NPY_PREFIX + n + 1, NPY_ALIGN) - NPY_PREFIX;
    memset(header + n, ' ', full - n);
    header[full - 1] = '\n';
    return full;
}

/* Little-endian whatever the machine is. */
static zs_status npy_data(const zs_sink *s, const float *data, uint64_t elems, bool is_byte)
{
    uint8_t piece[4096];
    size_t used = 0;
    for (uint64_t i = 0; i < elems; i++) {
        uint32_t bits;
        memcpy(&bits, &data[i], sizeof bits);
        if (is_byte)
            bits = (uint32_t)(int32_t)data[i];
        for (uint32_t byte = 0; byte < (is_byte ? 1 : 4); byte++)
            piece[used++] = (uint8_t)(bits >> (8 * byte));
        if (used == sizeof piece || i + 1 == elems) {
            ZS_TRY(zs_sink_write(s, piece, used));
            used = 0;
        }
    }
    return ZS_OK;
}

static zs_status emit(const float *data, const char *descr, const uint64_t *dims, uint32_t dim_n,
                      const zs_sink *s, zs_err *err)
{
    static const char magic[] = "\x93NUMPY\x01";
    uint64_t elems = 1;
    if (dim_n > NPY_MAX_DIMS)
        return zs_fail(err, ZS_EUSAGE, "npy", "%u dimensions are above the maximum %d", dim_n,
                       NPY_MAX_DIMS);
    for (uint32_t i = 0; i < dim_n; i++) {
        if (!zs_mul_u64(elems, dims[i], &elems))
            return zs_fail(err, ZS_ERANGE, "npy", "the number of elements overflows 64 bits");
    }
    char header[512];
    const size_t bytes = npy_header(header, sizeof header, descr, dims, dim_n);
    const uint8_t length[] = {(uint8_t)bytes, (uint8_t)(bytes >> 8)};
    zs_status status = zs_sink_write(s, magic, sizeof magic); /* its final 0 is the minor version */
    if (status == ZS_OK)
        status = zs_sink_write(s, length, sizeof length);
    if (status == ZS_OK)
        status = zs_sink_write(s, header, bytes);
    if (status == ZS_OK)
        status = npy_data(s, data, elems, descr[0] == '|');
    return status == ZS_OK ? ZS_OK : zs_fail(err, status, "npy", "could not be written in full");
}

zs_status zs_npy_emit(const float *data, const uint64_t *dims, uint32_t dim_n, const zs_sink *s,
                      zs_err *err)
{
    return emit(data, "<f4", dims, dim_n, s, err);
}

zs_status zs_npy_emit_bytes(const float *data, bool has_sign, const uint64_t *dims, uint32_t dim_n,
                            const zs_sink *s, zs_err *err)
{
    return emit(data, has_sign ? "|i1" : "|u1", dims, dim_n, s, err);
}
