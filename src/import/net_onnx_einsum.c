/* Einsum: sums over products of tensors whose dimensions are letters. Two tensors at a time become
 * a product of matrices in stacks, [shared and kept][of the first] x [summed] x [of the second]. */
#include "import_lower_priv.h"

#include <string.h>

enum { TERMS_MAX = 8, LABELS_MAX = (TERMS_MAX + 2) * ZS_RANK_MAX };

/* A tensor and the letters of its dimensions. */
typedef struct term {
    const char *value;
    char labels[ZS_RANK_MAX + 1];
} term;

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool has(const char *labels, char c)
{
    return strchr(labels, c) != NULL;
}

static uint32_t place_of(const char *labels, char c)
{
    return (uint32_t)(strchr(labels, c) - labels);
}

static void append(char *labels, char c)
{
    const size_t n = strlen(labels);
    labels[n] = c;
    labels[n + 1] = '\0';
}

/* ---- the equation ---------------------------------------------------------------------------- */

static zs_status bad_equation(const zs_onnx_node *at, const ZsOnnx__Attribute *attr,
                              const char *what, zs_err *err)
{
    return zs_fail(err, ZS_EUNSUPPORTED, at->place, "equation '%.*s': %s",
                   (int)zs_min_u64(attr->s.len, 64), (const char *)attr->s.data, what);
}

/* Letters up to the next comma, arrow or end. */
static zs_status read_labels(const zs_onnx_node *at, const ZsOnnx__Attribute *attr, size_t *from,
                             char labels[ZS_RANK_MAX + 1], zs_err *err)
{
    const char *text = (const char *)attr->s.data;
    labels[0] = '\0';
    for (; *from < attr->s.len && text[*from] != ',' && text[*from] != '-'; (*from)++) {
        const char c = text[*from];
        if (c == ' ')
            continue;
        if (!is_letter(c))
            return bad_equation(at, attr, "letters, commas and -> are handled", err);
        if (strlen(labels) == ZS_RANK_MAX)
            return bad_equation(at, attr, "a tensor of more than 8 dimensions", err);
        if (has(labels, c))
            return bad_equation(at, attr, "a letter twice in one tensor, which is a diagonal", err);
        append(labels, c);
    }
    return ZS_OK;
}

/* Without an arrow: the letters that stand in one tensor alone, in the order of the alphabet. */
static zs_status imply_result(const zs_onnx_node *at, const ZsOnnx__Attribute *attr,
                              const term *terms, size_t n, char out[ZS_RANK_MAX + 1], zs_err *err)
{
    out[0] = '\0';
    for (int letter = 'A'; letter <= 'z'; letter++) {
        const char c = (char)letter;
        size_t found = 0;
        for (size_t i = 0; i < n && is_letter(c); i++)
            found += has(terms[i].labels, c);
        if (found != 1)
            continue;
        if (strlen(out) == ZS_RANK_MAX)
            return bad_equation(at, attr, "a tensor of more than 8 dimensions", err);
        append(out, c);
    }
    return ZS_OK;
}

static zs_status read_equation(const zs_onnx_node *at, term *terms, char out[ZS_RANK_MAX + 1],
                               zs_err *err)
{
    const ZsOnnx__Attribute *attr = zs_onnx_attr(at, "equation");
    const size_t n = at->node->n_input;
    size_t from = 0;
    if (attr == NULL)
        return zs_fail(err, ZS_EPARSE, at->place, "attribute 'equation' of Einsum is missing");
    const char *text = (const char *)attr->s.data;
    if (n > TERMS_MAX)
        return zs_fail(err, ZS_EUNSUPPORTED, at->place, "%zu tensors are above the limit of %d", n,
                       TERMS_MAX);
    for (size_t i = 0; i < n; i++) {
        ZS_TRY(read_labels(at, attr, &from, terms[i].labels, err));
        const bool is_last = from == attr->s.len || text[from] == '-';
        if (is_last != (i + 1 == n))
            return bad_equation(at, attr, "not as many tensors as inputs", err);
        from += !is_last;
    }
    if (from == attr->s.len)
        return imply_result(at, attr, terms, n, out, err);
    if (from + 1 >= attr->s.len || text[from + 1] != '>')
        return bad_equation(at, attr, "letters, commas and -> are handled", err);
    from += 2;
    ZS_TRY(read_labels(at, attr, &from, out, err));
    if (from != attr->s.len)
        return bad_equation(at, attr, "letters, commas and -> are handled", err);
    for (const char *c = out; *c != '\0'; c++) {
        bool is_known = false;
        for (size_t i = 0; i < n; i++)
            is_known = is_known || has(terms[i].labels, *c);
        if (!is_known)
            return bad_equation(at, attr, "a letter of the result stands in no tensor", err);
    }
    return ZS_OK;
}

