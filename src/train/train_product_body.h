/* train_product_body.h - products of matrices, each sum in the order of its index; included once
 * per type, see train_body.h.
 *
 * A block of six lines by LANES columns of the result is kept in registers over the whole sum. */
typedef ELEM NAME(lanes) __attribute__((vector_size(32)));

enum { NAME(ROWS) = 6 };

typedef struct NAME(block) {
    const ELEM *a[NAME(ROWS)];
    const ELEM *b;
    ELEM *c[NAME(ROWS)];
    size_t a_step, b_row, k_n;
} NAME(block);

/* Two vectors a line: twelve of sums, two of b and one element of a in all lanes need 15 of the 16
 * vector registers of AVX. */
ZS_CLONES
static void NAME(run_block)(const NAME(block) * p)
{
    const ELEM *a0 = p->a[0], *a1 = p->a[1], *a2 = p->a[2];
    const ELEM *a3 = p->a[3], *a4 = p->a[4], *a5 = p->a[5];
    const ELEM *b = p->b;
    NAME(lanes) s0, s1, s2, s3, s4, s5, t0, t1, t2, t3, t4, t5;
    memcpy(&s0, p->c[0], sizeof s0);
    memcpy(&t0, p->c[0] + LANES / 2, sizeof t0);
    memcpy(&s1, p->c[1], sizeof s1);
    memcpy(&t1, p->c[1] + LANES / 2, sizeof t1);
    memcpy(&s2, p->c[2], sizeof s2);
    memcpy(&t2, p->c[2] + LANES / 2, sizeof t2);
    memcpy(&s3, p->c[3], sizeof s3);
    memcpy(&t3, p->c[3] + LANES / 2, sizeof t3);
    memcpy(&s4, p->c[4], sizeof s4);
    memcpy(&t4, p->c[4] + LANES / 2, sizeof t4);
    memcpy(&s5, p->c[5], sizeof s5);
    memcpy(&t5, p->c[5] + LANES / 2, sizeof t5);
    for (size_t k = 0, at = 0; k < p->k_n; k++, at += p->a_step, b += p->b_row) {
        NAME(lanes) bs, bt;
        memcpy(&bs, b, sizeof bs);
        memcpy(&bt, b + LANES / 2, sizeof bt);
        s0 += bs * a0[at];
        t0 += bt * a0[at];
        s1 += bs * a1[at];
        t1 += bt * a1[at];
        s2 += bs * a2[at];
        t2 += bt * a2[at];
        s3 += bs * a3[at];
        t3 += bt * a3[at];
        s4 += bs * a4[at];
        t4 += bt * a4[at];
        s5 += bs * a5[at];
        t5 += bt * a5[at];
    }
    memcpy(p->c[0], &s0, sizeof s0);
    memcpy(p->c[0] + LANES / 2, &t0, sizeof t0);
    memcpy(p->c[1], &s1, sizeof s1);
    memcpy(p->c[1] + LANES / 2, &t1, sizeof t1);
    memcpy(p->c[2], &s2, sizeof s2);
    memcpy(p->c[2] + LANES / 2, &t2, sizeof t2);
    memcpy(p->c[3], &s3, sizeof s3);
    memcpy(p->c[3] + LANES / 2, &t3, sizeof t3);
    memcpy(p->c[4], &s4, sizeof s4);
    memcpy(p->c[4] + LANES / 2, &t4, sizeof t4);
    memcpy(p->c[5], &s5, sizeof s5);
    memcpy(p->c[5] + LANES / 2, &t5, sizeof t5);
}

/* c[m][n] += sum over k of a[m][k] * b[k][n], k rising. Elements of a line of `a` are a_step apart,
 * lines of a, b and c a_row, b_row and c_row. `panel` has room for k_n * LANES elements. */
static void NAME(product)(size_t m_n, size_t n_n, size_t k_n, const ELEM *a, size_t a_row,
                          size_t a_step, const ELEM *b, size_t b_row, ELEM *c, size_t c_row,
                          ELEM *panel)
{
    ELEM spare[NAME(ROWS) * LANES] = {0};
    NAME(block) p = {.a_step = a_step, .k_n = k_n};
    for (size_t n = 0; n < n_n; n += LANES) {
        const size_t width = n_n - n < LANES ? n_n - n : LANES;
        const bool is_whole = width == LANES;
        p.b = b + n;
        p.b_row = b_row;
        if (!is_whole) { /* columns beyond the last are zeros */
            for (size_t k = 0; k < k_n; k++)
                for (size_t i = 0; i < LANES; i++)
                    panel[k * LANES + i] = i < width ? b[k * b_row + n + i] : 0;
            p.b = panel;
            p.b_row = LANES;
        }
        for (size_t m = 0; m < m_n; m += NAME(ROWS)) {
            for (size_t r = 0; r < NAME(ROWS); r++) {
                const bool is_row = m + r < m_n;
                ELEM *line = c + (m + r) * c_row + n;
                p.a[r] = a + (is_row ? m + r : m) * a_row;
                p.c[r] = is_whole && is_row ? line : spare + r * LANES;
                if (p.c[r] == line)
                    continue;
                for (size_t i = 0; i < LANES; i++)
                    p.c[r][i] = is_row && i < width ? line[i] : 0;
            }
            NAME(run_block)(&p);
            for (size_t r = 0; !is_whole && r < NAME(ROWS) && m + r < m_n; r++)
                memcpy(c + (m + r) * c_row + n, p.c[r], width * sizeof(ELEM));
        }
    }
}