/* A letter counts as many elements in every tensor, or one, which is repeated. */
static zs_status check_sizes(const zs_onnx_node *at, const term *terms,
                             uint32_t dims[][ZS_RANK_MAX], size_t i, zs_err *err)
{
    for (size_t k = 0; k < i; k++)
        for (uint32_t d = 0; terms[i].labels[d] != '\0'; d++) {
            const char c = terms[i].labels[d];
            const uint32_t n = dims[i][d];
            const uint32_t other =
                has(terms[k].labels, c) ? dims[k][place_of(terms[k].labels, c)] : n;
            if (n != other && n != 1 && other != 1)
                return zs_fail(err, ZS_ESHAPE, at->place,
                               "letter '%c' counts %u elements of input %zu and %u of input %zu", c,
                               other, k, n, i);
        }
    return ZS_OK;
}

/* ---- tensors --------------------------------------------------------------------------------- */

/* Sums over the letters that `kept` lacks. */
static zs_status sum_out(const zs_lower *l, term *t, const char *kept, zs_err *err)
{
    int64_t axes[ZS_RANK_MAX];
    size_t n = 0;
    char left[ZS_RANK_MAX + 1] = "";
    zs_lower_op op;
    for (const char *c = t->labels; *c != '\0'; c++) {
        if (has(kept, *c))
            append(left, *c);
        else
            axes[n++] = c - t->labels;
    }
    if (n == 0)
        return ZS_OK;
    zs_lower_begin(&op, l, "ReduceSum", t->value);
    zs_lower_ints(&op, "axes", axes, n);
    zs_lower_int(&op, "keepdims", 0);
    ZS_TRY(zs_lower_end(&op, NULL, &t->value, err));
    memcpy(t->labels, left, sizeof left);
    return ZS_OK;
}

static zs_status put_in_order(const zs_lower *l, term *t, const char *order, const char *out,
                              zs_err *err)
{
    int64_t perm[ZS_RANK_MAX];
    const size_t n = strlen(order);
    if (strcmp(t->labels, order) == 0 && out == NULL)
        return ZS_OK;
    for (size_t d = 0; d < n; d++)
        perm[d] = place_of(t->labels, order[d]);
    ZS_TRY(zs_lower_transpose(l, t->value, perm, n, out, &t->value, err));
    memmove(t->labels, order, n + 1);
    return ZS_OK;
}

/* Makes the last dimensions two: `first` of them, and those behind. Dimensions before stay. */
static zs_status merge_tail(const zs_lower *l, term *t, size_t head, size_t first, zs_err *err)
{
    uint32_t dims[ZS_RANK_MAX], rank;
    int64_t to[ZS_RANK_MAX] = {0};
    ZS_TRY(zs_lower_dims(l, t->value, dims, &rank, err));
    if (first == 1 && head + 2 == rank)
        return ZS_OK;
    to[head] = (int64_t)zs_onnx_elems(dims + head, (uint32_t)first);
    to[head + 1] = (int64_t)zs_onnx_elems(dims + head + first, rank - (uint32_t)(head + first));
    return zs_lower_reshape(l, t->value, to, head + 2, NULL, &t->value, err);
}

/* Dimensions of one element behind the first `at` ones. */
static zs_status insert_ones(const zs_lower *l, term *t, size_t at, size_t n, zs_err *err)
{
    int64_t axes[ZS_RANK_MAX];
    const char *list;
    zs_lower_op op;
    if (n == 0)
        return ZS_OK;
    for (size_t i = 0; i < n; i++)
        axes[i] = (int64_t)(at + i);
    zs_lower_begin(&op, l, "Unsqueeze", t->value);
    if (l->net->opset < ZS_LOWER_OPSET) {
        zs_lower_ints(&op, "axes", axes, n);
    } else {
        ZS_TRY(zs_lower_list(l, axes, n, &list, err));
        zs_lower_in(&op, list);
    }
    return zs_lower_end(&op, NULL, &t->value, err);
}

/* ---- two of them ----------------------------------------------------------------------------- */

/* Letters of a pair: in both and kept, summed over, and of one alone. */
typedef struct roles {
    char shared[2 * ZS_RANK_MAX + 2], summed[ZS_RANK_MAX + 1], of_a[ZS_RANK_MAX + 1],
        of_b[ZS_RANK_MAX + 1];
} roles;

static void find_roles(const term *a, const term *b, const char *kept, roles *r)
{
    memset(r, 0, sizeof *r);
    for (const char *c = a->labels; *c != '\0'; c++)
        append(!has(b->labels, *c) ? r->of_a : has(kept, *c) ? r->shared : r->summed, *c);
    for (const char *c = b->labels; *c != '\0'; c++)
        if (!has(a->labels, *c))
            append(r->of_b, *c);
}

static void join_labels(char *to, const char *a, const char *b, const char *c)
{
    for (const char *const parts[3] = {a, b, c}, *const *p = parts; p < parts + 3; p++)
        for (const char *at = *p; *at != '\0'; at++)
            append(to, *at);
}

/* The product as dimensions of their own again: those of b may be several. */
static zs_status split_columns(const zs_lower *l, term *product, const uint32_t *b_dims,
                               const roles *r, zs_err *err)
{
    const size_t head = strlen(r->shared) + strlen(r->of_a), tail = strlen(r->of_b);
    int64_t to[ZS_RANK_MAX] = {0};
    for (size_t d = 0; d < tail; d++)
        to[head + d] = b_dims[d];
    product->labels[0] = '\0';
    join_labels(product->labels, r->shared, r->of_a, r->of_b);
    return zs_lower_reshape(l, product->value, to, head + tail, NULL, &product->value, err);
}

static zs_status multiply(const zs_lower *l, term *a, term *b, const char *kept, zs_err *err)
{
    char need[LABELS_MAX + 1] = "", order[LABELS_MAX + 1] = "";
    uint32_t b_dims[ZS_RANK_MAX], rank;
    roles r;
    join_labels(need, kept, b->labels, "");
    ZS_TRY(sum_out(l, a, need, err));
    need[0] = '\0';
    join_labels(need, kept, a->labels, "");
    ZS_TRY(sum_out(l, b, need, err));
    find_roles(a, b, kept, &r);
    const size_t shared = strlen(r.shared), own = strlen(r.of_a), summed = strlen(r.summed);
    if (shared + own + 2 > ZS_RANK_MAX || shared + own + strlen(r.of_b) > ZS_RANK_MAX)
        return zs_fail(err, ZS_EUNSUPPORTED, l->place,
                       "a product of more than %d dimensions on the way", ZS_RANK_MAX);
    /* a: [shared][its own but the last] x [last] x [summed] */
    join_labels(order, r.shared, r.of_a, r.summed);
    ZS_TRY(put_in_order(l, a, order, NULL, err));
    if (own == 0)
        ZS_TRY(insert_ones(l, a, shared, 1, err));
    if (summed == 0)
        ZS_TRY(insert_ones(l, a, shared + (own > 0 ? own : 1), 1, err));
    else if (summed > 1)
        ZS_TRY(merge_tail(l, a, shared + (own > 0 ? own : 1) - 1, 1, err));
    /* b: [shared][ones] x [summed] x [its own] */
    order[0] = '\0';
    join_labels(order, r.shared, r.summed, r.of_b);
    ZS_TRY(put_in_order(l, b, order, NULL, err));
    ZS_TRY(zs_lower_dims(l, b->value, b_dims, &rank, err));
    memmove(b_dims, b_dims + shared + summed, strlen(r.of_b) * sizeof *b_dims);
    if (r.of_b[0] == '\0')
        ZS_TRY(insert_ones(l, b, shared + summed, 1, err));
    if (summed == 0)
        ZS_TRY(insert_ones(l, b, shared, 1, err));
    ZS_TRY(merge_tail(l, b, shared, summed > 0 ? summed : 1, err));
    ZS_TRY(insert_ones(l, b, shared, own > 1 ? own - 1 : 0, err));
    ZS_TRY(zs_lower_binary(l, "MatMul", a->value, b->value, NULL, &a->value, err));
    return split_columns(l, a, b_dims, &r, err);
}

zs_status zs_onnx_einsum(const zs_onnx_node *at, zs_err *err)
{
    const char *name =
        at->node->name != NULL && at->node->name[0] != '\0' ? at->node->name : at->node->output[0];
    const zs_lower lower = {.net = at->net, .name = name, .place = at->place};
    term terms[TERMS_MAX] = {{.value = NULL}};
    char out[ZS_RANK_MAX + 1] = "";
    uint32_t dims[TERMS_MAX][ZS_RANK_MAX];
    ZS_TRY(read_equation(at, terms, out, err));
    for (size_t i = 0; i < at->node->n_input; i++) {
        uint32_t rank;
        terms[i].value = at->node->input[i];
        ZS_TRY(zs_lower_dims(&lower, terms[i].value, dims[i], &rank, err));
        if (rank != strlen(terms[i].labels))
            return zs_fail(err, ZS_ESHAPE, at->place, "letters '%s' for %u dimensions of input %zu",
                           terms[i].labels, rank, i);
        ZS_TRY(check_sizes(at, terms, dims, i, err));
    }
    for (size_t i = 1; i < at->node->n_input; i++) {
        char kept[LABELS_MAX + 1] = "";
        join_labels(kept, out, "", "");
        for (size_t k = i + 1; k < at->node->n_input; k++)
            join_labels(kept, terms[k].labels, "", "");
        ZS_TRY(multiply(&lower, &terms[0], &terms[i], kept, err));
    }
    ZS_TRY(sum_out(&lower, &terms[0], out, err));
    return put_in_order(&lower, &terms[0], out, at->node->output[0], err);
}
